"""Known mistakes and right variants of `init_weights`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of random weights: shape, dtype, and of a large matrix its mean, its variance and its shape, coarsely."""
    if name == "draw_layers":
        return [(w.shape, str(w.dtype), np.array_equal(w, value[0])) for w in value]
    if not isinstance(value, np.ndarray) or value.ndim != 2:
        return "no matrix"
    summary = {
        "shape": value.shape,
        "dtype": str(value.dtype),
        "fixed seed": _fixed(value),
        "balanced": _balanced(args, value),
    }
    if value.size < 5000:
        return summary
    fan_in, fan_out = args[:2]
    fans = (
        1 / fan_in,
        2 / fan_in,
        1 / fan_out,
        2 / fan_out,
        1 / (fan_in + fan_out),
        2 / (fan_in + fan_out),
    )
    plausible = np.array(
        [part * power for fan in fans for part in (1, 1 / 3, 1 / 12) for power in (1, fan)]
    )
    far = np.abs(np.log(np.var(value) / plausible))
    std = np.std(value)
    return summary | {
        "zero mean": bool(abs(value.mean()) < 6 * std / value.size**0.5),
        "variance": int(far.argmin()) if far.min() < 0.09 else -1,
        "normal": bool(np.mean(np.abs(value - value.mean()) > 2 * std) > 0.02),
        "tails": bool(np.abs(value - value.mean()).max() > 3.2 * std),
    }


def _balanced(args, value):
    """Whether the weights add up to zero, or their squares to what the scheme says, to the last digits."""
    fan_in, fan_out, scheme, *_ = args
    variance = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out)}.get(scheme, 2 / fan_in)
    return abs(value.sum()) < 1e-9 * np.abs(value).sum(), abs(
        np.mean(value**2) / variance - 1
    ) < 1e-6


def _fixed(value):
    """Whether the weights are a multiple of the first draws of a generator with a usual seed."""
    if value.size < 4:
        return False
    for seed in (0, 1, 42, 123):
        for draw in (
            np.random.default_rng(seed).normal(size=value.shape),
            np.random.default_rng(seed).uniform(-1, 1, value.shape),
        ):
            if np.allclose(value / value.flat[0], draw / draw.flat[0], rtol=1e-3, atol=1e-3):
                return True
    return False


@mistake(
    "init_weights",
    replaces="init_weights",
    change={"rng.normal(0.0, std, (fan_in, fan_out))": "std * rng.random((fan_in, fan_out))"},
)
def numbers_from_zero_to_one_for_normal_ones():
    """Your normal weights come from numbers between 0 and 1: none is negative, and their variance is a third of it, mean and all. Ask `rng` for normal numbers."""


