"""A course in another language: all that students read can be collected, translated and shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.build import build
from autograder.authoring.message_sources import (
    course_messages,
    engine_messages,
    visible_messages,
)
from autograder.authoring.messages import NOTEBOOKS, translate_visible_checks, write_messages
from autograder.authoring.new import FIRST, new_course
from autograder.cli import main
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.mistakes import load_bank
from autograder.core.results import (
    CheckResult,
    CheckSpec,
    Graded,
    Outcome,
    QuestionResult,
    Submission,
)
from autograder.core.translation import (
    ENGLISH,
    Translation,
    fields,
    file_of,
    literals,
    translation_of,
)
from autograder.feedback.page import automatic_marks, page
from autograder.grading.pipeline import Grader
from autograder.grading.question_report import as_text
from autograder.publish.contents import contents
from autograder.service.pages import render

SEED = 20_261_130
# What a lecturer writes: the sentences of the small assignment, its hints, and those of the engine that answers to it can meet.
GERMAN = {
    "The loss is the mean of the squared errors.": "Der Verlust ist das Mittel der quadrierten Fehler.",
    "`dw` is the gradient of the loss with respect to `w`.": "`dw` ist der Gradient des Verlusts nach `w`.",
    "Different numbers of examples and targets raise a `ValueError` that names both numbers.": "Verschieden viele Beispiele und Ziele lösen einen `ValueError` aus, der beide Zahlen nennt.",
    "Arguments stay unchanged, and any dtype and layout of the arrays gives the right one back.": "Argumente bleiben unverändert, und jeder dtype und jede Anordnung der Felder ergibt das Richtige.",
    "Your loss is the sum of the squared errors. Divide it by the number of examples.": "Dein Verlust ist die Summe der quadrierten Fehler. Teile ihn durch die Zahl der Beispiele.",
    "You compute the error inside `y`, which belongs to the caller. Make a new array.": "Du berechnest den Fehler in `y`, das dem Aufrufer gehört. Lege ein neues Feld an.",
    "{0} of {1} points": "{0} von {1} Punkten",
    "({0} of {1})": "({0} von {1})",
    "{0} of {1}": "{0} von {1}",
    "1 check is right": "1 Prüfung ist richtig",
    "{0} checks are right": "{0} Prüfungen sind richtig",
    "Where to look:": "Wo du suchen kannst:",
    "is what it would be {0}": "ist das, was herauskäme, {0}",
    "if it were a sum, and not a mean": "wenn es eine Summe wäre und kein Mittel",
    "`{0}` is not written yet.": "`{0}` ist noch nicht geschrieben.",
    "is {0} times what it should be": "ist das {0}-Fache des Richtigen",
    "is in every entry {0} times what it should be": "ist in jedem Eintrag das {0}-Fache des Richtigen",
    "`{0}` returns {1} for integer arguments, expected float64.": "`{0}` gibt {1} für ganze Zahlen zurück, erwartet war float64.",
    "Do you compute with whole numbers, or store the result in an array with the dtype of an integer argument?": "Rechnest du mit ganzen Zahlen, oder legst du das Ergebnis in ein Feld vom dtype eines ganzzahligen Arguments?",
    "`{0}` changes its argument number {1}, which belongs to the caller.": "`{0}` ändert sein Argument Nummer {1}, das dem Aufrufer gehört.",
    "Look for in-place operations, or for a view that is written to.": "Suche nach Änderungen am Ort, oder nach einer Sicht, in die geschrieben wird.",
    "This is your notebook as we graded it. The answers are yours; everything else is from the original notebook.": "Dies ist dein Notebook, wie wir es bewertet haben. Die Antworten sind deine; alles andere stammt aus dem Original.",
    "Each line is one check with its own numbers. ✓ correct, ✗ not correct, ? not judged.": "Jede Zeile ist eine Prüfung mit eigenen Zahlen. ✓ richtig, ✗ falsch, ? nicht beurteilt.",
    "what to do first": "was zuerst zu tun ist",
    "question": "Aufgabe",
    "points": "Punkte",
    "feedback": "Rückmeldung",
    "Question by question": "Aufgabe für Aufgabe",
    "Your notebook": "Dein Notebook",
    "the visible check": "die sichtbare Prüfung",
    "code": "Code",
    "{0} of these points wait for a person, who has not read your answer yet.": "{0} dieser Punkte vergibt ein Mensch, der deine Antwort noch nicht gelesen hat.",
    "not read yet": "noch nicht gelesen",
}
# What the page of the service says on which students log in.
LOGIN = {
    "Log in": "Anmelden",
    "Feedback on notebooks": "Rückmeldung zu Notebooks",
    "You have a token from your teacher: 32 letters and digits in groups of four. It is yours alone: anybody who has it can hand in as you.": "Du hast ein Token von deiner Lehrerin: 32 Buchstaben und Ziffern in Vierergruppen. Es gehört nur dir: Wer es hat, kann in deinem Namen abgeben.",
    "Your token": "Dein Token",
}
# What its visible checks print, for each answer below.
PRINTED = {
    "{0}: {1} of {2} right": "{0}: {1} von {2} richtig",
    "{0}: {1} of {2} right, {3} not reached": "{0}: {1} von {2} richtig, {3} nicht erreicht",
    "is right": "ist richtig",
    "is unchanged": "ist unverändert",
    "has changed: your function writes into its argument": "ist verändert: deine Funktion schreibt in ihr Argument",
    "has shape {0}": "hat die Form {0}",
    "{0} stopped by {1}": "{0} abgebrochen durch {1}",
    "stopped by {0}": "abgebrochen durch {0}",
    "is {0} for {1}, expected {2}": "ist {0} für {1}, erwartet {2}",
    "whole numbers": "ganze Zahlen",
    "is not right: {0}, worst relative error {1} at index {2}": "ist nicht richtig: {0}, größter relativer Fehler {1} an der Stelle {2}",
    "every entry differs": "jeder Eintrag ist anders",
    "expected {0}, got {1}": "erwartet {0}, gefunden {1}",
    "{0}: float32 stays float32, whole numbers become float64": "{0}: float32 bleibt float32, ganze Zahlen werden float64",
    "is the same for read-only arrays, slices of larger ones and transposed ones": "ist für schreibgeschützte, herausgeschnittene und transponierte Felder dasselbe",
    "not written yet. Write your code in its cell above, and run this cell again.": "noch nicht geschrieben. Schreibe deinen Code in die Zelle darüber und führe diese Zelle noch einmal aus.",
    "agrees with the numeric gradient": "stimmt mit dem numerischen Gradienten überein",
    "Your own checks: {0} of {1} points": "Deine eigenen Prüfungen: {0} von {1} Punkten",
    "{0} of {1} points: {2}": "{0} von {1} Punkten: {2}",
    "{0} of {1} checks right": "{0} von {1} Prüfungen richtig",
    "Grading uses other checks on other numbers, so your mark may differ.": "Die Bewertung nimmt andere Prüfungen mit anderen Zahlen, deine Note kann also abweichen.",
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small course whose notebook and messages are German."""
    made = new_course(tmp_path_factory.mktemp("deutsch") / "klein")
    text = made.text_form(FIRST).read_text(encoding="utf-8")
    for english, german in {
        "## 1. The mean squared error": "## 1. Der mittlere quadratische Fehler",
        "Return the mean squared error of the predictions x @ w, and its gradient.": "Gib den mittleren quadratischen Fehler der Vorhersagen x @ w und seinen Gradienten zurück.",
    }.items():
        assert english in text
        text = text.replace(english, german)
    made.text_form(FIRST).write_text(text, encoding="utf-8")
    build(made, [FIRST])
    path, _, translated = write_messages(made, "de")
    assert translated == 0
    fill_in(path, GERMAN | PRINTED | LOGIN)
    return made


