-- Macros that say who sent a request, as far as the log does.

CREATE OR REPLACE TEMP MACRO is_private(address) AS regexp_matches(
    address,
    '^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.)|^(::1$|f[cd]|fe80:)|^unix:'
);

-- An address without its port and brackets.
CREATE OR REPLACE TEMP MACRO plain_address(address) AS CASE
    WHEN NOT contains(address, ':') THEN address
    WHEN contains(address, '.') AND regexp_full_match(address, '[0-9.]+:[0-9]+') THEN regexp_extract(address, '^[0-9.]+')
    WHEN starts_with(address, '[') THEN regexp_replace(address, '^\[(.*)\](:[0-9]+)?$', '\1')
    ELSE address
END;

-- The addresses in an X-Forwarded-For header, without ports.
CREATE OR REPLACE TEMP MACRO hops(forwarded) AS list_transform(
    string_split(forwarded, ','), lambda hop: plain_address(trim(hop))
);

-- Where the request came from (RFC 7239, 7.4): what a proxy of our own (a private address, RFC 1918) was told
-- is believed, from the right on as long as hops are private; what a stranger says is not.
CREATE OR REPLACE TEMP MACRO client_address(address, forwarded) AS CASE
    WHEN forwarded IS NULL OR NOT is_private(coalesce(address, '10.')) THEN address
    ELSE coalesce(
        list_filter(
            list_reverse(hops(forwarded)), lambda hop: hop != '' AND hop != 'unknown' AND NOT is_private(hop)
        )[1],
        nullif(hops(forwarded)[1], ''),
        address
    )
END;

-- The session that the log has, or the id of one in the target.
CREATE OR REPLACE TEMP MACRO own_session(client_session, target) AS coalesce(client_session, CASE
    WHEN contains(target, '=') THEN nullif(regexp_extract(
        target,
        '(?i)[;?&](?:jsessionid|phpsessid|sessionid|session_id|sess_?id|sid|aspsessionid[a-z]*|cftoken)=([\w.~%!-]{6,})',
        1
    ), '')
END);
