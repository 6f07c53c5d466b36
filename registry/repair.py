"""The base of 数据修复: Chinese screens, a required reason, and a trail that holds every field before and after.

``RepairAdmin`` is the base of every editable screen, ``ReadOnlyAdmin`` of everything that is append-only or moved by
services only. What may be filled in on adding and what is settled afterwards is said by ``settled``.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from registry import audit
from registry import webforms as forms
from registry.services import change_registry

REASON = "repair_reason"
NO_REASON = "请写明修改理由，例如：登记机关 6 月 3 日来函更正住所。"


NAMES = {
    ("Enterprise", "name"), ("Enterprise", "legal_rep"), ("Enterprise", "contact_name"), ("Inspector", "name"),
    ("User", "name"),
}  # fmt: skip


class ReasonForm(ModelForm):
    """A model form that asks why."""

    repair_reason = forms.CharField(
        label="修改理由",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="必填。写明依据什么改、谁提出的；理由与修改前后的内容一起记入操作记录，不能删除。",
        error_messages={"required": NO_REASON},
    )


class LinesField(forms.CharField):
    """A list of texts, one a line; empty lines and what stands twice are left out."""

    widget = forms.Textarea

    def __init__(self, *, joined: str = "", **options: Any) -> None:
        """``joined``: kept as one text with this between the lines; else as a list."""
        self.joined = joined
        options.setdefault("help_text", "每行一条。")
        super().__init__(**options)
        self.widget.attrs.setdefault("rows", 6)

    def prepare_value(self, value: Any) -> Any:
        """A list, or a joined text, as lines."""
        if isinstance(value, str):
            return "\n".join(filter(None, value.split(self.joined))) if self.joined and "\n" not in value else value
        return "\n".join(map(str, value or []))

    def to_python(self, value: Any) -> Any:
        """Lines as a list, or as the joined text."""
        if isinstance(value, list):
            lines = value
        else:
            text = super().to_python(value) or ""
            lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        return self.joined.join(lines) if self.joined else lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as it is kept."""
        kept = (initial or "") if self.joined else list(initial or [])
        return bool(self.to_python(data) != kept)


class SiteOpened:
    """The site admits system administrators only (RepairSite); Django's own permission rows are not used."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Listed for whoever the site admits."""
        return admin.site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Open to whoever the site admits."""
        return admin.site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for reading; narrower where rows come from services."""
        return admin.site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for reading; narrower where services move the row."""
        return admin.site.has_permission(request)


class Titled(admin.ModelAdmin):
    """Titles in the order in which Chinese says them; a page is called what it shows."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, called by its plural."""
        context = {"title": str(self.opts.verbose_name_plural), **(extra_context or {})}
        return super().changelist_view(request, context)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """新增企业, 修改企业 or 查看企业."""
        obj = self.get_object(request, object_id) if object_id else None
        verb = "新增" if object_id is None else "修改" if self.has_change_permission(request, obj) else "查看"
        context = {"title": f"{verb}{self.opts.verbose_name}", **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)


