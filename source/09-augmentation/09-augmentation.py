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
# # Make much of few pictures
#
# Look at a cat from the left or from the right, from near or far, in sun or in shade: it is always
# a cat.
# You know this, but a network that has seen ten cats does not.
# So you have to teach the network that a cat is still a cat in another view. To do so, you change
# the pictures at random at each training step, in ways that do not change their meaning. This is
# called **data augmentation**.
# When you have few labels, hardly any other method in this course helps you as much. But take care:
# it is easy to make small mistakes without noticing, because they cause no error message.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `random_hflip`: mirror images, with a separate random decision for each picture | 15 |
# | 2 | `random_crop` and `scale_jitter`: another part of the picture, at another size | 25 |
# | 3 | `color_jitter`: another light, without overflow in bytes | 15 |
# | 4 | `sample`, `affine_warp` and `lens_distortion`: rotate, move, shear, stretch and bend | 25 |
# | 6 | `mixup`: 40 % cat and 60 % coffee, including the labels | 20 |
# | | A question in words, which a person grades | 10 |
# | 5 | *A bonus, without points:* `ten_crop` and `tta_predict`, ten views of a picture for one answer | |
# | 7 | *A bonus, without points:* `cutout`, a hole in the picture | |
#
# At the end, you will find out how much each augmentation gains on two kinds of pictures. You may
# be surprised that some augmentations even do harm.
#
# **Time:** plan about 5 to 6 hours without the bonuses. This is only our estimate, so don't worry
# if you need more or less.
#
# **You will learn** how to read a picture between its pixels, and why you transform pictures
# *backwards*. You will also learn why each picture needs its own random numbers, and when you have
# to change the labels as well.
# In a bonus, you can also average the answers for ten views of a picture.
#
# **You need** to know NumPy's indexing and broadcasting. The training runs also use two functions
# from earlier assignments. The notebook looks for your versions of them. If it doesn't find them,
# it uses the course's versions, so you can start here in any case:
#
# - 03: `softmax_loss(x, y) -> loss, dx`
# - 06: `adam(w, dw, config) -> next_w, config`
#
# **Lecture note:** [Make much of few pictures](../../course/09-augmentation.md). Lectures: D0 (data
# augmentation, mixup) and D2 (overfitting).
# In one of the exercises you correct a line of code from D2 that hardly augments anything.

# %% [markdown] id="rules"
# ## What holds in every question
#
# Please read these rules once before you start. They save you time later, because the checks expect
# them in every question.
#
# - **A batch** `x` has shape $(N, H, W, C)$, and a single picture `img` has shape $(H, W, C)$: rows
#   from top to bottom, columns from left to right, then channels. Values are floats from 0 to 1,
#   unless a docstring mentions bytes (`uint8`, 0 to 255). Pictures don't have to be square.
# - **Leave your arguments unchanged.** Return new arrays, so that the caller can still use the old
#   ones.
# - **dtypes:** your result should have the same dtype as the input: float32 stays float32, and
#   float64 stays float64. Functions that only *move* pixels (questions 1, 5, 7 and `random_crop`)
#   keep every dtype, even bytes. In functions that compute with pixels, whole numbers become
#   float64, unless the docstring says otherwise.
# - **Batches:** a batch can hold a single picture. Your input arrays may be read-only, and they may
#   be slices of larger arrays. Do not loop over the pictures of a batch or over pixels in Python.
#   Your code must not cause any warnings.
# - **Randomness** comes from the generator `rng` that you receive, never from `np.random` itself.
#   You may use this generator in any way, because no check compares a sequence of random numbers.
#   Each picture and each call has its own random numbers, so draw from `rng` itself and not from a
#   copy.
# - **Bad arguments** raise a `ValueError` that says what you got and what you expected.
#
# Each question has an explanation, functions for you to write, a cell in which you can try them,
# and a check.
# The visible checks help you to find the most common mistakes. Grading uses different checks with
# different pictures, so make sure that your code is correct in general.
# You can always choose *Run All*, even before you have finished, because an unfinished cell does
# not stop the notebook.
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
        "This notebook needs the folder utils of 09-augmentation.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 09-augmentation.zip, then "
        "%cd training-neural-networks/release/09-augmentation, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

softmax_loss = earlier("03-losses", "softmax_loss")
adam = earlier("06-adaptive", "adam")

# %% [markdown] id="given-idea"
# You do not have to write everything yourself. The tools in the next cell are already complete, so
# you only need to read them. Look closely at the four matrices, because you will use them in
# question 4.

# %% nbgrader={"grade_id": "given", "locked": true}
from collections.abc import Callable, Sequence

from utils import data
from utils.plotting import PALETTE, style

np.set_printoptions(precision=4, suppress=True)


