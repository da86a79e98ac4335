"""Lines on their way: what each begins with, and the space between blocks."""

from adapters.discord.writing.parts import Items


class Page:
    """Space before a block is written once the block has words to show."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.mark = ""  # of the list item that begins
        self.lists: list[Items] = []
        self._fresh = True  # nothing stands on the line yet
        self._gap = 0  # ends of line to write before anything else
        self._quotes = 0
        self._quoted = 0  # how many of them were open when the last block ended

    @property
    def at_start(self) -> bool:
        """What is written next begins a line."""
        return self._fresh or bool(self._gap)

    def begin(self) -> None:
        """Before something that may stand on the line."""
        if self._gap and self.done:
            blank = "> " if min(self._quotes, self._quoted) else ""
            self.done.append(f"\n{blank}" * (self._gap - 1) + "\n")
            self._fresh = True
        self._gap, self._quoted = 0, self._quotes
        if self._fresh:
            lead = "> " if self._quotes else ""
            indents = [each.indent for each in self.lists if each.inside]
            if self.mark:
                indents[-1], self.mark = self.mark, ""
            self.done.append(lead + "".join(indents))
            self._fresh = False

    def put(self, written: str) -> None:
        self.begin()
        self.done.append(written)

    def line(self, written: str) -> None:
        """On a line of its own."""
        self.apart(1)
        self.put(written)

    def lines(self, written: str) -> None:
        """Lines that begin at the very beginning, whatever list they are in."""
        if self.mark:
            self.begin()
        self.apart(1)
        self._gap = min(self._gap, 1)
        lists, self.lists = self.lists, []
        for number, line in enumerate(written.split("\n")):
            if number:
                self.end_line()
            self.put(line)
        self.lists = lists
        self._gap = 1

    def end_line(self) -> None:
        if not self.at_start:
            self.done.append("\n")
            self._fresh = True

    def apart(self, gap: int) -> None:
        """At least so many ends of line come before what is next."""
        if not self._fresh:
            self._gap = max(self._gap, gap)

    def close(self, gap: int) -> None:
        """A block has ended."""
        self._gap = gap

    def take_away(self, start: int) -> str:
        """What was written since, which is to be written otherwise."""
        written = "".join(self.done[start:])
        del self.done[start:]
        self._fresh = False
        return written

    # --- what stands around ------------------------------------------------------------------

    def open_quote(self) -> None:
        if not self._quotes:
            self.apart(1)
        self._quotes += 1

    def close_quote(self) -> None:
        self._quotes -= 1
        self._quoted = min(self._quoted, self._quotes)
        self.close(2)

    def open_list(self, first: int | None) -> None:
        self._gap = min(self._gap, 1)
        self.lists.append(Items(first))

    def close_list(self) -> None:
        self.lists.pop()
        self.close(1 if self.lists else 2)

    def open_item(self) -> None:
        if self.mark:
            self.begin()
        self.apart(1)
        self.mark = self.lists[-1].open(len(self.lists))

    def close_item(self) -> None:
        if self.mark:
            self.begin()
        self.lists[-1].inside = False
        self.close(1)
