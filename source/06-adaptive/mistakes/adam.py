"""Known mistakes and right variants of `adam`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "adam",
    replaces="adam",
    change={
        "config.update(": 'old = config.get("second_moment", np.zeros_like(dw))\n    config.update(',
        "np.sqrt(second_moment / ": "np.sqrt(old / ",
    },
)
def adam_divides_by_the_old_moment():
    """Your Adam divides by the second moment from before this step's gradient. Update the average first, then divide by its root."""


@mistake("adam", replaces="adam")
def no_correction(w, dw, config):
    """You take both averages as they come. They begin at zero: without correction the first step is 3.16 times too long, and the twelfth 6.57 times."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment
    scale = np.sqrt(second_moment) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def t_is_never_stored(w, dw, config):
    """Your t does not get into config, so every step takes itself for the first one and corrects by far too much."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def t_stays_as_it_was(w, dw, config):
    """You use t + 1 but leave the old t in config, so every step takes itself for the first one."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t - 1)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def t_begins_at_one(w, dw, config):
    """Your t is 1 before the first step and counted up again in it, so everything is corrected as if it were one step older."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 1) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def t_counted_afterwards(w, dw, config):
    """You use t before you count it: at the first step the corrections divide by 1 - beta**0, which is zero."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0)
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t + 1)
    direction = np.divide(first_moment, 1 - beta1**t)
    scale = np.sqrt(np.divide(second_moment, 1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def corrected_moments_stored(w, dw, config):
    """You keep the corrected moments in config, and the next step corrects them again. Keep the averages as they come."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    first_moment, second_moment = first_moment / (1 - beta1**t), second_moment / (1 - beta2**t)
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment
    scale = np.sqrt(second_moment) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def eps_inside(w, dw, config):
    """You add eps to the second moment, inside the root, as D1 and D2 print it. The paper and this course add it to the root."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t) + config.get("eps", 1e-8))
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def eps_before_the_correction(w, dw, config):
    """You add eps before the second moment is corrected, so the correction blows eps up as well. Correct, take the root, then add eps."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = (np.sqrt(second_moment) + config.get("eps", 1e-8)) / np.sqrt(1 - beta2**t)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def eps_added_to_the_quotient(w, dw, config):
    """You write `/ sqrt(v) + eps`: division comes before addition, so eps is added to the step, and zero is still divided by zero. Put brackets around the denominator."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t))
    return w - config.get("learning_rate", 1e-3) * (
        np.divide(direction, scale) + config.get("eps", 1e-8)
    ), config


@mistake("adam", replaces="adam")
def no_root(w, dw, config):
    """You divide by the second moment itself. Its root is missing: a gradient ten times as large should make a step just as long."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = second_moment / (1 - beta2**t) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def correction_after_the_root(w, dw, config):
    """You correct the root of the second moment by 1 - beta2**t. The correction belongs to the moment; then take the root."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment) / (1 - beta2**t) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def one_beta_corrects_both(w, dw, config):
    """You correct both moments with beta1. Each has a beta of its own."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta1**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def betas_swapped(w, dw, config):
    """You smooth the gradient with beta2 and its square with beta1. The square is the one with the long memory."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta2", 0.999), config.get("beta1", 0.9)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def only_the_second_is_corrected(w, dw, config):
    """You correct the second moment but not the first: early steps come out too short."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def gradient_without_memory(w, dw, config):
    """You step along the gradient itself, scaled: that is RMSProp with a correction. Adam steps along the first moment."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = dw
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def betas_are_always_the_defaults(w, dw, config):
    """Your betas are 0.9 and 0.999 whatever config says. Those are only the defaults."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = 0.9, 0.999
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def second_moment_of_the_first(w, dw, config):
    """Your second moment averages the squares of the first moment. It averages the squares of the gradients."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = (
        beta2 * config.get("second_moment", 0.0) + (1 - beta2) * first_moment * first_moment
    )
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def climbs(w, dw, config):
    """You add the step. The gradient points uphill."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w + config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def shapes_are_not_compared(w, dw, config):
    """A gradient of another shape gets through where NumPy can broadcast it, and weights are pushed by gradients that are not theirs. Compare the shapes first."""
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config


@mistake("adam", replaces="adam")
def steps_in_place(w, dw, config):
    """You change `w` in place. It belongs to the caller, who may still need the old one: make a new array."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    w -= config.get("learning_rate", 1e-3) * direction / scale
    return w, config


@mistake("adam", replaces="adam")
def remembered_as_m_and_v(w, dw, config):
    """You keep the moments in config under `m` and `v`, as another course does. Here they are called `first_moment` and `second_moment`."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    m = beta1 * config.get("m", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("v", 0.0) + (1 - beta2) * dw * dw
    config.update(m=m, v=v, t=t)
    scale = np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * (m / (1 - beta1**t)) / scale, config


