-- A row is one agent that made requests.
SELECT DISTINCT agent FROM requests WHERE agent IS NOT NULL
