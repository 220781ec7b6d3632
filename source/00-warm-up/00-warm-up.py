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
# # 00 · Warm up with arrays
#
# Inside every network of this course, there is nothing more mysterious than a few NumPy arrays and
# the operations between them.
# In this notebook, you can practise these operations on small examples, one idea at a time.
# Each function takes only one to three lines of code.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `centre`: a mean along an axis, and broadcasting against it | 15 |
# | 2 | `squared_distances`: all pairs of two sets of rows, without a loop | 20 |
# | 3 | `bilinear`: one sum over two indices, with `einsum` | 15 |
# | 4 | `brighten`: arithmetic with `uint8`, which must not wrap around | 15 |
# | 5 | `scale_rows`: a changed copy of an array | 15 |
# | 6 | `train_dev_split`: chance that you can repeat | 20 |
#
# **The points do not count.** They only show you how checks, hints and marks work in this course.
#
# **Time:** an hour at most. This is only our estimate, so don't worry if you need longer.
#
# **You need** Python: functions, loops and exceptions. You don't need any earlier work.
#
# **Lecture note:** [Think in arrays](../../course/00-warm-up.md). The five lectures don't cover
# this subject.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Do not change your arguments.** Other code may still need the arrays that your function
#   receives, so leave them unchanged.
# - **Keep the precision.** Your result should have the same dtype as the input: float32 stays
#   float32, and float64 stays float64. Except in question 4, arrays of numbers hold floats.
# - **Accept any memory layout.** The arrays may be read-only, and they may be slices or transposes
#   of other arrays.
# - **Do not use the global state of `np.random`.** Use only the `rng` that you receive, so that we
#   can reproduce your results.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that says what you
#   expected and what you got.
#
# Every question has one cell where you can try your code and another cell that checks it.
# These checks will help you to find most mistakes. For your marks, we use more checks with
# different numbers.
# You can always choose *Run All*: an unfinished cell does not stop the notebook.
#
# We have folded the check cells. Each check prints its verdict below its cell.
# If you are curious how a check works, click the bar to read its code.

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
        "This notebook needs the folder utils of 00-warm-up.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 00-warm-up.zip, then "
        "%cd training-neural-networks/release/00-warm-up, "
        "and this cell again."
    ) from None
from utils.plotting import PALETTE, style

check = Checks()

# %% nbgrader={"grade_id": "given", "locked": true}
class Counted(np.ndarray):
    """An array that counts how often Python takes something out of it, for example in a loop."""

    taken = 0

    def __getitem__(self, key):
        Counted.taken += 1
        return super().__getitem__(key)


def taken(function, *arrays):
    """Return how often a function takes something out of its arguments."""
    Counted.taken = 0
    function(*(array.view(Counted) for array in arrays))
    return Counted.taken


# %% [markdown] id="centre-idea"
# ## 1 · Axes
#
# *Lecture note: [Shapes and axes](../../course/00-warm-up.md#shapes-and-axes) and
# [Broadcasting](../../course/00-warm-up.md#broadcasting).*
#
# The shape of an array has one number for each **axis**. An operation along an axis removes this
# axis from the shape.
# For example, the mean of a (4, 3) array along axis 0 has the shape (3,), with one mean for each
# column.
# With `keepdims=True`, the axis stays, with length 1. The mean then has shape (1, 3), and
# broadcasting stretches it back to (4, 3) when you combine it with the array.
#
# In this question, take the mean of an array along a given axis, and subtract it from the array.
# It's easy to check your result: afterwards, the mean along this axis is zero.


# %% nbgrader={"grade_id": "centre", "solution": true}
def centre(x: np.ndarray, axis: int) -> np.ndarray:
    """Subtract from x its mean along one axis.

    Args:
        x: floats, any shape.
        axis: the axis, as NumPy counts: 0 is the first one and -1 is the last one.

    Returns:
        a new array with the shape of x.
    """
    ### BEGIN SOLUTION
    return x - x.mean(axis=axis, keepdims=True)
    ### END SOLUTION


# %% id="centre-try" tags=["demo"]
with attempt("centre"):
    x = np.array([[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]])
    print("columns:", *centre(x, 0))
    print("rows:   ", *centre(x, 1))

