"""The course's own answers to earlier questions, for assignments that build on them."""

import numpy as np

# 01-backprop
def affine_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
) -> tuple[np.ndarray, object]:
    """Return x w + b for a batch of flattened examples.

    Args:
        x: (N, d1, ..., dk) examples of D = d1 ... dk numbers each.
        w: (D, M) weights.
        b: (M,) bias.

    Returns:
        out: (N, M).
        cache: whatever affine_backward needs.

    Raises:
        ValueError: w does not have D rows, or b is not (M,).
    """
    D = int(np.prod(x.shape[1:]))
    if w.ndim != 2 or w.shape[0] != D:
        raise ValueError(f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)")
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    rows = x.reshape(x.shape[0], D).astype(np.result_type(np.float32, x, w, b), copy=False)
    return rows @ w + b, (x, w)


def affine_backward(
    dout: np.ndarray,
    cache: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of sum(out * dout), using the cache of affine_forward.

    Args:
        dout: (N, M) gradient with respect to out.
        cache: from affine_forward.

    Returns:
        dx: (N, d1, ..., dk), dw: (D, M), db: (M,).
    """
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db

# 02-activations
def relu_forward(x: np.ndarray) -> tuple[np.ndarray, object]:
    """Set negative entries to 0.

    out = max(0, x)

    Args:
        x: any shape.

    Returns:
        out: the shape of x.
        cache: what relu_backward needs.
    """
    return np.maximum(x, 0.0), x


def relu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the x of relu_forward; the slope at 0 is 0.

    Args:
        dout: upstream gradient, of the shape of out.
        cache: from relu_forward.
    """
    x = cache
    return np.where(x > 0, dout, 0.0)


def leaky_relu_forward(x: np.ndarray, slope: float = 0.01) -> tuple[np.ndarray, object]:
    """Multiply entries that are not positive by a slope.

    out = x where x > 0, slope x elsewhere

    Args:
        x: any shape.
        slope: any number; it may be larger than 1.

    Returns:
        out: the shape of x.
        cache: what leaky_relu_backward needs.
    """
    return np.where(x > 0, x, float(slope) * x), (x, float(slope))


def leaky_relu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient of leaky_relu_forward; the slope at 0 is `slope`.

    Args:
        dout: upstream gradient, of the shape of out.
        cache: from leaky_relu_forward.
    """
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)


def elu_forward(x: np.ndarray, alpha: float = 1.0) -> tuple[np.ndarray, object]:
    """Let entries that are not positive approach -alpha smoothly.

    out = x where x > 0, alpha (exp(x) - 1) elsewhere

    Args:
        x: any shape; values between -1e4 and 1e4.
        alpha: a number > 0.

    Returns:
        out: the shape of x.
        cache: what elu_backward needs.
    """
    out = np.where(x > 0, x, float(alpha) * np.expm1(np.minimum(x, 0.0)))
    return out, (x, out, float(alpha))


def elu_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient of elu_forward; the slope at 0 is `alpha`.

    Args:
        dout: upstream gradient, of the shape of out.
        cache: from elu_forward.
    """
    x, out, alpha = cache
    return dout * np.where(x > 0, 1.0, out + alpha)  # alpha exp(x), without another exponential

# 03-losses
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

# 04-initialisation
def init_weights(
    fan_in: int,
    fan_out: int,
    scheme: str,
    rng: np.random.Generator,
    distribution: str = "normal",
    dtype: type | str = np.float64,
) -> np.ndarray:
    """Draw independent weights with mean 0 and the variance of the scheme.

    Args:
        fan_in: number of inputs of a unit, a whole number of at least 1.
        fan_out: number of units, a whole number of at least 1.
        scheme: "lecun", "xavier" or "he", as in the table.
        rng: source of the numbers; each call draws new ones.
        distribution: "normal", or "uniform" on (-r, r); both have the same variance.
        dtype: of the result: np.float64, np.float32, or its name as a string.
    Returns:
        w, shape (fan_in, fan_out).
    Raises:
        ValueError: scheme or distribution is not one of these, or a fan is not a whole
            number of at least 1; the message names what you got.
    """
    for name, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        if not isinstance(fan, (int, np.integer)) or fan < 1:
            raise ValueError(f"{name} is {fan}, expected a whole number of at least 1")
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances:
        raise ValueError(f"scheme is {scheme!r}, expected one of {', '.join(variances)}")
    std = np.sqrt(variances[scheme])
    if distribution == "normal":
        w = rng.normal(0.0, std, (fan_in, fan_out))
    elif distribution == "uniform":
        w = rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (fan_in, fan_out))
    else:
        raise ValueError(f"distribution is {distribution!r}, expected normal or uniform")
    return w.astype(dtype)

