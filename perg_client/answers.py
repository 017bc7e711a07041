"""What the platform answers, typed. Fields that a later version adds are kept aside, so that nothing breaks."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Run(Answer):
    """A run in short. Money in US dollars."""

    id: int
    name: str
    batch: int | None
    model: str
    method: str
    setting: str
    dataset: str
    status: str
    spent: Decimal
    calls: int
    created_at: datetime
    finished_at: datetime | None


class Batch(Answer):
    id: int
    name: str
    created_at: datetime
    runs: list[Run]


class RunProgress(Answer):
    """How far a run is, in items. `seconds_left` is None while no rate is known."""

    items: int
    done: int
    failed: int
    calls_per_second: float
    seconds_left: int | None


class Campaign(Answer):
    """`role` is the caller's own; None for an admin who is not in the campaign."""

    id: int
    name: str
    status: str
    role: str | None = None
    overlap: int
    threshold: int
    sample_size: int


class Option(Answer):
    letter: str
    text: str


class ShownTask(Answer):
    """A task as its annotator sees it; the texts are Markdown."""

    assignment: int
    status: str
    question: str
    options: list[Option]
    preference: str
    baseline: str
    personalised: str


class NothingToLabel(Answer):
    code: str
    message: str


class NextTask(Answer):
    """A task, or why there is none."""

    task: ShownTask | None
    nothing: NothingToLabel | None
    done: int
    wanted: int | None


class Submitted(Answer):
    revision: int
    is_surplus: bool
    done: int


class Verdict(Answer):
    """May the judge be trusted? `kind` is for programs, `sentence` for people."""

    kind: str
    sentence: str
    reasons: list[str]


class JudgeReport(Answer):
    name: str
    kind: str
    n: int
    verdict: Verdict


class ReportState(Answer):
    """`stale` says why the report no longer tells how things are; empty: it does."""

    id: int
    campaign: int
    status: str
    stale: str
    input_hash: str
    code_version: str
    finished_at: datetime | None


class ValidationReport(Answer):
    """Whether a campaign's judges may be trusted. `document` is the whole of it, as its JSON Schema says."""

    state: ReportState
    judges: list[JudgeReport]
    document: dict[str, Any]  # Any: JSON of any depth

    @classmethod
    def of(cls, document: dict[str, Any]) -> "ValidationReport":
        return cls(state=document["report"], judges=document["judges"], document=document)

    def judge(self, name: str) -> JudgeReport:
        """What the report says of a judge. Raises KeyError."""
        for judge in self.judges:
            if judge.name == name:
                return judge
        raise KeyError(name)


class GoldRelease(Answer):
    """`checksum` is the SHA-256 of its JSONL; `counts` how many tasks went in and did not."""

    id: int
    campaign: int
    number: int
    rule: str
    checksum: str
    counts: dict[str, Any] | None
    code_version: str
    created_at: datetime


class GoldRequest(Answer):
    """A release that a worker makes; `release` is its id once `status` is `released`."""

    id: int
    campaign: int
    status: str
    tasks: int | None
    written: int
    release: int | None
    failure: str
    failure_code: str


class Export(Answer):
    id: int
    table: str
    format: str
    status: str
    rows: int
    rows_expected: int | None
    size: int | None
    checksum: str
    failure: str
