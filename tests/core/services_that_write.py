"""Reading the source for services: which functions write rows, and which of these note it in the audit log."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
APPS = ("core", "evaluation", "annotations", "perg_site")
RECORD = "core.audit.writing.record"
WRITING = {"create", "save", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
"""Methods of models and query sets that write, by whatever arguments."""

WRITING_ROWS = {"update", "delete"}
"""Those that take no positional argument; the methods of dictionaries, hashes and caches of these names take one."""

ALSO_SERVICES = (
    "core.users",
    "evaluation.engine.steps",
    "evaluation.importers.catalogue",
    "evaluation.importers.questions",
    "evaluation.importers.recorded_run",
    "perg_site.webhooks.managing",
)
"""Modules and packages that hold services under another name."""

NO_SERVICES = {"api", "forms", "selectors", "serializers", "urls", "views"}
WITHOUT_ROWS = "evaluation.llm"
"""Calls to models. It knows nothing of the database, and `create` is what the clients of providers call a request."""


@dataclass(slots=True)
class Function:
    """A function or a class: what its body calls, by full name, and whether the body writes or opens a transaction."""

    name: str
    is_public: bool
    is_service: bool
    calls: set[str] = field(default_factory=set)
    writes: bool = False
    is_atomic: bool = False


@cache
def functions() -> dict[str, Function]:
    """Every function and class at the top of a module of the server, by full name."""
    found: dict[str, Function] = {}
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
        if "migrations" not in path.parts:
            found |= {
                function.name: function
                for function in _read(path)
                if not function.name.startswith(f"{WITHOUT_ROWS}.")
            }
    return found


def unrecorded(known: dict[str, Function]) -> set[str]:
    """The public services that write and leave no event in the audit log, by full name.

    What a service writes is what its own body does, and that of everything it calls except other public services:
    each of those answers for itself. One that only holds a transaction around others may leave the event to them.
    """
    names = set()
    for function in known.values():
        if not (function.is_service and function.is_public):
            continue
        own = list(_reached(function, known, through_services=False))
        if any(part.writes for part in own):
            is_recorded = any(RECORD in part.calls for part in own)
        elif function.is_atomic:
            everything = _reached(function, known, through_services=True)
            is_recorded = any(RECORD in part.calls for part in everything)
        else:
            continue
        if not is_recorded:
            names.add(function.name)
    return names


def _reached(start: Function, known: dict[str, Function], *, through_services: bool) -> Iterator[Function]:
    """The function, and what it calls, directly or by way of others."""
    seen, waiting = {start.name}, [start]
    while waiting:
        yield (part := waiting.pop())
        for name in part.calls - seen:
            seen.add(name)
            called = known.get(name)
            if called is None or called.name == RECORD:
                continue
            if through_services or not (called.is_service and called.is_public):
                waiting.append(called)


def _read(path: Path) -> Iterator[Function]:
    """The functions and classes of a module."""
    return functions_in(
        path.read_text(encoding="utf-8"), ".".join(path.relative_to(ROOT).with_suffix("").parts)
    )


def functions_in(source: str, module: str) -> Iterator[Function]:
    """The functions and classes at the top of a module's source."""
    tree = ast.parse(source)
    names = {**_imported(tree), **{name: f"{module}.{name}" for name in _defined(tree)}}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            function = Function(
                f"{module}.{node.name}", not node.name.startswith("_"), _holds_services(module)
            )
            for inner in ast.walk(node):
                _note(inner, function, names)
            yield function


def _holds_services(module: str) -> bool:
    parts = module.split(".")
    if NO_SERVICES & set(parts):
        return False
    return "services" in parts or any(f"{module}.".startswith(f"{name}.") for name in ALSO_SERVICES)


def _defined(tree: ast.Module) -> Iterator[str]:
    return (node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def _imported(tree: ast.Module) -> dict[str, str]:
    """What the names that the module imports stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _note(node: ast.AST, function: Function, names: dict[str, str]) -> None:
    """Note what one node of the function's body does. A function in a table counts as called."""
    match node:
        case ast.Call(func=ast.Attribute(attr=method)) if method in WRITING:
            function.writes = True
        case ast.Call(func=ast.Attribute(attr=method), args=[]) if method in WRITING_ROWS:
            function.writes = True
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
            function.is_atomic |= f"{names[name]}.{attribute}" == "django.db.transaction.atomic"
            function.calls.add(f"{names[name]}.{attribute}")
        case ast.Name(id=name) if name in names:
            function.calls.add(names[name])
