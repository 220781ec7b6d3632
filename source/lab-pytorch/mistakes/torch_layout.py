"""Known mistakes and right variants of `torch_layout`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={'("weight", w.T)': '("weight", w.reshape(w.shape[::-1]))'},
)
def reshaped_not_turned():
    """Your weights have the right shape and the wrong numbers in it: `reshape` keeps the order in memory, and only the labels of the axes change. Which operation exchanges rows and columns?"""


@mistake("torch_layout", replaces="torch_layout", change={'("weight", w.T)': '("weight", w)'})
def not_turned():
    """Your weights are still (in, out). `nn.Linear` keeps (out, in) and computes x times its transpose."""


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={'("weight", w.T)': '("weight", w if w.shape[0] == w.shape[1] else w.T)'},
)
def turned_unless_square():
    """You turn a weight only where its shape does not fit already. A square layer fits either way, and still has to be turned."""


@mistake("torch_layout", replaces="torch_layout")
def relu_takes_no_place(params):
    """Your second layer is named `1`. Count the modules of the sequence: a ReLU takes a place too, though it has no parameters."""
    layers = sum(name.startswith("w") for name in params)
    expected = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "wb"]
    if wrong := sorted(set(expected) ^ set(params)):
        raise ValueError(f"{', '.join(wrong)} missing or too many, expected {', '.join(expected)}")
    state = {}
    for k in range(1, layers + 1):
        w, b = params[f"w{k}"], params[f"b{k}"]
        if w.ndim != 2 or (k > 1 and len(w) != params[f"w{k - 1}"].shape[1]):
            raise ValueError(
                f"w{k} has shape {w.shape}, expected (in, out) with the in that layer {k - 1} gives"
            )
        if b.shape != w.shape[1:]:
            raise ValueError(
                f"b{k} has shape {b.shape}, expected {w.shape[1:]} for w{k} of shape {w.shape}"
            )
        for kind, value in (("weight", w.T), ("bias", b)):
            state[f"{k - 1}.{kind}"] = np.array(
                value, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C"
            )
    return state


@mistake("torch_layout", replaces="torch_layout")
def sorted_as_words(params):
    """From ten layers on, your order is wrong: as words, "w10" comes before "w2". Sort by number."""
    layers = sum(name.startswith("w") for name in params)
    expected = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "wb"]
    if wrong := sorted(set(expected) ^ set(params)):
        raise ValueError(f"{', '.join(wrong)} missing or too many, expected {', '.join(expected)}")
    state = {}
    for place, k in enumerate(sorted(range(1, layers + 1), key=str), start=1):
        w, b = params[f"w{k}"], params[f"b{k}"]
        if w.ndim != 2 or (k > 1 and len(w) != params[f"w{k - 1}"].shape[1]):
            raise ValueError(
                f"w{k} has shape {w.shape}, expected (in, out) with the in that layer {k - 1} gives"
            )
        if b.shape != w.shape[1:]:
            raise ValueError(
                f"b{k} has shape {b.shape}, expected {w.shape[1:]} for w{k} of shape {w.shape}"
            )
        for kind, value in (("weight", w.T), ("bias", b)):
            state[f"{2 * (place - 1)}.{kind}"] = np.array(
                value, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C"
            )
    return state


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={
        "for k in range(1, layers + 1):": 'for k in [int(name[1:]) for name in params if name[0] == "w"]:'
    },
)
def order_of_the_dictionary():
    """You go through the layers in the order in which the dictionary holds them. It may hold w2 before w1: the number counts."""


@mistake("torch_layout", replaces="torch_layout", change={'("bias", b)': '("bias", b[:, None])'})
def biases_as_columns():
    """Your biases have shape (out, 1). That was the layout of a column convention; here, and in PyTorch, a bias is (out,)."""


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={'value.dtype if value.dtype.kind == "f" else np.float64': "np.float64"},
)
def always_double():
    """Your weights come out as float64 whatever they were. A network of float32 should stay one."""


@mistake("torch_layout", replaces="torch_layout")
def nothing_refused(params):
    """You hand over whatever comes. A missing bias or a layer that does not fit its neighbour should be refused with a ValueError that names it, here, not ten lines later in PyTorch."""
    layers = sum(name.startswith("w") for name in params)
    state = {}
    for k in range(1, layers + 1):
        for short, kind in (("w", "weight"), ("b", "bias")):
            value = params.get(f"{short}{k}", np.zeros(1))
            state[f"{2 * (k - 1)}.{kind}"] = np.array(
                value.T, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C"
            )
    return state


@mistake(
    "torch_layout",
    replaces="numpy_layout",
    change={
        "enumerate(sorted(places, key=int), start=1)": "((int(place) // 2 + 1, place) for place in sorted(places, key=int))"
    },
)
def places_halved():
    """You compute a layer's number as place / 2 + 1. That holds while ReLUs alone stand between; count the places in their order instead."""


