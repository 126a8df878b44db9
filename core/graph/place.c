/* Placing tenants one after the other, each at the lowest offset of the first slab where it fits. Which order
 * is best depends on the network: largest first where the few big activations decide the total and the small
 * ones fill the gaps; where skip connections keep many of them for long, first whatever is alive when most
 * is, by the time from or to which it lives, so that it lies without gaps. Each is tried. */
#include "place.h"

#include <stdlib.h>

enum { WORTH_CHANGING = 100 }; /* another order must save a hundredth */

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
    double rank; /* higher is earlier */
    int tenant;
} ranked;

static int by_rank_then_index(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->rank > y->rank || x->rank < y->rank) return x->rank < y->rank ? 1 : -1;
    return (x->tenant > y->tenant) - (x->tenant < y->tenant);
}

static bool alive_at(const sw_tenant *t, int step)
{
    return t->first_step <= step && step <= t->last_step;
}

typedef enum order { BY_SIZE, PEAK_BY_FIRST_STEP, PEAK_BY_LAST_STEP, ORDERS } order;

static double rank_of(const sw_tenant *t, order by, int peak)
{
    static const double before_others = 1e18; /* more than a tenant has bytes */
    if (by == BY_SIZE || !alive_at(t, peak)) return (double)t->bytes;
    return before_others * (2.0 + (by == PEAK_BY_FIRST_STEP ? -t->first_step : t->last_step) * 1e-9);
}

/* The most bytes that are alive at one step, and that step. */
static size_t most_alive(int *peak, const sw_plan *plan, size_t align)
{
    size_t most = 0;
    *peak = 0;
    for (int s = 0; s < plan->step_count; s++) {
        size_t alive = 0;
        for (int i = 0; i < plan->tenant_count; i++)
            if (alive_at(&plan->tenants[i], s)) alive += align_up(plan->tenants[i].bytes, align);
        if (alive <= most) continue;
        most = alive;
        *peak = s;
    }
    return most;
}

/* Room for as many items as there are tenants. */
typedef struct scratch {
    ranked *order;
    int *placed;
    span *taken;
} scratch;

static sw_status place_in_order(size_t *total_bytes, sw_plan *plan, const sw_plan_options *options, order by,
                                int peak, const scratch *s, size_t align)
{
    const size_t count = (size_t)plan->tenant_count;
    for (size_t i = 0; i < count; i++) s->order[i] = (ranked){rank_of(&plan->tenants[i], by, peak), (int)i};
    qsort(s->order, count, sizeof *s->order, by_rank_then_index);
    plan->slab_count = 0;
    for (size_t i = 0; i < count; i++) {
        s->placed[i] = s->order[i].tenant;
        SW_ENSURE(place_one(plan, &plan->tenants[s->placed[i]], options, s->placed, (int)i, s->taken, align));
    }
    *total_bytes = 0;
    for (int i = 0; i < plan->slab_count; i++) *total_bytes += plan->slab_bytes[i];
    return SW_OK;
}

sw_status sw_place_tenants(sw_plan *plan, const sw_plan_options *options)
{
    sw_status status = SW_OK;
    const size_t align = options->align_bytes ? options->align_bytes : 128;
    const size_t count = (size_t)plan->tenant_count;
    size_t total = 0, least = 0;
    int peak;
    order best = BY_SIZE;
    const scratch s = {malloc((count + 1) * sizeof *s.order), malloc((count + 1) * sizeof *s.placed),
                       malloc((count + 1) * sizeof *s.taken)};
    plan->slab_bytes = calloc(count + 1, sizeof *plan->slab_bytes);
    if (!s.order || !s.placed || !s.taken || !plan->slab_bytes)
        SW_TRY(sw_fail_alloc("the memory plan", count * sizeof *s.taken));
    plan->lower_bound_bytes = most_alive(&peak, plan, align);
    for (order by = BY_SIZE; by < ORDERS; by++) {
        SW_TRY(place_in_order(&total, plan, options, by, peak, &s, align));
        if (by != BY_SIZE && total >= least - least / WORTH_CHANGING) continue;
        least = total;
        best = by;
    }
    SW_TRY(place_in_order(&total, plan, options, best, peak, &s, align));
done:
    free(s.order);
    free(s.placed);
    free(s.taken);
    return status;
}

size_t sw_plan_slab_total_bytes(const sw_plan *plan)
{
    size_t total = 0;
    for (int i = 0; i < plan->slab_count; i++) total += plan->slab_bytes[i];
    return total;
}
