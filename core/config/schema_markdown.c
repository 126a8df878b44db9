/* configs/README.md, and the list of keys for the terminal. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "layers.h"

enum { PATH_BYTES = 128, TERMINAL_COLUMN = 34, TERMINAL_COLUMNS = 80 };

extern const char *const config_introduction[]; /* introduction.md */
extern const char *const config_layers[];       /* layers.md */

/* A cell of a table: '|' would end it. */
static void append_cell(sw_str *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '|') sw_str_append(out, "\\");
        sw_str_append_bytes(out, c, 1);
    }
}

static void append_row(sw_str *out, const sw_field *field, const char *prefix)
{
    sw_str accepted = {0};
    sw_field_describe(&accepted, field);
    sw_str_printf(out, "| `%s%s` | ", prefix, field->key);
    append_cell(out, sw_str_part(out, &accepted));
    if (field->fallback)
        sw_str_printf(out, " | `%s` | ", field->fallback);
    else
        sw_str_append(out, " | *must be given* | ");
    append_cell(out, field->help);
    sw_str_append(out, " |\n");
    sw_str_deinit(&accepted);
}

static void append_table_head(sw_str *out)
{
    sw_str_append(out, "\n| key | value | default | what it does |\n|---|---|---|---|\n");
}

/* The keys of each variant. */
static void append_variants(sw_str *out, const sw_field_variants *variants, const char *prefix)
{
    for (int v = 0; variants->name(v); v++) {
        const sw_field_table *table = variants->table(v);
        sw_str_printf(out, "\n#### %s%s\n\n%c%s.\n", prefix, variants->name(v),
                      toupper((unsigned char)variants->help(v)[0]), variants->help(v) + 1);
        if (!table) continue;
        append_table_head(out);
        for (size_t i = 0; i < table->count; i++) append_row(out, &table->fields[i], prefix);
    }
}

/* The table's own keys as a table, then a section for each table below. */
static void append_section(sw_str *out, const sw_field_table *table, const char *prefix)
{
    append_table_head(out);
    for (size_t i = 0; i < table->count; i++)
        if (table->fields[i].type != SW_FIELD_RECORD && !table->fields[i].one_or_list)
            append_row(out, &table->fields[i], prefix);
    if (table->variants) append_variants(out, table->variants, prefix);
    for (size_t i = 0; i < table->count; i++) {
        const sw_field *field = &table->fields[i];
        if (!field->record) continue;
        char path[PATH_BYTES], below[PATH_BYTES + 1];
        bool list = field->type == SW_FIELD_RECORD_LIST && !field->one_or_list;
        snprintf(path, sizeof path, "%s%s%s", prefix, field->key, list ? "[]" : "");
        snprintf(below, sizeof below, "%s.", path);
        sw_str_printf(out, "\n### %s%s\n\n%s.\n", path, list ? ": each item" : "", field->help);
        append_section(out, field->record, below);
    }
}

/* The ops that a layer may name, each with its options. */
static void append_ops(sw_str *out)
{
    for (const sw_op *const *op = sw_ops; *op; op++) {
        const sw_field_table *fields = (*op)->fields;
        if (!layers_op((*op)->name)) continue;
        sw_str_printf(out, "\n### op: %s\n\n%c%s.\n", (*op)->name, toupper((unsigned char)(*op)->help[0]),
                      (*op)->help + 1);
        if (!fields) continue;
        sw_str_append(out, "\n| option | value | default | what it does |\n|---|---|---|---|\n");
        for (size_t i = 0; i < fields->count; i++) append_row(out, &fields->fields[i], "");
    }
}

void sw_schema_markdown(sw_str *out)
{
    sw_str_append(out, "<!-- Written by 'segwork check --schema-markdown > configs/README.md'; change "
                       "core/config/schema.c or introduction.md instead. -->\n");
    for (const char *const *line = config_introduction; *line; line++) sw_str_append(out, *line);
    sw_str_append(out,
                  "\n## Every key\n\n`include` (one path or a list of them) stands at the top of a file. The "
                  "rest:\n");
    append_section(out, &sw_experiment_schema, "");
    for (const char *const *line = config_layers; *line; line++) sw_str_append(out, *line);
    append_ops(out);
}

static bool append_key_line(void *user, const sw_field *field, const char *path)
{
    sw_str *out = user, accepted = {0};
    if (field->type == SW_FIELD_RECORD || field->one_or_list) {
        sw_str_printf(out, "\n%s: ", path);
        sw_str_wrap(out, field->help, (int)strlen(path) + 2, 2, TERMINAL_COLUMNS);
        sw_str_append(out, "\n");
        return true;
    }
    int pad = TERMINAL_COLUMN - 2 - (int)strlen(path);
    sw_str_printf(out, "  %s%*s", path, pad > 1 ? pad : 1, "");
    sw_field_describe(&accepted, field);
    if (field->fallback)
        sw_str_printf(&accepted, " (default %s)", field->fallback);
    else
        sw_str_append(&accepted, " (must be given)");
    sw_str_wrap(out, sw_str_part(out, &accepted), TERMINAL_COLUMN, TERMINAL_COLUMN, TERMINAL_COLUMNS);
    sw_str_printf(out, "\n%*s", TERMINAL_COLUMN, "");
    sw_str_wrap(out, field->help, TERMINAL_COLUMN, TERMINAL_COLUMN, TERMINAL_COLUMNS);
    sw_str_append(out, "\n");
    sw_str_deinit(&accepted);
    return true;
}

void sw_schema_keys(sw_str *out)
{
    sw_fields_visit(&sw_experiment_schema, append_key_line, out);
}
