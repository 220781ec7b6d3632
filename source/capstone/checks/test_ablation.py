"""Question `ablation`: the right runs, each once, and the right table out of them."""

import numpy as np

from autograder.checking import check, compare, rules
from utils.difference import difference


class Lab:
    """Runs on the grader's side: a score for every set of techniques and seed, without any pattern, the same whenever it is asked for."""

    def __init__(self, rng, names, seeds):
        self.names, self.seeds, self.calls, self.key = names, seeds, [], int(rng.integers(2**32))
        self.rows = ("everything", *names)

    def score(self, on, seed):
        out = [number for number, name in enumerate(self.names) if name not in on]
        code = sum(2**number for number in out)
        shift = 1.5 * (-1) ** out[0] if len(out) == 1 else 0.0  # costs of both signs
        return float(np.random.default_rng([self.key, code, seed]).normal() + shift)

    def run(self, on, seed):
        self.calls.append((tuple(on), seed))
        return self.score(on, seed)

    def scores(self):
        """The scores of each row: of the student's own runs, where these are as many rows as there should be, each with every seed."""
        asked = list(dict.fromkeys(on for on, _ in self.calls))
        whole = all((on, seed) in self.calls for on in asked for seed in self.seeds)
        right = [tuple(name for name in self.names if name != out) for out in self.rows]
        used = asked if len(asked) == len(self.rows) and whole else right
        return {
            row: np.array([self.score(on, seed) for seed in self.seeds])
            for row, on in zip(self.rows, used, strict=True)
        }

    def table(self, student):
        return compare.keys(student.ablate(self.run, self.names, self.seeds), self.rows, "table")


def lab(rng, techniques=3, seeds=4):
    names = [
        str(name)
        for name in rng.permutation(["momentum", "dropout", "clipping", "noise", "tea"])[
            :techniques
        ]
    ]
    return Lab(rng, names, [int(seed) for seed in rng.choice(1000, seeds, replace=False)])


def column(table, name):
    return np.array(
        [
            compare.keys(row, ("mean", "error", "cost", "cost_error"), "a row")[name]
            for row in table.values()
        ],
        dtype=float,
    )


def wanted(one, value):
    scores = one.scores()
    return np.array([value(each, scores["everything"]) for each in scores.values()])


def standard_error(values):
    return np.sqrt(np.sum((values - values.mean()) ** 2) / (len(values) - 1) / len(values))


@check("ablation", points=4)
def test_runs(student, rng):
    """Everything together, and each technique left out alone, is run once with every seed."""
    for techniques in (3, 1):
        one = lab(rng, techniques)
        one.table(student)
        rows = [
            tuple(name for name in one.names if name != out) for out in ("everything", *one.names)
        ]
        missing = {(row, seed) for row in rows for seed in one.seeds} - set(one.calls)
        strange = [call for call in one.calls if call[0] not in rows]
        compare.require(
            not strange,
            "`run` is asked for other combinations than everything, and everything but one.",
            "Leave all the others in, in their order.",
        )
        words = " of a single technique" if techniques == 1 else ""
        compare.require(
            not missing,
            f"{len(missing)} runs{words} are missing.",
            "Every row is run with every seed.",
        )
        compare.require(
            len(one.calls) == len(set(one.calls)),
            "a run is made twice.",
            "Each costs minutes, in earnest.",
        )


@check("ablation", points=2)
def test_means(student, rng):
    """The rows are in the right order, each with the mean of its scores."""
    one = lab(rng)
    table = one.table(student)
    compare.equal(list(table), list(one.rows), "the names of the rows, in order,")
    compare.close(column(table, "mean"), wanted(one, lambda u, s: u.mean()), "the means")


@check("ablation", points=3)
def test_errors(student, rng):
    """The standard error of each mean."""
    for seeds in (4, 2):
        one = lab(rng, seeds=seeds)
        got = column(one.table(student), "error")
        compare.close(
            got,
            wanted(one, lambda u, s: standard_error(u)),
            "the standard errors",
            hint="Of a mean, not of a single score; n - 1 below.",
        )


@check("ablation", points=2)
def test_costs(student, rng):
    """The cost of leaving a technique out is positive where the score grows, and 0 for everything."""
    one = lab(rng, 4)
    compare.close(
        column(one.table(student), "cost"), wanted(one, lambda u, s: (u - s).mean()), "the costs"
    )


@check("ablation", points=3)
def test_cost_errors(student, rng):
    """The cost's standard error is that of the differences, seed by seed."""
    one = lab(rng)
    table = one.table(student)
    got, want = column(table, "cost_error"), wanted(one, lambda u, s: standard_error(u - s))
    errors = [row.get("error") for row in table.values() if isinstance(row, dict)]
    if all(isinstance(error, float) for error in errors):
        factors = np.array(errors) / wanted(one, lambda u, s: standard_error(u))
        if difference(factors, np.full(len(factors), factors[0])) is None:
            want = want * factors[0]  # one factor in all errors is paid for with those of the means
    compare.close(got, want, "the costs' standard errors", hint="Pair the runs of one seed.")


@check("ablation", points=1)
def test_rules(student, rng):
    """A single seed and a technique that stands twice are refused; no argument is changed."""
    one = lab(rng)
    rules.pure(student, "ablate", one.run, one.names, one.seeds)
    rules.rejects(student, "ablate", one.run, one.names, one.seeds[:1])
    rules.rejects(student, "ablate", one.run, [one.names[0], *one.names], one.seeds)
