"""Known mistakes and right variants of `replace_head`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """A random head is reduced to what can be told without its numbers: shape, dtype, scale; the body as it is."""
    if not isinstance(value, dict):
        return value
    params = args[0]
    told = {}
    for key, array in value.items():
        old = params.get(key)
        if (
            not isinstance(array, np.ndarray)
            or old is None
            or key[0] != "w"
            or (array.shape == old.shape and np.allclose(array, old))
        ):
            told[key] = array
            continue
        scale = (
            float(np.sqrt(np.mean(np.square(array, dtype=np.float64)) * len(array)))
            if array.size
            else 0.0
        )
        some = min(array.shape[1], old.shape[1]) if array.ndim == 2 and old.ndim == 2 else 0
        old_part = bool(
            some and len(array) == len(old) and np.allclose(array[:, :some], old[:, :some])
        )
        levels = (
            [scale > bound for bound in (0.0, 0.35, 0.5, 0.85, 1.2, 1.5, 3.0)]
            if array.size > 2000
            else [scale > 0]
        )
        bounded = bool(array.size > 2000 and np.abs(array).max() < 2.2 * array.std() + 1e-12)
        told[key] = [list(array.shape), str(array.dtype), levels, old_part, bounded]
    return told


@mistake("replace_head", replaces=("replace_head", "head_then_train_in_place"))
def body_is_shared():
    """Your new dictionary holds the *old* arrays of the body. If you train the new network in place, you train the old one as well: copy the arrays, not only the dictionary."""

    def replace_head(params, num_classes, rng):
        if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
        head = max(int(name[1:]) for name in params if name[0] == "w")
        old = params[f"w{head}"]
        new = dict(params)
        new[f"w{head}"] = (rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))).astype(
            old.dtype
        )
        new[f"b{head}"] = np.zeros(num_classes, old.dtype)
        return new

    def head_then_train_in_place(params, num_classes, rng):
        new = replace_head(params, num_classes, rng)
        for value in new.values():
            value += 1
        return new

    return replace_head, head_then_train_in_place


@mistake("replace_head", replaces=("replace_head", "head_then_train_in_place"))
def only_weights_are_copied():
    """You copy the weights and share the rest: biases, or batch norm's arrays, are still those of the old network."""

    def replace_head(params, num_classes, rng):
        if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
        head = max(int(name[1:]) for name in params if name[0] == "w")
        old = params[f"w{head}"]
        new = {name: value.copy() if name[0] in "wb" else value for name, value in params.items()}
        new[f"w{head}"] = (rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))).astype(
            old.dtype
        )
        new[f"b{head}"] = np.zeros(num_classes, old.dtype)
        return new

    def head_then_train_in_place(params, num_classes, rng):
        new = replace_head(params, num_classes, rng)
        for value in new.values():
            value += 1
        return new

    return replace_head, head_then_train_in_place


@mistake("replace_head", replaces="replace_head")
def head_written_into_params(params, num_classes, rng):
    """You put the new head into the caller's dictionary. The old network belongs to the caller: build a new one beside it."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
    head = max(int(name[1:]) for name in params if name[0] == "w")
    old = params[f"w{head}"]
    params[f"w{head}"] = (rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))).astype(
        old.dtype
    )
    params[f"b{head}"] = np.zeros(num_classes, old.dtype)
    return {name: value.copy() for name, value in params.items()}


@mistake("replace_head", replaces="replace_head")
def old_head_is_cut(params, num_classes, rng):
    """Your new head begins with columns of the old one. They were made for other classes: draw all of the head anew."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
    head = max(int(name[1:]) for name in params if name[0] == "w")
    old = params[f"w{head}"]
    new = {name: value.copy() for name, value in params.items()}
    w = (rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))).astype(old.dtype)
    some = min(num_classes, old.shape[1])
    w[:, :some] = old[:, :some]
    new[f"w{head}"], new[f"b{head}"] = w, np.zeros(num_classes, old.dtype)
    return new


@mistake(
    "replace_head",
    replaces="replace_head",
    change={
        'max(int(name[1:]) for name in params if name[0] == "w")': 'sorted(name for name in params if name[0] == "w")[-1][1:]',
        'params[f"b{head}"]': "old",
    },
)
def last_by_the_alphabet():
    """You find the last layer by sorting names as words, and among words "w9" comes after "w10". Compare the numbers."""


