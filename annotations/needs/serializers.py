"""What needs a person: the same as the home page says."""

from typing import Any

from rest_framework import serializers

from annotations.models.campaign import CampaignStatus
from annotations.needs.selectors import LedCampaign, OwnCampaign


class OwnCampaignSerializer(serializers.Serializer[OwnCampaign]):
    """A campaign that the caller labels in. `has_work`: there is something to label now."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    status = serializers.ChoiceField(CampaignStatus.choices)
    is_paused = serializers.BooleanField(help_text="The caller is.")
    must_qualify = serializers.BooleanField()
    labelled = serializers.IntegerField()
    quota = serializers.IntegerField(allow_null=True)
    has_work = serializers.BooleanField()


class LedCampaignSerializer(serializers.Serializer[LedCampaign]):
    """A campaign that the caller leads, and what waits in it; counted up to a little over a thousand. `report` is the
    status of the newest validation report, empty where there is none; `report_is_old`: something has changed since.
    """

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    status = serializers.ChoiceField(CampaignStatus.choices)
    open_tasks = serializers.IntegerField()
    disputed = serializers.IntegerField()
    flags = serializers.IntegerField()
    paused_people = serializers.IntegerField()
    report = serializers.CharField(allow_blank=True)
    report_is_old = serializers.BooleanField(allow_null=True)


class LinkSerializer(serializers.Serializer[Any]):
    """A thing by its id and name."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class RunNeedsSerializer(serializers.Serializer[Any]):
    """What runs want of an admin: the latest few of each kind, and how many there are in all. `troubled` are endpoints
    with a failed call in the last day.
    """

    running = LinkSerializer(many=True)
    running_count = serializers.IntegerField()
    stopped = LinkSerializer(many=True, help_text="Their budget is reached.")
    stopped_count = serializers.IntegerField()
    paused = LinkSerializer(many=True)
    paused_count = serializers.IntegerField()
    failed = LinkSerializer(many=True, help_text="With failed items.")
    failed_count = serializers.IntegerField()
    stale_results = serializers.IntegerField()
    builds_to_review = LinkSerializer(many=True)
    troubled = LinkSerializer(many=True)


class NeedsSerializer(serializers.Serializer[Any]):
    """What needs the caller; `runs` is for admins, null for everybody else."""

    own = OwnCampaignSerializer(many=True)
    led = LedCampaignSerializer(many=True)
    runs = RunNeedsSerializer(allow_null=True)
