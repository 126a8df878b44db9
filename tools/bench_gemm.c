/* bench_gemm: times this device's matrix product at the sizes that convolutions need. For those who tune or
 * replace the GEMM; not installed. */
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cl/buffer.h"
#include "cl/gemm.h"
#include "cl/profile.h"

/* One product of a 3x3 convolution with `in` and `out` channels over a band of pixels. */
typedef struct product {
    bool weight_gradient;
    size_t pixels, in, out;
} product;

static char *device_spec;
static char *params_file;
static int pixels = 8192;
static int no_peak, few;

static double total_flop, total_s; /* of all products measured */

static const struct poptOption OPTIONS[] = {
    {"device", 'd', POPT_ARG_STRING, &device_spec, 0, "the OpenCL device, as 'segwork devices' lists it",
     "SPEC"},
    {"params", 'p', POPT_ARG_STRING, &params_file, 0, "GEMM parameters as written by tools/tune_gemm",
     "FILE"},
    {"pixels", 'n', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &pixels, 0, "pixels of a band", "N"},
    {"few", '\0', POPT_ARG_NONE, &few, 0, "only four products, of the widths that matter most", NULL},
    {"no-peak", '\0', POPT_ARG_NONE, &no_peak, 0, "do not measure the device's peak first", NULL},
    POPT_AUTOHELP POPT_TABLEEND};

/* The value of every element: a power of two, so that sums are exact in any order. */
static const float VALUE = 0.5f;

static sw_status filled_buffer(cl_mem *out, sw_cl *cl, size_t floats)
{
    uint32_t bits;
    memcpy(&bits, &VALUE, sizeof bits);
    sw_status status = sw_buffer_create(out, cl, floats * sizeof(float), "a matrix");
    return status == SW_OK ? sw_buffer_fill(cl, *out, 0, floats * sizeof(float), bits) : status;
}

/* After one product every element of C must be the same number: a fast but wrong product does not count. */
static sw_status check_product(sw_cl *cl, const sw_gemm *g)
{
    sw_status status = SW_OK;
    size_t count = g->m * g->n;
    float want = VALUE * VALUE * (float)g->k + g->beta * VALUE;
    float *c = malloc(count * sizeof *c);
    if (!c) return sw_fail_alloc("a matrix", count * sizeof *c);
    SW_TRY(sw_buffer_read(cl, g->c, 0, c, count * sizeof *c));
    for (size_t i = 0; i < count; i++) {
        if (c[i] == want) continue;
        status = sw_fail(
            SW_E_NUMERIC, "gemm %zux%zux%zu: C[%zu,%zu] is %g, it should be %g; wrong GEMM parameters (%s)",
            g->m, g->n, g->k, i / g->n, i % g->n, (double)c[i], (double)want, sw_gemm_params_origin(cl));
        goto done;
    }
done:
    free(c);
    return status;
}

/* Measures the best time of one run, in seconds, without the first run, which may build kernels. */
static sw_status best_time(double *out, sw_cl *cl, const sw_gemm *g, cl_mem workspace)
{
    enum { MAX_RUNS = 50 };
    const double enough_s = 0.3;
    double spent = 0.0;
    SW_ENSURE(sw_gemm_run(cl, g, workspace));
    SW_ENSURE(check_product(cl, g));
    for (int run = 0; run < MAX_RUNS && (run < 3 || spent < enough_s); run++) {
        double start = sw_clock_s();
        SW_ENSURE(sw_gemm_run(cl, g, workspace));
        SW_ENSURE(sw_cl_finish(cl));
        double took = sw_clock_s() - start;
        spent += took;
        if (run == 0 || took < *out) *out = took;
    }
    return SW_OK;
}

/* A weight gradient is (taps, out) += columns^T (pixels, taps)^T  dy (pixels, out), all else
 * y (pixels, out) = columns (pixels, taps)  w (taps, out). */
static sw_gemm describe(const product *p)
{
    bool gradient = p->weight_gradient;
    size_t taps = 9 * p->in;
    return (sw_gemm){.transpose_a = gradient,
                     .m = gradient ? taps : p->pixels,
                     .n = p->out,
                     .k = gradient ? p->pixels : taps,
                     .lda = taps,
                     .ldb = p->out,
                     .ldc = p->out,
                     .beta = gradient ? 1.0f : 0.0f};
}

