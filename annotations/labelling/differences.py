"""What one text has that the other has not, word by word, marked in their sanitised HTML.

In scripts without spaces a word is a character.
"""

import re
from collections.abc import Set
from difflib import SequenceMatcher

import nh3

from core.templatetags.markdown import ADDED_ATTRIBUTES, ATTRIBUTES, TAGS, is_placeholder
from core.text.word_splitting import are_comparable, words

TOKEN = re.compile(r"<[^<>]*>|[^<]+|<")


def word_differences(baseline_html: str, personalised_html: str) -> tuple[str, str] | None:
    """Both texts with `<del>` round words of the first that the second has not, and `<ins>` the other way round.

    The HTML has been sanitised, and is so again. Marks never span a tag, so the HTML stays well formed. None for texts
    too long to compare while somebody waits.
    """
    tokens = [_tokens(html) for html in (baseline_html, personalised_html)]
    places = [[i for i, token in enumerate(side) if _is_word(token)] for side in tokens]
    compared = [[side[i] for i in there] for side, there in zip(tokens, places, strict=True)]
    if not are_comparable(*compared):
        return None
    changed: tuple[set[int], set[int]] = set(), set()
    for kind, *spans in SequenceMatcher(None, compared[0], compared[1], autojunk=False).get_opcodes():
        if kind != "equal":
            for side in (0, 1):
                changed[side].update(places[side][slice(*spans[2 * side : 2 * side + 2])])
    return _marked(tokens[0], changed[0], "del"), _marked(tokens[1], changed[1], "ins")


def _tokens(html: str) -> list[str]:
    """Tags, white space and words. What stands in place of a text that is not there has none."""
    if is_placeholder(html):
        return [html]
    tokens: list[str] = []
    for part in TOKEN.findall(html):
        tokens += [part] if part.startswith("<") else words(part)
    return tokens


def _is_word(token: str) -> bool:
    return not token.startswith("<") and not token.isspace()


def _marked(tokens: list[str], changed: Set[int], tag: str) -> str:
    """The tokens with a tag round each run of changed words, and the space inside the run."""
    parts: list[str] = []
    is_open = False
    for i, token in enumerate(tokens):
        goes_on = i in changed or (is_open and token.isspace() and i + 1 in changed)
        if goes_on != is_open:
            parts.append(f"<{tag}>" if goes_on else f"</{tag}>")
            is_open = goes_on
        parts.append(token)
    if is_open:
        parts.append(f"</{tag}>")
    return nh3.clean(
        "".join(parts),
        tags=TAGS | {"del", "ins"},
        # Those of `p` are an empty response's: a response itself has none.
        attributes=ATTRIBUTES | {"p": {"class", "translate"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values=ADDED_ATTRIBUTES,
    )
