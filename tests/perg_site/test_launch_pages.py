"""The pages of launching: the form with its estimate, refusals beside their field, batches, progress, controls."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evaluation.engine.steps.advance import advance_run
from evaluation.judges.selectors import default_rubric
from evaluation.models import Batch, Catalogue, Completion, Endpoint, Judge, Preference, Run
from evaluation.stages.names import stage_name
from evaluation.templatetags.progress import dollars, in_words
from tests import build
from tests.pages import one_line

pytestmark = pytest.mark.django_db

KEY = "LAUNCH_PAGES_TEST_KEY"
HTMX = {"hx-request": "true"}


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "not-a-real-key")


def _endpoint(name: str = "model", *, price: int | None = 1, variable: str = KEY) -> Endpoint:
    prices = {} if price is None else {"input_price": price, "output_price": price, "priced_on": "2026-01-01"}
    return Endpoint.objects.create(
        name=name, provider="openai", model=name, api_key_variable=variable, **prices
    )


def _form(model: Endpoint, **fields: object) -> dict[str, object]:
    """A form that can be launched, with three questions."""
    dataset = build.question().dataset
    for _ in range(2):
        build.question(dataset)
    catalogue, _ = Catalogue.objects.get_or_create(name="launched")
    for kind in ("relevant", "irrelevant"):
        Preference.objects.get_or_create(catalogue=catalogue, text=f"I like {kind} things.", kind=kind)
    valid: dict[str, object] = {
        "name": "autumn",
        "dataset": dataset.pk,
        "catalogue": catalogue.pk,
        "models": [model.pk],
        "methods": ["direct"],
        "settings": ["relevant", "mixed"],
        "temperature": "0",
        "max_tokens": "512",
        "irrelevant_count": "1",
        "icl_examples": "1",
        "seed": "0",
    }
    return valid | fields


def _launched(staff: Client, **fields: object) -> Run:
    model = Endpoint.objects.filter(name="model").first() or _endpoint()
    response = staff.post(reverse("batch_launch"), _form(model, settings=["relevant"], **fields))
    assert response.status_code == 302
    run = Run.objects.latest("pk")
    advance_run(run)
    run.refresh_from_db()
    return run


def _estimate(staff: Client, form: dict[str, object]) -> str:
    response = staff.post(reverse("batch_estimate"), form, headers=HTMX)
    assert response.status_code == 200
    page = response.content.decode()
    assert "<html" not in page
    return one_line(page)


def test_without_an_endpoint_the_page_says_how_to_add_one(staff: Client) -> None:
    page = staff.get(reverse("batch_launch")).content.decode()
    assert "No endpoints yet" in page
    assert reverse("endpoint_create") in page
    _endpoint()
    assert "No endpoints yet" not in staff.get(reverse("batch_launch")).content.decode()


def test_an_incomplete_form_says_what_is_missing(staff: Client) -> None:
    page = _estimate(staff, _form(_endpoint()) | {"name": "", "methods": [], "max_tokens": "0"})
    needed = re.findall(r'<li><a [^>]*href="#[^"]+">([^<]+)</a>(?:: ([^<]+))?</li>', page)
    assert [name for name, _ in needed] == ["Name", "Methods", "Max. tokens"]
    assert "greater than or equal to 1" in needed[-1][1]


@pytest.mark.usefixtures("_key")
def test_the_estimate_gives_calls_tokens_and_money_by_endpoint(staff: Client) -> None:
    page = _estimate(staff, _form(_endpoint()))
    # Three questions: their baselines once, and a personalised response in each of two runs.
    assert re.findall(r'<dd class="figure">([^<]+)</dd>', page)[:3] == ["2", "6", "9"]
    assert re.search(r"\d[\d,]* in, 2,700 out", page)
    assert re.search(r'<td class="number">\$0\.\d{4}</td>', page)
    assert "cannot be launched" not in page


@pytest.mark.usefixtures("_key")
def test_an_unpriced_endpoint_is_said_to_be_unpriced_never_free(staff: Client) -> None:
    page = _estimate(staff, _form(_endpoint(price=None)))
    assert "is unpriced: its price is unknown" in page
    assert '<dd class="figure">unknown</dd>' in page
    assert "$" not in page


@pytest.mark.usefixtures("_key")
def test_the_heuristic_judge_is_free_not_unpriced(staff: Client) -> None:
    staff.get(reverse("batch_launch"))  # makes the judge
    judge = Judge.objects.get(endpoint__provider="heuristic")
    page = _estimate(staff, _form(_endpoint(), judges=[judge.pk]))
    assert "free" in page
    assert "unpriced" not in page


def test_a_missing_key_names_its_variable_before_anything_is_launched(staff: Client) -> None:
    form = _form(_endpoint(variable="NO_SUCH_KEY_HERE"))
    assert re.search(r"cannot be launched.*NO_SUCH_KEY_HERE", _estimate(staff, form))
    response = staff.post(reverse("batch_launch"), form)
    assert response.status_code == 422
    assert _errors(response.content.decode(), "id_models") == [
        "The environment variable NO_SUCH_KEY_HERE, which holds the key for the endpoint “model”, is not set. "
        "Set it for the web server and the workers, and restart them."
    ]
    assert not Batch.objects.exists()


def _errors(page: str, field: str) -> list[str]:
    """What stands in the list of errors of a field."""
    found = re.search(rf'<ul class="errorlist" id="{field}_error">(.*?)</ul>', page, re.DOTALL)
    return re.findall(r"<li>(.*?)</li>", found[1]) if found else []


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"sample_size": "9"}, "sample_size", "The dataset has 3 questions to draw from."),
        ({"money_budget": "0"}, "money_budget", "greater than or equal to 0.0001"),
        ({"call_budget": "0"}, "call_budget", "greater than or equal to 1"),
        ({"name": "taken"}, "name", "There is a batch named “taken” already."),
    ],
)
def test_a_refusal_stands_beside_its_field_and_what_was_entered_is_kept(
    staff: Client, fields: dict[str, str], field: str, said: str
) -> None:
    Batch.objects.create(name="taken")
    response = staff.post(reverse("batch_launch"), _form(_endpoint(), **fields))
    page = response.content.decode()
    assert response.status_code == 422
    assert said in "".join(_errors(page, f"id_{field}"))
    assert f'value="{fields[field]}"' in page
    assert not Run.objects.exists()


@pytest.mark.usefixtures("_key")
def test_a_form_is_launched_as_it_was_filled_in(staff: Client) -> None:
    judge = Judge.objects.create(name="j", endpoint=_endpoint("judge"), rubric=default_rubric())
    form = _form(
        _endpoint(), judges=[judge.pk], sample_size="2", money_budget="1.5", temperature="", call_budget="7"
    )
    response = staff.post(reverse("batch_launch"), form)
    batch = Batch.objects.get()
    assert response.headers["Location"] == reverse("batch_detail", args=[batch.pk])
    assert [run.setting for run in batch.runs.order_by("pk")] == ["relevant", "mixed"]
    run = batch.runs.earliest("pk")
    assert (run.items.count(), run.money_budget, run.call_budget) == (2, Decimal("1.5"), 7)
    assert (run.options["temperature"], run.options["max_tokens"]) == (None, 512)
    assert list(run.judges.all()) == [judge]
    assert run.created_by == batch.created_by
    page = staff.get(reverse("batch_list")).content.decode()
    assert "autumn" in page
    assert "2 running" in page


@pytest.mark.usefixtures("_key")
def test_without_a_script_the_estimate_is_a_page_with_the_form_as_filled_in(staff: Client) -> None:
    page = one_line(staff.post(reverse("batch_estimate"), _form(_endpoint())).content.decode())
    assert "<html" in page
    assert 'value="autumn"' in page
    assert "Estimate by endpoint" in page
    # Enter in a field presses the first button of the form: not the one that spends money.
    buttons = re.findall(r"<button[^>]*>([^<]+)</button>", page.split('class="launch"')[1])
    assert buttons == ["Estimate", "Launch"]
    assert not Batch.objects.exists()


@pytest.mark.usefixtures("_key")
def test_a_batch_asks_for_itself_again_only_while_a_run_is_running(staff: Client) -> None:
    run = _launched(staff)
    address = reverse("batch_detail", args=[run.batch_id])
    assert 'hx-trigger="every 3s"' in staff.get(address).content.decode()
    Run.objects.update(status="paused")
    page = staff.get(address, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "hx-trigger" not in page
    assert "All runs have finished" in page


@pytest.mark.usefixtures("_key")
def test_the_page_of_a_batch_asks_the_database_as_often_for_many_runs_as_for_one(staff: Client) -> None:
    first = _launched(staff)
    staff.get(reverse("batch_detail", args=[first.batch_id]))
    with CaptureQueriesContext(connection) as one:
        staff.get(reverse("batch_detail", args=[first.batch_id]))
    many = _form(
        first.endpoint, name="many", methods=["direct", "cot", "icl"], settings=["relevant", "mixed"]
    )
    staff.post(reverse("batch_launch"), many)
    batch = Batch.objects.get(name="many")
    with CaptureQueriesContext(connection) as six:
        staff.get(reverse("batch_detail", args=[batch.pk]))
    # The first view after a launch takes its message out of the session.
    assert len(six) <= len(one) + 1


@pytest.mark.usefixtures("_key")
def test_progress_shows_stages_failures_by_cause_and_costs(staff: Client) -> None:
    run = _launched(staff)
    failed, refused, *others = Completion.objects.order_by("pk")
    Completion.objects.filter(pk=failed.pk).update(
        status="failed", error_code="timeout", error_message="took too long", finished_at=timezone.now()
    )
    Completion.objects.filter(pk=refused.pk).update(status="refused", finished_at=timezone.now())
    Completion.objects.filter(pk__in=[other.pk for other in others]).update(
        status="succeeded",
        text="The answer is A.",
        finished_at=timezone.now(),
        input_tokens=1000,
        output_tokens=500,
        cost=Decimal("0.25"),
    )
    Run.objects.update(spent=Decimal("1"))
    page = staff.get(reverse("run_progress", args=[run.pk]), headers=HTMX).content.decode()
    assert 'hx-trigger="every 2s"' in page
    for said in ("Personalised", "<code>timeout</code>", "took too long", "refused by the model", "$1.00"):
        assert said in page
    assert "Try all failed calls again" in page
    assert "4,000" in page  # tokens in
    detail = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Aligner, version 1" in detail
    assert reverse("run_control", args=[run.pk, "retry"]) in detail


@pytest.mark.usefixtures("_key")
def test_refusals_alone_are_not_offered_to_be_tried_again(staff: Client) -> None:
    run = _launched(staff)
    Completion.objects.update(status="refused", finished_at=timezone.now())
    page = staff.get(reverse("run_progress", args=[run.pk])).content.decode()
    assert "refused by the model" in page
    assert "Try all failed calls again" not in page


@pytest.mark.usefixtures("_key")
def test_unpriced_calls_are_not_shown_as_costing_nothing(staff: Client) -> None:
    _endpoint(price=None)
    run = _launched(staff)
    page = staff.get(reverse("run_progress", args=[run.pk])).content.decode()
    assert "unpriced" in page
    assert "unknown" in page
    assert "$" not in page


@pytest.mark.usefixtures("_key")
def test_a_run_is_paused_resumed_cancelled_and_each_button_is_there_when_it_can_be_pressed(
    staff: Client,
) -> None:
    run = _launched(staff)

    def buttons() -> set[str]:
        page = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
        return set(re.findall(rf"/runs/{run.pk}/control/(\w+)/", page))

    def press(action: str) -> int:
        return staff.post(reverse("run_control", args=[run.pk, action])).status_code

    assert buttons() == {"pause", "cancel"}
    assert press("pause") == 302
    assert buttons() == {"resume", "cancel"}
    assert press("pause") == 409
    assert press("resume") == 302
    assert press("cancel") == 302
    assert buttons() == set()
    assert press("resume") == 409
    assert press("explode") == 404
    run.refresh_from_db()
    assert run.status == "cancelled"


@pytest.mark.usefixtures("_key")
def test_the_last_answer_of_polling_brings_the_controls_up_to_date(staff: Client) -> None:
    run = _launched(staff)
    address = reverse("run_progress", args=[run.pk])
    assert "hx-swap-oob" not in staff.get(address, headers=HTMX).content.decode()
    Run.objects.update(status="budget_reached")
    page = staff.get(address, headers=HTMX).content.decode()
    assert "hx-trigger" not in page
    assert page.count('hx-swap-oob="true"') == 2
    assert "Budget reached" in page
    assert "/control/resume/" in page


@pytest.mark.usefixtures("_key")
def test_budgets_are_set_raised_and_lifted_on_the_runs_page(staff: Client) -> None:
    run = _launched(staff, money_budget="1")
    address = reverse("run_budgets", args=[run.pk])
    assert staff.post(address, {"money_budget": "2.5", "call_budget": "10"}).status_code == 302
    run.refresh_from_db()
    assert (run.money_budget, run.call_budget) == (Decimal("2.5"), 10)
    response = staff.post(address, {"money_budget": "-1"})
    assert response.status_code == 400
    assert "Enter a budget above 0" in response.content.decode()
    staff.post(address, {})
    run.refresh_from_db()
    assert (run.money_budget, run.call_budget) == (None, None)


def test_an_imported_run_has_no_controls_and_no_progress(staff: Client) -> None:
    run = build.run_with_items(2)
    page = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "/control/" not in page
    assert "run-controls" not in page


def test_money_and_time_are_put_into_words() -> None:
    amounts = [Decimal(text) for text in ("0", "0.00000001", "0.0012345", "0.5", "1234.561")]
    assert [dollars(amount) for amount in amounts] == [
        "$0.00",
        "under $0.0001",
        "$0.0013",
        "$0.5000",
        "$1,234.57",
    ]
    assert [in_words(seconds) for seconds in (0, 60, 119, 5400, 7200, 200_000)] == [
        "less than a minute",
        "about 1 minute",
        "about 2 minutes",
        "about 90 minutes",
        "about 2 hours",
        "about 2 days",
    ]
    assert stage_name("judge: strict") == "Judge: strict"