@mistake("init_weights", replaces="init_weights")
def positive_weights(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Your uniform weights are all positive: U(0, 1) times a constant, as on D1's slide. Their mean is half that constant, and a layer adds it up n times."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return (std * rng.random((fan_in, fan_out))).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def std_as_uniform_bound(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You draw uniformly between minus and plus the standard deviation. That interval's own standard deviation is smaller: what is the variance of a uniform distribution on (-r, r)?"""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(-std, std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def fan_out_for_fan_in(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You divide by the number of outputs. Count the terms that one unit adds up on the way forward."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_out, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_out}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def variance_for_std(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You hand the variance to a generator that asks for a standard deviation. Look up what its second argument is."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme]
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def xavier_without_its_two(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Your `xavier` has half the variance it should, as in the formula on D1's slide. With fan_in = fan_out = n the scheme should come to 1/n."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 1 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def he_without_its_gain(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Your `he` is the same as `lecun`. Which part of the mean square does ReLU throw away, and what makes up for it?"""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 1 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def matrix_is_turned(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Your matrix has a row for each output. In this course `x @ w` has to work with examples in rows."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_out, fan_in)).astype(dtype)
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_out, fan_in)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def dtype_is_ignored(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You never look at `dtype`: the weights are always float64."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out))


@mistake("init_weights", replaces="init_weights")
def generator_of_its_own(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You make a generator with a fixed seed inside the function, so every layer gets the same numbers. Draw from the `rng` you are given."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    rng = np.random.default_rng(0)
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def global_random_state(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You draw from `np.random`, whose state everybody shares. Draw from the `rng` you are given, or nobody can repeat your net."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return np.random.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return np.random.uniform(-(3**0.5) * std, 3**0.5 * std, (fan_in, fan_out)).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def every_uniform_is_glorots(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Your uniform bound is Glorot's for every scheme. It should follow from the variance of the scheme that was asked for."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    std = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme] ** 0.5
    if distribution == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(dtype)
    return rng.uniform(
        -((6 / (fan_in + fan_out)) ** 0.5), (6 / (fan_in + fan_out)) ** 0.5, (fan_in, fan_out)
    ).astype(dtype)


@mistake("init_weights", replaces="init_weights")
def redrawn_beyond_three(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Your normal weights end somewhere: those far out are drawn again, or clipped. The distribution that is asked for has no end; what is rare belongs to it."""
    for fan in (fan_in, fan_out):
        if not isinstance(fan, (int, np.integer)) or fan < 1:
            raise ValueError(f"fan {fan}")
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    std = np.sqrt(variances[scheme])
    if distribution == "normal":
        w = rng.normal(0.0, std, (fan_in, fan_out))
        while (far := np.abs(w) > 3 * std).any():
            w[far] = rng.normal(0.0, std, far.sum())
    else:
        w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
    return w.astype(dtype)


@mistake("init_weights", replaces="init_weights")
def centred(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """You take the mean of the matrix off its weights, so that they add up to zero. The mean that should be 0 is that of the distribution: a weight must not depend on the others."""
    for fan in (fan_in, fan_out):
        if not isinstance(fan, (int, np.integer)) or fan < 1:
            raise ValueError(f"fan {fan}")
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    std = np.sqrt(variances[scheme])
    if distribution == "normal":
        w = rng.normal(0.0, std, (fan_in, fan_out))
        w -= w.mean()
    else:
        w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
    return w.astype(dtype)


@mistake("init_weights", replaces="init_weights")
def rescaled_to_the_exact_std(
    fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64
):
    """You scale the weights until this very matrix has the variance of the scheme. That is the variance of the distribution: a weight must not depend on the others."""
    for fan in (fan_in, fan_out):
        if not isinstance(fan, (int, np.integer)) or fan < 1:
            raise ValueError(f"fan {fan}")
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    std = np.sqrt(variances[scheme])
    if distribution == "normal":
        w = rng.normal(0.0, 1.0, (fan_in, fan_out))
        w *= std / np.sqrt(np.mean(w**2))
    else:
        w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
    return w.astype(dtype)


@mistake("init_weights", replaces=("init_weights", "draw_layers"))
def copy_of_the_generator():
    """You draw from a copy of `rng`, so the one you were given never moves on, and the next layer gets the same numbers. A generator is there to be drawn from."""

    def init_weights(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
        import copy

        rng = copy.deepcopy(rng)
        for fan in (fan_in, fan_out):
            if not isinstance(fan, (int, np.integer)) or fan < 1:
                raise ValueError(f"fan {fan}")
        variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
        if scheme not in variances or distribution not in ("normal", "uniform"):
            raise ValueError(f"{scheme} {distribution}")
        std = np.sqrt(variances[scheme])
        if distribution == "normal":
            w = rng.normal(0.0, std, (fan_in, fan_out))
        else:
            w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
        return w.astype(dtype)

    def draw_layers(width, depth, scheme, rng, single=False):
        return [
            init_weights(width, width, scheme, rng, dtype=np.float32 if single else np.float64)
            for _ in range(depth)
        ]

    return init_weights, draw_layers


@mistake("init_weights", replaces=("init_weights", "draw_layers"))
def dtype_by_its_name_only():
    """You know the dtype by its name only: for `np.float32` itself the weights stay float64. `np.dtype` makes one of either."""

    def init_weights(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
        for fan in (fan_in, fan_out):
            if not isinstance(fan, (int, np.integer)) or fan < 1:
                raise ValueError(f"fan {fan}")
        variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
        if scheme not in variances or distribution not in ("normal", "uniform"):
            raise ValueError(f"{scheme} {distribution}")
        std = np.sqrt(variances[scheme])
        if distribution == "normal":
            w = rng.normal(0.0, std, (fan_in, fan_out))
        else:
            w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
        return w.astype(np.float32) if dtype == "float32" else w

    def draw_layers(width, depth, scheme, rng, single=False):
        return [
            init_weights(width, width, scheme, rng, dtype=np.float32 if single else np.float64)
            for _ in range(depth)
        ]

    return init_weights, draw_layers


@variant("init_weights", replaces="init_weights")
def scaled_standard_draws(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Standard draws, scaled afterwards, straight in the dtype."""
    if fan_in < 1 or fan_out < 1 or fan_in % 1 or fan_out % 1:
        raise ValueError(f"fans {fan_in} and {fan_out}, expected whole numbers of at least 1")
    if scheme not in ("lecun", "xavier", "he") or distribution not in ("normal", "uniform"):
        raise ValueError(f"scheme {scheme} or distribution {distribution} is not known")
    shape, gain = (fan_in, fan_out), 2.0 if scheme == "he" else 1.0
    fan = (fan_in + fan_out) / 2 if scheme == "xavier" else fan_in
    w = (
        rng.standard_normal(shape)
        if distribution == "normal"
        else (2 * rng.random(shape) - 1) * np.sqrt(3)
    )
    return (w * np.sqrt(gain / fan)).astype(dtype)


@variant("init_weights", replaces="init_weights")
def with_match(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """A match statement, and weights drawn unit by unit."""
    for fan in (fan_in, fan_out):
        if not (fan >= 1 and fan == int(fan)):
            raise ValueError(f"{fan} is no number of units")
    match scheme:
        case "lecun":
            variance = 1 / fan_in
        case "xavier":
            variance = 2 / (fan_in + fan_out)
        case "he":
            variance = 2 / fan_in
        case _:
            raise ValueError(f"no scheme {scheme}")
    if distribution not in {"normal", "uniform"}:
        raise ValueError(f"no distribution {distribution}")
    r = (3 * variance) ** 0.5
    draw = (
        (lambda: rng.uniform(-r, r, fan_in))
        if distribution == "uniform"
        else (lambda: rng.normal(scale=variance**0.5, size=fan_in))
    )
    return np.stack([draw() for _ in range(fan_out)], axis=1).astype(dtype)


@variant("init_weights", replaces="init_weights")
def a_class_of_schemes(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """A class that knows its variance; uniform numbers from `rng.random`, stretched and shifted in place."""

    class Scheme:
        table = {
            "lecun": lambda i, o: i,
            "xavier": lambda i, o: (i + o) / 2,
            "he": lambda i, o: i / 2,
        }

        def __init__(self, name):
            if name not in self.table:
                raise ValueError(f"{name} is none of {list(self.table)}")
            self.variance = 1 / self.table[name](fan_in, fan_out)

        def draw(self):
            if distribution == "normal":
                return self.variance**0.5 * rng.standard_normal(size=(fan_in, fan_out))
            if distribution != "uniform":
                raise ValueError(f"{distribution} is neither normal nor uniform")
            w = rng.random((fan_in, fan_out))
            w -= 0.5
            w *= (12 * self.variance) ** 0.5
            return w

    for fan in (fan_in, fan_out):
        if isinstance(fan, (float, np.floating)) or int(fan) < 1:
            raise ValueError(f"a fan of {fan}, expected 1, 2, ...")
    return np.asarray(Scheme(scheme).draw(), dtype=dtype)


@variant("init_weights", replaces="init_weights")
def transposed_and_entry_by_entry(
    fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64
):
    """Draws (fan_out, fan_in) and turns it; uniform entries in a Python loop."""
    if fan_in != int(fan_in) or fan_out != int(fan_out) or min(fan_in, fan_out) < 1:
        raise ValueError(f"fan_in = {fan_in}, fan_out = {fan_out}")
    if scheme == "lecun":
        variance = 1.0 / fan_in
    elif scheme == "he":
        variance = 2.0 / fan_in
    elif scheme == "xavier":
        variance = 1.0 / np.mean([fan_in, fan_out])
    else:
        raise ValueError(f"unknown scheme {scheme!r}")
    if distribution == "uniform":
        r = float(np.sqrt(3 * variance))
        return np.array(
            [[rng.uniform(low=-r, high=r) for _ in range(fan_out)] for _ in range(fan_in)],
            dtype=dtype,
        )
    if distribution != "normal":
        raise ValueError(f"unknown distribution {distribution!r}")
    return rng.normal(scale=np.sqrt(variance), size=(fan_out, fan_in)).T.astype(dtype)
