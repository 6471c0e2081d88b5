-- A row is a key that could tell visitors apart: how many of people's requests have one, how many there are, and
-- the share of the requests whose key has more than 3 agents.
WITH together AS (
    SELECT "user", own_session(client_session, target) AS session, client_address(address, forwarded) AS client, agent,
        count(*) AS requests
    FROM requests WHERE excluded IS NULL GROUP BY ALL
), candidates AS (
    SELECT 'user' AS key, "user" AS value, agent, requests FROM together
    UNION ALL SELECT 'session', session, agent, requests FROM together
    UNION ALL SELECT 'address + agent', client || ' ' || agent, agent, requests FROM together
    UNION ALL SELECT 'address', client, agent, requests FROM together
), each AS (
    SELECT key, value, sum(requests) AS requests, count(DISTINCT agent) AS agents
    FROM candidates WHERE value IS NOT NULL GROUP BY key, value
)
SELECT key, sum(requests)::BIGINT AS requests, count(*) AS keys, max(requests)::BIGINT AS most,
    (coalesce(sum(requests) FILTER (WHERE agents > 3), 0) / sum(requests))::DOUBLE AS several
FROM each GROUP BY key
