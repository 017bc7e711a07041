"""What an annotator sees of a response: every character that may be content, and words where there is none."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from annotations.labelling.differences import word_differences
from annotations.labelling.responses import rendered
from core.templatetags.markdown import markdown, response
from core.text.word_differences import differences
from core.text.word_splitting import words
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.models import Response, Run
from tests import build

FAULTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "faults"


def plain(html: str) -> str:
    """The text that a reader of the HTML sees."""
    text = re.sub(r"<[^>]*>", "", html)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "5*4*3 = 60, so the answer is B.",
        "2**10**3 and (a)*(b)*(c) and x*(y+1)*z",
        r"We have \(x_1 = 2\) and \[E = mc^2\]; costs \$5.",
        r"$x^*$ and $y^*$, $$a*b*c$$",
        r"It costs $5*4*3 and \$6",
        r"\*not bold\* and C:\new\[x\]",
        "__init__ calls _private_ and snake_case_name",
        "&lt;b&gt; &amp; &nbsp;",
        "<b>x</b> List<String>",
        "[1]: http://example.org a source",
        "a backslash at the end\\",
        "A picture: ![alt](http://example.org/x.png)",
    ],
)
def test_a_response_can_be_read_as_it_was_written(text: str) -> None:
    assert plain(response(text)) == text


def test_a_formula_over_several_lines_is_no_list() -> None:
    text = "Then\n\\[\na = b\n- c\n+ d\n\\]\nso B."
    assert plain(response(text)).replace("\n\n", "\n") == text
    assert "<li>" not in response(text)
    for formula in ("$$\nx\n---\n$$", "\\begin{align}\na &= b\\\\\n- c\n\\end{align}"):
        assert plain(response(formula)) == formula


def test_a_formula_that_is_never_closed_hides_nothing() -> None:
    assert plain(response("\\[\n- a\n\n- b")).split() == ["\\[", "a", "b"]
    assert plain(response(r"\(x * y")) == r"\(x * y"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**B** is *right*", "<p><strong>B</strong> is <em>right</em></p>"),
        ("这是**重点**内容", "<p>这是<strong>重点</strong>内容</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("`5*4*3`", "<p><code>5*4*3</code></p>"),
(
    "[x](http://example.org)",
    '<p><a href="http://example.org" target="_blank" rel="noopener noreferrer nofollow">x</a></p>',
),
    ],
)  # fmt: skip
def test_the_layout_of_a_response_stays(text: str, html: str) -> None:
    assert response(text).strip() == html


def test_authors_may_escape_what_models_may_not() -> None:
    assert plain(markdown(r"5\*4\*3")) == "5*4*3"


@pytest.mark.parametrize("text", ["", " \n", "\u200b\ufeff", "\u00a0"])
def test_an_empty_response_says_so(text: str) -> None:
    assert plain(response(text)) == "The response is empty."


def test_a_baseline_that_is_not_on_record_is_not_called_empty() -> None:
    assert plain(response(None)) == "There is no baseline response on record."


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("答案是汞。它在室温下是液体。选B。", "答案是汞。它在室温下是液态。选B。", ["体"], ["态"]),
        ("水銀は液体です。", "水銀は固体です。", ["液"], ["固"]),
        ("คำตอบคือเหล็ก", "คำตอบคือทอง", ["เหล็ก"], ["ทอง"]),
        ("The answer is B.", "The answer is C.", ["B."], ["C."]),
        ("답은 수은이다", "답은 금이다", ["수은이다"], ["금이다"]),
    ],
)
def test_differences_are_by_character_where_there_are_no_spaces(
    before: str, after: str, removed: list[str], added: list[str]
) -> None:
    marked = word_differences(rendered(before), rendered(after))
    assert marked is not None
    assert re.findall("<del>(.*?)</del>", marked[0]) == removed
    assert re.findall("<ins>(.*?)</ins>", marked[1]) == added
    parts = differences(before, after)
    assert "".join(part.text for part in parts if part.kind != "added") == before
    assert "".join(part.text for part in parts if part.kind != "removed") == after


def test_words_are_the_text_and_marks_stay_on_their_letters() -> None:
    text = "Mercury 是液体。\u3000ครับ e\u0301 が"
    assert "".join(words(text)) == text
    assert words("กำดี่") == ["ก", "ำ", "ดี่"]
    assert words("か\u3099") == ["か\u3099"]


def test_an_empty_response_has_no_words_to_mark() -> None:
    marked = word_differences(rendered(""), rendered("Be brief."))
    assert marked is not None
    assert plain(marked[0]) == "The response is empty."
    assert "<del>" not in marked[0]
    assert "<ins>Be brief.</ins>" in marked[1]


def task_of(run: Run, client: Client) -> dict[str, str]:
    person = build.person()
    campaign = build.campaign(run, [person], overlap=1)
    client.force_login(person)
    task: dict[str, str] = client.post(
        f"/api/v1/campaigns/{campaign.pk}/next/", {}, "application/json"
    ).json()["task"]
    return task


@pytest.mark.django_db
def test_the_screen_gets_the_texts_as_they_were_written(client: Client) -> None:
    run = build.run()
    build.item(run, texts=("5*4*3", r"\(x\)"))
    task = task_of(run, client)
    written = (task["baseline_written_html"], task["personalised_written_html"])
    assert tuple(map(plain, written)) == ("5*4*3", r"\(x\)")
    assert (plain(task["baseline_html"]), plain(task["personalised_html"])) == ("5*4*3", r"\(x\)")


@pytest.mark.django_db
def test_the_screen_says_that_a_baseline_is_not_on_record(client: Client) -> None:
    run = build.run()
    build.item(run, texts=("", "B."))
    Response.objects.filter(condition="baseline").update(extraction="missing")
    assert plain(task_of(run, client)["baseline_html"]) == "There is no baseline response on record."


@pytest.mark.django_db
def test_a_lead_sees_a_response_as_it_was_written_and_laid_out_in_its_direction(staff: Client) -> None:
    run = build.run()
    item = build.item(run, texts=("", "שלום 5*4*3"))
    page = staff.get(reverse("item_story", args=[item.pk])).content.decode()
    assert "The response is empty." in page
    assert "<p>שלום 5*4*3</p>" in page
    assert '<pre class="as-written" dir="auto" tabindex="0">שלום 5*4*3</pre>' in page
    assert page.count('class="story-text markdown" translate="no" dir="auto"') == 2


@pytest.mark.django_db
@pytest.mark.skipif(not FAULTS.is_dir(), reason="the inputs that went wrong are not part of the project")
def test_responses_that_went_wrong_are_shown_right() -> None:
    runs = {
        name: import_recorded_run(
            file=FAULTS / name, file_name=name, model="m", method="direct", setting="relevant", actor=None
        ).run
        for name in ("responses_markdown.csv", "responses_chinese_pair.csv")
    }
    shown = {
        item.question.external_id: [
            rendered(text) for text in item.responses.order_by("condition").values_list("text", flat=True)
        ]
        for run in runs.values()
        for item in run.items.select_related("question")
    }
    assert plain(shown["stars"][1]) == "5*4*3 = 60, so the answer is B."
    assert plain(shown["latex"][1]) == r"We have \(x_1 = 2\) and \[E = mc^2\]; costs \$5. The answer is B."
    assert plain(shown["empty"][1]) == "The response is empty."
    marked = word_differences(*shown["c1"])
    assert marked is not None
    assert (re.findall("<del>(.*?)</del>", marked[0]), re.findall("<ins>(.*?)</ins>", marked[1])) == (
        ["体"],
        ["态"],
    )