def turn(degrees: float) -> np.ndarray:
    """Return the matrix (3, 3) that rotates around the centre, clockwise on the screen."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def move(dx: float, dy: float) -> np.ndarray:
    """Return the matrix (3, 3) that moves by dx pixels to the right and dy pixels down."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def shear(s: float) -> np.ndarray:
    """Return the matrix (3, 3) that moves each row to the right by s pixels for each pixel below the centre."""
    return np.array([[1.0, s, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def stretch(sx: float, sy: float) -> np.ndarray:
    """Return the matrix (3, 3) that stretches from the centre, sx times as wide and sy times as high."""
    return np.diag([sx, sy, 1.0])


def two_steps(name: str, *args: object) -> tuple:
    """Return the results of two calls in a row of one of this notebook's functions, with the same arguments."""
    return globals()[name](*args), globals()[name](*args)


def gallery(rows: Sequence[Sequence[np.ndarray]], titles: Sequence[str], alt: str, side: float = 1.3) -> None:
    """Show pictures in rows and columns, each `side` inches wide; the titles stand over the first row."""
    with style():
        columns = max(map(len, rows))
        fig, axes = plt.subplots(len(rows), columns, figsize=(side * columns, side * len(rows) + 0.2 * bool(titles)), squeeze=False)
        for ax in axes.flat:
            ax.axis("off")
        for line, pictures in zip(axes, rows, strict=True):
            for ax, picture in zip(line, pictures, strict=False):
                ax.imshow(picture, cmap="gray", vmin=0, vmax=1 if picture.dtype.kind == "f" else 255, interpolation="nearest")
        for ax, title in zip(axes[0], titles, strict=False):
            ax.set_title(title, fontsize=8)
        show(fig, alt)


# %% [markdown] id="pictures-idea"
# **Real pictures** are more fun than random numbers, so here are some from scikit-image: Eileen
# Collins (NASA), Chelsea the cat (Stefan van der Walt), a cup of coffee (Rachel Michetti) and
# Falcon 9 (SpaceX).
# Some of these photographs are cut to squares of 128 pixels. You will also work with scikit-learn's
# handwritten digits. For them, some of your augmentations turn out to be wrong.

# %% id="pictures" tags=["demo"]
with attempt("pictures"):
    album = data.pictures()
    photos = np.stack(
        [
            album["astronaut"][:256, 100:356],
            album["chelsea"][22:278, 100:356],
            album["coffee"][72:328, 170:426],
            album["rocket"][40:296, 200:456],
        ]
    )
    photos = photos.reshape(4, 128, 2, 128, 2, 3).mean(axis=(2, 4))  # (4, 128, 128, 3): means of 2 by 2 pixels
    split = data.digits()
    digits = split.x_train.reshape(-1, 8, 8, 1)  # (1078, 8, 8, 1)
    print("photos", photos.shape, "digits", digits.shape)
    gallery([photos], ["astronaut", "cat", "coffee", "rocket"], "Four photographs: an astronaut, a cat, a cup of coffee, a rocket.")

# %% [markdown] id="random_hflip-idea"
# ## 1. Mirror images
#
# *Lecture note: [Mirror images](../../course/09-augmentation.md#mirror-images). Lecture: D0,
# "Horizontal Flip".*
#
# Let's begin with the simplest augmentation. Whatever a camera can see, it can also see in a
# mirror. So you flip each picture of a batch from left to right with probability $p$, which is
# usually one half:
#
# $$out_{n,i,j,c} = \begin{cases} x_{n,i,\thinspace W-1-j,\thinspace c} & \text{if picture } n\text{'s own coin says so} \cr x_{n,i,j,c} & \text{else.} \end{cases}$$
#
# Toss a *separate* coin for each picture, that is, make a separate random decision.
# With one decision for the whole batch, the network would see only mirrored or only original
# pictures at each step, and each gradient would be biased.


# %% nbgrader={"grade_id": "random_hflip", "solution": true}
def random_hflip(x: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    """Flip each picture from left to right with probability p, independently.

    Args:
        x: (N, H, W, C), any dtype.
        p: probability of a flip, from 0 to 1.
        rng: source of the random decisions.
    Returns:
        out: (N, H, W, C), of x's dtype.
    Raises:
        ValueError: x does not have four axes, or p is not from 0 to 1; the message
            names the shape or p.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, expected a probability from 0 to 1")
    flipped = rng.random(len(x)) < p
    return np.where(flipped[:, None, None, None], x[:, :, ::-1], x)
    ### END SOLUTION


# %% id="random_hflip-try" tags=["demo"]
with attempt("random_hflip"):
    x = np.array([[1, 2, 3], [4, 5, 6]]).reshape(1, 2, 3, 1).repeat(4, axis=0)  # four times the same picture
    for picture in random_hflip(x, 0.5, np.random.default_rng(1)):
        print(picture[:, :, 0].tolist())

# %% nbgrader={"grade_id": "random_hflip-check", "grade": true, "points": 15}
with check("random_hflip") as c:

    def picture(dtype=float):
        rows = [[[1, 10], [2, 20], [3, 30]], [[4, 40], [5, 50], [6, 60]]]
        return np.array([rows], dtype)  # (1, 2, 3, 2)

    with c.part("random_hflip"):
        x = picture()
        out = random_hflip(x, 1.0, np.random.default_rng(0))
        c.unchanged("x", x, picture())
        c.close("out for p = 1", out, x[:, :, [2, 1, 0]], hint="Reverse the columns, not the rows or channels.")
        c.close("out for p = 0", random_hflip(x, 0.0, np.random.default_rng(0)), picture())
        for kind in ("uint8", "int64", "float32"):
            out = random_hflip(picture(kind), 0.5, np.random.default_rng(0))
            c.equal(f"the dtype for {kind}", str(out.dtype), kind)
    with c.part("random_hflip"):
        many = np.arange(400.0).reshape(400, 1, 1, 1) * 10 + np.array([1.0, 2.0]).reshape(1, 1, 2, 1)
        many = np.repeat(many, 3, axis=1)  # (400, 3, 2, 1), all rows of a picture alike
        out = random_hflip(many, 0.25, np.random.default_rng(5))
        if c.shape("out of 400 pictures", out, (400, 3, 2, 1)):
            hint = "Keep the order of the pictures in the batch."
            c.close("the pixels of each picture, wherever they are,", np.sort(out, axis=2), many, hint=hint)
            flipped = out[:, :, 0, 0] > out[:, :, 1, 0]  # (400, 3)
            c.true("a picture is flipped as a whole", (flipped == flipped[:, :1]).all(), "Use one decision for all rows of a picture.")
            share = np.mean(flipped)
            c.true("some are flipped and some are not", 0 < share < 1, "Use one decision for each picture.")
            c.true("the fraction of flipped pictures is near p = 0.25", abs(share - 0.25) < 0.14, "p is the probability of a flip.")
            again = random_hflip(many, 0.25, np.random.default_rng(5))
            c.equal("out, from the same state of rng again,", again, out, "Draw from rng only.")
            rng = np.random.default_rng(6)
            first, second = (random_hflip(many, 0.25, rng) for _ in range(2))
            hint = "Draw from the caller's rng itself, not from a copy or another generator."
            c.true("two calls in a row flip other pictures", not np.array_equal(first, second), hint)
            counts = {int((random_hflip(many, 0.25, rng) != many)[:, 0, 0, 0].sum()) for _ in range(12)}
            c.true("the number of flipped pictures differs from call to call", len(counts) > 1, "p is a probability, not a fixed fraction.")
    with c.part("random_hflip"):
        x, rng = picture(), np.random.default_rng(0)
        for p in (1.5, -0.5):
            c.raises(f"p = {p} is refused", ValueError, random_hflip, x, p, rng)
        c.raises("a picture without a batch is refused", ValueError, random_hflip, x[0], 0.5, rng)
        c.raises("five axes are refused", ValueError, random_hflip, x[None], 0.5, rng)

# %% [markdown] id="random_hflip-erratum-idea"
# **Flips that change the label** (not graded). Every augmentation makes a claim: *this does not
# change the meaning*. For a mirrored cat this claim is true, but for a mirrored letter it is false.
# The next cell shows flipped digits to a classifier that has learnt upright digits. (The classifier
# gives the label of the nearest of 1078 training digits.)
# Its accuracy falls from 98 % to less than one half. Before you run the cell, guess how the
# classifier reads rotated sixes, and then check your guess.
# Now imagine a network that is trained on all of these pictures with the old labels. What would it
# learn? Correct the marked line, so that the list contains only changes that keep the meaning of a
# digit.

# %% id="random_hflip-erratum" tags=["demo"]
with attempt("random_hflip"):
    still_fine = ("as they are", "flipped left-right", "flipped top-bottom", "turned by 180°")  # claims to correct
    test, labels = split.x_test.reshape(-1, 8, 8, 1), split.y_test  # (360, 8, 8, 1)
    flipped = random_hflip(test, 1.0, np.random.default_rng(0))
    ways = {"as they are": test, "flipped left-right": flipped, "flipped top-bottom": test[:, ::-1], "turned by 180°": flipped[:, ::-1]}
    shown, texts = [], []
    for name in still_fine:
        pictures = ways[name].reshape(-1, 64)
        distance = (pictures**2).sum(axis=1)[:, None] - 2 * pictures @ split.x_train.T + (split.x_train**2).sum(axis=1)
        answers = split.y_train[distance.argmin(axis=1)]
        sixes = answers[labels == 6]
        print(
            f"{name:19} accuracy {np.mean(answers == labels):.2f}; of 100 sixes {100 * np.mean(sixes == 6):3.0f} stay 6, {100 * np.mean(sixes == 9):3.0f} become 9"
        )
        first = [np.flatnonzero(labels == digit)[1] for digit in range(10)]
        shown.append([ways[name][index, :, :, 0] for index in first])
        texts.append(answers[first])
    with style():
        fig, axes = plt.subplots(len(shown), 10, figsize=(9, 1.15 * len(shown)), squeeze=False)
        for line, pictures, answers in zip(axes, shown, texts, strict=True):
            for digit, (ax, picture, answer) in enumerate(zip(line, pictures, answers, strict=True)):
                ax.imshow(picture, cmap="gray_r")
                right = answer == digit
                ax.set_title(f"{answer}" if right else f"{answer} ✗", fontsize=9, color=PALETTE[0] if right else PALETTE[1], pad=2)
                ax.set(xticks=[], yticks=[])
                ax.grid(False)
        for line, name in zip(axes, still_fine, strict=True):
            line[0].set_ylabel(name.replace(" ", "\n", 1), rotation=0, ha="right", va="center", fontsize=8)
    show(
        fig,
        "The digits 0 to 9 upright, mirrored, upside down and turned by 180 degrees, with what a classifier takes them for: upright all are right; "
        "else mostly 0, 1 and 8 stay what they are, and a turned 6 becomes a 9.",
    )

# %% [markdown] id="crop_scale-idea"
# ## 2. Another part, at another size
#
# *Lecture note: [Crops and scales](../../course/09-augmentation.md#crops-and-scales). Lecture: D0,
# "Random crops and scales".*
#
# You recognise an object anywhere in a picture, near or far. You can teach this to a network with
# random crops and scales. Here is how ResNet was trained on ImageNet:
#
# 1. you draw a random $L$ from 256 to 480;
# 2. you resize the picture so that its short side is $L$;
# 3. you cut out a random patch of $224 \times 224$.
#
# **Crops.** If your pictures are small, you first give them a border of zeros, `pad` pixels wide,
# so that the patch has room to move (for CIFAR, `size` 32 with `pad` 4).
# Then you choose one of all positions at which the patch fits, each with the same probability. The
# top row of the patch is one of $0, 1, \dots, H + 2\thinspace \texttt{pad} - \texttt{size}$,
# *including both ends*. You draw the left column in the same way, independently of the row.
#
# **Resizing.** What colour does a picture have between two pixels? You interpolate linearly in both
# directions (bilinear interpolation). But first, we have to agree where the pixels *are*.
# Think of a pixel as a small square, not as a point. Then the picture begins at the outer edge of
# its first pixel, and the centre of pixel $i$ is at $i + \frac12$.
# If $H$ rows become $H'$ rows, the centre of the new row $i$ is therefore, measured in old rows, at
#
# $$u_i = \big(i + \tfrac12\big) \frac{H}{H'} - \tfrac12 , \qquad out_i = (1 - f)\thinspace img_{\lfloor u \rfloor} + f\thinspace img_{\lfloor u \rfloor + 1},
# \qquad f = u - \lfloor u \rfloor ,$$
#
# where you first clip $u$ to $[0, H - 1]$, so that the outermost row continues at the border. Do
# the same for columns, with *their* ratio $W / W'$.
# PyTorch uses the same convention with `align_corners=False` and without `antialias`, so you can
# compare your results.


# %% nbgrader={"grade_id": "crop_scale", "solution": true}
def random_crop(
    x: np.ndarray,
    size: int,
    pad: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Cut a square patch out of each picture at its own random position.

    First add a border of zeros.

    Args:
        x: (N, H, W, C), any dtype.
        size: side of the patch.
        pad: width of the border on all four sides, >= 0.
        rng: source of the positions. All positions where the patch fits are equally
            likely.
    Returns:
        out: (N, size, size, C), of x's dtype.
    Raises:
        ValueError: x does not have four axes, pad < 0, or size is not from 1 to the
            shorter side, including the border; the message names it.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)} for {height} by {width} pixels with their border")
    rows = rng.integers(height - size + 1, size=(n, 1, 1)) + np.arange(size)[:, None]  # (N, size, 1)
    columns = rng.integers(width - size + 1, size=(n, 1, 1)) + np.arange(size)  # (N, 1, size)
    return padded[np.arange(n)[:, None, None], rows, columns]
    ### END SOLUTION


def scale_jitter(img: np.ndarray, short_side: int) -> np.ndarray:
    """Resize a picture bilinearly so that its short side has `short_side` pixels.

    The long side changes in proportion.

    u_i = (i + 1/2) old / new - 1/2, clipped to [0, old - 1], along each axis

    Args:
        img: (H, W, C).
        short_side: new length of the shorter side, >= 1. (The caller draws this random
            number.)
    Returns:
        out: (H', W', C), where min(H', W') is short_side and the other side is rounded
            to the nearest whole number.
    Raises:
        ValueError: img does not have three axes, or short_side < 1; the message names
            it.
    """
    ### BEGIN SOLUTION
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if short_side < 1:
        raise ValueError(f"short_side is {short_side}, expected at least 1")
    out = img if img.dtype.kind == "f" else img.astype(np.float64)
    for axis, old in enumerate(img.shape[:2]):
        new = round(old * short_side / min(img.shape[:2]))
        u = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        first = np.floor(u).astype(int)
        share = (u - first).astype(out.dtype).reshape(-1, *(1,) * (2 - axis))  # (new, 1, 1) for rows, (new, 1) for columns
        out = (1 - share) * out.take(first, axis) + share * out.take(np.minimum(first + 1, old - 1), axis)
    return out
    ### END SOLUTION


# %% id="crop_scale-try" tags=["demo"]
with attempt("crop_scale"):
    x = np.arange(1, 13).reshape(1, 3, 4, 1).repeat(3, axis=0)
    print("three crops of one picture, with a border of 1")
    for patch in random_crop(x, 3, 1, np.random.default_rng(0)):
        print(patch[:, :, 0].tolist())
    print("a row of two pixels, 0 and 1, twice and four times as long, and one of six, half as long")
    for row, times in ((np.array([0.0, 1.0]), 2), (np.array([0.0, 1.0]), 4), (np.arange(6.0), 0.5)):
        img = np.repeat(row[None, :, None], 2, axis=0)
        print(scale_jitter(img, round(2 * times))[0, :, 0])

# %% nbgrader={"grade_id": "crop_scale-check", "grade": true, "points": 25}
with check("crop_scale") as c:

    def numbers(n=600, dtype=float):
        return np.arange(1, 31).astype(dtype).reshape(1, 5, 6, 1).repeat(n, axis=0)  # 1 to 30 in each, row by row

    with c.part("random_crop"):
        x = numbers()
        patches = random_crop(x, 3, 0, np.random.default_rng(2))
        c.unchanged("x", x, numbers())
        if c.shape("out", patches, (600, 3, 3, 1)):
            inner = patches[:, :, :, 0] - patches[:, :1, :1, 0]
            want = np.broadcast_to([[0, 1, 2], [6, 7, 8], [12, 13, 14]], inner.shape)
            c.close("the steps inside a patch", inner, want)
            corners = [int(v) - 1 for v in patches[:, 0, 0, 0]]
            hint = "Use all positions, including both ends."
            c.equal("the rows at which patches begin", sorted({v // 6 for v in corners}), [0, 1, 2], hint)
            c.equal("the columns at which patches begin", sorted({v % 6 for v in corners}), [0, 1, 2, 3], hint)
            c.equal("the number of different patches", len(set(corners)), 12, "Draw rows and columns independently.")
        again = random_crop(numbers(), 3, 0, np.random.default_rng(2))
        c.equal("out, from the same state of rng again,", again, patches, "Draw from rng only.")
        rng = np.random.default_rng(4)
        first, second = (random_crop(numbers(), 3, 0, rng) for _ in range(2))
        hint = "Draw from the caller's rng itself, not from a copy."
        c.true("two calls in a row cut out other patches", not np.array_equal(first, second), hint)
    with c.part("random_crop"):
        patches = random_crop(numbers(200) * [1.0, -1.0], 5, 2, np.random.default_rng(3))
        zeros = patches[..., 0] == 0
        c.true("a border of zeros comes into the picture", zeros.any() and not zeros.all())
        sides = [bool(side.all(axis=1).any()) for side in (zeros[:, 0], zeros[:, -1], zeros[:, :, 0], zeros[:, :, -1])]
        c.equal("zeros above, below, left and right", sides, [True] * 4, "Add the border on all four sides.")
        c.close("the channels stay together: the second", patches[..., 1], -patches[..., 0])
        for kind in ("uint8", "int64", "float32"):
            out = random_crop(numbers(2, kind), 3, 1, np.random.default_rng(0))
            c.equal(f"the dtype for {kind}", str(out.dtype), kind)
        whole = random_crop(numbers(1)[:, :, :5], 5, 0, np.random.default_rng(0))
        c.equal("the whole picture as its only crop", whole, numbers(1)[:, :, :5])
        rng = np.random.default_rng(0)
        c.raises("a size of 6 out of 5 rows is refused", ValueError, random_crop, numbers(2), 6, 0, rng)
        c.raises("a size of 0 is refused", ValueError, random_crop, numbers(2), 0, 1, rng)
        c.raises("a border of -1 is refused", ValueError, random_crop, numbers(2), 3, -1, rng)
        c.raises("a picture without a batch is refused", ValueError, random_crop, numbers(2)[0], 3, 0, rng)
    with c.part("scale_jitter"):

        def steps(dtype=float):
            return np.array([[[0], [4]], [[8], [12]], [[16], [20]]], dtype)  # (3, 2, 1)

        img = steps()
        up = scale_jitter(img, 4)
        c.unchanged("img", img, steps())
        hint = "Both sides change in proportion. The shorter one becomes short_side."
        if c.shape("out", up, (6, 4, 1), hint):
            hint = "Check the positions of the pixel centres."
            c.close("the first row, twice as wide,", up[0, :, 0], [0.0, 1.0, 3.0, 4.0], hint=hint)
            c.close("the last column, twice as high,", up[:, 3, 0], [4.0, 6.0, 10.0, 14.0, 18.0, 20.0])
        wide = np.array([0.0, 4.0, 8.0, 12.0]).reshape(1, 4, 1).repeat(2, axis=0)
        hint = "The position is (i + 1/2) times the ratio, minus 1/2."
        c.close("half the size", scale_jitter(wide, 1), np.array([[[2.0], [10.0]]]), hint=hint)
        row = np.array([0.0, 1.0, 9.0, 0.0, 0.0, 5.0]).reshape(1, 6, 1).repeat(3, axis=0)
        c.close(
            "a third of the size", scale_jitter(row, 1)[0, :, 0], [1.0, 0.0], hint="Interpolate between two pixels; do not average more."
        )
        uneven = np.arange(5.0).reshape(1, 5, 1).repeat(3, axis=0)  # 3 by 5, to 2 by 3
        want = np.array([1 / 3, 2.0, 11 / 3])
        c.close("5 columns, read as 3", scale_jitter(uneven, 2)[0, :, 0], want, hint="Columns have their own ratio.")
        c.shape("out of 40 by 57 pixels", scale_jitter(np.zeros((40, 57, 3)), 32), (32, 46, 3), "Round 45.6 to the nearest whole number.")
    with c.part("scale_jitter"):
        byte = np.uint8([[[0], [250]]] * 2)
        c.close("out of bytes", scale_jitter(byte, 4)[0, :, 0], [0.0, 62.5, 187.5, 250.0], hint="Bytes overflow. Convert to float first.")
        for kind, want in (("float32", "float32"), ("int64", "float64")):
            for short in (2, 3):
                dtype = str(scale_jitter(steps(kind), short).dtype)
                c.equal(f"the dtype for {kind}, short_side {short},", dtype, want)
        fine = np.linspace(0, 1, 3001).reshape(1, 3001, 1).repeat(2, axis=0)
        places = np.clip((np.arange(4502) + 0.5) * 3001 / 4502 - 0.5, 0, 3000) / 3000
        hint = "Compute the positions in float64; float32 is not precise enough."
        c.close("a long row, to 1e-9", scale_jitter(fine, 3)[0, :, 0], places, rtol=1e-9, atol=1e-12, hint=hint)
        img = steps()
        scale_jitter(img, 2)[:] = -1
        c.unchanged("img, after the result was written to,", img, steps(), hint="Return a new array.")
        c.raises("short_side = 0 is refused", ValueError, scale_jitter, steps(), 0)
        c.raises("a picture of two axes is refused", ValueError, scale_jitter, steps()[..., 0], 3)

# %% [markdown] id="crop_scale-see"
# **ResNet's method at work.** Would you still recognise the two photographs? The plot shows seven
# random views of each, with $L$ from 256 to 480 and a patch of 224 pixels. A network would see one
# such view per epoch, so each row shows what it sees in seven epochs.
# Notice how much the visible part of the picture varies: at $L = 480$ it is less than half of the
# short side.

# %% id="crop_scale-plot" tags=["demo"]
with attempt("crop_scale"):
    rng = np.random.default_rng(7)
    rows, sides = [], []
    for name in ("chelsea", "coffee"):
        views = []
        for _ in range(7):
            L = int(rng.integers(256, 481))
            scaled = scale_jitter(album[name], L)
            views.append(random_crop(scaled[None], 224, 0, rng)[0])
            sides.append(L)
        rows.append(views)
    print("short sides drawn:", *sides)
    gallery(rows, [], "Seven random crops at random scales of a cat and of a coffee cup: sometimes nearly the whole, sometimes a detail.")

# %% [markdown] id="crop_scale-alias-idea"
# **A limit of bilinear interpolation.** Bilinear interpolation reads two pixels in each direction,
# even if the new pixel covers many more. You might expect that fine details disappear when you
# shrink a picture. Let's see what really happens when you shrink a pattern of finer and finer rings
# to a quarter of its size.
# Instead of the fine details, there are new rings that do not exist in the original. This effect is
# called **aliasing**, and you may know it from striped shirts on television.
# To avoid aliasing, average over blocks first; this is called **antialiasing**. Then the region
# with very fine rings becomes plain grey, as it should.
# For sizes between 256 and 480 aliasing is small, so you don't have to worry about it here. But
# before you shrink a picture by a large factor, check what your library does by default.

# %% id="crop_scale-alias" tags=["demo"]
with attempt("crop_scale"):
    away = np.linspace(-1, 1, 240)
    rings = 0.5 + 0.5 * np.cos(48 * np.pi * (away[:, None] ** 2 + away**2))[:, :, None]  # (240, 240, 1), finest at the edges
    plain = scale_jitter(rings, 60)
    averaged = rings.reshape(60, 4, 60, 4, 1).mean(axis=(1, 3))
    corner = slice(0, 15)
    stds = [picture.std() for picture in (rings[:60, :60], plain[corner, corner], averaged[corner, corner])]
    print("contrast (std) in the corner: {:.2f} before, {:.2f} bilinear, {:.2f} averaged".format(*stds))
    gallery(
        [[rings[..., 0], plain[..., 0], averaged[..., 0]]],
        ["240 by 240", "bilinear, a quarter", "means of 4 by 4"],
        "Concentric rings, finer towards the edges. Shrunk by plain bilinear reading, false rings appear all over; shrunk by averaging the edges are grey.",
        2.5,
    )

# %% [markdown] id="color_jitter-idea"
# ## 3. Another light
#
# *Lecture note: [Colour jitter](../../course/09-augmentation.md#colour-jitter). Lecture: D0, "Color
# Jitter".*
#
# You also recognise an object when the light changes, so let's teach this to the network as well.
# The advice of D0 is: "Simple: randomize contrast and brightness." For each picture, you draw two
# independent factors: $b$ uniform in $[1 - \texttt{brightness}, 1 + \texttt{brightness}]$ and $k$
# uniform in $[1 - \texttt{contrast}, 1 + \texttt{contrast}]$.
# To change the brightness, you multiply all values by $b$. To change the contrast, you multiply
# their distance from the mean $m$ of the picture by $k$. Notice that $m$ is a single number, the
# mean over all pixels and channels:
#
# $$\text{out} = \text{clip}\Big( b \thinspace\big( m + k\thinspace(x - m) \big) \Big) .$$
#
# (You may apply contrast and brightness in either order. Can you say why?) The result can leave the
# allowed range, so you clip it *at the end*: to $[0, 1]$ for floats, and to 0 … 255 for bytes.
# You also round bytes to the nearest whole number. Be careful when you compute with bytes: in
# `uint8`, $250 + 20$ is $14$. So if you make a bright pixel brighter, it turns nearly black.


# %% nbgrader={"grade_id": "color_jitter", "solution": true}
def color_jitter(
    x: np.ndarray,
    brightness: float,
    contrast: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Change the brightness and contrast of each picture at random.

    out = clip(b (m + k (x - m))), where m is the picture's mean

    Args:
        x: (N, H, W, C), floats from 0 to 1, or bytes (uint8) from 0 to 255.
        brightness, contrast: largest distance of b and k from 1, each from 0 to 1.
        rng: source of the factors.
    Returns:
        out: (N, H, W, C), of x's dtype and within its range; bytes are rounded to the
            nearest.
    Raises:
        ValueError: x does not have four axes, or holds whole numbers other than bytes;
            or brightness or contrast is not from 0 to 1. The message names it.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise ValueError(f"x holds {x.dtype}, expected floats or uint8")
    for name, value in (("brightness", brightness), ("contrast", contrast)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}, expected a number from 0 to 1")
    values = x if x.dtype.kind == "f" else x.astype(np.float64)
    b, k = (rng.uniform(1 - by, 1 + by, (len(x), 1, 1, 1)).astype(values.dtype) for by in (brightness, contrast))
    mean = values.mean(axis=(1, 2, 3), keepdims=True)
    out = b * (mean + k * (values - mean))
    return np.clip(out, 0, 1) if x.dtype.kind == "f" else np.clip(np.rint(out), 0, 255).astype(np.uint8)
    ### END SOLUTION


# %% id="color_jitter-try" tags=["demo"]
with attempt("color_jitter"):
    x = np.array([0.2, 0.4, 0.6, 0.8]).reshape(1, 2, 2, 1).repeat(3, axis=0)
    print(color_jitter(x, 0.4, 0.4, np.random.default_rng(0)).reshape(3, 4))
    print(color_jitter(np.uint8(255 * x), 0.4, 0.4, np.random.default_rng(0)).reshape(3, 4))

# %% nbgrader={"grade_id": "color_jitter-check", "grade": true, "points": 15}
with check("color_jitter") as c:

    def pictures():
        return np.random.default_rng(0).uniform(0.45, 0.55, (200, 3, 2, 3))  # nothing to clip

    with c.part("color_jitter"):
        x = pictures()
        out = color_jitter(x, 0.5, 0.0, np.random.default_rng(1))
        c.unchanged("x", x, pictures())
        still = color_jitter(pictures(), 0.0, 0.0, np.random.default_rng(1))
        c.close("out for brightness = contrast = 0", still, x)
        if c.shape("out", out, x.shape):
            b = (out / x).reshape(200, -1)
            hint = "Use one factor for the whole picture."
            c.close("brightness, out / x within a picture", b, np.repeat(b[:, :1], 18, axis=1), hint=hint)
            c.true("brightness: the factors differ from picture to picture", np.ptp(b) > 0.5, "Draw a factor for each picture.")
            reach = 0.5 <= b.min() < 0.7 and 1.3 < b.max() <= 1.5
            c.true("brightness: they lie between 0.5 and 1.5, on both sides of 1", reach)
        out = color_jitter(pictures(), 0.0, 0.5, np.random.default_rng(2))
        mean = x.mean(axis=(1, 2, 3), keepdims=True)
        hint = "Contrast must not change the mean of a picture."
        c.close("contrast, the mean of each picture", out.mean(axis=(1, 2, 3), keepdims=True), mean, hint=hint)
        k = ((out - mean) / (x - mean)).reshape(200, -1)
        hint = "Use one mean over all pixels and channels."
        c.close("contrast, (out - m) / (x - m) within a picture", k, np.repeat(k[:, :1], 18, axis=1), hint=hint)
        reach = 0.5 <= k.min() < 0.7 and 1.3 < k.max() <= 1.5
        c.true("contrast: the factors lie between 0.5 and 1.5, on both sides of 1", reach)
    with c.part("color_jitter"):
        out = color_jitter(pictures(), 0.4, 0.4, np.random.default_rng(5))
        middle = out.mean(axis=(1, 2, 3))
        b = middle / x.mean(axis=(1, 2, 3))
        k = (out - middle[:, None, None, None]).std(axis=(1, 2, 3)) / x.std(axis=(1, 2, 3)) / b
        related = abs(np.corrcoef(b, k)[0, 1])
        c.true("brightness and contrast are independent", related < 0.5, "Draw two random numbers for each picture.")
        rng = np.random.default_rng(5)
        first, second = (color_jitter(pictures(), 0.4, 0.4, rng) for _ in range(2))
        c.equal("out, from the same state of rng again,", first, out, "Draw from rng only.")
        hint = "Draw from the caller's rng itself, not from a copy."
        c.true("two calls in a row draw other factors", not np.array_equal(first, second), hint)
        steep = np.linspace(0, 1, 48).reshape(1, 4, 4, 3).repeat(40, axis=0)
        out = color_jitter(steep, 1.0, 1.0, np.random.default_rng(3))
        ends = out.min() == 0 and out.max() == 1
        c.true("floats stay between 0 and 1, and both ends are reached", ends, "Clip at the end.")
        lines = out.reshape(40, 48)
        inside = (lines > 0) & (lines < 1)
        steps = [np.diff(line)[here[1:] & here[:-1]] for line, here in zip(lines, inside, strict=True)]
        bent = max((np.ptp(step) for step in steps if len(step)), default=0)
        c.true("between 0 and 1, a ramp stays straight", bent < 1e-9, "Clip once, after both changes.")
        high = [line for line, here in zip(lines, inside, strict=True) if here.sum() > 1]
        hint = "Do not clip between the two changes."
        reach = all(line[-1] == 1 or line[-1] > line[-2] for line in high) and all(line[0] == 0 or line[0] < line[1] for line in high)
        c.true("a ramp is flat only at 0 and at 1", reach, hint)
        kind = str(color_jitter(np.float32(pictures()), 0.4, 0.4, np.random.default_rng(1)).dtype)
        c.equal("the dtype for float32", kind, "float32")
    with c.part("color_jitter"):
        byte = np.uint8(255 * steep)
        out = color_jitter(byte, 1.0, 1.0, np.random.default_rng(3))
        c.equal("the dtype for bytes", str(out.dtype), "uint8")
        rising = (np.diff(np.int64(out.reshape(40, 48))) >= 0).all()
        c.true("bytes: a brighter pixel stays brighter or equal", rising, "Does a byte overflow?")
        same = 255 * color_jitter(byte / 255, 1.0, 1.0, np.random.default_rng(3))
        close = np.abs(out - same).max() <= 0.5 + 1e-6
        c.true("bytes equal the result for the same picture as floats, times 255 and rounded", close)
        grey = np.full((60, 1, 2, 1), 200, np.uint8)
        still = color_jitter(grey, 0.0, 0.0, np.random.default_rng(4))
        c.equal("bytes for brightness = contrast = 0", still, grey, "Bytes run from 0 to 255.")
        nearly = color_jitter(grey, 0.002, 0.0, np.random.default_rng(4))  # between 199.6 and 200.4
        c.equal("bytes for a tiny brightness", nearly, grey, "Round to the nearest whole number.")
        x, rng = pictures(), np.random.default_rng(0)
        for wrong in (2.0, -1.0):
            c.raises(f"a brightness of {wrong} is refused", ValueError, color_jitter, x, wrong, 0.1, rng)
            c.raises(f"a contrast of {wrong} is refused", ValueError, color_jitter, x, 0.1, wrong, rng)
        c.raises("int64 is refused", ValueError, color_jitter, np.int64(100 * x), 0.1, 0.1, rng)
        c.raises("a picture without a batch is refused", ValueError, color_jitter, x[0], 0.1, 0.1, rng)

# %% [markdown] id="color_jitter-see"
# **What your function does.** The upper row shows seven results of your function for one
# photograph.
# In the lower row, we made the classic mistake for you: we computed the brightness correctly, but
# we converted the result to bytes without clipping.
# As a result, the white rim of the cup turns dark and the coffee turns green.
# This mistake causes no error message, and the loss still decreases, but not as far. So make it a
# habit to *look* at the inputs of your network.

# %% id="color_jitter-plot" tags=["demo"]
with attempt("color_jitter"):
    rng = np.random.default_rng(11)
    cups = photos[2:3].repeat(7, axis=0)
    good = color_jitter(cups, 0.6, 0.6, rng)
    factor = rng.uniform(1.1, 1.7, (7, 1, 1, 1))
    wrapped = (255 * factor * cups).astype(np.int64).astype(np.uint8)  # a byte keeps the remainder after division by 256
    over = np.mean(255 * factor * cups >= 256)
    means = good.mean(axis=(1, 2, 3))
    print(f"mean brightness of the seven: {means.min():.1f} to {means.max():.1f}; bytes that ran over below: {over:.2f} of all")
    gallery(
        [good, wrapped],
        [],
        "A cup of coffee in seven lights; below, the same where bytes ran over: bright parts turn into black and coloured blots.",
    )

# %% [markdown] id="affine_warp-idea"
# ## 4. Rotate, move, shear, stretch and bend
#
# *Lecture note: [Turn, move, shear, stretch,
# bend](../../course/09-augmentation.md#turn-move-shear-stretch-bend). Lecture: D0, "Random
# mix/combinations … go crazy".*
#
# Before you write any code, let's describe how points move. Put your finger on a point of the
# picture: a matrix tells you where this point *goes*. We write points as $(x, y)$, in pixels **from
# the centre of the picture**: $x$ to the right, $y$ down.
# We add a third coordinate, which is always 1, because it allows a matrix to shift points, too:
#
# $$\begin{pmatrix} x' \cr y' \cr 1 \end{pmatrix} = \begin{pmatrix} a_{11} & a_{12} & t_x \cr a_{21} & a_{22} & t_y \cr 0 & 0 & 1 \end{pmatrix} \begin{pmatrix} x \cr y \cr 1 \end{pmatrix},$$
#
# For example, $\texttt{turn(20) @ stretch(2, 1)}$ first stretches and then rotates.
# Your first idea may be to move each pixel to its new point. But this point usually lies between
# the pixels of the result. Sometimes two pixels land in the same place and none in the next, so the
# result would have black holes. Therefore, ask the opposite question **for each pixel of the
# result**: where does this pixel come *from*? The inverse matrix gives you the answer.
# You then read the picture at that point by bilinear interpolation. Everything outside the picture
# counts as 0.
#
# Be careful with the two coordinate systems, because most mistakes happen when you convert one into
# the other. You index an array as `img[row, column]`, with the row first, but a point is $(x, y)$,
# with the column first.
# If you number $W$ columns from $0$ to $W-1$, their centre is $\frac{W-1}{2}$.
#
# You write three functions. The first, `sample`, reads a picture at any points. The second,
# `affine_warp`, uses the inverse matrix to find the point for each pixel of the result.
# The third, `lens_distortion`, finds the point with the formula of a lens, which is not a matrix.
# Relative to the centre of the picture, you read the pixel at $(x, y)$ at
#
# $$(1 + k\thinspace r^2)\thinspace(x, y), \qquad r^2 = \frac{x^2 + y^2}{(W/2)^2 + (H/2)^2} ,$$
#
# so $r = 1$ in the outermost corners of the picture. For $k > 0$ straight lines bend outwards (a
# barrel), and for $k < 0$ they bend inwards (a pincushion).
# For $k \le -\frac13$ the picture would fold over itself, so your function raises an error.


# %% nbgrader={"grade_id": "affine_warp", "solution": true}
def sample(img: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Read a picture at points by bilinear interpolation; outside, it is 0.

    Args:
        img: (H, W, C).
        x, y: columns and rows of the points, each (P, Q), floats. (0.0, 0.0) is the
            centre of the upper left pixel, and (0.5, 0.0) is half way to the next pixel
            on its right. Pixels outside the picture are 0, so half a pixel beyond the
            border you read half of the border's value.
    Returns:
        out: (P, Q, C), of img's dtype; float64 for whole numbers.
    Raises:
        ValueError: img does not have three axes, or x and y have different shapes; the
            message names them.
    """
    ### BEGIN SOLUTION
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}, expected the same")
    height, width, _ = img.shape
    img = img if img.dtype.kind == "f" else img.astype(np.float64)
    padded = np.pad(img, ((1, 1), (1, 1), (0, 0)))  # one black pixel around it stands for the whole plane
    x, y = np.clip(x + 1, 0, width + 1), np.clip(y + 1, 0, height + 1)
    left, top = np.minimum(np.floor(x).astype(int), width), np.minimum(np.floor(y).astype(int), height)
    to_right, down = (x - left)[..., None].astype(img.dtype), (y - top)[..., None].astype(img.dtype)  # (P, Q, 1)
    above = (1 - to_right) * padded[top, left] + to_right * padded[top, left + 1]
    below = (1 - to_right) * padded[top + 1, left] + to_right * padded[top + 1, left + 1]
    return (1 - down) * above + down * below
    ### END SOLUTION


def affine_warp(img: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Move every point of a picture as the matrix says.

    The result has the same size, and it is 0 where no point comes from the picture.

    Args:
        img: (H, W, C).
        matrix: (3, 3), maps (x, y, 1) to (x', y', 1); x to the right, y down, in pixels
            from the centre. The last row is (0, 0, 1).
    Returns:
        out: (H, W, C), of img's dtype; float64 for whole numbers.
    Raises:
        ValueError: img does not have three axes, the matrix is not (3, 3) (the message
            names the shape), or it has no inverse.
    """
    ### BEGIN SOLUTION
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, np.arange(img.shape[0]) - y_centre)  # (H, W)
    back = np.linalg.inv(matrix)  # its LinAlgError is a ValueError
    from_x, from_y = (row[0] * x + row[1] * y + row[2] for row in back[:2])
    return sample(img, from_x + x_centre, from_y + y_centre)
    ### END SOLUTION


def lens_distortion(img: np.ndarray, k: float) -> np.ndarray:
    """Bend a picture as a lens does: read the pixel at (x, y) at (1 + k r^2) (x, y).

    r^2 = (x^2 + y^2) / ((W/2)^2 + (H/2)^2)

    Args:
        img: (H, W, C).
        k: > -1/3; positive for a barrel, negative for a pincushion.
    Returns:
        out: (H, W, C), of img's dtype; float64 for whole numbers.
    Raises:
        ValueError: img does not have three axes, or k <= -1/3; the message names it.
    """
    ### BEGIN SOLUTION
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if not k > -1 / 3:
        raise ValueError(f"k is {k}, expected more than -1/3: the picture would fold")
    height, width, _ = img.shape
    x_centre, y_centre = (width - 1) / 2, (height - 1) / 2
    x, y = np.meshgrid(np.arange(width) - x_centre, np.arange(height) - y_centre)
    factor = 1 + k * (x**2 + y**2) / (width**2 / 4 + height**2 / 4)
    return sample(img, factor * x + x_centre, factor * y + y_centre)
    ### END SOLUTION


# %% id="affine_warp-try" tags=["demo"]
with attempt("affine_warp"):
    img = np.arange(1.0, 7.0).reshape(2, 3, 1)  # 1 2 3 over 4 5 6
    print("between pixels", sample(img, np.array([[0.5, 1.0, 2.5]]), np.array([[0.0, 0.5, 0.0]]))[..., 0])
    print("moved to the right by 1", affine_warp(img, move(1, 0))[..., 0].tolist())
    print("turned by 180 degrees", affine_warp(img, turn(180))[..., 0].round(6).tolist())
    print("through a lens", lens_distortion(img, 0.3)[..., 0].round(3).tolist())

# %% nbgrader={"grade_id": "affine_warp-check", "grade": true, "points": 25}
with check("affine_warp") as c:

    def picture(dtype=float):
        return np.array([[[8], [4], [2], [6]], [[12], [16], [0], [10]]], dtype)  # (2, 4, 1)

    with c.part("sample"):
        img, x, y = picture(), np.array([[0.0, 2.5, 1.25, 3.0]]), np.array([[1.0, 0.0, 0.5, 0.25]])
        kept = x.copy(), y.copy()
        out = sample(img, x, y)
        for name, array, before in zip(("img", "x", "y"), (img, x, y), (picture(), *kept), strict=True):
            c.unchanged(name, array, before)
        c.close("inside", out, [[[12.0], [4.0], [7.75], [7.0]]], hint="x counts columns, y counts rows.")
        x, y = np.array([[-0.5, 3.75, 0.0, 9.0, -1.5, 3.0]]), np.array([[0.0, 1.0, -0.25, 0.0, 1.0, 1.5]])
        want = [[[4.0], [2.5], [6.0], [0.0], [0.0], [5.0]]]
        c.close("around the border", sample(img, x, y), want, hint="Pixels outside the picture count as 0.")
        c.close("a single pixel", sample(img[:1, :1], np.zeros((1, 1)), np.zeros((1, 1))), [[[8.0]]])
        c.raises("x and y of different shapes are refused", ValueError, sample, img, x, y[:, :3])
        c.raises("a picture of two axes is refused", ValueError, sample, img[..., 0], x, y)
    with c.part("affine_warp"):
        img, matrix = picture(), move(1, 0)
        out = affine_warp(img, matrix)
        c.unchanged("img", img, picture())
        c.unchanged("matrix", matrix, move(1, 0))
        want = np.array([[0.0, 8.0, 4.0, 2.0], [0.0, 12.0, 16.0, 0.0]])[..., None]
        c.close("move(1, 0)", out, want, hint="The picture must move to the right. Check rows and columns, and the direction.")
        c.close("the unit matrix", affine_warp(img, np.eye(3)), img)
        want = np.array([[10.0, 0.0, 16.0, 12.0], [6.0, 2.0, 4.0, 8.0]])[..., None]
        hint = "Rotate around the centre. Where is the centre of 4 columns?"
        c.close("turn(180)", affine_warp(img, turn(180)), want, atol=1e-6, hint=hint)
        square = np.arange(1.0, 10.0).reshape(3, 3, 1)
        want = np.array([[7.0, 4.0, 1.0], [8.0, 5.0, 2.0], [9.0, 6.0, 3.0]])[..., None]
        hint = "turn is clockwise. Use the inverse matrix for each pixel of the result."
        c.close("turn(90)", affine_warp(square, turn(90)), want, atol=1e-6, hint=hint)
        want = np.array([[5.0, 3.5, 2.5, 3.0], [15.0, 12.0, 4.0, 2.5]])[..., None]
        hint = "For twice the width, read at half the distance from the centre."
        c.close("stretch(2, 1)", affine_warp(img, stretch(2, 1)), want, hint=hint)
        row = np.arange(1.0, 10.0).reshape(1, 9, 1).repeat(9, axis=0)
        want = np.array([0, 0, 0, 1, 5, 9, 0, 0, 0]) * 1.0  # read at four times the distance
        c.close("stretch(0.25, 0.25), the middle row", affine_warp(row, stretch(0.25, 0.25))[4, :, 0], want)
        for kind, want in (("float32", "float32"), ("uint8", "float64")):
            c.equal(f"the dtype for {kind}", str(affine_warp(picture(kind), turn(10)).dtype), want)
        c.raises("a matrix (2, 3) is refused", ValueError, affine_warp, img, np.eye(3)[:2])
        c.raises("a matrix without an inverse is refused", ValueError, affine_warp, img, stretch(0, 1))
        c.raises("a picture of two axes is refused", ValueError, affine_warp, img[..., 0], np.eye(3))
    with c.part("lens_distortion"):
        img = picture()
        out = lens_distortion(img, 0.0)
        c.unchanged("img", img, picture())
        c.close("k = 0", out, img)
        row = np.array([1.0, 2.0, 4.0, 8.0, 16.0]).reshape(1, 5, 1)  # (W/2)^2 + (H/2)^2 = 6.5
        want = [0.2 * 1.0, 1.9, 4.0, 8.8, 0.2 * 16.0]
        out = lens_distortion(row, 0.65)[0, :, 0]
        c.close("k = 0.65", out, want, hint="Read at (1 + k r²) (x, y), measured from the centre.")
        for kind, want in (("float32", "float32"), ("uint8", "float64")):
            c.equal(f"the dtype for {kind}", str(lens_distortion(picture(kind), 0.2).dtype), want)
        for k in (-0.5, -1 / 3):
            c.raises(f"k = {k:.3g} is refused", ValueError, lens_distortion, img, k)
        c.raises("a picture of two axes is refused", ValueError, lens_distortion, img[..., 0], 0.1)

# %% [markdown] id="affine_warp-see"
# **Everything in D0's list.** We first draw a thin grid on the photograph, so that you can see what
# happens to straight lines.
# Follow the lines of the grid with your eyes: with a matrix, straight lines stay straight and
# parallel lines stay parallel, but with the lens, neither is true. The lower row shows random
# combinations of all these changes. D0 calls this "go crazy".

# %% id="affine_warp-plot" tags=["demo"]
with attempt("affine_warp"):
    lined = photos[0].copy()
    lined[::16], lined[:, ::16] = [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]
    ways = {
        "as it is": lined,
        "move(20, 8)": affine_warp(lined, move(20, 8)),
        "turn(20)": affine_warp(lined, turn(20)),
        "stretch(1.4, 0.8)": affine_warp(lined, stretch(1.4, 0.8)),
        "shear(0.3)": affine_warp(lined, shear(0.3)),
        "lens, k = 0.5": lens_distortion(lined, 0.5),
        "lens, k = -0.3": lens_distortion(lined, -0.3),
    }
    rng = np.random.default_rng(5)
    crazy = []
    for _ in range(7):
        mix = (
            move(*rng.uniform(-12, 12, 2)) @ turn(rng.uniform(-25, 25)) @ shear(rng.uniform(-0.3, 0.3)) @ stretch(*rng.uniform(0.8, 1.3, 2))
        )
        crazy.append(lens_distortion(affine_warp(lined, mix), rng.uniform(-0.2, 0.4)))
    there_and_back = affine_warp(affine_warp(photos[0], turn(20)), turn(-20))[32:96, 32:96]
    print(
        f"black share: {np.mean(ways['turn(20)'].max(axis=2) == 0):.2f} after turn(20), {np.mean(ways['lens, k = 0.5'].max(axis=2) == 0):.2f} in the barrel"
    )
    print(f"turned by 20 and back, mean change in the middle: {np.abs(there_and_back - photos[0, 32:96, 32:96]).mean():.3f}")
    gallery(
        [list(ways.values()), crazy],
        list(ways),
        "A photograph with a grid on it: moved, turned, stretched, sheared, as a barrel, as a pincushion; below, seven random mixtures.",
    )

# %% [markdown] id="affine_warp-erratum-idea"
# **Correct a slide** (not graded). The slide on augmentation in D2 has the line
# `transforms.RandomHorizontalFlip(); transforms.CenterCrop(); ts.transforms.Rotate(); …`. In
# PyTorch there is no `Rotate` (the name is `RandomRotation`), and `CenterCrop` needs a size.
# But there is a more important problem. A centre crop gives the same picture every time, and so
# does a rotation by a fixed angle.
# Augmentation should "make the problem more difficult", as the same slide says. But the same change
# every time does not make the problem more difficult.
# Run the cell and count the *different* pictures that a network sees in 100 epochs. Then correct
# the two marked lines, so that the last line of output says about 100.

# %% id="affine_warp-erratum" tags=["demo"]
with attempt("affine_warp"):
    rng = np.random.default_rng(6)
    epochs = []
    for _ in range(100):
        view = random_hflip(photos[1:2], 0.5, rng)
        view = view[:, 16:112, 16:112]  # D2's CenterCrop(96): correct this line
        angle = 15.0  # D2's Rotate(): correct this line
        epochs.append(affine_warp(view[0], turn(angle)))
    print("D2's line, as printed, shows", len({view.tobytes() for view in epochs}), "different pictures in 100 epochs")

# %% [markdown] id="ten_crop-idea"
# ## 5. A bonus: ten views for one answer
#
# We wrote this part for your curiosity. It is not graded, so you earn no points here, and no other
# part needs it. If you are short of time, skip it. Its check works like the other checks, but the
# cell is not folded.
#
# *Lecture note: [Test time: ten looks at five
# scales](../../course/09-augmentation.md#test-time-ten-looks-at-five-scales). Lecture: D0,
# "Testing: average a fixed set of crops".*
#
# In training, your network sees a random part of each picture. Which part should it see at test
# time? One fixed part would be enough for an answer. But the network has learnt from many parts, so
# you can ask it about many parts and average its answers.
# With ResNet's method, you resize the picture to five scales, $\lbrace 224, 256, 384, 480,
# 640\rbrace$. At each scale you take ten crops of $224 \times 224$: the four corners, the centre,
# and the mirror images of these. So there are fifty answers for each picture.
#
# You average the **probabilities**, so that each view has one vote:
#
# $$p(c \mid \text{picture}) = \frac{1}{10\thinspace S} \sum_{s=1}^{S} \sum_{v=1}^{10} p\big(c \mid \text{crop}_{v} \text{ at scale } s\big) .$$
#
# Return the ten crops in this order: upper left, upper right, lower left, lower right, centre, and
# then the mirror images of these five in the same order.
# The centre crop begins at row $\lfloor (H - \texttt{size}) / 2 \rfloor$, and at the corresponding
# column.


# %% nbgrader={"grade_id": "ten_crop", "solution": true}
def ten_crop(x: np.ndarray, size: int) -> np.ndarray:
    """Cut ten patches out of each picture: corners, centre, and their mirror images.

    Args:
        x: (N, H, W, C), any dtype.
        size: side of the patches.
    Returns:
        out: (10, N, size, size, C), of x's dtype.
    Raises:
        ValueError: x does not have four axes, or size is not from 1 to the shorter
            side; the message names it.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])} for pictures of {x.shape[1]} by {x.shape[2]}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops[:, :, :, ::-1]])
    ### END SOLUTION


