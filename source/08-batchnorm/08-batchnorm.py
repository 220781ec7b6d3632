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
# You standardise the inputs of a network: zero mean, unit variance, feature by feature. But what a deeper layer gets is what the
# layer before it makes, and that drifts as the weights are learnt. Batch normalisation standardises *there*, at each step, with the
# mean and variance of the batch at hand. It is a dozen lines of code, and it hides more traps than any other layer of its size: it
# couples the examples of a batch, it keeps a memory, it does something else in training than in test, and its gradient has three
# paths.
#
# **You will write**
#
# 1. `batchnorm_forward`: two modes, one memory (30 points)
# 2. `batchnorm_backward`: the gradient, step by step through the graph (25)
# 3. `batchnorm_backward_alt`: the same gradient in closed form, and what it means (20)
# 4. `bn_net_loss` and `fold_batchnorm`: batch norm inside a network, and how to take it out again (15)
# 5. `to_torch`, `from_torch` and `batch_noise`: the other framework's convention, and what the batch size does (10)
#
# There is one question in words besides (10 points, read by a person).
#
# **You need** the chain rule over a branching graph (assignment 01) and, for question 4, a network's layers: they come from your
# own earlier notebooks if you have them, else from the course. Lectures: D1 and D2 (batch normalisation), D0 (regularisation). Two
# formulas on their slides are wrong as printed, and one thing is missing. All three are exercises here.

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Leave your arguments alone.** The dictionary `bn_param` is the only thing that you write to, and there you put a *new* array
#   in the place of an old one: whoever holds the old one still has it unchanged.
# - **Keep the precision.** float32 in, float32 out; float64 in, float64 out; whole numbers in, float64 out.
# - **Any batch, any layout.** One example is a batch too. Arrays may be read-only, or slices and transposes of others.
# - **No loop over examples** in questions 1 to 3, and **no warnings** anywhere: no division by zero, no overflow.
# - **Randomness** comes from the generator `rng` which you are given, never from `np.random` itself.
# - **Refuse politely.** Where a docstring says *raises*, raise a `ValueError` that names what was given and what was expected.
# - **A cache is yours.** What `batchnorm_forward` keeps for the way back is for you to decide; nobody else looks inside.
#
# Examples are rows: `x` is $(N, D)$, and $\gamma$, $\beta$ and all statistics are $(D,)$.
#
# Every question has a cell to try things in and a cell that checks. The visible checks catch most slips; grading uses more of them,
# on other numbers. An unfinished cell stops nothing: *Run All* always gets to the end.

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
sgd_momentum = earlier("05-optimizers", "sgd_momentum")

# %% nbgrader={"grade_id": "given", "locked": true}
from utils import data
from utils.plotting import PALETTE, style
from utils.training import fit

np.set_printoptions(precision=4, suppress=True)

# %% [markdown] id="batchnorm_forward-idea"
# ## 1 · Forward: two modes and a memory (D1, "Batch Normalization"; D2, "Need better gradients...??")
#
# **In training**, each column is standardised with its own mean and variance over the batch, then stretched and shifted by two
# learnt parameters, so that the network can also undo it if that serves it better:
#
# $$\mu = \frac1N \sum_n x_n, \qquad \sigma^2 = \frac1N \sum_n (x_n - \mu)^2, \qquad
# \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad \text{out} = \gamma \odot \hat x + \beta .$$
#
# All of it feature by feature: $\odot$ multiplies entry by entry. The variance is the *biased* one, divided by $N$. The small
# $\varepsilon$ stands *inside* the root, and it decides what becomes of a column that does not vary: there $\hat x = 0$, and `out`
# is $\beta$. The same holds for every column of a batch of one.
#
# **In test**, an example's answer must not hang on who else is in the batch. So training keeps running statistics, and test uses
# them in the place of $\mu$ and $\sigma^2$. They are moving averages, in this course with the weight on the old value:
#
# $$\text{running} \leftarrow \text{momentum} \cdot \text{running} + (1 - \text{momentum}) \cdot \text{batch} .$$
#
# The running variance averages the same biased $\sigma^2$. Test only reads them.
#
# One more thing on the variance. $\overline{x^2} - \bar x^2$ is the same on paper, but where a column's mean is large compared with
# its spread, it subtracts two huge, nearly equal numbers, and what is left may even be negative. Centre first.


