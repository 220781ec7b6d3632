"""An upload is laid out for the right students, whatever is in it: nothing lands elsewhere, nothing costs much, nothing is lost without a word."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import struct
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.cli.commands import BAD_ARGUMENTS, DONE, FOUND
from autograder.cli.parser import main
from autograder.collect import archive as archive_module
from autograder.collect import zipped
from autograder.collect.layout import CollectResult, collect
from autograder.collect.placing import FileFate
from autograder.core.course import PACKAGE, Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.core.student_ids import invalid_reason, same, student_id

NAME = "01-backprop"
FILE = f"{NAME}.ipynb"


def notebook(text: str = "") -> bytes:
    return json.dumps(
        {"cells": [], "metadata": {"by": text}, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def packed(entries: Sequence[tuple[str | zipfile.ZipInfo, bytes]], comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
        made.comment = comment
    return file.getvalue()


def moodle(name: str, number: int, file: str = FILE) -> str:
    return f"{name}_{number}_assignsubmission_file_/{file}"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "class").mkdir()
    return Course(PROJECT, tmp_path / "class")


def upload(
    course: Course,
    content: bytes,
    pattern: str | None = None,
    *,
    replace: bool = False,
    dry: bool = False,
) -> CollectResult:
    path = course.work.parent / "upload.zip"
    path.write_bytes(content)
    return collect(course, path, NAME, pattern, replace=replace, dry=dry)


def files(course: Course) -> dict[str, bytes]:
    """All that lies beside the upload, by its path."""
    found = [
        path
        for path in course.work.parent.rglob("*")
        if not path.is_dir() and path.name != "upload.zip"
    ]
    assert all(stat.S_ISREG(path.lstat().st_mode) for path in found)
    kept = {os.path.relpath(path, course.work): path.read_bytes() for path in found}
    kept.pop(f"collected/{NAME}.json", None)  # where each came from: test_platforms.py
    return kept


def placed(*students: str) -> set[str]:
    return {f"submitted/{student}/{NAME}/{FILE}" for student in students}


def left(collected: CollectResult) -> dict[str, str]:
    return {one.name: one.note for one in collected.files if one.fate is FileFate.LEFT}


# -- whose it is -------------------------------------------------------------------------------------------------------


def test_moodle(course: Course) -> None:
    inner = packed([(f"work/{FILE}", notebook("zipped"))])
    entries = [
        (moodle("Ann Lee", 11), notebook("ann")),
        (moodle("José Pérez", 12, "01-backprop (1).ipynb"), notebook("josé")),
        (moodle("Zoë", 13, "all.zip"), inner),
        (f"Flat Form_14_assignsubmission_file_{FILE}", notebook("flat")),
        (moodle("Participant", 15), notebook("nameless")),
        (moodle("Participant", 16), notebook("nameless too")),
    ]
    collected = upload(course, packed(entries))
    assert (collected.platform, collected.whole) == ("Moodle", True)
    assert files(course).keys() == placed(
        "Ann_Lee", "José_Pérez", "Zoë", "Flat_Form", "Participant-15", "Participant-16"
    )
    assert files(course)[placed("Zoë").pop()] == notebook("zipped")


def test_canvas(course: Course) -> None:
    entries = [
        ("leeann_501_9001_01-backprop.ipynb", notebook("first")),
        ("leeann_501_9007_01-backprop-1.ipynb", notebook("second")),
        ("leeann_777_9003_01-backprop.ipynb", notebook("her namesake")),
        ("bob_LATE_502_9002_01-backprop.ipynb", notebook("bob")),
    ]
    collected = upload(course, packed(entries))
    assert (collected.platform, collected.whole) == ("Canvas", True)
    assert files(course).keys() == placed("leeann-501", "leeann-777", "bob-502")
    assert files(course)[placed("leeann-501").pop()] == notebook("second")
    assert "late" in next(one.note for one in collected.files if one.student == "bob-502")


@pytest.mark.parametrize("top", ["", "submitted/", "Week 3/"])
def test_folders_by_student(course: Course, top: str) -> None:
    entries = [
        (f"{top}ann/{NAME}/{FILE}", notebook("ann")),
        (f"{top}bob/{NAME}/{FILE}", notebook("bob")),
    ]
    entries.append((f"{top}ann/{NAME}/timestamp.txt", b"2026-10-05 17:00:00 UTC\n"))
    collected = upload(course, packed(entries))
    assert collected.whole
    assert files(course).keys() == placed("ann", "bob")  # whoever packed the folder chose that time
    assert [one.note for one in collected.files if one.name.endswith("timestamp.txt")] == [
        "a time that lies in the upload itself is not believed"
    ]


@pytest.mark.slow
def test_20000_files_of_one_student_are_refused_by_name(course: Course) -> None:
    many = [(f"eve/{NAME}/{number}.ipynb", b"{}") for number in range(20_000)]
    many += [(f"eve/{NAME}/{number}.txt", b"") for number in range(5_000)]
    start = time.process_time()
    collected = upload(course, packed([*many, (f"ann/{NAME}/{FILE}", notebook("ann"))]))
    assert time.process_time() - start < 15
    assert files(course).keys() == placed("ann")
    (said,) = [one for one in collected.files if one.student == "eve"]
    assert (said.fate, said.note) == (
        FileFate.LEFT,
        "expected at most 500 files of one student, got 25000; none is taken",
    )


def test_paths_as_windows_writes_them(course: Course) -> None:
    upload(
        course, packed([(f"ann\\{NAME}\\{FILE}", notebook()), (f"bob\\{NAME}\\{FILE}", notebook())])
    )
    assert files(course).keys() == placed("ann", "bob")


def test_one_student_alone_is_no_wrapper(course: Course) -> None:
    upload(course, packed([(f"ann/{NAME}/{FILE}", notebook())]))
    assert files(course).keys() == placed("ann")


def test_a_pattern_that_is_given(course: Course) -> None:
    entries = [
        ("2026-10-05T10:00:00Z s17 a.ipynb", notebook("old")),
        ("2026-10-06T10:00:00Z s17 a.ipynb", notebook("new")),
    ]
    upload(course, packed(list(reversed(entries))), r"^(?P<timestamp>\S+) (?P<student>s\d+)")
    assert files(course) == {
        placed("s17").pop(): notebook("new"),
        f"submitted/s17/{NAME}/timestamp.txt": b"2026-10-06 10:00:00 UTC",
    }


@pytest.mark.parametrize(("pattern", "says"), [("(", "no regular expression"), ("(a)", "no group")])
def test_a_pattern_that_cannot_be_used(course: Course, pattern: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        upload(course, packed([("a/b.ipynb", b"")]), pattern)


def test_nobody_can_pass_for_another(course: Course) -> None:
    """By a name like another's, or by one that holds what the platform puts behind names."""
    entries = [
        (moodle("Ann Lee", 1), notebook("ann")),
        (moodle("ann  lee", 2), notebook("mallory")),
        (moodle("Bob_7_assignsubmission_file_", 3), notebook("mallory")),
        (moodle("Cy\u0301d", 4), notebook("cyd")),
        (moodle("C\u00fdd", 5), notebook("mallory")),
        (moodle("Dora", 6, "timestamp.txt"), b"2020-01-01 00:00:00 UTC"),
        (moodle("Dora", 6, f"{NAME}/timestamp.txt"), b"2020-01-01 00:00:00 UTC"),
        (moodle("Dora", 6), notebook("dora")),
    ]
    collected = upload(course, packed(entries))
    assert files(course).keys() == placed("Dora")  # and no time of her own choice
    assert len(left(collected)) == 5
    assert sum("cannot be told apart" in note for note in left(collected).values()) == 4


