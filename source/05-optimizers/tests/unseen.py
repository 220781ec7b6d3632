"""Wrong answers to 05, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("minibatches", replaces="minibatches", hints=("rest_is_lost",))
def remainder_is_lost(N, B, rng, drop_last=False):
    """The shorter last batch is always left out."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B {B}")
    p = rng.permutation(N)
    return [p[i * B : (i + 1) * B] for i in range(N // B)]


@answer("minibatches", replaces="minibatches", hints=("never_shuffled",))
def not_shuffled(N, B, rng, drop_last=False):
    """The order is 0, 1, 2, ..."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B {B}")
    p = np.arange(N)
    out = [p[i : i + B] for i in range(0, N, B)]
    return out[:-1] if drop_last and N % B else out


@answer("minibatches", replaces="minibatches", hints=("drawn_with_replacement",))
def drawn_with_replacement(N, B, rng, drop_last=False):
    """Each batch is drawn by chance: indices come twice or never."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B {B}")
    sizes = [B] * (N // B) + ([N % B] if N % B and not drop_last else [])
    return [rng.integers(0, N, size) for size in sizes]


@answer("minibatches", replaces="minibatches", hints=("last_batch_always_dropped",))
def drop_last_drops_full_ones(N, B, rng, drop_last=False):
    """drop_last drops the last batch even if it is full."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B {B}")
    p = rng.permutation(N)
    out = [p[i : i + B] for i in range(0, N, B)]
    return out[:-1] if drop_last else out


@answer("sgd_momentum", replaces="sgd", hints=("steps_in_place",))
def sgd_writes_over_w(w, dw, config):
    """w -= lr dw changes the caller's array."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    w -= config["learning_rate"] * dw
    return w, config


@answer(
    "sgd_momentum", replaces="sgd_momentum", hints=("steps_in_place", "momentum_steps_in_place")
)
def momentum_writes_over_w(w, dw, config):
    """w -= lr v changes the caller's array."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("velocity", np.zeros_like(w))
    v = config.get("momentum", 0.9) * v + dw
    w -= config["learning_rate"] * v
    config["velocity"] = v
    return w, config


@answer("sgd_momentum", replaces="sgd_momentum", hints=("velocity_points_downhill",))
def rate_inside_the_velocity(w, dw, config):
    """The velocity holds -lr dw: another form of momentum."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("velocity", np.zeros_like(w))
    v = config.get("momentum", 0.9) * v - config["learning_rate"] * dw
    config["velocity"] = v
    return w + v, config


@answer("sgd_momentum", replaces="sgd_momentum", hints=("velocity_is_an_average",))
def averaged_velocity(w, dw, config):
    """The gradient is weighed with 1 - momentum."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    m = config.get("momentum", 0.9)
    v = m * config.get("velocity", np.zeros_like(w)) + (1 - m) * dw
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@answer(
    "sgd_momentum",
    replaces="sgd_momentum",
    hints=("sgd_momentum: what is stored for the next step", "reads_velocity_never_writes"),
)
def velocity_is_not_kept(w, dw, config):
    """The velocity is computed and thrown away."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("velocity", np.zeros_like(w))
    v = config.get("momentum", 0.9) * v + dw
    return w - config["learning_rate"] * v, config


@answer("nesterov", replaces="nesterov", hints=("plain_momentum",))
def plain_momentum(w, dw, config):
    """The step of plain momentum."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@answer("nesterov", replaces="nesterov", hints=("plain_momentum",))
def old_velocity_in_the_step(w, dw, config):
    """The step uses the old velocity in place of the new."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    m, old = config.get("momentum", 0.9), config.get("velocity", np.zeros_like(w))
    config["velocity"] = m * old + dw
    return w - config["learning_rate"] * (dw + m * old), config


@answer("nesterov", replaces="nesterov_lookahead", hints=("looks_back",))
def looks_back(w, grad_fn, config):
    """The look ahead has the wrong sign."""
    m, v = config.get("momentum", 0.9), config.get("velocity", np.zeros_like(w))
    v = m * v + grad_fn(w + config["learning_rate"] * m * v)
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@answer("nesterov", replaces="nesterov_lookahead", hints=("gradient_where_it_stands",))
def gradient_at_w(w, grad_fn, config):
    """The gradient is measured at w."""
    m, v = config.get("momentum", 0.9), config.get("velocity", np.zeros_like(w))
    v = m * v + grad_fn(w)
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@answer("convert_momentum", replaces="convert_momentum", hints=("ratio_upside_down",))
def ratio_upside_down(learning_rates, rho, to):
    """The ratio of two learning rates is the wrong way round."""
    r = (
        np.array(learning_rates, float)
        if np.asarray(learning_rates).dtype.kind != "f"
        else np.array(learning_rates)
    )
    if not 0 <= rho < 1 or not (r > 0).all():
        raise ValueError(f"{rho} {learning_rates}")
    if to not in ("ema", "inside", "heavy_ball"):
        raise ValueError(f"{to}")
    mu = np.full_like(r, rho)
    if to == "ema":
        return mu, r / (1 - rho)
    mu[1:] = rho * r[:-1] / r[1:]
    return mu, r


@answer("convert_momentum", replaces="convert_momentum", hints=("average_scaled_the_wrong_way",))
def ema_multiplied(learning_rates, rho, to):
    """For ema the rate is multiplied by 1 - rho."""
    r = (
        np.array(learning_rates, float)
        if np.asarray(learning_rates).dtype.kind != "f"
        else np.array(learning_rates)
    )
    if not 0 <= rho < 1 or not (r > 0).all():
        raise ValueError(f"{rho} {learning_rates}")
    if to not in ("ema", "inside", "heavy_ball"):
        raise ValueError(f"{to}")
    mu = np.full_like(r, rho)
    if to == "ema":
        return mu, r * (1 - rho)
    mu[1:] = rho * r[1:] / r[:-1]
    return mu, r


@answer(
    "steps_to_tol",
    replaces="steps_to_tol",
    hints=("steps_to_tol: the test of the gradient's norm", "less_than_tol"),
)
def strictly_below(rule, grad_fn, w0, config, tol, max_steps):
    """The norm must be below tol, not at most tol."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"{tol} {max_steps}")
    w = np.array(w0) * 1.0
    config = {k: np.copy(v) if isinstance(v, np.ndarray) else v for k, v in config.items()}
    path = [w]
    for k in range(max_steps + 1):
        g = grad_fn(w)
        if np.linalg.norm(g) < tol:
            return k, np.array(path)
        if k < max_steps:
            w, config = rule(w, g, config)
            path.append(w)
    return None, np.array(path)


@answer("steps_to_tol", replaces="steps_to_tol", hints=("arrays_in_config_are_shared",))
def shallow_copy(rule, grad_fn, w0, config, tol, max_steps):
    """The config is copied, the arrays in it are not."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"{tol} {max_steps}")
    w = np.array(w0) * 1.0
    config = config.copy()
    path = [w]
    for k in range(max_steps + 1):
        g = grad_fn(w)
        if np.sqrt((g**2).sum()) <= tol:
            return k, np.array(path)
        if k < max_steps:
            w, config = rule(w, g, config)
            path.append(w)
    return None, np.array(path)


@answer("steps_to_tol", replaces="steps_to_tol", hints=("steps_counted_from_one",))
def one_step_too_many(rule, grad_fn, w0, config, tol, max_steps):
    """The steps are counted from 1."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"{tol} {max_steps}")
    w = np.array(w0) * 1.0
    config = {k: np.copy(v) if isinstance(v, np.ndarray) else v for k, v in config.items()}
    path = [w]
    for k in range(max_steps + 1):
        g = grad_fn(w)
        if np.linalg.norm(g) <= tol:
            return k + 1, np.array(path)
        if k < max_steps:
            w, config = rule(w, g, config)
            path.append(w)
    return None, np.array(path)


@answer("curvature", replaces="describe_point", hints=("singular_values_have_no_sign",))
def norms_for_curvatures(hessian):
    """Condition number and limit from matrix norms, the kind from the singular values."""
    if hessian.ndim != 2 or hessian.shape[0] != hessian.shape[1]:
        raise ValueError(f"{hessian.shape}")
    s = np.linalg.svd(hessian.astype(float))[1]
    zero = s[-1] <= 1e-9 * s[0]
    kind = "flat" if zero else "minimum"
    return kind, np.inf if zero else s[0] / s[-1], 2 / s[0] if s[0] > 0 else np.inf


@answer("curvature", replaces="long_run_factor", hints=("no_complex_roots",))
def complex_roots_left_out(curvatures, learning_rate, momentum=0.0):
    """Where the roots are complex, their real part is taken for their size."""
    if learning_rate <= 0 or not 0 <= momentum < 1:
        raise ValueError(f"{learning_rate} {momentum}")
    b = 1 + momentum - learning_rate * np.array(curvatures, float)
    d = np.clip(b**2 - 4 * momentum, 0, None) ** 0.5
    return float(np.max((np.abs(b) + d) / 2))
