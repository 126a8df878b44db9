/* Times of launches, and what the device can do at best. */
#include "cl/profile.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "cl/buffer.h"
#include "cl/launch.h"
#include "context.h"

/* Events wait here until their commands are done. A full list is read out for its older half, so that a long
 * run holds a bounded number of events and the device always has work. */
enum { MAX_PENDING = 1024 };

typedef struct pending_time {
    size_t row;
    cl_event from, to;
} pending_time;

/* Attempts at reading both clocks at the same moment; the closest one counts. */
enum { CLOCK_TRIES = 8 };

typedef struct sw_timer {
    sw_profile_row *rows;
    size_t row_count;
    size_t last_row; /* the search for a row starts behind it: launches come in the same order every step */
    pending_time pending[MAX_PENDING];
    size_t pending_count;
    double clock_offset_s; /* the host's steady clock less the device's */
    sw_profile_sink sink;
    void *sink_user;
} sw_timer;

static void release_events(const pending_time *p)
{
    if (p->from) clReleaseEvent(p->from);
    clReleaseEvent(p->to);
}

static void drop_all(sw_timer *timer)
{
    for (size_t i = 0; i < timer->pending_count; i++) release_events(&timer->pending[i]);
    timer->pending_count = timer->row_count = timer->last_row = 0;
}

void sw_timer_destroy(sw_timer *timer)
{
    if (!timer) return;
    drop_all(timer);
    free(timer->rows);
    free(timer);
}

/* When a recorded command ran, on the device's clock. */
static sw_status interval(cl_ulong *start, cl_ulong *end, const pending_time *p)
{
    cl_int code = clGetEventProfilingInfo(p->from ? p->from : p->to,
                                          p->from ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START,
                                          sizeof *start, start, NULL);
    if (code == CL_SUCCESS)
        code = clGetEventProfilingInfo(p->to, CL_PROFILING_COMMAND_END, sizeof *end, end, NULL);
    if (code != CL_SUCCESS) return sw_cl_status(code, "clGetEventProfilingInfo", NULL);
    if (*end < *start) *end = *start;
    return SW_OK;
}

/* Adds a command's time to its row and hands its span on. */
static sw_status count_in(sw_timer *timer, const pending_time *p)
{
    cl_ulong start, end;
    sw_profile_row *row = &timer->rows[p->row];
    SW_ENSURE(interval(&start, &end, p));
    row->launches++;
    row->total_ms += (double)(end - start) * 1e-6;
    if (timer->sink) {
        const sw_profile_span span = {.node = row->node,
                                      .pass = row->pass,
                                      .kernel = row->kernel,
                                      .start_s = (double)start * 1e-9 + timer->clock_offset_s,
                                      .end_s = (double)end * 1e-9 + timer->clock_offset_s};
        timer->sink(timer->sink_user, &span);
    }
    return SW_OK;
}

/* Adds the oldest `count` pending times to their rows. Waits for their commands. */
static sw_status collect(sw_timer *timer, size_t count)
{
    sw_status status = SW_OK;
    if (count == 0) return SW_OK;
    cl_int code = clWaitForEvents(1, &timer->pending[count - 1].to);
    if (code != CL_SUCCESS) status = sw_cl_status(code, "clWaitForEvents", "profile");
    for (size_t i = 0; i < count; i++) {
        if (status == SW_OK) status = count_in(timer, &timer->pending[i]);
        release_events(&timer->pending[i]);
    }
    timer->pending_count -= count;
    memmove(timer->pending, timer->pending + count, timer->pending_count * sizeof timer->pending[0]);
    return status;
}

static bool is_row(const sw_profile_row *row, const char *node, const char *pass, const char *kernel)
{
    return strcmp(row->pass, pass) == 0 && strncmp(row->node, node, sizeof row->node - 1) == 0 &&
           strncmp(row->kernel, kernel, sizeof row->kernel - 1) == 0;
}

static sw_status row_of(size_t *out, sw_timer *timer, const char *node, const char *pass, const char *kernel)
{
    for (size_t i = 0; i < timer->row_count; i++) {
        size_t row = (timer->last_row + 1 + i) % timer->row_count;
        if (!is_row(&timer->rows[row], node, pass, kernel)) continue;
        *out = timer->last_row = row;
        return SW_OK;
    }
    SW_ENSURE(SW_ARRAY_GROW(timer->rows, timer->row_count, "the profile"));
    sw_profile_row *row = &timer->rows[timer->row_count];
    *row = (sw_profile_row){.pass = pass};
    snprintf(row->node, sizeof row->node, "%s", node);
    snprintf(row->kernel, sizeof row->kernel, "%s", kernel);
    *out = timer->last_row = timer->row_count++;
    return SW_OK;
}

