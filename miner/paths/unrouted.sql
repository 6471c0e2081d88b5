-- A row is what people asked for without being given a route, without its query.
SELECT DISTINCT path FROM targets
WHERE http_route IS NULL AND rowid IN (SELECT target_id FROM marked WHERE excluded IS NULL)
