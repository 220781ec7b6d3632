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
# # Measure how wrong you are
#
# Your network will learn exactly what its loss asks for, so be careful what you ask for.
# The loss is one number, and its gradient is the first thing that flows back through your network.
# In this notebook, you'll write the losses of the lectures and their gradients, in a form that
# works for logits of any size.
# Then you'll put your losses to work: you'll classify people by height and weight, and fit a line
# to data with some wrong points.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `mse_loss`, `mae_loss` and `l2_distance`: mean squared error, mean absolute error and Euclidean distance | 15 |
# | 2 | `softmax_loss`: softmax and cross-entropy as one function, for logits up to ±10,000 | 20 |
# | 3 | `bce_with_logits`: the same for two classes, with one logit | 20 |
# | 4 | `robust_loss`: seven robust losses, with their influence and their weights | 25 |
# | 5 | `logreg_fit` and `irls_line`: a logistic regression, and a line that resists outliers | 20 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** about 6 hours. This is only our estimate, so take the time that you need.
#
# **You will learn** why we compute losses from logits and never from probabilities, and what the
# slope of a loss does to an outlier.
# You'll also see how much damage a wrong mean or a missing absolute value on a slide can do.
#
# **You need** NumPy, the chain rule and logarithms. You don't need any code from earlier
# assignments.
#
# **Lecture note:** [Measure how wrong you are](../../course/03-losses.md).
# We call the lectures D0 to D4. Some formulas on their slides contain mistakes, and you'll find and
# correct five of them in this notebook.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Loss and gradient:** a loss is one number. We write `dpred`, `dx` or `dh` for the gradient of
#   the loss with respect to the first argument. This gradient has the same shape as that argument.
# - **Reduction:** take the mean over the batch and the sum over the outputs of one example, unless
#   the name of the function says otherwise. In question 1 the names do say otherwise.
# - **Don't change your arguments.** The arrays may be read-only, or slices of larger arrays. Your
#   function must also work for a batch with a single example.
# - **dtypes:** your result should have the same dtype as the input: float32 stays float32, and
#   float64 stays float64. For integers, signed or unsigned, return float64.
# - **No Python loop** over examples or entries, because such a loop is slow. **No warnings:** your
#   code must cause no overflow, no division by zero and no invalid value.
# - **Randomness** comes from the generator `rng` that you receive, never from `np.random` itself,
#   so that we can reproduce your results.
# - **Bad arguments** must raise a `ValueError` that says what you expected and what you got.
#
# One bad argument deserves your attention: predictions of shape `(N, 1)` with targets of shape
# `(N,)`. Sooner or later, everyone passes such a pair, and no error message warns you. NumPy
# subtracts every target from every prediction, so the difference has shape `(N, N)`.
# To protect you from this bug, the losses in this course refuse two arrays of different shapes.
#
# In each question, you read an explanation, write a function, try it in a cell, and run a check.
# If the check passes, you have avoided the most common mistakes. For your grade, we use other
# checks with different numbers.
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
        "This notebook needs the folder utils of 03-losses.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 03-losses.zip, then "
        "%cd training-neural-networks/release/03-losses, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "given", "locked": true}
np.set_printoptions(precision=4, suppress=True)

from utils import data
from utils.gradients import numeric_gradient
from utils.plotting import PALETTE, style


def message(function, *args):
    """Return the message of the ValueError that a function raises, or an empty string."""
    try:
        function(*args)
    except ValueError as error:
        return str(error)
    return ""


# %% [markdown] id="regression_losses-idea"
# ## 1. Three losses for regression
#
# *Lecture note: [Losses for regression](../../course/03-losses.md#losses-for-regression) and
# [Distances, and a root too many](../../course/03-losses.md#distances-and-a-root-too-many).
# Lecture: D3 (common loss functions).*
#
# How wrong is a predicted number? Let the predictions $\hat y$ and the targets $y$ have $n$ entries
# in all. The lecture gives three answers: a mean of squares, a mean of absolute values, and a
# distance:
#
# $$\text{mse} = \frac1n \sum_i (\hat y_i - y_i)^2, \qquad
#   \text{mae} = \frac1n \sum_i |\hat y_i - y_i|, \qquad
#   \text{l2} = \lVert \hat y - y \rVert_2 = \sqrt{\textstyle\sum_i (\hat y_i - y_i)^2} .$$
#
# A *mean* is the average over all $n$ entries, whatever the shape of the array.
# For example, the errors 1 and 3 give an mse of 5, an mae of 2, and a distance of 3.16.
# Other slides have $\sum$ (D0, D4) or $\frac12\sum$ (D2) in place of the mean, so their losses
# differ from mse by a constant factor.
# Be careful if you take the formula from one slide and the learning rate from another: your step is
# then wrong by this factor.
#
# Now derive the gradients of the three losses with respect to $\hat y$. Two of the losses have a
# corner. There is no derivative at a corner, but your code must still return a number.
# For mae, let the gradient be 0 at every entry with $\hat y_i = y_i$. For the distance, let the
# gradient be 0 everywhere if $\hat y = y$.
# Why are you free to choose 0? At a corner, any subgradient will do: the slope of any line that
# touches the loss there from below.


# %% nbgrader={"grade_id": "regression_losses", "solution": true}
def residuals(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Test that the shapes are equal, and return pred - target in pred's precision.

    Write this helper once and use it three times; it is not checked by itself.
    """
    ### BEGIN SOLUTION
    if pred.shape != target.shape:
        raise ValueError(f"pred has shape {pred.shape}, but target has shape {target.shape}; expected equal shapes")
    dtype = pred.dtype if pred.dtype.kind == "f" else np.float64
    return pred.astype(dtype) - target.astype(dtype)  # converted first: small unsigned numbers have no room for a difference
    ### END SOLUTION


def mse_loss(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean squared error and its gradient.

    loss = (1/n) sum_i (pred_i - target_i)^2, over all n entries

    Args:
        pred: predictions, any shape.
        target: targets, of the same shape.
    Returns:
        loss, a number, and dpred, of pred's shape; if both dtypes are equal, also of
            that dtype.
    Raises:
        ValueError: the shapes differ; the message names both.
    """
    ### BEGIN SOLUTION
    residual = residuals(pred, target)
    return np.mean(residual**2), 2 * residual / residual.size
    ### END SOLUTION


def mae_loss(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean absolute error and its gradient.

    loss = (1/n) sum_i |pred_i - target_i|, over all n entries

    The gradient is 0 at every entry where pred equals target exactly.

    Args, Returns, Raises: as for mse_loss.
    """
    ### BEGIN SOLUTION
    residual = residuals(pred, target)
    return np.mean(np.abs(residual)), np.sign(residual) / residual.size
    ### END SOLUTION


def l2_distance(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the Euclidean distance between two arrays and its gradient.

    loss = sqrt(sum_i (pred_i - target_i)^2), over all n entries

    The gradient is 0 everywhere if the two arrays are equal.

    Args, Returns, Raises: as for mse_loss.
    """
    ### BEGIN SOLUTION
    residual = residuals(pred, target)
    distance = np.sqrt(np.sum(residual**2))
    return distance, residual / distance if distance > 0 else np.zeros_like(residual)
    ### END SOLUTION


# %% id="regression_losses-try" tags=["demo"]
with attempt("regression_losses"):
    pred, target = np.array([1.0, 2.0, 4.0, 0.0]), np.array([1.5, 2.0, 1.0, 1.0])
    for function in (mse_loss, mae_loss, l2_distance):
        loss, dpred = function(pred, target)
        print(f"{function.__name__:12}  loss {loss:.4f}  dpred {dpred}")

# %% nbgrader={"grade_id": "regression_losses-check", "grade": true, "points": 15}
with check("regression_losses") as c:
    pred, target = np.array([[1.0, -2.0, 4.0], [0.0, 3.0, 0.5]]), np.array([[2.0, -2.0, 2.0], [2.0, 3.5, -1.0]])
    for function, want in ((mse_loss, 11.5 / 6), (mae_loss, 7 / 6), (l2_distance, 11.5**0.5)):
        name, given = function.__name__, (pred.copy(), target.copy())
        loss, dpred = function(*given)
        c.unchanged(f"{name}: pred", given[0], pred)
        c.unchanged(f"{name}: target", given[1], target)
        c.close(f"{name}: loss", loss, want, hint="Over how many entries do you take the mean? Does this loss contain a square root?")
        c.shape(f"{name}: dpred", dpred, (2, 3))
        moved = pred + 0.25  # away from the corner at an error of 0
        c.gradient(f"{name}: dpred", function(moved.copy(), target)[1], lambda p, f=function: f(p, target)[0], moved)
        column = np.zeros((3, 1))
        for other in (column[:, 0], column[:1], column.T):
            sentence = f"{name} refuses (3, 1) against {other.shape}"
            c.raises(sentence, ValueError, function, column, other, hint="These shapes would broadcast.")
        single = function(np.float32([3, 1]), np.float32([1, 2]))[1]
        c.equal(f"{name}: dtype of dpred for float32", single.dtype, np.dtype(np.float32))
        whole = function(np.array([3, 1]), np.array([1, 2]))[1]
        c.equal(f"{name}: dtype of dpred for integers", whole.dtype, np.dtype(np.float64))
        mixed, floats = (function(p, np.array([1.5, 2.5]))[0] for p in (np.array([3, 1]), np.array([3.0, 1.0])))
        c.close(f"{name}: loss of integer predictions and float targets", mixed, floats)
        small, floats = (function(np.array([3, 1], kind), np.array([9, 250], kind))[0] for kind in (np.uint8, float))
        c.close(
            f"{name}: loss of small unsigned integers",
            small,
            floats,
            hint="An unsigned integer cannot be negative. Convert to float first.",
        )
        strided = np.repeat(pred, 2, axis=1)[:, ::2]
        c.close(f"{name}: loss of a slice of an array", function(strided, target)[0], want)
        said = message(function, column, column[:, 0])
        c.true(f"{name} names both shapes, (3, 1) and (3,), when it refuses them", "(3, 1)" in said and "(3,)" in said)
    c.close("mae_loss: dpred where pred equals target", mae_loss(pred.copy(), target)[1][0, 1], 0.0)
    c.equal("mae_loss: dpred where pred is close to target", mae_loss(np.array([1 + 1e-9]), np.array([1.0]))[1][0], 1.0)
    loss, dpred = l2_distance(pred.copy(), pred.copy())
    c.close("l2_distance of equal arrays: loss", loss, 0.0)
    c.close("l2_distance of equal arrays: dpred", dpred, np.zeros((2, 3)), hint="Which number do you divide by here?")
    loss, dpred = l2_distance(np.array([3e-9, 4e-9]), np.zeros(2))
    c.close("l2_distance of nearly equal arrays: dpred", dpred, [0.6, 0.8], hint="Do not add anything to the denominator.")
    _, dpred = l2_distance(np.array([3, 1]), np.array([3, 1]))
    c.equal("l2_distance of equal whole numbers: dtype of dpred", dpred.dtype, np.dtype(np.float64))

# %% [markdown] id="regression_losses-erratum"
# **Correct a slide** (not graded). In D3, the MSE of $n$ examples is printed as
# $\frac1n \sqrt{\sum_i (\hat y_i - y_i)^2}$.
# Let's make the same three predictions once, four times and a hundred times. Repeating a prediction
# does not make it better, so a mean should not change. What does the printed formula say?
# What would go wrong if you used this formula to compare two models that were tested on data sets
# of different sizes?
# Correct the marked line, so that the three numbers agree.

# %% id="regression_losses-mend" tags=["demo"]
pred, target = np.array([1.0, 2.0, 4.0]), np.array([1.5, 1.0, 2.0])
for copies in (1, 4, 100):
    residual = np.tile(pred, copies) - np.tile(target, copies)
    mse = np.sqrt(np.sum(residual**2)) / len(residual)  # as printed: correct this line
    print(f"the three examples {copies:3} times: mse = {mse:.4f}")

# %% [markdown] id="regression_losses-see"
# **What can one bad example do?** Let's look at five predictions. Four of them are wrong by 0.5,
# and we vary the error of the fifth.
# The right plot shows how strongly each loss pulls at the fifth prediction.
# The pull of the squared error grows with the error, so a single bad example can dominate your fit.
# The pull of the absolute error always has the same size.
# Now look at the Euclidean distance. Its gradient has length 1 in total. As the fifth error grows,
# the fifth prediction takes up almost all of this length, so the other four are hardly corrected.

# %% id="regression_losses-plot" tags=["demo"]
with attempt("regression_losses"):
    errors = np.linspace(-6, 6, 121)
    curves = {}
    for function in (mse_loss, mae_loss, l2_distance):
        values = [function(np.array([0.5, 0.5, 0.5, 0.5, e]), np.zeros(5)) for e in errors]
        curves[function.__name__] = np.array([[loss, dpred[4]] for loss, dpred in values])
    print("gradient at an error of 6:", ", ".join(f"{name} {curve[-1, 1]:.2f}" for name, curve in curves.items()))
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.4))
        for color, (name, curve) in zip(PALETTE, curves.items(), strict=False):
            for column, ax in enumerate(axes):
                ax.plot(errors, curve[:, column], color=color, label=name)
        axes[0].set(xlabel="error of the fifth prediction", ylabel="loss of all five")
        axes[1].set(xlabel="error of the fifth prediction", ylabel="gradient at the fifth prediction")
        axes[0].legend()
    show(
        fig,
        "Left, three losses over one prediction's error: a parabola, a corner, a rounded corner. Right, their gradients there: "
        "a straight line to 2.4, steps between -0.2 and 0.2, and a curve that nears 1.",
    )