@mistake(
    "replace_head",
    replaces="replace_head",
    change={
        'max(int(name[1:]) for name in params if name[0] == "w")': '[name for name in params if name[0] == "w"][-1][1:]',
        'params[f"b{head}"]': "old",
    },
)
def last_in_the_dictionary():
    """You take the last name in the dictionary for the head's. A dictionary's order says nothing about layers: look for the greatest number."""


@mistake(
    "replace_head",
    replaces="replace_head",
    change={'    new[f"b{head}"] = np.zeros(num_classes, params[f"b{head}"].dtype)\n': ""},
)
def old_bias_is_kept():
    """The bias of the head is still the old one. It belongs to the old classes, and there may be another number of them."""


@mistake("replace_head", replaces="replace_head")
def variance_for_deviation(params, num_classes, rng):
    """You scale the weights by 1/D. That is the variance which was asked for; the numbers are multiplied by its root."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
    head = max(int(name[1:]) for name in params if name[0] == "w")
    old = params[f"w{head}"]
    new = {name: value.copy() for name, value in params.items()}
    new[f"w{head}"] = (rng.normal(size=(len(old), num_classes)) / len(old)).astype(old.dtype)
    new[f"b{head}"] = np.zeros(num_classes, old.dtype)
    return new


@mistake(
    "replace_head",
    replaces="replace_head",
    change={
        "rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))": "rng.normal(size=(len(old), num_classes)) * np.sqrt(2 / len(old))",
        'params[f"b{head}"]': "old",
    },
)
def he_for_the_head():
    """Your head has He's variance, 2/D. The 2 makes up for the half that a ReLU cuts off, and after the head there is none."""


@mistake(
    "replace_head",
    replaces="replace_head",
    change={
        "(rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))).astype(old.dtype)": "np.zeros((len(old), num_classes), old.dtype)",
        'params[f"b{head}"]': "old",
    },
)
def zeros_for_the_head():
    """Your head begins with zeros. That is no sin for a head alone, but it was to be drawn from N(0, 1/D); and as long as it is zero, no gradient reaches the body."""


@mistake(
    "replace_head",
    replaces="replace_head",
    change={
        "rng.normal(size=(len(old), num_classes))": "rng.uniform(-1, 1, size=(len(old), num_classes))",
        'params[f"b{head}"]': "old",
    },
)
def uniform_for_normal():
    """Your new weights are uniform, and you use the standard deviation as the bound. They should be normal. Besides, the standard deviation of a uniform number is its bound divided by the root of 3."""


@mistake(
    "replace_head",
    replaces="replace_head",
    change={" / np.sqrt(len(old))": "", 'params[f"b{head}"]': "old"},
)
def head_not_scaled():
    """Your new weights have variance 1, whatever D is. The variance is to be 1/D, or scores grow with the number of features."""


@mistake(
    "replace_head",
    replaces="replace_head",
    change={"np.sqrt(len(old))": "np.sqrt(num_classes)", 'params[f"b{head}"]': "old"},
)
def classes_for_features():
    """You divide by the root of the number of classes. D is the number of features that a score is summed over."""


@mistake("replace_head", replaces="replace_head")
def head_is_float64(params, num_classes, rng):
    """Your head is float64 whatever the network is: the generator draws float64. One such array makes everything after it float64, at half the speed."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
    head = max(int(name[1:]) for name in params if name[0] == "w")
    old = params[f"w{head}"]
    new = {name: value.copy() for name, value in params.items()}
    new[f"w{head}"] = rng.normal(size=(len(old), num_classes)) / np.sqrt(len(old))
    new[f"b{head}"] = np.zeros(num_classes)
    return new


@mistake("replace_head", replaces=("replace_head",))
def whole_numbers_of_numpy_refused():
    """You refuse a number of classes that comes out of an array, such as `y.max() + 1`: it is a whole number as well, of NumPy's own kind."""
    inner = replace_head

    def replaced(params, num_classes, rng):
        if type(num_classes) is not int:
            raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
        return inner(params, num_classes, rng)

    return replaced


