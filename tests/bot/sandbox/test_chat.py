"""Chat completions: strict like new-api, honest, and broken when asked."""

import json

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.answers import long_text
from bot.sandbox.completions import pieces_of
from bot.sandbox.mischief import WAYS
from tests.bot.sandbox.caller import calling, data_url, deltas, picture, streamed


@pytest.fixture
async def gateway():
    async with calling(speed=5000.0) as caller:
        yield caller


def body(*messages: tuple[str, str], model: str = "sandbox-chat", **more):
    return {"model": model, "messages": [{"role": role, "content": text} for role, text in messages], **more}


async def test_models_are_listed_as_new_api_does(gateway):
    answer = await gateway.get("/v1/models")

    names = [row["id"] for row in answer.json["data"]]
    assert answer.json["success"] is True
    assert names[:4] == ["sandbox-chat", "sandbox-reasoner", "sandbox-think", "sandbox-slow"]
    assert {"mj_imagine", "swap_face", "flux-sandbox", "tts-sandbox", "whisper-sandbox"} <= set(names)


async def test_an_unknown_model_by_name_is_an_error_with_200(gateway):
    assert (await gateway.get("/v1/models/sandbox-chat")).json["id"] == "sandbox-chat"
    answer = await gateway.get("/v1/models/gpt-9")
    assert (answer.status, answer.json["error"]["code"]) == (200, "model_not_found")


async def test_an_answer_says_where_it_comes_from(gateway):
    assert "sandbox" in await gateway.say("Tell me about kites")


async def test_the_same_question_gets_the_same_answer_and_others_get_others(gateway):
    one, again, other = [await gateway.say(text) for text in ("kites", "kites", "boats")]

    assert one == again
    assert one != other


async def test_it_proves_that_it_was_sent_the_conversation(gateway):
    sent = body(("user", "my name is Ada"), ("assistant", "Hello"), ("user", "and what is the weather"))
    answer = (await gateway.post("/v1/chat/completions", sent)).json["choices"][0]["message"]["content"]
    listed = body(("user", "my name is Ada"), ("assistant", "Hello"), ("user", "What did I say?"))
    recalled = (await gateway.post("/v1/chat/completions", listed)).json["choices"][0]["message"]["content"]

    assert "my name is Ada" in answer
    assert "1. my name is Ada" in recalled


async def test_it_repeats_its_system_prompt(gateway):
    sent = body(("system", "Be brief, be kind."), ("user", "system prompt"))
    answer = (await gateway.post("/v1/chat/completions", sent)).json["choices"][0]["message"]["content"]

    assert "> Be brief, be kind." in answer


async def test_it_answers_chinese_in_chinese(gateway):
    assert "内置沙盒" in await gateway.say("今天我们聊聊风筝吧")


async def test_it_sees_the_size_and_the_colours_of_pictures(gateway):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": data_url(picture(123, 45, (40, 90, 200)))}},
        {"type": "image_url", "image_url": "https://example.com/x.png"},
    ]
    sent = {"model": "sandbox-chat", "messages": [{"role": "user", "content": parts}]}
    answer = (await gateway.post("/v1/chat/completions", sent)).json["choices"][0]["message"]["content"]

    assert "PNG, 123 × 45 pixels" in answer
    assert "blue" in answer
    assert "cannot open" in answer


async def test_a_picture_that_is_none_cannot_be_counted(gateway):
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]
    sent = {"model": "sandbox-chat", "messages": [{"role": "user", "content": parts}]}

    answer = await gateway.post("/v1/chat/completions", sent)

    assert (answer.status, answer.json["error"]["code"]) == (500, "count_token_messages_failed")


@pytest.mark.parametrize(
    ("topic", "mark"),
    [
        ("table", "|--:|"),
        ("code", "```python"),
        ("list", "1. "),
        ("math", "$$"),
        ("links", "](https://"),
        ("html", "<script>"),
        ("quote", "> "),
        ("markdown", "|--:|"),
        ("poem", "**Sandbox**"),
        ("story", "lighthouse"),
    ],
)
async def test_it_shows_off_markdown(gateway, topic, mark):
    assert mark in await gateway.say(topic)


async def test_help_lists_every_way_to_provoke_a_fault(gateway):
    answer = await gateway.say("help")

    assert all(f"`sandbox {way}`" in answer for way in WAYS)
    assert "`queuefull`" in answer


