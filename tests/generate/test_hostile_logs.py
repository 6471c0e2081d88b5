"""From logs and documents full of code to files that cannot do anything: nothing of it leaves its string."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from conftest import SAMPLE

from miner.cli import run
from miner.generate import generate
from miner.generate.hooks import hooks
from miner.generate.runtime_text import runtime
from miner.workload import Popular, Workload
from miner.workload_file import dumps, load, parse

BREAK_OUT = '"""+__import__("os").system("touch CANARY")+"""'
PAYLOADS = {
    "quote": '"', "apostrophe": "'", "quotes": '"""', "apostrophes": "'''", "backslash": "\\",
    "backslashes": 'a\\\\"', "escaped quotes": '\\"""', "named": "\\N{BULLET}", "half named": "\\N{",
    "octal": "\\8\\d", "braces": "{}", "attribute": "{0.__class__}", "open": "{{",
    "replaced": "{self.client}",
    "f-string": "{__import__('os').system('touch CANARY')!r:>{1}}", "CR": "\r", "LF": "\n", "CR LF": "a\r\nb",
    "form feed": "\x0c", "U+2028": "a\u2028b", "U+2029": "a\u2029b", "U+0085": "a\x85b", "NUL": "a\x00b",
    "substitute": "\x1a", "delete": "\x7f", "escape": "\x1b]0;title\x07\x1b[2J", "surrogate": "a\ud800b",
    "BOM": "\ufeff", "override": "\u202e", "astral": "\U0001f4a9", "cookie": "# -*- coding: utf-7 -*-",
    "utf-7": "+AAo-import os+AAo-", "comment": "#", "CR in a comment": "#\r import os",
    "LF in a comment": "# x\nimport os\nos.system('touch CANARY')\n", "keyword": "class", "constant": "None",
    "builtin": "__import__", "dunder": "__class_getitem__", "method": "send", "reserved": "leave",
    "look-alike": "\uff45\uff56\uff41\uff4c", "ligature": "\ufb01", "percent": "%s%(x)s%n",
    "template": "${7*7}#{7*7}{{7*7}}<%= 7*7 %>", "break out": BREAK_OUT,
    "break out of apostrophes": BREAK_OUT.replace('"', "'"), "break out of one": '"' + BREAK_OUT[3:-3] + '"',
    "call": '"); __import__("os").system("touch CANARY"); ("', "escaped break out": "\\" + BREAK_OUT,
    "lines": '"""\nimport os\nos.system("touch CANARY")\n"""', "twin": "get-user", "twin's twin": "get_user",
    "twins' twin": "get user", "long": "A" * 10_000, "long quotes": '"' * 9_999 + "\\",
}  # fmt: skip
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GROUPS = ("red", "blue", "green", "brown", "black", "white", "grey", "pink")
TOGETHER = 7
"""Payloads of one endpoint; with one each, mining takes long."""
ROUTES = {name: f"/{GROUPS[at // TOGETHER]}/oak" for at, name in enumerate(PAYLOADS)}
LONGEST_AGENT = 1000
"""Characters: whether longer ones are of crawlers takes long to say."""
EACH = 6
"""Visitors who send a payload: one more than it takes for a value to be kept."""
ORDINARY = 80
BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
FEW = "--paths=2"
"""Fewer to try is quicker."""
REACHING = 40
"""Payloads, of all, that stand in the generated file at least: else these tests hold nothing."""
FORMATS = ("combined", "vhost_combined", "caddy")
NAMES = {
    "combined": 'x\'"""\n# coding: utf-7\rimport os;{0}%s.log',
    "vhost_combined": "locust.log",
    "caddy": '"""+__import__("os").system("touch CANARY")+""".json',
}

# What goes in ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """One request of a visitor, and what else is in its line."""

    seconds: float
    address: str
    method: str
    target: str
    status: int = 200
    user: str = "-"
    host: str = "example.org"
    referrer: str = "-"
    agent: str = AGENT


