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
# # 08 · Keep every layer's inputs in range
#
# Before you train a network, you standardise its inputs: each feature gets zero mean and unit
# variance.
# But the inputs of a deeper layer come from the layer before it, and they change while the network
# learns its weights.
# So why don't we standardise these inputs as well? This is the idea of batch normalisation: in each
# training step it uses the mean and the variance of the current batch.
# Batch norm takes only a dozen lines of code, but these lines are easy to get wrong. So don't be
# discouraged if your first version fails.
# There are four difficulties. The examples of a batch interact, and there are running statistics
# that you must keep up to date. Batch norm also behaves differently in training and at test time,
# and its gradient flows along three paths.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `batchnorm_forward`: two modes, and running statistics | 25 |
# | 2 | `batchnorm_backward`: the gradient, step by step through the graph | 25 |
# | 3 | `batchnorm_backward_alt`: the same gradient in closed form, and what it means | 15 |
# | 4 | `bn_net_loss` and `fold_batchnorm`: use batch norm in a network, and remove it again | 15 |
# | 5 | `to_torch`, `from_torch` and `batch_noise`: PyTorch's convention, and the effect of the batch size | 20 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** plan about 6 hours. This is only our estimate, so don't worry if you need more or less.
#
# **You need** the chain rule in a graph with branches (assignment 01). Question 4 also uses the
# functions below from earlier assignments. The notebook looks for your versions of them. If it
# doesn't find them, it uses the course's versions, so you can start here in any case:
#
# - 01: `affine_forward(x, w, b) -> out, cache` and `affine_backward(dout, cache) -> dx, dw, db`
# - 02: `relu_forward(x) -> out, cache` and `relu_backward(dout, cache) -> dx`
# - 03: `softmax_loss(x, y) -> loss, dx`
# - 05: `sgd_momentum(w, dw, config) -> next_w, config`
#
# **Lecture note:** [Batch normalisation](../../course/08-batchnorm.md). Lectures: D1 and D2 (batch
# normalisation), D0 (regularisation).
# Two formulas on their slides contain mistakes, and one important point is missing. You will deal
# with all three in this notebook.

# %% [markdown] id="rules"
# ## What holds in every question
#
# Please read these rules once before you start. They save you time later, because they hold for
# every function that you write.
#
# - **Do not change your arguments.** The only exception is the dictionary `bn_param`. When you
#   write to it, replace the old array by a *new* one, so that the old array stays unchanged for
#   anyone who still uses it.
# - **Keep the precision.** Your result should have the same dtype as the input: float32 stays
#   float32, and float64 stays float64. Integers become float64.
# - **Accept any batch and any memory layout.** A batch can hold a single example. Your input arrays
#   may be read-only, and they may be slices or transposes of other arrays.
# - **Do not loop over examples** in questions 1 to 3, and **cause no warnings** anywhere: no
#   division by zero and no overflow.
# - **Randomness** comes from the generator `rng` that you receive, never from `np.random` itself.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that says what you
#   got and what you expected.
# - **The cache is yours.** You decide what `batchnorm_forward` keeps for the backward pass. No
#   check looks inside.
#
# Examples are rows: `x` has shape $(N, D)$, and $\gamma$, $\beta$ and all statistics have shape
# $(D,)$.
#
# Every question has a cell in which you can try your code and a cell that checks it.
# The visible checks find most mistakes. Grading uses more checks with different inputs, so make
# sure that your code is correct in general.
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
        "This notebook needs the folder utils of 08-batchnorm.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 08-batchnorm.zip, then "
        "%cd training-neural-networks/release/08-batchnorm, "
        "and this cell again."
    ) from None

check = Checks()

# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

affine_forward, affine_backward = earlier("01-backprop", "affine_forward", "affine_backward")
relu_forward, relu_backward = earlier("02-activations", "relu_forward", "relu_backward")
softmax_loss = earlier("03-losses", "softmax_loss")
sgd_momentum = earlier("05-optimizers", "sgd_momentum")

# %% nbgrader={"grade_id": "given", "locked": true}
from utils import data
from utils.plotting import PALETTE, style
from utils.training import fit

np.set_printoptions(precision=4, suppress=True)

# %% [markdown] id="batchnorm_forward-idea"
# ## 1 · Forward: two modes and running statistics
#
# *Lecture note: [The forward pass](../../course/08-batchnorm.md#the-forward-pass), [Gamma and
# beta](../../course/08-batchnorm.md#gamma-and-beta) and [Test time and the running
# statistics](../../course/08-batchnorm.md#test-time-and-the-running-statistics). Lectures: D1
# (Batch Normalization), D2 (Need better gradients...??).*
#
# **In training**, batch norm standardises each column with its own mean and variance over the
# batch. Then it scales and shifts the column by two learned parameters. Why scale values that we
# have just standardised? With these parameters, the network can undo the normalisation if this
# makes the loss smaller:
#
# $$\mu = \frac1N \sum_n x_n, \qquad \sigma^2 = \frac1N \sum_n (x_n - \mu)^2, \qquad
# \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad \text{out} = \gamma \odot \hat x + \beta .$$
#
# We treat every feature separately, and $\odot$ multiplies entry by entry. Use the *biased*
# variance, in which the sum is divided by $N$.
# Notice that the small number $\varepsilon$ is *inside* the square root. You need it for a column
# that does not vary: there $\hat x = 0$, and `out` is $\beta$. The same happens in every column if
# your batch has only one example.
#
# **At test time**, an example's output must not depend on the rest of the batch. Imagine a medical
# test whose result for you depends on who else was tested today.
# Therefore, the layer also collects running statistics in training, and at test time it uses them
# instead of $\mu$ and $\sigma^2$.
# The running statistics are moving averages. In this course, `momentum` is the weight of the old
# value:
#
# $$\text{running} \leftarrow \text{momentum} \cdot \text{running} + (1 - \text{momentum}) \cdot \text{batch} .$$
#
# The running variance averages the same biased $\sigma^2$.
# For example, with a momentum of 0.9, a running mean of 2 and a batch mean of 12, the new running
# mean is 3.
# In test mode your code reads the running statistics, but it never changes them.
#
# Before you start, be warned of one trap. On paper, you can also write the variance as
# $\overline{x^2} - \bar x^2$.
# But if the mean of a column is much larger than its standard deviation, this formula subtracts two
# large and almost equal numbers. The result may even be negative. So subtract the mean before you
# square.


# %% nbgrader={"grade_id": "batchnorm_forward", "solution": true}
def batchnorm_forward(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    bn_param: dict,
) -> tuple[np.ndarray, object]:
    """Standardise each column; then scale and shift it.

    out = gamma (x - mean) / sqrt(var + eps) + beta

    Args:
        x: (N, D).
        gamma, beta: (D,) each.
        bn_param: settings and running statistics of this layer.
            "mode": "train" uses the mean and var of the batch and updates the running
            statistics; "test" uses the running statistics and writes nothing.
            "eps": a number > 0; 1e-5 by default.
            "momentum": weight of the old running value, in [0, 1); 0.9 by default.
            "running_mean", "running_var": (D,) each; zeros and ones by default.

    Returns:
        out: (N, D).
        cache: whatever the backward functions need.

    Raises:
        ValueError: x does not have two axes, gamma or beta is not (D,), or the mode is
            neither "train" nor "test".
    """
    ### BEGIN SOLUTION
    if x.ndim != 2:
        raise ValueError(f"x has shape {x.shape}, expected (N, D)")
    D = x.shape[1]
    for name, value in (("gamma", gamma), ("beta", beta)):
        if value.shape != (D,):
            raise ValueError(f"{name} has shape {value.shape}, expected {(D,)} for an x of shape {x.shape}")
    mode = bn_param["mode"]
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean = bn_param.get("running_mean", np.zeros(D, dtype))
    var = bn_param.get("running_var", np.ones(D, dtype))
    if mode == "train":
        running_mean, running_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)
    ### END SOLUTION


# %% id="batchnorm_forward-try" tags=["demo"]
with attempt("batchnorm_forward"):
    x = np.array([[1.0, 200.0], [2.0, 100.0], [6.0, 300.0]])  # (3, 2)
    bn_param = {"mode": "train"}
    out, cache = batchnorm_forward(x, np.array([1.0, 10.0]), np.array([0.0, 5.0]), bn_param)
    print("in training", out, sep="\n")
    print("running mean", bn_param["running_mean"], "and variance", bn_param["running_var"])
    bn_param["mode"] = "test"
    print("at test time", batchnorm_forward(x[:1], np.array([1.0, 10.0]), np.array([0.0, 5.0]), bn_param)[0], sep="\n")

