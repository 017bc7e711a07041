"""Options of endpoints: known ones with values of the right type, everything else refused."""

from pathlib import Path

import pytest

from evaluation.llm.endpoint_options import OPTIONS, OptionsRefused, check_options
from evaluation.llm.endpoint_rules import EndpointRefused, check_endpoint
from evaluation.llm.registry import EndpointSettings

DOCUMENTATION = Path(__file__).resolve().parents[3] / "docs" / "engine.md"


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("openai", {"token_param": "max_completion_tokens"}),
        ("openai", {"token_parameter": "max_output_tokens"}),
        ("openai", {"token_parameter": 5}),
        ("openai", {"send_temperature": "false"}),
        ("openai", {"send_temperature": 0}),
        ("openai", {"extra_body": []}),
        ("openai", {"extra_body": "{}"}),
        ("openai", {"extra_headers": {"Authorization": "Bearer x"}}),
        ("openai", {"default_headers": {"Host": "a"}}),
        ("openai", {"extra_query": {"key": "x"}}),
        ("openai", {"base_url": "http://a"}),
        ("openai", {"api_key": "sk-1"}),
        ("openai", {"Send_Temperature": True}),
        ("openai", {"dtype": "bfloat16"}),
        ("anthropic", {"token_parameter": "max_tokens"}),
        ("anthropic", {"extra_body": {"model": "other"}}),
        ("anthropic", {"extra_body": {"system": "be rude"}}),
        ("openai", {"extra_body": {"messages": []}}),
        ("openai", {"extra_body": {"stream": True}}),
        ("openai", {"extra_body": {"api_key": "sk-1"}}),
        ("openai", {"extra_body": {"Api-Key": "sk-1"}}),
        ("openai", {"extra_body": {"metadata": {"headers": {"Authorization": "x"}}}}),
        ("openai", {"extra_body": {"tools_config": [{"api_base": "http://169.254.169.254"}]}}),
        ("openai", {"extra_body": {"user": "a\0b"}}),
        ("openai", {"extra_body": {"a\0b": 1}}),
        ("openai", {"extra_body": {"user": "\ud800"}}),
        ("openai", {"extra_body": {"top_p": float("nan")}}),
        ("openai", {"extra_body": {"top_p": float("inf")}}),
        ("openai", {"extra_body": {"user": "x" * 10_001}}),
        ("recorded", {"anything": 1}),
        ("heuristic", {"send_temperature": True}),
        ("transformers", {"trust_remote_code": True}),
        ("transformers", {"send_temperature": True}),
        ("transformers", {"batch_size": True}),
        ("transformers", {"batch_size": 1.5}),
        ("transformers", {"dtype": "int8"}),
    ],
)
def test_an_unknown_or_ill_typed_option_is_refused(provider: str, options: dict[str, object]) -> None:
    with pytest.raises(OptionsRefused):
        check_options(provider, options)
    with pytest.raises(EndpointRefused) as refused:
        check_endpoint(EndpointSettings("e", provider, "m", base_url="http://127.0.0.1:9", options=options))
    assert refused.value.field == "options"


def test_options_nested_without_end_are_refused() -> None:
    nested: object = 1
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(OptionsRefused):
        check_options("openai", {"extra_body": {"a": nested}})


def test_options_that_are_no_object_are_refused() -> None:
    with pytest.raises(OptionsRefused, match="JSON object"):
        check_options("openai", ["send_temperature"])  # type: ignore[arg-type]


@pytest.mark.parametrize("provider", OPTIONS)
def test_every_option_takes_its_example_and_is_documented(provider: str) -> None:
    documentation = DOCUMENTATION.read_text(encoding="utf-8")
    for option in OPTIONS[provider]:
        check_options(provider, {option.name: option.example})
        assert f"| `{provider}` | `{option.name}` |" in documentation
    check_options(provider, {})


@pytest.mark.parametrize("model", ["/etc", "../../etc", "models/../../etc", "~root/models", "a/b/c", "."])
def test_a_local_model_outside_the_operators_folders_is_refused(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_MODEL_FOLDERS", str(tmp_path / "models"))
    with pytest.raises(EndpointRefused, match="LOCAL_MODEL_FOLDERS") as refused:
        check_endpoint(EndpointSettings("e", "transformers", model))
    assert refused.value.field == "model"
    adapted = EndpointSettings("e", "transformers", "org/model", options={"adapter": model})
    with pytest.raises(EndpointRefused, match="LOCAL_MODEL_FOLDERS") as refused:
        check_endpoint(adapted)
    assert refused.value.field == "options"


def test_a_link_out_of_the_operators_folders_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "out").symlink_to("/etc")
    monkeypatch.setenv("LOCAL_MODEL_FOLDERS", str(tmp_path / "models"))
    with pytest.raises(EndpointRefused):
        check_endpoint(EndpointSettings("e", "transformers", str(tmp_path / "models" / "out")))


@pytest.mark.parametrize("model", ["Qwen/Qwen2.5-7B-Instruct", "gpt2", "{folder}/base", "{folder}/a/../base"])
def test_hub_names_and_the_operators_folders_are_models(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_MODEL_FOLDERS", f"/nowhere:{tmp_path}")
    name = model.replace("{folder}", str(tmp_path))
    check_endpoint(EndpointSettings("e", "transformers", name, options={"adapter": f"{tmp_path}/adapter"}))
