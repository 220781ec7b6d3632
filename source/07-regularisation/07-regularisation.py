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
# # Teach a network not to learn by heart
#
# Suppose that your network has more weights than you have examples. Then it can memorise your
# training set, including the noise, and still be useless on the next example.
# In this notebook we make memorising harder: you penalise large weights, and you drop units and
# connections at random.
# Then you measure the costs and benefits of regularisation, and you learn to choose the right
# amount of it without fooling yourself.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `l2_loss`, `l1_loss`, `decoupled_decay` and `step_with_decay`: penalties and weight decay, and where Adam separates two methods that the lectures treat as one | 25 |
# | 2 | `dropout_forward` and `dropout_backward`, so that nothing has to change at test time | 35 |
# | 3 | `dropconnect_forward` and `dropconnect_backward`, which drop connections and not units | 20 |
# | 4 | `bias_variance` and `choose_penalty`: measure bias, variance and noise on many training sets, and choose a penalty with a dev set | 20 |
# | | A question in words, which a person grades | 10 |
#
# At the end, you build a network from your own layers, regularise it, and plot what changes.
#
# **Time:** plan about 6 hours. This is only our estimate, so don't worry if you need more or less.
#
# **You will learn** what each method does to a weight, and why the backward pass of dropout needs
# the mask of the forward pass.
# You will also learn why the "variance" of a model is an average over training sets, and why you
# can use a test set only once.
#
# **You need** NumPy broadcasting and the backward pass of an affine layer. The network at the end
# uses the functions below from earlier assignments. The notebook looks for your versions of them.
# If it doesn't find them, it uses the course's versions, so you can start here in any case:
#
# - 01: `affine_forward(x, w, b) -> out, cache` and `affine_backward(dout, cache) -> dx, dw, db`
# - 02: `relu_forward(x) -> out, cache` and `relu_backward(dout, cache) -> dx`
# - 03: `softmax_loss(x, y) -> loss, dx`
# - 06: `adam(w, dw, config) -> next_w, config`
#
# **Lecture note:** [Teach a network not to learn by heart](../../course/07-regularisation.md).
# We call the lectures D0 to D4. Some formulas on their slides contain mistakes, as everybody's
# slides do, and you will correct five of them here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# Please read these rules once before you start. They save you time later, because the checks expect
# them in every question.
#
# - **A penalty** is added to the mean loss over the batch. For L2 the penalty is
#   $\tfrac12\thinspace\texttt{reg}\sum W^2$, and for L1 it is $\texttt{reg}\sum |W|$. We penalise
#   only the weights, never a bias. (Our `reg` corresponds to $\lambda/m$ in D1.)
# - **Probabilities** are probabilities of *keeping* a unit: `keep_prob` is in (0, 1]. In D1, $p$
#   has the same meaning. But be careful with D2: `nn.Dropout(p=0.4)` takes the probability of
#   *dropping* a unit, so it corresponds to a `keep_prob` of 0.6.
# - **Leave your arguments unchanged,** including the dictionary with the settings. Only the
#   `config` of an optimizer changes, and only the optimizer writes to it.
# - **dtypes:** your result should have the same dtype as the input: float32 stays float32, and
#   float64 stays float64. Integers become float64.
# - **Shapes:** a batch can hold a single example. Your input arrays may be read-only, and they may
#   be slices of larger arrays. Do not loop over examples in Python.
# - **Randomness** comes from the generator that you receive, never from `np.random` itself. You may
#   use this generator in any way, because no check compares a sequence of random numbers. Its state
#   changes with each draw, so draw from the generator itself and not from a copy.
# - **Bad arguments** raise a `ValueError` that says what you got and what you expected. Your code
#   must not cause any warnings.
#
# Each question has an explanation, a function for you to write, a cell in which you can try it, and
# a check.
# The visible checks help you to find the most common mistakes. Grading uses different checks with
# different inputs, so make sure that your code is correct in general.
#
# We have folded the check cells, so that they do not distract you. Each check prints its verdict
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
        "This notebook needs the folder utils of 07-regularisation.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 07-regularisation.zip, then "
        "%cd training-neural-networks/release/07-regularisation, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

affine_forward, affine_backward = earlier("01-backprop", "affine_forward", "affine_backward")
relu_forward, relu_backward = earlier("02-activations", "relu_forward", "relu_backward")
softmax_loss = earlier("03-losses", "softmax_loss")
adam = earlier("06-adaptive", "adam")

# %% nbgrader={"grade_id": "given", "locked": true}
from collections.abc import Callable, Sequence

from utils.gradients import numeric_gradient
from utils.plotting import PALETTE, style

np.set_printoptions(precision=4, suppress=True)

# %% [markdown] id="penalties-idea"
# ## 1. Make large weights expensive
#
# *Lecture note: [Penalties on the
# weights](../../course/07-regularisation.md#penalties-on-the-weights) and [Weight
# decay](../../course/07-regularisation.md#weight-decay). Lectures: D1 (L2 regularization), D2
# (weight decay).*
#
# How can we keep a network from fitting the noise? One way is to make large weights expensive: we
# add a cost for large weights to the loss. This cost is called a **penalty**. You can think of the
# penalty as a price: a weight becomes large only if this lowers the data loss by more than the
# penalty costs:
#
# $$L = L_\text{data} + \tfrac12\thinspace\texttt{reg} \sum_{jk} W_{jk}^2, \qquad\qquad L = L_\text{data} + \texttt{reg} \sum_{jk} |W_{jk}| .$$
#
# The two penalties pull a weight towards zero in different ways. L2 pulls like a spring: the larger
# the weight, the stronger the pull, so L2 leaves small weights almost alone. L1 always pulls with
# the same force, however small the weight is.
# At zero, L1 has no derivative, but your code must return a number, so let's agree on 0.
#
# **Weight decay** does not need a penalty, so the loss stays the same. Instead, it shrinks every
# weight by a fraction before the optimizer takes its step:
#
# $$w \leftarrow (1 - \alpha\thinspace\texttt{decay})\thinspace w, \qquad \alpha \text{ the learning rate.}$$
#
# For plain gradient descent, one line shows that an L2 penalty and weight decay are the same:
# $w - \alpha\thinspace(g + \lambda w) = (1 - \alpha\lambda)\thinspace w - \alpha g$. This is why
# the lectures treat them as one method (D1, D2).
# But this is not true for every optimizer. Adam, for example, *divides* the gradient by its size.
# With L2, it divides the pull towards zero as well; with weight decay, it leaves the pull alone.
# So there are two ways to use a decay of $\lambda$ with an optimizer, and you write both:
#
# | `kind` | the optimizer gets | known as |
# |---|---|---|
# | `"l2"` | $w$, and the gradient of the penalised loss $L_\text{data} + \tfrac12\lambda\sum w^2$ | "L2", PyTorch's `Adam(weight_decay=λ)` |
# | `"decoupled"` | the shrunk weights, and the gradient of $L_\text{data}$ alone | AdamW |