@mistake("adam", replaces="adam")
def learning_rate_inside_the_moment(w, dw, config):
    """Your first moment has the learning rate inside. It averages gradients; the rate multiplies the step, at the end, so that a change of rate counts at once."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    first_moment = (
        beta1 * config.get("first_moment", 0.0)
        + (1 - beta1) * config.get("learning_rate", 1e-3) * dw
    )
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    return w - first_moment / (1 - beta1**t) / (
        np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    ), config


@mistake("adam", replaces="adam")
def zero_counts_as_missing(w, dw, config):
    """You write `config.get(...) or default`: a setting of 0 is taken for a missing one. The default belongs into `get`."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    beta1, beta2, t = (
        config.get("beta1") or 0.9,
        config.get("beta2") or 0.999,
        config.get("t", 0) + 1,
    )
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    return w - (config.get("learning_rate") or 1e-3) * m / (1 - beta1**t) / (
        np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8)
    ), config


@mistake("adam", replaces="adam")
def sizes_compared(w, dw, config):
    """You compare how many entries `w` and `dw` have, or how long they are. A row and a column have as many, and NumPy broadcasts them to a matrix: compare the shapes."""
    if dw.size != w.size:
        raise ValueError(f"{dw.shape} {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    return w - config.get("learning_rate", 1e-3) * m / (1 - beta1**t) / (
        np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8)
    ), config


@mistake("adam", replaces="adam")
def first_gradient_as_moments(w, dw, config):
    """Your moments begin with the first gradient and its square. They begin at zero; the correction is there to make up for it."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", dw) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", dw * dw) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    return w - config.get("learning_rate", 1e-3) * m / (
        np.sqrt(v) + config.get("eps", 1e-8)
    ), config


@mistake("adam", replaces="adam")
def only_the_first_is_corrected(w, dw, config):
    """You correct the first moment but not the second: early steps come out far too long."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    return w - config.get("learning_rate", 1e-3) * m / (1 - beta1**t) / (
        np.sqrt(v) + config.get("eps", 1e-8)
    ), config


