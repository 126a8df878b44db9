/* Results that no cache would hold are written past the caches; here all are, however small. */
#include <criterion/criterion.h>
#include <string.h>

#include "check/check.h"
#include "ops/ops.h"

/* Whether an op's case takes kernels that know how to. */
static bool is_concerned(const sw_check_case *c)
{
    static const char *const joins[] = {"concat", "add", "global_average_pool", "broadcast", "scale"};
    if (c->size > SW_CHECK_QUICK) return false;
    if (strcmp(c->subject, "conv2d") == 0) {
        sw_conv_choice engine = ((const sw_conv2d_attrs *)c->op->attrs)->engine;
        return engine == SW_CONV_WINOGRAD || engine == SW_CONV_WINOGRAD_2X2 || engine == SW_CONV_DIRECT ||
               engine == SW_CONV_GEMM;
    }
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++)
        if (strcmp(c->subject, joins[i]) == 0)
            return c->size == SW_CHECK_TINY; /* copies, alike at every size */
    if (strcmp(c->subject, "conv_transpose2d") == 0)
        return ((const sw_conv_transpose2d_attrs *)c->op->attrs)->engine == SW_CONV_GEMM;
    return strcmp(c->subject, "batchnorm") == 0 || strcmp(c->subject, "bilinear") == 0 ||
           strcmp(c->subject, "depthwise_conv2d") == 0 || strcmp(c->subject, "max_pool") == 0 ||
           strcmp(c->subject, "max_unpool") == 0;
}

Test(past_the_caches, results_are_the_same)
{
    sw_device_info device;
    sw_cl *cl;
    int count = 0;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    device.cache_bytes = 1;
    cr_assert_eq(sw_cl_create(&cl, &device, &(sw_cl_options){.check = true}), SW_OK, "%s",
                 sw_error_message());
    const sw_check_case *c;
    for (size_t i = 0; (c = sw_check_case_at(i)) != NULL; i++) {
        sw_check_result result;
        if (!is_concerned(c)) continue;
        sw_status status = sw_check_run(&result, cl, c);
        cr_expect_eq(status, SW_OK, "%s %s: %s", c->subject, result.text, sw_error_message());
        cr_expect(status != SW_OK || result.passed, "%s %s: %s", c->subject, result.text, result.where);
        count++;
    }
    cr_assert_gt(count, 20);
    sw_cl_destroy(cl);
}
