"""Commands: a typed method's signature is its schema."""

import difflib
import inspect
import math
import re
import types
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from bot.errors import UsageError
from bot.messages import Attachment, Channel, Limits
from bot.texts import _

MAX_PARAMETERS = 25  # Discord's limit for a command's options, and for the choices of one

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")  # what every platform's command menu takes
_CALL = re.compile(r"\s*[/／]([^\W\d_][\w-]{0,31})(?:@\w+)?(?:\s+(.*))?\Z", re.DOTALL)
_NAMED = re.compile(r"(\w+)(?:[=＝]|[:：](?=\S))(\S*)\s*")
_LAST = re.compile(r"\s+(\w+)[=＝:：](\S+)\Z")
_WORD = re.compile(r"(\S+)\s*")
_SCRIPTS = {"zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")}
_YES = frozenset({"yes", "y", "true", "on", "1", "是"})
_NO = frozenset({"no", "n", "false", "off", "0", "否"})


Suggesting = Callable[[str, Channel], Awaitable[Sequence[str]]]


class ParameterKind(StrEnum):
    """What every platform can ask a person for."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Suggest:
    """In ``Annotated``: what may be meant while somebody types, for platforms that show it.

    ``find`` is ``async def find(typed, channel)``, or a method of the command's own class. It returns the
    likeliest first, soon. What it returns is an offer: anything else may be typed all the same.
    """

    find: Callable[..., Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a command can be told."""

    name: str
    kind: ParameterKind
    required: bool = True
    default: object = None
    choices: tuple[str | int | float, ...] = ()
    help: str = ""
    many: bool = False  # any number of attachments
    suggest: Suggesting | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Command:
    """A command by name, what it is for in one line, and the method that does it.

    ``run`` is ``async def run(call, chat, ...)``. What follows ``chat`` is the schema: ``str``, ``int``,
    ``float``, ``bool``, ``Literal[...]``, ``Attachment``, ``tuple[Attachment, ...]``, each perhaps
    ``| None``, with a default or in ``Annotated[..., "help", Suggest(...)]``. TypeError for anything else.
    """

    name: str
    help: str
    run: Callable[..., Awaitable[None]]
    example: str = ""  # a whole line, such as "/imagine a red fox --ar 16:9"
    aliases: tuple[str, ...] = ()
    admins: bool = False  # for them alone
    where: Callable[[Limits], bool] = field(default=lambda limits: True, repr=False, compare=False)
    parameters: tuple[Parameter, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"not a command name that every platform takes: {self.name!r}")
        object.__setattr__(self, "parameters", _parameters(self.name, self.run))

    def name_in(self, language: str) -> str:
        """The alias in the script of that language (BCP 47), where there is one; else its name."""
        script = _SCRIPTS.get(language.replace("_", "-").partition("-")[0].lower())
        return next((each for each in self.aliases if script and script.fullmatch(each)), self.name)

    @property
    def usage(self) -> str:
        """How it is typed, in one line: ``/imagine <prompt> [image]``."""
        typed = _in_order(self.parameters)
        named = [p for p in self.parameters if p not in typed and p.kind is not ParameterKind.ATTACHMENT]
        files = [p for p in self.parameters if p.kind is ParameterKind.ATTACHMENT]
        words = [_named_usage(p) for p in named] + [_typed_usage(p) for p in (*typed, *files)]
        return " ".join([f"/{self.name}", *words])

    def parse(self, text: str, attachments: Sequence[Attachment] = ()) -> dict[str, object]:
        """The arguments in what was typed after the name, complete for ``run(call, chat, **arguments)``.

        Leading ``name=value`` or ``name:value`` words set parameters by name, and so do such words at the end
        where the value is one of a few. The rest fills the required
        ones in order, or the optional ones where no required text takes it; the last text takes all that
        is left as it stands. Attachments fill the parameters that are attachments. UsageError when it does
        not fit.
        """
        by_name = {p.name: p for p in self.parameters if p.kind is not ParameterKind.ATTACHMENT}
        order = _in_order(self.parameters)
        taker = order[-1] if order and _takes_all(order[-1]) else None
        values: dict[str, object] = {}
        rest = text.strip()
        while (match := _NAMED.match(rest)) and (parameter := by_name.get(match[1].lower())):
            if parameter.name in values:
                break
            if parameter == taker and all(p.name in values for p in order[:-1]):
                values[parameter.name], rest = rest[match.start(2) :], ""
            else:
                values[parameter.name], rest = match[2], rest[match.end() :]
        while (last := _LAST.search(rest)) and (parameter := by_name.get(last[1].lower())):
            if parameter.name in values or not _is_one_of_few(parameter, last[2]):
                break
            values[parameter.name], rest = last[2], rest[: last.start()]
        for parameter in order:
            if not rest:
                break
            if parameter.name in values:
                continue
            if parameter == taker:
                values[parameter.name], rest = rest, ""
            elif word := _WORD.match(rest):
                values[parameter.name], rest = word[1], rest[word.end() :]
        if rest:
            raise self._wrong(_("There is no place for “{words}”").format(words=_short(rest)))
        return self.bind(values, attachments)

    def bind(
        self, arguments: Mapping[str, object], attachments: Sequence[Attachment] = ()
    ) -> dict[str, object]:
        """Arguments that were taken apart already (slash options, a form), checked and converted.

        Complete for ``run(call, chat, **arguments)``; None and "" count as not given. ``attachments`` fill
        the attachment parameters that ``arguments`` leaves open. UsageError when it does not fit.
        """
        known = {p.name for p in self.parameters}
        if unknown := [name for name in arguments if name not in known]:
            raise self._wrong(_("There is nothing called {name} here").format(name=_short(unknown[0])))
        files = list(attachments)
        bound: dict[str, object] = {}
        for parameter in self.parameters:
            value = arguments.get(parameter.name)
            if parameter.kind is ParameterKind.ATTACHMENT:
                value = self._files(parameter, value, files)
            elif isinstance(value, str) and not value.strip():
                value = None
            if value is None or value == ():
                if parameter.required:
                    raise self._wrong(_("I need the {name}").format(name=parameter.name))
                bound[parameter.name] = parameter.default
            else:
                bound[parameter.name] = self._converted(parameter, value)
        if files:
            raise self._wrong(_("There is no place for the file {name}").format(name=_short(files[0].name)))
        return bound

    def _files(self, parameter: Parameter, value: object, files: list[Attachment]) -> object:
        """What was given for it, or what is its share of the files that came along."""
        if isinstance(value, Attachment) and parameter.many:
            value = (value,)
        elif isinstance(value, Sequence) and not isinstance(value, str) and parameter.many:
            value = tuple(value)
        if value:
            return value
        if parameter.many:
            taken = tuple(files)
            files.clear()
            return taken
        return files.pop(0) if files else None

    def _converted(self, parameter: Parameter, value: object) -> object:
        if parameter.choices:
            for choice in parameter.choices:
                if str(value).strip().casefold() == str(choice).casefold():
                    return choice
            raise self._wrong(
                _("{name} is one of {choices}, not “{value}”").format(
                    name=parameter.name,
                    choices=", ".join(str(choice) for choice in parameter.choices),
                    value=_short(value),
                )
            )
        try:
            return _CONVERT[parameter.kind](value)
        except (ValueError, OverflowError):
            raise self._wrong(_problem(parameter).format(name=parameter.name, value=_short(value))) from None

    def _wrong(self, problem: str) -> UsageError:
        if self.example:
            return UsageError(
                _("{problem}: `{usage}`, for example `{example}`").format(
                    problem=problem, usage=self.usage, example=self.example
                )
            )
        return UsageError(_("{problem}: `{usage}`").format(problem=problem, usage=self.usage))


