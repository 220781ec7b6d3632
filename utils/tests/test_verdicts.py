"""What the visible checks print, for answers that stop, lack a key, or are slightly off."""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

from utils import Checks, check

RIGHT, WRONG = "  \N{CHECK MARK}", "  \N{BALLOT X}"


def run_cell(source: str, **names: Any) -> dict[str, Any]:
    """Run a cell as IPython does, with its text where tracebacks look for it."""
    linecache.cache["<ipython-cell>"] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        "<ipython-cell>",
    )
    exec(compile(source, "<ipython-cell>", "exec"), names)
    return names


def stops() -> None:
    raise ValueError("no")


def unwritten() -> None:
    raise NotImplementedError


def test_small_arrays_are_shown_with_as_many_digits_as_tell_them_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with check("q") as c:
        c.close("out", np.array([1.0, 2.00001]), [1.0, 2.0], hint="look")
        c.close("loss", 0.5, 0.25)
        c.close("many", np.zeros(9), np.ones(9))
        c.close("shape", np.zeros(2), np.zeros(3))
        c.close("none", None, np.zeros(3))
        c.close("far", np.array([3.0]), [2.0])
        c.equal("ids", np.arange(2), np.array([0, 2]))
        c.gradient("dx", np.array([1.0]), lambda x: x**2, np.array([3.0]))
    out = capsys.readouterr().out.splitlines()
    assert out[2:4] == ["      expected [1, 2], got [1, 2.00001]", "      look"]
    assert out[5] == "      expected 0.25, got 0.5"
    assert "expected [2], got [3]" in "".join(out)
    assert "expected [0, 2], got [0, 1]" in "".join(out)
    assert "expected [6], got [1]" in "".join(out)
    assert sum("got" in line for line in out) == 5


def test_an_error_says_how_many_checks_it_left_unreached(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = """
with check("q") as c:
    c.true("first", True)
    c.close(
        "second",
        stops(),
        1.0,
    )
    c.true("third", True)
    for n in (1, 2):
        c.raises("fourth", ValueError, stops)
with check("other") as c:
    c.true("elsewhere", True)
"""
    run_cell(source, check=check, stops=stops)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "q: 1 of 2 right, 2 not reached"
    assert out[2].startswith(f"{WRONG} stopped by ValueError: no")
    assert out[3] == "other: 1 of 1 right"


def test_each_part_has_its_functions_name_and_stops_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = """
with check("q") as c:
    with c.part("adagrad"):
        c.true("first step", True)
        stops()
        c.true("second step", True)
    with c.part("rmsprop"):
        unwritten()
        c.true("first step", True)
    with c.part("adam"):
        c.true("first step", True)
        unwritten()
"""
    run_cell(source, check=check, stops=stops, unwritten=unwritten)
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "q: 2 of 5 right, 2 not reached",
        f"{RIGHT} adagrad, first step",
        f"{WRONG} adagrad stopped by ValueError: no ({out[2].partition(' (')[2]}",
        f"{WRONG} rmsprop is not written yet",
        f"{RIGHT} adam, first step",
        f"{WRONG} adam: the rest is not written yet",
    ]


