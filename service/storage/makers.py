"""What links and sessions stand on: the API key, or the person, that made the link.

Looked at each time, so that a revoked key or a person who is gone counts from the next request on.
"""

KEY_HOLDS = """(key_id IS NULL OR EXISTS (
        SELECT 1 FROM api_keys
        WHERE api_keys.id = key_id AND revoked_at IS NULL
            AND (api_keys.expires_at IS NULL OR api_keys.expires_at > :now)))"""
# A member makes no links: who was an admin has none left.
MAKER_HOLDS = """(maker_id IS NULL OR EXISTS (
        SELECT 1 FROM members AS makers WHERE makers.id = maker_id AND makers.role <> 'member'))"""
# The settings name the operators: whether this address is still there is not for the database to say.
MADE_BY_OPERATOR = """(SELECT makers.address FROM members AS makers
        WHERE makers.id = maker_id AND makers.role = 'operator') AS made_by_operator"""
