"""Tables of labelling: campaigns hold tasks, tasks gather labels, labels become gold."""

from annotations.models.campaign import Campaign, Member
from annotations.models.gold import GoldLabel, GoldRelease
from annotations.models.label import Adjudication, Draft, Label
from annotations.models.task import Assignment, Task

__all__ = [
    "Adjudication",
    "Assignment",
    "Campaign",
    "Draft",
    "GoldLabel",
    "GoldRelease",
    "Label",
    "Member",
    "Task",
]
