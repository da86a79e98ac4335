"""Settings: what can be set, with its default. ``bot.sources`` reads them.

A setting is a section and a key, written ``[web] port`` in ``chatelier.toml`` and ``WEB_PORT`` in the
environment. Each part of the service is given its own section only.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError


def _address(value: str) -> str:
    """As people paste it: quotes fall off, and without a scheme it is https, or http on this machine."""
    address = value.strip("\"'<> ")
    if address and "://" not in address:
        host = address.partition("/")[0]
        address = f"{'http' if _is_loopback(host.partition(':')[0]) else 'https'}://{address}"
    parts = urlsplit(address)
    if (address and not (parts.scheme in ("http", "https") and parts.hostname)) or " " in address:
        raise ValueError("should be an address such as https://api.example.com")
    return address


def _key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value().removeprefix("Bearer ").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("has a space or a character in it that no key has; copy it again")
    return SecretStr(key)


def _words(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _ids(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        platform, _, person = value.partition(":")
        if not (platform and person):
            raise ValueError("should be ids such as telegram:12345, separated by spaces or commas")
    return values


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('should be a JSON object such as {"temperature": 0.7}') from None


def _database(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ValueError("should start with sqlite:/// or postgresql://")
    return value


def _public_key(value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise ValueError("should be the 64 letters and digits of the developer portal; copy it again")
    return value


def _shards(value: str) -> str:
    found = re.fullmatch(r"(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)/(\d+)", "".join(value.split()))
    if value and not (found and max(map(int, re.split("[,-]", found[1]))) < int(found[2])):
        raise ValueError("should be shards of all of them, such as 0-3/16")
    return value


def _flags(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.lstrip("-") for value in values)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _level(value: Any) -> Any:
    """LOG_LEVEL is a name that other programs on the machine read too, and spell their way."""
    others = {"trace": "debug", "warn": "warning", "critical": "error", "fatal": "error"}
    return others.get(_plain(value), _plain(value))


Address = Annotated[str, AfterValidator(_address)]
Key = Annotated[SecretStr, AfterValidator(_key)]
Ids = Annotated[tuple[str, ...], BeforeValidator(_words), AfterValidator(_ids)]
Flags = Annotated[tuple[str, ...], BeforeValidator(_words), AfterValidator(_flags)]
Parameters = Annotated[dict[str, Any], BeforeValidator(_json)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A section: unknown keys are mistakes, and say so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


class Gateway(Section):
    """The OpenAI-compatible gateway. Without a URL, the built-in sandbox stands in."""

    url: Address = ""
    key: Key = SecretStr("")


class Midjourney(Section):
    """The Midjourney API; the gateway's own unless a URL is given."""

    url: Address = ""
    key: Key = SecretStr("")
    auth: Annotated[Literal["both", "bearer", "raw", "mj-api-secret"], BeforeValidator(_plain)] = "both"
    mode: Annotated[Literal["", "fast", "relax", "turbo"], BeforeValidator(_plain)] = ""
    mode_path: str = "/mj-{mode}"  # how the gateway spells a speed in the path
    deadline: Seconds = 900.0  # from submit; relax gets four times as long
    flags: Flags = ()  # that prompts may have, too: --new


class Suno(Section):
    """Music, through the gateway unless a URL is given."""

    url: Address = ""
    key: Key = SecretStr("")
    version: str = "chirp-v3-5"  # Suno's name of the model (wire: `mv`)
    dialect: Annotated[Literal["", "new-api", "goamz", "direct"], BeforeValidator(_plain)] = ""  # "": learned


class Luma(Section):
    """Video, through the gateway unless a URL is given. A tier is part of it: https://h/pro"""

    url: Address = ""
    key: Key = SecretStr("")
    model: str = ""  # ray-v1, ray-v2; "" leaves it to the gateway


class Chat(Section):
    """How to talk."""

    model: str = ""  # "": the first chat model of /v1/models
    system_prompt: str = "You are a helpful assistant. Answer in the language you are spoken to."
    context_tokens: int = Field(default=8000, ge=256)
    first_token: Seconds = 60.0
    idle: Seconds = 120.0
    parameters: Parameters = Field(default_factory=dict)  # temperature, seed …: sent as given
    transcription_model: str = "whisper-1"  # writes down what is said in recordings


