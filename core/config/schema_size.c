#include "schema_size.h"

#include "data/config.h"

enum { MAX_SIDE_PX = 4096 };

static bool read_side(int *out, const sw_yaml_node *value)
{
    double number = 0;
    if (!sw_yaml_number(&number, value) || !(number >= 1 && number <= MAX_SIDE_PX)) return false;
    *out = (int)number;
    return *out == number;
}

static const sw_yaml_node *read_size(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    (void)reading;
    sw_size *size = &((sw_data_config *)record)->size;
    const bool both = value->kind == SW_YAML_SEQUENCE && value->count == 2;
    const sw_yaml_node *height = both ? value->items[0] : value, *width = both ? value->items[1] : value;
    if (!read_side(&size->height, height)) return height;
    return read_side(&size->width, width) ? NULL : width;
}

static void write_size(sw_str *out, const void *record)
{
    const sw_size size = ((const sw_data_config *)record)->size;
    if (size.height == size.width)
        sw_str_printf(out, "%d", size.height);
    else
        sw_str_printf(out, "[%d, %d]", size.height, size.width);
}

const sw_field_custom schema_size = {
    .expected = "integer in 1..4096 | [height, width]",
    .json_schema =
        "{\"oneOf\": [{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 4096},"
        " {\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 4096},"
        " \"minItems\": 2, \"maxItems\": 2}]}",
    .read = read_size,
    .write = write_size,
};
