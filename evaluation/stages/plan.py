"""What an item of a run needs next: calls to make, or the responses to write. A pure function of what is known."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.llm.replies import storable
from evaluation.llm.requests import ChatRequest, Message
from evaluation.stages.extract import Extraction, extract_answer
from evaluation.stages.prompts import Prompts, PromptText, lettered, listed

Role = Literal["model", "aligner", "extractor"]

EXTRACTOR_PROMPT = "extractor"
EXTRACTOR_TOKENS = 10


class Method(StrEnum):
    """How the model is brought to follow preferences; the values are those of `Run.method`."""

    DIRECT = "direct"
    COT = "cot"
    ICL = "icl"
    SELF_CRITIC = "self_critic"
    PREF_ALIGNER = "pref_aligner"


class Stage(StrEnum):
    """A call that an item may need. The names are stored with the calls."""

    BASELINE = "baseline"
    PERSONALISED = "personalised"
    CRITIQUE = "critique"
    REVISION = "revision"
    ALIGNER = "aligner"
    EXTRACT_BASELINE = "extract_baseline"
    EXTRACT_PERSONALISED = "extract_personalised"


class RunOptions(BaseModel):
    """Sampling and prompting of a run, as stored in `Run.options`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=1024, ge=1, le=100_000)
    irrelevant_count: int = Field(default=4, ge=1, le=50)
    relevant_position: int | None = Field(
        default=None,
        ge=1,
        description="Place of the relevant preference in `mixed`, from 1; none: the middle.",
    )
    icl_examples: int = Field(default=3, ge=1, le=20)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class Example:
    """A solved question for the method `icl`."""

    question: str
    options: tuple[str, ...]
    gold_option: str


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the stages know of an item before any call. `preferences` is the list as the model sees it."""

    question: str
    options: tuple[str, ...]
    preferences: tuple[str, ...]
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanConfig:
    """What the run fixes for all its items. Models are the names that endpoints know them by.

    `replayed`: roles whose endpoint is a record. A record is not prompted, it is looked up.
    """

    method: Method
    prompts: Prompts
    options: RunOptions
    model: str
    aligner_model: str
    extractor_model: str | None
    replayed: frozenset[Role] = frozenset()
    setting: str = "relevant"


@dataclass(frozen=True, slots=True)
class Known:
    """How a call of the item ended: with a text, or without one and with a reason."""

    text: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call to make: which stage it is for, who is asked, and what."""

    stage: Stage
    role: Role
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class ResponseDraft:
    """A response to write. `source` is the stage whose text it is; `letter` is empty where none was found."""

    source: Stage
    text: str
    letter: str
    extraction: Literal["rule", "extractor", "none"]
    extraction_rule: str = ""
    thoughts: str = ""
    fell_back: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    baseline: ResponseDraft
    personalised: ResponseDraft


@dataclass(frozen=True, slots=True)
class Failed:
    reason: str


Step = Ask | Answered | Failed


class AlignerReply(BaseModel):
    """The JSON that the aligner answers with."""

    response: str = Field(min_length=1)
    thoughts: str = ""


def in_order(relevant: str | None, irrelevant: tuple[str, ...], position: int | None) -> tuple[str, ...]:
    """The list of preferences in the model's prompt: the relevant one in the middle, or at `position` (from 1)."""
    if relevant is None:
        return irrelevant
    place = len(irrelevant) // 2 if position is None else min(position - 1, len(irrelevant))
    return (*irrelevant[:place], relevant, *irrelevant[place:])


def next_step(facts: ItemFacts, known: Mapping[Stage, Known], config: PlanConfig) -> Step:
    """What to do for an item, given how its calls so far have ended (all of them; none is under way)."""
    for stage, outcome in known.items():
        if outcome.failure and not stage.startswith("extract"):
            return Failed(f"{stage}: {outcome.failure}")
    planner = _Planner(facts, known, config)
    calls = planner.generation()
    return Ask(calls) if calls else planner.extraction()


