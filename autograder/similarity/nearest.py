"""Which answers are near to one another: single linkage in memory that grows with the class.

Only pairs that are near count, and of these only the tree that joins all of them by the nearest
(a minimum spanning forest): it has fewer edges than the class has students. The pairs are computed
block by block, and each block's near ones are joined with the forest so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

BLOCK = 256  # rows that are compared with all others at once
FREQUENT = 0.02  # of the class: columns that more have are multiplied as dense ones
MOST_DENSE = 1 << 25  # numbers in these


@dataclass(frozen=True)
class Joined:
    """A group that joining the nearest step by step makes.

    Attributes:
        members: rows.
        apart: the greatest distance that had to be bridged to join them.
        next_apart: the distance at which the next is joined; None if it is beyond the reach.
    """

    members: tuple[int, ...]
    apart: float
    next_apart: float | None


def weighted(numbers: list[np.ndarray], columns: int) -> tuple[csr_matrix, np.ndarray]:
    """Return rows of unit length in which rare runs weigh most, and how many have each run.

    The weights are TF-IDF as scikit-learn has it.

    Args:
        numbers: for each row the runs that it has, each once, int32.
        columns: how many runs there are.
    """
    size = len(numbers)
    indices = np.concatenate(numbers)
    held = np.bincount(indices, minlength=columns)
    weights = (np.log((1 + size) / (1 + held)) + 1)[indices]
    begin = np.concatenate([[0], np.cumsum([len(one) for one in numbers])])
    lengths = np.sqrt(np.add.reduceat(weights**2, begin[:-1]))
    weights /= np.repeat(lengths, np.diff(begin))
    return csr_matrix((weights, indices, begin), shape=(size, columns)), held


class Cosines:
    """The cosines of rows of unit length, computed block by block.

    What many rows have is kept dense, since it would be most of the work of a sparse product.
    """

    def __init__(self, rows: csr_matrix) -> None:
        self.size = rows.shape[0]
        held = np.bincount(rows.indices, minlength=rows.shape[1])
        least = max(2.0, FREQUENT * self.size)
        frequent = np.argsort(-held, kind="stable")[: max(1, MOST_DENSE // self.size)]
        frequent = np.sort(frequent[held[frequent] > least])
        others = np.ones(rows.shape[1], dtype=bool)
        others[frequent] = False
        self._dense = rows[:, frequent].toarray()
        self._rest = rows[:, np.flatnonzero(others)].tocsr()
        self._across = self._rest.T.tocsr()

    def of(self, chosen: slice | Sequence[int], begin: int = 0) -> np.ndarray:
        """Return the cosines of some rows with all from `begin` on, of shape (chosen, others)."""
        cosines: np.ndarray = self._dense[chosen] @ self._dense[begin:].T
        cosines += (self._rest[chosen] @ self._across[:, begin:]).toarray()
        return cosines


def join_nearest(cosines: Cosines, most: int, reach: float) -> Iterator[Joined]:
    """Give all groups of at most `most` rows that joining the nearest step by step makes.

    Args:
        cosines: of the rows.
        most: the size of the largest group that is told.
        reach: the cosine distance beyond which nothing is joined, below 1.
    """
    parents = list(range(cosines.size))
    groups: dict[int, tuple[tuple[int, ...], float] | None]  # by root; None where it is too large
    groups = {row: ((row,), 0.0) for row in parents}
    for one, other, apart in _forest(cosines, reach):
        roots = _root(parents, one), _root(parents, other)
        first, second = (groups.pop(root) for root in roots)
        for group in (first, second):
            if group is not None and len(group[0]) > 1:
                yield Joined(*group, apart)
        parents[roots[1]] = roots[0]
        fits = first is not None and second is not None and len(first[0]) + len(second[0]) <= most
        groups[roots[0]] = (first[0] + second[0], apart) if first and second and fits else None
    for group in groups.values():
        if group is not None and len(group[0]) > 1:
            yield Joined(*group, None)


def _root(parents: list[int], row: int) -> int:
    while parents[row] != row:
        parents[row] = row = parents[parents[row]]
    return row


def _forest(cosines: Cosines, reach: float) -> Iterator[tuple[int, int, float]]:
    """Give the edges of a minimum spanning forest of the pairs within reach, shortest first."""
    size = cosines.size
    forest = coo_matrix((size, size))
    for begin in range(0, size, BLOCK):
        block = cosines.of(slice(begin, begin + BLOCK), begin)
        one, other = np.nonzero(np.triu(block >= 1 - reach, 1))
        # an edge of weight 0 would be none
        weights = 1 + np.clip(1 - block[one, other], 0.0, 1.0)
        edges = coo_matrix(
            (
                np.concatenate([forest.data, weights]),
                (
                    np.concatenate([forest.row, one + begin]),
                    np.concatenate([forest.col, other + begin]),
                ),
            ),
            shape=(size, size),
        )
        forest = minimum_spanning_tree(edges.tocsr()).tocoo()
    order = np.lexsort((forest.col, forest.row, forest.data))
    for n in order:
        yield int(forest.row[n]), int(forest.col[n]), float(forest.data[n] - 1)


def farthest_next(cosines: Cosines, members: Sequence[int]) -> float:
    """Return the least distance between a member and any other row; 1 if there is none."""
    block = cosines.of(list(members))
    block[:, list(members)] = 0.0
    return float(np.clip(1 - block.max(initial=0.0), 0.0, 1.0))
