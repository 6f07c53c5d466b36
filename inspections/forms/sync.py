"""What a phone sends, read into typed changes (docs/sync.md). Wrong types are the program's fault: BadRequest (400)."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from inspections.arrival import FACTS
from inspections.services.sync import Change, Sender
from registry import text as folding
from registry.errors import DomainError

TEXT = 2000
TEXTS = {
    "place": 300, "recusal_reason": 200, "overall": TEXT, "consultation": TEXT, "recorder": 100,
    "other_body": 100, "other_body_number": 60, "found_at": 300, "said": TEXT, "met_name": 50, "met_post": 50,
    "onlooker_name": 50, "onlooker_unit": 100, "no_onlooker": 200,
}  # fmt: skip
TICKS = {"certificates_shown", "informed", "written_only"}
MOMENTS = {"visit_from", "visit_to"}
HEAD_FIELDS = {"visit_from", "visit_to", "place", "methods", "certificates_shown", "informed", "recusal_requested",
               "recusal_reason", "overall", "consultation", "recorder"}  # fmt: skip
SECTION_FIELDS = {"present", "written_only", "other_body", "other_body_number", "other_body_day", "conclusion",
                  "arrival", *FACTS}  # fmt: skip
SIGNING = {"signature": 20, "signatory_name": 50, "signatory_role": 16, "signatory_post": 50, "opinion_text": TEXT,
           "refusal_reason": TEXT, "witness_name": 50, "witness_unit": 100, "no_witness_reason": 200}  # fmt: skip
NAMES = {"signatory_name", "witness_name", "met_name", "onlooker_name"}
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
MAX_ID = 1 << 62


class BadRequest(Exception):
    """Not what docs/sync.md says; the message names the field."""


class OtherUser(Exception):
    """The change was made by somebody else than who is signed in."""


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object of a request."""
    try:
        data = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadRequest("不是 JSON") from None
    if not isinstance(data, dict):
        raise BadRequest("不是 JSON 对象")
    return data


def read_sender(data: Mapping[str, Any], user_id: int) -> Sender:
    """Key, record and what the phone says of itself; OtherUser when it is another person's work."""
    key = data.get("key")
    if not isinstance(key, str) or not 16 <= len(key) <= 64:
        raise BadRequest("key")
    if whole(data, "user") != user_id:
        raise OtherUser
    client = {name: str(data[name])[:60] for name in ("client_time", "device") if data.get(name)}
    return Sender(key, whole(data, "record"), client)


def whole(data: Mapping[str, Any], name: str) -> int:
    """A whole number of 0 and more, also as digits (multipart)."""
    value = data.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_ID:
        raise BadRequest(name)
    return value


def read_change(data: Mapping[str, Any], user_id: int) -> Change:
    """One change for ``services.store_change``."""
    sender, target = read_sender(data, user_id), data.get("target")
    if target == "rest_ok":
        ids = data.get("ids")
        if not isinstance(ids, list) or len(ids) > 500:
            raise BadRequest("ids")
        return Change(sender, "rest_ok", value=[whole({"ids": one}, "ids") for one in ids])
    version = whole(data, "base_version")
    if target == "item":
        value, restore = read_answer(data.get("value")), flag(data, "restore")
        return Change(sender, "item", item=whole(data, "id"), value=value, version=version, restore=restore)
    known = {"head": HEAD_FIELDS, "section": SECTION_FIELDS}.get(str(target), set())
    field = data.get("field")
    if field not in known:
        raise BadRequest("field")
    value = read_value(str(field), data.get("value"))
    has_base = "base_value" in data
    base = read_value(str(field), data["base_value"]) if has_base else None
    return Change(
        sender, str(target), field=str(field), value=value, version=version, base=base, has_base=has_base
    )  # fmt: skip


def read_answer(value: Any) -> dict[str, Any]:
    """The value of an item."""
    if not isinstance(value, dict):
        raise BadRequest("value")
    answer, text, corrected = value.get("answer"), value.get("text", ""), value.get("corrected", False)
    if not isinstance(answer, str) or not isinstance(text, str) or not isinstance(corrected, bool):
        raise BadRequest("value")
    return {"answer": answer[:16], "text": clean_text(text, TEXT), "corrected": corrected}


