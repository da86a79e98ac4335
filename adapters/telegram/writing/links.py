"""Links: which of them the server accepts, and what is said where it does not."""

import re
from dataclasses import dataclass
from typing import Self

# An address that the server does not know as one makes it refuse the whole message: no host without a dot,
# no name and password, and no other scheme. What asks for a person it has not met is refused as well.
_WEB = re.compile(r"https?://(?:[\w-]+\.)+[\w-]+\.?(?P<port>:\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_APP = re.compile(r"tg://(?!user\b)[a-z\d_-]+/?(?:\?\S*)?", re.IGNORECASE | re.ASCII)
_SAID = re.compile(r"(?:mailto:|tel:)(?P<who>[^?\s]+)|https?://\S+", re.IGNORECASE)
_NUMBER = re.compile(r"\^?\d+")
_LONGEST = 2_000  # characters of an address


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is being written."""

    address: str
    linked: bool  # words lead to it
    given: bool  # the address itself is what is shown
    numbered: bool  # it refers to a source, and keeps its brackets
    start: int  # where it begins

    @classmethod
    def read(cls, found: dict[str, str], *, start: int, free: bool) -> Self:
        """As the parser found it; ``free`` when it is in no other link."""
        address, kind = found["dest_url"], found["link_type"]
        given = kind in ("Autolink", "Email")  # the server finds these by itself
        numbered = kind.startswith("Shortcut") and _NUMBER.fullmatch(found["id"]) is not None
        return cls(address, free and not given and is_known(address), given, numbered, start)

    def beside(self, shown: str) -> str:
        """What to write after the words where they cannot lead to it."""
        said = None if self.given else _SAID.fullmatch(self.address)
        if said is None:
            return ""
        who = said["who"] or self.address
        return "" if who in shown else f" ({who})"


def is_known(address: str) -> bool:
    """Whether the server takes it for an address."""
    if len(address) > _LONGEST:
        return False
    web = _WEB.fullmatch(address)
    if web:
        return not web["port"] or 0 < int(web["port"][1:]) < 65_536
    return _APP.fullmatch(address) is not None
