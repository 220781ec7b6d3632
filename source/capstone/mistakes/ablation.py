"""Known mistakes and right variants of `ablation`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("ablation", replaces="ablate")
def one_technique_in_at_a_time(run, techniques, seeds):
    """You put one technique in at a time, and leave all others out. An ablation goes the other way: one out, all others in."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v, ddof=1) / np.sqrt(len(v)))
    everything = np.array([run(list(techniques), seed) for seed in seeds])
    table = {
        "everything": {
            "mean": float(everything.mean()),
            "error": error(everything),
            "cost": 0.0,
            "cost_error": 0.0,
        }
    }
    for name in techniques:
        u = np.array([run([name], seed) for seed in seeds])
        table[name] = {
            "mean": float(u.mean()),
            "error": error(u),
            "cost": float((u - everything).mean()),
            "cost_error": error(u - everything),
        }
    return table


@mistake("ablation", replaces="ablate")
def techniques_taken_out_one_after_another(run, techniques, seeds):
    """Once out, a technique stays out in your runs: the last row is the bare baseline. Put each back before you take the next."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v, ddof=1) / np.sqrt(len(v)))
    table, everything, on = {}, None, list(techniques)
    for out in ("everything", *techniques):
        on = [name for name in on if name != out]
        u = np.array([run(on, seed) for seed in seeds])
        everything = u if everything is None else everything
        table[out] = {
            "mean": float(u.mean()),
            "error": error(u),
            "cost": float((u - everything).mean()),
            "cost_error": error(u - everything),
        }
    return table


@mistake("ablation", replaces="ablate")
def variance_over_n(run, techniques, seeds):
    """You divide the squares by n. Of few runs, that is too little: their own mean was fitted to them first."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v) / np.sqrt(len(v)))
    table, everything = {}, None
    for out in ("everything", *techniques):
        u = np.array([run([name for name in techniques if name != out], seed) for seed in seeds])
        everything = u if everything is None else everything
        table[out] = {
            "mean": float(u.mean()),
            "error": error(u),
            "cost": float((u - everything).mean()),
            "cost_error": error(u - everything),
        }
    return table


@mistake("ablation", replaces="ablate")
def standard_deviation_for_standard_error(run, techniques, seeds):
    """You give the standard deviation, which says how far a single run strays. The mean of n runs strays less: something is missing."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v, ddof=1))
    table, everything = {}, None
    for out in ("everything", *techniques):
        u = np.array([run([name for name in techniques if name != out], seed) for seed in seeds])
        everything = u if everything is None else everything
        table[out] = {
            "mean": float(u.mean()),
            "error": error(u),
            "cost": float((u - everything).mean()),
            "cost_error": error(u - everything),
        }
    return table


@mistake("ablation", replaces="ablate")
def errors_added_instead_of_paired(run, techniques, seeds):
    """Your cost's error is made from the errors of two means, as if they came from different seeds. They share them: take differences first, then their standard error."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v, ddof=1) / np.sqrt(len(v)))
    table, everything = {}, None
    for out in ("everything", *techniques):
        u = np.array([run([name for name in techniques if name != out], seed) for seed in seeds])
        first = everything is None
        everything = u if first else everything
        spread = 0.0 if first else float(np.hypot(error(u), error(everything)))
        table[out] = {
            "mean": float(u.mean()),
            "error": error(u),
            "cost": float((u - everything).mean()),
            "cost_error": spread,
        }
    return table


