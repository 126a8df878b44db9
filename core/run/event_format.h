/* Records of an event file and what is in them; the writing half is in run/events.h. */
#ifndef RUN_EVENT_FORMAT_H
#define RUN_EVENT_FORMAT_H

#include <stdbool.h>

#include "run/events.h"

/* Appends the record of an event that carries a PNG picture, RGB. */
void sw_event_append_image(sw_str *out, double wall_time_s, int64_t step, const char *tag, const char *png,
                           size_t png_bytes, int width, int height);

typedef enum sw_event_record_state {
    SW_EVENT_RECORD, /* a whole one */
    SW_EVENT_END,
    SW_EVENT_TORN,   /* the bytes end within it: a process died while it wrote */
    SW_EVENT_DAMAGED /* a checksum does not fit */
} sw_event_record_state;

/* The record at the head of `count` bytes: how many bytes it takes, and its content. */
sw_event_record_state sw_event_next_record(size_t *record_bytes, const uint8_t **content,
                                           size_t *content_bytes, const uint8_t *bytes, size_t count);

/* The step of an event and the tag of its first value ("" without one, cut to tag_bytes). */
void sw_event_identify(int64_t *step, char *tag, size_t tag_bytes, const uint8_t *event, size_t count);

#endif
