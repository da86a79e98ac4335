"""A message as the bot sends or edits it: read, and refused where Discord would."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord.cdn import Upload, tidy
from tests.emulators.discord.components import Layout
from tests.emulators.discord.errors import Problems, refusal
from tests.emulators.discord.mentions import Allowed, allowed
from tests.emulators.discord.things import EPHEMERAL, SILENT, SUPPRESS_EMBEDS, V2, VOICE, Json, Message

MAX_FILES, MAX_CONTENT, MAX_EMBEDS = 10, 2000, 6000
SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | SILENT | VOICE | V2
EDITABLE = SUPPRESS_EMBEDS | V2


@dataclass(frozen=True, slots=True)
class NewFile:
    upload: Upload
    title: str = ""
    duration: float = 0.0
    waveform: str = ""
    spoiler: bool = False


@dataclass(slots=True)
class Form:
    """What the message is to be. In an edit, None says that it stays."""

    content: str | None = None
    embeds: list[Json] | None = None
    components: list[Json] | None = None
    kept: list[int] | None = None  # ids of files that stay
    described: dict[int, str] = field(default_factory=dict)  # and their new descriptions
    files: list[NewFile] = field(default_factory=list)
    flags: int | None = None
    policy: Allowed = field(default_factory=Allowed)
    tts: bool = False
    poll: Json | None = None
    stickers: list[str] = field(default_factory=list)
    reference: Json | None = None
    nonce: str | int | None = None
    enforce_nonce: bool = False


def read(
    body: Json,
    uploads: dict[int, Upload],
    *,
    limit: int,
    old: Message | None = None,
    within: str = "",
    empty_ok: bool = False,
) -> Form:
    """Read a body. ``old``: it edits that message; ``within``: the way to it, in a callback ``data``."""
    problems = Problems()
    form = Form(nonce=body.get("nonce"), enforce_nonce=bool(body.get("enforce_nonce")))
    if any(upload.length > limit for upload in uploads.values()):
        raise refusal(40005)
    if isinstance(form.nonce, str):
        problems.text("nonce", form.nonce, 25)
    if "content" in body:
        content = body["content"]
        form.content = "" if content is None else problems.text("content", content, MAX_CONTENT).strip()
    if "embeds" in body or "embed" in body:
        form.embeds = _embeds(body, problems)
    _files(body, uploads, old, form, problems)
    form.flags = _flags(body, old, problems)
    v2 = bool((form.flags if form.flags is not None else old.flags if old else 0) & V2)
    if "components" in body:
        names = {tidy(new.upload.name) for new in form.files} | {new.upload.name for new in form.files}
        names |= {f"SPOILER_{tidy(new.upload.name)}" for new in form.files if new.spoiler}
        if old is not None:
            stay = {file.id for file in old.files} if form.kept is None else set(form.kept)
            names |= {file.name for file in old.files if file.id in stay}
        form.components = Layout(problems, frozenset(names)).read(body["components"], v2=v2)
    form.policy = allowed(body.get("allowed_mentions"), problems)
    form.tts = bool(body.get("tts"))
    form.poll = deepcopy(body.get("poll")) or None
    form.stickers = [str(one) for one in body.get("sticker_ids") or ()]
    if len(form.stickers) > 3:
        problems.add("sticker_ids", "BASE_TYPE_MAX_LENGTH", "Must be 3 or fewer in length.")
    form.reference = body.get("message_reference")
    _together(form, old, v2, problems)
    problems.check()
    forward = (form.reference or {}).get("type") == 1
    if not (empty_ok or forward) and _empty(form, old):
        raise refusal(50006)
    return form


def _flags(body: Json, old: Message | None, problems: Problems) -> int | None:
    value = body.get("flags")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        problems.add("flags", "NUMBER_TYPE_COERCE", f"Value {value!r:.40} is not int.")
        return None
    if old is None:
        return value & SETTABLE
    if old.flags & V2 and not value & V2:
        words = "The IS_COMPONENTS_V2 flag cannot be removed from a message"
        problems.add("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", words)
    return (old.flags & ~EDITABLE) | (value & EDITABLE)


def _embeds(body: Json, problems: Problems) -> list[Json]:
    value = body["embeds"] if "embeds" in body else [body["embed"]] if body["embed"] else []
    embeds: list[Json] = problems.listed("embeds", [] if value is None else value, 10)
    total = 0
    for place, one in enumerate(embeds):
        way = f"embeds.{place}"
        parts = [("title", one.get("title"), 256), ("description", one.get("description"), 4096)]
        parts.append(("footer.text", (one.get("footer") or {}).get("text"), 2048))
        parts.append(("author.name", (one.get("author") or {}).get("name"), 256))
        for number, each in enumerate(problems.listed(f"{way}.fields", one.get("fields") or [], 25)):
            for name, most in (("name", 256), ("value", 1024)):
                words = problems.text(f"{way}.fields.{number}.{name}", each.get(name), most, 1)
                total += len(words.strip())
        for name, text, most in parts:
            if text is not None:
                total += len(problems.text(f"{way}.{name}", text, most).strip())
        shows = ("title", "description", "image", "thumbnail", "footer", "author", "fields", "video", "url")
        if not any(one.get(name) for name in shows):
            problems.add(f"{way}.description", "BASE_TYPE_REQUIRED", "This field is required")
    if total > MAX_EMBEDS:
        problems.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MAX_EMBEDS}")
    return [{"type": "rich", **one} for one in deepcopy(embeds)]


def _files(
    body: Json, uploads: dict[int, Upload], old: Message | None, form: Form, problems: Problems
) -> None:
    """Which files stay, and which are new: ``attachments`` is the whole list, when it is there."""
    listed = body.get("attachments")
    details: dict[int, Json] = {}
    present = {file.id for file in old.files} if old else set()
    if listed is not None:
        form.kept = []
        for place, one in enumerate(problems.listed("attachments", listed, MAX_FILES)):
            number = _number(one.get("id"))
            if one.get("description") is not None:
                problems.text(f"attachments.{place}.description", one["description"], 1024)
            if number in present:
                form.kept.append(number)
                if one.get("description") is not None:
                    form.described[number] = one["description"]
            elif number in uploads:
                details[number] = one
            else:
                words = f"Attachment {one.get('id')!r} not found"
                problems.add(f"attachments.{place}.id", "ATTACHMENT_NOT_FOUND", words)
    elif "attachments" in body:
        form.kept = []
    for number, upload in sorted(uploads.items()):
        detail = details.get(number, {})
        named = Upload(
            upload.data,
            detail.get("filename") or upload.name,
            upload.mime,
            detail.get("description") or "",
            upload.size,
        )
        title, spoiler = detail.get("title") or "", bool(detail.get("is_spoiler"))
        duration, waveform = float(detail.get("duration_secs") or 0), detail.get("waveform") or ""
        form.files.append(NewFile(named, title, duration, waveform, spoiler))
    staying = len(form.kept if form.kept is not None else present)
    if staying + len(form.files) > MAX_FILES:
        problems.add("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_FILES} or fewer in length.")


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def _together(form: Form, old: Message | None, v2: bool, problems: Problems) -> None:
    """The new layout stands alone: no text, embeds, poll or stickers beside it."""
    if not v2:
        return
    content = form.content if form.content is not None else old.content if old else ""
    embeds = form.embeds if form.embeds is not None else old.embeds if old else []
    for name, value in (
        ("content", content),
        ("embeds", embeds),
        ("poll", form.poll),
        ("sticker_ids", form.stickers),
    ):
        if value:
            words = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            problems.add(name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", words)
    parts = form.components if form.components is not None else old.components if old else []
    if not parts and not problems:
        problems.add("components", "BASE_TYPE_REQUIRED", "This field is required")


def _empty(form: Form, old: Message | None) -> bool:
    if form.files or form.poll or form.stickers:
        return False
    if old is None:
        return not (form.content or form.embeds or form.components)
    content = old.content if form.content is None else form.content
    embeds = old.embeds if form.embeds is None else form.embeds
    parts = old.components if form.components is None else form.components
    files = len(old.files) if form.kept is None else len(form.kept)
    return not (content or embeds or parts or files or old.stickers or old.snapshots)
