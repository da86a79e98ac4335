"""Command /gallery: finished pictures, one at a time, to leaf through, to search and to go on with.

All that a button means is in its data, ``gallery:<verb>:<job>:<whose>:<words>``: the picture that is shown is
the place in the gallery, and "mine" is whoever it belongs to. So buttons work whatever has happened since.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from bot.errors import UserError
from bot.features.jobs.board import Board
from bot.features.jobs.card import SPOILER
from bot.features.jobs.crops import PARTS, Crops, is_grid
from bot.features.jobs.orders import Orders
from bot.features.jobs.words import action_label, doing, plain, title
from bot.jobs import Job, Order, Removed, Stage
from bot.messages import Button, ButtonPress, Channel, CommandCall, Content, Person, Style
from bot.ports import Chat, Gallery, Jobs, Options
from bot.prompts import with_seed
from bot.texts import _, ngettext

MAX_WORDS = 34  # bytes of a search that fit into every button
MAX_SEARCH = 200  # characters of a search
MAX_PROMPT = 600  # characters of a prompt that is shown
MAX_TREE = 20  # lines of a family

Whose = Literal["mine", "here"]
SeedOf = Callable[[Job], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class View:
    """Which pictures are leafed through: a person's, or a place's, with these words."""

    whose: str = "h"  # m: of the owner of the picture that is shown; h: of this place
    words: str = ""

    def data(self, verb: str, job: Job) -> str:
        return f"gallery:{verb}:{job.id}:{self.whose}:{_mark(self.words)}"


class Galleries:
    """``seed_of`` asks for the seed that a picture grew from, ``tells_seed`` whether that makes sense."""

    def __init__(
        self,
        *,
        gallery: Gallery,
        jobs: Jobs,
        options: Options,
        board: Board,
        orders: Orders,
        crops: Crops,
        seed_of: SeedOf,
        tells_seed: Callable[[Job], Awaitable[bool]],
        is_admin: Callable[[Person], bool],
    ) -> None:
        self._gallery = gallery
        self._jobs = jobs
        self._options = options
        self._board = board
        self._orders = orders
        self._crops = crops
        self._seed_of = seed_of
        self._tells_seed = tells_seed
        self._is_admin = is_admin

    async def show(
        self,
        call: CommandCall,
        chat: Chat,
        words: Annotated[str, "What the prompts say; without it, all pictures"] = "",
        whose: Annotated[Whose | None, "Yours, or all of this place"] = None,
    ) -> None:
        """Command /gallery: in a direct chat one's own pictures, in a group those of the group."""
        words = " ".join(words.split())[:MAX_SEARCH]
        if whose is None and words.casefold() in ("mine", "here"):  # as people say it
            whose, words = ("mine" if words.casefold() == "mine" else "here"), ""
        mine = whose == "mine" if whose else call.direct
        view = View("m" if mine else "h", words)
        await self._remember(words)
        found = await self._page(view, call.author.id, call.channel, limit=1)
        content = await self._content(found[0], view, call.author, call.channel) if found else _nothing(view)
        await chat.send(content, reply_to=call.id, key=call.reply_key)

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """A button of the gallery."""
        verb, name, whose, mark = (*press.data.split(":", 4), "", "", "", "")[1:5]
        job = await self._jobs.get(name)
        view = View(whose or "h", await self._recall(mark))
        if job is None or not _may_see(job, press):
            raise UserError(_("That picture is not there any more."))
        if view.whose == "m" and job.owner.id != press.author.id:
            raise UserError(
                _("These are the pictures of {name}; /gallery shows yours.").format(name=job.owner.name)
            )
        match verb:
            case "older" | "newer":
                await self._leaf(job, verb, view, press, chat)
            case "view":
                await self._show(job, view, press, chat)
            case "kin":
                await chat.edit(press.message, await self._kin(job, view, press))
            case "delete" | "surely":
                await self._delete(job, view, press, chat, surely=verb == "surely")
            case "again" | "seed" | "card" | "crop" if not job.results or job.removed:
                raise UserError(_("That picture is not there any more."))
            case "again":
                await self._again(job, press)
            case "seed":
                await self._same_seed(job, press, chat)
            case "card":
                content = await self._board.card(job)
                await chat.send(content, reply_to=press.message, key=press.reply_key)
            case "crop":
                await self._crops.press(job, press, chat, whose)
            case _:
                raise UserError(_("I do not know that button."))

    # --- leafing ----------------------------------------------------------------------------

    async def _page(
        self, view: View, person: str, channel: Channel, *, older: str = "", newer: str = "", limit: int = 1
    ) -> Sequence[Job]:
        return await self._gallery.page(
            person=person if view.whose == "m" else "",
            channel=None if view.whose == "m" else channel,
            words=view.words,
            older=older,
            newer=newer,
            limit=limit,
        )

    async def _leaf(self, job: Job, verb: str, view: View, press: ButtonPress, chat: Chat) -> None:
        older, newer = (job.id, "") if verb == "older" else ("", job.id)
        found = await self._page(view, press.author.id, press.channel, older=older, newer=newer)
        if not found:
            raise UserError(_("There are no more pictures on this side."))
        await self._show(found[0], view, press, chat)

    async def _show(self, job: Job, view: View, press: ButtonPress, chat: Chat) -> None:
        await chat.edit(press.message, await self._content(job, view, press.author, press.channel))

    async def _content(self, job: Job, view: View, person: Person, channel: Channel) -> Content:
        if not job.results or job.removed:
            raise UserError(_("That picture is not there any more."))
        newer = await self._page(view, person.id, channel, newer=job.id)
        older = await self._page(view, person.id, channel, older=job.id)
        family = await self._gallery.family(job.id)
        count = await self._gallery.count(
            person=person.id if view.whose == "m" else "",
            channel=None if view.whose == "m" else channel,
            words=view.words,
        )
        leaf = []
        if newer:
            leaf.append(Button("◀", view.data("newer", job)))
        if older:
            leaf.append(Button("▶", view.data("older", job)))
        more = [Button(_("Again"), view.data("again", job))]
        if job.task and (not job.action or is_grid(job)) and await self._tells_seed(job):
            more.append(Button(_("Again with this seed"), view.data("seed", job)))
        if len(family) > 1:
            more.append(Button(_("Family"), view.data("kin", job)))
        rest = [Button(_("Show buttons"), view.data("card", job))]
        if person.id == job.owner.id or self._is_admin(person):
            rest.append(Button(_("Delete"), view.data("delete", job), Style.DANGER))
        rows = [tuple(leaf), tuple(more), tuple(rest)]
        if is_grid(job):
            rows.append(tuple(Button(f"✂ {n}", f"gallery:crop:{job.id}:{n}") for n in range(1, PARTS + 1)))
        words = ngettext("{count} picture", "{count} pictures", count).format(count=count)
        if view.words:
            words = _("{pictures} with “{words}”").format(pictures=words, words=view.words)
        return self._picture(job, words, rows)

    def _picture(self, job: Job, note: str, rows: Sequence[tuple[Button, ...]], more: str = "") -> Content:
        heading = f"**{doing(job)}**"
        said = job.text or job.order.prompt
        quote = plain(said if len(said) <= MAX_PROMPT else said[: MAX_PROMPT - 1] + "…")
        lines = "\n".join(f"> {line}" for line in quote.splitlines())
        results = self._board.results(job)
        pictures = [each for each in results if each.media_type.startswith("image/")][:1]
        day = time.strftime("%Y-%m-%d", time.gmtime(job.finished))
        first = _("the first of {count}").format(count=len(results)) if len(results) > 1 else ""
        return Content(
            "\n\n".join(part for part in (heading, lines, more) if part),
            note=" · ".join(part for part in (note, first, job.owner.name, day) if part),
            images=tuple(pictures),
            files=() if pictures else tuple(results[:1]),
            buttons=tuple(row for row in rows if row),
            spoiler=SPOILER in job.order.options,
        )

    # --- the family of a picture ---------------------------------------------------------------

    async def _kin(self, job: Job, view: View, press: ButtonPress) -> Content:
        """The picture among its relatives: what it was made from, and what was made from that."""
        family = [each for each in await self._gallery.family(job.id) if _may_see(each, press)]
        place = next((number for number, each in enumerate(family) if each.id == job.id), None)
        if place is None:
            raise UserError(_("That picture is not there any more."))
        leaf = []
        if place:
            leaf.append(Button("◀", view.data("kin", family[place - 1])))
        if place + 1 < len(family):
            leaf.append(Button("▶", view.data("kin", family[place + 1])))
        rows = [
            tuple(leaf),
            (
                Button(_("Show buttons"), view.data("card", job)),
                Button(_("Back to the gallery"), view.data("view", job)),
            ),
        ]
        note = _("{number} of {count} in the family").format(number=place + 1, count=len(family))
        return self._picture(job, note, rows, _tree(family, job))

    # --- going on -----------------------------------------------------------------------------

    async def _again(self, job: Job, press: ButtonPress) -> None:
        """The same once more: the same order, or the same button of the picture that it came from."""
        parent = await self._jobs.get(job.parent) if job.parent and job.action else None
        if parent is not None:
            await self._orders.follow_up(
                press, _here(parent, press), job.order, action=job.action, text=job.text
            )
        else:
            await self._orders.follow_up(press, _here(job, press), _by_itself(job))

    async def _same_seed(self, job: Job, press: ButtonPress, chat: Chat) -> None:
        async with chat.typing():
            seed = await self._seed_of(job)
        order = _by_itself(job)
        order = replace(order, prompt=with_seed(order.prompt, seed))
        await self._orders.follow_up(press, _here(job, press), order)

    async def _delete(self, job: Job, view: View, press: ButtonPress, chat: Chat, *, surely: bool) -> None:
        if job.owner.id != press.author.id and not self._is_admin(press.author):
            raise UserError(_("Only {name} can delete this.").format(name=job.owner.name))
        if not surely:
            rows = [
                (
                    Button(_("Delete for good"), view.data("surely", job), Style.DANGER),
                    Button(_("Keep it"), view.data("view", job)),
                )
            ]
            await chat.edit(press.message, self._picture(job, _("Delete this picture, here too?"), rows))
            return
        await self._jobs.update(job.id, (Stage.DONE,), then="show", removed=Removed.DELETED)
        if not press.message:
            return
        page = (press.author.id, press.channel)
        left = await self._page(view, *page, older=job.id) or await self._page(view, *page, newer=job.id)
        if left:
            await self._show(left[0], view, press, chat)
        else:
            await chat.edit(press.message, _nothing(View(view.whose)))

    # --- searches -------------------------------------------------------------------------------

    async def _remember(self, words: str) -> None:
        """Store a search that does not fit into a button, under its mark."""
        if (mark := _mark(words)) != words:
            await self._options.set(_place(mark), "words", words)

    async def _recall(self, mark: str) -> str:
        if not mark.startswith("#"):
            return mark
        return (await self._options.get(_place(mark))).get("words", "")