# %% [markdown] id="softmax_loss-idea"
# ## 2. Softmax and cross-entropy in one function
#
# *Lecture note: [Softmax: many classes](../../course/03-losses.md#softmax-many-classes),
# [Cross-entropy](../../course/03-losses.md#cross-entropy) and [In floating
# point](../../course/03-losses.md#in-floating-point). Lectures: D1, D2, D4 (softmax), D2, D3, D4
# (cross-entropy).*
#
# How can your network say which of $C$ classes it sees? For each example $i$, it returns a row of
# $C$ numbers, the **logits** $x_i$. Softmax turns the logits into probabilities. Then the
# cross-entropy compares these with the target $y_i$, which is 1 for the correct class and 0 for the
# others:
#
# $$p_{ic} = \frac{e^{x_{ic}}}{\sum_{j=1}^{C} e^{x_{ij}}}, \qquad
#   L = -\frac1N \sum_{i=1}^{N} \sum_{c=1}^{C} y_{ic} \log p_{ic} .$$
#
# If you are unsure of the class, your target can be *soft*: a row of probabilities that sum to 1.
# For example, the row (0.9, 0.05, 0.05) says that the first class is very likely.
# You'll meet soft targets again in label smoothing, and in the mixup of assignment 09.
#
# If you program these formulas as they stand, your loss fails for large logits: $e^{1000}$ is
# infinite in floating point, and a probability that is rounded to 0 has no finite logarithm.
# You might think of adding $10^{-12}$ to the probability, as some programs do. But this only hides
# the problem. The loss can then never exceed 27.6, and where it is flat, there is no gradient to
# learn from.
# There is a better way: instead of computing $p$ first, insert softmax into the logarithm:
#
# $$\log p_{ic} = (x_{ic} - m_i) - \log \sum_j e^{x_{ij} - m_i}$$
#
# This equation is true for *any* number $m_i$, so you are free to choose one. Which $m_i$ keeps
# every exponential finite, and the sum away from 0, for every example?
#
# For the gradient, derive $\partial L / \partial x_{ic}$, and use the fact that each row of $y$
# sums to 1. The result is very short, which is another good reason to write softmax and
# cross-entropy as one function.