def read(text: str) -> tuple[str, str] | None:
    """``/name@bot rest`` as (name, rest); None for anything else, such as ``/``, ``/usr/bin`` or ``//``."""
    match = _CALL.match(text)
    return (match[1], (match[2] or "").strip()) if match else None


def offered(commands: Iterable[Command], limits: Limits, *, admin: bool = True) -> list[Command]:
    """Those that can do something in a conversation like that, and for somebody who is an admin or not."""
    return [command for command in commands if command.where(limits) and (admin or not command.admins)]


def find(commands: Iterable[Command], name: str) -> Command | None:
    """The command of that name or alias, however it is capitalised."""
    wanted = name.casefold()
    for command in commands:
        if wanted == command.name or any(wanted == alias.casefold() for alias in command.aliases):
            return command
    return None


def nearest(commands: Iterable[Command], name: str) -> list[str]:
    """Names of up to three commands that may have been meant, the likeliest first."""
    names = {
        word.casefold(): command.name for command in commands for word in (command.name, *command.aliases)
    }
    wanted = name.casefold()
    begun = [word for word in names if wanted and word.startswith(wanted)]
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    return list(dict.fromkeys(names[word] for word in (*begun, *close)))[:3]


def likely(names: Iterable[str], typed: str) -> list[str]:
    """The names that begin with what was typed, then those that hold it; all when it is nothing."""
    wanted = typed.strip().casefold()
    holding = [name for name in names if wanted in name.casefold()]
    return sorted(holding, key=lambda name: not name.casefold().startswith(wanted))


