"""People's own earlier pictures: what they got alone with us, to be found again by its words."""

import json
import time
from dataclasses import dataclass

from bot.ports import Options

KEPT = 100  # pictures of one person
CAPTION = 300  # characters


@dataclass(frozen=True, slots=True)
class Earlier:
    digest: str
    file_id: str
    caption: str


class Pictures:
    """Remembered as the platform's ids and the words under them."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def add(self, person: int, picture: Earlier) -> None:
        """Remember one; the oldest is forgotten for it."""
        known = await self._options.get(_place(person))
        if picture.digest not in known and len(known) >= KEPT:
            oldest = min(known, key=lambda digest: float(json.loads(known[digest])["at"]))
            await self._options.set(_place(person), oldest, None)
        kept = {"file": picture.file_id, "caption": picture.caption[:CAPTION], "at": time.time()}
        await self._options.set(_place(person), picture.digest, json.dumps(kept))

    async def find(self, person: int, words: str, limit: int) -> list[Earlier]:
        """The newest whose captions have all these words in them."""
        kept = {each: json.loads(value) for each, value in (await self._options.get(_place(person))).items()}
        wanted = words.casefold().split()
        found = [
            (each["at"], Earlier(digest, each["file"], each["caption"]))
            for digest, each in kept.items()
            if all(word in each["caption"].casefold() for word in wanted)
        ]
        return [picture for _at, picture in sorted(found, key=lambda pair: -pair[0])[:limit]]


def _place(person: int) -> str:
    return f"telegram.pictures.{person}"
