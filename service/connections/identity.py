"""Who a Google account is, as its verified ID token says."""

from dataclasses import dataclass

from service.connections.connection import AccountKind


@dataclass(frozen=True, slots=True)
class Identity:
    """The owner of a mailbox.

    Attributes:
        subject_id: ``sub``: ≤ 255 ASCII characters, case-sensitive, never reused.
        address: the verified e-mail address; it may change, ``subject_id`` does not.
        name: the person's name, where Google tells it.
        hosted_domain: ``hd``, the Workspace domain; ``None`` for a consumer account.

    Source: https://developers.google.com/identity/openid-connect/openid-connect
    """

    subject_id: str
    address: str
    name: str | None = None
    hosted_domain: str | None = None

    @property
    def account_kind(self) -> AccountKind:
        """A Workspace account is one with a hosted domain."""
        return AccountKind.WORKSPACE if self.hosted_domain else AccountKind.CONSUMER
