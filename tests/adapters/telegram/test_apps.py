"""Pages of ours inside the clients: buttons that open them, and who opened them."""

import hashlib
import hmac
import json
import time
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.apps import LASTING, opened_by
from bot.messages import Button, Channel, Content
from bot.web.site import Site
from tests.adapters.telegram.serving import serving

# Published with the description of the algorithm at docs.telegram-mini-apps.com/platform/init-data
TOKEN = "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8"
PROOF = (
    "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C"
    "%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C"
    "%22is_premium%22%3Atrue%7D&auth_date=1662771648"
    "&hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2"
)
AT = 1662771648.0
PAGE = ((Button("Paint it", url="https://bot.example/mask/x", app=True),),)


def proof_of(number: int, token: str, *, at: float = 0.0, **more: str) -> str:
    """What a client tells a page that this user opened."""
    told = {"auth_date": str(int(at or time.time())), "user": json.dumps({"id": number}), **more}
    lines = "\n".join(f"{name}={told[name]}" for name in sorted(told))
    secret = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode({**told, "hash": hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()})


def test_the_published_example_is_true_for_a_day():
    assert opened_by(PROOF, TOKEN, AT) == 279058397
    assert opened_by(PROOF, TOKEN, AT + LASTING) == 279058397
    assert opened_by(PROOF, TOKEN, AT + LASTING + 1) == 0


def test_a_signature_for_others_is_part_of_what_is_signed():
    proof = proof_of(7, TOKEN, at=AT, signature="c2lnbmVk", chat_instance="-1")
    assert opened_by(proof, TOKEN, AT) == 7
    assert opened_by(proof.replace("c2lnbmVk", "b3RoZXI"), TOKEN, AT) == 0


@pytest.mark.parametrize(
    "proof",
    [
        PROOF.replace("279058397", "279058398"),
        PROOF.replace("1662771648", "1662771649"),
        PROOF.replace("c501", "c502"),
        PROOF.replace("hash=", "hash=ü"),
        PROOF + "&user=%7B%22id%22%3A1%7D",
        "user=%7B%22id%22%3A1%7D&" + PROOF,
        PROOF + "&start_param=x",
        PROOF.partition("&hash")[0],
        PROOF.partition("&hash")[0] + "&hash=",
        "",
        "hash",
        "%",
        proof_of(7, "1:other", at=AT),
        proof_of(7, TOKEN, at=AT, user="[]"),
        proof_of(7, TOKEN, at=AT, user='{"id": null}'),
        proof_of(7, TOKEN, at=AT, auth_date="soon"),
    ],
)
def test_nothing_else_is_true(proof):
    assert opened_by(proof, TOKEN, AT) == 0


@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    assert opened_by(text, TOKEN, AT) == 0


@given(st.sampled_from([name for name, _value in parse_qsl(PROOF)]), st.text(max_size=80))
def test_nothing_signed_can_be_changed(name, value):
    told = dict(parse_qsl(PROOF))
    if told[name] != value:
        assert opened_by(urlencode({**told, name: value}, errors="replace"), TOKEN, AT) == 0


async def test_the_platform_vouches_for_its_users(bot, server):
    assert bot.platform.vouch(proof_of(42, server.token)) == "telegram:42"
    assert bot.platform.vouch(proof_of(42, "1:forged")) == ""


async def test_a_page_is_opened_inside_the_client_in_private_and_in_a_browser_elsewhere(
    server, bot, ann, group
):
    for place in (ann, group):
        chat = bot.platform.chat(Channel("telegram", str(place.id)))
        message = await chat.send(Content("Where?", buttons=PAGE))
        await chat.edit(message, Content("Where, then?", buttons=PAGE))
    (alone,), (together,) = server.ours(ann), server.ours(group)
    address = "https://bot.example/mask/x"
    assert alone.markup["inline_keyboard"] == [[{"text": "Paint it", "web_app": {"url": address}}]]
    assert together.markup["inline_keyboard"] == [[{"text": "Paint it", "url": address}]]


async def test_other_links_stay_links(server, bot, ann):
    chat = bot.platform.chat(Channel("telegram", str(ann.id)))
    plain = Button("Paint it", url="http://bot.example/mask/x", app=True)
    link = Button("Original", url="https://bot.example/x")
    await chat.send(Content("Where?", buttons=((plain, link),)))
    ((first, second),) = server.ours(ann)[0].markup["inline_keyboard"]
    assert first["url"] == plain.url
    assert second["url"] == link.url


async def _fine() -> None:
    """Storage that answers."""


async def test_the_module_for_pages_is_served(server):
    async with Site("127.0.0.1", 0, ping=_fine) as site, serving(server) as bot:
        await bot.stop()
        bot.start(site.routes)
        await site.open()
        async with (
            aiohttp.ClientSession() as http,
            http.get(site.url + bot.platform.client.script) as response,
        ):
            assert response.content_type == "text/javascript"
            assert "export const proof" in await response.text()
