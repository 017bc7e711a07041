"""The terms of a validation report, a sentence each: they travel with every report."""

from collections.abc import Mapping

from perg.stats.base.terms import Terms
from perg.stats.judges.verdict import VerdictKind

DEFINITIONS: Mapping[str, str] = {
    "n": "How many items (for α: items with two ratings or more; for a rate: those in its denominator) a number rests "
    "on.",
    "low, high": "Ends of the interval, 95% unless the settings say otherwise. Bootstrap over questions, so that items "
    "of one question are drawn together; Wilson's for shares, with the number of items that they count as where items "
    "share questions; for corrected rates, an interval that inverts a test.",
    "warnings": "What speaks against a number's interval, or why it has none, a sentence each.",
    "undefined": "Why a number is undefined. It is then null, never 0.",
    "followed": "An item follows the preference if its rating reaches the threshold; otherwise it is an alignment "
    "failure.",
    "people (median)": "The median of people's ratings of an item; it contains the person it is compared with, so "
    "look at alpha_with_others for people.",
    "people (most common label)": "On a nominal scale, the label that most people gave; ties are left out.",
    "majority": "Followed or not by most people; ties are left out and counted.",
    "decision": "As adjudicated where that was done, else the majority. Bias, calibration, slices, error correlation "
    "and corrected rates hold judges against it.",
    "judges (median)": "The panel of all judges: the median of their ratings.",
    "constant judge": "Always gives the most common of people's aggregated ratings: what no judge should fail to beat.",
    "random judge": "A judge's own ratings in random order: its marginals, and nothing else.",
    "verdict": "Can replace a human annotator; can be used with correction; better than chance, but cannot replace "
    "people; not trustworthy here; or not enough labels yet. A judge must beat the constant and the random "
    "judge (1%, divided by the number of judges), be shown to be as good as people within ε, and pass the alternative "
    "annotator test in two thirds of resamples, to replace a person. With correction: only where this report has a "
    "corrected rate without a warning. A rule-based floor gets no verdict.",
    "code": "The verdict for programs: replace_human, use_with_correction, skilled_not_sufficient, not_trustworthy, "
    "not_enough_labels.",
    "labels_needed": "About how many more labels would settle what is open, in 80% of campaigns: whether the judge has "
    "skill, or, if it is as good as people, that it is.",
    "stability": "Share of resamples in which the alternative annotator test comes out as it did.",
    "no_verdict": "Why there is no verdict.",
    "alternative_annotator_test": "Calderon, Reichart & Dror (2025): each person is left out in turn, and the judge "
    "wins against those whom it is not worse than, by more than ε, at agreeing with the others (one-sided tests, "
    "Benjamini–Yekutieli). It passes if it wins against half of the people. It does not ask whether the judge has "
    "skill: read it with the baselines.",
    "epsilon": "What the judge may lose by, being cheaper: 0.2 beside experts, 0.15 beside skilled people, 0.1 beside "
    "crowd workers.",
    "winning_rate": "ω: share of people whom the judge wins against.",
    "passing_share": "Share of resamples of the items in which ω is one half or more.",
    "advantage_probability": "ρ: share of items on which the judge is as near to the other people as the person left "
    "out, or nearer; averaged over people.",
    "baselines": "One-sided tests that the judge's skill is above the constant judge's (bootstrap) and the random "
    "judge's (permutation).",
    "skill": "Informedness (sensitivity + specificity − 1) where ratings are cut; else quadratic κ with people's "
    "median, or Cohen's κ with their most common label. 0 is no skill, 1 is perfect.",
    "beside_people": "Skill of the judge and of a person, both against the other people (their majority, most common "
    "label or median), each person left out in turn. The interval of the difference is Student's; its lower end is the "
    "one-sided limit (95%, corrected for the number of judges), so it is a 90% interval for one judge.",
    "non_inferiority": "The judge is as good as people where that lower limit is above −margin. The margin is ε times "
    "reference_quality: the share of a true difference that is left when it is measured against people who err.",
    "alpha": "Krippendorff's α at the scale's level: 1 is perfect, 0 is chance.",
    "alpha_with_humans": "α of the judge and people's median (most common label, nominal).",
    "alpha_humans_and_judge": "α of all people and the judge together; compare it with α of people alone.",
    "alpha_with_others": "α of a person and the median (most common label) of the others.",
    "alpha_followed": "Krippendorff's α, nominal, on followed / not followed.",
    "percent_agreement": "Share of equal ratings. Not corrected for chance: never read it alone.",
    "cohen_kappa": "Cohen's κ: agreement above chance, every disagreement counting the same.",
    "linear_kappa": "Cohen's κ with linear weights: a disagreement counts by its distance.",
    "quadratic_kappa": "Cohen's κ with quadratic weights: far disagreements count more.",
    "gwet_ac1": "Gwet's AC1: agreement above a chance that prevalence does not push up.",
    "gwet_ac2": "Gwet's AC2 with quadratic weights.",
    "spearman": "Spearman's rank correlation: do both order items alike?",
    "mean_difference": "Mean of a − b in points of the scale.",
    "confusion": "Judge against the people's majority; positive = alignment failure (not followed).",
    "confusion_with_gold": "The same against what was adjudicated.",
    "sensitivity": "Of the failures that people see, the share that the judge reports.",
    "specificity": "Of the items that people see as following, the share that the judge passes.",
    "precision": "Of the failures that the judge reports, the share that people see, too.",
    "f1": "Harmonic mean of precision and sensitivity for alignment failure.",
    "bias": "Lenient: the judge sees more followed than people do. Harsh: fewer. Its rate_difference is the share the "
    "judge says followed less people's share.",
    "calibration": "At each of the judge's scores, the share that people say followed. The expected calibration error "
    "is 0 where the middle of the scale means even odds and the top certainty.",
    "slices": "The judge's accuracy in each part and elsewhere; worse = its error rate is significantly higher there "
    "(one-sided, Holm-corrected over all slices of the judge). Slices with fewer than 5 labels are put together.",
    "verbosity": "Rank correlations of the response's length with the judge's errors: residual above 0 = more lenient "
    "to long responses.",
    "position": "The same with the place in the order in which responses were seen.",
    "self_consistency": "Agreement of the judge's replicates: the same question asked again.",
    "effective_judges": "k judges whose errors have mean correlation r count as k / (1 + (k − 1) r) independent ones.",
    "comparisons": "Does judge a agree with people better than judge b? Paired bootstrap on the same items; p-values "
    "two-sided, of the same statistic as the interval, and corrected over all pairs by Holm and by "
    "Benjamini–Yekutieli.",
    "alignment_failure": "AF: share of the run's items, of those whose baseline answer is correct, whose response does "
    "not follow the preference. Undefined in the setting irrelevant.",
    "robustness_error": "RE: share of the same items that are wrong, or do not follow the preference, or both.",
    "human": "The rate by people's labels alone, weighted by how the items were sampled.",
    "people_alone": "Alignment failure by people's decisions, on all counted items that have one; no judge is needed.",
    "naive": "The rate if the judge is taken at its word; its interval knows nothing of the judge's errors.",
    "powered": "PPI++: people's labels, sharpened by the judge on all items; right on average however bad the judge.",
    "rogan_gladen": "The judge's rate corrected by its sensitivity and specificity among the labels.",
    "stacked": "PPI++ with all judges as one predictor, fitted so that no label predicts itself.",
    "effective_labels": "How many labels alone would give an interval as narrow: n times the ratio of variances.",
    "bias_of_rate": "Naive less corrected rate: above 0 the judge is too harsh.",
    "differences": "Rate of run b less rate of run a over items asked in both: below 0, b fails less often.",
    "aggregation": "Gold by each rule (majority, median, Dawid–Skene, MACE), and what would change of the majority's.",
    "planning": "Labels of a run's judged items for an interval of the alignment-failure rate of ± half_width; "
    "labelled items for the alternative annotator test, or a comparison of judges, to have 80% power; and the items to "
    "label next. Estimated from the labels so far; the interval of a power is what these leave possible.",
}

