-- A row is a source, with what tells whether a file is the same.
SELECT source_id, name, fingerprint, head, bytes, lines, blanks, duplicates, finished
FROM sources JOIN source_facts USING (source_id) ORDER BY source_id
