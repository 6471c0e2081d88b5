-- What was found of each request is stored with it. `before` are the requests as they were: to write them anew
-- takes less time than to update them, and no memory.
INSERT INTO requests BY NAME
SELECT before.* REPLACE (
    left_out.excluded AS excluded,
    CASE WHEN name IS NULL THEN visitors.visitor ELSE $key || ' ' || name END AS visitor,
    endpoints.route AS route,
    endpoints.endpoint AS endpoint,
    walked.session_id AS session_id,
    walked.position AS position,
    walked.step AS step
)
FROM before
    LEFT JOIN left_out ON before.rowid = left_out.row
    LEFT JOIN walked ON before.rowid = walked.row
    LEFT JOIN visitors USING (sender_id)
    LEFT JOIN endpoints USING (endpoint_id);

DROP TABLE before;

DELETE FROM sessions;

INSERT INTO sessions
SELECT session_id, CASE WHEN name IS NULL THEN visitor ELSE $key || ' ' || name END, started, finished, requests, NULL
FROM (
    SELECT session_id, any_value(name) AS name, min(sender_id) AS sender_id, min(started) AS started,
        max(finished) AS finished, count(*) AS requests
    FROM walked GROUP BY session_id
) LEFT JOIN visitors USING (sender_id);

DROP TABLE left_out;

DROP TABLE visitors;
