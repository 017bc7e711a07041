"""The platform's answers, typed. Fields that a later version adds are ignored, so that nothing breaks."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Run(Answer):
    """A run in brief. Money in US dollars."""

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
    """The progress of a run, in items. `seconds_left` is None while no rate is known."""

    items: int
    done: int
    failed: int
    calls_per_second: float
    seconds_left: int | None


class Preset(Answer):
    """An experiment of the study: its question, the numbers that answer it, and what to launch."""

    key: str
    name: str
    question: str
    reads: str
    methods: list[str]
    settings: list[str]


class Build(Answer):
    """A catalogue that is being built. `catalogue` is the resulting version."""

    id: int
    name: str
    dataset: str
    endpoint: str
    sample_size: int
    per_question: int
    money_budget: Decimal | None
    status: str
    catalogue: int | None


class BuildProgress(Answer):
    """The progress of a build, in questions; `unasked` ones count as waiting. `cost` is None if there is no price."""

    waiting: int
    unasked: int
    read: int
    failed: int
    cost: Decimal | None
    proposals: dict[str, int]


class Proposal(Answer):
    """A preference that an endpoint proposed for a question, and why."""

    id: int
    build: int
    question_text: str
    text: str
    reason: str
    category: str
    status: str
    merged_into: int | None


class Campaign(Answer):
    """`role` is the caller's own; None for an admin who is not in the campaign.

    Imported ratings have no overlap, and a threshold only if one was stated.
    """

    id: int
    name: str
    status: str
    role: str | None = None
    overlap: int | None
    threshold: float | None
    sample_size: int


class Option(Answer):
    letter: str
    text: str


class ShownItem(Answer):
    """An item as people see it; the texts are Markdown."""

    question: str
    options: list[Option]
    preference: str
    baseline: str
    personalised: str


class ImportedItemShown(Answer):
    """An imported item as its annotator sees it; `criteria` as docs/api.md says."""

    exhibit_html: str
    criteria: list[dict[str, Any]]


class ShownTask(ShownItem):
    """A task as its annotator sees it: a response, or an imported `item`."""

    assignment: int
    status: str
    item: ImportedItemShown | None = None


class NothingToLabel(Answer):
    code: str
    message: str


class NextTask(Answer):
    """A task, or the reason why there is none."""

    task: ShownTask | None
    nothing: NothingToLabel | None
    done: int
    wanted: int | None


class Submitted(Answer):
    revision: int
    done: int


class Attempt(Answer):
    """An attempt at the qualification round; `passed` is None until it ends, `right` until the person has passed."""

    number: int
    answered: int
    right: int | None
    passed: bool | None


class Qualification(Answer):
    """A person's state in the round. `pass_mark` None: there is none. `attempt` is the current one."""

    pass_mark: float | None
    is_qualified: bool
    items: int
    attempt: int | None
    answered: int
    attempts: list[Attempt]
    attempts_left: int
    may_start: bool


class ItemToRate(ShownItem):
    """An item of the qualification round."""

    task: int


class Feedback(Answer):
    """An answer: one at most `tolerance` off the known score is right. It is None while the item is in use."""

    id: int
    score: int
    is_right: bool | None
    known_score: int | None
    tolerance: int | None
    explanation: str | None
    standing: Qualification


class Verdict(Answer):
    """Can the judge be trusted? `code` is for programs, `sentence` for people; old reports have no `code`."""

    kind: str
    sentence: str
    reasons: list[str]
    code: str = ""
    labels_needed: int | None = None
    stability: float | None = None


class JudgeReport(Answer):
    """`verdict` is None for a rule-based floor, which only serves for comparison; `no_verdict` says so."""

    name: str
    kind: str
    n: int
    verdict: Verdict | None
    no_verdict: str | None = None

    @property
    def sentence(self) -> str:
        """The verdict for people, or the reason why there is none."""
        return f"no verdict: {self.no_verdict}" if self.verdict is None else self.verdict.sentence


class ReportState(Answer):
    """`stale` says why the report is out of date; empty: it is current."""

    id: int
    campaign: int
    status: str
    stale: str
    input_hash: str
    code_version: str
    finished_at: datetime | None


class ValidationReport(Answer):
    """Whether a campaign's judges can be trusted. `document` has all of it; see its JSON Schema."""

    state: ReportState
    judges: list[JudgeReport]
    document: dict[str, Any]  # Any: JSON of any depth

    @classmethod
    def of(cls, document: dict[str, Any]) -> "ValidationReport":
        return cls(state=document["report"], judges=document["judges"], document=document)

    def judge(self, name: str) -> JudgeReport:
        """The report on one judge. Raises KeyError."""
        for judge in self.judges:
            if judge.name == name:
                return judge
        raise KeyError(name)


class GoldRelease(Answer):
    """`checksum` is the SHA-256 of its JSONL; `counts` says how many tasks are included and left out."""

    id: int
    campaign: int
    number: int
    rule: str
    checksum: str
    counts: dict[str, Any]
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
