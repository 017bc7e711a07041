"""Small pieces of the domain for tests, made through the ORM with as few facts as a test needs."""

import hashlib
import itertools
import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.campaigns import create_campaign
from annotations.labelling.services.resolution import settle_task
from annotations.models import Assignment, Campaign, Export, GoldRequest, Label, Task
from annotations.quality.services.controls import KnownItem, add_controls
from core.models import User
from core.users.tokens.tokens import create_token
from evaluation.engine.steps.prompts import current_prompt
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.models import (
    Batch,
    Catalogue,
    CatalogueBuild,
    Completion,
    Dataset,
    Endpoint,
    ImportJob,
    Item,
    ItemCall,
    Judge,
    Judgment,
    Preference,
    Proposal,
    Question,
    Response,
    Run,
    RunImport,
    RunJudge,
)
from evaluation.models.item import Condition
from perg.stats.gold.gold_criteria import EVERY_TASK
from perg_site.models import Webhook
from perg_site.models.webhook import SUBSCRIBABLE
from perg_site.webhooks.managing import create_webhook
from tests.stub_llm import StubProcess

_numbers = itertools.count(1)
TEXTS = ("The answer is A because it is so.", "A.")


def next_number() -> int:
    """One that names nothing yet."""
    return next(_numbers)


def person(username: str = "", *, staff: bool = False, password: str = "") -> User:
    """A user; without a password, one who cannot log in (hashing takes a test half a second)."""
    user = User(username=username or f"person{next(_numbers)}", is_staff=staff)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    return user


def bearer(user: User, *scopes: str) -> dict[str, str]:
    """The header of a program that acts for the user, by a new token; without scopes, one that reads."""
    issued = create_token(user=user, name="test", scopes=scopes or ["read"])
    return {"authorization": f"Bearer {issued.secret}"}


def question(
    dataset: Dataset | None = None, *, text: str = "", gold: str = "A", source: str = "s"
) -> Question:
    made = _question(dataset or Dataset.objects.get_or_create(name="test questions")[0], text, gold, source)
    made.save()
    return made


def _question(dataset: Dataset, text: str = "", gold: str = "A", source: str = "s") -> Question:
    text = text or f"Question {next(_numbers)}?"
    options = ["one", "two", "three"]
    return Question(
        dataset=dataset,
        key=Question.key_of(text, options, gold),
        text=text,
        options=options,
        gold_option=gold,
        source=source,
    )


def preference(text: str = "I prefer short and concise answers.", **fields: str) -> Preference:
    catalogue, _ = Catalogue.objects.get_or_create(name="test preferences", version=1)
    return Preference.objects.get_or_create(catalogue=catalogue, text=text, defaults=fields)[0]


def run(name: str = "", *, setting: str = "relevant", method: str = "direct") -> Run:
    number = next(_numbers)
    endpoint, _ = Endpoint.objects.get_or_create(
        name="test-model (recorded)", defaults={"provider": "recorded", "model": "test-model"}
    )
    return Run.objects.create(
        name=name or f"run {number}",
        dataset=Dataset.objects.get_or_create(name="test questions")[0],
        endpoint=endpoint,
        method=method,
        setting=setting,
        status="complete",
    )


def imported_run() -> Run:
    """A run that came from a file, so that its recorded endpoint is offered as a model."""
    made = run()
    RunImport.objects.create(run=made, file_name="run.csv", sha256="0" * 64, rows_read=0, rows_imported=0)
    return made


def item(
    of: Run,
    *,
    baseline: str = "A",
    personalised: str = "A",
    about: Question | None = None,
    liking: Preference | None = None,
    texts: tuple[str, str] = TEXTS,
    source: str = "s",
) -> Item:
    """An item with both responses; `baseline` and `personalised` are the extracted letters."""
    made = Item.objects.create(
        run=of,
        question=about or question(of.dataset, source=source),
        preference=None if of.setting == "irrelevant" else liking or preference(),
        position=of.items.count() + 1,
    )
    Response.objects.bulk_create(_responses(made, (baseline, personalised), texts))
    return made


def _responses(of: Item, answers: tuple[str, str], texts: tuple[str, str]) -> list[Response]:
    return [
        Response(item=of, condition=condition, text=text, answer=answer, extraction="recorded")
        for condition, answer, text in zip(Condition, answers, texts, strict=True)
    ]


