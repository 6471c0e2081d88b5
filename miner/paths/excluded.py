"""Requests that are no user step are marked with the reason why. They stay in the store."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import pyarrow as pa
from crawlerdetect import CrawlerDetect

from miner.errors import MinerError
from miner.store import Store
from miner.workload import METHODS

REASONS = ("health check", "load test", "bot", "preflight", "attack", "probe", "asset")
"""Why requests are no steps of users."""
AS_ASKED, NOT_SAMPLED = "as asked", "not sampled"
LONG_ENOUGH = 1000
"""Characters of an agent that are looked at."""
HEALTH_AGENTS = (
    r"(?i)kube-probe|ELB-HealthChecker|GoogleHC|GoogleStackdriverMonitoring|Consul Health|Zabbix|check_http"
    r"|Amazon-Route53-Health|UptimeRobot|Pingdom|StatusCake|Site24x7|NewRelicPinger|Datadog|Uptime-?Kuma"
    r"|Better ?Uptime|Better Stack|HetrixTools|updown\.io|Blackbox[ -]Exporter|Prometheus/|Checkly|Freshping"
)
HEALTH_TARGETS = (
    r"(?i)^/(health|live|ready|ping|_health|health_?check)/?(\?|$)"
    r"|^/([^?]*/)?(healthz|livez|readyz|actuator/health)/?(\?|$)|^/(nginx|server|fpm|apc)[-_]status/?(\?|$)"
)
LOAD_TEST_AGENTS = (
    r"(?i)locust|\bk6/|grafana-?k6|jmeter|apachebench|\bhey/\d|vegeta|gatling|\bwrk2?/|\bwrk\b|\bsiege/|artillery"
    r"|autocannon|\boha/|bombardier|tsung|loadrunner|neoload|drill/|plow/"
)
APPS = re.compile(r"(okhttp|Dart)/\d")
"""HTTP libraries of phone apps, which people hold, though crawlers can use them too."""
ASSETS = (
    r"(?i)^[^?]*\.(css|js|mjs|cjs|map|wasm|png|apng|jpe?g|gif|bmp|svg|ico|webp|avif|jxl|woff2?|ttf|otf|eot"
    r"|mp4|webm|m4v|mov|mp3|m4a|ogg|wav|m3u8|webmanifest|txt|xml)(;[^?]*)?(\?|$)"
    r"|^/(_next/(static|image)|_nuxt|_astro|cdn-cgi)(/|\?|$)|^/[^?]*/?(browserconfig|site\.webmanifest|manifest\.json)(\?|$)"
)
ATTACKS = (
    r"(?i)\.\.;?(/|\\|%(25)?(2f|5c))|%(25)?2e%(25)?2e(/|%(25)?(2f|5c))"
    r"|%25%32%65|%c0%a[ef]|%e0%80%ae|(\$|%24)(\{|%7b)(jndi|%6a|\$|%24|[^}]*:-)|etc(/|%2f)passwd|proc/self"
    r"|union(\+|%20|/\*.*?\*/)+(all(\+|%20)+)?select|(\+|%20)(or|and)(\+|%20)+'?\d+'?(=|%3d)'?\d"
    r"|(sleep|benchmark|waitfor|extractvalue|updatexml)(\(|%28|\+delay)|information_schema|xp_cmdshell"
    r"|(<|%(25)?3c|%uff1c)(script|svg|img|iframe)|javascript:|onerror(=|%3d)"
    r"|(;|%3b|\||%7c|`|%60)(\+|%20)*(wget|curl|cat|chmod|bash|nc|id|uname|whoami)(\+|%20|$|&|`|%60)"
    r"|%0a(id|whoami|uname)($|&)|(\$|%24)(\(|%28)\w+|%0d%0a(set-cookie|location|content-)"
    r"|(php|expect|phar|gopher|dict)://|allow_url_include|auto_prepend_file|invokefunction|call_user_func"
    r"|%00|\\x00|(\?|&)(cmd|exec)="
)
"""Traversal, injection of SQL, scripts and commands, log4shell: whoever sends it attacks."""
PROBES = (
    r"(?i)(^|/)\.(env|git|svn|hg|aws|ssh|vscode|idea|docker|kube|htaccess|htpasswd|DS_Store)"
    r"|\.(cgi|sql|bak|ini|old|swp|asp;)(\W|$)|^/[^?]*(dump|backup)[^?/]*\.(zip|gz|tar|tgz|rar|7z|sql)"
    r"|/(wp-|wordpress/|phpmyadmin|pma/|myadmin|adminer|cgi-bin/|vendor/phpunit|boaform|solr/|manager/html"
    r"|hnap1|gponform|setup\.cgi|shell\?|owa/auth|autodiscover/|_ignition|telescope/requests|jenkins/login"
    r"|actuator/(env|heapdump|gateway)|remote/fgt_lang|sdk/weblanguage|evox/about|nmaplowercheck|console/css)"
)
"""What scanners ask for; nothing here is a step that a visitor of a working site takes."""
SCRIPTS = r"(?i)\.(php\d?|aspx?|jspx?)(\W|$)"
"""What visitors of some sites ask for and scanners of all: a probe where the service refuses it."""
SCANNERS = (
    r"(?i)nmap|nikto|sqlmap|masscan|zgrab|nuclei|wpscan|gobuster|dirb|feroxbuster|ffuf|zmeu|acunetix"
    r"|netsparker"
)
HINT = "Write it like 'GET /internal/*' or '/internal/*'."


def mark_excluded(store: Store, *, include: Collection[str] = (), exclude: Sequence[str] = ()) -> None:
    """The temporary tables `targets`, `senders` and `marked` hold why a request is no user step, else null.

    `include` are reasons that are none here (`bots`); `exclude` are endpoints that are no steps of users
    (`GET /internal/*`). Raises MinerError for an unknown reason or what is no endpoint.
    """
    kept = {reason_of(one) for one in include}
    detector = CrawlerDetect()
    agents = store.fetch("miner.paths", "agents").column("agent").to_pylist()
    bots = [agent for agent in agents if detector.isCrawler(agent[:LONG_ENOUGH]) and not APPS.match(agent)]
    store.run("miner.ingest", "whereabouts")
    with store.offering("bots", pa.table({"agent": pa.array(bots, pa.string())})):
        store.run(
            "miner.paths", "mark_excluded", methods=sorted(METHODS), kept=sorted(kept),
            health_agents=HEALTH_AGENTS, health_targets=HEALTH_TARGETS, load_test_agents=LOAD_TEST_AGENTS,
            scanners=SCANNERS, assets=ASSETS, attacks=ATTACKS, probes=PROBES, scripts=SCRIPTS,
            unwanted="|".join(map(pattern, exclude)), as_asked=AS_ASKED,
        )  # fmt: skip


def reason_of(word: str) -> str:
    """The reason, given in the plural or not. Raises MinerError if there is none of this name."""
    reason = word.strip().lower().removesuffix("s")
    if reason not in REASONS:
        known = ", ".join(f"{one}s" for one in REASONS)
        raise MinerError(f"Nothing is left out for being {word!r}.", f"--include knows: {known}.")
    return reason


def pattern(endpoint: str) -> str:
    """`METHOD /path` or a path, in which `*` is anything, as a regular expression. Raises MinerError."""
    method, _, path = endpoint.strip().rpartition(" ")
    if not path.startswith("/") or not (method.isalpha() or not method):
        raise MinerError(f"--exclude {endpoint!r} is no endpoint.", HINT)
    anything = ".*".join(map(re.escape, path.split("*")))
    return f"({re.escape(method.upper()) or '[A-Z_-]+'} {anything})"


def mark_unanswered(store: Store, *, include: Collection[str] = ()) -> None:
    """Routes that the service never knew (404, 405 or 400 to everyone) are marked as probes.

    So are all requests of those who ask for little else. Whatever is not marked is in the temporary table
    `people`.
    """
    if "probe" not in {reason_of(one) for one in include}:
        store.run("miner.paths", "mark_unanswered")
    store.run("miner.paths", "set_people")


def excluded(store: Store) -> dict[str, int]:
    """How many requests are no user steps, by reason, most first."""
    rows = store.fetch("miner.paths", "excluded").to_pylist()
    return {row["excluded"]: row["requests"] for row in rows}
