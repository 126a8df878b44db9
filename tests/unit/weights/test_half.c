/* Numbers of 16 bits, all of them, and tensors made of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "weights/half.h"
#include "weights/safetensors.h"

TestSuite(half, .init = scratch_create, .fini = scratch_remove);

enum { ALL = 65536 };

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* What the standard says that the bits mean. */
static float half_meaning(unsigned bits)
{
    const int exponent = (int)(bits >> 10 & 0x1f), mantissa = (int)(bits & 0x3ff);
    double size;
    if (exponent == 0x1f)
        size = (double)(mantissa ? NAN : INFINITY);
    else if (exponent == 0)
        size = ldexp(mantissa, -24);
    else
        size = ldexp(1024 + mantissa, exponent - 25);
    return (float)copysign(size, bits & 0x8000 ? -1.0 : 1.0);
}

Test(half, every_half_is_the_float_that_the_standard_says)
{
    for (unsigned bits = 0; bits < ALL; bits++) {
        const float value = sw_half_float((uint16_t)bits), meant = half_meaning(bits);
        if (isnan(meant))
            cr_assert_eq(bits_of(value), (bits & 0x8000) << 16 | 0x7f800000 | (bits & 0x3ff) << 13, "%04x",
                         bits);
        else
            cr_assert_eq(bits_of(value), bits_of(meant), "%04x is %a, not %a", bits, (double)meant,
                         (double)value);
    }
}

Test(half, every_bfloat_is_the_upper_half_of_a_float)
{
    for (unsigned bits = 0; bits < ALL; bits++)
        cr_assert_eq(bits_of(sw_bfloat_float((uint16_t)bits)), bits << 16, "%04x", bits);
}

/* Between two neighbours the middle goes to the even one, and what is nearer goes there. */
static void expect_between(unsigned low)
{
    const double a = (double)half_meaning(low);
    const double b = low + 1 == 0x7c00 ? 65536 : (double)half_meaning(low + 1);
    const float middle = (float)(0.5 * (a + b)); /* has one more bit than a half: it is exact */
    const unsigned even = low & 1 ? low + 1 : low;
    cr_assert_eq(sw_half_of(middle), even, "%a", (double)middle);
    cr_assert_eq(sw_half_of(nextafterf(middle, 0.0f)), low, "below %a", (double)middle);
    cr_assert_eq(sw_half_of(nextafterf(middle, INFINITY)), low + 1, "above %a", (double)middle);
    cr_assert_eq(sw_half_of(-middle), even | 0x8000, "%a", (double)-middle);
}

Test(half, a_float_becomes_the_nearest_half_and_every_half_itself)
{
    for (unsigned bits = 0; bits < ALL; bits++) {
        const float value = sw_half_float((uint16_t)bits);
        if (isnan(value))
            cr_assert(isnan(sw_half_float(sw_half_of(value))), "%04x", bits);
        else
            cr_assert_eq(sw_half_of(value), bits, "%04x became %04x", bits, sw_half_of(value));
    }
    for (unsigned low = 0; low < 0x7c00; low++) expect_between(low);
    cr_expect_eq(sw_half_of(3.4e38f), 0x7c00);
    cr_expect_eq(sw_half_of(-65520.0f), 0xfc00);
    cr_expect_eq(sw_half_of(1e-45f), 0);
}

static void expect_tensor(const sw_safetensors_reader *reader, const char *name, float (*meaning)(uint16_t))
{
    float *values = malloc(ALL * sizeof *values);
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(reader, name);
    cr_assert(t && t->elems == ALL && sw_safetensors_dtype_is_float(t->dtype));
    cr_assert_eq(sw_safetensors_reader_read_floats(reader, t, values), SW_OK, "%s", sw_error_message());
    for (unsigned i = 0; i < ALL; i++)
        cr_assert_eq(bits_of(values[i]), bits_of(meaning((uint16_t)i)), "%s %04x", name, i);
    free(values);
}

Test(half, a_tensor_of_16_bits_is_read_as_floats)
{
    static uint16_t all[ALL];
    const int64_t shape[] = {256, 256}, one[] = {1};
    const float alone = 0.1f;
    float value;
    const char *path = scratch_path("a.safetensors");
    sw_safetensors_writer *w;
    sw_safetensors_reader *r;
    for (int i = 0; i < ALL; i++) all[i] = (uint16_t)i;
    cr_assert_eq(sw_safetensors_writer_create(&w), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "half", SW_SAFETENSORS_F16, 2, shape), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "bfloat", SW_SAFETENSORS_BF16, 2, shape), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "float", SW_SAFETENSORS_F32, 1, one), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(w, path), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "half", all, sizeof all), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "bfloat", all, sizeof all), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "float", &alone, sizeof alone), SW_OK);
    cr_assert_eq(sw_safetensors_writer_finish(w), SW_OK);
    sw_safetensors_writer_destroy(w);
    cr_assert_eq(sw_safetensors_reader_open(&r, path), SW_OK, "%s", sw_error_message());
    expect_tensor(r, "half", sw_half_float);
    expect_tensor(r, "bfloat", sw_bfloat_float);
    cr_assert_eq(sw_safetensors_reader_read_floats(r, sw_safetensors_reader_find(r, "float"), &value), SW_OK);
    cr_expect_eq(value, alone);
    sw_safetensors_reader_destroy(r);
}
