"""The prompt that a new judge starts with."""

from annotations.item_judging.selectors.questions import questions_of
from annotations.models import Campaign
from perg.formats.rated_items import load_exhibit
from perg.rubrics.judge_prompts import PromptText, default_prompt
from perg.rubrics.presets import PRESETS

LOOKED_AT = 50


def first_prompt(campaign: Campaign, preset: str = "") -> PromptText:
    """A prompt that shows what the campaign's items have and asks its criteria, with the instructions of a preset."""
    items = campaign.imported_items.exclude(exhibit={}).order_by("position")[:LOOKED_AT]
    definitions = [question.definition for question in questions_of(campaign)]
    instructions = PRESETS[preset].instructions if preset in PRESETS else ""
    exhibits = [load_exhibit(item.exhibit) for item in items]
    return default_prompt(exhibits, definitions, instructions=instructions)
