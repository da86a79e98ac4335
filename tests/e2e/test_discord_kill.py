"""kill -9 at random moments, with Discord as the platform: nothing is lost, nothing is shown twice."""

import pytest

from tests.e2e import discord_mixed


@pytest.mark.timeout(240)
async def test_fifteen_kills_over_mixed_work_leave_no_trace(tmp_path):
    await discord_mixed.run(tmp_path, kills=15, seed=5)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("dialect", ["trueai", "relay"])
async def test_a_hundred_kills_over_mixed_work_leave_no_trace(tmp_path, dialect):
    await discord_mixed.run(tmp_path, kills=100, seed=7, dialect=dialect)
