/* Field tables: from structs back to YAML. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/fields.h"
#include "base/utf8.h"

enum { COMMENT_COLUMN = 48 };

/* Code points that libyaml rejects in quotes, or takes for the end of a line, unless they are escaped. */
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

/* ---- one walk over a struct, for both ways of writing it ---- */

typedef struct position {
    const char *path; /* "model.encoder.0.width"; NULL: memory is out */
    int indent;       /* columns; the first field of a list's item has "- " in the last two */
    bool begins_item;
    const sw_yaml_node *origin; /* NULL: a default */
} position;

typedef struct walker {
    void (*visit)(void *user, const sw_field *field, const char *record, const position *at);
    void *user;
    sw_str path;
} walker;

static int list_count(const sw_field *field, const char *record)
{
    int count = 0;
    memcpy(&count, record + field->count_offset, sizeof count);
    return count;
}

/* Whether a list is written as the one mapping it holds. */
static bool is_single(const sw_field *field, const char *record)
{
    return field->type == SW_FIELD_RECORD_LIST && field->one_or_list && list_count(field, record) == 1;
}

static void walk(walker *w, const sw_field_table *table, const char *record, const sw_yaml_node *mapping,
                 int indent, bool in_list);

static void walk_items(walker *w, const sw_field *field, const char *record, const sw_yaml_node *origin,
                       int indent)
{
    const size_t own = w->path.length;
    const int count = list_count(field, record);
    const bool single = is_single(field, record);
    const char *member = record + field->offset;
    for (int item = 0; item < count; item++, member += field->record->struct_bytes) {
        const bool known = origin && origin->kind == SW_YAML_SEQUENCE && (size_t)item < origin->count;
        const sw_yaml_node *from = known ? origin->items[item] : NULL;
        if (origin && origin->kind == SW_YAML_MAPPING) from = origin;
        w->path.length = own;
        if (single)
            sw_str_append(&w->path, ".");
        else
            sw_str_printf(&w->path, ".%d.", item);
        walk(w, field->record, member, from, indent + (single ? 2 : 4), !single);
    }
}

/* Visits the fields of one table, and after a record or a list the fields in it. */
static void walk_fields(walker *w, const sw_field_table *table, const char *record,
                        const sw_yaml_node *mapping, int indent, bool begins_item)
{
    size_t prefix = w->path.length;
    for (size_t i = 0; i < table->count; i++, w->path.length = prefix) {
        const sw_field *field = &table->fields[i];
        const sw_yaml_entry *entry = sw_yaml_entry_get(mapping, field->key);
        const sw_yaml_node *origin = entry ? entry->value : NULL;
        sw_str_append(&w->path, field->key);
        const position at = {w->path.failed ? NULL : w->path.text, indent, begins_item && i == 0, origin};
        w->visit(w->user, field, record, &at);
        if (field->type == SW_FIELD_RECORD) {
            sw_str_append(&w->path, ".");
            walk(w, field->record, record + field->offset, origin, indent + 2, false);
        }
        if (field->type == SW_FIELD_RECORD_LIST) walk_items(w, field, record, origin, indent);
    }
}

/* Visits every field of a record, those of its variant last. */
static void walk(walker *w, const sw_field_table *table, const char *record, const sw_yaml_node *mapping,
                 int indent, bool in_list)
{
    const sw_field_variants *variants = table->variants;
    walk_fields(w, table, record, mapping, indent, in_list);
    const sw_field_table *more = variants ? variants->table(variants->chosen(record)) : NULL;
    if (more) walk_fields(w, more, record + variants->offset, mapping, indent, false);
}

/* ---- as YAML ---- */

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

static void write_field(void *user, const sw_field *field, const char *record, const position *at)
{
    const writing *w = user;
    size_t line_start = w->out->length;
    bool is_list = field->type == SW_FIELD_RECORD_LIST;
    sw_str_printf(w->out, "%*s%s:", at->indent, at->begins_item ? "- " : "", field->key);
    if (field->type == SW_FIELD_RECORD || (is_list && list_count(field, record) > 0)) {
        sw_str_append(w->out, "\n");
        return;
    }
    sw_str_append(w->out, " ");
    if (is_list)
        sw_str_append(w->out, "[]");
    else
        append_value(w->out, field, record);
    end_line(w, line_start, at->origin);
}

void sw_fields_write(sw_str *out, const sw_field_table *table, const void *record,
                     const sw_yaml_node *origins)
{
    writing yaml = {.out = out, .origins = origins != NULL};
    walker w = {.visit = write_field, .user = &yaml};
    walk(&w, table, record, origins, 0, false);
    sw_str_deinit(&w.path);
}

/* ---- one by one ---- */

typedef struct visiting {
    sw_fields_value_visitor visit;
    void *user;
    sw_str value; /* scratch */
} visiting;

static void visit_field(void *user, const sw_field *field, const char *record, const position *at)
{
    visiting *v = user;
    if (field->record) return; /* its fields follow */
    v->value.length = 0;
    append_value(&v->value, field, record);
    if (!v->value.failed && at->path) v->visit(v->user, at->path, v->value.text, at->origin);
}

sw_status sw_fields_values(const sw_field_table *table, const void *record, const sw_yaml_node *origins,
                           sw_fields_value_visitor visit, void *user)
{
    visiting v = {.visit = visit, .user = user};
    walker w = {.visit = visit_field, .user = &v};
    walk(&w, table, record, origins, 0, false);
    v.value.failed |= w.path.failed;
    sw_status status = sw_str_status(&v.value);
    sw_str_deinit(&w.path);
    sw_str_deinit(&v.value);
    return status;
}
