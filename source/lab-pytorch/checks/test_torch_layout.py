"""Question `torch_layout`: weights turned, named and numbered as PyTorch has them."""

import numpy as np

from autograder.checking import check, compare, rules


def draw(rng, sizes):
    """The parameters of a network with these sizes, in an order of no meaning, which is never that of the layers."""
    params = {}
    for k in range(1, len(sizes)):
        params[f"w{k}"] = rng.normal(size=sizes[k - 1 : k + 1])
        params[f"b{k}"] = rng.normal(size=sizes[k])
    names = [str(name) for name in rng.permutation(list(params))]
    weights = [int(name[1:]) for name in names if name[0] == "w"]
    return {name: params[name] for name in (names[::-1] if weights == sorted(weights) else names)}


def turned(params):
    """The state that belongs to them, written out."""
    layers = len(params) // 2
    named = (
        ((f"{2 * k - 2}.weight", params[f"w{k}"].T), (f"{2 * k - 2}.bias", params[f"b{k}"]))
        for k in range(1, layers + 1)
    )
    return {name: np.ascontiguousarray(value) for pair in named for name, value in pair}


def sizes(rng, layers):
    """Sizes of which no two neighbours are alike."""
    return [int(size) for size in rng.permutation(np.arange(2, 3 + layers))]


@check("torch_layout", points=4)
def test_names_and_biases(student, rng):
    """`torch_layout` names weights and biases by their module's place, in the order of the layers, and keeps each bias as it is."""
    for layers in (1, 3):
        params = draw(rng, sizes(rng, layers))
        state, want = student.torch_layout(params), turned(params)
        compare.keys(state, want, "state")
        compare.equal(
            list(state),
            list(want),
            "the order of the names",
            hint="Layer by layer, weight before bias.",
        )
        for name, value in want.items():
            if name.endswith("bias"):
                compare.close(state[name], value, f"`{name}`")


@check("torch_layout", points=5)
def test_weights_are_turned(student, rng):
    """`W[j, i]` of PyTorch is `w[i, j]` of ours, in layers that are square as well."""
    for shape in ([4, 3, 5], [3, 3, 3]):
        drawn = draw(rng, shape)
        params = {name: drawn[name] for name in ("w1", "b1", "w2", "b2")}
        state = student.torch_layout(params)
        compare.require(isinstance(state, dict), "A dict was expected.")
        weights = [value for name, value in state.items() if str(name).endswith("weight")]
        compare.equal(len(weights), 2, "the number of weights of two layers")
        for k, value in enumerate(weights, start=1):  # whatever their places are
            compare.close(
                value,
                params[f"w{k}"].T,
                f"the weight of layer {k} of a {'square' if shape[0] == shape[1] else 'narrow'} network",
                hint="A new shape alone does not turn it.",
            )


@check("torch_layout", points=2, needs="test_names_and_biases")
def test_many_layers(student, rng):
    """Eleven layers come in the order of their numbers: `w10` after `w9`, not after `w1`."""
    params = draw(rng, [1] * 12)
    state, want = student.torch_layout(params), turned(params)
    compare.keys(state, want, "state")
    compare.equal(
        list(state), list(want), "the order of the names", hint="By number, not by spelling."
    )
    for name, value in want.items():
        compare.close(state[name], value, f"`{name}`")


@check("torch_layout", points=2, needs="test_weights_are_turned")
def test_what_holds_everywhere(student, rng):
    """Arguments stay as they are, no result lies in their memory, the state's arrays lie row after row, precision is kept, any layout will do."""
    params = draw(rng, [3, 4, 2])
    for lies in (
        np.ascontiguousarray,
        np.asfortranarray,
    ):  # a transpose of the one is contiguous, of the other not
        lying = {key: lies(array) for key, array in params.items()}
        rules.pure(student, "torch_layout", lying, new=(0,))
        compare.require(
            all(student.in_rows(lying).values()),
            "An array of the state does not lie row after row in memory.",
            "A transpose is only another view, and a copy of one may keep its order.",
        )
    rules.floats(student, "torch_layout", params)
    rules.layouts(student, "torch_layout", params)


@check("torch_layout", points=2)
def test_what_does_not_fit(student, rng):
    """A parameter that is missing, too many or of the wrong shape raises a ValueError naming it."""
    params = draw(rng, [3, 4, 2])
    rules.rejects(
        student,
        "torch_layout",
        {name: value for name, value in params.items() if name != "b2"},
        mentions=(("b2", "w2"),),
    )  # or w2 is one too many
    rules.rejects(
        student,
        "torch_layout",
        {name: value for name, value in params.items() if name != "w1"},
        mentions=("w1",),
    )
    for wrong in (params["b2"][:1], params["b2"][None]):
        rules.rejects(student, "torch_layout", {**params, "b2": wrong}, mentions=("b2",))
    rules.rejects(
        student, "torch_layout", {**params, "w2": rng.normal(size=(5, 2))}, mentions=("w2",)
    )
    rules.rejects(
        student,
        "torch_layout",
        {"w1": np.ones((3, 4, 5)), "b1": np.ones((4, 5))},
        mentions=(("w1", "b1"),),
    )
