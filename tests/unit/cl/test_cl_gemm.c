/* The matrix product on the device against a double-precision one. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "cl/gemm.h"
#include "device_case.h"

TestSuite(cl_gemm, .init = session_open, .fini = session_close);

#define OK(call) cr_assert_eq(call, SW_OK, "%s", sw_error_message())

/* What stands around C's values; a product must leave it alone. */
static const float CANARY = -77.25f;

/* A product with its matrices on the host. Rows are `pad` longer than need be, and each matrix starts at an
 * offset. */
typedef struct product {
    sw_gemm g;
    float *a, *b, *c, *c_before;
    size_t a_count, b_count, c_count;
} product;

static size_t rows(bool transposed, size_t rows_of_op, size_t columns_of_op)
{
    return transposed ? columns_of_op : rows_of_op;
}

static float *numbers(size_t count, sw_rng *rng, bool whole)
{
    float *values = malloc(count * sizeof *values);
    cr_assert_not_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = whole ? (float)sw_rng_below(rng, 9) - 4.0f : sw_rng_uniform(rng, -1.0f, 1.0f);
    return values;
}

static product make(size_t m, size_t n, size_t k, bool transpose_a, bool transpose_b, float beta, size_t pad,
                    size_t offset, bool whole)
{
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, m * 1000003 + n * 1009 + k);
    product p = {
        .g = {.transpose_a = transpose_a, .transpose_b = transpose_b, .m = m, .n = n, .k = k, .beta = beta}};
    p.g.lda = (transpose_a ? m : k) + pad;
    p.g.ldb = (transpose_b ? k : n) + pad;
    p.g.ldc = n + pad;
    p.g.a_offset = offset;
    p.g.b_offset = 2 * offset;
    p.g.c_offset = 3 * offset;
    p.a_count = p.g.a_offset + rows(transpose_a, m, k) * p.g.lda;
    p.b_count = p.g.b_offset + rows(transpose_b, k, n) * p.g.ldb;
    p.c_count = p.g.c_offset + m * p.g.ldc + offset; /* and a stretch behind its end */
    p.a = numbers(p.a_count, &rng, whole);
    p.b = numbers(p.b_count, &rng, whole);
    p.c = numbers(p.c_count, &rng, whole);
    for (size_t i = 0; i < p.c_count; i++) {
        bool inside =
            i >= p.g.c_offset && (i - p.g.c_offset) % p.g.ldc < n && (i - p.g.c_offset) / p.g.ldc < m;
        if (!inside)
            p.c[i] = CANARY;
        else if (beta == 0.0f)
            p.c[i] = NAN; /* must not be read */
    }
    p.c_before = malloc(p.c_count * sizeof(float));
    cr_assert_not_null(p.c_before);
    memcpy(p.c_before, p.c, p.c_count * sizeof(float));
    return p;
}

static void discard(product *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
    free(p->c_before);
}

static void upload(cl_mem *buffer, const float *values, size_t count)
{
    OK(sw_buffer_create(buffer, session, count * sizeof(float), "a matrix"));
    OK(sw_buffer_write(session, *buffer, 0, values, count * sizeof(float)));
}

/* Runs it; p->c is then what the device computed. */
static void run(product *p)
{
    cl_mem workspace = NULL;
    size_t bytes;
    upload(&p->g.a, p->a, p->a_count);
    upload(&p->g.b, p->b, p->b_count);
    upload(&p->g.c, p->c, p->c_count);
    p->g.node = "a test";
    OK(sw_gemm_workspace(&bytes, session, &p->g));
    if (bytes) {
        OK(sw_buffer_create(&workspace, session, bytes, "workspace"));
        OK(sw_buffer_fill(session, workspace, 0, bytes / 4 * 4,
                          0x7fc00000u)); /* NaN: only what was written may be used */
    }
    OK(sw_gemm_run(session, &p->g, workspace));
    OK(sw_buffer_read(session, p->g.c, 0, p->c, p->c_count * sizeof(float)));
    sw_buffer_release(&p->g.a);
    sw_buffer_release(&p->g.b);
    sw_buffer_release(&p->g.c);
    sw_buffer_release(&workspace);
}

static float element(const float *matrix, size_t offset, size_t ld, bool transposed, size_t row,
                     size_t column)
{
    return transposed ? matrix[offset + column * ld + row] : matrix[offset + row * ld + column];
}

