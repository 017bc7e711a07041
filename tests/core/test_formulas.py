r"""LaTeX in texts: what is a formula, and what it becomes."""

import random
import re
from html.parser import HTMLParser

import pytest

from core.text.formulas import formulas_in, mathml


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("$x$ and $y_1$", ["x", "y_1"]),
        (r"\(a\) \[b\] $$c$$", ["a", "b", "c"]),
        (r"\begin{align*}a&=b\end{align*}", [r"\begin{align*}a&=b\end{align*}"]),
        ("$$\na\n$$", ["\na\n"]),
        (r"$\text{the mean of}$", [r"\text{the mean of}"]),
        (r"$\$5$", [r"\$5"]),
        ("It costs $5 and $10, or US$5 to US$6.", []),
        ("between $3.50–$4 and $ 5 $", []),
        ("$AAPL/$TSLA $HOME:$PATH", []),
        ("$5 million or some 6 million$ at all", []),
        (r"\$5 and \$6, \\(a\\)", []),
        ("$$ $$$$ $ $$", []),
        ("$a\nb$", []),
        ("$" + "a" * 600 + "$", []),
    ],
)
def test_formulas_are_told_from_prices_and_variables(text: str, latex: list[str]) -> None:
    assert [formula.latex for formula in formulas_in(text)] == latex
    for formula in formulas_in(text):
        assert formula.latex in text[formula.start : formula.end]


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a}{b} + \sqrt[3]{x^2_1}",
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"f(x)=\begin{cases}1 & x>0\\0\end{cases}",
        r"\sum_{i=1}^n \int_0^\infty \mathbb{E}_{x\sim p}[\log q]",
        r"\boxed{42} \hat{y} \vec{v} \binom{n}{k}",
        r"\left\{ \operatorname{softmax}(QK^T/\sqrt{d_k})V \right\}",
        "α ≤ β, 你好",
    ],
)
def test_what_models_write_is_drawn(latex: str) -> None:
    for is_block in (True, False):
        drawn = mathml(latex, is_block=is_block)
        assert drawn is not None
        assert drawn.startswith('<math dir="ltr"')


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a",
        r"\foo{x}",
        "x^1^2",
        "{" * 1000 + "}" * 1000,
        "\u202ex",
        r"\def\a{\a\a}\a",
        "a" * 3000,
        r"\left(",
    ],
)
def test_what_is_no_latex_is_not_drawn(latex: str) -> None:
    assert mathml(latex, is_block=False) is None


@pytest.mark.parametrize(
    ("latex", "absent"),
    [
        (r"\href{javascript:alert(1)}{x}", "javascript"),
        (r"\style{background:url(http://x)}{x}", "style="),
        (r"\class{evil}{x}", "class="),
        (r"\text{<script>alert(1)</script>}", "<script"),
        (r"\text{&lt;script&gt;}", "<script"),
        (r"\hspace{100000cm}x", "100000"),
        (r"\rule{100000cm}{100000cm}", "100000"),
        (r"\color{white}{x}", "color"),
        (r"\phantom{hidden}", "phantom"),
        (r"\tiny x", "size"),
    ],
)
def test_nothing_in_a_formula_acts_hides_or_grows(latex: str, absent: str) -> None:
    drawn = mathml(latex, is_block=False)
    assert drawn is None or absent not in drawn


def test_random_latex_gives_whole_elements_or_none() -> None:
    parts = [
        *(
            r"\frac",
            "{",
            "}",
            "^",
            "_",
            "&",
            r"\\",
            r"\left(",
            r"\right)",
            r"\text{<b>}",
            "<",
            "a",
            "1",
            '"',
            r"\sqrt",
        ),
        *(
            r"\begin{matrix}",
            r"\end{matrix}",
            r"\style",
            r"\href",
            r"\color",
            r"\limits",
            r"\over",
            r"\def",
            "'",
            " ",
        ),
        *(
            r"\hspace",
            "[",
            "]",
            "#",
            r"\not",
            r"\genfrac",
            r"\sum",
            r"\overset",
            r"\middle|",
            r"\operatorname",
        ),
    ]
    rng = random.Random(1)
    drawn = 0
    for _ in range(3000):
        html = mathml("".join(rng.choice(parts) for _ in range(rng.randint(1, 14))), is_block=False)
        if html is not None:
            drawn += 1
            assert _is_whole(html), html
            assert set(re.findall(r' ([a-z]+)="', html)) <= {
                *(
                    "dir",
                    "stretchy",
                    "fence",
                    "form",
                    "accent",
                    "columnalign",
                    "displaystyle",
                    "linethickness",
                ),
                *("mathvariant", "scriptlevel", "width", "notation", "accentunder", "separator", "symmetric"),
            }
    assert drawn > 100


def _is_whole(html: str) -> bool:
    names: list[str] = []
    is_whole = True

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            names.append(tag)

        def handle_endtag(self, tag: str) -> None:
            nonlocal is_whole
            is_whole &= names.pop() == tag

    Reader().feed(html)
    return is_whole and not names
