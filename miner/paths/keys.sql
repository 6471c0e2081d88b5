-- A row is a key that could tell visitors apart: how many of people's requests have one, how many there are, and
-- the share of the requests whose key has more than 3 agents.
WITH together AS (
    SELECT "user", session, sender_id, count(*) AS requests FROM people GROUP BY ALL
), candidates AS (
    SELECT 'user' AS key, "user" AS value, sender_id, requests FROM together
    UNION ALL SELECT 'session', session, sender_id, requests FROM together
    UNION ALL SELECT 'address + agent', client || ' ' || agent, sender_id, requests
        FROM together JOIN senders ON sender_id = senders.rowid
    UNION ALL SELECT 'address', client, sender_id, requests FROM together JOIN senders ON sender_id = senders.rowid
), each AS (
    SELECT key, value, sum(requests) AS requests, count(DISTINCT agent) AS agents
    FROM candidates JOIN senders ON sender_id = senders.rowid WHERE value IS NOT NULL GROUP BY key, value
)
SELECT key, sum(requests)::BIGINT AS requests, count(*) AS keys, max(requests)::BIGINT AS most,
    (coalesce(sum(requests) FILTER (WHERE agents > 3), 0) / sum(requests))::DOUBLE AS several
FROM each GROUP BY key
