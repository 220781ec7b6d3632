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
# You might expect a stack of twenty linear layers to be powerful, but it is just one linear layer
# again.
# Your network can represent more only if there is a nonlinear function between the layers, the
# **activation function**.
# An activation function takes only one line of code. But its values decide what your network can
# represent, and its slope decides what your network can learn, because every gradient is multiplied
# by this slope.
# In this notebook, you'll write the seven activation functions of the lectures, forward and
# backward.
# Then you can watch where gradients vanish. This will help you when one of your own networks
# refuses to learn.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `sigmoid` and `tanh`, forward and backward, for inputs of any size | 20 |
# | 2 | `relu`, `leaky_relu` and `elu`, with exact slopes at 0, too | 30 |
# | 3 | `prelu`, which learns its slope | 20 |
# | 4 | `maxout`, which learns its shape | 20 |
# | 5 | `dead_fraction` and `saturated_fraction`: measure which units have stopped learning | 10 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** about 5 hours. This is only our estimate, and it's fine if you are slower or faster.
#
# **You need** the chain rule and NumPy's broadcasting. From assignment 01, you need the idea of a
# `forward` function that returns a `cache` for its `backward` function. You don't have to import
# any of your earlier code.
#
# **Lecture note:** [Bend the line, and mind the slope](../../course/02-activations.md). Lectures:
# D0, D1, D2 and D4, each on activation functions.
# Be careful when you copy formulas from their slides: some of them contain mistakes, and you'll
# correct or test three of them here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **A layer is two functions.** Your `forward` returns `out, cache`, and your
#   `backward(dout, cache)` returns the gradients. What you put into the cache is up to you.
# - **Do not change your arguments.** Other code may still need the arrays that your function
#   receives, so don't change any of them: not `x`, not the weights, not `dout`.
# - **Keep the precision.** Your result should have the same dtype as the input: float32 stays
#   float32, and float64 stays float64. For whole numbers, return float64.
# - **Accept any batch and any memory layout.** Your function must also work for a batch with a
#   single example. The arrays may be read-only, and they may be slices or transposes of others.
# - **Cause no warnings** for inputs up to $\pm 10^4$, in float64 and in float32.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that says what you
#   expected and what you got. You'd want the same from other people's code.
#
# In questions 1 to 3, every entry is treated separately, so your functions must accept arrays of
# any shape. You can rely on one thing: the upstream gradient `dout` always has the shape of `out`.
#
# Every question has one cell where you can try your code and another cell that checks it.
# These checks will find most of your mistakes. For your grade, we use more checks with different
# numbers.
# You can choose *Run All* at any time: an unfinished cell does not stop the notebook.
#
# The check cells are folded to keep the page short. Each check prints its verdict below its cell.
# Click the bar if you'd like to read the check's code.

# %% nbgrader={"grade_id": "setup", "locked": true}
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

for folder in [Path.cwd(), *Path.cwd().parents]:  # find the folder of utils
    if (folder / "utils" / "__init__.py").is_file():
        sys.path.insert(0, str(folder))
        break
try:
    from utils import Checks, attempt, show