# %% nbgrader={"grade_id": "softmax_loss", "solution": true}
def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy of softmax(x) against y, and its gradient.

    loss = -(1/N) sum_i sum_c y_ic log p_ic, with p = softmax of each row of x

    Args:
        x: logits, shape (N, C), within -1e4 ... 1e4.
        y: labels from 0 to C-1, integers of shape (N,);
            or soft labels, shape (N, C), entries >= 0; each row adds up to 1.
    Returns:
        loss, a number, and dx, of x's shape and dtype.
    Raises:
        ValueError: y has neither shape, labels are not integers, or a label is not in
            0 ... C-1; the message names the shapes, or the label.
    """
    ### BEGIN SOLUTION
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"y has shape {y.shape} and dtype {y.dtype}, expected integers for labels")
        wrong = y[(y < 0) | (y >= C)]
        if wrong.size:
            raise ValueError(f"y holds the label {wrong[0]}, expected labels from 0 to {C - 1}")
        target = np.zeros_like(x)
        target[np.arange(N), y] = 1
    elif y.shape == (N, C):
        target = y.astype(x.dtype)
    else:
        raise ValueError(f"y has shape {y.shape} for logits of shape {x.shape}, expected {(N,)} or {(N, C)}")
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(target * log_p) / N, (np.exp(log_p) - target) / N
    ### END SOLUTION


# %% id="softmax_loss-try" tags=["demo"]
with attempt("softmax_loss"):
    x = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1000.0, 0.0, -1000.0]])
    for y in (np.array([0, 1, 0]), np.array([1, 1, 2]), np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])):
        loss, dx = softmax_loss(x, y)
        print(f"loss {loss:.4f}, dx:")
        print(dx)

# %% nbgrader={"grade_id": "softmax_loss-check", "grade": true, "points": 20}
with check("softmax_loss") as c:
    x = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))  # probabilities 1/8, 2/8, 5/8, and 3/8, 3/8, 2/8
    y, soft = np.array([2, 0]), np.array([[0.25, 0.75, 0.0], [0.1, 0.2, 0.7]])
    for labels in (y, soft):
        given = x.copy(), labels.copy()
        softmax_loss(*given)
        c.unchanged(f"softmax_loss: x, for labels of shape {labels.shape}", given[0], x)
        c.unchanged(f"softmax_loss: y, for labels of shape {labels.shape}", given[1], labels)
    loss, dx = softmax_loss(x.copy(), y)
    c.close(
        "softmax_loss: loss",
        loss,
        -(np.log(5 / 8) + np.log(3 / 8)) / 2,
        hint="Take the mean over the examples. Each row has its own softmax.",
    )
    want = [[1 / 16, 2 / 16, -3 / 16], [-5 / 16, 3 / 16, 2 / 16]]
    c.close("softmax_loss: dx", dx, want, hint="The factor 1/N of the loss is also in its gradient.")
    soft_loss, soft_dx = softmax_loss(x.copy(), soft)
    p = np.array([[1, 2, 5], [3, 3, 2]]) / 8
    c.close(
        "softmax_loss: loss of soft labels", soft_loss, -np.sum(soft * np.log(p)) / 2, hint="Multiply each class by its probability in y."
    )
    c.gradient("softmax_loss: dx of soft labels", soft_dx, lambda v: softmax_loss(v, soft)[0], x)
    for dtype in (float, int):
        one_hot = softmax_loss(x.copy(), np.eye(3, dtype=dtype)[y])[0]
        c.close(
            f"softmax_loss: loss of one-hot rows of dtype {dtype.__name__}",
            one_hot,
            loss,
            hint="One-hot rows and integer labels mean the same.",
        )
    for kind in (np.int32, np.uint8):
        c.close(f"softmax_loss: loss for labels of dtype {kind.__name__}", softmax_loss(x.copy(), y.astype(kind))[0], loss)
    c.close("softmax_loss: loss of a batch of one", softmax_loss(x[:1].copy(), y[:1])[0], -np.log(5 / 8))
    c.close("softmax_loss: loss for x in column order", softmax_loss(np.asfortranarray(x), y)[0], loss)
    for labels in (y, soft):
        _, dx = softmax_loss(x.astype(np.float32), labels)
        c.equal(f"softmax_loss: dtype of dx for float32 and labels of shape {labels.shape}", dx.dtype, np.dtype(np.float32))
    _, dx = softmax_loss(np.array([[1, 2], [3, 0]]), np.array([0, 1]))
    c.equal("softmax_loss: dtype of dx for integers", dx.dtype, np.dtype(np.float64))
    mixed, floats = (softmax_loss(np.array([[1, 2, 0], [3, 0, 1]], kind), soft)[0] for kind in (int, float))
    c.close("softmax_loss: loss of integer logits and soft labels", mixed, floats, hint="Do not convert the soft labels to integers.")
    c.raises("softmax_loss refuses a label of 3 for three classes", ValueError, softmax_loss, x, np.array([0, 3]))
    hint = "NumPy would count a negative index from the end."
    c.raises("softmax_loss refuses a label of -1", ValueError, softmax_loss, x, np.array([0, -1]), hint=hint)
    c.raises("softmax_loss refuses labels that are not integers", ValueError, softmax_loss, x, np.array([0.0, 1.0]))
    for wrong in (y[:, None], y[:1], soft[:, :2], soft[:1], np.concatenate([soft, soft])):
        c.raises(f"softmax_loss refuses y of shape {wrong.shape} for x of shape (2, 3)", ValueError, softmax_loss, x, wrong)
    c.true("softmax_loss names the shape (2, 1) when it refuses it", "(2, 1)" in message(softmax_loss, x, y[:, None]))
    c.true("softmax_loss names the label 3 when it refuses it", "3" in message(softmax_loss, x[:, :2], np.array([0, 3])))
    far = np.array([[1e4, 0.0, -1e4], [-9000.0, -9001.0, -9000.0], [3.0, 3.0, 3.0]])
    with np.errstate(all="raise", under="ignore"):
        loss, dx = softmax_loss(far.copy(), np.array([2, 1, 0]))
        want = (2e4 + np.log(1 + 2 * np.e) + np.log(3)) / 3
        c.close("softmax_loss: loss at logits up to 1e4", loss, want, hint="Do you ever take log(0)?")
        p = np.array([1, np.exp(-1.0), 1]) / (2 + np.exp(-1.0))
        want = np.array([[1, 0, -1], p - [0, 1, 0], [-2 / 3, 1 / 3, 1 / 3]]) / 3
        c.close("softmax_loss: dx at logits up to 1e4", dx, want)
        loss, _ = softmax_loss(np.array([[0.0, 60.0]]), np.array([0]))
        c.close("softmax_loss: loss of a confident mistake", loss, 60.0, hint="If your loss is smaller, do you clip the probabilities?")
        loss, _ = softmax_loss(np.array([[0.0, 20.0]]), np.array([1]))
        c.close(
            "softmax_loss: loss of a confident correct answer", loss, np.log1p(np.exp(-20)), atol=1e-14, hint="Do you add anything to p?"
        )
        loss, _ = softmax_loss(np.array([[0.0, 1000.0]]), np.array([[0.5, 0.5]]))
        hint = "Do you take the logarithm of a probability that is 0?"
        c.close("softmax_loss: loss of soft labels at logits far apart", loss, 500.0, hint=hint)

# %% [markdown] id="softmax_loss-erratum-index"
# **Correct a slide: one index with two meanings** (not graded). In D1, softmax is printed as
# $g(z) = e^{z_i} / \sum_{i=1}^{c} e^{z_i}$. (The formula in D4 has no indices at all.)
# In the numerator, $i$ names one output, but in the denominator, $i$ runs over all outputs.
# What happens if you program this formula literally, as the cell does? Run the cell and look at the
# "probabilities". What is their sum, and to which output does each of them belong?
# Once you know what goes wrong, correct the inner loop.

# %% id="softmax_loss-mend-index" tags=["demo"]
z = [1.0, 2.0, 3.0]
g = []
for i in range(3):
    total = 0.0
    for i in range(3):  # as printed: correct this loop
        total += np.exp(z[i])
    g.append(float(np.exp(z[i]) / total))
print("softmax", np.array(g), "adds up to", round(sum(g), 4))

# %% [markdown] id="softmax_loss-erratum-twice"
# **Correct a slide: softmax twice** (not graded). According to D2, `nn.functional.softmax(input)`
# turns the outputs of a network into probabilities.
# That's true if you also pass `dim`.
# But a cross-entropy *on logits* already contains softmax, so you must not apply softmax before it.
# Your function is one example, and PyTorch's `nn.CrossEntropyLoss` is another.
# Imagine four examples of ten classes, all classified correctly. The logit of the correct class is
# larger than the others by 20, so the network is very sure. What loss would you expect? Correct the
# marked line.

# %% id="softmax_loss-mend-twice" tags=["demo"]


def softmax(z):
    """Return the softmax of each row; works for small logits only."""
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


with attempt("softmax_loss"):
    y = np.array([3, 1, 4, 1])
    logits = 20 * np.eye(10)[y]  # (4, 10)
    loss, _ = softmax_loss(softmax(logits), y)  # as on D2's slides: correct this line
    print(f"loss {loss:.4f}")

# %% [markdown] id="softmax_loss-see"
# **The network still trains, so you may not notice the bug.** Both plots show one example with ten
# classes. The logit of the correct class is larger than the others by a margin, and we vary this
# margin. With a second softmax, the loss receives numbers between 0 and 1 as its logits. So it
# stays between 1.46 and 2.40, whatever the network says.
# The right plot shows the length of the gradient. Look at its left end, where the network is
# confident and *wrong*. There, the gradient of your loss is largest. But with two softmaxes, it is
# almost zero, so the network hardly learns from its worst mistakes.

# %% id="softmax_loss-plot" tags=["demo"]
with attempt("softmax_loss"):
    margins = np.linspace(-12, 12, 49)
    right = np.array([0])
    rows = {"yours, on logits": [], "softmax twice": []}
    for margin in margins:
        x = np.zeros((1, 10))
        x[0, 0] = margin
        loss, dx = softmax_loss(x, right)
        rows["yours, on logits"].append((loss, np.linalg.norm(dx)))
        doubled = numeric_gradient(lambda v: softmax_loss(softmax(v), right)[0], x)
        rows["softmax twice"].append((softmax_loss(softmax(x), right)[0], np.linalg.norm(doubled)))
    for name, row in rows.items():
        (first, pull), (last, _) = row[0], row[-1]
        print(f"{name:18}  loss {first:.2f} at margin -12, {last:.2f} at 12; gradient {pull:.3f} at -12")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.4))
        for (name, row), color, line in zip(rows.items(), PALETTE, ("-", "--"), strict=False):
            for column, ax in enumerate(axes):
                ax.plot(margins, np.array(row)[:, column], line, color=color, label=name)
        axes[0].set(xlabel="margin of the correct class (logit)", ylabel="loss")
        axes[1].set(xlabel="margin of the correct class (logit)", ylabel="length of the gradient")
        axes[0].legend()
    show(
        fig,
        "The loss on logits falls from about 14 to 0 as the margin of the correct class grows; with softmax applied twice it only falls from 2.4 to 1.5, "
        "and its gradient vanishes where the net is confidently wrong.",
    )

# %% [markdown] id="bce_with_logits-idea"
# ## 3. Two classes, one logit
#
# *Lecture note: [Logistic regression: two
# classes](../../course/03-losses.md#logistic-regression-two-classes), [Convex in the
# logit](../../course/03-losses.md#convex-in-the-logit) and [In floating
# point](../../course/03-losses.md#in-floating-point). Lecture: D2 (binary classification example).*
#
# How many logits do you need for a yes-or-no question? One logit $h$ is enough, because
# $\hat y = \sigma(h) = 1/(1+e^{-h})$ is the probability of class 1.
# The loss is the binary cross-entropy, a mean over all $n$ entries:
#
# $$L = -\frac1n \sum_i \big[\thinspace y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i) \thinspace\big], \qquad \hat y_i = \sigma(h_i) .$$
#
# The lecture emphasises that this loss is convex in $h$, and that it ranges from 0 to ∞. On paper,
# both statements are true. But your computer rounds $\sigma(40)$ to exactly 1, so
# $\log(1 - \hat y)$ becomes $-\infty$. You could clip $\hat y$ to avoid the infinite value, but
# then the loss becomes flat where it should be steep.
# So let's do the same as in question 2: insert $\sigma$ into the logarithm and simplify, until the
# loss contains $h$ and *one* exponential, whose exponent is never positive.
# ($\log(1 + e^h)$ has one safe form for $h > 0$ and another for $h < 0$, and `np.log1p` is useful
# here.)
#
# The gradient $\partial L/\partial h_i$ turns out to be as short as in question 2. The gradient
# contains $\sigma$, so make sure that your $\sigma$ also works for logits of ±10,000.


# %% nbgrader={"grade_id": "bce_with_logits", "solution": true}
def bce_with_logits(h: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean binary cross-entropy of sigmoid(h) against y, and its gradient.

    loss = -(1/n) sum_i [y_i log s(h_i) + (1 - y_i) log(1 - s(h_i))]

    The sum is over all n entries, and s(h) = 1 / (1 + e^-h).

    Args:
        h: logits, any shape, within -1e4 ... 1e4.
        y: the probability of class 1, in [0, 1], usually 0 or 1; same shape as h,
            integers or floats.
    Returns:
        loss, a number, and dh, of h's shape and dtype.
    Raises:
        ValueError: the shapes differ (the message names both), or an entry of y is nan
            or not in [0, 1] (the message names it).
    """
    ### BEGIN SOLUTION
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}; expected equal shapes")
    wrong = y[~((y >= 0) & (y <= 1))]
    if wrong.size:
        raise ValueError(f"y holds {wrong[0]}, expected entries from 0 to 1")
    if h.dtype.kind != "f":
        h = h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    sigmoid = np.where(h >= 0, 1, e) / (1 + e)
    return loss, (sigmoid - y) / h.size
    ### END SOLUTION


