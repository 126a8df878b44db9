/* Reads the values of a swept key from the command line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/sweep.h"

/* One value among those separated by commas. */
typedef struct piece {
    const char *text;
    size_t length;
} piece;

/* Returns the length of the piece at `text`, up to a separating comma or the end. *wrong: a quote or bracket
 * without its counterpart; 0: none. */
static size_t piece_length(const char *text, char *wrong)
{
    char open[64];
    int depth = 0;
    char before = ','; /* the last character but blanks: after it a quote begins a text,
                          and one after a quote continues it */
    size_t i = 0;
    *wrong = 0;
    for (; text[i]; i++) {
        const char c = text[i];
        if (c == ',' && depth == 0) break;
        if ((c == '"' || c == '\'') && strchr("[{,:'\"", before)) {
            size_t end = i + 1;
            while (text[end] && text[end] != c) end += text[end] == '\\' && c == '"' && text[end + 1] ? 2 : 1;
            if (!text[end]) *wrong = c;
            i = text[end] ? end : end - 1;
        } else if ((c == '[' || c == '{') && (strchr("[{,:", before)) && depth < (int)sizeof open) {
            open[depth++] = c;
        } else if (depth > 0 && (c == ']' || c == '}')) {
            if (open[--depth] != (c == ']' ? '[' : '{')) *wrong = c;
        }
        if (c != ' ') before = c;
    }
    if (depth > 0 && !*wrong) *wrong = open[depth - 1];
    return i;
}

static piece trimmed(const char *text, size_t length)
{
    while (length > 0 && *text == ' ') text++, length--;
    while (length > 0 && text[length - 1] == ' ') length--;
    return (piece){text, length};
}

/* "3..7"; false: not a range at all. */
static bool read_range(piece p, int64_t *first, int64_t *last)
{
    char text[64], *end;
    if (p.length == 0 || p.length >= sizeof text) return false;
    memcpy(text, p.text, p.length);
    text[p.length] = '\0';
    char *dots = strstr(text, "..");
    if (!dots || strspn(text, "0123456789-.") != p.length) return false;
    *first = strtoll(text, &end, 10);
    if (end == text || end != dots) return false;
    *last = strtoll(dots + 2, &end, 10);
    return end != dots + 2 && *end == '\0';
}

static sw_status add_value(sw_sweep_axis *axis, sw_arena *arena, const char *text, size_t length)
{
    char *value = sw_arena_alloc(arena, length + 1);
    if (!value) return SW_E_MEMORY;
    memcpy(value, text, length);
    for (int i = 0; i < axis->count; i++)
        if (strcmp(axis->values[i], value) == 0)
            return sw_fail(SW_E_USAGE, "--set %s: the value %s is given twice", axis->key, value);
    if (axis->count == SW_SWEEP_MAX_RUNS)
        return sw_fail(SW_E_USAGE, "--set %s: more than %d values", axis->key, SW_SWEEP_MAX_RUNS);
    axis->values[axis->count++] = value;
    return SW_OK;
}

static sw_status add_range(sw_sweep_axis *axis, sw_arena *arena, int64_t first, int64_t last)
{
    if (first > last)
        return sw_fail(SW_E_USAGE, "--set %s: the range %" PRId64 "..%" PRId64 " runs backwards", axis->key,
                       first, last);
    axis->varies = true;
    for (int64_t n = first;; n++) {
        char text[32];
        int length = snprintf(text, sizeof text, "%" PRId64, n);
        sw_status status = add_value(axis, arena, text, (size_t)length);
        if (status != SW_OK || n == last) return status;
    }
}

static sw_status add_piece(sw_sweep_axis *axis, sw_arena *arena, piece p, bool alone)
{
    int64_t first, last;
    if (read_range(p, &first, &last)) return add_range(axis, arena, first, last);
    if (p.length == 0 && !alone)
        return sw_fail(SW_E_USAGE, "--set %s: a value between commas is empty", axis->key);
    return add_value(axis, arena, p.text, p.length);
}

sw_status sw_sweep_axis_parse(sw_sweep_axis *out, sw_arena *arena, const char *text)
{
    const char *equals = strchr(text, '=');
    *out = (sw_sweep_axis){0};
    if (!equals || equals == text)
        return sw_fail(SW_E_USAGE, "--set %s: expected key=value,value ..., as in --set loss.gamma=0,1,2",
                       text);
    char *key = sw_arena_alloc(arena, (size_t)(equals - text) + 1);
    out->values = sw_arena_alloc(arena, (size_t)SW_SWEEP_MAX_RUNS * sizeof *out->values);
    if (!key || !out->values) return SW_E_MEMORY;
    memcpy(key, text, (size_t)(equals - text));
    out->key = key;
    for (const char *at = equals + 1;; at++) {
        char wrong;
        size_t length = piece_length(at, &wrong);
        if (wrong) return sw_fail(SW_E_USAGE, "--set %s: %c has no counterpart", text, wrong);
        bool alone = at == equals + 1 && !at[length];
        SW_ENSURE(add_piece(out, arena, trimmed(at, length), alone));
        at += length;
        if (!*at) break;
    }
    out->varies |= out->count > 1;
    return SW_OK;
}
