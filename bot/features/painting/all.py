"""All of painting, put together: its commands, its buttons, its work."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.commands import Command
from bot.features.jobs.candidates import Candidates
from bot.features.jobs.crops import Crops
from bot.features.jobs.line import Share
from bot.features.jobs.orders import ENGINE, FLAGS, PREFERENCES, Orders
from bot.features.jobs.plans import Plans
from bot.features.jobs.presses import Presses
from bot.features.jobs.quotas import Quota
from bot.features.jobs.workshop import Workshop
from bot.features.painting.gallery import Galleries
from bot.features.painting.imagine import Imagine
from bot.features.painting.memory import Memory
from bot.features.painting.music import Music
from bot.features.painting.overview import Overview
from bot.features.painting.region import Find, Regions
from bot.features.painting.rewording import Reword, Rewording, Translation
from bot.features.painting.verbs import Fetch, Verbs
from bot.features.painting.video import Video
from bot.features.painting.wishes import Wishes
from bot.features.preferences import Preference, Preferences
from bot.jobs import Mode, Order
from bot.messages import Attachment, Person
from bot.painters import offers, painter
from bot.ports import ImageEngine, Platform, Press, Storage
from bot.prompts import check_flags
from bot.texts import N_
from bot.work import Work


async def _see_nothing(picture: Attachment, what: str) -> None:
    return None


def _preferences(engine: ImageEngine, painters: Mapping[str, ImageEngine]) -> Sequence[Preference]:
    """What may be preferred; flags and painters are looked at as in an order."""

    async def flags(text: str) -> str:
        found = check_flags(text)
        engine.check(Order(f"x {found}"))
        return found

    async def who(text: str) -> str:
        painter(text, await offers(painters))
        return text

    checks = {FLAGS: flags, ENGINE: who}
    return [replace(each, check=checks.get(each.name, each.check)) for each in PREFERENCES]


class Painting:
    """``engine`` and ``mode`` are what an order gets that names none."""

    def __init__(
        self,
        *,
        storage: Storage,
        engines: Mapping[str, ImageEngine],
        engine: str,
        platforms: Mapping[str, Platform],
        is_admin: Callable[[Person], bool],
        fetch: Fetch,
        mode: Mode = Mode.DEFAULT,
        share: Share | None = None,
        quota: Quota | None = None,
        reword: Reword | None = None,
        find: Find | None = None,
        url: str = "",
        hook: Callable[[str], str] = lambda ref: "",
        deadline: float = 900.0,
        tick: float = 1.0,
    ) -> None:
        """``deadline``: seconds after which a job is given up; ``tick``: seconds between reports.

        ``fetch`` gets what people's links lead to; ``hook`` is where a service may call about an order;
        ``reword`` asks the chat model for other words of an order at once, ``find`` where something is in a
        picture; ``url`` is the site's public address.
        """
        for each in engines.values():
            each.call_back(hook)
        self._memory = Memory(storage.options, engines)
        self.workshop = Workshop(
            jobs=storage.jobs,
            files=storage.files,
            engines=engines,
            platforms=platforms,
            options=storage.options,
            is_admin=is_admin,
            prepared=Translation(reword).translated,
            share=share,
            quota=quota,
            deadline=deadline,
            tick=tick,
        )
        painters = {name: each for name, each in engines.items() if each.paints}
        preferences = Preferences(storage.options, _preferences(engines[engine], painters))
        orders = Orders(
            jobs=storage.jobs,
            files=storage.files,
            engines=engines,
            engine=engine,
            preferences=preferences,
            quotas=self.workshop.quotas,
            mode=mode,
        )
        imagine = Imagine(orders, painters, preferences)
        rewording = Rewording(orders)
        verbs = Verbs(orders, fetch)
        in_chat = [engines[each] for each in ("chat-image",) if each in engines]
        music = Music(orders, [*(engines[each] for each in ("suno",) if each in engines), *in_chat])
        video = Video(
            orders,
            [*(engines[each] for each in ("luma",) if each in engines), *in_chat],
            engines.get("midjourney"),
        )
        candidates = Candidates(orders)
        overview = Overview(workshop=self.workshop, engines=engines, is_admin=is_admin)
        crops = Crops(storage.files)
        galleries = Galleries(
            gallery=storage.gallery,
            jobs=storage.jobs,
            options=storage.options,
            board=self.workshop.board,
            orders=orders,
            crops=crops,
            seed_of=overview.seed_of,
            tells_seed=overview.tells_seed,
            is_admin=is_admin,
        )
        self.regions = Regions(
            jobs=storage.jobs,
            files=storage.files,
            options=storage.options,
            orders=orders,
            find=find or _see_nothing,
            url=url,
        )
        plans = Plans(
            jobs=storage.jobs,
            files=storage.files,
            orders=orders,
            platforms=platforms,
            mask=self.regions.mask,
        )
        self.workshop.watchers.append(plans.ended)
        self.wishes = Wishes(
            conversations=storage.conversations,
            jobs=storage.jobs,
            options=storage.options,
            preferences=preferences,
            imagine=imagine,
            plans=plans,
        )
        self.workshop.watchers.append(self.wishes.shown)
        presses = Presses(
            workshop=self.workshop,
            orders=orders,
            is_admin=is_admin,
            region=self.regions.begin,
            more={
                "choose": candidates.choose,
                "all": candidates.all,
                "anew": candidates.again,
                "seed": overview.press,
                "cell": self.regions.cell,
                "go": self.regions.go,
                "where": self.regions.words,
                "safe": rewording.safely,
                "english": rewording.in_english,
                "crops": crops.press,
            },
        )
        self.commands: Sequence[Command] = (
            Command(
                "imagine",
                N_("Paint a picture from words."),
                imagine.imagine,
                "/imagine a red fox --ar 16:9",
                aliases=("paint", "draw", "mj", "画", "画图"),
            ),
            Command("blend", N_("Mix 2 to 5 pictures into one."), verbs.blend, aliases=("混合",)),
            Command(
                "describe", N_("Find words that would paint a picture."), verbs.describe, aliases=("描述",)
            ),
            Command(
                "improve",
                N_("Better words for what you want to see."),
                rewording.improve,
                "/improve a fox in the snow",
                aliases=("润色",),
            ),
            Command("shorten", N_("See which words of a prompt matter."), verbs.shorten, aliases=("精简",)),
            Command("swap", N_("Put a face onto a picture."), verbs.swap, aliases=("换脸",)),
            Command(
                "edit",
                N_("Change a picture with words."),
                verbs.edit,
                "/edit make it winter",
                aliases=("改图",),
            ),
            *music.commands,
            *video.commands,
            Command("jobs", N_("What is being painted."), overview.show, "/jobs mine", aliases=("任务",)),
            Command(
                "cancel", N_("Cancel the picture that is being painted."), overview.cancel, aliases=("取消",)
            ),
            Command("seed", N_("The seed of a picture."), overview.seed, aliases=("种子",)),
            Command(
                "gallery", N_("Look at finished pictures."), galleries.show, "/gallery fox", aliases=("图库",)
            ),
            Command(
                "settings",
                N_("How pictures are painted here."),
                preferences.show,
                "/settings flags --ar 16:9 --v 7",
                aliases=("设置",),
            ),
        )
        self.presses: Mapping[str, Press] = {
            "job": presses.press,
            "set": preferences.press,
            "verb": verbs.press,
            "gallery": galleries.press,
        }

    def handles(self, work: Work) -> None:
        """Take on its work."""
        self.workshop.handles(work)

    async def run(self) -> None:
        """Follow what is under way, until cancelled; remember what engines learn of their services."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._memory.run(), name="memory")
            group.create_task(self.workshop.run(), name="workshop")