/* Summing k products and C in any order, each operation rounded once with relative error u = FLT_EPSILON / 2,
 * is off by at most about (k + 1) u times the sum of the magnitudes (Higham, Accuracy and Stability, 3.1). No
 * order of summation, blocking or fused multiply-add can break this bound, and a single wrong term does at
 * once. */
static void expect_right(const product *p, bool exact)
{
    const sw_gemm *g = &p->g;
    size_t touched = 0;
    for (size_t i = 0; i < p->c_count; i++) {
        bool inside =
            i >= g->c_offset && (i - g->c_offset) % g->ldc < g->n && (i - g->c_offset) / g->ldc < g->m;
        if (!inside && p->c[i] != CANARY) touched++;
    }
    cr_expect_eq(touched, 0, "%zux%zux%zu: %zu values outside C were changed", g->m, g->n, g->k, touched);
    double worst = -1.0, worst_error = 0.0, worst_bound = 0.0;
    size_t worst_row = 0, worst_column = 0;
    for (size_t row = 0; row < g->m; row++) {
        for (size_t column = 0; column < g->n; column++) {
            size_t at = g->c_offset + row * g->ldc + column;
            double sum = g->beta == 1.0f ? (double)p->c_before[at] : 0.0, magnitude = fabs(sum);
            for (size_t i = 0; i < g->k; i++) {
                double term = (double)element(p->a, g->a_offset, g->lda, g->transpose_a, row, i) *
                              (double)element(p->b, g->b_offset, g->ldb, g->transpose_b, i, column);
                sum += term;
                magnitude += fabs(term);
            }
            double bound = exact ? 0.0 : (double)(g->k + 1) * 0.51 * (double)FLT_EPSILON * magnitude;
            double error = fabs((double)p->c[at] - sum);
            double badness = isnan(error) ? INFINITY : error - bound;
            if (worst < 0.0 || badness > worst_error - worst_bound) {
                worst = badness, worst_error = error, worst_bound = bound, worst_row = row,
                worst_column = column;
            }
        }
    }
    cr_expect(worst_error <= worst_bound,
              "%zux%zux%zu%s%s beta %g ld+%zu offset %zu: C[%zu,%zu] is off by %g, the bound is %g", g->m,
              g->n, g->k, g->transpose_a ? " A^T" : "", g->transpose_b ? " B^T" : "", (double)g->beta,
              g->ldc - g->n, g->a_offset, worst_row, worst_column, worst_error, worst_bound);
}

static void check(size_t m, size_t n, size_t k, int transposes, float beta, size_t pad, size_t offset,
                  bool whole)
{
    product p = make(m, n, k, transposes & 1, transposes & 2, beta, pad, offset, whole);
    run(&p);
    expect_right(&p, whole);
    discard(&p);
}

