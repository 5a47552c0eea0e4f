"""Question sets, judging, counting and generating, with a scripted assistant in place of the real one."""

from __future__ import annotations

import json
import re
import sys
from types import ModuleType

import pytest

from making_answers import LIBRARY, answer, cite
from sidebyside.errors import QuestionSetError
from sidebyside.evaluation import (
    Case,
    evaluate,
    format_report,
    judge,
    load_questions,
    run,
    save_questions,
)
from sidebyside.evaluation.judging import compare_swapped, is_artifact, winner_statements
from sidebyside.evaluation.scores import percentiles
from sidebyside.evaluation.shown import own_words, plain, shown_sentences, shown_text
from sidebyside.evaluation.support import check_support
from sidebyside.records import Table

HERON = cite(1, "Heron", "Reads prompts of up to 128K tokens.")
WREN = cite(2, "Wren (Model)", "Its window holds 8K tokens.")


LONGER = "Heron has the longer context: 128K [1] against 8K tokens for Wren [2]."
GOOD = answer(LONGER, HERON, WREN)
CASE = Case(
    "context-1",
    "compare_aspect",
    "Which has the longer context, Heron or Wren?",
    must=("heron.*longer", r"\b8K"),
    must_not=("wren has the longer",),
    cite=("Heron", "Wren"),
    quote=("128K",),
    status=("answered",),
)


class Scripted:
    """Answers from a table; an exception in it is raised."""

    def __init__(self, answers) -> None:
        self.answers = answers
        self.asked = []

    def answer(self, question, history=()):
        self.asked.append((question, tuple(history)))
        reply = self.answers[question]
        if isinstance(reply, Exception):
            raise reply
        return reply


# Question files


def test_questions_are_read_back_as_they_were_written(tmp_path):
    cases = [CASE, Case("b", "follow_up", "and Wren?", history=(("Heron?", "A model. [1]"),), swap_of="context-1")]
    save_questions(cases, tmp_path / "set.jsonl")
    assert load_questions(tmp_path / "set.jsonl") == cases


def test_a_single_text_stands_for_a_list_and_what_is_left_out_is_not_checked(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(
        '\n{"id": "a", "kind": "fact", "question": "Is it free?", "must": "free", "status": "answered"}\n\n'
    )
    (case,) = load_questions(path)
    assert case.must == ("free",)
    assert case.status == ("answered",)
    assert case.cite == ()
    assert case.swap_of is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": None}, "field 'question' must be a text"),
        ({"must": ["(free"]}, "is no regular expression"),
        ({"must": [1]}, "field 'must' must be a text or a list of texts"),
        ({"status": "maybe"}, "field 'status' must be of answered, partial, not_found"),
        ({"history": [["only one"]]}, "field 'history' must be a list of [question, answer] pairs"),
        ({"swap_of": 3}, "field 'swap_of'"),
        ({"mustnt": ["x"]}, "unknown field 'mustnt'"),
    ],
)
def test_an_unusable_question_is_named_with_its_line(tmp_path, change, reason):
    path = tmp_path / "set.jsonl"
    good = {"id": "a", "kind": "fact", "question": "Is it free?"}
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"id": "b"} | change) + "\n")
    with pytest.raises(QuestionSetError, match=re.escape(reason)) as caught:
        load_questions(path)
    assert caught.value.line == 2
    assert str(caught.value).startswith("set.jsonl, line 2: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no question"),
        ("[]", "a question must be a JSON object"),
        ("{", "line 1"),
        ('{"id": "a", "kind": "k", "question": "?"}\n{"id": "a", "kind": "k", "question": "?"}', "have the id 'a'"),
        ('{"id": "a", "kind": "k", "question": "?", "swap_of": "z"}', "swap of 'z', which is not in the set"),
    ],
)
def test_an_unusable_question_file_is_refused(tmp_path, text, reason):
    path = tmp_path / "set.jsonl"
    path.write_text(text)
    with pytest.raises(QuestionSetError, match=re.escape(reason)):
        load_questions(path)


def test_a_question_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(QuestionSetError, match=r"none\.jsonl: cannot be read"):
        load_questions(tmp_path / "none.jsonl")


# What the reader sees


def test_markdown_is_read_as_plain_text():
    assert plain("**Tern\\-VL \\(7B\\)** costs&nbsp;`$9` – “now”") == 'Tern-VL (7B) costs $9 - "now"'
    assert plain("> quoted\n- item_one and _that_\n# Title") == "quoted\nitem_one and that\nTitle"


