"""Configurations of Sentry and of its Relay, turned into ours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import regex

from scrubrelay.config.foreign.re2_class import escaped
from scrubrelay.config.foreign.relay_fields import COOKIES, IP_FIELDS, PARAMETER, SCRUBBED, TEXT_RULE
from scrubrelay.config.foreign.relay_rules import ANYTHING, Applied, Rules
from scrubrelay.config.values import read_address, read_key, read_size, read_url
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.rules.selectors import LEGACY_WORDS, parse

HASH_KEY: Final = "${SCRUBRELAY_HASH_KEY}"
_OURS: Final = ("gzip", "zstd", "identity")
_EXPORTED: Final = frozenset(
    {"rules", "applications", "relayPiiConfig", "piiConfig", "dataScrubber", "dataScrubberDefaults"}
    | {"scrubIPAddresses", "sensitiveFields", "safeFields"}
)
_SELECTOR: Final = regex.compile(r"[$*|&!]")
"""In a safe field: then it is no key."""
_RELAY_KEYS: Final = frozenset({"mode", "upstream", "host", "port"})


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import comes to.

    Args:
        settings: The tables of our configuration file.
        pack: The tables of the pattern file that it names; empty if there is nothing to write.
        notes: What could not be carried over, and what the original ignored.
    """

    settings: Mapping[str, Any]
    pack: Mapping[str, Any]
    notes: tuple[str, ...]


def import_relay(config: Any, projects: Mapping[str, Any], patterns: str) -> Imported:
    """Turn a Relay folder into our settings.

    Args:
        config: What `config.yml` holds.
        projects: File stem -> what `projects/<stem>.json` holds.
        patterns: The path of the pattern file, as our configuration is to name it.
    """
    work = _Work(patterns)
    settings = work.server(_table(config))
    found = [one for stem, project in sorted(projects.items()) for one in work.project(stem, _table(project))]
    if found:
        settings["project"] = found
    return work.finish(settings)


def import_sentry_rules(document: Any, patterns: str) -> Imported:
    """Turn exported rules into our settings: `relayPiiConfig`, or what a project or organisation has set.

    Args:
        document: The parsed JSON.
        patterns: The path of the pattern file, as our configuration is to name it.

    Raises:
        ConfigError: It is something else.
    """
    work = _Work(patterns)
    table = _table(document)
    if table.keys().isdisjoint(_EXPORTED):
        raise ConfigError(["there are no rules in it: expected rules and applications, or relayPiiConfig"])
    scrubbing = {
        "scrubData": table.get("dataScrubber", "dataScrubber" not in table),
        "scrubDefaults": table.get("dataScrubberDefaults", "dataScrubberDefaults" not in table),
        "scrubIpAddresses": table.get("scrubIPAddresses"),
        "sensitiveFields": table.get("sensitiveFields"),
        "excludeFields": table.get("safeFields"),
    }
    is_bare = "rules" in table or "applications" in table
    pii = table if is_bare else _parsed(table.get("relayPiiConfig", table.get("piiConfig")))
    redaction = work.redaction(_table(pii), {} if is_bare else scrubbing)
    return work.finish({"redaction": redaction} if redaction else {})


