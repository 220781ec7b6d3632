"""What goes wrong, and what else goes right, in `relu_family`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("relu_family", replaces="relu_backward")
def relu_passes_at_zero(dout, cache):
    """`relu_backward` opens its gate at $x \\ge 0$. In the corner itself, at $x = 0$, the slope is to be 0."""
    return np.where(cache >= 0, dout, 0.0)


@mistake("relu_family", replaces="relu_backward")
def relu_cuts_dout_in_place(dout, cache):
    """`relu_backward` writes zeros into `dout`. That array belongs to the caller, who may need it for another branch: make a new one."""
    dout[cache <= 0] = 0
    return dout


@mistake("relu_family", replaces="relu_backward")
def gate_opened_by_dout(dout, cache):
    """`relu_backward` also cuts off what is negative in `dout`. Gradients may have any sign; it is the sign of `x` alone that opens the gate."""
    return np.where(cache > 0, np.maximum(dout, 0.0), 0.0)


@mistake("relu_family", replaces="relu_backward")
def relu_of_dout(dout, cache):
    """`relu_backward` applies ReLU to `dout`. Its slope depends on `x`, which has to come through the cache; `dout` is only multiplied by it."""
    return np.maximum(dout, 0.0)


@mistake("relu_family", replaces="relu_backward")
def relu_slope_without_dout(dout, cache):
    """`relu_backward` returns the slope alone. What arrives from above has to be multiplied by it: that is the chain rule."""
    return np.where(cache > 0, np.ones_like(dout), 0.0)


@mistake("relu_family", replaces="relu_forward")
def relu_in_place(x):
    """`relu_forward` writes zeros into `x` itself. That array belongs to the caller."""
    x[x < 0] = 0
    return x * 1.0, x


@mistake("relu_family", replaces="relu_forward")
def integers_stay_integers(x):
    """Whole numbers in give whole numbers out of `relu_forward`. Numbers in a network are to be floats, whatever they came from."""
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


@mistake("relu_family", replaces="leaky_relu_backward")
def leaky_slope_at_zero_is_one(dout, cache):
    """At $x = 0$ your `leaky_relu_backward` has slope 1. The corner belongs to the left branch: there the slope is `slope`."""
    x, slope = cache
    return np.where(x >= 0, dout, slope * dout)


@mistake("relu_family", replaces="leaky_relu_backward")
def leaky_slope_is_a_fixed_number(dout, cache):
    """`leaky_relu_backward` uses 0.01 whatever slope its forward was called with. Put the slope into the cache."""
    x, _ = cache
    return np.where(x > 0, dout, 0.01 * dout)


@mistake("relu_family", replaces="leaky_relu_forward")
def leaky_ignores_its_slope(x, slope=0.01):
    """`leaky_relu_forward` uses 0.01 whatever slope it is called with. That is only what it is if none is given."""
    return np.where(x > 0, x, 0.01 * x), (x, slope)


@mistake("relu_family", replaces="leaky_relu_forward")
def leaky_default_of_another_deck(x, slope=0.1):
    """Your `leaky_relu_forward` has a default slope of 0.1, as D0 prints it. In this course it is 0.01."""
    return np.where(x > 0, x, slope * x), (x, slope)


@mistake("relu_family", replaces="elu_backward")
def elu_slope_is_out_plus_one(dout, cache):
    """`elu_backward` has the slope out + 1, which is right for $\\alpha = 1$ only. Write out $\\alpha(e^x - 1)$ and its derivative, and ask what has to be added to the one to give the other."""
    x, out, _ = cache
    return dout * np.where(x > 0, 1.0, out + 1.0)


@mistake("relu_family", replaces="elu_backward")
def elu_slope_without_alpha(dout, cache):
    """`elu_backward` has the slope $e^x$ on the left: the factor $\\alpha$ is lost. It is right for $\\alpha = 1$ only."""
    x, _, _ = cache
    return dout * np.where(x > 0, 1.0, np.exp(np.minimum(x, 0.0)))


@mistake("relu_family", replaces="elu_backward")
def elu_slope_at_zero_is_one(dout, cache):
    """At $x = 0$ your `elu_backward` has slope 1. The corner belongs to the left branch: there the slope is $\\alpha$."""
    x, out, alpha = cache
    return dout * np.where(x >= 0, 1.0, out + alpha)


@mistake("relu_family", replaces="elu_backward")
def elu_slope_overflows_in_the_other_branch(dout, cache):
    """`elu_backward` takes $e$ to the power of large positive numbers, in the branch of `np.where` that nobody needs, and warns of an overflow. The output of the forward knows that exponential already."""
    x, _, alpha = cache
    return dout * np.where(x > 0, 1.0, alpha * np.exp(x))


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


@mistake("relu_family", replaces="elu_forward")
def elu_alpha_inside_the_exponential(x, alpha=1.0):
    """`elu_forward` multiplies by $\\alpha$ before it subtracts the 1. The bracket has to be a whole: otherwise there is a jump at 0."""
    out = np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0.0)) - 1.0)
    return out, (x, out, alpha)


@mistake(
    "relu_family", replaces=("relu_forward", "relu_backward", "leaky_relu_forward", "leaky_relu_backward", "elu_forward", "elu_backward")
)
def last_call_remembered():
    """Your backward follows from what the forward saw *last*, not from the cache that it is given. A network calls an activation for other inputs before the backward's turn has come: all that is needed has to be in the cache."""

    def layer(right_forward, right_backward):
        last = {}

        def forward(*args):
            out, last["cache"] = right_forward(*args)
            return out, None

        return forward, lambda dout, cache: right_backward(dout, last["cache"])

    return *layer(relu_forward, relu_backward), *layer(leaky_relu_forward, leaky_relu_backward), *layer(elu_forward, elu_backward)