def quoted(payload: str) -> str:
    """The payload, percent-encoded."""
    return quote(payload.encode("utf-8", "surrogatepass"), safe="")


def ordinary() -> Iterator[Request]:
    """Visitors who look at things and buy some."""
    dice = random.Random(1)
    for visitor in range(ORDINARY):
        now = visitor * 97.0
        for _ in range(dice.randint(2, 5)):
            item = dice.randint(1, 400)
            for method, target in (("GET", "/home"), ("GET", f"/items/{item}"), ("POST", "/cart")):
                yield Request(now, f"192.0.2.{visitor}", method, target, user=str(500 + visitor))
                now += dice.uniform(2, 30)


def hostile(kind: str) -> Iterator[Request]:
    """Visitors who write each payload wherever a client can write something."""
    for number, route in enumerate(dict.fromkeys(ROUTES.values())):
        texts = [quoted(PAYLOADS[name]) for name in PAYLOADS if ROUTES[name] == route]
        for visitor in range(EACH):
            now, address = 600.0 * number + 9 * visitor, f"198.51.{number}.{visitor}"
            query = "&".join(f"{text}={text}" for text in texts if text != quoted("a\x00b"))
            steps = [("GET", "/home"), ("GET", f"{route}?{query}"), ("POST", route), ("GET", "/home")]
            steps += [("GET", f"/files/{text}") for text in texts]
            steps += [("GET", f"{route}/{text}") for text in texts if kind == "combined"]
            for step, (method, target) in enumerate(steps):
                yield Request(now + 5 * step, address, method, target, user=str(1000 + 10 * number + visitor))
    for number, payload in enumerate(PAYLOADS.values()):
        now, address = 90.0 * number, f"203.0.113.{number}"
        yield Request(now, address, "GET", "/home", user=payload)
        yield Request(now + 1, address, "GET", "/home", host=payload)
        yield Request(now + 2, address, "GET", "/home", referrer=payload)
        yield Request(now + 3, address, "GET", "/home", agent=f"{AGENT} {payload}"[:LONGEST_AGENT])
        yield Request(now + 4, address, payload, "/home")
        for step, target in enumerate(
            (payload, f"/home?{payload}={payload}", f"/a/{payload}", f"/b/{{{payload}}}")
        ):
            yield Request(now + 5 + step, address, "GET", target, user=str(2000 + number))


def clf(text: str) -> bytes:
    """The text as Apache writes it between quotes."""
    raw = text.encode("utf-8", "surrogatepass")
    plain = {byte: bytes([byte]) for byte in range(32, 127)} | {34: b'\\"', 92: b"\\\\"}
    return b"".join(plain.get(byte, b"\\x%02x" % byte) for byte in raw)


def line(request: Request, kind: str, *, raw: bool = False) -> bytes:
    """The line of a request; `raw` as a server would write it that escapes nothing."""
    at = BEGIN + timedelta(seconds=request.seconds)
    if kind == "caddy":
        headers = {"User-Agent": [request.agent], "Referer": [request.referrer]}
        asked = {
            "remote_ip": request.address, "client_ip": request.address, "proto": "HTTP/2.0",
            "method": request.method, "host": request.host, "uri": request.target, "headers": headers,
        }  # fmt: skip
        whole = {
            "level": "info", "ts": at.timestamp(), "logger": "http.log.access.log0", "msg": "handled request",
            "request": asked, "user_id": request.user, "duration": 0.01, "size": 5, "status": request.status,
        }  # fmt: skip
        return json.dumps(whole).encode() + b"\n"
    put = (lambda text: text.encode("utf-8", "surrogatepass")) if raw else clf
    host = put(request.host) + b" " if kind == "vhost_combined" else b""
    return b'%s%s - %s [%s] "%s %s HTTP/1.1" %d 5 "%s" "%s"\n' % (
        host, request.address.encode(), put(request.user), f"{at:%d/%b/%Y:%H:%M:%S +0000}".encode(),
        put(request.method), put(request.target), request.status, put(request.referrer), put(request.agent),
    )  # fmt: skip


