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
# # Capstone · Train a network of your own, and say why it works
#
# By now you have written every part of a neural network by hand. In this notebook you put the parts
# together: a network, a solver, and a training run on difficult data.
# But if all you have is a good result, you don't know what to use next time. So you also find out
# why your network works: you take out your techniques one at a time, and measure how much each
# technique matters. You draw the loss surface on which you trained, and you learn how far you can
# trust such a picture.
# Things also go wrong in practice, so you study the records of failed runs, and find out why each
# run failed. At the end, we test your network on digits that nobody has seen.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `init_net`, `net_loss` and `net_scores`: a network of any depth, with batch norm, dropout and an L2 penalty | 25 |
# | 2 | `train`: a solver with batches, a schedule, early stopping and a fixed budget | 20 |
# | 3 | `ablate`: how much each technique matters, with its uncertainty | 15 |
# | 4 | `filter_normalised` and `loss_grid`: a slice through the loss surface that you can compare with others | 15 |
# | 5 | `autopsy`: the cause of a failed run | 10 |
# | 6 | `compete` and `predict`: your best network on newly drawn digits, compared with a baseline | 15 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** plan about 10 hours. This is only our estimate, so don't worry if you need more or less.
#
# **You need** your layers and optimizers of assignments 01 to 08. The notebook uses your own
# functions if it finds them. Otherwise it uses the course's functions, so you
# can start here in any case:
#
# - 01: `affine_forward(x, w, b) -> out, cache` and `affine_backward(dout, cache) -> dx, dw, db`
# - 02: `relu_forward(x) -> out, cache` and `relu_backward(dout, cache) -> dx`
# - 03: `softmax_loss(x, y) -> loss, dx`
# - 04: `init_weights(fan_in, fan_out, scheme, rng, distribution, dtype) -> w`
# - 05 and 06: `minibatches(N, B, rng, drop_last)`, `sgd_momentum(w, dw, config)`, `adam(w, dw,
#   config)` and `lr_schedule(kind, lr0, t, **kw)`
# - 07: `l2_loss(w, reg) -> loss, dw`, `dropout_forward(x, dropout_param) -> out, cache` and
#   `dropout_backward(dout, cache) -> dx`
# - 08: `batchnorm_forward(x, gamma, beta, bn_param) -> out, cache` and `batchnorm_backward(dout,
#   cache) -> dx, dgamma, dbeta`
#
# **Lecture note:** [Train a network of your own](../../course/capstone.md). This notebook draws on
# all five lectures, and in question 4 you'll meet D3's demo of loss landscapes again.

# %% [markdown] id="rules"
# ## What holds in every question
#
# Please read these rules once before you start, because the checks expect them in every question.
#
# - **Do not change your arguments:** every array and every dictionary that you receive stays
#   unchanged.
# - **Keep the precision.** If parameters and inputs are float32, your gradients and scores should
#   be float32 too; float64 stays float64.
# - **Randomness** comes from the generator `rng` that you receive, never from `np.random` itself.
# - **Cause no warnings:** avoid division by zero, and any overflow that you can prevent.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that names what
#   you got and what you expected.
#
# Question 6 uses your own network and your own solver from questions 1 and 2. You can answer
# the other questions in any order, because they are independent.
#
# Every question has a cell for trying out your code, and a cell that checks it.
# The visible checks help you to find most mistakes. Grading uses more checks, with other inputs.
# You can choose *Run All* whenever you like, because an unfinished cell does not stop the notebook.
#
# We have folded the check cells, so that they don't distract you. Each check prints its verdict
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
        "This notebook needs the folder utils of capstone.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q capstone.zip, then "
        "%cd training-neural-networks/release/capstone, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

affine_forward, affine_backward = earlier("01-backprop", "affine_forward", "affine_backward")
relu_forward, relu_backward = earlier("02-activations", "relu_forward", "relu_backward")
softmax_loss = earlier("03-losses", "softmax_loss")
init_weights = earlier("04-initialisation", "init_weights")
minibatches, sgd_momentum = earlier("05-optimizers", "minibatches", "sgd_momentum")
adam, lr_schedule = earlier("06-adaptive", "adam", "lr_schedule")
l2_loss, dropout_forward, dropout_backward = earlier("07-regularisation", "l2_loss", "dropout_forward", "dropout_backward")
batchnorm_forward, batchnorm_backward = earlier("08-batchnorm", "batchnorm_forward", "batchnorm_backward")

# %% nbgrader={"grade_id": "given", "locked": true}
from collections.abc import Callable
from itertools import pairwise

from utils import data
from utils.plotting import PALETTE, style


def canvases(n: int, rng: np.random.Generator, part: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return n digits at random positions on noisy canvases of 12 by 12 pixels: x (n, 144), y (n,)."""
    x, y = data.digit_canvas(n, range(10), rng, part=part)
    return x.reshape(n, -1), y


def shifted(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return square pictures (N, side * side), each moved by up to 1 pixel in each direction and filled with zeros."""
    n, side = len(x), round(x.shape[1] ** 0.5)
    wide = np.pad(x.reshape(n, side, side), ((0, 0), (1, 1), (1, 1)))
    top, left = rng.integers(0, 3, (2, n, 1, 1))
    rows, columns = top + np.arange(side)[:, None], left + np.arange(side)
    return wide[np.arange(n)[:, None, None], rows, columns].reshape(n, -1)


# %% [markdown] id="data-see"
# **The task.** We put a digit of 8 by 8 pixels at a random position on a canvas of 12 by 12, and
# add noise. You recognise the digit wherever we put it. A fully connected network finds this
# more difficult, because for its weights the same digit at another position is a
# different picture.
# We split the 1797 original digits once, before we draw any canvas. Your training and dev canvases
# show two thirds of the originals, and the test canvases show the rest.
# So the dev set is *not* quite a fair test: the positions are new, but your network
# has seen the handwriting. Keep this in mind for question 6.
# Before you start, look at the canvases and see how little of a digit you can make out in the noise.

# %% id="data-plot" tags=["demo"]
rng = np.random.default_rng(0)
x_train, y_train = canvases(3000, rng)  # (3000, 144)
x_dev, y_dev = canvases(1000, rng)
x_test, y_test = canvases(2000, rng, "test")
print(f"{len(x_train)} training canvases, mean {x_train.mean():.2f}, standard deviation {x_train.std():.2f}")
with style():
    fig, axes = plt.subplots(1, 8, figsize=(9, 1.7))
    for ax, picture, label in zip(axes, x_train, y_train, strict=False):
        ax.imshow(picture.reshape(12, 12), cmap="gray", vmin=-0.2, vmax=1.2)
        ax.set(title=f"a {label}", xticks=[], yticks=[])
        ax.grid(False)
show(fig, "Eight canvases: blurred digits of eight by eight pixels, each at another place of a noisy black square.")

# %% [markdown] id="net-idea"
# ## 1 · The network
#
# *Lecture note: [Everything a net knows](../../course/capstone.md#everything-a-net-knows).
# Lectures: D0 (neural networks), D1 (regularisation and batch normalisation).*
#
# Let's begin with the structure of your network, which has $L$ layers. Each hidden layer applies
# *affine → batch norm, if there is one → ReLU → dropout*. The last layer applies *affine*
# only, and the softmax loss follows. As formulas, your network looks like this:
#
# $$h_k = \text{dropout}\big(\max(0, \text{BN}(h_{k-1} w_k + b_k))\big), \qquad
# \text{loss} = \frac1N \sum_n \text{CE}_n + \frac{\text{reg}}{2} \sum_k \lVert w_k \rVert^2 .$$
#
# We apply the penalty to the weights `w1`, `w2`, … and to nothing else.
#
# One decision will keep everything simple for you: **everything that the network knows
# is in `params`**. This dictionary includes the running statistics of batch norm, as
# `running_mean1`, `running_var1`, …
# The network does not learn these statistics by gradients, so `net_loss` returns three things: the
# loss, the *gradients* of the learnt parameters, and the *statistics*, which are the new values of
# the running statistics.
# Take care that your function does not write to any argument. If you keep the dictionary of an
# earlier step, you then always have a complete network that still works.
# (You may remember that in assignment 08, the layer wrote into `bn_param`. Here, create a new
# `bn_param` each time, and read the statistics from it.)
#
# Don't worry about the layers, because you have already written all of them. You only have to
# keep them in order: you go forward through the layers, and backward in the opposite order.


# %% nbgrader={"grade_id": "net", "solution": true}
def init_net(
    sizes: tuple[int, ...],
    rng: np.random.Generator,
    batchnorm: bool = False,
    dtype: type | str = np.float64,
) -> dict[str, np.ndarray]:
    """Return the initial parameters of a network.

    Args:
        sizes: (D, H1, ..., C): inputs, units of each hidden layer, classes; at least
            two numbers.
        rng: source of the weights, with He's normal scheme.
        batchnorm: whether the hidden layers have batch norm.
        dtype: of all arrays: np.float64, np.float32, or its name as a string.

    Returns:
        params: "w1" (D, H1), "b1" (H1,) zeros, and so on up to the last layer. With
            batch norm, each hidden layer also has "gamma1" (H1,) ones, "beta1" zeros,
            "running_mean1" zeros, and "running_var1" ones.

    Raises:
        ValueError: sizes has fewer than two numbers.
    """
    ### BEGIN SOLUTION
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes}, expected at least two numbers: inputs and classes")
    params = {}
    for k, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        params[f"w{k}"] = init_weights(fan_in, fan_out, "he", rng, dtype=dtype)
        params[f"b{k}"] = np.zeros(fan_out, dtype)
        if batchnorm and k < len(sizes) - 1:
            params |= {f"gamma{k}": np.ones(fan_out, dtype), f"beta{k}": np.zeros(fan_out, dtype)}
            params |= {f"running_mean{k}": np.zeros(fan_out, dtype), f"running_var{k}": np.ones(fan_out, dtype)}
    return params
    ### END SOLUTION


