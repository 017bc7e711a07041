"""Exported files, read by what people read them with: pandas, polars, pyarrow and Hugging Face `datasets`."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotations.adjudication.services import adjudicate
from annotations.exports.tables.columns import Kind
from annotations.exports.tables.registry import tables
from annotations.exports.tables.scopes import checked_scope, source_for
from annotations.exports.writers.arrow_arrays import arrow_array
from annotations.exports.writers.dataset_folder import folder_facts, write_folder
from annotations.exports.writers.parquet import ARROW, ParquetWriter
from annotations.exports.writers.writing import chunks, stream
from annotations.gold.services.gold import release_gold
from annotations.models import Campaign, GoldRelease, Label
from annotations.models.export import ExportFormat
from core.models import User
from perg.formats.spreadsheet import as_written, defused
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build, imported_items
from tests.rated_criteria import campaign_of_criteria

pytestmark = pytest.mark.django_db

HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r\n=1",
    "'=already quoted",
    "'just quoted",
    "＝1",
    'say "hi", then\nleave; 100 %',
    "👩🏽‍🔬 naïve — 日本語 \u200f\u2028",
    "-5",
    "+3.5e7",
    "x" * 100_000,
    "",
    "NULL",
    "true",
]


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


@pytest.fixture
def labelled() -> Campaign:
    """A label with each hostile comment, by one person, and a release of them."""
    person = build.person('=ann"')
    campaign = build.campaign(build.run_with_items(len(HOSTILE)), [person], overlap=1)
    tasks = campaign.tasks.order_by("response__item__position")
    for task, comment in zip(tasks, HOSTILE, strict=True):
        build.vote(task, person, 4, comment=comment)
    return campaign


def _bytes(admin: User, table: str, format: ExportFormat, raters: str = "names", **filters: object) -> bytes:
    found = tables()[table]
    scope = checked_scope(admin, found, filters)
    return b"".join(stream(source_for(found, scope, raters), format))


def _folder(admin: User, table: str, raters: str, at: Path, **filters: object) -> Path:
    found = tables()[table]
    scope = checked_scope(admin, found, filters)
    with (at / "folder.zip").open("wb") as file:
        for _ in write_folder(
            source_for(found, scope, raters), folder_facts(found, scope, raters, "cc-by-4.0"), file
        ):
            pass
    with zipfile.ZipFile(at / "folder.zip") as packed:
        assert packed.testzip() is None
        packed.extractall(at / "folder")
    return at / "folder"


def test_hostile_comments_come_back_from_every_format(admin: User, labelled: Campaign) -> None:
    written = {
        format: _bytes(admin, "labels", format, campaign=labelled.pk)
        for format in (ExportFormat.CSV, ExportFormat.JSONL, ExportFormat.PARQUET)
    }
    rows = list(csv.DictReader(io.StringIO(written[ExportFormat.CSV].decode(), newline="")))
    assert [as_written(row["comment"]) for row in rows] == HOSTILE
    lines = [json.loads(line) for line in written[ExportFormat.JSONL].splitlines()]
    assert [line["comment"] for line in lines] == HOSTILE
    table = pq.read_table(io.BytesIO(written[ExportFormat.PARQUET]))
    assert table["comment"].to_pylist() == HOSTILE
    for frame in (
        pl.read_csv(written[ExportFormat.CSV])["comment"].fill_null("").to_list(),
        pd.read_csv(io.BytesIO(written[ExportFormat.CSV]), keep_default_na=False)["comment"].to_list(),
    ):
        assert [as_written(str(cell)) for cell in frame] == HOSTILE


def test_no_cell_of_a_csv_begins_as_a_formula(admin: User, labelled: Campaign) -> None:
    text = _bytes(admin, "labels", ExportFormat.CSV, campaign=labelled.pk).decode()
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not cell.startswith(("=", "@", "\t", "\r", "＝")) or cell == ""
            if cell.startswith(("+", "-")):
                float(cell)  # nothing but a number


@pytest.mark.parametrize("text", HOSTILE)
def test_defusing_is_undone_by_taking_an_apostrophe_away(text: str) -> None:
    assert as_written(str(defused(text))) == text
    assert defused(-5) == -5


def test_types_in_parquet_are_what_they_are(admin: User, labelled: Campaign) -> None:
    written = _bytes(admin, "labels", ExportFormat.PARQUET, campaign=labelled.pk)
    types = {field.name: str(field.type) for field in pq.read_schema(io.BytesIO(written))}
    assert types["score"] == "int64"
    assert types["followed"] == types["is_current"] == "bool"
    assert types["seconds"] == "double"
    assert types["created_at"] == "timestamp[us, tz=UTC]"
    frame = pd.read_parquet(io.BytesIO(written))
    assert frame["score"].dtype == "int64"
    assert frame["followed"].dtype == "bool"
    assert frame["seconds"].dtype == "float64"
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    polars = pl.read_parquet(written)
    assert polars.schema["followed"] == pl.Boolean
    assert polars.schema["created_at"] == pl.Datetime("us", "UTC")
    first = Label.objects.order_by("pk").first()
    assert first is not None
    assert polars["created_at"][0] == first.created_at.astimezone(UTC)
    description = pq.read_schema(io.BytesIO(written)).field("score").metadata[b"description"]
    assert description.startswith(b"1 to 5")


def test_types_in_csv_are_found_by_pandas_and_polars(admin: User, labelled: Campaign) -> None:
    written = _bytes(admin, "labels", ExportFormat.CSV, campaign=labelled.pk)
    frame = pd.read_csv(io.BytesIO(written), parse_dates=["created_at"])
    assert frame["score"].dtype == "int64"
    assert frame["followed"].dtype == frame["is_current"].dtype == "bool"
    assert str(frame["created_at"].dtype).startswith("datetime64[")
    polars = pl.read_csv(written, try_parse_dates=True)
    assert polars.schema["score"] == pl.Int64
    assert polars.schema["followed"] == polars.schema["is_surplus"] == pl.Boolean
    assert isinstance(polars.schema["created_at"], pl.Datetime)
    items = _bytes(admin, "items", ExportFormat.CSV)
    assert json.loads(pl.read_csv(items)["options"][0]) == ["one", "two", "three"]


def test_lists_and_empty_cells_keep_their_types(admin: User, labelled: Campaign) -> None:
    items = pl.read_parquet(_bytes(admin, "items", ExportFormat.PARQUET))
    assert items.schema["options"] == items.schema["irrelevant_preferences"] == pl.List(pl.String)
    assert items["options"][0].to_list() == ["one", "two", "three"]
    release = release_gold(campaign=labelled, criteria=EVERY_TASK)
    gold = pl.read_parquet(_bytes(admin, "gold", ExportFormat.PARQUET, release=release.pk))
    assert gold.schema["confidence"] == pl.Float64, "though every cell is empty"
    assert gold["confidence"].null_count() == len(HOSTILE)
    assert gold["labels"][0].to_list() == [{"rater": '=ann"', "score": 4}]


def test_an_empty_table_has_its_columns(admin: User) -> None:
    for format in (ExportFormat.CSV, ExportFormat.PARQUET):
        written = _bytes(admin, "adjudications", format)
        frame = pl.read_csv(written) if format == ExportFormat.CSV else pl.read_parquet(written)
        assert frame.columns == [column.name for column in tables()["adjudications"].columns]
        assert frame.height == 0


@pytest.mark.parametrize("name", [name for name in tables() if name != "gold"])
@pytest.mark.one_in(3)
def test_every_table_fills_its_columns_in_every_format(
    admin: User, labelled: Campaign, name: str, tmp_path: Path
) -> None:
    build.judgment(labelled.runs.get().items.all()[0], 4)
    build.judgment(labelled.runs.get().items.all()[1], None)
    campaign_of_criteria(items=3)
    imported_items.label_one(imported_items.labelled_campaign(imported_items.EVERY_KIND, [admin]), admin)
    rows = pq.read_table(io.BytesIO(_bytes(admin, name, ExportFormat.PARQUET))).num_rows
    assert rows == _bytes(admin, name, ExportFormat.JSONL).count(b"\n")
    read = csv.reader(io.StringIO(_bytes(admin, name, ExportFormat.CSV).decode(), newline=""))
    assert rows == sum(1 for _ in read) - 1
    assert rows > 0 or name in {"adjudications", "completions"}
    columns = {column.name for column in tables()[name].columns}
    assert len(columns) == len(tables()[name].columns)
    assert all(column.description for column in tables()[name].columns)


# --- Gold -------------------------------------------------------------------------------------------------------


def test_gold_as_jsonl_has_the_checksum_of_the_release(admin: User, labelled: Campaign) -> None:
    release = release_gold(campaign=labelled, criteria=EVERY_TASK)
    written = _bytes(admin, "gold", ExportFormat.JSONL, release=release.pk)
    assert hashlib.sha256(written).hexdigest() == release.checksum


def _adjudicated() -> GoldRelease:
    people = [build.person(name) for name in ("ann", "bob")]
    lead = build.person("lena")
    campaign = build.campaign(build.run_with_items(2), people, overlap=2, leads=[lead])
    for task, scores in zip(campaign.tasks.order_by("pk"), ([1, 5], [5, 5]), strict=True):
        for person, score in zip(people, scores, strict=True):
            build.vote(task, person, score)
    disputed = campaign.tasks.get(state="disputed")
    adjudicate(task=disputed, adjudicator=lead, score=2, rationale="It ignores the wish.", based_on=0)
    return release_gold(campaign=campaign, criteria=EVERY_TASK)


@pytest.mark.parametrize("format", [ExportFormat.CSV, ExportFormat.JSONL, ExportFormat.PARQUET])
def test_pseudonyms_name_nobody_and_stay_the_same(admin: User, format: ExportFormat) -> None:
    release = _adjudicated()
    written = _bytes(admin, "gold", format, raters="pseudonyms", release=release.pk)
    for name in (b"ann", b"bob", b"lena"):
        assert name not in written.replace(b"unanimous", b"").replace(b"personalised", b"")
    labels = _bytes(admin, "labels", ExportFormat.JSONL, raters="pseudonyms", campaign=release.campaign_id)
    raters = {json.loads(line)["rater"] for line in labels.splitlines()}
    if format == ExportFormat.JSONL:
        found = {name for line in written.splitlines() for name in json.loads(line)["labels"]}
        assert found == raters
        assert len(raters) == 2


def test_the_log_under_pseudonyms_has_no_details(admin: User) -> None:
    release = _adjudicated()
    log = _bytes(admin, "audit_log", ExportFormat.JSONL, "pseudonyms", campaign=release.campaign_id)
    assert {json.loads(line)["details"] for line in log.splitlines()} == {None}
    assert b"lena" not in log


# --- The Hugging Face folder ------------------------------------------------------------------------------------


@pytest.fixture
def load_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """`datasets.load_dataset`, offline: pytest-socket would fail it, and so would its own settings."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    import datasets
    from datasets import config

    monkeypatch.setattr(config, "HF_HUB_OFFLINE", True)
    return lambda folder: datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))


