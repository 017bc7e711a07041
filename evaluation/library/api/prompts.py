"""REST views of prompts, for staff."""

from rest_framework import generics

from core.api.permissions import IsStaff
from core.api.queries import NamedList
from evaluation.library.serializers.prompts import PromptSerializer
from evaluation.models import Prompt


class PromptList(NamedList[Prompt]):
    """All versions of all prompts that runs used."""

    serializer_class = PromptSerializer
    queryset = Prompt.objects.all()


class PromptDetail(generics.RetrieveAPIView[Prompt]):
    """One version of a prompt."""

    permission_classes = [IsStaff]
    serializer_class = PromptSerializer
    lookup_url_kwarg = "prompt_id"
    queryset = Prompt.objects.all()
