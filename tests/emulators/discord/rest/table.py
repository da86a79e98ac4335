"""All requests that the server knows."""

from urllib.parse import unquote

from tests.emulators.discord.rest import channels, commands, guilds, interactions, messages, reactions
from tests.emulators.discord.rest.call import Handler, Routes

ROUTES: Routes = (
    messages.ROUTES
    | reactions.ROUTES
    | channels.ROUTES
    | guilds.ROUTES
    | commands.ROUTES
    | interactions.ROUTES
)
_BY_SHAPE: dict[tuple[str, int], list[tuple[list[str], str, Handler]]] = {}
for (_verb, _template), _handler in ROUTES.items():
    _steps = _template.strip("/").split("/")
    _BY_SHAPE.setdefault((_verb, len(_steps)), []).append((_steps, _template, _handler))
for _rows in _BY_SHAPE.values():  # words before names
    _rows.sort(key=lambda row: sum(step.startswith("{") for step in row[0]))


def find(verb: str, path: str) -> tuple[str, Handler, dict[str, str]] | None:
    """Template, handler and arguments of a path; None for one that is not known."""
    steps = [unquote(step) for step in path.strip("/").split("/")]
    for pattern, template, handler in _BY_SHAPE.get((verb, len(steps)), ()):
        args: dict[str, str] = {}
        for wanted, step in zip(pattern, steps, strict=True):
            if wanted.startswith("{"):
                args[wanted[1:-1]] = step
            elif wanted != step:
                break
        else:
            return template, handler, args
    return None
