"""What a stack frame says of the issue it belongs to: module or file, function, and the line of source."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import regex

from scrubrelay.core.policy.grouping import native

Cut = Callable[[str, str], str]
"""What redaction makes of a text that stands under a dotted path."""
Values = list[tuple[str, str]]
"""What counts, each with the name of what it is."""

MOST_FRAMES: Final = 250
"""Sentry keeps no more of a stack trace: the newest."""
_LONGEST: Final = 4096
_LONGEST_PACKAGE: Final = 512
_NATIVE: Final = frozenset({"objc", "cocoa", "swift", "native", "c"})
_JAVASCRIPT: Final = frozenset({"javascript", "node"})
_WITH_SOURCE: Final = frozenset({"javascript", "node", "python", "php", "ruby"})
"""Where the line of source is good to tell frames apart."""
_LONGEST_LINE: Final = 120
_URLS: Final = ("http:", "https:", "applewebdata:", "blob:")
_PAGES: Final = ("http://", "https://", "file://", "applewebdata://", "blob:")
_SERVED: Final = ("http:", "https:", "app:")
_NO_FILE: Final = frozenset({"<anonymous>", "[native code]"})
_NO_NAME: Final = frozenset({"?", "<anonymous function>", "<anonymous>", "Anonymous function"})
_NO_PLACE: Final = frozenset({"[native code]", "native code", "eval code", "<anonymous>"})
_UNKNOWN: Final = frozenset({"<redacted>", "<unknown>"})
_SEPARATOR: Final = regex.compile(r"[/\\]")
_QUERY: Final = regex.compile(r"\?[^#]*")
_ERB: Final = regex.compile(r"__\d{4,}_\d{4,}\Z")
_ACCESSORS: Final = ("sun.reflect.GeneratedMethodAccessor", "jdk.internal.reflect.GeneratedMethodAccessor")
# What the JVM and its libraries make up at run time ends with a number of no meaning.
_JAVASSIST: Final = regex.compile(r"(\$\$_javassist)(?:_seam)?(?:_[0-9]+)?")
_GENERATED: Final = (
    regex.compile(r"(sun\.reflect\.Generated(?:Serialization)?ConstructorAccessor)\d+"),
    regex.compile(r"(\$\$\w+?CGLIB\$\$)[a-fA-F0-9]+(?:_[0-9]+)?"),
    _JAVASSIST,
    regex.compile(r"(\$fn__)\d+"),
    regex.compile(r"(\$\$?(?:EnhancerBy|FastClassBy)\w+?\$?\$)[a-fA-F0-9]+(?:_[0-9]+)?"),
    regex.compile(r"(\$\$?HibernateProxy\$?\$)\w+"),
)
_OBFUSCATED: Final = regex.compile(r"(?:^|\.)[a-zA-Z]{1,2}[0-9]?\Z")
_BUILT: Final = regex.compile(r"\.min\.js|[.\-_~][0-9a-f]{8,}(?:\.chunk|\.bundle)?\.m?js")


def text(value: Any, most: int = _LONGEST) -> str:
    """Return the beginning of a string; nothing for what is none."""
    return value[:most] if isinstance(value, str) else ""


class Frame:
    """One frame, as Sentry reads it once it is stored.

    Args:
        raw: As the SDK wrote it.
        platform: The event's; a frame may have its own.
    """

    __slots__ = (
        "_file", "_given", "_line", "counts", "family", "function", "in_app", "module", "package", "path",
        "platform", "raw_function", "sourcemap",
    )  # fmt: skip

    def __init__(self, raw: Mapping[str, Any], platform: str) -> None:
        get = raw.get
        self.platform = platform = text(get("platform")) or platform
        self.family = (
            "native" if platform in _NATIVE else "javascript" if platform in _JAVASCRIPT else "other"
        )
        self.module = text(get("module"))
        self.package = text(get("package"), _LONGEST_PACKAGE)
        self.raw_function = text(get("raw_function"))
        self._line = text(get("context_line"))
        given, self._file = text(get("abs_path")), text(get("filename"))
        self.path = given or self._file
        if not given:  # what stands there is a path or URL then, and the file is looked for in it
            self._file = ""
        self.in_app = get("in_app") is True
        self.counts = True
        data = get("data")
        self.sourcemap = isinstance(data, dict) and data.get("sourcemap") is not None
        self._given = "" if (name := text(get("function"))) == "?" else name  # as SDKs of browsers say none
        self.function = self._trimmed(self._given)

    @property
    def file(self) -> str:
        """Its file, as the SDK named it or as it stands in the path or URL."""
        return self._file or _file_of(self.path)

    @property
    def is_page(self) -> bool:
        """Whether it is of a script in a page."""
        return self.path.startswith(_PAGES)

    @property
    def is_built(self) -> bool:
        """Whether its names are those of one build: minified, obfuscated, or stripped of symbols.

        The server may have the map to them; here the next build has other names.
        """
        if self.family == "native":
            return self.in_app and (not self.function or self.function in _UNKNOWN)
        if self.platform == "java":
            return self.in_app and len(self.function) < 3 and _OBFUSCATED.search(self.module) is not None
        if self.family != "javascript" or self.sourcemap or not self.path.startswith(_SERVED):
            return False
        return (
            len(self._line) > _LONGEST_LINE or "{snip}" in self._line or _BUILT.search(self.path) is not None
        )

    def values(self, cut: Cut | None, place: str) -> Values:
        """Return what counts; nothing if the frame says nothing.

        Args:
            cut: What redaction makes of a text.
            place: The dotted path of such a frame.
        """
        if cut is not None:
            self._cut(cut, place)
        if self.family == "javascript" and (self._last_name() == "eval" or self.path in _NO_PLACE):
            return []
        values: Values = []
        if module := self._module():
            values.append(("module", module))
        elif file := self._filename(cut, place):
            values.append(("filename", file))
        line = self._source()
        if name := self._function(has_line=bool(line)):
            values.append(("function", name))
        if line:
            values.append(("context line", line))
        return values

    def likeness(self, cut: Cut | None, place: str) -> tuple[object, ...]:
        """Return what it is told apart by from frames of other exceptions in the same event."""
        if cut is not None:
            self._cut(cut, place)
        name = self.function or self.raw_function
        return self.module, self._file, name, " ".join(self._line.split()), self.in_app, self.counts

    def _cut(self, cut: Cut, place: str) -> None:
        if self.module:
            self.module = cut(self.module, f"{place}.module")
        if self._given:
            self.function = self._trimmed(cut(self._given, f"{place}.function"))
        if self.raw_function:
            self.raw_function = cut(self.raw_function, f"{place}.raw_function")
        if self._line and self.platform in _WITH_SOURCE:
            self._line = cut(self._line, f"{place}.context_line")

    def _trimmed(self, function: str) -> str:
        if self.family != "native" or self.raw_function or not function:
            return function
        return native.function_name(function, self.platform)

    def _module(self) -> str:
        module = self.module
        if not module:
            return ""
        if self.platform == "javascript":
            return "" if "/" in module and self.path.endswith(module) else module
        if self.platform != "java":
            return module
        if "$$Lambda$" in module:
            return ""
        for accessor in _ACCESSORS:
            if module.startswith(accessor):
                return accessor
        if "$" in module or "Generated" in module:
            for generated in _GENERATED:
                module = generated.sub(r"\1<auto>", module)
        return module

    def _filename(self, cut: Cut | None, place: str) -> str:
        if self.path.startswith(_URLS):
            return ""
        file, given = self.file, "filename" if self._file else "abs_path"
        if cut is not None and file:
            file = cut(file, f"{place}.{given}")
        if self.platform == "javascript" and "?" in file:
            file = _QUERY.sub("", file)
        name = _SEPARATOR.split(file)[-1].lower()
        if name in _NO_FILE:
            return ""
        return _JAVASSIST.sub(r"\1<auto>", name) if self.platform == "java" else name

    def _function(self, *, has_line: bool) -> str:
        """Return the name as far as it is one: what a compiler or a template engine made up is not."""
        name = self.function or self.raw_function
        if self.platform == "csharp":
            name = self.raw_function or name
        if not name:
            return ""
        if self.family == "javascript":
            return self._of_script(name, has_line=has_line)
        if self.family == "native":
            return "" if name in _UNKNOWN else name
        return _OF_PLATFORM.get(self.platform, str)(name)

    def _of_script(self, name: str, *, has_line: bool) -> str:
        last = self._last_name()
        if not last or last in _NO_NAME or last.endswith("/<") or (self.sourcemap and has_line):
            return ""
        return name.rsplit(".", 1)[-1]

    def _last_name(self) -> str:
        return (self.raw_function or self.function).rsplit(".", 1)[-1]

    def _source(self) -> str:
        if not self._line or self.platform not in _WITH_SOURCE or len(self._line) > _LONGEST_LINE:
            return ""
        if self.family == "javascript" and not self.function and self.path.startswith((*_URLS, "file:")):
            return ""
        return " ".join(self._line.split())


def _file_of(path: str) -> str:
    """Return the file of a path; of a URL what comes after the host, if anything does."""
    if not path.startswith(_PAGES) or "://" not in path:
        return path
    _, _, rest = path.partition("://")
    _, slash, rest = rest.partition("/")
    return f"/{rest.partition('?')[0].partition('#')[0]}" if slash else path


def _ruby(name: str) -> str:
    return "block" if name.startswith("block ") else _ERB.sub("", name)


def _php(name: str) -> str:
    if name.startswith("class@anonymous") and "::" in name:
        return name.rsplit("::", 1)[-1]
    return "" if name.startswith(("[Anonymous", "class@anonymous\0")) else name


def _java(name: str) -> str:
    return "" if name.startswith("lambda$") else name


_OF_PLATFORM: Final[Mapping[str, Callable[[str], str]]] = {"ruby": _ruby, "php": _php, "java": _java}
