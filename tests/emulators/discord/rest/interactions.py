"""Answers to interactions."""

from typing import Any

from tests.emulators.discord import answering, messages, posting
from tests.emulators.discord.errors import ApiError, refusal
from tests.emulators.discord.rest.call import Call, Routes
from tests.emulators.discord.world import World


def respond(world: World, call: Call) -> Any:
    number = call.args["interaction"]
    one = world.interactions.get(int(number)) if number.isdigit() else None
    if one is None or one.token != call.args["token"]:
        raise refusal(10062)
    try:
        receipt = answering.respond(one, call.json, call.uploads)
    except ApiError as error:
        one.refused.append((error.status, error.code))
        raise
    return receipt if call.query.get("with_response", "").lower() in {"1", "true"} else None


def follow(world: World, call: Call) -> Any:
    one = answering.by_token(world, call.args["application"], call.args["token"])
    return messages.message(world, answering.follow(one, call.json, call.uploads))


def get_response(world: World, call: Call) -> Any:
    one = answering.by_token(world, call.args["application"], call.args["token"])
    return messages.message(world, answering.find(one, call.args["message"]))


def edit_response(world: World, call: Call) -> Any:
    one = answering.by_token(world, call.args["application"], call.args["token"])
    found = answering.find(one, call.args["message"])
    return messages.message(world, answering.edit(one, found, call.json, call.uploads))


def delete_response(world: World, call: Call) -> None:
    one = answering.by_token(world, call.args["application"], call.args["token"])
    posting.delete(world, answering.find(one, call.args["message"]))


_WEBHOOK = "/webhooks/{application}/{token}"
ROUTES: Routes = {
    ("POST", "/interactions/{interaction}/{token}/callback"): respond,
    ("POST", _WEBHOOK): follow,
    ("GET", f"{_WEBHOOK}/messages/{{message}}"): get_response,
    ("PATCH", f"{_WEBHOOK}/messages/{{message}}"): edit_response,
    ("DELETE", f"{_WEBHOOK}/messages/{{message}}"): delete_response,
}