def test_datasets_loads_a_folder_of_gold_as_it_is(
    admin: User, tmp_path: Path, load_dataset: Callable[..., dict[str, object]]
) -> None:
    release = _adjudicated()
    folder = _folder(admin, "gold", "pseudonyms", tmp_path, release=release.pk)
    loaded = load_dataset(folder)["train"]
    assert loaded.num_rows == 2  # type: ignore[attr-defined]
    assert sorted(loaded["followed"]) == [False, True]  # type: ignore[index]
    features = loaded.features  # type: ignore[attr-defined]
    assert (features["score"].dtype, features["followed"].dtype) == ("float64", "bool")
    assert loaded[0]["options"] == ["one", "two", "three"]  # type: ignore[index]
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]
    assert manifest["rows"] == 2


def test_datasets_loads_a_folder_of_several_parts(
    admin: User,
    labelled: Campaign,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    load_dataset: Callable[..., dict[str, object]],
) -> None:
    monkeypatch.setattr("annotations.exports.writers.writing.CHUNK_ROWS", 5)
    monkeypatch.setattr("annotations.exports.writers.dataset_folder.PART_ROWS", 5)
    folder = _folder(admin, "labels", "names", tmp_path, campaign=labelled.pk)
    parts = sorted((folder / "data").iterdir())
    assert len(parts) > 2
    assert sum(pq.read_metadata(part).num_rows for part in parts) == len(HOSTILE)
    assert load_dataset(folder)["train"]["comment"][:] == HOSTILE  # type: ignore[index]


