"""What one gateway has turned out to be, learned from its answers and kept while we run."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Learned:
    """Dialects are not configured: the first answer of each sort teaches us, and later ones correct it."""

    missing: set[str] = field(default_factory=set)  # endpoints that are not routed, such as "task/list"
    refused: set[str] = field(default_factory=set)  # kinds of buttons it will not press
    remix: bool = False  # variations and the like open a form first
