"""Where settings come from: defaults < chatelier.toml < .env < environment."""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.settings import Settings, names

FILE = "chatelier.toml"
ENVIRONMENT = ".env"


class WrongSetting(Exception):
    """A setting does not fit. The text is one line that names it."""


def read_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read them once, at the top. WrongSetting names the first that does not fit.

    The environment is shared with other programs, so only variables that are settings of ours count, and an
    empty one is as good as none. ``chatelier.toml`` is ours alone: an unknown key in it is a mistake.
    """
    table = _file(folder)
    variables = {name: value for name, value in _variables(environ, folder).items() if name in names()}
    merged: dict[str, Any] = {
        section: dict(keys) if isinstance(keys, dict) else keys for section, keys in table.items()
    }
    for name, value in variables.items():
        section, key = names()[name]
        keys = merged.setdefault(section, {})
        if isinstance(keys, dict):
            keys[key] = value
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise WrongSetting(_sentence(error.errors(include_url=False)[0], variables)) from None


def doubts(
    settings: Settings, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> list[str]:
    """One line for each thing that is no mistake for certain, but looks like one. No values, names only."""
    lines = [
        f"{name} is not a setting and is ignored; did you mean {near[0]}?"
        for name in sorted(_variables(environ, folder))
        if name not in names() and (near := get_close_matches(name, names(), 1, 0.8))
    ]
    if settings.gateway.key.get_secret_value() and not settings.gateway.url:
        lines.append("GATEWAY_KEY has no effect without GATEWAY_URL: the sandbox answers")
    return lines


def _variables(environ: Mapping[str, str] | None, folder: Path | None) -> dict[str, str]:
    """``.env`` under the environment: names in capitals, values stripped, empty ones left out."""
    path = (folder or Path()) / ENVIRONMENT
    try:
        written = dotenv_values(path, encoding="utf-8-sig") if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"{ENVIRONMENT}: cannot be read: {error}") from error
    found = {}
    for source in (written, os.environ if environ is None else environ):
        for name, value in source.items():
            if value and value.strip():
                found[name.upper()] = value.strip()
    return found


def _file(folder: Path | None) -> dict[str, Any]:
    path = (folder or Path()) / FILE
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongSetting(f"{FILE}: cannot be read: {error}") from error


def _sentence(error: ErrorDetails, variables: Mapping[str, str]) -> str:
    """What is wrong in one line. It names the setting as it was written, and never shows a value."""
    section, key, *_ = (*error["loc"], error.get("ctx", {}).get("key", ""), "")
    name = f"{section}_{key}".upper()
    written = name if name in variables or not key else f"{FILE}: [{section}] {key}"
    match error["type"]:
        case "extra_forbidden":
            return _unknown(str(section), str(key))
        case "model_type":
            return f"{FILE}: {section}: is a section; write [{section}] and its keys below it"
        case "value_error":
            wrong = str(error["ctx"]["error"])
        case "int_parsing" | "int_type" | "int_from_float":
            wrong = "should be a whole number"
        case "float_parsing" | "float_type":
            wrong = "should be a number"
        case "bool_parsing" | "bool_type":
            wrong = "should be true or false"
        case _:
            wrong = error["msg"].removeprefix("Input ")
    return f"{written}: {wrong}"


def _unknown(section: str, key: str) -> str:
    """A section or a key in the file that is none, with the nearest right one."""
    sections = list(dict.fromkeys(known for known, _ in names().values()))
    if section in sections:
        keys = [of_it for known, of_it in names().values() if known == section]
        near = get_close_matches(key, keys, 1) or [", ".join(keys)]
        return f"{FILE}: [{section}] {key}: there is no such key; did you mean {near[0]}?"
    if section.upper() in names():
        return f"{FILE}: {section}: write it as [{{}}] {{}}".format(*names()[section.upper()])
    near = get_close_matches(section, sections, 1) or [", ".join(sections)]
    return f"{FILE}: {section}: there is no such section; did you mean [{near[0]}]?"
