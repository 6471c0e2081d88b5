-- One row: how many of people's requests have each of the keys that tell visitors apart.
SELECT
    count(*) AS requests,
    count("user") AS users,
    count(client_session) AS sessions,
    count(address) FILTER (WHERE agent IS NOT NULL) AS agents,
    count(address) AS addresses
FROM requests WHERE excluded IS NULL
