"""Judging imported items: each call once, answers as ratings, whatever servers say."""

import json
from decimal import Decimal

import pytest

from annotations.item_judging.selectors.judges import counts_by_criterion, unanswered_by_reason
from annotations.item_judging.services.control import (
    JudgingPlan,
    cancel_judging,
    pause_judging,
    resume_judging,
    retry_judging,
    set_judging_budgets,
    start_judging,
)
from annotations.item_judging.services.judging import FIRST_CALLS, advance_judging
from annotations.models import Campaign, ImportedRating, ItemJudge
from core.errors import Conflict
from evaluation.engine.calls.drain import drain
from evaluation.models import Completion, Endpoint
from tests import build
from tests.judged_items import (
    BETTER,
    CLARITY,
    FAITHFUL,
    LENGTH,
    TONE,
    TOPICS,
    go_on,
    item_campaign,
    item_judge,
    judge_items,
    rate,
)
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db


def _in_words(providers: StubProcess, **config: object) -> Endpoint:
    """An endpoint that replies in a given text, as it has no structured output."""
    providers.configure(**config)
    endpoint = build.stub_endpoint(providers)
    Endpoint.objects.filter(pk=endpoint.pk).update(structured_output="tagged")
    endpoint.refresh_from_db()
    return endpoint


def _values(campaign: Campaign, key: str) -> list[str]:
    ratings = ImportedRating.objects.filter(criterion__campaign=campaign, criterion__key=key, kind="judge")
    return list(ratings.order_by("item__position", "swapped").values_list("value", flat=True))


def test_every_criterion_of_every_item_is_answered_by_one_call(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, FAITHFUL, TOPICS, LENGTH, TONE, items=7)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)))
    assert judge.state == "complete"
    assert providers.stats()["requests"] == 7
    assert judge.calls == 7
    assert judge.spent == Decimal("0.00084")
    assert judge.reserved == 0
    assert set(_values(campaign, "clarity")) <= {"1", "2", "3", "4", "5"}
    assert set(_values(campaign, "faithful")) <= {"yes", "no"}
    assert set(_values(campaign, "tone")) <= {"dry", "warm", "rude"}
    for label in ("sport", "politics", "weather"):
        assert len(_values(campaign, f"topics: {label}")) == 7
    chosen = ImportedRating.objects.filter(criterion__part_of="topics", value="yes")
    assert chosen.count() == 7  # the stub chooses one label
    rating = ImportedRating.objects.first()
    assert rating is not None
    assert (rating.rater, rating.explanation) == ("GPT v1", "because of the stub")
    assert [(count.key, count.scored) for count in counts_by_criterion(judge)] == [
        (key, 7) for key in ("clarity", "faithful", "topics", "words_missing", "tone")
    ]


def test_each_criterion_in_a_call_of_its_own(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, FAITHFUL, items=3)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers), calls_for="each"))
    assert providers.stats()["requests"] == 6
    assert len(_values(campaign, "clarity")) == len(_values(campaign, "faithful")) == 3
    assert judge.state == "complete"


def test_starting_again_judges_only_what_is_new_and_pays_nothing_twice(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=8)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)), sample_size=3)
    assert providers.stats()["requests"] == 3
    judge_items(judge)
    assert providers.stats()["requests"] == 8
    with pytest.raises(Conflict, match="nothing to judge"):
        start_judging(judge=judge, plan=JudgingPlan(), actor=None)
    another = judge_items(item_judge(campaign, judge.endpoint, name="The same"))
    assert providers.stats()["requests"] == 8
    assert (another.state, another.calls, another.spent) == ("complete", 0, 0)
    assert len(_values(campaign, "clarity")) == 16


def test_only_labelled_items_and_never_the_examples(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=8)
    rate(campaign, "clarity", {0: "1", 2: "4", 4: "5", 5: "2"})
    items = list(campaign.imported_items.all())
    judge = item_judge(campaign, build.stub_endpoint(providers), examples=[items[2], items[5]])
    judge_items(judge, labelled_only=True)
    judged = set(judge.judgments.values_list("item__external_id", flat=True))
    assert judged == {"item-0", "item-4"}
    messages = providers.stats()["last_body"]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert json.loads(messages[1]["content"]) == {"clarity": "4"}
    rate(campaign, "clarity", {2: "1"}, by="bob")
    rate(campaign, "clarity", {2: "1"}, by="cat")
    judge_items(judge)
    assert json.loads(providers.stats()["last_body"]["messages"][1]["content"]) == {"clarity": "4"}
    assert not judge.judgments.filter(item__in=[items[2], items[5]]).exists()


