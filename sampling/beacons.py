"""Public beacons beside the dice: which rounds exist when (draw.md §2.2). Pure: times are seconds since 1970, UTC.

A beacon's value must not exist yet when it is named, so its due time must be known: only chains whose genesis and
period are published constants are accepted.

Public: `QUICKNET`, `drand_due`, `drand_round`, `SSQ_ISSUE`.
"""

import re

QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
# chain hash -> (genesis, seconds a round): quicknet, and the League of Entropy's first chain
_CHAINS = {
    QUICKNET: (1_692_803_367, 3),
    "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce": (1_595_431_050, 30),
}
_DRAND = re.compile(r"([0-9a-f]{64}):([1-9][0-9]{0,11})")
SSQ_ISSUE = re.compile(r"20[0-9]{2}[01][0-9]{2}")


def drand_due(spec: str) -> int | None:
    """When the round of "CHAINHASH:ROUND" is due; None for text that is no round of a known chain."""
    match = _DRAND.fullmatch(spec)
    if match is None or match[1] not in _CHAINS:
        return None
    genesis, period = _CHAINS[match[1]]
    return genesis + (int(match[2]) - 1) * period


def drand_round(moment: int) -> str:
    """The first quicknet round that is due at `moment` or later, as "CHAINHASH:ROUND"."""
    genesis, period = _CHAINS[QUICKNET]
    return f"{QUICKNET}:{max(0, -(-(moment - genesis) // period)) + 1}"
