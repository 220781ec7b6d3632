"""Question `train`: what stands still does so to the last bit, what goes slowly does so by its rate, and schedules of both."""

import numpy as np

from autograder.checking import check, compare, rules

MOMENTUM = 0.8


def draw(rng, layers=3, norm=(1, 2), size=2, dtype=np.float64):
    """A network of small arrays; layers in `norm` have batch norm."""
    names = []
    for k in range(1, layers + 1):
        names += [f"w{k}", f"b{k}"] + (
            [f"{part}{k}" for part in ("gamma", "beta", "mean", "var")] if k in norm else []
        )
    return {
        name: rng.choice([-1, 1], size) * rng.uniform(0.5, 2, size).astype(dtype) for name in names
    }


def batches(rng, steps):
    return [(rng.normal(size=(3, 2)), rng.integers(1, 5, 3)) for _ in range(steps)]


def layer_of(name):
    return int("".join(letter for letter in name if letter.isdigit()))


class Network:
    """A network on the grader's side, with gradients that depend on the weights and on the batch; notes what it is asked."""

    def __init__(self, rng, params, slope=0.3):
        self.slope = slope  # how far the gradients depend on the weights; 0: not at all
        self.push = {
            name: float(rng.normal() + 2 * rng.choice([-1, 1]))
            for name in params
            if name[0] in "wbg"
        }
        self.asked = []

    def __call__(self, params, x, y, still):
        still = tuple(int(k) for k in still)
        self.asked.append(still)
        amount = float(np.sum(x))
        grads = {
            name: (self.slope * params[name] + push * (1 + amount**2)).astype(params[name].dtype)
            for name, push in self.push.items()
        }
        memory = {}
        for name, value in params.items():
            if name[0] in "mv":  # mean and var
                memory[name] = (
                    value
                    if layer_of(name) in still
                    else (0.9 * value + 0.1 * float(np.sum(y))).astype(value.dtype)
                )
        return amount**2 + sum(still), grads, memory


def plain(w, dw, config):
    return w - config["learning_rate"] * dw, config


def momentum(w, dw, config):
    velocity = MOMENTUM * config.get("velocity", 0.0) + dw
    return w - config["learning_rate"] * velocity, {**config, "velocity": velocity}


def adam(w, dw, config):
    t = config.get("t", 0) + 1
    first = 0.9 * config.get("first", 0.0) + 0.1 * dw
    second = 0.99 * config.get("second", 0.0) + 0.01 * dw * dw
    step = config["learning_rate"] * first / (1 - 0.9**t) / (np.sqrt(second / (1 - 0.99**t)) + 1e-8)
    return w - step, {**config, "first": first, "second": second, "t": t}


