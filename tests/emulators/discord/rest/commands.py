"""Commands of the application, everywhere or in one server."""

import re
from copy import deepcopy
from typing import Any

from tests.emulators.discord.errors import Problems, refusal
from tests.emulators.discord.rest.call import Call, Routes
from tests.emulators.discord.shapes import LOCALES
from tests.emulators.discord.things import Json, Sync
from tests.emulators.discord.world import World

CHAT, USER, MESSAGE = 1, 2, 3
MOST = {CHAT: 100, USER: 5, MESSAGE: 5}
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10
A_DAY = 200  # commands that may be new in a day
WORDS = 8000  # characters of a whole command
_NAME = re.compile(r"[-_'\w]{1,32}")


def check(body: Any, way: str, problems: Problems) -> Json:
    """A command as it is kept."""
    if not isinstance(body, dict):
        problems.add(way or "_", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return {}
    command: Json = {"type": CHAT, "description": "", "options": []} | deepcopy(body)
    kind = command["type"]
    at = f"{way}." if way else ""
    _named(command, at, problems, chat=kind == CHAT)
    if kind == CHAT:
        _described(command, at, problems)
        _options(command.get("options") or [], f"{at}options", problems, depth=0)
        words = _words(command)
        if words > WORDS:
            code = "APPLICATION_COMMAND_TOO_LARGE"
            problems.add(f"{at}options", code, f"Command exceeds maximum size ({WORDS})")
    elif command.get("description"):
        problems.add(f"{at}description", "APPLICATION_COMMAND_DESCRIPTION_FORBIDDEN", "Must be empty")
    for name in ("contexts", "integration_types"):
        most = 2 if name == "contexts" else 1
        for place, value in enumerate(command.get(name) or ()):
            problems.number(f"{at}{name}.{place}", value, 0, most)
    return command


def _named(one: Json, at: str, problems: Problems, *, chat: bool) -> None:
    for way, name in [
        (f"{at}name", one.get("name")),
        *((f"{at}name_localizations.{n}", v) for n, v in (one.get("name_localizations") or {}).items()),
    ]:
        name = problems.text(way, name, 32, 1)
        if chat and name and (not _NAME.fullmatch(name) or name != name.lower()):
            words = "Command name is invalid"
            problems.add(way, "APPLICATION_COMMAND_INVALID_NAME", words)
    _locales(one, "name_localizations", at, problems)


def _described(one: Json, at: str, problems: Problems) -> None:
    problems.text(f"{at}description", one.get("description"), 100, 1)
    for name, words in (one.get("description_localizations") or {}).items():
        problems.text(f"{at}description_localizations.{name}", words, 100, 1)
    _locales(one, "description_localizations", at, problems)


def _locales(one: Json, name: str, at: str, problems: Problems) -> None:
    for locale in one.get(name) or {}:
        if locale not in LOCALES:
            problems.add(f"{at}{name}.{locale}", "BASE_TYPE_CHOICES", f"{locale!r} is no locale of ours")


def _options(options: list[Json], way: str, problems: Problems, *, depth: int) -> None:
    options = problems.listed(way, options, 25)
    names: set[str] = set()
    optional = False
    for place, one in enumerate(options):
        at = f"{way}.{place}."
        _named(one, at, problems, chat=True)
        _described(one, at, problems)
        if one.get("name") in names:
            words = "Option name is not unique"
            problems.add(f"{at}name", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", words)
        names.add(one.get("name", ""))
        if one.get("type") in {SUBCOMMAND, GROUP}:
            if depth + one["type"] > 2 and depth:
                problems.add(
                    f"{at}type",
                    "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                    "Sub-command option type too deep",
                )
            _options(one.get("options") or [], f"{at}options", problems, depth=depth + 1)
            continue
        problems.number(f"{at}type", one.get("type"), 3, 11)
        if one.get("required") and optional:
            words = "Required options must be placed before non-required options"
            problems.add(f"{at}required", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        optional = optional or not one.get("required")
        _choices(one, at, problems)


def _choices(one: Json, at: str, problems: Problems) -> None:
    choices = problems.listed(f"{at}choices", one.get("choices") or [], 25)
    if choices and one.get("autocomplete"):
        words = "Choices and autocomplete cannot be used together"
        problems.add(f"{at}autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", words)
    for place, choice in enumerate(choices):
        way = f"{at}choices.{place}"
        problems.text(f"{way}.name", choice.get("name"), 100, 1)
        if one.get("type") == STRING:
            problems.text(f"{way}.value", choice.get("value"), 100)
        for locale, words in (choice.get("name_localizations") or {}).items():
            problems.text(f"{way}.name_localizations.{locale}", words, 100, 1)


def _words(one: Json) -> int:
    """Name, description and values, with all that is inside; of each the longest translation."""
    total = 0
    for name in ("name", "description"):
        told = [one.get(name) or "", *(one.get(f"{name}_localizations") or {}).values()]
        total += max(len(str(words)) for words in told)
    total += len(one["value"]) if isinstance(one.get("value"), str) else 0
    return total + sum(_words(each) for name in ("options", "choices") for each in one.get(name) or ())


def _store(world: World, guild: int, bodies: list[Json]) -> tuple[dict[int, Json], int]:
    """The commands with their ids: known names keep theirs."""
    known = {(one["type"], one["name"]): one for one in world.commands.setdefault(guild, {}).values()}
    found: dict[int, Json] = {}
    made = 0
    for body in bodies:
        old = known.get((body["type"], body["name"]))
        number = int(old["id"]) if old else world.next_id()
        made += old is None
        fixed: Json = {
            "id": str(number),
            "application_id": str(world.application),
            "version": str(world.next_id()),
            "default_member_permissions": None,
            "nsfw": False,
            "dm_permission": True,
            "contexts": None,
            "integration_types": [0],
            "name_localizations": None,
            "description_localizations": None,
        }
        fixed |= {"guild_id": str(guild)} if guild else {}
        given = {name: value for name, value in body.items() if name not in {"id", "application_id"}}
        given["integration_types"] = given.get("integration_types") or [0]
        if given.get("default_member_permissions") is not None:
            given["default_member_permissions"] = str(given["default_member_permissions"])
        found[number] = fixed | given
    return found, made


def _spend(world: World, made: int) -> None:
    now = world.clock.now()
    world.commands_made = [at for at in world.commands_made if at > now - 86_400]
    if len(world.commands_made) + made > A_DAY:
        raise refusal(30034, retry_after=86_400.0, **{"global": False})
    world.commands_made += [now] * made


def _guild(world: World, call: Call) -> int:
    if call.args["application"] != str(world.application):
        raise refusal(50001)
    return world.guild(call.args["guild"]).id if "guild" in call.args else 0


def sync(world: World, call: Call) -> Any:
    """Put all commands at once: those that are missing are deleted."""
    guild = _guild(world, call)
    problems = Problems()
    bodies = [check(one, str(place), problems) for place, one in enumerate(call.body or [])]
    for kind, most in MOST.items():
        if sum(1 for one in bodies if one.get("type") == kind) > most:
            problems.add(
                "_", "APPLICATION_COMMAND_LIMIT", f"Maximum number of application commands reached ({most})."
            )
    names = [(one.get("type"), one.get("name")) for one in bodies]
    for place, name in enumerate(names):
        if name in names[:place]:
            words = "Application command names must be unique"
            problems.add(f"{place}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
    problems.check()
    commands, made = _store(world, guild, bodies)
    _spend(world, made)
    world.commands[guild] = commands
    world.syncs.append(Sync(guild, list(commands.values()), made))
    return list(commands.values())


def list_commands(world: World, call: Call) -> Any:
    found = world.commands.get(_guild(world, call), {}).values()
    if call.query.get("with_localizations", "").lower() in {"1", "true"}:
        return list(found)
    hidden = {"name_localizations", "description_localizations"}
    return [{name: value for name, value in one.items() if name not in hidden} for one in found]


def upsert(world: World, call: Call) -> Any:
    guild = _guild(world, call)
    problems = Problems()
    body = check(call.body, "", problems)
    problems.check()
    commands, made = _store(world, guild, [body])
    _spend(world, made)
    world.commands[guild] |= commands
    return next(iter(commands.values()))


def get_command(world: World, call: Call) -> Any:
    return _find(world, call)


def edit_command(world: World, call: Call) -> Any:
    found = _find(world, call)
    problems = Problems()
    body = check(found | call.json, "", problems)
    problems.check()
    found |= body | {"version": str(world.next_id())}
    return found


def delete_command(world: World, call: Call) -> None:
    guild = _guild(world, call)
    world.commands[guild].pop(int(_find(world, call)["id"]))


def _find(world: World, call: Call) -> Json:
    found = world.commands.get(_guild(world, call), {}).get(int(call.args["command"]))
    if found is None:
        raise refusal(10063)
    return found


ROUTES: Routes = {}
for _base in ("/applications/{application}/commands", "/applications/{application}/guilds/{guild}/commands"):
    ROUTES |= {
        ("PUT", _base): sync,
        ("GET", _base): list_commands,
        ("POST", _base): upsert,
        ("GET", f"{_base}/{{command}}"): get_command,
        ("PATCH", f"{_base}/{{command}}"): edit_command,
        ("DELETE", f"{_base}/{{command}}"): delete_command,
    }
