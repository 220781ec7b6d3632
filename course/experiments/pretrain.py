"""Pretrain the network of 10-finetuning: `OPENBLAS_NUM_THREADS=1 python course/experiments/pretrain.py`.

Trains 144-256-128-5 on 12,000 canvases of the digits 0 to 4, with the notebook's own functions, and writes it in half precision to
`source/10-finetuning/pretrained.npz`. On one thread, the same seed gives the same file on the same machine.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from autograder.core.assignment import load_assignment
from autograder.core.course import Course

ROOT = Path(__file__).resolve().parents[2]
NAME = "10-finetuning"
SIZES = (144, 256, 128, 5)
PICTURES, BATCH, EPOCHS = 12_000, 64, 4


def pretrain(functions: SimpleNamespace, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Return the trained network, rounded to half precision, and its accuracy on 2000 canvases of digits it has not seen."""
    rng = np.random.default_rng([100, seed])
    x, y = functions.canvases(PICTURES, range(5), rng)
    x_test, y_test = functions.canvases(2000, range(5), rng, "test")
    orders = np.concatenate([rng.permutation(PICTURES) for _ in range(EPOCHS)])
    batches = [(x[rows], y[rows]) for rows in np.array_split(orders, len(orders) // BATCH)]
    net = functions.new_network(SIZES, rng)
    still: list[tuple[int, ...]] = [()] * len(batches)
    net, _ = functions.train(
        net, batches, still, {}, functions.loss_and_grads, functions.adam, {"learning_rate": 0.001}
    )
    net = {name: value.astype(np.float16).astype(np.float32) for name, value in net.items()}
    scores = functions.extract_features(net, x_test) @ net["w3"] + net["b3"]
    return net, float(np.mean(scores.argmax(axis=1) == y_test))


def main() -> None:
    net, share = pretrain(load_assignment(Course(), NAME).namespace(), seed=0)
    path = ROOT / "source" / NAME / "pretrained.npz"
    np.savez_compressed(path, **{name: value.astype(np.float16) for name, value in net.items()})
    print(
        f"{share:.3f} of 2000 canvases of digits it has not seen right; {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB"
    )


if __name__ == "__main__":
    main()
