"""What goes wrong, and what else goes right, in `batchnorm_sweep`."""

from itertools import combinations, product

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """Of the noise, what does not depend on which batches were drawn: at B = N, and how much of the variance there is at B = 1."""
    if name != "batch_noise" or not (isinstance(value, (tuple, list)) and len(value) == 2):
        return value
    x, sizes, trials = args[0], list(args[1]), args[2]
    mean_noise, var_ratio = (np.asarray(part, dtype=float) for part in value)
    if mean_noise.shape != (len(sizes),) or var_ratio.shape != (len(sizes),):
        return mean_noise.shape, var_ratio.shape
    full = [number for number, size in enumerate(sizes) if size == len(x)]
    repeats = bool(np.any(mean_noise[full] > 1e-9))
    ones = [number for number, size in enumerate(sizes) if size == 1]
    if trials <= 2 and sizes == [2] and len(x) == 3:  # so few batches that all can be counted
        return tuple(
            _which(float(part[0]), values)
            for part, values in zip((mean_noise, var_ratio), _possible(x, trials), strict=True)
        )
    if trials >= 400 and len(x) == 9:
        return [
            bool(_usual(x, size, trials, noise))
            for size, noise in zip(sizes, mean_noise, strict=True)
        ]
    return (
        repeats,
        ([] if repeats else np.round(var_ratio[full], 6).tolist()),
        np.round(var_ratio[ones], 6).tolist(),
    )


def _which(value, values):
    """The numbers of the lists that hold the value."""
    return [
        number
        for number, several in enumerate(values)
        if np.isclose(value, several, rtol=1e-9, atol=1e-9).any()
    ]


def _possible(x, trials):
    """Of batches of 2 of 3: mean_noise, and measured from the mean of all; var_ratio, and the square of a mean of roots."""
    batches = np.array(list(combinations(x, 2)))
    drawn = [batches[list(which)] for which in product(range(3), repeat=trials)]
    far = [np.sqrt(np.mean((sets.mean(axis=1) - x.mean()) ** 2)) / x.std() for sets in drawn]
    roots = [(sets.std(axis=1).mean() / x.std()) ** 2 for sets in drawn]
    spread = [sets.mean(axis=1).std() / x.std() for sets in drawn]
    return (spread, far), ([sets.var(axis=1).mean() / x.var() for sets in drawn], roots)


def _usual(x, size, trials, noise):
    """Whether mean_noise is what batches of any entries have."""
    means = np.array(list(combinations(x, size))).mean(axis=1)
    error = np.sqrt((np.mean((means - means.mean()) ** 4) - means.var() ** 2) / trials) / (
        2 * means.std()
    )
    return abs(noise * x.std() - means.std()) <= 6.5 * error + 0.002 * x.std()


@mistake("batchnorm_sweep", replaces=("to_torch", "from_torch"))
def momentum_not_turned_round():
    """You hand on `momentum` as it is. Here it weighs the old value, in PyTorch the new one."""

    def to_torch(bn_param, n, steps):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        momentum = bn_param.get("momentum", 0.9)
        var = (bn_param["running_var"] - momentum**steps) * (n / (n - 1)) + momentum**steps
        mean = 1.0 * bn_param["running_mean"]
        return {
            "eps": bn_param.get("eps", 1e-5),
            "momentum": momentum,
            "running_mean": mean,
            "running_var": var,
            "num_batches_tracked": steps,
        }

    def from_torch(state, n):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        start = (1 - state["momentum"]) ** state["num_batches_tracked"]
        var = (state["running_var"] - start) * ((n - 1) / n) + start
        return {
            "eps": state["eps"],
            "momentum": state["momentum"],
            "running_mean": 1.0 * state["running_mean"],
            "running_var": var,
        }

    return to_torch, from_torch


@mistake("batchnorm_sweep", replaces=("to_torch", "from_torch"))
def the_one_is_scaled_too():
    """You multiply all of the running variance by n/(n-1). A part of it is still the 1 that it began with, which is no batch's variance: take that part out first."""

    def to_torch(bn_param, n, steps):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        return {
            "eps": bn_param.get("eps", 1e-5),
            "momentum": 1 - bn_param.get("momentum", 0.9),
            "running_mean": 1.0 * bn_param["running_mean"],
            "running_var": bn_param["running_var"] * (n / (n - 1)),
            "num_batches_tracked": steps,
        }

    def from_torch(state, n):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        var = state["running_var"] * ((n - 1) / n)
        return {
            "eps": state["eps"],
            "momentum": 1 - state["momentum"],
            "running_mean": 1.0 * state["running_mean"],
            "running_var": var,
        }

    return to_torch, from_torch