# 05-optimizers
from collections.abc import Iterable


def minibatches(
    N: int,
    B: int,
    rng: np.random.Generator,
    drop_last: bool = False,
) -> Iterable[np.ndarray]:
    """Shuffle 0, 1, ..., N-1 and cut the result into batches of B indices.

    Every index is in exactly one batch. If B does not divide N, the last batch is
    shorter; with drop_last, leave out this shorter batch. No batch is empty. You may
    return a list, or yield the batches one after the other.

    Args:
        N: number of examples, at least 1.
        B: batch size, a whole number of at least 1; it may be larger than N.
        rng: source of the order; each call draws a new order.
        drop_last: leave out a last batch of fewer than B indices.
    Returns:
        index arrays of dtype int, each of shape (B,); the last one may be shorter.
    Raises:
        ValueError: B is not a whole number of at least 1; the message names the B that
            you got.
    """
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    stop = N - N % B if drop_last else N
    return [order[start : start + B] for start in range(0, stop, B)]

# 05-optimizers
def sgd(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of plain gradient descent.

    next_w = w - learning_rate dw

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: holds "learning_rate", a number > 0.
    Returns:
        next_w, a new array of w's shape and dtype, and config.
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    return w - config["learning_rate"] * dw, config


def sgd_momentum(
    w: np.ndarray,
    dw: np.ndarray,
    config: dict,
) -> tuple[np.ndarray, dict]:
    """Take one step of gradient descent with momentum.

    velocity = momentum velocity + dw;  next_w = w - learning_rate velocity

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: holds "learning_rate", a number > 0; may hold "momentum", in [0, 1),
            else 0.9; and "velocity", of w's shape, else zeros.
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new velocity in
            "velocity".
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config

# 06-adaptive
def adam(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of Adam.

    t = t + 1;  first_moment and second_moment: moving averages of dw and of dw^2
    next_w = w - learning_rate first_hat / (sqrt(second_hat) + eps), where the hats mean
    corrected averages

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: may hold "learning_rate" (default 0.001), "beta1" and "beta2", in [0, 1)
            (0.9 and 0.999), "eps" (1e-8), "first_moment" and "second_moment", of w's
            shape (zeros), and "t", the number of previous steps (0).
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new uncorrected
            averages and the new t.
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config

# 06-adaptive
import math


def lr_schedule(kind: str, lr0: float, t: float, **kw) -> float:
    """Return the learning rate after t steps (or epochs).

    step: lr0 factor^floor(t / every)
    multistep: lr0 factor^(number of milestones <= t)
    exponential: lr0 exp(-k t)
    inverse: lr0 / (1 + k t)

    Args:
        kind: "step", "multistep", "exponential" or "inverse".
        lr0: the learning rate at the start.
        t: number of steps or epochs that are done, >= 0.
        kw: exactly the settings of this kind. step: every, factor; multistep:
            milestones (a list, increasing), factor; exponential: k; inverse: k.
    Returns:
        the learning rate, one number.
    Raises:
        ValueError: kind is not one of the four (the message names it and all four); a
            setting of the kind is missing, or there is an unknown setting (the message
            names that setting); or t is negative (the message names it).
    """
    settings = {"step": {"every", "factor"}, "multistep": {"milestones", "factor"}, "exponential": {"k"}, "inverse": {"k"}}
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}")
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        return lr0 * kw["factor"] ** sum(milestone <= t for milestone in kw["milestones"])
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)

# 07-regularisation
from collections.abc import Callable, Sequence

from utils.gradients import numeric_gradient
from utils.plotting import PALETTE, style

np.set_printoptions(precision=4, suppress=True)

# 07-regularisation
def l2_loss(w: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Return the L2 penalty of weights, and its gradient.

    loss = reg/2 sum(w^2)

    Args:
        w: weights, any shape.
        reg: strength of the penalty, >= 0.
    Returns:
        loss, a single number, and dw, of w's shape and dtype.
    Raises:
        ValueError: reg < 0; the message names it.
    """
    if not reg >= 0:
        raise ValueError(f"reg is {reg}, expected a number >= 0")
    return 0.5 * reg * np.sum(w * w), reg * w


def l1_loss(w: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
    """Return the L1 penalty of weights, and its gradient (0 where a weight is 0).

    loss = reg sum(|w|)

    Args:
        w: weights, any shape.
        reg: strength of the penalty, >= 0.
    Returns:
        loss, a single number, and dw, of w's shape and dtype.
    Raises:
        ValueError: reg < 0; the message names it.
    """
    if not reg >= 0:
        raise ValueError(f"reg is {reg}, expected a number >= 0")
    return reg * np.sum(np.abs(w)), reg * np.sign(w)


def decoupled_decay(w: np.ndarray, learning_rate: float, decay: float) -> np.ndarray:
    """Shrink weights by a fraction.

    next_w = (1 - learning_rate decay) w

    Args:
        w: weights, any shape.
        learning_rate: learning rate of the optimizer, >= 0.
        decay: a number >= 0.
    Returns:
        next_w, a new array of w's shape and dtype.
    Raises:
        ValueError: learning_rate or decay is < 0; the message names it.
    """
    if not (learning_rate >= 0 and decay >= 0):
        raise ValueError(f"learning_rate is {learning_rate} and decay is {decay}, expected both to be >= 0")
    return (1 - learning_rate * decay) * w


def step_with_decay(
    rule: Callable[[np.ndarray, np.ndarray, dict], tuple[np.ndarray, dict]],
    w: np.ndarray,
    dw: np.ndarray,
    config: dict,
    decay: float,
    kind: str,
) -> tuple[np.ndarray, dict]:
    """Take one step of an optimizer, with one of the two kinds of decay in the table.

    Args:
        rule: the optimizer, rule(w, dw, config) -> next_w, config; call it once. Its
            step depends on dw and config only.
        w: weights, any shape.
        dw: gradient of the data loss, without a penalty, same shape.
        config: of the optimizer, with "learning_rate".
        decay: a number >= 0.
        kind: "l2" or "decoupled".
    Returns:
        next_w, a new array of w's shape and dtype, and the config that the optimizer
            returns.
    Raises:
        ValueError: kind is neither of the two, or decay < 0; the message names what you
            got.
    """
    if kind == "l2":
        _, pull = l2_loss(w, decay)
        return rule(w, dw + pull, config)
    if kind == "decoupled":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")

# 07-regularisation
def dropout_forward(x: np.ndarray, dropout_param: dict) -> tuple[np.ndarray, object]:
    """Drop entries of x at random and scale up the others; at test time return x.

    out = mask x / keep_prob in training, out = x at test time

    Args:
        x: input, any shape; every entry is kept or dropped independently.
        dropout_param: holds "keep_prob", a number in (0, 1]; "mode", "train" or "test";
            and "rng", a np.random.Generator, the source of the mask, which may be
            missing in test mode.
    Returns:
        out, of x's shape and dtype, and a cache for dropout_backward, which may be
            called after other passes, and more than once.
    Raises:
        ValueError: keep_prob is not in (0, 1], in either mode, or mode is neither of
            the two; the message names what you got.
    """
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


def dropout_backward(dout: np.ndarray, cache: object) -> np.ndarray:
    """Return the gradient with respect to the input of dropout_forward.

    Args:
        dout: upstream gradient, of the output's shape.
        cache: from dropout_forward, returned together with this output.
    Returns:
        dx, the gradient with respect to x, of dout's shape and dtype.
    """
    return dout if cache is None else dout * cache

# 08-batchnorm
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

# 08-batchnorm
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
