"""Where a Pref-Aligner run fails, stage by stage: reads rows into arrays and calls `statistics.aligner_stages`."""

import re
from dataclasses import dataclass

import numpy as np

from evaluation.models import ItemCall, Response, Run
from evaluation.models.item import Condition
from evaluation.models.run import Method, Setting
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.stages.plan import Stage
from perg.stats.runs.aligner_stages import AlignerOutcomes, Failure, StageFailure, aligner_stages
from perg.stats.runs.perg_metrics import NO_RELEVANT_PREFERENCE

NOT_RECORDED = "the record does not say whether the aligner's reply was readable"
NONE_TOLD = "no irrelevant preference was told"
MAY_BE_MEANT = "a change may serve the relevant preference, which was told beside the irrelevant ones"
NO_JUDGE = "no judge rates this run"

NAMES = {
    Failure.BASELINE_WRONG: "Baseline already wrong",
    Failure.FELL_BACK: "Unreadable reply, fell back",
    Failure.BROKEN: "Aligner broke a right answer",
    Failure.ACTED_ON_IRRELEVANT: "Irrelevant preference acted on",
    Failure.NOT_FOLLOWED: "Preference not followed",
    Failure.UNSCORED: "Not scored by the judge",
    Failure.NONE: "No failure",
}

DETERMINED = {
    Failure.BASELINE_WRONG: "The answer read from the baseline response, the aligner's input, is not the gold option, "
    "or none could be read. The aligner is not to re-answer, so it cannot mend this.",
    Failure.FELL_BACK: "No JSON object with a response could be read from the aligner's reply, so the baseline "
    "response stands in. Undefined for imported runs, which do not record the reply.",
    Failure.BROKEN: "The baseline answer is the gold option; the one read from the aligner's response is not, or none "
    "could be read.",
    Failure.ACTED_ON_IRRELEVANT: "Only irrelevant preferences were told, so the response was to stay as it is, and its "
    "text differs in more than white space. Undefined where a relevant preference was told, too: the change may be the "
    "one that was wanted.",
    Failure.NOT_FOLLOWED: "Both answers are right, and the judge's mean score is below its threshold. Undefined "
    "without a judge and where no preference is relevant.",
    Failure.UNSCORED: "Both answers are right, and the judge gave no score.",
    Failure.NONE: "Both answers are right and nothing else was found.",
}


@dataclass(frozen=True, slots=True)
class AlignerFailures:
    """The stages by judge; the key is empty where no judge can tell."""

    judges: dict[str, list[StageFailure]]


def aligner_failures(outcomes: RunOutcomes) -> AlignerFailures | None:
    """The failures of a Pref-Aligner run by judge; None for other methods."""
    run = outcomes.run
    if run.method != Method.PREF_ALIGNER:
        return None
    aligner = _aligner_outcomes(run, outcomes.items)
    verdicts = outcomes.verdicts
    by_judge: dict[str, list[StageFailure]] = {}
    if run.setting == Setting.IRRELEVANT or not verdicts:
        why = NO_RELEVANT_PREFERENCE if run.setting == Setting.IRRELEVANT else NO_JUDGE
        stages = aligner_stages(outcomes.outcomes, aligner, why)
        by_judge[""] = stages
    else:
        for judge, verdict in verdicts.items():
            stages = aligner_stages(outcomes.outcomes, aligner, verdict)
            by_judge[judge] = stages
    return AlignerFailures(by_judge)


def _aligner_outcomes(run: Run, items: list[int]) -> AlignerOutcomes:
    """Whether the aligner's replies were readable, and whether it changed what was to stay."""
    fell_back: dict[int, bool] = {}
    changed: dict[int, bool] = {}
    asks_about_change = run.setting == Setting.IRRELEVANT
    baselines = _texts(run, Condition.BASELINE) if asks_about_change else {}
    rows = Response.objects.filter(item__run=run, condition=Condition.PERSONALISED)
    texts = _texts(run, Condition.PERSONALISED) if asks_about_change else {}
    for item, fallen in rows.values_list("item", "fell_back"):
        fell_back[item] = fallen
        changed[item] = texts.get(item) != baselines.get(item)
    on_record = ItemCall.objects.filter(item__run=run, stage=Stage.ALIGNER).exists()
    why_not = NONE_TOLD if run.setting == Setting.RELEVANT else MAY_BE_MEANT
    return AlignerOutcomes(
        fell_back=np.array([fell_back[item] for item in items], dtype=np.bool_)
        if on_record
        else NOT_RECORDED,
        acted=np.array([changed[item] for item in items], dtype=np.bool_) if asks_about_change else why_not,
    )


def _texts(run: Run, condition: Condition) -> dict[int, int]:
    """A hash of each response's words: white space does not count, and all the texts need not stay in memory.

    White space is that of ASCII, as `selectors.run_items` has it: other kinds are not the same everywhere.
    """
    rows = Response.objects.filter(item__run=run, condition=condition).values_list("item", "text")
    return {
        item: hash(re.sub(r"[ \t\n\r\f\v]+", " ", text.strip(" \t\n\r\f\v")))
        for item, text in rows.iterator(chunk_size=2000)
    }
