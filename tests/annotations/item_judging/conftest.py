"""A stand-in for model servers, for the tests of judging items."""

from collections.abc import Iterator

import pytest

from tests.stub_llm import StubProcess, running_stub


@pytest.fixture(scope="session")
def _item_stub() -> Iterator[StubProcess]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def providers(_item_stub: StubProcess, monkeypatch: pytest.MonkeyPatch) -> StubProcess:
    """The stub, answering well until it is configured otherwise; its key is in STUB_KEY."""
    monkeypatch.setenv("STUB_KEY", "a-long-secret-key")
    _item_stub.configure()
    return _item_stub
