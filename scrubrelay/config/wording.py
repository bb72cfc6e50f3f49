"""What pydantic's kinds of mistakes are called: its own words are for programmers."""

from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

EXPECTED: Final[Mapping[str, str]] = {
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a smaller number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "string_type": "expected text",
    "string_too_short": "expected {min_length} characters or more",
    "string_too_long": "expected {max_length} characters or fewer",
    "too_short": "expected {min_length} characters or more",
    "too_long": "expected {max_length} or fewer",
    "string_pattern_mismatch": "expected what matches {pattern}",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "model_attributes_type": "expected a table",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than_equal": "expected {le} or less",
    "literal_error": "expected {expected}",
    "enum": "expected {expected}",
    "missing": "is missing",
    "expected": "expected {what}",
    "expected_secret": "expected {what}",
}


def wording(error: ErrorDetails) -> str:
    """Return what is wrong, without the value that is."""
    if error["type"] not in EXPECTED:
        return error["msg"]
    return EXPECTED[error["type"]].format(**error.get("ctx", {})).replace("'", '"')