def log(requests: Iterable[Request], kind: str) -> bytes:
    """The whole log."""
    return b"".join(line(one, kind) for one in sorted(requests, key=lambda one: one.seconds))


def document(names: Iterable[str] = PAYLOADS) -> dict[str, Any]:
    """An OpenAPI document that has each payload wherever a document can hold text."""
    paths: dict[str, Any] = {}
    for route in ROUTES.values():
        texts = [PAYLOADS[name] for name in names if ROUTES[name] == route]
        fields = {key: field for at, text in enumerate(texts) for key, field in described(text, at).items()}
        told = {"title": texts[0], "description": texts[1], "x-code": texts[2]}
        schema = {**told, "type": "object", "required": list(fields), "properties": fields}
        answer = {"schema": {"type": "array", "items": schema}, "example": texts}
        operation = {
            "operationId": texts[-1], "summary": texts[0], "description": texts[1], "tags": texts,
            "parameters": [
                *({"name": text, "in": "query", "description": text, "schema": {"enum": [text]}}
                  for text in texts),
                *({"name": text, "in": "header", "schema": {"default": text}} for text in texts),
                {"name": "X-User-Id", "in": "header", "example": texts[0]},
            ],
            "responses": {"200": {"description": texts[0], "content": {"application/json": answer}}},
        }  # fmt: skip
        body = {"description": texts[0], "content": {"application/json": {"schema": schema}}}
        paths[route] = {"get": operation, "post": {**operation, "requestBody": body}}
        for text in texts:
            paths[f"{route}/{{{quoted(text)[:60]}}}"] = {"get": {**operation, "operationId": text}}
    texts = [PAYLOADS[name] for name in names]
    return {
        "openapi": "3.1.0", "info": {"title": texts[0], "description": "\n".join(texts), "version": texts[1]},
        "servers": [{"url": text, "description": text} for text in texts],
        "tags": [{"name": t} for t in texts],
        "paths": paths,
    }  # fmt: skip


def described(text: str, number: int) -> dict[str, Any]:
    """Fields of a body whose schemas hold `text` in each keyword."""
    field = {"type": "string", "title": text, "description": text}
    return {
        text: {**field, "enum": [text]}, f"shown_{number}": {**field, "example": text},
        f"usual_{number}": {**field, "default": text}, f"like_{number}": {**field, "pattern": text},
        f"nested_{number}": {"const": {text: [text, {text: text}]}},
        f"other_{number}": {"type": "string", "format": text},
    }  # fmt: skip


# What comes out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """What `mine logs` made of a hostile log."""

    folder: Path
    workload: Workload
    said: str

    @property
    def scenario(self) -> Path:
        """The locustfile: the one beside whose name there is a runtime."""
        name = self.workload.name
        own = {f"{name}_runtime.py", f"{name}_hooks.py"}
        (found,) = [file for file in self.folder.glob("*.py") if file.name not in own]
        return found


def mine(*arguments: str | Path) -> tuple[int, str, str]:
    """The exit code, and what is on stdout and stderr."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run([str(argument) for argument in arguments])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module", params=FORMATS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A hostile log of each format is mined: one alone, one with JSON, one with YAML."""
    kind: str = request.param
    folder = tmp_path_factory.mktemp("hostile")
    file = folder / NAMES[kind]
    requests = [*ordinary(), *hostile(kind)]
    broken = b"".join(line(one, kind, raw=True) for one in hostile(kind)) if kind == "combined" else b""
    file.write_bytes(log(requests, kind) + broken)
    options: list[str | Path] = []
    if kind == "vhost_combined":
        (folder / "openapi.json").write_text(json.dumps(document()), encoding="utf-8")
        options = ["--openapi", folder / "openapi.json"]
    if kind == "caddy":
        sound = [name for name in PAYLOADS if name != "surrogate"]  # which YAML cannot hold
        (folder / "openapi.yaml").write_text(yaml.safe_dump(document(sound)), encoding="utf-8")
        options = ["--openapi", folder / "openapi.yaml"]
    code, said, complaint = mine("logs", file, FEW, "--out", folder / "out", *options)
    assert code == 0, complaint
    (workload,) = (folder / "out").glob("*.toml")
    return Written(folder / "out", load(workload), said + complaint)


