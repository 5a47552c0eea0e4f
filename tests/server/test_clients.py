"""Requests as chat clients send them: Open WebUI, LibreChat, Cline, Jan, and what they all do now and then."""

from __future__ import annotations

import json

import openai
import pytest

from serving_routes import TOKEN, api_for, guarded, serving
from sidebyside.server.chat_models import ChatMessage
from sidebyside.server.conversation import conversation
from sidebyside.server.frames import unframed
from sidebyside.server.mentions import mentioned
from sidebyside.server.tasks import done, task_of
from sidebyside.serving.access import Access
from standin import CONTEXT, LLAMA, StandIn

Q = "Which has the longer context?"
RANKED = "Which has the higher UnfragileRank, Wickerlamp 9B or Tamsin Studio?"
LABELS = ("Wickerlamp 9B", "Tamsin Studio", "Tamsin", "cli")
TEXT = {"type": "text", "text": "look"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("clients") / "log"


@pytest.fixture(scope="module")
def address(log):
    with serving(guarded(api_for(StandIn(delay=0, log=log)), Access(token=TOKEN))) as address:
        yield address


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key=TOKEN, max_retries=0, timeout=20) as client:
        yield client


def said(client, messages, **more) -> str:
    return client.chat.completions.create(model="sidebyside", messages=messages, **more).choices[0].message.content


def last_asked(log) -> dict:
    return json.loads(log.read_text().splitlines()[-1])


def user(content) -> dict:
    return {"role": "user", "content": content}


