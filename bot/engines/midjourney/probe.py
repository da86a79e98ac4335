"""What `check` tries: endpoints are recognised by their errors, and nothing that costs is submitted."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.engines.midjourney.answers import error_in
from bot.engines.midjourney.orders import PATHS
from bot.engines.midjourney.polling import LIST
from bot.engines.midjourney.tasks import rows_in
from bot.engines.midjourney.values import mapping, text
from bot.engines.midjourney.wire import Answer, Wire
from bot.errors import Kind, ServiceError
from bot.jobs import Mode
from bot.ports import Finding
from bot.texts import _

# Orders of nothing: refused by whoever has the endpoint.
EMPTY: Mapping[str, Mapping[str, Any]] = {
    "imagine": {"prompt": "", "base64Array": []},
    "blend": {"base64Array": []},
    "describe": {"base64": ""},
    "shorten": {"prompt": ""},
    "swap": {"sourceBase64": "", "targetBase64": ""},
    "edit": {"prompt": "", "image": ""},
    "video": {"prompt": "", "image": ""},
}
NOBODY = "0000000000000000"  # a task that nobody has


async def probe(wire: Wire, mode: Mode) -> Sequence[Finding]:
    """One line for each thing that painting needs; after one that says why nothing can work, no more."""
    what = _("Midjourney")
    try:
        # An empty prompt is refused everywhere, after the key and the model have been looked at.
        imagine = await wire.post(PATHS["imagine"], EMPTY["imagine"], mode)
        fetched = await wire.get(f"task/{NOBODY}/fetch", mode)
        listed = await wire.post(LIST, {"ids": []}, mode)
        action = await wire.post("submit/action", {"taskId": "", "customId": ""}, mode)
        change = await wire.post("submit/change", {"taskId": "", "action": "", "index": 1}, mode)
        modal = await wire.post("submit/modal", {"taskId": "", "prompt": ""}, mode)
        marks = await wire.get("task/list")
        missing = [
            verb
            for verb, path in PATHS.items()
            if verb != "imagine" and (await wire.post(path, EMPTY[verb], mode)).unrouted
        ]
        seeds = await wire.get(f"task/{NOBODY}/image-seed", mode)
    except ServiceError as error:
        advice = _("Look at the address (MIDJOURNEY_URL or GATEWAY_URL) and at the network.")
        return [Finding(what, False, f"{wire.root}: {error.reason}", advice)]
    hopeless = _hopeless(imagine) or _hopeless(fetched)
    if hopeless:
        return [Finding(what, False, *hopeless)]
    findings = [
        Finding(what, True, f"{wire.root} ({_dialect(imagine, action, change)})"),
        _imagine(imagine),
        _progress(fetched, listed),
        _buttons(action, change),
        _routed(_("Forms (custom zoom, remix)"), modal),
        _lookup(marks),
        _verbs([*missing, *(["seed"] if seeds.unrouted else [])]),
    ]
    if mode and not wire.has_path(mode):
        said = _("There is no path for {mode} here; the prompt will say it instead.").format(mode=mode.value)
        findings.append(Finding(_("Speed"), True, said))
    return findings


def _dialect(imagine: Answer, action: Answer, change: Answer) -> str:
    """Who answers, by the shape of its errors and by what it routes."""
    data = mapping(imagine.data)
    kind = text(data.get("type")) or text(mapping(data.get("error")).get("type"))
    if kind.startswith("one_hub"):
        return "one-hub"
    if kind in ("upstream_error", "new_api_error", "new_api_panic", "one_api_error"):
        return "new-api"
    if action.unrouted:
        return "midjourney-proxy"
    return "trueai" if change.unrouted else "midjourney-proxy-plus"


def _hopeless(answer: Answer) -> tuple[str, str] | None:
    """Why nothing can work, and what to do about it."""
    error = error_in(answer, paid=False)
    reason = error.reason or f"HTTP {error.status}"
    if error.kind is Kind.KEY:
        return reason, _("The key is not accepted: set MIDJOURNEY_KEY (or GATEWAY_KEY), or MIDJOURNEY_AUTH.")
    if error.kind is Kind.QUOTA:
        return reason, _("The balance is used up.")
    if error.kind is Kind.FORBIDDEN and "令牌无权访问模型" in error.reason:
        # new-api looks at the list of models even where a request names none.
        return reason, _("Use a key that is not restricted to some models: this one cannot ask for results.")
    if error.kind is Kind.FORBIDDEN:
        return reason, _("The gateway does not allow this to the key.")
    if error.kind is Kind.SETUP:
        return reason, _("There is no Midjourney API at this address; leave /mj and all behind it away.")
    return None


def _imagine(answer: Answer) -> Finding:
    error = error_in(answer, paid=False)
    ok = error.kind in (Kind.REQUEST, Kind.PARAMETER)
    advice = "" if ok else _("The API is there, but would not paint now; try again later.")
    if error.kind is Kind.MODEL:
        advice = _("The key's group has no channel for {model}.").format(model=error.detail or "mj_imagine")
    return Finding(_("Imagine"), ok, "" if ok else error.reason or f"HTTP {error.status}", advice)


def _progress(fetched: Answer, listed: Answer) -> Finding:
    what = _("Progress")
    if not listed.unrouted and listed.status < 300 and listed.has_json and rows_in(listed.data) is not None:
        return Finding(what, True, _("asked in batches"))
    error = error_in(fetched, paid=False)
    missing = 200 <= fetched.status < 300 or error.kind is Kind.GONE
    if missing:
        return Finding(what, True, _("asked one by one"))
    return Finding(what, False, error.reason or f"HTTP {error.status}", _("Results cannot be asked for."))


def _buttons(action: Answer, change: Answer) -> Finding:
    what = _("Buttons")
    if not action.unrouted:
        return Finding(what, True, _("the service's own"))
    if not change.unrouted:
        return Finding(what, True, _("U, V and reroll"))
    return Finding(what, False, "", _("Pictures can be painted, but not upscaled or varied."))


def _routed(what: str, answer: Answer) -> Finding:
    return Finding(what, True, _("not offered here") if answer.unrouted else "")


def _verbs(missing: Sequence[str]) -> Finding:
    what = _("Other commands")
    if not missing:
        return Finding(what, True)
    return Finding(
        what, True, _("not offered here: {verbs}").format(verbs=", ".join(f"/{each}" for each in missing))
    )


def _lookup(answer: Answer) -> Finding:
    can = answer.status < 300 and answer.has_json and rows_in(answer.data) is not None
    said = "" if can else _("not offered here: an order whose outcome is unknown is told to people")
    return Finding(_("Looking up orders"), True, said)