async def test_a_long_answer_is_exactly_that_long(gateway):
    assert await gateway.say("long 20000") == long_text(20_000)
    assert len(long_text(20_000)) == 20_000


@pytest.mark.parametrize(
    ("said", "mark"), [("Ada: table", "|--:|"), ("Ada: long 200", "# A long"), ("Ada: hi", "👋")]
)
async def test_it_understands_whoever_speaks_in_a_group(gateway, said, mark):
    assert mark in await gateway.say(said)
    assert (await gateway.chat("Ada: /sandbox error 500")).status == 500


async def test_echo_changes_nothing(gateway):
    assert await gateway.say("echo **a**\n\n| b |  ") == "**a**\n\n| b |"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"temperature": "1"},
            "cannot unmarshal string into Go struct field GeneralOpenAIRequest.temperature of type float64",
        ),
        ({"stream": "true"}, "GeneralOpenAIRequest.stream of type bool"),
        ({"n": 1.5}, "GeneralOpenAIRequest.n of type int"),
        ({"max_tokens": -1}, "GeneralOpenAIRequest.max_tokens of type uint"),
        ({"tools": ["a"]}, "GeneralOpenAIRequest.tools"),
        ({"messages": []}, "field messages is required"),
        ({"model": ""}, "model is required"),
        ({"max_tokens": 2_000_000_000}, "max_tokens is invalid"),
    ],
)
async def test_types_are_enforced(gateway, fields, message):
    answer = await gateway.post("/v1/chat/completions", {**body(("user", "hi")), **fields})

    assert answer.status == 400
    assert message in answer.json["error"]["message"]
    assert answer.json["error"]["code"] == "invalid_text_request"
    assert answer.json["error"]["message"].endswith(f"(request id: {answer.headers['X-Oneapi-Request-Id']})")


