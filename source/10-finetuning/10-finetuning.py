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
# # 10 · Begin with what another network has learnt
#
# Suppose that you have only 25 labelled pictures, while your network has 70,000 weights.
# Luckily, somebody else has trained the same network on 12,000 other pictures, and gives you the
# weights.
# In this notebook you learn how to make good use of such weights. You put a new head on the old
# body, you freeze some layers and train others, and you compute features only once.
# Then we go one step further than the lectures, and measure whether transfer really helped. For
# this, you compare your networks with two controls. You can say that something was transferred
# only if your network beats both of them.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `replace_head`: a new last layer, and a copy of the body | 15 |
# | 2 | `unfreeze_schedule` and `train`: layers that are frozen exactly, slower layers, and gradual unfreezing | 30 |
# | 3 | `extract_features` and `linear_probe`: run the body once, and train the head on its output | 15 |
# | 4 | `draw_per_class`, `recipe`, `transfer_table` and `gain`: the lecture's table of transfer learning, measured | 40 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** plan about 6 hours. This is only our estimate, so don't worry if you need more or less.
#
# **You need** the layers of a network, batch norm and Adam, which you know from earlier
# assignments. The notebook uses your own functions if it finds them. Otherwise it uses
# the course's functions, so you can start here in any case:
#
# - 01: `affine_forward(x, w, b) -> out, cache` and `affine_backward(dout, cache) -> dx, dw, db`
# - 02: `relu_forward(x) -> out, cache` and `relu_backward(dout, cache) -> dx`
# - 03: `softmax_loss(x, y) -> loss, dx`
# - 05 and 06: `sgd_momentum(w, dw, config) -> next_w, config` and `adam(w, dw, config) -> next_w,
#   config`
# - 08: `batchnorm_forward(x, gamma, beta, bn_param) -> out, cache` and `batchnorm_backward(dout,
#   cache) -> dx, dgamma, dbeta`
#
# **Lecture note:** [Begin with what another network has learnt](../../course/10-finetuning.md).
# The lectures behind this notebook are D0 (transfer learning, its 2 × 2 table) and D1 (transfer
# learning, freezing and unfreezing).
# You also correct a formula of D2, because it changes layers that should be frozen.

# %% [markdown] id="rules"
# ## What holds in every question
#
# Please read these rules once before you start, because the checks expect them in every question.
#
# - **Do not change your arguments** in any function: the dictionaries, lists and arrays that you
#   receive stay unchanged.
# - **Keep the precision.** Your result should have the same precision as the input: float32 stays
#   float32, and float64 stays float64. Parameters are always floats. If `x` contains whole numbers,
#   the result is the same as for the same values as floats.
# - **Accept any batch and any memory layout.** For example, a batch can hold a single example.
#   The arrays that you receive may be read-only, and they may be slices or transposes of other
#   arrays.
# - **Cause no warnings:** avoid division by zero and overflow.
# - **Randomness** comes from the generator `rng` that you receive, or from
#   `np.random.default_rng(seed)` if you receive a seed; never take it from `np.random` itself.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that names what
#   you got and what you expected.
#
# **A network is a dictionary of arrays**, and you can think of it as a file of weights. For layer
# $k$, the dictionary contains `w{k}` $(D, M)$ and `b{k}` $(M,)$.
# If the layer has batch norm, it also contains `gamma{k}`, `beta{k}` and the running statistics
# `mean{k}` and `var{k}`, all $(M,)$.
# We count the layers $1, 2, \dots, L$. The last one, $L$, is the **head**, which has no batch norm,
# and we call all the others the **body**.
# Be careful when you read the layer from a name: it is the number at the end, with all its digits,
# so `w10` belongs to layer 10, not to layer 1.
#
# Every question has a cell for trying out your code, and a cell that checks it.
# The visible checks help you to find most mistakes. Grading uses more checks, with other inputs.
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
        "This notebook needs the folder utils of 10-finetuning.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 10-finetuning.zip, then "
        "%cd training-neural-networks/release/10-finetuning, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

affine_forward, affine_backward = earlier("01-backprop", "affine_forward", "affine_backward")
relu_forward, relu_backward = earlier("02-activations", "relu_forward", "relu_backward")
softmax_loss = earlier("03-losses", "softmax_loss")
sgd_momentum = earlier("05-optimizers", "sgd_momentum")
adam = earlier("06-adaptive", "adam")
batchnorm_forward, batchnorm_backward = earlier("08-batchnorm", "batchnorm_forward", "batchnorm_backward")

# %% [markdown] id="given-idea"
# **What the next cell gives you.** You don't have to write the network itself, because the
# function `loss_and_grads` does this for you: affine → batch norm (if the layer has it) → ReLU,
# repeated, and then the head and the softmax loss.
# Its argument `still` names the frozen layers. The batch norm of these layers
# then works as in test mode: it uses its running statistics and does not change them.
# The function returns the loss, the gradients of **all** `w`, `b`, `gamma` and `beta`, and
# the running statistics after this batch.
# You receive gradients for the frozen layers, too. Take a moment to think about what you do with
# these gradients, because this is where frozen layers often begin to move.
#
# For your experiments you have two kinds of pictures. The function `canvases` puts one of
# scikit-learn's 8 × 8 digits at a random place on a 12 × 12 canvas, with a little noise.
# The function `textures` draws 12 × 12 patches of brick, grass, gravel, tissue and stars. For both,
# you can trust the test accuracy, because no original picture is in both the training and the
# test part.
#
# The folder of this notebook also contains the file `pretrained.npz`, a network with
# layers 144 → 256 → 128 → 5. We trained this network on 12,000 canvases of the digits **0 to 4**.
# So it has never seen a 5, 6, 7, 8 or 9, nor a texture. Can its weights nevertheless help you with
# these? You will find out in question 4.

# %% nbgrader={"grade_id": "given", "locked": true}
import utils
from utils import data
from utils.plotting import PALETTE, style

np.set_printoptions(precision=4, suppress=True)


def loss_and_grads(params, x, y, still=()):
    """Return the loss, the gradients of all w, b, gamma and beta, and the running statistics after this batch."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    h, caches, memory = x.reshape(len(x), -1), {}, {}
    for k in range(1, head + 1):
        h, affine = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        norm = relu = None
        if f"gamma{k}" in params:
            bn_param = {"mode": "test" if k in still else "train", "running_mean": params[f"mean{k}"], "running_var": params[f"var{k}"]}
            h, norm = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
            memory |= {f"mean{k}": bn_param["running_mean"], f"var{k}": bn_param["running_var"]}
        if k < head:
            h, relu = relu_forward(h)
        caches[k] = affine, norm, relu
    loss, dh = softmax_loss(h, y)
    grads = {}
    for k in range(head, 0, -1):
        affine, norm, relu = caches[k]
        if k < head:
            dh = relu_backward(dh, relu)
        if norm is not None:
            dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine)
    return loss, grads, memory


def new_network(sizes, rng, norm=False, dtype=np.float32):
    """Return random weights (He's for the body, LeCun's for the head), zero biases and initial batch-norm values."""
    params, head = {}, len(sizes) - 1
    for k in range(1, head + 1):
        inputs, outputs = sizes[k - 1 : k + 1]
        params[f"w{k}"] = (rng.normal(size=(inputs, outputs)) * np.sqrt((2 if k < head else 1) / inputs)).astype(dtype)
        params[f"b{k}"] = np.zeros(outputs, dtype)
        if norm and k < head:
            params |= {f"gamma{k}": np.ones(outputs, dtype), f"beta{k}": np.zeros(outputs, dtype)}
            params |= {f"mean{k}": np.zeros(outputs, dtype), f"var{k}": np.ones(outputs, dtype)}
    return params


def canvases(n, digits, rng, part="train"):
    """Return n pictures (n, 144) of these digits in float32, and labels (n,) from 0."""
    x, y = data.digit_canvas(n, digits, rng, part=part)
    return x.reshape(n, -1).astype(np.float32), y


def textures(n, rng, part="train"):
    """Return n patches (n, 144) of five textures in float32, and labels (n,)."""
    x, y = data.textures(n, 12, rng, part=part)
    return x.reshape(n, -1).astype(np.float32), y


def draw_batches(x, y, steps, size, rng):
    """Return a list of batches (x, y) of `size` examples each, or of all if there are fewer."""
    rows = [rng.choice(len(x), min(size, len(x)), replace=False) for _ in range(steps)]
    return [(x[chosen], y[chosen]) for chosen in rows]


def shipped(name):
    """Return the path of a file that belongs to this notebook."""
    root = Path(utils.__file__).resolve().parents[1]
    for place in (Path.cwd(), root / "source" / "10-finetuning", root / "release" / "10-finetuning"):
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(f"{name} is missing: copy it from the assignment's zip into the folder of this notebook")


def load_pretrained():
    """Return the network that was trained on the digits 0 to 4."""
    with np.load(shipped("pretrained.npz")) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


# %% [markdown] id="replace_head-idea"
# ## 1 · A new head
#
# *Lecture note: [A new head](../../course/10-finetuning.md#a-new-head). Lecture: D0, "Transfer
# Learning with CNNs".*
#
# Suppose that a network has five scores, one for each of the digits 0 to 4. Your own task has
# other classes, and perhaps more or fewer of them, so the old head is of no use to you.
# The solution is to put a new last layer in the place of the old one, and to keep the
# rest of the network. If the body ends with $D$ features, draw the new head from
#
# $$w_L \sim N\big(0, \tfrac1D\big) \ \text{of shape}\  (D, C), \qquad b_L = 0 ,$$
#
# so that the scores have about the same size as the features. (Only the loss comes after the head,
# so we use LeCun's variance and not He's; see assignment 04.)
#
# But be careful with one mistake that has nothing to do with mathematics. A dictionary holds
# *references*. So if you write `dict(params)`, you get a new dictionary of the **same** arrays.
# Now imagine that you train the new network in place, with `w -= ...`, as PyTorch does. This
# changes the old network too. You have nothing left to compare with, and no error message warns
# you. So make sure that the new network does not share memory with the old one.


# %% nbgrader={"grade_id": "replace_head", "solution": true}
def replace_head(
    params: dict[str, np.ndarray],
    num_classes: int,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Return a network with a new head and a copy of the body.

    w{L} is drawn from N(0, 1/D); b{L} is zero.

    Args:
        params: a network of layers 1 to L, as above; its head has w{L} (D, old
            classes).
        num_classes: C, a whole number >= 2.
        rng: draws the new weights.

    Returns:
        a new dict with the names of params; no array shares memory with params. The
            head has w{L} (D, C) and b{L} (C,), of the same dtype as the old ones.

    Raises:
        ValueError: num_classes is not a whole number >= 2; the message names it.
    """
    ### BEGIN SOLUTION
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
    head = max(int(name[1:]) for name in params if name[0] == "w")
    old = params[f"w{head}"]
    new = {name: value.copy() for name, value in params.items()}
    new[f"w{head}"] = (rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))).astype(old.dtype)
    new[f"b{head}"] = np.zeros(num_classes, params[f"b{head}"].dtype)
    return new
    ### END SOLUTION


