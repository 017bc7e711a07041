"""Agreement alone, at once and as the labels are now: reads labels and judgments, and calls the functions beside it.

The validation report (`validation.py`), which a worker computes and which is stored, says more and takes longer. Where
both have a number (α of people, α of a judge with people, confusion) it is the same function's, of the same draws.
"""

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from annotations.labelling.selectors.labels import judge_scores, label_counts, votes
from annotations.models import Campaign
from evaluation.models import Judge, RunJudge
from evaluation.models.endpoint import JudgeOrigin
from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Clusters, Draws
from perg.stats.base.terms import FOLLOWING
from perg.stats.judges.baselines import constant_judge, random_judge
from perg.stats.measures.alpha import krippendorff_alpha
from perg.stats.measures.confusion import Confusion, confusion
from perg.stats.measures.kappa import PairAgreement, pairwise
from perg.stats.raters.rater_agreement import CONSTANT, PEOPLE_MEDIAN, RANDOM
from perg.stats.ratings.ratings import BINARY, Ratings, RatingTable
from perg.stats.report.validation_definitions import DEFINITIONS as OF_THE_REPORT

SEED = 0
"""Of the bootstrap, so that the same labels always show the same intervals."""

PEOPLE_MAJORITY = "people (majority)"

LIVE_RATINGS = 5_000
"""Up to this many tasks times raters, everything is computed on request; beyond that, it takes seconds to minutes."""

DEFINITIONS = {
    "n": "Responses that both raters rated; for α, responses with at least two ratings.",
    "low, high": "Ends of the 95% interval: percentile bootstrap over questions (1,000 resamples); Wilson for "
    "percentages where no two responses share a question.",
    "alpha_ordinal": "Krippendorff's α for ordinal data on the 1–5 scale: 1 is perfect, 0 is chance.",
    "followed": "A response follows the preference if its score reaches the threshold.",
    PEOPLE_MEDIAN: "The median of people's scores for a response.",
    PEOPLE_MAJORITY: "Followed or not by the majority of people; ties are left out.",
    RANDOM: "The ratings of the judge that covers most, in random order: its marginals, and nothing else.",
} | {
    term: OF_THE_REPORT[term]
    for term in (
        "alpha_followed",
        "percent_agreement",
        "cohen_kappa",
        "quadratic_kappa",
        CONSTANT,
        "confusion",
    )
}

RaterKind = Literal["person", "judge", "imported judge", "floor", "baseline"]


@dataclass(frozen=True, slots=True)
class Rater:
    """Someone or something that rated `n` of the campaign's responses."""

    name: str
    kind: RaterKind
    n: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Agreement of two raters, on the scale and on followed / not followed."""

    a: str
    b: str
    scale: PairAgreement
    followed: PairAgreement


@dataclass(frozen=True, slots=True)
class AgainstPeople:
    """A judge against the median (scale, α) and the majority (followed, confusion) of people."""

    judge: str
    kind: RaterKind
    alpha_ordinal: Estimate
    scale: PairAgreement
    followed: PairAgreement
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class CampaignName:
    """The campaign that an agreement is of."""

    id: int
    name: str
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class PeopleAgreement:
    """Krippendorff's α of people with one another: on the scale, and on followed / not followed."""

    alpha_ordinal: Estimate
    alpha_followed: Estimate


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """Everything that the labels and judgments of a campaign say on agreement.

    `people` are held against one another. Judges are held against people's median
    and majority, which are steadier than any one person, so a judge can agree with these better than people do with one
    another; `leave_one_out` compares like with like.
    """

    campaign: CampaignName
    threshold: int
    labels: dict[str, int]
    raters: list[Rater]
    people: PeopleAgreement
    pairs: list[Pair]
    against_people: list[AgainstPeople]
    definitions: dict[str, str]


def is_computed_at_once(campaign: Campaign) -> bool:
    """Whether the agreement of the campaign is soon computed; else the validation report is what tells it."""
    judges = RunJudge.objects.filter(run__in=campaign.runs.all()).values("judge").distinct().count()
    return campaign.sample_size * (campaign.members.count() + judges) <= LIVE_RATINGS


def agreement_report(campaign: Campaign) -> AgreementReport:
    """The agreement of the campaign's people and judges, as the votes are now.

    A label that is surplus or was set aside has no vote; control and qualification items never count.
    """
    people_records = list(
        votes(campaign)
        .order_by("assignment__member__user__username", "pk")
        .values_list("assignment__task", "assignment__member__user__username", "score")
    )
    judge_records = judge_scores(campaign)
    people = sorted({rater for _, rater, _ in people_records})
    judges = judge_kinds(sorted({rater for _, rater, _ in judge_records}))
    question_of = _questions(campaign)
    place = {task: number for number, task in enumerate(question_of)}
    records = sorted([*people_records, *judge_records], key=lambda record: place[record[0]])
    table = RatingTable.from_records(records)
    clusters = np.array([question_of[task] for task in table.units], dtype=np.int64)
    comparison = _Comparison(table, clusters, campaign.threshold)
    return AgreementReport(
        campaign=CampaignName(campaign.pk, campaign.name, campaign.is_demonstration),
        threshold=campaign.threshold,
        labels=asdict(label_counts(campaign)),
        raters=[_rater(table, name, "person") for name in people]
        + [_rater(table, name, kind) for name, kind in judges.items()],
        people=PeopleAgreement(
            comparison.alpha(table.select(people), "ordinal"),
            comparison.alpha(table.select(people).followed(campaign.threshold), "nominal"),
        ),
        pairs=comparison.pairs([*people, *judges]),
        against_people=comparison.against_people(people, judges),
        definitions=DEFINITIONS,
    )


