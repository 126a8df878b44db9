#include "share.h"

/* The slice of a batch of so many images: the first parts get one more where it does not divide. */
static int slice_size(const batch_share *s, int whole)
{
    return whole / s->parts + (s->part < whole % s->parts);
}

static int slice_first(const batch_share *s, int whole)
{
    const int rest = whole % s->parts;
    return whole / s->parts * s->part + (s->part < rest ? s->part : rest);
}

static int batches_of(const batch_share *s)
{
    return (s->all_images - 1) / s->whole_size + 1;
}

static int last_size(const batch_share *s)
{
    return s->all_images - (batches_of(s) - 1) * s->whole_size;
}

/* A part without an image of a batch gets one all the same. */
static int at_least_one(int images)
{
    return images > 0 ? images : 1;
}

batch_share batch_share_of(const sw_loader_options *options, int images, int batch_size)
{
    batch_share s = {.part = options->part,
                     .parts = options->parts > 1 ? options->parts : 1,
                     .whole_batches = options->whole_batches,
                     .all_images = images,
                     .whole_size = batch_size,
                     .batch_size = batch_size};
    const int batches = batches_of(&s);
    if (s.whole_batches) {
        const int mine = (batches - 1 - s.part + s.parts) / s.parts; /* part, part + parts, ... */
        const bool has_last = (batches - 1) % s.parts == s.part;
        s.images = mine * batch_size - (has_last ? batch_size - last_size(&s) : 0);
    } else {
        s.batch_size = at_least_one(slice_size(&s, batch_size));
        s.images = (batches - 1) * s.batch_size + at_least_one(slice_size(&s, last_size(&s)));
    }
    return s;
}

void batch_share_pick(const batch_share *s, uint32_t *order)
{
    const int batches = batches_of(s), step = s->whole_batches ? s->parts : 1;
    int to = 0;
    for (int batch = s->whole_batches ? s->part : 0; batch < batches; batch += step) {
        const int whole = batch == batches - 1 ? last_size(s) : s->whole_size;
        const int size = s->whole_batches ? whole : slice_size(s, whole);
        const int first = s->whole_batches || size == 0 ? 0 : slice_first(s, whole);
        for (int i = 0; i < at_least_one(size); i++)
            order[to++] = order[batch * s->whole_size + first + i]; /* never before what is still needed */
    }
}

void batch_share_place(sw_batch *out, const batch_share *s, int batch)
{
    out->whole = out->count;
    out->counts = true;
    if (s->whole_batches) return;
    out->whole = batch < batches_of(s) - 1 ? s->whole_size : last_size(s);
    out->counts = slice_size(s, out->whole) > 0;
    if (out->counts) out->first = slice_first(s, out->whole);
}
