"""Judges and rubrics, and where they are used."""

from collections.abc import Iterable

from django.db.models import Count, OuterRef, QuerySet, Subquery

from evaluation.models import Item, Judge, Response, Rubric, Run, RunJudge
from evaluation.models.item import Condition, Extraction, ItemStatus
from evaluation.models.run import Setting

DEFAULT_RUBRIC = "Preference following"
HEURISTIC_JUDGE = "heuristic (floor)"


def default_rubric() -> Rubric:
    """The rubric of preference following, which every installation has."""
    return Rubric.objects.get(name=DEFAULT_RUBRIC, version=1)


def heuristic_judge() -> Judge:
    """The judge that needs no key: a floor to compare LLM judges with. Every installation has it."""
    return Judge.objects.select_related("endpoint", "rubric").get(name=HEURISTIC_JUDGE)


def judges_with_uses() -> QuerySet[Judge]:
    """Judges with `run_count`, for lists."""
    uses = RunJudge.objects.filter(judge=OuterRef("pk")).order_by().values("judge")
    return (
        Judge.objects.select_related("endpoint", "rubric")
        .annotate(run_count=Subquery(uses.annotate(n=Count("pk")).values("n")))
        .order_by("name")
    )


def latest_rubrics() -> QuerySet[Rubric]:
    """The newest version of each rubric, with `judge_count` of that version, by name."""
    newest = Rubric.objects.filter(name=OuterRef("name")).order_by("-version").values("pk")[:1]
    return Rubric.objects.filter(pk=Subquery(newest)).annotate(judge_count=Count("judges")).order_by("name")


def versions_of(rubric: Rubric) -> QuerySet[Rubric]:
    """All versions of a rubric, newest first, with `judge_count`."""
    return Rubric.objects.filter(name=rubric.name).annotate(judge_count=Count("judges")).order_by("-version")


def runs_judged_by(judge: Judge, limit: int = 20) -> QuerySet[Run]:
    """The latest runs that the judge rates."""
    return Run.objects.filter(run_judges__judge=judge).select_related("endpoint").order_by("-pk")[:limit]


def judges_by_name(runs: Iterable[Run]) -> dict[str, int]:
    """The primary keys of the judges that rate one of the runs, by name: results name judges."""
    return dict(Judge.objects.filter(runs__in=list(runs)).values_list("name", "pk"))


def runs_to_try_on() -> QuerySet[Run]:
    """Runs whose items a judge can be tried on, newest first: those with a preference to follow."""
    return Run.objects.exclude(setting=Setting.IRRELEVANT).order_by("-pk")


def item_to_try_on(run: Run, position: int) -> Item | None:
    """The answered item at this place of the run, or the next one behind it that a judge can rate."""
    return (
        Item.objects.filter(run=run, position__gte=position, status=ItemStatus.DONE, preference__isnull=False)
        .select_related("question", "preference", "run")
        .order_by("position")
        .first()
    )


def texts_of(item: Item) -> tuple[str | None, str]:
    """The item's baseline response, None where none is on record; its personalised one, empty where none is."""
    recorded = Response.objects.filter(item=item).exclude(extraction=Extraction.MISSING)
    texts = dict(recorded.values_list("condition", "text"))
    return texts.get(Condition.BASELINE), texts.get(Condition.PERSONALISED, "")