def test_who_of_several_counts_is_said(course: Course) -> None:
    entries = [
        (moodle("Ann", 1, "draft.ipynb"), notebook("draft")),
        (moodle("Ann", 1), notebook("final")),
        (moodle("Bob", 2, "x.ipynb"), notebook()),
        (moodle("Bob", 2, "y.ipynb"), notebook()),
        (moodle("Cyd", 3, "z.ipynb"), notebook()),
    ]
    collected = upload(course, packed(entries))
    assert files(course)[placed("Ann").pop()] == notebook("final")
    assert files(course).keys() == placed("Ann", "Cyd")
    assert set(left(collected)) == {moodle("Bob", 2, "x.ipynb"), moodle("Bob", 2, "y.ipynb")}
    assert len(collected.files) == len(entries)


# -- what was there ----------------------------------------------------------------------------------------------------


def test_what_is_there_is_kept(course: Course) -> None:
    first = packed([(f"ann/{FILE}", notebook("first")), (f"bob/{FILE}", notebook("bob"))])
    second = packed([(f"ann/{FILE}", notebook("second")), (f"bob/{FILE}", notebook("bob"))])
    upload(course, first)
    again = upload(course, second)
    assert files(course)[placed("ann").pop()] == notebook("first")
    assert {one.student: one.fate for one in again.files} == {
        "ann": FileFate.LEFT,
        "bob": FileFate.SAME,
    }
    assert "--replace" in left(again)[f"ann/{FILE}"]
    before = files(course)
    assert [one.fate for one in upload(course, second, replace=True, dry=True).files] == [
        FileFate.REPLACED,
        FileFate.SAME,
    ]
    assert files(course) == before
    upload(course, second, replace=True)
    assert files(course)[placed("ann").pop()] == notebook("second")
    assert files(course)[f"replaced/ann/{NAME}/1/{FILE}"] == notebook("first")


