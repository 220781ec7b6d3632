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
# A gradient says which way is down, here and now. How to walk is up to you. In this notebook you turn gradients into
# steps: from the batch a gradient is measured on, through momentum, to Nesterov's look-ahead, and then you race them.
#
# **You will**
# 1. cut shuffled data into minibatches, none of them empty;
# 2. write gradient descent with and without momentum;
# 3. write Nesterov's momentum twice, and see that both are one;
# 4. translate between four ways in which the lectures write momentum, while the learning rate changes;
# 5. count the steps each rule takes on a ravine and on a saddle, and draw its path.
#
# **You will learn** why one step size cannot suit a ravine, what velocity adds up, what a look-ahead buys, and why a formula
# copied from one slide and a learning rate copied from another do not go together.
#
# **You need** NumPy indexing and what a gradient is. Nothing from the earlier assignments is used here.
#
# The lectures are called D0 to D4, as on the course's page of conventions. Some formulas on their slides are wrong as printed.
# Four of them are exercises here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **A rule is a function** `rule(w, dw, config) -> next_w, config`. It reads its settings from the dictionary `config`, and
#   leaves there what it must remember for the next step. `config` is the only thing that you write to: `w`, `dw` and every other
#   argument stay as they were.
# - **dtypes**: float32 in, float32 out; float64 in, float64 out; integers become float64.
# - **Shapes**: `w` may have any shape, also a single entry. Arrays may be read-only or slices of larger ones.
# - **Randomness** comes from the generator `rng` which you are given, never from `np.random` itself.
# - **Bad arguments** raise a `ValueError` which names what was given and what was expected. No warnings.
#
# The course writes momentum as $v \leftarrow \rho v + g$, then $x \leftarrow x - \alpha v$: $g$ is the gradient (`dw`), $\alpha$
# the learning rate, $\rho$ the momentum. In question 4 you meet the other ways.
#
# Each question has an idea, a function for you to fill in, a cell to try it, and a check. The checks here find the common mistakes;
# grading uses others, on other numbers.
#
# **Points**: `minibatches` 20, `sgd_momentum` 25, `nesterov` 25, `convert_momentum` 15, `steps_to_tol` 15, and the written question 10.

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

# %% [markdown] id="given-idea"
# Two landscapes to walk on. They are ready; only read them.
#
# - The **ravine** $f(x, y) = \frac12 (x^2 + 50 y^2)$ curves 50 times as much across as along: its *condition number* is 50.
# - The **saddle** $f(x, y) = \frac12 x^2 - \frac12 y^2 + \frac14 y^4$ is flat at $(0, 0)$, where it curves up along $x$ and down along
#   $y$. Its lowest points are $(0, \pm 1)$.

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
# The gradient over all $N$ examples is exact and dear; over $B$ of them it is noisy and cheap (D1, mini-batch gradient descent;
# D3, mini-batching). An *epoch* draws a fresh random order and walks through it in pieces of $B$, so that each example is used once:
#
# $$\text{batches in an epoch} = \lceil N / B \rceil, \quad\text{or}\quad \lfloor N / B \rfloor \text{ if the shorter last one is dropped.}$$
#
# Say which you mean when you say "SGD": D3 uses the word for single examples ($B = 1$), D0 and D4 for minibatches.


# %% nbgrader={"grade_id": "minibatches-given", "locked": true}
def epochs(N, B, rng, count):
    """Walk through the data so many times with your minibatches, all from one generator."""
    return [list(minibatches(N, B, rng)) for _ in range(count)]


# %% nbgrader={"grade_id": "minibatches", "solution": true}
from collections.abc import Iterable


