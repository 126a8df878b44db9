#include "weights/half.h"

#include <string.h>

enum { HALF_BIAS = 15, FLOAT_BIAS = 127, HALF_MANTISSA = 10, FLOAT_MANTISSA = 23 };

static float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float sw_half_float(uint16_t bits)
{
    const int widened = FLOAT_MANTISSA - HALF_MANTISSA;
    const uint32_t sign = (uint32_t)(bits >> 15) << 31, exponent = bits >> HALF_MANTISSA & 0x1f,
                   mantissa = bits & 0x3ff;
    if (exponent == 0x1f) return as_float(sign | UINT32_C(0x7f800000) | mantissa << widened);
    if (exponent > 0)
        return as_float(sign | (exponent + FLOAT_BIAS - HALF_BIAS) << FLOAT_MANTISSA | mantissa << widened);
    /* zero and the subnormal ones: so many times 2^-24 */
    const float size = (float)mantissa * 0x1p-24f;
    return sign ? -size : size;
}

float sw_bfloat_float(uint16_t bits)
{
    return as_float((uint32_t)bits << 16);
}
