"""Faults that a test queues for requests to come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


class WrongFault(Exception):
    """A fault that is not well described."""


@dataclass(slots=True)
class Fault:
    """What happens to the next ``times`` requests of a path, after ``skip`` of them went well.

    ``path`` is a shell pattern such as ``/mj/submit/*``. ``delay`` is in the world's seconds. ``drop`` closes
    the connection: ``before`` anything is done, or ``after`` it was accepted. ``status`` and ``body`` replace
    the answer; with ``after``, that of a request that was carried out. ``trick`` is one of the prompt's
    tricks, or for chats one of the message's ways.
    """

    path: str = "*"
    method: str = "*"
    times: int = 1
    skip: int = 0
    delay: float = 0.0
    drop: str = ""
    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False
    trick: str = ""

    def __post_init__(self) -> None:
        if self.drop not in ("", "before", "after"):
            raise WrongFault("drop is before or after")
        if self.times < 1 or self.skip < 0 or self.delay < 0:
            raise WrongFault("times, skip and delay count upwards")


class Faults:
    """The queue of them; the first one that fits a request is used up by it."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, described: Mapping[str, Any]) -> None:
        try:
            self._queue.append(Fault(**described))
        except TypeError as error:
            raise WrongFault(str(error)) from error

    def clear(self) -> None:
        self._queue.clear()

    def left(self) -> int:
        return sum(fault.times for fault in self._queue)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request."""
        for fault in self._queue:
            if fault.method in ("*", method) and fnmatchcase(path, fault.path):
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                if not fault.times:
                    self._queue.remove(fault)
                return fault
        return None
