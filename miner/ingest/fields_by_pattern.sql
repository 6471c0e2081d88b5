-- fields: a row is a line of one log, taken apart by a pattern; flaw says why it could not be.
CREATE OR REPLACE TEMP TABLE fields AS
WITH cut AS (
    SELECT
        line,
        rtrim(raw, chr(13)) AS raw,
        trim(raw, ' ' || chr(9) || chr(13)) = '' AS blank,
        CAST(
            regexp_extract(raw, $pattern, $names) AS STRUCT (
                address VARCHAR, remote_user VARCHAR, stamp VARCHAR, request VARCHAR, status VARCHAR,
                bytes VARCHAR, referrer VARCHAR, agent VARCHAR, seconds VARCHAR, "user" VARCHAR
            )
        ) AS field
    FROM arriving
)
SELECT
    line,
    raw,
    blank,
    CASE
        WHEN field.status != '' THEN NULL -- it is never empty in a line that fits
        WHEN raw NOT LIKE '%[%]%' THEN 'not ' || $format || ': no [time stamp]'
        WHEN NOT regexp_matches(raw, '\] ".*"') THEN 'not ' || $format || ': no quoted request'
        WHEN NOT regexp_matches(raw, '^\S+ \S+ (\S+|[^-\s]\S*( \S+)+?) \[')
            THEN 'not ' || $format || ': more or less than address, identity and user before the time stamp'
        ELSE 'not ' || $format || ': fields are missing, too many or in another order after the request'
    END AS flaw,
    field.address,
    field.remote_user,
    field.stamp,
    field.request,
    field.status,
    field.bytes,
    field.referrer,
    field.agent,
    field.seconds,
    CASE WHEN field."user" LIKE '"%"' THEN field."user"[2:-2] ELSE field."user" END AS "user"
FROM cut;
