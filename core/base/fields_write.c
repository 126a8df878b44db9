/* Field tables: from structs back to YAML. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fields.h"
#include "base/utf8.h"

enum { COMMENT_COLUMN = 48 };

/* Code points libyaml doesn't take, or takes for the end of a line, when they stand bare in quotes. */
static bool needs_escape(unsigned point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x2028 || point == 0x2029 ||
           point == 0xfeff || (point > 0xfffd && point < 0x10000);
}

/* The code point of a character of so many bytes. */
static unsigned code_point(const char *text, size_t bytes)
{
    const unsigned char *c = (const unsigned char *)text;
    unsigned point = bytes == 1 ? c[0] : c[0] & (0xffu >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++) point = point << 6 | (c[i] & 0x3fu);
    return point;
}

static void append_quoted(sw_str *out, const char *text)
{
    sw_str_append(out, "\"");
    while (*text) {
        const char *character;
        size_t bytes = sw_utf8_next(&character, &text);
        unsigned point = code_point(character, bytes);
        if (point == '"' || point == '\\')
            sw_str_printf(out, "\\%c", (char)point);
        else if (needs_escape(point))
            sw_str_printf(out, point > 0xffff ? "\\U%08X" : "\\u%04X", point);
        else
            sw_str_append_bytes(out, character, bytes);
    }
    sw_str_append(out, "\"");
}

void sw_text_append(sw_str *out, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    bool bare =
        text[0] && (strchr(letters, text[0]) || text[0] == '/') &&
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == strlen(text);
    for (size_t i = 0; bare && i < sizeof words / sizeof *words; i++)
        bare = sw_edit_distance(text, words[i]) > 0;
    if (bare)
        sw_str_append(out, text);
    else
        append_quoted(out, text);
}

static void append_text_list(sw_str *out, const sw_field *field, const char *record)
{
    const char *const *texts = NULL;
    int count = 0;
    memcpy(&texts, record + field->offset, sizeof texts);
    memcpy(&count, record + field->count_offset, sizeof count);
    sw_str_append(out, "[");
    for (int i = 0; i < count; i++) {
        if (i) sw_str_append(out, ", ");
        sw_text_append(out, texts[i]);
    }
    sw_str_append(out, "]");
}

static void append_value(sw_str *out, const sw_field *field, const char *record)
{
    const void *member = record + field->offset;
    switch (field->type) {
    case SW_FIELD_BOOL:
        sw_str_append(out, *(const bool *)member ? "true" : "false");
        break;
    case SW_FIELD_INT:
        sw_str_printf(out, "%d", *(const int *)member);
        break;
    case SW_FIELD_UINT64:
        sw_str_printf(out, "%" PRIu64, *(const uint64_t *)member);
        break;
    case SW_FIELD_FLOAT:
        sw_float_append(out, *(const float *)member);
        break;
    case SW_FIELD_TEXT:
    case SW_FIELD_NAME:
        sw_text_append(out, *(const char *const *)member);
        break;
    case SW_FIELD_ENUM:
        sw_str_append(out, field->choices[*(const int *)member]);
        break;
    case SW_FIELD_TEXT_LIST:
        append_text_list(out, field, record);
        break;
    case SW_FIELD_CUSTOM:
        field->custom->write(out, record);
        break;
    case SW_FIELD_RECORD:
    case SW_FIELD_RECORD_LIST:
        assert(!"these take several lines");
        break;
    }
}

typedef struct writing {
    sw_str *out;
    bool origins;
} writing;

/* Ends the line that began at `line_start`, with the value's origin when asked for. */
static void end_line(const writing *w, size_t line_start, const sw_yaml_node *origin)
{
    if (w->origins) {
        size_t column = w->out->length - line_start;
        int pad = column + 2 < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - column) : 2;
        sw_str_printf(w->out, "%*s# ", pad, "");
        size_t from = w->out->length;
        sw_str_append(w->out, origin ? origin->place.source : "default");
        if (origin && origin->place.line > 0) sw_str_printf(w->out, ":%d", origin->place.line);
        for (size_t i = from; !w->out->failed && i < w->out->length; i++)
            if ((unsigned char)w->out->text[i] < 0x20) w->out->text[i] = ' '; /* the comment stays one line */
    }
    sw_str_append(w->out, "\n");
}

static void write_record(const writing *w, const sw_field_table *table, const char *record,
                         const sw_yaml_node *mapping, int indent, bool in_list);