# %% nbgrader={"grade_id": "batchnorm_forward", "solution": true}
def batchnorm_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict) -> tuple[np.ndarray, object]:
    """Standardise each column, with the batch's statistics or with running ones; then stretch and shift it.

    out = gamma (x - mean) / sqrt(var + eps) + beta

    Args:
        x: (N, D).
        gamma, beta: (D,) each.
        bn_param: settings and memory of this one layer.
            "mode": "train" takes mean and var from the batch and updates the running ones; "test" takes the running ones and writes nothing.
            "eps": a number > 0; if it is not there, 1e-5.
            "momentum": the weight of the old running value, in [0, 1); if it is not there, 0.9.
            "running_mean", "running_var": (D,) each; if they are not there, zeros and ones.

    Returns:
        out: (N, D).
        cache: whatever the backwards need.

    Raises:
        ValueError: x has not two axes, gamma or beta is not (D,), or the mode is neither "train" nor "test".
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
    print("in test", batchnorm_forward(x[:1], np.array([1.0, 10.0]), np.array([0.0, 5.0]), bn_param)[0], sep="\n")

# %% nbgrader={"grade_id": "batchnorm_forward-check", "grade": true, "points": 30}
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
            c.unchanged(name, array, before, hint="`*=` and `+=` write into the caller's array.")
        c.unchanged("the caller's old running_mean", old_mean, np.array([1.0, 1.0]), hint="Put new arrays into bn_param.")
        c.unchanged("the caller's old running_var", old_var, np.array([4.0, 1.0]))
        want = np.array([[-9.0, 2.0], [11.0, -4.0], [11.0, 2.0], [-9.0, -4.0]])
        hint = "One number for each example and feature: gamma multiplies entry by entry."
        if c.shape("out in training", out, (4, 2), hint):
            hint = "Over which axis is the mean? By N or N - 1? And eps is inside the root."
            c.close("out in training", out, want, hint=hint)
        hint = "momentum is the weight of the old value."
        c.entry("bn_param", bn_param, "running_mean", [2.0, 3.0], hint=hint)
        hint = "An average of variances: no root, no N - 1, no eps."
        c.entry("bn_param", bn_param, "running_var", [9.25, 21.0], hint=hint)
        bn_param = memory("train", momentum=0.0)
        batchnorm_forward(*inputs(), bn_param)
        c.entry("for a momentum of 0, bn_param", bn_param, "running_mean", [5.0, 9.0])
    with c.part("batchnorm_forward"):
        x, gamma, beta = inputs()
        bn_param = memory("test", running_mean=np.array([2.0, 3.0]), running_var=np.array([25.0, 81.0]))
        out, _ = batchnorm_forward(np.array([[15.0, 3.0]]), gamma, beta, bn_param)
        c.unchanged("in test, running_mean", bn_param["running_mean"], np.array([2.0, 3.0]))
        c.unchanged("in test, running_var", bn_param["running_var"], np.array([25.0, 81.0]))
        hint = "From the running statistics alone, with the same eps, at the same place."
        c.close("out in test", out, [[27.0, -1.0]], hint=hint)
        bare = {"mode": "test"}
        out, _ = batchnorm_forward(x[:1], gamma, beta, bare)
        want = gamma * x[:1] / np.sqrt(1 + 1e-5) + beta
        c.close("out in test, before any training", out, want, rtol=1e-7, hint="Zeros and ones, and eps is 1e-5.")
        c.equal("the keys of bn_param after that", sorted(bare), ["mode"], hint="Test writes nothing.")
        bn_param = memory("train")
        batchnorm_forward(*inputs(), bn_param)
        out, _ = batchnorm_forward(x[:1], gamma, beta, {**bn_param, "mode": "test"})
        mean, var = (np.array(bn_param[name]) for name in ("running_mean", "running_var"))
        want = gamma * (x[:1] - mean) / np.sqrt(var + 144) + beta
        c.close("out in test after a batch in training", out, want, hint="From the running statistics alone.")
    with c.part("batchnorm_forward"):
        x, gamma, beta = inputs()
        first = {"mode": "train"}
        out, _ = batchnorm_forward(x[:1], gamma, beta, first)
        c.close("out of a batch of one", out, [[1.0, -1.0]], hint="Its distance from its own mean is 0.")
        hint = "It begins with ones, and momentum is 0.9."
        c.entry("begun from nothing, bn_param", first, "running_var", [0.9, 0.9], hint=hint)
        tiny = 1e-3 * np.array([[1.0], [3.0], [1.0], [3.0]])
        out, _ = batchnorm_forward(tiny, np.ones(1), np.zeros(1), {"mode": "train"})
        want = np.array([[-1.0], [1.0], [-1.0], [1.0]]) / np.sqrt(11)
        c.close("out for a variance of 1e-6", out, want, hint="eps is 1e-5 if bn_param has none, inside the root.")
        far = 1e8 + np.array([[1.0], [3.0], [1.0], [3.0]])
        out, _ = batchnorm_forward(far, np.ones(1), np.zeros(1), {"mode": "train", "eps": 3.0})
        hint = "Subtract the mean before you square."
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
# **Two lines to mend.** D1 prints $b^{(i)} = \gamma^\top x^{(i)} + \beta$, and D2 divides by $\sqrt{\text{Var}(x_k)}$, without an
# $\varepsilon$. Below, both are tried on 500 images of digits, one column a pixel. Run the cell. D2's line spoils only the pixels
# that never vary: why just these? And why is nevertheless nothing left after D1's, which shape has it made, and what would the next
# layer get to see of an image? Mend the two marked lines; the last one should then say "(500, 64), 0 of them nan".

# %% id="batchnorm_forward-mend" tags=["demo"]
x = data.digits().x_train[:500]  # (500, 64)
gamma, beta = np.full(64, 0.5), np.full(64, 0.1)
with np.errstate(invalid="ignore"):
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0))  # D2, as printed: mend this line
b = np.array([gamma.T @ row for row in x_hat])  # D1, as printed, before beta is added: mend this line
print(f"{b.shape}, {np.isnan(b).sum()} of them nan; pixels that never vary: {(x.var(axis=0) == 0).sum()}")

# %% [markdown] id="batchnorm_forward-see"
# **And what is missing.** Neither slide says what to do with a single image in test. On the left, one image's value of one feature
# in 300 batches of training mode, each time with seven other images drawn at random: same image, same weights, another answer each
# time. See the dashed line: with running statistics there is one answer. On the right is how these come about, for a feature whose
# true mean jumps from 0 to 1: a momentum of 0.5 is there at once and never quiet; 0.99 is quiet, and 200 steps after the jump it has
# still not arrived.

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
    print(f"the same image in training: from {min(answers):.1f} to {max(answers):.1f}; in test: {alone:.1f}")
    print("running mean 20 steps after the jump:", ", ".join(f"{value:.2f} for {momentum}" for momentum, value in late.items()))
    with style():
        fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
        left.hist(answers, bins=30, color=PALETTE[4], label="in training, in random company")
        left.axvline(alone, ymax=0.66, color=PALETTE[6], linestyle="--", label="in test, from running statistics")
        left.set(xlabel="normalised feature of one image", ylabel="number of batches", ylim=(0, 45))
        left.legend(loc="upper left")
        for (momentum, path), color in zip(paths.items(), (PALETTE[4], PALETTE[0], PALETTE[1]), strict=True):
            right.plot(path, color=color, linewidth=1.4, label=f"momentum {momentum}")
        right.plot([0, 200, 200, 400], [0, 0, 1, 1], color=PALETTE[6], linestyle="--", linewidth=1, label="true mean")
        right.set(xlabel="step", ylabel="running mean")
        right.legend(loc="upper left")
    show(
        fig,
        "Left: a histogram of one image's normalised feature over 300 batches, spread widely around a dashed line, its value in test. "
        "Right: running means after a jump of the true mean from 0 to 1; momentum 0.5 is quick and noisy, 0.99 slow and smooth.",
    )

# %% [markdown] id="batchnorm_backward-idea"
# ## 2 · Backward, step by step (D0, backpropagation; D1, "the batch-norm transformation is differentiable")
#
# Write the forward as a graph of small steps, each of which you can differentiate in your sleep ($s$ is the root, $c$ what is left
# of $x$ without its mean):
#
# $$\mu = \tfrac1N \textstyle\sum_n x_n \;\to\; c = x - \mu \;\to\; v = \tfrac1N \sum_n c_n^2 \;\to\; s = \sqrt{v + \varepsilon}
# \;\to\; \hat x = c / s \;\to\; \text{out} = \gamma \odot \hat x + \beta .$$
#
# Then walk it from the last step to the first, one line of code a step, and ask of each value where it was used. $\gamma$, $\beta$,
# $\mu$ and $s$ are used by every example of the batch: their gradients are sums over the batch. $c$ is used twice, by $v$ and by
# $\hat x$, and $x$ twice, by $\mu$ and by $c$: there, gradients *add*. So three paths lead from the loss to an $x_n$: the straight
# one, one through the variance, one through the mean. On the last two, an example is blamed for what it does to all the others.
#
# In **test** mode the statistics are constants: only the straight path is left. That is what a network with *frozen* batch norm is
# trained by, when it is fine-tuned on little data. The cache has to tell the two cases apart.


# %% nbgrader={"grade_id": "batchnorm_backward", "solution": true}
def batchnorm_backward(dout: np.ndarray, cache: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of sum(out * dout), walking the graph of batchnorm_forward back step by step.

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
            c.unchanged(f"{mode}: dout", dout, before, hint="`*=` and `+=` write into the caller's array.")
            c.unchanged(f"{mode}: gamma", gamma, inputs()[1], hint="The cache holds it; it is the caller's own.")
            forward(x[::-1], gamma, beta, mode)
            for name, grad, again in zip(("dx", "dgamma", "dbeta"), first, batchnorm_backward(dout, cache), strict=True):
                c.close(f"{mode}: {name} asked for a second time", again, grad, hint="Does something write into the cache?")
    with c.part("batchnorm_backward"):
        x = np.array([[0.0, 18.0], [10.0, 0.0], [10.0, 18.0], [0.0, 0.0]])
        gamma, beta = np.array([26.0, 5.0]), np.array([1.0, -1.0])
        dout = np.array([[1.0, -2.0], [3.0, 0.0], [0.0, 1.0], [-1.0, 4.0]])
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 144.0})
        dx, dgamma, dbeta = batchnorm_backward(dout, cache)
        for name, grad, shape in (("dx", dx, (4, 2)), ("dgamma", dgamma, (2,)), ("dbeta", dbeta, (2,))):
            c.shape(name, grad, shape)
        c.close("dbeta", dbeta, [3.0, 3.0], hint="Every example of the batch uses the same beta: a sum, not a mean.")
        wide = lambda x, gamma: batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 144.0})[0]  # (N, D)
        hint = "gamma multiplies x_hat, not x and not out."
        c.gradient("dgamma", dgamma, lambda v: wide(x, v), gamma, dout, hint=hint)
        hint = "Which of the three paths is missing? And is gamma on all of them?"
        c.gradient("dx", dx, lambda v: wide(v, gamma), x, dout, hint=hint)
        hint = "If all x move together, out stays: the path through the mean sees to that."
        c.close("dx, added up over the batch,", np.sum(dx, axis=0), np.zeros(2), hint=hint)
    for mode in ("train", "test"):
        with c.part("batchnorm_backward"):
            x, gamma, beta, dout = inputs()
            dx, dgamma, dbeta = batchnorm_backward(dout, forward(x, gamma, beta, mode)[1])
            hint = "In test the statistics are constants." if mode == "test" else ""
            c.gradient(f"{mode}: dx", dx, lambda v: forward(v, gamma, beta, mode)[0], x, dout, hint=hint)
            c.gradient(f"{mode}: dgamma", dgamma, lambda v: forward(x, v, beta, mode)[0], gamma, dout)
            c.gradient(f"{mode}: dbeta", dbeta, lambda v: forward(x, gamma, v, mode)[0], beta, dout)
            for rows, columns in ((1, 4), (5, 1)):
                *args, dout = inputs(rows, columns)
                shapes = [np.shape(grad) for grad in batchnorm_backward(dout, forward(*args, mode)[1])]
                c.equal(f"{mode}: the shapes for an x of shape {dout.shape}", shapes, [dout.shape, (columns,), (columns,)])
            *args, dout = inputs(dtype=np.float32)
            kinds = {str(grad.dtype) for grad in batchnorm_backward(dout, forward(*args, mode)[1])}
            c.equal(f"{mode}: the dtypes for float32", sorted(kinds), ["float32"])
    with c.part("batchnorm_backward"):
        x, gamma, beta, dout = inputs(rows=1)
        dx = batchnorm_backward(dout, forward(x, gamma, beta, "train")[1])[0]
        alone = lambda v: forward(v, gamma, beta, "train")[0]
        c.gradient("dx of a batch of one in training", dx, alone, x, dout, hint="Its out is beta, whatever it is.")

# %% [markdown] id="batchnorm_backward-see"
# **What batch norm does to the gradient.** If the weights before batch norm are multiplied by $a$, its input is, and $\hat x$ does
# not notice. A function that does not change when $w$ grows has a gradient that shrinks as $1/a$, and that is at right angles to
# $w$. So weights which have become large learn in small steps, and the other way round: one reason why a net with batch norm
# forgives a wrong scale and a wrong learning rate. See the straight line, falling tenfold for each tenfold of $a$; the dashed line
# is a layer without batch norm, whose gradient does not care. And see where it ends, on the left: once the variance is no longer
# large against $\varepsilon$, $\varepsilon$ is what is divided by.

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
    print(f"from a = 1 to 10 the gradient grows by 10^{slope:.2f}; its cosine with w at a = 1 is {angles[20]:.5f}")
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
# ## 3 · Backward, in one line
#
# Put the steps of question 2 into one another, for training mode, and simplify. All the intermediate gradients go, and what is left
# is
#
# $$\text{d}x_n = \frac{\gamma}{N\,s}\,\big(N\,\text{dout}_n - A - \hat x_n B\big), \qquad s = \sqrt{\sigma^2 + \varepsilon},$$
#
# with two sums over the batch, $A$ and $B$, which you know already under other names. Derive it with pencil and paper; then two
# lines of code do.
#
# Two derivations that agree to rounding vouch for each other. The same one twice vouches for nothing. So **neither backward may
# call the other**, nor share its computation of `dx`: grading looks whether the two differ in their last bits, as two ways of
# computing the same thing do. If they never do, this question earns nothing.


# %% nbgrader={"grade_id": "batchnorm_backward_alt", "solution": true}
def batchnorm_backward_alt(dout: np.ndarray, cache: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of sum(out * dout) in training mode, in closed form: a computation of its own.

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
# The next cell is for the checks: it calls one function while another one cannot be called.


# %% nbgrader={"grade_id": "batchnorm_backward_alt-given", "locked": true}
def called_alone(name, other, *args):
    """Call the function called `name` while the one called `other` does not exist: a NameError if it calls that one."""
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

# %% nbgrader={"grade_id": "batchnorm_backward_alt-check", "grade": true, "points": 20}
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
        c.unchanged("dout", dout, before, hint="`*=` and `+=` write into the caller's array.")
        c.close("dx asked for a second time", batchnorm_backward_alt(dout, cache)[0], dx, hint="Is the cache as it was?")
        hint = "A and B are sums over the batch, not means; gamma and s belong to all three terms."
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
        kinds = {str(grad.dtype) for grad in batchnorm_backward_alt(dout, forward(*args)[1])}
        c.equal("the dtypes for float32", sorted(kinds), ["float32"])
    with c.part("batchnorm_backward_alt"):
        *args, dout = inputs()
        _, cache = forward(*args)
        dx = batchnorm_backward_alt(dout, cache)[0]
        try:
            steps = batchnorm_backward(dout, cache)[0]
        except NotImplementedError:
            steps = None  # question 2 is not written yet: nothing to compare with
        if steps is not None:
            hint = "The same computation twice vouches for nothing."
            scaled = [batchnorm_backward(factor * dout, cache)[0] / factor for factor in (3, 5, 7, 10)]
            same = any(np.array_equal(dx, other) for other in [steps, *scaled])
            c.true("the two differ in their last bits", not same, hint)
            one, two = "batchnorm_backward_alt", "batchnorm_backward"
            for name, other in ((one, two), (two, one)):
                try:
                    called_alone(name, other, dout, cache)
                    calls = False
                except NameError:
                    calls = True
                c.true(f"{name} works without {other}", not calls, "Neither may call the other.")

# %% [markdown] id="batchnorm_backward_alt-see"
# **What the closed form says.** Divide by $N$: from $\text{dout}_n$ are taken its mean, and $\hat x_n$ times the mean of
# $\text{dout} \cdot \hat x$. That is what you do when you fit a straight line! For one feature, plot `dout` over $\hat x$, fit the
# line by least squares, and look at what is left over: the distances from the line, times $\gamma / s$, are `dx`. Whatever part of
# the gradient only wishes to shift or to stretch the whole column is taken out, as batch norm would undo it at once. See the
# vertical distances; the numbers printed are the greatest difference between them and your `dx`, for a tiny $\varepsilon$, and the
# sums that must therefore be zero.

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
    print(f"greatest difference between dx and what is left over: {np.abs(dx - left_over).max():.6f}")
    print(f"sum of dx: {abs(dx.sum()):.6f}; sum of dx times x_hat: {abs((dx * x_hat).sum()):.6f}")
    with style():
        fig, ax = plt.subplots()
        ax.vlines(x_hat[:, 0], line[:, 0], dout[:, 0], color=PALETTE[1], linewidth=2, label=r"dx, times $s / \gamma$")
        ax.plot(x_hat, line, color=PALETTE[6], linewidth=1, label="the line that fits best")
        ax.plot(x_hat, dout, "o", color=PALETTE[0], label="an example")
        ax.set(xlabel=r"normalised feature $\hat x$", ylabel="gradient from above, dout")
        ax.legend()
    show(
        fig,
        "Fourteen points of dout over x_hat, the straight line fitted to them, and vertical bars from the line to each point: the bars are dx.",
    )

# %% [markdown] id="batchnorm_net-idea"
# ## 4 · Inside a network, and out again (D1, activations $a^{[k]} \mapsto b^{[k]}$; D2, `nn.BatchNorm1d`)
#
# The network is $L$ times *affine → batch norm → ReLU*, then *affine → softmax loss*:
#
# $$z_k = h_{k-1} w_k + b_k, \qquad h_k = \max\big(0, \text{BN}_{\gamma_k, \beta_k}(z_k)\big), \qquad
# \text{scores} = h_L\, w_{L+1} + b_{L+1} .$$
#
# Each of the $L$ layers has statistics of its own, so each has its own `bn_param`. The mode is the whole network's: it is written
# into every one of them, **before** use and **into the caller's dictionaries**, since a layer's running statistics are to be found
# there afterwards.
#
# The two functions to normalise with come as arguments: hand it your own, the closed form, or something else. (Grading hands it
# functions of its own, so a slip in questions 1 to 3 costs you nothing here.)
#
# Look at the gradients of $b_1, \dots, b_L$ in training: adding a constant to a column before batch norm changes nothing, for the
# mean takes it away again. Such a bias is useless; its part is played by $\beta$. It is kept here for you to see.
#
# In test, batch norm is affine itself, with constants: so it can be **folded** into the affine layer before it, and costs nothing
# any more:
#
# $$\text{BN}(x\,w + b) = x\,w' + b' \qquad\text{with the running statistics, for all } x .$$
#
# Solve for $w'$ and $b'$. (And note that here the bias counts: the running mean knows of it.)


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
    """Return loss and gradients of a network with batch norm before each ReLU, or its scores.

    Args:
        params: "w1" (D, H1), "b1" (H1,), "gamma1" (H1,), "beta1" (H1,), and so on to the L-th, then "w{L+1}" and "b{L+1}".
        bn_params: L dicts, one for each layer of batch norm; each gets "mode", and what norm_forward writes into it.
        x: (N, D).
        y: (N,) labels, or None.
        mode: "train" or "test".
        norm_forward, norm_backward: called as batchnorm_forward and batchnorm_backward are.

    Returns:
        loss: the mean over the batch, and grads: a dict with the keys of params; in either mode.
        If y is None: scores (N, C) instead of both.
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


