-- One row: how much goes on at the same time, on average and in the hour with the most requests.
WITH pieces AS (
    SELECT *, unnest(range(floor(epoch(started) / 3600)::BIGINT, floor(epoch(finished) / 3600)::BIGINT + 1)) AS hour
    FROM sessions
), busy AS (
    SELECT hour,
        sum(least(epoch(finished), (hour + 1) * 3600.0) - greatest(epoch(started), hour * 3600.0)) AS seconds
    FROM pieces GROUP BY hour
), made AS (
    SELECT floor(epoch(started) / 3600)::BIGINT AS hour, count(*) AS requests
    FROM requests WHERE session_id IS NOT NULL GROUP BY hour
), span AS (
    SELECT greatest(epoch(max(finished)) - epoch(min(started)), 1.0) AS seconds FROM sessions
), changes AS (
    SELECT epoch(started) AS moment, 1 AS change FROM sessions
    UNION ALL SELECT epoch(finished), -1 FROM sessions
), under_way AS (
    -- One that ends as another starts is not under way with it.
    SELECT sum(change) OVER (ORDER BY moment, change ROWS UNBOUNDED PRECEDING) AS sessions FROM changes
)
SELECT
    (SELECT sum(seconds) FROM busy) / span.seconds AS sessions_mean,
    coalesce(busy.seconds, 0) / 3600 AS sessions_busiest,
    (SELECT max(sessions) FROM under_way)::BIGINT AS sessions_most,
    (SELECT sum(requests) FROM made) / span.seconds AS requests_mean,
    made.requests / 3600 AS requests_busiest,
    made.hour AS hour
FROM made LEFT JOIN busy USING (hour), span
ORDER BY made.requests DESC, made.hour LIMIT 1