def minibatches(
    N: int,
    B: int,
    rng: np.random.Generator,
    drop_last: bool = False,
) -> Iterable[np.ndarray]:
    """Cut a freshly shuffled 0, 1, ..., N-1 into pieces of B.

    Every index stands in exactly one batch. The last batch is shorter if B does not
    divide N; with drop_last such a shorter one is left out. No batch is empty. You may
    return a list, or yield the batches one after the other.

    Args:
        N: number of examples, at least 1.
        B: batch size, a whole number of at least 1; it may be larger than N.
        rng: where the order comes from; each call draws a new one.
        drop_last: leave out a last batch of fewer than B.
    Returns:
        index arrays, each of shape (B,), the last one perhaps shorter; dtype int.
    Raises:
        ValueError: B is not a whole number of at least 1; the message names the B that
            was given.
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

# %% nbgrader={"grade_id": "minibatches-check", "grade": true, "points": 20}
with check("minibatches") as c:
    rng = np.random.default_rng(0)
    before = str(np.random.get_state())
    batches = list(minibatches(10, 4, rng))
    c.true("np.random's own state is untouched", before == str(np.random.get_state()), "Draw from `rng` alone.")
    c.true(
        "a batch is an array of whole numbers of shape (B,)",
        all(isinstance(b, np.ndarray) and b.ndim == 1 and b.dtype.kind in "iu" for b in batches),
    )
    cases = (
        (10, 4, False, [4, 4, 2], "Is the shorter last batch there?"),
        (8, 4, False, [4, 4], "When B divides N nothing is left over for one batch more."),
        (3, 5, False, [3], "One batch can hold them all."),
        (10, 4, True, [4, 4], "The shorter last batch is left out."),
        (8, 4, True, [4, 4], "A last batch that is full is not a shorter one."),
        (3, 5, True, [], "Here the shorter last batch is the only one."),
    )
    for N, B, drop_last, want, hint in cases:
        sizes = [len(batch) for batch in minibatches(N, B, rng, drop_last)]
        c.equal(f"the list of sizes for N={N}, B={B}, drop_last={drop_last}", sizes, want, hint)
    indices = sorted(int(i) for batch in batches for i in batch)
    c.equal("the sorted list of all indices", indices, list(range(10)), "Each exactly once.")
    orders = [np.concatenate(list(minibatches(40, 7, rng))).tolist() for _ in range(2)]
    c.true("each call draws a new order", orders[0] != orders[1], "`rng` remembers where it was: draw from it.")
    c.true(
        "examples are shuffled, not whole batches",
        any(np.ptp(batch) > 3 for batch in minibatches(40, 4, rng)),
        "Neighbours should not stay together in a batch.",
    )
    one = np.concatenate(list(minibatches(200, 100, rng)))
    c.true("the order within a batch is random", (np.diff(one[:100]) < 0).any(), "Leave the batches as they are drawn.")
    seen = {int(i) for _ in range(40) for batch in minibatches(10, 4, rng, drop_last=True) for i in batch}
    c.equal("with drop_last, how many of 10 examples come in 40 epochs", len(seen), 10, "Shuffle all, then cut.")
    for B in (0, -4, 2.5):
        c.raises(f"B={B} raises a ValueError", ValueError, lambda B=B: list(minibatches(10, B, rng)), mentions=(B,))

# %% [markdown] id="minibatches-erratum"
# **A slide to mend.** D1's slide on mini-batch gradient descent runs `for b = 1, …, ⌊m/B⌋ + 1`, over the examples $B(b-1)+1$ to
# $\min(Bb, m)$. Run the cell: for which $m$ does that go wrong, and what would the mean of such a batch be? Then mend the marked line,
# so that all three lines read well.

# %% id="minibatches-mend" tags=["demo"]
B = 3
for m in (7, 8, 9):
    count = m // B + 1  # as printed: mend this line
    print(f"m={m}:", ", ".join(f"{B * (b - 1) + 1} to {min(B * b, m)}" for b in range(1, count + 1)))

# %% [markdown] id="minibatches-see"
# **What a larger batch buys.** D3 says that a larger $B$ reduces the variance of the gradient. Here 128 examples have each a gradient
# of its own, and your batches average them. See how the spread of these averages falls as $1/\sqrt B$ at first, so that four
# times the work halves the noise, and then faster: a batch of all 128 has no noise left, since nothing is drawn twice.

# %% id="minibatches-plot" tags=["demo"]
with attempt("minibatches"):
    rng = np.random.default_rng(1)
    N = 128
    gradients = rng.normal(size=N)  # one number an example
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
# ## 2. Step, and keep a velocity
#
# Gradient descent steps against the gradient (D0 and D3, gradient descent):
#
# $$x_{t+1} = x_t - \alpha\, g_t .$$
#
# In a ravine this zigzags: one $\alpha$ is too long across and too short along. Momentum (D0 and D4, SGD + momentum) adds the gradients
# up in a velocity which forgets slowly, and steps along that. What alternates cancels out, what persists adds up:
#
# $$v_{t+1} = \rho\, v_t + g_t, \qquad x_{t+1} = x_t - \alpha\, v_{t+1}, \qquad v_0 = 0 .$$
#
# The velocity lives in `config`, one `config` for each parameter. It must be an array of its own: training code often writes the
# next gradient into the same array `dw`, and the velocity must not change along with it.


# %% nbgrader={"grade_id": "sgd_momentum-given", "locked": true}
def one_array(name, gradients, w, config):
    """Take steps by the rule of that name, with every gradient written into one and the same array, as training code does."""
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
        ValueError: dw has not the shape of w; the message names both shapes.
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
        ValueError: dw has not the shape of w; the message names both shapes.
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

# %% nbgrader={"grade_id": "sgd_momentum-check", "grade": true, "points": 25}
with check("sgd_momentum") as c:
    W, DW = np.array([[1.0, -2.0, 0.5]]), np.array([[0.5, 1.0, -4.0]])

    def step(rule, dw=DW, **config):  # from fresh copies of W and dw
        return rule(W.copy(), dw.copy(), config)

    for name, rule in (("sgd", sgd), ("sgd_momentum", sgd_momentum)):
        with c.part(name):
            w, dw = W.copy(), DW.copy()
            next_w, _ = rule(w, dw, {"learning_rate": 0.1})
            c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array: make a new one.")
            c.unchanged("dw", dw, DW)
            c.close("first step: next_w", next_w, [[0.95, -2.1, 0.9]], hint="Downhill is against the gradient.")
            c.dtypes("next_w", lambda w, dw: rule(w, dw, {"learning_rate": 0.5})[0], 2 * W, 2 * DW)
            c.layouts("next_w", lambda w, dw: rule(w, dw, {"learning_rate": 0.5})[0], W, DW)
            for other in (DW[0], DW.T):
                sentence = f"dw of shape {other.shape} for w of shape {W.shape} raises a ValueError"
                c.raises(sentence, ValueError, rule, W, other, {"learning_rate": 0.1}, mentions=(W.shape, other.shape))
    with c.part("sgd_momentum"):
        next_w, config = step(sgd_momentum, learning_rate=0.1, momentum=0.5)
        c.entry("first step: config", config, "velocity", DW, hint="The velocity begins with zeros, and is kept in config.")
        c.true("the velocity is an array of its own, not dw", not np.shares_memory(config.get("velocity"), DW))
        c.entry("first step: config", config, "learning_rate", 0.1, hint="The settings stay in config.")
        next_w, config = sgd_momentum(next_w, np.array([[1.0, 0.0, 2.0]]), config)
        c.entry("second step: config", config, "velocity", [[1.25, 0.5, 0.0]], hint="momentum velocity + dw")
        c.close("second step: next_w", next_w, [[0.825, -2.15, 0.9]], hint="Which velocity moves w?")
        _, config = one_array("sgd_momentum", [DW, 0 * DW], W.copy(), {"learning_rate": 0.1, "momentum": 0.5})
        hint = "Does your velocity live in the array `dw`, which belongs to the caller?"
        c.entry("both gradients in one array: config", config, "velocity", [[0.25, 0.5, -2.0]], hint=hint)
        old = np.full((1, 3), 10.0)
        _, config = step(sgd_momentum, learning_rate=0.1, velocity=old.copy())
        c.entry("without a momentum: config", config, "velocity", 0.9 * old + DW, hint="Then it is 0.9.")
        _, config = step(sgd_momentum, learning_rate=0.1, momentum=0.0, velocity=old.copy())
        c.entry("with a momentum of 0: config", config, "velocity", DW, hint="0 is a setting, too.")

# %% [markdown] id="sgd_momentum-erratum"
# **A slide to mend.** D4's slide on SGD + momentum has `x += learning_rate * dx`. The formula next to it is right; the code is not
# (and D0 prints the same code correctly). Here it is on $f(x) = x^2$. Where does it go? Mend the marked line.

# %% id="sgd_momentum-mend" tags=["demo"]
x, learning_rate = 1.0, 0.2
for t in range(5):
    dx = 2 * x
    x += learning_rate * dx  # as printed: mend this line
    print(f"step {t + 1}: x = {x:.3f}, f = {x * x:.3f}")

# %% [markdown] id="sgd_momentum-see"
# **Is the velocity a "running mean"?** D0 and D4 say so. Push with a constant gradient of 1: a mean of ones would be 1. See where each
# curve settles: at $1 + \rho + \rho^2 + \dots = 1/(1-\rho)$, the dashed line. Velocity is a *sum* that forgets, so from $\rho = 0.9$ to
# $\rho = 0.99$ the steps along a steady slope become ten times as long.

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
# You know, before you measure the gradient, where velocity will carry you. Nesterov measures it *there* (D2 and D4, Nesterov
# momentum). In this course's letters, with $x$ the parameters and $\hat x$ the point looked ahead to:
#
# $$\hat x_t = x_t - \alpha \rho\, v_t, \qquad v_{t+1} = \rho\, v_t + \nabla f(\hat x_t), \qquad x_{t+1} = x_t - \alpha\, v_{t+1} .$$
#
# D2 and D4 keep $\alpha$ inside their velocity, so their look-ahead has no $\alpha$, and D4's velocity points downhill: do not mix the letters.
#
# "Annoying", says D4: a training loop has the gradient at the parameters it holds, and nowhere else. So hold the other point! Let
# the parameters *be* $\tilde x_t = x_t - \alpha\rho\, v_t$. Then the gradient is taken where they are, and only the update changes:
# start from $\tilde x_{t+1} = x_{t+1} - \alpha\rho\, v_{t+1}$, put in the three equations above, and simplify until only
# $\tilde x_t$, $v_{t+1}$ and $g_t = \nabla f(\tilde x_t)$ are left. That is `nesterov`, and with a constant $\alpha$ it walks the very
# same path. PyTorch's `SGD(nesterov=True)` is this form too.

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

    w is the point looked ahead to, dw the gradient there.

    velocity = momentum velocity + dw, as ever; next_w is for you to derive.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: as for sgd_momentum.
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new velocity in
            "velocity".
    Raises:
        ValueError: dw has not the shape of w; the message names both shapes.
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

# %% nbgrader={"grade_id": "nesterov-check", "grade": true, "points": 25}
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
        c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array: make a new one.")
        c.equal("the number of gradients a step", len(asked), 1, "Compute it once, and keep it in a variable.")
        c.close("the point where grad_fn is called", asked[0], [0.2, 0.0], hint="Where would velocity alone carry w?")
        c.entry("config", config, "velocity", [1.8, -4.0])
        c.close("next_w", next_w, [0.1, 0.0], hint="The step starts from w, not from the point looked ahead to.")
        c.dtypes("next_w", lambda w: nesterov_lookahead(w, same, {"learning_rate": 0.5})[0], W)
        c.layouts("next_w", lambda w: nesterov_lookahead(w, slope, {"learning_rate": 0.5})[0], W)
    with c.part("nesterov"):
        w, dw = W.copy(), DW.copy()
        next_w, config = nesterov(w, dw, {"learning_rate": 0.5, "momentum": 0.8, "velocity": V.copy()})
        c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array: make a new one.")
        c.unchanged("dw", dw, DW)
        c.entry("config", config, "velocity", [4.6, 0.0], hint="The velocity is that of sgd_momentum.")
        c.close("next_w", next_w, [-2.34, -4.0], hint="Do the substitution. In the result dw and the new velocity both appear.")
        w, config = W.copy(), {"learning_rate": 0.1, "momentum": 0.8}
        for _ in range(3):
            w, config = nesterov(w, w * np.array([1.0, 3.0]), config)
        want = [0.3952079999999999, 0.4658080000000003]
        c.close("w after three steps, as PyTorch takes them,", w, want, hint="Is the velocity kept in config?")
        _, config = one_array("nesterov", [DW, 0 * DW], W.copy(), {"learning_rate": 0.1, "momentum": 0.5})
        hint = "Does your velocity live in the array `dw`, which belongs to the caller?"
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
    c.close("both forms after three steps: the point looked ahead to", point, w, hint="It is nesterov's w.")
    for name, rule, given in (("nesterov_lookahead", nesterov_lookahead, lambda x: 0 * x), ("nesterov", nesterov, 0 * DW)):
        with c.part(name):
            _, config = rule(W.copy(), given, {"learning_rate": 0.1, "velocity": V.copy()})
            c.entry("without a momentum: config", config, "velocity", 0.9 * V, hint="Then it is 0.9.")
            _, config = rule(W.copy(), given, {"learning_rate": 0.1, "momentum": 0.0, "velocity": V.copy()})
            c.entry("with a momentum of 0: config", config, "velocity", 0 * V, hint="0 is a setting, too.")

# %% [markdown] id="nesterov-see"
# **What looking ahead buys.** Both rules run down the ravine with the same $\alpha$ and $\rho$; the plot shows how far
# they stand from its floor. Momentum swings through the floor again and again. Nesterov sees the other wall coming and brakes.
# It is no gift for every setting, though: put `learning_rate` at 0.03 and see which of the two still holds.

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
# Four slides, four momentums. With gradients $g_t$ and a learning rate $\alpha_t$ which may change at each step:
#
# | name here | lecture | history | step |
# |---|---|---|---|
# | the course's | D0, D3, D4 | $v_t = \rho\, v_{t-1} + g_t$ | $x_{t+1} = x_t - \alpha_t v_t$ |
# | `"ema"` | D1, moving average | $u_t = \mu_t u_{t-1} + (1 - \mu_t)\, g_t$ | $x_{t+1} = x_t - \eta_t u_t$ |
# | `"inside"` | D2, Polyak momentum | $m_t = \mu_t m_{t-1} + \eta_t g_t$ | $x_{t+1} = x_t - m_t$ |
# | `"heavy_ball"` | D3, heavy ball | $x_t - x_{t-1}$ | $x_{t+1} = x_t - \eta_t g_t + \mu_t (x_t - x_{t-1})$ |
#
# All start without a history: $v_{-1} = u_{-1} = m_{-1} = 0$, $x_{-1} = x_0$. D3 presents its two forms as one, with the same coefficients.
# They are one only while $\alpha$ is constant. So: given the $\alpha_t$ and the $\rho$ of the course's form, which $\mu_t$ and $\eta_t$ walk the
# *same path*, whatever the gradients? A way to find them: write $m_t$ and $x_t - x_{t-1}$ in terms of $v$, and put them in.


# %% nbgrader={"grade_id": "convert_momentum", "solution": true}
def convert_momentum(
    learning_rates: np.ndarray,
    rho: float,
    to: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients with which another form of momentum walks the course's path.

    The course's form is v_t = rho v_{t-1} + g_t, x_{t+1} = x_t - learning_rates[t] v_t;
    the others stand in the table above.

    Args:
        learning_rates: the course's alpha_t, all > 0, shape (T,); a list will do.
        rho: the course's momentum, in [0, 1).
        to: "ema", "inside" or "heavy_ball".
    Returns:
        mu and eta, both of shape (T,), new arrays of learning_rates' dtype. mu[0] meets
            no history yet: it is rho.
    Raises:
        ValueError: to is none of the three, rho is not in [0, 1), or a learning rate is
            not > 0; the message names what was given.
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
    path = [0.9, 1.5, 1.55, 1.40625]  # the course's form on these, from x = 1
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
            hint = "Find the first wrong step: has the rate just changed there?"
            c.close("the path", np.array(walked), path, hint=hint)
            c.close("mu[0]", mu[0], rho, hint="At the first step there is no earlier learning rate.")
            c.close("mu at a constant rate", convert_momentum([0.3, 0.3], rho, kind)[0], [rho, rho])
            c.close("mu of a single step", convert_momentum([0.3], rho, kind)[0], [rho])
            c.dtypes("mu, eta", lambda rates: np.stack(convert_momentum(rates, 0.5, kind)), np.array([1.0, 2.0]))
            c.layouts("mu, eta", lambda rates: np.stack(convert_momentum(rates, rho, kind)), RATES)
            for bad in (1.0, -0.5):
                c.raises(f"rho = {bad} raises a ValueError", ValueError, convert_momentum, RATES, bad, kind, mentions=(bad,))
            for bad in (0.0, -0.2):
                c.raises(f"a rate of {bad} raises a ValueError", ValueError, convert_momentum, [0.1, bad], rho, kind)
    for kind in ("polyak", "EMA"):
        sentence = f'convert_momentum: the unknown form "{kind}" raises a ValueError'
        c.raises(sentence, ValueError, convert_momentum, RATES, rho, kind, mentions=(kind,))

# %% [markdown] id="convert_momentum-erratum"
# **A slide to mend.** D3's slide on momentum says that $W_{t+1} = W_t - \alpha_t g_t + \beta_t (W_t - W_{t-1})$ is the same walk as
# $p_{t+1} = \beta_t p_t + g_t$, $W_{t+1} = W_t - \alpha_t p_{t+1}$. The plot holds it to that: along the ravine with $\rho = 0.9$, the
# learning rate drops tenfold after 15 steps. See the heavy ball with the printed coefficient rush on past the drop,
# as if nothing had happened, while with your $\mu_t$ it stays on the course's path.

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

# %% [markdown] id="steps_to_tol-idea"
# ## 5. Race them
#
# To compare rules, count steps. A rule has arrived at the first point $x_k$ of its path with a small gradient:
#
# $$k = \min \{\, k \le \text{max\_steps} : \lVert \nabla f(x_k) \rVert_2 \le \text{tol} \,\} .$$
#
# So $k = 0$ if the start is good enough, and the point after the very last step counts as well. (D0 and D4 run `range(1, num_iterations)`: one
# step short.) The norm is over all entries of the gradient, whatever its shape. On a ravine (D0 and D4, problems with SGD)
# the steep wall limits the learning rate and the gentle floor pays for it. Near a saddle the gradient is small although it is no minimum.


# %% nbgrader={"grade_id": "steps_to_tol-given", "locked": true}
def rolling_in_place():
    """Return a sentence, and a rule for which it holds: momentum that writes into the array that config holds."""

    def rule(w, dw, config):
        config["velocity"] *= 0.9
        config["velocity"] += dw
        return w - config["learning_rate"] * config["velocity"], config

    return "rule(w, dw, config) writes into the velocity array of the config that it is given.", rule


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
    """Follow a rule until the norm of the gradient is at most tol.

    Args:
        rule: takes w, dw and a config, returns next_w and the config to hand it at the
            next step.
        grad_fn: takes a point, returns the gradient there; call it once for each point
            of the path.
        w0: where to start, any shape.
        config: the rule's settings. Here config stays unchanged too, and so do the
            arrays in it, into which a rule may write: the next race starts from the
            same config.
        tol: the norm of the gradient to reach, > 0.
        max_steps: the most steps to take, >= 0.
    Returns:
        steps: the k of the equation above, or None if there is none; a gradient of nan,
            where a walk has blown up, is not at most tol.
        path: the points from w0 to the last one, shape (number of steps taken + 1,
            *w0.shape).
    Raises:
        ValueError: tol is not > 0, or max_steps < 0; the message names what was given.
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

