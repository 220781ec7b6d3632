# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 02 · Bend the line, and mind the slope
#
# Stack as many linear layers as you like: the stack is one linear layer. What makes a network more than that is the bend between the
# layers, the *activation function*. It costs a line of code, and it decides on two things: what the network can say (its values), and
# what the network can learn (its slope, which every gradient has to pass through). Here you write the seven activations of the
# lectures, both ways, and then you watch where gradients die.
#
# **You will write**
#
# 1. `sigmoid` and `tanh`, forward and backward, for any number that may come along (20 points)
# 2. `relu`, `leaky_relu` and `elu`, exact also in their corner (30)
# 3. `prelu`, which learns its own slope (20)
# 4. `maxout`, which learns its own shape (20)
# 5. `dead_fraction` and `saturated_fraction`, to see what has stopped learning (10)
#
# There is one question in words besides (10 points, read by a person).
#
# **You need** the chain rule, NumPy's broadcasting, and from 01 the idea of a `forward` that leaves a `cache` for its `backward`.
# Lectures: D0, D1, D2 and D4, each on activation functions. Some formulas on their slides are wrong as printed: three of them are
# exercises here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Two functions a layer.** `forward` returns `out, cache`; `backward(dout, cache)` returns the gradients. What you put into the
#   cache is up to you.
# - **Leave your arguments alone.** No array that is handed to you is changed: not `x`, not the weights, not `dout`.
# - **Keep the precision.** float32 in, float32 out; float64 in, float64 out; whole numbers in, float64 out.
# - **Any batch, any layout.** One example is a batch too. Arrays may be read-only, or slices and transposes of others.
# - **No warnings**, for inputs up to $\pm 10^4$, in float64 and in float32.
# - **Refuse politely.** Where a docstring says *raises*, raise a `ValueError` that names what was given and what was expected.
#
# Everything in questions 1 to 3 happens entry by entry, so arrays may have any shape. The upstream gradient `dout` always has the shape
# of `out`.
#
# Every question has a cell to try things in and a cell that checks. The visible checks catch most slips; grading uses more of them, on
# other numbers. An unfinished cell stops nothing: *Run All* always gets to the end.

# %% nbgrader={"grade_id": "setup", "locked": true}
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

for folder in [Path.cwd(), *Path.cwd().parents]:  # finds the course's utils, wherever the notebook was opened from
    if (folder / "utils" / "__init__.py").is_file():
        sys.path.insert(0, str(folder))
        break
from utils import Checks, attempt, show

check = Checks()

# %% nbgrader={"grade_id": "given", "locked": true}
np.set_printoptions(precision=4, suppress=True)

import warnings

from utils.plotting import PALETTE, style


def warns(function, *args):
    """Say whether a call raises a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args)
    return bool(caught)


# %% [markdown] id="sigmoid_tanh-idea"
# ## 1 · Sigmoid and tanh (D4, "activation functions"; D2, Rumelhart et al.)
#
# The sigmoid squeezes any number into $(0, 1)$, the hyperbolic tangent into $(-1, 1)$. They are one curve, stretched and shifted:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \tanh(x) = \frac{e^{2x} - 1}{e^{2x} + 1} = 2\,\sigma(2x) - 1 .$$
#
# Their slopes can be had from their *outputs* alone, as equation (5) of the paper in D2 does; that is why the cache need not keep $x$:
#
# $$\sigma'(x) = \sigma(x)\,\big(1 - \sigma(x)\big), \qquad \tanh'(x) = 1 - \tanh^2(x) .$$
#
# **Mind the exponential.** $e^{10\,000}$ does not fit into any float, and $e^{100}$ not into float32. Both formulas above meet such a
# number on one of their sides. Rewrite the sigmoid so that you only ever take $e$ to a power which is not positive; for tanh, `np.tanh`
# has done that for you, and you may use it.


# %% nbgrader={"grade_id": "sigmoid_tanh", "solution": true}
def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Squeeze every entry into (0, 1).

    out = 1 / (1 + exp(-x))

    Args:
        x: any shape, any size up to 1e4 either way.

    Returns:
        out: the shape of x.
        cache: what sigmoid_backward needs.
    """
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(x))  # at most 1, so it cannot overflow
    out = np.where(x >= 0, 1.0, e) / (1.0 + e)
    return out, out
    ### END SOLUTION


def sigmoid_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the x of sigmoid_forward.

    dx = dout sigmoid'(x)

    Args:
        dout: upstream gradient, the shape of out.
        cache: what sigmoid_forward left.
    """
    ### BEGIN SOLUTION
    out = cache
    return dout * out * (1.0 - out)
    ### END SOLUTION


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Squeeze every entry into (-1, 1).

    out = (exp(2x) - 1) / (exp(2x) + 1)

    Args:
        x: any shape, any size up to 1e4 either way.

    Returns:
        out: the shape of x.
        cache: what tanh_backward needs.
    """
    ### BEGIN SOLUTION
    out = np.tanh(x)
    return out, out
    ### END SOLUTION


