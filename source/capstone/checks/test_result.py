"""Question `result`: a net trained in the sandbox on canvases drawn anew, against a baseline that is trained here on the same ones.

The large call is made in one check alone; the bands read its result, so that nothing is trained twice.
"""

from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from autograder.checking import check, compare, rules
from utils import data

FORBIDDEN = ("utils.pictures.digit_canvas", "utils.data.digits", "utils.fetched.mnist")
BUDGET = 4.0  # seconds; the limit that ends a call is in limits.toml
BASELINE_STEPS = 600

_ratios = WeakKeyDictionary()  # by student


@lru_cache(maxsize=4)
def canvases(seed, classes, train, dev, test):
    rng = np.random.default_rng(seed)
    parts = [
        data.digit_canvas(n, classes, rng, part=part)
        for n, part in ((train, "train"), (dev, "train"), (test, "test"))
    ]
    return [array for x, y in parts for array in (x.reshape(len(x), -1), y)]


@lru_cache(maxsize=4)
def baseline(seed, reference_net, reference_loss, reference_scores, train, rule):
    """The error of a plain net on the test canvases."""
    x, y, _, _, x_test, y_test = canvases(seed, tuple(range(10)), 3000, 1000, 2000)
    rng = np.random.default_rng(seed)
    params, _ = train(
        reference_net((144, 128, 10), rng),
        lambda params, x, y, rng: reference_loss(params, x, y, {}, rng),
        rule,
        {"learning_rate": 0.05},
        x,
        y,
        batch=50,
        budget=BASELINE_STEPS,
        rng=rng,
    )
    return float(np.mean(reference_scores(params, x_test).argmax(axis=1) != y_test))


def labels_of(student, model, x, classes):
    labels = student.predict(model, x)
    compare.shape(labels, (len(x),), "labels", "One label a canvas, not its scores.")
    compare.require(
        labels.dtype.kind in "iu", f"labels are {labels.dtype}, where whole numbers were expected."
    )
    compare.require(labels.min() >= 0 and labels.max() < classes, "a label is none of the classes.")
    return labels


def chosen(student, model, x, classes):
    """Labels, of scores for each class the highest: that scores are no labels is paid for in a check of its own."""
    answer = student.predict(model, x)
    if isinstance(answer, np.ndarray) and answer.shape == (len(x), classes):
        return np.argmax(answer, axis=1)
    return labels_of(student, model, x, classes)


def small(rng):
    """Two digits, sorted in the test part: the first half is 0, the second 1."""
    first, second = (int(digit) for digit in rng.choice([[0, 1], [2, 7], [3, 4], [6, 9], [4, 5]]))
    x, y, x_dev, y_dev, x_test, y_test = canvases(
        int(rng.integers(2**32)), (first, second), 300, 80, 120
    )
    half = min(np.sum(y_test == 0), np.sum(y_test == 1))
    chosen = np.concatenate([np.flatnonzero(y_test == label)[:half] for label in (0, 1)])
    return (x, y, x_dev, y_dev), x_test[chosen]


@check("result", points=1)
def test_rules(student, rng):
    """`compete` and `predict` leave their arguments alone, and `compete` draws from `rng` only."""
    sets, x_test = small(rng)
    few = [array[:80] for array in sets]
    model = rules.pure(
        student, "compete", *few, rng, 0.08
    )  # short: a function of this name has all lines counted
    labels = rules.pure(student, "predict", model, x_test)
    compare.require(
        isinstance(labels, np.ndarray) and labels.shape[:1] == (len(x_test),),
        "`predict` gives no array with an entry for each canvas.",
    )


@check("result", points=1)
def test_form(student, rng):
    """`predict` gives whole labels, the same for a canvas alone as in a batch."""
    sets, x_test = small(rng)
    model = student.compete(*(array[:80] for array in sets), rng, 0.08)
    labels = labels_of(student, model, x_test, 2)
    some = range(0, len(x_test), len(x_test) // 6)
    alone = [
        student.predict(model, x_test[n : n + 1]) for n in some
    ]  # one by one: a model may be large
    for got in alone:
        compare.shape(got, (1,), "the label of a canvas alone")
    compare.require(
        [int(got[0]) for got in alone] == labels[list(some)].tolist(),
        "a canvas alone gets another label than in a batch.",
        "Running statistics.",
    )


@check("result", points=2)
def test_two_digits(student, rng):
    """With a tenth of the budget, two digits are told apart, 85 in 100."""
    sets, x_test = small(rng)
    model = student.compete(*sets, rng, 0.4)
    labels = chosen(student, model, x_test, 2)
    right = np.mean(labels == np.arange(len(labels)) // (len(labels) // 2))
    compare.require(
        right > 0.85,
        f"{100 * right:.0f} in 100 are right.",
        "Do labels stay with their canvases? Does the loss fall at all?",
    )


@check("result", points=2, needs="test_two_digits")
def test_in_time(student, reference, rng):
    """On 3000 canvases of ten digits, training ends within its budget of processor time."""
    seed = int(rng.integers(2**32))
    x, y, x_dev, y_dev, x_test, y_test = canvases(seed, tuple(range(10)), 3000, 1000, 2000)
    before = len(student.transcript)
    try:
        model = student.compete(x, y, x_dev, y_dev, rng, BUDGET)
        error = np.mean(chosen(student, model, x_test, 10) != y_test)
    finally:
        del student.transcript[
            before:
        ]  # or every known mistake would be trained on it as well, to find the one that answers alike
    plain = baseline(
        seed,
        reference.init_net,
        reference.net_loss,
        reference.net_scores,
        reference.train,
        reference.sgd_momentum,
    )
    _ratios[student] = error / plain


def at_most(student, share):
    ratio = _ratios.get(student, np.inf)
    compare.require(
        ratio <= share,
        f"your net's error on new canvases is {ratio:.2f} times the baseline's.",
        "What did your ablation say was worth most?",
    )


@check("result", points=3, needs="test_in_time")
def test_baseline(student):
    """Your net's error on new canvases is at most that of the baseline."""
    at_most(student, 1.0)


@check("result", points=3, needs="test_baseline")
def test_band_08(student):
    """It is at most 0.8 of the baseline's."""
    at_most(student, 0.8)


@check("result", points=3, needs="test_band_08")
def test_band_065(student):
    """It is at most 0.65 of the baseline's."""
    at_most(student, 0.65)