# %% id="bce_with_logits-try" tags=["demo"]
with attempt("bce_with_logits"):
    h = np.array([0.0, 2.0, -2.0, 1000.0])
    for y in (np.array([1, 1, 1, 1]), np.array([0, 0, 1, 0])):
        loss, dh = bce_with_logits(h, y)
        print(f"loss {loss:.4f}, dh {dh}")

# %% nbgrader={"grade_id": "bce_with_logits-check", "grade": true, "points": 20}
with check("bce_with_logits") as c:
    h, y = np.log(np.array([3.0, 1 / 3, 4.0])), np.array([1.0, 1.0, 0.0])  # probabilities 3/4, 1/4, 4/5
    given = h.copy(), y.copy()
    loss, dh = bce_with_logits(*given)
    c.unchanged("bce_with_logits: h", given[0], h)
    c.unchanged("bce_with_logits: y", given[1], y)
    want = -(np.log(3 / 4) + np.log(1 / 4) + np.log(1 / 5)) / 3
    c.close("bce_with_logits: loss", loss, want, hint="Which of the two terms remains for y = 0?")
    c.close("bce_with_logits: dh", dh, [-1 / 12, -1 / 4, 4 / 15], hint="The factor 1/n of the loss is also in its gradient.")
    soft = np.array([[0.3, 0.9], [0.5, 0.0]])
    grid = np.array([[1.1, -0.5], [-2.0, 0.7]])
    defined = -np.mean(soft * np.log(1 / (1 + np.exp(-grid))) + (1 - soft) * np.log(1 / (1 + np.exp(grid))))
    loss, dh = bce_with_logits(grid.copy(), soft)
    c.close("bce_with_logits: loss of soft labels of shape (2, 2)", loss, defined, hint="Take the mean over all entries.")
    c.gradient("bce_with_logits: dh of soft labels of shape (2, 2)", dh, lambda v: bce_with_logits(v, soft)[0], grid)
    c.close("bce_with_logits: loss for h in column order", bce_with_logits(np.asfortranarray(grid), soft)[0], defined)
    _, dh = bce_with_logits(np.float32([1, 2]), np.array([0.0, 0.5]))
    c.equal("bce_with_logits: dtype of dh for float32", dh.dtype, np.dtype(np.float32))
    c.equal("bce_with_logits: dtype of dh for integers", bce_with_logits(np.array([1, 2]), np.array([0, 1]))[1].dtype, np.dtype(np.float64))
    mixed, floats = (bce_with_logits(np.array([3, -1], kind), np.array([0.2, 0.7]))[0] for kind in (int, float))
    c.close("bce_with_logits: loss of integer logits and soft labels", mixed, floats, hint="Do not convert the soft labels to integers.")
    hint = "Which shape would their difference have?"
    c.raises("bce_with_logits refuses (3, 1) against (3,)", ValueError, bce_with_logits, h[:, None], y, hint=hint)
    c.raises("bce_with_logits refuses (3,) against (1,)", ValueError, bce_with_logits, h, y[:1], hint=hint)
    said = message(bce_with_logits, h[:, None], y)
    c.true("bce_with_logits names both shapes, (3, 1) and (3,), when it refuses them", "(3, 1)" in said and "(3,)" in said)
    for wrong in (-1.0, 2.0, 1.25, np.nan):
        hint = "Every comparison with nan is False." if wrong != wrong else ""
        c.raises(f"bce_with_logits refuses a label of {wrong}", ValueError, bce_with_logits, h, np.array([1.0, wrong, 1.0]), hint=hint)
    for dtype in (np.float64, np.float32):
        far = np.array([1e4, -1e4, 1e4, -1e4], dtype)
        with np.errstate(all="raise", under="ignore"):
            loss, dh = bce_with_logits(far.copy(), np.array([0.0, 0.0, 1.0, 1.0]))
        hint = "If your loss is smaller, do you clip the probabilities?"
        c.close(f"bce_with_logits: loss at logits of ±1e4, in {far.dtype}", loss, 5000.0, hint=hint)
        hint = "A confident wrong answer must keep its gradient."
        c.close(f"bce_with_logits: dh at logits of ±1e4, in {far.dtype}", dh, [0.25, 0.0, 0.0, -0.25], hint=hint)
    with np.errstate(all="raise", under="ignore"):
        c.close("bce_with_logits: loss of a logit of 50 at y = 0", bce_with_logits(np.array([50.0]), np.array([0]))[0], 50.0)
        loss, _ = bce_with_logits(np.array([20.0]), np.array([1]))
        hint = "A small loss is not zero."
        c.close("bce_with_logits: loss of a logit of 20 at y = 1", loss, np.log1p(np.exp(-20.0)), atol=1e-14, hint=hint)

# %% [markdown] id="bce_with_logits-erratum"
# **Correct a slide** (not graded). In D3, the loss of one example is printed as
# $-y \log \hat y + (1 - y) \log (1 - \hat y)$. The sum over the examples, one line below, is
# correct.
# Take an example of class 0, and let the network become more and more certain of the wrong class.
# What does the printed loss say? To which $\hat y$ would gradient descent lead?
# Then correct the marked line, and compare.

# %% id="bce_with_logits-mend" tags=["demo"]
y = 0
for y_hat in (0.01, 0.5, 0.9, 0.999):
    loss = -y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)  # as printed: correct this line
    print(f"class {y}, predicted probability of class 1: {y_hat:5}   loss {loss:7.4f}")

# %% [markdown] id="bce_with_logits-see"
# **Convex, and never flat where the network is wrong.** Let's look at one example of class 1.
# In the left plot, your loss is convex in $h$ (D2). The squared error of the same probability is
# not convex, and it is flat for the worst mistakes.
# The right plot covers a larger range of $h$. We compare your loss with a loss that first computes
# the probability and then avoids the infinity with $\log(\hat y + 10^{-12})$.
# Notice that the second loss is flat below about $h = -28$, so a network could no longer learn from
# such mistakes.

# %% id="bce_with_logits-plot" tags=["demo"]
with attempt("bce_with_logits"):
    one = np.array([1.0])
    near, far = np.linspace(-8, 8, 81), np.linspace(-60, 5, 131)

    def yours(h):
        return bce_with_logits(np.array([h]), one)[0]

    def squared(h):
        return (1 / (1 + np.exp(-h)) - 1) ** 2

    def rescued(h):
        return -np.log(1 / (1 + np.exp(-h)) + 1e-12)

    for h in (-10.0, -40.0):
        slopes = [(f(h + 1e-3) - f(h - 1e-3)) / 2e-3 for f in (yours, squared, rescued)]
        words = ", ".join(
            f"{name} {abs(slope):.4f}" for name, slope in zip(("yours", "squared error", "log(p + 1e-12)"), slopes, strict=True)
        )
        print(f"size of the slope at h = {h:.0f}:  {words}")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.4))
        axes[0].plot(near, [yours(h) for h in near], color=PALETTE[0], label="cross-entropy, yours")
        axes[0].plot(near, squared(near), "--", color=PALETTE[1], label=r"squared error $(\sigma(h) - 1)^2$")
        axes[1].plot(far, [yours(h) for h in far], color=PALETTE[0], label="cross-entropy, yours")
        axes[1].plot(far, rescued(far), "-.", color=PALETTE[2], label=r"$-\log(\sigma(h) + 10^{-12})$")
        for ax in axes:
            ax.set(xlabel="logit h, for an example of class 1", ylabel="loss")
            ax.legend()
    show(
        fig,
        "Left: the cross-entropy is convex in the logit, the squared error of the probability flattens at both ends. "
        "Right: the cross-entropy goes on rising to 60, the one computed from a rescued probability stops at 27.6.",
    )

