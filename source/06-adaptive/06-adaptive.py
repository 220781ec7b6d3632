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
# # Give every weight a step of its own
#
# If a thousand weights share a single learning rate, this rate is a compromise: steep weights need
# a smaller rate, and flat weights need a larger one.
# The optimizers of this notebook measure how large the gradients of each weight have been, and they
# divide the step of this weight by the result.
# You will also learn to change the learning rate during training, and you will see why this pays.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `ema`: smooth a series by an exponential moving average, and correct its first values | 10 |
# | 2 | `adagrad`, `rmsprop` and `adadelta`: three optimizers, and what each of them stores | 40 |
# | 3 | `adam`: RMSProp with momentum, and the purpose of bias correction | 30 |
# | 4 | `lr_schedule`: four learning-rate schedules | 20 |
# | | A question in words, which a person grades | 10 |
#
# At the end, your optimizers race on a small network, over learning rates that differ by a factor
# of a million.
#
# **Time:** You will need about 5 hours. This is only our estimate, so don't worry if your time
# differs.
#
# **You will learn** what you gain if you divide by the root of squared gradients, what this costs,
# and where it does not help at all.
# You will also see why you still have to choose a learning rate.
#
# **You need** NumPy, and the idea of momentum from assignment 05. You can start afresh here,
# because this notebook imports no earlier work.
#
# **Lecture note:** [Give every weight a step of its own](../../course/06-adaptive.md).
# We call the lectures D0 to D4. Some statements about these optimizers on their slides contain
# mistakes. Four of these mistakes are exercises here: you find out what goes wrong, and you correct
# it.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **An optimizer is a function** `rule(w, dw, config) -> next_w, config`, as in assignment 05. It
#   reads its settings from the dictionary `config`, and it stores there what it needs for the next
#   step. You may write to `config` only: `w`, `dw` and all other arguments stay unchanged. Each
#   parameter has its own `config`.
# - **Missing entries of `config` get defaults.** If there is no state in `config`, start the state
#   at zero. If a setting is missing, take its value from this table.
#
# | optimizer | `learning_rate` | how much of the past it keeps | `eps` | state in `config` |
# |---|---|---|---|---|
# | `adagrad` | 0.01 | everything | 1e-8 | `"grad_squared"` |
# | `rmsprop` | 0.01 | `decay_rate` 0.99 | 1e-8 | `"grad_squared"` |
# | `adadelta` | 1.0 | `decay_rate` 0.95 | 1e-6 | `"grad_squared"`, `"delta_squared"` |
# | `adam` | 0.001 | `beta1` 0.9, `beta2` 0.999 | 1e-8 | `"first_moment"`, `"second_moment"`, `"t"` |
#
# - **eps is outside the root** in AdaGrad, RMSProp and Adam, and **inside** in AdaDelta. If your
#   results are slightly off, check this first: the lectures differ on it, and the course follows
#   the original papers.
# - **dtypes:** Your result should have the same dtype as the input: float32 stays float32, and
#   float64 stays float64. Integers become float64.
# - **Shapes:** The array `w` may have any shape, and it may contain a single entry. Arrays may be
#   read-only, and they may be slices of larger arrays.
# - **Bad arguments:** Raise a `ValueError` for a bad argument. Its message should name what you got
#   and what you expected, so that the caller can find the mistake. Your code should not cause any
#   warnings, and it should never divide by zero.
#
# All squares, roots and quotients of arrays are computed entry by entry. For example, $g_t^2$ is
# $g_t \odot g_t$.
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
        "This notebook needs the folder utils of 06-adaptive.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 06-adaptive.zip, then "
        "%cd training-neural-networks/release/06-adaptive, "
        "and this cell again."
    ) from None

check = Checks()

# %% [markdown] id="given-idea"
# How much better are your optimizers than plain descent or momentum? For comparison, the next cell
# contains these two optimizers and the plot style. We have written them for you, so you only need
# to read them.
# Notice that `momentum` is D1's form, which steps along the *average* of past gradients and not
# along their sum.

# %% nbgrader={"grade_id": "given", "locked": true}
np.set_printoptions(precision=4, suppress=True)

from utils.plotting import PALETTE, style


def sgd(w, dw, config):
    """Take a step against the gradient."""
    return w - config["learning_rate"] * dw, config


def momentum(w, dw, config):
    """Take a step against the moving average of the gradients."""
    config["average"] = 0.9 * config.get("average", 0.0) + 0.1 * dw
    return w - config["learning_rate"] * config["average"], config


# %% [markdown] id="ema-idea"
# ## 1. An exponential moving average
#
# *The theory for this question is in the lecture note, under [An average that
# forgets](../../course/06-adaptive.md#an-average-that-forgets). Lecture: D1 (moving average).*
#
# Nearly all optimizers of this notebook use an exponential moving average, so let's begin with it.
# You go through a series $y_0, y_1, \dots$, and at each step you keep a fraction $\beta$ of the
# current average:
#
# $$v_t = \beta\thinspace v_{t-1} + (1 - \beta)\thinspace y_t, \qquad v_{-1} = 0 .$$
#
# Written as a sum, this average is $v_t = (1-\beta) \sum_{k=0}^{t} \beta^{k} y_{t-k}$. It looks
# back over about $1/(1-\beta)$ values.
# For example, with $\beta = 0.9$ the average looks back over about 10 values.
# You might expect the weights of an average to add up to 1, but here they add up to
# $1 - \beta^{t+1}$, because the initial zero has the remaining weight.
# The first values of your average are therefore too small by this factor. Fortunately you know the
# factor, so you can divide by it. We call this **bias correction**:
#
# $$\hat v_t = \frac{v_t}{1 - \beta^{t+1}} .$$
#
# Here $t$ starts at 0, as on the lecture's slide. Don't be confused when you come to Adam: there
# the first value has the number 1, so the exponent is $t$.


# %% nbgrader={"grade_id": "ema", "solution": true}
def ema(y: np.ndarray, beta: float, bias_correction: bool = False) -> np.ndarray:
    """Smooth a series by an exponential moving average along its first axis.

    v[t] = beta v[t-1] + (1 - beta) y[t], from v[-1] = 0
    with bias_correction, v[t] / (1 - beta^(t+1)) instead

    Args:
        y: the series, shape (T, ...), T at least 1; each entry of ... is a separate
            series.
        beta: fraction of the past that is kept, in [0, 1).
        bias_correction: correct the effect of the zero at the start.
    Returns:
        the smoothed series, of y's shape and dtype (float64 if y holds integers).
    Raises:
        ValueError: beta is not in [0, 1); the message names it.
    """
    ### BEGIN SOLUTION
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t, value in enumerate(y):
        v = beta * v + (1 - beta) * value
        smooth[t] = v / (1 - beta ** (t + 1)) if bias_correction else v
    return smooth
    ### END SOLUTION


# %% id="ema-try" tags=["demo"]
with attempt("ema"):
    y = np.array([8.0, 8.0, 8.0, 0.0])
    print("uncorrected:", ema(y, 0.5))
    print("corrected:  ", ema(y, 0.5, bias_correction=True))

# %% nbgrader={"grade_id": "ema-check", "grade": true, "points": 10}
with check("ema") as c:
    Y = np.array([8.0, 4.0, -4.0, 16.0])
    y = Y.copy()
    smooth = ema(y, 0.75)
    c.unchanged("ema, y", y, Y, hint="Write the averages into a new array.")
    hint = "Does beta multiply the previous average or the new value?"
    c.close("ema(y, 0.75)", smooth, [2.0, 2.5, 0.875, 4.65625], hint=hint)
    hint = "The average of a single value is the value itself."
    c.close("ema, corrected: the first value", ema(Y, 0.75, bias_correction=True)[:1], Y[:1], hint=hint)
    sevens = np.full(5, 7.0)
    hint = "Correct the values that you return, not the average that you continue with."
    c.close("ema, corrected: a constant series", ema(sevens, 0.9, bias_correction=True), sevens, hint=hint)
    c.close("ema, beta = 0", ema(Y, 0.0), Y, hint="With beta = 0 no past value is kept.")
    c.close("ema, one value", ema(Y[:1], 0.75), [2.0])
    columns = np.stack([Y, 10 * Y], axis=1)
    want = [[2.0, 20.0], [2.5, 25.0], [0.875, 8.75], [4.65625, 46.5625]]
    c.close("ema, two series in columns", ema(columns, 0.75), want, hint="The first axis is time.")
    hint = "Apply the same correction to each column."
    got = ema(columns, 0.75, bias_correction=True)
    c.close("ema, corrected: two series in columns", got[:, 1], 10 * ema(Y, 0.75, bias_correction=True), hint=hint)
    long = ema(np.ones(1000), 0.3)
    c.close("ema, a long series of ones: the last value", long[-1], 1.0, hint="What happens to a high power of beta?")
    c.dtypes("ema(y, 0.5)", lambda y: ema(y, 0.5), Y)
    c.dtypes("ema, corrected", lambda y: ema(y, 0.5, True), Y)
    c.layouts("ema(y, 0.5)", lambda y: ema(y, 0.5), columns)
    for beta in (1.0, 2, -0.5):
        c.raises(f"ema, beta = {beta} raises a ValueError", ValueError, ema, Y, beta, mentions=(beta,))

