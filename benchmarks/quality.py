"""What the pattern library finds, how much of it goes, and what it cuts without need.

    python -m benchmarks.quality [FOLDER] [--smoke] [--show CLASS] [--accept]

FOLDER holds corpora of labelled strings (default: $SCRUBRELAY_CORPORA). With or without one, strings that the
project makes itself are measured too. Exits 1 if anything is worse than `quality_floors.toml` remembers.
"""

import argparse
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from itertools import chain
from pathlib import Path

import orjson

from benchmarks import corpora, generated, national, unseen
from benchmarks.corpora import Sample
from benchmarks.report import table
from scrubrelay.config.packs import embedded
from scrubrelay.core.redaction.detectors.library import Library, select
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor

FLOORS = Path(__file__).parent / "quality_floors.toml"
# What issue and design ask for: at least so many complete, at most so many near misses, in percent.
GOALS = {
    "email": (100, 0),
    "card (Luhn-valid)": (95, 0),
    "iban (mod-97-valid)": (100, 100),
    "us_ssn": (96, 0),
    "ip": (98, 5),
    "mac": (100, 0),
    "crypto wallet": (100, 0),
    "phone": (60, 0),
    "phone, packs on": (88, 15),
    "national ids, packs on": (85, 8),
    "jwt": (99, 100),
    "private key": (99, 100),
    "url credentials": (95, 10),
    "keyword secret": (88, 12),
    "provider token": (99, 100),
    "sensitive keys": (100, 1),
}
MAX_BENIGN = 5
_SMOKE_STEP = 40


@dataclass(slots=True)
class Score:
    """How one class fared."""

    positives: int = 0
    found: int = 0
    complete: int = 0
    negatives: int = 0
    flagged: int = 0
    rules: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sample: Sample, changed: set[int]) -> bool:
        """Count one string; tell whether it went as it should."""
        if not sample.is_positive:
            self.negatives += 1
            self.flagged += bool(changed)
            return not changed
        spans = sample.expected or ()
        all_gone = bool(changed) and all(changed.issuperset(range(a, b)) for a, b in spans)
        self.positives += 1
        self.found += any(i in changed for a, b in spans for i in range(a, b)) if spans else bool(changed)
        self.complete += all_gone
        self.rules[sample.entity].append(all_gone)
        return all_gone

    @property
    def recall(self) -> float:
        """Percent of values that something was cut from."""
        return _percent(self.found, self.positives)

    @property
    def completeness(self) -> float:
        """Percent of values that are gone to the last character."""
        return _percent(self.complete, self.positives)

    @property
    def mean_of_rules(self) -> float:
        """The same as the mean over the corpus's rules, so that a large one does not hide the others."""
        return _percent(sum(sum(one) / len(one) for one in self.rules.values()), len(self.rules))

    @property
    def noise(self) -> float:
        """Percent of near misses that were cut."""
        return _percent(self.flagged, self.negatives)