# %% nbgrader={"grade_id": "penalties", "solution": true}
def l2_loss(w: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Return the L2 penalty of weights, and its gradient.

    loss = reg/2 sum(w^2)

    Args:
        w: weights, any shape.
        reg: strength of the penalty, >= 0.
    Returns:
        loss, a single number, and dw, of w's shape and dtype.
    Raises:
        ValueError: reg < 0; the message names it.
    """
    ### BEGIN SOLUTION
    if not reg >= 0:
        raise ValueError(f"reg is {reg}, expected a number >= 0")
    return 0.5 * reg * np.sum(w * w), reg * w
    ### END SOLUTION


def l1_loss(w: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Return the L1 penalty of weights, and its gradient (0 where a weight is 0).

    loss = reg sum(|w|)

    Args:
        w: weights, any shape.
        reg: strength of the penalty, >= 0.
    Returns:
        loss, a single number, and dw, of w's shape and dtype.
    Raises:
        ValueError: reg < 0; the message names it.
    """
    ### BEGIN SOLUTION
    if not reg >= 0:
        raise ValueError(f"reg is {reg}, expected a number >= 0")
    return reg * np.sum(np.abs(w)), reg * np.sign(w)
    ### END SOLUTION


def decoupled_decay(w: np.ndarray, learning_rate: float, decay: float) -> np.ndarray:
    """Shrink weights by a fraction.

    next_w = (1 - learning_rate decay) w

    Args:
        w: weights, any shape.
        learning_rate: learning rate of the optimizer, >= 0.
        decay: a number >= 0.
    Returns:
        next_w, a new array of w's shape and dtype.
    Raises:
        ValueError: learning_rate or decay is < 0; the message names it.
    """
    ### BEGIN SOLUTION
    if not (learning_rate >= 0 and decay >= 0):
        raise ValueError(f"learning_rate is {learning_rate} and decay is {decay}, expected both to be >= 0")
    return (1 - learning_rate * decay) * w
    ### END SOLUTION


def step_with_decay(
    rule: Callable[[np.ndarray, np.ndarray, dict], tuple[np.ndarray, dict]],
    w: np.ndarray,
    dw: np.ndarray,
    config: dict,
    decay: float,
    kind: str,
) -> tuple[np.ndarray, dict]:
    """Take one step of an optimizer, with one of the two kinds of decay in the table.

    Args:
        rule: the optimizer, rule(w, dw, config) -> next_w, config; call it once. Its
            step depends on dw and config only.
        w: weights, any shape.
        dw: gradient of the data loss, without a penalty, same shape.
        config: of the optimizer, with "learning_rate".
        decay: a number >= 0.
        kind: "l2" or "decoupled".
    Returns:
        next_w, a new array of w's shape and dtype, and the config that the optimizer
            returns.
    Raises:
        ValueError: kind is neither of the two, or decay < 0; the message names what you
            got.
    """
    ### BEGIN SOLUTION
    if kind == "l2":
        _, pull = l2_loss(w, decay)
        return rule(w, dw + pull, config)
    if kind == "decoupled":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")
    ### END SOLUTION


# %% id="penalties-try" tags=["demo"]
with attempt("penalties"):
    w = np.array([[3.0, -0.5], [0.0, 1.0]])
    for penalty in (l2_loss, l1_loss):
        loss, dw = penalty(w, 0.1)
        print(f"{penalty.__name__}: {loss:.3f}, gradient", *dw)
    print("decayed:", *decoupled_decay(w, 0.5, 0.2))

# %% nbgrader={"grade_id": "penalties-check", "grade": true, "points": 25}
with check("penalties") as c:
    W = np.array([[3.0, -0.5, 0.0], [2.0, -1.0, 0.25]])
    DW = np.array([[0.1, 0.2, -0.3], [-3.0, 0.4, 0.5]])
    WHOLE = np.array([[4.0, -2.0, 6.0]])
    with c.part("l2_loss"):
        w = W.copy()
        loss, dw = l2_loss(w, 0.2)
        c.unchanged("w", w, W)
        if c.close("loss", loss, 1.43125, hint="The loss is half of reg times the sum of squares."):
            c.gradient("dw", dw, lambda x: l2_loss(x, 0.2)[0], W, hint="dw must be the gradient of your own loss.")
        hint = "What happens to the factor 1/2 when you differentiate?"
        c.close("dw", dw, [[0.6, -0.1, 0.0], [0.4, -0.2, 0.05]], hint=hint)
    with c.part("l1_loss"):
        w = W.copy()
        with np.errstate(all="ignore"):  # 0 / 0 is looked at below
            loss, dw = l1_loss(w, 0.2)
        c.unchanged("w", w, W)
        c.close("loss", loss, 1.35, hint="A negative weight has a positive cost, too.")
        hint = "The pull is equally strong for small and large weights, and 0 at zero."
        if c.close("dw", dw, [[0.2, -0.2, 0.0], [0.2, -0.2, 0.2]], hint=hint):
            with np.errstate(all="raise"):  # a division of zero by zero stops here
                l1_loss(w, 0.2)
    with c.part("decoupled_decay"):
        w = W.copy()
        next_w = decoupled_decay(w, 0.5, 0.2)
        c.unchanged("w", w, W, hint="`w *= ...` writes into the caller's array. Make a new array.")
        c.close("next_w", next_w, 0.9 * W, hint="The factor contains both learning_rate and decay.")
        c.close(
            "a large rate and decay: next_w",
            decoupled_decay(W.copy(), 1.0, 3.0),
            -2 * W,
            hint="Use the formula, even if the factor becomes negative.",
        )
        still = decoupled_decay(w, 0.0, 0.2)
        c.true("next_w is a new array, even for a rate of 0", not np.shares_memory(still, w), "Do not return w itself.")
        for numbers in ((0.1, -7), (-7, 0.1)):
            sentence = f"learning_rate = {numbers[0]}, decay = {numbers[1]} raises a ValueError"
            c.raises(sentence, ValueError, decoupled_decay, W.copy(), *numbers, mentions=(-7,))
    for name, penalty in (("l2_loss", l2_loss), ("l1_loss", l1_loss)):
        with c.part(name):
            c.close("reg = 0: loss", penalty(W.copy(), 0.0)[0], 0.0)
            c.raises("reg = -3 raises a ValueError", ValueError, penalty, W.copy(), -3, mentions=(-3,))
            c.dtypes("loss", lambda w, penalty=penalty: penalty(w, 0.5)[0], WHOLE)
            c.dtypes("dw", lambda w, penalty=penalty: penalty(w, 0.5)[1], WHOLE)
            c.layouts("dw", lambda w, penalty=penalty: penalty(w, 0.5)[1], W)
    c.dtypes("decoupled_decay, next_w", lambda w: decoupled_decay(w, 0.5, 0.25), WHOLE)
    asked = []

    def loud(w, dw, config):
        """Record the arguments, move against the signs of the gradient, and halve the rate."""
        asked.append((np.array(w), np.array(dw)))
        rate = config["learning_rate"]
        config = {**config, "steps": config.get("steps", 0) + 1, "learning_rate": rate / 2}
        return w - (rate * np.sign(dw)).astype(w.dtype), config

    for kind, decay in (("l2", 2.0), ("decoupled", 0.2)):
        with c.part(f'step_with_decay, "{kind}"'):
            w, dw = W.copy(), DW.copy()
            asked.clear()
            next_w, config = step_with_decay(loud, w, dw, {"learning_rate": 0.5, "steps": 6}, decay, kind)
            c.unchanged("w", w, W)
            c.unchanged("dw", dw, DW, hint="`dw += ...` writes into the caller's array. Make a new array.")
            c.equal("the number of calls of the optimizer", len(asked), 1)
            at, gradient = asked[0]
            if kind == "l2":
                want = [[6.1, -0.8, -0.3], [1.0, -1.6, 1.0]]
                c.close("the gradient that the optimizer gets", gradient, want, hint="Pass the gradient of the penalised loss.")
                c.close("the weights that the optimizer gets", at, W)
                c.close("next_w", next_w, [[2.5, 0.0, 0.5], [1.5, -0.5, -0.25]])
            else:
                c.close("the gradient that the optimizer gets", gradient, DW, hint="Pass the gradient of the data loss only.")
                hint = "Shrink w before the step, with the learning rate of this step."
                c.close("next_w", next_w, [[2.2, -0.95, 0.5], [2.3, -1.4, -0.275]], hint=hint)
            c.entry("config", config, "steps", 7, hint="Return the config that the optimizer returns.")
            step = step_with_decay(loud, np.float32(W), np.float32(DW), {"learning_rate": 0.5}, 0.25, kind)
            c.equal("the dtype of next_w for float32", step[0].dtype.name, "float32")
            sentence = "decay = -7 raises a ValueError"
            c.raises(sentence, ValueError, step_with_decay, loud, W, DW, {"learning_rate": 0.5}, -7, kind, mentions=(-7,))
    for kind in ("L1", "L2"):
        sentence = f'step_with_decay: the unknown kind "{kind}" raises a ValueError'
        c.raises(sentence, ValueError, step_with_decay, loud, W, DW, {"learning_rate": 0.5}, 0.1, kind, mentions=(kind,))

# %% [markdown] id="penalties-erratum"
# **Correct two slides** (not graded). Test an update from a slide before you use it, because
# anybody can lose a factor along the way. The slide on L2 regularization (D1) has the cost
# $J = \frac1m L + \frac{\lambda}{2m}\lVert W \rVert^2$, where $L$ is the sum over the $m$ examples.
# Then it gives the gradient $\frac{\partial L}{\partial W} + \frac{\lambda}{m} W$ and,
# "simplified", the update $W - \frac{\alpha\lambda}{m} - \alpha \frac{\partial L}{\partial W}$. The
# cell below compares this gradient and this update with a numerical gradient of $J$ itself.
# Correct the two marked lines until both pairs agree.
# (D2's update $x - \lambda\nabla L - \beta x$ has also lost a factor. Can you see which one? What
# would happen for $\beta = 0.5$ with a learning rate $\lambda$ of 0.001? If you get stuck, the
# lecture note answers both questions under "Weight decay".)

# %% id="penalties-mend" tags=["demo"]
rng = np.random.default_rng(2)
m, lam, alpha = 4, 2.0, 0.1
x, y, W = rng.normal(size=(m, 3)), rng.normal(size=m), np.array([1.0, -2.0, 3.0])


def J(W):
    return 0.5 * np.sum((x @ W - y) ** 2) / m + lam / (2 * m) * np.sum(W**2)


dL = x.T @ (x @ W - y)
dJ = dL + lam / m * W  # as printed: correct this line
next_W = W - alpha * lam / m - alpha * dL  # as printed: correct this line
print("gradient  measured", numeric_gradient(J, W), " yours", dJ)
print("update    measured", W - alpha * numeric_gradient(J, W), " yours", next_W)

# %% [markdown] id="penalties-see"
# **What does each penalty do to a weight?** Let's watch 61 weights at once. The data loss of each
# weight is $\frac12(w - a)^2$, with a different $a$ for each of them.
# Your gradients move each weight to the point where the data loss and the penalty balance.
# Notice that L2 makes the line less steep: large weights change most, and no weight becomes zero,
# except at $a = 0$.
# L1 shifts the line and makes part of it flat: a weight becomes zero if $|a|$ is less than `reg`.
# This is why we say that L1 makes the weights *sparse*.
#
# The dashed line shows another penalty, `+‖W‖·reg`, without a square. It comes from D4's slide on
# softmax. Its gradient, $\texttt{reg}\thinspace W / \lVert W \rVert$, has length `reg` for all 61
# weights together.
# So the larger the matrix, the less each weight changes. Before you go on, ask yourself: what is
# this gradient at $W = 0$?

# %% id="penalties-plot" tags=["demo"]
with attempt("penalties"):
    wanted, reg = np.linspace(-3, 3, 61), 1.0
    places = {}
    for name, pull in (
        ("no penalty", lambda w: 0 * w),
        ("L2", lambda w: l2_loss(w, reg)[1]),
        ("L1", lambda w: l1_loss(w, reg)[1]),
        ("D4's norm, as printed", lambda w: reg * w / np.sqrt(np.sum(w * w))),
    ):
        w = wanted.copy()
        for t in range(500):
            w = w - 0.3 / (1 + t / 10) * (w - wanted + pull(w))
        places[name] = w
    with style():
        fig, ax = plt.subplots()
        for (name, w), color, line in zip(
            places.items(), (PALETTE[6], PALETTE[0], PALETTE[1], PALETTE[2]), (":", "-", "-", "--"), strict=True
        ):
            ax.plot(wanted, w, line, color=color, label=name)
        ax.set(xlabel="a, the minimum of the data loss", ylabel="final weight")
        ax.legend()
    for name, w in places.items():
        print(f"{name:22} for a = 3.0: w = {w[-1]:.1f}; {np.sum(np.abs(w) < 0.05):2} of 61 at zero")
    show(
        fig,
        "Final weights against the minima of the data loss: L2 halves every weight, L1 moves each towards zero by 1 and leaves those "
        "within 1 at zero, the norm without a square hardly moves any.",
    )

# %% [markdown] id="penalties-adam"
# **Where does Adam separate L2 from weight decay?** To find out, let's try an experiment in which
# the data loss contains no information: its gradients are pure noise, small for some weights and
# large for others. So only the decay pulls the weights towards zero.
# Decoupled decay shrinks all of these weights equally, by $(1 - \alpha\lambda)^{1000}$.
# With L2, Adam divides the pull $\lambda w$ by the size of the gradients. So a weight with large
# gradients hardly shrinks, but a weight with small gradients quickly becomes zero.
# Here is a question that matters in practice: D2's slide on weight decay uses
# `Adam(weight_decay=0.01)`. Which of the two methods is this?

# %% id="penalties-adam-plot" tags=["demo"]
with attempt("penalties"):
    noise = np.logspace(-3, 2, 26)  # the size of a weight's gradients
    alpha, decay, steps = 0.002, 0.5, 1000
    left = {}
    for kind in ("l2", "decoupled"):
        rng = np.random.default_rng(0)
        w, config = np.ones((100, 26)), {"learning_rate": alpha}  # 100 weights of each size
        for _ in range(steps):
            w, config = step_with_decay(adam, w, noise * rng.normal(size=w.shape), config, decay, kind)
        left[kind] = w.mean(axis=0)
    with style():
        fig, ax = plt.subplots()
        ax.semilogx(noise, left["l2"], "o-", markersize=4, color=PALETTE[1], label="Adam with L2")
        ax.semilogx(noise, left["decoupled"], "s-", markersize=4, color=PALETTE[0], label="Adam with decoupled decay")
        ax.axhline((1 - alpha * decay) ** steps, color=PALETTE[6], linestyle=":", label=r"$(1 - \alpha\lambda)^{1000}$")
        ax.set(xlabel="size of the weight's gradients", ylabel="final value of a weight of 1", ylim=(-0.1, 1.1))
        ax.legend(loc="upper left")
    for kind in left:
        print(f"{kind:9}  final weight for gradients of 0.001: {left[kind][0]:.1f}, of 100: {left[kind][-1]:.1f}")
    show(
        fig,
        "What 1000 steps of decay leave of a weight, against the size of its gradients: with decoupled decay the same for all, "
        "with L2 inside Adam next to nothing where gradients are small and all of it where they are large.",
    )

# %% [markdown] id="dropout-idea"
# ## 2. Drop units
#
# *Lecture note: [Dropout](../../course/07-regularisation.md#dropout). Lectures: D0 (dropout: "a
# redundant representation"), D1.*
#
# If a unit relies on one particular other unit, the pair may fit the training set and nothing else.
# You know this from teams: if only one person knows how something works, the team is in trouble
# when this person is ill.
# Dropout prevents such pairs: in each forward pass of training, it sets some units to zero at
# random.
# We keep each unit with a probability of 0.6 to 0.8, or 0.5 for a stronger effect (D1).
# Your code makes a random choice for each entry of $x$, so each example in the batch loses
# different units:
#
# $$\text{out} = \frac{m \odot x}{k}, \qquad m_{ij} = \begin{cases} 1 & \text{with probability } k \cr 0 & \text{else,} \end{cases}$$
#
# where $k$ is `keep_prob` and $\odot$ multiplies entry by entry.
# The slides leave out the division by `keep_prob`, but you need it, because it makes
# $\mathbb{E}[\text{out}] = x$.
# For example, with a `keep_prob` of 0.8 an entry of 4 becomes either 5 or 0, and 4 on average.
# So the next layer sees, on average, the same values as at test time, when we drop nothing and
# $\text{out} = x$. We call this form **inverted dropout**.
# In the backward pass, the gradient flows only through the units that you kept, so the backward
# pass needs exactly the mask of its forward pass.


# %% nbgrader={"grade_id": "dropout", "solution": true}
def dropout_forward(x: np.ndarray, dropout_param: dict) -> tuple[np.ndarray, object]:
    """Drop entries of x at random and scale up the others; at test time return x.

    out = mask x / keep_prob in training, out = x at test time

    Args:
        x: input, any shape; every entry is kept or dropped independently.
        dropout_param: holds "keep_prob", a number in (0, 1]; "mode", "train" or "test";
            and "rng", a np.random.Generator, the source of the mask, which may be
            missing in test mode.
    Returns:
        out, of x's shape and dtype, and a cache for dropout_backward, which may be
            called after other passes, and more than once.
    Raises:
        ValueError: keep_prob is not in (0, 1], in either mode, or mode is neither of
            the two; the message names what you got.
    """
    ### BEGIN SOLUTION
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask
    ### END SOLUTION


def dropout_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the input of dropout_forward.

    Args:
        dout: upstream gradient, of the output's shape.
        cache: from dropout_forward, returned together with this output.
    Returns:
        dx, the gradient with respect to x, of dout's shape and dtype.
    """
    ### BEGIN SOLUTION
    return dout if cache is None else dout * cache
    ### END SOLUTION


# %% [markdown] id="dropout-given-idea"
# You can relax in the next cell, because there is nothing for you to write. It defines
# `two_passes`, which calls your function twice with the same settings, as a training loop does.
# Grading uses it to test whether the second pass draws a new mask.


# %% nbgrader={"grade_id": "dropout-given", "locked": true}
def two_passes(x, dropout_param):
    """Return the outputs of two passes in a row."""
    return dropout_forward(x.copy(), dropout_param)[0], dropout_forward(x.copy(), dropout_param)[0]


# %% id="dropout-try" tags=["demo"]
with attempt("dropout"):
    settings = {"keep_prob": 0.75, "mode": "train", "rng": np.random.default_rng(3)}
    x = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]])
    for name in ("first", "second"):
        out, cache = dropout_forward(x, settings)
        print(f"{name} pass: out", *out)
    print("             dx ", *dropout_backward(np.ones((2, 6)), cache))
    print("test:        out", *dropout_forward(x, {"keep_prob": 0.75, "mode": "test"})[0])

# %% nbgrader={"grade_id": "dropout-check", "grade": true, "points": 35}
with check("dropout") as c:
    X = np.arange(1.0, 6001.0).reshape(100, 60)
    DOUT = np.random.default_rng(1).uniform(1, 2, size=(100, 60))
    rng = np.random.default_rng(11)
    settings = {"keep_prob": 0.8, "mode": "train", "rng": rng}

    def seeded(x, mode="train"):
        """Return out and cache, with a new rng of the same state each time."""
        return dropout_forward(x, {"keep_prob": 0.5, "mode": mode, "rng": np.random.default_rng(3)})

    with c.part("dropout_forward"):
        x = X.copy()
        out, cache = dropout_forward(x, settings)
        c.unchanged("x", x, X, hint="Write into a new array.")
        c.equal(
            "the keys of dropout_param",
            sorted(settings),
            ["keep_prob", "mode", "rng"],
            "dropout_param belongs to the caller; do not add keys.",
        )
        c.true("settings in dropout_param are unchanged", (settings["keep_prob"], settings["mode"]) == (0.8, "train"))
        if c.shape("train: out", out, (100, 60)):
            kept = out != 0
            hint = "keep_prob is the probability to keep, not to drop."
            c.true("about 80 of 100 entries are kept", 0.77 < kept.mean() < 0.83, hint)
            c.close(
                "train: out where it is kept", out[kept], X[kept] / 0.8, hint="Scale the kept entries so that the mean does not change."
            )
            rows, columns = kept.sum(axis=1), kept.sum(axis=0)
            c.true("no row is dropped or kept as a whole", rows.min() > 0 and rows.max() < 60, "Decide for each entry separately.")
            c.true(
                "no column is dropped or kept as a whole",
                columns.min() > 0 and columns.max() < 100,
                "Decide for each example separately, too.",
            )
            c.true("not every row keeps the same number", np.ptp(rows) > 0, "The decisions for different entries must be independent.")
            counts = {int((dropout_forward(X, settings)[0] != 0).sum()) for _ in range(5)}
            c.true("not every pass keeps the same number", len(counts) > 1, "keep_prob is the kept fraction on average only.")
            other = dropout_forward(X, settings)[0] != 0
            c.true("the next pass has another mask", not np.array_equal(other, kept), "Draw from the rng that you receive.")
            same = np.array_equal(seeded(X)[0], seeded(X)[0])
            c.true("the same state of rng gives the same mask", same, "Draw from the rng that you receive, not from np.random.")
        whole = dropout_forward(X, {**settings, "keep_prob": 1.0})[0]
        c.close("keep_prob = 1: out", whole, X, hint="With keep_prob = 1 nothing is dropped.")
        out = seeded(X, "test")[0]
        hint = "Training already scales, so do not scale at test time." if np.all(out) else "Does your code look at the mode?"
        c.close("test: out", out, X, hint=hint)
        with c.part("dropout_forward in test mode, without an rng"):
            c.close("out", dropout_forward(X, {"keep_prob": 0.8, "mode": "test"})[0], X)
        for shape in ((60,), (4, 3, 5), (4, 3, 5, 6)):
            x = X.flat[: np.prod(shape)].reshape(shape)
            c.shape(f"train, x of shape {shape}: out", seeded(x)[0], shape, "x may have any shape.")
        channels = (seeded(X.reshape(100, 10, 6))[0] != 0).sum(axis=2)  # (100, 10)
        c.true(
            "three axes: along the last axis, some entries are kept and some are dropped",
            0 < np.median(channels) < 6,
            "Decide for each entry separately.",
        )
        for mode in ("train", "test"):
            hint = "The mask and its scale need x's dtype. Whole numbers become float64, in test mode too."
            c.dtypes(f"{mode}: out", lambda x, mode=mode: seeded(x, mode)[0], X[:2], hint=hint)
        c.layouts("train: out", lambda x: seeded(x)[0], X[:4])
        for keep_prob in (0.0, -3, 1.2):
            for mode in ("train", "test"):
                bad = {**settings, "keep_prob": keep_prob, "mode": mode}
                sentence = f"{mode}: keep_prob = {keep_prob} raises a ValueError"
                c.raises(sentence, ValueError, dropout_forward, X, bad, mentions=(keep_prob,))
        for mode in ("eval", "Train"):
            bad = {**settings, "mode": mode}
            c.raises(f'mode "{mode}" raises a ValueError', ValueError, dropout_forward, X, bad, mentions=(mode,))
    with c.part("dropout_backward"):
        out, cache = dropout_forward(X, settings)
        kept, dout = out != 0, DOUT.copy()
        dx = np.array(dropout_backward(dout, cache))
        c.unchanged("dout", dout, DOUT)
        c.close("dx where the unit was dropped", dx[~kept], 0 * dx[~kept], hint="Do you use the mask of this forward pass?")
        hint = "Use the same factor as in the forward pass."
        c.close("dx where it was kept", dx[kept], (DOUT * out / X)[kept], hint=hint)
        dropout_forward(X, settings)
        again = dropout_backward(DOUT, cache)
        c.close("dx of the same pass, computed again after another pass", again, dx, hint="Keep the mask in the cache of its pass.")
        _, cache = dropout_forward(0 * X, settings)
        through = dropout_backward(DOUT, cache) != 0
        hint = "A kept unit can have an output of 0."
        c.true("gradients reach kept units whose x is 0", through.any() and not through.all(), hint)
        _, cache = seeded(X, "test")
        c.close("test: dx", dropout_backward(DOUT, cache), DOUT, hint="At test time nothing is dropped and nothing is scaled.")
        for shape in ((60,), (4, 3, 5)):
            x = X.flat[: np.prod(shape)].reshape(shape)
            c.shape(f"x of shape {shape}: dx", dropout_backward(x, seeded(x)[1]), shape)
        for mode in ("train", "test"):
            dx = dropout_backward(np.float32(DOUT[:2]), seeded(np.float32(X[:2]), mode)[1])
            c.equal(f"{mode}: the dtype of dx for float32", dx.dtype.name, "float32", "The mask in the cache needs x's dtype.")

# %% [markdown] id="dropout-erratum"
# **Correct a slide** (not graded). The slides in D0 and D1 drop units in training and use all units
# at test time, without any scaling. They treat DropConnect in the same way. Do you think that your
# network would notice?
# Let's try it for one unit with 200 inputs: the cell compares the mean of 2000 training passes with
# the value at test time.
# If the two differ, the next layer sees values at test time that it has never seen in training.
# Correct the marked line so that the two values agree.

# %% id="dropout-mend" tags=["demo"]
rng = np.random.default_rng(4)
x, w, keep_prob = rng.random(200), rng.normal(size=200) + 0.1, 0.5
in_training = []
for _ in range(2000):
    mask = rng.random(200) < keep_prob  # as printed: correct this line
    in_training.append((mask * x) @ w)
print(f"mean in training {np.mean(in_training):.1f}, at test time {x @ w:.1f}")

# %% [markdown] id="dropout-see"
# **An ensemble in one network.** The lecture says that dropout is "like training a large ensemble
# of models" (D0). Let's look at an ensemble that is small enough to list: 10 hidden units and a
# linear output give $2^{10}$ **thinned networks**, that is, networks with some units missing.
# The bars in the plot show the outputs of all 1024 networks, weighted by their probability under
# dropout.
# Notice that the average of your random passes agrees with the average of all these networks.
# And here is the nice part: because the output is linear, a single pass without dropout gives the
# same value at once. (After a softmax or another layer, it is still a good approximation.)

# %% id="dropout-plot" tags=["demo"]
with attempt("dropout"):
    rng = np.random.default_rng(6)
    hidden, w, keep_prob = np.abs(rng.normal(size=10)) + 0.2, rng.normal(size=10), 0.7
    masks = (np.arange(1024)[:, None] >> np.arange(10)) & 1  # (1024, 10), every way of keeping some units
    odds = keep_prob ** masks.sum(axis=1) * (1 - keep_prob) ** (10 - masks.sum(axis=1))
    answers = masks * hidden / keep_prob @ w
    settings = {"keep_prob": keep_prob, "mode": "train", "rng": rng}
    passes = dropout_forward(np.tile(hidden, (5000, 1)), settings)[0] @ w
    whole = dropout_forward(hidden, {**settings, "mode": "test"})[0] @ w
    with style():
        fig, ax = plt.subplots()
        ax.hist(answers, bins=40, weights=odds, color=PALETTE[4], label="all 1024 thinned networks")
        ax.axvline(odds @ answers, color=PALETTE[6], linewidth=5, alpha=0.4, label="their average")
        ax.axvline(passes.mean(), color=PALETTE[1], linestyle="--", label="average of 5000 of your passes")
        ax.axvline(whole, color=PALETTE[0], linestyle=":", label="one pass in test mode")
        ax.set(xlabel="output", ylabel="probability", ylim=(0, 0.105))
        ax.legend(loc="upper right", fontsize="small")
    print(f"average of all networks {odds @ answers:.2f}, of your passes {passes.mean():.1f}, one pass in test mode {whole:.2f}")
    show(
        fig,
        "The outputs of all 1024 thinned networks spread widely; their average, the average of random passes and the single pass "
        "without dropout fall on the same line.",
    )

# %% [markdown] id="dropconnect-idea"
# ## 3. Drop connections
#
# *Lecture note: [DropConnect](../../course/07-regularisation.md#dropconnect). Lecture: D0.*
#
# When you drop a unit, you cut all its outgoing connections. Could we cut single connections
# instead? This is the idea of DropConnect: in training it sets random weights to zero, and at test
# time it uses all weights. For an affine layer, this gives us
#
# $$\text{out} = x\thinspace W_m + b, \qquad W_m = \frac{M \odot W}{k}, \qquad M_{ij} \in \lbrace 0, 1\rbrace \text{ as in dropout.}$$
#
# As in dropout, $k$ stands for `keep_prob`.
# In this course, each forward pass draws **one mask for the whole batch**, so the layer is still a
# single matrix product. We never drop the bias.
# (Wan et al., who invented DropConnect, draw a mask for every example. This takes N times the
# memory.)
# You already know most of the backward pass: take the affine layer of assignment 01, replace $W$ by
# $W_m$, and add one more step from $W_m$ to $W$.


# %% nbgrader={"grade_id": "dropconnect", "solution": true}
def dropconnect_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    param: dict,
) -> tuple[np.ndarray, object]:
    """Run an affine layer; in training, drop weights at random.

    out = x (mask w / keep_prob) + b in training, out = x w + b at test time

    Args:
        x: (N, D).
        w: (D, M); every weight is kept or dropped independently, with one mask for all
            examples.
        b: (M,), never dropped.
        param: holds "keep_prob", a number in (0, 1]; "mode", "train" or "test"; and
            "rng", the source of the mask, which may be missing in test mode.
    Returns:
        out, (N, M), of the arguments' dtype, and a cache for dropconnect_backward,
            which may be called after other passes, and more than once.
    Raises:
        ValueError: keep_prob is not in (0, 1], in either mode, or mode is neither of
            the two; the message names what you got.
    """
    ### BEGIN SOLUTION
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    if w.dtype.kind != "f":
        w = w.astype(np.float64)
    mask = np.ones_like(w)
    if mode == "train":
        mask = (param["rng"].random(w.shape) < keep_prob) / w.dtype.type(keep_prob)
    return x @ (w * mask) + b, (x, w, mask)
    ### END SOLUTION


def dropconnect_backward(
    dout: np.ndarray,
    cache: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to the arguments of dropconnect_forward.

    Args:
        dout: upstream gradient, (N, M).
        cache: from dropconnect_forward, returned together with its output.
    Returns:
        dx (N, D), dw (D, M) and db (M,).
    """
    ### BEGIN SOLUTION
    x, w, mask = cache
    return dout @ (w * mask).T, x.T @ dout * mask, dout.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "dropconnect-given", "locked": true}
