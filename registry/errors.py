"""The one exception by which a service refuses, in words that say what to do next."""


class DomainError(Exception):
    """A refusal. The message is Chinese and says what is wrong and what to do next.

    Views show it beside the form (DomainErrorMiddleware turns an uncaught one into a 409 page or JSON).
    """

    def __init__(self, message: str, *, problems: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems or []

    def __str__(self) -> str:
        return self.message
