"""``make bench``: every benchmark in one run; what they print are ratios to floors of the same run."""

import logging

import structlog

from tests.benchmarks import (
    bench_compose,
    bench_drain,
    bench_end_to_end,
    bench_gmail,
    bench_intake,
    bench_memory,
    bench_outbox,
    bench_pace,
    bench_pages,
    bench_smtp,
)

# Some drain in this process: a line a mail would hide the figures.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
for benchmark in (
    bench_compose,
    bench_gmail,
    bench_smtp,
    bench_drain,
    bench_outbox,
    bench_pace,
    bench_pages,
    bench_intake,
    bench_end_to_end,
    bench_memory,
):
    benchmark.run()
