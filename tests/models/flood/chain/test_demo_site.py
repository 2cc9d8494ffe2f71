"""The chain of the demonstration site on simulated storms it has never seen."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.config import load
from forewarn.domain.recording import RecordingMapping
from forewarn.domain.station import load_site
from stream.hindcast.record import load_record
from stream.models.flood.basin import Basin
from stream.models.flood.chain import Chain
from stream.models.verification import persistence_index

SITE = Path(__file__).parents[4] / "sites" / "yongjiang"
STORM_MINUTES = 5761


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_stages_of_unseen_storms_three_hours_ahead(tmp_path):
    """Through the live quality control, from the second day of each storm on."""
    out = tmp_path / "storms.csv"
    command = "import sys; from simulators.cli import main; sys.exit(main(sys.argv[1:]))"
    wanted = ["record", "--site", str(SITE), "--storms", "2", "--seed", "9100", "--out", str(out)]
    subprocess.run([sys.executable, "-c", command, *wanted], check=True, capture_output=True)
    chain = Chain(load(SITE / "basin.toml", Basin))
    mapping = load(SITE / "recording.toml", RecordingMapping)
    record = load_record(out, mapping, load_site(SITE), chain.inputs)
    rows = [chain.inputs.index(key) for key in chain.gauges]
    forecast, observed, present = [], [], []
    gap = 10 * 1440 + 5 * 60
    for number in range(2):
        first = number * gap
        part = record.minutes[:, first : first + STORM_MINUTES]
        begin_s = record.first_s + 60.0 * first
        state, seen = chain.start(np.random.default_rng(number)), 0
        for minute in range(1440, part.shape[1] - 180, 90):
            now = begin_s + 60.0 * minute
            past = part[:, seen : minute + 1]
            state = chain.assimilate(state, past, begin_s + 60.0 * seen, now)
            seen = minute + 1
            forecast.append(chain.forecast(state, now).stage[:, :, 180].mean(axis=0))
            observed.append(part[rows, minute + 180])
            present.append(part[rows, minute])
        assert not state.doubts.named.any()
    columns = (np.array(values) for values in (forecast, observed, present))
    skill = [persistence_index(*gauge) for gauge in zip(*(c.T for c in columns), strict=True)]
    assert dict(zip(chain.gauges, skill, strict=True))["fenghua/stage"] > 0.5
    assert min(skill[1:]) > 0.9
