"""What a validation report is computed from: ratings, and what is known of the rated responses."""

from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from dataclasses import dataclass, field

import numpy as np

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import RESAMPLES, Clusters, Draws, Floats
from perg.stats.base.terms import GENERAL, Terms
from perg.stats.files.rating_set import RatingSet
from perg.stats.items.annotator_test import EPSILON, Scoring
from perg.stats.items.pair_answers import PairAnswers
from perg.stats.ratings.ratings import Ratings, RatingTable, nearest_category, on_categories, on_scale

Progress = Callable[[str, float], None]
"""Called with what is being computed, and the share of the work that is done, in [0, 1]."""

RESPONSE_LENGTH = "response length"
IRRELEVANT = "irrelevant"
"""The slice of the facet `setting` in which alignment failure is undefined: nothing was to be followed."""


@dataclass(frozen=True, slots=True, eq=False)
class ValidationInput:
    """People's and judges' ratings of n items, and the items' properties.

    Items are all judged personalised responses of the campaign's runs, so that rates of whole runs can be corrected;
    people's votes are on tasks only. For imported ratings everything after `clusters` may be left out.

    Attributes:
        ratings: items by raters (`RatingSet`): people first, then judges; its units are the items' ids.
        threshold: followed = rating >= threshold, on a nominal scale that of the labels' codes: the labels before it
            are the failures (`failures_first` puts them there). None if it is not stated what a failure is.
        clusters: (n,) ids of the questions; items that share one are resampled together.
        facets: (n,) slices of each facet, such as source, category, preference category, method, setting, "answer
            correct"; None if an item belongs to none.
        response_length: (n,) characters, NaN where unknown; `length_name` says of what.
        position: (n,) place in the order in which the judge or the people saw the item, NaN where unknown.
        baseline_correct: (n,) whether the answer without the preference is correct: rates are over these items. Not
            given: over all items, and the report says so.
        answer_correct: (n,) whether the personalised answer is correct; without it there is no robustness error.
        stratum: (n,) strata within which tasks were drawn at random.
        inclusion: (n,) probability of an item to be a task, in (0, 1]; NaN for items that are no tasks.
        run: (n,) name of the item's run; not given: one run.
        pairing: (n,) ids that the items of different runs share when they ask the same (question and preference);
            not given: the questions.
        gold: (n,) adjudicated scores, NaN where there is none.
        replicates: for a judge, its replicates as a table over the same n items, for self-consistency.
        judge_kinds: "judge", "imported judge" or "floor" of each judge; "judge" where not given.
        pairs: of ratings that say which of two outputs is better, all answers with their orders; the table then has
            one rating a rater and item.
        value_range: lowest and highest possible number of an interval scale; None: those that occur.
        incomparable: judges that seem to use another scale than people, each with the reason: they get no verdict.
        warnings: possible mistakes in the ratings, in sentences.
        terms: how sentences name failures. They do not change a number.

    Raises:
        ValueError: a shape that does not fit, a threshold that does not part the labels of a nominal scale, gold
            outside the categories, or a person's rating of an item that is no task.
    """

    ratings: RatingSet
    threshold: float | None
    clusters: Clusters
    facets: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    response_length: Floats | None = None
    position: Floats | None = None
    baseline_correct: Flags | None = None
    answer_correct: Flags | None = None
    stratum: Sequence[str] | None = None
    inclusion: Floats | None = None
    run: Sequence[str] | None = None
    pairing: Clusters | None = None
    gold: Ratings | None = None
    replicates: Mapping[str, RatingTable] = field(default_factory=dict)
    judge_kinds: Mapping[str, str] = field(default_factory=dict)
    incomparable: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    terms: Terms = GENERAL
    pairs: PairAnswers | None = None
    value_range: tuple[float, float] | None = None
    length_name: str = RESPONSE_LENGTH

    def __post_init__(self) -> None:
        n = len(self.table.units)
        for name in ("clusters", "response_length", "position", "baseline_correct", "answer_correct"):
            _require_length(name, getattr(self, name), n)
        for name in ("stratum", "inclusion", "run", "pairing", "gold"):
            _require_length(name, getattr(self, name), n)
        for facet, slices in self.facets.items():
            _require_length(f"facet {facet}", slices, n)
        for judge, table in self.replicates.items():
            _require_length(f"replicates of {judge}", table.units, n)
        if self.pairs is not None:
            _require_codes("pairs' items", self.pairs.item, n)
            _require_codes("pairs' raters", self.pairs.rater, len(self.table.raters))
            for systems in self.pairs.systems or ():
                _require_length("systems", systems, n)
        if self.threshold is not None:
            object.__setattr__(self, "threshold", nearest_category(self.threshold, self.table.categories))
            if self.ratings.scale == "nominal" and self.threshold not in self.table.categories[1:]:
                raise ValueError("the threshold of a nominal scale leaves labels on both sides")
        if self.gold is not None:
            if not on_scale(self.gold, self.table.categories).all():
                raise ValueError("gold is not one of the categories")
            object.__setattr__(self, "gold", on_categories(self.gold, self.table.categories))
        if self.inclusion is not None:
            labelled = ~np.isnan(self.people.values).all(axis=1)
            if np.isnan(self.inclusion[labelled]).any():
                raise ValueError("people rate tasks only: an item without inclusion probability has a rating")

    @property
    def table(self) -> RatingTable:
        """Items by people and judges."""
        return self.ratings.table

    @property
    def failures(self) -> tuple[str, ...]:
        """The named categories that are failures; none where that is not stated, or the categories are numbers."""
        if self.threshold is None:
            return ()
        return tuple(
            label
            for label, code in zip(self.ratings.labels, self.table.categories, strict=False)
            if code < self.threshold
        )

    @property
    def people(self) -> RatingTable:
        """Items by people."""
        return self.table.select(self.ratings.people)


def failures_first(labels: Sequence[str], failures: Collection[str]) -> tuple[str, ...]:
    """The labels of a nominal scale in an order that a threshold can part: failures, then the others."""
    return tuple(sorted(labels, key=lambda label: label not in failures))


def _require_length(name: str, values: Sized | None, n: int) -> None:
    if values is not None and len(values) != n:
        raise ValueError(f"{name} has {len(values)} entries for {n} items")


def _require_codes(name: str, codes: Clusters, n: int) -> None:
    if ((codes < 0) | (codes >= n)).any():
        raise ValueError(f"{name} are outside the table of ratings")


@dataclass(frozen=True, slots=True)
class ValidationSettings:
    """How a report is computed.

    Attributes:
        epsilon: of the alternative annotator test: 0.2 for experts, 0.15 for skilled people, 0.1 for crowd workers.
        scoring: of the same test; None: accuracy on nominal scales, negative RMSE on the others.
        resamples: of every bootstrap. confidence: of every interval. seed: of every draw, so that the same input
            always gives the same report.

    Raises:
        ValueError: a setting outside its range.
    """

    epsilon: float = EPSILON["skilled"]
    scoring: Scoring | None = None
    resamples: int = RESAMPLES
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon < 1:
            raise ValueError("epsilon lies in [0, 1)")
        if not 0 < self.confidence < 1 or self.resamples < 1 or self.seed < 0:
            raise ValueError("confidence lies in (0, 1), resamples and seed are counts")

    def draws(self, clusters: Clusters | None = None) -> Draws:
        """Draws from the seed on: every part of a report that asks for them draws the same."""
        return Draws(
            rng=np.random.default_rng(self.seed),
            clusters=clusters,
            resamples=self.resamples,
            confidence=self.confidence,
        )
