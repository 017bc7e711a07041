"""`{{ text|markdown }}` and `{{ text|response }}`: rendered, with everything that could act or phone home removed.

`markdown` is for what authors write (rubrics, guidelines), `response` for what models wrote: there no character is lost
that might be content. `{{ text|as_written }}` is the text itself, with characters that cannot be seen made visible.
"""

import nh3
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.text.as_written import response_parser
from core.text.unseen import is_seen, with_marks

register = template.Library()

# No images: a hostile response could have the annotator's browser fetch an address of its choice.
TAGS = {
    "a", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
ADDED_ATTRIBUTES = {"a": {"target": "_blank"}}
"""A link leaves the page, with what is entered there, as it is."""

_responses = response_parser()
_authored = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
HIGHEST_HEADING = 3
"""Below the page's own headings (h1, h2), so that a response cannot pass for a part of the page."""


def _demote_headings(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + HIGHEST_HEADING - 1, 6)}"
    return tokens


PLACEHOLDER = '<p class="no-text" translate="yes">{}</p>'
NOTHING = {None: "There is no baseline response on record.", "": "The response is empty."}
"""What stands in place of a text that is not there."""


LONGEST_MARKDOWN = 50_000
"""In characters: rendering 200,000 can take seconds, while a web thread waits."""
AS_PLAIN_TEXT = (
    '<p class="no-text">Shown as plain text because it is longer than {} characters.</p>'
    '<pre class="as-written" dir="auto" tabindex="0">{}</pre>'
)


@register.filter
def markdown(text: str) -> SafeString:
    """The text of an author as sanitised HTML."""
    return _sanitised(_authored, text)


@register.filter
def response(text: str | None) -> SafeString:
    """The text of a model as sanitised HTML; of an empty one, or none, that it is so."""
    if text is None or not is_seen(text):
        return format_html(PLACEHOLDER, NOTHING[None if text is None else ""])
    return _sanitised(_responses, text)


def is_placeholder(html: str) -> bool:
    """Whether this is what `response` gives for a text that is not there."""
    return html in {PLACEHOLDER.format(words) for words in NOTHING.values()}


@register.filter
def as_written(text: str | None) -> SafeString:
    """The text of a model character by character; of an empty one, or none, that it is so."""
    if not text:
        return response(text)
    written = mark_safe(with_marks(text))  # which has escaped it
    pre = format_html('<pre class="as-written" dir="auto" tabindex="0">{}</pre>', written)
    if is_seen(text):
        return pre
    return format_html("{}{}", format_html(PLACEHOLDER, "This response has no visible content:"), pre)


def _sanitised(parser: MarkdownIt, text: str) -> SafeString:
    if len(text) > LONGEST_MARKDOWN:
        return format_html(AS_PLAIN_TEXT, f"{LONGEST_MARKDOWN:,}", text)
    html = nh3.clean(
        parser.renderer.render(_demote_headings(parser.parse(text)), parser.options, {}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values=ADDED_ATTRIBUTES,
    )
    return mark_safe(html)  # nh3 has just sanitised it
