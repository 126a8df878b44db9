#include "storage_options.h"

#include <stdio.h>

void sw_storage_options(char text[SW_STORAGE_BYTES], sw_dtype x, sw_dtype y)
{
    snprintf(text, SW_STORAGE_BYTES, "%s%s", x == SW_BF16 ? " -DX16" : "", y == SW_BF16 ? " -DY16" : "");
}

void sw_storage_of(char text[SW_STORAGE_BYTES], const sw_call *call, bool turned)
{
    const sw_node *last = call->next ? call->next : call->node;
    const sw_dtype x = call->graph->values[call->node->inputs[0]].dtype,
                   y = call->graph->values[last->outputs[0]].dtype;
    sw_storage_options(text, turned ? y : x, turned ? x : y);
}
