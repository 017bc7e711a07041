"""A response as it was written: every character is there to be seen, and none of it acts."""

import re
import time
from html import unescape

import pytest

from core.templatetags.markdown import as_written, markdown, response
from core.text.unseen import MOST_MARKED, is_seen, with_marks


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", "aZWSPb"),
        ("pay \u202e001\u202c", "pay RLO001PDF"),
        ("\ufeffA", "BOMA"),
        ("a\u00adb", "aSHYb"),
        ("bell\x07", "bellU+0007"),
        ("red\x1b[31m", "redESC[31m"),
        ("x\u2066y\u2069", "xLRIyPDI"),
        ("\u3164", "U+3164"),
        ("hi" + "".join(chr(0xE0000 + ord(c)) for c in "ok"), "hiU+E006FU+E006B"),
        ("line\u2028end", "lineLSend"),
        ("alone\rbreak", "aloneCRbreak"),
        ("\u200b" * 7 + "a", "ZWSP ×7a"),
    ],
)
def test_what_cannot_be_seen_is_marked(text: str, shown: str) -> None:
    assert _plain(with_marks(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # a joiner inside a Persian word
        "👩\u200d👩\u200d👧",  # and inside an emoji
        "क\u094d\u200dष",
        "one\ttwo\nthree  four",
        "❤\ufe0f",
        "cafe\u0301, naïve, 漢字, שלום",
    ],
)
def test_what_shapes_the_text_stays_as_it_is(text: str) -> None:
    assert with_marks(text) == text


def test_line_ends_of_any_system_are_line_ends() -> None:
    assert with_marks("a\r\nb\n") == "a\nb\n"


def test_html_and_markdown_in_it_are_text() -> None:
    text = "<img src=x onerror=alert(1)> **5*4** \\(x\\) ![p](https://x.example/p.png) `<b>` & </pre><script>"
    html = str(as_written(text))
    assert re.findall(r"<(\w+)", html) == ["pre"]
    assert _plain(html) == text


@pytest.mark.parametrize("text", [" \n\t ", "\u200b", "\u3164\u2800", "\ufeff \u200d"])
def test_a_response_with_nothing_to_see_says_so_in_both_views(text: str) -> None:
    assert not is_seen(text)
    assert "The response is empty." in response(text)
    assert "This response has no visible content" in as_written(text)


@pytest.mark.parametrize("text", ["", None])
def test_an_empty_response_says_the_same_in_both_views(text: str | None) -> None:
    assert as_written(text) == response(text)


@pytest.mark.parametrize(
    "text", ["\u200b\u200c" * 100_000, "a\u200d" * 100_000, "\x00" * 200_000, "\r" * 200_000]
)
def test_a_hostile_text_is_marked_in_little_time_and_space(text: str) -> None:
    start = time.process_time()  # of the processor: other programs do not count
    html = with_marks(text)
    assert time.process_time() - start < 5
    assert len(html) < 20 * len(text)
    assert html.count("<span") <= MOST_MARKED


@pytest.mark.parametrize("render", [markdown, response])
def test_links_leave_the_page_open_and_tell_the_other_side_nothing(render: object) -> None:
    html = str(render("[x](https://example.org/)"))  # type: ignore[operator]
    assert 'target="_blank"' in html
    assert set(re.findall(r'rel="([^"]*)"', html)[0].split()) == {"noopener", "noreferrer", "nofollow"}


@pytest.mark.parametrize(
    "text",
    [
        "![p](https://x.example/pixel.png)",
        "![p][1]\n\n[1]: https://x.example/p.png",
        "<img src=//x.example/p>",
    ],
)
def test_no_picture_is_loaded(text: str) -> None:
    html = str(response(text))
    assert "<img" not in html
    assert "src=" not in re.sub(r"&lt;.*?&gt;", "", html)
