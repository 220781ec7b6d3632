"""Question `lr_schedule`: four ways down, exact at their corners."""

import itertools
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
    """`step` multiplies by `factor` when `every` is full: not before, and then not again until it is full once more."""
    lr0, factor, every = (
        float(rng.uniform(0.1, 0.9)),
        float(rng.uniform(0.2, 0.7)),
        int(rng.integers(5, 9)),
    )
    times = [0, every - 2, every - 1, every, 2 * every - 1]
    for t, got in zip(
        times, rates(student, "step", lr0, times, every=every, factor=factor), strict=True
    ):
        words = "before the first drop" if t < every else "from the first drop on"
        hint = "How many full stretches of `every` fit into t?"
        compare.close(got, lr0 * factor ** (t // every), f"the rate of `step` {words}", hint=hint)


@check("lr_schedule", points=2)
def test_multistep(student, rng):
    """`multistep` multiplies by `factor` once the first milestone is past."""
    lr0, factor, marks = (
        float(rng.uniform(0.1, 0.9)),
        float(rng.uniform(0.2, 0.7)),
        np.cumsum(rng.integers(5, 9, size=3)).tolist(),
    )
    before, after = rates(
        student, "multistep", lr0, [marks[0] - 3, marks[1] - 3], milestones=marks, factor=factor
    )
    compare.close(before, lr0, "the rate of `multistep` before the first milestone")
    compare.close(after, lr0 * factor, "the rate of `multistep` between the first two milestones")


@check("lr_schedule", points=3)
def test_each_drop(student, rng):
    """In `step` and `multistep` each further drop multiplies by `factor` once more."""
    lr0, factor, every = (
        float(rng.uniform(0.1, 0.9)),
        float(rng.uniform(0.2, 0.7)),
        int(rng.integers(6, 9)),
    )
    for kind, settings, times in (
        ("step", {"every": every}, [every + 2, 2 * every + 2, 3 * every + 2]),
        ("multistep", {"milestones": [10, 20, 30]}, [13, 23, 90]),
    ):
        found = rates(student, kind, lr0, times, factor=factor, **settings)
        for earlier, later in itertools.pairwise(found):
            compare.require(earlier != 0, f"The rate of `{kind}` is 0 after a drop.")
            compare.close(
                later / earlier,
                factor,
                f"the rate of `{kind}` after one more drop, over the rate before it,",
                hint="One factor for each.",
            )


@check("lr_schedule", points=3)
def test_at_a_milestone(student, rng):
    """At a milestone itself the rate has come down; one before, it has not yet."""
    lr0, (first, second) = (
        float(rng.uniform(0.1, 0.9)),
        np.cumsum(rng.integers(5, 9, size=2)).tolist(),
    )
    times = [one + shift for one in (first, second) for shift in (-2, -1, 0, 1)]
    found = rates(student, "multistep", lr0, times, milestones=[first, second], factor=0.3)
    for earlier, before, at, after in (found[:4], found[4:]):
        compare.close(
            before, earlier, "the rate one before a milestone, beside that two before it,"
        )
        compare.require(
            not np.array_equal(earlier, after),
            "The rate is the same after a milestone as before it.",
        )
        hint = "Is the milestone that equals t counted?"
        compare.close(at, after, "the rate at a milestone, beside that one after it,", hint=hint)


@check("lr_schedule", points=3)
def test_exponential(student, rng):
    """`exponential` is $\\alpha_0 e^{-kt}$, and `lr0` itself at $t = 0$."""
    lr0, k = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.3))
    for t, got in zip((0, 1, 7), rates(student, "exponential", lr0, (0, 1, 7), k=k), strict=True):
        compare.close(
            got,
            lr0 * math.exp(-k * t),
            "the rate of `exponential`" + (" at t = 0" if t == 0 else ""),
        )


@check("lr_schedule", points=2)
def test_inverse(student, rng):
    """`inverse` is $\\alpha_0 / (1 + kt)$, and `lr0` itself at $t = 0$."""
    lr0, k = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.3))
    for t, got in zip((0, 1, 7), rates(student, "inverse", lr0, (0, 1, 7), k=k), strict=True):
        compare.close(
            got, lr0 / (1 + k * t), "the rate of `inverse`" + (" at t = 0" if t == 0 else "")
        )


@check("lr_schedule", points=1)
def test_parts_of_an_epoch(student, rng):
    """t may be a part of an epoch, whatever the kind; and the list of milestones stays unchanged."""
    lr0, k = float(rng.uniform(0.1, 2)), float(rng.uniform(0.05, 0.3))
    for kind, settings, times in (
        ("step", {"every": 5, "factor": 0.4}, (4.5, 3, 9.5, 8)),
        ("multistep", {"milestones": [4, 7], "factor": 0.4}, (3.5, 2, 4.5, 5)),
    ):
        found = rates(student, kind, lr0, times, **settings)
        hint = "t need not be a whole number; and what counts is what is full, or past."
        for part, whole in zip(found[::2], found[1::2], strict=True):
            compare.close(
                part,
                whole,
                f"the rate of `{kind}` within an epoch, beside that at an earlier or later whole t,",
                hint=hint,
            )
    for kind in ("exponential", "inverse"):
        before, got, after = rates(student, kind, lr0, (6, 6.5, 7), k=k)
        compare.require(min(before, after) > 0, f"The rate of `{kind}` is not above 0.")
        means = (
            math.sqrt(before * after),
            2 / (1 / before + 1 / after),
        )  # of exponentials, of inverses
        good = any(math.isclose(got, mean, rel_tol=1e-6) for mean in means) and not math.isclose(
            before, after, rel_tol=1e-6
        )
        compare.require(
            good,
            f"The rate of `{kind}` at t = 6.5 does not lie between its neighbours as it should.",
            "t need not be a whole number.",
        )
    rules.pure(student, "lr_schedule", "multistep", lr0, 9, milestones=[4, 7], factor=0.4)


@check("lr_schedule", points=1)
def test_unknown_kind(student):
    """An unknown kind raises a ValueError that names it and the four kinds known."""
    rules.rejects(student, "lr_schedule", "linear", 0.1, 3, k=0.1, mentions=("linear", *KINDS))
    rules.rejects(student, "lr_schedule", "Step", 0.1, 3, every=2, factor=0.5, mentions=KINDS)


@check("lr_schedule", points=2)
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
            rules.rejects(
                student,
                "lr_schedule",
                kind,
                0.1,
                3,
                **{n: v for n, v in held.items() if n != missing},
                mentions=(missing,),
            )
        strange = "milestones" if kind == "step" else "every"
        rules.rejects(
            student, "lr_schedule", kind, 0.1, 3, **held, **{strange: [4]}, mentions=(strange,)
        )
    for kind, held in settings.items():
        rules.rejects(student, "lr_schedule", kind, 0.1, -2, **held, mentions=("-2",))
    rules.rejects(student, "lr_schedule", "inverse", 0.1, -3, k=0.1, mentions=("-3",))
    rules.rejects(student, "lr_schedule", "step", 0.1, -0.5, every=2, factor=0.5)