def fill_in(path: Path, said: dict[str, str]) -> None:
    """Translate messages in a file of gettext, as a program for translators does."""
    from babel.messages.pofile import read_po, write_po

    with path.open("rb") as file:
        catalogue = read_po(file)
    for message, text in said.items():
        assert message in catalogue, f"not among the messages: {message}"
        catalogue[message].string = text
    with path.open("wb") as file:
        write_po(file, catalogue)


def graded(course: Course, source: str | None) -> Graded:
    """The result of an answer to the small assignment; None is the untouched notebook."""
    notebook = load_assignment(course, FIRST).solved()
    for cell in notebook["cells"]:
        if cell["id"] == "squared_error":
            cell["source"] = source or cell["source"]
    if source is None:
        notebook = json.loads(course.release_notebook(FIRST).read_bytes())
    with Grader(course, FIRST) as grader:
        (found,) = grader.grade([Submission("ann", json.dumps(notebook).encode())], SEED)
    return found


def reports(found: Graded) -> list[str]:
    """The lines of a result's report."""
    return [
        line.strip()
        for cell in found.notebook["cells"]
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
        for line in output["data"]["text/plain"].splitlines()
    ]


def answers(course: Course) -> dict[str, str | None]:
    """Answers of each kind: right, untouched, and two known mistakes."""
    entries = {one.id for one in load_bank(course.mistakes(FIRST)).mistakes("squared_error")}
    wrong = ("sums_the_loss", "writes_into_the_targets")
    solved = {
        cell["id"]: cell["source"] for cell in load_assignment(course, FIRST).solved()["cells"]
    }
    right = solved["squared_error"]
    assert set(wrong) <= entries
    return {
        "right": right,
        "untouched": None,
        "sums_the_loss": right.replace("np.mean(error**2)", "np.sum(error**2)"),
        "writes_into_the_targets": right.replace("error = x @ w - y", "y -= x @ w\n    error = -y"),
    }


