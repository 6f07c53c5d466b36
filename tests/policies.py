"""The security headers of every answer, word for word."""

from collections.abc import Mapping

CSP = "Content-Security-Policy"
POLICY = (
    "base-uri 'none'; default-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' blob: data:; object-src 'none'"
)
SANDBOX = "default-src 'none'; sandbox"  # of what people uploaded: it may neither run nor load anything
HEADERS = {
    CSP: POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def headers(answer: Mapping[str, str]) -> dict[str, str]:
    """The headers above as an answer has them; the directives, which no browser reads in an order, sorted."""
    found = {name: answer.get(name, "") for name in HEADERS}
    found[CSP] = "; ".join(sorted(part.strip() for part in found[CSP].split(";")))
    return found