# %% [markdown] id="replace_head-given-idea"
# Is your new network really separate from the old one? In the next cell, we train the new network
# in place, so that you can see what happens to the old one.


# %% nbgrader={"grade_id": "replace_head-given", "locked": true}
def head_then_train_in_place(params, num_classes, rng):
    """Replace the head, and then add 1 to every number of the new network in place."""
    new = replace_head(params, num_classes, rng)
    for value in new.values():
        value += 1
    return new


# %% id="replace_head-try" tags=["demo"]
with attempt("replace_head"):
    old = new_network((4, 3, 2), np.random.default_rng(0))
    new = replace_head(old, 5, np.random.default_rng(1))
    print("old", {name: value.shape for name, value in old.items()})
    print("new", {name: value.shape for name, value in new.items()})

# %% nbgrader={"grade_id": "replace_head-check", "grade": true, "points": 15}
with check("replace_head") as c:
    old = new_network((3,) * 9 + (7, 4), np.random.default_rng(2), norm=True)  # ten layers
    before = {name: value.copy() for name, value in old.items()}
    new = replace_head(old, 6, np.random.default_rng(3))
    c.true("params is unchanged", old.keys() == before.keys() and all(np.array_equal(old[name], before[name]) for name in old))
    c.true("the new network has the same names as params", sorted(new) == sorted(old))
    c.shape("w10", new["w10"], (7, 6), "The head is the layer with the largest number. As strings, '10' comes before '9'.")
    c.shape("b10", new["b10"], (6,))
    c.close("b10", new["b10"], np.zeros(6))
    c.equal("the dtype of w10", new["w10"].dtype, np.dtype("float32"), "Convert the random numbers to the dtype of the old head.")
    c.equal("the dtype of b10", new["b10"].dtype, np.dtype("float32"))
    body = [name for name in old if name not in ("w10", "b10")]
    c.true("the body has the same values", all(np.array_equal(new[name], before[name]) for name in body))
    wide = replace_head({"w1": np.zeros((400, 3)), "b1": np.ones(3)}, 50, np.random.default_rng(4))
    spread = 20 * wide["w1"].std()
    c.true(
        "the new weights have a standard deviation near the root of 1/D",
        0.95 < spread < 1.05,
        f"The measured one is {spread:.2f} times as large.",
    )
    other = replace_head({"w1": np.zeros((400, 3)), "b1": np.ones(3)}, 50, np.random.default_rng(5))
    c.true("another generator draws another head", not np.array_equal(wide["w1"], other["w1"]))
    head_then_train_in_place(old, 6, np.random.default_rng(3))
    changed = [name for name in old if not np.array_equal(old[name], before[name])]
    c.true(
        "training the new network in place does not change the old one",
        not changed,
        f"These arrays changed: {', '.join(changed[:3])} ... Copy the arrays, not only the dictionary.",
    )
    mixed = {name: old[name] for name in [*list(old)[-4:], *list(old)[:-4]]}  # the names of the head are not last
    shape = np.shape(replace_head(mixed, np.int64(6), np.random.default_rng(3))["w10"])
    c.equal("the shape of w10, for another order of names and a NumPy integer", shape, (7, 6))
    again = replace_head(before, 4, np.random.default_rng(3))["w10"]
    c.true("no column of the old head is in the new one", not np.isin(again, before["w10"]).any(), "Draw the whole head again.")
    for wrong in (0, 2.5):
        c.raises(f"a head of {wrong} classes is refused", ValueError, replace_head, before, wrong, np.random.default_rng(0))
    c.raises("a head of one class is refused", ValueError, replace_head, old, 1, np.random.default_rng(0))

# %% [markdown] id="replace_head-see"
# **What does a new head do before the first step?** To see this, we take the pretrained body and a
# new head for the digits 5 to 9. We don't train them, but only multiply the weights of the head by
# a factor.
# Look at the loss in the left plot first. With a small head, it is the loss of guessing among
# five classes, $\ln 5 \approx 1.6$. Above a factor of 1, the loss grows with the factor, because a
# large head is *confident* about its random guesses.
# The right plot shows the gradient that the head sends to the body. The larger you make the
# head, the harder it pushes the body. But the body can learn nothing from this push, because the
# head has learnt nothing yet.
# A head from $N(0, 1/D)$ is just at the bend of the curve.
# Keep this plot in mind for question 2: it shows why we freeze the body at first, or
# train it slowly.

# %% id="replace_head-plot" tags=["demo"]
with attempt("replace_head"):
    pretrained = load_pretrained()
    x, y = canvases(500, range(5, 10), np.random.default_rng(6))
    fresh = replace_head(pretrained, 5, np.random.default_rng(7))
    factors, losses, sizes = np.logspace(-2, 1, 13), [], []
    for factor in factors:
        loss, grads, _ = loss_and_grads({**fresh, "w3": np.float32(factor) * fresh["w3"]}, x, y)
        losses.append(loss)
        sizes.append(np.sqrt(sum(np.sum(np.square(grads[name], dtype=float)) for name in ("w1", "b1", "w2", "b2"))))
    print(f"loss at a factor of 0.01: {losses[0]:.1f}, of 1: {losses[8]:.1f}, of 10: {losses[12]:.0f}")
    print(f"the body's gradient grows from a factor of 0.01 to 0.1 by {sizes[4] / sizes[0]:.0f}")
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
        left.loglog(factors, losses, "o-", color=PALETTE[0], markersize=4)
        left.axhline(np.log(5), color=PALETTE[6], linewidth=1, linestyle=":")
        left.text(0.01, 1.68, "guessing among five")
        left.set(xlabel="factor on the new head", ylabel="loss before any step", yticks=[2, 5, 10], yticklabels=[2, 5, 10])
        left.minorticks_off()
        right.loglog(factors, sizes, "s-", color=PALETTE[1], markersize=4)
        right.set(xlabel="factor on the new head", ylabel="norm of the body's gradient")
    show(
        fig,
        "Left, the first loss over a factor on the new head, both axes logarithmic: level at 1.6 up to a factor of one half, then growing to 10. Right, "
        "the norm of the gradient for the body: it grows in proportion to the factor, or faster.",
    )

# %% [markdown] id="train-idea"
# ## 2 · Frozen layers and slow layers
#
# *Lecture note: [Freezing](../../course/10-finetuning.md#freezing) and [Going slowly, and one layer
# after another](../../course/10-finetuning.md#going-slowly-and-one-layer-after-another). Lecture:
# D1, "Freeze initial layers", "Gradually unfreeze layers, slow down learning rate".*
#
# **A frozen layer must stay exactly the same, to the last bit.** You might expect freezing to be
# easy, but in practice "frozen" layers often move, mostly for one of these three reasons:
#
# - *You set the gradient to zero, but still call the optimizer.* Momentum then continues to move
#   the weights, and so does Adam. If you add a penalty $\frac{\text{reg}}2 \sum w^2$, its gradient
#   is added later and pulls the weights to zero.
# - *You forget batch norm.* Its running statistics are not parameters and have no gradient, but in
#   training mode they change with every batch. So let frozen batch norm work as in test mode; this
#   is what `still` is for.
# - *You compare the beginnings of names.* A name that begins with `w1` can also be `w10`.
#
# A simple rule avoids the first of these mistakes: call the optimizer for layers that
# learn, and for no others.
#
# **A slow layer** has a smaller learning rate: layer $k$ learns with `learning_rate` times its own
# factor in `lr_mult`. Make sure that you multiply the *rate* and not the gradient. You might expect
# the same result from both, and for plain gradient descent you would be right.
# But Adam divides by the size of the gradient, so a gradient that is ten times smaller still gives
# the same step as before.
#
# **A layer may be frozen at one step and learn at the next.** That's why `frozen` is a
# sequence with one entry for every step.
# While a layer is frozen, do not change the state of its optimizer (velocity, moments, number of
# steps). When the layer learns again, you continue from this state.
# Gradual unfreezing is an example: at first the sequence freezes the whole body, so that
# only the head learns. After a given number of steps, the sequence no longer contains the next
# layer below.
#
# Let's write one step as a formula. Keep a separate optimizer `config` for each array. For
# every layer $k$ that is not frozen, and for each of its arrays $p$,
#
# $$g_p = \frac{\partial\thinspace \text{loss}}{\partial p} + \begin{cases}\text{reg}\cdot p & \text{for weights } w_k\cr 0 & \text{for all others}\end{cases}
# \qquad\text{then}\qquad p \leftarrow \text{rule}(p, g_p), \ \text{with the rate}\  \alpha\cdot\mu_k ,$$
#
# where $\alpha$ is the `learning_rate` and $\mu_k$ is the factor of layer $k$ in `lr_mult`. You
# don't have to compute the running statistics of batch norm: use those that `loss_and_grads`
# returns.


