-- Gives each request the first reason, if any, why it is no user step.
UPDATE requests SET excluded = CASE
    WHEN regexp_matches(coalesce(agent, ''), $health_agents) OR regexp_matches(target, $health_targets)
        THEN 'health check'
    WHEN agent IN (SELECT agent FROM bots) OR target = '/robots.txt' THEN 'bot'
    WHEN method = 'OPTIONS' THEN 'preflight'
    WHEN NOT list_contains($methods, method) OR NOT starts_with(target, '/')
        OR regexp_matches(target, $probes)
        OR (status >= 400 AND regexp_matches(target, $scripts)) THEN 'probe'
    WHEN regexp_matches(target, $assets) THEN 'asset'
END;