# %% nbgrader={"grade_id": "steps_to_tol-check", "grade": true, "points": 15}
with check("steps_to_tol") as c:

    def stride(w, dw, config):
        """Move against the gradient's signs, 1 the first time, 2 the second, 3 the third ..."""
        config = {**config, "stride": config["stride"] + 1}
        return w - config["stride"] * np.sign(dw), config

    def stride_in_place(w, dw, config):
        """The same, with the number written into the config it is given, and into an array there, as a rule may."""
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
    c.equal("steps_to_tol: steps", steps, 3, "The norm is over all entries of the gradient; arrived is at most tol.")
    c.close("steps_to_tol: path", path, points, hint="It begins with w0 and ends where the rule arrived.")
    c.equal("steps_to_tol: the number of gradients", len(asked), 4, "One for each point: keep it in a variable.")
    config = {"stride": 0, "count": np.zeros(1)}
    steps, path = steps_to_tol(stride_in_place, bowl, W.copy(), config, 13.0, 50)
    c.equal("steps_to_tol, a rule that writes into its config: steps", steps, 3)
    c.equal("steps_to_tol, then the caller's config", config["stride"], 0, "Work on a copy: the next race would start with it.")
    c.entry("steps_to_tol, then the caller's config", config, "count", [0.0], hint="A copied dict still holds the caller's arrays.")
    for most, want in ((3, 3), (2, None), (0, None)):
        steps, path = steps_to_tol(stride, bowl, W.copy(), {"stride": 0}, 13.0, most)
        c.equal(f"steps_to_tol, max_steps={most}: steps", steps, want, "Look at the point after the last step, too.")
        c.shape(f"steps_to_tol, max_steps={most}: path", path, (most + 1, 2, 2))
    asked.clear()
    steps, path = steps_to_tol(stride, bowl, np.array([3.0, 4.0]), {"stride": 0}, 10.0, 50)
    c.equal("steps_to_tol, from a start whose norm is tol: steps", steps, 0, "At most tol is good enough.")
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
# **A picture worth keeping.** In the ravine each rule has a learning rate which suits it; for plain gradient descent 0.04 would
# already be too much. See it jump from wall to wall while it creeps along the floor, momentum swing and get on, and Nesterov brake
# before the far wall. The saddle's start lies 0.01 off the ridge. See all three slide towards the flat point, linger or swing past
# it, and find the way down.

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
# **Small gradient, no minimum.** Now ask for less, a tolerance of 0.2 instead of 0.001, and look where each rule "arrives" from the same
# start: beside the saddle, with $y$ hardly above 0, and it reports success. A small gradient is what a minimum and a
# saddle have in common. What would tell them apart?

