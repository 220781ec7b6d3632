"""Known mistakes and right variants of `penalties`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "penalties",
    replaces="l2_loss",
    change={
        "0.5 * reg * np.sum(w * w), reg * w": "0.5 * reg * np.sum(w * w), 2 * reg * w",
        "0.5 * reg": "reg",
    },
)
def l2_without_the_half():
    """Your L2 penalty has no half in front of the sum. The course's is ½·reg·ΣW², so that its gradient has no 2."""


@mistake(
    "penalties",
    replaces="l2_loss",
    change={"0.5 * reg * np.sum(w * w), reg * w": "0.5 * reg * np.sum(w * w), 2 * reg * w"},
)
def l2_gradient_twice_too_large():
    """The loss of your `l2_loss` is right, but its gradient belongs to a loss twice as large: what does the half become when you differentiate a square?"""


@mistake(
    "penalties",
    replaces="l2_loss",
    change={"0.5 * reg * np.sum(w * w), reg * w": "0.5 * reg * np.sum(w * w), 0.5 * reg * w"},
)
def l2_gradient_keeps_the_half():
    """The gradient of your `l2_loss` still has the half of the loss in it. Differentiate ½w²."""


@mistake(
    "penalties",
    replaces="l2_loss",
    change={
        "return 0.5 * reg * np.sum(w * w), reg * w": "norm = np.sqrt(np.sum(w * w))\n    return reg * norm, reg * w / norm"
    },
)
def norm_without_its_square():
    """Your penalty is the norm itself, as on D4's slide, and not half of its square. Then all weights together are pulled by one unit of force, whatever their size."""


@mistake(
    "penalties",
    replaces="l2_loss",
    change={
        "0.5 * reg * np.sum(w * w), reg * w": "0.5 * reg * np.sum(w * w), reg * w / w.size",
        "np.sum(w * w)": "np.mean(w * w)",
    },
)
def l2_is_a_mean():
    """Your L2 penalty divides by the number of weights. It is a sum: a larger matrix costs more."""


@mistake(
    "penalties",
    replaces="l1_loss",
    change={"np.abs(w)": "w", "reg * np.sign(w)": "reg * np.ones_like(w) + 0.0 * w"},
)
def l1_without_the_bars():
    """Your L1 penalty adds up the weights themselves, so that negative ones earn something. Each pays for its absolute value."""


@mistake("penalties", replaces="l1_loss")
def l1_pushes_at_zero(w, reg):
    """Your `l1_loss` pushes weights that are exactly zero. There the course takes a gradient of 0: such a weight has arrived."""
    if not reg >= 0:
        raise ValueError(f"reg is {reg}, expected a number >= 0")
    return reg * np.sum(np.abs(w)), reg * np.where(w >= 0, 1.0, -1.0).astype(
        w.dtype if w.dtype.kind == "f" else float
    )


@mistake("penalties", replaces="l1_loss", change={"np.sign(w)": "w"})
def l1_gradient_as_if_squared():
    """The gradient of your `l1_loss` grows with the weight, as that of L2 does. What is the slope of |w|?"""


@mistake("penalties", replaces="decoupled_decay", change={"learning_rate * decay": "decay"})
def decay_without_the_learning_rate():
    """Your decay does not look at the learning rate, as on D2's slide. Then the weights shrink as fast with tiny steps as with large ones."""


@mistake(
    "penalties",
    replaces="decoupled_decay",
    change={"(1 - learning_rate * decay) * w": "w - learning_rate * decay"},
)
def decay_without_the_weight():
    """You take the same amount away from every weight, as in D1's "simplified" update: negative ones grow. Each shrinks by a fraction of itself."""


@mistake(
    "penalties",
    replaces="decoupled_decay",
    change={"1 - learning_rate * decay": "learning_rate * decay"},
)
def decay_keeps_the_wrong_part():
    """You return what the weights lose instead of what is left of them."""


@mistake("penalties", replaces="step_with_decay")
def decay_after_the_step(rule, w, dw, config, decay, kind):
    """With `kind="decoupled"` you shrink the weights after the rule's step, so that the step itself shrinks too. Shrink first, then step."""
    if kind not in ("l2", "decoupled"):
        raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")
    if kind == "l2":
        return rule(w, dw + l2_loss(w, decay)[1], config)
    rate = config["learning_rate"]
    next_w, config = rule(w, dw, config)
    return decoupled_decay(next_w, rate, decay), config


