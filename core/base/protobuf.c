#include "base/protobuf.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64_BITS = 1, WIRE_BYTES = 2, WIRE_32_BITS = 5 };

/* Seven bits a byte, lowest first; the top bit says that more follow. */
static void append_varint(sw_str *message, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;
    do {
        bytes[count] = (uint8_t)(value & 0x7f);
        value >>= 7;
        if (value) bytes[count] |= 0x80;
        count++;
    } while (value);
    sw_str_append_bytes(message, bytes, count);
}

static void append_tag(sw_str *message, int field, int wire)
{
    append_varint(message, (uint64_t)field << 3 | (uint64_t)wire);
}

void sw_protobuf_int(sw_str *message, int field, int64_t value)
{
    append_tag(message, field, WIRE_VARINT);
    append_varint(message, (uint64_t)value);
}

/* The lowest `count` bytes, the lowest first. */
static void append_fixed(sw_str *message, uint64_t bits, int count)
{
    uint8_t bytes[8];
    for (int i = 0; i < count; i++) bytes[i] = (uint8_t)(bits >> 8 * i);
    sw_str_append_bytes(message, bytes, (size_t)count);
}

void sw_protobuf_float(sw_str *message, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_tag(message, field, WIRE_32_BITS);
    append_fixed(message, bits, 4);
}

void sw_protobuf_double(sw_str *message, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_tag(message, field, WIRE_64_BITS);
    append_fixed(message, bits, 8);
}

void sw_protobuf_bytes_follow(sw_str *message, int field, size_t count)
{
    append_tag(message, field, WIRE_BYTES);
    append_varint(message, count);
}

void sw_protobuf_bytes(sw_str *message, int field, const void *bytes, size_t count)
{
    sw_protobuf_bytes_follow(message, field, count);
    sw_str_append_bytes(message, bytes, count);
}

void sw_protobuf_text(sw_str *message, int field, const char *text)
{
    sw_protobuf_bytes(message, field, text, strlen(text));
}

void sw_protobuf_message(sw_str *message, int field, sw_str *child)
{
    sw_protobuf_bytes(message, field, child->text, child->length);
    message->failed |= child->failed;
    sw_str_deinit(child);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool take_varint(uint64_t *value, const uint8_t **at, const uint8_t *end)
{
    *value = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

bool sw_protobuf_next(sw_protobuf_field *field, const uint8_t **message, size_t *length)
{
    uint64_t tag, count = 0;
    *field = (sw_protobuf_field){0};
    if (*length == 0) return false;
    const uint8_t *at = *message, *end = at + *length;
    if (!take_varint(&tag, &at, end) || tag >> 3 == 0 || tag >> 3 > INT32_MAX) return false;
    field->number = (int)(tag >> 3);
    const int wire = tag & 7;
    if (wire == WIRE_VARINT && !take_varint(&field->value, &at, end)) return false;
    if (wire == WIRE_BYTES && !take_varint(&count, &at, end)) return false;
    if (wire == WIRE_32_BITS) count = 4;
    if (wire == WIRE_64_BITS) count = 8;
    if (wire != WIRE_VARINT && wire != WIRE_BYTES && count == 0) return false; /* another kind */
    if (count > (uint64_t)(end - at)) return false;
    if (wire != WIRE_VARINT) {
        field->bytes = at;
        field->length = (size_t)count;
    }
    *message = at + count;
    *length = (size_t)(end - *message);
    return true;
}
