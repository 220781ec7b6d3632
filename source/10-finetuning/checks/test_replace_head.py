"""Question `replace_head`: a new last layer, the old body, and no memory shared."""

from functools import partial

import numpy as np

from autograder.checking import check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion


def draw(rng, sizes=(5, 4, 6, 3), dtype=np.float64):
    """A network whose layers 2, 4, ... have batch norm, its names in an order of no meaning, of which the head is never the last."""
    params, head = {}, len(sizes) - 1
    for k in range(1, head + 1):
        params[f"w{k}"] = rng.normal(size=sizes[k - 1 : k + 1])
        params[f"b{k}"] = rng.normal(size=sizes[k])
        if k % 2 == 0 and k < head:
            params |= {
                f"{part}{k}": rng.uniform(0.5, 2, sizes[k])
                for part in ("gamma", "beta", "mean", "var")
            }
    names = [str(name) for name in rng.permutation(list(params))]
    names.sort(key=lambda name: name == "w1")  # it comes last; the others stay where they are
    return {name: params[name].astype(dtype) for name in names}


def new_network(student, params, classes, rng):
    return compare.keys(student.replace_head(params, classes, rng), params, "the new network")


@check("replace_head", points=3)
def test_shapes(student, rng):
    """The new head has a weight for each feature and class and a zero bias for each class, be there more or fewer classes than before."""
    for sizes, classes in (((5, 4, 6, 3), 7), ((4, 5, 8), 2), ((6, 4), 4)):
        params, head = draw(rng, sizes), len(sizes) - 1
        new = new_network(student, params, classes, rng)
        compare.shape(new[f"w{head}"], (sizes[-2], classes), "the weights of the head")
        compare.close(new[f"b{head}"], np.zeros(classes), "the bias of the head")
        compare.require(
            not np.array_equal(new[f"w{head}"], params[f"w{head}"]),
            "the head's weights are the old ones.",
        )


@check("replace_head", points=3)
def test_body(student, rng):
    """Everything but the head has the old numbers, batch norm's memory too, in networks of more than nine layers as well."""
    for sizes in ((5, 4, 6, 3), (3,) * 10 + (4, 2)):
        params, head = draw(rng, sizes), len(sizes) - 1
        new = new_network(student, params, 5, rng)
        compare.shape(
            new[f"w{head}"],
            (sizes[-2], 5),
            f"w{head}",
            hint="Which layer is the last of eleven? Names are sorted otherwise than numbers.",
        )
        for name in params:
            if name not in (f"w{head}", f"b{head}"):
                compare.equal(new[name], params[name], f"`{name}` of the body")


@check("replace_head", points=3)
def test_spread(student, rng):
    """The new weights have mean 0 and variance 1/D (within 6.5 standard errors), and differ from one generator to another."""
    for inputs, classes, before in ((150, 60, 4), (40, 300, 4), (60, 150, 150)):
        params = {
            "w1": rng.normal(size=(3, inputs)),
            "b1": rng.normal(size=inputs),
            "w2": rng.normal(size=(inputs, before)),
            "b2": rng.normal(size=before),
        }
        seed = int(rng.integers(1 << 30))
        w = new_network(student, params, classes, np.random.default_rng(seed))["w2"]
        compare.shape(w, (inputs, classes), "w2")
        z, n = w * np.sqrt(inputs), w.size
        near_mean(z, 0, np.sqrt(1 / n), "the mean of the new weights")
        near_mean(
            z**2,
            1,
            np.sqrt(2 / n),
            "the variance of the new weights",
            hint="1/D, with D the number of features; the root of it is the deviation.",
        )
        tail = 0.080118  # of normal numbers lies beyond 1.75 deviations
        near_mean(
            np.abs(z) > 1.75,
            tail,
            np.sqrt(tail * (1 - tail) / n),
            "the share of large new weights",
            hint="Normal, not uniform.",
        )
        compare.require(
            len(np.unique(w)) == w.size,
            "some of the new weights are equal.",
            "Each is drawn on its own, or classes learn alike.",
        )
        compare.require(
            np.ptp((w**2).sum(axis=0)) > 1e-3,
            "the new weights of all classes have the same norm.",
            "Each weight is drawn on its own.",
        )
    other = new_network(student, params, classes, np.random.default_rng(seed + 1))["w2"]
    compare.require(not np.array_equal(w, other), "another generator gives the same weights.")


@check("replace_head", points=4)
def test_no_shared_memory(student, rng):
    """Training the new network in place does not change the old one."""
    params = draw(rng, (5, 4, 6, 5, 4))
    seed = int(rng.integers(1 << 30))
    plain = new_network(student, params, 3, np.random.default_rng(seed))
    report = student.report("head_then_train_in_place", params, 3, np.random.default_rng(seed))
    new = compare.keys(report.value, params, "the new network")
    moved = [name for name in params if not np.array_equal(new[name], plain[name] + 1)]
    compare.require(
        not moved,
        "adding 1 to the new network in place does not add 1 to it: two of its names share an array, or it cannot be written to.",
    )
    left = compare.keys(report.args[0], params, "the old network after that")
    changed = sorted(name for name in params if not np.array_equal(left[name], params[name]))
    compare.require(
        not changed,
        f"training the new network in place changes {', '.join(f'`{name}`' for name in changed)} of the old one.",
        "A new dictionary may still hold the old arrays, or views of them.",
    )


@check("replace_head", points=2)
def test_manners(student, rng):
    """`params` stays as it is, float32 stays float32, any layout will do, and a number of classes that makes no sense is refused."""
    params = draw(rng)
    rules.pure(student, "replace_head", params, 4, rng)
    rules.floats(student, "replace_head", params, 4, rng, integers=False)
    rules.layouts(student, "replace_head", params, 4, rng)
    new_network(student, params, np.int64(4), rng)  # as `y.max() + 1` gives it
    rules.rejects(student, "replace_head", params, 1, rng, mentions=("1",))
    rules.rejects(student, "replace_head", params, 0, rng, mentions=("0",))
    rules.rejects(student, "replace_head", params, 2.5, rng)