def _mark(words: str) -> str:
    """A search as buttons carry it: the words themselves where they fit, else a hash of them."""
    if len(words.encode()) <= MAX_WORDS and not words.startswith("#"):
        return words
    return "#" + hashlib.sha256(words.encode()).hexdigest()[:16]


def _place(mark: str) -> str:
    return f"gallery.{mark}"


def _may_see(job: Job, press: ButtonPress) -> bool:
    return job.channel == press.channel or job.owner.id == press.author.id


def _here(job: Job, press: ButtonPress) -> Job:
    """The job as one that is answered where the button was pressed."""
    return replace(job, message=press.message)


def _by_itself(job: Job) -> Order:
    """Its order as one that needs no other picture's buttons."""
    return replace(job.order, verb="imagine") if job.action else job.order


def _nothing(view: View) -> Content:
    if view.words:
        return Content(_("No picture here has “{words}” in its prompt.").format(words=plain(view.words)))
    return Content(_("There are no pictures yet; /imagine paints one."))


def _tree(family: Sequence[Job], shown: Job) -> str:
    """Who came from whom, as a list in a list; the one that is shown stands out."""
    known = {each.id for each in family}
    lines: list[str] = []

    def add(job: Job, depth: int) -> None:
        name = plain(action_label(job.action) if job.action else title(job))
        lines.append(f"{'  ' * depth}- {f'**{name}**' if job.id == shown.id else name}")
        for each in family:
            if each.parent == job.id:
                add(each, depth + 1)

    for each in family:
        if each.parent not in known:
            add(each, 0)
    if len(lines) > MAX_TREE:
        lines[MAX_TREE - 1 :] = ["- …"]
    return "\n".join(lines)
