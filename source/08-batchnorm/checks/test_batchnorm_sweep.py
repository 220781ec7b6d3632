"""Question `batchnorm_sweep`: the same history in PyTorch's convention, and the noise of batch statistics."""

from itertools import combinations, product

import numpy as np

from autograder.checking import check, compare, rules

STATE = ("eps", "momentum", "running_mean", "running_var", "num_batches_tracked")
PARAM = ("eps", "momentum", "running_mean", "running_var")
SURE = 6.5  # standard errors that a right answer exceeds once in 12 billion


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
    state = {
        "eps": eps,
        "momentum": 1 - momentum,
        "running_mean": theirs[0],
        "running_var": theirs[1],
        "num_batches_tracked": steps,
    }
    return param, state


def asked(student, rng, cases):
    """What both functions give for some histories, beside what they should: (got, want, given, n, steps, what is left of the 1)."""
    to, back = [], []
    for n, steps in cases:
        momentum = float(rng.uniform(0.6, 0.85))
        param, state = histories(rng, n, steps, momentum)
        left = momentum**steps
        to.append(
            (
                compare.keys(
                    student.to_torch({"mode": "train", **param}, n, steps),
                    STATE,
                    "what to_torch returns",
                ),
                state,
                param,
                n,
                left,
            )
        )
        back.append(
            (
                compare.keys(student.from_torch(state, n), PARAM, "what from_torch returns"),
                param,
                state,
                n,
                left,
            )
        )
    return to, back


@check("batchnorm_sweep", points=2)
def test_what_stays(student, rng):
    """Both ways, the keys are those of the other convention, and `eps`, the running mean and the number of batches stay."""
    to, back = asked(student, rng, ((3, 4), (4, 1)))
    for name in ("eps", "running_mean"):
        for found, function in ((to, "to_torch"), (back, "from_torch")):
            for got, want, *_ in found:
                compare.close(got[name], want[name], f"{name} of {function}")
    for got, want, *_ in to:
        compare.close(
            got["num_batches_tracked"], want["num_batches_tracked"], "num_batches_tracked"
        )
    param, _ = histories(rng, 4, 3, 0.9)
    got = compare.keys(
        student.to_torch({name: param[name] for name in ("running_mean", "running_var")}, 4, 3),
        STATE,
        "what to_torch returns",
    )
    compare.close(got["eps"], 1e-5, "eps of to_torch, if bn_param has none,")


@check("batchnorm_sweep", points=2)
def test_momentum(student, rng):
    """`momentum` is the weight of the new value in PyTorch, of the old one here; it is 0.9 here if `bn_param` has none."""
    for found, function in zip(
        asked(student, rng, ((3, 4),)), ("to_torch", "from_torch"), strict=True
    ):
        for got, want, given, *_ in found:
            instead = {"if it were passed on unchanged": given["momentum"]}
            compare.close(
                got["momentum"], want["momentum"], f"the momentum of {function}", instead=instead
            )
    param, _ = histories(rng, 4, 3, 0.9)
    got = student.to_torch({name: param[name] for name in ("running_mean", "running_var")}, 4, 3)
    compare.close(got["momentum"], 0.1, "the momentum of to_torch, if bn_param has none,")


def compare_variance(found, function):
    for got, want, given, n, left in found:
        var, factor = given["running_var"], n / (n - 1) if function == "to_torch" else (n - 1) / n
        instead = {
            "if it were passed on unchanged": var,
            "if the 1 that it began with were scaled too": factor * var,
            "with the factor between the two variances upside down": (var - left) / factor + left,
            "if what is left of the 1 were left out": (var - left) * factor,
            "if the whole 1 were still there": (var - 1) * factor + 1,
        }
        compare.close(
            got["running_var"], want["running_var"], f"running_var of {function}", instead=instead
        )


