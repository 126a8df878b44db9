/* Writing Protocol Buffers' wire format: a message is its fields one after the other, and a message inside
 * another is a field of bytes. */
#ifndef NN_PROTOBUF_H
#define NN_PROTOBUF_H

#include <stdint.h>

#include "base/str.h"

void protobuf_int(sw_str *message, int field, int64_t value); /* int32, int64, enum */
void protobuf_float(sw_str *message, int field, float value);
void protobuf_bytes(sw_str *message, int field, const void *bytes, size_t count); /* bytes, string */
void protobuf_text(sw_str *message, int field, const char *text);
/* Tag and length of a field of bytes that the caller appends or writes. */
void protobuf_bytes_follow(sw_str *message, int field, size_t count);
/* Appends `child` as a field and empties it. */
void protobuf_message(sw_str *message, int field, sw_str *child);

#endif
