"""For all tests."""

import os

from hypothesis import settings

# On CI the same examples every time: what turns red was changed. Elsewhere new ones, to find more.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
