"""What goes wrong, and what else goes right, in `saturation`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("saturation", replaces="dead_fraction")
def zeros_instead_of_units(acts):
    """Your `dead_fraction` is the share of all entries that are 0. A ReLU which is 0 for some examples is at work; dead is a unit that is 0 for every one."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean(acts == 0))


@mistake("saturation", replaces="dead_fraction")
def any_instead_of_all(acts):
    """Your `dead_fraction` counts a unit as dead as soon as it is 0 for one example. It has to be 0 for all of them."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean((acts == 0).any(axis=0)))


@mistake("saturation", replaces="dead_fraction")
def examples_instead_of_units(acts):
    """Your `dead_fraction` looks along rows: it counts examples for which every unit is 0. Examples are rows and units are columns."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean((acts == 0).all(axis=1)))


@mistake("saturation", replaces="dead_fraction")
def sum_is_zero(acts):
    """Your `dead_fraction` asks whether a unit's outputs add up to 0. Numbers of both signs may cancel out: ask each entry."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean(acts.sum(axis=0) == 0))


@mistake("saturation", replaces="dead_fraction")
def never_positive(acts):
    """Your `dead_fraction` also counts units that are negative. For a leaky ReLU that is no death, as a gradient still passes: dead means exactly 0."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean((acts <= 0).all(axis=0)))


@mistake("saturation", replaces="dead_fraction")
def count_instead_of_fraction(acts):
    """Your `dead_fraction` is a number of units, not a fraction of them."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return int((acts == 0).all(axis=0).sum())


@mistake("saturation", replaces="saturated_fraction")
def upper_end_only(out, kind):
    """Your `saturated_fraction` sees one end only, the one near 1. At the other end, near 0 or -1, the slope is as small."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")
    return float(np.mean(out > (1 - 1e-4 if kind == "sigmoid" else 1 - 0.5e-4)))


@mistake("saturation", replaces="saturated_fraction")
def distance_from_the_end(out, kind):
    """Your `saturated_fraction` asks whether `out` is within $10^{-4}$ of an end. The threshold is for the slope: for a sigmoid that is nearly the same, but near its ends tanh has a slope of *twice* the distance."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")
    low = 0 if kind == "sigmoid" else -1
    return float(np.mean((out - low < 1e-4) | (1 - out < 1e-4)))


@mistake("saturation", replaces="saturated_fraction")
def sigmoid_slope_for_both(out, kind):
    """Your `saturated_fraction` uses the sigmoid's slope for tanh as well. At an output of 0, where tanh is steepest, that would be saturated; and at -1 it is negative."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")
    return float(np.mean(out * (1 - out) < 1e-4))


@mistake("saturation", replaces="saturated_fraction")
def tanh_slope_for_both(out, kind):
    """Your `saturated_fraction` uses tanh's slope for the sigmoid as well. A sigmoid saturates at 0, where that slope is largest."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")
    return float(np.mean(1 - out * out < 1e-4))


@mistake("saturation", replaces="saturated_fraction")
def slope_of_the_slope(out, kind):
    """Your `saturated_fraction` applies the activation to `out` again. What you are given are outputs already: the slope is made of them directly."""
    if kind == "sigmoid":
        s = 1 / (1 + np.exp(-out))
        return float(np.mean(s * (1 - s) < 1e-4))
    if kind == "tanh":
        return float(np.mean(1 - np.tanh(out) ** 2 < 1e-4))
    raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")


@mistake("saturation", replaces="saturated_fraction")
def unknown_kind_is_taken_for_tanh(out, kind):
    """`saturated_fraction` takes every other kind for tanh. A misspelt word should be refused, with a ValueError that names it."""
    slope = out * (1 - out) if kind == "sigmoid" else 1 - out * out
    return float(np.mean(slope < 1e-4))


@mistake("saturation", replaces="dead_fraction")
def largest_is_zero(acts):
    """Your `dead_fraction` asks whether the largest output of a unit is 0. The others may be negative then, as a leaky ReLU's are: ask each of them."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean(acts.max(axis=0) == 0))


@mistake("saturation", replaces="dead_fraction")
def too_many_axes_and_no_units(acts):
    """`dead_fraction` takes `acts` of three axes, or without a single unit. Either has to be refused, with a ValueError that names the shape."""
    if acts.ndim < 2 or len(acts) == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    dead = (acts == 0).all(axis=0)
    return float(np.mean(dead)) if dead.size else 0.0


@mistake("saturation", replaces="saturated_fraction")
def any_word_that_begins_alike(out, kind):
    """`saturated_fraction` does not look at the whole word: other activations that begin alike, or in capitals, get through. Only the two words named are known to it."""
    if kind[0].lower() not in "st":
        raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")
    return float(np.mean((out * (1 - out) if kind[0].lower() == "s" else 1 - out * out) < 1e-4))


