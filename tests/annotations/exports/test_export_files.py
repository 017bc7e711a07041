"""The folder of exports: what in it is ours, and who may read it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from annotations.exports.services import file_of, prune_exports, request_export
from annotations.models import Export
from core.errors import NotFound
from core.jobs.leasing import run_job
from tests import build

pytestmark = pytest.mark.django_db

LONG_AGO = (0, 0)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A folder of exports that is not there yet, under a umask that lets everybody read."""
    settings.EXPORT_ROOT = tmp_path / "files" / "exports"
    before = os.umask(0)
    yield settings.EXPORT_ROOT
    os.umask(before)


def _written() -> Export:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    return run_job(
        request_export(
            requested_by=build.person(staff=True),
            table="tasks",
            format="csv",
            filters={"campaign": campaign.pk},
        )
    )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_exports_are_only_ours_to_read_whatever_the_umask(folder: Path) -> None:
    export = _written()
    assert export.status == "ready", export.failure
    assert _mode(file_of(export)) == 0o600
    assert _mode(folder) == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "results.csv",
        "7-1.csv",
        "7-20260102030405-1.csv.bak",
        "x7-20260102030405-1.csv",
        "7-20260102030405-1.csv\n",
        ".hidden",
    ],
)
def test_pruning_leaves_files_of_others_alone(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    path = folder / name
    path.write_text("precious")
    os.utime(path, LONG_AGO)
    prune_exports()
    assert path.read_text() == "precious"


def test_pruning_removes_old_files_of_its_own_only(folder: Path) -> None:
    folder.mkdir(parents=True)
    old = folder / "7-20260102030405-1.csv"
    old.write_text("ours")
    os.utime(old, LONG_AGO)
    prune_exports()
    assert not old.exists()


def test_pruning_touches_neither_links_nor_folders(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True)
    precious = tmp_path / "precious.csv"
    precious.write_text("precious")
    link, inner = folder / "7-20260102030405-1.csv", folder / "8-20260102030405-1.csv"
    link.symlink_to(precious)
    inner.mkdir()
    os.utime(link, LONG_AGO, follow_symlinks=False)
    os.utime(inner, LONG_AGO)
    prune_exports()
    assert precious.read_text() == "precious"
    assert link.is_symlink()
    assert inner.is_dir()


@pytest.mark.parametrize("name", ["../precious.csv", "/etc/hostname", "..", "a/../../precious.csv"])
def test_a_name_that_leads_out_of_the_folder_is_neither_sent_nor_deleted(
    folder: Path, tmp_path: Path, name: str, django_capture_on_commit_callbacks: object
) -> None:
    export = _written()
    precious = folder.parent / "precious.csv"
    precious.write_text("precious")
    Export.objects.filter(pk=export.pk).update(file=name, expires_at="2020-01-01T00:00:00Z")
    export.refresh_from_db()
    with pytest.raises(NotFound):
        file_of(export)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        prune_exports()
    assert precious.read_text() == "precious"


def test_an_export_is_not_written_through_a_link(folder: Path, tmp_path: Path) -> None:
    export = _written()
    precious = tmp_path / "precious.csv"
    precious.write_text("precious")
    second = request_export(
        requested_by=build.person(staff=True), table="tasks", format="csv", filters=export.filters
    )
    part = folder / f"{second.pk}-{second.created_at:%Y%m%d%H%M%S}-1.csv.part"
    part.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic link"):
        run_job(second)
    assert precious.read_text() == "precious"
