"""What goes wrong, and what else goes right, in `relu_family`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "relu_family",
    replaces="relu_backward",
    change={
        "x = cache\n    return np.where(x > 0, dout, 0.0)": "return np.where(cache >= 0, dout, 0.0)"
    },
)
def relu_passes_at_zero():
    """`relu_backward` opens its gate at $x \\ge 0$. In the corner itself, at $x = 0$, the slope is to be 0."""


@mistake("relu_family", replaces="relu_backward")
def relu_cuts_dout_in_place(dout, cache):
    """`relu_backward` writes zeros into `dout`. That array belongs to the caller, who may need it for another branch: make a new one."""
    dout[cache <= 0] = 0
    return dout


@mistake(
    "relu_family",
    replaces="relu_backward",
    change={
        "x = cache\n    return np.where(x > 0, dout, 0.0)": "return np.where(cache > 0, np.maximum(dout, 0.0), 0.0)"
    },
)
def gate_opened_by_dout():
    """`relu_backward` also cuts off what is negative in `dout`. Gradients may have any sign; it is the sign of `x` alone that opens the gate."""


@mistake(
    "relu_family",
    replaces="relu_backward",
    change={"x = cache\n    return np.where(x > 0, dout, 0.0)": "return np.maximum(dout, 0.0)"},
)
def relu_of_dout():
    """`relu_backward` applies ReLU to `dout`. Its slope depends on `x`, which has to come through the cache; `dout` is only multiplied by it."""


@mistake(
    "relu_family",
    replaces="relu_backward",
    change={
        "x = cache\n    return np.where(x > 0, dout, 0.0)": "return np.where(cache > 0, np.ones_like(dout), 0.0)"
    },
)
def relu_slope_without_dout():
    """`relu_backward` returns the slope alone. What arrives from above has to be multiplied by it: that is the chain rule."""


@mistake(
    "relu_family",
    replaces="relu_forward",
    change={"return np.maximum(x, 0.0), x": "x[x < 0] = 0\n    return x * 1.0, x"},
)
def relu_in_place():
    """`relu_forward` writes zeros into `x` itself. That array belongs to the caller."""


@mistake("relu_family", replaces="relu_forward")
def integers_stay_integers(x):
    """Whole numbers in give whole numbers out of `relu_forward`. A network computes with floats: convert whole numbers first."""
    return np.maximum(x, 0), x


@mistake("relu_family", replaces=("leaky_relu_forward", "leaky_relu_backward"))
def leaky_as_a_maximum():
    """Your leaky ReLU is $\\max(s x, x)$. For a slope above 1 the larger of the two is the wrong one: choose by the sign of $x$."""

    def forward(x, slope=0.01):
        return np.maximum(slope * x, 1.0 * x), (x, slope)

    def backward(dout, cache):
        x, slope = cache
        return np.where(slope * x >= x, slope * dout, dout)

    return forward, backward


@mistake(
    "relu_family",
    replaces="leaky_relu_backward",
    change={"np.where(x > 0, dout, slope * dout)": "np.where(x >= 0, dout, slope * dout)"},
)
def leaky_slope_at_zero_is_one():
    """At $x = 0$ your `leaky_relu_backward` has slope 1. The corner belongs to the left branch: there the slope is `slope`."""


@mistake(
    "relu_family",
    replaces="leaky_relu_backward",
    change={"x, slope": "x, _", "slope * dout": "0.01 * dout"},
)
def leaky_slope_is_a_fixed_number():
    """`leaky_relu_backward` uses 0.01 whatever slope its forward was called with. Put the slope into the cache."""


@mistake(
    "relu_family",
    replaces="leaky_relu_forward",
    change={"float(slope) * x": "0.01 * x", "(x, float(slope))": "(x, slope)"},
)
def leaky_ignores_its_slope():
    """`leaky_relu_forward` uses 0.01 whatever slope it is called with. That is only what it is if none is given."""


@mistake("relu_family", replaces="leaky_relu_forward")
def leaky_default_of_another_deck(x, slope=0.1):
    """Your `leaky_relu_forward` has a default slope of 0.1, as D0 prints it. In this course it is 0.01."""
    return np.where(x > 0, x, slope * x), (x, slope)


@mistake(
    "relu_family",
    replaces="elu_backward",
    change={"x, out, alpha": "x, out, _", "out + alpha": "out + 1.0"},
)
def elu_slope_is_out_plus_one():
    """`elu_backward` has the slope out + 1, which is right for $\\alpha = 1$ only. Write out $\\alpha(e^x - 1)$ and its derivative, and ask what has to be added to the one to give the other."""


@mistake("relu_family", replaces="elu_backward")
def elu_slope_without_alpha(dout, cache):
    """`elu_backward` has the slope $e^x$ on the left: the factor $\\alpha$ is lost. It is right for $\\alpha = 1$ only."""
    x, _, _ = cache
    return dout * np.where(x > 0, 1.0, np.exp(np.minimum(x, 0.0)))


@mistake(
    "relu_family",
    replaces="elu_backward",
    change={"np.where(x > 0, 1.0, out + alpha)": "np.where(x >= 0, 1.0, out + alpha)"},
)
def elu_slope_at_zero_is_one():
    """At $x = 0$ your `elu_backward` has slope 1. The corner belongs to the left branch: there the slope is $\\alpha$."""


@mistake(
    "relu_family",
    replaces="elu_backward",
    change={"x, out, alpha": "x, _, alpha", "out + alpha": "alpha * np.exp(x)"},
)
def elu_slope_overflows_in_the_other_branch():
    """`elu_backward` takes $e$ to the power of large positive numbers, in the branch of `np.where` that nobody needs, and warns of an overflow. The output of the forward knows that exponential already."""


@mistake("relu_family", replaces=("leaky_relu_forward", "leaky_relu_backward"))
def leaky_gate_opened_by_out():
    """`leaky_relu_backward` asks for the sign of the *output*. For a negative slope that is not the sign of `x`, by which the branch was chosen."""

    def forward(x, slope=0.01):
        out = np.where(x > 0, x, float(slope) * x)
        return out, (out, float(slope))

    def backward(dout, cache):
        out, slope = cache
        return np.where(out > 0, dout, slope * dout)

    return forward, backward


@mistake("relu_family", replaces="elu_forward")
def elu_overflows_in_the_other_branch(x, alpha=1.0):
    """`np.where` evaluates both branches for every entry, so `elu_forward` also takes $e$ to the power of large positive numbers, which overflows with a warning, though nobody needs it. Make the exponent harmless there first."""
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1.0))
    return out, (x, out, alpha)


@mistake(
    "relu_family",
    replaces="elu_forward",
    change={
        "float(alpha) * np.expm1(np.minimum(x, 0.0))": "alpha * np.exp(np.minimum(x, 0.0)) - 1.0",
        "(x, out, float(alpha))": "(x, out, alpha)",
    },
)
def elu_alpha_inside_the_exponential():
    """`elu_forward` multiplies by $\\alpha$ before it subtracts the 1. The bracket has to be a whole: otherwise there is a jump at 0."""


@mistake(
    "relu_family",
    replaces=(
        "relu_forward",
        "relu_backward",
        "leaky_relu_forward",
        "leaky_relu_backward",
        "elu_forward",
        "elu_backward",
    ),
)
def last_call_remembered():
    """Your backward uses what the forward saw *last*, not the cache that it is given. A network may call the forward with other inputs before it calls the backward: put all that the backward needs into the cache."""

    def layer(right_forward, right_backward):
        last = {}

        def forward(*args):
            out, last["cache"] = right_forward(*args)
            return out, None

        return forward, lambda dout, cache: right_backward(dout, last["cache"])

    return (
        *layer(relu_forward, relu_backward),
        *layer(leaky_relu_forward, leaky_relu_backward),
        *layer(elu_forward, elu_backward),
    )


@mistake("relu_family", replaces=("relu_forward", "relu_backward"))
def mask_written_over_x():
    """`relu_backward` turns the `x` in its cache into a mask, in place. That array belongs to the caller of `relu_forward`: make a new one, by a comparison."""

    def backward(dout, x):
        x[x <= 0] = 0
        x[x > 0] = 1
        return dout * x

    return lambda x: (np.maximum(x, 0.0), x), backward


@mistake(
    "relu_family", replaces="relu_forward", change={"np.maximum(x, 0.0)": "np.clip(x, 0.0, 6.0)"}
)
def cut_off_at_six():
    """`relu_forward` cuts off what is large as well. That is another activation, which some networks use; ReLU leaves all positive numbers as they are."""


@mistake("relu_family", replaces="leaky_relu_forward")
def filled_in_another_order(x, slope=0.01):
    """`leaky_relu_forward` writes into `out.ravel()`. Of an array that is not in row order that is a copy: what you write there never gets into `out`. Work on whole arrays, and no order matters."""
    out = np.zeros_like(x, dtype=np.result_type(x, np.float32))
    flat = out.ravel()
    for i, v in enumerate(x.ravel()):
        flat[i] = v if v > 0 else slope * v
    return out, (x, float(slope))


@mistake(
    "relu_family",
    replaces="elu_backward",
    change={
        "dout * np.where(x > 0, 1.0, out + alpha)": "np.where(x > 0, dout, dout * alpha * np.exp(np.clip(x, -700, 700)))"
    },
)
def elu_slope_clipped_for_float64_only():
    """`elu_backward` takes $e$ to a power that is clipped for float64. float32 ends at $e^{88}$. The slope can be had from the output, without an exponential."""


@mistake("relu_family", replaces="elu_forward")
def elu_forward_without_alpha(x, alpha=1.0):
    """`elu_forward` never uses `alpha`, so it is right for alpha = 1 only."""
    out = np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))
    return (out, (x, alpha * np.expm1(np.minimum(x, 0.0)) * (x <= 0) + x * (x > 0), float(alpha)))


@mistake("relu_family", replaces="elu_forward", change={"1.0": "0.1"})
def elu_default_is_not_one():
    """`alpha` is 1 if it is not given. Yours has another default."""


@mistake(
    "relu_family",
    replaces="elu_forward",
    change={
        "float(alpha) * np.expm1(np.minimum(x, 0.0))": "np.expm1(float(alpha) * np.minimum(x, 0.0))"
    },
)
def elu_alpha_times_x():
    """`elu_forward` multiplies $x$ by $\\alpha$ inside the exponential. $\\alpha$ is a factor of the whole left branch."""


@mistake("relu_family", replaces="elu_backward", change={"out + alpha": "out"})
def elu_slope_is_the_output():
    r"""`elu_backward` takes the output itself for the slope. The output is $\alpha e^x - \alpha$, the slope is $\alpha e^x$: what is missing?"""


@mistake("relu_family", replaces="elu_backward")
def elu_slope_float64_always(dout, cache):
    """`elu_backward` puts the slope into an array made by `np.ones(shape)`, which is float64. Give it the dtype of `x`, so that float32 stays float32."""
    x, out, alpha = cache
    s = np.ones(x.shape)
    s[x <= 0] = (out + alpha)[x <= 0]
    return dout * s


@mistake(
    "relu_family",
    replaces="relu_backward",
    change={
        "np.where(x > 0, dout, 0.0)": "np.where(x > 0, dout, np.where(x == 0, 0.5 * dout, 0.0))"
    },
)
def relu_halved_at_zero():
    """At $x = 0$, `relu_backward` passes half of `dout`. That is one convention; here the slope at 0 is 0."""


@mistake(
    "relu_family",
    replaces="relu_backward",
    change={"np.where(x > 0, dout, 0.0)": "dout * np.sign(x)"},
)
def relu_slope_is_the_sign():
    """`relu_backward` multiplies by the sign of `x`: negative inputs get -1 where they should get 0."""


@mistake("relu_family", replaces="leaky_relu_backward", change={"slope * dout": "slope * x"})
def leaky_slope_times_x():
    """On the negative side, `leaky_relu_backward` returns slope times `x`. That is the forward; the backward multiplies `dout` by the slope."""


@mistake("relu_family", replaces="leaky_relu_backward", change={"slope * dout": "0.0"})
def leaky_backward_is_that_of_relu():
    """`leaky_relu_backward` lets nothing pass on the negative side. The slope there is `slope`, not 0."""


@mistake(
    "relu_family", replaces="leaky_relu_forward", change={"float(slope) * x": "-float(slope) * x"}
)
def leaky_sign_flipped():
    """On the negative side, `leaky_relu_forward` gives $-s x$, which is positive. It should be $s x$."""


@mistake("relu_family", replaces="leaky_relu_forward")
def slope_of_zero_is_replaced(x, slope=0.01):
    """A slope of 0 is replaced by the default, as in `slope or 0.01`: Python takes 0 for False. A slope of 0 was given and is a slope like any other."""
    slope = slope or 0.01
    return (np.where(x > 0, x, float(slope) * x), (x, float(slope)))


@mistake("relu_family", replaces="leaky_relu_forward")
def slope_is_clipped(x, slope=0.01):
    """`leaky_relu_forward` keeps the slope between 0 and 1. It may be any number."""
    slope = min(max(float(slope), 0), 1)
    return (np.where(x > 0, x, float(slope) * x), (x, float(slope)))


@variant("relu_family", replaces=("relu_forward", "relu_backward"))
def relu_by_a_mask():
    """Products with a mask, which is all the cache keeps."""

    def forward(x):
        mask = x > 0
        return x * mask.astype(np.result_type(x, np.float32)), mask

    def backward(dout, cache):
        return dout * cache

    return forward, backward


@variant("relu_family", replaces=("leaky_relu_forward", "leaky_relu_backward"))
def leaky_in_two_parts():
    """The positive and the negative part added; the slopes kept as an array."""

    def forward(x, slope=0.01):
        out = np.maximum(x, 0.0) + slope * np.minimum(x, 0.0)
        slopes = np.ones_like(out)
        slopes[x <= 0] = slope
        return out, slopes

    def backward(dout, cache):
        return cache * dout

    return forward, backward


@variant("relu_family", replaces=("elu_forward", "elu_backward"))
def elu_by_boolean_indexing():
    """Only the negative entries meet the exponential, once more in the backward."""

    def forward(x, alpha=1.0):
        out = np.array(x, dtype=np.result_type(np.float32, x))
        left = out <= 0
        out[left] = alpha * (np.exp(out[left]) - 1)
        return out, {"x": x, "alpha": alpha}

    def backward(dout, cache):
        dx = dout.copy()
        left = cache["x"] <= 0
        dx[left] *= cache["alpha"] * np.exp(cache["x"][left])
        return dx

    return forward, backward


@variant("relu_family", replaces=("elu_forward", "elu_backward", "relu_forward", "relu_backward"))
def slopes_made_in_the_forward():
    """Every forward calculates its slope at once, and the backward multiplies."""

    def times(dout, cache):
        return np.multiply(dout, cache)

    def elu(x, alpha=1.0):
        e = np.exp(np.minimum(x, 0.0))
        return np.where(x > 0, x, alpha * (e - 1)), np.where(x > 0, 1.0, alpha * e)

    def relu(x):
        return (np.abs(x) + x) / 2, (np.sign(x) + 1.0) // 2 * (x != 0)

    return elu, times, relu, times