# %% id="steps_to_tol-saddle" tags=["demo"]
with attempt("steps_to_tol"):
    for tol in (0.001, 0.2):
        for rule in (sgd, sgd_momentum, nesterov):
            settings = {"learning_rate": 0.1, "momentum": 0.8}
            steps, path = steps_to_tol(rule, saddle_grad, np.array([-1.5, 0.01]), settings, tol, 500)
            print(f"tol {tol:<6} {rule.__name__:12}  {steps:3} steps, y = {path[-1, 1]:.3f}")

# %% [markdown] id="written-question"
# ## 6. In your own words (10 points, read by a person)
#
# A classmate trains with this course's momentum, $\alpha = 0.1$ and $\rho = 0.9$, and all is well. D3 says that "$\beta = 0.9$ or $0.99$
# almost always works", so they change $\rho$ to 0.99 and nothing else. Now the loss swings up and down for hundreds of steps.
#
# 1. By what factor do the steps along a steady slope grow, and about how many past gradients does the velocity remember? Derive it.
# 2. Which $\alpha$ would have kept these steps as long as they were? And had the classmate been using D1's form (with a constant
#    learning rate), what would have become of these steps on changing its $\beta$ from 0.9 to 0.99? Say why.
# 3. Later they divide the learning rate by ten in the middle of training. How long is the very next step, compared with the last one,
#    in this course's form, and in D2's with its momentum coefficient kept at 0.9? Assume a steady gradient. Which of the two would you rather have, and why?

