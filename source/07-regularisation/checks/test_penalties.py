"""Question `penalties`: the price, its gradient, and what a rule gets of it."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules


def draw(rng, *shape):
    return rng.normal(size=shape) + np.sign(rng.normal(size=shape))


def near(got, want):
    return (
        got is not None
        and np.shape(got) == np.shape(want)
        and bool(np.allclose(got, want, rtol=1e-5, atol=1e-8))
    )


def price(value):
    loss, dw = compare.unpack(value, 2, "loss, dw")
    compare.shape(np.asarray(loss) if isinstance(loss, (int, float)) else loss, (), "loss")
    return loss, dw


class Rule:
    """A rule that divides the gradient by its size, has a memory and a rate that falls, and remembers what it was handed."""

    def __init__(self):
        self.asked = []

    def __call__(self, w, dw, config):
        self.asked.append((np.array(w), np.array(dw)))
        held = config.get("held", 0.0) + dw
        return w - config["learning_rate"] * held / (np.abs(dw) + 0.1), {
            **config,
            "held": held,
            "learning_rate": config["learning_rate"] / 2,
        }

    def only(self):
        compare.require(self.asked, "`rule` is never called.")
        compare.require(len(self.asked) == 1, "`rule` is called more than once in a step.")
        return self.asked[0]


@check("penalties", points=4)
def test_l2_loss(student, rng):
    """`l2_loss` is half of reg times the sum of all squared weights, whatever the shape."""
    for shape in ((4, 3), (2, 3, 2), (5,), (1, 1)):
        w, reg = draw(rng, *shape), float(rng.uniform(0.1, 2))
        loss, _ = price(student.l2_loss(w, reg))
        compare.close(loss, reg * sum(float(v) ** 2 for v in w.flat) / 2, "the loss of l2_loss")


@check("penalties", points=4)
def test_l2_gradient(student, rng):
    """The `dw` of `l2_loss` is the gradient of the loss."""
    w, reg = draw(rng, 3, 4), float(rng.uniform(0.1, 2))
    _, dw = price(student.l2_loss(w, reg))
    slope = numeric_gradient(
        student, "l2_loss", (w, reg), 0, 1.0, out=lambda value: value[0], keep_last=False
    )
    if not near(dw, slope):  # of the answer's own loss, which has a check of its own
        compare.close(
            dw,
            reg * w,
            "dw of l2_loss",
            hint="What happens to the factor 1/2 when you differentiate the square?",
        )


@check("penalties", points=5)
def test_l1(student, rng):
    """`l1_loss` is reg times the sum of all absolute weights. Its `dw` has the same size for every weight that is not 0, and is 0 for a weight of 0."""
    for shape in ((4, 3), (2, 3, 2), (6,)):
        w, reg = draw(rng, *shape), float(rng.uniform(0.1, 2))
        w.flat[[1, 4]] = 0.0
        w.flat[2] *= 1e-7
        loss, dw = price(student.l1_loss(w, reg))
        compare.close(loss, reg * sum(abs(float(v)) for v in w.flat), "the loss of l1_loss")
        compare.close(
            dw,
            reg * ((w > 0).astype(float) - (w < 0)),
            "dw of l1_loss",
            hint="Look at large, small, negative and zero weights in turn.",
        )


@check("penalties", points=4)
def test_decoupled_decay(student, rng):
    """`decoupled_decay` shrinks each weight by the same fraction, the product of learning rate and decay."""
    for rate, decay in ((0.3, 0.8), (0.05, 2.5), (0.7, 0.0), (0.0, 0.4), (0.9, 2.5)):
        w = draw(rng, 3, 5)
        got = student.decoupled_decay(w, rate, decay)
        hint = "next_w = (1 - learning_rate decay) w, even if the factor becomes negative."
        compare.close(got, w - rate * decay * w, "next_w of decoupled_decay", hint=hint)


def step_with(student, rng, kind):
    """What a step of a hidden rule gives, with all that went into it."""
    w, dw, decay, rate = draw(rng, 3, 4), draw(rng, 3, 4), float(rng.uniform(0.3, 1.5)), 0.2
    rule = Rule()
    next_w, left = compare.unpack(
        student.step_with_decay(rule, w, dw, {"learning_rate": rate}, decay, kind),
        2,
        "next_w, config",
    )
    return w, dw, decay, rate, rule, next_w, left


@check("penalties", points=2)
def test_step_with_l2(student, rng):
    """With `kind="l2"` the optimizer gets w and the gradient of the penalised loss."""
    w, dw, decay, rate, rule, next_w, _ = step_with(student, rng, "l2")
    at, gradient = rule.only()
    own = price(student.l2_loss(w, decay))[1]
    if not near(gradient, dw + own):  # by the answer's own l2_loss
        compare.close(
            gradient,
            dw + decay * w,
            "l2: the gradient that the optimizer gets",
            hint="Pass the gradient of L_data + decay/2 sum(w^2).",
        )
    compare.close(at, w, "l2: the weights that the optimizer gets")
    want, _ = rule(w, gradient, {"learning_rate": rate})
    compare.close(next_w, want, "l2: next_w", hint="Return the weights that the optimizer returns.")


@check("penalties", points=3)
def test_step_with_decoupled(student, rng):
    """With `kind="decoupled"` the weights shrink before the step, and the optimizer gets the gradient of the data loss alone."""
    w, dw, decay, rate, rule, next_w, _ = step_with(student, rng, "decoupled")
    _, gradient = rule.only()
    compare.close(
        gradient,
        dw,
        "decoupled: the gradient that the optimizer gets",
        hint="Pass the gradient of the data loss only.",
    )
    moved = rule(w, dw, {"learning_rate": rate})[0] - w
    if not near(
        next_w, np.asarray(student.decoupled_decay(w, rate, decay)) + moved
    ):  # by the answer's own decay
        hint = "Shrink w before the step, with the learning rate of this step."
        compare.close(next_w, w - rate * decay * w + moved, "decoupled: next_w", hint=hint)


@check("penalties", points=1)
def test_config_comes_back(student, rng):
    """With either kind you return the config that the optimizer returns."""
    for kind in ("l2", "decoupled"):
        *_, rule, _, left = step_with(student, rng, kind)
        _, gradient = rule.only()
        words = f"{kind}: config, what the rule left there,"
        compare.require(
            isinstance(left, dict) and "held" in left,
            f"{kind}: the config that you return is not the one that the optimizer returns.",
        )
        compare.close(left["held"], gradient, words)


@check("penalties", points=1)
def test_bad_arguments(student, rng):
    """A negative reg, decay or learning rate and an unknown kind raise a ValueError that names it. A reg of 0 is allowed."""
    w = draw(rng, 2, 3)
    rules.rejects(student, "l2_loss", w, -3, mentions=("-3",))
    rules.rejects(student, "l1_loss", w, -3, mentions=("-3",))
    rules.rejects(student, "decoupled_decay", w, 0.1, -7, mentions=("-7",))
    rules.rejects(student, "decoupled_decay", w, -7, 0.1, mentions=("-7",))
    for name, settings in (
        ("l2_loss", (-0.5,)),
        ("l1_loss", (-0.5,)),
        ("decoupled_decay", (-0.5, 0.1)),
        ("decoupled_decay", (0.1, -0.5)),
    ):
        rules.rejects(student, name, w, *settings)
    for name in ("l2_loss", "l1_loss"):
        loss, dw = compare.unpack(getattr(student, name)(w, 0.0), 2, "loss, dw")
        compare.close(loss, 0.0, f"the loss of {name} for reg = 0")
        compare.close(dw, np.zeros(w.shape), f"dw of {name} for reg = 0")
    for kind in ("L1", "L2"):
        rules.rejects(
            student,
            "step_with_decay",
            Rule(),
            w,
            w,
            {"learning_rate": 0.1},
            0.1,
            kind,
            mentions=(kind,),
        )
    for kind in ("l2", "decoupled"):
        rules.rejects(
            student,
            "step_with_decay",
            Rule(),
            w,
            w,
            {"learning_rate": 0.1},
            -7,
            kind,
            mentions=("-7",),
        )


@check("penalties", points=1)
def test_arguments_and_dtypes(student, rng):
    """The weights stay unchanged. float32 stays float32, and whole numbers become float64. Any memory layout works, and a weight of 0 causes no warning."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    for name, settings in (
        ("l2_loss", (0.5,)),
        ("l1_loss", (0.5,)),
        ("decoupled_decay", (0.5, 0.25)),
    ):
        rules.pure(student, name, w, *settings)
        rules.floats(student, name, w, *settings)
        rules.layouts(student, name, w, *settings)
    rules.pure(student, "l1_loss", np.array([[0.0, -1.0], [2.0, 0.0]]), 0.5)
    for rate, decay in ((0.5, 0.0), (0.0, 0.25)):
        rules.pure(student, "decoupled_decay", w, rate, decay, new=(0,))
    for kind in ("l2", "decoupled"):
        rules.pure(
            student,
            "step_with_decay",
            Rule(),
            w,
            dw,
            {"learning_rate": 0.5},
            0.25,
            kind,
            writes=(3,),
        )
        single, _ = compare.unpack(
            student.step_with_decay(
                Rule(),
                w.astype(np.float32),
                dw.astype(np.float32),
                {"learning_rate": 0.5},
                0.25,
                kind,
            ),
            2,
            "next_w, config",
        )
        compare.require(
            getattr(single, "dtype", None) == np.float32,
            "`next_w` is not float32, though the weights and the gradient are.",
        )
