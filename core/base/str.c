#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(sw_str *s, size_t more)
{
    if (s->failed) return false;
    size_t need = s->length + more + 1;
    if (need <= s->capacity) return true;
    size_t capacity = s->capacity ? s->capacity : 64;
    while (capacity < need) capacity *= 2;
    char *grown = realloc(s->text, capacity);
    if (!grown) {
        s->failed = true;
        return false;
    }
    s->text = grown;
    s->capacity = capacity;
    return true;
}

void sw_str_append_bytes(sw_str *s, const void *bytes, size_t count)
{
    if (!reserve(s, count)) return;
    if (count) memcpy(s->text + s->length, bytes, count);
    s->length += count;
    s->text[s->length] = '\0';
}

void sw_str_append(sw_str *s, const char *text)
{
    sw_str_append_bytes(s, text, strlen(text));
}

void sw_str_vprintf(sw_str *s, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int count = vsnprintf(NULL, 0, fmt, args);
    if (count >= 0 && reserve(s, (size_t)count)) {
        vsnprintf(s->text + s->length, (size_t)count + 1, fmt, again);
        s->length += (size_t)count;
    }
    va_end(again);
}

void sw_str_printf(sw_str *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(s, fmt, args);
    va_end(args);
}

void sw_str_wrap(sw_str *s, const char *text, int column, int indent, int columns)
{
    bool first = true;
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        int length = (int)strcspn(text, " ");
        if (!first && column + 1 + length > columns) {
            sw_str_printf(s, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            sw_str_append(s, " ");
            column++;
        }
        sw_str_append_bytes(s, text, (size_t)length);
        column += length;
        text += length;
        first = false;
    }
}

sw_status sw_str_status(const sw_str *s)
{
    return s->failed ? sw_fail_alloc("a text", s->length) : SW_OK;
}

const char *sw_str_text(const sw_str *s)
{
    return s->text ? s->text : "";
}

const char *sw_str_part(sw_str *whole, const sw_str *part)
{
    whole->failed |= part->failed;
    return sw_str_text(part);
}

sw_status sw_str_take(char **out, sw_str *s)
{
    *out = NULL;
    if (!s->text) sw_str_append(s, "");
    sw_status status = sw_str_status(s);
    if (status == SW_OK) {
        *out = s->text;
        *s = (sw_str){0};
    } else {
        sw_str_deinit(s);
    }
    return status;
}

void sw_str_deinit(sw_str *s)
{
    free(s->text);
    *s = (sw_str){0};
}

char *sw_strf(const char *fmt, ...)
{
    sw_str s = {0};
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(&s, fmt, args);
    va_end(args);
    char *text = NULL;
    return sw_str_take(&text, &s) == SW_OK ? text : NULL;
}
