/* The matrix product, by CLBlast. The only file that includes its header. */
#include "cl/gemm.h"

#include <assert.h>
#include <clblast_c.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/log.h"
#include "base/str.h"
#include "context.h"
#include "gemm_params.h"

/* A product as CLBlast gets it. CLBlast's kernels want their operands in one orientation each and copy those
 * that lie otherwise (workspace and time), so there is a choice: C = A B as it is, row-major, or as the
 * column-major C' = B' A', which is the same bytes. */
typedef struct blas_call {
    CLBlastLayout layout;
    sw_gemm g; /* with A and B swapped where the layout is column-major */
    size_t workspace_bytes;
} blas_call;

static const char *blast_error_name(CLBlastStatusCode code)
{
    switch (code) {
    case CLBlastNotImplemented:
        return "not implemented";
    case CLBlastInvalidMatrixA:
        return "matrix A is no buffer";
    case CLBlastInvalidMatrixB:
        return "matrix B is no buffer";
    case CLBlastInvalidMatrixC:
        return "matrix C is no buffer";
    case CLBlastInvalidDimension:
        return "a dimension is 0";
    case CLBlastInvalidLeadDimA:
        return "the row length of A is too small";
    case CLBlastInvalidLeadDimB:
        return "the row length of B is too small";
    case CLBlastInvalidLeadDimC:
        return "the row length of C is too small";
    case CLBlastInsufficientMemoryA:
        return "matrix A reaches beyond its buffer";
    case CLBlastInsufficientMemoryB:
        return "matrix B reaches beyond its buffer";
    case CLBlastInsufficientMemoryC:
        return "matrix C reaches beyond its buffer";
    case CLBlastInsufficientMemoryTemp:
        return "the workspace is too small";
    case CLBlastInvalidLocalNumDimensions:
    case CLBlastInvalidLocalThreadsTotal:
    case CLBlastInvalidLocalThreadsDim:
    case CLBlastInvalidLocalMemUsage:
        return "the parameters do not suit the device";
    case CLBlastMissingOverrideParameter:
        return "parameters are missing";
    case CLBlastDatabaseError:
        return "CLBlast knows nothing of the device";
    default:
        return code > -1024 ? sw_cl_error_name((cl_int)code) : "an unexpected CLBlast error";
    }
}

static sw_status fail_blast(CLBlastStatusCode code, const char *call, const sw_cl *cl)
{
    bool memory = code == CLBlastTempBufferAllocFailure || code == CLBlastOpenCLOutOfHostMemory;
    return sw_fail(memory ? SW_E_MEMORY : SW_E_DEVICE, "%s failed: %s (%d); GEMM parameters: %s", call,
                   blast_error_name(code), (int)code, cl->gemm_origin);
}

static sw_status apply_params(const sw_cl *cl, sw_gemm_params *params)
{
    for (size_t k = 0; k < SW_GEMM_KERNELS; k++) {
        sw_gemm_kernel_params *p = &params->kernels[k];
        if (p->count == 0) continue;
        CLBlastStatusCode code = CLBlastOverrideParameters(
            cl->device.device, p->kernel, CLBlastPrecisionSingle, p->count, p->names, p->values);
        if (code != CLBlastSuccess)
            return sw_fail_in(fail_blast(code, "CLBlastOverrideParameters", cl), "kernel %s", p->kernel);
    }
    return SW_OK;
}

static uint64_t fingerprint(const sw_gemm_params *params)
{
    uint64_t hash = 0;
    for (size_t k = 0; k < SW_GEMM_KERNELS; k++) {
        const sw_gemm_kernel_params *p = &params->kernels[k];
        for (size_t i = 0; i < p->count; i++) {
            hash = XXH64(p->names[i], strlen(p->names[i]), hash);
            hash = XXH64(&p->values[i], sizeof p->values[i], hash);
        }
    }
    return hash;
}

sw_status sw_gemm_setup(sw_cl *cl, const char *params_file)
{
    sw_gemm_params params = {0};
    sw_status status = SW_OK;
    if (!params_file || !params_file[0]) params_file = getenv("SEGWORK_GEMM_PARAMS");
    bool from_file = params_file && params_file[0];
    const char *class = from_file ? NULL : sw_gemm_params_builtin(&params, &cl->device);
    cl->gemm_origin = from_file ? sw_strf("file %s", params_file)
                      : class   ? sw_strf("built-in (%s)", class)
                                : sw_strf("CLBlast default");
    if (!cl->gemm_origin) return SW_E_MEMORY;
    if (from_file) SW_TRY(sw_gemm_params_read(&params, params_file));
    SW_TRY(apply_params(cl, &params));
    cl->gemm_row_block = sw_gemm_params_row_block(&params);
    cl->gemm_fingerprint = fingerprint(&params);
done:
    return sw_fail_in(status, "GEMM parameters");
}

