"""Files of a request: uploaded, known by id, or fetched from the web."""

from typing import Any

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.errors import TOO_LARGE, Unfit, bad
from tests.emulators.telegram.files import MAX_UPLOAD, File, Upload, shown
from tests.emulators.telegram.methods.common import captioned
from tests.emulators.telegram.world import Json, World

MAX_FETCHED = 20 << 20
MAX_FETCHED_PHOTO = 5 << 20
DOCUMENTS = {"document", "video", "audio", "animation", "voice"}
SHAPES = ("width", "height", "duration")


def take(world: World, call: Call, kind: str, value: Any, shape: Json, *, uploads: bool = True) -> File:
    """The file that a parameter names. ``uploads=False``: inline messages, which take none."""
    upload = None
    if isinstance(value, str) and value.startswith("attach://"):
        upload = call.upload(value.removeprefix("attach://"))
        if upload is None:
            raise Unfit(f"wrong file identifier/HTTP URL specified: {value} was not attached")
    if upload is not None:
        if not uploads:
            raise bad("can't upload new files to an inline message")
        return store(world, kind, upload, shape, exact=call.flag("disable_content_type_detection"))
    if not value or not isinstance(value, str):
        raise bad(f"there is no {kind} in the request")
    if value.startswith(("http://", "https://")):
        return _fetch(world, kind, value)
    file = world.files.get(value)
    if file is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if file.kind != kind and not {file.kind, kind} <= DOCUMENTS:
        raise bad(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file


def from_call(world: World, call: Call, kind: str) -> File:
    """The file of sendPhoto and its kin, uploaded under the parameter's own name or not."""
    shape = {name: call.number(name) for name in SHAPES if call.has(name)}
    upload = call.upload(kind)
    if upload is not None:
        return store(world, kind, upload, shape, exact=call.flag("disable_content_type_detection"))
    return take(world, call, kind, call.params.get(kind), shape)


def store(world: World, kind: str, upload: Upload, shape: Json, *, exact: bool = False) -> File:
    if upload.length > MAX_UPLOAD and not world.local:
        raise TOO_LARGE
    if not upload.length:
        raise bad("file must be non-empty")
    if kind == "document" and not exact:
        kind = {"image/gif": "animation", "video/mp4": "video"}.get(upload.media_type, kind)
    return world.files.add(kind, upload, **({} if kind == "photo" else shape))


def _fetch(world: World, kind: str, url: str) -> File:
    data = world.web.get(url)
    if data is None or len(data) > (MAX_FETCHED_PHOTO if kind == "photo" else MAX_FETCHED):
        raise bad("failed to get HTTP URL content")
    upload = Upload(data, url.rpartition("/")[2] or "file")
    if kind == "photo" and not upload.media_type.startswith("image/"):
        raise bad("wrong type of the web page content")
    return world.files.add(kind, upload)


def input_media(world: World, call: Call, media: Json, *, uploads: bool = True) -> tuple[Json, File]:
    """An InputMedia as message fields."""
    kind = str(media.get("type"))
    if kind not in {"photo", "video", "animation", "audio", "document"}:
        raise bad(f"unsupported media type {kind!r}")
    if media.get("disable_content_type_detection"):
        call.params["disable_content_type_detection"] = True
    shape = {name: int(media[name]) for name in SHAPES if media.get(name)}
    file = take(world, call, kind, media.get("media"), shape, uploads=uploads)
    return captioned(world, media) | shown(file), file


def kind_of(body: Json) -> str:
    """What a message consists of."""
    for kind in ("photo", "animation", "video", "audio", "voice", "sticker", "document"):
        if kind in body:
            return kind
    return "text" if "text" in body else "service"