except ImportError as error:
    if error.name != "utils":
        raise
    raise ImportError(
        "This notebook needs the folder utils of 02-activations.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 02-activations.zip, then "
        "%cd training-neural-networks/release/02-activations, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "given", "locked": true}
np.set_printoptions(precision=4, suppress=True)

import warnings

from utils.plotting import PALETTE, style


def warns(function, *args):
    """Return whether a call causes a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args)
    return bool(caught)


# %% [markdown] id="sigmoid_tanh-idea"
# ## 1 · Sigmoid and tanh
#
# *Lecture note: [Sigmoid: squeezed into a
# probability](../../course/02-activations.md#sigmoid-squeezed-into-a-probability) and [tanh: the
# sigmoid, centred](../../course/02-activations.md#tanh-the-sigmoid-centred). Lectures: D4
# (activation functions), D2 (Rumelhart et al.).*
#
# The sigmoid turns any number into a number in $(0, 1)$, and the hyperbolic tangent turns any
# number into a number in $(-1, 1)$. The two curves are close relatives: if you stretch and shift
# one of them, you get the other.
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \tanh(x) = \frac{e^{2x} - 1}{e^{2x} + 1} = 2\thinspace\sigma(2x) - 1 .$$
#
# Here is a fact that saves you work: the *output* alone is enough to compute the slope of each
# function. So your cache does not need $x$ (see equation (5) of the paper in D2):
#
# $$\sigma'(x) = \sigma(x)\thinspace\big(1 - \sigma(x)\big), \qquad \tanh'(x) = 1 - \tanh^2(x) .$$
#
# **Watch the exponential.** The number $e^{10\thinspace000}$ is too large for any float, and
# $e^{100}$ is too large for float32.
# So if you type in one of the formulas above as it is, your code overflows on one side of zero.
# Rewrite the sigmoid so that you never take $e$ to the power of a positive number. For tanh, you
# may use `np.tanh`, which already avoids the overflow.


# %% nbgrader={"grade_id": "sigmoid_tanh", "solution": true}
def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Map every entry into (0, 1).

    out = 1 / (1 + exp(-x))

    Args:
        x: any shape; values between -1e4 and 1e4.

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
        dout: upstream gradient, of the shape of out.
        cache: from sigmoid_forward.
    """
    ### BEGIN SOLUTION
    out = cache
    return dout * out * (1.0 - out)
    ### END SOLUTION


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Map every entry into (-1, 1).

    out = (exp(2x) - 1) / (exp(2x) + 1)

    Args:
        x: any shape; values between -1e4 and 1e4.

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
        dout: upstream gradient, of the shape of out.
        cache: from tanh_forward.
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
    for name, forward, backward in pairs:  # square arrays reveal a matrix product
        x, dout = np.array([[-1.0, 0.5], [0.0, 2.0]]), np.array([[2.0, -3.0], [5.0, 1.0]])
        out, cache = forward(x)
        dx = backward(dout, cache)
        c.unchanged(f"{name}_forward: x", x, np.array([[-1.0, 0.5], [0.0, 2.0]]))
        c.unchanged(f"{name}_backward: dout", dout, np.array([[2.0, -3.0], [5.0, 1.0]]))
        c.close(f"{name}_backward: dx from a second call", backward(dout.copy(), cache), dx, hint="Does your code write to the cache?")
        forward(1 - x)
        hint = "Put everything that the backward function needs into the cache."
        c.close(f"{name}_backward: dx after another call of the forward function", backward(dout.copy(), cache), dx, hint=hint)
        c.gradient(f"{name}_backward: dx", dx, lambda v, f=forward: f(v)[0], x, dout)
        c.close(f"{name}_forward: out for x in column order", forward(np.asfortranarray(x))[0], out)
    x, dout = np.log([[1 / 3, 1.0, 3.0]]), np.array([[4.0, -8.0, 16.0]])
    out, cache = sigmoid_forward(x.copy())
    c.close("sigmoid_forward: out", out, [[0.25, 0.5, 0.75]])
    hint = "The slope depends on out. Multiply by dout exactly once."
    c.close("sigmoid_backward: dx by hand", sigmoid_backward(dout.copy(), cache), [[0.75, -2.0, 3.0]], hint=hint)
    x, dout = np.log([0.5, 1.0, 2.0]), np.array([2.0, -3.0, 5.0])
    out, cache = tanh_forward(x.copy())
    c.close("tanh_forward: out", out, [-0.6, 0.0, 0.6], hint="tanh(x) has the same sign as x.")
    hint = "Does the formula of the slope contain the square of x or of out?"
    c.close("tanh_backward: dx by hand", tanh_backward(dout.copy(), cache), [1.28, -3.0, 3.2], hint=hint)
    for dtype in (np.float64, np.float32):
        far = np.array([-1e4, -200.0, 200.0, 1e4], dtype)
        for name, forward, backward in pairs:
            with np.errstate(all="ignore"):
                out, cache = forward(far.copy())
                dx = backward(np.ones(4, dtype), cache)
            want = [0, 0, 1, 1] if name == "sigmoid" else [-1, -1, 1, 1]
            c.close(f"{name}_forward: out far from 0, in {far.dtype}", out, want, hint="Did you divide infinity by infinity?")
            hint = "Which powers of e do you compute for positive and for negative x?"
            c.true(f"{name}_forward: no warning there, in {far.dtype}", not warns(forward, far.copy()), hint)
            c.close(
                f"{name}_backward: dx far from 0, in {far.dtype}", dx, np.zeros(4), hint="You can compute the slope from the output alone."
            )
            c.true(f"{name}_backward: no warning there, in {far.dtype}", not warns(backward, np.ones(4, dtype), cache))
            c.equal(f"{name}_forward: dtype of out for {far.dtype}", out.dtype, far.dtype)
            c.equal(f"{name}_backward: dtype of dx for {far.dtype}", dx.dtype, far.dtype)
    for name, forward, _ in pairs:
        c.equal(f"{name}_forward: dtype of out for whole numbers", forward(np.array([0, 1]))[0].dtype, np.dtype(np.float64))

# %% [markdown] id="sigmoid_tanh-erratum"
# **Correct a slide** (not graded).
# The slide on activation functions (D1) has this formula for tanh:
# $\tanh(z) = \frac{1 - e^{2z}}{1 + e^{2z}}$.
# Run the cell. Which function does the printed formula really compute? Correct the marked line
# until the first three rows are correct.
# Then look at the last row, and don't be surprised: a formula can be correct on paper and still
# fail in floating point.

# %% id="sigmoid_tanh-mend" tags=["demo"]
with np.errstate(all="ignore"):
    for z in np.array([-1.0, 0.0, 2.0, 400.0]):
        printed = (1 - np.exp(2 * z)) / (1 + np.exp(2 * z))  # as printed: correct this line
        print(f"z = {z:5}: printed {printed:7.4f}, np.tanh {np.tanh(z):7.4f}")

# %% [markdown] id="sigmoid_tanh-see"
# **How fast does the slope vanish?** The first problem of the sigmoid is that *saturated neurons
# kill the gradients* (D4). A logarithmic axis shows how fast the slope vanishes.
# Even in the best case, the sigmoid passes on only a quarter of the gradient. You might expect tanh
# to do better, because it passes on the whole gradient at 0, but its slope vanishes twice as fast.
# Far from 0, both curves are straight lines. With every unit of $x$, the slope of the sigmoid falls
# by a factor of $e$, and the slope of tanh by a factor of $e^2$.
# In question 5, we'll call a unit *saturated* if its slope is below the dashed line.

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
# ## 2 · ReLU and related functions
#
# *Lecture note: [ReLU: half of a line](../../course/02-activations.md#relu-half-of-a-line), [Leaky
# ReLU](../../course/02-activations.md#leaky-relu-a-way-back) and
# [ELU](../../course/02-activations.md#elu-smooth-towards-a-floor). Lectures: D4 (activation
# functions), D1 (some activation functions).*
#
# ReLU, leaky ReLU and ELU leave positive numbers unchanged, so for positive inputs, the gradient
# passes unchanged too.
# The three functions differ only for all other inputs:
#
# $$\text{ReLU: } \max(0, x), \qquad
# \text{leaky ReLU: } \begin{cases} x & x > 0 \cr s\thinspace x & x \le 0 \end{cases} \qquad
# \text{ELU: } \begin{cases} x & x > 0 \cr \alpha\thinspace(e^x - 1) & x \le 0 \end{cases}$$
#
# Which slope should the leaky ReLU have? The lectures say 0.1 (D0), 0.001 (D1), and both 0.01 and
# 0.1 (D4).
# So we leave the choice to the caller of your function: the slope $s$ is an argument, which may be
# any number and is 0.01 by default.
# You may be tempted to write the leaky ReLU as $\max(sx, x)$. But for $s > 1$ this is a different
# function, so use the two branches of the formula.
#
# There is no derivative at a corner, but your code still has to return a number.
# The lectures choose different numbers, so let's agree on one rule for this course. Like PyTorch,
# we always use the slope from the left:
#
# $$\text{at } x = 0: \qquad \text{ReLU } 0, \qquad \text{leaky ReLU } s, \qquad \text{ELU } \alpha .$$
#
# **Watch the branch that is not used.** You might think that `np.where` computes only what you
# need. In fact, it computes *both* branches for every entry and chooses afterwards. So what happens
# to the exponential of the ELU at $x = 10^4$?
# As with the sigmoid, you can compute the slope of the ELU from its output. Derive this slope for a
# general $\alpha$ before you set $\alpha = 1$.


# %% nbgrader={"grade_id": "relu_family", "solution": true}
def relu_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Set negative entries to 0.

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
        dout: upstream gradient, of the shape of out.
        cache: from relu_forward.
    """
    ### BEGIN SOLUTION
    x = cache
    return np.where(x > 0, dout, 0.0)
    ### END SOLUTION


def leaky_relu_forward(x: np.ndarray, slope: float = 0.01) -> tuple[np.ndarray, object]:
    """Multiply entries that are not positive by a slope.

    out = x where x > 0, slope x elsewhere

    Args:
        x: any shape.
        slope: any number; it may be larger than 1.

    Returns:
        out: the shape of x.
        cache: what leaky_relu_backward needs.
    """
    ### BEGIN SOLUTION
    return np.where(x > 0, x, float(slope) * x), (x, float(slope))
    ### END SOLUTION


def leaky_relu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient of leaky_relu_forward; the slope at 0 is `slope`.

    Args:
        dout: upstream gradient, of the shape of out.
        cache: from leaky_relu_forward.
    """
    ### BEGIN SOLUTION
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)
    ### END SOLUTION


