"""The API does what its OpenAPI description says, for whatever is sent."""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

import invented
from serving_routes import LOCAL, TOKEN, api_for, guarded, serving
from sidebyside.records import BuildReport
from sidebyside.serving.access import Access
from sidebyside.serving.jobs import Jobs
from sidebyside.settings import Settings
from standin import StandIn

# Requests that are made up for each operation; the same ones in every run.
EXAMPLES = 25
# A well-formed request can name artifacts that are not there, end with no question, or paste what is no page: no schema
# can say so.
LEFT_OUT = {
    path: [positive_data_acceptance]
    for path in (
        *("/api/compare", "/api/match", "/api/record", "/api/replay", "/api/pages/paste", "/api/pages/paste/preview"),
        "/api/matches/counting",
        *("/v1/chat/completions", "/v1/responses", "/v1/models/{name}"),
    )
}
GOOD = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The API with a real assistant, and a build that takes no time."""
    settings = Settings(index=tmp_path_factory.mktemp("openapi"))
    with invented.open_assistant(invented.shared_index(tmp_path_factory)) as assistant:
        made = api_for(assistant, settings.index)
        made.state.core.jobs = Jobs(settings, lambda *_: BuildReport(1, (), 2, 3, "g2", 0.1))
        yield made


@pytest.fixture(scope="module")
def described(api):
    """The description as a client gets it from a server with a token.

    Each operation is tried with wrong tokens too, all of them from this machine: more than the server would bear.
    """
    with pytest.MonkeyPatch.context() as patch, serving(guarded(api, Access(token=TOKEN))) as address:
        patch.setattr("sidebyside.serving.brake.TRIES", 100_000)
        yield schemathesis.openapi.from_url(f"{address}/api/openapi.json", headers=GOOD)


OPERATIONS = [(method, path) for path, methods in api_for(StandIn()).openapi()["paths"].items() for method in methods]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_keeps_to_its_description(described, method, path):
    @hypothesis.settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
    @hypothesis.given(case=described[path][method.upper()].as_strategy())
    def keeps_to_it(case):
        case.call_and_validate(headers=GOOD, timeout=20, excluded_checks=LEFT_OUT.get(path, []))

    keeps_to_it()


def test_too_many_wrong_tokens_are_described_where_a_token_is_needed(api):
    responses = [op["responses"] for methods in api.openapi()["paths"].values() for op in methods.values()]
    assert all(("401" in told) == ("429" in told) for told in responses)


def test_every_operation_is_described_with_examples(api):
    document = api.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            for parameter in operation.get("parameters", []):
                assert parameter["schema"], (method, path)
    for name, model in document["components"]["schemas"].items():
        if not name.startswith("Body_"):
            assert model.get("description"), f"{name} has no description"
    for name in ("Ask", "Compare", "Need", "Keep", "ChatRequest", "ResponsesRequest", "Problem", "Job"):
        assert "example" in document["components"]["schemas"][name], name


def test_no_page_is_served_that_loads_scripts_from_elsewhere():
    with TestClient(guarded(api_for(StandIn())), base_url=LOCAL) as client:
        assert client.get("/api/openapi.json").json()["openapi"].startswith("3.1")
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert client.get(path).status_code == 404
