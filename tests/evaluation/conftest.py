"""One stub of the model providers for all tests that call it, each without the memory of the others; and keys."""

from collections.abc import Iterator

import pytest

from tests.stub_llm import StubProcess, running_stub


@pytest.fixture(scope="session")
def _stub_process() -> Iterator[StubProcess]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def providers(_stub_process: StubProcess, monkeypatch: pytest.MonkeyPatch) -> StubProcess:
    """The stub, answering well until it is configured otherwise; its key is in STUB_KEY."""
    monkeypatch.setenv("STUB_KEY", "a-long-secret-key")
    _stub_process.configure()
    return _stub_process


@pytest.fixture
def console_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the endpoints of `tests.launched_batches` is there."""
    monkeypatch.setenv("CONSOLE_TEST_KEY", "k")
