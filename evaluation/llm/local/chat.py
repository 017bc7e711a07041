"""A model's chat template: from messages to the prompt's tokens, and from tokens to text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.llm import reasoning
from evaluation.llm.providers import ProviderNotAvailable
from evaluation.llm.requests import Message

_PROBE = "perg-probe"


class TemplateRefused(ValueError):
    """The model's chat template takes no such conversation."""


@dataclass(frozen=True, slots=True)
class Prompt:
    tokens: list[int]
    reasoning_opened: bool


class ChatFormat:
    """How one model is spoken to. `tokenizer` is that of transformers (untyped here)."""

    def __init__(self, tokenizer: Any, template_kwargs: Mapping[str, object]) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise ProviderNotAvailable("The model's tokenizer has no chat template: it is not a chat model.")
        self._tokenizer = tokenizer
        self._template_kwargs = dict(template_kwargs)
        added = tokenizer.added_tokens_decoder
        self._special = {token for token, how in added.items() if how.special} | set(
            tokenizer.all_special_ids
        )
        # Some models mark their reasoning with special tokens, which must be visible so that it can be separated.
        marks = {mark for pair in reasoning.MARKS for mark in pair}
        self._marks = {token for token, how in added.items() if how.content in marks}
        self.takes_system = self._takes_system()
        self.end_tokens = self._end_tokens()

    def prompt(self, messages: Sequence[Message]) -> Prompt:
        """Raises TemplateRefused where the template does, e.g. for two user turns in a row."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        text = self._render(turns if self.takes_system else _system_in_user_turn(turns), for_reply=True)
        return Prompt(self._tokens(text), reasoning.opened_by(text))

    def text(self, tokens: Sequence[int]) -> str:
        """What the tokens say, without the special ones save those that mark reasoning."""
        shown = [token for token in tokens if token not in self._special or token in self._marks]
        return self.raw_text(shown)

    def raw_text(self, tokens: Sequence[int]) -> str:
        decoded: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return decoded

    def _render(self, turns: list[dict[str, str]], *, for_reply: bool) -> str:
        from jinja2.exceptions import TemplateError

        try:
            text: str = self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=for_reply, **self._template_kwargs
            )
        except (TemplateError, ValueError, TypeError) as error:
            raise TemplateRefused(f"The model's chat template refuses the messages: {error}") from error
        return text

    def _tokens(self, text: str) -> list[int]:
        # The template has written the special tokens already; the tokenizer would put a second <bos> before it.
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def _takes_system(self) -> bool:
        """Tried, as templates without a system role either raise or leave its text out without a word."""
        turns = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "Hello"}]
        try:
            return _PROBE in self._render(turns, for_reply=True)
        except TemplateRefused:
            return False

    def _end_tokens(self) -> frozenset[int]:
        """The token that the template puts after an assistant's turn.

        Many checkpoints name another one, or none, as end of sequence, and would talk on into the next turn.
        """
        turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": _PROBE}]
        try:
            text = self._render(turns, for_reply=False)
        except TemplateRefused:
            return frozenset()
        after = self._tokens(text.rpartition(_PROBE)[2].lstrip()) if _PROBE in text else []
        return frozenset(after[:1]) & frozenset(self._special)


def _system_in_user_turn(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    system = "\n\n".join(turn["content"] for turn in turns if turn["role"] == "system")
    rest = [turn for turn in turns if turn["role"] != "system"]
    if not system:
        return rest
    if rest and rest[0]["role"] == "user":
        return [{"role": "user", "content": f"{system}\n\n{rest[0]['content']}"}, *rest[1:]]
    return [{"role": "user", "content": system}, *rest]