sw_status sw_timer_record(sw_cl *cl, const char *node, const char *kernel, double bytes, cl_event from,
                          cl_event to)
{
    sw_timer *timer = cl->timer;
    pending_time p = {0, from, to};
    sw_status status = row_of(&p.row, timer, node ? node : "", cl->pass ? cl->pass : "", kernel);
    if (status == SW_OK && timer->pending_count == MAX_PENDING) status = collect(timer, MAX_PENDING / 2);
    if (status != SW_OK) {
        release_events(&p);
        return status;
    }
    timer->pending[timer->pending_count++] = p;
    timer->rows[p.row].bytes += bytes;
    return SW_OK;
}

/* --- switching on and off -------------------------------------------------------------------- */

/* Compares a command's end on the device's clock with the host's clock right after it. The smallest of
 * several differences is the nearest to the difference of the clocks. */
static sw_status compare_clocks(sw_cl *cl)
{
    sw_status status = SW_OK;
    cl_event event = NULL;
    for (int i = 0; i < CLOCK_TRIES; i++) {
        cl_ulong end;
        SW_TRY(sw_cl_status(clEnqueueMarkerWithWaitList(cl->queue, 0, NULL, &event),
                            "clEnqueueMarkerWithWaitList", NULL));
        SW_TRY(sw_cl_status(clWaitForEvents(1, &event), "clWaitForEvents", "profile"));
        double offset = sw_clock_s();
        SW_TRY(sw_cl_status(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL),
                            "clGetEventProfilingInfo", NULL));
        offset -= (double)end * 1e-9;
        if (i == 0 || offset < cl->timer->clock_offset_s) cl->timer->clock_offset_s = offset;
        clReleaseEvent(event);
        event = NULL;
    }
done:
    if (event) clReleaseEvent(event);
    return status;
}

sw_status sw_profile_start(sw_cl *cl)
{
    cl_int code;
    if (cl->profiling) return SW_OK;
    SW_ENSURE(sw_cl_finish(cl));
    if (!cl->timer && !(cl->timer = calloc(1, sizeof *cl->timer)))
        return sw_fail_alloc("the profile", sizeof *cl->timer);
    if (!cl->profiled_queue) {
        cl->profiled_queue =
            clCreateCommandQueue(cl->context, cl->device.device, CL_QUEUE_PROFILING_ENABLE, &code);
        SW_ENSURE(sw_cl_status(code, "clCreateCommandQueue", cl->device.name));
    }
    cl->queue = cl->profiled_queue;
    cl->profiling = true;
    return compare_clocks(cl);
}

sw_status sw_profile_stop(sw_cl *cl)
{
    if (!cl->profiling) return SW_OK;
    SW_ENSURE(sw_cl_finish(cl));
    SW_ENSURE(collect(cl->timer, cl->timer->pending_count));
    cl->queue = cl->plain_queue;
    cl->profiling = false;
    return SW_OK;
}

void sw_profile_set_sink(sw_cl *cl, sw_profile_sink sink, void *user)
{
    assert(cl->timer && "sw_profile_start comes first");
    cl->timer->sink = sink;
    cl->timer->sink_user = user;
}

void sw_profile_pass(sw_cl *cl, const char *pass)
{
    cl->pass = pass;
}

/* --- reading --------------------------------------------------------------------------------- */

sw_status sw_profile_rows(sw_profile_row **rows, size_t *count, sw_cl *cl)
{
    assert(cl->timer && "sw_profile_start comes first");
    sw_timer *timer = cl->timer;
    *rows = NULL;
    *count = 0;
    sw_status status = sw_cl_finish(cl);
    if (status == SW_OK) status = collect(timer, timer->pending_count);
    if (status != SW_OK) return status;
    *rows = calloc(timer->row_count + 1, sizeof **rows);
    if (!*rows) return sw_fail_alloc("the profile", timer->row_count * sizeof **rows);
    if (timer->row_count) memcpy(*rows, timer->rows, timer->row_count * sizeof **rows);
    *count = timer->row_count;
    return SW_OK;
}

void sw_profile_reset(sw_cl *cl)
{
    if (cl->timer) drop_all(cl->timer);
}
