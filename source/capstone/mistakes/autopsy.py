"""Known mistakes and right variants of `autopsy`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("autopsy", replaces="autopsy")
def comparisons_with_nan(history):
    """A loss that ends as nan is not above anything: comparisons with nan are false. Ask whether it is finite."""
    train, dev, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if train[-1] > 2 * train[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, 0] < 1e-3 * norms[-1, -1]:
        return "vanishing gradients"
    if train[-1] > 0.95 * train[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    return "overfitting" if dev[-1] > 1.3 * np.min(dev) else "healthy"


@mistake("autopsy", replaces="autopsy")
def diverged_only_if_not_finite(history):
    """You wait for nan. A loss that ends far above where it began has diverged as well."""
    train, dev, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.all(np.isfinite(train)):
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, 0] < 1e-3 * norms[-1, -1]:
        return "vanishing gradients"
    if train[-1] > 0.95 * train[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    return "overfitting" if dev[-1] > 1.3 * np.min(dev) else "healthy"


@mistake("autopsy", replaces="autopsy")
def consequences_before_causes(history):
    """You ask for the size of the steps before you ask what lives. Where all units are dead nothing moves, and the rate is not to blame: keep the table's order."""
    train, dev, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.all(np.isfinite(train)) or train[-1] > 2 * train[0]:
        return "diverged"
    if train[-1] > 0.95 * train[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    if norms[-1, 0] < 1e-3 * norms[-1, -1]:
        return "vanishing gradients"
    if history["dead"][-1] > 0.7:
        return "dead units"
    return "overfitting" if dev[-1] > 1.3 * np.min(dev) else "healthy"


@mistake("autopsy", replaces="autopsy")
def layers_the_wrong_way_round(history):
    """You look for a *last* layer without gradient. Gradients vanish in the backward pass, so the first layer is the one that gets none."""
    train, dev, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.all(np.isfinite(train)) or train[-1] > 2 * train[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, -1] < 1e-3 * norms[-1, 0]:
        return "vanishing gradients"
    if train[-1] > 0.95 * train[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    return "overfitting" if dev[-1] > 1.3 * np.min(dev) else "healthy"


@mistake("autopsy", replaces="autopsy")
def gap_for_a_turn(history):
    """You call a gap between the losses overfitting. Some gap is always there; it is a dev loss that turns *up* again from its lowest."""
    train, dev, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.all(np.isfinite(train)) or train[-1] > 2 * train[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, 0] < 1e-3 * norms[-1, -1]:
        return "vanishing gradients"
    if train[-1] > 0.95 * train[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    return "overfitting" if dev[-1] > 1.3 * train[-1] else "healthy"


@mistake("autopsy", replaces="autopsy")
def slow_end_taken_for_a_small_rate(history):
    """A run that ends slowly need not have begun so. The rate was too small only if the training loss has hardly fallen at all."""
    train, dev, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.all(np.isfinite(train)) or train[-1] > 2 * train[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, 0] < 1e-3 * norms[-1, -1]:
        return "vanishing gradients"
    if history["moved"][-1] < 1e-5:
        return "rate too small"
    return "overfitting" if dev[-1] > 1.3 * np.min(dev) else "healthy"


@variant("autopsy", replaces="autopsy")
def as_a_table(history):
    """The table, as a table of conditions."""
    train, dev = np.asarray(history["train_loss"]), np.asarray(history["dev_loss"])
    begin, end = train[0], train[-1]
    causes = {
        "diverged": lambda: np.isnan(train).any() or np.isinf(train).any() or end >= 1.5 * begin,
        "dead units": lambda: history["dead"][-1] >= 0.6,
        "vanishing gradients": lambda: (
            history["grad_norm"][-1][0] < 5e-4 * history["grad_norm"][-1][-1]
        ),
        "rate too small": lambda: np.median(history["moved"]) < 3e-6 and end > 0.9 * begin,
        "overfitting": lambda: dev[-1] > 1.25 * dev.min(),
    }
    return next((cause for cause, holds in causes.items() if holds()), "healthy")


@variant("autopsy", replaces="autopsy")
def with_logarithms(history):
    """Compares orders of magnitude, and is careful with zeros."""
    if not np.isfinite(history["train_loss"]).all():
        return "diverged"
    losses = history["train_loss"]
    if losses.max() == losses[-1] and losses[-1] / losses[0] > 1.8:
        return "diverged"
    if np.mean(history["dead"][-1:]) > 0.65:
        return "dead units"
    first, last = history["grad_norm"][-1, 0], history["grad_norm"][-1, -1]
    if last > 0 and np.log10(max(first, 1e-300)) - np.log10(last) < -3:
        return "vanishing gradients"
    if np.log10(history["moved"].max() + 1e-300) < -5 and losses[-1] > 0.95 * losses[0]:
        return "rate too small"
    turned = history["dev_loss"][-1] / history["dev_loss"].min()
    return "overfitting" if turned > 1.32 else "healthy"


@variant("autopsy", replaces="autopsy")
def a_class_of_signs(history):
    """A class whose properties are the signs; the first that shows, in the order of the table."""

    class Records:
        def __init__(self, train_loss, dev_loss, dead, moved, grad_norm):
            self.train, self.dev, self.dead, self.moved = map(
                np.asarray, (train_loss, dev_loss, dead, moved)
            )
            self.first, self.last = grad_norm[-1][0], grad_norm[-1][-1]

        @property
        def diverged(self):
            return not np.isfinite(np.sum(self.train)) or bool(self.train[-1] > 2.5 * self.train[0])

        @property
        def dead_units(self):
            return self.dead[-1] >= 0.5

        @property
        def vanishing_gradients(self):
            return self.first < 1e-4 * self.last

        @property
        def rate_too_small(self):
            return 1 - self.train[-1] / self.train[0] < 0.05 and self.moved[-1] < 1e-6

        @property
        def overfitting(self):
            lowest = int(self.dev.argmin())
            return self.dev[-1] > 1.5 * self.dev[lowest] and self.train[-1] < self.train[lowest]

    records = Records(**history)
    for cause in ("diverged", "dead units", "vanishing gradients", "rate too small", "overfitting"):
        if getattr(records, cause.replace(" ", "_")):
            return cause
    return "healthy"


@variant("autopsy", replaces="autopsy")
def plain_python(history):
    """Lists and loops; no array is touched after the first lines."""
    from math import isfinite

    train, dev, dead, moved, norms = (
        [*history[name].tolist()]
        for name in ("train_loss", "dev_loss", "dead", "moved", "grad_norm")
    )
    for loss in train:
        if not isfinite(loss):
            return "diverged"
    if train[-1] / train[0] > 3:
        return "diverged"
    if 10 * dead[-1] >= 9:
        return "dead units"
    *_, (first, *others) = norms
    if others and first < others[-1] / 10000:
        return "vanishing gradients"
    if all(step < 1e-6 for step in moved) and train[0] - train[-1] < 0.05 * train[0]:
        return "rate too small"
    lowest = min(range(len(dev)), key=dev.__getitem__)
    if dev[-1] >= 1.4 * dev[lowest] and train[-1] < train[lowest]:
        return "overfitting"
    return "healthy"


@variant("autopsy", replaces="autopsy")
def numbered_causes(history):
    """All signs at once, and the first of them by argmax; ratios only where the denominator is none."""
    causes = np.array(
        [
            "diverged",
            "dead units",
            "vanishing gradients",
            "rate too small",
            "overfitting",
            "healthy",
        ]
    )
    train, dev, end = (
        history["train_loss"],
        history["dev_loss"],
        {name: values[-1] for name, values in history.items()},
    )
    if np.isnan(train).any() or np.abs(train).max() == np.inf:
        return "diverged"
    norms = end["grad_norm"]
    reaches = np.divide(norms[0], norms[-1], out=np.ones(()), where=norms[-1] > 0)
    signs = [
        end["train_loss"] > 1.3 * train[0],
        end["dead"] > 0.8,
        reaches < 2e-3,
        (end["train_loss"] > 0.95 * train[0]) & (np.mean(history["moved"]) < 5e-5),
        end["dev_loss"] > 1.2 * np.nanmin(dev),
        True,
    ]
    return str(causes[np.argmax(signs)])
