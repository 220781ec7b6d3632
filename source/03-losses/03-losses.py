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
# A network learns whatever its loss asks of it. The loss is one number; its gradient is the first thing that flows back through the
# net. In this notebook you write the losses of the lectures with their gradients, so that no logit is too large for them, and
# then you use them to part people by height and weight, and to draw a line through data that partly lies.
#
# **You will**
# 1. write mean squared error, mean absolute error and the Euclidean distance, three things that the slides mix up;
# 2. write softmax and cross-entropy as one function that survives logits of ±10,000;
# 3. do the same for two classes, on one logit;
# 4. write seven robust losses with their influence and their weights;
# 5. fit a logistic regression with all, some, or one of the examples at a time, and a line that outliers cannot drag along.
#
# **You will learn** why losses are computed from logits and never from probabilities, what a loss's slope does to an outlier, and
# what an innocent mean or a missing bar on a slide costs.
#
# **You need** NumPy, the chain rule, and logarithms. Nothing from the earlier assignments is used here.
#
# The lectures are called D0 to D4, as on the course's page of conventions. Some formulas on their slides are wrong as printed.
# Five of them are exercises here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Loss and gradient**: a loss is one number, and `dpred`, `dx` or `dh` is its gradient with respect to the first argument, of that argument's shape.
# - **Reduction**: a mean over the batch, a sum over the outputs of one example, unless a name says otherwise. In question 1 the names do.
# - **Arguments stay as they were**, to the bit. Arrays may be read-only or slices of larger ones. A batch of one works.
# - **dtypes**: float32 in, float32 out; float64 in, float64 out; integers, unsigned ones as well, become float64.
# - **No Python loop** over examples or entries. **No warnings**: no overflow, no division by zero, no invalid value on the way.
# - **Randomness** comes from the generator `rng` which you are given, never from `np.random` itself.
# - **Bad arguments** raise a `ValueError` which names what was given and what was expected.
#
# One bad argument deserves a word of its own. Predictions of shape `(N, 1)` and targets of shape `(N,)` are the commonest bug of all: their
# difference has shape `(N, N)`, every prediction against every target, and nothing complains. In this course a loss refuses two arrays of different shapes.
#
# Each question has an idea, a function for you to fill in, a cell to try it, and a check. The checks here find the common mistakes;
# grading uses others, on other numbers.

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

from utils import data
from utils.gradients import numeric_gradient
from utils.plotting import PALETTE, style


def message(function, *args):
    """Return what a function says as it refuses its arguments."""
    try:
        function(*args)
    except ValueError as error:
        return str(error)
    return ""


# %% [markdown] id="regression_losses-idea"
# ## 1. Three ways to miss a number
#
# D3 (common loss functions) lists, for predictions $\hat y$ and targets $y$ with $n$ entries in all, a mean of squares, a mean of
# sizes, and a distance:
#
# $$\text{mse} = \frac1n \sum_i (\hat y_i - y_i)^2, \qquad
#   \text{mae} = \frac1n \sum_i |\hat y_i - y_i|, \qquad
#   \text{l2} = \lVert \hat y - y \rVert_2 = \sqrt{\textstyle\sum_i (\hat y_i - y_i)^2} .$$
#
# In this course a name that says *mean* averages over all $n$ entries, whatever the array's shape. Other slides have $\sum$ (D0, D4) or $\frac12\sum$ (D2);
# they differ from mse by a factor, so a learning rate copied along with another one's formula is wrong by that factor.
#
# Derive the three gradients with respect to $\hat y$. Two of the three losses have a corner. Where $\hat y_i = y_i$, let mae's
# gradient be 0 at this entry; where $\hat y = y$ altogether, let that of the distance be 0 everywhere. Both are subgradients: slopes of
# lines that touch the loss there from below.