def elu_forward(x: np.ndarray, alpha: float = 1.0) -> tuple[np.ndarray, object]:
    """Let entries that are not positive approach -alpha smoothly.

    out = x where x > 0, alpha (exp(x) - 1) elsewhere

    Args:
        x: any shape; values between -1e4 and 1e4.
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
    """Return the gradient of elu_forward; the slope at 0 is `alpha`.

    Args:
        dout: upstream gradient, of the shape of out.
        cache: from elu_forward.
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
        c.close(f"{name}_backward: dx from a second call", backward(dout.copy(), cache), dx, hint="Does your code write to the cache?")
        forward(1 - x, *(2 * v for v in setting))
        hint = "Put everything that the backward function needs into the cache."
        c.close(f"{name}_backward: dx after another call of the forward function", backward(dout.copy(), cache), dx, hint=hint)
    out, cache = relu_forward(x.copy())
    c.close("relu_forward: out", out, [0.0, 0.0, 0.0, 0.5, 300.0])
    hint = "The sign of x decides whether the gradient passes. What happens at 0?"
    c.close("relu_backward: dx", relu_backward(dout.copy(), cache), [0.0, 0.0, 0.0, -40.0, 50.0], hint=hint)
    out, cache = leaky_relu_forward(x.copy())
    c.close("leaky_relu_forward: out, by default", out, [-0.02, -0.005, 0.0, 0.5, 300.0])
    out, cache = leaky_relu_forward(x.copy(), slope=0.1)
    c.close(
        "leaky_relu_forward: out for slope 0.1", out, [-0.2, -0.05, 0.0, 0.5, 300.0], rtol=1e-10, hint="Do you use the argument `slope`?"
    )
    hint = "At 0 the slope is `slope`."
    dx = leaky_relu_backward(dout.copy(), cache)
    c.close("leaky_relu_backward: dx for slope 0.1", dx, [1.0, -2.0, 3.0, -40.0, 50.0], rtol=1e-10, hint=hint)
    out = leaky_relu_forward(x.copy(), 1.5)[0]
    c.close("leaky_relu_forward: out for slope 1.5", out, [-3.0, -0.75, 0.0, 0.5, 300.0], hint="Use two branches, not the maximum.")
    out, cache = leaky_relu_forward(x.copy(), -0.5)
    c.close("leaky_relu_forward: out for slope -0.5", out, [1.0, 0.25, 0.0, 0.5, 300.0])
    hint = "The sign of x chooses the branch, not the sign of out."
    dx = leaky_relu_backward(dout.copy(), cache)
    c.close("leaky_relu_backward: dx for slope -0.5", dx, [-5.0, 10.0, -15.0, -40.0, 50.0], hint=hint)
    y = np.array([-np.log(4.0), -np.log(2.0), 0.0, 1.0, 200.0])
    out, cache = elu_forward(y.copy())
    c.close("elu_forward: out, by default", out, [-0.75, -0.5, 0.0, 1.0, 200.0])
    c.close("elu_backward: dx, by default", elu_backward(dout.copy(), cache), [2.5, -10.0, 30.0, -40.0, 50.0])
    out, cache = elu_forward(y.copy(), alpha=2.0)
    c.close(
        "elu_forward: out for alpha 2", out, [-1.5, -1.0, 0.0, 1.0, 200.0], hint="Do you multiply by `alpha`, outside of the exponential?"
    )
    hint = "Derive the slope for a general alpha."
    c.close("elu_backward: dx for alpha 2", elu_backward(dout.copy(), cache), [5.0, -20.0, 60.0, -40.0, 50.0], hint=hint)
    for dtype in (np.float64, np.float32):
        far, hint = np.array([-1e4, 200.0, 1e4], dtype), "Does your code compute e to the power of 10000 for a branch that is not used?"
        with np.errstate(all="ignore"):
            out, cache = elu_forward(far.copy(), 0.5)
            c.close(f"elu_forward: out far from 0, in {far.dtype}", out, [-0.5, 200.0, 1e4])
            c.close(f"elu_backward: dx far from 0, in {far.dtype}", elu_backward(np.ones(3, dtype), cache), [0.0, 1.0, 1.0])
        c.true(f"elu_forward: no warning there, in {far.dtype}", not warns(elu_forward, far.copy()), hint)
        c.true(f"elu_backward: no warning there, in {far.dtype}", not warns(elu_backward, np.ones(3, dtype), cache), hint)
    out, cache = leaky_relu_forward(x.copy(), 0.0)
    c.close(
        "leaky_relu_forward: out for slope 0",
        out,
        [0.0, 0.0, 0.0, 0.5, 300.0],
        hint="0 is a valid slope; do not replace it by the default.",
    )
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
# **Compare the five activation functions.**
# The upper row shows the functions, and the lower row shows their slopes.
# Look at the lower row first, because it tells you how well each function lets gradients pass. The
# slopes of sigmoid and tanh are bumps, and they vanish on both sides.
# The other three functions have a slope of 1 for all positive numbers.
# Notice that only ReLU has a slope of exactly 0 on a whole half of the axis. The dots show the
# slopes at 0.

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
# ## 3 · PReLU: learn the slope
#
# *Lecture note: [PReLU: the slope is
# learned](../../course/02-activations.md#prelu-the-slope-is-learned). Lecture: D4 (parametric
# rectifier).*
#
# Which slope is best for the leaky ReLU? Let the data decide: make the slope a parameter $a$, with
# a gradient like every other parameter.
# For example, if the network has learned $a = 0.25$, the input −4 gives the output −1.
#
# $$f(x) = \begin{cases} x & x > 0 \cr a\thinspace x & x \le 0 \end{cases} \qquad
# \frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \cr a & x \le 0 \end{cases} \qquad
# \frac{\partial f}{\partial a} = \begin{cases} 0 & x > 0 \cr x & x \le 0 \end{cases}$$
#
# The whole layer may share one slope $a$, or each *channel* may have its own, and your function has
# to handle both cases.
# In this course, the channels are the **last axis**: $x$ is $(\dots, C)$, and $a$ is a number or an
# array of shape $(C,)$.
# Many entries use the same slope $a$, so $a$ is a branch. You know from assignment 01 what happens
# to gradients at a branch.


