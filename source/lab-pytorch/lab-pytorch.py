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
# # Lab · Make two frameworks agree, then compare fairly
#
# You have written a network by hand: layers, losses and optimizers. In practice, you'll often meet
# the same network in PyTorch, in code that also runs on graphics cards. In this lab, you bring your
# own network and PyTorch's together.
# First you make PyTorch compute *exactly* the same as your NumPy code, so that every loss agrees to
# six decimals and more.
# Then you use both to answer the questions of the lecture's lab session (D2): how do loss and
# accuracy depend on learning rate, batch size and optimizer?
# Both parts have the same difficulty: it takes care to make two runs that differ in one
# thing only.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `torch_layout`: convert weights from NumPy's layout to PyTorch's | 15 |
# | 2 | `torch_rule`: the course's optimizers with PyTorch's names | 20 |
# | 3 | `twin_history`: a run that can be repeated in another framework | 25 |
# | 4 | `grid` and `best_run`: runs that differ only where they should, and a choice that does not use the test set | 40 |
# | 5 | A question in words, which a person grades | 10 |
# | 6 | *A bonus, without points:* `numpy_layout`, weights from PyTorch's layout to NumPy's, also of other people's networks | |
# | 7 | *A bonus, without points:* `crc32c`, `varint`, `record`, `scalar_event` and `event_file`, a log file for TensorBoard, byte by byte | |
#
# **Time:** plan about 5 to 6 hours without the bonuses. This is only our estimate, so don't worry if
# you need more or less.
#
# **You need** only NumPy for everything that is graded. The cells marked *PyTorch* also need
# PyTorch. If you have not installed PyTorch, these cells print one line, and the notebook continues.
# You also need the following functions from earlier assignments. The notebook uses your own
# functions if it finds them. Otherwise it uses the course's functions:
#
# - 01: `affine_forward(x, w, b) -> out, cache` and `affine_backward(dout, cache) -> dx, dw, db`
# - 02: `relu_forward(x) -> out, cache` and `relu_backward(dout, cache) -> dx`
# - 03: `softmax_loss(x, y) -> loss, dx`
# - 05: `minibatches(N, B, rng, drop_last)`, `sgd(w, dw, config)` and `sgd_momentum(w, dw, config)
#   -> next_w, config`
# - 06: `adagrad`, `rmsprop`, `adadelta` and `adam`, each `(w, dw, config) -> next_w, config`, and
#   `ema(y, beta, bias_correction)`
#
# **Lecture note:** [Make two frameworks agree, then compare fairly](../../course/lab-pytorch.md).
# The lectures behind this lab are D2 (lab session, checklist, names in PyTorch) and D3
# (visualisation while training).

# %% [markdown] id="rules"
# ## What holds in every question
#
# Please read these rules once before you start, because the checks expect them in every question.
#
# - **Do not change your arguments:** the arrays, dictionaries and lists that you receive stay
#   unchanged.
# - **Keep the precision.** Your weights should have the same precision as the weights that you
#   receive: float32 stays float32, and float64 stays float64. For whole numbers, return float64.
# - **Accept any memory layout.** The arrays that you receive may be read-only, and they may be
#   slices or transposes of other arrays.
# - **Cause no warnings:** there must be no overflow and no invalid value, even if a run has diverged
#   and its loss is `nan` or infinite.
# - **Randomness** comes from seeds that you receive, never from `np.random` itself.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that names what
#   you got and what you expected.
#
# Every question has a cell for trying out your code, and a cell that checks it.
# The visible checks help you to find most mistakes. Grading uses more checks, with other inputs, and
# it never needs PyTorch.
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
        "This notebook needs the folder utils of lab-pytorch.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q lab-pytorch.zip, then "
        "%cd training-neural-networks/release/lab-pytorch, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

affine_forward, affine_backward = earlier("01-backprop", "affine_forward", "affine_backward")
relu_forward, relu_backward = earlier("02-activations", "relu_forward", "relu_backward")
softmax_loss = earlier("03-losses", "softmax_loss")
minibatches, sgd, sgd_momentum = earlier("05-optimizers", "minibatches", "sgd", "sgd_momentum")
adagrad, rmsprop, adadelta, adam, ema = earlier("06-adaptive", "adagrad", "rmsprop", "adadelta", "adam", "ema")

# %% nbgrader={"grade_id": "given", "locked": true}
import itertools
import os
import struct
from collections.abc import Callable

from utils import data
from utils.plotting import PALETTE, style
from utils.training import fit

np.set_printoptions(precision=4, suppress=True)
RULES = {"sgd": sgd, "sgd_momentum": sgd_momentum, "adagrad": adagrad, "rmsprop": rmsprop, "adadelta": adadelta, "adam": adam}
LIVE = "JPY_SESSION_NAME" in os.environ  # Jupyter says so to a notebook that somebody has open; set it to True if yours does not


def new_params(sizes: tuple[int, ...], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return weights by He's scheme and zero biases for layers of these sizes."""
    params = {}
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), start=1):
        params[f"w{k}"] = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
        params[f"b{k}"] = np.zeros(fan_out)
    return params


def accuracy(params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Return the accuracy of a network."""
    last, h = len(params) // 2, x
    for layer in range(1, last + 1):
        h = h @ params[f"w{layer}"] + params[f"b{layer}"]
        h = h if layer == last else np.maximum(h, 0)
    return float(np.mean(h.argmax(axis=1) == y)) if np.isfinite(h).all() else float("nan")


def draw_epochs(n: int, batch: int, count: int, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """Return the batches of `count` epochs; each epoch has a new order."""
    return [list(minibatches(n, batch, rng)) for _ in range(count)]


def one_layer(params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """Return the loss and gradients of a single affine layer, for `fit`."""
    scores, cache = affine_forward(x, params["w1"], params["b1"])
    loss, dscores = softmax_loss(scores, y)
    _, dw, db = affine_backward(dscores, cache)
    return loss, {"w1": dw, "b1": db}


# %% [markdown] id="pytorch-idea"
# ## PyTorch, if you have it
#
# *Lecture note: [Install PyTorch](../../course/lab-pytorch.md#install-pytorch).*
#
# The first line of the lecture's lab is "Install pytorch", so let's begin with it too. Open a
# terminal, activate the environment in which this notebook runs, and type:
#
# ```
# python -m pip install torch==2.13.0
# ```
#
# Be careful if you use Linux: this command installs a version for graphics cards, which needs
# several gigabytes. For this lab, the version for processors is all you need.
# The site pytorch.org shows the command for your system ("Compute Platform: CPU"). After the
# installation, restart the kernel. The next cell then tells you whether it has
# found PyTorch.

# %% id="pytorch" tags=["demo", "nbval-ignore-output"]
try:
    import torch
    from torch import nn

    torch.set_num_threads(1)  # a net this small is slower on several
    print(f"PyTorch {torch.__version__.partition('+')[0]} is here: the cells marked PyTorch will run.")
except (ImportError, OSError) as error:
    torch = None
    print(f"PyTorch is not here ({type(error).__name__}), and the cells marked PyTorch will be skipped. Nothing that is graded needs it.")
    print("To install it: python -m pip install torch==2.13.0, then restart the kernel.")

# %% [markdown] id="torch_layout-idea"
# ## 1 · Convert the weights
#
# *Lecture note: [Names in PyTorch](../../course/lab-pytorch.md#names-in-pytorch). Lecture: D2
# (names in PyTorch).*
#
# Let's begin with the same network in both frameworks. You know the network of this course, which
# is *affine → ReLU → affine → … → affine*. Its parameters are `w1`, `b1`, `w2`, `b2`, … Our weights
# have shape (in, out), because we store examples as rows: $h = x\thinspace w + b$. In PyTorch you
# would write
#
# ```
# net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
# ```
#
# and find its parameters in a dictionary, `net.state_dict()`, under `0.weight`, `0.bias`,
# `2.weight`, `2.bias`.
# The number in a name is the position of the module in the sequence, starting from 0. You might
# expect the second linear layer at 1, but it is at 2, because a ReLU has a position, too.
# The weight of an `nn.Linear` is what D0 and D1 call $W$, with shape (out, in), and from this weight
# PyTorch computes
#
# $$h = x\thinspace W^\top + b .$$
#
# There are two traps here. The first trap is the layout: if you *reshape* a weight to
# (out, in), it has the correct shape and loads without an error, but its values are in the wrong
# places.
# The same happens if you forget to transpose the weight of a square layer. No error message tells
# you about either mistake, so watch out for them yourself.
# The second trap is the order of the names: names that contain numbers are not sorted by their
# numbers. For example, `"10.weight"` comes before `"2.weight"`, and `"w10"`
# before `"w2"`.


# %% nbgrader={"grade_id": "torch_layout", "solution": true}
def torch_layout(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the parameters with the names and shapes of nn.Sequential.

    Args:
        params: "w1" (D, H1), "b1" (H1,), "w2" (H1, H2), ... of L layers, in any order.

    Returns:
        "0.weight" (H1, D), "0.bias" (H1,), "2.weight", ... in the order of the layers,
            weight before bias. Each is a new contiguous array (rows one after the other
            in memory); a later change of it must not change params.

    Raises:
        ValueError: a name of "w1", "b1", ..., "wL", "bL" is missing, there is another
            name, or a shape does not fit; the message names this parameter.
    """
    ### BEGIN SOLUTION
    layers = sum(name.startswith("w") for name in params)
    expected = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "wb"]
    if wrong := sorted(set(expected) ^ set(params)):
        raise ValueError(f"{', '.join(wrong)} missing or too many, expected {', '.join(expected)}")
    state = {}
    for k in range(1, layers + 1):
        w, b = params[f"w{k}"], params[f"b{k}"]
        if w.ndim != 2 or (k > 1 and len(w) != params[f"w{k - 1}"].shape[1]):
            raise ValueError(f"w{k} has shape {w.shape}, expected (in, out) with the in that layer {k - 1} gives")
        if b.shape != w.shape[1:]:
            raise ValueError(f"b{k} has shape {b.shape}, expected {w.shape[1:]} for w{k} of shape {w.shape}")
        for kind, value in (("weight", w.T), ("bias", b)):
            state[f"{2 * (k - 1)}.{kind}"] = np.array(value, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C")
    return state
    ### END SOLUTION


# %% [markdown] id="torch_layout-given-idea"
# Please run the next cell before the checks. They need its function to test how your arrays
# are stored in memory.


# %% nbgrader={"grade_id": "torch_layout-given", "locked": true}
def in_rows(params):
    """Return whether each array of the state is contiguous, row after row."""
    return {name: bool(value.flags.c_contiguous) for name, value in torch_layout(params).items()}


# %% id="torch_layout-try" tags=["demo"]
with attempt("torch_layout"):
    params = {"w1": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "b1": np.array([7.0, 8.0, 9.0]), "w2": np.ones((3, 1)), "b2": np.zeros(1)}
    for name, value in torch_layout(params).items():
        print(f"{name:9} {value.shape!s:7}", value.tolist())

# %% nbgrader={"grade_id": "torch_layout-check", "grade": true, "points": 15}
with check("torch_layout") as c:
    w1, b1 = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0, 30.0])
    params = {"b2": np.array([5.0, -5.0, 1.0]), "w2": np.arange(9.0).reshape(3, 3), "w1": w1, "b1": b1}
    state = torch_layout(params)
    c.equal("the names, in order", list(state), ["0.weight", "0.bias", "2.weight", "2.bias"], "A ReLU has a position, too.")
    if c.shape("0.weight", state["0.weight"], (3, 2)):
        c.close(
            "0.weight",
            state["0.weight"],
            [[0, 3], [1, 4], [2, 5]],
            hint="W[j, i] is w[i, j]. A reshape does not change the order in memory.",
        )
    c.close(
        "2.weight, of a square layer", state["2.weight"], [[0, 3, 6], [1, 4, 7], [2, 5, 8]], hint="A square weight must be transposed, too."
    )
    c.close("2.bias", state["2.bias"], [5, -5, 1])
    c.true(
        "each is contiguous",
        all(value.flags.c_contiguous for value in state.values()),
        "A transpose is only a view. Make a contiguous copy.",
    )
    c.true(
        "none shares memory with params",
        not any(np.shares_memory(value, old) for value in state.values() for old in params.values()),
        "If somebody trains the copy in place, your weights would change, too.",
    )
    deep = {f"{kind}{k}": np.full((1, 1) if kind == "w" else 1, float(k)) for k in range(1, 12) for kind in "wb"}
    c.equal(
        "eleven layers, in order", [float(value.flat[0]) for value in torch_layout(deep).values()], [k for k in range(1, 12) for _ in "wb"]
    )
    c.equal("the dtype for float32", torch_layout({"w1": np.float32(w1), "b1": np.float32(b1)})["0.weight"].dtype, np.dtype("float32"))
    c.raises("a missing b1 is refused", ValueError, torch_layout, {"w1": w1})
    c.raises("a b1 of shape (2,) is refused", ValueError, torch_layout, {"w1": w1, "b1": b1[:2]})
    c.raises("a b1 of shape (1, 3) is refused", ValueError, torch_layout, {"w1": w1, "b1": b1[None]})
    c.raises("a w2 that does not take what w1 gives is refused", ValueError, torch_layout, {**params, "w2": np.ones((4, 3))})

