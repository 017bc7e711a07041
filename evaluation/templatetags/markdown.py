"""`{{ text|markdown }}` and `{{ text|response }}`: rendered, with everything that could act or phone home removed.

`markdown` is for what authors write (rubrics, guidelines), `response` for what models wrote: there no character is lost
that might be content.
"""

import nh3
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from evaluation.as_written import response_parser

register = template.Library()

# No images: a hostile response could have the annotator's browser fetch an address of its choice.
TAGS = {
    "a", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}

_responses = response_parser()
_authored = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
HIGHEST_HEADING = 3
"""Below the page's own headings (h1, h2), so that a response cannot pass for a part of the page."""


def _demote_headings(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + HIGHEST_HEADING - 1, 6)}"
    return tokens


PLACEHOLDER = '<p class="no-text">{}</p>'
NOTHING = {None: "There is no baseline response on record.", "": "The response is empty."}
"""What stands in place of a text that is not there."""


LONGEST_MARKDOWN = 50_000
"""In characters: rendering 200,000 can take seconds, while a web thread waits."""
AS_PLAIN_TEXT = (
    '<p class="no-text">Longer than {} characters, so shown as plain text.</p>'
    '<pre class="as-written">{}</pre>'
)


@register.filter
def markdown(text: str) -> SafeString:
    """The text of an author as sanitised HTML."""
    return _sanitised(_authored, text)


@register.filter
def response(text: str | None) -> SafeString:
    """The text of a model as sanitised HTML; of an empty one, or none, that it is so."""
    if text is None or not has_text(text):
        return format_html(PLACEHOLDER, NOTHING[None if text is None else ""])
    return _sanitised(_responses, text)


def is_placeholder(html: str) -> bool:
    """Whether this is what `response` gives for a text that is not there."""
    return html in {PLACEHOLDER.format(words) for words in NOTHING.values()}


def has_text(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return any(not character.isspace() and character not in INVISIBLE for character in text)


INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def _sanitised(parser: MarkdownIt, text: str) -> SafeString:
    if len(text) > LONGEST_MARKDOWN:
        return format_html(AS_PLAIN_TEXT, f"{LONGEST_MARKDOWN:,}", text)
    html = nh3.clean(
        parser.renderer.render(_demote_headings(parser.parse(text)), parser.options, {}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(html)  # nh3 has just sanitised it
