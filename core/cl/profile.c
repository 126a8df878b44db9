/* Times of launches, and what the device can do at best. */
#include "cl/profile.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cl/buffer.h"
#include "cl/launch.h"
#include "session.h"

/* Events wait here until their commands are done; a full list collects its older half, so that a long run
 * holds a bounded number of them and the queue never runs dry. */
enum { MAX_PENDING = 1024 };

typedef struct pending_time {
    size_t row;
    cl_event from, to;
} pending_time;

typedef struct sw_timer {
    sw_profile_row *rows;
    size_t row_count, row_capacity;
    size_t last_row; /* the search for a row starts behind it: launches come in the same order every step */
    pending_time pending[MAX_PENDING];
    size_t pending_count;
} sw_timer;

sw_status sw_timer_create(sw_timer **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? SW_OK : sw_fail_alloc("the profile", sizeof **out);
}

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

static sw_status elapsed_ms(double *out, const pending_time *p)
{
    cl_ulong start, end;
    cl_int code = clGetEventProfilingInfo(p->from ? p->from : p->to,
                                          p->from ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START,
                                          sizeof start, &start, NULL);
    if (code == CL_SUCCESS)
        code = clGetEventProfilingInfo(p->to, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
    if (code != CL_SUCCESS) return sw_cl_status(code, "clGetEventProfilingInfo", NULL);
    *out = end > start ? (double)(end - start) * 1e-6 : 0.0;
    return SW_OK;
}

/* The oldest `count` pending times become part of their rows. Waits for their commands. */
static sw_status collect(sw_timer *timer, size_t count)
{
    sw_status status = SW_OK;
    if (count == 0) return SW_OK;
    cl_int code = clWaitForEvents(1, &timer->pending[count - 1].to);
    if (code != CL_SUCCESS) status = sw_cl_status(code, "clWaitForEvents", "profile");
    for (size_t i = 0; i < count; i++) {
        const pending_time *p = &timer->pending[i];
        double ms = 0.0;
        if (status == SW_OK) status = elapsed_ms(&ms, p);
        timer->rows[p->row].launches++;
        timer->rows[p->row].total_ms += ms;
        release_events(p);
    }
    timer->pending_count -= count;
    memmove(timer->pending, timer->pending + count, timer->pending_count * sizeof timer->pending[0]);
    return status;
}

static bool is_row(const sw_profile_row *row, const char *node, const char *kernel)
{
    return strncmp(row->node, node, sizeof row->node - 1) == 0 &&
           strncmp(row->kernel, kernel, sizeof row->kernel - 1) == 0;
}

static sw_status row_of(size_t *out, sw_timer *timer, const char *node, const char *kernel)
{
    for (size_t i = 0; i < timer->row_count; i++) {
        size_t row = (timer->last_row + 1 + i) % timer->row_count;
        if (!is_row(&timer->rows[row], node, kernel)) continue;
        *out = timer->last_row = row;
        return SW_OK;
    }
    if (timer->row_count == timer->row_capacity) {
        size_t capacity = timer->row_capacity ? 2 * timer->row_capacity : 64;
        sw_profile_row *grown = realloc(timer->rows, capacity * sizeof *grown);
        if (!grown) return sw_fail_alloc("the profile", capacity * sizeof *grown);
        timer->rows = grown;
        timer->row_capacity = capacity;
    }
    sw_profile_row *row = &timer->rows[timer->row_count];
    *row = (sw_profile_row){.launches = 0};
    snprintf(row->node, sizeof row->node, "%s", node);
    snprintf(row->kernel, sizeof row->kernel, "%s", kernel);
    *out = timer->last_row = timer->row_count++;
    return SW_OK;
}

sw_status sw_timer_record(sw_timer *timer, const char *node, const char *kernel, cl_event from, cl_event to)
{
    pending_time p = {0, from, to};
    sw_status status = row_of(&p.row, timer, node ? node : "", kernel);
    if (status == SW_OK && timer->pending_count == MAX_PENDING) status = collect(timer, MAX_PENDING / 2);
    if (status != SW_OK) {
        release_events(&p);
        return status;
    }
    timer->pending[timer->pending_count++] = p;
    return SW_OK;
}

sw_status sw_profile_rows(sw_profile_row **rows, size_t *count, sw_cl *cl)
{
    assert(cl->timer && "the session was created without options.profile");
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