def _is_one_of_few(parameter: Parameter, value: str) -> bool:
    """Whether that can be nothing but a value of this parameter."""
    if parameter.kind is ParameterKind.BOOLEAN:
        return value.casefold() in _YES | _NO
    return value.casefold() in {str(choice).casefold() for choice in parameter.choices}


# --- from a signature to parameters ---------------------------------------------------------

_KINDS: dict[object, ParameterKind] = {
    str: ParameterKind.TEXT,
    int: ParameterKind.INTEGER,
    float: ParameterKind.NUMBER,
    bool: ParameterKind.BOOLEAN,
    Attachment: ParameterKind.ATTACHMENT,
}


def _parameters(command: str, run: Callable[..., Awaitable[None]]) -> tuple[Parameter, ...]:
    declared = list(inspect.signature(run, eval_str=True).parameters.values())
    if declared and declared[0].name == "self":  # a function looked up on its class
        del declared[0]
    if [p.name for p in declared[:2]] != ["call", "chat"]:
        raise TypeError(f"/{command}: the first parameters are call and chat")
    owner = getattr(run, "__self__", None)
    parameters = tuple(_parameter(command, p, owner) for p in declared[2:])
    files = [p for p in parameters if p.kind is ParameterKind.ATTACHMENT]
    if any(p.many for p in files[:-1]):
        raise TypeError(f"/{command}: nothing is left for attachments after {files[0].name}")
    if len(parameters) > MAX_PARAMETERS or any(len(p.choices) > MAX_PARAMETERS for p in parameters):
        raise TypeError(f"/{command}: more than {MAX_PARAMETERS} parameters or choices")
    return parameters