@variant("replace_head", replaces="replace_head")
def built_name_by_name(params, num_classes, rng):
    """Parts each name into letters and digits, copies with np.array, draws float32 directly."""
    if num_classes != int(num_classes) or int(num_classes) < 2:
        raise ValueError(f"got {num_classes} classes, expected 2 or more")
    number = {name: int(name.lstrip("abcdefghijklmnopqrstuvwxyz")) for name in params}
    last = max(number.values())
    new = {}
    for name in sorted(params, key=number.get):
        value = params[name]
        if number[name] != last:
            new[name] = np.array(value)
        elif name.startswith("w"):
            features = value.shape[0]
            new[name] = rng.standard_normal(
                (features, num_classes), dtype=value.dtype.type
            ) * value.dtype.type(features**-0.5)
        else:
            new[name] = np.zeros_like(value, shape=num_classes)
    return new


@variant("replace_head", replaces="replace_head")
def deep_copy_first(params, num_classes, rng):
    """Copies everything, then replaces; finds the depth by counting the weights."""
    import copy

    if isinstance(num_classes, float) or not num_classes > 1:
        raise ValueError(f"num_classes: {num_classes}, where at least 2 were expected")
    new = copy.deepcopy(params)
    depth = sum(name.startswith("w") for name in params)
    w, b = new.pop(f"w{depth}"), new.pop(f"b{depth}")
    draw = rng.normal(0.0, (1 / w.shape[0]) ** 0.5, (w.shape[0], num_classes))
    return {
        **new,
        f"w{depth}": draw.astype(w.dtype, copy=False),
        f"b{depth}": np.zeros((num_classes,), dtype=b.dtype),
    }


@variant("replace_head", replaces="replace_head")
def the_head_column_by_column(params, num_classes, rng):
    """Draws a column for each class, then stacks them; copies by multiplying with one; finds the head by trying numbers."""
    import operator

    try:
        classes = operator.index(num_classes)
    except TypeError:
        raise ValueError(f"num_classes has to be a whole number, got {num_classes}") from None
    if classes <= 1:
        raise ValueError(f"num_classes has to be 2 or more, got {num_classes}")
    head = 1
    while f"w{head + 1}" in params:
        head += 1
    D = params[f"w{head}"].shape[0]
    columns = [rng.normal(loc=0.0, scale=D**-0.5, size=D) for _ in range(classes)]
    body = {
        name: value * np.ones_like(value)
        for name, value in params.items()
        if name not in {f"w{head}", f"b{head}"}
    }
    body[f"w{head}"] = np.stack(columns, axis=1).astype(params[f"w{head}"].dtype)
    body[f"b{head}"] = np.repeat(params[f"b{head}"].dtype.type(0), classes)
    return body


@variant("replace_head", replaces="replace_head")
def the_head_by_its_covariance(params, num_classes, rng):
    """Examples of a normal vector with covariance 1/D, a row for each class; a class for the names."""
    import re

    class Network:
        def __init__(self, arrays):
            self.arrays = {name: np.array(arrays[name], copy=True) for name in arrays}
            self.depth = max(
                int(found[1]) for found in map(re.compile(r"^w(\d+)$").match, arrays) if found
            )

        def set(self, kind, value):
            name = f"{kind}{self.depth}"
            self.arrays[name] = np.asarray(value, dtype=self.arrays[name].dtype)

    if num_classes % 1 or num_classes < 2:
        raise ValueError(f"a head of {num_classes} classes, expected a whole number from 2 on")
    network = Network(params)
    D = network.arrays[f"w{network.depth}"].shape[0]
    network.set("w", rng.standard_normal((num_classes, D)).T * np.sqrt(1 / D))
    network.set("b", [0.0] * num_classes)
    return network.arrays


@variant("replace_head", replaces="replace_head")
def body_and_head_apart(params, num_classes, rng):
    """Two dictionaries, joined in the end; copies by slicing into empty arrays."""
    if type(num_classes) is float or not num_classes >= 2:
        raise ValueError(f"expected 2 classes or more, not {num_classes}")
    top = str(max(int(name.strip("abegmnrtvw")) for name in params))

    def copied(value):
        new = np.empty_like(value)
        new[...] = value
        return new

    old_w, old_b = params["w" + top], params["b" + top]
    head = {
        "w" + top: np.empty((len(old_w), num_classes), old_w.dtype),
        "b" + top: np.empty(num_classes, old_b.dtype),
    }
    head["w" + top][:] = rng.normal(0, 1 / np.sqrt(len(old_w)), (len(old_w), num_classes))
    head["b" + top].fill(0)
    return {name: copied(value) for name, value in params.items() if name not in head} | head