static void write_record_list(const writing *w, const sw_field *field, const char *record,
                              const sw_yaml_node *list, int indent)
{
    int count = 0;
    memcpy(&count, record + field->count_offset, sizeof count);
    for (int i = 0; i < count; i++) {
        const char *element = record + field->offset + (size_t)i * field->record->struct_bytes;
        bool known = list && list->kind == SW_YAML_SEQUENCE && (size_t)i < list->count;
        write_record(w, field->record, element, known ? list->items[i] : NULL, indent, true);
    }
}

static void write_field(const writing *w, const sw_field *field, const char *record,
                        const sw_yaml_node *origin, int indent, const char *lead)
{
    size_t line_start = w->out->length;
    sw_str_printf(w->out, "%*s%s%s:", indent, "", lead, field->key);
    int below = indent + (int)strlen(lead) + 2;
    int count = 1;
    if (field->type == SW_FIELD_RECORD_LIST) memcpy(&count, record + field->count_offset, sizeof count);
    if (field->type == SW_FIELD_RECORD || (field->type == SW_FIELD_RECORD_LIST && count > 0)) {
        sw_str_append(w->out, "\n");
        if (field->type == SW_FIELD_RECORD)
            write_record(w, field->record, record + field->offset, origin, below, false);
        else
            write_record_list(w, field, record, origin, below);
        return;
    }
    sw_str_append(w->out, " ");
    if (field->type == SW_FIELD_RECORD_LIST)
        sw_str_append(w->out, "[]");
    else
        append_value(w->out, field, record);
    end_line(w, line_start, origin);
}

/* A list's record begins with "- " and continues two columns further in. */
static void write_record(const writing *w, const sw_field_table *table, const char *record,
                         const sw_yaml_node *mapping, int indent, bool in_list)
{
    for (size_t i = 0; i < table->count; i++) {
        const sw_field *field = &table->fields[i];
        const sw_yaml_entry *entry = sw_yaml_entry_get(mapping, field->key);
        bool first = in_list && i == 0;
        write_field(w, field, record, entry ? entry->value : NULL, indent + (in_list && !first ? 2 : 0),
                    first ? "- " : "");
    }
}

void sw_fields_write(sw_str *out, const sw_field_table *table, const void *record,
                     const sw_yaml_node *origins)
{
    writing w = {.out = out, .origins = origins != NULL};
    write_record(&w, table, record, origins, 0, false);
}

/* --- one by one -------------------------------------------------------------------------------- */

enum { MAX_PATH_BYTES = 256 };

typedef struct visiting {
    sw_fields_value_visitor visit;
    void *user;
    sw_str value; /* scratch */
} visiting;

static void visit_record(visiting *v, const sw_field_table *table, const char *record,
                         const sw_yaml_node *mapping, const char *prefix);

static void visit_list(visiting *v, const sw_field *field, const char *record, const sw_yaml_node *list,
                       const char *path)
{
    char item_path[MAX_PATH_BYTES + 16];
    int count = 0;
    memcpy(&count, record + field->count_offset, sizeof count);
    for (int i = 0; i < count; i++) {
        const char *element = record + field->offset + (size_t)i * field->record->struct_bytes;
        bool known = list && list->kind == SW_YAML_SEQUENCE && (size_t)i < list->count;
        snprintf(item_path, sizeof item_path, "%s.%d.", path, i);
        visit_record(v, field->record, element, known ? list->items[i] : NULL, item_path);
    }
}

static void visit_record(visiting *v, const sw_field_table *table, const char *record,
                         const sw_yaml_node *mapping, const char *prefix)
{
    char path[MAX_PATH_BYTES], below[MAX_PATH_BYTES + 1];
    for (size_t i = 0; i < table->count; i++) {
        const sw_field *field = &table->fields[i];
        const sw_yaml_entry *entry = sw_yaml_entry_get(mapping, field->key);
        const sw_yaml_node *origin = entry ? entry->value : NULL;
        snprintf(path, sizeof path, "%s%s", prefix, field->key);
        if (field->type == SW_FIELD_RECORD) {
            snprintf(below, sizeof below, "%s.", path);
            visit_record(v, field->record, record + field->offset, origin, below);
        } else if (field->type == SW_FIELD_RECORD_LIST) {
            visit_list(v, field, record, origin, path);
        } else {
            v->value.length = 0;
            append_value(&v->value, field, record);
            if (!v->value.failed) v->visit(v->user, path, v->value.text, origin);
        }
    }
}

sw_status sw_fields_values(const sw_field_table *table, const void *record, const sw_yaml_node *origins,
                           sw_fields_value_visitor visit, void *user)
{
    visiting v = {.visit = visit, .user = user};
    visit_record(&v, table, record, origins, "");
    sw_status status = sw_str_status(&v.value);
    sw_str_deinit(&v.value);
    return status;
}
