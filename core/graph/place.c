/* Placing tenants: largest first, each at the lowest offset of the first slab where it fits.
 * Largest first because the few big activations decide the total; the small ones then fill the gaps. */
#include "place.h"

#include <stdlib.h>

typedef struct span {
    size_t begin, end;
} span;

static size_t align_up(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

static int by_begin(const void *a, const void *b)
{
    size_t x = ((const span *)a)->begin, y = ((const span *)b)->begin;
    return (x > y) - (x < y);
}

static bool alive_together(const sw_tenant *a, const sw_tenant *b)
{
    return a->first_step <= b->last_step && b->first_step <= a->last_step;
}

/* Bytes that a tenant keeps free from its offset on. */
static size_t room(size_t bytes, size_t align)
{
    return align_up(bytes >= SW_PLAN_LARGE_BYTES ? bytes + SW_PLAN_GAP_BYTES : bytes, align);
}

/* The lowest offset in `slab` where t overlaps no placed tenant that is alive with it. `placed` holds tenant
 * indices; `taken` is scratch for as many spans. */
static size_t lowest_offset(const sw_plan *plan, const sw_tenant *t, int slab, const int *placed,
                            int placed_count, span *taken, size_t align)
{
    int count = 0;
    for (int i = 0; i < placed_count; i++) {
        const sw_tenant *other = &plan->tenants[placed[i]];
        if (other->slab == slab && alive_together(t, other))
            taken[count++] = (span){other->offset_bytes, other->offset_bytes + room(other->bytes, align)};
    }
    qsort(taken, (size_t)count, sizeof *taken, by_begin);
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        if (taken[i].begin >= offset + room(t->bytes, align)) break;
        if (taken[i].end > offset) offset = taken[i].end;
    }
    return offset;
}

static sw_status place_one(sw_plan *plan, sw_tenant *t, const sw_plan_options *options, const int *placed,
                           int placed_count, span *taken, size_t align)
{
    size_t limit = options->max_slab_bytes ? options->max_slab_bytes : (size_t)-1;
    if (align_up(t->bytes, align) > limit)
        return sw_fail(
            SW_E_MEMORY,
            "one activation of %.2f GiB exceeds the device's largest allocation (%.2f GiB): use a smaller "
            "batch (train.batch_size) or image (data.size)",
            (double)t->bytes / 1073741824.0, (double)limit / 1073741824.0);
    for (int slab = options->separate ? plan->slab_count : 0;; slab++) {
        if (slab == plan->slab_count) plan->slab_bytes[plan->slab_count++] = 0;
        size_t offset = lowest_offset(plan, t, slab, placed, placed_count, taken, align);
        size_t end = offset + align_up(t->bytes, align);
        if (end > limit) continue; /* an empty slab always has room */
        if (end > plan->slab_bytes[slab]) plan->slab_bytes[slab] = end;
        t->slab = slab;
        t->offset_bytes = offset;
        return SW_OK;
    }
}

typedef struct ranked {
    size_t bytes;
    int tenant;
} ranked;

static int by_size_then_index(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return (x->tenant > y->tenant) - (x->tenant < y->tenant);
}

static size_t most_alive(const sw_plan *plan, size_t align)
{
    size_t most = 0;
    for (int s = 0; s < plan->step_count; s++) {
        size_t alive = 0;
        for (int i = 0; i < plan->tenant_count; i++)
            if (plan->tenants[i].first_step <= s && s <= plan->tenants[i].last_step)
                alive += align_up(plan->tenants[i].bytes, align);
        if (alive > most) most = alive;
    }
    return most;
}

sw_status sw_place_tenants(sw_plan *plan, const sw_plan_options *options)
{
    sw_status status = SW_OK;
    size_t align = options->align_bytes ? options->align_bytes : 128;
    size_t count = (size_t)plan->tenant_count;
    ranked *order = malloc((count + 1) * sizeof *order);
    int *placed = malloc((count + 1) * sizeof *placed);
    span *taken = malloc((count + 1) * sizeof *taken);
    plan->slab_bytes = calloc(count + 1, sizeof *plan->slab_bytes);
    if (!order || !placed || !taken || !plan->slab_bytes)
        SW_TRY(sw_fail_alloc("the memory plan", count * sizeof *taken));
    for (size_t i = 0; i < count; i++) order[i] = (ranked){plan->tenants[i].bytes, (int)i};
    qsort(order, count, sizeof *order, by_size_then_index);
    for (size_t i = 0; i < count; i++) {
        placed[i] = order[i].tenant;
        SW_TRY(place_one(plan, &plan->tenants[placed[i]], options, placed, (int)i, taken, align));
    }
    plan->lower_bound_bytes = most_alive(plan, align);
done:
    free(order);
    free(placed);
    free(taken);
    return status;
}
