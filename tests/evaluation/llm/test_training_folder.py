"""The folder of a training: whose it is, and which checkpoints count."""

from pathlib import Path

import pytest

from evaluation.llm.local.training_folder import TrainingFolder, TrainingRefused


def checkpointed(folder: TrainingFolder, *steps: int) -> None:
    for step in steps:
        (folder.checkpoints / f"checkpoint-{step}").mkdir(parents=True)
        folder.mark_checkpoint(step)


def test_a_folder_belongs_to_one_set_of_settings_from_the_first_checkpoint_on(tmp_path: Path) -> None:
    folder = TrainingFolder(tmp_path / "out")
    for settings in ({"rank": 4, "seed": 0}, {"rank": 8, "seed": 0}, {"rank": 8, "seed": 0}):
        with folder.opened(settings):
            pass
    checkpointed(folder, 5)
    with (
        pytest.raises(TrainingRefused, match=r"other settings: rank was 8 and is now 16\."),
        folder.opened({"rank": 16, "seed": 0}),
    ):
        pytest.fail("opened")
    with folder.opened({"rank": 8, "seed": 0}):
        assert folder.last_checkpoint() is not None


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for path, said in (
        (tmp_path, "not the folder of a training"),
        (tmp_path / "mine.txt", "is not a folder"),
    ):
        with pytest.raises(TrainingRefused, match=said), TrainingFolder(path).opened({"rank": 8}):
            pytest.fail("opened")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_checkpoint_counts_only_when_it_is_complete(tmp_path: Path) -> None:
    folder = TrainingFolder(tmp_path)
    checkpointed(folder, 9, 20)
    (folder.checkpoints / "checkpoint-100").mkdir()
    last = folder.last_checkpoint()
    assert last is not None
    assert last.name == "checkpoint-20"
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == ["checkpoint-20", "checkpoint-9"]


def test_two_trainings_do_not_share_a_folder(tmp_path: Path) -> None:
    first, second = TrainingFolder(tmp_path), TrainingFolder(tmp_path)
    refused = pytest.raises(TrainingRefused, match="Another process is training in")
    with first.opened({"rank": 8}), refused, second.opened({"rank": 8}):
        pytest.fail("both have it")
    with second.opened({"rank": 8}):
        pass
