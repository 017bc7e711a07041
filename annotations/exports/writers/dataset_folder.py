"""A folder that the Hugging Face `datasets` library loads as it is, in a zip file: data, card and manifest."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from django.utils import timezone

from annotations.exports.tables.card_facts import CardFacts
from annotations.exports.tables.columns import Scope, Sink, Source, Table
from annotations.exports.tables.scopes import stored_filters
from annotations.exports.writers.dataset_card import dataset_card
from annotations.exports.writers.manifest import described
from annotations.exports.writers.writing import Drain, chunks
from annotations.models.export import RaterNames
from perg import __version__

DATA = "data/train-*.parquet"
PART_ROWS = 500_000
PART_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What a folder says about itself."""

    card: CardFacts
    manifest: dict[str, Any]


def folder_facts(table: Table, scope: Scope, raters: str, licence: str) -> FolderFacts:
    """Read what the card and the manifest of a table or a gold release say."""
    if table.card is not None:
        card = table.card(scope, raters, licence)
    else:
        where = f" of the campaign {scope.campaign}" if scope.campaign else ""
        card = CardFacts(
            title=f"{table.title}{where}",
            description=table.description,
            raters=raters,
            licence=licence,
            tags=["perg", "llm-as-a-judge"],
            limits=[
                "Rows as they were at one moment on a running platform; later ones may have changed since.",
                *(["The audit's details are left out."] if _hides(table, raters) else []),
            ],
        )
    source = table.source(scope)
    return FolderFacts(card, described(table, source, filters=stored_filters(scope), raters=raters))


def stream_folder(source: Source, table: Table, scope: Scope, raters: str, licence: str) -> Iterator[bytes]:
    """The same as bytes, as they are made."""
    facts, drain = folder_facts(table, scope, raters, licence), Drain()
    for _ in write_folder(source, facts, drain):
        yield drain.take()
    yield drain.take()


def _hides(table: Table, raters: str) -> bool:
    return raters == RaterNames.PSEUDONYMS and any(column.is_private for column in table.columns)


def write_folder(source: Source, facts: FolderFacts, sink: Sink) -> Iterator[int]:
    """Write the folder as a zip file; after each chunk gives the number of rows so far.

    Nothing in it is compressed again: Parquet is.
    """
    from annotations.exports.writers.parquet import ParquetWriter  # brings pyarrow

    files: dict[str, dict[str, object]] = {}
    rows = iter(chunks(source.rows()))
    written = 0
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_STORED) as folder:
        for number in range(100_000):
            name = f"data/train-{number:05}.parquet"
            with folder.open(_entry(name), "w", force_zip64=True) as entry:
                counted = CountedSink(entry)
                writer = ParquetWriter(counted, source.columns)
                part = 0
                for chunk in rows:
                    writer.write(chunk)
                    part += len(chunk)
                    yield written + part
                    if part >= PART_ROWS or counted.tell() >= PART_BYTES:
                        break
                else:
                    number = -1  # there are no more
                writer.close()
            written += part
            files[name] = {"rows": part, "bytes": counted.tell(), "sha256": counted.checksum()}
            if number < 0:
                break
        moment = timezone.now()
        card = dataset_card(
            facts.card,
            rows=written,
            columns=source.columns,
            written=f"Exported on {moment:%-d %B %Y} by PERG {__version__}.",
            data=DATA,
        )
        manifest = facts.manifest | {"rows": written, "files": files}
        folder.writestr(_entry("README.md"), card)
        folder.writestr(_entry("manifest.json"), json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
    made.external_attr = 0o644 << 16
    return made


class CountedSink(io.RawIOBase):
    """A file that passes on what is written, counts it, and knows its SHA-256."""

    def __init__(self, sink: Any) -> None:
        super().__init__()
        self._sink, self._digest, self._size = sink, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        data = bytes(part)
        self._sink.write(data)
        self._digest.update(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def checksum(self) -> str:
        return self._digest.hexdigest()
