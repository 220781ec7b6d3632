"""Draw the lecture notes' figures: `python course/figures/draw.py [NN-name ...]`.

Each public function `what` of another module here, NN_name.py or name.py, returns a figure, which becomes NN-name-what.svg beside it; the function's
docstring says in words what is to be seen. Drawing twice gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parent


def modules(folder: Path = FOLDER) -> dict[str, Path]:
    """Return the modules of figures by the name of their lecture note."""
    return {
        path.stem.replace("_", "-"): path
        for path in sorted(folder.glob("*.py"))
        if path.name != Path(__file__).name
    }


def drawings(path: Path) -> dict[str, Callable[[], Figure]]:
    """Return the functions of a module that draw, by the name of the file each is for."""
    spec = importlib.util.spec_from_file_location(f"figures_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        f"{path.stem}-{name}.svg".replace("_", "-"): function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    }


def fingerprint(path: Path) -> str:
    """Return what a picture keeps of the code it was drawn by, so that one which is out of date is found."""
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"


def save(figure: Figure, picture: Path, source: Path) -> None:
    """Save a figure as SVG, without anything that varies from one time to the next."""
    with mpl.rc_context({"svg.hashsalt": source.stem}):
        figure.savefig(
            picture,
            format="svg",
            metadata={"Date": None, "Creator": None, "Source": fingerprint(source)},
        )


def main() -> None:
    known = modules()
    parser = argparse.ArgumentParser(description="Draw the figures of the lecture notes.")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NN-name",
        help=f"notes to draw for (all, if none is given): {', '.join(known)}",
    )
    names = parser.parse_args().names or list(known)
    for name in names:
        if name not in known:
            parser.error(f"there are no figures for {name!r}, only for {', '.join(known)}")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    for name in names:
        for file, draw in drawings(known[name]).items():
            figure = draw()
            save(figure, FOLDER / file, known[name])
            plt.close(figure)
            print(FOLDER.relative_to(FOLDER.parents[1]) / file)


if __name__ == "__main__":
    main()
