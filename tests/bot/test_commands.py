"""Commands: a signature is the schema, for what is typed and for what comes apart already."""

from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Command, Parameter, ParameterKind, Suggest, find, likely, nearest, read
from bot.errors import UsageError
from bot.messages import Attachment, Channel, CommandCall
from bot.ports import Chat

FOX = Attachment("fox.png", "image/png", 3)
OWL = Attachment("owl.png", "image/png", 4)
NAMED = Annotated[Optional[Annotated[float, "How far"]], "What for"]  # noqa: UP045


class Painter:
    async def imagine(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "What to paint"],
        image: Annotated[Attachment | None, "A picture to start from"] = None,
        mode: Literal["fast", "relax"] = "fast",
        spoiler: bool = False,
    ) -> None: ...


IMAGINE = Command(
    "imagine", "Paint.", Painter().imagine, example="/imagine a red fox --ar 16:9", aliases=("i", "画")
)


def command(run: Any) -> Command:
    return Command("do", "Do it.", run)


# --- the schema -----------------------------------------------------------------------------


def test_a_signature_is_read_into_parameters():
    prompt, image, mode, spoiler = IMAGINE.parameters

    assert prompt == Parameter("prompt", ParameterKind.TEXT, help="What to paint")
    assert image == Parameter(
        "image", ParameterKind.ATTACHMENT, required=False, help="A picture to start from"
    )
    assert mode == Parameter(
        "mode", ParameterKind.TEXT, required=False, default="fast", choices=("fast", "relax")
    )
    assert spoiler == Parameter("spoiler", ParameterKind.BOOLEAN, required=False, default=False)


def test_a_function_looked_up_on_its_class_will_do():
    assert command(Painter.imagine).parameters == IMAGINE.parameters


def test_every_kind_that_platforms_can_ask_for_is_known():
    async def run(
        call: CommandCall,
        chat: Chat,
        a: int,
        b: float,
        c: "bool",
        d: Literal[1, 2],
        e: tuple[Attachment, ...],
        f: NAMED,
        g: str | None,
    ) -> None: ...

    kinds = {p.name: (p.kind.value, p.required, p.choices, p.many) for p in command(run).parameters}

    assert kinds == {
        "a": ("integer", True, (), False),
        "b": ("number", True, (), False),
        "c": ("boolean", True, (), False),
        "d": ("integer", True, (1, 2), False),
        "e": ("attachment", True, (), True),
        "f": ("number", False, (), False),
        "g": ("text", False, (), False),
    }
    assert command(run).parameters[5].help == "How far"


@pytest.mark.parametrize(
    "kind", [list[str], dict, object, bytes, str | int, Literal["a", 1], Literal[True], Any, None]
)
def test_a_type_that_no_platform_can_ask_for_is_refused_at_once(kind):
    async def run(call: CommandCall, chat: Chat, what: kind) -> None: ...

    with pytest.raises(TypeError, match="/do: no platform can ask for what"):
        command(run)


async def test_a_text_may_have_suggestions():
    async def colours(typed: str, channel: Channel) -> list[str]:
        return likely(["red", "infrared", "blue"], typed)

    async def run(
        call: CommandCall, chat: Chat, colour: Annotated[str | None, "Which", Suggest(colours)] = None
    ) -> None: ...

    (colour,) = command(run).parameters

    assert colour.suggest is not None
    assert await colour.suggest("RE", Channel("web", "1")) == ["red", "infrared"]
    assert colour == Parameter("colour", ParameterKind.TEXT, required=False, help="Which")


async def test_a_method_may_be_what_suggests():
    class Colours:
        known = ("red",)

        async def suggest(self, typed: str, channel: Channel) -> tuple[str, ...]:
            return self.known

        async def take(
            self, call: CommandCall, chat: Chat, colour: Annotated[str, Suggest(suggest)]
        ) -> None: ...

    (colour,) = command(Colours().take).parameters

    assert colour.suggest is not None
    assert await colour.suggest("", Channel("web", "1")) == ("red",)
    assert command(Colours.take).parameters[0].suggest is None  # nobody to ask


