"""Known mistakes and right variants of `train`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("train", replaces="train")
def frozen_by_a_zero_gradient(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """You set the gradients of frozen layers to zero and ask the rule all the same. What it remembers from steps before, a velocity or moments, still moves them: do not ask it."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if name[0] == "w":
                dw = dw + reg * now[name]
            if layer[name] in still:
                dw = 0 * dw
            now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake("train", replaces="train")
def decay_moves_what_is_frozen(
    params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0
):
    """Frozen weights have no gradient in your function, but the penalty is added after that: step by step it pulls them to zero. What is frozen has no penalty either."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] in still:
                dw = 0 * dw
            if name[0] == "w":
                dw = dw + reg * now[name]
            if layer[name] not in still or name[0] == "w":
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake("train", replaces="train")
def first_digit_for_the_layer(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """You take the first digit of a name for its layer, or ask what the name begins with: then layers 10, 11 and 12 count as layer 1. All the digits at the end are the number."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if not any(
                name.rstrip("0123456789") + str(k)
                == name[: len(name.rstrip("0123456789")) + len(str(k))]
                for k in still
            ):
                if name[0] == "w":
                    dw = dw + reg * now[name]
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake(
    "train",
    replaces="train",
    change={"layer[name] not in still": "not name.endswith(tuple(str(k) for k in still))"},
)
def last_digit_for_the_layer():
    """You ask what a name ends with: then layer 12 counts as layer 2, and layer 11 as layer 1. All the digits at the end are the number."""


@mistake("train", replaces="train")
def gradient_scaled_for_the_rate(
    params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0
):
    """You multiply the *gradient* by `lr_mult`. Plain descent cannot tell that from a smaller rate, but Adam divides by the gradient's size and takes its full step: scale the rule's learning rate."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"]} for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                dw = lr_mult.get(layer[name], 1.0) * dw
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake(
    "train",
    replaces="train",
    change={
        '{**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}': '{**config, "learning_rate": config["learning_rate"]}'
    },
)
def rates_are_ignored():
    """Every layer learns at the same rate: `lr_mult` does not come into it."""


@mistake("train", replaces="train")
def zero_counts_as_nothing(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """A factor of 0 in `lr_mult` is taken for no factor at all (`lr_mult.get(k) or 1`): that layer learns at the full rate."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * (lr_mult.get(k) or 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake(
    "train",
    replaces="train",
    change={"loss_and_grads(now, x, y, still)": "loss_and_grads(now, x, y, ())"},
)
def memories_go_on():
    """`loss_and_grads` is never told what stands still, so batch norm of frozen layers works as in training, and its running statistics move with every batch. They are a part of what is frozen."""


@mistake(
    "train",
    replaces="train",
    change={
        "loss_and_grads(now, x, y, still)": "loss_and_grads(now, x, y, ())",
        "now |= memory": "now |= {name: value for name, value in memory.items() if layer[name] not in still}",
    },
)
def memories_put_back():
    """You put the running statistics of frozen layers back, but `loss_and_grads` was not told that they stand still: it normalised by the batch all the same, and loss and gradients are those of training mode."""


@mistake("train", replaces="train", change={"        now |= memory\n": ""})
def memories_are_lost():
    """The running statistics of your trained network are the old ones: what `loss_and_grads` returns as memories is to be kept, step by step."""


@mistake(
    "train",
    replaces="train",
    change={
        "now[name], configs[name]": "now[name], _",
        "rule(now[name], dw, configs[name])": "rule(now[name], dw, dict(configs[name]))",
    },
)
def config_is_forgotten():
    """Each step begins with a fresh config: what the rule remembers (velocity, moments, count of steps) is lost. Keep what it returns, for each array."""


@mistake("train", replaces="train")
def state_begins_anew_when_the_set_changes(
    params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0
):
    """Where the frozen layers change, the rule begins anew, for layers that learn on as well. What it remembers waits while a layer is frozen, and goes on from there."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses, before = dict(params), [], None
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        if before is not None and still != before:
            configs = {
                name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
                for name, k in layer.items()
            }
        before = still
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake("train", replaces="train")
def rule_remembers_zeros_while_frozen(
    params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0
):
    """Frozen arrays stay, but the rule is still asked about them with a zero gradient: their velocity fades and their count of steps runs on, so that they go on differently once they learn again."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if name[0] == "w":
                dw = dw + reg * now[name]
            if layer[name] in still:
                _, configs[name] = rule(now[name], 0 * dw, configs[name])
            else:
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake(
    "train",
    replaces="train",
    change={
        "loss, grads, memory = loss_and_grads(now, x, y, still)": "still = frozen[0]\n        loss, grads, memory = loss_and_grads(now, x, y, still)"
    },
)
def first_set_for_all_steps():
    """You freeze what is frozen at the first step, at every step. `frozen` has an entry for each step."""