# %% nbgrader={"grade_id": "batchnorm_forward-check", "grade": true, "points": 25}
with check("batchnorm_forward") as c:

    def inputs(dtype=float):
        x = np.array([[0.0, 18.0], [10.0, 0.0], [10.0, 18.0], [0.0, 0.0]])
        return x.astype(dtype), np.array([26.0, 5.0]).astype(dtype), np.array([1.0, -1.0]).astype(dtype)

    def memory(mode, **more):  # with eps = 144 the roots are whole numbers
        running = {"running_mean": np.array([1.0, 1.0]), "running_var": np.array([4.0, 1.0])}
        return {"mode": mode, "eps": 144.0, "momentum": 0.75, **running, **more}

    with c.part("batchnorm_forward"):
        args, bn_param = inputs(), memory("train")
        old_mean, old_var = bn_param["running_mean"], bn_param["running_var"]
        out, _ = batchnorm_forward(*args, bn_param)
        for name, array, before in zip(("x", "gamma", "beta"), args, inputs(), strict=True):
            c.unchanged(name, array, before, hint="`*=` and `+=` write into the caller's array. Make a new array.")
        c.unchanged("the caller's old running_mean", old_mean, np.array([1.0, 1.0]), hint="Put a new array into bn_param.")
        c.unchanged("the caller's old running_var", old_var, np.array([4.0, 1.0]))
        want = np.array([[-9.0, 2.0], [11.0, -4.0], [11.0, 2.0], [-9.0, -4.0]])
        hint = "There is one number for each example and feature. Multiply by gamma entry by entry."
        if c.shape("out in training", out, (4, 2), hint):
            hint = "Over which axis do you take the mean? Do you divide by N or by N - 1? Is eps inside the root?"
            c.close("out in training", out, want, hint=hint)
        hint = "momentum is the weight of the old running value."
        c.entry("bn_param", bn_param, "running_mean", [2.0, 3.0], hint=hint)
        hint = "Average the biased variances: no root, no N - 1, no eps."
        c.entry("bn_param", bn_param, "running_var", [9.25, 21.0], hint=hint)
        bn_param = memory("train", momentum=0.0)
        batchnorm_forward(*inputs(), bn_param)
        c.entry("for a momentum of 0, bn_param", bn_param, "running_mean", [5.0, 9.0])
    with c.part("batchnorm_forward"):
        x, gamma, beta = inputs()
        bn_param = memory("test", running_mean=np.array([2.0, 3.0]), running_var=np.array([25.0, 81.0]))
        out, _ = batchnorm_forward(np.array([[15.0, 3.0]]), gamma, beta, bn_param)
        c.unchanged("in test mode, running_mean", bn_param["running_mean"], np.array([2.0, 3.0]))
        c.unchanged("in test mode, running_var", bn_param["running_var"], np.array([25.0, 81.0]))
        hint = "Use the running statistics only, with the same eps inside the root."
        c.close("out in test mode", out, [[27.0, -1.0]], hint=hint)
        bare = {"mode": "test"}
        out, _ = batchnorm_forward(x[:1], gamma, beta, bare)
        want = gamma * x[:1] / np.sqrt(1 + 1e-5) + beta
        c.close("out in test mode, before any training", out, want, rtol=1e-7, hint="The defaults are zeros and ones, and eps is 1e-5.")
        c.equal("the keys of bn_param after that", sorted(bare), ["mode"], hint="Test mode must not write to bn_param.")
        bn_param = memory("train")
        batchnorm_forward(*inputs(), bn_param)
        out, _ = batchnorm_forward(x[:1], gamma, beta, {**bn_param, "mode": "test"})
        mean, var = (np.array(bn_param[name]) for name in ("running_mean", "running_var"))
        want = gamma * (x[:1] - mean) / np.sqrt(var + 144) + beta
        c.close("out in test mode after a batch in training", out, want, hint="Use the running statistics only.")
    with c.part("batchnorm_forward"):
        x, gamma, beta = inputs()
        first = {"mode": "train"}
        out, _ = batchnorm_forward(x[:1], gamma, beta, first)
        c.close("out of a batch of one", out, [[1.0, -1.0]], hint="A single example equals the mean of its batch.")
        hint = "The running variance starts with ones, and momentum is 0.9 by default."
        c.entry("with default settings, bn_param", first, "running_var", [0.9, 0.9], hint=hint)
        tiny = 1e-3 * np.array([[1.0], [3.0], [1.0], [3.0]])
        out, _ = batchnorm_forward(tiny, np.ones(1), np.zeros(1), {"mode": "train"})
        want = np.array([[-1.0], [1.0], [-1.0], [1.0]]) / np.sqrt(11)
        c.close("out for a variance of 1e-6", out, want, hint="eps is 1e-5 by default, and it is inside the root.")
        far = 1e8 + np.array([[1.0], [3.0], [1.0], [3.0]])
        out, _ = batchnorm_forward(far, np.ones(1), np.zeros(1), {"mode": "train", "eps": 3.0})
        hint = "Subtract the mean before you take the square."
        c.close("out of a column far from zero", out, [[-0.5], [0.5], [-0.5], [0.5]], hint=hint)
    with c.part("batchnorm_forward"):
        for mode in ("train", "test"):
            bn_param = {"mode": mode}
            out, _ = batchnorm_forward(*inputs(np.float32), bn_param)
            c.equal(f"the dtype of out for float32, mode {mode!r},", str(out.dtype), "float32")
            out, _ = batchnorm_forward(*inputs(int), {"mode": mode})
            c.equal(f"the dtype of out for whole numbers, mode {mode!r},", str(out.dtype), "float64")
        bn_param = {"mode": "train"}
        batchnorm_forward(*inputs(np.float32), bn_param)
        for name in ("running_mean", "running_var"):
            dtype = str(getattr(bn_param.get(name), "dtype", None))
            c.equal(f"the dtype of {name} for float32", dtype, "float32")
        x, gamma, beta = inputs()
        wide = np.repeat(x, 2, axis=1)[:, ::2]  # not contiguous
        x.setflags(write=False)
        out, want = (batchnorm_forward(v, gamma, beta, memory("train"))[0] for v in (wide, x))
        c.close("out for a slice of another array", out, want)
        train, refuse = {"mode": "train"}, ("is refused", ValueError, batchnorm_forward)
        c.raises(f"a gamma of shape (1,) {refuse[0]}", *refuse[1:], x, gamma[:1], beta, dict(train))
        c.raises(f"a gamma of shape (1, 2) {refuse[0]}", *refuse[1:], x, gamma[None], beta, dict(train))
        c.raises(f"a beta of shape (4, 1) {refuse[0]}", *refuse[1:], x, gamma, np.ones((4, 1)), dict(train))
        c.raises(f"an x of three axes {refuse[0]}", *refuse[1:], x[None], gamma, beta, dict(train))
        c.raises(f"the mode 'eval' {refuse[0]}", *refuse[1:], x, gamma, beta, {"mode": "eval"})

# %% [markdown] id="batchnorm_forward-erratum"
# **Correct two slides** (not graded). D1 prints $b^{(i)} = \gamma^\top x^{(i)} + \beta$. D2 divides
# by $\sqrt{\text{Var}(x_k)}$, without an $\varepsilon$.
# The cell tries both formulas on 500 images of digits, with one column for each pixel. Run it, and
# look at the damage.
# D2's line spoils only the pixels that never vary. Can you say why? And why does D1's line still
# destroy everything? What shape does it produce, and how much of an image would the next layer see?
# Correct the two marked lines. When you are done, the last line of output should say "(500, 64), 0
# of them nan".

# %% id="batchnorm_forward-mend" tags=["demo"]
x = data.digits().x_train[:500]  # (500, 64)
gamma, beta = np.full(64, 0.5), np.full(64, 0.1)
with np.errstate(invalid="ignore"):
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0))  # D2, as printed: correct this line
b = np.array([gamma.T @ row for row in x_hat])  # D1, as printed, before beta is added: correct this line
print(f"{b.shape}, {np.isnan(b).sum()} of them nan; pixels that never vary: {(x.var(axis=0) == 0).sum()}")

# %% [markdown] id="batchnorm_forward-see"
# **What do you do with a single image at test time?** Neither slide tells you, and the plots show
# why you need an answer.
# The left plot follows one feature of one image through 300 batches in training mode, each time
# with seven other random images.
# The image and the weights are always the same, but the output differs each time. With running
# statistics there is only one output, the dashed line.
# The right plot shows how the running mean follows a feature whose true mean jumps from 0 to 1.
# With a momentum of 0.5 the running mean follows quickly, but it is always noisy. With a momentum
# of 0.99 it is smooth, but 200 steps after the jump it has still not reached 1.

# %% id="batchnorm_forward-plot" tags=["demo"]
with attempt("batchnorm_forward"):
    rng = np.random.default_rng(4)
    features = data.digits().x_train @ rng.normal(size=(64, 1))  # (N, 1), a feature of a first layer
    ones, zeros = np.ones(1), np.zeros(1)
    answers, bn_param = [], {"mode": "train", "momentum": 0.99}
    for _ in range(300):
        company = rng.choice(len(features), 7, replace=False)
        batch = np.concatenate([features[:1], features[company]])
        answers.append(batchnorm_forward(batch, ones, zeros, bn_param)[0][0, 0])
    alone = batchnorm_forward(features[:1], ones, zeros, {**bn_param, "mode": "test"})[0][0, 0]
    paths = {}
    for momentum in (0.5, 0.9, 0.99):
        memory, paths[momentum], rng = {"mode": "train", "momentum": momentum}, [], np.random.default_rng(5)
        for step in range(400):
            batchnorm_forward(rng.normal(float(step >= 200), 1.0, (16, 1)), ones, zeros, memory)
            paths[momentum].append(memory["running_mean"][0])
    late = {momentum: path[219] for momentum, path in paths.items()}
    print(f"the same image in training: from {min(answers):.1f} to {max(answers):.1f}; at test time: {alone:.1f}")
    print("running mean 20 steps after the jump:", ", ".join(f"{value:.2f} for {momentum}" for momentum, value in late.items()))
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
        left.hist(answers, bins=30, color=PALETTE[4], label="in training, with random other images")
        left.axvline(alone, ymax=0.66, color=PALETTE[6], linestyle="--", label="at test time, from running statistics")
        left.set(xlabel="normalised feature of one image", ylabel="number of batches", ylim=(0, 45))
        left.legend(loc="upper left")
        for (momentum, path), color in zip(paths.items(), (PALETTE[4], PALETTE[0], PALETTE[1]), strict=True):
            right.plot(path, color=color, linewidth=1.4, label=f"momentum {momentum}")
        right.plot([0, 200, 200, 400], [0, 0, 1, 1], color=PALETTE[6], linestyle="--", linewidth=1, label="true mean")
        right.set(xlabel="step", ylabel="running mean")
        right.legend(loc="upper left")
    show(
        fig,
        "Left: a histogram of one image's normalised feature over 300 batches, spread widely around a dashed line, its value at test time. "
        "Right: running means after a jump of the true mean from 0 to 1; momentum 0.5 is quick and noisy, 0.99 slow and smooth.",
    )

