/* Numbers of 16 bits and floats. Every number of 16 bits is a float exactly. */
#ifndef WEIGHTS_HALF_H
#define WEIGHTS_HALF_H

#include <stdint.h>

/* IEEE's binary16 (safetensors' F16). A NaN keeps its sign and its bits. */
float sw_half_float(uint16_t bits);

/* Returns the nearest binary16, of two equally near the one with an even last bit. From 65520 on that is
 * infinity. A NaN stays one. */
uint16_t sw_half_of(float value);

/* The upper half of a float (safetensors' BF16). */
float sw_bfloat_float(uint16_t bits);

#endif
