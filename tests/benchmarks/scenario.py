"""What the generated code costs: requests per CPU beside a FastHttpUser written by hand, and generation.

    python tests/benchmarks/scenario.py [--seconds 12] [--rounds 3] [--apart]

Two Locusts run at once on one core and share it fairly, each as fast as it can, against a service on another
core: the ratio of their requests is that of their costs, however fast the machine happens to be. The
hand-written one makes the same requests, once as flat tasks and once as a Markov chain. With --apart each has
the core to itself, one after the other: that is what a test would get, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from miner.generate import generate, scenario_files
from miner.scenario_writer import write_scenario
from miner.workload import Workload

USERS = 20
IDS = 9000
HEADERS = {"X-User-Id": {"draw": "identity", "low": 1, "high": IDS}}
SERVICE = """
import asyncio, sys
BODY = b'{"id": 7, "name": "abc"}'
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
ANSWER = HEAD % len(BODY) + BODY

class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.got = transport, b""

    def data_received(self, data):
        self.got += data
        while (end := self.got.find(b"\\r\\n\\r\\n")) >= 0:
            head = self.got[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\\r\\n")[0]) if at >= 0 else 0
            if len(self.got) < end + 4 + length:
                return
            self.got = self.got[end + 4 + length :]
            self.transport.write(ANSWER)

async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
FLAT = """
import random
from locust import FastHttpUser, constant, task

class Hand(FastHttpUser):
    wait_time = constant(1e-6)

    def on_start(self):
        self.me = random.randint(1, 9000)
        self.headers = {"X-User-Id": str(self.me)}

    def ask(self, method, path, name, **body):
        more = {"name": name, "headers": self.headers, "catch_response": True, **body}
        with self.client.request(method, path, **more) as answer:
            if answer.status_code < 400:
                answer.success()
            else:
                answer.failure(f"The answer was {answer.status_code}.")

    @task(59)
    def search(self):
        name = "".join(random.choices("abcdefghijklmnop", k=random.randint(2, 8)))
        self.ask("GET", f"/users?username={name}", "/users")

    @task(26)
    def view(self):
        self.ask("GET", f"/users/{random.randint(1, 9000)}", "/users/{user_id}")

    @task(15)
    def add(self):
        body = {"userId": self.me, "friendId": random.randint(1, 9000)}
        self.ask("POST", "/friends", "/friends", json=body)
"""
CHAIN = FLAT.replace("constant, task", "MarkovTaskSet, transitions").replace(
    "    wait_time = constant(1e-6)\n", ""
)
for weight in (59, 26, 15):
    CHAIN = CHAIN.replace(f"    @task({weight})\n", "")
CHAIN += """

class Walk(MarkovTaskSet):
    def wait_time(self):
        return random.expovariate(1e6)

    @transitions({"search": 45, "view": 45, "add": 10})
    def search(self):
        self.user.search()

    @transitions({"search": 65, "add": 35})
    def view(self):
        self.user.view()

    @transitions({"search": 1})
    def add(self):
        self.user.add()

Hand.tasks = [Walk]
"""
BY_HAND = {"flat tasks": FLAT, "a Markov chain": CHAIN}


def main() -> None:
    """Both tables are printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--apart", action="store_true", help="one after the other, not at once")
    options = parser.parse_args()
    for title, text in BY_HAND.items():
        ratios = [ratio(text, options.seconds, apart=options.apart) for _ in range(options.rounds)]
        said = f"{statistics.mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        sys.stdout.write(f"requests for the same CPU as {title} by hand: {said}\n")
    one_file, files, parsed = generation()
    sys.stdout.write("200 endpoints, 12 paths, in seconds (and times as long as parsing the text):\n")
    sys.stdout.write(f"  in one file {one_file:.2f} ({one_file / parsed:.1f})\n")
    sys.stdout.write(f"  as files {files:.2f} ({files / parsed:.1f})\n")


def ratio(by_hand: str, seconds: int, *, apart: bool) -> float:
    """Requests of the generated code over those of the hand-written, both on one core for `seconds`.

    Raises RuntimeError if any of them failed: an error is quicker than an answer.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_scenario(site(), folder / "made.py")
        (folder / "hand.py").write_text(by_hand, encoding="utf-8")
        with answering() as port:
            more = {
                "made": [f"--sessions-per-second={USERS * 40}", "--max-rps=1000000"],
                "hand": [],
            }
            running = []
            for file, options in more.items():
                options.append(f"--json-file={file}")
                running.append(locust(folder, f"{file}.py", port, seconds, options))
                if apart:
                    running[-1].wait(seconds * 3 + 30)
            for process in running:
                process.wait(seconds * 3 + 30)
        site_made, hand_made = (requests(folder / f"{file}.json") for file in more)
        return site_made / hand_made


@contextmanager
def answering() -> Iterator[str]:
    """The port of a service on the last core, which answers everything at once."""
    with subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout
        on_core(service.pid, -1)
        try:
            yield service.stdout.readline().strip()
        finally:
            service.terminate()


def locust(folder: Path, file: str, port: str, seconds: int, more: list[str]) -> subprocess.Popen[bytes]:
    """Locust as fast as it can, on the first core."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "locust", "-f", file, "--headless", f"--host=http://127.0.0.1:{port}",
            "-u", str(USERS), "-r", str(USERS), "-t", str(seconds), *more,
        ],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    on_core(process.pid, 0)
    return process


def on_core(pid: int, place: int) -> None:
    """The process stays on one core, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {sorted(os.sched_getaffinity(0))[place]})


