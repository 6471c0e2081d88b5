-- A row is an address of people: how many agents they used there; then one for each agent with null for the address:
-- at how many addresses it was used.
WITH seen AS (
    SELECT DISTINCT client, agent FROM senders
    WHERE rowid IN (SELECT sender_id FROM people) AND address IS NOT NULL AND agent IS NOT NULL
)
SELECT client IS NOT NULL AS of_address, count(*) AS number
FROM seen GROUP BY GROUPING SETS ((client), (agent))
