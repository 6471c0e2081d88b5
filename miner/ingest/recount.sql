-- sources: the counts of a source whose rejects were read again.
UPDATE sources SET
    requests = (SELECT count(*) FROM requests WHERE source_id = $source_id),
    rejects = (SELECT count(*) FROM rejects WHERE source_id = $source_id),
    blanks = blanks + $blanks,
    first_at = (SELECT min(started) FROM requests WHERE source_id = $source_id),
    last_at = (SELECT max(finished) FROM requests WHERE source_id = $source_id)
WHERE source_id = $source_id;

UPDATE source_facts SET
    durations = (SELECT coalesce(bool_or(finished > started), false) FROM requests WHERE source_id = $source_id)
WHERE source_id = $source_id;