# %% [markdown] id="ema-erratum"
# **Correct a slide** (not graded). D4 says that velocity is built up "as a running mean of
# gradients", and D0 says the same in other words. Let's see whether this is true.
# The cell computes the velocity as printed, and compares it with the running mean that you have
# just written. By which factor do the two differ, and is this factor the same at every step?
# Correct the marked line, so that the words are true and both columns agree.
# (There is nothing wrong with the printed formula itself. It is a *sum* with decreasing weights,
# but you should not call it a mean: with $\rho = 0.9$ the steps of a mean are ten times shorter.)

# %% id="ema-mend" tags=["demo"]
with attempt("ema"):
    rho, velocity = 0.9, 0.0
    gradients = np.array([1.0, 3.0, 2.0, -1.0, 2.0, 1.0])
    for g, mean in zip(gradients, ema(gradients, rho), strict=True):
        velocity = rho * velocity + g  # as printed: correct this line
        print(f"velocity {velocity:7.4f}   running mean {mean:7.4f}")

# %% [markdown] id="ema-see"
# **What is the correction for?** To find out, let's smooth the temperatures of a hundred days. The
# uncorrected curve starts at zero, so it takes about thirty days to reach the data. The corrected
# curve is right from the first day.
# Smoothness has a price: with $\beta = 0.98$ the curve lags behind the data. (The slider
# "Smoothing" next to D3's training curves sets such a $\beta$. Below, you use your `ema` in the
# same way.)

# %% id="ema-plot" tags=["demo"]
with attempt("ema"):
    days = np.arange(100)
    y = 20 + 5 * np.sin(days / 16) + np.random.default_rng(6).normal(scale=2, size=100)
    plain, corrected, slow = ema(y, 0.9), ema(y, 0.9, True), ema(y, 0.98, True)
    with style():
        fig, ax = plt.subplots()
        ax.plot(days, y, ".", color="0.6", label="measured")
        ax.plot(days, plain, "--", color=PALETTE[1], label=r"$\beta$ = 0.9, uncorrected")
        ax.plot(days, corrected, color=PALETTE[0], label=r"$\beta$ = 0.9, corrected")
        ax.plot(days, slow, color=PALETTE[2], label=r"$\beta$ = 0.98, corrected")
        ax.set(xlabel="day", ylabel="temperature (°C)", ylim=(0, 30))
        ax.legend(loc="lower right")
    show(
        fig,
        "A noisy series around 20 degrees. Its uncorrected average starts near 2 and needs about thirty days to arrive; "
        "the corrected one is right at once; a larger beta is smoother and lags behind.",
    )
    print(
        f"day 0: measured {y[0]:.1f}, uncorrected {plain[0]:.1f}, corrected {corrected[0]:.1f}; day 30: {plain[30] / corrected[30]:.2f} of the corrected value"
    )

# %% [markdown] id="adaptive-idea"
# ## 2. Divide by the size of past gradients
#
# *The theory for this question is in the lecture note, under [Why one rate is not
# enough](../../course/06-adaptive.md#why-one-rate-is-not-enough) and
# [AdaGrad](../../course/06-adaptive.md#adagrad). Lectures: D0, D2, D3 (adaptive methods), D4.*
#
# In a typical network, the gradients have very different sizes, from weight to weight and from
# layer to layer. We therefore measure the squares of the past gradients separately for each weight.
# The correct name for this measure is the **second moment** of the *gradients*. (D3 says that we
# adapt "to the variance of the weights", but nobody subtracts the mean, and we do not measure the
# weights.)
#
# ### AdaGrad
#
# AdaGrad adds up all squared gradients, and it divides the step by the root of this sum, entry by
# entry:
#
# $$s_t = s_{t-1} + g_t^2, \qquad x_t = x_{t-1} - \frac{\alpha}{\sqrt{s_t} + \varepsilon}\thinspace g_t .$$
#
# In this way, steep weights take smaller steps and flat weights take larger steps.
# For example, after the gradients 3 and 4 the sum is 25, so AdaGrad divides this step by 5.
# If the feature of a weight is rare, the weight gets a gradient only rarely. Its sum of squares
# then stays small, so when the weight does get a gradient, it takes a large step.
# The $\varepsilon$ is there for a weight that has never had a gradient: without $\varepsilon$, your
# code would divide zero by zero for this weight.


