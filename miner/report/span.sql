-- One row: when the requests of sessions begin, how many seconds they go on, and whether all logs have durations.
SELECT min(started) AS begins, epoch(max(started)) - epoch(min(started)) AS seconds,
    (SELECT bool_and(durations) FROM source_facts) AS durations
FROM requests WHERE session_id IS NOT NULL
