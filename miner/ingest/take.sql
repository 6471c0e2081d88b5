-- requests: a row is a line of `fields` with its values. The method of one that is no request is '' until
-- `settle` or the exact way has looked at it: its agent says why, its target is the line.
INSERT INTO requests BY NAME
WITH cut AS (
    SELECT
        *,
        CASE WHEN request IS NOT NULL THEN string_split(request, ' ') END AS words,
        TRY_CAST(status AS USMALLINT) AS code,
        TRY_CAST(bytes AS BIGINT) AS size,
        -- What nearly every log has is read at once, all else step by step. Arithmetic is on numbers of
        -- microseconds: on time stamps with a zone it takes ten times as long.
        CASE
            WHEN length(stamp) = 26 AND substring(stamp, 21, 6) IN (
                ' +0000', ' +0100', ' +0200', ' +0300', ' +0330', ' +0400', ' +0500', ' +0530', ' +0600', ' +0700',
                ' +0800', ' +0900', ' +0930', ' +1000', ' +1100', ' +1200', ' +1300', ' -0300', ' -0400', ' -0500',
                ' -0600', ' -0700', ' -0800', ' -0900', ' -1000'
            ) THEN epoch_us(try_strptime(substring(stamp, 1, 20), '%d/%b/%Y:%H:%M:%S'))
                - 60000000::BIGINT * (60 * CAST(substring(stamp, 22, 3) AS INTEGER)
                    + CASE WHEN substring(stamp, 25, 2) = '30' THEN 30 ELSE 0 END)
        END AS usual
    FROM fields
),
looked_at AS (
    SELECT
        *,
        len(words) = 3 AND words[2] >= '!' AND NOT contains(words[2], chr(9))
            AND NOT contains(words[2], chr(12)) AND NOT contains(words[2], chr(13))
            AND words[1] IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS')
            AND words[3] IN ('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/2', 'HTTP/3.0', 'HTTP/3') AS plain,
        -- Of what is no request anyway nobody needs the time, and to read it takes long.
        CASE WHEN usual IS NULL AND flaw IS NULL AND NOT blank AND NOT is_epoch(stamp) THEN parts_of_stamp(stamp) END AS part
    FROM cut
),
asked AS (
    SELECT
        *,
        CASE
            WHEN plain THEN NULL
            WHEN request IS NULL THEN struct_pack(method := method, target := target)
            WHEN regexp_full_match(request, 'GET /\S*') THEN struct_pack(method := 'GET', target := request[5:])
            ELSE regexp_extract(request, '^([A-Z][A-Z0-9_-]*) +(\S|\S.*\S) +HTTP/[0-9.]+$', ['method', 'target'])
        END AS other,
        CASE WHEN part IS NOT NULL THEN local_time(part.local || part.year) END AS local,
        CASE WHEN lasted IS NULL THEN NULL ELSE duration_of(lasted, $unit) END AS duration,
        CASE WHEN ended IS NULL THEN NULL
            WHEN is_epoch(ended) THEN since_1970(TRY_CAST(ended AS DECIMAL(38, 9)))
            ELSE epoch_us(TRY_CAST(ended AS TIMESTAMPTZ)) END AS ended_at
    FROM looked_at
),
timed AS (
    SELECT
        *,
        CASE WHEN plain THEN words[1] ELSE other.method END AS verb,
        CASE WHEN plain THEN words[2]
            WHEN query IS NULL OR query IN ('', '-') OR contains(other.target, '?') THEN other.target
            ELSE other.target || '?' || ltrim(query, '?')
        END AS asked_for,
        CASE
            WHEN usual BETWEEN 315532800000000 AND 7258118400000000 THEN usual
            WHEN usual IS NOT NULL THEN NULL
            WHEN part IS NULL THEN since_1970(TRY_CAST(stamp AS DECIMAL(38, 9)))
            WHEN part.zone = '' THEN epoch_us(sane(local AT TIME ZONE coalesce($zone, 'UTC')))
            ELSE epoch_us(sane((local - offset_of(part.zone)) AT TIME ZONE 'UTC'))
        END AS stamped_at
    FROM asked
),
judged AS (
    SELECT
        *,
        CASE
            WHEN plain AND flaw IS NULL AND NOT contains(address, chr(13)) AND usual BETWEEN 315532800000000 AND 7258118400000000
                AND code BETWEEN 100 AND 999 AND code::VARCHAR = status
                AND size BETWEEN 0 AND 999999999999999999 AND size::VARCHAR = bytes
                AND duration IS NULL AND ended_at IS NULL
                THEN NULL -- what nearly every line is
            WHEN blank THEN 'blank'
            WHEN flaw IS NOT NULL THEN flaw
            WHEN contains(address, chr(13)) THEN 'address has control characters'
            WHEN coalesce(stamp, '') IN ('', '-') THEN 'time stamp is missing'
            WHEN stamped_at IS NULL THEN 'time stamp cannot be read'
            WHEN verb IS NULL OR verb = '' OR asked_for IS NULL OR asked_for = '' THEN CASE
                WHEN coalesce(request, '') IN ('', '-') AND coalesce(method, '') IN ('', '-')
                    THEN 'request is empty: the client sent nothing'
                WHEN regexp_matches(request, '^(\\x16\\x03|\\x80|\x16\x03|\\u0016\\u0003)')
                    THEN 'request is no HTTP: TLS sent to a plain port'
                ELSE 'request is not METHOD TARGET HTTP/VERSION'
            END
            WHEN verb = 'PRI' AND asked_for = '*' THEN 'request is the HTTP/2 preface, not a request'
            WHEN plain IS NOT TRUE AND NOT regexp_full_match(verb, '[A-Z][A-Z0-9_-]*')
                THEN 'request is not METHOD TARGET HTTP/VERSION'
            -- A number that is written as DuckDB would write it needs no closer look.
            WHEN status IS NULL OR code::VARCHAR IS DISTINCT FROM status AND NOT regexp_full_match(status, '[0-9]+(\.0+)?')
                THEN 'status is not a number'
            WHEN (code::VARCHAR IS DISTINCT FROM status OR code < 100 OR code > 999)
                AND NOT regexp_full_match(status, '[1-9][0-9]{2}(\.0+)?')
                THEN 'status is not between 100 and 999'
            WHEN bytes IS NOT NULL
                AND (size::VARCHAR IS DISTINCT FROM bytes OR size < 0 OR size > 999999999999999999)
                AND NOT regexp_full_match(bytes, '-?|\+?[0-9]{1,18}(\.0+)?')
                THEN 'bytes is not a number'
            WHEN duration < 0 OR ended_at < stamped_at THEN 'request time is not a number'
        END AS reason,
        coalesce(duration, ended_at - stamped_at, 0) AS span
    FROM timed
)
SELECT
    $source_id::INTEGER AS source_id,
    line,
    make_timestamptz(CASE WHEN reason IS NOT NULL THEN 0
        WHEN $stamped = 'end' AND ended IS NULL THEN stamped_at - span ELSE stamped_at END) AS started,
    make_timestamptz(CASE WHEN reason IS NOT NULL THEN 0
        WHEN $stamped = 'end' AND ended IS NULL THEN stamped_at ELSE stamped_at + span END) AS finished,
    CASE WHEN reason IS NULL THEN verb ELSE '' END AS method,
    CASE WHEN reason IS NULL THEN masked(CASE WHEN $origin THEN path_of(asked_for) ELSE asked_for END)
        ELSE coalesce(raw, '') END AS target,
    CASE WHEN reason IS NULL THEN coalesce(code, TRY_CAST(TRY_CAST(status AS DOUBLE) AS USMALLINT)) ELSE 0 END AS status,
    coalesce(size, TRY_CAST(TRY_CAST(bytes AS DOUBLE) AS BIGINT)) AS bytes,
    -- Behind pseudonyms nobody can tell any more which address is that of a proxy.
    secret(CASE
        WHEN $salt IS NULL THEN plain_address(coalesce(said(address), said(trim(string_split(forwarded, ',')[1]))))
        ELSE client_address(plain_address(said(address)), said(forwarded))
    END, $salt) AS address,
    secret(coalesce(said(unquoted("user")), said(unquoted(remote_user))), $salt) AS "user",
    CASE WHEN reason IS NULL THEN said(agent) ELSE reason END AS agent,
    CASE WHEN reason IS NULL THEN masked(said(referrer)) ELSE exact END AS referrer,
    secret(said(forwarded), $salt) AS forwarded,
    secret(said(client_session), $salt) AS client_session,
    said(trace_id) AS trace_id,
    said(route) AS route,
    said(route) AS http_route
FROM judged;
