"""What each augmentation is worth: `OPENBLAS_NUM_THREADS=1 python course/experiments/augmentation.py`, about half an hour on one thread.

Trains one small convolutional net many times on few labels, with no augmentation, with each alone and with several, from five seeds,
on two kinds of pictures; asks some of the nets more than once about each test picture; and repeats two of the ways with more labels.
The augmentations are those of the reference solution of 09-augmentation. Prints tables, and writes source/09-augmentation/gains.json, which the notebook plots.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from utils import convnet, data
from utils.training import fit

Array = NDArray[Any]
NAME = "09-augmentation"
SEEDS, STEPS, BATCH, LABELS, POOL = 5, 1000, 50, 10, 4000
MORE = (30, 100)  # labels per class, besides LABELS, with which the ways of WORTH are repeated
WORTH = ("none", "crop")
RATE = 0.002
ALONE = ("none", "flip", "crop", "colour", "warp", "mixup", "cutout")
DIGITS = (*ALONE, "crop+flip", "all", "all but flip", "crop, 3 x steps", "all but flip, 3 x steps")
TEXTURES = (*ALONE, "crop+flip", "crop+scale", "crop+scale+flip", "all", "all, 3 x steps")
ASKED = {
    "digits": ("none", "crop"),
    "textures": ("none", "crop+flip", "crop+scale+flip"),
}  # more than once about each picture at test time
SCALES = (24, 27, 41, 51, 69)  # D0's five short sides, for a net that sees 24 pixels instead of 224
ours: SimpleNamespace = load_assignment(Course(), NAME).namespace()


def drawn(n: int, kind: str, rng: np.random.Generator, part: str) -> tuple[Array, Array]:
    """Return n pictures (n, H, W, 1) float32 and labels: digits on canvases of 14 by 14, or patches of textures of 32 by 32."""
    if kind == "digits":
        x, y = data.digit_canvas(n, range(10), rng, size=14, part=part)
    else:
        x, y = data.textures(n, 32, rng, part=part)
    return np.clip(x, 0, 1)[..., None].astype(np.float32), y


def few(kind: str, labels: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return so many pictures of each class, with labels as rows."""
    x, y = drawn(POOL, kind, rng, "train")
    classes = int(y.max()) + 1
    chosen = np.concatenate([np.flatnonzero(y == label)[:labels] for label in range(classes)])
    return x[chosen], np.eye(classes, dtype=np.float32)[y[chosen]]


def centred(x: Array, kind: str) -> Array:
    """Return what the net sees without any augmentation: the whole canvas, or the 24 by 24 pixels in the middle of a patch."""
    return x if kind == "digits" else x[:, 4:28, 4:28]


def warped(x: Array, rng: np.random.Generator) -> Array:
    """Turn, shear and stretch each picture a little."""
    out = np.empty_like(x)
    for number, picture in enumerate(x):
        matrix = (
            ours.turn(rng.uniform(-15, 15))
            @ ours.shear(rng.uniform(-0.2, 0.2))
            @ ours.stretch(*rng.uniform(0.85, 1.15, 2))
        )
        out[number] = ours.affine_warp(picture, matrix)
    return out


def scaled_crops(x: Array, rng: np.random.Generator) -> Array:
    """ResNet's recipe, for 24 pixels instead of 224: a random short side, then a random crop."""
    views = [
        ours.random_crop(ours.scale_jitter(picture, int(rng.integers(27, 52)))[None], 24, 0, rng)
        for picture in x
    ]
    return np.concatenate(views)


