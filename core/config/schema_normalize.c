#include "schema_normalize.h"

#include <stdio.h>
#include <string.h>

#include "data/normalize.h"

/* Less than a step of 8 bits is no spread of colours but a slip. */
static const double LEAST_STD = 0.001;

/* Returns the node that is wrong, or NULL. */
static const sw_yaml_node *read_channels(float out[3], const sw_yaml_node *value, bool above_zero,
                                         sw_field_reading *reading)
{
    if (value->kind != SW_YAML_SEQUENCE || value->count != 3) return value;
    for (int c = 0; c < 3; c++) {
        double number = 0;
        if (!sw_yaml_number(&number, value->items[c])) return value->items[c];
        if (number < 0 || number > 1 || (above_zero && number < LEAST_STD)) {
            snprintf(reading->why, sizeof reading->why,
                     "expected a number from %s to 1, since colours are 0 to 1 here",
                     above_zero ? "0.001" : "0");
            return value->items[c];
        }
        out[c] = (float)number;
    }
    return NULL;
}

static const sw_yaml_node *read_normalize(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_normalize *normalize = &((sw_data_config *)record)->normalize;
    *normalize = (sw_normalize){0};
    if (value->kind == SW_YAML_SCALAR && (sw_yaml_is_null(value) || strcmp(value->text, "none") == 0))
        return NULL;
    if (value->kind != SW_YAML_MAPPING || value->count != 2) return value;
    const sw_yaml_node *mean = sw_yaml_find(value, "mean"), *std = sw_yaml_find(value, "std");
    if (!mean || !std) return value;
    const sw_yaml_node *wrong = read_channels(normalize->mean, mean, false, reading);
    return wrong ? wrong : read_channels(normalize->std, std, true, reading);
}

static void write_channels(sw_str *out, const char *name, const float values[3])
{
    sw_str_printf(out, "%s: [", name);
    for (int c = 0; c < 3; c++) {
        if (c) sw_str_append(out, ", ");
        sw_float_append(out, values[c]);
    }
    sw_str_append(out, "]");
}

static void write_normalize(sw_str *out, const void *record)
{
    const sw_normalize *normalize = &((const sw_data_config *)record)->normalize;
    if (!sw_normalize_is_on(normalize)) {
        sw_str_append(out, "none");
        return;
    }
    sw_str_append(out, "{");
    write_channels(out, "mean", normalize->mean);
    sw_str_append(out, ", ");
    write_channels(out, "std", normalize->std);
    sw_str_append(out, "}");
}

#define CHANNELS_SCHEMA                                                                                      \
    "{\"type\": \"array\", \"minItems\": 3, \"maxItems\": 3,"                                                \
    " \"items\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}}"

const sw_field_custom schema_normalize = {
    .expected = "none | {mean: [r, g, b], std: [r, g, b]}",
    .json_schema =
        "{\"oneOf\": [{\"enum\": [\"none\", null]},"
        " {\"type\": \"object\", \"required\": [\"mean\", \"std\"], \"additionalProperties\": false,"
        " \"properties\": {\"mean\": " CHANNELS_SCHEMA ", \"std\": " CHANNELS_SCHEMA "}}]}",
    .read = read_normalize,
    .write = write_normalize,
};
