"""What a judge is sent: the prompt filled for an item, examples before it, and the form in which it is to reply."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from annotations.item_judging.selectors.judges import NOT_A_PAIR, NOTHING_SHOWN
from annotations.item_judging.selectors.people_answers import Example
from annotations.item_judging.selectors.questions import Question
from annotations.models import ItemJudge
from annotations.models.item_judge import CallsFor, ReplyForm
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider, StructuredOutput
from perg.formats.rated_items import Exhibit, load_exhibit
from perg.rubrics.criterion import Criterion as Definition
from perg.rubrics.judge_prompts import PromptText
from perg.rubrics.prompts import filled_prompt, prompt_values
from perg.rubrics.reply_form import EXPLANATION, reply_in_words, reply_schema

BY_TOOL = "Reply by calling the tool, with your answers as its arguments."
UNREADABLE = "Your reply could not be read."
FORM_PLACES = {"form", "format", "format_instructions", "output_format"}
ROUND = 1_000
"""Replicates of a call that a person has asked for again are that far from the first: it is another request."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How a judge asks. `questions`: all that it asks, in however many calls."""

    endpoint: Endpoint
    prompt: PromptText
    questions: Sequence[Question]
    examples: Sequence[Example] = ()
    calls_for: str = CallsFor.ALL
    reply_form: str = ReplyForm.STRUCTURED
    reason_first: bool = True
    temperature: float | None = None
    max_tokens: int = 1024

    @cached_property
    def calls(self) -> Mapping[str, Sequence[Question]]:
        """The questions of each call, by the criterion that the call is for; "": several.

        Which of two outputs stands first matters to pairwise questions only, so others are not asked in the same call.
        """
        if self.calls_for == CallsFor.EACH:
            return {question.key: [question] for question in self.questions}
        pairwise = [question for question in self.questions if question.is_pairwise]
        others = [question for question in self.questions if not question.is_pairwise]
        if not pairwise or not others:
            return {"": self.questions}
        return {"": others, **{question.key: [question] for question in pairwise}}

    def definitions(self, call: str) -> list[Definition]:
        """The criteria as one call asks them: a condition on what is not asked in it does not hold there."""
        questions = self.calls[call]
        keys = {question.key for question in questions}
        return [
            question.definition
            if question.definition.only_if is None or question.definition.only_if.criterion in keys
            else question.definition.model_copy(update={"only_if": None})
            for question in questions
        ]

    def request(
        self, exhibit: Exhibit, call: str, *, replicate: int = 1, swapped: bool = False, again: int = 0
    ) -> ChatRequest:
        """What is sent of an item. `again`: how often a person has asked for it once more."""
        definitions, structure = self.definitions(call), self._structure
        shown = self._messages(exhibit, definitions, swapped=swapped)
        first, last = shown[:-1], shown[-1:]
        shots = [message for example in self.examples for message in self._shot(example, call)]
        schema = reply_schema(definitions, reason_first=self.reason_first) if structure != "text" else None
        temperature = self.temperature
        if temperature is None:
            temperature = 0.0 if replicate == 1 else 1.0
        return ChatRequest(
            model=self.endpoint.model,
            messages=(*first, *shots, *last),
            temperature=temperature,
            max_tokens=self.max_tokens,
            response_format=structure,
            response_schema=json.dumps(schema) if schema else "",
            replicate=replicate + ROUND * again,
        )

    def request_again(self, first: ChatRequest, unreadable: str, call: str) -> ChatRequest:
        """The same conversation with the unreadable reply, and the form that can be read."""
        form = BY_TOOL if self._structure == "tool" else self._in_words(self.definitions(call))
        answered = (Message("assistant", unreadable or "(nothing)"), Message("user", f"{UNREADABLE} {form}"))
        return replace(first, messages=(*first.messages, *answered))

    @property
    def _structure(self) -> Literal["text", "json_schema", "tool"]:
        if self.reply_form == ReplyForm.OWN or self.endpoint.provider == Provider.TRANSFORMERS:
            return "text"
        if self.endpoint.structured_output == StructuredOutput.TAGGED:
            return "text"
        return "tool" if self.endpoint.structured_output == StructuredOutput.TOOL else "json_schema"

    def _in_words(self, definitions: Sequence[Definition]) -> str:
        return reply_in_words(definitions, reason_first=self.reason_first)

    def _messages(
        self, exhibit: Exhibit, definitions: Sequence[Definition], *, swapped: bool
    ) -> list[Message]:
        form = BY_TOOL if self._structure == "tool" else self._in_words(definitions)
        values = prompt_values(exhibit, definitions, swapped=swapped, form=form)
        system = filled_prompt(self.prompt.system, values)
        user = filled_prompt(self.prompt.template, values)
        text = user.text
        says_form = FORM_PLACES.intersection((*system.filled, *user.filled))
        if self.reply_form == ReplyForm.STRUCTURED and not says_form:
            text = f"{text}\n\n{form}"
        messages = [Message("system", system.text)] if system.text.strip() else []
        return [*messages, Message("user", text)]

    def _shot(self, example: Example, call: str) -> list[Message]:
        """An example as a turn of the conversation: what is shown, and what people answered."""
        shown = self._messages(example.exhibit, self.definitions(call), swapped=False)[-1]
        answers = {
            question.key: example.answers[question.key]
            for question in self.calls[call]
            if question.key in example.answers
        }
        if self.reply_form == ReplyForm.OWN:
            text = "\n".join(f"{key}: {_in_text(answer)}" for key, answer in answers.items())
            return [shown, Message("assistant", text)]
        explanation = {EXPLANATION: example.explanation} if example.explanation else {}
        reply = {**explanation, **answers} if self.reason_first else {**answers, **explanation}
        return [shown, Message("assistant", json.dumps(reply, ensure_ascii=False))]


def asking_of(judge: ItemJudge) -> Asking:
    """How a judge asks, examples included."""
    questions = [Question.model_validate(question) for question in judge.questions]
    examples = [
        Example(item, load_exhibit(item.exhibit), **judge.example_answers[str(item.pk)])
        for item in judge.examples.order_by("position")
    ]
    return Asking(
        endpoint=judge.endpoint,
        prompt=PromptText(judge.system, judge.template),
        questions=questions,
        examples=examples,
        calls_for=judge.calls_for,
        reply_form=judge.reply_form,
        reason_first=judge.reason_first,
        temperature=judge.temperature,
        max_tokens=judge.max_tokens,
    )


def why_not_asked(exhibit: Exhibit, questions: Sequence[Question]) -> str:
    """Why a judge cannot be asked these questions of an item; empty: it can."""
    if not (exhibit.context or exhibit.outputs or exhibit.reference):
        return NOTHING_SHOWN
    if any(question.is_pairwise for question in questions) and len(exhibit.outputs) != 2:
        return NOT_A_PAIR
    return ""


def _in_text(answer: object) -> str:
    return ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
