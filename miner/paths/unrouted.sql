-- A row is what people asked for without being given a route, without its query.
SELECT DISTINCT path FROM targets SEMI JOIN (
    SELECT target_id FROM marked WHERE excluded IS NULL
) USING (target_id) WHERE http_route IS NULL