@pytest.mark.parametrize("kind", [int, bool, Attachment, Literal["red", "blue"]])
def test_only_texts_have_suggestions(kind):
    async def colours(typed: str, channel: Channel) -> list[str]:
        return []

    async def run(call: CommandCall, chat: Chat, what: Annotated[kind, Suggest(colours)]) -> None: ...

    with pytest.raises(TypeError, match="/do: suggestions"):
        command(run)


@given(st.lists(st.text(max_size=8)), st.text(max_size=4))
def test_what_is_likely_holds_what_was_typed(names, typed):
    found = likely(names, typed)
    wanted = typed.strip().casefold()

    assert sorted(found) == sorted(name for name in names if wanted in name.casefold())
    begun = [name.casefold().startswith(wanted) for name in found]
    assert begun == sorted(begun, reverse=True)


def test_a_parameter_without_a_type_is_refused():
    async def run(call: CommandCall, chat: Chat, what) -> None: ...  # type: ignore[no-untyped-def]

    with pytest.raises(TypeError, match="what"):
        command(run)


def test_signatures_that_cannot_be_called_by_name_are_refused():
    async def no_chat(call: CommandCall, prompt: str) -> None: ...

    async def any_number(call: CommandCall, chat: Chat, *words: str) -> None: ...

    async def by_place(call: CommandCall, chat: Chat, word: str, /) -> None: ...

    async def nothing_left(
        call: CommandCall, chat: Chat, files: tuple[Attachment, ...], more: Attachment
    ) -> None: ...

    for run in (no_chat, any_number, by_place, nothing_left):
        with pytest.raises(TypeError, match="/do"):
            command(run)


@pytest.mark.parametrize("name", ["", "Imagine", "im agine", "1st", "a" * 33, "画", "x-y"])
def test_a_name_that_some_platform_would_not_take_is_refused(name):
    with pytest.raises(ValueError, match="name"):
        Command(name, "", Painter().imagine)


# --- usage ----------------------------------------------------------------------------------


async def model(call: CommandCall, chat: Chat, name: str = "") -> None: ...


async def history(call: CommandCall, chat: Chat, count: int = 10) -> None: ...


async def persona(call: CommandCall, chat: Chat, name: str, text: str, days: int = 1) -> None: ...


async def blend(call: CommandCall, chat: Chat, images: tuple[Attachment, ...] = ()) -> None: ...


async def vote(call: CommandCall, chat: Chat, choice: Literal["yes", "no"], why: str = "") -> None: ...


async def reset(call: CommandCall, chat: Chat) -> None: ...


@pytest.mark.parametrize(
    ("run", "usage"),
    [
        (Painter().imagine, "/do [mode=fast|relax] [spoiler=yes|no] <prompt> [image]"),
        (model, "/do [name]"),
        (history, "/do [count]"),
        (persona, "/do [days=…] <name> <text>"),
        (blend, "/do [images …]"),
        (vote, "/do <yes|no> [why]"),
        (reset, "/do"),
    ],
)
def test_usage_is_one_line(run, usage):
    assert command(run).usage == usage


# --- what is typed --------------------------------------------------------------------------


def imagine(**changed: object) -> dict[str, object]:
    return {"prompt": "", "image": None, "mode": "fast", "spoiler": False} | changed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat --ar 16:9", imagine(prompt="a cat --ar 16:9")),
        ('a "cat"  on\na mat --no=x', imagine(prompt='a "cat"  on\na mat --no=x')),
        ("mode=relax a cat", imagine(prompt="a cat", mode="relax")),
        ("mode:relax spoiler：yes a cat", imagine(prompt="a cat", mode="relax", spoiler=True)),
        ("mode: relax", imagine(prompt="mode: relax")),
        ("MODE=Relax spoiler=yes a cat", imagine(prompt="a cat", mode="relax", spoiler=True)),
        ("a cat mode=relax", imagine(prompt="a cat", mode="relax")),
        ("prompt=a cat", imagine(prompt="a cat")),
        ("prompt=mode=relax", imagine(prompt="mode=relax")),
        ("x=1 y=2", imagine(prompt="x=1 y=2")),
        ("image=http://x.y a cat", imagine(prompt="image=http://x.y a cat")),
        ("mode=fast mode=relax", imagine(prompt="mode=relax")),
    ],
)
def test_what_is_typed_needs_no_quotes(text, expected):
    assert IMAGINE.parse(text) == expected


