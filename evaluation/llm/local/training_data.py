"""What an adapter is trained on: pairs of a prompt and its answer, as token numbers, alone and in batches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.llm import reasoning
from evaluation.llm.local.chat import ChatFormat, TemplateRefused
from evaluation.llm.requests import Message

# A label of this number counts for nothing in the loss.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """The messages of a request, and the text that the model is to reply with."""

    messages: tuple[Message, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class EncodedExample:
    """Token numbers of the prompt, as the provider makes them, and of the answer with the token that ends it."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)

    def as_row(self) -> dict[str, list[int]]:
        """`input_ids` and `labels` of one length; the loss sees the answer only."""
        return {
            "input_ids": [*self.prompt, *self.answer],
            "labels": [IGNORED] * len(self.prompt) + list(self.answer),
        }


def encode(
    example: TrainingExample, chat: ChatFormat, tokenizer: Any, stop_tokens: frozenset[int]
) -> EncodedExample:
    """The example in tokens. The answer starts a text of its own, as it does when it is generated.

    Where the chat template opens the reasoning, the answer closes it at once. Raises TemplateRefused, also where the
    model has no token that ends a reply.
    """
    prompt = chat.prompt(example.messages)
    text = example.answer
    if prompt.reasoning_opened:
        text = f"{reasoning.end_of(chat.raw_text(prompt.tokens))}\n\n{text}"
    answer: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return EncodedExample(tuple(prompt.tokens), (*answer, _end(chat, tokenizer, stop_tokens)))


def _end(chat: ChatFormat, tokenizer: Any, stop_tokens: frozenset[int]) -> int:
    """The token that ends a reply: the template's, else the tokenizer's, else one of the checkpoint's."""
    end: int | None = min(chat.end_tokens, default=tokenizer.eos_token_id)
    end = min(stop_tokens, default=None) if end is None else end
    if end is None:
        raise TemplateRefused(
            "The model has no token that ends a reply: neither chat template nor tokenizer name one."
        )
    return end


class RightPadding:
    """A collator of transformers: rows of one width, padded on the right, where no answer looks.

    A token sees only what stands before it, so that padding changes neither the loss nor the positions.
    """

    def __init__(self, pad_token: int) -> None:
        self._pad_token = pad_token

    def __call__(self, rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
        import torch

        width = max(len(row["input_ids"]) for row in rows)
        return {
            "input_ids": torch.tensor(_padded((row["input_ids"] for row in rows), width, self._pad_token)),
            "labels": torch.tensor(_padded((row["labels"] for row in rows), width, IGNORED)),
            "attention_mask": torch.tensor(_padded(([1] * len(row["input_ids"]) for row in rows), width, 0)),
        }


def _padded(rows: Iterable[Sequence[int]], width: int, filler: int) -> list[list[int]]:
    return [[*row, *[filler] * (width - len(row))] for row in rows]
