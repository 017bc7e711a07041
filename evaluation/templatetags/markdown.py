"""`{{ text|markdown }}`: what a model wrote, rendered, with everything that could act or phone home removed."""

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

register = template.Library()

# No images: a hostile response could have the annotator's browser fetch an address of its choice.
TAGS = {
    "a", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}

_renderer = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
HIGHEST_HEADING = 3
"""Below the page's own headings (h1, h2), so that a response cannot pass for a part of the page."""


def _demote_headings(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + HIGHEST_HEADING - 1, 6)}"
    return tokens


@register.filter
def markdown(text: str) -> SafeString:
    """The text as sanitised HTML."""
    html = nh3.clean(
        _renderer.renderer.render(_demote_headings(_renderer.parse(text)), _renderer.options, {}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(html)  # nh3 has just sanitised it
