"""Known mistakes and right variants of `sgd_momentum`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "sgd_momentum",
    replaces=("sgd", "sgd_momentum"),
    change={
        'w - config["learning_rate"] * dw': 'w + config["learning_rate"] * dw',
        'w - config["learning_rate"] * velocity': 'w + config["learning_rate"] * velocity',
    },
)
def climbs():
    """You add the step, as the code on D4's slide does: that climbs. The gradient points uphill."""


@mistake("sgd_momentum", replaces="sgd_momentum", change={'config.get("momentum", 0.9)': "0.9"})
def momentum_is_always_the_default():
    """Your momentum is 0.9 whatever config says. That is only the default for a config without one."""


@mistake("sgd_momentum", replaces="sgd_momentum")
def velocity_is_the_gradient_itself(w, dw, config):
    """Your velocity is the array `dw` itself at the first step, and you then write into it: so you change the caller's gradient, and the momentum multiplies it as well. Make an array of its own, which starts at zero."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = config.setdefault("velocity", dw)
    velocity *= config.get("momentum", 0.9)
    velocity += dw
    return w - config["learning_rate"] * velocity, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def velocity_is_an_average(w, dw, config):
    """You weigh the new gradient by 1 minus the momentum, as D1's moving average does. This course's velocity is a sum: the gradient goes in whole."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    momentum = config.get("momentum", 0.9)
    velocity = momentum * config.get("velocity", np.zeros_like(w)) + (1 - momentum) * dw
    config["velocity"] = velocity
    return w - config["learning_rate"] * velocity, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def learning_rate_inside_the_velocity(w, dw, config):
    """Your velocity has the learning rate inside, as D2's has. The steps are the same only until the learning rate changes; in this course it multiplies the velocity at the step."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = (
        config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w))
        + config["learning_rate"] * dw
    )
    config["velocity"] = velocity
    return w - velocity, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def velocity_points_downhill(w, dw, config):
    """Your velocity holds the step itself: downhill, and already multiplied by the learning rate. That is another form of momentum; here the velocity adds up gradients."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = (
        config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w))
        - config["learning_rate"] * dw
    )
    config["velocity"] = velocity
    return w + velocity, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def old_velocity_steps(w, dw, config):
    """You step with the velocity from before this gradient came in. Update the velocity first, then step along the new one."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    velocity = config.get("velocity", np.zeros_like(w))
    config["velocity"] = config.get("momentum", 0.9) * velocity + dw
    return w - config["learning_rate"] * velocity, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def velocity_is_forgotten(w, dw, config):
    """You compute the new velocity but do not put it into config, so at the next step it is gone."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    config.setdefault("velocity", np.zeros_like(w))
    velocity = config.get("momentum", 0.9) * config["velocity"] + dw
    return w - config["learning_rate"] * velocity, config


