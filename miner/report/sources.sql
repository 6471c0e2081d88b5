-- A row is a log file that was read: its format, and what became of its lines.
SELECT name, format, lines, requests, rejects, blanks, duplicates, masked
FROM sources LEFT JOIN source_facts USING (source_id)
ORDER BY source_id
