"""The command line: run (what happens without a command), check, migrate, backup, restore, allow, sandbox."""

import asyncio
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot import __version__

if TYPE_CHECKING:
    from bot.settings import Settings

T = TypeVar("T")

# What is needed by one command only is imported there: `--help` answers at once, and `run` starts sooner.

CLOSING = 5.0  # seconds to close in order
BOUNCE = 0.5  # seconds in which a second signal is the same one, sent to a whole process group

cli = typer.Typer(
    name="chatelier",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Dialect(StrEnum):
    """How the sandbox speaks the Midjourney API."""

    DIRECT = "direct"
    TRUEAI = "trueai"
    RELAY = "relay"


class Mistake(Exception):
    """Something the operator can put right. The text is one line."""


def main() -> None:
    """Carry out the command line. A mistake of the operator is one line on stderr and exit code 2."""
    try:
        cli()
    except Mistake as mistake:
        line, *_ = str(mistake).splitlines()
        typer.echo(f"chatelier: {line}", err=True)
        sys.exit(2)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chatelier {__version__}")
        raise typer.Exit


@cli.callback(
    invoke_without_command=True,
    help="Talk with any OpenAI-compatible model and paint with Midjourney, in chats, with buttons.\n\n"
    "Without a command it serves, as `run` does. Settings come from the environment, from .env and from "
    "chatelier.toml in the working directory; without any, a built-in sandbox stands in for the gateway.",
)
def entry(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Serve when no command is named."""
    if context.invoked_subcommand is None:
        run()


@cli.command()
def run() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    settings = _settings(serving=True)
    from bot.app import serve

    web = settings.web
    _carry_out(serve(settings, announce=_say), f"WEB_PORT: {web.port}", f"WEB_HOST: {web.host}")


@cli.command()
def check() -> None:
    """Try the gateway, its models, Midjourney and storage; say what is wrong and what to do."""
    settings = _settings()
    from bot.check import check, table

    findings = _carry_out(check(settings))
    if findings is None:
        raise typer.Exit(130)
    table(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@cli.command()
def migrate() -> None:
    """Bring the database to this version. `run` does it, too."""
    settings = _settings()
    from storage import migrate

    _carry_out(migrate(settings.storage.url))
    _say("The database is up to date.")


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write, for instance chatelier.tar.gz.")],
) -> None:
    """Copy database and files into one archive, consistently, also while the service runs."""
    kept = _settings().storage
    from storage import backup

    _carry_out(backup(kept.url, kept.files, str(file)))
    _say(f"Saved to {file}.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `backup` wrote.")],
) -> None:
    """Put an archive back, into a database that is new. It may come from the other kind of database."""
    kept = _settings().storage
    from storage import restore

    _carry_out(restore(str(file), kept.url, kept.files))
    _say(f"Restored from {file}.")


@cli.command()
def allow(
    id: Annotated[str, typer.Argument(help="A person's or a group's, as the bot tells it to strangers.")],
) -> None:
    """Let a person or a group in. While the service runs, an admin's /allow does it."""
    from bot.access import id_of
    from bot.errors import UserError

    settings = _settings()
    try:
        wanted = id_of(id)
    except UserError as error:
        raise Mistake(str(error)) from None
    if _carry_out(_allow(settings, wanted)):
        _say(f"{wanted} may talk to the bot from its next start on.")
    else:
        _say(f"{wanted} may talk to the bot already.")


async def _allow(settings: "Settings", id: str) -> bool:
    from bot.access import Access
    from storage import open_storage

    async with open_storage(settings.storage.url, settings.storage.files) as storage:
        access = Access(options=storage.options, admins=settings.access.admins, allow=settings.access.allow)
        await access.load()
        return await access.allow(id, "the command line")


@cli.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1; 0 takes a free port.")] = 8081,
    dialect: Annotated[Dialect, typer.Option(help="How to speak the Midjourney API.")] = Dialect.RELAY,
    speed: Annotated[float, typer.Option(help="How much faster than life.", min=0.01)] = 1.0,
    key: Annotated[str, typer.Option(help="The only key to accept; any will do without.")] = "",
) -> None:
    """Run the stand-in gateway alone: chat completions and the Midjourney API, for trying any client."""
    _settings(serving=True)
    _carry_out(_sandbox(port, dialect, speed, key), f"--port: {port}")


async def _sandbox(port: int, dialect: Dialect, speed: float, key: str) -> None:
    from bot.sandbox import Sandbox

    async with Sandbox(dialect=dialect.value, speed=speed, port=port, key=key) as running:
        _say(f"The sandbox is ready at {running.url}, for {'that key' if key else 'any key'}.")
        await asyncio.Event().wait()


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


def _settings(*, serving: bool = False) -> "Settings":
    """Read them, set up the logs, and warn of what looks wrong.

    Commands that answer at once are heard from warnings on; only what serves tells how it is getting on.
    """
    import structlog

    from bot.engines import BESIDE, ENGINES
    from bot.logs import set_up_logs
    from bot.settings import secrets
    from bot.sources import WrongSetting, doubts, read_settings

    try:
        settings = read_settings()
    except WrongSetting as wrong:
        raise Mistake(str(wrong)) from None
    painters = [name for name in ENGINES if name not in BESIDE]
    if settings.image.engine not in painters:
        raise Mistake(f"IMAGE_ENGINE: there is no such engine; there is {', '.join(painters)}")
    level = "warning" if settings.log.level == "info" and not serving else settings.log.level
    set_up_logs(level, settings.log.format, secrets(settings))
    for line in doubts(settings):
        structlog.get_logger().warning(line)
    return settings


def _carry_out(work: Coroutine[Any, Any, T], port: str = "", host: str = "") -> T | None:
    """Run it to its end, or until a signal closes it; None then. Mistakes become one line.

    ``port`` and ``host`` say how the operator wrote the address to listen on.
    """
    try:
        return asyncio.run(_closing_in_order(work))
    except (Exception, asyncio.CancelledError) as error:
        for cause in _leaves(error):
            if line := _mistake(cause, port, host):
                raise Mistake(line) from None
        raise


async def _closing_in_order(work: Coroutine[Any, Any, T]) -> T | None:
    """Cancel the work at the first signal. It has some seconds to close; a second signal ends it at once."""
    task = asyncio.current_task()
    assert task
    loop = asyncio.get_running_loop()
    asked = 0.0

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = time.monotonic()
            loop.call_soon_threadsafe(task.cancel)
            _end_anyway_after(CLOSING)
        elif time.monotonic() - asked > BOUNCE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    try:
        return await work
    except asyncio.CancelledError:
        if not asked:
            raise
        return None


def _end_anyway_after(seconds: float) -> None:
    """By a thread, so also when the event loop hangs. What was stored goes on after the next start."""

    def end() -> None:
        sys.stderr.write(f"chatelier: not closed within {seconds:g} s; ended\n")
        sys.stderr.flush()
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [error]


def _mistake(error: BaseException, port: str, host: str) -> str:
    """One line for what the operator can put right; "" for what is our own bug."""
    from storage import CannotOpen

    match error:
        case CannotOpen():
            return str(error)
        case socket.gaierror() if host:
            return f"{host}: is no address of this machine"
        case OSError(errno=errno.EADDRINUSE) if port:
            return f"{port} is in use by another program; choose another one, or 0 for any that is free"
        case OSError(errno=errno.EACCES) if port and not error.filename:
            return f"{port} needs rights that this user does not have; choose one above 1023"
        case OSError(errno=errno.EADDRNOTAVAIL) | OSError(errno=None) if (
            host
        ):  # asyncio's own words from 3.13 on
            return f"{host} is no address of this machine"
        case OSError(filename=str(name)):
            return f"{name}: {error.strerror}"
    return ""


if __name__ == "__main__":
    main()
