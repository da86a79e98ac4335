"""What one gateway has turned out to be, learned from its answers and kept while we run."""

import json
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

BELIEVED = 24 * 3600.0  # seconds


@dataclass(slots=True)
class Learned:
    """Dialects are not configured: the first answer of each sort teaches us, and later ones correct it."""

    missing: set[str] = field(default_factory=set)  # endpoints that are not routed, such as "task/list"
    refused: set[str] = field(default_factory=set)  # kinds of buttons it will not press
    remix: bool = False  # variations and the like open a form first
    since: float = 0.0  # when the oldest of what was recalled was learned, Unix seconds

    def dump(self, root: str, now: float) -> str:
        """For ``load``, at the service with this address; "" when there is nothing to know."""
        if not (self.missing or self.refused):
            return ""
        self.since = self.since or now
        found = {"missing": sorted(self.missing), "refused": sorted(self.refused)}
        return json.dumps({"root": root, "since": self.since, **found})

    def load(self, text: str, root: str, now: float) -> None:
        """Services change: after a while everything is tried again."""
        found = json.loads(text)
        if found["root"] == root and 0 <= now - found["since"] < BELIEVED:
            self.since = found["since"]
            self.missing |= set(found["missing"])
            self.refused |= set(found["refused"])

    def lacks(self, path: str) -> None:
        """There is no such endpoint."""
        if path not in self.missing:
            log.info("midjourney: not offered here", call=path)
            self.missing.add(path)

    def refuses(self, kind: str) -> None:
        """Buttons of that kind are not pressed."""
        if kind not in self.refused:
            log.info("midjourney: buttons that are not pressed here", kind=kind)
            self.refused.add(kind)
