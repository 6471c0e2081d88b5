"""Generated text is Python that can only do what locustfiles do: every node is on an allow-list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

IMPORTS = {
    "__future__": {"annotations"},
    "collections": {"Counter", "defaultdict", "deque"},
    "collections.abc": {"Callable", "Mapping"},
    "time": {"perf_counter"},
    "typing": {"Any", "ClassVar"},
    "urllib.parse": {"quote", "urlencode"},
    "uuid": {"uuid4"},
    "gevent.queue": {"Queue"},
    "locust": {"FastHttpUser", "MarkovTaskSet", "events", "transitions", "task", "constant_throughput"},
    "locust.argument_parser": {"LocustArgumentParser"},
    "locust.exception": {"InterruptTaskSet"},
    "locust.runners": {"MasterRunner"},
}
MODULES = {"logging", "math", "random", "gevent"}
_BUILTINS = """\
any dict float getattr int isinstance len list max min range round sorted str tuple type
"""
BUILTINS = frozenset(_BUILTINS.split())
LOOKED_UP = {"__name__", "worker_index"}
"""What `getattr` may be asked for."""
_ATTRIBUTES = """\
Greenlet __init__ __name__ acquire add add_argument add_argument_group add_listener append arrivals begin
carried choice choices clear client clock content context cookiejar created current due empty end
environment exp expovariate failure finished gammavariate gauss get getcurrent headers headless hex
identity inf info init_command_line_parser interrupt isdigit items join joinall json kill killall known
late lateness learn listed log lognormvariate lstrip name num_users owed pace parsed_options partition
path pop put qsize quit randint random rate replace report request requests_per_second rstrip runner
schedule seed send sent session session_run_time sessions_per_second shown sleep spawn speed split spread
started status_code step stop success take tasks test_start test_stop think user user_count user_id uuid4
values warning weibullvariate
"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
NODES = (
    ast.Module, ast.Expr, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Call, ast.keyword,
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Import, ast.ImportFrom, ast.alias,
    ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Lambda, ast.Return, ast.Raise, ast.Pass,
    ast.If, ast.IfExp, ast.While, ast.For, ast.Try, ast.With, ast.withitem,
    ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Starred, ast.Subscript, ast.Slice,
    ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue,
    ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.operator, ast.boolop, ast.unaryop, ast.cmpop,
)  # fmt: skip


class Unsafe(Exception):
    """The text would do something that no locustfile of ours does. This is our mistake, not the user's."""


def checked(text: str) -> str:
    """`text`, if it is Python and every node of it is allowed. Raises Unsafe naming the first that is not."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise Unsafe(f"the text is not Python: {error}") from error
    names, methods = _defined(tree)
    for node in ast.walk(tree):
        if why := next(_faults(node, names, methods), None):
            raise Unsafe(f"line {getattr(node, 'lineno', 0)}: {why}")
    for statement in tree.body:
        if not _harmless(statement):
            raise Unsafe(f"line {statement.lineno}: something is done while the file is read")
    return text


def _harmless(statement: ast.stmt) -> bool:
    """Whether a statement outside of functions only defines something, or tells Locust of a listener."""
    match statement:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(attr="add_listener"), args=[ast.Name()], keywords=[])
        ):
            return True
        case ast.Expr(value=value):
            return isinstance(value, ast.Constant)
    return isinstance(
        statement,
        ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.ClassDef | ast.FunctionDef,
    )


def _defined(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names that the text itself defines, and its methods."""
    names, methods = set(BUILTINS) | MODULES, set(ATTRIBUTES)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name):
                names.add(name)
                methods.add(name)
            case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.ImportFrom(names=imported):
                names |= {alias.name for alias in imported}
    return names, methods


def _faults(node: ast.AST, names: set[str], methods: set[str]) -> Iterator[str]:
    """Why `node` is not allowed, if it is not."""
    if not isinstance(node, NODES):
        yield f"{type(node).__name__} is not allowed"
    match node:
        case ast.Import() | ast.ImportFrom():
            yield from _imports(node)
        case ast.Attribute(attr=attr) if attr not in methods or (attr[:2] == "__" and attr not in ATTRIBUTES):
            yield f"the attribute {attr}"
        case ast.Name(id=name) if name not in names or name[:2] == "__":
            yield f"the name {name}"
        case ast.FunctionDef(name=name) if name[:2] == "__" and name != "__init__":
            yield f"the function {name}"
        case ast.Call() if not _callable(node):
            yield "a call that could be of anything"


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The names that may not be imported."""
    allowed = set(MODULES)
    if isinstance(node, ast.ImportFrom):
        allowed = IMPORTS.get(node.module or "", set()) if not node.level else set()
    yield from (
        f"the import of {alias.name}" for alias in node.names if alias.name not in allowed or alias.asname
    )


def _callable(call: ast.Call) -> bool:
    """Whether it is plain what is called; `getattr` only looks up two names."""
    match call:
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=value), _]):
            return value in LOOKED_UP
        case ast.Call(func=ast.Name(id="getattr")):
            return False
    return isinstance(call.func, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
