"""Sentry's own engine, timed in an environment of its own: argv is a file of JSON texts and how many passes.

Its C interface takes and returns texts, so no Python object is built; what it costs to hand over the rules
each time is in every figure, and shown by an empty event.
"""

import json  # noqa: TID251 -- that environment has no orjson
import statistics
import sys
import time
from pathlib import Path

from sentry_relay.processing import convert_datascrubbing_config, pii_strip_event

RULES = {
    "scrubData": True,
    "scrubDefaults": True,
    "scrubIpAddresses": True,
    "sensitiveFields": [],
    "excludeFields": [],
}


def same(value):
    """Hand a text over as it is."""
    return value


def main():
    """Print the microseconds of one pass over all texts, the median of some."""
    texts = json.loads(Path(sys.argv[1]).read_text())
    rules, passes = json.dumps(convert_datascrubbing_config(RULES)), []
    for _ in range(int(sys.argv[2])):
        started = time.perf_counter()
        for text in texts:
            pii_strip_event(rules, text, json_dumps=same, json_loads=same)
        passes.append((time.perf_counter() - started) * 1e6 / len(texts))
    print(statistics.median(passes))


main()
