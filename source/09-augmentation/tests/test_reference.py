"""The reference of 09-augmentation agrees with scikit-image, SciPy, PyTorch, closed forms and the distributions it should draw from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage, stats
from skimage import transform

from autograder.core.assignment import load_assignment
from autograder.core.course import Course

NAME = "09-augmentation"
UNLIKELY = 1e-6  # a p-value that right answers never get; the generator's seed is fixed besides
SHAPES = [((9, 13, 3), 5), ((7, 5, 1), 12), ((16, 10, 2), 4), ((6, 6, 1), 17)]


def matrices(reference: SimpleNamespace) -> list[np.ndarray]:
    mixed = (
        reference.move(1.3, -2.1)
        @ reference.turn(27)
        @ reference.shear(0.4)
        @ reference.stretch(1.3, 0.7)
    )
    return [
        reference.turn(-33),
        reference.move(2.4, 1.7),
        reference.shear(-0.5),
        reference.stretch(0.6, 1.8),
        mixed,
    ]


def about_the_corner(matrix: np.ndarray, img: np.ndarray) -> np.ndarray:
    """The same motion for points that are counted from the upper left pixel's centre, as scikit-image does."""
    to_centre = np.eye(3)
    to_centre[:2, 2] = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    moved: np.ndarray = to_centre @ matrix @ np.linalg.inv(to_centre)
    return moved


