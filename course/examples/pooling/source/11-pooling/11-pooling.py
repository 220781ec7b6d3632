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
# # Pooling: keep what matters of each small window
#
# A convolutional network makes its pictures smaller on the way to the output. **Pooling** does that:
# it cuts a picture into small windows and keeps one number of each.
#
# **You will write**
#
# 1. `maxpool_forward` and `maxpool_backward`: keep the largest entry (50 points)
# 2. `avgpool_forward` and `avgpool_backward`: keep the mean (50)

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Leave your arguments unchanged.** No array that you are given is written to.
# - **Keep the precision.** float32 in gives float32 out; float64 and whole numbers give float64.
# - **Take any layout.** Arrays may be read-only, or slices and transposes of others.
# - **Refuse bad arguments.** Where a docstring says so, raise a `ValueError` that names what you
#   got and what you expected.

# %% nbgrader={"grade_id": "setup", "locked": true}
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

for folder in [Path.cwd(), *Path.cwd().parents]:  # finds utils, wherever the notebook was opened
    if (folder / "utils" / "__init__.py").is_file():
        sys.path.insert(0, str(folder))
        break
try:
    from utils import Checks, attempt, show
except ImportError as error:
    if error.name != "utils":
        raise
    raise ImportError(
        "This notebook needs the folder utils of 11-pooling.zip: unpack it and open the notebook "
        "inside it, or, on Colab and Kaggle, upload the zip, run !unzip -q 11-pooling.zip, then "
        "%cd to the notebook's folder in it, and this cell again."
    ) from None

check = Checks()

# %% [markdown] id="maxpool-idea"
# ## 1. Max pooling
#
# $x$ holds $N$ pictures of $C$ channels, $H$ rows and $W$ columns. Cut each channel into windows of
# `size` by `size` that do not overlap, and keep the largest entry of each. For example, with
# `size` 2,
#
# $$\begin{pmatrix} 1 & 2 & 5 & 3 \cr 4 & 3 & 2 & 1 \end{pmatrix} \quad\text{becomes}\quad
# \begin{pmatrix} 4 & 5 \end{pmatrix}.$$
#
# In the backward pass, the gradient of each window goes to its largest entry. The other entries get
# 0, because a small change of theirs does not change the maximum.


