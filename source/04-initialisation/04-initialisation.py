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
# # Start a deep net where it can learn
#
# Before its first step, your network is nothing but random numbers. You might expect training to
# correct any initial weights, but in a deep network they already decide whether it will learn.
# If the weights are too small, the signal vanishes before it reaches the output. If they are too
# big, the signal saturates or explodes.
# The useful range is narrow, but you don't have to guess it. In this notebook we compute this range
# together. Then you measure it, and you fix networks whose weights are outside it.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `init_weights`: draw weights by three schemes, from a normal or a uniform distribution | 25 |
# | 2 | `forward_stats` and `grad_norms`: measure activations and gradients through a deep network | 25 |
# | 3 | `clip_grad_norm`: limit the length of a gradient and keep its direction | 15 |
# | 4 | `symmetry_demo`: what a network with equal initial weights never learns | 10 |
# | 5 | `predict_std` and `two_layer_net`: predict your measurements, and repair a network of twenty lines | 25 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** You will need about 6 hours. This is only our estimate, so don't worry if your time
# differs.
#
# **You will learn** where the $2$ in $\sqrt{2/n}$ comes from, why a wrong factor becomes so
# expensive in a deep network, and which method helps you against which problem.
#
# **You need** variance and expectation, the chain rule for a layer (assignment 01), and the
# activation functions (assignment 02). You can start afresh here, because this notebook imports no
# earlier work.
#
# **Lecture note:** [Start a deep net where it can learn](../../course/04-initialisation.md).
# Lectures: D0 (vanishing gradients, weight initialisation), D1 (vanishing gradient, weight
# initialization), D2 (vanishing and exploding gradients), D4 (the two-layer net).

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Do not change your arguments**, whether they are arrays, dictionaries or lists, because the
#   caller may still need them.
# - **Keep the precision.** Your result should have the same dtype as the input: float32 stays
#   float32, and float64 stays float64. Whole numbers become float64. If a number only reports
#   something, such as a norm, return it as a plain float.
# - **Accept any batch and any memory layout.** A batch may contain a single example. Arrays may be
#   read-only, and they may be slices or transposes of other arrays.
# - **Randomness** comes from the generator `rng` that you receive, never from `np.random` itself.
#   You may draw the numbers in any way you like, because the checks test distributions only, and
#   never single values.
# - **Bad arguments:** Raise a `ValueError` for a bad argument. Its message should name what you got
#   and what you expected, so that the caller can find the mistake. Your code should not cause any
#   warnings.
#
# In this notebook, examples are rows: `x` is $(N, D)$, a weight matrix is (fan_in, fan_out), and a
# layer computes $a = f(z)$ with $z = x W$.
# We leave out the biases, because they start at zero and would change nothing here.
#
# Each question has an explanation, functions for you to write, a cell to try them in, and a check.
# If a visible check passes, you have avoided the most common mistakes. Grading uses other checks,
# with other inputs.
# You can choose *Run All* whenever you like, because an unfinished cell does not stop the notebook.
#
# We have folded the check cells to make the notebook easier to read. Each check prints its verdict
# below its cell. Click the bar if you'd like to read the check's code.

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
        "This notebook needs the folder utils of 04-initialisation.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 04-initialisation.zip, then "
        "%cd training-neural-networks/release/04-initialisation, "
        "and this cell again."
    ) from None

check = Checks()

# %% [markdown] id="given-idea"
# Every question needs activation functions, so we have written them for you. For example,
# `ACTIVATIONS["tanh"]` is a pair: the function $f(z)$ and its slope $f'(z)$. Both work on each
# entry separately.

# %% nbgrader={"grade_id": "given", "locked": true}
np.set_printoptions(precision=4, suppress=True)

from utils.plotting import PALETTE, style


def message(function, *args, **kwargs):
    """Return the message of the ValueError that a function raises, or an empty string."""
    try:
        function(*args, **kwargs)
    except ValueError as error:
        return str(error)
    return ""


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # e^-z would overflow far to the left


ACTIVATIONS = {
    "linear": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, np.ones_like(z), 0)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
}

# %% [markdown] id="init_weights-idea"
# ## 1 · Draw weights
#
# *The theory for this question is in the lecture note, under [What one unit adds
# up](../../course/04-initialisation.md#what-one-unit-adds-up) and [Too small, too big, just
# right](../../course/04-initialisation.md#too-small-too-big-just-right). Lecture: D1 (weight
# initialization).*
#
# How large should your initial weights be? To find out, let's look at a single unit of a layer.
# The unit computes the sum $z_j = \sum_i a_i w_{ij}$, which has $n_{in}$ terms. Suppose that you
# draw the weights independently, with mean 0 and variance $\sigma_w^2$. Then the mixed terms of
# $z_j^2$ drop out, because their expectation is zero. This gives
#
# $$\operatorname{Var}(z_j) = n_{in}\thinspace\sigma_w^2\thinspace E[a^2].$$
#
# Notice that the mean *square* of the inputs matters here, and not their variance.
# For example, with 256 inputs of mean square 1 and with weights of $\sigma_w = 1$, the
# pre-activations have a standard deviation of 16.
# In the backward pass, the gradients from all $n_{out}$ units that use an input add up, so there
# $n_{out}\thinspace\sigma_w^2$ should be one. Unfortunately you cannot always keep the size in both
# directions, so there are three common schemes to choose from:
#
# | scheme | variance $\sigma_w^2$ | it keeps |
# |---|---|---|
# | `lecun` | $1/n_{in}$ | the size of the signal, if $f$ does not change it |
# | `xavier` (Glorot) | $2/(n_{in}+n_{out})$ | the sizes in both directions, approximately |
# | `he` (Kaiming) | $2/n_{in}$ | the signal through ReLU, which halves the mean square: the **gain** 2 compensates for this |
#
# You may choose the shape of the distribution freely, because only its variance matters much.
# A uniform distribution on $(-r, r)$ has the variance $r^2/3$. From this formula you can work out
# which $r$ gives the $\sigma_w^2$ of your scheme.


# %% nbgrader={"grade_id": "init_weights-given", "locked": true}
def draw_layers(width, depth, scheme, rng, single=False):
    """Draw the square matrices of a deep network with your init_weights, all from the same generator."""
    return [init_weights(width, width, scheme, rng, dtype=np.float32 if single else np.float64) for _ in range(depth)]


# %% nbgrader={"grade_id": "init_weights", "solution": true}
def init_weights(
    fan_in: int,
    fan_out: int,
    scheme: str,
    rng: np.random.Generator,
    distribution: str = "normal",
    dtype: type | str = np.float64,
) -> np.ndarray:
    """Draw independent weights with mean 0 and the variance of the scheme.

    Args:
        fan_in: number of inputs of a unit, a whole number of at least 1.
        fan_out: number of units, a whole number of at least 1.
        scheme: "lecun", "xavier" or "he", as in the table.
        rng: source of the numbers; each call draws new ones.
        distribution: "normal", or "uniform" on (-r, r); both have the same variance.
        dtype: of the result: np.float64, np.float32, or its name as a string.
    Returns:
        w, shape (fan_in, fan_out).
    Raises:
        ValueError: scheme or distribution is not one of these, or a fan is not a whole
            number of at least 1; the message names what you got.
    """
    ### BEGIN SOLUTION
    for name, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        if not isinstance(fan, (int, np.integer)) or fan < 1:
            raise ValueError(f"{name} is {fan}, expected a whole number of at least 1")
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances:
        raise ValueError(f"scheme is {scheme!r}, expected one of {', '.join(variances)}")
    std = np.sqrt(variances[scheme])
    if distribution == "normal":
        w = rng.normal(0.0, std, (fan_in, fan_out))
    elif distribution == "uniform":
        w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
    else:
        raise ValueError(f"distribution is {distribution!r}, expected normal or uniform")
    return w.astype(dtype)
    ### END SOLUTION


# %% id="init_weights-try" tags=["demo"]
with attempt("init_weights"):
    print("seven inputs, three units:")
    print(init_weights(7, 3, "xavier", np.random.default_rng(1)))
    for scheme in ("lecun", "xavier", "he"):
        w = init_weights(400, 100, scheme, np.random.default_rng(2))
        print(f"{scheme:7} 400 x 100: mean {w.mean():+.3f}, 400 x variance {400 * w.var():.2f}")

