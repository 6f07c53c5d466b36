"""The pages of the registry, one module per thing shown."""
