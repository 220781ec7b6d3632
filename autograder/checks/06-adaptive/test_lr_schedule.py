"""Question `lr_schedule`: four ways down, exact at their corners."""

import math

import numpy as np

from autograder.checking import StudentError, check, compare, rules

KINDS = ("step", "multistep", "exponential", "inverse")


def rates(student, kind, lr0, times, **settings):
    """The learning rates at these times, asked for in one trip."""
    answers = student.answers("lr_schedule", [((kind, lr0, t), settings) for t in times])
    for answer in answers:
        if isinstance(answer, StudentError):
            raise answer
    return [answer.value for answer in answers]


@check("lr_schedule", points=3)
def test_step(student, rng):
    """`step` multiplies by `factor` once for every full `every`: the rate changes at these and nowhere between."""
    lr0, factor, every = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.2, 0.7)), int(rng.integers(5, 9))
    times = [0, every - 2, every - 1, every, 2 * every - 1, 3 * every, 4 * every - 1]
    for t, got in zip(times, rates(student, "step", lr0, times, every=every, factor=factor), strict=True):
        drops = t // every
        compare.close(got, lr0 * factor**drops, f"the rate after {drops} drops", hint="How many full stretches of `every` fit into t?")


@check("lr_schedule", points=3)
def test_multistep(student, rng):
    """`multistep` multiplies by `factor` once for each milestone that is past."""
    lr0, factor, marks = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.2, 0.7)), np.cumsum(rng.integers(4, 9, size=3)).tolist()
    times = [marks[0] - 2, marks[1] - 2, marks[2] - 2, marks[2] + 40]
    for drops, got in enumerate(rates(student, "multistep", lr0, times, milestones=marks, factor=factor)):
        compare.close(got, lr0 * factor**drops, f"the rate between milestones, after {drops} of them", hint="One factor for each.")


@check("lr_schedule", points=3)
def test_at_a_milestone(student, rng):
    """At a milestone itself the rate has come down; one before, it has not yet."""
    lr0, (first, second) = float(rng.uniform(0.1, 0.9)), np.cumsum(rng.integers(3, 9, size=2)).tolist()
    times = [first - 1, first, second - 1, second]
    found = rates(student, "multistep", lr0, times, milestones=[first, second], factor=0.3)
    for drops, (before, at) in enumerate((found[:2], found[2:])):
        compare.close(before, lr0 * 0.3**drops, "the rate one before a milestone")
        compare.close(at, lr0 * 0.3 ** (drops + 1), "the rate at a milestone", hint="Is the one at which m equals t counted?")


@check("lr_schedule", points=3)
def test_exponential(student, rng):
    """`exponential` is $\\alpha_0 e^{-kt}$, and `lr0` itself at $t = 0$."""
    lr0, k = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.3))
    for t, got in zip((0, 1, 7), rates(student, "exponential", lr0, (0, 1, 7), k=k), strict=True):
        compare.close(got, lr0 * math.exp(-k * t), "the rate")


@check("lr_schedule", points=2)
def test_inverse(student, rng):
    """`inverse` is $\\alpha_0 / (1 + kt)$, and `lr0` itself at $t = 0$."""
    lr0, k = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.3))
    for t, got in zip((0, 1, 7), rates(student, "inverse", lr0, (0, 1, 7), k=k), strict=True):
        compare.close(got, lr0 / (1 + k * t), "the rate")


@check("lr_schedule", points=2)
def test_parts_of_an_epoch(student, rng):
    """t may be a part of an epoch, whatever the kind; and the list of milestones stays as it is."""
    lr0, k = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.3))
    wanted = (
        ("step", {"every": 5, "factor": 0.4}, {4.5: 1, 9.5: 0.4, 10.5: 0.16}),
        ("multistep", {"milestones": [4, 7], "factor": 0.4}, {3.5: 1, 4.5: 0.4, 7.5: 0.16}),
        ("exponential", {"k": k}, {6.5: math.exp(-6.5 * k)}),
        ("inverse", {"k": k}, {6.5: 1 / (1 + 6.5 * k)}),
    )
    for kind, settings, shares in wanted:
        for share, got in zip(shares.values(), rates(student, kind, lr0, tuple(shares), **settings), strict=True):
            compare.close(got, lr0 * share, f"the rate of {kind} within an epoch", hint="t need not be a whole number.")
    rules.pure(student, "lr_schedule", "multistep", lr0, 9, milestones=[4, 7], factor=0.4)


@check("lr_schedule", points=2)
def test_unknown_kind(student):
    """An unknown kind raises a ValueError that names it and the four kinds known."""
    rules.rejects(student, "lr_schedule", "linear", 0.1, 3, k=0.1, mentions=("linear", *KINDS))
    rules.rejects(student, "lr_schedule", "Step", 0.1, 3, every=2, factor=0.5, mentions=KINDS)


@check("lr_schedule", points=2, needs=("test_step", "test_inverse"))
def test_settings_and_time(student):
    """A setting that is missing, one that the kind does not have, and a negative t raise a ValueError naming it."""
    settings = {
        "step": {"every": 2, "factor": 0.5},
        "multistep": {"milestones": [4], "factor": 0.5},
        "exponential": {"k": 0.1},
        "inverse": {"k": 0.1},
    }
    for kind, held in settings.items():
        for missing in held:
            rules.rejects(student, "lr_schedule", kind, 0.1, 3, **{n: v for n, v in held.items() if n != missing}, mentions=(missing,))
        strange = "milestones" if kind == "step" else "every"
        rules.rejects(student, "lr_schedule", kind, 0.1, 3, **held, **{strange: [4]}, mentions=(strange,))
    rules.rejects(student, "lr_schedule", "inverse", 0.1, -3, k=0.1, mentions=("-3",))
    rules.rejects(student, "lr_schedule", "step", 0.1, -0.5, every=2, factor=0.5)
