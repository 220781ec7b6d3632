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
# # Walk downhill, and let velocity carry you
#
# Imagine that you stand on a hillside in fog. The gradient tells you which direction is downhill
# where you stand, but it does not tell you how to walk.
# In this notebook you learn to turn gradients into steps.
# You begin with the minibatches on which you compute the gradients. Then we add momentum and
# Nesterov's look-ahead, and finally you compare the optimizers in a race.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `minibatches`: shuffle the data and cut it into batches | 10 |
# | 2 | `sgd` and `sgd_momentum`: gradient descent without and with momentum | 20 |
# | 3 | `nesterov_lookahead` and `nesterov`: Nesterov's momentum in two forms that give the same path | 20 |
# | 4 | `convert_momentum`: translate between the four forms of momentum in the lectures | 15 |
# | 5 | `describe_point` and `long_run_factor`: compute condition number, largest learning rate and speed from the curvatures | 15 |
# | 6 | `steps_to_tol`: count the steps of an optimizer on a ravine and near a saddle, and draw its path | 20 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** You will need about 6 hours. This is only our estimate, so don't worry if your time
# differs.
#
# **You will learn** why one learning rate cannot suit a ravine, what the velocity adds up, and what
# you gain from a look-ahead.
# You will also see why a formula from one slide does not go with a learning rate from another.
#
# **You need** NumPy indexing, and you should know what a gradient is. You can start afresh here,
# because this notebook uses no earlier work.
#
# **Lecture note:** [Walk downhill, and let velocity carry you](../../course/05-optimizers.md).
# We call the lectures D0 to D4. Some formulas on their slides are printed with mistakes, and four
# of these mistakes are exercises for you here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **An optimizer is a function** `rule(w, dw, config) -> next_w, config`. It reads its settings
#   from the dictionary `config`, and it stores there what it needs for the next step. You may write
#   to `config` only: `w`, `dw` and all other arguments stay unchanged.
# - **dtypes:** Your result should have the same dtype as the input: float32 stays float32, and
#   float64 stays float64. Integers become float64.
# - **Shapes:** The array `w` may have any shape, and it may contain a single entry. Arrays may be
#   read-only, and they may be slices of larger arrays.
# - **Randomness:** If you need random numbers, draw them from the generator `rng` that you receive,
#   never from `np.random` itself.
# - **Bad arguments:** Raise a `ValueError` for a bad argument. Its message should name what you got
#   and what you expected, so that the caller can find the mistake. Your code should not cause any
#   warnings.
#
# This course writes momentum as $v \leftarrow \rho v + g$, then $x \leftarrow x - \alpha v$. Here
# $g$ is the gradient (`dw`), $\alpha$ is the learning rate, and $\rho$ is the momentum coefficient.
# Don't worry if you know momentum in another form, because we compare the forms in question 4.
#
# Each question has an explanation, a function for you to write, a cell to try it in, and a check.
# The visible checks find the most common mistakes. Grading uses other checks, with other inputs, so
# make up some inputs and test your function on them as well.
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
        "This notebook needs the folder utils of 05-optimizers.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 05-optimizers.zip, then "
        "%cd training-neural-networks/release/05-optimizers, "
        "and this cell again."
    ) from None

check = Checks()

# %% [markdown] id="given-idea"
# In this notebook you walk on two loss surfaces. We have written both of them for you, so you only
# need to read this cell.
#
# - Think of the **ravine** $f(x, y) = \frac12 (x^2 + 50 y^2)$ as a narrow valley, which is curved
#   50 times as strongly across as along. In other words, its *condition number* is 50.
# - The **saddle** $f(x, y) = \frac12 x^2 - \frac12 y^2 + \frac14 y^4$ is flat at $(0, 0)$. From
#   this point, you walk uphill along $x$ and downhill along $y$. The minima are at $(0, \pm 1)$.

# %% nbgrader={"grade_id": "given", "locked": true}
np.set_printoptions(precision=4, suppress=True)

from utils.plotting import PALETTE, style


def ravine(w):  # (2, ...) -> (...)
    return 0.5 * (w[0] ** 2 + 50 * w[1] ** 2)


def ravine_grad(w):  # (2,) -> (2,)
    return w * np.array([1.0, 50.0])


def saddle(w):  # (2, ...) -> (...)
    return w[0] ** 2 / 2 - w[1] ** 2 / 2 + w[1] ** 4 / 4


def saddle_grad(w):  # (2,) -> (2,)
    return np.array([w[0], w[1] ** 3 - w[1]])


# %% [markdown] id="minibatches-idea"
# ## 1. Cut the data into minibatches
#
# *The theory for this question is in the lecture note, under [Cheaper
# gradients](../../course/05-optimizers.md#cheaper-gradients) and [What the noise
# does](../../course/05-optimizers.md#what-the-noise-does). Lectures: D1 (mini-batch gradient
# descent), D3 (mini-batching).*
#
# The gradient over all $N$ examples is exact but expensive. The gradient over $B$ examples is noisy
# but cheap, so you can afford many more steps.
# In an **epoch** you shuffle the examples and then go through them in batches of $B$, so that you
# use each example exactly once:
#
# $$\text{batches in an epoch} = \lceil N / B \rceil, \quad\text{or}\quad \lfloor N / B \rfloor \text{ if the shorter last one is dropped.}$$
#
# For example, $N = 10$ and $B = 4$ give three batches of 4, 4 and 2 examples, or two batches if you
# drop the last one.
#
# The word "SGD" has two meanings, so it is best to say which one you use. In D3, you take a step
# after every single example ($B = 1$). In D0 and D4, you take a step after every minibatch.


# %% nbgrader={"grade_id": "minibatches-given", "locked": true}
def epochs(N, B, rng, count):
    """Return the minibatches of `count` epochs, all drawn from the same generator."""
    return [list(minibatches(N, B, rng)) for _ in range(count)]


# %% nbgrader={"grade_id": "minibatches", "solution": true}
from collections.abc import Iterable


def minibatches(
    N: int,
    B: int,
    rng: np.random.Generator,
    drop_last: bool = False,
) -> Iterable[np.ndarray]:
    """Shuffle 0, 1, ..., N-1 and cut the result into batches of B indices.

    Every index is in exactly one batch. If B does not divide N, the last batch is
    shorter; with drop_last, leave out this shorter batch. No batch is empty. You may
    return a list, or yield the batches one after the other.

    Args:
        N: number of examples, at least 1.
        B: batch size, a whole number of at least 1; it may be larger than N.
        rng: source of the order; each call draws a new order.
        drop_last: leave out a last batch of fewer than B indices.
    Returns:
        index arrays of dtype int, each of shape (B,); the last one may be shorter.
    Raises:
        ValueError: B is not a whole number of at least 1; the message names the B that
            you got.
    """
    ### BEGIN SOLUTION
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    stop = N - N % B if drop_last else N
    return [order[start : start + B] for start in range(0, stop, B)]
    ### END SOLUTION


# %% id="minibatches-try" tags=["demo"]
with attempt("minibatches"):
    for number, epoch in enumerate(epochs(7, 3, np.random.default_rng(5), 2), 1):
        print(f"epoch {number}:", *epoch)

