"""Question `clip_grad_norm`: one norm and one factor for all gradients."""

import numpy as np

from autograder.checking import check, compare, rules


def gradients(rng):
    return {
        "w1": rng.normal(size=(3, 4)),
        "b1": rng.normal(size=4) * 3,
        "scale": rng.normal(size=()) + 2,
        "w2": rng.normal(size=(2, 2, 3)),
    }


def norm(grads):
    return float(np.sqrt(sum((g**2).sum() for g in grads.values())))


def several(student, rng, shares):
    """Gradients, and what happens to them when max_norm is such a share of their norm, in one round trip."""
    drawn = [gradients(rng) for _ in shares]
    arguments = [(grads, share * norm(grads)) for grads, share in zip(drawn, shares, strict=True)]
    return list(zip(drawn, student.batch("clip_grad_norm", arguments), strict=True))


def clipped(value, names):
    """The dict of clipped gradients, and the total."""
    grads, total = compare.unpack(value, 2, "clipped and total")
    return compare.keys(grads, names, "clipped"), total


def factor(total, grads, max_norm):
    """By which one factor all gradients are scaled: by the student's own total, where that is another one."""
    right = norm(grads)
    own = (
        float(total)
        if isinstance(total, (int, float, np.generic)) and np.isfinite(total) and total > 0
        else right
    )
    return min(1.0, max_norm / right), min(1.0, max_norm / own)


def scaled(got, grads, factors, what, hint="", rtol=1e-6):
    """Every clipped gradient is the given one times one of the factors, the same for all."""
    for scale in factors:
        if all(
            np.shape(got[name]) == g.shape and np.allclose(got[name], scale * g, rtol=rtol, atol=0)
            for name, g in grads.items()
        ):
            return
    for name, g in grads.items():
        compare.close(got[name], factors[0] * g, f"clipped[{name!r}]{what}", rtol=rtol, hint=hint)


@check("clip_grad_norm", points=3)
def test_total(student, rng):
    """`total` is the norm of all gradients taken together, before clipping, and a plain float."""
    for grads, value in several(student, rng, (0.3, 2.0)):
        _, total = clipped(value, grads)
        compare.close(
            total,
            norm(grads),
            "total",
            hint="The root of the sum of all squares, over all tensors.",
        )
        compare.require(isinstance(total, float), "`total` is not a plain float.")


@check("clip_grad_norm", points=4)
def test_long_gradients_are_scaled(student, rng):
    """Gradients that are too long are all scaled by the one factor which makes their norm `max_norm`."""
    shares = (0.9, 0.05)
    for share, (grads, value) in zip(shares, several(student, rng, shares), strict=True):
        got, total = clipped(value, grads)
        hint = "The same factor for every tensor, and no entry treated by itself."
        scaled(got, grads, factor(total, grads, share * norm(grads)), "", hint)
    short = 1e-20
    grads = {name: short * g for name, g in gradients(rng).items()}
    got, total = clipped(student.clip_grad_norm(grads, short), grads)
    want = [scale * norm(grads) / short for scale in factor(total, grads, short)]
    if not np.isclose(norm(got) / short, want[1], rtol=1e-6):
        hint = "Exactly max_norm: nothing is added below the line."
        compare.close(
            norm(got) / short,
            want[0],
            "the norm after clipping short gradients to a shorter max_norm, over max_norm,",
            hint=hint,
        )


@check("clip_grad_norm", points=2)
def test_short_gradients_stay(student, rng):
    """Gradients whose norm is `max_norm` or less stay what they are."""
    shares = (1.0 + 1e-9, 40.0, np.inf, 1.5)
    for share, (grads, value) in zip(shares, several(student, rng, shares), strict=True):
        got, total = clipped(value, grads)
        hint = "Clipping shortens; it never lengthens, and inf only measures."
        scaled(
            got,
            grads,
            factor(total, grads, share * norm(grads)),
            " where nothing is to be clipped",
            hint,
        )


@check("clip_grad_norm", points=1)
def test_arguments_stay(student, rng):
    """No gradient is changed in place, nor the dict or the list that holds them."""
    grads = gradients(rng)
    for given in (grads, list(grads.values())):
        value = rules.pure(student, "clip_grad_norm", given, 0.1 * norm(grads))
        got, _ = compare.unpack(value, 2, "clipped and total")
        compare.require(
            type(got) is type(given) and len(got) == len(given),
            "What comes back is no dict or list like the one that was given.",
        )


