"""What a store keeps of the emergency stop: it survives restarts, and all workers read it."""

from typing import Protocol

from scrubrelay.core.policy.capture import Capture, Switch


class SwitchStore(Protocol):
    """The part of a store that is about the emergency stop; raises `StoreUnavailable` as its others do."""

    async def capture(self) -> Capture:
        """Return what is switched off."""

    async def turn_off(self, switch: Switch) -> None:
        """Switch a project or everything off, in place of what its switch said before."""

    async def turn_on(self, project_id: int | None) -> bool:
        """Take one switch away; return whether it was off. With None those of single projects stay."""
