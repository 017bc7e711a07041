"""No view reads the query of an address as it is: a form, a serializer or `PageQuery` does."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "evaluation", "annotations", "perg_site")
MIDDLEWARE = {"request_checks.py"}


def _raw_reads(module: Path) -> Iterator[str]:
    """Where `request.GET` is used other than as the argument of a form."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    handed_to_forms = {
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.endswith("Form")
        for argument in ast.walk(ast.Module(body=[ast.Expr(value) for value in call.args], type_ignores=[]))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "GET" and id(node) not in handed_to_forms:
            yield f"{module.relative_to(ROOT)}:{node.lineno}"


def test_no_view_reads_a_query_as_it_is() -> None:
    modules = [
        module
        for app in APPS
        for module in (ROOT / app).rglob("*.py")
        if module.name not in MIDDLEWARE and (app == "perg_site" or "views" in (module.stem, *module.parts))
    ]
    assert len(modules) > 40
    assert [place for module in modules for place in _raw_reads(module)] == []
