"""`manage.py judge_items CAMPAIGN --endpoint NAME`: have a model judge imported items, and watch it."""

import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from annotations.item_judging.selectors.judges import judging_of, unanswered_by_reason, usable_endpoints
from annotations.item_judging.selectors.prompts import first_prompt
from annotations.item_judging.services.control import JudgingPlan, start_judging
from annotations.item_judging.services.estimate import estimate_judging
from annotations.item_judging.services.judges import ItemJudgeSpec, create_item_judge
from annotations.item_judging.services.trials import preview_item_judge
from annotations.models import Campaign, ItemJudge
from annotations.models.item_judge import CallsFor, JudgingState, OutputOrder, ReplyForm
from core.audit.writing import acting_by
from core.errors import DomainError, NotFound
from evaluation.engine.calls.causes import cause_in_words
from evaluation.models import Endpoint

NAMES_SHOWN = 20


class Command(BaseCommand):
    help = "Have a model judge a campaign's imported items, by the campaign's criteria. A Celery worker does the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", help="its name or id")
        parser.add_argument("--endpoint", required=True, help="name of the endpoint to call")
        parser.add_argument("--name", help="name of the judge (default: the endpoint's)")
        parser.add_argument(
            "--prompt", type=Path, metavar="FILE", help="your own prompt, with places such as {output}"
        )
        parser.add_argument("--system", type=Path, metavar="FILE", help="your own system message")
        parser.add_argument(
            "--criterion", action="append", default=[], help="key; may be repeated (default: all)"
        )
        parser.add_argument("--calls-for", choices=CallsFor.values, default=CallsFor.ALL.value)
        parser.add_argument("--reply", choices=ReplyForm.values, default=ReplyForm.STRUCTURED.value)
        parser.add_argument("--order", choices=OutputOrder.values, default=OutputOrder.DRAWN.value)
        parser.add_argument(
            "--answer-first", action="store_true", help="ask for the answer before the reasons"
        )
        parser.add_argument("--replicates", type=int, default=1)
        parser.add_argument("--temperature", type=float)
        parser.add_argument("--max-tokens", type=int, default=1024)
        parser.add_argument(
            "--example", action="append", default=[], metavar="ID", help="a labelled item to show"
        )
        parser.add_argument("--labelled", action="store_true", help="only items that people have labelled")
        parser.add_argument("--sample", type=int, help="number of items (default: all)")
        parser.add_argument("--money", help="budget in US dollars")
        parser.add_argument("--calls", type=int, help="budget in calls")
        parser.add_argument("--wait", action="store_true", help="show progress; fail unless complete")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting_by(command="judge_items"), transaction.atomic():
                judge = self._start(options)
        except DomainError as error:
            raise CommandError(error.message) from error
        if options["wait"]:
            self._watch(judge)

    def _start(self, options: dict[str, Any]) -> ItemJudge:
        campaign = _campaign(options["campaign"])
        spec = _spec(campaign, options)
        plan = JudgingPlan(
            labelled_only=options["labelled"],
            sample_size=options["sample"],
            money_budget=_money(options["money"]),
            call_budget=options["calls"],
        )
        for problem in preview_item_judge(campaign=campaign, spec=spec, item=None, actor=None).problems:
            self.stderr.write(f"Warning: {problem}")
        judge = create_item_judge(campaign=campaign, spec=spec, actor=None)
        estimate = estimate_judging(judge, plan)
        start_judging(judge=judge, plan=plan, actor=None)
        cost = "unpriced" if estimate.cost is None else f"about ${estimate.cost:.4f}"
        self.stdout.write(f"Started “{judge}”: {estimate.items} items, {estimate.calls} calls, {cost}.")
        return judge

    def _watch(self, judge: ItemJudge) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(file=sys.stderr)) as bars:
            bar = bars.add_task(str(judge))
            while True:
                judge.refresh_from_db()
                progress = judging_of([judge])[0]
                bars.update(bar, total=progress.total, completed=progress.settled)
                if not progress.is_moving:
                    break
                time.sleep(1)
        self.stdout.write(
            f"{judge}: {judge.get_state_display().lower()}; {progress.scored} scored, {progress.unscored} unscored, "
            f"{progress.failed} failed; ${judge.spent:.4f}."
        )
        for row in unanswered_by_reason(judge):
            self.stdout.write(f"  {row.count}: {row.reason}")
        if judge.state == JudgingState.STOPPED:
            raise CommandError(f"Stopped: {cause_in_words(judge.stop_reason)}")
        if judge.state != JudgingState.COMPLETE:
            raise CommandError(f"{judge} did not complete.")


def _campaign(name: str) -> Campaign:
    campaigns = Campaign.objects.filter(is_imported=True)
    campaign = campaigns.filter(name=name).first()
    if campaign is None and name.isdecimal() and len(name) < 19:
        campaign = campaigns.filter(pk=int(name)).first()
    if campaign is None:
        names = ", ".join(campaigns.values_list("name", flat=True)[:NAMES_SHOWN]) or "none"
        raise NotFound(f"There is no campaign of imported items “{name}”. There are: {names}.")
    return campaign


def _endpoint(name: str) -> Endpoint:
    endpoints = usable_endpoints(None)
    endpoint = endpoints.filter(name=name).first()
    if endpoint is None:
        names = ", ".join(endpoints.values_list("name", flat=True)[:NAMES_SHOWN]) or "none"
        raise NotFound(f"There is no endpoint “{name}” that could judge items. There are: {names}.")
    return endpoint


def _spec(campaign: Campaign, options: dict[str, Any]) -> ItemJudgeSpec:
    prompt = first_prompt(campaign)
    items = campaign.imported_items.filter(external_id__in=options["example"])
    examples = list(items)
    if missing := set(options["example"]) - {item.external_id for item in examples}:
        raise NotFound(f"There is no item “{min(missing)}” in this campaign.")
    own = options["prompt"] is not None
    return ItemJudgeSpec(
        name=options["name"] or options["endpoint"],
        endpoint=_endpoint(options["endpoint"]),
        template=_text(options["prompt"]) if own else prompt.template,
        system=_text(options["system"]) if options["system"] else "" if own else prompt.system,
        criteria=options["criterion"],
        calls_for=options["calls_for"],
        reply_form=options["reply"],
        reason_first=not options["answer_first"],
        output_order=options["order"],
        temperature=options["temperature"],
        max_tokens=options["max_tokens"],
        replicates=options["replicates"],
        examples=examples,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"{path} cannot be read: {error}") from error


def _money(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation as error:
        raise DomainError(f"“{text}” is no amount of money.", field="money") from error
