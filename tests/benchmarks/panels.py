"""What GoAccess shows of a log, asked of our store in SQL: its panels, by its rules.

A visitor is an address with an agent on one day, and answers of 400 to 499 count none. A panel holds up to
366 rows.
"""

from __future__ import annotations

from typing import Any

from miner.store import Store

SHOWN = 366
STATIC = ("css", "gif", "ico", "jpeg", "jpg", "js", "pdf", "png", "svg", "txt", "woff", "woff2", "zip")
"""What files end with that are no pages. GoAccess is told the same."""
HITS = r"""
WITH agents AS (
    SELECT
        agent,
        CASE
            WHEN agent LIKE '%Windows%' THEN 'Windows'
            WHEN agent LIKE '%Android%' THEN 'Android'
            WHEN agent LIKE '%iPhone%' OR agent LIKE '%iPad%' THEN 'iOS'
            WHEN agent LIKE '%Mac OS X%' THEN 'macOS'
            WHEN agent LIKE '%Linux%' THEN 'Linux'
            ELSE 'Unknown'
        END AS os,
        CASE
            WHEN agent ILIKE '%bot%' OR agent ILIKE '%crawler%' OR agent ILIKE '%curl%' THEN 'Crawlers'
            WHEN agent LIKE '%Firefox/%' THEN 'Firefox'
            WHEN agent LIKE '%Edg/%' THEN 'Edge'
            WHEN agent LIKE '%Chrome/%' THEN 'Chrome'
            WHEN agent LIKE '%Safari/%' THEN 'Safari'
            ELSE 'Unknown'
        END AS browser
    FROM (SELECT DISTINCT agent FROM requests)
),
hits AS NOT MATERIALIZED (
    SELECT
        CAST(started AS DATE) AS day,
        hour(started) AS hour,
        method || ' ' || target AS asked,
        regexp_matches(target, $static) AS static,
        status, bytes, address, referrer, os, browser,
        CASE WHEN status NOT BETWEEN 400 AND 499
            THEN hash(address, agent, CAST(started AS DATE)) END AS visitor
    FROM requests
    LEFT JOIN agents USING (agent)
)
"""
PANEL = """
(
    SELECT
        '{name}' AS panel,
        CAST({what} AS VARCHAR) AS what,
        count(*) AS hits,
        count(DISTINCT visitor) AS visitors,
        CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes
    FROM hits
    WHERE {which}
    GROUP BY ALL
    ORDER BY hits DESC, what
    LIMIT {shown}
)
"""
PANELS: dict[str, tuple[str, str]] = {
    "visitors": ("day", "true"),
    "requests": ("asked", "NOT static AND status != 404"),
    "static_requests": ("asked", "static AND status != 404"),
    "not_found": ("asked", "status = 404"),
    "hosts": ("address", "true"),
    "os": ("coalesce(os, 'Unknown')", "true"),
    "browsers": ("coalesce(browser, 'Unknown')", "true"),
    "visit_time": ("hour", "true"),
    "referrers": ("coalesce(referrer, '-')", "true"),
    "referring_sites": ("split_part(referrer, '/', 3)", "referrer IS NOT NULL"),
    "status_codes": ("status", "true"),
}
"""Of each panel: what its rows are about, and which requests count."""


def panels(store: Store) -> list[dict[str, Any]]:
    """The rows of all panels."""
    selects = (
        PANEL.format(name=name, what=what, which=which, shown=SHOWN) for name, (what, which) in PANELS.items()
    )
    static = rf"\.({'|'.join(STATIC)})$"
    return store.ask(HITS + "UNION ALL".join(selects), static=static).to_pylist()