# %% [markdown] id="robust_loss-idea"
# ## 4. Seven losses and an outlier
#
# *Lecture note: [Robust losses](../../course/03-losses.md#robust-losses). Lecture: D2 (what loss to
# minimize).*
#
# Real data contain wrong targets, for example because a sensor fails or somebody types a digit
# twice.
# How strongly should such an example pull at your fit?
# There are many answers, and the table below (D2) lists several losses $\rho(x)$ of a residual $x$.
# Two more functions belong to each loss:
#
# - the **influence** $\psi(x) = \rho'(x)$: how strongly a residual $x$ pulls;
# - the **weight** $\omega(x) = \psi(x)/x$: how much the example counts, compared with an example in
#   ordinary least squares. Question 5 uses this weight to fit a line.
#
# The good news is that $\rho$ is all you need, because you can derive $\psi$ and $\omega$ yourself.
# In the table, $\xi > 0$ is a scale beyond which a residual looks suspicious, and $p \ge 1$ is an
# exponent:
#
# | `kind` | $\rho(x)$ |
# |---|---|
# | `"least_squares"` | $\frac12 x^2$ |
# | `"l1"` | $\lvert x\rvert$ |
# | `"lp"` | $\frac1p \lvert x\rvert^p$ |
# | `"fair"` | $\xi^2 \big(\lvert x\rvert/\xi - \log(1 + \lvert x\rvert/\xi)\big)$ |
# | `"cauchy"` | $\frac12 \xi^2 \log\big(1 + (x/\xi)^2\big)$ |
# | `"huber"` | $\frac12 x^2$ if $\lvert x\rvert \le \xi$, else $\xi\thinspace(\lvert x\rvert - \frac12\xi)$ |
# | `"tukey"` | $\frac16 \xi^2 \big(1 - (1 - (x/\xi)^2)^3\big)$ if $\lvert x\rvert \le \xi$, else $\frac16 \xi^2$ |
#
# Tukey's row is the usual biweight. The formula on the slide (D2),
# $x^6/6 - \xi^2x^4/2 + \xi^4x^2/2$, is $\xi^4$ times as large as ours, so be sure to program the
# row in the table.
# Your function treats every entry separately, so don't take a sum or a mean.
#
# At $x = 0$, you cannot divide $\psi$ by $x$, so let's agree on a convention. In every row, $\psi$
# is 0 there, and the weight is the limit of $\psi(x)/x$.
# In most rows, this limit is 1. For `"l1"` it is infinite, and for `"lp"` it depends on $p$.
# Return this limit (`np.inf` where it is infinite), and do not cause a warning.