def tta_predict(
    predict: Callable[[np.ndarray], np.ndarray],
    x: Sequence[np.ndarray],
    size: int,
) -> np.ndarray:
    """Average the probabilities over the ten crops of each picture at all scales.

    Args:
        predict: predict(pictures) -> probabilities; (n, size, size, C) to (n, K), for
            any n.
        x: the same N pictures at one or several scales: a list of arrays (N, H, W, C),
            each with its own H and W.
        size: side of the patches.
    Returns:
        p: (N, K); each row adds up to 1.
    """
    ### BEGIN SOLUTION
    return np.mean([predict(patches) for batch in x for patches in ten_crop(batch, size)], axis=0)
    ### END SOLUTION


# %% id="ten_crop-try" tags=["demo"]
with attempt("ten_crop"):
    x = np.arange(1, 16).reshape(1, 3, 5, 1)
    print("ten crops of 2 by 2", [patch[0, :, :, 0].tolist() for patch in ten_crop(x, 2)])
    p = tta_predict(lambda patches: np.stack([patches[:, 0, 0, 0] > 4, patches[:, 0, 0, 0] <= 4], axis=1).astype(float), [x], 2)
    print("averaged", p)

# %% id="ten_crop-check" tags=["demo"]
with check("ten_crop") as c:

    def pictures(dtype=float):
        return (np.arange(20).reshape(1, 4, 5, 1) + 100 * np.arange(3).reshape(3, 1, 1, 1)).astype(dtype)  # (3, 4, 5, 1)

    with c.part("ten_crop"):
        x = pictures()
        crops = ten_crop(x, 2)
        c.unchanged("x", x, pictures())
        if c.shape("out", crops, (10, 3, 2, 2, 1), "The axis of the ten crops is the first."):
            want = [[0, 1, 5, 6], [3, 4, 8, 9], [10, 11, 15, 16], [13, 14, 18, 19], [6, 7, 11, 12]]
            hint = "The order is upper left, upper right, lower left, lower right, centre."
            c.close("corners and centre", crops[:5, 0].reshape(5, 4), want, hint=hint)
            want = [[1, 0, 6, 5], [4, 3, 9, 8], [11, 10, 16, 15], [14, 13, 19, 18], [7, 6, 12, 11]]
            c.close("mirror images", crops[5:, 0].reshape(5, 4), want, hint="Mirror the five crops, in the same order.")
            c.close("the other pictures", crops[:, 2], crops[:, 0] + 200)
            hint = "The centre crop begins at (H - size) // 2 and (W - size) // 2."
            c.close("the centre of 3 by 3", ten_crop(x, 3)[4, 0, 0, :, 0], [1.0, 2.0, 3.0], hint=hint)
        for kind in ("uint8", "float32"):
            c.equal(f"the dtype for {kind}", str(ten_crop(pictures(kind), 2).dtype), kind)
        for size in (5, 0):
            c.raises(f"a size of {size} for 4 rows is refused", ValueError, ten_crop, x, size)
        c.raises("a picture without a batch is refused", ValueError, ten_crop, x[0], 2)
    with c.part("tta_predict"):

        def judge(patches):
            """Return two probabilities; the upper left pixel gives the second one."""
            p = patches[:, 0, 0, 0] % 100 / 20
            return np.stack([p, 1 - p], axis=1)

        def tell(patches):
            """Return two probabilities; the picture of a patch decides the second one."""
            p = patches[:, 0, 0, 0] // 100 / 2
            return np.stack([p, 1 - p], axis=1)

        x = pictures()
        p = tta_predict(judge, [x, x[:, :3, :3]], 2)
        c.unchanged("x", x, pictures())
        if c.shape("p", p, (3, 2), "p has one row for each picture and one column for each class."):
            c.close("the rows' sums", p.sum(axis=1), np.ones(3), hint="A mean of probabilities adds up to 1.")
            crops = [crop for scale in (x, x[:, :3, :3]) for crop in ten_crop(scale, 2)]
            want = np.mean([judge(crop) for crop in crops], axis=0)
            hint = "Average over all ten crops of all scales with equal weights."
            c.close("p", p, want, hint=hint)
            p = tta_predict(tell, [pictures()], 4)
            c.close("each row belongs to its picture", p[:, 0], [0.0, 0.5, 1.0], hint="Does each crop belong to its picture?")

