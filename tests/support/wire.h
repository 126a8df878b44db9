/* Reading Protocol Buffers' wire format in tests: fields are looked up anew each time, which is slow and
 * short. A malformed message fails the test. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wire_message {
    const uint8_t *bytes; /* also the content of a field of bytes or text */
    size_t length;
} wire_message;

wire_message wire_of(const void *bytes, size_t length);

/* How many fields of that number there are. */
size_t wire_count(wire_message message, int field);

/* The index-th of them (asserted to be there and of the right kind). */
int64_t wire_int(wire_message message, int field, size_t index);
float wire_float(wire_message message, int field, size_t index);
wire_message wire_message_at(wire_message message, int field, size_t index);

bool wire_text_is(wire_message message, int field, size_t index, const char *text);
bool wire_same(wire_message a, wire_message b);

#endif
