"""Known mistakes and right variants of `event_file`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("event_file", replaces="crc32c", change={"0x82F63B78": "0xEDB88320"})
def ordinary_crc32():
    """Your checksum is the CRC-32 of zip files. TensorBoard uses the Castagnoli polynomial, `0x82F63B78`."""


@mistake(
    "event_file",
    replaces="crc32c",
    change={
        "register ^= byte": "register ^= byte << 24",
        "(register >> 1) ^ (0x82F63B78 if register & 1 else 0)": "(register << 1 ^ (0x82F63B78 if register >> 31 else 0)) & 0xFFFFFFFF",
    },
)
def highest_bit_first():
    """Your register shifts left. Here the lowest bit comes first, and the constant is written for that."""


@mistake("event_file", replaces="crc32c", change={"register = 0xFFFFFFFF": "register = 0"})
def begins_with_zero():
    """Your register begins with zeros. It begins with all ones, else leading zero bytes would not count."""


@mistake("event_file", replaces="crc32c", change={"register ^ 0xFFFFFFFF": "register"})
def not_flipped():
    """You return the register as it is. In the end all its bits are flipped."""


@mistake("event_file", replaces="varint")
def highest_group_first(number):
    """Your groups of seven bits come highest first. The lowest comes first."""
    if number < 0:
        raise ValueError(f"the number is {number}, expected 0 or more")
    groups = []
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes(
        [value | 128 for value in [number, *[g & 127 for g in groups[::-1]]][:-1]]
        + [[number, *[g & 127 for g in groups[::-1]]][-1]]
    )


@mistake("event_file", replaces="varint")
def only_one_byte(number):
    """Your varint has one byte, whatever the number. From 128 on it needs more."""
    if number < 0:
        raise ValueError(f"the number is {number}, expected 0 or more")
    return bytes([number & 255])


@mistake("event_file", replaces="varint", change={"number > 127": "number > 128"})
def off_by_one_at_128():
    """At 128, and where the last group is full, yours has one byte too few: seven bits hold 127 at most."""


@mistake(
    "event_file",
    replaces="record",
    change={"((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF": "crc"},
)
def checksum_not_masked():
    """Your checksums are not masked: turn the bits right by 15, then add the constant."""


@mistake(
    "event_file",
    replaces="record",
    change={"crc >> 15": "crc << 15 & 0xFFFFFFFF", "crc << 17": "crc >> 17"},
)
def turned_left():
    """You turn the checksum the wrong way: the lowest 15 bits become the highest."""


@mistake("event_file", replaces="record")
def big_endian(message):
    """Your numbers have their highest byte first. All numbers of an event file are little-endian."""
    length = struct.pack(">Q", len(message))
    parts = []
    for part in (length, message):
        crc = crc32c(part)
        parts += [part, struct.pack(">I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)]
    return b"".join(parts)


@mistake("event_file", replaces="record")
def length_without_checksum(message):
    """There is no checksum after the length. A reader wants to know that the length is right before it trusts it."""
    length = struct.pack("<Q", len(message))
    parts = []
    parts.append(length)
    for part in (message,):
        crc = crc32c(part)
        parts += [part, struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)]
    return b"".join(parts)


@mistake(
    "event_file",
    replaces="record",
    change={"crc32c(part)": "crc32c(part if part is length else length + part)"},
)
def checksum_of_all():
    """Your second checksum is that of length and data. Each has its own."""


@mistake("event_file", replaces="scalar_event", change={"len(text)": "len(tag)"})
def letters_counted():
    """You count the tag's letters where its bytes are to be counted. In UTF-8 an umlaut has two."""


@mistake(
    "event_file", replaces="scalar_event", change={'b"\\x0a" + varint(len(inner)) + inner': "inner"}
)
def value_not_wrapped():
    """The summary holds tag and value directly. Between them is a message: Summary has a Value (field 1), and that has tag and simple_value."""


@mistake("event_file", replaces="scalar_event")
def value_as_double(tag, step, value, wall_time):
    """Your value is written in eight bytes with the key of four. `simple_value` is a float, wire type 5."""
    if step < 0:
        raise ValueError(f"step is {step}, expected 0 or more")
    try:
        packed = struct.pack("<d", value)
    except OverflowError:
        packed = struct.pack("<f", np.copysign(np.inf, value))
    text = tag.encode()
    inner = b"\x0a" + varint(len(text)) + text + b"\x15" + packed
    summary = b"\x0a" + varint(len(inner)) + inner
    return (
        b"\x09"
        + struct.pack("<d", wall_time)
        + b"\x10"
        + varint(step)
        + b"\x2a"
        + varint(len(summary))
        + summary
    )


@mistake("event_file", replaces="scalar_event")
def lengths_in_one_byte(tag, step, value, wall_time):
    """You write lengths in one byte. A tag of more than 127 bytes, or what holds it, needs two: a length is a varint."""
    if step < 0:
        raise ValueError(f"step is {step}, expected 0 or more")
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        packed = struct.pack("<f", np.copysign(np.inf, value))
    text = tag.encode()
    inner = b"\x0a" + bytes([len(text) & 255]) + text + b"\x15" + packed
    summary = b"\x0a" + bytes([len(inner) & 255]) + inner
    return (
        b"\x09"
        + struct.pack("<d", wall_time)
        + b"\x10"
        + varint(step)
        + b"\x2a"
        + bytes([len(summary) & 255])
        + summary
    )


