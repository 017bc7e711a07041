"""Tables of labelling: campaigns hold tasks, tasks gather labels, labels become gold."""

from annotations.models.campaign import Campaign, Guidelines, Member
from annotations.models.export import Export
from annotations.models.gold import GoldLabel, GoldRelease
from annotations.models.gold_request import GoldRequest
from annotations.models.imported import Criterion, ImportedItem, ImportedRating
from annotations.models.item_judge import ItemJudge, ItemJudgeTrial, ItemJudgment
from annotations.models.label import Adjudication, Draft, Label
from annotations.models.people import Invitation, ScreenSettings
from annotations.models.qualification import QualificationAnswer, QualificationAttempt, QualificationDraw
from annotations.models.table_upload import SavedMapping, TableUpload
from annotations.models.task import Assignment, Flag, KnownScore, Task
from annotations.models.validation import ValidationReport

__all__ = [
    "Adjudication",
    "Assignment",
    "Campaign",
    "Criterion",
    "Draft",
    "Export",
    "Flag",
    "GoldLabel",
    "GoldRelease",
    "GoldRequest",
    "Guidelines",
    "ImportedItem",
    "ImportedRating",
    "Invitation",
    "ItemJudge",
    "ItemJudgeTrial",
    "ItemJudgment",
    "KnownScore",
    "Label",
    "Member",
    "QualificationAnswer",
    "QualificationAttempt",
    "QualificationDraw",
    "SavedMapping",
    "ScreenSettings",
    "TableUpload",
    "Task",
    "ValidationReport",
]
