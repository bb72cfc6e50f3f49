"""A reload of all workers over HTTP."""

from pydantic import BaseModel, Field

from scrubrelay.service.admin.route import Call, Model


class Nothing(Model):
    """A body that says nothing."""


class WorkerReload(BaseModel):
    """What came of it in one worker."""

    worker: int = Field(description="Its number.")
    generation: int = Field(description="How often it has loaded its configuration.")
    problems: list[str] = Field(description="Why it keeps the old one; empty if the new one holds.")


class ReloadAnswer(BaseModel):
    """What came of a reload."""

    taken: bool = Field(description="Whether the new configuration holds in every worker.")
    problems: list[str] = Field(description="Everything that is wrong with the files.")
    workers: list[WorkerReload] = Field(description="Each worker that answered.")
    silent: list[int] = Field(description="Workers that did not answer: they are starting, or hang.")


async def reload(call: Call) -> ReloadAnswer:
    """Have every worker read its configuration again, and answer when all have."""
    await call.json(Nothing)
    peers = call.services.peers
    workers = [WorkerReload.model_validate(one) for one in await peers.reload()]
    problems = list(dict.fromkeys(problem for one in workers for problem in one.problems))
    silent = sorted(set(range(peers.slots)) - {one.worker for one in workers})
    await call.record("reload", taken=not problems and not silent)
    return ReloadAnswer(taken=not problems and not silent, problems=problems, workers=workers, silent=silent)
