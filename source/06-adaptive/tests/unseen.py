"""Wrong answers to 06, thought up without a look at the known mistakes."""

import math

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("ema", replaces="ema", hints=("starts_at_the_first_value",))
def starts_at_the_first_value(y, beta, bias_correction=False):
    """The average starts at y[0] in place of zero."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta {beta}")
    out = np.zeros(y.shape, y.dtype if y.dtype.kind == "f" else float)
    v = y[0]
    for t in range(len(y)):
        v = beta * v + (1 - beta) * y[t]
        out[t] = v / (1 - beta ** (t + 1)) if bias_correction else v
    return out


@answer("ema", replaces="ema", hints=("weights_swapped",))
def weights_swapped(y, beta, bias_correction=False):
    """beta weighs the new value."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta {beta}")
    out = np.zeros(y.shape, y.dtype if y.dtype.kind == "f" else float)
    v = 0
    for t in range(len(y)):
        v = (1 - beta) * v + beta * y[t]
        out[t] = v / (1 - beta ** (t + 1)) if bias_correction else v
    return out


@answer("ema", replaces="ema", hints=("corrected_value_carried_on",))
def corrected_value_goes_on(y, beta, bias_correction=False):
    """The corrected average is fed back into the recursion."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta {beta}")
    out = np.zeros(y.shape, y.dtype if y.dtype.kind == "f" else float)
    v = 0
    for t in range(len(y)):
        v = beta * v + (1 - beta) * y[t]
        if bias_correction:
            v = v / (1 - beta ** (t + 1))
        out[t] = v
    return out


@answer("ema", replaces="ema", hints=("correction_one_late", "ema: the bias correction"))
def power_from_zero(y, beta, bias_correction=False):
    """The correction's power is t, 0 at the first: a division by zero."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta {beta}")
    out = np.zeros(y.shape, y.dtype if y.dtype.kind == "f" else float)
    v = 0
    for t in range(len(y)):
        v = beta * v + (1 - beta) * y[t]
        out[t] = v / np.float64(1 - beta**t) if bias_correction else v
    return out


@answer(
    "adaptive",
    replaces="adagrad",
    hints=("adagrad: the eps that is used", "eps_of_adagrad_is_hard_coded"),
)
def eps_in_the_code_is_larger(w, dw, config):
    """eps is 1e-7 whatever config says."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    s = config.get("grad_squared", np.zeros_like(w)) + dw**2
    config["grad_squared"] = s
    return w - config.get("learning_rate", 0.01) * dw / (np.sqrt(s) + 1e-7), config


@answer("adaptive", replaces="adagrad", hints=("no_root_in_adagrad",))
def root_forgotten(w, dw, config):
    """No root in the denominator."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    s = config.get("grad_squared", np.zeros_like(w)) + dw**2
    config["grad_squared"] = s
    return w - config.get("learning_rate", 0.01) * dw / (s + config.get("eps", 1e-8)), config


@answer("adaptive", replaces="rmsprop", hints=("a_leaky_sum",))
def sum_not_average(w, dw, config):
    """The new square is not weighed with 1 - decay."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    s = config.get("decay_rate", 0.99) * config.get("grad_squared", np.zeros_like(w)) + dw**2
    config["grad_squared"] = s
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(s) + config.get("eps", 1e-8)
    ), config


@answer("adaptive", replaces="rmsprop", hints=("old_average_divides",))
def divides_by_the_old_average(w, dw, config):
    """The step is divided by the average before this gradient."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    rho, old = config.get("decay_rate", 0.99), config.get("grad_squared", np.zeros_like(w))
    config["grad_squared"] = rho * old + (1 - rho) * dw**2
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(old) + config.get("eps", 1e-8)
    ), config


@answer("adaptive", replaces="rmsprop", hints=("eps_inside_in_rmsprop",))
def eps_under_the_root(w, dw, config):
    """eps stands under the root."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    rho = config.get("decay_rate", 0.99)
    s = rho * config.get("grad_squared", np.zeros_like(w)) + (1 - rho) * dw**2
    config["grad_squared"] = s
    return w - config.get("learning_rate", 0.01) * dw / np.sqrt(s + config.get("eps", 1e-8)), config


@answer("adaptive", replaces="adadelta", hints=("delta_enters_its_own_average",))
def new_delta_average_in_the_step(w, dw, config):
    """delta_squared is of dw, and updated before the step."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    rho, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
    g = rho * config.get("grad_squared", np.zeros_like(w)) + (1 - rho) * dw**2
    d2 = config.get("delta_squared", np.zeros_like(w))
    d = np.sqrt(d2 + eps) / np.sqrt(g + eps) * dw
    d2 = rho * d2 + (1 - rho) * d**2
    d = np.sqrt(d2 + eps) / np.sqrt(g + eps) * dw
    config.update(grad_squared=g, delta_squared=d2)
    return w - config.get("learning_rate", 1.0) * d, config


