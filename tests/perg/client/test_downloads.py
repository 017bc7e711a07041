"""The Python client's downloads: they resume after an interruption, and only a whole file gets its name."""

import hashlib
from pathlib import Path

import pytest

from perg.client import ChecksumDiffers, Client, ExportFailed, NotReached
from tests.perg.client.scripted_platform import Answer, Asked, Platform

CONTENT = bytes(range(256)) * 2000


class Exports:
    """The part of the platform that gives a file, in ranges, with the broken connections that a test asks for."""

    def __init__(self, platform: Platform, content: bytes = CONTENT) -> None:
        self.content = content
        self.checksum = hashlib.sha256(content).hexdigest()
        self.cuts: list[int | None] = []
        self.number = 0
        self.status = "ready"
        self.platform = platform
        platform.answers["exports/"] = self.ask

    def ask(self, asked: Asked) -> Answer:
        self.number += 1
        self.platform.answers[f"exports/{self.number}/"] = lambda _: Answer(200, self.state())
        self.platform.answers[f"exports/{self.number}/file/"] = self.file
        return Answer(202, self.state() | {"status": "queued"})

    def state(self) -> dict[str, object]:
        return {
            "id": self.number,
            "table": "gold",
            "format": "jsonl",
            "status": self.status,
            "rows": 3,
            "rows_expected": 3,
            "size": len(self.content),
            "checksum": self.checksum,
            "failure": "No room." if self.status == "failed" else "",
        }

    def file(self, asked: Asked) -> Answer:
        etag = f'"{self.checksum}"'
        cut = self.cuts.pop(0) if self.cuts else None
        wanted = asked.headers.get("Range", "")
        if wanted and asked.headers.get("If-Range") == etag:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(self.content):
                return Answer(416, b"")
            return Answer(206, self.content[begin:], {"ETag": etag}, cut)
        return Answer(200, self.content, {"ETag": etag}, cut)

    @property
    def ranges(self) -> list[str]:
        return [
            asked.headers.get("Range", "") for asked in self.platform.asked if asked.path.endswith("/file/")
        ]


class TestDownloads:
    def test_whole_and_under_its_name_only_then(
        self, platform: Platform, perg: Client, tmp_path: Path
    ) -> None:
        exports = Exports(platform)
        path = perg.download_gold(5, tmp_path / "gold.jsonl")
        assert path.read_bytes() == CONTENT
        assert platform.asked[0].body == {
            "table": "gold",
            "format": "jsonl",
            "filters": {"release": 5},
            "raters": "",
        }
        assert exports.ranges == [""]
        assert [each.name for each in tmp_path.iterdir()] == ["gold.jsonl"]

    def test_an_interrupted_one_resumes(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [100_000, 0, 50_000]
        path = perg.download_gold(5, tmp_path / "gold.jsonl")
        assert path.read_bytes() == CONTENT
        assert exports.ranges == ["", "bytes=100000-", "bytes=100000-", "bytes=150000-"]
        assert exports.number == 1

    def test_a_stopped_program_resumes_too(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached, match="1000 of 512000"):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        assert not (tmp_path / "gold.jsonl").exists()
        exports.cuts = []
        with Client(platform.address, token="t", poll_seconds=0.01) as another:
            another.download_gold(5, tmp_path / "gold.jsonl")
        assert (tmp_path / "gold.jsonl").read_bytes() == CONTENT
        assert exports.ranges[-1] == "bytes=1000-"
        assert exports.number == 1, "the same export"

    def test_another_release_starts_from_the_beginning(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        exports.cuts = []
        perg.download_gold(6, tmp_path / "gold.jsonl")
        assert (exports.number, exports.ranges[-1]) == (2, "")

    def test_a_deleted_file_is_requested_again(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        exports.cuts = []
        del platform.answers["exports/1/"]
        perg.download_gold(5, tmp_path / "gold.jsonl")
        assert exports.number == 2
        assert (tmp_path / "gold.jsonl").read_bytes() == CONTENT

    def test_what_is_here_and_is_no_part_of_it_is_thrown_away(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        (tmp_path / "gold.jsonl.part").write_bytes(CONTENT + b"more")
        exports.cuts = []
        perg.download_gold(5, tmp_path / "gold.jsonl")
        assert (tmp_path / "gold.jsonl").read_bytes() == CONTENT

    def test_a_wrong_checksum_leaves_nothing(self, platform: Platform, perg: Client, tmp_path: Path) -> None:
        exports = Exports(platform)
        exports.checksum = "0" * 64
        with pytest.raises(ChecksumDiffers):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_file_is_a_file(self, platform: Platform, perg: Client, tmp_path: Path) -> None:
        Exports(platform, b"")
        assert perg.download("labels", tmp_path / "labels.csv", format="csv").read_bytes() == b""

    def test_what_cannot_be_written_says_why(self, platform: Platform, perg: Client, tmp_path: Path) -> None:
        Exports(platform).status = "failed"
        with pytest.raises(ExportFailed, match="No room"):
            perg.download_gold(5, tmp_path / "gold.jsonl")