@given(st.text())
def test_words_of_a_prompt_arrive_as_they_are(text):
    prompt = "x " + text

    assert IMAGINE.parse(prompt)["prompt"] == prompt.strip()


@pytest.mark.parametrize(
    ("run", "text", "expected"),
    [
        (model, "", {"name": ""}),
        (model, "gpt 4", {"name": "gpt 4"}),
        (history, "", {"count": 10}),
        (history, "3", {"count": 3}),
        (history, "count=3", {"count": 3}),
        (persona, "cat You are\na cat.", {"name": "cat", "text": "You are\na cat.", "days": 1}),
        (persona, "days=3 cat You are", {"name": "cat", "text": "You are", "days": 3}),
        (vote, "YES of course", {"choice": "yes", "why": "of course"}),
        (vote, "no", {"choice": "no", "why": ""}),
        (reset, "", {}),
    ],
)
def test_words_fill_parameters_in_order(run, text, expected):
    assert command(run).parse(text) == expected


def test_a_named_text_takes_the_rest_only_when_nothing_else_waits_for_words():
    assert command(persona).parse("text=all cat") == {"name": "cat", "text": "all", "days": 1}
    assert command(persona).parse("name=cat text=all that is left") == {
        "name": "cat",
        "text": "all that is left",
        "days": 1,
    }


def test_attachments_fill_attachment_parameters():
    assert IMAGINE.parse("a cat", [FOX])["image"] == FOX
    assert command(blend).parse("", [FOX, OWL]) == {"images": (FOX, OWL)}
    assert command(blend).parse("") == {"images": ()}


@pytest.mark.parametrize(
    ("run", "text", "files", "problem"),
    [
        (Painter().imagine, "", (), "I need the prompt"),
        (Painter().imagine, "  \n", (), "I need the prompt"),
        (Painter().imagine, "mode=slow a cat", (), "mode is one of fast, relax, not “slow”"),
        (Painter().imagine, "spoiler=maybe a cat", (), "spoiler is yes or no, not “maybe”"),
        (Painter().imagine, "a cat", (FOX, OWL), "There is no place for the file owl.png"),
        (history, "many", (), "count is a whole number, not “many”"),
        (history, "1.5", (), "count is a whole number, not “1.5”"),
        (history, "3 4", (), "There is no place for “4”"),
        (history, "9" * 5000, (), "count is a whole number, not “99999"),
        (reset, "please", (), "There is no place for “please”"),
    ],
)
def test_what_does_not_fit_is_one_sentence_with_the_usage(run, text, files, problem):
    with pytest.raises(UsageError) as error:
        command(run).parse(text, files)

    sentence = str(error.value)
    assert sentence.startswith(problem)
    assert f"`{command(run).usage}`" in sentence
    assert "\n" not in sentence
    assert len(sentence) < 200


def test_a_usage_error_shows_the_example():
    with pytest.raises(UsageError, match="for example `/imagine a red fox --ar 16:9`"):
        IMAGINE.parse("")


# --- what comes apart already ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"prompt": "a"}, imagine(prompt="a")),
        ({"prompt": " a ", "mode": "relax"}, imagine(prompt=" a ", mode="relax")),
        ({"prompt": "a", "mode": None, "spoiler": ""}, imagine(prompt="a")),
        ({"prompt": "a", "spoiler": True, "image": FOX}, imagine(prompt="a", spoiler=True, image=FOX)),
        ({"prompt": 7}, imagine(prompt="7")),
    ],
)
def test_arguments_are_completed(given_, expected):
    assert IMAGINE.bind(given_) == expected


def test_arguments_of_a_form_are_converted():
    async def run(call: CommandCall, chat: Chat, n: int, x: float, b: bool, c: Literal[1, 2]) -> None: ...

    assert command(run).bind({"n": " 3 ", "x": "0.5", "b": "on", "c": "2"}) == {
        "n": 3,
        "x": 0.5,
        "b": True,
        "c": 2,
    }
    assert command(run).bind({"n": 3.0, "x": 2, "b": False, "c": 1}) == {"n": 3, "x": 2.0, "b": False, "c": 1}


