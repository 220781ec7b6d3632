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
# You have written a network by hand: layers, losses, optimizers. Other people have written the same network, and theirs runs on
# graphics cards. In this lab the two meet. First you make PyTorch compute *exactly* what your NumPy does, loss for loss to the
# sixth decimal and far beyond. Then you use both for what D2's lab asks: loss and accuracy against learning rate, batch size and
# optimizer. Both parts are harder than they look, and for the same reason: two runs should differ in one thing only, and it takes
# care to see to it.
#
# **You will write**
#
# 1. `torch_layout` and `numpy_layout`: weights from one framework to the other, and back (20 points)
# 2. `torch_rule`: the course's update rules in PyTorch's words (15)
# 3. `twin_history` and `matched`: a run that can be repeated elsewhere, and the place where two runs part (20)
# 4. `grid` and `best_run`: runs that differ in what they should, and a choice that is not made on the test set (25)
# 5. `crc32c`, `varint`, `record`, `scalar_event`, `event_file`: a log that TensorBoard can show, byte by byte (20)
#
# There is one question in words besides (10 points, read by a person).
#
# **You need** NumPy for all that is graded. The cells marked *PyTorch* need PyTorch besides; without it they say so in a line,
# and the rest goes on. Layers, losses and optimizers come from your own earlier notebooks if you have them, else from the course.
# Lectures: D2 (lab session, checklist, names in PyTorch), D3 (visualisation while training).

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Leave your arguments alone**, dictionaries and lists included.
# - **Keep the precision.** float32 weights in, float32 weights out; float64 in, float64 out; whole numbers in, float64 out.
# - **Any layout.** Arrays may be read-only, or slices and transposes of others.
# - **No warnings**: no overflow, no invalid value, even where a run has died and its loss is `nan` or infinite.
# - **Randomness** comes from seeds which you are given, never from `np.random` itself.
# - **Refuse politely.** Where a docstring says *raises*, raise a `ValueError` that names what was given and what was expected.
#
# Every question has a cell to try things in and a cell that checks. The visible checks catch most slips; grading uses more of
# them, on other numbers, and never needs PyTorch. An unfinished cell stops nothing: *Run All* always gets to the end.

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
    """Weights of a network with layers of these sizes, by He's scheme, and biases of zero."""
    params = {}
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), start=1):
        params[f"w{k}"] = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
        params[f"b{k}"] = np.zeros(fan_out)
    return params


