"""A word that is not to be seen: unwrapped only at the door that needs it."""

from __future__ import annotations

from collections.abc import Iterable

HIDDEN = "[REDACTED]"


class Secret:
    """A token or password: prints, formats and shows itself in tracebacks as ``[REDACTED]``; cannot be pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The word itself, for the header or the environ that carries it and for nothing else."""
        return self.__value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.__value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be written down")


def scrub(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every one of the secrets in it replaced: for what others say, who may repeat what they heard."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), HIDDEN)
    return text
