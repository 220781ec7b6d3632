"""Known mistakes and right variants of `nesterov`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("nesterov", replaces="nesterov_lookahead")
def gradient_where_it_stands(w, grad_fn, config):
    """You take the gradient at w: that is plain momentum. Nesterov takes it at the point to which velocity alone would carry w."""
    velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + grad_fn(
        w * 1.0
    )
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config


@mistake(
    "nesterov",
    replaces="nesterov_lookahead",
    change={'config["learning_rate"] * carried': "carried"},
)
def looks_ahead_without_the_learning_rate():
    """Your look-ahead has no learning rate in it. In D2 and D4 it is inside the velocity already; in this course it is not."""


@mistake(
    "nesterov",
    replaces="nesterov_lookahead",
    change={'w - config["learning_rate"] * carried': 'w + config["learning_rate"] * carried'},
)
def looks_back():
    """You look back instead of ahead. D4 adds its velocity, which points downhill; this course's is a sum of gradients and points uphill."""


@mistake("nesterov", replaces="nesterov_lookahead")
def looks_a_whole_velocity_ahead(w, grad_fn, config):
    """You look ahead along the old velocity without damping it by the momentum first."""
    old = config.get("velocity", np.zeros_like(w))
    velocity = config.get("momentum", 0.9) * old + grad_fn(w - config["learning_rate"] * old)
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config


@mistake("nesterov", replaces="nesterov_lookahead")
def steps_from_the_point_ahead(w, grad_fn, config):
    """You step from the point you looked ahead to, so the old velocity carries you twice. Only the gradient is taken there; the step starts from w."""
    carried = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w))
    ahead = w - config["learning_rate"] * carried
    velocity = carried + grad_fn(ahead)
    config["velocity"] = velocity
    return ahead - config["learning_rate"] * velocity, config


@mistake("nesterov", replaces="nesterov")
def plain_momentum(w, dw, config):
    """Your `nesterov` steps along the velocity alone, which is plain momentum. The point looked ahead to moves further: do the substitution."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config


@mistake(
    "nesterov",
    replaces="nesterov",
    change={
        'config["learning_rate"]': 'config["learning_rate"] * momentum',
        "dw + momentum * velocity": "velocity",
    },
)
def damped_velocity_alone():
    """Your `nesterov` moves by the damped new velocity only: the gradient's own part got lost in the substitution."""


@mistake("nesterov", replaces="nesterov")
def letters_of_d4(w, dw, config):
    """You took over D4's update line. Its velocity has the learning rate inside and points downhill; this course's has neither, so the line means something else here."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    momentum = config.get("momentum", 0.9)
    old = config.get("velocity", np.zeros_like(w))
    velocity = momentum * old - config["learning_rate"] * dw
    config["velocity"] = velocity
    return w - momentum * old + (1 + momentum) * velocity, config


@mistake("nesterov", replaces=("nesterov_lookahead", "nesterov"))
def momentum_is_always_the_default():
    """Your momentum is 0.9 whatever config says. That is only the default for a config without one."""

    def nesterov_lookahead(w, grad_fn, config):
        carried = 0.9 * config.get("velocity", np.zeros_like(w))
        velocity = carried + grad_fn(w - config["learning_rate"] * carried)
        config["velocity"] = velocity
        return w - config["learning_rate"] * velocity, config

    def nesterov(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        velocity = 0.9 * config.get("velocity", np.zeros_like(w)) + dw
        config["velocity"] = velocity
        return w - config["learning_rate"] * (dw + 0.9 * velocity), config

    return nesterov_lookahead, nesterov


@mistake("nesterov", replaces=("nesterov", "one_array"))
def first_velocity_is_dw():
    """The first velocity of your `nesterov` is `dw` itself, the very array. When training code writes the next gradient into it, your velocity changes along: keep an array of its own."""

    def nesterov(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        momentum = config.get("momentum", 0.9)
        velocity = momentum * config["velocity"] + dw if "velocity" in config else dw
        config["velocity"] = velocity
        return w - config["learning_rate"] * (dw + momentum * velocity), config

    def one_array(name, gradients, w, config):
        rule, dw = globals()[name], np.empty_like(w)
        for gradient in gradients:
            dw[...] = gradient
            w, config = rule(w, dw, config)
        return w, config

    return nesterov, one_array


@mistake("nesterov", replaces="nesterov")
def sizes_compared(w, dw, config):
    """You compare how many entries `w` and `dw` have, or how long they are. A row and a column have as many, and NumPy broadcasts them to a matrix: compare the shapes."""
    if dw.size != w.size:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    momentum = config.get("momentum", 0.9)
    velocity = momentum * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * (dw + momentum * velocity), config


@mistake("nesterov", replaces="nesterov", change={'    config["velocity"] = velocity\n': ""})
def nesterov_forgets():
    """The new velocity of your `nesterov` does not get into config, so every step begins without one."""


@mistake(
    "nesterov", replaces="nesterov_lookahead", change={'    config["velocity"] = velocity\n': ""}
)
def lookahead_forgets():
    """The new velocity of your `nesterov_lookahead` does not get into config, so every step begins without one."""


@mistake("nesterov", replaces="nesterov")
def undamped_velocity_in_the_step(w, dw, config):
    """Your `nesterov` moves by the gradient and the whole new velocity. In the derivation the velocity is multiplied by the momentum."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * (dw + velocity), config


