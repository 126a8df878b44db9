/* A tensor of the self-test as the device has it. */
#ifndef CHECK_TENSOR_BYTES_H
#define CHECK_TENSOR_BYTES_H

#include "problem.h"

/* The nearest bfloat16, the even one of two as near; what is no finite number stays as it is. */
double sw_check_bfloat16(double value);

/* The given values, times `scale`, as the device's type, with the image that is not run behind them; on the
 * heap. NULL with the message set. */
void *sw_tensor_encode(const sw_tensor *t, double scale);

/* Sets t->found from the device's bytes. */
void sw_tensor_decode(sw_tensor *t, const unsigned char *bytes);

#endif
