"""Admin pages for large tables: each request reads a bounded number of rows."""

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
    """Pages of the first ten thousand rows. Other rows are found by search."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the queryset of an admin list
        return rows.values("pk")[:ROWS_LISTED].count()


class NewestFirst(ChangeList):
    """A list ordered by key only, whatever the query string requests: other orders have no index."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return ["-pk"]


class LargeTableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none when it runs
    """Newest rows first, search by exact indexed values, no sorting.

    Rows are read-only unless a subclass allows more. Subclasses implement deletion in `remove`.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("pk",)  # Shows the search box; get_search_results does the search.
    id_type: str | None = None
    """The GraphQL type in the rows' global ids."""

    def matching(self, term: str) -> Q | None:
        """The rows that match a search term other than a key; None for no rows."""
        return None

    def remove(self, rows: Sequence[Any]) -> None:
        """Deletes rows with the same effects as through the API.

        Subclasses that allow deletion implement it: Django's delete would write no counts and events.
        """
        raise NotImplementedError(
            f"{type(self).__name__} allows deletion, so it must implement `remove`."
        )

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
                request,
                "An action applies to the rows of one page only. Select them on the page.",
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *place)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return NewestFirst

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Never: a query string that filters by a column would scan the table."""
        return False

    def changeform_view(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """The form, shown again if a concurrent request has saved a conflicting row."""
        try:
            return super().changeform_view(request, *arguments, **named)
        except IntegrityError:
            self.message_user(
                request,
                "A conflicting row was saved at the same time. Check it and try again.",
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
    """The key in a search term, a number or a global id of this type; None if there is none."""
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