@check("clip_grad_norm", points=2)
def test_zeros(student, rng):
    """Gradients of zero, and no gradients at all, have a total of 0 and stay what they are, without a warning."""
    got, total = clipped(
        rules.pure(student, "clip_grad_norm", {"w": np.zeros((2, 3)), "b": np.zeros(3)}, 0.7),
        ("w", "b"),
    )
    compare.close(total, 0.0, "total of zeros")
    compare.close(got["w"], np.zeros((2, 3)), "the clipped zeros", hint="What is divided by what?")
    got, total = compare.unpack(
        rules.pure(student, "clip_grad_norm", [], 0.7), 2, "clipped and total"
    )
    compare.require(got == [], "A list of no gradients does not come back as an empty list.")
    compare.close(total, 0.0, "total of no gradients")


@check("clip_grad_norm", points=1)
def test_dicts_and_lists(student, rng):
    """A dict comes back as a dict, a list as a list, with the same shapes and float32 kept; whole numbers become float64."""
    listed = [rng.normal(size=(2, 3)), rng.normal(size=4)]
    size = float(np.sqrt(sum((g**2).sum() for g in listed)))
    for share in (0.5, 3.0):
        got, total = compare.unpack(
            student.clip_grad_norm(listed, share * size), 2, "clipped and total"
        )
        compare.require(
            isinstance(got, list) and len(got) == 2,
            "A list of gradients does not come back as a list of as many.",
        )
        numbered = dict(enumerate(listed))
        scaled(got, numbered, factor(total, numbered, share * size), " of a list")
        single = {"a": listed[0].astype(np.float32), "b": listed[1].astype(np.float32)}
        got, total = clipped(student.clip_grad_norm(single, share * size), "ab")
        for name in "ab":
            compare.equal(
                str(getattr(got[name], "dtype", "")),
                "float32",
                "the dtype of a clipped float32 gradient",
            )
        compare.require(
            isinstance(total, float), "`total` is not a plain float for float32 gradients."
        )
    mixed = {"a": listed[0].astype(np.float32), "b": listed[1]}
    whole = {"a": np.array([[3, 0], [0, -4]]), "b": np.array([12])}
    for grads, kinds, most in (
        (mixed, ("float32", "float64"), 0.5 * size),
        (whole, ("float64", "float64"), 6.5),
    ):
        for max_norm in (most, 3 * norm(grads)):
            got, total = clipped(student.clip_grad_norm(grads, max_norm), "ab")
            for name, kind in zip("ab", kinds, strict=True):
                compare.equal(
                    str(getattr(got[name], "dtype", "")),
                    kind,
                    f"the dtype of a clipped {grads[name].dtype} gradient",
                )
            scaled(got, grads, factor(total, grads, max_norm), " of mixed dtypes", rtol=1e-5)


@check("clip_grad_norm", points=1)
def test_huge_float32(student, rng):
    """float32 gradients whose squares float32 cannot hold are clipped like any others."""
    direction = rng.normal(size=5)
    grads = {"w": (direction * 1e21).astype(np.float32), "b": np.float32([2e20])}
    exact = {name: g.astype(np.float64) for name, g in grads.items()}
    got, total = clipped(rules.pure(student, "clip_grad_norm", grads, 2.0), grads)
    compare.close(
        total,
        norm(exact),
        "total of huge float32 gradients",
        hint="In which dtype are the squares added up?",
    )
    for name, g in exact.items():
        compare.close(got[name], 2.0 * g / norm(exact), f"clipped[{name!r}]", rtol=1e-5)


@check("clip_grad_norm", points=1)
def test_bad_arguments(student, rng):
    """A `max_norm` that is not > 0 raises a ValueError naming it, and so does a gradient with nan or inf in it."""
    for bad in (0, -3):
        rules.rejects(student, "clip_grad_norm", gradients(rng), bad, mentions=(str(bad),))
    for bad in (np.nan, np.inf):
        for max_norm in (1.0, np.inf):
            rules.rejects(
                student,
                "clip_grad_norm",
                {"w": rng.normal(size=3), "b": np.array([1.0, bad])},
                max_norm,
            )
