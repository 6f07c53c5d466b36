"""Static files in production: hashed names, and imports between our ES modules follow them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Relative imports are rewritten, so no inline import map is needed (strict CSP)."""

    support_js_module_import_aggregation = True
