"""Markdown for what a model wrote: headings, lists, tables and bold as such, and no character of the rest lost.

Plain Markdown drops the stars of `5*4*3`, the backslashes of `\\(x\\)` and `\\$5`, the underscores of `__init__`, whole
lines such as `[1]: a source`, and pictures. In a response all of these may be content, so they are text here.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from core.text.formulas import LONGEST, formula_at

_INLINE_MATHS = re.compile(
    r"\\\(.{1,2000}?\\\)|\\\[.{1,2000}?\\\]|\$\$.{1,2000}?\$\$|\$(?![\s$])[^$\n]{0,500}?[^\s$\\]\$(?!\d)|\\begin\{(\w+\*?)\}.{1,2000}?\\end\{\1\}",
    re.DOTALL,
)
LONGEST_FORMULA = 200
"""In lines."""
_BLOCK_MATHS = ((re.compile(r"\\\["), r"\]"), (re.compile(r"\$\$"), "$$"))
_ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}")
_BEFORE_SIGN, _AFTER_SIGN = re.compile(r"[A-Za-z0-9)\]}]"), re.compile(r"[A-Za-z0-9(\[{]")


def response_parser(*, with_formulas: bool = False) -> MarkdownIt:
    """A parser of responses. HTML in them is text.

    With formulas, one is a token `formula` with its LaTeX as content, and its source and `is_block` in `meta`.
    """
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable(["image", "entity", "reference"])
    parser.block.ruler.before("fence", "maths", _maths_block, {"alt": ["paragraph", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "maths", _maths)
    parser.inline.ruler.at("escape", _backslash)
    parser.inline.ruler.before("emphasis", "signs", _sign)
    parser.inline.ruler.before("link", "pictures", _picture)
    if with_formulas:
        parser.block.ruler.before(
            "maths", "formulas", _formula_block, {"alt": ["paragraph", "blockquote", "list"]}
        )
        parser.inline.ruler.before("maths", "formulas", _formula)
    return parser


def _as_text(state: StateInline, length: int, silent: bool) -> bool:
    if not silent:
        state.pending += state.src[state.pos : state.pos + length]
    state.pos += length
    return True


def _maths(state: StateInline, silent: bool) -> bool:
    r"""A formula in LaTeX, as it is: `\(a*b\)`, `$x_1$`."""
    if state.src[state.pos] not in "\\$":
        return False
    formula = _INLINE_MATHS.match(state.src, state.pos, state.posMax)
    return formula is not None and _as_text(state, len(formula.group()), silent)


def _formula(state: StateInline, silent: bool) -> bool:
    formula = formula_at(state.src, state.pos, state.posMax)
    if formula is None:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = formula.latex
        token.meta = {"source": state.src[state.pos : formula.end], "is_block": formula.is_block}
    state.pos = formula.end
    return True


def _backslash(state: StateInline, silent: bool) -> bool:
    r"""A backslash and the sign behind it: `\$5` and `\*` stay as they are, and the star opens nothing."""
    if state.src[state.pos] != "\\":
        return False
    is_last = state.pos + 1 >= state.posMax or state.src[state.pos + 1] == "\n"
    return _as_text(state, 1 if is_last else 2, silent)


def _sign(state: StateInline, silent: bool) -> bool:
    """Underscores, and stars that may stand for a product or a power: those between letters, digits or brackets."""
    sign = state.src[state.pos]
    if sign not in "*_":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == sign:
        end += 1
    before, after = state.src[state.pos - 1 : state.pos], state.src[end : end + 1]
    if sign == "*" and not (_BEFORE_SIGN.match(before) and _AFTER_SIGN.match(after)):
        return False
    return _as_text(state, end - state.pos, silent)


def _picture(state: StateInline, silent: bool) -> bool:
    """The beginning of a picture, which is not fetched: its description and address are text."""
    return state.src.startswith("![", state.pos) and _as_text(state, 2, silent)


def _maths_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A formula over several lines, whose lines might pass for lists or headings: shown as code."""
    first = _line(state, start_line)
    closing = _closing(first)
    if closing is None or state.is_code_block(start_line):
        return False
    for number in range(start_line + 1, min(start_line + LONGEST_FORMULA, end_line)):
        line = _line(state, number)
        if not line:
            return False
        if closing in line:
            break
    else:
        return False
    if silent:
        return True
    token = state.push("code_block", "code", 0)
    token.content = state.getLines(start_line, number + 1, state.blkIndent, keepLastLF=True)
    token.map = [start_line, number + 1]
    state.line = number + 1
    return True


def _formula_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A formula over several lines, with nothing behind it."""
    closing, begin = _closing(_line(state, start_line)), state.bMarks[start_line] + state.tShift[start_line]
    if closing is None or state.is_code_block(start_line):
        return False
    if state.src.find(closing, begin + 2, begin + LONGEST + len(closing)) < 0:
        return False
    end = min(start_line + LONGEST_FORMULA, end_line)
    text = state.getLines(start_line, end, state.blkIndent, keepLastLF=False).lstrip()
    formula = formula_at(text, 0)
    if formula is None:
        return False
    rest = text[formula.end :].split("\n", 1)[0]
    if rest.strip() or "\n\n" in formula.latex:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = formula.latex
        token.meta = {"source": text[: formula.end], "is_block": True}
        token.block = True
        state.line = start_line + text.count("\n", 0, formula.end) + 1
        token.map = [start_line, state.line]
    return True


def _closing(line: str) -> str | None:
    """What closes the formula that the line opens, unless the line closes it itself."""
    environment = _ENVIRONMENT.match(line)
    closing = f"\\end{{{environment[1]}}}" if environment else None
    for opening, end in _BLOCK_MATHS:
        if opening.match(line):
            closing = end
    return None if closing is None or closing in line[2:] else closing


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()
