"""The convolutional net's layers and gradients agree with finite differences, SciPy and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utils import convolution
from utils.convnet import (
    conv_backward,
    conv_forward,
    init_params,
    loss_and_grads,
    max_pool_backward,
    max_pool_forward,
    predict,
)
from utils.training import fit

from .inplace import numeric_gradient, rel_error

# N, H, W, C, kh, kw, K, stride, pad: no two sizes alike where they could be mixed up
CASES = [
    pytest.param((3, 5, 6, 2, 3, 3, 4, 1, 1), id="same size"),
    pytest.param((2, 7, 6, 3, 3, 2, 4, 2, 0), id="stride 2"),
    pytest.param((2, 6, 9, 2, 3, 4, 3, 2, 2), id="stride 2, padding, border left over"),
    pytest.param((1, 4, 5, 1, 1, 1, 2, 1, 0), id="batch of one, one pixel"),
    pytest.param((2, 4, 5, 3, 4, 5, 2, 1, 0), id="whole picture"),
    pytest.param((4, 5, 8, 1, 2, 3, 1, 3, 1), id="stride larger than a window"),
    pytest.param((2, 4, 3, 2, 2, 1, 3, 1, 3), id="windows wholly in the padding"),
    pytest.param((2, 3, 5, 2, 1, 2, 3, 2, 4), id="padding and stride larger than a window"),
]


def drawn(case: tuple[int, ...], seed: int = 0, dtype: Any = np.float64) -> tuple[Any, ...]:
    """x, w, b of a case, and a gradient for its output."""
    n, rows, columns, channels, kh, kw, filters, stride, pad = case
    rng = np.random.default_rng(seed)
    down, right = 1 + (rows + 2 * pad - kh) // stride, 1 + (columns + 2 * pad - kw) // stride
    shapes = (
        (n, rows, columns, channels),
        (kh, kw, channels, filters),
        (filters,),
        (n, down, right, filters),
    )
    return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


@pytest.fixture(
    params=[1, 9_000, 200_000], ids=["a picture at a time", "some at a time", "all at once"]
)
def portions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "BYTES", request.param)


@pytest.mark.usefixtures("portions")
@pytest.mark.parametrize("case", CASES)
def test_a_convolution_is_scipys_correlation(case: tuple[int, ...]) -> None:
    signal = pytest.importorskip("scipy.signal")
    x, w, b, dout = drawn(case)
    stride, pad = case[7:]
    out, _ = conv_forward(x, w, b, stride, pad)
    wide = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    want = np.empty(dout.shape)
    for n, k in np.ndindex(len(x), len(b)):
        whole = sum(
            signal.correlate(wide[n, :, :, c], w[:, :, c, k], mode="valid")
            for c in range(x.shape[3])
        )
        want[n, :, :, k] = whole[::stride, ::stride] + b[k]
    assert out.shape == dout.shape
    assert rel_error(out, want) < 1e-9


@pytest.mark.usefixtures("portions")
@pytest.mark.parametrize("case", CASES)
def test_a_convolutions_gradients_agree_with_the_numeric_ones(case: tuple[int, ...]) -> None:
    x, w, b, dout = drawn(case)
    found = conv_backward(dout, conv_forward(x, w, b, *case[7:])[1])
    for got, point in zip(found, (x, w, b), strict=True):
        want = numeric_gradient(lambda _: conv_forward(x, w, b, *case[7:])[0], point, dout)
        assert np.allclose(got, want, rtol=1e-7, atol=1e-8)
        assert got.shape == point.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES)
def test_a_convolution_is_pytorchs(case: tuple[int, ...], dtype: Any) -> None:
    torch = pytest.importorskip("torch")
    x, w, b, dout = drawn(case, seed=1, dtype=dtype)
    stride, pad = case[7:]
    tensors = [
        torch.tensor(a, requires_grad=True)
        for a in (x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), b)
    ]
    theirs = torch.nn.functional.conv2d(*tensors, stride=stride, padding=pad)
    theirs.backward(torch.tensor(dout.transpose(0, 3, 1, 2)))
    dx, dw, db = (tensor.grad.numpy() for tensor in tensors)
    out, cache = conv_forward(x, w, b, stride, pad)
    wants = (
        theirs.detach().numpy().transpose(0, 2, 3, 1),
        dx.transpose(0, 2, 3, 1),
        dw.transpose(2, 3, 1, 0),
        db,
    )
    tight = 1e-5 if dtype == np.float32 else 1e-12
    for got, want in zip((out, *conv_backward(dout, cache)), wants, strict=True):
        assert got.dtype == dtype
        assert np.allclose(got, want, rtol=tight, atol=tight)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((3, 4, 6, 2), 2), ((2, 7, 5, 3), 2), ((1, 9, 8, 1), 3), ((2, 3, 4, 2), 1), ((1, 5, 5, 2), 5)],
)
def test_max_pooling_keeps_the_largest_and_sends_its_gradient_there(
    shape: tuple[int, ...], size: int
) -> None:
    rng = np.random.default_rng(2)
    x = (
        rng.permutation(np.prod(shape)).reshape(shape).astype(np.float64)
    )  # all different, by far more than a nudge
    out, cache = max_pool_forward(x, size)
    want = np.empty((shape[0], shape[1] // size, shape[2] // size, shape[3]))
    for n, p, q, c in np.ndindex(want.shape):
        want[n, p, q, c] = x[n, p * size : (p + 1) * size, q * size : (q + 1) * size, c].max()
    assert np.array_equal(out, want)
    dout = rng.normal(size=out.shape)
    dx = max_pool_backward(dout, cache)
    assert dx.shape == shape
    assert np.allclose(
        dx, numeric_gradient(lambda _: max_pool_forward(x, size)[0], x, dout), atol=1e-9
    )


def test_of_equal_entries_the_first_has_the_gradient_as_in_pytorch() -> None:
    x = np.random.default_rng(3).integers(0, 3, (4, 6, 8, 3)).astype(np.float64)
    out, cache = max_pool_forward(x)
    dout = np.random.default_rng(4).normal(size=out.shape)
    dx = max_pool_backward(dout, cache)
    blocks = x.reshape(4, 3, 2, 4, 2, 3).transpose(0, 1, 3, 5, 2, 4).reshape(-1, 4)
    want = np.zeros_like(blocks)
    want[np.arange(len(want)), blocks.argmax(axis=1)] = dout.reshape(-1)
    assert np.array_equal(
        dx, want.reshape(4, 3, 4, 3, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(x.shape)
    )
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
    torch.nn.functional.max_pool2d(tensor, 2).backward(torch.tensor(dout.transpose(0, 3, 1, 2)))
    assert np.array_equal(dx, tensor.grad.numpy().transpose(0, 2, 3, 1))


def test_layout_and_write_protection_of_the_arguments_make_no_difference() -> None:
    case = (3, 6, 8, 2, 3, 3, 4, 2, 1)
    x, w, b, dout = drawn(case)
    plain = (*conv_forward(x, w, b, 2, 1)[:1], *conv_backward(dout, conv_forward(x, w, b, 2, 1)[1]))
    pooled = max_pool_forward(x)[0]
    back = np.random.default_rng(5).normal(size=pooled.shape)
    turned = [np.asfortranarray(a) for a in (x, w, b, dout)]
    gapped = [np.repeat(a, 2, axis=-1)[..., ::2] for a in (x, w, b, dout)]
    mirrored = [a[::-1].copy()[::-1] for a in (x, w, b, dout)]
    for arrays in (turned, gapped, mirrored):
        for array in arrays:
            array.flags.writeable = False
        out, cache = conv_forward(*arrays[:3], 2, 1)
        for got, want in zip((out, *conv_backward(arrays[3], cache)), plain, strict=True):
            assert np.allclose(got, want, rtol=1e-12, atol=1e-12)
        assert np.array_equal(max_pool_forward(arrays[0])[0], pooled)
        assert np.array_equal(
            max_pool_backward(np.asfortranarray(back), max_pool_forward(arrays[0])[1]),
            max_pool_backward(back, max_pool_forward(x)[1]),
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_and_whole_numbers_become_floats(dtype: Any) -> None:
    x, w, b, dout = drawn((2, 4, 6, 2, 3, 3, 3, 1, 1), dtype=dtype)
    out, cache = conv_forward(x, w, b, pad=1)
    pooled, pool = max_pool_forward(out)
    arrays = [out, *conv_backward(dout, cache), pooled, max_pool_backward(pooled, pool)]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    whole = [np.arange(a.size, dtype=np.int8).reshape(a.shape) % 5 for a in (x, w, b)]
    assert conv_forward(*whole)[0].dtype == np.float64
    assert np.array_equal(
        conv_forward(*whole)[0], conv_forward(*[a.astype(np.float64) for a in whole])[0]
    )


def test_one_channel_with_gaps_is_read_rightly() -> None:
    """Here a reshape is a view, so that the gaps stay."""
    x, w, b, _ = drawn((3, 5, 6, 1, 3, 3, 2, 1, 0))
    gapped = np.repeat(x, 2, axis=2)[:, :, ::2]
    assert np.array_equal(conv_forward(gapped, w, b)[0], conv_forward(x, w, b)[0])


def test_a_batch_of_none_has_an_output_of_none() -> None:
    x, w, b, dout = drawn((0, 5, 6, 2, 3, 3, 4, 1, 1))
    out, cache = conv_forward(x, w, b, pad=1)
    assert out.shape == dout.shape
    dx, dw, db = conv_backward(dout, cache)
    assert (dx.shape, dw.shape) == (x.shape, w.shape)
    assert not dw.any()
    assert not db.any()


def test_the_windows_are_not_kept() -> None:
    x, w, b, _ = drawn((16, 32, 32, 3, 5, 5, 8, 1, 2), dtype=np.float32)
    _, cache = conv_forward(x, w, b, pad=2)
    kept = sum(
        a.nbytes if a.base is None else a.base.nbytes for a in cache if isinstance(a, np.ndarray)
    )
    assert kept < 2 * x.nbytes  # the windows would be 25 times


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": np.zeros((5, 6, 2))}, r"\(5, 6, 2\).*\(N, H, W, C\)"),
        ({"w": np.zeros((3, 3, 4))}, r"\(3, 3, 4\).*\(kh, kw, C, K\)"),
        ({"w": np.zeros((3, 3, 5, 4))}, "x has 2 channels.*expected 5, as in w"),
        ({"b": np.zeros(3)}, r"b has shape \(3,\), expected \(4,\)"),
        ({"b": np.zeros((1, 4))}, r"b has shape \(1, 4\), expected \(4,\)"),
        ({"stride": 0}, "stride is 0 .* at least 1"),
        ({"pad": -1}, "pad -1.* at least 0"),
        ({"w": np.zeros((6, 3, 2, 4))}, r"windows of \(6, 3\), expected 1 to \(5, 6\)"),
        ({"x": np.zeros((3, 5, 6, 2), complex)}, "complex128.*real numbers"),
    ],
)
def test_a_convolution_refuses_what_does_not_fit(change: dict[str, Any], says: str) -> None:
    x, w, b, _ = drawn((3, 5, 6, 2, 3, 3, 4, 1, 0))
    with pytest.raises(ValueError, match=says):
        conv_forward(**{"x": x, "w": w, "b": b, **change})


def test_a_gradient_of_another_shape_and_a_pooling_that_does_not_fit_are_refused() -> None:
    x, w, b, dout = drawn((3, 5, 6, 2, 3, 3, 4, 1, 0))
    _, cache = conv_forward(x, w, b)
    with pytest.raises(
        ValueError, match=r"dout has shape \(3, 3, 4, 3\), expected \(3, 3, 4, 4\), that of out"
    ):
        conv_backward(dout[..., :3], cache)
    _, pool = max_pool_forward(x)
    with pytest.raises(
        ValueError, match=r"dout has shape \(3, 5, 6, 2\), expected \(3, 2, 3, 2\), that of out"
    ):
        max_pool_backward(x, pool)
    with pytest.raises(ValueError, match=r"x has shape \(5, 6\), expected \(N, H, W, C\)"):
        max_pool_forward(x[0, ..., 0])
    for size in (0, 6):
        with pytest.raises(ValueError, match=f"size is {size}, expected 1 to 5"):
            max_pool_forward(x, size)


def nudged(
    rng: np.random.Generator, shape: tuple[int, int, int], channels: tuple[int, ...]
) -> dict[str, Any]:
    """A small net in float64 whose biases are not zero."""
    params = init_params(shape, channels, hidden=5, classes=3, rng=rng, dtype=np.float64)
    return {name: a + 0.1 * rng.normal(size=a.shape) for name, a in params.items()}


@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft labels"])
@pytest.mark.parametrize(
    ("shape", "channels"), [((6, 4, 2), (3,)), ((5, 9, 1), (2, 3)), ((2, 3, 1), ())]
)
def test_a_nets_gradients_agree_with_the_numeric_ones(
    shape: tuple[int, int, int], channels: tuple[int, ...], soft: bool
) -> None:
    rng = np.random.default_rng(6)
    params = nudged(rng, shape, channels)
    x = rng.normal(size=(4, *shape))
    y = (
        rng.dirichlet(np.ones(3), size=4) * [[0.5], [1], [1], [2]]
        if soft
        else np.array([2, 0, 1, 1])
    )  # soft labels need not sum to 1
    loss, grads = loss_and_grads(params, x, y)
    assert list(grads) == list(params)
    p = predict(params, x)
    assert loss == pytest.approx(
        -np.mean(np.sum((y if soft else np.eye(3)[y]) * np.log(p), axis=1))
    )
    for name, point in params.items():
        want = numeric_gradient(lambda _: loss_and_grads(params, x, y)[0], point, h=1e-6)
        assert np.allclose(grads[name], want, rtol=1e-5, atol=1e-8), name


def test_a_net_has_the_gradients_that_pytorch_finds() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(7)
    params = nudged(rng, (12, 12, 2), (4, 6))
    x, y = rng.normal(size=(8, 12, 12, 2)), rng.integers(0, 3, 8)
    theirs = {name: torch.tensor(a, requires_grad=True) for name, a in params.items()}
    h, functions = torch.tensor(x.transpose(0, 3, 1, 2)), torch.nn.functional
    for number in (1, 2):
        h = functions.conv2d(
            h, theirs[f"w{number}"].permute(3, 2, 0, 1), theirs[f"b{number}"], padding=1
        )
        h = functions.max_pool2d(functions.relu(h), 2)
    h = h.permute(0, 2, 3, 1).reshape(8, -1)
    h = functions.relu(h @ theirs["w3"] + theirs["b3"]) @ theirs["w4"] + theirs["b4"]
    wanted = functions.cross_entropy(h, torch.tensor(y))
    wanted.backward()
    loss, grads = loss_and_grads(params, x, y)
    assert loss == pytest.approx(wanted.item(), rel=1e-12)
    for name, tensor in theirs.items():
        assert np.allclose(grads[name], tensor.grad.numpy(), rtol=1e-10, atol=1e-12), name
    assert np.allclose(predict(params, x), functions.softmax(h, dim=1).detach().numpy())


def test_a_new_net_has_the_stated_shapes_and_spread() -> None:
    params = init_params((13, 12, 3), (8, 16), hidden=400, classes=5, rng=np.random.default_rng(8))
    assert {name: a.shape for name, a in params.items()} == {
        "w1": (3, 3, 3, 8),
        "b1": (8,),
        "w2": (3, 3, 8, 16),
        "b2": (16,),
        "w3": (3 * 3 * 16, 400),
        "b3": (400,),
        "w4": (400, 5),
        "b4": (5,),
    }
    assert {a.dtype for a in params.values()} == {np.dtype(np.float32)}
    for name, variance in {"w1": 2 / 27, "w2": 2 / 72, "w3": 2 / 144, "w4": 1 / 400}.items():
        assert abs(params[name].var() / variance - 1) < 5 * np.sqrt(2 / params[name].size), name
    assert not any(params[f"b{number}"].any() for number in (1, 2, 3, 4))
    with pytest.raises(ValueError, match=r"\(7, 12, 3\), expected at least 8 by 8 for 3 blocks"):
        init_params((7, 12, 3), (8, 8, 8), hidden=4, classes=2, rng=np.random.default_rng(8))


def test_prediction_is_the_same_in_any_portions_and_stays_finite() -> None:
    rng = np.random.default_rng(9)
    params = init_params((6, 6, 1), (3,), hidden=4, classes=3, rng=rng)
    x = rng.random((7, 6, 6, 1))
    whole = predict(params, x)
    assert whole.dtype == np.float32
    assert np.allclose(whole.sum(axis=1), 1)
    assert np.allclose(predict(params, x, batch=3), whole, atol=1e-6)
    assert np.allclose(predict(params, x[:1]), whole[:1], atol=1e-6)
    assert predict(params, x[:0]).shape == (0, 3)
    params["b3"] = np.array([1e4, -1e4, 0], np.float32)
    assert np.allclose(predict(params, x), [[1, 0, 0]] * 7)
    loss, grads = loss_and_grads(params, x, np.ones(7, int))
    assert loss == pytest.approx(2e4, rel=1e-3)
    assert all(np.isfinite(a).all() and a.dtype == np.float32 for a in grads.values())


def test_the_nets_arguments_stay_as_they_are() -> None:
    rng = np.random.default_rng(10)
    params = init_params((6, 6, 1), (3,), hidden=4, classes=3, rng=rng)
    x, y = (
        rng.normal(size=(5, 6, 6, 1)).astype(np.float32),
        rng.dirichlet(np.ones(3), 5).astype(np.float32),
    )
    given = [*params.values(), x, y]
    before = [a.copy() for a in given]
    for array in given:
        array.flags.writeable = False
    loss_and_grads(params, x, y)
    predict(params, x)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.zeros(4, int), r"shape \(4,\).*\(5,\) integer labels"),
        (np.zeros(5), r"float64.*\(5,\) integer labels"),
        (np.zeros((5, 4)), r"shape \(5, 4\).*\(5, 3\) soft ones"),
        (np.array([0, 1, 2, 3, 0]), "labels from 0 to 3, expected 0 to 2"),
        (np.array([0, 1, 2, -1, 0]), "labels from -1 to 2, expected 0 to 2"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y: Any, says: str) -> None:
    params = init_params((6, 6, 1), (3,), hidden=4, classes=3, rng=np.random.default_rng(11))
    with pytest.raises(ValueError, match=says):
        loss_and_grads(params, np.zeros((5, 6, 6, 1)), y)


def test_pictures_of_another_size_are_refused() -> None:
    params = init_params((6, 6, 1), (3,), hidden=4, classes=3, rng=np.random.default_rng(11))
    with pytest.raises(ValueError, match="x comes to w2 with 48 numbers an example, expected 27"):
        predict(params, np.zeros((5, 8, 8, 1)))


def test_a_net_learns_where_a_bar_lies() -> None:
    """Two classes that no single pixel tells apart: upright bars and level ones, anywhere."""
    rng = np.random.default_rng(12)

    def bars(n: int) -> tuple[Any, Any]:
        x, y = 0.1 * rng.normal(size=(n, 8, 8, 1)), rng.integers(0, 2, n)
        for picture, label in zip(x, y, strict=True):
            row, column = rng.integers(1, 5, 2)
            picture[
                (slice(row, row + 3), column) if label else (row, slice(column, column + 3))
            ] += 1
        return x.astype(np.float32), y

    params = init_params((8, 8, 1), (6,), hidden=16, classes=2, rng=rng)
    x, y = bars(512)
    trained, history = fit(
        params,
        loss_and_grads,
        lambda w, dw, c: (w - 0.3 * dw, c),
        {},
        x,
        y,
        steps=150,
        batch=32,
        rng=rng,
    )
    x, y = bars(500)
    assert np.mean(predict(trained, x).argmax(axis=1) == y) > 0.97
    assert np.mean(history.losses[-10:]) < 0.15
    assert all(a.dtype == np.float32 for a in trained.values())
