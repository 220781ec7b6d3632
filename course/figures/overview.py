"""Figures of the overview."""

from __future__ import annotations

import json
import re
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from utils.plotting import style

_ROOT = Path(__file__).resolve().parents[2]
_TAUGHT = {  # what a notebook imports no answer of, but its subject builds on
    "01-backprop": {"00-warm-up"},
    "03-losses": {"00-warm-up"},
    "05-optimizers": {"00-warm-up"},
    "02-activations": {"01-backprop"},
    "04-initialisation": {"01-backprop", "02-activations"},
    "06-adaptive": {"05-optimizers"},
}


def _needs() -> dict[str, set[str]]:
    """Return what each assignment builds on: its cells `earlier`, and the edges above."""
    found = {}
    for path in sorted((_ROOT / "release").glob("*/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        imported = set(re.findall(r'earlier\("([\w-]+)"', text))
        found[path.stem] = imported | _TAUGHT.get(path.stem, set())
    return found


def _reach(needs: dict[str, set[str]], name: str) -> set[str]:
    """Return all that an assignment builds on, directly or not."""
    return needs[name].union(*(_reach(needs, one) for one in needs[name]))


def _level(needs: dict[str, set[str]], name: str) -> int:
    """Return the length of the longest chain that ends at an assignment."""
    return 1 + max((_level(needs, one) for one in needs[name]), default=-1)


@style()
def map() -> Figure:
    """The assignments as boxes in columns, from left to right in the order in which they can be done. An arrow leads from an assignment to one
    that needs it; arrows that follow from others are left out. The first column is 00-warm-up; 01-backprop, 03-losses and 05-optimizers need nothing else; the
    capstone is in the last column."""
    needs = _needs()
    columns: dict[int, list[str]] = {}
    for name in needs:
        columns.setdefault(_level(needs, name), []).append(name)
    middle = {
        name: (2.0 * level, (len(names) - 1) / 2 - row)
        for level, names in columns.items()
        for row, name in enumerate(names)
    }
    fig, ax = plt.subplots(figsize=(11.5, 3.6))
    arrow = {"arrowstyle": "-|>", "color": "0.45", "connectionstyle": "arc3,rad=0.0"}
    for name, (x, y) in middle.items():
        indirect = set().union(*(_reach(needs, one) for one in needs[name]))
        for one in sorted(needs[name] - indirect):
            u, v = middle[one]
            ax.annotate("", (x - 0.4, y), (u + 0.4, v), arrowprops=arrow, zorder=1)
        box = {"boxstyle": "round,pad=0.4", "facecolor": "#e8f1f8", "edgecolor": "#0072b2"}
        ax.text(x, y, name, ha="center", va="center", fontsize=8, bbox=box, zorder=5)
    ax.set_xlim(-0.9, 2.0 * max(columns) + 0.9)
    ax.set_ylim(
        -max(len(names) for names in columns.values()) / 2 - 0.1,
        0.1 + max(len(names) for names in columns.values()) / 2,
    )
    ax.axis("off")
    return fig
