"""Methods about the bot itself: its commands, menu button, name and descriptions."""

import re

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.errors import Unfit, bad
from tests.emulators.telegram.methods import common
from tests.emulators.telegram.world import Json, World

MAX_COMMANDS = 100
MAX_DESCRIPTION = 256
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: World, call: Call) -> Json:
    return world.bot.json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": world.inline_mode,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": world.private_topics,
        "allows_users_to_create_topics": world.private_topics,
    }


def set_my_commands(world: World, call: Call) -> bool:
    key = _place(world, call)
    commands = call.nested("commands", list)
    if commands is None:
        raise bad("can't parse commands: array expected")
    if len(commands) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        name = str(one.get("command", "")).removeprefix("/")
        if not _COMMAND.fullmatch(name):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(one.get("description", "")).strip()) <= MAX_DESCRIPTION:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    names = [one["command"] for one in commands]
    if len(set(names)) < len(names):
        raise Unfit("the same command twice")
    world.commands[key] = commands
    world.changes.notify()
    return True


def get_my_commands(world: World, call: Call) -> list[Json]:
    return world.commands.get(_place(world, call), [])


def delete_my_commands(world: World, call: Call) -> bool:
    world.commands.pop(_place(world, call), None)
    return True


def _place(world: World, call: Call) -> tuple[str, int, int, str]:
    scope = call.nested("scope", dict) or {"type": "default"}
    kind = str(scope.get("type"))
    if kind not in _SCOPES:
        raise bad("unsupported type specified")
    if set(scope) - {"type"} != set(_SCOPES[kind]):
        raise bad(f"can't parse BotCommandScope: {kind} with fields {sorted(scope)}")
    chat = common.open_chat(world, scope["chat_id"]).id if "chat_id" in scope else 0
    return kind, chat, int(scope.get("user_id", 0)), _language(call)


def _language(call: Call) -> str:
    language = call.text("language_code")
    if language and not _LANGUAGE.fullmatch(language):
        raise bad("invalid language code specified")
    return language


def set_chat_menu_button(world: World, call: Call) -> bool:
    button = call.nested("menu_button", dict) or {"type": "default"}
    if button.get("type") not in {"commands", "default", "web_app"}:
        raise bad("unsupported menu button type")
    if button["type"] == "web_app":
        if not button.get("text") or not isinstance(button.get("web_app"), dict):
            raise bad("can't parse menu button: text and web_app expected")
        if not str(button["web_app"].get("url", "")).startswith("https://"):
            raise bad("menu button Web App URL is invalid: Only HTTPS links are allowed")
    if call.has("chat_id"):
        chat = common.open_chat(world, call.params["chat_id"])
        if not chat.private:
            raise bad("the menu button can be set for private chats only")
        chat.menu_button = button
    else:
        world.menu_button = button
    world.changes.notify()
    return True


def get_chat_menu_button(world: World, call: Call) -> Json:
    if call.has("chat_id"):
        chat = common.open_chat(world, call.params["chat_id"])
        return chat.menu_button or world.menu_button
    return world.menu_button


def setter(name: str):
    def put(world: World, call: Call) -> bool:
        words = call.text(name)
        if len(words) > _LIMITS[name]:
            raise bad(f"bot {name.replace('_', ' ')} is too long")
        world.profile[name, _language(call)] = words
        return True

    return put


def getter(name: str):
    def get(world: World, call: Call) -> Json:
        default = world.bot.first_name if name == "name" else ""
        language = _language(call)
        return {name: world.profile.get((name, language)) or world.profile.get((name, ""), default)}

    return get