OF_ANY_CRITERION: Mapping[str, str] = {
    "low, high": "Ends of the interval, 95% unless the settings say otherwise. Bootstrap over clusters, so that items "
    "that belong together are drawn together; Wilson's for shares, with the number of items that they count as where "
    "items share clusters; for corrected rates, an interval that inverts a test.",
    "followed": "An item passes where its rating reaches the threshold or is no label of a failure; else it fails.",
    "majority": "Passes or fails by most people; ties are left out and counted.",
    "alpha_followed": "Krippendorff's α, nominal, on passes / fails.",
    "confusion": "Judge against the people's majority; positive = failure.",
    "specificity": "Of the items that people pass, the share that the judge passes.",
    "f1": "Harmonic mean of precision and sensitivity for failures.",
    "bias": "Lenient: the judge passes more than people do. Harsh: fewer. Its rate_difference is the share that the "
    "judge passes less people's share.",
    "calibration": "At each of the judge's scores, the share that people pass. The expected calibration error is 0 "
    "where the middle of the scale means even odds and the top certainty.",
    "verbosity": "Rank correlations of the output's length with the judge's errors: residual above 0 = more lenient "
    "to long outputs.",
    "position": "The same with the place in the order in which items were seen.",
    "alignment_failure": "The failure rate: share of the items that fail.",
    "people_alone": "The failure rate by people's decisions, on all items that have one; no judge is needed.",
    "planning": "Labels of judged items for an interval of the failure rate of ± half_width; labelled items for the "
    "alternative annotator test, or a comparison of judges, to have 80% power; and the items to label next. Estimated "
    "from the labels so far; the interval of a power is what these leave possible.",
}
"""What the terms mean where a criterion is any other than whether a preference was followed."""

ONLY_WITH_BASELINE = ("robustness_error",)


def definitions_in(terms: Terms) -> Mapping[str, str]:
    """The definitions of a report in these terms."""
    if terms.has_baseline:
        return DEFINITIONS
    return {
        term: OF_ANY_CRITERION.get(term, text)
        for term, text in DEFINITIONS.items()
        if term not in ONLY_WITH_BASELINE
    }


VERDICT_MEANS: Mapping[VerdictKind, str] = {
    "can replace a human annotator": "Its labels may stand in for a person's on responses like these.",
    "can be used with correction": "Do not report its own rates: use the corrected ones, with a sample of people's "
    "labels.",
    "better than chance, but cannot replace people": "It sees something of what people see. Report people's "
    "labels: neither its labels nor its rates can stand in for theirs here.",
    "not trustworthy here": "Its labels say no more than a constant or a random judge's would.",
    "not enough labels yet": "People have labelled too few items to tell.",
}
