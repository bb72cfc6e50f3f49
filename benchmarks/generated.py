"""Strings that the project makes itself: secrets of vendors on no list, and harmless lines.

They stand in for corpora where none is at hand, and hold the library to what it does for vendors unlisted.
"""

import random
import string
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from benchmarks.corpora import Sample

SEED: Final = 7
_EACH: Final = 6
"""How many of each spelling are made."""
_HEX: Final = "0123456789abcdef"
_LOWER: Final = string.ascii_lowercase + string.digits
_MIXED: Final = string.ascii_letters + string.digits

_VENDORS: Final = [
    "zorbex",
    "quillhub",
    "nimbusly",
    "parsely",
    "scrapfly",
    "ipqs",
    "urlscan",
    "greynoise",
    "leakix",
    "hunterio",
    "tomtom",
    "geoapify",
    "opencage",
    "climacell",
    "numverify",
    "veriphone",
    "kickbox",
    "debounce",
    "sumsub",
    "pandascore",
    "sportradar",
    "igdb",
    "musixmatch",
    "deezer",
    "wistia",
    "cloudconvert",
    "pdfshift",
    "browserless",
    "zenrows",
    "serpapi",
    "moz",
    "ahrefs",
    "lusha",
    "snov",
    "aircall",
    "ringover",
    "gorgias",
]
_KINDS: Final = [
    "api_key",
    "api_token",
    "access_token",
    "secret",
    "secret_key",
    "client_secret",
    "auth_token",
    "token",
    "private_key",
    "access_key",
    "webhook_secret",
    "signing_key",
    "oauth_token",
    "api_secret",
    "app_secret",
    "service_key",
    "license_key",
]
_FORMS: Final = (
    '{n} = "{v}"', "{n} = '{v}'", "export {n}={v}", '{{"{n}": "{v}", "x": 1}}',
    '"{{\\"{n}\\":\\"{v}\\"}}"', "{n}: {v}",
    '  {n}: "{v}"', '"{n}" => "{v}"', '{n} := "{v}"', "tool --{n} {v} run", "tool --{n}={v}",
    "GET https://api.example/v1/a?page=2&{n}={v}&b=1 200", "X-{n}: {v}", "<{n}>{v}</{n}>",
    '<add key="{n}" value="{v}" />', "invalid {n}: {v}", "{n} ({v}) rejected", 'setProperty("{n}", "{v}")',
    'client({n}="{v}")', '$env:{n} = "{v}"', "ENV {n} {v}", "- name: {n}\n  value: {v}",
    "os.environ['{n}'] = '{v}'", "const {n} = `{v}`;", 'private static final String {n} = "{v}";',
    "'first line\\n{n}={v}'", "\x1b[31m{n}={v}\x1b[0m",
)  # fmt: skip


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


_SPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    str.upper,
    lambda name: name.replace("_", "-"),
    lambda name: name.replace("_", "."),
    _camel,
    lambda name: _camel(name)[0].upper() + _camel(name)[1:],
)


def secrets() -> Iterator[Sample]:
    """Yield assignments of random values to names made of a vendor and a kind of key."""
    dice = random.Random(SEED)
    for form in _FORMS:
        for make in _VALUES.values():
            for _ in range(_EACH):
                name = dice.choice(_SPELLINGS)(f"{dice.choice(_VENDORS)}_{dice.choice(_KINDS)}")
                value = make(dice)
                text = form.format(n=name, v=value)
                start = text.index(value)
                yield Sample("unlisted vendors", form, text, ((start, start + len(value)),), True)


def harmless() -> Iterator[Sample]:
    """Yield lines of logs, lock files, manifests and traces that hold nothing anybody must hide."""
    dice = random.Random(SEED)
    for name, make in _LINES.items():
        for _ in range(_EACH * 10):
            yield Sample("benign", name, make(dice), (), False)


def _run(alphabet: str, length: int) -> Callable[[random.Random], str]:
    return lambda dice: "".join(dice.choices(alphabet, k=length))


def filled(template: str) -> Callable[[random.Random], str]:
    """Return what fills `{w}` with a word, `{d}` with a number, `{x8}`, `{a8}` and `{l8}` with characters."""
    parts = string.Formatter().parse(template)
    pieces = [(text, field or "") for text, field, _, _ in parts]
    return lambda dice: "".join(text + _piece(field, dice) for text, field in pieces)


