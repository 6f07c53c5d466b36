"""Template tags that look into every app."""