@pytest.mark.parametrize(
    "wrong", [{"n": True}, {"n": "nan"}, {"n": "inf"}, {"n": []}, {"n": 1e400}, {"n": 1, "extra": 1}]
)
def test_arguments_that_do_not_fit_are_refused(wrong):
    async def run(call: CommandCall, chat: Chat, n: int) -> None: ...

    with pytest.raises(UsageError):
        command(run).bind(wrong)


def test_large_numbers_stay_exact():
    async def run(call: CommandCall, chat: Chat, n: int) -> None: ...

    assert command(run).bind({"n": "12345678901234567890"}) == {"n": 12345678901234567890}


def test_a_file_that_is_none_is_refused():
    with pytest.raises(UsageError, match="image is a file"):
        IMAGINE.bind({"prompt": "a", "image": "fox.png"})


def test_given_files_come_before_those_that_came_along():
    assert IMAGINE.bind({"prompt": "a"}, [FOX])["image"] == FOX
    assert command(blend).bind({"images": [FOX]}) == {"images": (FOX,)}
    assert command(blend).bind({"images": OWL}) == {"images": (OWL,)}
    with pytest.raises(UsageError, match=r"fox\.png"):
        IMAGINE.bind({"prompt": "a", "image": OWL}, [FOX])


# --- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/imagine a cat", ("imagine", "a cat")),
        ("/Imagine@some_bot   a\ncat ", ("Imagine", "a\ncat")),
        ("  /new", ("new", "")),
        ("/new\n", ("new", "")),
        ("／画 猫", ("画", "猫")),
        ("/imagine\na cat", ("imagine", "a cat")),
        ("/", None),
        ("//", None),
        ("/ new", None),
        ("/usr/bin", None),
        ("/usr/bin is a folder", None),
        ("/5 of them", None),
        ("/new.", None),
        ("/new: x", None),
        ("/new@", None),
        ("and/or", None),
        ("say /new", None),
        ("", None),
        ("/" + "x" * 40, None),
    ],
)
def test_commands_are_told_from_other_texts(text, expected):
    assert read(text) == expected


@given(st.text())
def test_reading_a_command_takes_any_text(text):
    assert read("/x " + text) == ("x", text.strip())


MODEL, HISTORY = Command("model", "", model, aliases=("llm",)), Command("history", "", history)
TABLE = (IMAGINE, MODEL, HISTORY)


@pytest.mark.parametrize(
    ("name", "found"),
    [("imagine", IMAGINE), ("IMAGINE", IMAGINE), ("I", IMAGINE), ("画", IMAGINE), ("Llm", MODEL), ("", None)],
)
def test_a_command_is_found_by_name_or_alias(name, found):
    assert find(TABLE, name) is found


def test_a_command_has_a_name_in_languages_with_a_script_of_their_own():
    assert [IMAGINE.name_in(language) for language in ("zh-CN", "zh_CN", "ZH", "en", "de-DE", "")] == [
        *["画"] * 3,
        *["imagine"] * 3,
    ]
    assert HISTORY.name_in("zh") == "history"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("imagin", ["imagine"]), ("im", ["imagine"]), ("modle", ["model"]), ("hist", ["history"]), ("zzz", [])],
)
def test_the_nearest_commands_are_named(typed, meant):
    assert nearest(TABLE, typed) == meant


@given(st.text(max_size=40))
def test_names_of_any_kind_have_at_most_three_neighbours(name):
    assert len(nearest(TABLE, name)) <= 3


def test_commands_are_values():
    assert Command("model", "", model) == Command("model", "", model)
    assert "model" in repr(MODEL)


def test_options_may_stand_at_the_end_where_they_can_be_nothing_else():
    async def paint(
        call,
        chat,
        prompt: str,
        mode: Literal["fast", "relax"] | None = None,
        hidden: bool = False,
        who: str = "",
    ) -> None: ...

    command = Command("paint", "Paint.", paint)

    assert command.parse("a fox mode=relax hidden:yes") == {
        "prompt": "a fox",
        "mode": "relax",
        "hidden": True,
        "who": "",
    }
    assert command.parse("a fox mode=slow")["prompt"] == "a fox mode=slow"
    assert command.parse("a fox who=me")["prompt"] == "a fox who=me"
    assert (
        command.parse("see https://example.org/?mode=fast")["prompt"] == "see https://example.org/?mode=fast"
    )