def _piece(field: str, dice: random.Random) -> str:
    if field[1:].isdigit():
        return _run({"x": _HEX, "a": _MIXED, "l": _LOWER}[field[0]], int(field[1:]))(dice)
    if field == "uuid":
        return "-".join(_run(_HEX, length)(dice) for length in (8, 4, 4, 4, 12))
    if field == "d":
        return str(dice.randint(1, 99_999))
    return dice.choice(_WORDS) if field else ""


_WORDS: Final = [
    "user",
    "order",
    "cart",
    "item",
    "product",
    "search",
    "index",
    "queue",
    "worker",
    "job",
    "task",
    "build",
    "deploy",
    "release",
    "service",
    "gateway",
    "proxy",
    "cache",
    "store",
    "event",
    "metric",
    "alert",
    "report",
    "export",
    "import",
    "upload",
    "image",
    "video",
    "file",
    "folder",
    "bucket",
    "column",
    "row",
    "schema",
    "migration",
    "model",
    "view",
    "router",
    "header",
    "login",
    "team",
    "project",
    "role",
    "policy",
    "rule",
    "filter",
    "sort",
    "page",
    "limit",
    "offset",
    "cursor",
]
_VALUES: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "hex 32": _run(_HEX, 32),
    "hex 40": _run(_HEX, 40),
    "small 20": _run(_LOWER, 20),
    "small 32": _run(_LOWER, 32),
    "mixed 22": _run(_MIXED, 22),
    "mixed 40": _run(_MIXED, 40),
    "prefixed": lambda dice: "zq_" + _run(_LOWER, 24)(dice),
}
_LINES: Final[Mapping[str, Callable[[random.Random], str]]] = {
    name: filled(template)
    for name, template in {
        "id": "{w}_id={uuid} took {d} ms",
        "trace": "traceparent: 00-{x32}-{x16}-01",
        "x-ray": "X-Amzn-Trace-Id: Root=1-{x8}-{x24};Sampled=1",
        "etag": 'ETag: W/"{x32}"',
        "commit": "commit {x40} into {w}/{w}",
        "digest": "{w}/{w}@sha256:{x64}",
        "integrity": '"integrity": "sha512-{a86}=="',
        "go sum": "github.com/{w}/{w} v1.{d}.0 h1:{a43}=",
        "script": '<script src="/static/{w}.{x8}.js" integrity="sha384-{a64}"></script>',
        "instance": "i-{x17} vpc-{x17} subnet-{x8}",
        "arn": "arn:aws:lambda:eu-west-1:123456789012:function:{w}-{uuid}",
        "s3": "s3://{w}-{w}/{x2}/{x32}.jpg",
        "cache": "cache miss key={w}:{w}:{d}:{x40}",
        "cloudfront": "x-amz-cf-id: {a10}-{a20}_{a22}==",
        "stripe": "customer cus_{a14} intent pi_{a24}",
        "dsn": "dsn=https://{x32}@o{d}.ingest.sentry.io/{d}",
        "object id": '{{"_id": "{x24}", "{w}_id": "{x24}"}}',
        "stack": 'File "/app/{w}/{w}.py", line {d}, in {w}_{w}',
        "minified": '!function(e,t){{var n=t({d});e.exports={{{w}:"{w}",key:"{w}"}}}}({d});',
        "boundary": "Content-Type: multipart/form-data; boundary=----WebKitFormBoundary{a16}",
        "reference": "env:\n- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: {w}-secret",
        "secret arn": "[id=arn:aws:secretsmanager:eu-west-1:123456789012:secret:{w}-{a6}]",
        "tokens": "max_tokens={d} token_type=Bearer expires_in=3600 total_tokens: {d}",
        "settings": "{w}_token_count={d} password_changed_at=2026-01-02 api_key_id={d}",
        "code": '{w}_token = request.headers.get("X-{w}-Token")',
        "more code": 'const {w}Key = process.env.{w}_KEY || config.get("{w}.key")',
        "names": '{w}Key: "{w}-{d}-{w}", experimentKey={x24}',
        "drawing": "M{d}.83 2.12 3.51.98.32 2.03.5 3.11.5z {w}",
        "certificate": "-----BEGIN CERTIFICATE-----\n{a64}\n{a64}\n-----END CERTIFICATE-----",
        "public key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{a43} {w}",
        "windows": "C:\\Program Files\\{w}\\new_{w}\\{w}.dll",
        "colours": "\x1b[32m✓\x1b[0m {w} {w} \x1b[90m({d} ms)\x1b[0m",
    }.items()
}
