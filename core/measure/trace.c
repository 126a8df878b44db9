#include "measure/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "page/json_text.h"

enum { FLUSH_BYTES = 1 << 20 };

/* Ends the document; the next write begins over it. */
static const char tail[] = "\n]}\n";

struct sw_trace {
    int fd;
    char *path;
    off_t end; /* of the events in the file */
    double zero_s;
    sw_str unwritten;
    sw_status status; /* of the first write that failed */
};

static void append_name(sw_str *s, const char *before, sw_track track, const char *kind, const char *name)
{
    sw_str_printf(s, "%s\n{\"ph\":\"M\",\"pid\":%d,\"tid\":1,\"name\":\"%s\",\"args\":{\"name\":", before,
                  track, kind);
    sw_json_string(s, name);
    sw_str_append(s, "}}");
}

static void append_names(sw_str *s, const char *device)
{
    sw_str_append(s, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    append_name(s, "", SW_TRACK_HOST, "process_name", "host");
    append_name(s, ",", SW_TRACK_HOST, "thread_name", "training loop");
    append_name(s, ",", SW_TRACK_DEVICE, "process_name", "device");
    append_name(s, ",", SW_TRACK_DEVICE, "thread_name", device);
}

/* Microseconds with the nanoseconds as decimals. */
static void append_us(sw_str *s, const char *key, int64_t ns)
{
    sw_str_printf(s, ",\"%s\":%" PRId64 ".%03d", key, ns / 1000, (int)(ns % 1000));
}

/* Appends a text among a span's "args" unless it is empty. *comma: what goes before the next one. */
static void append_text(sw_str *s, const char **comma, const char *key, const char *text)
{
    if (!text || !text[0]) return;
    sw_str_printf(s, "%s\"%s\":", *comma, key);
    sw_json_string(s, text);
    *comma = ",";
}

/* Start and end are rounded, not the length: spans that touch do not overlap. */
static void append_span(sw_str *s, const sw_trace_span *span, double zero_s)
{
    int64_t start = llround(1e9 * fmax(span->start_s - zero_s, 0)),
            end = llround(1e9 * (span->end_s - zero_s));
    sw_str_printf(s, ",\n{\"ph\":\"X\",\"pid\":%d,\"tid\":1", span->track);
    append_us(s, "ts", start);
    append_us(s, "dur", end > start ? end - start : 0);
    sw_str_append(s, ",\"name\":");
    sw_json_string(s, span->name);
    sw_str_append(s, ",\"args\":{");
    if (span->step > 0) sw_str_printf(s, "\"step\":%d", span->step);
    const char *comma = span->step > 0 ? "," : "";
    append_text(s, &comma, "layer", span->layer);
    append_text(s, &comma, "pass", span->pass);
    sw_str_append(s, "}}");
}

static sw_status write_at(const sw_trace *trace, const char *bytes, size_t length, off_t at)
{
    while (length > 0) {
        ssize_t put = pwrite(trace->fd, bytes, length, at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0)
            return sw_fail(SW_E_IO, "cannot write %s: %s", trace->path, strerror(put < 0 ? errno : ENOSPC));
        bytes += put;
        at += put;
        length -= (size_t)put;
    }
    return SW_OK;
}

static sw_status write_out(sw_trace *trace)
{
    sw_str *s = &trace->unwritten;
    size_t events = s->length;
    sw_str_append(s, tail);
    sw_status status = sw_str_status(s);
    if (status == SW_OK) status = write_at(trace, s->text, s->length, trace->end);
    if (status == SW_OK) trace->end += (off_t)events;
    sw_str_deinit(s);
    return status;
}

sw_status sw_trace_create(sw_trace **out, const char *path, const char *device, double zero_s)
{
    sw_status status = SW_OK;
    *out = NULL;
    sw_trace *trace = calloc(1, sizeof *trace);
    if (!trace) return sw_fail_alloc("the trace", sizeof *trace);
    *trace = (sw_trace){.fd = -1, .path = sw_strf("%s", path), .zero_s = zero_s};
    SW_TRY(sw_fs_open(&trace->fd, path, O_WRONLY | O_CREAT | O_TRUNC));
    if (!trace->path) SW_TRY(SW_E_MEMORY);
    append_names(&trace->unwritten, device);
    SW_TRY(write_out(trace));
    *out = trace;
    trace = NULL;
done:
    sw_trace_destroy(trace);
    return status;
}

void sw_trace_add(sw_trace *trace, const sw_trace_span *span)
{
    if (trace->status != SW_OK) return;
    append_span(&trace->unwritten, span, trace->zero_s);
    if (trace->unwritten.length >= FLUSH_BYTES) trace->status = write_out(trace);
}

sw_status sw_trace_flush(sw_trace *trace)
{
    if (trace->status == SW_OK) trace->status = write_out(trace);
    if (trace->status == SW_E_IO) return sw_fail(SW_E_IO, "cannot write %s", trace->path);
    return trace->status;
}

void sw_trace_destroy(sw_trace *trace)
{
    if (!trace) return;
    if (trace->fd >= 0) close(trace->fd);
    sw_str_deinit(&trace->unwritten);
    free(trace->path);
    free(trace);
}
