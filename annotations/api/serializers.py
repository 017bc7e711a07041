"""What the API shows of labelling."""

from rest_framework import serializers

from annotations.models import Campaign


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """A campaign in short. Runs are named to leads and staff only: annotators are blind to the model."""

    class Meta:
        model = Campaign
        fields = [
            "id",
            "name",
            "status",
            "overlap",
            "threshold",
            "sample_size",
            "sampling",
            "is_demonstration",
        ]
