/* GEMM parameters from a file: what is accepted, and what is refused with words. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cl/buffer.h"
#include "cl/gemm.h"
#include "scratch.h"

TestSuite(cl_gemm_params, .init = scratch_create, .fini = scratch_remove);

#define XGEMM_START                                                                                          \
    "{\"kernels\": {\"Xgemm\": {\"KREG\": 1, \"KWG\": 16, \"KWI\": 2, \"MDIMA\": 8, \"MDIMC\": 8, "
#define XGEMM_END                                                                                            \
    "\"NDIMB\": 8, \"NDIMC\": 8, \"SA\": 0, \"SB\": 0, \"STRM\": 0, \"STRN\": 0, \"VWM\": 1, \"VWN\": 1}}}"
#define XGEMM XGEMM_START "\"GEMMK\": 0, \"MWG\": 32, \"NWG\": 16, " XGEMM_END

static sw_status open_with(sw_cl **cl, const char *file)
{
    sw_device_info device;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    return sw_cl_create(cl, &device, &(sw_cl_options){.gemm_params_file = file});
}

static void expect_refusal(const char *text, const char *words)
{
    sw_cl *cl;
    const char *path = scratch_write("params.json", text);
    cr_expect_eq(open_with(&cl, path), SW_E_CONFIG, "%s", text);
    cr_expect_null(cl);
    cr_expect_not_null(strstr(sw_error_message(), path), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), words), "expected '%s' in: %s", words, sw_error_message());
}

Test(cl_gemm_params, files_that_are_no_parameters_are_refused_with_the_reason)
{
    expect_refusal("{\n\"kernels\": {,}}", "params.json:2: not valid JSON");
    expect_refusal("", "not valid JSON");
    expect_refusal(XGEMM "x", "not valid JSON");
    expect_refusal("[]", "an object \"kernels\"");
    expect_refusal("{\"kernels\": {}}", "an object \"kernels\"");
    expect_refusal("{\"kernels\": {\"Xgem\": {}}}", "unknown kernel 'Xgem' (known: Xgemm, XgemmDirect, ");
    expect_refusal("{\"kernels\": {\"Xgemm\": 3}}", "kernel Xgemm: an object of numbers");
    expect_refusal(
        "{\"kernels\": {\"Copy\": {\"COPY_DIM\": 8}}}",
        "kernel Copy has no parameter 'COPY_DIM' (it has COPY_DIMX, COPY_DIMY, COPY_VW, COPY_WPT)");
    expect_refusal("{\"kernels\": {\"Copy\": {\"COPY_DIMX\": 8}}}",
                   "kernel Copy: parameter COPY_DIMY is missing");
    expect_refusal("{\"kernels\": {\"Copy\": {\"COPY_DIMX\": 8, \"COPY_DIMX\": 8}}}",
                   "COPY_DIMX is given twice");
    expect_refusal("{\"kernels\": {\"Copy\": {\"COPY_DIMX\": \"8\"}}}", "COPY_DIMX must be a whole number");
    expect_refusal("{\"kernels\": {\"Copy\": {\"COPY_DIMX\": 1.5}}}", "COPY_DIMX must be a whole number");
    expect_refusal("{\"kernels\": {\"Copy\": {\"COPY_DIMX\": -1}}}", "COPY_DIMX must be a whole number");
    expect_refusal("{\"kernels\": {\"Copy\": {\"COPY_DIMX\": 1e9}}}", "COPY_DIMX must be a whole number");
    expect_refusal(XGEMM_START "\"GEMMK\": 1, \"MWG\": 32, \"NWG\": 16, " XGEMM_END,
                   "MWG and NWG must be equal");
}

Test(cl_gemm_params, a_file_that_is_not_there_is_named)
{
    sw_cl *cl;
    cr_expect_eq(open_with(&cl, "/nonexistent/params.json"), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "/nonexistent/params.json"), "%s", sw_error_message());
}

/* (2,3) times (3,2) of small whole numbers */
static void expect_product(sw_cl *cl)
{
    static const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, 2, 1, 0, 3}, want[4] = {5, 11, 14, 23};
    sw_gemm g = {.m = 2, .n = 2, .k = 3, .lda = 3, .ldb = 2, .ldc = 2};
    cl_mem workspace = NULL;
    size_t bytes;
    float got[4];
    cr_assert_eq(sw_buffer_create(&g.a, cl, sizeof a, "a"), SW_OK);
    cr_assert_eq(sw_buffer_create(&g.b, cl, sizeof b, "b"), SW_OK);
    cr_assert_eq(sw_buffer_create(&g.c, cl, sizeof got, "c"), SW_OK);
    cr_assert_eq(sw_buffer_write(cl, g.a, 0, a, sizeof a), SW_OK);
    cr_assert_eq(sw_buffer_write(cl, g.b, 0, b, sizeof b), SW_OK);
    cr_assert_eq(sw_gemm_workspace(&bytes, cl, &g), SW_OK, "%s", sw_error_message());
    if (bytes) cr_assert_eq(sw_buffer_create(&workspace, cl, bytes, "workspace"), SW_OK);
    cr_expect_eq(sw_gemm_run(cl, &g, workspace), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_buffer_read(cl, g.c, 0, got, sizeof got), SW_OK);
    cr_expect_arr_eq(got, want, sizeof got);
    sw_buffer_release(&g.a);
    sw_buffer_release(&g.b);
    sw_buffer_release(&g.c);
    sw_buffer_release(&workspace);
}

static uint64_t fingerprint_of(const char *file)
{
    sw_cl *cl;
    cr_assert_eq(open_with(&cl, file), SW_OK, "%s", sw_error_message());
    uint64_t fingerprint = sw_gemm_params_fingerprint(cl);
    sw_cl_destroy(cl);
    return fingerprint;
}

Test(cl_gemm_params, other_values_in_the_same_file_have_another_fingerprint)
{
    uint64_t before = fingerprint_of(scratch_write("mine.json", XGEMM));
    cr_expect_eq(fingerprint_of(scratch_write("copy.json", XGEMM)), before);
    const char *changed = XGEMM_START "\"GEMMK\": 0, \"MWG\": 16, \"NWG\": 16, " XGEMM_END;
    cr_expect_neq(fingerprint_of(scratch_write("mine.json", changed)), before);
}

Test(cl_gemm_params, parameters_come_from_the_option_else_the_environment_else_the_table)
{
    sw_cl *cl;
    const char *file = scratch_write("mine.json", XGEMM);
    char *origin = sw_strf("file %s", file);
    cr_assert_eq(open_with(&cl, file), SW_OK, "%s", sw_error_message());
    cr_expect_str_eq(sw_gemm_params_origin(cl), origin);
    expect_product(cl);
    sw_cl_destroy(cl);

    setenv("SEGWORK_GEMM_PARAMS", file, 1);
    cr_assert_eq(open_with(&cl, NULL), SW_OK, "%s", sw_error_message());
    cr_expect_str_eq(sw_gemm_params_origin(cl), origin);
    sw_cl_destroy(cl);
    unsetenv("SEGWORK_GEMM_PARAMS");

    cr_assert_eq(open_with(&cl, NULL), SW_OK, "%s", sw_error_message());
    cr_expect_neq(strncmp(sw_gemm_params_origin(cl), "file", 4), 0, "%s", sw_gemm_params_origin(cl));
    expect_product(cl);
    sw_cl_destroy(cl);
    free(origin);
}
