#include "wire.h"

#include <criterion/criterion.h>
#include <string.h>

enum { VARINT = 0, BYTES = 2, BITS_32 = 5 };

typedef struct field {
    int number, kind;
    uint64_t value;       /* varint */
    wire_message content; /* bytes, or the four of a float */
} field;

static uint64_t take_varint(wire_message *rest)
{
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        cr_assert(rest->length > 0 && shift < 64, "a number that does not end");
        uint8_t byte = *rest->bytes++;
        rest->length--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
}

static wire_message take_bytes(wire_message *rest, uint64_t count)
{
    cr_assert_leq(count, rest->length, "a field beyond the end of its message");
    wire_message taken = {rest->bytes, (size_t)count};
    rest->bytes += count;
    rest->length -= (size_t)count;
    return taken;
}

static field take_field(wire_message *rest)
{
    uint64_t tag = take_varint(rest);
    field f = {.number = (int)(tag >> 3), .kind = (int)(tag & 7)};
    if (f.kind == VARINT)
        f.value = take_varint(rest);
    else if (f.kind == BYTES)
        f.content = take_bytes(rest, take_varint(rest));
    else if (f.kind == BITS_32)
        f.content = take_bytes(rest, 4);
    else
        cr_assert_fail("wire type %d", f.kind);
    return f;
}

static field find(wire_message message, int number, size_t index, int kind)
{
    while (message.length) {
        field f = take_field(&message);
        if (f.number != number || index-- != 0) continue;
        cr_assert_eq(f.kind, kind, "field %d is of wire type %d", number, f.kind);
        return f;
    }
    cr_assert_fail("field %d is not there", number);
    return (field){0};
}

wire_message wire_of(const void *bytes, size_t length)
{
    return (wire_message){bytes, length};
}

size_t wire_count(wire_message message, int number)
{
    size_t count = 0;
    while (message.length) count += take_field(&message).number == number;
    return count;
}

int64_t wire_int(wire_message message, int number, size_t index)
{
    return (int64_t)find(message, number, index, VARINT).value;
}

float wire_float(wire_message message, int number, size_t index)
{
    float value;
    memcpy(&value, find(message, number, index, BITS_32).content.bytes, sizeof value);
    return value;
}

wire_message wire_message_at(wire_message message, int number, size_t index)
{
    return find(message, number, index, BYTES).content;
}

bool wire_same(wire_message a, wire_message b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

bool wire_text_is(wire_message message, int number, size_t index, const char *text)
{
    return wire_same(wire_message_at(message, number, index), wire_of(text, strlen(text)));
}
