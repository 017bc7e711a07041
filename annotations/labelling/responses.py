"""Responses and items as HTML. Cached: people get the same tasks one soon after another."""

import json
from dataclasses import replace
from functools import lru_cache

from annotations.exhibits.rendering import exhibit_html
from core.templatetags.markdown import as_written, response
from perg.formats.rated_items import load_exhibit

CACHED_TEXTS = 2000
LONGEST_CACHED = 20_000


def rendered(text: str | None) -> str:
    """A response as sanitised HTML; None says that there is none."""
    return str(response(text)) if text and len(text) > LONGEST_CACHED else _rendered(text)


def written(text: str | None) -> str:
    """A response character by character, as HTML; None says that there is none."""
    return str(as_written(text)) if text and len(text) > LONGEST_CACHED else _written(text)


@lru_cache(maxsize=CACHED_TEXTS)
def _rendered(text: str | None) -> str:
    return str(response(text))


@lru_cache(maxsize=CACHED_TEXTS)
def _written(text: str | None) -> str:
    return str(as_written(text))


def item_html(stored: str, *, is_swapped: bool) -> str:
    """The exhibit of an item, stored as JSON, as HTML; swapped, its second output comes first."""
    exhibit = load_exhibit(json.loads(stored))
    return exhibit_html(replace(exhibit, outputs=exhibit.outputs[::-1]) if is_swapped else exhibit)