def _percent(part: float, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


@cache
def redactor(*names: str) -> Redactor:
    """Return a redactor with these packs that masks, so that one sees which characters it cut."""
    library = Library.compile(select(embedded(), names))
    return Redactor(library, Policy(action="mask", budget=1.0))


def changed(sample: Sample, names: Sequence[str] = ("default",)) -> set[int]:
    """Return the characters that are gone."""
    if sample.key:
        return _changed_under_key(sample, redactor(*names))
    after, _ = redactor(*names).text(sample.text, sample.where)
    return _differing(sample.text, after)


def _changed_under_key(sample: Sample, scrub: Redactor) -> set[int]:
    document: object = {sample.key: sample.text}
    for step in reversed(sample.where.split(".") if sample.where else ()):
        document = [document] if step == "*" else {step: document}
    after, redactions = scrub.json_document(orjson.dumps(document))
    del after
    return set(range(len(sample.text))) if redactions else set()


def _differing(before: str, after: str) -> set[int]:
    if before == after:
        return set()
    if len(before) == len(after):
        return {i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b or (a == b == "*")}
    kept = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(range(len(before))) - {i for block in kept for i in range(block.a, block.a + block.size)}


def packs_for(sample: Sample) -> tuple[str, ...]:
    """Return the sets and packs that somebody interested in such a string has on."""
    known = {pack.name for pack in embedded()}
    own = "phones_national" if sample.kind == "phone" else f"ids_{corpora.country(sample.entity)}"
    if sample.kind == "phone" and not sample.entity.startswith("PHONE"):
        own = f"phones_national.{corpora.country(sample.entity)}"
    return ("default", own) if own.partition(".")[0] in known else ("default",)


def measure(samples: Iterable[Sample], show: str) -> dict[str, Score]:
    """Run all samples through the default set, and the opt-in classes once more with their packs on."""
    scores: dict[str, Score] = defaultdict(Score)

    def count(kind: str, sample: Sample, names: Sequence[str]) -> None:
        gone = changed(sample, names)
        if not scores[kind].add(sample, gone) and show in kind and show:
            print(
                f"  {kind}: {'missed' if sample.is_positive else 'cut'} {sample.entity}: {sample.text!r:.150}"
            )

    for sample in samples:
        count(sample.kind, sample, ("default",))
        if sample.kind in corpora.OPT_IN:
            count(f"{sample.kind}, packs on", sample, packs_for(sample))
        if sample.kind in corpora.VALID:
            name, is_valid = corpora.VALID[sample.kind]
            if _counts(sample, is_valid):
                count(name, sample, ("default",))
    return scores


def states(samples: Iterable[tuple[str, Sample]], show: str) -> dict[str, Score]:
    """Run each sample through the one pack that is for it."""
    scores: dict[str, Score] = defaultdict(Score)
    for pack, sample in samples:
        gone = changed(sample, (pack,))
        if not scores[sample.kind].add(sample, gone) and show and show in sample.kind:
            print(
                f"  {'missed' if sample.is_positive else 'cut'} {pack}.{sample.entity}: {sample.text!r:.150}"
            )
    return scores


def _counts(sample: Sample, is_valid: Callable[[str], bool]) -> bool:
    return not sample.is_positive or any(is_valid(sample.text[a:b]) for a, b in sample.expected or ())


def keys(samples: Iterable[Sample], show: str) -> Score:
    """Count the values hidden for their key, and those hidden without need."""
    score = Score()
    for sample in samples:
        if not score.add(sample, changed(sample)) and show in "keys" and show:
            print(f"  {'missed' if sample.is_positive else 'hidden'} {sample.where}: {sample.key}")
    return score


def benign(samples: Iterable[Sample], show: str) -> tuple[int, int]:
    """Count the harmless strings that something was cut from, and all of them."""
    total = cut = 0
    for sample in samples:
        total += 1
        if changed(sample):
            cut += 1
            after, redactions = redactor("default").text(sample.text, sample.where)
            if show and show in "benign":
                print(
                    f"  {sample.where or '-'}: {after!r:.120} {sorted({one.pattern for one in redactions})}"
                )
    return cut, total


def rows(scores: dict[str, Score]) -> Iterator[tuple[object, ...]]:
    """Yield the table's rows, with the goal beside each figure."""
    for kind, score in sorted(scores.items()):
        least, most = GOALS.get(kind, ("", ""))
        figures = (score.recall, score.completeness, least, score.negatives, score.noise, most)
        yield (kind, score.positives, *figures, score.mean_of_rules if kind == "provider token" else "")


def regressions(now: dict[str, float], floors: dict[str, float]) -> Iterator[str]:
    """Yield what is worse than it was: `kind` may not fall, `kind: near misses` and `benign` may not rise."""
    for name, floor in floors.items():
        value = now.get(name)
        rises = name.endswith((": near misses", "benign"))
        if value is not None and (value > floor + 0.05 if rises else value < floor - 0.05):
            yield f"{name}: {value} after {floor}"


def figures(scores: dict[str, Score], harmless: int) -> dict[str, float]:
    """Return what `quality_floors.toml` remembers."""
    found = {kind: score.completeness for kind, score in scores.items() if score.positives}
    noise = {f"{kind}: near misses": score.noise for kind, score in scores.items() if score.negatives}
    return {**found, **noise, "benign": float(harmless)}


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    parser.add_argument("folder", nargs="?", help="a folder of corpora")
    parser.add_argument("--smoke", action="store_true", help="a sample, to see that it works")
    parser.add_argument(
        "--show", default="", metavar="CLASS", help="list what went wrong in a class, keys or benign"
    )
    parser.add_argument("--accept", action="store_true", help="remember these figures as the floor")
    options = parser.parse_args()
    path = corpora.folder(options.folder)
    step = _SMOKE_STEP if options.smoke else 1
    made = _generated(options.show, step)
    if path is None:
        return _examples_only(options.show) or (0 if options.smoke else _judge(made))
    scores = measure(
        (one for name in corpora.FILES for one in list(corpora.read(path, name))[::step]), options.show
    )
    scores["sensitive keys"] = keys(list(corpora.read(path, "sensitive_keys"))[::step], options.show)
    harmless, strings = benign(list(corpora.read(path, "benign"))[::step], options.show)
    _print(scores)
    print(f"\nbenign strings changed: {harmless} of {strings:,} (goal: at most {MAX_BENIGN} of 10,020)")
    now = figures(scores, harmless) | made
    if options.accept:
        FLOORS.write_text("".join(f'"{name}" = {value}\n' for name, value in sorted(now.items())), "utf-8")
    return 0 if options.smoke else _judge(now)


def _generated(show: str, step: int) -> dict[str, float]:
    """Measure what the project makes itself; return what the floors remember of it."""
    scores = measure(list(chain(generated.secrets(), unseen.samples()))[::step], show)
    scores[unseen.KEYS] = keys(list(unseen.keys())[::step], show)
    scores.update(states(list(chain(national.samples(), national.near_misses()))[::step], show))
    harmless, strings = benign(list(chain(generated.harmless(), unseen.harmless()))[::step], show)
    _print(scores)
    print(f"\nharmless lines changed: {harmless} of {strings:,}\n")
    now = figures(scores, harmless)
    now["generated benign"] = now.pop("benign")
    return now


def _judge(now: dict[str, float]) -> int:
    worse = list(regressions(now, tomllib.loads(FLOORS.read_text("utf-8"))))
    for line in worse:
        print(f"worse: {line}")
    return bool(worse)


def _print(scores: dict[str, Score]) -> None:
    head = ("class", "n", "found %", "gone %", "goal", "near misses", "cut %", "goal", "mean of rules %")
    table(
        "default install; `packs on` adds the opt-in pack of the string's country", head, list(rows(scores))
    )


def _examples_only(show: str) -> int:
    print("no corpora here: measured on the packs' own examples")
    on = select(embedded(), ["default"])
    scores = measure(corpora.examples(on), show)
    _print(scores)
    return any(score.complete < score.positives for score in scores.values())


if __name__ == "__main__":
    sys.exit(main())
