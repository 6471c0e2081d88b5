-- A row says in how many of the tables a line of a source is.
SELECT (SELECT count(*) FROM requests WHERE source_id = $source_id AND line = $line)
    + (SELECT count(*) FROM rejects WHERE source_id = $source_id AND line = $line) AS tables
