-- walks: a row is a step of a session; the offered table `combined` has the codes of those of several requests.
CREATE OR REPLACE TEMP TABLE walks AS
WITH together AS (
    SELECT session_id, step, position, (SELECT count(*) FROM endpoint_codes) + place AS code, started, finished
    FROM at_once JOIN combined USING (codes)
)
SELECT session_id, position, code, started, finished FROM together
UNION ALL
SELECT session_id, position, code, started, finished
FROM walked JOIN endpoint_codes USING (endpoint_id) ANTI JOIN together USING (session_id, step);

-- session_shapes: a row is a session, with the number of the way that it went through the steps.
CREATE OR REPLACE TEMP TABLE session_shapes AS
WITH ways AS (
    SELECT session_id, list(code ORDER BY position) AS steps FROM walks GROUP BY session_id
), shapes AS (
    SELECT steps, row_number() OVER (ORDER BY steps) - 1 AS shape FROM (SELECT DISTINCT steps FROM ways)
)
SELECT session_id, steps, shape FROM ways JOIN shapes USING (steps);
