"""Prompts, as runs used them."""

from rest_framework import serializers

from evaluation.models import Prompt


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    """A version of a prompt, as runs used it."""

    class Meta:
        model = Prompt
        fields = ["id", "name", "version", "text", "sha256", "created_at"]
        read_only_fields = fields
