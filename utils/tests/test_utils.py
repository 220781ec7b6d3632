"""The helpers tell right from wrong, in words, and never stop a notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from utils import attempt, check, difference, show
from utils.gradients import numeric_gradient

A = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])


@pytest.mark.parametrize(
    ("got", "want", "says"),
    [
        (A, A, None),
        (A + 1e-12, A, None),
        (2.0, np.float64(2.0), None),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), None),
        (np.array([np.inf]), np.array([np.inf]), None),
        (np.zeros((0, 3)), np.zeros((0, 3)), None),
        (True, True, None),
        (None, A, "is None"),
        (A.tolist(), A, "is a list, expected an array"),
        ((A,), 1.0, "is a tuple, expected a single number"),
        ("a", A, "is of type str"),
        (A > 0, A, "holds True and False, expected numbers"),
        (A, A > 0, "holds numbers, expected True and False"),
        (A + 0j, A, "has dtype complex128"),
        (A[:, 0], A, "has shape (2,), expected (2, 3)"),
        (A.T, A, "has shape (3, 2), expected (2, 3): it is transposed"),
        (A[:1, 0], 1.0, "has shape (1,), expected a single number"),
        (np.where(A > 3, np.nan, A), A, "holds nan"),
        (np.inf, 1.0, "is inf"),
        (A, np.where(A > 3, np.inf, A), "is finite where it should not be"),
        (0 * A, A, "is zero everywhere"),
        (-A, A, "has its sign flipped"),
        (A / 2, A, "is in every entry 0.5 times what it should be"),
        (A * 0.3721, A, "is in every entry 0.3721 times what it should be"),
        (0.2, 1.0, "is 0.2 times what it should be"),
        (A * 1.00001, A, "is not right: every entry differs, worst relative error 1.0e-05"),
        (A * -1.00001, A, "is not right: every entry differs"),
        (0.7, 1.3, "is off by a relative error of 4.6e-01"),
        (A[:, :2].T.copy(), A[:, :2], "is transposed"),
        (
            A + np.eye(2, 3),
            A,
            "is not right: 2 of 6 entries differ, worst relative error 5.0e-01 at index (0, 0)",
        ),
        (
            A[0] + 1,
            A[0],
            "is not right: every entry differs, worst relative error 5.0e-01 at index [0]",
        ),
        (np.array([1.0, 0.0]), np.zeros(2), "is not right: 1 of 2 entries differ"),
    ],
)
def test_difference_says_what_is_wrong(got: Any, want: Any, says: str | None) -> None:
    answer = difference(got, want)
    assert answer is None if says is None else answer is not None and answer.startswith(says)


def test_difference_raises_no_warning_and_stays_finite_for_huge_numbers() -> None:
    with np.errstate(all="raise"):
        assert (
            difference(np.array([1e308, -1e308]), np.array([-1e308, 1e308]))
            == "has its sign flipped"
        )
        assert difference(np.array([1e308, 3.0]), np.array([-1e308, 1e308])) is not None


def test_check_prints_a_headline_and_a_line_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    with check("affine") as c:
        assert c.close("out", A, A)
        assert not c.close("dw", A / 2, A, hint="count the examples")
        assert c.shape("db", A[0], (3,))
        assert not c.shape("db", A, (3,))
        assert not c.shape("db", None, (3,))
        assert c.equal("kind", "max", "max")
        assert not c.equal("n", np.arange(3), 3)
        assert c.equal("ids", np.arange(3), np.arange(3))
        assert not c.equal("ids", np.arange(3.0), np.arange(3))
        assert c.true("water is wet", True)
        assert c.raises("a bad shape is refused", ValueError, A.reshape, 7)
        assert not c.raises("a bad shape is refused", TypeError, A.reshape, 7)
        assert not c.raises("a bad shape is refused", ValueError, A.reshape, 6)
        assert c.gradient("dx", 2 * A * A, lambda x: x**2, A, A)
        assert not c.gradient("dx", A, lambda x: x**2, A, A)
        assert c.unchanged("x", A, A.copy())
        assert not c.unchanged("x", A, A + 1e-12)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "affine: 8 of 17 right"
    assert lines[1] == "  \N{CHECK MARK} out is right"
    assert lines[2] == "  \N{BALLOT X} dw is in every entry 0.5 times what it should be"
    assert (
        lines[3]
        == "      expected [[1, -2, 3], [0.5, 4, -1.5]], got [[0.5, -1, 1.5], [0.25, 2, -0.75]]"
    )
    assert lines[4] == "      count the examples"


def test_unwritten_and_broken_cells_do_not_stop_the_notebook(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unwritten = (
        "affine: not written yet. Write your code in its cell above, and run this cell again.\n"
    )
    with attempt("affine"):
        raise NotImplementedError
    assert capsys.readouterr().out == unwritten
    with check("affine"):
        raise NotImplementedError
    assert capsys.readouterr().out == unwritten
    with check("affine") as c:
        c.raises("it refuses", ValueError, _unwritten)
    assert capsys.readouterr().out == unwritten
    with check("affine") as c:
        c.true("one", True)
        raise NotImplementedError
    assert capsys.readouterr().out.splitlines()[2] == "  \N{BALLOT X} the rest is not written yet"


def _unwritten() -> None:
    raise NotImplementedError


def test_the_line_named_is_the_students(capsys: pytest.CaptureFixture[str]) -> None:
    cell: dict[str, Any] = {"np": np}
    exec(
        compile("def affine(x):\n    y = x\n    return np.reshape(y, 7)\n", "<cell>", "exec"), cell
    )
    with attempt("affine"):
        cell["affine"](A)
    assert "(line 3 of the cell of affine" in capsys.readouterr().out
    with check("affine") as c:
        c.close("out", cell["affine"](A), A)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "affine: 0 of 1 right"
    assert "stopped by ValueError: cannot reshape" in out[1]


def test_a_line_of_compiled_code_is_none_of_the_students(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cell: dict[str, Any] = {"rng": np.random.default_rng(0)}
    exec(compile("def crop():\n    return rng.integers(0, 0)\n", "<cell>", "exec"), cell)
    with attempt("crop"):
        cell["crop"]()
    assert "(line 2 of the cell of crop" in capsys.readouterr().out


def test_only_exceptions_are_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt), attempt("affine"):
        raise KeyboardInterrupt
    with pytest.raises(SystemExit), check("affine"):
        raise SystemExit


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numeric_gradient_is_right_and_leaves_x_alone(dtype: type) -> None:
    x: Any = np.asfortranarray(A).astype(dtype)[:, ::2]
    before, dout = x.copy(), np.array([[1.0, -3.0], [2.0, 0.5]])
    gradient = numeric_gradient(np.sin, x, dout=dout)
    assert gradient.dtype == np.float64
    assert x.tobytes() == before.tobytes()
    assert np.allclose(gradient, np.cos(before.astype(np.float64)) * dout, rtol=1e-9, atol=1e-10)


def test_numeric_gradient_copes_with_views_integers_scalars_and_what_writes() -> None:
    dout = np.arange(6.0).reshape(3, 2)
    assert difference(numeric_gradient(lambda x: x.T, A, dout=dout), dout.T) is None
    assert (
        difference(
            numeric_gradient(lambda x: x[::-1], np.array([3, -2]), dout=[1, 2]),
            np.array([2.0, 1.0]),
        )
        is None
    )
    assert difference(numeric_gradient(lambda x: x**2, 3.0), np.array(6.0)) is None
    assert numeric_gradient(np.sum, np.zeros((0, 3))).shape == (0, 3)

    def square(x: np.ndarray) -> float:
        x *= x
        return float(x.sum())

    assert difference(numeric_gradient(square, A), 2 * A) is None


def test_numeric_gradient_asks_for_weights_that_fit() -> None:
    with pytest.raises(ValueError, match=r"dout is missing: f\(x\) has shape \(2, 3\)"):
        numeric_gradient(np.sin, A)
    with pytest.raises(ValueError, match=r"dout has shape \(3,\), but f\(x\) has shape \(2, 3\)"):
        numeric_gradient(np.sin, A, dout=np.ones(3))


def test_show_works_with_and_without_ipython(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    from utils.plotting import PALETTE, style

    with style():
        fig, ax = plt.subplots()
    ax.plot([0, 1])
    assert ax.lines[0].get_color() == PALETTE[0]
    show(fig, "a rising line")
    assert capsys.readouterr().out == "[a rising line]\n"
    assert not plt.get_fignums()

    import IPython

    shown: list[tuple[Any, Any]] = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(
        IPython.display, "display", lambda data, raw, metadata: shown.append((data, metadata))
    )
    show(plt.figure(), "an empty figure")
    ((data, metadata),) = shown
    assert metadata == {"image/png": {"alt": "an empty figure"}}
    assert set(data) == {"image/png", "text/plain"}


def test_importing_loads_neither_matplotlib_nor_ipython() -> None:
    code = (
        "import sys, utils; assert not {'matplotlib', 'IPython', 'autograder'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_a_factor_that_would_be_printed_as_one_is_not_said() -> None:
    told = difference(A * 1.00001, A)
    assert told is not None
    assert told.startswith("is not right: every entry differs, worst relative error 1.0e-05")
    assert difference(A * 1.001, A) == "is in every entry 1.001 times what it should be"
