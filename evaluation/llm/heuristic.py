"""A judge that needs no key and no model: transparent rules on the text. It is a floor, not a judge to rely on.

Each rule speaks for preferences that its pattern matches, in the order below (the first to match speaks), and rates
how far the personalised response follows, by simple marks in the text and against the baseline response. A rule on
something that the preference asks to leave out is turned round. Where no rule speaks, it abstains: it does not guess.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluation.llm.replies import CallFailure, Outcome, Reply
from evaluation.llm.requests import ChatRequest

MODEL = "heuristic-1"
"""Version of the rules. It is part of every request's key: changed rules judge again."""

Score = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """`rate(baseline, personalised)` gives the score and what was seen."""

    name: str
    speaks_for: re.Pattern[str]
    rate: Callable[[str, str], Score]


def _words(text: str) -> list[str]:
    return re.findall(r"[\w’'-]+", text)


def _graded(amount: float, steps: tuple[float, float, float, float]) -> int:
    """1 + how many of the ascending steps are reached."""
    return 1 + sum(amount >= step for step in steps)


def _rate_brevity(baseline: str, personalised: str) -> Score:
    before, after = len(_words(baseline)), len(_words(personalised))
    ratio = after / max(before, 1)
    score = 5 - sum(ratio > step for step in (0.6, 0.85, 1.0, 1.3))
    return score, f"{after} words, against {before} in the baseline"


def _rate_balance(baseline: str, personalised: str) -> Score:
    count = len(_words(personalised))
    score = 5 if 40 <= count <= 130 else 4 if 25 <= count <= 180 else 3 if 15 <= count <= 250 else 2
    return score, f"{count} words: " + (
        "neither curt nor long" if score >= 4 else "too few or too many for a balance"
    )


def _rate_summary_first(baseline: str, personalised: str) -> Score:
    mark = r"\b(in (short|brief|summary|a nutshell)|summar(y|ise|ize)|key (points?|takeaways?|ideas?)|overview)\b"
    match = re.search(mark, personalised, re.IGNORECASE)
    if match is None:
        return 1, "no summary is announced"
    share = match.start() / max(len(personalised), 1)
    score = 5 if share < 0.2 else 4 if share < 0.4 else 3 if share < 0.6 else 2
    return score, f"“{match[0]}” comes after {share:.0%} of the text"


def _rate_short_sentences(baseline: str, personalised: str) -> Score:
    lengths = _sentence_lengths(personalised)
    mean = sum(lengths) / max(len(lengths), 1)
    return 5 - sum(mean > step for step in (12, 16, 20, 25)), f"{mean:.0f} words a sentence"


