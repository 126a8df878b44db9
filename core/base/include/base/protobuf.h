/* Protocol Buffers' wire format: a message is its fields one after the other, and a message inside another is
 * a field of bytes. */
#ifndef BASE_PROTOBUF_H
#define BASE_PROTOBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* --- writing --------------------------------------------------------------------------------- */

/* Append a field of this type. */
void sw_protobuf_int(sw_str *message, int field, int64_t value); /* int32, int64, enum */
void sw_protobuf_float(sw_str *message, int field, float value);
void sw_protobuf_double(sw_str *message, int field, double value);
void sw_protobuf_bytes(sw_str *message, int field, const void *bytes, size_t count); /* bytes, string */
void sw_protobuf_text(sw_str *message, int field, const char *text);
/* Appends tag and length of a field of bytes, which the caller appends or writes next. */
void sw_protobuf_bytes_follow(sw_str *message, int field, size_t count);
/* Appends `child` as a field and empties it. */
void sw_protobuf_message(sw_str *message, int field, sw_str *child);

/* --- reading --------------------------------------------------------------------------------- */

typedef struct sw_protobuf_field {
    int number;
    uint64_t value;       /* of an integer; 0 for other kinds */
    const uint8_t *bytes; /* of bytes, string and message, or the 4 or 8 of a float or double; else NULL */
    size_t length;
} sw_protobuf_field;

/* Takes the first field off a message of *length bytes; false at its end, and for invalid bytes. An empty
 * message may be NULL. */
bool sw_protobuf_next(sw_protobuf_field *field, const uint8_t **message, size_t *length);

#endif