# %% [markdown] id="batchnorm_backward-idea"
# ## 2 · Backward, step by step
#
# *Lecture note: [The backward pass](../../course/08-batchnorm.md#the-backward-pass). Lectures: D0
# (backpropagation), D1 (the batch-norm transformation is differentiable).*
#
# The gradient of batch norm looks difficult, but don't worry, because each step of it is easy. Here
# is the trick: write the forward pass as a graph of small steps, so that each step has a simple
# derivative. In this graph, $c$ is $x$ without its mean, and $s$ is the square root:
#
# $$\mu = \tfrac1N \textstyle\sum_n x_n \ \to\  c = x - \mu \ \to\  v = \tfrac1N \sum_n c_n^2 \ \to\  s = \sqrt{v + \varepsilon}
# \ \to\  \hat x = c / s \ \to\  \text{out} = \gamma \odot \hat x + \beta .$$
#
# Then go from the last step to the first, and write one line of code for each step. For each value,
# ask yourself where the forward pass used it.
# Every example of the batch uses $\gamma$, $\beta$, $\mu$ and $s$, so you sum their gradients over
# the batch. Be careful with $c$, because the forward pass uses it twice, in $v$ and in $\hat x$.
# The forward pass also uses $x$ twice, in $\mu$ and in $c$. Whenever it uses a value twice, you
# *add* the two gradients.
# So there are three paths from the loss to $x_n$: the direct path, the path through the variance,
# and the path through the mean.
# Because of the last two paths, one example affects the outputs of all the others.
#
# **Test** mode is easier: the statistics are constants, so only the direct path remains.
# You might think that nobody needs this gradient. But you need it to train a network with *frozen*
# batch norm, for example when you fine-tune it on a small data set.
# So your cache must also tell the backward pass which of the two modes was used.


# %% nbgrader={"grade_id": "batchnorm_backward", "solution": true}
def batchnorm_backward(
    dout: np.ndarray,
    cache: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of sum(out * dout), step by step back through the graph.

    Args:
        dout: (N, D) gradient with respect to out.
        cache: from batchnorm_forward, in either mode.

    Returns:
        dx: (N, D), dgamma: (D,), dbeta: (D,).
    """
    ### BEGIN SOLUTION
    x_hat, std, gamma, mode = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)  # out = gamma x_hat + beta
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dcentred = dx_hat / std  # x_hat = centred / std
    if mode == "test":
        return dcentred, dgamma, dbeta
    centred = x_hat * std
    dstd = -(dx_hat * centred).sum(axis=0) / std**2
    dvar = dstd / (2 * std)  # std = sqrt(var + eps)
    dcentred = dcentred + 2 * centred * dvar / N  # var = mean of centred^2
    dmean = -dcentred.sum(axis=0)  # centred = x - mean
    dx = dcentred + dmean / N  # mean = mean of x
    return dx, dgamma, dbeta
    ### END SOLUTION


# %% id="batchnorm_backward-try" tags=["demo"]
with attempt("batchnorm_backward"):
    x = np.array([[1.0, 200.0], [2.0, 100.0], [6.0, 300.0]])  # (3, 2)
    out, cache = batchnorm_forward(x, np.array([1.0, 10.0]), np.array([0.0, 5.0]), {"mode": "train"})
    dx, dgamma, dbeta = batchnorm_backward(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), cache)
    print("dx", dx, "dgamma", dgamma, "dbeta", dbeta, sep="\n")

# %% nbgrader={"grade_id": "batchnorm_backward-check", "grade": true, "points": 25}
with check("batchnorm_backward") as c:
    rng = np.random.default_rng(1)
    start = rng.normal(2, 3, (5, 4)), rng.normal(size=4), rng.normal(size=4), rng.normal(size=(5, 4))

    def inputs(rows=5, columns=4, dtype=float):
        x, gamma, beta, dout = start
        parts = x[:rows, :columns], gamma[:columns], beta[:columns], dout[:rows, :columns]
        return [part.astype(dtype) for part in parts]

    def forward(x, gamma, beta, mode, **more):
        mean, var = np.array([1.0, -1.0, 0.0, 2.0]), np.array([4.0, 1.0, 0.5, 9.0])
        running = {"running_mean": mean[: x.shape[1]], "running_var": var[: x.shape[1]]}
        running = {name: value.astype(x.dtype) for name, value in running.items()}
        return batchnorm_forward(x, gamma, beta, {"mode": mode, **running, **more})

    for mode in ("train", "test"):
        with c.part("batchnorm_backward"):
            x, gamma, beta, dout = inputs()
            _, cache = forward(x, gamma, beta, mode)
            before = dout.copy()
            first = [np.array(grad) for grad in batchnorm_backward(dout, cache)]
            c.unchanged(f"{mode}: dout", dout, before, hint="`*=` and `+=` write into the caller's array. Make a new array.")
            c.unchanged(f"{mode}: gamma", gamma, inputs()[1], hint="The cache may hold gamma, but the array belongs to the caller.")
            forward(x[::-1], gamma, beta, mode)
            for name, grad, again in zip(("dx", "dgamma", "dbeta"), first, batchnorm_backward(dout, cache), strict=True):
                c.close(f"{mode}: {name} from a second call", again, grad, hint="Does your code write to the cache?")
    with c.part("batchnorm_backward"):
        x = np.array([[0.0, 18.0], [10.0, 0.0], [10.0, 18.0], [0.0, 0.0]])
        gamma, beta = np.array([26.0, 5.0]), np.array([1.0, -1.0])
        dout = np.array([[1.0, -2.0], [3.0, 0.0], [0.0, 1.0], [-1.0, 4.0]])
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 144.0})
        dx, dgamma, dbeta = batchnorm_backward(dout, cache)
        for name, grad, shape in (("dx", dx, (4, 2)), ("dgamma", dgamma, (2,)), ("dbeta", dbeta, (2,))):
            c.shape(name, grad, shape)
        c.close("dbeta", dbeta, [3.0, 3.0], hint="Every example uses the same beta, so take a sum, not a mean.")
        wide = lambda x, gamma: batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 144.0})[0]  # (N, D)
        hint = "gamma multiplies x_hat, not x and not out."
        c.gradient("dgamma", dgamma, lambda v: wide(x, v), gamma, dout, hint=hint)
        hint = "Is one of the three paths missing? Is gamma a factor on all of them?"
        c.gradient("dx", dx, lambda v: wide(v, gamma), x, dout, hint=hint)
        hint = "If all x change by the same amount, out does not change. Check the path through the mean."
        c.close("the sum of dx over the batch", np.sum(dx, axis=0), np.zeros(2), hint=hint)
    for mode in ("train", "test"):
        with c.part("batchnorm_backward"):
            x, gamma, beta, dout = inputs()
            dx, dgamma, dbeta = batchnorm_backward(dout, forward(x, gamma, beta, mode)[1])
            hint = "In test mode the statistics are constants." if mode == "test" else ""
            c.gradient(f"{mode}: dx", dx, lambda v: forward(v, gamma, beta, mode)[0], x, dout, hint=hint)
            c.gradient(f"{mode}: dgamma", dgamma, lambda v: forward(x, v, beta, mode)[0], gamma, dout)
            c.gradient(f"{mode}: dbeta", dbeta, lambda v: forward(x, gamma, v, mode)[0], beta, dout)
            for rows, columns in ((1, 4), (5, 1)):
                *args, dout = inputs(rows, columns)
                shapes = [np.shape(grad) for grad in batchnorm_backward(dout, forward(*args, mode)[1])]
                c.equal(f"{mode}: the shapes for an x of shape {dout.shape}", shapes, [dout.shape, (columns,), (columns,)])
            *args, dout = inputs(dtype=np.float32)
            out, cache = forward(*args, mode)
            kinds = {str(grad.dtype) for grad in batchnorm_backward(dout, cache)}
            if out.dtype == np.float32:  # else the forward pass makes float64, and so does the rest
                c.equal(f"{mode}: the dtypes for float32", sorted(kinds), ["float32"])
    with c.part("batchnorm_backward"):
        x, gamma, beta, dout = inputs(rows=1)
        dx = batchnorm_backward(dout, forward(x, gamma, beta, "train")[1])[0]
        alone = lambda v: forward(v, gamma, beta, "train")[0]
        c.gradient("dx of a batch of one in training", dx, alone, x, dout, hint="For a batch of one, out is always beta.")

# %% [markdown] id="batchnorm_backward-see"
# **What does batch norm do to the gradient?** If you multiply the weights before batch norm by $a$,
# the input of batch norm is also multiplied by $a$, but $\hat x$ does not change.
# If a function does not change when $w$ grows by a factor of $a$, its gradient shrinks as $1/a$ and
# is orthogonal to $w$.
# In other words, large weights take small steps, and small weights take large steps. So if your
# scale or your learning rate is wrong, batch norm makes up for part of the mistake.
# The plot shows that the gradient falls to a tenth each time $a$ grows tenfold. Compare this with
# the dashed line: without batch norm, the gradient does not depend on $a$.
# Don't be surprised that the curve becomes flat at the left end. The variance there is small
# compared with $\varepsilon$, so the layer divides by an almost constant number.

# %% id="batchnorm_backward-plot" tags=["demo"]
with attempt("batchnorm_backward"):
    rng = np.random.default_rng(6)
    x, w, dout = rng.normal(size=(64, 20)), rng.normal(size=(20, 10)) / np.sqrt(20), rng.normal(size=(64, 10))
    scales, sizes, angles = np.logspace(-5, 2, 29), [], []
    for a in scales:
        h, cache = batchnorm_forward(x @ (a * w), np.ones(10), np.zeros(10), {"mode": "train"})
        dw = x.T @ batchnorm_backward(dout, cache)[0]
        sizes.append(np.sqrt(np.sum(dw**2)))
        angles.append(abs(np.sum(dw * w)) / np.sqrt(np.sum(dw**2) * np.sum(w**2)))
    plain = np.sqrt(np.sum((x.T @ dout) ** 2))
    slope = np.log10(sizes[24] / sizes[20])  # from a = 1 to a = 10
    print(f"from a = 1 to 10 the gradient is multiplied by 10^{slope:.2f}; its cosine with w at a = 1 is {angles[20]:.5f}")
    with style():
        fig, ax = plt.subplots()
        ax.loglog(scales, sizes, "o-", markersize=4, color=PALETTE[0], label="with batch norm")
        ax.axhline(plain, color=PALETTE[1], linestyle="--", label="without")
        ax.axvline(np.sqrt(1e-5), color=PALETTE[6], linestyle=":", linewidth=1)
        ax.annotate(r"standard deviation = $\sqrt{\varepsilon}$", (np.sqrt(1e-5), 3), xytext=(6, 0), textcoords="offset points")
        ax.set(xlabel="factor a on the weights", ylabel="norm of the gradient for the weights")
        ax.legend(loc="upper right")
    show(
        fig,
        "Norm of the weights' gradient over a factor on the weights, both axes logarithmic: with batch norm it is flat up to the "
        "root of eps and then falls as one over the factor; without batch norm it is constant.",
    )

# %% [markdown] id="batchnorm_backward_alt-idea"
# ## 3 · Backward, in closed form
#
# *Lecture note: [The closed form](../../course/08-batchnorm.md#the-closed-form).*
#
# You can also write the whole gradient in one formula. For training mode, combine the steps of
# question 2 and simplify. All intermediate gradients disappear, and the result is
#
# $$\text{d}x_n = \frac{\gamma}{N\thinspace s}\thinspace\big(N\thinspace\text{dout}_n - A - \hat x_n B\big), \qquad s = \sqrt{\sigma^2 + \varepsilon},$$
#
# where $A$ and $B$ are two sums over the batch that you already know under other names.
# If you derive the formula with pencil and paper first, you need only two lines of code.
#
# Why should you write the same gradient twice? If two different derivations agree up to rounding,
# each one confirms the other. But if one function uses the other, their agreement tells you
# nothing.
# So **neither backward function may call the other**, and the two functions must not share the
# computation of `dx`.
# Two different computations round differently, so their results differ slightly in the last digits.
# Grading looks for these differences. If there are none, you earn no points for this question.
# Grading also tests whether you use the formula. It recognises the formula by its rounding errors
# in two cases.
# First, if a batch is far from zero, rounding leaves a small mean in $\hat x$, and the formula
# keeps part of this mean in $\text{d}x$.
# Second, if all entries of `dout` contain the same large number, the bracket subtracts this number
# before any division, so no digits are lost.
# Your function does not have to show both effects: one of the two is enough.
# If you repeat the steps of question 2, neither effect appears, because these steps divide first
# and subtract the mean at the end.


# %% nbgrader={"grade_id": "batchnorm_backward_alt", "solution": true}
def batchnorm_backward_alt(
    dout: np.ndarray,
    cache: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of sum(out * dout) in training mode, in closed form.

    Args:
        dout: (N, D) gradient with respect to out.
        cache: from batchnorm_forward in mode "train".

    Returns:
        dx: (N, D), dgamma: (D,), dbeta: (D,).
    """
    ### BEGIN SOLUTION
    x_hat, std, gamma, _ = cache
    N = len(dout)
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
    ### END SOLUTION


# %% [markdown] id="batchnorm_backward_alt-given-idea"
# You don't have to change anything in the next cell. The checks use it to call one of your
# functions while the other one is not available.


# %% nbgrader={"grade_id": "batchnorm_backward_alt-given", "locked": true}
def called_alone(name, other, *args):
    """Call the function `name` while the function `other` does not exist; a call of `other` raises a NameError."""
    names = globals()
    kept = names.pop(other)
    try:
        return names[name](*args)
    finally:
        names[other] = kept


# %% id="batchnorm_backward_alt-try" tags=["demo"]
with attempt("batchnorm_backward_alt"):
    x = np.array([[1.0, 200.0], [2.0, 100.0], [6.0, 300.0]])  # (3, 2)
    out, cache = batchnorm_forward(x, np.array([1.0, 10.0]), np.array([0.0, 5.0]), {"mode": "train"})
    print("dx", batchnorm_backward_alt(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), cache)[0], sep="\n")

