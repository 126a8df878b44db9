#include "protobuf.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_32_BITS = 5 };

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

void protobuf_int(sw_str *message, int field, int64_t value)
{
    append_tag(message, field, WIRE_VARINT);
    append_varint(message, (uint64_t)value);
}

void protobuf_float(sw_str *message, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint8_t bytes[] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                             (uint8_t)(bits >> 24)};
    append_tag(message, field, WIRE_32_BITS);
    sw_str_append_bytes(message, bytes, sizeof bytes);
}

void protobuf_bytes_follow(sw_str *message, int field, size_t count)
{
    append_tag(message, field, WIRE_BYTES);
    append_varint(message, count);
}

void protobuf_bytes(sw_str *message, int field, const void *bytes, size_t count)
{
    protobuf_bytes_follow(message, field, count);
    sw_str_append_bytes(message, bytes, count);
}

void protobuf_text(sw_str *message, int field, const char *text)
{
    protobuf_bytes(message, field, text, strlen(text));
}

void protobuf_message(sw_str *message, int field, sw_str *child)
{
    protobuf_bytes(message, field, child->text, child->length);
    message->failed |= child->failed;
    sw_str_deinit(child);
}
