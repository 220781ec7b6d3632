"""Question `torch_layout`: weights turned, named and numbered as PyTorch has them, and back."""

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


@check("torch_layout", points=5)
def test_names_and_shapes(student, rng):
    """`torch_layout` names weights and biases by their module's place, in the order of the layers, with weights of shape (out, in)."""
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
            compare.shape(state[name], value.shape, f"`{name}`")


@check("torch_layout", points=5, needs="test_names_and_shapes")
def test_weights_are_turned(student, rng):
    """`W[j, i]` of PyTorch is `w[i, j]` of ours, in layers that are square as well."""
    for shape in ([4, 3, 5], [3, 3, 3]):
        params = draw(rng, shape)
        state = student.torch_layout(params)
        for name, value in turned(params).items():
            hint = "A new shape alone does not turn it." if name.endswith("weight") else ""
            compare.close(
                state[name],
                value,
                f"`{name}` of a {'square' if shape[0] == shape[1] else 'narrow'} network",
                hint=hint,
            )


@check("torch_layout", points=2, needs="test_weights_are_turned")
def test_many_layers(student, rng):
    """Eleven layers come in the order of their numbers: `w10` after `w9`, not after `w1`."""
    params = draw(rng, [2] * 12)
    state, want = student.torch_layout(params), turned(params)
    compare.keys(state, want, "state")
    compare.equal(
        list(state), list(want), "the order of the names", hint="By number, not by spelling."
    )
    for name, value in want.items():
        compare.close(state[name], value, f"`{name}`")


@check("torch_layout", points=4)
def test_there_and_back(student, rng):
    """`numpy_layout` undoes it exactly."""
    params = draw(rng, [3, 4, 4, 2])
    back = compare.keys(student.numpy_layout(turned(params)), params, "params")
    for name, value in params.items():
        compare.close(back[name], value, name, rtol=0, atol=0)


@check("torch_layout", points=3, needs="test_there_and_back")
def test_places_with_gaps(student, rng):
    """Places that are not 0, 2, 4 count by their order, as numbers."""
    params = draw(rng, [3, 2, 4, 2])
    places = (0, int(rng.integers(3, 10)), int(rng.integers(10, 30)))
    kinds = (("w", "weight"), ("b", "bias"))
    pairs = [
        (f"{place}.{kind}", params[f"{short}{k}"].T)
        for k, place in enumerate(places, start=1)
        for short, kind in kinds
    ]
    state = {pairs[i][0]: np.ascontiguousarray(pairs[i][1]) for i in rng.permutation(6)}
    back = compare.keys(student.numpy_layout(state), params, "params")
    for name, value in params.items():
        compare.close(
            back[name], value, name, hint="Sort the places as numbers, then count from 1."
        )


@check("torch_layout", points=2, needs="test_there_and_back")
def test_no_bias(student, rng):
    """A linear layer without a bias gets zeros, of its own size."""
    params = draw(rng, [3, 2, 4])
    state = turned(params)
    del state["0.bias"]
    back = compare.keys(student.numpy_layout(state), params, "params")
    compare.close(back["b1"], np.zeros(2), "b1")
    compare.close(back["b2"], params["b2"], "b2")
    single = student.numpy_layout({name: value.astype(np.float32) for name, value in state.items()})
    compare.require(
        getattr(single.get("b1"), "dtype", None) == np.float32,
        "`b1` is not float32, though the layer's weights are.",
    )


@check("torch_layout", points=2, needs=("test_weights_are_turned", "test_there_and_back"))
def test_what_holds_everywhere(student, rng):
    """Arguments stay as they are, no result lies in their memory, the state's arrays lie row after row, precision is kept, any layout will do."""
    params = draw(rng, [3, 4, 2])
    for name, value in (("torch_layout", params), ("numpy_layout", turned(params))):
        for lies in (
            np.ascontiguousarray,
            np.asfortranarray,
        ):  # a transpose of the one is contiguous, of the other not
            rules.pure(student, name, {key: lies(array) for key, array in value.items()}, new=(0,))
            if name == "torch_layout":
                lying = student.in_rows({key: lies(array) for key, array in value.items()})
                compare.require(
                    all(compare.keys(lying, turned(params), "state").values()),
                    "An array of the state does not lie row after row in memory.",
                    "A transpose is only another view, and a copy of one may keep its order.",
                )
        rules.floats(student, name, value)
        rules.layouts(student, name, value)


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
    rules.rejects(
        student,
        "numpy_layout",
        {"0.weight": np.ones((2, 3)), "2.bias": np.ones(2)},
        mentions=("bias",),
    )
    rules.rejects(
        student,
        "numpy_layout",
        {"0.weight": np.ones((2, 3)), "I.weight": np.ones((2, 2))},
        mentions=("I.weight",),
    )
    rules.rejects(student, "numpy_layout", {"0.weight": np.ones((2, 3)), "0.gain": np.ones(2)})
    rules.rejects(
        student, "numpy_layout", {"0.weight": np.ones((2, 3)), "1.0.weight": np.ones((2, 2))}
    )