# %% nbgrader={"grade_id": "batchnorm_backward_alt-check", "grade": true, "points": 15}
with check("batchnorm_backward_alt") as c:
    rng = np.random.default_rng(2)
    start = rng.normal(-1, 2, (6, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(6, 3))

    def inputs(rows=6, columns=3, dtype=float):
        x, gamma, beta, dout = start
        parts = x[:rows, :columns], gamma[:columns], beta[:columns], dout[:rows, :columns]
        return [part.astype(dtype) for part in parts]

    def forward(x, gamma, beta):
        return batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})

    with c.part("batchnorm_backward_alt"):
        x, gamma, beta, dout = inputs()
        _, cache = forward(x, gamma, beta)
        before = dout.copy()
        dx, dgamma, dbeta = (np.array(grad) for grad in batchnorm_backward_alt(dout, cache))
        c.unchanged("dout", dout, before, hint="`*=` and `+=` write into the caller's array. Make a new array.")
        c.close("dx from a second call", batchnorm_backward_alt(dout, cache)[0], dx, hint="Does your code write to the cache?")
        hint = "A and B are sums over the batch, not means. The factor with gamma and s applies to all three terms."
        c.gradient("dx", dx, lambda v: forward(v, gamma, beta)[0], x, dout, hint=hint)
        c.gradient("dgamma", dgamma, lambda v: forward(x, v, beta)[0], gamma, dout)
        c.gradient("dbeta", dbeta, lambda v: forward(x, gamma, v)[0], beta, dout)
    with c.part("batchnorm_backward_alt"):
        x, gamma, beta, dout = inputs(rows=1)
        one = batchnorm_backward_alt(dout, forward(x, gamma, beta)[1])[0]
        c.gradient("dx of a batch of one", one, lambda v: forward(v, gamma, beta)[0], x, dout)
        for rows, columns in ((1, 3), (6, 1)):
            *args, dout = inputs(rows, columns)
            shapes = [np.shape(grad) for grad in batchnorm_backward_alt(dout, forward(*args)[1])]
            c.equal(f"the shapes for an x of shape {dout.shape}", shapes, [dout.shape, (columns,), (columns,)])
        *args, dout = inputs(dtype=np.float32)
        out, cache = forward(*args)
        kinds = {str(grad.dtype) for grad in batchnorm_backward_alt(dout, cache)}
        if out.dtype == np.float32:  # else the forward pass makes float64, and so does the rest
            c.equal("the dtypes for float32", sorted(kinds), ["float32"])
    with c.part("batchnorm_backward_alt"):
        far = 1e16 + 2.0 * rng.integers(-2, 3, (7, 5))  # numbers are 2 apart here: the mean is rounded
        x_hat, cache = batchnorm_forward(far, np.ones(5), np.zeros(5), {"mode": "train"})
        dx = batchnorm_backward_alt(x_hat + rng.normal(size=(7, 5)), cache)[0]
        uneven = np.abs(x_hat.mean(axis=0)) > 0.05
        kept = np.abs(dx.mean(axis=0)) > 1e-6 * np.abs(dx).max(axis=0)
        signs, w = np.array([[1.0], [1.0], [-1.0], [-1.0]]), np.array([3.0, 5.0, 7.0]) * 2.0**30
        _, cache = batchnorm_forward(w * signs, np.ones(3), np.zeros(3), {"mode": "train"})
        dx = w * batchnorm_backward_alt(2.0**46 + np.array([[3.0], [-2.0], [5.0], [1.0]]) + 0 * w, cache)[0]
        exact = np.allclose(dx, [[2.5], [-2.5], [2.0], [-2.0]], rtol=1e-9)
        hint = "Steps divide first, and take the mean away at the end. Use the formula with A and B."
        line = "dx keeps a part of the mean of x_hat, or loses no digit to a large number in dout"
        c.true(line, np.all(kept[uneven]) or exact, hint)
    with c.part("batchnorm_backward_alt"):
        *args, dout = inputs()
        _, cache = forward(*args)
        dx = batchnorm_backward_alt(dout, cache)[0]
        try:
            steps = batchnorm_backward(dout, cache)[0]
        except NotImplementedError:
            steps = None  # question 2 is not written yet
        if steps is not None:
            hint = "Two equal computations do not confirm each other."
            scaled = [batchnorm_backward(factor * dout, cache)[0] / factor for factor in (3, 5, 7, 10)]
            same = any(np.array_equal(dx, other) for other in [steps, *scaled])
            c.true("the results of the two functions differ in their last bits", not same, hint)
            one, two = "batchnorm_backward_alt", "batchnorm_backward"
            for name, other in ((one, two), (two, one)):
                try:
                    called_alone(name, other, dout, cache)
                    calls = False
                except NameError:
                    calls = True
                c.true(f"{name} works without {other}", not calls, "Neither function may call the other.")

# %% [markdown] id="batchnorm_backward_alt-see"
# **What does the closed form say?** Let's divide the bracket by $N$, so that you can read the
# formula: from $\text{dout}_n$ we subtract its mean, and then $\hat x_n$ times the mean of
# $\text{dout} \cdot \hat x$.
# Do you recognise what we subtract? It is exactly a straight line, fitted by least squares.
# To see this for one feature, plot `dout` against $\hat x$ and fit a line. The residuals, times
# $\gamma / s$, are `dx`.
# In other words, the formula removes the part of the gradient that only shifts or scales the whole
# column, because batch norm would undo such a change at once.
# The vertical bars in the plot are the residuals. The cell also prints the largest difference
# between the scaled residuals and your `dx`, for a tiny $\varepsilon$, and two sums that must be
# zero.

# %% id="batchnorm_backward_alt-plot" tags=["demo"]
with attempt("batchnorm_backward_alt"):
    rng = np.random.default_rng(7)
    x = rng.normal(3.0, 2.0, (14, 1))
    x_hat, cache = batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train", "eps": 1e-12})
    dout = 0.6 * x_hat + 0.5 + rng.normal(0.0, 0.6, (14, 1))
    dx, _, _ = batchnorm_backward_alt(dout, cache)
    rise, height = np.polyfit(x_hat[:, 0], dout[:, 0], 1)
    line = rise * x_hat + height
    left_over = (dout - line) / x.std()
    print(f"largest difference between dx and the residuals: {np.abs(dx - left_over).max():.6f}")
    print(f"sum of dx: {abs(dx.sum()):.6f}; sum of dx times x_hat: {abs((dx * x_hat).sum()):.6f}")
    with style():
        fig, ax = plt.subplots()
        ax.vlines(x_hat[:, 0], line[:, 0], dout[:, 0], color=PALETTE[1], linewidth=2, label=r"dx, times $s / \gamma$")
        ax.plot(x_hat, line, color=PALETTE[6], linewidth=1, label="least-squares line")
        ax.plot(x_hat, dout, "o", color=PALETTE[0], label="an example")
        ax.set(xlabel=r"normalised feature $\hat x$", ylabel="gradient from above, dout")
        ax.legend()
    show(
        fig,
        "Fourteen points of dout over x_hat, the straight line fitted to them, and vertical bars from the line to each point: the bars are dx.",
    )

