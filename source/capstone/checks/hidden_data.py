"""Question `result` is tested on originals that no answer has seen: in the sandbox, scikit-learn's file has others in their place."""

import gzip
from importlib.resources import files
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from utils.pictures import digit_parts


def file_overrides():
    x, y = load_digits(return_X_y=True)
    train, test = digit_parts(len(x))
    rows = np.column_stack([x, y]).astype(int)
    for label in range(10):  # of the same class, so that nothing else about the file changes
        hidden, known = test[y[test] == label], train[y[train] == label]
        rows[hidden] = rows[np.resize(known, len(hidden))]
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist()) + "\n"
    return {
        Path(str(files("sklearn.datasets.data") / "digits.csv.gz")): gzip.compress(
            text.encode(), mtime=0
        )
    }