def test_notes_are_shown_and_markers_and_page_names_are_left_out():
    shown = answer("Heron is Free [1][2].", HERON, notes=("Rank 3 in heron-vs-wren.txt, 4 in b/tern.html [1]",))
    assert shown_text(shown) == "Heron is Free.\nRank 3 in , 4 in"


def test_a_quote_is_one_with_the_sentence_around_it():
    text = 'Heron: "Reads prompts of up to 128K tokens." [1] Wren is shorter. [2] So Heron wins.'
    assert shown_sentences(answer(text, HERON, WREN)) == [
        'Heron: "‹quote›" [1] Wren is shorter [2].',
        "So Heron wins.",
    ]
    assert "128K" not in own_words(answer(text, HERON, WREN))


def test_places_in_a_list_are_no_sentences():
    shown = answer("By length:\n\n1. Heron: 128K [1]\n2. Wren: 8K. It is shorter. [2]", HERON, WREN)
    assert shown_sentences(shown) == ["By length:", "Heron: 128K [1]", "Wren: 8K.", "It is shorter [2]."]


# Judging


def test_a_right_answer_passes():
    assert judge(CASE, GOOD).reasons == ()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer(LONGER, HERON, WREN, status="partial"), "status partial, expected answered"),
        (answer("Heron has the longer context [1]; see [2].", HERON, WREN), r"does not say /\b8K/"),
        (answer(LONGER + " Wren has the longer one.", HERON, WREN), "says /wren has the longer/"),
        (answer(LONGER.replace("[2]", ""), HERON), "does not cite Wren"),
        (answer(LONGER, cite(1, "Heron", "It is large."), WREN), "no quote matches /128K/"),
        (answer(LONGER + " Also [7].", HERON, WREN), "marker [7] has no citation"),
    ],
)
def test_each_fault_is_named(given, reason):
    assert judge(CASE, given).reasons == (reason,)


def test_words_inside_a_verbatim_quote_are_not_held_against_an_answer():
    boast = cite(2, "Wren (Model)", "Wren has the longer context of the two, say its makers.")
    given = answer(f'Heron is longer: 128K against 8K. "{boast.quote}" [2]', HERON, boast)
    assert judge(CASE, given).passed
    assert not judge(CASE, answer(f"Heron is longer: 8K. {boast.quote}", HERON, WREN)).passed


def test_a_name_means_the_label_with_its_type_but_no_longer_name():
    assert is_artifact("lantern", "Lantern (Product)")
    assert is_artifact("Lantern (Product)", "Lantern (Product)")
    assert not is_artifact("Lantern (Model)", "Lantern (Product)")
    assert not is_artifact("Lantern", "Lantern Pro")


def test_a_bracketed_number_inside_a_quote_is_no_marker():
    quoted = cite(1, "Heron", "Prompts such as '[9] dog' work.")
    assert judge(Case("a", "k", "?"), answer(f"Heron: {quoted.quote} [1]", quoted)).passed


# Swapped questions


def test_the_winner_is_who_is_named_before_the_comparing_word():
    assert winner_statements(GOOD) == {("Heron", "longer")}
    turned = answer("With 8K, Wren (Model) [2] has less than Heron.", HERON, WREN)
    assert winner_statements(turned) == {("Wren (Model)", "less")}
    assert winner_statements(answer("Higher ranked is Heron [1].", HERON, WREN)) == {("Heron", "higher")}
    assert winner_statements(answer("Heron and Wren are equal.", HERON, WREN)) == {("", "equal")}


def test_comparing_words_inside_quotes_state_no_winner():
    boast = cite(1, "Heron", "Longer window than most.")
    assert winner_statements(answer("Heron: Longer window than most. [1]", boast)) == frozenset()
    assert winner_statements(answer('Heron says "better than all". [1]', boast)) == frozenset()


def test_swapped_answers_agree_when_only_the_order_differs():
    other_order = answer(
        "Wren (Model) takes 8K tokens [1]. Heron has the longer context, 128K [2].",
        cite(1, WREN.artifact, WREN.quote),
        cite(2, HERON.artifact, HERON.quote),
    )
    assert compare_swapped(GOOD, other_order).passed


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (answer(LONGER, HERON, WREN, status="partial"), "status answered and partial"),
        (answer(LONGER, HERON), "only one of the two cites"),
        (answer("Wren has the longer context [1][2].", HERON, WREN), "says [('Heron', 'longer')] and [('Wren (Model)'"),
    ],
)
def test_swapped_answers_that_differ_are_told_apart(second, reason):
    (found,) = compare_swapped(GOOD, second).reasons
    assert found.startswith(reason)


