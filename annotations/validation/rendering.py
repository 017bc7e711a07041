"""A validation report as HTML: the body of its page, and one file with everything in it; its figures as SVG files."""

from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from annotations.models import ValidationReport
from annotations.validation.figures.validation import validation_figures
from annotations.validation.page import validation_page
from core.cache.figures import cached_text
from core.figures.files import as_svg as figure_as_svg
from perg.stats.base.result import load
from perg.stats.report.validation import ValidationReport as Document

HTML_CONTENT_TYPE = "text/html; charset=utf-8"
SVG_CONTENT_TYPE = "image/svg+xml; charset=utf-8"
STYLE_SHEETS = ("base.css", "components.css", "validation.css")


def report_body(report: ValidationReport) -> SafeString:
    """A report that is ready as HTML: long where there are many judges, and the same as long as the report is there."""

    def write() -> str:
        document = load(Document, report.document)
        return render_to_string(
            "annotations/validation/_validation_report.html", {"page": validation_page(document)}
        )

    written = cached_text(
        f"report/{report.pk}/{report.finished_at:%Y%m%d%H%M%S%f}/{report.input_hash}", write
    )
    return mark_safe(written)  # a template has written it


def as_html(document: Document, *, title: str, computed: str = "") -> str:
    """The report without scripts and without anything to fetch; `computed` says when and by which version."""
    context = {
        "page": validation_page(document),
        "title": title,
        "computed": computed,
        "styles": mark_safe(_styles()),  # our own style sheets
    }
    return render_to_string("annotations/validation/validation_file.html", context)


def figure_names(document: Document) -> list[str]:
    """The figures that the report has, by the names that `as_svg` takes."""
    return list(validation_figures(document).by_name())


def as_svg(document: Document, name: str) -> str:
    """One figure as a file of its own, with its style in it.

    Raises:
        KeyError: the report has no figure of this name.
    """
    return figure_as_svg(validation_figures(document).by_name()[name]).decode()


def _styles() -> str:
    folder = Path(settings.BASE_DIR) / "perg_site" / "static" / "css"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in STYLE_SHEETS)
