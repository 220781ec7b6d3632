"""Question `torch_rule`: settings are judged by what PyTorch's optimizers, written out here, do with them."""

import numpy as np

from autograder.checking import check, compare, fail, rules

DEFAULTS = {
    "SGD": {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    "Adagrad": {"lr": 1e-2, "eps": 1e-10, "weight_decay": 0.0},
    "RMSprop": {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0},
    "Adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0},
    "Adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
    "AdamW": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2},
}
NEUTRAL = {  # settings that PyTorch has besides, at the values at which they change nothing
    "SGD": {"maximize": (False,)},
    "Adagrad": {"lr_decay": (0,), "initial_accumulator_value": (0,), "maximize": (False,)},
    "RMSprop": {"momentum": (0,), "centered": (False,), "maximize": (False,)},
    "Adadelta": {"maximize": (False,)},
    "Adam": {"amsgrad": (False,), "maximize": (False,), "decoupled_weight_decay": (False,)},
    "AdamW": {"amsgrad": (False,), "maximize": (False,)},
}
EVERYWHERE = {
    "foreach": (None, False),
    "fused": (None, False),
    "capturable": (False,),
    "differentiable": (False,),
}
RULES = {
    "sgd": {"learning_rate": (0.02, 0.2)},
    "sgd_momentum": {"learning_rate": (0.02, 0.2), "momentum": (0.5, 0.8)},
    "nesterov": {"learning_rate": (0.02, 0.2), "momentum": (0.5, 0.8)},
    "ema_momentum": {"learning_rate": (0.2, 0.5), "beta": (0.5, 0.8)},
    "adagrad": {"learning_rate": (0.1, 0.5), "eps": (0.1, 0.5)},
    "rmsprop": {"learning_rate": (0.05, 0.2), "decay_rate": (0.5, 0.8), "eps": (0.1, 0.5)},
    "adadelta": {"learning_rate": (0.5, 0.8), "decay_rate": (0.5, 0.8), "eps": (0.1, 0.5)},
    "adam": {
        "learning_rate": (0.05, 0.2),
        "beta1": (0.5, 0.8),
        "beta2": (0.5, 0.8),
        "eps": (0.1, 0.5),
    },
}
OURS = {
    "sgd_momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9},
    "ema_momentum": {"beta": 0.9},
    "adagrad": {"learning_rate": 0.01, "eps": 1e-8},
    "rmsprop": {"learning_rate": 0.01, "decay_rate": 0.99, "eps": 1e-8},
    "adadelta": {"learning_rate": 1.0, "decay_rate": 0.95, "eps": 1e-6},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
}


def filled(name, settings):
    """PyTorch's settings, with its defaults for what is not said."""
    if name not in DEFAULTS:
        fail("The class is none of SGD, Adagrad, RMSprop, Adadelta, Adam and AdamW.")
    if not isinstance(settings, dict):
        fail("The settings are not a dict.")
    for key, value in settings.items():
        neutral = {**NEUTRAL[name], **EVERYWHERE}
        if key not in DEFAULTS[name] and key not in neutral:
            fail(
                f"`torch.optim.{name}` has no such setting as one of yours.",
                "Look at the second table.",
            )
        if key in neutral and value not in neutral[key]:
            fail("One of your settings makes another rule of it.")
        if key == "betas":
            compare.unpack(value, 2, "the two betas")
        elif key in DEFAULTS[name] and not isinstance(value, (int, float, np.number)):
            fail(f"The setting `{key}` is no number.")
    return {
        **DEFAULTS[name],
        **{key: value for key, value in settings.items() if key in DEFAULTS[name]},
    }


def torch_steps(name, settings, w, gradients):
    """The weights after each step of torch.optim's class, as its documentation (2.13) writes them."""
    now = filled(name, settings)
    lr, decay, path = now["lr"], now["weight_decay"], []
    first = second = None
    if name == "SGD" and now["nesterov"] and (now["momentum"] <= 0 or now["dampening"] != 0):
        fail("PyTorch refuses a Nesterov that has dampening, or no momentum.")
    for t, g in enumerate(gradients, start=1):
        if name == "AdamW":
            w = w * (1 - lr * decay)
        else:
            g = g + decay * w
        if name == "SGD":
            if now["momentum"]:
                first = g if first is None else now["momentum"] * first + (1 - now["dampening"]) * g
                g = g + now["momentum"] * first if now["nesterov"] else first
            w = w - lr * g
        elif name == "Adagrad":
            second = (0 if second is None else second) + g * g
            w = w - lr * g / (np.sqrt(second) + now["eps"])
        elif name == "RMSprop":
            second = now["alpha"] * (0 if second is None else second) + (1 - now["alpha"]) * g * g
            w = w - lr * g / (np.sqrt(second) + now["eps"])
        elif name == "Adadelta":
            second = now["rho"] * (0 if second is None else second) + (1 - now["rho"]) * g * g
            delta = (
                np.sqrt((0 if first is None else first) + now["eps"])
                / np.sqrt(second + now["eps"])
                * g
            )
            first = now["rho"] * (0 if first is None else first) + (1 - now["rho"]) * delta * delta
            w = w - lr * delta
        else:
            beta1, beta2 = now["betas"]
            first = beta1 * (0 if first is None else first) + (1 - beta1) * g
            second = beta2 * (0 if second is None else second) + (1 - beta2) * g * g
            w = w - lr / (1 - beta1**t) * first / (np.sqrt(second / (1 - beta2**t)) + now["eps"])
        path.append(w)
    return np.array(path)