@mistake(
    "nesterov",
    replaces="nesterov",
    change={
        'w - config["learning_rate"] * (dw + momentum * velocity)': 'w + config["learning_rate"] * (dw + momentum * velocity)'
    },
)
def climbs():
    """Your `nesterov` adds the step. The gradient points uphill."""


@mistake("nesterov", replaces="nesterov")
def nesterov_steps_in_place(w, dw, config):
    """Your `nesterov` changes `w` in place. It belongs to the caller, who may still need the old one: make a new array."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    momentum = config.get("momentum", 0.9)
    velocity = momentum * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = velocity
    w -= config["learning_rate"] * (dw + momentum * velocity)
    return w, config


@mistake("nesterov", replaces=("nesterov_lookahead", "nesterov"))
def zero_momentum_is_missing():
    """You write `config.get("momentum") or 0.9`: a momentum of 0 is taken for a missing one. The default belongs into `get`."""

    def nesterov_lookahead(w, grad_fn, config):
        carried = (config.get("momentum") or 0.9) * config.get("velocity", np.zeros_like(w))
        velocity = carried + grad_fn(w - config["learning_rate"] * carried)
        config["velocity"] = velocity
        return w - config["learning_rate"] * velocity, config

    def nesterov(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        momentum = config.get("momentum") or 0.9
        velocity = momentum * config.get("velocity", np.zeros_like(w)) + dw
        config["velocity"] = velocity
        return w - config["learning_rate"] * (dw + momentum * velocity), config

    return nesterov_lookahead, nesterov


@mistake("nesterov", replaces=("nesterov_lookahead", "nesterov"))
def double_zeros():
    """Your first velocity is float64 whatever w is, from zeros that are made without a dtype: float32 becomes float64."""

    def nesterov_lookahead(w, grad_fn, config):
        carried = config.get("momentum", 0.9) * config.get("velocity", np.zeros(w.shape))
        velocity = carried + grad_fn(
            (w - config["learning_rate"] * carried).astype(
                w.dtype if w.dtype.kind == "f" else float
            )
        )
        config["velocity"] = velocity
        return w - config["learning_rate"] * velocity, config

    def nesterov(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        momentum = config.get("momentum", 0.9)
        velocity = momentum * config.get("velocity", np.zeros(w.shape)) + dw
        config["velocity"] = velocity
        return w - config["learning_rate"] * (dw + momentum * velocity), config

    return nesterov_lookahead, nesterov


@mistake("nesterov", replaces="nesterov_lookahead")
def lookahead_at_the_default(w, grad_fn, config):
    """You look ahead with a momentum of 0.9 whatever config says. The momentum is needed twice, and is a setting in both places."""
    old = config.get("velocity", np.zeros_like(w))
    velocity = config.get("momentum", 0.9) * old + grad_fn(w - config["learning_rate"] * 0.9 * old)
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config


@mistake(
    "nesterov",
    replaces="nesterov",
    change={
        'momentum * config.get("velocity", np.zeros_like(w)) + dw': 'momentum * config.get("velocity", np.zeros_like(w)) + (1 - momentum) * dw'
    },
)
def average_for_the_velocity():
    """The velocity of your `nesterov` weighs the new gradient by 1 minus the momentum, as D1's moving average does. This course's velocity is a sum: the gradient goes in whole."""


@variant("nesterov", replaces="nesterov_lookahead")
def moves_on_from_the_point_ahead(w, grad_fn, config):
    """From the point ahead only the gradient's part is left to do: the same place by another way."""
    v = config.get("velocity", 0 * w)
    rho, rate = config.get("momentum", 0.9), config["learning_rate"]
    ahead = w - rate * rho * v
    g = grad_fn(ahead)
    return ahead - rate * g, {**config, "velocity": rho * v + g}


