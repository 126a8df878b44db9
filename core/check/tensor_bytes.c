#include "tensor_bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    UNSEEN_WORD = 0x7fc0a5a5, /* images of inputs that are not run: a NaN, should anyone compute with it */
    UNSEEN_HALF = 0x7fc5,     /* the same of a bfloat16 */
    UNSEEN_BYTE = 0xa5,
};

static const double significant = 256; /* 8 bits of a bfloat16 */

double sw_check_bfloat16(double value)
{
    int exponent;
    if (!isfinite(value) || value == 0) return value;
    (void)frexp(value, &exponent);        /* value is 1/2 .. 1 times 2^exponent */
    if (exponent < -125) exponent = -125; /* below lie the subnormal ones, all as far apart */
    const double unit = ldexp(1 / significant, exponent);
    const double nearest = rint(value / unit) * unit;
    return fabs(nearest) > 0x1.fep127 ? copysign(INFINITY, value) : nearest;
}

static uint16_t upper_half(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static void put_given(unsigned char *to, const sw_tensor *t, double value)
{
    const float number = (float)(t->dtype == SW_BF16 ? sw_check_bfloat16(value) : value);
    if (t->dtype == SW_F32) {
        memcpy(to, &number, sizeof number);
    } else if (t->dtype == SW_BF16) {
        const uint16_t half = upper_half(number);
        memcpy(to, &half, sizeof half);
    } else if (t->dtype == SW_U32) {
        const uint32_t word = (uint32_t)value;
        memcpy(to, &word, sizeof word);
    } else {
        *to = (unsigned char)value;
    }
}

static void put_unseen(unsigned char *to, const sw_tensor *t)
{
    const uint32_t word = UNSEEN_WORD;
    const uint16_t half = UNSEEN_HALF;
    const uint8_t byte = UNSEEN_BYTE;
    const void *unseen = t->dtype == SW_U8     ? (const void *)&byte
                         : t->dtype == SW_BF16 ? (const void *)&half
                                               : (const void *)&word;
    memcpy(to, unseen, sw_dtype_bytes(t->dtype));
}

void *sw_tensor_encode(const sw_tensor *t, double scale)
{
    const size_t size = sw_dtype_bytes(t->dtype);
    unsigned char *bytes = malloc(t->capacity_elems * size);
    if (!bytes) {
        (void)sw_fail_alloc("a tensor of the self-test", t->capacity_elems * size);
        return NULL;
    }
    for (size_t i = 0; i < t->capacity_elems; i++) {
        if (i < t->elems)
            put_given(bytes + i * size, t,
                      t->dtype == SW_U32 || t->dtype == SW_U8 ? t->given[i] : scale * t->given[i]);
        else
            put_unseen(bytes + i * size, t);
    }
    return bytes;
}

void sw_tensor_decode(sw_tensor *t, const unsigned char *bytes)
{
    const size_t size = sw_dtype_bytes(t->dtype);
    for (size_t i = 0; i < t->elems; i++) {
        float number;
        uint32_t word = 0;
        memcpy(&word, bytes + i * size, size); /* little-endian, as everything here */
        if (t->dtype == SW_BF16) word <<= 16;
        memcpy(&number, &word, sizeof number);
        t->found[i] = sw_dtype_is_float(t->dtype) ? (double)number : (double)word;
    }
}