def only_judge() -> Judge:
    """The one judge that the test has made, or imported."""
    return Judge.objects.exclude(pk=heuristic_judge().pk).get()


def judgment(of: Item, score: int | None, *, by: str = "judge", is_floor: bool = False) -> Judgment:
    """What a judge, made at the first call, says of the item's personalised response; None: it gave no score."""
    provider = "heuristic" if is_floor else "openai"
    judge = Judge.objects.filter(name=by).first() or Judge.objects.create(
        name=by,
        rubric=default_rubric(),
        endpoint=Endpoint.objects.create(name=f"endpoint of {by}", provider=provider, model=by),
    )
    said = {"status": "scored"} if score else {"status": "unscored", "unscored_reason": "unreadable reply"}
    response = of.responses.get(condition=Condition.PERSONALISED)
    return Judgment.objects.create(response=response, judge=judge, score=score, **said)


def failed_run(by: User) -> Run:
    """A launched run of an endpoint at a dead port: one item failed, one is answered, and a judge is to rate both."""
    endpoint = Endpoint.objects.create(
        name="At a dead port", provider="openai", model="m", base_url="http://127.0.0.1:9/v1"
    )
    batch = Batch.objects.create(name=f"A batch that failed {next(_numbers)}", created_by=by)
    made = run(f"{batch}: {endpoint} · direct · relevant")
    Run.objects.filter(pk=made.pk).update(batch=batch, endpoint=endpoint)
    made.refresh_from_db()
    answered, unanswered = item(made), item(made)
    unanswered.responses.all().delete()
    Item.objects.filter(pk=unanswered.pk).update(
        status="failed", failure="baseline: the call failed: connection"
    )
    for each, status, code in ((answered, "succeeded", ""), (unanswered, "failed", "connection")):
        call = Completion.objects.create(
            endpoint=endpoint,
            run=made,
            request_key=f"call of {each.pk}",
            request={"messages": [{"role": "user", "content": "Ready?"}]},
            status=status,
            attempts=5,
            error_code=code,
            error_message="ConnectionRefusedError: [Errno 111] Connect call failed" if code else "",
            finished_at=timezone.now(),
        )
        ItemCall.objects.create(item=each, stage="baseline", completion=call)
    RunJudge.objects.create(run=made, judge=judgment(answered, 4, by="judge of a failed run").judge)
    return made


def run_with_items(count: int, **fields: str) -> Run:
    """A run with so many items, each as `item` makes it; all at once, because many tests need many."""
    made = run(**fields)
    liking = None if made.setting == "irrelevant" or not count else preference()
    questions = Question.objects.bulk_create(_question(made.dataset) for _ in range(count))
    items = Item.objects.bulk_create(
        Item(run=made, question=asked, preference=liking, position=position)
        for position, asked in enumerate(questions, start=1)
    )
    Response.objects.bulk_create(
        response for each in items for response in _responses(each, ("A", "A"), TEXTS)
    )
    return made


def proposal() -> Proposal:
    """A proposal of a catalogue build under review."""
    asked = question()
    endpoint, _ = Endpoint.objects.get_or_create(
        name="proposer", defaults={"provider": "openai", "model": "m"}
    )
    made = CatalogueBuild.objects.create(
        name=f"build {next(_numbers)}",
        dataset=asked.dataset,
        endpoint=endpoint,
        prompt=current_prompt("propose"),
        sample_size=1,
        per_question=3,
        status="reviewing",
    )
    completion = Completion.objects.create(
        endpoint=endpoint,
        request_key=f"proposal {made.pk}",
        request={},
        status="succeeded",
        finished_at=timezone.now(),
    )
    return Proposal.objects.create(
        build=made,
        question=asked,
        completion=completion,
        position=1,
        text="I like it short.",
        category="brevity",
    )


def trial(endpoint: Endpoint | None) -> Completion:
    """A finished test of the endpoint, made at the first call."""
    assert endpoint is not None
    return Completion.objects.get_or_create(
        endpoint=endpoint,
        request_key=f"trial of {endpoint.pk}",
        defaults={
            "request": {
                "replicate": 1_000_000,
                "messages": [{"role": "user", "content": "Ready?"}],
                "temperature": None,
            },
            "status": "succeeded",
            "text": '{"score": 4, "explanation": "It is short."}',
            "seconds": 1.5,
            "attempts": 1,
            "finished_at": timezone.now(),
        },
    )[0]


