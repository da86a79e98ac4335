"""Taking orders: every picture job begins here, whether a command or a button asks for it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.features.jobs.quotas import WORDING, Quotas
from bot.features.preferences import Preference, Preferences
from bot.jobs import SAID, THEN, TRANSLATE, Action, Job, Mode, Order, Stage, new_id
from bot.messages import Attachment, ButtonPress, Channel, CommandCall, Person
from bot.pictures import MAX_BYTES, is_picture, look
from bot.ports import Files, ImageEngine, Jobs
from bot.prompts import is_foreign, with_flags
from bot.texts import N_, _

MAX_IMAGES = 5  # pictures in one order
ENGINE, MODE, FLAGS = "engine", "mode", "flags"  # preferences
PAINT = "paint"  # and whether the model may paint by itself
BOT, NIJI = "botType", "NIJI_JOURNEY"  # an option of orders, and what it may be (wire: `botType`)

BESIDE = ("music", "lyrics", "video")  # verbs that nobody's preferences for pictures are about

PREFERENCES = (
    Preference(MODE, N_("how fast pictures are painted"), ("fast", "relax", "turbo")),
    Preference(ENGINE, N_("who paints: a service or a model, such as dall-e-3")),
    Preference("bot", N_("Midjourney, or its bot for anime"), ("midjourney", "niji")),
    Preference(TRANSLATE, N_("prompts that are not in English: translated"), ("offer", "always", "never")),
    Preference(PAINT, N_("pictures that the model wants to paint in a talk"), ("ask", "auto", "never")),
    Preference(FLAGS, N_("what is added to every prompt, such as --ar 16:9 --v 7")),
)


class Orders:
    """``engine`` and ``mode`` are what an order gets that names none, and whose place prefers none."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        engines: Mapping[str, ImageEngine],
        engine: str,
        preferences: Preferences,
        quotas: Quotas,
        mode: Mode = Mode.DEFAULT,
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._engines = engines
        self.engine = engine
        self._preferences = preferences
        self._quotas = quotas
        self._mode = mode

    async def place(self, call: CommandCall, order: Order, *, engine: str = "", source: str = "") -> Job:
        """A job for what a command asks for; the one that is there already when it comes again.

        ``source`` tells it from others that the same message asks for. UserError for what would cost and
        fail, and when the words of its message were changed since.
        """
        engine = engine or await self._who_does(order.verb)
        order = await self._as_preferred(call.channel, order)
        self._engines[engine].check(order)
        origin = f"{call.channel}/{source or call.id}"
        await self._check_quota(call.author, engine, origin)
        job = Job(
            new_id(),
            call.channel,
            call.author,
            engine,
            order,
            source=origin,
            reply_to=call.id,
            created=time.time(),
        )
        taken = await self._jobs.add(job)
        if taken.id != job.id and order.prompt not in (taken.order.prompt, taken.order.options.get(SAID)):
            raise UserError(_("I took this order with its first words. Send it anew for the other ones."))
        return taken

    async def follow_up(
        self,
        press: ButtonPress,
        parent: Job,
        order: Order,
        *,
        action: Action | None = None,
        text: str = "",
        part: int = 0,
        engine: str = "",
        then: str = "",
    ) -> Job:
        """A job that comes of another: its ``action`` with the words for it, or an order of its own.

        ``part`` tells several of one press apart; ``engine`` is another than the parent's; ``then`` is what
        follows it.
        """
        engine = engine or parent.engine
        if action is None:
            order = await self._as_preferred(press.channel, order)
        order = _followed_by(order, then)
        self._engines[engine].check(replace(order, prompt=text) if action else order)
        origin = f"{press.channel}/{press.id}" + (f"#{part}" if part else "")
        await self._check_quota(press.author, engine, origin)
        job = Job(
            new_id(),
            press.channel,
            press.author,
            engine,
            order,
            source=origin,
            reply_to=parent.message,
            parent=parent.id,
            action=action,
            text=text,
            created=time.time(),
        )
        return await self._jobs.add(job)

    def check(self, job: Job, words: str) -> None:
        """UserError for words that would cost and fail, once they are in the job's form."""
        self._engines[job.engine].check(replace(job.order, prompt=words))

    async def start_over(self, job: Job, order: Order, text: str, person: Person) -> Job:
        """The same card, from the beginning, by somebody's wish; nothing follows it any more.

        UserError unless it has failed or was cancelled, and where that person may not order now.
        """
        order = _followed_by(order, "")
        self._engines[job.engine].check(replace(order, prompt=text) if job.action else order)
        await self._check_quota(person, job.engine)
        begun = await self._jobs.update(
            job.id,
            (Stage.FAILED, Stage.CANCELLED),
            then="paint",
            stage=Stage.WAITING,
            order=order,
            text=text,
            task="",
            ref="",
            progress=None,
            results=(),
            settled=False,
            attempts=0,
            finished=0.0,
        )
        if begun is None:
            raise UserError(_("I am at it already."))
        return begun

    async def _check_quota(self, person: Person, engine: str, origin: str = "") -> None:
        """Other words for a prompt are free, and are what helps after a refusal.

        What was taken before, and comes once more, has been counted already.
        """
        if engine != WORDING and await self._jobs.of_source(origin) is None:
            await self._quotas.check(person)

    async def _who_does(self, verb: str) -> str:
        """The usual engine, or another where that one cannot do it; UserError where none can."""
        if verb == "imagine":
            return self.engine
        for name in (self.engine, *self._engines):
            if self._engines[name].paints and await self._engines[name].offered(verb):
                return name
        raise UserError(_("No picture service behind this bot offers that."))

    async def _as_preferred(self, channel: Channel, order: Order) -> Order:
        """With what the place prefers where the order says nothing."""
        if order.verb in BESIDE:
            return order
        mode = order.mode or Mode(await self._preferences.get(channel, MODE)) or self._mode
        options = dict(order.options)
        if BOT not in options and await self._preferences.get(channel, "bot") == "niji":
            options[BOT] = NIJI
        prompt = order.prompt
        if order.verb == "imagine" and SAID not in options and WORDING in self._engines:
            wish = await self._preferences.get(channel, TRANSLATE) or "offer"
            if wish != "never" and is_foreign(prompt):
                options[TRANSLATE] = wish
        if order.verb == "imagine" and (flags := await self._preferences.get(channel, FLAGS)):
            prompt = with_flags(prompt, flags, niji=options.get(BOT) == NIJI)
        return replace(order, prompt=prompt, mode=mode, options=options)

    async def keep(self, pictures: Sequence[Attachment], *, most: int = MAX_IMAGES) -> tuple[str, ...]:
        """Keep people's pictures for an order; their content hashes. UserError for what is no picture."""
        if len(pictures) > most:
            raise UserError(_("At most {count} pictures at a time, please.").format(count=most))
        return tuple([await self._keep(each) for each in pictures])

    async def _keep(self, attachment: Attachment) -> str:
        if attachment.size > MAX_BYTES:
            raise UserError(_("That picture is over {size} MB.").format(size=MAX_BYTES // 1_000_000))
        data = await attachment.load()
        await look(data)
        return attachment.digest or await self._files.put(data)


def _followed_by(order: Order, then: str) -> Order:
    options = {name: value for name, value in order.options.items() if name != THEN}
    return replace(order, options={**options, THEN: then} if then else options)


def pictures_of(call: CommandCall, given: Sequence[Attachment] = ()) -> tuple[Attachment, ...]:
    """The pictures that a command is about: those that came with it, and those it replies to."""
    quoted = call.quoted.attachments if call.quoted else ()
    return (*given, *(each for each in quoted if is_picture(each)))
