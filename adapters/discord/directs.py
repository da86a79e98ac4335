"""Direct chats with people, for what cannot be said where they are."""

from enum import StrEnum

import structlog

from adapters.discord.layout import Part
from adapters.discord.line import PLATFORM, Line
from adapters.discord.places import Places
from adapters.discord.sends import Sends
from adapters.discord.text import compose
from adapters.discord.troubles import Trouble
from bot.errors import Kind, Lacking, Refused, ServiceError
from bot.messages import Content
from bot.ports import Options
from bot.texts import N_, _

log = structlog.get_logger()

TOLD = "discord.told"  # place of options: what people were told that we lack
KEPT = 1000  # of it


class Lack(StrEnum):
    """What we cannot do somewhere."""

    ANSWER = "answer"
    THREADS = "threads"
    QUOTE = "quote"


_SENTENCES = {
    Lack.ANSWER: N_("I cannot answer in <#{channel}>: I lack the permission “{permission}” there."),
    Lack.THREADS: N_("I cannot open threads in <#{channel}>: I lack the permission “{permission}”."),
    Lack.QUOTE: N_(
        "In <#{channel}> my answers cannot show what they reply to: I lack the permission “{permission}”."
    ),
}
_LIKELY = {
    Lack.ANSWER: "Send Messages",
    Lack.THREADS: "Create Public Threads",
    Lack.QUOTE: "Read Message History",
}


class Directs:
    """Opens them, and tells there, once for each place, which permission we lack."""

    def __init__(self, line: Line, sends: Sends, options: Options, places: Places) -> None:
        self._line = line
        self._sends = sends
        self._options = options
        self._places = places
        self._open: dict[str, str] = {}  # person → channel
        self._askers: dict[str, str] = {}  # channel → who asked us something there last

    async def channel(self, person: str) -> str:
        """The direct chat with somebody. Refused where they take no messages from us."""
        number = person.removeprefix(f"{PLATFORM}:")
        if number not in self._open:
            body = {"recipient_id": number}
            self._open[number] = str(
                (await self._line.surely("POST", "/users/@me/channels", body=body))["id"]
            )
        return self._open[number]

    def asked(self, channel: str, person: str) -> None:
        """Somebody waits for an answer there."""
        self._askers[channel] = person
        if len(self._askers) > 1000:
            del self._askers[next(iter(self._askers))]

    async def explain(
        self, channel: str, error: Refused, lack: Lack = Lack.ANSWER, *, files: bool = False
    ) -> Refused:
        """The same with the name of what is missing, which whoever asked is told, too."""
        missing = (
            []
            if lack is Lack.QUOTE
            else self._places.missing(channel, files=files, threads=lack is Lack.THREADS)
        )
        if not missing and error.code not in (Trouble.PERMISSION, Trouble.HISTORY):
            return error
        names = ", ".join(missing) or _LIKELY[lack]
        await self._tell(channel, lack, names)
        return Lacking(
            _("I lack the permission “{permission}”").format(permission=names),
            kind=Kind.FORBIDDEN,
            status=error.status,
            code=error.code,
        )

    async def _tell(self, channel: str, lack: Lack, names: str) -> None:
        """Tell whoever asked there last, once for good."""
        known, key = await self._options.get(TOLD), f"{channel}:{lack}"
        if key in known:
            return
        log.warning("a permission is missing", channel=channel, permission=names)
        person = self._askers.get(channel, "")
        if not person:
            return
        for old in list(known)[: max(0, len(known) - KEPT)]:
            await self._options.set(TOLD, old, None)
        await self._options.set(TOLD, key, names)
        said = _(_SENTENCES[lack]).format(channel=channel, permission=names)
        try:
            await self._sends.post(await self.channel(person), Part(compose(Content(said))))
        except ServiceError as silence:
            log.info("nobody can be told", channel=channel, error=str(silence))
