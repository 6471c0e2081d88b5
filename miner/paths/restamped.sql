-- A row is a source whose time stamps were rewritten.
SELECT name FROM sources JOIN source_facts USING (source_id) WHERE restamped ORDER BY source_id
