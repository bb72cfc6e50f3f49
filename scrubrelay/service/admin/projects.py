"""Which project a request is about."""

from typing import Annotated, Final

from pydantic import Field

from scrubrelay.core.errors import BadRequest, NotFound
from scrubrelay.core.project import BIGGEST_ID, Project, Projects

ProjectNumber = Annotated[int, Field(ge=1, le=BIGGEST_ID, description="The number in the DSN that apps use.")]
_NOBODY: Final = "0" * 32


def chosen(projects: Projects, number: int | None) -> Project:
    """Return the project of a number; without one the only project, if there is just one.

    Raises:
        NotFound: There is none with this number.
        BadRequest: There are several.
    """
    if projects.passing is not None:
        return projects.passing.project(_NOBODY, number or projects.passing.only_project or 1)
    numbers = sorted({one.id for one in projects.listed})
    if number is None and len(numbers) > 1:
        raise BadRequest("project: expected a number", f"there are {numbers}")
    wanted = numbers[0] if number is None and numbers else number
    for one in projects.listed:
        if one.id == wanted:
            return one
    raise NotFound(f"there is no project {number}", f"there are {numbers}")