def campaign(
    runs: Run | Sequence[Run],
    people: Sequence[User],
    *,
    overlap: int = 2,
    size: int | None = None,
    **fields: object,
) -> Campaign:
    runs = [runs] if isinstance(runs, Run) else list(runs)
    spec = CampaignSpec(
        name=f"campaign {next(_numbers)}",
        runs=runs,
        rubric=default_rubric(),
        sample_size=size or sum(each.items.count() for each in runs),
        overlap=overlap,
        annotators=people,
        seed=1,
        **fields,  # type: ignore[arg-type]
    )
    return create_campaign(spec=spec)


def control(
    campaign: Campaign,
    response: Response,
    score: int,
    kind: str = "control",
    actor: User | None = None,
    **item: Any,
) -> Task:
    """A control or qualification item."""
    items = [KnownItem(response.pk, score, **item)]
    return add_controls(campaign=campaign, items=items, kind=kind, actor=actor)[0]


def export(person: User, of: Campaign | None = None, *, content: bytes = b"task\r\n1\r\n") -> Export:
    """An export of tasks that is ready, with its file."""
    made = Export.objects.create(requested_by=person, table="tasks", format="csv", campaign=of)
    path = Path(settings.EXPORT_ROOT) / f"{made.pk}-20260101000000-1.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    checksum = hashlib.sha256(content).hexdigest()
    Export.objects.filter(pk=made.pk).update(
        status="ready",
        file=path.name,
        size=len(content),
        checksum=checksum,
        manifest={"rows": 1, "sha256": checksum},
        rows=1,
        finished_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )
    made.refresh_from_db()
    return made


def gold_request(campaign: Campaign, person: User, **values: object) -> GoldRequest:
    """A requested gold release, interrupted if `values` do not say otherwise."""
    usual: dict[str, object] = {
        "criteria": EVERY_TASK.model_dump(mode="json"),
        "status": "failed",
        "failure": "OperationalError: the disk is full",
        "failure_code": "broken_off",
        "finished_at": timezone.now(),
    }
    return GoldRequest.objects.create(campaign=campaign, requested_by=person, **usual | values)


def import_job(person: User, **values: object) -> ImportJob:
    """An import that failed, if `values` do not say otherwise; a worker would find no files."""
    usual: dict[str, object] = {
        "kind": "ratings",
        "arguments": {"name": "ours", "scale": "ordinal"},
        "files": [{"field": "human", "name": "people.csv", "size": 10}],
        "folder": uuid.uuid4().hex,
        "bytes_total": 10,
        "status": "failed",
        "failure": "OperationalError: the disk is full",
        "failure_code": "broken_off",
        "finished_at": timezone.now(),
    }
    return ImportJob.objects.create(requested_by=person, **usual | values)


def vote(task: Task, person: User, *scores: int, comment: str = "", **assigned: object) -> Assignment:
    """The person's label on a chosen task, which people cannot choose; more scores are later revisions of it."""
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task.pk)
        assignment = Assignment.objects.create(
            task=task,
            member=task.campaign.members.get(user=person),
            status="submitted",
            submitted_at=timezone.now(),
            **assigned,
        )
        for revision, score in enumerate(scores, 1):
            Label.objects.create(
                assignment=assignment,
                revision=revision,
                score=score,
                comment=comment,
                submission_key=uuid.uuid4(),
                guidelines=task.campaign.guidelines,
            )
        if not (assignment.is_surplus or assignment.is_set_aside) and task.open_slots:
            task.open_slots -= 1
            task.save()
        settle_task(task)
    return assignment


def stub_endpoint(providers: StubProcess) -> Endpoint:
    """An endpoint that calls the stub of the providers."""
    return Endpoint.objects.create(
        name="stub",
        provider="openai",
        model="stub-model",
        base_url=providers.openai_url,
        api_key_variable="STUB_KEY",
        input_price=Decimal(1),
        output_price=Decimal(1),
        priced_on="2026-01-01",
    )


def webhook(admin: User, url: str, *events: str, name: str = "ours") -> tuple[Webhook, str]:
    """A webhook and its secret; it gets every event, unless some are named."""
    issued = create_webhook(
        name=name, url=url, events=events or [event.value for event in SUBSCRIBABLE], actor=admin
    )
    return issued.webhook, issued.secret
