"""Texts too long for Markdown are Shown as plain text, whole and harmless."""

from core.templatetags.markdown import LONGEST_MARKDOWN, markdown, response


def test_a_text_beyond_the_limit_is_plain_text_with_a_note() -> None:
    text = "**bold** <script>x</script>\n" * (LONGEST_MARKDOWN // 10)
    for render in (markdown, response):
        html = render(text)
        assert "Shown as plain text" in html
        assert html.count("**bold** &lt;script&gt;") == LONGEST_MARKDOWN // 10
        assert "<strong>" not in html
        assert "<strong>" in render(text[:1000])
