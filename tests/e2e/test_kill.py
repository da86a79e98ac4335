"""kill -9 at random moments: nothing is lost, nothing is shown twice, nothing is paid twice."""

import pytest

from tests.e2e import mixed


@pytest.mark.timeout(420)
@pytest.mark.parametrize("dialect", ["trueai", "relay"])
async def test_thirty_kills_over_mixed_work_leave_no_trace(tmp_path, dialect):
    await mixed.run(tmp_path, kills=15, dialect=dialect, seed=2)


@pytest.mark.soak
@pytest.mark.timeout(3000)
async def test_two_hundred_kills_over_mixed_work_leave_no_trace(tmp_path):
    await mixed.run(tmp_path, kills=200, dialect="trueai", seed=3)
