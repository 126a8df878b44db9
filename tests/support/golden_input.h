/* Activations of a golden as inputs of an op. */
#ifndef GOLDEN_INPUT_H
#define GOLDEN_INPUT_H

#include "golden.h"
#include "one_op.h"

/* An activation of the case. */
static inline one_op_input golden_input(golden *g, const char *tensor)
{
    one_op_input input = {.dtype = SW_F32};
    input.data = golden_activation(g, tensor, &input.shape);
    return input;
}

#endif