# %% [markdown] id="ten_crop-see"
# **The ten views.** Here are the ten views of the coffee, in order. Compare each view with its
# mirror image in the lower row. At the end of this notebook, you will find out how much such views
# help a trained network.

# %% id="ten_crop-plot" tags=["demo"]
with attempt("ten_crop"):
    views = ten_crop(photos[2:3], 88)[:, 0]
    print("shape", views.shape, "brightness of the first five", views[:5].mean(axis=(1, 2, 3)).round(2))
    names = ["upper left", "upper right", "lower left", "lower right", "centre"]
    gallery(
        [views[:5], views[5:]], names, "Ten crops of a cup of coffee: the four corners, the centre, and below the mirror images of these."
    )

# %% [markdown] id="mixup-idea"
# ## 6. 40 % cat, 60 % coffee
#
# *Lecture note: [Mixup](../../course/09-augmentation.md#mixup). Lecture: D0, "Mixup".*
#
# With mixup, you train on mixtures of two pictures *and of their labels*: "target label: cat 0.4,
# dog 0.6" (D0).
# You draw a random permutation $\pi$, which gives each picture a partner from the same batch. You
# also draw a random number $\lambda$, which is the weight of the picture itself:
#
# $$\tilde x_n = \lambda_n x_n + (1 - \lambda_n)\thinspace x_{\pi(n)}, \qquad \tilde y_n = \lambda_n y_n + (1 - \lambda_n)\thinspace y_{\pi(n)}, \qquad \lambda_n \sim \text{Beta}(\alpha, \alpha) .$$
#
# Use the *same* $\lambda$ and the *same* partner for the picture and for the label, because
# otherwise the labels are wrong.
# For example, if the partner of a cat is a dog and $\lambda = 0.4$, the new label is 0.4 for cat
# and 0.6 for dog.
# We write labels as rows of probabilities ("one-hot": a 1 for the class). Your `softmax_loss` from
# assignment 03 accepts such soft labels.
# Notice that the loss is linear in the labels, so the loss for a mixed label is the mixture of the
# two losses. This gives you a second way to check your code.
#
# You draw $\lambda$ from a Beta distribution, so it lies in $[0, 1]$. Here this distribution is
# symmetric, with mean $\frac12$ and variance $\frac{1}{4(2\alpha + 1)}$.
# For $\alpha = 1$ the distribution is uniform. With $\alpha = 0.2$, a common choice for mixup, most
# mixtures are almost pure. At test time, do not mix anything: use the original pictures.


