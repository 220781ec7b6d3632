"""Known mistakes and right variants of `adaptive`: AdaGrad, RMSProp and AdaDelta."""

import numpy as np

from autograder.core.mistakes import mistake, variant

# A mistake that two rules can share has an entry for each of them: the hint must be true for an answer in which one of them is right.


@mistake("adaptive", replaces="adagrad", change={"np.sqrt(grad_squared)": "grad_squared"})
def no_root_in_adagrad():
    """Your AdaGrad divides by the sum of the squares itself, as D2's slide says. Without the root a gradient ten times as large makes a step ten times as short."""


@mistake("adaptive", replaces="rmsprop", change={"np.sqrt(grad_squared)": "grad_squared"})
def no_root_in_rmsprop():
    """Your RMSProp divides by the mean square itself. The R of its name is missing: root mean square."""


@mistake(
    "adaptive",
    replaces="adagrad",
    change={
        'np.sqrt(grad_squared) + config.get("eps", 1e-8)': 'np.sqrt(grad_squared + config.get("eps", 1e-8))'
    },
)
def eps_inside_in_adagrad():
    """Your AdaGrad adds eps to the squares, inside the root. In this course it is added to the root."""


@mistake(
    "adaptive",
    replaces="rmsprop",
    change={
        'np.sqrt(grad_squared) + config.get("eps", 1e-8)': 'np.sqrt(grad_squared + config.get("eps", 1e-8))'
    },
)
def eps_inside_in_rmsprop():
    """Your RMSProp adds eps to the squares, inside the root, as D2 prints it. In this course it is added to the root."""


@mistake("adaptive", replaces="adagrad")
def eps_added_to_adagrads_quotient(w, dw, config):
    """Your AdaGrad has `/ sqrt(s) + eps`: division comes before addition, so eps is added to the step, and zero is still divided by zero. Put brackets around the denominator."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    grad_squared = config.get("grad_squared", 0.0) + dw * dw
    config["grad_squared"] = grad_squared
    return w - (
        config.get("learning_rate", 0.01) * np.divide(dw, np.sqrt(grad_squared))
        + config.get("eps", 1e-8)
    ), config


@mistake("adaptive", replaces="rmsprop")
def eps_added_to_rmsprops_quotient(w, dw, config):
    """Your RMSProp has `/ sqrt(s) + eps`: division comes before addition, so eps is added to the step, and zero is still divided by zero. Put brackets around the denominator."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate = config.get("decay_rate", 0.99)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    config["grad_squared"] = grad_squared
    return w - (
        config.get("learning_rate", 0.01) * np.divide(dw, np.sqrt(grad_squared))
        + config.get("eps", 1e-8)
    ), config