# --- habits that all servers put up with -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "history"),
    [
        ([user(Q), {"role": "system", "content": "Be short."}], []),
        ([user(Q), {"role": "assistant", "content": "Llama"}], []),
        ([user(Q), {"role": "assistant", "content": "Llama."}, user("Continue.")], []),
        ([user("a"), {"role": "assistant", "content": "b"}, user(Q), {"role": "assistant"}], [["a", "b"]]),
        ([{"role": "system", "content": Q}], []),
        ([{"role": "function", "name": "x", "content": "y"}, user(Q)], []),
        ([user("a"), {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "y"}, user(Q)], [["a", ""]]),
        ([{"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "y"}]}, user(Q)], []),
        ([{"role": "system", "content": "x " * 20_000}, user(Q)], []),
        ([user([TEXT, PICTURE]), {"role": "assistant", "content": "ok"}, user(Q)], [["look", "ok"]]),
        ([user([Q])], []),
        ([user([{"type": "input_text", "text": Q}])], []),
        ([user({"type": "text", "text": Q})], []),
    ],
)  # fmt: skip
def test_the_last_question_is_answered(client, log, messages, history):
    said(client, messages)
    assert last_asked(log) == {"asked": Q, "history": history}


def test_an_answer_of_our_own_of_any_length_goes_back(client, log):
    said(client, [user("a"), {"role": "assistant", "content": "b" * 30_000}, user(Q)])
    assert last_asked(log)["history"] == [["a", "b" * 20_000]]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (PICTURE, "a picture"),
        ({"type": "input_image", "image_url": "data:,"}, "a picture"),
        ({"type": "file", "file": {"filename": "notes.pdf", "file_data": "data:,"}}, "the file notes.pdf"),
        ({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, "a recording"),
        ({"type": 7}, "a part of another kind"),
    ],
)
def test_what_is_not_read_is_said(client, part, told):
    text = said(client, [user([{"type": "text", "text": Q}, part])])
    assert text.startswith(CONTEXT.text)
    assert f"Note: The message also holds {told}, which cannot be read here" in text
    with pytest.raises(openai.BadRequestError, match=f"the message holds {told} and no words"):
        said(client, [user([part])])


def test_a_model_is_there_by_its_name(client):
    assert client.models.retrieve("sidebyside-quotes").id == "sidebyside-quotes"
    assert client.models.retrieve("sidebyside:latest").id == "sidebyside:latest"
    with pytest.raises(openai.NotFoundError, match="are on offer"):
        client.models.retrieve("gpt-4")


def test_what_other_engines_are_told_is_read_over(client):
    more = {"max_completion_tokens": 5, "tools": [], "tool_choice": "auto", "reasoning_effort": "low"}
    assert said(client, [user(Q)], **more).startswith(CONTEXT.text)


def test_json_objects_hold_the_answer_and_its_citations(client):
    for more in ({}, {"stream": True}):
        made = client.chat.completions.create(
            model="sidebyside", messages=[user(Q)], response_format={"type": "json_object"}, **more
        )
        text = "".join(c.choices[0].delta.content or "" for c in made) if more else made.choices[0].message.content
        data = json.loads(text)
        assert (data["answer"], data["status"]) == (CONTEXT.text, "answered")
        assert data["citations"][0]["quote"] == CONTEXT.citations[0].quote


def schema(required, **properties) -> dict:
    inner = {"type": "object", "properties": properties, "required": required}
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": inner, "strict": True}}


def test_a_schema_is_filled_with_what_is_known(client):
    text = {"type": "string"}
    form = schema(["answer", "sources"], answer=text, sources={"type": "array", "items": text}, mood=text)
    data = json.loads(said(client, [user(Q)], response_format=form))
    assert data == {"answer": CONTEXT.text, "sources": sorted({citation.source for citation in CONTEXT.citations})}


@pytest.mark.parametrize(
    "field",
    [
        {"type": ["number", "null"]},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
        {"type": "null"},
    ],
)
def test_what_a_schema_lets_be_null_is_null_where_nothing_is_known(client, field):
    form = schema(["answer", "confidence"], answer={"type": "string"}, confidence=field)
    assert json.loads(said(client, [user(Q)], response_format=form)) == {"answer": CONTEXT.text, "confidence": None}


def test_a_value_that_a_schema_does_not_list_does_not_fit(client):
    listed = schema(["status"], status={"type": "string", "enum": ["answered", "partial"]})
    assert json.loads(said(client, [user(Q)], response_format=listed)) == {"status": "answered"}
    with pytest.raises(openai.BadRequestError, match="nothing here fills 'status'"):
        said(client, [user(Q)], response_format=schema(["status"], status={"type": "string", "enum": ["good", "bad"]}))


def test_a_schema_that_cannot_be_filled_is_refused_with_what_can(client):
    for form in (schema(["mood"], mood={"type": "string"}), schema(["answer"], answer={"type": "array"})):
        with pytest.raises(openai.BadRequestError, match=r"nothing here fills '(mood|answer)'; known are answer, text"):
            said(client, [user(Q)], response_format=form)
        stream = client.chat.completions.create(
            model="sidebyside", messages=[user(Q)], response_format=form, stream=True
        )
        with pytest.raises(openai.APIError, match="nothing here fills"):
            list(stream)


# --- the question inside a client's frame ----------------------------------------------------------------------------

WEBUI = "### Task:\nRespond to the user query using the provided context.\n\n### Guidelines:\n- Be clear.\n\n"


@pytest.mark.parametrize(
    "text",
    [
        f"<task>\n{Q}\n</task>\n<environment_details>\n# Current time\n31/01/2026, 12:31\n</environment_details>",
        f"[attempt_completion] Result: Done\n<feedback>\n{Q}\n</feedback>",
        f"Use the following context.\n<context>\n{'The club meets on Tuesdays. ' * 200}\n</context>\nQuestion: {Q}",
        f'{WEBUI}<context>\n<source id="1">Which is older?</source>\n</context>\n\n{Q}',
        f"{WEBUI}<context>\nx\n</context>\n\n<user_query>\n{Q}\n</user_query>",
        f"Use these pieces to answer.\n\nThe club meets.\n\nQuestion: {Q}\nHelpful Answer:",
        f"Context: a\n\nUser question: {Q}",
        f"  {Q}\n",
    ],
)
def test_the_question_is_found_in_its_frame(text):
    assert unframed(text) == Q


def test_marks_that_are_no_frame_stay():
    for text in ("What does <task> mean on the page?", "Compare A and B: question types", "a < b > c"):
        assert unframed(text) == text


def test_hostile_marks_take_no_time():
    assert len(unframed("<context>" * 40_000 + "</task>" * 5_000)) > 0


CLINE = {"role": "system", "content": "You are Cline. # Tools\n## attempt_completion\n<attempt_completion>\n<result>\n"}


def test_cline_is_told_that_its_task_is_done(client, log):
    asked = [f"<task>\n{Q}\n</task>", "<environment_details>\nx\n</environment_details>"]
    first = said(client, [CLINE, user(asked)])
    assert first.startswith(f"<attempt_completion>\n<result>\n{CONTEXT.text}")
    assert first.endswith("</result>\n</attempt_completion>")
    pieces = client.chat.completions.create(model="sidebyside", messages=[CLINE, user(asked)], stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in pieces) == first
    feedback = "[attempt_completion] Result:\nThe user has provided feedback.\n<feedback>\nAnd the rank?\n</feedback>"
    said(client, [CLINE, user(asked), {"role": "assistant", "content": first}, user(feedback)])
    assert last_asked(log) == {"asked": "And the rank?", "history": [[Q, CONTEXT.text]]}
    again = user("[ERROR] You did not use a tool in your previous response! Please retry with a tool use.")
    said(client, [CLINE, user(asked), {"role": "assistant", "content": first}, again])
    assert last_asked(log) == {"asked": Q, "history": []}


# --- what clients ask for themselves ---------------------------------------------------------------------------------


def webui(task: str, key: str, value: str = '"..."') -> str:
    """A task of Open WebUI: what is wanted, the form of the output, the conversation."""
    return (
        f'### Task:\n{task}\n### Guidelines:\n- Be brief.\n### Output:\nJSON format: {{ "{key}": {value} }}\n'
        f"### Chat History:\n<chat_history>\nUSER: {RANKED}\nASSISTANT: Tamsin Studio: 52/100 [1].\n</chat_history>"
    )


LIBRECHAT = (
    "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. "
    "Only return the title itself."
)
STRUCTURED = (
    "Analyze this conversation and provide:\n1. The detected language of the conversation\n"
    "2. A concise title in the detected language (5 words or less, no punctuation or quotation)"
)
LINE = "--------------"
PHRASE = "Create a concise, 3-5 word phrase as a title for the previous query. ONLY return the title."
CHATBOX = (
    "Based on the chat history, give this conversation a name. Keep it short, 10 characters max. "
    "Only respond with the name."
)
LOBE = "You name conversations. Write a concise title, no quotes, nothing else."
CHAT = f"User: {RANKED}\nAI: Tamsin Studio has the higher one.\nIt has 52/100."
TITLE = "Wickerlamp 9B vs Tamsin Studio: UnfragileRank"


@pytest.mark.parametrize(
    ("text", "key", "value", "plain"),
    [
        (webui("Generate a concise, 3-5 word title with an emoji.", "title"), "title", TITLE, False),
        (webui("Give tags.", "tags", '["a"]'), "tags", ["Wickerlamp 9B", "Tamsin Studio", "Comparison"], False),
        (webui("Suggest follow-ups.", "follow_ups", '["a?"]'), "follow_ups", ["next?"], False),
        (webui("Write search queries.", "queries", '["a"]'), "queries", [], False),
        (webui("Describe a picture.", "prompt"), "prompt", RANKED, False),
        ('You complete text. Respond only in JSON: `{ "text": "..." }`.\n<text>Which</text>', "text", "", False),
        (f"{LIBRECHAT}\n\nConversation:\n{CHAT}", "title", TITLE, True),
        (f"{STRUCTURED}\n\n{CHAT}", "title", TITLE, True),
        (f'Summarize in a 10-word Title. Give the title only. Here is the message: "{RANKED}"', "title", TITLE, True),
        (f"Here is the query:\n\n{LINE}\n\n{RANKED}\n\n{LINE}\n\n{PHRASE}", "title", TITLE, True),
        ("Your task is to reflect the likely facial expression through a fitting emoji.", "emoji", "🙂", True),
    ],
)
def test_tasks_are_told_from_questions_and_done_by_code(text, key, value, plain):
    task = task_of([ChatMessage(role="user", content=text)])
    assert (task.key, task.plain) == (key, plain)
    assert done(task, LABELS, ["next?"]) == value


@pytest.mark.parametrize(
    "messages",
    [
        [("user", RANKED), ("assistant", "52/100"), ("user", CHATBOX)],
        [("system", LOBE), ("user", f"user: {RANKED}\nassistant: 52/100")],
    ],
)  # fmt: skip
def test_a_title_is_made_from_the_messages_before_it(messages):
    task = task_of([ChatMessage(role=role, content=text) for role, text in messages])
    assert done(task, LABELS) == TITLE


def test_a_client_that_lets_models_choose_tools_is_told_none():
    system = 'Available Tools: []\nReturn only the JSON object.\n{ "tool_calls": [] }'
    asked = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=f"Query: {RANKED}")]
    assert done(task_of(asked), LABELS) == []


