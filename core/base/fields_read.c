/* Field tables: from YAML into structs. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "unknown_key.h"

enum { PATH_BYTES = 256, SHOWN_BYTES = 60 };

_Static_assert(sizeof(sw_field_type) == sizeof(int), "enum members are filled through an int");

typedef struct reading {
    const sw_field_table *root;
    sw_arena *arena;
    sw_problems *problems;
} reading;

/* Describes what the file has, short enough for a message. */
static void describe_found(char *out, size_t bytes, const sw_yaml_node *node)
{
    if (node->kind == SW_YAML_MAPPING) {
        snprintf(out, bytes, "a mapping");
    } else if (node->kind == SW_YAML_SEQUENCE) {
        snprintf(out, bytes, "a list of %zu", node->count);
    } else if (sw_yaml_is_null(node)) {
        snprintf(out, bytes, "nothing");
    } else {
        bool cut = strlen(node->text) > SHOWN_BYTES - 1;
        int used = snprintf(out, bytes, node->quoted ? "the quoted text \"%.*s%s\"" : "'%.*s%s'",
                            SHOWN_BYTES - 1, node->text, cut ? "..." : "");
        for (int i = 0; i < used && (size_t)i < bytes; i++)
            if ((unsigned char)out[i] < 0x20) out[i] = ' ';
    }
}

/* What a custom reader said in its own words. */
static void report_why(reading *r, const sw_yaml_node *node, const char *path, const char *why)
{
    char found[2 * SHOWN_BYTES];
    describe_found(found, sizeof found, node);
    sw_problems_add(r->problems, node->place, "%s: %s; found %s", path, why, found);
}

static void report_wrong(reading *r, const sw_field *field, const sw_yaml_node *node, const char *path)
{
    sw_str expected = {0};
    char found[2 * SHOWN_BYTES];
    sw_field_describe(&expected, field);
    describe_found(found, sizeof found, node);
    const char *const *choices = field->choices;
    const char *meant = choices && node->kind == SW_YAML_SCALAR ? sw_nearest_word(node->text, choices) : NULL;
    sw_problems_add(r->problems, node->place, "%s: expected %s, found %s%s%s", path,
                    sw_str_part(&r->problems->text, &expected), found, meant ? "; did you mean " : "",
                    meant ? meant : "");
    sw_str_deinit(&expected);
}

static void report_unknown(reading *r, const sw_yaml_entry *entry, const char *prefix)
{
    unknown_key_report(r->problems, r->root, entry, prefix);
}

/* A decimal integer as YAML 1.2 writes it; no leading zeros, which other readers take for octal. */
static bool parse_integer(const char *text, double *out, int64_t *exact)
{
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    if (strspn(digits, "0123456789") != strlen(digits) || !*digits) return false;
    if (digits[0] == '0' && digits[1]) return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE) return false;
    *exact = value;
    *out = (double)value;
    return true;
}

static bool in_range(const sw_field *field, double value)
{
    return (field->above_min ? value > field->min : value >= field->min) && value <= field->max;
}

static bool plain_scalar(const sw_yaml_node *node)
{
    return node->kind == SW_YAML_SCALAR && !node->quoted;
}

static bool read_number(void *member, const sw_field *field, const sw_yaml_node *node)
{
    double value = 0;
    int64_t exact = 0;
    if (!plain_scalar(node)) return false;
    if (field->type == SW_FIELD_FLOAT) {
        if (!sw_yaml_number(&value, node)) return false;
        float stored = (float)value;
        if (!isfinite(stored) || !in_range(field, (double)stored)) return false;
        *(float *)member = stored;
        return true;
    }
    if (!parse_integer(node->text, &value, &exact) || !in_range(field, value)) return false;
    if (field->type == SW_FIELD_INT)
        *(int *)member = (int)exact;
    else
        *(uint64_t *)member = (uint64_t)exact;
    return true;
}

static bool is_bool(const sw_yaml_node *node, bool *value)
{
    if (!plain_scalar(node)) return false;
    *value = strcmp(node->text, "true") == 0;
    return *value || strcmp(node->text, "false") == 0;
}

/* The number of the choice that the node names, or -1. */
static int choice_of(const sw_field *field, const sw_yaml_node *node)
{
    for (int i = 0; node->kind == SW_YAML_SCALAR && field->choices[i]; i++)
        if (strcmp(field->choices[i], node->text) == 0) return i;
    return -1;
}

static bool is_text(const sw_yaml_node *node)
{
    bool ignored = false;
    return node->kind == SW_YAML_SCALAR && !sw_yaml_is_null(node) && !is_bool(node, &ignored);
}