# %% nbgrader={"grade_id": "init_weights-check", "grade": true, "points": 25}
with check("init_weights") as c:
    rng = np.random.default_rng(0)
    c.shape("init_weights: w", init_weights(5, 3, "he", rng), (5, 3), "w has one row for each input and one column for each unit.")
    c.equal("init_weights: dtype of w", init_weights(5, 3, "he", rng).dtype, np.dtype(np.float64))
    c.equal("init_weights: dtype of w for dtype=np.float32", init_weights(5, 3, "he", rng, dtype=np.float32).dtype, np.dtype(np.float32))
    for distribution in ("normal", "uniform"):
        for scheme, variance in (("lecun", 1 / 30), ("xavier", 2 / 150), ("he", 2 / 30)):
            w = init_weights(30, 120, scheme, rng, distribution)
            c.close(
                f"init_weights, {scheme}, {distribution}: variance of 30 x 120 weights",
                np.var(w),
                variance,
                rtol=0.12,
                hint="Which fan does the table use? What is the variance of the numbers that you draw?",
            )
            c.true(f"init_weights, {scheme}, {distribution}: the mean is about zero", abs(np.mean(w)) < 5 * np.sqrt(variance / 3600))
    w = init_weights(30, 120, "lecun", rng, "uniform")
    c.close(
        "init_weights, lecun, uniform: the largest of 3600 weights",
        np.abs(w).max(),
        np.sqrt(3 / 30),
        rtol=0.01,
        hint="How large is r for this variance?",
    )
    w = init_weights(30, 120, "lecun", rng, "normal")
    c.true(
        "init_weights, normal: about one weight in 22 lies beyond two standard deviations",
        0.02 < np.mean(np.abs(w) > 2 * np.sqrt(1 / 30)) < 0.07,
    )
    many = init_weights(100, 300, "lecun", rng, "normal")
    c.true("init_weights, normal: some of 30,000 weights lie beyond three standard deviations", np.sum(np.abs(many) > 0.3) > 30)
    state = np.random.get_state()[1:3]
    same = [init_weights(4, 3, "he", np.random.default_rng(1)) for _ in range(2)]
    c.equal("init_weights: w from the same state of rng", same[1], same[0], "Do you draw the weights from `rng`?")
    now = np.random.get_state()[1:3]
    c.true("init_weights does not change the global random state", all(np.array_equal(p, q) for p, q in zip(state, now, strict=True)))
    for distribution in ("normal", "uniform"):
        small = np.concatenate([init_weights(1, 3, "lecun", rng, distribution) for _ in range(400)])
        c.true(f"init_weights, {distribution}: the sum of three weights varies", np.std(small.sum(axis=1)) > 1)
        c.true(f"init_weights, {distribution}: the size of three weights varies", np.std((small**2).sum(axis=1)) > 1)
    named = init_weights(5, 3, "he", rng, dtype="float32")
    c.equal("init_weights: dtype of w for dtype='float32'", named.dtype, np.dtype(np.float32))
    c.true("init_weights: all weights are drawn separately", np.unique(w).size == 3600)
    c.true("init_weights: each call draws new weights", not np.array_equal(init_weights(4, 3, "he", rng), init_weights(4, 3, "he", rng)))
    c.raises("init_weights refuses an unknown scheme", ValueError, init_weights, 4, 3, "zeros", rng)
    c.raises("init_weights refuses an unknown distribution", ValueError, init_weights, 4, 3, "he", rng, "cauchy")
    for fan in (0, -7, 2.5):
        c.raises(f"init_weights refuses a fan_in of {fan}", ValueError, init_weights, fan, 3, "he", rng)
        c.raises(f"init_weights refuses a fan_out of {fan}", ValueError, init_weights, 3, fan, "he", rng)
    c.true("init_weights names the scheme that it refuses", "zeros" in message(init_weights, 4, 3, "zeros", rng))

# %% [markdown] id="init_weights-see"
# **Equal variance, different shape.** The uniform weights fill $(-r, r)$ evenly and end there. The
# normal weights reach further, but most of them are in the middle.
# Does the layer notice the difference? Hardly at all, because both kinds of weights have the same
# standard deviation. The right plot shows the sums of a layer of 200 units: they are nearly normal in both
# cases (the dashed line).

# %% id="init_weights-plot" tags=["demo"]
with attempt("init_weights"):
    rng = np.random.default_rng(3)
    draws = {distribution: init_weights(200, 200, "lecun", rng, distribution) for distribution in ("normal", "uniform")}
    x = rng.normal(size=(200, 200))
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
        for (distribution, w), color in zip(draws.items(), PALETTE, strict=False):
            left.hist(w.ravel(), bins=np.linspace(-0.25, 0.25, 61), histtype="step", linewidth=2, color=color, label=distribution)
            z = (x @ w).ravel()
            right.hist(z, bins=np.linspace(-4, 4, 61), density=True, histtype="step", linewidth=2, color=color, label=distribution)
        grid = np.linspace(-4, 4, 201)
        right.plot(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), "--", color=PALETTE[6], linewidth=1, label="standard normal")
        left.set(title="weights", xlabel="weight", ylabel="weights in a bin")
        right.set(title="sums in a unit", xlabel="pre-activation z", ylabel="density")
        left.legend()
        right.legend()
    show(
        fig, "Weights drawn normally and uniformly look different, yet the sums of 200 of them times inputs have the same normal histogram."
    )
    for distribution, w in draws.items():
        print(f"{distribution}: std of the weights {w.std():.3f}, of z {(x @ w).std():.2f}")

# %% [markdown] id="forward_stats-idea"
# ## 2 · Follow the signal forward
#
# *The theory for this question is in the lecture note, under [Too small, too big, just
# right](../../course/04-initialisation.md#too-small-too-big-just-right) and [Skip
# connections](../../course/04-initialisation.md#skip-connections). Lectures: D0 (weight
# initialisation), D2 (skip connections).*
#
# What happens to a signal on its way through many layers? Lecture D0 describes three cases.
# If the weights are too small, "activations go to zero, gradients also zero, no learning". If the
# weights are too big, "activations saturate".
# If the weights are just right, there is a "nice distribution of activations at all layers". You
# don't have to take D0's word for it, because in this question you measure the three cases.
# For the layers $l = 1 \dots L$, we start from $a_0 = x$ and compute
#
# $$a_l = f(a_{l-1} W_l), \qquad\text{or, with a skip connection (D2),}\qquad a_l = a_{l-1} + f(a_{l-1} W_l).$$
#
# For each layer, compute the mean and the standard deviation of $a_l$ over all examples and all
# units together. These two numbers are enough to tell you how the layer is doing. Use the plain
# standard deviation, $\sqrt{E[a^2] - E[a]^2}$.


# %% nbgrader={"grade_id": "forward_stats", "solution": true}
def forward_stats(
    x: np.ndarray, weights: list[np.ndarray], act: str, skip: bool = False
) -> tuple[list[np.ndarray], list[tuple[float, float]]]:
    """Send a batch through a deep network; return activations, means and deviations.

    Args:
        x: the batch, shape (N, n_0).
        weights: L matrices; the l-th has shape (n_{l-1}, n_l). L >= 1.
        act: "relu", "tanh", "sigmoid" or "linear", for all layers.
        skip: whether to add the input of each layer to its output. Then all matrices
            must be square.
    Returns:
        acts: the activations a_1 ... a_L, of shapes (N, n_l).
        stats: for each layer the pair (mean, std) over all entries, as plain floats.
    Raises:
        ValueError: act is not one of these (name it); a matrix does not fit its input
            (name both shapes); or skip is set and a matrix is not square.
    """
    ### BEGIN SOLUTION
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act!r}, expected one of {', '.join(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a = np.asarray(x, dtype=np.result_type(np.float32, x))
    acts = []
    for w in weights:
        if w.shape[0] != a.shape[1]:
            raise ValueError(f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}")
        if skip and w.shape[0] != w.shape[1]:
            raise ValueError(f"a skip connection needs a square matrix, but got one of shape {w.shape}")
        a = a + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std())) for a in acts]
    ### END SOLUTION


# %% id="forward_stats-try" tags=["demo"]
with attempt("forward_stats"):
    x = np.array([[1.0, -2.0], [0.5, 3.0]])  # (2, 2)
    acts, stats = forward_stats(x, [np.array([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0]]), np.array([[1.0], [1.0], [-1.0]])], "relu")
    for number, (a, (mean, std)) in enumerate(zip(acts, stats, strict=True), 1):
        print(f"layer {number}: mean {mean:.3f}, std {std:.3f}, activations {a.tolist()}")

# %% [markdown] id="grad_norms-idea"
# ### … and the gradient backward
#
# *You can read more about this in the lecture note, under [Vanishing and exploding
# gradients](../../course/04-initialisation.md#vanishing-and-exploding-gradients). Lecture: D1
# (vanishing gradient in very deep networks).*
#
# You have followed the signal forward, so let's now follow the gradient backward. It can vanish or
# explode on its way, too.
# We start from $\partial L/\partial a_L$, and at each layer we multiply the gradient by the slope
# and by the matrix of this layer.
# Our examples are rows (D1 uses columns), so the equations look like this:
#
# $$\frac{\partial L}{\partial z_l} = \frac{\partial L}{\partial a_l} \odot f'(z_l), \qquad
# \frac{\partial L}{\partial a_{l-1}} = \frac{\partial L}{\partial z_l}\thinspace W_l^\top, \qquad
# \frac{\partial L}{\partial W_l} = a_{l-1}^\top\thinspace \frac{\partial L}{\partial z_l}.$$
#
# With a skip connection, $a_{l-1}$ is used twice, so the gradients from both uses add up.
# For each $\partial L/\partial a_l$, compute the norm, which is the root of the sum of squares over
# all entries.
# Please use the equations above. It is a good habit to check your result with numeric gradients,
# but your function must not use them, because they are slow.


# %% nbgrader={"grade_id": "forward_stats-gradients", "solution": true}
def grad_norms(
    x: np.ndarray,
    weights: list[np.ndarray],
    act: str,
    dout: np.ndarray,
    skip: bool = False,
) -> tuple[list[float], list[np.ndarray]]:
    """Send a gradient back through the network and return its norm at every layer.

    Args:
        x, weights, act, skip: as for forward_stats.
        dout: the gradient with respect to the last activations, shape (N, n_L).
    Returns:
        norms: L + 1 plain floats, the norms of dL/da_0, dL/da_1, ..., dL/da_L. The
            first is the norm of dL/dx, and the last is the norm of dout.
        dweights: the gradients dL/dW_1, ..., dL/dW_L, each with the shape of its
            matrix.
    Raises:
        ValueError: as for forward_stats, or dout does not have the shape of the last
            activations (name both shapes).
    """
    ### BEGIN SOLUTION
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    inputs = [np.asarray(x, dtype=acts[0].dtype), *acts[:-1]]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip(reversed(inputs), reversed(weights), strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]
    ### END SOLUTION


# %% id="grad_norms-try" tags=["demo"]
with attempt("forward_stats"):
    x = np.array([[1.0, -2.0], [0.5, 3.0]])  # (2, 2)
    w = np.array([[0.5, -0.25], [1.0, 0.75]])  # (2, 2)
    for skip in (False, True):
        norms, dweights = grad_norms(x, [w, w, w], "tanh", np.ones((2, 2)), skip)
        print(f"skip={skip}: norms from the input to the output", np.array(norms))