@mistake("saturation", replaces="dead_fraction")
def nearly_zero_is_dead(acts):
    """`dead_fraction` counts units that are merely close to 0. Dead means exactly 0: however small an output is, it lets a gradient through."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean(np.isclose(acts, 0).all(axis=0)))


@mistake("saturation", replaces="dead_fraction")
def empty_acts_accepted(acts):
    """`dead_fraction` accepts `acts` without examples or without units, and returns nan or 1. The docstring promises a ValueError."""
    if acts.ndim != 2:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return float(np.mean((acts == 0).all(axis=0)))


@mistake("saturation", replaces="dead_fraction")
def alive_instead_of_dead(acts):
    """`dead_fraction` returns the share of the units that are alive."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M)")
    return 1 - float(np.mean((acts == 0).all(axis=0)))


@mistake("saturation", replaces="saturated_fraction")
def saturated_counted_for_each_example(out, kind):
    """`saturated_fraction` divides by the number of rows. It is a share of all entries."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}")
    s = out * (1 - out) if kind == "sigmoid" else 1 - out * out
    return float(np.sum(s < 0.0001) / len(out))


@mistake("saturation", replaces="saturated_fraction")
def saturated_units(out, kind):
    """`saturated_fraction` counts columns that are saturated for every example. That was the rule for dead units; here each entry counts on its own."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}")
    s = out * (1 - out) if kind == "sigmoid" else 1 - out * out
    return float(np.mean((s < 0.0001).all(axis=0)))


@mistake("saturation", replaces="saturated_fraction")
def another_threshold(out, kind):
    """`saturated_fraction` uses another threshold than 1e-4."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}")
    s = out * (1 - out) if kind == "sigmoid" else 1 - out * out
    return float(np.mean(s < 0.001))


@mistake("saturation", replaces="saturated_fraction")
def slopes_above_the_threshold(out, kind):
    """`saturated_fraction` counts the entries with a slope *above* the threshold. Saturated means that the slope is next to nothing."""
    if kind not in ("sigmoid", "tanh"):
        raise ValueError(f"kind is {kind!r}")
    s = out * (1 - out) if kind == "sigmoid" else 1 - out * out
    return float(np.mean(s > 0.0001))


@mistake("saturation", replaces="saturated_fraction")
def keyerror_for_an_unknown_kind(out, kind):
    """`saturated_fraction` ends in a KeyError for an unknown kind. The docstring promises a ValueError that names it."""
    s = {"sigmoid": lambda o: o * (1 - o), "tanh": lambda o: 1 - o * o}[kind](out)
    return float(np.mean(s < 0.0001))


@variant("saturation", replaces=("dead_fraction", "saturated_fraction"))
def with_counts():
    """Counts divided by sizes; the slopes in a dictionary of functions."""

    def dead_fraction(acts):
        if len(acts.shape) != 2 or 0 in acts.shape:
            raise ValueError(f"expected (N, M), got {acts.shape}")
        alive = np.count_nonzero(acts, axis=0) > 0
        return 1 - alive.sum() / alive.size

    def saturated_fraction(out, kind):
        slopes = {"sigmoid": lambda s: s - s**2, "tanh": lambda t: (1 - t) * (1 + t)}
        if kind not in slopes:
            raise ValueError(f"{kind} is none of {sorted(slopes)}")
        return np.count_nonzero(slopes[kind](out) < 1e-4) / out.size

    return dead_fraction, saturated_fraction


@variant("saturation", replaces="dead_fraction")
def by_the_largest_entry(acts):
    """A unit is dead if the largest of its absolute values is 0."""
    if acts.ndim != 2 or not acts.size:
        raise ValueError(f"acts must be (N, M) with entries, not {acts.shape}")
    return np.mean(np.abs(acts).max(axis=0) == 0)


@variant("saturation", replaces=("dead_fraction", "saturated_fraction"))
def any_and_a_match():
    """Counts the units that are never alive, as Python numbers; a match statement for the kind."""

    def dead(acts):
        if len(acts.shape) != 2 or 0 in acts.shape:
            raise ValueError(f"expected two axes with entries, got {acts.shape}")
        alive = (acts != 0).any(axis=0)
        return 1 - int(np.count_nonzero(alive)) / len(alive)

    def saturated(out, kind):
        match kind:
            case "sigmoid":
                slope = out - np.square(out)
            case "tanh":
                slope = (1 + out) * (1 - out)
            case _:
                raise ValueError(f"no activation of the name {kind}")
        return int((slope < 1e-4).sum()) / out.size

    return dead, saturated


@variant("saturation", replaces=("dead_fraction", "saturated_fraction"))
def numpys_scalars():
    """Logical reductions and NumPy's own scalars; float32 inside."""

    def dead(acts):
        if acts.ndim != 2 or not acts.size:
            raise ValueError(f"acts is {acts.shape}, which is not (N, M) with entries")
        silent = np.logical_and.reduce(np.equal(acts, 0), axis=0)
        return np.average(silent.astype(np.float32))

    def saturated(out, kind):
        slopes = {
            "sigmoid": lambda: np.multiply(out, 1 - out),
            "tanh": lambda: 1 - np.power(out, 2),
        }
        if kind not in slopes:
            raise ValueError(f"{kind!r} is neither of {list(slopes)}")
        return np.count_nonzero(np.less(slopes[kind](), 1e-4)) / np.float64(np.size(out))

    return dead, saturated