def test_both_orders_are_undone_and_a_judge_that_prefers_the_place_shows_as_inconsistent(
    providers: StubProcess,
) -> None:
    endpoint = _in_words(providers, text="My verdict: [[A]]")
    campaign = item_campaign(BETTER, items=4)
    judge = item_judge(
        campaign,
        endpoint,
        template="{output_a} or {output_b}? {criteria}",
        output_order="both",
        reply_form="own",
    )
    judge_items(judge)
    ratings = ImportedRating.objects.filter(kind="judge").order_by("item__position", "swapped")
    assert [(rating.swapped, rating.value) for rating in ratings] == [(False, "first"), (True, "second")] * 4
    bodies = {completion.request["messages"][0]["content"][:40] for completion in Completion.objects.all()}
    assert any("(0, second) or" in body for body in bodies)


def test_one_order_is_drawn_for_each_item_and_stays(providers: StubProcess) -> None:
    endpoint = _in_words(providers, text="[[B]]")
    campaign = item_campaign(BETTER, items=30)
    judge = judge_items(item_judge(campaign, endpoint, template="{output_a} {output_b}", reply_form="own"))
    swapped = judge.judgments.filter(swapped=True).count()
    assert 5 < swapped < 25
    assert judge.judgments.count() == 30
    values = dict(ImportedRating.objects.values_list("swapped", "value").distinct())
    assert values == {False: "second", True: "first"}


def test_replicates_are_raters_of_their_own(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=2)
    judge_items(item_judge(campaign, build.stub_endpoint(providers), replicates=3))
    raters = ImportedRating.objects.values_list("rater", flat=True)
    assert sorted(raters) == sorted(["GPT v1", "GPT v1 (2)", "GPT v1 (3)"] * 2)
    assert providers.stats()["requests"] == 6


def test_an_unreadable_reply_is_asked_for_once_more_and_then_unscored(providers: StubProcess) -> None:
    endpoint = _in_words(providers, text="I would rather not say.")
    campaign = item_campaign(CLARITY, items=3)
    judge = judge_items(item_judge(campaign, endpoint))
    assert judge.state == "complete"
    assert providers.stats()["requests"] == 6
    assert judge.calls == 6
    assert judge.judgments.filter(state="unscored", first_completion__isnull=False).count() == 3
    (unanswered,) = unanswered_by_reason(judge)
    assert (unanswered.reason, unanswered.count) == ("the judge's reply is unreadable", 3)
    assert [(count.scored, count.unscored) for count in counts_by_criterion(judge)] == [(0, 3)]
    providers.configure(text='{"explanation": "ok", "clarity": 4}')
    assert retry_judging(judge=judge, actor=None) == 3
    go_on(judge)
    assert _values(campaign, "clarity") == ["4", "4", "4"]
    assert judge.calls == 9


def test_what_is_readable_in_half_a_reply_counts(providers: StubProcess) -> None:
    endpoint = _in_words(providers, text='{"explanation": "x", "clarity": 4, "faithful": "perhaps"}')
    campaign = item_campaign(CLARITY, FAITHFUL, items=2)
    judge = judge_items(item_judge(campaign, endpoint))
    assert _values(campaign, "clarity") == ["4", "4"]
    assert _values(campaign, "faithful") == []
    assert list(judge.judgments.values_list("state", "unanswered")) == [("unscored", ["faithful"])] * 2


REJECTED = {
    "401": "authentication",
    "403": "permission",
    "404": "not_found",
    "quota": "quota_exhausted",
}.items()
HOSTILE = [
    '<script>alert(1)</script>{"clarity": 3, "explanation": "<img src=x onerror=alert(1)>"}',
    "\x00\ud800".encode("utf-8", "replace").decode() + '{"clarity": 3}',
    '{"clarity": 3, "explanation": "' + "x" * 50_000 + '"}',
    "{" * 30_000 + '"clarity": 3',
    '{"clarity": {"clarity": {"clarity": 3}}}',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_replies_end_as_an_answer_or_unscored(providers: StubProcess, text: str) -> None:
    endpoint = _in_words(providers, text=text)
    campaign = item_campaign(CLARITY, items=2)
    judge = judge_items(item_judge(campaign, endpoint))
    assert judge.state == "complete"
    assert set(_values(campaign, "clarity")) <= {"3"}
    assert not judge.judgments.filter(state__in=["pending", "waiting"]).exists()


@pytest.mark.parametrize(("fate", "code"), REJECTED)
def test_a_key_that_is_rejected_stops_the_judge_after_a_few_calls(
    providers: StubProcess, fate: str, code: str
) -> None:
    campaign = item_campaign(CLARITY, items=90)
    providers.configure(rates={fate: 1.0})
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)))
    assert providers.stats()["requests"] == FIRST_CALLS
    assert (judge.state, judge.stop_reason) == ("stopped", code)
    providers.configure()
    resume_judging(judge=judge, actor=None)
    go_on(judge)
    assert judge.state == "complete"
    assert len(_values(campaign, "clarity")) == 90
    assert providers.stats()["requests"] == 90


