"""The interface keeps to its own schema, whatever is asked: a few requests an endpoint, made by schemathesis."""

import hypothesis
import schemathesis
from fastapi.testclient import TestClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]


def test_every_endpoint_answers_as_its_schema_says(shared: TestClient) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", shared.app, headers={"host": "localhost"})
    asked = set()
    for operation in schema.get_all_operations():
        one = operation.ok()

        @hypothesis.settings(max_examples=6, database=None)
        @hypothesis.given(one.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"host": "localhost"}, checks=CHECKS)

        ask()
        asked.add(f"{one.method.upper()} {one.path}")
    assert {"POST /jobs", "DELETE /jobs/{job_id}", "GET /jobs/{job_id}/media", "GET /health"} <= asked
