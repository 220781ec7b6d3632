"""The reference of lab-pytorch against PyTorch itself, and its event files against a reader that shares nothing with their writer."""

from __future__ import annotations

import importlib.util
import itertools
import math
import re
import struct
import zlib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import nbformat
import numpy as np
import pytest

from autograder import checking
from autograder.authoring.build import data_beside, execute
from autograder.core.course import Course

NAME = "lab-pytorch"
SIZES = (5, 7, 7, 4)
RULES = {
    "sgd": [{"learning_rate": 0.3}, {"learning_rate": 0.1, "reg": 0.2}],
    "sgd_momentum": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "momentum": 0.5, "reg": 0.1}],
    "nesterov": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "momentum": 0.0}],
    "ema_momentum": [{"learning_rate": 1.0}, {"learning_rate": 0.4, "beta": 0.6}],
    "adagrad": [{}, {"learning_rate": 0.1, "eps": 0.3}],
    "rmsprop": [{}, {"learning_rate": 0.02, "decay_rate": 0.7, "eps": 0.3}],
    "adadelta": [{}, {"learning_rate": 0.5, "decay_rate": 0.7, "eps": 0.3}],
    "adam": [
        {},
        {"learning_rate": 0.02, "beta1": 0.7, "beta2": 0.8, "eps": 0.3},
        {"decay": 0.3},
        {"reg": 0.3},
    ],
}
CASES = [(rule, config) for rule, configs in RULES.items() for config in configs]


def hidden(question: str) -> ModuleType:
    """Return the module of a question's hidden checks, for the judges that are written out there."""
    with patch.object(
        checking, "check", lambda *_, **__: lambda function: function
    ):  # here they are no checks
        return loaded(Course().checks(NAME) / f"test_{question}.py")


def loaded(path: Path) -> ModuleType:
    """Return the module in a file."""
    spec = importlib.util.spec_from_file_location(f"lab_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


event_reader = loaded(Path(__file__).with_name("event_reader.py"))


def network(torch: Any) -> Any:
    torch.set_num_threads(1)  # a net this small is slower on several
    modules = [
        module
        for pair in itertools.pairwise(SIZES)
        for module in (torch.nn.Linear(*pair), torch.nn.ReLU())
    ]
    return torch.nn.Sequential(*modules[:-1])


def draw(reference: SimpleNamespace, rng: np.random.Generator, n: int = 23) -> tuple[Any, ...]:
    params = reference.new_params(SIZES, rng)
    params |= {
        name: rng.normal(size=value.shape) for name, value in params.items() if name[0] == "b"
    }
    return (
        params,
        rng.normal(size=(n, SIZES[0])),
        rng.integers(0, SIZES[-1], n),
        reference.draw_epochs(n, 6, 5, rng),
    )


def course_rule(reference: SimpleNamespace, name: str, config: dict[str, float]) -> Any:
    """The course's rule with what `reg` and `decay` say beside it."""

    def step(
        w: np.ndarray, dw: np.ndarray, memory: dict[str, Any]
    ) -> tuple[np.ndarray, dict[str, Any]]:
        dw = dw + memory.get("reg", 0.0) * w
        w = w * (1 - memory.get("learning_rate", 1e-3) * memory.get("decay", 0.0))
        if name == "ema_momentum":
            beta = memory.get("beta", 0.9)
            memory["average"] = beta * memory.get("average", 0.0) + (1 - beta) * dw
            return w - memory["learning_rate"] * memory["average"], memory
        if name == "nesterov":
            momentum = memory.get("momentum", 0.9)
            memory["velocity"] = momentum * memory.get("velocity", 0.0) + dw
            return w - memory["learning_rate"] * (dw + momentum * memory["velocity"]), memory
        return getattr(reference, name)(w, dw, memory)

    return step


@pytest.mark.parametrize(
    ("rule", "config"), CASES, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(CASES)]
)
def test_losses_match_pytorchs_from_equal_weights(
    reference: SimpleNamespace,
    torch: Any,
    rng: np.random.Generator,
    rule: str,
    config: dict[str, float],
) -> None:
    """The lab's claim, to far more than the 1e-6 that it asks for: 20 losses and the weights after them."""
    params, x, y, epochs = draw(reference, rng)
    ours, _, mine = reference.twin_history(
        params, x, y, epochs, course_rule(reference, rule, config), config
    )
    net = network(torch)
    net.load_state_dict(
        {name: torch.from_numpy(value) for name, value in reference.torch_layout(params).items()}
    )
    name, settings = reference.torch_rule(rule, config)
    optimizer = getattr(torch.optim, name)(net.parameters(), **settings)
    theirs = []
    for batch in (batch for epoch in epochs for batch in epoch):
        loss = torch.nn.functional.cross_entropy(
            net(torch.from_numpy(x[batch])), torch.from_numpy(y[batch])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())
    step, worst = reference.matched(ours, theirs, 1e-6)
    assert step is None
    assert worst < 1e-11
    assert len(ours) == 20
    assert abs(ours[-1] - ours[0]) > 1e-4, "nothing was learnt, so nothing was compared"
    back = reference.numpy_layout({key: value.numpy() for key, value in net.state_dict().items()})
    assert all(np.allclose(back[key], mine[key], rtol=1e-9, atol=1e-11) for key in mine)