def test_payloads_come_as_far_as_they_can(written: Written) -> None:
    """Most payloads are constants of the generated file, unchanged: else the tests below hold nothing."""
    tree = ast.parse(written.scenario.read_text(encoding="ascii"))
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert len(constants & set(PAYLOADS.values())) >= REACHING


def test_the_scenario_is_plain_and_only_defines(written: Written) -> None:
    """It is printable ASCII, compiles without a warning, and is made of what this test allows alone."""
    text = written.scenario.read_bytes().decode("ascii")
    assert text.replace("\n", "").isprintable()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(text.encode(), "scenario.py", "exec", dont_inherit=True)
    Allowed(written.workload.name).whole(ast.parse(text.encode()))


def test_the_files_beside_it_are_constant(written: Written) -> None:
    """The runtime and the hooks are those of every workload, but for the workload's name."""
    name = written.workload.name
    made = (written.folder / f"{name}_runtime.py").read_text(encoding="utf-8")
    assert made.startswith(runtime())
    assert not ast.parse(made.removeprefix(runtime())).body
    friendly = hooks(load(SAMPLE / "players.toml")).replace("players", name)
    assert (written.folder / f"{name}_hooks.py").read_text(encoding="utf-8") == friendly
    assert {file.suffix for file in written.folder.iterdir()} == {".py", ".toml"}


def test_one_file_holds_the_same_and_no_more(written: Written) -> None:
    """Every statement of the file that has all in it is one of the runtime or of the scenario."""
    scenario = ast.parse(written.scenario.read_text(encoding="utf-8")).body
    known = {ast.dump(node) for node in (*ast.parse(runtime()).body, *scenario)}
    assert {ast.dump(node) for node in ast.parse(generate(written.workload).encode()).body} <= known


