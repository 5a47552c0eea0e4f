"""Processor time of one answer without the LLM, for docs/scale.md: other programs on the machine hardly change it.

The questions are those of load.py: "tables" are settled by table rows, "quotes" need the encoder for words that were
not asked for before. One after the other, in one process, on the seed pages with the real encoder.
"""

from __future__ import annotations

import itertools
import tempfile
import time

import numpy as np
from _reporting import machine, print_table, write_results
from load import KINDS, SEEDS

from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index

COUNTS = {"tables": 300, "quotes": 60}


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        build_index([SEEDS], index=folder)
        with Assistant.open(folder, model="none") as assistant:
            assistant.warm()
            for kind, questions in KINDS.items():
                times, count = [], COUNTS[kind]
                for question in itertools.islice(questions(), count + 10):
                    began = time.process_time()
                    assistant.answer(question)
                    times.append(1000 * (time.process_time() - began))
                steady = times[10:]
                mean, median = float(np.mean(steady)), float(np.median(steady))
                rows.append(
                    {
                        "questions": kind,
                        "answers": count,
                        "cpu_ms_mean": round(mean, 2),
                        "cpu_ms_median": round(median, 2),
                        "answers_per_core_second": round(1000 / mean, 1),
                    }
                )
    print_table("Processor time of an answer", rows)
    write_results("question_cost", {"machine": machine("sentence-transformers", "torch"), "rows": rows})


if __name__ == "__main__":
    main()
