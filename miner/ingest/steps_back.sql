-- A row says how often, in the first million lines of a source, stamps go back by more than a minute, and how many requests are stamped in the future.
WITH moments AS (
    SELECT line, CASE WHEN $stamped = 'end' THEN finished ELSE started END AS stamp
    FROM requests WHERE source_id = $source_id AND line <= 1000000
),
steps AS (SELECT lag(stamp) OVER (ORDER BY line) - stamp AS back FROM moments)
SELECT
    (SELECT count(*) FROM steps WHERE back > INTERVAL 1 MINUTE) AS back,
    (SELECT count(*) FROM requests
        WHERE source_id = $source_id AND started > now() + INTERVAL 1 DAY) AS future
