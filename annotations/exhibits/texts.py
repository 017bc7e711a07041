"""Texts, Markdown, code and JSON of an exhibit as safe HTML."""

import json
import re
import secrets
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from annotations.exhibits.allowance import Allowance
from core.templatetags.markdown import ADDED_ATTRIBUTES, ATTRIBUTES, TAGS
from core.text.as_written import response_parser
from core.text.formulas import formulas_in, mathml
from core.text.unseen import MOST_MARKED, UNSEEN, is_seen, with_marks

LONG_FORMULA = 40
"""Characters of LaTeX from which a formula may be wider than a phone."""
LONG_JSON = 30
"""Lines from which JSON is folded."""
LONGEST_INDENTED = 1_000_000
DEEPEST_JSON = 400
LONGEST_SUMMARY = 120
TOO_DEEP = "Nested too deeply to be shown."
NO_TEXT = '<p class="no-text" translate="yes">Empty.</p>'
_LINE_ENDS = re.compile(r"\r\n?")
_FENCE = re.compile(r"\A\s*```([\w+#.-]{0,30})[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)


def text_html(text: str, allowance: Allowance) -> str:
    """A text as it was written, with its lines, what cannot be seen marked, and its formulas drawn."""
    if not is_seen(text):
        return NO_TEXT + (f'<pre class="as-written">{with_marks(text)}</pre>' if text else "")
    parts, end = [], 0
    for formula in formulas_in(text):
        drawn = formula_html(formula.latex, allowance, is_block=formula.is_block)
        if drawn is not None:
            parts += [with_marks(text[end : formula.start]), drawn]
            end = formula.end
        if not allowance.latex:
            break
    parts.append(with_marks(text[end:]))
    return f'<div class="exhibit-text" dir="auto" translate="no">{"".join(parts)}</div>'


def formula_html(latex: str, allowance: Allowance, *, is_block: bool) -> str | None:
    """The formula drawn, in a box that scrolls where it is long; None where it cannot be, or there is no room."""
    if not allowance.takes_latex(latex):
        return None
    drawn = mathml(latex, is_block=is_block)
    if drawn is not None and (is_block or len(latex) > LONG_FORMULA):
        return f'<span class="formula" tabindex="0">{drawn}</span>'
    return drawn


def code_html(code: str, language: str = "") -> str:
    """Code as it is; its lines are not broken. A fence around all of it is left out, and names the language."""
    if fence := _FENCE.match(code):
        language, code = language or fence[1], fence[2]
    name = f'<p class="exhibit-language" translate="no">{with_marks(language[:30])}</p>' if language else ""
    return f'{name}<pre class="exhibit-code" dir="ltr" tabindex="0" translate="no">{with_marks(code)}</pre>'


def json_html(value: object, name: str = "JSON") -> str:
    """A value as indented JSON, folded where it is long."""
    document = json_text(value)
    lines = document.count("\n") + 1
    if lines <= LONG_JSON and len(document) <= 100 * LONG_JSON:
        return code_html(document)
    summary = f"{escape(name)}, {lines:,} line{'' if lines == 1 else 's'}"
    return f'<details class="exhibit-fold"><summary>{summary}</summary>{code_html(document)}</details>'


def json_text(value: object) -> str:
    """The value as JSON: indented, or in one line where that would be too long or too deep."""
    if _depth(value) > DEEPEST_JSON:
        return TOO_DEEP
    length, parts = 0, []
    for part in json.JSONEncoder(indent=2, ensure_ascii=False, default=str).iterencode(value):
        length += len(part)
        if length > LONGEST_INDENTED:
            return json.dumps(value, ensure_ascii=False, default=str)
        parts.append(part)
    return "".join(parts)


def summary_of(value: object) -> str:
    """The beginning of a text or value in one line, as HTML."""
    text = value if isinstance(value, str) else json_text(value)
    line = " ".join(text[: 4 * LONGEST_SUMMARY].split())
    cut = line[:LONGEST_SUMMARY] + (
        "…" if len(line) > LONGEST_SUMMARY or len(text) > 4 * LONGEST_SUMMARY else ""
    )
    return f"<bdi>{with_marks(cut)}</bdi>"


def _depth(value: object) -> int:
    """How deeply lists and objects are nested, counted without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return depth


# --- Markdown -------------------------------------------------------------------------------------------------------

_BOXES = {"div": {"class", "tabindex"}, "span": {"class", "title"}, "pre": {"tabindex", "dir"}}
"""Attributes that only the rules below write: HTML in a text is text."""
LOWEST_HEADING = 6


def markdown_html(text: str, allowance: Allowance, *, heading: int) -> str:
    """Markdown with tables and formulas; `heading` is the level of its highest heading.

    A text that is too long for it, or full of characters that cannot be seen, is shown as it was written.
    """
    if not is_seen(text) or len(UNSEEN.findall(text)) > MOST_MARKED or not allowance.takes_markdown(text):
        return text_html(text, allowance)
    mark = f"formula{secrets.token_hex(8)}n"  # nobody can guess it, so no text has it
    drawn: list[str] = []
    page: dict[str, Any] = {"allowance": allowance, "mark": mark, "drawn": drawn}
    tokens = _parser.parse(_LINE_ENDS.sub("\n", text), page)
    _set_headings(tokens, heading)
    html = nh3.clean(
        _parser.renderer.render(tokens, _parser.options, page),
        tags=TAGS | {*_BOXES},
        attributes=ATTRIBUTES | _BOXES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values=ADDED_ATTRIBUTES,
    )
    html = re.sub(rf"{mark}(\d+)x", lambda place: drawn[int(place[1])], html)
    return f'<div class="markdown" dir="auto" translate="no">{html}</div>'


def _set_headings(tokens: Sequence[Token], heading: int) -> None:
    """Set the headings' levels: the highest to `heading`, and below it none is left out, as texts often do."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            above = [tag for tag in above if tag < token.tag] + [token.tag]
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(heading + len(above) - 1, LOWEST_HEADING)}"


def _formula(
    _self: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    page: MutableMapping[str, Any],
) -> str:
    """A name in the place of the drawn formula, which comes in after the rest has been sanitised."""
    token = tokens[place]
    html = formula_html(token.content, page["allowance"], is_block=token.meta["is_block"])
    if html is None:
        html = with_marks(token.meta["source"])
        html = f'<pre class="exhibit-code" tabindex="0">{html}</pre>' if token.block else html
    elif token.block:
        html = f"<p>{html}</p>"
    page["drawn"].append(html)
    return f"{page['mark']}{len(page['drawn']) - 1}x"


def _text(_self: RendererHTML, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    return with_marks(tokens[place].content)


def _code(_self: RendererHTML, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    return f"<code>{with_marks(tokens[place].content)}</code>"


def _code_block(_self: RendererHTML, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    return f'<pre tabindex="0" dir="ltr"><code>{with_marks(tokens[place].content)}</code></pre>\n'


def _table_open(*_arguments: Any) -> str:
    return '<div class="exhibit-table" tabindex="0"><table>\n'


def _table_close(*_arguments: Any) -> str:
    return "</table></div>\n"


_parser = response_parser(with_formulas=True)
for _name, _rule in {
    "formula": _formula,
    "text": _text,
    "code_inline": _code,
    "code_block": _code_block,
    "fence": _code_block,
    "table_open": _table_open,
    "table_close": _table_close,
}.items():
    _parser.add_render_rule(_name, _rule)
