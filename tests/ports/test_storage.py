"""What any Jobs, Options, Posts, Files and Storage may be relied on for."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from bot.errors import Kind
from bot.jobs import Action, Asks, Failure, Job, Mode, Order, Progress, Removed, Stage, new_id
from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import Letter, Room, Storage
from storage import CannotOpen, migrate, open_storage
from tests.databases import Clock

HERE = Channel("web", "1")
ANN = Person("web:ann", "Ann", "de", trusted=True)
UPSCALE = Action("MJ::JOB::upsample::1::ab", "U1", "upscale:1", "🔍", Asks.NOTHING)


def job(**fields) -> Job:
    return Job(
        **{"id": new_id(), "channel": HERE, "owner": ANN, "engine": "mj", "order": Order("a fox")} | fields
    )


async def work(storage: Storage) -> list[tuple[str, str, dict]]:
    return [(task.kind, task.key, task.args) for task in await storage.tasks.unfinished()]


# --- jobs -----------------------------------------------------------------------------------


async def test_a_job_comes_back_as_it_was_stored(storage: Storage):
    whole = Job(
        id="0123456789",
        channel=Channel("telegram", "-100", "7"),
        owner=ANN,
        engine="midjourney",
        order=Order("a \ud83e\udd8a fox", ("ab" * 32,), Mode.FAST, "blend", {"ar": "16:9"}),
        source="telegram:-100:7/12",
        reply_to="12",
        parent="9876543210",
        action=UPSCALE,
        text="and a hen",
        stage=Stage.RUNNING,
        ref="ref",
        task="task",
        message="13",
        progress=Progress(
            Stage.FORM,
            percent=50,
            queue=2,
            images=("http://a/b.png",),
            actions=(UPSCALE,),
            failure=Failure(Kind.CONTENT, "banned", "hen", again=False),
            seconds=1.5,
        ),
        results=("cd" * 32 + ".png",),
        removed=Removed.DELETED,
        settled=True,
        version=3,
        attempts=2,
        created=1.0,
        submitted=2.0,
        finished=3.0,
    )

    assert await storage.jobs.add(whole) == whole
    stored = await storage.jobs.get(whole.id)

    assert stored == replace(whole, order=replace(whole.order, prompt="a 🦊 fox"))
    assert await storage.jobs.get("nothing") is None


async def test_a_new_job_has_its_work(storage: Storage):
    added = await storage.jobs.add(job())

    assert await work(storage) == [("paint", f"job:{added.id}", {"job": added.id})]


async def test_the_same_event_is_one_job(storage: Storage):
    first = await storage.jobs.add(job(source="web:1/m1"))

    assert await storage.jobs.add(job(source="web:1/m1")) == first
    assert await storage.jobs.of_source("web:1/m1") == first
    assert await storage.jobs.of_source("web:1/m2") is None
    assert await storage.jobs.of_source("") is None
    assert len(await work(storage)) == 1
    assert await storage.jobs.add(job()) != await storage.jobs.add(job())  # without one, each is its own


async def test_the_same_event_many_times_at_once_is_one_job(storage: Storage):
    added = await asyncio.gather(*(storage.jobs.add(job(source="web:1/m1")) for _ in range(8)))

    assert len({each.id for each in added}) == 1
    assert len(await work(storage)) == 1


async def press_often(storage: Storage, **press) -> set[str]:
    """The jobs that eight presses at once made."""
    presses = [storage.jobs.add(job(source=f"{new_id()}/p", **press)) for _ in range(8)]
    return {each.id for each in await asyncio.gather(*presses)}


async def test_many_presses_at_once_are_one_job(storage: Storage):
    for _ in range(10):
        parent = await storage.jobs.add(job())
        assert len(await press_often(storage, parent=parent.id, action=UPSCALE)) == 1


async def test_pressing_twice_is_one_job_while_it_is_under_way(storage: Storage):
    parent = await storage.jobs.add(job())
    press = {"parent": parent.id, "action": UPSCALE, "text": "wide"}
    (child,) = await press_often(storage, **press)

    other = await storage.jobs.add(job(**press | {"text": "high"}))
    assert other.id != child
    await storage.jobs.update(child, stage=Stage.DONE)
    once_more = await storage.jobs.add(job(**press))
    assert [each.id for each in await storage.jobs.children(parent.id)] == sorted(
        [child, other.id, once_more.id]
    )
    assert await storage.jobs.children("") == []


async def test_a_change_is_made_only_at_the_stage_it_expects(storage: Storage):
    added = await storage.jobs.add(job())

    sending = await storage.jobs.update(
        added.id, (Stage.WAITING,), then="paint", delay=5.0, stage=Stage.SUBMITTING, ref="r1", attempts=1
    )
    late = await storage.jobs.update(added.id, (Stage.WAITING, Stage.FORM), then="paint", ref="r2")

    assert sending == replace(added, stage=Stage.SUBMITTING, ref="r1", attempts=1, version=1)
    assert late is None
    assert await storage.jobs.get(added.id) == sending
    assert len(await work(storage)) == 2


async def test_of_changes_at_once_one_wins(storage: Storage):
    added = await storage.jobs.add(job())

    changes = await asyncio.gather(
        *(
            storage.jobs.update(added.id, (Stage.WAITING,), stage=Stage.SUBMITTING, ref=f"r{number}")
            for number in range(8)
        )
    )

    (won,) = [change for change in changes if change]
    assert await storage.jobs.get(added.id) == won


async def test_a_change_may_be_of_values_and_of_nothing(storage: Storage):
    added = await storage.jobs.add(job(progress=Progress(Stage.FORM, prompt="a fox")))
    order = Order("a hen", mode=Mode.RELAX, verb="vary")

    changed = await storage.jobs.update(added.id, order=order, progress=None, results=("ab",), action=UPSCALE)
    assert changed == replace(added, order=order, progress=None, results=("ab",), action=UPSCALE, version=1)
    shown = await storage.jobs.update(added.id, then="show")
    assert shown == replace(changed, version=2)
    assert ("show", f"job:{added.id}", {"job": added.id}) in await work(storage)
    assert await storage.jobs.update("nothing", then="show") is None


@pytest.mark.parametrize("name", ["colour", "id", "version", "verb", "pictures"])
async def test_what_is_no_field_of_a_job_is_a_mistake(storage: Storage, name: str):
    added = await storage.jobs.add(job())

    with pytest.raises(TypeError, match=name):
        await storage.jobs.update(added.id, **{name: "red"})


async def test_running_jobs_have_a_task_and_no_end(storage: Storage):
    added = [await storage.jobs.add(job(stage=stage, created=n)) for n, stage in enumerate(Stage)]

    running = await storage.jobs.running()

    assert [each.stage for each in running] == [Stage.FORM, Stage.CONFIRMING, Stage.RUNNING]
    assert all(each in added for each in running)


async def test_the_newest_jobs_of_a_channel(storage: Storage):
    added = [await storage.jobs.add(job(created=float(number))) for number in range(5)]
    await storage.jobs.add(job(channel=Channel("web", "2"), created=9.0))

    assert list(await storage.jobs.named(HERE, 3)) == added[:1:-1]


async def test_the_usual_time_is_the_median_of_what_finished_lately(storage: Storage):
    assert await storage.jobs.usual_seconds("mj", "imagine", Mode.FAST) is None
    order = Order("a fox", mode=Mode.FAST)
    for number, seconds in enumerate([900.0] * 5 + [30.0, 40.0] * 10):  # the oldest no longer count
        await storage.jobs.add(
            job(order=order, stage=Stage.DONE, submitted=1000.0 * number, finished=1000.0 * number + seconds)
        )
    await storage.jobs.add(job(order=order, stage=Stage.FAILED, submitted=1.0, finished=10**6))
    await storage.jobs.add(
        job(order=replace(order, verb="upscale"), stage=Stage.DONE, submitted=1.0, finished=4.0)
    )

    assert await storage.jobs.usual_seconds("mj", "imagine", Mode.FAST) == 35.0
    assert await storage.jobs.usual_seconds("mj", "upscale", Mode.FAST) == 3.0
    assert await storage.jobs.usual_seconds("mj", "imagine", Mode.RELAX) is None
    assert await storage.jobs.usual_seconds("images", "imagine", Mode.FAST) is None


# --- the gallery ----------------------------------------------------------------------------


async def paint(storage: Storage, prompt: str = "a fox", at: float = 1.0, **fields) -> Job:
    """A finished job with a picture."""
    done = {"stage": Stage.DONE, "settled": True, "results": ("ab" * 32 + ".png",)}
    fields = {**done, "order": Order(prompt), "created": at, "finished": at, **fields}
    return await storage.jobs.add(job(**fields))


def prompts(found) -> list[str]:
    return [each.order.prompt for each in found]


async def test_the_gallery_shows_finished_pictures_newest_first(storage: Storage):
    for number in (2, 3, 1):
        await paint(storage, f"fox {number}", number)
    await paint(storage, "a failure", 9.0, stage=Stage.FAILED, results=())
    await paint(storage, "words alone", 9.0, results=())

    assert prompts(await storage.gallery.page()) == ["fox 3", "fox 2", "fox 1"]
    assert await storage.gallery.count() == 3


async def test_the_gallery_of_a_person_and_of_a_place(storage: Storage):
    there = Channel("web", "2")
    await paint(storage, "mine here")
    await paint(storage, "mine there", 2.0, channel=there)
    await paint(storage, "Bob's", 3.0, owner=Person("web:bob", "Bob"))

    assert prompts(await storage.gallery.page(person=ANN.id)) == ["mine there", "mine here"]
    assert prompts(await storage.gallery.page(channel=HERE)) == ["Bob's", "mine here"]
    assert prompts(await storage.gallery.page(person=ANN.id, channel=there)) == ["mine there"]
    assert await storage.gallery.count(channel=HERE) == 2


async def test_pages_follow_each_other_in_both_directions_whatever_comes_meanwhile(storage: Storage):
    for number in range(9):
        await paint(storage, f"fox {number}", 1.0 + number // 3)  # three finish at a time
    every = await storage.gallery.page()
    first = await storage.gallery.page(limit=4)
    await paint(storage, "a late one", 9.0)
    second = await storage.gallery.page(older=first[-1].id, limit=4)
    third = await storage.gallery.page(older=second[-1].id, limit=4)

    assert [*first, *second, *third] == list(every)
    assert list(await storage.gallery.page(newer=third[0].id, limit=4)) == list(second)
    assert prompts(await storage.gallery.page(newer=first[0].id)) == ["a late one"]
    assert await storage.gallery.page(older="nothing") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fox", ["Ein Fuchs, FOX 100%", "a red fox"]),
        ("FOX red", ["a red fox"]),
        ("red  fox", ["a red fox"]),
        ("fo", ["Ein Fuchs, FOX 100%", "a red fox"]),
        ("100%", ["Ein Fuchs, FOX 100%"]),
        ("%", ["Ein Fuchs, FOX 100%"]),
        ("_", []),
        ("\\", []),
        ("红狐", ["红狐 --ar 1:1"]),
        ("ÉTÉ", ["l'été"]),
        ("ＦＯＸ", ["Ein Fuchs, FOX 100%", "a red fox"]),
        ("wolf", []),
        ("reworded", ["l'été"]),
        ("the service", ["红狐 --ar 1:1"]),
    ],
)
async def test_words_are_found_in_prompts(storage: Storage, words: str, found: list[str]):
    ran = Progress(Stage.DONE, prompt="what the service ran")
    await paint(storage, "a red fox", 1.0)
    await paint(storage, "Ein Fuchs, FOX 100%", 2.0)
    await paint(storage, "红狐 --ar 1:1", 3.0, progress=ran)
    late = await paint(storage, "l'été", 4.0)
    await storage.jobs.update(late.id, text="Reworded")

    assert prompts(await storage.gallery.page(words=words)) == found
    assert await storage.gallery.count(words=words) == len(found)


async def test_what_was_removed_is_not_in_the_gallery(storage: Storage):
    kept, gone = await paint(storage, "kept"), await paint(storage, "gone", 2.0)
    removed = await storage.jobs.update(gone.id, (Stage.DONE,), then="show", removed=Removed.DELETED)

    assert removed is not None
    assert removed.removed is Removed.DELETED
    assert list(await storage.gallery.page()) == [kept]
    assert await storage.gallery.family(gone.id) == []
    assert (await storage.jobs.get(gone.id)) == removed


async def test_a_family_is_all_that_comes_of_one_order(storage: Storage):
    grid = await paint(storage, "grid", 1.0)
    await paint(storage, "a stranger", 1.5)
    upscaled = await paint(storage, "upscaled", 2.0, parent=grid.id)
    failed = await paint(storage, "failed", 3.0, parent=grid.id, stage=Stage.FAILED, results=())
    zoomed = await paint(storage, "zoomed", 4.0, parent=upscaled.id)
    beyond = await paint(storage, "beyond", 5.0, parent=failed.id)
    family = [grid, upscaled, zoomed, beyond]

    for member in (*family, failed):
        assert list(await storage.gallery.family(member.id)) == family
    assert await storage.gallery.family("nothing") == []


# --- options --------------------------------------------------------------------------------


async def test_options_are_kept_per_place(storage: Storage):
    await storage.options.set("web:1", "model", "fox-1")
    await storage.options.set("web:1", "system", "Be a fox.")
    await storage.options.set("web:2", "model", "hen-1")
    await storage.options.set("web:1", "model", "fox-2")
    await storage.options.set("web:1", "system", None)
    await storage.options.set("web:3", "system", None)

    assert await storage.options.get("web:1") == {"model": "fox-2"}
    assert await storage.options.get("web:2") == {"model": "hen-1"}
    assert await storage.options.get("web:3") == {}


# --- posts ----------------------------------------------------------------------------------


async def test_a_post_is_stored_once_per_key(storage: Storage, clock: Clock):
    first, fresh = await storage.posts.add("web", "r1", {"text": "hi"}, author="web:ann", key="k1")
    again, fresh_again = await storage.posts.add("web", "r1", {"text": "ho"}, key="k1")
    other, fresh_other = await storage.posts.add("web", "r2", {"text": "ho"}, key="k1")

    assert (fresh, fresh_again, fresh_other) == (True, False, True)
    assert again == first
    assert (first.room, first.author, first.body, first.at, first.gone) == (
        "r1",
        "web:ann",
        {"text": "hi"},
        clock.now,
        False,
    )
    assert other.id != first.id
    assert await storage.posts.get(first.id) == first


async def test_a_post_without_a_key_is_always_new(storage: Storage):
    added = [await storage.posts.add("web", "r1", {"n": number}) for number in range(3)]

    assert all(fresh for _post, fresh in added)
    assert len({post.id for post, _fresh in added}) == 3


async def test_a_page_hears_of_every_change_after_its_version(storage: Storage):
    posts = [(await storage.posts.add("web", "r1", {"n": number}))[0] for number in range(4)]
    await storage.posts.add("web", "r2", {"n": "elsewhere"})
    seen = await storage.posts.since("web", "r1", 0)
    assert seen == posts
    version = max(post.version for post in seen)

    changed = await storage.posts.change(posts[2].id, {"n": "new"})
    removed = await storage.posts.remove(posts[1].id)
    added, _fresh = await storage.posts.add("web", "r1", {"n": 4})

    assert changed.version > version
    assert removed.gone
    assert await storage.posts.since("web", "r1", version) == [removed, changed, added]
    assert await storage.posts.since("web", "r1", added.version) == []
    assert await storage.posts.since("web", "r1", 0) == [posts[0], changed, posts[3], added]


async def test_more_changes_than_can_be_told_at_once_are_told_bit_by_bit(storage: Storage):
    posts = [(await storage.posts.add("web", "r1", {"n": number}))[0] for number in range(10)]
    for post in reversed(posts):
        await storage.posts.change(post.id, {"n": "new"})

    version, heard = posts[-1].version, set()
    while news := await storage.posts.since("web", "r1", version, limit=3):
        assert len(news) <= 3
        heard |= {post.id for post in news}
        version = max(post.version for post in news)

    assert heard == {post.id for post in posts}


async def test_versions_grow_with_every_change_even_at_once(storage: Storage):
    post, _fresh = await storage.posts.add("web", "r1", {})
    changes = [storage.posts.change(post.id, {"n": number}) for number in range(8)]
    adds = [storage.posts.add("web", "r1", {}) for _ in range(8)]

    changed = await asyncio.gather(*changes)
    added = await asyncio.gather(*adds)

    versions = [each.version for each in changed] + [each.version for each, _fresh in added]
    assert len(set(versions)) == 16
    assert (await storage.posts.get(post.id)).version == max(each.version for each in changed)


async def test_scrolling_back(storage: Storage):
    posts = [(await storage.posts.add("web", "r1", {"n": number}))[0] for number in range(6)]
    await storage.posts.remove(posts[1].id)

    assert await storage.posts.since("web", "r1", 0, limit=2) == posts[4:]
    assert await storage.posts.before("web", "r1", posts[4].id, limit=3) == [posts[0], posts[2], posts[3]]
    assert await storage.posts.before("web", "r1", posts[0].id) == []


async def test_what_is_gone_stays_gone(storage: Storage):
    post, _fresh = await storage.posts.add("web", "r1", {"text": "secret"})
    await storage.posts.remove(post.id)

    assert await storage.posts.change(post.id, {"text": "back"}) is None
    assert await storage.posts.remove(post.id) is None
    assert (await storage.posts.get(post.id)).body == {}


@pytest.mark.parametrize("strange", ["", "x", "-1", "1.5", "²", "9" * 30, "7"])
async def test_an_id_that_was_never_given_finds_nothing(storage: Storage, strange: str):
    assert await storage.posts.get(strange) is None
    assert await storage.posts.change(strange, {}) is None
    await storage.posts.handled(strange)


async def test_people_s_posts_wait_until_they_are_handled(storage: Storage):
    first, _fresh = await storage.posts.add("web", "r1", {}, author="web:ann", handled=False)
    second, _fresh = await storage.posts.add("web", "r2", {}, author="web:ann", handled=False)
    await storage.posts.add("web", "r1", {})
    await storage.posts.add("other", "r1", {}, handled=False)

    assert await storage.posts.unhandled("web") == [first, second]
    await storage.posts.handled(first.id)
    assert await storage.posts.unhandled("web") == [second]


async def test_rooms_are_listed_by_their_latest_activity(storage: Storage, clock: Clock):
    for number, name in enumerate(("a", "b", "c")):
        await storage.posts.save_room("web", Room(name, "web:ann", name.upper(), at=float(number)))
    await storage.posts.save_room("web", Room("d", "web:bob", "D", at=9.0))
    await storage.posts.add("web", "a", {})

    assert await storage.posts.rooms("web", "web:ann") == [
        Room("a", "web:ann", "A", clock.now),
        Room("c", "web:ann", "C", 2.0),
        Room("b", "web:ann", "B", 1.0),
    ]
    await storage.posts.save_room("web", Room("b", "web:ann", "new name", at=1.0))
    assert await storage.posts.room("web", "b") == Room("b", "web:ann", "new name", 1.0)
    assert await storage.posts.room("other", "b") is None


async def test_a_removed_room_is_gone_with_its_posts(storage: Storage):
    await storage.posts.save_room("web", Room("a", "web:ann", "A", 1.0))
    post, _fresh = await storage.posts.add("web", "a", {})
    await storage.posts.remove_room("web", "a")

    assert await storage.posts.room("web", "a") is None
    assert await storage.posts.rooms("web", "web:ann") == []
    assert await storage.posts.get(post.id) is None
    await storage.posts.add("web", "a", {})  # an answer that was under way
    assert await storage.posts.room("web", "a") is None


# --- files ----------------------------------------------------------------------------------


async def test_files_are_named_by_what_is_in_them(storage: Storage):
    digest = await storage.files.put(b"fox")

    assert digest == hashlib.sha256(b"fox").hexdigest()
    assert await storage.files.put(b"fox") == digest
    assert await storage.files.get(digest) == b"fox"


@pytest.mark.parametrize("strange", ["", "ab", "0" * 64, "../" * 20, "A" * 64])
async def test_a_file_that_is_not_there_is_a_key_error(storage: Storage, strange: str):
    with pytest.raises(KeyError):
        await storage.files.get(strange)


async def test_what_is_made_of_a_file_is_made_once(storage: Storage):
    digest = await storage.files.put(b"fox")
    made = []

    def louder(data: bytes) -> bytes:
        made.append(data)
        return data.upper()

    assert [await storage.files.derived(digest, "loud", louder) for _ in range(3)] == [b"FOX"] * 3
    assert await storage.files.derived(digest, "still", lambda data: data[::-1]) == b"xof"
    assert made == [b"fox"]
    assert await storage.files.get(digest) == b"fox"
    with pytest.raises(KeyError):
        await storage.files.derived("0" * 64, "loud", louder)
    with pytest.raises(ValueError, match=r"\.\./x"):
        await storage.files.derived(digest, "../x", louder)


# --- tasks ----------------------------------------------------------------------------------


async def test_tasks_are_told_of_after_their_commit_in_order(storage: Storage, clock: Clock):
    told = []
    storage.tasks.listen(told.append)

    await storage.tasks.submit("sing", "a", {"song": "狐"}, delay=2.5)
    await storage.tasks.submit("sing", "a", {})

    assert [(task.kind, task.key, task.args, task.not_before) for task in told] == [
        ("sing", "a", {"song": "狐"}, clock.now + 2.5),
        ("sing", "a", {}, 0.0),
    ]
    assert await storage.tasks.unfinished() == told


async def test_postponed_and_finished_tasks(storage: Storage):
    for number in range(3):
        await storage.tasks.submit("sing", "a", {"n": number})
    first, second, third = await storage.tasks.unfinished()

    await storage.tasks.postpone(first.id, 2, 99.5)
    await storage.tasks.finish(second.id)
    await storage.tasks.finish(second.id)

    assert await storage.tasks.unfinished() == [replace(first, attempts=2, not_before=99.5), third]


async def test_the_number_of_a_finished_task_is_not_given_again(storage: Storage):
    await storage.tasks.submit("sing", "a", {})
    (first,) = await storage.tasks.unfinished()
    await storage.tasks.finish(first.id)
    await storage.tasks.submit("sing", "a", {})

    (second,) = await storage.tasks.unfinished()
    assert second.id > first.id


# --- opening --------------------------------------------------------------------------------


async def test_everything_is_there_after_a_restart(url: str, tmp_path):
    async with open_storage(url, str(tmp_path / "files")) as storage:
        await storage.options.set("web:1", "model", "fox-1")
        digest = await storage.files.put(b"fox")
        await storage.ping()
    await migrate(url)
    async with open_storage(url, str(tmp_path / "files")) as storage:
        assert await storage.options.get("web:1") == {"model": "fox-1"}
        assert await storage.files.get(digest) == b"fox"


async def test_a_database_in_use_cannot_be_opened_again(url: str, tmp_path, monkeypatch):
    monkeypatch.setattr("storage.postgres.PATIENCE", 0.0)
    async with open_storage(url, str(tmp_path / "files")) as storage:
        with pytest.raises(CannotOpen, match=r"^[^\n]* is in use by another process[^\n]*$"):
            async with open_storage(url, str(tmp_path / "files")):
                pass
        with pytest.raises(CannotOpen, match="in use"):
            await migrate(url)
        await storage.ping()
    async with open_storage(url, str(tmp_path / "files")):
        pass


# --- mail, sendings, moving -----------------------------------------------------------------


async def test_mail_is_taken_once_and_waits_until_it_is_done(storage: Storage):
    first, second, third = (Letter(str(n), {"n": n, "text": "a \0 🦊"}) for n in (7, 3, 9))

    assert [each.key for each in await storage.mail.take("telegram", [first, second])] == ["7", "3"]
    assert [each.key for each in await storage.mail.take("telegram", [second, third])] == ["9"]
    assert [each.key for each in await storage.mail.take("discord", [second])] == ["3"]
    await storage.mail.done("telegram", "3")

    waiting = await storage.mail.waiting("telegram")
    assert [each.key for each in waiting] == ["7", "9"]
    assert waiting[0].body["n"] == 7
    assert await storage.mail.take("telegram", [second]) == []


async def test_old_mail_is_removed_once_it_is_done(storage: Storage, clock: Clock):
    await storage.mail.take("telegram", [Letter("1", {}), Letter("2", {})])
    await storage.mail.done("telegram", "1")
    clock.now += 4 * 86_400

    assert [each.key for each in await storage.mail.take("telegram", [Letter("1", {}), Letter("2", {})])] == [
        "1"
    ]


async def test_a_sending_is_known_from_its_beginning_and_by_its_message(storage: Storage):
    begun = await storage.sendings.begin("telegram", "a-0", "42", "100")
    again = await storage.sendings.begin("telegram", "a-0", "42", "107")
    await storage.sendings.record("telegram", "a-0", "101")
    sent = await storage.sendings.begin("telegram", "a-0", "42")

    assert (begun.again, begun.message, begun.after) == (False, "", "100")
    assert (again.again, again.message, again.after) == (True, "", "100")
    assert (sent.again, sent.message) == (True, "101")
    assert set(await storage.sendings.ours("telegram", "42", ["100", "101"])) == {"101"}
    assert not await storage.sendings.ours("telegram", "43", ["101"])


async def test_a_sending_that_surely_failed_is_dropped_and_a_sent_one_is_not(storage: Storage):
    await storage.sendings.begin("telegram", "a-0", "42")
    await storage.sendings.drop("telegram", "a-0")
    assert not (await storage.sendings.begin("telegram", "a-0", "42")).again

    await storage.sendings.record("telegram", "a-0", "101")
    await storage.sendings.drop("telegram", "a-0")
    assert (await storage.sendings.begin("telegram", "a-0", "42")).message == "101"


OLD, NEW, TOPIC = Channel("telegram", "-5"), Channel("telegram", "-1005"), Channel("telegram", "-5", "9")


async def ask(storage: Storage, channel: Channel, number: int, text: str):
    message = IncomingMessage(str(number), channel, ANN, text)
    return await storage.conversations.ask(message, Turn(Role.USER, text, "Ann"), 3)


async def said(storage: Storage, channel: Channel) -> list[str]:
    return [record.turn.text for record in await storage.conversations.history(channel)]


async def test_a_place_moves_with_its_history_answers_jobs_and_options(storage: Storage):
    answer = await ask(storage, OLD, 1, "one")
    await ask(storage, TOPIC, 2, "in a topic")
    await ask(storage, Channel("telegram", "-55"), 1, "elsewhere")
    added = await storage.jobs.add(job(channel=OLD))
    await storage.options.set(str(OLD), "model", "gpt-4o")
    await storage.move("telegram", "-5", "-1005")
    await storage.move("telegram", "-5", "-1005")  # and once more changes nothing

    assert await said(storage, NEW) == ["one"]
    assert await said(storage, Channel("telegram", "-1005", "9")) == ["in a topic"]
    assert await said(storage, OLD) == []
    assert await said(storage, Channel("telegram", "-55")) == ["elsewhere"]
    assert (await storage.conversations.answer(answer.id)).channel == NEW
    assert (await storage.jobs.get(added.id)).channel == NEW
    assert await storage.options.get(str(NEW)) == {"model": "gpt-4o"}


async def test_what_was_said_before_the_move_was_noticed_comes_after_the_old(storage: Storage):
    for number in range(1, 4):
        await ask(storage, OLD, number, f"old {number}")
    for number in range(1, 6):
        answer = await ask(storage, NEW, number, f"new {number}")
    await storage.options.set(str(OLD), "model", "old")
    await storage.options.set(str(NEW), "model", "new")
    await storage.move("telegram", "-5", "-1005")
    await ask(storage, NEW, 6, "later")

    texts = [f"old {n}" for n in range(1, 4)] + [f"new {n}" for n in range(1, 6)] + ["later"]
    assert await said(storage, NEW) == texts
    assert [turn.text for turn in await storage.conversations.question(answer)] == ["new 5"]
    assert await ask(storage, NEW, 5, "new 5") is None  # known
    assert await storage.options.get(str(NEW)) == {"model": "new"}
    assert await storage.conversations.forget(NEW) == 9
