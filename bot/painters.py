"""Who paints: engines and their models, by the names that people say."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import structlog

from bot.errors import ServiceError, UserError
from bot.ports import ImageEngine
from bot.texts import _

log = structlog.get_logger()

SHOWN = 5  # names in a sentence


async def offers(engines: Mapping[str, ImageEngine]) -> dict[str, Sequence[str]]:
    """The engines whose service is there, each with the models to choose from."""
    found: dict[str, Sequence[str]] = {}
    for name, engine in engines.items():
        try:
            if await engine.offered():
                found[name] = await engine.models()
        except ServiceError as error:
            log.warning("cannot ask what an engine offers", engine=name, error=str(error))
            found[name] = ()
    return found


def painter(name: str, offered: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """The engine and its model ("" leaves that to the engine) which somebody means by a name.

    It is an engine's (``midjourney``), a model's (``dall-e-3``, or just ``dalle3``), or both with a colon
    between them, where a model that nobody lists is taken at its word. UserError for any other.
    """
    engine, colon, model = name.partition(":")
    for each, models in offered.items():
        if colon and _plain(each) == _plain(engine):
            return each, next((one for one in models if _plain(one) == _plain(model)), model.strip())
    for each in offered:
        if _plain(each) == _plain(name):
            return each, ""
    for each, models in offered.items():
        for one in models:
            if _plain(one) == _plain(name):
                return each, one
    known = [*offered, *(one for models in offered.values() for one in models)]
    near = get_close_matches(name.lower(), known, SHOWN, 0.5) or known[:SHOWN]
    raise UserError(
        _("Nobody here paints by the name “{name}”; there is {names}.").format(
            name=name.strip(), names=", ".join(near)
        )
    )


def _plain(name: str) -> str:
    """Letters and digits alone, so that dall-e-3 is DALL·E 3."""
    return re.sub(r"[\W_]", "", name.casefold()) or name
