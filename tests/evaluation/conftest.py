"""One stub of the model providers for all tests that call it; each gets it without the memory of the others."""

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
