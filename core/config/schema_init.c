/* The keys of `init`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "config/experiment.h"
#include "locate.h"
#include "schema_tables.h"

/* init.map: patterns, or where a table of them lies */

enum { MAX_PATTERNS = 1000 };

static bool is_pattern(const sw_yaml_node *node)
{
    if (node->kind != SW_YAML_SCALAR || !*node->text) return false;
    const char *star = strchr(node->text, '*');
    return !star || !strchr(star + 1, '*');
}

/* Fills the map from a mapping of patterns. Returns NULL, or the node that is wrong. */
static const sw_yaml_node *read_patterns(sw_name_map *map, const sw_yaml_node *table,
                                         sw_field_reading *reading)
{
    if (table->kind != SW_YAML_MAPPING || table->count == 0 || table->count > MAX_PATTERNS) return table;
    const char **from = sw_arena_alloc(reading->arena, table->count * sizeof *from),
               **to = sw_arena_alloc(reading->arena, table->count * sizeof *to);
    if (!from || !to) return table;
    *map = (sw_name_map){.from = from, .to = to, .count = (int)table->count};
    for (size_t i = 0; i < table->count; i++) {
        const sw_yaml_node *value = table->entries[i].value;
        const char *key = table->entries[i].key, *star = strchr(key, '*');
        if (!is_pattern(value) || !*key || (star && strchr(star + 1, '*')) ||
            !star != !strchr(value->text, '*')) {
            snprintf(reading->why, sizeof reading->why,
                     "'%.60s' and the name it becomes must have one '*' each, or none", key);
            return value;
        }
        from[i] = key;
        to[i] = value->text;
    }
    return NULL;
}

/* The file of a table: a shipped one's name, or a path from the folder of the file that names it. */
static sw_status locate_table(const char **out, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_str looked_at = {0};
    const char *name = value->text, *ending = strrchr(name, '.');
    const bool shipped =
        !strchr(name, '/') && !(ending && (!strcmp(ending, ".yaml") || !strcmp(ending, ".yml")));
    char *folder = value->place.line > 0 && !shipped ? sw_fs_dirname(value->place.source) : sw_strf("%s", "");
    const char *file = shipped ? sw_arena_printf(reading->arena, "configs/init/%s.yaml", name) : name;
    sw_status status =
        folder && file ? locate_config(out, reading->arena, folder, file, &looked_at) : SW_E_MEMORY;
    if (status == SW_OK && !*out)
        snprintf(reading->why, sizeof reading->why,
                 "there is no such table of names (shipped are vgg16, vgg16_bn, resnet18, resnet34); looked "
                 "at %s",
                 sw_str_text(&looked_at));
    free(folder);
    sw_str_deinit(&looked_at);
    return status;
}

static const sw_yaml_node *read_map(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_name_map *map = &((sw_init_config *)record)->map;
    const char *path = NULL;
    const sw_yaml_node *table = NULL;
    *map = (sw_name_map){0};
    if (value->kind == SW_YAML_MAPPING) return read_patterns(map, value, reading);
    if (value->kind != SW_YAML_SCALAR) return value;
    if (sw_yaml_is_null(value) || strcmp(value->text, "none") == 0) return NULL;
    if (locate_table(&path, value, reading) != SW_OK || !path) return value;
    if (sw_yaml_parse_file(&table, reading->arena, path) != SW_OK) {
        snprintf(reading->why, sizeof reading->why, "%s", sw_error_message());
        return value;
    }
    const sw_yaml_node *in_fragment = sw_yaml_find(table, "init.map");
    const sw_yaml_node *wrong = read_patterns(map, in_fragment ? in_fragment : table, reading);
    if (wrong && !reading->why[0])
        snprintf(reading->why, sizeof reading->why, "the table must be a mapping of names to names");
    return wrong;
}

/* Always spelled out: a run's configuration must mean the same wherever it is read. */
static void write_map(sw_str *out, const void *record)
{
    const sw_name_map *map = &((const sw_init_config *)record)->map;
    size_t line_start = out->length;
    if (!map->count) sw_str_append(out, "none");
    for (int i = 0; i < map->count; i++) {
        sw_str_append(out, i ? "," : "{");
        const bool full = out->length - line_start > 80;
        if (full) line_start = out->length;
        if (i) sw_str_append(out, full ? "\n      " : " ");
        sw_text_append(out, map->from[i]);
        sw_str_append(out, ": ");
        sw_text_append(out, map->to[i]);
    }
    if (map->count) sw_str_append(out, "}");
}

static const sw_field_custom name_map = {
    .expected = "none | vgg16 | vgg16_bn | resnet18 | resnet34 | path of a table | mapping of patterns",
    .json_schema = "{\"oneOf\": [{\"type\": [\"string\", \"null\"]},"
                   " {\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}]}",
    .read = read_map,
    .write = write_map,
};

enum { MAX_TEXTS = 256 };

#define HERE sw_init_config
static const sw_field init_fields[] = {
    TEXT(from, "\"\"",
         "Weights to start from: a safetensors file of F32, F16 or BF16 with PyTorch's names, such as "
         "another run's checkpoints/best.safetensors, relative to where segwork is started, or the name of a "
         "model that comes with segwork (pets); empty: random weights (docs/weights.md)"),
    {FIELD(strip, SW_FIELD_TEXT_LIST, "[\"module.\"]",
           "Prefixes to remove from the file's names, each once, in this order"),
     .max = MAX_TEXTS, .count_offset = offsetof(sw_init_config, strip_count)},
    CUSTOM(
        map, name_map, "none",
        "How names of the file become names of the network: the name of a shipped table (vgg16, vgg16_bn, "
        "resnet18, resnet34: torchvision's networks), the path of one, or patterns in which '*' stands "
        "for the same text on both sides: {features.0.*: dc1.seq.0.*}. The first that fits is used. Tensors "
        "without a fitting pattern are not used"),
    BOOL(partial, "false",
         "Accept a file that lacks tensors, or whose head (the last convolution and what follows it) has "
         "another shape: these get random initial values; false: that is an error"),
    {FIELD(freeze, SW_FIELD_TEXT_LIST, "[]",
           "Parameters that are not trained, by patterns of their names such as dc1.*; norms among them "
           "still use each batch's statistics and keep their running ones, as in PyTorch"),
     .max = MAX_TEXTS, .count_offset = offsetof(sw_init_config, freeze_count)},
};
const sw_field_table schema_init_table = TABLE(init_fields);
#undef HERE