def test_a_question_whose_parts_are_all_unwritten_is_unwritten(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with check("q") as c:
        for name in ("adagrad", "rmsprop"):
            with c.part(name):
                unwritten()
    assert not c.written
    assert (
        capsys.readouterr().out
        == "q: not written yet. Write your code in its cell above, and run this cell again.\n"
    )


def test_what_needs_an_unwritten_part_is_unwritten_as_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with check("jitter") as names:
        with names.part("f"):
            made = unwritten()
        with names.part("f"):
            unwritten()
        names.true("it varies", made)
    assert capsys.readouterr().out.splitlines() == [
        "jitter: not written yet. Write your code in its cell above, and run this cell again."
    ]
    assert not names.written
    with check("nesterov") as later:
        with later.part("f"):
            unwritten()
        raise NotImplementedError
    assert not later.written
    with check("half") as half:
        with half.part("f"):
            unwritten()
        half.true("it varies", True)
        raise NotImplementedError
    assert half.written
    assert [line for _, line in half.verdicts] == [
        "f is not written yet",
        "it varies",
        "the rest is not written yet",
    ]
    with check("own error") as wrong:
        with wrong.part("f"):
            unwritten()
        with wrong.part("g"):
            (lambda: nothing_of_that_name)()  # noqa: F821  a name that was never made
    assert wrong.written


def test_a_part_lets_through_what_is_no_error() -> None:
    with pytest.raises(KeyboardInterrupt), check("q") as c, c.part("f"):
        raise KeyboardInterrupt


def test_a_missing_key_is_not_a_missing_return(capsys: pytest.CaptureFixture[str]) -> None:
    with check("q") as c:
        assert c.entry("adagrad, first step: config", {"t": 1}, "t", 1)
        assert not c.entry("adagrad, first step: config", {"eps": 1, "rate": 2}, "t", 1)
        assert not c.entry("config", {}, "t", 1)
        assert not c.entry("config", None, "t", 1)
        assert not c.entry("config", [1], "t", 1)
        assert not c.entry("config", {"t": 2}, "t", 1)
        assert not c.entry("config", {"t": None}, "t", 1)
    out = capsys.readouterr().out.splitlines()
    assert out[1:7] == [
        f'{RIGHT} adagrad, first step: config["t"] is right',
        f"{WRONG} adagrad, first step: config[\"t\"] is missing: it holds 'eps', 'rate'",
        f'{WRONG} config["t"] is missing: it holds nothing',
        f"{WRONG} config is None, expected a dictionary",
        f"{WRONG} config is of type list, expected a dictionary",
        f'{WRONG} config["t"] is 2 times what it should be',
    ]
    assert out[8].startswith(f'{WRONG} config["t"] is None')


def test_the_summary_adds_up_the_points_of_what_is_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check = Checks()
    with check("ema") as c:
        c.true("wrong at first", False)
    with check("ema") as c:
        c.true("right now", True)
    with check("adam") as c:
        c.true("one", True)
        c.true("two", False)
        c.true("three", False)
    with check("adagrad"):
        unwritten()
    capsys.readouterr()
    check.summary({"ema": 10, "adam": 20, "adagrad": 30, "schedule": 5}, written=10)
    assert capsys.readouterr().out.splitlines() == [
        "Your own checks: 16 of 65 points",
        f"{RIGHT} ema       10 of 10 points: 1 of 1 checks right",
        f"{WRONG} adam       6 of 20 points: 1 of 3 checks right",
        "  \N{EN DASH} adagrad    0 of 30 points: not written yet",
        "  \N{EN DASH} schedule   0 of  5 points: its check has not run yet",
        "A person reads your written answer (10 points).",
        "Grading uses other checks on other numbers, so your mark may differ.",
    ]


def test_checks_that_were_not_reached_earn_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    source = """
with check("q") as c:
    c.true("first", True)
    stops()
    c.true("second", True)
check.summary({"q": 30})
"""
    run_cell(source, check=Checks(), stops=stops)
    assert "q  10 of 30 points: 1 of 2 checks right, 1 not reached" in capsys.readouterr().out


def test_dtypes_and_layouts_are_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.array([[1.0, 2.0, 3.0]])

    def double(x: np.ndarray) -> np.ndarray:
        return np.asarray(x, dtype=np.float64)

    def cut_off(x: np.ndarray) -> np.ndarray:
        return (x / 2).astype(x.dtype) if x.dtype.kind == "f" else (x // 2) * 1.0

    def refuses(x: np.ndarray) -> np.ndarray:
        if x.dtype.kind != "f":
            raise TypeError("whole numbers")
        return 2 * x

    def writes(x: np.ndarray) -> np.ndarray:
        x[0] += 0.0
        return x

    with check("q") as c:
        c.dtypes("a", refuses, x)
        c.dtypes("b", double, x)
        c.dtypes("c", cut_off, x)
        c.layouts("d", refuses, x)
        c.layouts("e", writes, x)
        c.layouts("f", lambda x: x.reshape(-1, order="A"), np.arange(6.0).reshape(2, 3))
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{RIGHT} a: float32 stays float32, whole numbers become float64",
        f"{WRONG} b is float64 for float32, expected float32",
        f"{WRONG} c differs between whole numbers and the same numbers as floats",
        f"{RIGHT} d is the same for read-only arrays, slices of larger ones and transposed ones",
        f"{WRONG} e for read-only arrays: ValueError: output array is read-only",
        f"{WRONG} f for transposed arrays is not right: 4 of 6 entries differ, worst relative error 6.7e-01 at index [1]",
    ]


def test_a_message_names_what_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    def named() -> None:
        raise ValueError("got shape (3,4), expected (4,)")

    with check("q") as c:
        c.raises("it raises", ValueError, named, mentions=((3, 4), (4,)))
        c.raises("it raises", ValueError, named, mentions=((3, 4), "axis"))
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{RIGHT} it raises",
        f"{WRONG} it raises, but its message does not name axis",
    ]


def test_the_verb_agrees_with_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    array, whole = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    with check("q") as c:
        c.close("the losses", array, whole)
        c.close("losses", array, whole)
        c.close("the losses of each epoch", -array, whole)
        c.close("the features", None, whole)
        c.shape("the features", array, (2,))
        c.shape("the features", array, (3,))
        c.equal("the keys of state", ["a"], ["b"])
        c.equal("train, w", 1, 1)
        c.unchanged("the pictures", array, whole)
        c.unchanged("the canvas", array, array + 1)
        c.gradient("the gradients", np.ones(2), lambda x: x, whole)
        c.layouts("mu and eta", lambda x: x, whole)
        c.layouts("the rates", lambda x: x * x.flags.writeable, whole)
        c.dtypes("the rates", lambda x: x.astype(np.float64), whole)
    out = capsys.readouterr().out.splitlines()
    assert [
        line[4:] for line in out if line.startswith(("  \N{CHECK MARK}", "  \N{BALLOT X}"))
    ] == [
        "the losses are right",
        "losses is right",
        "the losses of each epoch have their signs flipped",
        "the features are None: is a `return` missing?",
        "the features have shape (2,)",
        "the features have shape (2,), expected (3,)",
        "the keys of state are ['a'], expected ['b']",
        "train, w is 1",
        "the pictures are unchanged",
        "the canvas has changed: your function writes into its argument",
        "the gradients agree with the numeric gradient",
        "mu and eta are the same for read-only arrays, slices of larger ones and transposed ones",
        "the rates for read-only arrays are zero everywhere",
        "the rates are float64 for float32, expected float32",
    ]