def test_times_decide_where_both_are_known(course: Course) -> None:
    def at(day: int, text: str) -> bytes:
        return packed([(f"2026-10-{day:02}T12:00:00Z ann {FILE}", notebook(text))])

    pattern = r"^(?P<timestamp>\S+) (?P<student>[a-z]+) "
    upload(course, at(5, "fifth"), pattern)
    assert upload(course, at(4, "fourth"), pattern).whole
    assert files(course)[placed("ann").pop()] == notebook("fifth")
    upload(course, at(6, "sixth"), pattern)
    assert files(course)[placed("ann").pop()] == notebook("sixth")
    assert files(course)[f"replaced/ann/{NAME}/1/{FILE}"] == notebook("fifth")
    assert files(course)[f"replaced/ann/{NAME}/1/timestamp.txt"] == b"2026-10-05 12:00:00 UTC"


def test_no_link_is_followed(course: Course) -> None:
    outside = course.work.parent / "outside"
    outside.mkdir()
    course.submitted.mkdir()
    (course.submitted / "ann").symlink_to(outside)
    (course.submitted / "bob" / NAME).mkdir(parents=True)
    (outside / "mine").write_text("mine")
    (course.submitted / "bob" / NAME / FILE).symlink_to(outside / "mine")
    collected = upload(
        course,
        packed([(f"ann/{FILE}", notebook()), (f"bob/{FILE}", notebook("bob"))]),
        replace=True,
    )
    assert [path.name for path in outside.iterdir()] == ["mine"]
    assert (outside / "mine").read_text() == "mine"
    assert "link" in left(collected)[f"ann/{FILE}"]
    assert (course.submitted / "bob" / NAME / FILE).read_bytes() == notebook("bob")


def test_names_that_differ_in_writing_only(course: Course) -> None:
    (course.submitted / "Ann").mkdir(parents=True)
    assert (
        "only differs"
        in left(upload(course, packed([(f"ann/{FILE}", notebook()), (f"bob/{FILE}", notebook())])))[
            f"ann/{FILE}"
        ]
    )


# -- what means harm ---------------------------------------------------------------------------------------------------

