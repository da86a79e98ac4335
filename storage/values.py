"""Values of ours as JSON and back. What JSON lacks gets its default, what it has too much is left out."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from bot.jobs import Action, Order, Progress
from bot.messages import Attachment, Person
from bot.ports import Files

T = TypeVar("T")


class Json(Generic[T]):
    """How values of one type are stored in a JSON column."""

    def __init__(self, kind: type[T], *, passing: Collection[str] = ()) -> None:
        self._adapter = TypeAdapter(kind)
        self._passing = set(passing)  # fields that hold for the moment only

    def dump(self, value: T) -> Any:
        return self._adapter.dump_python(value, mode="json", exclude=self._passing)

    def load(self, stored: Any) -> T:
        return self._adapter.validate_python(stored)

    def dump_maybe(self, value: T | None) -> Any:
        return None if value is None else self.dump(value)

    def load_maybe(self, stored: Any) -> T | None:
        return None if stored is None else self.load(stored)


person = Json(Person, passing=["groups"])
order = Json(Order)
action = Json(Action)
progress = Json(Progress)


class Pictures:
    """Attachments as references to files that we keep."""

    def __init__(self, attachment: Callable[..., Attachment]) -> None:
        self._attachment = attachment

    @classmethod
    def of(cls, files: Files) -> "Pictures":
        return cls(files.attachment)

    def dump(self, images: Sequence[Attachment]) -> list[dict[str, Any]]:
        """ValueError for one without a digest: its bytes must be kept before it is spoken of."""
        for image in images:
            if not image.digest:
                raise ValueError(f"not kept in files: {image.name!r}")
        return [
            {"digest": each.digest, "type": each.media_type, "name": each.name, "alt": each.alt}
            for each in images
        ]

    def load(self, stored: Sequence[dict[str, Any]]) -> tuple[Attachment, ...]:
        return tuple(
            self._attachment(each["digest"], each["name"], each["type"], alt=each["alt"]) for each in stored
        )
