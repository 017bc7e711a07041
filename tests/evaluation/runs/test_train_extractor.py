"""`manage.py train_extractor`: what it trains on, what it prints and what it refuses. The model is a stand-in except in
the last test, which needs torch, transformers and peft beside Django.
"""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.drain import drain
from evaluation.llm.local.training import TrainedAdapter, TrainingProgress, TrainingSettings
from evaluation.llm.local.training_data import TrainingExample
from evaluation.llm.local.training_folder import TrainingRefused
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.replies import CallFailure, Outcome, Reply
from evaluation.llm.requests import ChatRequest
from evaluation.models import Endpoint, Response, Run
from evaluation.runs.services import extractor_training
from evaluation.stages.extractor_examples import RecordedExtraction
from evaluation.stages.prompts import PromptText, prompt_files
from tests import build
from tests.tiny_model import save_tiny_model, skip_without

pytestmark = pytest.mark.django_db

QUESTIONS = 20
SHA256 = "5" * 64


@pytest.fixture
def recorded() -> Run:
    """Two responses to each of 20 questions. The rules read every baseline; by the record, each fifth has no answer."""
    run = build.imported_run()
    for number in range(QUESTIONS):
        letter = "ABC"[number % 3]
        silent = number % 5 == 0
        build.item(
            run,
            about=build.question(run.dataset, text=f"Number {number}?"),
            baseline=letter,
            personalised="" if silent else letter,
            texts=(f"The answer is {letter}.", f"mark {'-' if silent else letter} ({number})"),
        )
    for response in Response.objects.filter(item__run=run):
        response.recorded_answer = response.answer or "-1"
        response.save()
    return run