def two_passes_of_connections(x, w, b, param):
    """Return the outputs of two passes in a row; grading compares their masks."""
    return dropconnect_forward(x, w, b, param)[0], dropconnect_forward(x, w, b, param)[0]


# %% id="dropconnect-try" tags=["demo"]
with attempt("dropconnect"):
    settings = {"keep_prob": 0.5, "mode": "train", "rng": np.random.default_rng(8)}
    w, b = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.1, 0.2, 0.3])
    out, cache = dropconnect_forward(np.eye(2), w, b, settings)  # with this x, out - b equals the weights
    print("weights in this pass:", *(out - b))
    print("dw:", *dropconnect_backward(np.ones((2, 3)), cache)[1])

# %% nbgrader={"grade_id": "dropconnect-check", "grade": true, "points": 20}
with check("dropconnect") as c:
    rng = np.random.default_rng(12)
    EYE, W, B = np.eye(50), rng.uniform(1, 2, size=(50, 40)), rng.normal(size=40)
    X, DOUT = rng.normal(size=(4, 50)), rng.normal(size=(4, 40))
    settings = {"keep_prob": 0.7, "mode": "train", "rng": rng}

    def seeded(x, w, b, mode="train"):
        """Return out and cache, with a new rng of the same state each time."""
        param = {"keep_prob": 0.5, "mode": mode, "rng": np.random.default_rng(3)}
        return dropconnect_forward(x, w, b, param)

    with c.part("dropconnect_forward"):
        x, w, b = EYE.copy(), W.copy(), 0 * B
        out, cache = dropconnect_forward(x, w, b, settings)  # with this x and b, out equals the weights
        for name, array, before in (("x", x, EYE), ("w", w, W), ("b", b, 0 * B)):
            c.unchanged(name, array, before, hint="Write into a new array.")
        c.equal("the keys of param", sorted(settings), ["keep_prob", "mode", "rng"], "param belongs to the caller; do not add keys.")
        if c.shape("train: out", out, (50, 40)):
            kept = out != 0
            hint = "keep_prob is the probability to keep, not to drop."
            c.true("about 70 of 100 weights are kept", 0.64 < kept.mean() < 0.76, hint)
            c.close("the weights that are kept", out[kept], W[kept] / 0.7, hint="Scale the kept weights so that the mean does not change.")
            rows, columns = kept.sum(axis=1), kept.sum(axis=0)
            c.true("no row of w is kept or dropped as a whole", rows.min() > 0 and rows.max() < 40, "Drop single connections, not units.")
            c.true(
                "no column of w is kept or dropped as a whole",
                columns.min() > 0 and columns.max() < 50,
                "Drop single connections, not units.",
            )
            counts = {int((dropconnect_forward(EYE, W, 0 * B, settings)[0] != 0).sum()) for _ in range(5)}
            c.true("not every pass keeps the same number", len(counts) > 1, "keep_prob is the kept fraction on average only.")
            other = dropconnect_forward(EYE, W, 0 * B, settings)[0] != 0
            c.true("the next pass has another mask", not np.array_equal(other, kept), "Draw from the rng that you receive.")
            same = np.array_equal(seeded(EYE, W, B)[0], seeded(EYE, W, B)[0])
            c.true("the same state of rng gives the same mask", same, "Draw from the rng that you receive, not from np.random.")
        bias = seeded(X, W, B)[0] - seeded(X, W, 0 * B)[0]
        c.close("train: what b adds to out", bias, np.tile(B, (4, 1)), hint="Do not drop or scale the bias.")
        twins = seeded(np.tile(X[0], (3, 1)), W, B)[0]
        hint = "Draw one mask of w's shape for the whole batch."
        c.close("two equal examples: the difference of their outputs", twins[0] - twins[1], 0 * B, hint=hint)
        whole = dropconnect_forward(X, W, B, {**settings, "keep_prob": 1.0})[0]
        c.close("keep_prob = 1: out", whole, X @ W + B, hint="With keep_prob = 1 nothing is dropped.")
        c.close("test: out", seeded(X, W, B, "test")[0], X @ W + B, hint="At test time use all connections without scaling.")
        with c.part("dropconnect_forward in test mode, without an rng"):
            c.close("out", dropconnect_forward(X, W, B, {"keep_prob": 0.7, "mode": "test"})[0], X @ W + B)
        for mode in ("train", "test"):
            arrays = np.round(3 * X), np.round(9 * W), np.round(3 * B)
            hint = "The mask and its scale need w's dtype. Whole numbers become float64, in test mode too."
            c.dtypes(f"{mode}: out", lambda x, w, b, mode=mode: seeded(x, w, b, mode)[0], *arrays, hint=hint)
        c.layouts("train: out", lambda x, w, b: seeded(x, w, b)[0], X, W, B)
        for keep_prob in (0.0, -3, 1.2):
            for mode in ("train", "test"):
                bad = {**settings, "keep_prob": keep_prob, "mode": mode}
                sentence = f"{mode}: keep_prob = {keep_prob} raises a ValueError"
                c.raises(sentence, ValueError, dropconnect_forward, X, W, B, bad, mentions=(keep_prob,))
        for mode in ("eval", "Train"):
            bad = {**settings, "mode": mode}
            sentence = f'mode "{mode}" raises a ValueError'
            c.raises(sentence, ValueError, dropconnect_forward, X, W, B, bad, mentions=(mode,))
    with c.part("dropconnect_backward"):
        w = W.copy()
        w[:, ::2] = 0  # a kept weight can be 0
        for x, dout in ((X, DOUT), (X[:1], DOUT[:1])):
            words = f"batch of {len(x)}"
            out, cache = seeded(x, w, B)
            given = dout.copy()
            dx, dw, db = (np.array(one) for one in dropconnect_backward(given, cache))
            c.unchanged(f"{words}: dout", given, dout)
            hint = "Which weights did the forward pass multiply x by?"
            c.gradient(f"{words}: dx", dx, lambda x: seeded(x, w, B)[0], x, dout, hint=hint)
            hint = "Which weights did the forward pass keep, and by what did it divide them? Keep the scaled mask in the cache."
            some = seeded(x[:, :5], w[:5], B)[1]
            dw = dropconnect_backward(dout, some)[1]
            c.gradient(f"{words}: dw", dw, lambda w: seeded(x[:, :5], w, B)[0], w[:5], dout, hint=hint)
            c.gradient(f"{words}: db", db, lambda b: seeded(x, w, b)[0], B, dout, hint="Every example uses the same bias, so add up their gradients.")
        out, cache = dropconnect_forward(X, W, B, settings)
        first = [np.array(one) for one in dropconnect_backward(DOUT, cache)]
        dropconnect_forward(X, W, B, settings)
        for name, one, again in zip(("dx", "dw", "db"), first, dropconnect_backward(DOUT, cache), strict=True):
            hint = "Keep everything that the backward pass needs in the cache of its pass, and do not change it."
            c.close(f"{name} of the same pass, computed again after another pass", again, one, hint=hint)
        dx, dw, _ = dropconnect_backward(DOUT, seeded(X, W, B, "test")[1])
        c.close("test: dx", dx, DOUT @ W.T)
        c.close("test: dw", dw, X.T @ DOUT)
        for mode in ("train", "test"):
            _, cache = seeded(*map(np.float32, (X, W, B)), mode)
            dtypes = [one.dtype.name for one in dropconnect_backward(np.float32(DOUT), cache)]
            hint = "The mask in the cache needs w's dtype."
            c.equal(f"{mode}: the dtypes of dx, dw, db for float32", dtypes, ["float32"] * 3, hint)