# %% nbgrader={"grade_id": "prelu", "solution": true}
def prelu_forward(x: np.ndarray, a: float | np.ndarray) -> tuple[np.ndarray, object]:
    """Multiply entries that are not positive by a learned slope.

    out = x where x > 0, a x elsewhere

    Args:
        x: (..., C).
        a: a single number (or an array of shape ()), or (C,) with one slope per
            channel; any size and sign.

    Returns:
        out: (..., C).
        cache: what prelu_backward needs.

    Raises:
        ValueError: a is neither a number nor of shape (C,), even if it would broadcast;
            names both shapes.
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
        cache: from prelu_forward.

    Returns:
        dx: (..., C).
        da: a single number if a is a single number, else (C,).
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
    c.close("prelu_backward: da from a second call", prelu_backward(dout.copy(), cache)[1], da, hint="Does your code write to the cache?")
    prelu_forward(1 - x, 1 - a)
    hint = "Put everything that the backward function needs into the cache."
    c.close("prelu_backward: dx after another call of the forward function", prelu_backward(dout.copy(), cache)[0], dx, hint=hint)
    hint = "For a > 1, do you still return a x?"
    c.close("prelu_forward: out for an a in each channel", out, [[-1.0, 1.0], [-2.0, -2.0], [3.0, 0.0]], hint=hint)
    c.close("prelu_backward: dx for an a in each channel", dx, [[0.5, 2.0], [0.25, 6.0], [7.0, 20.0]])
    c.shape("prelu_backward: da for an a in each channel", da, (2,))
    c.close("prelu_backward: da for an a in each channel", da, [-4.0, -3.0], hint="For each a, sum over exactly those entries that use it.")
    for one, which in ((0.25, "one a"), (np.array(0.25), "an a of shape ()")):
        out, cache = prelu_forward(x.copy(), one)
        c.close(f"prelu_forward: out for {which}", out, [[-0.5, 1.0], [-1.0, -0.25], [3.0, 0.0]])
        dx, da = prelu_backward(dout.copy(), cache)
        c.close(f"prelu_backward: dx for {which}", dx, [[0.25, 2.0], [0.125, 0.75], [7.0, 2.5]], hint="At x = 0 the slope is a.")
        c.shape(f"prelu_backward: da for {which}", da, ())
        c.close(f"prelu_backward: da for {which}", da, -7.0, hint="Sum over all entries that use a.")
    c.close("prelu_forward: out for an a of 2", prelu_forward(x.copy(), 2)[0], [[-4.0, 1.0], [-8.0, -2.0], [3.0, 0.0]])
    c.close("prelu_forward: out for an a of -0.5", prelu_forward(x.copy(), -0.5)[0], [[1.0, 1.0], [2.0, 0.5], [3.0, 0.0]])
    out, cache = prelu_forward(x[:, :1].copy(), a[:1])
    c.shape("prelu_backward: da for a single channel", prelu_backward(dout[:, :1].copy(), cache)[1], (1,))
    deep, weight = np.array([[[-1.0, 2.0], [3.0, -4.0]], [[-5.0, -6.0], [7.0, 8.0]]]), np.arange(1.0, 9.0).reshape(2, 2, 2)
    out, cache = prelu_forward(deep.copy(), a)
    want = [[[-0.5, 2.0], [3.0, -8.0]], [[-2.5, -12.0], [7.0, 8.0]]]
    c.close("prelu_forward: out for x of three axes", out, want, hint="The channels are the last axis.")
    got = prelu_backward(weight.copy(), cache)[1]
    c.gradient(
        "prelu_backward: da for x of three axes",
        got,
        lambda v: prelu_forward(deep, v)[0],
        a,
        weight,
        hint="Sum over every axis except the last.",
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
        hint = "This shape would broadcast, but it does not give one slope per channel." if shape != (3,) else ""
        sentence = f"prelu_forward refuses an a of shape {shape} for two channels"
        c.raises(sentence, ValueError, prelu_forward, x.copy(), np.ones(shape), hint=hint)

# %% [markdown] id="prelu-erratum"
# **A slide to test** (not graded).
# The slide on PReLU (D4) has the formula $f(x) = \max(\alpha x, x)$.
# For $\alpha \le 1$ this is the same function as yours, but remember that a *learned* slope can
# become larger than 1.
# The left plot compares both functions for $\alpha = 1.5$.
# Notice that in the printed formula, the slope of 1.5 has moved to the positive side.
# In the right plot, gradient descent learns the slope from data that we made with the slopes 0.1
# and 1.5. We train once with your `da` and once with the maximum.
# The printed formula finds the slope 0.1, but on its way to 1.5, it gets stuck at 1.

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
            slope_won = a * x > x  # gradient of the maximum: it goes to the winning piece
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
        right.annotate("target", (steps, 1.5), xytext=(0, 4), textcoords="offset points", ha="right")
        right.annotate("target", (steps, 0.1), xytext=(0, 4), textcoords="offset points", ha="right")
        right.set(title="the learned slope during training", xlabel="step", ylabel="slope a", ylim=(0, 1.75))
        right.legend(loc="center right")
    print(*(f"{name}, target {target}: learned {path[-1]:.2f}" for (name, target), path in learned.items()), sep="; ")
    show(
        fig,
        "Left: for a slope of 1.5 your function is steep on the left of 0, the printed maximum on the right of 0. Right: both forms learn a slope of 0.1, "
        "but towards 1.5 the maximum stops at 1.",
    )

# %% [markdown] id="maxout-idea"
# ## 4 · Maxout: learn the shape
#
# *Lecture note: [Maxout: the shape is
# learned](../../course/02-activations.md#maxout-the-shape-is-learned). Lectures: D0, D2 and D4
# (maxout).*
#
# Why should we choose the shape of the activation function ourselves?
# A maxout unit learns its own shape: it has several linear pieces, and it returns the largest of
# them.
# The lectures use two pieces, $\max(w_1^T x + b_1,\ w_2^T x + b_2)$. You'll write the general case,
# a layer with $K$ pieces and $M$ units:
#
# $$z_{knm} = \sum_d x_{nd}\thinspace w_{kdm} + b_{km}, \qquad out_{nm} = \max_k\thinspace z_{knm} .$$
#
# So a maxout layer is an affine layer and its activation function in one.
# For example, the pieces $x$ and 0 make a ReLU, and the pieces $x$ and $-x$ make the absolute
# value.
#
# In the backward pass, maxout is a max gate, so it *routes*. For each example and each unit, the
# winning piece gets all of `dout`, and the other pieces get nothing.
# So your cache has to remember which piece won, for each example and each unit. **If two pieces
# tie, only the first of them wins.** Otherwise, you would count the gradient twice.
#
# There are many examples but only a few pieces, so you may loop over $K$, but not over the
# examples.


# %% nbgrader={"grade_id": "maxout", "solution": true}
def maxout_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
) -> tuple[np.ndarray, object]:
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
        ValueError: w is not (K, D, M) with the D of x, or b is not (K, M); names the
            shape you got and the one you expected.
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


def maxout_backward(
    dout: np.ndarray,
    cache: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to x, w and b; at a tie the first piece wins.

    Args:
        dout: (N, M), upstream gradient.
        cache: from maxout_forward.

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
        "maxout_backward: dw from a second call",
        maxout_backward(dout.copy(), cache)[1],
        grads[1],
        hint="Does your code write to the cache?",
    )
    maxout_forward(1 - x, -w, b)
    hint = "Put everything that the backward function needs into the cache."
    c.close("maxout_backward: dx after another call of the forward function", maxout_backward(dout.copy(), cache)[0], grads[0], hint=hint)
    c.shape("maxout_forward: out", out, (4, 3))
    want = [[1.25, 1.0, 1.5], [2.25, 0.0, 0.0], [0.5, 4.5, 4.5], [2.0, 3.0, 4.5]]
    hint = "Take the largest piece, with its bias, for each example and each unit."
    c.close("maxout_forward: out", out, want, hint=hint)
    three = np.concatenate([w, w[:1] + w[1:]]), np.concatenate([b, b[:1] + 4.0])
    z = [x @ piece + bias for piece, bias in zip(*three, strict=True)]
    c.close("maxout_forward: out for three pieces", maxout_forward(x, *three)[0], np.maximum(np.maximum(z[0], z[1]), z[2]))

    def check_gradients(which, x, w, b, dout):
        dx, dw, db = maxout_backward(dout.copy(), maxout_forward(x.copy(), w.copy(), b.copy())[1])
        name, hint = f"maxout_backward{which}:", "dx is the sum over all units, each through its winning piece."
        c.gradient(f"{name} dx", dx, lambda v: maxout_forward(v, w, b)[0], x, dout, hint=hint)
        hint = "Determine the winning piece for each example and each unit."
        c.gradient(f"{name} dw", dw, lambda v: maxout_forward(x, v, b)[0], w, dout, hint=hint)
        hint = "A bias is used by every example for which its piece wins."
        c.gradient(f"{name} db", db, lambda v: maxout_forward(x, w, v)[0], b, dout, hint=hint)

    check_gradients("", x, w, b, dout)
    check_gradients(", as many of everything", x[[0, 2]], w[:, :, 1:], b[:, 1:], dout[:2, 1:])
    check_gradients(", one example", x[:1], w, b, dout[:1])
    check_gradients(", one unit", x, w[:, :, :1], b[:, :1], dout[:, :1])
    check_gradients(", one piece", x, w[:1], b[:1], dout)
    check_gradients(", one piece and one unit", x, w[:1, :, :1], b[:1, :1], dout[:, :1])
    same = np.concatenate([w[:1], w[:1], w[:1]])  # three equal pieces
    dx, dw, db = maxout_backward(dout.copy(), maxout_forward(x.copy(), same, np.zeros((3, 3)))[1])
    hint = "If pieces tie, only the first of them gets the gradient."
    c.close("maxout_backward: db of the first piece, at a tie", db[0], dout.sum(axis=0), hint=hint)
    c.close("maxout_backward: db of the other pieces, at a tie", db[1:], np.zeros((2, 3)), hint=hint)
    c.close("maxout_backward: dx, at a tie", dx, dout @ w[0].T, hint="Do you count any gradient more than once?")
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
        hint = "This shape would broadcast over the pieces." if wrong.shape == (1, 3) else ""
        c.raises(f"maxout_forward refuses a b of shape {wrong.shape}", ValueError, maxout_forward, x, w, wrong, hint=hint)

# %% [markdown] id="maxout-see"
# **Maxout learns a shape.** Which shapes can a single unit with a single input learn? Let's train
# it by gradient descent, with your `dw` and `db`.
# With two pieces, it finds the absolute value exactly. With four pieces, it approximates a parabola
# by straight lines.
# Now look at the third curve, which bends both up and down. You might think that more pieces would
# help. But a maximum of straight lines never bends down, so a single unit fails with any number of
# pieces.
# The *difference* of two units, however, can learn this curve too. (Goodfellow et al., 2013, prove
# that such a difference can approximate any continuous function.)

# %% id="maxout-plot" tags=["demo"]
with attempt("maxout"):
    x = np.linspace(-2, 2, 81)[:, None]  # (N, 1)

    def learn_shape(y, K, signs, steps=2000, learning_rate=0.1):
        """Fit y by a sum of maxout units, each multiplied by its sign."""
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
            ax.plot(x, y, color=PALETTE[4], linewidth=5, label="target")
            ax.plot(x, out, color=PALETTE[1], label="learned")
            ax.set(title=name, xlabel="x", ylim=(-1.5, 4.2))
        axes[0].set_ylabel("out")
        axes[0].legend(loc="upper center")
    print("root mean square error:", *(f"{name}: {error:.2f}" for (name, *_), error in zip(tasks, errors, strict=True)), sep="\n  ")
    show(
        fig,
        "Four panels of a target curve and a learned curve over x, with the linear pieces in grey. Maxout fits the absolute value and the parabola, fails on a curve "
        "that bends both ways, and fits it by the difference of two units.",
    )

# %% [markdown] id="saturation-idea"
# ## 5 · Which units have stopped learning?
#
# *Lecture note: [Saturation: what kills a
# gradient](../../course/02-activations.md#saturation-what-kills-a-gradient) and [Dead
# units](../../course/02-activations.md#dead-units-and-how-they-get-that-way). Lectures: D4
# (saturated neurons kill the gradients), D1 (dying ReLU).*
#
# When your network does not learn, how can you find out why? Let's look at two ways in which a unit
# can stop learning.
# A sigmoid or tanh unit **saturates** if its input is so large, positive or negative, that its
# slope is almost zero.
# For example, at the input 6, the slope of tanh is only about 0.00002.
# A ReLU unit **dies** if its input is negative for *every* example. Its slope is then exactly 0 for
# all examples, so no gradient reaches its weights. A dead unit cannot bring itself back by its own
# gradients.
# Don't worry about a ReLU unit that outputs 0 for only *some* examples: that's how it tells
# examples apart.
# Fortunately, one number is enough to measure each of these problems:
#
# $$\text{dead} = \frac1M\thinspace \big\lvert\big\lbrace m : a_{nm} = 0 \text{ for all } n \big\rbrace\big\rvert, \qquad
# \text{saturated} = \text{the share of all entries whose slope is below } 10^{-4} ,$$
#
# Here, the slope is the slope of sigmoid or tanh from question 1. You compute it from the *output*:
# $\sigma(1-\sigma)$ or $1 - \tanh^2$.


# %% nbgrader={"grade_id": "saturation", "solution": true}
def dead_fraction(acts: np.ndarray) -> float:
    """Return the fraction of units that are exactly 0 for every example.

    Args:
        acts: (N, M), the outputs of M units for N examples, N and M at least 1.

    Returns:
        a number from 0 to 1.

    Raises:
        ValueError: acts is not (N, M), or has no entries; names the shape you got.
    """
    ### BEGIN SOLUTION
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts has shape {acts.shape}, expected (N, M), with N and M at least 1")
    return float(np.mean((acts == 0).all(axis=0)))
    ### END SOLUTION


def saturated_fraction(out: np.ndarray, kind: str) -> float:
    """Return the fraction of entries of out for which the slope is below 1e-4.

    The slope is out (1 - out) for "sigmoid", 1 - out^2 for "tanh".

    Args:
        out: outputs of a sigmoid or of a tanh, any shape, at least one entry.
        kind: "sigmoid" or "tanh".

    Returns:
        a number from 0 to 1.

    Raises:
        ValueError: kind is neither of the two; names the kind you got.
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
    c.close("dead_fraction", got, 0.2, hint="A unit is a column. It is dead if every single entry is 0.")
    c.close("dead_fraction of one example", dead_fraction(np.array([[0.0, 3.0, 0.0, 0.0]])), 0.75)
    some = np.array([[0.0, -1.0, 1e-12], [-2.0, 0.0, 0.0]])
    c.close(
        "dead_fraction of units with only negative or tiny outputs",
        dead_fraction(some),
        0.0,
        hint="A dead unit is exactly 0 for every example.",
    )
    out = np.array([[0.5, 0.99999], [0.00001, 0.9], [0.001, 0.999]])
    given = out.copy()
    got = saturated_fraction(given, "sigmoid")
    c.unchanged("saturated_fraction: out", given, out)
    c.close("saturated_fraction of a sigmoid", got, 1 / 3, hint="The sigmoid saturates at 0 and at 1.")
    out = np.array([0.0, 0.99999, -0.99999, 0.00001, 0.9, -0.9999999, -0.5, 0.99993])
    hint = "Test the slope. tanh saturates at both ends and is steepest at 0."
    c.close("saturated_fraction of a tanh", saturated_fraction(out.copy(), "tanh"), 0.375, hint=hint)
    out = np.float32([[[0.5, 1.0]], [[-1.0, 0.25]]])
    c.close("saturated_fraction of a tanh, in float32, with three axes", saturated_fraction(out, "tanh"), 0.5)
    for kind in ("relu", "Tanh", "sig", "tan"):
        c.raises(f"saturated_fraction refuses the kind {kind!r}", ValueError, saturated_fraction, np.full((2, 3), 0.5), kind)
    for shape in ((3,), (2, 3, 4), (0, 3), (3, 0), (0, 3, 2)):
        c.raises(f"dead_fraction refuses acts of shape {shape}", ValueError, dead_fraction, np.zeros(shape))

