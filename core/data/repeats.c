#include "repeats.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/str.h"

enum { SHOWN = 3 };

typedef struct repeat_group {
    char *kind, *first; /* the first message, whole */
    const char *outcome;
    int count;
} repeat_group;

/* Where the number or the colour (#804080) at a place ends; the place itself: there is none. */
static const char *after_number(const char *c)
{
    const char *end = c;
    if (*c == '#' && strspn(c + 1, "0123456789abcdefABCDEF") == 6) return c + 7;
    while (isdigit((unsigned char)*end)) end++;
    return end;
}

char *repeats_kind(const char *message)
{
    sw_str kind = {0};
    const char *reason = strstr(message, ": ");
    for (const char *c = reason ? reason : message, *end; *c; c = end) {
        end = after_number(c);
        if (end > c)
            sw_str_append(&kind, "#");
        else
            sw_str_append_bytes(&kind, end++, 1);
    }
    char *text = NULL;
    return sw_str_take(&text, &kind) == SW_OK ? text : NULL;
}

static sw_status find_group(repeat_group **out, repeat_counts *repeats, const char *message,
                            const char *outcome)
{
    char *kind = repeats_kind(message);
    if (!kind) return SW_E_MEMORY;
    for (int i = 0; i < repeats->count; i++) {
        repeat_group *group = &repeats->groups[i];
        if (strcmp(group->kind, kind) != 0 || strcmp(group->outcome, outcome) != 0) continue;
        *out = group;
        free(kind);
        return SW_OK;
    }
    char *first = sw_strf("%s", message);
    sw_status status = first ? SW_ARRAY_GROW(repeats->groups, repeats->count, "warnings") : SW_E_MEMORY;
    if (status != SW_OK) {
        free(first);
        free(kind);
        return status;
    }
    *out = &repeats->groups[repeats->count++];
    **out = (repeat_group){.kind = kind, .first = first, .outcome = outcome};
    return SW_OK;
}

sw_status repeats_log(repeat_counts *repeats, const char *outcome, const char *fmt, ...)
{
    sw_str message = {0};
    repeat_group *group = NULL;
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(&message, fmt, args);
    va_end(args);
    sw_status status = sw_str_status(&message);
    if (status == SW_OK) status = find_group(&group, repeats, sw_str_text(&message), outcome);
    if (status == SW_OK && group->count++ < SHOWN)
        sw_log(SW_LOG_WARNING, "%s; %s", sw_str_text(&message), outcome);
    sw_str_deinit(&message);
    return status;
}

void repeats_log_counts(const repeat_counts *repeats)
{
    for (int i = 0; i < repeats->count; i++) {
        const repeat_group *group = &repeats->groups[i];
        if (group->count > SHOWN)
            sw_log(SW_LOG_WARNING, "%d more like %s; %s ('segwork data stats --all' lists them)",
                   group->count - SHOWN, group->first, group->outcome);
    }
}

void repeats_deinit(repeat_counts *repeats)
{
    for (int i = 0; i < repeats->count; i++) {
        free(repeats->groups[i].kind);
        free(repeats->groups[i].first);
    }
    free(repeats->groups);
    *repeats = (repeat_counts){0};
}