def tanh_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the x of tanh_forward.

    dx = dout tanh'(x)

    Args:
        dout: upstream gradient, the shape of out.
        cache: what tanh_forward left.
    """
    ### BEGIN SOLUTION
    out = cache
    return dout * (1.0 - out * out)
    ### END SOLUTION


# %% id="sigmoid_tanh-try" tags=["demo"]
with attempt("sigmoid_tanh"):
    x = np.array([-10.0, 0.0, 10.0])  # D4 asks what happens here
    for name, forward, backward in (("sigmoid", sigmoid_forward, sigmoid_backward), ("tanh", tanh_forward, tanh_backward)):
        out, cache = forward(x)
        print(f"{name:8} out", out, " slope", backward(np.ones(3), cache))

# %% nbgrader={"grade_id": "sigmoid_tanh-check", "grade": true, "points": 20}
with check("sigmoid_tanh") as c:
    pairs = (("sigmoid", sigmoid_forward, sigmoid_backward), ("tanh", tanh_forward, tanh_backward))
    for name, forward, backward in pairs:  # arrays are square here, so that a product of matrices shows
        x, dout = np.array([[-1.0, 0.5], [0.0, 2.0]]), np.array([[2.0, -3.0], [5.0, 1.0]])
        out, cache = forward(x)
        dx = backward(dout, cache)
        c.unchanged(f"{name}_forward: x", x, np.array([[-1.0, 0.5], [0.0, 2.0]]))
        c.unchanged(f"{name}_backward: dout", dout, np.array([[2.0, -3.0], [5.0, 1.0]]))
        c.close(f"{name}_backward: dx when asked a second time", backward(dout.copy(), cache), dx, hint="Is the cache written to?")
        forward(1 - x)
        hint = "All that it needs has to be in the cache."
        c.close(f"{name}_backward: dx after the forward has seen something else", backward(dout.copy(), cache), dx, hint=hint)
        c.gradient(f"{name}_backward: dx", dx, lambda v, f=forward: f(v)[0], x, dout)
        c.close(f"{name}_forward: out for x in column order", forward(np.asfortranarray(x))[0], out)
    x, dout = np.log([[1 / 3, 1.0, 3.0]]), np.array([[4.0, -8.0, 16.0]])
    out, cache = sigmoid_forward(x.copy())
    c.close("sigmoid_forward: out", out, [[0.25, 0.5, 0.75]])
    hint = "The slope is made of out; dout comes in from above, once."
    c.close("sigmoid_backward: dx by hand", sigmoid_backward(dout.copy(), cache), [[0.75, -2.0, 3.0]], hint=hint)
    x, dout = np.log([0.5, 1.0, 2.0]), np.array([2.0, -3.0, 5.0])
    out, cache = tanh_forward(x.copy())
    c.close("tanh_forward: out", out, [-0.6, 0.0, 0.6], hint="tanh has the sign of x.")
    hint = "Which of the two, x or out, is squared in the slope?"
    c.close("tanh_backward: dx by hand", tanh_backward(dout.copy(), cache), [1.28, -3.0, 3.2], hint=hint)
    for dtype in (np.float64, np.float32):
        far = np.array([-1e4, -200.0, 200.0, 1e4], dtype)
        for name, forward, backward in pairs:
            with np.errstate(all="ignore"):
                out, cache = forward(far.copy())
                dx = backward(np.ones(4, dtype), cache)
            want = [0, 0, 1, 1] if name == "sigmoid" else [-1, -1, 1, 1]
            c.close(f"{name}_forward: out far from 0, in {far.dtype}", out, want, hint="An infinity was divided by an infinity.")
            hint = "To which powers of e does each sign of x lead?"
            c.true(f"{name}_forward: no warning there, in {far.dtype}", not warns(forward, far.copy()), hint)
            c.close(f"{name}_backward: dx far from 0, in {far.dtype}", dx, np.zeros(4), hint="The output is all that the slope needs.")
            c.true(f"{name}_backward: no warning there, in {far.dtype}", not warns(backward, np.ones(4, dtype), cache))
            c.equal(f"{name}_forward: dtype of out for {far.dtype}", out.dtype, far.dtype)
            c.equal(f"{name}_backward: dtype of dx for {far.dtype}", dx.dtype, far.dtype)
    for name, forward, _ in pairs:
        c.equal(f"{name}_forward: dtype of out for whole numbers", forward(np.array([0, 1]))[0].dtype, np.dtype(np.float64))

# %% [markdown] id="sigmoid_tanh-erratum"
# **A slide to mend.** D1's slide on activation functions prints $\tanh(z) = \frac{1 - e^{2z}}{1 + e^{2z}}$. Run the cell: what function
# is that? Mend the marked line, until its first three rows are right. Then look at the last row: a formula can be true on paper, and
# still not be one to compute with.

# %% id="sigmoid_tanh-mend" tags=["demo"]
with np.errstate(all="ignore"):
    for z in np.array([-1.0, 0.0, 2.0, 400.0]):
        printed = (1 - np.exp(2 * z)) / (1 + np.exp(2 * z))  # as printed: mend this line
        print(f"z = {z:5}: printed {printed:7.4f}, np.tanh {np.tanh(z):7.4f}")

# %% [markdown] id="sigmoid_tanh-see"
# **How fast a slope dies.** D4's first problem with the sigmoid is that *saturated neurons kill the gradients*. On a logarithmic scale
# you see how quickly. See that the sigmoid never passes on more than a quarter of what it gets, even at its best; that tanh passes on
# everything at 0 (D1: "steeper"), but dies twice as fast; and that far out both fall straight down, by a factor $e$ (tanh: $e^2$) for
# every unit of $x$. Question 5 will call a unit saturated below the dashed line.

# %% id="sigmoid_tanh-plot" tags=["demo"]
with attempt("sigmoid_tanh"):
    x = np.linspace(-12, 12, 241)
    slopes = {
        "sigmoid": sigmoid_backward(np.ones_like(x), sigmoid_forward(x)[1]),
        "tanh": tanh_backward(np.ones_like(x), tanh_forward(x)[1]),
    }
    with style():
        fig, ax = plt.subplots()
        for name, slope in slopes.items():
            ax.semilogy(x, slope, label=f"{name}: at most {slope.max():.2g}")
        ax.axhline(1e-4, color=PALETTE[6], linestyle="--", linewidth=1)
        ax.annotate("saturated below", (0, 1e-4), xytext=(0, 4), textcoords="offset points", ha="center")
        ax.set(xlabel="x", ylabel="slope, logarithmic", ylim=(1e-10, 10), xticks=np.arange(-10, 11, 5))
        ax.legend(loc="lower center")
    print(*(f"{name}: slope {slope.max():.2f} at 0, {slope[220]:.0e} at 10" for name, slope in slopes.items()), sep="; ")
    show(
        fig,
        "Slopes of sigmoid and tanh over x on a logarithmic scale. The sigmoid's peaks at a quarter and falls below one in ten thousand "
        "beyond 9, tanh's peaks at 1 and falls below it beyond 5.",
    )

# %% [markdown] id="relu_family-idea"
# ## 2 · ReLU and its relatives (D4, "activation functions"; D1, "some activation functions")
#
# All of these leave positive numbers as they are, so that a gradient passes with slope 1. They differ in what they do with the others:
#
# $$\text{ReLU: } \max(0, x), \qquad
# \text{leaky ReLU: } \begin{cases} x & x > 0 \\ s\,x & x \le 0 \end{cases} \qquad
# \text{ELU: } \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}$$
#
# The lectures agree on neither the leaky slope (0.1 in D0, 0.001 in D1, both 0.01 and 0.1 in D4) nor on who owns the point $x = 0$.
# Here the slope $s$ is an argument, 0.01 by default, and it may be any number: keep to the two branches, since $\max(sx, x)$ is
# something else for $s > 1$. And a corner has no derivative, but code must return something. We take the slope from the left, as
# PyTorch does:
#
# $$\text{at } x = 0: \qquad \text{ReLU } 0, \qquad \text{leaky ReLU } s, \qquad \text{ELU } \alpha .$$
#
# **Mind the branch not taken.** `np.where` evaluates *both* of its branches everywhere, and picks afterwards. What does the ELU's
# exponential say to $x = 10^4$? Its slope can be had from its output, as with the sigmoid; derive it with $\alpha$ in place, before you
# set $\alpha = 1$.


# %% nbgrader={"grade_id": "relu_family", "solution": true}
def relu_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Cut off what is negative.

    out = max(0, x)

    Args:
        x: any shape.

    Returns:
        out: the shape of x.
        cache: what relu_backward needs.
    """
    ### BEGIN SOLUTION
    return np.maximum(x, 0.0), x
    ### END SOLUTION


def relu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the x of relu_forward; the slope at 0 is 0.

    Args:
        dout: upstream gradient, the shape of out.
        cache: what relu_forward left.
    """
    ### BEGIN SOLUTION
    x = cache
    return np.where(x > 0, dout, 0.0)
    ### END SOLUTION


def leaky_relu_forward(x: np.ndarray, slope: float = 0.01) -> tuple[np.ndarray, object]:
    """Scale down what is not positive.

    out = x where x > 0, slope x elsewhere

    Args:
        x: any shape.
        slope: any number, also one above 1.

    Returns:
        out: the shape of x.
        cache: what leaky_relu_backward needs.
    """
    ### BEGIN SOLUTION
    return np.where(x > 0, x, float(slope) * x), (x, float(slope))
    ### END SOLUTION


def leaky_relu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the x of leaky_relu_forward; the slope at 0 is `slope`.

    Args:
        dout: upstream gradient, the shape of out.
        cache: what leaky_relu_forward left.
    """
    ### BEGIN SOLUTION
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)
    ### END SOLUTION


def elu_forward(x: np.ndarray, alpha: float = 1.0) -> tuple[np.ndarray, object]:
    """Bend what is not positive towards -alpha.

    out = x where x > 0, alpha (exp(x) - 1) elsewhere

    Args:
        x: any shape, any size up to 1e4 either way.
        alpha: a number > 0.

    Returns:
        out: the shape of x.
        cache: what elu_backward needs.
    """
    ### BEGIN SOLUTION
    out = np.where(x > 0, x, float(alpha) * np.expm1(np.minimum(x, 0.0)))
    return out, (x, out, float(alpha))
    ### END SOLUTION