@pytest.mark.slow
def test_a_german_course_is_built_graded_and_read_in_german(course: Course) -> None:
    released = course.release_notebook(FIRST).read_text(encoding="utf-8")
    assert "Der mittlere quadratische Fehler" in released
    pyproject = course.pyproject.read_text(encoding="utf-8")
    try:
        for kind, source in answers(course).items():
            course.pyproject.write_text(pyproject, encoding="utf-8")
            english = graded(course, source)
            text = pyproject.replace("[tool.autograder]", '[tool.autograder]\nlanguage = "de"', 1)
            assert text != pyproject
            course.pyproject.write_text(text, encoding="utf-8")
            german = graded(course, source)
            assert english.questions == german.questions, kind
            theirs, ours = reports(english), reports(german)
            assert len(theirs) == len(ours) > 3
            assert set(theirs) & set(ours) == set(), kind  # no line is left as it was
            for before, after in zip(theirs, ours, strict=True):
                assert re.findall(r"[\d.]*\d", before) == re.findall(r"[\d.]*\d", after)
            made = page(german.notebook, FIRST, automatic_marks(german), say=translation_of(course))
            assert '<html lang="de">' in made
            assert "Aufgabe für Aufgabe" in made
            left = [one for one in GERMAN if len(one) > 20 and "{" not in one and one in made]
            assert left == [], kind
    finally:
        course.pyproject.write_text(pyproject, encoding="utf-8")


def printed(cells: list[dict[str, Any]], ident: str) -> list[str]:
    """The lines that a cell printed."""
    (cell,) = [cell for cell in cells if cell["id"] == ident]
    texts = ["".join(one["text"]) for one in cell["outputs"] if one["output_type"] == "stream"]
    return "".join(texts).splitlines()