# %% [markdown] id="torch_layout-see"
# **What does a weight look like, and what remains after a wrong reshape?** You can think of one
# affine layer on the digits as ten templates. Let's draw the 64 weights of a class as an image:
# it is bright where ink supports this class, and dark where ink contradicts it.
# The upper row shows the rows of your `0.weight`. You can recognise the hole in the middle of
# 0, and the grey edge, where no digit has ink.
# The lower row shows the same array, but *reshaped* to (10, 64) instead of transposed. The
# shape is correct, and `load_state_dict` accepts the array. But each row now contains ten
# neighbouring values, one of each class, then the next ten, and so on.
# So every template has become a mixture of all classes. Below the images, the cell prints how much
# accuracy this mistake costs you.

# %% id="torch_layout-plot" tags=["demo"]
with attempt("torch_layout"):
    digits = data.digits()
    empty = {"w1": np.zeros((64, 10)), "b1": np.zeros(10)}
    templates, _ = fit(empty, one_layer, sgd_momentum, {"learning_rate": 0.1}, digits.x_train, digits.y_train, steps=300)
    turned = torch_layout(templates)["0.weight"]  # (10, 64)
    reshaped = templates["w1"].reshape(10, 64)
    shares = [np.mean((digits.x_dev @ w.T + templates["b1"]).argmax(axis=1) == digits.y_dev) for w in (turned, reshaped)]
    print(f"share of the dev set right, as PyTorch computes it: yours {shares[0]:.2f}, reshaped {shares[1]:.2f}")
    with style():
        fig, axes = plt.subplots(2, 10, figsize=(10, 2.5))
        for row, rows in zip(axes, (turned, reshaped), strict=True):
            for label, (ax, weights) in enumerate(zip(row, rows, strict=True)):
                ax.imshow(weights.reshape(8, 8), cmap="gray", vmin=-1.2, vmax=1.2)
                ax.set(xticks=[], yticks=[], title=label if row is axes[0] else "")
        axes[0, 0].set_ylabel("turned")
        axes[1, 0].set_ylabel("reshaped")
    show(
        fig,
        "Two rows of ten small images of weights. Above, the turned weights show smooth templates of the digits 0 to 9, grey at the edges. "
        "Below, the reshaped ones are noise.",
    )

# %% [markdown] id="torch_rule-idea"
# ## 2 · The same optimizer with other names
#
# *Lecture note: [Four things in which twins must
# agree](../../course/lab-pytorch.md#four-things-in-which-twins-must-agree). Lecture: D2 (optimizers
# in PyTorch).*
#
# You will recognise `torch.optim.SGD`, `Adagrad`, `RMSprop`, `Adadelta` and `Adam`, because you
# wrote these optimizers in assignments 05 and 06. But PyTorch's settings have other names, and
# **PyTorch's defaults are not always the course's defaults**. So to be safe, pass every setting
# that your optimizer has.
# Let's start with the course's settings, which you know; their defaults are in brackets:
#
# | optimizer | settings |
# |---|---|
# | `sgd` | `learning_rate` |
# | `sgd_momentum`, `nesterov` | `learning_rate`, `momentum` (0.9) |
# | `ema_momentum`, D1's form: $v_t = \beta v_{t-1} + (1-\beta)\thinspace g_t$, from $v_{-1} = 0$; $x_{t+1} = x_t - \alpha v_t$ | `learning_rate`, `beta` (0.9) |
# | `adagrad` | `learning_rate` (0.01), `eps` (1e-8) |
# | `rmsprop` | `learning_rate` (0.01), `decay_rate` (0.99), `eps` (1e-8) |
# | `adadelta` | `learning_rate` (1.0), `decay_rate` (0.95), `eps` (1e-6) |
# | `adam` | `learning_rate` (0.001), `beta1` (0.9), `beta2` (0.999), `eps` (1e-8) |
#
# Now compare them with PyTorch's settings and their defaults (version 2.13):
#
# | class | settings |
# |---|---|
# | `SGD` | `lr` (0.001), `momentum` (0), `dampening` (0), `nesterov` (False; True is refused unless `momentum` is above 0 and `dampening` is 0), `weight_decay` (0) |
# | `Adagrad` | `lr` (0.01), `eps` (1e-10), `weight_decay` (0) |
# | `RMSprop` | `lr` (0.01), `alpha` (0.99), `eps` (1e-8), `weight_decay` (0) |
# | `Adadelta` | `lr` (1.0), `rho` (0.9), `eps` (1e-6), `weight_decay` (0) |
# | `Adam`, `AdamW` | `lr` (0.001), `betas` (0.9, 0.999), `eps` (1e-8), `weight_decay` (0 in `Adam`, 0.01 in `AdamW`) |
#
# Please look closely at the buffer of `SGD`. Its **first** value is the
# first gradient itself.
# After that, $v_t = \text{momentum} \cdot v_{t-1} + (1 - \text{dampening}) \cdot g_t$, and always
# $x_{t+1} = x_t - \text{lr} \cdot v_t$.
# (Think about this first value before you use `dampening` for D1's form of momentum. There is
# another translation of D1's form, and that one is exact.)
#
# A config may contain two more settings. The setting `reg` is the strength of an L2 penalty
# $\tfrac12\thinspace \text{reg} \sum w^2$, whose gradient we add to the gradient of the loss. Any
# optimizer may have this setting.
# The setting `decay` is decoupled weight decay: at each step $w$ shrinks by the factor
# $1 - \text{learning rate} \cdot \text{decay}$, separately from the update. PyTorch has decoupled
# decay for Adam only. For each class, find out which of the two settings its
# `weight_decay` is.
# Be careful with D2's slide on weight decay, which shows
# `torch.optim.Adam(params, …, weight_decay=0.01)`. This call does *not* perform the update that
# is printed above it (erratum 14 in the course's conventions).

# %% [markdown] id="torch_rule-given-idea"
# To save you some typing, we have put the first table into code. The function `with_defaults` of
# the next cell adds the course's defaults to a config, and refuses an unknown rule or setting. For
# example, `with_defaults("adagrad", {"learning_rate": 0.1})` returns
# `{"learning_rate": 0.1, "eps": 1e-08}`.
# Call `with_defaults` at the beginning of your `torch_rule`.


