"""The command line, as a process: what it prints, how it ends."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bot.check import table
from bot.ports import Finding

ROOT = Path(__file__).parents[2]

CLOSES = """
import asyncio, sys, time
from bot import __main__ as command_line

command_line.CLOSING, command_line.BOUNCE = float(sys.argv[1]), 0.0

async def work():
    try:
        print("ready", flush=True)
        await asyncio.Event().wait()
    finally:
        print("closing", flush=True)
        {closing}
        print("closed", flush=True)

command_line._carry_out(work())
"""


@pytest.fixture
def start(tmp_path):
    """Start a process in a folder of its own, with no settings but those that are passed."""
    started = []

    def start(*arguments, **variables):
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR")}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def chatelier(start):
    """Run `python -m bot` to its end: (exit code, stdout, stderr)."""

    def chatelier(*arguments, **variables):
        process = start("-m", "bot", *arguments, **variables)
        out, error = process.communicate(timeout=60)
        return process.returncode, out, error

    return chatelier


@pytest.fixture
def serving(start):
    """A running bot and the address that it printed."""

    def serving(**variables):
        process = start("-m", "bot", WEB_PORT="0", **variables)
        line = process.stdout.readline()
        assert line, process.stderr.read()
        return process, re.search(r"http://[^\s,]+", line).group()

    return serving


def one_line(error: str) -> str:
    """The one line on stderr, which is no traceback."""
    lines = error.splitlines()
    assert len(lines) == 1, error
    assert lines[0].startswith("chatelier: ")
    return lines[0].removeprefix("chatelier: ")


def test_help_names_every_command_and_what_it_is_for(chatelier):
    code, out, error = chatelier("--help")

    assert (code, error) == (0, "")
    for command in ("run", "check", "migrate", "backup", "restore", "allow", "sandbox"):
        assert re.search(rf"^. {command} +[A-Z]", out, re.MULTILINE)


def test_help_answers_without_loading_what_only_serving_needs(start):
    process = start("-X", "importtime", "-m", "bot", "--help")
    _, imports = process.communicate(timeout=60)

    loaded = {line.rpartition("|")[2].strip() for line in imports.splitlines()}
    assert not loaded & {"aiohttp", "httpx", "sqlalchemy", "pydantic", "PIL", "structlog", "alembic"}


def test_the_version_is_printed(chatelier):
    from bot import __version__

    assert chatelier("--version") == (0, f"chatelier {__version__}\n", "")


def test_an_unknown_command_is_said_to_be_one(chatelier):
    code, _, error = chatelier("serv")

    assert code == 2
    assert "No such command 'serv'" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "command", [(), ("run",), ("check",), ("migrate",), ("backup", "x.tar"), ("allow", "x:1"), ("sandbox",)]
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(chatelier, command):
    code, out, error = chatelier(*command, WEB_PORT="http")

    assert (code, out) == (2, "")
    assert one_line(error) == "WEB_PORT: should be a whole number"


def test_an_engine_that_there_is_not_is_a_wrong_setting(chatelier):
    code, _, error = chatelier(IMAGE_ENGINE="easel")

    assert code == 2
    assert one_line(error).startswith("IMAGE_ENGINE: there is no such engine; there is midjourney, ")


def test_a_port_in_use_is_one_line_that_names_the_setting(chatelier):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, error = chatelier(WEB_PORT=port, LOG_LEVEL="error")

    assert code == 2
    assert one_line(error).startswith(f"WEB_PORT: {port} is in use")


def test_the_sandbox_names_its_option_when_the_port_is_in_use(chatelier):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, error = chatelier("sandbox", "--port", port, LOG_LEVEL="error")

    assert code == 2
    assert one_line(error).startswith(f"--port: {port} is in use")


def test_an_address_of_another_machine_is_one_line(chatelier):
    code, _, error = chatelier(WEB_HOST="192.0.2.1", WEB_PASSWORD="sesame", LOG_LEVEL="error")

    assert code == 2
    assert one_line(error) == "WEB_HOST: 192.0.2.1 is no address of this machine"


def test_a_second_process_on_the_same_database_is_one_line(serving, chatelier):
    serving()

    code, out, error = chatelier(WEB_PORT="0", LOG_LEVEL="error")

    assert (code, out) == (2, "")
    assert "data/chatelier.db is in use by another process" in one_line(error)


def test_a_name_that_looks_misspelt_is_one_warning_and_stops_nothing(chatelier):
    code, out, error = chatelier("migrate", GATEWAY_ULR="https://gateway.example")

    assert (code, out) == (0, "The database is up to date.\n")
    (line,) = error.splitlines()
    assert "GATEWAY_ULR is not a setting and is ignored; did you mean GATEWAY_URL?" in line


def test_what_was_backed_up_can_be_restored_to_a_new_database(chatelier, tmp_path):
    assert chatelier("migrate")[0] == 0
    assert chatelier("backup", "kept.tar.gz") == (0, "Saved to kept.tar.gz.\n", "")

    assert chatelier("restore", "kept.tar.gz", STORAGE_URL="sqlite:///new.db")[0] == 0
    assert (tmp_path / "new.db").is_file()
    code, _, error = chatelier("restore", "kept.tar.gz")
    assert code == 2
    assert "is there already" in one_line(error)


def test_somebody_is_let_in_from_the_command_line(chatelier):
    assert chatelier("allow", "somewhere:7") == (
        0,
        "somewhere:7 may talk to the bot from its next start on.\n",
        "",
    )
    assert chatelier("allow", "somewhere:7")[1] == "somewhere:7 may talk to the bot already.\n"


def test_what_is_no_id_is_one_line(chatelier):
    code, out, error = chatelier("allow", "somebody")

    assert (code, out) == (2, "")
    assert error.startswith("chatelier: “somebody” is no id")


def test_an_archive_that_is_none_is_one_line(chatelier, tmp_path):
    (tmp_path / "notes.txt").write_text("no archive")

    assert one_line(chatelier("restore", "notes.txt")[2]) == "notes.txt is no archive that can be read"
    assert one_line(chatelier("restore", "none.tar")[2]) == "none.tar: No such file or directory"


def test_one_line_says_where_it_is_and_that_the_sandbox_stands_in(start):
    process = start("-m", "bot", WEB_PORT="0")
    line = process.stdout.readline()

    assert re.search(r"http://127\.0\.0\.1:[1-9]\d+", line)
    assert "sandbox" in line
    process.terminate()
    assert process.communicate(timeout=30)[0] == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_it_in_order(serving, chatelier, number):
    process, _ = serving()

    process.send_signal(number)

    _, error = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in error
    assert chatelier("migrate") == (0, "The database is up to date.\n", "")


def test_the_first_signal_lets_it_close(start):
    process = start("-c", CLOSES.format(closing="await asyncio.sleep(0.01)"), "30")
    assert process.stdout.readline() == "ready\n"

    process.terminate()

    assert process.communicate(timeout=30)[0] == "closing\nclosed\n"
    assert process.returncode == 0


def test_the_second_signal_ends_it_at_once(start):
    process = start("-c", CLOSES.format(closing="await asyncio.sleep(3600)"), "3600")
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.stdout.readline() == "closing\n"

    process.terminate()

    assert process.communicate(timeout=30)[0] == ""
    assert process.returncode == -signal.SIGTERM


def test_one_that_hangs_while_closing_is_ended(start):
    process = start("-c", CLOSES.format(closing="time.sleep(3600)"), "0.2")
    assert process.stdout.readline() == "ready\n"

    process.terminate()

    out, error = process.communicate(timeout=30)
    assert out == "closing\n"
    assert one_line(error) == "not closed within 0.2 s; ended"
    assert process.returncode == 1


def test_the_sandbox_runs_alone_until_it_is_asked_to_close(start):
    process = start("-m", "bot", "sandbox", "--port", "0", "--dialect", "trueai", "--speed", "10")
    line = process.stdout.readline()

    assert re.search(r"http://127\.0\.0\.1:[1-9]\d+", line)
    process.terminate()
    assert process.wait(30) == 0


def test_check_says_that_the_sandbox_stands_in_and_that_all_is_well(chatelier):
    code, out, error = chatelier("check", WEB_PORT="0")

    assert code == 0, out + error
    assert "the built-in sandbox stands in" in out
    assert "All is well." in out


def test_check_shows_long_links_whole():
    link = "https://chat.example/oauth2/authorize?client_id=1573767663363031040&scope=bot&permissions=309237763136"
    out = io.StringIO()
    table([Finding("A", True, "fine"), Finding("To a server", True, link)], Console(file=out, width=80))

    assert f"\nTo a server:\n{link}\n" in out.getvalue()


def test_check_tells_what_is_wrong_and_what_to_do(chatelier):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    code, out, error = chatelier(
        "check", WEB_PORT="0", GATEWAY_URL=f"http://127.0.0.1:{port}", GATEWAY_KEY="sk-12345678"
    )

    assert code == 1, out + error
    assert "GATEWAY_URL" in out
    assert "need attention" in out
    assert "sk-12345678" not in out + error


def test_check_says_that_it_is_the_key(start, chatelier):
    gateway = start("-m", "bot", "sandbox", "--port", "0", "--key", "sk-the-right-one")
    url = re.search(r"http://[^\s,]+", gateway.stdout.readline()).group()

    code, out, error = chatelier("check", WEB_PORT="0", GATEWAY_URL=url, GATEWAY_KEY="sk-a-wrong-one")
    assert code == 1, out + error
    assert "The key is wrong, expired or missing: set GATEWAY_KEY" in " ".join(out.split())
    assert "sk-a-wrong-one" not in out + error

    code, out, error = chatelier(
        "check", WEB_PORT="0", GATEWAY_URL=url + "/v1/", GATEWAY_KEY="sk-the-right-one"
    )
    assert (code, error) == (0, ""), out
    assert "All is well." in out


def test_check_beside_a_running_service_says_that_it_runs(serving, chatelier):
    _, address = serving()

    code, out, _ = chatelier("check", WEB_PORT=address.rpartition(":")[2], WEB_URL=address)

    assert code == 0, out
    assert re.search(r"^ok +Storage .*is in use", out, re.MULTILINE)
    assert re.search(r"^ok +Page +served at", out, re.MULTILINE)
    assert re.search(rf"^ok +Public address +{address}", out, re.MULTILINE)


def test_check_finds_a_public_address_that_leads_elsewhere(chatelier):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, out, _ = chatelier("check", WEB_PORT=port, WEB_URL="http://127.0.0.1:9")

    assert code == 1
    assert re.search(r"^no +Page ", out, re.MULTILINE)
    assert re.search(r"^no +Public address ", out, re.MULTILINE)
