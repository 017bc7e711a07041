"""Loading the demonstration: through the same importers and services that real data goes through."""

import csv
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.campaigns import create_campaign
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, Member, Task
from core.audit.writing import acting_by
from core.models import User
from evaluation.engine.steps.judging import launch_judging
from evaluation.importers.catalogue import import_catalogue
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.models import Run
from evaluation.models.run import Method, RatingsOf, Setting

LABELS = Path(__file__).parent / "labels.csv"
RECORDED = Path(__file__).parent.parent.parent / "evaluation" / "demonstration"
MODEL = "demo-model"
DATASET = "Demonstration questions"
CAMPAIGN = "Demonstration: is the preference followed?"
ANNOTATORS = ["demo-ada", "demo-ben", "demo-chi", "demo-dee"]
OVERLAP = 3
MAX_OVERLAP = 4
SEED = 1
GUIDELINES = """\
Rate **how far the personalised response follows the preference**, compared with the baseline response.

- Ignore whether the answer is right: a wrong answer may follow the preference perfectly.
- From 3 on, the preference counts as followed.
- If the preference asks for something that the baseline does already, the personalised response must still do it.
- Use the comment for what made you hesitate.
"""


@acting_by(command="load_demonstration")
@transaction.atomic
def load_demonstration(*, visitors: Mapping[str, User], say: Callable[[str], None]) -> bool:
    """Load what is not there yet; False if all of it was. `visitors` are the accounts by user name."""
    if Campaign.objects.filter(name=CAMPAIGN).exists():
        return False
    say("preferences")
    catalogue = import_catalogue(
        file=RECORDED / "preferences.csv", name="Demonstration preferences", is_demonstration=True, actor=None
    ).catalogue
    runs = {}
    for method in (Method.DIRECT, Method.PREF_ALIGNER):
        say(f"recorded run: {method.label}")
        runs[method] = import_recorded_run(
            file=RECORDED / f"{method.value}.csv",
            file_name=f"{method.value}.csv",
            model=MODEL,
            method=method.value,
            setting=Setting.RELEVANT.value,
            name=f"Demonstration: {MODEL}, {method.label}",
            dataset=DATASET,
            catalogue=catalogue,
            judge="demo-judge",
            # Each file was evaluated by itself: its ratings are those of its own method's responses.
            ratings_of=RatingsOf.ALIGNER if method == Method.PREF_ALIGNER else RatingsOf.PREF,
            is_demonstration=True,
            actor=None,
        ).run
        launch_judging(run=runs[method], judge=heuristic_judge(), actor=None)
    say("campaign and labels")
    _load_campaign(runs[Method.DIRECT], visitors)
    return True


def _load_campaign(run: Run, visitors: Mapping[str, User]) -> None:
    # Demonstration annotators have no password: nobody can log in as one of them.
    people = [User.objects.get_or_create(username=name, defaults={"password": "!"})[0] for name in ANNOTATORS]
    spec = CampaignSpec(
        name=CAMPAIGN,
        runs=[run],
        rubric=default_rubric(),
        sample_size=run.items.count(),
        overlap=OVERLAP,
        max_overlap=MAX_OVERLAP,
        reveals_judges=True,
        annotators=[*people, visitors["annotator"], visitors["admin"]],
        leads=[visitors["lead"]],
        seed=SEED,
        guidelines=GUIDELINES,
        is_demonstration=True,
    )
    # An account of this name that was there before need not be an admin's.
    admin = visitors["admin"] if visitors["admin"].is_staff else None
    campaign = create_campaign(spec=spec, created_by=admin)
    tasks = {
        task.response.item.question.external_id: task
        for task in campaign.tasks.select_related("response__item__question")
    }
    members = {member.user.username: member for member in campaign.members.select_related("user")}
    with LABELS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            _label(tasks[row["id"]], members[row["annotator"]], int(row["score"]), row["comment"])


def _label(task: Task, member: Member, score: int, comment: str) -> None:
    """A label on a chosen task. People get the task that is next; only the demonstration may choose.

    Where the labels before it disagree, the task has asked for this one, so there is a slot for it, too.
    """
    Task.objects.filter(pk=task.pk).update(open_slots=F("open_slots") - 1)
    assignment = Assignment.objects.create(task=task, member=member, leased_until=timezone.now())
    submit_label(assignment=assignment, score=score, comment=comment, submission_key=uuid.uuid4())
