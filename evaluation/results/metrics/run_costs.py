"""What an item takes by a method: seconds, tokens and money of the calls behind its personalised response.

Counted are the calls that the method itself needs to answer a user who has preferences. The extractor and the judges
belong to the measurement; so does the baseline response, but for Pref-Aligner, whose first stage it is. A call that
several runs share counts in full for each: somebody who used the method would have made it.
"""

from dataclasses import dataclass

import numpy as np
from django.db.models import Aggregate, BooleanField, Case, Count, Q, Sum, When
from numpy.typing import NDArray

from evaluation.models import ItemCall, Run
from evaluation.models.endpoint import Provider
from evaluation.models.run import Method
from evaluation.stages.plan import Stage
from perg.stats.base.estimate import Estimate
from perg.stats.base.means import mean
from perg.stats.base.resampling import Draws

Floats = NDArray[np.float64]

ANSWERING: dict[str, tuple[Stage, ...]] = {
    Method.DIRECT: (Stage.PERSONALISED,),
    Method.COT: (Stage.PERSONALISED,),
    Method.ICL: (Stage.PERSONALISED,),
    Method.SELF_CRITIC: (Stage.PERSONALISED, Stage.CRITIQUE, Stage.REVISION),
    Method.PREF_ALIGNER: (Stage.BASELINE, Stage.ALIGNER),
}
"""The calls that a method needs to answer a user, one after the other."""

NO_CALLS = "no calls on record: the responses were imported"
RECORDED = "the replies are a record: what they took is not known"
NO_PRICE = "the endpoint has no price"
NOT_TOLD = "the provider does not tell"

AMOUNTS = ("seconds", "input_tokens", "output_tokens", "dollars")


@dataclass(frozen=True, slots=True)
class RunCosts:
    """Means over the items with both responses, each with its n and interval. Money in US dollars."""

    seconds: Estimate
    input_tokens: Estimate
    output_tokens: Estimate
    dollars: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class ItemCosts:
    """What each item took, by amount: arrays (n,) in the items' order, NaN where not known; and why none is known."""

    amounts: dict[str, Floats]
    undefined: dict[str, str]

    def means(self, question: NDArray[np.int64], *, rng: np.random.Generator) -> RunCosts:
        """Means with intervals; items on one question (n,) are resampled together."""
        draws = Draws(rng=rng, clusters=question)
        return RunCosts(
            **{
                name: mean(amounts, undefined=self.undefined[name], draws=draws)
                for name, amounts in self.amounts.items()
            }
        )


def item_costs(run: Run, items: list[int]) -> ItemCosts:
    """What the items (primary keys) took. One query, however many items."""
    position = {item: index for index, item in enumerate(items)}
    amounts = {name: np.full(len(items), np.nan) for name in AMOUNTS}
    stages = ANSWERING[run.method]
    recorded, seen = False, 0
    for item, calls, is_record, *sums in _sums(run, stages):
        if item not in position:
            continue
        seen += 1
        recorded = recorded or is_record
        if is_record or calls < len(stages):
            continue
        for name, (total, known) in zip(AMOUNTS, zip(sums[::2], sums[1::2], strict=True), strict=True):
            if known == calls:  # a sum of only some of the calls would pass for all of them
                amounts[name][position[item]] = float(total or 0)
    why = NO_CALLS if not seen else RECORDED if recorded else NOT_TOLD
    undefined = dict.fromkeys(AMOUNTS, why)
    if why == NOT_TOLD:
        undefined["dollars"] = NO_PRICE
    return ItemCosts(amounts, undefined)


def _sums(run: Run, stages: tuple[Stage, ...]) -> list[tuple[int, int, bool, float | int | None]]:
    """Item, calls, whether one of them is a record, then sum and count of each of AMOUNTS."""
    free = Q(completion__endpoint__provider__in=[Provider.RECORDED, Provider.HEURISTIC])
    columns = {
        "seconds": "seconds",
        "input_tokens": "input_tokens",
        "output_tokens": "output_tokens",
        "dollars": "cost",
    }
    sums: dict[str, Aggregate] = {}
    for name, column in columns.items():
        sums[f"{name}_sum"] = Sum(f"completion__{column}")
        sums[f"{name}_known"] = Count(f"completion__{column}")
    rows = (
        ItemCall.objects.filter(item__run=run, stage__in=stages)
        .order_by()
        .values("item")
        .annotate(
            calls=Count("pk"),
            records=Count(Case(When(free, then=True), output_field=BooleanField())),
            **sums,
        )
        .values_list("item", "calls", "records", *sums)
    )
    return [
        (item, calls, bool(records), *rest) for item, calls, records, *rest in rows.iterator(chunk_size=5000)
    ]
