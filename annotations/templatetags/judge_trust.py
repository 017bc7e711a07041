"""What campaigns say of a judge, on the evaluation's pages, which know nothing of campaigns themselves."""

from collections.abc import Mapping, Sequence

from django import template

from annotations.validation.selectors import judge_trust
from annotations.validation.selectors.judge_trust import JudgeVerdict
from evaluation.models import Judge

register = template.Library()


@register.simple_tag
def latest_verdicts() -> Mapping[str, Sequence[JudgeVerdict]]:
    return judge_trust.latest_verdicts()


@register.simple_tag
def verdicts_on(judge: Judge, verdicts: Mapping[str, Sequence[JudgeVerdict]]) -> Sequence[JudgeVerdict]:
    return verdicts.get(judge.name, ())


@register.simple_tag
def trust_in(judge: Judge) -> Sequence[JudgeVerdict]:
    return judge_trust.trust_in(judge)
