"""A page that people pass on: what users do, whether the replay is like them, whether that is fast enough.

    from miner.report import findings, report

    Path("report.html").write_text(report(findings("access.log", "runs/access-1")), encoding="utf-8")

One HTML file without scripts that asks for nothing else. Names from a log are text in it, wherever they are.
"""

from importlib.util import find_spec

from miner.errors import MinerError

if missing := [name for name in ("altair", "jinja2", "vl_convert", "defusedxml") if find_spec(name) is None]:
    raise MinerError(
        f"A report needs {missing[0]}, which is not installed.",
        "Install it with `pip install 'scenario-miner[report]'`.",
    )

from miner.report.findings import Asked, Findings, findings, gathered
from miner.report.page import page as report

__all__ = ["Asked", "Findings", "findings", "gathered", "report"]
