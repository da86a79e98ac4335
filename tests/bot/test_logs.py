"""Logs: one line per event, for people or for machines, and no key in any of them."""

import json
import subprocess
import sys

import pytest

from bot.logs import mask

PROGRAM = """
import logging, sys, warnings
import structlog
from bot.logs import set_up_logs

set_up_logs(sys.argv[1], sys.argv[2], ["the whole password"])
log = structlog.get_logger()
log.info("job done", channel="web:1", job="7f3a90c1d2")
log.debug("detail")
logging.getLogger("httpx").info("library chatter")
logging.getLogger("aiohttp").warning("library warning: the whole password")
words = "what somebody wrote"
try:
    raise RuntimeError("broken sk-abcdefghijklmnopqrstuvwxyz")
except RuntimeError:
    log.exception("failed", key="sk-abcdefghijklmnopqrstuvwxyz")
"""


def logged(level: str, form: str) -> str:
    """What the program writes to stderr; a process of its own, since logs are set up once for all."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level, form], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_machines_get_one_json_object_a_line():
    lines = [json.loads(line) for line in logged("info", "json").splitlines()]

    assert [(line["level"], line["event"]) for line in lines] == [
        ("info", "job done"),
        ("warning", "library warning: ***"),
        ("error", "failed"),
    ]
    assert lines[0]["channel"] == "web:1"
    assert lines[0]["job"] == "7f3a90c1d2"
    assert "RuntimeError" in lines[2]["exception"]


def test_people_get_text_without_colours_when_it_goes_to_a_file():
    text = logged("info", "text")

    assert "job done" in text
    assert "job=7f3a90c1d2" in text
    assert "\x1b[" not in text


def test_the_level_decides_what_is_heard():
    assert "job done" not in logged("warning", "text")
    assert "library warning" in logged("warning", "text")
    assert "library warning" not in logged("error", "text")
    assert "detail" in logged("debug", "text")
    assert "library chatter" in logged("debug", "text")


@pytest.mark.parametrize("form", ["text", "json"])
def test_neither_keys_nor_what_people_wrote_reach_a_log(form):
    text = logged("debug", form)

    assert "sk-abcdefghijkl" not in text
    assert "sk-abc***xyz" in text
    assert "the whole password" not in text
    assert "what somebody wrote" not in text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-abcdefghijklmnopqrstuvwxyz.", "key sk-abc***xyz."),
        ("sk-12345678", "***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("mj-api-secret: hush", "mj-api-secret: ***"),
        ("postgresql://user:hush@host/db", "postgresql://***@host/db"),
        ("GET /bot123456789:AAHhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh/getMe", "GET /bot***/getMe"),
        ("/x?key=hush&y=1", "/x?key=***&y=1"),
        ("a task-force at 10:30, sk-8", "a task-force at 10:30, sk-8"),
        ("http://127.0.0.1:8080/rooms/a:b@c", "http://127.0.0.1:8080/rooms/a:b@c"),
    ],
)
def test_what_looks_like_a_secret_is_masked_and_the_rest_is_left_alone(text, masked):
    assert mask(text) == masked
