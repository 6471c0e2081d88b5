"""Generated text is Python that can only do what scenarios do: every node is on an allow-list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_FUNCTIONS = """\
lognormal gamma weibull exponential normal quantiles mixture steady
identity popular one_of text joined number formatted series listed carried created
start step ask line shares
"""
CALLED = frozenset(_FUNCTIONS.split())
"""Functions of the runtime that only remember what they are given."""
RUNTIME = CALLED | {"UserPath", "StraightPath", "Visitor"}
"""What a scenario uses of the runtime."""
KINDS = (RUNTIME - CALLED) | {"FastHttpUser", "HttpUser"}
"""What the classes of a scenario are."""
IMPORTS = {
    "__future__": frozenset({"annotations"}),
    "typing": frozenset({"ClassVar"}),
    "locust": frozenset({"FastHttpUser", "HttpUser"}),
}
NODES = (
    ast.Module, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg,
    ast.Assign, ast.AnnAssign, ast.Expr, ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Load, ast.Store,
    ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.UnaryOp, ast.USub,
)  # fmt: skip


class Unsafe(Exception):
    """The text would do something that no scenario of ours does. This is our mistake, not the user's."""


def checked(text: str, name: str) -> str:
    """`text`, if it is Python and every node is allowed in the scenario called `name`.

    Nothing but functions of the runtime is called, nothing but constants is given to them, and while the
    file is read nothing happens but definitions. Raises Unsafe naming the first that is not allowed.
    """
    try:
        tree = ast.parse(text.encode("ascii"))  # as Python reads files: a coding cookie counts
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unsafe(f"the text is not Python: {error}") from error
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    known = own | RUNTIME | {"Hooks", "FastHttpUser", "HttpUser", "ClassVar", "self"}
    for node in ast.walk(tree):
        if why := next(_faults(node, name, known), None):
            raise Unsafe(f"line {getattr(node, 'lineno', 0)}: {why}")
    for statement in tree.body:
        if not isinstance(statement, ast.ImportFrom | ast.ClassDef) and not _is_text(statement):
            raise Unsafe(f"line {statement.lineno}: something is done while the file is read")
    return text


def _faults(node: ast.AST, name: str, known: set[str]) -> Iterator[str]:
    """Why `node` is not allowed, if it is not."""
    if not isinstance(node, NODES):
        yield f"{type(node).__name__} is not allowed"
    match node:
        case ast.ImportFrom():
            yield from _imports(node, name)
        case ast.ClassDef():
            yield from _class(node)
        case ast.FunctionDef() if node.name[:2] == "__" or not _is_step(node):
            yield f"the function {node.name} does more than send a request"
        case ast.Name(id=one) if one[:2] == "__" or isinstance(node.ctx, ast.Load) != (one in known):
            yield f"the name {one}"
        case ast.Attribute() | ast.Call() | ast.keyword():
            yield from _uses(node)


def _class(node: ast.ClassDef) -> Iterator[str]:
    """What a class may not do."""
    bases = {base.id if isinstance(base, ast.Name) else "" for base in node.bases}
    if node.decorator_list or node.keywords or node.name in CALLED or not bases <= KINDS:
        yield f"the class {node.name} is of an unknown kind"
    yield from (f"the class {node.name} does more than define" for one in node.body if not _defines(one))


def _uses(node: ast.Attribute | ast.Call | ast.keyword) -> Iterator[str]:
    """What may not be looked up, called or given."""
    match node:
        case ast.Attribute(attr=attr) if not _is_send(node):
            yield f"the attribute {attr}"
        case ast.Call(func=func) if not (_is_called(func) or _is_send(func)):
            yield "a call that could be of anything"
        case ast.keyword(arg=None):
            yield "arguments that are not named"


def _imports(node: ast.ImportFrom, name: str) -> Iterator[str]:
    """The names that may not be imported."""
    own = {f"{name}_runtime": RUNTIME, f"{name}_hooks": frozenset({"Hooks"})}
    allowed = (IMPORTS | own).get(node.module or "", frozenset()) if not node.level else frozenset()
    yield from (
        f"the import of {alias.name}" for alias in node.names if alias.name not in allowed or alias.asname
    )


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement of a class gives a name to something, or is its docstring."""
    match statement:
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()) | ast.FunctionDef():
            return True
    return _is_text(statement)


def _is_step(function: ast.FunctionDef) -> bool:
    """Whether a method has a docstring, calls `self.send` and does nothing else."""
    match function:
        case ast.FunctionDef(
            args=ast.arguments(posonlyargs=[], args=[ast.arg(arg="self", annotation=None)], vararg=None,
                               kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]),
            body=[text, ast.Expr(value=ast.Call(func=send))],
            decorator_list=[],
        ):  # fmt: skip
            return _is_text(text) and _is_send(send)
    return False


def _is_send(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr="send", ctx=ast.Load()):
            return True
    return False


def _is_called(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in CALLED | {"Hooks"}


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