# %% [markdown] id="batchnorm_net-idea"
# ## 4 · Inside a network, and out again
#
# *Lecture note: [Inside a network](../../course/08-batchnorm.md#inside-a-network). Lectures: D1
# (activations $a^{[k]} \mapsto b^{[k]}$), D2 (`nn.BatchNorm1d`).*
#
# Now you put your layer to work in a network. It consists of $L$ blocks of *affine → batch norm →
# ReLU*, followed by *affine → softmax loss*:
#
# $$z_k = h_{k-1} w_k + b_k, \qquad h_k = \max\big(0, BN_{\gamma_k, \beta_k}(z_k)\big), \qquad
# \text{scores} = h_L\thinspace w_{L+1} + b_{L+1} .$$
#
# Each of the $L$ layers has its own statistics, so each needs its own `bn_param`. The mode, in
# contrast, is the same for the whole network.
# Write the mode into every `bn_param` **before** you use it. Write it **into the caller's
# dictionaries**, because the caller looks there for the running statistics afterwards.
#
# Your function receives the two normalisation functions as arguments, so you can pass your own, the
# closed form, or something else.
# (Grading passes its own functions, so a mistake in questions 1 to 3 costs you nothing here.)
#
# When your code runs, look at the gradients of $b_1, \dots, b_L$ in training. If you add a constant
# to a column before batch norm, nothing changes, because batch norm subtracts the mean of the
# column.
# So a bias before batch norm is useless, and $\beta$ takes its place. We keep these biases here so
# that you can look at their gradients.
#
# At test time, batch norm is itself an affine function with constant coefficients. So you can
# **fold** it into the affine layer before it, and then it costs you nothing:
#
# $$\text{BN}(x\thinspace w + b) = x\thinspace w' + b' \qquad\text{with the running statistics, for all } x .$$
#
# Solve this equation for $w'$ and $b'$. (Be careful: here the bias does matter, because the running
# mean contains it.)


# %% nbgrader={"grade_id": "batchnorm_net", "solution": true}
from collections.abc import Callable


def bn_net_loss(
    params: dict[str, np.ndarray],
    bn_params: list[dict],
    x: np.ndarray,
    y: np.ndarray | None,
    mode: str,
    norm_forward: Callable,
    norm_backward: Callable,
) -> tuple[float, dict[str, np.ndarray]] | np.ndarray:
    """Return loss and gradients of a network with batch norm, or its scores.

    Args:
        params: "w1" (D, H1), "b1" (H1,), "gamma1" (H1,), "beta1" (H1,), and so on up to
            layer L, then "w{L+1}" and "b{L+1}".
        bn_params: L dicts, one for each batch-norm layer; write "mode" into each;
            norm_forward writes the rest.
        x: (N, D).
        y: (N,) labels, or None.
        mode: "train" or "test".
        norm_forward, norm_backward: functions like batchnorm_forward and
            batchnorm_backward.

    Returns:
        loss: the mean over the batch, and grads: a dict with the keys of params, in
            both modes. If y is None, return scores (N, C) instead.
    """
    ### BEGIN SOLUTION
    last = len(bn_params) + 1
    h, caches = x, []
    for k, bn_param in enumerate(bn_params, start=1):
        bn_param["mode"] = mode
        z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        normed, norm_cache = norm_forward(z, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        h, relu_cache = relu_forward(normed)
        caches.append((affine_cache, norm_cache, relu_cache))
    scores, affine_cache = affine_forward(h, params[f"w{last}"], params[f"b{last}"])
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    grads = {}
    dh, grads[f"w{last}"], grads[f"b{last}"] = affine_backward(dscores, affine_cache)
    for k in range(last - 1, 0, -1):
        affine_cache, norm_cache, relu_cache = caches[k - 1]
        dz, grads[f"gamma{k}"], grads[f"beta{k}"] = norm_backward(relu_backward(dh, relu_cache), norm_cache)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dz, affine_cache)
    return loss, grads
    ### END SOLUTION


def fold_batchnorm(
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    bn_param: dict,
) -> tuple[np.ndarray, np.ndarray]:
    """Return one affine layer equal to affine plus batch norm at test time.

    Args:
        w: (D, M), b: (M,) of the affine layer.
        gamma, beta: (M,) each, of the batch norm after it.
        bn_param: holds "running_mean" and "running_var", (M,) each; may hold "eps",
            1e-5 by default; do not write to it.

    Returns:
        w: (D, M), b: (M,), new arrays.
    """
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(bn_param["running_var"] + bn_param.get("eps", 1e-5))
    return w * scale, (b - bn_param["running_mean"]) * scale + beta
    ### END SOLUTION


# %% [markdown] id="batchnorm_net-given-idea"
# In the next cell we give you initial weights for a network, and a simple replacement for batch
# norm that only scales and shifts.
# With this replacement, your network becomes one without batch norm, and you can compare the two.
# You don't need the last two functions yourself. The checks use them to test whether the values
# that a layer writes reach your `bn_params`.


# %% nbgrader={"grade_id": "batchnorm_net-given", "locked": true}
def new_params(sizes, gain, rng):
    """Return weights of standard deviation gain / sqrt(inputs), zero biases, and, except in the last layer, gamma 1 and beta 0."""
    params = {}
    for k in range(1, len(sizes)):
        inputs, outputs = sizes[k - 1 : k + 1]
        params[f"w{k}"] = gain / np.sqrt(inputs) * rng.normal(size=(inputs, outputs))
        params[f"b{k}"] = np.zeros(outputs)
        if k < len(sizes) - 1:
            params[f"gamma{k}"], params[f"beta{k}"] = np.ones(outputs), np.zeros(outputs)
    return params


def unnormed_forward(x, gamma, beta, bn_param):
    return gamma * x + beta, (x, gamma)


def unnormed_backward(dout, cache):
    x, gamma = cache
    return dout * gamma, (dout * x).sum(axis=0), dout.sum(axis=0)


def counting_forward(x, gamma, beta, bn_param):
    """Scale and shift, and count the calls of this layer in bn_param."""
    bn_param["calls"] = bn_param.get("calls", 0) + 1
    return unnormed_forward(x, gamma, beta, bn_param)


def calls_remembered(params, bn_params, x, y, mode):
    """Return the counts in bn_params after one call of the network; for the checks."""
    bn_net_loss(params, bn_params, x, y, mode, counting_forward, unnormed_backward)
    return [bn_param.get("calls", 0) for bn_param in bn_params]


# %% id="batchnorm_net-try" tags=["demo"]
with attempt("batchnorm_net"):
    rng = np.random.default_rng(8)
    params, bn_params = new_params((5, 4, 3), 1.0, rng), [{}]
    x, y = rng.normal(size=(6, 5)), np.array([0, 1, 2, 0, 1, 2])
    loss, grads = bn_net_loss(params, bn_params, x, y, "train", batchnorm_forward, batchnorm_backward)
    print(f"loss {loss:.4f}; largest gradient of w1 {np.abs(grads['w1']).max():.3f}, of b1 {np.abs(grads['b1']).max():.3f}")
    folded = fold_batchnorm(params["w1"], params["b1"], params["gamma1"], params["beta1"], bn_params[0])
    print("folded bias", folded[1])

