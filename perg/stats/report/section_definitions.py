"""The terms of those sections of a report that only some kinds of ratings have, a sentence each."""

from collections.abc import Mapping

OF_PAIRS: Mapping[str, str] = {
    "both_orders": "Of a rater that was asked in both orders, what counts in the tables of ratings is the answer "
    "that both share, else a tie: a preference that turns with the order is none (MT-bench). Win rates and strengths "
    "use the mean of both answers.",
    "first_preferred": "Mean over all answers of 1 where the first output is better, 0 where the second is, ½ for "
    "neither.",
    "first_shown": "Share of the answers with a preference that prefer the output shown first: ½ without bias.",
    "biased": "The test of random signs says at 2%, corrected by Holm over judges and people, that the place decides.",
    "consistent": "Share of the pairs that one rater answered in both orders with the same answer in both.",
    "same_winner_as_people": "Of the pairs in which a judge prefers the same output in both orders, and people prefer "
    "one: the share in which it is the same.",
    "win_rate": "How often one output is preferred to the other, a tie as half.",
    "naive_win_rate": "The win rate if the judge is taken at its word, over both orders.",
    "corrected_win_rate": "PPI++: people's labels, sharpened by the judge on all pairs.",
    "judge_less_corrected": "The judge's own win rate less the corrected one: above 0 it favours the first named.",
    "strength": "Bradley–Terry: the log odds of winning against an average system; all of them add up to 0.",
    "rank": "Place by strength, and the places that the votes leave possible for all systems at once.",
}

OF_NUMBERS: Mapping[str, str] = {
    "judge_difference": "Mean of judge − person over their ratings of the same items: above 0 the judge "
    "gives more.",
    "limits_of_agreement": "Limits of agreement: between them lie 95% of the differences judge − person, if these are "
    "normal (Bland & Altman).",
    "slope": "Points of people's expected mean rating for a point of the judge: 1 = a point is a point, 0 = its score "
    "says nothing.",
    "expected_at": "People's expected mean rating where the judge gives the lowest, its mean and the highest rating, "
    "by the same line.",
    "concordance": "Lin's coefficient with people's mean: 1 only if both give the same numbers.",
    "intraclass": "ICC(A,1), absolute agreement of one rating, with people's mean; of people with one another over the "
    "items that all of them rated.",
    "corrected_mean": "PPI++: people's mean rating of all judged items, sharpened by the judge.",
    "mean_bias": "The judge's own mean less the corrected one: above 0 it gives more than people would.",
}

OF_LABELS: Mapping[str, str] = {
    "label_share": "Of all judged items, the share with this label: by people's labels alone, by the judge alone, "
    "and corrected.",
    "corrected_share": "By the method that has no warning: PPI++, Rogan–Gladen, or people's labels alone.",
    "simultaneous": "The corrected share with an interval that holds for all labels at once (Bonferroni).",
    "missed": "Of the items with people's label, the share to which the judge does not give it.",
    "invented": "Of the items without it, the share to which the judge gives it.",
    "wrong": "Of the items to which the judge gives it, the share to which people do not.",
}


def section_definitions(pairwise: object, numeric: object, label_shares: object) -> dict[str, str]:
    """The terms of these sections; None: the report has no such section."""
    sections = ((pairwise, OF_PAIRS), (numeric, OF_NUMBERS), (label_shares, OF_LABELS))
    terms: dict[str, str] = {}
    for section, of_section in sections:
        if section is not None:
            terms |= of_section
    return terms
