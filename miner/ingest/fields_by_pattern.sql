-- fields: a row is a line of one log, taken apart by a pattern; flaw says why it could not be.
CREATE OR REPLACE TEMP TABLE fields AS
WITH cut AS (
    SELECT
        line,
        rtrim(raw, chr(13)) AS raw,
        regexp_full_match(raw, '\s*') AS blank,
        regexp_matches(raw, $pattern) AS fits,
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
        WHEN fits THEN NULL
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
    regexp_replace(field."user", '^"(.*)"$', '\1') AS "user"
FROM cut;
