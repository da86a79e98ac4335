"""What the gallery page asks the server for."""

import io

import pytest
from PIL import Image

from adapters.web.gallery import PAGE
from adapters.web.thumbs import WIDEST
from bot.jobs import Progress, Stage
from bot.messages import ButtonPress
from tests.adapters.web.paintings import U2, Painter, drawn, hang, room_of
from tests.adapters.web.server import serving
from tests.adapters.web.visitor import WebVisitor


@pytest.fixture
async def server():
    painter = Painter()
    async with serving(painter) as server:
        painter.server = server
        yield server


async def get(visitor, path: str, **options):
    options.setdefault("headers", visitor.origin)
    async with visitor.http.get(visitor.server.url + path, **options) as response:
        kind = response.content_type
        return (
            response.status,
            await (response.json() if "json" in kind else response.read()),
            response.headers,
        )


async def pictures(visitor, query: str = "") -> dict:
    status, answer, _headers = await get(visitor, f"/gallery/pictures?{query}")
    assert status == 200
    return answer


def prompts(answer) -> list[str]:
    return [each["prompt"] for each in answer["pictures"]]


async def test_a_page_has_what_it_shows(server, visitor):
    room = await room_of(server, visitor.person)
    grid = await hang(server, visitor.person, room, "a red fox", progress=Progress(Stage.DONE, seed="42"))
    await hang(server, visitor.person, room, "a red fox", parent=grid.id, action=U2, size=(300, 100))
    answer = await pictures(visitor)
    large, first = answer["pictures"]

    assert (answer["more"], answer["count"], answer["rooms"]) == (False, 2, [{"id": room, "name": "Foxes"}])
    assert (large["label"], large["parent"], large["width"], large["height"]) == ("U2", grid.id, 300, 100)
    assert (first["id"], first["room"], first["seed"], first["seeded"]) == (grid.id, room, "42", True)
    assert not large["seeded"]
    assert large["files"] == [{name: large[name] for name in ("digest", "name", "picture")}]


async def test_pages_follow_each_other_and_what_is_new_comes_before_them(server, visitor):
    data = drawn(1)
    for number in range(PAGE + 5):
        await hang(server, visitor.person, "r", f"fox {number}", data=data)
    first = await pictures(visitor)
    rest = await pictures(visitor, f"older={first['pictures'][-1]['id']}")
    await hang(server, visitor.person, "r", "the latest", data=data)
    news = await pictures(visitor, f"newer={first['pictures'][0]['id']}")

    assert (len(first["pictures"]), first["more"], first["count"]) == (PAGE, True, PAGE + 5)
    assert prompts(rest) == [f"fox {number}" for number in (4, 3, 2, 1, 0)]
    assert not rest["more"]
    assert prompts(news) == ["the latest"]
    assert "rooms" not in news


async def test_words_and_a_conversation_narrow_it_down(server, visitor):
    await hang(server, visitor.person, "here", "a red fox")
    await hang(server, visitor.person, "there", "a red hen")
    await hang(server, visitor.person, "there", "a blue fox")

    assert prompts(await pictures(visitor, "words=FOX")) == ["a blue fox", "a red fox"]
    assert prompts(await pictures(visitor, "room=there")) == ["a blue fox", "a red hen"]
    assert prompts(await pictures(visitor, "room=there&words=red")) == ["a red hen"]


async def test_nobody_sees_the_pictures_of_another(server, visitor):
    other = WebVisitor(server)
    await other.enter()
    theirs = await hang(server, other.person, "r", "theirs")
    mine = await hang(server, visitor.person, "r", "mine", parent=theirs.id)

    assert prompts(await pictures(visitor)) == ["mine"]
    assert prompts((await get(visitor, f"/gallery/family/{mine.id}"))[1]) == ["mine"]
    assert prompts((await get(visitor, f"/gallery/family/{theirs.id}"))[1]) == ["mine"]
    assert (await press(visitor, theirs.id, "again"))[0] == 404
    assert (await press(visitor, theirs.id, "delete"))[1] == {"said": [], "room": ""}
    assert server.inbox.events == []
    await other.leave()


@pytest.mark.parametrize("path", ["/gallery/pictures", "/gallery/family/0123456789", f"/thumbs/{'0' * 64}"])
async def test_without_a_session_there_is_nothing_to_see(server, visitor, path):
    visitor.http.cookie_jar.clear()
    assert (await get(visitor, path))[0] == 401


async def test_another_site_s_page_is_told_nothing(server, visitor):
    strange = {"headers": {"Origin": "https://evil.example"}}
    assert (await get(visitor, "/gallery/pictures", **strange))[0] == 403
    assert (await get(visitor, "/gallery/family/0123456789", **strange))[0] == 403


