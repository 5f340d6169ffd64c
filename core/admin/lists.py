"""Lists of large tables: no step looks at more than a bounded number of rows."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from core.database.time_ordered_keys import HIGHEST_KEY

ROWS_LISTED = 10_000
TERM_LENGTH = 100


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # it takes none when it runs
    """Pages of the first ten thousand rows. What lies beyond is found by searching, not by paging."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # what an admin list gives
        return rows.values("pk")[:ROWS_LISTED].count()


class NewestFirst(ChangeList):
    """A list in the one order that an index holds, whatever its address asks for."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return ["-pk"]


class LargeTableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none when it runs
    """The newest rows first; search by exact values that an index holds; nothing to sort by.

    Rows are read-only unless a subclass says otherwise. Deleting is the subclass's: `remove`.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("pk",)  # Shows the search box; get_search_results says what it finds.
    id_type: str | None = None
    """The type that stands in the rows' global ids."""

    def matching(self, term: str) -> Q | None:
        """The rows that a search term, which is no key, stands for; None if it can't be one."""
        return None

    def remove(self, rows: Sequence[Any]) -> None:
        """Deletes rows with the effects that it has through the API.

        Each list says how, unless it lets nobody delete: Django's own way would leave counts and events out.
        """
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        key = key_in(term, self.id_type)
        wanted = Q(pk=key) if key is not None else self.matching(term[:TERM_LENGTH])
        return (queryset.none() if wanted is None else queryset.filter(wanted)), False

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *place: Any
    ) -> HttpResponse | None:
        if request.POST.get("select_across", "0") != "0":
            self.message_user(
                request, "An action works on the rows of one page. Select those.", messages.ERROR
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *place)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return NewestFirst

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Never: an address that filters by a column would look at every row."""
        return False

    def changeform_view(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """The form; one that came too late, when what it must differ from is there by now, begins anew."""
        try:
            return super().changeform_view(request, *arguments, **named)
        except IntegrityError:
            self.message_user(
                request,
                "Somebody else has saved the same at this moment. Look again.",
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.remove([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.remove(list(queryset))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def key_in(term: str, type_name: str | None) -> int | None:
    """The key that a search term gives: as a number, or as a global id of this type."""
    digits = term
    if not term.isdecimal() and type_name is not None:
        try:
            found, _, digits = b64decode(term, validate=True).decode("ascii").partition(":")
        except (Base64Error, ValueError):
            return None
        if found != type_name:
            return None
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    key = int(digits)
    return key if key <= HIGHEST_KEY else None
