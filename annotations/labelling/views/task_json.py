"""A task as the annotation screen gets it: what is in these answers is all that an annotator ever learns of it."""

from dataclasses import asdict
from functools import lru_cache

from django.urls import reverse

from annotations.labelling.selectors.labelling import (
    NothingToLabel,
    ShownTask,
    labelled_by,
    shown_task,
    why_nothing_to_label,
)
from annotations.labelling.selectors.standing import labels_wanted_of
from annotations.models import Assignment, Member
from core.templatetags.markdown import as_written, response

CACHED_TEXTS = 2000
LONGEST_CACHED = 20_000


def next_json(member: Member, assignment: Assignment | None) -> dict[str, object]:
    """The task for the member, or why there is none, and how far they are."""
    wanted = labels_wanted_of(member)
    if assignment is None:
        nothing = nothing_json(why_nothing_to_label(member), member)
        return {"task": None, "nothing": nothing, "done": labelled_by(member), "wanted": wanted}
    shown = shown_task(assignment)
    return {"task": task_json(shown), "nothing": None, "done": shown.labelled, "wanted": wanted}


def nothing_json(nothing: NothingToLabel, member: Member) -> dict[str, str]:
    answer = asdict(nothing)
    if nothing.code == "not_qualified":
        answer["url"] = reverse("qualification", args=[member.campaign_id])
    return answer


def task_json(shown: ShownTask) -> dict[str, object]:
    return {
        "assignment": shown.assignment,
        "status": shown.status,
        "question": {
            "text": shown.question,
            "options": [{"letter": letter, "text": text} for letter, text in shown.options],
        },
        "preference": shown.preference,
        "baseline_html": rendered(shown.baseline),
        "personalised_html": rendered(shown.personalised),
        "baseline_written_html": str(as_written(shown.baseline)),
        "personalised_written_html": str(as_written(shown.personalised)),
        "draft": asdict(shown.draft),
        "label": asdict(shown.label) if shown.label else None,
        "previous": shown.previous,
        "flags": shown.flags,
    }


def rendered(text: str | None) -> str:
    """A response as sanitised HTML, None for none. Cached: people get the same tasks one soon after another."""
    return str(response(text)) if text and len(text) > LONGEST_CACHED else _rendered(text)


@lru_cache(maxsize=CACHED_TEXTS)
def _rendered(text: str | None) -> str:
    return str(response(text))