# %% [markdown] nbgrader={"grade_id": "optimizers-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. Under a steady gradient $g$ the velocity is $v_t = g\,(1 + \rho + \rho^2 + \dots + \rho^{t-1})$, which tends to $g/(1-\rho)$: 10 g for 0.9, 100 g
#    for 0.99. The steps become ten times as long. A gradient of $k$ steps ago has the weight $\rho^k$, which is about $e^{-k(1-\rho)}$: the memory is
#    about $1/(1-\rho)$ steps, 10 and then 100. So what was pushed long ago still carries the weights on after the slope has turned: swings that take
#    hundreds of steps to die out.
# 2. The length is $\alpha g/(1-\rho)$, so $\alpha = 0.01$ keeps it at $g$. D1's form is an average: its weights $(1-\beta)\beta^k$ add up to 1, so its
#    steady steps are $\alpha' g$ for every $\beta$: they would have stayed as long as they were (the memory grows all the same).
#    It corresponds to the course's form with $\alpha = \alpha'(1-\beta)$: changing $\beta$ there lowers our $\alpha$ by itself.
# 3. Steady state before: both forms step by $\alpha g/(1-\rho)$. In the course's form the velocity is multiplied by the new rate: the next step is a tenth
#    of the last one, at once. In D2's, $m = 0.9 \cdot m + 0.1\,\alpha g$: with $m = 10\,\alpha g$ that is $9.1\,\alpha g$, 0.91 of the last step; the drop takes
#    effect over the next tens of steps. So the same schedule means different walks. Either preference is fine with a reason:
#    the course's reacts at once, which is what one drops the rate for, if the loss swings; D2's changes smoothly and keeps the history's weight.
#
# **Rubric (10 points).** The geometric sum and the factor ten: 2. Memory of about $1/(1-\rho)$ steps, 10 and 100, with a reason: 2. $\alpha = 0.01$: 1.
# D1's steps stay, as its weights add up to 1: 2. A tenth at once in the course's form: 1. 0.91, or "nearly unchanged" with the
# recursion shown, in D2's: 1. A preference with a reason that fits: 1.

# %% [markdown] id="summary-idea"
# **Before you submit.** Run all cells from the top, then look here: this cell adds up what your own checks say.

# %% id="summary" tags=["demo"]
check.summary(
    {"minibatches": 20, "sgd_momentum": 25, "nesterov": 25, "convert_momentum": 15, "steps_to_tol": 15},
    written=10,
)