# %% nbgrader={"grade_id": "minibatches-check", "grade": true, "points": 10}
with check("minibatches") as c:
    rng = np.random.default_rng(0)
    before = str(np.random.get_state())
    batches = list(minibatches(10, 4, rng))
    c.true("the global state of np.random is unchanged", before == str(np.random.get_state()), "Draw from `rng` alone.")
    c.true(
        "a batch is an array of whole numbers of shape (B,)",
        all(isinstance(b, np.ndarray) and b.ndim == 1 and b.dtype.kind in "iu" for b in batches),
    )
    cases = (
        (10, 4, False, [4, 4, 2], "Did you include the shorter last batch?"),
        (8, 4, False, [4, 4], "If B divides N, no index is left for another batch."),
        (3, 5, False, [3], "One batch can hold all examples."),
        (10, 4, True, [4, 4], "Leave out the shorter last batch."),
        (8, 4, True, [4, 4], "Keep the last batch if it is full."),
        (3, 5, True, [], "Here the only batch is shorter than B, so leave it out."),
    )
    for N, B, drop_last, want, hint in cases:
        sizes = [len(batch) for batch in minibatches(N, B, rng, drop_last)]
        c.equal(f"the list of sizes for N={N}, B={B}, drop_last={drop_last}", sizes, want, hint)
    indices = sorted(int(i) for batch in batches for i in batch)
    c.equal("the sorted list of all indices", indices, list(range(10)), "Each index occurs exactly once.")
    orders = [np.concatenate(list(minibatches(40, 7, rng))).tolist() for _ in range(2)]
    c.true("each call draws a new order", orders[0] != orders[1], "Draw from `rng` itself: its state changes with each draw.")
    c.true(
        "the examples are shuffled, not only the batches",
        any(np.ptp(batch) > 3 for batch in minibatches(40, 4, rng)),
        "Neighbouring examples should not stay together in a batch.",
    )
    one = np.concatenate(list(minibatches(200, 100, rng)))
    c.true("the order within a batch is random", (np.diff(one[:100]) < 0).any(), "Do not sort the batches.")
    seen = {int(i) for _ in range(40) for batch in minibatches(10, 4, rng, drop_last=True) for i in batch}
    c.equal("with drop_last, the number of examples (of 10) used in 40 epochs", len(seen), 10, "Shuffle all examples first, then cut.")
    for B in (0, -4, 2.5):
        c.raises(f"B={B} raises a ValueError", ValueError, lambda B=B: list(minibatches(10, B, rng)), mentions=(B,))

# %% [markdown] id="minibatches-erratum"
# **Correct a slide** (not graded). It is easy to run one batch too far. The slide on mini-batch
# gradient descent (D1) has the loop `for b = 1, …, ⌊m/B⌋ + 1` over the examples $B(b-1)+1$ to
# $\min(Bb, m)$.
# Run the cell, and look at its output. For which $m$ does the loop run one batch too far? What
# would be the mean over this extra batch?
# Then correct the marked line, so that all three lines of output make sense.

# %% id="minibatches-mend" tags=["demo"]
B = 3
for m in (7, 8, 9):
    count = m // B + 1  # as printed: correct this line
    print(f"m={m}:", ", ".join(f"{B * (b - 1) + 1} to {min(B * b, m)}" for b in range(1, count + 1)))

# %% [markdown] id="minibatches-see"
# **What do you gain from a larger batch?** You gain a calmer gradient, because a larger $B$ reduces
# its variance (D3).
# In this plot each of 128 examples has its own gradient, and we average the gradients in each
# batch.
# At first the standard deviation of these averages falls as $1/\sqrt B$. In other words, half the
# noise costs four times the work.
# For larger batches the standard deviation falls faster, because no example is drawn twice. If your
# batch contains all 128 examples, there is no noise left.

# %% id="minibatches-plot" tags=["demo"]
with attempt("minibatches"):
    rng = np.random.default_rng(1)
    N = 128
    gradients = rng.normal(size=N)  # one number for each example
    gradients /= gradients.std()
    sizes = 2 ** np.arange(7)
    spread = []
    for B in sizes:
        means = [gradients[batch].mean() for _ in range(200) for batch in minibatches(N, int(B), rng)]
        spread.append(np.std(means))
    with style():
        fig, ax = plt.subplots()
        ax.loglog(sizes, 1 / np.sqrt(sizes), "--", color=PALETTE[6], label=r"$1/\sqrt{B}$, drawn with replacement")
        ax.loglog(sizes, np.sqrt((N - sizes) / (N - 1) / sizes), color=PALETTE[0], label="theory, without replacement")
        ax.loglog(sizes, spread, "o", color=PALETTE[1], label="your minibatches")
        ax.set(xlabel="batch size B", ylabel="standard deviation of the gradient", xticks=sizes, xticklabels=sizes)
        ax.minorticks_off()
        ax.legend()
    show(
        fig,
        "The spread of minibatch gradients falls along one over the square root of B, and faster as B nears all 128 examples.",
    )

# %% [markdown] id="sgd_momentum-idea"
# ## 2. Take a step, and keep a velocity
#
# *The theory for this question is in the lecture note, under [Gradient
# descent](../../course/05-optimizers.md#gradient-descent), [The
# ravine](../../course/05-optimizers.md#the-ravine) and
# [Momentum](../../course/05-optimizers.md#momentum). Lectures: D0, D3 and D4 (gradient descent,
# SGD + momentum).*
#
# The simplest thing you can do with a gradient is to take a step against it:
#
# $$x_{t+1} = x_t - \alpha\thinspace g_t .$$
#
# In a ravine, this rule walks in a zigzag, because the same $\alpha$ is too large across the ravine
# and too small along it.
# Momentum solves this problem in two moves. It adds up the gradients in a velocity, which slowly
# forgets old gradients, and it takes the step along this velocity.
# Across the ravine, the components of the gradient change sign from step to step, so they cancel in
# the velocity. Along the ravine, they keep their sign, so they add up:
#
# $$v_{t+1} = \rho\thinspace v_t + g_t, \qquad x_{t+1} = x_t - \alpha\thinspace v_{t+1}, \qquad v_0 = 0 .$$
#
# You store the velocity in `config`, and each parameter has its own `config`.
# For example, with $\rho = 0.9$ the gradient of ten steps ago still has the weight
# $0.9^{10} \approx 0.35$ in the velocity.
# There is one trap here: the velocity must be a separate array. Training code often writes the next
# gradient into the same array `dw`, and your velocity must not change when this happens.


# %% nbgrader={"grade_id": "sgd_momentum-given", "locked": true}
def one_array(name, gradients, w, config):
    """Take steps with the optimizer of this name; write every gradient into the same array, as training code does."""
    rule, dw = globals()[name], np.empty_like(w)
    for gradient in gradients:
        dw[...] = gradient
        w, config = rule(w, dw, config)
    return w, config


