#include "exec/buckets.h"

#include <stdlib.h>

#include "cl/buffer.h"

enum {
    BUCKET_BYTES = 4 << 20, /* long beside what an exchange costs apart from its bytes, short beside a step */
    MESSAGE_BYTES = 256 << 10, /* the same of the part that goes to one process */
};

/* Returns the step of the plan after which a parameter's gradient is finished: the one behind the last
 * backward step of its node. */
static int finished_after(const sw_plan *plan, const sw_graph *graph, int param)
{
    int end = plan->first_backward; /* also of one that no step computes, since it is frozen */
    for (int s = plan->first_backward; s < plan->step_count; s++) {
        const sw_node *node = &graph->nodes[plan->steps[s].node];
        if (plan->steps[s].kind != SW_STEP_BACKWARD) continue;
        for (int i = 0; i < node->param_count; i++)
            if (node->params[i] == param) end = s + 1;
    }
    return end;
}

size_t sw_buckets_bytes(int ranks)
{
    const size_t least = (size_t)ranks * MESSAGE_BYTES;
    return least > BUCKET_BYTES ? least : BUCKET_BYTES;
}

sw_bucket sw_buckets_begin(const sw_plan *plan, const sw_graph *graph)
{
    return (sw_bucket){.first = graph->param_elems, .end_step = plan->first_backward};
}

bool sw_buckets_next(sw_bucket *bucket, const sw_plan *plan, const sw_graph *graph, size_t bytes)
{
    const size_t end = bucket->first;
    for (int p = graph->param_count - 1; p >= 0; p--) {
        const size_t first = p ? graph->params[p].offset_elems : 0;
        if (first >= end) continue; /* of a bucket before */
        const int finished = finished_after(plan, graph, p);
        if (finished > bucket->end_step) bucket->end_step = finished;
        bucket->first = first;
        bucket->count = end - first;
        if (bucket->count * sizeof(float) >= bytes) break;
    }
    return end > 0;
}

sw_status sw_buckets_init(sw_buckets *b, sw_executor *executor, const sw_graph *graph, sw_store *store,
                          sw_comm *comm, size_t bytes)
{
    const sw_plan *plan = sw_executor_plan(executor);
    const size_t most = (size_t)graph->param_count * sizeof *b->buckets;
    const size_t host_bytes = graph->param_elems * sizeof *b->host;
    *b = (sw_buckets){.executor = executor, .store = store, .comm = comm};
    b->buckets = malloc(most);
    b->host = malloc(host_bytes);
    if (!b->buckets || !b->host) {
        sw_buckets_deinit(b);
        return sw_fail_alloc("gradients of the other processes", most + host_bytes);
    }
    sw_bucket bucket = sw_buckets_begin(plan, graph);
    while (sw_buckets_next(&bucket, plan, graph, bytes)) b->buckets[b->count++] = bucket;
    return SW_OK;
}

void sw_buckets_deinit(sw_buckets *b)
{
    for (int i = 0; i < b->count; i++) sw_buffer_settle(&b->buckets[i].transfer);
    free(b->buckets);
    free(b->host);
    *b = (sw_buckets){0};
}

sw_status sw_buckets_backward(sw_buckets *b, int n)
{
    const sw_plan *plan = sw_executor_plan(b->executor);
    int step = plan->first_backward;
    for (int i = 0; i < b->count; i++) {
        sw_bucket *bucket = &b->buckets[i];
        SW_ENSURE(sw_executor_backward_steps(b->executor, step, bucket->end_step, n));
        step = bucket->end_step;
        sw_buffer_forget(&bucket->transfer); /* back to the device, in the step before */
        SW_ENSURE(sw_buffer_read_begin(&bucket->transfer, b->store->cl, b->store->grads,
                                       bucket->first * sizeof(float), b->host + bucket->first,
                                       bucket->count * sizeof(float)));
    }
    SW_ENSURE(sw_executor_backward_steps(b->executor, step, plan->step_count, n));
    return sw_cl_flush(b->store->cl);
}

sw_status sw_buckets_sum(sw_buckets *b)
{
    for (int i = 0; i < b->count; i++) {
        sw_bucket *bucket = &b->buckets[i];
        float *values = b->host + bucket->first;
        SW_ENSURE(sw_buffer_wait(&bucket->transfer));
        SW_ENSURE(sw_comm_sum_floats(b->comm, values, bucket->count));
        SW_ENSURE(sw_buffer_write_begin(&bucket->transfer, b->store->cl, b->store->grads,
                                        bucket->first * sizeof(float), values,
                                        bucket->count * sizeof(float)));
    }
    return SW_OK;
}
