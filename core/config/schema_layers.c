/* model.blocks and model.layers as keys: kept as they were written, so that a run's config.yaml says the
 * same, and read into a list of layers. */
#include <stdio.h>
#include <string.h>

#include "layers.h"
#include "schema_tables.h"

static bool is_none(const sw_yaml_node *value)
{
    return value->kind == SW_YAML_SCALAR && (sw_yaml_is_null(value) || strcmp(value->text, "none") == 0);
}

static const sw_yaml_node *read_blocks(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    (void)reading;
    sw_model_config *model = record;
    if (is_none(value)) return NULL;
    if (value->kind != SW_YAML_MAPPING) return value;
    model->blocks_written = value;
    return NULL;
}

static const sw_yaml_node *read_layers(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_model_config *model = record;
    if (is_none(value)) return NULL;
    if (value->kind != SW_YAML_SEQUENCE || value->count == 0) return value;
    model->layers_written = value;
    if (layers_read(model, reading->arena, reading->problems) == SW_OK) return NULL;
    snprintf(reading->why, sizeof reading->why, "%s", sw_error_message());
    return value;
}

static void write_node(sw_str *out, const sw_yaml_node *node)
{
    if (node)
        sw_yaml_append(out, node, 6);
    else
        sw_str_append(out, "none");
}

static void write_blocks(sw_str *out, const void *record)
{
    write_node(out, ((const sw_model_config *)record)->blocks_written);
}

static void write_layers(sw_str *out, const void *record)
{
    write_node(out, ((const sw_model_config *)record)->layers_written);
}

const sw_field_custom schema_blocks = {
    .expected = "none | mapping of names to lists of layers",
    .read = read_blocks,
    .write = write_blocks,
};

const sw_field_custom schema_layers = {
    .expected = "none | list of layers",
    .read = read_layers,
    .write = write_layers,
};
