"""The words by which the columns of a table are recognised: English, and the commonest in German, French, Spanish."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from perg.formats.rated_items import RaterKind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ID = _words("id ids uid uuid guid key idx index qid")
NUMBERED = _words("item nr no number num sample example instance unit record row case pair example")
"""The whole name of a column with ids."""
CONTEXT = _words(
    """prompt question input instruction instructions context document article source text messages dialogue dialog
    query passage goal scenario profile history premise task conversation user description post chat request
    frage kontext anfrage contexte pregunta contexto"""
)
OUTPUT = _words(
    """answer response output completion summary generation generated reply translation trajectory trace contents
    decoded prediction assistant candidate conversation hypothesis story antwort ausgabe réponse reponse respuesta"""
)
REFERENCE = _words(
    "reference references target ideal expected gold truth solution canonical referenz référence"
)
CLUSTER = _words("cluster group thread conversation document question prompt session dialogue")
ATTRIBUTE = _words(
    """category topic source system model language lang difficulty length tokens dataset split type domain task turn
    generator subject version date time created level year temperature seed cost latency words chars draw kategorie
    thema quelle catégorie categoria tema fuente"""
)
RATER = _words(
    """rater annotator worker judge evaluator labeler labeller reviewer grader assessor coder voter physician expert
    crowdworker turker human person user annotatorin bewerter annotateur evaluador"""
)
JUDGE = _words(
    """judge llm gemini llama qwen mistral mixtral deepseek prometheus auto autorater grader critic opus sonnet haiku
    claude gpt chatgpt command ai ki ia bot nova grok phi gemma evaluator verdict decision"""
)
PERSON = _words(
    "human person expert annotator rater worker crowd turker physician oracle gold people label mensch"
)
ANSWER = _words(
    """score rating ratings label labels answer value vote votes winner decision choice verdict grade judgment judgement
    preference preferred rank stars points tags flags bewertung note punkte score évaluation puntuación"""
)
EXPLANATION = _words(
    """explanation explanations reason reasons reasoning rationale critique justification comment comments feedback
    notes why kommentar begründung commentaire comentario"""
)
CRITERION = _words(
    "criterion criteria dimension metric aspect attribute rubric question axis kriterium critère"
)
CRITERIA = _words(
    """helpful helpfulness helpfully clear clarity coherence coherent fluency fluent relevance relevant consistency
    consistent quality safe safety accuracy accurate correct correctness grounded groundedness faithful faithfulness
    toxicity toxic harm harmful harmless harmlessness style tone complete completeness concise conciseness depth
    honesty honest overall empathy engaging engagement creativity usefulness useful factuality factual success"""
)
RATER_KIND = _words("kind type role")
FIRST = _words("a 1 first left chosen one")
SECOND = _words("b 2 second right rejected two")
SWAPPED = _words("ba swapped reversed flipped swap")
ORDER = _words("shown ab order original")
BINARY = _words(
    """yes no true false pass fail passed failed good bad correct incorrect right wrong safe unsafe ok ja nein oui non
    sí si a b tie both neither first second model_a model_b left right a>b b>a a=b"""
)
"""Values of a column whose few labels are answers, whatever the column is called."""
LONGEST_NAME = 300
_MODELS = ("gpt", "claude", "gemini", "llama", "qwen", "mistral", "deepseek")
_WORD = re.compile(r"[A-ZÄÖÜÉ]+(?![a-zäöüéß])|[A-ZÄÖÜÉ]?[a-zäöüéèêíóúñß]+|[0-9]+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name in lower case, and where it stands in the name."""

    text: str
    start: int
    end: int


def split(name: str) -> list[Word]:
    """The words of a column's name: `expert_1Coherence` → expert, 1, coherence. Of a long name, its beginning."""
    matches = _WORD.finditer(name[:LONGEST_NAME])
    return [Word(match.group().lower(), match.start(), match.end()) for match in matches]


def words_of(name: str) -> set[str]:
    """The words of a name, and the names of models without what is glued to them: gpt4o → gpt."""
    words = {word.text for word in split(name)}
    return words | {model for model in _MODELS if any(word.startswith(model) for word in words)}


def last_word(name: str) -> str:
    words = split(name)
    return words[-1].text if words else ""


def kind_of_rater(name: str) -> RaterKind:
    """Whether a rater of this name is more likely a judge."""
    words = words_of(name)
    return "judge" if words & JUDGE and not words & {"human", "person"} else "person"


def rater_and_criterion(name: str, others: Iterable[str]) -> tuple[str, str]:
    """Whose rating a column has, of what: both as they are written in its name; empty where it does not say.

    `others` are the names of the columns with ratings. A word at one end of several names is the criterion: the
    `coherence` in `expert_1_coherence` and `gpt4_coherence`, the `Helpful` in `Helpful (Anna)` and `Helpful (Ben)`.
    """
    words = _without_answers(split(name))
    if len(words) < 2:
        return _written(name, words), ""
    names = [_without_answers(split(other)) for other in others]
    ends = {
        position: sum(len(other) > 1 and other[position].text == words[position].text for other in names) > 1
        for position in (-1, 0)
    }
    candidates = [
        position for position in (-1, 0) if ends[position] and _can_be_criterion(words[position].text)
    ]
    if not candidates:
        return _written(name, words), ""
    chosen = next((position for position in candidates if words[position].text in CRITERIA), candidates[0])
    rest = words[:-1] if chosen == -1 else words[1:]
    return _written(name, rest), _written(name, [words[chosen]])


def _can_be_criterion(word: str) -> bool:
    return not word.isdigit() and not words_of(word) & (JUDGE | PERSON)


def _without_answers(words: list[Word]) -> list[Word]:
    """The words without those that say only that it is a rating, or in which order outputs were shown."""
    return [word for word in words if word.text not in ANSWER | ORDER | SWAPPED]


def _written(name: str, words: list[Word]) -> str:
    """The part of a name from the first to the last of these words, as it is written."""
    return name[words[0].start : words[-1].end].replace("_", " ") if words else ""
