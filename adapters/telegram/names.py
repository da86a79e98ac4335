"""What the core calls a message of ours."""

import re
from dataclasses import dataclass

_NAME = re.compile(r"(\d+)(?:@(-\d+))?(?:\+(\d+(?:,\d+)*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """``id``, with ``@chat`` in a chat that has moved, since ids begin anew there; with ``+id,id`` beside it.

    ``main`` carries the buttons; it is 0 for what is no message here.
    """

    main: int
    beside: tuple[int, ...] = ()
    chat: int = 0

    def __str__(self) -> str:
        where = f"@{self.chat}" if self.chat else ""
        others = "+" + ",".join(map(str, self.beside)) if self.beside else ""
        return f"{self.main}{where}{others}"

    @classmethod
    def parse(cls, text: str) -> "Name":
        match = _NAME.fullmatch(text)
        if match is None:
            return cls(0)
        beside = tuple(int(each) for each in match[3].split(",")) if match[3] else ()
        return cls(int(match[1]), beside, int(match[2] or 0))
