"""What needs a person: the same as the home page says."""

from typing import Any

from rest_framework import serializers

from annotations.models.campaign import CampaignStatus
from annotations.needs.selectors import LedCampaign, OwnCampaign
from core.api.dataclass_serializer import DataclassSerializer
from evaluation.runs.selectors.needs import RunNeeds


class OwnCampaignSerializer(DataclassSerializer[OwnCampaign]):
    """A campaign that the caller labels in. `has_work`: there is something to label now."""

    dataclass = OwnCampaign
    left_out = ["pk", "is_demonstration", "has_task_in_hand", "has_open_task"]
    id = serializers.IntegerField(source="pk")
    status = serializers.ChoiceField(CampaignStatus.choices)
    is_paused = serializers.BooleanField(help_text="The caller is.")
    has_work = serializers.BooleanField()


class LedCampaignSerializer(DataclassSerializer[LedCampaign]):
    """A campaign that the caller leads, and what waits in it; counted up to a little over a thousand. `report` is the
    status of the newest validation report, empty where there is none; `report_is_old`: something has changed since.
    """

    dataclass = LedCampaign
    left_out = ["pk", "is_demonstration"]
    id = serializers.IntegerField(source="pk")
    status = serializers.ChoiceField(CampaignStatus.choices)


class LinkSerializer(serializers.Serializer[Any]):
    """A thing by its id and name."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class RunNeedsSerializer(DataclassSerializer[RunNeeds]):
    """What runs want of an admin: the latest few of each kind, and how many there are in all. `troubled` are endpoints
    with a failed call in the last day.
    """

    dataclass = RunNeeds
    left_out = ["troubles"]
    running = LinkSerializer(many=True)
    stopped = LinkSerializer(many=True, help_text="Their budget is reached.")
    paused = LinkSerializer(many=True)
    failed = LinkSerializer(many=True, help_text="With failed items.")
    builds_to_review = LinkSerializer(many=True)
    troubled = LinkSerializer(many=True)


class NeedsSerializer(serializers.Serializer[Any]):
    """What needs the caller; `runs` is for admins, null for everybody else."""

    own = OwnCampaignSerializer(many=True)
    led = LedCampaignSerializer(many=True)
    runs = RunNeedsSerializer(allow_null=True)