# %% nbgrader={"grade_id": "regression_losses", "solution": true}
def residuals(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return pred - target in floats of pred's precision, once their shapes are found equal.

    A helper for you to write once and use three times; it is not checked by itself.
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
        target: what they should have been, the same shape.
    Returns:
        loss, a number, and dpred, of pred's shape, and of its dtype where target has the same.
    Raises:
        ValueError: the shapes differ; the message names both.
    """
    ### BEGIN SOLUTION
    residual = residuals(pred, target)
    return np.mean(residual**2), 2 * residual / residual.size
    ### END SOLUTION


def mae_loss(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean absolute error and its gradient.

    loss = (1/n) sum_i |pred_i - target_i|, over all n entries; the gradient is 0 where an entry is met exactly

    Args, Returns, Raises: as for mse_loss.
    """
    ### BEGIN SOLUTION
    residual = residuals(pred, target)
    return np.mean(np.abs(residual)), np.sign(residual) / residual.size
    ### END SOLUTION


def l2_distance(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the Euclidean distance between two arrays and its gradient.

    loss = sqrt(sum_i (pred_i - target_i)^2), over all n entries; the gradient is 0 everywhere if the two are equal

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
        c.close(f"{name}: loss", loss, want, hint="Over how many entries is the mean, and is there a root?")
        c.shape(f"{name}: dpred", dpred, (2, 3))
        moved = pred + 0.25  # away from the corner at an error of 0
        c.gradient(f"{name}: dpred", function(moved.copy(), target)[1], lambda p, f=function: f(p, target)[0], moved)
        column = np.zeros((3, 1))
        for other in (column[:, 0], column[:1], column.T):
            sentence = f"{name} refuses (3, 1) against {other.shape}"
            c.raises(sentence, ValueError, function, column, other, hint="It would broadcast.")
        single = function(np.float32([3, 1]), np.float32([1, 2]))[1]
        c.equal(f"{name}: dtype of dpred for float32", single.dtype, np.dtype(np.float32))
        whole = function(np.array([3, 1]), np.array([1, 2]))[1]
        c.equal(f"{name}: dtype of dpred for integers", whole.dtype, np.dtype(np.float64))
        mixed, floats = (function(p, np.array([1.5, 2.5]))[0] for p in (np.array([3, 1]), np.array([3.0, 1.0])))
        c.close(f"{name}: loss of whole predictions and of targets that are not", mixed, floats)
        small, floats = (function(np.array([3, 1], kind), np.array([9, 250], kind))[0] for kind in (np.uint8, float))
        c.close(f"{name}: loss of small unsigned integers", small, floats, hint="An unsigned number cannot be negative: convert first.")
        strided = np.repeat(pred, 2, axis=1)[:, ::2]
        c.close(f"{name}: loss of a slice of an array", function(strided, target)[0], want)
        said = message(function, column, column[:, 0])
        c.true(f"{name} names both shapes, (3, 1) and (3,), when it refuses them", "(3, 1)" in said and "(3,)" in said)
    c.close("mae_loss: dpred where an entry is met exactly", mae_loss(pred.copy(), target)[1][0, 1], 0.0)
    c.equal("mae_loss: dpred where it is nearly met", mae_loss(np.array([1 + 1e-9]), np.array([1.0]))[1][0], 1.0)
    loss, dpred = l2_distance(pred.copy(), pred.copy())
    c.close("l2_distance of equal arrays: loss", loss, 0.0)
    c.close("l2_distance of equal arrays: dpred", dpred, np.zeros((2, 3)), hint="What do you divide by there?")
    loss, dpred = l2_distance(np.array([3e-9, 4e-9]), np.zeros(2))
    c.close("l2_distance of nearly equal arrays: dpred", dpred, [0.6, 0.8], hint="Nothing is added to what you divide by.")
    _, dpred = l2_distance(np.array([3, 1]), np.array([3, 1]))
    c.equal("l2_distance of equal whole numbers: dtype of dpred", dpred.dtype, np.dtype(np.float64))

# %% [markdown] id="regression_losses-erratum"
# **A slide to mend.** D3 prints the MSE of $n$ examples as $\frac1n \sqrt{\sum_i (\hat y_i - y_i)^2}$. Here the same three predictions
# are made once, four times and a hundred times. Nothing about them gets any better; what does the printed formula say, and how would
# it compare two models that were tested on data sets of different sizes? Mend the marked line, so that the numbers agree.

# %% id="regression_losses-mend" tags=["demo"]
pred, target = np.array([1.0, 2.0, 4.0]), np.array([1.5, 1.0, 2.0])
for copies in (1, 4, 100):
    residual = np.tile(pred, copies) - np.tile(target, copies)
    mse = np.sqrt(np.sum(residual**2)) / len(residual)  # as printed: mend this line
    print(f"the three examples {copies:3} times: mse = {mse:.4f}")

# %% [markdown] id="regression_losses-see"
# **What one bad example may do.** Five predictions; four miss by 0.5, the fifth by as much as you like. See, on the right, how hard each loss pulls at the fifth: the
# squared error pulls the harder the further it is off, the absolute error always alike, and the distance turns its whole attention to it: its gradient has
# length 1 in all, and there is ever less left for the other four.

# %% id="regression_losses-plot" tags=["demo"]
with attempt("regression_losses"):
    errors = np.linspace(-6, 6, 121)
    curves = {}
    for function in (mse_loss, mae_loss, l2_distance):
        values = [function(np.array([0.5, 0.5, 0.5, 0.5, e]), np.zeros(5)) for e in errors]
        curves[function.__name__] = np.array([[loss, dpred[4]] for loss, dpred in values])
    print("pull at an error of 6:", ", ".join(f"{name} {curve[-1, 1]:.2f}" for name, curve in curves.items()))
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
# ## 2. Softmax and cross-entropy, as one
#
# For $C$ classes a net gives an example $i$ a row of $C$ numbers, its *logits* $x_i$. Softmax (D1, D2, D4) makes probabilities of them, and the cross-entropy (D2, D3, D4)
# holds those against the target $y_i$, which is 1 at the right class and 0 elsewhere:
#
# $$p_{ic} = \frac{e^{x_{ic}}}{\sum_{j=1}^{C} e^{x_{ij}}}, \qquad
#   L = -\frac1N \sum_{i=1}^{N} \sum_{c=1}^{C} y_{ic} \log p_{ic} .$$
#
# The target may also be *soft*: any row of probabilities that add up to 1, as in label smoothing, or in the mixup of assignment 09.
#
# Written like that it fails: $e^{1000}$ is infinite, and a probability that rounds to 0 has no logarithm. Adding $10^{-12}$ to it only hides
# this: the loss can then never exceed 27.6, and where it is flat there is no gradient to learn from. So never go by way of $p$. Put softmax into the logarithm, and
#
# $$\log p_{ic} = (x_{ic} - m_i) - \log \sum_j e^{x_{ij} - m_i}$$
#
# holds for *any* number $m_i$. Which one keeps every exponential finite, and the sum away from 0, for every example?
#
# For the gradient, derive $\partial L / \partial x_{ic}$ and use that a row of $y$ adds up to 1: it becomes so short that this alone would be a reason to write the two as one function.


# %% nbgrader={"grade_id": "softmax_loss", "solution": true}
def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy of softmax(x) against y, and its gradient.

    loss = -(1/N) sum_i sum_c y_ic log p_ic, with p = softmax of each row of x

    Args:
        x: logits, shape (N, C), within -1e4 ... 1e4.
        y: labels from 0 to C-1, integers of shape (N,);
            or soft labels, shape (N, C), entries >= 0, each row adding up to 1.
    Returns:
        loss, a number, and dx, of x's shape and dtype.
    Raises:
        ValueError: y has neither shape, labels are no integers, or one is not in 0 ... C-1;
            the message names the shapes, or the label.
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

# %% nbgrader={"grade_id": "softmax_loss-check", "grade": true, "points": 25}
with check("softmax_loss") as c:
    x = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))  # so that the probabilities are 1/8, 2/8, 5/8, and 3/8, 3/8, 2/8
    y, soft = np.array([2, 0]), np.array([[0.25, 0.75, 0.0], [0.1, 0.2, 0.7]])
    for labels in (y, soft):
        given = x.copy(), labels.copy()
        softmax_loss(*given)
        c.unchanged(f"softmax_loss: x, for labels of shape {labels.shape}", given[0], x)
        c.unchanged(f"softmax_loss: y, for labels of shape {labels.shape}", given[1], labels)
    loss, dx = softmax_loss(x.copy(), y)
    c.close(
        "softmax_loss: loss", loss, -(np.log(5 / 8) + np.log(3 / 8)) / 2, hint="A mean over examples; each row has a softmax of its own."
    )
    want = [[1 / 16, 2 / 16, -3 / 16], [-5 / 16, 3 / 16, 2 / 16]]
    c.close("softmax_loss: dx", dx, want, hint="The 1/N of the loss is in its gradient too.")
    soft_loss, soft_dx = softmax_loss(x.copy(), soft)
    p = np.array([[1, 2, 5], [3, 3, 2]]) / 8
    c.close("softmax_loss: loss of soft labels", soft_loss, -np.sum(soft * np.log(p)) / 2, hint="Every class counts by its share.")
    c.gradient("softmax_loss: dx of soft labels", soft_dx, lambda v: softmax_loss(v, soft)[0], x)
    for dtype in (float, int):
        one_hot = softmax_loss(x.copy(), np.eye(3, dtype=dtype)[y])[0]
        c.close(f"softmax_loss: loss of one-hot rows of dtype {dtype.__name__}", one_hot, loss, hint="Both kinds mean the same here.")
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
    c.close("softmax_loss: loss of whole-number logits and soft labels", mixed, floats, hint="A share must not be cut to a whole number.")
    c.raises("softmax_loss refuses a label of 3 for three classes", ValueError, softmax_loss, x, np.array([0, 3]))
    hint = "NumPy would count it from the end."
    c.raises("softmax_loss refuses a label of -1", ValueError, softmax_loss, x, np.array([0, -1]), hint=hint)
    c.raises("softmax_loss refuses labels that are no integers", ValueError, softmax_loss, x, np.array([0.0, 1.0]))
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
        c.close("softmax_loss: loss of a confident mistake", loss, 60.0, hint="If it is smaller, something has cut your probabilities off.")
        loss, _ = softmax_loss(np.array([[0.0, 20.0]]), np.array([1]))
        c.close("softmax_loss: loss of a confident right answer", loss, np.log1p(np.exp(-20)), atol=1e-14, hint="Is anything added to p?")
        loss, _ = softmax_loss(np.array([[0.0, 1000.0]]), np.array([[0.5, 0.5]]))
        hint = "Here too, no logarithm of a probability that is 0."
        c.close("softmax_loss: loss of soft labels at logits far apart", loss, 500.0, hint=hint)

