"""Tables as lines of letters of one width."""

from collections.abc import Sequence

from rich.cells import cell_len

WIDEST = 32  # cells; what is longer than that does not widen its whole column


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