# Support


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Heron reads up to 128K tokens [1].", ""),
        ('Heron: "Reads prompts of up to 128K tokens." [1]', ""),
        ("The pages do not settle this.", ""),
        ("2 artifacts match.", ""),
        ("9 of 27 artifacts match; the library holds Heron and 26 more.", ""),
        ("Here is what its page claims about others: Reads prompts of up to 128K tokens. [1]", ""),
        ("It says so on page-99.html [1].", ""),
        ("Heron reads up to 256K tokens [1].", "number 256 is in none of its quotes"),
        ("Heron reads up to 8K tokens [1].", "number 8 is in none of its quotes"),
        ("Heron beats Claude with 128K tokens [1].", "name Claude is in none of its quotes"),
        ("Heron supports speech recognition and image generation [1].", "only 1 of 6 content words are in its quotes"),
    ],
)
def test_sentences_are_checked_against_their_own_quotes(text, reason):
    shown, findings = check_support(answer(text, HERON, WREN))
    assert shown == 1
    assert [finding.reason for finding in findings] == ([reason] if reason else [])


def test_only_a_sentence_without_a_marker_may_name_any_artifact_of_the_library():
    assert check_support(answer("The nearest name is Tern 9.5.", HERON), ("Tern 9.5",))[1] == ()
    assert check_support(answer("The nearest name is Tern.", HERON))[1][0].reason.startswith("name Tern")
    assert check_support(answer("Heron beats Tern at 128K [1].", HERON), ("Tern",))[1][0].reason.startswith("name Tern")


def test_the_table_supports_names_and_counts():
    table = Table(("", "Heron", "Wren (Model)"), (("Pricing", "Free", "Freemium"),))
    assert check_support(answer("Pricing of Wren is Freemium [2].", HERON, WREN, table=table))[1] == ()


# Counting


def stats(model, quoted, facts, first, total):
    return {
        "facts_ms": facts,
        "first_sentence_ms": first,
        "total_ms": total,
        "model_sentences": model,
        "quoted_sentences": quoted,
    }


REPORT_CASES = [
    CASE,
    Case("context-2", CASE.kind, "Wren or Heron?", cite=("Heron", "Wren"), status=("answered",), swap_of="context-1"),
    Case("absent-1", "not_stated", "Who made Heron?", status=("not_found",)),
    Case("absent-2", "not_stated", "Is Wren old?", status=("partial", "not_found")),
    Case("fact-1", "fact", "Is Heron free?", must=("free",), cite=("Heron",), status=("answered",)),
    Case("fact-2", "fact", "boom", cite=("Heron",), status=("answered",)),
    Case("talk-1", "small_talk", "hi"),
]
REPLIES = {
    CASE.question: answer(LONGER, HERON, WREN, stats=stats(1, 1, 10, 500, 2000)),
    "Wren or Heron?": answer(
        "Wren wins [2].", WREN, cite(3, "Tern", "An outsider."), stats=stats(0, 2, 20, None, 3000)
    ),
    "Who made Heron?": answer("No page says who made Heron.", status="not_found", stats=stats(0, 0, 5, None, 6)),
    "Is Wren old?": answer("Yes, 40 years.", status="answered", stats=stats(0, 0, 30, None, 40)),
    "Is Heron free?": answer("No page says.", status="not_found"),
    "boom": RuntimeError("model gone"),
    "hi": answer("Hello.", status="not_found"),
}


@pytest.fixture(scope="module")
def report():
    return run(Scripted(REPLIES), REPORT_CASES, about={"questions": "test"})


def test_every_question_is_asked_with_its_history_and_progress_is_told():
    case = Case("a", "follow_up", "and Wren?", history=(("Heron?", "A model."),))
    assistant, ticks = Scripted({"and Wren?": GOOD}), []
    run(assistant, [case, case], progress=lambda done, total: ticks.append((done, total)))
    assert assistant.asked == [("and Wren?", (("Heron?", "A model."),))] * 2
    assert ticks == [(1, 2), (2, 2)]


def test_scores_are_counted_by_kind_and_in_all(report):
    by_kind = {score.kind: score for score in report.scores}
    assert list(by_kind) == ["compare_aspect", "not_stated", "fact", "small_talk"]
    compared = by_kind["compare_aspect"]
    assert (compared.correct.hits, compared.correct.total) == (1, 2)
    assert (compared.citation_precision.hits, compared.citation_precision.total) == (3, 4)
    assert (compared.citation_recall.hits, compared.citation_recall.total) == (3, 4)
    assert (compared.swaps.hits, compared.swaps.total) == (0, 1)
    assert (compared.model_sentences.hits, compared.model_sentences.total) == (1, 4)
    assert (compared.model_answers.hits, compared.model_answers.total) == (1, 2)
    assert compared.times["facts_ms"] == (10, 20)
    assert compared.times["first_sentence_ms"] == (500, 500)
    assert by_kind["fact"].citation_recall.total == 2
    assert by_kind["small_talk"].times["total_ms"] is None
    assert (report.total.correct.hits, report.total.questions) == (3, 7)


