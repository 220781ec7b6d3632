"""The look of all pictures on the page for staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Okabe and Ito's colours, told apart by colour-blind people too: blue, vermilion, green, orange,
# sky blue, purple, black, yellow.
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
