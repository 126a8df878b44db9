/* Sums that are dealt out to work-items (ops/chunks.h), as CPUs and as GPUs have them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "ops/chunks.h"

static const cl_device_type types[] = {CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_GPU};

/* The chosen device, which is believed to be of that type. */
static sw_cl *open_as(cl_device_type type)
{
    sw_device_info device;
    sw_cl *cl;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    device.type = type;
    cr_assert_eq(sw_cl_create(&cl, &device, &(sw_cl_options){.check = true}), SW_OK, "%s",
                 sw_error_message());
    return cl;
}

static void expect_each_once(const sw_chunks *c)
{
    int *seen = calloc((size_t)c->vectors, sizeof *seen);
    for (int item = 0; item < c->items; item++)
        for (int r = 0; r < c->rounds; r++) {
            const int vector = item * c->item_stride + r * c->round_stride;
            if (vector < c->vectors) seen[vector]++;
        }
    for (int i = 0; i < c->vectors; i++)
        cr_assert_eq(seen[i], 1, "vector %d of %d is summed %d times", i, c->vectors, seen[i]);
    free(seen);
}

Test(dealt_sums, every_vector_has_one_place_and_neighbours_are_where_the_device_wants_them)
{
    static const int vectors[] = {1, 2, 15, 16, 17, 64, 1000, 1009, 65536, 119336};
    for (int t = 0; t < 2; t++) {
        sw_cl *cl = open_as(types[t]);
        for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++)
            for (int most = 1; most <= 4096; most *= 8) {
                const sw_chunks c = sw_chunks_deal(cl, vectors[v], 16, most);
                cr_expect_eq(c.vectors, vectors[v]);
                cr_expect(c.items >= 1 && c.items <= most, "%d items", c.items);
                cr_expect_eq(types[t] == CL_DEVICE_TYPE_CPU ? c.round_stride : c.item_stride, 1);
                expect_each_once(&c);
            }
        sw_cl_destroy(cl);
    }
}

Test(dealt_sums, as_a_gpu_deals_them_they_agree_with_the_reference)
{
    static const char subjects[] = " gradients metrics cross_entropy dice ";
    sw_cl *cl = open_as(CL_DEVICE_TYPE_GPU);
    const sw_check_case *c;
    int count = 0;
    for (size_t i = 0; (c = sw_check_case_at(i)) != NULL; i++) {
        char word[64];
        sw_check_result result;
        snprintf(word, sizeof word, " %s ", c->subject);
        if (!strstr(subjects, word) || c->size > SW_CHECK_QUICK) continue;
        cr_expect_eq(sw_check_run(&result, cl, c), SW_OK, "%s %s: %s", c->subject, result.text,
                     sw_error_message());
        cr_expect(result.passed, "%s %s: %s (%.3g of its bound)", c->subject, result.text, result.where,
                  result.worst);
        count++;
    }
    cr_expect_gt(count, 20);
    sw_cl_destroy(cl);
}