# %% nbgrader={"grade_id": "robust_loss", "solution": true}
def robust_loss(
    x: np.ndarray,
    kind: str,
    xi: float = 1.0,
    p: float = 1.5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return loss, influence and weight of each residual, for one row of the table.

    psi = d rho / dx;  omega = psi / x, and its limit at x = 0

    Args:
        x: residuals, any shape.
        kind: "least_squares", "l1", "lp", "fair", "cauchy", "huber" or "tukey".
        xi: scale, > 0; the first three kinds do not use it.
        p: exponent of "lp", >= 1.
    Returns:
        rho, psi, omega: new arrays of x's shape and dtype; omega may hold inf where x
            is 0.
    Raises:
        ValueError: kind is not one of these, xi is not > 0, or p is not >= 1; the
            message names what you got.
    """
    ### BEGIN SOLUTION
    if not xi > 0:
        raise ValueError(f"xi is {xi}, expected a number > 0")
    if not p >= 1:
        raise ValueError(f"p is {p}, expected a number >= 1")
    x = np.array(x, dtype=None if np.asarray(x).dtype.kind == "f" else np.float64)
    size, at_zero = np.abs(x), 1.0
    u = size / xi
    if kind == "least_squares":
        rho, psi = x * x / 2, x
    elif kind == "l1":
        rho, psi, at_zero = size, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = size**p / p, np.sign(x) * size ** (p - 1)
        at_zero = np.inf if p < 2 else float(p == 2)
    elif kind == "fair":
        rho, psi = xi**2 * (u - np.log1p(u)), x / (1 + u)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p(u * u), x / (1 + u * u)
    elif kind == "huber":
        rho, psi = np.where(size <= xi, x * x / 2, xi * (size - xi / 2)), np.clip(x, -xi, xi)
    elif kind == "tukey":
        gap = np.maximum(1 - u * u, 0)
        rho, psi = xi**2 / 6 * (1 - gap**3), x * gap**2
    else:
        raise ValueError(f"kind is {kind!r}, expected one of least_squares, l1, lp, fair, cauchy, huber, tukey")
    omega = np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)
    return rho, psi, omega
    ### END SOLUTION


# %% id="robust_loss-try" tags=["demo"]
kinds = "least_squares", "l1", "lp", "fair", "cauchy", "huber", "tukey"
with attempt("robust_loss"):
    for kind in kinds:
        rho, psi, omega = robust_loss(np.array([-3.0, 0.5]), kind)
        print(f"{kind:14} rho {rho}  psi {psi}  omega {omega}")

# %% nbgrader={"grade_id": "robust_loss-check", "grade": true, "points": 25}
with check("robust_loss") as c:
    kinds = "least_squares", "l1", "lp", "fair", "cauchy", "huber", "tukey"
    x = np.array([[-5.0, -1.5], [0.6, 3.5]])
    for kind in kinds:
        given = x.copy()
        _, psi, omega = robust_loss(given, kind, 2.0, 1.5)
        c.unchanged(f"robust_loss, {kind}: x", given, x)
        c.gradient(
            f"robust_loss, {kind}: psi",
            psi,
            lambda v, k=kind: robust_loss(v, k, 2.0, 1.5)[0],
            x,
            hint="psi is the derivative of your own rho.",
        )
        c.close(f"robust_loss, {kind}: omega times x", omega * x, psi, hint="By definition, omega = psi / x.")
        for got, want, name in zip(
            robust_loss(x.copy(), kind), robust_loss(x.copy(), kind, 1.0, 1.5), ("rho", "psi", "omega"), strict=True
        ):
            c.close(f"robust_loss, {kind}: {name} with the default xi and p", got, want, hint="The defaults are 1 and 1.5.")
    c.close("robust_loss, least_squares: rho of -5", robust_loss(x.copy(), "least_squares")[0][0, 0], 12.5)
    c.close("robust_loss, l1: rho of -5", robust_loss(x.copy(), "l1")[0][0, 0], 5.0, hint="A residual can be negative.")
    c.close("robust_loss, lp with p = 3: rho of -5", robust_loss(x.copy(), "lp", 1.0, 3.0)[0][0, 0], 125 / 3)
    c.close("robust_loss, fair with xi = 2: rho of -5", robust_loss(x.copy(), "fair", 2.0)[0][0, 0], 4 * (2.5 - np.log(3.5)))
    c.close("robust_loss, cauchy with xi = 2: rho of -5", robust_loss(x.copy(), "cauchy", 2.0)[0][0, 0], 2 * np.log(7.25))
    c.close("robust_loss, huber with xi = 2: rho of -5 and -1.5", robust_loss(x.copy(), "huber", 2.0)[0][0], [8.0, 1.125])
    c.close(
        "robust_loss, tukey with xi = 2: rho of -5",
        robust_loss(x.copy(), "tukey", 2.0)[0][0, 0],
        2 / 3,
        hint="Do you use the formula of the table, not the one of the slide?",
    )
    c.close("robust_loss, tukey with xi = 2: omega of -1.5", robust_loss(x.copy(), "tukey", 2.0)[2][0, 1], 49 / 256)
    for kind in ("huber", "tukey"):
        corner, near = (robust_loss(np.array([v, -v]), kind, 2.0)[1] for v in (2.0, 2.0 + 1e-9))
        c.close(
            f"robust_loss, {kind} with xi = 2: psi of 2 and -2", corner, near, atol=1e-7, hint="Both branches give the same value there."
        )
    new = robust_loss(x, "least_squares")
    c.true("robust_loss, least_squares: rho, psi and omega are new arrays", not any(np.shares_memory(array, x) for array in new))
    c.true("robust_loss, huber: rho, psi and omega are new arrays", not any(np.shares_memory(a, x) for a in robust_loss(x, "huber", 9.0)))
    for kind in kinds:
        single = [array.dtype for array in robust_loss(np.float32([0.5, -4]), kind, 2.0)]
        c.equal(f"robust_loss, {kind}: the dtypes for float32", single, [np.dtype(np.float32)] * 3)
        whole = [array.dtype for array in robust_loss(np.array([1, -4]), kind, 2.0)]
        c.equal(f"robust_loss, {kind}: the dtypes for integers", whole, [np.dtype(np.float64)] * 3)
    for kind in ("welsch", "Huber"):
        c.raises(f"robust_loss refuses the kind {kind!r}", ValueError, robust_loss, x, kind)
    for kind in ("fair", "cauchy", "huber", "tukey"):
        c.raises(f"robust_loss refuses a xi of 0 for {kind}", ValueError, robust_loss, x, kind, 0.0)
        c.raises(f"robust_loss refuses a xi of -2 for {kind}", ValueError, robust_loss, x, kind, -2.0)
    c.raises("robust_loss refuses a p of 0.5", ValueError, robust_loss, x, "lp", 1.0, 0.5)
    with np.errstate(all="raise", under="ignore"):
        for kind in kinds:
            origin = np.concatenate(robust_loss(np.zeros(1), kind, 2.0, 1.5))
            at_zero, hint = np.inf if kind in ("l1", "lp") else 1.0, "At 0 the weight is the limit of psi(x)/x."
            c.close(f"robust_loss, {kind}: rho, psi and omega at 0", origin, [0.0, 0.0, at_zero], hint=hint)
            _, psi, omega = robust_loss(np.array([0.0, 1e-9]), kind, 2.0, 1.5)
            c.close(
                f"robust_loss, {kind}: omega times x at 1e-9",
                omega[1] * 1e-9,
                psi[1],
                atol=1e-16,
                hint="Use the limit only where x is exactly 0.",
            )
        at_zero = [robust_loss(np.zeros(1), "lp", 1.0, p)[2][0] for p in (1.0, 1.9, 2.0, 2.2, 3.0)]
        c.close("robust_loss, lp: omega at 0 for p = 1, 1.9, 2, 2.2, 3", np.array(at_zero), [np.inf, np.inf, 1.0, 0.0, 0.0])

# %% [markdown] id="robust_loss-erratum"
# **Correct a slide** (not graded). In the lecture's table (D2), some rows have lost the
# absolute-value bars of $\lvert x\rvert$.
# To notice a missing bar, we can check the row for the $L_1$ norm against the definitions
# $\psi = \rho'$ and $\omega = \psi/x$. The cell runs this check at a negative and a positive
# residual.
# What would gradient descent do to a negative residual under the printed $\rho$? What would a
# negative weight mean in a fit?
# Correct the marked line, so that both lines of output end with two agreements.

# %% id="robust_loss-mend" tags=["demo"]


def l1_row(x):
    return x, np.sign(x), 1 / x  # as printed, rho, psi, omega: correct this line


for x in (-2.0, 2.0):
    rho, psi, omega = l1_row(x)
    slope = (l1_row(x + 1e-6)[0] - l1_row(x - 1e-6)[0]) / 2e-6
    print(f"x = {x:4}: rho {rho:4}, its slope {slope:4.1f}, psi {psi:4}, psi/x {psi / x:4}, omega {omega:4}:", end="  ")
    print("psi agrees," if abs(slope - psi) < 1e-6 else "psi is not rho',", "omega agrees" if omega == psi / x else "omega is not psi/x")

# %% [markdown] id="robust_loss-see"
# **Compare the seven losses.** The plots show all seven rows, for $\xi = 1.5$ and $p = 1.5$. Look
# first at the right end of the middle plot, where the residuals are large.
# The influence of least squares grows without limit. The influence of Huber, Fair and $L_1$ levels
# off, no matter how large the residual is.
# Cauchy's influence decreases slowly. Tukey's influence becomes exactly 0, so Tukey's loss ignores
# a residual beyond $\xi$. The right plot shows the same behaviour as a weight, relative to an
# ordinary example.
# But a decreasing influence has its price: the losses of Cauchy and Tukey are not convex, so you
# may end up in a poor minimum.

# %% id="robust_loss-plot" tags=["demo"]
with attempt("robust_loss"):
    x = np.linspace(-5, 5, 201)
    table = {kind: robust_loss(x, kind, 1.5, 1.5) for kind in kinds}
    print("psi at 5:", ", ".join(f"{kind} {psi[-1]:.2f}" for kind, (_, psi, _) in table.items()))
    with style():
        fig, axes = plt.subplots(1, 3, figsize=(10.5, 4))
        lines = ("-", "--", (0, (1, 1)), "-.", (0, (5, 1, 1, 1, 1, 1)), "-", "-")
        for (kind, values), color, line in zip(table.items(), PALETTE, lines, strict=False):
            for ax, curve in zip(axes, values, strict=True):
                ax.plot(x, np.where(np.isfinite(curve), curve, np.nan), color=color, linestyle=line, label=kind)
        for ax, name, top in zip(axes, (r"loss $\rho$", r"influence $\psi$", r"weight $\omega$"), (5, 3, 2), strict=True):
            ax.set(xlabel="residual x", ylabel=name, ylim=(-top if "psi" in name else -0.05 * top, top))
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    show(
        fig,
        "Seven robust losses. The influence of least squares grows without bound, that of Huber, Fair and L1 levels off, Cauchy's falls "
        "slowly and Tukey's drops to zero at 1.5; the weights fall from 1, or from infinity for L1 and Lp, accordingly.",
    )

# %% [markdown] id="logreg-idea"
# ## 5. Use the losses
#
# *Lecture note: [Logistic regression: two
# classes](../../course/03-losses.md#logistic-regression-two-classes) and [Fit a line with
# weights](../../course/03-losses.md#fit-a-line-with-weights). Lecture: D2 (dummy example, gradient
# descent).*
#
# Now you have a whole set of losses, so let's put them to work on two small problems.
#
# **A line between two classes.** In the lecture's example, you know the height and the weight of
# fifty people, and a label says who is overweight. To separate the two classes, use logistic
# regression: one affine unit with the loss of question 3,
#
# $$h = Xw + b, \qquad \frac{\partial L}{\partial w} = X^\top \frac{\partial L}{\partial h}, \qquad
#   \frac{\partial L}{\partial b} = \sum_i \frac{\partial L}{\partial h_i}, \qquad w \leftarrow w - \alpha \frac{\partial L}{\partial w}, \quad
#   b \leftarrow b - \alpha \frac{\partial L}{\partial b} .$$
#
# Start from $w = 0$, $b = 0$. For each update, gradient descent uses all examples, and stochastic
# gradient descent uses "one (few)" (D2).
# In `logreg_fit`, each step uses all examples, or a new random `batch` of different examples.
# For example, `batch=1` means single-sample gradient descent.
# The loss is an argument, so you can use the same loop with another loss later.
#
# **A line through data with outliers.** Fit $y \approx ax + c$ so that $\sum_i \rho(r_i)$ is
# minimal, where $r_i = y_i - (a x_i + c)$ are the residuals.
# At the minimum, the derivatives of this sum are zero, so $\sum_i \psi(r_i)\thinspace x_i = 0$ and
# $\sum_i \psi(r_i) = 0$.
# With $\psi = \omega\thinspace r$, these are the equations of a *weighted least-squares* fit.
# You could solve them if you knew the weights, but the weights depend on the line that you are
# looking for.
# **Iteratively reweighted least squares** breaks this circle by repetition. Start with all weights
# equal to 1, and fit the line.
# Then repeat `steps` times: compute the weights from the residuals of the current line, and fit the
# line again:
#
# $$(a, c) = \arg\min_{a, c} \sum_i \omega_i\thinspace \big(y_i - (a x_i + c)\big)^2 .$$
#
# If a weight is larger than $10^6$, use $10^6$ instead. The infinite weights of $L_1$ then need no
# special case.

# %% nbgrader={"grade_id": "logreg", "solution": true}
from collections.abc import Callable


def logreg_fit(
    X: np.ndarray,
    y: np.ndarray,
    lr: float,
    steps: int,
    batch: int | None = None,
    rng: np.random.Generator | None = None,
    loss_fn: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]] | None = None,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Fit a logistic regression by gradient descent from w = 0, b = 0.

    h = X w + b;  w = w - lr X^T dh;  b = b - lr sum(dh)

    Here loss, dh = loss_fn(h, y), on the examples of this step.

    Args:
        X: examples, shape (N, D).
        y: labels, shape (N,), with values that loss_fn accepts.
        lr: learning rate, > 0.
        steps: number of steps, >= 0.
        batch: number of different examples to draw for each step, 1 ... N; each set of
            this size is equally likely. None uses all examples and needs no rng.
        rng: source of the batches.
        loss_fn: takes h and y of one batch, both of shape (batch,), and returns the
            loss and its gradient dh; call it once per step. None means your
            bce_with_logits.
    Returns:
        w, of shape (D,) and X's dtype; b, a number; losses, of shape (steps,), the loss
            of each step before its update.
    Raises:
        ValueError: the shapes do not fit, or batch is not in 1 ... N; the message names
            what you got.
    """
    ### BEGIN SOLUTION
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X has shape {X.shape} and y has shape {y.shape}, expected (N, D) and (N,)")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected None or a number from 1 to {len(X)}")
    if X.dtype.kind != "f":
        X = X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = slice(None) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)
    ### END SOLUTION


def irls_line(
    x: np.ndarray,
    y: np.ndarray,
    weight: Callable[[np.ndarray], np.ndarray],
    steps: int,
) -> tuple[float, float]:
    """Fit a line by iteratively reweighted least squares.

    Start with all weights equal to 1 and fit the line. Then repeat steps times: set the
    weights to weight(y - (slope x + intercept)), at most 1e6 each, and fit the line
    again.

    Args:
        x, y: the points, both of shape (N,).
        weight: takes residuals, shape (N,), and returns their weights, >= 0 and
            possibly inf; call it once per step. For example, lambda r: robust_loss(r,
            "huber", 0.5)[2].
        steps: how often to compute the weights, >= 0; 0 gives the ordinary
            least-squares line.
    Returns:
        slope, intercept: two numbers.
    Raises:
        ValueError: x and y do not have the same shape (N,) (the message names both), or
            fewer than two different x have a weight above 0, so that the line is not
            determined.
    """
    ### BEGIN SOLUTION
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y has shape {y.shape}, expected the same (N,)")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        different = len(np.unique(x[omega > 0]))
        if different < 2:
            raise ValueError(f"{different} different x have a weight above 0, expected at least two")
        x_mean, y_mean = (np.sum(omega * v) / np.sum(omega) for v in (x, y))
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept
    ### END SOLUTION


# %% id="logreg-try" tags=["demo"]
with attempt("logreg"):
    X, y = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), np.array([1, 0, 0])
    for batch in (None, 2, 1):
        w, b, losses = logreg_fit(X, y, 0.5, 4, batch, np.random.default_rng(3))
        print(f"batch {batch}: w {w}, b {b:.4f}, losses {losses}")