@variant("nesterov", replaces="nesterov")
def d4_translated(w, dw, config):
    """D4's update line, properly translated."""
    if dw.shape != w.shape:
        raise ValueError(f"shapes differ: {dw.shape}, {w.shape}")
    rho, rate = config.setdefault("momentum", 0.9), config["learning_rate"]
    old = config.get("velocity", np.zeros(w.shape, dtype=dw.dtype))
    config["velocity"] = rho * old + dw
    return w + rate * rho * old - rate * (1 + rho) * config["velocity"], config


@variant("nesterov", replaces=("nesterov_lookahead", "nesterov"))
def one_helper_for_both():
    """Both forms share a helper, and config keeps more than it must."""

    def advance(config, w, g):
        rho = config.get("momentum", 0.9)
        v = config.get("velocity")
        config["velocity"] = 1.0 * g if v is None else rho * v + g
        config["steps"] = config.get("steps", 0) + 1
        return rho, config["learning_rate"], config["velocity"]

    def nesterov_lookahead(w, grad_fn, config):
        v = config.get("velocity")
        ahead = w if v is None else w - config["learning_rate"] * config.get("momentum", 0.9) * v
        _, rate, v = advance(config, w, grad_fn(ahead))
        return w - rate * v, config

    def nesterov(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"shapes differ: {dw.shape}, {w.shape}")
        rho, rate, v = advance(config, w, dw)
        return w - rate * dw - rate * rho * v, config

    return nesterov_lookahead, nesterov


@variant("nesterov", replaces=("nesterov_lookahead", "nesterov"))
def classes_and_copies_in_place():
    """A class that holds the memory; the steps are taken in place on copies, one part after the other."""

    class Memory:
        def __init__(self, w, config):
            self.config, self.rate, self.rho = (
                config,
                config["learning_rate"],
                config.get("momentum", 0.9),
            )
            self.velocity = (
                config["velocity"].copy() if "velocity" in config else np.zeros(w.shape, w.dtype)
            )

        def take(self, dw):
            self.velocity = np.asarray(self.rho * self.velocity + dw)
            self.config["velocity"] = self.velocity
            return self.velocity

    def lookahead(w, grad_fn, config):
        memory = Memory(w, config)
        ahead = w.copy() if w.dtype.kind == "f" else w.astype(float)
        ahead -= np.asarray(memory.rate * memory.rho * memory.velocity, ahead.dtype)
        memory.take(grad_fn(ahead))
        return np.asarray(w - memory.rate * memory.velocity), config

    def changed(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw is {dw.shape}, w is {w.shape}")
        memory = Memory(w, config)
        before = memory.velocity
        after = memory.take(dw)
        return w + memory.rate * memory.rho * before - memory.rate * (
            1 + memory.rho
        ) * after, config

    return lookahead, changed
