/* A trace.json that a browser's trace viewer opens (chrome://tracing, ui.perfetto.dev): complete events of
 * the Trace Event Format on two tracks, host and device.
 *
 * The file is a whole JSON document after every write, so that it can be opened during the run and after it
 * was killed. Not thread-safe: one thread owns it. */
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H

#include "base/status.h"

typedef enum sw_track { SW_TRACK_HOST = 1, SW_TRACK_DEVICE } sw_track;

typedef struct sw_trace_span {
    sw_track track;
    const char *name;
    const char *layer, *pass; /* NULL or "": none */
    int step;                 /* 0: none */
    double start_s, end_s;    /* of the steady clock */
} sw_trace_span;

typedef struct sw_trace sw_trace;

/* Creates the file, or replaces it. `device` names the device's track; times count from zero_s. */
sw_status sw_trace_create(sw_trace **out, const char *path, const char *device, double zero_s) SW_NODISCARD;

/* Adds a span. Spans of a track lie one after the other or one in the other. A failure is reported by the
 * next flush. */
void sw_trace_add(sw_trace *trace, const sw_trace_span *span);

/* Writes what was added. */
sw_status sw_trace_flush(sw_trace *trace) SW_NODISCARD;
void sw_trace_destroy(sw_trace *trace); /* accepts NULL; what was not flushed is lost */

#endif
