"""Who is told, and how often."""

from adapters.web.hall import LONGEST_PAUSE, SHORTEST_PAUSE, Hall, Page
from bot.messages import Person
from bot.ports import Post

BODY = {"text": "word", "thoughts": "", "growing": True}


def page(hall: Hall, person: str, room: str) -> Page:
    found = Page(None, Person(person, "Ada"))  # type: ignore[arg-type]
    hall.join(found)
    hall.enter(found, room)
    return found


def test_the_more_grows_at_once_the_rarer_are_previews():
    hall = Hall()
    watching = page(hall, "web:1", "room")
    alone = hall.limits.edit_every
    pauses = []
    for count in range(100):
        hall.preview(Post(str(count), "room", 1, "", BODY, 0.0), BODY, 0)
        watching.spent(0.001)
        pauses.append(hall.limits.edit_every)

    assert alone == pauses[0] == SHORTEST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_a_page_watches_one_room_and_no_other():
    hall = Hall()
    first, second = page(hall, "web:1", "one"), page(hall, "web:1", "one")
    both = list(hall.watchers("one"))
    hall.enter(first, "two")
    moved = list(hall.watchers("one")), list(hall.watchers("two"))
    hall.leave(first)
    hall.leave(second)
    hall.enter(second, "one")  # what it had still asked for when it went

    assert both == [first, second]
    assert moved == ([second], [first])
    assert not hall.watchers("one")
    assert not hall.watchers("two")