PATHS = [
    "../evil/x.ipynb", "../../evil.ipynb", "/etc/evil.ipynb", "..\\..\\evil.ipynb", "C:\\evil\\x.ipynb", "C:evil/x.ipynb", "a/../../evil.ipynb",
    "./x.ipynb", "a//x.ipynb", "\\\\host\\share\\x.ipynb", "ev\x1b[31mil/x.ipynb", "ev\u202eil/x.ipynb", "ev\u200bil/x.ipynb", "ev\nil/x.ipynb",
    "~/x.ipynb", "...../x.ipynb", "a" * 600 + "/x.ipynb", "\ufeff/x.ipynb",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_paths_lead_nowhere(course: Course, path: str) -> None:
    collected = upload(course, packed([(path, notebook("evil")), (f"ann/{FILE}", notebook("ann"))]))
    assert files(course).keys() == placed("ann")
    assert len(left(collected)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "nul.txt",
        "-rf",
        "=cmd()",
        "a" * 300,
        "<script>",
        "O'Brien, Ann",
        "王小明",
        ".hidden",
        "a;b|c$(d)`e`",
    ],
)
def test_names_come_out_usable(course: Course, name: str) -> None:
    upload(course, packed([(f"{name}/{FILE}", notebook()), (f"ann/{FILE}", notebook())]))
    (student,) = {path.split("/")[1] for path in files(course)} - {"ann"}
    assert invalid_reason(student) == ""
    assert student == student_id(name)
    assert not same(student).startswith(("con.", "nul.", "-", "="))


@given(st.text(st.characters(), max_size=300))
def test_an_id_is_usable_or_nothing(name: str) -> None:
    made = student_id(name)
    assert made == "" or invalid_reason(made) == ""
    assert student_id(made) == made


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    return info


def changed(content: bytes, name: str, offset: int, form: str, *values: int) -> bytes:
    """The zip with something else in its list of entries, `offset` bytes into that of a name."""
    start = content.rindex(name.encode()) - 46
    assert content[start : start + 4] == b"PK\x01\x02"
    value = struct.pack(form, *values)
    return content[: start + offset] + value + content[start + offset + len(value) :]


@cache
def hostile() -> dict[str, bytes]:
    """Uploads of two, the second of which means harm."""
    good, evil = (f"ann/{FILE}", notebook("ann")), f"eve/{FILE}"
    plain = packed([good, (evil, notebook("eve"))])
    zips = [packed([(f"{number}.ipynb", notebook())]) for number in range(3)]
    return {
        "link": packed([good, (special(evil, stat.S_IFLNK), b"/etc/passwd")]),
        "device": packed([good, (special(evil, stat.S_IFCHR), b"")]),
        "pipe": packed([good, (special(evil, stat.S_IFIFO), b"")]),
        "encrypted": changed(plain, evil, 8, "<H", 1),
        "packed in another way": changed(plain, evil, 10, "<H", 14),
        "declared smaller": changed(plain, evil, 24, "<I", 5),
        "declared larger": changed(plain, evil, 24, "<I", 5000),
        "declared huge": changed(plain, evil, 24, "<I", 4_000_000_000),
        "other checksum": changed(plain, evil, 16, "<I", 7),
        "overlapping": changed(
            packed([(f"bob/{FILE}", notebook("bob")), (evil, notebook("eve")), good]),
            evil,
            42,
            "<I",
            1,
        ),
        "beyond the end": changed(plain, evil, 42, "<I", len(plain) + 100),
        "large": packed([good, (evil, b" " * (101 << 20))]),
        "zip of a large one": packed([good, ("eve/a.zip", packed([(FILE, b" " * (101 << 20))]))]),
        "zip in a zip in a zip": packed([good, ("eve/a.zip", packed([("b.zip", zips[0])]))]),
        "zip of many": packed(
            [good, ("eve/a.zip", packed([(f"{number}.ipynb", b"") for number in range(1001)]))]
        ),
        "large zip": packed([good, ("eve/a.zip", b"\0" * (51 << 20))]),
        "no zip": packed([good, ("eve/a.zip", b"PK\x03\x04 nothing")]),
        "unfinished zip": packed([good, ("eve/a.zip", zips[0][:-30])]),
        "links in a zip": packed(
            [good, ("eve/a.zip", packed([(special(FILE, stat.S_IFLNK), b"/etc/passwd")]))]
        ),
        "paths in a zip": packed([good, ("eve/a.zip", packed([("../../../x.ipynb", notebook())]))]),
        "cut name": changed(packed([good, (evil, notebook("eve"))]), evil, 46, "4s", b"eve\0"),  # type: ignore[arg-type]
    }