# %% nbgrader={"grade_id": "forward_stats-check", "grade": true, "points": 25}
with check("forward_stats") as c:

    def plain(value):
        return isinstance(value, (float, np.ndarray)) or (isinstance(value, (list, tuple)) and all(map(plain, value)))

    x = np.array([[1.0, -2.0, 0.5], [-1.5, 0.25, 2.0]])
    w1 = np.array([[0.5, -1.0], [1.0, 0.25], [-0.75, 2.0]])
    w2 = np.array([[2.0, -1.0, 0.5, 1.0], [-0.5, 1.5, 1.0, -2.0]])
    dout = np.array([[1.0, -0.5, 2.0, 0.25], [0.5, 1.5, -1.0, 3.0]])
    square = np.array([[0.5, -1.0, 0.25], [1.0, 0.25, -0.5], [-0.75, 2.0, 1.0]])
    for skip, matrices, upstream in ((False, (w1, w2), dout), (True, (square, square), dout[:, :3])):
        given, around = [x.copy(), *(w.copy() for w in matrices), upstream.copy()], ", with skip" if skip else ""
        forward_stats(given[0], given[1:3], "tanh", skip)
        grad_norms(given[0], given[1:3], "tanh", given[3], skip)
        for name, now, before in zip(("x", "W_1", "W_2", "dout"), given, (x, *matrices, upstream), strict=True):
            c.unchanged(f"forward_stats and grad_norms{around}: {name}", now, before)
    acts, stats = forward_stats(x, [w1, w2], "relu")
    c.equal("forward_stats: the number of layers in acts", len(acts), 2, "Do not count the input as a layer.")
    c.close("forward_stats, relu: a_2", acts[-1], [[0.0, 0.0, 0.0, 0.0], [0.0, 8.34375, 5.5625, 0.0]])
    c.close(
        "forward_stats, relu: (mean, std) of a_2",
        np.array(stats[-1]),
        [1.73828125, 3.0900363404],
        hint="Compute both over all examples and units together.",
    )
    for act, mean in (("linear", -1.2109375), ("tanh", -0.2449371163), ("sigmoid", 0.5241460968)):
        acts, stats = forward_stats(x, [w1, w2], act)
        c.close(f"forward_stats, {act}: mean of a_2", stats[-1][0], mean, hint="Do you apply f in every layer, including the last one?")
        norms, dweights = grad_norms(x, [w1, w2], act, dout)
        c.equal(f"grad_norms, {act}: the number of norms", len(norms), 3, "There are L + 1 norms, from dL/dx to dout.")
        c.close(f"grad_norms, {act}: the last norm", norms[-1], np.sqrt(17.8125), hint="The last norm is the norm of dout.")
        c.gradient(f"grad_norms, {act}: dL/dW_1", dweights[0], lambda w, act=act: forward_stats(x, [w, w2], act)[0][-1], w1, dout)
        c.gradient(f"grad_norms, {act}: dL/dW_2", dweights[1], lambda w, act=act: forward_stats(x, [w1, w], act)[0][-1], w2, dout)
    norms, _ = grad_norms(x, [w1, w2], "linear", dout)
    c.close(
        "grad_norms, linear: the first norm",
        norms[0],
        13.8324234139,
        hint="The first norm is that of the gradient with respect to the input.",
    )
    acts, _ = forward_stats(x, [square, square], "tanh", skip=True)
    c.close("forward_stats, with skip: a_1", acts[0], x + np.tanh(x @ square), hint="Add the input of the layer to the output of f.")
    norms, dweights = grad_norms(x, [square, square], "tanh", dout[:, :3], skip=True)
    c.gradient(
        "grad_norms, with skip: dL/dW_1",
        dweights[0],
        lambda w: forward_stats(x, [w, square], "tanh", skip=True)[0][-1],
        square,
        dout[:, :3],
    )
    c.close("grad_norms, with skip: the first norm", norms[0], 3.1112047635, hint="Two paths lead back to a_{l-1}. Add their gradients.")
    single = [w.astype(np.float32) for w in (w1, w2)]
    acts, stats = forward_stats(x.astype(np.float32), single, "sigmoid")
    c.equal("forward_stats: dtype of a_2 for float32", acts[-1].dtype, np.dtype(np.float32))
    c.true("forward_stats: stats are plain floats", plain(stats))
    norms, dweights = grad_norms(x.astype(np.float32), single, "sigmoid", dout.astype(np.float32))
    c.equal("grad_norms: dtype of dL/dW_1 for float32", dweights[0].dtype, np.dtype(np.float32))
    c.true("grad_norms: norms are plain floats", plain(norms))
    whole = np.array([[1, -2, 3]]), [np.array([[1, 2], [0, -1], [2, 1]])]
    c.equal("forward_stats: dtype of a_1 for whole numbers", forward_stats(*whole, "relu")[0][0].dtype, np.dtype(np.float64))
    norms, dweights = grad_norms(*whole, "linear", np.array([[2, -1]]))
    c.equal("grad_norms: dtype of dL/dW_1 for whole numbers", dweights[0].dtype, np.dtype(np.float64))
    c.close("forward_stats: a_2 for x in column order", forward_stats(np.asfortranarray(x), [w1, w2], "linear")[0][-1], x @ w1 @ w2)
    narrow = np.ones((3, 1))
    for function, more in ((forward_stats, ()), (grad_norms, (dout,))):
        name = function.__name__
        c.raises(f"{name} refuses an unknown activation", ValueError, function, x, [w1], "softplus", *more)
        c.true(f"{name} names the activation that it refuses", "softplus" in message(function, x, [w1], "softplus", *more))
        c.raises(f"{name} refuses a first matrix that does not fit", ValueError, function, x, [w2], "relu", *more)
        c.raises(f"{name} refuses a second matrix that does not fit", ValueError, function, x, [w1, square], "relu", *more)
        c.raises(f"{name} refuses skip with a matrix that is not square", ValueError, function, x, [w1, w2], "relu", *more, skip=True)
        sentence = f"{name} refuses skip where the second matrix is (3, 1)"
        c.raises(sentence, ValueError, function, x, [square, narrow], "relu", *more, skip=True, hint="NumPy would broadcast these shapes.")
    c.raises("grad_norms refuses a dout that does not fit", ValueError, grad_norms, x, [w1, w2], "relu", dout[:, :1])

# %% [markdown] id="forward_stats-see"
# **The three histograms, measured.** Each plot shows eight layers of 256 units, with layer 1 at the
# top and layer 8 at the bottom.
# In the left plots, the weights are too small, so all activations shrink to a spike at zero. In the
# middle plots, the weights are too big, so tanh saturates at $\pm 1$.
# ReLU cannot saturate, so its activations leave the plot instead.
# In the right plots, all layers look alike. This is what we hope for, because the last layer then
# still gets a signal that it can use.
# (To make the shapes easier to compare, we leave out the zeros of ReLU, which are half of all
# values, and we scale each histogram to the same height.)

# %% id="forward_stats-plot" tags=["demo"]
with attempt("forward_stats and init_weights"):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 256))
    shown = {}
    for act, right in (("tanh", "xavier"), ("relu", "he")):
        starts = {
            "too small: 0.02 randn": [0.02 * rng.normal(size=(256, 256)) for _ in range(8)],
            "too big: 0.3 randn": [0.3 * rng.normal(size=(256, 256)) for _ in range(8)],
            f"just right: {right}": draw_layers(256, 8, right, rng),
        }
        for name, weights in starts.items():
            shown[act, name], stats = forward_stats(x, weights, act)
            print(f"{act:4} {name:22} std at layers 1, 4, 8:", *(f"{stats[layer][1]:.1g}" for layer in (0, 3, 7)))
    with style():
        fig, axes = plt.subplots(2, 3, figsize=(10, 6), sharex="row")
        for ax, ((act, name), acts) in zip(axes.flat, shown.items(), strict=True):
            edges = np.linspace(-1, 1, 61) if act == "tanh" else np.linspace(0, 6, 61)
            middle = (edges[:-1] + edges[1:]) / 2
            for layer, a in enumerate(acts, 1):
                height, _ = np.histogram(a[a > 0] if act == "relu" else a, edges)
                ax.fill_between(middle, -layer, -layer + 0.9 * height / max(height.max(), 1), color=PALETTE[0], alpha=0.7, linewidth=0)
            ax.set(title=f"{act}, {name}", yticks=[-1, -8], yticklabels=["layer 1", "layer 8"])
            ax.grid(False)
        axes[0, 1].set_xlabel("activation of tanh")
        axes[1, 1].set_xlabel("activation of ReLU")
    show(
        fig,
        "Histograms of the activations of eight layers, for tanh and ReLU. Small weights: all shrink to zero. "
        "Big ones: tanh piles up at minus and plus one, ReLU leaves the picture. Xavier and He: all layers look alike.",
    )

# %% [markdown] id="init_weights-erratum"
# **Correct two slides** (not graded). For ReLU, the weights on the slide on weight initialization
# (D1) are $w := \rho \cdot c$ with $\rho \sim U(0, 1)$ and $c = \sqrt{2/n_{k-1}}$, "to make the
# variance close to $2/n_{k-1}$". What is the variance of $\rho\thinspace c$? What is its *mean*?
# And what do you expect to happen if the mean of the weights is not zero and a unit adds up 512
# positive inputs?
# For tanh, the slide gives $c = \sqrt{1/(n_k + n_{k-1})}$ as another approach. Compare this $c$
# with the table above: can you find the difference?
#
# The cell sends a signal through ten layers of 512 units, once with the weights of each slide. Run
# it, and see what happens. Then correct the two marked lines, so that every root mean square stays
# within a factor of three of its first value.

