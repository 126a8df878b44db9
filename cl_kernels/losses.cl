/* Cross-entropy and focal loss over pixels, and their gradients.
 *
 * With e_k = exp(x_k - max), o = sum of e_k over k != t, S = e_t + o, p = e_t / S, q = 1 - p = o / S:
 *   nll   = (max - x_t) + log(S)
 *   loss  = sum of w_t q^gamma nll / sum of w_t                   (cross-entropy: gamma = 0)
 *   dx_k  = w_t / (sum of w_t) f e_k  for k != t, with -o in e_k's place for k = t,
 *           f = q^gamma (1/S + gamma p nll / o)
 * With label smoothing s (cross-entropy only) each pixel's loss has s (x_t - mean of x) more, that is
 *   (1-s) nll + s mean of -log p_k, and its dx_k has w_t / (sum of w_t) s ([k = t] - 1/K) more.
 * Nothing is divided by a power of q, so that the gradient exists at p = 1 for every gamma >= 0, and q loses
 * no digits. The weight of an ignored or impossible label is 0; a pixel of weight 0 counts for nothing,
 * whatever its logits are.
 *
 * A work-item takes VEC pixels at a time, a lane each. Vector r of item i is number i * item_stride +
 * r * round_stride, r < rounds, as far as it is below `vectors`, the number of pixels / VEC.
 *
 * Macros: VEC, a divisor of an image's pixels; K, the number of classes; FOCAL, without which gamma is not
 * used; SMOOTH, without which smoothing is not used; MANY, where K vectors are more than a work-item should
 * keep: it then reads the logits again for each sum over the classes, takes exp again for the gradient, and
 * unrolls no loop over the classes. */

/* What both passes need of VEC pixels. */
typedef struct softmax_t {
    floatV weight, target, others, nll; /* w_t, e_t, o, nll */
    floatV top, behind;                 /* max, max - x_t */
#ifdef SMOOTH
    floatV below; /* sum of x_k - max */
#endif
} softmax_t;

static inline softmax_t nothing(void)
{
    softmax_t s;
    s.weight = s.target = s.others = s.nll = s.top = s.behind = SPLATV(0.0f);
#ifdef SMOOTH
    s.below = SPLATV(0.0f);
#endif
    return s;
}

/* Takes class k into the sums. below: x_k - max, e: its exp. */
static inline void add_class(softmax_t *s, int k, floatV below, floatV e, intV label,
                             __constant float *weights)
{
    const intV is_target = label == (intV)(k);
    s->behind = select(s->behind, -below, is_target);
    s->weight = select(s->weight, SPLATV(weights[k]), is_target);
    s->target = select(s->target, e, is_target);
    s->others += select(e, SPLATV(0.0f), is_target);
#ifdef SMOOTH
    s->below += below;
#endif
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
    softmax_t s = nothing();
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
    softmax_t s = nothing();
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
                         const float gamma, const float smoothing)
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
#ifdef SMOOTH
        loss -= s.weight * (smoothing * (s.behind + s.below / (float)K));
#endif
#ifdef FOCAL
        loss *= pow(s.others / (s.target + s.others), SPLATV(gamma));
#endif
        losses += select(SPLATV(0.0f), loss, s.weight != 0.0f);
        total += s.weight;
    }
    partial[2 * item] = SUMV(losses);
    partial[2 * item + 1] = SUMV(total);
}

/* Writes, or adds, the gradient of class k of each pixel of the vector: that of pixel i is in lane i. e:
 * exp(x_k - max), factor: w_t / (sum of w_t) f, smooth: w_t / (sum of w_t) s. */
static inline void put_gradient(floatV e, int k, floatV factor, floatV smooth, intV label, const softmax_t *s,
                                __global float *dlogits, int vector, int accumulate)
{
    floatV gradient = factor * select(e, -s->others, label == (intV)(k));
#ifdef SMOOTH
    gradient += smooth * select(SPLATV(-1.0f / K), SPLATV(1.0f - 1.0f / K), label == (intV)(k));
#endif
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
                         const float gamma, const float smoothing, const float scale,
                         const int accumulate) /* not 0: adds to dlogits */
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
        const floatV share = s.weight * (scale * inverse[0]), smooth = share * smoothing;
        factor *= share;
#ifdef MANY
        for (int k = 0; k < K; k++)
            put_gradient(exp_of(k, &s, logits, vector), k, factor, smooth, label, &s, dlogits, vector,
                         accumulate);
#else
        UNROLL(k, K) put_gradient(e[k], k, factor, smooth, label, &s, dlogits, vector, accumulate);
#endif
    }
}