# %% [markdown] id="dropconnect-see"
# **How does DropConnect differ from dropout?** Let's watch two units with the same ten inputs and
# similar weights. Each dot in the plot is one training pass.
# You might expect a different mean or spread, but both methods agree here: the dots are centred on
# the output of the test pass, and each unit has the same spread.
# So where is the difference? If dropout removes an input, both units lose it, so their errors are
# correlated.
# DropConnect drops the connections of each unit separately, so the errors of the two units are
# independent.

# %% id="dropconnect-plot" tags=["demo"]
with attempt("dropconnect"):
    rng = np.random.default_rng(9)
    x = rng.random((1, 10)) + 0.5
    w, b = np.column_stack([column := rng.normal(size=10) + 0.5, column + 0.3 * rng.normal(size=10)]), np.zeros(2)
    settings = {"keep_prob": 0.7, "mode": "train", "rng": rng}
    clouds = {
        "dropout on the inputs": np.array([dropout_forward(x, settings)[0][0] @ w for _ in range(600)]),
        "DropConnect": np.array([dropconnect_forward(x, w, b, settings)[0][0] for _ in range(600)]),
    }
    whole = (x @ w)[0]
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharex=True, sharey=True)
        for ax, (name, cloud), color in zip(axes, clouds.items(), PALETTE, strict=False):
            ax.plot(*cloud.T, ".", markersize=4, alpha=0.5, color=color)
            ax.plot(*whole, "P", markersize=11, color=PALETTE[6], markeredgecolor="white", label="test pass")
            ax.set(title=name, xlabel="first unit", aspect="equal")
            ax.legend(loc="upper left")
        axes[0].set_ylabel("second unit")
    for name, cloud in clouds.items():
        print(f"{name:22} correlation {abs(np.corrcoef(cloud.T)[0, 1]):.1f}, spread of the first unit {cloud[:, 0].std():.1f}")
    show(
        fig,
        "Outputs of two units in 600 training passes: with dropout on their shared inputs a long narrow cloud along the diagonal, "
        "with DropConnect a round one, both centred on the test pass.",
    )

