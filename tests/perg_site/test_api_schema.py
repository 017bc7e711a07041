"""The API keeps to its own schema, no matter who asks and what they send.

schemathesis makes requests from the schema, good ones and bad ones, the same ones every time, and everybody sends
them. Each is undone, so that all of them find the same world. A person who belongs to nothing gets nothing of what
others have.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import schemathesis
from django.apps import apps
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, models, transaction
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from annotations.models import Campaign, QualificationAnswer, QualificationAttempt, QualificationDraw
from annotations.people.services.invitations import invite
from core.models import User
from evaluation.engine.steps.prompts import current_prompts
from evaluation.models import Batch, CatalogueBuild, Proposal, Run
from evaluation.results.services.results import refresh_result
from tests import build
from tests.sizes import BAD_REQUESTS, GOOD_REQUESTS, REQUESTS_OF_OTHERS_ONE_IN, turn

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MARK = "zebra-of-others"
"""In every text that the outsider must not see."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# More requests than in each run of the tests, by the environment: API_EXAMPLES=10 makes ten times as many.
MORE = int(os.environ.get("API_EXAMPLES", "1"))
EXAMPLES = {GenerationMode.POSITIVE: GOOD_REQUESTS * MORE, GenerationMode.NEGATIVE: BAD_REQUESTS * MORE}
Requests = Sequence[Any]  # Any: cases of schemathesis, whose own type has parameters that nobody needs here
ROLES = ["lead", "annotator"]
APPS = ("core", "evaluation", "annotations", "perg_site")
# Path parameters that are not named after a model.
NAMED = {
    "release": "goldrelease",
    "request": "goldrequest",
    "build": "cataloguebuild",
    "answer": "qualificationanswer",
}


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda mode: mode.value)
def mode(request: pytest.FixtureRequest) -> GenerationMode:
    """Good requests, or bad ones."""
    chosen: GenerationMode = request.param
    return chosen


@pytest.fixture(scope="module")
def made_up(mode: GenerationMode) -> Requests:
    """Requests to every operation; made once for all who send them, because making them takes long."""
    schema: Any = schemathesis.openapi.from_dict(_document())
    return [case for result in schema.get_all_operations() for case in _cases(result.ok(), mode)]


def _cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> Requests:
    cases: list[Any] = []

    @hypothesis_settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        cases.append(case)

    each()
    assert cases, operation.label
    return cases


def _document() -> dict[str, Any]:
    generator: Any = SchemaGenerator  # Any: the library has no types
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    return document


@pytest.fixture
def owner() -> User:
    """An admin, who leads a campaign on a run of their own, in which somebody else labels."""
    owner = build.person(f"owner-{MARK}", staff=True)
    run = build.run(f"run {MARK}")
    Run.objects.filter(pk=run.pk).update(batch=Batch.objects.create(name=f"batch {MARK}"))
    for number in range(3):
        question = build.question(run.dataset, text=f"Question {number} {MARK}?")
        liking = build.preference(f"I like {number} {MARK}.")
        item = build.item(run, about=question, liking=liking, texts=(f"A. {MARK}", f"{MARK}: A."))
        build.judgment(item, 4, by=f"judge {MARK}")
    run.prompts.set(current_prompts().values())
    annotator = build.person(f"annotator-{MARK}")
    lead = build.person(f"lead-{MARK}")
    campaign = build.campaign(run, [annotator], overlap=1, leads=[owner, lead])
    Campaign.objects.filter(pk=campaign.pk).update(name=f"campaign {MARK}")
    task = campaign.tasks.order_by("pk").first()
    assert task is not None
    build.vote(task, annotator, 4, comment=MARK)
    _add_round(campaign, run, owner)
    _add_build()
    invite(role="annotator", campaign=campaign, created_by=owner, note=MARK)
    aligned = build.run(f"aligned {MARK}", method="pref_aligner")
    build.item(aligned)
    for each in (run, aligned):
        refresh_result(run=each)
    build.gold_request(campaign, owner, failure=MARK)
    build.import_job(owner, failure=MARK)
    return owner