def elu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the x of elu_forward; the slope at 0 is `alpha`.

    Args:
        dout: upstream gradient, the shape of out.
        cache: what elu_forward left.
    """
    ### BEGIN SOLUTION
    x, out, alpha = cache
    return dout * np.where(x > 0, 1.0, out + alpha)  # alpha exp(x), without another exponential
    ### END SOLUTION


# %% id="relu_family-try" tags=["demo"]
with attempt("relu_family"):
    x, dout = np.array([-2.0, -0.5, 0.0, 0.5, 3.0]), np.ones(5)
    for name, forward, backward in (
        ("relu", relu_forward, relu_backward),
        ("leaky_relu", leaky_relu_forward, leaky_relu_backward),
        ("elu", elu_forward, elu_backward),
    ):
        out, cache = forward(x)
        print(f"{name:11} out", out, " slope", backward(dout, cache))

# %% nbgrader={"grade_id": "relu_family-check", "grade": true, "points": 30}
with check("relu_family") as c:
    x, dout = np.array([-2.0, -0.5, 0.0, 0.5, 300.0]), np.array([10.0, -20.0, 30.0, -40.0, 50.0])
    family = (
        ("relu", relu_forward, relu_backward, ()),
        ("leaky_relu", leaky_relu_forward, leaky_relu_backward, (0.1,)),
        ("elu", elu_forward, elu_backward, (2.0,)),
    )
    for name, forward, backward, setting in family:
        given, upstream = x.copy(), dout.copy()
        out, cache = forward(given, *setting)
        dx = backward(upstream, cache)
        c.unchanged(f"{name}_forward: x", given, x)
        c.unchanged(f"{name}_backward: dout", upstream, dout)
        c.close(f"{name}_backward: dx when asked a second time", backward(dout.copy(), cache), dx, hint="Is the cache written to?")
        forward(1 - x, *(2 * v for v in setting))
        hint = "All that it needs has to be in the cache."
        c.close(f"{name}_backward: dx after the forward has seen something else", backward(dout.copy(), cache), dx, hint=hint)
    out, cache = relu_forward(x.copy())
    c.close("relu_forward: out", out, [0.0, 0.0, 0.0, 0.5, 300.0])
    hint = "It is the sign of x that opens the gate. And at 0?"
    c.close("relu_backward: dx", relu_backward(dout.copy(), cache), [0.0, 0.0, 0.0, -40.0, 50.0], hint=hint)
    out, cache = leaky_relu_forward(x.copy())
    c.close("leaky_relu_forward: out, by default", out, [-0.02, -0.005, 0.0, 0.5, 300.0])
    out, cache = leaky_relu_forward(x.copy(), slope=0.1)
    c.close("leaky_relu_forward: out for slope 0.1", out, [-0.2, -0.05, 0.0, 0.5, 300.0], rtol=1e-10, hint="Is `slope` used?")
    hint = "At 0 the slope is `slope`."
    dx = leaky_relu_backward(dout.copy(), cache)
    c.close("leaky_relu_backward: dx for slope 0.1", dx, [1.0, -2.0, 3.0, -40.0, 50.0], rtol=1e-10, hint=hint)
    out = leaky_relu_forward(x.copy(), 1.5)[0]
    c.close("leaky_relu_forward: out for slope 1.5", out, [-3.0, -0.75, 0.0, 0.5, 300.0], hint="Two branches, not the larger one.")
    out, cache = leaky_relu_forward(x.copy(), -0.5)
    c.close("leaky_relu_forward: out for slope -0.5", out, [1.0, 0.25, 0.0, 0.5, 300.0])
    hint = "The sign of x chooses the branch, not that of out."
    dx = leaky_relu_backward(dout.copy(), cache)
    c.close("leaky_relu_backward: dx for slope -0.5", dx, [-5.0, 10.0, -15.0, -40.0, 50.0], hint=hint)
    y = np.array([-np.log(4.0), -np.log(2.0), 0.0, 1.0, 200.0])
    out, cache = elu_forward(y.copy())
    c.close("elu_forward: out, by default", out, [-0.75, -0.5, 0.0, 1.0, 200.0])
    c.close("elu_backward: dx, by default", elu_backward(dout.copy(), cache), [2.5, -10.0, 30.0, -40.0, 50.0])
    out, cache = elu_forward(y.copy(), alpha=2.0)
    c.close("elu_forward: out for alpha 2", out, [-1.5, -1.0, 0.0, 1.0, 200.0], hint="Is `alpha` used, and outside of the exponential?")
    hint = "Derive the slope with alpha in its place."
    c.close("elu_backward: dx for alpha 2", elu_backward(dout.copy(), cache), [5.0, -20.0, 60.0, -40.0, 50.0], hint=hint)
    for dtype in (np.float64, np.float32):
        far, hint = np.array([-1e4, 200.0, 1e4], dtype), "Who calculates e to the power of 10000, though nobody needs it?"
        with np.errstate(all="ignore"):
            out, cache = elu_forward(far.copy(), 0.5)
            c.close(f"elu_forward: out far from 0, in {far.dtype}", out, [-0.5, 200.0, 1e4])
            c.close(f"elu_backward: dx far from 0, in {far.dtype}", elu_backward(np.ones(3, dtype), cache), [0.0, 1.0, 1.0])
        c.true(f"elu_forward: no warning there, in {far.dtype}", not warns(elu_forward, far.copy()), hint)
        c.true(f"elu_backward: no warning there, in {far.dtype}", not warns(elu_backward, np.ones(3, dtype), cache), hint)
    out, cache = leaky_relu_forward(x.copy(), 0.0)
    c.close("leaky_relu_forward: out for slope 0", out, [0.0, 0.0, 0.0, 0.5, 300.0], hint="A slope of 0 is a slope that was given.")
    columns = np.asfortranarray([[-2.0, 1.0, -0.5], [3.0, -4.0, 2.0]])
    for name, forward, backward, setting in family:
        out, cache = forward(np.float32([-1.0, 2.0]), *setting)
        c.equal(f"{name}_forward: dtype of out for float32", out.dtype, np.dtype(np.float32))
        c.equal(f"{name}_backward: dtype of dx for float32", backward(np.float32([1.0, 1.0]), cache).dtype, np.dtype(np.float32))
        whole = np.array([-1, 2])
        c.equal(f"{name}_forward: dtype of out for whole numbers", forward(whole, *setting)[0].dtype, np.dtype(np.float64))
        want = forward(np.ascontiguousarray(columns), *setting)[0]
        c.close(f"{name}_forward: out for x in column order", forward(columns.copy("F"), *setting)[0], want)

# %% [markdown] id="relu_family-see"
# **A picture worth keeping.** Your five activations, and below each what it lets through. See that the left two are bumps below, which
# fade to nothing on both sides, while the right three keep a full slope for all positive numbers; and that only ReLU has a whole half
# of exactly nothing. The dots are the slopes at 0.

# %% id="relu_family-plot" tags=["demo"]
with attempt("relu_family"):
    curves = (
        ("sigmoid", sigmoid_forward, sigmoid_backward, {}),
        ("tanh", tanh_forward, tanh_backward, {}),
        ("ReLU", relu_forward, relu_backward, {}),
        ("leaky ReLU, slope 0.1", leaky_relu_forward, leaky_relu_backward, {"slope": 0.1}),
        ("ELU, alpha 1.5", elu_forward, elu_backward, {"alpha": 1.5}),
    )
    x = np.linspace(-4, 4, 401)
    outs, slopes = [], []
    for _, forward, backward, settings in curves:
        out, cache = forward(x, **settings)
        outs.append(out)
        slopes.append(backward(np.ones_like(x), cache))
    with style():
        fig, axes = plt.subplots(2, 5, figsize=(11, 4.4), sharex=True, sharey="row")
        for (name, *_), out, slope, above, below, color in zip(curves, outs, slopes, *axes, PALETTE, strict=False):
            above.plot(x, out, color=color)
            above.set_title(name)
            for side in (x < 0, x > 0):
                below.plot(x[side], slope[side], color=color)
            below.plot(0, slope[200], "o", color=color)
            below.set_xlabel("x")
        axes[0, 0].set_ylabel("value")
        axes[1, 0].set_ylabel("slope")
        axes[0, 0].set_ylim(-2, 4)
        axes[1, 0].set(ylim=(-0.1, 1.7), xticks=np.arange(-4, 5, 2))
    print("slopes at 0:", np.array([slope[200] for slope in slopes]), " mean slope from -4 to 4:", np.round(np.mean(slopes, axis=1), 2))
    show(
        fig,
        "Five activation functions with their slopes below. Sigmoid and tanh have slopes that fade on both sides; ReLU, leaky ReLU and ELU "
        "keep slope 1 on the right, and on the left 0, 0.1, and a slope that fades from 1.5.",
    )

# %% [markdown] id="prelu-idea"
# ## 3 · PReLU: let the slope be learned (D4, "parametric rectifier")
#
# Which leaky slope is best? Ask the data: make it a parameter $a$ that gets a gradient like every other one.
#
# $$f(x) = \begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases} \qquad
# \frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \\ a & x \le 0 \end{cases} \qquad
# \frac{\partial f}{\partial a} = \begin{cases} 0 & x > 0 \\ x & x \le 0 \end{cases}$$
#
# Either one $a$ serves the whole layer, or each *channel* has its own. In this course channels are the **last axis**: $x$ is
# $(\dots, C)$ and $a$ is a number or $(C,)$. One $a$ is used by many entries, and being used many times is a branch: you know from 01
# what gradients do at branches.


# %% nbgrader={"grade_id": "prelu", "solution": true}
def prelu_forward(x: np.ndarray, a: float | np.ndarray) -> tuple[np.ndarray, object]:
    """Scale what is not positive by a slope that is learned.

    out = x where x > 0, a x elsewhere

    Args:
        x: (..., C).
        a: a single number (also as an array of shape ()), or (C,), one for each channel; of any size and sign.

    Returns:
        out: (..., C).
        cache: what prelu_backward needs.

    Raises:
        ValueError: a is neither a single number nor of shape (C,), not even if it would broadcast; names both shapes.
    """
    ### BEGIN SOLUTION
    x = x.astype(np.result_type(np.float32, x), copy=False)
    a = np.asarray(a, dtype=x.dtype)
    if a.shape not in ((), x.shape[-1:]):
        raise ValueError(f"a has shape {a.shape}, expected a single number or {x.shape[-1:]}, a slope for each channel")
    return np.where(x > 0, x, a * x), (x, a)
    ### END SOLUTION


def prelu_backward(dout: np.ndarray, cache: object) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients with respect to x and a; at x = 0 the slope is a.

    Args:
        dout: (..., C), upstream gradient.
        cache: what prelu_forward left.

    Returns:
        dx: (..., C).
        da: a single number if a was one, else (C,).
    """
    ### BEGIN SOLUTION
    x, a = cache
    dx = np.where(x > 0, dout, a * dout)
    da = np.where(x > 0, 0.0, x * dout)  # (..., C), what each entry asks of its a
    return dx, da.sum(axis=tuple(range(x.ndim - a.ndim)))
    ### END SOLUTION