@mistake(
    "train",
    replaces="train",
    change={
        'if name[0] == "w":\n                    dw = dw + reg * now[name]': "dw = dw + reg * now[name]"
    },
)
def penalty_on_biases_too():
    """Your penalty also pulls at biases and at batch norm's gamma and beta. It is for the weights w alone."""


@mistake(
    "train",
    replaces="train",
    change={
        '                if name[0] == "w":\n                    dw = dw + reg * now[name]\n': ""
    },
)
def penalty_is_ignored():
    """`reg` does not come into your gradients."""


@mistake(
    "train",
    replaces="train",
    change={"layer[name] not in still": 'layer[name] not in still or name[0] != "w"'},
)
def biases_of_frozen_layers_learn():
    """You freeze the weights w, but biases, gamma and beta of the same layer go on learning. A layer is all that has its number."""


@mistake(
    "train",
    replaces="train",
    leaves_nothing="What is frozen learns and what learns is frozen, in every check.",
    change={"layer[name] not in still": "layer[name] in still"},
)
def frozen_and_learning_swapped():
    """The layers in `frozen` learn, and the others stand still: it should be the other way round."""


@mistake("train", replaces="train", change={"dict(params)": "params"})
def callers_network_is_trained():
    """You write the trained arrays into the caller's dictionary. Begin with a dictionary of your own."""


@mistake("train", replaces="train")
def unknown_layers_pass(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """A layer that the network does not have is let through. A mistyped layer would learn where you think it is frozen: refuse it."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake("train", replaces="train")
def shorter_list_decides(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """If there are more batches than entries of `frozen`, or the other way round, you silently train for the shorter of the two: refuse it."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    configs = {
        name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
        for name, k in layer.items()
    }
    for (x, y), still in zip(data, frozen, strict=False):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                now[name], configs[name] = rule(now[name], dw, configs[name])
        now |= memory
        losses.append(loss)
    return now, losses


@mistake(
    "train",
    replaces="train",
    change={
        "dw = dw + reg * now[name]": "now[name] = dw + reg * now[name]",
        "dw + reg * now[name]": 'now[name] - configs[name]["learning_rate"] * reg * now[name]',
    },
)
def decay_beside_the_rule():
    """You shrink the weights beside the rule, as decoupled decay does. Here `reg` is a penalty in the loss: its gradient is added to the gradient, and goes through the rule."""


@mistake(
    "train",
    replaces="train",
    change={"loss_and_grads(now, x, y, still)": "loss_and_grads(params, x, y, still)"},
)
def gradients_at_the_start():
    """Every step takes its gradients at the weights you began with: hand `loss_and_grads` the network as it is now."""