def _add_round(campaign: Campaign, run: Run, owner: User) -> None:
    """Two items of a qualification round; the owner has answered one of them."""
    for _ in range(2):
        response = build.item(run, texts=("A.", f"{MARK}: A.")).responses.get(condition="personalised")
        task = build.control(
            campaign=campaign,
            response=response,
            score=4,
            kind="qualification",
            explanation=f"So. {MARK}",
            actor=owner,
        )
    attempt = QualificationAttempt.objects.create(member=campaign.members.get(user=owner), number=1)
    for place, item in enumerate(campaign.tasks.filter(kind="qualification").order_by("-pk")):
        QualificationDraw.objects.create(attempt=attempt, task=item, place=place)
    QualificationAnswer.objects.create(attempt=attempt, task=task, score=4, is_right=True)


def _add_build() -> None:
    """A catalogue in the making, with a proposal to review."""
    proposal = build.proposal()
    Proposal.objects.update(text=f"I like {MARK}.", reason=MARK)
    CatalogueBuild.objects.filter(pk=proposal.build_id).update(name=f"taste {MARK}")


@pytest.fixture
def outsider() -> User:
    """An annotator of nothing."""
    return build.person("outsider")


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "1000000/day")


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request ends without closing the connection, whose transaction is the test's; Django's client does the same."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_schema_is_valid_openapi() -> None:
    document = _document()
    assert document["openapi"].startswith("3.1")
    validate_schema(document)  # type: ignore[no-untyped-call]


def test_every_answer_to_the_owner_is_as_the_schema_says(
    made_up: Requests, owner: User, mode: GenerationMode
) -> None:
    token = build.bearer(owner, "read", "annotate", "manage")
    _none(_failures(made_up, token, mode, hidden=None))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.one_in(3)
def test_every_answer_to_the_campaigns_people_is_as_the_schema_says(
    made_up: Requests, owner: User, role: str, mode: GenerationMode
) -> None:
    person = User.objects.get(username=f"{role}-{MARK}")
    scopes = ("read", "annotate", "manage") if role == "lead" else ("read", "annotate")
    cases = turn(made_up, ROLES.index(role), REQUESTS_OF_OTHERS_ONE_IN)
    _none(_failures(cases, build.bearer(person, *scopes), mode, hidden=None))


def test_an_outsider_gets_nothing_of_anothers(
    made_up: Requests, owner: User, outsider: User, mode: GenerationMode
) -> None:
    token = build.bearer(outsider, "read", "annotate")
    cases = turn(made_up, 0, REQUESTS_OF_OTHERS_ONE_IN)
    _none(_failures(cases, token, mode, hidden=MARK))


def _none(failures: Iterator[str]) -> None:
    found = list(failures)
    assert not found, "\n\n".join(found)


def _failures(
    cases: Requests, headers: dict[str, str], mode: GenerationMode, *, hidden: str | None
) -> Iterator[str]:
    """What is wrong with the answers to made-up requests, one by one."""
    application = _closing(get_wsgi_application())
    for case in cases:
        try:
            _try(case, application, headers, mode, hidden)
        except (Exception, BaseExceptionGroup) as error:
            yield f"{case.operation.label}: {error}"


def _closing(application: Any) -> Any:
    """The application, each of whose answers is closed, as a server does: schemathesis only reads it."""

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with contextlib.closing(application(environ, start_response)) as response:
            return list(response)

    return answer


def _try(
    case: Any, application: Any, headers: dict[str, str], mode: GenerationMode, hidden: str | None
) -> None:
    """Raises where an answer is not as it should be."""
    if mode == GenerationMode.POSITIVE:
        for name in case.path_parameters:
            case.path_parameters[name] = _existing(name) or case.path_parameters[name]
    with transaction.atomic():
        response = case.call(app=application, headers=headers)
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)
    if hidden:
        assert hidden not in response.text, f"{case.method} {case.formatted_path} shows what is another's"


def _existing(parameter: str) -> int | None:
    """The id of a thing that exists, and is another's."""
    name = parameter.removesuffix("_id").replace("_", "")
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            if model._meta.model_name == NAMED.get(name, name):
                first = model._default_manager.order_by("pk").first()
                return first.pk if isinstance(first, models.Model) else None
    return None