@mistake("adaptive", replaces="rmsprop")
def rmsprop_without_eps(w, dw, config):
    """Your RMSProp has no eps, as D1's slide has none: a weight that never gets a gradient is divided zero by zero."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate = config.get("decay_rate", 0.99)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    config["grad_squared"] = grad_squared
    return w - config.get("learning_rate", 0.01) * np.divide(dw, np.sqrt(grad_squared)), config


@mistake(
    "adaptive", replaces="adagrad", change={'config.get("grad_squared", 0.0) + dw * dw': "dw * dw"}
)
def adagrad_forgets():
    """The sum of your AdaGrad is gone at the next step: put it into config, and begin with what is there."""


@mistake(
    "adaptive",
    replaces="adadelta",
    change={
        "np.sqrt(grad_squared + eps)": 'np.sqrt(config.get("grad_squared", np.zeros_like(dw)) + eps)'
    },
)
def adadelta_divides_by_the_old_average():
    """Your AdaDelta divides by the average of squared gradients from before this step. Only delta_squared is that of the previous steps: update grad_squared first."""


@mistake(
    "adaptive",
    replaces="adagrad",
    change={"np.sqrt(grad_squared)": "np.sqrt(grad_squared - dw * dw)"},
)
def adagrad_divides_by_the_old_sum():
    """Your AdaGrad divides by the sum from before this gradient came in. Add its square first, then divide."""


@mistake(
    "adaptive",
    replaces="adagrad",
    change={
        'config.get("grad_squared", 0.0) + dw * dw': 'config.get("grad_squared", 0.0) + np.sum(dw * dw)',
        'config.get("grad_squared", 0.0)': 'config.get("grad_squared", np.zeros(w.shape))',
    },
)
def one_sum_for_all_entries():
    """Your AdaGrad adds the squares of all entries up into one number, so that all weights share one rate. Each entry needs a sum of its own."""


@mistake(
    "adaptive",
    replaces="adagrad",
    change={
        "np.sqrt(grad_squared)": 'config["grad_squared"]',
        'config["grad_squared"] = grad_squared': 'config["grad_squared"] = np.sqrt(grad_squared)',
    },
)
def root_is_remembered():
    """Your AdaGrad keeps the root of the sum in config, where the sum itself belongs: at the next step the root would be taken of a root."""


@mistake("adaptive", replaces="rmsprop")
def rmsprop_weights_swapped(w, dw, config):
    """In your RMSProp the new square has the weight decay_rate, and the past has the rest: at 0.99 it would remember nearly nothing."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate = config.get("decay_rate", 0.99)
    grad_squared = (1 - decay_rate) * config.get("grad_squared", 0.0) + decay_rate * dw * dw
    config["grad_squared"] = grad_squared
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(grad_squared) + config.get("eps", 1e-8)
    ), config


@mistake("adaptive", replaces="rmsprop")
def old_average_divides(w, dw, config):
    """Your RMSProp divides by the average from before this step's gradient. Update the average first, then divide by its root."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate, before = (
        config.get("decay_rate", 0.99),
        config.get("grad_squared", np.zeros_like(w)),
    )
    config["grad_squared"] = decay_rate * before + (1 - decay_rate) * dw * dw
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(before) + config.get("eps", 1e-8)
    ), config


@mistake("adaptive", replaces="rmsprop", change={"(1 - decay_rate) * dw": "dw"})
def a_leaky_sum():
    """Your RMSProp lets the sum leak but adds the new square whole. An average weighs it by 1 - decay_rate."""


@mistake("adaptive", replaces="rmsprop")
def rmsprop_is_corrected(w, dw, config):
    """Your RMSProp corrects its average for the zero that it begins with. Adam does so; RMSProp uses the average without a correction."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate = config.get("decay_rate", 0.99)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    count = config.get("count", 0) + 1
    config["grad_squared"], config["count"] = grad_squared, count
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(grad_squared / (1 - decay_rate**count)) + config.get("eps", 1e-8)
    ), config


@mistake("adaptive", replaces="rmsprop", change={'config.get("decay_rate", 0.99)': "0.99"})
def decay_rate_is_always_the_default():
    """Your RMSProp keeps 0.99 of the past whatever config says. That is only the default."""


@mistake("adaptive", replaces="adadelta")
def delta_enters_its_own_average(w, dw, config):
    """Your AdaDelta puts this step's delta into the average above the line, and steps with that. The root above the line knows of earlier steps only."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    delta_squared = config.get("delta_squared", np.zeros_like(dw))
    delta = np.sqrt(delta_squared + eps) / np.sqrt(grad_squared + eps) * dw
    delta_squared = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
    config["grad_squared"], config["delta_squared"] = grad_squared, delta_squared
    return w - config.get("learning_rate", 1.0) * np.sqrt(delta_squared + eps) / np.sqrt(
        grad_squared + eps
    ) * dw, config


@mistake("adaptive", replaces="adadelta", change={"delta_squared + eps": "delta_squared"})
def adadelta_never_moves():
    """Your AdaDelta has eps below the line only. Its steps begin at zero, so what stands above the line is zero too, and stays so: it never moves."""


@mistake("adaptive", replaces="adadelta")
def adadelta_eps_outside(w, dw, config):
    """Your AdaDelta adds eps to its roots. In this rule it stands inside them, above and below the line."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    delta_squared = config.get("delta_squared", np.zeros_like(dw))
    delta = (np.sqrt(delta_squared) + eps) / (np.sqrt(grad_squared) + eps) * dw
    config["grad_squared"] = grad_squared
    config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
    return w - config.get("learning_rate", 1.0) * delta, config


