"""Everything that runs a pattern, a parser or a renderer over text which models, users or files bring.

A new one goes in here; `tests/test_hostile_texts.py` puts every hostile text through each.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from typing import get_args

from annotations.exhibits.rendering import shown_exhibit
from annotations.item_import.tables.definitions import defined, keys_of
from annotations.item_import.tables.documents import CriterionChoice
from annotations.item_import.tables.reading import shortened
from annotations.item_import.tables.stated import NotUnderstood, stated_use
from annotations.item_import.tables.storable import storable
from annotations.labelling.differences import word_differences
from annotations.validation.services.ratings_import import NOT_STORABLE
from core.errors import DomainError
from core.http.ranged_file import RANGE
from core.logs.link_tokens import without_tokens
from core.templatetags.markdown import as_written as shown_as_written
from core.templatetags.markdown import markdown, response
from core.text.formulas import formulas_in, mathml
from core.text.unseen import is_seen, with_marks
from core.text.word_differences import differences
from core.text.word_splitting import words
from evaluation.importers.cells.answer_cell import read_answer
from evaluation.importers.cells.literal import LiteralError, parse_value
from evaluation.importers.cells.question_draft import gold_letter, parse_options, preference_text
from evaluation.importers.files.csv_file import CsvFile, check_text, is_blank, is_index_column
from evaluation.importers.report import RowRejected
from evaluation.importers.rows.dialect import recognise
from evaluation.importers.rows.question_layouts import KNOWN_COLUMNS, known_column
from evaluation.importers.rows.question_records import QuestionFile
from evaluation.importers.rows.rating import parse_cost, parse_score, parse_tokens
from evaluation.llm.heuristic import LONGEST_PREFERENCE, LONGEST_TEXT, RULES, rate
from evaluation.llm.reasoning import split_reasoning
from evaluation.llm.server_answers import Unreadable, decoded
from evaluation.results.published import model_key, source_key
from evaluation.stages.extract import extract_answer
from evaluation.stages.extractor_examples import recorded_letter
from evaluation.stages.plan import read_aligner, read_letter
from evaluation.stages.propose import one_line, read_proposals
from evaluation.stages.verdicts import read_verdict
from perg.formats.json_text import read_json
from perg.formats.label_forms import clean_name, is_missing, label_of, listed, look_alike_key, look_alikes
from perg.formats.mapping.guess import guessed_mapping
from perg.formats.mapping.words import rater_and_criterion
from perg.formats.rated_items import Block, BlockKind, Exhibit, beginning_of, dump_exhibit
from perg.formats.spreadsheet import as_written, defused
from perg.formats.tables.headings import column_names
from perg.formats.tables.layout import TableUnreadable
from perg.formats.tables.opening import open_table, recognised
from perg.formats.tables.summary import summarised
from perg.rubrics.entries import EntriesRefused, checked_entries, problem_of_draft
from perg.rubrics.presets import PRESETS
from perg.rubrics.prompts import filled_prompt, prompt_values
from perg.rubrics.replies import read_reply
from perg.stats.files.ratings_files import RatingsFileError, Scale
from perg.stats.files.ratings_parsing import FileFormat, format_of, parse_ratings
from perg.stats.files.repeated_problems import LIKE_A_NUMBER
from perg.stats.files.stated_scale import ScaleError, entries_of, stated_categories

Reader = Callable[[str], object]

OPTIONS = ("Paris", "Rome", "a b", "New York City")


def _rule(name: str) -> Reader:
    """What `rate` does where this is the first rule that speaks."""
    rule = next(rule for rule in RULES if rule.name == name)
    return lambda text: (
        rule.speaks_for.search(text[:LONGEST_PREFERENCE]),
        rule.rate(text[:LONGEST_TEXT], text[:LONGEST_TEXT]),
    )


def _exhibit(kind: BlockKind) -> Reader:
    return lambda text: shown_exhibit(Exhibit((Block(kind, text, text[:1000]),)))


def _turns(text: str) -> None:
    turns = [{"role": "user", "content": text[at : at + 100]} for at in range(0, len(text), 100)]
    shown_exhibit(Exhibit((Block("chat", turns),)))


def _compared(text: str) -> object:
    return word_differences(response(text), response(text[::-1]))


def _ratings(file_format: FileFormat, scale: Scale) -> Reader:
    def read(text: str) -> None:
        with suppress(RatingsFileError):
            parse_ratings(text, file_format=file_format, scale=scale, kind="human")

    return read


def _rating_cells(text: str) -> None:
    table = io.StringIO()
    quoted = text.replace('"', '""')
    table.write(f'item,one,two\n1,"{quoted}",3\n"{quoted}",4,"{quoted}"\n')
    with suppress(RatingsFileError):
        parse_ratings(table.getvalue(), file_format="csv", scale="nominal", kind="human")


def _ratings_format(text: str) -> None:
    with suppress(RatingsFileError):
        format_of("ratings", text)


def _stream(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode("utf-8", "surrogatepass"))


def _csv(text: str) -> None:
    stream = _stream(text)
    with suppress(DomainError):
        check_text(stream)
        for _ in CsvFile(stream):
            pass


def _columns(text: str) -> None:
    with suppress(DomainError):
        recognise(
            (text, "question", *text.split(",")), method="direct", setting="relevant", ratings_of="pref"
        )


def _questions(ending: str) -> Reader:
    def read(text: str) -> None:
        stream = _stream(text)
        with suppress(DomainError):
            for _ in QuestionFile(stream, f"questions.{ending}", KNOWN_COLUMNS, known_column):
                pass

    return read


def _table(file_name: str) -> Reader:
    def read(text: str) -> None:
        stream = _stream(text)
        with suppress(TableUnreadable):
            guessed_mapping(summarised(open_table(stream, recognised(stream, file_name))))

    return read


CRITERIA = [criterion for preset in PRESETS.values() for criterion in preset.criteria]


def _catching(reader: Reader, *errors: type[Exception]) -> Reader:
    def read(text: str) -> None:
        with suppress(*errors):
            reader(text)

    return read


def _scale(text: str) -> None:
    for scale in ("nominal", "ordinal"):
        with suppress(ScaleError):
            stated_categories(entries_of(text), scale)


def _criterion(text: str) -> None:
    answers = [text, text[:100], text[: len(text) // 2]]
    choice = CriterionChoice(name="of it")
    defined("of_it", answers, pairs=True, choice=choice, default_question="")


def _entries(text: str) -> None:
    """As what somebody entered for every criterion, and as the name of one."""
    problem_of_draft({text: [text]})
    for value in (text, [text], {text: text}):
        with suppress(EntriesRefused):
            checked_entries(CRITERIA, {text: value, **{criterion.key: value for criterion in CRITERIA}})


READERS: dict[str, Reader] = {
    # Tables of items
    "a cell to be stored": storable,
    "an example of a column": shortened,
    "names of criteria": lambda text: keys_of([text, text[::-1]]),
    "answers of a criterion": _criterion,
    "a use of a column in words": _catching(stated_use, NotUnderstood),
    # What models write
    "answer extraction": lambda text: extract_answer(text, OPTIONS),
    "answer extraction, hostile options": lambda text: extract_answer(
        "The answer is B.", (text, "b", text[::-1])
    ),
    "extractor's reply": lambda text: read_letter(text, 4),
    "extractor's record": lambda text: recorded_letter("", text, 4),
    "judge's reply": read_verdict,
    "aligner's reply": read_aligner,
    "proposals": lambda text: read_proposals(text, limit=3),
    "reasoning": split_reasoning,
    "reasoning that the prompt opened": lambda text: split_reasoning(text, opened=True),
    "server's answer": _catching(lambda text: decoded(text.encode("utf-8", "surrogatepass")), Unreadable),
    "heuristic judge": lambda text: rate(text, text, text),
    **{f"heuristic rule “{rule.name}”": _rule(rule.name) for rule in RULES},
    "response as HTML": response,
    "author's text as HTML": markdown,
    **{f"exhibit, {kind}": _exhibit(kind) for kind in get_args(BlockKind)},
    "exhibit, many turns": _turns,
    "formulas": lambda text: [mathml(of.latex, is_block=of.is_block) for of in formulas_in(text[:20_000])],
    "places of formulas": lambda text: list(formulas_in(text)),
    "differences of responses": _compared,
    "differences of comparable responses": lambda text: _compared(text[:5_900]),
    "differences of comparable texts": lambda text: differences(text[:5_900], text[5_900:11_000]),
    "differences of HTML": lambda text: word_differences(text, text[::-1]),
    "differences of texts": lambda text: differences(text, text[::-1]),
    "words": words,
    "whether there is text to see": is_seen,
    "marks of unseen characters": with_marks,
    "text as written": shown_as_written,
    "one line": one_line,
    # What people and files bring
    "names of models": lambda text: (model_key.__wrapped__(text), source_key(text)),
    "JSON": _catching(read_json, ValueError, RecursionError),
    "literal": _catching(parse_value, LiteralError),
    "options": _catching(parse_options, RowRejected),
    "preference": _catching(lambda text: preference_text("preference", text), RowRejected),
    "gold answer": _catching(lambda text: gold_letter(OPTIONS, letter=text, answer=text), RowRejected),
    "answer cell": lambda text: read_answer(text, OPTIONS),
    "answer cell, long options": lambda text: read_answer(text, (text[1:], text[2:], "B")),
    "rating cells": lambda text: (parse_score(text), parse_tokens(text), parse_cost(text)),
    "CSV file": _csv,
    "CSV header": _columns,
    "blank cell": lambda text: (is_blank(text), is_index_column(text)),
    "questions in CSV": _questions("csv"),
    "table in CSV": _table("table.csv"),
    "table in JSON": _table("table.json"),
    "reply to criteria": lambda text: read_reply(CRITERIA, text),
    "answers of people": _entries,
    "first words of an item": lambda text: beginning_of(
        dump_exhibit(Exhibit((Block("chat", [{"text": text}]),)))
    ),
    "prompt": lambda text: filled_prompt(
        text, prompt_values(Exhibit((Block("text", text, text),)), CRITERIA)
    ),
    "headings": lambda text: (column_names([text, text], 3), rater_and_criterion(text, [text, f"{text} b"])),
    "questions in JSON lines": _questions("jsonl"),
    "ratings in CSV": _ratings("csv", "nominal"),
    "ratings in JSON lines": _ratings("jsonl", "ordinal"),
    "ratings by rater": _ratings("pairs", "ordinal"),
    "ratings in cells": _rating_cells,
    "format of ratings": _ratings_format,
    "labels": lambda text: (label_of(text), clean_name(text), is_missing(text, nominal=False)),
    "labels that look alike": lambda text: (
        look_alike_key(text),
        look_alikes([text, text[::-1]]),
        listed([text]),
    ),
    "label like a number": LIKE_A_NUMBER.match,
    "scale": _scale,
    "characters that cannot be stored": NOT_STORABLE.search,
    "range of a download": RANGE.fullmatch,
    "log line": without_tokens,
    "CSV cell": lambda text: as_written(str(defused(text))),
}
