"""The judge and rubric that every installation has, made with its tables."""

from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps

from evaluation.judges.selectors import DEFAULT_RUBRIC, HEURISTIC_JUDGE
from evaluation.llm import heuristic
from evaluation.models.endpoint import Provider

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


def add_default_judge(*, using: str, apps: Apps = installed_apps, **_: Any) -> None:
    """After every migration: add the rubric of preference following, and the heuristic judge, where there is none."""
    # Any: what else the signal sends
    try:
        rubrics, endpoints, judges = (
            apps.get_model("evaluation", name)._default_manager.using(using)
            for name in ("Rubric", "Endpoint", "Judge")
        )
    except LookupError:  # migrated back to before their tables
        return
    rubric, _is_new = rubrics.get_or_create(
        name=DEFAULT_RUBRIC,
        version=1,
        defaults={"instructions": PREFERENCE_FOLLOWING, "anchors": ANCHORS},
    )
    endpoint, _is_new = endpoints.get_or_create(
        name=heuristic.MODEL, defaults={"provider": Provider.HEURISTIC, "model": heuristic.MODEL}
    )
    judges.get_or_create(name=HEURISTIC_JUDGE, defaults={"endpoint": endpoint, "rubric": rubric})