@mistake("penalties", replaces="step_with_decay")
def decay_both_ways(rule, w, dw, config, decay, kind):
    """With `kind="decoupled"` the weights shrink, and the rule gets the penalty's gradient on top. The decay is meant to act once."""
    if kind not in ("l2", "decoupled"):
        raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")
    pull = l2_loss(w, decay)[1]
    if kind == "decoupled":
        w = decoupled_decay(w, config["learning_rate"], decay)
    return rule(w, dw + pull, config)


@mistake("penalties", replaces="step_with_decay")
def both_kinds_are_l2(rule, w, dw, config, decay, kind):
    """Both of your kinds give the rule the gradient of the penalised loss. For plain gradient descent they are the same thing, for other rules they are not."""
    if kind not in ("l2", "decoupled"):
        raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")
    return rule(w, dw + l2_loss(w, decay)[1], config)


@mistake("penalties", replaces="step_with_decay")
def kinds_swapped(rule, w, dw, config, decay, kind):
    """You have the two kinds the wrong way round: which of them does the rule see in its gradient?"""
    if kind == "decoupled":
        return rule(w, dw + l2_loss(w, decay)[1], config)
    if kind == "l2":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")


@mistake("penalties", replaces="step_with_decay")
def penalty_scaled_by_the_rate(rule, w, dw, config, decay, kind):
    """With `kind="l2"` you put the learning rate into the penalty's gradient. The rule multiplies by it anyway."""
    if kind == "l2":
        return rule(w, dw + config["learning_rate"] * l2_loss(w, decay)[1], config)
    if kind == "decoupled":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")


@mistake("penalties", replaces="step_with_decay")
def the_rule_s_config_is_lost(rule, w, dw, config, decay, kind):
    """You return the config that you were given. What the rule remembers for its next step is in the config that it returns."""
    if kind == "l2":
        return rule(w, dw + l2_loss(w, decay)[1], config)[0], config
    if kind == "decoupled":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)[0], config
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")


@mistake(
    "penalties",
    replaces="step_with_decay",
    change={"_, pull = l2_loss(w, decay)": "dw += l2_loss(w, decay)[1]", "dw + pull": "dw"},
)
def penalty_added_into_dw():
    """With `kind="l2"` you add the penalty's gradient into `dw` itself, with +=. The array belongs to the caller, who may need it again."""


@mistake(
    "penalties",
    replaces="l1_loss",
    change={"reg * np.sign(w)": "np.nan_to_num(reg * w / np.abs(w))"},
)
def nought_divided_by_nought():
    """Your sign divides each weight by its size, which for a weight of 0 is 0/0; correcting the result afterwards does not silence the warning. Ask for the sign otherwise."""


@mistake(
    "penalties",
    replaces="decoupled_decay",
    change={"1 - learning_rate * decay": "max(0.0, 1 - learning_rate * decay)"},
)
def never_past_zero():
    """Your decay stops at zero. The formula does not: with a large rate and a large decay a weight changes its sign."""


@mistake("penalties", replaces="step_with_decay")
def decay_in_double_precision(rule, w, dw, config, decay, kind):
    """On its way through `step_with_decay` your float32 becomes float64, from an array that is made without a dtype. Weights and gradient should reach the rule as they came."""
    if kind not in ("l2", "decoupled") or decay < 0:
        raise ValueError(
            f"kind is {kind!r} and decay {decay}, expected 'l2' or 'decoupled' and a number >= 0"
        )
    pull = np.zeros(w.shape) + decay * w
    if kind == "l2":
        return rule(w, dw + pull, config)
    return rule(w - config["learning_rate"] * pull, dw, config)


@mistake("penalties", replaces="step_with_decay")
def rate_of_the_next_step(rule, w, dw, config, decay, kind):
    """You take the learning rate out of the config that the rule returns. An optimizer may lower its rate: the rate of this step is in the config that you received."""
    if kind not in ("l2", "decoupled") or decay < 0:
        raise ValueError(
            f"kind is {kind!r} and decay {decay}, expected 'l2' or 'decoupled' and a number >= 0"
        )
    if kind == "l2":
        return rule(w, dw + decay * w, config)
    moved, config = rule(w, dw, config)
    return moved - config["learning_rate"] * decay * w, config


@mistake("penalties", replaces="step_with_decay")
def kinds_in_capitals(rule, w, dw, config, decay, kind):
    """You take a kind however it is spelt. There are two names, and any other word is refused."""
    if kind.lower() == "l2":
        return rule(w, dw + l2_loss(w, decay)[1], config)
    if kind.lower() == "decoupled":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")


@mistake(
    "penalties",
    replaces="l1_loss",
    change={"reg * np.sign(w)": 'np.sign(w) if w.dtype.kind == "f" else np.sign(w).astype(float)'},
)
def l1_gradient_without_reg():
    """The gradient of your `l1_loss` is the sign alone, without reg. The loss has reg in it, so its gradient has it too."""


