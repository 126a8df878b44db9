/* One line of progress on a terminal, redrawn in its place: a title, a bar and figures, as much as fits. */
#ifndef BASE_PROGRESS_LINE_H
#define BASE_PROGRESS_LINE_H

#include <stdint.h>

#include "base/progress.h"
#include "base/str.h"

/* Seconds between redraws at least, so that a slow terminal does not slow the work. */
#define PROGRESS_REDRAW_S 0.1

typedef struct progress_line {
    const char *title;
    double part; /* of the bar that is filled, 0..1 */
    /* Appends what stands behind the bar. Detail 2: all of it; 1 and 0: without what matters least. */
    void (*figures)(sw_str *out, const void *user, int detail);
    const void *user;
} progress_line;

/* Draws the line over the one before. Left out where memory is out: a failure that matters is reported
 * elsewhere. */
void progress_line_draw(const sw_progress_output *output, const progress_line *line);
/* Clears it. */
void progress_line_erase(const sw_progress_output *output);

/* Writes the text and frees it. */
void progress_emit(const sw_progress_output *output, sw_str *text);

int progress_columns(const sw_progress_output *output);
double progress_now_s(const sw_progress_output *output);

/* Append " 34/58", "2.31 img/s" and "1:02:11"; the latter two with `before` in front, and nothing where they
 * are not known. */
void progress_append_count(sw_str *out, uint64_t done, uint64_t total);
void progress_append_rate(sw_str *out, const char *before, double a_second, const char *unit);
void progress_append_duration(sw_str *out, const char *before, double seconds);

#endif