def _parameter(command: str, declared: inspect.Parameter, owner: object) -> Parameter:
    if declared.kind not in (declared.POSITIONAL_OR_KEYWORD, declared.KEYWORD_ONLY):
        raise TypeError(f"/{command}: {declared.name} cannot be passed by name")
    asked, help_, optional = declared.annotation, "", False
    suggest: Suggest | None = None
    # Annotated and | None may enclose each other either way.
    while get_origin(asked) in (Annotated, Union, types.UnionType):
        if get_origin(asked) is Annotated:
            asked, *notes = get_args(asked)
            help_ = next((note for note in notes if isinstance(note, str)), help_)
            suggest = next((note for note in notes if isinstance(note, Suggest)), suggest)
        else:
            members = [member for member in get_args(asked) if member is not types.NoneType]
            optional = optional or len(members) < len(get_args(asked))
            if len(members) != 1:
                break
            asked = members[0]
    choices: tuple[str | int | float, ...] = ()
    if get_origin(asked) is Literal:
        choices = get_args(asked)
        asked = type(choices[0]) if len({type(choice) for choice in choices}) == 1 else asked
    many = get_origin(asked) is tuple and get_args(asked) == (Attachment, ...)
    kind = ParameterKind.ATTACHMENT if many else _KINDS.get(asked)
    if kind is None or (choices and kind is ParameterKind.BOOLEAN):
        raise TypeError(
            f"/{command}: no platform can ask for {declared.name}: {inspect.formatannotation(asked)}"
        )
    if suggest is not None and (choices or kind is not ParameterKind.TEXT):
        raise TypeError(f"/{command}: suggestions are for texts, and {declared.name} is none")
    given = declared.default is not declared.empty
    return Parameter(
        name=declared.name,
        kind=kind,
        required=not given and not optional,
        default=declared.default if given else None,
        choices=choices,
        help=help_,
        many=many,
        suggest=_suggesting(suggest, owner) if suggest is not None else None,
    )


def _suggesting(suggest: Suggest, owner: object) -> Suggesting | None:
    """A method is asked of the object whose command it is; of a bare class nobody can be asked."""
    if next(iter(inspect.signature(suggest.find).parameters), "") != "self":
        return suggest.find
    return types.MethodType(suggest.find, owner) if owner is not None else None


# --- from words to values -------------------------------------------------------------------


def _takes_all(parameter: Parameter) -> bool:
    return parameter.kind is ParameterKind.TEXT and not parameter.choices


def _in_order(parameters: Iterable[Parameter]) -> list[Parameter]:
    """The parameters that plain words fill, in that order; the last, if it is a text, takes the rest."""
    words = [p for p in parameters if p.kind is not ParameterKind.ATTACHMENT]
    order = [p for p in words if p.required]
    if order and _takes_all(order[-1]):
        return order
    order += [p for p in words if not p.required]
    last = max((at for at, p in enumerate(order) if _takes_all(p) and not p.required), default=len(order))
    return order[: last + 1]


def _typed_usage(parameter: Parameter) -> str:
    words = "|".join(str(choice) for choice in parameter.choices) or parameter.name
    words += " …" if parameter.many else ""
    return f"<{words}>" if parameter.required else f"[{words}]"


def _named_usage(parameter: Parameter) -> str:
    values = "|".join(str(choice) for choice in parameter.choices)
    if parameter.kind is ParameterKind.BOOLEAN:
        values = "yes|no"
    return f"[{parameter.name}={values or '…'}]"


def _short(value: object) -> str:
    """What somebody typed, as far as it can be said back to them inside a sentence."""
    words = " ".join(str(value).split()).replace("`", "'")
    return words if len(words) <= 40 else words[:39] + "…"


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise ValueError


def _integer(value: object) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(value) if isinstance(value, str) and "." not in value else int(number)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word not in _YES | _NO:
        raise ValueError
    return word in _YES


def _attachment(value: object) -> object:
    if not all(isinstance(one, Attachment) for one in (value if isinstance(value, tuple) else (value,))):
        raise ValueError
    return value


_CONVERT: dict[ParameterKind, Callable[[Any], object]] = {
    ParameterKind.TEXT: _text,
    ParameterKind.INTEGER: _integer,
    ParameterKind.NUMBER: _number,
    ParameterKind.BOOLEAN: _boolean,
    ParameterKind.ATTACHMENT: _attachment,
}


def _problem(parameter: Parameter) -> str:
    match parameter.kind:
        case ParameterKind.INTEGER:
            return _("{name} is a whole number, not “{value}”")
        case ParameterKind.NUMBER:
            return _("{name} is a number, not “{value}”")
        case ParameterKind.BOOLEAN:
            return _("{name} is yes or no, not “{value}”")
        case ParameterKind.ATTACHMENT:
            return _("{name} is a file to attach")
        case ParameterKind.TEXT:
            return _("{name} is a text")
