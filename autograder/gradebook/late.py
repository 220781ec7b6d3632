"""What being late costs, by the class's own nbgrader plugin: the same for what is recorded and for what is only shown."""

from __future__ import annotations

import math
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from ..core.errors import UserError
from ..core.times import zone_named


class LatePenalty:
    """The plugin that nbgrader_config.py names, loaded once for a class."""

    def __init__(self, config: Config) -> None:
        self._assigner = AssignLatePenalties(config=config)
        self._assigner.init_plugin()

    def of(self, student: str, score: float, seconds: float) -> float | None:
        """Return the points to take off, from 0 to the score; None where the plugin takes nothing.

        Args:
            student: the student's id.
            score: all points of the submission, those given by hand included.
            seconds: how late it is, in s.

        Raises:
            UserError: the plugin fails, or gives what is no number.
        """
        if seconds <= 0:
            return None
        plugin = type(self._assigner.plugin_inst).__name__
        try:
            penalty = self._assigner.plugin_inst.late_submission_penalty(student, score, seconds)
            points = None if penalty is None else float(penalty)
        except Exception as error:  # whatever it is, it is the class's own code
            raise UserError(f"{plugin}.late_submission_penalty failed for {student}: {type(error).__name__}: {error}") from error
        if points is None:
            return None
        if math.isnan(points):
            raise UserError(f"{plugin}.late_submission_penalty gave nan for {student}, where points were expected")
        return float(self._assigner._check_late_penalty(SimpleNamespace(score=score), points))


def class_zone(config: Config) -> ZoneInfo | None:
    """Return the class's time zone, nbgrader's own option `c.Exchange.timezone`; None where it is not set.

    Raises:
        UserError: there is no zone of that name.
    """
    name = config.Exchange.get("timezone") if "Exchange" in config else None
    if not name:
        return None
    zone = zone_named(str(name))
    if zone is None:
        raise UserError(f"expected the name of a time zone such as Europe/Berlin, got {name!r} (c.Exchange.timezone in nbgrader_config.py)")
    return zone
