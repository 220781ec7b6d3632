"""Known mistakes and right variants of `torch_rule`."""

from autograder.core.mistakes import mistake, variant


@mistake(
    "torch_rule",
    replaces="torch_rule",
    leaves_nothing="of every rule, all settings but one are lost",
)
def learning_rate_alone(rule, config):
    """Besides the learning rate you leave everything to PyTorch's defaults, also where a config says otherwise."""
    lr = with_defaults(rule, config)["learning_rate"]
    names = {"adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "Adam"}
    return names.get(rule, "SGD"), {"lr": lr}


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={
        'if "eps" in now:': 'if "eps" in config:',
        'settings["rho"] = now["decay_rate"]': 'settings["rho"] = config.get("decay_rate", 0.9)',
    },
)
def their_defaults():
    """Where the config has no value you leave it to PyTorch. Compare the two tables line by line: some defaults are not the same."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={
        '{"lr": now["learning_rate"] * (1 - now["beta"]), "momentum": now["beta"]}': '{"lr": now["learning_rate"], "momentum": now["beta"], "dampening": now["beta"]}'
    },
)
def dampening_for_the_average():
    """For D1's form you set `dampening`, as the formula has 1 - beta before the gradient. But the first value of PyTorch's buffer is the gradient undamped. Move the factor to where it counts from the first step on."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={'now["learning_rate"] * (1 - now["beta"])': 'now["learning_rate"]'},
)
def average_as_a_sum():
    """D1's form averages the gradients, and you hand it to PyTorch as if it summed them: your steps are 1 / (1 - beta) times too long."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={'now["learning_rate"] * (1 - now["beta"])': 'now["learning_rate"] / (1 - now["beta"])'},
)
def average_rate_divided():
    """For D1's form you divide the learning rate by 1 - beta. That is the way from a sum to an average; this is the other way round."""


@mistake("torch_rule", replaces="torch_rule", change={'settings["nesterov"] = True': "pass"})
def nesterov_forgotten():
    """Your `nesterov` is ordinary momentum in PyTorch: there is a switch for it."""


@mistake(
    "torch_rule", replaces="torch_rule", change={'"AdamW" if "decay" in now else "Adam"': '"Adam"'}
)
def decay_as_a_penalty():
    """Your `decay` goes into `Adam`, whose `weight_decay` joins the gradient and is then divided by its root mean square. That is an L2 penalty. Decoupled decay has a class of its own."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={
        '"AdamW" if "decay" in now else "Adam"': '"AdamW" if "decay" in now or "reg" in now else "Adam"'
    },
)
def penalty_as_decay():
    """Your L2 penalty goes into `AdamW`, where it does not join the gradient."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={'"AdamW" if "decay" in now else "Adam"': '"Adam" if "reg" in now else "AdamW"'},
)
def always_adamw():
    """You always take `AdamW`. Where no decay is given, its default is not zero."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={
        'settings["alpha"] = now["decay_rate"]': 'settings["alpha"] = 1 - now["decay_rate"]',
        'settings["rho"] = now["decay_rate"]': 'settings["rho"] = 1 - now["decay_rate"]',
    },
)
def decay_rates_of_the_other_side():
    """Your `alpha` and `rho` are 1 minus the decay rate. In PyTorch, as here, they weigh the old value."""


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={
        "now = with_defaults(rule, config)": "config.update(with_defaults(rule, config))\n    now = config"
    },
)
def defaults_put_into_the_config():
    """You write the defaults into the caller's config, which is changed afterwards. Work on a copy."""