@mistake(
    "adaptive",
    replaces="adadelta",
    change={
        "np.sqrt(delta_squared + eps)": 'config.get("learning_rate", 1.0) * np.sqrt(delta_squared + eps)',
        'config.get("learning_rate", 1.0) * delta': "delta",
    },
)
def learning_rate_is_remembered():
    """Your AdaDelta remembers its steps after they were multiplied by the learning rate. It averages the squares of delta; the rate comes last of all."""


@mistake(
    "adaptive",
    replaces="adadelta",
    change={"decay_rate * delta_squared + (1 - decay_rate) * delta * delta": "delta_squared"},
)
def steps_are_not_remembered():
    """Your AdaDelta leaves `delta_squared` at zero, so every step is made by eps alone. After a step its square goes into the average."""


@mistake(
    "adaptive",
    replaces="adadelta",
    change={"decay_rate * delta_squared": "delta_squared", "(1 - decay_rate) * delta": "delta"},
)
def delta_squared_adds_up():
    """Your AdaDelta adds the squares of its steps up. Above the line as below stands an average that forgets."""


@mistake("adaptive", replaces="adadelta")
def upside_down(w, dw, config):
    """Your AdaDelta stands upside down: steep weights get the longer steps. What its steps have been belongs above the line, what the gradients have been below."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
    grad_squared = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
    delta_squared = config.get("delta_squared", np.zeros_like(dw))
    delta = np.sqrt(grad_squared + eps) / np.sqrt(delta_squared + eps) * dw
    config["grad_squared"] = grad_squared
    config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
    return w - config.get("learning_rate", 1.0) * delta, config


@mistake(
    "adaptive",
    replaces="adadelta",
    change={"decay_rate * delta_squared + (1 - decay_rate) * delta * delta": "grad_squared"},
)
def gradients_above_the_line():
    """Your AdaDelta averages the squares of the gradients above the line too, one step behind. There belong the squares of its own steps."""


@mistake(
    "adaptive", replaces="adadelta", change={'config.get("learning_rate", 1.0) * delta': "delta"}
)
def no_learning_rate():
    """Your AdaDelta takes no notice of `learning_rate`. Its default is 1, but it is a setting, and a schedule needs it."""


@mistake(
    "adaptive", replaces="adadelta", change={'config.get("eps", 1e-6)': 'config.get("eps", 1e-8)'}
)
def adadelta_eps_of_the_others():
    """Your AdaDelta has the other rules' default for eps, 1e-8. Its own is in the table: its first steps are made by eps, so there it matters."""


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def shapes_are_not_compared():
    """A gradient of another shape gets through where NumPy can broadcast it, and weights are pushed by gradients that are not theirs. Compare the shapes first."""

    def adagrad(w, dw, config):
        config["grad_squared"] = config.get("grad_squared", 0.0) + dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        decay_rate = config.get("decay_rate", 0.99)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def adadelta(w, dw, config):
        decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        delta_squared = config.get("delta_squared", np.zeros_like(dw))
        delta = np.sqrt(delta_squared + eps) / np.sqrt(config["grad_squared"] + eps) * dw
        config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
        return w - config.get("learning_rate", 1.0) * delta, config

    return adagrad, rmsprop, adadelta


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def steps_in_place():
    """You change `w` in place. It belongs to the caller, who may still need the old one: make a new array."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        config["grad_squared"] = config.get("grad_squared", 0.0) + dw * dw
        w -= (
            config.get("learning_rate", 0.01)
            * dw
            / (np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8))
        )
        return w, config

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        w -= (
            config.get("learning_rate", 0.01)
            * dw
            / (np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8))
        )
        return w, config

    def adadelta(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        delta_squared = config.get("delta_squared", np.zeros_like(dw))
        delta = np.sqrt(delta_squared + eps) / np.sqrt(config["grad_squared"] + eps) * dw
        config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
        w -= config.get("learning_rate", 1.0) * delta
        return w, config

    return adagrad, rmsprop, adadelta


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def climbs():
    """You add the step. The gradient points uphill."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        config["grad_squared"] = config.get("grad_squared", 0.0) + dw * dw
        return w + config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        return w + config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def adadelta(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        delta_squared = config.get("delta_squared", np.zeros_like(dw))
        delta = np.sqrt(delta_squared + eps) / np.sqrt(config["grad_squared"] + eps) * dw
        config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
        return w + config.get("learning_rate", 1.0) * delta, config

    return adagrad, rmsprop, adadelta


@mistake("adaptive", replaces=("adagrad", "rmsprop"))
def remembered_as_cache():
    """You keep the squares in config under `cache`, as another course does. Here they are called `grad_squared`: the table at the top has all names."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        config["cache"] = config.get("cache", 0.0) + dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["cache"]) + config.get("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        config["cache"] = decay_rate * config.get("cache", 0.0) + (1 - decay_rate) * dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["cache"]) + config.get("eps", 1e-8)
        ), config

    return adagrad, rmsprop


@mistake("adaptive", replaces="adagrad")
def sum_expected_in_config(w, dw, config):
    """Your AdaGrad expects `grad_squared` to be in config already. Before the first step nothing is: then it is zero."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    config["grad_squared"] = config["grad_squared"] + dw * dw
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
    ), config


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def zero_counts_as_missing():
    """You write `config.get(...) or default`: a setting of 0 is taken for a missing one. The default belongs into `get`."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        config["grad_squared"] = config.get("grad_squared", 0.0) + dw * dw
        return w - (config.get("learning_rate") or 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate") or 0.99
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        return w - (config.get("learning_rate") or 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def adadelta(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate, eps = config.get("decay_rate") or 0.95, config.get("eps", 1e-6)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        delta_squared = config.get("delta_squared", np.zeros_like(dw))
        delta = np.sqrt(delta_squared + eps) / np.sqrt(config["grad_squared"] + eps) * dw
        config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
        return w - (config.get("learning_rate") or 1.0) * delta, config

    return adagrad, rmsprop, adadelta


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def sizes_compared():
    """You compare how many entries `w` and `dw` have, or how long they are. A row and a column have as many, and NumPy broadcasts them to a matrix: compare the shapes."""

    def adagrad(w, dw, config):
        if dw.size != w.size:
            raise ValueError(f"{dw.shape} {w.shape}")
        config["grad_squared"] = config.get("grad_squared", 0.0) + dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        if dw.size != w.size:
            raise ValueError(f"{dw.shape} {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
        ), config

    def adadelta(w, dw, config):
        if dw.size != w.size:
            raise ValueError(f"{dw.shape} {w.shape}")
        decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        delta_squared = config.get("delta_squared", np.zeros_like(dw))
        delta = np.sqrt(delta_squared + eps) / np.sqrt(config["grad_squared"] + eps) * dw
        config["delta_squared"] = decay_rate * delta_squared + (1 - decay_rate) * delta * delta
        return w - config.get("learning_rate", 1.0) * delta, config

    return adagrad, rmsprop, adadelta


@mistake("adaptive", replaces="adagrad", change={'config.get("eps", 1e-8)': "1e-7"})
def eps_of_adagrad_is_hard_coded():
    """The eps of your AdaGrad is a number in the code. It is a setting: take it from config, and 1e-8 where there is none."""


@mistake("adaptive", replaces="rmsprop", change={'config.get("eps", 1e-8)': "1e-8"})
def eps_of_rmsprop_is_hard_coded():
    """The eps of your RMSProp is a number in the code. It is a setting: take it from config, and 1e-8 where there is none."""


@mistake("adaptive", replaces=("adagrad", "rmsprop"))
def another_default_for_eps():
    """The default of your eps is not 1e-8, in AdaGrad and in RMSProp. The table at the top has all defaults."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        config["grad_squared"] = config.get("grad_squared", 0.0) + dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-7)
        ), config

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        config["grad_squared"] = (
            decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        )
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(config["grad_squared"]) + config.get("eps", 1e-7)
        ), config

    return adagrad, rmsprop


