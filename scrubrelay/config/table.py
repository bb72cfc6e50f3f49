"""What all tables of the configuration have in common."""

from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from scrubrelay.config.values import expected

T = TypeVar("T", bound="Table")


class Table(BaseModel):
    """One TOML table: frozen, and closed to names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Given(Table):
    """A table that is shown with what was written in it only, and must not be empty."""

    @model_validator(mode="after")
    def _says_something(self) -> "Given":
        if not any(getattr(self, name) not in (None, (), {}) for name in type(self).model_fields):
            raise expected(f"one of {', '.join(type(self).model_fields)}")
        return self

    @model_serializer(mode="wrap")
    def _given(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in written(self).items() if value not in (None, (), [], {})}


def over(own: T | None, common: T) -> T:
    """Return what holds for a project: its own settings over the common ones, but lists in `adds` add."""
    if own is None:
        return common
    update: dict[str, Any] = {name: getattr(own, name) for name in own.model_fields_set}
    for name in update.get("adds", ()):
        update[name] = (*getattr(common, name), *(update.get(name) or ()))
    return common.model_copy(update=update)