@variant("torch_rule", replaces="torch_rule")
def with_everything_said(rule, config):
    """Names every setting that PyTorch has, also those that change nothing."""
    table = {
        "sgd": ("SGD", ["learning_rate"], {}),
        "sgd_momentum": ("SGD", ["learning_rate", "momentum"], {"momentum": 0.9}),
        "nesterov": ("SGD", ["learning_rate", "momentum"], {"momentum": 0.9}),
        "ema_momentum": ("SGD", ["learning_rate", "beta"], {"beta": 0.9}),
        "adagrad": ("Adagrad", ["learning_rate", "eps"], {"learning_rate": 1e-2, "eps": 1e-8}),
        "rmsprop": (
            "RMSprop",
            ["learning_rate", "decay_rate", "eps"],
            {"learning_rate": 1e-2, "decay_rate": 0.99, "eps": 1e-8},
        ),
        "adadelta": (
            "Adadelta",
            ["learning_rate", "decay_rate", "eps"],
            {"learning_rate": 1.0, "decay_rate": 0.95, "eps": 1e-6},
        ),
        "adam": (
            "Adam",
            ["learning_rate", "beta1", "beta2", "eps"],
            {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        ),
    }
    if rule not in table:
        raise ValueError(f"unknown rule {rule}, expected one of {sorted(table)}")
    name, settings, defaults = table[rule]
    extra = ["reg"] + (["decay"] if rule == "adam" else [])
    for key in config:
        if key not in settings + extra:
            raise ValueError(f"{rule} does not know {key}, expected {settings + extra}")
    if len(set(config) & {"reg", "decay"}) == 2:
        raise ValueError("expected reg or decay, got both")
    value = dict(defaults, **config)
    if "learning_rate" not in value:
        raise ValueError("expected a learning_rate, got none")
    made = {
        "lr": value["learning_rate"],
        "weight_decay": value.get("reg", value.get("decay", 0)),
        "maximize": False,
        "foreach": None,
    }
    if name == "SGD":
        beta = value.get("beta", 0.0)
        made.update(
            lr=value["learning_rate"] - value["learning_rate"] * beta,
            momentum=value.get("momentum", beta),
            dampening=0,
        )
        made["nesterov"] = rule == "nesterov" and made["momentum"] != 0
        return name, made
    made["eps"] = value["eps"]
    if name == "RMSprop":
        made.update(alpha=value["decay_rate"], momentum=0, centered=False)
    elif name == "Adadelta":
        made.update(rho=value["decay_rate"])
    elif name == "Adagrad":
        made.update(lr_decay=0, initial_accumulator_value=0)
    else:
        made.update(betas=[value["beta1"], value["beta2"]], amsgrad=False)
        name = "AdamW" if "decay" in config else "Adam"
    return name, made


@variant("torch_rule", replaces="torch_rule")
def settings_by_renaming(rule, config):
    """Renames the keys of the config, over the defaults."""
    momentum = {"learning_rate": None, "momentum": 0.9}
    defaults = {
        "sgd": {"learning_rate": None},
        "sgd_momentum": momentum,
        "nesterov": momentum,
        "ema_momentum": {"learning_rate": None, "beta": 0.9},
        "adagrad": {"learning_rate": 0.01, "eps": 1e-8},
        "rmsprop": {"learning_rate": 0.01, "decay_rate": 0.99, "eps": 1e-8},
        "adadelta": {"learning_rate": 1.0, "decay_rate": 0.95, "eps": 1e-6},
        "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    }.get(rule)
    if defaults is None:
        raise ValueError(f"no rule is called {rule}")
    strange = [
        key
        for key in config
        if not (key in defaults or key == "reg" or (key, rule) == ("decay", "adam"))
    ]
    if strange or {"reg", "decay"} <= set(config):
        raise ValueError(f"{rule} cannot have {strange or 'reg and decay'} together with the rest")
    merged = {**defaults, **config}
    if merged["learning_rate"] is None:
        raise ValueError(f"{rule} needs a learning_rate")
    if rule == "ema_momentum":
        merged = {
            "learning_rate": merged["learning_rate"] * (1 - merged["beta"]),
            "momentum": merged["beta"],
            "reg": merged.get("reg", 0),
        }
    if rule == "adam":
        merged["betas"] = merged.pop("beta1"), merged.pop("beta2")
    words = {
        "learning_rate": "lr",
        "reg": "weight_decay",
        "decay": "weight_decay",
        "decay_rate": "alpha" if rule == "rmsprop" else "rho",
    }
    settings = {words.get(key, key): value for key, value in merged.items()}
    if rule == "nesterov" and settings["momentum"]:
        settings["nesterov"] = True
    return (
        rule.upper()
        if rule == "sgd"
        else {"adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta"}.get(rule, "SGD")
    ) if rule != "adam" else "Adam" + "W" * ("decay" in config), settings


@mistake(
    "torch_rule",
    replaces="torch_rule",
    change={'rule == "nesterov" and now["momentum"] > 0': 'rule == "nesterov"'},
)
def nesterov_without_momentum():
    """You ask PyTorch for `nesterov=True` with a momentum of 0 as well. It refuses that: where nothing is remembered there is nothing to look ahead with, and the rule is plain descent."""


@variant("torch_rule", replaces="torch_rule")
def by_matching(rule, config):
    """A match over the rules; each setting is taken out of a copy, and what is left over is unknown."""
    left = dict(config)
    if "reg" in left and "decay" in left:
        raise ValueError("reg and decay together are no rule of PyTorch")
    decay = left.pop("reg", None)

    def take(name, default=None):
        value = left.pop(name, default)
        if value is None:
            raise ValueError(f"{rule} needs a {name}, which is missing")
        return value

    match rule:
        case "sgd":
            made = "SGD", {"lr": take("learning_rate"), "momentum": 0, "nesterov": False}
        case "sgd_momentum":
            made = "SGD", {"lr": take("learning_rate"), "momentum": take("momentum", 0.9)}
        case "nesterov":
            made = "SGD", {"lr": take("learning_rate"), "momentum": take("momentum", 0.9)}
            made[1]["nesterov"] = bool(made[1]["momentum"])
        case "ema_momentum":
            beta = take("beta", 0.9)
            made = (
                "SGD",
                {"lr": (1 - beta) * take("learning_rate"), "momentum": beta, "dampening": 0},
            )
        case "adagrad":
            made = "Adagrad", {"lr": take("learning_rate", 1e-2), "eps": take("eps", 1e-8)}
        case "rmsprop":
            made = (
                "RMSprop",
                {
                    "lr": take("learning_rate", 1e-2),
                    "alpha": take("decay_rate", 0.99),
                    "eps": take("eps", 1e-8),
                },
            )
        case "adadelta":
            made = (
                "Adadelta",
                {
                    "lr": take("learning_rate", 1.0),
                    "rho": take("decay_rate", 0.95),
                    "eps": take("eps", 1e-6),
                },
            )
        case "adam":
            betas = take("beta1", 0.9), take("beta2", 0.999)
            kind = "AdamW" if "decay" in left else "Adam"
            decay = left.pop("decay", decay)
            made = (
                kind,
                {"lr": take("learning_rate", 1e-3), "betas": betas, "eps": take("eps", 1e-8)},
            )
        case _:
            raise ValueError(f"there is no rule {rule}")
    if left:
        raise ValueError(f"{rule} has no setting {', '.join(left)}")
    if decay is not None:
        made[1]["weight_decay"] = decay
    return made


@variant("torch_rule", replaces="torch_rule")
def a_class_for_each_rule(rule, config):
    """Rules as classes with a method that says their settings; a list for the two; keyword arguments for the defaults."""

    class Rule:
        torch = "SGD"

        def __init__(self, reg=0.0, **settings):
            self.reg, self.settings = reg, settings

        def say(self):
            return {**self.settings, "weight_decay": self.reg}

    class Plain(Rule):
        def __init__(self, *, learning_rate, reg=0.0):
            super().__init__(reg, lr=learning_rate)

    class Momentum(Rule):
        def __init__(self, *, learning_rate, momentum=0.9, reg=0.0):
            super().__init__(reg, lr=learning_rate, momentum=momentum)

    class Nesterov(Momentum):
        def say(self):
            return super().say() | {"nesterov": self.settings["momentum"] > 0}

    class Average(Rule):
        def __init__(self, *, learning_rate, beta=0.9, reg=0.0):
            super().__init__(reg, lr=learning_rate - beta * learning_rate, momentum=beta)

    class Adagrad(Rule):
        torch = "Adagrad"

        def __init__(self, *, learning_rate=0.01, eps=1e-8, reg=0.0):
            super().__init__(reg, lr=learning_rate, eps=eps)

    class RMSprop(Rule):
        torch = "RMSprop"

        def __init__(self, *, learning_rate=0.01, decay_rate=0.99, eps=1e-8, reg=0.0):
            super().__init__(reg, lr=learning_rate, alpha=decay_rate, eps=eps)

    class Adadelta(Rule):
        torch = "Adadelta"

        def __init__(self, *, learning_rate=1.0, decay_rate=0.95, eps=1e-6, reg=0.0):
            super().__init__(reg, lr=learning_rate, rho=decay_rate, eps=eps)

    class Adam(Rule):
        torch = "Adam"

        def __init__(
            self, *, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8, reg=None, decay=None
        ):
            if reg is not None and decay is not None:
                raise ValueError(f"reg {reg} and decay {decay} exclude each other")
            super().__init__(reg or decay or 0.0, lr=learning_rate, betas=(beta1, beta2), eps=eps)
            self.torch = "Adam" if decay is None else "AdamW"

    rules = dict(sgd=Plain, sgd_momentum=Momentum, nesterov=Nesterov, ema_momentum=Average)
    rules |= dict(adagrad=Adagrad, rmsprop=RMSprop, adadelta=Adadelta, adam=Adam)
    if rule not in rules:
        raise ValueError(f"rule {rule}, expected one of {list(rules)}")
    try:
        made = rules[rule](**config)
    except TypeError as error:  # it names the argument that is missing or unknown
        raise ValueError(f"{rule}: {str(error).partition(' ')[2]}") from None
    return [made.torch, made.say()]