def accuracy(params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """The share of examples that a network puts into the right class."""
    last, h = len(params) // 2, x
    for layer in range(1, last + 1):
        h = h @ params[f"w{layer}"] + params[f"b{layer}"]
        h = h if layer == last else np.maximum(h, 0)
    return float(np.mean(h.argmax(axis=1) == y)) if np.isfinite(h).all() else float("nan")


def draw_epochs(n: int, batch: int, count: int, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """The batches of `count` epochs, each shuffled anew."""
    return [list(minibatches(n, batch, rng)) for _ in range(count)]


def one_layer(params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """Loss and gradients of a single affine layer, for `fit`."""
    scores, cache = affine_forward(x, params["w1"], params["b1"])
    loss, dscores = softmax_loss(scores, y)
    _, dw, db = affine_backward(dscores, cache)
    return loss, {"w1": dw, "b1": db}


# %% [markdown] id="pytorch-idea"
# ## PyTorch, if you have it
#
# D2's lab begins with "Install pytorch". In a terminal, in the environment that this notebook runs in:
#
# ```
# python -m pip install torch==2.13.0
# ```
#
# On Linux this brings a build for graphics cards of several gigabytes; the one for processors is enough here, and pytorch.org
# tells the command for your system ("Compute Platform: CPU"). Then restart the kernel. The next cell says what it has found.

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
# ## 1 · Hand the weights over (D2, names in PyTorch)
#
# A network in this course is *affine → ReLU → affine → … → affine*, and its parameters are `w1`, `b1`, `w2`, `b2`, …, with
# weights of shape (in, out), since examples are rows: $h = x\,w + b$. In PyTorch you would write
#
# ```
# net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
# ```
#
# and find its parameters in a dictionary, `net.state_dict()`, under `0.weight`, `0.bias`, `2.weight`, `2.bias`. The number is the
# module's place in the sequence, counted from 0, and a ReLU takes a place too. An `nn.Linear` keeps what D0 and D1 call $W$, of
# shape (out, in), and computes
#
# $$h = x\,W^\top + b .$$
#
# Two traps. A weight that is *reshaped* to (out, in) has the right shape, loads without a word, and is garbage; and in a square
# layer, a weight that is not turned at all does the same. No error will ever tell you. And names with numbers do not sort as
# numbers do: `"10.weight"` comes before `"2.weight"`, and `"w10"` before `"w2"`.
#
# On the way back, other people's networks have other modules between the linear ones (dropout, say, after each ReLU), so the
# places need not be 0, 2, 4; their order is what counts. And a linear layer made with `bias=False` has no bias: ours has one of
# zeros.


# %% nbgrader={"grade_id": "torch_layout", "solution": true}
def torch_layout(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return a network's parameters as nn.Sequential(Linear, ReLU, Linear, ..., Linear) keeps them.

    Args:
        params: "w1" (D, H1), "b1" (H1,), "w2" (H1, H2), ... of L layers, in any order.

    Returns:
        "0.weight" (H1, D), "0.bias" (H1,), "2.weight", ... in the order of the layers, weight before bias. Each is an array of its own,
        which lies row after row in memory, without gaps: what happens to it later must not happen to params.

    Raises:
        ValueError: a name of "w1", "b1", ..., "wL", "bL" is missing or another is there, or a shape does not fit; the message
            names the parameter that is missing, too many, or does not fit.
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


def numpy_layout(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the parameters of an nn.Sequential as the course keeps them.

    Args:
        state: for each linear layer "I.weight" (out, in) and, unless it has none, "I.bias" (out,). I is the layer's place: a whole
            number, not always even, and the names may come in any order.

    Returns:
        "w1" (in, out), "b1" (out,), "w2", ... in the order of the places; each an array of its own. A layer without a bias gets zeros.

    Raises:
        ValueError: a name is of another form, or a bias is there without its weight; the message names it.
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


# %% [markdown] id="torch_layout-given-idea"
# And somebody who looks how your arrays lie in memory:


# %% nbgrader={"grade_id": "torch_layout-given", "locked": true}
def in_rows(params):
    """Whether each array of the state lies row after row, without gaps."""
    return {name: bool(value.flags.c_contiguous) for name, value in torch_layout(params).items()}


# %% id="torch_layout-try" tags=["demo"]
with attempt("torch_layout"):
    params = {"w1": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "b1": np.array([7.0, 8.0, 9.0]), "w2": np.ones((3, 1)), "b2": np.zeros(1)}
    for name, value in torch_layout(params).items():
        print(f"{name:9} {value.shape!s:7}", value.tolist())

# %% nbgrader={"grade_id": "torch_layout-check", "grade": true, "points": 20}
with check("torch_layout") as c:
    w1, b1 = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0, 30.0])
    params = {"b2": np.array([5.0, -5.0, 1.0]), "w2": np.arange(9.0).reshape(3, 3), "w1": w1, "b1": b1}
    state = torch_layout(params)
    c.equal("the names, in order", list(state), ["0.weight", "0.bias", "2.weight", "2.bias"], "A ReLU takes a place too.")
    if c.shape("0.weight", state["0.weight"], (3, 2)):
        c.close(
            "0.weight", state["0.weight"], [[0, 3], [1, 4], [2, 5]], hint="W[j, i] is w[i, j]. A new shape alone keeps the order in memory."
        )
    c.close(
        "2.weight, of a square layer", state["2.weight"], [[0, 3, 6], [1, 4, 7], [2, 5, 8]], hint="Its shape cannot tell: is it turned?"
    )
    c.close("2.bias", state["2.bias"], [5, -5, 1])
    c.true("each is contiguous", all(value.flags.c_contiguous for value in state.values()), "A transpose is only a view.")
    c.true(
        "none shares memory with params",
        not any(np.shares_memory(value, old) for value in state.values() for old in params.values()),
        "Whoever trains the twin in place would train yours.",
    )
    back = numpy_layout(state)
    c.true("there and back is the same", all(np.array_equal(back[name], params[name]) for name in params) and back.keys() == params.keys())
    deep = {f"{kind}{k}": np.full((1, 1) if kind == "w" else 1, float(k)) for k in range(1, 12) for kind in "wb"}
    c.equal(
        "eleven layers, in order", [float(value.flat[0]) for value in torch_layout(deep).values()], [k for k in range(1, 12) for _ in "wb"]
    )
    gaps = {"9.weight": np.full((2, 3), 9.0), "10.weight": np.full((1, 2), 10.0), "10.bias": np.ones(1), "0.weight": np.zeros((3, 4))}
    back = numpy_layout(gaps)
    c.equal("the names from places 0, 9 and 10", sorted(back), ["b1", "b2", "b3", "w1", "w2", "w3"])
    c.close("w2 from place 9", back["w2"], np.full((3, 2), 9.0), hint="By number: 9 comes before 10.")
    c.close("b2, which PyTorch's layer does not have", back["b2"], [0, 0])
    c.equal("the dtype for float32", torch_layout({"w1": np.float32(w1), "b1": np.float32(b1)})["0.weight"].dtype, np.dtype("float32"))
    without = numpy_layout({"0.weight": np.float32(w1).T.copy()})["b1"]
    c.equal("the dtype of b1, which is not there, for float32", without.dtype, np.dtype("float32"))
    c.raises("a missing b1 is refused", ValueError, torch_layout, {"w1": w1})
    c.raises("a b1 of shape (2,) is refused", ValueError, torch_layout, {"w1": w1, "b1": b1[:2]})
    c.raises("a b1 of shape (1, 3) is refused", ValueError, torch_layout, {"w1": w1, "b1": b1[None]})
    c.raises("a w2 that does not take what w1 gives is refused", ValueError, torch_layout, {**params, "w2": np.ones((4, 3))})
    c.raises("a bias without its weight is refused", ValueError, numpy_layout, {"0.bias": b1})

# %% [markdown] id="torch_layout-see"
# **What a weight looks like, and what is left of it.** One affine layer on the digits is ten templates: the 64 weights of a
# class, laid out as an image, are bright where ink speaks for that class, and dark where it speaks against. Above are the rows of
# your `0.weight`; see the hole in the middle of 0, and the grey edge, where no digit ever has ink. Below is the same array,
# merely *reshaped* to (10, 64). The shape is right and `load_state_dict` is content; but each row takes ten neighbouring numbers,
# one of each class, then the next ten, and so every template is a mixture of all. What that does to the accuracy is printed.

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
# ## 2 · Say the same rule in other words (D2, optimizers in PyTorch)
#
# `torch.optim.SGD`, `Adagrad`, `RMSprop`, `Adadelta`, `Adam` are the rules of assignments 05 and 06. Their settings have other
# names, and where you leave one out, **their default is not always the course's**. So name every setting that your rule has. This
# is the course's side; a setting in brackets is taken if there is none in `config`:
#
# | rule | settings |
# |---|---|
# | `sgd` | `learning_rate` |
# | `sgd_momentum`, `nesterov` | `learning_rate`, `momentum` (0.9) |
# | `ema_momentum`, D1's form: $v_t = \beta v_{t-1} + (1-\beta)\, g_t$, from $v_{-1} = 0$; $x_{t+1} = x_t - \alpha v_t$ | `learning_rate`, `beta` (0.9) |
# | `adagrad` | `learning_rate` (0.01), `eps` (1e-8) |
# | `rmsprop` | `learning_rate` (0.01), `decay_rate` (0.99), `eps` (1e-8) |
# | `adadelta` | `learning_rate` (1.0), `decay_rate` (0.95), `eps` (1e-6) |
# | `adam` | `learning_rate` (0.001), `beta1` (0.9), `beta2` (0.999), `eps` (1e-8) |
#
# And this is PyTorch's, with its defaults (version 2.13):
#
# | class | settings |
# |---|---|
# | `SGD` | `lr` (0.001), `momentum` (0), `dampening` (0), `nesterov` (False; True is refused unless `momentum` is above 0 and `dampening` is 0), `weight_decay` (0) |
# | `Adagrad` | `lr` (0.01), `eps` (1e-10), `weight_decay` (0) |
# | `RMSprop` | `lr` (0.01), `alpha` (0.99), `eps` (1e-8), `weight_decay` (0) |
# | `Adadelta` | `lr` (1.0), `rho` (0.9), `eps` (1e-6), `weight_decay` (0) |
# | `Adam`, `AdamW` | `lr` (0.001), `betas` (0.9, 0.999), `eps` (1e-8), `weight_decay` (0 in `Adam`, 0.01 in `AdamW`) |
#
# `SGD` keeps a buffer. Its **first** value is the first gradient, as it is; from then on $v_t = \text{momentum} \cdot v_{t-1} +
# (1 - \text{dampening}) \cdot g_t$, and always $x_{t+1} = x_t - \text{lr} \cdot v_t$. (Look twice at that first value before you
# use `dampening` for D1's form. There is another way, which is exact.)
#
# Two more settings may come with a config. `reg` is the price of an L2 penalty $\tfrac12\,\text{reg} \sum w^2$, whose gradient
# joins that of the loss: any rule may have it. `decay` is decoupled: $w$ shrinks by the factor $1 - \text{learning rate} \cdot
# \text{decay}$ at each step, beside the rule; PyTorch has that for Adam alone. In which class is `weight_decay` which? D2's slide
# under "weight decay", `torch.optim.Adam(params, …, weight_decay=0.01)`, does *not* give the update that stands above it (erratum
# 14).


# %% nbgrader={"grade_id": "torch_rule", "solution": true}
def torch_rule(rule: str, config: dict[str, float]) -> tuple[str, dict]:
    """Return the class of torch.optim, and its settings, which do the same as a rule of the course.

    Args:
        rule: "sgd", "sgd_momentum", "nesterov", "ema_momentum", "adagrad", "rmsprop", "adadelta" or "adam".
        config: settings of the rule by name, as in the first table; besides, perhaps "reg", and for "adam" perhaps "decay".

    Returns:
        name: of the class, "SGD" for example, and settings: its keyword arguments by name.

    Raises:
        ValueError: the rule is unknown; the config has a setting that the rule does not have; "learning_rate" is missing where it has no default;
            or "reg" and "decay" are both there (PyTorch has no such rule). The message names it.
    """
    ### BEGIN SOLUTION
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

# %% nbgrader={"grade_id": "torch_rule-check", "grade": true, "points": 15}
with check("torch_rule") as c:

    def has(rule, config, name, **wanted):
        got_name, got = torch_rule(rule, config)
        c.equal(f"the class for {rule}", got_name, name)
        for key, value in wanted.items():
            right = key in got and np.allclose(got[key], value, rtol=1e-12, atol=0)
            c.true(f"{rule} with {config or 'no settings'}: {key} is right", right, "" if key in got else "It is not among your settings.")

    has("sgd", {"learning_rate": 0.5}, "SGD", lr=0.5)
    has("sgd_momentum", {"learning_rate": 0.5}, "SGD", lr=0.5, momentum=0.9)
    has("nesterov", {"learning_rate": 0.5, "momentum": 0.7}, "SGD", lr=0.5, momentum=0.7, nesterov=True)
    _, plain = torch_rule("nesterov", {"learning_rate": 0.5, "momentum": 0})
    c.true("nesterov with momentum 0 is not asked to look ahead", not plain.get("nesterov"), "PyTorch refuses that.")
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
        hint="Its first buffer is the gradient, undamped.",
    )
    c.close("and three steps of it", np.array(theirs), ours)

    c.raises("the rule 'momentum' is refused", ValueError, torch_rule, "momentum", {"learning_rate": 0.1})
    c.raises("sgd_momentum with a rho is refused", ValueError, torch_rule, "sgd_momentum", {"learning_rate": 0.1, "rho": 0.9})
    c.raises("sgd without a learning rate is refused", ValueError, torch_rule, "sgd", {})
    c.raises("decay for rmsprop is refused", ValueError, torch_rule, "rmsprop", {"decay": 0.1})

# %% [markdown] id="torch_rule-see"
# **One word that is not the same.** D1's momentum, and two ways of saying it to PyTorch's `SGD`, on the parabola $x^2/2$ with
# $\beta = 0.9$. The obvious way is `dampening=0.9`, as the formula has $1 - \beta$ before the gradient. But PyTorch's first step
# is not damped: see the orange path jump ten times as far as it should, and carry that push along for thirty steps. The way of
# your `torch_rule` lies on D1's path exactly.

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
# **PyTorch.** The proof of it: sixty steps on the same random gradients, your settings against the course's own rules, in
# float64. The last column is what happens if you give the learning rate alone and leave the rest to PyTorch's defaults.

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
# ## 3 · A run that can be repeated elsewhere
#
# Equal weights and equal rules are two of the four things in which twins must agree. The third is **the data, in the same
# order**: two random generators never agree, so draw the order once and hand the same index arrays to both. The fourth is **the
# loss**: a mean over the batch, of a cross-entropy that takes *scores*. (`nn.CrossEntropyLoss` does, as your `softmax_loss`
# does.)
#
# So `twin_history` draws nothing. It gets weights and, for each epoch, a list of batches; trains; and writes down the loss of
# each batch *before* the step that is taken because of it. Every parameter has a memory of its own (velocity, moments), which
# lasts from the first batch of the first epoch to the last of the last.
#
# Then compare. Where do two histories part? Losses near 0 should be compared absolutely, losses in the thousands relatively. So
# call the error at step $t$
#
# $$e_t = \frac{|a_t - b_t|}{\max(1, |a_t|, |b_t|)},$$
#
# and say that two histories part at the first step with $e_t >$ `tol`. Mind runs that die. Two losses of `nan` agree, and so do
# two of $\infty$; a `nan` against a number does not, although *no comparison with nan is ever true*. What is not finite and does
# not agree has $e_t = \infty$.


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
        epochs: for each epoch the index arrays of its batches, which may differ in size.
        rule: a name in RULES, or itself a function rule(w, dw, config) -> next_w, config; called once a parameter and step.
        config: the rule's settings, from which each parameter's memory starts.
        evaluate: called with the parameters after each epoch, as evaluate(params); what it returns is kept.

    Returns:
        losses: a number a batch, each the mean over the batch before its step.
        found: what evaluate returned, one an epoch; empty without evaluate.
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


def matched(ours: list[float], theirs: list[float], tol: float = 1e-6) -> tuple[int | None, float]:
    """Say where two histories part, and how far they come apart.

    Args:
        ours, theirs: losses, one a step; lists or arrays, of any float type.
        tol: the largest error e_t that counts as the same.

    Returns:
        step: the first step, counted from 0, with e_t > tol; None if there is none.
        worst: the largest e_t of all steps; 0 if there are none.

    Raises:
        ValueError: the histories have different lengths; the message names both.
    """
    ### BEGIN SOLUTION
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} losses, expected as many of one as of the other")
    finite = np.isfinite(a) & np.isfinite(b)
    size = np.maximum(1, np.maximum(np.abs(a[finite]), np.abs(b[finite])))
    error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.inf)
    error[finite] = np.abs(a[finite] / size - b[finite] / size)
    apart = np.flatnonzero(error > tol)
    return (int(apart[0]) if apart.size else None), float(error.max(initial=0.0))
    ### END SOLUTION


