#include "ops/chunks.h"

sw_chunks sw_chunks_deal(const sw_cl *cl, int vectors, int min_rounds, int max_items)
{
    int rounds = sw_divide_up_int(vectors, max_items);
    if (rounds < min_rounds) rounds = min_rounds;
    const int items = sw_divide_up_int(vectors, rounds);
    const bool neighbours = sw_cl_device(cl)->type == CL_DEVICE_TYPE_CPU;
    return (sw_chunks){.vectors = vectors,
                       .items = items,
                       .rounds = rounds,
                       .item_stride = neighbours ? rounds : 1,
                       .round_stride = neighbours ? 1 : items};
}