@mistake(
    "penalties",
    replaces="l2_loss",
    change={
        "0.5 * reg * np.sum(w * w), reg * w": '0.5 * reg * np.sum(w * w), w * 1.0 if w.dtype.kind != "f" else w.copy()'
    },
)
def l2_gradient_without_reg():
    """The gradient of your `l2_loss` is w alone, without reg. The loss has reg in it, so its gradient has it too."""


@mistake("penalties", replaces="l2_loss", change={"np.sum(w * w)": "np.sum(w * w, axis=0)"})
def l2_of_the_rows():
    """Your L2 penalty is an array, one number a row or column: `np.sum` has an axis there. A single number is asked for, whatever the shape."""


@mistake("penalties", replaces=("l2_loss", "l1_loss", "decoupled_decay"))
def negative_numbers_get_through():
    """A negative reg, decay or learning rate gets through. It would pay for large weights: refuse it with a ValueError that names it."""

    def l2_loss(w, reg):
        return 0.5 * reg * np.sum(w * w), reg * w

    def l1_loss(w, reg):
        return reg * np.sum(np.abs(w)), reg * np.sign(w)

    def decoupled_decay(w, learning_rate, decay):
        return (1 - learning_rate * decay) * w

    return l2_loss, l1_loss, decoupled_decay


@mistake(
    "penalties",
    replaces="decoupled_decay",
    change={
        "return (1 - learning_rate * decay) * w": "w *= 1 - learning_rate * decay\n    return w"
    },
)
def decay_in_place():
    """You shrink `w` in place. It belongs to the caller: make a new array."""


@mistake(
    "penalties",
    replaces="decoupled_decay",
    change={
        "(1 - learning_rate * decay) * w": "(1 - learning_rate * decay) * float(np.exp(-learning_rate * decay))",
        "1 - learning_rate * decay": "w",
    },
)
def decay_exponential():
    """Your weights shrink by exp(-learning_rate decay). That is close to it while both are small; the formula has 1 - learning_rate decay."""


