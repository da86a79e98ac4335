"""The bot's answers to interactions: the first one, and what follows while the token lives."""

from tests.emulators.discord import forms, messages, modals, permissions, posting
from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.errors import Problems, refusal, wrong
from tests.emulators.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    MOST_FOLLOWUPS,
    Interaction,
    metadata,
)
from tests.emulators.discord.things import EPHEMERAL, LOADING, SILENT, V2, Json, Message
from tests.emulators.discord.world import World

SAY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, FORM = 4, 5, 6, 7, 8, 9
FITTING = {
    COMMAND: {SAY, DEFER, FORM},
    COMPONENT: {SAY, DEFER, DEFER_UPDATE, UPDATE, FORM},
    AUTOCOMPLETE: {CHOICES},
    MODAL: {SAY, DEFER, DEFER_UPDATE, UPDATE},
}


def respond(one: Interaction, body: Json, uploads: dict[int, Upload]) -> Json:
    """The first answer; what the bot is told of it."""
    world = one.world
    if one.responded:
        raise refusal(40060)
    if one.late:
        raise refusal(10062)
    kind = body.get("type")
    data: Json = body.get("data") or {}
    fitting = FITTING[one.kind] - (set() if one.source else {DEFER_UPDATE, UPDATE})
    if kind not in fitting:
        raise wrong("type", "BASE_TYPE_CHOICES", f'Value of field "type" must be one of {sorted(fitting)}.')
    shown: Message | None = None
    match kind:
        case 4:
            form = forms.read(data, uploads, limit=limit(one))
            shown = one.original = _post(one, form)
            one.response = "message"
        case 5:
            flags = int(data.get("flags") or 0) & (EPHEMERAL | SILENT | V2)
            one.original = _post(one, forms.Form(flags=flags | LOADING))
            one.response = "deferred"
        case 6:
            one.original, one.response = one.source, "deferred_update"
        case 7:
            assert one.source is not None
            if one.source.gone:
                raise refusal(10008)
            form = forms.read(data, uploads, limit=limit(one), old=one.source)
            posting.change(world, one.source, form)
            shown = one.original = one.source
            one.response = "update"
        case 8:
            one.choices = _choices(data.get("choices"))
            one.response = "choices"
        case 9:
            one.modal = modals.read(data)
            one.response = "modal"
    one.responded = world.clock.now()
    world.changes.notify()
    return _receipt(one, kind, shown)


def _receipt(one: Interaction, kind: int, shown: Message | None) -> Json:
    about: Json = {"id": str(one.id), "type": one.kind}
    if kind in {SAY, DEFER} and one.original is not None:
        about |= {
            "response_message_id": str(one.original.id),
            "response_message_loading": one.original.loading,
            "response_message_ephemeral": bool(one.original.secret_to),
        }
    receipt: Json = {"interaction": about}
    if shown is not None:
        receipt["resource"] = {"type": kind, "message": messages.message(one.world, shown)}
    return receipt


def _choices(value: object) -> list[Json]:
    problems = Problems()
    choices = problems.listed("data.choices", value, 25)
    for place, choice in enumerate(choices):
        problems.text(f"data.choices.{place}.name", choice.get("name"), 100, 1)
        if isinstance(choice.get("value"), str):
            problems.text(f"data.choices.{place}.value", choice["value"], 100, 1)
        elif choice.get("value") is None:
            problems.add(f"data.choices.{place}.value", "BASE_TYPE_REQUIRED", "This field is required")
    problems.check()
    return list(choices)


def limit(one: Interaction) -> int:
    """Bytes of a file in an answer."""
    guild = one.channel.guild
    return max(one.user.upload_limit, guild.upload_limit if guild else 0)


def _post(one: Interaction, form: forms.Form, *, follows: bool = False) -> Message:
    flags = form.flags or 0
    if _hushed(one):
        flags |= EPHEMERAL
    form.flags = flags
    kind, reference = 0, None
    if follows and one.original is not None:
        kind, reference = 19, one.original
    elif one.source is not None:
        kind, reference = 19, one.source
    elif one.kind == COMMAND:
        kind = 20 if one.data.get("type", 1) == 1 else 23
    more: Json = {"kind": kind, "interaction": metadata(one, one.original if follows else None)}
    if reference is not None:
        more["reference"] = {
            "type": 0,
            "channel_id": str(reference.channel.id),
            "message_id": str(reference.id),
        } | ({"guild_id": str(one.channel.guild.id)} if one.channel.guild else {})
    if flags & EPHEMERAL:
        more["secret_to"] = one.user.id
    return posting.create(one.world, one.channel, one.world.bot, form, **more)


def _hushed(one: Interaction) -> bool:
    """Where people may not use applications of their own, everything is for them alone."""
    if not one.by_user or one.channel.guild is None:
        return False
    held = permissions.in_channel(one.channel, one.user.id)
    return not held & permissions.BITS["use_external_apps"]


def by_token(world: World, application: str, token: str) -> Interaction:
    """The interaction whose token that is, while it works."""
    one: Interaction | None = world.tokens.get(token)
    if one is None or application != str(world.application):
        raise refusal(10015)
    if one.expired:
        raise refusal(50027)
    if not one.responded:
        raise refusal(10015)
    return one


def follow(one: Interaction, body: Json, uploads: dict[int, Upload]) -> Message:
    """Say something more. After a deferral this fills in the first answer, as visible as that was."""
    if one.original is not None and one.original.loading and not one.original.gone:
        return edit(one, one.original, body, uploads)
    form = forms.read(body, uploads, limit=limit(one))
    if one.by_user and len(one.followups) >= MOST_FOLLOWUPS:
        raise refusal(40094)
    message = _post(one, form, follows=True)
    one.followups.append(message)
    return message


def edit(one: Interaction, message: Message, body: Json, uploads: dict[int, Upload]) -> Message:
    posting.change(one.world, message, forms.read(body, uploads, limit=limit(one), old=message))
    return message


def find(one: Interaction, name: str) -> Message:
    """``@original`` or the id of a message that came of it."""
    if name == "@original":
        found = one.original
    else:
        own = [*one.followups, *([one.original] if one.original else [])]
        found = next((each for each in own if str(each.id) == name), None)
    if found is None or found.gone:
        raise refusal(10008)
    return found