def test_running_it_touches_nothing(written: Written, tmp_path: Path) -> None:
    """While the file is read, Python is asked for nothing: no file, process, socket, import or code."""
    harness, place = tmp_path / "harness.py", tmp_path / "place"
    place.mkdir()
    harness.write_text(HARNESS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", harness, written.scenario, written.workload.name],
        capture_output=True, text=True, check=False, cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > len(PAYLOADS)
    assert not list(place.iterdir())


def test_the_workload_file_reads_back(written: Written) -> None:
    """The TOML is the same workload again, whatever its strings hold."""
    assert parse(dumps(written.workload)) == written.workload
    (file,) = written.folder.glob("*.toml")
    assert tomllib.loads(file.read_bytes().decode("utf-8"))["name"] == written.workload.name


def test_what_is_said_is_plain(written: Written) -> None:
    """Nothing of the log controls the terminal."""
    assert all(char.isprintable() or char == "\n" for char in written.said), ascii(written.said)


class Allowed:
    """A grammar of its own for scenarios, narrower than the generator's: all else is refused."""

    def __init__(self, name: str) -> None:
        self.modules = {"__future__", "typing", "locust", f"{name}_runtime", f"{name}_hooks"}
        self.calls: set[str] = set()
        self.classes: set[str] = set()

    def whole(self, tree: ast.Module) -> None:
        """Raises AssertionError naming the first that is not allowed."""
        assert is_text(tree.body[0])
        for node in tree.body[1:]:
            match node:
                case ast.ImportFrom(module=str(module), level=0, names=names):
                    assert module in self.modules, module
                    assert all(one.asname is None and one.name != "*" for one in names)
                    self.calls |= {one.name for one in names if module.endswith("_runtime")} - BASES
                case ast.ClassDef():
                    self.of_class(node)
                case _:
                    raise AssertionError(ast.dump(node)[:200])

    def of_class(self, node: ast.ClassDef) -> None:
        """A class of ours has known bases, a docstring, constants and methods that send."""
        assert not node.decorator_list
        assert not node.keywords
        assert {base.id for base in node.bases if isinstance(base, ast.Name)} <= BASES
        assert all(isinstance(base, ast.Name) for base in node.bases)
        assert is_text(node.body[0])
        assert node.name.isidentifier()
        assert not node.name.startswith("_")
        for statement in node.body[1:]:
            self.of_member(statement)
        self.classes.add(node.name)

    def of_member(self, node: ast.stmt) -> None:
        """One statement of a class."""
        match node:
            case ast.Assign(
                targets=[ast.Name(id="hooks")], value=ast.Call(func=ast.Name(id="Hooks"), args=[])
            ):
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                assert not name.startswith("_")
                self.of_value(value)
            case ast.AnnAssign(
                target=ast.Name(id="headers"), annotation=ast.Name(id="ClassVar"), value=value
            ):
                self.of_value(value)
            case ast.FunctionDef(
                name=name, decorator_list=[], returns=ast.Constant(value=None),
                args=ast.arguments(posonlyargs=[], args=[ast.arg(arg="self", annotation=None)], vararg=None,
                                   kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]),
                body=[text, ast.Expr(ast.Call(func=ast.Attribute(ast.Name("self"), "send"), args=[endpoint],
                                              keywords=keywords))],
            ):  # fmt: skip
                assert is_text(text)
                assert not name.startswith("_")
                for value in (endpoint, *(one.value for one in keywords)):
                    self.of_value(value)
                assert all(keyword.arg for keyword in keywords)
            case _:
                raise AssertionError(ast.dump(node)[:200])

    def of_value(self, node: ast.expr | None) -> None:
        """A constant, a collection of some, or a call of the runtime with some."""
        parts: list[ast.expr | None] = []
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
                return
            case ast.Constant(value=value):
                assert value is None or type(value) in (bool, int, float, str)
            case ast.Name(id=name):
                assert name in self.classes, name
            case ast.Tuple() | ast.List():
                parts += node.elts
            case ast.Dict():
                parts += [*node.keys, *node.values]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                assert name in self.calls, name
                assert all(keyword.arg for keyword in keywords)
                parts += [*args, *(keyword.value for keyword in keywords)]
            case _:
                raise AssertionError(ast.dump(node)[:200] if node else "nothing")
        for part in parts:
            self.of_value(part)


BASES = {"UserPath", "StraightPath", "Visitor", "FastHttpUser", "HttpUser"}


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


HARNESS = '''\
"""Runs the scenario argv[1], called argv[2], where whatever it asks of Python ends the process."""
import __future__, os, sys, typing
from pathlib import Path
from types import ModuleType

file, name = sys.argv[1:]
source = Path(file).read_bytes()
calls = 0


class Drawn:
    pass


def is_plain(value):
    if isinstance(value, dict):
        return all(map(is_plain, (*value, *value.values())))
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    plain = type(value) in (str, int, float, bool, type(None), Drawn)
    return plain or (isinstance(value, type) and issubclass(value, Base))


def record(*args, **kwargs):
    global calls
    assert is_plain([args, kwargs]), (args, kwargs)
    calls += 1
    return Drawn()


class Base:
    pass


class Module(ModuleType):
    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return record if name[0].islower() else type(name, (Base,), {})


for known in ("locust", f"{name}_runtime", f"{name}_hooks"):
    sys.modules[known] = Module(known)
sys.modules[f"{name}_hooks"].Hooks = record
code, seen = compile(source, file, "exec", dont_inherit=True), []
space = {"__name__": "scenario"}


def hook(event, args):
    seen.append(event)
    if seen != ["exec"]:
        os.write(2, ascii((seen, args))[:500].encode())
        os._exit(99)


sys.addaudithook(hook)
exec(code, space)
print(calls)
'''


# Attacks ------------------------------------------------------------------------------------