# %% [markdown] id="softmax_loss-erratum-index"
# **A slide to mend: one index with two jobs.** D1 prints softmax as $g(z) = e^{z_i} / \sum_{i=1}^{c} e^{z_i}$ (and D4 leaves the indices
# out altogether). The $i$ above says which output is meant, the $i$ below runs over all of them. A program that takes the slide at its word
# is in the cell. What are these "probabilities", what do they add up to, and whose are they? Mend the inner loop.

# %% id="softmax_loss-mend-index" tags=["demo"]
z = [1.0, 2.0, 3.0]
g = []
for i in range(3):
    total = 0.0
    for i in range(3):  # as printed: mend this loop
        total += np.exp(z[i])
    g.append(float(np.exp(z[i]) / total))
print("softmax", np.array(g), "adds up to", round(sum(g), 4))

# %% [markdown] id="softmax_loss-erratum-twice"
# **A slide to mend: softmax twice.** D2 says that `nn.functional.softmax(input)` turns a net's outputs into probabilities. So it does
# (once it is told along which `dim`). But a cross-entropy *on logits*, such as yours or PyTorch's `nn.CrossEntropyLoss`, has softmax inside. Here four
# examples of ten classes are all classified rightly, with a lead of 20. What should their loss be? Mend the marked line.

# %% id="softmax_loss-mend-twice" tags=["demo"]


def softmax(z):
    """Good enough for small logits."""
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


with attempt("softmax_loss"):
    y = np.array([3, 1, 4, 1])
    logits = 20 * np.eye(10)[y]  # (4, 10)
    loss, _ = softmax_loss(softmax(logits), y)  # as D2's slides would have it: mend this line
    print(f"loss {loss:.4f}")

# %% [markdown] id="softmax_loss-see"
# **It still trains, and that is the trouble.** The plot shows one example of ten classes, whose right class leads the others by a margin. With a softmax too many
# the loss lives between 1.46 and 2.40, whatever the net says: a number between 0 and 1 is no large logit. On the right is the length of the gradient:
# where the net is confidently *wrong*, at the left end, yours pulls hardest and the doubled one not at all.

# %% id="softmax_loss-plot" tags=["demo"]
with attempt("softmax_loss"):
    margins = np.linspace(-12, 12, 49)
    right = np.array([0])
    rows = {"yours, on logits": [], "softmax before it": []}
    for margin in margins:
        x = np.zeros((1, 10))
        x[0, 0] = margin
        loss, dx = softmax_loss(x, right)
        rows["yours, on logits"].append((loss, np.linalg.norm(dx)))
        doubled = numeric_gradient(lambda v: softmax_loss(softmax(v), right)[0], x)
        rows["softmax before it"].append((softmax_loss(softmax(x), right)[0], np.linalg.norm(doubled)))
    for name, row in rows.items():
        (first, pull), (last, _) = row[0], row[-1]
        print(f"{name:18}  loss {first:.2f} at margin -12, {last:.2f} at 12; gradient {pull:.3f} at -12")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.4))
        for (name, row), color, line in zip(rows.items(), PALETTE, ("-", "--"), strict=False):
            for column, ax in enumerate(axes):
                ax.plot(margins, np.array(row)[:, column], line, color=color, label=name)
        axes[0].set(xlabel="lead of the right class (logit)", ylabel="loss")
        axes[1].set(xlabel="lead of the right class (logit)", ylabel="length of the gradient")
        axes[0].legend()
    show(
        fig,
        "The loss on logits falls from about 14 to 0 as the right class gains a lead; with softmax applied twice it only falls from 2.4 to 1.5, "
        "and its gradient vanishes where the net is confidently wrong.",
    )