static sw_status measure(sw_cl *cl, const product *p, double peak_gflops)
{
    sw_status status = SW_OK;
    cl_mem workspace = NULL;
    size_t workspace_bytes;
    double seconds = 0.0;
    sw_gemm g = describe(p);
    SW_TRY(filled_buffer(&g.a, cl, g.m * g.k));
    SW_TRY(filled_buffer(&g.b, cl, g.k * g.n));
    SW_TRY(filled_buffer(&g.c, cl, g.m * g.n));
    SW_TRY(sw_gemm_workspace(&workspace_bytes, cl, &g));
    if (workspace_bytes) SW_TRY(sw_buffer_create(&workspace, cl, workspace_bytes, "the workspace"));
    SW_TRY(best_time(&seconds, cl, &g, workspace));
    double flop = 2.0 * (double)g.m * (double)g.n * (double)g.k, gflops = flop / seconds * 1e-9;
    total_flop += flop;
    total_s += seconds;
    printf("%-8s %4zu -> %-4zu %6zu x %4zu x %-6zu %9.3f %8.1f", p->weight_gradient ? "weights" : "forward",
           p->in, p->out, g.m, g.n, g.k, seconds * 1e3, gflops);
    if (peak_gflops > 0.0) printf(" %5.1f %%", 100.0 * gflops / peak_gflops);
    printf(" %8.1f\n", (double)workspace_bytes / (1024.0 * 1024.0));
    fflush(stdout);
done:
    sw_buffer_release(&g.a);
    sw_buffer_release(&g.b);
    sw_buffer_release(&g.c);
    sw_buffer_release(&workspace);
    return status;
}

static sw_status measure_all(sw_cl *cl, double peak_gflops)
{
    /* the distinct (in, out) of the article's SegNet; the first two are the few */
    static const size_t channels[][2] = {{64, 64},   {256, 256}, {3, 64},    {64, 3},
                                         {64, 128},  {128, 64},  {128, 128}, {128, 256},
                                         {256, 128}, {256, 512}, {512, 256}, {512, 512}};
    size_t count = few ? 2 : sizeof channels / sizeof channels[0];
    printf("%-8s %-12s %22s %12s %8s%s %8s\n", "product", "channels", "m x n x k   ", "ms", "GFLOP/s",
           peak_gflops > 0.0 ? "    peak" : "", "work MiB");
    for (int gradient = 0; gradient < 2; gradient++) {
        for (size_t i = 0; i < count; i++) {
            const product p = {gradient != 0, (size_t)pixels, channels[i][0], channels[i][1]};
            SW_ENSURE(measure(cl, &p, peak_gflops));
        }
    }
    printf("all together %43.3f %8.1f\n", total_s * 1e3, total_flop / total_s * 1e-9);
    return SW_OK;
}

static sw_status bench(void)
{
    sw_status status = SW_OK;
    sw_device_info device;
    sw_cl *cl = NULL;
    double gflops = 0.0, gbytes_per_s = 0.0;
    SW_TRY(sw_device_choose(&device, device_spec));
    SW_TRY(sw_cl_create(&cl, &device, &(sw_cl_options){.gemm_params_file = params_file}));
    printf("%s; GEMM parameters: %s\n", device.name, sw_gemm_params_origin(cl));
    if (!no_peak) {
        SW_TRY(sw_profile_peak(&gflops, &gbytes_per_s, cl));
        printf("peak: %.0f GFLOP/s, copy %.1f GB/s\n", gflops, gbytes_per_s);
    }
    SW_TRY(measure_all(cl, gflops));
done:
    sw_cl_destroy(cl);
    return status;
}

int main(int argc, const char **argv)
{
    poptContext context = poptGetContext("bench_gemm", argc, argv, OPTIONS, 0);
    int code = poptGetNextOpt(context);
    sw_status status = SW_OK;
    if (code < -1)
        status =
            sw_fail(SW_E_USAGE, "%s: %s", poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(code));
    else if (pixels < 1)
        status = sw_fail(SW_E_USAGE, "--pixels must be at least 1");
    else
        status = bench();
    if (status != SW_OK) fprintf(stderr, "bench_gemm: %s\n", sw_error_message());
    poptFreeContext(context);
    free(device_spec);
    free(params_file);
    return sw_exit_code(status);
}
