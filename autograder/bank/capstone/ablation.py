"""Known mistakes and right variants of `ablation`."""

import numpy as np

from autograder.bank import mistake, variant


@mistake("ablation", replaces="ablate")
def one_technique_in_at_a_time(run, techniques, seeds):
    """You put one technique in at a time, and leave all others out. An ablation goes the other way: one out, all others in."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError("at least 2 seeds, and each technique once")
    error = lambda v: float(np.std(v, ddof=1) / np.sqrt(len(v)))
    everything = np.array([run(list(techniques), seed) for seed in seeds])
    table = {"everything": {"mean": float(everything.mean()), "error": error(everything), "cost": 0.0, "cost_error": 0.0}}
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
        table[out] = {"mean": float(u.mean()), "error": error(u), "cost": float((u - everything).mean()), "cost_error": spread}
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
    scores = np.array([[run([t for t in techniques if t != row], seed) for seed in seeds] for row in rows], dtype=float)
    differences, n = scores - scores[0], len(seeds)
    spread = lambda v: np.sqrt(v.var(axis=1, ddof=1) / n)
    columns = zip(scores.mean(axis=1), spread(scores), differences.mean(axis=1), spread(differences))
    return {row or "everything": dict(zip(("mean", "error", "cost", "cost_error"), column)) for row, column in zip(rows, columns)}


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
