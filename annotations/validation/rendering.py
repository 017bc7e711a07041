"""A validation report as HTML: the body of its page, and one file with everything in it; its figures as SVG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from annotations.models import Criterion, ValidationReport
from annotations.models.imported import RatingScale
from annotations.validation.figures.validation import validation_figures
from annotations.validation.page import ValidationPage, validation_page
from core.cache.figures import cached_text
from core.figures.drawing import Figure
from core.figures.files import as_svg as figure_as_svg
from perg.stats.base.result import load
from perg.stats.base.terms import FOLLOWING, GENERAL, Terms
from perg.stats.report.validation import ValidationReport as Document

HTML_CONTENT_TYPE = "text/html; charset=utf-8"
SVG_CONTENT_TYPE = "image/svg+xml; charset=utf-8"
STYLE_SHEETS = ("base.css", "components.css", "validation.css")


def terms_of(criterion: Criterion | None) -> Terms:
    """The words of a report on the criterion; without one, on whether preferences were followed."""
    return FOLLOWING if criterion is None else GENERAL


def levels_of(criterion: Criterion | None) -> Sequence[str]:
    """The names of an ordinal scale's categories, whose values are their places from 1; empty: they are numbers."""
    if criterion is None or criterion.scale != RatingScale.ORDINAL or not criterion.categories:
        return ()
    return () if all(map(_is_number, criterion.categories)) else criterion.categories


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def page_of(document: Document, criterion: Criterion | None) -> ValidationPage:
    """The page of a document on the criterion, in its words."""
    return validation_page(document, terms_of(criterion), levels_of(criterion))


def report_body(report: ValidationReport) -> SafeString:
    """A report that is ready as HTML: long where there are many judges, and the same as long as the report is there."""

    def write() -> str:
        page = page_of(load(Document, report.document), report.criterion)
        context = {"page": page, "linked_criterion": report.criterion}
        return render_to_string("annotations/validation/_validation_report.html", context)

    written = cached_text(
        f"report/{report.pk}/{report.finished_at:%Y%m%d%H%M%S%f}/{report.input_hash}", write
    )
    return mark_safe(written)  # a template has written it


def as_html(document: Document, *, title: str, computed: str = "", criterion: Criterion | None = None) -> str:
    """The report without scripts and without anything to fetch; `computed` says when and by which version."""
    context = {
        "page": page_of(document, criterion),
        "criterion": criterion,
        "title": title,
        "computed": computed,
        "styles": mark_safe(_styles()),  # our own style sheets
    }
    return render_to_string("annotations/validation/validation_file.html", context)


def figure_names(document: Document, criterion: Criterion | None = None) -> list[str]:
    """The figures that the report has, by the names that `as_svg` takes."""
    return list(_figures(document, criterion))


def as_svg(document: Document, name: str, criterion: Criterion | None = None) -> str:
    """One figure as a file of its own, with its style in it.

    Raises:
        KeyError: the report has no figure of this name.
    """
    return figure_as_svg(_figures(document, criterion)[name]).decode()


def _figures(document: Document, criterion: Criterion | None) -> Mapping[str, Figure]:
    return validation_figures(document, terms_of(criterion), levels_of(criterion)).by_name()


def _styles() -> str:
    folder = Path(settings.BASE_DIR) / "perg_site" / "static" / "css"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in STYLE_SHEETS)
