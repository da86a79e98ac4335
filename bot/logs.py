"""Logs for the person on call: text or JSON, ours and the libraries' alike, with every key masked.

Our own modules log through ``structlog.get_logger()`` from LOG_LEVEL on. Libraries log through the standard
library and are heard from warnings on, or in full at ``debug``.
"""

import logging
import re
import sys
from collections.abc import Iterable
from functools import partial
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRETS = re.compile(
    r"""
      \b(?:sk|pk|rk)-[A-Za-z0-9_\-]{8,}            # keys of OpenAI's shape
    | (?<!\d)\d{6,12}:[A-Za-z0-9_\-]{30,}           # a bot's number and its token
    | \b[\w\-]{23,28}\.[\w\-]{6,7}\.[\w\-]{27,}     # three dotted parts
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)              # name and password in an address
    | (?i:(?<=bearer\s)|(?<=mj-api-secret:\s)|(?<=[?&]key=)|(?<=[?&]token=))[^\s"'&,]+
    """,
    re.VERBOSE,
)


def set_up_logs(level: str, form: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send all logs to ``stream`` (stderr); ``secrets`` are masked wherever they turn up.

    ``level`` and ``form`` are LOG_LEVEL and LOG_FORMAT.
    """
    out = stream or sys.stderr
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor] = [*_renderers(form, out), partial(_mask_line, _known(secrets))]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(least if least == logging.DEBUG else max(least, logging.WARNING))
    logging.captureWarnings(True)


def mask(text: str, known: "re.Pattern[str] | None" = None) -> str:
    """The text with keys, tokens and passwords made unusable: ``sk-abc***xyz``."""
    if known:
        text = known.sub(_masked, text)
    return _SECRETS.sub(_masked, text)


def _renderers(form: str, out: TextIO) -> list[Processor]:
    if form == "json":
        return [
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    return [
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=out.isatty(),
            # Its other formatters print local variables, and those hold what people wrote.
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _known(secrets: Iterable[str]) -> "re.Pattern[str] | None":
    """Shorter secrets are left out: masking a word of five letters would only tell which word it is."""
    words = [re.escape(secret) for secret in secrets if len(secret) >= 8]
    return re.compile("|".join(words)) if words else None


def _mask_line(
    known: "re.Pattern[str] | None", logger: WrappedLogger, method: str, line: EventDict | str
) -> str:
    """A last line of defence behind the rule that keys are not logged: it sees the finished line."""
    return mask(str(line), known)


def _masked(match: re.Match[str]) -> str:
    """A gateway's key keeps its ends, so that one can tell which key it is; anything else keeps nothing."""
    secret = match.group()
    return f"{secret[:6]}***{secret[-3:]}" if secret.startswith("sk-") and len(secret) >= 20 else "***"
