"""A headless Chromium, Debian's own: pages are opened as people open them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOCK = Path(tempfile.gettempdir(), "install-chromium.lock")
MINUTES = 8
"""That an installation may take."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """While the block runs, there is a browser with no history and no profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def executable() -> str:
    """Where Chromium is. It is installed where that can be done, and else the test fails."""
    if not shutil.which("chromium"):
        assert os.geteuid() == 0, HOW
        assert shutil.which("apt-get"), HOW
        with LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two processes share the tests
            if not shutil.which("chromium"):
                _apt("update")
                _apt("install", "-y", "--no-install-recommends", "chromium")
    found = shutil.which("chromium")
    assert found, HOW
    return found


HOW = "The report is tested in Chromium, which is not installed. Install it: apt-get install chromium."


def _apt(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-q", *arguments], check=True, timeout=60 * MINUTES, env=environment)