static sw_status read_text_list(reading *r, char *record, const sw_field *field, const sw_yaml_node *node,
                                const char *path)
{
    if (node->kind != SW_YAML_SEQUENCE || !in_range(field, (double)node->count)) {
        report_wrong(r, field, node, path);
        return SW_OK;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (is_text(node->items[i])) continue;
        char found[2 * SHOWN_BYTES];
        describe_found(found, sizeof found, node->items[i]);
        sw_problems_add(r->problems, node->items[i]->place,
                        "%s: item %zu of the list: expected text, found %s", path, i + 1, found);
        return SW_OK;
    }
    const char **texts = sw_arena_alloc(r->arena, (node->count + 1) * sizeof *texts);
    if (!texts) return SW_E_MEMORY;
    for (size_t i = 0; i < node->count; i++) {
        texts[i] = sw_arena_strdup(r->arena, node->items[i]->text);
        if (!texts[i]) return SW_E_MEMORY;
    }
    int count = (int)node->count;
    memcpy(record + field->offset, &texts, sizeof texts);
    memcpy(record + field->count_offset, &count, sizeof count);
    return SW_OK;
}

static sw_status read_record(reading *r, void *record, const sw_field_table *table,
                             const sw_yaml_node *mapping, sw_yaml_place place, const char *prefix);

/* A mapping, or nothing, in the place of a list. */
static sw_status read_single(reading *r, char *record, const sw_field *field, const sw_yaml_node *node,
                             sw_yaml_place place, const char *path)
{
    char prefix[PATH_BYTES + 1];
    const int count = 1;
    snprintf(prefix, sizeof prefix, "%s.", path);
    memcpy(record + field->count_offset, &count, sizeof count);
    return read_record(r, record + field->offset, field->record, node, place, prefix);
}

static sw_status read_record_list(reading *r, char *record, const sw_field *field, const sw_yaml_node *node,
                                  const char *path)
{
    if (field->one_or_list && node->kind == SW_YAML_MAPPING)
        return read_single(r, record, field, node, node->place, path);
    if (node->kind != SW_YAML_SEQUENCE || !in_range(field, (double)node->count)) {
        report_wrong(r, field, node, path);
        return SW_OK;
    }
    sw_status status = SW_OK;
    for (size_t i = 0; status == SW_OK && i < node->count; i++) {
        const sw_yaml_node *item = node->items[i];
        char prefix[PATH_BYTES];
        snprintf(prefix, sizeof prefix, "%s.%zu.", path, i);
        if (item->kind == SW_YAML_MAPPING) {
            void *element = record + field->offset + i * field->record->struct_bytes;
            status = read_record(r, element, field->record, item, item->place, prefix);
        } else {
            char found[2 * SHOWN_BYTES];
            describe_found(found, sizeof found, item);
            sw_problems_add(r->problems, item->place, "%s.%zu: expected a mapping, found %s", path, i, found);
        }
    }
    int count = (int)node->count;
    memcpy(record + field->count_offset, &count, sizeof count);
    return status;
}

static sw_status read_value(reading *r, char *record, const sw_field *field, const sw_yaml_node *node,
                            const char *path)
{
    void *member = record + field->offset;
    bool good = false, truth = false;
    sw_field_reading own = {.arena = r->arena, .problems = r->problems};
    switch (field->type) {
    case SW_FIELD_RECORD_LIST:
        return read_record_list(r, record, field, node, path);
    case SW_FIELD_TEXT_LIST:
        return read_text_list(r, record, field, node, path);
    case SW_FIELD_RECORD:
        assert(!"handled by read_field");
        break;
    case SW_FIELD_BOOL:
        good = is_bool(node, &truth);
        if (good) *(bool *)member = truth;
        break;
    case SW_FIELD_INT:
    case SW_FIELD_UINT64:
    case SW_FIELD_FLOAT:
        good = read_number(member, field, node);
        break;
    case SW_FIELD_ENUM:
        good = choice_of(field, node) >= 0;
        if (good) *(int *)member = choice_of(field, node);
        break;
    case SW_FIELD_CUSTOM:
        node = field->custom->read(record, node, &own);
        good = node == NULL;
        break;
    case SW_FIELD_TEXT:
        good = is_text(node);
        if (good) {
            const char *text = sw_arena_strdup(r->arena, node->text);
            if (!text) return SW_E_MEMORY;
            memcpy(member, &text, sizeof text);
        }
        break;
    }
    if (!good && own.why[0])
        report_why(r, node, path, own.why);
    else if (!good)
        report_wrong(r, field, node, path);
    return SW_OK;
}

static sw_status read_field(reading *r, char *record, const sw_field *field, const sw_yaml_entry *entry,
                            sw_yaml_place place, const char *prefix)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s%s", prefix, field->key);
    const sw_yaml_node *node = entry ? entry->value : NULL;
    if (field->type == SW_FIELD_RECORD) {
        char below[PATH_BYTES + 1];
        snprintf(below, sizeof below, "%s.", path);
        if (node && node->kind != SW_YAML_MAPPING) {
            report_wrong(r, field, node, path);
            node = NULL;
        }
        return read_record(r, record + field->offset, field->record, node, node ? node->place : place, below);
    }
    if (node) return read_value(r, record, field, node, path);
    if (field->one_or_list) return read_single(r, record, field, NULL, place, path);
    if (!field->fallback) {
        sw_str expected = {0};
        sw_field_describe(&expected, field);
        sw_problems_add(r->problems, place, "%s is missing: expected %s", path,
                        sw_str_part(&r->problems->text, &expected));
        sw_str_deinit(&expected);
        return SW_OK;
    }
    sw_status status = sw_yaml_parse_value(&node, r->arena, field->fallback, "the schema's default");
    return status == SW_OK ? read_value(r, record, field, node, path) : status;
}

