"""The web chat: a platform whose only server is ours."""

from adapters.web.platform import WebChat

__all__ = ["WebChat"]
