"""Turn what a JSON schema finds wrong with a config into one clear sentence."""

from __future__ import annotations

import difflib

from jsonschema.exceptions import ValidationError

MEANING = "<meaning>"  # stands for what the schema says about a key
TYPE_NAMES = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "object": "a group of keys",
    "array": "a list",
    "boolean": "true or false",
    "null": "null",
}


def describe_error(error: ValidationError, schema: dict) -> str:
    """Say which key is wrong, what was found, what was expected, and the way out.

    Parameters
    ----------
    error : first or only thing that is wrong
    schema : the whole schema, which describes the keys
    """
    describe = DESCRIPTIONS.get(error.validator, describe_other)
    text = describe(error, key_path(error) or "the config")
    return text.replace(MEANING, meaning(error, schema))


def key_path(error: ValidationError) -> str:
    """Path of a key as one reads it, such as ``organelles.mi.threshold``."""
    return ".".join(str(part) for part in error.absolute_path)


def nearest(word: str, known: list[str]) -> str:
    """Give a hint at the known word nearest to a misspelt one, or list them all.

    >>> nearest("treshold", ["threshold", "opening_nm"])
    'did you mean threshold?'
    """
    close = difflib.get_close_matches(word, known, 1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(known)}."


def meaning(error: ValidationError, schema: dict) -> str:
    """Give what the schema says about the wrong key, in brackets.

    A key's own description counts, not that of the definition that it refers to.
    """
    node, text = schema, ""
    for key in error.absolute_schema_path:
        node = node[key]
        if isinstance(node, dict):
            text = node.get("description", text)
            if "$ref" in node:
                node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return f" ({text[:1].lower()}{text[1:].rstrip('.')})" if text else ""


def shown(value) -> str:
    """Write a found value so that text and numbers can be told apart."""
    if isinstance(value, dict):
        return "a group of keys (" + ", ".join(str(key) for key in value) + ")"
    return f"the text {value!r}" if isinstance(value, str) else f"{value!r}"


def describe_extra(error: ValidationError, where: str) -> str:
    """Tell of a key that the schema does not know."""
    known = list(error.schema.get("properties", {}))
    extra = next(key for key in error.instance if key not in known)
    inside = f"{where}.{extra}" if error.absolute_path else str(extra)
    hint = nearest(str(extra), known)
    if where == "volumes":
        hint += " Another organelle's map goes to organelles.<name>.volume."
    return f"{inside} is no known key; {hint} Correct or remove it."


def describe_missing(error: ValidationError, where: str) -> str:
    """Tell of a key that is required."""
    missing = next(key for key in error.validator_value if key not in error.instance)
    inside = f"{where}.{missing}" if error.absolute_path else missing
    text = error.schema.get("properties", {}).get(missing, {}).get("description", "")
    expected = f" It means: {text}" if text else ""
    return f"{inside} is missing, expected a value. Add it to the config.{expected}"


def describe_type(error: ValidationError, where: str) -> str:
    """Tell of a value of a wrong type."""
    types = error.validator_value
    types = [types] if isinstance(types, str) else types
    expected = " or ".join(TYPE_NAMES[kind] for kind in types)
    hint = " (YAML reads 1e-3 as text: write 0.001)" if "number" in types else ""
    return (
        f"{where} is {shown(error.instance)}, expected {expected}{MEANING}. "
        f"Correct it{hint}."
    )


def describe_limit(error: ValidationError, where: str) -> str:
    """Tell of a number out of range."""
    limit = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }[error.validator]
    return (
        f"{where} is {error.instance}, expected {limit} {error.validator_value}"
        f"{MEANING}. Correct it."
    )


def describe_pattern(error: ValidationError, where: str) -> str:
    """Tell of text that has a wrong form."""
    return (
        f"{where} holds {shown(error.instance)}, expected text that matches "
        f"{error.validator_value}{MEANING}. Rename it."
    )


def describe_choice(error: ValidationError, where: str) -> str:
    """Tell of a value that is none of those allowed."""
    known = [str(value) for value in error.validator_value]
    hint = nearest(str(error.instance), known)
    return (
        f"{where} is {shown(error.instance)}, expected one of {', '.join(known)}; "
        f"{hint} Correct it."
    )


def describe_other(error: ValidationError, where: str) -> str:
    """Tell of anything else."""
    return f"{where} is wrong: {error.message}{MEANING}. Correct it."


DESCRIPTIONS = {
    "additionalProperties": describe_extra,
    "required": describe_missing,
    "type": describe_type,
    "minimum": describe_limit,
    "maximum": describe_limit,
    "exclusiveMinimum": describe_limit,
    "exclusiveMaximum": describe_limit,
    "pattern": describe_pattern,
    "enum": describe_choice,
}
