"""Codes of strata: a grade, and behind it the class. Tables by grade take the code before it; a grade may hold
a hyphen of its own (A-), but never end like a class (registry/models/shapes.py).

Public: `CARRIED`, `RECENT`, `grade_of`, `kind_of`.
"""

# Enterprises that a void draw had picked; a group of their own at 1/1.
CARRIED = "-1"
# Enterprises inspected or drawn within the plan's months, with the smaller weight (draw.md §4, G1).
RECENT = "-2"


def grade_of(stratum: str) -> str:
    """The grade a stratum belongs to."""
    return stratum.removesuffix(kind_of(stratum))


def kind_of(stratum: str) -> str:
    """What is behind the grade: "", `CARRIED` or `RECENT`."""
    return stratum[-2:] if stratum.endswith((CARRIED, RECENT)) else ""
