"""`{% label_question criterion %}`: the whole question with any of k labels, on the page of one of its labels."""

from django import template

from annotations.models import Criterion
from annotations.validation.services.cached_labels import label_question_shown

register = template.Library()


@register.inclusion_tag("annotations/validation/_validation_labels.html")
def label_question(criterion: Criterion | None) -> dict[str, object]:
    """Nothing where the criterion is not part of a question."""
    shown = label_question_shown(criterion) if criterion else None
    return {"criterion": criterion, "shown": shown, "question": shown.value if shown else None}
