"""The manifests are valid, and agree with the code and with each other."""

from __future__ import annotations

from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # has no types
import pytest
import yaml
from django.core.management import get_commands

from core.config.environment import Environment, declared_settings
from core.server.uvicorn_server import ENDED_UNTIL
from tests.core.config.test_settings import REQUIRED
from tests.paths import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
VERSION = "1.31"
Manifest = dict[str, Any]
MANIFESTS: list[Manifest] = [
    manifest
    for file in sorted(FOLDER.glob("*.yaml"))
    for manifest in yaml.safe_load_all(file.read_text())
]
SPECS = {
    manifest["metadata"]["name"]: manifest["spec"]["template"]
    for manifest in MANIFESTS
    if manifest["kind"] in {"Deployment", "Job"}
}


def of_kind(kind: str) -> dict[str, Manifest]:
    """The manifests of the kind, by name."""
    return {each["metadata"]["name"]: each for each in MANIFESTS if each["kind"] == kind}


@pytest.mark.parametrize(
    "manifest", MANIFESTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}"
)
def test_the_manifest_is_valid(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_the_parts_of_compose_are_there() -> None:
    assert set(SPECS) == {"feed-web", "feed-worker", "feed-migrate"}
    for name in ("feed-worker", "feed-migrate"):
        [container] = SPECS[name]["spec"]["containers"]
        assert container["command"][:2] == ["python", "manage.py"]
        assert container["command"][2] in get_commands()


def test_the_settings_are_valid() -> None:
    settings = of_kind("ConfigMap")["feed"]["data"]
    names = {name.upper() for name in declared_settings()}
    assert settings.keys() <= names
    read = Environment.read({**REQUIRED, **settings})
    assert read.host == "0.0.0.0"  # noqa: S104  # compared, not listened on
    [web] = SPECS["feed-web"]["spec"]["containers"]
    [worker] = SPECS["feed-worker"]["spec"]["containers"]
    assert [port["containerPort"] for port in web["ports"]] == [read.port]
    assert [port["containerPort"] for port in worker["ports"]] == [read.worker_metrics_port]
    for template in SPECS.values():
        [container] = template["spec"]["containers"]
        assert container["envFrom"] == [
            {"configMapRef": {"name": "feed"}},
            {"secretRef": {"name": "feed"}},
        ]


def test_selectors_find_their_pods() -> None:
    for kind in ("Service", "PodDisruptionBudget", "Deployment"):
        for name, manifest in of_kind(kind).items():
            selector = manifest["spec"]["selector"]
            wanted = selector.get("matchLabels", selector)
            assert SPECS[name]["metadata"]["labels"].items() >= wanted.items()
    [autoscaler] = of_kind("HorizontalPodAutoscaler").values()
    assert autoscaler["spec"]["scaleTargetRef"]["name"] in of_kind("Deployment")
    assert "replicas" not in of_kind("Deployment")["feed-web"]["spec"]


def test_containers_run_unprivileged() -> None:
    for template in SPECS.values():
        assert template["spec"]["securityContext"]["runAsNonRoot"]
        [container] = template["spec"]["containers"]
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} == set(container["resources"])


def test_a_pod_has_time_to_stop() -> None:
    spec = SPECS["feed-web"]["spec"]
    [container] = spec["containers"]
    waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert spec["terminationGracePeriodSeconds"] > waits + ENDED_UNTIL
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