def test_layouts_load_into_a_network_and_come_back(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    params, x, _, _ = draw(reference, rng)
    net = network(torch)
    assert list(net.state_dict()) == list(reference.torch_layout(params))
    net.load_state_dict(
        {name: torch.from_numpy(value) for name, value in reference.torch_layout(params).items()},
        strict=True,
    )
    h = x
    for k in (1, 2, 3):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        h = np.maximum(h, 0) if k < 3 else h
    assert np.allclose(net(torch.from_numpy(x)).detach().numpy(), h, rtol=1e-12, atol=1e-12)
    thinned = torch.nn.Sequential(
        torch.nn.Linear(3, 4, bias=False),
        torch.nn.ReLU(),
        torch.nn.Dropout(),
        torch.nn.Linear(4, 2),
    )
    back = reference.numpy_layout(
        {key: value.numpy() for key, value in thinned.state_dict().items()}
    )
    assert np.array_equal(back["w2"], thinned[3].weight.detach().numpy().T)
    assert np.array_equal(back["b1"], np.zeros(4))


def test_the_labs_own_cells_match_pytorch(
    torch: Any,
) -> None:  # the fixture skips, and says why, where there is none
    text = nbformat.read(Course().source_notebook(NAME), as_version=4)
    given = Course().given(NAME).read_text(encoding="utf-8")
    cells = {
        cell.id: cell
        for cell in execute(text, beside=data_beside(Course(), NAME), given=given).cells
        if cell.cell_type == "code"
    }
    said = {
        name: "".join(output.get("text", "") for output in cell.outputs)
        for name, cell in cells.items()
    }
    assert not [name for name, words in said.items() if "needs PyTorch" in words]
    assert "is here" in said["pytorch"]
    twins = said["twin_history-torch"].splitlines()
    assert len(twins) == 6
    assert all("matched to 1e-6" in line for line in twins), said["twin_history-torch"]
    yours = [
        float(re.search(r"your settings (\S+),", line)[1])
        for line in said["torch_rule-pytorch"].splitlines()
    ]  # type: ignore[index]
    assert len(yours) == 6
    assert max(yours) < 1e-8


@pytest.mark.parametrize("name", ["SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW"])
def test_the_checks_own_pytorch_is_pytorch(torch: Any, rng: np.random.Generator, name: str) -> None:
    """The hidden checks judge settings by optimizers written out in NumPy: defaults and steps must be PyTorch's."""
    judge = hidden("torch_rule")
    extra: dict[str, list[dict[str, Any]]] = {
        "SGD": [{"momentum": 0.7, "dampening": 0.6}, {"momentum": 0.7, "nesterov": True}],
        "RMSprop": [{"alpha": 0.6}],
        "Adadelta": [{"rho": 0.6}],
    }
    some = {"lr": 0.2, "weight_decay": 0.3}
    for settings in ({}, some, *({**some, **more} for more in extra.get(name, [{"eps": 0.2}]))):
        w, gradients = rng.normal(size=4), rng.normal(size=(6, 4)) * [1e-8, 1e-4, 1, 10]
        leaf, path = torch.tensor(w.copy(), requires_grad=True), []
        optimizer = getattr(torch.optim, name)([leaf], **settings)
        for g in gradients:
            leaf.grad = torch.tensor(g)
            optimizer.step()
            path.append(leaf.detach().numpy().copy())
        assert np.allclose(
            judge.torch_steps(name, settings, w, gradients), path, rtol=1e-12, atol=1e-15
        )
        for key, value in judge.DEFAULTS[name].items():
            assert optimizer.defaults[key] == settings.get(key, value)
        for key, (value, *_) in judge.NEUTRAL[name].items():
            assert optimizer.defaults.get(key, value) == value


def test_dampening_is_not_the_average(torch: Any, rng: np.random.Generator) -> None:
    """What the lab tells of PyTorch's first step."""
    leaf = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([leaf], lr=1.0, momentum=0.9, dampening=0.9)
    leaf.grad = torch.ones(1)
    optimizer.step()
    assert leaf.item() == -1.0


def test_softmax_twice_has_a_floor(torch: Any) -> None:
    scores = torch.zeros(1, 10)
    scores[0, 3] = 1e3
    loss = torch.nn.CrossEntropyLoss()(torch.softmax(scores, dim=1), torch.tensor([3]))
    assert loss.item() == pytest.approx(math.log(math.e + 9) - 1, rel=1e-12)


def test_matched_by_its_definition(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    values = np.array([0.0, 1e-9, 0.3, 1.0, 7.0, -7.0, 1e9, np.inf, -np.inf, np.nan])
    for _ in range(50):
        a, b = rng.choice(values, 6), rng.choice(values, 6)
        errors = []
        for p, q in zip(a.tolist(), b.tolist(), strict=True):
            if math.isfinite(p) and math.isfinite(q):
                errors.append(abs(p - q) / max(1.0, abs(p), abs(q)))
            else:
                errors.append(0.0 if p == q or (math.isnan(p) and math.isnan(q)) else math.inf)
        first = next((t for t, e in enumerate(errors) if e > 1e-6), None)
        assert reference.matched(a, b) == (first, max(errors))


def test_histories_of_different_lengths_are_refused(reference: SimpleNamespace) -> None:
    for ours, theirs in (([1.0] * 7, [1.0] * 5), ([1.0], [1.0] * 6)):
        with pytest.raises(ValueError, match=rf"{len(ours)}.*{len(theirs)}"):
            reference.matched(ours, theirs)


@pytest.mark.parametrize("rule", list(RULES))
def test_defaults_are_those_of_the_courses_rules(
    reference: SimpleNamespace, rng: np.random.Generator, rule: str
) -> None:
    """A step with what `with_defaults` says is the step that the rule takes by itself."""
    config = {} if rule in ("adagrad", "rmsprop", "adadelta", "adam") else {"learning_rate": 0.3}
    now = reference.with_defaults(rule, config)
    step = course_rule(reference, rule, config)
    w, alone, told = rng.normal(size=4), dict(config), dict(now)
    mine, theirs = w, w
    for _ in range(5):
        g = rng.normal(size=4) * [1e-8, 1e-7, 1e-3, 1]
        (mine, alone), (theirs, told) = step(mine, g, alone), step(theirs, g, told)
    assert np.array_equal(mine, theirs)
    known = set(hidden("torch_rule").RULES[rule])
    assert now.keys() == known
    assert config.keys() <= {"learning_rate"}, "the caller's config was changed"
    changed = dict.fromkeys(known, 0.125)
    assert reference.with_defaults(rule, changed) == changed


@pytest.mark.parametrize(
    ("rule", "config", "named"),
    [
        ("momentum", {"learning_rate": 0.1}, "momentum"),
        ("Adam", {"learning_rate": 0.1}, "Adam"),
        ("sgd_momentum", {"learning_rate": 0.1, "rho": 0.9}, "rho"),
        ("rmsprop", {"beta2": 0.9}, "beta2"),
        ("adagrad", {"decay": 0.1}, "decay"),
        ("nesterov", {"momentum": 0.5}, "learning_rate"),
        ("adam", {"reg": 0.1, "decay": 0.1}, "reg and decay"),
    ],
)
def test_what_no_rule_has_is_refused(
    reference: SimpleNamespace, rule: str, config: dict[str, float], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        reference.with_defaults(rule, config)


def test_seeds_of_many_experiments_never_meet(reference: SimpleNamespace) -> None:
    """A hundred experiments of twenty repeats: 4000 seeds, all different, and streams that are not alike either."""
    seeds = [
        run[name]
        for seed in range(100)
        for run in reference.grid({"sgd": [0.1]}, [1], 20, seed, 1, 1)
        for name in ("init_seed", "order_seed")
    ]
    assert len(set(seeds)) == len(seeds) == 4000
    assert all(isinstance(seed, int) and 0 <= seed < 2**63 for seed in seeds)
    draws = np.array([np.random.default_rng(seed).normal(size=50) for seed in seeds[:400]])
    correlations = np.corrcoef(draws)[np.triu_indices(400, 1)]
    assert np.abs(correlations).max() < 0.75
    assert np.std(correlations) == pytest.approx(1 / math.sqrt(49), rel=0.05)


def test_the_choice_is_unbiased_on_test_alone(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Among equally good settings the reported test accuracy is right on average; chosen on test it is the mean of the maximum."""
    honest, tempted = [], []
    for _ in range(400):
        dev, test = rng.normal(0.8, 0.02, (2, 9))
        rows = [
            {
                "rule": "sgd",
                "learning_rate": i,
                "batch": 1,
                "repeat": 0,
                "dev": [dev[i]],
                "test": [test[i]],
            }
            for i in range(9)
        ]
        honest.append(reference.best_run(rows)["test"])
        tempted.append(reference.best_run([{**row, "dev": row["test"]} for row in rows])["test"])
    assert np.mean(honest) == pytest.approx(0.8, abs=5 * 0.02 / 20)
    assert np.mean(tempted) == pytest.approx(
        0.8 + 1.485 * 0.02, abs=5 * 0.012 / 20
    )  # of nine normal draws the largest is 1.485 on average


@pytest.mark.parametrize(
    ("message", "value"),
    [  # RFC 3720, B.4, and the check value of every catalogue of CRCs
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
    ids=["digits", "zeros", "ones", "rising", "falling"],
)
def test_crc32c_has_the_published_values(
    reference: SimpleNamespace, message: bytes, value: int
) -> None:
    assert reference.crc32c(message) == value == event_reader.crc(message)
    assert reference.crc32c(message) != zlib.crc32(message)


def test_event_files_are_read_by_an_independent_reader(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    curves = {
        "loss/größe": [(0, 2.5), (300, float("nan")), (2**40, float("-inf"))],
        "x" * 200: [(step, float(np.float32(rng.normal()))) for step in range(1, 40)],
        "": [(1, 1e300), (2, -1e39), (3, 3.4028234e38)],
    }
    version, *events = event_reader.read_records(reference.event_file(curves, 1.5e9))
    assert version == b"\x09" + struct.pack("<d", 1.5e9) + b"\x1a\x0dbrain.Event:2"
    found: dict[str, list[tuple[int, float]]] = {}
    for tag, step, value, wall_time in map(event_reader.read_event, events):
        assert wall_time == 1.5e9
        found.setdefault(tag, []).append((step, value))
    want = {tag: [(step, value) for step, value in points] for tag, points in curves.items()}
    want[""] = [(1, math.inf), (2, -math.inf), (3, float(np.float32(3.4028234e38)))]
    assert repr(found) == repr(want)  # nan is like itself in words only


def test_event_files_are_read_by_tensorboard(reference: SimpleNamespace, tmp_path: Any) -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="TensorBoard is not installed; nothing needs it: pip install tensorboard",
    )
    (tmp_path / "events.out.tfevents.1.lab").write_bytes(
        reference.event_file({"loss": [(1, 0.5), (300, 0.25)]}, 1.5e9)
    )
    events = accumulator.EventAccumulator(str(tmp_path)).Reload()
    assert [(event.step, event.value, event.wall_time) for event in events.Scalars("loss")] == [
        (1, 0.5, 1.5e9),
        (300, 0.25, 1.5e9),
    ]