const char *sw_gemm_params_origin(const sw_cl *cl)
{
    return cl->gemm_origin;
}

uint64_t sw_gemm_params_fingerprint(const sw_cl *cl)
{
    return cl->gemm_fingerprint;
}

void sw_gemm_teardown(void)
{
    CLBlastClearCache(); /* only ever says that it did */
}

static CLBlastTranspose transposed(bool yes)
{
    return yes ? CLBlastTransposeYes : CLBlastTransposeNo;
}

static blas_call as_row_major(const sw_gemm *g)
{
    return (blas_call){.layout = CLBlastLayoutRowMajor, .g = *g};
}

static blas_call as_col_major(const sw_gemm *g)
{
    blas_call call = {.layout = CLBlastLayoutColMajor, .g = *g};
    call.g.transpose_a = g->transpose_b;
    call.g.transpose_b = g->transpose_a;
    call.g.m = g->n;
    call.g.n = g->m;
    call.g.lda = g->ldb;
    call.g.ldb = g->lda;
    call.g.a = g->b;
    call.g.b = g->a;
    call.g.a_offset = g->b_offset;
    call.g.b_offset = g->a_offset;
    return call;
}

/* An aligned offset becomes a sub-buffer when the product runs (see align_operand). */
static size_t remaining_offset(const sw_cl *cl, size_t offset)
{
    return offset * sizeof(float) % cl->device.base_align_bytes == 0 ? 0 : offset;
}

static sw_status measure_workspace(blas_call *call, sw_cl *cl)
{
    const sw_gemm *g = &call->g;
    CLBlastStatusCode code = CLBlastSGemmTempBufferSize(
        call->layout, transposed(g->transpose_a), transposed(g->transpose_b), g->m, g->n, g->k,
        remaining_offset(cl, g->a_offset), g->lda, remaining_offset(cl, g->b_offset), g->ldb,
        remaining_offset(cl, g->c_offset), g->ldc, &cl->queue, &call->workspace_bytes);
    return code == CLBlastSuccess ? SW_OK : fail_blast(code, "CLBlastSGemmTempBufferSize", cl);
}

/* Bytes of memory traffic beyond reading and writing each operand once. Copies of operands are written and
 * read. A kernel that works in blocks of rows reads B again for each block, from memory when B does not fit
 * the cache. */
static double extra_bytes(const blas_call *call, const sw_cl *cl)
{
    double bytes = 2.0 * (double)call->workspace_bytes;
    double b_bytes = (double)call->g.k * (double)call->g.n * sizeof(float);
    if (cl->gemm_row_block && b_bytes > (double)cl->device.cache_bytes / 2.0)
        bytes += b_bytes * (double)((call->g.m - 1) / cl->gemm_row_block);
    return bytes;
}

/* Chooses the layout with less traffic among those whose copies fit; it depends on each of m, n and k. */
static sw_status plan(blas_call *out, sw_cl *cl, const sw_gemm *g, size_t most_bytes)
{
    assert(g->beta == 0.0f || g->beta == 1.0f);
    blas_call row = as_row_major(g), col = as_col_major(g);
    SW_ENSURE(measure_workspace(&row, cl));
    SW_ENSURE(measure_workspace(&col, cl));
    bool row_fits = row.workspace_bytes <= most_bytes, col_fits = col.workspace_bytes <= most_bytes;
    bool row_first = extra_bytes(&row, cl) < extra_bytes(&col, cl);
    *out = (row_first && row_fits) || !col_fits ? row : col;
    return SW_OK;
}

static sw_status describe(sw_status status, const sw_gemm *g)
{
    return sw_fail_in(status, "%s%sgemm %zux%zux%zu", g->node ? g->node : "", g->node ? ": " : "", g->m, g->n,
                      g->k);
}

sw_status sw_gemm_workspace(size_t *bytes, sw_cl *cl, const sw_gemm *g)
{
    blas_call call = {.workspace_bytes = 0};
    sw_status status = plan(&call, cl, g, SIZE_MAX);
    *bytes = call.workspace_bytes;
    return describe(status, g);
}