@mistake("adam", replaces="adam")
def moments_are_not_stored(w, dw, config):
    """You count t, but the new moments do not get into config, so every step begins with moments of zero."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config["t"] = t
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def betas_of_the_moments_only(w, dw, config):
    """Your corrections have 0.9 and 0.999 in them whatever config says. The betas are settings there as well."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - 0.9**t)
        / (np.sqrt(v / (1 - 0.999**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def corrected_by_beta_times_t(w, dw, config):
    """Your corrections have beta times t, where beta to the power t belongs."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    with np.errstate(all="ignore"):
        step = (
            config.get("learning_rate", 1e-3)
            * (m / (1 - beta1 * t))
            / (np.sqrt(v / (1 - beta2 * t)) + config.get("eps", 1e-8))
        )
    return w - step, config


@mistake("adam", replaces="adam")
def corrected_by_beta_alone(w, dw, config):
    """Your corrections divide by 1 - beta at every step, without t. That is right at the first step alone."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1)
        / (np.sqrt(v / (1 - beta2)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def squares_not_taken(w, dw, config):
    """Your second moment averages the sizes of the gradients, not their squares."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * np.abs(dw)
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def moments_add_up(w, dw, config):
    """Your moments add the new gradient, and its square, whole. An average weighs what is new by 1 minus its beta."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + dw
    v = beta2 * config.get("second_moment", 0.0) + dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def eps_is_hard_coded(w, dw, config):
    """Your eps is a number in the code. It is a setting: take it from config, and 1e-8 where there is none."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    return w - config.get("learning_rate", 1e-3) * m / (1 - beta1**t) / (
        np.sqrt(v / (1 - beta2**t)) + 1e-7
    ), config


@mistake("adam", replaces="adam")
def another_default_for_eps(w, dw, config):
    """The default of your eps is not 1e-8. The table at the top has all defaults."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-7))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def another_default_for_the_rate(w, dw, config):
    """Your default learning rate is 0.01, that of the other rules. Adam's is 0.001."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-2)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def another_default_for_beta2(w, dw, config):
    """Your default for beta2 is 0.99. Adam's is 0.999."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.99), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def moments_in_double_precision(w, dw, config):
    """Your second moment begins as zeros that are made without a dtype, so float32 becomes float64."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    m = beta1 * config.get("first_moment", dw * 0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", np.zeros(w.shape)) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@mistake("adam", replaces="adam")
def one_t_for_all_parameters(w, dw, config):
    """You count t in a variable of the notebook, which all parameters share. It belongs into config."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    global STEPS
    STEPS = globals().get("STEPS", 0) + 1 if "first_moment" in config else 1
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), STEPS
    m = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=m, second_moment=v, t=t)
    step = (
        config.get("learning_rate", 1e-3)
        * m
        / (1 - beta1**t)
        / (np.sqrt(v / (1 - beta2**t)) + config.get("eps", 1e-8))
    )
    return w - step, config


@variant("adam", replaces="adam")
def a_new_config(w, dw, config):
    """Returns a new config with every default written in, and puts both corrections into the learning rate and eps."""
    if np.shape(w) != np.shape(dw):
        raise ValueError(f"{np.shape(w)} against {np.shape(dw)}")
    config = {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "t": 0, **config}
    m, v = (config.get(name, 0.0 * w) for name in ("first_moment", "second_moment"))
    config["t"] += 1
    config["first_moment"] = m + (1 - config["beta1"]) * (dw - m)
    config["second_moment"] = v + (1 - config["beta2"]) * (np.square(dw) - v)
    root = np.sqrt(1 - config["beta2"] ** config["t"])
    rate = config["learning_rate"] * root / (1 - config["beta1"] ** config["t"])
    rate, eps = float(rate), float(config["eps"] * root)
    return w - rate * config["first_moment"] / (np.sqrt(config["second_moment"]) + eps), config


@variant("adam", replaces="adam")
def state_in_place(w, dw, config):
    """Makes the arrays in config once, and writes into them from then on."""
    if w.shape != dw.shape:
        raise ValueError(f"w is {w.shape} and dw is {dw.shape}")
    for name in ("first_moment", "second_moment"):
        if config.get(name) is None:
            config[name] = np.zeros(w.shape, dtype=w.dtype if w.dtype.kind == "f" else float)
    config.setdefault("t", 0)
    config["t"] += 1
    m, v, t = config["first_moment"], config["second_moment"], config["t"]
    beta1, beta2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    m *= beta1
    m += (1 - beta1) * dw
    v *= beta2
    v += (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - config.setdefault("learning_rate", 1e-3) * m_hat / (
        np.sqrt(v_hat) + config.setdefault("eps", 1e-8)
    ), config


@variant("adam", replaces="adam")
def a_class_behind_the_function(w, dw, config):
    """A class that takes its state out of config and puts it back; moments moved by a part of the distance."""
    if np.shape(dw) != np.shape(w):
        raise ValueError(f"a gradient of shape {np.shape(dw)} for {np.shape(w)}")

    class Adam:
        defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "t": 0}

        def __init__(self):
            self.__dict__.update(self.defaults)
            kind = dw.dtype if dw.dtype.kind == "f" else np.dtype(float)
            self.first_moment, self.second_moment = np.zeros(w.shape, kind), np.zeros(w.shape, kind)
            self.__dict__.update(config)

        def step(self):
            self.t += 1
            self.first_moment = self.first_moment + (1 - self.beta1) * (dw - self.first_moment)
            self.second_moment = self.second_moment + (1 - self.beta2) * (
                np.square(dw) - self.second_moment
            )
            root = np.sqrt(self.second_moment) / np.sqrt(1 - self.beta2**self.t).item()
            return (
                self.learning_rate
                / (1 - self.beta1**self.t)
                * self.first_moment
                / (root + self.eps)
            )

    rule = Adam()
    next_w = w - rule.step()
    for name in ("first_moment", "second_moment", "t"):
        config[name] = getattr(rule, name)
    return next_w, config


@variant("adam", replaces="adam")
def moments_in_one_array(w, dw, config):
    """Both moments stacked in one array and moved together; written to a copy of w in place; float64 inside."""
    if w.shape != dw.shape:
        raise ValueError(f"w: {w.shape}, dw: {dw.shape}")
    kind = w.dtype if w.dtype.kind == "f" else np.dtype("float64")
    zeros = np.zeros(w.shape)
    betas = np.array([config.get("beta1", 0.9), config.get("beta2", 0.999)]).reshape(
        2, *[1] * w.ndim
    )
    old = np.stack([config.get("first_moment", zeros), config.get("second_moment", zeros)]).astype(
        np.float64
    )
    wide = dw.astype(np.float64)
    both = betas * old + (1 - betas) * np.stack([wide, wide**2])
    t = 1 + config.get("t", 0)
    direction, square = both / (1 - betas**t)
    moved = w.astype(np.float64)
    moved -= (
        config.get("learning_rate", 0.001) * direction / (np.sqrt(square) + config.get("eps", 1e-8))
    )
    config.update(t=t, first_moment=both[0].astype(kind), second_moment=both[1].astype(kind))
    return moved.astype(kind), config


@variant("adam", replaces="adam")
def t_is_a_float(w, dw, config):
    """t as a float, moments that begin as zeros of whole numbers, and the rate that holds both corrections."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    beta1, beta2, t = (
        config.get("beta1", 0.9),
        config.get("beta2", 0.999),
        config.get("t", 0.0) + 1.0,
    )
    m = beta1 * config.get("first_moment", 0) + (1 - beta1) * dw
    v = beta2 * config.get("second_moment", 0) + (1 - beta2) * np.square(dw)
    config.update({"first_moment": m, "second_moment": v, "t": t})
    direction = np.divide(m, 1 - np.power(beta1, t).item())
    return w - config.get("learning_rate", 0.001) * direction / (
        np.sqrt(np.divide(v, 1 - beta2**t)) + config.get("eps", 1e-8)
    ), config
