"""What one gateway has turned out to be, learned from its answers and kept while we run."""

from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()


@dataclass(slots=True)
class Learned:
    """Dialects are not configured: the first answer of each sort teaches us, and later ones correct it."""

    missing: set[str] = field(default_factory=set)  # endpoints that are not routed, such as "task/list"
    refused: set[str] = field(default_factory=set)  # kinds of buttons it will not press
    remix: bool = False  # variations and the like open a form first

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