# %% nbgrader={"grade_id": "train", "solution": true}
from collections.abc import Callable, Mapping, Sequence


def unfreeze_schedule(depth: int, steps: int, every: int) -> list[tuple[int, ...]]:
    """Return the frozen layers of each step, unfreezing from the head downwards.

    Args:
        depth: L, the number of layers; layer L is the head.
        steps: number of steps.
        every: number of steps in each phase. In the first phase only the head learns.
            In each later phase the highest frozen layer starts to learn, too.

    Returns:
        a list with a tuple of layers, in ascending order, for each step; the tuple is
            empty if no layer is frozen.

    Raises:
        ValueError: every is < 1; the message names it.
    """
    ### BEGIN SOLUTION
    if every < 1:
        raise ValueError(f"every is {every}, expected at least 1")
    return [tuple(range(1, depth - step // every)) for step in range(steps)]
    ### END SOLUTION


def train(
    params: dict[str, np.ndarray],
    data: Sequence[tuple[np.ndarray, np.ndarray]],
    frozen: Sequence[tuple[int, ...]],
    lr_mult: Mapping[int, float],
    loss_and_grads: Callable,
    rule: Callable,
    config: dict,
    reg: float = 0.0,
) -> tuple[dict[str, np.ndarray], list[float]]:
    """Train some layers of a network, one step for each batch.

    Args:
        params: a network, as above.
        data: a batch (x, y) for each step.
        frozen: for each step, the frozen layers.
        lr_mult: factors >= 0 on the learning rate, by layer; 1 for a layer that is not
            in it. (With 0 the weights do not move, but the layer is not frozen.)
        loss_and_grads: called as loss_and_grads(params, x, y, still), where still holds
            the frozen layers; returns the loss, a dict of gradients of all w, b, gamma
            and beta (new arrays, which you may change), and a dict of the running
            statistics mean and var after this batch.
        rule: the optimizer, called as rule(w, dw, config); returns the next w, and
            config with the state for the next step.
        config: settings of the optimizer, including "learning_rate"; each array starts
            with its own copy and its own rate.
        reg: adds reg w to the gradients of the weights w{k} that learn, and to no
            others.

    Returns:
        the trained network, with the names of params; and the loss of each step, as
            loss_and_grads returned it.

    Raises:
        ValueError: data and frozen differ in length (the message names both lengths),
            or frozen or lr_mult names a layer that params does not have (the message
            names it).
    """
    ### BEGIN SOLUTION
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many")
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(f"there is no layer {k}, expected layers from 1 to {max(layer.values())}")
    now, losses = dict(params), []
    configs = {name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)} for name, k in layer.items()}
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses
    ### END SOLUTION


# %% id="train-try" tags=["demo"]
with attempt("train"):
    rng = np.random.default_rng(7)
    print("for 4 layers, 7 steps, 2 at a time:", unfreeze_schedule(4, 7, 2))
    small = new_network((4, 3, 3, 2), rng, norm=True, dtype=np.float64)
    batches = draw_batches(rng.normal(size=(20, 4)), rng.integers(0, 2, 20), 6, 10, rng)
    schedule = [(1, 2)] * 3 + [(1,)] * 3
    trained, losses = train(small, batches, schedule, {2: 0.1}, loss_and_grads, sgd_momentum, {"learning_rate": 0.1})
    print("largest change of each array:", {name: round(float(np.abs(trained[name] - small[name]).max()), 3) for name in small})

# %% [markdown] id="train-given-idea"
# In the next cell, we train with momentum. Watch what happens to your config, because this
# optimizer writes the velocity into the config that it receives.


# %% nbgrader={"grade_id": "train-given", "locked": true}
def train_by_momentum(params, data, config):
    """Train all layers with sgd_momentum."""
    return train(params, data, [()] * len(data), {}, loss_and_grads, sgd_momentum, config)


# %% nbgrader={"grade_id": "train-check", "grade": true, "points": 30}
with check("train") as c:
    c.equal("unfreeze_schedule(3, 5, 2)", list(map(tuple, unfreeze_schedule(3, 5, 2))), [(1, 2), (1, 2), (1,), (1,), ()])
    c.equal(
        "unfreeze_schedule(2, 4, 1)", list(map(tuple, unfreeze_schedule(2, 4, 1))), [(1,), (), (), ()], "There is no layer below layer 1."
    )
    long = [tuple(still) for still in unfreeze_schedule(3, 12, 2)]
    c.equal("unfreeze_schedule(3, 12, 2), from step 4 on", long[4:], [()] * 8, "No layer is frozen again later.")
    c.raises("every = 0 is refused", ValueError, unfreeze_schedule, 3, 5, 0)
    told = []

    def slope(params, x, y, still):
        """Return x as every gradient, and move running statistics by 1 unless the layer is frozen."""
        told.append(tuple(still))
        grads = {name: np.full_like(value, x) for name, value in params.items() if name[0] in "wbg"}
        memory = {name: value + (int(name[-1]) not in still) for name, value in params.items() if name[0] in "mv"}
        return 10.0 * x, grads, memory

    def step(w, dw, config):
        """Take a gradient step multiplied by the number of calls so far."""
        asked = config.get("asked", 0) + 1
        return w - config["learning_rate"] * asked * dw, {**config, "asked": asked}

    names = [f"{letter}{k}" for k in range(1, 12) for letter in "wb"] + [
        "gamma1",
        "beta1",
        "mean1",
        "var1",
        "gamma2",
        "beta2",
        "mean2",
        "var2",
    ]
    start = {name: np.array([8.0]) for name in names}
    batches = [(1.0, None), (2.0, None), (1.0, None)]
    settings = {"learning_rate": 0.5}
    out, losses = train(start, batches, [(1, 3)] * 3, {10: 0.5}, slope, step, settings)
    c.close("losses", np.array(losses), [10.0, 20.0, 10.0])
    c.equal("the frozen layers that loss_and_grads receives", told, [(1, 3)] * 3, "Otherwise their batch norm works as in training.")
    same = [name for name in names if out[name].tobytes() == start[name].tobytes()]
    c.equal(
        "the arrays that stayed the same",
        same,
        ["w1", "b1", "w3", "b3", "gamma1", "beta1", "mean1", "var1"],
        "Layers 10 and 11 are not layer 1: read the whole number.",
    )
    c.close("w2", out["w2"], [4.0], hint="The steps are 0.5, 2 and 1.5. Use the returned config at the next step.")
    c.close("w10, at half the rate", out["w10"], [6.0], hint="lr_mult multiplies the learning_rate in config.")
    c.close("mean2", out["mean2"], [11.0], hint="For a layer that learns, the running statistics come from loss_and_grads.")
    out, _ = train(start, batches, [(), (2,), ()], {}, slope, step, settings)
    c.close(
        "w2, frozen at the second step",
        out["w2"],
        [8.0 - 0.5 - 1.0],
        hint="Keep the state of the optimizer while the layer is frozen: two calls, not three.",
    )
    c.close("mean2, frozen at the second step", out["mean2"], [10.0])
    out, _ = train(start, batches[:2], [(3,)] * 2, {}, slope, step, settings, reg=0.25)
    c.close("w2 with reg", out["w2"], [2.875], hint="Add reg w to the gradient before you call the optimizer: 3, then 3.625.")
    c.close("b2 with reg", out["b2"], [5.5], hint="Apply reg to weights only.")
    c.close("w3, frozen, with reg", out["w3"], [8.0])
    _, penalised = train(start, batches[:2], [()] * 2, {}, slope, step, settings, reg=0.25)
    c.close("losses with reg", np.array(penalised), [10.0, 20.0], hint="Return the losses of loss_and_grads, without the penalty.")
    out, _ = train(start, batches, [(2,), (), (2,)], {}, slope, step, settings)
    c.close("w2, frozen at the first and at the last step", out["w2"], [7.0], hint="There is one step, of 0.5 times 2.")
    c.close("mean2, frozen at the first and at the last step", out["mean2"], [9.0])
    out, _ = train(start, batches, [()] * 3, {2: 0.0}, slope, step, settings)
    c.close("w2, at a rate of 0", out["w2"], [8.0], hint="0 is a valid factor.")
    c.close("mean2, at a rate of 0", out["mean2"], [11.0], hint="Only the layers in frozen are frozen.")
    narrow = {name: np.float32(value) for name, value in start.items()}
    out, _ = train(narrow, batches, [()] * 3, {2: 0.5}, slope, step, settings)
    c.equal("the dtypes for a float32 network", sorted({str(value.dtype) for value in out.values()}), ["float32"])
    seen = []

    def weights_seen(params, x, y, still):
        """Record the weights."""
        seen.append(float(params["w2"][0]))
        return slope(params, x, y, still)

    train(start, batches, [()] * 3, {}, weights_seen, step, settings)
    c.close("w2, as loss_and_grads receives it", np.array(seen), [8.0, 7.5, 5.5], hint="Pass the network after the previous step.")
    c.true("config is unchanged", settings == {"learning_rate": 0.5}, "Give each array its own copy of config.")
    c.true("params is unchanged", all(value.tolist() == [8.0] for value in start.values()))
    rate_of = {}

    def asked_for(w, dw, config):
        rate_of[float(w[0])] = (config["learning_rate"], float(dw[0]))
        return w, config

    train({"w1": np.array([1.0]), "w2": np.array([2.0])}, [(3.0, None)], [()], {1: 0.1}, slope, asked_for, {"learning_rate": 0.5})
    c.close(
        "rate and gradient that the optimizer gets for layer 1",
        np.array(rate_of.get(1.0, (0.0, 0.0))),
        [0.05, 3.0],
        hint="Scale the rate, not the gradient.",
    )
    for k in (0, 12):
        c.raises(f"a rate for layer {k} is refused", ValueError, train, start, batches, [()] * 3, {k: 0.5}, slope, step, settings)
    c.raises("a layer 0 is refused", ValueError, train, start, batches, [(0,)] * 3, {}, slope, step, settings)
    c.raises("a layer 12 of 11 is refused", ValueError, train, start, batches, [(12,)] * 3, {}, slope, step, settings)
    c.raises("two entries of frozen for three batches are refused", ValueError, train, start, batches, [()] * 2, {}, slope, step, settings)

# %% [markdown] id="train-erratum"
# **Correct a line** (not graded). D2's slide shows the update with weight decay as
# $x \leftarrow x - \lambda \nabla L - \beta x$, where $\lambda$ is the learning rate and $\beta$ is
# the strength of the decay.
# Suppose that you want to freeze a layer by giving it the rate $\lambda = 0$. Run the cell, and
# you'll see that with the printed update your "frozen" layer shrinks towards zero.
# Correct the marked line, so that it is a step with rate $\lambda$ on
# $L + \frac\beta2\lVert x\rVert^2$. The curve of the corrected update should then be level, and the
# last line of output should say 1.00.
#
# You do not need to correct the other curves, but it's worth understanding why they fall. If you
# train with `Adam(..., weight_decay=0.01)`, as on D2's slide, Adam adds the decay to the gradient.
# Here we "freeze" the layer by setting the gradient of the loss to zero. Adam then sees only
# $\beta x$, and divides it by its own size. As a result, every weight moves towards zero at the
# full rate, *however small $\beta$ is*.
# Now compare the dashed and the dotted curve. You might expect that a $\beta$ that is a hundred
# times smaller shrinks the weights more slowly, but the two curves coincide.
# The level curve comes from your own method, which never calls the optimizer for a frozen
# layer.

# %% id="train-mend" tags=["demo"]
layer = new_network((200, 30, 2), np.random.default_rng(8), dtype=np.float64)["w1"]
curves = {name: [1.0] for name in ("D2's update at the rate 0", "Adam, decay 0.01, gradient set to 0", "Adam, decay 0.0001", "never asked")}
rate, beta, printed, strong, weak = 0.0, 0.01, layer, layer, layer
strong_config, weak_config = {"learning_rate": 0.001}, {"learning_rate": 0.001}
for _ in range(200):
    gradient = np.full_like(layer, 0.3)  # has no effect, because the rate is 0
    printed = printed - rate * gradient - beta * printed  # D2, as printed: correct this line
    strong, strong_config = adam(strong, 0.0 * gradient + 0.01 * strong, strong_config)
    weak, weak_config = adam(weak, 0.0 * gradient + 0.0001 * weak, weak_config)
    for curve, w in zip(curves.values(), (printed, strong, weak, layer), strict=True):
        curve.append(np.sqrt(np.sum(w**2) / np.sum(layer**2)))
with style():
    fig, ax = plt.subplots()
    looks = ((PALETTE[1], "-", 1.8), (PALETTE[4], "--", 4), (PALETTE[0], ":", 1.8), (PALETTE[6], "-", 1))
    for (words, curve), (color, mark, width) in zip(curves.items(), looks, strict=True):
        ax.plot(curve, mark, color=color, linewidth=width, label=words)
    ax.set(xlabel="step", ylabel='norm of the "frozen" layer, relative to the start', ylim=(0, 1.6), yticks=[0, 0.25, 0.5, 0.75, 1])
    ax.legend(loc="upper right", ncols=2, fontsize="small")
show(
    fig,
    "Norm of a layer that should be frozen, over 200 steps. By D2's printed update it falls to an eighth; under Adam with coupled decay and zero "
    "gradient to a fifth, for two strengths of the decay alike; if the optimizer is never called, it stays the same.",
)
for words in ("Adam, decay 0.01, gradient set to 0", "Adam, decay 0.0001", "D2's update at the rate 0"):
    print(f"relative norm of the layer after 200 steps, {words}: {curves[words][-1]:.2f}")

# %% [markdown] id="train-memory"
# **No weight has changed, and yet the network has forgotten everything.** How can this happen?
# To find out, we first train a network with batch norm on the
# digits 0 to 4. Then we freeze its body, and train a new head on textures for 200 steps. At the end
# we put the *old* head back and test the digits again.
# You would expect the same accuracy as before, because the body should not have changed. To see
# whether this is true, we do the experiment twice with the same `train`. The first time,
# `loss_and_grads` receives the list of frozen layers in `still`, and the second time it does not.
# When you look at the printed lines, compare the weights first. In the second case too,
# every $w$, $b$, $\gamma$ and $\beta$ of the body is exactly the same as before.
# But now look at the accuracy: the network recognised nine of ten digits before, and now it
# recognises less than half of them, because the running statistics have changed.
# The same happens in PyTorch if you set `requires_grad = False` and forget
# `.eval()`. You can lose days to this bug, because all the weights look right.

# %% id="train-forget" tags=["demo"]
with attempt("train"):
    rng = np.random.default_rng(9)
    x, y = canvases(4000, range(5), rng)
    x_test, y_test = canvases(1000, range(5), rng, "test")
    net, settings = new_network((144, 64, 5), rng, norm=True), {"learning_rate": 0.003}
    net, _ = train(net, draw_batches(x, y, 500, 64, rng), [()] * 500, {}, loss_and_grads, adam, settings)

    def right_on_digits(params):
        h, _ = affine_forward(x_test, params["w1"], params["b1"])
        memory = {"mode": "test", "running_mean": params["mean1"], "running_var": params["var1"]}
        h, _ = batchnorm_forward(h, params["gamma1"], params["beta1"], memory)
        return np.mean((np.maximum(h, 0) @ net["w2"] + net["b2"]).argmax(axis=1) == y_test)  # with the old head

    others = draw_batches(*textures(2000, rng), 200, 64, rng)
    print(f"accuracy on the digits above 0.8, before: {bool(right_on_digits(net) > 0.8)}")
    for words, network in (("told", loss_and_grads), ("not told", lambda params, x, y, still: loss_and_grads(params, x, y, ()))):
        after, _ = train(net, others, [(1,)] * 200, {}, network, adam, settings)
        same = all(np.array_equal(after[name], net[name]) for name in ("w1", "b1", "gamma1", "beta1"))
        share = right_on_digits(after)
        print(f"after the textures, {words} about frozen layers: weights the same {same}, accuracy above 0.8 {bool(share > 0.8)}")

# %% [markdown] id="train-see"
# **All at once, slowly, or one after the other?** For this experiment, we take the pretrained
# network, a new head for the digits 5 to 9, and 20 labelled pictures of each digit.
# Remember that a new head is random, so at first it pushes the body in random directions. This
# can damage the features before the head has learnt to use them (Kumar et al., 2022).
# Each curve is the mean of three runs. If you train all layers at once, the accuracy
# rises fastest at first, and then makes no progress. If you train only the head, the accuracy rises
# slowest at first, but in the end it is higher than with all layers at once.
# At the end, a slower body and gradual unfreezing are best, and you can hardly tell these two
# apart. So D1's advice to unfreeze layers gradually, or to slow them down, works well here.
# (Please don't generalise too quickly: this result is for 20 labels per class. Question 4 shows
# what happens with 200.)

# %% id="train-unfreezing" tags=["demo"]
with attempt("train"):
    pretrained, steps = load_pretrained(), 450
    plans = {
        "all layers at once": ([()] * steps, {}),
        "the head alone": ([(1, 2)] * steps, {}),
        "all layers, the body at a tenth of the rate": ([()] * steps, {1: 0.1, 2: 0.1}),
        "one layer more every 150 steps": (unfreeze_schedule(3, steps, 150), {}),
    }
    curves = {words: np.zeros((3, steps // 25)) for words in plans}
    for seed in range(3):
        rng = np.random.default_rng([10, seed])
        pool, labels = canvases(3000, range(5, 10), rng)
        chosen = np.concatenate([np.flatnonzero(labels == k)[:20] for k in range(5)])
        x_test, y_test = canvases(1000, range(5, 10), rng, "test")
        batches = draw_batches(pool[chosen], labels[chosen], steps, 32, rng)
        head = new_network((128, 5), rng)
        for words, (frozen, lr_mult) in plans.items():
            seen = []

            def watched(params, x, y, still):
                if len(seen) % 25 == 0:
                    h = x_test
                    for k in (1, 2):
                        h = np.maximum(h @ params[f"w{k}"] + params[f"b{k}"], 0)
                    curves[words][seed, len(seen) // 25] = np.mean((h @ params["w3"] + params["b3"]).argmax(axis=1) == y_test)
                seen.append(still)
                return loss_and_grads(params, x, y, still)

            train({**pretrained, "w3": head["w1"], "b3": head["b1"]}, batches, frozen, lr_mult, watched, adam, {"learning_rate": 0.001})
    late = {words: curve[:, -4:].mean() for words, curve in curves.items()}
    for words in list(plans)[2:]:
        print(f"{words}: better than all layers at once at the end: {bool(late[words] > late['all layers at once'])}")
    with style():
        fig, ax = plt.subplots(figsize=(7, 4))
        for (words, curve), color, mark in zip(
            curves.items(), (PALETTE[1], PALETTE[6], PALETTE[0], PALETTE[2]), ("-", ":", "--", "-."), strict=True
        ):
            ax.plot(25 * np.arange(steps // 25), curve.mean(axis=0), mark, color=color, label=words)
        ax.set(xlabel="step", ylabel="accuracy on 1000 test pictures", ylim=(0.1, 0.65))
        ax.legend(loc="lower right")
    show(
        fig,
        "Test accuracy over 450 steps, 20 labels per class. All layers at once rises fastest and stays level; the head alone rises slowly and passes "
        "it; a slower body and gradual unfreezing end highest.",
    )

# %% [markdown] id="extract_features-idea"
# ## 3 · Features, computed once
#
# *Lecture note: [Features, computed once](../../course/10-finetuning.md#features-computed-once) and
# [From generic to specific](../../course/10-finetuning.md#from-generic-to-specific). Lecture: D0,
# "Use Linear Classifier on top layer", "linear classifier from different stages".*
#
# If you freeze the whole body, its output for a picture is the same at step 1 and at step 300. So
# why not compute this output only once? We call the outputs the **features** of the picture:
#
# $$h_0 = x, \qquad h_k = \max\big(0, \text{BN}(h_{k-1} w_k + b_k)\big), \qquad \text{features of stage } s:\  h_s ,$$
#
# If a layer has batch norm, it works as in test mode: with its running statistics, and with
# $\varepsilon = 10^{-5}$ inside the root.
# The last stage of the body is $L-1$, but you can take features from earlier stages, too. For
# example, if you have little data from a very different domain, D0 advises: "Try
# linear classifier from different stages".
#
# We call a linear classifier on fixed features a **linear probe**. In other words, a probe is just
# a head that you train with the softmax loss.
# This shortcut costs you no accuracy: with the same batches, the same optimizer and the same
# initial weights, a probe takes the *same steps* as training with a frozen body.
# But a probe is much faster, because in our network the body has 70,016 of 70,661
# parameters.


# %% nbgrader={"grade_id": "extract_features", "solution": true}
def extract_features(
    params: dict[str, np.ndarray],
    x: np.ndarray,
    stage: int | None = None,
) -> np.ndarray:
    """Return the output of a layer of the body for each example.

    Args:
        params: a network of layers 1 to L, as above; the head is not used.
        x: (N, d1, ..., dm), examples; each is flattened.
        stage: from 0 (the flattened examples) to L - 1 (the last layer of the body);
            None means L - 1.

    Returns:
        features: (N, M), in the dtype of the parameters, where M is the width of layer
            `stage`; a new array.

    Raises:
        ValueError: stage is not from 0 to L - 1; the message names it.
    """
    ### BEGIN SOLUTION
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = params[f"gamma{k}"] * (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5) + params[f"beta{k}"]
        h = np.maximum(h, 0)
    return h
    ### END SOLUTION


def linear_probe(
    features: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    batches: Sequence[np.ndarray],
    rule: Callable,
    config: dict,
) -> tuple[np.ndarray, np.ndarray]:
    """Train a head on fixed features with the softmax loss, one step for each batch.

    Args:
        features: (N, D).
        y: (N,) labels from 0 to C-1.
        w: (D, C), b: (C,), initial weights and bias.
        batches: index arrays with the rows of each step.
        rule: the optimizer, called as rule(w, dw, config); returns the next w, and
            config.
        config: settings of the optimizer; w and b each have their own copy.

    Returns:
        w: (D, C), b: (C,), new arrays.
    """
    ### BEGIN SOLUTION
    w, b, w_config, b_config = w.copy(), b.copy(), dict(config), dict(config)
    for rows in batches:
        scores, cache = affine_forward(features[rows], w, b)
        _, dscores = softmax_loss(scores, y[rows])
        _, dw, db = affine_backward(dscores, cache)
        w, w_config = rule(w, dw, w_config)
        b, b_config = rule(b, db, b_config)
    return w, b
    ### END SOLUTION


# %% [markdown] id="extract_features-given-idea"
# In the next cell, we train a probe with momentum. Again, watch what happens to your config,
# because the optimizer writes the velocity into it.


# %% nbgrader={"grade_id": "extract_features-given", "locked": true}
def probe_by_momentum(features, y, w, b, batches, config):
    """Train a linear probe with sgd_momentum."""
    return linear_probe(features, y, w, b, batches, sgd_momentum, config)


# %% id="extract_features-try" tags=["demo"]
with attempt("extract_features"):
    small = new_network((4, 6, 3, 2), np.random.default_rng(11), norm=True, dtype=np.float64)
    pictures = np.arange(8.0).reshape(2, 2, 2)  # (N, H, W)
    for stage in (0, 1, None):
        print(f"stage {stage}:", extract_features(small, pictures, stage), sep="\n")

# %% nbgrader={"grade_id": "extract_features-check", "grade": true, "points": 15}
with check("extract_features") as c:
    params = {"w1": np.array([[1.0, 0.0], [0.0, 2.0]]), "b1": np.array([0.0, -3.0])}
    params |= {"w2": np.array([[1.0, -1.0, 1.0], [1.0, 1.0, 2.0]]), "b2": np.array([0.0, 0.0, 1.0])}
    params |= {"gamma2": np.array([2.0, 1.0, 1.0]), "beta2": np.array([1.0, 0.0, -5.0])}
    params |= {"mean2": np.array([2.0, 1.0, 4.0]), "var2": np.array([4.0, 1.0, 1.0]) - 1e-5}
    params |= {"w3": np.ones((3, 4)), "b3": np.zeros(4)}
    x = np.array([[[2.0, 3.0]], [[4.0, 1.0]]])  # (2, 1, 2)
    before = {name: value.copy() for name, value in params.items()}
    c.close("stage 0", extract_features(params, x, 0), [[2.0, 3.0], [4.0, 1.0]])
    extract_features(params, x, 0)[:] = -1
    c.unchanged("x, after a change of the result of stage 0,", x, np.array([[[2.0, 3.0]], [[4.0, 1.0]]]), "Return a new array.")
    c.true("params is unchanged", all(np.array_equal(params[name], before[name]) for name in before))
    c.close("stage 1", extract_features(params, x, 1), [[2.0, 3.0], [4.0, 0.0]], hint="Compute affine, then ReLU.")
    want = [[4.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    if c.shape("the features", extract_features(params, x), (2, 3), "Stop at the last layer of the body; do not use the head."):
        c.close(
            "the features",
            extract_features(params, x),
            want,
            hint="Use mean2 and var2 in batch norm, not the statistics of the batch. Then apply ReLU.",
        )
        c.close(
            "the features of one example",
            extract_features(params, x[:1]),
            want[:1],
            hint="The result must not depend on the rest of the batch.",
        )
    single = {name: value.astype(np.float32) for name, value in params.items()}
    c.equal("the dtype of the features in a float32 network", extract_features(single, x).dtype, np.dtype("float32"))
    c.equal("the dtype of stage 0 in a float32 network", extract_features(single, x, 0).dtype, np.dtype("float32"))
    c.equal("the dtype of the features of whole numbers", extract_features(params, x.astype(int)).dtype, np.dtype("float64"))
    deep = new_network((3,) * 10 + (4, 2), np.random.default_rng(1))  # eleven layers
    c.shape("the features of a network of eleven layers", extract_features(deep, np.ones((2, 3))), (2, 4), "Layer 10 comes after layer 9.")
    for stage in (3, -1, -2):
        c.raises(f"stage {stage} is refused", ValueError, extract_features, params, x, stage)
    features, y = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 4.0]]), np.array([0, 1, 1])
    w, b = np.zeros((2, 2)), np.zeros(2)
    settings = {"learning_rate": 1.0}
    new_w, new_b = linear_probe(features, y, w, b, [np.array([0, 2])], lambda w, dw, config: (w - dw, config), settings)
    c.close(
        "w of a probe after one step from zero",
        new_w,
        [[0.25, -0.25], [-0.5, 0.5]],
        hint="Take the mean over the batch, which holds rows 0 and 2.",
    )
    c.close("b of a probe after one step from zero", new_b, [0.0, 0.0])
    c.unchanged("w, the start", w, np.zeros((2, 2)))
    c.true("config is unchanged", settings == {"learning_rate": 1.0})
    kinds = linear_probe(*(v.astype(np.float32) for v in (features,)), y, np.float32(w), np.float32(b), [np.array([0])], adam, settings)
    c.equal("the dtypes of a float32 probe", [str(part.dtype) for part in kinds], ["float32", "float32"])
    large = linear_probe(1e4 * features, y, np.ones((2, 2)), b, [np.array([0, 1])], adam, settings)[0]
    c.true("the probe of large features is finite", np.isfinite(large).all())
    none = linear_probe(features, y, w, b, [], adam, settings)[0]
    c.true("after no step, w is a new array", none is not w and not np.shares_memory(none, w))
    probe_by_momentum(features, y, w, b, [np.array([0, 2])], settings)
    c.true(
        "config is unchanged, even if the optimizer writes into its config",
        settings == {"learning_rate": 1.0},
        "Give w and b their own copies of config.",
    )
    rng = np.random.default_rng(12)
    net = new_network((5, 8, 6, 4), rng, norm=True, dtype=np.float64)
    x, y = rng.normal(size=(12, 5)), rng.integers(0, 4, 12)
    rows = [rng.choice(12, 6, replace=False) for _ in range(8)]
    new_w, new_b = linear_probe(extract_features(net, x), y, net["w3"], net["b3"], rows, adam, {"learning_rate": 0.1})
    try:
        slow, _ = train(net, [(x[r], y[r]) for r in rows], [(1, 2)] * 8, {}, loss_and_grads, adam, {"learning_rate": 0.1})
    except NotImplementedError:
        slow = None  # question 2 is not written yet
    if slow is not None:
        c.close("w of the probe, compared with training with a frozen body,", new_w, slow["w3"], rtol=1e-9)
        c.close("b of the probe, compared with training with a frozen body,", new_b, slow["b3"], rtol=1e-9)

# %% [markdown] id="extract_features-see"
# **Which stage?** Let's train linear probes with 50 labels per class on the digits 5 to 9 and on
# the textures. We do this at each stage of the pretrained body and of a random body.
# Stage 0 means the raw pixels. (We centre and scale the features by the mean and standard
# deviation of the training examples, so that one learning rate suits all.)
# Look at the left plot first. On the digits, pretrained features give a much higher
# accuracy than random features or pixels, at both stages.
# You might hope for some gain in the right plot too. But for bricks and gravel, features from
# digits are no better than features from random weights, at any stage.
# If your plot looks like this, don't worry, because you have not made a mistake. Textures are the
# cell "You're in trouble" of D0's table, and "different stages" do not help here.
# You'll often hear that the first layers of a network are "more generic" and the last layers "more
# specific" (D0). But the first layers of our network turn out to be generic only for pictures
# of pen strokes.

# %% id="extract_features-stages" tags=["demo"]
with attempt("extract_features"):
    pretrained = load_pretrained()
    shares = {(target, body): np.zeros((4, 3)) for target in ("digits 5 to 9", "textures") for body in ("pretrained", "random")}
    for seed in range(4):
        rng = np.random.default_rng([13, seed])
        sets = {
            "digits 5 to 9": (canvases(2000, range(5, 10), rng), canvases(1000, range(5, 10), rng, "test")),
            "textures": (textures(2000, rng), textures(1000, rng, "test")),
        }
        bodies = {"pretrained": pretrained, "random": new_network((144, 256, 128, 5), rng)}
        for target, ((pool, labels), (x_test, y_test)) in sets.items():
            chosen = np.concatenate([np.flatnonzero(labels == k)[:50] for k in range(5)])
            rows = [rng.choice(250, 32, replace=False) for _ in range(400)]
            for body, net in bodies.items():
                for stage in range(3):
                    h, h_test = (extract_features(net, x, stage) for x in (pool[chosen], x_test))
                    mean, std = h.mean(axis=0), h.std()  # of the training examples alone
                    h, h_test = (h - mean) / std, (h_test - mean) / std
                    w, b = np.zeros((h.shape[1], 5), np.float32), np.zeros(5, np.float32)
                    w, b = linear_probe(h, labels[chosen], w, b, rows, adam, {"learning_rate": 0.003})
                    shares[target, body][seed, stage] = np.mean((h_test @ w + b).argmax(axis=1) == y_test)
    for target in ("digits 5 to 9", "textures"):
        ahead = shares[target, "pretrained"].mean(axis=0) - shares[target, "random"].mean(axis=0)
        print(f"{target}: pretrained is better than random by more than 0.05 at stages", [stage for stage in (1, 2) if ahead[stage] > 0.05])
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
        for ax, target in zip(axes, ("digits 5 to 9", "textures"), strict=True):
            for body, color, mark in (("pretrained", PALETTE[0], "o-"), ("random", PALETTE[1], "s--")):
                share = shares[target, body]
                ax.errorbar(range(3), share.mean(axis=0), share.std(axis=0, ddof=1) / 2, fmt=mark, color=color, capsize=3, label=body)
            ax.axhline(0.2, color=PALETTE[6], linewidth=1, linestyle=":")
            ax.set(title=target, xlabel="stage", xticks=range(3), ylim=(0.1, 0.8))
        axes[0].set_ylabel("accuracy on 1000 test pictures")
        axes[0].text(0, 0.21, "guessing")
        axes[0].legend()
    show(
        fig,
        "Accuracy of linear probes at stages 0, 1 and 2. For digits 5 to 9 the pretrained body is far above the random one at stages 1 and 2. For "
        "textures the two do not differ.",
    )

# %% [markdown] id="transfer_table-idea"
# ## 4 · The lecture's table, measured
#
# *Lecture note: [D0's table, measured](../../course/10-finetuning.md#d0s-table-measured). Lecture:
# D0.*
#
# |  | very similar dataset | very different dataset |
# |---|---|---|
# | **very little data** | Use Linear Classifier on top layer | You're in trouble... Try linear classifier from different stages |
# | **quite a lot of data** | Finetune a few layers | Finetune a larger number of layers |
#
# This table contains four pieces of advice, but no numbers. Let's find out whether the advice is
# right. For each cell of the table, you compare six ways of training a network:
#
# | method | starts from | learns |
# |---|---|---|
# | `"scratch"` | random weights | all layers |
# | `"random features"` | random weights | the head |
# | `"linear probe"` | the pretrained body | the head |
# | `"top two"` | the pretrained body | the two highest layers: the head and the one below it |
# | `"fine-tune"` | the pretrained body | all layers |
# | `"slow body"` | the pretrained body | all layers; those of the body at a tenth of the rate |
#
# The first two methods are the **controls**, and you need both of them. For example, suppose that
# your fine-tuned network reaches 79 %. This says nothing about transfer if the same network
# reaches 78 % from scratch.
# In the same way, a linear probe with 42 % says nothing about the *pretrained* features if
# random features also reach 42 %.
#
# Your comparison is fair if only the method differs, and if you use the test set only for testing:
#
# - **The same examples for all.** For every target, size and seed, draw $k$ examples of each class
#   once, and let all methods learn from them. A lucky draw is then lucky for every method, so you
#   can take differences between methods for each seed.
# - **Several seeds, and a standard error.** With $R$ seeds and differences
#   $d_r = \text{score}_r^{\text{method}} - \text{score}_r^{\text{control}}$,
#
# $$\text{gain} = \bar d = \frac1R \sum_r d_r, \qquad \text{standard error} = \sqrt{\frac{1}{R\thinspace(R-1)} \sum_r (d_r - \bar d)^2} .$$
#
# - **No leaks.** If you standardise the inputs, use the mean and the standard deviation of the
#   training examples that were drawn. Don't use the whole pool: you claim to have only $k$
#   labels per class, so you would not have the other pictures. And *never* use the test set.


# %% nbgrader={"grade_id": "transfer_table", "solution": true}
def draw_per_class(
    x: np.ndarray,
    y: np.ndarray,
    k: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw k different examples of each class; every choice is equally likely.

    Args:
        x: (N, ...) examples.
        y: (N,) labels; the classes are the labels that occur.
        k: number of examples of each class, >= 1.
        rng: source of the choice.

    Returns:
        x: (k C, ...), y: (k C,), the drawn examples and their labels, in any order.

    Raises:
        ValueError: a class has fewer than k examples; the message names the class and
            its number of examples.
    """
    ### BEGIN SOLUTION
    rows = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        if len(members) < k:
            raise ValueError(f"class {label} has {len(members)} examples, expected at least {k}")
        rows.append(rng.choice(members, k, replace=False))
    chosen = np.concatenate(rows)
    return x[chosen], y[chosen]
    ### END SOLUTION


def recipe(method: str, depth: int) -> tuple[str, tuple[int, ...], dict[int, float]]:
    """Return the settings with which a method of the table trains a network.

    Args:
        method: one of the six.
        depth: L >= 2, the number of layers; layer L is the head.

    Returns:
        start: "pretrained" or "random", the source of the body (the head is always
            new).
        frozen: the frozen layers, in ascending order.
        lr_mult: factors on the learning rate by layer, for the layers where it is not
            1.

    Raises:
        ValueError: the method is not one of the six; the message names it.
    """
    ### BEGIN SOLUTION
    body = tuple(range(1, depth))
    known = {
        "scratch": ("random", (), {}),
        "random features": ("random", body, {}),
        "linear probe": ("pretrained", body, {}),
        "top two": ("pretrained", body[:-1], {}),
        "fine-tune": ("pretrained", (), {}),
        "slow body": ("pretrained", (), dict.fromkeys(body, 0.1)),
    }
    if method not in known:
        raise ValueError(f"method is {method!r}, expected one of {', '.join(known)}")
    return known[method]
    ### END SOLUTION


def transfer_table(
    targets: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
    sizes: Sequence[int],
    methods: Sequence[str],
    seeds: Sequence[int],
    run: Callable,
    standardise: bool = False,
) -> np.ndarray:
    """Measure every method on every target, size and seed.

    For each target, size and seed, draw the examples with draw_per_class and a new
    np.random.default_rng(seed).

    Args:
        targets: for each, a pool to draw from, x (N, D) and y (N,), and a test set, x
            (T, D) and y (T,).
        sizes: numbers of labels per class.
        methods: names of methods.
        seeds: whole numbers >= 0.
        run: called as run(method, x, y, x_test, seed), with the drawn examples; returns
            labels (T,) for x_test.
        standardise: whether to standardise x and x_test before you call run: subtract
            the mean of all numbers of the drawn x from both, and divide both by their
            standard deviation.

    Returns:
        scores: (targets, sizes, methods, seeds) float64, the accuracy on the test set.
    """
    ### BEGIN SOLUTION
    scores = np.zeros((len(targets), len(sizes), len(methods), len(seeds)))
    for t, (x_pool, y_pool, x_test, y_test) in enumerate(targets):
        for s, k in enumerate(sizes):
            for r, seed in enumerate(seeds):
                x, y = draw_per_class(x_pool, y_pool, k, np.random.default_rng(seed))
                mean, std = (x.mean(), x.std()) if standardise else (0, 1)
                for m, method in enumerate(methods):
                    labels = run(method, (x - mean) / std, y, (x_test - mean) / std, seed)
                    scores[t, s, m, r] = np.mean(labels == y_test)
    return scores
    ### END SOLUTION


def gain(
    scores: np.ndarray,
    method: int,
    control: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gain of a method over a control, seed by seed, and its standard error.

    Args:
        scores: (T, S, M, R) as transfer_table returns them.
        method, control: their indices along the third axis.

    Returns:
        mean: (T, S), mean over the seeds of the method's score minus the control's.
        error: (T, S), the standard error of this mean.

    Raises:
        ValueError: there are fewer than 2 seeds; the message names their number.
    """
    ### BEGIN SOLUTION
    seeds = scores.shape[3]
    if seeds < 2:
        raise ValueError(f"there is {seeds} seed, expected at least 2: of one difference there is no standard error")
    difference = scores[:, :, method] - scores[:, :, control]
    return difference.mean(axis=2), difference.std(axis=2, ddof=1) / seeds**0.5
    ### END SOLUTION


# %% [markdown] id="transfer_table-given-idea"
# The next cell connects your functions, and you don't have to change anything in it:
# `runner(pretrained)` is the function `run` of the table.
# To keep your comparison fair, we let all methods start with the same head and use the same batches
# for one seed. We also give the two controls the same random body.


# %% nbgrader={"grade_id": "transfer_table-given", "locked": true}
METHODS = ("scratch", "random features", "linear probe", "top two", "fine-tune", "slow body")


def runner(pretrained, steps=300, batch=32, config=None):
    """Return the function run(method, x, y, x_test, seed), which trains with the method's recipe and labels x_test."""
    depth = max(int(name[1:]) for name in pretrained if name[0] == "w")
    sizes = [len(pretrained[f"w{k}"]) for k in range(1, depth + 1)] + [5]
    settings = config or {"learning_rate": 0.001}

    def run(method, x, y, x_test, seed):
        start, frozen, lr_mult = recipe(method, depth)
        body = pretrained if start == "pretrained" else new_network(sizes, np.random.default_rng([seed, 1]))
        net = replace_head(body, int(y.max()) + 1, np.random.default_rng([seed, 2]))
        rng = np.random.default_rng([seed, 3])
        if len(frozen) == depth - 1:  # only the head learns: a probe gives the same result (question 3)
            rows = [rng.choice(len(x), min(batch, len(x)), replace=False) for _ in range(steps)]
            head = linear_probe(extract_features(net, x), y, net[f"w{depth}"], net[f"b{depth}"], rows, adam, settings)
            net[f"w{depth}"], net[f"b{depth}"] = head
        else:
            net, _ = train(net, draw_batches(x, y, steps, batch, rng), [frozen] * steps, lr_mult, loss_and_grads, adam, settings)
        return (extract_features(net, x_test) @ net[f"w{depth}"] + net[f"b{depth}"]).argmax(axis=1)

    return run


def draw_targets(rng, pool=2000, test=2000):
    """Return the similar target (digits 5 to 9) and the different target (textures)."""
    similar = *canvases(pool, range(5, 10), rng), *canvases(test, range(5, 10), rng, "test")
    different = *textures(pool, rng), *textures(test, rng, "test")
    return [similar, different]


# %% id="transfer_table-try" tags=["demo"]
with attempt("transfer_table"):
    x, y = np.arange(14.0).reshape(7, 2), np.array([0, 1, 0, 1, 1, 0, 2])
    print("one of each class:", *draw_per_class(x, y, 1, np.random.default_rng(14)))
    for method in METHODS:
        print(f"{method:>15}:", *recipe(method, 4))
    fair_coin = lambda method, x, y, x_test, seed: np.random.default_rng([seed, len(method)]).choice(y, len(x_test))
    scores = transfer_table([(x, y, x[:4], y[:4])], [1], ["heads", "tails!"], [1, 2, 3], fair_coin)
    print("scores", scores[0, 0], "gain and its error", *gain(scores, 1, 0))

# %% nbgrader={"grade_id": "transfer_table-check", "grade": true, "points": 40}
with check("transfer_table") as c:
    y = np.array([3, 5, 3, 5, 5, 8, 8, 3, 5])
    x = np.column_stack([np.arange(9.0), 10.0 * y])  # (9, 2), the first column is the number of the example
    drawn_x, drawn_y = draw_per_class(x, y, 2, np.random.default_rng(15))
    c.equal("the labels of two of each class, sorted", sorted(np.asarray(drawn_y).tolist()), [3, 3, 5, 5, 8, 8])
    if c.shape("x of two of each class", drawn_x, (6, 2)):
        c.equal(
            "each x has its own y", (drawn_x[:, 1] / 10).tolist(), np.asarray(drawn_y).tolist(), "Use the same row indices for x and y."
        )
        c.equal("the number of different examples", len(set(drawn_x[:, 0].tolist())), 6, "Draw without repetition.")
    kinds = draw_per_class(np.float32(x), y, 2, np.random.default_rng(0))
    c.equal("the dtypes of the drawn x and y", [str(part.dtype) for part in kinds], ["float32", str(y.dtype)])
    many = [draw_per_class(x, y, 2, np.random.default_rng(seed)) for seed in range(80)]
    balanced = all(sorted(part[1].tolist()) == [3, 3, 5, 5, 8, 8] for part in many)
    c.true("in 80 draws, two of each class", balanced, "Draw k of each class, not 3 k of all examples.")
    fives = {tuple(sorted(part[0][part[1] == 5, 0].tolist())) for part in many}
    c.equal("the number of different pairs drawn from the four fives", len(fives), 6, "Every choice must be possible.")
    draws = {tuple(sorted(draw_per_class(x, y, 1, np.random.default_rng(seed))[0][:, 0].tolist())) for seed in range(40)}
    c.true("other generators draw other examples", len(draws) > 5, "The first k of each class are not a random choice.")
    c.raises("three of each class are refused where one class has two", ValueError, draw_per_class, x, y, 3, np.random.default_rng(0))
    want = {
        "scratch": ("random", (), {}),
        "random features": ("random", (1, 2, 3), {}),
        "linear probe": ("pretrained", (1, 2, 3), {}),
        "top two": ("pretrained", (1, 2), {}),
        "fine-tune": ("pretrained", (), {}),
        "slow body": ("pretrained", (), {1: 0.1, 2: 0.1, 3: 0.1}),
    }
    for method, (start, frozen, lr_mult) in want.items():
        got = recipe(method, 4)
        moving = [k for k in range(1, 5) if k not in frozen]  # a rate of 1 may be left out
        rates = [float(got[2].get(k, 1.0)) for k in moving]
        c.equal(f"recipe({method!r}, 4): start and frozen", (got[0], tuple(got[1])), (start, frozen), "The head is layer 4.")
        c.equal(f"recipe({method!r}, 4): the rates of layers {moving}", rates, [lr_mult.get(k, 1.0) for k in moving])
    c.raises("an unknown method is refused", ValueError, recipe, "probe", 4)
    seen = {}

    def told(method, x, y, x_test, seed):
        """Record the arguments; "good" labels all examples but the first correctly, "bad" only the last."""
        seen[method, len(y), seed] = x, y, x_test
        labels = x_test[:, 1].round().astype(int) // 10
        labels[:1] = -1
        if method == "bad":
            labels[:-1] = -1
        return labels

    pool, test = (x, y), (x[:4] + np.array([100.0, 0.0]), y[:4])
    scores = transfer_table([(*pool, *test)], [1, 2], ["good", "bad"], [4, 5, 6], told)
    if c.shape("scores", scores, (1, 2, 2, 3), "(targets, sizes, methods, seeds)"):
        c.close("the scores of a method that is correct on three of four", scores[0, :, 0], np.full((2, 3), 0.75))
        c.close("the scores of a method that is correct on one of four", scores[0, :, 1], np.full((2, 3), 0.25))
    c.equal("the calls of run", len(seen), 12, "Call run once for each method, size and seed.")
    pairs = [
        (seen["good", n, seed], seen["bad", n, seed])
        for n in (3, 6)
        for seed in (4, 5, 6)
        if ("good", n, seed) in seen and ("bad", n, seed) in seen
    ]
    c.true(
        "all methods learn from the same examples",
        len(pairs) == 6 and all(np.array_equal(a[0], b[0]) for a, b in pairs),
        "Draw the examples once, then run all methods.",
    )
    c.true("other seeds give other examples", len({a[0][:, 0].tobytes() for a, _ in pairs}) > 2, "Use default_rng(seed).")
    c.true("run receives the unchanged test set", all(np.array_equal(a[2], test[0]) for a, _ in pairs))
    before = {call[1:]: drawn[0].tobytes() for call, drawn in seen.items() if call[0] == "bad"}
    seen.clear()
    transfer_table([(*pool, *test)], [2], ["bad"], [6, 5], told)
    alone = all(before.get(call[1:]) == drawn[0].tobytes() for call, drawn in seen.items())
    c.true("a part of the table, measured alone, has the same examples", alone, "Use a new generator for each draw.")
    seen.clear()
    transfer_table([(*pool, *test)], [2], ["bad"], [4], told, standardise=True)
    [(a, _, b)] = seen.values() if seen else [(x, y, x)]
    c.close("mean of the standardised x", a.mean(), 0.0, hint="Use one mean over all numbers of the drawn x.")
    c.close("deviation of the standardised x", a.std(), 1.0)
    raw = draw_per_class(*pool, 2, np.random.default_rng(4))[0]
    c.close(
        "the standardised x_test",
        b,
        (test[0] - raw.mean()) / raw.std(),
        hint="Use the mean and deviation of the drawn x, not those of x_test.",
    )
    scores = np.array([[0.5, 0.7, 0.6], [0.4, 0.5, 0.3]]).reshape(1, 1, 2, 3)
    mean, error = gain(scores, 0, 1)
    c.close("gain", mean, [[0.2]])
    c.close(
        "its standard error",
        error,
        [[np.sqrt(0.02 / 6)]],
        hint="Use the differences 0.1, 0.2, 0.3, divide by R (R - 1), and take the root.",
    )
    c.raises("the error of one seed is refused", ValueError, gain, scores[..., :1], 0, 1)

# %% [markdown] id="transfer_table-live-idea"
# **Now let's measure.** We have two targets, 5 and 200 labels per class, six methods and two seeds,
# so your own functions run 48 trainings of 300 steps.
# This takes about ten seconds, and the progress is shown below the cell. Before you
# trust any number, compare it with guessing, which gives 0.20.

# %% id="transfer_table-live" tags=["demo"]
with attempt("transfer_table"):
    run, targets = runner(load_pretrained()), draw_targets(np.random.default_rng(16))
    parts = []
    for target, words in zip(targets, ("similar", "different"), strict=True):
        parts.append(transfer_table([target], [5, 200], METHODS, [0, 1], run))
        print(f"{words}: done")
    scores = np.concatenate(parts)
    means = dict(zip(METHODS, np.moveaxis(scores.mean(axis=3), 2, 0), strict=True))
    print(
        "similar, little: probe better than scratch by more than 0.05:", bool(means["linear probe"][0, 0] > means["scratch"][0, 0] + 0.05)
    )
    print(
        "similar, much: fine-tuning better than the probe by more than 0.1:",
        bool(means["fine-tune"][0, 1] > means["linear probe"][0, 1] + 0.1),
    )
    print("different, little: best of all six below 0.35:", bool(max(mean[1, 0] for mean in means.values()) < 0.35))
    print(
        "different, much: fine-tuning better than scratch by more than 0.05:",
        bool(means["fine-tune"][1, 1] > means["scratch"][1, 1] + 0.05),
    )

# %% [markdown] id="transfer_table-see"
# **The full measurement.** Two seeds are too few for a conclusion. So we let the script
# `course/experiments/transfer.py` run the same functions with eight seeds, each with its own
# pretrained network, with four sizes and 600 steps.
# Its results are in `transfer.json`, in the same folder as this notebook, and this cell plots
# them. The bars show the standard errors. When you compare the two plots, be careful,
# because they have different scales.
# Now let's compare the lecture's four cells with the plots:
#
# - *similar, little data* (5 labels per class): the linear probe is best, as D0 says, ten points
#   above scratch.
# - *similar, more data*: at 20 and 50 labels, "finetune a few layers" is right, and training the
#   top two layers is best. At 200 labels, it is best to train all layers. The probe is then far
#   below even scratch, because a probe can't learn what the features do not contain.
#   Notice also how small the gain of fine-tuning over scratch has become.
# - *different, little data*: you are in trouble, as D0 says, and all methods are close to guessing.
#   But there is a lesson in the printed lines. The probe is two points above scratch, which is
#   several times the standard error. Yet nothing was transferred, because random features are
#   above scratch by the same amount. With only 25 pictures, it is better to train few weights,
#   *whatever* features these weights use.
#   Without the second control, you would have reported a success that never happened.
# - *different, more data*: "finetune a larger number of layers" is right among the methods that
#   start from the pretrained body. But no method beats the grey line, training from scratch, so
#   transfer does not help here.

# %% id="transfer_table-plot" tags=["demo"]
with attempt("transfer_table"):
    import json

    full = json.loads(shipped("transfer.json").read_text(encoding="utf-8"))
    scores, sizes, methods = np.array(full["scores"]), full["sizes"], full["methods"]
    where = {name: number for number, name in enumerate(methods)}
    looks = dict(
        zip(
            METHODS,
            ((PALETTE[6], "-"), (PALETTE[6], ":"), (PALETTE[0], "o-"), (PALETTE[3], "^-"), (PALETTE[1], "s-"), (PALETTE[2], "D--")),
            strict=True,
        )
    )
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(10, 4.2))
        for ax, target, part in zip(axes, full["targets"], scores, strict=True):
            for name, (color, mark) in looks.items():
                share = part[:, where[name]]  # (sizes, seeds)
                error = share.std(axis=1, ddof=1) / np.sqrt(share.shape[1])
                alpha = 0.55 if color == PALETTE[6] else 1.0
                ax.errorbar(sizes, share.mean(axis=1), error, fmt=mark, color=color, alpha=alpha, markersize=5, capsize=2, label=name)
            ax.axhline(0.2, color=PALETTE[6], linewidth=0.8, linestyle="-.")
            ax.set(title=target, xlabel="labels per class", xscale="log", xticks=sizes, xticklabels=sizes)
            ax.minorticks_off()
        axes[0].set_ylabel("accuracy on 2000 test pictures")
        axes[0].text(200, 0.21, "guessing", ha="right")
        axes[0].legend(loc="upper left", fontsize="small")
    show(
        fig,
        "Accuracy of six methods over 5, 20, 50 and 200 labels per class. Digits: the probe leads at 5, the top two layers at 20 and 50, fine-tuning "
        "at 200 with scratch close to it. Textures: all lines lie together at first; at 200 scratch and fine-tuning lead, both probes are equally low.",
    )
    pairs = ("linear probe", "random features"), ("linear probe", "scratch"), ("random features", "scratch"), ("fine-tune", "scratch")
    for name, control in pairs:
        mean, error = gain(scores, where[name], where[control])
        for target, row, errors in zip(full["targets"], mean, error, strict=True):
            told = ", ".join(f"{value:+.3f} ± {bar:.3f} at {k}" for value, bar, k in zip(row, errors, sizes, strict=True))
            print(f"{name} minus {control}, {target}: {told}")

# %% [markdown] id="written-question"
# ## 5 · In your own words (10 points, graded by a person)
#
# Imagine a hospital that has 300 labelled X-ray pictures in three classes. A friend of yours takes
# a network that was pretrained on a million photographs.
# The friend "freezes" its body by setting the body's gradients to zero, and trains with Adam and
# weight decay.
# The friend standardises all pictures with their common mean and standard deviation *before*
# splitting off a test set of 60, and chooses the best of 40 training lengths by the test accuracy.
# The network has batch norm.
# The result is 81 %. The friend tells you: "Transfer learning solves the problem of little data."
#
# 1. Name the three things in the friend's frozen body that change or may change. For each, say how
#    you would *show* that it changed, and how to prevent it.
# 2. Name the two leaks from the test set into the result. Which of them do you expect to matter
#    more, and why?
# 3. Which two controls are missing, and what would each possible outcome mean? Which cell of D0's
#    table is this, and what would you try? Compare the friend's last sentence with two of the
#    numbers that you measured.
#
# Write at most 400 words.

# %% [markdown] nbgrader={"grade_id": "transfer-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. (a) *Weight decay*: if it is coupled, the decay is Adam's whole gradient, and every weight walks to zero at the full rate; if
#    decoupled, the weights shrink by a factor each step. (b) *Momentum, Adam's moments*: if the body was ever trained before by this
#    optimizer, it continues to move although the gradient is zero. (c) *Batch norm's running statistics*: no gradient is involved; in training mode
#    each batch moves them. To show it, keep a copy of every array of the body, buffers included, and compare bytes after training. To tell them
#    apart: set the decay to 0; begin with a fresh optimizer; compare the running statistics alone. To prevent it: do not pass frozen
#    arrays to the optimizer, and run frozen batch norm as in test mode.
# 2. The mean and deviation include the test pictures; the training length was chosen by the test accuracy. The second matters more:
#    two numbers estimated from 300 pictures of thousands of pixels each hardly change if 60 are left out. But the best of 40 results on 60 pictures
#    is biased upwards: one result has a standard error of about 5 points ($\sqrt{0.8 \cdot 0.2 / 60}$), and the maximum of many noisy
#    ones lies above the typical one. Choose by a dev set, or by cross-validation; test once.
# 3. The same network from scratch: if it gets 80, the transferred weights gained nothing. Random frozen features with a trained head
#    (or a plain linear model on the pixels): if they get as much as the frozen body, the pretrained *features* gained nothing. Both over several splits, with
#    differences in pairs. The cell is little data, very different domain: try probes from earlier stages; a slow body; pretraining
#    on other X-rays; augmentation. In our measurements, with five labels per class a probe gained ten points over scratch in the similar
#    domain. In the different one it gained two, and random features gained as much, so nothing had been transferred; and with
#    200 labels fine-tuning there was no better than scratch. Transfer helps with little data *if the domains are alike*.
#
# **Rubric.**
#
# - 1 point: Weight decay moves the body.
# - 1 point: Momentum, or Adam's moments, of earlier training move it.
# - 1 point: The running statistics of batch norm move.
# - 1 point: A way to show each, and a way to prevent it.
# - 1 point: Both leaks: the statistics of all pictures, and the choice of the training length.
# - 1 point: The choice matters more, with a reason of size.
# - 2 points: Both controls (from scratch, random frozen features), and what each outcome means.
# - 1 point: The cell of the table, and something to try that fits it.
# - 1 point: Two measured numbers are compared with the sentence.
#
# **Weak answer (3 points: items 1, 3, 5).**
#
# 1. Weight decay makes the weights smaller, although their gradient is zero. Batch norm still updates
#    its running mean and variance. The biases may change too. I would look at the weights.
# 2. The mean and the standard deviation were computed with the test pictures, and the training length
#    was chosen by the test accuracy. Both are bad.
# 3. A larger test set and another network are missing. It is little data with a similar domain. One
#    should collect more pictures.
#
# **Average answer (6 points: items 1, 3, 4, 5, 6, 8).**
#
# 1. Weight decay shrinks the weights even with a zero gradient, and batch norm's running statistics
#    change in training mode. Keep a copy of all arrays and compare it after the training; pass only
#    the head to the optimizer, and run batch norm in test mode. The third may be the head.
# 2. The standardisation uses the test pictures, and the best of 40 lengths is chosen on them. The
#    second matters more: on 60 pictures one accuracy has an error of 5 points, and we take the
#    maximum of 40.
# 3. The network should also be trained from scratch: if it reaches 81 % too, nothing was transferred.
#    It is little data in a very different domain. I would try features of an earlier stage. Transfer
#    learning does not solve everything.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells. This makes sure that your
# notebook also works from a fresh start. The cell below summarises the results of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"replace_head": 15, "train": 30, "extract_features": 15, "transfer_table": 40},
    written=10,
)
