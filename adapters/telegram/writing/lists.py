"""Lists: what stands before their items, and how far they are set in."""

from dataclasses import dataclass

BULLETS = "•◦▪"
BOXES = ("☐ ", "☑ ")
DEEPEST = 6  # levels that are set in


@dataclass(slots=True)
class List:
    """A list that is being written."""

    number: int | None  # of its next item
    depth: int  # lists around it
    bullets: int  # those among them without numbers
    indent: str = ""  # around it
    loose: bool = False  # with space between its items
    direct: bool = True  # what comes next belongs to its item, and not to a block inside that

    @property
    def inset(self) -> str:
        """How much further in its items stand."""
        return "    " if self.depth < DEEPEST else ""

    def next_mark(self) -> str:
        if self.number is None:
            return BULLETS[self.bullets % len(BULLETS)] + " "
        self.number += 1
        return f"{self.number - 1}. "

    def task_mark(self, mark: str, done: bool) -> str:
        """A box, beside the number or instead of the bullet."""
        return (mark if self.number is not None else "") + BOXES[done]
