"""Known mistakes and right variants of `lr_schedule`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("lr_schedule", replaces="lr_schedule", change={"milestone <= t": "milestone < t"})
def milestone_one_late():
    """At a milestone itself your rate has not come down yet. After 30 epochs t is 30: that milestone is reached."""


@mistake("lr_schedule", replaces="lr_schedule", change={"milestone <= t": "milestone <= t + 1"})
def milestone_one_early():
    """Your rate comes down one before the milestone. t counts what is done: at t = 29 one is still missing."""


@mistake("lr_schedule", replaces="lr_schedule")
def step_counts_from_one(kind, lr0, t, **kw):
    """Your steps come one too early: `every` epochs are done when t is `every`, not one less."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** ((t + 1) // kw["every"])
    if kind == "multistep":
        return lr0 * kw["factor"] ** sum(milestone <= t for milestone in kw["milestones"])
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake(
    "lr_schedule",
    replaces="lr_schedule",
    change={'t // kw["every"]': 'max(t - 1, 0) // kw["every"]'},
)
def step_one_late():
    """Your steps come one too late: at t = `every` itself the rate has come down."""


@mistake("lr_schedule", replaces="lr_schedule", change={'t // kw["every"]': 't / kw["every"]'})
def step_without_stairs():
    """Your step schedule comes down a little at every t, without stairs: the exponent should be a whole number."""


@mistake("lr_schedule", replaces="lr_schedule")
def only_one_drop(kind, lr0, t, **kw):
    """Your rates drop once and never again: multiply by factor once for *each* stretch or milestone that is past."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * (kw["factor"] if t >= kw["every"] else 1)
    if kind == "multistep":
        return lr0 * (kw["factor"] if t >= kw["milestones"][0] else 1)
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake("lr_schedule", replaces="lr_schedule", change={"milestone <= t": "milestone == t"})
def drops_only_at_the_milestone():
    """Your multistep drops only when t is exactly a milestone, and jumps up again after it. Count all milestones up to t."""


@mistake("lr_schedule", replaces="lr_schedule")
def factor_times_count(kind, lr0, t, **kw):
    """You multiply by factor times the number of drops. Each drop multiplies once more: that is a power."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * (kw["factor"] * (t // kw["every"]) or 1)
    if kind == "multistep":
        return lr0 * (kw["factor"] * sum(milestone <= t for milestone in kw["milestones"]) or 1)
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake("lr_schedule", replaces="lr_schedule", change={'-kw["k"]': 'kw["k"]'})
def grows():
    """Your exponential grows: the sign in its exponent is missing."""


@mistake(
    "lr_schedule", replaces="lr_schedule", change={'math.exp(-kw["k"] * t)': '2 ** (-kw["k"] * t)'}
)
def power_of_two():
    """Your exponential halves the rate where it should divide it by e."""


@mistake(
    "lr_schedule", replaces="lr_schedule", change={'math.exp(-kw["k"] * t)': '(1 - kw["k"]) ** t'}
)
def discrete_decay():
    """Your exponential multiplies by 1 - k at each t. That is near to it for small k only; the equation has e."""


@mistake(
    "lr_schedule", replaces="lr_schedule", change={'1 + kw["k"] * t': 'max(kw["k"] * t, 1e-8)'}
)
def inverse_without_one():
    """Your inverse divides by kt alone, which is 0 at the start: what keeps the first rate at lr0?"""


@mistake("lr_schedule", replaces="lr_schedule", change={'1 + kw["k"] * t': '(1 + kw["k"]) ** t'})
def inverse_as_a_power():
    """Your inverse is a power, 1 / (1 + k) to the t, which is an exponential in disguise. t stands inside the bracket."""


@mistake(
    "lr_schedule", replaces="lr_schedule", change={'1 + kw["k"] * t': 'math.sqrt(1 + kw["k"] * t)'}
)
def inverse_of_the_root():
    """Your inverse has a root over its denominator. That is another schedule, a fair one, but not this one."""


@mistake(
    "lr_schedule",
    replaces="lr_schedule",
    change={
        "raise ValueError(f\"kind is {kind!r}, expected one of {', '.join(settings)}\")": "return lr0"
    },
)
def unknown_kind_is_constant():
    """An unknown kind quietly gives the unchanged rate. A typing error would then train without any schedule: raise a ValueError that names the kind and those you know."""