# %% [markdown] id="saturation-erratum"
# **Correct a slide** (not graded). D4 ends with a two-layer network in 20 lines of code. The slide
# before this code shows a ReLU, $W_2 \max(0, W_1 x)$, but the code uses a sigmoid.
# The code draws the weights of the network from a plain `randn`. The cell below runs its first
# lines.
# How large are the inputs of the sigmoid? Which fraction of the hidden layer can still learn?
# Correct the marked line with one factor, so that the inputs have standard deviation 1. As a hint,
# think of the variance of a sum of 1000 terms.
# (In assignment 04 we'll turn such a factor into a method.)

# %% id="saturation-mend" tags=["demo"]
with attempt("saturation"):
    rng = np.random.default_rng(4)
    N, D_in, H = 64, 1000, 100
    x = rng.normal(size=(N, D_in))
    w1 = rng.normal(size=(D_in, H))  # as printed: correct this line
    z = x.dot(w1)
    h, _ = sigmoid_forward(z)
    print(f"inputs of the sigmoid: standard deviation {z.std():.1f}; saturated: {saturated_fraction(h, 'sigmoid'):.0%}")

# %% [markdown] id="saturation-overclaim"
# **A claim that is too strong.** You may read that ReLU "solves the vanishing gradient problem"
# (D1), because its slope is 1 for positive numbers.
# But remember that in the backward pass, each layer multiplies the gradient by two factors, the
# weights and the slope (D1, "vanishing gradient in very deep networks").
# Let's send a gradient back through 12 layers and see how much of it arrives.
# Each layer with a sigmoid loses at least three quarters of the gradient, while tanh loses much
# less.
# ReLU keeps the gradient if the weights have the right size. With weights of *half* this size, the
# gradient vanishes, and with weights of twice this size, it explodes.
# So ReLU helps with only one of the two factors, the slope. You have to take care of the weights
# yourself.

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
        """Return the size of the gradient after each layer of the backward pass, from last to first."""
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
    print("fraction of the gradient that remains after 12 layers:", *left, sep="\n  ")
    show(
        fig,
        "Size of the gradient over the layers, on a logarithmic scale. Through twelve sigmoid layers it falls by seven powers of ten. Through ReLU layers it stays, "
        "falls by four powers or grows by four, as the weights are right, halved or doubled.",
    )