# %% id="prelu-try" tags=["demo"]
with attempt("prelu"):
    x = np.array([[-2.0, 1.0], [-4.0, -1.0], [3.0, -5.0]])  # 3 examples, 2 channels
    for a in (0.25, np.array([0.25, 2.0])):
        out, cache = prelu_forward(x, a)
        dx, da = prelu_backward(np.ones_like(x), cache)
        print("a", a, " out", out.tolist(), " da", da)

# %% nbgrader={"grade_id": "prelu-check", "grade": true, "points": 20}
with check("prelu") as c:
    x = np.array([[-2.0, 1.0], [-4.0, -1.0], [3.0, 0.0]])
    dout, a = np.array([[1.0, 2.0], [0.5, 3.0], [7.0, 10.0]]), np.array([0.5, 2.0])
    given = x.copy(), a.copy(), dout.copy()
    out, cache = prelu_forward(*given[:2])
    dx, da = prelu_backward(given[2], cache)
    for name, now, before in zip(("x", "a", "dout"), given, (x, a, dout), strict=True):
        c.unchanged(f"prelu: {name}", now, before)
    c.close("prelu_backward: da when asked a second time", prelu_backward(dout.copy(), cache)[1], da, hint="Is the cache written to?")
    prelu_forward(1 - x, 1 - a)
    hint = "All that it needs has to be in the cache."
    c.close("prelu_backward: dx after the forward has seen something else", prelu_backward(dout.copy(), cache)[0], dx, hint=hint)
    hint = "For a > 1, is a x still what you return?"
    c.close("prelu_forward: out for an a in each channel", out, [[-1.0, 1.0], [-2.0, -2.0], [3.0, 0.0]], hint=hint)
    c.close("prelu_backward: dx for an a in each channel", dx, [[0.5, 2.0], [0.25, 6.0], [7.0, 20.0]])
    c.shape("prelu_backward: da for an a in each channel", da, (2,))
    c.close("prelu_backward: da for an a in each channel", da, [-4.0, -3.0], hint="Sum over the uses of each a, and over no others.")
    for one, which in ((0.25, "one a"), (np.array(0.25), "an a of shape ()")):
        out, cache = prelu_forward(x.copy(), one)
        c.close(f"prelu_forward: out for {which}", out, [[-0.5, 1.0], [-1.0, -0.25], [3.0, 0.0]])
        dx, da = prelu_backward(dout.copy(), cache)
        c.close(f"prelu_backward: dx for {which}", dx, [[0.25, 2.0], [0.125, 0.75], [7.0, 2.5]], hint="At x = 0 the slope is a.")
        c.shape(f"prelu_backward: da for {which}", da, ())
        c.close(f"prelu_backward: da for {which}", da, -7.0, hint="Every entry that used a has a say in it.")
    c.close("prelu_forward: out for an a of 2", prelu_forward(x.copy(), 2)[0], [[-4.0, 1.0], [-8.0, -2.0], [3.0, 0.0]])
    c.close("prelu_forward: out for an a of -0.5", prelu_forward(x.copy(), -0.5)[0], [[1.0, 1.0], [2.0, 0.5], [3.0, 0.0]])
    out, cache = prelu_forward(x[:, :1].copy(), a[:1])
    c.shape("prelu_backward: da for a single channel", prelu_backward(dout[:, :1].copy(), cache)[1], (1,))
    deep, weight = np.array([[[-1.0, 2.0], [3.0, -4.0]], [[-5.0, -6.0], [7.0, 8.0]]]), np.arange(1.0, 9.0).reshape(2, 2, 2)
    out, cache = prelu_forward(deep.copy(), a)
    want = [[[-0.5, 2.0], [3.0, -8.0]], [[-2.5, -12.0], [7.0, 8.0]]]
    c.close("prelu_forward: out for x of three axes", out, want, hint="Channels are the last axis.")
    got = prelu_backward(weight.copy(), cache)[1]
    c.gradient(
        "prelu_backward: da for x of three axes", got, lambda v: prelu_forward(deep, v)[0], a, weight, hint="Every axis but the last."
    )
    _, cache = prelu_forward(np.array([-3.0, 5.0]), a)
    c.close("prelu_backward: da for x of one axis", prelu_backward(np.array([2.0, 1.0]), cache)[1], [-6.0, 0.0])
    c.close("prelu_forward: out for x in column order", prelu_forward(np.asfortranarray(x), 0.25)[0], prelu_forward(x.copy(), 0.25)[0])
    out, cache = prelu_forward(np.float32([[-1.0, 2.0]]), np.float32([0.25, 0.5]))
    c.equal("prelu_forward: dtype of out for float32", out.dtype, np.dtype(np.float32))
    for name, grad in zip(("dx", "da"), prelu_backward(np.float32([[1.0, 2.0]]), cache), strict=True):
        c.equal(f"prelu_backward: dtype of {name} for float32", grad.dtype, np.dtype(np.float32))
    out = prelu_forward(np.array([[-1, 2]]), np.array([3, 4]))[0]
    c.equal("prelu_forward: dtype of out for whole numbers", out.dtype, np.dtype(np.float64))
    for shape in ((3,), (1,), (1, 2), (3, 1), (3, 2)):
        hint = "It would broadcast, but it is no channel's." if shape != (3,) else ""
        sentence = f"prelu_forward refuses an a of shape {shape} for two channels"
        c.raises(sentence, ValueError, prelu_forward, x.copy(), np.ones(shape), hint=hint)