def net_loss(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    options: dict,
    rng: np.random.Generator | None = None,
) -> tuple[float, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return loss, gradients and new statistics of a network in training.

    Args:
        params: as init_net makes them; a hidden layer k has batch norm if there is a
            "gamma{k}".
        x: (N, D).
        y: (N,) labels, or (N, C) soft ones.
        options: may hold "reg", the strength of the L2 penalty (default 0), and
            "keep_prob" of the dropout after each hidden layer (default 1).
        rng: source of the masks, first layer first; not needed if keep_prob is 1.

    Returns:
        loss: a number, including the penalty.
        grads: a dict with the gradients of all params except the running statistics.
        statistics: a dict with the new running statistics; empty without batch norm.
    """
    ### BEGIN SOLUTION
    scores, caches, statistics = _forward(params, x, "train", options.get("keep_prob", 1.0), rng)
    loss, dh = softmax_loss(scores, y)
    grads = {}
    for k in range(len(caches), 0, -1):
        affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
        if relu_cache is not None:
            dh = relu_backward(dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache)
        if norm_cache is not None:
            dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
        penalty, dw = l2_loss(params[f"w{k}"], options.get("reg", 0.0))
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
        loss, grads[f"w{k}"] = loss + penalty, grads[f"w{k}"] + dw
    return loss, grads, statistics
    ### END SOLUTION


def net_scores(params: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the scores (N, C) at test time: running statistics, no dropout."""
    ### BEGIN SOLUTION
    return _forward(params, x, "test", 1.0, None)[0]


def _forward(params, x, mode, keep_prob, rng):
    """Return scores, the layers' caches, and the new running statistics."""
    last = sum(name.startswith("w") for name in params)
    h, caches, statistics = x, [], {}
    for k in range(1, last + 1):
        h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        norm_cache = relu_cache = dropout_cache = None
        if f"gamma{k}" in params:
            bn_param = {"mode": mode, **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")}}
            h, norm_cache = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
            statistics |= {f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")}
        if k < last:
            h, relu_cache = relu_forward(h)
            if keep_prob != 1:
                h, dropout_cache = dropout_forward(h, {"keep_prob": keep_prob, "mode": mode, "rng": rng})
        caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
    return h, caches, statistics
    ### END SOLUTION


# %% [markdown] id="net-given-idea"
# Please run the next cell before the checks. They need its two functions to test whether the state
# of the generator changes from one network to the next, and from one step to the next.


# %% nbgrader={"grade_id": "net-given", "locked": true}
def two_nets(sizes, rng):
    """Return two networks, drawn one after the other from the same generator; for the checks."""
    return init_net(sizes, rng), init_net(sizes, rng)


def two_losses(params, x, y, options, rng):
    """Return the losses of two steps on the same batch with the same generator; for the checks."""
    return tuple(net_loss(params, x, y, options, rng)[0] for _ in range(2))


# %% id="net-try" tags=["demo"]
with attempt("net"):
    params = init_net((144, 100, 10), np.random.default_rng(1), batchnorm=True)
    print({name: array.shape for name, array in params.items()})
    loss, grads, statistics = net_loss(params, x_train[:50], y_train[:50], {"reg": 1e-3, "keep_prob": 0.8}, np.random.default_rng(2))
    print(f"loss {loss:.2f}; gradients of {sorted(grads)}; statistics of {sorted(statistics)}")

# %% nbgrader={"grade_id": "net-check", "grade": true, "points": 25}
with check("net") as c:
    params = init_net((4, 3, 5, 2), np.random.default_rng(0), batchnorm=True)
    names = [f"{name}{k}" for k in (1, 2) for name in ("w", "b", "gamma", "beta", "running_mean", "running_var")] + ["w3", "b3"]
    c.equal("the names in params", sorted(params), sorted(names), hint="The last layer has no batch norm.")
    c.shape("w2", params["w2"], (3, 5))
    wide = init_net((400, 300, 2), np.random.default_rng(1))["w1"]
    c.close(
        "the standard deviation of w1 with 400 inputs",
        wide.std(),
        np.sqrt(2 / 400),
        rtol=0.02,
        hint="In He's scheme the variance is 2 / fan_in.",
    )
    rng = np.random.default_rng(2)
    plain = {
        "w1": np.array([[1.0, -1.0], [2.0, 0.0]]),
        "b1": np.array([0.0, 3.0]),
        "w2": np.array([[1.0, 0.0], [0.0, 2.0]]),
        "b2": np.zeros(2),
    }
    c.close("scores of a small net", net_scores(plain, np.array([[1.0, 1.0], [-2.0, 0.0]])), [[3.0, 4.0], [0.0, 10.0]])
    x, y = np.array([[1.0, 0.5]]), np.array([0])  # both scores are 2 and 4
    loss, grads, statistics = net_loss(plain, x, y, {"reg": 0.5})
    c.close(
        "its loss with reg 0.5",
        loss,
        np.log(1 + np.exp(2.0)) + 0.25 * 11,
        hint="Add reg / 2 times the sum of all squared weights, without biases.",
    )
    c.equal("statistics without batch norm", statistics, {})
    broad = {"w1": np.ones((1, 4000)), "b1": np.zeros(4000), "w2": np.zeros((4000, 2)), "b2": np.zeros(2)}
    _, grads, _ = net_loss(broad, np.ones((1, 1)), y, {"keep_prob": 0.8}, np.random.default_rng(4))
    dropped = np.mean(grads["w2"][:, 0] == 0)
    c.close("the fraction of units that keep_prob 0.8 drops", dropped, 0.2, rtol=0.2, hint="keep_prob is the probability to keep a unit.")
    ones, zeros = np.ones(1000), np.zeros(1000)
    end = {"w2": np.zeros((1000, 2)), "b2": np.zeros(2)}
    middle = {"w2": np.eye(1000), "b2": zeros, "w3": np.zeros((1000, 2)), "b3": np.zeros(2)}
    two = {"w1": np.ones((1, 1000)), "b1": zeros, **middle}  # each unit of the second layer gets one of the first
    _, grads, _ = net_loss(two, np.ones((1, 1)), y, {"keep_prob": 0.8}, np.random.default_rng(4))
    dropped = np.mean(grads["w3"][:, 0] == 0)
    c.close(
        "the fraction that two hidden layers drop together",
        dropped,
        0.36,
        rtol=0.2,
        hint="Each hidden layer has dropout with its own mask.",
    )
    normed = {"gamma1": ones, "beta1": ones, "running_mean1": zeros, "running_var1": ones, "w1": np.ones((1, 1000)), "b1": zeros, **end}
    _, grads, _ = net_loss(normed, np.ones((1, 1)), y, {"keep_prob": 0.8}, np.random.default_rng(4))  # one example: all units equal beta
    dropped = np.mean(grads["w2"][:, 0] == 0)
    c.close("the fraction that is dropped after batch norm", dropped, 0.2, rtol=0.35, hint="Dropout is the last step of a hidden layer.")
    sizes = (3, 5, 4, 6, 5, 3, 4, 6, 3, 5, 4, 6, 2)
    many = net_scores(init_net(sizes, np.random.default_rng(5), batchnorm=True), np.ones((2, 3)))
    c.shape("scores of a net of 12 layers", many, (2, 2), "As strings, 'w10' comes before 'w2'.")
    single = init_net((3, 4, 2), np.random.default_rng(6), batchnorm=True, dtype=np.float32)
    for options in ({"reg": 0.5}, {"keep_prob": 0.5}):
        given, pictures, labels = dict(options), np.ones((2, 3), np.float32), np.array([0, 1])
        _, grads, statistics = net_loss(single, pictures, labels, given, np.random.default_rng(7))
        found = sorted({str(value.dtype) for value in [*grads.values(), *statistics.values(), net_scores(single, pictures)]})
        c.equal(f"the dtypes of grads, statistics and scores for float32, {options}", found, ["float32"])
        c.equal(f"options afterwards, {options}", given, options)
    generator = np.random.default_rng(8)
    first, second = (params["w1"] for params in two_nets((3, 4), generator))
    c.true("the next network from the same rng has other weights", not np.array_equal(first, second), "Draw from rng itself.")
    first, second = two_losses({**two, "w3": np.ones((1000, 2)) * [1e-3, -1e-3]}, np.ones((1, 1)), y, {"keep_prob": 0.8}, generator)
    c.true("the next step with the same rng has other masks", first != second, "Draw from rng itself.")
    x, y = rng.normal(size=(6, 4)), np.array([0, 1, 1, 0, 1, 0])
    params = {name: array + 0.1 * rng.random(array.shape) for name, array in params.items()}
    before = {name: array.copy() for name, array in params.items()}
    for options in ({"reg": 0.1}, {"keep_prob": 0.7}):
        _, grads, statistics = net_loss(params, x, y, options, np.random.default_rng(3))
        c.equal(f"the names in grads, {options}", sorted(grads), sorted(name for name in names if "running" not in name))
        for name in ("w1", "gamma1", "b2", "beta2", "w3"):

            def moved(v, name=name, options=options):
                return net_loss({**params, name: v}, x, y, options, np.random.default_rng(3))[0]

            hint = "The backward pass goes through the layers in the opposite order, each with its own cache."
            if name in grads:
                c.gradient(
                    f"the gradient of {name}, {options}",
                    grads[name],
                    lambda v, f=moved: np.array(f(v)),
                    params[name],
                    np.array(1.0),
                    hint=hint,
                )
    z = x @ params["w1"] + params["b1"]
    c.close(
        "the new running_mean1",
        statistics.get("running_mean1"),
        0.9 * params["running_mean1"] + 0.1 * z.mean(axis=0),
        hint="Put the old running statistics into bn_param, and read the new ones from it.",
    )
    c.true("params are unchanged", all(np.array_equal(params[name], before[name]) for name in before), "Give batch norm a new dict.")

# %% [markdown] id="train-idea"
# ## 2 · The solver
#
# *Lecture note: [A solver that keeps its
# budget](../../course/capstone.md#a-solver-that-keeps-its-budget). Lectures: D0 to D4
# (optimisation), D1 (early stopping).*
#
# Before you write any code, let's agree on what we count. One **step** is one call of the loss on
# one batch, and the update that follows. The **budget** is the number of steps, not of epochs.
# Each step costs time, so a comparison of two runs is fair if both have the same budget.
# For $t = 0, 1, \dots$ up to the budget, your solver does this:
#
# 1. Take the next batch. You can let `minibatches` divide an epoch into batches; when an epoch
#    ends, the next one begins with a new order.
# 2. Change the examples if there is an `augment`. Compute the loss, the gradients and the
#    statistics.
# 3. If the loss is not finite, stop, and leave out this step.
# 4. Update every parameter that has a gradient with `rule`. Each parameter has its own copy of
#    `config`, with the learning rate `schedule(t)`. Then replace the old statistics by the new
#    ones.
# 5. After every `every` steps, and after the last step, compute the dev score; lower is better. The
#    parameters with the best score are the result. After `patience` evaluations in a row without a
#    *new* best, stop.
#
# The last point is early stopping: we use the dev set to choose *when* to stop. Notice that
# the dev score of the best step is therefore a little too good, because you have selected this step
# by its dev score.


# %% nbgrader={"grade_id": "solver", "solution": true}
def train(
    params: dict[str, np.ndarray],
    loss_and_grads: Callable,
    rule: Callable,
    config: dict,
    x: np.ndarray,
    y: np.ndarray,
    *,
    batch: int,
    budget: int,
    rng: np.random.Generator,
    schedule: Callable | None = None,
    augment: Callable | None = None,
    evaluate: Callable | None = None,
    every: int = 50,
    patience: int | None = None,
) -> tuple[dict[str, np.ndarray], dict]:
    """Train within a budget of steps; return the best parameters and the history.

    Args:
        params: initial parameters; do not change them.
        loss_and_grads: loss_and_grads(params, x, y, rng) -> loss, grads, statistics,
            like net_loss.
        rule: the optimizer, rule(w, dw, config) -> next_w, config.
        config: settings of the optimizer; do not change them. Each parameter gets a
            copy.
        x, y: (N, D) and (N,).
        batch: number of examples per step, for minibatches.
        budget: largest number of calls of loss_and_grads, a whole number >= 1.
        schedule: schedule(t) -> the "learning_rate" of step t, counted from 0; None
            keeps the rate in config.
        augment: augment(x, rng) -> x, for the batch; or None.
        evaluate: evaluate(params) -> a number, lower is better; or None.
        every: number of steps between evaluations.
        patience: number of evaluations in a row without a new best after which to stop;
            None means no such limit.

    Returns:
        params: those of the lowest evaluation (the earliest if several are equal);
            without evaluations, the last ones.
        history: "loss": the loss of each completed step; "at" and "dev": the number of
            steps at each evaluation, and its value; "best": the number of steps of the
            returned params; "stopped": "budget", "patience" or "diverged".

    Raises:
        ValueError: budget or every is not a whole number >= 1.
    """
    ### BEGIN SOLUTION
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs: dict[str, dict] = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches(), strict=False):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    if not history["dev"]:
        best, history["best"] = now, len(history["loss"])
    return best, history
    ### END SOLUTION


# %% [markdown] id="solver-given-idea"
# Please run the next cell before the checks. They need its function to test
# what the loss and `augment` draw from the generator that you pass to them.


# %% nbgrader={"grade_id": "solver-given", "locked": true}
def numbers_drawn(x, y, rng):
    """Return what augment and the loss draw in three steps from their generators; for the checks."""
    drawn = {"augment": [], "loss_and_grads": []}

    def augment(x, rng):
        drawn["augment"].append(rng.random())
        return x

    def loss(params, x, y, rng):
        drawn["loss_and_grads"].append(rng.random())
        return 1.0, {"w": np.ones(1)}, {}

    train({"w": np.ones(1)}, loss, sgd_momentum, {"learning_rate": 0.5}, x, y, batch=len(x), budget=3, rng=rng, augment=augment)
    return drawn


# %% id="solver-try" tags=["demo"]
with attempt("solver"):
    centre = {"w": np.array([3.0])}

    def parabola(params, x, y, rng):  # loss 1/2 (w - mean of the batch)^2
        return 0.5 * (params["w"][0] - x.mean()) ** 2, {"w": params["w"] - x.mean()}, {}

    points = np.arange(6.0)[:, None]
    best, history = train(
        centre,
        parabola,
        sgd_momentum,
        {"learning_rate": 0.5, "momentum": 0.0},
        points,
        np.zeros(6),
        batch=6,
        budget=4,
        rng=np.random.default_rng(0),
    )
    print(best["w"], history["loss"], history["stopped"])

# %% nbgrader={"grade_id": "solver-check", "grade": true, "points": 20}
with check("solver") as c:
    x, y = np.arange(10.0)[:, None], np.arange(10)
    seen, rates = [], []

    def slide(params, x, y, rng):  # the gradient is 1 everywhere, and a count replaces the statistics
        seen.append((x[:, 0].tolist(), y.tolist()))
        return 1.0, {"w": np.ones(1), "v": np.ones(2)}, {"running_count1": params["running_count1"] + 1}

    def step(w, dw, config):
        config["steps"] = config.get("steps", 0) + 1
        rates.append((config["steps"], config["learning_rate"]))
        return w - config["learning_rate"] * dw, config

    start = {"w": np.array([9.0]), "v": np.zeros(2), "running_count1": np.zeros(1)}
    settings = {"learning_rate": 1.0}
    last, history = train(start, slide, step, settings, x, y, batch=4, budget=5, rng=np.random.default_rng(0))
    c.equal("the number of steps for a budget of 5", len(seen), 5)
    c.equal(
        "the sizes of the batches",
        [len(rows) for rows, _ in seen],
        [4, 4, 2, 4, 4],
        hint="After the last batch of an epoch, start a new epoch.",
    )
    c.equal(
        "the examples of the first epoch",
        sorted(example for rows, _ in seen[:3] for example in rows),
        x[:, 0].tolist(),
        hint="Use each example once.",
    )
    c.true("the second epoch has another order", seen[0] != seen[3], "Shuffle again for each epoch.")
    c.true("labels stay with their examples", all(rows == labels for rows, labels in seen))
    c.close("w after 5 steps", last["w"], [4.0])
    c.equal(
        "the count in a parameter's config after 5 steps",
        max(count for count, _ in rates),
        5,
        hint="Give each parameter its own config.",
    )
    c.close(
        "the statistics after 5 steps",
        last["running_count1"],
        [5.0],
        hint="Replace the old statistics by the new ones, without the optimizer.",
    )
    c.equal(
        "start and settings afterwards",
        (start["w"].tolist(), settings),
        ([9.0], {"learning_rate": 1.0}),
        hint="Both belong to the caller; do not change them.",
    )
    c.equal("history of a complete run", (len(history["loss"]), history["best"], history["stopped"]), (5, 5, "budget"))
    drawn = numbers_drawn(x, y, np.random.default_rng(1))
    different = len(set(drawn["augment"] + drawn["loss_and_grads"]))
    c.equal("the number of different random numbers of augment and loss in three steps", different, 6, hint="Pass rng itself to them.")
    sizes = []

    def same(x, rng):
        sizes.append(len(x))
        return x

    train(start, slide, step, settings, x, y, batch=4, budget=3, rng=np.random.default_rng(0), augment=same)
    c.equal("the number of examples that augment receives", sizes, [4, 4, 2], hint="Call augment for each batch when it is used.")
    _, history = train(
        start, slide, step, settings, x, y, batch=10, budget=4, rng=np.random.default_rng(0), evaluate=lambda p: 9.0, every=2
    )
    c.equal("the steps of the evaluations with a budget of 4", history["at"], [2, 4], hint="Evaluate once after the last step, not twice.")
    rates.clear()
    train(start, slide, step, settings, x, y, batch=10, budget=3, rng=np.random.default_rng(0), schedule=lambda t: 1 / (1 + t))
    c.close(
        "the rates that a schedule sets",
        np.array(sorted({rate for _, rate in rates})),
        [1 / 3, 1 / 2, 1.0],
        hint="t is 0 in the first step.",
    )
    dev = iter([5.0, 2.0, 2.0, 4.0, 1.0, 7.0])
    best, history = train(
        start,
        slide,
        step,
        settings,
        x,
        y,
        batch=10,
        budget=12,
        rng=np.random.default_rng(0),
        evaluate=lambda p: next(dev),
        every=2,
        patience=2,
    )
    c.equal(
        "the steps of the evaluations",
        history["at"],
        [2, 4, 6, 8],
        hint="Stop after two evaluations without a new best. An equal score is not a new best.",
    )
    c.equal("the best step and why it stopped", (history["best"], history["stopped"]), (4, "patience"))
    c.close(
        "the returned params, those of the best step,",
        best["w"],
        [5.0],
        hint="Do not return the last params, and do not change the best ones later.",
    )
    dev = iter([5.0, 6.0, 4.0, 6.0, 3.0])
    _, history = train(
        start,
        slide,
        step,
        settings,
        x,
        y,
        batch=10,
        budget=9,
        rng=np.random.default_rng(0),
        evaluate=lambda p: next(dev),
        every=2,
        patience=2,
    )
    hint = "Evaluate after the last step, too. Each new best resets the patience."
    c.equal("the steps of the evaluations in a run with three new bests", history["at"], [2, 4, 6, 8, 9], hint=hint)
    losses = iter([1.0, 1.0, np.inf])
    last, history = train(
        start,
        lambda p, x, y, rng: (next(losses), {"w": np.ones(1)}, {}),
        step,
        settings,
        x,
        y,
        batch=5,
        budget=9,
        rng=np.random.default_rng(0),
    )
    c.equal(
        "a run whose third loss is infinite", (last["w"].tolist(), history["stopped"]), ([7.0], "diverged"), hint="Leave out this step."
    )
    c.raises(
        "a budget of 0 is refused",
        ValueError,
        lambda: train(start, slide, step, settings, x, y, batch=5, budget=0, rng=np.random.default_rng(0)),
    )

# %% [markdown] id="solver-erratum"
# **One step too few** (not graded). It is easy to count one step or one batch too many or too few.
# If this happens to you, you are in good company: even printed loops contain such mistakes. The
# next cell runs the training loop of D0 and D4, `for t in range(1, num_iterations):`, with a
# budget of 100 steps. It also tries D1's number of batches in an epoch, $\lfloor m/B \rfloor + 1$,
# for $m = 3000$ and $B = 50$. Run the cell. How many steps does the loop take, and how large is the
# last batch of an epoch?
# (This size matters because the mean over an empty batch is nan, and Adam never
# recovers from a nan.)
# When you have seen both numbers, correct the two marked lines.

# %% id="solver-mend" tags=["demo"]
m, B, num_iterations = 3000, 50, 100
taken = sum(1 for t in range(1, num_iterations))  # D0 and D4, as printed: correct this line
starts = range(0, (m // B + 1) * B, B)  # D1, as printed: correct this line
print(
    f"{taken} steps of {num_iterations}; an epoch's {len(starts)} batches, the last of {len(np.arange(m)[starts[-1] : starts[-1] + B])} examples"
)

# %% [markdown] id="solver-see"
# **Your network learns.** Let's compare two runs of 600 steps. The first run is the *baseline*
# of question 6: one hidden layer of 128 units, momentum 0.9, a constant rate of 0.05, and nothing
# else.
# For the second run, we add batch norm and a decreasing rate, and move the canvases by a pixel.
# Notice how the two curves of the baseline separate. The baseline keeps learning
# its 3000 canvases by heart, as a student may learn old exams, but it learns little about digits
# in general.

# %% id="solver-plot" tags=["demo"]


def error(params, x, y):
    """Return the error rate."""
    return float(np.mean(net_scores(params, x).argmax(axis=1) != y))


def falling(lr0, budget):
    """Return a schedule that falls from lr0 to a twentieth of it, exponentially."""
    return lambda t: lr_schedule("exponential", lr0, t, k=np.log(20) / budget)


with attempt("solver"):
    runs = {}
    for label, batchnorm, settings in (
        ("baseline", False, {"config": {"learning_rate": 0.05}}),
        ("with more", True, {"config": {}, "schedule": falling(0.2, 600), "augment": shifted}),
    ):
        rng, found = np.random.default_rng(3), []

        def on_both(params, found=found):
            found.append(error(params, x_train, y_train))
            return error(params, x_dev, y_dev)

        params = init_net((144, 128, 10), rng, batchnorm)
        best, history = train(
            params,
            lambda params, x, y, rng: net_loss(params, x, y, {}, rng),
            sgd_momentum,
            x=x_train,
            y=y_train,
            batch=50,
            budget=600,
            rng=rng,
            evaluate=on_both,
            every=40,
            **settings,
        )
        runs[label] = (history["at"], found, history["dev"])
        print(f"{label}: error {found[-1]:.2f} on the training set, {history['dev'][-1]:.2f} on the dev set")
    with style():
        fig, ax = plt.subplots()
        for (label, (at, on_train, on_dev)), color in zip(runs.items(), (PALETTE[1], PALETTE[0]), strict=True):
            ax.plot(at, on_train, ":", color=color, label=f"{label}, training set")
            ax.plot(at, on_dev, color=color, label=f"{label}, dev set")
        ax.set(xlabel="step", ylabel="error rate", ylim=(0, 0.8))
        ax.legend()
    show(
        fig,
        "Errors over 600 steps. The baseline's training error falls well below its dev error; with batch norm, falling rate "
        "and moved canvases the two stay together, and the dev error ends far lower.",
    )

# %% [markdown] id="ablation-idea"
# ## 3 · Ablation: which technique matters?
#
# *Lecture note: [Ablation](../../course/capstone.md#ablation).*
#
# If you use six techniques together and the result is good, you don't know which of them helped.
# So take out **one at a time**, keep all the others, and measure how much worse the result becomes.
# But a single run tells you little, because another seed gives another result. So
# run every row of the table with the *same* seeds, and take the differences **seed by seed**.
# Let $s_i$ be the score with all techniques for seed $i$ (for example an error rate; lower is
# better), and let $u_i$ be the score without one technique. Then this technique is worth
#
# $$\text{cost} = \frac1n \sum_i (u_i - s_i), \qquad
# \text{standard error of } d_1, \dots, d_n = \frac{1}{\sqrt n} \sqrt{\frac{1}{n-1} \sum_i (d_i - \bar d)^2} .$$
#
# We pair the runs by seed because some seeds are difficult for all rows, and this effect cancels
# in the differences.
# For example, suppose that with one seed the error is 0.20 with all techniques and 0.26
# without batch norm. For this seed, the cost of batch norm is then 0.06.


# %% nbgrader={"grade_id": "ablation", "solution": true}
def ablate(
    run: Callable,
    techniques: list[str],
    seeds: list[int],
) -> dict[str, dict[str, float]]:
    """Measure the cost of taking out each technique.

    Args:
        run: run(on, seed) -> score; on is the list of the techniques in use, in the
            order of techniques. Call it exactly once for each row and seed.
        techniques: different names.
        seeds: at least two; run every row with each of them.

    Returns:
        table: a row for "everything", with all techniques, and then one row for each
            technique that is *taken out*, in the given order. A row is {"mean": mean of
            the scores, "error": its standard error, "cost": mean of the score minus
            that of everything, seed by seed, "cost_error": standard error of these
            differences}; for "everything" the last two are 0.0.

    Raises:
        ValueError: there are fewer than two seeds, or a technique occurs twice.
    """
    ### BEGIN SOLUTION
    if len(seeds) < 2:
        raise ValueError(f"{len(seeds)} seeds, expected at least 2: one run has no standard error")
    if len(set(techniques)) < len(techniques):
        raise ValueError(f"techniques is {techniques}, expected each name once")

    def standard_error(values):
        return float(np.std(values, ddof=1) / np.sqrt(len(values)))

    table, everything = {}, None
    for out in ("everything", *techniques):
        scores = np.array([run([name for name in techniques if name != out], seed) for seed in seeds])
        everything = scores if everything is None else everything
        table[out] = {
            "mean": float(scores.mean()),
            "error": standard_error(scores),
            "cost": float((scores - everything).mean()),
            "cost_error": standard_error(scores - everything),
        }
    return table
    ### END SOLUTION


# %% id="ablation-try" tags=["demo"]
with attempt("ablation"):
    worth = {"sleep": 3.0, "tea": 0.5}
    table = ablate(lambda on, seed: 10.0 + seed - sum(worth[name] for name in on), ["sleep", "tea"], [0, 4])
    for out, row in table.items():
        print(out, row)

# %% nbgrader={"grade_id": "ablation-check", "grade": true, "points": 15}
with check("ablation") as c:
    calls = []

    def made_up(on, seed):
        calls.append((tuple(on), seed))
        return {0: 4.0, 1: 6.0, 5: 11.0}[seed] - (2.0 + seed) * ("a" in on) - 1.0 * ("b" in on)

    table = ablate(made_up, ["a", "b"], [0, 1, 5])
    c.equal("the rows", list(table), ["everything", "a", "b"])
    wanted = {(on, seed) for on in (("a", "b"), ("b",), ("a",)) for seed in (0, 1, 5)}
    c.true("each row is run with every seed", set(calls) == wanted, "Take out one technique at a time, and keep all the others.")
    c.equal("the number of calls", len(calls), 9, hint="Store the scores of everything; do not run it again for each row.")
    row = table.get("a", {})
    c.close("the mean without a", row.get("mean"), 6.0)
    c.close("its standard error", row.get("error"), np.sqrt(13 / 3), hint="Divide the sum by n - 1, and the root by the root of n.")
    c.close("the cost of leaving a out", row.get("cost"), 4.0, hint="The cost is positive if the error grows.")
    c.close(
        "the standard error of the cost",
        row.get("cost_error"),
        np.sqrt(7 / 3),
        hint="Use the differences seed by seed, not the two separate means.",
    )
    c.equal("the cost of everything", (table["everything"].get("cost"), table["everything"].get("cost_error")), (0.0, 0.0))
    c.raises("a single seed is refused", ValueError, ablate, made_up, ["a"], [0])

# %% [markdown] id="ablation-see"
# **Six techniques of the course, taken out one at a time.** Which of these techniques would you miss
# most? You compare momentum (or plain gradient descent), a decreasing rate (or the constant rate),
# batch norm, dropout with keep_prob 0.9, an L2 penalty, and moved canvases. For the plot, we use
# four seeds, with 400 steps per run.
# Momentum matters most by far. But notice that the error bar of dropout includes
# zero, so with four seeds we can't say anything about dropout.
# It's tempting to read the bars as properties of the techniques, but they also depend on
# this task, this budget, and the other five techniques.

# %% id="ablation-plot" tags=["demo"]


def one_run(on, seed):
    """Train for 400 steps with the named techniques and return the dev error."""
    rng = np.random.default_rng(seed)
    options = {"keep_prob": 0.9 if "dropout" in on else 1.0, "reg": 1e-3 if "L2 penalty" in on else 0.0}
    best, _ = train(
        init_net((144, 100, 10), rng, "batch norm" in on),
        lambda params, x, y, rng: net_loss(params, x, y, options, rng),
        sgd_momentum,
        {"learning_rate": 0.2, "momentum": 0.9 if "momentum" in on else 0.0},
        x_train,
        y_train,
        batch=50,
        budget=400,
        rng=rng,
        schedule=falling(0.2, 400) if "falling rate" in on else None,
        augment=shifted if "moved canvases" in on else None,
    )
    return error(best, x_dev, y_dev)


with attempt("ablation"):
    table = ablate(one_run, ["momentum", "falling rate", "batch norm", "dropout", "L2 penalty", "moved canvases"], [1, 2, 3, 4])
    whole = table.pop("everything")
    print(f"everything: error {whole['mean']:.2f}")
    clear = [name for name, row in table.items() if row["cost"] > 3 * row["cost_error"] and row["cost"] > 0.03]
    print(f"costs more than 0.03 and more than three of its standard errors: {', '.join(clear)}")
    with style():
        fig, ax = plt.subplots()
        ax.barh(list(table), [row["cost"] for row in table.values()], color=PALETTE[4])
        ax.errorbar(
            [row["cost"] for row in table.values()],
            list(table),
            xerr=[2 * row["cost_error"] for row in table.values()],
            fmt="none",
            color=PALETTE[6],
            capsize=4,
        )
        ax.axvline(0, color=PALETTE[6], linewidth=1)
        ax.invert_yaxis()
        ax.set(xlabel="increase of the dev error without it, ± 2 standard errors")
    show(
        fig,
        "Bars of what leaving out each of six techniques costs, with error bars: momentum by far the largest, then batch norm and the falling rate; dropout's error bar holds zero.",
    )

# %% [markdown] id="surface-idea"
# ## 4 · The loss surface, with a meaningful scale
#
# *Lecture note: [The loss surface](../../course/capstone.md#the-loss-surface). Lecture: D3, "demo -
# losslandscape".*
#
# You may have seen pictures of loss landscapes, such as those that D3 links to, and now you can make
# one yourself. You start from the trained parameters $\theta$, go $a$ steps along one random
# direction and $b$ steps along another, and plot $L(\theta + a\thinspace d + b\thinspace e)$.
# But how long should a step be? Suppose that you multiply the weights of a layer by 10 and divide
# the weights of the next layer by 10. With ReLU, the output of the network does not change.
# A step of fixed length is then tiny for the large weights and huge for the
# small ones. So the same function can look flat or sharp, and the picture tells you nothing
# about the function.
#
# To avoid this problem, Li and others (2018) make each step proportional to the length of each
# *filter*. In a fully connected network, a filter is the set of weights that lead into one unit:
# a **column** of `w`.
# First draw $d$ from a standard normal distribution, entry by entry. Then, for each column, set
#
# $$d_{:,j} \leftarrow \frac{d_{:,j}}{\lVert d_{:,j} \rVert}\thinspace \lVert w_{:,j} \rVert .$$
#
# Do not move anything that is not a weight matrix (biases, $\gamma$, $\beta$, running statistics):
# give it the direction zero. Also use the direction zero for a column whose weights are all zero.


# %% nbgrader={"grade_id": "surface", "solution": true}
def filter_normalised(
    params: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Return a random direction whose columns are as long as those of the weights.

    Args:
        params: arrays by name; those with two axes are weights (D, H).
        rng: source of standard normal numbers, in the order of params.

    Returns:
        direction: arrays of the same names, shapes and dtypes; zeros for everything
            that is not a weight matrix.
    """
    ### BEGIN SOLUTION
    direction = {}
    for name, value in params.items():
        if value.ndim == 2:
            drawn = rng.normal(size=value.shape)
            lengths = np.linalg.norm(value, axis=0) / np.linalg.norm(drawn, axis=0)
            direction[name] = (drawn * lengths).astype(value.dtype)
        else:
            direction[name] = np.zeros_like(value)
    return direction
    ### END SOLUTION


def loss_grid(
    loss: Callable,
    params: dict[str, np.ndarray],
    first: dict[str, np.ndarray],
    second: dict[str, np.ndarray],
    a: np.ndarray,
    b: np.ndarray,
) -> np.ndarray:
    """Return the losses on a plane through params.

    grid[i, j] = loss(params + a[i] first + b[j] second)

    Args:
        loss: loss(params) -> a number.
        params, first, second: arrays by name, of equal names and shapes; do not change
            them.
        a, b: (A,) and (B,).

    Returns:
        grid: (A, B) float64.
    """
    ### BEGIN SOLUTION
    grid = np.empty((len(a), len(b)))
    for i, j in np.ndindex(grid.shape):
        grid[i, j] = loss({name: params[name] + a[i] * first[name] + b[j] * second[name] for name in params})
    return grid
    ### END SOLUTION


# %% nbgrader={"grade_id": "surface-given", "locked": true}
def two_directions(params, rng):
    """Return two directions, drawn one after the other from the same generator; for the checks."""
    return filter_normalised(params, rng), filter_normalised(params, rng)


# %% id="surface-try" tags=["demo"]
with attempt("surface"):
    small = {"w1": np.array([[3.0, 0.0], [4.0, 2.0]]), "b1": np.array([1.0, 1.0])}
    direction = filter_normalised(small, np.random.default_rng(0))
    print("lengths of the columns", np.linalg.norm(direction["w1"], axis=0), "and of the bias", direction["b1"])

# %% nbgrader={"grade_id": "surface-check", "grade": true, "points": 15}
with check("surface") as c:
    small = {"w1": np.array([[3.0, 0.0, 1.0], [4.0, 0.0, 0.0]]), "b1": np.array([1.0, 2.0, 3.0]), "w2": np.float32([[2.0], [0.0], [0.0]])}
    direction = filter_normalised(small, np.random.default_rng(0))
    c.equal("the names", sorted(direction), sorted(small))
    c.close(
        "the lengths of w1's columns",
        np.linalg.norm(direction["w1"], axis=0),
        [5.0, 0.0, 1.0],
        hint="Normalise each column, not the whole matrix.",
    )
    c.close("the length of w2's column", np.linalg.norm(direction["w2"], axis=0), [2.0], rtol=1e-5)
    c.equal("the dtype for float32", direction["w2"].dtype, np.dtype("float32"))
    c.close("the direction of the bias", direction["b1"], np.zeros(3))
    other = filter_normalised(small, np.random.default_rng(1))
    drawn = filter_normalised({"w1": np.ones((1000, 1))}, np.random.default_rng(2))["w1"]
    c.true("about half of the entries are negative", 400 < np.sum(drawn < 0) < 600, "Draw standard normal numbers.")
    c.true("another rng gives another direction", not np.allclose(direction["w1"], other["w1"]))
    generator = np.random.default_rng(3)
    one, two = (direction["w1"] for direction in two_directions(small, generator))
    c.true("the next direction from the same rng is different", not np.allclose(one, two), "Draw from rng itself.")
    point, first, second = {"p": np.array([1.0, 2.0])}, {"p": np.array([1.0, 0.0])}, {"p": np.array([0.0, 1.0])}
    grid = loss_grid(lambda p: float(p["p"][0] + 10 * p["p"][1]), point, first, second, np.array([0.0, 1.0]), np.array([0.0, 1.0, 2.0]))
    c.close("a plane", grid, [[21.0, 31.0, 41.0], [22.0, 32.0, 42.0]], hint="Rows go along the first direction.")
    c.close("the parameters afterwards", point["p"], [1.0, 2.0])
    single = {"p": np.ones(1, np.float32)}
    grid = loss_grid(lambda p: 1 / 3, single, single, single, np.ones(1), np.ones(1))
    c.equal("the dtype of a grid of float32 parameters", grid.dtype, np.dtype("float64"))

# %% [markdown] id="surface-see"
# **One function, shown twice.** Let's compare a trained network with a rescaled copy of it. For the
# copy, we multiply the first weights and bias by 10, and divide the second weights by 10. The
# scores stay the same, as you can check.
# In the left plot, we take steps of fixed length along a random direction. You might conclude that
# the copy is much sharper, but the difference comes only from the scale of its weights. In the
# middle plot, we take the filter-normalised direction, and the two curves coincide.
# The right plot shows the loss on the dev set over two filter-normalised directions. There is only
# one basin, which is nearly convex close to the minimum. But keep in mind that
# two random directions out of 15,000 show little of the others.

# %% id="surface-plot" tags=["demo"]
with attempt("surface"):
    rng = np.random.default_rng(5)
    trained, _ = train(
        init_net((144, 100, 10), rng),
        lambda params, x, y, rng: net_loss(params, x, y, {"reg": 1e-3}, rng),
        sgd_momentum,
        {"learning_rate": 0.05},
        x_train,
        y_train,
        batch=50,
        budget=600,
        rng=rng,
    )
    rescaled = {**trained, "w1": 10 * trained["w1"], "b1": 10 * trained["b1"], "w2": trained["w2"] / 10}

    def dev_loss(params):
        return softmax_loss(net_scores(params, x_dev[:500]), y_dev[:500])[0]

    print(f"scores differ by {np.abs(net_scores(trained, x_dev) - net_scores(rescaled, x_dev)).max():.6f}")
    ways = np.linspace(-1, 1, 41)
    curves = {}
    for label, params in (("as trained", trained), ("rescaled", rescaled)):
        rng = np.random.default_rng(6)
        raw = {name: rng.normal(size=value.shape) * (value.ndim == 2) * 0.04 for name, value in params.items()}
        normed = filter_normalised(params, np.random.default_rng(6))
        nothing = {name: np.zeros_like(value) for name, value in params.items()}
        curves[label] = [loss_grid(dev_loss, params, d, nothing, ways, np.zeros(1))[:, 0] for d in (raw, normed)]
    rises = [curve[0][0] - curve[0][20] for curve in (curves["rescaled"], curves["as trained"])]
    print(f"raw, the rescaled net's loss rises more than ten times as far: {rises[0] > 10 * rises[1]}")
    print(f"filter-normalised: the curves differ by {np.abs(curves['rescaled'][1] - curves['as trained'][1]).max():.6f}")
    plane = np.linspace(-1, 1, 21)
    grid = loss_grid(
        dev_loss,
        trained,
        filter_normalised(trained, np.random.default_rng(7)),
        filter_normalised(trained, np.random.default_rng(8)),
        plane,
        plane,
    )
    with style():
        fig, axes = plt.subplots(1, 3, figsize=(11, 3.5))
        for ax, number, title in zip(axes, (0, 1), ("steps of fixed length", "filter-normalised"), strict=False):
            ax.plot(ways, curves["as trained"][number], color=PALETTE[0], label="as trained")
            ax.plot(ways, curves["rescaled"][number], "--", color=PALETTE[1], label="the same function, rescaled")
            ax.set(xlabel="steps along the direction", ylabel="loss on the dev set", title=title)
        axes[0].legend()
        lines = axes[2].contour(plane, plane, grid.T, levels=[0.8, 1, 1.5, 2, 3, 4, 6, 8], cmap="cividis")
        axes[2].clabel(lines, fontsize=8)
        axes[2].plot(0, 0, "k+")
        axes[2].set(xlabel="first direction", ylabel="second direction", title="filter-normalised, two directions")
    show(
        fig,
        "Three panels. Left: along raw directions the rescaled net's loss rises far more steeply than the original's. Middle: filter-normalised, "
        "the two curves coincide. Right: contours of the loss over two filter-normalised directions, one basin around the trained net.",
    )

# %% [markdown] id="autopsy-idea"
# ## 5 · Autopsy of a failed run
#
# *Lecture note: [Autopsy](../../course/capstone.md#autopsy).*
#
# When a run fails, you look into its records as a doctor looks into a patient's file. Your function
# receives records from $T$ equally spaced moments of the training:
#
# - `train_loss` and `dev_loss` contain the losses.
# - `grad_norm` contains the norm of the gradient of each weight matrix, first layer first.
# - `dead` is the fraction of hidden units that are dead, so 0 for every dev example.
# - `moved` is the size of a step, measured over all weights and relative to their norm.
#
# The table lists the possible causes, **in the order in which you must test them**:
#
# | cause | what the records show in this case | in all other cases |
# |---|---|---|
# | `"diverged"` | a training loss that is not finite, or ends above 3 times the first one | all finite, ends below 1.2 times the first |
# | `"dead units"` | at the end, a fraction of 0.9 or more is dead | 0.4 or less |
# | `"vanishing gradients"` | at the end, the gradient of the first layer is less than $10^{-4}$ of that of the last layer | more than $10^{-2}$ of it |
# | `"rate too small"` | the training loss decreases by less than 5 %, and a step moves the weights by less than $10^{-6}$ | more than $10^{-4}$ |
# | `"overfitting"` | the dev loss ends above 1.5 times its lowest value, while the training loss continued to decrease | below 1.15 times its lowest value |
# | `"healthy"` | none of these | |
#
# You don't have to guess exact thresholds: any threshold between the two columns will do. The order
# matters because one failure causes others. For example, a run in which all units are dead also
# has no gradients, does not move and learns nothing, but these are only consequences.
# Also remember that after a divergence the records can contain nan. Every comparison with nan is
# false, and $0/0$ proves nothing.


# %% nbgrader={"grade_id": "autopsy", "solution": true}
def autopsy(history: dict[str, np.ndarray]) -> str:
    """Name the cause of a failed run: the first one in the table that fits.

    Args:
        history: "train_loss", "dev_loss", "dead", "moved": (T,) each, T >= 2;
            "grad_norm": (T, L), L >= 1, first layer first.

    Returns:
        "diverged", "dead units", "vanishing gradients", "rate too small", "overfitting"
            or "healthy".
    """
    ### BEGIN SOLUTION
    train_loss, dev_loss, norms = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.all(np.isfinite(train_loss)) or train_loss[-1] > 2 * train_loss[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, 0] < 1e-3 * norms[-1, -1]:
        return "vanishing gradients"
    if train_loss[-1] > 0.95 * train_loss[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    if dev_loss[-1] > 1.3 * np.min(dev_loss) and train_loss[-1] < train_loss[np.argmin(dev_loss)]:
        return "overfitting"
    return "healthy"
    ### END SOLUTION


# %% id="autopsy-try" tags=["demo"]
with attempt("autopsy"):
    print(autopsy({
        "train_loss": np.array([2.3, 1.2, 0.6]), "dev_loss": np.array([2.3, 1.3, 0.8]), "dead": np.zeros(3),
        "moved": np.full(3, 1e-3), "grad_norm": np.array([[1.0, 2.0], [0.5, 1.0], [0.3, 0.4]]),
    }))  # fmt: skip

# %% nbgrader={"grade_id": "autopsy-check", "grade": true, "points": 10}
with check("autopsy") as c:
    good = {
        "train_loss": np.array([2.3, 1.1, 0.5, 0.3]),
        "dev_loss": np.array([2.3, 1.2, 0.7, 0.65]),
        "dead": np.array([0.0, 0.02, 0.03, 0.05]),
        "moved": np.array([3e-3, 2e-3, 2e-3, 1e-3]),
        "grad_norm": np.array([[0.9, 1.1], [0.8, 0.7], [0.5, 0.4], [0.3, 0.2]]),
    }
    c.equal("a run without trouble", autopsy(good), "healthy")
    wild = {**good, "train_loss": np.array([2.3, 9.0, 80.0, np.nan]), "dev_loss": np.array([2.3, 9.0, 75.0, np.nan])}
    c.equal("a loss that ends as nan", autopsy(wild), "diverged")
    c.equal("a loss that ends at ten times its first", autopsy({**good, "train_loss": np.array([2.3, 5.0, 9.0, 23.0])}), "diverged")
    slow_end = {**good, "moved": np.array([3e-3, 1e-3, 1e-5, 1e-8])}
    c.equal("a loss that jumps once and comes back", autopsy({**good, "train_loss": np.array([2.3, 9.0, 0.6, 0.4])}), "healthy")
    c.equal("small steps at the end of a good run", autopsy(slow_end), "healthy")
    flat = {**good, "train_loss": np.array([2.31, 2.31, 2.31, 2.30]), "dev_loss": np.array([2.31, 2.30, 2.31, 2.31])}
    silent = {**flat, "dead": np.array([0.1, 1.0, 1.0, 1.0]), "grad_norm": np.zeros((4, 2)), "moved": np.zeros(4)}
    c.equal("all units dead, and so no gradient", autopsy(silent), "dead units")
    deep = {**flat, "grad_norm": np.array([[1e-8, 1e-5, 0.3]] * 4), "moved": np.full(4, 1e-4)}
    c.equal("the gradients that do not reach the first layer", autopsy(deep), "vanishing gradients")
    c.equal("the steps of 1e-8", autopsy({**flat, "moved": np.full(4, 1e-8)}), "rate too small")
    parted = {**good, "train_loss": np.array([2.3, 0.6, 0.05, 0.001]), "dev_loss": np.array([2.3, 0.9, 1.1, 1.9])}
    c.equal("training and dev loss separate", autopsy(parted), "overfitting")

# %% [markdown] id="autopsy-see"
# **Six runs, and why they failed.** Before you read the answers, look at the six losses and try to
# name each cause yourself. All six runs use the canvases, and each run has one mistake, except the
# last run, which has none. Your function finds the cause in the records, and each plot shows
# this cause as its title.
# Notice that three of the runs have almost the same flat losses. From the losses alone, you
# could not distinguish dead units, vanishing gradients and a rate that is too small. So in practice,
# record more than the loss.

# %% id="autopsy-plot" tags=["demo"]


def recorded(params, rate, n, steps):
    """Train on n canvases with momentum, and return the records of ten moments."""
    history = {name: [] for name in ("train_loss", "dev_loss", "dead", "moved", "grad_norm")}
    last = sum(name.startswith("w") for name in params)

    def note(params, x, y, rng):
        loss, grads, statistics = net_loss(params, x, y, {})
        if note.step % (steps // 10) == 0:
            h, active = x_dev, []
            for k in range(1, last):
                h = np.maximum(h @ params[f"w{k}"] + params[f"b{k}"], 0)
                active.append((h > 0).any(axis=0))
            norms = [np.linalg.norm(grads[f"w{k}"]) for k in range(1, last + 1)]
            length = np.sqrt(sum(np.sum(params[f"w{k}"] ** 2) for k in range(1, last + 1)))
            history["train_loss"].append(softmax_loss(net_scores(params, x_train[:n]), y_train[:n])[0])
            history["dev_loss"].append(softmax_loss(net_scores(params, x_dev), y_dev)[0])
            history["dead"].append(1 - np.mean(np.concatenate(active)))
            history["moved"].append(rate * np.linalg.norm(norms) / length)
            history["grad_norm"].append(norms)
        note.step += 1
        return loss, grads, statistics

    note.step = 0
    rng = np.random.default_rng(9)
    train(params, note, sgd_momentum, {"learning_rate": rate}, x_train[:n], y_train[:n], batch=50, budget=steps, rng=rng)
    return {name: np.array(values) for name, values in history.items()}


with attempt("autopsy"), np.errstate(all="ignore"):
    shallow, deep = (144, 100, 10), (144, *[40] * 8, 10)
    patients = []
    for sizes, factor, bias, rate, n, steps in (
        (shallow, 1.0, 0.0, 100.0, 1000, 20),
        (shallow, 1.0, -9.0, 0.05, 1000, 200),
        (deep, 0.2, 0.0, 0.05, 1000, 200),
        (shallow, 1.0, 0.0, 1e-7, 1000, 200),
        (shallow, 1.0, 0.0, 0.1, 200, 600),
        (shallow, 1.0, 0.0, 0.03, 3000, 300),
    ):
        params = {name: factor * value for name, value in init_net(sizes, np.random.default_rng(8)).items()}
        history = recorded({**params, "b1": params["b1"] + bias}, rate, n, steps)
        patients.append((autopsy(history), steps, history))
    print("; ".join(verdict for verdict, _, _ in patients))
    with style():
        fig, axes = plt.subplots(2, 3, figsize=(10, 5.2))
        for ax, (verdict, steps, history) in zip(axes.flat, patients, strict=True):
            at = np.arange(len(history["train_loss"])) * (steps // 10)
            ax.plot(at, history["train_loss"], "o-", markersize=4, color=PALETTE[0], label="training set")
            ax.plot(at, history["dev_loss"], "s--", markersize=4, color=PALETTE[1], label="dev set")
            ax.set(title=verdict, ylim=(0, 1.15 * max(history["train_loss"].max(), history["dev_loss"].max())))
        axes[0, 0].legend()
        fig.supxlabel("step")
        fig.supylabel("loss")
    show(
        fig,
        "Six panels of training and dev loss: one shoots up, three stay flat, one where the dev loss turns up while the training loss "
        "goes to zero, and one where both fall.",
    )

# %% [markdown] id="result-idea"
# ## 6 · The result
#
# *Lecture note: [The result](../../course/capstone.md#the-result).*
#
# Now you can use everything that you have learnt. Write `compete`, which trains a network as well
# as you can within a **budget**, and `predict`, which gives the answers of this network.
#
# **How we grade it.** You can't prepare for particular canvases: grading draws 3000 new training
# canvases and 1000 new dev canvases, with a seed that nobody knows. It calls `compete` once
# with a budget of 4 seconds of processor time on one thread, and once with a smaller budget, on two
# digits only.
# Then it draws 2000 *test* canvases, from originals that are in neither set. In the same run,
# it trains the **baseline** of question 2 on the same canvases for 600 steps.
# Your points depend on the ratio of your test error to the baseline's error:
#
# | | points |
# |---|---|
# | it runs, returns valid answers, and distinguishes two digits | 4 |
# | it finishes in time on ten digits | 2 |
# | its error is at most the baseline's | 3 |
# | its error is at most 0.8 of the baseline's | 3 |
# | its error is at most 0.65 of the baseline's | 3 |
#
# After 7 seconds of processor time we stop the call, and the feedback tells you so. If your call
# has no result by then, it earns no points.
# The safest way to finish in time is to count steps. Measure how long a step takes on your
# machine, and choose the number of steps from `budget`, so that you use only half of the budget.
# (We advise you to leave so much room because the grading machine may be slower than yours.)
# You won't gain anything by loading more digits: inside `compete` the course's data functions
# raise an error, and the arguments contain all canvases that you may use.


# %% nbgrader={"grade_id": "result", "solution": true}
def compete(
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_dev: np.ndarray,
    y_dev: np.ndarray,
    rng: np.random.Generator,
    budget: float,
) -> dict[str, np.ndarray]:
    """Return a trained model.

    Args:
        x_train, x_dev: (N, 144) canvases of 12 by 12 pixels, float64.
        y_train, y_dev: (N,) labels from 0 to C-1; each occurs in y_train.
        rng: source of all randomness.
        budget: allowed seconds of processor time, on one thread.

    Returns:
        model: everything that predict needs: params, or any tuple, list or dict of
            arrays, numbers and strings; at most 4 MB.
    """
    ### BEGIN SOLUTION
    steps = max(1, int(350 * budget))
    params = init_net((x_train.shape[1], 128, 128, int(y_train.max()) + 1), rng, batchnorm=True)
    best, _ = train(
        params,
        lambda params, x, y, rng: net_loss(params, x, y, {}, rng),
        adam,
        {},
        x_train,
        y_train,
        batch=50,
        budget=steps,
        rng=rng,
        schedule=lambda t: lr_schedule("exponential", 0.01, t, k=3 / steps),
        augment=shifted,
        evaluate=lambda params: np.mean(net_scores(params, x_dev).argmax(axis=1) != y_dev),
        every=100,
    )
    return best
    ### END SOLUTION


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return labels (N,), whole numbers, for canvases x (N, 144)."""
    ### BEGIN SOLUTION
    return net_scores(model, x).argmax(axis=1)
    ### END SOLUTION


# %% id="result-try" tags=["demo"]
with attempt("result"):
    two = y_train < 2  # zeros and ones only
    model = compete(x_train[two], y_train[two], x_dev[y_dev < 2], y_dev[y_dev < 2], np.random.default_rng(10), 0.4)
    print(f"two digits, a tenth of the budget: error {np.mean(predict(model, x_dev[y_dev < 2]) != y_dev[y_dev < 2]):.2f}")

# %% nbgrader={"grade_id": "result-check", "grade": true, "points": 15}
with check("result") as c:
    rng = np.random.default_rng(11)
    x, y = data.digit_canvas(300, (3, 8), rng)
    x = x.reshape(300, -1)
    before, state = x.copy(), np.random.get_state()[1].copy()
    model = compete(x[:200], y[:200], x[200:], y[200:], np.random.default_rng(12), 0.4)
    c.unchanged("the training canvases", x, before)
    c.true("compete draws from rng only", np.array_equal(np.random.get_state()[1], state), "Do not use np.random itself.")
    labels = predict(model, x)
    c.unchanged("the canvases that predict receives", x, before)
    if c.shape("labels", labels, (300,), "Return one label for each canvas, not its scores."):
        c.true("labels are whole numbers from 0 to 1", labels.dtype.kind in "iu" and set(labels.tolist()) <= {0, 1})
        alone = np.array([predict(model, x[n : n + 1])[0] for n in range(20)])
        c.equal(
            "the label of each canvas, predicted separately,",
            alone,
            labels[:20],
            hint="At test time, batch norm uses the running statistics.",
        )
        c.true("an accuracy above 0.9 on threes and eights", np.mean(labels == y) > 0.9)

# %% [markdown] id="result-see"
# **The competition on your machine.** The plot compares your network with the baseline on the
# canvases of this notebook, with the whole budget. Look at the last pair of bars first, because
# only this pair matters for your grade.
# You may be surprised that the dev error of your network is smaller than its test error. There are
# two reasons: your network has already seen the handwriting of the dev canvases, and the dev set
# chose its best step.
# Don't worry if the baseline shows no such difference, because chance can hide it. With 1000
# canvases you know an error of 0.2 only up to $\pm\sqrt{0.2 \cdot 0.8 / 1000} \approx 0.013$.

# %% id="result-plot" tags=["demo"]
with attempt("result"):
    rng = np.random.default_rng(13)
    rivals = {
        "baseline": train(
            init_net((144, 128, 10), rng),
            lambda params, x, y, rng: net_loss(params, x, y, {}, rng),
            sgd_momentum,
            {"learning_rate": 0.05},
            x_train,
            y_train,
            batch=50,
            budget=600,
            rng=rng,
        )[0],
        "yours": compete(x_train, y_train, x_dev, y_dev, np.random.default_rng(14), 4.0),
    }
    sets = {"training": (x_train, y_train), "dev": (x_dev, y_dev), "test": (x_test, y_test)}
    errors = {
        "baseline": [error(rivals["baseline"], *pair) for pair in sets.values()],
        "yours": [float(np.mean(predict(rivals["yours"], x) != y)) for x, y in sets.values()],
    }
    ratio = errors["yours"][2] / errors["baseline"][2]
    print(f"on the test set, baseline {errors['baseline'][2]:.2f}, yours {errors['yours'][2]:.2f}; at most 0.65 of it: {ratio <= 0.65}")
    with style():
        fig, ax = plt.subplots()
        for shift, (label, values), color in zip((-0.2, 0.2), errors.items(), (PALETTE[1], PALETTE[0]), strict=True):
            ax.bar(np.arange(3) + shift, values, 0.38, color=color, label=label)
        ax.hlines(
            [f * errors["baseline"][2] for f in (1, 0.8, 0.65)], 1.5, 2.5, color=PALETTE[6], linestyle="--", linewidth=1, label="thresholds"
        )
        ax.set(xticks=range(3), xticklabels=sets, xlabel="set", ylabel="error rate")
        ax.legend(loc="upper left")
    show(
        fig,
        "Errors of baseline and own net on training, dev and test set, with dashed lines for the three bands: the own net is below the lowest.",
    )

# %% [markdown] id="written-question"
# ## 7 · In your own words (10 points, graded by a person)
#
# 1. A classmate shows you a run that has 10 layers with ReLU, momentum 0.9 and rate 0.1. The training
#    loss stays at 2.30 from step 30 on. The classmate writes: "The rate is too small, I will use
#    0.5." When you look at the records, you find: at step 0, `dead` is 0.03, and the gradient of the
#    first layer is 8 times that of the last layer; at step 30, `dead` is 0.98, and all gradients
#    except that of the last bias are zero. Write the autopsy. What happened, and in which order?
#    Which records prove it? Why does the classmate's idea make it worse? Which experiment would have
#    told you *before*?
# 2. Look at your ablation. Choose a technique whose cost is less than two of its standard errors. A
#    friend of yours concludes that this technique is useless. Name three reasons why this does not
#    follow, and say which further runs would decide one of them.
# 3. Suppose that two networks have the same test error. In a plot of the loss along raw random
#    directions, one of them looks much flatter, and somebody tells you: "so it generalises better".
#    Say what is wrong with the plot, what filter normalisation corrects, and one thing that it does
#    not correct.
#
# Write at most 400 words.

# %% [markdown] nbgrader={"grade_id": "capstone-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. The units died. At first all is alive, and the gradients *explode* towards the first layer (8 times the last's). At rate 0.1 with
#    momentum the first steps are so long that weights and biases are thrown to where nearly all units are below zero for every
#    example. Where ReLU is 0, so is its derivative: from then on no gradient passes, and only the last bias learns, which gets the loss to
#    the entropy of the classes, 2.30 = log 10, and no further. Proof: `dead` rises from 0.03 to 0.98 *before* the gradients are zero; a rate
#    that is too small leaves the gradients alive. A larger rate throws them further (and 0.5 times a zero gradient is zero).
#    Before: a sweep of rates over 30 steps, watching `dead`, or the ratio of a step to the weights (well above 1e-2 here); then a
#    smaller or rising rate, clipping, He's scheme checked layer by layer, or batch norm.
# 2. (a) Too few seeds: the interval contains 0, but also effects as large as two standard errors; more seeds shrink it as $1/\sqrt n$.
#    (b) The others do its work: taking one out of many measures what it adds to *these* others (moved canvases make dropout and L2
#    unnecessary); take out pairs, or add it to the bare baseline. (c) Its settings were not chosen for it, or those of the others were chosen with it
#    included: tune each row by itself. (d) Another budget: regularisation pays in long runs; run 3000 steps. (e) Dev canvases share originals with the
#    training set: what helps with new handwriting does not show.
# 3. Steps of equal length are not equally large: a ReLU net can be rescaled layer by layer without changing what it computes (with batch norm
#    even one layer alone), and its raw curve becomes as flat as one likes. Filter normalisation measures each column's step in the
#    column's own length, so these rescalings cancel. Not corrected: two random directions show a plane out of thousands of dimensions; sharp
#    directions are rare and are missed; and that flatness, however measured, implies generalisation is an observation, not a law.
#
# **Rubric.**
#
# - 1 point: Dead units, caused by steps that were too long.
# - 1 point: The order of the records as the proof.
# - 1 point: Why the classmate's idea makes it worse.
# - 1 point: An experiment that would have told before.
# - 2 points: Two different reasons why "useless" does not follow (1 for one reason).
# - 1 point: A third, different reason.
# - 1 point: Further runs that decide one of the reasons.
# - 1 point: The plot: rescaling changes the flatness, and not what the network computes.
# - 1 point: What filter normalisation corrects, and one thing that it does not.
#
# **Weak answer (3 points: items 1, 3, 8).**
#
# 1. The units are dead, because the steps were too long. A larger rate makes the steps longer still,
#    so it is worse. It is proved by the records.
# 2. The technique could help on other data. The standard error is a statistical number, and one
#    should look at the curves as well.
# 3. A network with ReLU can be rescaled so that its plot looks flatter, although it computes the
#    same. With filter normalisation this is solved.
#
# **Average answer (6 points: items 1, 2, 3, 5, 7).**
#
# 1. The steps were too long, so most units died. `dead` goes from 0.03 to 0.98, and then the
#    gradients are zero: first the units die, then nothing learns. A rate of 0.5 makes the steps even
#    longer. The classmate should have been careful with the rate.
# 2. There may be too few seeds: with two standard errors we cannot say that the effect is zero. The
#    other techniques may do the same work. To decide the first, I would run 20 more seeds of both
#    rows.
# 3. The directions are random, so the plot shows only a small part. Filter normalisation makes the
#    plot better, because it divides by a norm. It does not show the test error.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells. This makes sure that your
# notebook also works from a fresh start. The cell below summarises the results of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"net": 25, "solver": 20, "ablation": 15, "surface": 15, "autopsy": 10, "result": 15},
    written=10,
)