MARK = "zqx"
"""Is in every attack, and in nothing else."""
ATTACKS = [
    "/items/7%20OR%201=1--zqx", "/items/7%27%20UNION%20SELECT%20zqx,2--", "/search?q=zqx'+OR+'1'='1",
    "/items/7;zqx=sleep(5)", "/search?q=1+and+extractvalue(1,zqx)",
    "/search?q=zqx%20union%20all%20select%201",
    "/../../etc/passwd?zqx", "/static/%2e%2e/%2e%2e/zqx", "/files?name=..%2f..%2fzqx",
    "/..%5c..%5czqx", "/search?q=${jndi:ldap://zqx/a}", "/${jndi:ldap://zqx/a}", "/%24%7Bjndi:dns://zqx%7D",
    "/search?q=${${lower:j}ndi:zqx}", "/search?q=<script>zqx</script>", "/search?q=%3Cimg%20src=zqx%3E",
    "/search?next=javascript:zqx()", "/home?zqx=%22onerror=alert(1)", "/ping?host=zqx;cat%20/etc/hosts",
    "/ping?host=zqx|id", "/ping?host=zqx%7Cwhoami", "/ping?host=%60id%60zqx", "/run?zqx=1&cmd=ls",
    "/index.php?s=/zqx/invokefunction", "/items/7%00zqx", "/search?q=php://filter/zqx",
]  # fmt: skip
SHARE = 0.03


def attacks(count: int) -> Iterator[Request]:
    """Attacks of many addresses, answered like anything else."""
    dice = random.Random(2)
    for number in range(count):
        at, target = dice.uniform(0, 97.0 * ORDINARY), ATTACKS[number % len(ATTACKS)]
        status = dice.choice((200, 200, 302, 400, 404))
        yield Request(
            at, f"203.0.{number // 200}.{number % 200}", "GET", target, status, user=str(9000 + number)
        )


@pytest.mark.parametrize("kind", ["combined", "caddy"])
def test_attacks_are_no_steps(kind: str, tmp_path: Path) -> None:
    """Neither a route nor a string of an attack is in what is written, and the ids of others stay numbers."""
    visitors = list(ordinary())
    count = round(len(visitors) * SHARE / (1 - SHARE))
    (tmp_path / "shop.log").write_bytes(log([*visitors, *attacks(max(count, len(ATTACKS)))], kind))
    code, _, complaint = mine("logs", tmp_path / "shop.log", FEW, "--out", tmp_path)
    assert code == 0, complaint
    workload = load(tmp_path / "shop.toml")
    routes = {endpoint.request for endpoint in workload.endpoints.values()}
    assert routes == {"GET /home", "GET /items/{item_id}", "POST /cart"}
    (ids,) = [value for endpoint in workload.endpoints.values() for value in endpoint.params.values()]
    assert isinstance(ids, Popular)
    for file in ("shop.toml", "shop.py"):
        assert MARK not in (tmp_path / file).read_text(encoding="utf-8")


# What people type ---------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_hostile_name_is_tamed_or_refused(payload: str, tmp_path: Path) -> None:
    """A workload file of any name, and one written to any name: refused in two lines, or safe."""
    text = (SAMPLE / "players.toml").read_text(encoding="utf-8")
    named, good = tmp_path / "named.toml", tmp_path / "good.toml"
    named.write_text(text.replace('"players"', json.dumps(payload)), encoding="utf-8")
    good.write_text(text, encoding="utf-8")
    place = f"{tmp_path}/out/{payload.replace(chr(0), '')}.py"  # no shell can give a NUL
    for workload, out in ((named, tmp_path / "named.py"), (good, place)):
        code, said, complaint = mine("generate", workload, "--out", out)
        assert code in (0, 2), complaint
        assert all(char.isprintable() or char == "\n" for char in said + complaint)
        assert code == 0 or complaint.count("\n") == 2
    for file in tmp_path.rglob("*.py"):
        if not file.stem.endswith(("_runtime", "_hooks")):
            name = load(named).name if file.name == "named.py" else "players"
            Allowed(name).whole(ast.parse(file.read_bytes()))
