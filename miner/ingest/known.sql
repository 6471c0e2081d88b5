-- A row says under which name a file with this fingerprint was read before, and the next free source_id.
SELECT
    min(name) FILTER (WHERE fingerprint = $fingerprint) AS known_as,
    coalesce(max(source_id), 0) + 1 AS next_id
FROM sources
