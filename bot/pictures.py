"""Pictures from people, looked at before anybody trusts them."""

import asyncio
import io
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from bot.errors import UserError
from bot.messages import Attachment
from bot.texts import _

MAX_BYTES = 20_000_000
MAX_PIXELS = 64_000_000
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture really is, whatever its name says."""

    media_type: str
    width: int
    height: int


def is_picture(attachment: Attachment) -> bool:
    """Whether it says that it is one."""
    return attachment.media_type.startswith("image/")


async def look(data: bytes, *, limit: int = MAX_BYTES) -> Look:
    """Decode it once, off the loop; UserError with one sentence when it is no picture of ours.

    ``limit``: bytes. What people send is kept small; a service's own results are larger.
    """
    return await asyncio.to_thread(_look, data, limit)


def _look(data: bytes, limit: int = MAX_BYTES) -> Look:
    if len(data) > limit:
        raise UserError(_("That picture is over {size} MB.").format(size=limit // 1_000_000))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=list(FORMATS)) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise UserError(_("That picture has too many pixels."))
                found = Look(FORMATS[picture.format or ""], picture.width, picture.height)
                picture.load()
                return found
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(_("That picture has too many pixels.")) from error
    except UnidentifiedImageError as error:
        raise UserError(_("That is not a picture I can read (PNG, JPEG, WebP or GIF).")) from error
    except (OSError, ValueError, SyntaxError, KeyError) as error:
        raise UserError(_("That picture is damaged.")) from error