# %% nbgrader={"grade_id": "centre-check", "grade": true, "points": 15}
with check("centre") as c:
    x = np.array([[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]])
    given = x.copy()
    centre(given, 0)
    c.unchanged("x", given, x)
    c.close("along axis 0", centre(x.copy(), 0), [[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
    hint = "Without keepdims, the means of the rows have shape (2,)."
    c.close("along axis 1", centre(x.copy(), 1), [[-2.0, -1.0, 3.0], [-2.0, -1.0, 3.0]], hint=hint)
    cube = np.arange(24.0).reshape(2, 3, 4) ** 2
    c.close("mean along the last of three axes", centre(cube.copy(), -1).mean(axis=-1), np.zeros((2, 3)))
    c.equal("dtype for float32", centre(x.astype("f4"), 0).dtype, np.dtype("float32"))
    c.layouts("the result", lambda v: centre(v, 0), x)

# %% [markdown] id="squared_distances-idea"
# ## 2 · Broadcasting
#
# *Lecture note: [Broadcasting](../../course/00-warm-up.md#broadcasting).*
#
# How can you predict what NumPy does with two shapes? Compare the shapes from the right, as NumPy
# does.
# Where one shape has a 1, NumPy repeats the only entry along this axis. Where one shape has no axis
# left, NumPy adds an axis of length 1 on the left.
# For example, the shapes (5, 1, 2) and (3, 2) give (5, 3, 2).
# If you need an axis of length 1, you can add it yourself with `a[:, None, :]`.
#
# Use broadcasting to compare every row of one array with every row of another array:
#
# $$d_{nm} = \sum_k (a_{nk} - b_{mk})^2 .$$
#
# Be careful: broadcasting also accepts shapes that are a mistake. For example, NumPy does not
# complain when it stretches rows of 1 number to rows of 3. So your function must check itself that
# the rows of both arrays have the same length.


# %% nbgrader={"grade_id": "squared_distances", "solution": true}
def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the squared distance of each row of a from each row of b.

    Do not loop over the rows in Python.

    Args:
        a: floats, shape (N, D).
        b: floats, shape (M, D).

    Returns:
        an array of shape (N, M).

    Raises:
        ValueError: rows of a and b differ in length; the message names both lengths.
    """
    ### BEGIN SOLUTION
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"expected rows of {a.shape[1]} numbers in b, got {b.shape[1]}")
    return ((a[:, None, :] - b) ** 2).sum(axis=2)
    ### END SOLUTION


# %% id="squared_distances-try" tags=["demo"]
with attempt("squared_distances"):
    print(squared_distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 0.0]])))

# %% nbgrader={"grade_id": "squared_distances-check", "grade": true, "points": 20}
with check("squared_distances") as c:
    a, b = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 0.0]])
    given = a.copy(), b.copy()
    squared_distances(*given)
    for name, now, before in zip("ab", given, (a, b), strict=True):
        c.unchanged(name, now, before)
    hint = "One row for each row of a, one column for each row of b, and a sum over the numbers of a row."
    c.close("distances", squared_distances(a.copy(), b.copy()), [[0.0, 16.0, 9.0], [25.0, 9.0, 16.0]], hint=hint)
    square = np.array([[0.0, 1.0], [2.0, 0.0]])
    c.close("of 2 rows from 2 rows", squared_distances(square, a), [[1.0, 18.0], [4.0, 17.0]], hint=hint)
    c.equal("dtype for float32", squared_distances(a.astype("f4"), b.astype("f4")).dtype, np.dtype("float32"))
    c.layouts("the result", squared_distances, a, b)
    once, twice = (taken(squared_distances, np.tile(a, (n, 1)), np.tile(b, (n, 1))) for n in (1, 2))
    c.true("twice as many rows, and no more steps of Python", once == twice, hint="There is a loop over the rows.")
    sentence = "rows of 2 numbers and rows of 1 number raise a ValueError that names both lengths"
    c.raises(sentence, ValueError, squared_distances, a, b[:, :1], mentions=(2, 1))

# %% [markdown] id="squared_distances-see"
# Which of four points is the nearest to each place? The squared distances from each place to the
# four points tell you.
# The picture has 40,000 places, and a single call of your function is enough for all of them.

# %% id="squared_distances-plot" tags=["demo"]
with attempt("squared_distances"), style():
    points = np.array([[0.2, 0.3], [0.8, 0.2], [0.7, 0.8], [0.3, 0.7]])
    across, up = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200))
    places = np.stack([across.ravel(), up.ravel()], axis=1)
    nearest = squared_distances(places, points).argmin(axis=1)
    fig, ax = plt.subplots(figsize=(4.2, 4.0))
    ax.contourf(across, up, nearest.reshape(200, 200), levels=[-0.5, 0.5, 1.5, 2.5, 3.5], colors=PALETTE[:4], alpha=0.35)
    ax.plot(*points.T, "o", color="black")
    ax.set(aspect="equal", title="Which of the four points is the nearest?")
    ax.grid(False)
    print("places nearest to each point:", *np.bincount(nearest))
    show(fig, "A square in four colours that meet along straight lines; each colour surrounds one of four points.")

# %% [markdown] id="bilinear-idea"
# ## 3 · Sums by their indices
#
# *Lecture note: [Sums by their indices](../../course/00-warm-up.md#sums-by-their-indices).*
#
# With `np.einsum`, a formula looks almost the same in code as on paper. Name the axes of each array
# with letters, and name the axes of the result after the arrow.
# If two arrays share a letter, NumPy lines up these two axes and multiplies the entries. Then NumPy
# sums over each letter that is missing from the result.
# For example, `np.einsum("nd,dm->nm", x, w)` is the matrix product `x @ w`, and
# `np.einsum("nd->d", x)` is the sum over the rows.
#
# Now let's use `einsum` for a longer formula. Compute one score for each pair of rows $x_n$ and
# $y_n$, with a matrix $W$ between the two rows:
#
# $$s_n = \sum_d \sum_e x_{nd}\thinspace W_{de}\thinspace y_{ne} .$$


# %% nbgrader={"grade_id": "bilinear", "solution": true}
def bilinear(x: np.ndarray, w: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the score x_n W y_n of each pair of rows.

    Do not loop over the pairs in Python.

    Args:
        x: floats, shape (N, D).
        w: floats, shape (D, E).
        y: floats, shape (N, E).

    Returns:
        an array of shape (N,).
    """
    ### BEGIN SOLUTION
    return np.einsum("nd,de,ne->n", x, w, y)
    ### END SOLUTION


# %% id="bilinear-try" tags=["demo"]
with attempt("bilinear"):
    w = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    print(bilinear(np.array([[1.0, 1.0], [0.0, 2.0]]), w, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])))

# %% nbgrader={"grade_id": "bilinear-check", "grade": true, "points": 15}
with check("bilinear") as c:
    x, y = np.array([[1.0, 1.0], [0.0, 2.0]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    w = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    given = x.copy(), w.copy(), y.copy()
    bilinear(*given)
    for name, now, before in zip("xwy", given, (x, w, y), strict=True):
        c.unchanged(name, now, before)
    hint = "Only n stays: every pair of rows has one score."
    c.close("scores", bilinear(x.copy(), w.copy(), y.copy()), [9.0, 10.0], hint=hint)
    c.close("the score of one pair", bilinear(x[:1], w, y[:1]), [9.0], hint=hint)
    c.equal("dtype for float32", bilinear(*(v.astype("f4") for v in (x, w, y))).dtype, np.dtype("float32"))
    c.layouts("the result", bilinear, x, w, y)
    once, twice = (taken(bilinear, np.tile(x, (n, 1)), w, np.tile(y, (n, 1))) for n in (1, 2))
    c.true("twice as many pairs, and no more steps of Python", once == twice, hint="There is a loop over the pairs.")

# %% [markdown] id="brighten-idea"
# ## 4 · Kinds of numbers
#
# *Lecture note: [Kinds of numbers](../../course/00-warm-up.md#kinds-of-numbers).*
#
# All entries of an array have the same **dtype**. The pixels of a picture are often `uint8`: whole
# numbers from 0 to 255, one byte each.
# If a result does not fit, it wraps around without a warning. For example, in `uint8`, 250 + 10 is
# 4, so a bright pixel becomes a dark pixel.
# To avoid such surprises, first convert the pixels to a larger dtype. Then compute, limit the
# result to the range from 0 to 255, and convert it back at the end.


# %% nbgrader={"grade_id": "brighten", "solution": true}
def brighten(picture: np.ndarray, amount: int) -> np.ndarray:
    """Add an amount to every pixel; sums below 0 become 0, sums above 255 become 255.

    Args:
        picture: uint8, any shape.
        amount: a whole number from -255 to 255.

    Returns:
        a new array, uint8, with the shape of picture.
    """
    ### BEGIN SOLUTION
    return np.clip(picture.astype(int) + amount, 0, 255).astype(np.uint8)
    ### END SOLUTION


# %% id="brighten-try" tags=["demo"]
with attempt("brighten"):
    pixels = np.array([0, 100, 250], dtype=np.uint8)
    print(brighten(pixels, 10), brighten(pixels, -120))

# %% nbgrader={"grade_id": "brighten-check", "grade": true, "points": 15}
with check("brighten") as c:
    pixels = np.array([[0, 100, 250], [5, 245, 255]], dtype=np.uint8)
    given = pixels.copy()
    brighten(given, 10)
    c.unchanged("picture", given, pixels)
    hint = "250 + 10 does not fit into uint8."
    c.close("10 brighter", brighten(pixels.copy(), 10), [[10, 110, 255], [15, 255, 255]], hint=hint)
    c.close("120 darker", brighten(pixels.copy(), -120), [[0, 0, 130], [0, 125, 135]])
    c.close("by nothing", brighten(pixels.copy(), 0), pixels)
    c.equal("dtype", brighten(pixels.copy(), 10).dtype, np.dtype("uint8"))
    c.layouts("the result", lambda v: brighten(v, 10), pixels)

# %% [markdown] id="brighten-see"
# What does each pixel become if you add 60? The picture compares your function with the same sum in
# `uint8` and shows where the bright pixels go wrong.

# %% id="brighten-plot" tags=["demo"]
with attempt("brighten"), style():
    before = np.arange(256, dtype=np.uint8)
    fig, ax = plt.subplots()
    ax.plot(before, brighten(before, 60), label="brighten")
    ax.plot(before, before + np.uint8(60), "--", label="uint8 + uint8")
    ax.set(xlabel="pixel before", ylabel="pixel after", title="A picture gets 60 brighter")
    ax.legend()
    print("white becomes", brighten(before, 60)[-1], "or, in uint8,", (before + np.uint8(60))[-1])
    show(fig, "Two lines that rise together until 195. From there one stays at 255, and the other falls to 0 and rises again to 59.")

# %% [markdown] id="scale_rows-idea"
# ## 5 · Views and copies
#
# *Lecture note: [Views and copies](../../course/00-warm-up.md#views-and-copies).*
#
# A slice such as `x[2:5]` is a **view**: it shares the memory of `x`, so if you change the view,
# you also change `x`.
# Indexing with an array of whole numbers, such as `x[[0, 2]]`, makes a **copy**.
# You might think that `x` is then safe. But an assignment to `x[[0, 2]]` does change `x`, and so
# does `x[[0, 2]] *= 2`.
#
# In this question, multiply some rows of an array by a factor, and return the result as a new
# array.
# The argument must stay unchanged.


# %% nbgrader={"grade_id": "scale_rows", "solution": true}
def scale_rows(x: np.ndarray, rows: np.ndarray, factor: float) -> np.ndarray:
    """Return a copy of x in which some rows are multiplied by a factor.

    Args:
        x: floats, shape (N, D).
        rows: whole numbers from 0 to N - 1, shape (K,), none of them twice; K may be 0.
        factor: a number.

    Returns:
        a new array with the shape of x.
    """
    ### BEGIN SOLUTION
    scaled = x.copy()
    scaled[rows] *= factor
    return scaled
    ### END SOLUTION


# %% id="scale_rows-try" tags=["demo"]
with attempt("scale_rows"):
    print(scale_rows(np.arange(6.0).reshape(3, 2), np.array([0, 2]), 10.0))

# %% nbgrader={"grade_id": "scale_rows-check", "grade": true, "points": 15}
with check("scale_rows") as c:
    x, rows = np.arange(8.0).reshape(4, 2), np.array([3, 0])
    given = x.copy(), rows.copy()
    scale_rows(*given, 10.0)
    for name, now, before in zip(("x", "rows"), given, (x, rows), strict=True):
        c.unchanged(name, now, before)
    scaled = scale_rows(x.copy(), rows, 10.0)
    c.close("the result", scaled, [[0.0, 10.0], [2.0, 3.0], [4.0, 5.0], [60.0, 70.0]])
    same = scale_rows(given[0], rows[:0], 10.0)
    c.close("with no rows", same, x)
    c.true("with no rows, the result is a new array", not np.shares_memory(same, given[0]))
    c.equal("dtype for float32", scale_rows(x.astype("f4"), rows, 10.0).dtype, np.dtype("float32"))
    c.layouts("the result", lambda v: scale_rows(v, rows, 10.0), x)

# %% [markdown] id="train_dev_split-idea"
# ## 6 · Chance that you can repeat
#
# *Lecture note: [Chance that you can repeat](../../course/00-warm-up.md#chance-that-you-can-repeat).*
#
# The call `rng = np.random.default_rng(7)` creates a random number generator from the **seed** 7.
# The same seed gives the same numbers on every machine. Each draw changes the state of `rng`, so
# the next draw gives different numbers.
# So when a function of this course needs random numbers, you pass it an `rng`, and the function
# uses no other source of randomness.
# In this way, you can reproduce its result, and two functions do not influence each other.
#
# Divide the indices $0, 1, \dots, N-1$ of the examples into a training set and a **dev set**.
# Later, you'll use the dev set to choose settings. All you need for this split is `rng.permutation`
# and a slice.


# %% nbgrader={"grade_id": "train_dev_split", "solution": true}
def train_dev_split(
    count: int,
    dev: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Divide the indices of the examples at random into two sets, in any order.

    Each set of dev indices is equally likely to be the dev set.

    Args:
        count: the number of examples.
        dev: how many of them belong to the dev set, from 0 to count.
        rng: the only source of randomness.

    Returns:
        train: count - dev indices, an array of whole numbers.
        dev: the other indices, an array of whole numbers.

    Raises:
        ValueError: dev is below 0 or above count; the message names both.
    """
    ### BEGIN SOLUTION
    if not 0 <= dev <= count:
        raise ValueError(f"expected dev from 0 to {count}, got {dev}")
    order = rng.permutation(count)
    return order[dev:], order[:dev]
    ### END SOLUTION


# %% id="train_dev_split-try" tags=["demo"]
with attempt("train_dev_split"):
    train, dev = train_dev_split(8, 3, np.random.default_rng(7))
    print(f"train: {len(train)} indices, dev: {len(dev)} indices, together: {np.sort(np.append(train, dev))}")

# %% nbgrader={"grade_id": "train_dev_split-check", "grade": true, "points": 20}
with check("train_dev_split") as c:
    train, dev = train_dev_split(9, 3, np.random.default_rng(1))
    c.equal("the sizes of train and dev", (len(train), len(dev)), (6, 3))
    c.equal("all indices, in order", np.sort(np.append(train, dev)).tolist(), list(range(9)))
    again = train_dev_split(9, 3, np.random.default_rng(1))
    c.true("the same seed gives the same sets", all(np.array_equal(u, v) for u, v in zip((train, dev), again)))
    rng = np.random.default_rng(1)
    sets = {frozenset(train_dev_split(9, 3, rng)[1].tolist()) for _ in range(60)}
    c.true("60 splits from one rng give more than 30 dev sets", len(sets) > 30, hint="There are 84. Shuffle all indices.")
    before = np.random.get_state()[1].tolist()
    train_dev_split(9, 3, np.random.default_rng(1))
    c.true("the global state of np.random is unchanged", np.random.get_state()[1].tolist() == before)
    c.equal("the sizes if there is no dev set", [len(v) for v in train_dev_split(5, 0, np.random.default_rng(1))], [5, 0])
    sentence = "6 dev examples of 5 raise a ValueError that names both numbers"
    c.raises(sentence, ValueError, train_dev_split, 5, 6, np.random.default_rng(1), mentions=(5, 6))
    sentence = "-1 dev examples of 5 raise a ValueError that names both numbers"
    c.raises(sentence, ValueError, train_dev_split, 5, -1, np.random.default_rng(1), mentions=(5, -1))

# %% [markdown] id="train_dev_split-see"
# Each line of the picture shows one split of 20 examples. We use the seeds 1 and 2 twice.
# Before you run the cell, try to predict which lines must be equal.

# %% id="train_dev_split-plot" tags=["demo"]
with attempt("train_dev_split"), style():
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    seeds = (1, 2, 3, 1, 2)
    sets = [train_dev_split(20, 6, np.random.default_rng(seed))[1] for seed in seeds]
    for line, chosen in enumerate(sets):
        ax.plot(chosen, np.full(len(chosen), line), "o")
    ax.set_yticks(range(len(seeds)), [f"seed {seed}" for seed in seeds])
    ax.set(xlabel="index of the example", xticks=range(0, 20, 2), title="The dev set of six among 20 examples")
    ax.invert_yaxis()
    print("equal for equal seeds:", set(sets[0]) == set(sets[3]) and set(sets[1]) == set(sets[4]))
    show(fig, "Five lines of six dots each. The first and the fourth line are equal, and so are the second and the fifth.")

# %% [markdown] id="summary-idea"
# ## Summary
#
# You can now reduce along an axis, stretch an axis of length 1, and sum over named indices. You
# also know that you should watch the dtype, copy an array before you change it, and use the `rng`
# that you receive.
# You'll need the first two skills right at the start of
# [01-backprop](../01-backprop/01-backprop.ipynb).
#
# **Before you submit,** restart the kernel and run all cells, so that you can be sure that nothing
# depends on a cell that you have deleted. The cell below then adds up the points of your own
# checks.

# %% id="summary" tags=["demo"]
check.summary(
    {
        "centre": 15,
        "squared_distances": 20,
        "bilinear": 15,
        "brighten": 15,
        "scale_rows": 15,
        "train_dev_split": 20,
    },
)
