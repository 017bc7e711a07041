"""Which variables may hold the key of an endpoint, and where each key may be sent."""

import pytest

from core.secrets.addresses import read_address
from core.secrets.environment import reserve_variable
from core.secrets.key_list import KeyList, KeyRefused, key_problem
from evaluation.llm.endpoint_rules import OWN_URLS, EndpointRefused, check_endpoint
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.registry import EndpointSettings, missing_key, provider_for


def check(variable: str, url: str) -> None:
    KeyList.of_environment().check(variable, read_address(url))


@pytest.fixture
def default_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENDPOINT_KEYS")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "TOGETHER_API_KEY"):
        monkeypatch.setenv(name, "sk-0123456789abcdef")


@pytest.mark.usefixtures("default_list")
@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("OPENAI_API_KEY", "https://api.openai.com/v1"),
        ("OPENAI_API_KEY", "https://API.OpenAI.com/v1"),
        ("OPENAI_API_KEY", "https://api.openai.com./v1"),
        ("OPENAI_API_KEY", "https://api.openai.com:443/v1"),
        ("ANTHROPIC_API_KEY", "https://api.anthropic.com"),
    ],
)
def test_without_a_list_the_providers_keys_go_to_the_providers_hosts(variable: str, url: str) -> None:
    check(variable, url)


@pytest.mark.usefixtures("default_list")
@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("OPENAI_API_KEY", "http://api.openai.com/v1"),
        ("OPENAI_API_KEY", "https://api.openai.com:8443/v1"),
        ("OPENAI_API_KEY", "https://api.openai.com.evil.example/v1"),
        ("OPENAI_API_KEY", "https://evil-api.openai.com/v1"),
        ("OPENAI_API_KEY", "https://x.api.openai.com/v1"),
        ("OPENAI_API_KEY", "https://openai.com/v1"),
        ("OPENAI_API_KEY", "http://127.0.0.1:8000/v1"),
        ("OPENAI_API_KEY", "https://api.anthropic.com"),
        ("ANTHROPIC_API_KEY", "https://api.openai.com/v1"),
        ("TOGETHER_API_KEY", "https://api.together.xyz/v1"),
    ],
)
def test_without_a_list_no_key_goes_anywhere_else(variable: str, url: str) -> None:
    with pytest.raises(KeyRefused, match=f"{variable} may not be sent to .*ENDPOINT_KEYS={variable}@"):
        check(variable, url)


@pytest.mark.usefixtures("default_list")
@pytest.mark.parametrize(
    "variable",
    [
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "HOME",
        "SOME_KEY",
        "OPENAI_API_KEYS",
        "openai_api_key",
    ],
)
def test_without_a_list_only_names_of_api_keys_are_variables_of_keys(variable: str) -> None:
    with pytest.raises(KeyRefused, match=f"{variable} is no variable"):
        check(variable, "https://api.openai.com/v1")


