"""One look for all figures, and a way to show them which people who cannot see them can follow."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by colour-blind people too: blue, vermilion, green, orange, sky blue, purple, black, yellow.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000", "#F0E442")


@contextmanager
def style() -> Iterator[None]:
    """Draw everything inside in the course's look: `with style(): fig, ax = plt.subplots()`."""
    import matplotlib.pyplot as plt
    from cycler import cycler

    look: Any = {
        "axes.grid": True,
        "axes.prop_cycle": cycler(color=PALETTE[:7]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": "medium",
        "figure.constrained_layout.use": True,
        "figure.figsize": (6.4, 3.6),
        "grid.alpha": 0.3,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
    }
    with plt.rc_context(look):
        yield


def show(fig: Figure, alt: str) -> None:
    """Display a figure once, with `alt` telling in words what is to be seen, and close it."""
    import matplotlib.pyplot as plt

    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        picture = io.BytesIO()
        fig.savefig(
            picture, format="png", dpi=100, metadata={"Software": None}
        )  # nothing that varies with versions
        data = {
            "image/png": base64.b64encode(picture.getvalue()).decode("ascii"),
            "text/plain": f"[{alt}]",
        }
        ipython.display.display(data, raw=True, metadata={"image/png": {"alt": alt}})
    else:
        print(f"[{alt}]")
    plt.close(fig)
