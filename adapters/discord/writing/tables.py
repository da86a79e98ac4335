"""Tables as lines of letters of one width."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

WIDEST = 32  # cells; what is longer than that does not widen its whole column


@dataclass(slots=True)
class Grid:
    """A table that is being read."""

    alignments: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)

    def row(self) -> None:
        self.rows.append([])

    def cell(self) -> None:
        self.rows[-1].append("")

    @property
    def last(self) -> str:
        """What is in the cell that is being read."""
        return self.rows[-1][-1]

    def add(self, text: str) -> None:
        self.rows[-1][-1] += text

    def lines(self) -> str:
        cells = [[" ".join(cell.split()) for cell in row] for row in self.rows]
        return lines(cells or [[""]], [each.casefold() for each in self.alignments])


def lines(rows: Sequence[Sequence[str]], alignments: Sequence[str]) -> str:
    """A table with its first row as the head. ``alignments``: right, center or anything, by column."""
    columns = max(map(len, rows))
    full = [[*row, *[""] * (columns - len(row))] for row in rows]
    aligned = [*alignments, *[""] * (columns - len(alignments))]
    widths = [min(WIDEST, max(1, *map(cell_len, column))) for column in zip(*full, strict=True)]
    head, *body = (" │ ".join(map(_padded, row, widths, aligned)).rstrip() for row in full)
    return "\n".join([head, "─┼─".join("─" * width for width in widths), *body])


def _padded(cell: str, width: int, alignment: str) -> str:
    room = max(0, width - cell_len(cell))
    match alignment:
        case "right":
            return " " * room + cell
        case "center":
            return " " * (room // 2) + cell + " " * (room - room // 2)
    return cell + " " * room
