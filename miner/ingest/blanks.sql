-- A row says how many of the lines that just arrived hold no request by design.
SELECT count(*) AS blanks FROM requests WHERE source_id = $source_id AND method = '' AND agent = 'blank'
