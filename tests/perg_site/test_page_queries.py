"""No view reads the query of an address as it is: a form, a serializer or `PageQuery` does."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "evaluation", "annotations", "perg_site")
READERS = {"core/middleware/request_checks.py", "core/http/page_query.py"}
"""They check the query, or are the one way to read it."""


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
        for package in PACKAGES
        for module in (ROOT / package).rglob("*.py")
        if str(module.relative_to(ROOT)) not in READERS
    ]
    assert len(modules) > 400
    assert [place for module in modules for place in _raw_reads(module)] == []