# %% nbgrader={"grade_id": "mixup", "solution": true}
def mixup(
    x: np.ndarray,
    y_onehot: np.ndarray,
    alpha: float,
    rng: np.random.Generator,
    lam: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mix each example and its label with a partner from a random permutation.

    lam x_n + (1 - lam) x_partner, and the same for y with the same lam and partner

    Args:
        x: (N, ...), pictures or any other examples.
        y_onehot: (N, K), rows of probabilities.
        alpha: > 0; draw a lam for each example from Beta(alpha, alpha).
        rng: source of the partners and of lam.
        lam: if given, the weight of the example itself, from 0 to 1, the same for all.
    Returns:
        x_mixed (N, ...) and y_mixed (N, K).
    Raises:
        ValueError: y_onehot does not have two axes or the length of x, alpha <= 0, or
            lam is not from 0 to 1; the message names it.
    """
    ### BEGIN SOLUTION
    if y_onehot.ndim != 2 or len(y_onehot) != len(x):
        raise ValueError(f"y_onehot has shape {y_onehot.shape}, expected ({len(x)}, K)")
    if not alpha > 0:
        raise ValueError(f"alpha is {alpha}, expected a number > 0")
    if lam is not None and not 0 <= lam <= 1:
        raise ValueError(f"lam is {lam}, expected a number from 0 to 1")
    partner = rng.permutation(len(x))
    shares = rng.beta(alpha, alpha, len(x)) if lam is None else np.full(len(x), lam)

    def blend(values):
        values = values if values.dtype.kind == "f" else values.astype(np.float64)
        share = shares.astype(values.dtype).reshape(-1, *(1,) * (values.ndim - 1))
        return share * values + (1 - share) * values[partner]

    return blend(x), blend(y_onehot)
    ### END SOLUTION


# %% id="mixup-try" tags=["demo"]
with attempt("mixup"):
    x, y = np.array([[0.0], [10.0], [100.0]]), np.eye(3)
    for lam in (0.4, None):
        x_mixed, y_mixed = mixup(x, y, 1.0, np.random.default_rng(2), lam)
        print(f"lam = {lam}: x_mixed {x_mixed.round(1).tolist()}, y_mixed {y_mixed.round(2).tolist()}")

# %% nbgrader={"grade_id": "mixup-check", "grade": true, "points": 20}
with check("mixup") as c:
    make = np.random.default_rng(0).normal(size=(12, 3, 2, 2))  # the pictures are linear in the labels, so mixtures must be, too

    def inputs(dtype=float):
        return make.astype(dtype), np.eye(12, dtype=dtype)

    with c.part("mixup"):
        x, y = inputs()
        x_mixed, y_mixed = mixup(x, y, 0.5, np.random.default_rng(1), lam=0.75)
        c.unchanged("x", x, inputs()[0])
        c.unchanged("y_onehot", y, inputs()[1])
        if c.shape("x_mixed", x_mixed, x.shape) and c.shape("y_mixed", y_mixed, y.shape):
            c.close("the sums of the labels", y_mixed.sum(axis=1), np.ones(12))
            own = np.isclose(np.diag(y_mixed), 0.75).sum() >= 3
            c.true("lam is the weight of the example itself", own, "Compute lam x_n + (1 - lam) x_partner.")
            hint = "The partners are a permutation: each example is a partner exactly once."
            c.close("how often each label is used", y_mixed.sum(axis=0), np.ones(12), hint=hint)
            hint = "Use the same partner and the same lam for pictures and labels."
            c.close("x_mixed, compared with the mixed labels,", x_mixed, np.tensordot(y_mixed, make, 1), hint=hint)
        away = [mixup(*inputs(), 0.5, np.random.default_rng(seed), lam=0.0)[1].argmax(axis=1) for seed in range(8)]
        steps = {int(step) for partner in away for step in (partner - np.arange(12)) % 12}
        c.true("partners stand at many distances", len(steps) > 6, "Use a random permutation, not the neighbour.")
        x_mixed, y_mixed = mixup(*inputs(), 0.5, np.random.default_rng(1), lam=0.0)
        hint = "0 is a valid lam."
        c.equal("for lam = 0, the number of pure labels", int((y_mixed.max(axis=1) == 1).sum()), 12, hint)
    with c.part("mixup"):
        x_mixed, y_mixed = mixup(*inputs(), 0.5, np.random.default_rng(2))
        want = np.tensordot(y_mixed, make, 1)
        c.close(
            "with random lam, x_mixed, compared with the mixed labels,", x_mixed, want, hint="Use the same lam for pictures and labels."
        )
        c.close("with random lam, each label is used at most twice", (y_mixed > 0).sum(axis=0) <= 2, np.ones(12, bool))
        several = len(set(np.diag(y_mixed).round(9).tolist())) > 3
        c.true("with random lam, each example has its own lam", several, "Draw one lam for each example.")
        rows = mixup(make.reshape(12, 12), np.eye(12), 1.0, np.random.default_rng(4))
        want = rows[1] @ make.reshape(12, 12)
        c.close("plain rows: x_mixed, compared with the mixed labels,", rows[0], want, hint="Use one lam for each example.")
        soft = np.random.default_rng(5).dirichlet(np.ones(12), 12)
        x_mixed, y_mixed = mixup(make, soft, 1.0, np.random.default_rng(4))
        shares = rows[1]
        c.close(
            "y_mixed of soft labels, by the same rng,",
            y_mixed,
            shares @ soft,
            hint="Mixed rows of probabilities are again rows of probabilities.",
        )
        rng = np.random.default_rng(6)
        first, second = (mixup(*inputs(), 1.0, rng)[1] for _ in range(2))
        hint = "Draw from the caller's rng itself, not from a copy."
        c.true("two calls in a row make other blends", not np.array_equal(first, second), hint)
        mixed = mixup(make.astype(np.float32), np.eye(12), 1.0, np.random.default_rng(7))
        found = [str(part.dtype) for part in mixed]
        c.equal(
            "the dtypes for float32 pictures and float64 labels", found, ["float32", "float64"], "Pictures and labels each keep their dtype."
        )
        again = mixup(*inputs(), 1.0, np.random.default_rng(6))[1]
        c.equal("y_mixed, from the same state of rng again,", again, first, "Draw from rng only.")
    with c.part("mixup"):
        y = np.arange(2000)[:, None] % 2 == np.arange(2)
        for alpha in (0.2, 5.0):
            _, y_mixed = mixup(np.zeros((2000, 1)), y * 1.0, alpha, np.random.default_rng(3))
            lam = y_mixed[y][y_mixed[~y] > 0]  # of those whose partner has the other label
            c.true(f"alpha = {alpha}: the mean of lam is near 1/2", abs(lam.mean() - 0.5) < 0.09)
            spread = 4 * (2 * alpha + 1) * np.mean((lam - 0.5) ** 2)
            sentence = f"alpha = {alpha}: the variance of lam is near 1 / (4 (2 alpha + 1))"
            c.true(sentence, 0.7 < spread < 1.3, "Draw lam from Beta(alpha, alpha).")
        sharp, _ = mixup(np.ones((60, 1)), np.ones((60, 1)), 1e-3, np.random.default_rng(7))
        c.close("x_mixed of ones, for a tiny alpha,", sharp, np.ones((60, 1)), hint="Do you divide 0 by 0? Let rng.beta draw lam.")
        one = mixup(make[:1], np.eye(1), 1.0, np.random.default_rng(7))[0]
        c.close("x_mixed of a single example", one, make[:1], hint="A single example is its own partner.")
        for kind, want in (("float32", "float32"), ("int64", "float64")):
            kinds = [part.dtype.name for part in mixup(*inputs(kind), 1.0, np.random.default_rng(0))]
            c.equal(f"the dtypes for {kind}", kinds, [want, want])
        (x, y), rng = inputs(), np.random.default_rng(0)
        c.raises("alpha = 0 is refused", ValueError, mixup, x, y, 0.0, rng)
        for lam in (1.5, -0.5):
            c.raises(f"lam = {lam} is refused", ValueError, mixup, x, y, 1.0, rng, lam)
        c.raises("labels that are not rows are refused", ValueError, mixup, x, np.arange(12), 1.0, rng)
        c.raises("11 labels for 12 pictures are refused", ValueError, mixup, x, y[:11], 1.0, rng)

# %% [markdown] id="mixup-see"
# **What mixup does.** In the pictures, the cat fades into the coffee, and the label shows the
# weights, as in D0's example.
# The right plot shows the densities of $\lambda$. The printed line compares the loss of a mixture
# with the mixture of the losses, both from your `softmax_loss`.

# %% id="mixup-plot" tags=["demo"]
with attempt("mixup"):
    pair, y = photos[1:3], np.eye(2)
    shares = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
    for seed in range(50):  # until the permutation makes the coffee the cat's partner
        blends = [mixup(pair, y, 1.0, np.random.default_rng(seed), lam) for lam in shares]
        if blends[-1][1][0, 1] == 1:
            break
    scores = np.array([[1.0, -0.5]])
    mixed = softmax_loss(scores, blends[3][1][:1])[0]
    cat, coffee = (softmax_loss(scores, np.array([label]))[0] for label in (0, 1))
    print(f"loss of the blend {mixed:.4f}; 0.4 of the cat's and 0.6 of the coffee's {0.4 * cat + 0.6 * coffee:.4f}")
    with style():
        fig = plt.figure(figsize=(9.2, 3.0))
        grid = fig.add_gridspec(2, 4, width_ratios=(1, 1, 1, 2.6))
        for number, (x_mixed, y_mixed) in enumerate(blends):
            ax = fig.add_subplot(grid[number // 3, number % 3])
            ax.imshow(x_mixed[0])
            ax.set_title("cat {:.1f}, coffee {:.1f}".format(*y_mixed[0]), fontsize=8)
            ax.axis("off")
        ax = fig.add_subplot(grid[:, 3])
        labels = np.eye(2)[np.arange(40000) % 2]
        for alpha, color, line in ((0.2, PALETTE[0], "-"), (0.4, PALETTE[2], "--"), (1.0, PALETTE[6], ":"), (4.0, PALETTE[1], "-.")):
            _, y_mixed = mixup(np.zeros((40000, 1, 1, 1)), labels, alpha, np.random.default_rng(0))
            lam = y_mixed[labels == 1][y_mixed[labels == 0] > 0]
            heights, edges = np.histogram(lam, bins=20, range=(0, 1), density=True)
            ax.plot((edges[1:] + edges[:-1]) / 2, heights, line, color=color, label=f"α = {alpha}")
        ax.set(xlabel="λ, weight of the picture itself", ylabel="density", ylim=(0, 4))
        ax.legend(fontsize=8)
    show(
        fig,
        "A cat fades into a cup of coffee in six steps. Beside it densities of the share: for small alpha most of it lies near 0 and 1, for "
        "alpha 1 it is flat, for alpha 4 a hill in the middle.",
    )

# %% [markdown] id="cutout-idea"
# ## 7. A bonus: a hole in the picture
#
# We wrote this part for your curiosity. It is not graded, so you earn no points here, and no other
# part needs it. If you are short of time, skip it. Its check works like the other checks, but the
# cell is not folded.
#
# *Lecture note: [Cutout](../../course/09-augmentation.md#cutout). Lecture: D0, "Cutout".*
#
# You can think of cutout as dropout for regions. Imagine that you put a small piece of paper on
# each picture, and that the network has to recognise the object from the rest. In other words, you
# remove a square of $\texttt{size} \times \texttt{size}$ pixels from each picture, in all channels.
# Each picture has its own random position for the square.
# The argument for dropout is: "Even if the cat doesn't have a tail …, the model should be able to
# detect the cat-ness" (D0). With cutout, the cat sometimes really *has* no tail.
#
# Draw the centre of the square uniformly from **all** pixels. The square may then reach beyond the
# edge, where it covers less of the picture.
# (This is intended: DeVries and Taylor, who proposed cutout, found that it matters, because some
# pictures should stay almost complete.) If you draw the pixel $(i, j)$, cover the following rows,
# as far as they exist, and cover the columns in the same way:
#
# $$i - \lfloor \texttt{size}/2 \rfloor, \ \dots,\  i - \lfloor \texttt{size}/2 \rfloor + \texttt{size} - 1$$
#
# Be careful near the upper and left edges, and remember what a *negative* index means in NumPy.


# %% nbgrader={"grade_id": "cutout", "solution": true}
def cutout(
    x: np.ndarray,
    size: int,
    rng: np.random.Generator,
    fill: float = 0,
) -> np.ndarray:
    """Cover a square of each picture at its own random position.

    The square may reach beyond the edge. For a random pixel (i, j), cover the rows i -
    size // 2 to i - size // 2 + size - 1, as far as they exist, and the columns in the
    same way.

    Args:
        x: (N, H, W, C), any dtype.
        size: side of the square, at least 1 and at most the shorter side.
        rng: source of the positions; every pixel (i, j) is equally likely.
        fill: value of the covered pixels, a number that x's dtype can hold.
    Returns:
        out: (N, H, W, C), of x's dtype.
    Raises:
        ValueError: x does not have four axes, or size is not from 1 to the shorter
            side; the message names it.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)} for pictures of {height} by {width}")
    top, left = (rng.integers(side, size=(n, 1)) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows = (rows >= top) & (rows < top + size)  # (N, H)
    in_columns = (columns >= left) & (columns < left + size)  # (N, W)
    hole = in_rows[:, :, None, None] & in_columns[:, None, :, None]  # (N, H, W, 1)
    return np.where(hole, np.asarray(fill, x.dtype), x)
    ### END SOLUTION


# %% id="cutout-try" tags=["demo"]
with attempt("cutout"):
    x = np.ones((4, 4, 6, 1), int)
    for picture in cutout(x, 3, np.random.default_rng(0), 0):
        print(picture[:, :, 0].tolist())

# %% id="cutout-check" tags=["demo"]
with check("cutout") as c:

    def pictures():
        return np.random.default_rng(0).uniform(0.5, 1, (900, 5, 8, 2))

    with c.part("cutout"):
        x = pictures()
        out = cutout(x, 3, np.random.default_rng(1), -1.0)
        c.unchanged("x", x, pictures())
        if c.shape("out", out, x.shape):
            hole = out == -1.0
            c.true("all channels are covered at the same pixels", (hole[..., 0] == hole[..., 1]).all())
            hint = "Set the square to fill, and change nothing else."
            c.equal("outside the square, out", out[~hole], x[~hole], hint)
            again = cutout(pictures(), 3, np.random.default_rng(1), -1.0)
            c.equal("out, from the same state of rng again,", again, out, "Draw from rng only.")
            hole = hole[..., 0]
            rows, columns = hole.any(axis=2).sum(axis=1), hole.any(axis=1).sum(axis=1)  # (900,) each
            c.true("the covered pixels are a full rectangle", (hole.sum(axis=(1, 2)) == rows * columns).all())
            hint = "The square may reach beyond the edge, but its centre is in the picture."
            c.equal("the numbers of rows covered", sorted(set(rows.tolist())), [2, 3], hint)
            c.equal("the numbers of columns covered", sorted(set(columns.tolist())), [2, 3])
            places = len({picture.tobytes() for picture in hole})
            c.equal("different holes in 900 pictures", places, 40, "There is one for each pixel (i, j) of 5 by 8.")
    with c.part("cutout"):
        even = cutout(np.ones((1000, 6, 6, 1)), 4, np.random.default_rng(2))[..., 0] == 0
        counts = even.any(axis=2).sum(axis=1)
        hint = "Begin at i - size // 2 and cover size rows."
        c.equal("rows covered by a square of 4 in pictures of 6", sorted(set(counts.tolist())), [2, 3, 4], hint)
        above, below = even[:, 0].any(axis=1).mean(), even[:, -1].any(axis=1).mean()
        c.true("an even square reaches two rows above its centre and one below", above > below)
        c.equal("different holes in square pictures", len({picture.tobytes() for picture in even}), 36, "Draw i and j independently.")
        rng = np.random.default_rng(3)
        first, second = (cutout(np.ones((30, 6, 6, 1)), 2, rng) for _ in range(2))
        hint = "Draw from the caller's rng itself, not from a copy."
        c.true("two calls in a row cover other squares", not np.array_equal(first, second), hint)
        for kind in ("uint8", "int64", "float32"):
            out = cutout(np.full((2, 5, 5, 1), 200).astype(kind), 2, np.random.default_rng(0), 7)
            c.equal(f"the dtype for {kind}", str(out.dtype), kind)
        x, rng = pictures(), np.random.default_rng(0)
        for size in (6, 0):
            c.raises(f"a size of {size} for 5 rows is refused", ValueError, cutout, x, size, rng, 0.0)
        c.raises("a picture without a batch is refused", ValueError, cutout, x[0], 2, rng, 0.0)

# %% [markdown] id="cutout-see"
# **What the network sees.** The upper row shows pictures with holes. The plots below show how often
# each pixel is covered, if the side of the square is half of the picture's side.
# Because the square may reach beyond the edge, a pixel in the middle is covered a quarter of the
# time, and a pixel in a corner a tenth of the time or less.
# If the square had to stay inside, the middle would be covered four times out of five, and a corner
# almost never.

# %% id="cutout-plot" tags=["demo"]
with attempt("cutout"):
    rng = np.random.default_rng(9)
    holes = cutout(photos[[0, 1, 2, 3, 0, 1, 2]], 48, rng, 0.5)
    hangs = (cutout(np.ones((8000, 16, 16, 1)), 8, rng, 0.0) == 0).mean(axis=0)[..., 0]
    starts = rng.integers(9, size=(8000, 2, 1))
    rows, columns = ((np.arange(16) >= starts[:, axis]) & (np.arange(16) < starts[:, axis] + 8) for axis in (0, 1))
    inside = (rows[:, :, None] & columns[:, None]).mean(axis=0)
    for name, share in (("hanging over", hangs), ("staying inside", inside)):
        print(f"{name}: covered {share[7:9, 7:9].mean():.2f} of the time in the middle, {share[0, 0]:.2f} in the upper left corner")
    gallery([holes], [], "Seven photographs with a grey square at random places, some of them partly beyond the edge.")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.7))
        for ax, share, name in zip(axes, (hangs, inside), ("may hang over (cutout)", "stays inside"), strict=True):
            image = ax.imshow(share, vmin=0, vmax=1, cmap="cividis")
            ax.set(title=name, xlabel="column", ylabel="row", xticks=(0, 5, 10, 15), yticks=(0, 5, 10, 15))
            ax.grid(False)
        fig.colorbar(image, ax=axes, label="fraction of times that a pixel is covered")
    show(
        fig,
        "How often each pixel is lost: with squares that may hang over about a quarter of the time in the middle and less towards the corners; with squares that stay inside nearly always in the middle and hardly ever in the corners.",
    )