with attempt("logreg"):
    x, y = np.arange(6.0), np.array([1.0, 2.0, 3.0, 4.0, 5.0, -20.0])  # the last point is wrong
    for steps in (0, 1, 5, 50):
        slope, intercept = irls_line(x, y, lambda r: 1 / (1 + r * r), steps)  # Cauchy's weights, xi = 1
        print(f"{steps:2} steps: y = {slope:.4f} x + {intercept:.4f}")

# %% nbgrader={"grade_id": "logreg-check", "grade": true, "points": 20}
with check("logreg") as c:

    def half_squares(h, y):
        """Return a simple loss and its gradient, and record the arguments."""
        asked.append((np.array(h), np.array(y)))
        return np.mean((h - y) ** 2) / 2, (h - y) / len(h)

    asked = []
    X, y = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0], [-2.0, 0.0]]), np.array([1.0, 0.0, 1.0, 0.0])
    given = X.copy(), y.copy()
    w, b, losses = logreg_fit(*given, 0.4, 2, loss_fn=half_squares)
    c.unchanged("logreg_fit: X", given[0], X)
    c.unchanged("logreg_fit: y", given[1], y)
    c.equal("logreg_fit: the number of calls of loss_fn in two steps", len(asked), 2)
    c.close("logreg_fit: the first h", asked[0][0], np.zeros(4), hint="w and b start at zero.")
    c.close(
        "logreg_fit, all examples, two steps: w",
        w,
        [0.05, 0.18],
        hint="Sum the gradient over the batch. dh already contains the factor 1/N.",
    )
    c.close("logreg_fit, all examples, two steps: b", b, 0.18)
    c.close("logreg_fit: losses", losses, [0.25, 0.1125], hint="Record the loss of each step before its update.")
    flat = logreg_fit(X.copy(), y, 0.4, 3, loss_fn=lambda h, y: (0.25, np.zeros_like(h)))[2]
    c.close("logreg_fit: losses if the gradient is zero", flat, [0.25, 0.25, 0.25], hint="Record every step, even if the gradient is zero.")
    for size in (3, 1):
        ids = np.arange(8.0)  # each example holds the number of its label

        def batches_of(seed, steps=60, size=size, ids=ids):
            asked.clear()
            logreg_fit(np.stack([ids, 1 + 0 * ids], axis=1), ids, 1e-3, steps, size, np.random.default_rng(seed), half_squares)
            return [sorted(drawn.ravel().tolist()) for _, drawn in asked]

        batches, name = batches_of(0), f"logreg_fit, batch={size}:"
        c.true(f"{name} each step has {size} examples", all(len(drawn) == size for drawn in batches))
        c.true(f"{name} no example occurs twice in a step", all(len(set(drawn)) == len(drawn) for drawn in batches))
        c.true(f"{name} every example is drawn at some step", {one for drawn in batches for one in drawn} == set(ids.tolist()))
        fewest = 15 if size > 1 else 4
        c.true(
            f"{name} each step draws a new batch, and any examples can be in it together",
            len({tuple(drawn) for drawn in batches}) >= fewest,
        )
        c.true(f"{name} the same rng draws the same batches", batches_of(0) == batches, "Do you draw the batches from `rng`?")
        c.true(f"{name} another rng draws other batches", batches_of(1) != batches, "Do you draw the batches from `rng`?")
        steps = []
        logreg_fit(
            np.stack([ids, ids], axis=1),
            ids,
            1.0,
            2,
            size,
            np.random.default_rng(0),
            lambda h, y: (0, steps.append((h, y)) or -1.0 / y.size + 0 * y),
        )
        drawn = steps[0][1].mean()
        c.close(
            f"{name} the second h, after the first batch,",
            steps[1][0],
            2 * drawn * steps[1][1] + 1,
            hint="Does each label of a batch belong to its example?",
        )
    single = logreg_fit(X.astype(np.float32), y.astype(np.float32), 0.4, 1, loss_fn=half_squares)[0]
    c.equal("logreg_fit: dtype of w for float32", single.dtype, np.dtype(np.float32))
    c.equal(
        "logreg_fit: dtype of w for integers", logreg_fit(X.astype(int), y, 0.4, 1, loss_fn=half_squares)[0].dtype, np.dtype(np.float64)
    )
    for wrong in (y[:, None], y[:3]):
        c.raises(f"logreg_fit refuses y of shape {wrong.shape}", ValueError, logreg_fit, X, wrong, 0.1, 1, loss_fn=half_squares)
    c.raises("logreg_fit refuses X of shape (4,)", ValueError, logreg_fit, X[:, 0], y, 0.1, 1, loss_fn=half_squares)
    for size in (0, 5):
        sentence = f"logreg_fit refuses a batch of {size} of 4 examples"
        c.raises(sentence, ValueError, logreg_fit, X, y, 0.1, 1, size, np.random.default_rng(0), half_squares)
    c.close("logreg_fit without a loss_fn: first loss", logreg_fit(X.copy(), np.array([1, 0, 1, 0]), 0.4, 1)[2], [np.log(2)])

    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 4.0])
    residuals_seen = []

    def weight(r):
        residuals_seen.append(np.array(r))
        return np.array([1.0, 1.0, 2.0, 0.0])

    given = x.copy(), y.copy()
    c.close("irls_line, no step: slope and intercept", np.array(irls_line(*given, weight, 0)), [0.8, 1.3])
    c.unchanged("irls_line: x", given[0], x)
    c.unchanged("irls_line: y", given[1], y)
    got = np.array(irls_line(x.copy(), y.copy(), weight, 2))
    c.equal("irls_line: the number of calls of weight in two steps", len(residuals_seen), 2)
    c.close(
        "irls_line: the residuals that weight receives", residuals_seen[0], [-0.3, 0.9, -0.9, 0.3], hint="A residual is y minus the line."
    )
    c.close("irls_line, two steps: slope and intercept", got, [4 / 11, 17 / 11], hint="Multiply the squared residuals by the weights.")
    hint = "Compute the residuals from the latest line, not from the first one."
    c.close("irls_line: the residuals of the second step", residuals_seen[1], y - (4 / 11 * x + 17 / 11), hint=hint)
    hint = "Replace an infinite weight by 1e6. The line then almost passes through these two points."
    got = np.array(irls_line(x.copy(), y.copy(), lambda r: np.array([np.inf, 1.0, np.inf, 1.0]), 1))
    c.close("irls_line with two infinite weights", got, [0.5, 1.0], atol=1e-4, hint=hint)
    got, want = (np.array(irls_line(x.copy(), y.copy(), lambda r, v=v: np.array([v, 5e5, 2e5, 4e5]), 1)) for v in (np.inf, 1e6))
    c.close("irls_line: an infinite weight counts as 1e6", got, want, rtol=1e-9)
    c.raises("irls_line refuses weights of zero", ValueError, irls_line, x, y, np.zeros_like, 1)
    c.raises("irls_line refuses points that all have the same x", ValueError, irls_line, np.full(7, 0.1), np.arange(7.0), weight, 0)
    twice = np.array([0.3, 0.3, 1.0, 2.0])
    hint = "Two points with the same x do not determine a line."
    c.raises("irls_line refuses weights on one x only", ValueError, irls_line, twice, y, lambda r: np.array([1.0, 2.0, 0, 0]), 1, hint=hint)
    for wrong in (y[:, None], y[:3], y[:1]):
        c.raises(f"irls_line refuses y of shape {wrong.shape} for x of shape (4,)", ValueError, irls_line, x, wrong, weight, 1)

# %% [markdown] id="logreg-see"
# **Fifty people, three batch sizes.** The left plot shows the line on which your logistic
# regression is undecided ($h = 0$), in centimetres and kilograms.
# Compare it with the dotted curve, a body-mass index of 25. We generated the labels from this
# index, with some noise, so this is the curve that your line tries to follow.
# The right plot shows the loss over all fifty people. The horizontal axis counts the *examples
# used*, because this number tells you what the training costs.
# Notice that single-sample descent reaches a small loss before full-batch descent has taken its
# first step. But its loss never settles. In practice, you would choose a compromise, such as the
# minibatch of 10.
#
# Why do we standardise the features first in this cell? The last printed line shows the reason:
# with raw centimetres and kilograms, the same learning rate makes the line jump back and forth.

