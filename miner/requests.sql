-- A row is one HTTP request as logged.
CREATE TABLE requests (
    source_id  INTEGER NOT NULL,
    line       BIGINT NOT NULL,
    visitor    VARCHAR,
    started    TIMESTAMPTZ NOT NULL,
    finished   TIMESTAMPTZ NOT NULL,
    method     VARCHAR NOT NULL,
    -- Nearly every target is another one: to compress them takes longer than all else, and saves little.
    target     VARCHAR NOT NULL USING COMPRESSION uncompressed,
    route      VARCHAR,
    endpoint   VARCHAR,
    status     USMALLINT NOT NULL,
    bytes      BIGINT,
    address    VARCHAR,
    "user"     VARCHAR,
    agent      VARCHAR,
    referrer   VARCHAR,
    trace_id   VARCHAR,
    excluded   VARCHAR,
    session_id BIGINT,
    position   INTEGER,
    forwarded  VARCHAR,
    client_session VARCHAR,
    http_route VARCHAR,
    -- Requests that a visitor made at once are one step of the session, counted from 1.
    step       INTEGER
);