# %% [markdown] id="bias_variance-idea"
# ## 4. Measure bias and variance, and choose with a dev set
#
# *Lecture note: [Bias and variance](../../course/07-regularisation.md#bias-and-variance) and
# [Training, dev and test sets](../../course/07-regularisation.md#training-dev-and-test-sets).
# Lecture: D1.*
#
# When your model predicts badly, you want to know where its error comes from, because each cause
# needs a different remedy. Suppose that $y = f(x) + \varepsilon$, where the noise $\varepsilon$ has
# mean 0 and variance $\sigma^2$.
# Training on a set $D$ gives a function $\hat f_D$, and another training set would give another
# function.
# For the error on new data, we average over all training sets that you might get, and over the
# noise in a new $y$ at $x$:
#
# $$\underset{\text{error}}{\underbrace{\mathbb{E}\big[(\hat f_D(x) - y)^2\big]}} =
# \underset{\text{bias}^2}{\underbrace{\big(\mathbb{E}_D[\hat f_D(x)] - f(x)\big)^2}} +
# \underset{\text{variance}}{\underbrace{\mathbb{E}_D\Big[\big(\hat f_D(x) - \mathbb{E}_D[\hat f_D(x)]\big)^2\Big]}} +
# \underset{\text{noise}}{\underbrace{\sigma^2}} .$$
#
# The **bias** is the error of the *average* prediction. The **variance** tells you how much your
# prediction depends on the training set that you happened to get.
# For example, suppose that two training sets give the predictions 2 and 6, and the true value is 5.
# The mean of the predictions is 4, so the squared bias is 1, and the variance is 4.
# In real life you have only one training set. But in this notebook you know the true function, so
# you can draw as many training sets as you like.
# To estimate the bias and the variance, your `bias_variance` replaces each expectation by a mean
# over `n_sets` training sets.
#
# **Then choose.** In practice you know neither $f$ nor $\sigma$, but you have three sets of data.
# You *train* every candidate on the training set, *choose* one of them with the dev set, and
# *report* its error on the test set. Do not let the test set influence anything before that.
# Your `choose_penalty` follows these steps.
# Why shouldn't you report the dev error of the winner? It is too optimistic, because the winner won
# partly by luck. The same is true for a test set that you look at twice.


