"""A little tune for every song: chords and a melody from its words, as WAV."""

import io
import math
import wave
from array import array

from bot.sandbox.paint.dice import number

RATE = 16_000  # samples a second
BEAT = 0.3  # seconds
SCALE = (261.6, 293.7, 329.6, 392.0, 440.0, 523.3, 587.3, 659.3)  # pentatonic: it always sounds well
CHORDS = ((130.8, 164.8, 196.0), (110.0, 130.8, 164.8), (87.3, 130.8, 174.6), (98.0, 123.5, 146.8))


def tune(words: str, seconds: float, take: int = 1) -> bytes:
    """The same words and take always give the same sounds; a line of words is a phrase."""
    said = words.split() or ["la"]
    beats = max(4, round(seconds / BEAT))
    samples = array("h", bytes(2 * round(beats * BEAT * RATE)))
    for beat in range(beats):
        start = round(beat * BEAT * RATE)
        pitch = SCALE[number(said[beat % len(said)], take, beat // len(said)) % len(SCALE)]
        _add(samples, start, pitch, BEAT * 1.6, 6000)
        if beat % 4 == 0:
            for each in CHORDS[number(words, take, beat // 4) % len(CHORDS)]:
                _add(samples, start, each, BEAT * 4, 2200)
    data = io.BytesIO()
    with wave.open(data, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return data.getvalue()


def _add(samples: "array[int]", start: int, pitch: float, seconds: float, loud: int) -> None:
    length = min(round(seconds * RATE), len(samples) - start)
    turn = 2 * math.pi * pitch / RATE
    for step in range(length):
        fade = min(1.0, step / 200) * (1 - step / length) ** 2
        samples[start + step] += round(loud * fade * math.sin(turn * step))
