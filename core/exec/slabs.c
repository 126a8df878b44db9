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
} slab_view;

void sw_slabs_init(sw_slabs *slabs, sw_cl *cl)
{
    *slabs = (sw_slabs){.cl = cl};
}

void sw_slabs_deinit(sw_slabs *slabs)
{
    for (int i = 0; i < slabs->view_count; i++) sw_buffer_release(&slabs->views[i].buffer);
    if (slabs->buffers)
        for (int i = 0; i < slabs->count; i++) sw_buffer_release(&slabs->buffers[i]);
    sw_buffer_release(&slabs->workspace);
    free(slabs->views);
    free(slabs->buffers);
    free(slabs->bytes);
    *slabs = (sw_slabs){0};
}

static slab_view *find_view(const sw_slabs *slabs, const sw_tenant *tenant)
{
    for (int i = 0; i < slabs->view_count; i++)
        if (slabs->views[i].slab == tenant->slab && slabs->views[i].offset_bytes == tenant->offset_bytes)
            return &slabs->views[i];
    return NULL;
}

static sw_status add_views(sw_slabs *slabs, const sw_plan *plan)
{
    for (int i = 0; i < plan->tenant_count; i++) {
        const sw_tenant *tenant = &plan->tenants[i];
        slab_view *view = find_view(slabs, tenant);
        if (!view) {
            SW_ENSURE(SW_ARRAY_GROW(slabs->views, slabs->view_count, "the memory slabs"));
            view = &slabs->views[slabs->view_count++];
            *view = (slab_view){.slab = tenant->slab, .offset_bytes = tenant->offset_bytes};
        }
        if (tenant->bytes > view->bytes) view->bytes = tenant->bytes;
    }
    return SW_OK;
}

sw_status sw_slabs_grow(sw_slabs *slabs, const sw_plan *plan, size_t workspace_bytes)
{
    assert(!slabs->buffers);
    while (slabs->count < plan->slab_count) {
        SW_ENSURE(SW_ARRAY_GROW(slabs->bytes, slabs->count, "the memory slabs"));
        slabs->bytes[slabs->count++] = 0;
    }
    for (int i = 0; i < plan->slab_count; i++)
        if (plan->slab_bytes[i] > slabs->bytes[i]) slabs->bytes[i] = plan->slab_bytes[i];
    if (workspace_bytes > slabs->workspace_bytes) slabs->workspace_bytes = workspace_bytes;
    return add_views(slabs, plan);
}

static sw_status make_buffers(sw_slabs *slabs)
{
    for (int i = 0; i < slabs->count; i++)
        SW_ENSURE(sw_buffer_create(&slabs->buffers[i], slabs->cl, slabs->bytes[i], "activations"));
    for (int i = 0; i < slabs->view_count; i++) {
        slab_view *v = &slabs->views[i];
        SW_ENSURE(sw_buffer_sub(&v->buffer, slabs->cl, slabs->buffers[v->slab], v->offset_bytes, v->bytes));
    }
    if (slabs->workspace_bytes)
        SW_ENSURE(sw_buffer_create(&slabs->workspace, slabs->cl, slabs->workspace_bytes, "workspace"));
    return SW_OK;
}

sw_status sw_slabs_allocate(sw_slabs *slabs)
{
    if (slabs->buffers) return SW_OK;
    slabs->buffers = calloc((size_t)slabs->count, sizeof *slabs->buffers);
    if (!slabs->buffers)
        return sw_fail_alloc("the memory slabs", (size_t)slabs->count * sizeof *slabs->buffers);
    return sw_fail_in(make_buffers(slabs),
                      "activations do not fit the device; a smaller train.batch_size, data.size or "
                      "runtime.workspace_mb needs less");
}

cl_mem sw_slabs_view(const sw_slabs *slabs, const sw_tenant *tenant)
{
    return find_view(slabs, tenant)->buffer;
}
