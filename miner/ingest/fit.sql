-- A row says how many of the sampled lines a format fits, and which is the first that it does not.
SELECT
    count(*) AS sampled,
    count(*) FILTER (WHERE flaw IS NULL) AS fitting,
    arg_min(line, line) FILTER (WHERE flaw IS NOT NULL) AS line,
    arg_min(flaw, line) FILTER (WHERE flaw IS NOT NULL) AS flaw,
    arg_min(raw, line) FILTER (WHERE flaw IS NOT NULL) AS raw
FROM (FROM fields WHERE NOT blank ORDER BY line LIMIT $lines)
