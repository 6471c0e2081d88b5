-- A row is a key that could tell visitors apart: how many of people's requests have one, how many there are, and how
-- they are used. `several` is the share of the requests whose key has more than 3 agents; `regular` of those whose
-- key has 20 silences or more that differ by less than a tenth: machines do so.
WITH people AS (
    SELECT "user", own_session(client_session, target) AS session, client_address(address, forwarded) AS client, agent,
        started, source_id, line
    FROM requests WHERE excluded IS NULL
), candidates AS (
    SELECT 'user' AS key, "user" AS value, agent, started FROM people
    UNION ALL SELECT 'session', session, agent, started FROM people
    UNION ALL SELECT 'address + agent', client || ' ' || agent, agent, started FROM people
    UNION ALL SELECT 'address', client, agent, started FROM people
), silences AS (
    SELECT key, value, agent, epoch(started - lag(started) OVER (PARTITION BY key, value ORDER BY started)) AS silence
    FROM candidates WHERE value IS NOT NULL
), each AS (
    SELECT key, value, count(*) AS requests, approx_count_distinct(agent) AS agents,
        count(silence) >= 20 AND stddev(silence) < 0.1 * avg(silence) AS regular
    FROM silences GROUP BY key, value
)
SELECT key, sum(requests)::BIGINT AS requests, count(*) AS keys, max(requests) AS most, max_by(value, requests) AS busiest,
    coalesce(sum(requests) FILTER (WHERE agents > 3), 0) / sum(requests) AS several,
    coalesce(sum(requests) FILTER (WHERE regular), 0) / sum(requests) AS regular
FROM each GROUP BY key
