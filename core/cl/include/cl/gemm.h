/* Single-precision matrix product on the device, by CLBlast. Only gemm.c includes CLBlast's header. */
#ifndef CL_GEMM_H
#define CL_GEMM_H

#include "cl/device.h"

/* C = op(A) op(B) + beta C, all row-major: op(A) is (m,k), op(B) is (k,n), C is (m,n). ld* is the length of
 * a stored row. Offsets and ld in floats. beta is 0 (C is not read, NaNs in it do not spread) or 1. */
typedef struct sw_gemm {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    cl_mem a, b, c;
    size_t a_offset, b_offset, c_offset;
    size_t lda, ldb, ldc;
    float beta;
    size_t workspace_bytes; /* how much of the workspace's beginning may be written; 0: all of it */
    const char *node;       /* for messages; may be NULL */
} sw_gemm;

/* Fast products have no operand transposed, m and n multiples of 16, ld equal to the row's length, and
 * offsets that are multiples of base_align_bytes; otherwise CLBlast first copies the operand (into the
 * workspace). Rows that are a multiple of 4 KiB apart (1024, 2048, 4096 floats) cost a third on CPUs: 4112
 * beats 4096. */

/* Asks how many bytes of device workspace this product needs (0 for most shapes). */
sw_status sw_gemm_workspace(size_t *bytes, sw_cl *cl, const sw_gemm *g) SW_NODISCARD;
/* Enqueues the product. `workspace` may be NULL when it needs none. */
sw_status sw_gemm_run(sw_cl *cl, const sw_gemm *g, cl_mem workspace) SW_NODISCARD;

/* Says where this context's GEMM parameters come from: "built-in (PoCL CPU, 16-wide)", "file PATH" or
 * "CLBlast default". */
const char *sw_gemm_params_origin(const sw_cl *cl);

/* Returns a hash of the parameters' names and values, whatever file they come from. */
uint64_t sw_gemm_params_fingerprint(const sw_cl *cl);

#endif