@check("batchnorm_sweep", points=4)
def test_variance_to_torch(student, rng):
    """`to_torch` gives the running variance which PyTorch's layer has after the same batches, be they many, one or none."""
    cases = ((3, 60), (4, 5), (2, 1), (6, 0))
    compare_variance(asked(student, rng, cases)[0], "to_torch")
    param, state = histories(rng, 4, 3, 0.9)
    got = student.to_torch({name: param[name] for name in ("running_mean", "running_var")}, 4, 3)
    compare.close(
        got["running_var"],
        state["running_var"],
        "running_var of to_torch, if bn_param has no momentum,",
    )


@check("batchnorm_sweep", points=2)
def test_variance_from_torch(student, rng):
    """`from_torch` gives the running variance which this course's layer has after the same batches."""
    compare_variance(asked(student, rng, ((3, 60), (5, 4), (2, 1), (6, 0)))[1], "from_torch")


def noise(student, x, sizes, trials, rng):
    parts = compare.unpack(student.batch_noise(x, sizes, trials, rng), 2, "mean_noise, var_ratio")
    for part, name in zip(parts, ("mean_noise", "var_ratio"), strict=True):
        compare.shape(part, (len(sizes),), name)
    return parts


def possible(x, B, trials):
    """Every pair of mean_noise and var_ratio that some batches give, and those that means of roots would give instead."""
    batches = np.array(list(combinations(x, B)))
    drawn = [batches[list(which)] for which in product(range(len(batches)), repeat=trials)]
    noises = [sets.mean(axis=1).std() / x.std() for sets in drawn]
    return (
        noises,
        [sets.var(axis=1).mean() / x.var() for sets in drawn],
        [(sets.std(axis=1).mean() / x.std()) ** 2 for sets in drawn],
    )


def among(value, values):
    return bool(np.isclose(value, values, rtol=1e-9, atol=1e-9).any())


def few_draws(student, rng, trials):
    """What 40 generators give for batches of 2 of 3 values, and what there can be: so few that all can be counted."""
    x = np.array([2.0, 5.0, 11.0]) + rng.uniform(0, 1, 3)
    found = [
        noise(student, x, [2], trials, np.random.default_rng(int(seed)))
        for seed in rng.integers(1 << 40, size=40)
    ]
    return [(float(a[0]), float(b[0])) for a, b in found], possible(x, 2, trials)


@check("batchnorm_sweep", points=2)
def test_mean_noise(student, rng):
    """`mean_noise` is the deviation of the batches' means over the trials, in units of that of x: 0 for batches of all values."""
    x = 3 * rng.normal(size=7) + 5
    hint = "Without repetition within a batch, it holds each value once."
    compare.close(noise(student, x, [7, 1], 40, rng)[0][0], 0.0, "mean_noise for B = N", hint=hint)
    for trials in (1, 2):
        found, (noises, *_) = few_draws(student, rng, trials)
        hint = "As many batches as trials, and both standard deviations divide by the number."
        compare.require(
            all(among(value, noises) for value, _ in found),
            f"`mean_noise` of {trials} batches of 2 is not right.",
            hint,
        )
    compare.require(
        len({round(value, 9) for value, _ in found}) > 1,
        "All states of `rng` give the same `mean_noise`.",
        "Draw from the `rng` given.",
    )


@check("batchnorm_sweep", points=2)
def test_var_ratio(student, rng):
    """`var_ratio` is the mean of the batches' biased variances, in units of that of x: 1 for batches of all values, 0 for batches of one."""
    x = 3 * rng.normal(size=7) + 5
    _, var_ratio = noise(student, x, [7, 1], 40, rng)
    instead = {
        "in units of the standard deviation of x": x.std(),
        "if the batch's variance were divided by B - 1": 7 / 6,
    }
    compare.close(
        var_ratio[0],
        1.0,
        "var_ratio for B = N",
        hint="The same variance above and below.",
        instead=instead,
    )
    compare.close(var_ratio[1], 0.0, "var_ratio for B = 1", hint="A single value does not vary.")
    for trials in (1, 2, 3):
        found, (_, ratios, of_roots) = few_draws(student, rng, trials)
        right = [among(value, ratios) for _, value in found]
        if not all(right) and all(among(value, of_roots) for _, value in found):
            compare.fail(
                "`var_ratio` is the square of a mean of standard deviations, where a mean of variances was expected."
            )
        compare.require(
            all(right),
            f"`var_ratio` of {trials} batches of 2 is not right.",
            "The mean of variances over the trials.",
        )
    # ten means of three such variances there are, but three variances; of two variances four means,
    # and so many draws that all of them come
    x = np.array([2.0, 5.0, 11.0])
    calls = [
        (x, [2], 3, np.random.default_rng(int(seed))) for seed in rng.integers(1 << 40, size=120)
    ]
    parts = [
        compare.unpack(one, 2, "mean_noise, var_ratio")[1]
        for one in student.batch("batch_noise", calls)
    ]
    for part in parts:
        compare.shape(part, (1,), "var_ratio")
    several = len({round(float(part[0]), 9) for part in parts}) > 3
    compare.require(
        several,
        "`var_ratio` is the variance of one batch (a median, say), where the mean over three was expected.",
    )


