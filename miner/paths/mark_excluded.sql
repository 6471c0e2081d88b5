-- Gives each request the first reason, if any, why it is no user step. Who asks for robots.txt is a bot.
UPDATE requests SET excluded = CASE
    WHEN $unwanted != '' AND regexp_full_match(method || ' ' || split_part(target, '?', 1), $unwanted) THEN $as_asked
    WHEN NOT list_contains($kept, 'health check') AND (
        regexp_matches(coalesce(agent, ''), $health_agents) OR regexp_matches(target, $health_targets)
    ) THEN 'health check'
    WHEN NOT list_contains($kept, 'load test') AND regexp_matches(coalesce(agent, ''), $load_test_agents)
        THEN 'load test'
    WHEN NOT list_contains($kept, 'attack') AND regexp_matches(coalesce(agent, ''), $scanners) THEN 'attack'
    WHEN NOT list_contains($kept, 'bot') AND (
        agent IN (SELECT agent FROM bots) OR target IN ('/robots.txt', '/ads.txt', '/llms.txt')
        OR (address, agent) IN (
            SELECT (address, agent) FROM requests
            WHERE target = '/robots.txt' AND address IS NOT NULL AND agent IS NOT NULL
        )
    ) THEN 'bot'
    WHEN NOT list_contains($kept, 'preflight') AND method = 'OPTIONS' THEN 'preflight'
    WHEN NOT list_contains($kept, 'attack')
        AND (regexp_matches(target, $attacks)
            OR contains(coalesce(agent, ''), '${jndi') OR contains(coalesce(referrer, ''), '${jndi'))
        THEN 'attack'
    WHEN NOT list_contains($methods, method) OR NOT starts_with(target, '/') THEN 'probe'
    WHEN NOT list_contains($kept, 'probe')
        AND (regexp_matches(target, $probes) OR (status >= 400 AND regexp_matches(target, $scripts))) THEN 'probe'
    WHEN NOT list_contains($kept, 'asset') AND regexp_matches(target, $assets) THEN 'asset'
END;