class _Planner:
    """The steps of one item."""

    def __init__(self, facts: ItemFacts, known: Mapping[Stage, Known], config: PlanConfig) -> None:
        self.facts, self.known, self.config = facts, known, config

    def generation(self) -> tuple[Call, ...]:
        """The calls that the two responses still need."""
        stages = [Stage.BASELINE]
        match self.config.method:
            case Method.PREF_ALIGNER:
                if Stage.BASELINE in self.known:
                    stages.append(Stage.ALIGNER)
            case Method.SELF_CRITIC:
                stages.append(Stage.PERSONALISED)
                if Stage.PERSONALISED in self.known:
                    stages.append(Stage.CRITIQUE)
                if Stage.CRITIQUE in self.known:
                    stages.append(Stage.REVISION)
            case _:
                stages.append(Stage.PERSONALISED)
        return tuple(self._call(stage) for stage in stages if stage not in self.known)

    def extraction(self) -> Step:
        """Both responses with their letters; first, where the rules abstain, the calls to an extractor."""
        baseline = self._letter(self.known[Stage.BASELINE].text, Stage.EXTRACT_BASELINE)
        source, text, thoughts, fell_back = self._personalised()
        personalised = self._letter(text, Stage.EXTRACT_PERSONALISED)
        calls = tuple(answer for answer in (baseline, personalised) if isinstance(answer, Call))
        if calls:
            return Ask(calls)
        assert isinstance(baseline, tuple)
        assert isinstance(personalised, tuple)
        return Answered(
            ResponseDraft(Stage.BASELINE, self.known[Stage.BASELINE].text, *baseline),
            ResponseDraft(source, text, *personalised, thoughts=thoughts, fell_back=fell_back),
        )

    def _personalised(self) -> tuple[Stage, str, str, bool]:
        """Where the personalised response comes from, its text, the aligner's thoughts, and whether it fell back."""
        match self.config.method:
            case Method.PREF_ALIGNER:
                reply = read_aligner(self.known[Stage.ALIGNER].text)
                if reply is None:
                    return Stage.BASELINE, self.known[Stage.BASELINE].text, "", True
                return Stage.ALIGNER, reply.response, reply.thoughts, False
            case Method.SELF_CRITIC:
                return Stage.REVISION, self.known[Stage.REVISION].text, "", False
            case _:
                return Stage.PERSONALISED, self.known[Stage.PERSONALISED].text, "", False

    def _letter(
        self, text: str, stage: Stage
    ) -> Call | tuple[str, Literal["rule", "extractor", "none"], str]:
        """(letter, how, rule) of a response, or the call to the extractor that is needed first."""
        extraction: Extraction = extract_answer(text, self.facts.options)
        if extraction.letter is not None:
            return extraction.letter, "rule", extraction.rule
        if self.config.extractor_model is None:
            return "", "none", ""
        if stage not in self.known:
            return self._call(stage, response=text)
        letter = read_letter(self.known[stage].text, len(self.facts.options))
        return (letter, "extractor", "") if letter else ("", "none", "")

    def _call(self, stage: Stage, *, response: str = "") -> Call:
        config, facts = self.config, self.facts
        role: Role = "model"
        name: str
        values = {
            "question": facts.question,
            "options": lettered(facts.options),
            "preferences": listed(facts.preferences),
            "response": response,
        }
        match stage:
            case Stage.PERSONALISED:
                name = Method.DIRECT if config.method == Method.SELF_CRITIC else config.method
                values["examples"] = "\n\n".join(map(_shown, facts.examples))
            case Stage.CRITIQUE:
                name, values["response"] = "critique", self.known[Stage.PERSONALISED].text
            case Stage.REVISION:
                name, values["response"] = "revision", self.known[Stage.PERSONALISED].text
                values["critique"] = self.known[Stage.CRITIQUE].text
            case Stage.ALIGNER:
                name, role, values["response"] = "aligner", "aligner", self.known[Stage.BASELINE].text
            case Stage.EXTRACT_BASELINE | Stage.EXTRACT_PERSONALISED:
                name, role = EXTRACTOR_PROMPT, "extractor"
            case _:
                name = "baseline"
        if role in config.replayed:
            return Call(stage, role, self._lookup(stage))
        if role == "extractor":
            return Call(
                stage,
                role,
                extraction_request(
                    config.prompts[name],
                    model=config.extractor_model or "",
                    question=facts.question,
                    options=facts.options,
                    response=response,
                ),
            )
        request = ChatRequest(
            model=config.aligner_model if role == "aligner" else config.model,
            messages=config.prompts[name].messages(**values),
            temperature=config.options.temperature,
            max_tokens=config.options.max_tokens,
        )
        return Call(stage, role, request)

    def _lookup(self, stage: Stage) -> ChatRequest:
        """The request to a record, as `evaluation.llm.recorded` reads it."""
        preferences = () if stage == Stage.BASELINE else self.facts.preferences
        document = {
            "stage": stage,
            # A baseline is the same whatever the method and setting, so it is asked for once.
            "method": "" if stage == Stage.BASELINE else self.config.method,
            "setting": "" if stage == Stage.BASELINE else self.config.setting,
            "question": self.facts.question,
            "options": self.facts.options,
            "preferences": preferences,
        }
        content = json.dumps(document, ensure_ascii=False)
        return ChatRequest(model=self.config.model, messages=(Message("user", content),))


def read_aligner(reply: str) -> AlignerReply | None:
    """The aligner's edit in its reply, also where it stands in a code fence or between other words; else None."""
    start, end = reply.find("{"), reply.rfind("}")
    if start == -1 or end < start:
        return None
    try:
        # Models write line breaks inside strings; the lenient parser of the standard library takes them.
        parsed = json.loads(reply[start : end + 1], strict=False, object_hook=_storable)
        return AlignerReply.model_validate(parsed)
    except (ValueError, ValidationError, RecursionError):
        return None


def _storable(members: dict[str, object]) -> dict[str, object]:
    return {name: storable(value) if isinstance(value, str) else value for name, value in members.items()}


def extraction_request(
    prompt: PromptText, *, model: str, question: str, options: tuple[str, ...], response: str
) -> ChatRequest:
    """What an extractor is asked: which option the response to a question has chosen. See `read_letter`."""
    return ChatRequest(
        model=model,
        messages=prompt.messages(question=question, options=lettered(options), response=response),
        temperature=0.0,
        max_tokens=EXTRACTOR_TOKENS,
    )


def read_letter(reply: str, options: int) -> str:
    """The option letter that an extractor replied with, or an empty text for NONE and anything else."""
    match = re.fullmatch(r"\W*(?:option\s+)?([A-Z])\W*", reply.strip(), re.IGNORECASE)
    letter = match[1].upper() if match else ""
    return letter if letter and ord(letter) - ord("A") < options else ""


def stages_of(method: Method) -> tuple[Stage, ...]:
    """The generation calls that one item takes, for estimates."""
    match method:
        case Method.PREF_ALIGNER:
            return (Stage.BASELINE, Stage.ALIGNER)
        case Method.SELF_CRITIC:
            return (Stage.BASELINE, Stage.PERSONALISED, Stage.CRITIQUE, Stage.REVISION)
        case _:
            return (Stage.BASELINE, Stage.PERSONALISED)


def _shown(example: Example) -> str:
    answer = example.options[ord(example.gold_option) - ord("A")]
    return f"{example.question}\n{lettered(example.options)}\nThe answer is {example.gold_option}: {answer}"
