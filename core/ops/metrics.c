/* Predictions, their confidence, confusion counts and soft overlap of each image, computed where the logits
 * are. */
#include "ops/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/classes.h"
#include "few_classes.h"
#include "ops/call.h"
#include "ops/chunks.h"

enum { MIN_CHUNK_PIXELS = 256 };

struct sw_metrics {
    sw_cl *cl;
    int max_n, h, w, k, ignore_index;
    int n;            /* images of the last run */
    bool many;        /* classes: chunks count into the same table, and chunk_counts is NULL */
    sw_chunks chunks; /* of one image */
    const sw_kernel *count, *sum_counts, *sum_overlap;
    cl_mem predictions, confidence; /* (max_n,h,w) bytes */
    cl_mem chunk_counts, confusion; /* (max_n,chunks,k,k) and (max_n,k,k) */
    cl_mem chunk_overlap, soft;     /* (max_n,chunks,2) and (max_n,2) */
};

/* With few classes so many pixels that a chunk's own table of counts stays small beside its logits. With many
 * there is no table, and fewer pixels: a work-item has about as much to do whatever the number of classes.
 * (Mesa's llvmpipe ends any work-item after 65,535 turns of its loops.) */
static int chunk_pixels(const sw_metrics *m)
{
    const int table = 8 * m->k * m->k;
    if (m->many) return MIN_CHUNK_PIXELS * SW_FEW_CLASSES / m->k;
    return table > MIN_CHUNK_PIXELS ? table : MIN_CHUNK_PIXELS;
}

static sw_status build(sw_metrics *m, int vec)
{
    char options[48];
    snprintf(options, sizeof options, "-DVEC=%d -DK=%d%s", vec, m->k, m->many ? " -DMANY" : "");
    SW_ENSURE(
        sw_kernel_get(&m->count, m->cl, "metrics", m->many ? "metrics_many" : "metrics_chunks", options));
    if (!m->many) SW_ENSURE(sw_kernel_get(&m->sum_counts, m->cl, "metrics", "metrics_counts", options));
    return sw_kernel_get(&m->sum_overlap, m->cl, "metrics", "metrics_overlap", options);
}

static sw_status allocate(sw_metrics *m)
{
    const size_t n = (size_t)m->max_n, chunks = (size_t)m->chunks.items;
    const size_t cells = (size_t)m->k * (size_t)m->k * sizeof(uint32_t), pair = 2 * sizeof(float);
    const size_t pixels = n * (size_t)m->h * (size_t)m->w;
    SW_ENSURE(sw_buffer_create(&m->predictions, m->cl, pixels, "predictions"));
    SW_ENSURE(sw_buffer_create(&m->confidence, m->cl, pixels, "confidence"));
    if (!m->many)
        SW_ENSURE(sw_buffer_create(&m->chunk_counts, m->cl, n * chunks * cells, "partial confusion counts"));
    SW_ENSURE(sw_buffer_create(&m->confusion, m->cl, n * cells, "confusion counts"));
    SW_ENSURE(sw_buffer_create(&m->chunk_overlap, m->cl, n * chunks * pair, "partial overlaps"));
    return sw_buffer_create(&m->soft, m->cl, n * pair, "overlaps");
}

sw_status sw_metrics_create(sw_metrics **out, sw_cl *cl, int max_n, int h, int w, int k, int ignore_index)
{
    sw_status status = SW_OK;
    const sw_call call = {.cl = cl}; /* the vector width depends on the device alone */
    assert(max_n > 0 && h > 0 && w > 0 && k > 0 && k <= SW_MAX_CLASSES);
    *out = NULL;
    sw_metrics *m = calloc(1, sizeof *m);
    if (!m) return sw_fail_alloc("metrics", sizeof *m);
    *m = (sw_metrics){.cl = cl,
                      .max_n = max_n,
                      .h = h,
                      .w = w,
                      .k = k,
                      .ignore_index = ignore_index,
                      .many = k > SW_FEW_CLASSES};
    const int vec = sw_call_vec(&call, h * w);
    m->chunks = sw_chunks_deal(cl, h * w / vec, chunk_pixels(m) / vec, h * w);
    SW_TRY(build(m, vec));
    SW_TRY(allocate(m));
    *out = m;
    m = NULL;
done:
    sw_metrics_destroy(m);
    return sw_fail_in(status, "metrics");
}

void sw_metrics_destroy(sw_metrics *m)
{
    if (!m) return;
    sw_buffer_release(&m->predictions);
    sw_buffer_release(&m->confidence);
    sw_buffer_release(&m->chunk_counts);
    sw_buffer_release(&m->confusion);
    sw_buffer_release(&m->chunk_overlap);
    sw_buffer_release(&m->soft);
    free(m);
}

static sw_status count(sw_metrics *m, cl_mem logits, cl_mem labels, cl_mem counts, sw_ndrange range)
{
    const sw_chunks *c = &m->chunks;
    return SW_LAUNCH(m->cl, m->count, "metrics", range, SW_ARG(logits), SW_ARG(labels),
                     SW_ARG(m->predictions), SW_ARG(m->confidence), SW_ARG(counts), SW_ARG(m->chunk_overlap),
                     SW_ARG(c->vectors), SW_ARG(c->rounds), SW_ARG(c->item_stride), SW_ARG(c->round_stride),
                     SW_ARG(m->ignore_index));
}

sw_status sw_metrics_run(sw_metrics *m, cl_mem logits, cl_mem labels, int n)
{
    const sw_call call = {.cl = m->cl}; /* a grid depends on the device alone */
    const sw_chunks *c = &m->chunks;
    const size_t images = (size_t)n, cells = (size_t)m->k * (size_t)m->k;
    const sw_ndrange range = sw_call_ndrange(&call, (size_t)c->items, images, true);
    assert(n > 0 && n <= m->max_n);
    m->n = n;
    if (m->many) {
        SW_ENSURE(sw_buffer_fill(m->cl, m->confusion, 0, images * cells * sizeof(uint32_t), 0));
        SW_ENSURE(count(m, logits, labels, m->confusion, range));
    } else {
        SW_ENSURE(count(m, logits, labels, m->chunk_counts, range));
        SW_ENSURE(SW_LAUNCH(m->cl, m->sum_counts, "metrics", sw_call_ndrange(&call, cells, images, false),
                            SW_ARG(m->chunk_counts), SW_ARG(c->items), SW_ARG(m->confusion)));
    }
    return SW_LAUNCH(m->cl, m->sum_overlap, "metrics", sw_call_ndrange(&call, 2, images, false),
                     SW_ARG(m->chunk_overlap), SW_ARG(c->items), SW_ARG(m->soft));
}

sw_status sw_metrics_read(sw_metrics *m, uint32_t *confusion, float *soft, uint8_t *predictions,
                          uint8_t *confidence)
{
    sw_status status = SW_OK;
    const size_t n = (size_t)m->n, cells = (size_t)m->k * (size_t)m->k, pixels = (size_t)m->h * (size_t)m->w;
    if (confusion) SW_TRY(sw_buffer_read(m->cl, m->confusion, 0, confusion, n * cells * sizeof *confusion));
    if (soft) SW_TRY(sw_buffer_read(m->cl, m->soft, 0, soft, n * 2 * sizeof *soft));
    if (predictions) SW_TRY(sw_buffer_read(m->cl, m->predictions, 0, predictions, n * pixels));
    if (confidence) SW_TRY(sw_buffer_read(m->cl, m->confidence, 0, confidence, n * pixels));
done:
    return sw_fail_in(status, "metrics");
}
