"""Tables as lines of letters of one width."""

from collections.abc import Sequence

from rich.cells import cell_len

WIDEST = 32  # letters; what is longer than that does not widen its whole column


class Table:
    """A table that is being written. The first row is its head."""

    def __init__(self, alignments: Sequence[str]) -> None:
        self.links: list[tuple[str, str]] = []  # words and addresses: there are no links inside
        self._alignments = alignments  # by column: Left, Center, Right or None
        self._rows: list[list[str]] = [[]]

    def row(self) -> None:
        if self._rows[-1]:
            self._rows.append([])

    def cell(self) -> None:
        self._rows[-1].append("")

    @property
    def text(self) -> str:
        """Of the cell that is being written."""
        return self._rows[-1][-1]

    def add(self, text: str) -> None:
        self._rows[-1][-1] += text

    def lines(self) -> str:
        columns = max(map(len, self._rows))
        rows = [[" ".join(cell.split()) for cell in row] + [""] * (columns - len(row)) for row in self._rows]
        aligned = [*self._alignments, *["None"] * (columns - len(self._alignments))]
        widths = [min(WIDEST, max(map(cell_len, column))) for column in zip(*rows, strict=True)]
        head, *body = (" │ ".join(map(_padded, row, widths, aligned)).rstrip() for row in rows)
        return "\n".join([head, "─┼─".join("─" * width for width in widths), *body])


def _padded(cell: str, width: int, alignment: str) -> str:
    room = max(0, width - cell_len(cell))
    match alignment:
        case "Right":
            return " " * room + cell
        case "Center":
            return " " * (room // 2) + cell + " " * (room - room // 2)
    return cell + " " * room