# %% nbgrader={"grade_id": "sgd_momentum", "solution": true}
def sgd(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of plain gradient descent.

    next_w = w - learning_rate dw

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: holds "learning_rate", a number > 0.
    Returns:
        next_w, a new array of w's shape and dtype, and config.
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    return w - config["learning_rate"] * dw, config
    ### END SOLUTION


def sgd_momentum(
    w: np.ndarray,
    dw: np.ndarray,
    config: dict,
) -> tuple[np.ndarray, dict]:
    """Take one step of gradient descent with momentum.

    velocity = momentum velocity + dw;  next_w = w - learning_rate velocity

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: holds "learning_rate", a number > 0; may hold "momentum", in [0, 1),
            else 0.9; and "velocity", of w's shape, else zeros.
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new velocity in
            "velocity".
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config
    ### END SOLUTION


# %% id="sgd_momentum-try" tags=["demo"]
with attempt("sgd_momentum"):
    w, config = np.array([1.0, -2.0]), {"learning_rate": 0.1, "momentum": 0.8}
    for _ in range(3):
        w, config = sgd_momentum(w, w * np.array([1.0, 3.0]), config)
        print("w", w, " velocity", config["velocity"])

# %% nbgrader={"grade_id": "sgd_momentum-check", "grade": true, "points": 20}
with check("sgd_momentum") as c:
    W, DW = np.array([[1.0, -2.0, 0.5]]), np.array([[0.5, 1.0, -4.0]])

    def step(rule, dw=DW, **config):  # from fresh copies of W and dw
        return rule(W.copy(), dw.copy(), config)

    for name, rule in (("sgd", sgd), ("sgd_momentum", sgd_momentum)):
        with c.part(name):
            w, dw = W.copy(), DW.copy()
            next_w, _ = rule(w, dw, {"learning_rate": 0.1})
            c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array. Make a new array.")
            c.unchanged("dw", dw, DW)
            c.close("first step: next_w", next_w, [[0.95, -2.1, 0.9]], hint="Downhill is against the gradient.")
            c.dtypes("next_w", lambda w, dw: rule(w, dw, {"learning_rate": 0.5})[0], 2 * W, 2 * DW)
            c.layouts("next_w", lambda w, dw: rule(w, dw, {"learning_rate": 0.5})[0], W, DW)
            for other in (DW[0], DW.T):
                sentence = f"dw of shape {other.shape} for w of shape {W.shape} raises a ValueError"
                c.raises(sentence, ValueError, rule, W, other, {"learning_rate": 0.1}, mentions=(W.shape, other.shape))
    with c.part("sgd_momentum"):
        next_w, config = step(sgd_momentum, learning_rate=0.1, momentum=0.5)
        c.entry("first step: config", config, "velocity", DW, hint="The velocity starts at zero. Store it in config.")
        c.true("the velocity is a new array, not dw", not np.shares_memory(config.get("velocity"), DW))
        c.entry("first step: config", config, "learning_rate", 0.1, hint="Keep the settings in config.")
        next_w, config = sgd_momentum(next_w, np.array([[1.0, 0.0, 2.0]]), config)
        c.entry("second step: config", config, "velocity", [[1.25, 0.5, 0.0]], hint="momentum velocity + dw")
        c.close("second step: next_w", next_w, [[0.825, -2.15, 0.9]], hint="Does w move with the old or the new velocity?")
        _, config = one_array("sgd_momentum", [DW, 0 * DW], W.copy(), {"learning_rate": 0.1, "momentum": 0.5})
        hint = "Does your velocity share its memory with `dw`, which belongs to the caller?"
        c.entry("both gradients in one array: config", config, "velocity", [[0.25, 0.5, -2.0]], hint=hint)
        old = np.full((1, 3), 10.0)
        _, config = step(sgd_momentum, learning_rate=0.1, velocity=old.copy())
        c.entry("without a momentum: config", config, "velocity", 0.9 * old + DW, hint="The default is 0.9.")
        _, config = step(sgd_momentum, learning_rate=0.1, momentum=0.0, velocity=old.copy())
        c.entry("with a momentum of 0: config", config, "velocity", DW, hint="0 is a valid setting; do not replace it by the default.")

# %% [markdown] id="sgd_momentum-erratum"
# **Correct a slide** (not graded). A single sign decides whether your loss falls or rises. The
# slide on SGD + momentum (D4) contains the code `x += learning_rate * dx`.
# This mistake is easy to overlook, because the formula next to the code is correct. (D0 prints the
# same code correctly.)
# Let's run the code for $f(x) = x^2$. Where does $x$ go? Correct the marked line, and see $x$ come
# closer to 0.

# %% id="sgd_momentum-mend" tags=["demo"]
x, learning_rate = 1.0, 0.2
for t in range(5):
    dx = 2 * x
    x += learning_rate * dx  # as printed: correct this line
    print(f"step {t + 1}: x = {x:.3f}, f = {x * x:.3f}")

# %% [markdown] id="sgd_momentum-see"
# **Is the velocity a "running mean"?** Two lectures say that it is (D0 and D4). We can test this
# with a constant gradient of 1, because a mean of ones would be 1.
# In the plot, each curve converges to its dashed line, at $1 + \rho + \rho^2 + \dots = 1/(1-\rho)$.
# So the velocity is a *sum* with decreasing weights. This matters for your own training: if you
# change $\rho = 0.9$ to $\rho = 0.99$, your steps on a constant slope become ten times as long.

# %% id="sgd_momentum-plot" tags=["demo"]
with attempt("sgd_momentum"):
    speeds = {}
    for rho in (0.5, 0.9, 0.99):
        w, config, speeds[rho] = np.zeros(1), {"learning_rate": 0.01, "momentum": rho}, []
        for _ in range(500):
            w, config = sgd_momentum(w, np.ones(1), config)
            speeds[rho].append(config["velocity"][0])
    with style():
        fig, ax = plt.subplots()
        for color, (rho, speed) in zip(PALETTE, speeds.items(), strict=False):
            ax.loglog(range(1, 501), speed, color=color, label=rf"$\rho$ = {rho}")
            ax.axhline(1 / (1 - rho), color=color, linestyle="--", linewidth=1)
        ax.axhline(1, color=PALETTE[6], linewidth=1, label="a mean of ones")
        ax.set(xlabel="step", ylabel="velocity under a gradient of 1")
        ax.legend()
    show(
        fig,
        "Under a constant gradient of 1 the velocity rises to 2, 10 and 100 for momentum 0.5, 0.9 and 0.99; a mean would stay at 1.",
    )

# %% [markdown] id="nesterov-idea"
# ## 3. Look ahead before you step
#
# *The theory for this question is in the lecture note, under [Nesterov looks
# ahead](../../course/05-optimizers.md#nesterov-looks-ahead). Lectures: D2 and D4 (Nesterov
# momentum).*
#
# With momentum, you know where the velocity will carry you before you compute the gradient.
# Nesterov's idea is to use this knowledge and compute the gradient *there*.
# Let $x$ be your parameters and $\hat x$ the **look-ahead point**:
#
# $$\hat x_t = x_t - \alpha \rho\thinspace v_t, \qquad v_{t+1} = \rho\thinspace v_t + \nabla f(\hat x_t), \qquad x_{t+1} = x_t - \alpha\thinspace v_{t+1} .$$
#
# (Don't mix the symbols if you compare this with D2 and D4. They include $\alpha$ in their
# velocity, so their look-ahead contains no $\alpha$, and in D4 the velocity points downhill.)
#
# In code, there is a practical problem, which D4 calls "annoying". Your training loop computes the
# gradient only at the parameters that it stores, and it does not store the look-ahead point.
# Here is the trick: we store the look-ahead point instead. Let the stored parameters *be*
# $\tilde x_t = x_t - \alpha\rho\thinspace v_t$.
# Now you can compute the gradient at the stored point as usual, and you only have to change the
# update.
# To derive this update, start from $\tilde x_{t+1} = x_{t+1} - \alpha\rho\thinspace v_{t+1}$. Then
# insert the three equations above, and simplify until only $\tilde x_t$, $v_{t+1}$ and
# $g_t = \nabla f(\tilde x_t)$ remain.
# The result is the function `nesterov`. With a constant $\alpha$ it follows exactly the same path
# as the first form. PyTorch has it, too, as `SGD(nesterov=True)`.

# %% nbgrader={"grade_id": "nesterov", "solution": true}
from collections.abc import Callable


def nesterov_lookahead(
    w: np.ndarray,
    grad_fn: Callable[[np.ndarray], np.ndarray],
    config: dict,
) -> tuple[np.ndarray, dict]:
    """Take one step of Nesterov's momentum, with the gradient at the look-ahead.

    velocity = momentum velocity + grad_fn(w - learning_rate momentum velocity)
    next_w = w - learning_rate velocity

    Args:
        w: parameters, any shape.
        grad_fn: takes a point of w's shape, returns the gradient there; call it once.
        config: as for sgd_momentum.
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new velocity in
            "velocity".
    """
    ### BEGIN SOLUTION
    carried = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w))
    velocity = carried + grad_fn(w - config["learning_rate"] * carried)
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config
    ### END SOLUTION


def nesterov(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of Nesterov's momentum in changed variables.

    w is the look-ahead point, and dw is the gradient there.

    velocity = momentum velocity + dw, as in sgd_momentum; derive next_w yourself.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: as for sgd_momentum.
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new velocity in
            "velocity".
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    momentum = config.get("momentum", 0.9)
    velocity = momentum * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * (dw + momentum * velocity), config
    ### END SOLUTION


# %% id="nesterov-try" tags=["demo"]
with attempt("nesterov"):
    ahead, ahead_config = np.array([1.0, -2.0]), {"learning_rate": 0.1, "momentum": 0.8}
    w, config = ahead.copy(), dict(ahead_config)
    for _ in range(3):
        ahead, ahead_config = nesterov_lookahead(ahead, lambda x: x * np.array([1.0, 3.0]), ahead_config)
        w, config = nesterov(w, w * np.array([1.0, 3.0]), config)
        print("look-ahead", ahead, " changed variables", w)

# %% nbgrader={"grade_id": "nesterov-check", "grade": true, "points": 20}
with check("nesterov") as c:
    W, DW, V = np.array([1.0, -2.0]), np.array([3.0, 4.0]), np.array([2.0, -5.0])
    asked = []

    def slope(x):
        asked.append(np.array(x))
        return x * np.array([1.0, 3.0])

    def same(x):
        return DW.astype(x.dtype) if x.dtype.kind == "f" else DW

    with c.part("nesterov_lookahead"):
        w = W.copy()
        start = {"learning_rate": 0.5, "momentum": 0.8, "velocity": V.copy()}
        next_w, config = nesterov_lookahead(w, slope, start)
        c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array. Make a new array.")
        c.equal("the number of gradients per step", len(asked), 1, "Compute the gradient once and keep it in a variable.")
        c.close("the point where grad_fn is called", asked[0], [0.2, 0.0], hint="To which point would the velocity alone move w?")
        c.entry("config", config, "velocity", [1.8, -4.0])
        c.close("next_w", next_w, [0.1, 0.0], hint="The step starts from w, not from the look-ahead point.")
        c.dtypes("next_w", lambda w: nesterov_lookahead(w, same, {"learning_rate": 0.5})[0], W)
        c.layouts("next_w", lambda w: nesterov_lookahead(w, slope, {"learning_rate": 0.5})[0], W)
    with c.part("nesterov"):
        w, dw = W.copy(), DW.copy()
        next_w, config = nesterov(w, dw, {"learning_rate": 0.5, "momentum": 0.8, "velocity": V.copy()})
        c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array. Make a new array.")
        c.unchanged("dw", dw, DW)
        c.entry("config", config, "velocity", [4.6, 0.0], hint="The velocity is the same as in sgd_momentum.")
        c.close("next_w", next_w, [-2.34, -4.0], hint="Insert the equations. The result contains both dw and the new velocity.")
        w, config = W.copy(), {"learning_rate": 0.1, "momentum": 0.8}
        for _ in range(3):
            w, config = nesterov(w, w * np.array([1.0, 3.0]), config)
        want = [0.3952079999999999, 0.4658080000000003]
        c.close("w after three steps, compared with PyTorch,", w, want, hint="Did you store the velocity in config?")
        _, config = one_array("nesterov", [DW, 0 * DW], W.copy(), {"learning_rate": 0.1, "momentum": 0.5})
        hint = "Does your velocity share its memory with `dw`, which belongs to the caller?"
        c.entry("both gradients in one array: config", config, "velocity", 0.5 * DW, hint=hint)
        c.dtypes("next_w", lambda w, dw: nesterov(w, dw, {"learning_rate": 0.5})[0], W, DW)
        c.layouts("next_w", lambda w, dw: nesterov(w, dw, {"learning_rate": 0.5})[0], W, DW)
        row, column = np.ones((1, 2)), np.ones((2, 1))
        for dw in (row, column):
            sentence = f"dw of shape {dw.shape} for w of shape {W.shape} raises a ValueError"
            c.raises(sentence, ValueError, nesterov, W, dw, {"learning_rate": 0.1}, mentions=(W.shape, dw.shape))
        c.raises("a column dw for a row w raises a ValueError", ValueError, nesterov, row, column, {"learning_rate": 0.1})
    w, config = W.copy(), {"learning_rate": 0.1, "momentum": 0.8}
    ahead, ahead_config = W.copy(), dict(config)
    for _ in range(3):
        w, config = nesterov(w, w * np.array([1.0, 3.0]), config)
        ahead, ahead_config = nesterov_lookahead(ahead, slope, ahead_config)
    point = ahead - 0.1 * 0.8 * ahead_config["velocity"]
    c.close("both forms after three steps: the look-ahead point", point, w, hint="It should equal the w of nesterov.")
    for name, rule, given in (("nesterov_lookahead", nesterov_lookahead, lambda x: 0 * x), ("nesterov", nesterov, 0 * DW)):
        with c.part(name):
            _, config = rule(W.copy(), given, {"learning_rate": 0.1, "velocity": V.copy()})
            c.entry("without a momentum: config", config, "velocity", 0.9 * V, hint="The default is 0.9.")
            _, config = rule(W.copy(), given, {"learning_rate": 0.1, "momentum": 0.0, "velocity": V.copy()})
            c.entry(
                "with a momentum of 0: config", config, "velocity", 0 * V, hint="0 is a valid setting; do not replace it by the default."
            )

# %% [markdown] id="nesterov-see"
# **What do you gain from the look-ahead?** Let's send momentum and Nesterov's momentum down the
# ravine with the same $\alpha$ and $\rho$, and watch their distance from the bottom of the ravine.
# Momentum swings through the bottom again and again. Nesterov's momentum sees the opposite wall
# earlier, so it slows down in time.
# You might expect the look-ahead to be better with every setting, but it is not. Try it yourself:
# set `learning_rate` to 0.03, and see which of the two still converges.

# %% id="nesterov-plot" tags=["demo"]
learning_rate, rho = 0.015, 0.9
with attempt("nesterov"):
    heights = {}
    for rule in (sgd_momentum, nesterov):
        w, config, heights[rule.__name__] = np.array([-4.0, 1.0]), {"learning_rate": learning_rate, "momentum": rho}, [1.0]
        for _ in range(60):
            w, config = rule(w, ravine_grad(w), config)
            heights[rule.__name__].append(w[1])
    with style():
        fig, ax = plt.subplots()
        for color, (name, height) in zip(PALETTE, heights.items(), strict=False):
            ax.plot(height, color=color, label=name)
        ax.set(xlabel="step", ylabel="y, the distance from the floor")
        ax.legend()
    show(fig, "Across the ravine, momentum still swings after 60 steps; Nesterov's have died out after about 10.")

# %% [markdown] id="convert_momentum-idea"
# ## 4. Translate between the lectures
#
# *The theory for this question is in the lecture note, under [Four ways to write
# it](../../course/05-optimizers.md#four-ways-to-write-it) and [Is velocity a
# mean?](../../course/05-optimizers.md#is-velocity-a-mean). Lectures: D0 to D4.*
#
# Momentum is written in several forms, and the lectures alone contain four. If you copy a learning
# rate from one form to another, your training may fail, so it pays to know how to translate.
# In this table, the gradients are $g_t$, and the learning rate $\alpha_t$ may change at each step:
#
# | name here | lecture | history | step |
# |---|---|---|---|
# | the course's form | D0, D3, D4 | $v_t = \rho\thinspace v_{t-1} + g_t$ | $x_{t+1} = x_t - \alpha_t v_t$ |
# | `"ema"` | D1, moving average | $u_t = \mu_t u_{t-1} + (1 - \mu_t)\thinspace g_t$ | $x_{t+1} = x_t - \eta_t u_t$ |
# | `"inside"` | D2, Polyak momentum | $m_t = \mu_t m_{t-1} + \eta_t g_t$ | $x_{t+1} = x_t - m_t$ |
# | `"heavy_ball"` | D3, heavy ball | $x_t - x_{t-1}$ | $x_{t+1} = x_t - \eta_t g_t + \mu_t (x_t - x_{t-1})$ |
#
# Every form starts without a history: $v_{-1} = u_{-1} = m_{-1} = 0$, $x_{-1} = x_0$.
# Be careful with D3, which presents two of these forms as equal, with the same coefficients. This
# is true only while $\alpha$ is constant.
#
# Your task is to find the $\mu_t$ and $\eta_t$ that give the *same path* as the course's form with
# given $\alpha_t$ and $\rho$, for any gradients.
# If you don't know how to begin, write $m_t$ and $x_t - x_{t-1}$ in terms of $v$, and insert both
# into the formulas.


# %% nbgrader={"grade_id": "convert_momentum", "solution": true}
def convert_momentum(
    learning_rates: np.ndarray,
    rho: float,
    to: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients with which another form follows the course's path.

    The course's form is v_t = rho v_{t-1} + g_t, x_{t+1} = x_t - learning_rates[t] v_t;
    the table above shows the other forms.

    Args:
        learning_rates: the course's alpha_t, all > 0, shape (T,); an array or a list.
        rho: the course's momentum coefficient, in [0, 1).
        to: "ema", "inside" or "heavy_ball".
    Returns:
        mu and eta, both of shape (T,), new arrays of learning_rates' dtype. At step 0
            there is no history yet, so set mu[0] to rho.
    Raises:
        ValueError: to is not one of the three names, rho is not in [0, 1), or a
            learning rate is not > 0; the message names what you got.
    """
    ### BEGIN SOLUTION
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if not 0 <= rho < 1:
        raise ValueError(f"rho is {rho}, expected a number in [0, 1)")
    if not np.all(rates > 0):
        raise ValueError(f"the learning rates are {learning_rates}, expected all of them > 0")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    if to in ("inside", "heavy_ball"):  # m_t is alpha_t v_t, and the last step was -m_{t-1}
        mu[1:] *= rates[1:] / rates[:-1]
        return mu, rates
    raise ValueError(f"to is {to!r}, expected 'ema', 'inside' or 'heavy_ball'")
    ### END SOLUTION


# %% id="convert_momentum-try" tags=["demo"]
with attempt("convert_momentum"):
    for kind in ("ema", "inside", "heavy_ball"):
        mu, eta = convert_momentum([0.1, 0.1, 0.05], 0.9, kind)
        print(f"{kind:10}  mu {mu}  eta {eta}")

# %% nbgrader={"grade_id": "convert_momentum-check", "grade": true, "points": 15}
with check("convert_momentum") as c:
    RATES, rho = np.array([0.1, 0.4, 0.2, 0.05]), 0.5
    gradients = 1.0, -2.0, 0.5, 3.0
    path = [0.9, 1.5, 1.55, 1.40625]  # the path of the course's form, from x = 1
    for kind in ("ema", "inside", "heavy_ball"):
        with c.part(f'convert_momentum to "{kind}"'):
            rates = RATES.copy()
            mu, eta = convert_momentum(rates, rho, kind)
            c.unchanged("learning_rates", rates, RATES)
            c.true("mu and eta are new arrays", not any(np.shares_memory(rates, one) for one in (mu, eta)))
            c.shape("mu", mu, (4,))
            c.shape("eta", eta, (4,))
            x, before, history, walked = 1.0, 1.0, 0.0, []
            for g, m, e in zip(gradients, mu, eta, strict=True):
                if kind == "ema":
                    history = m * history + (1 - m) * g
                    x, before = x - e * history, x
                elif kind == "inside":
                    history = m * history + e * g
                    x, before = x - history, x
                else:
                    x, before = x - e * g + m * (x - before), x
                walked.append(x)
            hint = "Find the first wrong step. Did the learning rate change just before it?"
            c.close("the path", np.array(walked), path, hint=hint)
            c.close("mu[0]", mu[0], rho, hint="At the first step there is no previous learning rate.")
            c.close("mu at a constant rate", convert_momentum([0.3, 0.3], rho, kind)[0], [rho, rho])
            c.close("mu of a single step", convert_momentum([0.3], rho, kind)[0], [rho])
            c.dtypes("mu and eta", lambda rates: np.stack(convert_momentum(rates, 0.5, kind)), np.array([1.0, 2.0]))
            c.layouts("mu and eta", lambda rates: np.stack(convert_momentum(rates, rho, kind)), RATES)
            for bad in (1.0, -0.5):
                c.raises(f"rho = {bad} raises a ValueError", ValueError, convert_momentum, RATES, bad, kind, mentions=(bad,))
            for bad in (0.0, -0.2):
                c.raises(f"a rate of {bad} raises a ValueError", ValueError, convert_momentum, [0.1, bad], rho, kind)
    for kind in ("polyak", "EMA"):
        sentence = f'convert_momentum: the unknown form "{kind}" raises a ValueError'
        c.raises(sentence, ValueError, convert_momentum, RATES, rho, kind, mentions=(kind,))

# %% [markdown] id="convert_momentum-erratum"
# **A slide to test** (not graded). The slide on momentum (D3) says that
# $W_{t+1} = W_t - \alpha_t g_t + \beta_t (W_t - W_{t-1})$ gives the same path as
# $p_{t+1} = \beta_t p_t + g_t$, $W_{t+1} = W_t - \alpha_t p_{t+1}$.
# Let's test this along the ravine with $\rho = 0.9$, where the learning rate drops to a tenth after
# 15 steps.
# You might expect the steps to become ten times shorter at once. In the plot, however, the heavy
# ball with the printed coefficient hardly slows down. With your $\mu_t$ the heavy ball stays on the
# course's path.

# %% id="convert_momentum-plot" tags=["demo"]
with attempt("convert_momentum"):
    rates, rho = np.where(np.arange(45) < 15, 0.02, 0.002), 0.9
    walks = {"course": [-4.0], "as printed": [-4.0], "your mu": [-4.0]}
    v = 0.0
    for alpha in rates:
        x = walks["course"][-1]
        v = rho * v + x  # the gradient of the ravine along x is x
        walks["course"].append(x - alpha * v)
    for name, mu in (("as printed", np.full(45, rho)), ("your mu", convert_momentum(rates, rho, "heavy_ball")[0])):
        x = before = -4.0
        for m, alpha in zip(mu, rates, strict=True):
            x, before = x - alpha * x + m * (x - before), x
            walks[name].append(x)
    with style():
        fig, ax = plt.subplots()
        ax.plot(walks["course"], color=PALETTE[4], linewidth=5, label="the course's form")
        ax.plot(walks["your mu"], color=PALETTE[0], label=r"heavy ball, your $\mu_t$")
        ax.plot(walks["as printed"], "--", color=PALETTE[1], label=r"heavy ball as printed, $\mu_t = \rho$")
        ax.axvline(15, color=PALETTE[6], linewidth=1, linestyle=":")
        ax.annotate("learning rate / 10", (15, -3.9), xytext=(5, 0), textcoords="offset points")
        ax.set(xlabel="step", ylabel="x, along the ravine")
        ax.legend()
    show(
        fig,
        "After the learning rate drops at step 15, the printed heavy ball rushes on; "
        "with the converted coefficient it slows down just as the course's form does.",
    )

# %% [markdown] id="curvature-idea"
# ## 5. Read the speed off the curvatures
#
# *The theory for this question is in the lecture note, under [The
# ravine](../../course/05-optimizers.md#the-ravine), [Flat
# places](../../course/05-optimizers.md#flat-places) and [What is going on, on a
# parabola](../../course/05-optimizers.md#what-is-going-on-on-a-parabola). Lectures: D0 and D4
# (condition number, saddle points), D3 (learning rate, properties of momentum).*
#
# Can you tell how fast an optimizer will be before you run it? Near a point with zero gradient you
# can, because there the Hessian matrix describes the loss.
# The eigenvalues $\lambda_i$ of the Hessian are the **curvatures** in $D$ perpendicular directions,
# and they tell you three things:
#
# - **Which kind of point it is.** At a minimum, all $\lambda_i > 0$. At a maximum, all
#   $\lambda_i < 0$. If there are both signs, you are at a **saddle point**.
# - **How long the ravine is.** The measure for this is the **condition number**,
#   $\max |\lambda_i| / \min |\lambda_i|$.
# - **Which learning rate is too large.** In a direction with $\lambda_i > 0$, gradient descent
#   comes closer to the point only while $\alpha < 2 / \lambda_i$. So the steepest direction sets
#   the limit of your learning rate, $2 / \max \lambda_i$.
#
# For example, if the curvatures are 1 and 50, the point is a minimum with condition number 50, and
# your learning rate must stay below 0.04.
#
# How fast do you come closer to such a point? In the course's form of momentum, the distance $x$ in
# one direction follows
#
# $$x_{t+1} = (1 + \rho - \alpha \lambda)\thinspace x_t - \rho\thinspace x_{t-1} .$$
#
# The solutions are powers of the two roots of
# $r^2 - (1 + \rho - \alpha \lambda)\thinspace r + \rho = 0$. Don't be surprised if these roots are
# complex.
# In the long run, the root with the larger $|r|$ dominates, so each step multiplies your distance
# by this $|r|$. Each direction has such a factor, and the largest of these factors decides.
# If this factor is below 1, you arrive at the point, and if it is above 1, you move away from it.
# At a minimum this is bad news, because you diverge, but at a saddle point it is good news, because
# you escape. For $\rho = 0$ the factor is $|1 - \alpha \lambda|$.


# %% nbgrader={"grade_id": "curvature", "solution": true}
def describe_point(hessian: np.ndarray) -> tuple[str, float, float]:
    """Describe a point without slope by its curvatures.

    A curvature counts as zero if its size is at most 1e-9 times the largest size.

    Args:
        hessian: matrix of second derivatives, symmetric, (D, D) with D >= 1.
    Returns:
        kind: "minimum" if all curvatures are > 0, "maximum" if all are < 0, "saddle" if
            at least one is > 0 and at least one is < 0, else "flat".
        condition: size of the largest curvature divided by that of the smallest, a
            float; infinite if a curvature is zero.
        limit: learning rate at which gradient descent stops coming closer along the
            steepest upward direction, a float; infinite if no curvature is > 0.
    Raises:
        ValueError: hessian is not a square matrix; the message names its shape.
    """
    ### BEGIN SOLUTION
    if hessian.ndim != 2 or hessian.shape[0] != hessian.shape[1]:
        raise ValueError(f"the Hessian has shape {hessian.shape}, expected (D, D)")
    curvatures = np.linalg.eigvalsh(hessian.astype(np.float64))
    sizes = np.abs(curvatures)
    zero = sizes <= 1e-9 * sizes.max()
    up, down = (curvatures > 0) & ~zero, (curvatures < 0) & ~zero
    kind = "flat"
    if up.any() and down.any():
        kind = "saddle"
    elif not zero.any():
        kind = "minimum" if up.any() else "maximum"
    condition = np.inf if zero.any() else float(sizes.max() / sizes.min())
    limit = 2 / float(curvatures.max()) if up.any() else np.inf
    return kind, condition, limit
    ### END SOLUTION


def long_run_factor(
    curvatures: np.ndarray,
    learning_rate: float,
    momentum: float = 0.0,
) -> float:
    """Return by which factor a step changes the distance in the long run.

    Args:
        curvatures: of the directions, any signs, shape (D,) with D >= 1.
        learning_rate: > 0.
        momentum: in [0, 1).
    Returns:
        the largest size of a root over all directions, a float.
    Raises:
        ValueError: learning_rate is not > 0, or momentum is not in [0, 1); the message
            names what you got.
    """
    ### BEGIN SOLUTION
    if not learning_rate > 0:
        raise ValueError(f"the learning rate is {learning_rate}, expected a number > 0")
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum is {momentum}, expected a number in [0, 1)")
    b = 1 + momentum - learning_rate * curvatures.astype(np.float64)
    root = np.sqrt(b * b - 4 * momentum + 0j)  # complex where the path swings
    return float(np.maximum(np.abs(b + root), np.abs(b - root)).max() / 2)
    ### END SOLUTION


# %% id="curvature-try" tags=["demo"]
with attempt("curvature"):
    for name, hessian in (("ravine", np.diag([1.0, 50.0])), ("saddle", np.diag([1.0, -1.0]))):
        kind, condition, limit = describe_point(hessian)
        print(f"{name}: {kind}, condition number {condition:g}, learning rates below {limit:g}")
        for rho in (0.0, 0.8):
            print(f"  momentum {rho}: a step of learning rate 0.02 multiplies the distance by {long_run_factor(np.diag(hessian), 0.02, rho):.3f}")

# %% nbgrader={"grade_id": "curvature-check", "grade": true, "points": 15}
with check("curvature") as c:
    with c.part("describe_point"):
        H = np.array([[2.0, 1.0], [1.0, 2.0]])  # its curvatures are 1 and 3
        hessian = H.copy()
        for words, matrix, want in (
            ("curvatures 1 and 3", hessian, ("minimum", 3.0, 2 / 3)),
            ("curvatures -1 and 3", np.array([[1.0, 2.0], [2.0, 1.0]]), ("saddle", 3.0, 2 / 3)),
            ("curvatures -4 and 1", np.diag([1.0, -4.0]), ("saddle", 4.0, 2.0)),
            ("curvatures -1 and -3", -H, ("maximum", 3.0, np.inf)),
            ("curvatures 0 and 2", np.ones((2, 2)), ("flat", np.inf, 1.0)),
            ("curvatures 0 and -2", -np.ones((2, 2)), ("flat", np.inf, np.inf)),
            ("curvatures -1, 0 and 5", np.diag([5.0, 0.0, -1.0]), ("saddle", np.inf, 0.4)),
            ("curvatures 0, 0 and 14", np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), ("flat", np.inf, 1 / 7)),
            ("one curvature, 4", np.array([[4.0]]), ("minimum", 1.0, 0.5)),
            ("only zeros", np.zeros((2, 2)), ("flat", np.inf, np.inf)),
        ):
            kind, condition, limit = describe_point(matrix)
            c.equal(f"{words}: kind", kind, want[0], "Look at the signs of the eigenvalues. Do rounding errors count as zero?")
            c.close(f"{words}: condition", condition, want[1], hint="Compare the sizes, without signs.")
            c.close(f"{words}: limit", limit, want[2], hint="Only upward directions limit the learning rate.")
        c.unchanged("hessian", hessian, H)
        numbers = lambda matrix: np.array(describe_point(matrix)[1:])
        c.layouts("condition and limit", numbers, np.array([[2.0, 1.0], [1.0, 2.0]]))
        c.close("condition of whole numbers", describe_point(np.array([[2, 1], [1, 2]]))[1], 3.0)
        c.close("condition of float32", describe_point(H.astype(np.float32))[1], 3.0)
        for shape in ((2, 3), (4,)):
            c.raises(f"a Hessian of shape {shape} raises a ValueError", ValueError, describe_point, np.ones(shape), mentions=(shape,))
    with c.part("long_run_factor"):
        CURVATURES = np.array([1.0, 50.0])
        curvatures = CURVATURES.copy()
        c.close("learning rate 0.02", long_run_factor(curvatures, 0.02), 0.98, hint="The slowest direction counts.")
        c.close("learning rate 0.05", long_run_factor(curvatures, 0.05), 1.5, hint="A factor of -1.5 has the size 1.5.")
        c.close("a saddle, learning rate 0.1", long_run_factor(np.array([1.0, -1.0]), 0.1), 1.1)
        c.close("momentum 0.81", long_run_factor(curvatures, 0.04, 0.81), 0.9, hint="Complex roots: both have the size of the root of rho.")
        c.close("momentum 0.25, real roots", long_run_factor(np.array([1.0]), 0.1, 0.25), 0.8589454172900136, hint="The larger root wins.")
        c.close("momentum 0.25, negative roots", long_run_factor(np.array([1.0]), 2.45, 0.25), 0.9316624790355399, hint="Both roots are negative here.")
        c.unchanged("curvatures", curvatures, CURVATURES)
        c.layouts("the factor", lambda values: long_run_factor(values, 0.02, 0.5), CURVATURES)
        c.close("of whole numbers", long_run_factor(np.array([1, 50]), 0.02), 0.98)
        for rate, rho in ((0.0, 0.5), (-0.1, 0.5), (0.1, 1.0), (0.1, -0.5)):
            sentence = f"learning_rate={rate}, momentum={rho} raises a ValueError"
            c.raises(sentence, ValueError, long_run_factor, CURVATURES, rate, rho, mentions=(rho if rate > 0 else rate,))

