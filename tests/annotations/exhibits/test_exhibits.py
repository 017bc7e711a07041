"""Exhibits as HTML: what raters have to read is there, and nothing of it acts or takes long."""

import json
import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest

from annotations.exhibits.rendering import exhibit_html
from perg.formats.rated_items import Block, BlockKind, Exhibit, dump_exhibit

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "[x](javascript:alert(1)) <javascript:alert(1)> [y](data:text/html,x) [z](vbscript:x)",
    "![p](http://evil.example/p.png) <http://evil.example>",
    r"$\href{javascript:alert(1)}{x}$ \(\style{background:url(http://evil.example)}{x}\)",
    rf"$$\text{{{SCRIPT}}}$$ $\class{{evil}}{{x}}$ $\unicode{{x3C}}$",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    '"><iframe srcdoc="x"></iframe><form action=http://evil.example><button formaction=x>',
    "</pre></div></details></section></main><h1>Own page</h1>",
    "| a |\n|---|\n| <b onclick=alert(1)>x</b> $<b>$ |",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "formula0123456789abcdef" * 3 + "n0x",
    "$x$ `$y$` ~~a~~ <!-- --> <![CDATA[ x ]]> &lt;script&gt; &#x6A;avascript:alert(1)",
]
TAGS = {
    *(
        "a",
        "b",
        "bdi",
        "blockquote",
        "br",
        "code",
        "del",
        "details",
        "div",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
    ),
    *(
        "math",
        "menclose",
        "mfrac",
        "mi",
        "mn",
        "mo",
        "mover",
        "mroot",
        "mrow",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
    ),
    *(
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
        "ol",
        "p",
        "pre",
        "s",
        "section",
    ),
    *("span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    *(
        "accent",
        "class",
        "columnalign",
        "dir",
        "display",
        "displaystyle",
        "fence",
        "form",
        "href",
        "linethickness",
    ),
    *(
        "mathvariant",
        "notation",
        "rel",
        "scriptlevel",
        "start",
        "stretchy",
        "tabindex",
        "target",
        "title",
        "translate",
    ),
    "width",
}