@answer("adaptive", replaces="adadelta", hints=("adadelta: the ratio of the two roots",))
def roots_forgotten(w, dw, config):
    """No roots in delta."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    rho, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
    g = rho * config.get("grad_squared", np.zeros_like(w)) + (1 - rho) * dw**2
    d2 = config.get("delta_squared", np.zeros_like(w))
    d = (d2 + eps) / (g + eps) * dw
    config.update(grad_squared=g, delta_squared=rho * d2 + (1 - rho) * d**2)
    return w - config.get("learning_rate", 1.0) * d, config


@answer("adam", replaces="adam", hints=("no_correction",))
def no_correction(w, dw, config):
    """No bias correction."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    b1, b2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    m = b1 * config.get("first_moment", np.zeros_like(w)) + (1 - b1) * dw
    v = b2 * config.get("second_moment", np.zeros_like(w)) + (1 - b2) * dw**2
    config.update(first_moment=m, second_moment=v, t=config.get("t", 0) + 1)
    return w - config.get("learning_rate", 0.001) * m / (
        np.sqrt(v) + config.get("eps", 1e-8)
    ), config


@answer("adam", replaces="adam", hints=("corrected_moments_stored",))
def hats_are_stored(w, dw, config):
    """The corrected moments are stored."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    b1, b2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    m = b1 * config.get("first_moment", np.zeros_like(w)) + (1 - b1) * dw
    v = b2 * config.get("second_moment", np.zeros_like(w)) + (1 - b2) * dw**2
    m /= 1 - b1**t
    v /= 1 - b2**t
    config.update(first_moment=m, second_moment=v, t=t)
    return w - config.get("learning_rate", 0.001) * m / (
        np.sqrt(v) + config.get("eps", 1e-8)
    ), config


@answer("adam", replaces="adam", hints=("t_is_never_stored",))
def t_is_not_counted(w, dw, config):
    """t is not stored: each step is corrected as the first."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    b1, b2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    m = b1 * config.get("first_moment", np.zeros_like(w)) + (1 - b1) * dw
    v = b2 * config.get("second_moment", np.zeros_like(w)) + (1 - b2) * dw**2
    config["first_moment"], config["second_moment"] = m, v
    mh, vh = m / (1 - b1**t), v / (1 - b2**t)
    return w - config.get("learning_rate", 0.001) * mh / (
        np.sqrt(vh) + config.get("eps", 1e-8)
    ), config


@answer("adam", replaces="adam", hints=("second_moment_of_the_first",))
def second_moment_of_first(w, dw, config):
    """The second moment squares the first moment, not dw."""
    if w.shape != dw.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    b1, b2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    m = b1 * config.get("first_moment", np.zeros_like(w)) + (1 - b1) * dw
    v = b2 * config.get("second_moment", np.zeros_like(w)) + (1 - b2) * m**2
    config.update(first_moment=m, second_moment=v, t=t)
    mh, vh = m / (1 - b1**t), v / (1 - b2**t)
    return w - config.get("learning_rate", 0.001) * mh / (
        np.sqrt(vh) + config.get("eps", 1e-8)
    ), config


@answer("lr_schedule", replaces=("lr_schedule",), hints=("step_without_stairs",))
def step_without_floor():
    """The step decay is continuous."""
    right = lr_schedule

    def schedule(kind, lr0, t, **kw):
        lr = right(kind, lr0, t, **kw)
        return lr0 * kw["factor"] ** (t / kw["every"]) if kind == "step" else lr

    return schedule


@answer("lr_schedule", replaces=("lr_schedule",), hints=("milestone_one_late",))
def milestone_a_step_late():
    """A milestone counts only after it."""
    right = lr_schedule

    def schedule(kind, lr0, t, **kw):
        lr = right(kind, lr0, t, **kw)
        if kind == "multistep":
            lr = lr0
            for m in kw["milestones"]:
                if t > m:
                    lr *= kw["factor"]
        return lr

    return schedule


@answer("lr_schedule", replaces=("lr_schedule",), hints=("grows",))
def exponential_without_minus():
    """The exponential grows."""
    right = lr_schedule

    def schedule(kind, lr0, t, **kw):
        lr = right(kind, lr0, t, **kw)
        return lr0 * math.exp(kw["k"] * t) if kind == "exponential" else lr

    return schedule