# %% nbgrader={"grade_id": "adaptive", "solution": true}
def adagrad(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of AdaGrad.

    grad_squared = grad_squared + dw^2
    next_w = w - learning_rate dw / (sqrt(grad_squared) + eps)

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: may hold "learning_rate" (default 0.01), "eps" (1e-8), and
            "grad_squared", of w's shape (zeros).
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new sum in
            "grad_squared".
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    grad_squared = config.get("grad_squared", 0.0) + dw * dw
    config["grad_squared"] = grad_squared
    return w - config.get("learning_rate", 0.01) * dw / (np.sqrt(grad_squared) + config.get("eps", 1e-8)), config
    ### END SOLUTION


# %% [markdown] id="adaptive-rmsprop-idea"
# ### RMSProp
#
# *You can read more about this in the lecture note, under
# [RMSProp](../../course/06-adaptive.md#rmsprop). Lectures: D0 to D4. There is no paper, because
# RMSProp comes from a lecture of Hinton's.*
#
# AdaGrad's sum only grows, so its steps only shrink. Along a constant slope they shrink as
# $1/\sqrt t$, and if the start was steep, your weights creep for the rest of the training.
# Near the minimum of a convex function, such small steps are just what you want, but on a plateau
# they leave you stuck.
# RMSProp solves this by forgetting old gradients. Instead of the sum, we use the moving average of
# question 1, without correction:
#
# $$s_t = \rho\thinspace s_{t-1} + (1 - \rho)\thinspace g_t^2, \qquad x_t = x_{t-1} - \frac{\alpha}{\sqrt{s_t} + \varepsilon}\thinspace g_t .$$
#
# In other words, you divide by the *root mean square* of recent gradients, which gives RMSProp its
# name.


# %% nbgrader={"grade_id": "adaptive-rmsprop", "solution": true}
def rmsprop(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of RMSProp.

    grad_squared = decay_rate grad_squared + (1 - decay_rate) dw^2
    next_w = w - learning_rate dw / (sqrt(grad_squared) + eps)

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: may hold "learning_rate" (default 0.01), "decay_rate", in [0, 1) (0.99),
            "eps" (1e-8), and "grad_squared", of w's shape (zeros).
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new average in
            "grad_squared".
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate = config.get("decay_rate", 0.99)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    config["grad_squared"] = grad_squared
    return w - config.get("learning_rate", 0.01) * dw / (np.sqrt(grad_squared) + config.get("eps", 1e-8)), config
    ### END SOLUTION


# %% [markdown] id="adaptive-adadelta-idea"
# ### AdaDelta
#
# *You can read more about this in the lecture note, under
# [AdaDelta](../../course/06-adaptive.md#adadelta). Lecture: D2.*
#
# To understand AdaDelta, it helps to think of the units. If $x$ is in metres and the loss in
# joules, your gradient is in joules per metre, and $g/\sqrt{s}$ has no unit.
# So in AdaGrad and RMSProp, $\alpha$ must be a length, and you have to choose it. AdaDelta does
# this for you: it measures the length by the root mean square of its own recent steps $\Delta$:
#
# $$s_t = \rho\thinspace s_{t-1} + (1 - \rho)\thinspace g_t^2, \qquad
# \Delta_t = \frac{\sqrt{d_{t-1} + \varepsilon}}{\sqrt{s_t + \varepsilon}}\  g_t, \qquad
# d_t = \rho\thinspace d_{t-1} + (1 - \rho)\thinspace \Delta_t^2, \qquad x_t = x_{t-1} - \alpha\thinspace \Delta_t .$$
#
# With AdaDelta you can therefore set $\alpha$ to 1, so the lecture leaves it out.
# Notice that the numerator contains the average from *before* this step, because you do not yet
# know the current step.
# The $\varepsilon$ in the numerator matters, too: with $d_0 = 0$ and without $\varepsilon$,
# AdaDelta would never move.
#
# (D2 says that AdaDelta makes the rate "monotonically decrease", within "some fixed window". In
# fact AdaDelta was invented to *avoid* this decrease, and its window is a moving average.)


# %% nbgrader={"grade_id": "adaptive-adadelta", "solution": true}
def adadelta(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of AdaDelta.

    grad_squared = decay_rate grad_squared + (1 - decay_rate) dw^2
    delta = sqrt(delta_squared + eps) / sqrt(grad_squared + eps) dw, with the
    delta_squared of the previous steps
    delta_squared = decay_rate delta_squared + (1 - decay_rate) delta^2
    next_w = w - learning_rate delta

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: may hold "learning_rate" (default 1.0), "decay_rate", in [0, 1) (0.95),
            "eps" (1e-6), and "grad_squared" and "delta_squared", of w's shape (zeros).
    Returns:
        next_w, a new array of w's shape and dtype, and config, with both new averages.
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    delta_squared = config.get("delta_squared", np.zeros_like(dw))
    delta = np.sqrt(delta_squared + eps) / np.sqrt(grad_squared + eps) * dw
    config["grad_squared"] = grad_squared
    config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
    return w - config.get("learning_rate", 1.0) * delta, config
    ### END SOLUTION


# %% id="adaptive-try" tags=["demo"]
for rule in (adagrad, rmsprop, adadelta):
    with attempt("adaptive"):
        w, config = np.array([1.0, -2.0, 3.0]), {"learning_rate": 0.1}
        for _ in range(3):
            w, config = rule(w, w * np.array([1.0, 100.0, 0.0]), config)  # a flat, a steep and a constant direction
        print(f"{rule.__name__:8}  w {w}   grad_squared {config['grad_squared']}")

# %% nbgrader={"grade_id": "adaptive-check", "grade": true, "points": 40}
with check("adaptive") as c:
    W, FIRST, SECOND = np.array([1.0, -2.0, 5.0]), np.array([3.0, -4.0, 0.0]), np.array([4.0, 3.0, 0.0])
    FAINT = np.array([1e-8, -2e-8, 1e-7])  # small enough that the default of eps matters

    def step(rule, dw=FIRST, w=W, **config):  # from fresh copies
        return rule(w.copy(), dw.copy(), config)

    for name, rule in (("adagrad", adagrad), ("rmsprop", rmsprop), ("adadelta", adadelta)):
        with c.part(name):
            w, dw = W.copy(), FIRST.copy()
            rule(w, dw, {"learning_rate": 0.1})
            c.unchanged("w", w, W, hint="`w -= ...` writes into the caller's array. Make a new array.")
            c.unchanged("dw", dw, FIRST)
            c.close(
                "learning_rate = 0: next_w",
                step(rule, learning_rate=0.0)[0],
                W,
                hint="0 is a valid setting; do not replace it by the default.",
            )
            c.dtypes("next_w", lambda w, dw: rule(w, dw, {"learning_rate": 0.5})[0], W, FIRST)
            c.layouts("next_w", lambda w, dw: rule(w, dw, {"learning_rate": 0.5})[0], W, FIRST)
            row, column = np.ones((1, 3)), np.ones((3, 1))
            for w, dw in ((W, row), (row, column)):
                sentence = f"dw of shape {dw.shape} for w of shape {w.shape} raises a ValueError"
                c.raises(sentence, ValueError, rule, w, dw, {}, mentions=(w.shape, dw.shape))
    with c.part("adagrad"):
        next_w, config = step(adagrad, learning_rate=0.1)
        hint = "For any slope, the first step has the length learning_rate. A gradient of 0 gives no step."
        c.close("first step: next_w", next_w, [0.9, -1.9, 5.0], hint=hint)
        c.entry("first step: config", config, "grad_squared", [9.0, 16.0, 0.0], hint="Each entry has its own sum.")
        c.entry("first step: config", config, "learning_rate", 0.1, hint="Keep the settings in config.")
        next_w, config = step(adagrad, SECOND, next_w, **config)
        c.entry("second step: config", config, "grad_squared", [25.0, 25.0, 0.0], hint="Add to the sum in config.")
        c.close("second step: next_w", next_w, [0.82, -1.96, 5.0], hint="Divide by the root of the new sum, which includes this step.")
        next_w, _ = step(adagrad, learning_rate=0.1, eps=1.0)
        c.close("eps = 1: next_w", next_w, [0.925, -1.92, 5.0], hint="Take the root first, then add eps.")
        hint = "The defaults are in the table at the top."
        c.close("without settings: next_w", step(adagrad)[0], [0.99, -1.99, 5.0], hint=hint)
        next_w, _ = step(adagrad, FAINT, 0 * W)
        want = [-0.005, 0.006666666666666667, -0.00909090909090909]
        c.close("without settings, a faint slope: next_w", next_w, want, atol=0, hint=hint)
    with c.part("rmsprop"):
        next_w, config = step(rmsprop, learning_rate=0.1, decay_rate=0.75)
        hint = "This is an average. Which weights do the past and the new value have?"
        c.entry("first step: config", config, "grad_squared", [2.25, 4.0, 0.0], hint=hint)
        c.entry("first step: config", config, "decay_rate", 0.75, hint="Keep the settings in config.")
        hint = "Do not correct the average. A gradient of 0 gives no step."
        c.close("first step: next_w", next_w, [0.8, -1.8, 5.0], hint=hint)
        next_w, config = step(rmsprop, SECOND, next_w, **config)
        c.entry("second step: config", config, "grad_squared", [5.6875, 5.25, 0.0], hint="Continue with the average in config.")
        hint = "Divide by the root of the new average."
        c.close("second step: next_w", next_w, [0.6322744261244931, -1.9309307341415877, 5.0], hint=hint)
        next_w, _ = step(rmsprop, learning_rate=0.1, decay_rate=0.75, eps=1.0)
        c.close("eps = 1: next_w", next_w, [0.88, -1.8666666666666667, 5.0], hint="Take the root first, then add eps.")
        _, config = step(rmsprop, decay_rate=0.0, grad_squared=np.ones(3))
        c.entry("decay_rate = 0: config", config, "grad_squared", FIRST**2, hint="0 is a valid setting; do not replace it by the default.")
        hint = "The defaults are in the table at the top."
        c.close("without settings: next_w", step(rmsprop)[0], [0.9, -1.9, 5.0], hint=hint)
        next_w, _ = step(rmsprop, FAINT, 0 * W)
        want = [-0.00909090909090909, 0.016666666666666666, -0.05]
        c.close("without settings, a faint slope: next_w", next_w, want, atol=0, hint=hint)
    with c.part("adadelta"):
        next_w, config = step(adadelta, decay_rate=0.75, eps=4.0)
        c.close("first step: next_w", next_w, [-1.4, 0.8284271247461903, 5.0], hint="eps is inside both roots.")
        c.entry("first step: config", config, "grad_squared", [2.25, 4.0, 0.0], hint="The average is the same as in rmsprop.")
        c.entry("first step: config", config, "delta_squared", [1.44, 2.0, 0.0], hint="delta_squared averages the squares of delta.")
        c.entry("first step: config", config, "decay_rate", 0.75, hint="Keep the settings in config.")
        next_w, config = step(adadelta, SECOND, next_w, **{**config, "learning_rate": 0.5})
        want = [-2.8987306457089268, -0.3796537746390537, 5.0]
        hint = "The numerator uses delta_squared of the previous steps. The learning rate multiplies delta."
        c.close("second step, half the learning rate: next_w", next_w, want, hint=hint)
        want = [3.3261935483870967, 2.9594594594594597, 0.0]
        hint = "Average the squares of delta before you multiply by the learning rate."
        c.entry("second step: config", config, "delta_squared", want, hint=hint)
        _, config = step(adadelta, decay_rate=0.0, grad_squared=np.ones(3))
        c.entry("decay_rate = 0: config", config, "grad_squared", FIRST**2, hint="0 is a valid setting; do not replace it by the default.")
        want = [0.9955278690140321, -1.9955278668400829, 5.0]
        hint = "The defaults are in the table at the top. What keeps the numerator above zero?"
        c.close("without settings: next_w", step(adadelta)[0], want, hint=hint)

# %% [markdown] id="adaptive-rms-erratum"
# **Correct a slide** (not graded). Why do we divide by the root of the sum, and not by the sum
# itself? Lecture D2 divides by $\mathrm{RMS}[\nabla L]$, and says that this "is the sum of the
# squares of the past gradients".
# Let's do exactly what D2 says, in a valley that is ten times as steep across as along. Which of
# the two weights takes the longer first step, and how long is this step?
# Then we multiply the loss by 100, as if you counted in cents and not in euros. The valley is the
# same, but the path is very different.
# Correct the marked line. What do all four first steps have in common now? Why must both paths be
# equal?

# %% id="adaptive-rms-mend" tags=["demo"]
for scale in (1, 100):
    w, total, path = np.array([1.0, 1.0]), np.zeros(2), []
    for _ in range(20):
        dw = scale * np.array([0.1, 1.0]) * w
        total += dw * dw
        rms = total  # as printed: correct this line
        w = w - 0.5 * dw / (rms + 1e-8)
        path.append(w)
    print(f"loss times {scale:3}: from [1. 1.] to {path[0]}, and after 20 steps to {path[-1]}")

# %% [markdown] id="adaptive-dead-erratum"
# **Correct another slide** (not graded). A missing $\varepsilon$ looks harmless, but it can ruin
# your whole training run. The slide on RMSProp in D1 has no $\varepsilon$: the formula divides by
# $\sqrt{S}$.
# In the cell, the second weight belongs to a pixel that is black in every image, so this weight
# never gets a gradient. (Three of the 64 pixels of the digits in section 5 are like this.)
# What happens to this weight, and what will the weight do to the loss? Correct the marked line.

# %% id="adaptive-dead-mend" tags=["demo"]
w, S = np.array([1.0, 0.5]), np.zeros(2)
with np.errstate(invalid="ignore"):  # NumPy would warn you; here, look at the result yourself
    for _ in range(3):
        dw = np.array([2.0, 0.0]) * w
        S = 0.9 * S + 0.1 * dw * dw
        w = w - 0.1 * dw / np.sqrt(S)  # as printed: correct this line
        print("w", w)

# %% [markdown] id="adaptive-see"
# **What does each optimizer remember?** To find out, let's give all optimizers the same gradients:
# the gradient is 1 for 100 steps, and then 0.01. The plot shows the length of each step.
# AdaGrad's steps shrink as $1/\sqrt t$ (D2: "rapid decay"). After the slope has fallen, AdaGrad
# still divides by the old, large gradients, so its steps are tiny.
# RMSProp's steps become long again, but this takes a while. Its average decreases by a factor of
# $e$ every $1/(1-\rho) = 20$ steps, so it needs about 200 steps to reach squares that are ten
# thousand times smaller.
# Look at the very beginning of the plot, too: RMSProp's first step is 4.5 times too long, because
# its average starts at zero and is not corrected. Remember this when you come to Adam.
# AdaDelta's first step depends only on $\varepsilon$ and $\rho$, whatever the loss surface looks
# like. From there its steps have to grow.

# %% id="adaptive-plot" tags=["demo"]
with attempt("adaptive"):
    slope = np.where(np.arange(300) < 100, 1.0, 0.01)
    lengths = {}
    for rule, settings in (
        (adagrad, {"learning_rate": 0.01}),
        (rmsprop, {"learning_rate": 0.01, "decay_rate": 0.95}),
        (adadelta, {"decay_rate": 0.95}),
    ):
        w, config, lengths[rule.__name__] = np.zeros(1), dict(settings), []
        for g in slope:
            next_w, config = rule(w, np.full(1, g), config)
            lengths[rule.__name__].append(abs(next_w - w)[0])
            w = next_w
    with style():
        fig, ax = plt.subplots()
        for color, dashes, (name, length) in zip((PALETTE[0], PALETTE[1], PALETTE[3]), ("-", "--", "-."), lengths.items(), strict=True):
            ax.semilogy(np.arange(1, 301), length, dashes, color=color, label=name)
        ax.axvline(100.5, color=PALETTE[6], linewidth=1, linestyle=":")
        ax.annotate("the gradient falls\nfrom 1 to 0.01", (100.5, 1.4e-5), xytext=(6, 0), textcoords="offset points")
        ax.set(xlabel="step", ylabel="length of the step", ylim=(4e-6, 0.3))
        ax.legend(loc="upper right", ncols=3)
    show(
        fig,
        "Step lengths under a gradient of 1 that falls to 0.01 at step 100. AdaGrad's shrink and then stay tiny; "
        "RMSProp's begin long, settle, drop and recover within two hundred steps; AdaDelta's recover more slowly.",
    )
    print("step 300:", ", ".join(f"{name} {length[-1]:.1e}" for name, length in lengths.items()))

# %% [markdown] id="adam-idea"
# ## 3. Adam: average the direction and the scale
#
# *The theory for this question is in the lecture note, under
# [Adam](../../course/06-adaptive.md#adam). Lectures: D0 to D4; paper: Kingma and Ba, 2015.*
#
# You now know two useful averages. Momentum averages the gradients, which gives a smooth direction.
# RMSProp averages their squares, which gives the scale.
# Adam uses both averages, and it corrects the bias of both. Increase $t$ first, so that $t = 1$ at
# the first step:
#
# $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\thinspace g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2)\thinspace g_t^2,$$
# $$\hat m_t = \frac{m_t}{1-\beta_1^t}, \qquad \hat v_t = \frac{v_t}{1-\beta_2^t}, \qquad
# x_t = x_{t-1} - \alpha\thinspace \frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon} .$$
#
# Store $m_t$, $v_t$ and $t$ for the next step. Use the corrected moments only within the step. If
# you stored them, you would correct them twice.
# (D1 and D2 have $\varepsilon$ inside the root. In the paper and in this course it is outside.)


# %% nbgrader={"grade_id": "adam", "solution": true}
def adam(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of Adam.

    t = t + 1;  first_moment and second_moment: moving averages of dw and of dw^2
    next_w = w - learning_rate first_hat / (sqrt(second_hat) + eps), where the hats mean
    corrected averages

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: may hold "learning_rate" (default 0.001), "beta1" and "beta2", in [0, 1)
            (0.9 and 0.999), "eps" (1e-8), "first_moment" and "second_moment", of w's
            shape (zeros), and "t", the number of previous steps (0).
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new uncorrected
            averages and the new t.
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    ### BEGIN SOLUTION
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config
    ### END SOLUTION


# %% id="adam-try" tags=["demo"]
with attempt("adam"):
    w, config = np.array([1.0, -2.0, 3.0]), {"learning_rate": 0.1}
    for _ in range(3):
        w, config = adam(w, w * np.array([1.0, 100.0, 0.0]), config)
        print(f"t {config['t']}  w {w}  second_moment {config['second_moment']}")

# %% nbgrader={"grade_id": "adam-check", "grade": true, "points": 30}
with check("adam") as c:
    W, FIRST, SECOND = np.array([1.0, -2.0, 5.0]), np.array([3.0, -4.0, 0.0]), np.array([-1.0, 2.0, 0.0])
    FAINT = np.array([1e-8, -2e-8, 1e-7])  # small enough that the default of eps matters

    def step(dw=FIRST, w=W, **config):  # from fresh copies
        return adam(w.copy(), dw.copy(), config)

    w, dw = W.copy(), FIRST.copy()
    adam(w, dw, {"learning_rate": 0.1})
    c.unchanged("adam, w", w, W, hint="`w -= ...` writes into the caller's array. Make a new array.")
    c.unchanged("adam, dw", dw, FIRST)
    settings = {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.9}
    next_w, config = step(**settings)
    hint = "If both averages are corrected, the first step has the length learning_rate."
    c.close("adam, first step: next_w", next_w, [0.9, -1.9, 5.0], hint=hint)
    c.entry("adam, first step: config", config, "t", 1, hint="t is 0 before the first step. Increase it before you use it.")
    c.entry("adam, first step: config", config, "first_moment", [1.5, -2.0, 0.0], hint="Store the average without correction.")
    c.entry("adam, first step: config", config, "second_moment", [0.9, 1.6, 0.0], hint="Store the average without correction.")
    c.entry("adam, first step: config", config, "beta1", 0.5, hint="Keep the settings in config.")
    next_w, config = step(SECOND, next_w, **config)
    c.entry("adam, second step: config", config, "t", 2, hint="Continue from the t in config.")
    c.entry("adam, second step: config", config, "first_moment", [0.25, 0.0, 0.0])
    c.entry("adam, second step: config", config, "second_moment", [0.91, 1.84, 0.0])
    hint = "Each average has its own beta, and its correction uses the same beta."
    c.close("adam, second step: next_w", next_w, [0.884768973050405, -1.9, 5.0], hint=hint)
    next_w, _ = step(**settings, eps=1.0)
    c.close("adam, eps = 1: next_w", next_w, [0.925, -1.92, 5.0], hint="Correct first, then take the root, then add eps.")
    for beta in ("beta1", "beta2"):
        _, config = step(**{beta: 0.0}, t=2, first_moment=np.ones(3), second_moment=np.ones(3))
        key, want = ("first_moment", FIRST) if beta == "beta1" else ("second_moment", FIRST**2)
        c.entry(f"adam, {beta} = 0: config", config, key, want, hint="0 is a valid setting; do not replace it by the default.")
    c.close(
        "adam, learning_rate = 0: next_w", step(learning_rate=0.0)[0], W, hint="0 is a valid setting; do not replace it by the default."
    )
    restarted = {"t": 2, "first_moment": np.array([1.0]), "second_moment": np.array([4.0])}
    next_w, config = adam(np.array([1.0]), np.array([2.0]), restarted)
    hint = "The defaults are in the table at the top."
    c.close("adam, a third step without settings: next_w", next_w, [0.9998888941714389], hint=hint)
    c.entry("adam, a third step without settings: config", config, "t", 3, hint="Continue from the t in config.")
    want = [-0.0005, 0.0006666666666666667, -0.0009090909090909091]
    c.close("adam, without settings, a faint slope: next_w", step(FAINT, 0 * W)[0], want, atol=0, hint=hint)
    c.dtypes("adam, next_w", lambda w, dw: adam(w, dw, {"learning_rate": 0.5})[0], W, FIRST)
    c.layouts("adam, next_w", lambda w, dw: adam(w, dw, {"learning_rate": 0.5})[0], W, FIRST)
    row, column = np.ones((1, 3)), np.ones((3, 1))
    for w, dw in ((W, row), (row, column)):
        sentence = f"adam, dw of shape {dw.shape} for w of shape {w.shape} raises a ValueError"
        c.raises(sentence, ValueError, adam, w, dw, {}, mentions=(w.shape, dw.shape))

# %% [markdown] id="adam-erratum"
# **Correct a slide** (not graded). D0 explains bias correction like this: the decay rate $\beta_2$
# "is very very low, like 0.9", so without a correction the second moment stays close to zero, "and
# hence, make a huge step in the beginning". Let's check whether this can be right.
# For a constant gradient, the length of an uncorrected step in units of $\alpha$ is
# $(1-\beta_1^t)/\sqrt{1-\beta_2^t}$. Show this on paper, and then run the cell.
# With the slide's $\beta_2$, the first steps turn out to be *short*!
# Replace the value in the marked line by the value on the other slides, and the huge steps appear.
# How large is the first step, and which step is the largest?

# %% id="adam-mend" tags=["demo"]
beta1 = 0.9
beta2 = 0.9  # as printed: correct this line
t = np.arange(1, 101)
uncorrected = (1 - beta1**t) / np.sqrt(1 - beta2**t)
print(f"first step {uncorrected[0]:.2f} alpha, largest {uncorrected.max():.2f} alpha at step {t[uncorrected.argmax()]}")

# %% [markdown] id="adam-see"
# **Why do we need the correction?** Let's give your `adam` a constant gradient. Its steps have
# length $\alpha$ from the first step on, for any size of the gradient.
# You might think that you can leave the correction out, because D1 calls it "not important". For
# momentum alone you can: the first steps are then too short, and this does no harm.
# But in Adam the *denominator* is too small as well, for thousands of steps, and this makes your
# steps too long.
# steps too long.

# %% id="adam-plot" tags=["demo"]
with attempt("adam"):
    t, lengths = np.arange(1, 2001), []
    w, config = np.zeros(1), {"learning_rate": 1.0}
    for _ in t:
        next_w, config = adam(w, np.full(1, 0.03), config)
        lengths.append(abs(next_w - w)[0])
        w = next_w
    with style():
        fig, ax = plt.subplots()
        for beta2, color, dashes in ((0.999, PALETTE[1], "--"), (0.9, PALETTE[2], "-.")):
            ax.semilogx(t, (1 - 0.9**t) / np.sqrt(1 - beta2**t), dashes, color=color, label=rf"uncorrected, $\beta_2$ = {beta2}")
        ax.semilogx(t, lengths, color=PALETTE[0], label="your adam")
        ax.annotate("3.16 at step 1", (1, 3.16), xytext=(10, -6), textcoords="offset points")
        ax.annotate("6.57 at step 12", (12, 6.57), xytext=(10, 4), textcoords="offset points")
        ax.set(xlabel="step", ylabel=r"length of the step ($\alpha$)", ylim=(0, 7.2))
        ax.legend(loc="center right")
    show(
        fig,
        "Without correction and with beta2 = 0.999 the first step is 3.16 alpha and the twelfth 6.57 alpha; with beta2 = 0.9 the first steps "
        "are shorter than alpha; corrected steps are alpha from the start.",
    )
    print(f"your adam: first step {lengths[0]:.4f}, largest {max(lengths):.4f}")

# %% [markdown] id="adam-stuck"
# **A problem that Adam gets wrong.** Adam is so widely used that you might expect it to solve every
# simple problem. But lecture D3 warns you that Adam "does not converge at all on some simple
# example problems".
# Let's look at one such problem, by Reddi, Kale and Kumar (2018). A weight moves on $[-1, 1]$, and
# its gradient is $3, -1, -1$, again and again. The sum of these gradients is 1, so the best point
# is $-1$.
# But Adam divides the rare large gradient by its own large root. This makes the large gradient as
# small as the other gradients, and there are two of those for each large one. The shorter Adam's
# memory is, the stronger this effect becomes.
# Try it out: for which $\beta_2$ does Adam go in the wrong direction?

# %% id="adam-stuck-try" tags=["demo"]
with attempt("adam"):
    for beta2 in (0.1, 0.9, 0.999):
        x, config = np.zeros(1), {"beta1": 0.0, "beta2": beta2}
        for t in range(3000):
            config["learning_rate"] = 0.1 / np.sqrt(t + 1)
            x, config = adam(x, np.array([-1.0 if t % 3 else 3.0]), config)
            x = np.clip(x, -1, 1)
        print(f"beta2 = {beta2:<5}  x = {x[0]:5.2f}, where -1 is best")

# %% [markdown] id="paths-see"
# **Where does an adaptive optimizer help?** The left plot shows the ravine of assignment 05, which
# is 50 times as steep across as along. The right plot shows the same ravine, rotated by 45°.
# On the left each weight has its own slope, so it gets its own rate. AdaGrad reduces the distance
# of both weights at the same speed, until the steep weight has arrived and only the flat one
# continues.
# On the right both weights share the steep direction. Their gradients are equally large, so both
# weights get the same rate. Having two rates then gains you nothing: AdaGrad needs 181 steps
# instead of 26.
# For momentum, the direction of the axes makes no difference, so it needs the same number of steps
# in both plots.
# In other words, an adaptive optimizer helps against bad *scaling of the weights*. This is not the
# same as a bad condition number.

# %% id="paths-plot" tags=["demo"]
racers = (  # rule, learning rate, colour, marker, width
    (sgd, 0.038, "0.6", ".", 1.0),
    (momentum, 0.1, PALETTE[5], ".", 1.2),
    (adadelta, 10.0, PALETTE[3], "", 5.0),
    (rmsprop, 0.05, PALETTE[1], ".", 1.5),
    (adagrad, 1.0, PALETTE[0], "o", 1.5),
    (adam, 0.3, PALETTE[2], ".", 1.5),
)


def arrival(path, hessian):
    """Return the first step at which the loss is at most 1e-3, or None."""
    low = np.flatnonzero(np.einsum("ti,ij,tj->t", path, hessian, path) / 2 <= 1e-3)
    return int(low[0]) if low.size else None


with style():
    fig, axes = plt.subplots(1, 2, figsize=(10.5, 4.4))
for ax, angle in zip(axes, (0.0, np.pi / 4), strict=True):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    hessian = turn @ np.diag([1.0, 50.0]) @ turn.T
    grid = np.stack(np.meshgrid(np.linspace(-4.6, 1.6, 160), np.linspace(-3.6, 1.9, 160)))  # (2, 160, 160)
    height = 0.5 * np.einsum("iab,ij,jab->ab", grid, hessian, grid)
    ax.contour(*grid, height, levels=[0.3, 1, 3, 8, 25, 80, 200], colors="0.8", linewidths=0.8)
    counts = []
    for rule, learning_rate, color, marker, width in racers:
        with attempt(rule.__name__):
            w, config = turn @ np.array([-4.0, 1.0]), {"learning_rate": learning_rate, "decay_rate": 0.95}
            path = [w]
            for _ in range(600):
                w, config = rule(w, hessian @ w, config)
                path.append(w)
            steps = arrival(np.array(path), hessian)
            counts.append(f"{rule.__name__} {steps}")
            label = rf"{rule.__name__}, $\alpha$ = {learning_rate}: " + ("not reached" if steps is None else f"{steps} steps")
            ax.plot(*np.array(path[:300]).T, color=color, linewidth=width, marker=marker, markersize=4, label=label)
    ax.plot(*(turn @ np.array([-4.0, 1.0])), "s", color=PALETTE[6])
    ax.plot(0, 0, "*", color=PALETTE[6], markersize=9)
    ax.grid(False)
    ax.set(title=f"turned by {np.degrees(angle):.0f}°", xlabel="first weight", ylabel="second weight", xlim=(-4.6, 1.6), ylim=(-3.6, 1.9))
    ax.legend(loc="lower right" if angle == 0 else "upper left", fontsize="small", frameon=True, edgecolor="none")
    print(f"turned by {np.degrees(angle):2.0f}°, steps until the loss is 0.001:", ", ".join(counts))
show(
    fig,
    "Paths over the contours of a ravine, along the axes on the left and turned by 45 degrees on the right. "
    "AdaGrad needs 26 steps on the left and 181 on the right; momentum 61 on both.",
)

# %% [markdown] id="lr_schedule-idea"
# ## 4. Change the learning rate during training
#
# *The theory for this question is in the lecture note, under [Learning-rate
# schedules](../../course/06-adaptive.md#learning-rate-schedules). Lectures: D1, D0 and D4 (learning
# rate decay).*
#
# Far from the minimum large steps get you there faster, but near the minimum you need small ones.
# If you keep $\alpha$ constant, the noise of the minibatches keeps your weights at a distance from
# the minimum, and this distance grows with $\alpha$.
# For this reason, people often start with a large learning rate and decrease it during training. In
# the formulas of the four schedules, $t$ is the number of steps or epochs so far, starting from 0:
#
# $$\text{step:}\quad \alpha_0 f^{\lfloor t / \text{every} \rfloor}, \qquad
# \text{multistep:}\quad \alpha_0 f^{\lvert\lbrace m \thinspace\in\thinspace \text{milestones} \thinspace:\thinspace m \le t\rbrace\rvert}, \qquad
# \text{exponential:}\quad \alpha_0 e^{-kt}, \qquad
# \text{inverse:}\quad \frac{\alpha_0}{1 + kt} .$$
#
# Lecture D0 gives two examples. If you halve the rate "every few epochs", you have a step schedule
# with $f = 0.5$.
# "For ResNets, multiply LR by 0.1 after epochs 30, 60, and 90" describes a multistep schedule. Take
# care with the milestones here: after 30 epochs $t$ is 30, and your learning rate is already
# smaller.

# %% nbgrader={"grade_id": "lr_schedule", "solution": true}
import math


def lr_schedule(kind: str, lr0: float, t: float, **kw) -> float:
    """Return the learning rate after t steps (or epochs).

    step: lr0 factor^floor(t / every)
    multistep: lr0 factor^(number of milestones <= t)
    exponential: lr0 exp(-k t)
    inverse: lr0 / (1 + k t)

    Args:
        kind: "step", "multistep", "exponential" or "inverse".
        lr0: the learning rate at the start.
        t: number of steps or epochs that are done, >= 0.
        kw: exactly the settings of this kind. step: every, factor; multistep:
            milestones (a list, increasing), factor; exponential: k; inverse: k.
    Returns:
        the learning rate, one number.
    Raises:
        ValueError: kind is not one of the four (the message names it and all four); a
            setting of the kind is missing, or there is an unknown setting (the message
            names that setting); or t is negative (the message names it).
    """
    ### BEGIN SOLUTION
    settings = {"step": {"every", "factor"}, "multistep": {"milestones", "factor"}, "exponential": {"k"}, "inverse": {"k"}}
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}")
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        return lr0 * kw["factor"] ** sum(milestone <= t for milestone in kw["milestones"])
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)
    ### END SOLUTION


# %% id="lr_schedule-try" tags=["demo"]
with attempt("lr_schedule"):
    for t in (0, 29, 30, 31, 60, 90):
        print(f"t = {t:2}: {lr_schedule('multistep', 0.1, t, milestones=[30, 60, 90], factor=0.1):.4f}")

# %% nbgrader={"grade_id": "lr_schedule-check", "grade": true, "points": 20}
with check("lr_schedule") as c:
    stairs = {"every": 5, "factor": 0.5}
    for t, want in ((0, 0.8), (4, 0.8), (4.5, 0.8), (5, 0.4), (9, 0.4), (10, 0.2), (17.5, 0.1)):
        got = lr_schedule("step", 0.8, t, **stairs)
        c.close(f"step, every=5, factor=0.5, t={t}", got, want, hint="How many complete intervals of 5 fit into t?")
    for t, want in ((0, 0.8), (2.5, 0.8), (3, 0.2), (6, 0.2), (7, 0.05), (7.5, 0.05), (50, 0.05)):
        milestones = [3, 7]
        got = lr_schedule("multistep", 0.8, t, milestones=milestones, factor=0.25)
        hint = "Count the milestones that are at most t."
        c.close(f"multistep, milestones=[3, 7], factor=0.25, t={t}", got, want, hint=hint)
        if t == 50:
            c.equal("multistep: the list of milestones afterwards", milestones, [3, 7], "The list belongs to the caller; do not change it.")
    for t, want in ((0, 2.0), (2, 0.7357588823428847), (2.5, 0.5730095937203802)):
        c.close(f"exponential, k=0.5, t={t}", lr_schedule("exponential", 2.0, t, k=0.5), want)
    for t, want in ((0, 2.0), (6, 0.5), (6.5, 0.47058823529411764)):
        c.close(f"inverse, k=0.5, t={t}", lr_schedule("inverse", 2.0, t, k=0.5), want)
    kinds = {"step": stairs, "multistep": {"milestones": [3, 7], "factor": 0.5}, "exponential": {"k": 0.1}, "inverse": {"k": 0.1}}
    sentence = 'the unknown kind "linear" raises a ValueError'
    c.raises(sentence, ValueError, lr_schedule, "linear", 0.1, 3, k=0.1, mentions=("linear", *kinds))
    c.raises('the unknown kind "Step" raises a ValueError', ValueError, lr_schedule, "Step", 0.1, 3, **stairs)
    for kind, settings in kinds.items():
        for name in settings:
            rest = {key: value for key, value in settings.items() if key != name}
            c.raises(f"{kind} without {name} raises a ValueError", ValueError, lr_schedule, kind, 0.1, 3, **rest, mentions=(name,))
        more = {**settings, "every" if kind != "step" else "k": 5}
        sentence = f"{kind} with an unknown setting raises a ValueError"
        c.raises(sentence, ValueError, lr_schedule, kind, 0.1, 3, **more, mentions=(list(more)[-1],))
        c.raises(f"{kind}, t = -1 raises a ValueError", ValueError, lr_schedule, kind, 0.1, -1, **settings, mentions=(-1,))

# %% [markdown] id="lr_schedule-see"
# **Four schedules.** Compare the shapes of your four schedules. All of them start at 0.1, and they
# go down to about a hundredth of this rate. (Only the inverse schedule stops at about a tenth,
# because it has a long tail.)
# On a logarithmic axis, the exponential schedule is a straight line, and the step schedule is a
# staircase along this line.

# %% id="lr_schedule-plot" tags=["demo"]
schedules = {
    "step": {"every": 15, "factor": 0.464},
    "multistep": {"milestones": [30, 60], "factor": 0.1},
    "exponential": {"k": 0.051},
    "inverse": {"k": 0.1},
}
with attempt("lr_schedule"):
    epochs = np.arange(91)
    with style():
        fig, ax = plt.subplots()
        for (kind, settings), color, dashes in zip(schedules.items(), PALETTE, ("-", "--", "-.", ":"), strict=False):
            rates = [lr_schedule(kind, 0.1, int(t), **settings) for t in epochs]
            drawn = "steps-post" if "step" in kind else "default"
            ax.semilogy(epochs, rates, dashes, color=color, drawstyle=drawn, label=kind)
        ax.set(xlabel="epochs done, t", ylabel="learning rate")
        ax.legend(loc="lower left")
    show(
        fig, "Four schedules from 0.1 downwards over 90 epochs: stairs, two large drops, a straight line on a log axis, a flattening curve."
    )
    print("after 90:", ", ".join(f"{kind} {lr_schedule(kind, 0.1, 90, **settings):.4f}" for kind, settings in schedules.items()))

# %% [markdown] id="race-idea"
# ## 5. Race them on a network
#
# *You can read more about this in the lecture note, under [Which learning
# rate](../../course/06-adaptive.md#which-learning-rate) and [What adapting cannot
# do](../../course/06-adaptive.md#what-adapting-cannot-do).*
#
# Now let's see what your optimizers can do on a real task. They train a network that recognises
# handwritten digits of 8 × 8 pixels, with 64 inputs, 32 ReLU units and 10 classes.
# We have written the network and the loss for you, and the optimizers are your own.
# The function `fit` draws a minibatch and computes the gradients. Then it calls your optimizer for
# each of the four parameters, each with its own `config`.
#
# We run the race twice. In the first run the pixels are between 0 and 1, as they should be.
# In the second run each pixel has its own unit, as in data that nobody has standardised: some
# pixels are thirty times as large, and some thirty times as small.

# %% nbgrader={"grade_id": "net", "locked": true}
from utils import data
from utils.training import fit


def net(params, x):  # (N, 64) -> (N, 32), (N, 10)
    hidden = np.maximum(x @ params["w1"] + params["b1"], 0)
    return hidden, hidden @ params["w2"] + params["b2"]


def loss_and_grads(params, x, y):
    hidden, scores = net(params, x)
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[np.arange(len(y)), y] -= 1
    dscores /= len(y)
    dhidden = dscores @ params["w2"].T * (hidden > 0)
    grads = {"w1": x.T @ dhidden, "b1": dhidden.sum(axis=0), "w2": hidden.T @ dscores, "b2": dscores.sum(axis=0)}
    return -log_p[np.arange(len(y)), y].mean(), grads


def start(rng):
    return {
        "w1": rng.normal(scale=np.sqrt(2 / 64), size=(64, 32)),
        "b1": np.zeros(32),
        "w2": rng.normal(scale=np.sqrt(2 / 32), size=(32, 10)),
        "b2": np.zeros(10),
    }


# %% [markdown] id="race-see"
# **Learning rates from 0.0001 to 100.** Each point shows the loss of a training run of 200
# minibatches, so low points are good.
# In the left plot, every optimizer trains well over a range of one or two powers of ten. These
# ranges are in very different places, although the best losses are similar.
# Lecture D3 says that AdaGrad "eliminates the need to manually tune the learning rate". Look at
# your own plot: is this true?
# In the right plot, plain gradient descent needs a rate that is ten times smaller because of the
# largest pixels, so the weights of the other pixels hardly learn.
# The adaptive optimizers can keep their learning rates, because they divide by the size of the
# gradient, and this removes the unit of each weight.
# (Their losses are still slightly worse than in the left plot, because the initial scale of the
# weights no longer suits the inputs.)

# %% id="race-sweep" tags=["demo"]
digits = data.digits()
units = 10 ** np.random.default_rng(3).uniform(-1.5, 1.5, size=64)
rates = 10.0 ** np.arange(-4, 2.1, 0.5)
looks = {
    "sgd": ("0.45", "o"),
    "momentum": (PALETTE[5], "s"),
    "adagrad": (PALETTE[0], "^"),
    "rmsprop": (PALETTE[1], "v"),
    "adadelta": (PALETTE[3], "D"),
    "adam": (PALETTE[2], "*"),
}
found = {}
for title, unit in (("pixels from 0 to 1", 1.0), ("each pixel in its own unit", units)):
    for rule in (sgd, momentum, adagrad, rmsprop, adadelta, adam):
        with attempt(rule.__name__), np.errstate(all="ignore"):  # runs with too large a rate may overflow
            ends = []
            for rate in rates:
                settings, rng = {"learning_rate": float(rate)}, np.random.default_rng(1)
                params = start(np.random.default_rng(0))
                _, history = fit(
                    params, loss_and_grads, rule, settings, digits.x_train * unit, digits.y_train, steps=200, batch=64, rng=rng
                )
                ends.append(np.mean(history.losses[-20:]))
            found[title, rule.__name__] = np.array(ends)
            best = np.nanargmin(ends)
            print(
                f"{title:27}  {rule.__name__:8}  best loss {ends[best]:.2f}, at {'a rate below 1' if rates[best] < 1 else 'a rate of 1 or more'}"
            )
with style():
    fig, axes = plt.subplots(1, 2, figsize=(10.5, 4), sharey=True)
    for (title, name), ends in found.items():
        ax = axes[int(title.startswith("each"))]
        color, marker = looks[name]
        ax.loglog(rates, np.minimum(np.nan_to_num(ends, nan=9.0), 9.0), color=color, marker=marker, markersize=5, label=name)
        ax.axhline(np.log(10), color=PALETTE[6], linewidth=1, linestyle=":")
        ax.set(title=title, xlabel="learning rate", ylim=(0.02, 9))
    axes[0].set(ylabel="training loss after 200 steps")
    axes[0].annotate("guessing", (1e-4, np.log(10)), xytext=(0, 4), textcoords="offset points", fontsize="small")
    if found:
        axes[0].legend(loc="lower left", fontsize="small")
show(
    fig,
    "Training loss over the learning rate for six rules. With pixels from 0 to 1 all have a good range somewhere; "
    "with pixels in mixed units plain descent is at best four times worse, at a tenth of the rate; the adaptive rules keep their ranges.",
)

# %% [markdown] id="race-curves-see"
# **The race itself.** Let's watch the losses during training. The pixels are in mixed units, and
# each optimizer has a good learning rate. Your `ema` smooths the curves for you.
# Notice how fast the adaptive optimizers are, while plain gradient descent is still busy with the
# largest pixels.
# Smooth curves are easier to compare, but which details does $\beta = 0.95$ hide from you?

# %% id="race-curves" tags=["demo"]
good = {sgd: 0.1, momentum: 0.3, adagrad: 0.03, rmsprop: 0.01, adadelta: 3.0, adam: 0.01}
with style():
    fig, ax = plt.subplots(figsize=(7, 4))
for rule, rate in good.items():
    with attempt(f"{rule.__name__}, smoothed by ema"):
        _, history = fit(
            start(np.random.default_rng(0)),
            loss_and_grads,
            rule,
            {"learning_rate": rate},
            digits.x_train * units,
            digits.y_train,
            steps=300,
            batch=64,
            rng=np.random.default_rng(1),
        )
        smooth = ema(np.array(history.losses), 0.95, bias_correction=True)
        color, marker = looks[rule.__name__]
        ax.semilogy(np.arange(1, 301), smooth, color=color, marker=marker, markevery=50, label=rf"{rule.__name__}, $\alpha$ = {rate}")
        print(f"{rule.__name__:8}  smoothed loss at step 100: {smooth[99]:.2f}, at step 300: {smooth[-1]:.2f}")
ax.set(xlabel="step", ylabel="training loss, smoothed")
if ax.has_data():
    ax.legend(fontsize="small")
show(fig, "Smoothed training loss of six rules over 300 steps on digits in mixed units: Adam and the other adaptive rules fall fastest.")

# %% [markdown] id="race-schedule-see"
# **Adam with a decreasing learning rate.** You might expect Adam to slow down by itself, but it
# does not, because near the minimum the noise decides the length of its steps.
# Here we train Adam on small, noisy batches of 8, with a constant learning rate and with two of
# your schedules. To show the true progress, we compute the loss on the whole training set.
# With the constant rate the loss jumps up and down, and with the schedules it settles.
# (The schedule can read $t$ from `config`, because `adam` counts its own steps.)

# %% id="race-schedule" tags=["demo"]
plans = {
    "constant": ("inverse", {"k": 0.0}),
    "multistep": ("multistep", {"milestones": [600, 1000], "factor": 0.1}),
    "exponential": ("exponential", {"k": 0.003}),
}
with style():
    fig, ax = plt.subplots(figsize=(7, 4))
for (name, (kind, settings)), color, marker in zip(plans.items(), PALETTE, "o^s", strict=False):
    with attempt("adam under lr_schedule"):

        def scheduled(w, dw, config, kind=kind, settings=settings):
            config["learning_rate"] = lr_schedule(kind, 0.02, config.get("t", 0), **settings)
            return adam(w, dw, config)

        _, history = fit(
            start(np.random.default_rng(0)),
            loss_and_grads,
            scheduled,
            {},
            digits.x_train,
            digits.y_train,
            steps=1200,
            batch=8,
            rng=np.random.default_rng(2),
            evaluate=lambda params: {"loss": loss_and_grads(params, digits.x_train, digits.y_train)[0]},
            every=20,
        )
        losses = history.metrics["loss"]
        ax.semilogy(history.at, losses, color=color, marker=marker, markevery=10, label=name)
        print(f"{name:11}  over the last 400 steps the loss {'stays below' if max(losses[-20:]) < 0.1 else 'rises above'} 0.1")
ax.set(xlabel="step", ylabel="loss on all training examples")
if ax.has_data():
    ax.legend()
show(fig, "Adam on batches of 8: with a constant rate the loss bounces by a factor of ten; with a rate that comes down it settles.")

# %% [markdown] id="written-question"
# ## 6. In your own words (10 points, graded by a person)
#
# A classmate of yours changes the loss of a batch of 64 from the mean to the sum over its examples,
# and changes nothing else. Now every gradient is 64 times as large.
#
# 1. What happens to the first step, and to the whole path, with plain gradient descent, with
#    AdaGrad and with Adam? Derive your answer from the equations with $\varepsilon = 0$. In which
#    case does the $\varepsilon$ of Adam matter?
# 2. Assume that every gradient of a weight is drawn from the same distribution at every step. Show
#    that the expected value of Adam's $v_t$ is $(1-\beta_2^t)\thinspace E[g^2]$. Use the same
#    factors for a constant gradient to explain why D0's "$\beta_2$ very low, like 0.9" cannot be the
#    cause of huge uncorrected first steps.
# 3. The classmate trains with RMSProp at a constant rate. The loss decreases, and then it
#    fluctuates without getting any lower. Why do the steps not become shorter as the gradient
#    becomes smaller? What would AdaGrad have done, and what do you recommend to your classmate?
#
# Write at most 300 words.

# %% [markdown] nbgrader={"grade_id": "adaptive-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. Plain descent: the step is $\alpha g$, so it becomes 64 times as long, as with a rate of $64\thinspace\alpha$; it may well diverge. AdaGrad: if
#    all gradients are $c$ times as large, $s_t$ is $c^2$ times as large, its root $c$ times, and $c$ cancels: the step is the same. Since
#    the first step is the same, the next point and so the next gradient (up to $c$) are the same, and so on: the whole path is. Adam: $\hat
#    m_t$ is linear in the gradients, $\hat v_t$ quadratic, the corrections do not depend on them; $\hat m_t/\sqrt{\hat v_t}$ has the factor
#    $c/c = 1$: the same path. With $\varepsilon > 0$ this holds as long as $\sqrt{\hat v_t} \gg \varepsilon$. For gradients of about
#    $10^{-8}$ and less, $\varepsilon$ dominates the denominator and the step shrinks with the gradient: there scaling matters.
# 2. Unrolled, $v_t = (1-\beta_2)\sum_{k=0}^{t-1} \beta_2^k\thinspace g_{t-k}^2$. The expected value of each square is $E[g^2]$; the geometric sum
#    is $(1-\beta_2^t)/(1-\beta_2)$; the product is $(1-\beta_2^t)E[g^2]$. Under a steady gradient $m_t = (1-\beta_1^t) g$ and $v_t =
#    (1-\beta_2^t) g^2$, so an uncorrected step is $\alpha (1-\beta_1^t)/\sqrt{1-\beta_2^t}$. With $\beta_1 = \beta_2 = 0.9$ this is
#    $\sqrt{1-0.9^t} < 1$: short, 0.32 α at first. With $\beta_2 = 0.999$ the first is $0.1/\sqrt{0.001} = 3.16$. Steps are huge because
#    $\beta_2$ is *high*, much closer to 1 than $\beta_1$.
# 3. The step is $\alpha g/\sqrt{s}$, and $s$ averages the recent $g^2$: when all gradients shrink, so does the root, and the quotient keeps
#    a size of about 1. Near the minimum steps of about $\alpha$ leap from side to side (noise or not). AdaGrad's sum never shrinks, so its
#    steps do. One should let the learning rate come down, by any of the schedules.
#
# **Rubric.**
#
# - 1 point: Plain descent: steps 64 times as long, as with another learning rate.
# - 2 points: AdaGrad and Adam: the factor cancels, shown with the linear and the quadratic
#   averages.
# - 1 point: Hence the whole path is the same, not only the first step.
# - 1 point: When $\varepsilon$ matters.
# - 2 points: The expected value of $v_t$ by a geometric sum.
# - 1 point: $\beta_1 = \beta_2$ gives short first steps, and $\beta_2 = 0.999$ long ones.
# - 1 point: The quotient keeps its size, because gradient and root shrink together.
# - 1 point: AdaGrad's steps shrink; lower the rate by a schedule.
#
# **Weak answer (3 points: items 1, 4, 8).**
#
# 1. With gradient descent the step is 64 times as long, as with a rate of $64 \alpha$. AdaGrad and
#    Adam adapt to the gradients, so they can handle it. $\varepsilon$ matters when the gradients are
#    very small, about $10^{-8}$.
# 2. $v_t$ is a mean of $g^2$, so its expected value is $E[g^2]$, and $1 - \beta_2^t$ is the bias
#    correction. With 0.9 the memory is short, so the steps are noisy.
# 3. RMSProp has no momentum, so it fluctuates. AdaGrad's steps become shorter and shorter. I would
#    lower the learning rate by a schedule.
#
# **Average answer (6 points: items 1, 2, 4, 5).**
#
# 1. Gradient descent: the step is $64\thinspace \alpha g$, as with the rate $64\thinspace \alpha$. AdaGrad: $s$ is a
#    sum of squares, so it is $64^2$ times as large and its root 64 times: the factor cancels. Adam:
#    $\hat m$ has the factor 64 and $\sqrt{\hat v}$ too, so it cancels. $\varepsilon$ matters if
#    $\sqrt{\hat v}$ is not much larger than it.
# 2. $v_t = (1-\beta_2) \sum_k \beta_2^k g_{t-k}^2$, so its expected value is $(1-\beta_2) E[g^2]
#    \sum_k \beta_2^k = (1-\beta_2^t) E[g^2]$. Without correction, $v$ is too small and the steps are
#    too large.
# 3. The rate is constant, so the steps do not become shorter. AdaGrad would have stopped too early. I
#    would use Adam.

# %% [markdown] id="summary-idea"
# **Before you submit,** it's a good idea to restart the kernel and run all cells once more. The
# cell below then adds up the results of your own checks.

# %% id="summary" tags=["demo"]
check.summary({"ema": 10, "adaptive": 40, "adam": 30, "lr_schedule": 20}, written=10)