@pytest.mark.parametrize(
    "variable",
    ["SECRET_KEY", "DATABASE_URL", "PERG_HOME", "PGPASSWORD", "POSTGRES_PASSWORD", "EVEN_THIS_API_KEY"],
)
def test_not_even_the_operators_list_gives_away_what_the_settings_read(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve_variable("EVEN_THIS_API_KEY")
    monkeypatch.setenv("ENDPOINT_KEYS", f"{variable}@llm.example.org")
    monkeypatch.setenv(variable, "x")
    with pytest.raises(KeyRefused, match=f"{variable} is no variable"):
        check(variable, "https://llm.example.org/v1")


@pytest.mark.parametrize(
    ("entry", "url", "is_admitted"),
    [
        ("MY_KEY@llm.example.org", "https://llm.example.org/v1", True),
        ("MY_KEY@LLM.example.org", "https://llm.EXAMPLE.org/v1", True),
        ("MY_KEY@llm.example.org", "http://llm.example.org/v1", False),
        ("MY_KEY@llm.example.org", "https://llm.example.org:8443/v1", False),
        ("MY_KEY@llm.example.org:8443", "https://llm.example.org:8443/v1", True),
        ("MY_KEY@llm.example.org:8443", "https://llm.example.org/v1", False),
        ("MY_KEY@http://gpu1.lan:8000", "http://gpu1.lan:8000/v1", True),
        ("MY_KEY@http://gpu1.lan:8000", "https://gpu1.lan:8000/v1", False),
        ("MY_KEY@gpu1.lan:8000", "http://gpu1.lan:8000/v1", False),
        ("MY_KEY@127.0.0.1", "http://127.0.0.1:8000/v1", True),
        ("MY_KEY@localhost:8000", "http://localhost:8000/v1", True),
        ("MY_KEY@localhost:8000", "http://localhost:8001/v1", False),
        ("MY_KEY@[::1]:8000", "http://[0:0:0:0:0:0:0:1]:8000/v1", True),
        ("MY_KEY@*.openai.azure.com", "https://mine.openai.azure.com/openai?api-version=1", True),
        ("MY_KEY@*.openai.azure.com", "https://openai.azure.com/v1", False),
        ("MY_KEY@*.openai.azure.com", "https://evilopenai.azure.com/v1", False),
        ("MY_KEY@*.openai.azure.com", "https://x.openai.azure.com.evil.example/v1", False),
        ("MY_KEY@a.example,MY_KEY@b.example", "https://b.example/v1", True),
        ("OTHER_KEY@a.example,MY_KEY@b.example", "https://a.example/v1", False),
        ("MY_KEY", "https://api.openai.com/v1", False),
    ],
)
def test_the_operator_binds_a_key_to_hosts(
    entry: str, url: str, is_admitted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENDPOINT_KEYS", entry)
    if is_admitted:
        check("MY_KEY", url)
    else:
        with pytest.raises(KeyRefused):
            check("MY_KEY", url)


@pytest.mark.parametrize(
    "entries",
    ["sk-0123456789abcdef", "MY_KEY@", "MY_KEY@a b", "MY_KEY@http://", "MY_KEY@a/b", "A@*.", "A@x:99999"],
)
def test_a_list_that_cannot_be_read_allows_nothing_and_is_not_repeated(
    entries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENDPOINT_KEYS", f"OTHER_KEY,{entries}")
    monkeypatch.setenv("OTHER_KEY", "k")
    settings = EndpointSettings(
        "e", "openai", "m", base_url="https://a.example", api_key_variable="OTHER_KEY"
    )
    with pytest.raises(EndpointRefused, match=r"[eE]ntry 2") as refused:
        check_endpoint(settings)
    assert entries not in str(refused.value)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_row_that_names_a_secret_of_the_site_is_refused_at_the_call(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "the-secret-of-the-site")
    settings = EndpointSettings(
        "e", provider, "m", base_url="http://127.0.0.1:9", api_key_variable="SECRET_KEY"
    )
    with pytest.raises(ProviderNotAvailable, match="SECRET_KEY is no variable"):
        provider_for(settings)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("“sk-0123456789abcdef”", "outside ASCII"),
        ("sk-0123456789abcdéf", "outside ASCII"),
        ("sk-0123\u200b456789abcdef", "outside ASCII"),
        ("sk-0123456789\nabcdef", "line break"),
        ("sk-0123456789 abcdef", "blank"),
        ("sk-0123456789\x7fabcdef", "control character"),
        ("Bearer sk-0123456789abcdef", "blank"),
        ('"sk-0123456789abcdef"', "quotation marks"),
        ("'sk-0123456789abcdef'", "quotation marks"),
        ("   ", "not set"),
        ("sk-0123456789\udce9abcdef", "outside ASCII"),
    ],
)
def test_a_key_that_cannot_be_sent_is_described_and_not_shown(
    value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", value)
    settings = EndpointSettings(
        "e", "openai", "m", base_url="http://127.0.0.1:9/v1", api_key_variable="STUB_KEY"
    )
    with pytest.raises(ProviderNotAvailable, match=f"STUB_KEY.*{words}") as refused:
        provider_for(settings)
    assert "0123" not in str(refused.value)


def test_blanks_around_a_key_are_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_problem(" sk-0123456789abcdef\n") == ""
    monkeypatch.setenv("STUB_KEY", "sk-0123456789abcdef\n")
    settings = EndpointSettings(
        "e", "openai", "m", base_url="http://127.0.0.1:9/v1", api_key_variable="STUB_KEY"
    )
    assert missing_key(settings) is None


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_without_a_base_url_a_call_goes_where_the_rule_was_checked(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", "sk-0123456789abcdef")
    settings = EndpointSettings("e", provider, "m", api_key_variable="STUB_KEY")
    client = provider_for(settings)._client  # type: ignore[union-attr]
    assert str(client.base_url).rstrip("/") == OWN_URLS[provider]
