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
    return {**healthy(rng, T, L), "train_loss": 2.3 + 0.01 * rng.random(T), "dev_loss": 2.31 + 0.01 * rng.random(T)}


def named(student, cases, cause):
    for history in cases:
        compare.equal(student.autopsy(history), cause, "the cause", hint="Go through the table from its top.")


@check("autopsy", points=2)
def test_diverged(student, rng):
    """A loss that ends as nan or infinite, or far above its beginning, has diverged, whatever else is dead by then."""
    cases = []
    for tail in ((5.0, 90.0, np.nan, np.nan), (5.0, 1e6, np.inf, np.inf), (3.0, 8.0, 20.0, 31.0), (4.0, np.nan, np.nan, np.nan)):
        history = healthy(rng)
        history["train_loss"][-4:] = tail
        cases.append({**history, "dead": np.linspace(0, 1, 12)} if tail[-1] == 31.0 else history)
    cases[0]["grad_norm"][-2:] = np.nan
    named(student, cases, "diverged")


@check("autopsy", points=2)
def test_dead_units(student, rng):
    """Units that are dead at the end are the cause, and gradients and steps of zero only follow from it."""
    dying = {**flat(rng), "dead": np.r_[np.linspace(0.05, 0.9, 6), rng.uniform(0.92, 1, 6)]}
    silent = {**dying, "grad_norm": np.zeros((12, 3)), "moved": np.zeros(12), "dead": np.ones(12)}
    named(student, [dying, silent], "dead units")


@check("autopsy", points=1)
def test_vanishing(student, rng):
    """Gradients that do not reach the first layer have vanished, although the last layers still move."""
    named(
        student,
        [{**flat(rng, L=L), "grad_norm": rng.uniform(0.2, 1, (12, L)) * np.logspace(-6, 0, L)} for L in (3, 6)],
        "vanishing gradients",
    )


@check("autopsy", points=1)
def test_too_small(student, rng):
    """Steps that are tiny while units live and gradients arrive mean a rate that is too small."""
    named(student, [{**flat(rng), "moved": rng.uniform(1e-9, 5e-7, 12)}], "rate too small")


@check("autopsy", points=2)
def test_overfitting(student, rng):
    """A dev loss that turns up while the training loss goes on to fall is overfitting, even if the run slows down at its end."""
    cases = []
    for top in (1.8, 4.0):
        history = healthy(rng)
        history["dev_loss"] = np.r_[np.linspace(2.3, 0.8, 5), np.linspace(0.9, top, 7)]
        history["train_loss"] = np.geomspace(2.3, 1e-3, 12)
        cases.append(history)
    cases[1]["moved"][-3:] = 1e-7
    named(student, cases, "overfitting")


@check("autopsy", points=1)
def test_healthy(student, rng):
    """A run with noise and a few dead units is healthy, as is one of a single layer, or of two moments."""
    named(student, [healthy(rng), healthy(rng, T=2), healthy(rng, L=1)], "healthy")


@check("autopsy", points=1, needs="test_healthy")
def test_rules(student, rng):
    """No warning, not even for nan and gradients of zero; nothing is changed."""
    rules.pure(student, "autopsy", healthy(rng))
    ended = healthy(rng)
    ended["train_loss"][-3:], ended["dev_loss"][-3:], ended["grad_norm"][-3:] = np.nan, np.nan, np.nan
    rules.pure(student, "autopsy", ended)
    rules.pure(student, "autopsy", {**flat(rng), "grad_norm": np.zeros((12, 3)), "dead": np.ones(12), "moved": np.zeros(12)})
    rules.pure(student, "autopsy", {**healthy(rng), "grad_norm": np.zeros((12, 3))})
