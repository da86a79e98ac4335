"""For all tests."""

import os

import pytest
from hypothesis import settings

# On CI the same examples every time: what turns red was changed. Elsewhere new ones, to find more.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Files whose few tests take long, so that the last worker does not end with them alone.
FIRST = ("_kill.py", "test_browser.py", "test_benchmarks.py", "test_packaging.py", "/e2e/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first."""

    def rank(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((place for place, name in enumerate(FIRST) if name in path), len(FIRST))

    items.sort(key=rank)