# %% [markdown] id="saturation-see"
# **How do units die on real digits?**
# In the left plot, a ReLU layer of 100 units learns to classify digits, at three learning rates (D0
# and D4: "use ReLU, be careful with your learning rates").
# A step that is too large makes the input of some units negative for every example. Almost all of
# these units stay dead.
# In the right plot, every unit is dead from the beginning, because we give it a bias of −2.5. Which
# units come back to life?
# The ReLU units cannot recover, because they get no gradient and never change.
# The units with a leaky slope of 0.1 do recover, but the ELU units are the first.
# You may read that a unit with a leaky slope of 0.01 "will not die" (D4). Such a unit does stay
# alive, but it doesn't learn in these 600 steps either.

# %% id="saturation-plot" tags=["demo"]
from utils import data
from utils.training import fit

with attempt("saturation"):
    digits = data.digits()
    classes = np.eye(10)

    def train(forward, backward, learning_rate, steps, bias=0.0):
        """Train a 64-100-10 network with softmax (assignment 03); record dead units and the accuracy."""
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
        right.set(title="all units dead at the start: which recover?", xlabel="step", ylabel="accuracy, %", ylim=(-3, 103))
        right.legend(loc="center right")
    print(
        "dead at the end:",
        *(f"rate {rate}: {history.metrics['dead'][-1]:.1f}" for rate, history in zip(rates, killed, strict=True)),
        sep="  ",
    )
    learned = (f"{kind[0]} {history.metrics['right'][-1] > 0.5}" for kind, history in zip(kinds, born_dead, strict=True))
    print("dead at the start, accuracy above one half at the end:", *learned, sep="  ")
    show(
        fig,
        "Left: at a learning rate of 0.3 few of 100 ReLU units die, at 2 nearly all within some steps, and they stay dead. Right: where all units start on the negative "
        "side, ReLU and a leaky slope of 0.01 stay at guessing, a slope of 0.1 recovers after some hundred steps, ELU almost at once.",
    )