async def test_the_page_itself_is_as_closed_as_the_chat_s(server, visitor):
    status, page, headers = await get(visitor, "/gallery")
    _status, _chat, of_chat = await get(visitor, "/")

    assert status == 200
    assert b"{build}" not in page
    assert b"style=" not in page
    assert headers["Content-Security-Policy"] == of_chat["Content-Security-Policy"]


# --- small pictures ---------------------------------------------------------------------------------


async def test_a_small_picture_is_made_once_and_kept_by_the_browser(server, visitor):
    job = await hang(server, visitor.person, "r", "wide", size=(2000, 500))
    digest = job.results[0].partition(".")[0]
    status, data, headers = await get(visitor, f"/thumbs/{digest}")
    with Image.open(io.BytesIO(data)) as small:
        assert (small.format, small.size) == ("WEBP", (WIDEST, WIDEST // 4))

    assert status == 200
    assert "immutable" in headers["Cache-Control"]
    again = {**visitor.origin, "If-None-Match": headers["ETag"]}
    assert (await get(visitor, f"/thumbs/{digest}", headers=again))[0] == 304
    server.files.stored[digest] = b""  # it is not made of the original again
    assert (await get(visitor, f"/thumbs/{digest}"))[1] == data


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_every_kind_of_picture_has_a_small_one(server, visitor, kind):
    digest = await server.files.put(drawn(3, (100, 50), kind))
    status, data, _headers = await get(visitor, f"/thumbs/{digest}")

    assert status == 200
    with Image.open(io.BytesIO(data)) as small:
        assert small.size == (100, 50)


@pytest.mark.parametrize("data", [b"", b"no picture", drawn(1)[:300]])
async def test_what_is_no_picture_has_none_and_no_size(server, visitor, data):
    await hang(server, visitor.person, "r", "odd", data=data or b" ")
    digest = server.gallery.jobs[0].results[0].partition(".")[0]

    assert (await get(visitor, f"/thumbs/{digest}"))[0] == 404
    assert (await pictures(visitor))["pictures"][0]["prompt"] == "odd"
    for strange in ("0" * 64, "x", "..%2f..%2fetc"):
        assert (await get(visitor, f"/thumbs/{strange}"))[0] == 404


# --- going on -----------------------------------------------------------------------------------------


async def press(visitor, job: str, verb: str, id: str = "press-0001", **options):
    body = options.pop("json", {"job": job, "verb": verb, "id": id})
    headers = options.pop("headers", visitor.origin)
    url = f"{visitor.server.url}/gallery/press"
    async with visitor.http.post(url, json=body, headers=headers, **options) as response:
        return response.status, await response.json() if response.status == 200 else await response.text()


@pytest.mark.parametrize(("verb", "said"), [("again", "again"), ("seed", "seed"), ("delete", "surely")])
async def test_a_press_goes_where_the_picture_was_painted(server, visitor, verb, said):
    room = await room_of(server, visitor.person)
    job = await hang(server, visitor.person, room, "a fox")
    status, answer = await press(visitor, job.id, verb)
    (event,) = server.inbox.events

    assert (status, answer) == (200, {"said": [], "room": room})
    assert isinstance(event, ButtonPress)
    assert (event.channel.id, event.author.id, event.id) == (room, visitor.person, "press-0001")
    assert event.data == f"gallery:{said}:{job.id}:m:"


async def test_a_picture_whose_conversation_is_gone_goes_on_in_a_new_one(server, visitor):
    job = await hang(server, visitor.person, "gone", "/imagine a red fox")
    for _time in range(2):
        _status, answer = await press(visitor, job.id, "again")

    (room,) = await server.posts.rooms("web", visitor.person)
    assert (answer["room"], room.name) == (room.id, "a red fox")


async def test_what_is_refused_is_told_to_the_page(server, visitor):
    job = await hang(server, visitor.person, await room_of(server, visitor.person), "a fox")
    server.inbox.refuses.append("Not today.")

    assert (await press(visitor, job.id, "again"))[1]["said"] == ["Not today."]
    assert [post.room for post in server.posts.posts.values()] == [".secrets"]  # none in the conversation


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"job": "0123456789", "verb": "card", "id": "press-0001"},
        {"job": "0123456789", "verb": ["again"], "id": "press-0001"},
        {"job": "0123456789", "verb": "again", "id": "x"},
        {"job": "0123456789", "verb": "again"},
    ],
)
async def test_what_makes_no_sense_is_refused(server, visitor, body):
    assert (await press(visitor, "", "", json=body))[0] == 400
    assert server.inbox.events == []


async def test_another_site_cannot_press(server, visitor):
    job = await hang(server, visitor.person, "r", "a fox")
    strange = {"Origin": "https://evil.example"}

    assert (await press(visitor, job.id, "delete", headers=strange))[0] == 403
    assert server.inbox.events == []
