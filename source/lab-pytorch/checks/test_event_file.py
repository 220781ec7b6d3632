"""Question `event_file`: read back by a parser that knows the formats and nothing of how they were written."""

import struct

import numpy as np

from autograder.checking import StudentError, check, compare, fail, rules

POLYNOMIAL = 0x11EDC6F41  # CRC-32C, highest bit first


def reflected(number, bits):
    return int(format(number, f"0{bits}b")[::-1], 2)


def crc(message):
    """CRC-32C as a division of polynomials over GF(2), on the reflected bits: another way than a register that shifts right."""
    number = 0
    for byte in message:
        number = number << 8 | reflected(byte, 8)
    number = number << 32 ^ (0xFFFFFFFF << (8 * len(message)))
    for place in range(number.bit_length() - 1, 31, -1):
        if number >> place & 1:
            number ^= POLYNOMIAL << (place - 32)
    return reflected(number, 32) ^ 0xFFFFFFFF


def masked(message):
    turned = f"{crc(message):032b}"
    return (int(turned[-15:] + turned[:-15], 2) + 0xA282EAD8) % 2**32


def octets(value, name):
    """The value, if it is bytes."""
    if not isinstance(value, bytes):
        fail(f"`{name}` does not return bytes.")
    return value


def read_varint(message, at):
    number = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            fail("A varint does not end.", "The last of its bytes has its highest bit clear.")
        number |= (message[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if message[at - 1] < 128:
            return number, at


def read_fields(message, words):
    """The fields of a protobuf message: (number, wire type, value)."""
    fields, at = [], 0
    while at < len(message):
        key, at = read_varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = read_varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = message[at : at + size], at + size
        elif kind == 2:
            size, at = read_varint(message, at)
            value, at = message[at : at + size], at + size
        else:
            fail(
                f"{words}: a key has the wire type {kind}, which there is not.",
                "8 times the field's number, plus the wire type.",
            )
        if at > len(message):
            fail(
                f"{words}: a field is longer than what holds it.",
                "Does each length count the bytes of just what follows?",
            )
        fields.append((number, kind, value))
    return fields


def only(fields, number, kind, words):
    """The value of a field that should be there once."""
    found = [value for one, of, value in fields if one == number and of == kind]
    if len(found) != 1:
        fail(
            f"{words}: field {number} of wire type {kind} is there {len(found)} times, where once was expected."
        )
    return found[0]


def read_event(message):
    """(tag, step, value, wall_time) of a scalar's event."""
    event = read_fields(message, "The event")
    wall_time = struct.unpack("<d", only(event, 1, 1, "The event"))[0]
    steps = [value for number, kind, value in event if number == 2 and kind == 0]
    summary = read_fields(only(event, 5, 2, "The event"), "The summary")
    value = read_fields(only(summary, 1, 2, "The summary"), "The value")
    tag = only(value, 1, 2, "The value")
    number = struct.unpack("<f", only(value, 2, 5, "The value"))[0]
    try:
        text = tag.decode()
    except UnicodeDecodeError:
        fail("The tag is no UTF-8.", "Is its length counted in bytes?")
    return text, steps[0] if steps else 0, number, wall_time  # protobuf may leave out a zero


def read_records(message):
    """The data of a file's records, all their checksums right."""
    found, at = [], 0
    while at < len(message):
        if at + 12 > len(message):
            fail("The file ends in the middle of a record.")
        (size,) = struct.unpack("<Q", message[at : at + 8])
        if at + 16 + size > len(message):
            fail(
                "A record is said to be longer than the file.",
                "Eight bytes, little-endian, for the length of the data alone.",
            )
        body = message[at + 12 : at + 12 + size]
        for words, part, told in (
            ("its length", message[at : at + 8], message[at + 8 : at + 12]),
            ("its data", body, message[at + 12 + size :][:4]),
        ):
            if struct.unpack("<I", told)[0] != masked(part):
                fail(f"A record's checksum of {words} is not right.", "Masked, and little-endian.")
        found.append(body)
        at += 16 + size
    return found


@check("event_file", points=4)
def test_checksum(student, rng):
    """`crc32c` is right for any bytes: none, one, and many."""
    messages = [
        b"",
        bytes([int(rng.integers(1, 256))]),
        b"\0\0\0",
        rng.bytes(11),
        rng.bytes(40),
        b"\xff" * 5,
    ]
    for message, got in zip(
        messages, student.batch("crc32c", [(message,) for message in messages]), strict=True
    ):
        hint = "Which end of the byte meets which end of the register, and what is flipped?"
        compare.require(
            isinstance(got, (int, np.integer)) and not isinstance(got, bool),
            "`crc32c` does not return a whole number.",
        )
        compare.equal(int(got), crc(message), f"checksum of {len(message)} bytes", hint=hint)


@check("event_file", points=3)
def test_varint(student, rng):
    """`varint` is right on both sides of each power of 128, and refuses what is negative."""
    numbers = [128, 300, 127, 0, 1, 2**14 - 1, 2**14, int(rng.integers(2**20, 2**40)), 2**63 - 1]
    for number, got in zip(
        numbers, student.batch("varint", [(number,) for number in numbers]), strict=True
    ):
        groups = -(-max(number.bit_length(), 1) // 7)
        compare.equal(
            len(octets(got, "varint")),
            groups,
            f"number of bytes for a number of {number.bit_length()} bits",
        )
        compare.equal(
            read_varint(got, 0)[0],
            number,
            f"varint of a number of {number.bit_length()} bits",
            hint="The lowest seven bits come first.",
        )
    for number in (-1, -3):
        rules.rejects(student, "varint", number, mentions=(str(number),))


@check("event_file", points=3, needs="test_checksum")
def test_record(student, rng):
    """A record holds length, data, and the masked checksum of each."""
    messages = [b"", rng.bytes(1), rng.bytes(9), rng.bytes(300)]
    for message, got in zip(
        messages, student.batch("record", [(message,) for message in messages]), strict=True
    ):
        compare.equal(
            len(octets(got, "record")),
            len(message) + 16,
            f"length of a record of {len(message)} bytes",
        )
        (found,) = read_records(got) or [None]
        compare.equal(found, message, "data of a record")


def events(student, arguments):
    return [
        read_event(octets(value, "scalar_event"))
        for value in student.batch("scalar_event", arguments)
    ]


@check("event_file", points=3)
def test_event(student, rng):
    """An event tells tag, step, value and time, each in the right field and of the right kind."""
    cases = [
        (
            f"loss/{name}",
            int(rng.integers(1, 120)),
            float(rng.normal()),
            float(rng.uniform(1e9, 2e9)),
        )
        for name in ("train", "dev", "")
    ]
    for case, found in zip(cases, events(student, cases), strict=True):
        for name, got, want in zip(("tag", "step", "value", "wall_time"), found, case, strict=True):
            compare.equal(got, float(np.float32(want)) if name == "value" else want, name)


@check("event_file", points=2, needs="test_event")
def test_long_and_foreign_tags(student, rng):
    """Long tags, long runs, and tags in other alphabets are written rightly."""
    cases = [
        ("x" * int(rng.integers(130, 200)), 3, 1.5, 0.0),
        ("y" * int(rng.integers(110, 127)), 3, 1.5, 0.0),
        ("loss/größe", int(rng.integers(200, 10**6)), -2.5, 1.0),
        ("", 0, 0.0, 0.0),
        ("z" * 121, 3, 1.5, 0.0),  # and what holds it has 128 bytes
    ]
    for case, found in zip(cases, events(student, cases), strict=True):
        compare.equal(
            found,
            case,
            "tag, step, value, wall_time",
            hint="A length is a varint, and counts bytes.",
        )
    rules.rejects(student, "scalar_event", "loss", -2, 0.5, 0.0, mentions=("-2",))


@check("event_file", points=2, needs="test_event")
def test_values_that_do_not_fit(student, rng):
    """A value too large for four bytes becomes infinite with its sign; nan and infinities are written as they are."""
    values = [
        float(10 ** rng.uniform(40, 300)),
        -float(10 ** rng.uniform(40, 300)),
        np.inf,
        -np.inf,
        np.nan,
        3.4e38,
    ]
    answers = student.answers(
        "scalar_event", [(("loss", 1, value, 0.0), {}) for value in values], full=True
    )
    for value, answer in zip(values, answers, strict=True):
        if isinstance(answer, StudentError):
            raise answer
        compare.require(
            not answer.warnings, "A warning is raised.", "Converting too large a number overflows."
        )
        want = value if np.isnan(value) or abs(value) < 3.5e38 else np.copysign(np.inf, value)
        compare.close(
            read_event(octets(answer.value, "scalar_event"))[2],
            float(np.float32(want)),
            "a value that is hard to write",
        )


def unsorted(rng):
    """Points in an order that no sorting gives, neither by step nor by value; two of them have the same step."""
    first, second, third, last = np.sort(rng.choice(np.arange(1, 500), 4, replace=False))
    values = np.sort(rng.normal(size=5)).astype(np.float32)[[3, 1, 4, 2, 0]]
    return [
        (int(step), float(value))
        for step, value in zip((third, first, last, second, second), values, strict=True)
    ]


@check("event_file", points=3, needs=("test_record", "test_event"))
def test_whole_file(student, rng):
    """A file is the version's record, then one for each point, each tag's points in their order."""
    wall_time = float(rng.uniform(1e9, 2e9))
    curves = {tag: unsorted(rng) for tag in ("loss", "accuracy")}
    for asked in (curves, {}):
        version, *points = read_records(
            octets(rules.pure(student, "event_file", asked, wall_time), "event_file")
        ) or [b""]
        head = read_fields(version, "The first event")
        compare.equal(only(head, 3, 2, "The first event"), b"brain.Event:2", "file_version")
        compare.equal(
            struct.unpack("<d", only(head, 1, 1, "The first event"))[0],
            wall_time,
            "wall_time of the first event",
        )
        found = {tag: [] for tag in asked}
        compare.equal(
            len(points), sum(map(len, asked.values())), "number of records after the first"
        )
        for tag, step, value, when in map(read_event, points):
            compare.equal(when, wall_time, "wall_time")
            found.setdefault(tag, []).append((step, value))
        compare.equal(found, asked, "points read back")
