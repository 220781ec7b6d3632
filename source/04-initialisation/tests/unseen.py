"""Wrong answers to 04, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("init_weights", replaces="init_weights", says=r"How many weights are negative")
def uniform_from_zero(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """The uniform numbers lie between 0 and r, not around zero."""
    for f in (fan_in, fan_out):
        if not isinstance(f, (int, np.integer)) or f < 1:
            raise ValueError(f"fan {f}")
    var = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in var or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    s = np.sqrt(var[scheme])
    if distribution == "uniform":
        return (rng.random((fan_in, fan_out)) * s * np.sqrt(3)).astype(dtype)
    return (rng.standard_normal((fan_in, fan_out)) * s).astype(dtype)


@answer("init_weights", replaces="init_weights", hints=("variance_for_std",))
def variance_as_std(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """The variance is used as the standard deviation."""
    for f in (fan_in, fan_out):
        if not isinstance(f, (int, np.integer)) or f < 1:
            raise ValueError(f"fan {f}")
    var = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in var or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    s = var[scheme]
    if distribution == "uniform":
        r = np.sqrt(3) * s
        return rng.uniform(-r, r, (fan_in, fan_out)).astype(dtype)
    return (rng.standard_normal((fan_in, fan_out)) * s).astype(dtype)


@answer("init_weights", replaces="init_weights", hints=("fan_out_for_fan_in",))
def he_with_the_outputs(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """He's variance is 2/fan_out."""
    for f in (fan_in, fan_out):
        if not isinstance(f, (int, np.integer)) or f < 1:
            raise ValueError(f"fan {f}")
    var = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_out}
    if scheme not in var or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    s = np.sqrt(var[scheme])
    if distribution == "uniform":
        r = np.sqrt(3) * s
        return rng.uniform(-r, r, (fan_in, fan_out)).astype(dtype)
    return (rng.standard_normal((fan_in, fan_out)) * s).astype(dtype)


@answer("init_weights", replaces="init_weights", hints=("std_as_uniform_bound",))
def bound_is_the_std(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Uniform on (-std, std): the root of 3 is missing."""
    for f in (fan_in, fan_out):
        if not isinstance(f, (int, np.integer)) or f < 1:
            raise ValueError(f"fan {f}")
    var = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in var or distribution not in ("normal", "uniform"):
        raise ValueError(f"{scheme} {distribution}")
    s = np.sqrt(var[scheme])
    if distribution == "uniform":
        return (s * (2 * rng.random((fan_in, fan_out)) - 1)).astype(dtype)
    return (rng.standard_normal((fan_in, fan_out)) * s).astype(dtype)


@answer("forward_stats", replaces="forward_stats", hints=("skip_inside_the_activation",))
def skip_inside_the_activation(x, weights, act, skip=False):
    """The skip is added before the activation."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act {act}")
    f = ACTIVATIONS[act][0]
    a = np.asarray(x, np.result_type(np.float32, x))
    out = []
    for w in weights:
        if a.shape[1] != w.shape[0]:
            raise ValueError(f"{a.shape} {w.shape}")
        if skip and w.shape[0] != w.shape[1]:
            raise ValueError(f"{w.shape} not square")
        z = a @ w
        if skip:
            z = z + a
        a = f(z)
        out.append(a)
    return out, [(float(v.mean()), float(v.std())) for v in out]


@answer("forward_stats", replaces="grad_norms", hints=("skip_lost_on_the_way_back",))
def skip_ignored_in_the_backward(x, weights, act, dout, skip=False):
    """The backward pass leaves out the skip."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"{dout.shape} {acts[-1].shape}")
    ins = [np.asarray(x, acts[0].dtype)] + acts[:-1]
    d, norms, dws = dout, [float(np.linalg.norm(dout))], []
    for a, w in zip(ins[::-1], weights[::-1]):
        dz = d * ACTIVATIONS[act][1](a @ w)
        dws.append(a.T @ dz)
        d = dz @ w.T
        norms.append(float(np.linalg.norm(d)))
    return norms[::-1], dws[::-1]


@answer("forward_stats", replaces="grad_norms", hints=("slope_at_the_activation",))
def slope_of_the_output(x, weights, act, dout, skip=False):
    """The slope is taken at the activation in place of at z."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"{dout.shape} {acts[-1].shape}")
    ins = [np.asarray(x, acts[0].dtype)] + acts[:-1]
    d, norms, dws = dout, [float(np.linalg.norm(dout))], []
    for i in reversed(range(len(weights))):
        dz = d * ACTIVATIONS[act][1](acts[i])
        dws.append(ins[i].T @ dz)
        d = d + dz @ weights[i].T if skip else dz @ weights[i].T
        norms.append(float(np.linalg.norm(d)))
    return norms[::-1], dws[::-1]


@answer("clip_grad_norm", replaces="clip_grad_norm", hints=("each_tensor_alone",))
def each_array_on_its_own(grads, max_norm):
    """Each array is clipped by its own norm."""
    if not max_norm > 0:
        raise ValueError(f"max_norm {max_norm}")
    vals = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if any(not np.isfinite(v).all() for v in vals):
        raise ValueError("nan or inf")
    total = float(np.sqrt(sum((v.astype(float) ** 2).sum() for v in vals)))
    out = []
    for v in vals:
        n = np.linalg.norm(v)
        out.append(v * (max_norm / n) if n > max_norm else v * 1.0)
    return (dict(zip(grads, out)) if isinstance(grads, dict) else out), total


