-- targets: a row is what was asked for, and what it alone tells of those who ask for it. Each is looked at once.
-- Its rowid is its id: to number rows would be to look at them on one processor.
CREATE OR REPLACE TEMP TABLE targets AS
SELECT method, target, http_route,
    split_part(target, '?', 1) AS path,
    own_session(NULL, target) AS session,
    $unwanted != '' AND regexp_full_match(method || ' ' || path, $unwanted) AS unwanted,
    NOT list_contains($kept, 'health check') AND regexp_matches(target, $health_targets) AS health,
    NOT list_contains($kept, 'bot') AND target IN ('/robots.txt', '/ads.txt', '/llms.txt') AS for_bots,
    NOT list_contains($kept, 'preflight') AND method = 'OPTIONS' AS preflight,
    NOT list_contains($kept, 'attack') AND regexp_matches(target, $attacks) AS attack,
    NOT list_contains($methods, method) OR NOT starts_with(target, '/') AS no_step,
    NOT list_contains($kept, 'probe') AND regexp_matches(target, $probes) AS probe,
    NOT list_contains($kept, 'probe') AND regexp_matches(target, $scripts) AS script,
    NOT list_contains($kept, 'asset') AND regexp_matches(target, $assets) AS asset
FROM (SELECT DISTINCT method, target, http_route FROM requests);

-- senders: a row is where requests came from, and what is known of that.
CREATE OR REPLACE TEMP TABLE senders AS
WITH places AS (
    SELECT DISTINCT address, forwarded, agent FROM requests
), agents AS (
    SELECT agent,
        NOT list_contains($kept, 'health check') AND regexp_matches(agent, $health_agents) AS health,
        NOT list_contains($kept, 'load test') AND regexp_matches(agent, $load_test_agents) AS load_test,
        NOT list_contains($kept, 'attack') AND (regexp_matches(agent, $scanners) OR contains(agent, '${jndi'))
            AS scanner,
        NOT list_contains($kept, 'bot') AND agent IN (SELECT agent FROM bots) AS bot
    FROM (SELECT DISTINCT agent FROM places WHERE agent IS NOT NULL)
), crawlers AS (
    -- Who asks for robots.txt is a bot.
    SELECT DISTINCT address, agent, NOT list_contains($kept, 'bot') AS bot FROM requests
    WHERE target = '/robots.txt' AND address IS NOT NULL AND agent IS NOT NULL
)
SELECT address, forwarded, agent,
    client_address(address, forwarded) AS client,
    coalesce(agents.health, false) AS health,
    coalesce(load_test, false) AS load_test,
    coalesce(scanner, false) AS scanner,
    coalesce(agents.bot, false) OR coalesce(crawlers.bot, false) AS bot
FROM places LEFT JOIN agents USING (agent) LEFT JOIN crawlers USING (address, agent);

-- marked: a row is a request, its `place` in the order of the logs, and the first reason, if any, why it is no
-- user step.
CREATE OR REPLACE TEMP TABLE marked AS
SELECT requests.rowid AS row, source_id::BIGINT * 1099511627776 + line AS place, started, finished, status, "user",
    client_session, targets.rowid AS target_id, senders.rowid AS sender_id,
    CASE
        WHEN unwanted THEN $as_asked
        WHEN senders.health OR targets.health THEN 'health check'
        WHEN load_test THEN 'load test'
        WHEN scanner THEN 'attack'
        WHEN bot OR for_bots THEN 'bot'
        WHEN preflight THEN 'preflight'
        WHEN attack OR (NOT list_contains($kept, 'attack') AND contains(coalesce(referrer, ''), '${jndi'))
            THEN 'attack'
        WHEN no_step OR probe OR (script AND status >= 400) THEN 'probe'
        WHEN asset THEN 'asset'
    END AS excluded
FROM requests
    JOIN targets ON requests.target = targets.target AND requests.method = targets.method
        AND requests.http_route IS NOT DISTINCT FROM targets.http_route
    JOIN senders ON requests.address IS NOT DISTINCT FROM senders.address
        AND requests.forwarded IS NOT DISTINCT FROM senders.forwarded
        AND requests.agent IS NOT DISTINCT FROM senders.agent;