static const sw_field *find_field(const sw_field_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->fields[i].key, key) == 0) return &table->fields[i];
    return NULL;
}

/* ---- variants ---- */

/* Whether the value is the field's default, in whatever way it is written. */
static bool is_default(const sw_field *field, const sw_yaml_node *value, sw_arena *arena)
{
    const sw_yaml_node *fallback = NULL;
    double a = 0, b = 0;
    if (!field->fallback || value->kind != SW_YAML_SCALAR) return false;
    if (sw_yaml_parse_value(&fallback, arena, field->fallback, "the schema's default") != SW_OK) return false;
    if (sw_yaml_number(&a, value) && sw_yaml_number(&b, fallback)) return (float)a == (float)b;
    return strcmp(value->text, fallback->text) == 0;
}

/* A key that the record's own table does not have: its variant may have it, or another. */
static void check_variant_key(reading *r, const sw_field_variants *variants, int chosen,
                              const sw_yaml_entry *entry, const char *prefix)
{
    const sw_field_table *own = variants->table(chosen);
    if (own && find_field(own, entry->key)) return;
    bool known = false;
    for (int v = 0; variants->name(v); v++) {
        const sw_field_table *table = variants->table(v);
        const sw_field *field = table ? find_field(table, entry->key) : NULL;
        if (field && is_default(field, entry->value, r->arena)) return;
        known = known || field;
    }
    if (!known) {
        report_unknown(r, entry, prefix);
        return;
    }
    sw_str keys = {0};
    for (size_t i = 0; own && i < own->count; i++)
        sw_str_printf(&keys, "%s%s", i ? ", " : "", own->fields[i].key);
    sw_problems_add(r->problems, entry->key_place, "%s%s: %s does not use this key; its own are %s", prefix,
                    entry->key, variants->name(chosen),
                    keys.text ? sw_str_part(&r->problems->text, &keys) : "none");
    sw_str_deinit(&keys);
}

static sw_status read_fields(reading *r, char *record, const sw_field_table *table,
                             const sw_yaml_node *mapping, sw_yaml_place place, const char *prefix)
{
    for (size_t i = 0; i < table->count; i++) {
        const sw_field *field = &table->fields[i];
        SW_ENSURE(read_field(r, record, field, sw_yaml_entry_get(mapping, field->key), place, prefix));
    }
    return SW_OK;
}

/* `sure`: a key that the variant does not have is a mistake. */
static sw_status read_variant(reading *r, void *record, const sw_field_table *table,
                              const sw_yaml_node *mapping, bool sure, sw_yaml_place place, const char *prefix)
{
    const sw_field_variants *variants = table->variants;
    const int chosen = variants->chosen(record);
    const sw_field_table *own = variants->table(chosen);
    for (size_t i = 0; sure && mapping && i < mapping->count; i++)
        if (!find_field(table, mapping->entries[i].key))
            check_variant_key(r, variants, chosen, &mapping->entries[i], prefix);
    return own ? read_fields(r, (char *)record + variants->offset, own, mapping, place, prefix) : SW_OK;
}

/* `place` is the place that a missing key is reported at. */
static sw_status read_record(reading *r, void *record, const sw_field_table *table,
                             const sw_yaml_node *mapping, sw_yaml_place place, const char *prefix)
{
    const int problems = r->problems->count;
    for (size_t i = 0; mapping && i < mapping->count && !table->variants; i++)
        if (!find_field(table, mapping->entries[i].key)) report_unknown(r, &mapping->entries[i], prefix);
    SW_ENSURE(read_fields(r, record, table, mapping, place, prefix));
    if (!table->variants) return SW_OK;
    /* where one of the table's own values is wrong, the variant may not be the one that was meant */
    return read_variant(r, record, table, mapping, r->problems->count == problems, place, prefix);
}

sw_status sw_fields_read(void *out, const sw_field_table *table, const sw_yaml_node *mapping, sw_arena *arena,
                         sw_problems *problems)
{
    reading r = {.root = table, .arena = arena, .problems = problems};
    memset(out, 0, table->struct_bytes);
    if (mapping && mapping->kind != SW_YAML_MAPPING) {
        char found[2 * SHOWN_BYTES];
        describe_found(found, sizeof found, mapping);
        sw_problems_add(problems, mapping->place, "expected a mapping of keys to values, found %s", found);
        return SW_OK;
    }
    sw_yaml_place nowhere = {"(no file)", 0, 0};
    return read_record(&r, out, table, mapping, mapping ? mapping->place : nowhere, "");
}
