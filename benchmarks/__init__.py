"""What the product promises about speed, measured as ratios: `make bench` (see __main__)."""

import os

# Smallest sizes: whether every benchmark still runs, not what it measures (tests/test_benchmarks.py).
TINY = os.environ.get("BENCH_TINY") == "1"