# %% [markdown] id="gains-idea"
# ## 8. What does it gain? (an experiment, not graded)
#
# *Lecture note: [What it is worth,
# measured](../../course/09-augmentation.md#what-it-is-worth-measured) and [When augmentation
# harms](../../course/09-augmentation.md#when-augmentation-harms).*
#
# You have written many functions, so now let's measure what they gain. We use two tasks, each with
# **ten labelled pictures per class**, and one small convolutional network (two blocks of 8 and 16
# channels, and a hidden layer of 64):
#
# - **digits:** we put a digit of 8 by 8 pixels at a random position on a noisy canvas of 14 by 14.
#   There are ten classes and 100 training pictures.
# - **textures:** we cut patches of 32 by 32 pixels from brick, grass, gravel, tissue and stars, and
#   the network sees 24 by 24 pixels of each. There are five classes and 50 training pictures.
#
# Let's begin with a small comparison, using your own functions: 400 steps on the digits with one
# seed. You compare no augmentation, random crops (with a border of 3), and crops with flips. Which
# of the three do you expect to be best?
# The network without augmentation quickly memorises its hundred pictures, and its loss is almost
# zero. But before you trust this loss, look at the accuracy on new pictures.

# %% id="gains-live" tags=["demo"]
with attempt("random_crop and random_hflip"):
    from utils import convnet
    from utils.training import fit

    rng = np.random.default_rng(1)
    x, labels = data.digit_canvas(2000, range(10), rng, size=14)
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:10] for digit in range(10)])
    x, y = np.float32(x[chosen, :, :, None]), np.eye(10, dtype=np.float32)[labels[chosen]]  # (100, 14, 14, 1), (100, 10)
    x_new, y_new = data.digit_canvas(600, range(10), rng, size=14, part="test")
    x_new = np.float32(x_new[..., None])
    ways = {
        "nothing": lambda x: x,
        "crops": lambda x: random_crop(x, 14, 3, rng),
        "crops and flips": lambda x: random_hflip(random_crop(x, 14, 3, rng), 0.5, rng),
    }
    histories, nets = {}, {}
    for name, augment in ways.items():
        nets[name], histories[name] = fit(
            convnet.init_params((14, 14, 1), (8, 16), 64, 10, np.random.default_rng(2)),
            lambda params, x, y, augment=augment: convnet.loss_and_grads(params, augment(x), y),
            adam,
            {"learning_rate": 0.002},
            x,
            y,
            steps=400,
            batch=50,
            rng=rng,
            evaluate=lambda params: {"new": np.mean(convnet.predict(params, x_new).argmax(axis=1) == y_new)},
            every=40,
        )
    final = {name: history.metrics["new"][-1] for name, history in histories.items()}
    print("accuracy on new digits, to the nearest tenth:", ", ".join(f"{name} {value:.1f}" for name, value in final.items()))
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.2))
        for (name, history), color, line in zip(histories.items(), (PALETTE[6], PALETTE[0], PALETTE[1]), (":", "-", "--"), strict=True):
            smooth = np.convolve(history.losses, np.ones(20) / 20, "valid")
            left.semilogy(np.arange(len(smooth)) + 20, smooth, line, color=color, label=name)
            right.plot(history.at, history.metrics["new"], line, marker="o", markersize=3, color=color, label=name)
        left.set(xlabel="step", ylabel="loss on the batch, mean of 20")
        right.set(xlabel="step", ylabel="accuracy on new digits", ylim=(0, 1))
        right.legend()
    show(
        fig,
        "Training loss and accuracy on new digits over 400 steps. Without augmentation the loss falls to nearly nothing and the accuracy stays near 0.2; with "
        "random crops the loss stays higher and the accuracy rises to nearly 0.6; with flips besides, the loss stays higher still and the accuracy ends near 0.5.",
    )