# %% id="twin_history-try" tags=["demo"]
with attempt("twin_history"):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0])
    two_epochs = [[np.array([0, 1, 2, 3]), np.array([4, 5])], [np.array([5, 4, 3, 2]), np.array([1, 0])]]
    losses, found, trained = twin_history(
        new_params((3, 4, 2), rng), x, y, two_epochs, "sgd", {"learning_rate": 0.5}, lambda params: accuracy(params, x, y)
    )
    print("losses", np.round(losses, 4), "accuracy after each epoch", np.round(found, 2), "parameters", list(trained))
    print(matched(losses, [losses[0], losses[1], losses[2] + 0.01, losses[3]]))

# %% nbgrader={"grade_id": "twin_history-check", "grade": true, "points": 20}
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
    c.close("losses where the rule does nothing", np.array(losses), [loss_of(start, batch) for epoch in plan for batch in epoch])
    c.equal("found without evaluate", list(found), [])
    losses, found, trained = twin_history(start, x, y, plan, "sgd", {"learning_rate": 0.3}, lambda params: loss_of(params, np.arange(7)))
    c.close("the first loss", losses[0], loss_of(start, plan[0][0]), hint="The loss before the step, of this batch alone.")
    c.equal("evaluate is called once an epoch", len(found), 2)
    c.close("what it found last", found[-1], loss_of(trained, np.arange(7)), hint="After the epoch's last step.")
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
        "w1 under a rule that counts its steps",
        trained["w1"],
        by_hand["w1"],
        hint="One memory a parameter, from the first epoch to the last.",
    )
    twin_history(start, x, y, plan, "adam", config)
    c.equal("config, afterwards", config, {"learning_rate": 0.3}, "Each parameter needs a copy of its own.")
    _, _, together = twin_history(start, x, y, plan, "sgd_momentum", {"learning_rate": 0.1})
    velocity, pushed = {name: np.zeros_like(value) for name, value in start.items()}, dict(start)
    for batch in (batch for epoch in plan for batch in epoch):
        _, _, stepped = twin_history(pushed, x, y, [[batch]], "sgd", {"learning_rate": 1.0})
        for name in start:
            velocity[name] = 0.9 * velocity[name] + pushed[name] - stepped[name]
            pushed[name] = pushed[name] - 0.1 * velocity[name]
    for name in ("w1", "b1", "b2"):
        c.close(f"{name} under momentum", together[name], pushed[name], hint="Is its velocity its own?")
    for name, value in start.items():
        c.unchanged(name, value, before[name])
    c.equal("matched, the same twice", tuple(matched([1.0, 2.0], [1.0, 2.0])), (None, 0.0))
    step, worst = matched([1.0, 2.0, 3.0, 4.0], [1.0, 2.0 + 1e-9, 3.3, 4.0])
    c.equal("the first step apart", step, 2, "Counted from 0, and beyond tol.")
    c.equal("the first of two steps apart", matched([1.0, 2.1, 3.0], [1.0, 2.0, 9.0])[0], 1, "The first, not the worst.")
    c.close("the worst error", worst, 0.3 / 3.3, hint="Relative to the larger of the two.")
    c.equal(
        "the other way round", tuple(matched([1.0, 2.0, 3.3], [1.0, 2.0, 3.0])), (2, worst), "The error is the same, whoever comes first."
    )
    c.equal("two tiny losses", matched([1e-9], [3e-9])[0], None, "Below 1, errors are absolute.")
    c.equal("two huge losses", matched([1e9], [1e9 + 1.0])[0], None, "Above 1, errors are relative.")
    c.equal("nan against a number", matched([1.0, np.nan, 2.0], [1.0, 5.0, 2.0])[0], 1, "nan > tol is False, and so is every comparison.")
    c.equal("nan against nan", matched([1.0, np.nan], [1.0, np.nan])[0], None)
    c.raises("3 losses against 2 are refused", ValueError, matched, [1.0, 2.0, 3.0], [1.0, 2.0])

