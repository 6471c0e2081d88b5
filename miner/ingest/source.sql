-- sources: a row is a log file, with what its requests say of it.
CREATE OR REPLACE TEMP TABLE told AS
WITH own AS (FROM requests WHERE source_id = $source_id),
moments AS (
    SELECT line, CASE WHEN $stamped = 'end' THEN finished ELSE started END AS stamp FROM own WHERE line <= 100000
),
steps AS (SELECT stamp < lag(stamp) OVER (ORDER BY line) AS back FROM moments),
order_of_lines AS (SELECT count(*) FILTER (WHERE back) AS backward, count(*) AS steps FROM steps),
spread AS (
    SELECT count(DISTINCT minute(stamp)) AS minutes, max(stamp) - min(stamp) AS lasting FROM moments
)
SELECT
    $source_id::INTEGER AS source_id,
    $name::VARCHAR AS name,
    $fingerprint::VARCHAR AS fingerprint,
    $head::VARCHAR AS head,
    $format::VARCHAR AS format,
    $prefix::VARCHAR AS prefix,
    $why::VARCHAR AS recognised,
    $bytes::BIGINT AS bytes,
    $lines::BIGINT AS lines,
    count(*) AS requests,
    (SELECT count(*) FROM rejects WHERE source_id = $source_id) AS rejects,
    $blanks::BIGINT AS blanks,
    $duplicates::BIGINT AS duplicates,
    min(started) AS first_at,
    max(finished) AS last_at,
    now() AS ingested_at,
    $finished::BOOLEAN AS finished,
    -- A derived end (stamp minus duration) is finer than the clock, so the coarser end counts.
    CASE
        WHEN bool_and(epoch_us(finished) % 1000000 = 0) OR bool_and(epoch_us(started) % 1000000 = 0) THEN 1.0
        WHEN bool_and(epoch_us(finished) % 1000 = 0) OR bool_and(epoch_us(started) % 1000 = 0) THEN 0.001
        WHEN count(*) > 0 THEN 0.000001
    END AS clock,
    coalesce(bool_or(finished > started), false) AS durations,
    -- Stamps that were rewritten for a sample: all in one minute of the hour, and in no order (DESIGN 7).
    coalesce((SELECT steps >= 50 AND backward > 0.25 * steps FROM order_of_lines)
        AND (SELECT minutes = 1 AND lasting > INTERVAL 1 HOUR FROM spread), false) AS restamped,
    coalesce(sum(CASE WHEN contains(target, '=***') OR contains(referrer, '=***')
        THEN len(string_split(concat_ws(' ', target, referrer), '=***')) - 1 END), 0)::BIGINT AS masked
FROM own;

INSERT INTO sources BY NAME
SELECT source_id, name, fingerprint, format, bytes, lines, requests, rejects, blanks, duplicates, first_at, last_at, ingested_at
FROM told
ON CONFLICT (source_id) DO UPDATE SET
    name = excluded.name, fingerprint = excluded.fingerprint, bytes = excluded.bytes, lines = excluded.lines,
    requests = excluded.requests, rejects = excluded.rejects, blanks = excluded.blanks,
    duplicates = excluded.duplicates, first_at = excluded.first_at, last_at = excluded.last_at,
    ingested_at = excluded.ingested_at;

INSERT INTO source_facts BY NAME
SELECT source_id, recognised, prefix, head, finished, clock, durations, restamped, masked
FROM told
ON CONFLICT (source_id) DO UPDATE SET
    recognised = excluded.recognised, prefix = excluded.prefix, head = excluded.head, finished = excluded.finished,
    clock = excluded.clock, durations = excluded.durations, restamped = excluded.restamped, masked = excluded.masked;