# %% [markdown] id="gains-table-idea"
# **The whole table** takes twenty minutes to compute. To save you the wait, we ran the script
# `course/experiments/augmentation.py` for you. Its results are in `gains.json`, in the same folder
# as this notebook.
# The table contains each augmentation alone and in combinations, with 1000 steps, five seeds and
# 2000 test pictures. Each seed has its own ten pictures per class, its own initial weights and its
# own batches.
# The bars are means over the seeds, with their standard errors, and the dots show the single seeds.
# All methods use the same pictures for a seed, so we compute the gain over "none" for each seed.
# Gains of more than three standard errors are blue, and losses of more than three standard errors
# are orange. A grey bar means that five seeds cannot show a difference.
#
# Let's begin with the good news. On digits, random positions raise the accuracy from 0.31 to 0.70.
# On textures, crops and flips raise it from 0.50 to 0.87. But there is more to learn from this
# table:
#
# - *The wrong augmentation does harm.* On textures, flips add eight points to crops (0.079 ±
#   0.009), but on digits they cost six (0.063 ± 0.012). Cutout helps with textures and harms
#   digits, because a hole of 4 pixels in a digit of 8 can remove exactly the part that
#   distinguishes it. Mixup gains nothing on digits here, and costs twelve points on textures.
#   (But don't give up on mixup: it is known to help large networks that train for a long time. Ours
#   is a small network with 50 pictures.)
# - *If nothing varies, augmentation gains nothing.* Did you expect colour jitter to help? In fact,
#   it has no clear effect, because all canvases have the same light, and we equalised the grey
#   values of the textures.
# - *The scales must fit the test.* On textures, ResNet's method (crops at random scales) is *worse*
#   than crops alone, by 0.24 ± 0.04. Most of its patches are enlarged, and therefore softer than
#   the test patches. We will come back to this surprise in the last cell.
# - *More is not always better.* You might expect all augmentations together to be best. But they
#   gain less than crops alone on the digits, and nothing on the textures. With all of them, the
#   network classifies only six in ten of its own training digits correctly (`fitted`, in the file),
#   so it has not finished learning. Without flips, and with three times as many steps, the
#   combination is better than crops with the same number of steps (by 0.024 ± 0.008). In other
#   words, if you give your network a more difficult problem, give it more steps as well.
#
# Keep one detail in mind for the textures. Without crops, the network sees only the 24 by 24 pixels
# in the middle of a patch, but with crops, it sees all 32 by 32. So part of the gain comes from
# seeing more of each picture.

