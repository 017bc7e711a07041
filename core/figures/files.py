"""A figure as a file of its own: SVG with its style in it, PDF in vectors, or its numbers as CSV."""

from collections.abc import Callable, Mapping
from io import BytesIO

from django.template.loader import render_to_string
from reportlab.lib.colors import Color, HexColor, linearlyInterpolatedColor, white
from reportlab.pdfgen.canvas import Canvas

from core.figures.drawing import SIZE, Box, Figure, Line, Point, Words
from core.text.tables import as_csv

INK, MUTED, GRID = "#1b2024", "#58616b", "#dfdcd5"
TONES = {
    "a": "#0b6264",
    "b": "#9c241b",
    "c": "#6d4a00",
    "d": "#1558c0",
    "e": "#58616b",
    "plain": "#0b6264",
    "best": "#1b6636",
    "worse": "#9c241b",
    "muted": "#7c848c",
    "reference": INK,
}
FILLS = {"none": "#f1efea", "below": "#f3c7c1"}
LIGHTEST, DARKEST, DARK = Color(0.941, 0.965, 0.965), Color(0.043, 0.384, 0.392), 6
"""The shades of boxes, and from which on their words are white."""
FONTS = {"heading": "Helvetica-Bold", "none": "Helvetica-Oblique", "worse": "Helvetica-Bold"}


def as_svg(figure: Figure) -> bytes:
    """The drawing as the page has it."""
    drawn = render_to_string("core/figures/figure.svg", {"figure": figure, "standalone": True})
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}'.encode()


def as_pdf(figure: Figure) -> bytes:
    """The same marks on one page of the figure's own size, in points."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(figure.width, figure.height), invariant=1)
    canvas.setTitle(figure.title)
    canvas.setSubject(figure.description)
    for mark in figure.marks:
        match mark:
            case Line():
                _draw_line(canvas, mark, figure.height)
            case Words():
                _draw_words(canvas, mark, figure.height)
            case Point():
                _draw_point(canvas, mark, figure.height)
            case Box():
                _draw_box(canvas, mark, figure.height)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def numbers_as_csv(figure: Figure) -> bytes:
    """What the figure is made of."""
    return "".join(as_csv(figure.columns, figure.records)).encode()


WRITERS: Mapping[str, tuple[str, Callable[[Figure], bytes]]] = {
    "svg": ("image/svg+xml; charset=utf-8", as_svg),
    "pdf": ("application/pdf", as_pdf),
    "csv": ("text/csv; charset=utf-8", numbers_as_csv),
}


def _draw_line(canvas: Canvas, line: Line, height: float) -> None:
    canvas.saveState()
    canvas.setStrokeColor(
        HexColor(TONES[line.tone] if line.kind == "whisker" else MUTED if line.kind == "mark" else GRID)
    )
    canvas.setLineWidth(2 if line.kind == "whisker" else 1)
    if line.kind == "mark":
        canvas.setDash(4, 3)
    canvas.line(line.x1, height - line.y1, line.x2, height - line.y2)
    canvas.restoreState()


def _draw_words(canvas: Canvas, words: Words, height: float, colour: Color | None = None) -> None:
    usual = {"axis": MUTED, "none": MUTED, "worse": TONES["worse"]}.get(words.kind, INK)
    canvas.setFillColor(colour or HexColor(usual))
    canvas.setFont(FONTS.get(words.kind, "Helvetica"), 12 if words.kind == "axis" else 13)
    write = {
        "start": canvas.drawString,
        "middle": canvas.drawCentredString,
        "end": canvas.drawRightString,
    }[words.anchor]
    # The fonts that every reader of PDF has know the Latin letters and no others; a minus is a dash there.
    text = words.text.replace("−", "–").encode("cp1252", errors="replace").decode("cp1252")
    write(words.x, height - words.y, text)


def _draw_point(canvas: Canvas, point: Point, height: float) -> None:
    canvas.setFillColor(HexColor(TONES[point.tone]))
    if not point.path:
        canvas.circle(point.x, height - point.y, SIZE, stroke=0, fill=1)
        return
    path = canvas.beginPath()
    (x, y), *rest = point.path
    path.moveTo(x, height - y)
    for x, y in rest:
        path.lineTo(x, height - y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_box(canvas: Canvas, box: Box, height: float) -> None:
    is_shade = box.fill not in FILLS
    fill = linearlyInterpolatedColor(LIGHTEST, DARKEST, 0, 10, int(box.fill)) if is_shade else None
    canvas.setFillColor(fill or HexColor(FILLS[box.fill]))
    canvas.rect(box.x, height - box.y - box.height, box.width, box.height, stroke=0, fill=1)
    if box.words is not None:
        _draw_words(canvas, box.words, height, white if is_shade and int(box.fill) >= DARK else None)