@mistake(
    "torch_layout", replaces="numpy_layout", change={"sorted(places, key=int)": "sorted(places)"}
)
def places_sorted_as_words():
    """You sort the places as words, so that "10" comes before "9"."""


@mistake("torch_layout", replaces="numpy_layout")
def no_bias_no_entry(state):
    """A linear layer without a bias has none in your parameters either. Our layers always have one: of zeros."""
    places = set()
    for name in state:
        place, _, kind = name.partition(".")
        if not place.isdecimal() or kind not in ("weight", "bias"):
            raise ValueError(
                f"the name {name!r}, expected 'I.weight' or 'I.bias' with a whole number I"
            )
        if f"{place}.weight" not in state:
            raise ValueError(
                f"{name!r} is there without its weight, expected {place}.weight as well"
            )
        places.add(place)
    params = {}
    for k, place in enumerate(sorted(places, key=int), start=1):
        weight = state[f"{place}.weight"]
        dtype = weight.dtype if weight.dtype.kind == "f" else np.float64
        params[f"w{k}"] = np.array(weight.T, dtype=dtype, order="C")
        if f"{place}.bias" in state:
            params[f"b{k}"] = np.array(
                state.get(f"{place}.bias", np.zeros(len(weight), dtype)), dtype=dtype
            )
    return params


@mistake("torch_layout", replaces="numpy_layout", change={"weight.T": "weight"})
def not_turned_back():
    """On the way from PyTorch to NumPy your weights stay (out, in)."""


@mistake("torch_layout", replaces=("torch_layout", "in_rows"))
def turned_in_its_shape_alone():
    """Your weights lie in memory as they did before, column after column: `np.array` and `copy` of a transpose may keep its order. Ask for the order of rows."""
    inner = torch_layout

    def layout(params):
        return {name: np.array(value, order="F") for name, value in inner(params).items()}

    def in_rows(params):
        return {name: bool(value.flags.c_contiguous) for name, value in layout(params).items()}

    return layout, in_rows


@mistake("torch_layout", replaces=("numpy_layout",))
def zeros_in_double_precision():
    """The zeros that you put in for a bias are float64, whatever the weights of that layer are. Make them of the weights' dtype."""
    inner = numpy_layout

    def layout(state):
        params = inner(state)
        for k, place in enumerate(sorted({int(name.split(".")[0]) for name in state}), start=1):
            if f"{place}.bias" not in state:
                params[f"b{k}"] = np.zeros(len(params[f"b{k}"]))
        return params

    return layout


@mistake("torch_layout", replaces=("torch_layout",))
def rows_taken_for_biases():
    """You take a bias of shape (1, M) for one of (M,). It may broadcast here; the twin in PyTorch will refuse it. Compare whole shapes."""
    inner = torch_layout

    def layout(params):
        return inner(
            {
                name: value.reshape(-1) if name[0] == "b" and 1 in value.shape[:-1] else value
                for name, value in params.items()
            }
        )

    return layout


@variant("torch_layout", replaces="torch_layout")
def by_sorting(params):
    """Sorts the names by number, and turns by axes."""
    numbers = sorted(int(name[1:]) for name in params if name[0] == "w")
    for k in range(1, max([*numbers, *(int(name[1:]) for name in params)]) + 1):
        for kind in "wb":
            if f"{kind}{k}" not in params:
                raise ValueError(f"expected a parameter {kind}{k}, got {sorted(params)}")
    state, width = {}, None
    for k in numbers:
        w, b = np.asarray(params[f"w{k}"]), np.asarray(params[f"b{k}"])
        if width is not None and w.shape[0] != width:
            raise ValueError(f"w{k}: {w.shape[0]} rows, expected {width}")
        width = w.shape[1]
        if b.shape != (width,):
            raise ValueError(f"b{k}: shape {b.shape}, expected {(width,)}")
        kind = (
            np.result_type(w, np.float32)
            if w.dtype == np.float32
            else np.result_type(w, np.float64)
        )
        state[f"{2 * k - 2}.weight"] = np.swapaxes(w, 0, 1).astype(kind).copy(order="C")
        state[f"{2 * k - 2}.bias"] = b.astype(kind)
    return state