# %% [markdown] id="twin_history-see"
# **When they part tells why.** Six twins of the same run, momentum on the digits, three epochs in batches of 100. Each has one
# slip, of those that people make when they carry a network from one framework to the other. The plot shows $e_t$; read it as a
# doctor does. Apart from **step 0** on: other weights, other data or another loss, for nothing has been learnt yet. From **step
# 1**: the first update is wrong. From **step 2**: the first update was right and the second is not, so something *remembers*
# wrongly (the rule's memory, or gradients which nobody has set back to zero). From **the end of the first epoch**: the batches
# (here the last, shorter one is dropped). Never, but all along at about $10^{-8}$: nothing is wrong, it is float32. The dashed
# line is `tol`.

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
# **PyTorch.** Now the twin itself. Read the loop: this is how training is written in PyTorch, and how D2's linked tutorial writes
# it. Each of its lines is something that you have done by hand. `loss.backward()` is assignment 01, done by the machine: as the
# loss is computed, each operation leaves a node behind that knows its own backward and the nodes it came from. The second cell
# walks this graph from the loss back to the first weight (D3: "visualizing computational graphs"), and there they are: your
# layers, in reverse.

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
                found.append(evaluate(numpy_layout({key: value.numpy() for key, value in net.state_dict().items()})))
        return losses, found, numpy_layout({key: value.numpy() for key, value in net.state_dict().items()})

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
# **Runs that nobody can repeat.** Twins agree to the last bit or two, and no better: two libraries add up the same numbers in
# another order, so they round otherwise. What becomes of such a difference? Below, all weights are changed by a factor of $1 +
# 10^{-12}$, and the same run is made twice: once at a learning rate that suits it, once at twice that. See the one difference
# stay about as small as it was, and the other grow a billionfold and more: each step multiplies it, on average by a little over
# 1. Both runs learn. But the second is *chaotic*, and in the end no two machines agree on it. If a match fails late, look at the
# learning rate before you look for a mistake.

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
# **A line to mend (erratum 25).** D2's slide has `nn.functional.softmax(input)` after the last layer and cross-entropy as the
# loss. In PyTorch the two together are a softmax of a softmax, for `nn.CrossEntropyLoss` has one inside. No error, no warning,
# and the loss does fall. But the inner softmax gives numbers between 0 and 1, so the outer one can never be sure: for ten classes
# no loss lies below $\log(e + 9) - 1 \approx 1.46$. Run the cell and find that floor in the picture; then mend the marked line,
# and both curves are one.

