"""`scrubrelay check`."""

import os
import sys
from typing import Final

from scrubrelay.cli.console import ConfigOption, complain
from scrubrelay.config.build import build, examples_of
from scrubrelay.config.effective import effective
from scrubrelay.config.load import read

EXAMPLE: Final = "Example: scrubrelay check --config scrubrelay.toml"


def command(config: ConfigOption = None) -> int:
    """Say everything that is wrong with the configuration and its pattern files, or show what holds.

    Prints the effective settings, with secrets masked and where each came from.
    Exit code 0: all is well. 1: something is wrong; every mistake is a line on standard error.
    """
    loaded = read(config, os.environ)
    build(loaded.settings)
    problems = examples_of(loaded.settings)
    complain(*problems)
    if not problems:
        sys.stdout.write(effective(loaded))
    return 1 if problems else 0
