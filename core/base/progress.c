#include "base/progress.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "progress_line.h"

/* Weight of the newest step in the smoothed seconds a step: it follows a machine that slows down within about
 * ten steps. */
#define SMOOTHING 0.1
/* A validation step has no backward pass; until one was seen, it counts as this part of a training step. */
#define VALIDATION_GUESS (1.0 / 3)

enum { PHASES = 2 };

struct sw_progress {
    sw_progress_output output;
    sw_progress_plan plan;
    int epoch;              /* the one under way */
    int done[PHASES];       /* steps of it */
    int64_t seen[PHASES];   /* steps measured by this process */
    double step_s[PHASES];  /* smoothed; NaN before the first step */
    double image_s[PHASES]; /* smoothed seconds an image */
    double last_step_s;     /* time of the last step, or of creation */
    double last_draw_s;     /* -infinity: never */
    bool shown;             /* the bar is on the terminal */
};

/* ---- time ---- */

/* Takes a new sample into an average that has seen `count` before. The second sample replaces the first,
 * whose step compiled kernels and touched fresh memory. */
static void smooth(double *average, double sample, int64_t count)
{
    *average = count == 0 ? sample : *average + fmax(SMOOTHING, 1.0 / (double)count) * (sample - *average);
}

static double phase_step_s(const sw_progress *progress, int phase)
{
    double known = progress->step_s[phase];
    if (!isnan(known)) return known;
    double other = progress->step_s[!phase];
    return phase == SW_PROGRESS_VALIDATE ? other * VALIDATION_GUESS : other / VALIDATION_GUESS;
}

bool sw_every_epochs(int epoch, int every, int last_epoch)
{
    return every > 0 && epoch > 0 && (epoch % every == 0 || epoch == last_epoch);
}

static int epoch_steps(const sw_progress_plan *plan, int phase, int epoch)
{
    if (phase == SW_PROGRESS_TRAIN)
        return epoch > 0 ? plan->train_steps : 0; /* 0: a validation before training */
    bool extra = sw_every_epochs(epoch, plan->extra_every, plan->last_epoch);
    return plan->val_steps + (extra ? plan->extra_val_steps : 0);
}

/* Of all epochs after this one. */
static double later_steps(const sw_progress_plan *plan, int phase, int epoch)
{
    double epochs = plan->last_epoch - epoch;
    if (phase == SW_PROGRESS_TRAIN) return epochs * plan->train_steps;
    if (plan->extra_every == 0 || epochs <= 0) return epochs * plan->val_steps;
    int extra = plan->last_epoch / plan->extra_every - epoch / plan->extra_every +
                (plan->last_epoch % plan->extra_every != 0);
    return epochs * plan->val_steps + (double)extra * plan->extra_val_steps;
}

double sw_progress_eta_s(const sw_progress *progress)
{
    const sw_progress_plan *plan = &progress->plan;
    double eta = 0;
    for (int phase = 0; phase < PHASES; phase++) {
        double left = later_steps(plan, phase, progress->epoch) + epoch_steps(plan, phase, progress->epoch) -
                      progress->done[phase];
        if (left > 0) eta += left * phase_step_s(progress, phase);
    }
    return eta;
}

/* ---- the bar ---- */

typedef struct bar {
    const sw_progress *progress;
    sw_progress_phase phase;
    int total;
    double loss;
} bar;

static void append_figures(sw_str *out, const void *user, int detail)
{
    const bar *b = user;
    progress_append_count(out, (uint64_t)b->progress->done[b->phase], (uint64_t)b->total);
    if (detail >= 2) progress_append_rate(out, "  ", 1 / b->progress->image_s[b->phase], "img");
    if (detail >= 1 && isfinite(b->loss)) sw_str_printf(out, "  loss %.4f", b->loss);
    progress_append_duration(out, "  ETA ", sw_progress_eta_s(b->progress));
}

static void draw(sw_progress *progress, sw_progress_phase phase, int total, double loss)
{
    static const char *const phase_names[PHASES] = {"train", "val  "};
    char title[64];
    const bar b = {progress, phase, total, loss};
    const progress_line line = {
        .title = title, .part = (double)progress->done[phase] / total, .figures = append_figures, .user = &b};
    snprintf(title, sizeof title, "epoch %d/%d %s", progress->epoch, progress->plan.last_epoch,
             phase_names[phase]);
    progress_line_draw(&progress->output, &line);
    progress->shown = true;
}