# %% nbgrader={"grade_id": "torch_rule-given", "locked": true}
def with_defaults(rule: str, config: dict[str, float]) -> dict[str, float]:
    """Return a rule's config in a new dict, with the course's defaults for what it lacks.

    Args:
        rule: a rule of the first table.
        config: settings of the rule by name; may also hold "reg" and, for "adam", "decay".

    Raises:
        ValueError: the rule is unknown; the config has an unknown setting; "learning_rate" is
            missing and has no default; or config holds both "reg" and "decay" (PyTorch has no such
            optimizer). The message names it.
    """
    known = {
        "sgd": {"learning_rate": None},
        "sgd_momentum": {"learning_rate": None, "momentum": 0.9},
        "nesterov": {"learning_rate": None, "momentum": 0.9},
        "ema_momentum": {"learning_rate": None, "beta": 0.9},
        "adagrad": {"learning_rate": 0.01, "eps": 1e-8},
        "rmsprop": {"learning_rate": 0.01, "decay_rate": 0.99, "eps": 1e-8},
        "adadelta": {"learning_rate": 1.0, "decay_rate": 0.95, "eps": 1e-6},
        "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    }
    if rule not in known:
        raise ValueError(f"rule is {rule!r}, expected one of {', '.join(known)}")
    allowed = {*known[rule], "reg", *(["decay"] if rule == "adam" else [])}
    if unknown := config.keys() - allowed:
        raise ValueError(f"{rule} has no {', '.join(sorted(unknown))}, expected settings among {', '.join(sorted(allowed))}")
    if "reg" in config and "decay" in config:
        raise ValueError("both reg and decay are given, expected one of them at most")
    now = known[rule] | config
    if now["learning_rate"] is None:
        raise ValueError(f"learning_rate is missing, expected it in the config of {rule}")
    return now


# %% nbgrader={"grade_id": "torch_rule", "solution": true}
def torch_rule(rule: str, config: dict[str, float]) -> tuple[str, dict]:
    """Return the class of torch.optim and the settings that equal a rule of the course.

    Args:
        rule: "sgd", "sgd_momentum", "nesterov", "ema_momentum", "adagrad", "rmsprop",
            "adadelta" or "adam".
        config: settings of the rule by name, as in the first table; may also hold "reg"
            or, for "adam", "decay". What is missing has the course's default.

    Returns:
        name: name of the class, for example "SGD"; and settings: its keyword arguments
            by name.
    """
    ### BEGIN SOLUTION
    now = with_defaults(rule, config)
    settings = {"lr": now["learning_rate"]}
    if rule in ("sgd_momentum", "nesterov"):
        settings["momentum"] = now["momentum"]
    if rule == "nesterov" and now["momentum"] > 0:  # PyTorch refuses a Nesterov without momentum, which is plain descent
        settings["nesterov"] = True
    if rule == "ema_momentum":
        settings = {"lr": now["learning_rate"] * (1 - now["beta"]), "momentum": now["beta"]}
    if "eps" in now:
        settings["eps"] = now["eps"]
    if rule == "rmsprop":
        settings["alpha"] = now["decay_rate"]
    if rule == "adadelta":
        settings["rho"] = now["decay_rate"]
    if rule == "adam":
        settings["betas"] = (now["beta1"], now["beta2"])
    if "reg" in now or "decay" in now:
        settings["weight_decay"] = now.get("reg", now.get("decay"))
    names = {"adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "AdamW" if "decay" in now else "Adam"}
    return names.get(rule, "SGD"), settings
    ### END SOLUTION


# %% id="torch_rule-try" tags=["demo"]
with attempt("torch_rule"):
    for rule, config in (("sgd_momentum", {"learning_rate": 0.1}), ("adagrad", {}), ("ema_momentum", {"learning_rate": 0.5, "beta": 0.8})):
        name, settings = torch_rule(rule, config)
        print(f"{rule}: torch.optim.{name}(parameters, {', '.join(f'{key}={value:g}' for key, value in settings.items())})")

# %% nbgrader={"grade_id": "torch_rule-check", "grade": true, "points": 20}
with check("torch_rule") as c:

    def has(rule, config, name, **wanted):
        got_name, got = torch_rule(rule, config)
        c.equal(f"the class for {rule}", got_name, name)
        for key, value in wanted.items():
            right = key in got and np.allclose(got[key], value, rtol=1e-12, atol=0)
            c.true(
                f"{rule} with {config or 'no settings'}: {key} is right", right, "" if key in got else "Your settings do not contain it."
            )

    has("sgd", {"learning_rate": 0.5}, "SGD", lr=0.5)
    has("sgd_momentum", {"learning_rate": 0.5}, "SGD", lr=0.5, momentum=0.9)
    has("nesterov", {"learning_rate": 0.5, "momentum": 0.7}, "SGD", lr=0.5, momentum=0.7, nesterov=True)
    _, plain = torch_rule("nesterov", {"learning_rate": 0.5, "momentum": 0})
    c.true(
        "nesterov with momentum 0 does not set nesterov=True", not plain.get("nesterov"), "PyTorch refuses nesterov=True without momentum."
    )
    has("adagrad", {}, "Adagrad", lr=0.01, eps=1e-8)
    has("rmsprop", {"decay_rate": 0.9, "eps": 0.1}, "RMSprop", lr=0.01, alpha=0.9, eps=0.1)
    has("adadelta", {}, "Adadelta", lr=1.0, rho=0.95, eps=1e-6)
    has("adam", {"beta2": 0.99}, "Adam", lr=0.001, betas=(0.9, 0.99), eps=1e-8)
    has("adam", {"decay": 0.2}, "AdamW", lr=0.001, weight_decay=0.2)
    has("adam", {"reg": 0.2}, "Adam", weight_decay=0.2)
    has("sgd", {"learning_rate": 0.5, "reg": 0.2}, "SGD", lr=0.5, weight_decay=0.2)

    _, settings = torch_rule("ema_momentum", {"learning_rate": 0.5, "beta": 0.8})
    lr, momentum, dampening = settings.get("lr", 0.001), settings.get("momentum", 0.0), settings.get("dampening", 0.0)
    gradients, ours, theirs = [2.0, -1.0, 3.0], [], []
    average, x, buffer, twin = 0.0, 0.0, None, 0.0
    for g in gradients:
        average = 0.8 * average + 0.2 * g
        x -= 0.5 * average
        buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
        twin -= lr * buffer
        ours.append(x)
        theirs.append(twin)
    c.close(
        "D1's form: the first step that SGD takes with your settings",
        theirs[0],
        ours[0],
        hint="The first value of the buffer is the gradient, without dampening.",
    )
    c.close("and three steps of it", np.array(theirs), ours)
    config = {"beta1": 0.5, "decay": 0.1}
    torch_rule("adam", config)
    c.equal("config, afterwards", config, {"beta1": 0.5, "decay": 0.1}, "Change a copy, not the config itself.")

# %% [markdown] id="torch_rule-see"
# **One name with a different meaning.** The plot shows D1's momentum on the parabola $x^2/2$
# with $\beta = 0.9$, and two ways to write this momentum with PyTorch's `SGD`.
# You might expect `dampening=0.9` to be right, because D1's formula multiplies the gradient by
# $1 - \beta$. But there is a catch: PyTorch does not damp the first step.
# So the first step of the orange path is ten times too long, and its effect is visible for thirty
# steps. With the settings of your `torch_rule`, PyTorch follows D1's path exactly.

# %% id="torch_rule-plot" tags=["demo"]
with attempt("torch_rule"):

    def sgd_path(lr, momentum=0.0, dampening=0.0, steps=60):
        """PyTorch's SGD on the parabola, from 1."""
        x, buffer, path = 1.0, None, [1.0]
        for _ in range(steps):
            buffer = x if buffer is None else momentum * buffer + (1 - dampening) * x
            x -= lr * buffer
            path.append(x)
        return np.array(path)

    average, path = 0.0, [1.0]
    for _ in range(60):
        average = 0.9 * average + 0.1 * path[-1]
        path.append(path[-1] - 0.3 * average)
    settings = torch_rule("ema_momentum", {"learning_rate": 0.3, "beta": 0.9})[1]
    mine, damped = sgd_path(**settings), sgd_path(0.3, 0.9, 0.9)
    print(f"greatest distance from D1's path: yours {np.abs(mine - path).max():.2f}, with dampening {np.abs(damped - path).max():.2f}")
    with style():
        fig, ax = plt.subplots()
        ax.plot(path, color=PALETTE[6], linewidth=1, label="D1's form")
        ax.plot(mine, "o", markersize=3.5, color=PALETTE[0], label="SGD with your settings")
        ax.plot(damped, color=PALETTE[1], label="SGD with dampening=0.9")
        ax.set(xlabel="step", ylabel="x, minimum at 0")
        ax.legend()
    show(
        fig,
        "x over 60 steps, a damped oscillation around 0. Dots of SGD with the right settings lie on D1's line; with dampening the first step "
        "is ten times as long and the whole curve is shifted.",
    )

# %% [markdown] id="torch_rule-pytorch-idea"
# **PyTorch.** Now you can test your settings against the real PyTorch. This cell takes sixty
# steps on the same random gradients in float64, with your settings in PyTorch and with the course's
# own optimizers.
# The last column shows what it costs to trust the defaults: it is the difference that results
# if you pass only the learning rate and leave the other settings to PyTorch.

# %% id="torch_rule-pytorch" tags=["demo", "nbval-ignore-output"]
if torch is None:
    print("Skipped: this cell needs PyTorch.")
else:
    with attempt("torch_rule"):
        rng = np.random.default_rng(3)
        start, gradients = rng.normal(size=20), rng.normal(size=(60, 20)) * 10.0 ** rng.uniform(-6, 0, 20)

        def torch_walk(name, settings):
            leaf = torch.tensor(start.copy(), requires_grad=True)
            optimizer = getattr(torch.optim, name)([leaf], **settings)
            for g in gradients:
                leaf.grad = torch.tensor(g)
                optimizer.step()
            return leaf.detach().numpy()

        for rule, update in RULES.items():
            w, memory = start, {"learning_rate": 0.05}
            for g in gradients:
                w, memory = update(w, g, memory)
            name, settings = torch_rule(rule, {"learning_rate": 0.05})
            yours, careless = (np.abs(torch_walk(name, given) - w).max() for given in (settings, {"lr": 0.05}))
            print(f"{rule:12} greatest difference with your settings {yours:.0e}, with PyTorch's defaults {careless:.0e}")

# %% [markdown] id="twin_history-idea"
# ## 3 · A run that can be repeated in another framework
#
# *Lecture note: [Four things in which twins must
# agree](../../course/lab-pytorch.md#four-things-in-which-twins-must-agree) and [When two runs
# part](../../course/lab-pytorch.md#when-two-runs-part-the-step-tells-why).*
#
# If we run the same training in two frameworks, we call the two runs **twins**. Twins must agree
# in four things, and you already have two of them: equal weights and equal
# optimizers.
# The third is **the data in the same order**. A seed does not help you here, because the random
# generators of two frameworks never agree. So draw the order once and pass the same index arrays to
# both.
# The fourth is **the loss**. It has to be the mean over the batch of a cross-entropy that takes
# *scores*.
# (Both `nn.CrossEntropyLoss` and your `softmax_loss` take scores, so you are safe here.)
#
# So your `twin_history` must not draw any random numbers. The function receives weights and, for
# each epoch, a list of batches. It trains the network, and records the loss of each batch *before*
# the step on this batch.
# Give every parameter its own optimizer state (velocity, moments). Keep this state through all
# batches and all epochs.


# %% nbgrader={"grade_id": "twin_history", "solution": true}
def twin_history(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    epochs: list[list[np.ndarray]],
    rule: str | Callable,
    config: dict,
    evaluate: Callable | None = None,
) -> tuple[list[float], list, dict[str, np.ndarray]]:
    """Train affine -> ReLU -> ... -> affine -> softmax loss on given batches.

    Args:
        params: "w1" (D, H1), "b1" (H1,), ..., "wL", "bL"; L is 1 or more.
        x: (N, D); y: (N,) labels.
        epochs: for each epoch the index arrays of its batches, which may differ in
            size.
        rule: a name in RULES, or a function rule(w, dw, config) -> next_w, config;
            called once per parameter and step.
        config: settings of the optimizer; each parameter starts with its own copy.
        evaluate: called as evaluate(params) after each epoch; its result is recorded.

    Returns:
        losses: one number per batch, the mean over the batch before its step.
        found: the results of evaluate, one per epoch; empty without evaluate.
        params: the trained parameters, in a new dict.
    """
    ### BEGIN SOLUTION
    update = RULES[rule] if isinstance(rule, str) else rule
    now, memory = dict(params), {name: dict(config) for name in params}
    layers, losses, found = len(params) // 2, [], []
    for epoch in epochs:
        for batch in epoch:
            h, caches, grads = x[batch], [], {}
            for k in range(1, layers + 1):
                h, affine_cache = affine_forward(h, now[f"w{k}"], now[f"b{k}"])
                relu_cache = None
                if k < layers:
                    h, relu_cache = relu_forward(h)
                caches.append((affine_cache, relu_cache))
            loss, dh = softmax_loss(h, y[batch])
            for k in range(layers, 0, -1):
                affine_cache, relu_cache = caches[k - 1]
                if k < layers:
                    dh = relu_backward(dh, relu_cache)
                dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            for name in now:
                now[name], memory[name] = update(now[name], grads[name], memory[name])
            losses.append(float(loss))
        if evaluate is not None:
            found.append(evaluate(dict(now)))
    return losses, found, now
    ### END SOLUTION


# %% [markdown] id="twin_history-given-idea"
# At which step do two histories separate? The function `matched` in the next cell tells you.
# We want to compare losses near 0 absolutely, and losses in the thousands relatively. To do both,
# `matched` defines the error at step $t$ as
#
# $$e_t = \frac{|a_t - b_t|}{\max(1, |a_t|, |b_t|)},$$
#
# and we say that two histories separate at the first step with $e_t >$ `tol`.
# For example, the losses 2.000000 and 2.000004 have the error $e_t = 2 \cdot 10^{-6}$.
# While you read the code, look at how it treats runs that diverge. Two losses of `nan` agree, and
# two losses of $\infty$ agree too. A `nan` and a number do not agree, although *every comparison
# with nan is false*. If two losses are not finite and do not agree, $e_t = \infty$.


# %% nbgrader={"grade_id": "twin_history-given", "locked": true}
def matched(
    ours: list[float],
    theirs: list[float],
    tol: float = 1e-6,
) -> tuple[int | None, float]:
    """Return where two histories separate, and their largest error.

    Args:
        ours, theirs: losses, one per step; lists or arrays, of any float type.
        tol: largest error e_t that counts as equal.

    Returns:
        step: the first step, counted from 0, with e_t > tol; None if there is none.
        worst: the largest e_t of all steps; 0 if there are none.

    Raises:
        ValueError: the histories have different lengths; the message names both.
    """
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} losses, expected as many of one as of the other")
    finite = np.isfinite(a) & np.isfinite(b)
    size = np.maximum(1, np.maximum(np.abs(a[finite]), np.abs(b[finite])))
    error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.inf)
    error[finite] = np.abs(a[finite] / size - b[finite] / size)
    apart = np.flatnonzero(error > tol)
    return (int(apart[0]) if apart.size else None), float(error.max(initial=0.0))


# %% id="twin_history-try" tags=["demo"]
with attempt("twin_history"):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0])
    two_epochs = [[np.array([0, 1, 2, 3]), np.array([4, 5])], [np.array([5, 4, 3, 2]), np.array([1, 0])]]
    losses, found, trained = twin_history(
        new_params((3, 4, 2), rng), x, y, two_epochs, "sgd", {"learning_rate": 0.5}, lambda params: accuracy(params, x, y)
    )
    print("losses", np.round(losses, 4), "accuracy after each epoch", np.round(found, 2), "parameters", list(trained))
    print("if one loss differs by 0.01, matched gives", matched(losses, [losses[0], losses[1], losses[2] + 0.01, losses[3]]))

# %% nbgrader={"grade_id": "twin_history-check", "grade": true, "points": 25}
with check("twin_history") as c:
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(7, 3)), np.array([0, 1, 2, 0, 1, 2, 0])
    start = {"w1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4), "w2": rng.normal(size=(4, 3)), "b2": rng.normal(size=3)}
    before = {name: value.copy() for name, value in start.items()}
    plan = [[np.array([0, 1, 2, 3]), np.array([4, 5, 6])], [np.array([6, 2, 4, 0]), np.array([5, 1, 3])]]

    def loss_of(params, batch):
        scores = np.maximum(x[batch] @ params["w1"] + params["b1"], 0) @ params["w2"] + params["b2"]
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(batch)), y[batch]])

    def stay(w, dw, config):
        return w, config

    losses, found, _ = twin_history(start, x, y, plan, stay, {})
    c.close("losses if the optimizer does nothing", np.array(losses), [loss_of(start, batch) for epoch in plan for batch in epoch])
    c.equal("found without evaluate", list(found), [])
    losses, found, trained = twin_history(start, x, y, plan, "sgd", {"learning_rate": 0.3}, lambda params: loss_of(params, np.arange(7)))
    c.close("the first loss", losses[0], loss_of(start, plan[0][0]), hint="Record the loss of this batch before its step.")
    c.equal("the number of calls of evaluate, once per epoch,", len(found), 2)
    c.close(
        "the last result of evaluate", found[-1], loss_of(trained, np.arange(7)), hint="Call evaluate after the last step of the epoch."
    )
    for name in start:

        def moved(value, name=name):
            return loss_of({**start, name: value}, plan[0][0])

        _, _, once = twin_history(start, x, y, [[plan[0][0]]], "sgd", {"learning_rate": 1.0})
        c.gradient(f"the first step of {name}, backwards,", start[name] - once[name], moved, start[name])

    def counting(w, dw, config):
        config["t"] = config.get("t", 0) + 1
        return w - config["learning_rate"] / config["t"] * dw, config

    config = {"learning_rate": 0.3}
    _, _, trained = twin_history(start, x, y, plan, counting, config)
    by_hand = dict(start)
    for t, batch in enumerate((batch for epoch in plan for batch in epoch), start=1):
        _, _, stepped = twin_history(by_hand, x, y, [[batch]], "sgd", {"learning_rate": 0.3 / t})
        by_hand = stepped
    c.close(
        "w1 with an optimizer that counts its steps",
        trained["w1"],
        by_hand["w1"],
        hint="Each parameter has its own config, from the first epoch to the last.",
    )
    twin_history(start, x, y, plan, "adam", config)
    c.equal("config, afterwards", config, {"learning_rate": 0.3}, "Give each parameter its own copy.")
    _, _, together = twin_history(start, x, y, plan, "sgd_momentum", {"learning_rate": 0.1})
    velocity, pushed = {name: np.zeros_like(value) for name, value in start.items()}, dict(start)
    for batch in (batch for epoch in plan for batch in epoch):
        _, _, stepped = twin_history(pushed, x, y, [[batch]], "sgd", {"learning_rate": 1.0})
        for name in start:
            velocity[name] = 0.9 * velocity[name] + pushed[name] - stepped[name]
            pushed[name] = pushed[name] - 0.1 * velocity[name]
    for name in ("w1", "b1", "b2"):
        c.close(f"{name} with momentum", together[name], pushed[name], hint="Does each parameter have its own velocity?")
    for name, value in start.items():
        c.unchanged(name, value, before[name])