# %% [markdown] id="bce_with_logits-idea"
# ## 3. Two classes, one logit
#
# With two classes, one logit $h$ is enough (D2, binary classification example): $\hat y = \sigma(h) = 1/(1+e^{-h})$ is the probability of class 1, and the
# loss is the binary cross-entropy, a mean over all $n$ entries:
#
# $$L = -\frac1n \sum_i \big[\, y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i) \,\big], \qquad \hat y_i = \sigma(h_i) .$$
#
# D2 notes with three exclamation marks that it is convex in $h$, and that it runs from 0 to ∞. But not in floating point: $\sigma(40)$
# is 1 to the last bit, so $\log(1 - \hat y)$ is $-\infty$; and clipping $\hat y$ makes the loss flat where it should be steep. As in question 2,
# put $\sigma$ into the logarithm and simplify, until the loss is written in $h$ with *one* exponential, whose exponent is never positive.
# ($\log(1 + e^h)$ has a different harmless form for $h > 0$ and for $h < 0$. `np.log1p` is of use.)
#
# The gradient $\partial L/\partial h_i$ is as short as that of question 2. Its $\sigma$, too, must get along with ±10,000.


# %% nbgrader={"grade_id": "bce_with_logits", "solution": true}
def bce_with_logits(h: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean binary cross-entropy of sigmoid(h) against y, and its gradient.

    loss = -(1/n) sum_i [y_i log s(h_i) + (1 - y_i) log(1 - s(h_i))], over all n entries, s(h) = 1 / (1 + e^-h)

    Args:
        h: logits, any shape, within -1e4 ... 1e4.
        y: the probability of class 1, in [0, 1], mostly just 0 or 1; the same shape, integers or floats.
    Returns:
        loss, a number, and dh, of h's shape and dtype.
    Raises:
        ValueError: the shapes differ; the message names both. Or an entry of y is not in [0, 1], be it nan; the message names it.
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
    c.close("bce_with_logits: loss", loss, want, hint="Which of the two terms counts for y = 0?")
    c.close("bce_with_logits: dh", dh, [-1 / 12, -1 / 4, 4 / 15], hint="The 1/n of the loss is in its gradient too.")
    soft = np.array([[0.3, 0.9], [0.5, 0.0]])
    grid = np.array([[1.1, -0.5], [-2.0, 0.7]])
    defined = -np.mean(soft * np.log(1 / (1 + np.exp(-grid))) + (1 - soft) * np.log(1 / (1 + np.exp(grid))))
    loss, dh = bce_with_logits(grid.copy(), soft)
    c.close("bce_with_logits: loss of soft labels of shape (2, 2)", loss, defined, hint="The mean is over all entries.")
    c.gradient("bce_with_logits: dh of soft labels of shape (2, 2)", dh, lambda v: bce_with_logits(v, soft)[0], grid)
    c.close("bce_with_logits: loss for h in column order", bce_with_logits(np.asfortranarray(grid), soft)[0], defined)
    _, dh = bce_with_logits(np.float32([1, 2]), np.array([0.0, 0.5]))
    c.equal("bce_with_logits: dtype of dh for float32", dh.dtype, np.dtype(np.float32))
    c.equal("bce_with_logits: dtype of dh for integers", bce_with_logits(np.array([1, 2]), np.array([0, 1]))[1].dtype, np.dtype(np.float64))
    mixed, floats = (bce_with_logits(np.array([3, -1], kind), np.array([0.2, 0.7]))[0] for kind in (int, float))
    c.close(
        "bce_with_logits: loss of whole-number logits and soft labels", mixed, floats, hint="A share must not be cut to a whole number."
    )
    hint = "What shape has their difference?"
    c.raises("bce_with_logits refuses (3, 1) against (3,)", ValueError, bce_with_logits, h[:, None], y, hint=hint)
    c.raises("bce_with_logits refuses (3,) against (1,)", ValueError, bce_with_logits, h, y[:1], hint=hint)
    said = message(bce_with_logits, h[:, None], y)
    c.true("bce_with_logits names both shapes, (3, 1) and (3,), when it refuses them", "(3, 1)" in said and "(3,)" in said)
    for wrong in (-1.0, 2.0, 1.25, np.nan):
        hint = "No comparison with nan holds." if wrong != wrong else ""
        c.raises(f"bce_with_logits refuses a label of {wrong}", ValueError, bce_with_logits, h, np.array([1.0, wrong, 1.0]), hint=hint)
    for dtype in (np.float64, np.float32):
        far = np.array([1e4, -1e4, 1e4, -1e4], dtype)
        with np.errstate(all="raise", under="ignore"):
            loss, dh = bce_with_logits(far.copy(), np.array([0.0, 0.0, 1.0, 1.0]))
        hint = "If it is smaller, something has cut your probabilities off."
        c.close(f"bce_with_logits: loss at logits of ±1e4, in {far.dtype}", loss, 5000.0, hint=hint)
        hint = "A wrong answer must not lose its gradient."
        c.close(f"bce_with_logits: dh at logits of ±1e4, in {far.dtype}", dh, [0.25, 0.0, 0.0, -0.25], hint=hint)
    with np.errstate(all="raise", under="ignore"):
        c.close("bce_with_logits: loss of a logit of 50 at y = 0", bce_with_logits(np.array([50.0]), np.array([0]))[0], 50.0)
        loss, _ = bce_with_logits(np.array([20.0]), np.array([1]))
        hint = "A small loss is not none."
        c.close("bce_with_logits: loss of a logit of 20 at y = 1", loss, np.log1p(np.exp(-20.0)), atol=1e-14, hint=hint)

# %% [markdown] id="bce_with_logits-erratum"
# **A slide to mend.** D3 prints the loss of one example as $-y \log \hat y + (1 - y) \log (1 - \hat y)$; its sum over the
# examples, one line below, is right. Here is an example of class 0. What does the printed loss say of ever surer wrong answers, and
# where would gradient descent drive $\hat y$? Mend the marked line.

# %% id="bce_with_logits-mend" tags=["demo"]
y = 0
for y_hat in (0.01, 0.5, 0.9, 0.999):
    loss = -y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)  # as printed: mend this line
    print(f"class {y}, predicted probability of class 1: {y_hat:5}   loss {loss:7.4f}")