# %% [markdown] id="written-question"
# ## 6 · In your own words (10 points, graded by a person)
#
# A classmate has read D1 and D4 and writes this summary: "(a) Sigmoid outputs are not zero-centred,
# so the weights of the next layer zigzag. (b) ReLU solves the vanishing gradient. (c) A dead ReLU
# stays dead."
#
# 1. **(a)** Take one unit of the next layer, $z = \sum_j w_j h_j + b$, and a single example. Use
#    $\partial L / \partial w_j$ to show why the gradients of all $w_j$ have the same sign if all
#    $h_j > 0$. Why does this cause a zigzag? Does ReLU avoid it? Why is the effect weaker with a
#    minibatch?
# 2. **(b)** Take ten layers, each with one slope and one weight on the path of a gradient. What is
#    the largest factor that the slopes of ten sigmoids can let through? What do the slopes of ten
#    ReLUs let through? Then name two ways in which the gradient of a ReLU network can still vanish.
# 3. **(c)** After a step that was too large, a ReLU unit has a negative input for every example.
#    Write down the gradients of its own $w$ and $b$, and explain why they cannot revive the unit in
#    plain gradient descent. Name one thing that can still revive it, and say how a leaky slope
#    changes the gradients.
#
# Write at most 350 words.

# %% [markdown] nbgrader={"grade_id": "activations-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. $\partial L/\partial w_j = \frac{\partial L}{\partial z}\thinspace h_j$. The first factor is one number for the whole unit, the same for
#    all $j$; if all $h_j > 0$, every $\partial L/\partial w_j$ has its sign. So in one step all the $w_j$ of this unit grow or all
#    shrink. To get to a point where one weight should be larger and another smaller, the walk has to alternate between "all up" and
#    "all down": a zigzag. ReLU's outputs are not negative either, so it is not free of it (a weight whose $h_j = 0$ stands still, the
#    others share one sign). In a minibatch the gradients of several examples are averaged, with different signs of
#    $\partial L / \partial z$ and different $h_j$, so that the sums over $j$ need not agree in sign any more.
# 2. The sigmoid's slope is at most 1/4, so ten of them let through at most $4^{-10} \approx 10^{-6}$, and that only if all inputs
#    are 0. A ReLU's slope is 0 or 1: ten let through everything on a path on which all are active, nothing on any other. It can vanish
#    nevertheless since (i) each layer also multiplies by its weights: if they are too small, the product shrinks by a constant factor per
#    layer, whether the slope is 1 or not; (ii) units that are inactive or dead pass on nothing, so that few or no paths are left. (Either is a reason
#    to choose the weights' scale by the layer's width, as in 04.)
# 3. $\partial L/\partial w = \sum_n \mathrm{d}out_n \cdot 0 \cdot x_n = 0$ and
#    $\partial L / \partial b = \sum_n \mathrm{d}out_n \cdot 0 = 0$: both are sums over examples, and the slope is 0 for each. A step of
#    zero length changes nothing, so the next step is zero again. What may revive it comes from elsewhere: the layers *before* it move,
#    so that its inputs change; other data come along for which its input is positive; momentum that is left over, or weight decay of a
#    large negative weight; another initialisation. With a leaky slope $s$ the zeros become $s$:
#    $\partial L/\partial w = s \sum_n \mathrm{d}out_n\thinspace x_n$, small but not nothing, so it can come back, at a pace of $s$ (with 0.01 a
#    hundred times as slowly).
#
# **Rubric.**
#
# - 2 points: $\partial L/\partial w_j = \partial L/\partial z \cdot h_j$, where the first factor
#   is common to all $j$: hence one sign.
# - 1 point: The zigzag is explained: in one step all of the weights grow, or all shrink.
# - 1 point: ReLU does not avoid it, and a minibatch averages gradients of different signs.
# - 1 point: $4^{-10}$, or about $10^{-6}$.
# - 1 point: The slopes of ten ReLUs let through everything on an active path, and nothing on any
#   other.
# - 1 point: Two valid ways: the weights are too small; units are inactive or dead.
# - 2 points: Both gradients are sums of zeros, so there is no step.
# - 1 point: One thing that can revive the unit, and the gradient with the leaky slope $s$.
#
# **Weak answer (3 points: items 2, 4, 8).**
#
# 1. The sigmoid gives only positive numbers. So the weights can only go up together or down
#    together, and the path looks like a zigzag. ReLU is better because it is zero for negative
#    inputs.
# 2. The slope of the sigmoid is at most 0.25, so ten of them give $0.25^{10}$, nearly nothing. ReLU
#    does not have this problem.
# 3. The gradient is zero because the unit is off. Momentum that is left from earlier steps could
#    move it again. With a leaky slope, the gradient is multiplied by $s$ and not by 0.
#
# **Average answer (6 points: items 1, 2, 4, 5, 8).**
#
# 1. $\partial L/\partial w_j = (\partial L/\partial z)\thinspace h_j$. The first factor is the same for all
#    $j$, and all $h_j$ are positive, so all gradients have the same sign. In one step all weights
#    grow or all shrink. To increase one and decrease another, they must go up and down by turns.
# 2. Ten sigmoids let through at most $(1/4)^{10} \approx 10^{-6}$. Ten ReLUs let through a factor of
#    1 if all ten are active, and else 0. The gradient can vanish if many units are dead.
# 3. The unit is dead because the slope is 0 on the negative side. New data with a positive input can
#    revive it. With a leaky ReLU, the gradients are those of an active unit times $s$.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells, because only this shows that your
# notebook works from top to bottom. The cell below adds up the points of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"sigmoid_tanh": 20, "relu_family": 30, "prelu": 20, "maxout": 20, "saturation": 10},
    written=10,
)
