/* Cross-entropy and focal loss over pixels, and their gradients.
 *
 * With e_k = exp(x_k - max), o = sum of e_k over k != t, S = e_t + o, p = e_t / S, q = 1 - p = o / S:
 *   nll   = (max - x_t) + log(S)
 *   loss  = sum of w_t q^gamma nll / sum of w_t                   (cross-entropy: gamma = 0)
 *   dx_k  = w_t / (sum of w_t) f e_k  for k != t, with -o in e_k's place for k = t,
 *           f = q^gamma (1/S + gamma p nll / o)
 * Nothing is divided by a power of q, so that the gradient exists at p = 1 for every gamma >= 0, and q loses
 * no digits. The weight of an ignored or impossible label is 0; a pixel of weight 0 counts for nothing,
 * whatever its logits are.
 *
 * A work-item takes VEC pixels at a time, a lane each. Vector r of item i is number i * item_stride +
 * r * round_stride, r < rounds, as far as it is below `vectors`, the number of pixels / VEC.
 *
 * Macros: VEC, a divisor of an image's pixels; K, the number of classes; FOCAL, without which gamma is not
 * used; MANY, where K vectors are more than a work-item should keep: it then reads the logits again for each
 * sum over the classes, takes exp again for the gradient, and unrolls no loop over the classes. */

/* What both passes need of VEC pixels. */
typedef struct softmax_t {
    floatV weight, target, others, nll; /* w_t, e_t, o, nll */
    floatV top, behind;                 /* max, max - x_t */
} softmax_t;

/* Takes class k into the sums. below: x_k - max, e: its exp. */
static inline void add_class(softmax_t *s, int k, floatV below, floatV e, intV label,
                             __constant float *weights)
{
    const intV is_target = label == (intV)(k);
    s->behind = select(s->behind, -below, is_target);
    s->weight = select(s->weight, SPLATV(weights[k]), is_target);
    s->target = select(s->target, e, is_target);
    s->others += select(e, SPLATV(0.0f), is_target);
}

/* log(S) from S - 1, which is all that is left when one class is certain. */
static inline floatV negative_log(const softmax_t *s)
{
    return s->behind + log1p((s->target - 1.0f) + s->others);
}

#ifdef MANY

/* exp(x_k - max), once `s` has the maximum. */
static inline floatV exp_of(int k, const softmax_t *s, __global const float *logits, int vector)
{
    return exp(GATHERV(logits, vector * VEC * K + k, K) - s->top);
}

static inline softmax_t softmax(intV label, __global const float *logits, int vector,
                                __constant float *weights)
{
    softmax_t s = {SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f)};
    s.top = GATHERV(logits, vector * VEC * K, K);
    for (int k = 1; k < K; k++) s.top = fmax(s.top, GATHERV(logits, vector * VEC * K + k, K));
    for (int k = 0; k < K; k++) {
        const floatV below = GATHERV(logits, vector * VEC * K + k, K) - s.top;
        add_class(&s, k, below, exp(below), label, weights);
    }
    s.nll = negative_log(&s);
    return s;
}

#else

/* Fills e (K values) with exp(x_k - max). */
static inline softmax_t softmax(floatV *e, intV label, __global const float *logits, int vector,
                                __constant float *weights)
{
    softmax_t s = {SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f), SPLATV(0.0f)};
    UNROLL(k, K) e[k] = GATHERV(logits, vector * VEC * K + k, K);
    s.top = e[0];
#pragma unroll
    for (int k = 1; k < K; k++) s.top = fmax(s.top, e[k]);
    UNROLL(k, K) {
        const floatV below = e[k] - s.top;
        e[k] = exp(below);
        add_class(&s, k, below, e[k], label, weights);
    }
    s.nll = negative_log(&s);
    return s;
}

#endif

