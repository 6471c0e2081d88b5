-- A row is one distinct target of people's requests, without its query.
SELECT DISTINCT split_part(target, '?', 1) AS path FROM requests WHERE excluded IS NULL ORDER BY path
