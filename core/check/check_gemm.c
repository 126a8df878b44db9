/* The matrix product without an op around it: transposes, rows longer than needed, offsets, adding to C. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "cl/buffer.h"
#include "cl/gemm.h"
#include "problem.h"

enum { UNSEEN = 0x7fc0a5a5, GUARD_ELEMS = 32 }; /* a NaN outside the matrices; elements behind the last row */

/* One matrix as it is stored: rows of length ld in a buffer with an offset and something behind. */
typedef struct matrix {
    size_t rows, columns, ld, offset, elems; /* elems: of the whole buffer */
    double *values;                          /* whole buffer; NaN outside */
    float *floats;                           /* the same as uploaded */
    cl_mem buffer;
} matrix;

static bool is_inside(const matrix *m, size_t i)
{
    if (i < m->offset) return false;
    size_t row = (i - m->offset) / m->ld, column = (i - m->offset) % m->ld;
    return row < m->rows && column < m->columns;
}

static sw_status init_matrix(matrix *m, sw_problem *p, sw_cl *cl, size_t rows, size_t columns,
                             const sw_gemm_case *c)
{
    *m = (matrix){.rows = rows, .columns = columns, .ld = columns + (c->embedded ? 3 : 0)};
    m->offset = c->embedded ? 5 : 0;
    m->elems = m->offset + m->rows * m->ld + GUARD_ELEMS;
    m->values = sw_problem_doubles(p, m->elems);
    m->floats = sw_arena_alloc(&p->arena, m->elems * sizeof *m->floats);
    if (!m->values || !m->floats) return SW_E_MEMORY;
    sw_fill_run(m->values, m->elems, c->fill, &p->rng);
    const uint32_t unseen = UNSEEN;
    for (size_t i = 0; i < m->elems; i++) {
        m->floats[i] = (float)m->values[i];
        if (!is_inside(m, i)) memcpy(&m->floats[i], &unseen, sizeof unseen);
    }
    return sw_buffer_create(&m->buffer, cl, m->elems * sizeof *m->floats, "a matrix of the self-test");
}

typedef struct gemm_problem {
    const sw_gemm_case *c;
    matrix a, b, product;
    cl_mem workspace;
    size_t workspace_bytes;
} gemm_problem;

/* What the element callback gets besides its place. */
typedef struct gemm_context {
    sw_problem problem; /* first: the callback casts back */
    gemm_problem gemm;
} gemm_context;

static sw_sum product_element(const sw_problem *p, const int *at)
{
    const gemm_problem *g = &((const gemm_context *)p)->gemm;
    const matrix *a = &g->a, *b = &g->b, *c = &g->product;
    size_t row = (size_t)at[0], column = (size_t)at[1];
    return sw_reference_gemm(g->c->transpose_a, g->c->transpose_b, g->c->k, a->values + a->offset, a->ld,
                             b->values + b->offset, b->ld, g->c->beta,
                             c->values[c->offset + row * c->ld + column], row, column);
}

static sw_gemm call_of(const gemm_problem *g)
{
    const sw_gemm_case *c = g->c;
    return (sw_gemm){.transpose_a = c->transpose_a,
                     .transpose_b = c->transpose_b,
                     .m = c->m,
                     .n = c->n,
                     .k = c->k,
                     .a = g->a.buffer,
                     .b = g->b.buffer,
                     .c = g->product.buffer,
                     .a_offset = g->a.offset,
                     .b_offset = g->b.offset,
                     .c_offset = g->product.offset,
                     .lda = g->a.ld,
                     .ldb = g->b.ld,
                     .ldc = g->product.ld,
                     .beta = c->beta,
                     .node = "selftest"};
}

static sw_status init_gemm(gemm_context *x, sw_cl *cl, const sw_gemm_case *c)
{
    gemm_problem *g = &x->gemm;
    g->c = c;
    SW_ENSURE(
        init_matrix(&g->a, &x->problem, cl, c->transpose_a ? c->k : c->m, c->transpose_a ? c->m : c->k, c));
    SW_ENSURE(
        init_matrix(&g->b, &x->problem, cl, c->transpose_b ? c->n : c->k, c->transpose_b ? c->k : c->n, c));
    SW_ENSURE(init_matrix(&g->product, &x->problem, cl, c->m, c->n, c));
    /* with beta 0, C is not to be read */
    for (size_t i = 0; c->beta == 0 && i < g->product.elems; i++) g->product.floats[i] = NAN;
    sw_gemm call = call_of(g);
    SW_ENSURE(sw_gemm_workspace(&g->workspace_bytes, cl, &call));
    if (g->workspace_bytes)
        SW_ENSURE(sw_buffer_create(&g->workspace, cl, g->workspace_bytes, "GEMM workspace"));
    return SW_OK;
}