def _rate_question_last(baseline: str, personalised: str) -> Score:
    if personalised.rstrip(' *_"”’)').endswith("?"):
        return 5, "the text ends with a question"
    asks = "?" in personalised[-len(personalised) // 3 :]
    return (3, "a question stands near the end") if asks else (1, "the text does not end with a question")


def _rate_takeaway_last(baseline: str, personalised: str) -> Score:
    mark = r"take-?away|remember|in (short|one line|a nutshell)|bottom line|key point|to sum up|rule of thumb"
    last = personalised[-len(personalised) // 3 :]
    match = re.search(mark, last, re.IGNORECASE)
    return (
        (5, f"“{match[0]}” stands in the last third")
        if match
        else (1, "no takeaway stands in the last third")
    )


def _sentence_lengths(text: str) -> list[int]:
    counts = (len(_words(sentence)) for sentence in re.split(r"[.!?\n]+", text))
    return [count for count in counts if count]


def _rate_plain_words(baseline: str, personalised: str) -> Score:
    words = _words(personalised)
    if not words:
        return 1, "there is no text"
    long_words = sum(len(word) >= 10 for word in words) / len(words)
    lengths = _sentence_lengths(personalised)
    mean_length = sum(lengths) / len(lengths)
    burden = long_words * 100 + mean_length
    score = 5 - sum(burden > step for step in (24, 30, 36, 44))
    return score, f"{long_words:.0%} long words, {mean_length:.0f} words a sentence"


def _marks(pattern: str, steps: tuple[float, float, float, float]) -> Callable[[str, str], Score]:
    """A rule that counts marks in the personalised text, with a bonus for having more than the baseline."""
    mark = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def rate(baseline: str, personalised: str) -> Score:
        before, after = len(mark.findall(baseline)), len(mark.findall(personalised))
        gain = max(after - before, 0)
        match = mark.search(personalised)
        seen = f", first “{match[0].strip()}”" if match else ""
        return _graded((after + gain) / 2, steps), f"{after} marks, against {before} in the baseline{seen}"

    return rate


def _absence(pattern: str) -> Callable[[str, str], Score]:
    """A rule on marks that should not be there: 5, less one for each."""
    mark = re.compile(pattern, re.IGNORECASE)

    def rate(baseline: str, personalised: str) -> Score:
        count = len(mark.findall(personalised))
        return max(5 - count, 1), f"{count} marks of the opposite"

    return rate


def _rule(name: str, speaks_for: str, rate: Callable[[str, str], Score]) -> Rule:
    return Rule(name, re.compile(speaks_for, re.IGNORECASE), rate)


RULES: tuple[Rule, ...] = (
    _rule("short sentences", r"(long|short) sentences", _rate_short_sentences),
    _rule("question at the end", r"\b(end|finish|close)\b.*\bquestion", _rate_question_last),
    _rule("takeaway at the end", r"\b(end|finish|close)\b.*\b(takeaway|summary|line)", _rate_takeaway_last),
    _rule(
        "confidence",
        r"how (sure|certain|confident)|confidence|uncertain",
        _marks(
            r"\b((fairly|quite|very|not|completely|almost) (sure|certain|confident)|confiden\w+|certain(ty)?|"
            r"\d+ ?%|I(’|')m sure|not sure|might be wrong|no doubt|doubt)\b",
            (0.5, 0.9, 1.4, 2.5),
        ),
    ),
    _rule("emphasis", r"\bbold\b|key ?words|highlight", _marks(r"\*\*[^*\n]+\*\*", (0.5, 1, 2, 3))),
    _rule(
        "summary first",
        r"\b(summar|key points?|takeaway|overview|bottom line|conclusion first|answer first|main point)",
        _rate_summary_first,
    ),
    _rule("balance of detail", r"\bbalance", _rate_balance),
    _rule(
        "cause and effect",
        r"cause|effect|why things|reasons? why|mechanism",
        _marks(
            r"\b(because|therefore|thus|hence|consequently|as a result|so that|due to|owing to|leads? to|led to|"
            r"causes?|caused|results? in|which means|in turn|effects?)\b",
            (0.5, 1, 2, 3.5),
        ),
    ),
    _rule(
        "step by step",
        r"step|broken down|break .* down|one at a time|bullet|numbered|list|structure|organi[sz]ed|heading|in order|"
        r"distinction",
        _marks(
            r"(^[^\S\n]*(\d+[.)]|[-*•])\s|^#+ |\b(first(ly)?|second(ly)?|third(ly)?|next|then|finally|step \d+)\b)",
            (0.5, 1.5, 2.5, 4),
        ),
    ),
    _rule(
        "metaphor or picture",
        r"metaphor|analog|visual|picture|imagery|comparisons?\b",
        _marks(
            r"\b(imagine|picture|think of|like an? |as if|as though|similar to|analog(y|ous)|metaphor|akin to|"
            r"just as|compare|visuali[sz]e)\b",
            (0.5, 1, 1.5, 2.5),
        ),
    ),
    _rule(
        "plain words",
        r"\b(technical|jargon|eas(y|ily)|simpl\w+|plain|accessible|(everyday|common) (words|language)|layman|beginner)",
        _rate_plain_words,
    ),
    _rule(
        "examples",
        r"example|illustrat|real[- ]life|real[- ]world|everyday|every day|in practice|practical|"
        r"scenario|concrete|application|case stud",
        _marks(
            r"\b(for (example|instance)|e\.g\.|such as|imagine|suppose|consider|picture|let[’']s say|say,|"
            r"in (real|everyday|daily) life|scenario|example|real-world|when you)\b",
            (0.5, 1, 2, 3),
        ),
    ),
    _rule(
        "perspectives",
        r"perspective|viewpoint|points? of view|angle|(other|wrong) options|alternatives|both sides|creative|sceptic|"
        r"skeptic|object\b|best case",
        _marks(
            r"\b(on the (one|other) hand|some (people|argue|say|would)|others|another (view|way|angle|perspective)|"
            r"however|alternatively|a sceptic|a skeptic|might (object|argue|say)|tempting|"
            r"from (a|an|the) [\w\s-]{2,30}(perspective|view|standpoint|angle)|whereas|"
            r"by contrast)\b",
            (0.5, 1, 2, 3),
        ),
    ),
    _rule(
        "brevity",
        r"concise|short|brief|succinct|to the point|straightforward|few words|quick|sentences? at most|only what|"
        r"(one|two|three) (lines?|sentences?)\b",
        _rate_brevity,
    ),
    _rule(
        "context",
        r"context|background|histor|cultur|origin|etymolog|bigger picture",
        _marks(
            r"\b(historical(ly)?|history|background|context|origin(s|al|ally|ated)?|tradition(al|ally)?|culture|"
            r"cultural|century|centuries|in (1[0-9]|20)\d\d|known as|refers to|first (described|used|developed))\b",
            (0.5, 1, 2, 3),
        ),
    ),
    _rule(
        "sober tone",
        r"sober|matter-of-fact|neutral|formal|without (jokes|humou?r)",
        _absence(
            r"(!|\b(joke|fun|funny|great|awesome|wow|let[’']s|happy|glad|don[’']t worry|friend|imagine)\b)"
        ),
    ),
    _rule(
        "tone",
        r"tone|friendly|warm|encourag|polite|humou?r|playful|emotion|conversational|supportive|enthusias",
        _marks(
            r"(!|\b(great|good question|nice|let[’']s|happy|glad|don[’']t worry|well done|of course|you[’']re|"
            r"you[’']ve|feel|please|thank)\b)",
            (0.5, 1, 2, 3),
        ),
    ),
)


class HeuristicProvider:
    """Answers a judge request (see `evaluation.stages.judge`) by rule, at no cost."""

    def complete_batch(self, requests: Sequence[ChatRequest]) -> Sequence[Outcome]:
        return [self._judge(request) for request in requests]

    def _judge(self, request: ChatRequest) -> Outcome:
        try:
            document = json.loads(request.messages[-1].content)
            preference, baseline, personalised = (
                document["preference"],
                document["baseline"],
                document["personalised"],
            )
        except (IndexError, KeyError, TypeError, ValueError) as error:
            return CallFailure(
                "bad_request", f"The heuristic judge reads judge requests only: {error!r}", False
            )
        score, explanation = (
            (None, "No baseline response is on record to compare with.")
            if baseline is None
            else rate(preference, baseline, personalised)
        )
        return Reply(json.dumps({"score": score, "explanation": explanation}, ensure_ascii=False))


LONGEST_PREFERENCE, LONGEST_TEXT = 2_000, 50_000
"""In characters, what the rules read: a preference is a sentence, and their patterns may take its length squared."""

LEFT_OUT = re.compile(
    r"\b(without|leave out|avoid|skip|spare me|do not want|don[’']t (want|like|use))\b", re.IGNORECASE
)


def rate(preference: str, baseline: str, personalised: str) -> tuple[int | None, str]:
    """Score from 1 to 5 and an explanation that names the rule which spoke; (None, why) where none does."""
    preference, baseline, personalised = (
        preference[:LONGEST_PREFERENCE],
        baseline[:LONGEST_TEXT],
        personalised[:LONGEST_TEXT],
    )
    for rule in RULES:
        matter = rule.speaks_for.search(preference)
        if matter is None:
            continue
        if not personalised.strip():
            return 1, f"Rule “{rule.name}”: the response is empty."
        score, seen = rule.rate(baseline, personalised)
        if LEFT_OUT.search(preference[max(matter.start() - 30, 0) : matter.start()]):
            return 6 - score, f"Rule “{rule.name}”, turned round as it is to be left out: {seen}."
        return score, f"Rule “{rule.name}”: {seen}."
    return None, "No rule speaks for this preference."
