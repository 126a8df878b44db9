#include "slabs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "cl/buffer.h"

/* A part of a slab. Tenants that begin at the same place, of one plan or of several, share one, as large as
 * the largest of them: NVIDIA's driver (580) crashes when one of two sub-buffers with the same beginning is
 * released. */
typedef struct sw_slabs_view {
    int slab;
    size_t offset_bytes, bytes;
    cl_mem buffer;
} pool_view;

void sw_slabs_init(sw_slabs *pool, sw_cl *cl)
{
    *pool = (sw_slabs){.cl = cl};
}

void sw_slabs_deinit(sw_slabs *pool)
{
    for (int i = 0; i < pool->view_count; i++) sw_buffer_release(&pool->views[i].buffer);
    if (pool->slabs)
        for (int i = 0; i < pool->slab_count; i++) sw_buffer_release(&pool->slabs[i]);
    sw_buffer_release(&pool->workspace);
    free(pool->views);
    free(pool->slabs);
    free(pool->slab_bytes);
    *pool = (sw_slabs){0};
}

static pool_view *find_view(const sw_slabs *pool, const sw_tenant *tenant)
{
    for (int i = 0; i < pool->view_count; i++)
        if (pool->views[i].slab == tenant->slab && pool->views[i].offset_bytes == tenant->offset_bytes)
            return &pool->views[i];
    return NULL;
}

static sw_status add_views(sw_slabs *pool, const sw_plan *plan)
{
    for (int i = 0; i < plan->tenant_count; i++) {
        const sw_tenant *tenant = &plan->tenants[i];
        pool_view *view = find_view(pool, tenant);
        if (!view) {
            sw_status status = SW_ARRAY_GROW(pool->views, pool->view_count, "the memory pool");
            if (status != SW_OK) return status;
            view = &pool->views[pool->view_count++];
            *view = (pool_view){.slab = tenant->slab, .offset_bytes = tenant->offset_bytes};
        }
        if (tenant->bytes > view->bytes) view->bytes = tenant->bytes;
    }
    return SW_OK;
}

sw_status sw_slabs_grow(sw_slabs *pool, const sw_plan *plan, size_t workspace_bytes)
{
    assert(!pool->slabs);
    while (pool->slab_count < plan->slab_count) {
        sw_status status = SW_ARRAY_GROW(pool->slab_bytes, pool->slab_count, "the memory pool");
        if (status != SW_OK) return status;
        pool->slab_bytes[pool->slab_count++] = 0;
    }
    for (int i = 0; i < plan->slab_count; i++)
        if (plan->slab_bytes[i] > pool->slab_bytes[i]) pool->slab_bytes[i] = plan->slab_bytes[i];
    if (workspace_bytes > pool->workspace_bytes) pool->workspace_bytes = workspace_bytes;
    return add_views(pool, plan);
}

static sw_status make_buffers(sw_slabs *pool)
{
    sw_status status = SW_OK;
    for (int i = 0; i < pool->slab_count; i++)
        SW_TRY(sw_buffer_create(&pool->slabs[i], pool->cl, pool->slab_bytes[i], "activations"));
    for (int i = 0; i < pool->view_count; i++) {
        pool_view *v = &pool->views[i];
        SW_TRY(sw_buffer_sub(&v->buffer, pool->cl, pool->slabs[v->slab], v->offset_bytes, v->bytes));
    }
    if (pool->workspace_bytes)
        SW_TRY(sw_buffer_create(&pool->workspace, pool->cl, pool->workspace_bytes, "workspace"));
done:
    return status;
}

sw_status sw_slabs_allocate(sw_slabs *pool)
{
    if (pool->slabs) return SW_OK;
    pool->slabs = calloc((size_t)pool->slab_count, sizeof *pool->slabs);
    if (!pool->slabs) return sw_fail_alloc("the memory pool", (size_t)pool->slab_count * sizeof *pool->slabs);
    return sw_fail_in(make_buffers(pool),
                      "activations do not fit the device; a smaller train.batch_size, data.size or "
                      "runtime.workspace_mb needs less");
}

cl_mem sw_slabs_view(const sw_slabs *pool, const sw_tenant *tenant)
{
    return find_view(pool, tenant)->buffer;
}
