/* Names of engines, layers, and the table of what was found for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "conv_engine.h"
#include "ops/conv_choice.h"

static const sw_conv_engine *engine_of(sw_conv_choice choice)
{
    const sw_conv_engine *const *engine = sw_conv_engines;
    while (*engine && (*engine)->choice != choice) engine++;
    return *engine;
}

const char *sw_conv_choice_name(sw_conv_choice choice)
{
    const sw_conv_engine *engine = engine_of(choice);
    return engine ? engine->name : "auto";
}

bool sw_conv_choice_named(sw_conv_choice *out, const char *name, size_t length)
{
    *out = SW_CONV_AUTO;
    if (length == strlen("auto") && strncmp(name, "auto", length) == 0) return true;
    for (const sw_conv_engine *const *engine = sw_conv_engines; *engine; engine++) {
        if (strlen((*engine)->name) != length || strncmp(name, (*engine)->name, length) != 0) continue;
        *out = (*engine)->choice;
        return true;
    }
    return false;
}

void sw_conv_choices_print(char text[SW_CONV_CHOICES_BYTES], const sw_conv_choice choices[SW_CONV_PASSES])
{
    if (choices[0] == choices[1] && choices[1] == choices[2])
        snprintf(text, SW_CONV_CHOICES_BYTES, "%s", sw_conv_choice_name(choices[0]));
    else
        snprintf(text, SW_CONV_CHOICES_BYTES, "%s/%s/%s", sw_conv_choice_name(choices[SW_CONV_FORWARD]),
                 sw_conv_choice_name(choices[SW_CONV_BACKWARD_DATA]),
                 sw_conv_choice_name(choices[SW_CONV_BACKWARD_WEIGHTS]));
}

bool sw_conv_choices_parse(sw_conv_choice choices[SW_CONV_PASSES], const char *text)
{
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        size_t length = strcspn(text, "/");
        if (!sw_conv_choice_named(&choices[p], text, length)) return false;
        if (p == 0 && !text[length]) {
            choices[1] = choices[2] = choices[0];
            return true;
        }
        if ((p < SW_CONV_PASSES - 1) != (text[length] == '/')) return false;
        text += length + 1;
    }
    return true;
}

const char *sw_conv_pass_name(sw_conv_pass pass)
{
    static const char *const names[] = {[SW_CONV_FORWARD] = "forward",
                                        [SW_CONV_BACKWARD_DATA] = "data",
                                        [SW_CONV_BACKWARD_WEIGHTS] = "weights"};
    return names[pass];
}

const sw_conv_pin *sw_conv_pins_find(const sw_conv_pins *pins, const char *layer)
{
    for (int i = 0; i < pins->count; i++)
        if (strcmp(pins->pins[i].layer, layer) == 0) return &pins->pins[i];
    return NULL;
}

/* --- layers ---------------------------------------------------------------------------------- */

bool sw_conv_layer_of(sw_conv_layer *out, const sw_graph *graph, const sw_node *node)
{
    if (node->op != &sw_op_conv2d) return false;
    const sw_conv2d_attrs *attrs = node->attrs;
    sw_shape x = graph->values[node->inputs[0]].shape;
    *out = (sw_conv_layer){.kernel = attrs->kernel,
                           .in_channels = x.c,
                           .out_channels = attrs->out_channels,
                           .height = x.h,
                           .width = x.w};
    return true;
}

void sw_conv_layer_print(char text[SW_CONV_LAYER_BYTES], const sw_conv_layer *l)
{
    snprintf(text, SW_CONV_LAYER_BYTES, "%dx%d %d > %d, %dx%d", l->kernel, l->kernel, l->in_channels,
             l->out_channels, l->height, l->width);
}

bool sw_conv_can(const sw_cl *cl, sw_conv_choice choice, const sw_conv_layer *layer, sw_conv_pass pass)
{
    const sw_conv_engine *engine = engine_of(choice);
    return engine && engine->supports(cl, sw_conv_shape_of(layer, 1), pass); /* the batch does not matter */
}

sw_conv_choice sw_conv_fixed(const sw_cl *cl, const sw_conv_layer *layer, sw_conv_pass pass)
{
    return sw_conv_engine_fixed(cl, SW_CONV_AUTO, sw_conv_shape_of(layer, 1), pass)->choice;
}

/* --- table ----------------------------------------------------------------------------------- */

sw_conv_row *sw_conv_table_find(const sw_conv_table *table, const sw_conv_layer *layer)
{
    for (int i = 0; i < table->count; i++)
        if (memcmp(&table->rows[i].layer, layer, sizeof *layer) == 0) return &table->rows[i]; /* ints only */
    return NULL;
}

sw_status sw_conv_table_add(sw_conv_row **out, sw_conv_table *table, const sw_conv_layer *layer)
{
    *out = sw_conv_table_find(table, layer);
    if (*out) return SW_OK;
    SW_ENSURE(SW_ARRAY_GROW(table->rows, table->count, "a table of convolutions"));
    *out = &table->rows[table->count++];
    **out = (sw_conv_row){.layer = *layer};
    return SW_OK;
}

bool sw_conv_row_decided(const sw_conv_row *row)
{
    bool decided = true;
    for (int p = 0; p < SW_CONV_PASSES; p++) decided &= row->pass[p].choice != SW_CONV_AUTO;
    return decided;
}

void sw_conv_table_deinit(sw_conv_table *table)
{
    free(table->rows);
    *table = (sw_conv_table){0};
}
