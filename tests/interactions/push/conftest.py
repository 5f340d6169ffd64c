"""Push services on this machine, and a process that pushes to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.test import override_settings

from core.accounts.sessions import Accounts
from core.context import Services
from interactions.push.sending import push_sender
from interactions.push.vapid import vapid_pair
from tests.core.accounts.conftest import accounts, anonymous, redis
from tests.interactions.push.receiver import Receiver, make_certificate
from tests.interactions.push.world import World

__all__ = ["accounts", "anonymous", "redis"]

CONTACT = "mailto:ops@push.invalid"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("push") / "certificate.pem"
    make_certificate(path)
    return path


@pytest.fixture
async def receiver(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    """A push service over TLS, whose certificate this process and its children trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    opened = Receiver()
    async with opened.serving(certificate):
        yield opened


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key for APNs."""
    path = tmp_path / "AuthKey.p8"
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture
def account_file(tmp_path: Path, receiver: Receiver) -> Path:
    """A service account for FCM, whose tokens the receiver gives."""
    key = rsa.generate_private_key(65_537, 2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    path = tmp_path / "account.json"
    account = {
        "project_id": "a-project",
        "client_email": "sender@a-project.invalid",
        "private_key": pem,
        "token_uri": f"{receiver.url}/token",
    }
    path.write_text(json.dumps(account))
    return path


@pytest.fixture
def keys(receiver: Receiver, key_file: Path, account_file: Path) -> Iterator[None]:
    """Keys for all services; all of them are the receiver."""
    changed = replace(
        settings.ENVIRONMENT,
        vapid_private_key=vapid_pair()[0],
        vapid_contact=CONTACT,
        push_private_addresses=True,
        apns_key_file=str(key_file),
        apns_key_id="KEY7",
        apns_team_id="TEAM7",
        apns_topic="com.example.feed",
        apns_url=receiver.url,
        fcm_account_file=str(account_file),
        fcm_url=receiver.url,
    )
    with override_settings(ENVIRONMENT=changed):
        yield


@pytest.fixture
async def world(services: Services, accounts: Accounts, keys: None) -> AsyncIterator[World]:
    """Users, and a worker in this process that pushes."""
    services.register(accounts)
    push_sender.cache_clear()
    made = World(services)
    await made.create()
    yield made
    await push_sender().close()
    push_sender.cache_clear()
