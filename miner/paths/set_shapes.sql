-- Codes the endpoints by number, and finds which sessions went the same way through them.
CREATE OR REPLACE TEMP TABLE endpoint_codes AS
SELECT endpoint, row_number() OVER (ORDER BY count(*) DESC, endpoint) - 1 AS code
FROM requests WHERE session_id IS NOT NULL GROUP BY endpoint;

CREATE OR REPLACE TEMP TABLE session_shapes AS
WITH walked AS (
    SELECT session_id, list(code ORDER BY position) AS steps
    FROM requests JOIN endpoint_codes USING (endpoint) WHERE session_id IS NOT NULL GROUP BY session_id
)
SELECT session_id, steps, dense_rank() OVER (ORDER BY steps) - 1 AS shape FROM walked;
