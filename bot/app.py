"""Wiring and lifetime: the one module that knows every other."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from pkgutil import resolve_name
from urllib.parse import urlsplit

import httpx
import structlog
from aiohttp.web import UrlDispatcher

from adapters.web import WebChat
from bot.access import Access
from bot.commands import Command
from bot.engines import ENGINES
from bot.engines.running import LongRequests
from bot.engines.wording import Wording
from bot.features.admin import Admin
from bot.features.help import Help, unknown
from bot.features.jobs.line import Share
from bot.features.jobs.quotas import Quota
from bot.features.options import Choices, Models, SystemPrompts
from bot.features.painting.all import Painting
from bot.features.talking.answering import Answering
from bot.features.talking.proposals import Proposals
from bot.features.talking.talk import Talk
from bot.features.threads import Threads
from bot.features.tidying import Tidying
from bot.gateway.audio import Transcriptions
from bot.gateway.chat import Completions
from bot.gateway.http import new_client, root_of
from bot.gateway.outside import Outside
from bot.gateway.sight import Sight
from bot.jobs import Mode
from bot.ports import ChatModel, Files, Host, ImageEngine, Keeping, Platform, Storage, Transcriber
from bot.router import Router
from bot.settings import Settings
from bot.texts import N_
from bot.web.hooks import Hooks
from bot.web.mask import Masks
from bot.web.originals import Originals
from bot.web.site import Site
from bot.work import Work
from storage import open_storage

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """What we talk to, and one plain sentence about it."""

    chat: ChatModel
    engines: Mapping[str, ImageEngine]  # by name; what their services offer, they say themselves
    transcriber: Transcriber
    outside: Outside
    connected_to: str


@asynccontextmanager
async def open_services(settings: Settings, files: Files) -> AsyncIterator[Services]:
    """The gateway and the picture services; the built-in sandbox stands in where none is set."""
    async with AsyncExitStack() as stack:
        sandbox = None
        if not settings.gateway.url:
            from bot.sandbox import Sandbox  # with all its brushes: only where it is needed

            journal = Path(settings.storage.files).parent / "sandbox.jsonl"
            journal.parent.mkdir(parents=True, exist_ok=True)
            sandbox = await stack.enter_async_context(
                Sandbox(dialect=settings.sandbox.dialect, speed=settings.sandbox.speed, journal=journal)
            )
        url = sandbox.url if sandbox else settings.gateway.url
        key = settings.gateway.key.get_secret_value()
        client = await stack.enter_async_context(new_client())
        engines = _engines(settings, client, url, key, files)
        for engine in engines.values():
            stack.push_async_callback(engine.close)
        chat = Completions(
            client,
            url,
            key,
            model=settings.chat.model,
            first_token=settings.chat.first_token,
            idle=settings.chat.idle,
        )
        transcriber = Transcriptions(client, url, key, model=settings.chat.transcription_model)
        yield Services(chat, engines, transcriber, Outside(client, root_of(url)), _connected_to(settings))


def _engines(
    settings: Settings, client: httpx.AsyncClient, url: str, key: str, files: Files
) -> dict[str, ImageEngine]:
    """All there are, for one costs nothing until it is asked. A section of its name holds what is its own."""
    made: dict[str, ImageEngine] = {}
    for name, place in ENGINES.items():
        engine = resolve_name(place)
        section = getattr(settings, name, None)
        own = section.model_dump(exclude={"url", "key", "deadline"}) if section else {}
        if issubclass(engine, LongRequests):
            own |= {"files": files, "model": settings.image.model if name == settings.image.engine else ""}
        secret = getattr(section, "key", None)
        where = getattr(section, "url", "") or url, secret.get_secret_value() if secret else key
        made[name] = engine(client, *where, **own)
    return made


def _connected_to(settings: Settings) -> str:
    if not settings.gateway.url and not settings.midjourney.url:
        return "the built-in sandbox: nothing leaves this machine"
    chat = _host(settings.gateway.url) if settings.gateway.url else "the built-in sandbox"
    paint = _host(settings.midjourney.url) if settings.midjourney.url else chat
    return chat if chat == paint else f"{chat} for talking and {paint} for painting"


def _host(url: str) -> str:
    return urlsplit(root_of(url)).hostname or url


async def serve(settings: Settings, *, announce: Callable[[str], None] = print) -> None:
    """Build everything, serve until cancelled, take everything down in reverse."""
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(settings.storage.url, settings.storage.files))
        services = await stack.enter_async_context(open_services(settings, storage.files))
        site = await stack.enter_async_context(Site(settings.web.host, settings.web.port, ping=storage.ping))
        originals = Originals(storage.files, settings.web.url, await _salt(storage))
        originals.add_to(site.routes)
        hooks = Hooks(settings.web.url, await _salt(storage))
        host = replace(lent(storage, site.routes), original=originals.link)
        web = WebChat(
            host,
            password=settings.web.password.get_secret_value(),
            connected_to=services.connected_to,
        )
        platforms: dict[str, Platform] = {web.name: web, **networks(settings, host)}
        access = _access(settings, storage)
        await access.load()
        work = Work(storage.tasks)
        image = settings.image
        wording = Wording(services.chat)
        stack.push_async_callback(wording.close)
        painting = Painting(
            storage=storage,
            engines={**services.engines, wording.name: wording},
            reword=wording.reword,
            find=Sight(services.chat).find,
            url=settings.web.url,
            engine=settings.image.engine,
            platforms=platforms,
            is_admin=access.is_admin,
            fetch=services.outside.fetch,
            mode=Mode(settings.midjourney.mode),
            share=Share(image.running, image.running_person, image.running_channel),
            hook=hooks.address,
            quota=Quota(image.waiting_person, image.per_day, image.strikes, image.cool_down),
            deadline=settings.midjourney.deadline,
            tick=min(1.0, 1.0 / settings.sandbox.speed) if not settings.gateway.url else 1.0,
        )
        hooks.add_to(site.routes, painting.workshop.tracker.nudge)
        Masks(painting.regions, platforms).add_to(site.routes)
        answering, router = await _features(settings, storage, services, platforms, painting, access)
        work.handle("answer", answering.answer, gave_up=answering.gave_up)
        painting.handles(work)
        async with asyncio.TaskGroup() as group:
            group.create_task(work.run(), name="work")
            group.create_task(painting.run(), name="painting")
            group.create_task(Tidying(storage.clean, _keeping(settings)).run(), name="tidying")
            for platform in platforms.values():
                group.create_task(platform.run(router), name=platform.name)
            await site.open()
            where = settings.web.url or site.url
            announce(f"Chatelier is ready at {where}, talking to {services.connected_to}.")


def _keeping(settings: Settings) -> Keeping:
    """Twice the context: Retry builds that of an earlier question."""
    kept = settings.storage
    return Keeping(kept.keep_days, round(kept.keep_gb * 1e9), 2 * settings.chat.context_tokens)


def _access(settings: Settings, storage: Storage) -> Access:
    access = settings.access
    return Access(options=storage.options, admins=access.admins, allow=access.allow, everyone=access.open)


def lent(storage: Storage, routes: UrlDispatcher) -> Host:
    """What platforms may use of ours."""
    return Host(
        posts=storage.posts,
        files=storage.files,
        options=storage.options,
        mail=storage.mail,
        sendings=storage.sendings,
        gallery=storage.gallery,
        routes=routes,
    )


def networks(settings: Settings, host: Host) -> dict[str, Platform]:
    """The chat networks that are set up: one line each."""
    found = [_telegram(settings, host), _discord(settings, host)]
    return {platform.name: platform for platform in found if platform is not None}


def _telegram(settings: Settings, host: Host) -> Platform | None:
    telegram = settings.telegram
    if not telegram.token.get_secret_value():
        return None
    from adapters.telegram import Telegram  # with its library: only where it is needed

    return Telegram(
        host,
        token=telegram.token.get_secret_value(),
        api_url=telegram.api_url,
        webhook_url=telegram.webhook_url,
        webhook_secret=telegram.webhook_secret.get_secret_value(),
        cache_chat=str(telegram.cache_chat or ""),
    )


def _discord(settings: Settings, host: Host) -> Platform | None:
    discord = settings.discord
    if not discord.token.get_secret_value():
        return None
    from adapters.discord import Discord  # with its library: only where it is needed

    return Discord(
        host,
        token=discord.token.get_secret_value(),
        api_url=discord.api_url,
        gateway_url=discord.gateway_url,
        public_key=discord.public_key,
        shards=discord.shards,
    )


async def _features(
    settings: Settings,
    storage: Storage,
    services: Services,
    platforms: dict[str, Platform],
    painting: Painting,
    access: Access,
) -> tuple[Answering, Router]:
    choices = Choices(storage.options, model=settings.chat.model, system_prompt=settings.chat.system_prompt)
    answering = Answering(
        conversations=storage.conversations,
        choices=choices,
        model=services.chat,
        files=storage.files,
        platforms=platforms,
        fetch=services.outside.fetch,
        context_tokens=settings.chat.context_tokens,
        parameters=settings.chat.parameters,
        salt=await _salt(storage),
        wishes=painting.wishes,
    )
    threads = Threads(choices)
    talk = Talk(
        conversations=storage.conversations,
        answering=answering,
        model=services.chat,
        files=storage.files,
        transcriber=services.transcriber,
        threads=threads,
        wishes=painting.wishes,
        is_admin=access.is_admin,
    )
    proposals = Proposals(conversations=storage.conversations, answering=answering, wishes=painting.wishes)
    models = Models(choices, services.chat)
    admin = Admin(access)
    commands: list[Command] = []
    helping = Help(commands, access.is_admin)
    commands += [
        *painting.commands,
        Command("new", N_("Start afresh: I forget what was said here."), talk.new, aliases=("新对话",)),
        Command("undo", N_("Take back the last question and its answer."), talk.undo, aliases=("撤回",)),
        Command("retry", N_("Answer the last question once more."), talk.retry, aliases=("重试",)),
        Command("stop", N_("Stop the answer that is being written."), talk.stop, aliases=("停止",)),
        Command(
            "model",
            N_("Show the models, or choose one."),
            models.choose,
            "/model gpt-4o-mini",
            aliases=("模型",),
        ),
        Command(
            "system",
            N_("Show or change how I behave here."),
            SystemPrompts(choices).choose,
            "/system You are a pirate.",
            aliases=("设定",),
        ),
        Command("history", N_("Show what I remember here."), talk.history, "/history 20", aliases=("历史",)),
        Command("export", N_("The whole conversation as a file."), talk.export, aliases=("导出",)),
        Command(
            "threads",
            N_("Answer each question here in a thread of its own, or not."),
            threads.choose,
            "/threads on",
            aliases=("子区",),
            where=lambda limits: limits.threads,
        ),
        Command("help", N_("What I can do."), helping.show, "/help imagine", aliases=("帮助",)),
        Command("start", N_("Begin, or come in with an invitation."), helping.start, aliases=("开始",)),
        Command("allow", N_("Let a person or a group in."), admin.allow, aliases=("允许",), admins=True),
        Command(
            "deny", N_("Let a person or a group in no longer."), admin.deny, aliases=("拒绝",), admins=True
        ),
        Command(
            "invite",
            N_("Make a code that lets people in."),
            admin.invite,
            "/invite 3",
            aliases=("邀请",),
            admins=True,
        ),
    ]
    router = Router(
        access=access,
        hear=talk.hear,
        commands=commands,
        presses={"talk": talk.press, "wish": proposals.press, "model": models.press, **painting.presses},
        unknown=unknown,
        withdraw=talk.withdrawn,
        move=storage.move,
    )
    return answering, router


async def _salt(storage: Storage) -> bytes:
    """The secret behind people's pseudonyms, made once."""
    salt = (await storage.options.get("service")).get("salt")
    if salt is None:
        salt = secrets.token_hex(32)
        await storage.options.set("service", "salt", salt)
    return bytes.fromhex(salt)
