"""kill -9 at random moments, with Telegram as the platform: nothing is lost, nothing is shown twice."""

import pytest

from tests.e2e import telegram_mixed


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("drafts", "large"), [(True, True), (False, False)], ids=["drafts, supergroup", "edits, small group"]
)
async def test_fifteen_kills_over_mixed_work_leave_no_trace(tmp_path, drafts, large):
    await telegram_mixed.run(tmp_path, kills=15, drafts=drafts, large=large, seed=5)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("drafts", [True, False], ids=["drafts", "edits"])
async def test_a_hundred_kills_over_mixed_work_leave_no_trace(tmp_path, drafts):
    await telegram_mixed.run(tmp_path, kills=100, drafts=drafts, large=drafts, seed=7)