# %% [markdown] id="twin_history-see"
# **The step at which twins separate tells you why.** The plot shows six twins of the same run:
# momentum on the digits, three epochs in batches of 100.
# Each twin contains one mistake that you might make yourself when you move a network from
# one framework to the other. For each curve of $e_t$, look for the step at which the curve crosses
# the dashed line, `tol`. This step tells you where to search:
#
# - From **step 0** on: the weights, the data or the loss are different, because nothing has been
#   learnt yet.
# - From **step 1** on: the first update is wrong, so check the gradient, the learning rate and the
#   update rule.
# - From **step 2** on: the first update was correct and the second is not, so some *state* is wrong
#   (the state of the optimizer, or gradients that you did not set back to zero).
# - From **the end of the first epoch** on: the batches differ. In our example, one of the two runs
#   drops the last, shorter batch.
# - The curve stays at about $10^{-8}$ and never reaches `tol`: nothing is wrong, because one of the
#   two runs uses float32.

# %% id="twin_history-plot" tags=["demo"]
with attempt("twin_history"):
    digits = data.digits()
    start = new_params((64, 32, 10), np.random.default_rng(1))
    rng = np.random.default_rng(2)
    plan = draw_epochs(len(digits.x_train), 100, 3, rng)
    full = len(plan[0])

    def run(params=start, x=digits.x_train, epochs=plan, rule="sgd_momentum", **config):
        return twin_history(params, x, digits.y_train, epochs, rule, {"learning_rate": 0.1, **config})[0]

    def never_zeroed(w, dw, config):
        config["sum"] = config.get("sum", 0.0) + dw  # what .backward() does if nobody calls zero_grad
        return sgd_momentum(w, config["sum"], config)

    def damped(w, dw, config):
        config["t"] = config.get("t", 0) + 1
        return sgd_momentum(w, dw if config["t"] == 1 else 0.1 * dw, config)

    def dropped(epochs):
        return [[batch for batch in epoch if len(batch) == 100] for epoch in epochs]

    ours = run()
    reshaped = {**start, "w1": start["w1"].T.reshape(64, 32)}
    twins = {
        "weights reshaped": run(params=reshaped),
        "learning rate 0.11": run(learning_rate=0.11),
        "gradients never zeroed": run(rule=never_zeroed),
        "dampening": run(rule=damped),
        "last batch dropped": run(epochs=dropped(plan)),
        "float32": run(params={name: np.float32(value) for name, value in start.items()}, x=np.float32(digits.x_train)),
    }
    for label, theirs in twins.items():
        length = min(len(ours), len(theirs))
        step, worst = matched(ours[:length], theirs[:length], 1e-4)
        print(f"{label}: " + ("never apart by more than 1e-4" if step is None else f"apart from step {step} on"))
    with style():
        fig, axes = plt.subplots(2, 3, figsize=(10, 4.6), sharex=True, sharey=True)
        for ax, (label, theirs), color in zip(
            axes.flat, twins.items(), (PALETTE[1], PALETTE[3], PALETTE[5], PALETTE[2], PALETTE[4], PALETTE[0]), strict=True
        ):
            errors = [max(matched(ours[t : t + 1], theirs[t : t + 1])[1], 1e-17) for t in range(min(len(ours), len(theirs)))]
            ax.semilogy(errors, ".-", markersize=4, linewidth=1, color=color)
            ax.axhline(1e-6, color=PALETTE[6], linestyle="--", linewidth=1)
            ax.set(title=label, ylim=(1e-17, 10), yticks=[1e-15, 1e-10, 1e-5, 1])
        fig.supxlabel("step")
        fig.supylabel("error $e_t$ between the two losses")
    show(
        fig,
        "Six panels of the difference between two runs' losses over the step, logarithmic. Reshaped weights differ from step 0; a wrong rate "
        "from step 1; gradients never zeroed and dampening from step 2; a dropped batch from the end of the first epoch; float32 stays below 1e-6.",
    )

# %% [markdown] id="twin_history-torch-idea"
# **PyTorch.** Now let's run the twin itself. Please read the loop first, because nearly every
# training in PyTorch looks like this, also the tutorial that D2 links. None of its lines
# should frighten you: you have done the work of each line by hand.
# The call `loss.backward()` computes the gradients for you, as you did in assignment 01. How can
# PyTorch do this? While it computes the loss, each operation creates a node that knows its own
# backward function and the nodes it came from.
# In the second cell, we follow this graph from the loss back to the first weight (D3: "visualizing
# computational graphs"). The printed nodes are your layers in reverse order.

# %% id="twin_history-torch" tags=["demo", "nbval-ignore-output"]
if torch is None:
    print("Skipped: this cell needs PyTorch.")