def test_the_card_is_filled_from_the_facts(admin: User, tmp_path: Path) -> None:
    import yaml

    release = _adjudicated()
    card = (_folder(admin, "gold", "pseudonyms", tmp_path, release=release.pk) / "README.md").read_text()
    _, front, text = card.split("---\n", 2)
    told = yaml.safe_load(front)
    assert told["license"] == "cc-by-4.0"
    assert told["size_categories"] == ["n<1K"]
    assert told["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    for fact in (
        "**Rows:** 2",
        "**People:** 2 whose labels have a vote",
        "**Rule:** Majority of followed / not followed",
        "**Decided by an adjudicator:** 1",
        "undefined: no validation report had been computed",
        release.checksum,
        "People go by pseudonyms",
        str(release.campaign.rubric.name),  # type: ignore[union-attr]
        "It holds 2 tasks: too few",
        "It says whether a preference was followed, not whether an answer is right.",
        "| `followed` | true or false |",
    ):
        assert fact in text, fact


def test_a_hostile_name_stays_one_line_of_the_card(admin: User, tmp_path: Path) -> None:
    import yaml

    release = _adjudicated()
    Campaign.objects.filter(pk=release.campaign_id).update(name='x"\n---\nlicense: mit\n# Heading')
    card = (_folder(admin, "gold", "pseudonyms", tmp_path, release=release.pk) / "README.md").read_text()
    told = yaml.safe_load(card.split("---\n", 2)[1])
    assert told["license"] == "cc-by-4.0"
    assert not any(line.startswith("# Heading") for line in card.splitlines())


