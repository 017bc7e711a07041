"""REST views of an item's whole story, and of a judge's verdicts: they are of both the evaluation and labelling."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.item_story.selectors import people_story
from annotations.item_story.serializers import JudgeVerdictSerializer, StorySerializer, story_data
from annotations.validation.selectors.judge_trust import trust_in
from core.api.actor import actor_of
from core.api.permissions import IsStaff
from evaluation.models import Judge
from evaluation.runs.selectors.item_story import item_story, story_item


class ItemStory(APIView):
    """An item from the question to the gold label: for admins, and for leads of campaigns that it is in."""

    @extend_schema(responses=StorySerializer)
    def get(self, request: Request, item_id: int) -> Response:
        item = story_item(item_id)
        people = people_story(item, actor_of(request))
        return Response(story_data(item_story(item), people))


class JudgeVerdicts(APIView):
    """What campaigns' newest validation reports say of a judge."""

    permission_classes = [IsStaff]

    @extend_schema(responses=JudgeVerdictSerializer(many=True))
    def get(self, request: Request, judge_id: int) -> Response:
        verdicts = trust_in(get_object_or_404(Judge, pk=judge_id))
        return Response(JudgeVerdictSerializer(verdicts, many=True).data)