def test_a_flip_is_its_own_inverse(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    x = rng.random((5, 4, 7, 3))
    once = reference.random_hflip(x, 1.0, rng)
    assert np.array_equal(once, np.flip(x, 2))
    assert np.array_equal(reference.random_hflip(once, 1.0, rng), x)


def test_flips_are_independent_coins(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    x = np.arange(2.0).reshape(1, 1, 2, 1).repeat(8, axis=0)
    counts = [int(reference.random_hflip(x, 0.3, rng)[:, 0, 0, 0].sum()) for _ in range(3000)]
    expected = stats.binom.pmf(np.arange(9), 8, 0.3) * 3000
    seen = np.bincount(counts, minlength=9)
    kept = expected > 5
    table = (
        np.append(seen[kept], seen[~kept].sum()),
        np.append(expected[kept], expected[~kept].sum()),
    )
    assert stats.chisquare(*table).pvalue > UNLIKELY


@pytest.mark.parametrize("pad", [0, 2])
def test_all_patches_are_equally_likely(
    reference: SimpleNamespace, rng: np.random.Generator, pad: int
) -> None:
    picture = rng.random((5, 6, 1)) + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(picture[..., 0], pad), (4, 4))
    known = {window.tobytes(): number for number, window in enumerate(windows.reshape(-1, 4, 4))}
    patches = reference.random_crop(picture[None].repeat(6000, axis=0), 4, pad, rng)[..., 0]
    found = np.bincount([known[patch.tobytes()] for patch in patches], minlength=len(known))
    assert len(known) == (2 + 2 * pad) * (3 + 2 * pad)
    assert stats.chisquare(found).pvalue > UNLIKELY


@pytest.mark.parametrize(("shape", "short"), SHAPES)
def test_resizing_is_scikit_images(
    reference: SimpleNamespace, rng: np.random.Generator, shape: Any, short: int
) -> None:
    img = rng.random(shape)
    out = reference.scale_jitter(img, short)
    want = transform.resize(img, out.shape, order=1, mode="edge", anti_aliasing=False)
    assert min(out.shape[:2]) == short
    assert np.allclose(out, want, atol=1e-12)


@pytest.mark.parametrize(("shape", "short"), SHAPES)
def test_resizing_is_scipys(
    reference: SimpleNamespace, rng: np.random.Generator, shape: Any, short: int
) -> None:
    img = rng.random(shape)
    out = reference.scale_jitter(img, short)
    u, v = (
        (np.arange(new) + 0.5) * old / new - 0.5
        for new, old in zip(out.shape[:2], shape[:2], strict=True)
    )
    for channel in range(shape[2]):
        want = ndimage.map_coordinates(
            img[..., channel], np.meshgrid(u, v, indexing="ij"), order=1, mode="nearest"
        )
        assert np.allclose(out[..., channel], want, atol=1e-12)


@pytest.mark.parametrize(("shape", "short"), SHAPES)
def test_resizing_is_pytorchs(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, shape: Any, short: int
) -> None:
    img = rng.random(shape)
    out = reference.scale_jitter(img, short)
    tensor = torch.tensor(img.transpose(2, 0, 1)[None])
    want = torch.nn.functional.interpolate(
        tensor, size=out.shape[:2], mode="bilinear", align_corners=False, antialias=False
    )
    assert np.allclose(out, want[0].numpy().transpose(1, 2, 0), atol=1e-12)


def test_resizing_keeps_ramps_and_sizes(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    img = rng.random((5, 8, 2))
    assert np.array_equal(reference.scale_jitter(img, 5), img)
    ramp = np.arange(10.0)[None, :, None] * np.ones((6, 1, 1))
    out = reference.scale_jitter(ramp, 18)
    assert np.allclose(np.diff(out[0, 2:-2, 0]), 1 / 3)  # and the border goes on
    assert np.isclose(out.mean(), ramp.mean())


def test_light_is_uniform_and_independent(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x = np.array([0.45, 0.5, 0.58]).reshape(1, 1, 3, 1).repeat(4000, axis=0)
    out = reference.color_jitter(x, 0.4, 0.2, rng).reshape(4000, 3)
    b = out.mean(axis=1) / x[0].mean()
    k = (out[:, 2] - out[:, 0]) / 0.13 / b
    assert stats.kstest(b, stats.uniform(0.6, 0.8).cdf).pvalue > UNLIKELY
    assert stats.kstest(k, stats.uniform(0.8, 0.4).cdf).pvalue > UNLIKELY
    assert stats.spearmanr(b, k).pvalue > UNLIKELY


def test_brightness_and_contrast_commute_until_clipped(rng: np.random.Generator) -> None:
    x, b, k = rng.random((4, 5, 3)), 1.3, 0.6
    first = b * (x.mean() + k * (x - x.mean()))
    second = (b * x).mean() + k * (b * x - (b * x).mean())
    assert np.allclose(first, second, rtol=1e-13)


def test_bytes_are_the_floats_rounded(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    x = rng.integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)
    byte = reference.color_jitter(x, 0.9, 0.9, np.random.default_rng(5))
    real = reference.color_jitter(x / 255, 0.9, 0.9, np.random.default_rng(5))
    assert byte.dtype == np.uint8
    assert np.abs(byte - 255 * real).max() <= 0.5 + 1e-9
    assert {0, 255} <= set(byte.reshape(-1).tolist())
    assert np.uint8(250) + np.uint8(4) == 254
    with np.errstate(over="ignore"):
        assert np.uint8(250) + np.uint8(20) == 14  # what runs over when nobody clips


def test_reading_is_scipys(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    img, x, y = rng.random((6, 9, 2)), rng.uniform(-3, 12, (20, 15)), rng.uniform(-3, 9, (20, 15))
    out = reference.sample(img, x, y)
    for channel in range(2):
        want = ndimage.map_coordinates(
            img[..., channel], [y, x], order=1, mode="grid-constant", cval=0
        )
        assert np.allclose(out[..., channel], want, atol=1e-12)


def test_reading_is_pytorchs(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    img, x, y = rng.random((6, 9, 2)), rng.uniform(-3, 12, (20, 15)), rng.uniform(-3, 9, (20, 15))
    grid = torch.tensor(np.stack([2 * x / 8 - 1, 2 * y / 5 - 1], axis=-1)[None])
    tensor = torch.tensor(img.transpose(2, 0, 1)[None])
    want = torch.nn.functional.grid_sample(
        tensor, grid, mode="bilinear", padding_mode="zeros", align_corners=True
    )
    assert np.allclose(reference.sample(img, x, y), want[0].numpy().transpose(1, 2, 0), atol=1e-12)


def test_warps_are_scikit_images(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    for shape in ((12, 17, 2), (15, 10, 1)):
        img = rng.random(shape)
        for matrix in matrices(reference):
            motion = transform.AffineTransform(matrix=about_the_corner(matrix, img))
            want = transform.warp(
                img,
                motion.inverse,
                order=1,
                mode="constant",
                cval=0,
                preserve_range=True,
                clip=False,
            )
            assert np.allclose(reference.affine_warp(img, matrix), want, atol=1e-9)


def test_warps_are_scipys(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    img = rng.random((11, 14, 1))
    for matrix in matrices(reference):
        back = np.linalg.inv(about_the_corner(matrix, img))
        rows_first = back[:2, :2][::-1, ::-1]  # SciPy's points are (row, column)
        want = ndimage.affine_transform(
            img[..., 0], rows_first, offset=back[:2, 2][::-1], order=1, mode="grid-constant"
        )
        assert np.allclose(reference.affine_warp(img, matrix)[..., 0], want, atol=1e-9)


def test_matrices_are_scikit_images(reference: SimpleNamespace) -> None:
    assert np.allclose(
        reference.turn(27), transform.AffineTransform(rotation=np.deg2rad(27)).params
    )
    assert np.allclose(reference.move(3, -2), transform.AffineTransform(translation=(3, -2)).params)
    assert np.allclose(
        reference.stretch(1.5, 0.5), transform.AffineTransform(scale=(1.5, 0.5)).params
    )
    point = reference.shear(0.5) @ [0, 2, 1]
    assert point.tolist() == [1, 2, 1]  # below the centre, to the right


def test_warps_with_known_results(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    square, wide = rng.random((6, 6, 2)), rng.random((5, 8, 1))
    assert np.allclose(
        reference.affine_warp(square, reference.turn(90)), np.rot90(square, -1), atol=1e-9
    )
    assert np.allclose(
        reference.affine_warp(wide, reference.turn(180)), wide[::-1, ::-1], atol=1e-9
    )
    assert np.allclose(reference.affine_warp(wide, np.diag([-1.0, 1, 1])), wide[:, ::-1])
    moved = reference.affine_warp(wide, reference.move(3, -1))
    assert np.array_equal(moved[:4, 3:], wide[1:, :5])
    assert not moved[4:].any()
    assert not moved[:, :3].any()


def test_a_lens_is_scikit_images_warp_by_a_function(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    img = rng.random((13, 9, 2))
    centre = np.array([4, 6])
    for k in (-0.3, 0.2, 0.9):

        def back(points: np.ndarray, k: float = k) -> np.ndarray:
            away = points - centre
            moved: np.ndarray = centre + away * (
                1 + k * (away**2).sum(axis=1, keepdims=True) / (4.5**2 + 6.5**2)
            )
            return moved

        want = transform.warp(
            img, back, order=1, mode="constant", cval=0, preserve_range=True, clip=False
        )
        assert np.allclose(reference.lens_distortion(img, k), want, atol=1e-9)


def test_a_lens_folds_from_a_third_on(reference: SimpleNamespace) -> None:
    r = np.linspace(0, 1, 2001)
    assert (np.diff(r * (1 - 0.333 * r**2)) > 0).all()
    assert (np.diff(r * (1 - 0.34 * r**2)) < 0).any()
    with pytest.raises(ValueError, match="fold"):
        reference.lens_distortion(np.ones((3, 3, 1)), -1 / 3)


def test_ten_crops_are_windows(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    x = rng.random((3, 7, 10, 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, (4, 4), axis=(1, 2)).transpose(
        0, 1, 2, 4, 5, 3
    )
    crops = reference.ten_crop(x, 4)
    for crop, (row, column) in zip(
        crops[:5], ((0, 0), (0, 6), (3, 0), (3, 6), (1, 3)), strict=True
    ):
        assert np.array_equal(crop, windows[:, row, column])
    assert np.array_equal(crops[5:], np.flip(crops[:5], 3))


def test_averaged_probabilities_are_probabilities_and_no_worse(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """By Jensen's inequality, the mean's cross-entropy is at most the mean of the views' cross-entropies."""
    w = rng.normal(size=(9, 4))

    def predict(views: np.ndarray) -> np.ndarray:
        scores = np.exp(views.reshape(len(views), -1) @ w)
        p: np.ndarray = scores / scores.sum(axis=1, keepdims=True)
        return p

    x = [rng.normal(size=(6, side, side, 1)) for side in (4, 6)]
    p = reference.tta_predict(predict, x, 3)
    single = np.array([predict(views) for batch in x for views in reference.ten_crop(batch, 3)])
    assert np.allclose(p, single.mean(axis=0))
    assert np.allclose(p.sum(axis=1), 1)
    assert (-np.log(p) <= -np.log(single).mean(axis=0) + 1e-12).all()


def test_shares_are_beta_and_partners_uniform(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    for alpha in (0.2, 1.0, 6.0):
        y = np.eye(2)[np.arange(4000) % 2]
        _, mixed = reference.mixup(y, y, alpha, rng)
        lam = mixed[y == 1][mixed[y == 0] > 0]
        assert stats.kstest(lam, stats.beta(alpha, alpha).cdf).pvalue > UNLIKELY
        assert np.isclose(stats.beta(alpha, alpha).var(), 1 / (4 * (2 * alpha + 1)))
    orders = [
        tuple(reference.mixup(np.arange(4.0), np.eye(4), 1.0, rng, lam=0.0)[0].astype(int))
        for _ in range(6000)
    ]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > UNLIKELY


def test_the_loss_of_a_blend_is_the_blend_of_the_losses(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    softmax_loss = load_assignment(Course(), "03-losses").namespace().softmax_loss
    x, labels = rng.normal(size=(8, 5)), rng.integers(4, size=8)
    w = rng.normal(size=(5, 4))
    mixed, y = reference.mixup(x, np.eye(4)[labels], 1.0, np.random.default_rng(3), lam=0.3)
    partner = np.random.default_rng(3).permutation(8)
    assert np.array_equal(mixed, 0.3 * x + 0.7 * x[partner])
    want = (
        0.3 * softmax_loss(mixed @ w, labels)[0] + 0.7 * softmax_loss(mixed @ w, labels[partner])[0]
    )
    assert np.isclose(softmax_loss(mixed @ w, y)[0], want, rtol=1e-12)


def test_how_often_a_pixel_is_lost(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    n, height, width = 20_000, 6, 9
    for size in (3, 4):
        lost = reference.cutout(np.ones((n, height, width, 1)), size, rng, 0)[..., 0] == 0
        share = [
            np.array(
                [
                    np.mean([i - size // 2 <= r < i - size // 2 + size for i in range(side)])
                    for r in range(side)
                ]
            )
            for side in (height, width)
        ]
        want = np.outer(*share)
        assert np.isclose(want.max(), size**2 / (height * width))
        assert (np.abs(lost.mean(axis=0) - want) < 5 * np.sqrt(want * (1 - want) / n)).all()


def test_erratum_25_a_centre_crop_is_no_augmentation(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x = rng.random((1, 9, 9, 3))
    random = {reference.random_crop(x, 5, 0, rng).tobytes() for _ in range(400)}
    centre = {x[:, 2:7, 2:7].tobytes() for _ in range(400)}
    assert len(random) == 25  # (9 - 5 + 1)^2
    assert len(centre) == 1


def test_flips_that_change_the_label() -> None:
    """The nearest of 1078 training digits takes turned sixes for nines, and knows about a third of mirrored digits."""
    from utils import data

    split = data.digits()

    def answers(pictures: np.ndarray) -> np.ndarray:
        distance = (split.x_train**2).sum(
            axis=1
        ) - 2 * pictures @ split.x_train.T  # but for what is the same for all
        found: np.ndarray = split.y_train[distance.argmin(axis=1)]
        return found

    mirrored = split.x_test.reshape(-1, 8, 8)[:, :, ::-1].reshape(-1, 64)
    turned = split.x_test[:, ::-1]
    assert np.mean(answers(split.x_test) == split.y_test) > 0.97
    assert 0.3 < np.mean(answers(mirrored) == split.y_test) < 0.45
    assert np.mean(answers(turned[split.y_test == 6]) == 9) > 0.9


def test_colours_vary_along_brightness_most() -> None:
    """The table of principal components in the lecture note."""
    from utils import data

    pixels = np.concatenate([picture.reshape(-1, 3) for picture in data.pictures().values()])
    variances, directions = np.linalg.eigh(np.cov(pixels.T))
    directions = (directions * np.where(directions[0] < 0, -1, 1)).T[::-1]
    assert np.allclose(variances[::-1] / variances.sum(), [0.84, 0.15, 0.01], atol=0.005)
    assert np.allclose(
        directions, [[0.65, 0.56, 0.52], [0.72, -0.22, -0.66], [0.26, -0.80, 0.55]], atol=0.006
    )


def test_noise_on_the_inputs_is_an_l2_penalty(rng: np.random.Generator) -> None:
    """For a linear model and a squared loss, exactly; the mean is taken over all signs of the noise."""
    x, w, y, size = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=2), 0.3
    signs = np.array(list(np.ndindex((2,) * 6))).reshape(-1, 2, 3) * 2 - 1
    mean = np.mean(np.sum(((x + size * signs) @ w - y) ** 2, axis=1))
    assert np.isclose(mean, np.sum((x @ w - y) ** 2) + 2 * size**2 * np.sum(w**2), rtol=1e-12)
