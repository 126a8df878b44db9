#include "progress_line.h"

#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "base/terminal.h"

enum { MIN_BAR = 10, MAX_BAR = 40 };

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

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

int progress_columns(const sw_progress_output *output)
{
    return output->columns ? output->columns(output->user) : SW_TERMINAL_DEFAULT_COLUMNS;
}

double progress_now_s(const sw_progress_output *output)
{
    return output->now_s ? output->now_s(output->user) : sw_clock_s();
}

void progress_emit(const sw_progress_output *output, sw_str *text)
{
    if (!text->failed && text->length) output->write(output->user, text->text, text->length);
    sw_str_deinit(text);
}

/* ---- figures ---- */

void progress_append_count(sw_str *out, uint64_t done, uint64_t total)
{
    sw_str_printf(out, " %*" PRIu64 "/%" PRIu64, total >= 100 ? 3 : total >= 10 ? 2 : 1, done, total);
}

void progress_append_rate(sw_str *out, const char *before, double a_second, const char *unit)
{
    if (!(a_second > 0 && isfinite(a_second))) return;
    const int digits = a_second < 10 ? 2 : a_second < 100 ? 1 : 0;
    sw_str_printf(out, "%s%.*f %s/s", before, digits, a_second, unit);
}

void progress_append_duration(sw_str *out, const char *before, double seconds)
{
    if (!(seconds < 1e9)) return;
    int64_t whole = (int64_t)ceil(seconds);
    int hours = (int)(whole / 3600), minutes = (int)(whole / 60 % 60), rest = (int)(whole % 60);
    sw_str_append(out, before);
    if (hours)
        sw_str_printf(out, "%d:%02d:%02d", hours, minutes, rest);
    else
        sw_str_printf(out, "%d:%02d", minutes, rest);
}

/* ---- the line ---- */

static void append_bar(sw_str *s, int width, double part, bool colour)
{
    int filled = (int)(part * width);
    sw_str_append(s, colour ? " [" GREEN : " [");
    for (int i = 0; i < width; i++) sw_str_append(s, i < filled ? "=" : i == filled ? ">" : " ");
    sw_str_append(s, colour ? PLAIN "]" : "]");
}

void progress_line_draw(const sw_progress_output *output, const progress_line *line)
{
    const int columns = progress_columns(output);
    const int room = columns - 1; /* the last column would make some terminals wrap */
    const bool colour = output->colour;
    sw_str head = {0}, figures = {0}, text = {0};
    if (output->before) sw_str_append(&head, output->before);
    sw_str_append(&head, line->title);
    int bar = 0;
    for (int detail = 2; detail >= 0; detail--) {
        sw_str_deinit(&figures);
        line->figures(&figures, line->user, detail);
        bar = room - (int)head.length - (int)figures.length - 3; /* " [" and "]" */
        if (bar >= MIN_BAR) break;
    }
    if (head.failed || figures.failed) goto done;
    sw_terminal_erase(&text, colour, columns);
    if (colour) sw_str_append(&text, BOLD);
    sw_str_append_bytes(&text, head.text,
                        (int)head.length < room ? head.length : (size_t)(room > 0 ? room : 0));
    if (colour) sw_str_append(&text, PLAIN);
    if (bar >= MIN_BAR) append_bar(&text, bar < MAX_BAR ? bar : MAX_BAR, line->part, colour);
    if ((int)(head.length + figures.length) <= room) sw_str_append(&text, figures.text);
    progress_emit(output, &text);
done:
    sw_str_deinit(&head);
    sw_str_deinit(&figures);
}

void progress_line_erase(const sw_progress_output *output)
{
    sw_str erase = {0};
    sw_terminal_erase(&erase, output->colour, progress_columns(output));
    progress_emit(output, &erase);
}