/* Launch: x = items. */
__kernel void losses_fwd(__global const float *restrict logits, /* (pixels,K) */
                         __global const uchar *restrict labels, /* (pixels) */
                         __constant float *weights,             /* (K), 0 for the ignored class */
                         __global float *restrict partial,      /* (items,2): the two sums */
                         const int vectors, const int rounds, const int item_stride, const int round_stride,
                         const float gamma)
{
    const int item = (int)get_global_id(0);
    floatV losses = SPLATV(0.0f), total = SPLATV(0.0f);
    for (int r = 0; r < rounds; r++) {
        const int vector = item * item_stride + r * round_stride;
        if (vector >= vectors) break;
        const intV label = LOADV_U8(labels, vector);
#ifdef MANY
        const softmax_t s = softmax(label, logits, vector, weights);
#else
        floatV e[K];
        const softmax_t s = softmax(e, label, logits, vector, weights);
#endif
        floatV loss = s.weight * s.nll;
#ifdef FOCAL
        loss *= pow(s.others / (s.target + s.others), SPLATV(gamma));
#endif
        losses += select(SPLATV(0.0f), loss, s.weight != 0.0f);
        total += s.weight;
    }
    partial[2 * item] = SUMV(losses);
    partial[2 * item + 1] = SUMV(total);
}

/* Kahan's sum: *lost is what rounding took from *sum and is given back with the next addend. */
static inline void add_compensated(float2 *sum, float2 *lost, float2 addend)
{
    const float2 missing = addend - *lost, next = *sum + missing;
    *lost = (next - *sum) - missing;
    *sum = next;
}

/* Launch: x = local size = SUM_ITEMS. Compensated, and always in the same order. */
#define SUM_ITEMS 64
__kernel void losses_sum(__global const float *restrict partial,         /* (items,2) */
                         const int items, __global float *restrict loss, /* (1) */
                         __global float *restrict inverse)               /* (1): 1 / sum of w_t, or 0 for 0 */
{
    __local float2 sums[SUM_ITEMS];
    const int me = (int)get_local_id(0);
    float2 sum = (float2)(0.0f), lost = (float2)(0.0f);
    for (int i = me; i < items; i += SUM_ITEMS) add_compensated(&sum, &lost, vload2(i, partial));
    sums[me] = sum - lost;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (me != 0) return;
    for (int i = 1; i < SUM_ITEMS; i++) add_compensated(&sum, &lost, sums[i]);
    loss[0] = sum.y > 0.0f ? sum.x / sum.y : 0.0f;
    inverse[0] = sum.y > 0.0f ? 1.0f / sum.y : 0.0f;
}

/* Writes, or adds, the gradient of class k of each pixel of the vector: that of pixel i is in lane i. e:
 * exp(x_k - max), factor: w_t / (sum of w_t) f. */
static inline void put_gradient(floatV e, int k, floatV factor, intV label, const softmax_t *s,
                                __global float *dlogits, int vector, int accumulate)
{
    const floatV gradient = factor * select(e, -s->others, label == (intV)(k));
    __global float *to = dlogits + vector * VEC * K + k;
    float lane[VEC];
    PUT_LANES(select(SPLATV(0.0f), gradient, s->weight != 0.0f), lane);
    UNROLL(i, VEC) to[i * K] = accumulate ? to[i * K] + lane[i] : lane[i];
}

/* Launch: x = items. */
__kernel void losses_bwd(__global const float *restrict logits,  /* (pixels,K) */
                         __global const uchar *restrict labels,  /* (pixels) */
                         __constant float *weights,              /* (K), 0 for the ignored class */
                         __global const float *restrict inverse, /* (1) */
                         __global float *restrict dlogits,       /* (pixels,K) */
                         const int vectors, const int rounds, const int item_stride, const int round_stride,
                         const float gamma, const int accumulate) /* not 0: adds to dlogits */
{
    const int item = (int)get_global_id(0);
    for (int r = 0; r < rounds; r++) {
        const int vector = item * item_stride + r * round_stride;
        if (vector >= vectors) break;
        const intV label = LOADV_U8(labels, vector);
#ifdef MANY
        const softmax_t s = softmax(label, logits, vector, weights);
#else
        floatV e[K];
        const softmax_t s = softmax(e, label, logits, vector, weights);
#endif
        const floatV all = s.target + s.others;
        floatV factor = 1.0f / all;
#ifdef FOCAL
        /* nll / o goes to 1 where the other classes vanish */
        const floatV ratio = select(SPLATV(1.0f), s.nll / s.others, s.others > 0.0f);
        factor = pow(s.others / all, SPLATV(gamma)) * (factor + gamma * (s.target / all) * ratio);
#endif
        factor *= s.weight * inverse[0];
#ifdef MANY
        for (int k = 0; k < K; k++)
            put_gradient(exp_of(k, &s, logits, vector), k, factor, label, &s, dlogits, vector, accumulate);
#else
        UNROLL(k, K) put_gradient(e[k], k, factor, label, &s, dlogits, vector, accumulate);
#endif
    }
}
