-- endpoints: a row is a method and a route: the one it was logged with, else from `templates`.
CREATE OR REPLACE TEMP TABLE endpoints AS
SELECT row_number() OVER (ORDER BY method, route)::INTEGER AS endpoint_id, method, route,
    method || ' ' || route AS endpoint
FROM (
    SELECT DISTINCT method, coalesce(http_route, templates.route) AS route
    FROM targets LEFT JOIN templates USING (path) WHERE coalesce(http_route, templates.route) IS NOT NULL
);

-- routed: a row is a target with its endpoint.
CREATE OR REPLACE TEMP TABLE routed AS
SELECT targets.rowid AS target_id, targets.session, endpoint_id
FROM targets LEFT JOIN templates USING (path)
    JOIN endpoints ON targets.method = endpoints.method
        AND coalesce(http_route, templates.route) = endpoints.route;
