"""The short versions run the rows of benchmarks/reliability with fewer trials."""

from __future__ import annotations

import sys
from pathlib import Path

ROWS = Path(__file__).parents[2] / "benchmarks" / "reliability"
for folder in (ROWS, ROWS.parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
