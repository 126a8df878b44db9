/* Predictions, how sure they are, confusion counts and soft overlap of each image.
 *
 * prediction = the first class with the largest logit. confidence = its softmax in steps of 1/255; of all
 * exp(x - top) its own is 1. counts[t][p] = pixels of class t taken for p. With p_t the softmax of the true
 * class: intersection = sum of p_t, union = sum of (2 - p_t), since truth and softmax each sum to 1. Pixels
 * whose label is ignored or not below K are in none of the sums, but have a prediction.
 *
 * A work-item counts a chunk of an image, VEC pixels at a time; vector r of chunk i is number
 * i * chunk_stride + r * round_stride of the image, r < rounds, as far as it is below `vectors`, the image's
 * pixels / VEC.
 *
 * Macros: VEC, a divisor of an image's pixels; K, the number of classes; MANY, where K vectors and a table of
 * K * K counts are more than a work-item should keep: metrics_many then does it all in one launch. */

#ifndef MANY

/* Launch: x = chunks of an image, y = n. */
__kernel void metrics_chunks(__global const float *restrict logits, /* (n,pixels,K) */
                             __global const uchar *restrict labels, /* (n,pixels) */
                             __global uchar *restrict predictions,  /* (n,pixels) */
                             __global uchar *restrict confidence,   /* (n,pixels) */
                             __global uint *restrict counts,        /* (n,chunks,K,K) */
                             __global float *restrict overlap,      /* (n,chunks,2): intersection, union */
                             const int vectors, const int rounds, const int chunk_stride,
                             const int round_stride,
                             const int ignore) /* label that counts for nothing, or -1 */
{
    const int chunk = (int)get_global_id(0), image = (int)get_global_id(1);
    const int place = image * (int)get_global_size(0) + chunk;
    uint cell[K * K];
    for (int i = 0; i < K * K; i++) cell[i] = 0;
    floatV intersection = SPLATV(0.0f), pixels = SPLATV(0.0f);
    for (int r = 0; r < rounds; r++) {
        const int inside = chunk * chunk_stride + r * round_stride;
        if (inside >= vectors) break;
        const int vector = image * vectors + inside;
        const intV label = LOADV_U8(labels, vector);
        const intV counted = label != (intV)(ignore) && label < (intV)(K);
        floatV x[K];
        UNROLL(k, K) x[k] = GATHERV(logits, vector * VEC * K + k, K);
        floatV top = x[0];
        intV best = (intV)(0);
#pragma unroll
        for (int k = 1; k < K; k++) {
            best = select(best, (intV)(k), x[k] > top);
            top = fmax(top, x[k]);
        }
        STOREV_U8(best, predictions, vector);
        floatV sum = SPLATV(0.0f), target = SPLATV(0.0f);
        UNROLL(k, K) {
            const floatV e = exp(x[k] - top);
            sum += e;
            target = select(target, e, label == (intV)(k));
        }
        STOREV_U8(ROUNDV(255.0f / sum), confidence, vector);
        intersection += select(SPLATV(0.0f), target / sum, counted);
        pixels += select(SPLATV(0.0f), SPLATV(1.0f), counted);
        int cells[VEC];
        PUT_LANES(select((intV)(-1), label * K + best, counted), cells);
        UNROLL(i, VEC)
            if (cells[i] >= 0) cell[cells[i]]++;
    }
    for (int i = 0; i < K * K; i++) counts[place * (K * K) + i] = cell[i];
    overlap[2 * place] = SUMV(intersection);
    overlap[2 * place + 1] = 2.0f * SUMV(pixels) - SUMV(intersection);
}

/* Launch: x = K * K, y = n. */
__kernel void metrics_counts(__global const uint *restrict counts,                /* (n,chunks,K,K) */
                             const int chunks, __global uint *restrict confusion) /* (n,K,K) */
{
    const int cell = (int)get_global_id(0), image = (int)get_global_id(1);
    uint sum = 0;
    for (int i = 0; i < chunks; i++) sum += counts[(image * chunks + i) * (K * K) + cell];
    confusion[image * (K * K) + cell] = sum;
}

