"""Files of ratings: labels, missing ratings, names, the failure, scales."""

from typing import Any

from tests.fault_inputs.case import FAULTS, FaultCase, Figures, rounded, run_json


def _import(*files: str, scale: str, more: tuple[str, ...] = (), campaign: str = "faults") -> dict[str, Any]:
    """The report of an import; the name of a file says whether it is the judge's."""
    options: list[object] = []
    for file in files:
        options += ["--judge" if "_judge" in file else "--human", FAULTS / file]
    return run_json("import_ratings", *options, "--scale", scale, "--campaign", campaign, *more)


def _report(campaign: str = "faults") -> dict[str, Any]:
    return run_json("validation_report", campaign)


def _pair(document: dict[str, Any], a: str, b: str) -> dict[str, Any]:
    pairs: list[dict[str, Any]] = document["matrix"]["pairs"]
    return next(pair["scale"] for pair in pairs if {pair["a"], pair["b"]} == {a, b})


def _refused_or(imported: dict[str, Any], figures: Figures) -> Figures:
    return figures if imported["status"] == "imported" else {"status": imported["status"]}


def decimals_as_labels() -> Figures:
    imported = _import("ratings_float_labels_human.csv", "ratings_float_labels_judge.csv", scale="nominal")
    _import(
        "ratings_float_labels_human_clean.csv",
        "ratings_float_labels_judge.csv",
        scale="nominal",
        campaign="clean",
    )
    document = _report()
    pair = _pair(document, "judge", "people (most common label)")
    return _refused_or(
        imported,
        {
            "labels": document["summary"]["labels"],
            "kappa": rounded(pair["cohen_kappa"]["value"], 2),
            "as clean": document["matrix"] == _report("clean")["matrix"],
        },
    )


def nan_is_missing() -> Figures:
    imported = _import(
        "ratings_nan_human.csv", "ratings_nan_judge.csv", scale="nominal", more=("--no-failure",)
    )
    _import(
        "ratings_nan_human_clean.csv",
        "ratings_nan_judge_clean.csv",
        scale="nominal",
        more=("--no-failure",),
        campaign="clean",
    )
    if imported["status"] != "imported":
        return {"status": imported["status"]}
    document = _report()
    alpha = document["people"]["alpha"]
    return {
        "alpha": rounded(alpha["value"], 4),
        "n": alpha["n"],
        "missing": imported["missing"],
        "as clean": document["matrix"] == _report("clean")["matrix"],
    }


def failure_is_asked_for() -> Figures:
    imported = _import("ratings_followed_human.csv", "ratings_followed_judge.csv", scale="nominal")
    message = str(imported.get("message", ""))
    return {
        "status": imported["status"],
        "asks": "“followed”" in message and "“not followed”" in message and "--failure" in message,
    }


def failure_is_stated() -> Figures:
    imported = _import(
        "ratings_followed_human.csv",
        "ratings_followed_judge.csv",
        scale="nominal",
        more=("--failure", "not followed"),
    )
    if imported["status"] != "imported":
        return {"status": imported["status"]}
    document = _report()
    rate = document["rates"]["runs"][0]["alignment_failure"]["judges"][0]["rates"]["human"]["estimate"]
    return {"failures": document["summary"]["failures"], "rate": rounded(rate["value"], 2)}


def gaps_stay_gaps() -> Figures:
    _import("ratings_gap_human.csv", "ratings_gap_judge.csv", scale="ordinal", more=("--no-threshold",))
    people = _pair(_report(), "anna", "bob")
    return {
        "ac1": rounded(people["gwet_ac1"]["value"], 4),
        "ac2": rounded(people["gwet_ac2"]["value"], 4),
    }


def one_name_in_two_forms_is_one_person() -> Figures:
    imported = _import("ratings_nfd_names.csv", scale="ordinal")
    return _refused_or(imported, {"people": imported.get("people")})


def ranges_that_do_not_match() -> Figures:
    imported = _import(
        "ratings_other_scale_human.csv", "ratings_other_scale_judge_0_to_1.csv", scale="ordinal"
    )
    told = [imported.get("message", ""), *imported.get("problems", ()), *imported.get("warnings", ())]
    return {"told": any("0 to 1" in str(text) and "1 to 5" in str(text) for text in told)}


def an_underscore_is_no_digit() -> Figures:
    imported = _import("ratings_underscore.csv", scale="interval")
    return {
        "status": imported["status"],
        "told": any("line 2" in problem and "1_0" in problem for problem in imported.get("problems", ())),
    }


def quoted_names_keep_their_commas() -> Figures:
    imported = _import("ratings_commas_in_header.csv", scale="interval")
    if imported["status"] != "imported":
        return {"status": imported["status"], "problems": imported.get("problems")}
    return {"raters": sorted(rater["name"] for rater in _report()["raters"])}


CASES = (
    FaultCase(
        "ratings_float_labels",
        {"labels": ["1", "2", "3", "4"], "kappa": 0.86, "as clean": True},
        decimals_as_labels,
    ),
    FaultCase("ratings_nan", {"alpha": 0.8990, "n": 80, "missing": 70, "as clean": True}, nan_is_missing),
    FaultCase("ratings_followed, not stated", {"status": "refused", "asks": True}, failure_is_asked_for),
    FaultCase("ratings_followed, stated", {"failures": ["not followed"], "rate": 0.21}, failure_is_stated),
    FaultCase("ratings_gap", {"ac1": 0.3055, "ac2": 0.2252}, gaps_stay_gaps),
    FaultCase("ratings_nfd_names", {"people": 2}, one_name_in_two_forms_is_one_person),
    FaultCase("ratings_other_scale", {"told": True}, ranges_that_do_not_match),
    FaultCase("ratings_underscore", {"status": "refused", "told": True}, an_underscore_is_no_digit),
    FaultCase(
        "ratings_commas_in_header",
        {"raters": ["Doe, J., Dr., MSc", "Roe, K.", "judge"]},
        quoted_names_keep_their_commas,
    ),
)