@mistake("ablation", replaces="ablate")
def sign_of_the_cost(run, techniques, seeds):
    """Your cost has the wrong sign. The score is an error: where leaving something out makes it grow, that costs."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v, ddof=1) / np.sqrt(len(v)))
    table, everything = {}, None
    for out in ("everything", *techniques):
        u = np.array([run([name for name in techniques if name != out], seed) for seed in seeds])
        everything = u if everything is None else everything
        table[out] = {
            "mean": float(u.mean()),
            "error": error(u),
            "cost": float((everything - u).mean()),
            "cost_error": error(u - everything),
        }
    return table


@variant("ablation", replaces="ablate")
def as_one_array(run, techniques, seeds):
    """All scores in one array, then four lines."""
    if not len(seeds) > 1:
        raise ValueError(f"got {len(seeds)} seeds, expected two or more")
    if sorted(set(techniques)) != sorted(techniques):
        raise ValueError("a technique stands twice, expected each once")
    rows = [None, *techniques]
    scores = np.array(
        [[run([t for t in techniques if t != row], seed) for seed in seeds] for row in rows],
        dtype=float,
    )
    differences, n = scores - scores[0], len(seeds)
    spread = lambda v: np.sqrt(v.var(axis=1, ddof=1) / n)
    columns = zip(
        scores.mean(axis=1), spread(scores), differences.mean(axis=1), spread(differences)
    )
    return {
        row or "everything": dict(zip(("mean", "error", "cost", "cost_error"), column))
        for row, column in zip(rows, columns)
    }


@variant("ablation", replaces="ablate")
def seeds_in_the_outer_loop(run, techniques, seeds):
    """Goes through all rows of one seed before the next, and has the sums by hand."""
    if len(seeds) < 2:
        raise ValueError(f"{len(seeds)} seeds, expected 2 at least")
    for name in techniques:
        if techniques.count(name) > 1:
            raise ValueError(f"{name} stands twice")
    scores = {row: [] for row in ["everything", *techniques]}
    for seed in seeds:
        for row in scores:
            scores[row].append(run([name for name in techniques if name != row], seed))
    n = len(seeds)

    def both(values):
        mean = sum(values) / n
        return mean, (sum((v - mean) ** 2 for v in values) / (n - 1) / n) ** 0.5

    table = {}
    for row, values in scores.items():
        mean, error = both(values)
        cost, cost_error = both([v - w for v, w in zip(values, scores["everything"])])
        table[row] = {"mean": mean, "error": error, "cost": cost, "cost_error": cost_error}
    return table


@variant("ablation", replaces="ablate")
def rows_of_a_dataclass(run, techniques, seeds):
    """A class holds the scores of a row, and the library's own statistics make the columns."""
    from dataclasses import dataclass
    from math import sqrt
    from statistics import fmean, stdev

    if len(seeds) < 2:
        raise ValueError(f"{len(seeds)} seeds, expected at least 2")
    if len({*techniques}) != len(techniques):
        raise ValueError(f"techniques is {techniques}, expected no name twice")

    @dataclass(frozen=True)
    class Row:
        scores: tuple

        @property
        def centre(self):
            return fmean(self.scores), stdev(self.scores) / sqrt(len(self.scores))

        def __sub__(self, other):
            return Row(tuple(mine - theirs for mine, theirs in zip(self.scores, other.scores)))

    def without(out):
        on = [name for name in techniques if name != out]
        return Row(tuple(float(run(on, seed)) for seed in seeds))

    everything = without(None)
    table = {
        "everything": {
            **dict(zip(("mean", "error"), everything.centre)),
            "cost": 0.0,
            "cost_error": 0.0,
        }
    }
    for name in techniques:
        row = without(name)
        table[name] = dict(
            zip(("mean", "error", "cost", "cost_error"), row.centre + (row - everything).centre)
        )
    return table


@variant("ablation", replaces="ablate")
def covariances(run, techniques, seeds):
    """The errors of the differences from variances and covariances, as in a textbook on paired samples."""
    if len(seeds) < 2 or len(np.unique(techniques)) < len(techniques):
        raise ValueError(
            f"{len(seeds)} seeds and techniques {techniques}, expected two seeds or more, and each technique once"
        )
    rows = ["everything"] + list(techniques)
    scores = np.empty((len(rows), len(seeds)))
    for i, j in np.ndindex(scores.shape):
        on = list(techniques)
        if i > 0:
            on.remove(rows[i])
        scores[i, j] = run(on, seeds[j])
    table = {}
    for out, row in zip(rows, scores):
        (own, shared), (_, base) = np.cov(row, scores[0]) / len(seeds)
        squared = 0.0 if out == "everything" else max(own + base - 2 * shared, 0.0)
        mean, first = np.average(row), np.average(scores[0])
        table[out] = {
            "mean": mean,
            "error": own**0.5,
            "cost": mean - first,
            "cost_error": squared**0.5,
        }
    return table


@variant("ablation", replaces="ablate")
def welford(run, techniques, seeds):
    """Scores come from a generator, and mean and spread are kept up to date without a list of them."""
    if len(seeds) <= 1:
        raise ValueError("one seed has no standard error, expected at least two")
    for place, name in enumerate(techniques):
        if name in techniques[:place]:
            raise ValueError(
                f"{name!r} stands at place {place} again, expected each technique once"
            )

    def spread(values):
        n, mean, squares = 0, 0.0, 0.0
        for value in values:
            n += 1
            step = value - mean
            mean += step / n
            squares += step * (value - mean)
        return mean, (squares / (n - 1)) ** 0.5 / n**0.5

    def scores_of(out):
        yield from (run([name for name in techniques if name != out], seed) for seed in seeds)

    base = list(scores_of("everything"))
    table = {}
    for out in ["everything", *techniques]:
        scores = base if out == "everything" else list(scores_of(out))
        mean, error = spread(scores)
        cost, cost_error = spread(u - s for u, s in zip(scores, base))
        table[out] = {"cost_error": cost_error, "cost": cost, "error": error, "mean": mean}
    return table