# %% [markdown] id="curvature-see"
# **What does momentum gain you?** The next cell finds the best settings on a grid, for each
# condition number. Then it counts the steps until the distance from the minimum is a thousand times
# smaller.
# If the condition number becomes ten times larger, you need ten times as many steps without
# momentum. With momentum you need only about three times as many, which is the square root of ten.
# The last lines of output are about a saddle point. There a factor above 1 is good news, because
# you want to escape. Momentum makes this factor larger, so you escape sooner.

# %% id="curvature-race" tags=["demo"]
with attempt("curvature"):
    for condition in (10, 100, 1000):
        ends = np.array([1.0, condition])
        best = []
        for rhos in ([0.0], 1 - np.geomspace(0.01, 1, 120)):
            rates = np.linspace(0.05, 4, 160) / condition
            best.append(min(long_run_factor(ends, rate, rho) for rate in rates for rho in rhos))
        steps = np.ceil(np.log(1e-3) / np.log(best))
        print(f"condition number {condition:4}: {steps[0]:.0f} steps without momentum, {steps[1]:.0f} with it")
    for rho in (0.0, 0.9):
        print(f"saddle, curvature -1, learning rate 0.1, momentum {rho}: factor {long_run_factor(np.array([-1.0]), 0.1, rho):.2f}")

