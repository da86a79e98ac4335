"""One picture as a value: which words, which chance, and which part of the endless scene is seen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.paint.brush import Frame
from bot.sandbox.paint.dice import number

Seen = tuple[
    float, float, float, float, int
]  # a frame, and the seed of what lies in it beyond the one before


def base_frame(ratio: tuple[int, int]) -> Frame:
    """The first view, its shorter side one unit long, the scene's centre in the middle."""
    across, down = ratio
    wide, high = (across / down, 1.0) if across >= down else (1.0, down / across)
    return (-wide / 2, -high / 2, wide / 2, high / 2)


@dataclass(frozen=True, slots=True)
class Patch:
    """A region painted anew: a mask (PNG in base64, white is new) with words of its own."""

    mask: str
    text: str
    seed: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, complete: the same shot always paints the same pixels."""

    text: str
    seed: int
    drifts: tuple[tuple[int, float], ...] = ()
    frames: tuple[Seen, ...] = ((-0.5, -0.5, 0.5, 0.5, 0),)
    without: str = ""
    tones: tuple[str, ...] = ()  # main colours of pictures that were sent with the prompt, as hex
    patches: tuple[Patch, ...] = ()

    @property
    def frame(self) -> Frame:
        left, top, right, bottom, _ = self.frames[-1]
        return (left, top, right, bottom)

    def varied(self, seed: int, strength: float) -> "Shot":
        return replace(self, drifts=(*self.drifts, (seed, round(strength, 3))))

    def zoomed(self, factor: float) -> "Shot":
        """The same picture, smaller by ``factor``, within more of the scene."""
        left, top, right, bottom = self.frame
        x, y = (left + right) / 2, (top + bottom) / 2
        wide, high = (right - left) * factor / 2, (bottom - top) * factor / 2
        return self._seeing((x - wide, y - high, x + wide, y + high))

    def panned(self, side: str, share: float = 0.5) -> "Shot":
        """The same picture, extended on one side: left, right, up or down."""
        left, top, right, bottom = self.frame
        wide, high = (right - left) * share, (bottom - top) * share
        return self._seeing(
            (
                left - wide * (side == "left"),
                top - high * (side == "up"),
                right + wide * (side == "right"),
                bottom + high * (side == "down"),
            )
        )

    def squared(self) -> "Shot":
        """Extended on the shorter sides until it is square."""
        left, top, right, bottom = self.frame
        half = max(right - left, bottom - top) / 2
        x, y = (left + right) / 2, (top + bottom) / 2
        return self._seeing((x - half, y - half, x + half, y + half))

    def patched(self, mask: str, text: str, seed: int) -> "Shot":
        return replace(self, patches=(*self.patches, Patch(mask, text, seed, self.frame)))

    def _seeing(self, frame: Frame) -> "Shot":
        left, top, right, bottom = (round(edge, 4) for edge in frame)
        return replace(self, frames=(*self.frames, (left, top, right, bottom, 0)))

    def salted(self, seed: int) -> "Shot":
        """With another chance for what the last frame added."""
        left, top, right, bottom, _ = self.frames[-1]
        return replace(self, frames=(*self.frames[:-1], (left, top, right, bottom, seed)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a task paints: one picture, or a grid of four that differ by ``spread`` around one shot."""

    shot: Shot
    grid: bool = True
    seed: int = 0
    spread: float = 1.0
    beyond: bool = False  # the four differ only outside of the picture they extend
    scale: int = 1  # 2: twice as many pixels
    detail: float = 0.0  # how much an upscale sharpens
    mask: str = ""  # a region that each of the four paints anew, from ``words``
    words: str = ""

    def tile(self, index: int) -> Shot:
        """One of the four (1 to 4), or the one picture."""
        if not self.grid:
            return self.shot
        seed = number(self.seed, "tile", index) & 0xFFFFFFFF
        if self.mask:
            shot = self.shot.salted(seed) if self.beyond else self.shot
            return shot.patched(self.mask, self.words, seed)
        return self.shot.salted(seed) if self.beyond else self.shot.varied(seed, self.spread)

    @property
    def ratio(self) -> float:
        left, top, right, bottom = self.shot.frame
        return (right - left) / (bottom - top)


def sheet_from(data: Mapping[str, Any]) -> Sheet:
    """The sheet that ``dataclasses.asdict`` wrote, as JSON gave it back."""
    shot = data["shot"]
    return Sheet(
        **{
            **data,
            "shot": Shot(
                text=shot["text"],
                seed=shot["seed"],
                drifts=tuple((seed, strength) for seed, strength in shot["drifts"]),
                frames=tuple(
                    (left, top, right, bottom, seed) for left, top, right, bottom, seed in shot["frames"]
                ),
                without=shot["without"],
                tones=tuple(shot["tones"]),
                patches=tuple(
                    Patch(patch["mask"], patch["text"], patch["seed"], tuple(patch["frame"]))
                    for patch in shot["patches"]
                ),
            ),
        }
    )
