"""`scrubrelay reload`."""

from typing import Final

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, complain, say, say_json

EXAMPLE: Final = "Example: scrubrelay reload && echo done"


def command(
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Have the running relay read its configuration, secrets and pattern files again, in all workers.

    Exit code 0 if the new configuration holds everywhere, 1 if anything is wrong: then the old one stays.
    """
    answer = client(config, url, token_file).post("/api/reload")
    if as_json:
        say_json(answer)
    elif answer["taken"]:
        say(f"reloaded: generation {max(one['generation'] for one in answer['workers'])}")
    complain(*answer["problems"])
    if answer["problems"]:
        complain("the old configuration stays; `scrubrelay check` shows what is wrong without a relay")
    complain(*(f"worker {one} does not answer: it is starting, or hangs" for one in answer["silent"]))
    return 0 if answer["taken"] else 1