def course_steps(rule, config, w, gradients):
    """The weights after each step of the course's rule."""
    now = {**OURS.get(rule, {}), **config}
    lr, path, first, second = now["learning_rate"], [], 0.0, 0.0
    for t, g in enumerate(gradients, start=1):
        g = g + now.get("reg", 0.0) * w
        w = w * (1 - lr * now.get("decay", 0.0))
        if rule == "ema_momentum":
            first = now["beta"] * first + (1 - now["beta"]) * g
            step = first
        elif rule in ("sgd", "sgd_momentum", "nesterov"):
            momentum = now.get("momentum", 0.0)
            first = momentum * first + g
            step = g + momentum * first if rule == "nesterov" else first
        elif rule == "adagrad":
            second = second + g * g
            step = g / (np.sqrt(second) + now["eps"])
        elif rule == "rmsprop":
            second = now["decay_rate"] * second + (1 - now["decay_rate"]) * g * g
            step = g / (np.sqrt(second) + now["eps"])
        elif rule == "adadelta":
            second = now["decay_rate"] * second + (1 - now["decay_rate"]) * g * g
            step = np.sqrt(first + now["eps"]) / np.sqrt(second + now["eps"]) * g
            first = now["decay_rate"] * first + (1 - now["decay_rate"]) * step * step
        else:
            first = now["beta1"] * first + (1 - now["beta1"]) * g
            second = now["beta2"] * second + (1 - now["beta2"]) * g * g
            step = (
                first
                / (1 - now["beta1"] ** t)
                / (np.sqrt(second / (1 - now["beta2"] ** t)) + now["eps"])
            )
        w = w - lr * step
        path.append(w)
    return np.array(path)


def agree(student, rng, rule, config, words, scale=1.0):
    """Fails unless PyTorch, set as the student says, walks the course's way on the same random gradients."""
    name, settings = compare.unpack(student.torch_rule(rule, dict(config)), 2, "name, settings")
    w, gradients = rng.normal(size=4), rng.normal(size=(6, 4)) * scale
    theirs, ours = (
        torch_steps(name, settings, w, gradients),
        course_steps(rule, config, w, gradients),
    )
    for t in range(6):
        hint = (
            "The very first step is not that of the rule."
            if t == 0
            else "The first steps are right, and then no longer."
            if t > 1
            else ""
        )
        compare.close(
            theirs[t] - w,
            ours[t] - w,
            f"the way after {t + 1} {'steps' if t else 'step'} with your settings for `{rule}`, {words},",
            hint=hint,
        )


def draw(rng, rule):
    return {name: float(rng.uniform(*bounds)) for name, bounds in RULES[rule].items()}


@check("torch_rule", points=3)
def test_descent_and_momentum(student, rng):
    """`sgd`, `sgd_momentum` and `nesterov`, with all their settings given, do the same in PyTorch."""
    for rule in ("sgd", "sgd_momentum", "nesterov"):
        agree(student, rng, rule, draw(rng, rule), "all given")


@check("torch_rule", points=2, needs="test_descent_and_momentum")
def test_no_momentum(student, rng):
    """`sgd_momentum` and `nesterov` with a momentum of 0 are plain descent, and PyTorch takes your settings for it."""
    for rule in ("sgd_momentum", "nesterov"):
        agree(
            student,
            rng,
            rule,
            {"learning_rate": float(rng.uniform(0.1, 0.3)), "momentum": 0.0},
            "with a momentum of 0",
        )


@check("torch_rule", points=4)
def test_adaptive(student, rng):
    """`adagrad`, `rmsprop`, `adadelta` and `adam`, with all their settings given, do the same in PyTorch."""
    for rule in ("adagrad", "rmsprop", "adadelta", "adam"):
        agree(student, rng, rule, draw(rng, rule), "all given")


@check("torch_rule", points=4, needs=("test_descent_and_momentum", "test_adaptive"))
def test_defaults_are_the_courses(student, rng):
    """Where a setting is not given, the course's default is meant, not PyTorch's; the config itself stays as it is."""
    for rule in ("sgd_momentum", "nesterov", "ema_momentum"):
        agree(
            student,
            rng,
            rule,
            {"learning_rate": float(rng.uniform(0.1, 0.3))},
            "the rest by default",
        )
    for rule in ("adagrad", "rmsprop", "adadelta", "adam"):
        agree(student, rng, rule, {}, "all by default", scale=np.array([1e-8, 1e-7, 1e-3, 1.0]))
    rules.pure(student, "torch_rule", "adam", {"beta1": 0.5, "decay": 0.1})


@check("torch_rule", points=4)
def test_averaged_momentum(student, rng):
    """D1's form of momentum, an average of the gradients, walks the same way in PyTorch from its first step on."""
    agree(student, rng, "ema_momentum", draw(rng, "ema_momentum"), "all given")


@check("torch_rule", points=3, needs=("test_descent_and_momentum", "test_adaptive"))
def test_penalty_and_decay(student, rng):
    """`reg` is an L2 penalty in every rule; `decay` of Adam is decoupled from its gradient."""
    for rule in ("sgd_momentum", "rmsprop", "adam"):
        agree(
            student, rng, rule, {**draw(rng, rule), "reg": float(rng.uniform(0.2, 0.9))}, "with reg"
        )
    agree(
        student,
        rng,
        "adam",
        {**draw(rng, "adam"), "decay": float(rng.uniform(0.2, 0.9))},
        "with decay",
    )