class Image(Section):
    """How to paint."""

    engine: str = "midjourney"
    model: str = ""  # of an engine with several; "": the first that the gateway lists
    # How many jobs may be under way at a time, in all, of one person, in one channel; 0: any number.
    running: int = Field(default=0, ge=0)
    running_person: int = Field(default=5, ge=0)
    running_channel: int = Field(default=0, ge=0)
    waiting_person: int = Field(default=20, ge=0)  # jobs of one person that may wait for room; 0: any number
    per_day: int = Field(default=0, ge=0)  # jobs that one person may order within 24 hours; 0: any number
    strikes: int = Field(default=5, ge=0)  # refusals by moderation within a day, then a pause; 0: never
    cool_down: Seconds = 3600.0  # how long that pause is


class Telegram(Section):
    """Telegram is on when there is a token."""

    token: Key = SecretStr("")
    api_url: Address = "https://api.telegram.org"
    webhook_url: Address = ""
    webhook_secret: SecretStr = SecretStr("")
    cache_chat: int = 0  # where pictures for inline messages are put first; 0: the person's own chat


class Discord(Section):
    """Discord is on when there is a token."""

    token: Key = SecretStr("")
    api_url: Address = ""
    gateway_url: str = ""
    public_key: Annotated[str, AfterValidator(_public_key)] = ""
    shards: Annotated[str, AfterValidator(_shards)] = ""


class Web(Section):
    """The web side: chat page, health, metrics. ``url`` is its public address."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)  # 0: any free one
    url: Address = ""
    password: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _closed_to_strangers(self) -> "Web":
        if not (self.password.get_secret_value() or _is_loopback(self.host)):
            raise PydanticCustomError(
                "open_to_strangers",
                "others could reach {host} and chat at your expense; set WEB_PASSWORD too, or use 127.0.0.1",
                {"host": self.host or "it", "key": "host"},
            )
        return self


class Storage(Section):
    """Where rows and files are kept."""

    url: Annotated[str, AfterValidator(_database)] = Field(default="sqlite:///data/chatelier.db", repr=False)
    files: str = "data/files"
    keep_days: float = Field(default=0.0, ge=0, allow_inf_nan=False)  # since last used; 0: for ever
    keep_gb: float = Field(default=0.0, ge=0, allow_inf_nan=False)  # of all files together; 0: no limit


class Access(Section):
    """Who may. Ids such as ``telegram:12345``, of people, groups or places, with commas or spaces between."""

    admins: Ids = ()
    allow: Ids = ()
    open: bool = False


class Log(Section):
    """How to log. Message texts are never logged at info."""

    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_level)] = "info"
    format: Annotated[Literal["text", "json"], BeforeValidator(_plain)] = "text"


class Sandbox(Section):
    """The built-in stand-in gateway."""

    dialect: Annotated[Literal["direct", "trueai", "relay"], BeforeValidator(_plain)] = "relay"
    speed: float = Field(default=1.0, gt=0, allow_inf_nan=False)  # 10: ten times as fast


class Settings(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gateway: Gateway = Gateway()
    midjourney: Midjourney = Midjourney()
    suno: Suno = Suno()
    luma: Luma = Luma()
    chat: Chat = Chat()
    image: Image = Image()
    telegram: Telegram = Telegram()
    discord: Discord = Discord()
    web: Web = Web()
    storage: Storage = Storage()
    access: Access = Access()
    log: Log = Log()
    sandbox: Sandbox = Sandbox()


@cache
def names() -> Mapping[str, tuple[str, str]]:
    """Every setting by its name in the environment: ``WEB_PORT`` → ("web", "port")."""
    found = {}
    for section, field in Settings.model_fields.items():
        assert isinstance(field.default, Section)
        for key in type(field.default).model_fields:
            found[f"{section}_{key}".upper()] = (section, key)
    return found


def secrets(settings: Settings) -> list[str]:
    """The values that nobody may see, longest first."""
    found = [urlsplit(settings.storage.url).password or ""]
    for section, key in names().values():
        value = getattr(getattr(settings, section), key)
        if isinstance(value, SecretStr):
            found.append(value.get_secret_value())
    return sorted(filter(None, found), key=len, reverse=True)