# %% [markdown] id="steps_to_tol-idea"
# ## 6. Race them
#
# *The theory for this question is in the lecture note, under [Count
# steps](../../course/05-optimizers.md#count-steps) and [Flat
# places](../../course/05-optimizers.md#flat-places). Lectures: D0 and D4 (problems with SGD).*
#
# Which optimizer would you choose? To answer this, we let the optimizers race, and you count their
# steps. An optimizer has **arrived** at the first point $x_k$ of its path at which the gradient is
# small:
#
# $$k = \min \lbrace\thinspace k \le K : \lVert \nabla f(x_k) \rVert_2 \le \text{tol} \thinspace\rbrace .$$
#
# Here $K$ is the argument `max_steps`. If the gradient is already small at the start, $k$ is 0.
# Don't forget to test the point after the very last step, too.
# (It is easy to stop one step early here. For example, the code in D0 and D4 uses
# `range(1, num_iterations)`, which is one step too few.)
# Take the norm over all entries of the gradient, whatever its shape is.
#
# The optimizers race on two surfaces, and each surface is difficult for a different reason. On a
# ravine, the steep walls limit your learning rate, so you make slow progress along the bottom. Near
# a saddle, the gradient is small, so you may think that you are at a minimum when you are not.


# %% nbgrader={"grade_id": "steps_to_tol-given", "locked": true}
def rolling_in_place():
    """Return a description and a momentum rule that changes the array in config in place."""

    def rule(w, dw, config):
        config["velocity"] *= 0.9
        config["velocity"] += dw
        return w - config["learning_rate"] * config["velocity"], config

    return "rule(w, dw, config) writes into the velocity array of its argument config.", rule


