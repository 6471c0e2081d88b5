-- Gives each of people's requests its visitor.
UPDATE requests SET visitor = NULL, session_id = NULL, position = NULL;

UPDATE requests SET visitor = found.visitor FROM (
    SELECT source_id, line, CASE $key
        WHEN 'user' THEN coalesce(
            'user ' || "user",
            CASE WHEN address IS NOT NULL AND min("user") OVER soon = max("user") OVER soon
                THEN 'user ' || min("user") OVER soon END,
            'address ' || address || coalesce(' ' || agent, '')
        )
        WHEN 'session' THEN coalesce('session ' || client_session, 'address ' || address || coalesce(' ' || agent, ''))
        WHEN 'address + agent' THEN 'address ' || address || coalesce(' ' || agent, '')
        ELSE 'address ' || address
    END AS visitor
    FROM requests WHERE excluded IS NULL
    WINDOW soon AS (
        PARTITION BY address, agent ORDER BY started
        RANGE BETWEEN CURRENT ROW AND to_seconds($stitch) FOLLOWING
    )
) AS found
WHERE requests.source_id = found.source_id AND requests.line = found.line;
