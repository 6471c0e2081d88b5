-- One row: how many requests and seconds sessions have.
SELECT
    count(*) AS sessions,
    sum(requests)::BIGINT AS requests,
    avg(requests) AS mean,
    quantile_disc(requests, 0.5) AS median,
    quantile_disc(requests, 0.9) AS p90,
    max(requests) AS most,
    avg((requests = 1)::INTEGER) AS single,
    quantile_cont(epoch(finished - started), 0.5) AS seconds_median,
    quantile_cont(epoch(finished - started), 0.9) AS seconds_p90
FROM sessions
