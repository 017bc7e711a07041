"""What the rows of a recorded run amount to, beside the items that they become: counts, and warnings in words."""

from collections import Counter
from dataclasses import dataclass, field

from evaluation.importers.rows.dialect import Dialect
from evaluation.importers.rows.rating import NO_RATING
from evaluation.importers.rows.recorded_row import (
    RecordedResponse,
    RecordedRow,
    disputed_claims,
    fits_only_other_answer,
)
from evaluation.models.run import RatingsOf

MANY = 0.6
"""Above this share of delivery failures the columns may be mixed up."""


@dataclass
class ResponseTally:
    """Counts over the responses of one condition."""

    name: str
    responses: int = 0
    missing: int = 0
    texts: int = 0
    letters: int = 0
    interpreted: int = 0
    empty_failures: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, response: RecordedResponse) -> None:
        self.responses += 1
        self.missing += response.is_missing
        self.texts += response.has_text
        self.letters += bool(response.answer)
        self.empty_failures += not response.is_missing and not response.has_text and not response.answer
        self.interpreted += response.is_interpreted
        if (
            response.is_interpreted
            and len(self.examples) < 3
            and response.recorded_answer not in self.examples
        ):
            self.examples.append(response.recorded_answer)


class RowTally:
    """Counts the rows that were imported."""

    def __init__(self, dialect: Dialect, *, setting: str, threshold: int) -> None:
        self._dialect = dialect
        self._setting = setting
        self._threshold = threshold
        self._baseline = ResponseTally("baseline")
        self._personalised = ResponseTally("personalised")
        self._disputed: Counter[str] = Counter()
        self._fits: Counter[bool] = Counter()
        self._ratings = 0
        self._unread: Counter[str] = Counter()
        self.rows = 0
        self.repeated_items = 0

    def add(self, row: RecordedRow) -> None:
        """Count a row."""
        self.rows += 1
        self._baseline.add(row.baseline)
        for item in row.items:
            self._personalised.add(item.personalised)
        self._disputed.update(disputed_claims(row, setting=self._setting, threshold=self._threshold))
        fits = fits_only_other_answer(row)
        if fits is not None:
            self._fits[fits] += 1
        self._ratings += row.rating is not None and row.rating.score is not None
        if row.rating is not None and row.rating.score is None and row.rating.unscored_reason != NO_RATING:
            self._unread[row.rating.unscored_reason] += 1

    @property
    def has_no_baseline(self) -> bool:
        """Whether no row has a baseline response, in its text or by a letter."""
        return self.rows > 0 and not self._baseline.texts and not self._baseline.letters

    def warnings(self) -> list[str]:
        """What was imported otherwise than it stands in the file, or may be wrong in it."""
        return [
            *self._about_baselines(),
            *self._about_answers(self._baseline),
            *self._about_answers(self._personalised),
            *self._about_repetitions(),
            *self._about_ratings(),
            *(
                f"{count} {'row says' if count == 1 else 'rows say'} otherwise in {name} than in its answers and "
                "rating; the answers and the rating count."
                for name, count in self._disputed.items()
            ),
        ]

    def _about_baselines(self) -> list[str]:
        tally = self._baseline
        if self.has_no_baseline:
            return [
                "The file has no baseline responses, so baseline accuracy and all that needs a correct baseline answer "
                "(breakage rate, alignment failure, robustness error, performance variation) are undefined."
            ]
        if tally.missing:
            return [
                f"{_of(tally.missing, tally.responses)} have no baseline response. Baseline accuracy is over the "
                "others, and so is all that needs a baseline answer."
            ]
        return []

    def _about_answers(self, tally: ResponseTally) -> list[str]:
        warnings = []
        if tally.interpreted:
            examples = ", ".join(f"“{example.strip()[:40]}”" for example in tally.examples)
            warnings.append(
                f"{tally.interpreted} {tally.name} {'answer was' if tally.interpreted == 1 else 'answers were'} read "
                f"from another writing than the bare letter, such as {examples}; the original is kept."
            )
        is_missing = tally is self._baseline and self.has_no_baseline
        recorded = 0 if is_missing else tally.responses - (tally.missing if tally is self._baseline else 0)
        failures = recorded - tally.letters
        if recorded and failures > MANY * recorded:
            warnings.append(
                f"{failures} of {recorded} {tally.name} answers name no option of their item and count as delivery "
                "failures. Are the columns mixed up, or the answers not extracted yet?"
            )
        empty = tally.empty_failures + (tally.missing if tally is self._personalised else 0)
        if empty and not is_missing:
            warnings.append(
                f"{empty} {tally.name} {'response is' if empty == 1 else 'responses are'} empty in the file, without "
                f"an answer, and {'counts as a delivery failure' if empty == 1 else 'count as delivery failures'}."
            )
        return warnings

    def _about_repetitions(self) -> list[str]:
        if not self.repeated_items:
            return []
        what = "the question and preference" if self._setting != "irrelevant" else "the question"
        is_one = self.repeated_items == 1
        return [
            f"{self.repeated_items} {'item repeats' if is_one else 'items repeat'} {what} of an earlier one. "
            f"{'It counts' if is_one else 'Each counts'}, as in the study."
        ]

    def _about_ratings(self) -> list[str]:
        evaluation = self._dialect.evaluation
        of_aligner = evaluation.ratings_of == RatingsOf.ALIGNER
        rated, other = ("aligner_res", "pref_res") if of_aligner else ("pref_res", "aligner_res")
        option = RatingsOf.PREF if of_aligner else RatingsOf.ALIGNER
        warnings = []
        if self._unread:
            count = self._unread.total()
            warnings.append(
                f"{count} {'rating is' if count == 1 else 'ratings are'} not a whole number from 1 to 5 and "
                f"{'counts' if count == 1 else 'count'} as unscored: {'; '.join(list(self._unread)[:3])}."
            )
        if self._dialect.has_ratings and not evaluation.is_imported and self._ratings:
            warnings.append(
                f"{self._ratings} {'rating was' if self._ratings == 1 else 'ratings were'} not imported: they are "
                f"taken to rate {rated}, and the responses imported are those of {other}. If they rate {other}, "
                f"import the file with --ratings-of {option}."
            )
        if self._fits[True] > self._fits[False]:
            warnings.append(
                f"Where the answers to pref_res and aligner_res differ in being right, pref_correct fits {other} in "
                f"{self._fits[True]} of {self._fits.total()} rows: the ratings may be of {other}. Then import the "
                f"file with --ratings-of {option}."
            )
        return warnings


def _of(number: int, total: int) -> str:
    return f"{number} of {total} rows"
