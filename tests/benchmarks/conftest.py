"""Lets the benchmarks use the objects of the comparison's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "compare"))
