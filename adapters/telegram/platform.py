"""Telegram as a platform: its lifetime."""

import asyncio
import time

import structlog
from telegram import User

from adapters.telegram import apps, keyboards, menus
from adapters.telegram.asks import Asks
from adapters.telegram.earlier import Pictures
from adapters.telegram.ears import Ears
from adapters.telegram.elsewhere import PREFIX, InlineChat
from adapters.telegram.hears import PLATFORM, Hearing
from adapters.telegram.incoming import Incoming
from adapters.telegram.line import OFFICIAL, Line, Pauses
from adapters.telegram.media import Shelf
from adapters.telegram.messages import Desk
from adapters.telegram.pace import Pace
from adapters.telegram.sends import Sends
from adapters.telegram.speaks import TelegramChat
from adapters.telegram.updates import Polling, Waits, Webhook, remove_webhook
from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.messages import ButtonPress, Channel
from bot.ports import Chat, Host, Inbox, Platform
from bot.texts import _

log = structlog.get_logger()

MOVED = "telegram.moved"  # place of options: old id → new id
ONCE_WITHIN = 10.0  # seconds in which an impatient finger gets one file


class Telegram(Platform):
    """A bot. Without ``webhook_url`` it polls.

    ``cache_chat`` is the id of a chat where it may put pictures that are shown in inline messages; without,
    they go to whoever asked for them. ``waits`` and ``pace`` are for tests.
    """

    def __init__(
        self,
        host: Host,
        *,
        token: str,
        api_url: str = OFFICIAL,
        webhook_url: str = "",
        webhook_secret: str = "",
        cache_chat: str = "",
        waits: Waits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.name = PLATFORM
        self.client = apps.CLIENT
        self._host = host
        self._token = token
        self._waits = waits or Waits()
        self._line = Line(token, api_url, pace or Pace(), moved=self._has_moved)
        sends = Sends(self._line, host.sendings, host.options)
        pictures = Pictures(host.options)
        self._desk = Desk(
            self._line,
            sends,
            Shelf(host.options, pictures, host.original),
            Asks(host.options),
            host.options,
            pictures,
            int(cache_chat or 0),
        )
        self._webhook = Webhook(host.options, webhook_url, webhook_secret)
        self._webhook.add_to(host.routes)
        apps.add_to(host.routes)
        self._inbox: Inbox | None = None
        self._originals: dict[tuple[str, str, str], float] = {}  # who asked for what, and when

    def chat(self, channel: Channel) -> Chat:
        if channel.id.startswith(PREFIX):
            return InlineChat(channel, self._desk)
        return TelegramChat(channel, self._desk)

    def vouch(self, proof: str) -> str:
        number = apps.opened_by(proof, self._token, time.time())
        return f"{PLATFORM}:{number}" if number else ""

    async def run(self, inbox: Inbox) -> None:
        self._inbox = inbox
        polling = self._line.aside()
        try:
            self._line.remember(await self._host.options.get(MOVED))
            me = await self._introduction()
            self._line.opened(me)
            async with asyncio.TaskGroup() as group:
                hearing = Hearing(me, Incoming(self._line))
                mail, retry = self._host.mail, self._waits.retry
                ears = Ears(self._desk, hearing, inbox, mail, self._own_button, group, retry=retry)
                group.create_task(menus.publish(self._line, inbox.commands))
                group.create_task(self._desk.sends.search())
                await ears.redeliver()
                if await self._opened_door(ears):
                    log.info("Telegram is ready", bot=me.username, by="webhook")
                    await asyncio.Event().wait()
                await remove_webhook(self._line, self._host.options)
                log.info("Telegram is ready", bot=me.username, by="polling")
                await Polling(polling, ears.take, self._waits).run()
        finally:
            self._webhook.shut()
            await polling.close()
            await self._line.close()

    async def _opened_door(self, ears: Ears) -> bool:
        """Whether updates are brought to us. An address that is not accepted is no reason to be deaf."""
        if not self._webhook.is_wanted:
            return False
        try:
            await self._webhook.open(self._line, ears.take)
        except ServiceError as error:
            log.error("Telegram does not accept TELEGRAM_WEBHOOK_URL; polling instead", error=str(error))
            self._webhook.shut()
            return False
        return True

    async def _introduction(self) -> User:
        """Who we are; waits for the network, and for a token that is accepted."""
        pauses = Pauses(0.5, self._waits.longest)
        while True:
            try:
                found = await self._line.once("getMe", {}, early=True)
                return User.de_json(found, None)
            except (Unavailable, OutcomeUnknown) as error:
                await pauses.after(error, "getMe")
            except ServiceError as error:
                log.error(
                    "Telegram does not accept TELEGRAM_TOKEN; copy it again from @BotFather", error=str(error)
                )
                await asyncio.sleep(self._waits.wrong)

    async def _has_moved(self, old: int, new: int) -> None:
        await self._host.options.set(MOVED, str(old), str(new))
        if self._inbox is not None:
            await self._inbox.moved(PLATFORM, str(old), str(new))

    async def _own_button(self, press: ButtonPress, chat: TelegramChat | InlineChat) -> bool:
        """Full size: the picture as a file."""
        if not press.data.startswith(keyboards.FULL):
            return False
        digest = keyboards.digest_of(press.data)
        place, now = (press.author.id, press.message, digest), asyncio.get_running_loop().time()
        self._originals = {each: at for each, at in self._originals.items() if now - at < ONCE_WITHIN}
        if place in self._originals:
            await chat.notice(_("I am at it already."))
            return True
        self._originals[place] = now
        try:
            data = await self._host.files.get(digest)
        except KeyError:
            self._originals.pop(place, None)
            await chat.notice(_("I no longer have that picture."))
            return True
        try:
            await chat.send_original(digest, data, press.id)
        except Refused as error:
            self._originals.pop(place, None)
            if error.kind is Kind.FORBIDDEN and isinstance(chat, InlineChat):
                await chat.invite()
                return True
            sentence = _("That cannot be sent here: {reason}.")
            await chat.notice(sentence.format(reason=error.reason.rstrip(".")))
        return True
