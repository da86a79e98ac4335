"""Methods by which updates and files come to the bot."""

import ipaddress
import re
from urllib.parse import urlsplit

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.files import MAX_DOWNLOAD
from tests.emulators.telegram.world import Json, World

MAX_POLL = 50  # seconds
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


async def get_updates(world: World, call: Call) -> list[Json]:
    _allow(world, call)
    limit = min(max(call.number("limit", 100), 1), 100)
    timeout = min(max(call.number("timeout"), 0), MAX_POLL)
    return await world.updates.get(call.number("offset"), limit, timeout)


def _allow(world: World, call: Call) -> None:
    """Left out: as before."""
    kinds = call.nested("allowed_updates", list)
    if kinds is not None:
        world.updates.allow([str(kind) for kind in kinds])


def set_webhook(world: World, call: Call) -> bool:
    url = call.text("url")
    if not url:
        return delete_webhook(world, call)
    _check_url(url)
    secret = call.text("secret_token")
    if call.has("secret_token") and not _SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    connections = call.number("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad("invalid max_connections specified")
    _allow(world, call)
    if call.flag("drop_pending_updates"):
        world.updates.forget()
    world.updates.interrupt("terminated by setWebhook request")
    world.webhook.point(url, secret, connections)
    return True


def _check_url(url: str) -> None:
    """HTTPS, or plain HTTP to this machine, as a server of one's own allows."""
    parts = urlsplit(url)
    try:
        loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = parts.hostname == "localhost"
    if parts.scheme == "http" and loopback:
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if not parts.hostname or "." not in parts.hostname:
        raise bad("bad webhook: Failed to resolve host: Name or service not known")
    if (parts.port or 443) not in {443, 80, 88, 8443}:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def delete_webhook(world: World, call: Call) -> bool:
    if call.flag("drop_pending_updates"):
        world.updates.forget()
    world.webhook.remove()
    return True


def get_webhook_info(world: World, call: Call) -> Json:
    hook = world.webhook
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.waiting),
    }
    if hook.url:
        info["max_connections"] = hook.connections
    if hook.last_error:
        info |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error}
    if world.updates.allowed is not None:
        info["allowed_updates"] = sorted(world.updates.allowed)
    return info


def get_file(world: World, call: Call) -> Json:
    file = world.files.get(call.text("file_id"))
    if file is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if file.size > MAX_DOWNLOAD and not world.local:
        raise bad("file is too big")
    path = file.path
    if world.local:  # such a server tells where the file lies on its own disk
        place = world.disk() / file.path.replace("/", "-")
        place.write_bytes(file.content())
        path = str(place)
    found = {"file_id": file.id, "file_unique_id": file.unique}
    return found | {"file_size": file.size, "file_path": path}


def log_out(world: World, call: Call) -> bool:
    world.logged_out = True
    return True


def close(world: World, call: Call) -> bool:
    return True
