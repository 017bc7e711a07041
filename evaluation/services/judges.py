"""Judges and rubrics that every installation has."""

from evaluation.llm import heuristic
from evaluation.models import Endpoint, Judge, Rubric
from evaluation.models.endpoint import Provider

HEURISTIC_JUDGE = "heuristic (floor)"

PREFERENCE_FOLLOWING = (
    "How far does the personalised response follow the preference, compared with the baseline response? "
    "Rate only that, whatever the answer's correctness: a wrong answer may follow the preference perfectly."
)
ANCHORS = [
    "Ignores the preference, or does the opposite",
    "A token gesture towards it",
    "Follows it in part",
    "Follows it well, with a lapse",
    "Follows it fully",
]


def default_rubric() -> Rubric:
    """The rubric of preference following, made at the first call."""
    rubric, _ = Rubric.objects.get_or_create(
        name="Preference following",
        version=1,
        defaults={"instructions": PREFERENCE_FOLLOWING, "anchors": ANCHORS},
    )
    return rubric


def heuristic_judge() -> Judge:
    """The judge that needs no key, made at the first call: a floor to compare LLM judges with."""
    endpoint, _ = Endpoint.objects.get_or_create(
        name=heuristic.MODEL, defaults={"provider": Provider.HEURISTIC, "model": heuristic.MODEL}
    )
    judge, _ = Judge.objects.get_or_create(
        name=HEURISTIC_JUDGE, defaults={"endpoint": endpoint, "rubric": default_rubric()}
    )
    return judge
