"""What this process may use of its machine: memory and processor, as the system or the container allows."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# Where Linux tells what a container may use, by version 2 and 1 of control groups.
_MEMORY = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_SHARES = (
    ("/sys/fs/cgroup/cpu.max",),
    ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
)


def total_memory() -> int:
    """Bytes of memory that this process can have at most: the machine's, or its container's."""
    import psutil

    total = int(psutil.virtual_memory().total)
    for limit in _MEMORY:
        with suppress(OSError, ValueError):  # not Linux, not in a container, or "max"
            total = min(total, int(Path(limit).read_text("ascii")))
    return total


def allowed_cores() -> float:
    """Cores that this process may use, by affinity and by the share its container has: 1.5, say."""
    allowed = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    for files in _SHARES:
        with suppress(OSError, ValueError):  # not Linux, or "max"
            quota, period = " ".join(Path(file).read_text("ascii") for file in files).split()
            if int(quota) > 0:  # -1: no limit
                allowed = min(allowed, int(quota) / int(period))
    return allowed


def usable_cores() -> int:
    """Whole cores that this process may use, at least 1."""
    return max(1, int(allowed_cores()))
