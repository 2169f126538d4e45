"""A mistake that pydantic found, in words for people: what is wrong with the key, and what to write."""

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from incidentui.config.schema import near
from incidentui.config.tables import LATER_KEYS

Path = tuple[str | int, ...]
_WORDS = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "string_too_short": "must not be empty",
}


def told(model: type[BaseModel], loc: Path, detail: ErrorDetails) -> tuple[str, str]:
    """(what is wrong, what to do) at `loc` of a table."""
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "wrong":
            return str(context["text"]), str(context["hint"])
        case "extra_forbidden":
            return _unknown(model, loc)
        case "missing":
            return "is missing", ""
        case "literal_error":
            expected = str(context.get("expected", ""))
            words = [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]
            return f"must be {expected}, not {detail['input']!r:.60}", near(str(detail["input"]), words)
        case _:
            return _WORDS.get(kind, detail["msg"][:1].lower() + detail["msg"][1:]), ""


def _unknown(model: type[BaseModel], loc: Path) -> tuple[str, str]:
    key = str(loc[-1])
    if key in LATER_KEYS:
        return f"{LATER_KEYS[key]} cannot be checked yet", "take it out"
    known = _keys_of(model, loc[:-1])
    return "unknown key", near(key, known) or "known: " + ", ".join(known)


def _keys_of(model: type[BaseModel], path: Path) -> list[str]:
    """The keys of the table at `path` within `model`."""
    for part in path:
        field = model.model_fields.get(str(part))
        annotation = field.annotation if field else None
        args = (annotation, *getattr(annotation, "__args__", ()))
        model = next((a for a in args if isinstance(a, type) and issubclass(a, BaseModel)), model)
    return [field.alias or name for name, field in model.model_fields.items()]
