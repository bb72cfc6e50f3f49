"""How commands talk to a running relay: where it is, which token they have, what to do when it fails."""

import http.client
import os
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit

import orjson
import typer

from scrubrelay.config.load import load
from scrubrelay.config.settings import Settings
from scrubrelay.config.values import Address
from scrubrelay.core.errors import ConfigError, ScrubrelayError
from scrubrelay.service.admin.tokens import left_token

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", help="The relay's admin listener, if it is not the configured one; asks --token-file."
    ),
]
TokenOption = Annotated[
    Path | None,
    typer.Option("--token-file", help="A file with the token; else the configuration's, or the relay's own."),
]
_PATIENCE: Final = 65.0
_LONGEST_WAIT: Final = 30
_NEAR: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the wildcards, and where they are asked


class Unreachable(ScrubrelayError):
    """No relay answers, or not as one."""


class Refusal(ScrubrelayError):
    """The relay answers with an error."""


@dataclass(frozen=True, slots=True)
class RelayClient:
    """Asks a relay's admin listener.

    Args:
        url: Where that is.
        token: What is shown to it.
    """

    url: str
    token: str

    def get(self, path: str, /, **query: object) -> Any:
        """Return the answer to a GET.

        Raises:
            Unreachable: Nobody answers as a relay does.
            Refusal: With what the relay says, and what to do.
        """
        given = {name: str(value) for name, value in query.items() if value is not None}
        with self._asked("GET", f"{path}?{urlencode(given)}" if given else path) as answer:
            return self._json(answer)

    def read(self, path: str) -> bytes:
        """Return the answer to a GET of what is no JSON.

        Raises:
            Unreachable: Nobody answers as a relay does.
            Refusal: With what the relay says, and what to do.
        """
        with self._asked("GET", path) as answer:
            return answer.read()

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Return the answer to a POST; values of None are left out.

        Raises:
            Unreachable: Nobody answers as a relay does.
            Refusal: With what the relay says, and what to do.
        """
        given = {name: value for name, value in (body or {}).items() if value is not None}
        with self._asked("POST", path, orjson.dumps(given)) as answer:
            return self._json(answer)

    def send(self, path: str, body: bytes | Iterable[bytes], /, **query: object) -> Any:
        """Return the answer to a POST of a body as it is; one that comes in pieces is never held whole.

        Raises:
            Unreachable: Nobody answers as a relay does.
            Refusal: With what the relay says, and what to do.
        """
        given = {name: str(value) for name, value in query.items() if value is not None}
        with self._asked("POST", f"{path}?{urlencode(given)}" if given else path, body) as answer:
            return self._json(answer)

    def lines(self, path: str, /, **query: object) -> Iterator[Any]:
        """Yield the documents of a stream while they come.

        Raises:
            Unreachable: The relay stopped, or nobody answers.
            Refusal: As `get`.
        """
        given = {name: str(value) for name, value in query.items() if value is not None}
        with self._asked("GET", f"{path}?{urlencode(given)}" if given else path) as answer:
            try:
                for line in answer:
                    if line.strip():
                        yield orjson.loads(line)
            except (OSError, http.client.HTTPException) as error:
                raise self._gone(error) from error

    @contextmanager
    def _asked(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection()
        try:
            try:
                answer = self._answer(connection, method, path, body)
            except (OSError, http.client.HTTPException) as error:
                raise self._gone(error) from error
            if answer.status != http.client.OK:
                raise self._refusal(answer)
            yield answer
        finally:
            connection.close()

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None,
    ) -> http.client.HTTPResponse:
        """Ask; once more if the relay says that wrong tokens came from here, and how long to wait."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        path = urlsplit(self.url).path.rstrip("/") + path
        try:
            connection.request(method, path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            if body is None or isinstance(body, bytes):
                raise  # of a body in pieces, the relay has answered before it had all
        answer = connection.getresponse()
        wait = answer.headers.get("Retry-After", "")
        again = body is None or isinstance(body, bytes)
        if (
            again
            and answer.status == http.client.TOO_MANY_REQUESTS
            and wait.isdecimal()
            and int(wait) <= _LONGEST_WAIT
        ):
            answer.read()
            time.sleep(int(wait))
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=_PATIENCE, context=context
            )
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)

    def _json(self, answer: http.client.HTTPResponse) -> Any:
        try:
            return orjson.loads(answer.read())
        except (orjson.JSONDecodeError, OSError, http.client.HTTPException) as error:
            raise Unreachable(
                f"what answers at {self.url} is no relay's admin listener", "is it the right port?"
            ) from error

    def _gone(self, error: Exception) -> Unreachable:
        if isinstance(error, ConnectionRefusedError):
            return Unreachable(
                f"no relay answers at {self.url}",
                "start it with `scrubrelay serve`, or say with --config or --url which one is meant",
            )
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Unreachable(f"no answer from {self.url}", why)

    def _refusal(self, answer: http.client.HTTPResponse) -> ScrubrelayError:
        try:
            told = orjson.loads(answer.read())
            detail, causes = str(told["detail"]), [str(one) for one in told.get("causes", [])]
        except (
            orjson.JSONDecodeError,
            OSError,
            http.client.HTTPException,
            KeyError,
            TypeError,
            AttributeError,
        ):
            return Unreachable(f"what answers at {self.url} is no relay's admin listener: {answer.status}")
        elsewhere = answer.status == http.client.NOT_FOUND and detail != "not found"
        return Refusal(detail, *causes, *(() if elsewhere else _ADVICE.get(answer.status, ())))


_STILL: Final = "a relay that runs holds on to what it had: --url with --token-file asks it all the same"
_ADVICE: Final[Mapping[int, tuple[str, ...]]] = {
    401: ("is it the configuration that the relay runs with? --token-file names another token",),
    404: ("is that the admin listener, [admin] listen? or another version of scrubrelay runs there",),
}
"""What to do about a refusal, by its status."""


def client(config: Path | None, url: str | None, token_file: Path | None) -> RelayClient:
    """Return a client for the relay of a configuration, or for the one at a URL.

    Raises:
        ConfigError: The configuration is wrong.
        Refusal: There is no token for it.
        OSError: The token's file cannot be read.
    """
    if url is not None:
        return RelayClient(_checked(url), _token_for(url, token_file))
    try:
        settings = load(config, os.environ)
    except ConfigError as error:
        raise ConfigError([*error.problems, _STILL]) from error
    listen = settings.admin.listen
    near = Address(_NEAR.get(listen.host, listen.host), listen.port)
    token = _read(token_file) if token_file else _known_token(settings)
    return RelayClient(f"http://{near}", token)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise typer.BadParameter('expected a URL such as "http://127.0.0.1:3001" behind --url')
    return url.rstrip("/")


def _token_for(url: str, token_file: Path | None) -> str:
    """The configuration's token is not shown to whoever is at a URL."""
    if token_file is None:
        raise typer.BadParameter(
            f"--url {url} needs --token-file: tokens of the configuration are not sent there"
        )
    return _read(token_file)


def _read(path: Path) -> str:
    token = path.read_text("utf-8").strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise Refusal(f"{path}: there is no token in it")
    return token


def _known_token(settings: Settings) -> str:
    """Return the configuration's strongest token, or the one that the relay has left in its data folder."""
    known = sorted(settings.admin.every_token, key=lambda token: token.scope != "write")
    if known:
        return known[0].token.get_secret_value()
    folder = settings.store.data_dir
    own = left_token(folder)
    if own is None:
        raise Refusal(
            f"no relay has left a token in {folder}",
            "start it with `scrubrelay serve`, from the same folder or with the same --config",
        )
    return own
