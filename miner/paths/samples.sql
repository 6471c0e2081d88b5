-- A row is one distinct target of an endpoint as one user sent it, with its best status; at most
-- $most an endpoint, chosen by hash so that the order of the log does not matter. visitors are the hashes of
-- at most $few who sent it: enough to tell over several targets whether a value has that many.
SELECT endpoint, target, "user", min(status) AS status, count(*) AS requests,
    min(DISTINCT hash(visitor), $few) AS visitors
FROM requests WHERE session_id IS NOT NULL
GROUP BY endpoint, target, "user"
QUALIFY row_number() OVER (PARTITION BY endpoint ORDER BY md5(target), target, "user") <= $most
ORDER BY endpoint, target, "user"