# %% id="twin_history-mend" tags=["demo"]
with attempt("twin_history"):

    def slide_loss(scores, y):
        """Loss and gradient of the scores, with the slide's softmax before the loss."""
        exps = np.exp(scores - scores.max(axis=1, keepdims=True))
        outputs = exps / exps.sum(axis=1, keepdims=True)  # the slide's softmax: mend this line
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
# The lab's slide links a
# [tutorial](https://github.com/yunjey/pytorch-tutorial/blob/master/tutorials/01-basics/logistic_regression/main.py): one
# `nn.Linear(784, 10)` on MNIST, `batch_size = 100`, `learning_rate = 0.001`, `num_epochs = 5`. Take the same settings for our
# digits, and about one digit in ten is right: no better than guessing. Nothing is broken. Say why, before you run the cell. What
# moves the weights is a step's length times the number of steps, and an epoch of MNIST has 600 batches of a hundred; ours has 11.
#
# On the left, see four learning rates over five epochs. On the right are the same runs with another horizontal axis, *learning
# rate × steps*: they fall onto **one curve**. While steps are small, gradient descent walks along a continuous path, and learning
# rate × steps is how far it has come. (Only the blue dots begin beside the curve: at a rate of 1 a step is no longer small.) The
# last factor is in the data. A step on an example moves its own scores by $\alpha \lVert x \rVert^2$ times the error, and an
# MNIST image has six times the squared length of ours. All told, the tutorial on MNIST comes as far as the dashed line; on our
# digits it makes a three-hundredth of that way. So "five epochs at 0.001" is no setting that can be carried from one data set to
# another: neither the rate nor the number of epochs is.

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
    print("share of the dev set right after five epochs:", ", ".join(f"{curve[-1]:.2f} at {label}" for label, curve in curves.items()))
    print(f"mean squared length of an image: {square:.0f}, on MNIST {square_mnist:.0f}; the tutorial's place on our axis: {reach:.0f}")
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
        for (label, curve), color in zip(curves.items(), (PALETTE[1], PALETTE[3], PALETTE[2], PALETTE[0]), strict=True):
            steps = np.arange(1, len(curve) + 1)
            left.plot(steps / len(plan_five[0]), curve, color=color, label=label)
            right.semilogx(settings[label] * steps, curve, ".", markersize=5, color=color)
        left.set(xlabel="epoch", ylabel="share of the dev set right", ylim=(0, 1))
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
# **PyTorch.** And here is the tutorial itself, line for line, but for the data: our digits, twenty seeds, each with the weights
# that `nn.Linear` draws for itself. See shares scattered around a tenth: they are those of untrained networks. Then the same five
# epochs at the rate that makes up for the shorter way.

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
# ## 4 · Compare what you mean to compare (D2's lab session)
#
# "Plot the loss function and accuracy evolution with change in learning rate, batch size, optimizers." A grid of runs, then.
# Whoever compares 27 runs compares 27 numbers that also depend on luck: on the weights they started from and on the order of the
# examples. So:
#
# - **Each run differs in what it should, and in nothing else.** Within one *repeat*, all runs start from the same weights and
#   draw their order from the same seed: the luck is shared, and cancels when you compare. From repeat to repeat it changes: that
#   shows how much of a difference luck alone makes.
# - **Seeds are derived, not counted.** With seeds $s, s+1, s+2, \dots$ for the repeats, tomorrow's experiment with the seed $s+1$
#   repeats most of today's and calls it new evidence. One seed for two purposes (weights *and* order) ties together what should
#   be independent. And a run's seeds must not hang on what else is in the grid: whoever adds a learning rate next week wants the
#   old runs to remain what they were. Python's `hash` of a string is no seed: it differs each time Python starts. NumPy has a
#   tool for just this; look up `np.random.SeedSequence`.
# - **The same budget for all.** Here: as many epochs, so as many examples seen. How many steps these are depends on the batch
#   size. And as many settings tried for each rule: who may try more often wins more often.
#
# Then choose, which is where most comparisons go wrong. **On the dev set, on the mean over the repeats**, both the settings and
# the epoch at which to stop. A run that has died (`nan`) counts as 0 from there on. It does *not* count as missing: a rule that
# dies in two repeats of three is not as good as its third. Only when the choice has been made is the test set looked at, at the
# place that was chosen. $R$ repeats with dev values $d_1, \dots, d_R$ have the mean $\bar d$ and, as its standard error,
#
# $$\text{dev\_se} = \frac{s}{\sqrt R}, \qquad s^2 = \frac{1}{R-1} \sum_r (d_r - \bar d)^2 .$$


