"""Clients see client errors as they are and masked faults; the log has the details."""

from __future__ import annotations

import logging

import pytest
from graphql import GraphQLError

from core.database.database import DatabaseUnavailable
from core.errors import ClientError
from core.graphql.errors import error_entry, execution_error_entries
from tests.core.graphql.server import RunningServer, entries, refused


def masked(error: dict[str, object]) -> str:
    """The reference of a masked fault."""
    assert error["extensions"] == {"code": "INTERNAL"}
    message, _, reference = str(error["message"]).partition(" Reference: ")
    assert message == "Something went wrong on our side."
    return reference


def test_client_errors_keep_message_and_code(server: RunningServer) -> None:
    [error] = entries(server.post("{ refused }"))
    assert error == {
        "message": "No such thing.",
        "locations": [{"line": 1, "column": 3}],
        "path": ["refused"],
        "extensions": {"code": "NOT_FOUND", "kind": "thing"},
    }


@pytest.mark.parametrize(
    "query",
    ["{ broken }", "{ tree { children { must } } }", "{ large }"],
)
def test_faults_are_masked_and_logged(
    server: RunningServer, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = server.post(query)
    assert response.status_code == 200
    assert "swordfish" not in response.text
    references = {masked(error) for error in entries(response)}
    assert len(references) == 1
    [record, *_] = [each for each in caplog.records if each.name == "core.graphql.errors"]
    assert references.pop() in record.getMessage()
    assert record.exc_info


def test_faults_outside_of_fields_are_masked(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    for query, token in (("{ hello }", "Bearer broken"), ("{ unencodable }", "Bearer ann")):
        response = server.post(query, headers={"authorization": token})
        assert response.status_code == 500
        [error] = entries(response)
        assert masked(error) in caplog.records[-1].getMessage()
        assert "swordfish" not in response.text
        assert "surrogates" not in response.text


def test_invalid_arguments_at_run_time_are_client_errors(server: RunningServer) -> None:
    response = server.post("query($v: Int) { number(value: $v) }")
    refused(response, 400, "GRAPHQL_VALIDATION_FAILED")
    response = server.post("query($v: Int = 1) { number(value: $v) }", {"v": None})
    [error] = entries(response)
    assert error["extensions"] == {"code": "BAD_INPUT"}
    assert error["path"] == ["number"]


def test_a_graphql_error_with_a_code_is_shown() -> None:
    error = GraphQLError("Sign in first.", path=["a"], extensions={"code": "UNAUTHENTICATED"})
    [entry] = execution_error_entries([error], None)
    assert entry["message"] == "Sign in first."


def test_an_executor_error_is_masked() -> None:
    fault = GraphQLError("no such table", original_error=ValueError("no such table"))
    [entry] = execution_error_entries([fault], "Op")
    masked(entry)


def test_many_errors_are_truncated(caplog: pytest.LogCaptureFixture) -> None:
    faults = [GraphQLError("x", path=[n], original_error=ValueError("x")) for n in range(1_000)]
    entries = execution_error_entries(faults, "Op")
    assert len({masked(entry) for entry in entries[:100]}) == 1
    assert entries[100:] == [
        {
            "message": "900 more errors are omitted.",
            "extensions": {"code": "TOO_MANY_ERRORS"},
        }
    ]
    assert len(caplog.records) == 10
    assert caplog.records[0].levelno == logging.ERROR


def test_extensions_contain_code_and_details() -> None:
    error = ClientError("Too much.", "LIMIT_EXCEEDED", limit="depth", allowed=3)
    assert error_entry(error) == {
        "message": "Too much.",
        "extensions": {"code": "LIMIT_EXCEEDED", "limit": "depth", "allowed": 3},
    }


def test_an_unavailable_database_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    cause = DatabaseUnavailable("connection to 10.0.0.1 lost")
    errors = [GraphQLError(str(cause), path=["like"], original_error=cause)]
    [entry] = execution_error_entries(errors, "Like")
    assert entry["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 2}
    assert entry["path"] == ["like"]
    assert "10.0.0.1" not in entry["message"]
    assert "Like: connection to 10.0.0.1 lost" in caplog.text