@mistake("penalties", replaces="step_with_decay")
def loss_added_to_the_gradient(rule, w, dw, config, decay, kind):
    """With `kind="l2"` you add the penalty itself to the gradient, one number for all weights. Its gradient belongs there."""
    if not decay >= 0:
        raise ValueError(f"decay is {decay}, expected a number >= 0")
    if kind == "l2":
        return rule(w, dw + l2_loss(w, decay)[0], config)
    if kind == "decoupled":
        return rule(decoupled_decay(w, config["learning_rate"], decay), dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")


@mistake("penalties", replaces="step_with_decay")
def decay_without_the_rate_in_the_step(rule, w, dw, config, decay, kind):
    """With `kind="decoupled"` the weights shrink by decay alone. The learning rate in config takes part."""
    if not decay >= 0:
        raise ValueError(f"decay is {decay}, expected a number >= 0")
    if kind == "l2":
        return rule(w, dw + decay * w, config)
    if kind == "decoupled":
        return rule((1 - decay) * w, dw, config)
    raise ValueError(f"kind is {kind!r}, expected 'l2' or 'decoupled'")


@mistake("penalties", replaces="l1_loss", change={"reg * np.sign(w)": "reg * np.abs(w)"})
def l1_gradient_is_the_size():
    """The gradient of your `l1_loss` is reg times the size of each weight, so it is never negative. What is the slope of |w| on the left of zero, and does it depend on the size?"""


@mistake("penalties", replaces="l1_loss", change={"reg * np.sign(w)": "reg * np.ones_like(w)"})
def l1_gradient_without_a_sign():
    """The gradient of your `l1_loss` is reg for every weight. What is the slope of |w| on the left of zero?"""


@mistake(
    "penalties",
    replaces="step_with_decay",
    change={
        "_, pull = l2_loss(w, decay)\n        return rule(w, dw + pull, config)": "return rule(w, dw + l1_loss(w, decay)[1], config)"
    },
)
def l1_in_the_step():
    """With `kind="l2"` you add the gradient of the L1 penalty."""


@variant("penalties", replaces=("l2_loss", "l1_loss", "decoupled_decay"))
def products_of_vectors():
    """Flattened vectors and their products; a weight's sign by comparison; the loss as a plain float."""

    def price(w, reg):
        if reg < 0:
            raise ValueError(f"reg must not be negative, got {reg}")
        return np.asarray(w, dtype=w.dtype if w.dtype.kind == "f" else float)

    def l2(w, reg):
        flat = price(w, reg).reshape(-1)
        return float(reg / 2 * (flat @ flat)), (reg * flat).reshape(w.shape)

    def l1(w, reg):
        values = price(w, reg)
        signs = (values > 0).astype(values.dtype) - (values < 0)
        return float(reg * (values * signs).sum()), (reg * signs).astype(values.dtype)

    def decay_of(w, learning_rate, decay):
        if learning_rate < 0 or decay < 0:
            raise ValueError(
                f"learning_rate={learning_rate} and decay={decay} must not be negative"
            )
        return w - learning_rate * (decay * w)

    return l2, l1, decay_of


@variant("penalties", replaces="step_with_decay")
def moves_taken_together(rule, w, dw, config, decay, kind):
    """Steps from the weights as they are, and takes the decay away afterwards: the same where a step does not depend on w."""
    if decay < 0:
        raise ValueError(f"decay is {decay}, it must not be negative")
    match kind:
        case "l2":
            return rule(w, dw + decay * w, config)
        case "decoupled":
            rate = config["learning_rate"]
            moved, config = rule(w, dw, config)
            return moved - rate * decay * w, config
    raise ValueError(f"no such kind: {kind}")


@variant("penalties", replaces=("l2_loss", "l1_loss", "decoupled_decay", "step_with_decay"))
def a_class_of_penalties():
    """A class for each penalty; sums by einsum; copies shrunk in place; the two kinds of decay in a dictionary."""

    class Penalty:
        def __init__(self, w, reg):
            if reg < 0 or reg != reg:
                raise ValueError(f"a price of {reg}")
            self.w = w if w.dtype.kind == "f" else w.astype(float)
            self.reg = reg

    class L2(Penalty):
        def both(self):
            flat = self.w.reshape(-1)
            return self.reg / 2 * np.einsum("i,i->", flat, flat), self.reg * self.w

    class L1(Penalty):
        def both(self):
            signs = (self.w > 0).astype(self.w.dtype) - (self.w < 0).astype(self.w.dtype)
            return self.reg * np.einsum("i,i->", signs.ravel(), self.w.ravel()), self.reg * signs

    def shrink(w, learning_rate, decay):
        for value in (learning_rate, decay):
            if not value >= 0:
                raise ValueError(f"{value} is negative")
        smaller = w.copy() if w.dtype.kind == "f" else w.astype(np.float64)
        smaller *= 1 - learning_rate * decay
        return smaller

    def step(rule, w, dw, config, decay, kind):
        kinds = {
            "l2": lambda: rule(w, dw + L2(w, decay).both()[1], config),
            "decoupled": lambda: rule(shrink(w, config["learning_rate"], decay), dw, config),
        }
        if kind not in kinds:
            raise ValueError(f"{kind} is none of {list(kinds)}")
        return kinds[kind]()

    return (lambda w, reg: L2(w, reg).both()), (lambda w, reg: L1(w, reg).both()), shrink, step


@variant("penalties", replaces=("l2_loss", "l1_loss", "decoupled_decay"))
def norms_of_flat_arrays():
    """np.linalg.norm for both sums, np.where and copysign for the signs, plain floats for the losses; a list for the pair."""

    def floats(w):
        return np.array(w, dtype=w.dtype if w.dtype in (np.float32, np.float64) else float)

    def checked(**named):
        for name, value in named.items():
            if value < 0:
                raise ValueError(f"{name} is {value}, expected 0 or more")

    def l2(w, reg):
        checked(reg=reg)
        w = floats(w)
        return [float(reg * np.linalg.norm(w.ravel()) ** 2 / 2), w * reg]

    def l1(w, reg):
        checked(reg=reg)
        w = floats(w)
        return [
            float(reg * np.linalg.norm(w.ravel(), 1)),
            np.where(w == 0, 0 * w, np.copysign(np.full_like(w, reg), w)),
        ]

    def decay_by(w, learning_rate, decay):
        checked(learning_rate=learning_rate, decay=decay)
        w = floats(w)
        return w - learning_rate * (decay * w)

    return l2, l1, decay_by


@variant("penalties", replaces="step_with_decay")
def l2_written_out(rule, w, dw, config, decay, kind):
    """Leaves the three functions above alone, and writes both kinds out."""
    if decay < 0:
        raise ValueError(f"a decay of {decay}")
    if kind == "decoupled":
        w = w - config["learning_rate"] * decay * w
    elif kind == "l2":
        dw = np.add(dw, decay * w)
    else:
        raise ValueError(f"kind {kind}")
    stepped = rule(w, dw, config)
    return stepped[0], stepped[1]