# %% [markdown] id="prelu-erratum"
# **A slide to mend.** D4's slide on PReLU prints $f(x) = \max(\alpha x, x)$. For $\alpha \le 1$ that is the same thing. But nothing
# keeps a *learned* slope below 1. On the left, see the printed formula flip over for $\alpha = 1.5$: the positive side gets the slope,
# and the negative side loses it. On the right two units learn the slope of data which was made with 0.1 and 1.5, by gradient descent,
# with your `da` and with the maximum. See the printed one find 0.1, and get stuck at 1 on its way to 1.5.

# %% id="prelu-plot" tags=["demo"]
with attempt("prelu"):
    x = np.linspace(-2, 2, 200)[:, None]  # (N, 1)
    start, learning_rate, steps = 0.25, 0.2, 40
    learned = {}
    for target in (0.1, 1.5):
        y = np.where(x > 0, x, target * x)
        a = np.array([start])
        path = [start]
        for _ in range(steps):
            out, cache = prelu_forward(x, a)
            a = a - learning_rate * prelu_backward(2 * (out - y) / len(x), cache)[1]
            path.append(a[0])
        learned["piecewise", target] = path
        a, path = start, [start]
        for _ in range(steps):
            slope_won = a * x > x  # the maximum's own gradient: it goes to the piece that won
            a = a - learning_rate * np.sum(np.where(slope_won, x, 0.0) * 2 * (np.maximum(a * x, x) - y)) / len(x)
            path.append(a)
        learned["max", target] = path
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
        left.plot(x, prelu_forward(x, 1.5)[0], label="your prelu")
        left.plot(x, np.maximum(1.5 * x, x), "--", label=r"$\max(\alpha x, x)$, as printed")
        left.set(title=r"$\alpha$ = 1.5", xlabel="x", ylabel="f(x)")
        left.legend()
        for target in (0.1, 1.5):
            right.axhline(target, color=PALETTE[6], linewidth=1, linestyle=":")
            right.plot(learned["piecewise", target], color=PALETTE[0], label="your prelu" if target > 1 else None)
            right.plot(learned["max", target], "--", color=PALETTE[1], label="as printed" if target > 1 else None)
        right.annotate("wanted", (steps, 1.5), xytext=(0, 4), textcoords="offset points", ha="right")
        right.annotate("wanted", (steps, 0.1), xytext=(0, 4), textcoords="offset points", ha="right")
        right.set(title="the slope being learned", xlabel="step", ylabel="slope a", ylim=(0, 1.75))
        right.legend(loc="center right")
    print(*(f"{name}, wanted {target}: learned {path[-1]:.2f}" for (name, target), path in learned.items()), sep="; ")
    show(
        fig,
        "Left: for a slope of 1.5 your function is steep on the left of 0, the printed maximum on the right of 0. Right: both forms learn a slope of 0.1, "
        "but towards 1.5 the maximum stops at 1.",
    )

# %% [markdown] id="maxout-idea"
# ## 4 · Maxout: let the whole shape be learned (D0, D2 and D4, "maxout")
#
# Why choose a bend at all? A maxout unit has several linear pieces and returns the largest. The lectures write it with two,
# $\max(w_1^T x + b_1,\ w_2^T x + b_2)$; here it has $K$, and there are $M$ units side by side:
#
# $$z_{knm} = \sum_d x_{nd}\, w_{kdm} + b_{km}, \qquad \text{out}_{nm} = \max_k\, z_{knm} .$$
#
# It is an affine layer and its activation in one. ReLU is a maxout unit with one piece that is 0; the absolute value is one with pieces
# $x$ and $-x$.
#
# Backwards it is D4's max gate, a *router*: for each example and each unit the whole of `dout` goes to the piece that won, and the
# others get nothing. Which piece won differs from example to example and from unit to unit. **At a tie the first of the pieces wins**,
# alone: if two got the gradient, it would be counted twice.
#
# The examples are many and the pieces are few: a loop over $K$ is fine, one over examples is not.


# %% nbgrader={"grade_id": "maxout", "solution": true}
def maxout_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, object]:
    """Return the largest of K affine pieces, for each example and each unit.

    out[n, m] = max over k of (sum over d of x[n, d] w[k, d, m]) + b[k, m]

    Args:
        x: (N, D).
        w: (K, D, M).
        b: (K, M).

    Returns:
        out: (N, M).
        cache: what maxout_backward needs.

    Raises:
        ValueError: w is not (K, D, M) with the D of x, or b is not (K, M); names the shape given and the one expected.
    """
    ### BEGIN SOLUTION
    if w.ndim != 3 or w.shape[1:2] != x.shape[1:]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[-1]}, M) for x of shape {x.shape}")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])} for w of shape {w.shape}")
    x = x.astype(np.result_type(np.float32, x, w, b), copy=False)
    z = x @ w + b[:, None, :]  # (K, N, M)
    return z.max(axis=0), (x, w, z.argmax(axis=0))  # argmax names the first of several
    ### END SOLUTION


