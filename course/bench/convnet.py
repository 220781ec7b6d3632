"""Time the course's convolution and a small training step beside PyTorch's: `python course/bench/convnet.py`.

Both run in float32 with two threads, in turn within one run, and medians are compared: on a machine that others use too, only the ratio means much.
PyTorch gets its own layout, NCHW, and its own optimizer; tensors are made before the clock starts. Without PyTorch, our own times are printed alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

parser = argparse.ArgumentParser(
    description="Time the course's convolution and a small training step beside PyTorch's."
)
parser.add_argument("--threads", type=int, default=2, help="for NumPy and PyTorch alike (2)")
parser.add_argument("--repetitions", type=int, default=200, help="of each measurement (200)")
options = parser.parse_args()
for name in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
):  # read when NumPy is imported, so it must come later
    os.environ[name] = str(options.threads)
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402

from utils.convnet import conv_backward, conv_forward, loss_and_grads  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

BLOCK = 10  # repetitions before the other's turn
REST = (
    0.05  # seconds before each turn, so that the other's threads no longer wait for work in a loop
)
Step = Callable[[], Any]


def conv_case(
    batch: int, size: int, channels: int, filters: int
) -> dict[str, tuple[Step, Step | None]]:
    """A 3 by 3 convolution with padding 1: forward, and forward with backward, ours and PyTorch's."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, size, size, channels)).astype(np.float32)
    w, b = (
        rng.normal(size=(3, 3, channels, filters)).astype(np.float32),
        rng.normal(size=filters).astype(np.float32),
    )
    dout = rng.normal(size=(batch, size, size, filters)).astype(np.float32)

    def forward() -> Any:
        return conv_forward(x, w, b, pad=1)

    def both() -> Any:
        return conv_backward(dout, conv_forward(x, w, b, pad=1)[1])

    theirs_forward: Step | None = None
    theirs_both: Step | None = None
    if torch is not None:
        tensors = [
            torch.tensor(np.ascontiguousarray(a))
            for a in (x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), b)
        ]
        asking = [tensor.clone().requires_grad_() for tensor in tensors]
        back = torch.tensor(np.ascontiguousarray(dout.transpose(0, 3, 1, 2)))

        def theirs_forward() -> Any:
            with torch.no_grad():
                return torch.nn.functional.conv2d(*tensors, padding=1)

        def theirs_both() -> Any:
            return torch.autograd.grad(torch.nn.functional.conv2d(*asking, padding=1), asking, back)

        for got, want in zip(
            both(), theirs_both(), strict=True
        ):  # nobody may be quick by being wrong
            order = {4: (2, 3, 1, 0) if got.shape[0] == 3 else (0, 2, 3, 1), 1: (0,)}[got.ndim]
            assert np.allclose(got, want.numpy().transpose(order), rtol=1e-3, atol=1e-2)
    title = f"convolution 3x3, {batch}x{size}x{size}x{channels} to {filters}"
    return {
        f"{title}, forward": (forward, theirs_forward),
        f"{title}, both ways": (both, theirs_both),
    }


def mlp_case(batch: int, sizes: tuple[int, ...]) -> dict[str, tuple[Step, Step | None]]:
    """One step of SGD with momentum for a fully connected net: forward, backward and update, ours and PyTorch's."""
    rng = np.random.default_rng(0)
    x, y = (
        rng.normal(size=(batch, sizes[0])).astype(np.float32),
        rng.integers(sizes[-1], size=batch),
    )
    params = {}
    for number, (before, after) in enumerate(pairwise(sizes), 1):
        params[f"w{number}"] = (rng.normal(size=(before, after)) * np.sqrt(2 / before)).astype(
            np.float32
        )
        params[f"b{number}"] = np.zeros(after, np.float32)
    start = {name: a.copy() for name, a in params.items()}
    velocities = {name: np.zeros_like(a) for name, a in params.items()}

    def step() -> Any:
        loss, grads = loss_and_grads(params, x, y)
        for name, dw in grads.items():
            velocities[name] = np.float32(0.9) * velocities[name] - np.float32(1e-3) * dw
            params[name] = params[name] + velocities[name]
        return loss

    theirs: Step | None = None
    if torch is not None:
        layers: list[Any] = []
        for number in range(1, len(sizes)):
            layer = torch.nn.Linear(sizes[number - 1], sizes[number])
            with torch.no_grad():
                layer.weight.copy_(torch.tensor(start[f"w{number}"].T))
                layer.bias.copy_(torch.tensor(start[f"b{number}"]))
            layers += [layer, torch.nn.ReLU()]
        net = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
        inputs, labels = torch.tensor(x), torch.tensor(y)

        def theirs() -> Any:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs), labels)
            loss.backward()
            optimizer.step()
            return loss.item()

        assert all(abs(step() - theirs()) < 1e-3 for _ in range(3))
    return {f"training step, {'-'.join(map(str, sizes))}, batch {batch}": (step, theirs)}


def measure(ours: Step, theirs: Step | None, repetitions: int) -> list[list[float]]:
    """Return the times of both, in milliseconds, taken in blocks by turns."""
    times: list[list[float]] = [[], []]
    for _ in range(-(-repetitions // BLOCK)):
        for kept, run in zip(times, (ours, theirs), strict=True):
            if run is None:
                continue
            time.sleep(REST)
            run()  # the first after a rest wakes the threads
            for _ in range(BLOCK):
                start = time.perf_counter()
                run()
                kept.append(1e3 * (time.perf_counter() - start))
    return times


def main() -> None:
    if torch is None:
        print(
            "PyTorch is not installed: these are our own times alone. To compare: pip install torch"
        )
    else:
        torch.set_num_threads(options.threads)
    cases = {
        **conv_case(64, 12, 8, 16),
        **conv_case(64, 32, 3, 16),
        **mlp_case(64, (144, 256, 128, 5)),
    }
    print(
        f"{options.threads} threads, {options.repetitions} repetitions; milliseconds: median (lower quartile); ratio below 1: NumPy is ahead"
    )
    print(f"{'':52}{'NumPy':>16}{'PyTorch':>16}{'ratio':>12}")
    for title, (ours, theirs) in cases.items():
        found = [
            np.percentile(taken, [50, 25])
            for taken in measure(ours, theirs, options.repetitions)
            if taken
        ]
        cells = "".join(f"{f'{middle:.2f} ({low:.2f})':>16}" for middle, low in found)
        ratio = (
            f"{f'{found[0][0] / found[1][0]:.2f} ({found[0][1] / found[1][1]:.2f})':>12}"
            if len(found) == 2
            else ""
        )
        print(f"{title:52}{cells}{ratio}")


if __name__ == "__main__":
    main()