def test_a_key_that_is_revoked_in_the_middle_stops_the_judge(providers: StubProcess) -> None:
    endpoint = build.stub_endpoint(providers)
    Endpoint.objects.filter(pk=endpoint.pk).update(max_concurrency=4)
    endpoint.refresh_from_db()
    campaign = item_campaign(CLARITY, items=90)
    judge = judge_items(item_judge(campaign, endpoint), sample_size=20)
    providers.configure(rates={"401": 1.0})
    judge = judge_items(judge)
    assert judge.state == "stopped"
    assert providers.stats()["requests"] <= 16


@pytest.mark.parametrize("fate", ["429", "500", "malformed", "drop", "drop_body", "empty"])
def test_what_passes_by_itself_is_tried_again(
    providers: StubProcess, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.engine.calls.recording.LONGEST_DELAY", 0.01)
    providers.configure(rates={fate: 0.3}, only_first=True)
    campaign = item_campaign(CLARITY, items=12)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)))
    assert judge.state == "complete"
    assert len(_values(campaign, "clarity")) == 12


def test_a_dead_port_stops_the_judge_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.engine.calls.recording.LONGEST_DELAY", 0.01)
    endpoint = Endpoint.objects.create(
        name="dead", provider="openai", model="m", base_url="http://127.0.0.1:9/v1"
    )
    campaign = item_campaign(CLARITY, items=90)
    judge = judge_items(item_judge(campaign, endpoint))
    assert (judge.state, judge.stop_reason) == ("stopped", "connection")
    assert Completion.objects.count() == FIRST_CALLS


def test_refusals_are_counted_as_unscored_and_not_tried_again(providers: StubProcess) -> None:
    providers.configure(rates={"refuse": 1.0})
    campaign = item_campaign(CLARITY, items=9)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)))
    assert judge.state == "complete"
    assert [row.reason for row in unanswered_by_reason(judge)] == ["the judge refused"]
    with pytest.raises(Conflict):
        retry_judging(judge=judge, actor=None)


def test_items_that_show_nothing_are_unscored_without_a_call(providers: StubProcess) -> None:
    campaign = item_campaign(BETTER, items=3)
    campaign.imported_items.filter(position=0).update(exhibit={})
    single = campaign.imported_items.get(position=1)
    single.exhibit["outputs"] = single.exhibit["outputs"][:1]
    single.save()
    endpoint = build.stub_endpoint(providers)
    judge = judge_items(item_judge(campaign, endpoint, template="{output_a} {output_b}", output_order="both"))
    assert providers.stats()["requests"] == 2
    reasons = {row.reason: row.count for row in unanswered_by_reason(judge)}
    assert reasons == {"the item has no texts to show": 1, "the item does not have two outputs to compare": 1}


def test_a_money_budget_holds_and_can_be_raised(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=40)
    judge = item_judge(campaign, build.stub_endpoint(providers))
    judge_items(judge, money_budget=Decimal("0.005"))
    assert judge.state == "budget_reached"
    assert 0 < judge.spent <= Decimal("0.005")
    made = providers.stats()["requests"]
    assert 0 < made < 40
    assert judge.spent == made * Decimal("0.00012")
    set_judging_budgets(judge=judge, money_budget=Decimal(1), call_budget=None, actor=None)
    resume_judging(judge=judge, actor=None)
    go_on(judge)
    assert judge.state == "complete"
    assert providers.stats()["requests"] == 40


def test_a_call_budget_holds(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=40)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)), call_budget=7)
    assert (judge.state, judge.calls, providers.stats()["requests"]) == ("budget_reached", 7, 7)