def requests(file: Path) -> int:
    """How many were made, sessions left out. Raises RuntimeError if any of them failed."""
    rows = json.loads(file.read_text(encoding="utf-8"))
    if not rows or any(row["num_failures"] for row in rows):
        raise RuntimeError(f"Requests of {file.stem} failed, or none were made.")
    return sum(row["num_requests"] for row in rows if row["method"] != "SESSION")


def site() -> Workload:
    """Sessions of ten requests without pauses, as the hand-written users make them."""
    think = {"law": "exponential", "mean": 1e-6}

    def moves(shares: dict[str, float]) -> dict[str, object]:
        return {to: {"p": p} if to == "leave" else {"p": p, "think": think} for to, p in shares.items()}

    lengths = [2, 3, 4, 5, 6, 7, 8]
    name = {"draw": "text", "alphabet": "abcdefghijklmnop", "lengths": lengths}
    ids = {"draw": "popular", "low": 1, "high": IDS}
    return Workload.model_validate(
        {
            "name": "made",
            "arrivals": {"mean": 100.0},
            "endpoints": {
                "search": {
                    "request": "GET /users", "headers": HEADERS,
                    "query": {"username": name},
                },
                "view": {"request": "GET /users/{user_id}", "headers": HEADERS, "params": {"user_id": ids}},
                "add": {
                    "request": "POST /friends", "headers": HEADERS,
                    "body": {"userId": HEADERS["X-User-Id"], "friendId": ids},
                },
            },
            "paths": [
                {
                    "name": "walk", "share": 1, "start": {"search": 1},
                    "moves": {
                        "search": moves({"search": 0.35, "view": 0.45, "add": 0.1, "leave": 0.1}),
                        "view": moves({"search": 0.55, "add": 0.35, "leave": 0.1}),
                        "add": moves({"search": 0.9, "leave": 0.1}),
                    },
                }
            ],
        }
    )  # fmt: skip


IDENTITY = HEADERS["X-User-Id"]
WORD = {
    "draw": "text",
    "alphabet": "abcdefghijklmnopqrstuvwxyz",
    "lengths": [1, 3, 4, 5, 6, 7, 8, 9, 12, 20, 60],
}
KIND = {"draw": "literal", "values": {"large": 0.5, "medium": 0.3, "small": 0.2}}
PARTS = {
    "draw": "series",
    "of": {"draw": "structure", "fields": {"id": {"draw": "formatted", "format": "uuid"}, "name": WORD}},
    "lengths": [0, 1, 2, 5],
}


def endpoint(number: int, method: object, **values: object) -> dict[str, object]:
    """An endpoint of the large workload, which is answered with errors now and then."""
    return {
        "request": f"{method} /part_{number}/{{user_id}}",
        "n": 1000,
        "headers": HEADERS,
        "params": {"user_id": {**IDENTITY, "draw": "popular", "n": 1000, "ids": 900}},
        "statuses": {200: 0.95, 404: 0.03, 422: 0.02},
        **values,
    }


def large(endpoints: int = 200, paths: int = 12, steps: int = 20) -> Workload:
    """A workload of many endpoints, two of three with a query or a body, each path over some of them."""
    kinds: list[dict[str, object]] = [
        {"method": "GET"},
        {"method": "GET", "query": {"word": WORD, "page": {**IDENTITY, "draw": "popular", "zipf": 1.1}}},
        {"method": "POST", "body": {"comment": WORD, "kind": KIND, "parts": PARTS, "by": IDENTITY}},
    ]
    names = [f"view_{number}" for number in range(endpoints)]
    think = {"law": "lognormal", "median": 3.0, "sigma": 0.7}

    def path(number: int) -> dict[str, object]:
        walked = [names[(number * 17 + step) % endpoints] for step in range(steps)]
        moves = {
            step: {
                **{
                    to: {"p": 0.4, "n": 90, "think": think}
                    for to in (walked[at - 1], walked[(at + 3) % steps])
                },
                "leave": {"p": 0.2},
            }
            for at, step in enumerate(walked)
        }
        return {"name": f"path_{number}", "share": 1 / paths, "start": {walked[0]: 1.0}, "moves": moves}

    return Workload.model_validate(
        {
            "name": "large",
            "arrivals": {"mean": 1.0},
            "endpoints": {
                name: endpoint(number, **kinds[number % len(kinds)]) for number, name in enumerate(names)
            },
            "paths": [path(number) for number in range(paths)],
        }
    )


def generation() -> tuple[float, float, float]:
    """Seconds to write the large workload as one file and as files, and to parse the one file."""
    workload, text = large(), generate(large())
    return (
        fastest(lambda: generate(workload)),
        fastest(lambda: scenario_files(workload, "x.py")),
        fastest(lambda: ast.parse(text)),
    )


def fastest(work: Callable[[], object]) -> float:
    """Seconds that `work` takes, the best of three."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


if __name__ == "__main__":
    main()
