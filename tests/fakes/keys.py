"""API keys as tests need them."""

from datetime import datetime

from service.access.api_key import ApiKey, Right, generate, hash_key
from service.identifiers import new_id
from service.storage.stores import Stores


def add_key(stores: Stores, tenant_id: str, at: datetime, expires_at: datetime | None = None) -> ApiKey:
    """A kept key with all rights."""
    public, secret = generate()
    key = ApiKey(
        id=new_id("key"),
        tenant_id=tenant_id,
        name="ERP",
        public=public,
        secret_hash=hash_key(secret.get_secret_value()),
        rights=frozenset(Right),
        connection_ids=None,
        created_at=at,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    stores.api_keys.add(key)
    return key
