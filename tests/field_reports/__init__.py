"""What users of other systems reported, as tests: each file is one report, named by its number and its fault."""
