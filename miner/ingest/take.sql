-- judged: a row is a line with its values, and the reason if it is no request.
CREATE OR REPLACE TEMP TABLE judged AS
WITH cut AS (
    SELECT
        *,
        regexp_extract(request, '^([A-Z]+) +(\S|\S.*\S) +HTTP/[0-9.]+$', ['method', 'target']) AS asked,
        -- The offset is read apart: DuckDB's %z makes 3 March of 31 February.
        regexp_extract(stamp, '^(.*?) ?(Z|([+-])(0[0-9]|1[0-4]):?([0-5][0-9]))$',
            ['local', 'zone', 'sign', 'hours', 'minutes']) AS moment,
        nullif(seconds, '-') AS lasted
    FROM fields
    WHERE NOT blank
),
parsed AS (
    SELECT
        *,
        CASE WHEN moment.zone = '' THEN NULL
            ELSE (
                try_strptime(moment.local, $stamps)
                - to_minutes(coalesce(try_cast(moment.sign || '1' AS INTEGER), 0)
                    * (coalesce(try_cast(moment.hours AS INTEGER), 0) * 60
                        + coalesce(try_cast(moment.minutes AS INTEGER), 0)))
            ) AT TIME ZONE 'UTC'
        END AS stamped_at,
        CASE WHEN regexp_full_match(lasted, '[0-9]{1,9}(\.[0-9]*)?')
            THEN to_microseconds(CAST(round(CAST(lasted AS DOUBLE) * 1e6) AS BIGINT))
        END AS duration
    FROM cut
)
SELECT
    line,
    raw,
    CASE
        WHEN flaw IS NOT NULL THEN flaw
        WHEN moment.zone = '' THEN 'time stamp has no zone offset'
        WHEN stamped_at IS NULL THEN 'time stamp cannot be read'
        WHEN request IN ('', '-') THEN 'request is empty: the client sent nothing'
        WHEN regexp_matches(request, '^(\\x16\\x03|\\x80|\x16\x03)') THEN 'request is no HTTP: TLS sent to a plain port'
        WHEN asked.method = '' THEN 'request is not METHOD TARGET HTTP/VERSION'
        WHEN NOT regexp_full_match(status, '[0-9]+') THEN 'status is not a number'
        WHEN NOT regexp_full_match(status, '[1-9][0-9]{2}') THEN 'status is not between 100 and 999'
        WHEN NOT regexp_full_match(bytes, '-|[0-9]{1,18}') THEN 'bytes is not a number'
        WHEN lasted IS NOT NULL AND duration IS NULL THEN 'request time is not a number of seconds'
    END AS reason,
    CASE WHEN $stamped = 'end' THEN stamped_at - coalesce(duration, INTERVAL 0 SECOND) ELSE stamped_at END AS started,
    CASE WHEN $stamped = 'end' THEN stamped_at ELSE stamped_at + coalesce(duration, INTERVAL 0 SECOND) END AS finished,
    asked.method,
    asked.target,
    try_cast(status AS USMALLINT) AS status,
    try_cast(bytes AS BIGINT) AS bytes,
    nullif(nullif(address, '-'), '') AS address,
    coalesce(nullif(nullif("user", '-'), ''), nullif(nullif(remote_user, '-'), '')) AS "user",
    nullif(nullif(agent, '-'), '') AS agent,
    nullif(nullif(referrer, '-'), '') AS referrer
FROM parsed;

INSERT INTO requests BY NAME
SELECT
    CAST($source_id AS INTEGER) AS source_id,
    line, started, finished, method, target, status, bytes, address, "user", agent, referrer
FROM judged
WHERE reason IS NULL;

INSERT INTO rejects BY NAME
SELECT CAST($source_id AS INTEGER) AS source_id, line, reason, raw
FROM judged
WHERE reason IS NOT NULL;

INSERT INTO sources BY NAME
SELECT
    CAST($source_id AS INTEGER) AS source_id,
    CAST($name AS VARCHAR) AS name,
    CAST($fingerprint AS VARCHAR) AS fingerprint,
    CAST($format AS VARCHAR) AS format,
    CAST($bytes AS BIGINT) AS bytes,
    CAST($lines AS BIGINT) AS lines,
    count(*) FILTER (WHERE reason IS NULL) AS requests,
    count(*) FILTER (WHERE reason IS NOT NULL) AS rejects,
    (SELECT count(*) FROM fields WHERE blank) AS blanks,
    0 AS duplicates,
    min(started) FILTER (WHERE reason IS NULL) AS first_at,
    max(finished) FILTER (WHERE reason IS NULL) AS last_at,
    now() AS ingested_at
FROM judged;

DROP TABLE judged;
DROP TABLE fields;
