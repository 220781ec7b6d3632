"""Question `affine`: the fully connected layer, forward and backward."""

import numpy as np

from autograder.checking import check, compare, rules

PARTS = ("dx", "dw", "db")


def draw(rng, N=5, shape=(2, 3), M=4):
    return (
        rng.normal(size=(N, *shape)),
        rng.normal(size=(int(np.prod(shape)), M)),
        rng.normal(size=M),
        rng.normal(size=(N, M)),
    )


def backward(student, x, w, b, dout):
    """The student's three gradients, by name."""
    _, cache = student.forward("affine_forward", x, w, b)
    return dict(
        zip(
            PARTS,
            compare.unpack(student.affine_backward(dout, cache), 3, ", ".join(PARTS)),
            strict=True,
        )
    )


@check("affine", points=4)
def test_forward(student, rng):
    """`affine_forward` flattens each example, multiplies it by $w$ and adds $b$."""
    for shape in ((6,), (2, 3), (3, 1, 2)):
        x, w, b, _ = draw(rng, 4, shape, 5)
        out, _ = student.forward("affine_forward", x, w, b)
        want = np.array(
            [sum(v * row for v, row in zip(example.flat, w, strict=True)) + b for example in x]
        )
        compare.close(
            out,
            want,
            "out",
            hint="One row for each example, in the order of its numbers in memory; and the bias.",
        )


@check("affine", points=4)
def test_dx(student, rng):
    """`affine_backward` gives `dx`, in the shape that `x` had."""
    for shape, M in (((7,), 4), ((3, 2), 4), ((2, 2, 3), 4), ((2, 2), 4)):  # w may be square
        x, w, b, dout = draw(rng, 5, shape, M)
        want = np.einsum("nm,dm->nd", dout, w).reshape(x.shape)
        compare.close(backward(student, x, w, b, dout)["dx"], want, "dx")


@check("affine", points=4)
def test_dw(student, rng):
    """`affine_backward` gives `dw`, to which every example contributes."""
    for N, shape in ((7, (5,)), (7, (3, 2)), (6, (3, 2))):  # as many examples as numbers in each
        x, w, b, dout = draw(rng, N, shape, 4)
        want = np.einsum("nd,nm->dm", x.reshape(N, -1), dout)
        compare.close(
            backward(student, x, w, b, dout)["dw"],
            want,
            "dw",
            hint="dout already knows how the examples are averaged.",
        )


@check("affine", points=3)
def test_db(student, rng):
    """`affine_backward` gives `db`."""
    x, w, b, dout = draw(rng, 6, (3, 2), 5)
    want = np.einsum("nm->m", dout)
    compare.close(
        backward(student, x, w, b, dout)["db"], want, "db", hint="How often is each bias used?"
    )


@check("affine", points=2)
def test_ones(student, rng):
    """`affine_backward` gives the same for one example, one output or one number an example as it does among others."""
    for N, shape, M, which in (
        (1, (2, 3), 4, "a batch of one"),
        (3, (2, 2), 1, "one output"),
        (4, (1, 1), 3, "one number an example"),
        (1, (1,), 1, "one example of one number, and one output"),
    ):
        x, w, b, dout = draw(rng, N, shape, M)
        more = np.zeros((2 * N, 2 * M))  # the same among as many that count for nothing
        more[:N, :M] = dout
        larger = backward(
            student,
            np.concatenate([x, x]),
            np.concatenate([w, w], axis=1),
            np.concatenate([b, b]),
            more,
        )
        found = False
        for name, grad in backward(student, x, w, b, dout).items():
            want, parts = {
                "dx": (x.shape, np.s_[:N]),
                "dw": (w.shape, np.s_[:, :M]),
                "db": (b.shape, np.s_[:M]),
            }[name]
            compare.shape(grad, want, f"{name} for {which}")
            compare.shape(
                larger[name],
                {"dx": (2 * N, *shape), "dw": (len(w), 2 * M), "db": (2 * M,)}[name],
                name,
            )
            part = larger[name][parts]
            compare.require(np.isfinite(part).all(), f"`{name}` holds nan or inf.")
            found = found or bool(part.any())
            ratio = float(np.sum(grad * part)) / max(
                float(np.sum(part * part)), 1e-12
            )  # a wrong factor costs its marks elsewhere
            compare.close(
                grad,
                ratio * part,
                f"{name} for {which}",
                hint="It is held against your own, found among more examples and outputs.",
            )
        compare.require(
            found, "`affine_backward` gives zeros alone."
        )  # which agree with one another


@check("affine", points=1)
def test_rejects(student, rng):
    """`affine_forward` refuses a `w` or a `b` that does not fit, and names the shape given and the one expected."""
    x, w, b, _ = draw(rng, 3, (2, 4), 5)
    rules.rejects(student, "affine_forward", x, w[:7], b, mentions=("7", "8"))
    rules.rejects(student, "affine_forward", x, w, b[:1], mentions=("(1,)", "(5,)"))
    rules.rejects(student, "affine_forward", x, w, b[None], mentions=("(1, 5)", "(5,)"))


@check("affine", points=2)
def test_manners(student, rng):
    """Both functions leave their arguments alone, take a batch of one, one output and any layout, keep float32 and float64, and share nothing but the cache."""
    x, w, b, dout = draw(rng)
    out, _ = student.forward("affine_forward", x, w, b)
    one, _ = student.forward("affine_forward", x[:1], w, b)
    compare.close(one, np.asarray(out)[:1], "out for a batch of one")
    for examples, outputs in ((5, 1), (1, 1)):
        few, _ = student.forward("affine_forward", x[:examples], w[:, :outputs], b[:outputs])
        want = np.asarray(out)[:examples, :outputs]
        compare.close(few, want, f"out of shape {(examples, outputs)}")
    _, cache = rules.pure(student, "affine_forward", x, w, b, keep_last=True)
    rules.pure(student, "affine_backward", dout, cache)
    rules.floats(student, "affine_forward", x, w, b, keep_last=True)
    rules.layouts(student, "affine_forward", x, w, b, keep_last=True)
    *others, _ = draw(rng)
    rules.own_cache(student, "affine_forward", "affine_backward", (x, w, b), tuple(others), dout)
    rules.layouts(student, "affine_backward", dout, cache)
    single = (v.astype(np.float32) for v in (x, w, b, dout))
    for name, grad in backward(student, *single).items():
        compare.require(
            getattr(grad, "dtype", None) == np.float32,
            f"{name} is {getattr(grad, 'dtype', type(grad).__name__)} for float32 arguments, where float32 was expected.",
        )