# %% nbgrader={"grade_id": "bias_variance", "solution": true}
def bias_variance(
    fit: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    x_grid: np.ndarray,
    n_sets: int,
    rng: np.random.Generator,
    truth: Callable[[np.ndarray], np.ndarray],
    sigma: float,
    n_train: int = 20,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Estimate bias, variance and noise at each point of a grid.

    Draw a new training set each time: x is uniform between the smallest and the
    largest point of the grid, and y = truth(x) + noise, with normal noise of mean 0
    and standard deviation sigma. All means are over the sets and divide by n_sets, so
    that bias2 + var is exactly the mean squared distance of the predictions from the
    truth.

    Args:
        fit: fit(x, y, x_grid) -> predictions: learns from x and y, both (n_train,), and
            predicts at x_grid, (G,); call it once per training set.
        x_grid: (G,), points at which to predict.
        n_sets: number of training sets, at least 1.
        rng: source of the training sets.
        truth: truth(x) -> f(x), of x's shape.
        sigma: standard deviation of the noise, >= 0.
        n_train: number of examples in a training set.
    Returns:
        bias2 (G,), the squared bias; var (G,), the variance; noise, the variance of the
            noise, a single number.
    Raises:
        ValueError: n_sets < 1 or sigma < 0; the message names what you got.
    """
    ### BEGIN SOLUTION
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}, expected n_sets >= 1 and sigma >= 0")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(np.min(x_grid), np.max(x_grid), n_train)
        y = truth(x) + sigma * rng.normal(size=n_train)
        predictions.append(fit(x, y, x_grid))
    average = np.mean(predictions, axis=0)  # (G,)
    bias2 = (average - truth(x_grid)) ** 2
    var = np.mean((np.array(predictions) - average) ** 2, axis=0)
    return bias2, var, sigma**2
    ### END SOLUTION


def choose_penalty(
    penalties: Sequence[float],
    learn: Callable[[np.ndarray, np.ndarray, float], np.ndarray],
    error: Callable[[np.ndarray, np.ndarray, np.ndarray], float],
    train: tuple[np.ndarray, np.ndarray],
    dev: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
) -> tuple[float, np.ndarray, float]:
    """Choose a penalty with three sets of data.

    Learn on train, choose with dev, report with test.

    Args:
        penalties: the candidates, at least one, in any order.
        learn: learn(x, y, penalty) -> model, an array of weights.
        error: error(model, x, y) -> a single number; lower is better.
        train, dev, test: each a pair x, y. You may use the test set only once.
    Returns:
        best, the candidate to choose (the first of them if several are equal);
            dev_errors, an array with one number for each candidate; and test_error, a
            single number: the error of the best candidate on new data.
    Raises:
        ValueError: there are no penalties.
    """
    ### BEGIN SOLUTION
    if len(penalties) == 0:
        raise ValueError("penalties is empty, expected at least one")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = int(np.argmin(dev_errors))
    return penalties[best], dev_errors, error(models[best], *test)
    ### END SOLUTION


# %% [markdown] id="bias_variance-given-idea"
# To try your functions, you need a learning method with a penalty. We use a polynomial of degree 11
# for $x \in [-1, 1]$. Its 12 weights minimise $\frac{1}{2N}\sum (\hat f(x) - y)^2 +
# \frac12\thinspace\texttt{reg}\sum w^2$. We put no penalty on the constant term of the polynomial,
# because it plays the role of $b$ in a layer. (Don't let the word confuse you: the constant term is
# called a "bias" too, but it has nothing to do with the bias that you measure.)
# There is a formula for this minimum, so no training is needed. You have nothing to write here:
# just read the cell.


# %% nbgrader={"grade_id": "polynomial", "locked": true}
def polynomial(model, x):  # (12,), (N,) -> (N,)
    return np.polynomial.legendre.legval(x, model)


def learn_polynomial(x, y, reg):  # (N,), (N,) -> (12,)
    features = np.polynomial.legendre.legvander(x, 11)  # (N, 12)
    price = reg * np.eye(12)
    price[0, 0] = 0
    return np.linalg.solve(features.T @ features / len(x) + price, features.T @ y / len(x))


def squared_error(model, x, y):
    return float(np.mean((polynomial(model, x) - y) ** 2))


def wave(x):
    return np.sin(np.pi * x)


# %% id="bias_variance-try" tags=["demo"]
with attempt("bias_variance"):
    grid = np.array([-0.9, 0.0, 0.5])
    for reg in (1e-6, 1e-2, 1.0):
        bias2, var, noise = bias_variance(
            lambda x, y, at, reg=reg: polynomial(learn_polynomial(x, y, reg), at), grid, 50, np.random.default_rng(0), wave, 0.3
        )
        print(f"reg {reg:<6}  bias2 {bias2}  variance {var}  noise {noise:.2f}")

# %% nbgrader={"grade_id": "bias_variance-check", "grade": true, "points": 20}
with check("bias_variance") as c:
    answers = np.array([[1.0, 5.0], [2.0, 5.0], [6.0, 2.0]])  # predictions at two points after each of three training sets
    GRID, seen, grids = np.array([4.0, 2.0]), [], []

    def canned(x, y, x_grid):
        seen.append((np.array(x), np.array(y)))
        grids.append(np.array(x_grid))
        return answers[(len(seen) - 1) % 3].astype(x_grid.dtype)

    def line(x):
        return 2 * x

    with c.part("bias_variance"):
        grid = GRID.copy()
        bias2, var, noise = bias_variance(canned, grid, 3, np.random.default_rng(0), line, 0.5, 500)
        c.unchanged("x_grid", grid, GRID)
        c.equal("the number of training sets", len(seen), 3)
        hint = "Average the predictions first. Then take the squared distance from the truth."
        c.close("bias2", bias2, [25.0, 0.0], hint=hint)
        hint = "Take the variance around the average prediction at the same point: over sets, not over x, divided by n_sets."
        c.close("var", var, [14 / 3, 2.0], hint=hint)
        c.close("noise", noise, 0.25, hint="Return a variance, like the other two.")
        c.equal("the list of sizes of the training sets", [x.size for x, _ in seen], [500] * 3)
        x, y = np.concatenate([x for x, _ in seen]), np.concatenate([y for _, y in seen])
        lies = 2 <= x.min() < 2.1 and 3.9 < x.max() <= 4
        c.true("the training x cover the whole range of the grid", lies, "Draw x uniformly between the smallest and the largest point.")
        hint = "Draw x uniformly: any point of the range may come."
        c.true("the training x are not only points of the grid", len(np.unique(x)) > 400, hint)
        rests = [y - line(x) for x, y in seen]
        std = np.std(rests)
        hint = "sigma is the standard deviation of the noise, not its variance." if std else "y is the truth plus noise."
        c.true("the training y scatter around the truth by sigma", abs(std - 0.5) < 0.07, hint)
        if std:
            hint = "Uniform noise is never more than 1.74 of its standard deviations from zero."
            c.true("the noise is normal", np.abs(rests).max() > 2 * std, hint)
        c.true("each training set has new x", not np.array_equal(seen[0][0], seen[1][0]), "Draw new x for each training set.")
        c.true("each training set has new noise", not np.allclose(rests[0], rests[1]), "Draw new noise for each training set.")
        c.true("fit receives the grid", all(np.array_equal(one, GRID) for one in grids))
        seen.clear()
        for state in (1, 1, 2):
            bias_variance(canned, GRID, 1, np.random.default_rng(state), line, 0.5)
        c.equal("the size of a training set without n_train", seen[0][0].size, 20)
        c.true("the same state of rng gives the same training set", np.array_equal(seen[0][0], seen[1][0]))
        c.true("another state of rng gives another one", not np.array_equal(seen[0][0], seen[2][0]), "Draw from the rng that you receive.")
        seen.clear()
        middle = np.array([3.0, 2.0, 4.0, 3.5])
        bias_variance(lambda x, y, at: canned(x, y, at)[0] + 0 * at, middle, 1, np.random.default_rng(0), line, 0.5, 500)
        spread = np.ptp(seen[0][0])
        c.true(
            "an unsorted grid: the training x cover its whole range", spread > 1.9, "Use the smallest and the largest point of the grid."
        )
        seen.clear()
        parts = bias_variance(canned, np.float32(GRID), 3, np.random.default_rng(0), line, 0.5)
        dtypes = [part.dtype.name for part in parts[:2]]
        c.equal("the dtypes of bias2 and var for float32", dtypes, ["float32"] * 2)
        hint = "Divide by n_sets. The variance of a single number is 0."
        c.close("one training set: var", bias_variance(canned, GRID, 1, np.random.default_rng(0), line, 0.5)[1], [0.0, 0.0], hint=hint)
        for n_sets, sigma in ((0, 0.1), (-3, 0.1), (3, -7)):
            sentence = f"n_sets = {n_sets}, sigma = {sigma} raises a ValueError"
            named = sigma if sigma < 0 else n_sets
            rng = np.random.default_rng(0)
            c.raises(sentence, ValueError, bias_variance, canned, GRID, n_sets, rng, line, sigma, mentions=(named,))
    looks, learned = [], []
    PENALTIES = [0.3, 0.1, 0.2]

    def tabled(model, x, y):
        looks.append(float(x[0]))
        return float(y[int(model[0])])  # y holds the error of each candidate

    def numbered(x, y, penalty):
        learned.append(tuple(x))
        return np.array([PENALTIES.index(penalty), len(x)])

    train = np.array([0.0]), np.array([1.0, 2.0, 3.0])
    dev = np.array([1.0]), np.array([7.0, 4.0, 4.0])
    test = np.array([2.0]), np.array([9.0, 8.0, 6.0])
    with c.part("choose_penalty"):
        penalties = list(PENALTIES)
        best, dev_errors, test_error = choose_penalty(penalties, numbered, tabled, train, dev, test)
        c.equal("the list of penalties afterwards", penalties, PENALTIES, "The list belongs to the caller; do not change it.")
        c.close("best", best, 0.1, hint="Which of the three sets is for choosing? If several are equal, take the first.")
        c.close("dev_errors", dev_errors, [7.0, 4.0, 4.0], hint="Return an array, in the order of the penalties.")
        c.close("test_error", test_error, 8.0, hint="Return the error of the chosen candidate.")
        hint = "Use the dev and test sets for evaluation only."
        c.true("learn is called with the training set only", learned and set(learned) == {(0.0,)}, hint)
        c.equal("the number of times that you used the test set", looks.count(2.0), 1, "Use it once, after the choice.")
        c.equal("the last set that you used", looks[-1], 2.0, "Use the test set after the choice.")
        best, dev_errors, _ = choose_penalty(PENALTIES[:1], numbered, tabled, train, dev, test)
        c.close("a single candidate: best", best, 0.3)
        c.raises("no penalties raise a ValueError", ValueError, choose_penalty, [], numbered, tabled, train, dev, test)

# %% [markdown] id="bias_variance-erratum"
# **Correct a slide** (not graded). The slide on the tradeoff (D1) prints $\text{Var}(\hat f(x)) =
# E[\hat f(x) - E(\hat f(x))]$.
# The cell contains five predictions for the same $x$, one from each of five training sets. Replace
# them by any other values. What does the printed formula always give?
# Once you have seen it, correct the marked line.
# (The slide adds: "for small variations of $x$, how much $\hat f(x)$ varies". But this describes
# how *smooth* $\hat f$ is. Think of a method that always predicts the mean of its training $y$.
# Its prediction does not depend on $x$. Would you say that this method has no variance?)

# %% id="bias_variance-mend" tags=["demo"]
after_each_set = np.array([1.0, 4.0, -2.0, 3.0, 9.0])
variance = np.mean(after_each_set - np.mean(after_each_set))  # as printed: correct this line
print(f"variance {variance:.1f}")

# %% [markdown] id="bias_variance-see"
# **Can you see the tradeoff?** The left plots show the functions learned from 15 training sets of
# 20 points each, with three penalties.
# With the smallest penalty, the functions differ widely ("high variance" in D1).
# With the medium penalty, they agree and are correct ("intuitive").
# With the largest penalty, they agree with each other, but they are all wrong ("high bias").
# The right plot shows the results of your `bias_variance` for 25 penalties. Notice that the
# variance falls and the bias rises as the penalty grows.
# The error is smallest somewhere in between, and this is the penalty that you want to find. But
# even there, the error is not below the noise, because nobody can predict noise.

# %% id="bias_variance-plot" tags=["demo"]
with attempt("bias_variance"):
    grid, sigma, penalties = np.linspace(-1, 1, 41), 0.3, np.logspace(-6, 1, 25)

    def with_penalty(reg):
        return lambda x, y, at: polynomial(learn_polynomial(x, y, reg), at)

    curves = []
    for reg in penalties:
        bias2, var, noise = bias_variance(with_penalty(reg), grid, 200, np.random.default_rng(1), wave, sigma)
        curves.append([bias2.mean(), var.mean(), noise])
    bias2, var, noise = np.array(curves).T
    error = bias2 + var + noise
    with style():
        fig = plt.figure(figsize=(9.5, 4.6))
        left, right = fig.subfigures(1, 2, width_ratios=(1, 1.5))
        for ax, reg, title in zip(
            left.subplots(3, 1, sharex=True), (1e-6, 1e-2, 1.0), ("high variance", "balanced", "high bias"), strict=True
        ):
            rng = np.random.default_rng(2)
            for _ in range(15):
                x = rng.uniform(-1, 1, 20)
                model = learn_polynomial(x, wave(x) + sigma * rng.normal(size=20), reg)
                ax.plot(grid, polynomial(model, grid), color=PALETTE[4], linewidth=0.8)
            ax.plot(grid, wave(grid), "--", color=PALETTE[6], linewidth=1.5)
            ax.set(ylim=(-2.2, 2.2), ylabel="y")
            ax.set_title(f"reg = {reg:g}: {title}", fontsize="small")
        ax.set_xlabel("x (dashed: the truth)")
        ax = right.subplots()
        for values, name, color, line in (
            (error, "error: the sum", PALETTE[6], "-"),
            (var, "variance", PALETTE[0], "-"),
            (bias2, r"bias$^2$", PALETTE[1], "-"),
            (noise, "noise", PALETTE[2], ":"),
        ):
            ax.loglog(penalties, values, line, color=color, label=name)
        ax.plot(penalties[error.argmin()], error.min(), "o", color=PALETTE[6])
        ax.set(xlabel="reg", ylabel="mean over x", ylim=(1e-4, 30))
        ax.legend(loc="lower center")
    print(
        f"reg {penalties[0]:.0e}: error {error[0]:.1f};  best, reg {penalties[error.argmin()]:.0e}: {error.min():.2f};  reg {penalties[-1]:.0f}: {error[-1]:.2f}"
    )
    show(
        fig,
        "Left: polynomials learned from 15 training sets, wild with a small penalty, close to the sine wave with a medium one, flat with a large one. "
        "Right: as the penalty grows the variance falls and the squared bias rises; their sum with the noise is lowest in between.",
    )

# %% [markdown] id="bias_variance-choose"
# **How do you choose a penalty and report its error fairly?** Let's use the same polynomial, with
# one training set of 20 points, a dev set of 20 points, and your `choose_penalty`.
# The training error cannot help you to choose a penalty, because it keeps falling as the penalty
# gets smaller. The dev error can help you, because it has its minimum in between.
# Then the cell repeats everything 300 times with new data. On average, the dev error *of the
# winner* is smaller than its error on new data. This is why we need a third set.

# %% id="bias_variance-choose-plot" tags=["demo"]
with attempt("bias_variance"):

    def sample(n, rng):
        x = rng.uniform(-1, 1, n)
        return x, wave(x) + 0.3 * rng.normal(size=n)

    rng = np.random.default_rng(9)
    train, dev, test = sample(20, rng), sample(20, rng), sample(200, rng)
    best, dev_errors, test_error = choose_penalty(penalties.tolist(), learn_polynomial, squared_error, train, dev, test)
    train_errors = [squared_error(learn_polynomial(*train, reg), *train) for reg in penalties]
    promised, kept = [], []
    for _ in range(300):
        sets = sample(20, rng), sample(20, rng), sample(200, rng)
        _, errors, report = choose_penalty(penalties.tolist(), learn_polynomial, squared_error, *sets)
        promised.append(errors.min())
        kept.append(report)
    with style():
        fig, ax = plt.subplots()
        ax.loglog(penalties, train_errors, color=PALETTE[0], label="training set")
        ax.loglog(penalties, dev_errors, color=PALETTE[1], label="dev set")
        ax.plot(best, dev_errors.min(), "o", color=PALETTE[1], label="chosen")
        ax.plot(best, test_error, "P", markersize=9, color=PALETTE[6], label="test set, once")
        ax.set(xlabel="reg", ylabel="mean squared error")
        ax.legend()
    print(f"this time: dev error of the winner {dev_errors.min():.2f}, test error {test_error:.2f}")
    print(f"over 300 repetitions: dev error of the winner {np.mean(promised):.2f}, test error {np.mean(kept):.2f}")
    show(
        fig,
        "Training error grows steadily with the penalty; dev error falls and then rises, and the test error of the chosen penalty is a single point.",
    )

# %% [markdown] id="network-idea"
# ## 5. Regularise a network
#
# *Lecture note: [What to reach for](../../course/07-regularisation.md#what-to-reach-for) and [Early
# stopping](../../course/07-regularisation.md#early-stopping).*
#
# You can lean back in this part: you already have all the functions that you need, and now you see
# them at work. The next cell builds a network with one hidden layer from your layers of earlier
# assignments.
# Your dropout comes after the ReLU, and your L2 penalty applies to the two weight matrices. Look at
# how the cell adds the gradient of the penalty to the gradient of the data loss, because you will
# need the same step in your own projects.


# %% nbgrader={"grade_id": "network", "locked": true}
from utils import data, training


def new_net(sizes, rng):
    """Return the parameters of two affine layers, with He's initialisation."""
    inputs, hidden, outputs = sizes
    return {
        "w1": rng.normal(size=(inputs, hidden)) * np.sqrt(2 / inputs),
        "b1": np.zeros(hidden),
        "w2": rng.normal(size=(hidden, outputs)) * np.sqrt(2 / hidden),
        "b2": np.zeros(outputs),
    }


def net_scores(params, x, dropout_param):
    a, cache1 = affine_forward(x, params["w1"], params["b1"])
    h, cache2 = relu_forward(a)
    h, cache3 = dropout_forward(h, dropout_param)
    scores, cache4 = affine_forward(h, params["w2"], params["b2"])
    return scores, (cache1, cache2, cache3, cache4)


def net_loss(params, x, y, reg, dropout_param):
    scores, (cache1, cache2, cache3, cache4) = net_scores(params, x, dropout_param)
    loss, dscores = softmax_loss(scores, y)
    dh, dw2, db2 = affine_backward(dscores, cache4)
    da = relu_backward(dropout_backward(dh, cache3), cache2)
    _, dw1, db1 = affine_backward(da, cache1)
    grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
    for name in ("w1", "w2"):
        penalty, dw = l2_loss(params[name], reg)
        loss, grads[name] = loss + penalty, grads[name] + dw
    return loss, grads


TEST_MODE = {"keep_prob": 1.0, "mode": "test"}

# %% [markdown] id="network-moons"
# **A smoother decision boundary.** Our data consists of 60 noisy points in the shape of two half
# moons. The network has 100 hidden units, so it can draw a boundary around every single point.
# Without a penalty, it does exactly that.
# As the penalty grows, the network gives up single noisy points, until the boundary follows the
# true shape. But with a very large penalty, the network is too simple even for this shape.

# %% id="network-moons-plot" tags=["demo"]
with attempt("penalties, dropout"):
    x, y = data.moons(60, 0.3, np.random.default_rng(7))
    new_x, new_y = data.moons(2000, 0.3, np.random.default_rng(99))
    start = new_net((2, 100, 2), np.random.default_rng(0))
    span = np.linspace(-2, 3, 120), np.linspace(-1.7, 2.2, 120)
    points = np.stack(np.meshgrid(*span), axis=-1)  # (120, 120, 2)
    borders = {}
    for reg in (0.0, 1e-3, 1e-2, 1e-1):
        net, _ = training.fit(
            start, lambda p, x, y, reg=reg: net_loss(p, x, y, reg, TEST_MODE), adam, {"learning_rate": 0.02}, x, y, steps=600
        )
        scores = net_scores(net, points.reshape(-1, 2), TEST_MODE)[0]
        wrong = [np.mean(net_scores(net, a, TEST_MODE)[0].argmax(axis=1) != b) for a, b in ((x, y), (new_x, new_y))]
        borders[reg] = (scores[:, 1] - scores[:, 0]).reshape(120, 120), wrong
        print(f"reg {reg:<6} wrong: {wrong[0]:4.0%} of the 60 points, {wrong[1]:4.0%} of new ones")
    with style():
        fig, axes = plt.subplots(2, 2, figsize=(8, 6.2), sharex=True, sharey=True)
        for ax, (reg, (height, wrong)) in zip(axes.flat, borders.items(), strict=True):
            ax.contourf(*span, height, levels=[-np.inf, 0, np.inf], colors=[PALETTE[4], PALETTE[3]], alpha=0.35)
            ax.contour(*span, height, levels=[0], colors=PALETTE[6])
            for label, color, marker in ((0, PALETTE[0], "o"), (1, PALETTE[1], "^")):
                ax.plot(*x[y == label].T, marker, markersize=4, color=color)
            ax.grid(False)
            ax.set_title(f"reg = {reg:g}: {wrong[0]:.0%} of these wrong, {wrong[1]:.0%} of new ones", fontsize="small")
        for ax in axes[1]:
            ax.set_xlabel(r"$x_1$")
        for ax in axes[:, 0]:
            ax.set_ylabel(r"$x_2$")
    show(
        fig,
        "Decision borders between two half moons for four penalties: ragged and around single points without one, smooth along the moons for "
        "0.001 to 0.01, nearly straight for 0.1.",
    )

# %% [markdown] id="network-digits"
# **What does the network memorise?** It gets 200 labelled examples of ten digits, and 36 of the
# labels are wrong. A network with 9610 weights and biases can memorise even the wrong labels.
# We measure the training loss without penalty and dropout, so that you can compare all four
# networks. You can trust the labels of the dev set, because they are all correct.
# Notice that the plain network learns every wrong label. Its dev loss is smallest after 30 steps,
# and then it rises until the end.
# Don't worry that the regularised networks have a larger training loss: they learn fewer of the
# wrong labels, and their dev loss is smaller.
# (You could also stop the training at the dots. This is called **early stopping**, a form of
# regularisation that costs you nothing.)
# We choose the network with the lowest dev loss at the end, and we test only this one on the test
# set.

# %% id="network-digits-plot" tags=["demo"]
with attempt("penalties, dropout"):
    digits = data.digits()
    rng = np.random.default_rng(5)
    few_x, few_y = digits.x_train[:200], digits.y_train[:200].copy()
    wrong = rng.random(200) < 0.2
    few_y[wrong] = (few_y[wrong] + rng.integers(1, 10, wrong.sum())) % 10
    start = new_net((64, 128, 10), np.random.default_rng(1))
    curves, nets = {}, {}
    for name, reg, keep_prob in (("plain", 0.0, 1.0), ("L2", 0.005, 1.0), ("dropout", 0.0, 0.25), ("both", 0.005, 0.25)):
        settings = {"keep_prob": keep_prob, "mode": "train", "rng": np.random.default_rng(2)}

        def evaluate(p):
            on_train, on_dev = (net_scores(p, x, TEST_MODE)[0] for x in (few_x, digits.x_dev))
            return {
                "train": softmax_loss(on_train, few_y)[0],
                "dev": softmax_loss(on_dev, digits.y_dev)[0],
                "by heart": np.mean(on_train[wrong].argmax(axis=1) == few_y[wrong]),
            }

        nets[name], curves[name] = training.fit(
            start,
            lambda p, x, y, reg=reg, settings=settings: net_loss(p, x, y, reg, settings),
            adam,
            {"learning_rate": 0.005},
            few_x,
            few_y,
            steps=400,
            evaluate=evaluate,
            every=10,
        )
        last = {key: values[-1] for key, values in curves[name].metrics.items()}
        # Rounding in the last digit can change these by 0.01 and by 2 %, so they are printed with few digits.
        print(f"{name:8} dev loss {last['dev']:.1f}; memorised wrong labels: about {10 * round(10 * last['by heart'])} %")
    chosen = min(curves, key=lambda name: curves[name].metrics["dev"][-1])
    right = np.mean(net_scores(nets[chosen], digits.x_test, TEST_MODE)[0].argmax(axis=1) == digits.y_test)
    print(f"chosen with the dev set: {chosen}; test set, used once: {right:.0%} correct")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.8))
        lines = tuple(zip(curves.items(), (PALETTE[6], PALETTE[0], PALETTE[1], PALETTE[2]), (":", "--", "-.", "-"), strict=True))
        for ax, part in zip(axes, ("train", "dev"), strict=True):
            for (name, history), color, line in lines:
                values = history.metrics[part]
                ax.plot(history.at, values, line, color=color, label=name)
                if part == "dev":
                    ax.plot(history.at[np.argmin(values)], min(values), "o", color=color)
            ax.set(xlabel="step", ylabel=f"{part} loss, nothing dropped")
        axes[0].set(title="200 training examples, 36 labels wrong", ylim=(0, 1.5))
        axes[1].set(title="359 dev examples, labels right", ylim=(0.4, 1.0))
        axes[0].legend()
    show(
        fig,
        "Training loss of the plain network falls to nothing while its dev loss climbs steadily from its minimum; with L2, with dropout and most of all "
        "with both, the training loss stays higher and the dev loss lower.",
    )

