/* configs/experiment.schema.json: JSON schema, draft-07, which YAML language servers understand. Files are
 * checked as fragments, so no key is required at the top: another fragment may bring it. */
#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "layers.h"
#include "schema_tables.h"

/* Where memory is out, cJSON's functions return NULL and take NULL; the whole is then given up in one place.
 */
typedef struct building {
    bool failed;
} building;

/* key NULL: as an item of a list. Owns `value`. */
static void put(building *b, cJSON *parent, const char *key, cJSON *value)
{
    if (key ? cJSON_AddItemToObject(parent, key, value) : cJSON_AddItemToArray(parent, value)) return;
    cJSON_Delete(value);
    b->failed = true;
}

static cJSON *table_schema(building *b, const sw_field_table *table, bool items_required);

/* cJSON rounds to 15 digits; 2^53 - 1 has 16. */
static cJSON *exact_number(double value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.16g", value);
    return cJSON_CreateRaw(digits);
}

static void put_range(building *b, cJSON *schema, const sw_field *field)
{
    put(b, schema, field->above_min ? "exclusiveMinimum" : "minimum", exact_number(field->min));
    if (!isinf(field->max)) put(b, schema, "maximum", exact_number(field->max));
}

static void put_choices(building *b, cJSON *schema, const sw_field *field)
{
    cJSON *names = cJSON_CreateArray();
    for (size_t i = 0; field->choices[i]; i++) put(b, names, NULL, cJSON_CreateString(field->choices[i]));
    put(b, schema, "enum", names);
}

static void put_list(building *b, cJSON *schema, const sw_field *field, cJSON *item)
{
    put(b, schema, "minItems", cJSON_CreateNumber(field->min));
    put(b, schema, "maxItems", cJSON_CreateNumber(field->max));
    put(b, schema, "items", item);
}

static cJSON *text_schema(building *b)
{
    cJSON *schema = cJSON_CreateObject();
    put(b, schema, "type", cJSON_CreateString("string"));
    return schema;
}

static cJSON *fallback_value(const sw_field *field)
{
    const bool word =
        field->type == SW_FIELD_CUSTOM && field->fallback[strspn(field->fallback, "0123456789")] != '\0';
    bool bare =
        word || field->type == SW_FIELD_ENUM || (field->type == SW_FIELD_TEXT && field->fallback[0] != '"');
    /* every other default is written alike in YAML and JSON */
    return bare ? cJSON_CreateString(field->fallback) : cJSON_Parse(field->fallback);
}

static const char *const types[] = {
    [SW_FIELD_BOOL] = "boolean", [SW_FIELD_INT] = "integer",       [SW_FIELD_UINT64] = "integer",
    [SW_FIELD_FLOAT] = "number", [SW_FIELD_TEXT] = "string",       [SW_FIELD_TEXT_LIST] = "array",
    [SW_FIELD_ENUM] = NULL,      [SW_FIELD_RECORD_LIST] = "array", [SW_FIELD_RECORD] = NULL,
    [SW_FIELD_CUSTOM] = NULL};

/* ---- layers ---- */

/* What every layer may have: a name and what it reads. */
static void put_layer_keys(building *b, cJSON *properties)
{
    static const char *const names =
        "{\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}}]}";
    put(b, properties, "name", text_schema(b));
    put(b, properties, "from", cJSON_Parse(names));
    put(b, properties, "like", text_schema(b));
}

/* A layer with this op. An option may be $KEY of a block. */
static cJSON *op_schema(building *b, const sw_op *op, bool in_block)
{
    static const sw_field_table none = {0};
    cJSON *schema = table_schema(b, op->fields ? op->fields : &none, true);
    cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties"), *name = cJSON_CreateObject();
    for (cJSON *option = properties ? properties->child : NULL; option && in_block; option = option->next) {
        cJSON_DeleteItemFromObjectCaseSensitive(option, "type");
        cJSON_DeleteItemFromObjectCaseSensitive(option, "enum");
    }
    put_layer_keys(b, properties);
    put(b, name, "const", cJSON_CreateString(op->name));
    put(b, name, "description", cJSON_CreateString(op->help));
    put(b, properties, "op", name);
    put(b, cJSON_GetObjectItemCaseSensitive(schema, "required"), NULL, cJSON_CreateString("op"));
    return schema;
}

static cJSON *block_use_schema(building *b)
{
    cJSON *schema = cJSON_Parse("{\"type\": \"object\", \"required\": [\"block\"]}"),
          *properties = cJSON_CreateObject();
    put_layer_keys(b, properties);
    put(b, properties, "block", text_schema(b));
    put(b, schema, "properties", properties);
    return schema;
}

static cJSON *layer_list_schema(building *b, bool in_block)
{
    cJSON *schema = cJSON_CreateObject(), *items = cJSON_CreateObject(), *kinds = cJSON_CreateArray();
    for (const sw_op *const *op = sw_ops; *op; op++)
        if (layers_op((*op)->name)) put(b, kinds, NULL, op_schema(b, *op, in_block));
    put(b, kinds, NULL, block_use_schema(b));
    put(b, items, "anyOf", kinds);
    put(b, schema, "type", cJSON_CreateString("array"));
    put(b, schema, "minItems", cJSON_CreateNumber(1));
    put(b, schema, "items", items);
    return schema;
}

