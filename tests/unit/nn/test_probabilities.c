/* Logits and probabilities. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "nn/probabilities.h"

Test(probabilities, softmax_makes_probabilities_of_any_logits)
{
    float values[] = {0, 0, /**/ 1, 3, /**/ 500, -500, /**/ -1e30f, 1e30f};
    cr_assert_eq(sw_softmax(values, 4, 2), SW_OK);
    const double second[] = {0.5, 1 / (1 + exp(-2)), 0, 1};
    for (int i = 0; i < 4; i++) {
        cr_expect_float_eq(values[2 * i + 1], second[i], 1e-6);
        cr_expect_float_eq(values[2 * i] + values[2 * i + 1], 1, 1e-6);
    }
}

Test(probabilities, a_logit_that_is_no_number_is_an_error)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++)
        for (int at = 0; at < 4; at++) {
            float values[4] = {1, 2, 3, 4};
            values[at] = bad[i];
            cr_expect_eq(sw_softmax(values, 2, 2), SW_E_NUMERIC, "%f at %d", (double)bad[i], at);
        }
}

Test(probabilities, a_mirrored_window_is_turned_back_before_it_is_averaged)
{
    float values[2 * 3] = {.1f, .2f, .3f, /**/ .4f, .5f, .6f}; /* one class, 2 x 3 */
    const float mirrored[2 * 3] = {.9f, .8f, .7f, /**/ .6f, .5f, .4f};
    sw_average_mirrored(values, mirrored, (sw_size){2, 3}, 1);
    const float expected[] = {.4f, .5f, .6f, /**/ .4f, .5f, .6f};
    for (int i = 0; i < 6; i++) cr_expect_float_eq(values[i], expected[i], 1e-6);
}

enum { PIXELS = 20000, CLASSES = 3 };

static int largest(const float *values)
{
    int best = 0;
    for (int c = 1; c < CLASSES; c++)
        if (values[c] > values[best]) best = c;
    return best;
}

/* Shares of 1 in which neighbouring numbers, equal ones and zeros meet. */
static void draw(float *p, uint32_t i)
{
    const float a = (float)(i % 997) / 1000.0f;
    p[0] = a;
    p[1] = i % 3 == 0 ? a : i % 3 == 1 ? nextafterf(a, 1) : nextafterf(a, 0);
    p[2] = 1.0f - p[0] - p[1] > 0 ? 1.0f - p[0] - p[1] : 0.0f;
    if (i % 5 == 0) {
        const float last = p[2];
        p[2] = p[0];
        p[0] = last;
    }
}

Test(probabilities, become_logits_that_give_them_back_and_keep_the_largest)
{
    static float before[PIXELS * CLASSES], logits[PIXELS * CLASSES], after[PIXELS * CLASSES];
    for (uint32_t i = 0; i < PIXELS; i++) draw(before + (size_t)i * CLASSES, i);
    memcpy(logits, before, sizeof before);
    sw_probabilities_to_logits(logits, PIXELS, CLASSES);
    memcpy(after, logits, sizeof logits);
    cr_assert_eq(sw_softmax(after, PIXELS, CLASSES), SW_OK, "%s", sw_error_message());
    for (size_t i = 0; i < PIXELS; i++) {
        const float *p = before + i * CLASSES, sum = p[0] + p[1] + p[2];
        cr_assert_eq(largest(logits + i * CLASSES), largest(p), "pixel %zu: %a %a %a", i, (double)p[0],
                     (double)p[1], (double)p[2]);
        for (int c = 0; c < CLASSES; c++)
            cr_assert_float_eq(after[i * CLASSES + (size_t)c], p[c] / sum, 1e-6);
    }
}
