"""What being late costs: the same for what is recorded and for what is only shown.

The policy in `class.toml` counts where there is one, else the class's own nbgrader plugin.
"""

from __future__ import annotations

import math
from datetime import timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from ..class_file.model import ClassFile
from ..core.errors import UserError
from ..core.times import zone_named


class LatePenalty:
    """The policy of class.toml, or the plugin that nbgrader_config.py names, loaded once for a
    class.
    """

    def __init__(self, config: Config, settings: ClassFile | None = None) -> None:
        self._policy = settings.late if settings is not None else None
        self._assigner = AssignLatePenalties(config=config)
        self._assigner.init_plugin()

    def of(
        self, student: str, score: float, seconds: float, most: float = 0.0, spent: int = 0
    ) -> float | None:
        """Return the points to take off, from 0 to the score; None where nothing is taken.

        Args:
            student: the student's id.
            score: all points of the submission, those given by hand included.
            seconds: how late it is, in s.
            most: the most points of the assignment.
            spent: free late days that earlier assignments have used up.

        Raises:
            UserError: the plugin fails, or gives what is no number.
        """
        if seconds <= 0:
            return None
        if self._policy is not None:
            return self._policy.penalty(timedelta(seconds=seconds), score, most, spent) or None
        plugin = type(self._assigner.plugin_inst).__name__
        try:
            penalty = self._assigner.plugin_inst.late_submission_penalty(student, score, seconds)
            points = None if penalty is None else float(penalty)
        except Exception as error:  # whatever it is, it is the class's own code
            raise UserError(
                f"{plugin}.late_submission_penalty failed for {student}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if points is None:
            return None
        if math.isnan(points):
            raise UserError(
                f"{plugin}.late_submission_penalty gave nan for {student}, where points "
                "were expected"
            )
        return float(self._assigner._check_late_penalty(SimpleNamespace(score=score), points))


def class_zone(config: Config, settings: ClassFile | None = None) -> ZoneInfo | None:
    """Return the class's time zone: that of class.toml, else nbgrader's own option
    `c.Exchange.timezone`, else None.

    Raises:
        UserError: there is no zone of that name.
    """
    if settings is not None and settings.zone is not None:
        return settings.zone
    name = _configured_zone(config)
    if not name:
        return None
    zone = zone_named(str(name))
    if zone is None:
        raise UserError(
            f"expected the name of a time zone such as Europe/Berlin, got {name!r} "
            "(c.Exchange.timezone in nbgrader_config.py)"
        )
    return zone


def overruled(config: Config, settings: ClassFile | None) -> list[str]:
    """Return a sentence for each setting of nbgrader_config.py that class.toml overrules."""
    if settings is None:
        return []
    found, zone = list[str](), _configured_zone(config)
    if settings.zone is not None and zone and str(zone) != settings.zone.key:
        found.append(
            f"class.toml sets the time zone {settings.zone.key}; {zone} in "
            "nbgrader_config.py does not count"
        )
    if settings.late is not None and any(
        name in config for name in ("LateSubmissionPlugin", "AssignLatePenalties")
    ):
        found.append(
            "class.toml sets what being late costs; the LateSubmissionPlugin of "
            "nbgrader_config.py does not count"
        )
    return found


def _configured_zone(config: Config) -> object:
    return config.Exchange.get("timezone") if "Exchange" in config else None
