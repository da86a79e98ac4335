"""Films that any player plays, without an encoder: H.264 whose blocks are plain samples, in an MP4.

Every macroblock is I_PCM (ITU-T H.264, 7.3.5), so that nothing is compressed: for small pictures and a
second or two that is good enough.
"""

import re
import struct
from collections.abc import Sequence

from PIL import Image

BLOCK = 16  # pixels of a macroblock's side
SCALE = 1000  # ticks a second, of all times in the file
_FORBIDDEN = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def film(frames: Sequence[Image.Image], rate: int) -> bytes:
    """The frames as an MP4, ``rate`` of them a second. Their sides are multiples of 16 pixels."""
    width, height = frames[0].size
    if width % BLOCK or height % BLOCK:
        raise ValueError("a film's sides are multiples of 16 pixels")
    samples = [_sample(_slice(frame, number)) for number, frame in enumerate(frames)]
    return _mp4(samples, width, height, rate)


# --- H.264 ----------------------------------------------------------------------------------


class _Bits:
    """Bits in order, most significant first."""

    def __init__(self) -> None:
        self._bits = ""

    def put(self, value: int, count: int) -> "_Bits":
        self._bits += f"{value:0{count}b}"
        return self

    def ue(self, *values: int) -> "_Bits":
        """Unsigned Exp-Golomb codes."""
        for value in values:
            digits = f"{value + 1:b}"
            self._bits += "0" * (len(digits) - 1) + digits
        return self

    def bytes(self) -> bytes:
        """Filled up with zeros."""
        bits = self._bits + "0" * (-len(self._bits) % 8)
        return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def _unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit, with the bytes that keep start codes out of it."""
    return bytes([kind]) + _FORBIDDEN.sub(b"\x00\x00\x03", payload)


def _parameters(width: int, height: int) -> tuple[bytes, bytes]:
    """The sequence's and the picture's parameter sets: baseline, level 4.0, every picture for itself."""
    sequence = _Bits().put(66, 8).put(0xC0, 8).put(40, 8).ue(0, 0, 2, 0).put(0, 1)
    sequence.ue(width // BLOCK - 1, height // BLOCK - 1)
    sequence.put(0b1100, 4).put(1, 1)  # frames only, direct 8x8; no cropping, no more about its use; the end
    picture = _Bits().ue(0, 0).put(0, 2).ue(0, 0, 0).put(0, 3).ue(0, 0, 0).put(0b100, 3).put(1, 1)
    return _unit(0x67, sequence.bytes()), _unit(0x68, picture.bytes())


def _slice(frame: Image.Image, number: int) -> bytes:
    """One picture that stands alone: a header, then every block as it is."""
    header = _Bits().ue(0, 7, 0).put(0, 4).ue(number % 2).put(0, 2).ue(0, 1)
    header.ue(25)  # the first block: I_PCM, whose samples begin at a whole byte
    bright, blue, red = frame.convert("YCbCr").split()
    half = (frame.width // 2, frame.height // 2)
    blue, red = (each.resize(half, Image.Resampling.BOX) for each in (blue, red))
    # Video's range: 16 to 235 and 240. So no sample is 0, which older decoders refuse.
    planes = [bright.point(lambda value: 16 + value * 219 // 255)]
    planes += [each.point(lambda value: 16 + value * 224 // 255) for each in (blue, red)]
    data = bytearray(header.bytes())
    for top in range(0, frame.height, BLOCK):
        for left in range(0, frame.width, BLOCK):
            if top or left:
                data += b"\x0d\x00"  # I_PCM again, and zeros up to the next byte
            for plane, part in zip(planes, (1, 2, 2), strict=True):
                x, y, side = left // part, top // part, BLOCK // part
                data += plane.crop((x, y, x + side, y + side)).tobytes()
    return _unit(0x65, bytes(data) + b"\x80")


def _sample(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


# --- MP4 (ISO/IEC 14496-12, 14496-15) -------------------------------------------------------


def _mp4(samples: Sequence[bytes], width: int, height: int, rate: int) -> bytes:
    kind = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41")
    first = len(kind) + len(_movie(samples, width, height, rate, 0)) + 8
    return kind + _movie(samples, width, height, rate, first) + _box(b"mdat", *samples)


def _movie(samples: Sequence[bytes], width: int, height: int, rate: int, first: int) -> bytes:
    """Its directory; ``first`` is where in the file the samples begin."""
    pace = SCALE // rate
    length = pace * len(samples)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = struct.pack(">IIIIIH10x", 0, 0, SCALE, length, 0x10000, 0x100)
    sizes = (width << 16, height << 16)
    track = struct.pack(">5I8xHHHH", 0, 0, 1, 0, length, 0, 0, 0, 0) + matrix + struct.pack(">2I", *sizes)
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _entry(width, height)),
        _full(b"stts", struct.pack(">3I", 1, len(samples), pace)),
        _full(b"stsc", struct.pack(">4I", 1, 1, len(samples), 1)),
        _full(b"stsz", struct.pack(">2I", 0, len(samples)), *(struct.pack(">I", len(s)) for s in samples)),
        _full(b"stco", struct.pack(">2I", 1, first)),
    )
    where = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">4IHH", 0, 0, SCALE, length, 0x55C4, 0)),
        _full(b"hdlr", struct.pack(">I4s12x", 0, b"vide"), b"Film\x00"),
        _box(b"minf", _full(b"vmhd", bytes(8), flags=1), where, table),
    )
    return _box(
        b"moov",
        _full(b"mvhd", head, matrix, bytes(24), struct.pack(">I", 2)),
        _box(b"trak", _full(b"tkhd", track, flags=3), media),
    )


def _entry(width: int, height: int) -> bytes:
    sequence, picture = _parameters(width, height)
    about = b"\x01" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence
    about += b"\x01" + struct.pack(">H", len(picture)) + picture
    fields = struct.pack(">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    return _box(b"avc1", fields, _box(b"avcC", about))


def _box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def _full(kind: bytes, *content: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *content)
