"""Nested values in cells: Python, NumPy and JSON, read and never evaluated."""

import pytest

from evaluation.importers.cells.literal import LiteralError, parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("['a', 'b']", ["a", "b"]),
        ("['8' '13' '29' '34']", ["8", "13", "29", "34"]),
        ("['Valid' \"It's not.\"\n 'Neither']", ["Valid", "It's not.", "Neither"]),
        ('["it\'s", \'a "b"\']', ["it's", 'a "b"']),
        ("[1, -2.50, 3e4]", ["1", "-2.50", "3e4"]),
        ("[8 13 29]", ["8", "13", "29"]),
        ("[]", []),
        ("['a',]", ["a"]),
        (r"['tab\there', 'back\\slash', 'é\xe9\u00e9', '\d']", ["tab\there", "back\\slash", "ééé", "\\d"]),
        (r'["\ud83d\ude00", "a\/b"]', ["😀", "a/b"]),
        ("{'label': array(['A', 'B'], dtype=object), 'n': 1}", {"label": ["A", "B"], "n": "1"}),
        ("[np.str_('a'), np.int64(3)]", ["a", "3"]),
        ("['a, b', 'c] d']", ["a, b", "c] d"]),
        ("[True, None]", [True, None]),
    ],
)
def test_a_value_is_read_as_it_was_meant(text: str, value: object) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain text",
        "['a', 'b'",
        "['a',, 'b']",
        "['a'] + ['b']",
        "['a' ... 'z']",
        "__import__('os').system('true')",
        "[__import__('os')]",
        "[f'{1}', 'b']",
        "['unclosed]",
        r"['\xZZ']",
        r"['\U99999999']",
        "{['a']: 1}",
        "[NaN, 1]",
        "[" * 10_000,
        "[" * 10_000 + "'a'" + "]" * 10_000,
    ],
)
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(LiteralError):
        parse_value(text)


def test_a_long_text_is_read_in_linear_time() -> None:
    text = "\\'" * 500_000
    assert parse_value(f"['{text}', 'b']") == ["'" * 500_000, "b"]