def test_refusals_are_counted_where_only_one_of_both_is_right(report):
    # Rightly refused: absent-1. Wrongly refused: fact-1. Not refused: absent-2. Either is fine: talk-1.
    assert (report.total.refusal_precision.hits, report.total.refusal_precision.total) == (1, 2)
    assert (report.total.refusal_recall.hits, report.total.refusal_recall.total) == (1, 2)


def test_an_error_is_a_failed_question_and_not_the_end(report):
    failed = {result.case.id: result.judgement.reasons for result in report.failures}
    assert failed["fact-2"] == ("raised RuntimeError: model gone",)
    assert set(failed) == {"context-2", "absent-2", "fact-1", "fact-2"}


def test_unsupported_sentences_are_counted(report):
    assert report.total.unsupported.hits == 1
    (invented,) = [result for result in report.results if result.unsupported]
    assert invented.case.id == "absent-2"
    assert invented.unsupported[0].reason == "number 40 is in none of its quotes"


def test_the_report_is_json_with_answers_and_reasons(report):
    data = json.loads(json.dumps(report.to_dict()))
    assert data["about"] == {"questions": "test"}
    assert data["total"]["correct"] == {"hits": 3, "total": 7, "value": 3 / 7}
    assert data["kinds"][0]["times"]["total_ms"] == {"p50": 2000, "p95": 3000}
    assert data["results"][0]["answer"]["citations"][0]["quote"] == HERON.quote
    assert data["results"][5]["answer"] is None
    assert data["swaps"][0]["ids"] == ["context-1", "context-2"]


def test_the_printed_report_has_a_row_for_each_kind_and_the_failures(report):
    lines = format_report(report, failures=1).splitlines()
    assert lines[0].split()[:3] == ["kind", "n", "correct"]
    assert re.match(r"compare_aspect +2 +50\.0% +75\.0% +75\.0%", lines[2])
    assert re.match(r"all +7 +42\.9%", lines[6])
    assert "4 of 7 questions failed" in lines
    assert "... and 3 more, all in the JSON report" in lines
    assert "context-1 and its swap context-2 differ" in lines


def test_percentiles_are_of_the_nearest_rank():
    assert percentiles(range(1, 101)) == (50, 95)
    assert percentiles([None, 7]) == (7, 7)
    assert percentiles([None]) is None


# Evaluating an index


@pytest.fixture
def scripted_assistant(monkeypatch):
    """Puts a scripted assistant in the place that `evaluate` opens."""
    opened = []

    class Assistant:
        library = LIBRARY
        generation = "g1"

        @classmethod
        def open(cls, index, *, settings=None, model=None) -> Assistant:
            opened.append((index, settings, model))
            return cls()

        def __enter__(self) -> Assistant:
            return self

        def __exit__(self, *exc) -> None:
            opened.append("closed")

        def answer(self, question, history=()):
            return answer("There are 4 artifacts.", question=question)

    module = ModuleType("sidebyside.assistant")
    module.Assistant = Assistant
    monkeypatch.setitem(sys.modules, "sidebyside.assistant", module)
    return opened


def test_evaluate_opens_the_index_asks_the_file_and_closes(scripted_assistant, tmp_path):
    file = tmp_path / "mine.jsonl"
    save_questions([Case("a", "library", "How many artifacts?", must=(r"\b4\b",))], file)
    report = evaluate("some-index", file, model="none")
    assert scripted_assistant == [("some-index", None, "none"), "closed"]
    assert report.total.correct.value == 1
    assert report.about["questions"] == "mine.jsonl"
    assert report.about["generation"] == "g1"
    assert report.about["artifacts"] == 4


def test_evaluate_without_a_file_generates_questions(scripted_assistant):
    report = evaluate("some-index", limit=10, seed=5)
    assert 9 <= report.total.questions <= 10
    assert report.about["questions"] == "generated, seed 5"


def test_a_bad_question_file_is_refused_before_the_model_is_loaded(scripted_assistant, tmp_path):
    with pytest.raises(QuestionSetError):
        evaluate("some-index", tmp_path / "none.jsonl")
    assert scripted_assistant == []
