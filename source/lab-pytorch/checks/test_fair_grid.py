"""Question `fair_grid`: runs that differ in what they should, and a choice made on the dev set."""

import math

import numpy as np

from autograder.checking import check, compare, rules

FIELDS = ("rule", "learning_rate", "batch", "repeat", "steps", "init_seed", "order_seed")


def read(value):
    """A grid's runs, each with all its fields."""
    compare.require(
        isinstance(value, (list, tuple)) and len(value) > 0, "A list of runs was expected."
    )
    return [compare.keys(run, FIELDS, "a run") for run in value]


def draw(rng):
    """The arguments of a grid, no two of its counts alike."""
    rates = {
        name: sorted(rng.uniform(0.001, 1, 2).tolist()) for name in ("sgd", "sgd_momentum", "adam")
    }
    n = int(rng.integers(20, 40))
    divisor = int(rng.choice([size for size in range(2, 20) if n % size == 0] or [1]))
    batches = [divisor, int(rng.choice([size for size in range(2, 20) if n % size])), n, n - 1]
    return (
        rates,
        batches,
        int(rng.integers(3, 6)),
        int(rng.integers(100, 10**6)),
        n,
        int(rng.integers(2, 9)),
    )


def seeds(runs):
    """The pairs of seeds that each repeat has."""
    found = {}
    for run in runs:
        found.setdefault(run["repeat"], set()).add((run["init_seed"], run["order_seed"]))
    return found


