"""What a browser tells with a request: whether a page of ours sent it, and what its person reads."""

from urllib.parse import urlsplit

from aiohttp import hdrs, web


def from_our_page(request: web.Request) -> bool:
    """Whether a page of ours sent this, as far as the browser tells (fetch metadata, else Origin).

    Another site cannot set any of these headers, X-Forwarded-Host included, without being asked first.
    """
    if "Sec-Fetch-Site" in request.headers:
        return request.headers["Sec-Fetch-Site"] == "same-origin"
    try:
        origin = urlsplit(request.headers.get(hdrs.ORIGIN, "")).netloc
    except ValueError:
        return False
    return bool(origin) and origin in (request.host, request.headers.get("X-Forwarded-Host", ""))


def language(request: web.Request) -> str:
    """The first language that the browser asks for."""
    first = request.headers.get(hdrs.ACCEPT_LANGUAGE, "").partition(",")[0].partition(";")[0].strip()
    return first if len(first) <= 35 and first.replace("-", "").isalnum() else ""