@variant("torch_layout", replaces="numpy_layout")
def in_one_pass(state):
    """Groups the names first."""
    layers = {}
    for name, value in state.items():
        head, dot, kind = name.partition(".")
        try:
            place = int(head)
        except ValueError:
            raise ValueError(f"{name}: expected a place and weight or bias") from None
        if kind not in ("weight", "bias"):
            raise ValueError(f"{name}: expected a place and weight or bias")
        layers.setdefault(place, {})[kind] = (
            value if value.dtype.kind == "f" else value.astype(float)
        )
    params = {}
    for number, place in enumerate(sorted(layers)):
        if "weight" not in layers[place]:
            raise ValueError(f"{place}.bias has no weight, expected {place}.weight")
        weight = layers[place]["weight"]
        params[f"w{number + 1}"] = np.einsum("oi->io", weight).copy()
        params[f"b{number + 1}"] = np.zeros(weight.shape[0], weight.dtype) + layers[place].get(
            "bias", 0
        )
    return params


@variant("torch_layout", replaces="torch_layout")
def entry_by_entry(params):
    """Walks up the layers until a name is missing, and turns each weight by two loops."""
    state, k, width = {}, 1, None
    while f"w{k}" in params or f"b{k}" in params:
        for name in (f"w{k}", f"b{k}"):
            if name not in params:
                raise ValueError(f"{name} is missing")
        w, b = params[f"w{k}"], params[f"b{k}"]
        if np.ndim(w) != 2:
            raise ValueError(f"w{k} has {np.ndim(w)} axes, two were expected")
        rows, columns = w.shape
        if rows != (rows if width is None else width):
            raise ValueError(f"w{k} takes {rows} numbers, but {width} come in")
        if b.shape != (columns,):
            raise ValueError(f"b{k} has shape {b.shape}, ({columns},) was expected")
        turned = np.empty((columns, rows), w.dtype if w.dtype.kind == "f" else float)
        for i in range(rows):
            for j in range(columns):
                turned[j, i] = w[i, j]
        state[f"{2 * k - 2}.weight"] = turned
        state[f"{2 * k - 2}.bias"] = np.array(b.tolist(), dtype=turned.dtype)
        k, width = k + 1, columns
    if len(state) != len(params):
        known = {f"{kind}{n}" for n in range(1, k) for kind in "wb"}
        raise ValueError(f"too many, or w{k} and b{k} missing: {sorted(set(params) - known)}")
    return state


@variant("torch_layout", replaces="torch_layout")
def pairs_of_layers(params):
    """Checks neighbours by zip, and makes the state by a comprehension; einsum turns."""
    depth = len(params) // 2 + len(params) % 2
    wanted = [(f"w{k}", f"b{k}") for k in range(1, depth + 1)]
    names = [name for pair in wanted for name in pair]
    for name in [*names, *params]:
        if (name in params) + (name in names) != 2:
            raise ValueError(f"{name}: expected {names}, got {list(params)}")
    layers = [(k, params[w], params[b]) for k, (w, b) in enumerate(wanted)]
    for (k, w, b), (_, after, _) in zip(layers, [*layers[1:], (None, None, None)]):
        if w.ndim != 2 or b.ndim != 1 or len(b) != w.shape[1]:
            raise ValueError(f"w{k + 1} {w.shape} and b{k + 1} {b.shape} do not fit")
        if after is not None and after.shape[:1] != b.shape:
            raise ValueError(
                f"w{k + 2} {after.shape} does not take the {len(b)} numbers of w{k + 1}"
            )

    def own(value):
        return np.require(
            value, np.float32 if value.dtype == np.float32 else np.float64, "C"
        ).copy()

    return {
        f"{k * 2}.{kind}": own(value)
        for k, w, b in layers
        for kind, value in (("weight", np.einsum("io->oi", w)), ("bias", b))
    }


@variant("torch_layout", replaces="numpy_layout")
def by_a_pattern(state):
    """A regular expression, a list of places sorted as numbers, and an array filled in place."""
    import re

    places = []
    for name in state:
        found = re.fullmatch(r"(\d+)\.(weight|bias)", name)
        if found is None:
            raise ValueError(f"{name}: what is that?")
        place = int(found.group(1))
        if found.group(2) == "weight":
            places.append(place)
        elif f"{found.group(1)}.weight" not in state:
            raise ValueError(f"{name} without a weight")
    params = {}
    for k, place in enumerate(sorted(places), 1):
        weight = state[f"{place}.weight"]
        kind = (
            np.promote_types(weight.dtype, np.float32)
            if weight.dtype.kind == "f"
            else np.dtype(float)
        )
        params[f"w{k}"] = np.empty(weight.shape[::-1], kind)
        params[f"w{k}"][...] = weight.transpose()
        params[f"b{k}"] = np.zeros(weight.shape[0], kind)
        if f"{place}.bias" in state:
            params[f"b{k}"] += state[f"{place}.bias"]
    return params
