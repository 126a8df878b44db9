#include "weights/half.h"

#include <math.h>
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

uint16_t sw_half_of(float value)
{
    const uint32_t infinity = UINT32_C(0x7f800000), narrowed = FLOAT_MANTISSA - HALF_MANTISSA;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= UINT32_C(0x7fffffff);
    if (bits > infinity) return (uint16_t)(sign | 0x7e00 | (bits >> narrowed & 0x3ff));
    if (as_float(bits) >= 65520.0f) return sign | 0x7c00;
    if (as_float(bits) <
        0x1p-14f) /* zero and the subnormal ones; 1024 of these are the smallest normal one */
        return (uint16_t)(sign | (uint16_t)rintf(as_float(bits) * 0x1p24f));
    bits -= (uint32_t)(FLOAT_BIAS - HALF_BIAS) << FLOAT_MANTISSA;
    bits += 0xfff + (bits >> narrowed & 1); /* carries into the exponent where it has to */
    return (uint16_t)(sign | bits >> narrowed);
}

float sw_bfloat_float(uint16_t bits)
{
    return as_float((uint32_t)bits << 16);
}
