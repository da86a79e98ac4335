"""What a result is by its first bytes, whatever its link says."""

from bot.errors import Kind, Refused
from bot.pictures import look

TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
}


async def picture_kind(data: bytes, limit: int) -> str:
    """The ending of a picture's name; UserError for what is none."""
    return (await look(data, limit=limit)).media_type.removeprefix("image/")


def clip_kind(data: bytes) -> str:
    """The ending of a clip's name; some services draw theirs as moving pictures."""
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm"
    if data.startswith(b"GIF8"):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "mp4"


def sound_kind(data: bytes) -> str:
    """The ending of a sound's name; Refused for a page or a text, which some hosts send in its place."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data.startswith(b"OggS"):
        return "ogg"
    if data.startswith(b"fLaC"):
        return "flac"
    if data[4:8] == b"ftyp":
        return "m4a"
    if data.lstrip()[:1] in (b"<", b"{"):
        raise Refused("the sound is no sound", kind=Kind.EMPTY)
    return "mp3"  # it has several beginnings