class Reader(HTMLParser):
    """Collects what is in HTML, and whether every element is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes, self.links = set[str](), set[str](), list[str]()
        self.open, self.texts, self.is_balanced = list[str](), list[str](), True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_balanced &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def shown(kind: BlockKind, content: Any, heading: str = "") -> str:
    return exhibit_html(Exhibit(context=(Block(kind, content, heading),)))


def texts(html: str) -> str:
    return "".join(read(html).texts)


def contents(text: str) -> list[tuple[BlockKind, Any]]:
    """A text in every place of every kind of block."""
    return [
        ("text", text),
        ("markdown", text),
        ("code", text),
        ("code", {"language": text, "code": text}),
        ("json", {text: [text]}),
        ("chat", [{"role": text, "content": text, text: text}, {"from": {"name": text}, "value": [text]}]),
        (
            "chat",
            [{"role": "tool", "content": text}, {"role": "a", "tool_calls": [{"function": {"name": text}}]}],
        ),
        ("chat", [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": text}}]}]),
        (
            "chat",
            [{"role": "user", "content": [{"type": "text", "text": text}, {"type": text}]}, [text, text]],
        ),
        ("chat", text),
        ("trace", [{"thought": text, "action": text, "action_input": text, "observation": text}]),
        ("trace", [{"tool": {"name": text, "args": text}, text: text}, text, [text], {"role": text}]),
        ("trace", {"steps": [{"steps": [{"name": text, "children": [{"thought": text}]}]}], text: text}),
        ("trace", text),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_acts_nowhere(text: str) -> None:
    for kind, content in contents(text):
        reader = read(shown(kind, content, text))
        assert reader.tags <= TAGS, (kind, reader.tags - TAGS)
        assert reader.attributes <= ATTRIBUTES, (kind, reader.attributes - ATTRIBUTES)
        assert all(link.startswith(("http://", "https://")) for link in reader.links), (kind, reader.links)
        assert reader.is_balanced, kind
        assert not reader.open, kind


@pytest.mark.parametrize("kind", ["text", "markdown", "code", "chat", "trace", "json"])
def test_what_cannot_be_seen_is_marked_in_every_kind(kind: BlockKind) -> None:
    text = "safe\u202egnirts\u200b\x1b[0m"
    content: Any = {"text": text, "markdown": text, "code": text}.get(
        kind, [{"role": "user", "content": text}]
    )
    html = shown(kind, content, "head\u202eing")
    assert not re.search("[\u202e\u200b\x1b]", html)
    for mark in ("RLO", "ZWSP"):
        assert f">{mark}</span>" in html
    assert ">ESC</span>" in html or r"\u001b" in html  # JSON writes it so itself


def test_text_keeps_its_lines_and_has_its_own_direction() -> None:
    html = shown("text", "one\n  two\r\nthree")
    assert '<div class="exhibit-text" dir="auto" translate="no">one\n  two\nthree</div>' in html


def test_formulas_are_drawn_and_prices_are_not() -> None:
    html = shown("text", r"If $x_1^2 > 0$ and \(y\), it costs $5 to $10. \[ \frac{a}{b} \] $HOME/$USER")
    assert html.count("<math") == 3
    assert "it costs $5 to $10." in html
    assert "$HOME/$USER" in html
    assert '<math dir="ltr" display="block">' in html


@pytest.mark.parametrize(
    "source", [r"$\frac{a$", r"\(\unknown{x}\)", r"$$\begin{matrix}$$", "$a_1_2$", r"\[\left(\]"]
)
@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_latex_that_cannot_be_drawn_stays_as_it_was_written(kind: BlockKind, source: str) -> None:
    html = shown(kind, f"before {source} after")
    assert "<math" not in html
    assert f"before {source} after" in texts(html)


def test_markdown_has_tables_lists_and_formulas_and_no_heading_of_the_page() -> None:
    html = shown(
        "markdown",
        "# Title\n\n- a $x$\n\n| a | b |\n|---|---|\n| 1 | $y$ |\n\n$$\nz\n$$\n\n5*4*3 __init__",
        "head",
    )
    assert "<h5>Title</h5>" in html
    assert '<div class="exhibit-table" tabindex="0"><table>' in html
    assert html.count("<math") == 3
    assert "5*4*3 __init__" in texts(html)


def test_code_has_its_language_where_it_is_known() -> None:
    for content in ("```python\nprint('$x$')\n```", {"language": "python", "code": "print('$x$')"}):
        html = shown("code", content)
        assert ">python</p>" in html
        assert 'tabindex="0" translate="no">print(&#x27;$x$&#x27;)</pre>' in html


def test_long_json_is_folded_and_short_json_is_not() -> None:
    assert "<details" not in shown("json", {"a": [1, True, None, "ü"]})
    assert '"ü"' in texts(shown("json", {"a": [1, True, None, "ü"]}))
    assert "JSON, 102 lines" in shown("json", list(range(100)))


@pytest.mark.parametrize(
    "turns",
    [
        [{"role": "user", "content": "Hi **you**"}, {"role": "assistant", "content": "Yes"}],
        [{"role": "user", "text": "Hi **you**"}, {"role": "assistant", "text": "Yes"}],
        [{"from": "user", "value": "Hi **you**"}, {"from": "assistant", "value": "Yes"}],
        [{"speaker": "user", "text": "Hi **you**"}, {"speaker": "assistant", "text": "Yes"}],
        [
            {"author": {"role": "user"}, "content": {"parts": ["Hi **you**"]}},
            {"author": "assistant", "text": "Yes"},
        ],
        [
            {"role": "user", "content": [{"type": "text", "text": "Hi **you**"}]},
            {"role": "assistant", "content": ["Yes"]},
        ],
        {"messages": [{"role": "user", "content": "Hi **you**"}, {"role": "assistant", "content": "Yes"}]},
        [["user", "Hi **you**"], ["assistant", "Yes"]],
        [[{"role": "user", "content": "Hi **you**"}, {"role": "assistant", "content": "Yes"}]],
    ],
    ids=str,
)
def test_turns_of_every_shape_have_their_role_and_content(turns: Any) -> None:
    for content in (turns, json.dumps(turns)):
        html = shown("chat", content)
        assert re.findall(r'class="turn-role" translate="no">(\w+)<', html) == ["user", "assistant"]
        assert "Hi <strong>you</strong>" in html
        assert "<p>Yes</p>" in html
        assert "exhibit-code" not in html


def test_calls_of_tools_their_results_and_pictures_are_shown_in_a_chat() -> None:
    html = shown(
        "chat",
        [
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "http://a.example/x.png"}}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": {"name": "find", "arguments": '{"q": 1}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": '{"found": 2}'},
            {"role": "assistant", "content": [{"type": "tool_use", "name": "look", "input": {"at": "it"}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "content": [{"type": "text", "text": "seen"}]}],
            },
        ],
    )
    said = texts(html)
    for words in (
        "Image, not shown: http://a.example/x.png",
        "Calls find",
        '"q": 1',
        '"found": 2',
        "tool_call_id: c1",
    ):
        assert words in said
    for words in ("Calls look", '"at": "it"', "Result", "seen"):
        assert words in said
    assert "src=" not in html


def test_steps_of_a_trace_unfold_to_thought_call_and_result() -> None:
    html = shown(
        "trace",
        [
            {
                "thought": "I **look**",
                "action": "search",
                "action_input": {"q": "x"},
                "observation": "a\n b",
                "cost": 3,
            },
            {"tool": "calc", "args": "1+1", "error": "no"},
            [{"name": "inner", "steps": [{"thought": "deep"}]}],
            {"role": "assistant", "content": "said"},
            "just a text",
            {"unknown": 1},
            7,
        ],
    )
    assert html.count('<details class="step">') == 9
    assert "I <strong>look</strong>" in html
    for words in (
        "search",
        '"q": "x"',
        "a\n b",
        '"cost": 3',
        "calc",
        "1+1",
        "Error",
        "inner",
        "deep",
        "said",
        "just a text",
    ):
        assert words in texts(html)
    assert '"unknown": 1' in texts(html)


def test_two_outputs_are_named_and_the_reference_is_folded() -> None:
    text = (Block("text", "x"),)
    html = exhibit_html(Exhibit(outputs=(text, text), reference=text))
    assert "First output" in html
    assert "Second output" in html
    assert '<details class="exhibit-part exhibit-reference">' in html
    assert ">Output</h3>" in exhibit_html(Exhibit(outputs=(text,)))


@pytest.mark.parametrize(
    "stored", [{}, Exhibit(), {"context": "no list"}, {"context": [{"kind": "video"}]}, [], "x", None]
)
def test_an_exhibit_that_is_empty_or_no_exhibit_is_shown_all_the_same(stored: object) -> None:
    assert not read(exhibit_html(stored)).open


def test_the_stored_form_is_shown_as_the_exhibit_is() -> None:
    exhibit = Exhibit((Block("chat", [{"role": "a", "content": "b"}]),), ((Block("text", "c"),),))
    assert exhibit_html(json.loads(json.dumps(dump_exhibit(exhibit)))) == exhibit_html(exhibit)


def _nested(levels: int, name: str) -> Any:
    value: Any = {"thought": "end"}
    for _ in range(levels):
        value = {name: [value], "thought": "x" * 50}
    return value


LARGE: list[tuple[BlockKind, Any]] = [
    ("chat", [{"role": "user", "content": f"**turn** $x_{n % 10}$ {n}"} for n in range(5000)]),
    ("chat", [{"role": "user", "content": "word " * 200} for _ in range(5000)]),
    (
        "trace",
        [
            {"thought": "a", "action": "search", "action_input": {"q": n}, "observation": "c"}
            for n in range(5000)
        ],
    ),
    ("trace", _nested(100, "steps")),
    ("trace", [_nested(100, "unknown")]),
    ("json", _nested(100, "a")),
    ("json", _nested(900, "a")),
    ("json", [list(range(100)) for _ in range(500)]),
    ("markdown", "| a | $b$ |\n" * 20_000),
    ("text", "$x$ " * 50_000),
    ("code", "x" * 200_000),
]


@pytest.mark.parametrize(
    ("kind", "content"), LARGE, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(LARGE)]
)
def test_large_exhibits_take_no_seconds_and_break_no_page(kind: BlockKind, content: Any) -> None:
    started = time.process_time()
    html = shown(kind, content)
    assert time.process_time() - started < 5  # it takes 0.3; a busy machine may take longer
    assert len(html) < 6_000_000
    reader = read(html)
    assert reader.is_balanced
    assert not reader.open
