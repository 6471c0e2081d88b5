-- The last line of a source, which had no end when it was read, is read again.
DELETE FROM requests WHERE source_id = $source_id AND line >= $line;

DELETE FROM rejects WHERE source_id = $source_id AND line >= $line;
