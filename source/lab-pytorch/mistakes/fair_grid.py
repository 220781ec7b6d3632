"""Known mistakes and right variants of `fair_grid`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """Of a grid what can be told without its seeds: its runs, and which of them share what with which; of a choice all."""
    if name != "grid" or not isinstance(value, list):
        return value
    seed = args[3]
    known = {}
    runs = sorted(
        value,
        key=lambda run: repr(
            [run.get(key) for key in ("repeat", "rule", "batch", "learning_rate")]
        ),
    )
    pattern = [
        tuple(known.setdefault(run.get(key), len(known)) for key in ("init_seed", "order_seed"))
        for run in runs
    ]
    near = sorted(
        {
            int(run[key]) - seed
            for run in runs
            for key in ("init_seed", "order_seed")
            if abs(int(run[key]) - seed) < 1000
        }
    )
    laid = {run.get("repeat"): (run["init_seed"], run["order_seed"]) for run in runs}
    by_position = any(
        np.array_equal(
            np.random.default_rng(seed).integers(high, size=(2, len(laid))).T,
            [laid[r] for r in sorted(laid)],
        )
        for high in (2**31, 2**32, 2**63 - 1)
    )
    small = all(int(run["init_seed"]) < 10**4 for run in runs)
    return {
        "runs": [
            [run.get(key) for key in ("repeat", "rule", "batch", "learning_rate", "steps")]
            for run in runs
        ],
        "shared": pattern,
        "near": near,
        "small": small,
        "by position": by_position,
    }


@mistake("fair_grid", replaces="grid")
def each_run_its_own_luck(rates, batches, repeats, seed, n, epochs):
    """Every run of yours has seeds of its own, so two settings differ in their luck as well. Within a repeat, all runs should share theirs."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        sequence = iter(
            np.random.SeedSequence((seed, repeat)).generate_state(
                2 * len(rates) * len(batches) * max(map(len, rates.values())), np.uint64
            )
        )
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    init_seed, order_seed = int(next(sequence)) >> 1, int(next(sequence)) >> 1
                    steps = epochs * -(-n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake("fair_grid", replaces="grid")
def seed_plus_repeat(rates, batches, repeats, seed, n, epochs):
    """Your seeds are the experiment's plus a count. The experiment with the next seed then repeats most of this one, and its results look independent without being so."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = seed + 2 * repeat, seed + 2 * repeat + 1
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    steps = epochs * -(-n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake("fair_grid", replaces="grid")
def seeds_without_the_experiment(rates, batches, repeats, seed, n, epochs):
    """Your seeds do not depend on the experiment's seed at all: whatever it is, the runs are the same."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = 2 * repeat, 2 * repeat + 1
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    steps = epochs * -(-n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake(
    "fair_grid",
    replaces="grid",
    change={
        "for rule, tried in rates.items():": "order_seed = init_seed\n        for rule, tried in rates.items():"
    },
)
def one_seed_for_both():
    """Weights and order get the same seed. Then the same random numbers are drawn for both, and what should be independent is not."""


@mistake("fair_grid", replaces="grid", change={"(seed, repeat)": "(seed, 0)"})
def every_repeat_the_same():
    """All your repeats have the same seeds: they are one run, several times over, and their spread is zero."""


@mistake("fair_grid", replaces="grid")
def seeds_by_position(rates, batches, repeats, seed, n, epochs):
    """Your seeds depend on how large the grid is. If you add a repeat or a learning rate, you get other runs where nothing has changed."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = (
            np.random.default_rng(seed).integers(2**32, size=(2, repeats))[:, repeat].tolist()
        )
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    steps = epochs * -(-n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake("fair_grid", replaces="grid")
def short_batches_not_counted(rates, batches, repeats, seed, n, epochs):
    """You count full batches only. An epoch has ⌈n/B⌉ of them, the last perhaps a short one."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = (
            int(word) >> 1
            for word in np.random.SeedSequence((seed, repeat)).generate_state(2, np.uint64)
        )
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    steps = epochs * (n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake("fair_grid", replaces="grid")
def one_batch_too_many(rates, batches, repeats, seed, n, epochs):
    """You count ⌊n/B⌋ + 1 batches, as D1's slide does: one too many where B divides n."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = (
            int(word) >> 1
            for word in np.random.SeedSequence((seed, repeat)).generate_state(2, np.uint64)
        )
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    steps = epochs * (n // batch + 1)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake("fair_grid", replaces="grid")
def pairs_not_products(rates, batches, repeats, seed, n, epochs):
    """You go through rates and batch sizes side by side. A grid has each rate with each batch size."""
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = (
            int(word) >> 1
            for word in np.random.SeedSequence((seed, repeat)).generate_state(2, np.uint64)
        )
        for rule, tried in rates.items():
            for batch, learning_rate in zip(batches, tried):
                for _ in range(1):
                    steps = epochs * -(-n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs


@mistake(
    "fair_grid",
    replaces="grid",
    change={
        "len({len(tried) for tried in rates.values()}) > 1": "len({len(tried) for tried in rates.values()}) > 99"
    },
)
def unequal_tries_allowed():
    """You let one rule try more learning rates than another. Who may try more often wins more often: refuse it."""


@mistake("fair_grid", replaces="best_run")
def chosen_on_test(table):
    """You choose by the test set. What is chosen as the best of many on a set looks better there than it is; dev is for choosing, test for telling."""
    groups = {}
    for row in table:
        groups.setdefault((row["rule"], row["learning_rate"], row["batch"]), []).append(row)
    repeats = {tuple(sorted(row["repeat"] for row in rows)) for rows in groups.values()}
    if len(repeats) != 1:
        raise ValueError(
            f"the settings have {len(repeats)} different sets of repeats, expected a table with one for all"
        )
    best = None
    for (rule, learning_rate, batch), rows in groups.items():
        dev, test = (
            np.nan_to_num(np.array([row[part] for row in rows], dtype=np.float64), nan=0.0)
            for part in ("dev", "test")
        )
        mean = dev.mean(axis=0)
        at = int(test.mean(axis=0).argmax())
        if best is None or (test.mean(axis=0)[at], -at - 1) > (best["test"], -best["epoch"]):
            best = {
                "rule": rule,
                "learning_rate": learning_rate,
                "batch": batch,
                "epoch": at + 1,
                "dev": float(mean[at]),
                "dev_se": float(dev[:, at].std(ddof=1) / np.sqrt(len(rows)))
                if len(rows) > 1
                else float("nan"),
                "test": float(test[:, at].mean()),
            }
    return best


@mistake("fair_grid", replaces="best_run", change={"test[:, at].mean": "test.mean(axis=0).max"})
def epoch_by_test():
    """You choose the settings on dev, and then the epoch at which test is best. The epoch is a choice too."""


@mistake(
    "fair_grid",
    replaces="best_run",
    change={"dev.mean": "dev.max", "mean.argmax": "dev.max(axis=0).argmax"},
)
def luckiest_repeat():
    """You choose the best single run. The largest of several is luck; settings are judged by the mean over their repeats."""


@mistake("fair_grid", replaces="best_run")
def each_repeat_its_own_epoch(table):
    """You take each repeat at its own best epoch, and average then. That chooses R times, with the luck of each. One epoch for all repeats: where their mean is best."""
    groups = {}
    for row in table:
        groups.setdefault((row["rule"], row["learning_rate"], row["batch"]), []).append(row)
    repeats = {tuple(sorted(row["repeat"] for row in rows)) for rows in groups.values()}
    if len(repeats) != 1:
        raise ValueError(
            f"the settings have {len(repeats)} different sets of repeats, expected a table with one for all"
        )
    best = None
    for (rule, learning_rate, batch), rows in groups.items():
        dev, test = (
            np.nan_to_num(np.array([row[part] for row in rows], dtype=np.float64), nan=0.0)
            for part in ("dev", "test")
        )
        mean = dev.mean(axis=0)
        at = int(mean.argmax())
        mean = np.full(len(mean), dev.max(axis=1).mean())
        if best is None or (mean[at], -at - 1) > (best["dev"], -best["epoch"]):
            best = {
                "rule": rule,
                "learning_rate": learning_rate,
                "batch": batch,
                "epoch": at + 1,
                "dev": float(mean[at]),
                "dev_se": float(dev[:, at].std(ddof=1) / np.sqrt(len(rows)))
                if len(rows) > 1
                else float("nan"),
                "test": float(test[:, at].mean()),
            }
    return best


@mistake(
    "fair_grid", replaces="best_run", change={"test[:, at].mean()": "test[dev[:, at].argmax(), at]"}
)
def test_of_the_best_repeat():
    """You report the test set of the repeat that did best on dev. The mean over all repeats is asked for."""


@mistake("fair_grid", replaces="best_run", change={"int(mean.argmax())": "len(mean) - 1"})
def last_epoch():
    """You always take the last epoch. The best one may come before; when to stop is chosen on dev as well."""


@mistake(
    "fair_grid",
    replaces="best_run",
    change={'-best["epoch"]': '-best["epoch"] - 1', '"epoch": at + 1,': '"epoch": at,'},
)
def epoch_from_zero():
    """Your epochs are counted from 0. After the first epoch, one is done."""


@mistake("fair_grid", replaces="best_run")
def dead_runs_left_out(table):
    """You leave out the runs that have died, so that a setting is judged by its survivors. They count as 0."""
    groups = {}
    for row in table:
        groups.setdefault((row["rule"], row["learning_rate"], row["batch"]), []).append(row)
    repeats = {tuple(sorted(row["repeat"] for row in rows)) for rows in groups.values()}
    if len(repeats) != 1:
        raise ValueError(
            f"the settings have {len(repeats)} different sets of repeats, expected a table with one for all"
        )
    best = None
    for (rule, learning_rate, batch), rows in groups.items():
        dev, test = (
            np.nan_to_num(np.array([row[part] for row in rows], dtype=np.float64), nan=0.0)
            for part in ("dev", "test")
        )
        dev = np.array([row["dev"] for row in rows], dtype=np.float64)
        mean = np.array(
            [
                column[~np.isnan(column)].mean() if (~np.isnan(column)).any() else 0.0
                for column in dev.T
            ]
        )
        at = int(mean.argmax())
        if best is None or (mean[at], -at - 1) > (best["dev"], -best["epoch"]):
            best = {
                "rule": rule,
                "learning_rate": learning_rate,
                "batch": batch,
                "epoch": at + 1,
                "dev": float(mean[at]),
                "dev_se": float(dev[:, at].std(ddof=1) / np.sqrt(len(rows)))
                if len(rows) > 1
                else float("nan"),
                "test": float(test[:, at].mean()),
            }
    return best


@mistake("fair_grid", replaces="best_run")
def dead_runs_win(table):
    """A setting of which one run died comes out as the best: `argmax` takes nan for the largest of all."""
    groups = {}
    for row in table:
        groups.setdefault((row["rule"], row["learning_rate"], row["batch"]), []).append(row)
    repeats = {tuple(sorted(row["repeat"] for row in rows)) for rows in groups.values()}
    if len(repeats) != 1:
        raise ValueError(
            f"the settings have {len(repeats)} different sets of repeats, expected a table with one for all"
        )
    best = None
    for (rule, learning_rate, batch), rows in groups.items():
        dev, test = (
            np.array([row[part] for row in rows], dtype=np.float64) for part in ("dev", "test")
        )
        mean = dev.mean(axis=0)
        at = int(mean.argmax())
        if (
            best is None
            or np.isnan(mean[at])
            or (mean[at], -at - 1) > (best["dev"], -best["epoch"])
        ):
            best = {
                "rule": rule,
                "learning_rate": learning_rate,
                "batch": batch,
                "epoch": at + 1,
                "dev": float(mean[at]),
                "dev_se": float(dev[:, at].std(ddof=1) / np.sqrt(len(rows)))
                if len(rows) > 1
                else float("nan"),
                "test": float(test[:, at].mean()),
            }
    return best


@mistake("fair_grid", replaces="best_run")
def batch_not_a_setting(table):
    """You put together runs of different batch sizes. Rule, learning rate and batch size together are a setting."""
    groups = {}
    for row in table:
        groups.setdefault((row["rule"], row["learning_rate"]), []).append(row)
    repeats = {tuple(sorted(row["repeat"] for row in rows)) for rows in groups.values()}
    if len(repeats) != 1:
        raise ValueError(
            f"the settings have {len(repeats)} different sets of repeats, expected a table with one for all"
        )
    best = None
    for (rule, learning_rate), rows in groups.items():
        batch = rows[0]["batch"]
        dev, test = (
            np.nan_to_num(np.array([row[part] for row in rows], dtype=np.float64), nan=0.0)
            for part in ("dev", "test")
        )
        mean = dev.mean(axis=0)
        at = int(mean.argmax())
        if best is None or (mean[at], -at - 1) > (best["dev"], -best["epoch"]):
            best = {
                "rule": rule,
                "learning_rate": learning_rate,
                "batch": batch,
                "epoch": at + 1,
                "dev": float(mean[at]),
                "dev_se": float(dev[:, at].std(ddof=1) / np.sqrt(len(rows)))
                if len(rows) > 1
                else float("nan"),
                "test": float(test[:, at].mean()),
            }
    return best


@mistake("fair_grid", replaces="best_run", change={"np.sqrt(len(rows))": "1"})
def spread_not_error():
    """Your `dev_se` is the standard deviation of the runs. How well their mean is known gets better with the root of their number."""


@mistake("fair_grid", replaces="best_run", change={"dev[:, at].std(ddof=1)": "dev[:, at].std()"})
def biased_deviation():
    """Your `dev_se` divides by R where R - 1 is asked for: a mean taken from the same values is nearer to them than the true one."""


@mistake(
    "fair_grid",
    replaces="best_run",
    change={'(mean[at], -at - 1) > (best["dev"], -best["epoch"])': 'mean[at] >= best["dev"]'},
)
def last_of_equals():
    """Among equals you take the last. The first is asked for, and the earliest epoch before that."""


@variant("fair_grid", replaces="grid")
def by_product(rates, batches, repeats, seed, n, epochs):
    """itertools.product, and seeds from spawned children."""
    import itertools

    if len({len(tried) for tried in rates.values()}) > 1:
        raise ValueError(
            f"unequal numbers of rates: { ({rule: len(tried) for rule, tried in rates.items()}) }"
        )
    for batch in batches:
        if batch < 1 or batch > n:
            raise ValueError(f"batch size {batch}, expected 1 to {n}")
    if repeats <= 0:
        raise ValueError(f"expected at least one repeat, got {repeats}")
    runs = []
    for (rule, tried), batch, repeat in itertools.product(rates.items(), batches, range(repeats)):
        child = np.random.SeedSequence(seed, spawn_key=(repeat,))
        first, second = np.random.default_rng(child).integers(2**62, size=2)
        for rate in tried:
            runs.append(
                dict(
                    rule=rule,
                    learning_rate=rate,
                    batch=batch,
                    repeat=repeat,
                    steps=sum(1 for _ in range(0, n, batch)) * epochs,
                )
            )
            runs[-1].update(init_seed=int(first), order_seed=int(second))
    return runs


@variant("fair_grid", replaces="grid")
def by_packing(rates, batches, repeats, seed, n, epochs):
    """Seed, repeat and purpose packed into one number: distinct without any mixing."""
    counts = [len(tried) for tried in rates.values()]
    if min(counts) != max(counts):
        raise ValueError(f"rates tried: {dict(zip(rates, counts, strict=True))}")
    if min(batches) < 1 or max(batches) > n:
        raise ValueError(f"batch sizes {batches}, expected 1 to {n}")
    if not repeats >= 1:
        raise ValueError(f"repeats {repeats}")
    return [
        {
            "rule": rule,
            "learning_rate": rate,
            "batch": batch,
            "repeat": repeat,
            "steps": int(np.ceil(n / batch)) * epochs,
            "init_seed": (seed << 20) + 2 * repeat,
            "order_seed": (seed << 20) + 2 * repeat + 1,
        }
        for rule, tried in rates.items()
        for rate in tried
        for batch in batches
        for repeat in range(repeats)
    ]


@variant("fair_grid", replaces="best_run")
def by_sorting(table):
    """Builds all candidates, then takes the first of the sorted ones."""
    settings = list(
        dict.fromkeys((row["rule"], row["learning_rate"], row["batch"]) for row in table)
    )
    if not settings:
        raise ValueError("an empty table")
    candidates, numbers = [], set()
    for place, setting in enumerate(settings):
        rows = [
            row for row in table if (row["rule"], row["learning_rate"], row["batch"]) == setting
        ]
        numbers.add(frozenset(row["repeat"] for row in rows))
        if len(numbers) > 1:
            raise ValueError(f"{setting} has other repeats than the settings before it")
        for at in range(len(rows[0]["dev"])):
            dev = [0.0 if row["dev"][at] != row["dev"][at] else row["dev"][at] for row in rows]
            test = [0.0 if row["test"][at] != row["test"][at] else row["test"][at] for row in rows]
            candidates.append((-float(np.mean(dev)), at, place, dev, test))
    low, at, place, dev, test = min(candidates, key=lambda one: one[:3])
    R, mean = len(dev), -low
    error = (sum((value - mean) ** 2 for value in dev) / (R - 1) / R) ** 0.5 if R > 1 else np.nan
    keys = dict(zip(("rule", "learning_rate", "batch"), settings[place], strict=True))
    return {**keys, "epoch": at + 1, "dev": mean, "dev_se": error, "test": sum(test) / R}


@variant("fair_grid", replaces="grid")
def seeds_by_a_generator(rates, batches, repeats, seed, n, epochs):
    """Seeds from a generator made of the experiment's seed and the repeat; a nested generator for the runs, steps by divmod."""
    if repeats < 1:
        raise ValueError(f"repeats: {repeats}")
    wrong = [size for size in batches if size not in range(1, n + 1)]
    if wrong:
        raise ValueError(f"batch sizes {wrong} are not from 1 to {n}")
    tried = list(map(len, rates.values()))
    if tried and tried != tried[:1] * len(tried):
        raise ValueError(f"learning rates a rule: {dict(zip(rates, tried))}")

    def runs():
        for repeat in range(repeats):
            init_seed, order_seed = (
                np.random.default_rng([seed, repeat])
                .integers(0, 2**63 - 1, size=2, endpoint=True)
                .tolist()
            )
            for batch in batches:
                whole, rest = divmod(n, batch)
                for rule in rates:
                    for rate in rates[rule]:
                        run = {
                            "rule": rule,
                            "learning_rate": rate,
                            "batch": batch,
                            "repeat": repeat,
                        }
                        yield run | {
                            "steps": (whole + (rest > 0)) * epochs,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }

    return list(runs())


@variant("fair_grid", replaces="best_run")
def one_array_for_all(table):
    """All values in one array of settings, repeats and epochs; the places of equals are looked up in it."""
    if not table:
        raise ValueError("the table is empty, expected at least one run")
    runs = {}
    for row in table:
        runs.setdefault((row["rule"], row["learning_rate"], row["batch"]), {})[row["repeat"]] = row
    settings = list(runs)
    repeats = sorted(runs[settings[0]])
    for setting in settings:
        if sorted(runs[setting]) != repeats:
            raise ValueError(
                f"{setting} has the repeats {sorted(runs[setting])}, expected {repeats}"
            )
    dev, test = (
        np.array(
            [[runs[setting][repeat][part] for repeat in repeats] for setting in settings], float
        )
        for part in ("dev", "test")
    )
    for values in (dev, test):
        values[np.isnan(values)] = 0
    mean = dev.mean(axis=1)  # (settings, epochs)
    epoch, place = min((e, s) for s, e in np.argwhere(mean == mean.max()).tolist())
    R, chosen = len(repeats), dev[place, :, epoch]
    return {
        **dict(zip(("rule", "learning_rate", "batch"), settings[place])),
        "epoch": epoch + 1,
        "dev": mean[place, epoch],
        "dev_se": np.std(chosen, ddof=1) / np.sqrt(R) if R > 1 else np.nan,
        "test": np.average(test[place, :, epoch]),
    }
