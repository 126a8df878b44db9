/* Numbers of 16 bits as floats. Every one of them is a float exactly. */
#ifndef WEIGHTS_HALF_H
#define WEIGHTS_HALF_H

#include <stdint.h>

/* IEEE's binary16 (safetensors' F16). A NaN keeps its sign and its bits. */
float sw_half_float(uint16_t bits);

/* The upper half of a float (safetensors' BF16). */
float sw_bfloat_float(uint16_t bits);

#endif
