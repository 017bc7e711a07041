"""Importing others' annotations and reporting on them, from the command line, end to end."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Campaign, Criterion, ImportedRating
from annotations.validation.rendering import as_html
from annotations.validation.services.validation import computed_report
from core.models import AuditEvent
from tests.rating_inputs import QUICK

pytestmark = pytest.mark.django_db

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "human_vs_llm"
SCALES = {"wax": "nominal", "cebab_stars": "ordinal"}
SCORING = {"wax": "accuracy", "cebab_stars": "neg_rmse"}

PEOPLE = "item,ann,bob,cid\n" + "".join(
    f"q{i},{1 + i % 5},{1 + i % 5},{1 + (i + i % 7 // 6) % 5}\n" for i in range(60)
)
JUDGES = "item,gpt,coin\n" + "".join(f"q{i},{1 + i % 5},{1 + i * 7 % 11 % 5}\n" for i in range(60))


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


def run_json(command: str, *arguments: object) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(run(command, *arguments, "--json"))
    return said


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    people, judges = tmp_path / "people.csv", tmp_path / "judges.csv"
    people.write_text(PEOPLE)
    judges.write_text(JUDGES)
    return people, judges


def import_files(files: tuple[Path, Path], *more: object) -> dict[str, Any]:
    people, judges = files
    return run_json("import_ratings", "--human", people, "--judge", judges, "--campaign", "ours", *more)


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published annotations are not on this machine")
@pytest.mark.parametrize("dataset", SCALES)
def test_the_published_rows_come_out_of_the_two_commands(dataset: str) -> None:
    rows = json.loads((PUBLISHED / "published_alt_test.json").read_text())["rows"]
    expected = {row["judge"]: row for row in rows if row["dataset"] == dataset}
    assert len(expected) == 6
    folder = PUBLISHED / dataset
    run(
        "import_ratings",
        *("--human", folder / "human_annotations.json", "--judge", folder / "llm_annotations.json"),
        *("--scale", SCALES[dataset], "--campaign", dataset),
    )
    report = run_json("validation_report", dataset, "--epsilon", 0.1, "--scoring", SCORING[dataset])
    assert {judge["name"] for judge in report["judges"]} == set(expected)
    for judge in report["judges"]:
        test, row = judge["alternative_annotator_test"], expected[judge["name"]]
        assert test["passed"] == row["passed"], row
        assert round(test["winning_rate"]["value"], 2) == row["winning_rate"], row
        assert round(test["advantage_probability"]["value"], 2) == row["advantage_probability"], row
        assert judge["alpha_with_humans"]["n"] > 0
        assert judge["verdict"]["kind"]


def test_an_import_says_what_it_made(files: tuple[Path, Path]) -> None:
    said = import_files(files)
    campaign = Campaign.objects.get()
    assert said == {
        "status": "imported",
        "campaign": {"id": campaign.pk, "name": "ours"},
        "scale": "ordinal",
        "categories": None,
        "threshold": 3.0,
        "failures": None,
        "items": 60,
        "people": 3,
        "judges": 2,
        "ratings": 300,
        "missing": 0,
        "warnings": [],
    }
    assert campaign.is_imported
    assert campaign.rubric is None
    assert campaign.status == "closed"
    assert ImportedRating.objects.get(item__external_id="q3", rater="gpt").value == "4"
    assert AuditEvent.objects.get().action == "ratings.imported"


def test_the_same_ratings_again_change_nothing_and_others_are_refused(files: tuple[Path, Path]) -> None:
    first = import_files(files)
    assert import_files(files) == first | {"status": "unchanged"}
    files[1].write_text(JUDGES.replace("q0,1,1", "q0,2,1"))
    with pytest.raises(CommandError, match=r"“ours” already, with other content\. Import under another name"):
        run("import_ratings", "--human", files[0], "--judge", files[1], "--campaign", "ours")
    assert ImportedRating.objects.get(item__external_id="q0", rater="gpt").value == "1"
    assert ImportedRating.objects.count() == 300


def test_every_problem_of_every_file_is_listed_and_nothing_is_written(files: tuple[Path, Path]) -> None:
    files[0].write_text("item,ann\nq1,good\nq2,3\nq2,4\n")
    files[1].write_text('item,gpt\n"q' + "x" * 400 + '",3\n')
    with pytest.raises(CommandError) as caught:
        run("import_ratings", "--human", files[0], "--judge", files[1], "--campaign", "ours")
    lines = str(caught.value).splitlines()
    assert lines == [
        "Nothing was imported. There are 3 problems.",
        "  people.csv: line 2: ann on q1: 'good' is not a finite number",
        "  people.csv: line 4: ann on q2 twice, first on line 3",
        "  judges.csv: line 2: an item's name has more than 400 characters",
    ]
    assert not Campaign.objects.exists()


def test_names_on_a_scale_of_numbers_are_reported_once_with_the_scale_to_choose(tmp_path: Path) -> None:
    people, judge = tmp_path / "people.csv", tmp_path / "judge.csv"
    people.write_text("item,ann,bob\n" + "".join(f"q{i},{'yes' if i % 3 else 'no'},yes\n" for i in range(30)))
    judge.write_text(
        "item,rater,score\n" + "".join(f"q{i},gpt,{'no' if i % 2 else 'yes'}\n" for i in range(30))
    )
    with pytest.raises(CommandError) as refusal:
        run("import_ratings", "--human", people, "--judge", judge, "--campaign", "ours")
    assert str(refusal.value).splitlines() == [
        "Nothing was imported. There is one problem.",
        "  90 ratings in people.csv and judge.csv are names: “yes” and “no”. The scale “Ordinal: an order” takes "
        "numbers. Choose the scale “Nominal: names without an order” (--scale nominal).",
    ]


@pytest.mark.parametrize(
    ("cells", "more", "first", "labels"),
    [
        (
            [f"q{i},ann,{6 + i % 2}" for i in range(40)],
            ["--categories", "1..5"],
            "'6' is not on the",
            "“6” and “7”",
        ),
        ([f"q{i},ann,{i % 4}%" for i in range(40)], [], "'0%' is not a finite", "“0%”, “1%”, “2%” and “3%”"),
    ],
)
def test_a_problem_of_every_rating_is_reported_once_with_its_first_lines(
    tmp_path: Path, cells: list[str], more: list[str], first: str, labels: str
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("\n".join(["item,rater,score", *cells]))
    with pytest.raises(CommandError) as refusal:
        run("import_ratings", "--human", people, "--campaign", "ours", *more)
    (problem,) = str(refusal.value).splitlines()[1:]
    assert problem.startswith(
        f"  people.csv: 40 times the same problem. The first: line 2: ann on q0: {first}"
    )
    assert problem.endswith(f". The labels are {labels}.")


def test_a_refusal_in_json_is_one_object_and_exit_status_1(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        call_command("import_ratings", "--human", "nowhere.csv", "--campaign", "ours", "--json")
    assert exit_.value.code == 1
    assert json.loads(capsys.readouterr().out) == {
        "status": "refused",
        "code": "import_refused",
        "message": "Nothing was imported. There is one problem.",
        "problems": ["nowhere.csv: cannot be read: No such file or directory"],
    }


@pytest.mark.parametrize(
    ("arguments", "threshold"),
    [
        ([], 3.0),
        (["--threshold", "4"], 4.0),
        (["--no-threshold"], None),
        (["--scale", "interval"], None),
        (["--scale", "interval", "--threshold", "2.5"], 2.5),
        (["--scale", "nominal"], None),
    ],
)
def test_where_ratings_are_cut(
    files: tuple[Path, Path], arguments: list[str], threshold: float | None
) -> None:
    assert import_files(files, *arguments)["threshold"] == threshold


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threshold", "1"], "lies above 1"),
        (["--threshold", "6"], "at most at 5"),
        (["--scale", "nominal", "--threshold", "2"], "cannot be cut"),
    ],
)
def test_a_threshold_that_separates_nothing_is_refused(
    files: tuple[Path, Path], arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("import_ratings", "--human", files[0], "--campaign", "ours", *arguments)


def test_the_report_names_a_judge_that_sees_nothing(files: tuple[Path, Path]) -> None:
    import_files(files)
    report = run_json("validation_report", "ours")
    verdicts = {judge["name"]: judge["verdict"]["kind"] for judge in report["judges"]}
    assert verdicts["gpt"] == "can replace a human annotator"
    assert verdicts["coin"] != "can replace a human annotator"
    assert report["report"]["campaign"]["name"] == "ours"
    assert len(report["report"]["input_hash"]) == 64
    for judge in report["judges"]:
        assert judge["alpha_with_humans"]["n"] == 60
        assert set(judge["alternative_annotator_test"]) >= {"winning_rate", "advantage_probability", "passed"}


def test_the_report_for_people_is_a_table_with_verdicts_and_reasons(files: tuple[Path, Path]) -> None:
    import_files(files)
    said = run("validation_report", Campaign.objects.get().pk)
    assert "60 items, 60 rated by people (180 ratings)" in said
    assert "gpt: can replace a human annotator" in said
    assert "Sensitivity" in said


def test_the_report_for_people_has_the_rates_of_people_and_judges(files: tuple[Path, Path]) -> None:
    import_files(files)
    rates = run("validation_report", "ours").partition("Failure rate (60 counted: all items)")[2]
    document = run_json("validation_report", "ours")["rates"]["runs"][0]["alignment_failure"]
    for judge in document["judges"]:
        row = next(line for line in rates.splitlines() if f" {judge['judge']} " in line and "│" in line)
        for method in ("human", "naive"):
            assert f"{judge['rates'][method]['estimate']['value']:.1%}" in row
        assert judge["rates"]["recommended"].split()[0] in row
    assert "Over the 60 of 60 items that" in rates
    assert "To report: " in rates


def test_people_without_a_judge_have_their_rate_of_failures(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"  # 2 of 10 are failures: Wilson gives [0.0567, 0.5098]
    people.write_text(
        "item,ann,bob\n" + "".join(f"q{i},{1 + (i > 1) * 3},{1 + (i > 1) * 3}\n" for i in range(10))
    )
    run("import_ratings", "--human", people, "--campaign", "ours", "--threshold", 3)
    by_people = run_json("validation_report", "ours")["rates"]["runs"][0]["people_alone"]
    assert (by_people["value"], by_people["n"]) == (0.2, 10)
    assert (by_people["low"], by_people["high"]) == pytest.approx((0.0567, 0.5098), abs=1e-4)
    assert "Failure rate by people's labels alone: 20.0% [5.7%, 51.0%] n=10" in run(
        "validation_report", "ours"
    )
    report, _ = computed_report(Campaign.objects.get(), QUICK)
    shown = as_html(report, title="Report", criterion=Criterion.objects.get())
    assert "From people’s labels only" in shown


def test_what_cannot_be_reported_on_is_refused(files: tuple[Path, Path]) -> None:
    with pytest.raises(CommandError, match="no campaign named “ours”"):
        run("validation_report", "ours")
    import_files(files)
    with pytest.raises(CommandError, match="epsilon"):
        run("validation_report", "ours", "--epsilon", 1)