@mistake("relu_family", replaces=("relu_forward", "relu_backward"))
def mask_written_over_x():
    """`relu_backward` turns the `x` in its cache into a mask, in place. That array belongs to whoever called `relu_forward`: make a new one, by a comparison."""

    def backward(dout, x):
        x[x <= 0] = 0
        x[x > 0] = 1
        return dout * x

    return lambda x: (np.maximum(x, 0.0), x), backward


@mistake("relu_family", replaces="relu_forward")
def cut_off_at_six(x):
    """`relu_forward` cuts off what is large as well. That is another activation, which some networks use; ReLU leaves all positive numbers as they are."""
    return np.clip(x, 0.0, 6.0), x


@mistake("relu_family", replaces="leaky_relu_forward")
def filled_in_another_order(x, slope=0.01):
    """`leaky_relu_forward` writes into `out.ravel()`. Of an array that is not in row order that is a copy: what you write there never gets into `out`. Work on whole arrays, and no order matters."""
    out = np.zeros_like(x, dtype=np.result_type(x, np.float32))
    flat = out.ravel()
    for i, v in enumerate(x.ravel()):
        flat[i] = v if v > 0 else slope * v
    return out, (x, float(slope))


@mistake("relu_family", replaces="elu_backward")
def elu_slope_clipped_for_float64_only(dout, cache):
    """`elu_backward` takes $e$ to a power that is clipped for float64. float32 ends at $e^{88}$. The slope can be had from the output, without an exponential."""
    x, out, alpha = cache
    return np.where(x > 0, dout, dout * alpha * np.exp(np.clip(x, -700, 700)))


@mistake("relu_family", replaces="elu_forward")
def elu_forward_without_alpha(x, alpha=1.0):
    """`elu_forward` never uses `alpha`, so it is right for alpha = 1 only."""
    out = np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))
    return (out, (x, alpha * np.expm1(np.minimum(x, 0.0)) * (x <= 0) + x * (x > 0), float(alpha)))


@mistake("relu_family", replaces="elu_forward")
def elu_default_is_not_one(x, alpha=0.1):
    """`alpha` is 1 if it is not given. Yours has another default."""
    out = np.where(x > 0, x, float(alpha) * np.expm1(np.minimum(x, 0.0)))
    return (out, (x, out, float(alpha)))


@mistake("relu_family", replaces="elu_backward")
def elu_slope_is_the_output(dout, cache):
    r"""`elu_backward` takes the output itself for the slope. The output is $\alpha e^x - \alpha$, the slope is $\alpha e^x$: what is missing?"""
    x, out, alpha = cache
    return dout * np.where(x > 0, 1.0, out)


@mistake("relu_family", replaces="elu_backward")
def elu_slope_float64_always(dout, cache):
    """`elu_backward` puts the slope into an array made by `np.ones(shape)`, which is float64. Give it the dtype of `x`, so that float32 stays float32."""
    x, out, alpha = cache
    s = np.ones(x.shape)
    s[x <= 0] = (out + alpha)[x <= 0]
    return dout * s


@mistake("relu_family", replaces="relu_backward")
def relu_halved_at_zero(dout, cache):
    """At $x = 0$, `relu_backward` passes half of `dout`. That is one convention; here the slope at 0 is 0."""
    x = cache
    return np.where(x > 0, dout, np.where(x == 0, 0.5 * dout, 0.0))


@mistake("relu_family", replaces="relu_backward")
def relu_slope_is_the_sign(dout, cache):
    """`relu_backward` multiplies by the sign of `x`: negative inputs get -1 where they should get 0."""
    x = cache
    return dout * np.sign(x)


@mistake("relu_family", replaces="leaky_relu_backward")
def leaky_slope_times_x(dout, cache):
    """On the negative side, `leaky_relu_backward` returns slope times `x`. That is the forward; the backward multiplies `dout` by the slope."""
    x, slope = cache
    return np.where(x > 0, dout, slope * x)


@mistake("relu_family", replaces="leaky_relu_backward")
def leaky_backward_is_that_of_relu(dout, cache):
    """`leaky_relu_backward` lets nothing pass on the negative side. The slope there is `slope`, not 0."""
    x, slope = cache
    return np.where(x > 0, dout, 0.0)


@mistake("relu_family", replaces="leaky_relu_forward")
def leaky_sign_flipped(x, slope=0.01):
    """On the negative side, `leaky_relu_forward` gives $-s x$, which is positive. It should be $s x$."""
    return (np.where(x > 0, x, -float(slope) * x), (x, float(slope)))


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