def clean_text(text: str, limit: int, *, named: bool = False) -> str:
    """Text, or somebody's name, as it is stored (`registry.text`): what cannot be, and what is too long, is refused in
    words. A control character is left out: a phone has no way to show where it stands."""
    text = CONTROLS.sub("", text)
    try:
        text = folding.name(text) if named else folding.stored(text, lines=True)
    except folding.TextError as error:
        raise DomainError(f"{error}。") from None
    if len(text) > limit:
        raise DomainError(folding.too_long(len(text), limit))
    return text


def read_value(field: str, value: Any) -> Any:
    """The value of one field of head or section, in the type the services take."""
    if field in TICKS:
        return _of_type(field, value, bool)
    if field == "recusal_requested":
        return None if value is None else _of_type(field, value, bool)
    if field == "arrival":
        return _arrival(_of_type(field, value, dict))
    if field == "attempts":
        return [_attempt(_of_type(field, one, dict)) for one in _of_type(field, value, list)[:50]]
    if field in TEXTS:
        return clean_text(_of_type(field, value, str), TEXTS[field], named=field in NAMES)
    if field in MOMENTS:
        return _moment(field, value)
    if field == "other_body_day":
        return _day(field, value)
    if field == "methods":
        return [_of_type(field, one, str)[:20] for one in _of_type(field, value, list)[:20]]
    if field == "present":
        return [whole({field: one}, field) for one in _of_type(field, value, list)[:50]]
    return _conclusion(_of_type(field, value, dict))


def flag(data: Mapping[str, Any], name: str) -> bool:
    """True or false; left out is false."""
    return bool(_of_type(name, data.get(name, False), bool))


def _of_type(field: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise BadRequest(field)
    return value


def _arrival(value: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome and when the officers came; both empty while nothing was told."""
    outcome = _of_type("outcome", value.get("outcome"), str)[:12]
    return {"outcome": outcome, "at": _moment("at", value.get("at"))}


def _attempt(row: Mapping[str, Any]) -> dict[str, Any]:
    at, note = _moment("at", row.get("at")), clean_text(_of_type("note", row.get("note", ""), str), 100)
    how, by = _of_type("how", row.get("how"), str)[:12], whole(row, "by")
    return {"how": how, "at": at, "by": by, "note": note}


def _moment(field: str, value: Any) -> dt.datetime | None:
    if value is None:
        return None
    try:
        moment = parse_datetime(_of_type(field, value, str))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest(field)
    return moment


def _day(field: str, value: Any) -> dt.date | None:
    if value is None:
        return None
    try:
        day = parse_date(_of_type(field, value, str))
    except ValueError:
        day = None
    if day is None:
        raise BadRequest(field)
    return day


def _conclusion(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "results" in value:
        found["results"] = [_of_type("results", one, str)[:20] for one in _of_type("results", value["results"], list)]
    if "result_note" in value:
        found["result_note"] = clean_text(_of_type("result_note", value["result_note"], str), TEXT)
    if "result_confirmed" in value:
        found["result_confirmed"] = _of_type("result_confirmed", value["result_confirmed"], bool)
    if "follow_ups" in value:
        rows = _of_type("follow_ups", value["follow_ups"], list)[:20]
        found["follow_ups"] = [_follow_up(_of_type("follow_ups", row, dict)) for row in rows]
    return found


def _follow_up(row: dict[str, Any]) -> dict[str, Any]:
    limits = {"text": 500, "reference": 60, "receiving": 100}
    found = {name: clean_text(_of_type(name, row.get(name, ""), str), limit) for name, limit in limits.items()}
    measure = _of_type("measure", row.get("measure"), str)[:20]
    return found | {"measure": measure, "deadline": _day("deadline", row.get("deadline"))}


def read_signing(data: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for ``sign_record`` out of ``fields``; drawings are read by the service."""
    fields = data.get("fields")
    if not isinstance(fields, dict):
        raise BadRequest("fields")
    found: dict[str, Any] = {
        name: clean_text(_of_type(name, fields[name], str), limit, named=name in NAMES)
        for name, limit in SIGNING.items()
        if name in fields
    }
    if "signature" not in found:
        raise BadRequest("signature")
    agrees = fields.get("opinion_agrees")
    if agrees is not None and not isinstance(agrees, bool):
        raise BadRequest("opinion_agrees")
    return found | {"opinion_agrees": agrees}


def read_shown(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What stood above the pad: digests, or the own section's items and results; None when it is not told."""
    shown = data.get("shown")
    if shown is None:
        return None
    for name in ("sections", "items"):
        if not isinstance(shown, dict) or not isinstance(shown.get(name, {}), dict):
            raise BadRequest("shown")
    return dict(shown)