# %% id="logreg-plot" tags=["demo"]
with attempt("logreg"):
    people, y = data.height_weight(50, np.random.default_rng(4))
    people = people[:, :2]  # height and weight alone, so that it can be drawn
    mean, std = people.mean(axis=0), people.std(axis=0)
    X = (people - mean) / std
    runs = {"full batch, 50": (None, 50), "minibatch, 10": (10, 10), "single-sample, 1": (1, 1)}
    walks, fits = {}, {}
    for name, (batch, size) in runs.items():
        walks[name] = []
        for steps in np.unique(np.geomspace(1, 10_000 // size, 40).astype(int)):
            w, b, _ = logreg_fit(X, y, 0.5, int(steps), batch, np.random.default_rng(1))
            walks[name].append((steps * size, bce_with_logits(X @ w + b, y)[0]))
        fits[name] = w, b
        print(
            f"{name:16}  loss after about 50 examples {np.interp(50, *np.array(walks[name]).T):.2f}, after 10000 {walks[name][-1][1]:.2f}"
        )
    w, b, _ = logreg_fit(people, y, 0.5, 10)
    print(f"raw cm and kg     loss after 500 {bce_with_logits(people @ w + b, y)[0]:.0f}")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(10, 4.2))
        height = np.array([people[:, 0].min() - 3, people[:, 0].max() + 3])
        for label, marker, color in ((0, "o", PALETTE[4]), (1, "s", PALETTE[3])):
            axes[0].plot(*people[y == label].T, marker, color=color, label=("not overweight", "overweight")[label])
        axes[0].plot(height, 25 * (height / 100) ** 2, ":", color=PALETTE[6], label="body-mass index 25")
        for (name, (w, b)), color, line in zip(fits.items(), PALETTE, ("-", "-.", "--"), strict=False):
            edge = mean[1] - std[1] * (b + w[0] * (height - mean[0]) / std[0]) / w[1]
            axes[0].plot(height, edge, line, color=color, label=name)
            axes[1].semilogx(*np.array(walks[name]).T, line, color=color, label=name)
        axes[0].set(xlabel="height (cm)", ylabel="weight (kg)")
        axes[1].set(xlabel="examples used", ylabel="loss over all 50")
        axes[0].legend(fontsize="small")
        axes[1].legend()
    show(
        fig,
        "Left: fifty people by height and weight, and three decision lines near a body-mass index of 25, of which single-sample's leans most. Right: over the "
        "examples looked at, single-sample descent's loss falls first and goes on jumping between 0.42 and 0.55, the full batch's falls last and smoothly, to 0.41.",
    )

# %% [markdown] id="logreg-see-lines"
# **How far do the outliers pull the line?** Twenty-four points lie near $y = 0.5 x + 1$, and six
# wrong points lie at the right end.
# These wrong points pull the least-squares line far away. The other convex losses resist the pull
# more or less well, and Cauchy's line hardly feels it.
# With Tukey's weights and $\xi = 3$, the six points do not count, so the line fits the 24 good
# points.
# You might want to use Tukey everywhere now, but it works only if its scale fits the noise and the
# first line is not too bad. (The noise here has a standard deviation of 0.3.)
# With $\xi = 6$, even the wrong points get a weight, and they pull Tukey's line away.
# With $\xi = 0.3$, only the few points near the *first* line get a weight. The line follows these
# points, and all other points keep the weight 0.

# %% id="logreg-plot-lines" tags=["demo"]
with attempt("logreg"):
    rng = np.random.default_rng(4)
    x = np.linspace(0, 10, 30)
    y = 0.5 * x + 1 + rng.normal(scale=0.3, size=30)
    y[24:] -= 5 + rng.normal(scale=0.5, size=6)
    rows = (("least_squares", 1.0), ("l1", 1.0), ("huber", 0.5), ("cauchy", 0.7), ("tukey", 6.0), ("tukey", 3.0), ("tukey", 0.3))
    fits = {(kind, xi): irls_line(x, y, lambda r: robust_loss(r, kind, xi)[2], 100) for kind, xi in rows}
    for (kind, xi), (slope, intercept) in fits.items():
        counting = np.sum(robust_loss(y - slope * x - intercept, kind, xi)[2] > 0)
        print(f"{kind:13} xi {xi}:  slope {slope:.2f}, intercept {intercept:.2f}, {counting} points have a weight above 0")
    with style():
        fig, ax = plt.subplots(figsize=(8, 4.2))
        ax.plot(x[:24], y[:24], "o", color=PALETTE[6], markersize=4, label="points")
        ax.plot(x[24:], y[24:], "x", color=PALETTE[6], label="wrong points")
        lines = ("-", "--", "-", "-.", "--", "-", ":")
        for ((kind, xi), (slope, intercept)), color, line in zip(fits.items(), PALETTE, lines, strict=False):
            scale = "" if kind in ("least_squares", "l1") else rf", $\xi$ = {xi}"
            ax.plot(x, slope * x + intercept, color=color, linestyle=line, label=kind + scale)
        ax.set(xlabel="x", ylabel="y", xlim=(-0.3, 14), xticks=range(0, 11, 2))
        ax.legend(loc="center right")
    show(
        fig,
        "Thirty points of which six at the far right lie far below. The least-squares line and Tukey's with a wide scale are nearly flat, Huber's and "
        "L1's are lifted most of the way, Cauchy's and Tukey's with a fitting scale run through the other twenty-four.",
    )

# %% [markdown] id="written-question"
# ## 6. In your own words (10 points, graded by a person)
#
# A classmate builds a network that classifies photographs of parcels into ten kinds and then
# estimates the weight of each parcel.
#
# 1. For the kinds, the last layer is a softmax. Its probabilities $p$ go into the squared error
#    $\sum_c (p_c - y_c)^2$ of one example. The classmate says: "Both losses are smallest at the
#    correct answer, so what is the difference?" Derive the gradient of the cross-entropy with
#    respect to the logits, $p - y$, for one example. Then take an example whose correct class has
#    $p \approx 10^{-5}$ and one wrong class has the rest. Compare this gradient with the gradient
#    of the squared error with respect to the logit of the correct class. With which loss does the
#    example learn faster, and why?
# 2. The classmate switches to your `softmax_loss`, but leaves the softmax layer in the network. The
#    loss starts at 2.30, falls to 1.55 and stays there, with 97 % of the training parcels
#    classified correctly. How can you tell from these numbers alone what has happened?
# 3. One parcel in fifty was weighed with somebody's hand on the scale. Choose a loss of question 4
#    for the weights. Say how you would choose $\xi$, and name one disadvantage of your choice.
#
# Write at most 300 words.

# %% [markdown] nbgrader={"grade_id": "losses-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. With $L = -\sum_c y_c \log p_c$ and $\log p_c = x_c - \log \sum_j e^{x_j}$: $L = -\sum_c y_c x_c + (\sum_c y_c) \log \sum_j e^{x_j}$. As
#    $\sum_c y_c = 1$ and $\partial \log \sum_j e^{x_j} / \partial x_c = p_c$, the gradient is $p_c - y_c$. For the right class $r$ of the example it is
#    $10^{-5} - 1 \approx -1$. The squared error passes through softmax's own derivative, $\partial p_c/\partial x_r = p_r([c = r] - p_c)$, so
#    $\partial S/\partial x_r = 2 p_r \big[(p_r - 1)(1 - p_r) - p_w\thinspace p_w\big]$ with $p_w \approx 1$ for the wrong class: about $2 \cdot 10^{-5} \cdot (-2) = -4 \cdot 10^{-5}$. So under cross-entropy the
#    worst mistake learns fastest; under squared error it hardly learns at all, since softmax is saturated there and its slope is a factor of the gradient. The logarithm cancels just that factor.
# 2. 2.30 is $\log 10$: ten equal probabilities, as at any start. With 97 % right, a loss on logits should be far below 1.55 unless the right answers are given with
#    hardly any confidence. With a softmax too many the "logits" lie between 0 and 1, so that the best possible loss is $\log(1 + 9/e) = 1.46$: the loss stands just above a floor which no training can get below.
# 3. For instance Huber: errors of ordinary size count as in least squares, the others pull with a constant force $\xi$; it is convex, so the start does not matter.
#    $\xi$ should be a little above the size of the ordinary errors: 1 to 2 of their standard deviations, which is estimated robustly (from the median of $|r|$, not
#    from the standard deviation, which the bad ones inflate). Price: the bad ones still pull a little, so there is a remaining bias; or, for Tukey: they no longer pull at all, but
#    it is not convex, needs a good start, and also ignores heavy parcels that are merely unusual; for $L_1$: no scale to choose, but a corner at 0, and less precise if the noise is Gaussian.
#
# **Rubric.**
#
# - 2 points: $p - y$ is derived, with the use of $\sum_c y_c = 1$.
# - 2 points: The gradient of the squared error has the factor $p_r$ (the slope of softmax), and
#   is tiny here.
# - 1 point: Hence the worst mistakes learn fastest under cross-entropy.
# - 1 point: 2.30 is $\log 10$.
# - 1 point: The floor $\log(1 + 9/e) \approx 1.46$ as the sign of a second softmax.
# - 1 point: A loss, with a reason.
# - 1 point: $\xi$ comes from the spread of the ordinary residuals, estimated robustly.
# - 1 point: A disadvantage that belongs to the choice.
#
# **Weak answer (3 points: items 3, 4, 6).**
#
# 1. The gradient of cross-entropy is $p - y$, as in the lecture. For the correct class it is about
#    $-1$. For the squared error it is much smaller, so this bad example learns faster with
#    cross-entropy.
# 2. 2.30 is $\log 10$, the loss of guessing. The softmax is used twice, and this is wrong.
# 3. I take Huber, because large errors pull only with a constant force. $\xi = 1$ is the usual
#    value. A disadvantage is that it is more complicated.
#
# **Average answer (6 points: items 1, 3, 4, 6, 8).**
#
# 1. $L = -\sum_c y_c x_c + \log \sum_j e^{x_j}$, because $\sum_c y_c = 1$. The derivative of the
#    second term is $p_c$, so the gradient is $p_c - y_c$, about $-1$ for the correct class. The
#    squared error goes through softmax too and comes out smaller. So with cross-entropy the worst
#    examples learn fastest.
# 2. 2.30 is $\log 10$: the network guesses at the start. With 97 % correct, the loss should be much
#    lower, so the probabilities are not confident, as if softmax was applied twice.
# 3. Tukey: a parcel with a hand on the scale is far away and gets the weight 0. I try some $\xi$ on
#    the dev set. The loss is not convex, so the result depends on the start.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells, so that you can be sure that your
# notebook works from top to bottom. The cell below adds up the points of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"regression_losses": 15, "softmax_loss": 20, "bce_with_logits": 20, "robust_loss": 25, "logreg": 20},
    written=10,
)