/* CLBlast copies a matrix that does not start at offset 0, so an aligned offset is turned into a sub-buffer.
 */
static sw_status align_operand(cl_mem *buffer, size_t *offset, cl_mem *owned, const sw_cl *cl)
{
    cl_mem parent = NULL;
    size_t parent_offset = 0, bytes = 0;
    if (*offset == 0 || remaining_offset(cl, *offset) != 0) return SW_OK;
    cl_int code = clGetMemObjectInfo(*buffer, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL);
    if (code == CL_SUCCESS)
        code = clGetMemObjectInfo(*buffer, CL_MEM_OFFSET, sizeof parent_offset, &parent_offset, NULL);
    if (code == CL_SUCCESS) code = clGetMemObjectInfo(*buffer, CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    if (code != CL_SUCCESS) return sw_cl_status(code, "clGetMemObjectInfo", NULL);
    size_t skipped = *offset * sizeof(float);
    if (skipped >= bytes)
        return sw_fail(SW_E_DEVICE, "an offset of %zu bytes into a buffer of %zu", skipped, bytes);
    const cl_buffer_region region = {parent_offset + skipped, bytes - skipped};
    *owned = clCreateSubBuffer(parent ? parent : *buffer, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION,
                               &region, &code);
    if (code != CL_SUCCESS) return sw_cl_status(code, "clCreateSubBuffer", NULL);
    *buffer = *owned;
    *offset = 0;
    return SW_OK;
}

static size_t bytes_of(cl_mem buffer)
{
    size_t bytes = 0;
    if (buffer) clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    return bytes;
}

/* CLBlast gives the event of its last kernel only. A marker before the first kernel marks the beginning. */
static sw_status enqueue(sw_cl *cl, const blas_call *call, cl_mem workspace)
{
    const sw_gemm *g = &call->g;
    sw_status status = SW_OK;
    cl_event from = NULL, to = NULL;
    if (cl->profiling)
        SW_TRY(sw_cl_status(clEnqueueMarkerWithWaitList(cl->queue, 0, NULL, &from),
                            "clEnqueueMarkerWithWaitList", NULL));
    CLBlastStatusCode code = CLBlastSgemmWithTempBuffer(
        call->layout, transposed(g->transpose_a), transposed(g->transpose_b), g->m, g->n, g->k, 1.0f, g->a,
        g->a_offset, g->lda, g->b, g->b_offset, g->ldb, g->beta, g->c, g->c_offset, g->ldc, &cl->queue,
        cl->check || cl->profiling ? &to : NULL, workspace);
    if (code != CLBlastSuccess) SW_TRY(fail_blast(code, "CLBlastSgemm", cl));
    if (cl->check) SW_TRY(sw_cl_status(clWaitForEvents(1, &to), "clWaitForEvents", NULL));
    if (cl->profiling) {
        status = sw_timer_record(cl, g->node, "gemm", 0.0, from, to);
        from = to = NULL; /* the timer has them now, whatever the status */
    }
done:
    if (from) clReleaseEvent(from);
    if (to) clReleaseEvent(to);
    return status;
}

sw_status sw_gemm_run(sw_cl *cl, const sw_gemm *g, cl_mem workspace)
{
    sw_status status = SW_OK;
    cl_mem owned[3] = {NULL, NULL, NULL};
    blas_call call;
    size_t most_bytes = g->workspace_bytes ? g->workspace_bytes : bytes_of(workspace);
    SW_TRY(plan(&call, cl, g, most_bytes));
    if (call.workspace_bytes > most_bytes)
        SW_TRY(sw_fail(SW_E_DEVICE, "it needs a workspace of %zu bytes, it was given %zu",
                       call.workspace_bytes, most_bytes));
    SW_TRY(align_operand(&call.g.a, &call.g.a_offset, &owned[0], cl));
    SW_TRY(align_operand(&call.g.b, &call.g.b_offset, &owned[1], cl));
    SW_TRY(align_operand(&call.g.c, &call.g.c_offset, &owned[2], cl));
    SW_TRY(enqueue(cl, &call, workspace));
done:
    for (int i = 0; i < 3; i++) /* the enqueued kernels hold their own references */
        if (owned[i]) clReleaseMemObject(owned[i]);
    return describe(status, g);
}
