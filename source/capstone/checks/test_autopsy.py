"""Question `autopsy`: clear cases of each cause, with the consequences that mislead."""

import numpy as np

from autograder.checking import check, compare, rules


def healthy(rng, T=12, L=3):
    """Records of a run in which all is well, with some noise."""
    t = np.linspace(0, 1, T)
    train = 2.3 * np.exp(-rng.uniform(2, 4) * t) * rng.uniform(0.98, 1.02, T)
    return {
        "train_loss": train, "dev_loss": train + 0.05 + 0.2 * t, "dead": rng.uniform(0, 0.35, T),
        "moved": rng.uniform(3e-4, 5e-3, T), "grad_norm": rng.uniform(0.2, 1.0, (T, L)),
    }  # fmt: skip


def flat(rng, T=12, L=3):
    """Records of a run that learns nothing."""
    return {
        **healthy(rng, T, L),
        "train_loss": 2.3 + 0.01 * rng.random(T),
        "dev_loss": 2.31 + 0.01 * rng.random(T),
    }


def named(student, cases, cause, hint="Go through the table from its top.", name="the cause"):
    for history in cases:
        compare.equal(student.autopsy(history), cause, name, hint=hint)


def scaled(history, factor):
    """The same run with losses in other units."""
    return {
        **history,
        "train_loss": factor * history["train_loss"],
        "dev_loss": factor * history["dev_loss"],
    }


def ending(values, last):
    """The same records, with others at the end."""
    values = values.copy()
    values[-1] = last
    return values


@check("autopsy", points=2)
def test_diverged(student, rng):
    """A loss that ends as nan or infinite, or far above its beginning, has diverged, whatever else is dead by then and however small the losses are."""
    cases = []
    for tail in (
        (5.0, 90.0, np.nan, np.nan),
        (5.0, 1e6, np.inf, np.inf),
        (3.0, 8.0, 20.0, 31.0),
        (4.0, np.nan, np.nan, np.nan),
    ):
        history = healthy(rng)
        history["train_loss"][-4:] = tail
        cases.append({**history, "dead": np.linspace(0, 1, 12)} if tail[-1] == 31.0 else history)
    cases[0]["grad_norm"][-2:] = np.nan
    gap = healthy(rng)
    gap["train_loss"][5] = np.nan  # and is finite at its end
    cases.append(gap)
    history = flat(rng, T=2)
    cases += [
        scaled({**history, "train_loss": history["train_loss"] * [1, 3.5]}, factor)
        for factor in (1, 0.05)
    ]
    named(student, cases, "diverged")


@check("autopsy", points=2)
def test_dead_units(student, rng):
    """Units that are dead at the end are the cause, and gradients and steps of zero only follow from it."""
    dying = {**flat(rng), "dead": np.r_[np.linspace(0.05, 0.9, 6), rng.uniform(0.92, 1, 6)]}
    silent = {**dying, "grad_norm": np.zeros((12, 3)), "moved": np.zeros(12), "dead": np.ones(12)}
    late = {**flat(rng), "dead": ending(rng.uniform(0, 0.35, 12), 0.95)}
    named(student, [dying, silent, late], "dead units")


@check("autopsy", points=1)
def test_vanishing(student, rng):
    """Gradients that do not reach the first layer at the end have vanished, although the last layers still move, and however large they are."""
    cases = []
    for L, scale in ((3, 1.0), (6, 1.0), (3, 1e4)):
        cases.append(
            {
                **flat(rng, L=L),
                "grad_norm": scale * rng.uniform(0.2, 1, (12, L)) * np.logspace(-6, 0, L),
            }
        )
    late = flat(rng)
    late["grad_norm"] = ending(late["grad_norm"], late["grad_norm"][-1] * [1e-6, 1e-3, 1])
    named(student, [*cases, late], "vanishing gradients")


@check("autopsy", points=1)
def test_too_small(student, rng):
    """Steps that are tiny while units live and gradients arrive mean a rate that is too small, be the losses large or small."""
    slow = {**flat(rng), "moved": rng.uniform(1e-9, 5e-7, 12)}
    named(student, [scaled(slow, factor) for factor in (1, 0.05, 20)], "rate too small")