def fold_batchnorm(w: np.ndarray, b: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and bias of the one affine layer that does what an affine layer and batch norm in test do.

    Args:
        w: (D, M), b: (M,) of the affine layer.
        gamma, beta: (M,) each, of the batch norm after it.
        bn_param: holds "running_mean" and "running_var", (M,) each, and perhaps "eps", else 1e-5; nothing is written to it.

    Returns:
        w: (D, M), b: (M,), new arrays.
    """
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(bn_param["running_var"] + bn_param.get("eps", 1e-5))
    return w * scale, (b - bn_param["running_mean"]) * scale + beta
    ### END SOLUTION


# %% [markdown] id="batchnorm_net-given-idea"
# Something to start a network with, and something else to normalise with: nothing but the stretching and shifting. With it, your
# network is one without batch norm. The last two functions are for the checks: do a layer's counts reach your `bn_params`?


# %% nbgrader={"grade_id": "batchnorm_net-given", "locked": true}
def new_params(sizes, gain, rng):
    """Weights of standard deviation gain / sqrt(inputs), zero biases; gamma 1 and beta 0 for all layers but the last."""
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
    """Stretch and shift, and count in bn_param how often this layer was called."""
    bn_param["calls"] = bn_param.get("calls", 0) + 1
    return unnormed_forward(x, gamma, beta, bn_param)


def calls_remembered(params, bn_params, x, y, mode):
    """Return the counts that are found in bn_params after one call of the network; for the checks."""
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
        """A simpler normalisation: it only takes the mean away."""
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
        c.equal("the params that were changed", changed, [])
        c.unchanged("x", x, x_before)
        hint = "Each hidden layer once, none at the end."
        c.equal("the shapes that were normalised", [shape for shape, _, _ in calls], [(7, 5), (7, 6)], hint)
        hint = "Write the mode before you call norm_forward, also where another one is there."
        c.equal("the modes that norm_forward saw", [mode for _, _, mode in calls], ["train", "train"], hint)
        hint = "In a copy, the running statistics would be lost; in a shared one, mixed up."
        own = len(calls) == 2 and all(call[1] is mine for call, mine in zip(calls, bn_params, strict=True))
        c.true("each layer was given its own of the caller's dicts", own, hint)
        params, x, y = inputs()
        counts = calls_remembered(params, [{}, {}], x, y, "train")
        c.equal("what norm_forward wrote and the caller finds", counts, [1, 1], hint="Not in a copy.")
    with c.part("bn_net_loss"):
        params, x, y = inputs()
        loss, grads = bn_net_loss(params, [{}, {}], x, y, "train", *centre)
        c.equal("the sorted keys of grads", sorted(grads), sorted(params))
        for name in sorted(params):
            if name in grads:
                moved = lambda v, name=name: bn_net_loss({**params, name: v}, [{}, {}], x, y, "train", *centre)[0]
                hint = "Is the order of the three layers the same on the way back?"
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
        hint = "Affine with its bias, then norm (here it adds 5), then ReLU; after the last affine layer, nothing."
        c.close("scores of a net to be worked out in the head", scores, [[-5.0, 11.0]], hint=hint)
        (params, x, y), plain = inputs(), (unnormed_forward, unnormed_backward)
        _, grads = bn_net_loss(params, [{}, {}], x, y, "test", *plain)
        moved = lambda v: bn_net_loss({**params, "b1": v}, [{}, {}], x, y, "test", *plain)[0]
        hint = "Without a mean to take away, the bias counts."
        c.gradient("grads['b1'] in test, norm only stretching", grads["b1"], moved, params["b1"], np.array(1.0), hint=hint)
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
        hint = "One factor for each output, that is, for each column."
        c.close("the folded w", new_w, [[0.5, 4.0], [0.0, -2.0], [1.5, 1.0]], hint=hint)
        c.close("the folded b", new_b, [1.5, -1.5], hint="What becomes of b, of the running mean, and of beta?")
        w, *rest = layer()
        c.close("the folded w of a square layer", fold_batchnorm(w[:2], *rest, memory)[0], [[0.5, 4.0], [0.0, -2.0]])
        tiny = {"running_mean": np.zeros(2), "running_var": np.array([0.0, 3e-5])}
        w = layer()[0] / 1000
        new_w, _ = fold_batchnorm(w, *layer()[1:], tiny)
        want = w * layer()[2] / np.sqrt([1e-5, 4e-5])
        c.close("the folded w for small variances", new_w, want, hint="eps is 1e-5 if bn_param has none, inside the root.")
        single = {"running_mean": np.zeros(2, np.float32), "running_var": np.ones(2, np.float32)}
        new_w, new_b = fold_batchnorm(*layer(np.float32), single)
        c.equal("the dtypes for float32", [str(new_w.dtype), str(new_b.dtype)], ["float32", "float32"])

# %% [markdown] id="batchnorm_net-claim"
# **A claim to test.** D1 says that batch norm "helps in mitigating the vanishing gradient problem". Here are the gradients of a
# ReLU network of 40 layers at its very beginning, without batch norm for three sizes of the weights, and with batch norm. See that
# the claim is right as far as it goes: with batch norm the factor on the weights no longer matters (its line stands for all of
# them), where without it a factor of 1.4 makes a gradient a million times smaller or larger. But see also where the line goes: from
# layer to layer backwards it *grows*, by about 1.2 a layer. That is no accident of these numbers: for wide ReLU layers the factor
# tends to $\sqrt{\pi/(\pi-1)} \approx 1.21$ (Yang et al., 2019). "Solves the problem" would be too much said: 40 layers are a
# factor of a thousand between the last and the first, and such nets are trained with skip connections besides.

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
    print(f"with batch norm, the gradient grows by {growth:.2f} a layer on its way back")
    with style():
        fig, ax = plt.subplots(figsize=(6.4, 4.2))
        for (label, line), color, mark in zip(
            lines.items(), (PALETTE[1], PALETTE[3], PALETTE[5], PALETTE[0]), ("--", "-.", ":", "-"), strict=True
        ):
            ax.semilogy(range(1, depth + 1), line, mark, color=color, label=label)
        ax.set(xlabel="layer", ylabel="weights' gradient, in proportion to the weights", ylim=(1e-9, 1e13))
        ax.legend(loc="upper center", ncols=2, fontsize="small")
    show(
        fig,
        "Gradients of the weights over 40 layers, on a logarithmic axis: three level lines without batch norm, at a million, at one and at "
        "a millionth; with batch norm one line that falls from a thousand at the first layer to one at the last.",
    )

# %% [markdown] id="batchnorm_sweep-idea"
# ## 5 · Batch sizes, and the other framework
#
# **Parity.** PyTorch's `BatchNorm1d` (D2) computes the same `out` in training, and remembers it in another way. Its `momentum` is
# the weight of the *new* value, and into its running variance goes the *unbiased* one, $\frac{n}{n-1}\sigma^2$, for a batch of $n$:
#
# $$R \leftarrow (1 - m)\,R + m\,\tfrac{n}{n-1}\sigma^2, \qquad\text{where this course has}\qquad r \leftarrow \text{momentum}\cdot r + (1 - \text{momentum})\,\sigma^2 .$$
#
# Both begin with 1, and both say the same of the mean. Suppose that both have seen the same $t$ batches of $n$ examples. What is
# $R$, if $r$ is known? Write both as sums over the past. Mind the 1 they began with: it is no batch's variance, so nothing turns
# *it* into an unbiased one, and after $t$ steps a part of it is still there.
#
# (This converts a *history*: the state that PyTorch would have had. To have PyTorch *compute* the same in test, hand it $r$ itself.
# Ask yourself each time which of the two you want.)
#
# **The noise of a batch.** Normalising with a batch's own statistics makes each example's output depend on its company. How much?
# Draw batches of $B$ of the $N$ values of one feature, without repetition within a batch, and measure two things: how far the
# batch's mean strays, and how the batch's biased variance compares:
#
# $$\text{mean\_noise} = \frac{\text{std over the batches of } \mu_B}{\text{std of } x}, \qquad
# \text{var\_ratio} = \frac{\text{mean over the batches of } \sigma_B^2}{\text{variance of } x} ,$$
#
# with the biased variance (and its root, as the std) everywhere.


# %% nbgrader={"grade_id": "batchnorm_sweep", "solution": true}
from collections.abc import Sequence


def to_torch(bn_param: dict, n: int, steps: int) -> dict:
    """Return the state that PyTorch's layer would have, after the batches that this course's layer has seen.

    Args:
        bn_param: holds "running_mean" and "running_var", (D,) each, begun with zeros and ones, and perhaps "eps" and "momentum",
            else 1e-5 and 0.9; nothing is written to it.
        n: size of each batch, at least 2: of one example there is no unbiased variance.
        steps: how many batches there have been, >= 0.

    Returns:
        "eps", "momentum", "running_mean" (D,), "running_var" (D,) as PyTorch has them, and "num_batches_tracked", which is steps.

    Raises:
        ValueError: n < 2; the message names the n that was given.
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
    """Return the bn_param that this course's layer would have, after the batches that PyTorch's layer has seen.

    Args:
        state: as to_torch returns it; nothing is written to it.
        n: size of each batch, at least 2.

    Returns:
        "eps", "momentum", "running_mean" (D,), "running_var" (D,), as this course has them. No mode: that is for the network to say.

    Raises:
        ValueError: n < 2; the message names the n that was given.
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


def batch_noise(x: np.ndarray, sizes: Sequence[int], trials: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Measure how noisy the statistics of small batches are.

    Args:
        x: (N,) values of one feature, not all equal.
        sizes: batch sizes B, each from 1 to N.
        trials: how many batches to draw for each size.
        rng: draws the batches, each of B different entries of x.

    Returns:
        mean_noise: (len(sizes),) std over the trials of the batch's mean, divided by the std of x.
        var_ratio: (len(sizes),) mean over the trials of the batch's biased variance, divided by the variance of x.

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
    print("to PyTorch  ", {name: np.round(value, 4).tolist() for name, value in state.items()})
    print("and back    ", {name: np.round(value, 4).tolist() for name, value in from_torch(state, n=4).items()})
    print("noise, ratio", *batch_noise(np.arange(10.0), [1, 5, 10], 200, np.random.default_rng(0)))

# %% nbgrader={"grade_id": "batchnorm_sweep-check", "grade": true, "points": 10}
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
        c.entry("state", state, "momentum", 0.25, hint="It is the weight of the new value.")
        hint = "No batch has been seen: both still have the 1."
        c.close("running_var before the first batch", state["running_var"], [1.0, 1.0], hint=hint)
        once = memory([0.75 + 0.25 * 8.0, 0.75 + 0.25 * 4.0])  # after a batch of 5, of variances 8 and 4
        state = to_torch(once, 5, 1)
        want = [0.75 + 0.25 * 10.0, 0.75 + 0.25 * 5.0]
        c.close("running_var after one batch", state["running_var"], want, hint="n/(n-1), but not on the 1.")
        c.close("running_mean", state["running_mean"], [2.0, -4.0])
        c.equal("num_batches_tracked", state["num_batches_tracked"], 1)
        bare = {name: value for name, value in memory([1.9, 1.0]).items() if name.startswith("running")}
        state = to_torch(bare, 2, 1)
        c.close("momentum, if bn_param has none", state["momentum"], 0.1, hint="Here it is 0.9.")
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
        c.close("var_ratio for B = 1", var_ratio[0], 0.0, hint="A single value does not vary.")
        hint = "All values, none twice: always the same batch."
        c.close("mean_noise for B = N", mean_noise[2], 0.0, hint=hint)
        c.close("var_ratio for B = N", var_ratio[2], 1.0, hint="The biased variance, above and below.")
        c.true("mean_noise for B = 1 is near 1", abs(mean_noise[0] - 1) < 0.2, "The mean of one value is that value.")
        c.true("mean_noise for B = 2 is near the root of 3/8", abs(mean_noise[1] - np.sqrt(3 / 8)) < 0.15)
        found = [batch_noise(x[:3], [2], 2, np.random.default_rng(seed)) for seed in range(20)]  # of 3 batches, 2 drawn
        variances = np.array([0.25, 2.25, 1.0]) / x[:3].var()
        possible = (variances[:, None] + variances).ravel() / 2
        good = all(np.isclose(ratio[0], possible).any() for _, ratio in found)
        c.true("var_ratio of two batches is the mean of their variances", good, "Not the square of a mean of roots.")
        means = np.array([1.5, 2.5, 3.0]) / x[:3].std()
        possible = abs(means[:, None] - means).ravel() / 2
        good = all(np.isclose(noise[0], possible).any() for noise, _ in found)
        c.true("mean_noise of two batches is half the distance of their means", good, "Around their own mean, by 2.")
        seen = {round(float(batch_noise(x[:3], [2], 1, np.random.default_rng(seed))[1][0]), 6) for seed in range(60)}
        c.equal("how many of the 3 batches are drawn in 60 trials", len(seen), 3, hint="Not only neighbours.")
        c.true("mean_noise depends on rng", len({float(noise[0]) for noise, _ in found}) > 1)
        for size in (0, 6):
            sentence = f"a batch of {size} out of 5 is refused"
            c.raises(sentence, ValueError, batch_noise, x, [2, size], 10, np.random.default_rng(3))

# %% [markdown] id="batchnorm_sweep-see"
# **What the company costs.** For values of a first layer on the digits: see the mean's noise fall as $1/\sqrt B$, a third of a
# standard deviation for batches of 8; and the batch's variance fall short by the factor $(B-1)/B$, which is why there is an
# unbiased one at all. This noise is also what D0 means when it lists batch norm under *regularisation*: the network is trained on
# randomly shaken values, and at test they are still.

# %% id="batchnorm_sweep-noise" tags=["demo"]
with attempt("batchnorm_sweep"):
    rng = np.random.default_rng(12)
    feature = (data.digits().x_train @ rng.normal(size=(64, 1)))[:, 0]
    sizes = 2 ** np.arange(9)
    mean_noise, var_ratio = batch_noise(feature, sizes.tolist(), 400, rng)
    print(
        f"batches of 8: mean's noise {mean_noise[3]:.1f}, variance {var_ratio[3]:.1f} of the whole; of 256: {mean_noise[8]:.1f} and {var_ratio[8]:.1f}"
    )
    with style():
        fig, ax = plt.subplots()
        ax.semilogx(sizes, 1 / np.sqrt(sizes), color=PALETTE[1], linewidth=1, label=r"$1/\sqrt{B}$")
        ax.semilogx(sizes, (sizes - 1) / sizes, color=PALETTE[0], linewidth=1, label=r"$(B-1)/B$")
        ax.semilogx(sizes, mean_noise, "o", color=PALETTE[1], label="noise of the batch's mean")
        ax.semilogx(sizes, var_ratio, "s", color=PALETTE[0], label="variance of the batch / of all")
        ax.set(xlabel="batch size B", ylabel="in units of the whole data's", xticks=sizes, xticklabels=sizes)
        ax.minorticks_off()
        ax.legend(loc="center right")
    show(
        fig,
        "Over batch sizes from 1 to 256, the noise of the batch mean falls as one over the root of B, and the batch variance rises towards "
        "that of all data as (B - 1) / B.",
    )

# %% [markdown] id="batchnorm_sweep-grid-idea"
# **A picture worth keeping.** Fifty small trainings: the digits, three hidden layers of 50, 100 steps of momentum in batches of 50,
# for five learning rates and five scales of the initial weights, without batch norm and with it. See how small the island is on
# which the plain network learns, around He's scale and a learning rate of 0.01. With batch norm it is a continent. And see that it
# has a coast: a learning rate of 10 is still too much, and for large weights a small one too little (you know from question 2 why).
# What batch norm buys is *room*, not freedom from choosing.

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
        print(f"{label}: {(accuracy[label] > 0.5).sum()} of 25 get more than half of the dev set right")
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 4.2))
        for ax, (label, values) in zip(axes, accuracy.items(), strict=True):
            image = ax.imshow(values, vmin=0, vmax=1, cmap="cividis", origin="lower")
            for (row, column), value in np.ndenumerate(values):
                ax.text(column, row, f"{100 * value:.0f}", ha="center", va="center", color="white" if value < 0.6 else "black")
            ax.grid(False)
            ax.set(xlabel="learning rate", title=label, xticks=range(5), xticklabels=rates, yticks=range(5), yticklabels=gains)
        axes[0].set_ylabel("scale of the weights, in units of He's")
        fig.colorbar(image, ax=axes, label="share right on the dev set", shrink=0.8)
    show(
        fig,
        "Accuracies over learning rate and scale of the weights. Without batch norm only a few of 25 cells near scale 1 learn; with batch norm "
        "most do, except at the learning rate 10 and at large weights with small rates.",
    )

# %% [markdown] id="batchnorm_sweep-sizes-idea"
# **And the bill.** The same network, at a learning rate that suits both, 200 steps each, over batch sizes. See batch norm lose to
# the plain network where batches are tiny (statistics of two or three examples are mostly noise), and win from about eight on. The
# third line is the same trained network, tested as it was trained, with the statistics of batches of dev examples of that size: for
# small ones it is far worse than with the running statistics.

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
        ax.set(xlabel="batch size B", ylabel="share right on the dev set", xticks=sizes, xticklabels=sizes, ylim=(0, 1))
        ax.minorticks_off()
        ax.legend()
    show(
        fig,
        "Accuracy over batch size: with batch norm it is far below the plain network at batches of 2, above it from 8 on; with each batch's own "
        "statistics at test it is lower still for small batches.",
    )

# %% [markdown] id="written-question"
# ## 6 · In your own words (10 points, read by a person)
#
# A classmate's network with batch norm classifies 98 % of the training batches correctly while it trains. On the test set, it gets
# 12 %.
#
# 1. Name three different slips in code or settings, each of which can cause just this, and for each a quick experiment that would
#    tell it from the other two.
# 2. To save parameters they remove the biases before batch norm, from the *trained* network in test mode, "as they are useless".
#    The accuracy collapses. Why were the biases useless in training and are not now, and what must be done to the running
#    statistics so that nothing changes?
# 3. "With batch norm you need not care for initialisation or learning rates any more, and gradients neither vanish nor explode."
#    Say what is right in this and what is too much, with evidence from two of your pictures.

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
#    In test, the *running* mean is subtracted, a constant which was gathered while $b$ was there. Taking $b$ away alone shifts
#    every column by $-b$ against it. The running mean must become running mean $- b$; the running variance stays.
# 3. Right: the scale of the weights before batch norm cancels, so the gradients' size at the start no longer depends on it, and the
#    picture of 50 trainings shows a far larger region of learning rates and scales that work. Too much: that region has an edge
#    (learning rate 10; small rates with large weights, since the gradient shrinks as $1/a$); the gradients of 40 layers grow by 1.2
#    a layer at initialisation, a thousandfold in all; and for tiny batches it makes training worse.
#
# **Rubric (10 points).** 1: three slips that really are different, 1 point each; experiments that tell all three apart, 2 (1 if
# only some). 2: the batch's mean removes $b$ in training: 1; the running mean is a constant that contains it: 1; running mean minus
# $b$: 1. 3: what is right, with a picture: 1; what is too much, with another picture: 1.

# %% [markdown] id="summary-idea"
# **Before you submit.** Run all cells from the top, then look here: this cell adds up what your own checks say.

# %% id="summary" tags=["demo"]
check.summary(
    {"batchnorm_forward": 30, "batchnorm_backward": 25, "batchnorm_backward_alt": 20, "batchnorm_net": 15, "batchnorm_sweep": 10},
    written=10,
)