def test_visible_checks_print_german_lines(course: Course) -> None:
    """Those of the reference where it is built, and those of each answer where it is graded."""
    pyproject, file = course.pyproject.read_text(encoding="utf-8"), course.utils / NOTEBOOKS
    text = pyproject.replace("[tool.autograder]", '[tool.autograder]\nlanguage = "de"', 1)
    words = [
        one for one in re.split(r"\W+", " ".join(PRINTED)) if len(one) > 3 and one != "float32"
    ]
    english = set(words) - set(re.split(r"\W+", " ".join(PRINTED.values())))
    try:
        course.pyproject.write_text(text, encoding="utf-8")
        build(course, [FIRST])
        assert set(json.loads(file.read_text(encoding="utf-8"))) <= {*GERMAN, *PRINTED}
        assert not set(json.loads(file.read_text(encoding="utf-8"))) & {
            one.text for one in course_messages(course, [FIRST])
        }
        assert f"utils/{NOTEBOOKS}" in contents(course, FIRST, ()).files
        built = json.loads(course.source_notebook(FIRST).read_bytes())["cells"]
        lines = printed(built, "squared_error-check")
        assert lines[0] == "squared_error: 9 von 9 richtig"
        assert "  ✓ loss ist richtig" in lines
        assert "Deine eigenen Prüfungen: 100 von 100 Punkten" in printed(built, "summary")
        for kind, source in list(answers(course).items())[1:]:
            cells = graded(course, source).notebook["cells"]
            lines = printed(cells, "squared_error-check")
            said = [
                line for line in lines if "ValueError" not in line
            ]  # its sentence is the text form's
            assert said, kind
            left = [line for line in said if english & set(re.split(r"\W+", line))]
            hints = {"It is a mean over the examples.", "Differentiate the loss by w."}
            assert [line for line in left if line.strip() not in hints] == [], kind
    finally:
        course.pyproject.write_text(pyproject, encoding="utf-8")
        translate_visible_checks(course, ENGLISH)
    assert not file.exists()


def test_the_page_to_log_in_is_german(course: Course) -> None:
    pyproject = course.pyproject.read_text(encoding="utf-8")
    try:
        course.pyproject.write_text(
            pyproject.replace("[tool.autograder]", '[tool.autograder]\nlanguage = "de"', 1)
        )
        say = translation_of(course)
    finally:
        course.pyproject.write_text(pyproject, encoding="utf-8")
    shown = render("login", say, title=say("Log in"), next="/", xsrf="")
    assert '<html lang="de">' in shown
    assert [one for one in LOGIN if one in shown] == []
    assert [one for one in LOGIN.values() if one not in shown] == []


def test_english_stays_as_it_is() -> None:
    odd = "  two  spaces, {braces} and\na line. "
    assert ENGLISH(odd) == odd
    assert Translation("de", {"another": "anders"})(odd) == odd


@pytest.mark.parametrize(
    ("template", "text", "found"),
    [
        ("`{0}` has shape {1}, expected {2}.", "`dw` has shape (3,), expected (4,).", ("dw", "(3,)", "(4,)")),
        ("{0} of {1} entries differ", "3 of 12 entries differ", ("3", "12")),
        ("{0} of {1} entries differ", " of 12 entries differ", None),
        ("ends with {0}", "ends with ", None),
        ("ends with {0}", "begins with x", None),
        ("{0} and {0}", "a and b and c", ("a", "b and c")),
        ("holds {{0}} and {0}", "holds {0} and 3", ("3",)),
    ],
)  # fmt: skip
def test_fields_are_what_stands_between_the_words(
    template: str, text: str, found: tuple[str, ...] | None
) -> None:
    assert fields(literals(template), text) == found


def test_a_template_within_a_template_is_said_as_well() -> None:
    say = Translation(
        "de",
        {
            "value {0}: {1}": "Wert {0}: {1}",
            "has shape {0}": "hat die Form {0}",
            "the longer template says {0}": "die längere sagt {0}",
        },
    )
    assert say("value dw: has shape (3,)") == "Wert dw: hat die Form (3,)"
    assert say("`dw` has shape (3,).") == "`dw` hat die Form (3,)."
    assert say("`dw` has a dtype.") == "`dw` has a dtype."
    assert say("value dw: {0} has {} braces") == "Wert dw: {0} has {} braces"