@pytest.mark.parametrize(
    "question",
    [
        RANKED,
        "Which artifact has a short name, and only that?",
        'Which can answer in JSON such as {"title": "x"}?',
        "Can Tamsin write a concise title for a chat in five words?",
        "",
    ],
)
def test_questions_are_no_tasks(question):
    assert task_of([ChatMessage(role="user", content=question)]) is None


def test_titles_without_names_are_the_beginning_of_the_question():
    asked = [
        ChatMessage(
            role="user",
            content=f"{webui('Title.', 'title').replace(RANKED, 'Which one is the cheapest of all of them?')}",
        )
    ]
    assert done(task_of(asked), LABELS) == "Which one is the cheapest of"


def test_task_reaches_the_client_as_it_reads_it(client, log):
    before = log.read_text()
    title = said(client, [user(webui("Generate a concise title.", "title"))])
    assert json.loads(title) == {"title": "Which has the higher UnfragileRank, Wickerlamp"}
    assert (
        said(
            client,
            [user(f'Summarize in a 10-word Title. Give the title only. Here is the message: "What is {LLAMA}?"')],
        )
        == LLAMA
    )
    pieces = client.chat.completions.create(
        model="sidebyside", messages=[user(webui("Tags.", "tags"))], stream=True, stream_options={"include_usage": True}
    )
    told = "".join(chunk.choices[0].delta.content or "" for chunk in pieces if chunk.choices)
    assert json.loads(told) == {"tags": ["Comparison"]}
    assert log.read_text() == before