@dataclass(slots=True)
class _Work:
    """One import: collects the patterns and the notes of all its parts."""

    file: str
    notes: list[str] = field(default_factory=list)
    patterns: dict[str, dict[str, Any]] = field(default_factory=dict)
    at: str = ""

    @property
    def pack(self) -> str:
        stem = self.file.replace("\\", "/").rpartition("/")[2].partition(".")[0].lower()
        name = "".join(one if one.isascii() and one.isalnum() else "_" for one in stem).strip("_")
        return name if name[:1].isalpha() else f"imported_{name}".strip("_")

    def note(self, text: str) -> None:
        """Tell something, with the part of the input that it is about; once."""
        told = f"{self.at}: {text}" if self.at else text
        if told not in self.notes:
            self.notes.append(told)

    def finish(self, settings: dict[str, Any]) -> Imported:
        """Name the pattern file wherever it is needed, and give both."""
        pack: dict[str, Any] = {}
        if self.patterns:
            settings["redaction"] = {"pattern_files": [self.file], **settings.get("redaction", {})}
            tables = [{"id": id_, **table} for id_, table in self.patterns.items()]
            pack = {
                "title": "Imported rules",
                "categories": ["imported"],
                "default": False,
                "pattern": tables,
            }
        return Imported(settings, pack, tuple(self.notes))

    def server(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tables that come from `config.yml`."""
        self.at = "config.yml"
        relay, http, limits = (_table(config.get(name)) for name in ("relay", "http", "limits"))
        settings: dict[str, Any] = {}
        if "host" in relay or "port" in relay:
            address = f"{relay.get('host', '127.0.0.1')}:{relay.get('port', 3000)}"
            self.take(settings, ("server", "listen"), address, read_address)
        self.take(settings, ("upstream", "url"), relay.get("upstream", "https://sentry.io/"), read_url)
        if http.get("encoding") in _OURS:
            settings.setdefault("upstream", {})["encoding"] = http["encoding"]
        self.take(settings, ("limits", "max_body"), limits.get("max_envelope_size"), read_size)
        self.seconds(settings, ("upstream", "timeout"), http.get("timeout"))
        self.seconds(settings, ("server", "shutdown_timeout"), limits.get("shutdown_timeout"))
        self.mode(relay.get("mode", "managed"))
        self.left_out(config)
        return settings

    def take(
        self, settings: dict[str, Any], where: tuple[str, str], value: Any, read: Callable[[str], object]
    ) -> None:
        """Set a value if it can be read, else say so."""
        if value is None:
            return
        try:
            usable = read(str(value)) != 0
        except ValueError:
            usable = False
        if not usable:
            self.note(f"the value for [{where[0]}] {where[1]} cannot be read and is left out")
            return
        settings.setdefault(where[0], {})[where[1]] = str(value)

    def seconds(self, settings: dict[str, Any], where: tuple[str, str], value: Any) -> None:
        """Set a number of seconds."""
        if isinstance(value, int) and 0 < value < 86_400:
            settings.setdefault(where[0], {})[where[1]] = f"{int(value)}s"
        elif value is not None:
            self.note(f"the value for [{where[0]}] {where[1]} cannot be read and is left out")

    def mode(self, mode: Any) -> None:
        if mode == "managed":
            self.note(
                "mode managed: its rules are in Sentry; export them and use `scrubrelay import sentry-rules`"
            )
        elif mode == "proxy":
            self.note("mode proxy: Sentry's Relay scrubs nothing in it; here all is scrubbed")

    def left_out(self, config: Mapping[str, Any]) -> None:
        """Note what has no place here."""
        known = {
            "relay": _RELAY_KEYS,
            "http": {"timeout"}
            | ({"encoding"} if _table(config.get("http")).get("encoding") in _OURS else set()),
            "limits": {"max_envelope_size", "shutdown_timeout"},
        }
        for name, table in config.items():
            keys = _table(table) if isinstance(table, dict) else {"": None}
            left = sorted(
                f"{name}.{key}".rstrip(".") for key in keys if key not in known.get(str(name), set())
            )
            if left:
                self.note(f"not carried over: {', '.join(left)}")

    def project(self, stem: str, project: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield a `[[project]]` table for each key of a project."""
        self.at = f"projects/{stem}.json"
        if not stem.isascii() or not stem.isdecimal() or not 0 < len(stem) < 19 or int(stem) < 1:
            self.note("the file's name is no project number; Sentry's Relay ignores it")
            return
        if project.get("disabled") is True:
            self.note("the project is disabled and left out: its events are refused")
            return
        config = _table(project.get("config"))
        redaction = self.redaction(
            _table(config.get("piiConfig")), _table(config.get("datascrubbingSettings"))
        )
        self.filters(config)
        keys = list(self.keys(project))
        if not keys:
            self.note("it has no usable key, and is left out")
        for key in keys:
            table = {"id": int(stem), "key": key, "name": str(project.get("slug") or "")}
            yield table | ({"redaction": redaction} if redaction else {})

    def keys(self, project: Mapping[str, Any]) -> Iterator[str]:
        """Yield the keys that are on."""
        listed = project.get("publicKeys")
        for one in listed if isinstance(listed, list) else ():
            key = _table(one).get("publicKey")
            if _table(one).get("isEnabled") is False:
                self.note("a key that is off is left out")
                continue
            try:
                yield read_key(key)
            except ValueError:
                self.note("a key that is not of 32 characters is left out")

    def filters(self, config: Mapping[str, Any]) -> None:
        """Note the filters and limits, which do not exist here."""
        filters = _table(config.get("filterSettings"))
        on = sorted(str(name) for name, one in filters.items() if one not in ({}, None) and _is_on(one))
        if on:
            self.note(f"there are no filters here, not carried over: {', '.join(on)}")
        if config.get("allowedDomains", ["*"]) != ["*"]:
            self.note("allowedDomains is not carried over: every origin is accepted")
        known = {"piiConfig", "datascrubbingSettings", "filterSettings", "allowedDomains", "excludeFields"}
        if left := sorted(str(name) for name in config if name not in known):
            self.note(f"not carried over: {', '.join(left)}")

    def redaction(self, pii: Mapping[str, Any], scrubbing: Mapping[str, Any]) -> dict[str, Any]:
        """Return a `[redaction]` table."""
        rules = [*self.scrubbing_rules(scrubbing), *self.applications(pii)]
        redaction: dict[str, Any] = {}
        if fields := _texts(scrubbing.get("sensitiveFields")):
            redaction["sensitive_keys"] = fields
        if safe := [one for one in _texts(scrubbing.get("excludeFields")) if not _SELECTOR.search(one)]:
            redaction["safe_keys"] = safe
        if any(rule.get("action") == "hash" for rule in rules):
            redaction["hash_key"] = HASH_KEY
            self.note(
                "set SCRUBRELAY_HASH_KEY to a secret of your own: Sentry's hashes have no key, and differ"
            )
        if rules:
            redaction["rule"] = rules
        return redaction

    def scrubbing_rules(self, scrubbing: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the rules that Sentry makes of the switches of its data scrubbing."""
        if not scrubbing:
            return
        for name in _texts(scrubbing.get("excludeFields")):
            yield {"where": self.safe_field(name), "safe": [ANYTHING]}
        if scrubbing.get("scrubData") and (fields := _texts(scrubbing.get("sensitiveFields"))):
            yield from self.fields(fields)
        if not scrubbing.get("scrubData") or not scrubbing.get("scrubDefaults"):
            self.note(
                "the default data scrubbing is off; here the default patterns stay on (`packs = []` is none)"
            )
        else:
            names = " || ".join(f"cookies.{name}" for name in COOKIES.split())
            yield {"where": names, "patterns": [ANYTHING], "action": "replace"}
            yield from self.everywhere("@common:filter", "the default data scrubbing")
            yield from self.everywhere("@email:replace", "the default data scrubbing")  # of free texts there
        if scrubbing.get("scrubIpAddresses"):
            yield {"where": IP_FIELDS, "patterns": [ANYTHING], "action": "remove"}
            yield from self.everywhere("@ip:replace", "the scrubbing of addresses")
        else:
            self.note('addresses are not scrubbed there; here they are (`disable = ["network"]` leaves them)')

    def everywhere(self, name: str, what: str) -> Iterator[dict[str, Any]]:
        """Yield the rules of a built-in rule that holds for all fields."""
        self.note(f"{what}: the rules for `**` cut all that has Sentry's shapes, without checksums")
        for one in _merged(Rules({}, self.pack, self.note, self.patterns).resolve(name)):
            patterns = [pattern for pattern in one.patterns if pattern != TEXT_RULE]
            yield {"where": "**", "patterns": patterns, "action": one.action}
            if TEXT_RULE in one.patterns:
                yield {"where": SCRUBBED, "patterns": [TEXT_RULE], "action": one.action}

    def fields(self, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the rule that Sentry makes of the sensitive fields: parts of keys, and of texts."""
        match = "(?i) " + " | ".join(map(_literal, fields))
        both = Rules({}, self.pack, self.note, self.patterns).pair("sensitiveFields", match, "replace")
        yield {"where": SCRUBBED, "patterns": list(both.patterns), "action": both.action}

    def safe_field(self, name: str) -> str:
        """Return the selector of a safe field; what cannot be read as one is the name of a key."""
        try:
            return str(parse(name))
        except ConfigError:
            return "'" + name.replace("'", "''") + "'"

    def applications(self, pii: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield a rule for each selector and action."""
        rules = Rules(_table(pii.get("rules")), self.pack, self.note, self.patterns)
        if _table(pii.get("vars")).get("hashKey"):
            self.note("vars.hashKey is ignored by Sentry")
        applied = _table(pii.get("applications"))
        for selector, names in applied.items():
            where = self.selector(str(selector))
            found = [one for name in _texts(names) for one in rules.resolve(name)] if where else []
            for one in _merged(found):
                if ANYTHING in one.patterns and parse(where).covers(PARAMETER):
                    self.note(
                        f"selector {selector}: Sentry hides the names of query parameters, headers and"
                        " cookies too; here they stay"
                    )
                yield {"where": where, "patterns": list(one.patterns), "action": one.action}
        used = {name for names in applied.values() for name in _texts(names)}
        inner = {str(one) for spec in rules.specs.values() for one in _inner(_table(spec))}
        if unused := sorted(str(name) for name in rules.specs if name not in used | inner):
            self.note(f"rules that no selector applies, left out: {', '.join(unused)}")

    def selector(self, text: str) -> str:
        """Return a selector as it is written here, empty if it cannot be."""
        meant = LEGACY_WORDS.get(text)
        if meant:
            self.note(f"selector {text}: alone it means {meant} to Sentry, and so it is written")
        try:
            parsed = parse(meant or text)
        except ConfigError as error:
            self.note(f"selector {text}: not carried over: {'; '.join(error.problems)}")
            return ""
        if parsed.negates:
            self.note(
                f"selector {text}: with `!` Sentry also hides file names in stack traces and names of tags,"
                " headers and parameters; here they stay"
            )
        for warning in parsed.warnings:
            self.note(f"selector {text}: {warning}")
        return str(parsed)


def _merged(found: Sequence[Applied]) -> list[Applied]:
    """Return one of each action, with all its patterns; what hides the whole value stays by itself."""
    groups: dict[tuple[str, bool], dict[str, None]] = {}
    for one in found:
        groups.setdefault((one.action, ANYTHING in one.patterns), {}).update(dict.fromkeys(one.patterns))
    return [Applied(tuple(patterns), action) for (action, _), patterns in groups.items()]


def _parsed(value: Any) -> Any:
    """Return a configuration that Sentry's API gives as a string of JSON."""
    if not isinstance(value, str) or not value.strip():
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise ConfigError([f"relayPiiConfig is no JSON: column {error.colno}: {error.msg}"]) from error


def _inner(spec: Mapping[str, Any]) -> list[Any]:
    rules = spec.get("rules")
    return [*(rules if isinstance(rules, list) else ()), spec.get("rule")]


def _literal(text: str) -> str:
    """Return the expression of a pattern file that is this text."""
    return "".join(map(escaped, text))


def _is_on(filter_: Any) -> bool:
    if not isinstance(filter_, dict):
        return True
    on = filter_.get("isEnabled")
    return bool(on) if on is not None else any(filter_.values())


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    """Return the texts of a list, trimmed; Sentry skips empty ones."""
    listed = value if isinstance(value, list) else []
    return list(dict.fromkeys(one.strip() for one in listed if isinstance(one, str) and one.strip()))
