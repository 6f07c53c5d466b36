"""统计表 T1–T5 and T8 (domain.md §6.2) as plain rows, for a plan and a 统计截止日期.

``gather`` reads everything once, in a fixed number of queries; the tables are pure functions of what it read.
"""

from publicity.statistics.facts import Facts, default_as_of, gather
from publicity.statistics.tables import Column, Table, all_tables, percent, rate, shown

__all__ = ["Column", "Facts", "Table", "all_tables", "default_as_of", "gather", "percent", "rate", "shown"]
