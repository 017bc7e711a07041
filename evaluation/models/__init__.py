"""Tables of the evaluation: data flows from questions through runs and completions to judgments."""

from evaluation.models.canary import CanaryCall, CanaryTest
from evaluation.models.catalogue_build import BuildQuestion, CatalogueBuild, Proposal
from evaluation.models.completion import Completion
from evaluation.models.dataset import Catalogue, Dataset, Preference, PreferenceAssignment, Question
from evaluation.models.endpoint import Endpoint, Judge, Rubric
from evaluation.models.import_job import ImportJob
from evaluation.models.item import Item, ItemCall, ItemPreference, Response
from evaluation.models.judgment import Judgment
from evaluation.models.result import ResultRow, RunChange, RunGain, RunResult
from evaluation.models.run import Batch, Prompt, Run, RunImport, RunJudge
from evaluation.models.trouble import ComputingTrouble

__all__ = [
    "Batch",
    "BuildQuestion",
    "CanaryCall",
    "CanaryTest",
    "Catalogue",
    "CatalogueBuild",
    "Completion",
    "ComputingTrouble",
    "Dataset",
    "Endpoint",
    "ImportJob",
    "Item",
    "ItemCall",
    "ItemPreference",
    "Judge",
    "Judgment",
    "Preference",
    "PreferenceAssignment",
    "Prompt",
    "Proposal",
    "Question",
    "Response",
    "ResultRow",
    "Rubric",
    "Run",
    "RunChange",
    "RunGain",
    "RunImport",
    "RunJudge",
    "RunResult",
]
