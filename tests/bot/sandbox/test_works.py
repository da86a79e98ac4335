"""Songs and clips as they go on the wire, and as players see them."""

import base64
import io
import struct
import wave
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox import Switches
from bot.sandbox.film import film
from bot.sandbox.song import tune
from tests.bot.sandbox.caller import calling

CHROMIUM = Path("/usr/bin/chromium")
PIANO = {
    "gpt_description_prompt": "calm piano about rain",
    "make_instrumental": False,
    "mv": "chirp-v3-5",
}


def colours(*names: str) -> list[Image.Image]:
    return [Image.new("RGB", (64, 48), name) for name in names]


async def test_a_song_goes_as_new_api_tells_it():
    async with calling(speed=0.001, switches=Switches(suno="new-api")) as caller:
        taken = (await caller.post("/suno/submit/music", PIANO)).json
        assert set(taken) == {"code", "message", "data"}
        assert taken["code"] == "success"
        fetch = f"/suno/fetch/{taken['data']}"
        first = (await caller.get(fetch)).json["data"]
        await caller.control(speed=1000.0)
        done = first
        while done["status"] != "SUCCESS":
            done = (await caller.get(fetch)).json["data"]
        batch = (await caller.post("/suno/fetch", {"ids": [taken["data"], "x"], "action": "MUSIC"})).json

    assert (first["status"], first["progress"], first["data"]) == ("NOT_START", "0%", None)
    assert (done["progress"], done["action"], done["fail_reason"]) == ("100%", "MUSIC", "")
    assert [clip["status"] for clip in done["data"]] == ["complete"] * 2
    assert done["data"][0]["metadata"]["gpt_description_prompt"] == "calm piano about rain"
    assert [row["task_id"] for row in batch["data"]] == [taken["data"]]


@pytest.mark.parametrize(
    ("dialect", "method", "path", "body", "status", "said"),
    [
        ("new-api", "GET", "/suno/fetch/nope", None, 400, ("task_not_exist", "task_not_exist")),
        ("one-hub", "GET", "/suno/fetch/nope", None, 404, ("task_not_exist", "")),
        ("new-api", "POST", "/suno/submit/LYRICS", {"prompt": ""}, 400, ("invalid_request", "prompt_empty")),
        ("new-api", "POST", "/suno/submit/dance", {}, 400, ("invalid_request", "invalid_action")),
        (
            "new-api",
            "POST",
            "/suno/submit/music",
            {"continue_clip_id": "c"},
            400,
            ("invalid_request", "task id is empty"),
        ),
        (
            "new-api",
            "POST",
            "/suno/submit/music",
            {"continue_clip_id": "c", "task_id": "t"},
            400,
            ("task_not_exist", "task_origin_not_exist"),
        ),
    ],
)
async def test_errors_are_flat(dialect, method, path, body, status, said):
    async with calling(switches=Switches(suno=dialect)) as caller:
        answer = await caller.send(method, path, json=body)

    assert answer.status == status
    assert (answer.json["code"], answer.json["message"], answer.json["data"]) == (*said, None)


async def test_a_gateway_without_them_has_no_such_addresses():
    async with calling(switches=Switches(suno="", luma="")) as caller:
        for path in ("/suno/fetch/1", "/suno/feed/1", "/luma/generations/1", "/luma/v1/task?id=1"):
            assert "Invalid URL" in (await caller.get(path)).text


async def test_a_clip_is_completed_before_it_has_a_link():
    async with calling(speed=0.001) as caller:
        row = (await caller.post("/luma/generations/", {"user_prompt": "a kitten yawns"})).json
        assert (row["state"], row["video"]) == ("pending", None)
        await caller.control(speed=60.0)
        seen = []
        while not row["video"]:
            row = (await caller.get(f"/luma/generations/{row['id']}")).json
            seen.append((row["state"], bool(row["video"])))

    assert ("completed", False) in seen
    assert seen[-1] == ("completed", True)


def test_a_tune_is_always_the_same_and_each_take_another():
    assert tune("soft rain", 2) == tune("soft rain", 2)
    assert tune("soft rain", 2) != tune("soft rain", 2, take=2)
    with wave.open(io.BytesIO(tune("soft rain", 3))) as opened:
        assert opened.getnframes() / opened.getframerate() == pytest.approx(3.0)
        assert max(struct.unpack("<100h", opened.readframes(400)[600:800])) > 500


def test_a_film_is_a_row_of_boxes_of_their_length():
    data = film(colours("red", "blue"), 4)
    kinds, at = [], 0
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kinds.append(data[at + 4 : at + 8])
        at += size

    assert kinds == [b"ftyp", b"moov", b"mdat"]
    with pytest.raises(ValueError, match="multiples"):
        film([Image.new("RGB", (65, 48))], 4)


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
async def test_a_browser_plays_a_film_to_its_end():
    playwright = pytest.importorskip("playwright.async_api")
    source = base64.b64encode(film(colours("red", "red", "blue"), 10)).decode()
    script = """async source => {
        const video = document.createElement("video");
        video.muted = true;
        video.src = `data:video/mp4;base64,${source}`;
        await video.play();
        await new Promise(done => { video.onended = done; });
        const canvas = document.createElement("canvas");
        const paper = canvas.getContext("2d");
        paper.drawImage(video, 0, 0);
        const [red, , blue] = paper.getImageData(5, 5, 1, 1).data;
        return [video.videoWidth, video.videoHeight, video.duration, red < 60, blue > 200];
    }"""
    async with playwright.async_playwright() as running:
        browser = await running.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        page = await browser.new_page()

        assert await page.evaluate(script, source) == [64, 48, 0.3, True, True]
        await browser.close()