@check("autopsy", points=2)
def test_overfitting(student, rng):
    """A dev loss that turns up while the training loss goes on to fall is overfitting, from wherever it turns, and even if the run slows down at its end."""
    cases = []
    for top in (1.8, 4.0):
        history = healthy(rng)
        history["dev_loss"] = np.r_[np.linspace(2.3, 0.8, 5), np.linspace(0.9, top, 7)]
        history["train_loss"] = np.geomspace(2.3, 1e-3, 12)
        cases.append(history)
    cases[1]["moved"][-3:] = 1e-7
    early, late = healthy(rng), healthy(rng, T=2)
    early["train_loss"], early["dev_loss"] = (
        np.geomspace(2.3, 0.1, 12),
        np.r_[2.3, np.linspace(1.0, 1.8, 11)],
    )
    late["train_loss"], late["dev_loss"] = np.array([2.3, 0.4]), np.array([2.3, 4.0])
    named(
        student,
        [scaled(history, factor) for history in (*cases, early, late) for factor in (1, 0.05)],
        "overfitting",
    )


@check("autopsy", points=1)
def test_healthy(student, rng):
    """Nothing in the table fits a run with noise and a few dead units, one that turns up a little, slows down late, or ends without any gradient."""
    turned, early, late, finished, done = (healthy(rng, T=T) for T in (12, 12, 12, 2, 12))
    turned["train_loss"], turned["dev_loss"] = (
        np.geomspace(2.3, 0.1, 12),
        np.r_[np.linspace(2.3, 1.0, 9), 1.03, 1.06, 1.08],
    )
    early["train_loss"] = np.r_[2.3, np.full(11, 0.5)]  # all that was to be learnt, at once
    late["train_loss"] = np.r_[np.full(6, 2.3), np.linspace(2.0, 0.5, 6)]
    finished["train_loss"] = np.array([2.3, 0.5])
    for history in (early, late, finished):
        history["dev_loss"] = history["train_loss"] + 0.1
        history["moved"][-1] = 1e-7
    done["grad_norm"] = ending(done["grad_norm"], np.zeros(3))
    alive, moving = flat(rng), flat(rng)
    alive["dead"][-2] = 0.95
    moving["grad_norm"] *= 1e-5
    moving["grad_norm"] = ending(moving["grad_norm"], 1e-5 * moving["grad_norm"][-1])
    middle, steep, risen, spike = (healthy(rng) for _ in range(4))
    middle["grad_norm"][-1] = 0.5, 1e-6, 0.5
    steep["grad_norm"][-1] = 2e-3, 50.0, 0.05
    risen["train_loss"][-3:] = 0.2, 0.3, 0.7  # above its lowest, and far below its first
    risen["dev_loss"] = np.linspace(2.3, 0.8, 12)
    spike["train_loss"][1] = 9.0  # and comes back
    cases = [
        healthy(rng),
        healthy(rng, T=2),
        healthy(rng, L=1),
        turned,
        early,
        late,
        finished,
        done,
        alive,
        moving,
    ]
    cases += [middle, steep, risen]
    named(student, [scaled(history, factor) for history in cases for factor in (1, 20)], "healthy")
    name = "the cause of a loss that was far above its beginning once, and came back,"
    named(student, [spike], "healthy", hint="How does the run end?", name=name)


@check("autopsy", points=1, needs="test_healthy")
def test_rules(student, rng):
    """No warning, not even for nan and gradients of zero; nothing is changed."""
    rules.pure(student, "autopsy", healthy(rng))
    ended = healthy(rng)
    ended["train_loss"][-3:], ended["dev_loss"][-3:], ended["grad_norm"][-3:] = (
        np.nan,
        np.nan,
        np.nan,
    )
    rules.pure(student, "autopsy", ended)
    rules.pure(
        student,
        "autopsy",
        {**flat(rng), "grad_norm": np.zeros((12, 3)), "dead": np.ones(12), "moved": np.zeros(12)},
    )
    rules.pure(student, "autopsy", {**healthy(rng), "grad_norm": np.zeros((12, 3))})
