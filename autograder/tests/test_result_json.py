"""What other programs read of a result is as the schema says, and as Gradescope documents it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from autograder.core.course import PACKAGE
from autograder.core.results import Submission
from autograder.grading.result_json import as_json, gradescope
from autograder.tests.fake_grading import graded

SCHEMA = json.loads((PACKAGE / "schemas" / "check.schema.json").read_text())
SCORED = {"score", "max_score"}
# of Gradescope's documentation of results.json
TOP = {
    "score",
    "output",
    "output_format",
    "test_output_format",
    "visibility",
    "stdout_visibility",
    "tests",
}
TEST = {"name", "number", "score", "max_score", "status", "output", "output_format", "visibility"}


@pytest.mark.parametrize("told", [{}, {"wrong": ["affine"]}, {"found": "fault"}])
def test_the_schema_holds(told: dict[str, object]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    made = json.loads(json.dumps(as_json(graded(Submission("ann", json.dumps(told).encode()), 1))))
    jsonschema.validate(made, SCHEMA, jsonschema.Draft202012Validator)
    assert {check["sentence"] for one in made["questions"] for check in one["checks"]} == {
        "It is `right`."
    }
    del made["questions"][0]["checks"][0]["sentence"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(made, SCHEMA, jsonschema.Draft202012Validator)


def test_gradescope() -> None:
    one = graded(Submission("ann", b'{"wrong": ["affine"]}'), 1)
    made = json.loads(json.dumps(gradescope(one)))
    assert made.keys() == TOP
    assert all(test.keys() == TEST for test in made["tests"])
    assert (
        made["score"]
        == sum(test["score"] for test in made["tests"])
        < sum(test["max_score"] for test in made["tests"])
    )
    assert [test["output"] for test in made["tests"] if test["status"] == "failed"] == [
        "It is not. Look."
    ]


def test_nobody_gets_a_score_where_the_grader_failed() -> None:
    assert "score" not in gradescope(graded(Submission("ann", b'{"found": "fault"}'), 1))