def right(params, data, frozen, lr_mult, network, rule, config, reg=0.0):
    """The trained network and the losses, written out."""
    now, states, losses = {name: value.copy() for name, value in params.items()}, {}, []
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = network(now, x, y, still)
        for name, grad in grads.items():
            k = layer_of(name)
            if k not in still:
                state = states.get(
                    name, {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
                )
                now[name], states[name] = rule(
                    now[name], grad + (reg * now[name] if name[0] == "w" else 0.0), state
                )
        now.update(memory)
        losses.append(loss)
    return now, losses


def trained(student, params, *args):
    now, losses = compare.unpack(student.train(params, *args), 2, "the trained network, the losses")
    return compare.keys(now, params, "the trained network"), losses


def compare_networks(got, want, hint="", only=lambda name: True):
    for name in want:
        if only(name):
            compare.close(got[name], want[name], f"`{name}` after training", hint=hint)


def same_bits(got, params, name, hint):
    value = got[name]
    as_before = (
        isinstance(value, np.ndarray)
        and value.dtype == params[name].dtype
        and value.tobytes() == params[name].tobytes()
    )
    compare.require(
        as_before,
        f"`{name}`, of a layer that is frozen at every step, is not the same to the last bit.",
        hint,
    )


@check("train", points=5)
def test_schedule(student, rng):
    """`unfreeze_schedule` begins with the head alone and lets one layer more learn after every so many steps, from the top down, to the end."""
    for depth, steps, every in ((3, 7, 2), (5, 9, 3), (2, 6, 1), (4, 3, 5), (1, 2, 1)):
        got = student.unfreeze_schedule(depth, steps, every)
        compare.require(
            isinstance(got, (list, tuple)) and len(got) == steps,
            "there is not one entry for each step.",
        )
        compare.require(
            all(isinstance(still, (list, tuple)) for still in got),
            "an entry is no tuple of layers.",
        )
        for step, still in enumerate(got):
            want = [k for k in range(1, depth) if k < depth - step // every]
            compare.equal(
                list(still),
                want,
                f"the frozen layers at a step, for a depth of {depth} and one more every {every},",
            )
    for every in (0, -2):
        rules.rejects(student, "unfreeze_schedule", 3, 4, every, mentions=(str(every),))


@check("train", points=4)
def test_nothing_frozen(student, rng):
    """With nothing frozen, all arrays follow the rule, each with a config of its own; memories and losses are what `loss_and_grads` said."""
    for layers, norm in ((2, ()), (3, (1, 2))):
        params = draw(rng, layers, norm)
        network, data = Network(rng, params), batches(rng, 4)
        args = data, [()] * 4, {}, network, momentum, {"learning_rate": 0.05}
        want, losses = right(params, *args)
        now, got = trained(student, params, *args)
        compare_networks(
            now,
            want,
            "Is the config that the rule returns used at the next step, and by this array alone?",
            lambda name: name[0] in "wbg",
        )
        compare_networks(
            now,
            want,
            "After each batch, the memories are what loss_and_grads returns.",
            lambda name: name[0] in "mv",
        )
        compare.close(np.array(got), np.array(losses), "losses")


@check("train", points=5)
def test_frozen_to_the_last_bit(student, rng):
    """Weights of frozen layers stay the same to the last bit, under momentum and with a penalty, also if they learnt before; the others learn."""
    params = draw(rng)
    network, data = Network(rng, params, slope=0), batches(rng, 4)
    for still in ((1, 2), (3,), (1, 2, 3)):
        args = data, [still] * 4, {}, network, momentum, {"learning_rate": 0.05}, 0.2
        now, _ = trained(student, params, *args)
        for name in params:
            if name[0] in "wbg" and layer_of(name) in still:
                same_bits(
                    now,
                    params,
                    name,
                    "Who moves it? A penalty, or a rule that should not have been asked?",
                )
        compare_networks(
            now,
            right(params, *args)[0],
            only=lambda name, still=still: name[0] in "wbg" and layer_of(name) not in still,
        )
    args = data, [(), (), (1, 3), (1, 3)], {}, network, momentum, {"learning_rate": 0.05}
    now, _ = trained(student, params, *args)
    hint = "A velocity is left from the first steps: setting the gradient to zero does not stop it."
    compare_networks(
        now,
        right(params, *args)[0],
        hint,
        only=lambda name: name[0] in "wbg" and layer_of(name) != 2,
    )


@check("train", points=4)
def test_memories(student, rng):
    """`loss_and_grads` is told at each step what stands still; batch norm's memories stay the same to the last bit there, and move elsewhere."""
    params = draw(rng, 4, (1, 2, 3))
    data, frozen = batches(rng, 4), [(1, 3), (1, 2), (1,), (1, 2, 3)]
    network = Network(rng, params)
    args = data, frozen, {}, network, plain, {"learning_rate": 0.05}
    now, losses = trained(student, params, *args)
    compare.require(len(network.asked) == 4, "`loss_and_grads` is not asked once for each step.")
    for asked, still in zip(network.asked, frozen, strict=True):
        compare.equal(
            sorted(asked),
            sorted(still),
            "what loss_and_grads is told stands still",
            hint="Else batch norm works as in training there.",
        )
    for name in ("mean1", "var1"):
        same_bits(now, params, name, "Running statistics have no gradient. Who moves them?")
    want, right_losses = right(params, *args)
    compare_networks(now, want, only=lambda name: name[0] in "mv")
    compare.close(np.array(losses), np.array(right_losses), "losses")


@check("train", points=3)
def test_exact_names(student, rng):
    """Freezing layer 1 does not freeze layers 10 to 12, nor does freezing layer 12 freeze 1 or 2; the same for slower layers."""
    params = draw(rng, 12, (), size=1)
    network, data = Network(rng, params, slope=0), batches(rng, 2)
    for still, lr_mult in (
        ((1,), {}),
        ((12,), {}),
        ((11, 3), {1: 0.5, 10: 0.25}),
        ((10,), {2: 0.5}),
    ):
        args = data, [still] * 2, lr_mult, network, plain, {"learning_rate": 0.05}
        now, _ = trained(student, params, *args)
        hint = "The layer is all of the number at the end of the name."
        compare_networks(now, right(params, *args)[0], hint)


@check("train", points=4)
def test_rates(student, rng):
    """A layer with a factor learns with that part of the learning rate, under plain descent, momentum and Adam; a factor of 0 moves no weight, and freezes nothing."""
    params = draw(rng, 3, (2,))
    network, data = Network(rng, params, slope=0), batches(rng, 3)
    for rule in (plain, momentum, adam):
        args = data, [()] * 3, {1: 0.1, 2: 2.5}, network, rule, {"learning_rate": 0.04}
        now, _ = trained(student, params, *args)
        hint = (
            "The rate, not the gradient: Adam does not care for the size of a gradient."
            if rule is adam
            else "Which rate does this layer have?"
        )
        compare_networks(now, right(params, *args)[0], hint)
    args = data, [()] * 3, {2: 0.0}, network, adam, {"learning_rate": 0.04}
    hint = "A factor of 0 is a factor. Only what is in frozen stands still, and batch norm with it."
    compare_networks(trained(student, params, *args)[0], right(params, *args)[0], hint)


@check("train", points=3)
def test_schedules(student, rng):
    """Where a layer is frozen at some steps only, what its rule remembers waits, and goes on from there."""
    params = draw(rng, 3, (1,))
    network, data = Network(rng, params, slope=0), batches(rng, 6)
    for rule in (momentum, adam):
        for frozen in ([(), (), (1, 2), (1, 2), (), ()], [(1, 2), (1, 2), (1,), (1,), (), ()]):
            args = data, frozen, {1: 0.5}, network, rule, {"learning_rate": 0.04}
            now, _ = trained(student, params, *args)
            compare_networks(
                now,
                right(params, *args)[0],
                "While a layer is frozen, its config neither moves nor is lost.",
            )


@check("train", points=1)
def test_penalty(student, rng):
    """`reg` is a penalty on the weights that learn: not on biases, nor on batch norm's gamma and beta."""
    params = draw(rng)
    args = (
        batches(rng, 3),
        [(2,)] * 3,
        {1: 0.5},
        Network(rng, params, slope=0),
        momentum,
        {"learning_rate": 0.05},
        0.3,
    )
    now, losses = trained(student, params, *args)
    want, right_losses = right(params, *args)
    compare_networks(now, want, "The gradient of half of reg times the sum of squares of w.")
    compare.close(
        np.array(losses),
        np.array(right_losses),
        "losses with a penalty",
        hint="As loss_and_grads gave them.",
    )


@check("train", points=1)
def test_manners(student, reference, rng):
    """No argument is changed, rules may write into their own config, float32 stays float32, any layout will do, and what does not fit is refused."""
    params = draw(rng)
    args = (
        batches(rng, 2),
        [(1,), ()],
        {2: 0.5},
        Network(rng, params),
        momentum,
        {"learning_rate": 0.05},
        0.1,
    )
    rules.pure(student, "train", params, *args)
    rules.layouts(student, "train", params, *args)
    single, _ = trained(
        student, {name: value.astype(np.float32) for name, value in params.items()}, *args
    )
    for name, value in single.items():
        compare.require(
            getattr(value, "dtype", None) == np.float32,
            f"`{name}` is not float32 in the end, though the network was.",
        )
    data, _, _, *rest = args
    rules.rejects(student, "train", params, data, [(), (), ()], {}, *rest, mentions=("2", "3"))
    rules.rejects(student, "train", params, data, [(1,), (7,)], {}, *rest, mentions=("7",))
    rules.rejects(student, "train", params, data, [(), ()], {8: 0.5}, *rest, mentions=("8",))
    rules.rejects(student, "train", params, data, [(0,), ()], {}, *rest, mentions=("0",))
    rules.rejects(student, "train", params, data, [(), ()], {0: 0.5}, *rest, mentions=("0",))
    start = {
        f"{part}{k}": rng.normal(size=shape)
        for k in (1, 2)
        for part, shape in (("w", (3, 3)), ("b", 3))
    }
    pictures = [(rng.normal(size=(4, 3)), rng.permutation(4) % 3) for _ in range(4)]
    now, _ = compare.unpack(
        rules.pure(student, "train_by_momentum", start, pictures, {"learning_rate": 0.1}),
        2,
        "the trained network, the losses",
    )
    want, _ = reference.train_by_momentum(start, pictures, {"learning_rate": 0.1})
    hint = "It writes its velocity into the config that it is handed: each array needs a copy of its own."
    compare_networks(compare.keys(now, start, "the trained network"), want, hint)