static sw_status upload(const matrix *m, sw_cl *cl)
{
    return sw_buffer_write(cl, m->buffer, 0, m->floats, m->elems * sizeof *m->floats);
}

/* One product from fresh inputs; the whole buffer of C goes to `out`. */
static sw_status run_once(double *ms, float *out, const gemm_problem *g, sw_cl *cl)
{
    sw_gemm call = call_of(g);
    SW_ENSURE(upload(&g->a, cl));
    SW_ENSURE(upload(&g->b, cl));
    SW_ENSURE(upload(&g->product, cl));
    if (g->workspace) SW_ENSURE(sw_buffer_fill(cl, g->workspace, 0, g->workspace_bytes / 4 * 4, UNSEEN));
    SW_ENSURE(sw_cl_finish(cl));
    double start = sw_clock_ms();
    SW_ENSURE(sw_gemm_run(cl, &call, g->workspace));
    SW_ENSURE(sw_cl_finish(cl));
    *ms = sw_clock_ms() - start;
    return sw_buffer_read(cl, g->product.buffer, 0, out, g->product.elems * sizeof *out);
}

static void compare_outside(sw_check_result *result, const matrix *m, const float *out)
{
    for (size_t i = 0; i < m->elems; i++) {
        if (is_inside(m, i) || memcmp(&out[i], &m->floats[i], sizeof *out) == 0) continue;
        sw_result_flaw(result, "element %zu of C's buffer, outside the matrix, was written", i);
        return;
    }
}

static void compare_inside(sw_check_result *result, gemm_context *x, sw_tensor *t, const float *out)
{
    const matrix *m = &x->gemm.product;
    for (size_t i = 0; i < t->elems; i++)
        t->found[i] = out[m->offset + i / m->columns * m->ld + i % m->columns];
    sw_expect_elements(&x->problem, t, x->gemm.c->k, x->gemm.c->fill == SW_FILL_INTEGERS, product_element);
    sw_result_compare(result, t);
}

static sw_status run_gemm(sw_check_result *out, gemm_context *x, sw_cl *cl)
{
    gemm_problem *g = &x->gemm;
    const int dims[] = {(int)g->c->m, (int)g->c->n};
    sw_tensor t;
    SW_ENSURE(sw_tensor_init(&t, &x->problem, "C", SW_F32, 2, dims, g->c->m * g->c->n));
    size_t bytes = g->product.elems * sizeof(float);
    float *first = sw_arena_alloc(&x->problem.arena, bytes),
          *second = sw_arena_alloc(&x->problem.arena, bytes);
    if (!first || !second) return SW_E_MEMORY;
    SW_ENSURE(run_once(&out->ms, first, g, cl));
    SW_ENSURE(run_once(&out->ms, second, g, cl));
    compare_inside(out, x, &t, first);
    compare_outside(out, &g->product, first);
    if (memcmp(first, second, bytes) != 0)
        sw_result_flaw(out, "a second run on the same inputs gives other bits");
    return SW_OK;
}

sw_status sw_check_gemm(sw_check_result *out, sw_cl *cl, const sw_gemm_case *c)
{
    sw_status status = SW_OK;
    gemm_context x = {.problem = {.rng = sw_rng_at(0, SW_RNG_TEST, c->m * c->n * c->k)}};
    sw_result_begin(out, "%zux%zux%zu %s%s%s%s %s", c->m, c->n, c->k, c->transpose_a ? "A'" : "A",
                    c->transpose_b ? "B'" : "B", c->beta != 0 ? "+C" : "", c->embedded ? " embedded" : "",
                    sw_fill_name(c->fill));
    SW_TRY(init_gemm(&x, cl, c));
    SW_TRY(run_gemm(out, &x, cl));
done:
    sw_buffer_release(&x.gemm.a.buffer);
    sw_buffer_release(&x.gemm.b.buffer);
    sw_buffer_release(&x.gemm.product.buffer);
    sw_buffer_release(&x.gemm.workspace);
    sw_problem_deinit(&x.problem);
    return status;
}