def test_a_paused_judge_asks_nothing_further_and_a_cancelled_one_gives_up(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=40)
    judge = item_judge(campaign, build.stub_endpoint(providers))
    start_judging(judge=judge, plan=JudgingPlan(), actor=None)
    advance_judging(judge_id=judge.pk)
    pause_judging(judge=judge, actor=None)
    go_on(judge)
    assert providers.stats()["requests"] == FIRST_CALLS
    assert len(_values(campaign, "clarity")) == FIRST_CALLS
    cancel_judging(judge=judge, actor=None)
    assert judge.judgments.count() == FIRST_CALLS
    with pytest.raises(Conflict):
        resume_judging(judge=judge, actor=None)
    judge_items(judge)
    assert len(_values(campaign, "clarity")) == 40


def test_a_failure_on_record_of_somebody_else_is_not_taken_over(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=2)
    providers.configure(rates={"401": 1.0})
    endpoint = build.stub_endpoint(providers)
    judge_items(item_judge(campaign, endpoint))
    providers.configure()
    another = judge_items(item_judge(campaign, endpoint, name="Another"))
    assert another.state == "complete"
    assert another.spent == Decimal("0.00024")


def test_settling_twice_changes_nothing(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=5)
    judge = judge_items(item_judge(campaign, build.stub_endpoint(providers)))
    before = list(ImportedRating.objects.order_by("pk").values())
    spent = judge.spent
    for _ in range(3):
        advance_judging(judge_id=judge.pk)
    judge.refresh_from_db()
    assert list(ImportedRating.objects.order_by("pk").values()) == before
    assert judge.spent == spent


def test_an_old_import_without_definitions_is_judged_in_the_words_of_its_ratings(
    providers: StubProcess,
) -> None:
    campaign = item_campaign(CLARITY, TONE, items=3)
    campaign.criteria.filter(key="tone").update(definition={}, categories=None, kind="nominal")
    campaign.criteria.filter(key="clarity").update(definition={}, categories=None)
    rate(campaign, "tone", {0: "Pass", 1: "Fail", 2: "Pass"})
    rate(campaign, "clarity", {0: "1", 1: "4", 2: "5"})
    judge_items(item_judge(campaign, build.stub_endpoint(providers)))
    assert set(_values(campaign, "tone")) <= {"Pass", "Fail"}
    assert set(_values(campaign, "clarity")) <= {"1", "2", "3", "4", "5"}


def test_a_version_is_never_changed_but_followed_by_the_next(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=2)
    endpoint = build.stub_endpoint(providers)
    first = item_judge(campaign, endpoint)
    second = item_judge(campaign, endpoint, template="{output} {criteria}")
    assert [str(first), str(second)] == ["GPT v1", "GPT v2"]
    judge_items(first)
    judge_items(second)
    assert set(ImportedRating.objects.values_list("rater", flat=True)) == {"GPT v1", "GPT v2"}
    assert ItemJudge.objects.get(pk=first.pk).template != second.template


def test_drains_at_the_same_time_pay_nothing_twice(providers: StubProcess) -> None:
    campaign = item_campaign(CLARITY, items=10)
    judge = item_judge(campaign, build.stub_endpoint(providers))
    start_judging(judge=judge, plan=JudgingPlan(), actor=None)
    for _ in range(3):
        advance_judging(judge_id=judge.pk)
        drain(judge.endpoint)
    go_on(judge)
    assert providers.stats()["repeats"] == {}
    assert judge.calls == providers.stats()["requests"] == 10


def test_a_turn_that_takes_long_leaves_the_rest_to_the_next(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = item_campaign(CLARITY, items=12)
    endpoint = build.stub_endpoint(providers)
    judge_items(item_judge(campaign, endpoint))
    monkeypatch.setattr("annotations.item_judging.services.judging.CHUNK", 5)
    woken: list[int] = []
    monkeypatch.setattr("annotations.item_judging.services.judging.wake", lambda _task, pk: woken.append(pk))
    again = item_judge(campaign, endpoint, name="Again")
    start_judging(judge=again, plan=JudgingPlan(), actor=None)
    advance_judging(judge_id=again.pk, seconds=0)
    assert woken == [again.pk]
    assert again.judgments.filter(state="waiting").count() == 7
    advance_judging(judge_id=again.pk)
    again.refresh_from_db()
    assert (again.state, again.calls) == ("complete", 0)
