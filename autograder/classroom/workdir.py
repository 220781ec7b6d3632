"""What a class keeps in its work folder besides its marks: a lock against a second run, and the
seed of each assignment.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import locked, plain_disk_errors, write_whole

SEEDS = 2**32


@contextmanager
def class_lock(course: Course) -> Iterator[None]:
    """Keep other commands that write to this class out; the kernel lets go of it when this process
    ends, however it ends.

    Raises:
        UserError: another command is at work there; the message says which process.
    """
    refusal = f"{course.work} is in use by {{holder}}; wait until it is done, or end it"
    with plain_disk_errors(course):
        course.lock.parent.mkdir(mode=0o700, exist_ok=True)
        with locked(course.lock, refusal):
            yield


def class_seed(course: Course, name: str, given: int | None, *, fresh: bool, keep: bool) -> int:
    """Return the seed that a class's hidden inputs follow from: the same for all, and the same
    again, unless another is asked for.

    Args:
        course: whose work folder holds it, beside the gradebook.
        name: the assignment.
        given: the seed to take, if one was given.
        fresh: whether to draw another one.
        keep: whether what was given or drawn is the class's from now on; the first one always is.

    Raises:
        UserError: the file of seeds cannot be read.
    """
    seeds = _seeds(course.seeds)
    if given is None and not fresh and name in seeds:
        return seeds[name]
    seed = secrets.randbelow(SEEDS) if given is None else given
    if keep or (given is None and name not in seeds):
        write_whole(course.seeds, json.dumps(seeds | {name: seed}, indent=1) + "\n", 0o600)
    return seed


def _seeds(path: Path) -> dict[str, int]:
    try:
        seeds = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        seeds = None
    if not isinstance(seeds, dict) or not all(
        type(seed) is int and 0 <= seed < SEEDS for seed in seeds.values()
    ):
        raise UserError(
            f"{path} holds no seeds by assignment; without it new ones are drawn, and "
            "everybody is graded with other inputs"
        )
    return seeds