def judge_kinds(names: list[str]) -> dict[str, RaterKind]:
    """What each judge is: one that asks a model, the heuristic floor, or a record of imported ratings."""
    kinds: dict[str, RaterKind] = {}
    for judge in Judge.objects.filter(name__in=names).select_related("endpoint").order_by("name"):
        imported = judge.origin == JudgeOrigin.IMPORTED
        kinds[judge.name] = "imported judge" if imported else "floor" if judge.is_floor else "judge"
    return kinds


def _rater(table: RatingTable, name: str, kind: RaterKind) -> Rater:
    return Rater(name, kind, int((~np.isnan(table.column(name))).sum()))


def _questions(campaign: Campaign) -> dict[Hashable, int]:
    """The question of each task, in the order of the runs and their items: one question is resampled as a whole."""
    in_order = campaign.tasks.order_by("response__item__run_id", "response__item__position")
    return dict(in_order.values_list("pk", "response__item__question"))


class _Comparison:
    """Pairwise and against-people agreement on one table of ratings."""

    def __init__(self, table: RatingTable, clusters: Clusters, threshold: int) -> None:
        self.table, self.clusters, self.threshold = table, clusters, threshold

    def alpha(self, table: RatingTable, level: Literal["ordinal", "nominal"]) -> Estimate:
        return krippendorff_alpha(table, level, draws=self._draws())

    def pairs(self, raters: list[str]) -> list[Pair]:
        return [
            Pair(
                a,
                b,
                self._agreement(self.table.column(a), self.table.column(b), self.table.categories),
                self._agreement(self._followed(a), self._followed(b), BINARY),
            )
            for i, a in enumerate(raters)
            for b in raters[i + 1 :]
        ]

    def against_people(self, people: list[str], judges: Mapping[str, RaterKind]) -> list[AgainstPeople]:
        if not people:
            return []
        with_median = self.table.with_column(PEOPLE_MEDIAN, self.table.aggregate(people, "median"))
        majority = self.table.followed(self.threshold).aggregate(people, "majority")
        rows = [
            self._against(with_median, majority, name, kind, self.table.column(name))
            for name, kind in judges.items()
        ]
        baselines = _baselines(self.table, with_median.column(PEOPLE_MEDIAN), list(judges))
        return rows + [
            self._against(with_median, majority, name, "baseline", column)
            for name, column in baselines.items()
        ]

    def _against(
        self, with_median: RatingTable, majority: Ratings, name: str, kind: RaterKind, column: Ratings
    ) -> AgainstPeople:
        median = with_median.column(PEOPLE_MEDIAN)
        two = RatingTable(
            with_median.units,
            (PEOPLE_MEDIAN, name),
            np.column_stack([median, column]),
            with_median.categories,
        )
        followed = np.where(np.isnan(column), np.nan, column >= self.threshold)
        return AgainstPeople(
            judge=name,
            kind=kind,
            alpha_ordinal=self.alpha(two, "ordinal"),
            scale=self._agreement(median, column, with_median.categories),
            followed=self._agreement(majority, followed, BINARY),
            confusion=confusion(followed, majority, clusters=self.clusters, terms=FOLLOWING),
        )

    def _followed(self, rater: str) -> Ratings:
        return self.table.followed(self.threshold).column(rater)

    def _agreement(self, a: Ratings, b: Ratings, categories: tuple[float, ...]) -> PairAgreement:
        return pairwise(a, b, categories, draws=self._draws())

    def _draws(self) -> Draws:
        return Draws(rng=np.random.default_rng(SEED), clusters=self.clusters)


def _baselines(table: RatingTable, median: Ratings, judges: list[str]) -> dict[str, Ratings]:
    """A constant and a random judge on the units that people rated, to compare every judge with."""
    rated = ~np.isnan(median)
    if not rated.any():
        return {}
    baselines = {CONSTANT: constant_judge(median, table.categories)}
    if judges:
        columns = np.where(rated[:, np.newaxis], table.select(judges).values, np.nan)
        best_covered = columns[:, int((~np.isnan(columns)).sum(axis=0).argmax())]
        baselines[RANDOM] = random_judge(best_covered, rng=np.random.default_rng(SEED))
    return baselines
