"""All attacks on the grader, in one list."""

from __future__ import annotations

from .attacks.exhaust import EXHAUST
from .attacks.forge import FORGE
from .attacks.linger import LINGER
from .attacks.people import PEOPLE
from .attacks.pictures import PICTURES
from .attacks.pose import POSE
from .attacks.protocol import MESSAGES
from .attacks.reach_out import REACH_OUT
from .attacks.read import READ
from .sample import Sample

HOSTILE: list[Sample] = [
    *EXHAUST,
    *REACH_OUT,
    *READ,
    *FORGE,
    *MESSAGES,
    *POSE,
    *LINGER,
    *PEOPLE,
    *PICTURES,
]