#else

/* Pixels of one cell that were counted but not yet added. Neighbours are mostly of one class, taken for one
 * class, so that most of the additions to memory, where work-items meet, are saved. */
typedef struct run_t {
    int cell; /* -1: none */
    uint length;
} run_t;

static inline void add_run(volatile __global uint *confusion, run_t run)
{
    if (run.cell >= 0) atomic_add(confusion + run.cell, run.length);
}

/* As metrics_chunks; reads the logits once for the largest and once for the sum. The counts are sums of whole
 * numbers, the same in any order. Launch: x = chunks of an image, y = n. */
__kernel void metrics_many(__global const float *restrict logits,      /* (n,pixels,K) */
                           __global const uchar *restrict labels,      /* (n,pixels) */
                           __global uchar *restrict predictions,       /* (n,pixels) */
                           __global uchar *restrict confidence,        /* (n,pixels) */
                           volatile __global uint *restrict confusion, /* (n,K,K), zeros before */
                           __global float *restrict overlap,           /* (n,chunks,2) */
                           const int vectors, const int rounds, const int chunk_stride,
                           const int round_stride, const int ignore)
{
    const int chunk = (int)get_global_id(0), image = (int)get_global_id(1);
    const int place = image * (int)get_global_size(0) + chunk;
    floatV intersection = SPLATV(0.0f), pixels = SPLATV(0.0f);
    run_t run = {-1, 0};
    for (int r = 0; r < rounds; r++) {
        const int inside = chunk * chunk_stride + r * round_stride;
        if (inside >= vectors) break;
        const int vector = image * vectors + inside;
        const intV label = LOADV_U8(labels, vector);
        const intV counted = label != (intV)(ignore) && label < (intV)(K);
        floatV top = GATHERV(logits, vector * VEC * K, K);
        intV best = (intV)(0);
        for (int k = 1; k < K; k++) {
            const floatV x = GATHERV(logits, vector * VEC * K + k, K);
            best = select(best, (intV)(k), x > top);
            top = fmax(top, x);
        }
        STOREV_U8(best, predictions, vector);
        floatV sum = SPLATV(0.0f), target = SPLATV(0.0f);
        for (int k = 0; k < K; k++) {
            const floatV e = exp(GATHERV(logits, vector * VEC * K + k, K) - top);
            sum += e;
            target = select(target, e, label == (intV)(k));
        }
        STOREV_U8(ROUNDV(255.0f / sum), confidence, vector);
        intersection += select(SPLATV(0.0f), target / sum, counted);
        pixels += select(SPLATV(0.0f), SPLATV(1.0f), counted);
        int cells[VEC];
        PUT_LANES(select((intV)(-1), label * K + best, counted), cells);
        UNROLL(i, VEC) {
            if (cells[i] != run.cell) {
                add_run(confusion + image * (K * K), run);
                run.cell = cells[i];
                run.length = 0;
            }
            run.length++;
        }
    }
    add_run(confusion + image * (K * K), run);
    overlap[2 * place] = SUMV(intersection);
    overlap[2 * place + 1] = 2.0f * SUMV(pixels) - SUMV(intersection);
}

#endif

/* Launch: x = 2, y = n. */
__kernel void metrics_overlap(__global const float *restrict overlap,          /* (n,chunks,2) */
                              const int chunks, __global float *restrict soft) /* (n,2) */
{
    const int which = (int)get_global_id(0), image = (int)get_global_id(1);
    float sum = 0.0f, lost = 0.0f;
    for (int i = 0; i < chunks; i++) {
        const float missing = overlap[2 * (image * chunks + i) + which] - lost, next = sum + missing;
        lost = (next - sum) - missing;
        sum = next;
    }
    soft[2 * image + which] = sum;
}