# %% id="init_weights-mend" tags=["demo"]
with attempt("forward_stats"):
    rng = np.random.default_rng(6)
    x = rng.normal(size=(100, 512))
    for_relu = [np.sqrt(2 / 512) * rng.random((512, 512)) for _ in range(10)]  # as printed: correct this line
    for_tanh = [
        np.sqrt(1 / (512 + 512)) * rng.normal(size=(512, 512)) for _ in range(10)
    ]  # as printed, except for U(0, 1): correct this line
    for act, weights in (("relu", for_relu), ("tanh", for_tanh)):
        acts, _ = forward_stats(x, weights, act)
        print(f"{act}: root mean square of layers 1, 2, 5, 10:", *(f"{np.sqrt(np.mean(acts[layer] ** 2)):.1e}" for layer in (0, 1, 4, 9)))

# %% [markdown] id="grad_norms-erratum"
# **Correct a slide that goes in a circle** (not graded). The slide on vanishing gradients (D1) says
# $\partial L/\partial a^{[k-1]} = \partial L/\partial z^{[k]} \cdot \partial z^{[k]}/\partial
# a^{[k]}$. Because $a^{[k]} = g(z^{[k]})$, the last factor is $1/g'(z^{[k]})$.
# Whenever you doubt a formula for a gradient, you can compare it with numeric gradients. The cell
# does this for you, for the last layer of a network. Which gradient does the printed formula give?
# Correct the marked line, and see whether the two agree. (The next line on the slide,
# $(W^{[k]})^\top\thinspace\partial L/\partial z^{[k]}$, is correct.)

# %% id="grad_norms-mend" tags=["demo"]
from utils.gradients import numeric_gradient

with attempt("forward_stats"):
    rng = np.random.default_rng(7)
    below, w, dout = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 4))  # a_{k-1}, W_k, dL/da_k
    z = below @ w
    dz = dout * (1 - np.tanh(z) ** 2)
    arrived = dz * (1 / (1 - np.tanh(z) ** 2))  # as printed: correct this line
    wanted = numeric_gradient(lambda a: forward_stats(a, [w], "tanh")[0][-1], below, dout=dout)  # dL/da_{k-1}
    print(f"dL/da_{{k-1}} has shape {wanted.shape}; the slide's product has shape {arrived.shape}")
    print("the product equals dL/da_k, where it started:", arrived.shape == dout.shape and np.allclose(arrived, dout))
    print("the product equals dL/da_{k-1}, the target:", arrived.shape == wanted.shape and np.allclose(arrived, wanted))

# %% [markdown] id="grad_norms-see"
# **Gradients through fifty layers.** In the plain networks, the gradient changes by a constant
# factor from layer to layer, so it forms a straight line on the logarithmic axis.
# If your weights are a third too small, the gradient vanishes, and if they are three times too big,
# it explodes. You might expect Xavier's weights to keep the gradient level, but even then it slowly
# decreases through tanh.
# Skip connections give the gradient a path around every layer, so none of the three gradients
# vanishes. But what happens to them instead?

# %% id="grad_norms-plot" tags=["demo"]
with attempt("grad_norms and init_weights"):
    rng = np.random.default_rng(8)
    x, dout = rng.normal(size=(20, 128)), rng.normal(size=(20, 128))
    base = draw_layers(128, 50, "xavier", rng)
    measured = {}
    for skip in (False, True):
        for factor in (0.67, 1.0, 3.0):
            measured[skip, factor], _ = grad_norms(x, [factor * w for w in base], "tanh", dout, skip)
            ratio = measured[skip, factor][0] / measured[skip, factor][-1]
            print(f"{'skip ' if skip else 'plain'} {factor:4} x xavier: norm at the input / at the output {ratio:.0e}")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
        for ax, skip in zip(axes, (False, True), strict=True):
            for factor, color, mark in zip((0.67, 1.0, 3.0), PALETTE, ("-", "--", "-."), strict=False):
                ax.semilogy(measured[skip, factor], mark, color=color, label=f"{factor} x xavier")
            ax.set(title="with skip connections" if skip else "plain", xlabel="layer, from input to output")
        axes[0].set_ylabel(r"norm of $\partial L/\partial a_l$")
        axes[0].legend()
    show(
        fig,
        "Gradient norms through 50 tanh layers. Plain: nearly straight lines on a logarithmic scale; towards the input they fall by nine powers of ten "
        "for small weights and rise for large ones. With skip connections none falls, and all grow towards the input.",
    )

# %% [markdown] id="clip_grad_norm-idea"
# ## 3 · Clip what explodes
#
# *The theory for this question is in the lecture note, under [Clip what
# explodes](../../course/04-initialisation.md#clip-what-explodes). Lecture: D1 (solution: gradient
# clipping).*
#
# Imagine that your training goes well for an hour, and then the weights reach a cliff of the loss.
# A single gradient step can now throw the weights very far away, and your network loses everything
# that it has learned.
# We can prevent this if we limit the *length* of the gradient and keep its direction.
# Think of the gradients of all parameters as one long vector. Compute the norm of this vector, and
# rescale the vector if it is too long:
#
# $$\text{total} = \sqrt{\textstyle\sum_{\text{tensors}} \sum_i g_i^2}, \qquad
# g \leftarrow g \cdot \frac{c}{\text{total}} \quad\text{if total} > c,$$
#
# where $c$ is `max_norm`. If the total norm is not larger than $c$, the gradients stay unchanged.
# Be sure to use one factor for all tensors. If you clipped each tensor separately, you would change
# the direction of the step.
# For example, if the total norm is 20 and the limit is 5, you multiply all gradients by 0.25.
# Be careful with very large gradients, because these are just the ones that need clipping. The
# square of $10^{20}$ is already infinite in float32, so add up the squares in float64.


# %% nbgrader={"grade_id": "clip_grad_norm", "solution": true}
def clip_grad_norm(
    grads: dict[str, np.ndarray] | list[np.ndarray], max_norm: float
) -> tuple[dict[str, np.ndarray] | list[np.ndarray], float]:
    """Scale all gradients by one factor so that their total norm is at most max_norm.

    Args:
        grads: gradients of any shapes, in a dict by name or in a list. Do not change
            them.
        max_norm: the largest norm allowed, > 0; np.inf only measures.
    Returns:
        clipped: the scaled gradients, in a dict with the same names, or in a list.
        total: the norm before clipping, a plain float; 0.0 if all are zero or there are
            none.
    Raises:
        ValueError: max_norm is not > 0 (the message names it), or a gradient holds nan
            or inf, so that it has no direction.
    """
    ### BEGIN SOLUTION
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf, expected finite numbers")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    scale = max_norm / total if total > max_norm else 1.0
    clipped = [g * scale for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total
    ### END SOLUTION


# %% id="clip_grad_norm-try" tags=["demo"]
with attempt("clip_grad_norm"):
    grads = {"w": np.array([[3.0, 0.0], [0.0, 4.0]]), "b": np.array([0.0, 12.0])}
    for max_norm in (20.0, 1.3):
        clipped, total = clip_grad_norm(grads, max_norm)
        print(f"max_norm {max_norm}: total {total}, b becomes {clipped['b']}")

# %% nbgrader={"grade_id": "clip_grad_norm-check", "grade": true, "points": 15}
with check("clip_grad_norm") as c:
    grads = {"w": np.array([[2.0, -4.0], [4.0, 0.0]]), "b": np.array([8.0])}
    given = {name: g.copy() for name, g in grads.items()}
    clipped, total = clip_grad_norm(given, 2.5)
    for name, g in grads.items():
        c.unchanged(f"clip_grad_norm: grads[{name!r}]", given.get(name), g)
    c.close("clip_grad_norm: total", total, 10.0, hint="total is the root of the sum of squares over all tensors, before clipping.")
    c.true("clip_grad_norm: total is a plain float", isinstance(total, float))
    c.true("clip_grad_norm: for a dict, it returns a dict with the same names", isinstance(clipped, dict) and set(clipped) == {"w", "b"})
    c.close("clip_grad_norm: w", clipped["w"], [[0.5, -1.0], [1.0, 0.0]], hint="Use one factor for all tensors.")
    c.close("clip_grad_norm: b", clipped["b"], [2.0], hint="Use one factor for all tensors.")
    for most in (11.0, np.inf):
        clipped, total = clip_grad_norm({name: g.copy() for name, g in grads.items()}, most)
        hint = "Do not change a gradient whose norm is at most max_norm."
        c.close(f"clip_grad_norm: b for a max_norm of {most}", clipped["b"], [8.0], hint=hint)
    clipped, total = clip_grad_norm([np.array([3.0, 0.0]), np.array([[4.0]])], 5.0)
    c.true("clip_grad_norm: for a list, it returns a list", isinstance(clipped, list) and len(clipped) == 2)
    c.close("clip_grad_norm: the second of a list, norm equal to max_norm", clipped[1], [[4.0]])
    clipped, total = clip_grad_norm([np.array([3e-20, 4e-20])], 1e-20)
    hint = "Do you add anything to the norm?"
    c.close("clip_grad_norm: tiny gradients", clipped[0] * 1e20, [0.6, 0.8], hint=hint)
    clipped, total = clip_grad_norm([np.zeros(3), np.zeros((2, 2))], 1.0)
    c.close("clip_grad_norm: total of zeros", total, 0.0)
    c.close("clip_grad_norm: zeros", clipped[0], np.zeros(3), hint="Do you divide by zero?")
    clipped, total = clip_grad_norm([np.float32([3e20, 4e20])], 1.0)
    hint = "The largest float32 is 3.4e38. Add up the squares in float64."
    c.close("clip_grad_norm: huge float32 gradients", clipped[0], [0.6, 0.8], hint=hint)
    c.true("clip_grad_norm: total of float32 gradients is a plain float", isinstance(total, float))
    for most in (1.0, 100.0):
        kinds = [g.dtype for g in clip_grad_norm([np.float32([3, 4]), np.array([1.0, 2.0]), np.array([3, -4])], most)[0]]
        want = [np.dtype(kind) for kind in (np.float32, np.float64, np.float64)]
        c.equal(f"clip_grad_norm: the dtypes for float32, float64 and whole numbers, max_norm {most}", kinds, want)
    clipped, _ = clip_grad_norm([np.array([3, -4])], 1.0)
    c.close("clip_grad_norm: whole numbers", clipped[0], [0.6, -0.8])
    c.equal("clip_grad_norm: total without any gradients", clip_grad_norm([], 1.0)[1], 0.0)
    for most in (0.0, -3.0):
        c.raises(f"clip_grad_norm refuses a max_norm of {most}", ValueError, clip_grad_norm, [np.ones(2)], most)
    for bad in (np.nan, np.inf):
        for most in (1.0, np.inf):
            sentence = f"clip_grad_norm refuses {bad} in a gradient, max_norm {most}"
            c.raises(sentence, ValueError, clip_grad_norm, [np.array([1.0, bad])], most)

# %% [markdown] id="clip_grad_norm-see"
# **Down a cliff.** Let's look at a network of ten layers with one linear unit each, in which all
# layers have the same weight: $L(w) = \frac12 (w^{10} - 1)^2$. At $w = 1.5$ the slope is about
# twenty thousand, so the plain step leaves the plot at once. With clipping, $w$ comes down in small
# steps. Where the slope is gentle, clipping changes nothing.
# The right plot shows a gradient of two tensors with one number each. If you clip each tensor
# separately, the direction of the gradient changes. If you clip both together, the gradient only
# becomes shorter, and this is what we want.

# %% id="clip_grad_norm-plot" tags=["demo"]
with attempt("clip_grad_norm"):
    walks = {}
    for name, max_norm in (("plain", np.inf), ("clipped at 1", 1.0)):
        walks[name] = w = [np.array([1.5])]
        while len(w) < 101 and abs(w[-1][0]) < 10:
            gradient = (w[-1] ** 10 - 1) * 10 * w[-1] ** 9
            clipped, _ = clip_grad_norm([gradient], max_norm)
            w.append(w[-1] - 0.01 * clipped[0])
    g = [np.array([4.0]), np.array([1.0])]
    together = np.array(clip_grad_norm(g, 1.5)[0]).ravel()
    alone = np.array([clip_grad_norm([part], 1.5)[0][0] for part in g]).ravel()
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
        for (name, w), color, mark in zip(walks.items(), (PALETTE[1], PALETTE[0]), ("o--", "-"), strict=True):
            left.semilogy([0.5 * (p[0] ** 10 - 1) ** 2 for p in w], mark, color=color, label=name)
        left.set(xlabel="step", ylabel="loss", ylim=(1e-6, 1e7), title="a cliff, learning rate 0.01")
        left.annotate("plain: outside the plot\nafter the first step", (1.5, 2e5), color=PALETTE[1], va="center")
        left.legend(loc="lower left")
        for (x, y), color, name in (
            ((4, 1), PALETTE[6], "gradient"),
            (together, PALETTE[0], "clipped together"),
            (alone, PALETTE[1], "clipped separately"),
        ):
            right.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 2})
            right.plot([], [], color=color, label=name)
        right.set(xlim=(0, 4.4), ylim=(0, 1.6), xlabel="gradient of the first tensor", ylabel="of the second", title="direction")
        right.legend(loc="upper right")
    show(
        fig,
        "Left: on a cliff the plain step leaves the picture at once, the clipped walk reaches a loss of nearly zero. "
        "Right: a gradient clipped as a whole keeps its direction, clipped by tensors it turns.",
    )
    print(f"first plain step to w = {walks['plain'][1][0]:.0f}; clipped walk ends at w = {walks['clipped at 1'][-1][0]:.3f}")
    print("angles in degrees:", *(f"{np.degrees(np.arctan2(v[1], v[0])):.0f}" for v in ((4, 1), together, alone)))

