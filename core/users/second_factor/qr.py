"""A QR code as the outline of an SVG, made here: the secret in it goes to nobody else."""

from dataclasses import dataclass
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget

QUIET = 4
"""Empty modules around it, as the standard asks."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`size`: the width and height of its view box; `path`: a square for each dark module."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    widget: Any = QrCodeWidget(text, barLevel="M")  # Any: the stubs leave out what it draws
    code = widget.qr
    code.make()
    count = code.getModuleCount()
    squares = [
        f"M{column + QUIET} {row + QUIET}h1v1h-1z"
        for row in range(count)
        for column in range(count)
        if code.isDark(row, column)
    ]
    return QrCode(count + 2 * QUIET, "".join(squares))