# %% nbgrader={"grade_id": "steps_to_tol", "solution": true}
import copy
from collections.abc import Callable


def steps_to_tol(
    rule: Callable[[np.ndarray, np.ndarray, dict], tuple[np.ndarray, dict]],
    grad_fn: Callable[[np.ndarray], np.ndarray],
    w0: np.ndarray,
    config: dict,
    tol: float,
    max_steps: int,
) -> tuple[int | None, np.ndarray]:
    """Apply an optimizer until the norm of the gradient is at most tol.

    Args:
        rule: the optimizer; takes w, dw and a config, and returns next_w and the config
            for the next step.
        grad_fn: takes a point and returns the gradient there; call it once for each
            point of the path.
        w0: starting point, any shape.
        config: settings of the optimizer. In this function config stays unchanged, too,
            and so do the arrays in it. A rule may write into them, but the next race
            must start from the same config.
        tol: norm of the gradient to reach, > 0.
        max_steps: largest number of steps, >= 0.
    Returns:
        steps: the k of the equation above, or None if there is none. A gradient of nan
            (after the path has diverged) is not at most tol.
        path: the points from w0 to the last one, shape (number of steps taken + 1,
            *w0.shape).
    Raises:
        ValueError: tol is not > 0, or max_steps < 0; the message names what you got.
    """
    ### BEGIN SOLUTION
    if not tol > 0:
        raise ValueError(f"tol is {tol}, expected a number > 0")
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps}, expected a number >= 0")
    w = np.array(w0)
    if w.dtype.kind != "f":
        w = w.astype(np.float64)
    config = copy.deepcopy(config)
    path = [w]
    while True:
        dw = grad_fn(path[-1])
        steps = len(path) - 1
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return steps, np.array(path)
        if steps == max_steps:
            return None, np.array(path)
        w, config = rule(path[-1], dw, config)
        path.append(w)
    ### END SOLUTION


