#include "base/fields.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 256, WORD_BYTES = 64 };

void sw_problems_add(sw_problems *problems, sw_yaml_place place, const char *fmt, ...)
{
    if (problems->count++ >= SW_PROBLEMS_SHOWN) return;
    if (problems->count > 1) sw_str_append(&problems->text, "\n");
    sw_yaml_place_append(&problems->text, place);
    sw_str_append(&problems->text, ": ");
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(&problems->text, fmt, args);
    va_end(args);
}

sw_status sw_problems_finish(sw_problems *problems)
{
    int hidden = problems->count - SW_PROBLEMS_SHOWN;
    if (hidden > 0) sw_str_printf(&problems->text, "\n... and %d more", hidden);
    sw_status status = sw_str_status(&problems->text);
    if (status == SW_OK && problems->count == 1)
        status = sw_fail(SW_E_CONFIG, "%s", problems->text.text);
    else if (status == SW_OK && problems->count > 1)
        status = sw_fail(SW_E_CONFIG, "%d problems:\n%s", problems->count, problems->text.text);
    sw_str_deinit(&problems->text);
    problems->count = 0;
    return status;
}

static bool has_key(const sw_field_table *table, const char *key)
{
    for (size_t i = 0; table && i < table->count; i++)
        if (strcmp(table->fields[i].key, key) == 0) return true;
    return false;
}

static bool visit_table(const sw_field_table *table, const char *prefix, sw_fields_visitor visit, void *user);

static bool visit_field(const sw_field *field, const char *prefix, sw_fields_visitor visit, void *user)
{
    char path[PATH_BYTES], below[PATH_BYTES + 4];
    snprintf(path, sizeof path, "%s%s", prefix, field->key);
    if (!visit(user, field, path)) return false;
    if (!field->record) return true;
    const bool numbered = field->type == SW_FIELD_RECORD_LIST && !field->one_or_list;
    snprintf(below, sizeof below, "%s%s.", path, numbered ? "[]" : "");
    return visit_table(field->record, below, visit, user);
}

/* A key that several variants have is visited once. */
static bool visit_variants(const sw_field_variants *variants, const char *prefix, sw_fields_visitor visit,
                           void *user)
{
    for (int v = 0; variants->name(v); v++) {
        const sw_field_table *table = variants->table(v);
        for (size_t i = 0; table && i < table->count; i++) {
            bool seen = false;
            for (int u = 0; u < v && !seen; u++) seen = has_key(variants->table(u), table->fields[i].key);
            if (!seen && !visit_field(&table->fields[i], prefix, visit, user)) return false;
        }
    }
    return true;
}

static bool visit_table(const sw_field_table *table, const char *prefix, sw_fields_visitor visit, void *user)
{
    for (size_t i = 0; i < table->count; i++)
        if (!visit_field(&table->fields[i], prefix, visit, user)) return false;
    return !table->variants || visit_variants(table->variants, prefix, visit, user);
}

void sw_fields_visit(const sw_field_table *table, sw_fields_visitor visit, void *user)
{
    (void)visit_table(table, "", visit, user);
}

static void describe_range(sw_str *out, const char *what, const sw_field *field)
{
    /* 16 digits write every integer up to 2^53 in full */
    sw_str_append(out, what);
    if (isinf(field->max))
        sw_str_printf(out, " %s %.16g", field->above_min ? ">" : ">=", field->min);
    else if (field->above_min)
        sw_str_printf(out, " > %.16g, at most %.16g", field->min, field->max);
    else
        sw_str_printf(out, " in %.16g..%.16g", field->min, field->max);
}

void sw_field_describe(sw_str *out, const sw_field *field)
{
    const char *const *choices = field->choices;
    switch (field->type) {
    case SW_FIELD_BOOL:
        sw_str_append(out, "true | false");
        break;
    case SW_FIELD_INT:
    case SW_FIELD_UINT64:
        describe_range(out, "integer", field);
        break;
    case SW_FIELD_FLOAT:
        describe_range(out, "number", field);
        break;
    case SW_FIELD_TEXT:
        sw_str_append(out, "text");
        break;
    case SW_FIELD_ENUM:
        for (size_t i = 0; choices[i]; i++) sw_str_printf(out, "%s%s", i ? " | " : "", choices[i]);
        break;
    case SW_FIELD_TEXT_LIST:
        sw_str_printf(out, "list of %.16g..%.16g texts", field->min, field->max);
        break;
    case SW_FIELD_RECORD:
        sw_str_append(out, "mapping");
        break;
    case SW_FIELD_RECORD_LIST:
        sw_str_printf(out,
                      field->one_or_list ? "mapping, or list of %.16g..%.16g mappings"
                                         : "list of %.16g..%.16g mappings",
                      field->min, field->max);
        break;
    case SW_FIELD_CUSTOM:
        sw_str_append(out, field->custom->expected);
        break;
    }
}

static char folded(char c)
{
    if (c == '-') return '_';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int min3(int a, int b, int c)
{
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

int sw_edit_distance(const char *a, const char *b)
{
    int length_a = (int)strnlen(a, WORD_BYTES - 1), length_b = (int)strnlen(b, WORD_BYTES - 1);
    int table[WORD_BYTES][WORD_BYTES]; /* [i][j]: the first i characters of a into the first j of b */
    for (int i = 0; i <= length_a; i++) table[i][0] = i;
    for (int j = 0; j <= length_b; j++) table[0][j] = j;
    for (int i = 1; i <= length_a; i++) {
        for (int j = 1; j <= length_b; j++) {
            char x = folded(a[i - 1]), y = folded(b[j - 1]);
            int best = min3(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (x != y));
            bool swapped = i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y;
            if (swapped && table[i - 2][j - 2] + 1 < best) best = table[i - 2][j - 2] + 1;
            table[i][j] = best;
        }
    }
    return table[length_a][length_b];
}

/* The first decimal that reads back to the float, of `precision` digits or more. */
static void print_float(char digits[32], float value, int precision)
{
    do snprintf(digits, 32, "%.*g", precision, (double)value);
    while (strtof(digits, NULL) != value && precision++ < 9);
}

void sw_float_append(sw_str *out, float value)
{
    char digits[32];
    print_float(digits, value, 1);
    /* a reader of YAML 1.1 takes 1e-05 for a text and 1.0e-05 for a number */
    const char *exponent = strchr(digits, 'e');
    int mantissa = exponent ? (int)(exponent - digits) : (int)strlen(digits);
    bool bare = exponent && !strchr(digits, '.');
    sw_str_printf(out, "%.*s%s%s", mantissa, digits, bare ? ".0" : "", exponent ? exponent : "");
}

double sw_float_as_written(float value)
{
    char digits[32];
    print_float(digits, value, 6);
    return strtod(digits, NULL);
}

const char *sw_nearest_word(const char *word, const char *const *list)
{
    const char *nearest = NULL;
    int least = INT_MAX;
    for (; *list; list++) {
        const int distance = sw_edit_distance(word, *list);
        if (distance >= least) continue;
        least = distance;
        nearest = *list;
    }
    return nearest && least <= (int)strlen(nearest) / 2 ? nearest : NULL;
}
