-- The tables that every store has (a row of each is described at the table).
CREATE TABLE meta (version INTEGER NOT NULL, salt VARCHAR NOT NULL);

-- A row is a log format that a user described.
CREATE TABLE formats (name VARCHAR PRIMARY KEY, template VARCHAR, fields VARCHAR);

-- A row is a log file that was read.
CREATE TABLE sources (
    source_id   INTEGER PRIMARY KEY,
    name        VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    format      VARCHAR NOT NULL,
    bytes       BIGINT NOT NULL,
    lines       BIGINT NOT NULL,
    requests    BIGINT NOT NULL,
    rejects     BIGINT NOT NULL,
    blanks      BIGINT NOT NULL,
    duplicates  BIGINT NOT NULL,
    first_at    TIMESTAMPTZ,
    last_at     TIMESTAMPTZ,
    ingested_at TIMESTAMPTZ NOT NULL
);

-- A row is what else is known of a log file: why it was read in its format, behind which prefix, the fingerprint
-- of its beginning, whether its last line had an end, the resolution of its clock in seconds, whether it has
-- durations, whether its stamps were rewritten, how many secrets were masked.
CREATE TABLE source_facts (
    source_id  INTEGER PRIMARY KEY,
    recognised VARCHAR NOT NULL,
    prefix     VARCHAR,
    head       VARCHAR NOT NULL,
    finished   BOOLEAN NOT NULL,
    clock      DOUBLE,
    durations  BOOLEAN NOT NULL,
    restamped  BOOLEAN NOT NULL,
    masked     BIGINT NOT NULL
);

-- A row is a line that could not be read, and why.
CREATE TABLE rejects (
    source_id INTEGER NOT NULL,
    line      BIGINT NOT NULL,
    reason    VARCHAR NOT NULL,
    raw       VARCHAR NOT NULL
);

-- A row is one visitor's requests with no long silence between them.
CREATE TABLE sessions (
    session_id BIGINT NOT NULL,
    visitor    VARCHAR NOT NULL,
    started    TIMESTAMPTZ NOT NULL,
    finished   TIMESTAMPTZ NOT NULL,
    requests   INTEGER NOT NULL,
    path       VARCHAR
);

INSERT INTO meta VALUES ($version, $salt);
