"""Single linkage by a forest of the near pairs gives the groups that scikit-learn's gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_distances

from autograder.similarity import nearest
from autograder.similarity.nearest import Cosines, farthest_next, join_nearest, weighted
from autograder.similarity.run_store import LAST_LINE, Vocabulary, join, store, store_steps
from autograder.similarity.tokens import RUN, Run, read, runs

REACH = 0.4


def made(seed: int, size: int = 60, columns: int = 80) -> list[np.ndarray]:
    """Rows in families: each has most runs of its family's, and some that many have."""
    rng = np.random.default_rng(seed)
    families = [rng.choice(columns, 12, replace=False) for _ in range(size // 3)]
    rows = []
    for _ in range(size):
        family = families[rng.integers(len(families))]
        taken = [*family[rng.random(12) < 0.85], *rng.integers(0, 6, 4), int(rng.integers(columns))]
        rows.append(np.unique(np.array(taken, dtype=np.int32)))
    return rows


def by_scikit_learn(
    rows: list[np.ndarray], most: int
) -> tuple[csr_matrix, dict[tuple[int, ...], tuple[float, float]]]:
    """The rows, and the groups by their members: how far apart, and how far the next one is."""
    words = {n: [f"w{number:03}" for number in row] for n, row in enumerate(rows)}
    vectors = TfidfVectorizer(analyzer=words.__getitem__).fit_transform(range(len(rows)))
    tree = AgglomerativeClustering(
        n_clusters=None, distance_threshold=0.0, metric="precomputed", linkage="single"
    ).fit(np.clip(cosine_distances(vectors), 0, 1))
    members: dict[int, list[int]] = {n: [n] for n in range(len(rows))}
    joined = {int(child): n for n, pair in enumerate(tree.children_) for child in pair}
    found = {}
    for n, (a, b) in enumerate(tree.children_):
        members[len(rows) + n] = members.pop(a) + members.pop(b)
        who = tuple(sorted(members[len(rows) + n]))
        if len(who) <= most and len(rows) + n in joined:
            after = float(tree.distances_[joined[len(rows) + n]])
            found[who] = (float(tree.distances_[n]), after)
    return vectors, found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("most", "block", "frequent"), [(4, 256, 0.02), (60, 7, 0.2), (9, 16, 2)])
def test_the_groups_are_those_of_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, seed: int, most: int, block: int, frequent: float
) -> None:
    monkeypatch.setattr(nearest, "BLOCK", block)
    monkeypatch.setattr(nearest, "FREQUENT", frequent)
    monkeypatch.setattr(nearest, "MOST_DENSE", 5 * 60 if seed % 2 else nearest.MOST_DENSE)
    numbers = made(seed)
    vectors, known = by_scikit_learn(numbers, most)
    rows, held = weighted(numbers, 80)
    assert held.tolist() == np.bincount(np.concatenate(numbers), minlength=80).tolist()
    assert (rows @ rows.T).toarray() == pytest.approx((vectors @ vectors.T).toarray())
    got = {}
    cosines = Cosines(rows)
    for group in join_nearest(cosines, most, REACH):
        after = farthest_next(cosines, group.members) if group.next_apart is None else None
        got[tuple(sorted(group.members))] = (group.apart, after or group.next_apart)
    # which of equal ones is joined first is nobody's concern
    strict = {
        who: pair for who, pair in known.items() if pair[0] <= REACH and pair[1] - pair[0] > 1e-9
    }
    assert len(strict) > 5
    assert {who: pair for who, pair in got.items() if pair[1] - pair[0] > 1e-9} == {
        who: pytest.approx(pair) for who, pair in strict.items()
    }


def test_runs_come_back_as_they_were_kept() -> None:
    vocabulary = Vocabulary()
    first = [Run("a b", 1, 2), Run("c d", 2, 2), Run("a b", 3, 70_000)]
    kept, other = store(first, vocabulary), store([Run("c d", 4, 5)], vocabulary)
    none = store([], vocabulary)
    assert list(kept) == [*first[:2], Run("a b", 3, LAST_LINE)]
    assert (len(kept), len(none), list(none)) == (3, 0, [])
    assert kept[1] == first[1]
    assert list(kept[1:2]) == [first[1]]
    texts = [f"{part}: {text}" for part in ("p", "q") for text in vocabulary.texts]
    both = join(texts, [(kept, 0, 0), (other, 2, 10)])
    assert list(both) == [
        Run("p: a b", 1, 2), Run("p: c d", 2, 2), Run("p: a b", 3, LAST_LINE), Run("q: c d", 14, 15)
    ]  # fmt: skip


def test_steps_of_several_cells_are_kept_as_their_runs_are() -> None:
    """No run goes from one cell into the next, and a cell may be too short for one."""
    cells = ["def f(x):\n    return x + 1\n", "y = 1", "for i in range(3):\n    print(i * i)\n"]
    first = cells[0].count("\n") + 2
    starts = [0, first, first + 2]
    vocabulary, other = Vocabulary(), Vocabulary()
    for order in (cells, cells[::-1], cells):  # the second time all runs are known
        parts = [(labels, np.array(lines) + start) for start, (labels, lines) in
                 zip(starts, (read(cell, frozenset()) for cell in order), strict=True)]  # fmt: skip
        kept = store_steps(parts, vocabulary)
        known = store(
            [Run(run.text, run.first + start, run.last + start)
             for start, cell in zip(starts, order, strict=True) for run in runs(cell, frozenset())],
            other,
        )  # fmt: skip
        assert list(kept) == list(known)
        assert kept.numbers.tolist() == known.numbers.tolist()
        assert len(kept) > 4
    assert len(read("y = 1", frozenset())[0]) < RUN
    assert list(store_steps([], vocabulary)) == []