@mistake("sgd_momentum", replaces=("sgd", "sgd_momentum"))
def steps_in_place():
    """You change `w` in place. It belongs to the caller, who may still need the old one: make a new array."""

    def sgd(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        w -= config["learning_rate"] * dw
        return w, config

    def sgd_momentum(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
        config["velocity"] = velocity
        w -= config["learning_rate"] * velocity
        return w, config

    return sgd, sgd_momentum


@mistake("sgd_momentum", replaces=("sgd", "sgd_momentum"))
def shapes_are_not_compared():
    """A gradient of another shape gets through where NumPy can broadcast it, and the parameters silently change shape or are pushed wrongly. Compare the shapes first."""

    def sgd(w, dw, config):
        return w - config["learning_rate"] * dw, config

    def sgd_momentum(w, dw, config):
        velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
        config["velocity"] = velocity
        return w - config["learning_rate"] * velocity, config

    return sgd, sgd_momentum


@mistake("sgd_momentum", replaces=("sgd_momentum", "one_array"))
def first_velocity_is_dw():
    """Your first velocity is `dw` itself, the very array. When training code writes the next gradient into it, your velocity changes along: keep an array of its own."""

    def sgd_momentum(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        if "velocity" in config:
            config["velocity"] = config.get("momentum", 0.9) * config["velocity"] + dw
        else:
            config["velocity"] = dw if dw.dtype.kind == "f" else dw.astype(float)
        return w - config["learning_rate"] * config["velocity"], config

    def one_array(name, gradients, w, config):
        rule, dw = globals()[name], np.empty_like(w)
        for gradient in gradients:
            dw[...] = gradient
            w, config = rule(w, dw, config)
        return w, config

    return sgd_momentum, one_array


@mistake("sgd_momentum", replaces=("sgd", "sgd_momentum"))
def sizes_compared():
    """You compare how many entries `w` and `dw` have, or how long they are. A row and a column have as many, and NumPy broadcasts them to a matrix: compare the shapes."""

    def sgd(w, dw, config):
        if dw.size != w.size:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        return w - config["learning_rate"] * dw, config

    def sgd_momentum(w, dw, config):
        if dw.size != w.size:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        velocity = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
        config["velocity"] = velocity
        return w - config["learning_rate"] * velocity, config

    return sgd, sgd_momentum


@mistake("sgd_momentum", replaces="sgd_momentum")
def right_velocity_plain_step(w, dw, config):
    """Your velocity is right, but w steps along the gradient alone. The new velocity moves w."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = v
    return w - config["learning_rate"] * dw, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def velocity_under_another_name(w, dw, config):
    """You keep the velocity in config under another name. Here it is called `velocity`."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("v", np.zeros_like(w)) + dw
    config["v"] = v
    return w - config["learning_rate"] * v, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def reads_velocity_never_writes(w, dw, config):
    """You read the velocity from config, but never put the new one there, so every step begins without one."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    return w - config["learning_rate"] * v, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def new_config_loses_settings(w, dw, config):
    """You return a new config that holds the velocity alone. The settings must stay in it, or the next step has no learning rate."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    return w - config["learning_rate"] * v, {"velocity": v}


@mistake("sgd_momentum", replaces="sgd_momentum")
def new_config_loses_momentum(w, dw, config):
    """You return a new config without the momentum, so the next step falls back to 0.9."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    return w - config["learning_rate"] * v, {
        "velocity": v,
        "learning_rate": config["learning_rate"],
    }


@mistake("sgd_momentum", replaces="sgd_momentum")
def zero_momentum_is_missing(w, dw, config):
    """You write `config.get("momentum") or 0.9`: a momentum of 0 is taken for a missing one. The default belongs into `get`."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = (config.get("momentum") or 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def default_momentum_half(w, dw, config):
    """Your default for the momentum is not 0.9."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.5) * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def momentum_required(w, dw, config):
    """You expect a `momentum` in config. Where there is none it is 0.9: `config.get` takes a default."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config["momentum"] * config.get("velocity", np.zeros_like(w)) + dw
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def momentum_steps_in_place(w, dw, config):
    """Your `sgd_momentum` changes `w` in place. It belongs to the caller, who may still need the old one: make a new array."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    config["velocity"] = config.get("momentum", 0.9) * config.get("velocity", np.zeros_like(w)) + dw
    w -= config["learning_rate"] * config["velocity"]
    return w, config


@mistake("sgd_momentum", replaces="sgd_momentum")
def double_zeros(w, dw, config):
    """Your first velocity is float64 whatever w is, from zeros that are made without a dtype: float32 becomes float64."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    v = config.get("momentum", 0.9) * config.get("velocity", np.zeros(w.shape)) + dw
    config["velocity"] = v
    return w - config["learning_rate"] * v, config


@variant("sgd_momentum", replaces=("sgd", "sgd_momentum"))
def a_new_config():
    """Returns a new config and leaves the old one as it was; writes its defaults into it."""

    def sgd(w, dw, config):
        if np.shape(w) != np.shape(dw):
            raise ValueError(f"{np.shape(w)} against {np.shape(dw)}")
        return np.subtract(w, np.multiply(config["learning_rate"], dw)), dict(config)

    def sgd_momentum(w, dw, config):
        if np.shape(w) != np.shape(dw):
            raise ValueError(f"{np.shape(w)} against {np.shape(dw)}")
        config = {"momentum": 0.9, "velocity": 0.0 * w, **config}
        config["velocity"] = dw + config["momentum"] * config["velocity"]
        return w - config["velocity"] * config["learning_rate"], config

    return sgd, sgd_momentum


@variant("sgd_momentum", replaces="sgd_momentum")
def velocity_in_place(w, dw, config):
    """Writes into a velocity array of its own; the first one is a copy of the gradient."""
    if w.shape != dw.shape:
        raise ValueError(f"w is {w.shape} and dw is {dw.shape}")
    config.setdefault("momentum", 0.9)
    if config.get("velocity") is None:
        config["velocity"] = np.array(
            dw, dtype=np.result_type(dw, np.float32) if dw.dtype.kind == "f" else float
        )
    else:
        velocity = np.array(
            config["velocity"], dtype=config["velocity"].dtype if dw.dtype.kind == "f" else float
        )
        velocity *= config["momentum"]
        velocity += dw
        config["velocity"] = velocity
    next_w = w.astype(config["velocity"].dtype)
    next_w -= config["learning_rate"] * config["velocity"]
    return next_w, config


@variant("sgd_momentum", replaces=("sgd", "sgd_momentum"))
def one_rule_for_both():
    """Plain descent is momentum without a memory: one function behind both, and the step is written in place into a copy."""

    def move(w, dw, rate):
        if np.shape(w) != np.shape(dw):
            raise ValueError(f"w {np.shape(w)}, dw {np.shape(dw)}")
        moved = np.array(w, dtype=w.dtype if w.dtype.kind == "f" else float)
        moved -= np.asarray(rate * dw, dtype=moved.dtype)
        return moved

    def plain(w, dw, config):
        return move(w, dw, config["learning_rate"]), config

    def momentum(w, dw, config):
        if w.shape != dw.shape:
            raise ValueError(f"w {w.shape}, dw {dw.shape}")
        velocity = 1.0 * dw
        if "velocity" in config:
            velocity = velocity + config.get("momentum", 0.9) * config["velocity"]
        config.update(velocity=velocity)
        return move(w, velocity, config["learning_rate"]), config

    return plain, momentum


@variant("sgd_momentum", replaces=("sgd", "sgd_momentum"))
def classes_behind_functions():
    """A class of optimizers with a `step`; defaults from a merged dictionary."""

    class Plain:
        defaults = {}

        def __init__(self, config):
            self.config, self.settings = config, {**self.defaults, **config}

        def step(self, w, dw):
            if dw.ndim != w.ndim or dw.shape != w.shape:
                raise ValueError(
                    f"a gradient of shape {dw.shape} for parameters of shape {w.shape}"
                )
            return np.subtract(w, np.multiply(self.settings["learning_rate"], self.direction(dw)))

        def direction(self, dw):
            return dw

    class Momentum(Plain):
        defaults = {"momentum": 0.9, "velocity": np.zeros((), np.float32)}

        def direction(self, dw):
            self.config["velocity"] = np.add(
                np.multiply(self.settings["momentum"], self.settings["velocity"]), dw
            )
            return self.config["velocity"]

    def plain(w, dw, config):
        return Plain(config).step(w, dw), config

    def momentum(w, dw, config):
        return Momentum(config).step(w, dw), config

    return plain, momentum


@variant("sgd_momentum", replaces="sgd_momentum")
def scalar_zero(w, dw, config):
    """A plain 0 for the first velocity, and products the other way round."""
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape} {w.shape}")
    config["velocity"] = dw * 1 + config.get("velocity", 0) * config.get("momentum", 0.9)
    return w - config["velocity"] * config["learning_rate"], config