@check("fair_grid", points=4)
def test_every_combination(student, rng):
    """The grid holds each rule with each of its rates, each batch size and each repeat, once."""
    rates, batches, repeats, seed, n, epochs = draw(rng)
    runs = read(rules.pure(student, "grid", rates, batches, repeats, seed, n, epochs))
    want = {
        (rule, rate, batch, r)
        for rule, tried in rates.items()
        for rate in tried
        for batch in batches
        for r in range(repeats)
    }
    got = [(run["rule"], run["learning_rate"], run["batch"], run["repeat"]) for run in runs]
    compare.equal(len(got), len(want), "the number of runs")
    compare.require(
        set(got) == want,
        "Some combinations are missing, and others are there twice or should not be there.",
        "Repeats from 0.",
    )
    single = read(student.grid(rates, batches, 1, seed, n, epochs))
    compare.equal(len(single), len(want) // repeats, "the number of runs of a single repeat")


@check("fair_grid", points=4, needs="test_every_combination")
def test_steps(student, rng):
    """`steps` counts all batches of all epochs, the short ones as well."""
    for _ in range(2):
        rates, batches, repeats, seed, n, epochs = draw(rng)
        for run in read(student.grid(rates, batches, repeats, seed, n, epochs)):
            hint = "How many batches has an epoch, if the size divides n and if it does not?"
            compare.equal(run["steps"], epochs * math.ceil(n / run["batch"]), "steps", hint=hint)


@check("fair_grid", points=4, needs="test_every_combination")
def test_luck_is_shared_within_a_repeat(student, rng):
    """Within a repeat all runs share the seeds; between repeats, and for weights and order, seeds differ."""
    rates, batches, repeats, seed, n, epochs = draw(rng)
    runs = read(student.grid(rates, batches, repeats, seed, n, epochs))
    for run in runs:
        for name in ("init_seed", "order_seed"):
            whole = isinstance(run[name], (int, np.integer)) and not isinstance(run[name], bool)
            compare.require(
                whole and 0 <= run[name] < 2**63,
                f"`{name}` is not a whole number from 0 to 2^63 - 1.",
            )
    found = seeds(runs)
    compare.require(
        all(len(pairs) == 1 for pairs in found.values()),
        "Runs of one repeat have different seeds.",
        "Then luck differs with the settings.",
    )
    values = [value for pairs in found.values() for pair in pairs for value in pair]
    compare.equal(
        len(set(values)),
        2 * repeats,
        "the number of different seeds",
        hint="Weights and order, and each repeat, need their own.",
    )


@check("fair_grid", points=5, needs="test_luck_is_shared_within_a_repeat")
def test_seeds_are_derived(student, rng):
    """Seeds follow from the experiment's seed and the repeat alone, and experiments with neighbouring seeds share none."""
    rates, batches, repeats, seed, n, epochs = draw(rng)
    larger = {
        "rmsprop": [0.5, 0.25, 0.125],
        **{name: [*tried, 2.0] for name, tried in rates.items()},
    }
    cases = [
        (rates, batches, repeats, seed, n, epochs),
        (rates, batches, repeats, seed, n, epochs),
        (larger, [1, *batches], repeats + 2, seed, n + 1, epochs + 1),
        *((rates, batches[:1], repeats + 2, seed + step, n, epochs) for step in (1, 2, 3)),
    ]
    first, again, grown, *others = (seeds(read(value)) for value in student.batch("grid", cases))
    compare.require(first == again, "The same arguments give other seeds the second time.")
    compare.require(
        all(grown[r] == first[r] for r in first),
        "A larger grid changes the seeds of runs that were there before.",
        "Seed and repeat, nothing else.",
    )
    taken = {value for pairs in grown.values() for pair in pairs for value in pair}
    other = {
        value for runs in others for pairs in runs.values() for pair in pairs for value in pair
    }
    compare.require(
        not taken & other,
        "The experiment with the next seed shares seeds with this one.",
        "A sum or a count makes neighbours meet.",
    )


@check("fair_grid", points=2, needs="test_every_combination")
def test_what_grid_refuses(student, rng):
    """A batch size beyond 1 to n, no repeats, and unequal numbers of rates raise a ValueError naming it."""
    rates, batches, _, seed, _, epochs = draw(rng)
    rules.rejects(student, "grid", rates, [5, 51], 2, seed, 50, epochs, mentions=("51", "50"))
    rules.rejects(student, "grid", rates, [0, 5], 2, seed, 50, epochs, mentions=("0",))
    rules.rejects(student, "grid", rates, batches, 0, seed, 50, epochs, mentions=("0",))
    rules.rejects(
        student, "grid", {**rates, "adam": [0.1]}, [5], 2, seed, 50, epochs, mentions=("adam",)
    )


def rows(setting, dev, test):
    """The runs of one setting, a line a repeat."""
    rule, rate, batch = setting
    return [
        {
            "rule": rule,
            "learning_rate": rate,
            "batch": batch,
            "repeat": r,
            "dev": list(d),
            "test": list(t),
            "init_seed": r,
        }
        for r, (d, t) in enumerate(zip(dev, test, strict=True))
    ]


def table(rng, settings=6, repeats=3, epochs=5, late=1.0):
    """Settings that differ only in one thing each from another, with accuracies of no meaning, the last on dev times `late`; and each one's dev and test."""
    names = [
        ("sgd", 0.1, 8),
        ("sgd", 0.1, 16),
        ("sgd", 1.0, 8),
        ("adam", 0.1, 8),
        ("adam", 0.1, 16),
        ("adam", 1.0, 16),
    ][:settings]
    parts = {name: rng.uniform(0.2, 0.8, (2, repeats, epochs)) for name in names}
    for dev, _ in parts.values():
        dev[:, -1] *= late
    order = [
        row
        for name, (dev, test) in parts.items()
        for row in rows(name, dev.tolist(), test.tolist())
    ]
    return [order[i] for i in rng.permutation(len(order))], parts


def chosen(value):
    best = compare.keys(
        value, ("rule", "learning_rate", "batch", "epoch", "dev", "dev_se", "test"), "best"
    )
    return (best["rule"], best["learning_rate"], best["batch"]), best


def best_of(parts):
    means = {name: dev.mean(axis=0) for name, (dev, _) in parts.items()}
    name = max(means, key=lambda one: means[one].max())
    return name, int(means[name].argmax())


@check("fair_grid", points=5)
def test_chosen_by_the_mean_on_dev(student, rng):
    """The settings with the best mean over the repeats of dev, at any epoch, are chosen, with that epoch."""
    for late in (1.0, 1.0, 0.2):
        runs, parts = table(rng, late=late)
        setting, best = chosen(student.best_run(runs))
        name, at = best_of(parts)
        compare.equal(
            setting,
            name,
            "the choice of settings",
            hint="The mean over repeats, after each epoch; rule, rate and batch together are a setting.",
        )
        compare.equal(
            best["epoch"], at + 1, "epoch", hint="Where that mean is greatest, counted from 1."
        )
        compare.close(best["dev"], parts[name][0][:, at].mean(), "dev")


@check("fair_grid", points=4, needs="test_chosen_by_the_mean_on_dev")
def test_test_is_only_reported(student, rng):
    """The test set is read where dev has chosen, and never chooses itself."""
    runs, parts = table(rng)
    name, at = best_of(parts)
    tempting = [
        {**row, "test": [0.99] * 5}
        if (row["rule"], row["learning_rate"], row["batch"]) != name
        else row
        for row in runs
    ]
    peak = (at + 2) % 5
    rising = [
        {**row, "test": [1.0 if e == peak else v for e, v in enumerate(row["test"])]}
        for row in runs
    ]
    for told, changed in (("better for the others", tempting), ("better at another epoch", rising)):
        setting, best = chosen(student.best_run(changed))
        compare.equal(
            (setting, best["epoch"]),
            (name, at + 1),
            f"the choice where test is {told}",
            hint="The same dev values, the same choice.",
        )
        compare.close(
            best["test"],
            parts[name][1][:, at].mean(),
            "test",
            hint="The mean over the repeats, after the epoch that was chosen.",
        )


@check("fair_grid", points=3, needs="test_chosen_by_the_mean_on_dev")
def test_the_standard_error(student, rng):
    """`dev_se` is the standard error of the chosen mean, and nan for a single repeat."""
    for repeats in (2, 5):
        runs, parts = table(rng, settings=4, repeats=repeats)
        _, best = chosen(student.best_run(runs))
        name, at = best_of(parts)
        want = np.sqrt(
            np.sum((parts[name][0][:, at] - parts[name][0][:, at].mean()) ** 2)
            / (repeats - 1)
            / repeats
        )
        compare.close(
            best["dev_se"],
            want,
            f"dev_se of {repeats} repeats",
            hint="R - 1 under the sum, then divide by the root of R.",
        )
    _, best = chosen(rules.pure(student, "best_run", table(rng, repeats=1)[0]))
    compare.require(math.isnan(best["dev_se"]), "`dev_se` of a single repeat is not nan.")


@check("fair_grid", points=5, needs="test_chosen_by_the_mean_on_dev")
def test_dead_runs_count_as_zero(student, rng):
    """A run that died counts as 0 from there on: it is neither left out nor does it win."""
    nan = float("nan")
    good = rng.uniform(0.5, 0.6, (3, 4))
    dying = rng.uniform(0.85, 0.9, (3, 4))
    dying[1:, 2:] = nan
    dying[:, :2] = rng.uniform(0.1, 0.2, (3, 2))
    late = rng.uniform(0.6, 0.7, (3, 4))
    late[0, 3] = nan
    late[:, :3] = rng.uniform(0.3, 0.4, (3, 3))
    flat = np.full((3, 4), 0.25).tolist()
    runs = [
        *rows(("adam", 0.9, 8), dying, flat),
        *rows(("sgd", 0.9, 8), late, flat),
        *rows(("sgd", 0.1, 8), good, flat),
    ]
    setting, best = chosen(rules.pure(student, "best_run", runs))
    compare.equal(
        setting,
        ("sgd", 0.1, 8),
        "the choice among settings of which some have died",
        hint="A nan counts as 0 in the mean.",
    )
    compare.close(best["dev"], good.mean(axis=0).max(), "dev")
    half = rng.uniform(0.7, 0.8, (2, 3))
    half[0, 1:], half[1, :1] = nan, 0.9
    test = rng.uniform(0.7, 0.8, (2, 3))
    test[0, 0] = nan
    _, best = chosen(student.best_run(rows(("sgd", 0.1, 8), half, test)))
    compare.equal(best["epoch"], 1, "epoch of a setting of which one run died")
    compare.close(
        best["test"],
        test[1, 0] / 2,
        "test where one run has died",
        hint="There, too, a nan counts as 0.",
    )


@check("fair_grid", points=3, needs="test_chosen_by_the_mean_on_dev")
def test_among_equals(student):
    """Among equals the earliest epoch is chosen, then what comes first in the table."""
    flat = [[0.25, 0.25, 0.25]]
    runs = rows(("sgd", 0.5, 8), [[0.25, 0.75, 0.75]], flat) + rows(
        ("sgd", 0.25, 8), [[0.75, 0.75, 0.5]], flat
    )
    runs += rows(("adam", 0.5, 8), [[0.75, 0.25, 0.5]], flat)
    setting, best = chosen(student.best_run(runs))
    compare.equal(best["epoch"], 1, "epoch among equals", hint="The earliest.")
    compare.equal(
        setting,
        ("sgd", 0.25, 8),
        "the choice among equals at the same epoch",
        hint="The first of the table.",
    )
    early, late = (
        rows(("sgd", 0.5, 8), [[0.75, 0.5, 0.25]], flat),
        rows(("adam", 0.5, 8), [[0.25, 0.5, 0.75]], flat),
    )
    for runs in (early + late, late + early):
        setting, _ = chosen(student.best_run(runs))
        compare.equal(
            setting,
            ("sgd", 0.5, 8),
            "the choice among equals at different epochs",
            hint="The earliest, wherever it stands in the table.",
        )


@check("fair_grid", points=1, needs="test_chosen_by_the_mean_on_dev")
def test_unequal_repeats(student, rng):
    """An empty table, and settings that do not have the same repeats, raise a ValueError."""
    runs, _ = table(rng)
    rules.rejects(student, "best_run", [])
    rules.rejects(student, "best_run", runs[:-1])