/* `none`, or what `schema` describes. */
static cJSON *none_or(building *b, cJSON *schema)
{
    cJSON *either = cJSON_CreateObject(), *kinds = cJSON_CreateArray();
    put(b, kinds, NULL, cJSON_Parse("{\"enum\": [\"none\", null]}"));
    put(b, kinds, NULL, schema);
    put(b, either, "oneOf", kinds);
    return either;
}

static cJSON *blocks_schema(building *b)
{
    cJSON *schema = cJSON_CreateObject();
    put(b, schema, "type", cJSON_CreateString("object"));
    put(b, schema, "additionalProperties", layer_list_schema(b, true));
    return schema;
}

static cJSON *custom_schema(building *b, const sw_field_custom *custom)
{
    if (custom == &schema_layers) return none_or(b, layer_list_schema(b, false));
    if (custom == &schema_blocks) return none_or(b, blocks_schema(b));
    return cJSON_Parse(custom->json_schema);
}

static void put_type(building *b, cJSON *schema, const sw_field *field);

/* A mapping, or a list of mappings. */
static cJSON *one_or_list_schema(building *b, const sw_field *field)
{
    cJSON *schema = cJSON_CreateObject(), *ways = cJSON_CreateArray(), *list = cJSON_CreateObject();
    put(b, ways, NULL, table_schema(b, field->record, false));
    put_type(b, list, field);
    put_list(b, list, field, table_schema(b, field->record, true));
    put(b, ways, NULL, list);
    put(b, schema, "oneOf", ways);
    put(b, schema, "description", cJSON_CreateString(field->help));
    return schema;
}

static cJSON *field_schema(building *b, const sw_field *field)
{
    cJSON *schema = NULL;
    if (field->one_or_list) return one_or_list_schema(b, field);
    if (field->type == SW_FIELD_CUSTOM)
        schema = custom_schema(b, field->custom);
    else if (field->type == SW_FIELD_RECORD)
        schema = table_schema(b, field->record, false);
    else
        schema = cJSON_CreateObject();
    if (!schema) {
        b->failed = true;
        return NULL;
    }
    put_type(b, schema, field);
    if (field->type == SW_FIELD_INT || field->type == SW_FIELD_UINT64 || field->type == SW_FIELD_FLOAT)
        put_range(b, schema, field);
    if (field->type == SW_FIELD_ENUM) put_choices(b, schema, field);
    if (field->type == SW_FIELD_TEXT_LIST) put_list(b, schema, field, text_schema(b));
    if (field->type == SW_FIELD_RECORD_LIST) put_list(b, schema, field, table_schema(b, field->record, true));
    put(b, schema, "description", cJSON_CreateString(field->help));
    if (field->fallback) put(b, schema, "default", fallback_value(field));
    return schema;
}

static void put_type(building *b, cJSON *schema, const sw_field *field)
{
    if (types[field->type]) put(b, schema, "type", cJSON_CreateString(types[field->type]));
}

/* The keys of every variant: which of them go together is for the program to say. */
static void put_variants(building *b, cJSON *properties, const sw_field_variants *variants)
{
    for (int v = 0; variants->name(v); v++) {
        const sw_field_table *table = variants->table(v);
        for (size_t i = 0; table && i < table->count; i++)
            if (!cJSON_GetObjectItemCaseSensitive(properties, table->fields[i].key))
                put(b, properties, table->fields[i].key, field_schema(b, &table->fields[i]));
    }
}

static cJSON *table_schema(building *b, const sw_field_table *table, bool items_required)
{
    cJSON *schema = cJSON_CreateObject(), *properties = cJSON_CreateObject(), *required = cJSON_CreateArray();
    for (size_t i = 0; i < table->count; i++) {
        const sw_field *field = &table->fields[i];
        put(b, properties, field->key, field_schema(b, field));
        if (!field->fallback) put(b, required, NULL, cJSON_CreateString(field->key));
    }
    if (table->variants) put_variants(b, properties, table->variants);
    put(b, schema, "type", cJSON_CreateString("object"));
    put(b, schema, "additionalProperties", cJSON_CreateFalse());
    put(b, schema, "properties", properties);
    if (items_required)
        put(b, schema, "required", required);
    else
        cJSON_Delete(required);
    return schema;
}

static cJSON *include_schema(building *b)
{
    cJSON *schema = cJSON_Parse(
        "{\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}}]}");
    put(b, schema, "description",
        cJSON_CreateString("Fragments merged before this file's own keys, the later over the earlier"));
    return schema;
}

sw_status sw_schema_json(sw_str *out)
{
    building b = {0};
    cJSON *schema = table_schema(&b, &sw_experiment_schema, false);
    put(&b, schema, "$schema", cJSON_CreateString("http://json-schema.org/draft-07/schema#"));
    put(&b, schema, "title", cJSON_CreateString("segwork experiment or fragment"));
    put(&b, cJSON_GetObjectItemCaseSensitive(schema, "properties"), "include", include_schema(&b));
    char *text = b.failed ? NULL : cJSON_Print(schema);
    cJSON_Delete(schema);
    if (!text) return sw_fail_alloc("the JSON schema", 0);
    for (const char *c = text; *c; c++) { /* cJSON indents with tabs, and puts one after each colon */
        if (*c == '\t')
            sw_str_append(out, c > text && c[-1] == ':' ? " " : "  ");
        else
            sw_str_append_bytes(out, c, 1);
    }
    sw_str_append(out, "\n");
    cJSON_free(text);
    return sw_str_status(out);
}