SAYS = {
    "link": "a link", "device": "special file", "pipe": "special file", "encrypted": "it is encrypted", "packed in another way": "another way",
    "declared huge": "3815 MB, where at most 100 MB", "large": "101 MB, where at most 100 MB", "large zip": "51 MB, where at most 50 MB",
    "zip of a large one": "101 MB", "zip in a zip in a zip": "zip within a zip", "zip of many": "1001 entries", "paths in a zip": "elsewhere",
    "links in a zip": "a link", "cut name": "not seen",
}  # fmt: skip


@pytest.mark.parametrize("ident", list(hostile()))
def test_what_is_odd_is_left_out_alone(course: Course, ident: str) -> None:
    collected = upload(course, hostile()[ident])
    assert placed("ann") <= files(course).keys() <= placed("ann", "bob")
    reasons = left(collected)
    assert reasons, collected
    assert all(reason and SAYS.get(ident, "") in reason for reason in reasons.values()), reasons


def test_a_quine_is_looked_into_once(course: Course) -> None:
    """A zip that holds a zip of its own name, and so on."""
    content = packed([(FILE, notebook())])
    for _ in range(20):
        content = packed([("eve/a.zip", content)])
    collected = upload(course, content)
    assert list(left(collected)) == ["eve/a.zip › eve/a.zip"]


def test_two_entries_of_one_name(course: Course) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = packed([(f"ann/{FILE}", notebook("first")), (f"ann/{FILE}", notebook("second"))])
    collected = upload(course, content)
    assert files(course) == {placed("ann").pop(): notebook("second")}
    assert sorted(one.fate for one in collected.files) == [FileFate.OLDER, FileFate.TAKEN]


def test_entries_of_the_same_bytes_are_all_left_out(course: Course) -> None:
    plain = packed([(f"ann/{FILE}", notebook("ann")), (f"eve/{FILE}", notebook("eve"))])
    assert len(left(upload(course, changed(plain, f"eve/{FILE}", 42, "<I", 0)))) == 2
    assert files(course) == {}


def test_a_long_comment_is_nothing(course: Course) -> None:
    assert upload(course, packed([(f"ann/{FILE}", notebook())], b"x" * 65_000)).whole


def test_too_many_entries_are_refused(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "ENTRIES", 10)
    with pytest.raises(UserError, match="holds 11 entries, where at most 10"):
        upload(course, packed([(f"s{number}/{FILE}", notebook()) for number in range(11)]))


def test_zips_within_have_a_limit_together(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "INNER_ALL", 2000)
    inner = packed([(FILE, notebook())])
    collected = upload(course, packed([(f"s{number:02}/a.zip", inner) for number in range(30)]))
    assert len(files(course)) == 2000 // len(inner)
    assert len(left(collected)) == 30 - 2000 // len(inner)


def test_a_long_list_is_not_read_into_memory(course: Course) -> None:
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, 64 << 20, 0, 0)
    path = course.work.parent / "upload.zip"
    with path.open("wb") as file:
        file.truncate(64 << 20)
        file.seek(64 << 20)
        file.write(end)
    tracemalloc.start()
    with pytest.raises(UserError, match="its list of entries has more than 8 MB"):
        collect(course, path, NAME)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * zipped.DIRECTORY


