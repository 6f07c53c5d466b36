"""专业: which enterprises of a plan need a specialist, by its items; the preset needs none."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from registry.models import Enterprise
from sampling.models import Plan


@dataclass(frozen=True)
class Needs:
    """``rules``: (industries or empty = all, entity types or empty = all, category codes) of the items that need
    somebody; ``quotas``: (department code, category) of which every team gets one holder (draw.md §5); ``names``:
    category code → name.
    """

    rules: tuple[tuple[frozenset[str], frozenset[str], frozenset[str]], ...]
    quotas: tuple[tuple[str, str], ...]
    names: Mapping[str, str]
    industries: Mapping[int, frozenset[str]]

    def of(self, enterprise_id: int, entity_type: str) -> str:
        """The needs of an enterprise as roster.tsv writes them."""
        if not self.rules:
            return "-"
        own = self.industries.get(enterprise_id, frozenset())
        wanted: set[str] = set()
        for industries, types, categories in self.rules:
            if (not industries or industries & own) and (not types or entity_type in types):
                wanted |= categories
        return ",".join(sorted(wanted)) or "-"


def needs_of(plan: Plan) -> Needs:
    """The needs of the items of a plan; one query when no item needs anybody."""
    items = plan.items.filter(needs__isnull=False).distinct().select_related("department")
    rules, quotas, names = [], set(), {}
    for item in items.prefetch_related("needs", "industries"):
        categories = {one.code: one.name for one in item.needs.all()}
        names.update(categories)
        quotas |= {(item.department.code, code) for code in categories}
        industries = frozenset(one.pk for one in item.industries.all())
        rules.append((industries, frozenset(item.entity_types), frozenset(categories)))
    found: dict[int, set[str]] = defaultdict(set)
    if rules:
        for enterprise_id, code in Enterprise.industries.through.objects.values_list("enterprise_id", "industry_id"):
            found[enterprise_id].add(code)
    taking_part = {row.department.code for row in plan.departments.select_related("department")}
    return Needs(
        tuple(rules),
        tuple(sorted(quota for quota in quotas if quota[0] in taking_part)),
        names,
        {pk: frozenset(codes) for pk, codes in found.items()},
    )
