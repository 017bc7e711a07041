"""The encoding of a text file: by its byte order mark, by trying UTF-8 on all of it, by its bytes."""

import codecs
import io
from itertools import chain
from typing import BinaryIO

from charset_normalizer import from_bytes

from perg.formats.tables.layout import TableUnreadable

BLOCK = 1 << 18
SAMPLE = 1 << 16
"""Bytes around the first ones outside ASCII, from which a legacy encoding is guessed."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "cp1252"
_OTHER_ALPHABETS = (
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1255",
    "cp1256",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
    "euc_jp",
)
_LETTERS_OUTSIDE_ASCII = 0.3
"""From this share of the letters on, the text is not in the Latin alphabet."""

ENCODINGS = ("utf-8", "utf-16", WESTERN, "mac_roman", "latin-1", *_OTHER_ALPHABETS)
"""Those that a person can choose."""


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of a file, as Python names it. The file is read through, but not held in memory.

    A file that is neither UTF-8 nor UTF-16 is in a legacy encoding, which its bytes do not tell for certain. In a
    Latin alphabet it is taken for Windows-1252, by far the most frequent; in another one charset-normalizer decides.

    Raises:
        TableUnreadable: an empty file, or one that is no text.
    """
    stream.seek(0)
    head = stream.read(BLOCK)
    if not head:
        raise TableUnreadable("The file is empty: it has 0 bytes.", "empty_file")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _checked(stream, encoding)
    unmarked = _utf16_without_mark(head)
    if unmarked is not None:
        return _checked(stream, unmarked)
    failure = _failure(stream, "utf-8")
    return "utf-8" if failure is None else _legacy(stream, failure)


def checked_encoding(stream: BinaryIO, encoding: str) -> str:
    """The stated encoding of a file; UTF-8 with its byte order mark where the file has one.

    Raises:
        TableUnreadable: an empty file; one that is not in this encoding; an unknown encoding.
    """
    stream.seek(0)
    head = stream.read(len(codecs.BOM_UTF8))
    if not head:
        raise TableUnreadable("The file is empty: it has 0 bytes.", "empty_file")
    try:
        name = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(name)().decode(b"")
    except (LookupError, ValueError) as error:
        raise TableUnreadable(f"There is no encoding “{encoding}”.", "wrong_encoding") from error
    if name == "utf-8" and head == codecs.BOM_UTF8:
        encoding = "utf-8-sig"
    failure = _failure(stream, encoding)
    if failure is not None:
        raise TableUnreadable(
            f"The file is not {encoding}: it is broken at byte {failure}.", "wrong_encoding"
        )
    return encoding


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 by its zero bytes: in most scripts' punctuation and in ASCII, every second one."""
    pairs = max(len(head) // 2, 1)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _checked(stream: BinaryIO, encoding: str) -> str:
    failure = _failure(stream, encoding)
    if failure is not None:
        raise TableUnreadable(
            f"The file begins as {encoding.upper().removesuffix('-SIG')}, but is broken at byte {failure}.",
            "wrong_encoding",
        )
    return encoding


def _failure(stream: BinaryIO, encoding: str) -> int | None:
    """Where the file is not in this encoding; None: it is."""
    stream.seek(0)
    decoder, place = codecs.getincrementaldecoder(encoding)(), 0
    for block in chain(iter(lambda: stream.read(BLOCK), b""), [b""]):
        start = place - len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return start + error.start
        except UnicodeError:
            return start
        place += len(block)
    return None


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether far more of the characters outside ASCII are UTF-8 than not: in other encodings hardly any are."""
    text = sample.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    outside = sum(character > "\x7f" for character in text) - broken
    return outside > 3 * broken


def encoding_notes(encoding: str | None) -> list[str]:
    """What a reader should know of the encoding: that it was guessed, if it was."""
    if encoding is None or encoding.startswith("utf-"):
        return []
    name = "Windows-1252" if encoding == WESTERN else encoding
    return [f"The file is not UTF-8 and was read as {name}: if letters are wrong, save it as UTF-8."]


def _legacy(stream: BinaryIO, failure: int) -> str:
    """A legacy encoding in which the whole file can be read.

    Raises TableUnreadable: the file is no text.
    """
    stream.seek(max(failure - SAMPLE // 4, 0))
    sample = stream.read(SAMPLE)
    if b"\0" in sample:
        raise TableUnreadable("The file is no text: it is binary.")
    if _is_mostly_utf8(sample):
        stream.seek(0)
        line = stream.read(failure).count(b"\n") + 1
        raise TableUnreadable(
            f"The file is UTF-8, but broken in line {line} (byte {failure}).", "wrong_encoding"
        )
    outside = sum(byte >= 0x80 for byte in sample)
    letters = outside + sum(byte < 0x80 and chr(byte).isalpha() for byte in sample)
    guesses = []
    if outside > _LETTERS_OUTSIDE_ASCII * letters:
        best = from_bytes(sample, cp_isolation=list(_OTHER_ALPHABETS)).best()
        guesses = [] if best is None else [best.encoding]
    return next(
        encoding
        for encoding in (*guesses, WESTERN, "cp1250", "latin-1")
        if _failure(stream, encoding) is None
    )


def text_of(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The stream from its beginning as text, with its line ends; closing the text leaves the stream open."""
    stream.seek(0)
    return io.TextIOWrapper(_Unclosed(stream), encoding=encoding, newline="")


class _Unclosed(io.BufferedIOBase):
    """A stream that stays open when the text that reads it is closed or collected."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.name = "table"

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._stream.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)
