#include "base/progress.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/terminal.h"

/* Seconds between redraws at least, so that a slow terminal does not slow the run. */
#define MIN_REDRAW_S 0.1
/* Weight of the newest step in the smoothed seconds a step: it follows a machine that slows down within about
 * ten steps. */
#define SMOOTHING 0.1
/* A validation step has no backward pass; until one was seen, it counts as this part of a training step. */
#define VALIDATION_GUESS (1.0 / 3)

enum { MIN_BAR = 10, MAX_BAR = 40, PHASES = 2 };

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

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

/* ---- the terminal ---- */

static void stream_write(void *user, const char *text, size_t length)
{
    fwrite(text, 1, length, user);
    fflush(user);
}

static int stream_columns(void *user)
{
    return sw_terminal_columns(user);
}

sw_progress_output sw_progress_output_to(FILE *stream)
{
    return (sw_progress_output){.write = stream_write,
                                .columns = stream_columns,
                                .user = stream,
                                .bar = sw_terminal_rewrites(stream),
                                .colour = sw_terminal_escapes(stream)};
}

static int columns_of(const sw_progress *progress)
{
    return progress->output.columns ? progress->output.columns(progress->output.user)
                                    : SW_TERMINAL_DEFAULT_COLUMNS;
}

static double now_s(const sw_progress *progress)
{
    return progress->output.now_s ? progress->output.now_s(progress->output.user) : sw_clock_s();
}

static void emit(const sw_progress *progress, sw_str *text)
{
    /* a progress line that memory is out for is left out: a failure that matters is reported elsewhere */
    if (!text->failed && text->length)
        progress->output.write(progress->output.user, text->text, text->length);
    sw_str_deinit(text);
}

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

/* "1:02:11", "2:11", or nothing when it isn't known */
static void append_duration(sw_str *s, const char *before, double seconds)
{
    if (!(seconds < 1e9)) return;
    int64_t whole = (int64_t)ceil(seconds);
    int hours = (int)(whole / 3600), minutes = (int)(whole / 60 % 60), rest = (int)(whole % 60);
    sw_str_append(s, before);
    if (hours)
        sw_str_printf(s, "%d:%02d:%02d", hours, minutes, rest);
    else
        sw_str_printf(s, "%d:%02d", minutes, rest);
}

/* ---- the bar ---- */

/* Appends the figures behind the bar. Less detail leaves out the least important ones (2: all, 0: fewest). */
static void append_figures(sw_str *s, const sw_progress *progress, int phase, int total, double loss,
                           int detail)
{
    sw_str_printf(s, " %*d/%d", total >= 100 ? 3 : total >= 10 ? 2 : 1, progress->done[phase], total);
    if (detail >= 2 && progress->image_s[phase] > 0) {
        double rate = 1 / progress->image_s[phase];
        sw_str_printf(s, rate < 10 ? "  %.2f img/s" : rate < 100 ? "  %.1f img/s" : "  %.0f img/s", rate);
    }
    if (detail >= 1 && isfinite(loss)) sw_str_printf(s, "  loss %.4f", loss);
    append_duration(s, "  ETA ", sw_progress_eta_s(progress));
}

static void append_bar(sw_str *s, int width, double part, bool colour)
{
    int filled = (int)(part * width);
    sw_str_append(s, colour ? " [" GREEN : " [");
    for (int i = 0; i < width; i++) sw_str_append(s, i < filled ? "=" : i == filled ? ">" : " ");
    sw_str_append(s, colour ? PLAIN "]" : "]");
}

static void draw(sw_progress *progress, int phase, int total, double loss)
{
    static const char *const phase_names[PHASES] = {"train", "val  "};
    int columns = columns_of(progress),
        room = columns - 1; /* the last column would make some terminals wrap */
    bool colour = progress->output.colour;
    sw_str head = {0}, figures = {0}, line = {0};
    sw_str_printf(&head, "epoch %d/%d %s", progress->epoch, progress->plan.last_epoch, phase_names[phase]);
    int bar = 0;
    for (int detail = 2; detail >= 0; detail--) {
        sw_str_deinit(&figures);
        append_figures(&figures, progress, phase, total, loss, detail);
        bar = room - (int)head.length - (int)figures.length - 3; /* " [" and "]" */
        if (bar >= MIN_BAR) break;
    }
    if (head.failed || figures.failed) goto done;
    sw_terminal_erase(&line, progress->output.colour, columns);
    if (colour) sw_str_append(&line, BOLD);
    sw_str_append_bytes(&line, head.text,
                        (int)head.length < room ? head.length : (size_t)(room > 0 ? room : 0));
    if (colour) sw_str_append(&line, PLAIN);
    if (bar >= MIN_BAR)
        append_bar(&line, bar < MAX_BAR ? bar : MAX_BAR, (double)progress->done[phase] / total, colour);
    if ((int)(head.length + figures.length) <= room) sw_str_append(&line, figures.text);
    emit(progress, &line);
    progress->shown = true;
done:
    sw_str_deinit(&head);
    sw_str_deinit(&figures);
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
    progress->last_step_s = now_s(progress);
    return SW_OK;
}

void sw_progress_steps(sw_progress *progress, int epoch, sw_progress_phase phase, int done, int steps,
                       int images, double loss)
{
    assert(steps > 0);
    double now = now_s(progress), took = now - progress->last_step_s;
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
    if (done < total && now - progress->last_draw_s < MIN_REDRAW_S) return;
    progress->last_draw_s = now;
    draw(progress, phase, total, loss);
}

void sw_progress_hide(sw_progress *progress)
{
    if (!progress->shown) return;
    sw_str erase = {0};
    sw_terminal_erase(&erase, progress->output.colour, columns_of(progress));
    emit(progress, &erase);
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
    if (epoch < progress->plan.last_epoch) append_duration(&figures, "  ETA ", sw_progress_eta_s(progress));
    sw_str_printf(&line, "epoch %*d/%d", digits, epoch, progress->plan.last_epoch);
    int indent = (int)line.length + 2;
    if (figures.text)
        append_fitted(&line, figures.text, indent, progress->output.bar ? columns_of(progress) : INT_MAX);
    sw_str_append(&line, "\n");
    sw_str_deinit(&figures);
    emit(progress, &line);
    /* the time between epochs (pictures, checkpoints) belongs to no step */
    progress->last_step_s = now_s(progress);
}

void sw_progress_destroy(sw_progress *progress)
{
    if (!progress) return;
    sw_progress_hide(progress);
    free(progress);
}
