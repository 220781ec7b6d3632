"""An answer that drops axes of length one, or what is written where scores alone are asked for, loses points."""

from __future__ import annotations

import pytest

from autograder.audit.checks_alone import try_answers
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.results import Outcome


@pytest.mark.parametrize(
    ("name", "question", "old", "new"),
    [
        (
            "01-backprop",
            "affine",
            "return rows @ w + b, (x, w)",
            "return (rows @ w + b if w.shape[1] > 1 else (rows @ w + b)[:, 0]), (x, w)",
        ),
        (
            "00-warm-up",
            "centre",
            "return x - x.mean(axis=axis, keepdims=True)",
            "return np.squeeze(x - x.mean(axis=axis, keepdims=True))",
        ),
        (
            "09-augmentation",
            "mixup",
            "return blend(x), blend(y_onehot)",
            "return blend(x), blend(y_onehot).squeeze()",
        ),
        (
            "08-batchnorm",
            "batchnorm_net",
            "enumerate(bn_params, start=1)",
            "enumerate(bn_params if y is not None else [{**p} for p in bn_params], start=1)",
        ),
    ],
)
def test_what_was_never_asked_costs_points(name: str, question: str, old: str, new: str) -> None:
    sources = load_assignment(Course(), name).reference_source(question)
    wrong = {cell: text.replace(old, new) for cell, text in sources.items()}
    assert wrong != sources
    questions = frozenset([question])
    right, lost = try_answers(Course(), name, [sources, wrong], 5, questions, inside=False)
    assert all(one.outcome is Outcome.RIGHT for one in right)
    points = sum(one.spec.points - one.score for one in lost)
    assert 0 < points <= 0.6 * sum(one.spec.points for one in lost)
