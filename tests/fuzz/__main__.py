"""Run the fuzzer on each target for a while: `python -m tests.fuzz --seconds 60 [TARGET …]`."""

import argparse
import subprocess
import sys
from pathlib import Path

FINDINGS = Path(__file__).parent / "findings"
SEEDS = {
    "policies": (
        b'{"exception":{"values":[{"type":"KeyError","value":"404: a","mechanism":{"data":{"status":4}}}]}}',
        b'{"items":[{"trace_id":"00000000000000000000000000000001"},{"attributes":{"a":{"value":1}}},7],"v":[1]}',
        b'{"type":"transaction","transaction":"/healthz","contexts":{"trace":{"op":"queue.x"}},"timestamp":"x"}',
    ),
    "envelope": (
        b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event","length":2}\n{}\n',
        b"{}\n",
    ),
    "inflate": (
        b"\x00\x1f\x8b\x08\x00",
        b"\x01x\x9c\x03\x00\x00\x00\x00\x01",
        b"\x02\x3b",
        b"\x03(\xb5/\xfd",
    ),
    "store": (b'{"message":"x"}', b"eyJtIjoxfQ==", b"x\x9c\x03\x00\x00\x00\x00\x01"),
    "headers": (b"sentry_key=" + b"a" * 32, b"60:error;default:organization:quota, 5::key"),
    "document": (
        b'{"user":{"email":"jane@example.com"},"extra":{"n":4111111111111111,"s":"\\ud800"}}',
        b'{"message":"{\\"password\\": \\"x\\"}","request":{"url":"https://a:b@c.de/?token=abc"}}',
        b'{"a":[["cookie","sid=1"],{"value":"1e400","type":"string"}],"_meta":{"a":{"":{"rem":[["x","s",0,1]]}}}}',
    ),
}


def main() -> int:
    """Fuzz each target in a process of its own; return how many failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("targets", nargs="*", default=list(SEEDS))
    options.add_argument("--seconds", type=int, default=60, help="for each target")
    options.add_argument("--worker", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.worker:
        return _fuzz(chosen.worker)
    failed = [name for name in chosen.targets if _run(name, chosen.seconds)]
    print(
        f"{len(chosen.targets) - len(failed)} targets held, {len(failed)} did not: {' '.join(failed) or '-'}"
    )
    return len(failed)


def _run(name: str, seconds: int) -> int:
    corpus = Path(".cache/fuzz") / name
    corpus.mkdir(parents=True, exist_ok=True)
    (FINDINGS / name).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed{number}").write_bytes(seed)
    command = [sys.executable, "-m", "tests.fuzz", "--worker", name]
    print(f"== {name}, {seconds} s", flush=True)
    return subprocess.run(
        [*command, "--", f"-max_total_time={seconds}", f"-artifact_prefix={FINDINGS / name}/", str(corpus)],
        check=False,
    ).returncode


def _fuzz(name: str) -> int:
    import atheris  # only on demand: it is no dependency of the project

    with atheris.instrument_imports(include=["scrubrelay"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *sys.argv[sys.argv.index("--") + 1 :]], TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
