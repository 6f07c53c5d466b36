"""The file a phone exports (static/js/phone/export.js), read into a parcel; anything else is refused whole."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.dateparse import parse_datetime

from inspections.enums import EvidenceKind
from inspections.forms.phone import OWED
from inspections.forms.sync import BadRequest, OtherUser, clean_text, read_change, read_sender, whole
from inspections.forms.taken import read_taken
from inspections.services.evidence import MAX_IMAGE_BYTES, clean_name
from inspections.services.handover import Parcel, person_of
from inspections.services.unsent_lines import Piece
from registry import webforms as forms
from registry.clock import SHANGHAI
from registry.errors import DomainError
from registry.models import User
from registry.operations import KEY

FORMAT = "kuancheng-unsent-1"
MAX_BYTES = 24 << 20
MAX_CHANGES = 2000
MAX_PHOTOS = 200
MAX_RECORDS = 200
NOT_OURS = "这不是手机导出的“待同步”文件，请选择“待同步-……json”，不要改动它的内容。"
SIGNED = "签字只能由在场的人本人签，不能代为接收，请重新签字或补签纸质件。"
SUBMITTED = "提交由在职的检查人员办理，不能代为接收，请现在的检查人员核对后提交。"
DELETED = "删除照片不代办，请现在的检查人员核对后自己删除。"
UNREADABLE = "手机上已读不出这张照片，文件里没有它。"


class HandoverForm(forms.Form):
    """The file, and for taking it over the reason and which conflicts are to be overwritten."""

    file = forms.FileField(
        label="手机导出的文件",
        help_text="检查人员在手机“待同步”页导出的 .json 文件，不超过 24 MB。",
        widget=forms.ClearableFileInput(attrs={"accept": "application/json,.json"}),
        error_messages={"required": "请选择手机导出的文件。", "empty": "文件是空的，请重新选择。"},
    )
    reason = forms.CharField(
        label="接收的理由", required=False, template_name=OWED, max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    parcel: Parcel
    person: User

    def clean_file(self) -> UploadedFile:
        """The file as a parcel (``self.parcel``)."""
        upload: UploadedFile = self.cleaned_data["file"]
        try:
            self.parcel = read_parcel(upload)
            self.person = person_of(self.parcel)
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message) from None
        return upload

    def clean(self) -> dict[str, Any]:
        """What is taken over is what was looked at."""
        data = super().clean() or {}
        if "accept" in self.data and not self.errors and data["digest"] != self.parcel.digest:
            self.add_error("file", "这不是刚才预览的那个文件，请先预览再接收。")
        return data


def read_parcel(upload: UploadedFile) -> Parcel:
    """A phone's file. Raises DomainError for anything that is not one, in words for the clerk."""
    if (upload.size or 0) > MAX_BYTES:
        raise DomainError("文件超过 24 MB，太大了。请检查人员分几次导出：先送出或删掉一部分照片再导出。")
    content = upload.read()
    try:
        data = json.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise DomainError(NOT_OURS) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("changes"), list):
        raise DomainError(NOT_OURS)
    rows = data["changes"]
    if not rows or len(rows) > MAX_CHANGES:
        raise DomainError("文件里没有未送达的内容。" if not rows else f"文件里超过 {MAX_CHANGES} 项，请分几次导出。")
    try:
        user = whole(data, "user")
        pieces = [_piece(row, user) for row in rows]
    except (BadRequest, OtherUser):
        raise DomainError(NOT_OURS) from None
    if len({piece.key for piece in pieces}) != len(pieces):
        raise DomainError(NOT_OURS)
    if (
        sum(piece.photo is not None for piece in pieces) > MAX_PHOTOS
        or len({one.record for one in pieces}) > MAX_RECORDS
    ):
        raise DomainError(f"文件里超过 {MAX_PHOTOS} 张照片或 {MAX_RECORDS} 份记录，请分几次导出。")
    return Parcel(user, _at(data.get("made")), hashlib.sha256(content).hexdigest(), pieces)


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    """A short text of the file, for show."""
    value = row.get(name) or ""
    if not isinstance(value, str):
        raise BadRequest(name)
    return clean_text(value[:most], most)


def _at(value: Any) -> str:
    """A moment of the phone's clock as it is shown; empty when it is none."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) and len(value) < 40 else None
        return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment and moment.tzinfo is not None else ""
    except (ValueError, OverflowError):
        return ""


def _piece(row: Any, user: int) -> Piece:
    """One change. Wrong types and another person's work refuse the file; what is too long only its change."""
    if not isinstance(row, dict) or not isinstance(row.get("body"), dict):
        raise BadRequest("body")
    body, name = row["body"], _text(row, "name", 100)
    sender = read_sender(body, user)
    if not KEY.match(sender.key) or row.get("key") != sender.key or whole(row, "record") != sender.record or not name:
        raise BadRequest("key")
    facts: dict[str, Any] = {
        "key": sender.key, "record": sender.record, "name": name, "what": _text(row, "what", 100) or "未写明的一项",
        "at": _at(row.get("at")),
    }  # fmt: skip
    if name == "submit":
        return Piece(**facts, unfit=SUBMITTED)
    if name.startswith("sign-"):
        return Piece(**facts, unfit=SIGNED)
    if name.startswith("delete-"):
        return Piece(**facts, unfit=DELETED)
    if name.startswith("photo-"):
        return _photo(row, body, facts)
    try:
        change = read_change(body, user)
    except DomainError as refusal:
        return Piece(**facts, unfit=refusal.message)
    # the thing itself, not what the file calls it, says which change overtakes which
    thing = f"item-{change.item}" if change.target == "item" else f"{change.target}-{change.field or sender.key}"
    return Piece(**facts | {"name": thing}, change=change)


def _photo(row: Mapping[str, Any], body: Mapping[str, Any], facts: dict[str, Any]) -> Piece:
    """A picture; what it holds is judged when it is stored."""
    kind = body.get("kind")
    if kind not in {EvidenceKind.PHOTO, EvidenceKind.DOOR}:
        raise BadRequest("kind")
    finding = whole(body, "finding") if body.get("finding") else None
    text = row.get("photo")
    if text is None and row.get("unreadable") is True:
        return Piece(**facts, unfit=UNREADABLE)
    if not isinstance(text, str):
        raise BadRequest("photo")
    if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        return Piece(**facts, unfit="照片超过 8 MB，不能接收。")
    try:
        photo = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("photo") from None
    name = clean_name(_text(body, "file_name", 300)) if body.get("file_name") else ""
    facts |= {"name": f"photo-{facts['key']}", "taken": read_taken(body), "user": whole(body, "user")}
    return Piece(**facts, kind=kind, photo=photo, file_name=name, finding=finding)
