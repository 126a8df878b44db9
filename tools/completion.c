#include "completion.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"

void completion_offer(completion *c, const char *word, const char *description)
{
    if (strncmp(word, c->typed, strlen(c->typed)) != 0) return;
    sw_str_printf(c->out, "%s%s\t%s\n", c->prefix, word, description);
    c->offered++;
}

void completion_files(completion *c, const char *endings)
{
    sw_str_printf(c->out, ":files\t%s\t%s\n", c->prefix, endings);
}

/* ---- keys ---- */

enum { PATH_BYTES = 256 };

/* "model.encoder[].width" -> "model.encoder.2.width" with the number that was typed, else 0. */
static void numbered_path(char out[PATH_BYTES], const char *path, const char *typed)
{
    size_t used = 0;
    for (const char *c = path; *c && used + 24 < PATH_BYTES; c++) {
        if (c[0] != '[') {
            out[used++] = *c;
            continue;
        }
        out[used++] = '.';
        const char *number = strncmp(typed, out, used) == 0 ? typed + used : "";
        size_t digits = strspn(number, "0123456789");
        used += (size_t)snprintf(out + used, 20, "%.*s", digits ? (int)digits : 1, digits ? number : "0");
        c++; /* the ']' */
    }
    out[used] = '\0';
}

typedef struct key_search {
    completion *completion;
    bool values;
    const sw_field *found; /* the field whose "key=" was typed */
    size_t key_length;     /* of what was typed up to '=', or all of it */
} key_search;

static bool offer_key(void *user, const sw_field *field, const char *path)
{
    key_search *s = user;
    char key[PATH_BYTES], word[PATH_BYTES + 1];
    if (field->record) return true; /* its fields follow */
    numbered_path(key, path, s->completion->typed);
    snprintf(word, sizeof word, "%s%s", key, s->values ? "=" : "");
    completion_offer(s->completion, word, field->help);
    return true;
}

static bool find_key(void *user, const sw_field *field, const char *path)
{
    key_search *s = user;
    char key[PATH_BYTES];
    numbered_path(key, path, s->completion->typed);
    bool same = strlen(key) == s->key_length && memcmp(key, s->completion->typed, s->key_length) == 0;
    if (same && !field->record) s->found = field;
    return !s->found;
}

/* The words among "none | median_frequency | list of numbers". */
static void offer_words(completion *c, const char *expected)
{
    while (*expected) {
        const char *end = strstr(expected, " | ");
        size_t length = end ? (size_t)(end - expected) : strlen(expected);
        char word[64];
        if (length < sizeof word && !memchr(expected, ' ', length)) {
            snprintf(word, sizeof word, "%.*s", (int)length, expected);
            completion_offer(c, word, "");
        }
        expected += length + (end ? 3 : 0);
    }
}

static void offer_value(completion *c, const sw_field *field)
{
    sw_str expected = {0};
    sw_field_describe(&expected, field);
    bool words = field->choices || field->type == SW_FIELD_BOOL || field->type == SW_FIELD_CUSTOM;
    const char *text = sw_str_part(c->out, &expected);
    if (words) offer_words(c, text);
    if (field->type == SW_FIELD_TEXT) completion_files(c, ""); /* most texts are paths */
    if (c->offered == 0) {
        sw_str_printf(c->out, ":hint\t%s", text);
        if (field->fallback) sw_str_printf(c->out, " (default %s)", field->fallback);
        sw_str_append(c->out, "\n");
    }
    sw_str_deinit(&expected);
}

void completion_keys(completion *c, bool values)
{
    key_search s = {.completion = c, .values = values, .key_length = strcspn(c->typed, "=")};
    if (!values || c->typed[s.key_length] != '=') {
        sw_fields_visit(&sw_experiment_schema, offer_key, &s);
        return;
    }
    sw_fields_visit(&sw_experiment_schema, find_key, &s);
    if (!s.found) return;
    size_t used = strlen(c->prefix);
    completion value = *c;
    snprintf(value.prefix + used, sizeof value.prefix - used, "%.*s=", (int)s.key_length, c->typed);
    value.typed += s.key_length + 1;
    offer_value(&value, s.found);
    c->offered += value.offered;
}