@mistake("batchnorm_sweep", replaces=("to_torch", "from_torch"))
def variance_not_converted():
    """You hand on the running variance as it is. PyTorch's averages the unbiased variance, yours the biased one."""

    def to_torch(bn_param, n, steps):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        return {
            "eps": bn_param.get("eps", 1e-5),
            "momentum": 1 - bn_param.get("momentum", 0.9),
            "running_mean": 1.0 * bn_param["running_mean"],
            "running_var": 1.0 * bn_param["running_var"],
            "num_batches_tracked": steps,
        }

    def from_torch(state, n):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        return {
            "eps": state["eps"],
            "momentum": 1 - state["momentum"],
            "running_mean": 1.0 * state["running_mean"],
            "running_var": 1.0 * state["running_var"],
        }

    return to_torch, from_torch


@mistake("batchnorm_sweep", replaces=("to_torch", "from_torch"))
def factor_upside_down():
    """Your factor between the two variances stands upside down. Dividing by n - 1 gives more than dividing by n: PyTorch's is the larger one."""

    def to_torch(bn_param, n, steps):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        momentum = bn_param.get("momentum", 0.9)
        return {
            "eps": bn_param.get("eps", 1e-5),
            "momentum": 1 - momentum,
            "running_mean": 1.0 * bn_param["running_mean"],
            "running_var": (bn_param["running_var"] - momentum**steps) * ((n - 1) / n)
            + momentum**steps,
            "num_batches_tracked": steps,
        }

    def from_torch(state, n):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        start = (1 - state["momentum"]) ** state["num_batches_tracked"]
        var = (state["running_var"] - start) * (n / (n - 1)) + start
        return {
            "eps": state["eps"],
            "momentum": 1 - state["momentum"],
            "running_mean": 1.0 * state["running_mean"],
            "running_var": var,
        }

    return to_torch, from_torch


@mistake("batchnorm_sweep", replaces=("to_torch", "from_torch"))
def what_is_left_of_the_one_by_the_other_momentum():
    """You take what is left of the first 1 to be (1 - momentum) to the power of the steps. At each step the *old* value is kept with which weight?"""

    def to_torch(bn_param, n, steps):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        momentum = bn_param.get("momentum", 0.9)
        start = (1 - momentum) ** steps
        return {
            "eps": bn_param.get("eps", 1e-5),
            "momentum": 1 - momentum,
            "running_mean": 1.0 * bn_param["running_mean"],
            "running_var": (bn_param["running_var"] - start) * (n / (n - 1)) + start,
            "num_batches_tracked": steps,
        }

    def from_torch(state, n):
        if n < 2:
            raise ValueError(f"n is {n}, expected at least 2")
        start = state["momentum"] ** state["num_batches_tracked"]
        var = (state["running_var"] - start) * ((n - 1) / n) + start
        return {
            "eps": state["eps"],
            "momentum": 1 - state["momentum"],
            "running_mean": 1.0 * state["running_mean"],
            "running_var": var,
        }

    return to_torch, from_torch


@mistake("batchnorm_sweep", replaces="batch_noise")
def drawn_with_repetition(x, sizes, trials, rng):
    """Your batches may hold the same entry twice. Then even a batch of all N has noise: draw without repetition within a batch."""
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = x[rng.integers(0, len(x), (trials, B))]
        mean_noise.append(batches.mean(axis=1).std() / x.std())
        var_ratio.append(batches.var(axis=1).mean() / x.var())
    return np.array(mean_noise), np.array(var_ratio)


@mistake("batchnorm_sweep", replaces="batch_noise")
def unbiased_variance_of_the_batch(x, sizes, trials, rng):
    """You divide the batch's variance by B - 1. Batch norm divides by the biased one, and so should you measure that; of a single value, the other does not even exist."""
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = np.array([rng.choice(x, B, replace=False) for _ in range(trials)])
        mean_noise.append(batches.mean(axis=1).std() / x.std())
        var_ratio.append(batches.var(axis=1, ddof=1).mean() / x.var() if B > 1 else 0.0)
    return np.array(mean_noise), np.array(var_ratio)


@mistake("batchnorm_sweep", replaces="batch_noise")
def ratio_of_standard_deviations(x, sizes, trials, rng):
    """Your `var_ratio` is not in units of the whole data's variance. Below the fraction stands a variance as well."""
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = np.array([rng.choice(x, B, replace=False) for _ in range(trials)])
        mean_noise.append(batches.mean(axis=1).std() / x.std())
        var_ratio.append(batches.var(axis=1).mean() / x.std())
    return np.array(mean_noise), np.array(var_ratio)


@mistake("batchnorm_sweep", replaces="batch_noise")
def square_of_a_mean_of_roots(x, sizes, trials, rng):
    """Your `var_ratio` squares a mean of standard deviations. The text asks for a mean of variances: squaring and averaging do not commute."""
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = np.array([rng.choice(x, B, replace=False) for _ in range(trials)])
        mean_noise.append(batches.mean(axis=1).std() / x.std())
        var_ratio.append((batches.std(axis=1).mean() / x.std()) ** 2)
    return np.array(mean_noise), np.array(var_ratio)