@pytest.mark.slow
def test_a_bomb_does_not_unfold(course: Course) -> None:
    """A gigabyte in a megabyte, in an entry that says it is small."""
    bomb = changed(
        packed([(f"ann/{FILE}", notebook()), (f"eve/{FILE}", b"\0" * (256 << 20))]),
        f"eve/{FILE}",
        24,
        "<I",
        1000,
    )
    tracemalloc.start()
    collected = upload(course, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20
    assert list(left(collected)) == [f"eve/{FILE}"]


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_what_is_packed_in_another_way_is_never_unpacked(course: Course, method: int) -> None:
    """An entry packed by LZMA says itself how much memory is to be set aside for it: up to four gigabytes."""
    file, path = io.BytesIO(), course.work.parent / "upload.zip"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(f"eve/{FILE}", notebook(), method)
    path.write_bytes(file.getvalue())
    with archive_module.Archive(path) as archive:
        (entry,) = archive.entries()
        with pytest.raises(UserError, match="another way"):
            archive.read(entry)


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        made.addfile(tarfile.TarInfo("a"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "cannot be read as a zip"), (b"PK\x05\x06", "zip"), (tarred(), "it is a tar file"), (b"\x1f\x8b\x08" + b"x" * 50, "it is a gzip file"),
     (packed([("a/b.ipynb", b"x" * 100)])[:-40], "zip"), (b"Rar!\x1a\x07" + b"x" * 50, "it is a RAR file")],
)  # fmt: skip
def test_what_is_no_zip_is_refused_in_a_line(course: Course, content: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says) as error:
        upload(course, content)
    assert "\n" not in str(error.value)
    assert files(course) == {}


BASE = packed(
    [
        (f"ann/{FILE}", notebook("ann")),
        ("eve/a.zip", packed([(FILE, notebook("eve"))])),
        (moodle("Bob", 3), notebook()),
    ],
    b"comment",
)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(BASE) - 1), st.binary(max_size=4), st.integers(0, 6)),
        max_size=6,
    ),
    cut=st.integers(0, 40),
)
def test_damage_of_any_kind_ends_in_a_line_or_a_list(
    course: Course, edits: list[tuple[int, bytes, int]], cut: int
) -> None:
    content = bytearray(BASE[: len(BASE) - cut if cut < 30 else len(BASE)])
    for place, new, gone in edits:
        content[place : place + gone] = new
    with suppress(UserError):
        upload(course, bytes(content), replace=True)
    assert all(path.startswith(("submitted/", "replaced/")) for path in files(course))


def test_nothing_is_ever_extracted() -> None:
    """By zipfile's or tarfile's own means, which write what an archive says where it says."""
    for path in (PACKAGE / "collect").glob("*.py"):
        assert not re.search(
            r"\.extract(all)?\(|unpack_archive|import tarfile|pickle",
            path.read_text(encoding="utf-8"),
        ), path


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_the_command_says_all_and_ends_as_it_must(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    path = course.work.parent / "[bold]up:boom:load.zip"
    path.write_bytes(
        packed(
            [
                (moodle("Ann [red]Lee[/red] :boom:", 1), notebook()),
                (moodle("Esc\x1b[2J\x9b", 2), notebook()),
            ]
        )
    )
    command = ["--course", str(course.work), "collect", str(path), NAME]
    assert main([*command, "--dry-run", "--verbose"]) == FOUND
    shown = capsys.readouterr().out
    assert "1 taken, 1 LEFT OUT; nothing was written" in shown
    assert "[red]" in shown
    assert ":boom:" in shown
    assert "[bold]up:boom:load.zip" in shown.replace("\n", "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
    assert files(course).keys() == {f"../{path.name}"}
    path.write_bytes(packed([(moodle("Ann", 1), notebook())]))
    assert main(command) == DONE
    assert main([*command[:3], str(course.work / "missing\x1b[2J.zip"), NAME]) == BAD_ARGUMENTS
    told = capsys.readouterr().err
    assert "cannot be read" in told
    assert "\x1b" not in told