@mistake("adaptive", replaces="rmsprop", change={'    config["grad_squared"] = grad_squared\n': ""})
def rmsprop_forgets():
    """The new average of your RMSProp does not get into config, so every step begins from zero. Put it there."""


@mistake("adaptive", replaces="adagrad", change={'    config["grad_squared"] = grad_squared\n': ""})
def sum_is_not_stored():
    """The new sum of your AdaGrad does not get into config, so every step begins from zero. Put it there."""


@mistake("adaptive", replaces="adagrad")
def a_squared_norm(w, dw, config):
    """Your AdaGrad adds up the gradients themselves and squares the sum. Square each gradient first, then add."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    config["grad_squared"] = (np.sqrt(config.get("grad_squared", 0.0)) + dw) ** 2
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
    ), config


@mistake(
    "adaptive",
    replaces="adadelta",
    change={'config.get("learning_rate", 1.0)': 'config.get("learning_rate", 0.01)'},
)
def adadelta_with_a_small_rate():
    """Your AdaDelta has a default learning rate of 0.01. Its own is 1: the steps' length comes from the steps before."""


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def settings_do_not_come_back():
    """You return a new config without the settings, so the next step falls back to the defaults."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        s = config.get("grad_squared", 0.0) + dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(s) + config.get("eps", 1e-8)
        ), {"grad_squared": s}

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        s = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(s) + config.get("eps", 1e-8)
        ), {"grad_squared": s}

    def adadelta(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate, eps = config.get("decay_rate", 0.95), config.get("eps", 1e-6)
        s = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        d = config.get("delta_squared", np.zeros_like(dw))
        delta = np.sqrt(d + eps) / np.sqrt(s + eps) * dw
        d = decay_rate * d + (1 - decay_rate) * delta * delta
        return w - config.get("learning_rate", 1.0) * delta, {"grad_squared": s, "delta_squared": d}

    return adagrad, rmsprop, adadelta


@mistake("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def everything_in_double_precision():
    """float32 becomes float64 in your rules, since the zeros that they begin with are made without a dtype."""
    inner = adagrad, rmsprop, adadelta

    def wrapped(rule):
        def step(w, dw, config):
            if dw.shape != w.shape:
                raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
            config.setdefault("grad_squared", np.zeros(w.shape))
            return rule(w, dw, config)

        return step

    return tuple(map(wrapped, inner))


@mistake("adaptive", replaces=("adagrad", "rmsprop"))
def this_gradient_alone_below():
    """You keep the squares as you should, but divide by this gradient's own alone, in AdaGrad and in RMSProp. Divide by the root of what you keep."""

    def adagrad(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        s = config.get("grad_squared", 0.0) + dw * dw
        config["grad_squared"] = s
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt(dw * dw) + config.get("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        if dw.shape != w.shape:
            raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
        decay_rate = config.get("decay_rate", 0.99)
        s = decay_rate * config.get("grad_squared", 0.0) + (1 - decay_rate) * dw * dw
        config["grad_squared"] = s
        return w - config.get("learning_rate", 0.01) * dw / (
            np.sqrt((1 - decay_rate) * dw * dw) + config.get("eps", 1e-8)
        ), config

    return adagrad, rmsprop


@variant("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def a_new_config():
    """Returns new configs with every default written in, and leaves the old ones as they were."""

    def ready(w, dw, config, **defaults):
        if np.shape(w) != np.shape(dw):
            raise ValueError(f"{np.shape(w)} against {np.shape(dw)}")
        return {**defaults, **config}

    def adagrad(w, dw, config):
        config = ready(
            w,
            dw,
            config,
            learning_rate=1e-2,
            eps=1e-8,
            grad_squared=np.zeros(w.shape, np.result_type(w, 0.0)),
        )
        config["grad_squared"] = config["grad_squared"] + np.square(dw)
        rate = config["learning_rate"] / (np.sqrt(config["grad_squared"]) + config["eps"])
        return w - rate * dw, config

    def rmsprop(w, dw, config):
        config = ready(
            w, dw, config, learning_rate=1e-2, decay_rate=0.99, eps=1e-8, grad_squared=0.0 * w
        )
        s = config["grad_squared"]
        config["grad_squared"] = s + (1 - config["decay_rate"]) * (np.square(dw) - s)
        return w - config["learning_rate"] * (
            dw / (config["grad_squared"] ** 0.5 + config["eps"])
        ), config

    def adadelta(w, dw, config):
        config = ready(
            w,
            dw,
            config,
            learning_rate=1,
            decay_rate=0.95,
            eps=1e-6,
            grad_squared=0.0 * w,
            delta_squared=0.0 * w,
        )
        rho, eps = config["decay_rate"], config["eps"]
        config["grad_squared"] = rho * config["grad_squared"] + (1 - rho) * np.square(dw)
        delta = -np.sqrt((config["delta_squared"] + eps) / (config["grad_squared"] + eps)) * dw
        config["delta_squared"] = rho * config["delta_squared"] + (1 - rho) * np.square(delta)
        return w + config["learning_rate"] * delta, config

    return adagrad, rmsprop, adadelta


@variant("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def state_in_place():
    """Makes the arrays in config once, and writes into them from then on."""

    def state(config, name, w):
        if name not in config:
            config[name] = np.zeros(w.shape, dtype=w.dtype if w.dtype.kind == "f" else float)
        return config[name]

    def adagrad(w, dw, config):
        if w.shape != dw.shape:
            raise ValueError(f"w is {w.shape} and dw is {dw.shape}")
        s = state(config, "grad_squared", w)
        s += dw**2
        return w - config.setdefault("learning_rate", 0.01) * dw / (
            np.sqrt(s) + config.setdefault("eps", 1e-8)
        ), config

    def rmsprop(w, dw, config):
        if w.shape != dw.shape:
            raise ValueError(f"w is {w.shape} and dw is {dw.shape}")
        s, rho = state(config, "grad_squared", w), config.setdefault("decay_rate", 0.99)
        s *= rho
        s += (1 - rho) * dw**2
        return w - config.setdefault("learning_rate", 0.01) * dw / (
            np.sqrt(s) + config.setdefault("eps", 1e-8)
        ), config

    def adadelta(w, dw, config):
        if w.shape != dw.shape:
            raise ValueError(f"w is {w.shape} and dw is {dw.shape}")
        s, d = state(config, "grad_squared", w), state(config, "delta_squared", w)
        rho, eps = config.setdefault("decay_rate", 0.95), config.setdefault("eps", 1e-6)
        s *= rho
        s += (1 - rho) * dw**2
        delta = dw * np.sqrt(d + eps) / np.sqrt(s + eps)
        d *= rho
        d += (1 - rho) * delta**2
        return w - config.setdefault("learning_rate", 1.0) * delta, config

    return adagrad, rmsprop, adadelta


@variant("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def one_class_for_three():
    """A class that knows config, shapes and averages; each rule is a few lines on it."""

    class Step:
        def __init__(self, w, dw, config, **defaults):
            if np.shape(w) != np.shape(dw):
                raise ValueError(f"w is {np.shape(w)}, dw is {np.shape(dw)}")
            self.w, self.dw, self.config = w, dw, config
            self.settings = {**defaults, **config}

        def __getitem__(self, name):
            return self.settings[name]

        def remember(self, name, keep, add, new):
            old = (
                self.config[name]
                if name in self.config
                else np.zeros(self.w.shape, np.result_type(self.dw, np.float32))
            )
            self.config[name] = keep * old + add * new
            return self.config[name]

        def done(self, move):
            return np.subtract(self.w, move), self.config

    def adagrad(w, dw, config):
        step = Step(w, dw, config, learning_rate=0.01, eps=1e-8)
        total = step.remember("grad_squared", 1, 1, dw**2)
        return step.done(step["learning_rate"] / (total**0.5 + step["eps"]) * dw)

    def rmsprop(w, dw, config):
        step = Step(w, dw, config, learning_rate=0.01, decay_rate=0.99, eps=1e-8)
        mean = step.remember(
            "grad_squared", step["decay_rate"], 1 - step["decay_rate"], np.square(dw)
        )
        return step.done(step["learning_rate"] * (dw / (np.sqrt(mean) + step["eps"])))

    def adadelta(w, dw, config):
        step = Step(w, dw, config, learning_rate=1.0, decay_rate=0.95, eps=1e-6)
        rho, eps = step["decay_rate"], step["eps"]
        mean = step.remember("grad_squared", rho, 1 - rho, np.square(dw))
        before = config["delta_squared"] if "delta_squared" in config else 0 * mean
        delta = dw * np.sqrt((before + eps) / (mean + eps))
        step.remember("delta_squared", rho, 1 - rho, np.square(delta))
        return step.done(step["learning_rate"] * delta)

    return adagrad, rmsprop, adadelta


@variant("adaptive", replaces=("adagrad", "rmsprop", "adadelta"))
def setdefault_and_copies_in_place():
    """Defaults by setdefault, the state as copies that are written to, and the step taken in place on a copy of w."""

    def begin(w, dw, config, rate, eps, *names):
        if dw.shape != w.shape:
            raise ValueError(f"{dw.shape} is not {w.shape}")
        config.setdefault("learning_rate", rate)
        config.setdefault("eps", eps)
        for name in names:
            kind = dw.dtype if dw.dtype.kind == "f" else float
            config[name] = np.array(config[name]) if name in config else np.zeros(dw.shape, kind)
        return w.copy() if w.dtype.kind == "f" else w.astype(float)

    def adagrad(w, dw, config):
        moved = begin(w, dw, config, 0.01, 1e-8, "grad_squared")
        config["grad_squared"] += dw * dw
        moved -= config["learning_rate"] * dw / (np.sqrt(config["grad_squared"]) + config["eps"])
        return moved, config

    def rmsprop(w, dw, config):
        moved = begin(w, dw, config, 0.01, 1e-8, "grad_squared")
        rho = config.setdefault("decay_rate", 0.99)
        config["grad_squared"] *= rho
        config["grad_squared"] += (1 - rho) * dw * dw
        moved -= config["learning_rate"] * dw / (np.sqrt(config["grad_squared"]) + config["eps"])
        return moved, config

    def adadelta(w, dw, config):
        moved = begin(w, dw, config, 1.0, 1e-6, "grad_squared", "delta_squared")
        rho = config.setdefault("decay_rate", 0.95)
        config["grad_squared"] += (1 - rho) * (dw * dw - config["grad_squared"])
        delta = (
            np.sqrt(config["delta_squared"] + config["eps"])
            * dw
            / np.sqrt(config["grad_squared"] + config["eps"])
        )
        config["delta_squared"] += (1 - rho) * (delta * delta - config["delta_squared"])
        moved -= config["learning_rate"] * delta
        return moved, config

    return adagrad, rmsprop, adadelta


@variant("adaptive", replaces="adagrad")
def zeros_like_whole_numbers(w, dw, config):
    """The sum begins as zeros made like w, which are whole numbers where w holds whole numbers, and is added to in place."""
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    if "grad_squared" not in config:
        config["grad_squared"] = np.zeros_like(w)
    config["grad_squared"] += dw**2
    return w - config.get("learning_rate", 0.01) * dw / (
        np.sqrt(config["grad_squared"]) + config.get("eps", 1e-8)
    ), config
