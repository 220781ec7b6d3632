"""Measure D0's table of transfer learning over eight seeds: `OPENBLAS_NUM_THREADS=1 python course/experiments/transfer.py`.

Runs the notebook's own functions: eight pretrained networks, two targets, four sizes, six methods. Prints the table and writes it to
`source/10-finetuning/transfer.json`. It takes some minutes on one thread.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from pretrain import NAME, ROOT, pretrain

from autograder.core.assignment import load_assignment
from autograder.core.course import Course

SEEDS, SIZES, STEPS = range(8), (5, 20, 50, 200), 600
TARGETS = ("similar: digits 5 to 9", "different: textures")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure D0's table of transfer learning.")
    parser.add_argument(
        "--standardise",
        action="store_true",
        help="standardise the inputs, and only print the table",
    )
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many seeds")
    chosen = parser.parse_args()
    functions = load_assignment(Course(), NAME).namespace()
    parts = []
    for seed in range(chosen.seeds):
        pretrained, share = pretrain(functions, seed)
        targets = functions.draw_targets(np.random.default_rng([200, seed]))
        run = functions.runner(pretrained, steps=STEPS)
        parts.append(
            functions.transfer_table(
                targets, SIZES, functions.METHODS, [seed], run, chosen.standardise
            )
        )
        print(f"seed {seed}: pretrained {share:.3f} right on its own digits", flush=True)
    scores = np.concatenate(parts, axis=3)
    report(scores, functions.METHODS)
    if not chosen.standardise and chosen.seeds == len(SEEDS):
        path = ROOT / "source" / NAME / "transfer.json"
        path.write_text(text(scores, functions.METHODS), encoding="utf-8")
        print(path.relative_to(ROOT))


def report(scores: np.ndarray, methods: tuple[str, ...]) -> None:
    """Print mean and standard deviation over the seeds."""
    for target, part in zip(TARGETS, scores, strict=True):
        print(f"\n{target}\n{'k':>4}" + "".join(f"{method:>18}" for method in methods))
        for k, row in zip(SIZES, part, strict=True):
            print(
                f"{k:>4}"
                + "".join(f"{share.mean():>11.3f} ± {share.std(ddof=1):.3f}" for share in row)
            )


def text(scores: np.ndarray, methods: tuple[str, ...]) -> str:
    """The table as JSON, a line for each method of each cell."""
    told = {
        "made by": Path(__file__).relative_to(ROOT).as_posix(),
        "steps": STEPS,
        "targets": TARGETS,
        "sizes": SIZES,
        "methods": methods,
        "seeds": list(SEEDS),
    }
    head = json.dumps(told, indent=1).removesuffix("\n}")
    rows = [
        [[json.dumps([round(float(v), 4) for v in share]) for share in row] for row in part]
        for part in scores
    ]
    blocks = [
        "[\n" + ",\n".join("   [" + ",\n    ".join(row) + "]" for row in part) + "\n  ]"
        for part in rows
    ]
    return f'{head},\n "scores": [\n  ' + ",\n  ".join(blocks) + "\n ]\n}\n"


if __name__ == "__main__":
    main()
