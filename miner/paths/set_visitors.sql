-- Gives each of people's requests its visitor.
UPDATE requests SET visitor = NULL, session_id = NULL, position = NULL;

UPDATE requests SET visitor = found.visitor FROM (
    SELECT source_id, line, CASE $key
        WHEN 'user' THEN coalesce(
            'user ' || "user",
            CASE WHEN client IS NOT NULL AND min("user") OVER soon = max("user") OVER soon
                THEN 'user ' || min("user") OVER soon END,
            'address ' || client || coalesce(' ' || agent, '')
        )
        WHEN 'session' THEN coalesce(
            'session ' || session,
            CASE WHEN client IS NOT NULL AND min(session) OVER soon = max(session) OVER soon
                THEN 'session ' || min(session) OVER soon END,
            'address ' || client || coalesce(' ' || agent, '')
        )
        WHEN 'address + agent' THEN 'address ' || client || coalesce(' ' || agent, '')
        ELSE 'address ' || client
    END AS visitor
    FROM (
        SELECT source_id, line, started, agent, "user",
            own_session(client_session, target) AS session, client_address(address, forwarded) AS client
        FROM requests WHERE excluded IS NULL
    )
    WINDOW soon AS (
        PARTITION BY client, agent ORDER BY started
        RANGE BETWEEN CURRENT ROW AND to_seconds($stitch) FOLLOWING
    )
) AS found
WHERE requests.source_id = found.source_id AND requests.line = found.line;