@mistake("batchnorm_sweep", replaces="batch_noise")
def distance_from_the_mean_of_all(x, sizes, trials, rng):
    """Your `mean_noise` measures how far the batches' means are from the mean of all of x. The text asks for their standard deviation, around their own mean."""
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = np.array([rng.choice(x, B, replace=False) for _ in range(trials)])
        mean_noise.append(np.sqrt(np.mean((batches.mean(axis=1) - x.mean()) ** 2)) / x.std())
        var_ratio.append(batches.var(axis=1).mean() / x.var())
    return np.array(mean_noise), np.array(var_ratio)


@mistake("batchnorm_sweep", replaces="batch_noise")
def batches_of_neighbours(x, sizes, trials, rng):
    """Your batches are entries of x that stand next to one another. Draw any B of the N entries."""
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = np.array(
            [x[start : start + B] for start in rng.integers(0, len(x) - B + 1, trials)]
        )
        mean_noise.append(batches.mean(axis=1).std() / x.std())
        var_ratio.append(batches.var(axis=1).mean() / x.var())
    return np.array(mean_noise), np.array(var_ratio)


@mistake("batchnorm_sweep", replaces=("to_torch",))
def default_momentum_of_the_other_framework():
    """Where `bn_param` has no momentum, you take 0.1, which is PyTorch's default. Here the default is 0.9, the weight of the old value."""
    inner = to_torch

    def convert(bn_param, n, steps):
        return inner({"momentum": 0.1, **bn_param}, n, steps)

    return convert


@variant("batchnorm_sweep", replaces=("to_torch", "from_torch", "batch_noise"))
def with_weights_and_permutations():
    """The weight of all batches together instead of what is left of the start; batches as the heads of permutations."""

    def convert(var, keep, steps, factor):
        seen = 1 - keep**steps  # the weights of all batches together
        return var + (factor - 1) * (var - 1 + seen)

    def to_torch(bn_param, n, steps):
        if not n >= 2:
            raise ValueError(f"batches of {n} have no unbiased variance, expected 2 or more")
        keep = bn_param.get("momentum", 0.9)
        return dict(
            running_mean=bn_param["running_mean"].astype(
                np.result_type(bn_param["running_mean"], np.float32)
            ),
            running_var=convert(bn_param["running_var"], keep, steps, n / (n - 1)),
            momentum=1.0 - keep,
            eps=bn_param.get("eps", 1e-5),
            num_batches_tracked=steps,
        )

    def from_torch(state, n):
        if not n >= 2:
            raise ValueError(f"batches of {n} have no unbiased variance, expected 2 or more")
        keep = 1.0 - state["momentum"]
        return dict(
            running_mean=state["running_mean"].astype(
                np.result_type(state["running_mean"], np.float32)
            ),
            running_var=convert(
                state["running_var"], keep, state["num_batches_tracked"], 1 - 1 / n
            ),
            momentum=keep,
            eps=state["eps"],
        )

    def batch_noise(x, sizes, trials, rng):
        if wrong := [size for size in sizes if size < 1 or size > x.size]:
            raise ValueError(f"sizes {wrong}, expected 1 to {x.size}")
        orders = rng.permuted(np.tile(np.arange(x.size), (trials, 1)), axis=1)
        values = x[orders]
        noise = [np.std(np.mean(values[:, :size], axis=1)) for size in sizes]
        ratio = [np.mean(np.var(values[:, :size], axis=1)) for size in sizes]
        return np.array(noise) / np.std(x), np.array(ratio) / np.var(x)

    return to_torch, from_torch, batch_noise


@variant("batchnorm_sweep", replaces=("to_torch", "from_torch", "batch_noise"))
def one_inner_converter():
    """Both ways through one function; plain loops and sums for the noise."""

    def turned(memory, n, steps, keep, factor):
        if n < 2:
            raise ValueError(f"n={n}: at least 2 examples a batch are needed")
        rest = keep**steps
        return {
            "eps": memory.get("eps", 1e-5),
            "running_mean": memory["running_mean"] / 1,
            "running_var": factor(n) * memory["running_var"] + (1 - factor(n)) * rest,
        }

    def to_torch(bn_param, n, steps):
        keep = bn_param.get("momentum", 0.9)
        return turned(bn_param, n, steps, keep, lambda n: n / (n - 1)) | {
            "momentum": 1 - keep,
            "num_batches_tracked": steps,
        }

    def from_torch(state, n):
        keep = 1 - state["momentum"]
        return turned(state, n, state["num_batches_tracked"], keep, lambda n: (n - 1) / n) | {
            "momentum": keep
        }

    def batch_noise(x, sizes, trials, rng):
        noise, ratio = np.zeros(len(sizes)), np.zeros(len(sizes))
        for i, size in enumerate(sizes):
            if size not in range(1, len(x) + 1):
                raise ValueError(f"size {size}, expected 1 to {len(x)}")
            means, total = [], 0.0
            for _ in range(trials):
                batch = x[rng.permutation(len(x))[:size]]
                means.append(np.sum(batch) / size)
                total += np.sum((batch - means[-1]) ** 2) / size
            noise[i], ratio[i] = np.std(means) / np.std(x), total / trials / np.var(x)
        return noise, ratio

    return to_torch, from_torch, batch_noise