else:

    def torch_net(params):
        """The same network, with the same weights and of the same precision."""
        modules = []
        for k in range(1, len(params) // 2 + 1):
            modules += [nn.Linear(*params[f"w{k}"].shape), nn.ReLU()]
        net = nn.Sequential(*modules[:-1]).to(torch.from_numpy(params["w1"]).dtype)
        net.load_state_dict({name: torch.from_numpy(value) for name, value in torch_layout(params).items()})
        return net

    def course_params(net):
        """The network's parameters with the course's names and shapes, as new arrays."""
        layers = [module for module in net if isinstance(module, nn.Linear)]
        named = [(f"{kind}{k}", value) for k, layer in enumerate(layers, start=1) for kind, value in (("w", layer.weight), ("b", layer.bias))]
        return {name: value.detach().numpy().T.copy() for name, value in named}

    def torch_history(params, x, y, epochs, rule, config, evaluate=None):
        """What twin_history does, done by PyTorch; rule is a name."""
        net = torch_net(params)
        name, settings = torch_rule(rule, config)
        optimizer = getattr(torch.optim, name)(net.parameters(), **settings)
        criterion = nn.CrossEntropyLoss()  # of scores: softmax and logarithm are inside, and the mean over the batch
        images, labels = torch.from_numpy(x.astype(params["w1"].dtype)), torch.from_numpy(y)
        losses, found = [], []
        for epoch in epochs:
            for batch in epoch:
                outputs = net(images[batch])
                loss = criterion(outputs, labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            if evaluate is not None:
                found.append(evaluate(course_params(net)))
        return losses, found, course_params(net)

    with attempt("twin_history"):
        for rule, rate in (("sgd", 0.1), ("sgd_momentum", 0.1), ("adagrad", 0.05), ("rmsprop", 0.003), ("adadelta", 1.0), ("adam", 0.003)):
            settings = {"learning_rate": rate}
            ours, _, mine = twin_history(start, digits.x_train, digits.y_train, plan, rule, settings)
            theirs, _, twins_own = torch_history(start, digits.x_train, digits.y_train, plan, rule, settings)
            step, worst = matched(ours, theirs, 1e-6)
            far = max(np.abs(mine[name] - twins_own[name]).max() for name in mine)
            verdict = "matched to 1e-6" if step is None else f"apart from step {step} on"
            print(f"{rule:12} {len(ours)} losses {verdict}, worst {worst:.0e}; weights at the end differ by {far:.0e}")

# %% id="twin_history-graph" tags=["demo", "nbval-ignore-output"]
if torch is None:
    print("Skipped: this cell needs PyTorch.")
else:
    with attempt("torch_layout"):
        loss = nn.CrossEntropyLoss()(torch_net(start)(torch.from_numpy(digits.x_train[:5])), torch.from_numpy(digits.y_train[:5]))
        node, steps = loss.grad_fn, []
        while node is not None:
            steps.append(type(node).__name__.replace("Backward0", ""))
            inner = [
                parent
                for parent, _ in node.next_functions
                if parent is not None and type(parent).__name__ not in ("AccumulateGrad", "TBackward0")
            ]
            node = inner[0] if inner else None
        print("from the loss back to the data:", " -> ".join(steps))

# %% [markdown] id="twin_history-chaos-idea"
# **Runs that nobody can repeat.** Twins agree except for the last one or two bits. You can't hope
# for more, because two libraries add the same values in a different order and round differently.
# What happens to such a small difference? To find out, we multiply all weights by a factor of
# $1 + 10^{-12}$, and repeat the run: once with a suitable learning rate, and once with twice that
# rate.
# With the first rate, the difference stays about as small as it was. With the second rate,
# it grows by a factor of a billion and more, because each step multiplies it, on average,
# by a little more than 1.
# Both runs learn, but the second run is *chaotic*, and in the end no two machines agree on its
# losses. So if two of your own runs separate late, check the learning rate before you search for a
# bug.

# %% id="twin_history-chaos" tags=["demo"]
with attempt("twin_history"):
    nudged = {name: value * (1 + 1e-12) for name, value in start.items()}
    long_plan = draw_epochs(len(digits.x_train), 16, 8, np.random.default_rng(1))
    pairs = {rate: [run(params=params, epochs=long_plan, learning_rate=rate) for params in (start, nudged)] for rate in (0.1, 0.2)}
    with style():
        fig, ax = plt.subplots()
        for (rate, (ours, theirs)), color in zip(pairs.items(), PALETTE[:2], strict=True):
            errors = np.array([max(matched([a], [b])[1], 1e-17) for a, b in zip(ours, theirs, strict=True)])
            smooth = np.exp([np.log(errors[max(t - 9, 0) : t + 1]).mean() for t in range(len(errors))])
            ax.semilogy(np.linspace(0, 8, len(errors)), smooth, color=color, label=f"learning rate {rate}")
            print(
                f"learning rate {rate}: last losses {np.mean(ours[-20:]):.1f} on average, matched to 1e-6: {matched(ours, theirs)[0] is None}"
            )
        ax.axhline(1e-6, color=PALETTE[6], linestyle="--", linewidth=1)
        ax.set(xlabel="epoch", ylabel="error $e_t$, mean of ten steps", ylim=(1e-15, 1))
        ax.legend(loc="upper left")
    show(
        fig,
        "Difference between two runs from nearly equal weights over eight epochs, logarithmic: at a learning rate of 0.1 it stays between 1e-13 and "
        "1e-11; at 0.2 it grows steadily from 1e-12, past 1e-6, to about a hundredth.",
    )

# %% [markdown] id="twin_history-softmax-idea"
# **Correct a line (erratum 25; not graded).** Suppose that you put `nn.functional.softmax(input)`
# after the last layer, and use cross-entropy as the loss, as on D2's slide.
# In PyTorch these two lines compute a softmax of a softmax, because `nn.CrossEntropyLoss` already
# contains a softmax. There is no error and no warning, and the loss does decrease.
# Here is what goes wrong: the outputs of the inner softmax lie between 0 and 1, so the outer
# softmax can never be certain.
# As a result, with ten classes the loss never falls below $\log(e + 9) - 1 \approx 1.46$.
# Run the cell and find this limit in the plot. Then correct the marked line, and both
# curves will coincide.

# %% id="twin_history-mend" tags=["demo"]
with attempt("twin_history"):

    def slide_loss(scores, y):
        """Loss and gradient of the scores, with the slide's softmax before the loss."""
        exps = np.exp(scores - scores.max(axis=1, keepdims=True))
        outputs = exps / exps.sum(axis=1, keepdims=True)  # the slide's softmax: correct this line
        loss, doutputs = softmax_loss(outputs, y)
        if outputs is scores:
            return loss, doutputs
        return loss, outputs * (doutputs - (doutputs * outputs).sum(axis=1, keepdims=True))

    curves = {"scores": [], "softmax of scores": []}
    for label, last in (("scores", softmax_loss), ("softmax of scores", slide_loss)):
        params = new_params((64, 10), np.random.default_rng(5))
        for _ in range(300):
            out, cache = affine_forward(digits.x_train, params["w1"], params["b1"])
            loss, dout = last(out, digits.y_train)
            _, dw, db = affine_backward(dout, cache)
            params = {name: sgd(params[name], grad, {"learning_rate": 1.0})[0] for name, grad in (("w1", dw), ("b1", db))}
            curves[label].append(loss)
    floor = np.log(np.e + 9) - 1
    print(
        f"loss at the end: {curves['scores'][-1]:.2f} with scores, {curves['softmax of scores'][-1]:.2f} with their softmax; floor {floor:.2f}"
    )
    with style():
        fig, ax = plt.subplots()
        ax.plot(curves["scores"], color=PALETTE[0], label="cross-entropy of scores")
        ax.plot(curves["softmax of scores"], color=PALETTE[1], label="cross-entropy of their softmax")
        ax.axhline(floor, color=PALETTE[6], linestyle="--", linewidth=1)
        ax.annotate("the floor, log(e + 9) - 1", (300, floor), xytext=(-4, -12), textcoords="offset points", ha="right")
        ax.set(xlabel="step, on all training digits", ylabel="loss", ylim=(0, 2.6))
        ax.legend(loc="center right", bbox_to_anchor=(1, 0.35))
    show(
        fig,
        "Loss over 300 steps: with scores it falls to 0.2; with a softmax before the loss it falls far more slowly and stays above a "
        "dashed floor at 1.46.",
    )

# %% [markdown] id="twin_history-tutorial-idea"
# ### The tutorial that D2 links, on our digits
#
# *Lecture note: [Why the tutorial's settings reach ten
# percent](../../course/lab-pytorch.md#why-the-tutorials-settings-reach-ten-percent).*
#
# The lab's slide links to a
# [tutorial](https://github.com/yunjey/pytorch-tutorial/blob/master/tutorials/01-basics/logistic_regression/main.py):
# one `nn.Linear(784, 10)` on MNIST, `batch_size = 100`, `learning_rate = 0.001`, `num_epochs = 5`.
# Let's use the same settings on our digits. You might expect a similar result, but the network gets
# only about one digit in ten right, which is no better than guessing. Yet nothing is broken. Why
# does the network only guess? Take a minute to think before you run the cell.
# Here is a hint: how far the weights move depends on the length of a step times the number of
# steps. An epoch of MNIST has 600 batches of a hundred, but an epoch of our digits has only 11.
#
# The left plot shows four learning rates over five epochs. The right plot shows the same
# runs against *learning rate × steps*, and now they lie on **one curve**.
# Why? As long as steps are small, gradient descent follows a continuous path, and learning
# rate × steps says how far it has come along this path. (Only the blue dots start next to the
# curve, because at a rate of 1 a step is no longer small.)
# Is this the whole story? Not quite, because the data matter too. A step on
# one example changes its scores by $\alpha \lVert x \rVert^2$ times the error. So the longer your
# inputs are, the more each step does. The squared length of an MNIST image is six times as large as
# that of our images, so each of our steps does only a sixth as much. In total, the tutorial on MNIST
# comes as far as the dashed line, but on our digits it covers only one three-hundredth of this
# distance.
# So if a tutorial uses "five epochs at 0.001", don't expect this to work on your data: neither
# the rate nor the number of epochs carries over.

# %% id="twin_history-tutorial" tags=["demo"]
with attempt("twin_history"):
    settings = {"0.001, the tutorial's": 0.001, "0.01": 0.01, "0.1": 0.1, "1": 1.0}
    start_one = new_params((64, 10), np.random.default_rng(3))
    start_one["w1"] /= 8  # near zero, as PyTorch's nn.Linear begins
    plan_five = draw_epochs(len(digits.x_train), 100, 5, np.random.default_rng(4))
    by_batch = [[batch] for epoch in plan_five for batch in epoch]  # so that evaluate sees every step
    curves = {
        label: twin_history(
            start_one,
            digits.x_train,
            digits.y_train,
            by_batch,
            "sgd",
            {"learning_rate": rate},
            lambda p: accuracy(p, digits.x_dev, digits.y_dev),
        )[1]
        for label, rate in settings.items()
    }
    square = np.mean(np.sum(digits.x_train**2, axis=1))
    square_mnist = 784 * (0.1307**2 + 0.3081**2)  # from MNIST's well-known mean and standard deviation
    reach = 0.001 * 3000 * square_mnist / square
    print("dev accuracy after five epochs:", ", ".join(f"{curve[-1]:.2f} at {label}" for label, curve in curves.items()))
    print(f"mean squared length of an image: {square:.0f}, on MNIST {square_mnist:.0f}; the tutorial's place on our axis: {reach:.0f}")
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
        for (label, curve), color in zip(curves.items(), (PALETTE[1], PALETTE[3], PALETTE[2], PALETTE[0]), strict=True):
            steps = np.arange(1, len(curve) + 1)
            left.plot(steps / len(plan_five[0]), curve, color=color, label=label)
            right.semilogx(settings[label] * steps, curve, ".", markersize=5, color=color)
        left.set(xlabel="epoch", ylabel="dev accuracy", ylim=(0, 1))
        left.legend(title="learning rate", loc="center right")
        right.axvline(reach, color=PALETTE[6], linestyle="--", linewidth=1)
        right.annotate("the tutorial\non MNIST", (reach, 0.3), xytext=(-5, 0), textcoords="offset points", ha="right")
        right.set(xlabel="learning rate × steps")
    show(
        fig,
        "Left: accuracy over five epochs for four learning rates; at 0.001 it stays near a tenth, at 1 it passes nine tenths. Right: the same "
        "points over learning rate times steps fall onto one rising curve; a dashed line marks where the tutorial's run on MNIST ends.",
    )

# %% [markdown] id="twin_history-tutorial-pytorch-idea"
# **PyTorch.** If you still suspect a bug in our code, here is the tutorial itself, line by line,
# except for the data. We run it on our digits, with twenty seeds, each with the initial weights of
# `nn.Linear`.
# The accuracies are around one tenth, as if the networks were untrained. Then we run the same
# five epochs at the learning rate that compensates for the shorter distance.

# %% id="twin_history-tutorial-pytorch" tags=["demo", "nbval-ignore-output"]
if torch is None:
    print("Skipped: this cell needs PyTorch.")
else:
    with attempt("twin_history"):
        images, labels = torch.from_numpy(np.float32(digits.x_train)), torch.from_numpy(digits.y_train)

        def tutorial(seed, learning_rate):
            torch.manual_seed(seed)
            model = nn.Linear(64, 10)
            criterion = nn.CrossEntropyLoss()
            optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
            for _ in range(5):
                for batch in torch.split(torch.randperm(len(images)), 100):
                    loss = criterion(model(images[batch]), labels[batch])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
            with torch.no_grad():
                return float((model(torch.from_numpy(np.float32(digits.x_dev))).argmax(dim=1).numpy() == digits.y_dev).mean())

        for learning_rate in (0.001, 0.001 * reach / (0.001 * 55)):
            shares = [tutorial(seed, learning_rate) for seed in range(20)]
            print(f"rate {learning_rate:.3f}, 20 seeds: {min(shares):.2f} to {max(shares):.2f} right, {np.mean(shares):.2f} on average")

# %% [markdown] id="fair_grid-idea"
# ## 4 · Compare what you want to compare
#
# *Lecture note: [Compare what you mean to
# compare](../../course/lab-pytorch.md#compare-what-you-mean-to-compare) and [Learning rate, batch
# size, optimizer](../../course/lab-pytorch.md#learning-rate-batch-size-optimizer). Lecture: D2 (lab
# session).*
#
# The lab's task is: "Plot the loss function and accuracy evolution with change in
# learning rate, batch size, optimizers." For this task you need a grid of runs.
# If you compare 27 runs, you compare 27 results that also depend on luck, because the initial
# weights and the order of the examples are random. Three rules keep your comparison fair:
#
# - **Runs differ only in what they should.** Within one *repeat*, let all runs start from the same
#   weights and use the same seed for the order. All runs of a repeat then share their luck, and
#   this luck cancels in the comparison. From repeat to repeat the luck changes, which shows you how
#   large a difference luck alone makes.
# - **Derive seeds, do not count them.** Suppose that you use the seeds $s, s+1, s+2, \dots$ for the
#   repeats. Tomorrow's experiment with seed $s+1$ then repeats most of today's runs as if they were
#   new evidence.
#   If you use one seed for two purposes (weights *and* order), you connect two things that should
#   be independent.
#   The seeds of a run must not depend on the rest of the grid either: if you add a learning rate
#   next week, the old runs should stay the same. Do not use Python's `hash` of a string as a
#   seed, because it changes each time Python starts. NumPy has a tool for deriving seeds; look up
#   `np.random.SeedSequence`.
# - **All runs have the same budget.** Here you fix the number of epochs, so every run sees the same
#   number of examples. The number of steps depends on the batch size. Also try the same number of
#   settings for each optimizer, because the best of many attempts is better than the best of few.
#
# After the runs, you choose the best setting, and this is where most comparisons go wrong. Choose
# both the settings and the epoch at which to stop **on the dev set, by the mean over the repeats**.
# A run that has diverged (`nan`) counts as 0 from that point on. Do *not* count the run as missing,
# because an optimizer that diverges in two of three repeats is not as good as its third repeat.
# Use the test set only after the choice, for the chosen settings and epoch. For $R$ repeats with dev
# values $d_1, \dots, d_R$, compute the mean $\bar d$ and the standard error (`dev_se` in your
# result)
#
# $$\text{standard error} = \frac{s}{\sqrt R}, \qquad s^2 = \frac{1}{R-1} \sum_r (d_r - \bar d)^2 .$$


# %% nbgrader={"grade_id": "fair_grid", "solution": true}
def grid(
    rates: dict[str, list[float]],
    batches: list[int],
    repeats: int,
    seed: int,
    n: int,
    epochs: int,
) -> list[dict]:
    """Return all runs of a comparison: each rule, rate, batch size and repeat.

    Args:
        rates: the learning rates to try, by the rule's name.
        batches: batch sizes, each from 1 to n.
        repeats: number of repeats of each run, at least 1.
        seed: seed of the experiment, a whole number >= 0.
        n: number of training examples.
        epochs: number of epochs of each run; the last batch of an epoch is shorter if
            the size does not divide n.

    Returns:
        for each run, in any order, a dict with "rule", "learning_rate", "batch",
            "repeat" (from 0), "steps" (of all its epochs together), and
        "init_seed" and "order_seed": whole numbers from 0 to 2^63 - 1 that depend on
            seed and repeat alone, and differ from one
        another, from repeat to repeat and from seed to seed.

    Raises:
        ValueError: a batch size is not from 1 to n, repeats is not at least 1, or a
            rule has more learning rates than another; the message names it.
    """
    ### BEGIN SOLUTION
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    if bad := [batch for batch in batches if not 1 <= batch <= n]:
        raise ValueError(f"a batch of {bad[0]}, expected 1 to {n} examples")
    if len({len(tried) for tried in rates.values()}) > 1:
        told = ", ".join(f"{len(tried)} for {rule}" for rule, tried in rates.items())
        raise ValueError(f"learning rates to try: {told}; expected as many for each rule")
    runs = []
    for repeat in range(repeats):
        init_seed, order_seed = (int(word) >> 1 for word in np.random.SeedSequence((seed, repeat)).generate_state(2, np.uint64))
        for rule, tried in rates.items():
            for batch in batches:
                for learning_rate in tried:
                    steps = epochs * -(-n // batch)
                    runs.append(
                        {
                            "rule": rule,
                            "learning_rate": learning_rate,
                            "batch": batch,
                            "repeat": repeat,
                            "steps": steps,
                            "init_seed": init_seed,
                            "order_seed": order_seed,
                        }
                    )
    return runs
    ### END SOLUTION


def best_run(table: list[dict]) -> dict:
    """Choose settings and epoch on the dev set, and report the test set there.

    Args:
        table: for each run at least "rule", "learning_rate", "batch", "repeat", and the
            accuracies after each epoch in "dev" and "test": lists of the same length
            for all runs, with nan where a run has died.

    Returns:
        "rule", "learning_rate" and "batch" of the best settings, and "epoch", counted
            from 1, after which the mean over the repeats of dev is greatest
        (a nan counting as 0); "dev", that mean; "dev_se", its standard error (nan for a
            single repeat); "test", the mean of test over the same
        repeats after the same epoch, a nan counting as 0. Among equals the earliest
            epoch, then what comes first in the table.

    Raises:
        ValueError: the table is empty, or not all settings have the same repeats; the
            message says so.
    """
    ### BEGIN SOLUTION
    groups = {}
    for row in table:
        groups.setdefault((row["rule"], row["learning_rate"], row["batch"]), []).append(row)
    repeats = {tuple(sorted(row["repeat"] for row in rows)) for rows in groups.values()}
    if len(repeats) != 1:
        raise ValueError(f"the settings have {len(repeats)} different sets of repeats, expected a table with one for all")
    best = None
    for (rule, learning_rate, batch), rows in groups.items():
        dev, test = (np.nan_to_num(np.array([row[part] for row in rows], dtype=np.float64), nan=0.0) for part in ("dev", "test"))
        mean = dev.mean(axis=0)
        at = int(mean.argmax())
        if best is None or (mean[at], -at - 1) > (best["dev"], -best["epoch"]):
            best = {
                "rule": rule,
                "learning_rate": learning_rate,
                "batch": batch,
                "epoch": at + 1,
                "dev": float(mean[at]),
                "dev_se": float(dev[:, at].std(ddof=1) / np.sqrt(len(rows))) if len(rows) > 1 else float("nan"),
                "test": float(test[:, at].mean()),
            }
    return best
    ### END SOLUTION


# %% id="fair_grid-try" tags=["demo"]
with attempt("fair_grid"):
    for planned in grid({"sgd": [0.1], "adam": [0.01]}, [4, 5], 2, seed=11, n=10, epochs=3)[:3]:
        print({key: value for key, value in planned.items() if "seed" not in key})
    table = [
        {"rule": "sgd", "learning_rate": 0.1, "batch": 4, "repeat": 0, "dev": [0.5, 0.75], "test": [0.5, 0.5]},
        {"rule": "sgd", "learning_rate": 1.0, "batch": 4, "repeat": 0, "dev": [0.25, float("nan")], "test": [1.0, 1.0]},
    ]
    print(best_run(table))

# %% nbgrader={"grade_id": "fair_grid-check", "grade": true, "points": 40}
with check("fair_grid") as c:
    rates = {"sgd": [0.1, 1.0], "adam": [0.001, 0.01]}
    runs = grid(rates, [3, 5, 10], 2, 8, 10, 4)
    wanted = {(rule, rate, batch, repeat) for rule in rates for rate in rates[rule] for batch in (3, 5, 10) for repeat in (0, 1)}
    c.equal("the number of runs", len(runs), 24, "Combine every rule with each of its rates, every batch size and every repeat.")
    c.true("each combination once", {(run["rule"], run["learning_rate"], run["batch"], run["repeat"]) for run in runs} == wanted)
    c.equal(
        "steps, for batches of 3, 5, 10",
        sorted({(run["batch"], run["steps"]) for run in runs}),
        [(3, 16), (5, 8), (10, 4)],
        "D1's floor plus one is wrong for 5.",
    )
    seeds = {repeat: {(run["init_seed"], run["order_seed"]) for run in runs if run["repeat"] == repeat} for repeat in (0, 1)}
    c.true(
        "within a repeat all runs share their two seeds",
        len(seeds[0]) == len(seeds[1]) == 1,
        "Otherwise luck differs together with the settings.",
    )
    both = [value for pairs in seeds.values() for pair in pairs for value in pair]
    c.equal("different seeds for weights, order and repeats", len(set(both)), 4)
    c.true(
        "all are whole numbers that fit",
        all(isinstance(value, int) and 0 <= value < 2**63 for value in both),
        "int(...), from 0 to 2^63 - 1.",
    )
    more = grid({**rates, "rmsprop": [0.1, 0.2]}, [2, 3], 5, 8, 10, 4)
    c.true(
        "a larger grid does not change the seeds of repeat 1",
        {(run["init_seed"], run["order_seed"]) for run in more if run["repeat"] == 1} == seeds[1],
    )
    others = {value for run in grid(rates, [3], 5, 9, 10, 4) for value in (run["init_seed"], run["order_seed"])}
    c.true(
        "the experiment with the next seed shares none",
        not others & {value for run in more for value in (run["init_seed"], run["order_seed"])},
    )
    state = np.random.get_state()[1].tolist()
    grid(rates, [3], 2, 8, 10, 4)
    c.true("the global random state is unchanged", np.random.get_state()[1].tolist() == state, "Seeds come from seed and repeat.")
    c.raises("a batch of 11 out of 10 is refused", ValueError, grid, rates, [3, 11], 2, 8, 10, 4)
    c.raises("2 rates for one rule and 1 for another are refused", ValueError, grid, {**rates, "adam": [0.1]}, [3], 2, 8, 10, 4)

    def rows(rate, dev, test, rule="sgd", batch=4):
        return [
            {"rule": rule, "learning_rate": rate, "batch": batch, "repeat": r, "dev": list(d), "test": list(t)}
            for r, (d, t) in enumerate(zip(dev, test, strict=True))
        ]

    steady = rows(0.1, [[0.5, 0.75, 0.625], [0.875, 0.875, 0.625]], [[0.25, 0.5, 1.0], [0.25, 0.75, 1.0]])
    lucky = rows(1.0, [[0.5, 0.5, 0.96], [0.96, 0.5, 0.5]], [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    dying = rows(9.0, [[0.9, 1.0, 1.0], [0.1, np.nan, np.nan]], [[1.0, 1.0, 1.0], [1.0, np.nan, np.nan]])
    best = best_run(dying + lucky + steady)
    c.equal(
        "the chosen learning rate", best["learning_rate"], 0.1, "Choose by the mean over repeats, with nan as 0, and never by the test set."
    )
    c.equal("the chosen epoch, from 1", best["epoch"], 2, "Choose the epoch with the best mean of dev, not the last epoch.")
    c.close("dev", best["dev"], 0.8125)
    c.close("dev_se", best["dev_se"], 0.0625, hint="Use R - 1 inside the root, and divide by the root of R.")
    c.close("test", best["test"], 0.625, hint="Report test at the epoch that dev has chosen.")
    c.equal("the keys", sorted(best), ["batch", "dev", "dev_se", "epoch", "learning_rate", "rule", "test"])
    same = best_run(rows(0.1, [[0.5, 0.5]], [[0, 1]], batch=8) + rows(0.1, [[0.5, 0.5]], [[0, 1]], batch=4))
    c.equal("among equals", (same["batch"], same["epoch"]), (8, 1), "Take the earliest epoch, then the first entry of the table.")
    c.true("a single repeat has no standard error", np.isnan(same["dev_se"]))
    c.raises("2 repeats for one setting and 1 for another are refused", ValueError, best_run, steady + lucky[:1])
    c.raises("an empty table is refused", ValueError, best_run, [])

# %% [markdown] id="fair_grid-runs-idea"
# **The lecture's lab.** Three optimizers, three learning rates each and three batch sizes make
# 27 settings to compare. Your `twin_history` trains each setting three times, with eight
# epochs on the digits and 32 hidden units.
# Let's look at the loss first. Each plot shows one optimizer and one batch size; each colour
# is a learning rate, and each line is a repeat. Notice three things:
#
# - In the same number of epochs, the loss falls further with small batches, because the training
#   takes more steps.
# - As the batch becomes larger, the best learning rate becomes larger too. With momentum and the
#   smallest batches, the network learns nothing at the largest rate.
# - "Learning rate 0.1" means something different for each of the three optimizers.

# %% id="fair_grid-loss" tags=["demo"]
table = []
with attempt("twin_history, fair_grid"):
    RATES = {"sgd": [0.01, 0.1, 1.0], "sgd_momentum": [0.01, 0.1, 1.0], "adam": [0.001, 0.01, 0.1]}
    BATCHES, EPOCHS = [16, 64, 256], 8

    def train(run, history=twin_history):
        """One run of the grid: its losses, and its accuracies after each epoch."""
        start = new_params((64, 32, 10), np.random.default_rng(run["init_seed"]))
        plan = draw_epochs(len(digits.x_train), run["batch"], EPOCHS, np.random.default_rng(run["order_seed"]))
        with np.errstate(all="ignore"):  # some of these runs die, and are meant to
            losses, found, _ = history(
                start,
                digits.x_train,
                digits.y_train,
                plan,
                run["rule"],
                {"learning_rate": run["learning_rate"]},
                lambda params: (accuracy(params, digits.x_dev, digits.y_dev), accuracy(params, digits.x_test, digits.y_test)),
            )
        return {**run, "losses": losses, "dev": [dev for dev, _ in found], "test": [test for _, test in found]}

    runs = grid(RATES, BATCHES, 3, 2026, len(digits.x_train), EPOCHS)
    table = [train(run) for run in runs]

    def small_multiples(draw, ylabel, **axis):
        """One panel a rule and batch size; draw(ax, row, color) draws one run."""
        with style():
            fig, axes = plt.subplots(3, 3, figsize=(10, 7), sharex=True, sharey=True)
            for panels, rule in zip(axes, RATES, strict=True):
                for ax, batch in zip(panels, BATCHES, strict=True):
                    for rate, color in zip(RATES[rule], (PALETTE[4], PALETTE[0], PALETTE[1]), strict=True):
                        for row in table:
                            if (row["rule"], row["batch"], row["learning_rate"]) == (rule, batch, rate):
                                draw(ax, row, color)
                        ax.plot([], [], color=color, label=f"{rate}")
                    ax.set(title=f"{rule}, batches of {batch}", **axis)
                panels[-1].legend(title="learning rate", loc="center left", bbox_to_anchor=(1, 0.5))
            fig.supxlabel("epoch", fontsize="medium")
            fig.supylabel(ylabel, fontsize="medium")
        return fig

    def draw_loss(ax, row, color):
        per_epoch = np.array(row["losses"]).reshape(EPOCHS, -1)
        ax.semilogy(np.arange(1, EPOCHS + 1), per_epoch.mean(axis=1), color=color, linewidth=1)

    last = {
        (row["rule"], row["learning_rate"], row["batch"]): np.mean(row["losses"][-row["steps"] // EPOCHS :])
        for row in table
        if row["repeat"] == 0
    }
    print(
        "runs:",
        len(table),
        "- mean loss of the last epoch, sgd at 0.1:",
        ", ".join(f"{last['sgd', 0.1, batch]:.2f} for B = {batch}" for batch in BATCHES),
    )
    show(
        small_multiples(draw_loss, "mean training loss of the epoch", ylim=(0.02, 8)),
        "Nine panels of training loss over eight epochs, one a rule and a batch size, three learning rates each. Small batches reach lower losses; "
        "with momentum the largest rate fails in batches of 16, and is among the best in batches of 256.",
    )

# %% [markdown] id="fair_grid-accuracy-idea"
# **The accuracy of the same runs.** The plots show the accuracy on the dev set, and what
# `best_run` chooses for each optimizer.
# Which optimizer wins? You might expect Adam, but the best results differ by less than one point:
# with a suitable rate, plain gradient descent is as good as Adam *here*. What does differ is how
# wide the range of good rates is. Now look at where the best settings are. For plain gradient
# descent, they are the largest rate and the smallest batch, so they are on the *edge* of the
# grid. The true optimum may then be outside the grid. If this happens with a grid of your
# own, extend the grid before you compare.

# %% id="fair_grid-accuracy" tags=["demo"]
with attempt("twin_history, fair_grid"):
    if not table:
        raise NotImplementedError

    def draw_accuracy(ax, row, color):
        ax.plot(np.arange(1, EPOCHS + 1), row["dev"], color=color, linewidth=1)

    for rule in RATES:
        best = best_run([row for row in table if row["rule"] == rule])
        print(f"{rule}: rate {best['learning_rate']}, batches of {best['batch']}; dev {best['dev']:.2f}, test {best['test']:.2f}")
    print(
        "standard errors of the three below 0.01:",
        all(best_run([row for row in table if row["rule"] == rule])["dev_se"] < 0.01 for rule in RATES),
    )
    show(
        small_multiples(draw_accuracy, "dev accuracy", ylim=(0, 1)),
        "Nine panels of dev accuracy over eight epochs. Every rule reaches about 0.95 with some learning rate and batch size; the smallest rates "
        "lag at large batches, the largest rate of momentum fails at small batches.",
    )

# %% [markdown] id="fair_grid-torch-idea"
# **PyTorch.** Now let's ask PyTorch to repeat the 27 runs of the first repeat. In the plot, the
# lines are PyTorch's losses, and the dots are yours.
# The runs should agree to $10^{-6}$ at every one of their thousands of steps. If a run does not
# agree on your machine, the cell names it. Don't worry too much in this case, because a
# chaotic run can disagree, as you have seen above.

# %% id="fair_grid-torch" tags=["demo", "nbval-ignore-output"]
if torch is None:
    print("Skipped: this cell needs PyTorch.")
else:
    with attempt("twin_history, fair_grid"):
        if not table:
            raise NotImplementedError
        theirs = {}
        for row in table:
            if row["repeat"] == 0:
                found = train(row, torch_history)
                theirs[row["rule"], row["learning_rate"], row["batch"]] = found["losses"]
                step, worst = matched(row["losses"], found["losses"])
                if step is not None:
                    print(
                        f"{row['rule']} at {row['learning_rate']} in batches of {row['batch']}: apart from step {step} of {row['steps']} on"
                    )
        agree = [
            matched(row["losses"], theirs[row["rule"], row["learning_rate"], row["batch"]])[0] is None
            for row in table
            if row["repeat"] == 0
        ]
        print(f"{sum(agree)} of {len(agree)} runs matched to 1e-6 at every step")

        def draw_both(ax, row, color):
            if row["repeat"] == 0:
                draw_loss(ax, {**row, "losses": theirs[row["rule"], row["learning_rate"], row["batch"]]}, color)
                per_epoch = np.array(row["losses"]).reshape(EPOCHS, -1).mean(axis=1)
                ax.semilogy(np.arange(1, EPOCHS + 1), per_epoch, ".", color=color)

        show(
            small_multiples(draw_both, "mean training loss of the epoch", ylim=(0.02, 8)),
            "The nine panels of training loss again, PyTorch's as lines and NumPy's as dots: the dots lie on the lines.",
        )

# %% [markdown] id="fair_grid-slider-idea"
# **Try the settings yourself.** If you have opened the notebook in Jupyter, the next cell shows a
# slider for the learning rate and two menus. When you change one of them, your functions train the
# network again.
# For each optimizer, find the largest rate at which the network still learns, with batches of 16
# and of 256.
# Outside Jupyter (on a web page, for example), the cell shows a still picture with
# seven learning rates.

# %% id="fair_grid-slider" tags=["demo"]
with attempt("twin_history, fair_grid"):
    if not table:
        raise NotImplementedError

    def knob(learning_rates, batch, rule):
        """Loss and accuracy over the steps for some learning rates."""
        rows = [train(*grid({rule: [rate]}, [batch], 1, 2026, len(digits.x_train), EPOCHS)) for rate in learning_rates]
        with style():
            fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
            shades = plt.get_cmap("cividis")(np.linspace(0, 0.9, len(rows)))
            for row, color in zip(rows, shades, strict=True):
                per_epoch = np.array(row["losses"]).reshape(EPOCHS, -1).mean(axis=1)
                left.semilogy(np.arange(1, EPOCHS + 1), per_epoch, color=color)
                right.plot(np.arange(1, EPOCHS + 1), row["dev"], color=color, label=f"{row['learning_rate']:.2g}")
            left.set(xlabel="epoch", ylabel="mean training loss of the epoch", ylim=(0.02, 8), title=f"{rule}, batches of {batch}")
            right.set(xlabel="epoch", ylabel="dev accuracy", ylim=(0, 1))
            right.legend(title="learning rate", loc="center left", bbox_to_anchor=(1, 0.5))
        show(fig, f"Loss and accuracy over {EPOCHS} epochs for {rule} in batches of {batch}, for {len(learning_rates)} learning rates.")
        return [row["dev"][-1] for row in rows]

    if LIVE:
        import ipywidgets

        slider = ipywidgets.FloatLogSlider(value=0.1, min=-4, max=1, step=0.1, description="rate", continuous_update=False)
        batch_menu = ipywidgets.Dropdown(options=[16, 64, 256], value=64, description="batch")
        rule_menu = ipywidgets.Dropdown(options=list(RULES), value="sgd_momentum", description="rule")

        def turn(rate, batch, rule):
            knob([rate], batch, rule)

        ipywidgets.interact(turn, rate=slider, batch=batch_menu, rule=rule_menu)
    else:
        ends = knob([0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 3.0], 64, "sgd_momentum")
        print(
            f"nobody has this notebook open, so the slider stands still; best of seven rates: {max(ends):.2f}, smallest {ends[0]:.2f}, largest {ends[-1]:.2f}"
        )

# %% [markdown] id="fair_grid-select-idea"
# **What happens if you choose on the test set?** Suppose that you try $k$ settings, and that all of
# them are equally good, with a true accuracy of 90 %.
# Your dev and test sets have about 360 digits each, so each accuracy that you measure is off by
# about 1.6 points by chance.
# In this cell, `best_run` chooses among $k$ settings, a thousand times, in two ways. The
# right way is to choose on dev and to report on test. The wrong way is to choose and report
# on the test set.
# If you choose on dev, the reported accuracy (the blue line) stays at the true value, however many
# settings you try. But if you choose on test, the reported accuracy rises (the orange line), and
# with 27 settings it promises about three points that do not exist. To put this in perspective,
# three points are more than most differences that people report.

# %% id="fair_grid-select" tags=["demo"]
with attempt("fair_grid"):
    rng, sizes = np.random.default_rng(6), (1, 3, 9, 27, 81)
    honest, tempted = [], []
    for k in sizes:
        pairs = []
        for _ in range(200):
            dev, test = rng.binomial(360, 0.9, (2, k)) / 360
            rows = [
                {"rule": "sgd", "learning_rate": i, "batch": 1, "repeat": 0, "dev": [dev[i]], "test": [test[i]]} for i in range(k)
            ]  # k settings that are equally good
            pairs.append((best_run(rows)["test"], best_run([{**row, "dev": row["test"]} for row in rows])["test"]))
        honest.append(np.mean(pairs, axis=0)[0])
        tempted.append(np.mean(pairs, axis=0)[1])
    print(f"reported for 27 equal settings: {honest[3]:.2f} if chosen on dev, {tempted[3]:.2f} if chosen on test; the truth is 0.90")
    with style():
        fig, ax = plt.subplots()
        ax.axhline(0.9, color=PALETTE[6], linestyle="--", linewidth=1, label="the truth")
        ax.semilogx(sizes, honest, "o-", color=PALETTE[0], label="chosen on dev")
        ax.semilogx(sizes, tempted, "s-", color=PALETTE[1], label="chosen on test")
        ax.set(
            xlabel="settings tried, all equally good", ylabel="test accuracy reported", ylim=(0.88, 0.96), xticks=sizes, xticklabels=sizes
        )
        ax.minorticks_off()
        ax.legend(loc="upper left")
    show(
        fig,
        "Reported test accuracy over the number of settings tried: chosen on dev it stays at 0.90; chosen on the test set it rises to about "
        "0.94 for 81 settings.",
    )

# %% [markdown] id="written-question"
# ## 5 · In your own words (10 points, graded by a person)
#
# A classmate writes to you: *"I compared Adam with plain gradient descent on MNIST. Both had a
# learning rate of 0.001 and batches of 100 for five epochs, as in the tutorial. Adam: 97.4 % on the
# test set, descent: 82.9 %. I also tried eleven other settings of Adam, among them one with 97.9 %.
# As a check I ran my own NumPy code against PyTorch with the seed 42 in both: the losses were 2.41
# and 2.29 at the first step, which is about equal. So Adam is 15 points better."*
#
# 1. Name four things that are wrong with the comparison. For each of them, say what the classmate
#    should do.
# 2. What does the check show? Which steps would you take, in which order, to make the two programs
#    agree? What does the *first* step at which they separate tell you each time?
# 3. Rewrite the classmate's last sentence so that the experiment supports it.
#
# Write at most 350 words.

# %% [markdown] nbgrader={"grade_id": "pytorch-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. Any four of: (a) The same number 0.001 is not the same setting: in Adam it is about the length of a step of each weight, in
#    plain descent it is multiplied by a gradient that may be a hundredth. At 0.001 plain descent has hardly moved after 3000
#    steps; each rule needs its own range of rates. (b) Adam was tried with twelve settings, descent with one: the same number for
#    each, chosen by the same procedure. (c) The choice was made on the test set: the best of twelve looks better there by luck
#    alone; choose on a dev set, look at the test set once. (d) One run each: no repeats, so nothing is known about luck; several
#    seeds, shared by both rules, and mean with standard error. (e) The best rate may lie at the edge of what was tried: widen
#    until it does not. (f) Five epochs are a budget at which one of the two has not finished: look at the curves, or stop both
#    where dev says.
# 2. It shows nothing: the same seed in two generators gives different weights and orders, and two losses near log 10 = 2.30 are
#    what any untrained network has. First copy the weights (transposed), and feed one fixed batch: apart at step 0 means weights, data
#    or loss (one softmax too many, a sum instead of a mean). Then one update without momentum: apart at step 1 means gradient or learning
#    rate. Then the rule's memory (step 2), then the order and the last batch (end of the first epoch). All in float64; what then
#    remains grows slowly from 1e-16, or fast where the run is chaotic.
# 3. For example: "After five epochs at a learning rate of 0.001, Adam had 97 % right and plain descent, whose rate was not tuned,
#    83 %; one run each." Anything that claims no more than this.
#
# **Rubric.**
#
# - 1 point: A fault of the comparison, with its remedy.
# - 1 point: A second fault that is different, with its remedy.
# - 1 point: A third fault that is different, with its remedy.
# - 1 point: A fourth fault that is different, with its remedy.
# - 1 point: The check shows nothing, with a reason.
# - 1 point: Copy the weights to the other program, and fix the order of the examples.
# - 2 points: At least two places where the programs separate, with what each means (1 for one
#   place).
# - 2 points: A sentence that claims only what was measured (1 if it still compares tuned with
#   untuned).
#
# **Weak answer (3 points: items 1, 2, 6).**
#
# 1. Adam was tried with twelve settings and descent with one: try the same number for both. The
#    setting was chosen on the test set: choose on a dev set. There are too few epochs. MNIST is too
#    easy.
# 2. The losses are nearly equal, so the two programs are nearly equal. To be sure, I would copy the
#    weights from one to the other and use the same batches in the same order.
# 3. "Adam is about 15 points better on MNIST."
#
# **Average answer (6 points: items 1, 2, 3, 5, 8).**
#
# 1. The rate 0.001 does not mean the same in both rules: each needs its own range of rates. Adam had
#    twelve settings, descent one: give both the same number. There is only one run of each: repeat
#    with several seeds, and report the mean with its error. The batches are too large.
# 2. It shows nothing. The same seed gives other weights in the other program, and both losses are
#    near $\log 10$, as in any new network. I would use the same weights and then compare the losses
#    step by step until they are different.
# 3. "With a rate of 0.001 and five epochs, one run of Adam reached 97.4 %, and one run of plain
#    descent, which was not tuned, 82.9 %."

# %% [markdown] id="numpy_layout-idea"
# ## 6 · A bonus: convert weights back, also of other people's networks
#
# You have now done everything that is graded. If you stop here, go to the last cell of the notebook,
# which summarises the results of your own checks.
#
# We wrote this part for your curiosity. It is not graded, so it gives no points, and no other
# part needs it. Its check works like the other checks, but the cell is not folded.
#
# *Lecture note: [Names in PyTorch](../../course/lab-pytorch.md#names-in-pytorch). Lecture: D2
# (names in PyTorch).*
#
# In question 1 you converted weights to PyTorch's layout. In the
# opposite direction, you may meet other people's networks. These can have more modules between the
# linear layers, for example dropout after each ReLU.
# So you can't rely on the positions 0, 2, 4, because only their order matters. A linear layer with
# `bias=False` has no bias, so use zeros in this case.


# %% nbgrader={"grade_id": "numpy_layout", "solution": true}
def numpy_layout(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the parameters of an nn.Sequential with the course's names and shapes.

    Args:
        state: for each linear layer "I.weight" (out, in) and, if it has a bias,
            "I.bias" (out,). I is the position of the layer: a whole number, not always
            even. The names may be in any order.

    Returns:
        "w1" (in, out), "b1" (out,), "w2", ... in the order of the positions, as new
            arrays. A layer without a bias gets zeros.

    Raises:
        ValueError: a name has another form, or there is a bias without its weight; the
            message names it.
    """
    ### BEGIN SOLUTION
    places = set()
    for name in state:
        place, _, kind = name.partition(".")
        if not place.isdecimal() or kind not in ("weight", "bias"):
            raise ValueError(f"the name {name!r}, expected 'I.weight' or 'I.bias' with a whole number I")
        if f"{place}.weight" not in state:
            raise ValueError(f"{name!r} is there without its weight, expected {place}.weight as well")
        places.add(place)
    params = {}
    for k, place in enumerate(sorted(places, key=int), start=1):
        weight = state[f"{place}.weight"]
        dtype = weight.dtype if weight.dtype.kind == "f" else np.float64
        params[f"w{k}"] = np.array(weight.T, dtype=dtype, order="C")
        params[f"b{k}"] = np.array(state.get(f"{place}.bias", np.zeros(len(weight), dtype)), dtype=dtype)
    return params
    ### END SOLUTION


# %% id="numpy_layout-try" tags=["demo"]
with attempt("numpy_layout"):
    state = {"3.weight": np.ones((1, 2)), "3.bias": np.array([5.0]), "0.weight": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])}
    for name, value in numpy_layout(state).items():
        print(name, value.shape, value.tolist())

# %% id="numpy_layout-check" tags=["demo"]
with check("numpy_layout") as c:
    w1, b1 = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0, 30.0])
    params = {"w1": w1, "b1": b1, "w2": np.arange(9.0).reshape(3, 3), "b2": np.array([5.0, -5.0, 1.0])}
    state = {"2.bias": params["b2"], "0.weight": w1.T.copy(), "2.weight": params["w2"].T.copy(), "0.bias": b1}
    back = numpy_layout(state)
    c.equal("the names", sorted(back), ["b1", "b2", "w1", "w2"])
    for name in params:
        c.close(name, back[name], params[name], hint="w[i, j] is W[j, i], in square layers as well.")
    c.true(
        "none shares memory with state",
        not any(np.shares_memory(value, old) for value in back.values() for old in state.values()),
        "A transpose is only a view. Make a copy.",
    )
    gaps = {"9.weight": np.full((2, 3), 9.0), "10.weight": np.full((1, 2), 10.0), "10.bias": np.ones(1), "0.weight": np.zeros((3, 4))}
    back = numpy_layout(gaps)
    c.equal("the names from places 0, 9 and 10", sorted(back), ["b1", "b2", "b3", "w1", "w2", "w3"])
    c.close("w2 from place 9", back["w2"], np.full((3, 2), 9.0), hint="Sort by number: 9 comes before 10.")
    c.close("b2, which PyTorch's layer does not have", back["b2"], [0, 0])
    without = numpy_layout({"0.weight": np.float32(w1).T.copy()})
    c.equal("the dtype of w1 for float32", without["w1"].dtype, np.dtype("float32"))
    c.equal("the dtype of b1, which is not there, for float32", without["b1"].dtype, np.dtype("float32"))
    c.equal("the dtype of w1 for whole numbers", numpy_layout({"0.weight": np.ones((2, 3), int)})["w1"].dtype, np.dtype("float64"))
    c.raises("a bias without its weight is refused", ValueError, numpy_layout, {"0.bias": b1})
    c.raises("the name 0.gain is refused", ValueError, numpy_layout, {"0.weight": w1, "0.gain": b1})
    c.raises("the name I.weight is refused", ValueError, numpy_layout, {"I.weight": w1})

# %% [markdown] id="event_file-idea"
# ## 7 · A bonus: a log file for TensorBoard, byte by byte
#
# Like the first bonus, this part earns you no points, and no other part needs it.
#
# *Lecture note: [Watch it train, and keep what you
# saw](../../course/lab-pytorch.md#watch-it-train-and-keep-what-you-saw). Lecture: D3 (visualisation
# tools).*
#
# What can you do with a log? "A first step towards understanding, debugging and optimizing neural
# networks is to make use of visualization tools for plotting losses and metrics" (D3), and
# TensorBoard is such a tool.
# TensorBoard reads *event files*. You might expect these files to be complicated, but they consist
# of three small formats, one inside the other. In this part you write an event file yourself,
# without TensorBoard.
# All your functions return `bytes` (or a number), so you do not have to write to a file here.
#
# **The checksum** is CRC-32C. To compute it, you keep a register of 32 bits, and start with all
# ones. For each byte, apply exclusive or between the byte and the lowest eight bits of the register.
# Then repeat the following eight times: if the lowest bit is 1, shift right by one and apply
# exclusive or with `0x82F63B78`; otherwise only shift.
# At the end, invert all bits. You can test your code with `b"123456789"`: the result is
# `0xE3069283`, a value that every description contains.
#
# **A record** is one unit of an event file, and you can think of it as an envelope. First comes the
# length of the data as 8 bytes, and then a masked checksum *of these 8 bytes* as 4 bytes. The data
# follow, and after them a masked checksum of the data as 4 bytes.
# Write all numbers as little-endian (`struct.pack("<Q", …)`, `"<I"`). To mask a checksum, rotate it
# right by 15 bits (the 15 lowest bits become the highest), and add `0xA282EAD8`, modulo $2^{32}$.
#
# **The data** of a record is an `Event` in protobuf. Picture a protobuf message as a row of fields,
# each with a key and a value. The key is the varint of $8 \cdot \text{field number} +
# \text{wire type}$.
# A **varint** stores a whole number in groups of seven bits, the lowest first, one group per
# byte. Every byte except the last has its highest bit set. For example, 300 $= 2 \cdot 128 + 44$ is
# `AC 02`.
#
# | wire type | value |
# |---|---|
# | 0 | a varint |
# | 1 | 8 bytes, a double (`"<d"`) |
# | 2 | a varint with the number of bytes that follow, then these bytes: a text in UTF-8, or another message |
# | 5 | 4 bytes, a float (`"<f"`) |
#
# The second table lists the fields of our three messages:
#
# | message | fields |
# |---|---|
# | `Event` | 1 wall_time (double, seconds), 2 step (varint), 3 file_version (text), 5 summary (a `Summary`) |
# | `Summary` | 1 value (a `Value`; may occur several times) |
# | `Value` | 1 tag (text), 2 simple_value (float) |
#
# Begin your event file with a record of an event that contains only wall_time and the file_version
# `brain.Event:2`. Then add one record for each scalar.
#
# You need a log most when a run has diverged. But a loss of $10^{60}$ does not fit into four
# bytes, so `struct.pack` raises an `OverflowError`. Write infinity instead, with the same sign. You
# can write `nan` as it is.


# %% nbgrader={"grade_id": "event_file", "solution": true}
def crc32c(message: bytes) -> int:
    """Return the CRC-32C checksum of bytes, from 0 to 2^32 - 1.

    Args:
        message: any bytes, perhaps none.
    """
    ### BEGIN SOLUTION
    register = 0xFFFFFFFF
    for byte in message:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF
    ### END SOLUTION


def varint(number: int) -> bytes:
    """Return a whole number in groups of seven bits, the lowest first.

    Args:
        number: 0 or more.

    Raises:
        ValueError: the number is negative; the message names it.
    """
    ### BEGIN SOLUTION
    if number < 0:
        raise ValueError(f"the number is {number}, expected 0 or more")
    groups = []
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])
    ### END SOLUTION


def record(message: bytes) -> bytes:
    """Return a record: length, its masked checksum, the bytes, their masked checksum.

    Args:
        message: the record's data, perhaps none.
    """
    ### BEGIN SOLUTION
    length = struct.pack("<Q", len(message))
    parts = []
    for part in (length, message):
        crc = crc32c(part)
        parts += [part, struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)]
    return b"".join(parts)
    ### END SOLUTION


def scalar_event(tag: str, step: int, value: float, wall_time: float) -> bytes:
    """Return the Event with the value of a scalar at a step.

    Args:
        tag: the scalar's name, "loss/train" for example; any text.
        step: 0 or more.
        value: any float, including nan and infinities; a value too large for four bytes
            becomes infinite.
        wall_time: seconds since 1970.

    Raises:
        ValueError: the step is negative; the message names it.
    """
    ### BEGIN SOLUTION
    if step < 0:
        raise ValueError(f"step is {step}, expected 0 or more")
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        packed = struct.pack("<f", np.copysign(np.inf, value))
    text = tag.encode()
    inner = b"\x0a" + varint(len(text)) + text + b"\x15" + packed
    summary = b"\x0a" + varint(len(inner)) + inner
    return b"\x09" + struct.pack("<d", wall_time) + b"\x10" + varint(step) + b"\x2a" + varint(len(summary)) + summary
    ### END SOLUTION


def event_file(curves: dict[str, list[tuple[int, float]]], wall_time: float) -> bytes:
    """Return the bytes of an event file.

    Args:
        curves: for each tag its points (step, value).
        wall_time: seconds since 1970, the same for all events.

    Returns:
        the record with the version, then one record for each point; each tag's points
            in their order.
    """
    ### BEGIN SOLUTION
    version = b"brain.Event:2"
    records = [record(b"\x09" + struct.pack("<d", wall_time) + b"\x1a" + varint(len(version)) + version)]
    for tag, points in curves.items():
        records += [record(scalar_event(tag, step, value, wall_time)) for step, value in points]
    return b"".join(records)
    ### END SOLUTION


# %% id="event_file-try" tags=["demo"]
with attempt("event_file"):
    print(f"checksum {crc32c(b'123456789'):08X}; 300 as a varint: {varint(300).hex(' ')}")
    event = scalar_event("loss", 300, 0.5, 1.0e9)
    print("an event:", event.hex(" "))
    whole = event_file({"loss": [(0, 2.0), (300, 0.5)]}, 1.0e9)
    for start in range(0, len(whole), 32):
        line = whole[start : start + 32]
        print(f"{start:4} {line.hex():64} {''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in line)}")

# %% id="event_file-check" tags=["demo"]
with check("event_file") as c:
    c.equal(
        "crc32c of 123456789",
        crc32c(b"123456789"),
        0xE3069283,
        "Start with all ones, process the lowest bit first, and invert all bits at the end.",
    )
    c.equal("crc32c of nothing", crc32c(b""), 0)
    c.equal("crc32c of 32 zeros", crc32c(bytes(32)), 0x8A9136AA)
    c.equal("varint of 1", varint(1), b"\x01")
    c.equal("varint of 127", varint(127), b"\x7f", "127 fits into seven bits.")
    c.equal("varint of 128", varint(128), b"\x80\x01")
    c.equal("varint of 2^21", varint(2**21), b"\x80\x80\x80\x01")
    c.raises("a varint of -1 is refused", ValueError, varint, -1)
    got = record(b"abc")
    if c.equal("the length of a record with 3 bytes of data", len(got), 8 + 4 + 3 + 4):
        c.equal("its length, and the data", got[:8] + got[12:15], b"\x03\0\0\0\0\0\0\0abc", "Little-endian.")
        c.equal(
            "the checksum of its length", got[8:12].hex(), "b099490e", "Use the 8 bytes, rotate right by 15 bits, then add the constant."
        )
        c.equal("the checksum of its data", got[15:].hex(), "6e57f121")
    event = scalar_event("loss", 300, 0.5, 1.0e9).hex()
    hint = "Key, value, key, value. Field 5 of wire type 2 has the key 0x2a."
    c.equal("the number of bytes of an event", len(event) // 2, 27, hint)
    for name, part in (
        ("wall_time", "090000000065cdcd41"),
        ("step", "10ac02"),
        ("summary, with its value", "2a0d0a0b"),
        ("tag", "0a046c6f7373"),
        ("simple_value", "150000003f"),
    ):
        c.true(f"an event holds {part}: its {name}", part in event, hint)
    long, odd = scalar_event("x" * 200, 1, 0.0, 0.0), scalar_event("Größe", 1, 0.0, 0.0)
    c.true("a tag of 200 letters has its length in two bytes", b"\x0a\xc8\x01" + b"x" * 200 in long, "The length is a varint, too.")
    c.true("a length counts bytes, not letters", b"\x0a\x07Gr\xc3\xb6\xc3\x9fe" in odd)
    c.true("1e60 becomes infinity", b"\x15\0\0\x80\x7f" in scalar_event("loss", 1, 1e60, 0.0))
    c.true("-1e60 becomes minus infinity", b"\x15\0\0\x80\xff" in scalar_event("loss", 1, -1e60, 0.0))
    c.raises("the step -1 is refused", ValueError, scalar_event, "loss", -1, 0.5, 0.0)
    whole = event_file({"loss": [(300, 0.25), (7, 0.5)]}, 1.0e9)
    c.true(
        "the file begins with the version",
        whole[:8] == b"\x18\0\0\0\0\0\0\0" and b"\x1a\x0dbrain.Event:2" in whole[:40],
        "Field 3, text, after wall_time.",
    )
    last = record(scalar_event("loss", 7, 0.5, 1.0e9))
    c.true("and ends with the last point's record", whole.endswith(last), "The points keep their order.")
    c.equal("a file without points", event_file({}, 1.0e9), whole[:40])

# %% [markdown] id="event_file-write-idea"
# **Into TensorBoard.** In the next cell, we log three trainings of a single affine layer, each in
# its own folder, under `runs/` next to this notebook. (If no notebook is open, the cell uses a
# temporary folder.)
# If you have TensorBoard (`python -m pip install tensorboard`), run `tensorboard --logdir runs` in
# a terminal to see all three together.
# Don't worry if you don't have TensorBoard, because the last cell of this part plots what TensorBoard
# would show. If you do have it, the cell before this plot also lets TensorBoard's own
# reader read your bytes.
# You already know TensorBoard's "Smoothing": it is the moving average with bias correction of
# assignment 06. In our plot, the pale lines are the values, and the strong lines are the values
# smoothed with 0.9. A smooth line can mislead you in two ways. It hides how much the values vary,
# and it *lags*, so a decreasing loss looks higher than it is. So in practice, look at the raw line
# first.

# %% id="event_file-write" tags=["demo"]
import tempfile

digits, logged = data.digits(), {}
for rate in (0.01, 0.1, 1.0):
    _, logged[f"rate-{rate}"] = fit(
        new_params((64, 10), np.random.default_rng(8)),
        one_layer,
        sgd_momentum,
        {"learning_rate": rate},
        digits.x_train,
        digits.y_train,
        steps=200,
        batch=32,
        rng=np.random.default_rng(9),
        evaluate=lambda params: {"accuracy/dev": accuracy(params, digits.x_dev, digits.y_dev)},
        every=10,
    )
folder = Path("runs") if LIVE else Path(tempfile.mkdtemp())
with attempt("event_file"):
    for name, history in logged.items():
        curves = {
            "loss/train": list(enumerate(history.losses, start=1)),
            "accuracy/dev": list(zip(history.at, history.metrics["accuracy/dev"], strict=True)),
        }
        content = event_file(curves, 1.7e9)
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "events.out.tfevents.1700000000.course").write_bytes(content)
        print(f"{name}: {len(history.losses)} losses and {len(history.at)} accuracies in {len(content)} bytes")

# %% id="event_file-tensorboard" tags=["demo", "nbval-ignore-output"]
with attempt("event_file"):
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        print("Skipped: TensorBoard is not here, and nothing needs it.")
    else:
        for path in sorted(folder.glob("rate-*")):
            reader = EventAccumulator(str(path)).Reload()
            told = [
                f"{tag} {len(reader.Scalars(tag) if tag in reader.Tags()['scalars'] else reader.Tensors(tag))}"
                for tag in ("loss/train", "accuracy/dev")
            ]
            print(f"TensorBoard reads {path.name}: {', '.join(told)} values")

# %% id="event_file-plot" tags=["demo"]
with style():
    fig, ax = plt.subplots(figsize=(8, 4))
    for (name, history), color in zip(logged.items(), (PALETTE[4], PALETTE[0], PALETTE[1]), strict=True):
        losses = np.array(history.losses)
        smooth = ema(losses, 0.9, bias_correction=True)
        ax.semilogy(losses, color=color, alpha=0.3, linewidth=1)
        ax.semilogy(smooth, color=color, label=name)
        print(
            f"{name}: mean of the losses 11 to 20 {losses[10:20].mean():.2f}, smoothed {smooth[19]:.2f}; of the last ten, highest {losses[-10:].max():.2f}, smoothed {smooth[-1]:.2f}"
        )
    ax.set(xlabel="step", ylabel="loss/train")
    ax.legend(title="run")
show(
    fig,
    "Training loss over the step for three learning rates: pale, jagged raw lines and strong smoothed ones, which lie above the raw ones where "
    "the loss falls.",
)

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells. This makes sure that your
# notebook also works from a fresh start. The cell below summarises the results of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"torch_layout": 15, "torch_rule": 20, "twin_history": 25, "fair_grid": 40},
    written=10,
)
