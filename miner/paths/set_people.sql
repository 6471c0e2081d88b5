-- people: a row is a request of a person, with what could tell who that was.
CREATE OR REPLACE TEMP TABLE people AS
SELECT row, place, started, finished, "user", coalesce(client_session, routed.session) AS session,
    sender_id, endpoint_id
FROM marked JOIN routed USING (target_id) WHERE excluded IS NULL;

-- left_out: a row is a request that is no user step, with the reason.
CREATE OR REPLACE TEMP TABLE left_out AS
SELECT row, excluded FROM marked WHERE excluded IS NOT NULL;

DROP TABLE marked;

DROP TABLE targets;

DROP TABLE routed;
