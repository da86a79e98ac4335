"""What a message of ours is called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """Its id; with the channel it went to where that is another, and the messages that stand above it.

    As text ``id``, ``id@channel``, ``id+id,id`` or all of these.
    """

    id: str
    elsewhere: str = ""
    above: tuple[str, ...] = ()

    def __str__(self) -> str:
        at = f"@{self.elsewhere}" if self.elsewhere else ""
        return f"{self.id}{at}" + (f"+{','.join(self.above)}" if self.above else "")

    @classmethod
    def read(cls, text: str) -> "Name":
        main, _, above = text.partition("+")
        id_, _, elsewhere = main.partition("@")
        return cls(id_, elsewhere, tuple(each for each in above.split(",") if each))
