-- A row is a reason why lines could not be read: how many, and the first of them as an example.
SELECT
    reason,
    count(*) AS count,
    arg_min(name, (source_id, line)) AS source,
    arg_min(line, (source_id, line)) AS line,
    arg_min(raw, (source_id, line)) AS raw
FROM rejects
JOIN sources USING (source_id)
GROUP BY reason
ORDER BY count DESC, reason