def augmented(
    x: Array, y: Array, kind: str, which: str, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return a batch as the net is to see it."""
    names = set(which.partition(",")[0].split("+"))
    if which.startswith("all"):
        names = {"flip", "crop", "scale", "colour", "warp", "mixup", "cutout"} - (
            {"flip"} if "but flip" in which else set()
        )
    if "warp" in names:
        x = warped(x, rng)
    if kind == "digits":
        x = ours.random_crop(x, 14, 3, rng) if "crop" in names else x
    elif {"crop", "scale"} <= names:
        x = scaled_crops(x, rng)
    else:
        x = ours.random_crop(x, 24, 0, rng) if "crop" in names else centred(x, kind)
    if "flip" in names:
        x = ours.random_hflip(x, 0.5, rng)
    if "colour" in names:
        x = ours.color_jitter(x, 0.4, 0.4, rng)
    if "cutout" in names:
        x = ours.cutout(x, 4, rng, 0) if kind == "digits" else ours.cutout(x, 8, rng, 0.5)
    return ours.mixup(x, y, 0.4, rng) if "mixup" in names else (x, y)


def trained(
    kind: str, which: str, seed: int, labels: int = LABELS
) -> tuple[dict[str, Array], float]:
    """Return a trained net, and its accuracy on the training pictures as they are."""
    rng = np.random.default_rng(seed)
    x, y = few(kind, labels, rng)
    params = convnet.init_params(centred(x, kind).shape[1:], (8, 16), 64, y.shape[1], rng)

    def loss_and_grads(
        params: dict[str, Array], x: Array, y: Array
    ) -> tuple[float, dict[str, Array]]:
        return convnet.loss_and_grads(params, *augmented(x, y, kind, which, rng))

    steps = STEPS * 3 if "3 x" in which else STEPS
    params, _ = fit(
        params,
        loss_and_grads,
        ours.adam,
        {"learning_rate": RATE},
        x,
        y,
        steps=steps,
        batch=BATCH,
        rng=rng,
    )
    return params, right(convnet.predict(params, centred(x, kind)), y.argmax(axis=1))


def right(p: Array, y: Array) -> float:
    return round(float(np.mean(p.argmax(axis=1) == y)), 4)


def asked_again(params: dict[str, Array], kind: str, x: Array) -> dict[str, Array]:
    """Return probabilities by one view, by ten, and by others."""

    def predict(views: Array) -> Array:
        return convnet.predict(params, views)

    found = {"one view": predict(centred(x, kind))}
    if kind == "digits":
        wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        found["five views"] = np.mean(
            [predict(views) for views in ours.ten_crop(wide, 14)[:5]], axis=0
        )
        found["ten views, five of them mirrored"] = ours.tta_predict(predict, [wide], 14)
        return found
    found["ten views"] = ours.tta_predict(predict, [x], 24)
    scales = [np.stack([ours.scale_jitter(picture, side) for picture in x]) for side in SCALES]
    found["ten views at five scales"] = ours.tta_predict(predict, scales, 24)
    for side, scaled in zip(SCALES, scales, strict=True):
        found[f"one view, short side {side}"] = predict(ours.ten_crop(scaled, 24)[4])
    return found


def told(rows: dict[str, list[float]], say: Callable[[str], None] = print) -> None:
    """Print mean and standard error over the seeds, and the same of the difference from the first row, seed by seed."""
    base = np.array(next(iter(rows.values())))
    for name, values in rows.items():
        a = np.array(values)
        gain = a - base
        root = np.sqrt(len(a))
        say(
            f"  {name:34} {a.mean():.3f} ± {a.std(ddof=1) / root:.3f}   {gain.mean():+.3f} ± {gain.std(ddof=1) / root:.3f}"
        )


def measured(kind: str) -> dict[str, Any]:
    """Return what every way gives on new pictures and on the training set, seed by seed, and what more views add."""
    x, y = drawn(2000, kind, np.random.default_rng(1000), "test")
    gains: dict[str, list[float]] = {}
    fitted: dict[str, list[float]] = {}
    views: dict[str, dict[str, list[float]]] = {}
    for way in DIGITS if kind == "digits" else TEXTURES:
        for seed in range(SEEDS):
            params, known = trained(kind, way, seed)
            gains.setdefault(way, []).append(right(convnet.predict(params, centred(x, kind)), y))
            fitted.setdefault(way, []).append(known)
            if way in ASKED[kind]:
                for view, p in asked_again(params, kind, x).items():
                    views.setdefault(way, {}).setdefault(view, []).append(right(p, y))
        print(
            f"{kind}, {way}: test {np.mean(gains[way]):.3f}, train {np.mean(fitted[way]):.3f}",
            flush=True,
        )
    print(
        f"\n{kind}: accuracy on {len(x)} test pictures, and gain; mean ± standard error over {SEEDS} seeds"
    )
    told(gains)
    for way, rows in views.items():
        print(f"{kind}, trained with {way}: asked more than once")
        told(rows)
    worth = {str(LABELS): {way: gains[way] for way in WORTH}}
    for labels in MORE:
        worth[str(labels)] = {}
        for way in WORTH:
            nets = [trained(kind, way, seed, labels)[0] for seed in range(SEEDS)]
            worth[str(labels)][way] = [
                right(convnet.predict(params, centred(x, kind)), y) for params in nets
            ]
        print(f"{kind}, {labels} labels per class")
        told(worth[str(labels)])
    print(flush=True)
    return {"gains": gains, "fitted": fitted, "views": views, "worth": worth}


def main() -> None:
    found = {kind: measured(kind) for kind in ("digits", "textures")}
    result: dict[str, Any] = {"seeds": SEEDS, "steps": STEPS, "batch": BATCH, "labels": LABELS}
    for part in ("gains", "fitted", "views", "worth"):
        result[part] = {kind: parts[part] for kind, parts in found.items()}
    target = PROJECT / "source" / NAME / "gains.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