def maxout_backward(dout: np.ndarray, cache: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to x, w and b; at a tie the first piece has won.

    Args:
        dout: (N, M), upstream gradient.
        cache: what maxout_forward left.

    Returns:
        dx: (N, D).
        dw: (K, D, M).
        db: (K, M).
    """
    ### BEGIN SOLUTION
    x, w, winner = cache  # winner: (N, M)
    won = winner == np.arange(len(w))[:, None, None]
    dz = np.where(won, dout, 0.0)  # (K, N, M)
    dx = (dz @ w.swapaxes(1, 2)).sum(axis=0)
    return dx, x.T @ dz, dz.sum(axis=1)
    ### END SOLUTION


# %% id="maxout-try" tags=["demo"]
with attempt("maxout"):
    x = np.array([[-2.0], [0.5], [3.0]])
    w, b = np.array([[[1.0]], [[-1.0]]]), np.zeros((2, 1))  # two pieces, x and -x: the absolute value
    out, cache = maxout_forward(x, w, b)
    dx, dw, db = maxout_backward(np.array([[1.0], [10.0], [100.0]]), cache)
    print("out", out.ravel(), " dx", dx.ravel(), " dw", dw.ravel(), " db", db.ravel())

# %% nbgrader={"grade_id": "maxout-check", "grade": true, "points": 20}
with check("maxout") as c:
    x = np.array([[1.0, 2.0], [-1.0, 1.0], [0.5, -3.0], [2.0, 0.0]])  # (4, 2)
    w = np.array([[[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]], [[-1.0, 1.0, 0.5], [1.0, -1.0, 0.5]]])  # (2, 2, 3)
    b = np.array([[0.0, -1.0, 0.5], [0.25, 1.0, 0.0]])  # (2, 3)
    dout = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0], [2.0, 1.5, -0.5], [-3.0, 2.5, 1.0]])
    given = x.copy(), w.copy(), b.copy(), dout.copy()
    out, cache = maxout_forward(*given[:3])
    grads = maxout_backward(given[3], cache)
    for name, now, before in zip(("x", "w", "b", "dout"), given, (x, w, b, dout), strict=True):
        c.unchanged(f"maxout: {name}", now, before)
    c.close(
        "maxout_backward: dw when asked a second time", maxout_backward(dout.copy(), cache)[1], grads[1], hint="Is the cache written to?"
    )
    maxout_forward(1 - x, -w, b)
    hint = "All that it needs has to be in the cache."
    c.close("maxout_backward: dx after the forward has seen something else", maxout_backward(dout.copy(), cache)[0], grads[0], hint=hint)
    c.shape("maxout_forward: out", out, (4, 3))
    want = [[1.25, 1.0, 1.5], [2.25, 0.0, 0.0], [0.5, 4.5, 4.5], [2.0, 3.0, 4.5]]
    hint = "The largest over the pieces, with their biases, for each example and unit."
    c.close("maxout_forward: out", out, want, hint=hint)
    three = np.concatenate([w, w[:1] + w[1:]]), np.concatenate([b, b[:1] + 4.0])
    z = [x @ piece + bias for piece, bias in zip(*three, strict=True)]
    c.close("maxout_forward: out for three pieces", maxout_forward(x, *three)[0], np.maximum(np.maximum(z[0], z[1]), z[2]))

    def check_gradients(which, x, w, b, dout):
        dx, dw, db = maxout_backward(dout.copy(), maxout_forward(x.copy(), w.copy(), b.copy())[1])
        name, hint = f"maxout_backward{which}:", "Each unit sends its share back, through the piece that won."
        c.gradient(f"{name} dx", dx, lambda v: maxout_forward(v, w, b)[0], x, dout, hint=hint)
        hint = "Which piece won is asked of each example and each unit."
        c.gradient(f"{name} dw", dw, lambda v: maxout_forward(x, v, b)[0], w, dout, hint=hint)
        hint = "A bias is used by every example for which its piece won."
        c.gradient(f"{name} db", db, lambda v: maxout_forward(x, w, v)[0], b, dout, hint=hint)

    check_gradients("", x, w, b, dout)
    check_gradients(", as many of everything", x[[0, 2]], w[:, :, 1:], b[:, 1:], dout[:2, 1:])
    check_gradients(", one example", x[:1], w, b, dout[:1])
    check_gradients(", one unit", x, w[:, :, :1], b[:, :1], dout[:, :1])
    check_gradients(", one piece", x, w[:1], b[:1], dout)
    check_gradients(", one piece and one unit", x, w[:1, :, :1], b[:1, :1], dout[:, :1])
    same = np.concatenate([w[:1], w[:1], w[:1]])  # three equal pieces
    dx, dw, db = maxout_backward(dout.copy(), maxout_forward(x.copy(), same, np.zeros((3, 3)))[1])
    hint = "The first of the pieces that tie gets everything, and alone."
    c.close("maxout_backward: db of the first piece, at a tie", db[0], dout.sum(axis=0), hint=hint)
    c.close("maxout_backward: db of the other pieces, at a tie", db[1:], np.zeros((2, 3)), hint=hint)
    c.close("maxout_backward: dx, at a tie", dx, dout @ w[0].T, hint="Is anything counted more than once?")
    out, cache = maxout_forward(*(v.astype("f4") for v in (x, w, b)))
    c.equal("maxout_forward: dtype of out for float32", out.dtype, np.dtype("float32"))
    for name, grad in zip(("dx", "dw", "db"), maxout_backward(dout.astype("f4"), cache), strict=True):
        c.equal(f"maxout_backward: dtype of {name} for float32", grad.dtype, np.dtype("float32"))
    whole = np.ones((1, 2), int), np.ones((2, 2, 1), int), np.ones((2, 1), int)
    c.equal("maxout_forward: dtype of out for whole numbers", maxout_forward(*whole)[0].dtype, np.dtype(float))
    c.close("maxout_forward: out for x in column order", maxout_forward(np.asfortranarray(x), w, b)[0], want)
    c.raises("maxout_forward refuses a w for another D", ValueError, maxout_forward, x, np.ones((2, 3, 3)), b)
    c.raises("maxout_forward refuses a w of two axes", ValueError, maxout_forward, x, w[0], b)
    for wrong in (b[:1], b[:, :1], b.T, b.ravel()):
        hint = "It would broadcast over the pieces." if wrong.shape == (1, 3) else ""
        c.raises(f"maxout_forward refuses a b of shape {wrong.shape}", ValueError, maxout_forward, x, w, wrong, hint=hint)

# %% [markdown] id="maxout-see"
# **Maxout learns a shape.** A single unit on a single input, trained by gradient descent with your `dw` and `db`. See two pieces find
# the absolute value exactly, and four lay themselves around a parabola like straight boards around a bowl. The third curve bends both
# ways. A maximum of straight lines never does, so a single unit fails, with six pieces as with sixty; the *difference* of two units
# manages. (Goodfellow et al., 2013, prove that such a difference can approximate any continuous function.)

# %% id="maxout-plot" tags=["demo"]
with attempt("maxout"):
    x = np.linspace(-2, 2, 81)[:, None]  # (N, 1)

    def learn_shape(y, K, signs, steps=2000, learning_rate=0.1):
        """Fit y by the sum of maxout units, each taken with its sign."""
        rng = np.random.default_rng(3)
        w, b = rng.normal(size=(K, 1, len(signs))), 0.1 * rng.normal(size=(K, len(signs)))
        v = np.array(signs)[:, None]  # (units, 1)
        for _ in range(steps):
            h, cache = maxout_forward(x, w, b)
            _, dw, db = maxout_backward(2 * (h @ v - y) @ v.T / len(x), cache)
            w, b = w - learning_rate * dw, b - learning_rate * db
        return maxout_forward(x, w, b)[0] @ v, x @ w + b[:, None, :]

    wave = x**2 / 2 + np.sin(2 * x)
    tasks = (
        ("|x|: 2 pieces", np.abs(x), 2, (1.0,)),
        ("x²: 4 pieces", x**2, 4, (1.0,)),
        ("bends both ways: 6 pieces", wave, 6, (1.0,)),
        ("two units of 6, subtracted", wave, 6, (1.0, -1.0)),
    )
    learned = [learn_shape(y, K, signs) for _, y, K, signs in tasks]
    errors = [np.sqrt(np.mean((out - y) ** 2)) for (out, _), (_, y, *_) in zip(learned, tasks, strict=True)]
    with style():
        fig, axes = plt.subplots(1, 4, figsize=(11, 3.2), sharey=True)
        for ax, (name, y, _, signs), (out, pieces) in zip(axes, tasks, learned, strict=True):
            if len(signs) == 1:
                for piece in pieces:
                    ax.plot(x, piece, color="0.7", linewidth=0.8)
            ax.plot(x, y, color=PALETTE[4], linewidth=5, label="wanted")
            ax.plot(x, out, color=PALETTE[1], label="learned")
            ax.set(title=name, xlabel="x", ylim=(-1.5, 4.2))
        axes[0].set_ylabel("out")
        axes[0].legend(loc="upper center")
    print("root mean square error:", *(f"{name}: {error:.2f}" for (name, *_), error in zip(tasks, errors, strict=True)), sep="\n  ")
    show(
        fig,
        "Four panels of a wanted and a learned curve over x, with the linear pieces in grey. Maxout fits the absolute value and the parabola, fails on a curve "
        "that bends both ways, and fits it by the difference of two units.",
    )

# %% [markdown] id="saturation-idea"
# ## 5 · What has stopped learning (D4, "saturated neurons kill the gradients"; D1, "dying ReLU")
#
# Two ways to stop. A sigmoid or tanh unit **saturates**: its input is so large that the slope is next to nothing. A ReLU unit **dies**:
# its input is negative for *every* example, so its slope is exactly 0 for all of them, no gradient reaches its weights, and nothing in
# its own layer will ever bring it back. Mind the difference to a ReLU output that is 0 for *some* examples: that one is at work,
# deciding. To see either, measure it:
#
# $$\text{dead} = \frac1M\, \#\big\{ m : a_{nm} = 0 \text{ for all } n \big\}, \qquad
# \text{saturated} = \text{the share of all entries whose slope is below } 10^{-4} ,$$
#
# where the slope is that of question 1, calculated from the *output*: $\sigma(1-\sigma)$ or $1 - \tanh^2$.


# %% nbgrader={"grade_id": "saturation", "solution": true}
def dead_fraction(acts: np.ndarray) -> float:
    """Return the fraction of units that are exactly 0 for every example.

    Args:
        acts: (N, M), the outputs of M units for N examples, N and M at least 1.

    Returns:
        a number from 0 to 1.

    Raises:
        ValueError: acts is not (N, M), or has no entries; names the shape given.
    """
    ### BEGIN SOLUTION
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M), with N and M at least 1")
    return float(np.mean((acts == 0).all(axis=0)))
    ### END SOLUTION


def saturated_fraction(out: np.ndarray, kind: str) -> float:
    """Return the fraction of entries of out at which the slope of the activation is below 1e-4.

    The slope is out (1 - out) for "sigmoid", 1 - out^2 for "tanh".

    Args:
        out: outputs of a sigmoid or of a tanh, any shape, at least one entry.
        kind: "sigmoid" or "tanh".

    Returns:
        a number from 0 to 1.

    Raises:
        ValueError: kind is neither of the two; names the kind given.
    """
    ### BEGIN SOLUTION
    if kind == "sigmoid":
        slope = out * (1 - out)
    elif kind == "tanh":
        slope = 1 - out * out
    else:
        raise ValueError(f"kind is {kind!r}, expected 'sigmoid' or 'tanh'")
    return float(np.mean(slope < 1e-4))
    ### END SOLUTION


# %% id="saturation-try" tags=["demo"]
with attempt("saturation"):
    print("dead:", dead_fraction(np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]])))
    print("saturated:", saturated_fraction(np.array([[0.5, 0.99999], [0.00001, 0.9]]), "sigmoid"))

# %% nbgrader={"grade_id": "saturation-check", "grade": true, "points": 10}
with check("saturation") as c:
    acts = np.array([[0.0, 1.0, 0.0, -1.0, -0.2], [0.0, 0.0, 2.0, 1.0, -0.3], [0.0, 0.0, 0.0, 0.0, -0.1]])
    given = acts.copy()
    got = dead_fraction(given)
    c.unchanged("dead_fraction: acts", given, acts)
    c.close("dead_fraction", got, 0.2, hint="A unit is a column. It is dead if all of its entries are 0, one by one.")
    c.close("dead_fraction of one example", dead_fraction(np.array([[0.0, 3.0, 0.0, 0.0]])), 0.75)
    some = np.array([[0.0, -1.0, 1e-12], [-2.0, 0.0, 0.0]])
    c.close(
        "dead_fraction of units that are never positive, or small", dead_fraction(some), 0.0, hint="Dead is exactly 0, for every example."
    )
    out = np.array([[0.5, 0.99999], [0.00001, 0.9], [0.001, 0.999]])
    given = out.copy()
    got = saturated_fraction(given, "sigmoid")
    c.unchanged("saturated_fraction: out", given, out)
    c.close("saturated_fraction of a sigmoid", got, 1 / 3, hint="It saturates at 0 as well as at 1.")
    out = np.array([0.0, 0.99999, -0.99999, 0.00001, 0.9, -0.9999999, -0.5, 0.99993])
    hint = "The slope counts, at both ends; tanh is steepest at 0."
    c.close("saturated_fraction of a tanh", saturated_fraction(out.copy(), "tanh"), 0.375, hint=hint)
    out = np.float32([[[0.5, 1.0]], [[-1.0, 0.25]]])
    c.close("saturated_fraction of a tanh, in float32, with three axes", saturated_fraction(out, "tanh"), 0.5)
    for kind in ("relu", "Tanh", "sig", "tan"):
        c.raises(f"saturated_fraction refuses the kind {kind!r}", ValueError, saturated_fraction, np.full((2, 3), 0.5), kind)
    for shape in ((3,), (2, 3, 4), (0, 3), (3, 0), (0, 3, 2)):
        c.raises(f"dead_fraction refuses acts of shape {shape}", ValueError, dead_fraction, np.zeros(shape))

# %% [markdown] id="saturation-erratum"
# **A slide to mend.** D4 ends with a two-layer net in 20 lines. The slide before it says $W_2 \max(0, W_1 x)$, a ReLU; the code has a
# sigmoid. And its weights are plain `randn`. Here are its first lines. How large are the sigmoid's inputs, and how much of the hidden
# layer can learn anything? Mend the marked line, by one factor, so that the inputs have standard deviation 1: think of the variance of
# a sum of 1000 terms. (Assignment 04 makes a method of it.)

# %% id="saturation-mend" tags=["demo"]
with attempt("saturation"):
    rng = np.random.default_rng(4)
    N, D_in, H = 64, 1000, 100
    x = rng.normal(size=(N, D_in))
    w1 = rng.normal(size=(D_in, H))  # as printed: mend this line
    z = x.dot(w1)
    h, _ = sigmoid_forward(z)
    print(f"inputs of the sigmoid: standard deviation {z.std():.1f}; saturated: {saturated_fraction(h, 'sigmoid'):.0%}")

# %% [markdown] id="saturation-overclaim"
# **A claim to soften.** D1 says that ReLU "solves the vanishing gradient problem", since its slope is 1 for positive numbers. On the
# way back a gradient passes each layer by two factors, the weights and the slope (D1, "vanishing gradient in very deep networks"). Here
# it goes back through 12 layers. See the sigmoid lose at least three quarters of it in every layer, and tanh much less. Then see ReLU:
# it keeps the gradient where the weights suit it, and with *half* of these weights the gradient vanishes all the same; with twice, it
# explodes. The slope is one factor of two.

# %% id="saturation-depth" tags=["demo"]
with attempt("saturation"):
    width, depth, N = 128, 12, 200
    cases = (
        ("tanh", tanh_forward, tanh_backward, 1.0, "-"),
        ("sigmoid", sigmoid_forward, sigmoid_backward, 1.0, "-"),
        ("ReLU", relu_forward, relu_backward, np.sqrt(2), "-"),
        ("ReLU, weights halved", relu_forward, relu_backward, np.sqrt(2) / 2, "--"),
        ("ReLU, weights doubled", relu_forward, relu_backward, np.sqrt(2) * 2, ":"),
    )

    def sizes_of_gradient(forward, backward, gain):
        """The gradient's size behind each layer on its way back, from the last to the first."""
        rng = np.random.default_rng(0)
        a, weights, caches = rng.normal(size=(N, width)), [], []
        for _ in range(depth):
            w = rng.normal(size=(width, width)) * gain / np.sqrt(width)
            a, cache = forward(a @ w)
            weights.append(w)
            caches.append(cache)
        da = rng.normal(size=(N, width))
        sizes = [np.sqrt(np.mean(da**2))]
        for w, cache in zip(reversed(weights), reversed(caches), strict=True):
            da = backward(da, cache) @ w.T
            sizes.append(np.sqrt(np.mean(da**2)))
        return sizes

    sizes = [sizes_of_gradient(forward, backward, gain) for _, forward, backward, gain, _ in cases]
    with style():
        fig, ax = plt.subplots(figsize=(7, 3.8))
        for (name, *_, line), size, color in zip(cases, sizes, (PALETTE[0], PALETTE[1], *3 * [PALETTE[2]]), strict=True):
            ax.semilogy(range(depth, -1, -1), size, line, marker="o", markersize=3, color=color, label=name)
        ax.set(xlabel="layer (the gradient comes from the right)", ylabel="size of the gradient (root mean square)", ylim=(1e-9, 1e5))
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    left = (f"{case[0]} {size[-1] / size[0]:.0e}" for case, size in zip(cases, sizes, strict=True))
    print("left of the gradient after 12 layers:", *left, sep="\n  ")
    show(
        fig,
        "Size of the gradient over the layers, on a logarithmic scale. Through twelve sigmoid layers it falls by seven powers of ten. Through ReLU layers it stays, "
        "falls by four powers or grows by four, as the weights are right, halved or doubled.",
    )

# %% [markdown] id="saturation-see"
# **A picture worth keeping: how units die on real digits.** On the left a ReLU layer of 100 units learns to tell digits apart, at three
# learning rates (D0 and D4: "use ReLU, be careful with your learning rates"). Some steps that are too long push units to where every
# example gives them a negative input. See that almost all of the dead stay dead. On the right every unit is *born* that way, by a bias
# of −2.5. See that ReLU gets no gradient and never moves; that a leaky slope of 0.1 comes back to life, and ELU soonest. And see the
# slope of 0.01, of which D4 says that it "will not die": it does not, but in these 600 steps it does not live either.

# %% id="saturation-plot" tags=["demo"]
from utils import data
from utils.training import fit

with attempt("saturation"):
    digits = data.digits()
    classes = np.eye(10)

    def train(forward, backward, learning_rate, steps, bias=0.0):
        """Train 64-100-10 with a softmax on top (assignment 03), and watch the hidden layer and the share of right answers."""
        rng = np.random.default_rng(0)
        params = {
            "w1": rng.normal(size=(64, 100)) * np.sqrt(2 / 64),
            "b1": np.full(100, bias),
            "w2": rng.normal(size=(100, 10)) * np.sqrt(2 / 100),
            "b2": np.zeros(10),
        }

        def loss_and_grads(p, x, y):
            h, cache = forward(x @ p["w1"] + p["b1"])
            scores = h @ p["w2"] + p["b2"]
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            probs = odds / odds.sum(axis=1, keepdims=True)
            dscores = (probs - classes[y]) / len(x)
            dz = backward(dscores @ p["w2"].T, cache)
            grads = {"w1": x.T @ dz, "b1": dz.sum(axis=0), "w2": h.T @ dscores, "b2": dscores.sum(axis=0)}
            return np.mean(1 - probs[np.arange(len(x)), y]), grads

        def evaluate(p):
            h = forward(digits.x_train @ p["w1"] + p["b1"])[0]
            guess = (forward(digits.x_dev @ p["w1"] + p["b1"])[0] @ p["w2"] + p["b2"]).argmax(axis=1)
            return {"dead": dead_fraction(h), "right": np.mean(guess == digits.y_dev)}

        def step(w, dw, config):
            return w - learning_rate * dw, config

        return fit(
            params, loss_and_grads, step, {}, digits.x_train, digits.y_train, steps=steps, batch=50, rng=rng, evaluate=evaluate, every=10
        )[1]

    rates = (0.3, 1.0, 2.0)
    killed = [train(relu_forward, relu_backward, rate, 100) for rate in rates]
    kinds = (
        ("ReLU", relu_forward, relu_backward),
        ("leaky, slope 0.01", leaky_relu_forward, leaky_relu_backward),
        ("leaky, slope 0.1", lambda x: leaky_relu_forward(x, 0.1), leaky_relu_backward),
        ("ELU", elu_forward, elu_backward),
    )
    born_dead = [train(forward, backward, 0.3, 600, bias=-2.5) for _, forward, backward in kinds]
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
        for rate, history, line in zip(rates, killed, ("-", "--", ":"), strict=True):
            left.plot(history.at, 100 * np.array(history.metrics["dead"]), line, color=PALETTE[2], label=f"learning rate {rate}")
        left.set(title="ReLU units that die in training", xlabel="step", ylabel="dead units, %", ylim=(-3, 103))
        left.legend(loc="center right")
        styles = ((2, "-"), (3, "--"), (3, "-"), (4, "-"))
        for (name, *_), history, (color, line) in zip(kinds, born_dead, styles, strict=True):
            right.plot(history.at, 100 * np.array(history.metrics["right"]), line, color=PALETTE[color], label=name)
        right.set(title="all units born dead: who comes back?", xlabel="step", ylabel="digits told right, %", ylim=(-3, 103))
        right.legend(loc="center right")
    print(
        "dead at the end:",
        *(f"rate {rate}: {history.metrics['dead'][-1]:.1f}" for rate, history in zip(rates, killed, strict=True)),
        sep="  ",
    )
    learned = (f"{kind[0]} {history.metrics['right'][-1] > 0.5}" for kind, history in zip(kinds, born_dead, strict=True))
    print("born dead, more than half right at the end:", *learned, sep="  ")
    show(
        fig,
        "Left: at a learning rate of 0.3 few of 100 ReLU units die, at 2 nearly all within some steps, and they stay dead. Right: where all units start on the negative "
        "side, ReLU and a leaky slope of 0.01 stay at guessing, a slope of 0.1 recovers after some hundred steps, ELU almost at once.",
    )

# %% [markdown] id="written-question"
# ## 6 · In your own words (10 points, read by a person)
#
# A classmate has read D1 and D4 and summed up: "(a) Sigmoid outputs are not zero-centred, so the weights of the next layer zigzag. (b)
# ReLU solves the vanishing gradient. (c) A dead ReLU stays dead."
#
# 1. **(a)** Take one unit of the next layer, $z = \sum_j w_j h_j + b$, and a single example. Show from $\partial L / \partial w_j$
#    why the gradients of all $w_j$ have the same sign if all $h_j > 0$. Why does that make for a zigzag? Is ReLU free of it? And why is
#    it milder with a minibatch?
# 2. **(b)** Ten layers, each with one slope and one weight on the path of a gradient. What is the most that ten sigmoids let
#    through, by their slopes alone? What do ten ReLUs let through? Then name two ways in which the gradient of a ReLU net can vanish
#    nevertheless.
# 3. **(c)** A step that was too long has left a ReLU unit with a negative input for every example. Write down the gradients of its
#    own $w$ and $b$, and say why plain gradient descent cannot revive it by them. Name one thing that may still revive it, and say how
#    a leaky slope changes the gradients.

# %% [markdown] nbgrader={"grade_id": "activations-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. $\partial L/\partial w_j = \frac{\partial L}{\partial z}\, h_j$. The first factor is one number for the whole unit, the same for
#    all $j$; if all $h_j > 0$, every $\partial L/\partial w_j$ has its sign. So in one step all the $w_j$ of this unit grow or all
#    shrink. To get to a point where one weight should be larger and another smaller, the walk has to alternate between "all up" and
#    "all down": a zigzag. ReLU's outputs are not negative either, so it is not free of it (a weight whose $h_j = 0$ stands still, the
#    others share one sign). In a minibatch the gradients of several examples are averaged, with different signs of
#    $\partial L / \partial z$ and different $h_j$, so that the sums over $j$ need not agree in sign any more.
# 2. The sigmoid's slope is at most 1/4, so ten of them let through at most $4^{-10} \approx 10^{-6}$, and that only if all inputs
#    are 0. A ReLU's slope is 0 or 1: ten let through everything on a path on which all are active, nothing on any other. It can vanish
#    nevertheless since (i) each layer also multiplies by its weights: if they are too small, the product shrinks by a constant factor a
#    layer, slope 1 or not; (ii) units that are inactive or dead pass on nothing, so that few or no paths are left. (Either is a reason
#    to choose the weights' scale by the layer's width, as in 04.)
# 3. $\partial L/\partial w = \sum_n \mathrm{d}out_n \cdot 0 \cdot x_n = 0$ and
#    $\partial L / \partial b = \sum_n \mathrm{d}out_n \cdot 0 = 0$: both are sums over examples, and the slope is 0 for each. A step of
#    zero length changes nothing, so the next step is zero again. What may revive it comes from elsewhere: the layers *before* it move,
#    so that its inputs change; other data come along for which its input is positive; momentum that is left over, or weight decay of a
#    large negative weight; another initialisation. With a leaky slope $s$ the zeros become $s$:
#    $\partial L/\partial w = s \sum_n \mathrm{d}out_n\, x_n$, small but not nothing, so it can come back, at a pace of $s$ (with 0.01 a
#    hundred times as slowly).
#
# **Rubric (10 points).** The factor $\partial L/\partial z$ common to all $j$, hence one sign: 2. Zigzag explained: 1. ReLU not free of
# it, and the minibatch averages signs away: 1. $4^{-10}$ or about $10^{-6}$: 1. ReLU 1 on active paths and 0 on others: 1. Two valid
# ways (weights too small; inactive or dead units): 1. Both gradients zero as sums of zeros, hence no step: 2. One thing that may revive
# it, and the leaky gradient with $s$: 1.

# %% [markdown] id="summary-idea"
# **Before you submit.** Run all cells from the top, then look here: this cell adds up what your own checks say.

# %% id="summary" tags=["demo"]
check.summary(
    {"sigmoid_tanh": 20, "relu_family": 30, "prelu": 20, "maxout": 20, "saturation": 10},
    written=10,
)