# %% nbgrader={"grade_id": "batchnorm_net-check", "grade": true, "points": 15}
with check("batchnorm_net") as c:
    calls = []

    def centre_forward(x, gamma, beta, bn_param):
        """Subtract the mean only: a simpler normalisation."""
        calls.append((x.shape, bn_param, bn_param.get("mode")))
        return gamma * (x - x.mean(axis=0)) + beta, (x - x.mean(axis=0), gamma)

    def centre_backward(dout, cache):
        centred, gamma = cache
        return gamma * (dout - dout.mean(axis=0)), (dout * centred).sum(axis=0), dout.sum(axis=0)

    def inputs(dtype=float):
        rng = np.random.default_rng(9)
        params = new_params((4, 5, 6, 3), 1.0, rng)
        params = {name: (value + 0.3 * rng.normal(size=value.shape)).astype(dtype) for name, value in params.items()}
        return params, rng.normal(size=(7, 4)).astype(dtype), np.array([0, 2, 1, 1, 0, 2, 2])

    centre = centre_forward, centre_backward
    with c.part("bn_net_loss"):
        (params, x, y), bn_params = inputs(), [{"mode": "test"}, {"mode": "test"}]
        loss, grads = bn_net_loss(params, bn_params, x, y, "train", *centre)
        before, x_before, _ = inputs()
        changed = [name for name in params if not np.array_equal(params[name], before[name])]
        c.equal("the params that your function changed", changed, [])
        c.unchanged("x", x, x_before)
        hint = "Normalise each hidden layer once, and do not normalise the scores."
        c.equal("the shapes that were normalised", [shape for shape, _, _ in calls], [(7, 5), (7, 6)], hint)
        hint = "Write the mode before you call norm_forward, even if bn_param already holds another mode."
        c.equal("the modes that norm_forward saw", [mode for _, _, mode in calls], ["train", "train"], hint)
        hint = "Pass the caller's dict of this layer, not a copy and not a shared dict."
        own = len(calls) == 2 and all(call[1] is mine for call, mine in zip(calls, bn_params, strict=True))
        c.true("each layer receives its own dict from the caller", own, hint)
        params, x, y = inputs()
        counts = calls_remembered(params, [{}, {}], x, y, "train")
        c.equal("the values that norm_forward wrote into the caller's dicts", counts, [1, 1], hint="Do not pass a copy of the dict.")
    with c.part("bn_net_loss"):
        params, x, y = inputs()
        loss, grads = bn_net_loss(params, [{}, {}], x, y, "train", *centre)
        c.equal("the sorted keys of grads", sorted(grads), sorted(params))
        for name in sorted(params):
            if name in grads:
                moved = lambda v, name=name: bn_net_loss({**params, name: v}, [{}, {}], x, y, "train", *centre)[0]
                hint = "Does the backward pass go through the layers in reverse order?"
                c.gradient(f"grads[{name!r}]", grads[name], moved, params[name], np.array(1.0), rtol=1e-5, hint=hint)
    with c.part("bn_net_loss"):
        (params, x, y), bn_params = inputs(), [{}, {}]
        scores = bn_net_loss(params, bn_params, x, None, "test", *centre)
        c.shape("scores, for y=None", scores, (7, 3))
        c.equal("the modes after that", [bn_param.get("mode") for bn_param in bn_params], ["test", "test"])
        small = {"w1": np.array([[1.0, 2.0]]), "b1": np.array([-4.0, 0.0]), "gamma1": np.ones(2), "beta1": np.zeros(2)}
        small |= {"w2": np.array([[1.0, 0.0], [-1.0, 1.0]]), "b2": np.array([1.0, 2.0])}
        shift = lambda z, gamma, beta, bn_param: (z + 5, None)
        scores = bn_net_loss(small, [{}], np.array([[2.0]]), None, "test", shift, centre_backward)
        hint = "Each hidden layer is affine with bias, norm (here it adds 5), ReLU. Nothing follows the last affine layer."
        c.close("scores of a small network, computed by hand", scores, [[-5.0, 11.0]], hint=hint)
        (params, x, y), plain = inputs(), (unnormed_forward, unnormed_backward)
        _, grads = bn_net_loss(params, [{}, {}], x, y, "test", *plain)
        moved = lambda v: bn_net_loss({**params, "b1": v}, [{}, {}], x, y, "test", *plain)[0]
        hint = "If no mean is subtracted, the bias matters."
        c.gradient(
            "grads['b1'] in test mode, with a norm that only scales and shifts", grads["b1"], moved, params["b1"], np.array(1.0), hint=hint
        )
        params, x, y = inputs(np.float32)
        _, grads = bn_net_loss(params, [{}, {}], x, y, "train", *centre)
        c.equal("the dtypes of grads for float32", sorted({str(grad.dtype) for grad in grads.values()}), ["float32"])
    with c.part("fold_batchnorm"):

        def layer(dtype=float):
            w, b = np.array([[1, 2], [0, -1], [3, 0.5]], dtype), np.array([4, -2], dtype)
            return w, b, np.array([2, 10], dtype), np.array([1, 0.5], dtype)

        memory = {"eps": 9.0, "running_mean": np.array([3.0, -1.0]), "running_var": np.array([7.0, 16.0])}
        args = layer()
        new_w, new_b = fold_batchnorm(*args, memory)
        for name, array, before in zip(("w", "b", "gamma", "beta"), args, layer(), strict=True):
            c.unchanged(name, array, before)
        c.unchanged("running_mean", memory["running_mean"], np.array([3.0, -1.0]))
        hint = "There is one factor for each output, so for each column."
        c.close("the folded w", new_w, [[0.5, 4.0], [0.0, -2.0], [1.5, 1.0]], hint=hint)
        c.close("the folded b", new_b, [1.5, -1.5], hint="Did you include b, the running mean and beta?")
        w, *rest = layer()
        c.close("the folded w of a square layer", fold_batchnorm(w[:2], *rest, memory)[0], [[0.5, 4.0], [0.0, -2.0]])
        tiny = {"running_mean": np.zeros(2), "running_var": np.array([0.0, 3e-5])}
        w = layer()[0] / 1000
        new_w, _ = fold_batchnorm(w, *layer()[1:], tiny)
        want = w * layer()[2] / np.sqrt([1e-5, 4e-5])
        c.close("the folded w for small variances", new_w, want, hint="eps is 1e-5 by default, and it is inside the root.")
        single = {"running_mean": np.zeros(2, np.float32), "running_var": np.ones(2, np.float32)}
        new_w, new_b = fold_batchnorm(*layer(np.float32), single)
        c.equal("the dtypes for float32", [str(new_w.dtype), str(new_b.dtype)], ["float32", "float32"])

# %% [markdown] id="batchnorm_net-claim"
# **Does batch norm solve the vanishing gradient problem?** According to D1, it "helps in mitigating
# the vanishing gradient problem". Let's test this claim.
# The plot shows the gradients of a ReLU network with 40 layers before training: without batch norm
# for three scales of the weights, and with batch norm.
# The claim is correct in one respect: with batch norm the scale of the weights no longer matters,
# so there is one line for all three scales. Without batch norm, if the scale is wrong by a factor
# of 1.4, the gradient becomes a million times smaller or larger.
# But look at the slope of the line with batch norm: in the backward pass the gradient *grows* by a
# factor of about 1.2 per layer.
# This growth is no accident: for wide ReLU layers the factor tends to
# $\sqrt{\pi/(\pi-1)} \approx 1.21$ (Yang et al., 2019).
# So it is an exaggeration to say that batch norm "solves the problem". Over 40 layers the gradient
# grows by a factor of about a thousand. In such a deep network, use skip connections as well.

# %% id="batchnorm_net-plot" tags=["demo"]
with attempt("batchnorm_net"):
    depth, width = 40, 100
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=(128, width)), rng.integers(0, 10, 128)
    lines = {}
    normal, without = (batchnorm_forward, batchnorm_backward), (unnormed_forward, unnormed_backward)
    for label, gain, norm in (
        (r"without, weights $\sqrt{2}$ times He's", 2.0, without),
        ("without, He's weights", np.sqrt(2), without),
        (r"without, He's weights $/\,\sqrt{2}$", 1.0, without),
        ("with batch norm, any of them", np.sqrt(2), normal),
    ):
        params = new_params((width,) * (depth + 1) + (10,), gain, np.random.default_rng(11))
        _, grads = bn_net_loss(params, [{} for _ in range(depth)], x, y, "train", *norm)
        lines[label] = np.array([gain * np.sqrt(np.sum(grads[f"w{k}"] ** 2)) for k in range(1, depth + 1)])
    growth = (lines["with batch norm, any of them"][4] / lines["with batch norm, any of them"][34]) ** (1 / 30)
    print(f"with batch norm, the gradient grows by a factor of {growth:.2f} per layer in the backward pass")
    with style():
        fig, ax = plt.subplots(figsize=(6.4, 4.2))
        for (label, line), color, mark in zip(
            lines.items(), (PALETTE[1], PALETTE[3], PALETTE[5], PALETTE[0]), ("--", "-.", ":", "-"), strict=True
        ):
            ax.semilogy(range(1, depth + 1), line, mark, color=color, label=label)
        ax.set(xlabel="layer", ylabel="gradient of the weights, relative to the weights", ylim=(1e-9, 1e13))
        ax.legend(loc="upper center", ncols=2, fontsize="small")
    show(
        fig,
        "Gradients of the weights over 40 layers, on a logarithmic axis: three level lines without batch norm, at a million, at one and at "
        "a millionth; with batch norm one line that falls from a thousand at the first layer to one at the last.",
    )

# %% [markdown] id="batchnorm_sweep-idea"
# ## 5 · Batch sizes, and another framework
#
# *Lecture note: [Test time and the running
# statistics](../../course/08-batchnorm.md#test-time-and-the-running-statistics) and [Batch size,
# and batch norm as a
# regulariser](../../course/08-batchnorm.md#batch-size-and-batch-norm-as-a-regulariser).*
#
# **PyTorch's convention.** Sooner or later you will exchange networks with PyTorch, so you need to
# know where its batch norm differs. `BatchNorm1d` (D2) computes the same `out` in training, but it
# stores the statistics differently.
# In PyTorch, `momentum` is the weight of the *new* value, and the running variance averages the
# *unbiased* variance, $\frac{n}{n-1}\sigma^2$ for a batch of $n$:
#
# $$R \leftarrow (1 - m)\thinspace R + m\thinspace\tfrac{n}{n-1}\sigma^2, \qquad\text{where this course has}\qquad r \leftarrow \text{momentum}\cdot r + (1 - \text{momentum})\thinspace\sigma^2 .$$
#
# Both running variances start at 1, and both layers have the same running mean. Now suppose that
# both layers have seen the same $t$ batches of $n$ examples. How do you compute $R$ from $r$?
# To find out, write both running variances as sums over the past. Be careful with the initial value
# 1: it is not the variance of a batch, so the factor $\frac{n}{n-1}$ does not apply to it. After
# $t$ steps, part of this initial value is still there.
#
# (This formula converts the *history*: it gives you the state that PyTorch would have. If you want
# PyTorch to *compute* the same output at test time, give it $r$ itself. Each time, ask yourself
# which of the two you need.)
#
# **The noise of a batch.** With batch norm, the output of each example depends on the rest of the
# batch. How strong is this effect?
# To find out, take the $N$ values of one feature, and draw batches of $B$ values, without
# repetition within a batch. Then measure two things. How much does the mean of a batch vary? And
# how large is the biased variance of a batch, compared with the variance of all values? In your
# code, the answers are `mean_noise` and `var_ratio`:
#
# $$\text{mean noise} = \frac{\text{std over the batches of } \mu_B}{\text{std of } x}, \qquad
# \text{var ratio} = \frac{\text{mean over the batches of } \sigma_B^2}{\text{variance of } x} ,$$
#
# Use the biased variance everywhere, and its square root as the standard deviation (std).


# %% nbgrader={"grade_id": "batchnorm_sweep", "solution": true}
from collections.abc import Sequence


def to_torch(bn_param: dict, n: int, steps: int) -> dict:
    """Return PyTorch's state after the batches that this course's layer saw.

    Args:
        bn_param: holds "running_mean" and "running_var", (D,) each, which started with
            zeros and ones; may hold "eps" and "momentum", 1e-5 and 0.9 by default; do
            not write to it.
        n: size of each batch, at least 2; one example has no unbiased variance.
        steps: number of batches so far, >= 0.

    Returns:
        "eps", "momentum", "running_mean" (D,), "running_var" (D,) in PyTorch's
            convention, and "num_batches_tracked", which is steps.

    Raises:
        ValueError: n < 2; the message names the n that you got.
    """
    ### BEGIN SOLUTION
    if n < 2:
        raise ValueError(f"n is {n}, expected at least 2 examples a batch")
    momentum = bn_param.get("momentum", 0.9)
    start = momentum**steps  # what is left of the 1 that the running variance began with
    return {
        "eps": bn_param.get("eps", 1e-5),
        "momentum": 1 - momentum,
        "running_mean": 1.0 * bn_param["running_mean"],
        "running_var": (bn_param["running_var"] - start) * (n / (n - 1)) + start,
        "num_batches_tracked": steps,
    }
    ### END SOLUTION


