"""What the documentation refers to is there: files, pictures, headings; and it names every setting."""

import ast
import re
from pathlib import Path

import pytest

from docs.screenshots import PICTURES

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
DOCUMENTS = sorted([*DOCS.glob("*.md"), *REPOSITORY.glob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
READS_ENVIRONMENT = {"bool", "int", "float", "str", "list", "path", "email_url", "get", "secret"}


def links(document: Path) -> list[str]:
    """Targets of the document's links and pictures that lead into the repository."""
    found = LINK.findall(CODE.sub("", document.read_text()))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(document: Path) -> set[str]:
    """Headings as the address part that leads to them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def settings_from_environment() -> set[str]:
    """Names that settings.py asks the environment for: `env.int("PERG_…")`, `os.environ.get("LOG_LEVEL")`."""
    tree = ast.parse((REPOSITORY / "perg_site" / "settings.py").read_text())
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in READS_ENVIRONMENT
        and ast.unparse(call.func.value) in {"env", "os.environ"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    broken = []
    for target in links(document):
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def test_links_are_found() -> None:
    assert "docs/first-run.md" in links(REPOSITORY / "README.md")
    assert len(settings_from_environment()) > 30


def test_every_page_and_every_picture_of_the_documentation_is_reached_from_another_page() -> None:
    linked = {
        (document.parent / target.partition("#")[0]).resolve()
        for document in DOCUMENTS
        for target in links(document)
    }
    there = {path for path in DOCS.iterdir() if path.suffix in {".md", ".png"} and path.name != "README.md"}
    assert there - linked == set()


def test_every_picture_is_one_that_make_screenshots_takes() -> None:
    assert {path.name for path in DOCS.glob("*.png")} == {picture.file for picture in PICTURES}


def test_every_setting_that_the_environment_may_give_is_in_the_documentation_of_deployment() -> None:
    table = (DOCS / "deployment.md").read_text().partition("## Settings")[2]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", table))
    assert settings_from_environment() | {"DATABASE_URL", "REDIS_URL", "PERG_HOME"} <= named


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    paths = set(re.findall(r"`([\w-]+/[\w/.-]+)`", document.read_text()))
    folders = {path.name for path in REPOSITORY.iterdir() if path.is_dir() and not path.name.startswith(".")}
    named = {path for path in paths if path.partition("/")[0] in folders}
    assert {path for path in named if not (REPOSITORY / path).exists()} == set()


def test_the_architecture_describes_every_room() -> None:
    """Every folder of an app or of the statistics that has modules stands in docs/architecture.md."""
    text = (DOCS / "architecture.md").read_text()
    rooms = {
        folder.name
        for parent in ("perg/stats", "core", "evaluation", "annotations")
        for folder in (REPOSITORY / parent).iterdir()
        if (folder / "__init__.py").is_file() and folder.name not in {"migrations", "management"}
    }
    assert {room for room in rooms if not re.search(rf"`(?:stats/)?{room}`", text)} == set()


def test_the_evidence_of_security_requirements_is_in_the_repository() -> None:
    table = (DOCS / "asvs.md").read_text()
    paths = set(re.findall(r"`([a-z_]+/[\w/.]+)`", table))
    assert len(paths) > 10
    assert {path for path in paths if not (REPOSITORY / path).exists()} == set()


def test_every_security_requirement_has_a_known_state_and_evidence() -> None:
    rows = re.findall(
        r"^\| (V[\d.]+\S*(?: all)?) \| (.*) \| (.+) \|$", (DOCS / "asvs.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 200
    assert {state for _, state, _ in rows} <= {"met", "partly", "operator", "not applicable"}
    assert len({requirement for requirement, _, _ in rows}) == len(rows)
