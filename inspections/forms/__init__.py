"""Raw input to clean data: the desk and the phone."""