# %% [markdown] id="bce_with_logits-see"
# **Convex, and never flat where it is wrong.** One example of class 1. On the left, D2's claim: your loss is convex in $h$; the squared error of the same
# probability is not, and it flattens out for the worst mistakes. On the right, further out: your loss beside one that goes by way of
# a probability and is saved by $\log(\hat y + 10^{-12})$. From about $h = -28$ on, that one no longer learns.

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
        print(f"steepness at h = {h:.0f}:  {words}")
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
# ## 4. Seven attitudes to an outlier
#
# Some targets are simply wrong: a sensor hiccups, somebody types a digit twice. How far should such an example pull? D2 (what loss to
# minimize) answers with a table of losses $\rho(x)$ of a residual $x$, with two companions each:
#
# - the *influence* $\psi(x) = \rho'(x)$: how hard a residual of $x$ pulls;
# - the *weight* $\omega(x) = \psi(x)/x$: as what share of an ordinary least-squares example it counts. Question 5 fits a line with it.
#
# So $\rho$ is enough to know, and the rest is yours to derive. The table uses a scale $\xi > 0$, beyond which a residual is suspect, and an exponent $p \ge 1$:
#
# | `kind` | $\rho(x)$ |
# |---|---|
# | `"least_squares"` | $\frac12 x^2$ |
# | `"l1"` | $\lvert x\rvert$ |
# | `"lp"` | $\frac1p \lvert x\rvert^p$ |
# | `"fair"` | $\xi^2 \big(\lvert x\rvert/\xi - \log(1 + \lvert x\rvert/\xi)\big)$ |
# | `"cauchy"` | $\frac12 \xi^2 \log\big(1 + (x/\xi)^2\big)$ |
# | `"huber"` | $\frac12 x^2$ if $\lvert x\rvert \le \xi$, else $\xi\,(\lvert x\rvert - \frac12\xi)$ |
# | `"tukey"` | $\frac16 \xi^2 \big(1 - (1 - (x/\xi)^2)^3\big)$ if $\lvert x\rvert \le \xi$, else $\frac16 \xi^2$ |
#
# Tukey's row is the usual biweight: D2's, $x^6/6 - \xi^2x^4/2 + \xi^4x^2/2$, is $\xi^4$ times as large.
# All entries are treated on their own: no sum, no mean.
#
# At $x = 0$, $\psi$ is 0 in every row. The weight there is the limit of $\psi(x)/x$: an ordinary 1 in most rows, but
# infinite for `"l1"`, and for `"lp"` it depends on $p$. Return that limit (`np.inf` where it is infinite), without a warning on the way.


# %% nbgrader={"grade_id": "robust_loss", "solution": true}
def robust_loss(x: np.ndarray, kind: str, xi: float = 1.0, p: float = 1.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return loss, influence and weight of each residual, by one row of the table above.

    psi = d rho / dx;  omega = psi / x, and its limit at x = 0

    Args:
        x: residuals, any shape.
        kind: "least_squares", "l1", "lp", "fair", "cauchy", "huber" or "tukey".
        xi: scale, > 0; the first three kinds do not use it.
        p: exponent of "lp", >= 1.
    Returns:
        rho, psi, omega: new arrays of x's shape and dtype; omega may hold inf where x is 0.
    Raises:
        ValueError: kind is none of these, xi is not > 0, or p is not >= 1; the message names what was given.
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
            f"robust_loss, {kind}: psi", psi, lambda v, k=kind: robust_loss(v, k, 2.0, 1.5)[0], x, hint="It is the slope of your own rho."
        )
        c.close(f"robust_loss, {kind}: omega times x", omega * x, psi, hint="That is what a weight is.")
        for got, want, name in zip(
            robust_loss(x.copy(), kind), robust_loss(x.copy(), kind, 1.0, 1.5), ("rho", "psi", "omega"), strict=True
        ):
            c.close(f"robust_loss, {kind}: {name} where neither xi nor p is given", got, want, hint="The defaults are 1 and 1.5.")
    c.close("robust_loss, least_squares: rho of -5", robust_loss(x.copy(), "least_squares")[0][0, 0], 12.5)
    c.close("robust_loss, l1: rho of -5", robust_loss(x.copy(), "l1")[0][0, 0], 5.0, hint="Residuals may be negative.")
    c.close("robust_loss, lp with p = 3: rho of -5", robust_loss(x.copy(), "lp", 1.0, 3.0)[0][0, 0], 125 / 3)
    c.close("robust_loss, fair with xi = 2: rho of -5", robust_loss(x.copy(), "fair", 2.0)[0][0, 0], 4 * (2.5 - np.log(3.5)))
    c.close("robust_loss, cauchy with xi = 2: rho of -5", robust_loss(x.copy(), "cauchy", 2.0)[0][0, 0], 2 * np.log(7.25))
    c.close("robust_loss, huber with xi = 2: rho of -5 and -1.5", robust_loss(x.copy(), "huber", 2.0)[0][0], [8.0, 1.125])
    c.close(
        "robust_loss, tukey with xi = 2: rho of -5", robust_loss(x.copy(), "tukey", 2.0)[0][0, 0], 2 / 3, hint="Is it the normalised one?"
    )
    c.close("robust_loss, tukey with xi = 2: omega of -1.5", robust_loss(x.copy(), "tukey", 2.0)[2][0, 1], 49 / 256)
    for kind in ("huber", "tukey"):
        corner, near = (robust_loss(np.array([v, -v]), kind, 2.0)[1] for v in (2.0, 2.0 + 1e-9))
        c.close(f"robust_loss, {kind} with xi = 2: psi of 2 and -2", corner, near, atol=1e-7, hint="Both pieces meet there.")
    new = robust_loss(x, "least_squares")
    c.true("robust_loss, least_squares: rho, psi and omega are new arrays", not any(np.shares_memory(array, x) for array in new))
    c.true("robust_loss, huber: rho, psi and omega are new arrays", not any(np.shares_memory(a, x) for a in robust_loss(x, "huber", 9.0)))
    for kind in kinds:
        single = [array.dtype for array in robust_loss(np.float32([0.5, -4]), kind, 2.0)]
        c.equal(f"robust_loss, {kind}: dtypes for float32", single, [np.dtype(np.float32)] * 3)
        whole = [array.dtype for array in robust_loss(np.array([1, -4]), kind, 2.0)]
        c.equal(f"robust_loss, {kind}: dtypes for integers", whole, [np.dtype(np.float64)] * 3)
    for kind in ("welsch", "Huber"):
        c.raises(f"robust_loss refuses the kind {kind!r}", ValueError, robust_loss, x, kind)
    for kind in ("fair", "cauchy", "huber", "tukey"):
        c.raises(f"robust_loss refuses a xi of 0 for {kind}", ValueError, robust_loss, x, kind, 0.0)
        c.raises(f"robust_loss refuses a xi of -2 for {kind}", ValueError, robust_loss, x, kind, -2.0)
    c.raises("robust_loss refuses a p of 0.5", ValueError, robust_loss, x, "lp", 1.0, 0.5)
    with np.errstate(all="raise", under="ignore"):
        for kind in kinds:
            origin = np.concatenate(robust_loss(np.zeros(1), kind, 2.0, 1.5))
            at_zero, hint = np.inf if kind in ("l1", "lp") else 1.0, "The weight there is the limit of psi(x)/x."
            c.close(f"robust_loss, {kind}: rho, psi and omega at 0", origin, [0.0, 0.0, at_zero], hint=hint)
            _, psi, omega = robust_loss(np.array([0.0, 1e-9]), kind, 2.0, 1.5)
            c.close(f"robust_loss, {kind}: omega times x at 1e-9", omega[1] * 1e-9, psi[1], atol=1e-16, hint="Near 0 is not at 0.")
        at_zero = [robust_loss(np.zeros(1), "lp", 1.0, p)[2][0] for p in (1.0, 1.9, 2.0, 2.2, 3.0)]
        c.close("robust_loss, lp: omega at 0 for p = 1, 1.9, 2, 2.2, 3", np.array(at_zero), [np.inf, np.inf, 1.0, 0.0, 0.0])

