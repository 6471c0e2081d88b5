-- A row is a request that the service logged: which, when it came (seconds since 1970), how long it took (seconds).
SELECT
    method || ' ' || split_part(target, '?', 1) AS endpoint,
    epoch_us(started) / 1e6 AS at,
    (epoch_us(finished) - epoch_us(started)) / 1e6 AS latency,
    CAST(status AS INTEGER) AS status
FROM requests
ORDER BY started, line