# %% id="steps_to_tol-try" tags=["demo"]
with attempt("steps_to_tol"):
    start = np.array([-4.0, 1.0])
    for rule in (sgd, sgd_momentum, nesterov):
        steps, path = steps_to_tol(rule, ravine_grad, start, {"learning_rate": 0.02, "momentum": 0.8}, 1e-3, 500)
        print(f"{rule.__name__:12}  steps {steps}, from {path[0]} to {path[-1]}")

# %% nbgrader={"grade_id": "steps_to_tol-check", "grade": true, "points": 20}
with check("steps_to_tol") as c:

    def stride(w, dw, config):
        """Move against the signs of the gradient: by 1 in the first step, 2 in the second, 3 in the third."""
        config = {**config, "stride": config["stride"] + 1}
        return w - config["stride"] * np.sign(dw), config

    def stride_in_place(w, dw, config):
        """Do the same, but write the number into the caller's config and into an array in it."""
        config["stride"] += 1
        config["count"] += 1
        return w - config["count"] * np.sign(dw), config

    def bowl(x):
        asked.append(np.array(x))
        return 2.0 * x

    W, asked = np.array([[8.0, 0.0], [0.0, 9.0]]), []
    points = [np.diag(corner) for corner in ([8.0, 9.0], [7.0, 8.0], [5.0, 6.0], [2.0, 3.0])]
    w, config = W.copy(), {"stride": 0}
    steps, path = steps_to_tol(stride, bowl, w, config, 13.0, 50)
    c.unchanged("steps_to_tol: w0", w, W)
    c.equal("steps_to_tol: the caller's config", config, {"stride": 0})
    c.equal("steps_to_tol: steps", steps, 3, "Take the norm over all entries of the gradient. Stop when it is at most tol.")
    c.close("steps_to_tol: path", path, points, hint="The path begins with w0 and ends where the optimizer arrived.")
    c.equal("steps_to_tol: the number of gradients", len(asked), 4, "Compute one gradient for each point and keep it in a variable.")
    config = {"stride": 0, "count": np.zeros(1)}
    steps, path = steps_to_tol(stride_in_place, bowl, W.copy(), config, 13.0, 50)
    c.equal("steps_to_tol, a rule that writes into its config: steps", steps, 3)
    c.equal(
        "steps_to_tol, afterwards: the caller's config", config["stride"], 0, "Work on a copy: the next race starts from the same config."
    )
    c.entry(
        "steps_to_tol, afterwards: the caller's config", config, "count", [0.0], hint="A copy of a dict still holds the caller's arrays."
    )
    for most, want in ((3, 3), (2, None), (0, None)):
        steps, path = steps_to_tol(stride, bowl, W.copy(), {"stride": 0}, 13.0, most)
        c.equal(f"steps_to_tol, max_steps={most}: steps", steps, want, "Test the point after the last step, too.")
        c.shape(f"steps_to_tol, max_steps={most}: path", path, (most + 1, 2, 2))
    asked.clear()
    steps, path = steps_to_tol(stride, bowl, np.array([3.0, 4.0]), {"stride": 0}, 10.0, 50)
    c.equal("steps_to_tol, from a start whose norm is tol: steps", steps, 0, "A norm equal to tol counts as arrived.")
    c.shape("steps_to_tol, from a start whose norm is tol: path", path, (1, 2))
    steps, _ = steps_to_tol(stride, lambda x: np.nan * x, W.copy(), {"stride": 0}, 13.0, 5)
    c.equal("steps_to_tol, where the gradient is nan: steps", steps, None, "Is nan at most tol?")
    for dtype in (np.float32, np.int64):
        for tol, words in ((0.1, "max_steps=0"), (100.0, "a good start")):
            path = steps_to_tol(stride, bowl, W.astype(dtype), {"stride": 0}, tol, 0)[1]
            want = np.dtype(np.float32 if dtype is np.float32 else np.float64)
            c.equal(f"steps_to_tol, {np.dtype(dtype)}, {words}: dtype of path", path.dtype, want)
    for tol, most in ((0.0, 50), (-0.5, 50), (1.0, -1)):
        sentence = f"steps_to_tol: tol={tol}, max_steps={most} raises a ValueError"
        named = most if most < 0 else tol
        c.raises(sentence, ValueError, steps_to_tol, stride, bowl, W.copy(), {"stride": 0}, tol, most, mentions=(named,))

# %% [markdown] id="steps_to_tol-see"
# **Compare the paths.** To be fair, we give each optimizer a learning rate that suits it in the
# ravine. With a rate of 0.04, for example, plain gradient descent would no longer come closer in
# the steep direction.
# Notice how different the three paths are. Gradient descent jumps from wall to wall, while it moves
# slowly along the bottom. Momentum swings from side to side, but it makes progress. Nesterov's
# momentum slows down before it reaches the opposite wall.
# On the saddle, we start all paths only 0.01 away from the ridge. All three optimizers move towards
# the flat point, stay near it or swing past it, and then find the way down.

