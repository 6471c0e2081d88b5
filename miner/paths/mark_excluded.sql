-- verdicts: a row is a target, and what it alone tells of those who ask for it. Each is looked at once.
CREATE OR REPLACE TEMP TABLE verdicts AS
SELECT target,
    regexp_matches(target, $health_targets) AS health,
    regexp_matches(target, $attacks) AS attack,
    NOT starts_with(target, '/') AS no_path,
    regexp_matches(target, $probes) AS probe,
    regexp_matches(target, $scripts) AS script,
    regexp_matches(target, $assets) AS asset
FROM (SELECT DISTINCT target FROM requests);

-- senders: a row is an agent, and what it tells by itself; '' stands for none.
CREATE OR REPLACE TEMP TABLE senders AS
SELECT agent,
    regexp_matches(agent, $health_agents) AS health,
    regexp_matches(agent, $load_test_agents) AS load_test,
    regexp_matches(agent, $scanners) OR contains(agent, '${jndi') AS scanner,
    agent IN (SELECT agent FROM bots) AS bot
FROM (SELECT DISTINCT coalesce(agent, '') AS agent FROM requests);

-- Gives each request the first reason, if any, why it is no user step. Who asks for robots.txt is a bot.
UPDATE requests SET excluded = CASE
    WHEN $unwanted != '' AND regexp_full_match(method || ' ' || split_part(requests.target, '?', 1), $unwanted)
        THEN $as_asked
    WHEN NOT list_contains($kept, 'health check') AND (senders.health OR verdicts.health) THEN 'health check'
    WHEN NOT list_contains($kept, 'load test') AND senders.load_test THEN 'load test'
    WHEN NOT list_contains($kept, 'attack') AND senders.scanner THEN 'attack'
    WHEN NOT list_contains($kept, 'bot') AND (
        senders.bot OR requests.target IN ('/robots.txt', '/ads.txt', '/llms.txt')
        OR (address, requests.agent) IN (
            SELECT (address, agent) FROM requests
            WHERE target = '/robots.txt' AND address IS NOT NULL AND agent IS NOT NULL
        )
    ) THEN 'bot'
    WHEN NOT list_contains($kept, 'preflight') AND method = 'OPTIONS' THEN 'preflight'
    WHEN NOT list_contains($kept, 'attack') AND (verdicts.attack OR contains(coalesce(referrer, ''), '${jndi'))
        THEN 'attack'
    WHEN NOT list_contains($methods, method) OR verdicts.no_path THEN 'probe'
    WHEN NOT list_contains($kept, 'probe') AND (verdicts.probe OR (status >= 400 AND verdicts.script)) THEN 'probe'
    WHEN NOT list_contains($kept, 'asset') AND verdicts.asset THEN 'asset'
END
FROM verdicts, senders
WHERE requests.target = verdicts.target AND coalesce(requests.agent, '') = senders.agent;

DROP TABLE verdicts;

DROP TABLE senders;