async def test_every_documented_field_is_taken(gateway):
    fields = {
        "temperature": 0.5,
        "top_p": 1,
        "n": 1,
        "stop": None,
        "max_tokens": 1000,
        "seed": 5,
        "user": "u",
    }
    fields |= {"presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {"1": 5}}
    fields |= {
        "response_format": {"type": "text"},
        "tools": [{"type": "function", "function": {"name": "f"}}],
    }
    assert (await gateway.post("/v1/chat/completions", {**body(("user", "hi")), **fields})).status == 200


async def test_a_model_without_a_channel(gateway):
    answer = await gateway.chat("hi", model="gpt-9")

    assert answer.status == 503
    assert "当前分组 default 下对于模型 gpt-9 无可用渠道" in answer.json["error"]["message"]


async def test_a_strict_model_names_the_parameter_that_it_does_not_take(gateway):
    answer = await gateway.chat("hi", model="sandbox-strict", temperature=1)

    assert (answer.status, answer.json["error"]["code"]) == (400, "unsupported_parameter")
    assert answer.json["error"]["param"] == "temperature"
    assert (await gateway.chat("hi", model="sandbox-strict")).status == 200


async def test_a_short_model_has_a_context_that_ends(gateway):
    answer = await gateway.chat("word " * 2000, model="sandbox-short")

    assert (answer.status, answer.json["error"]["code"]) == (400, "context_length_exceeded")


async def test_a_key_is_asked_for_when_there_is_one():
    async with calling(key="sk-good") as gateway:
        for headers, status in (
            ({"Authorization": "Bearer sk-good"}, 200),
            ({"Authorization": "sk-good"}, 200),
            ({"Authorization": "Bearer sk-bad"}, 401),
            ({}, 401),
        ):
            assert (await gateway.with_headers(**headers).get("/v1/models")).status == status


async def test_a_path_that_does_not_exist_and_one_outside_of_the_api(gateway):
    missing, outside = (
        await gateway.post("/v1/chat/completion", {}),
        await gateway.post("/chat/completions", {}),
    )

    assert missing.json["error"]["message"] == "Invalid URL (POST /v1/chat/completion)"
    assert (outside.status, outside.media_type) == (200, "text/html; charset=utf-8")


async def test_a_stream_is_framed_as_usual(gateway):
    answer = await gateway.chat("kites", stream=True, stream_options={"include_usage": True})

    frames = deltas(answer.body)
    assert answer.media_type == "text/event-stream"
    assert frames[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert frames[-2]["choices"][0]["finish_reason"] == "stop"
    assert frames[-1]["choices"] == []
    assert frames[-1]["usage"]["completion_tokens"] > 0
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert streamed(answer.body) == await gateway.say("kites")


async def test_usage_comes_only_when_it_is_asked_for(gateway):
    assert b"prompt_tokens" not in (await gateway.chat("kites", stream=True)).body


async def test_thoughts_come_in_a_field_or_inside_the_text(gateway):
    field = (await gateway.chat("kites", model="sandbox-reasoner", stream=True)).body
    inside = streamed((await gateway.chat("kites", model="sandbox-think", stream=True)).body)
    whole = (await gateway.chat("kites", model="sandbox-reasoner")).json["choices"][0]["message"]

    plain = await gateway.say("kites")
    assert streamed(field) == plain
    assert "sandbox" in streamed(field, "reasoning_content")
    assert inside.startswith("<think>\n")
    assert inside.endswith(f"</think>\n{plain}")
    assert whole["reasoning_content"] == streamed(field, "reasoning_content")


async def test_limits_and_stops_end_it(gateway):
    short = (await gateway.chat("story", max_tokens=10)).json["choices"][0]
    stopped = (await gateway.chat("story", stop=["keeper"])).json["choices"][0]

    assert short["finish_reason"] == "length"
    assert len(short["message"]["content"]) < 100
    assert stopped["message"]["content"] == "Once there was a lighthouse "


async def test_json_when_json_is_wanted(gateway):
    assert json.loads(await gateway.say("kites", response_format={"type": "json_object"}))["sandbox"] is True


@pytest.mark.parametrize("onward", ["user", "assistant"])
async def test_a_cut_answer_can_be_continued(gateway, onward):
    cut = streamed((await gateway.chat("/sandbox cut", stream=True)).body)
    messages = [("user", "/sandbox cut"), ("assistant", cut)]
    if onward == "user":
        messages.append(("user", "Continue exactly where you stopped."))

    rest = (await gateway.post("/v1/chat/completions", body(*messages))).json["choices"][0]["message"][
        "content"
    ]

    whole = cut + rest
    assert whole.startswith("Once there was a lighthouse keeper")
    assert whole.endswith("*— the built-in sandbox: no model was asked*")


@pytest.mark.parametrize(
    ("argument", "status", "code"),
    [
        ("401", 401, None),
        ("key", 401, None),
        ("quota", 403, "insufficient_user_quota"),
        ("429", 429, "rate_limit_exceeded"),
        ("model", 503, None),
        ("context", 400, "context_length_exceeded"),
        ("content", 400, "content_policy_violation"),
        ("parameter seed", 400, "unsupported_parameter"),
        ("500", 500, "sandbox"),
        ("418", 418, "sandbox"),
    ],
)
async def test_errors_on_request(gateway, argument, status, code):
    answer = await gateway.chat(f"/sandbox error {argument}", stream=True)

    assert answer.status == status
    assert answer.json["error"].get("code") == code


@pytest.mark.parametrize("status", [502, 504, 524, 413])
async def test_errors_of_proxies_are_pages(gateway, status):
    answer = await gateway.chat(f"sandbox error {status}")

    assert (answer.status, answer.media_type) == (status, "text/html")


@pytest.mark.parametrize(("way", "status"), [("flaky", 500), ("busy", 429)])
async def test_what_fails_once_works_the_second_time(gateway, way, status):
    first, second = await gateway.chat(f"sandbox {way}"), await gateway.chat(f"sandbox {way}")

    assert (first.status, second.status) == (status, 200)
    assert first.headers.get("Retry-After") == ("1" if way == "busy" else None)


@pytest.mark.parametrize(
    ("way", "check"),
    [
        ("cut", lambda raw: b"[DONE]" not in raw and b'"stop"' not in raw and streamed(raw)),
        ("nodone", lambda raw: b"[DONE]" not in raw and b'"stop"' in raw),
        ("nofinish", lambda raw: b"[DONE]" in raw and b'"stop"' not in raw),
        ("empty", lambda raw: raw == b"data: [DONE]\n\n"),
        ("blank", lambda raw: streamed(raw) == "" and b'"stop"' in raw),
        ("length", lambda raw: b'"finish_reason":"length"' in raw),
        ("refuse", lambda raw: b'"finish_reason":"content_filter"' in raw),
        ("pings", lambda raw: raw.count(b": PING\n\n") > 10),
        ("crlf", lambda raw: b"data:{" in raw and b"}\r\n\r\n" in raw),
        (
            "chars",
            lambda raw: all(len(streamed(b"data: " + json.dumps(f).encode())) <= 1 for f in deltas(raw)),
        ),
        ("lines", lambda raw: "\u2028".encode() in raw),
        ("big", lambda raw: max(map(len, raw.split(b"\n"))) > 500_000),
        ("errorframe", lambda raw: b'data: {"error":' in raw and streamed(raw)),
        ("deltaerror", lambda raw: b'"delta":{"error":"timeout"}' in raw),
        ("latejson", lambda raw: raw.startswith(b": PING") and b"data:" not in raw and b'"error"' in raw),
        ("noise", lambda raw: b"prompt_filter_results" in raw and streamed(raw)),
        ("tool", lambda raw: b'"finish_reason":"tool_calls"' in raw and b"call_sandbox1" in raw),
        ("think", lambda raw: streamed(raw).startswith("<think>")),
        ("thinkonly", lambda raw: "</think>" not in streamed(raw)),
        ("bytes", lambda raw: streamed(raw).startswith("Once")),
        ("slow", lambda raw: streamed(raw).startswith("Once")),
    ],
)
async def test_streams_that_are_broken_on_request(gateway, way, check):
    answer = await gateway.chat(f"/sandbox {way}", stream=True)

    assert answer.status == 200
    assert check(answer.body)


async def test_json_where_a_stream_was_wanted_and_a_page_where_json_was(gateway):
    assert (await gateway.chat("sandbox json", stream=True)).json["object"] == "chat.completion"
    assert (await gateway.chat("sandbox html")).media_type == "text/html"


async def test_a_dropped_connection_breaks_in_the_middle(gateway):
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await gateway.chat("sandbox drop", stream=True)


@pytest.mark.parametrize(("way", "said"), [("silent", False), ("stall", True)])
async def test_silence_lasts_until_the_caller_leaves(gateway, way, said):
    heard, url = bytearray(), gateway.sandbox.url + "/v1/chat/completions"
    sent = body(("user", f"sandbox {way}"), stream=True)
    async with aiohttp.ClientSession() as session, session.post(url, json=sent) as response:
        while said and len(streamed(bytes(heard))) < 300:
            heard.extend(await response.content.readany())
        assert (await gateway.ledger())["chats"][-1]["ended"] == ""

    while not (ended := (await gateway.ledger())["chats"][-1]["ended"]):
        pass
    assert ended == "gone"
    assert b"[DONE]" not in heard


async def test_a_drawn_picture_in_an_answer(gateway):
    text = await gateway.say("sandbox picture a red fox")

    link = text.partition("](")[2].partition(")")[0]
    assert (await gateway.get(link)).media_type == "image/png"


async def test_the_pace_is_a_natural_one():
    async with calling(speed=1.0) as gateway:
        pieces = 0
        async with aiohttp.ClientSession() as session:
            url = gateway.sandbox.url + "/v1/chat/completions"
            async with session.post(url, json=body(("user", "story"), stream=True)) as response:
                async for chunk in response.content.iter_any():
                    pieces += chunk.count(b'"content":"')
                    if pieces > 10:
                        break

        assert (await gateway.ledger())["chats"][-1]["ended"] != "done"


async def test_chats_are_in_the_ledger_with_their_bodies(gateway):
    await gateway.with_headers(Authorization="Bearer sk-one").chat("kites", user="ada")

    entry = (await gateway.ledger())["chats"][-1]
    assert (entry["key"], entry["ended"], entry["status"]) == ("one", "done", 200)
    assert entry["body"]["messages"] == [{"role": "user", "content": "kites"}]
    assert entry["body"]["user"] == "ada"


@given(st.text())
def test_no_character_is_lost_between_pieces(text):
    assert "".join(pieces_of(text)) == text


@given(st.integers(min_value=1, max_value=5000))
def test_long_texts_of_any_length(size):
    assert len(long_text(size)) == size
