"""Direct chats with people, for what cannot be said where they are."""

import structlog

from adapters.discord.gateway import Places
from adapters.discord.layout import Part
from adapters.discord.line import PLATFORM, Line
from adapters.discord.sends import Sends
from adapters.discord.text import compose
from adapters.discord.troubles import Trouble
from bot.errors import Kind, Lacking, Refused, ServiceError
from bot.messages import Content
from bot.texts import _

log = structlog.get_logger()


class Directs:
    """Opens them, and tells there, once for each place, which permission we lack."""

    def __init__(self, line: Line, sends: Sends, places: Places) -> None:
        self._line = line
        self._sends = sends
        self._places = places
        self._open: dict[str, str] = {}  # person → channel
        self._askers: dict[str, str] = {}  # channel → who asked us something there last
        self._told: set[tuple[str, bool]] = set()  # channels, and whether it was about their threads

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
        self, channel: str, error: Refused, *, files: bool = False, threads: bool = False
    ) -> Refused:
        """The same with the name of what is missing, which whoever asked is told, too."""
        missing = self._places.missing(channel, files=files, threads=threads)
        if not missing and error.code != Trouble.PERMISSION:
            return error
        names = ", ".join(missing) or ("Create Public Threads" if threads else "Send Messages")
        person, told = self._askers.get(channel, ""), (channel, threads) in self._told
        self._told.add((channel, threads))
        if not told:
            log.warning("a permission is missing", channel=channel, permission=names)
        if person and not told:
            sentence = _("I cannot answer in <#{channel}>: I lack the permission “{permission}” there.")
            if threads:
                sentence = _("I cannot open threads in <#{channel}>: I lack the permission “{permission}”.")
            said = sentence.format(channel=channel, permission=names)
            try:
                await self._sends.post(await self.channel(person), Part(compose(Content(said))))
            except ServiceError as silence:
                log.info("nobody can be told", channel=channel, error=str(silence))
        return Lacking(
            _("I lack the permission “{permission}”").format(permission=names),
            kind=Kind.FORBIDDEN,
            status=error.status,
            code=error.code,
        )
