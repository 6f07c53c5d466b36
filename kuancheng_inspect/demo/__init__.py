"""Invented data, and the 2024 campaign played on it: names begin with 演示, codes with region 999999."""
