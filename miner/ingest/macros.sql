-- The words in which `take` reads values. Each of these says what one text means.

CREATE OR REPLACE TEMP MACRO sane(moment) AS
    CASE WHEN moment BETWEEN '1980-01-01'::TIMESTAMPTZ AND '2200-01-01'::TIMESTAMPTZ THEN moment END;

-- Epochs are in s, ms, µs or ns: of these, only one is a time in which there was a web. In microseconds.
CREATE OR REPLACE TEMP MACRO since_1970(number) AS CASE
    WHEN number < 315532800 THEN NULL
    WHEN number < 7258118400 THEN CAST(round(number * 1000000) AS BIGINT)
    WHEN number BETWEEN 315532800000 AND 7258118400000 THEN CAST(round(number * 1000) AS BIGINT)
    WHEN number BETWEEN 315532800000000 AND 7258118400000000 THEN CAST(round(number) AS BIGINT)
    WHEN number BETWEEN 315532800000000000 AND 7258118400000000000 THEN CAST(round(number / 1000) AS BIGINT)
END;

CREATE OR REPLACE TEMP MACRO is_epoch(stamp) AS regexp_full_match(stamp, '[0-9]{9,19}(\.[0-9]+)?');

CREATE OR REPLACE TEMP MACRO fraction(stamp) AS to_microseconds(coalesce(TRY_CAST(
    rpad(left(regexp_extract(stamp, ':[0-9]{1,2}:[0-9]{2}[.,]([0-9]+)', 1), 6), 6, '0') AS BIGINT
), 0));

-- The latest year that does not put the time into the future.
CREATE OR REPLACE TEMP MACRO without_year(local) AS list_filter(
    list_transform(range(0, 9), lambda ago: try_strptime(
        (year(now()) - ago) || ' ' || local,
        ['%Y %b %d %H:%M:%S', '%Y %d/%b %H:%M:%S', '%Y %d/%b:%H:%M:%S', '%Y %a %b %d %H:%M:%S', '%Y %m-%d %H:%M:%S']
    )),
    lambda moment: moment <= (now() AT TIME ZONE 'UTC') + INTERVAL 1 DAY
)[1];

CREATE OR REPLACE TEMP MACRO written_time(local) AS coalesce(
    try_strptime(local, [
        '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S', '%d/%b/%Y:%H:%M:%S', '%d/%b/%Y %H:%M:%S', '%Y/%m/%d %H:%M:%S',
        '%a, %d %b %Y %H:%M:%S', '%a %b %d %H:%M:%S %Y', '%d-%b-%Y %H:%M:%S', '%Y-%m-%dT%H:%M', '%Y-%m-%d %H:%M',
        '%Y%m%dT%H%M%S', '%Y-%m-%d %I:%M:%S %p', '%d/%b/%Y:%I:%M:%S %p', '%b %d %Y %H:%M:%S', '%d %b %Y %H:%M:%S'
    ]),
    without_year(local)
);

-- The local time in a stamp, the year where it is at the end, and its zone.
CREATE OR REPLACE TEMP MACRO parts_of_stamp(stamp) AS regexp_extract(
    trim(stamp),
    '^(.*?) ?(Z|UTC|GMT|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?(?: UTC| GMT| [A-Z]{3,4})?( [0-9]{4})?$',
    ['local', 'zone', 'year']
);

CREATE OR REPLACE TEMP MACRO offset_of(zone) AS CASE
    WHEN zone IN ('Z', 'UTC', 'GMT') THEN INTERVAL 0 MINUTE
    ELSE to_minutes(CAST(zone[1] || '1' AS INTEGER)
        * (60 * CAST(zone[2:3] AS INTEGER) + CAST(right(zone, 2) AS INTEGER)))
END;

-- The 60th second, a leap second, is the next one.
CREATE OR REPLACE TEMP MACRO local_time(local) AS
    written_time(regexp_replace(regexp_replace(local, ':60([^0-9:]|$)', ':59\1'), '(:[0-9]{1,2}:[0-9]{2})[.,][0-9]+', '\1'))
    + fraction(local) + CASE WHEN regexp_matches(local, ':60([^0-9:]|$)') THEN INTERVAL 1 SECOND ELSE INTERVAL 0 SECOND END;

