"""`scrubrelay completion`."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from scrubrelay.cli.console import say

EXAMPLE: Final = 'Example: eval "$(scrubrelay completion bash)"'


class Shell(StrEnum):
    """What there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# The shell puts what was typed into the environment and runs the program, which prints what could follow.
_SCRIPTS: Final = {
    Shell.BASH: r"""_scrubrelay() {
  local IFS=$'\n'
  COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
    _SCRUBRELAY_COMPLETE=complete_bash "$1" ) )
}
complete -o default -F _scrubrelay scrubrelay""",
    Shell.ZSH: r"""#compdef scrubrelay
_scrubrelay() {
  eval "$(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _SCRUBRELAY_COMPLETE=complete_zsh scrubrelay)"
}
compdef _scrubrelay scrubrelay""",
    Shell.FISH: "complete --command scrubrelay --arguments '(env _SCRUBRELAY_COMPLETE=complete_fish "
    "_TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS=(commandline -cp) scrubrelay)'",
}


def command(
    shell: Annotated[Shell, typer.Argument(help="The shell.")],
) -> int:
    """Print the script that lets a shell complete commands and options.

    bash and zsh: put the example's line into ~/.bashrc or ~/.zshrc. fish: put `scrubrelay completion fish
    | source` into config.fish.
    """
    say(_SCRIPTS[shell])
    return 0