@variant("batchnorm_sweep", replaces=("to_torch", "from_torch", "batch_noise"))
def corrected_by_the_start():
    """The start's share is taken out, what is left is corrected, and put back; noise by shuffled rows, float32 means are not used."""

    def corrected(var, keep, steps, factor):
        kept = keep**steps
        return kept + factor * (var - kept)

    def guard(n):
        if n <= 1:
            raise ValueError(f"batches of {n}: no unbiased variance")
        return n / (n - 1)

    def to_torch(bn_param, n, steps):
        factor, keep = guard(n), bn_param["momentum"] if "momentum" in bn_param else 0.9
        state = dict(
            eps=bn_param["eps"] if "eps" in bn_param else 1e-5,
            momentum=1 - keep,
            num_batches_tracked=steps,
        )
        state["running_mean"] = np.multiply(bn_param["running_mean"], 1.0)
        state["running_var"] = corrected(bn_param["running_var"], keep, steps, factor)
        return state

    def from_torch(state, n):
        factor, keep = guard(n), 1 - state["momentum"]
        return dict(
            eps=state["eps"],
            momentum=keep,
            running_mean=state["running_mean"] / 1,
            running_var=corrected(
                state["running_var"], keep, state["num_batches_tracked"], 1 / factor
            ),
        )

    def noise(x, sizes, trials, rng):
        found = np.empty((2, len(sizes)))
        for place, size in enumerate(sizes):
            if size < 1 or size > x.size:
                raise ValueError(f"a size of {size} for {x.size} values")
            rows = rng.permuted(np.tile(x, (trials, 1)), axis=1)[:, :size]
            means = rows.sum(axis=1) / size
            spreads = ((rows - means[:, None]) ** 2).sum(axis=1) / size
            found[:, place] = np.std(means) / np.std(x), np.mean(spreads) / np.var(x)
        return tuple(found)

    return to_torch, from_torch, noise


@variant("batchnorm_sweep", replaces=("to_torch", "from_torch", "batch_noise"))
def a_class_for_the_two_conventions():
    """A class that is read from one convention and written in the other; the noise by running lists."""

    class Layer:
        def __init__(self, eps, keep, mean, var, steps, n):
            if n < 2:
                raise ValueError(f"n = {n}, expected 2 or more")
            self.eps, self.keep, self.mean, self.steps = (
                eps,
                keep,
                mean.astype(np.result_type(mean, np.float32)),
                steps,
            )
            self.seen, self.bessel = var - keep**steps, n / (n - 1)

        def var(self, factor):
            return self.seen * factor + self.keep**self.steps

    def to_torch(bn_param, n, steps):
        settings = {"eps": 1e-5, "momentum": 0.9} | bn_param
        layer = Layer(
            settings["eps"],
            settings["momentum"],
            settings["running_mean"],
            settings["running_var"],
            steps,
            n,
        )
        names = ("eps", "momentum", "running_mean", "running_var", "num_batches_tracked")
        return dict(
            zip(names, (layer.eps, 1 - layer.keep, layer.mean, layer.var(layer.bessel), steps))
        )

    def from_torch(state, n):
        layer = Layer(
            state["eps"],
            1 - state["momentum"],
            state["running_mean"],
            state["running_var"],
            state["num_batches_tracked"],
            n,
        )
        return {
            "eps": layer.eps,
            "momentum": layer.keep,
            "running_mean": layer.mean,
            "running_var": layer.var(1 / layer.bessel),
        }

    def noise(x, sizes, trials, rng):
        mean_noise, var_ratio = [], []
        for size in sizes:
            if size not in range(1, len(x) + 1):
                raise ValueError(f"size {size} of {len(x)}")
            means, spreads = [], []
            for _ in range(trials):
                batch = x[rng.permutation(len(x))[:size]]
                means.append(batch.mean())
                spreads.append(batch.var())
            mean_noise.append(np.std(means) / x.std())
            var_ratio.append(np.mean(spreads) / x.var())
        return [np.array(mean_noise), np.array(var_ratio)]

    return to_torch, from_torch, noise
