"""Sees to interactions: commands, buttons, forms, menus of messages. Each is answered within moments."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog

from adapters.discord import buttons, menus, moves
from adapters.discord.calls import ABOUT, SUBMIT, Again, Calls, Chosen, Filled
from adapters.discord.desk import Desk
from adapters.discord.interaction import SOON, Interaction, State
from adapters.discord.layout import Part
from adapters.discord.messages import Messages
from adapters.discord.people import People
from adapters.discord.speaks import Cause, DiscordChat, kept_form
from adapters.discord.suggests import Suggestions
from bot.errors import ServiceError
from bot.messages import ButtonPress, CommandCall, IncomingMessage, Question
from bot.ports import Inbox
from bot.texts import _, speaking

log = structlog.get_logger()

CHOSEN = "discord.chosen"  # place of options: messages that a form is about
KEPT = 100  # of them
DONE = 1.5  # seconds within which a command's answer may still come from elsewhere
HANDOVER = 15.0  # seconds before an interaction ends in which we say where it goes on

Payload = Mapping[str, Any]


class Attending:
    """What is started here belongs to ``group``."""

    def __init__(
        self,
        desk: Desk,
        calls: Calls,
        people: People,
        inbox: Inbox,
        group: asyncio.TaskGroup,
        *,
        life: float,
    ) -> None:
        self._desk = desk
        self._calls = calls
        self._people = people
        self._inbox = inbox
        self._group = group
        self._life = life
        self._suggestions = Suggestions(desk.line, calls, inbox, group)

    async def attend(self, payload: Payload) -> None:
        """Do what it asks for, and answer it."""
        await self._people.learn(payload)
        wanted = self._calls.read(payload, self._inbox.commands)
        interaction = self._interaction(payload, wanted)
        person = self._calls.person(payload)
        soon = self._group.create_task(self._announce(interaction))
        try:
            with speaking(person.language):
                match wanted:
                    case Chosen():
                        await self._open_form(payload, wanted, interaction)
                    case Again(key):
                        form = await kept_form(self._desk, key)
                        if form is None:
                            await interaction.whisper(_("I no longer have that question."))
                        else:
                            await interaction.form(form)
                    case Filled():
                        await self._filled(payload, wanted, interaction)
                    case CommandCall() | ButtonPress():
                        await self._receive(wanted, interaction)
                    case None:
                        await interaction.whisper(_("I do not know that button."))
        finally:
            soon.cancel()
        self._group.create_task(self._conclude(payload, interaction, isinstance(wanted, CommandCall)))

    def is_outside(self, payload: Payload) -> bool:
        """Whether it happened where we are no member."""
        return self._calls.outside(payload)

    async def complete(self, payload: Payload) -> None:
        """Somebody types an option. That goes wrong without a word."""
        try:
            await self._people.learn(payload)
            await self._suggestions.offer(payload)
        except Exception:
            log.exception("nothing could be suggested")

    def _interaction(self, payload: Payload, wanted: object) -> Interaction:
        """As it is known, if it was delivered before."""
        about = str((payload.get("message") or {}).get("id") or "")
        answers = isinstance(wanted, CommandCall | Filled)
        answers = answers or (payload["type"] == SUBMIT and not about)  # the form followed a command
        return self._desk.interactions.add(
            Interaction(
                self._desk.line,
                str(payload["id"]),
                str(payload["token"]),
                person=self._calls.person(payload).id,
                waits=answers,
                outside=self._calls.outside(payload),
                place=self._calls.channel(payload).id,
                about=about,
                upload=int(payload.get("attachment_size_limit") or 0),
                life=self._life,
            )
        )

    async def _receive(
        self, event: CommandCall | ButtonPress | IncomingMessage, interaction: Interaction
    ) -> None:
        about = ""
        if isinstance(event, ButtonPress):
            event = await moves.homeward(self._desk.options, event)
            about = event.message
        self._desk.directs.asked(event.channel.id, event.author.id)
        cause = Cause(event.author, event.id, about, interaction)
        await self._inbox.receive(event, DiscordChat(event.channel, self._desk, cause=cause))

    # --- in time ----------------------------------------------------------------------------

    async def _announce(self, interaction: Interaction) -> None:
        """A first answer within the three seconds that the platform waits."""
        await asyncio.sleep(SOON)
        await self._defer(interaction)

    async def _defer(self, interaction: Interaction) -> None:
        try:
            await interaction.defer()
            await self._desk.interactions.keep(interaction)
        except ServiceError as error:
            log.info("an interaction cannot be answered", error=str(error))

    async def _conclude(self, payload: Payload, interaction: Interaction, is_command: bool) -> None:
        """It was taken in. An answer may still be on its way, from whoever does the work."""
        if interaction.outside:
            await self._desk.interactions.keep(interaction)
        if interaction.state is State.OPEN and is_command:
            with suppress(TimeoutError):
                async with asyncio.timeout(DONE):
                    await interaction.said.wait()
            if interaction.state is State.OPEN:
                await interaction.whisper("✓")
        elif interaction.state is State.OPEN:
            await self._defer(interaction)
        until = interaction.left - min(HANDOVER, self._life / 10)
        if interaction.outside:
            await asyncio.sleep(max(0.0, until))
            await self._hand_over(payload, interaction)
        elif interaction.state is State.THINKING:
            with suppress(TimeoutError):
                async with asyncio.timeout(until):
                    await interaction.said.wait()
            await interaction.withdraw()

    async def _hand_over(self, payload: Payload, interaction: Interaction) -> None:
        """Where we are no member, nothing can be changed afterwards: what comes then goes to the person."""
        with speaking(self._calls.person(payload).language):
            sentence = _(
                "I can change this for a quarter of an hour only. What comes now, I send you directly."
            )
        messages = Messages(self._calls.channel(payload), self._desk, interaction)
        try:
            if interaction.state is State.THINKING:
                await interaction.say(Part(sentence))
            for each in tuple(interaction.messages):
                await messages.close(each, sentence)
        except ServiceError as error:
            log.info("an interaction ends without a word", error=str(error))

    # --- menus of messages ------------------------------------------------------------------

    async def _open_form(self, payload: Payload, chosen: Chosen, interaction: Interaction) -> None:
        key = str(payload["id"])
        kept = await self._desk.options.get(CHOSEN)
        for old in list(kept)[: max(0, len(kept) - KEPT)]:
            await self._desk.options.set(CHOSEN, old, None)
        body = json.dumps({"name": chosen.name, "target": chosen.target})
        await self._desk.options.set(CHOSEN, key, body)
        if chosen.name == menus.PAINT:
            words = self._calls.quote(chosen.target, payload).text
            question = Question(_("What to paint"), "-", words, multiline=True)
        else:
            question = Question(_("What do you want to know?"), "-", multiline=True)
        await interaction.form(buttons.form(question, f"{ABOUT}{key}"))

    async def _filled(self, payload: Payload, filled: Filled, interaction: Interaction) -> None:
        found = (await self._desk.options.get(CHOSEN)).get(filled.key)
        if found is None:
            await interaction.whisper(_("I no longer have that question."))
            return
        kept = json.loads(found)
        quoted = self._calls.quote(kept["target"], payload)
        channel, person = self._calls.channel(payload), self._calls.person(payload)
        direct = self._calls.direct(payload)
        event: CommandCall | IncomingMessage
        if kept["name"] == menus.PAINT:
            arguments = {"prompt": filled.words}
            event = CommandCall(
                interaction.id, channel, person, "imagine", arguments, quoted=quoted, direct=direct
            )
        else:
            event = IncomingMessage(
                interaction.id, channel, person, filled.words, quoted=quoted, direct=direct
            )
        await self._receive(event, interaction)
