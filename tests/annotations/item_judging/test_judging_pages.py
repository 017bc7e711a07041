"""Pages of judging items: preview and test before there is a judge, and what leads and admins see and do."""

from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Campaign, ItemJudge, ItemJudgeTrial
from core.models import AuditEvent, User
from evaluation.models import Completion, Endpoint
from tests import build
from tests.judged_items import BETTER, CLARITY, FAITHFUL, go_on, item_campaign, item_judge, judge_items, rate
from tests.query_counts import check_query_count
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('judge')</script>"


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def endpoint(providers: StubProcess) -> Endpoint:
    return build.stub_endpoint(providers)


def _entered(endpoint: Endpoint, **fields: object) -> Mapping[str, object]:
    usual = {
        "name": "GPT",
        "endpoint": endpoint.pk,
        "criteria": ["clarity"],
        "template": "{output} {criteria}",
        "calls_for": "all",
        "reply_form": "structured",
        "reason_first": "on",
        "replicates": 1,
        "max_tokens": 500,
    }
    return usual | fields


def _new(campaign: Campaign) -> str:
    return reverse("item_judge_create", args=[campaign.pk])


def test_the_form_starts_with_a_prompt_that_shows_all_that_the_items_have(staff: Client) -> None:
    page = staff.get(_new(item_campaign(CLARITY, FAITHFUL))).content.decode()
    for place in ("{context}", "{output}", "{criteria}", "{form}"):
        assert place in page
    assert "{output_a}" in staff.get(_new(item_campaign(BETTER))).content.decode()


def test_a_preset_brings_its_instructions(staff: Client) -> None:
    page = staff.get(_new(item_campaign(CLARITY)), {"preset": "grounded"}).content.decode()
    assert "Compare each statement of the answer with the document." in page


def test_the_preview_fills_the_prompt_and_names_what_is_wrong_with_it(
    staff: Client, endpoint: Endpoint
) -> None:
    campaign = item_campaign(CLARITY, text=HOSTILE)
    entered = _entered(endpoint, act="preview", template="Rate {{ response }} by {rubrik}.", item="item-2")
    page = staff.post(_new(campaign), entered).content.decode()
    assert "&lt;script&gt;alert(&#x27;judge&#x27;)&lt;/script&gt; (2, first)" in page
    assert HOSTILE not in page
    assert "“{rubrik}” stands for nothing" in page
    assert "does not show what the output answers" in page
    assert "does not show the criteria" in page
    assert not ItemJudge.objects.exists()
    assert not Completion.objects.exists()


def test_a_prompt_without_an_output_is_warned_of(staff: Client, endpoint: Endpoint) -> None:
    campaign = item_campaign(CLARITY)
    page = staff.post(_new(campaign), _entered(endpoint, act="preview", template="Well? {criteria}"))
    assert "does not show the output" in page.content.decode()


def test_a_test_makes_one_call_and_shows_how_the_reply_is_read(
    staff: Client, endpoint: Endpoint, providers: StubProcess
) -> None:
    campaign = item_campaign(CLARITY, FAITHFUL)
    entered = _entered(endpoint, act="test", criteria=["clarity", "faithful"])
    page = staff.post(_new(campaign), entered).content.decode()
    trial = ItemJudgeTrial.objects.get()
    address = reverse("item_judge_trial", args=[campaign.pk, trial.pk])
    assert f'hx-get="{address}"' in page
    from evaluation.engine.calls.drain import drain

    drain(endpoint)
    shown = staff.get(address).content.decode()
    assert "because of the stub" in shown
    assert "clarity" in shown
    assert "faithful" in shown
    assert providers.stats()["requests"] == 1
    assert not campaign.item_judges.exists()
    assert AuditEvent.objects.filter(action="item_judge.tested").exists()


def test_a_judge_is_made_started_and_shown_with_its_replies(
    staff: Client, endpoint: Endpoint, lead: User
) -> None:
    campaign = item_campaign(CLARITY, leads=[lead])
    assert staff.post(_new(campaign), _entered(endpoint, act="create")).status_code == 302
    judge = ItemJudge.objects.get()
    start = reverse("item_judge_start", args=[campaign.pk, judge.pk])
    estimated = staff.post(start, {"act": "estimate", "sample_size": 3}).content.decode()
    assert "Estimated cost" in estimated
    assert not judge.judgments.exists()
    assert staff.post(start, {"act": "start", "sample_size": 3}).status_code == 302
    go_on(judge)
    page = staff.get(reverse("item_judge_detail", args=[campaign.pk, judge.pk])).content.decode()
    assert "because of the stub" in page
    assert "The validation report is out of date." in page
    client = Client()
    client.force_login(lead)
    assert "GPT v1" in client.get(reverse("item_judge_list", args=[campaign.pk])).content.decode()
    actions = AuditEvent.objects.values_list("action", flat=True)
    assert {"item_judge.created", "item_judging.started", "item_judging.complete"} <= set(actions)


