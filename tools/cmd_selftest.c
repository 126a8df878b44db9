/* segwork selftest: every kernel and the GEMM against the double-precision reference on this device. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "cl/gemm.h"
#include "options.h"

static char *device_spec, *only_subject;
static int quick, tiny, as_cpu;

static bool is_wanted(const sw_check_case *c)
{
    sw_check_size size = tiny ? SW_CHECK_TINY : quick ? SW_CHECK_QUICK : SW_CHECK_FULL;
    return c->size <= size && (!only_subject || strcmp(c->subject, only_subject) == 0);
}

/* Fails with all names when --op matches none. */
static sw_status check_subject(void)
{
    char names[512] = "";
    size_t used = 0;
    const char *subject;
    for (size_t i = 0; (subject = sw_check_subject_at(i)) != NULL; i++) {
        if (!only_subject || strcmp(subject, only_subject) == 0) return SW_OK;
        if (used >= sizeof names) continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", subject);
    }
    return sw_fail(SW_E_USAGE, "--op '%s' is not known; there are: %s", only_subject, names);
}

static void print_ratio(double worst)
{
    if (isinf(worst))
        printf(" %7s", "FAILED");
    else if (worst == 0)
        printf(" %7s", "exact");
    else
        printf(" %7.4f", worst);
}

/* Prints one line, and a second one for a failure. */
static void print_result(const sw_check_case *c, const sw_check_result *r, sw_status status)
{
    const int named = printf("%-16s ", c->subject); /* a longer name takes room from the case */
    printf("%-*s", 61 - named, r->text);
    if (status != SW_OK) {
        printf(" %7s\n  could not be run: %s\n", "FAILED", sw_error_message());
    } else {
        print_ratio(r->worst);
        printf(" %8.2f\n", r->ms);
        if (!r->passed) printf("  failed: %s\n", r->where);
    }
    fflush(stdout);
}

typedef struct tally {
    int cases, failed;
    double worst; /* of those that passed */
    const sw_check_case *worst_case;
} tally;

static void run_cases(tally *t, sw_cl *cl)
{
    const sw_check_case *c;
    for (size_t i = 0; (c = sw_check_case_at(i)) != NULL; i++) {
        if (!is_wanted(c)) continue;
        sw_check_result result;
        sw_status status = sw_check_run(&result, cl, c);
        print_result(c, &result, status);
        t->cases++;
        if (status != SW_OK || !result.passed) {
            t->failed++;
        } else if (result.worst >= t->worst) {
            t->worst = result.worst;
            t->worst_case = c;
        }
    }
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_device_info device;
    sw_cl *cl = NULL;
    tally t = {0};
    if (argc > 0) return sw_fail(SW_E_USAGE, "selftest takes no arguments, it was given '%s'", argv[0]);
    SW_TRY(check_subject());
    SW_TRY(sw_device_choose(&device, device_spec));
    if (as_cpu) {
        device.type = CL_DEVICE_TYPE_CPU;
        if (device.matrix_unit == SW_MATRIX_NONE) device.matrix_unit = SW_MATRIX_EMULATED;
    }
    SW_TRY(sw_cl_create(&cl, &device, NULL));
    printf("device %d:%d  %.60s\n", device.platform_index, device.device_index, device.name);
    printf("driver %.70s\n", device.driver);
    printf("gemm   %s\n\n", sw_gemm_params_origin(cl));
    printf("%-16s %-44s %7s %8s\n", "what", "case", "error", "ms");
    run_cases(&t, cl);
    printf("\n%d of %d cases passed", t.cases - t.failed, t.cases);
    if (t.worst_case) printf("; largest error %.3f of its bound (%s)", t.worst, t.worst_case->subject);
    printf("\n");
    if (t.failed)
        status = sw_fail(SW_E_DEVICE, "%d of %d cases failed on this device: do not trust what it trains",
                         t.failed, t.cases);
done:
    sw_cl_destroy(cl);
    return status;
}

static const struct poptOption OPTIONS[] = {
    OPTION_DEVICE(device_spec),
    OPTION_FLAG("quick", 'q', quick, "Only small shapes (takes seconds)"),
    OPTION_FLAG("tiny", 't', tiny, "Only tiny shapes, for simulators and kernel checkers"),
    OPTION_FLAG("as-cpu", '\0', as_cpu,
                "Use the kernels for CPUs on any device, and those for a matrix unit"),
    OPTION_TEXT("op", 'o', only_subject, "OP",
                "Only this op, or gemm, optimizer, gradients, averages, metrics"),
    POPT_TABLEEND};

const sw_command sw_cmd_selftest = {
    .name = "selftest",
    .arguments = "",
    .summary = "Check every kernel of this device against a reference",
    .details = "Each line is one op at one shape, forward and backward. The result is compared,\n"
               "element by element, with a plain computation in double precision. The shape is\n"
               "images x height x width x channels; then comes what the inputs contain,\n"
               "and 'bf16' where activations are kept as bfloat16.\n\n"
               "error  the largest error, as a share of the most that single precision can cause\n"
               "       there: up to 1 is right. 'exact' means equal to the last bit, as small\n"
               "       integers and ops that only move numbers must be\n"
               "ms     one forward and backward pass\n\n"
               "Also checks that a second run gives the same bits, that nothing is written out\n"
               "of bounds, that gradients accumulate where they must, and that recomputing and\n"
               "working in place change no bit. If a case fails, a second line says where.\n\n"
               "Examples:\n"
               "  segwork selftest --quick\n"
               "  segwork selftest --device nvidia --op conv2d",
    .options = OPTIONS,
    .run = run,
};