@answer("clip_grad_norm", replaces="clip_grad_norm", hints=("each_entry_alone",))
def entries_are_clipped(grads, max_norm):
    """np.clip of each entry in place of a common factor."""
    if not max_norm > 0:
        raise ValueError(f"max_norm {max_norm}")
    vals = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if any(not np.isfinite(v).all() for v in vals):
        raise ValueError("nan or inf")
    total = float(np.sqrt(sum((v.astype(float) ** 2).sum() for v in vals)))
    out = [np.clip(v, -max_norm, max_norm) for v in vals]
    return (dict(zip(grads, out)) if isinstance(grads, dict) else out), total


@answer(
    "clip_grad_norm",
    replaces="clip_grad_norm",
    hints=("clip_grad_norm: the factor, and when there is one",),
)
def always_scaled(grads, max_norm):
    """Small gradients are scaled up to max_norm."""
    if not max_norm > 0:
        raise ValueError(f"max_norm {max_norm}")
    vals = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if any(not np.isfinite(v).all() for v in vals):
        raise ValueError("nan or inf")
    total = float(np.sqrt(sum((v.astype(float) ** 2).sum() for v in vals)))
    c = max_norm / total if total > 0 and np.isfinite(max_norm) else 1.0
    out = [v * c for v in vals]
    return (dict(zip(grads, out)) if isinstance(grads, dict) else out), total


@answer("symmetry_demo", replaces="symmetry_demo", hints=("w2_moves_first",))
def second_update_sees_the_first(x, y, w1, w2, learning_rate, steps):
    """w2 is updated first and then used for w1's gradient."""
    if steps < 0:
        raise ValueError(f"steps {steps}")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))

    def count(w):
        kept = []
        for c in w.T:
            if all(np.abs(c - k).max() > 1e-6 for k in kept):
                kept.append(c)
        return len(kept)

    distinct = [count(w1)]
    for _ in range(steps):
        h = np.tanh(x @ w1)
        d = 2 * (h @ w2 - y) / len(x)
        w2 = w2 - learning_rate * h.T @ d
        w1 = w1 - learning_rate * x.T @ (d @ w2.T * (1 - h**2))
        distinct.append(count(w1))
    return w1, w2, distinct


@answer("symmetry_demo", replaces="symmetry_demo", hints=("slope_of_tanh_forgotten",))
def tanh_slope_missing(x, y, w1, w2, learning_rate, steps):
    """tanh's slope is missing in the gradient of w1."""
    if steps < 0:
        raise ValueError(f"steps {steps}")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))

    def count(w):
        kept = []
        for c in w.T:
            if all(np.abs(c - k).max() > 1e-6 for k in kept):
                kept.append(c)
        return len(kept)

    distinct = [count(w1)]
    for _ in range(steps):
        h = np.tanh(x @ w1)
        d = 2 * (h @ w2 - y) / len(x)
        w1, w2 = w1 - learning_rate * x.T @ (d @ w2.T), w2 - learning_rate * h.T @ d
        distinct.append(count(w1))
    return w1, w2, distinct


@answer("predict_std", replaces="two_layer_net", says=r"a sum over everything")
def mean_over_the_batch(x, y, w1, w2, learning_rate, steps):
    """The loss and its gradient are divided by N."""
    if steps < 0:
        raise ValueError(f"steps {steps}")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        h = np.maximum(0, x @ w1)
        e = h @ w2 - y
        losses.append(float((e**2).sum() / len(x)))
        g = 2 * e / len(x)
        g2 = h.T @ g
        g1 = x.T @ ((g @ w2.T) * (h > 0))
        w1, w2 = w1 - learning_rate * g1, w2 - learning_rate * g2
    return losses, w1, w2


@answer("predict_std", replaces="two_layer_net", hints=("slope_forgotten",))
def relu_forgotten_backwards(x, y, w1, w2, learning_rate, steps):
    """The ReLU's mask is missing in the backward pass."""
    if steps < 0:
        raise ValueError(f"steps {steps}")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        h = np.maximum(0, x @ w1)
        e = h @ w2 - y
        losses.append(float((e**2).sum()))
        g = 2 * e
        g2 = h.T @ g
        g1 = x.T @ (g @ w2.T)
        w1, w2 = w1 - learning_rate * g1, w2 - learning_rate * g2
    return losses, w1, w2


@answer("predict_std", replaces=("predict_std",), hints=("depth_ignored",))
def gain_without_the_layers():
    """One layer is predicted, not L."""
    right = predict_std

    def predict(scheme, act, L, n, skip=False):
        if L < 1:
            raise ValueError(f"L {L}")
        return right(scheme, act, 1, n, skip)

    return predict


@answer("init_weights", replaces="init_weights", says=r"across the diagonal")
def square_symmetric(fan_in, fan_out, scheme, rng, distribution="normal", dtype=np.float64):
    """Square matrices are symmetric."""
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
    w = (w + w.T) / np.sqrt(2) if fan_in == fan_out else w
    return w.astype(dtype)


@answer("init_weights", replaces="init_weights", says=r"no distribution is given")
def distribution_default(fan_in, fan_out, scheme, rng, distribution="uniform", dtype=np.float64):
    """The default is a uniform distribution."""
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
