#include "base/tally.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "progress_line.h"

static const double LINE_EVERY_S = 30;  /* where there is no terminal */
static const double RATE_MEMORY_S = 20; /* what was done longer ago hardly counts for the rate */

struct sw_tally {
    pthread_mutex_t lock; /* guards all below */
    sw_progress_output output;
    char what[64];
    const char *unit;
    uint64_t total, done;
    uint64_t seen;      /* of `done`, in the sums below */
    double sum, sum_s;  /* done and the seconds for it, fading */
    double seen_s;      /* time of the last addition to them */
    double first_s;     /* when something was done for the first time; NaN: not yet */
    double last_draw_s; /* or line */
    bool drawn;         /* the bar is on the terminal */
};

static double rate(const sw_tally *t)
{
    return t->sum_s > 0 && t->sum > 0 ? t->sum / t->sum_s : (double)NAN;
}

static double eta_s(const sw_tally *t)
{
    return t->done < t->total ? (double)(t->total - t->done) / rate(t) : 0;
}

/* Work comes in bursts (a batch, a block of a file), so that single times would say little: the rate is a
 * quotient of two sums that fade alike. */
static void take_sample(sw_tally *t, double now_s)
{
    const double took = now_s - t->seen_s;
    const double kept = exp(-took / RATE_MEMORY_S);
    t->sum = t->sum * kept + (double)(t->done - t->seen);
    t->sum_s = t->sum_s * kept + took;
    t->seen = t->done;
    t->seen_s = now_s;
}

static void append_figures(sw_str *out, const void *user, int detail)
{
    const sw_tally *t = user;
    if (t->unit) {
        progress_append_count(out, t->done, t->total);
        if (detail >= 1) progress_append_rate(out, "  ", rate(t), t->unit);
    } else {
        sw_str_printf(out, " %.1f/%.1f MB", (double)t->done * 1e-6, (double)t->total * 1e-6);
        if (detail >= 1) progress_append_rate(out, "  ", 1e-6 * rate(t), "MB");
    }
    progress_append_duration(out, "  ETA ", eta_s(t));
}

static void draw(sw_tally *t)
{
    const progress_line line = {.title = t->what,
                                .part = t->total ? (double)t->done / (double)t->total : 1,
                                .figures = append_figures,
                                .user = t};
    progress_line_draw(&t->output, &line);
    t->drawn = true;
}

static void write_line(const sw_tally *t)
{
    sw_str text = {0};
    if (t->output.before) sw_str_append(&text, t->output.before);
    sw_str_append(&text, t->what);
    append_figures(&text, t, 2);
    sw_str_append(&text, "\n");
    progress_emit(&t->output, &text);
}

/* ends: by what was counted just now. */
static void show(sw_tally *t, double now_s, bool ends)
{
    const bool bar = t->output.bar;
    if (now_s - t->last_draw_s < (bar ? PROGRESS_REDRAW_S : LINE_EVERY_S) && !(bar && ends)) return;
    t->last_draw_s = now_s;
    take_sample(t, now_s);
    if (bar)
        draw(t);
    else
        write_line(t);
}

sw_status sw_tally_create(sw_tally **out, const sw_progress_output *output, const sw_tally_plan *plan)
{
    *out = NULL;
    if (!output) return SW_OK;
    sw_tally *t = *out = malloc(sizeof *t);
    if (!t) return sw_fail_alloc("progress display", sizeof *t);
    const double now_s = progress_now_s(output);
    *t = (sw_tally){.lock = PTHREAD_MUTEX_INITIALIZER,
                    .output = *output,
                    .unit = plan->unit,
                    .total = plan->total,
                    .done = plan->done,
                    .seen = plan->done,
                    .seen_s = now_s,
                    .first_s = (double)NAN,
                    .last_draw_s = output->bar ? -(double)INFINITY : now_s};
    snprintf(t->what, sizeof t->what, "%s", plan->what);
    return SW_OK;
}

static void set(sw_tally *t, uint64_t done)
{
    const double now_s = progress_now_s(&t->output);
    if (isnan(t->first_s)) t->first_s = now_s;
    const bool again = done < t->done; /* it began anew */
    const bool ends = done >= t->total && t->done < t->total;
    t->done = done;
    /* the first burst took the time of starting up, such as of compiling kernels: no rate comes from it */
    if (again || now_s - t->first_s < PROGRESS_REDRAW_S) {
        t->seen = done;
        t->seen_s = now_s;
        t->sum = t->sum_s = 0;
    }
    show(t, now_s, ends);
}

void sw_tally_add(sw_tally *t, uint64_t more)
{
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    set(t, t->done + more);
    pthread_mutex_unlock(&t->lock);
}

void sw_tally_set(sw_tally *t, uint64_t done)
{
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    set(t, done);
    pthread_mutex_unlock(&t->lock);
}

void sw_tally_destroy(sw_tally *t)
{
    if (!t) return;
    if (t->drawn) progress_line_erase(&t->output);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