# %% [markdown] id="written-question"
# ## 6. In your own words (10 points, graded by a person)
#
# Imagine that a classmate asks you for advice. The classmate has fitted a network to 500 examples.
# Its training error is 1 %, and its dev error is 14 %.
# The classmate tries 40 combinations of penalties and keep probabilities, looks at the *test* error
# of each, keeps the best, and reports its test error: 9 %.
#
# 1. Is the classmate's problem bias or variance? How large would the errors be in the other case?
#    Look at D1's formula for the variance, as you corrected it: over what do we take its mean? Give
#    a learning method whose predictions do not change with $x$ at all, but which still has variance.
# 2. Why is 9 % probably too optimistic, although no weight was trained on the test set? What should
#    the classmate have done, and what is still possible now?
# 3. The classmate mistook `nn.Dropout(p=0.8)` for a `keep_prob` of 0.8, and forgot to switch to
#    test mode before measuring. What did each of these mistakes do to the units, in training and in
#    the measurement? In test mode, does anything need to be scaled? Explain why.
#
# Write at most 300 words. Short, clear sentences are enough.

# %% [markdown] nbgrader={"grade_id": "regularisation-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. Variance: 1 % in training shows that the network can represent what it has to; the gap of 13 % comes from having learned what is
#    peculiar to these 500 examples. High bias would show as a large training error with a dev error close to it, say 12 % and 14 %. The
#    variance is $\mathbb{E}_D[(\hat f_D(x) - \mathbb{E}_D \hat f_D(x))^2]$, the mean being over training sets $D$ that one might have
#    been given, at a fixed $x$. A method that always answers with the mean of its training targets does not change with $x$, but with
#    the training set: its variance is $\text{Var}(y)/N$.
# 2. The smallest of 40 noisy numbers is chosen in part for its luck on these very examples: $\mathbb{E}[\min] \le \min \mathbb{E}$. So
#    the test set has been used to tune, as a dev set, and the winner's number on it is no estimate for new data. They should have
#    compared the 40 on the dev set, and looked at the test set once, for the winner. Now the old test set can serve only as part of the
#    dev set; an honest number needs examples that no choice has depended on, newly collected.
# 3. `p` is the probability to drop, so only 20 % of the units were kept in training, where 80 % were meant: far too strong a noise.
#    Without test mode, masks are still drawn while measuring: each prediction comes from a random thinned network, so the error is
#    larger and differs from run to run. In test mode nothing has to be scaled, since the kept units were divided by `keep_prob` (here
#    0.2) in training, so that the mean of what the next layer sees is the same in both.
#
# **Rubric.**
#
# - 1 point: Variance, from the gap between the errors.
# - 1 point: What high bias would look like.
# - 1 point: The mean is over training sets, at a fixed $x$.
# - 1 point: An example that fits, such as the mean of the training targets.
# - 2 points: Selection on the test set: the winner is partly lucky.
# - 1 point: Choose by the dev set, and test once.
# - 1 point: New data is needed now (or: the old test set becomes dev data).
# - 1 point: Only 20 % were kept in training, and predictions were random in the measurement.
# - 1 point: No scaling, because training has divided by `keep_prob`.
#
# **Weak answer (3 points: items 1, 6, 9).**
#
# 1. Variance, because the dev error is much larger than the training error. With bias the network
#    would be too simple. The mean is over all examples. A decision tree has variance.
# 2. The test set may not be representative. The classmate should have chosen with the dev set and
#    used the test set only once, at the end.
# 3. `p=0.8` drops a different number of units than the classmate wanted, and without test mode the
#    error is larger. In test mode nothing needs to be scaled, because training has already divided by
#    `keep_prob`.
#
# **Average answer (6 points: items 1, 2, 5, 6, 9).**
#
# 1. Variance: the training error of 1 % is small, and the gap to 14 % is large. With high bias, both
#    would be large and close together, such as 12 % and 14 %. Variance is how much the predictions
#    change, as a mean over the inputs. A method that guesses at random has variance.
# 2. The best of 40 noisy test errors is partly luck, so 9 % is too low on average. The classmate
#    should have chosen by the dev error and looked at the test set once. Now it is too late.
# 3. Too many units were dropped. Without test mode, units are still dropped while measuring. Nothing
#    needs to be scaled at test time, because inverted dropout divides by `keep_prob` in training.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells, to make sure that your notebook works
# from top to bottom. The cell below sums up the results of your own checks and shows you where you
# stand.

# %% id="summary" tags=["demo"]
check.summary({"penalties": 25, "dropout": 35, "dropconnect": 20, "bias_variance": 20}, written=10)
