"""What a batch will take, before it is launched: calls, tokens and money, endpoint by endpoint."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, F
from django.db.models.functions import Length

from evaluation.engine.calls.costs import cost_of
from evaluation.models import Dataset, Endpoint
from evaluation.models.run import Setting
from evaluation.runs.services.launching import BatchSpec
from evaluation.stages.plan import Method, Stage, stages_of
from evaluation.stages.prompts import prompt_files

CHARACTERS_PER_TOKEN = 4
"""Of English text; what a provider bills will differ by a tenth or two."""

RESPONSE_TOKENS = 300
JUDGE_TOKENS = 60
PROMPT_OF = {
    Stage.BASELINE: "baseline",
    Stage.CRITIQUE: "critique",
    Stage.REVISION: "revision",
    Stage.ALIGNER: "aligner",
}


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """What one endpoint will be asked. Tokens are guesses; `cost` in US dollars is None where it is unpriced."""

    endpoint: Endpoint
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class LaunchEstimate:
    """The whole of a batch. `cost` leaves out `unpriced` endpoints: they are not free, their price is not known.

    Calls to an extractor are not in it: it is asked only where the rules abstain. Answers that are on record from
    earlier runs are not asked again, so less may be paid.
    """

    runs: int
    items: int
    lines: tuple[EstimateLine, ...]

    @property
    def calls(self) -> int:
        return sum(line.calls for line in self.lines)

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.lines if line.cost is not None), Decimal(0))

    @property
    def unpriced(self) -> list[Endpoint]:
        return [line.endpoint for line in self.lines if line.cost is None and not line.endpoint.costs_nothing]


def estimate_launch(spec: BatchSpec) -> LaunchEstimate:
    """The estimate of a batch that `check_launch` would accept."""
    available = spec.dataset.questions.count()
    questions = available if spec.sample_size is None else min(spec.sample_size, available)
    calls: Counter[Endpoint] = Counter()
    inputs: Counter[Endpoint] = Counter()
    outputs: Counter[Endpoint] = Counter()

    def add(endpoint: Endpoint, input_tokens: int, output_tokens: int, count: int) -> None:
        calls[endpoint] += count
        inputs[endpoint] += count * input_tokens
        outputs[endpoint] += count * output_tokens

    asked_tokens = question_tokens(spec.dataset)
    for model in spec.models:
        # Every method and setting shares the model's baselines.
        add(model, asked_tokens + prompt_tokens("baseline"), RESPONSE_TOKENS, questions)
    drafted: set[tuple[Endpoint, str, str]] = set()
    for model, method, setting in spec.grid():
        for stage in stages_of(Method(method)):
            if stage == Stage.BASELINE:
                continue
            endpoint = spec.aligner if stage == Stage.ALIGNER and spec.aligner else model
            carried = 0 if stage == Stage.PERSONALISED else RESPONSE_TOKENS
            prompt = PROMPT_OF.get(stage, Method.DIRECT if method == Method.SELF_CRITIC else method)
            if stage == Stage.PERSONALISED and (model, setting, prompt) in drafted:
                continue  # self-critic starts from what direct answers
            drafted.add((model, setting, prompt))
            add(endpoint, asked_tokens + prompt_tokens(prompt) + carried, RESPONSE_TOKENS, questions)
        for judge in spec.judges if setting != Setting.IRRELEVANT else ():
            if judge.endpoint is not None:
                tokens = asked_tokens + prompt_tokens("judge") + 2 * RESPONSE_TOKENS
                add(judge.endpoint, tokens, JUDGE_TOKENS, questions * judge.replicates)
    lines = tuple(
        EstimateLine(
            endpoint,
            calls[endpoint],
            inputs[endpoint],
            outputs[endpoint],
            cost_of(endpoint, inputs[endpoint], outputs[endpoint]),
        )
        for endpoint in sorted(calls, key=lambda endpoint: endpoint.name)
    )
    return LaunchEstimate(len(spec.grid()), questions * len(spec.grid()), lines)


def question_tokens(dataset: Dataset) -> int:
    """Tokens of an average question with its options."""
    averages = dataset.questions.aggregate(text=Avg(Length("text")), options=Avg(F("options__len")))
    return int((averages["text"] or 0) / CHARACTERS_PER_TOKEN + 15 * float(averages["options"] or 0))


def prompt_tokens(name: str) -> int:
    """Tokens of a prompt file, without what goes into it."""
    return len(prompt_files()[name]) // CHARACTERS_PER_TOKEN