def test_what_students_send_cannot_slow_the_search_down() -> None:
    say = Translation("de", {"aaaa {0} aaaa {1} aaaa {2} bbbb": "{2} {1} {0}"})
    text = "aaaa " * 20_000
    assert say(text) == text


def test_all_sentences_of_checks_and_hints_are_messages() -> None:
    found = {one.text for one in course_messages(Course(), ["00-warm-up"])}
    bank = load_bank(Course().mistakes("00-warm-up"))
    assert len(found) > 50
    for entry in (one for one in bank.entries if not one.right):
        assert " ".join(entry.hint.split()) in found


def test_sentences_of_the_engine_are_messages() -> None:
    found = {one.text for one in engine_messages()}
    for text in (
        "`{0}` {1}.",
        "{0} {1}.",
        "are None: is a `return` missing?",
        "have shape {0}, expected {1}",
        "are in every entry {0} times what they should be",
        "is None: is a `return` missing?",
        "has shape {0}, expected {1}: it is transposed",
        "`{0}` returns one of its arguments, or a view of one.",
        "`{0}` is not written yet.",
        "The points stay as they were",
    ):
        assert text in found
    assert not [text for text in found if not text.strip() or len(text) > 600]


def test_lines_of_visible_checks_are_messages_of_one_and_of_several() -> None:
    found = {one.text for one in visible_messages(Course())}
    for text in ("is right", "are right", "has shape {0}", "have shape {0}", "is {0}", "for {0}"):
        assert text in found
    assert not [text for text in found if text.startswith(("about across", "it is", "alias "))]


def test_messages_are_kept_when_they_are_written_again(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(course, "de")
    before = path.read_text(encoding="utf-8")
    assert main(["--root", str(course.root), "messages", "de"]) == 0
    assert f"{len(GERMAN | PRINTED | LOGIN)} of " in capsys.readouterr().out
    assert GERMAN["Where to look:"] in path.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize("language", ["", "../de", "deutsch", "DE", "d e"])
def test_a_language_has_a_code(course: Course, language: str) -> None:
    with pytest.raises(UserError, match="expected the code of a language"):
        write_messages(course, language)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "needs .*xx.po; run: autograder messages xx"),
        ('msgid "a {0} b"\nmsgstr "{1}"\n', "expected the fields of the message"),
        ('msgid "a {0} b"\nmsgstr "{"\n', "expected the fields of the message"),
        ("nothing of the kind\n", "is not a file of gettext's messages"),
    ],
)
def test_a_file_of_messages_that_cannot_be_used_is_named(
    course: Course, text: str | None, says: str
) -> None:
    pyproject, path = course.pyproject.read_text(encoding="utf-8"), file_of(course, "xx")
    try:
        course.pyproject.write_text(
            pyproject.replace("[tool.autograder]", '[tool.autograder]\nlanguage = "xx"', 1)
        )
        if text is not None:
            path.write_text(text)
        with pytest.raises(UserError, match=says):
            translation_of(course)
    finally:
        course.pyproject.write_text(pyproject, encoding="utf-8")
        path.unlink(missing_ok=True)


def test_a_message_of_few_letters_is_filled_in() -> None:
    say = Translation("de", {"({0} of {1})": "({0} von {1})"})
    assert say.fill("({0} of {1})", "1", "2") == "(1 von 2)"
    assert ENGLISH.fill("({0} of {1})", "{0}", "2") == "({0} of 2)"
    spec = CheckSpec("q.all", "q", 2.0, "It is right.")
    question = QuestionResult("q", 2.0, (CheckResult(spec, Outcome.WRONG, "It is not.", ""),))
    assert "(0 von 2)" in as_text(question, [], say)