class RepairAdmin(SiteOpened, Titled):
    """Editable with a reason; ``stream`` names the audit stream of the change.

    ``settled``: fields that are typed on adding and stay, as soon as ``is_settled`` says that others lean on them.
    ``choice_lists``: field of a list → the choices it is ticked from; other lists are typed one a line.
    ``deletable``: rows that nothing refers to may be taken away, with a reason, where nothing else can mend them.
    """

    form = ReasonForm
    formfield_overrides = {
        models.CharField: {"form_class": forms.CharField},
        models.TextField: {"form_class": forms.CharField},
    }
    stream = "registry"
    list_per_page = 50
    show_full_result_count = False
    actions = None
    settled: tuple[str, ...] = ()
    choice_lists: Mapping[str, Any] = {}
    deletable = False
    delete_confirmation_template = "admin/repair_delete.html"

    def stream_of(self, obj: models.Model) -> str:
        """The audit stream a change of ``obj`` belongs to."""
        return self.stream

    def is_settled(self, obj: Any) -> bool:
        """Whether the ``settled`` fields of a stored row may not change any more."""
        return True

    def derive(self, obj: Any) -> list[str]:
        """Set what follows from the typed fields; the names of what was set."""
        return []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is always read-only, and of a stored row what is settled."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, *self.settled] if obj is not None and self.is_settled(obj) else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted by hand but what is said to be."""
        return self.deletable and admin.site.has_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The reason stands last, in a box of its own."""
        names = [name for name in self.get_fields(request, obj) if name != REASON]
        return [(None, {"fields": names}), ("为什么修改", {"fields": [REASON]})]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """A list is ticked or typed one a line; nobody writes JSON."""
        if not isinstance(db_field, models.JSONField):
            field = super().formfield_for_dbfield(db_field, request, **options)
            if isinstance(field, forms.CharField):
                field.named = (db_field.model._meta.object_name, db_field.name) in NAMES
            return field
        said = {"label": db_field.verbose_name, "required": not db_field.blank}
        if db_field.name in self.choice_lists:
            choices = self.choice_lists[db_field.name]
            return forms.MultipleChoiceField(
                choices=choices, widget=forms.CheckboxSelectMultiple, help_text=db_field.help_text, **said
            )
        return LinesField(**said)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Ticked, not held with Ctrl."""
        options.setdefault("widget", forms.CheckboxSelectMultiple)
        return super().formfield_for_manytomany(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was changed and nothing else: what a service moved meanwhile stays."""
        form.before = {}
        self._before_writing(obj)
        if not change:
            self.derive(obj)
            obj.save(force_insert=True)
            return
        stored = type(obj)._default_manager.select_for_update(of=("self",)).get(pk=obj.pk)
        form.before = audit.fields_of(stored, fields_in(form))
        many = {field.name for field in obj._meta.many_to_many}
        plain = [name for name in form.changed_data if name in form.before and name not in many]
        if form.changed_data != [REASON]:
            obj.save(update_fields=[*plain, *self.derive(obj)])

    def _before_writing(self, obj: Any) -> None:
        """What a freeze reads waits for the freeze; Django's pages of the site are one transaction each."""
        if self.stream_of(obj) == "registry":
            change_registry()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the links, then write the trail: only now does the row stand as it was typed."""
        super().save_related(request, form, formsets, change)
        obj = type(form.instance)._default_manager.get(pk=form.instance.pk)
        after = audit.fields_of(obj, fields_in(form))
        names = [name for name in after if not change or after[name] != form.before[name]]
        if not names:
            messages.warning(request, "内容没有变化，没有记入操作记录。")
            return
        audit.record(
            stream=self.stream_of(obj),
            actor=request.user,
            action="数据修复" if change else "数据补录",
            obj=obj,
            before={name: form.before[name] for name in names} if change else {},
            after={name: after[name] for name in names},
            reason=form.cleaned_data[REASON],
        )

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks for a reason as every change does."""
        asked = request.method == "POST" and self.has_delete_permission(request)
        if asked and not request.POST.get(REASON, "").strip():
            messages.error(request, "请写明删除的理由，例如：重复录入。")
            return HttpResponseRedirect(request.get_full_path())
        context = {"title": f"删除{self.opts.verbose_name}", **(extra_context or {})}
        return super().delete_view(request, object_id, context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """What the row said goes into the trail before it is gone."""
        with transaction.atomic():
            self._before_writing(obj)
            names = [field.name for field in (*obj._meta.concrete_fields, *obj._meta.many_to_many)]
            audit.record(
                stream=self.stream_of(obj),
                actor=request.user,
                action="数据删除",
                obj=obj,
                before=audit.fields_of(obj, names),
                reason=request.POST[REASON].strip(),
            )
            obj.delete()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail replaces Django's own admin log."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """As above."""


def fields_in(form: Any) -> list[str]:
    """The fields of the model that a form holds, in its order."""
    meta = form._meta.model._meta
    known = {field.name for field in (*meta.concrete_fields, *meta.many_to_many)}
    return [name for name in form.fields if name in known]


class ReadOnlyAdmin(SiteOpened, Titled):
    """To look at only."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A stored file by its name: the stores have no address of their own, files go out through checked views."""
        stored = self._stored()
        return ["stored_file" if name == stored else name for name in super().get_fields(request, obj)]

    def _stored(self) -> str:
        """The name of the model's file field; empty without one."""
        return next((one.name for one in self.model._meta.fields if isinstance(one, models.FileField)), "")

    @admin.display(description="文件")
    def stored_file(self, obj: Any) -> str:
        """The name in the store."""
        return str(getattr(obj, self._stored()).name or "—")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never deleted."""
        return False


class LookBeside(SiteOpened, admin.TabularInline):
    """Rows shown beside the one they belong to; they are changed on their own screen, where the trail is written."""

    extra = 0
    can_delete = False
    max_num = 0
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """On their own screen."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """On their own screen."""
        return False


def read_only(*models_: type[models.Model], **attributes: Any) -> None:
    """Register models to look at only."""
    for model in models_:
        admin.site.register(model, type(f"{model.__name__}ReadOnly", (ReadOnlyAdmin,), attributes))
