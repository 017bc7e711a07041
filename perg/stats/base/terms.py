"""The words of a report for what is judged and what counts as a failure; its numbers do not depend on them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """Of any criterion; `FOLLOWING` has those of PERG's own.

    Attributes:
        failure, failures: one, and several. rate: the share of items that fail.
        passed, failed: what is said of an item; they_pass: of several.
        passing, unit: items, and one, that do not fail.
        has_baseline: whether each item has an answer without the preference, so that rates are over those that are
            correct, and there is a second rate, the robustness error.
    """

    failure: str = "failure"
    failures: str = "failures"
    rate: str = "failure rate"
    passed: str = "passes"
    failed: str = "fails"
    they_pass: str = "pass"
    passing: str = "items that pass"
    unit: str = "item that passes"
    has_baseline: bool = False

    @property
    def a_failure(self) -> str:
        """With its article."""
        return f"{'an' if self.failure[0] in 'aeiou' else 'a'} {self.failure}"

    @property
    def short(self) -> str:
        """What agreement on the decisions is called beside a measure."""
        return self.passed if self.has_baseline else self.decisions

    @property
    def decisions(self) -> str:
        """The two decisions, for a heading."""
        return f"{self.passed} / {self.failed}"


GENERAL = Terms()
FOLLOWING = Terms(
    failure="alignment failure",
    failures="alignment failures",
    rate="alignment failure",
    passed="followed",
    failed="not followed",
    they_pass="are followed",
    passing="responses that followed",
    unit="unit that followed",
    has_baseline=True,
)