# %% id="steps_to_tol-plot" tags=["demo"]
rules = sgd, sgd_momentum, nesterov
landscapes = (
    ("ravine", ravine, ravine_grad, (-4.0, 1.0), (0.038, 0.02, 0.02), (-4.6, 2.0), (-1.3, 1.3)),
    ("saddle", saddle, saddle_grad, (-1.5, 0.01), (0.1, 0.1, 0.1), (-1.7, 1.1), (-0.5, 1.5)),
)
with attempt("steps_to_tol"):
    races = {}
    for name, _, grad_fn, start, learning_rates, _, _ in landscapes:
        for rule, learning_rate in zip(rules, learning_rates, strict=True):
            settings = {"learning_rate": learning_rate, "momentum": 0.8}
            races[name, rule] = steps_to_tol(rule, grad_fn, np.array(start), settings, 1e-3, 500)
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(10, 4.2))
        for ax, (name, f, _, start, learning_rates, xlim, ylim) in zip(axes, landscapes, strict=True):
            grid = np.stack(np.meshgrid(np.linspace(*xlim, 200), np.linspace(*ylim, 200)))  # (2, 200, 200)
            height = f(grid)
            levels = height.min() + (height.max() - height.min()) * np.linspace(0, 1, 14) ** 2
            ax.contour(*grid, height, levels=levels, colors="0.75", linewidths=0.8, linestyles="solid")
            for rule, learning_rate, color, marker in zip(rules, learning_rates, PALETTE, "o^D", strict=False):
                steps, path = races[name, rule]
                label = rf"{rule.__name__}, $\alpha$ = {learning_rate}: {steps} steps"
                ax.plot(*path.T, marker=marker, markersize=3, linewidth=1, color=color, label=label)
            ax.plot(*start, "s", color=PALETTE[6], label="start")
            ax.grid(False)
            ax.set(title=name, xlabel="x", ylabel="y", xlim=xlim, ylim=ylim)
            ax.legend(loc="lower right", fontsize="small", frameon=True, edgecolor="none")
    show(
        fig,
        "Paths of three rules over contour lines. In the ravine plain descent zigzags for 215 steps, momentum needs 86, Nesterov 27; "
        "past the saddle plain descent needs 80, momentum 69, Nesterov 26.",
    )

# %% [markdown] id="steps_to_tol-fooled"
# **A small gradient is not yet a minimum.** Now let's use a larger tolerance, 0.2 instead of 0.001,
# and start all optimizers at the same point again. Where do they stop?
# Each optimizer stops near the saddle, with $y$ only slightly above 0, and yet it reports success.
# So if your own training stops at a small gradient, you do not yet know whether you are at a
# minimum or at a saddle. Which quantity would tell you which of the two you have found?
# (If you are not sure, read [Flat places](../../course/05-optimizers.md#flat-places) in the lecture
# note again.)

# %% id="steps_to_tol-saddle" tags=["demo"]
with attempt("steps_to_tol"):
    for tol in (0.001, 0.2):
        for rule in (sgd, sgd_momentum, nesterov):
            settings = {"learning_rate": 0.1, "momentum": 0.8}
            steps, path = steps_to_tol(rule, saddle_grad, np.array([-1.5, 0.01]), settings, tol, 500)
            print(f"tol {tol:<6} {rule.__name__:12}  {steps:3} steps, y = {path[-1, 1]:.3f}")

# %% [markdown] id="written-question"
# ## 7. In your own words (10 points, graded by a person)
#
# A classmate of yours trains with this course's momentum, $\alpha = 0.1$ and $\rho = 0.9$, and the
# training works well.
# In lecture D3 the classmate hears that "$\beta = 0.9$ or $0.99$ almost always works", and so
# changes $\rho$ to 0.99 and nothing else. Now the loss oscillates for hundreds of steps.
#
# 1. By what factor do the steps along a constant slope grow? About how many past gradients does the
#    velocity remember? Derive your answers.
# 2. Which $\alpha$ would have kept the length of these steps? Now suppose that the classmate had
#    used D1's form, with a constant learning rate, and had changed its $\beta$ from 0.9 to 0.99.
#    What would have happened to the length of the steps in D1's form? Explain why.
# 3. Later the classmate divides the learning rate by ten in the middle of training. How long is the
#    very next step, compared with the step before it? Answer for the course's form, and for D2's
#    form with its momentum coefficient still at 0.9. Assume a constant gradient. Which of the two
#    forms would you prefer, and why?
#
# Write at most 250 words.

# %% [markdown] nbgrader={"grade_id": "optimizers-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. Under a steady gradient $g$ the velocity is $v_t = g\thinspace(1 + \rho + \rho^2 + \dots + \rho^{t-1})$, which tends to $g/(1-\rho)$: 10 g for 0.9, 100 g
#    for 0.99. The steps become ten times as long. A gradient of $k$ steps ago has the weight $\rho^k$, which is about $e^{-k(1-\rho)}$: the memory is
#    about $1/(1-\rho)$ steps, 10 and then 100. So what was pushed long ago still carries the weights on after the slope has turned, which causes
#    swings that take hundreds of steps to die out.
# 2. The length is $\alpha g/(1-\rho)$, so $\alpha = 0.01$ keeps it at $g$. D1's form is an average: its weights $(1-\beta)\beta^k$ add up to 1, so its
#    steady steps are $\alpha' g$ for every $\beta$: they would have stayed as long as they were (the memory grows all the same).
#    It corresponds to the course's form with $\alpha = \alpha'(1-\beta)$: changing $\beta$ there lowers our $\alpha$ by itself.
# 3. Steady state before: both forms step by $\alpha g/(1-\rho)$. In the course's form the velocity is multiplied by the new rate: the next step is a tenth
#    of the last one, at once. In D2's, $m = 0.9 \cdot m + 0.1\thinspace\alpha g$: with $m = 10\thinspace\alpha g$ that is $9.1\thinspace\alpha g$, 0.91 of the last step; the drop takes
#    effect over the next tens of steps. So the same schedule means different walks. Either preference is fine with a reason:
#    the course's reacts at once, which is what one drops the rate for, if the loss swings; D2's changes smoothly and keeps the history's weight.
#
# **Rubric.**
#
# - 2 points: The geometric sum, and the factor ten.
# - 2 points: A memory of about $1/(1-\rho)$ steps, 10 and 100, with a reason.
# - 1 point: $\alpha = 0.01$.
# - 2 points: The steps of D1's form stay as long as they were, because its weights add up to 1.
# - 1 point: In the course's form, the next step is a tenth at once.
# - 1 point: In D2's form, it is 0.91, or "nearly unchanged" with the recursion shown.
# - 1 point: A preference, with a reason that fits.
#
# **Weak answer (3 points: items 3, 5, 7).**
#
# 1. With 0.99 the velocity keeps more of the past. So the steps become longer, and it remembers more
#    gradients than with 0.9.
# 2. $\alpha$ must become ten times smaller, 0.01. In D1's form, the classmate would have had the same
#    problem.
# 3. In the course's form, the step is a tenth at once, because $\alpha$ multiplies the velocity. In
#    D2's form it is a tenth too. I prefer the course's form: if the loss oscillates, it should calm
#    down right away.
#
# **Average answer (6 points: items 1, 3, 4, 5).**
#
# 1. The velocity tends to $g(1 + \rho + \rho^2 + \dots) = g/(1-\rho)$. This is $10 g$, and then $100
#    g$, so the steps are ten times as long. It remembers more gradients, because $\rho^k$ falls more
#    slowly.
# 2. $\alpha = 0.01$, because $\alpha/(1-\rho)$ stays the same. In D1's form, the weights
#    $(1-\beta)\beta^k$ add up to 1 for every $\beta$, so the length would not have changed.
# 3. In the course's form, the next step is a tenth of the last one. In D2's form it is shorter too,
#    but not as much. I prefer the course's form because it is simpler.

# %% [markdown] id="summary-idea"
# **Before you submit,** it's a good idea to restart the kernel and run all cells once more. The
# cell below then adds up the results of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"minibatches": 10, "sgd_momentum": 20, "nesterov": 20, "convert_momentum": 15, "curvature": 15, "steps_to_tol": 20},
    written=10,
)