def test_a_new_version_starts_from_the_last(staff: Client, endpoint: Endpoint) -> None:
    campaign = item_campaign(CLARITY)
    judge = item_judge(campaign, endpoint, template="My own {output}", replicates=4)
    page = staff.get(_new(campaign), {"from": judge.pk}).content.decode()
    assert "My own {output}" in page
    assert 'value="4"' in page


def test_examples_can_be_drawn_and_only_labelled_ones_chosen(staff: Client, endpoint: Endpoint) -> None:
    campaign = item_campaign(CLARITY, items=10)
    rate(campaign, "clarity", {place: str(1 + place % 2) for place in range(8)})
    staff.post(_new(campaign), _entered(endpoint, act="create", drawn=4))
    judge = ItemJudge.objects.get()
    answers = [answers["answers"]["clarity"] for answers in judge.example_answers.values()]
    assert sorted(answers) == ["1", "1", "2", "2"]
    page = staff.post(_new(campaign), _entered(endpoint, act="create", examples="item-9"))
    assert page.status_code == 422
    assert "cannot be an example" in page.content.decode()
    page = staff.post(_new(campaign), _entered(endpoint, act="create", examples="no-such"))
    assert "There is no item" in page.content.decode()


def test_a_lead_who_is_no_admin_sees_and_stops_but_starts_nothing(endpoint: Endpoint, lead: User) -> None:
    campaign = item_campaign(CLARITY, leads=[lead])
    judge = item_judge(campaign, endpoint)
    client = Client()
    client.force_login(lead)
    assert client.get(_new(campaign)).status_code == 403
    start = reverse("item_judge_start", args=[campaign.pk, judge.pk])
    assert client.post(start, {"act": "start"}).status_code == 403
    ItemJudge.objects.update(state="running")
    control = {
        action: reverse("item_judge_control", args=[campaign.pk, judge.pk, action])
        for action in ("pause", "resume", "retry")
    }
    assert client.post(control["pause"]).status_code == 302
    assert client.post(control["resume"]).status_code == 403
    assert client.post(control["retry"]).status_code == 403
    outsider = Client()
    outsider.force_login(build.person())
    assert outsider.post(control["pause"]).status_code == 404


def test_hostile_replies_are_shown_as_text(staff: Client, endpoint: Endpoint, providers: StubProcess) -> None:
    providers.configure(text=f'{HOSTILE} {{"clarity": 3, "explanation": "{HOSTILE}"}}')
    Endpoint.objects.filter(pk=endpoint.pk).update(structured_output="tagged")
    campaign = item_campaign(CLARITY, items=2)
    judge = judge_items(item_judge(campaign, Endpoint.objects.get(pk=endpoint.pk), name="<b>GPT</b>"))
    page = staff.get(reverse("item_judge_detail", args=[campaign.pk, judge.pk])).content.decode()
    assert HOSTILE not in page
    assert "<b>GPT" not in page
    assert "&lt;script&gt;" in page


def test_an_endpoint_without_its_key_is_refused_before_anything_is_asked(
    staff: Client, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUB_KEY")
    campaign = item_campaign(CLARITY)
    judge = item_judge(campaign, endpoint)
    page = staff.post(reverse("item_judge_start", args=[campaign.pk, judge.pk]), {"act": "start"})
    assert page.status_code == 422
    assert "STUB_KEY" in page.content.decode()
    assert not judge.judgments.exists()


def test_the_pages_take_as_many_queries_for_many_judges_as_for_few(staff: Client, endpoint: Endpoint) -> None:
    campaign = item_campaign(CLARITY, items=3)

    def add(count: int) -> None:
        for _ in range(count):
            judge_items(item_judge(campaign, endpoint))

    address = reverse("item_judge_list", args=[campaign.pk])
    check_query_count("item_judge_list", add_rows=add, ask=lambda: staff.get(address))