# %% [markdown] id="robust_loss-erratum"
# **A slide to mend.** In D2's table some rows have lost the bars of $\lvert x\rvert$. The cell holds its row of the $L_1$ norm to the definitions
# $\psi = \rho'$ and $\omega = \psi/x$, at a residual on either side. What would gradient descent do to a negative residual under this
# $\rho$? What would a negative weight mean in a fit? Mend the marked line, so that both lines end in two agreements.

# %% id="robust_loss-mend" tags=["demo"]


def l1_row(x):
    return x, np.sign(x), 1 / x  # as printed, rho, psi, omega: mend this line


for x in (-2.0, 2.0):
    rho, psi, omega = l1_row(x)
    slope = (l1_row(x + 1e-6)[0] - l1_row(x - 1e-6)[0]) / 2e-6
    print(f"x = {x:4}: rho {rho:4}, its slope {slope:4.1f}, psi {psi:4}, psi/x {psi / x:4}, omega {omega:4}:", end="  ")
    print("psi agrees," if abs(slope - psi) < 1e-6 else "psi is not rho',", "omega agrees" if omega == psi / x else "omega is not psi/x")

# %% [markdown] id="robust_loss-see"
# **A picture worth keeping.** All seven rows, $\xi = 1.5$ and $p = 1.5$. Read the middle panel from the right end. Least squares pulls ever
# harder; Huber, Fair and $L_1$ pull alike, however far off a residual is; Cauchy lets go slowly, and Tukey altogether: what lies
# beyond $\xi$ does not count. The right panel says the same as a share of an ordinary example. That Cauchy's and Tukey's $\psi$ comes
# down again has its price: their $\rho$ is not convex.

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
# ## 5. Put them to work
#
# **A line between people.** D2's dummy example: fifty people, their height and weight, and who of them is called overweight. Logistic regression is one
# affine unit under the loss of question 3,
#
# $$h = Xw + b, \qquad \frac{\partial L}{\partial w} = X^\top \frac{\partial L}{\partial h}, \qquad
#   \frac{\partial L}{\partial b} = \sum_i \frac{\partial L}{\partial h_i}, \qquad w \leftarrow w - \alpha \frac{\partial L}{\partial w}, \quad
#   b \leftarrow b - \alpha \frac{\partial L}{\partial b},$$
#
# from $w = 0$, $b = 0$. Gradient descent evaluates all examples for each update, stochastic gradient descent "one (few)", says D2. So: each step
# takes all examples, or a fresh random `batch` of them, no one twice; `batch=1` is single-sample descent. The loss is handed in as
# a function, so that the same loop trains under another loss too.
#
# **A line through data that lies.** Fit $y \approx ax + c$ to minimise $\sum_i \rho(r_i)$ of the residuals $r_i = y_i - (a x_i + c)$. Setting the derivative to zero gives
# $\sum_i \psi(r_i)\, x_i = 0$ and $\sum_i \psi(r_i) = 0$; with $\psi = \omega\, r$ these are the equations of a *weighted least-squares* fit, had one but the weights. So guess them, fit, and guess again:
# *iteratively reweighted least squares*. Begin with weights of 1; then, `steps` times, compute the weights from the residuals of the last line, and fit the line anew:
#
# $$(a, c) = \arg\min_{a, c} \sum_i \omega_i\, \big(y_i - (a x_i + c)\big)^2 .$$
#
# Weights above $10^6$, the infinite ones of $L_1$ among them, count as $10^6$.

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

    h = X w + b;  w = w - lr X^T dh;  b = b - lr sum(dh), with loss, dh = loss_fn(h, y) on the examples of this step

    Args:
        X: examples, shape (N, D).
        y: labels, shape (N,), of values that loss_fn takes.
        lr: learning rate, > 0.
        steps: number of steps, >= 0.
        batch: how many different examples to draw for each step, 1 ... N, any so many as likely as any others; None takes all, and needs no rng.
        rng: where the batches come from.
        loss_fn: takes h and y of one batch, both of shape (batch,), and returns the loss and its gradient dh; call it once a step.
            None stands for your bce_with_logits.
    Returns:
        w, shape (D,) and of X's dtype; b, a number; losses, shape (steps,), each step's own loss, before its update.
    Raises:
        ValueError: the shapes do not fit, or batch is not in 1 ... N; the message names what was given.
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


