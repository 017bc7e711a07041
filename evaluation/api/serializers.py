"""What the API shows of the evaluation."""

from rest_framework import serializers

from evaluation.models import Run


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run in short."""

    model = serializers.CharField(source="model_name", read_only=True)
    dataset = serializers.CharField(source="dataset.name", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id",
            "name",
            "model",
            "method",
            "setting",
            "dataset",
            "status",
            "is_demonstration",
            "created_at",
        ]
