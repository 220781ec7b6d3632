"""Question `batchnorm_sweep`: the same history in PyTorch's convention, and the noise of batch statistics."""

from itertools import combinations

import numpy as np

from autograder.checking import check, compare, rules

STATE = ("eps", "momentum", "running_mean", "running_var", "num_batches_tracked")
PARAM = ("eps", "momentum", "running_mean", "running_var")


def histories(rng, n, steps, momentum, D=3):
    """Both layers' memories after the same batches of n."""
    ours, theirs = [np.zeros(D), np.ones(D)], [np.zeros(D), np.ones(D)]
    for _ in range(steps):
        x = rng.normal(size=(n, D)) * rng.uniform(0.5, 3, D) + rng.normal(size=D)
        for memory, var in ((ours, x.var(axis=0)), (theirs, x.var(axis=0, ddof=1))):
            memory[0] = momentum * memory[0] + (1 - momentum) * x.mean(axis=0)
            memory[1] = momentum * memory[1] + (1 - momentum) * var
    eps = float(rng.uniform(1e-4, 1e-2))
    param = {"eps": eps, "momentum": momentum, "running_mean": ours[0], "running_var": ours[1]}
    state = {"eps": eps, "momentum": 1 - momentum, "running_mean": theirs[0], "running_var": theirs[1], "num_batches_tracked": steps}
    return param, state


def agree(got, want, names):
    compare.keys(got, names, "what comes back")
    for name in names:
        compare.close(got[name], want[name], name)


@check("batchnorm_sweep", points=3)
def test_to_torch(student, rng):
    """`to_torch` gives the state which PyTorch's layer has after the same batches, be they many, one or none."""
    for n, steps in ((3, 60), (4, 5), (2, 1), (6, 0)):
        param, state = histories(rng, n, steps, float(rng.uniform(0.6, 0.85)))
        agree(student.to_torch({"mode": "train", **param}, n, steps), state, STATE)


@check("batchnorm_sweep", points=2)
def test_from_torch(student, rng):
    """`from_torch` gives the `bn_param` which this course's layer has after the same batches."""
    for n, steps in ((3, 60), (5, 4), (2, 1)):
        param, state = histories(rng, n, steps, float(rng.uniform(0.6, 0.85)))
        agree(student.from_torch(state, n), param, PARAM)


@check("batchnorm_sweep", points=1, needs="test_to_torch")
def test_settings_and_rejects(student, rng):
    """`to_torch` takes an eps of 1e-5 and a momentum of 0.9 where `bn_param` has none; batches of fewer than 2 are refused both ways."""
    param, state = histories(rng, 4, 3, 0.9)
    got = student.to_torch({name: param[name] for name in ("running_mean", "running_var")}, 4, 3)
    agree(got, {**state, "eps": 1e-5}, STATE)
    rules.rejects(student, "to_torch", param, 1, 3, mentions=("1",))
    for n in (0, 1):
        rules.rejects(student, "from_torch", state, n, mentions=(str(n),))


def noise(student, x, sizes, trials, rng):
    parts = compare.pair(student.batch_noise(x, sizes, trials, rng), 2, "mean_noise, var_ratio")
    for part, name in zip(parts, ("mean_noise", "var_ratio"), strict=True):
        compare.shape(part, (len(sizes),), name)
    return parts


@check("batchnorm_sweep", points=2)
def test_noise_at_the_ends(student, rng):
    """A batch of all values has no noise and the whole variance; a batch of one has none of the variance."""
    x = 3 * rng.normal(size=7) + 5
    mean_noise, var_ratio = noise(student, x, [7, 1], 40, rng)
    compare.close(mean_noise[0], 0.0, "mean_noise for B = N", hint="Without repetition within a batch, it holds each value once.")
    compare.close(var_ratio[0], 1.0, "var_ratio for B = N", hint="The same variance above and below.")
    compare.close(var_ratio[1], 0.0, "var_ratio for B = 1")
    for trials, possible in ((1, {0.0}), (2, {0.0, 1.0})):  # of two values, the mean of one of them
        generators = [np.random.default_rng(int(rng.integers(2**32))) for _ in range(30)]
        drawn = [noise(student, np.array([2.0, 5.0]), [1], trials, one)[0][0] for one in generators]
        hint = "As many batches as trials, and both standard deviations divide by the number."
        compare.that(
            {round(float(value), 9) for value in drawn} == possible, f"`mean_noise` of {trials} batches of one is not right.", hint
        )


@check("batchnorm_sweep", points=1, needs="test_noise_at_the_ends")
def test_noise_between(student, rng):
    """Between the ends, `mean_noise` and `var_ratio` are what they should be on average (within five standard errors)."""
    x, sizes, trials = 3 * rng.normal(size=9) + 5, [3, 5], 400
    found = noise(student, x, sizes, trials, rng)
    for number, size in enumerate(sizes):
        batches = np.array(list(combinations(x, size)))  # every batch there is
        means, variances = batches.mean(axis=1), batches.var(axis=1)
        spread = means.std()
        error = np.sqrt((np.mean((means - means.mean()) ** 4) - spread**4) / trials) / (2 * spread)  # of a measured spread
        compare.near_mean(found[0][number], spread / x.std(), error / x.std() + 0.002, "mean_noise")
        compare.near_mean(found[1][number], variances.mean() / x.var(), variances.std() / np.sqrt(trials) / x.var(), "var_ratio")


@check("batchnorm_sweep", points=1, needs=("test_to_torch", "test_from_torch", "test_noise_at_the_ends"))
def test_manners(student, rng):
    """Arguments stay as they are, float32 stays float32 in what is converted, and a batch size that is not from 1 to N is refused."""
    param, state = histories(rng, 4, 3, 0.75)
    for name, args in (("to_torch", (param, 4, 3)), ("from_torch", (state, 4))):
        rules.pure(student, name, *args)
        rules.floats(student, name, *args)
        rules.layouts(student, name, *args)
    x = rng.normal(size=6)
    rules.pure(student, "batch_noise", x, [2, 6], 5, rng)
    x.setflags(write=False)
    rules.pure(student, "batch_noise", x, [2, 6], 5, rng)
    rules.rejects(student, "batch_noise", x, [2, 7], 5, rng, mentions=("7",))
    rules.rejects(student, "batch_noise", x, [0, 2], 5, rng, mentions=("0",))
