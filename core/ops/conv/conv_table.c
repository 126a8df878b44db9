/* Convolution layers, and the table of what was found for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "conv_engine.h"
#include "ops/conv_choice.h"

/* --- layers ---------------------------------------------------------------------------------- */

bool sw_conv_layer_of(sw_conv_layer *out, const sw_graph *graph, const sw_node *node)
{
    if (node->op != &sw_op_conv2d) return false;
    *out = sw_conv_layer_from(node->attrs, graph->values[node->inputs[0]].shape);
    return true;
}

double sw_conv_layer_macs(const sw_conv_layer *layer)
{
    const sw_conv_shape s = sw_conv_shape_of(layer, 1);
    return (double)out_pixels(s) * (double)taps_of(s) * (double)channel_pairs(s);
}

void sw_conv_layer_print(char text[SW_CONV_LAYER_BYTES], const sw_conv_layer *layer)
{
    const sw_conv_layer l = sw_conv_layer_whole(layer);
    char window[SW_CONV_WINDOW_BYTES];
    sw_conv_window_print(window, l.kernel, l.stride, l.dilation);
    snprintf(text, SW_CONV_LAYER_BYTES, "%s %d > %d, %dx%d", window, l.in_channels, l.out_channels, l.height,
             l.width);
}

bool sw_conv_can(const sw_cl *cl, sw_conv_choice choice, const sw_conv_layer *layer, sw_conv_pass pass)
{
    const sw_conv_engine *engine = sw_conv_engine_of(choice);
    return engine && engine->supports(cl, sw_conv_shape_of(layer, 1), pass); /* the batch does not matter */
}

sw_conv_choice sw_conv_fixed(const sw_cl *cl, const sw_conv_layer *layer, sw_conv_pass pass)
{
    return sw_conv_engine_fixed(cl, SW_CONV_AUTO, sw_conv_shape_of(layer, 1), pass)->choice;
}

/* --- table ----------------------------------------------------------------------------------- */

sw_conv_row *sw_conv_table_find(const sw_conv_table *table, const sw_conv_layer *layer)
{
    const sw_conv_layer wanted = sw_conv_layer_whole(layer);
    for (int i = 0; i < table->count; i++)
        if (memcmp(&table->rows[i].layer, &wanted, sizeof wanted) == 0)
            return &table->rows[i]; /* ints only */
    return NULL;
}

sw_status sw_conv_table_add(sw_conv_row **out, sw_conv_table *table, const sw_conv_layer *layer)
{
    *out = sw_conv_table_find(table, layer);
    if (*out) return SW_OK;
    SW_ENSURE(SW_ARRAY_GROW(table->rows, table->count, "a table of convolutions"));
    *out = &table->rows[table->count++];
    **out = (sw_conv_row){.layer = sw_conv_layer_whole(layer)};
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
