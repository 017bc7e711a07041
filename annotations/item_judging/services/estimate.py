"""What judging will take, before it starts: calls, tokens and money."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q

from annotations.item_judging.selectors.people_answers import labelled_items
from annotations.item_judging.services.asking import asking_of
from annotations.item_judging.services.control import JudgingPlan
from annotations.models import ItemJudge
from annotations.models.item_judge import ItemJudgmentState, OutputOrder
from evaluation.engine.calls.costs import cost_of
from evaluation.runs.services.estimate import CHARACTERS_PER_TOKEN
from perg.formats.rated_items import load_exhibit

LOOKED_AT = 30
"""Items by which the length of an average call is estimated."""

EXPLANATION_TOKENS = 60
ANSWER_TOKENS = 15


@dataclass(frozen=True, slots=True)
class JudgingEstimate:
    """Calls that are not made yet, and what they take. Tokens are guesses; `cost` is None where it is unpriced."""

    items: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None


def estimate_judging(judge: ItemJudge, plan: JudgingPlan) -> JudgingEstimate:
    """What the plan will take. Replies on record cost nothing, so it may be less; models that think take more."""
    asking = asking_of(judge)
    items = judge.campaign.imported_items.all()
    if plan.labelled_only:
        items = labelled_items(judge.campaign, asking.questions)
    items = items.exclude(pk__in=judge.examples.all())
    counts = items.aggregate(n=Count("pk"), pairs=Count("pk", filter=Q(exhibit__outputs__1__isnull=False)))
    size = counts["n"] if plan.sample_size is None else min(plan.sample_size, counts["n"])
    pairs = size * counts["pairs"] / counts["n"] if counts["n"] else 0
    calls = size * len(asking.calls)
    if judge.output_order == OutputOrder.BOTH:
        of_pairs = [call for call in asking.calls.values() if all(question.is_pairwise for question in call)]
        calls += round(pairs * len(of_pairs))
    made = judge.judgments.exclude(state=ItemJudgmentState.WAITING).count()
    calls = max(calls * judge.replicates - made, 0)
    lengths = [
        sum(len(message.content) for message in request.messages) + len(request.response_schema)
        for item in items.order_by("position")[:LOOKED_AT]
        for request in [asking.request(load_exhibit(item.exhibit), call) for call in asking.calls]
    ]
    per_call = sum(lengths) / len(lengths) / CHARACTERS_PER_TOKEN if lengths else 0
    answers = EXPLANATION_TOKENS + ANSWER_TOKENS * len(asking.questions) / len(asking.calls)
    tokens = round(per_call * calls), round(min(answers, judge.max_tokens) * calls)
    return JudgingEstimate(size, calls, *tokens, cost_of(judge.endpoint, *tokens))