@mistake("lr_schedule", replaces="lr_schedule")
def settings_not_looked_at(kind, lr0, t, **kw):
    """A setting that the kind does not have goes unnoticed, and a missing one raises a KeyError. A typing error in a setting would then train with another schedule than you think."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")

    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        return lr0 * kw["factor"] ** sum(milestone <= t for milestone in kw["milestones"])
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake(
    "lr_schedule",
    replaces="lr_schedule",
    change={'    if t < 0:\n        raise ValueError(f"t is {t}, expected at least 0")\n': ""},
)
def negative_t_gets_through():
    """A negative t gets through, with a rate above lr0. Refuse it."""


@mistake("lr_schedule", replaces="lr_schedule")
def settings_have_defaults(kind, lr0, t, every=10, factor=0.5, milestones=(30, 60, 90), k=0.1):
    """Your settings have defaults, and each kind takes those of all others: what is missing or has no meaning is never noticed, and a negative t neither."""
    if kind == "step":
        return lr0 * factor ** (t // every)
    if kind == "multistep":
        return lr0 * factor ** sum(milestone <= t for milestone in milestones)
    if kind == "exponential":
        return lr0 * math.exp(-k * t)
    if kind == "inverse":
        return lr0 / (1 + k * t)
    raise ValueError(f"kind is {kind!r}, expected one of step, multistep, exponential, inverse")


@mistake("lr_schedule", replaces="lr_schedule")
def milestones_popped(kind, lr0, t, **kw):
    """You take the milestones out of the list that you were given: at the next call they are gone. It belongs to the caller."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        while kw["milestones"] and kw["milestones"][0] <= t:
            kw["milestones"].pop(0)
            lr0 *= kw["factor"]
        return lr0
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake("lr_schedule", replaces="lr_schedule")
def whole_t_only(kind, lr0, t, **kw):
    """You count up to t in a loop, which works for whole numbers only. t may be a part of an epoch."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        for epoch in range(1, t + 1):
            if epoch % kw["every"] == 0:
                lr0 *= kw["factor"]
        return lr0
    if kind == "multistep":
        for epoch in range(t + 1):
            if epoch in kw["milestones"]:
                lr0 *= kw["factor"]
        return lr0
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake(
    "lr_schedule",
    replaces="lr_schedule",
    change={'if kind == "step":': 't = int(t)\n    if kind == "step":'},
)
def epochs_cut_off():
    """You make a whole number of t. In the exponential and the inverse, half an epoch counts as half."""


@mistake("lr_schedule", replaces="lr_schedule")
def multistep_settings_not_looked_at(kind, lr0, t, **kw):
    """Some of your kinds have defaults for settings, or take any: what is missing or does not belong must be noticed in each of the four."""
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        if wrong := kw.keys() ^ {"every", "factor"}:
            raise ValueError(f"{wrong}")
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        return lr0 * kw.get("factor", 0.1) ** sum(
            milestone <= t for milestone in kw.get("milestones", [])
        )
    if kind == "exponential":
        if "k" not in kw:
            raise ValueError("k is missing")
        return lr0 * math.exp(-kw["k"] * t)
    if kind == "inverse":
        if extra := kw.keys() - {"k"}:
            raise ValueError(f"{extra}")
        return lr0 / (1 + kw.get("k", 0.1) * t)
    raise ValueError(f"kind is {kind}, expected step, multistep, exponential, inverse")


@mistake("lr_schedule", replaces="lr_schedule")
def last_milestone_forgotten(kind, lr0, t, **kw):
    """After the last milestone your rate is one drop short: when the loop is through, all of them are past."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(f"{', '.join(sorted(wrong))}")
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        for number, milestone in enumerate(kw["milestones"]):
            if t < milestone:
                return lr0 * kw["factor"] ** number
        return lr0 * kw["factor"] ** number
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake("lr_schedule", replaces="lr_schedule")
def capitals_do_not_count(kind, lr0, t, **kw):
    """You take a kind however it is spelt. There are four names, and any other word is refused."""
    kind = kind.lower()
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 * kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        return lr0 * kw["factor"] ** sum(milestone <= t for milestone in kw["milestones"])
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake("lr_schedule", replaces="lr_schedule")
def factor_divides(kind, lr0, t, **kw):
    """You divide by factor at each drop, so the rate grows. It multiplies."""
    settings = {
        "step": {"every", "factor"},
        "multistep": {"milestones", "factor"},
        "exponential": {"k"},
        "inverse": {"k"},
    }
    if kind not in settings:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(settings)}")
    if wrong := kw.keys() ^ settings[kind]:
        raise ValueError(
            f"{kind} takes {', '.join(sorted(settings[kind]))}: missing or too many are {', '.join(sorted(wrong))}"
        )
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    if kind == "step":
        return lr0 / kw["factor"] ** (t // kw["every"])
    if kind == "multistep":
        return lr0 / kw["factor"] ** sum(milestone <= t for milestone in kw["milestones"])
    return lr0 * math.exp(-kw["k"] * t) if kind == "exponential" else lr0 / (1 + kw["k"] * t)


@mistake(
    "lr_schedule", replaces="lr_schedule", change={'t // kw["every"]': 'round(t / kw["every"])'}
)
def rounded_stretches():
    """Your step rounds t / every, so the rate drops in the middle of each stretch. Only full stretches count: round down."""


@variant("lr_schedule", replaces="lr_schedule")
def a_table_of_functions(kind, lr0, t, **kw):
    """One small function a kind, whose own signature says which settings it takes."""
    kinds = {
        "step": lambda every, factor: factor ** np.floor(t / every),
        "multistep": lambda milestones, factor: np.prod([factor for m in milestones if t >= m]),
        "exponential": lambda k: np.exp(-k * t),
        "inverse": lambda k: 1 / (1 + k * t),
    }
    if kind not in kinds:
        raise ValueError(f"no schedule {kind}; there are {sorted(kinds)}")
    if t < 0:
        raise ValueError(f"t = {t} < 0")
    try:
        return lr0 * kinds[kind](**kw)
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from None


@variant("lr_schedule", replaces="lr_schedule")
def step_by_step(kind, lr0, t, **kw):
    """Loops, and settings taken out of kw one by one."""

    def take(name):
        if name not in kw:
            raise ValueError(f"{kind} needs {name}")
        return kw.pop(name)

    if t < 0:
        raise ValueError(f"t must not be negative: {t}")
    rate = lr0
    if kind == "step":
        every, factor = take("every"), take("factor")
        while t >= every:
            rate *= factor
            t -= every
    elif kind == "multistep":
        milestones, factor = take("milestones"), take("factor")
        for milestone in milestones:
            if milestone <= t:
                rate *= factor
    elif kind == "exponential":
        rate = rate * np.e ** (-take("k") * t)
    elif kind == "inverse":
        rate = rate / (1.0 + take("k") * t)
    else:
        raise ValueError(f"{kind!r} is none of 'step', 'multistep', 'exponential', 'inverse'")
    if kw:
        raise ValueError(f"{kind} has no {', '.join(kw)}")
    return rate


@variant("lr_schedule", replaces="lr_schedule")
def a_match_statement(kind, lr0, t, **kw):
    """A match statement; the settings as sorted lists; NumPy's scalars on the way and out."""
    wanted = {
        "step": ["every", "factor"],
        "multistep": ["factor", "milestones"],
        "exponential": ["k"],
        "inverse": ["k"],
    }
    if kind not in wanted:
        raise ValueError(f"{kind} is none of step, multistep, exponential, inverse")
    if sorted(kw) != wanted[kind]:
        raise ValueError(f"{kind} needs {wanted[kind]} and got {sorted(kw)}")
    if t < 0:
        raise ValueError(f"{t} steps cannot be done")
    match kind:
        case "step":
            return np.float64(lr0) * np.power(float(kw["factor"]), np.floor(t / kw["every"]))
        case "multistep":
            return np.float64(lr0) * np.power(
                float(kw["factor"]), np.searchsorted(np.asarray(kw["milestones"]), t, side="right")
            )
        case "exponential":
            return lr0 / np.exp(kw["k"] * t)
        case "inverse":
            return np.divide(lr0, 1 + kw["k"] * t)


@variant("lr_schedule", replaces="lr_schedule")
def classes_of_schedules(kind, lr0, t, **kw):
    """A class for each kind, made from its settings; a loop over the milestones; single numbers as arrays of no axes."""

    class Schedule:
        names = ()

        def __init__(self, settings):
            for name in self.names:
                if name not in settings:
                    raise ValueError(f"the setting {name} is missing")
            for name in settings:
                if name not in self.names:
                    raise ValueError(f"there is no setting {name}")
            self.s = settings

    class Step(Schedule):
        names = ("every", "factor")

        def share(self):
            return self.s["factor"] ** int(t // self.s["every"])

    class Multistep(Schedule):
        names = ("milestones", "factor")

        def share(self):
            share = 1.0
            for milestone in self.s["milestones"]:
                if t >= milestone:
                    share *= self.s["factor"]
            return share

    class Exponential(Schedule):
        names = ("k",)

        def share(self):
            return math.e ** (-self.s["k"] * t)

    class Inverse(Schedule):
        names = ("k",)

        def share(self):
            return (1 + self.s["k"] * t) ** -1

    kinds = {"step": Step, "multistep": Multistep, "exponential": Exponential, "inverse": Inverse}
    try:
        schedule = kinds[kind](kw)
    except KeyError as error:
        raise ValueError(f"unknown {kind}; there are {' '.join(kinds)}") from error
    if t < 0:
        raise ValueError(f"t: {t}")
    return np.array(lr0 * schedule.share())
