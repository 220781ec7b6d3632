"""Question `robust_loss`: seven rows of three columns, their kinks, and what happens at zero."""

import numpy as np

from autograder.checking import check, compare, rules

KINDS = ("least_squares", "l1", "lp", "fair", "cauchy", "huber", "tukey")
FORBIDDEN = ("utils.gradients.numeric_gradient",)


def columns(answer):
    return compare.unpack(answer, 3, "rho, psi and omega")


def residuals(rng, xi=1.0):
    """Of both signs and both sides of xi, shape (2, 4), well away from 0 and from xi."""
    size = np.concatenate([rng.uniform(0.2, 0.9, 4), rng.uniform(1.1, 4, 4)]) * xi
    return rng.permutation(size * np.tile((1.0, -1.0), 4)).reshape(2, 4)


def agree(student, rng, *cases):
    """Compare rho and psi of each (kind, xi, p) with its row, which takes the sizes of the residuals and gives rho and omega."""
    asked = [(residuals(rng, xi), kind, xi, p) for kind, xi, p, _ in cases]
    for (x, kind, _, _), answer, (*_, row) in zip(
        asked, student.batch("robust_loss", asked), cases, strict=True
    ):
        rho, omega = row(np.abs(x))
        for name, got, want in list(
            zip(("rho", "psi"), columns(answer), (rho, omega * x), strict=False)
        ):
            hint = (
                "Look at either side of 0, and at either side of xi."
                if name == "rho"
                else "It follows from rho by its definition."
            )
            compare.close(got, want, f"{name} of `{kind}`", hint=hint)


def drawn(rng):
    return float(rng.uniform(0.4, 0.9)), float(rng.uniform(1.3, 3))


@check("robust_loss", points=3)
def test_least_squares_and_l1(student, rng):
    """`"least_squares"` and `"l1"` have the right loss and influence, for residuals of either sign and whatever xi is."""
    xi, other = drawn(rng)
    agree(
        student,
        rng,
        ("least_squares", xi, 1.5, lambda s: (s**2 / 2, np.ones_like(s))),
        ("l1", xi, 1.5, lambda s: (s, 1 / s)),
        ("l1", other, 1.2, lambda s: (s, 1 / s)),
    )


@check("robust_loss", points=3)
def test_lp(student, rng):
    """`"lp"` has the right loss and influence, for exponents from 1 to beyond 2."""
    exponents = float(rng.uniform(1.1, 1.4)), float(rng.uniform(2.2, 4)), 1.0, 2.0
    agree(
        student, rng, *(("lp", 1.0, p, lambda s, p=p: (s**p / p, s ** (p - 2))) for p in exponents)
    )


@check("robust_loss", points=4)
def test_fair_and_cauchy(student, rng):
    """`"fair"` and `"cauchy"` have the right loss and influence, at any scale."""
    scales = (*drawn(rng), 1.0)
    agree(
        student,
        rng,
        *(
            (
                "fair",
                xi,
                1.5,
                lambda s, xi=xi: (xi * s - xi**2 * np.log((xi + s) / xi), xi / (xi + s)),
            )
            for xi in scales
        ),
    )
    agree(
        student,
        rng,
        *(
            (
                "cauchy",
                xi,
                1.5,
                lambda s, xi=xi: (xi**2 * np.log(np.hypot(xi, s) / xi), xi**2 / (xi**2 + s**2)),
            )
            for xi in scales
        ),
    )


@check("robust_loss", points=3)
def test_huber(student, rng):
    """`"huber"` has the right loss and influence within xi, at xi and beyond."""

    def row(xi):
        return (
            "huber",
            xi,
            1.5,
            lambda s: (np.where(s < xi, s**2 / 2, xi * s - xi**2 / 2), np.minimum(1, xi / s)),
        )

    agree(student, rng, *(row(xi) for xi in (*drawn(rng), 1.0)))
    xi = 2.0 ** int(rng.integers(-2, 3))
    for got, want, name in zip(
        columns(student.robust_loss(np.array([xi, -xi]), "huber", xi)),
        ([xi**2 / 2] * 2, [xi, -xi]),
        ("rho", "psi"),
        strict=False,
    ):
        compare.close(
            got, np.array(want), f"{name} of `huber` at `xi`", hint="Both pieces meet there."
        )


@check("robust_loss", points=3)
def test_tukey(student, rng):
    """`"tukey"`, normalised, has the right loss and influence within xi, at xi and beyond."""

    def row(xi):
        def inner(s):
            return s**6 / (6 * xi**4) - s**4 / (2 * xi**2) + s**2 / 2, (1 - s**2 / xi**2) ** 2

        return "tukey", xi, 1.5, lambda s: inner(np.minimum(s, xi))

    agree(student, rng, *(row(xi) for xi in (*drawn(rng), 1.0)))
    xi = 2.0 ** int(rng.integers(-2, 3))
    for got, want, name in zip(
        columns(student.robust_loss(np.array([xi, -xi]), "tukey", xi)),
        (xi**2 / 6, 0.0),
        ("rho", "psi"),
        strict=False,
    ):
        compare.close(
            got, np.full(2, want), f"{name} of `tukey` at `xi`", hint="Both pieces meet there."
        )


