"""What the scripted gateway is asked to do, carried in the words of the question itself.

A question such as ``Please answer: chunks=200 every=0.03`` reaches the gateway whatever stands in
between, so the bot and the floor are given the same work by the same words.
"""

import re
import time
from dataclasses import dataclass

FIRST = re.compile(r"T0x(\d+)x")  # the answer's first word: when it was sent, monotonic nanoseconds
LAST = "theveryend"  # the answer's last word

PROSE = """
Bread rises because yeast turns sugar into gas, and the gas is held by a net of gluten. A warm kitchen makes
it quick; a cold one makes it slow, and the slow loaf tastes of more.

## What to do

1. Mix **flour**, water, salt and a little yeast until no dry flour is left.
2. Wait for an hour, then fold the dough over itself *four times*.
3. Leave it in the fridge overnight, in a covered bowl.

- A wet dough gives large holes.
- A stiff dough gives an even crumb.

```python
def hydration(water: float, flour: float) -> float:
    return 100 * water / flour
```

Bake it hot, with steam at first, until the crust is the brown of a chestnut. Then comes the hardest part,
which is to leave it alone until it is cool.

"""


@dataclass(frozen=True, slots=True)
class Script:
    """``chunks`` pieces of text, ``every`` seconds apart (0: at once, in one write)."""

    chunks: int = 5
    every: float = 0.0

    def __str__(self) -> str:
        return f"Please answer: chunks={self.chunks} every={self.every:g}"

    @classmethod
    def read(cls, question: str) -> "Script":
        """The script in a question; the usual one when there is none."""
        found = dict(re.findall(r"(chunks|every)=([\d.]+)", question))
        return cls(int(found.get("chunks", 5)), float(found.get("every", 0)))

    def pieces(self) -> list[str]:
        """The answer's text after its first word, some five characters apiece, as models send it."""
        words = re.findall(r"\s*\S{1,6}", PROSE)
        return [words[at % len(words)] for at in range(self.chunks - 2)] + [f" {LAST}"]


def first_word() -> str:
    """Says when it was made, so that whoever sees it knows how long it took."""
    return f"T0x{time.monotonic_ns()}x "
