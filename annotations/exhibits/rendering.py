"""An exhibit as safe HTML, part by part. Cached as responses are: people see the same items one soon after another."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from pydantic import ValidationError

from annotations.exhibits.allowance import Allowance
from annotations.exhibits.steps import trace_html
from annotations.exhibits.texts import TOO_DEEP, code_html, json_html, json_text, markdown_html, text_html
from annotations.exhibits.turns import chat_html
from core.text.unseen import with_marks
from perg.formats.rated_items import Block, Exhibit, dump_exhibit, load_exhibit

TEMPLATE = "annotations/items/_exhibit.html"
CACHED_EXHIBITS = 500
LONGEST_CACHED = 20_000
NAMES_OF_TWO = ("First output", "Second output")


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block laid out; `heading` is HTML, too."""

    kind: str
    heading: SafeString
    html: SafeString


@dataclass(frozen=True, slots=True)
class ShownOutput:
    name: str
    blocks: tuple[ShownBlock, ...]


@dataclass(frozen=True, slots=True)
class ShownExhibit:
    """An exhibit laid out for `annotations/items/_exhibit.html`."""

    context: tuple[ShownBlock, ...]
    outputs: tuple[ShownOutput, ...]
    reference: tuple[ShownBlock, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.context or self.outputs or self.reference)


def shown_exhibit(exhibit: Exhibit | object) -> ShownExhibit:
    """An exhibit, or its stored JSON, laid out. One that cannot be read is shown as JSON."""
    try:
        stored = dump_exhibit(exhibit) if isinstance(exhibit, Exhibit) else exhibit
        document = json.dumps(stored, ensure_ascii=False)
    except (ValueError, RecursionError):
        document = json.dumps(dump_exhibit(Exhibit(context=(Block("text", TOO_DEEP),))))
    return _shown(document) if len(document) > LONGEST_CACHED else _cached(document)


def exhibit_html(exhibit: Exhibit | object) -> SafeString:
    """All of it as one piece of HTML, for what is no template."""
    return render_to_string(TEMPLATE, {"exhibit": exhibit})


@lru_cache(maxsize=CACHED_EXHIBITS)
def _cached(document: str) -> ShownExhibit:
    return _shown(document)


def _shown(document: str) -> ShownExhibit:
    stored = json.loads(document)
    try:
        exhibit = load_exhibit(stored)
    except ValidationError:
        exhibit = Exhibit(context=(Block("json", stored),))
    allowance = Allowance()
    names = NAMES_OF_TWO if len(exhibit.outputs) == 2 else ("Output",)
    return ShownExhibit(
        context=_blocks(exhibit.context, allowance),
        outputs=tuple(
            ShownOutput(
                names[place] if place < len(names) else f"Output {place + 1}", _blocks(blocks, allowance)
            )
            for place, blocks in enumerate(exhibit.outputs)
        ),
        reference=_blocks(exhibit.reference, allowance),
    )


def _blocks(blocks: Iterable[Block], allowance: Allowance) -> tuple[ShownBlock, ...]:
    # `block_html` and `with_marks` escape what they are given
    return tuple(
        ShownBlock(block.kind, mark_safe(with_marks(block.heading)), mark_safe(block_html(block, allowance)))
        for block in blocks
    )


def block_html(block: Block, allowance: Allowance) -> str:
    """A block's content as safe HTML: nothing in it acts or is fetched, and its size is bounded."""
    heading = 5 if block.heading else 4
    if allowance.is_spent:
        return '<p class="no-text">Not shown: the texts before it are too long for a page.</p>'
    content: Any = block.content
    match block.kind:
        case "chat":
            return chat_html(content, allowance)
        case "trace":
            return trace_html(content, allowance)
        case "json":
            return allowance.writes(json_html(content))
        case "code":
            return allowance.writes(_code(content))
        case "markdown":
            return allowance.writes(markdown_html(_text(content), allowance, heading=heading))
        case _:
            return allowance.writes(text_html(_text(content), allowance))


def _text(content: object) -> str:
    return content if isinstance(content, str) else json_text(content)


def _code(content: object) -> str:
    """Code as a text, or as an object that names its language."""
    if isinstance(content, dict) and isinstance(content.get("code"), str):
        return code_html(content["code"], str(content.get("language") or ""))
    return code_html(_text(content))
