/* The keys of `optimizer`. */
#include "config/experiment.h"
#include "schema_tables.h"

enum { MAX_PATTERNS = 256 };

static const char *const optimizer_names[] = {"adam", "adamw", "sgd", NULL};

/* optimizer.groups[].match: one pattern or several */

static const sw_yaml_node *read_match(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_param_group *group = record;
    const bool one = value->kind == SW_YAML_SCALAR;
    const size_t count = one ? 1 : value->count;
    if (value->kind == SW_YAML_MAPPING || count == 0 || count > MAX_PATTERNS) return value;
    const char **match = sw_arena_alloc(reading->arena, count * sizeof *match);
    if (!match) return value;
    for (size_t i = 0; i < count; i++) {
        const sw_yaml_node *pattern = one ? value : value->items[i];
        if (pattern->kind != SW_YAML_SCALAR || sw_yaml_is_null(pattern) || !*pattern->text) return pattern;
        match[i] = pattern->text;
    }
    group->match = match;
    group->match_count = (int)count;
    return NULL;
}

static void write_match(sw_str *out, const void *record)
{
    const sw_param_group *group = record;
    sw_str_append(out, "[");
    for (int i = 0; i < group->match_count; i++) {
        if (i) sw_str_append(out, ", ");
        sw_text_append(out, group->match[i]);
    }
    sw_str_append(out, "]");
}

static const sw_field_custom match = {
    .expected = "pattern of parameters' names, or a list of them",
    .json_schema = "{\"oneOf\": [{\"type\": \"string\"},"
                   " {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"minItems\": 1}]}",
    .read = read_match,
    .write = write_match,
};

#define HERE sw_param_group
static const sw_field group_fields[] = {
    CUSTOM(match, match, NULL,
           "The parameters: patterns of their names, in which '*' stands for any characters (*.bias, "
           "dc1.*), or 1d for every tensor of one dimension, which are the norms' and the biases"),
    REAL(lr, "1", 1000, "Factor of the learning rate; 0: they are not trained"),
    REAL(decay, "1", 1000, "Factor of optimizer.weight_decay; 0: they do not decay"),
};
static const sw_field_table group_table = TABLE(group_fields);
#undef HERE

#define HERE sw_optimizer_config
static const sw_field optimizer_fields[] = {
    CHOICE(kind, "adam", optimizer_names, "The optimiser; adamw is adam with decoupled weight decay"),
    POSITIVE(lr, "0.001", 100, "Learning rate, before the schedule"),
    REAL(beta1, "0.9", 0.9999, "adam, adamw: decay of the running mean of the gradient"),
    REAL(beta2, "0.999", 0.9999, "adam, adamw: decay of the running mean of the squared gradient"),
    POSITIVE(eps, "1.0e-8", 1, "adam, adamw: added to the denominator"),
    REAL(weight_decay, "0", 100, "Weight decay (L2 penalty; decoupled with adamw)"),
    REAL(momentum, "0.9", 0.9999, "sgd: momentum"),
    BOOL(nesterov, "false", "sgd: use Nesterov momentum"),
    REAL(clip_norm, "0", 1e6,
         "Clip the gradients to this norm, taken over all of them together; 0: no clipping"),
    {FIELD(groups, SW_FIELD_RECORD_LIST, "[]",
           "Parameters that train differently from the rest, such as [{match: 1d, decay: 0}] for norms and "
           "biases that do not decay; one that is in several groups has the product of their factors"),
     .max = SW_MAX_PARAM_GROUPS, .record = &group_table,
     .count_offset = offsetof(sw_optimizer_config, group_count)},
};
const sw_field_table schema_optimizer_table = TABLE(optimizer_fields);
#undef HERE