@check("robust_loss", points=3)
def test_weights(student, rng):
    """In every row `omega` is your own `psi` divided by x, within xi and beyond; and no `rho` is negative."""
    for xi in (1.0, 2.0):
        x = residuals(rng, xi)
        answers = student.batch(
            "robust_loss", [(x, kind, xi, p) for kind in KINDS for p in (1.5, 3.0)]
        )
        for (kind, _), (rho, psi, omega) in zip(
            ((k, p) for k in KINDS for p in (1.5, 3.0)), map(columns, answers), strict=True
        ):
            for got, name in ((rho, "rho"), (psi, "psi"), (omega, "omega")):
                compare.shape(got, x.shape, f"{name} of `{kind}`")
            compare.close(
                omega * x, psi, f"omega of `{kind}`, times x,", hint="The weight is psi(x)/x."
            )
            compare.require(np.any(psi), f"`psi` of `{kind}` is zero everywhere.")
            compare.require(
                np.all(rho >= 0),
                f"`rho` of `{kind}` is negative somewhere.",
                "A loss is least where the residual is 0.",
            )


@check("robust_loss", points=2)
def test_defaults(student, rng):
    """Where they are not given, xi is 1 and p is 1.5; both can be given by name."""
    x = residuals(rng)
    for kind in KINDS:
        explicit = columns(student.robust_loss(x, kind, 1.0, 1.5))
        for words, answer in (
            ("where neither xi nor p is given", student.robust_loss(x, kind)),
            ("where p is not given", student.robust_loss(x, kind, 1.0)),
            ("where both are given by name", student.robust_loss(x, kind, p=1.5, xi=1.0)),
        ):
            for name, got, want in zip(
                ("rho", "psi", "omega"), columns(answer), explicit, strict=True
            ):
                compare.close(
                    got,
                    want,
                    f"{name} of `{kind}`, {words},",
                    hint="The head of the function says what is taken then.",
                )


@check("robust_loss", points=2)
def test_at_zero(student, rng):
    """A residual of 0 has loss 0, influence 0 and the limiting weight, without a warning; its neighbours and the residuals themselves stay as they are."""
    cases = [(kind, 1.5, np.inf if kind in ("l1", "lp") else 1.0) for kind in KINDS] + [
        ("lp", p, weight)
        for p, weight in ((1.0, np.inf), (1.9, np.inf), (2.0, 1.0), (2.2, 0.0), (3.0, 0.0))
    ]
    x = np.array([rng.uniform(0.2, 4), 0.0, -rng.uniform(0.2, 4), 1e-9, -1e-9])
    for kind, p, weight in cases:
        rho, psi, omega = columns(rules.pure(student, "robust_loss", x, kind, 1.0, p))
        for got, name in ((rho, "rho"), (psi, "psi"), (omega, "omega")):
            compare.shape(got, x.shape, f"{name} of `{kind}`")
        compare.close(rho[1], 0.0, f"rho of `{kind}` at 0")
        compare.close(psi[1], 0.0, f"psi of `{kind}` at 0")
        compare.close(
            omega[1], weight, f"omega of `{kind}` at 0", hint="What does psi(x)/x tend to?"
        )
        beside = x != 0
        compare.close(
            omega[beside] * x[beside],
            psi[beside],
            f"omega of `{kind}` beside 0, times x,",
            hint="Near 0 is not at 0.",
        )


@check("robust_loss", points=1)
def test_bad_arguments(student, rng):
    """An unknown kind, a xi that is not > 0 and a p below 1 raise a ValueError that names what was given."""
    x = residuals(rng)
    rules.rejects(student, "robust_loss", x, "welsch", mentions=("welsch",))
    rules.rejects(student, "robust_loss", x, "Huber", 1.0, 1.5)
    for xi in (0, -2):
        for kind in ("huber", "fair", "cauchy", "tukey"):
            rules.rejects(student, "robust_loss", x, kind, xi, mentions=(str(xi),))
    rules.rejects(student, "robust_loss", x, "lp", 1.0, 0.75)
    rules.rejects(student, "robust_loss", x, "lp", 1.0, 0, mentions=("0",))


@check("robust_loss", points=1)
def test_arguments_and_dtypes(student, rng):
    """Residuals stay as they are; float32 stays float32, integers become float64; any layout will do; no loop over the entries."""
    x, whole = residuals(rng), np.array([-3, 0, 2, 1])
    for given, want in (
        (x.astype(np.float32), np.float32),
        (whole, np.float64),
        (x[0, :1], np.float64),
        (x.reshape(2, 2, 2), np.float64),
    ):
        for kind, answer in zip(
            KINDS,
            student.batch("robust_loss", [(given, kind, 1.25, 1.5) for kind in KINDS]),
            strict=True,
        ):
            for name, got in zip(("rho", "psi", "omega"), columns(answer), strict=True):
                compare.shape(got, given.shape, f"{name} of `{kind}`")
                compare.require(
                    got.dtype == want,
                    f"`{name}` of `{kind}` is {got.dtype} for {given.dtype} residuals, where {np.dtype(want)} was expected.",
                )
    for kind in KINDS:
        rules.pure(student, "robust_loss", x, kind, 1.25, 1.5, new=(0, 1, 2))
    rules.layouts(student, "robust_loss", x, "huber", 1.25, 1.5)
    rules.vectorised(student, "robust_loss", lambda n: (rng.normal(size=n), "tukey", 1.0, 1.5))
    rules.vectorised(student, "robust_loss", lambda n: (rng.normal(size=n), "l1", 1.0, 1.5))
