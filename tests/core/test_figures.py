"""Figures as files: every kind of mark is drawn in both formats."""

from xml.etree import ElementTree

from core.figures.drawing import SHAPES, Box, Figure, Line, Note, Point, Words
from core.figures.files import as_pdf, as_svg

SVG = "{http://www.w3.org/2000/svg}"


def figure() -> Figure:
    return Figure(
        name="all",
        title="All marks",
        description="One of each kind.",
        width=100,
        height=50,
        marks=(
            Line(0, 0, 10, 0),
            Line(0, 0, 10, 0, "whisker", "worse"),
            Words(5, 5, "−1 judge 判"),
            *(Point(10, 10, tone, f"a point of {tone}") for tone in SHAPES),
            *(Box(0, 0, 5, 5, fill, "a box", Words(1, 4, "x")) for fill in ("none", "below", "0", "10")),
        ),
        notes=(Note("row 1", "It has no ratings."),),
        is_fixed=True,
    )


def test_every_kind_of_mark_is_in_the_svg_with_its_words_for_readers_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(as_svg(figure()))
    assert (root.get("role"), root.get("aria-label"), root.get("width")) == ("img", "All marks", "100")
    assert root.findtext(f"{SVG}desc") == "One of each kind. row 1: It has no ratings."
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert {f"a point of {tone}" for tone in SHAPES} <= set(titles)
    assert titles.count("a box") == len(root.findall(f"{SVG}g")) == 4
    assert len(root.findall(f"{SVG}line")) == 2


def test_every_kind_of_mark_is_drawn_in_the_pdf_which_is_the_same_each_time() -> None:
    pdf = as_pdf(figure())
    assert pdf.startswith(b"%PDF")
    assert pdf == as_pdf(figure())
