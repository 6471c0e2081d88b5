-- A row is a source, with its counts and what is known of its stamps.
SELECT
    source_id, name, format, prefix, recognised, lines, requests, rejects, blanks, duplicates, first_at, last_at, clock,
    durations, restamped, masked
FROM sources JOIN source_facts USING (source_id)
ORDER BY source_id
