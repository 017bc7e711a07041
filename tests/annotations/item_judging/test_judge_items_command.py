"""`manage.py judge_items`: a judge made and started, or nothing at all."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotations.models import ItemJudge
from core.models import AuditEvent
from evaluation.models import Endpoint
from tests import build
from tests.judged_items import CLARITY, go_on, item_campaign
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("judge_items", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_judge_is_made_from_a_prompt_file_and_started(providers: StubProcess, tmp_path: Path) -> None:
    build.stub_endpoint(providers)
    campaign = item_campaign(CLARITY)
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("{output} {rubrik} {criteria}", encoding="utf-8")
    out, err = _run(
        campaign.name, "--endpoint", "stub", "--prompt", str(prompt), "--sample", "4", "--calls", "9"
    )
    assert "Started “stub v1”: 4 items, 4 calls, about $" in out
    assert "“{rubrik}” stands for nothing" in err
    judge = go_on(ItemJudge.objects.get())
    assert (judge.state, judge.template, judge.call_budget) == ("complete", "{output} {rubrik} {criteria}", 9)
    assert AuditEvent.objects.get(action="item_judging.started").details["command"] == "judge_items"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--endpoint", "no such"],
        ["--endpoint", "stub", "--money", "many"],
        ["--endpoint", "stub", "--prompt", "/no/such/file"],
        ["--endpoint", "stub", "--criterion", "no such"],
        ["--endpoint", "stub", "--example", "no such"],
        ["--endpoint", "stub", "--labelled"],  # nobody has labelled anything
        ["--endpoint", "unpriced", "--money", "3"],
    ],
)
def test_what_cannot_be_started_leaves_no_judge(providers: StubProcess, arguments: list[str]) -> None:
    build.stub_endpoint(providers)
    Endpoint.objects.create(name="unpriced", provider="openai", model="m", base_url=providers.openai_url)
    campaign = item_campaign(CLARITY)
    with pytest.raises(CommandError):
        _run(campaign.name, *arguments)
    assert not ItemJudge.objects.exists()


def test_an_unknown_campaign_is_answered_with_those_that_there_are() -> None:
    campaign = item_campaign(CLARITY)
    with pytest.raises(CommandError, match=campaign.name):
        _run("no such", "--endpoint", "stub")