# %% id="gains-table" tags=["demo"]
with attempt("gains"):
    import json

    import utils

    places = [Path.cwd(), *(Path(utils.__file__).parents[1] / kind / "09-augmentation" for kind in ("source", "release"))]
    stored = json.loads(next(place / "gains.json" for place in places if (place / "gains.json").is_file()).read_text())
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.2))
        for ax, (kind, gains) in zip(axes, stored["gains"].items(), strict=True):
            base = np.array(gains["none"])
            for row, name in enumerate(gains):
                right = np.array(gains[name])
                gain = right - base
                error, error_of_gain = (part.std(ddof=1) / np.sqrt(len(part)) for part in (right, gain))
                clear = abs(gain.mean()) > 3 * error_of_gain > 0
                color = "0.45" if not clear else PALETTE[0] if gain.mean() > 0 else PALETTE[1]
                ax.barh(row, right.mean(), xerr=error, color=color, alpha=0.5, error_kw={"capsize": 3})
                ax.plot(right, np.full(len(right), row), ".", color=color, markersize=4)
            ax.axvline(base.mean(), color=PALETTE[6], linewidth=1, linestyle=":")
            ax.set(title=kind, xlabel="accuracy on 2000 test pictures", xlim=(0, 1), yticks=range(len(gains)), yticklabels=list(gains))
            ax.invert_yaxis()
            ax.grid(axis="y", visible=False)
            print(kind, {name: round(float(np.mean(values)), 2) for name, values in gains.items()})
    show(
        fig,
        "Bars of the accuracy for twelve ways of augmenting, on digits and on textures. Digits: 0.31 with none; crop 0.70 and all but flip with three times the steps "
        "0.77 are highest; flip, colour and mixup change nothing that can be seen, cutout does slight harm, crop and flip together 0.64. Textures: 0.50 with none; crop 0.79, "
        "crop and flip 0.87; crop and scale 0.56; mixup does harm, 0.38; all of them together change nothing that can be seen.",
    )

# %% [markdown] id="gains-worth-idea"
# **How many pictures is an augmentation worth?** Instead of augmenting, you could label more
# pictures. So this plot compares random crops with more and more labelled pictures.
# It turns out that on both tasks, ten pictures per class with random crops are as good as between
# thirty and a hundred pictures without crops. In other words, one line of code can save you the
# work of labelling many pictures.
# Notice that the gain gets smaller as you add pictures: it falls from 0.40 to 0.07 on digits, and
# from 0.29 to 0.05 on textures. With enough pictures, the network learns from the data what the
# augmentation would have told it.

# %% id="gains-worth" tags=["demo"]
with attempt("gains"):
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.2), sharey=True)
        for ax, (kind, rows) in zip(axes, stored["worth"].items(), strict=True):
            labels = [int(number) for number in rows]
            for name, color, line in (("none", PALETTE[6], ":"), ("crop", PALETTE[0], "-")):
                right = np.array([rows[number][name] for number in rows])  # (numbers of labels, seeds)
                error = right.std(axis=1, ddof=1) / np.sqrt(right.shape[1])
                ax.errorbar(labels, right.mean(axis=1), error, fmt="o", linestyle=line, color=color, capsize=3, label=name)
                print(
                    f"{kind}, {name}:",
                    *(f"{number} per class {mean:.2f};" for number, mean in zip(labels, right.mean(axis=1), strict=True)),
                )
            ax.set(title=kind, xlabel="labelled pictures per class", xscale="log", xticks=labels, xticklabels=labels, ylim=(0, 1))
            ax.minorticks_off()
        axes[0].set_ylabel("accuracy on test pictures")
        axes[1].legend(loc="lower right")
    show(
        fig,
        "Accuracy over 10, 30 and 100 labelled pictures per class. Digits: 0.31, 0.54, 0.76 without augmentation, 0.70, 0.81, 0.84 with crops. "
        "Textures: 0.50, 0.72, 0.87 without, 0.79, 0.91, 0.92 with crops. The lines come closer as pictures are added.",
    )

# %% [markdown] id="gains-views-idea"
# **Ten views as well.** Let's now show some of these networks more than one view of each test
# picture.
# On digits we use five views: the middle view and four that are moved by one pixel in each
# direction. With these views, the network that was trained with crops gains 4.9 ± 0.4 points. If
# you add the mirror images of the five views, the network *loses* 4.3 ± 0.6.
# On textures, the ten views add 4.9 ± 0.6 points to crops and flips, up to 0.92.
# So in practice, average only over views that your network has learnt. Here D0's five scales become
# 24, 27, 41, 51 and 69 for the short side of the 32-pixel patches. At these scales, the accuracy of
# a network that was trained at one scale falls to 0.51.
#
# What happened to ResNet's method? If you test the network that was trained with random scales at
# all five scales, it gains 17.6 ± 1.1 points. To find out why, look at the lines with a single
# view.
# During training, this network saw patches that were enlarged by a factor of 1.2 on average. If you
# enlarge the test patches to 41 pixels, a single view gives 0.80 instead of 0.61. This is as good
# as fifty views at all scales.
# So the network had learnt the textures well, but at a different size. If your own test accuracy is
# surprisingly low one day, remember this: first compare the sizes of objects in training and test.

# %% id="gains-views" tags=["demo"]
with attempt("gains"):
    for kind, nets_of in stored["views"].items():
        for way, views in nets_of.items():
            one = np.array(views["one view"])
            for name, values in views.items():
                if "short side" in name and "scale" not in way:
                    continue
                gain = np.array(values) - one
                error = gain.std(ddof=1) / np.sqrt(len(gain))
                more = "" if name == "one view" else f", {100 * gain.mean():+.1f} ± {100 * error:.1f} points"
                print(f"{kind}, trained with {way:16} {name:32} {np.mean(values):.3f}{more}")

# %% [markdown] id="written-question"
# ## 9. In your own words (10 points, graded by a person)
#
# 1. Think of three tasks: (a) house numbers photographed in the street; (b) aerial photographs of
#    fields, where you predict the crop; (c) X-rays of the chest, where you say on which side a
#    shadow is. For each of the three, name one augmentation of this notebook that you would use and
#    one that you would not use, and say why.
# 2. A classmate makes ten augmented copies of each of 1000 pictures, shuffles the 10,000, and keeps
#    a tenth of them as a dev set. The network has 99 % accuracy on the dev set, and 71 % on the
#    test set. What has happened? Which steps should the classmate take, and in which order?
# 3. Another classmate trains with crops, colour jitter and mixup, and finds that the accuracy on
#    the training batches is *lower* than on the test set. "That cannot be true, there must be a
#    bug." Explain why it can be true, and say what you would measure to compare the two fairly.
# 4. "Augmentation makes more data, so with enough augmentation ten pictures per class are as good
#    as a thousand." What is wrong with this claim? Use a number from the plots of section 8.
#
# Write at most 400 words. Short, clear sentences are enough.

# %% [markdown] nbgrader={"grade_id": "augmentation-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. (a) House numbers: small turns, shears and moves, crops, brightness and contrast all happen in the street; no flips and no turns by 180 degrees, because a mirrored number is not a number and a
#    turned 6 is a 9. (b) Fields from above: there is no up or down and no left or right, so flips and turns by any angle leave the meaning alone; but strong colour jitter may not, because the colour
#    is what tells one crop from another (and scale jitter has limits where rows of plants have a known distance). (c) Chest X-rays: small turns and moves, brightness and contrast (exposure
#    varies); no mirror images, because left and right are exactly what is asked (unless the label is mirrored as well). Cutout is doubtful: it can hide the very shadow.
# 2. Copies of the same picture are on both sides: the dev set asks about pictures that were learnt by heart, and says nothing about new ones. First split (by picture, and by patient or
#    place where pictures belong together), then augment the training part alone, at each step anew; dev and test pictures stay as they are, or get the fixed views of test-time averaging.
# 3. The training batches are harder than the test pictures: parts of them are cut off, dark or blended, and for a blend "right" is not even well defined. So it is no sign of a bug.
#    To compare, measure the accuracy of the trained network on the training pictures *without* augmentation, as they would come at test time, and compare it with the dev set's.
# 4. Augmented pictures are not new pictures: they hold the same ten handwritings, seen from other sides. Augmentation adds only what is known beforehand (that a place, a mirror, a light does not matter); what else varies
#    has to come from data. In the plots: on digits, ten pictures per class with crops reach 0.70, the best mixture 0.77 in three times the steps; a hundred with crops 0.84. On textures all augmentations
#    together are worth nothing (0.48, and 0.50 without any). And the wrong one does harm: on digits, crops and flips are worse (0.64) than crops alone.
#
# **Rubric.**
#
# - 1 point: House numbers: a sensible use and a sensible refusal, each with its reason.
# - 1 point: Aerial photographs: a sensible use and a sensible refusal, each with its reason.
# - 1 point: X-rays: a sensible use and a sensible refusal, each with its reason.
# - 1 point: Copies of one picture are on both sides of the split.
# - 1 point: Split first, and augment the training part only.
# - 1 point: It can be true, because the training batches are harder.
# - 1 point: Measure without augmentation on the training pictures.
# - 2 points: No new content, only invariances that are known (1 if only "the pictures are
#   similar").
# - 1 point: A number from section 8 that fits.
#
# **Weak answer (3 points: items 1, 4, 6).**
#
# 1. (a) Small moves and crops, because the camera is not always straight; no flips, because a
#    mirrored number is not a number. (b) Flips, and no noise. (c) Brightness, and no rotation.
# 2. The same picture is in the training set and in the dev set, so the network has seen it already.
#    One should use more test pictures.
# 3. The training batches are harder than the test pictures, because they are augmented. One could
#    train for longer.
# 4. It is not true, because a thousand pictures are always better than ten.
#
# **Average answer (6 points: items 1, 2, 4, 5, 6, 9).**
#
# 1. (a) Crops and brightness, as the light in the street varies; no horizontal flip, because the
#    digits would be wrong. (b) Flips, because there is no left and right from above; no strong colour
#    jitter, because the colour shows the crop. (c) Rotation by any angle, and no cutout.
# 2. Copies of one picture are in both sets, so the dev set does not test new pictures. Split the 1000
#    pictures first, then augment the training part only.
# 3. The training batches are cropped and mixed, so they are harder than the test pictures. I would
#    compare the losses.
# 4. This is exaggerated. In the plot for digits, ten pictures per class with crops reach 0.70, and
#    a hundred reach 0.84.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells, to make sure that your notebook works
# from top to bottom. The cell below sums up the results of your own checks and shows you where you
# stand.

# %% id="summary" tags=["demo"]
check.summary(
    {"random_hflip": 15, "crop_scale": 25, "color_jitter": 15, "affine_warp": 25, "mixup": 20},
    written=10,
)
