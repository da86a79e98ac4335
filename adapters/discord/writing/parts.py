"""Lists and links while they are written."""

from dataclasses import dataclass
from urllib.parse import quote

from adapters.discord.writing import signs

DEEPEST = 5  # levels of lists that are set in
WEB = ("http://", "https://")

_SAFE = "!#$%&'*+,/:;=?@[]~_-."


@dataclass(slots=True)
class Items:
    """A list that is being written."""

    number: int | None  # of its next item
    indent: str = ""  # of what its item holds
    inside: bool = False  # an item is open

    def open(self, depth: int) -> str:
        """The mark of the next item."""
        self.inside = True
        mark = "- "
        if self.number is not None:
            mark = f"{self.number}. "
            self.number += 1
        self.indent = " " * len(mark) if depth <= DEEPEST else ""
        return mark


@dataclass(slots=True)
class Link:
    """A link that is being written."""

    address: str
    title: str
    kind: str
    start: int  # of its label

    def written(self, label: str, *, inside: bool = False) -> str:
        address = self.address
        bare = label.replace("\\", "")
        title = " ".join(self.title.replace('"', "'").split())
        if not label:
            return " ".join(filter(None, (address, signs.plain(title))))
        if self.kind == "Email" or bare in (address, address.removeprefix("mailto:")):
            return label
        if inside:
            return label
        if not address.startswith(WEB) or "://" in label:
            beside = " ".join(filter(None, (address, title)))
            return f"{label} ({signs.plain(beside)})" if beside else label
        label = label.replace("[", "\\[").replace("]", "\\]")
        target = quote(address, safe=_SAFE) + (f' "{title}"' if title else "")
        return f"[{label}]({target})"