CREATE OR REPLACE TEMP MACRO in_microseconds(seconds) AS
    CASE WHEN seconds >= 1e9 THEN -1 ELSE CAST(round(seconds * 1e6) AS BIGINT) END;

-- How many microseconds a request took; -1 for text that does not say, null for text that says it is not known.
CREATE OR REPLACE TEMP MACRO duration_of(lasted, unit) AS CASE
    WHEN lasted IN ('', '-', '-1', '-1.0') THEN NULL
    WHEN regexp_full_match(lasted, '\+?[0-9]{1,12}(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?')
        THEN in_microseconds(CAST(ltrim(lasted, '+') AS DOUBLE) * unit)
    WHEN regexp_full_match(lasted, '[0-9]{1,12}(\.[0-9]*)?(s|ms|us|µs|ns)') THEN in_microseconds(
        CAST(regexp_extract(lasted, '^[0-9.]+') AS DOUBLE)
        * CASE right(regexp_replace(lasted, '^[0-9.]+', ''), 2)
            WHEN 'ms' THEN 1e-3 WHEN 'us' THEN 1e-6 WHEN 'µs' THEN 1e-6 WHEN 'ns' THEN 1e-9 ELSE 1.0 END
    )
    WHEN regexp_full_match(lasted, '(-1|-|[0-9]{1,12}(\.[0-9]+)?)((, | : | |\+)(-1|-|[0-9]{1,12}(\.[0-9]+)?))+')
        THEN in_microseconds(list_sum(list_transform(
            regexp_extract_all(lasted, '(?:^|[ +])([0-9]+(?:\.[0-9]+)?)', 1), lambda one: CAST(one AS DOUBLE)
        )) * unit)
    ELSE -1
END;

-- What is said, if anything is.
CREATE OR REPLACE TEMP MACRO said(text) AS nullif(nullif(text, '-'), '');

-- Text without quotes around it.
CREATE OR REPLACE TEMP MACRO unquoted(text) AS
    CASE WHEN starts_with(text, '"') AND ends_with(text, '"') THEN text[2:-2] ELSE text END;

-- A target without scheme and host.
CREATE OR REPLACE TEMP MACRO path_of(target) AS
    '/' || ltrim(regexp_replace(target, '^https?://[^/?#]*', ''), '/');

-- A pseudonym, where there is a salt: equal values have equal ones.
CREATE OR REPLACE TEMP MACRO secret(text, salt) AS
    CASE WHEN salt IS NULL THEN text ELSE left(sha256(salt || text), 16) END;

CREATE OR REPLACE TEMP MACRO secret_names() AS
    '(?i)([?&;#](?:[\w.%-]*(?:token|secret|passw(?:or)?d|passwd|pwd|passphrase|passcode|api_?key|access_?key|signature|credential|jwt|cvv|cvc|e-?mail|iban)[\w.%-]*(?:\[[^\]=&]*\])?|(?:[\w.%-]*[_.-])?(?:key|auth|authorization|pass|pin|otp|sig|hmac|card|cc|ssn)(?:[_.-]?(?:number|no|num|code))?)=)[^&;#]+';

CREATE OR REPLACE TEMP MACRO secret_values() AS
    '(?i)([?&;][^=&;]*=)(?:[^=&;#@]+(?:@|%40)[^=&;#@]+\.[a-z]{2,}|(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6011|65[0-9]{2})(?:[ +-]|%20)?[0-9]{4}(?:[ +-]|%20)?[0-9]{4}(?:[ +-]|%20)?[0-9]{4}|3[47][0-9]{2}(?:[ +-]|%20)?[0-9]{6}(?:[ +-]|%20)?[0-9]{5})\b';

-- Values that nobody should find in a store: those of parameters that are named like secrets, e-mail
-- addresses, and numbers of payment cards (by the first digits that issuers have, ISO/IEC 7812).
CREATE OR REPLACE TEMP MACRO masked(target) AS CASE
    WHEN NOT contains(target, '=') THEN target
    WHEN regexp_matches(target, secret_names() || '|' || secret_values())
        THEN regexp_replace(regexp_replace(target, secret_names(), '\1***', 'g'), secret_values(), '\1***', 'g')
    ELSE target
END;
