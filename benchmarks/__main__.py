"""What the relay costs.

    python -m benchmarks [--smoke]

Load generator, relay and sink are processes of their own; with two cores, the relay has the first to itself.
"""

import argparse

from benchmarks.caps import print_counting, print_flood, print_steps_of_a_flood
from benchmarks.endtoend import Setup, print_latency, print_memory, print_throughput
from benchmarks.policies import print_policies
from benchmarks.steps import print_steps

_RUNS = {
    Setup(event, workers, durability): envelopes
    for event, envelopes in (("57 KB", 3_000), ("1 KB", 10_000))
    for workers, durability in ((1, "fsync"), (1, "os"), (2, "fsync"))
}
_SMOKE_RUNS = {Setup("57 KB"): 200, Setup("1 KB", workers=2): 400}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--smoke", action="store_true", help="a few envelopes, to see that it works")
    parser.add_argument("--memory", type=int, default=100_000, metavar="N", help="for the memory figure")
    options = parser.parse_args()
    print_steps(("1 KB", "57 KB"), 40 if options.smoke else 400)
    print_policies(("1 KB", "57 KB"), 20 if options.smoke else 200)
    print_steps_of_a_flood(("1 KB", "57 KB"), 40 if options.smoke else 400)
    print_counting(10 if options.smoke else 300)
    print_flood("57 KB", 200 if options.smoke else 5_000)
    print_throughput(_SMOKE_RUNS if options.smoke else _RUNS)
    print_latency({"1 KB": 200} if options.smoke else {"1 KB": 3_000, "57 KB": 1_000})
    print_memory(500 if options.smoke else options.memory)
