"""Settings of push: a service is off without its key, and refused with half of what it needs."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from core.config.environment import Environment, EnvironmentInvalid
from core.config.push_settings import DEVELOPMENT_VAPID_KEY
from interactions.push.vapid import vapid_pair, vapid_public_key
from tests.core.config.test_settings import REQUIRED

PEM = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n"


def refused(**variables: str) -> str:
    with pytest.raises(EnvironmentInvalid) as error:
        Environment.read({**REQUIRED, **variables})
    return str(error.value)


def test_all_services_are_off_by_default() -> None:
    settings = Environment.read(REQUIRED)
    assert settings.vapid_private_key is None
    assert settings.apns_key_file is None
    assert settings.fcm_account_file is None
    assert settings.push_private_addresses is False


def test_development_has_a_key_that_production_refuses() -> None:
    development = Environment.read({"DEBUG": "true"})
    assert development.vapid_private_key == DEVELOPMENT_VAPID_KEY
    assert len(vapid_public_key(DEVELOPMENT_VAPID_KEY)) == 87
    contact = {"VAPID_CONTACT": "mailto:ops@push.invalid"}
    text = refused(VAPID_PRIVATE_KEY=DEVELOPMENT_VAPID_KEY, **contact)
    assert text.startswith("VAPID_PRIVATE_KEY is the default for development.")


def test_web_push_needs_a_valid_key_and_a_contact() -> None:
    private, _ = vapid_pair()
    assert refused(VAPID_PRIVATE_KEY=private).startswith("VAPID_CONTACT is not set.")
    for contact in ("ops@push.invalid", "http://push.invalid", "mailto:"):
        assert "VAPID_CONTACT is invalid" in refused(
            VAPID_PRIVATE_KEY=private, VAPID_CONTACT=contact
        )
    for key in ("short", private + "A", "A" * 43, "_" * 43, "!" * 43):
        text = refused(VAPID_PRIVATE_KEY=key, VAPID_CONTACT="https://push.invalid/")
        assert text.startswith("VAPID_PRIVATE_KEY is invalid: ")
        assert key not in text
    settings = Environment.read(
        {**REQUIRED, "VAPID_PRIVATE_KEY": private, "VAPID_CONTACT": "https://push.invalid/"}
    )
    assert settings.vapid_private_key == private


def test_apns_needs_all_of_its_settings(tmp_path: Path) -> None:
    key = tmp_path / "AuthKey.p8"
    assert "APNS_KEY_FILE is invalid: the file can't be read" in refused(APNS_KEY_FILE=str(key))
    key.write_text("no key")
    assert "APNS_KEY_FILE is invalid: name the file" in refused(APNS_KEY_FILE=str(key))
    key.write_text(PEM)
    text = refused(APNS_KEY_FILE=str(key))
    for name in ("APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC"):
        assert f"{name} is not set. APNS_KEY_FILE needs it." in text
    named = {"APNS_KEY_ID": "K", "APNS_TEAM_ID": "T", "APNS_TOPIC": "com.example.app"}
    assert Environment.read({**REQUIRED, "APNS_KEY_FILE": str(key), **named}).apns_topic


def test_fcm_needs_a_service_account(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    account = {"project_id": "p", "client_email": "e", "private_key": PEM, "token_uri": "https://t"}
    for text in ("", "[]", "{", json.dumps({**account, "token_uri": ""})):
        file.write_text(text)
        assert "FCM_ACCOUNT_FILE is invalid: name the JSON file" in refused(
            FCM_ACCOUNT_FILE=str(file)
        )
    file.write_text(json.dumps(account))
    found = Environment.read({**REQUIRED, "FCM_ACCOUNT_FILE": str(file)})
    assert found.fcm_account_file == str(file)


def test_the_command_makes_a_key() -> None:
    output = StringIO()
    call_command("make_vapid_key", stdout=output, stderr=StringIO())
    name, _, key = output.getvalue().splitlines()[0].partition("=")
    assert name == "VAPID_PRIVATE_KEY"
    contact = {"VAPID_CONTACT": "mailto:ops@push.invalid"}
    assert Environment.read({**REQUIRED, name: key, **contact}).vapid_private_key == key
