"""Requests that are no user step are marked with the reason why. They stay in the store."""

from __future__ import annotations

import re

import pyarrow as pa
from crawlerdetect import CrawlerDetect

from miner.store import Store
from miner.workload import METHODS

HEALTH_AGENTS = (
    r"(?i)kube-probe|ELB-HealthChecker|GoogleHC|Consul Health|Amazon-Route53-Health|UptimeRobot|Pingdom"
)
HEALTH_TARGETS = (
    r"(?i)^/(health|live|ready|ping|_health|health_?check)/?(\?|$)"
    r"|^/([^?]*/)?(healthz|livez|readyz|actuator/health)/?(\?|$)"
)
APPS = re.compile(r"(okhttp|Dart)/\d")
"""HTTP libraries of phone apps, which people hold, though crawlers can use them too."""
ASSETS = r"(?i)^[^?]*\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm|txt|xml)(\?|$)"
PROBES = (
    r"(?i)(^|/)\.(env|git|svn|aws|ssh|htaccess|DS_Store)|\.(cgi|sql|bak|ini)(\W|$)"
    r"|\.\.(/|%2f)|(\$|%24)(\{|%7b)jndi|/(wp-|phpmyadmin|cgi-bin/|vendor/phpunit|boaform|solr/|manager/html)"
    r"|(union(\+|%20)+select|<script|%3cscript|etc/passwd)"
)
"""What scanners ask for; nothing here is a step that a visitor of a working site takes."""
SCRIPTS = r"(?i)\.(php\d?|aspx?|jspx?)(\W|$)"
"""What visitors of some sites ask for and scanners of all: a probe where the service refuses it."""


def mark_excluded(store: Store) -> dict[str, int]:
    """`requests.excluded` holds why a request is no user step, else null. Returns counts by reason."""
    agents = store.fetch("miner.paths", "agents").column("agent").to_pylist()
    detector = CrawlerDetect()
    bots = [agent for agent in agents if detector.isCrawler(agent) and not APPS.match(agent)]
    with store.offering("bots", pa.table({"agent": pa.array(bots, pa.string())})):
        store.run(
            "miner.paths",
            "mark_excluded",
            methods=sorted(METHODS),
            health_agents=HEALTH_AGENTS,
            health_targets=HEALTH_TARGETS,
            assets=ASSETS,
            probes=PROBES,
            scripts=SCRIPTS,
        )
    return excluded(store)


def mark_unanswered(store: Store) -> None:
    """Routes that the service never knew (404, 405 or 400 to everyone) are marked as probes."""
    store.run("miner.paths", "mark_unanswered")


def excluded(store: Store) -> dict[str, int]:
    """How many requests are no user steps, by reason, most first."""
    rows = store.fetch("miner.paths", "excluded").to_pylist()
    return {row["excluded"]: row["requests"] for row in rows}
