"""Settings of push notifications. A service whose key is not set gets none."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from pathlib import Path

from core.config import parsing
from core.config.declared_setting import setting
from core.config.parsing import ValueInvalid

DEVELOPMENT_VAPID_KEY = "only-for-development-never-serve-others-abc"
"""A number of 32 bytes, as any: `make run` uses it."""
VAPID_COMMAND = "python manage.py make_vapid_key"
KEYS_END = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256: private keys are lower."""


def vapid_key(text: str) -> str | None:
    """The private key of VAPID; `none`: None."""
    if text.lower() == "none":
        return None
    key = text.rstrip("=") + "="
    usable = re.fullmatch(r"[A-Za-z0-9_-]{43}=", key)
    if not usable or not 0 < int.from_bytes(urlsafe_b64decode(key), "big") < KEYS_END:
        raise ValueInvalid(f"write a key that `{VAPID_COMMAND}` prints.")
    return text.rstrip("=")


def contact(text: str) -> str | None:
    """How the operator can be reached: a mail address or page as URL; `none`: None."""
    if text.lower() == "none":
        return None
    if re.fullmatch(r"mailto:[^\s@<>]{1,64}@[A-Za-z0-9.-]{1,253}|https://[\w./:%-]{1,500}", text):
        return text
    raise ValueInvalid("write mailto:ops@example.com or an https: address.")


def key_file(text: str) -> str | None:
    """The path of a file with a private key as PEM; `none`: None."""
    if text.lower() == "none":
        return None
    if "-----BEGIN PRIVATE KEY-----" not in _read(text):
        raise ValueInvalid("name the file AuthKey_….p8 that Apple gave: a private key as PEM.")
    return text


def service_account(text: str) -> str | None:
    """The path of a file with a service account of Google as JSON; `none`: None."""
    if text.lower() == "none":
        return None
    try:
        account = json.loads(_read(text))
        needed = ("project_id", "client_email", "private_key", "token_uri")
        usable = all(isinstance(account[name], str) and account[name] for name in needed)
    except (ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        raise ValueInvalid(
            "name the JSON file of a service account, with project_id, client_email, private_key and token_uri."
        )
    return text


def identifier(text: str) -> str | None:
    """A key's, team's or app's identifier; `none`: None."""
    if text.lower() == "none":
        return None
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,100}", text):
        raise ValueInvalid("write letters, digits, - and dots.")
    return text


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise ValueInvalid("the file can't be read.") from None


@dataclass(frozen=True, kw_only=True)
class PushSettings:
    """A part of `Environment`."""

    vapid_private_key: str | None = setting(
        vapid_key,
        "none",
        f"The key that signs Web Push, from `{VAPID_COMMAND}`; `none`: no Web Push. After a change browsers have to "
        "register anew.",
        in_debug=DEVELOPMENT_VAPID_KEY,
    )
    vapid_contact: str | None = setting(
        contact,
        "none",
        "Whom the operators of Web Push services may write to: mailto:ops@example.com or an https: address.",
        in_debug="mailto:feed@localhost",
    )
    push_private_addresses: bool = setting(
        parsing.boolean,
        "false",
        "Web Push also to http: and to addresses of private networks, which users may name: only for tests.",
    )
    apns_key_file: str | None = setting(
        key_file, "none", "The file AuthKey_….p8 with a key for APNs; `none`: no pushes by APNs."
    )
    apns_key_id: str | None = setting(identifier, "none", "The identifier of that key.")
    apns_team_id: str | None = setting(identifier, "none", "The identifier of the team at Apple.")
    apns_topic: str | None = setting(
        identifier, "none", "The app's bundle identifier, as in com.example.app."
    )
    apns_url: str = setting(
        parsing.url("https"),
        "https://api.push.apple.com",
        "The server of APNs; for development builds of the app https://api.sandbox.push.apple.com.",
    )
    fcm_account_file: str | None = setting(
        service_account,
        "none",
        "The JSON file of a service account that may send by FCM; `none`: no pushes by FCM.",
    )
    fcm_url: str = setting(parsing.url("https"), "https://fcm.googleapis.com", "The server of FCM.")
