"""The dataset card of an exported folder: a README.md filled from the facts, with the front matter of the Hub."""

import json
from collections.abc import Sequence

from annotations.exports.tables.card_facts import CardFacts, Fact
from annotations.exports.tables.columns import Column

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
NO_LICENCE = "unknown"


def dataset_card(facts: CardFacts, *, rows: int, columns: Sequence[Column], written: str, data: str) -> str:
    """The card as text; `data` is the pattern of the data files, `written` when and by what they were."""
    parts = [front_matter(facts, rows=rows, data=data), f"# {_line(facts.title)}", facts.description]
    people = (
        "People go by pseudonyms: the same one in every file of the campaign, and no way back to the user name "
        "without the platform's key. Comments and reasons are as they were written."
        if facts.raters == "pseudonyms"
        else "People go by their user names."
    )
    parts.append(_section("Content", [Fact("Rows", f"{rows:,}"), *facts.content]))
    parts.append(_section("How it came about", facts.origin))
    parts.append(_section("Who rated", [*facts.people, Fact("Names", people)] if facts.people else []))
    parts.append(_section("Agreement", facts.agreement))
    if facts.rubric:
        parts.append(f"## Rubric\n\n{facts.rubric}")
    if facts.limits:
        parts.append("## Known limits\n\n" + "\n".join(f"- {_line(limit)}" for limit in facts.limits))
    lines = "\n".join(
        f"| `{column.name}` | {column.kind} | {_cell(column.description)} |" for column in columns
    )
    parts.append(f"## Columns\n\n| Column | Type | Meaning |\n| --- | --- | --- |\n{lines}")
    licence = facts.licence or "None was stated when this was exported: ask before you pass it on."
    parts.append(f"## Licence\n\n{_line(licence)}")
    parts.append(
        f"{_line(written)} `manifest.json` holds the SHA-256 of every data file; `datasets.load_dataset(folder)` "
        "loads the folder."
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def front_matter(facts: CardFacts, *, rows: int, data: str) -> str:
    """The block that the Hub and the `datasets` library read: YAML, its values written as JSON, which is YAML too."""
    size = next((name for most, name in SIZES if rows < most), "n>1T")
    values: dict[str, object] = {
        "pretty_name": _line(facts.title),
        "license": facts.licence or NO_LICENCE,
        "tags": list(facts.tags),
        "task_categories": ["text-classification"],
        "size_categories": [size],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": data}]}],
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "---\n" + "\n".join(lines) + "\n---"


def _section(title: str, facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    return f"## {title}\n\n" + "\n".join(f"- **{_line(fact.name)}:** {_line(fact.value)}" for fact in facts)


def _line(text: str) -> str:
    """On one line, so that no name can pass for markup of the card."""
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