class StandIn:
    """In the place of training and of the provider: remembers what it is asked, and reads the mark."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.examples: list[TrainingExample] = []
        self.settings: TrainingSettings | None = None
        self.loaded: tuple[str, dict[str, object]] | None = None
        self.requests: list[ChatRequest] = []
        self.reply: Callable[[ChatRequest], Outcome] = lambda request: Reply(mark_in(request))
        monkeypatch.setattr(extractor_training, "require_training_libraries", lambda: None)
        monkeypatch.setattr(extractor_training, "train_adapter", self.train)
        monkeypatch.setattr(extractor_training, "LocalProvider", self.load)

    def train(
        self,
        examples: Sequence[TrainingExample],
        settings: TrainingSettings,
        folder: Path,
        progress: Callable[[TrainingProgress], None],
    ) -> TrainedAdapter:
        self.examples, self.settings = list(examples), settings
        progress(TrainingProgress(1, 6, 2.5))
        return TrainedAdapter(str(folder), SHA256, 6, 4, len(examples), 1, 2.5, 0.5)

    def load(self, model: str, options: dict[str, object]) -> "StandIn":
        self.loaded = (model, options)
        return self

    def complete_batch(self, requests: Sequence[ChatRequest]) -> list[Outcome]:
        self.requests = list(requests)
        return [self.reply(request) for request in requests]


def mark_in(request: ChatRequest) -> str:
    response = request.messages[-1].content.rpartition("The answer:\n")[2]
    return response[len("mark ")] if response.startswith("mark") else "NONE"


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return StandIn(monkeypatch)


def output(run: Run, *arguments: str) -> str:
    stdout = io.StringIO()
    call_command("train_extractor", run.name, *arguments, stdout=stdout)
    return stdout.getvalue()


def trained(run: Run, out: Path, *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        output(run, "--base", "org/base", "--out", str(out), "--json", *arguments)
    )
    return document


def test_decided_and_equal_are_printed_for_rules_adapter_and_both(
    recorded: Run, stand: StandIn, tmp_path: Path
) -> None:
    document = trained(recorded, tmp_path / "out", "--held-out", "0.5")
    assert document["held_out"] == 20
    rules, adapter, both = (
        document["agreements"][name] for name in ("rules", "adapter", "rules, then adapter")
    )
    silent = rules["undecided"]["n"]
    assert 0 < silent < 10
    # The rules read the baselines only, the stand-in the others only.
    assert (rules["decided"]["value"], rules["decided"]["n"]) == (10 / (20 - silent), 20 - silent)
    assert (adapter["decided"]["value"], adapter["equal"]["value"]) == (
        (10 - silent) / (20 - silent),
        1.0,
    )
    assert (both["decided"]["value"], both["equal"]["value"]) == (1.0, 1.0)
    assert rules["undecided"]["value"] == adapter["undecided"]["value"] == 1.0
    assert adapter["decided"]["low"] < adapter["decided"]["value"] < adapter["decided"]["high"]


def test_no_question_held_out_is_trained_on(recorded: Run, stand: StandIn, tmp_path: Path) -> None:
    trained(recorded, tmp_path / "out", "--held-out", "0.25", "--seed", "7")

    def questions(texts: list[str]) -> set[str]:
        return {text.partition("?")[0] for text in texts}

    seen = questions([example.messages[-1].content for example in stand.examples])
    held_out = questions([request.messages[-1].content for request in stand.requests])
    assert (len(seen), len(held_out)) == (15, 5)
    assert seen.isdisjoint(held_out)
    assert {example.answer for example in stand.examples} == {"A", "B", "C", "NONE"}
    assert all(request.max_tokens == 10 and request.temperature == 0 for request in stand.requests)


def test_the_table_has_a_line_for_each_extractor_and_says_how_to_use_the_adapter(
    recorded: Run, stand: StandIn, tmp_path: Path
) -> None:
    text = output(recorded, "--base", "org/base", "--out", str(tmp_path / "out"))
    assert "step 1 of 6: loss 2.5000" in text
    assert "Trained on 36 responses in 6 steps, resumed at step 4." in text
    assert "left out: 1 (longer than --max-length or the model's context)" in text
    lines = [line for line in text.splitlines() if line.startswith(("│ rules", "│ adapter"))]
    assert len(lines) == 3
    assert all(", n=" in line and "[" in line for line in lines)
    options = json.loads(text.rpartition("options: ")[2])
    assert options == {"adapter": str((tmp_path / "out").resolve()), "adapter_sha256": SHA256}
    assert stand.loaded == ("org/base", options)


def test_options_are_those_of_the_endpoint(recorded: Run, stand: StandIn, tmp_path: Path) -> None:
    options = {"dtype": "bfloat16", "chat_template_kwargs": {"enable_thinking": False}}
    document = trained(
        recorded, tmp_path / "out", "--options", json.dumps(options), "--rank", "8", "--epochs", "1.5"
    )
    assert document["endpoint_options"].items() >= options.items()
    assert stand.settings is not None
    assert (stand.settings.rank, stand.settings.epochs, stand.settings.options.dtype) == (8, 1.5, "bfloat16")


def test_a_folder_as_base_is_named_in_full(
    recorded: Run, stand: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    output(recorded, "--base", "base", "--out", "out")
    assert stand.settings is not None
    assert stand.settings.base == str((tmp_path / "base").resolve())
    assert stand.loaded is not None
    assert stand.loaded[0] == stand.settings.base
    assert stand.loaded[1]["adapter"] == str((tmp_path / "out").resolve())


def test_responses_that_cannot_be_used_are_counted(recorded: Run, stand: StandIn, tmp_path: Path) -> None:
    first, second, *_ = Response.objects.filter(item__run=recorded, answer="").order_by("pk")
    for response, cell in ((first, ""), (second, "see above")):
        response.recorded_answer = cell
        response.save()
    other = build.imported_run()
    build.item(other, about=first.item.question, baseline="A", texts=("The answer is A.", "new"))
    stdout = io.StringIO()
    call_command(
        "train_extractor",
        recorded.name,
        str(other.pk),
        *("--base", "org/base", "--out", str(tmp_path / "out")),
        stdout=stdout,
    )
    assert "left out: 2 (no answer on record, or none that can be read)" in stdout.getvalue()
    assert "left out: 1 (the same response to the same question, again)" in stdout.getvalue()


def test_a_response_that_the_adapter_cannot_answer_is_undecided_and_counted(
    recorded: Run, stand: StandIn, tmp_path: Path
) -> None:
    lengths = iter(range(100, 200))
    stand.reply = lambda _: CallFailure("prompt_too_long", f"{next(lengths)} tokens.", retryable=False)
    document = trained(recorded, tmp_path / "out")
    assert document["unanswered"] == {"prompt_too_long (100 tokens.)": document["held_out"]}
    assert document["agreements"]["adapter"]["decided"]["value"] == 0
    assert document["agreements"]["adapter"]["equal"]["value"] is None
    assert document["agreements"]["adapter"]["equal"]["undefined"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--held-out", "1"], "share held out is between 0 and 1"),
        (["--rank", "0"], "--rank is more than 0, not 0"),
        (["--epochs", "nan"], "--epochs is more than 0, not nan"),
        (["--options", "[]"], "The options are a JSON object"),
        (["--options", "{"], "The options are not JSON"),
        (["--options", '{"rank": 8}'], "no option 'rank'"),
    ],
)
@pytest.mark.one_in(3)
def test_wrong_arguments_are_refused_in_words(
    recorded: Run, stand: StandIn, tmp_path: Path, arguments: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        trained(recorded, tmp_path / "out", *arguments)
    assert not stand.examples


def test_a_run_without_recorded_extractions_is_refused(stand: StandIn, tmp_path: Path) -> None:
    run = build.run("made here")
    item = build.item(run)
    item.responses.update(extraction="rule")
    with pytest.raises(CommandError, match="“made here” has no recorded extractions"):
        trained(run, tmp_path / "out")
    with pytest.raises(CommandError, match="no run with the name or id “nothing”"):
        call_command("train_extractor", "nothing", "--base", "b", "--out", str(tmp_path / "out"))


@pytest.mark.parametrize("error", [TrainingRefused("Other settings."), ProviderNotAvailable("No such base.")])
def test_what_the_training_refuses_is_told_without_a_traceback(
    recorded: Run, stand: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(extractor_training, "train_adapter", refuse)
    with pytest.raises(CommandError, match=str(error)):
        trained(recorded, tmp_path / "out")


def test_without_its_libraries_the_command_says_what_to_install(
    recorded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CommandError, match=r"Training needs torch, .*pip install --group gpu"):
        trained(recorded, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # used by peft
def test_a_real_adapter_is_trained_and_a_worker_asks_it(recorded: Run, tmp_path: Path) -> None:
    skip_without("torch", "transformers", "peft", "accelerate")
    base = save_tiny_model(tmp_path / "base", initializer_range=0.1)
    out = tmp_path / "out"
    arguments = ["--base", base, "--out", str(out), "--held-out", "0.2", "--rank", "8", "--json"]
    arguments += [
        "--learning-rate",
        "0.01",
        "--epochs",
        "20",
        "--batch-size",
        "8",
        "--checkpoint-steps",
        "20",
    ]
    first = json.loads(output(recorded, *arguments))
    assert first["adapter"]["last_loss"] < first["adapter"]["first_loss"] / 3
    assert first["adapter"]["sha256"] == first["endpoint_options"]["adapter_sha256"]
    # It has learnt to answer in the extractor's form.
    assert first["unanswered"] == {}
    assert first["agreements"]["adapter"]["decided"]["value"] > 0.5
    assert json.loads(output(recorded, *arguments)) == first
    endpoint = Endpoint.objects.create(
        name="extractor",
        provider="transformers",
        model=first["endpoint_model"],
        options=first["endpoint_options"],
    )
    prompt = PromptText.parse(prompt_files()["extractor"])
    request = RecordedExtraction("Number 3?", ("one", "two", "three"), "mark B (3)", "B").request(
        prompt, base
    )
    completions = enqueue_completions(endpoint, [request])
    assert drain(endpoint) == 1
    completion = completions[request.key(endpoint.name)]
    completion.refresh_from_db()
    assert completion.status == "succeeded", completion.error_message
    assert completion.text in {"A", "B", "C", "NONE"}
    assert isinstance(completion.raw_reply, dict)
    assert completion.raw_reply["adapter_sha256"] == first["adapter"]["sha256"]
    with pytest.raises(CommandError, match=r"other settings: .*seed was 0 and is now 1"):
        output(recorded, *arguments, "--seed", "1")