# %% [markdown] id="symmetry_demo-idea"
# ## 4 · What equal weights never learn
#
# *The theory for this question is in the lecture note, under [Why random at
# all](../../course/04-initialisation.md#why-random-at-all).*
#
# We now know the right size of the weights, but why must they be random? To see why, let's start a
# network of two layers,
#
# $$h = \tanh(x W_1), \qquad \hat y = h W_2, \qquad L = \frac1N \sum_n \sum_j (\hat y_{nj} - y_{nj})^2 ,$$
#
# with all weights equal. Now compute the gradient with respect to one column of $W_1$, which
# belongs to one hidden unit.
# It turns out that this gradient is the same for every hidden unit. All hidden units therefore take
# the same step, again and again, and they stay equal however long you train.
# In this question, you train such a network with plain gradient descent on the whole batch,
# $W \leftarrow W - \alpha\thinspace\partial L/\partial W$. Take care to update both matrices at the
# same time, with gradients from before the update. To see what the network has learned, count the
# distinct hidden units after each step.


# %% nbgrader={"grade_id": "symmetry_demo", "solution": true}
def symmetry_demo(
    x: np.ndarray,
    y: np.ndarray,
    w1: np.ndarray,
    w2: np.ndarray,
    learning_rate: float,
    steps: int,
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Train the network of two layers above and count its distinct hidden units.

    Two hidden units are the same if no entry of their columns of w1 differs by more
    than 1e-6. (Rounding can cause smaller differences.)

    Args:
        x: inputs, shape (N, D).
        y: targets, shape (N, O).
        w1: starting weights, shape (D, H).
        w2: starting weights, shape (H, O).
        learning_rate: factor of the gradient in each step.
        steps: the number of steps, >= 0.
    Returns:
        w1, w2: the weights after the last step, new arrays.
        distinct: steps + 1 whole numbers: the number of distinct hidden units at the
            start and after each step.
    Raises:
        ValueError: steps < 0; the message names it.
    """
    ### BEGIN SOLUTION
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected a whole number of at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6  # (H, H)
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))  # units like none before them
        if step < steps:
            h = np.tanh(x @ w1)  # (N, H)
            dout = 2 * (h @ w2 - y) / len(x)  # (N, O)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct
    ### END SOLUTION


# %% id="symmetry_demo-try" tags=["demo"]
with attempt("symmetry_demo"):
    x, y = np.array([[1.0, 0.5], [-1.0, 2.0], [0.5, -1.5]]), np.array([[1.0], [-1.0], [0.5]])
    w1, w2, distinct = symmetry_demo(x, y, np.full((2, 4), 0.3), np.full((4, 1), 0.2), 0.1, 5)
    print("all equal:         distinct units", distinct)
    print("their weights:    ", w1[0], w1[1])
    w1, w2, distinct = symmetry_demo(x, y, np.full((2, 4), 0.3), np.array([[0.2], [0.2], [0.1], [-0.4]]), 0.1, 5)
    print("w2 not all equal:  distinct units", distinct)
    w1, w2, distinct = symmetry_demo(x, y, np.zeros((2, 4)), np.zeros((4, 1)), 0.1, 5)
    print("all zero:          distinct units", distinct, "and the largest weight", np.abs(w1).max())

# %% nbgrader={"grade_id": "symmetry_demo-check", "grade": true, "points": 10}
with check("symmetry_demo") as c:
    x, y = np.array([[0.5, -1.0], [2.0, 1.0], [-1.5, 0.25]]), np.array([[1.0, 0.0], [-0.5, 2.0], [0.25, 1.0]])
    w1, w2 = np.full((2, 3), 0.4), np.full((3, 2), 0.25)
    given = x.copy(), y.copy(), w1.copy(), w2.copy()
    got1, got2, distinct = symmetry_demo(*given, 0.2, 4)
    for name, now, before in zip(("x", "y", "w1", "w2"), given, (x, y, w1, w2), strict=True):
        c.unchanged(f"symmetry_demo: {name}", now, before)
    hint = "Return steps + 1 numbers, including the one at the start."
    c.equal("symmetry_demo: distinct units from equal weights", list(distinct), [1] * 5, hint)
    got1, got2, _ = symmetry_demo(x.copy(), y.copy(), w1.copy(), w2.copy(), 0.2, 1)
    hint = "Check the factors: the 2 from the square, the mean over N, and the slope of tanh."
    c.close("symmetry_demo: a column of w1 after one step", got1[:, 1], [0.34942310, 0.37375291], rtol=1e-5, hint=hint)
    hint = "Compute the gradient of w2 before you update w1."
    c.close("symmetry_demo: a row of w2 after one step", got2[1], [0.05795348, 0.31594345], rtol=1e-5, hint=hint)
    part = np.array([[0.25, 0.1], [0.25, 0.1], [-0.3, 0.1]])
    _, _, distinct = symmetry_demo(x.copy(), y.copy(), w1.copy(), part, 0.2, 2)
    c.equal("symmetry_demo: distinct units if two of three rows of w2 are equal", list(distinct), [1, 2, 2])

    def units(*columns):
        start = np.array(columns).T
        return list(symmetry_demo(x.copy(), y.copy(), start, np.ones((len(columns), 2)), 0.2, 0)[2])

    hint = "Compare all pairs of units, not only neighbours."
    c.equal("symmetry_demo: distinct among three units, the first and the last equal", units((0.1, 0.3), (0.2, 0.3), (0.1, 0.3)), [2], hint)
    c.equal(
        "symmetry_demo: distinct among units that differ in the second weight only", units((0.1, 0.3), (0.1, 0.4)), [2], "Compare all weights of a unit."
    )
    hint = "Compare differences with 1e-6. Do not round the weights."
    c.equal("symmetry_demo: distinct among units 9e-7 apart in both weights", units((0.5, 0.3), (0.5 + 9e-7, 0.3 + 9e-7)), [1], hint)
    c.equal("symmetry_demo: distinct among units 6e-7 apart, on two sides of a rounding", units((0.3999997, 0), (0.4000003, 0)), [1], hint)
    c.equal("symmetry_demo: distinct among units 9e-7 apart, on two sides of a rounding", units((0.40000005, 0), (0.40000095, 0)), [1], hint)
    c.equal("symmetry_demo: distinct among units 1.5e-6 apart in one weight", units((0.5, 0.3), (0.5, 0.3 + 1.5e-6)), [2], hint)
    c.equal(
        "symmetry_demo: two pairs of units with nearly equal first weights",
        units((0.1, 1), (0.1 + 3e-7, 2), (0.1 + 6e-7, 1), (0.1, 2)),
        [2],
        hint,
    )
    for kind, want in ((np.float32, np.float32), (int, np.float64)):
        arrays = [(4 * v).astype(kind) for v in (x, y, w1, w2)]
        for steps in (1, 0):
            kinds = [w.dtype for w in symmetry_demo(*arrays, 0.125, steps)[:2]]
            c.equal(f"symmetry_demo: the dtypes after {steps} steps, from {np.dtype(kind)}", kinds, [np.dtype(want)] * 2)
    start = w1.copy()
    got1, _, _ = symmetry_demo(x, y, start, w2, 0.2, 0)
    c.true("symmetry_demo: w1 is a new array, even after 0 steps", not np.shares_memory(got1, start))
    c.raises("symmetry_demo refuses steps = -1", ValueError, symmetry_demo, x, y, w1, w2, 0.2, -1)
    c.true("symmetry_demo names the steps that it refuses", "-1" in message(symmetry_demo, x, y, w1, w2, 0.2, -1))

# %% [markdown] id="symmetry_demo-see"
# **Twenty units that work like one.** We give the network a constant as its second input, so that
# each unit can shift its step along the axis.
# You might expect twenty units to follow the data, which goes up and down several times. But with
# equal initial weights, the twenty units can only draw what a single unit can draw, which is one
# rise.
# With random initial weights, the same network follows the data after the same 3000 steps.

# %% id="symmetry_demo-plot" tags=["demo"]
with attempt("symmetry_demo"):
    t = np.linspace(-2, 2, 41)
    x, y = np.stack([t, np.ones_like(t)], axis=1), (np.sin(2.5 * t) + 0.4 * t)[:, None]
    rng = np.random.default_rng(9)
    starts = {"equal": (np.full((2, 20), 0.5), np.full((20, 1), 0.1)), "random": (rng.normal(size=(2, 20)), rng.normal(size=(20, 1)) / 5)}
    fitted, units = {}, {}
    for name, (w1, w2) in starts.items():
        w1, w2, distinct = symmetry_demo(x, y, w1, w2, 0.05, 3000)
        fitted[name], units[name] = np.tanh(x @ w1) @ w2, distinct[-1]
        print(f"{name:6} start: {units[name]:2} distinct units, loss {np.mean((fitted[name] - y) ** 2):.2f}")
    with style():
        fig, ax = plt.subplots(figsize=(6.8, 3.8))
        ax.plot(t, y, "o", color=PALETTE[6], markersize=3, label="data")
        for name, color, mark in (("equal", PALETTE[1], "--"), ("random", PALETTE[0], "-")):
            ax.plot(t, fitted[name], mark, color=color, label=f"{name} start: {units[name]} distinct of 20 units")
        ax.set(xlabel="input", ylabel="output", ylim=(-3.4, 2.2))
        ax.legend(loc="lower right")
    show(
        fig, "From equal weights the net fits a single slope through data with several turns; from random weights it follows them closely."
    )

# %% [markdown] id="predict_std-idea"
# ## 5 · Predict the size, and repair a network
#
# *The theory for this question is in the lecture note, under [The theory of wide
# nets](../../course/04-initialisation.md#the-theory-of-wide-nets). Lectures: D0, D2, D4.*
#
# Wouldn't it be useful to know the size of the signal before you run the network? In this question
# you compute this size, and so predict what you measured in question 2.
# Let's take a standard normal input and $L$ layers of $n$ units each. We draw the weights
# independently, with mean 0 and variance $\sigma_w^2$. A pre-activation is a sum of many
# independent terms, so we can treat it as normal, with mean 0 and variance
# $v_l = n\thinspace\sigma_w^2\thinspace E[a_{l-1}^2]$.
# Here is the trick: two integrals are enough to describe what a layer does to the distribution.
# With $Z \sim N(0, 1)$, they are
#
# $$E[f(\sqrt{v_l}\thinspace Z)], \quad E[f(\sqrt{v_l}\thinspace Z)^2], \qquad E[g(Z)] = \int g(z)\thinspace\frac{e^{-z^2/2}}{\sqrt{2\pi}}\thinspace dz .$$
#
# Without a skip connection these two integrals are already $E[a_l]$ and $E[a_l^2]$, so you can go
# straight on to the next layer.
# With a skip connection, you have $a_l = a_{l-1} + f(z_l)$, where $f(z_l)$ is independent of
# $a_{l-1}$. Take a sheet of paper, and derive $E[a_l]$ and $E[a_l^2]$ yourself for this case.
# Your function returns the standard deviation of $a_L$.
# For ReLU, you can solve both integrals on paper. For tanh there is no closed form, but don't
# worry: a sum over a fine grid of $z$ is good enough.


# %% nbgrader={"grade_id": "predict_std", "solution": true}
def predict_std(
    scheme: str | float,
    act: str,
    L: int,
    n: int,
    skip: bool = False,
) -> float:
    """Predict the standard deviation of the activations after L layers of n units.

    The input is standard normal.

    Args:
        scheme: "lecun", "xavier" or "he", with fan_in = fan_out = n; or a number > 0,
            which is the standard deviation of every weight.
        act: "relu", "tanh", "sigmoid" or "linear".
        L: number of layers, a whole number of at least 1.
        n: width, a whole number of at least 1.
        skip: whether to add the input of each layer to its output.
    Returns:
        the theoretical value for a wide network, with a relative error of at most
            0.001.
    Raises:
        ValueError: scheme or act is not one of these, L < 1 or n < 1; the message names
            what you got.
    """
    ### BEGIN SOLUTION
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act!r}, expected one of {', '.join(ACTIVATIONS)}")
    if L < 1 or n < 1:
        raise ValueError(f"L is {L} and n is {n}, expected whole numbers of at least 1")
    variances = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in variances:
        raise ValueError(f"scheme is {scheme!r}, expected one of {', '.join(variances)} or a number > 0")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    variance = variances[scheme] if isinstance(scheme, str) else scheme**2
    f, _ = ACTIVATIONS[act]
    grid = np.linspace(-10, 10, 4001)
    weight = np.exp(-(grid**2) / 2)
    weight /= weight.sum()
    mean, square = 0.0, 1.0  # E[a], E[a^2]
    for _ in range(L):
        out = f(np.sqrt(n * variance * square) * grid)
        first, second = weight @ out, weight @ out**2
        if skip:
            mean, square = mean + first, square + 2 * mean * first + second
        else:
            mean, square = first, second
    return float(np.sqrt(square - mean**2))
    ### END SOLUTION


# %% id="predict_std-try" tags=["demo"]
with attempt("predict_std"):
    for scheme, act in (("he", "relu"), ("lecun", "relu"), ("xavier", "tanh"), (0.01, "tanh"), (1.0, "tanh")):
        print(f"{act} from {scheme}: layers 1, 5, 20:", *(f"{predict_std(scheme, act, L, 256):.2g}" for L in (1, 5, 20)))

# %% [markdown] id="predict_std-net-idea"
# ### The lecture's network of twenty lines
#
# *You can read more about this in the lecture note, under [D4's net of twenty
# lines](../../course/04-initialisation.md#d4s-net-of-twenty-lines).*
#
# At the end of D4 there is a complete network with its training loop, ready for you to type in:
#
# ```python
# N, D_in, H, D_out = 64, 1000, 100, 10
# x, y = randn(N, D_in), randn(N, D_out)
# w1, w2 = randn(D_in, H), randn(H, D_out)
# for t in range(2000):
#     h = 1 / (1 + np.exp(-x.dot(w1)))
#     y_pred = h.dot(w2)
#     loss = np.square(y_pred - y).sum()
#     grad_y_pred = 2.0 * (y_pred - y)
#     grad_w2 = h.T.dot(grad_y_pred)
#     grad_h = grad_y_pred.dot(w2.T)
#     grad_w1 = x.T.dot(grad_h * h * (1 - h))
#     w1 -= 1e-4 * grad_w1
#     w2 -= 1e-4 * grad_w2
# ```
#
# This code runs without an error, and yet it has three problems.
# First, the slide before the code says that the network should compute $f = W_2 \max(0, W_1 x)$,
# but the code computes something else.
# Second, with a plain `randn` and $D = 1000$, the pre-activations have a standard deviation of
# $\sqrt{1000}$.
# Third, if you put the code into a function, your function changes the caller's `w1`.
#
# There are two more mistakes on the slides around the code. The line for gradient descent is
# `x += learning_rate * dx` (D4), which walks uphill.
# The loop for Adam is `range(1, num_iterations)` (D0 and D4), which takes one step too few.
#
# Now it's your turn: write the network without any of these mistakes. Keep the loss of the slide,
# which is the plain sum over all examples and outputs.
# You receive the initial weights as arguments, because you will compare `randn` with your
# `init_weights` below.


# %% nbgrader={"grade_id": "predict_std-net", "solution": true}
def two_layer_net(
    x: np.ndarray,
    y: np.ndarray,
    w1: np.ndarray,
    w2: np.ndarray,
    learning_rate: float,
    steps: int,
) -> tuple[list[float], np.ndarray, np.ndarray]:
    """Train y_pred = max(0, x w1) w2 by gradient descent.

    The loss is the sum of (y_pred - y)^2 over all examples and outputs.

    Args:
        x: inputs, shape (N, D).
        y: targets, shape (N, O).
        w1, w2: starting weights, shapes (D, H) and (H, O).
        learning_rate: factor of the gradient in each step.
        steps: number of updates of both matrices, >= 0.
    Returns:
        losses: the loss before each update, `steps` plain floats.
        w1, w2: the weights after the last update, new arrays.
    Raises:
        ValueError: steps < 0; the message names it.
    """
    ### BEGIN SOLUTION
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected a whole number of at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1  # (N, H)
        h = np.maximum(z, 0)
        y_pred = h @ w2  # (N, O)
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * (h.T @ grad_y_pred)
    return losses, w1, w2
    ### END SOLUTION


# %% id="predict_std-net-try" tags=["demo"]
with attempt("predict_std"):
    x, y = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0], [2.0]])
    w1, w2 = np.array([[0.5, -0.5, 1.0], [0.25, 1.0, -1.0]]), np.array([[1.0], [-1.0], [0.5]])
    losses, w1, w2 = two_layer_net(x, y, w1, w2, 0.02, 5)
    print("losses before each step:", np.array(losses))

# %% nbgrader={"grade_id": "predict_std-check", "grade": true, "points": 25}
with check("predict_std") as c:
    c.close(
        "predict_std, he, relu, one layer of 50",
        predict_std("he", "relu", 1, 50),
        0.82565,
        rtol=1e-3,
        hint="Compute the std of max(0, Z) times sqrt(2).",
    )
    c.close(
        "predict_std, he, relu, 30 layers of 50",
        predict_std("he", "relu", 30, 50),
        0.82565,
        rtol=1e-3,
        hint="He's weights keep the mean square.",
    )
    c.close(
        "predict_std, lecun, relu, 3 layers of 50",
        predict_std("lecun", "relu", 3, 50),
        0.29191,
        rtol=1e-3,
        hint="Does the next layer depend on the variance of the activations or on their mean square?",
    )
    c.close("predict_std, lecun, linear, 7 layers of 9", predict_std("lecun", "linear", 7, 9), 1.0, rtol=1e-3)
    c.close(
        "predict_std, 0.3, linear, 2 layers of 40",
        predict_std(0.3, "linear", 2, 40),
        3.6,
        rtol=1e-3,
        hint="If scheme is a number, it is the std of a weight.",
    )
    c.close("predict_std, xavier, tanh, one layer", predict_std("xavier", "tanh", 1, 80), 0.627928, rtol=1e-3)
    c.close("predict_std, xavier, tanh, 3 layers", predict_std("xavier", "tanh", 3, 80), 0.408236, rtol=1e-3)
    c.close("predict_std, lecun, sigmoid, 2 layers", predict_std("lecun", "sigmoid", 2, 80), 0.126853, rtol=1e-3)
    c.close("predict_std, with skip: lecun, linear, 6 layers", predict_std("lecun", "linear", 6, 80, skip=True), 8.0, rtol=1e-3)
    c.close(
        "predict_std, with skip: he, relu, 2 layers",
        predict_std("he", "relu", 2, 80, skip=True),
        1.745013,
        rtol=1e-3,
        hint="The square (a + b)^2 has three terms.",
    )
    c.raises("predict_std refuses an unknown scheme", ValueError, predict_std, "best", "relu", 2, 80)
    c.raises("predict_std refuses an unknown activation", ValueError, predict_std, "he", "gelu", 2, 80)
    c.raises("predict_std refuses L = 0", ValueError, predict_std, "he", "relu", 0, 80)
    c.close("predict_std, 1, linear, 3 layers of 4", predict_std(1, "linear", 3, 4), 8.0, rtol=1e-3, hint="scheme may be an integer, too.")
    c.close("predict_std, he, linear, 2 layers of 1", predict_std("he", "linear", 2, 1), 2.0, rtol=1e-3)
    for n in (0, -4):
        c.raises(f"predict_std refuses n = {n}", ValueError, predict_std, "he", "relu", 3, n)
    for std in (0, -2):
        c.raises(f"predict_std refuses a standard deviation of {std}", ValueError, predict_std, std, "relu", 3, 20)
    c.true("predict_std names the scheme that it refuses", "best" in message(predict_std, "best", "relu", 2, 80))
    x, y = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0], [2.0]])
    w1, w2 = np.array([[0.5, -0.5, 1.0], [0.25, 1.0, -1.0]]), np.array([[1.0], [-1.0], [0.5]])
    given = x.copy(), y.copy(), w1.copy(), w2.copy()
    losses, got1, got2 = two_layer_net(*given, 0.1, 2)
    for name, now, before in zip(("x", "y", "w1", "w2"), given, (x, y, w1, w2), strict=True):
        c.unchanged(f"two_layer_net: {name}", now, before)
    c.equal(
        "two_layer_net: the number of losses for 2 steps", len(losses), 2, "Record one loss before each update, and do `steps` updates."
    )
    c.close("two_layer_net: the first loss", losses[0], 11.25, hint="Take the sum over all entries, not the mean. Do you use max(0, z)?")
    c.close(
        "two_layer_net: the second loss",
        losses[1],
        9.01265625,
        hint="The loss should fall. Check the sign of the update and the slope of max(0, z).",
    )
    c.close("two_layer_net: w1 after 2 steps", got1[:, 0], [0.215, -0.32], rtol=1e-5)
    for kind, want in ((np.float32, np.float32), (int, np.float64)):
        for steps in (1, 0):
            losses, *got = two_layer_net(*((4 * v).astype(kind) for v in (x, y, w1, w2)), 1e-3, steps)
            kinds = [w.dtype for w in got]
            c.equal(f"two_layer_net: the dtypes after {steps} steps, from {np.dtype(kind)}", kinds, [np.dtype(want)] * 2)
            c.true(f"two_layer_net: losses are plain floats, from {np.dtype(kind)}", all(isinstance(loss, float) for loss in losses))
    start = w1.copy()
    c.true("two_layer_net: w1 is a new array, even after 0 steps", not np.shares_memory(two_layer_net(x, y, start, w2, 0.1, 0)[1], start))
    c.raises("two_layer_net refuses steps = -1", ValueError, two_layer_net, x, y, w1, w2, 0.1, -1)

# %% [markdown] id="predict_std-see"
# **Theory and measurement.** Did you predict well? The lines are your predictions. The dots are
# what your `forward_stats` measures in a network of 512 units, over forty layers.
# The dots follow the lines over many powers of ten. Small, slow deviations are not your mistake:
# the theory assumes infinitely many units, and this network has only 512.
# The right plot shows the same network with skip connections. No signal vanishes there any more,
# but there is a price: ReLU adds only positive values, so now its activations explode.

# %% id="predict_std-plot" tags=["demo"]
with attempt("predict_std and forward_stats"):
    rng = np.random.default_rng(10)
    x = rng.normal(size=(40, 512))
    normal = [rng.normal(size=(512, 512)) / np.sqrt(512) for _ in range(40)]  # lecun; the others are multiples
    cases = (("he", "relu", np.sqrt(2)), ("lecun", "relu", 1.0), ("xavier", "tanh", 1.0), (0.03, "tanh", 0.03 * np.sqrt(512)))
    layers = np.arange(1, 41)
    theory, measured = {}, {}
    for skip in (False, True):
        for scheme, act, factor in cases:
            case = skip, scheme, act
            theory[case] = np.array([predict_std(scheme, act, int(L), 512, skip) for L in layers])
            _, stats = forward_stats(x, [factor * w for w in normal], act, skip)
            measured[case] = np.array([std for _, std in stats])
    gap = max(np.abs(measured[case][:10] / theory[case][:10] - 1).max() for case in theory)
    print(f"over the first ten layers, prediction and measurement differ by at most {gap:.0%}")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(10, 4))
        for ax, skip in zip(axes, (False, True), strict=True):
            for (scheme, act, _), color, mark in zip(cases, PALETTE, "os^D", strict=False):
                ax.semilogy(layers, theory[skip, scheme, act], color=color, label=f"{act}, {scheme}")
                ax.semilogy(layers[::3], measured[skip, scheme, act][::3], mark, color=color, markersize=4)
            ax.set(title="with skip connections" if skip else "plain", xlabel="layer")
        axes[0].set_ylabel("standard deviation of the activations")
        axes[0].legend(loc="lower left")
    show(
        fig,
        "Predicted and measured standard deviations over forty layers agree. Plain: He with ReLU stays level, the others fall. "
        "With skip connections none falls, and ReLU grows exponentially.",
    )

# %% [markdown] id="predict_std-net-see"
# **The lecture's network, as printed and repaired.** The repaired network starts from your
# `init_weights`, with `he` before the ReLU and `lecun` before the output.
# It fits the random targets well. Within a hundred steps its loss falls to a tenth, and then it
# keeps on falling.
# In the printed network most units are saturated, so its loss takes very long to decrease. Notice
# also how one mistake can hide another: the sigmoid bounds the large values that `randn` causes. If
# you put ReLU into the printed network and keep its initial weights, the loss explodes within three
# steps.

# %% id="predict_std-net-plot" tags=["demo"]
with attempt("two_layer_net and init_weights"):
    rng = np.random.default_rng(0)
    N, D_in, H, D_out = 64, 1000, 100, 10
    x, y = rng.normal(size=(N, D_in)), rng.normal(size=(N, D_out))
    w1, w2 = rng.normal(size=(D_in, H)), rng.normal(size=(H, D_out))
    z = x @ w1
    print(f"randn: z has std {z.std():.1f}; units within 1e-4 of 0 or 1: {np.mean(np.abs(z) > np.log(1e4)):.0%}")
    exploded, _, _ = two_layer_net(x, y, w1, w2, 1e-4, 3)
    print("randn, with ReLU: losses", *(f"{loss:.0e}" for loss in exploded))
    start1, start2 = init_weights(D_in, H, "he", rng), init_weights(H, D_out, "lecun", rng)
    repaired, _, _ = two_layer_net(x, y, start1, start2, 1e-4, 600)
    printed = []
    for _ in range(600):
        h = sigmoid(x @ w1)
        y_pred = h @ w2
        printed.append(np.square(y_pred - y).sum())
        grad = 2.0 * (y_pred - y)
        grad_w1, grad_w2 = x.T @ (grad @ w2.T * h * (1 - h)), h.T @ grad
        w1, w2 = w1 - 1e-4 * grad_w1, w2 - 1e-4 * grad_w2
    with style():
        fig, ax = plt.subplots()
        ax.semilogy(printed, color=PALETTE[1], linestyle="--", label="as printed: sigmoid, randn")
        ax.semilogy(repaired, color=PALETTE[0], label="repaired: ReLU, he and lecun")
        ax.set(xlabel="step", ylabel="loss, summed")
        ax.legend()
    show(
        fig,
        "Loss of the two-layer net over 600 steps: as printed it creeps from thirty thousand to about 150, repaired it falls to almost nothing.",
    )
    print(
        f"losses at the start and after 100 steps: printed {printed[0]:.0e}, {printed[100]:.0e}; repaired {repaired[0]:.0e}, {repaired[100]:.0e}"
    )

# %% [markdown] id="race-see"
# **Five initialisations of one network.** How much do the initial weights matter in practice? To
# find out, let's train eight ReLU layers of 64 units to classify handwritten digits.
# To keep the comparison fair, we train all five networks in the same way, with 400 steps of
# gradient descent and batches of 64. Your `clip_grad_norm` makes sure that no run leaves the plot.
# Only the initial weights differ from run to run.
# With He's weights the network learns at once. With Xavier's weights it learns a little later,
# because the gain of 2 for ReLU is missing. With `0.02 * randn` the loss never gets better than
# guessing, however long you wait.
# With the two large initialisations the loss begins in the thousands, and the network needs all its
# steps to bring it down.

# %% id="race-plot" tags=["demo"]
from utils import data, training


def classify(params, x, y):
    """Return the softmax loss and the gradients, computed with your grad_norms."""
    hidden = [params[f"w{layer}"] for layer in range(8)]
    acts, _ = forward_stats(x, hidden, "relu")
    logits = acts[-1] @ params["head"]
    shifted = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted)
    p /= p.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y])
    p[np.arange(len(y)), y] -= 1
    dlogits = p / len(y)
    _, dhidden = grad_norms(x, hidden, "relu", dlogits @ params["head"].T)
    grads = {f"w{layer}": dw for layer, dw in enumerate(dhidden)} | {"head": acts[-1].T @ dlogits}
    return loss, clip_grad_norm(grads, 5.0)[0]


def accuracy(params, x, y):
    acts, _ = forward_stats(x, [params[f"w{layer}"] for layer in range(8)], "relu")
    return float(np.mean((acts[-1] @ params["head"]).argmax(axis=1) == y))


with attempt("init_weights, forward_stats and clip_grad_norm"):
    digits = data.digits()
    centre = digits.x_train.mean(axis=0)
    x, x_dev = (3 * (part - centre) for part in (digits.x_train, digits.x_dev))
    draws = {
        "he": lambda rng: init_weights(64, 64, "he", rng),
        "xavier": lambda rng: init_weights(64, 64, "xavier", rng),
        "0.02 randn": lambda rng: 0.02 * rng.normal(size=(64, 64)),
        "0.5 randn": lambda rng: 0.5 * rng.normal(size=(64, 64)),
        "D1's U(0, 1) c": lambda rng: np.sqrt(2 / 64) * rng.random((64, 64)),
    }
    losses = {}
    for name, draw in draws.items():
        rng = np.random.default_rng(11)
        params = {f"w{layer}": draw(rng) for layer in range(8)} | {"head": init_weights(64, 10, "lecun", rng)}
        params, history = training.fit(
            params,
            classify,
            lambda w, dw, config: (w - config["rate"] * dw, config),
            {"rate": 0.05},
            x,
            digits.y_train,
            steps=400,
            batch=64,
            rng=np.random.default_rng(12),
        )
        losses[name] = history.losses
        verdict = "above" if accuracy(params, x_dev, digits.y_dev) > 0.9 else "below"
        print(f"{name:14} first loss {history.losses[0]:.0e}, dev accuracy after 400 steps {verdict} 0.9")
    with style():
        fig, ax = plt.subplots(figsize=(7.6, 4))
        for (name, values), color, mark in zip(losses.items(), PALETTE, ("-", "--", "-.", ":", (0, (5, 1, 1, 1))), strict=False):
            smooth = np.convolve(values, np.ones(10) / 10, mode="valid")
            ax.semilogy(np.arange(10, 401), smooth, linestyle=mark, color=color, label=name)
        ax.axhline(np.log(10), color="0.6", linewidth=4, zorder=0, label="guessing: log 10")
        ax.set(xlabel="step", ylabel="softmax loss, mean of ten batches")
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="start")
    show(
        fig,
        "Training losses from five starts. He falls at once to a hundredth, Xavier later to a tenth, 0.02 stays at the loss of guessing; "
        "0.5 and the positive weights begin thousands of times higher and never get below it.",
    )

# %% [markdown] id="written-question"
# ## 6 · In your own words (10 points, graded by a person)
#
# A classmate of yours builds a network of 30 ReLU layers with 256 units each, without biases, and
# initialises it with `0.05 * randn`. The network does not learn, and your classmate asks you why.
#
# 1. By what factor does the root mean square of the activations change from one layer to the next,
#    and by what factor does it change over all 30 layers? By what factor does the norm of $\partial
#    L/\partial a_l$ change, from the output back to the first layer? Derive both.
# 2. D0 says that the gradients of the *earlier* weights are the ones that vanish. Use part 1 to say
#    how $\partial L/\partial W_l$ depends on $l$ in this network. Is D0's sentence true here?
# 3. Three friends give advice. The first friend says: use `clip_grad_norm`. The second friend says:
#    use $U(0, 1)\sqrt{2/256}$, as on the slide. The third friend says: add skip connections and use
#    He's weights. What would happen to the activations and the gradients in each case? What do you
#    advise?
#
# Write at most 300 words.

# %% [markdown] nbgrader={"grade_id": "initialisation-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. $E[z^2] = n\thinspace\sigma_w^2\thinspace E[a^2] = 256 \cdot 0.0025\thinspace E[a^2] = 0.64\thinspace E[a^2]$. As $z$ is symmetric about 0, ReLU keeps half of the mean square: a
#    factor 0.32 for $E[a^2]$, $\sqrt{0.32} \approx 0.57$ for the root mean square. Over 30 layers $0.32^{15} \approx 4 \cdot 10^{-8}$. In the
#    backward pass, half of the slopes are 0 and the others 1, which halves the mean square of the gradient, and the sum over $n_{out} = 256$ units
#    multiplies it by 0.64: again 0.57 per layer, and about $4 \cdot 10^{-8}$ from the output down to the input.
# 2. $\partial L/\partial W_l = a_{l-1}^\top\thinspace\partial L/\partial z_l$. The first factor has shrunk $l - 1$ times, the second about $L - l$ times:
#    together about $0.57^{L-1}$, whatever $l$ is. All layers' gradients are tiny, and about equally so. D0's sentence is right for the gradient
#    with respect to activations, and for weights where the activations keep their size on the way, as in a saturating net. It does not fit this
#    one.
# 3. Clipping only shortens gradients that are too long; these are too short, so nothing changes. $U(0, 1)\thinspace c$ has a mean of $c/2 \approx 0.044$: as
#    ReLU's outputs are all positive, their sum grows by $256 \cdot 0.044 \approx 11$ from layer to layer, and all units become nearly the same;
#    activations and gradients explode. Skip connections give every layer the Jacobian $I + J_l$, so gradients cannot vanish through $J_l$ alone.
#    But with He's weights the mean square forward more than doubles with every layer ($E[a^2] + E[f^2] + 2E[a]E[f]$): $2^{30}$ and more. So: He
#    without skips is enough; with skips, draw the branch smaller (by $1/\sqrt{L}$, or start it at zero), or normalise.
#
# **Rubric.**
#
# - 2 points: The forward factor 0.57 with its derivation, and $4 \cdot 10^{-8}$ over 30 layers.
# - 1 point: The backward factor, 0.57 as well.
# - 2 points: $\partial L/\partial W_l$ is a product of a forward and a backward factor, so it is
#   the same for all $l$.
# - 1 point: D0's sentence is judged, with a reason that fits part 2.
# - 1 point: Clipping changes nothing here.
# - 1 point: The mean of $U(0, 1)\thinspace c$ adds up, and the activations explode.
# - 1 point: Skip connections: an identity path back, but growth forward with He's weights.
# - 1 point: Advice that follows from the answers.
#
# **Weak answer (3 points: items 2, 5, 8).**
#
# 1. The weights are smaller than He's, so the activations shrink in every layer and are nearly zero
#    at the end. In the backward pass, each layer multiplies the gradient by
#    $\sqrt{256 \cdot 0.0025 / 2} = 0.57$.
# 2. The gradient is a product of many factors, so the first layers get the smallest one. D0 is
#    right.
# 3. Clipping only makes large gradients smaller, so it does not help. The second idea is fine,
#    because the scale is that of He. Skip connections help the gradient. I advise He's weights.
#
# **Average answer (6 points: items 1, 2, 5, 6, 8).**
#
# 1. $E[z^2] = 256 \cdot 0.05^2\thinspace E[a^2] = 0.64\thinspace E[a^2]$, and ReLU keeps half of it: 0.32. So the
#    root mean square changes by $\sqrt{0.32} = 0.57$ in each layer, and by $0.57^{30} \approx 4 \cdot
#    10^{-8}$ in all. Backwards it is the same: half of the slopes are 1, and we sum over 256 units.
# 2. So the gradient of the first weights is $4 \cdot 10^{-8}$ times that of the last. D0's sentence
#    is true.
# 3. Clipping does nothing, because the gradients are small already. $U(0, 1)$ has a positive mean:
#    256 positive terms add up, and the activations explode. Skip connections let the gradient pass. I
#    advise He's weights alone.

# %% [markdown] id="summary-idea"
# **Before you submit,** it's a good idea to restart the kernel and run all cells once more. The
# cell below then adds up the results of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"init_weights": 25, "forward_stats": 25, "clip_grad_norm": 15, "symmetry_demo": 10, "predict_std": 25},
    written=10,
)