@check("batchnorm_sweep", points=2)
def test_batches_are_random(student, rng):
    """Every batch of B entries is as likely as any other, and each trial draws one of its own (within 6.5 standard errors)."""
    in_order = np.linspace(0, 9, 9) + rng.uniform(0, 0.3, 9)  # neighbours in it are much alike
    for x in (3 * rng.normal(size=9) + 5, in_order):
        random_batches(student, rng, x, [3, 5], 400)


def random_batches(student, rng, x, sizes, trials):
    found = noise(student, x, sizes, trials, rng)
    for number, size in enumerate(sizes):
        batches = np.array(list(combinations(x, size)))  # every batch there is
        means, variances = batches.mean(axis=1), batches.var(axis=1)
        spread = means.std()
        error = np.sqrt((np.mean((means - means.mean()) ** 4) - spread**4) / trials) / (
            2 * spread
        )  # of a measured spread
        got = float(found[0][number]) * x.std()
        if got > 0:  # else what is measured is wrong, which is paid for already
            compare.near_mean(
                got / x.std(),
                spread / x.std(),
                error / x.std() + 0.002,
                f"mean_noise for B = {size} of 9",
                errors=SURE,
            )
        # of variances, or of deviations squared: which of them is measured is another check's business
        options = variances.mean(), variances.std() / np.sqrt(trials)
        roots = np.sqrt(variances)
        others = roots.mean() ** 2, 2 * roots.mean() * roots.std() / np.sqrt(trials)
        got = float(found[1][number]) * x.var()
        if abs(got - others[0]) > SURE * others[1]:
            compare.near_mean(
                got / x.var(),
                options[0] / x.var(),
                options[1] / x.var(),
                f"var_ratio for B = {size} of 9",
                errors=SURE,
            )


@check("batchnorm_sweep", points=2)
def test_rejects(student, rng):
    """Batches of fewer than 2 are refused both ways, and in `batch_noise` a size that is not from 1 to N, by a ValueError that names it."""
    param, state = histories(rng, 4, 3, 0.75)
    student.to_torch(param, 4, 3), student.from_torch(state, 4)
    for n in (0, 1):
        rules.rejects(student, "to_torch", param, n, 3, mentions=(str(n),))
        rules.rejects(student, "from_torch", state, n, mentions=(str(n),))
    x = rng.normal(size=6)
    noise(student, x, [2, 6], 5, rng)
    rules.rejects(student, "batch_noise", x, [2, 7], 5, rng, mentions=("7",))
    rules.rejects(student, "batch_noise", x, [0, 2], 5, rng, mentions=("0",))


@check("batchnorm_sweep", points=2)
def test_manners(student, rng):
    """Arguments stay as they are, float32 stays float32 in what is converted, and any layout will do."""
    param, state = histories(rng, 4, 3, 0.75)
    for name, args in (("to_torch", (param, 4, 3)), ("from_torch", (state, 4))):
        rules.pure(student, name, *args)
        rules.floats(student, name, *args)
        rules.layouts(student, name, *args)
    x = rng.normal(size=6)
    rules.pure(student, "batch_noise", x, [2, 6], 5, rng)
    x.setflags(write=False)
    rules.pure(student, "batch_noise", x, [2, 6], 5, rng)