@mistake("event_file", replaces="scalar_event")
def overflow_stops_the_run(tag, step, value, wall_time):
    """A value that does not fit into four bytes raises an error, in the middle of training. Write infinity."""
    if step < 0:
        raise ValueError(f"step is {step}, expected 0 or more")
    packed = struct.pack("<f", value)
    text = tag.encode()
    inner = b"\x0a" + varint(len(text)) + text + b"\x15" + packed
    summary = b"\x0a" + varint(len(inner)) + inner
    return (
        b"\x09"
        + struct.pack("<d", wall_time)
        + b"\x10"
        + varint(step)
        + b"\x2a"
        + varint(len(summary))
        + summary
    )


@mistake("event_file", replaces="scalar_event", change={"np.copysign(np.inf, value)": "np.inf"})
def sign_of_infinity_lost():
    """A value too far below zero becomes plus infinity. Its sign is worth keeping."""


@mistake("event_file", replaces="event_file")
def no_version(curves, wall_time):
    """The first record, with the version, is missing. TensorBoard does not know what it reads."""
    records = []
    for tag, points in curves.items():
        records += [record(scalar_event(tag, step, value, wall_time)) for step, value in points]
    return b"".join(records)


@mistake(
    "event_file",
    replaces="event_file",
    change={
        "record(scalar_event(tag, step, value, wall_time))": "scalar_event(tag, step, value, wall_time)"
    },
)
def events_without_records():
    """After the version you append events without a record around each: length and checksums are missing."""


@mistake("event_file", replaces="event_file")
def steps_counted_anew(curves, wall_time):
    """You number the points yourself. Each comes with its step."""
    version = b"brain.Event:2"
    records = [
        record(b"\x09" + struct.pack("<d", wall_time) + b"\x1a" + varint(len(version)) + version)
    ]
    for tag, points in curves.items():
        records += [
            record(scalar_event(tag, step, value, wall_time))
            for step, (_, value) in enumerate(points)
        ]
    return b"".join(records)


@mistake("event_file", replaces="event_file")
def points_sorted_by_step(curves, wall_time):
    """You sort each tag's points by their step. They are written in the order in which they come."""
    version = b"brain.Event:2"
    records = [
        record(b"\x09" + struct.pack("<d", wall_time) + b"\x1a" + varint(len(version)) + version)
    ]
    for tag, points in curves.items():
        records += [
            record(scalar_event(tag, step, value, wall_time)) for step, value in sorted(points)
        ]
    return b"".join(records)


@variant("event_file", replaces="crc32c")
def by_a_table(message):
    """A table of 256 entries, as everybody does who is in a hurry."""
    table = []
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (entry & 1) * 0x82F63B78
        table.append(entry)
    state = 2**32 - 1
    for byte in message:
        state = table[(state ^ byte) & 255] ^ state >> 8
    return ~state & 2**32 - 1


@variant("event_file", replaces="scalar_event")
def in_another_order(tag, step, value, wall_time):
    """Fields in another order, a zero step left out, NumPy for the float."""
    if step < 0:
        raise ValueError(f"{step} is no step")
    name = tag.encode("utf-8")
    with np.errstate(over="ignore"):
        packed = np.float32(value).astype("<f4").tobytes()
    scalar = bytes([2 * 8 + 5]) + packed + bytes([1 * 8 + 2]) + varint(len(name)) + name
    summary = bytes([1 * 8 + 2]) + varint(len(scalar)) + scalar
    event = bytes([5 * 8 + 2]) + varint(len(summary)) + summary
    if step:
        event += bytes([2 * 8]) + varint(step)
    return event + bytes([1 * 8 + 1]) + struct.pack("<d", wall_time)


@variant("event_file", replaces="varint")
def by_recursion(number):
    """One group, then the rest."""
    if number < 0:
        raise ValueError(f"{number} < 0")
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


@variant("event_file", replaces="record")
def with_numpy(message):
    """Numbers by int.to_bytes, bits turned by arithmetic."""

    def sum_of(part):
        low, high = crc32c(part) % 2**15, crc32c(part) // 2**15
        return ((low * 2**17 + high + 0xA282EAD8) % 2**32).to_bytes(4, "little")

    size = len(message).to_bytes(8, "little")
    return size + sum_of(size) + message + sum_of(message)


@variant("event_file", replaces="crc32c")
def bit_by_bit(message):
    """The bits of the whole message as a list, through a register of bits."""
    polynomial = [int(bit) for bit in format(0x82F63B78, "032b")]
    register = [1] * 32  # the highest bit first
    for byte in message:
        for place in range(8):
            out = register[-1] ^ (byte >> place & 1)
            register = [0, *register[:-1]]
            if out:
                register = [a ^ b for a, b in zip(register, polynomial)]
    return int("".join(str(1 - bit) for bit in register), 2)


@variant("event_file", replaces="event_file")
def through_a_buffer(curves, wall_time):
    """Writes into a buffer, and the first event with a helper for fields."""
    import io

    def field(number, kind, body):
        return varint(number << 3 | kind) + body

    buffer = io.BytesIO()
    name = "brain.Event:2".encode("ascii")
    buffer.write(
        record(field(1, 1, struct.pack("<d", wall_time)) + field(3, 2, varint(len(name)) + name))
    )
    for tag in curves:
        for point in curves[tag]:
            buffer.write(record(scalar_event(tag, *point, wall_time)))
    return buffer.getvalue()