/* ---- the interface ---- */

sw_status sw_progress_create(sw_progress **out, const sw_progress_output *output,
                             const sw_progress_plan *plan)
{
    assert(output->write && plan->train_steps >= 0 && plan->val_steps >= 0);
    sw_progress *progress = *out = malloc(sizeof *progress);
    if (!progress) return sw_fail_alloc("progress display", sizeof *progress);
    const double unknown = (double)NAN;
    *progress = (sw_progress){.output = *output,
                              .plan = *plan,
                              .epoch = plan->first_epoch,
                              .step_s = {unknown, unknown},
                              .image_s = {unknown, unknown},
                              .last_draw_s = -(double)INFINITY};
    progress->last_step_s = progress_now_s(&progress->output);
    return SW_OK;
}

void sw_progress_steps(sw_progress *progress, int epoch, sw_progress_phase phase, int done, int steps,
                       int images, double loss)
{
    assert(steps > 0);
    double now = progress_now_s(&progress->output), took = now - progress->last_step_s;
    if (epoch != progress->epoch) progress->done[0] = progress->done[1] = 0;
    progress->epoch = epoch;
    progress->done[phase] = done;
    progress->last_step_s = now;
    smooth(&progress->step_s[phase], took / steps, progress->seen[phase]);
    if (images > 0) smooth(&progress->image_s[phase], took / images, progress->seen[phase]);
    progress->seen[phase]++;
    if (!progress->output.bar) return;
    int total = epoch_steps(&progress->plan, (int)phase, epoch);
    if (total < done) total = done;
    if (done < total && now - progress->last_draw_s < PROGRESS_REDRAW_S) return;
    progress->last_draw_s = now;
    draw(progress, phase, total, loss);
}

void sw_progress_hide(sw_progress *progress)
{
    if (!progress->shown) return;
    progress_line_erase(&progress->output);
    progress->shown = false;
    progress->last_draw_s = -(double)INFINITY;
}

/* Appends the text with breaks between its figures (two blanks) where it would not fit: a terminal breaks
 * within words. */
static void append_fitted(sw_str *line, const char *text, int indent, int columns)
{
    int column = (int)line->length;
    while (*text) {
        const char *gap = strstr(text, "  ");
        int length = gap ? (int)(gap - text) : (int)strlen(text);
        if (column > indent && column + 2 + length >= columns) {
            sw_str_printf(line, "\n%*s", indent, "");
            column = indent;
        } else {
            sw_str_append(line, "  ");
            column += 2;
        }
        sw_str_append_bytes(line, text, (size_t)length);
        column += length;
        text += length + (gap ? 2 : 0);
    }
}

void sw_progress_epoch(sw_progress *progress, int epoch, const char *summary)
{
    sw_progress_hide(progress);
    progress->epoch = epoch;
    for (int phase = 0; phase < PHASES; phase++)
        progress->done[phase] = epoch_steps(&progress->plan, phase, epoch);
    int digits = snprintf(NULL, 0, "%d", progress->plan.last_epoch);
    sw_str line = {0}, figures = {0};
    sw_str_append(&figures, summary);
    if (epoch < progress->plan.last_epoch)
        progress_append_duration(&figures, "  ETA ", sw_progress_eta_s(progress));
    sw_str_printf(&line, "epoch %*d/%d", digits, epoch, progress->plan.last_epoch);
    int indent = (int)line.length + 2;
    if (figures.text)
        append_fitted(&line, figures.text, indent,
                      progress->output.bar ? progress_columns(&progress->output) : INT_MAX);
    sw_str_append(&line, "\n");
    sw_str_deinit(&figures);
    progress_emit(&progress->output, &line);
    /* the time between epochs (pictures, checkpoints) belongs to no step */
    progress->last_step_s = progress_now_s(&progress->output);
}

void sw_progress_destroy(sw_progress *progress)
{
    if (!progress) return;
    sw_progress_hide(progress);
    free(progress);
}