/* 16 and 64 fit the tiles, the others do not; 3 and 27 are SegNet's thin ends; the last are long sums. */
static const size_t sizes[][3] = {{1, 1, 1},     {7, 1, 31},    {1, 7, 33},    {31, 33, 7},   {33, 31, 1},
                                  {64, 64, 27},  {64, 3, 64},   {27, 64, 64},  {16, 16, 16},  {65, 17, 33},
                                  {128, 64, 64}, {27, 64, 515}, {576, 3, 130}, {17, 64, 4608}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

Test(cl_gemm, small_whole_numbers_multiply_exactly_in_every_transposition_and_beta)
{
    for (size_t i = 0; i < SIZES; i++)
        for (int transposes = 0; transposes < 4; transposes++)
            for (int beta = 0; beta < 2; beta++)
                check(sizes[i][0], sizes[i][1], sizes[i][2], transposes, (float)beta, 0, 0, true);
}

Test(cl_gemm, fractions_multiply_within_the_rounding_bound)
{
    for (size_t i = 0; i < SIZES; i++)
        for (int transposes = 0; transposes < 4; transposes++)
            check(sizes[i][0], sizes[i][1], sizes[i][2], transposes, (float)(transposes & 1), 0, 0, false);
}

Test(cl_gemm, offsets_and_longer_rows_are_honoured_and_nothing_beside_C_is_written)
{
    size_t aligned = sw_cl_device(session)->base_align_bytes / sizeof(float);
    const size_t offsets[] = {0, 5, aligned};
    for (size_t i = 0; i < SIZES; i++)
        for (int transposes = 0; transposes < 4; transposes++)
            for (size_t o = 0; o < 3; o++)
                check(sizes[i][0], sizes[i][1], sizes[i][2], transposes, (float)(i & 1), o == 2 ? 0 : 3,
                      offsets[o], true);
}

Test(cl_gemm, an_aligned_offset_into_a_sub_buffer_counts_from_the_sub_buffer)
{
    size_t align = sw_cl_device(session)->base_align_bytes, step = align / sizeof(float);
    cl_mem slab, part;
    float *host = calloc(3 * step + 3, sizeof(float));
    OK(sw_buffer_create(&slab, session, 4 * align, "slab"));
    OK(sw_buffer_sub(&part, session, slab, align, 3 * align));
    host[step] = 3.0f, host[2 * step] = 5.0f; /* of the part: A at one step, B at two, C at 0 */
    OK(sw_buffer_write(session, part, 0, host, 3 * align));
    sw_gemm g = {.m = 1,
                 .n = 1,
                 .k = 1,
                 .a = part,
                 .b = part,
                 .c = part,
                 .a_offset = step,
                 .b_offset = 2 * step,
                 .lda = 1,
                 .ldb = 1,
                 .ldc = 1};
    cl_mem workspace = NULL;
    size_t bytes;
    OK(sw_gemm_workspace(&bytes, session, &g));
    if (bytes) OK(sw_buffer_create(&workspace, session, bytes, "workspace"));
    OK(sw_gemm_run(session, &g, workspace));
    OK(sw_buffer_read(session, slab, align, host, sizeof(float)));
    cr_expect_eq(host[0], 15.0f);
    sw_buffer_release(&workspace);
    sw_buffer_release(&part);
    sw_buffer_release(&slab);
    free(host);
}

Test(cl_gemm, two_runs_give_the_same_bits)
{
    product first = make(130, 64, 577, true, false, 1.0f, 0, 0, false);
    product second = make(130, 64, 577, true, false, 1.0f, 0, 0, false);
    run(&first);
    run(&second);
    cr_expect_eq(memcmp(first.c, second.c, first.c_count * sizeof(float)), 0);
    discard(&first);
    discard(&second);
}

Test(cl_gemm, matrices_beyond_their_buffers_and_a_missing_workspace_are_refused_by_name)
{
    cl_mem small;
    OK(sw_buffer_create(&small, session, 64 * 64 * sizeof(float), "small"));
    sw_gemm g = {.m = 64,
                 .n = 64,
                 .k = 128,
                 .lda = 128,
                 .ldb = 64,
                 .ldc = 64,
                 .a = small,
                 .b = small,
                 .c = small,
                 .node = "dc1.0"};
    cr_expect_eq(sw_gemm_run(session, &g, NULL), SW_E_DEVICE);
    cr_expect_not_null(strstr(sw_error_message(), "dc1.0: gemm 64x64x128"), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "beyond its buffer"), "%s", sw_error_message());

    g = (sw_gemm){.transpose_a = true,
                  .transpose_b = true,
                  .m = 63,
                  .n = 61,
                  .k = 62,
                  .lda = 63,
                  .ldb = 62,
                  .ldc = 61,
                  .a = small,
                  .b = small,
                  .c = small,
                  .node = "dc1.0"};
    size_t bytes;
    OK(sw_gemm_workspace(&bytes, session, &g));
    if (bytes > 0) { /* some devices' parameters need none */
        cr_expect_eq(sw_gemm_run(session, &g, NULL), SW_E_DEVICE);
        cr_expect_not_null(strstr(sw_error_message(), "it needs a workspace of "), "%s", sw_error_message());
        cl_mem workspace; /* large enough, but most of it is not this product's to write */
        OK(sw_buffer_create(&workspace, session, 1 << 20, "workspace"));
        g.workspace_bytes = sizeof(float);
        cr_expect_eq(sw_gemm_run(session, &g, workspace), SW_E_DEVICE);
        cr_expect_not_null(strstr(sw_error_message(), "it was given 4"), "%s", sw_error_message());
        sw_buffer_release(&workspace);
    }
    sw_buffer_release(&small);
}
