/* Event files as TensorBoard reads them: event.proto and summary.proto, in records of TFRecord's framing. */
#include "event_format.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/protobuf.h"

/* Field numbers of Event, Summary, Summary.Value and Summary.Image. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_IMAGE = 4 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_COLORSPACE = 3, IMAGE_ENCODED = 4, COLORSPACE_RGB = 3 };

enum { LENGTH_BYTES = 8, CRC_BYTES = 4, HEAD_BYTES = LENGTH_BYTES + CRC_BYTES };

/* --- records --------------------------------------------------------------------------------- */

/* The format masks its checksums: a CRC over bytes that contain CRCs would be weak. */
static uint32_t masked_crc(const void *bytes, size_t count)
{
    const uint32_t crc = sw_crc32c(bytes, count);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void put_little_endian(uint8_t *to, uint64_t value, int count)
{
    for (int i = 0; i < count; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_little_endian(const uint8_t *from, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value |= (uint64_t)from[i] << 8 * i;
    return value;
}

/* Appends a record: u64 length, masked CRC-32C of it, the bytes, masked CRC-32C of these. */
static void append_record(sw_str *out, const void *bytes, size_t count)
{
    uint8_t head[HEAD_BYTES], tail[CRC_BYTES];
    put_little_endian(head, count, LENGTH_BYTES);
    put_little_endian(head + LENGTH_BYTES, masked_crc(head, LENGTH_BYTES), CRC_BYTES);
    put_little_endian(tail, masked_crc(bytes, count), CRC_BYTES);
    sw_str_append_bytes(out, head, sizeof head);
    sw_str_append_bytes(out, bytes, count);
    sw_str_append_bytes(out, tail, sizeof tail);
}

sw_event_record_state sw_event_next_record(size_t *record_bytes, const uint8_t **content,
                                           size_t *content_bytes, const uint8_t *bytes, size_t count)
{
    if (count == 0) return SW_EVENT_END;
    if (count < HEAD_BYTES) return SW_EVENT_TORN;
    const uint64_t length = get_little_endian(bytes, LENGTH_BYTES);
    if (get_little_endian(bytes + LENGTH_BYTES, CRC_BYTES) != masked_crc(bytes, LENGTH_BYTES))
        return SW_EVENT_DAMAGED;
    if (count - HEAD_BYTES < CRC_BYTES || length > count - HEAD_BYTES - CRC_BYTES) return SW_EVENT_TORN;
    *content = bytes + HEAD_BYTES;
    *content_bytes = (size_t)length;
    *record_bytes = HEAD_BYTES + (size_t)length + CRC_BYTES;
    const bool intact = get_little_endian(*content + length, CRC_BYTES) == masked_crc(*content, length);
    return intact ? SW_EVENT_RECORD : SW_EVENT_DAMAGED;
}

/* --- events ---------------------------------------------------------------------------------- */

static void append_event(sw_str *out, sw_str *event)
{
    out->failed |= event->failed;
    append_record(out, event->text, event->length);
    sw_str_deinit(event);
}

/* The record of an event with one value in its summary; the value is emptied. */
static void append_value(sw_str *out, double wall_time_s, int64_t step, sw_str *value)
{
    sw_str event = {0}, summary = {0};
    sw_protobuf_double(&event, EVENT_WALL_TIME, wall_time_s);
    sw_protobuf_int(&event, EVENT_STEP, step);
    sw_protobuf_message(&summary, SUMMARY_VALUE, value);
    sw_protobuf_message(&event, EVENT_SUMMARY, &summary);
    append_event(out, &event);
}

void sw_event_append_version(sw_str *out, double wall_time_s)
{
    sw_str event = {0};
    sw_protobuf_double(&event, EVENT_WALL_TIME, wall_time_s);
    sw_protobuf_text(&event, EVENT_FILE_VERSION, "brain.Event:2");
    append_event(out, &event);
}

void sw_event_append_scalar(sw_str *out, double wall_time_s, int64_t step, const char *tag, float value)
{
    sw_str message = {0};
    sw_protobuf_text(&message, VALUE_TAG, tag);
    sw_protobuf_float(&message, VALUE_SIMPLE, value);
    append_value(out, wall_time_s, step, &message);
}

void sw_event_append_image(sw_str *out, double wall_time_s, int64_t step, const char *tag, const char *png,
                           size_t png_bytes, int width, int height)
{
    sw_str message = {0}, image = {0};
    sw_protobuf_text(&message, VALUE_TAG, tag);
    sw_protobuf_int(&image, IMAGE_HEIGHT, height);
    sw_protobuf_int(&image, IMAGE_WIDTH, width);
    sw_protobuf_int(&image, IMAGE_COLORSPACE, COLORSPACE_RGB);
    sw_protobuf_bytes(&image, IMAGE_ENCODED, png, png_bytes);
    sw_protobuf_message(&message, VALUE_IMAGE, &image);
    append_value(out, wall_time_s, step, &message);
}

/* The first field of that number that holds bytes, or nothing. */
static sw_protobuf_field find_bytes(int number, const uint8_t *message, size_t length)
{
    sw_protobuf_field field;
    while (sw_protobuf_next(&field, &message, &length))
        if (field.number == number && field.bytes) return field;
    return (sw_protobuf_field){0};
}

void sw_event_identify(int64_t *step, char *tag, size_t tag_bytes, const uint8_t *event, size_t count)
{
    const sw_protobuf_field summary = find_bytes(EVENT_SUMMARY, event, count);
    const sw_protobuf_field value = find_bytes(SUMMARY_VALUE, summary.bytes, summary.length);
    const sw_protobuf_field name = find_bytes(VALUE_TAG, value.bytes, value.length);
    snprintf(tag, tag_bytes, "%.*s", (int)(name.length < tag_bytes ? name.length : tag_bytes),
             name.bytes ? (const char *)name.bytes : "");
    *step = 0;
    sw_protobuf_field field;
    while (sw_protobuf_next(&field, &event, &count))
        if (field.number == EVENT_STEP) *step = (int64_t)field.value;
}
