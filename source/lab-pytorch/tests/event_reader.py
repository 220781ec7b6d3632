"""Read event files by a parser that knows the formats and nothing of how they were written."""

import struct

from autograder.checking import fail

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
