"""Settings: what people write, and what they are told when it does not fit."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.settings import Settings, Web, names, secrets
from bot.sources import WrongSetting, doubts, read_settings

PUBLIC = """
    GATEWAY_URL GATEWAY_KEY MIDJOURNEY_URL MIDJOURNEY_KEY MIDJOURNEY_AUTH MIDJOURNEY_MODE
    CHAT_MODEL CHAT_SYSTEM_PROMPT CHAT_CONTEXT_TOKENS IMAGE_ENGINE
    TELEGRAM_TOKEN TELEGRAM_API_URL TELEGRAM_WEBHOOK_URL TELEGRAM_WEBHOOK_SECRET
    DISCORD_TOKEN DISCORD_API_URL DISCORD_GATEWAY_URL DISCORD_PUBLIC_KEY DISCORD_SHARDS
    WEB_HOST WEB_PORT WEB_URL WEB_PASSWORD STORAGE_URL STORAGE_FILES STORAGE_KEEP_DAYS STORAGE_KEEP_GB
    ACCESS_ADMINS ACCESS_ALLOW ACCESS_OPEN LOG_LEVEL LOG_FORMAT
"""


@pytest.fixture
def read(tmp_path):
    """Read settings from these variables and these files, and from nothing else."""

    def read(toml="", env="", **variables):
        (tmp_path / "chatelier.toml").write_text(toml, encoding="utf-8")
        (tmp_path / ".env").write_text(env, encoding="utf-8")
        return read_settings(variables, tmp_path)

    return read


def wrong(read, *args, **variables) -> str:
    with pytest.raises(WrongSetting) as caught:
        read(*args, **variables)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_the_public_names_stay():
    assert set(PUBLIC.split()) <= set(names())


def test_without_any_setting_the_defaults_are_those_that_two_commands_promise(read, tmp_path):
    assert read() == Settings() == read_settings({}, tmp_path / "empty")
    assert (Settings().web.host, Settings().web.port) == ("127.0.0.1", 8080)
    assert Settings().gateway.url == ""
    assert Settings().chat.context_tokens == 8000
    assert Settings().storage.url == "sqlite:///data/chatelier.db"


def test_settings_made_in_code_ignore_the_machine(monkeypatch):
    monkeypatch.setenv("WEB_PORT", "9999")

    assert Settings().web.port == 8080


def test_the_file_gives_way_to_dotenv_and_that_to_the_environment(read):
    toml = "[web]\nport = 1\nurl = 'https://file.example'\n[chat]\nmodel = 'from-file'\n"
    settings = read(toml, "WEB_PORT=2\nWEB_URL=https://dotenv.example\n", WEB_PORT="3")

    assert settings.web.port == 3
    assert settings.web.url == "https://dotenv.example"
    assert settings.chat.model == "from-file"


def test_whitespace_and_quotes_around_values_do_not_count(read):
    settings = read(
        "[chat]\nmodel = '  some-model '\n",
        'GATEWAY_KEY="  sk-abcdef  "\nGATEWAY_URL = https://gateway.example/v1  \n',
        WEB_PORT=" 8081\n",
    )

    assert settings.gateway.key.get_secret_value() == "sk-abcdef"
    assert settings.gateway.url == "https://gateway.example/v1"
    assert settings.chat.model == "some-model"
    assert settings.web.port == 8081


def test_an_empty_variable_is_as_good_as_none(read):
    settings = read("[web]\nport = 8123\n", "WEB_PORT=\nCHAT_MODEL=\n", WEB_PORT="  ", ACCESS_OPEN="")

    assert settings.web.port == 8123
    assert settings.access.open is False


def test_a_dotenv_file_saved_on_windows_reads_as_any_other(read, tmp_path):
    read()
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfWEB_PORT=8082\r\nCHAT_MODEL=m\r\n")

    settings = read_settings({}, tmp_path)

    assert (settings.web.port, settings.chat.model) == (8082, "m")


@pytest.mark.parametrize(
    ("pasted", "address"),
    [
        ("gateway.example/v1", "https://gateway.example/v1"),
        ("localhost:3000", "http://localhost:3000"),
        ("127.0.0.1:3000/v1/", "http://127.0.0.1:3000/v1/"),
        ("<https://gateway.example>", "https://gateway.example"),
        ("HTTP://gateway.example/", "HTTP://gateway.example/"),
    ],
)
def test_an_address_is_taken_as_people_paste_it(read, pasted, address):
    assert read(GATEWAY_URL=pasted).gateway.url == address


def test_lists_are_separated_by_commas_or_spaces_and_by_toml_itself(read):
    assert read(ACCESS_ADMINS="telegram:1, discord:2 web:3").access.admins == (
        "telegram:1",
        "discord:2",
        "web:3",
    )
    assert read("[access]\nallow = ['telegram:4']").access.allow == ("telegram:4",)


def test_parameters_for_the_model_are_json_or_a_table(read):
    assert read(CHAT_PARAMETERS='{"temperature": 0.5}').chat.parameters == {"temperature": 0.5}
    assert read("[chat.parameters]\nseed = 7\n").chat.parameters == {"seed": 7}
    assert "CHAT_PARAMETERS: should be a JSON object" in wrong(read, CHAT_PARAMETERS="temperature=1")


def test_log_level_is_understood_as_other_programs_spell_it(read):
    assert read(LOG_LEVEL="WARN").log.level == "warning"
    assert read(LOG_LEVEL="Debug").log.level == "debug"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WEB_PORT", "http", "should be a whole number"),
        ("WEB_PORT", "99999", "should be less than or equal to 65535"),
        ("CHAT_CONTEXT_TOKENS", "10", "should be greater than or equal to 256"),
        ("CHAT_IDLE", "soon", "should be a number"),
        ("CHAT_IDLE", "inf", "finite"),
        ("ACCESS_OPEN", "perhaps", "should be true or false"),
        ("ACCESS_ALLOW", "12345", "telegram:12345"),
        ("MIDJOURNEY_MODE", "hyper", "'fast'"),
        ("GATEWAY_URL", "ftp://gateway.example", "https://"),
        ("GATEWAY_URL", "ask my provider", "https://"),
        ("GATEWAY_URL", "https://", "https://"),
        ("GATEWAY_KEY", "sk-abc def", "copy it again"),
        ("GATEWAY_KEY", "sk-абв", "copy it again"),
        ("STORAGE_URL", "mysql://x/y", "postgresql://"),
        ("LOG_FORMAT", "xml", "'json'"),
        ("SANDBOX_SPEED", "0", "greater than 0"),
        ("DISCORD_PUBLIC_KEY", "abc", "copy it again"),
        ("DISCORD_SHARDS", "4/4", "0-3/16"),
        ("DISCORD_SHARDS", "all", "0-3/16"),
        ("TELEGRAM_CACHE_CHAT", "@me", "should be a"),
    ],
)
def test_a_wrong_value_is_one_line_with_the_name_as_it_was_written(read, name, value, says):
    assert wrong(read, **{name: value}).startswith(f"{name}: ")
    assert says in wrong(read, **{name: value})

    section, key = names()[name]
    in_file = wrong(read, f"[{section}]\n{key} = {json.dumps(value, ensure_ascii=False)}\n")
    assert in_file.startswith(f"chatelier.toml: [{section}] {key}: ")
    assert says in in_file


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[web]\nprot = 1\n", "chatelier.toml: [web] prot: there is no such key; did you mean port?"),
        ("[web]\nzzz = 1\n", "did you mean host, port, url, password?"),
        ("[gatway]\nurl = ''\n", "chatelier.toml: gatway: there is no such section; did you mean [gateway]?"),
        ("WEB_PORT = 1\n", "chatelier.toml: WEB_PORT: write it as [web] port"),
        ("web = 1\n", "chatelier.toml: web: is a section; write [web] and its keys below it"),
        ("[web\n", "chatelier.toml: cannot be read: "),
    ],
)
def test_a_mistake_in_the_file_stops_the_start_with_one_line_that_names_it(read, toml, says):
    assert says in wrong(read, toml)


def test_a_file_that_is_not_text_is_named(read, tmp_path):
    read()
    (tmp_path / ".env").write_bytes(b"WEB_PASSWORD=\xff\xfe")
    with pytest.raises(WrongSetting, match=r"^\.env: cannot be read"):
        read_settings({}, tmp_path)


def test_variables_of_other_programs_stop_nothing_and_say_nothing(read, tmp_path):
    others = {
        "LOG_DIR": "/var/log",
        "WEB_BROWSER": "firefox",
        "WEB": "{",
        "CHAT": "1",
        "STORAGE": "ssd",
        "IMAGE_NAME": "x",
        "LOG_FILE": "y",
        "PATH": "/bin",
    }
    settings = read("", "POSTGRES_PASSWORD=pass\nCOMPOSE_PROJECT_NAME=x\n", **others)

    assert settings == Settings()
    assert doubts(settings, others, tmp_path) == []


def test_a_name_that_looks_misspelt_is_worth_one_line_without_its_value(read, tmp_path):
    settings = read("", "DISCORD_BOT_TOKEN=secret-1\n", GATEWAY_ULR="secret-2")

    assert doubts(settings, {"GATEWAY_ULR": "secret-2"}, tmp_path) == [
        "DISCORD_BOT_TOKEN is not a setting and is ignored; did you mean DISCORD_TOKEN?",
        "GATEWAY_ULR is not a setting and is ignored; did you mean GATEWAY_URL?",
    ]


def test_a_key_without_an_address_is_worth_one_line(read):
    assert doubts(read(GATEWAY_KEY="sk-1"), {}, Path("/nonexistent")) == [
        "GATEWAY_KEY has no effect without GATEWAY_URL: the sandbox answers"
    ]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_an_address_that_others_can_reach_wants_a_password(read, host):
    assert wrong(read, WEB_HOST=host).startswith("WEB_HOST: ")
    assert "WEB_PASSWORD" in wrong(read, WEB_HOST=host)
    assert wrong(read, f"[web]\nhost = '{host}'\n").startswith("chatelier.toml: [web] host: ")
    assert read(WEB_HOST=host, WEB_PASSWORD="open sesame").web.host == host
    with pytest.raises(ValidationError):
        Web(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_wants_none(read, host):
    assert read(WEB_HOST=host).web.host == host


def test_secrets_are_never_printed(read):
    written = {
        "GATEWAY_KEY": "sk-gateway-1",
        "MIDJOURNEY_KEY": "mj-secret-2",
        "TELEGRAM_TOKEN": "123:telegram-3",
        "TELEGRAM_WEBHOOK_SECRET": "hook-4",
        "DISCORD_TOKEN": "discord-5",
        "WEB_PASSWORD": "pass-6",
        "STORAGE_URL": "postgresql://user:pg-pass-7@host/db",
    }
    settings = read(**written)

    for value in ("sk-gateway-1", "mj-secret-2", "telegram-3", "hook-4", "discord-5", "pass-6", "pg-pass-7"):
        assert value not in repr(settings)
        assert any(value in secret for secret in secrets(settings))
    assert "sk-wrong" not in wrong(read, GATEWAY_KEY="sk-wrong key")
    assert "sk-wrong" not in wrong(read, "[gateway]\nkey = ['sk-wrong']\n")


def test_a_key_pasted_with_its_header_word_is_the_key(read):
    assert read(GATEWAY_KEY="Bearer sk-1").gateway.key == SecretStr("sk-1")


EXAMPLES = Path(__file__).parents[2]
STAND_INS = {  # what the examples show where there is no default
    "GATEWAY_URL": "https://api.example.com",
    "GATEWAY_KEY": "sk-...",
    "MIDJOURNEY_URL": "https://midjourney.example.com",
}


def expected() -> Settings:
    return Settings.model_validate(
        {
            "gateway": {"url": STAND_INS["GATEWAY_URL"], "key": STAND_INS["GATEWAY_KEY"]},
            "midjourney": {"url": STAND_INS["MIDJOURNEY_URL"]},
        }
    )


def test_the_example_of_an_environment_has_every_setting_with_its_default(read):
    lines = (EXAMPLES / ".env.example").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("#") for line in lines if re.match(r"#[A-Z_]+=", line)]

    assert sorted(line.partition("=")[0] for line in shown) == sorted(names())
    assert read("", "\n".join(shown)) == expected()
    assert read("", "\n".join(lines)) == Settings()


def test_the_example_of_a_file_has_every_setting_with_its_default(read):
    lines = (EXAMPLES / "chatelier.toml.example").read_text(encoding="utf-8").splitlines()
    shown = "\n".join(re.sub(r"^# (?=[a-z_]+ = )", "", line) for line in lines)

    written = {(section, key) for section, keys in tomllib.loads(shown).items() for key in keys}
    assert written == set(names().values())
    assert read(shown) == expected()
    assert read("\n".join(lines)) == Settings()