# --- Memory -----------------------------------------------------------------------------------------------------


def test_chunks_are_small_however_long_the_texts() -> None:
    rows = [("x" * 1_000_000,)] * 20
    assert max(len(chunk) for chunk in chunks(rows)) <= 5
    assert sum(len(chunk) for chunk in chunks(rows)) == 20


def test_row_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.exports.writers.parquet.GROUP_ROWS", 10)
    sink = io.BytesIO()
    writer = ParquetWriter(sink, tables()["preferences"].columns)
    for start in range(0, 40, 5):
        writer.write([(key, "c", 1, "text", "tone", "relevant") for key in range(start, start + 5)])
    writer.close()
    read = pq.ParquetFile(io.BytesIO(sink.getvalue()))
    assert [read.metadata.row_group(at).num_rows for at in range(read.num_row_groups)] == [10] * 4


def test_arrays_are_those_that_pyarrow_makes() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    cells: list[tuple[pa.DataType, list[object]]] = [
        (ARROW[Kind.INTEGER], [1, None, -(2**60)]),
        (ARROW[Kind.NUMBER], [0.1, None, 2]),
        (ARROW[Kind.FLAG], [True, None, False] * 5),
        (ARROW[Kind.TEXT], ["a", None, "", "👩🏽‍🔬"]),
        (ARROW[Kind.TIME], [moment, None, datetime(1969, 1, 1, tzinfo=UTC)]),
        (ARROW[Kind.TEXTS], [["a", "b"], None, []]),
        (ARROW[Kind.RATINGS], [[{"rater": "x", "score": 1}], None, []]),
    ]
    for type, values in cells:
        for some in (values, values[:1], []):
            made = arrow_array(some, type)
            made.validate(full=True)
            assert made.equals(pa.array(some, type))