@mistake("train", replaces="train")
def one_memory_for_all_arrays(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """All arrays share what the rule remembers: the velocity of one is used for the next. Each array has a config of its own."""
    layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
    if len(data) != len(frozen):
        raise ValueError(
            f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
        )
    for k in {*lr_mult, *(k for still in frozen for k in still)}:
        if k not in layer.values():
            raise ValueError(
                f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
            )
    now, losses = dict(params), []
    shared = dict(config)
    for (x, y), still in zip(data, frozen, strict=True):
        loss, grads, memory = loss_and_grads(now, x, y, still)
        for name, dw in grads.items():
            if layer[name] not in still:
                if name[0] == "w":
                    dw = dw + reg * now[name]
                rate = config["learning_rate"] * lr_mult.get(layer[name], 1.0)
                now[name], shared = rule(now[name], dw, {**shared, "learning_rate": rate})
        now |= memory
        losses.append(loss)
    return now, losses


@mistake(
    "train",
    replaces="unfreeze_schedule",
    change={
        "range(1, depth - step // every)": "range(1 + step // every, depth - step // every)",
        "depth - step // every": "depth",
    },
)
def unfrozen_from_the_bottom():
    """Your schedule unfreezes the first layer first. It is the most general one, and the last to be touched: begin at the head and go down."""


@mistake("train", replaces="unfreeze_schedule")
def one_step_early(depth, steps, every):
    """In your schedule, the layers join a step too early. The head alone learns for `every` steps, counted from step 0."""
    if every < 1:
        raise ValueError(f"every is {every}, expected at least 1")
    return [tuple(range(1, depth - (step + 1) // every)) for step in range(steps)]


@mistake(
    "train",
    replaces="unfreeze_schedule",
    change={"depth - step // every": "depth + 1 - step // every"},
)
def head_frozen_at_first():
    """Your schedule begins with everything frozen, the head as well: then nothing at all learns for the first steps."""


@mistake("train", replaces="unfreeze_schedule")
def frozen_again_in_the_end(depth, steps, every):
    """Once all layers learn, your schedule freezes some again: a slice with a negative end counts from the back."""
    if every < 1:
        raise ValueError(f"every is {every}, expected at least 1")
    layers = tuple(range(1, depth))
    return [layers[: depth - 1 - step // every] for step in range(steps)]


@mistake("train", replaces="unfreeze_schedule")
def learning_layers_are_listed(depth, steps, every):
    """Your schedule lists the layers that learn, where those that are frozen were asked for."""
    if every < 1:
        raise ValueError(f"every is {every}, expected at least 1")
    return [tuple(range(max(1, depth - step // every), depth + 1)) for step in range(steps)]


@mistake(
    "train",
    replaces="unfreeze_schedule",
    change={
        '    if every < 1:\n        raise ValueError(f"every is {every}, expected at least 1")\n': ""
    },
)
def no_end_to_patience():
    """`every` below 1 is let through: it divides by zero, or never makes sense. Refuse it with a ValueError."""


@mistake("train", replaces=("train", "train_by_momentum"))
def one_config_for_a_layer():
    """All arrays of a layer begin with one config between them. A rule may write into the config that it is handed, and then one array's velocity becomes another's: a copy for each array."""

    def trained(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
        layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
        if len(data) != len(frozen):
            raise ValueError(
                f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
            )
        for k in {*lr_mult, *(k for still in frozen for k in still)}:
            if k not in layer.values():
                raise ValueError(
                    f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
                )
        now, losses = dict(params), []
        shared = {
            k: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
            for k in layer.values()
        }
        configs = {name: shared[k] for name, k in layer.items()}
        for (x, y), still in zip(data, frozen, strict=True):
            loss, grads, memory = loss_and_grads(now, x, y, still)
            for name, dw in grads.items():
                if layer[name] not in still:
                    dw = dw + reg * now[name] if name[0] == "w" else dw
                    now[name], configs[name] = rule(now[name], dw, configs[name])
            now |= memory
            losses.append(loss)
        return now, losses

    def train_by_momentum(params, data, config):
        return trained(params, data, [()] * len(data), {}, loss_and_grads, sgd_momentum, config)

    return trained, train_by_momentum


@mistake("train", replaces=("train",))
def layers_below_the_first():
    """You only look whether a layer's number is too large. There is no layer 0 either."""

    def trained(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
        layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
        if len(data) != len(frozen):
            raise ValueError(
                f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
            )
        for k in {*lr_mult, *(k for still in frozen for k in still)}:
            if k > max(layer.values()):
                raise ValueError(
                    f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
                )
        now, losses = dict(params), []
        configs = {
            name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
            for name, k in layer.items()
        }
        for (x, y), still in zip(data, frozen, strict=True):
            loss, grads, memory = loss_and_grads(now, x, y, still)
            for name, dw in grads.items():
                if layer[name] not in still:
                    dw = dw + reg * now[name] if name[0] == "w" else dw
                    now[name], configs[name] = rule(now[name], dw, configs[name])
            now |= memory
            losses.append(loss)
        return now, losses

    return trained


@mistake("train", replaces=("train",))
def a_rate_of_zero_taken_for_frozen():
    """You tell `loss_and_grads` that a layer with the factor 0 stands still. Its weights do not move, but it is not frozen: its batch norm works as in training, and its memory goes on."""

    def trained(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
        layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
        if len(data) != len(frozen):
            raise ValueError(
                f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
            )
        for k in {*lr_mult, *(k for still in frozen for k in still)}:
            if k not in layer.values():
                raise ValueError(
                    f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
                )
        now, losses = dict(params), []
        configs = {
            name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
            for name, k in layer.items()
        }
        for (x, y), still in zip(data, frozen, strict=True):
            still = (
                *still,
                *(k for k, factor in lr_mult.items() if factor == 0 and k not in still),
            )
            loss, grads, memory = loss_and_grads(now, x, y, still)
            for name, dw in grads.items():
                if layer[name] not in still:
                    dw = dw + reg * now[name] if name[0] == "w" else dw
                    now[name], configs[name] = rule(now[name], dw, configs[name])
            now |= memory
            losses.append(loss)
        return now, losses

    return trained


@mistake("train", replaces=("train",))
def losses_with_the_penalty():
    """You add the penalty to the losses that you return. They are asked for as `loss_and_grads` gave them."""

    def trained(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
        layer = {name: int("".join(filter(str.isdigit, name))) for name in params}
        if len(data) != len(frozen):
            raise ValueError(
                f"there are {len(data)} batches and frozen layers for {len(frozen)} steps, expected as many"
            )
        for k in {*lr_mult, *(k for still in frozen for k in still)}:
            if k not in layer.values():
                raise ValueError(
                    f"there is no layer {k}, expected layers from 1 to {max(layer.values())}"
                )
        now, losses = dict(params), []
        configs = {
            name: {**config, "learning_rate": config["learning_rate"] * lr_mult.get(k, 1.0)}
            for name, k in layer.items()
        }
        for (x, y), still in zip(data, frozen, strict=True):
            loss, grads, memory = loss_and_grads(now, x, y, still)
            for name, dw in grads.items():
                if layer[name] not in still:
                    dw = dw + reg * now[name] if name[0] == "w" else dw
                    now[name], configs[name] = rule(now[name], dw, configs[name])
            now |= memory
            losses.append(
                loss
                + 0.5
                * reg
                * sum(float(np.sum(value**2)) for name, value in now.items() if name[0] == "w")
            )
        return now, losses

    return trained


@variant("train", replaces="train")
def layer_by_layer(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """Groups names by layer with a regular expression, makes a config when an array first learns, and copies everything."""
    import re

    layers = {}
    for name in params:
        layers.setdefault(int(re.search(r"[0-9]+$", name).group()), []).append(name)
    steps = len(data)
    if steps - len(frozen):
        raise ValueError(f"{steps} batches, but frozen has {len(frozen)}")
    named = set(lr_mult).union(*map(set, frozen)) if steps else set(lr_mult)
    if named - set(layers):
        raise ValueError(
            f"unknown layers {sorted(named - set(layers))}; there are {sorted(layers)}"
        )
    network = {name: np.array(value) for name, value in params.items()}
    memories, losses = {}, []
    for step in range(steps):
        x, y = data[step]
        still = list(frozen[step])
        loss, grads, stats = loss_and_grads(network, x, y, still)
        losses += [float(loss)]
        for k, names in layers.items():
            if k in still:
                continue
            rate = config["learning_rate"] * lr_mult[k] if k in lr_mult else config["learning_rate"]
            for name in names:
                if name not in grads:
                    continue
                gradient = np.array(grads[name])
                if reg and name.startswith("w"):
                    gradient += reg * network[name]
                if name not in memories:
                    memories[name] = dict(config, learning_rate=rate)
                network[name], memories[name] = rule(network[name], gradient, memories[name])
        for name in stats:
            network[name] = np.array(stats[name])
    return network, losses


@variant("train", replaces="train")
def plans_what_learns_first(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """Works out the names that learn at each step before the loop; memories of frozen layers are left where they are."""
    number = lambda name: int(name.translate(str.maketrans("", "", "abegmnrtvw")))
    known = set(map(number, params))
    if len(frozen) != len(data):
        raise ValueError(f"frozen has {len(frozen)} entries for {len(data)} batches")
    for still in [tuple(lr_mult), *map(tuple, frozen)]:
        for k in still:
            if k not in known:
                raise ValueError(f"no layer {k} among {sorted(known)}")
    learning = [
        [name for name in params if name[0] in "wbg" and number(name) not in still]
        for still in frozen
    ]
    state = {name: {**config} for name in params}
    for name in params:
        state[name]["learning_rate"] = lr_mult.get(number(name), 1) * config["learning_rate"]
    now, history = {**params}, []
    for batch, still, names in zip(data, frozen, learning):
        loss, grads, memory = loss_and_grads(now, *batch, tuple(still))
        history.append(loss)
        steps = {
            name: rule(
                now[name],
                grads[name] + reg * now[name] if name[0] == "w" else grads[name],
                state[name],
            )
            for name in names
        }
        now = {**now, **{name: step[0] for name, step in steps.items()}}
        state = {**state, **{name: step[1] for name, step in steps.items()}}
        now.update((name, value) for name, value in memory.items() if number(name) not in still)
    return now, history


@variant("train", replaces="unfreeze_schedule")
def schedule_by_blocks(depth, steps, every):
    """Builds the schedule block by block, and cuts it off."""
    if every <= 0:
        raise ValueError(f"every: got {every}, expected 1 or more")
    schedule, highest = [], depth - 1
    while len(schedule) < steps:
        schedule += [list(range(1, highest + 1))] * every
        highest = max(highest - 1, 0)
    return schedule[:steps]


@variant("train", replaces="train")
def penalty_added_in_place(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """Adds the penalty to the gradients that `loss_and_grads` made, in place, on a copy of the network."""
    if len(data) != len(frozen):
        raise ValueError(f"got {len(data)} batches, but {len(frozen)} entries in frozen")
    digits = "0123456789"
    number = {name: int(name[len(name.rstrip(digits)) :]) for name in params}
    for k in [*lr_mult.keys(), *sum(map(list, frozen), [])]:
        if k not in set(number.values()):
            raise ValueError(f"layer {k} is none of {sorted(set(number.values()))}")
    net = {name: params[name].copy() for name in params}
    configs = {}
    for name in net:
        configs[name] = config.copy()
        configs[name]["learning_rate"] *= lr_mult[number[name]] if number[name] in lr_mult else 1
    losses = [None] * len(data)
    for step, (batch, still) in enumerate(zip(data, frozen)):
        losses[step], grads, memory = loss_and_grads(net, batch[0], batch[1], still)
        for name in sorted(grads):
            if number[name] in still:
                continue
            if name.startswith("w"):
                grads[name] += reg * net[name]
            net[name], configs[name] = rule(net[name], grads[name], configs[name])
        for name, value in memory.items():
            net[name] = value
    return net, losses


@variant("train", replaces="train")
def an_optimiser_for_each_array(
    params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0
):
    """A class that holds array, rate and memory; a generator of losses; the network is put together anew for each call."""

    class Array:
        def __init__(self, name, value):
            kind = name.rstrip("0123456789")
            self.layer, self.value, self.decay = (
                int(name[len(kind) :]),
                value,
                reg if kind == "w" else 0.0,
            )
            self.memory = config | {
                "learning_rate": lr_mult.get(self.layer, 1.0) * config["learning_rate"]
            }

        def learn(self, slope):
            self.value, self.memory = rule(
                self.value,
                slope if not self.decay else slope + self.decay * self.value,
                self.memory,
            )

    arrays = {name: Array(name, value) for name, value in params.items()}
    depth = max(array.layer for array in arrays.values())
    if len(data) != len(frozen):
        raise ValueError(
            f"data is {len(data)} long, frozen {len(frozen)}; expected the same length"
        )
    for k in {k for layers in (lr_mult, *frozen) for k in layers}:
        if not 1 <= k <= depth:
            raise ValueError(f"expected layers 1 to {depth}, got {k}")

    def run():
        for (x, y), still in zip(data, frozen, strict=True):
            loss, slopes, memories = loss_and_grads(
                {name: array.value for name, array in arrays.items()}, x, y, tuple(still)
            )
            yield loss
            for name, slope in slopes.items():
                arrays[name].layer in still or arrays[name].learn(slope)
            for name, value in memories.items():
                arrays[name].value = value

    losses = list(run())
    return {name: array.value for name, array in arrays.items()}, losses


@variant("train", replaces="unfreeze_schedule")
def schedule_by_counting_down(depth, steps, every):
    """Takes one layer off the top of a list whenever so many steps have passed."""
    if not every >= 1:
        raise ValueError(f"expected every to be 1 or more, not {every}")
    still, schedule = list(range(1, depth)), []
    for step in range(steps):
        if step and step % every == 0 and still:
            still.pop()
        schedule.append(tuple(still))
    return schedule


@variant("train", replaces="unfreeze_schedule")
def schedule_by_a_matrix(depth, steps, every):
    """A table of steps and layers, of which layers stand still is read off row by row."""
    if every < 1:
        raise ValueError(f"{every} steps a layer, at least 1 expected")
    layers = np.arange(1, depth + 1)
    joins = (depth - layers) * every
    table = np.arange(steps)[:, None] < joins[None, :]
    return [tuple(layers[row].tolist()) for row in table]
