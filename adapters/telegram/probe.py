"""Trying out the token and the address, for `check`."""

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import User

from adapters.telegram.line import OFFICIAL, Line
from adapters.telegram.pace import Pace
from adapters.telegram.updates import address_of
from bot.errors import Kind, ServiceError
from bot.ports import Finding

WHAT = "Telegram"


async def probe(*, token: str, api_url: str = OFFICIAL, webhook_url: str = "") -> Sequence[Finding]:
    """Ask who we are and how updates come. Changes nothing, and disturbs no copy that is running."""
    line = Line(token, api_url, Pace())
    try:
        me = User.de_json(await line.once("getMe", {}, early=True), None)
        hook = await line.once("getWebhookInfo", {}, early=True)
    except ServiceError as error:
        wrong = error.kind is Kind.KEY or error.status == 404
        advice = "Copy TELEGRAM_TOKEN again from @BotFather." if wrong else "Is TELEGRAM_API_URL reachable?"
        return [Finding(WHAT, False, str(error), advice)]
    finally:
        await line.close()
    return [Finding(WHAT, True, f"@{me.username}"), _groups(me), _inline(me), _updates(hook, webhook_url)]


def _groups(me: User) -> Finding:
    if me.can_read_all_group_messages:
        return Finding(f"{WHAT}: groups", True, "sees every message")
    detail = "privacy mode: sees commands, replies and perhaps mentions"
    advice = "To see all of a group, send /setprivacy to @BotFather and add the bot anew."
    return Finding(f"{WHAT}: groups", True, detail, advice)


def _inline(me: User) -> Finding:
    if me.supports_inline_queries:
        return Finding(f"{WHAT}: inline mode", True, "on")
    advice = "For @bot in any chat, send /setinline and then /setinlinefeedback to @BotFather."
    return Finding(f"{WHAT}: inline mode", True, "off", advice)


def _updates(hook: Mapping[str, Any], webhook_url: str) -> Finding:
    what, found, wanted = f"{WHAT}: updates", hook.get("url") or "", address_of(webhook_url)
    if not wanted:
        return Finding(what, True, "a webhook is set; it is removed at the start" if found else "polling")
    if found != wanted:
        return Finding(what, True, f"the webhook is set at the start: {wanted}")
    if trouble := hook.get("last_error_message"):
        advice = "Telegram must be able to reach TELEGRAM_WEBHOOK_URL from outside, by HTTPS."
        return Finding(what, False, f"webhook {found}: {trouble}", advice)
    return Finding(what, True, f"webhook {found}")