def irls_line(x: np.ndarray, y: np.ndarray, weight: Callable[[np.ndarray], np.ndarray], steps: int) -> tuple[float, float]:
    """Fit a line by iteratively reweighted least squares.

    First all weights are 1; then, steps times, they are weight(y - (slope x + intercept)), at most 1e6 each, and the line is fitted anew.

    Args:
        x, y: the points, both of shape (N,).
        weight: takes residuals, shape (N,), and returns their weights, >= 0 and perhaps inf; call it once a step.
            With question 4, for instance, lambda r: robust_loss(r, "huber", 0.5)[2].
        steps: how often the weights are computed, >= 0; with 0 it is the ordinary least-squares line.
    Returns:
        slope, intercept: two numbers.
    Raises:
        ValueError: the shapes are not one and the same (N,); the message names both.
            Or fewer than two different x have a weight above 0: no line is determined by them.
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
    x, y = np.arange(6.0), np.array([1.0, 2.0, 3.0, 4.0, 5.0, -20.0])  # the last one lies
    for steps in (0, 1, 5, 50):
        slope, intercept = irls_line(x, y, lambda r: 1 / (1 + r * r), steps)  # Cauchy's weights, xi = 1
        print(f"{steps:2} steps: y = {slope:.4f} x + {intercept:.4f}")

# %% nbgrader={"grade_id": "logreg-check", "grade": true, "points": 15}
with check("logreg") as c:

    def half_squares(h, y):
        """A loss that can be followed by hand, and that keeps what it was asked."""
        asked.append((np.array(h), np.array(y)))
        return np.mean((h - y) ** 2) / 2, (h - y) / len(h)

    asked = []
    X, y = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0], [-2.0, 0.0]]), np.array([1.0, 0.0, 1.0, 0.0])
    given = X.copy(), y.copy()
    w, b, losses = logreg_fit(*given, 0.4, 2, loss_fn=half_squares)
    c.unchanged("logreg_fit: X", given[0], X)
    c.unchanged("logreg_fit: y", given[1], y)
    c.equal("logreg_fit: calls of loss_fn in two steps", len(asked), 2)
    c.close("logreg_fit: the first h", asked[0][0], np.zeros(4), hint="w and b start at zero.")
    c.close(
        "logreg_fit, all examples, two steps: w", w, [0.05, 0.18], hint="Is the gradient summed over the batch? The 1/N is in dh already."
    )
    c.close("logreg_fit, all examples, two steps: b", b, 0.18)
    c.close("logreg_fit: losses", losses, [0.25, 0.1125], hint="Each step's loss is that before its update.")
    flat = logreg_fit(X.copy(), y, 0.4, 3, loss_fn=lambda h, y: (0.25, np.zeros_like(h)))[2]
    c.close("logreg_fit: losses where nothing moves", flat, [0.25, 0.25, 0.25], hint="Each step counts, also where the gradient is zero.")
    for size in (3, 1):
        ids = np.arange(8.0)  # labels that tell the examples apart; each example holds the number of its label

        def batches_of(seed, steps=60, size=size, ids=ids):
            asked.clear()
            logreg_fit(np.stack([ids, 1 + 0 * ids], axis=1), ids, 1e-3, steps, size, np.random.default_rng(seed), half_squares)
            return [sorted(drawn.ravel().tolist()) for _, drawn in asked]

        batches, name = batches_of(0), f"logreg_fit, batch={size}:"
        c.true(f"{name} each step has {size} examples", all(len(drawn) == size for drawn in batches))
        c.true(f"{name} no example twice in a step", all(len(set(drawn)) == len(drawn) for drawn in batches))
        c.true(f"{name} every example is drawn now and then", {one for drawn in batches for one in drawn} == set(ids.tolist()))
        fewest = 15 if size > 1 else 4
        c.true(f"{name} each step draws anew, any examples together", len({tuple(drawn) for drawn in batches}) >= fewest)
        c.true(f"{name} the same rng draws the same batches", batches_of(0) == batches, "Is it `rng` that they are drawn from?")
        c.true(f"{name} another rng draws other batches", batches_of(1) != batches, "Is it `rng` that they are drawn from?")
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
            f"{name} the second h follows from the first batch",
            steps[1][0],
            2 * drawn * steps[1][1] + 1,
            hint="Do examples and labels of a batch belong together?",
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
    c.equal("irls_line: calls of weight in two steps", len(residuals_seen), 2)
    c.close("irls_line: the residuals that weight is asked for", residuals_seen[0], [-0.3, 0.9, -0.9, 0.3], hint="y minus the line.")
    c.close("irls_line, two steps: slope and intercept", got, [4 / 11, 17 / 11], hint="The weights weigh the squares.")
    hint = "Each step's residuals are those of the last line, not of the first."
    c.close("irls_line: the residuals of the second step", residuals_seen[1], y - (4 / 11 * x + 17 / 11), hint=hint)
    hint = "They count as 1e6, so the line nearly meets those two."
    got = np.array(irls_line(x.copy(), y.copy(), lambda r: np.array([np.inf, 1.0, np.inf, 1.0]), 1))
    c.close("irls_line with two infinite weights", got, [0.5, 1.0], atol=1e-4, hint=hint)
    got, want = (np.array(irls_line(x.copy(), y.copy(), lambda r, v=v: np.array([v, 5e5, 2e5, 4e5]), 1)) for v in (np.inf, 1e6))
    c.close("irls_line: an infinite weight counts as 1e6", got, want, rtol=1e-9)
    c.raises("irls_line refuses weights of zero", ValueError, irls_line, x, y, np.zeros_like, 1)
    c.raises("irls_line refuses points of one x", ValueError, irls_line, np.full(7, 0.1), np.arange(7.0), weight, 0)
    twice = np.array([0.3, 0.3, 1.0, 2.0])
    hint = "Two points at one x determine no line."
    c.raises("irls_line refuses weights on one x only", ValueError, irls_line, twice, y, lambda r: np.array([1.0, 2.0, 0, 0]), 1, hint=hint)
    for wrong in (y[:, None], y[:3], y[:1]):
        c.raises(f"irls_line refuses y of shape {wrong.shape} for x of shape (4,)", ValueError, irls_line, x, wrong, weight, 1)

# %% [markdown] id="logreg-see"
# **Fifty people, three ways down.** On the left, the line where your logistic regression is undecided ($h = 0$), in centimetres and
# kilograms, beside the body-mass index of 25 from which the labels were drawn, with some noise. On the right, the loss over all
# fifty, against the number of *examples looked at*, which is what a step costs. See single-sample descent be far down before
# full-batch descent has made its first step, and then never come to rest; the minibatch of 10 has something of both.
#
# The features are standardised first. The last printed line shows why: with raw centimetres and kilograms the same learning rate throws the line about.

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
        axes[1].set(xlabel="examples looked at", ylabel="loss over all 50")
        axes[0].legend(fontsize="small")
        axes[1].legend()
    show(
        fig,
        "Left: fifty people by height and weight, and three decision lines near a body-mass index of 25, of which single-sample's leans most. Right: over the "
        "examples looked at, single-sample descent's loss falls first and goes on jumping between 0.42 and 0.55, the full batch's falls last and smoothly, to 0.41.",
    )

# %% [markdown] id="logreg-see-lines"
# **Who drags the line?** Twenty-four points near $y = 0.5 x + 1$, and six at the far end that lie. Least squares is dragged along, the
# convex losses resist more or less, Cauchy's line is nearly free of them, and with Tukey's weights they do not count at all: 24 points
# are left. But Tukey needs a scale that fits the noise, here 0.3, and a first line that is not too bad. With $\xi = 6$ it forgives everybody and is dragged
# along; with $\xi = 0.3$ it begins with the few points beside the *first* line, believes them, and never asks the others.

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
        ax.plot(x[24:], y[24:], "x", color=PALETTE[6], label="points that lie")
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
# ## 6. In your own words (10 points, read by a person)
#
# A classmate builds a net that tells ten kinds of parcels apart by photograph and then estimates each one's weight.
#
# 1. For the kinds, its last layer is a softmax, whose probabilities $p$ go into the squared error $\sum_c (p_c - y_c)^2$ of one example. "Both losses are smallest at the
#    right answer, so what is the difference?" Derive the gradient of the cross-entropy with respect to the logits, $p - y$, for one example. Then compare
#    it with the gradient of the squared error with respect to the logit of the right class, for an example whose right class has $p \approx 10^{-5}$ and a wrong one all the rest. Which example learns faster, and why?
# 2. They switch to your `softmax_loss`, but leave the softmax layer in. The loss starts at 2.30, falls to 1.55 and stays, with
#    97 % of the training parcels right. How would you tell from these numbers alone what has happened?
# 3. One parcel in fifty has been weighed with somebody's hand on the scale. Choose a loss of question 4 for the weights, say how you would choose $\xi$,
#    and name one thing that your choice costs.

# %% [markdown] nbgrader={"grade_id": "losses-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. With $L = -\sum_c y_c \log p_c$ and $\log p_c = x_c - \log \sum_j e^{x_j}$: $L = -\sum_c y_c x_c + (\sum_c y_c) \log \sum_j e^{x_j}$. As
#    $\sum_c y_c = 1$ and $\partial \log \sum_j e^{x_j} / \partial x_c = p_c$, the gradient is $p_c - y_c$. For the right class $r$ of the example it is
#    $10^{-5} - 1 \approx -1$. The squared error passes through softmax's own derivative, $\partial p_c/\partial x_r = p_r([c = r] - p_c)$, so
#    $\partial S/\partial x_r = 2 p_r \big[(p_r - 1)(1 - p_r) - p_w\, p_w\big]$ with $p_w \approx 1$ for the wrong class: about $2 \cdot 10^{-5} \cdot (-2) = -4 \cdot 10^{-5}$. So under cross-entropy the
#    worst mistake learns fastest; under squared error it hardly learns at all, since softmax is saturated there and its slope is a factor of the gradient. The logarithm cancels just that factor.
# 2. 2.30 is $\log 10$: ten equal probabilities, as at any start. With 97 % right, a loss on logits should be far below 1.55 unless the right answers are given with
#    hardly any confidence. With a softmax too many the "logits" lie between 0 and 1, so that the best possible loss is $\log(1 + 9/e) = 1.46$: the loss stands just above a floor which no training can get below.
# 3. For instance Huber: errors of ordinary size count as in least squares, the others pull with a constant force $\xi$; it is convex, so the start does not matter.
#    $\xi$ should be a little above the size of the ordinary errors: 1 to 2 of their standard deviations, which is estimated robustly (from the median of $|r|$, not
#    from the standard deviation, which the bad ones inflate). Price: the bad ones still pull a little, so there is a remaining bias; or, for Tukey: they no longer pull at all, but
#    it is not convex, needs a good start, and also ignores heavy parcels that are merely unusual; for $L_1$: no scale to choose, but a corner at 0, and less precise if the noise is Gaussian.
#
# **Rubric (10 points).** $p - y$ derived, with the use of $\sum y = 1$: 2. The squared error's gradient has the factor $p_r$ or softmax's slope, and is tiny: 2. Hence the worst mistakes
# learn fastest under cross-entropy: 1. 2.30 is $\log 10$: 1. The floor $\log(1 + 9/e) \approx 1.46$ as the sign of softmax twice: 1. A loss with a reason: 1.
# $\xi$ from the spread of ordinary residuals, robustly: 1. A cost that belongs to the choice: 1.

# %% [markdown] id="summary-idea"
# **Before you submit.** Run all cells from the top, then look here: this cell adds up what your own checks say.

# %% id="summary" tags=["demo"]
check.summary(
    {"regression_losses": 15, "softmax_loss": 25, "bce_with_logits": 20, "robust_loss": 25, "logreg": 15},
    written=10,
)