def test_follow_ups_are_what_the_library_can_answer_next(client, log):
    told = json.loads(said(client, [user(webui("Suggest follow-ups.", "follow_ups").replace(RANKED, Q))]))
    assert told == {"follow_ups": list(CONTEXT.suggestions)}
    assert told["follow_ups"]
    assert last_asked(log)["asked"] == Q


def test_librechat_gets_language_and_title_by_its_schema(client):
    prompt = f"{STRUCTURED}\n\nUser: What is {LLAMA}?\nAI: A model."
    form = schema(["language", "title"], language={"type": "string"}, title={"type": "string"})
    assert json.loads(said(client, [user(prompt)], response_format=form)) == {"language": "English", "title": LLAMA}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tamsin studio and wickerlamp 9b", ["Tamsin Studio", "Wickerlamp 9B"]),
        ("Tamsin, Tamsin Studio", ["Tamsin", "Tamsin Studio"]),
        ("Tamsinstudio, clip", []),
        ("the cli, not the CLI", ["cli"]),
        ("CLI", []),
        ("", []),
    ],
)
def test_labels_are_found_as_whole_words(text, found):
    assert mentioned(text, LABELS) == found


@pytest.mark.parametrize(
    ("roles", "question", "pairs"),
    [
        ("u:a", "a", []),
        ("u:a a:b u:c", "c", [("a", "b")]),
        ("s:x u:a a:b u:c", "c", [("a", "b")]),
        ("u:a u:b", "b", []),
        ("a:hello u:a", "a", []),
        ("u:a a:b a:c u:d", "d", [("a", "b")]),
        ("u:a a:b u:c a:d s:x", "c", [("a", "b")]),
        ("u:a a: u:b", "b", [("a", "")]),
        ("u:a a: t:x u:b", "b", [("a", "")]),
        ("u:a a: t:x", "a", []),
    ],
)
def test_messages_become_pairs(roles, question, pairs):
    names = {"u": "user", "a": "assistant", "s": "system", "t": "tool"}
    messages = [ChatMessage(role=names[part[0]], content=part[2:]) for part in roles.split()]
    asked = conversation(messages)
    assert (asked.question, list(asked.history)) == (question, pairs)
