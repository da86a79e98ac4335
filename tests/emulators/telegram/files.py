"""Files on the server: what was uploaded, under which ids, and how photos are made of pictures."""

import hashlib
import io
import mimetypes
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from tests.emulators.telegram.errors import bad

MAX_UPLOAD = 50 << 20
MAX_PHOTO = 10 << 20
MAX_DOWNLOAD = 20 << 20
MAX_SIDES = 10_000  # width + height
MAX_RATIO = 20
BOXES = (90, 320, 800, 1280, 2560)  # longest sides of a photo's sizes

FOLDERS = {
    "photo": "photos",
    "document": "documents",
    "video": "videos",
    "audio": "music",
    "voice": "voice",
    "animation": "animations",
    "sticker": "stickers",
}
PREFIXES = {
    "photo": "AgACAgIAAxkBAAI",
    "document": "BQACAgIAAxkBAAI",
    "video": "BAACAgIAAxkBAAI",
    "audio": "CQACAgIAAxkBAAI",
    "voice": "AwACAgIAAxkBAAI",
    "animation": "CgACAgIAAxkBAAI",
    "sticker": "CAACAgIAAxkBAAI",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes with a name. ``size`` pretends that there are more of them than there are."""

    data: bytes = field(repr=False)
    name: str = "file.bin"
    mime: str = ""
    size: int = 0

    @property
    def length(self) -> int:
        return self.size or len(self.data)

    @property
    def media_type(self) -> str:
        return self.mime or mimetypes.guess_type(self.name)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True)
class File:
    """A file that the server keeps. A photo has ``sizes``, smallest first, and is itself the largest."""

    id: str
    unique: str
    kind: str
    upload: Upload = field(repr=False)
    path: str
    size: int  # bytes, as told
    width: int = 0
    height: int = 0
    duration: int = 0
    jpeg: bytes = field(default=b"", repr=False)  # of a photo: what is downloaded
    sizes: tuple["File", ...] = ()

    def content(self) -> bytes:
        """What a download gives: for photos the server's JPEG, else the bytes as they came."""
        if self.kind != "photo":
            return self.upload.data
        return self.jpeg or _jpeg(self.upload.data, max(self.width, self.height))


class Files:
    """All files of one bot; ids of others are unknown here."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._paths: dict[str, File] = {}
        self._pictures: dict[str, tuple[int, int, bytes]] = {}

    def get(self, file_id: str) -> File | None:
        return self._files.get(file_id)

    def at(self, path: str) -> File | None:
        return self._paths.get(path)

    def add(self, kind: str, upload: Upload, **shape: int) -> File:
        if kind == "photo":
            return self._photo(upload)
        return self._keep(self._file(kind, upload, upload.length, **shape))

    def _photo(self, upload: Upload) -> File:
        width, height, jpeg = self._picture(upload)
        sizes: list[File] = []
        for box in BOXES:
            scale = min(1.0, box / max(width, height))
            wide, high = max(1, round(width * scale)), max(1, round(height * scale))
            last = scale == 1.0 or box == BOXES[-1]
            told = len(jpeg) if last else max(200, int(len(jpeg) * scale * scale))
            one = self._file("photo", upload, told, width=wide, height=high)
            sizes.append(self._keep(replace(one, jpeg=jpeg if last else b"")))
            if last:
                break
        whole = replace(sizes[-1], sizes=tuple(sizes))
        for one in sizes:  # any size's id names the photo
            self._files[one.id] = replace(one, sizes=whole.sizes)
        return whole

    def _picture(self, upload: Upload) -> tuple[int, int, bytes]:
        """Width, height and the JPEG to download."""
        if upload.length > MAX_PHOTO:
            raise bad(
                f"file of size {upload.length} bytes is too big for a photo; "
                f"the maximum size is {MAX_PHOTO} bytes"
            )
        digest = hashlib.sha1(upload.data, usedforsecurity=False).hexdigest()
        if digest not in self._pictures:
            self._pictures[digest] = look(upload.data)
        return self._pictures[digest]

    def _file(self, kind: str, upload: Upload, size: int, **shape: int) -> File:
        number = len(self._files) + 1
        digest = hashlib.sha1(upload.data, usedforsecurity=False).hexdigest()
        suffix = "jpg" if kind == "photo" else (upload.name.rpartition(".")[2] or "bin")
        salt = hashlib.sha256(f"{number}:{digest}:{kind}".encode()).hexdigest()
        return File(
            id=f"{PREFIXES[kind]}{salt[:48]}{number:06x}NgQ",
            unique=f"AQAD{digest[:10]}{shape.get('width', 0):x}",
            kind=kind,
            upload=upload,
            path=f"{FOLDERS[kind]}/file_{number}.{suffix}",
            size=size,
            **shape,
        )

    def _keep(self, file: File) -> File:
        self._files[file.id] = file
        self._paths[file.path] = file
        return file


def look(data: bytes) -> tuple[int, int, bytes]:
    """Width, height and the server's JPEG of a picture; ApiError for what it would not take."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
                raise bad("PHOTO_INVALID_DIMENSIONS")
            image.load()
            plain = image.format == "JPEG" and max(width, height) <= BOXES[-1]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise bad("IMAGE_PROCESS_FAILED") from None
    return width, height, data if plain else _jpeg(data, min(max(width, height), BOXES[-1]))


def _jpeg(data: bytes, longest: int) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        clear = image.convert("RGBA")
        flat = Image.new("RGB", clear.size, "white")
        flat.paste(clear, mask=clear.getchannel("A"))
        flat.thumbnail((longest, longest))
        sink = io.BytesIO()
        flat.save(sink, "JPEG", quality=87)
    return sink.getvalue()


def picture(width: int = 64, height: int = 48, colour: str = "teal", kind: str = "PNG") -> bytes:
    """A small picture for tests."""
    sink = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(sink, kind)
    return sink.getvalue()


def shown(file: File) -> dict[str, Any]:
    """The message fields that carry it."""
    if file.kind == "photo":
        return {"photo": [_common(one) | {"width": one.width, "height": one.height} for one in file.sizes]}
    named = {"file_name": file.upload.name, "mime_type": file.upload.media_type}
    timed = {"duration": file.duration}
    sized = {"width": file.width or 320, "height": file.height or 240}
    match file.kind:
        case "video":
            return {"video": _common(file) | named | sized | timed}
        case "animation":
            return {
                "animation": _common(file) | named | sized | timed,
                "document": _common(file) | named,
            }
        case "audio":
            return {"audio": _common(file) | named | timed}
        case "voice":
            return {"voice": _common(file) | timed | {"mime_type": file.upload.media_type}}
        case "sticker":
            still = {"type": "regular", "is_animated": False, "is_video": False, "emoji": "🙂"}
            return {"sticker": _common(file) | {"width": 512, "height": 512} | still}
        case _:
            return {"document": _common(file) | named}


def _common(file: File) -> dict[str, Any]:
    return {"file_id": file.id, "file_unique_id": file.unique, "file_size": file.size}