def from_torch(state: dict, n: int) -> dict:
    """Return the bn_param of this course's layer after the batches that PyTorch's saw.

    Args:
        state: as to_torch returns it; do not write to it.
        n: size of each batch, at least 2.

    Returns:
        "eps", "momentum", "running_mean" (D,), "running_var" (D,) in this course's
            convention. There is no "mode": the network sets it.

    Raises:
        ValueError: n < 2; the message names the n that you got.
    """
    ### BEGIN SOLUTION
    if n < 2:
        raise ValueError(f"n is {n}, expected at least 2 examples a batch")
    momentum = 1 - state["momentum"]
    start = momentum ** state["num_batches_tracked"]
    return {
        "eps": state["eps"],
        "momentum": momentum,
        "running_mean": 1.0 * state["running_mean"],
        "running_var": (state["running_var"] - start) * ((n - 1) / n) + start,
    }
    ### END SOLUTION


def batch_noise(
    x: np.ndarray,
    sizes: Sequence[int],
    trials: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Measure how noisy the statistics of small batches are.

    Args:
        x: (N,) values of one feature, not all equal.
        sizes: batch sizes B, each from 1 to N.
        trials: number of batches to draw for each size.
        rng: draws the batches, each of B different entries of x.

    Returns:
        mean_noise: (len(sizes),) std of the batch means over the trials, divided by the
            std of x.
        var_ratio: (len(sizes),) mean of the biased batch variances over the trials,
            divided by the variance of x.

    Raises:
        ValueError: a size is not from 1 to N; the message names it.
    """
    ### BEGIN SOLUTION
    mean_noise, var_ratio = [], []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)} examples")
        batches = np.array([rng.choice(x, size=B, replace=False) for _ in range(trials)])  # (trials, B)
        mean_noise.append(batches.mean(axis=1).std() / x.std())
        var_ratio.append(batches.var(axis=1).mean() / x.var())
    return np.array(mean_noise), np.array(var_ratio)
    ### END SOLUTION


# %% id="batchnorm_sweep-try" tags=["demo"]
with attempt("batchnorm_sweep"):
    bn_param = {"momentum": 0.9, "running_mean": np.array([0.5, -1.0]), "running_var": np.array([2.0, 0.4])}
    state = to_torch(bn_param, n=4, steps=20)
    for words, memory in ("to PyTorch", state), ("and back", from_torch(state, n=4)):
        print(words, *(f"{name} {np.array2string(np.asarray(value), precision=4, suppress_small=False)}" for name, value in memory.items()), sep="\n  ")
    print("noise, ratio", *batch_noise(np.arange(10.0), [1, 5, 10], 200, np.random.default_rng(0)))

# %% nbgrader={"grade_id": "batchnorm_sweep-check", "grade": true, "points": 20}
with check("batchnorm_sweep") as c:

    def memory(var, dtype=float):
        running = {"running_mean": np.array([2, -4], dtype), "running_var": np.array(var, dtype)}
        return {"eps": 0.01, "momentum": 0.75, **running}

    with c.part("to_torch"):
        start = memory([1.0, 1.0])
        state = to_torch(start, 5, 0)
        c.unchanged("running_var of bn_param", start["running_var"], np.array([1.0, 1.0]))
        names = ["eps", "momentum", "num_batches_tracked", "running_mean", "running_var"]
        c.equal("the sorted keys", sorted(state), names)
        c.entry("state", state, "eps", 0.01)
        c.entry("state", state, "momentum", 0.25, hint="PyTorch's momentum is the weight of the new value.")
        hint = "Before the first batch, both still hold the initial 1."
        c.close("running_var before the first batch", state["running_var"], [1.0, 1.0], hint=hint)
        once = memory([0.75 + 0.25 * 8.0, 0.75 + 0.25 * 4.0])  # after a batch of 5 with variances 8 and 4
        state = to_torch(once, 5, 1)
        want = [0.75 + 0.25 * 10.0, 0.75 + 0.25 * 5.0]
        c.close(
            "running_var after one batch",
            state["running_var"],
            want,
            hint="Apply n/(n-1) to the variance of the batch, but not to the initial 1.",
        )
        c.close("running_mean", state["running_mean"], [2.0, -4.0])
        c.equal("num_batches_tracked", state["num_batches_tracked"], 1)
        bare = {name: value for name, value in memory([1.9, 1.0]).items() if name.startswith("running")}
        state = to_torch(bare, 2, 1)
        c.close(
            "momentum, if bn_param has none",
            state["momentum"],
            0.1,
            hint="This course's default is 0.9. What is it in PyTorch's convention?",
        )
        c.close("eps, if bn_param has none", state["eps"], 1e-5, atol=1e-15)
        c.close("running_var, if bn_param has no momentum", state["running_var"], [2.9, 1.1])
        state = to_torch(memory([1.0, 2.0], np.float32), 4, 3)
        c.equal("the dtype of running_var for float32", str(state["running_var"].dtype), "float32")
        c.raises("batches of 1 are refused", ValueError, to_torch, memory([1.0, 1.0]), 1, 3)
    with c.part("from_torch"):
        given = {**memory([3.25, 2.0]), "momentum": 0.25, "num_batches_tracked": 1}
        back = from_torch(given, 5)
        c.unchanged("running_var of the state", given["running_var"], np.array([3.25, 2.0]))
        c.equal("the sorted keys", sorted(back), ["eps", "momentum", "running_mean", "running_var"])
        c.entry("bn_param", back, "running_var", [2.75, 1.75])
        c.entry("bn_param", back, "momentum", 0.75)
        single = {**memory([1.0, 2.0], np.float32), "num_batches_tracked": 3}
        c.equal("the dtype of running_var for float32", str(from_torch(single, 4)["running_var"].dtype), "float32")
        c.raises("batches of 1 are refused", ValueError, from_torch, given, 1)
    with c.part("batch_noise"):
        x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
        mean_noise, var_ratio = batch_noise(x, [1, 2, 5], 400, np.random.default_rng(3))
        c.unchanged("x", x, np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
        c.shape("mean_noise", mean_noise, (3,))
        c.close("var_ratio for B = 1", var_ratio[0], 0.0, hint="The variance of a single value is 0.")
        hint = "Without repetition, a batch of N always holds the same values."
        c.close("mean_noise for B = N", mean_noise[2], 0.0, hint=hint)
        c.close("var_ratio for B = N", var_ratio[2], 1.0, hint="Use the biased variance in the numerator and the denominator.")
        c.true("mean_noise for B = 1 is near 1", abs(mean_noise[0] - 1) < 0.2, "The mean of one value is that value.")
        c.true("mean_noise for B = 2 is near the root of 3/8", abs(mean_noise[1] - np.sqrt(3 / 8)) < 0.15)
        found = [batch_noise(x[:3], [2], 2, np.random.default_rng(seed)) for seed in range(20)]  # of 3 batches, 2 drawn
        variances = np.array([0.25, 2.25, 1.0]) / x[:3].var()
        possible = (variances[:, None] + variances).ravel() / 2
        good = all(np.isclose(ratio[0], possible).any() for _, ratio in found)
        c.true("var_ratio of two batches is the mean of their variances", good, "Average the variances, not the standard deviations.")
        means = np.array([1.5, 2.5, 3.0]) / x[:3].std()
        possible = abs(means[:, None] - means).ravel() / 2
        good = all(np.isclose(noise[0], possible).any() for noise, _ in found)
        c.true(
            "mean_noise of two batches is half the distance of their means", good, "Take the biased std around the mean of the batch means."
        )
        seen = {round(float(batch_noise(x[:3], [2], 1, np.random.default_rng(seed))[1][0]), 6) for seed in range(60)}
        c.equal(
            "the number of different batches (of 3) in 60 trials",
            len(seen),
            3,
            hint="Any entries can be in a batch together, not only neighbours.",
        )
        c.true("mean_noise depends on rng", len({float(noise[0]) for noise, _ in found}) > 1)
        for size in (0, 6):
            sentence = f"a batch of {size} out of 5 is refused"
            c.raises(sentence, ValueError, batch_noise, x, [2, size], 10, np.random.default_rng(3))

# %% [markdown] id="batchnorm_sweep-see"
# **How noisy is a batch?** Let's look at the values of a first layer on the digits. The noise of
# the mean falls as $1/\sqrt B$: for example, for batches of 8 it is a third of a standard
# deviation. Notice also that the variance of a batch is too small by a factor of $(B-1)/B$. The
# unbiased variance corrects this.
# Because of this noise, batch norm also counts as *regularisation* (D0): the network sees noisy
# values in training, but not at test time.

# %% id="batchnorm_sweep-noise" tags=["demo"]
with attempt("batchnorm_sweep"):
    rng = np.random.default_rng(12)
    feature = (data.digits().x_train @ rng.normal(size=(64, 1)))[:, 0]
    sizes = 2 ** np.arange(9)
    mean_noise, var_ratio = batch_noise(feature, sizes.tolist(), 400, rng)
    print(
        f"batches of 8: noise of the mean {mean_noise[3]:.1f}, variance ratio {var_ratio[3]:.1f}; of 256: {mean_noise[8]:.1f} and {var_ratio[8]:.1f}"
    )
    with style():
        fig, ax = plt.subplots()
        ax.semilogx(sizes, 1 / np.sqrt(sizes), color=PALETTE[1], linewidth=1, label=r"$1/\sqrt{B}$")
        ax.semilogx(sizes, (sizes - 1) / sizes, color=PALETTE[0], linewidth=1, label=r"$(B-1)/B$")
        ax.semilogx(sizes, mean_noise, "o", color=PALETTE[1], label="noise of the batch's mean")
        ax.semilogx(sizes, var_ratio, "s", color=PALETTE[0], label="variance of the batch / of all")
        ax.set(xlabel="batch size B", ylabel="relative to the whole data", xticks=sizes, xticklabels=sizes)
        ax.minorticks_off()
        ax.legend(loc="center right")
    show(
        fig,
        "Over batch sizes from 1 to 256, the noise of the batch mean falls as one over the root of B, and the batch variance rises towards "
        "that of all data as (B - 1) / B.",
    )

# %% [markdown] id="batchnorm_sweep-grid-idea"
# **How much freedom does batch norm give you?** To find out, we train fifty small networks on the
# digits. Each has three hidden layers of 50 units and takes 100 steps of momentum, with batches of
# 50. We combine five learning rates with five scales of the initial weights, without and with batch
# norm.
# The plain network learns only in a small region, around He's scale and a learning rate of 0.01.
# With batch norm this region is much larger, but it has its limits. A learning rate of 10 is too
# large, and if the weights are large, a small learning rate is too small. (If you wonder why, look
# again at the plot of question 2.)
# So batch norm gives you more *freedom*, but you still have to choose.

# %% id="batchnorm_sweep-grid" tags=["demo"]
with attempt("batchnorm_net"), np.errstate(all="ignore"):
    digits = data.digits()
    rates, gains = (0.001, 0.01, 0.1, 1.0, 10.0), (0.1, 0.3, 1.0, 3.0, 10.0)
    accuracy = {}
    for label, norm in (
        ("without batch norm", (unnormed_forward, unnormed_backward)),
        ("with batch norm", (batchnorm_forward, batchnorm_backward)),
    ):
        accuracy[label] = np.zeros((len(gains), len(rates)))
        for row, gain in enumerate(gains):
            for column, rate in enumerate(rates):
                rng, memory = np.random.default_rng(13), [{}, {}, {}]
                trained, _ = fit(
                    new_params((64, 50, 50, 50, 10), gain * np.sqrt(2), rng),
                    lambda params, x, y, norm=norm, memory=memory: bn_net_loss(params, memory, x, y, "train", *norm),
                    sgd_momentum,
                    {"learning_rate": rate},
                    digits.x_train,
                    digits.y_train,
                    steps=100,
                    batch=50,
                    rng=rng,
                )
                scores = bn_net_loss(trained, memory, digits.x_dev, None, "test", *norm)
                accuracy[label][row, column] = np.mean(scores.argmax(axis=1) == digits.y_dev)
        print(f"{label}: {(accuracy[label] > 0.5).sum()} of 25 have a dev accuracy above one half")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 4.2))
        for ax, (label, values) in zip(axes, accuracy.items(), strict=True):
            image = ax.imshow(values, vmin=0, vmax=1, cmap="cividis", origin="lower")
            for (row, column), value in np.ndenumerate(values):
                ax.text(column, row, f"{100 * value:.0f}", ha="center", va="center", color="white" if value < 0.6 else "black")
            ax.grid(False)
            ax.set(xlabel="learning rate", title=label, xticks=range(5), xticklabels=rates, yticks=range(5), yticklabels=gains)
        axes[0].set_ylabel("scale of the weights, in units of He's")
        fig.colorbar(image, ax=axes, label="accuracy on the dev set", shrink=0.8)
    show(
        fig,
        "Accuracies over learning rate and scale of the weights. Without batch norm only a few of 25 cells near scale 1 learn; with batch norm "
        "most do, except at the learning rate 10 and at large weights with small rates.",
    )

# %% [markdown] id="batchnorm_sweep-sizes-idea"
# **What does batch norm cost you?** Let's train the same network for 200 steps with different batch
# sizes. We use a learning rate that suits the network both with and without batch norm.
# With batches of two, the plain network is much better, because the statistics of two examples are
# mostly noise. With batches of four the two networks are close, and from eight on, the network with
# batch norm is clearly better.
# What if you forget to switch to test mode, as we all do at some point? For the third line, we test
# the same trained network with the statistics of each batch of dev examples. With small batches,
# this is much less accurate than a test with the running statistics.

# %% id="batchnorm_sweep-sizes" tags=["demo"]
with attempt("batchnorm_net"):
    sizes, curves = (
        (2, 4, 8, 16, 64, 256),
        {"without batch norm": [], "with, running statistics": [], "with, each batch's own statistics": []},
    )
    for B in sizes:
        for norm in ((unnormed_forward, unnormed_backward), (batchnorm_forward, batchnorm_backward)):
            rng, memory = np.random.default_rng(14), [{}, {}, {}]
            trained, _ = fit(
                new_params((64, 50, 50, 50, 10), np.sqrt(2), rng),
                lambda params, x, y, norm=norm, memory=memory: bn_net_loss(params, memory, x, y, "train", *norm),
                sgd_momentum,
                {"learning_rate": 0.01},
                digits.x_train,
                digits.y_train,
                steps=200,
                batch=B,
                rng=rng,
            )
            right = bn_net_loss(trained, memory, digits.x_dev, None, "test", *norm).argmax(axis=1) == digits.y_dev
            curves["without batch norm" if norm[0] is unnormed_forward else "with, running statistics"].append(right.mean())
        pieces = [slice(start, start + B) for start in range(0, len(digits.y_dev) - B + 1, B)]
        own = [
            bn_net_loss(trained, [{}, {}, {}], digits.x_dev[part], None, "train", *norm).argmax(axis=1) == digits.y_dev[part]
            for part in pieces
        ]
        curves["with, each batch's own statistics"].append(np.concatenate(own).mean())
    plain, normed, own_statistics = curves.values()
    print(f"batch norm is behind at B = 2: {normed[0] < plain[0]}, and ahead at B = 8: {normed[2] > plain[2]}")
    print(f"each batch's own statistics at test are worse at B = 4: {own_statistics[1] < normed[1]}")
    with style():
        fig, ax = plt.subplots()
        for (label, curve), color, mark in zip(curves.items(), (PALETTE[1], PALETTE[0], PALETTE[4]), ("s--", "o-", "^:"), strict=True):
            ax.semilogx(sizes, curve, mark, color=color, label=label)
        ax.set(xlabel="batch size B", ylabel="accuracy on the dev set", xticks=sizes, xticklabels=sizes, ylim=(0, 1))
        ax.minorticks_off()
        ax.legend()
    show(
        fig,
        "Accuracy over batch size: with batch norm it is far below the plain network at batches of 2, close to it at 4, above it from 8 on; with each batch's own "
        "statistics at test it is lower still for small batches.",
    )

# %% [markdown] id="written-question"
# ## 6 · In your own words (10 points, graded by a person)
#
# Imagine that a classmate asks you for help with a network with batch norm. During training, the
# network classifies 98 % of the examples in its batches correctly. On the test set it reaches only
# 12 %.
#
# 1. Name three different mistakes in code or settings, each of which can cause exactly this. For
#    each mistake, give a quick experiment that distinguishes it from the other two.
# 2. To save parameters, the classmate removes the biases before batch norm from the *trained*
#    network in test mode, "because they are useless". The accuracy collapses. Why were the biases
#    useless in training, and why do they matter now? How must you change the running statistics so
#    that the outputs stay the same?
# 3. "With batch norm you need not care about initialisation or learning rates any more, and
#    gradients neither vanish nor explode." Say what is correct in this sentence and what is
#    exaggerated. Use evidence from two of your plots.
#
# Write at most 400 words. Short, clear sentences are enough.

# %% [markdown] nbgrader={"grade_id": "batchnorm-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. (a) The running statistics were never updated, or updated in a copy of `bn_param` (one dict shared by all layers is a
#    relative): print them before and after a few training steps; they still are 0 and 1 (or follow the last layer only). (b) They
#    lag: momentum swapped, or so near 1 that they still carry their start, while the weights moved: let the network see training
#    batches without changing the weights for a few hundred forwards, then test again; if that heals it, it was lag (with a swapped
#    momentum they equal nearly the last batch's statistics, so test results jump from one evaluation to the next). (c) The test
#    data is prepared differently, say not scaled, or centred with its own mean: feed *training* examples in test mode; if these are
#    right, running statistics are fine and the data is at fault. Others that fit: a running variance that averages standard
#    deviations; training with tiny batches, whose statistics are unlike any running average (test on training data with batch
#    statistics: good, with running ones: bad). A net left in training mode at test fits only where test batches are tiny or
#    unmixed.
# 2. In training, the batch mean contains $b$, and subtracting it takes $b$ away: out does not depend on $b$, its gradient is zero.
#    At test time, the *running* mean is subtracted, a constant which was collected while $b$ was there. Taking $b$ away alone shifts
#    every column by $-b$ against it. The running mean must become running mean $- b$; the running variance stays.
# 3. Right: the scale of the weights before batch norm cancels, so the gradients' size at the start no longer depends on it, and the
#    picture of 50 trainings shows a far larger region of learning rates and scales that work. Too much: that region has an edge
#    (learning rate 10; small rates with large weights, since the gradient shrinks as $1/a$); the gradients of 40 layers grow by 1.2
#    per layer at initialisation, a thousandfold in all; and for tiny batches it makes training worse.
#
# **Rubric.**
#
# - 1 point: A mistake that can cause exactly this.
# - 1 point: A second one that really is different.
# - 1 point: A third one that really is different.
# - 2 points: Experiments that tell all three apart (1 if they tell only some).
# - 1 point: The mean of the batch removes $b$ in training.
# - 1 point: The running mean is a constant that contains $b$.
# - 1 point: The running mean becomes running mean $- b$.
# - 1 point: What is correct, with a plot as evidence.
# - 1 point: What is exaggerated, with another plot as evidence.
#
# **Weak answer (3 points: items 1, 2, 5).**
#
# 1. The running mean and variance were never updated. Or the momentum is swapped, so that they follow
#    only the last batch. Or the network overfits. I would print the values.
# 2. In training, the mean of the batch is subtracted, so $b$ cancels. In test mode the biases are
#    needed, and you have to train again without them.
# 3. Batch norm helps a lot, but it is not perfect. You still have to choose a learning rate.
#
# **Average answer (6 points: items 1, 2, 3, 5, 6, 8).**
#
# 1. (a) The running statistics were not updated: print them, they are still 0 and 1. (b) The test
#    pictures were not scaled like the training pictures. (c) The momentum is so close to 1 that the
#    statistics still contain their start. I would look at the values of the running statistics.
# 2. In training, the batch mean contains $b$ and removes it again. In test mode, a fixed running mean
#    is subtracted, which was collected with $b$. Without $b$, all outputs are shifted. One has to
#    collect the statistics again.
# 3. Correct: in the picture of 50 trainings, many more learning rates and scales work than without
#    batch norm. Exaggerated: one still has to choose the learning rate.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells, to make sure that your notebook works
# from top to bottom. The cell below sums up the results of your own checks and shows you where you
# stand.

# %% id="summary" tags=["demo"]
check.summary(
    {"batchnorm_forward": 25, "batchnorm_backward": 25, "batchnorm_backward_alt": 15, "batchnorm_net": 15, "batchnorm_sweep": 20},
    written=10,
)
