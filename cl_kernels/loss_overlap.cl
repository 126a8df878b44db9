/* Dice and Tversky losses, and their gradients.
 *
 * Of each image, over its pixels that count, with p = softmax and t the label:
 *   I_k = sum of p_k where t = k,  F_k = sum of p_k where t != k,  M_k = sum of 1 - p_k where t = k
 *   D_k = I_k + alpha F_k + beta M_k + smooth,  term_k = (alpha F_k + beta M_k) / D_k
 *   loss = sum of w_k term_k / sum of w_k over the images and the classes that are true in them
 *   dterm_k/dp_k = a_k + [t = k] b_k,  a_k = alpha N / D^2,  b_k = -(D - (1 - alpha - beta) N) / D^2,
 *                  N = I_k + smooth
 *   dx_j = p_j (g_j - sum of p_k g_k),  g_k = w_k / (sum of w_k) dterm_k/dp_k
 * A pixel that does not count gives nothing and has the gradient 0, whatever its logits are. A class that is
 * not true in an image has no term there: its weight, a_k and b_k are 0. */

/* A work-item's pixels: vector r of chunk c is number c * item_stride + r * round_stride of the image's, r <
 * rounds, as far as it is below `vectors`, the number of an image's pixels / VEC. */

/* Launch: x = pixels / VEC. */
__kernel void loss_overlap_softmax(__global const float *restrict logits, /* (pixels,K) */
                                   __global float *restrict workspace,
                                   const uint parts_at) /* (2,pixels): top, 1 / sum */
{
    const int vector = (int)get_global_id(0), vectors = (int)get_global_size(0);
    __global float *parts = workspace + parts_at;
    softmaxV s;
    softmax_of(&s, logits, vector);
    STOREV(s.top, parts, vector);
    STOREV(1.0f / s.sum, parts, vectors + vector);
}

/* Launch: x = chunks * K (the class changes fastest), y = images. */
__kernel void loss_overlap_sums(__global const float *restrict logits,                   /* (pixels,K) */
                                __global const uchar *restrict labels,                   /* (pixels) */
                                __global float *restrict workspace, const uint parts_at, /* (2,pixels) */
                                const uint sums_at, /* (images,chunks,K,3): I, F, M */
                                const int vectors, const int rounds, const int item_stride,
                                const int round_stride, const int ignored)
{
    const int item = (int)get_global_id(0), chunk = item / K, k = item % K, image = (int)get_global_id(1);
    const int all = (int)get_global_size(1) * vectors;
    __global const float *parts = workspace + parts_at;
    floatV hit = SPLATV(0.0f), false_hit = SPLATV(0.0f), missed = SPLATV(0.0f);
    for (int r = 0; r < rounds; r++) {
        const int place = chunk * item_stride + r * round_stride, vector = image * vectors + place;
        if (place >= vectors) break;
        const intV label = LOADV_U8(labels, vector), counts = COUNTSV(label, ignored),
                   mine = label == (intV)(k);
        const floatV p = exp(LOGITV(logits, vector, k) - LOADV(parts, vector)) * LOADV(parts, all + vector);
        hit += select(SPLATV(0.0f), p, mine & counts);
        missed += select(SPLATV(0.0f), 1.0f - p, mine & counts);
        false_hit += select(select(SPLATV(0.0f), p, counts), SPLATV(0.0f), mine);
    }
    __global float *to = workspace + sums_at + 3 * ((image * (int)get_global_size(0)) + item);
    to[0] = SUMV(hit);
    to[1] = SUMV(false_hit);
    to[2] = SUMV(missed);
}

/* Launch: x = K, y = images. */
__kernel void loss_overlap_terms(__global float *restrict workspace, /* (images,K,2): w_k term_k, w_k */
                                 const uint sums_at,                 /* (images,chunks,K,3) */
                                 __constant float *weights,          /* (K), 0 for the ignored class */
                                 __global float *restrict slopes,    /* (images,K,2): w_k a_k, w_k b_k */
                                 const int chunks, const float alpha, const float beta, const float smooth)
{
    const int k = (int)get_global_id(0), image = (int)get_global_id(1), at = image * K + k;
    float2 sum = (float2)(0.0f), lost = (float2)(0.0f), sum_m = (float2)(0.0f), lost_m = (float2)(0.0f);
    for (int c = 0; c < chunks; c++) {
        __global const float *from = workspace + sums_at + 3 * ((image * chunks + c) * K + k);
        add_compensated(&sum, &lost, (float2)(from[0], from[1]));
        add_compensated(&sum_m, &lost_m, (float2)(from[2], 0.0f));
    }
    sum -= lost;
    const float missed = sum_m.x - lost_m.x;
    /* of a pixel of the class p or 1 - p is at least a half; what is no number is a term too, so that it
     * shows */
    const float weight = sum.x + missed == 0.0f ? 0.0f : weights[k];
    const float wrong = alpha * sum.y + beta * missed, whole = sum.x + wrong + smooth;
    const float2 term = (float2)(weight * (wrong / whole), weight);
    const float scale = weight / (whole * whole), n = sum.x + smooth;
    vstore2(weight == 0.0f ? (float2)(0.0f) : term, at, workspace);
    vstore2(weight == 0.0f ? (float2)(0.0f)
                           : (float2)(alpha * n * scale, -(wrong + (alpha + beta) * n) * scale),
            at, slopes);
}

/* Launch: x = pixels / VEC. */
__kernel void loss_overlap_bwd(__global const float *restrict logits,  /* (pixels,K) */
                               __global const uchar *restrict labels,  /* (pixels) */
                               __global const float *restrict slopes,  /* (images,K,2): w_k a_k, w_k b_k */
                               __global const float *restrict inverse, /* (1): 1 / sum of weights, or 0 */
                               __global float *restrict dlogits,       /* (pixels,K) */
                               const int vectors /* of an image */, const int ignored, const float scale,
                               const int accumulate) /* not 0: adds to dlogits */
{
    const int vector = (int)get_global_id(0);
    __global const float *slope = slopes + 2 * K * (vector / vectors);
    const float factor = scale * inverse[0];
    const intV label = LOADV_U8(labels, vector), counts = COUNTSV(label, ignored);
    softmaxV s;
    softmax_of(&s, logits, vector);
    floatV mean = SPLATV(0.0f); /* of g_k, by p_k */
    for (int k = 0; k < K; k++) {
        const floatV g = slope[2 * k] + select(SPLATV(0.0f), SPLATV(slope[2 * k + 1]), label == (intV)(k));
        mean += share_of(&s, k, logits, vector) * g;
    }
    for (int k = 0; k < K; k++) {
        const floatV g = slope[2 * k] + select(SPLATV(0.0f), SPLATV(slope[2 * k + 1]), label == (intV)(k));
        const floatV dx = factor * share_of(&s, k, logits, vector) * (g - mean);
        put_class(select(SPLATV(0.0f), dx, counts), k, dlogits, vector, accumulate);
    }
}
