/* A YAML tree as text again. */
#include <string.h>

#include "base/fields.h"
#include "base/yaml.h"

enum { LINE_BYTES = 100 };

typedef struct flow {
    sw_str *out;
    int indent;
    size_t line_start; /* in out */
} flow;

static void append_scalar(sw_str *out, const sw_yaml_node *node)
{
    double number;
    const bool plain = !node->quoted && (sw_yaml_number(&number, node) || strcmp(node->text, "true") == 0 ||
                                         strcmp(node->text, "false") == 0);
    if (sw_yaml_is_null(node))
        sw_str_append(out, "null");
    else if (plain)
        sw_str_append(out, node->text);
    else
        sw_text_append(out, node->text);
}

/* Separates two items: on a new line where this one is long, or where the items are mappings or lists. */
static void separate(flow *f, bool own_lines)
{
    sw_str_append(f->out, ",");
    if (!own_lines && f->out->length - f->line_start < LINE_BYTES) {
        sw_str_append(f->out, " ");
        return;
    }
    sw_str_printf(f->out, "\n%*s", f->indent, "");
    f->line_start = f->out->length;
}

static void append_node(flow *f, const sw_yaml_node *node, bool outermost)
{
    if (node->kind == SW_YAML_SCALAR) {
        append_scalar(f->out, node);
        return;
    }
    const bool list = node->kind == SW_YAML_SEQUENCE;
    sw_str_append(f->out, list ? "[" : "{");
    for (size_t i = 0; i < node->count; i++) {
        const sw_yaml_node *value = list ? node->items[i] : node->entries[i].value;
        if (i) separate(f, outermost && value->kind != SW_YAML_SCALAR);
        if (!list) {
            sw_text_append(f->out, node->entries[i].key);
            sw_str_append(f->out, ": ");
        }
        append_node(f, value, false);
    }
    sw_str_append(f->out, list ? "]" : "}");
}

void sw_yaml_append(sw_str *out, const sw_yaml_node *node, int indent)
{
    flow f = {.out = out, .indent = indent, .line_start = out->length};
    append_node(&f, node, true);
}