# %% nbgrader={"grade_id": "maxpool", "solution": true}
def maxpool_forward(x: np.ndarray, size: int) -> tuple[np.ndarray, tuple]:
    """Keep the largest entry of every window.

    Args:
        x: pictures, shape (N, C, H, W).
        size: side of a window; divides H and W.

    Returns:
        out: shape (N, C, H / size, W / size).
        cache: what maxpool_backward needs; its form is yours to choose.

    Raises:
        ValueError: size does not divide H and W; the message names size, H and W.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    if H % size or W % size:
        raise ValueError(f"expected a size that divides a picture of {H} by {W}, got {size}")
    x = x.astype(np.result_type(np.float32, x))
    windows = x.reshape(N, C, H // size, size, W // size, size).swapaxes(3, 4)
    windows = windows.reshape(N, C, H // size, W // size, size * size)
    return windows.max(axis=-1), (windows.argmax(axis=-1), x.shape, size)
    ### END SOLUTION


# %% nbgrader={"grade_id": "maxpool-backward", "solution": true}
def maxpool_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Return the gradient with respect to the pictures.

    If several entries of a window are the largest, the first of them in reading order gets all of
    the window's gradient.

    Args:
        dout: gradient with respect to out, shape (N, C, H / size, W / size).
        cache: as maxpool_forward returned it.

    Returns:
        dx: shape (N, C, H, W), of dout's dtype.
    """
    ### BEGIN SOLUTION
    winners, shape, size = cache
    N, C, H, W = shape
    dx = np.zeros((*winners.shape, size * size), dout.dtype)
    np.put_along_axis(dx, winners[..., None], dout[..., None], axis=-1)
    return dx.reshape(N, C, H // size, W // size, size, size).swapaxes(3, 4).reshape(shape)
    ### END SOLUTION


# %% id="maxpool-try" tags=["demo"]
with attempt("maxpool"):
    out, cache = maxpool_forward(np.array([[[[1.0, 2, 5, 3], [4, 3, 2, 1]]]]), 2)
    print(out)
    print(maxpool_backward(np.array([[[[10.0, 20.0]]]]), cache))  # 10 below the 4, 20 below the 5

# %% nbgrader={"grade_id": "maxpool-check", "grade": true, "points": 50}
with check("maxpool") as c:
    x = np.array([[[[1.0, 2, 5, 3], [4, 3, 2, 1], [7, 1, 2, 2], [0, 1, 2, 9]]]])
    dout = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    with c.part("maxpool_forward"):
        given = x.copy()
        out, cache = maxpool_forward(given, 2)
        c.unchanged("x", given, x)
        c.close("out", out, [[[[4, 5], [7, 9]]]], hint="Is each window 2 by 2, and not a row of 4?")
        c.close("out of windows of 1", maxpool_forward(x, 1)[0], x)
        c.dtypes("out", lambda v: maxpool_forward(v, 2)[0], x)
        c.layouts("out", lambda v: maxpool_forward(v, 2)[0], x)
        sentence = "a size of 3 raises a ValueError that names 3 and 4"
        c.raises(sentence, ValueError, maxpool_forward, x, 3, mentions=(3, 4))
    with c.part("maxpool_backward"):
        out, cache = maxpool_forward(x, 2)
        given = dout.copy()
        dx = maxpool_backward(given, cache)
        c.unchanged("dout", given, dout)
        where = np.array([[[[0.0, 0, 2, 0], [1, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 4]]]])
        c.close("dx", dx, where, hint="Each window's gradient goes to its largest entry.")
        tie = maxpool_backward(np.ones((1, 1, 1, 1)), maxpool_forward(np.zeros((1, 1, 2, 2)), 2)[1])
        c.close("dx of equal entries", tie, [[[[1, 0], [0, 0]]]], hint="The first one gets it all.")
        c.layouts("dx", lambda v: maxpool_backward(v, cache), dout)
        single = maxpool_backward(dout.astype("f4"), maxpool_forward(x.astype("f4"), 2)[1])
        c.equal("the dtype of dx in float32", single.dtype, np.dtype("float32"))

# %% [markdown] id="avgpool-idea"
# ## 2. Average pooling
#
# The windows are the same, and the mean of each is kept. A window's entries all have the same
# influence on the mean, so the backward pass shares its gradient equally. For example, with `size`
# 2, each of the four entries gets a quarter.


# %% nbgrader={"grade_id": "avgpool", "solution": true}
def avgpool_forward(x: np.ndarray, size: int) -> tuple[np.ndarray, tuple]:
    """Keep the mean of every window.

    Args:
        x: pictures, shape (N, C, H, W).
        size: side of a window; divides H and W.

    Returns:
        out: shape (N, C, H / size, W / size).
        cache: what avgpool_backward needs; its form is yours to choose.

    Raises:
        ValueError: size does not divide H and W; the message names size, H and W.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    if H % size or W % size:
        raise ValueError(f"expected a size that divides a picture of {H} by {W}, got {size}")
    return x.reshape(N, C, H // size, size, W // size, size).mean(axis=(3, 5)), size
    ### END SOLUTION


# %% nbgrader={"grade_id": "avgpool-backward", "solution": true}
def avgpool_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Return the gradient with respect to the pictures.

    Args:
        dout: gradient with respect to out, shape (N, C, H / size, W / size).
        cache: as avgpool_forward returned it.

    Returns:
        dx: shape (N, C, H, W), of dout's dtype.
    """
    ### BEGIN SOLUTION
    size = cache
    return dout.repeat(size, axis=2).repeat(size, axis=3) / size**2
    ### END SOLUTION


# %% id="avgpool-try" tags=["demo"]
with attempt("avgpool"):
    out, cache = avgpool_forward(np.array([[[[1.0, 2, 5, 3], [4, 3, 2, 1]]]]), 2)
    print(out)
    print(avgpool_backward(np.array([[[[10.0, 20.0]]]]), cache))

# %% nbgrader={"grade_id": "avgpool-check", "grade": true, "points": 50}
with check("avgpool") as c:
    x, dout = np.arange(16.0).reshape(1, 1, 4, 4), np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    with c.part("avgpool_forward"):
        given = x.copy()
        out, cache = avgpool_forward(given, 2)
        c.unchanged("x", given, x)
        c.close("out", out, [[[[2.5, 4.5], [10.5, 12.5]]]])
        c.close("out of windows of 1", avgpool_forward(x, 1)[0], x)
        c.dtypes("out", lambda v: avgpool_forward(v, 2)[0], x)
        c.layouts("out", lambda v: avgpool_forward(v, 2)[0], x)
        sentence = "a size of 3 raises a ValueError that names 3 and 4"
        c.raises(sentence, ValueError, avgpool_forward, x, 3, mentions=(3, 4))
    with c.part("avgpool_backward"):
        out, cache = avgpool_forward(x, 2)
        given = dout.copy()
        dx = avgpool_backward(given, cache)
        c.unchanged("dout", given, dout)
        c.gradient("dx", dx, lambda v: avgpool_forward(v, 2)[0], x, dout)
        c.layouts("dx", lambda v: avgpool_backward(v, cache), dout)
        single = avgpool_backward(dout.astype("f4"), avgpool_forward(x.astype("f4"), 2)[1])
        c.equal("the dtype of dx in float32", single.dtype, np.dtype("float32"))

# %% [markdown] id="digits-idea"
# ## On real pictures
#
# These are handwritten digits, 8 by 8 pixels, from scikit-learn (E. Alpaydin and C. Kaynak,
# [doi:10.24432/C50P49](https://doi.org/10.24432/C50P49), CC BY 4.0). The maximum keeps thin strokes
# bright, where the mean blurs them.

# %% id="digits-plot" tags=["demo"]
from sklearn.datasets import load_digits

with attempt("digits"):
    pictures = load_digits().images[:4, None] / 16
    rows = {
        "8 by 8": pictures,
        "maximum": maxpool_forward(pictures, 2)[0],
        "mean": avgpool_forward(pictures, 2)[0],
    }
    fig, axes = plt.subplots(3, 4, figsize=(5, 4), layout="constrained")
    for line, (label, shown) in zip(axes, rows.items(), strict=True):
        print(f"{label}: mean brightness {shown.mean():.3f}")
        for axis, picture in zip(line, shown, strict=True):
            axis.imshow(picture[0], cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(label)
    show(fig, "Four digits: as they are, their maxima, which are brighter, and their means.")

# %% [markdown] id="summary-idea"
# **Before you submit.** Run all cells from the top, then look here: this cell adds up what your
# own checks say.

# %% id="summary" tags=["demo"]
check.summary({"maxpool": 50, "avgpool": 50})
