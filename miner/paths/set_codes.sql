-- endpoint_codes: a row is an endpoint that sessions use, by its place among them, the most used first.
CREATE OR REPLACE TEMP TABLE endpoint_codes AS
SELECT endpoint_id, endpoint, row_number() OVER (ORDER BY requests DESC, endpoint)::INTEGER - 1 AS code
FROM (SELECT endpoint_id, count(*) AS requests FROM walked GROUP BY endpoint_id) JOIN endpoints USING (endpoint_id);

-- at_once: a row is a step of several requests: the codes of their endpoints in order, and the first one's.
CREATE OR REPLACE TEMP TABLE at_once AS
SELECT session_id, step, min(position) AS position, min(started) AS started, max(finished) AS finished,
    list(code ORDER BY code) AS codes, arg_min(code, position) AS first
FROM walked JOIN endpoint_codes USING (endpoint_id)
WHERE session_id IN (SELECT session_id FROM walked WHERE step < position)
GROUP BY session_id, step HAVING count(*) > 1;
