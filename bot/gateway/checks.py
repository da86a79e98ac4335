"""What `check` finds out about a gateway without paying for anything."""

from collections.abc import Awaitable, Callable
from difflib import get_close_matches

from bot.errors import Kind, ServiceError
from bot.gateway.http import root_of
from bot.gateway.models import Models
from bot.ports import Finding
from bot.texts import _, ngettext


async def findings(
    models: Models, model: str, api: str, ask: Callable[[str], Awaitable[ServiceError | None]]
) -> list[Finding]:
    """Address, key and models, in this order; what hangs on a failed one is not tried.

    ``ask`` makes a request that needs the key and costs nothing, for some gateways list their models to
    anybody.
    """
    address, key, listed = _("Gateway address"), _("Gateway key"), _("Chat models")
    failure: ServiceError | None = None
    try:
        known = await models.fetch()
    except ServiceError as error:
        failure, known = error, ()
    name = model or (known[0].id if known else "gpt-4o-mini")
    asked = failure if failure and not failure.status else await ask(name)
    if asked and _unreachable(asked):
        return [Finding(address, False, f"{root_of(api)}: {asked.reason}", _advice(asked))]
    found = [Finding(address, True, root_of(api))]
    wrong = next((each for each in (failure, asked) if each and each.kind in _KEY_ADVICE), None)
    if wrong:
        found.append(Finding(key, False, wrong.reason, _KEY_ADVICE[wrong.kind]()))
        if failure:
            return found
    else:
        found.append(Finding(key, True, _("accepted")))
    if failure:
        advice = _("Set CHAT_MODEL to the name of a model that the gateway has.")
        found.append(Finding(listed, bool(model), failure.reason, advice))
        return found
    names = [each.id for each in known if each.kind.chats]
    detail = ngettext("{number} model", "{number} models", len(names)).format(number=len(names))
    if not names:
        advice = _("The key's group has no chat models; ask your provider which group has them.")
        found.append(Finding(listed, False, detail, advice))
    elif model and model not in {each.id for each in known}:
        near = get_close_matches(model, names, 3, 0.4) or names[:3]
        advice = _("Set CHAT_MODEL to one of the gateway's models, such as {names}.").format(
            names=", ".join(near)
        )
        missing = _("{model} is not among them").format(model=model)
        found.append(Finding(listed, False, f"{detail}; {missing}", advice))
    else:
        found.append(Finding(listed, True, f"{detail}; {model or await models.first()}"))
    return found


def _unreachable(error: ServiceError) -> bool:
    """Whether there is no API at all: no connection, a web page, no such path."""
    return not error.status or (
        error.kind is Kind.SETUP and (error.status < 400 or error.status in (404, 405, 501))
    )


def _advice(error: ServiceError) -> str:
    if error.status:
        return _("Set GATEWAY_URL to the address that your provider gives for OpenAI clients.")
    return _("Check GATEWAY_URL, and whether this machine can reach it.")


_KEY_ADVICE: dict[Kind, Callable[[], str]] = {
    Kind.KEY: lambda: _(
        "The key is wrong, expired or missing: set GATEWAY_KEY to the one your provider gave you."
    ),
    Kind.QUOTA: lambda: _("The balance of this key is used up: top it up with your provider."),
    Kind.FORBIDDEN: lambda: _("The key may not be used like this: look at its rights with your provider."),
}
