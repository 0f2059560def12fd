"""A source's credentials: from the environment or a keyring, never from anywhere by surprise.

`FAIRSCAN_<KEY>_TOKEN`, or `FAIRSCAN_<KEY>_USER` with `FAIRSCAN_<KEY>_PASSWORD`; for other schemes
`FAIRSCAN_<KEY>_HEADER` holds a whole header line ("X-Api-Key: …"). With `FAIRSCAN_KEYRING=1` and
the `keyring` package installed, the token or the user's password may lie there, under the service
`fairscan:<key>`.
"""

from __future__ import annotations

import base64
import os

from schemas.errors import UsageError


def credentials(key: str) -> dict[str, str]:
    """The headers that prove who we are to the source `key`; empty for a guest.

    Raises:
        UsageError: for a user without a password, or a header that is none.
    """
    name = f"FAIRSCAN_{key.upper()}"
    for kind in ("HEADER", "TOKEN", "USER", "PASSWORD"):
        said = os.environ.get(f"{name}_{kind}", "")
        if not said.isprintable() or (kind in ("HEADER", "TOKEN") and not said.isascii()):
            raise UsageError(f"{name}_{kind} has characters that no header may carry")
    if line := os.environ.get(f"{name}_HEADER"):
        header, colon, value = line.partition(":")
        if not (colon and header.strip() and value.strip()):
            raise UsageError(f"{name}_HEADER is no header", do="Write it as: Name: value")
        return {header.strip(): value.strip()}
    if token := os.environ.get(f"{name}_TOKEN") or _kept(key, "token"):
        return {"Authorization": f"Bearer {token}"}
    user = os.environ.get(f"{name}_USER")
    if not user:
        return {}
    password = os.environ.get(f"{name}_PASSWORD") or _kept(key, user)
    if not password:
        raise UsageError(f"{name}_USER is set without {name}_PASSWORD")
    told = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {told}"}


def _kept(key: str, name: str) -> str | None:
    """The secret from a keyring, if one is asked for and there is one."""
    if os.environ.get("FAIRSCAN_KEYRING") != "1":
        return None
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(f"fairscan:{key}", name)
    except KeyringError:
        return None
    return found
