-- One row: requests of visitors (by address and agent) who fetched assets too.
SELECT count(*) AS pages FROM requests
WHERE session_id IS NOT NULL AND (address, agent) IN (
    SELECT (address, agent) FROM requests WHERE excluded = 'asset' AND address IS NOT NULL AND agent IS NOT NULL
)
