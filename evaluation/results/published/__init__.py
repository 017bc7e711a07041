"""The figures that the PERG study published, to be shown beside one's own."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "perg_2509_19358.json"
ALL_SOURCES = "all"
RATES = ("breakage_rate", "alignment_failure", "robustness_error", "performance_variation")

_NO_NAME = {"meta", "instruct", "it", "chat", "hf"}
"""Words in a model's identifier that the study's short names leave out."""
_ALIASES = {"deepseekr1distillllama70b": "deepseekr170b"}


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """Rates of one model by one method in one setting on one source, in [0, 1]; None: not reported."""

    setting: str
    method: str
    model: str
    source: str
    items: int
    breakage_rate: float | None
    alignment_failure: float | None
    robustness_error: float | None
    performance_variation: float | None

    @property
    def rates(self) -> dict[str, float | None]:
        return {name: getattr(self, name) for name in RATES}


@dataclass(frozen=True, slots=True)
class Published:
    """All rows of the study, and where they come from."""

    source: str
    note: str
    rows: tuple[PublishedRow, ...]
    by_key: Mapping[tuple[str, str, str, str], PublishedRow]

    def beside(
        self, *, model: str, method: str, setting: str, source: str = ALL_SOURCES
    ) -> PublishedRow | None:
        """The study's row for a model (by any of its usual identifiers), method, setting and source."""
        return self.by_key.get((model_key(model), method, setting, source_key(source)))


@cache
def published() -> Published:
    """The study's figures. The file has percent, as printed; here they are fractions, as everywhere else."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    if document["unit"] != "percent":
        raise ValueError("the published figures are read as percent")
    rows = tuple(
        PublishedRow(
            setting=row["setting"],
            method=row["method"],
            model=row["model"],
            source=row["source"],
            items=document["items_per_source"][row["source"]],
            # 11.8 / 100 is 0.11800000000000001; the study gives one decimal of a percent.
            **{name: None if row[name] is None else round(row[name] / 100, 3) for name in RATES},
        )
        for row in document["rows"]
    )
    by_key = {(model_key(row.model), row.method, row.setting, source_key(row.source)): row for row in rows}
    return Published(document["source"], document["note"], rows, by_key)


@cache
def model_key(name: str) -> str:
    """What the identifiers of one model have in common: `meta-llama/Meta-Llama-3-8B-Instruct` and `Llama3-8B`."""
    bare = re.sub(r"-\d{4}-\d\d-\d\d$", "", name.lower().rsplit("/", 1)[-1])
    words = [
        word for word in re.split(r"[-_ ]+", bare) if word not in _NO_NAME and not re.match(r"v\d", word)
    ]
    key = "".join(words)
    return _ALIASES.get(key, key)


def source_key(name: str) -> str:
    """What the names of one source have in common: `cais/mmlu` and `mmlu`."""
    return re.sub(r"[^a-z0-9]", "", name.lower().rsplit("/", 1)[-1])
