/* Damage to lines and numbers: JSON, JSON lines, CSV, YAML, logs. */
#include <stdlib.h>
#include <string.h>

#include "damage.h"

static size_t count_lines(const damaged *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->length; i++) count += d->bytes[i] == '\n';
    return count;
}

/* Where a line begins, and where the one after it does. */
static void find_line(const damaged *d, size_t line, size_t *begin, size_t *end)
{
    size_t at = 0;
    for (; at < d->length && line > 0; at++) line -= d->bytes[at] == '\n';
    *begin = at;
    const char *newline = memchr(d->bytes + at, '\n', d->length - at);
    *end = newline ? (size_t)(newline - d->bytes) + 1 : d->length;
}

bool damage_lines(damaged *d)
{
    const size_t lines = count_lines(d), line = damage_pick(d, lines), other = damage_pick(d, lines);
    size_t begin, end, other_begin, other_end;
    if (lines == 0) return false;
    find_line(d, line, &begin, &end);
    find_line(d, other, &other_begin, &other_end);
    const size_t half = (end - begin) / 2, count = end - begin;
    char *copy = malloc(count);
    if (!copy) abort();
    memcpy(copy, d->bytes + begin, count);
    switch (damage_pick(d, 5)) {
    case 0:
        sw_str_printf(&d->did, "line %zu of %zu left out", line + 1, lines);
        damage_splice(d, begin, count, "", 0);
        break;
    case 1:
        sw_str_printf(&d->did, "line %zu again before line %zu", line + 1, other + 1);
        damage_splice(d, other_begin, 0, copy, count);
        break;
    case 2:
        sw_str_printf(&d->did, "line %zu cut in the middle", line + 1);
        damage_splice(d, begin + half, count - half, "\n", 1);
        break;
    case 3:
        sw_str_printf(&d->did, "line %zu and those after it left out", line + 1);
        d->length = begin;
        break;
    default:
        sw_str_printf(&d->did, "line %zu joined to the next", line + 1);
        damage_splice(d, end - 1, 1, "", 0);
    }
    free(copy);
    return true;
}

bool damage_numbers_in(damaged *d, size_t begin, size_t end)
{
    static const char *const others[] = {
        "0",     "-1",   "1e400", "99999999999999999999",  "2147483648", "1e-320",
        "\"1\"", "null", "NaN",   "[[[[[[[[[[1]]]]]]]]]]", "4294967297", "0.5",
        "",      "{}",   "true",  "-99999999999999999999"};
    static const char digits[] = "0123456789";
    size_t at = begin + damage_pick(d, end - begin);
    while (at < end && !strchr(digits, d->bytes[at])) at++;
    if (at >= end) return false;
    while (at > begin && memchr(digits, d->bytes[at - 1], sizeof digits - 1)) at--;
    const size_t count = strspn(d->bytes + at, digits);
    const char *other = others[damage_pick(d, sizeof others / sizeof *others)];
    sw_str_printf(&d->did, "'%s' instead of '%.*s' at byte %zu", other, (int)count, d->bytes + at, at);
    damage_splice(d, at, count, other, strlen(other));
    return true;
}

bool damage_numbers(damaged *d)
{
    return damage_numbers_in(d, 0, d->length);
}
