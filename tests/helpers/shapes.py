"""Short ways to write the frames and errors of which what SDKs send is made."""

from collections.abc import Sequence
from typing import Any

from tests.helpers.issues import Event, event, failure, frame

Texts = Sequence[Sequence[str]]


def own(function: str, **more: Any) -> Event:
    return frame(function, in_app=True, **more)


def of(platform: str, *frames: Event, **more: Any) -> Event:
    return event(platform, failure("E", "v", *frames), **more)


def script(function: str, url: str, **more: Any) -> Event:
    return own(function, abs_path=url, **more)


PAGE = "https://shop.example/static/app.js"
