"""Tools that the sandbox's models call: only when they are offered, and only when that is meant."""

import json

import pytest

from tests.bot.sandbox.caller import calling, deltas, streamed

IMAGINE, CHANGE = ({"type": "function", "function": {"name": name}} for name in ("imagine", "change_picture"))
PAINTED = "They reply to a picture that you painted from this prompt: “a red fox”."


def called(body: bytes) -> tuple[str, dict] | None:
    """The call in a stream, its arguments put together."""
    found = [call for frame in deltas(body) for choice in frame["choices"]
             for call in choice["delta"].get("tool_calls", ())]  # fmt: skip
    if not found:
        return None
    return found[0]["function"]["name"], json.loads("".join(each["function"]["arguments"] for each in found))


def asked(text: str, system: str = "") -> list[dict]:
    before = [{"role": "system", "content": system}] if system else []
    return [*before, {"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("Draw me a lighthouse at dusk.", "a lighthouse at dusk"),
        ("Ann: please paint a fox", "a fox"),
        ("帮我画一只狐狸", "一只狐狸"),
    ],
)
async def test_who_asks_for_a_picture_gets_a_call(text, prompt):
    async with calling() as gateway:
        answer = await gateway.chat(text, stream=True, tools=[IMAGINE])
        whole = (await gateway.chat(text, tools=[IMAGINE])).json["choices"][0]
        plain = await gateway.chat(text, stream=True)

        assert called(answer.body) == ("imagine", {"prompt": prompt})
        assert whole["finish_reason"] == "tool_calls"
        assert json.loads(whole["message"]["tool_calls"][0]["function"]["arguments"]) == {"prompt": prompt}
        assert called(plain.body) is None
        assert streamed(plain.body)


async def test_a_wish_about_a_picture_becomes_steps():
    async with calling() as gateway:
        text = "> Chatelier:\n> a red fox\n\nthe second one, more fog, and zoom out"
        answer = await gateway.chat("", stream=True, tools=[IMAGINE, CHANGE], messages=asked(text, PAINTED))
        question = await gateway.chat(
            "", stream=True, tools=[IMAGINE, CHANGE], messages=asked("what is this?", PAINTED)
        )

        assert called(answer.body) == (
            "change_picture",
            {"steps": [{"action": "upscale:2"}, {"action": "zoom:2", "prompt": "a red fox, more fog"}]},
        )
        assert called(question.body) is None


async def test_ordinary_talk_is_answered_though_tools_are_offered():
    async with calling() as gateway:
        answer = await gateway.chat("how do painters draw a crowd?", stream=True, tools=[IMAGINE])

        assert called(answer.body) is None


async def test_a_strict_model_takes_no_tools():
    async with calling() as gateway:
        answer = await gateway.chat("hi", model="sandbox-strict", tools=[IMAGINE])

        assert (answer.status, answer.json["error"]["param"]) == (400, "tools")