# %% nbgrader={"grade_id": "fair_grid", "solution": true}
def grid(rates: dict[str, list[float]], batches: list[int], repeats: int, seed: int, n: int, epochs: int) -> list[dict]:
    """Return all runs of a comparison: each rule with each of its learning rates, each batch size, each repeat.

    Args:
        rates: the learning rates to try, by the rule's name.
        batches: batch sizes, each from 1 to n.
        repeats: how often each is run, at least 1.
        seed: the experiment's, a whole number >= 0.
        n: number of training examples.
        epochs: of each run, the last batch of an epoch being shorter where the size does not divide n.

    Returns:
        for each run, in any order, a dict with "rule", "learning_rate", "batch", "repeat" (from 0), "steps" (of all its epochs together), and
        "init_seed" and "order_seed": whole numbers from 0 to 2^63 - 1 that depend on seed and repeat alone, and differ from one
        another, from repeat to repeat and from seed to seed.

    Raises:
        ValueError: a batch size is not from 1 to n, repeats is not at least 1, or a rule has more learning rates than another; the message names it.
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
        table: for each run at least "rule", "learning_rate", "batch", "repeat", and the accuracies after each epoch in "dev" and "test": lists
            of the same length for all runs, with nan where a run has died.

    Returns:
        "rule", "learning_rate" and "batch" of the best settings, and "epoch", counted from 1, after which the mean over the repeats of dev is greatest
        (a nan counting as 0); "dev", that mean; "dev_se", its standard error (nan for a single repeat); "test", the mean of test over the same
        repeats after the same epoch, a nan counting as 0. Among equals the earliest epoch, then what comes first in the table.

    Raises:
        ValueError: the table is empty, or not all settings have the same repeats; the message says so.
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

# %% nbgrader={"grade_id": "fair_grid-check", "grade": true, "points": 25}
with check("fair_grid") as c:
    rates = {"sgd": [0.1, 1.0], "adam": [0.001, 0.01]}
    runs = grid(rates, [3, 5, 10], 2, 8, 10, 4)
    wanted = {(rule, rate, batch, repeat) for rule in rates for rate in rates[rule] for batch in (3, 5, 10) for repeat in (0, 1)}
    c.equal("how many runs", len(runs), 24, "Every rule with every of its rates, every batch size, every repeat.")
    c.true("each combination once", {(run["rule"], run["learning_rate"], run["batch"], run["repeat"]) for run in runs} == wanted)
    c.equal(
        "steps, for batches of 3, 5, 10",
        sorted({(run["batch"], run["steps"]) for run in runs}),
        [(3, 16), (5, 8), (10, 4)],
        "D1's floor plus one is wrong for 5.",
    )
    seeds = {repeat: {(run["init_seed"], run["order_seed"]) for run in runs if run["repeat"] == repeat} for repeat in (0, 1)}
    c.true(
        "within a repeat all runs share their two seeds", len(seeds[0]) == len(seeds[1]) == 1, "Else luck differs along with the settings."
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
        "a larger grid leaves the seeds of repeat 1 as they were",
        {(run["init_seed"], run["order_seed"]) for run in more if run["repeat"] == 1} == seeds[1],
    )
    others = {value for run in grid(rates, [3], 5, 9, 10, 4) for value in (run["init_seed"], run["order_seed"])}
    c.true(
        "the experiment with the next seed shares none",
        not others & {value for run in more for value in (run["init_seed"], run["order_seed"])},
    )
    state = np.random.get_state()[1].tolist()
    grid(rates, [3], 2, 8, 10, 4)
    c.true("the global random state is left alone", np.random.get_state()[1].tolist() == state, "Seeds come from seed and repeat.")
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
        "the chosen learning rate", best["learning_rate"], 0.1, "By the mean over repeats, a nan counting as 0, and never by the test set."
    )
    c.equal("the chosen epoch, from 1", best["epoch"], 2, "The best mean of dev, not the last epoch.")
    c.close("dev", best["dev"], 0.8125)
    c.close("dev_se", best["dev_se"], 0.0625, hint="R - 1 inside, the root of R outside.")
    c.close("test", best["test"], 0.625, hint="At the epoch that dev has chosen.")
    c.equal("the keys", sorted(best), ["batch", "dev", "dev_se", "epoch", "learning_rate", "rule", "test"])
    same = best_run(rows(0.1, [[0.5, 0.5]], [[0, 1]], batch=8) + rows(0.1, [[0.5, 0.5]], [[0, 1]], batch=4))
    c.equal("among equals", (same["batch"], same["epoch"]), (8, 1), "The earliest epoch, then the first of the table.")
    c.true("a single repeat has no standard error", np.isnan(same["dev_se"]))
    c.raises("2 repeats for one setting and 1 for another are refused", ValueError, best_run, steady + lucky[:1])
    c.raises("an empty table is refused", ValueError, best_run, [])

# %% [markdown] id="fair_grid-runs-idea"
# **D2's lab.** Three rules, three learning rates each, three batch sizes: 27 settings, and three repeats of each, eight epochs on
# the digits with 32 hidden units, by your `twin_history`. First the loss. Each panel is a rule and a batch size, each colour a
# learning rate, each line a repeat. See three things. The same epochs go further in small batches, which take more steps. The
# best learning rate moves to larger values as the batch grows, and the largest one, with momentum, learns nothing at all in the
# smallest batches. And "learning rate 0.1" means something else in each of the three rows.

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
# **The accuracy of the same runs** on the dev set, and what `best_run` chooses for each rule. See that the three rules' best come
# out within a point of one another: with a rate that suits it, plain descent is as good as Adam *here*. What differs is how wide
# the range of good rates is. And see where the best ones lie: plain descent's is the largest rate that was tried, at the smallest
# batch, on the *edge* of the grid. Its best may lie outside; a fair comparison would go on there.

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
        small_multiples(draw_accuracy, "share of the dev set right", ylim=(0, 1)),
        "Nine panels of dev accuracy over eight epochs. Every rule reaches about 0.95 with some learning rate and batch size; the smallest rates "
        "lag at large batches, the largest rate of momentum fails at small batches.",
    )

# %% [markdown] id="fair_grid-torch-idea"
# **PyTorch.** The 27 runs of the first repeat once more, by PyTorch: its losses as lines, yours as dots. All of them, thousands
# of steps, should agree to $10^{-6}$ at every one; if on your machine one does not, the cell says which, and you have seen above
# why that may be.

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
# **Turn the knobs yourself.** With the notebook open in Jupyter, the next cell shows a slider for the learning rate and two
# menus; whenever you let go of one, the network is trained anew with your functions . Find for each rule the largest rate that
# still learns, at batches of 16 and of 256. Where no notebook is open (on a web page, say), there is only a still picture: the
# same knob, at seven places.

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
            right.set(xlabel="epoch", ylabel="share of the dev set right", ylim=(0, 1))
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
# **What choosing on the test set buys.** Suppose all of $k$ settings are equally good: each is right on 90 % of all digits in the
# world. Dev and test set have about 360 digits, so each measured accuracy is off by 1.6 points by luck. Below, `best_run` chooses
# among $k$ settings, a thousand times: once on dev, reporting test, as it should; once with the test set in both places. See the
# blue line stay at the truth however many you try, and the orange one rise: with 27 settings it promises some three points that
# are not there. That is more than most differences which people report.

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

# %% [markdown] id="event_file-idea"
# ## 5 · A log that TensorBoard can show, byte by byte (D3, visualisation tools)
#
# "A first step towards understanding, debugging and optimizing neural networks is to make use of visualization tools for plotting
# losses and metrics", says D3, and shows TensorBoard. TensorBoard reads *event files*. They look forbidding and are simple, so
# write one without TensorBoard: it is three small formats, one in the other. All functions return `bytes` (or a number); nothing
# here touches a file.
#
# **The checksum** is CRC-32C. Keep a register of 32 bits, begin with all ones. For each byte: exclusive-or it into the lowest
# eight bits, then eight times: if the lowest bit is 1, shift right by one and exclusive-or with `0x82F63B78`; else only shift. In
# the end flip all bits. For `b"123456789"` the result is `0xE3069283`, in every book.
#
# **A record** is what an event file is a sequence of: the length of the data as 8 bytes, a masked checksum *of these 8 bytes* as
# 4, the data, a masked checksum of the data as 4; all numbers little-endian (`struct.pack("<Q", …)`, `"<I"`). Masked: turned
# right by 15 bits (the 15 lowest bits become the highest), plus `0xA282EAD8`, modulo $2^{32}$.
#
# **The data** of a record is an `Event` in protobuf. A protobuf message is a sequence of fields, and a field is a key and a
# value. The key is the varint of $8 \cdot \text{field number} + \text{wire type}$. A *varint* is a whole number in groups of
# seven bits, the lowest first, one group a byte; every byte but the last has its highest bit set. So 300 $= 2 \cdot 128 + 44$ is
# `AC 02`.
#
# | wire type | value |
# |---|---|
# | 0 | a varint |
# | 1 | 8 bytes, a double (`"<d"`) |
# | 2 | a varint, the number of bytes that follow, then those: a text in UTF-8, or a message within |
# | 5 | 4 bytes, a float (`"<f"`) |
#
# | message | fields |
# |---|---|
# | `Event` | 1 wall_time (double, seconds), 2 step (varint), 3 file_version (text), 5 summary (a `Summary`) |
# | `Summary` | 1 value (a `Value`; may come several times) |
# | `Value` | 1 tag (text), 2 simple_value (float) |
#
# An event file begins with a record of an event that has only wall_time and the file_version `brain.Event:2`; then comes one
# record for each scalar.
#
# Runs die, and just then you want the log: a loss of $10^{60}$ does not fit into four bytes, and `struct.pack` raises an
# `OverflowError`, in the middle of the night. Write infinity instead, with its sign. `nan` is fine as it is.


# %% nbgrader={"grade_id": "event_file", "solution": true}
def crc32c(message: bytes) -> int:
    """Return the CRC-32C checksum of some bytes, from 0 to 2^32 - 1.

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
    """Return the Event that says that a scalar had a value at a step.

    Args:
        tag: the scalar's name, "loss/train" for example; any text.
        step: 0 or more.
        value: any float, nan and infinities as well; what is too large for four bytes becomes infinite.
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
        the record with the version, then one record for each point; each tag's points in their order.
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

# %% nbgrader={"grade_id": "event_file-check", "grade": true, "points": 20}
with check("event_file") as c:
    c.equal("crc32c of 123456789", crc32c(b"123456789"), 0xE3069283, "Lowest bit first; begin with all ones; flip all bits in the end.")
    c.equal("crc32c of nothing", crc32c(b""), 0)
    c.equal("crc32c of 32 zeros", crc32c(bytes(32)), 0x8A9136AA)
    c.equal("varint of 1", varint(1), b"\x01")
    c.equal("varint of 127", varint(127), b"\x7f", "It fits into seven bits.")
    c.equal("varint of 128", varint(128), b"\x80\x01")
    c.equal("varint of 2^21", varint(2**21), b"\x80\x80\x80\x01")
    c.raises("a varint of -1 is refused", ValueError, varint, -1)
    got = record(b"abc")
    if c.equal("how long a record of 3 bytes is", len(got), 8 + 4 + 3 + 4):
        c.equal("its length, and the data", got[:8] + got[12:15], b"\x03\0\0\0\0\0\0\0abc", "Little-endian.")
        c.equal(
            "the checksum of its length", got[8:12].hex(), "b099490e", "Of the 8 bytes; turned right by 15 bits, then the constant added."
        )
        c.equal("the checksum of its data", got[15:].hex(), "6e57f121")
    event = scalar_event("loss", 300, 0.5, 1.0e9).hex()
    hint = "Key, value, key, value. Field 5 of wire type 2 has the key 0x2a."
    c.equal("how many bytes an event has", len(event) // 2, 27, hint)
    for name, part in (
        ("wall_time", "090000000065cdcd41"),
        ("step", "10ac02"),
        ("summary, with its value", "2a0d0a0b"),
        ("tag", "0a046c6f7373"),
        ("simple_value", "150000003f"),
    ):
        c.true(f"an event holds {part}: its {name}", part in event, hint)
    long, odd = scalar_event("x" * 200, 1, 0.0, 0.0), scalar_event("Größe", 1, 0.0, 0.0)
    c.true("a tag of 200 letters has its length in two bytes", b"\x0a\xc8\x01" + b"x" * 200 in long, "The length is a varint too.")
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
# **Into TensorBoard.** The next cell logs three trainings of a single affine layer, a folder each, under `runs/` beside this
# notebook (where nobody has the notebook open, into a folder that is thrown away). If you have TensorBoard (`python -m pip
# install tensorboard`), then `tensorboard --logdir runs` in a terminal shows them side by side. You do not need it: the last cell
# draws what its page would show, and the one before has TensorBoard's own reader read your bytes, if it is there. TensorBoard's
# "Smoothing" is an old friend, the moving average with bias correction of assignment 06. Pale lines are the values, strong ones
# are smoothed with 0.9. See the two ways in which a smooth line misleads: it hides how far the values jump, and it *lags*, so
# that a falling loss looks higher than it is. Look at the raw line first.

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

# %% [markdown] id="written-question"
# ## 6 · In your own words (10 points, read by a person)
#
# A classmate writes: *"I compared Adam with plain gradient descent on MNIST. Both had a learning rate of 0.001 and batches of 100
# for five epochs, as in the tutorial. Adam: 97.4 % on the test set, descent: 82.9 %. I also tried eleven other settings of Adam,
# among them one with 97.9 %. As a check I ran my own NumPy code against PyTorch with the seed 42 in both: the losses were 2.41
# and 2.29 at the first step, which is about equal. So Adam is 15 points better."*
#
# 1. Name four things that are wrong with the comparison, and say of each what should be done instead.
# 2. What does the check show? Say which steps you would take, in which order, to make the two codes agree, and what the *first*
#    step at which they part tells you each time.
# 3. Rewrite the last sentence so that the experiment carries it.

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
#    what any fresh network has. First hand over the weights (turned), feed one fixed batch: apart at step 0 means weights, data
#    or loss (a softmax too many, a sum for a mean). Then one update without momentum: apart at step 1 means gradient or learning
#    rate. Then the rule's memory (step 2), then the order and the last batch (end of the first epoch). All in float64; what then
#    remains grows slowly from 1e-16, or fast where the run is chaotic.
# 3. For example: "After five epochs at a learning rate of 0.001, Adam had 97 % right and plain descent, whose rate was not tuned,
#    83 %; one run each." Anything that claims no more than this.
#
# **Rubric (10 points).** 1: four different faults with a remedy, 1 point each (half without remedy). 2: the check shows nothing,
# with a reason: 1; weights handed over and the order fixed: 1; at least two places of parting with what they mean: 2. 3: a
# sentence that claims only what was measured: 2 (1 if it still compares untuned with tuned).

# %% [markdown] id="summary-idea"
# **Before you submit.** Run all cells from the top, then look here: this cell adds up what your own checks say.

# %% id="summary" tags=["demo"]
check.summary(
    {"torch_layout": 20, "torch_rule": 15, "twin_history": 20, "fair_grid": 25, "event_file": 20},
    written=10,
)
