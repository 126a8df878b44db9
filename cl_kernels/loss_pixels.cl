/* Cross-entropy whose pixels have weights of their own (boundary, ohem), and its gradient.
 *
 * With nll = -log p_t, the weight w_t of the class and the weight f of each pixel that another kernel made:
 *   loss = sum of W_n S_n / F_n / sum of W_n over the images, S_n = sum of f nll, F_n = sum of f, W_n = sum
 * of w_t dx_k = W_n / (F_n sum of W_n) f (p_k - [k = t]) A pixel that does not count, or whose class weighs
 * 0, has nll -1 and f 0, and the gradient 0 whatever its logits are. */

/* Launch: x = pixels / VEC. */
__kernel void loss_pixels_nll(__global const float *restrict logits, /* (pixels,K) */
                              __global const uchar *restrict labels, /* (pixels) */
                              __constant float *weights,             /* (K), 0 for the ignored class */
                              __global float *restrict workspace, const uint nll_at) /* (pixels) */
{
    const int vector = (int)get_global_id(0);
    const intV label = LOADV_U8(labels, vector);
    targetV s;
    target_of(&s, logits, vector, label, weights);
    STOREV(select(SPLATV(-1.0f), negative_log(&s), s.weight != 0.0f), workspace + nll_at, vector);
}

/* Launch: x = chunks, y = images. Vector r of chunk c is number c * item_stride + r * round_stride of the
 * image's, r < rounds, as far as it is below `vectors`, the number of an image's pixels / VEC. */
__kernel void loss_pixels_sums(__global float *restrict workspace, const uint nll_at, /* (pixels) */
                               const uint sums_at, /* (images,chunks,3): f nll, f, w_t */
                               __global const float *restrict kept, const uint map_at, /* (pixels): f */
                               __global const uchar *restrict labels,                  /* (pixels) */
                               __constant float *weights, /* (K), 0 for the ignored class */
                               const int vectors, const int rounds, const int item_stride,
                               const int round_stride)
{
    const int chunk = (int)get_global_id(0), image = (int)get_global_id(1);
    floatV losses = SPLATV(0.0f), factors = SPLATV(0.0f), all = SPLATV(0.0f);
    for (int r = 0; r < rounds; r++) {
        const int place = chunk * item_stride + r * round_stride, vector = image * vectors + place;
        if (place >= vectors) break;
        const intV label = LOADV_U8(labels, vector);
        const floatV f = LOADV(kept + map_at, vector);
        losses += select(SPLATV(0.0f), f * LOADV(workspace + nll_at, vector), f != 0.0f);
        factors += f;
        float lane[VEC];
        int lane_label[VEC];
        PUT_LANES(label, lane_label);
        UNROLL(i, VEC) lane[i] = lane_label[i] < K ? weights[lane_label[i]] : 0.0f;
        all += LANES_OF(lane);
    }
    __global float *to = workspace + sums_at + 3 * (image * (int)get_global_size(0) + chunk);
    to[0] = SUMV(losses);
    to[1] = SUMV(factors);
    to[2] = SUMV(all);
}

/* Launch: x = images. */
__kernel void loss_pixels_terms(__global float *restrict workspace, /* (images,2): W S / F, W */
                                const uint sums_at,                 /* (images,chunks,3) */
                                __global float *restrict factors,   /* (images): W / F */
                                const int chunks)
{
    const int image = (int)get_global_id(0);
    float2 sum = (float2)(0.0f), lost = (float2)(0.0f), sum_w = (float2)(0.0f), lost_w = (float2)(0.0f);
    for (int c = 0; c < chunks; c++) {
        __global const float *from = workspace + sums_at + 3 * (image * chunks + c);
        add_compensated(&sum, &lost, (float2)(from[0], from[1]));
        add_compensated(&sum_w, &lost_w, (float2)(from[2], 0.0f));
    }
    sum -= lost;
    const float weight = sum_w.x - lost_w.x, factor = sum.y > 0.0f ? weight / sum.y : 0.0f;
    factors[image] = factor;
    vstore2((float2)(sum.y > 0.0f ? sum.x * factor : 0.0f, weight), image, workspace);
}

/* Launch: x = pixels / VEC. */
__kernel void loss_pixels_bwd(__global const float *restrict logits,  /* (pixels,K) */
                              __global const uchar *restrict labels,  /* (pixels) */
                              __constant float *weights,              /* (K), 0 for the ignored class */
                              __global const float *restrict kept,    /* (images): W / F */
                              const uint map_at,                      /* (pixels): f */
                              __global const float *restrict inverse, /* (1): 1 / sum of W, or 0 */
                              __global float *restrict dlogits,       /* (pixels,K) */
                              const int vectors /* of an image */, const float scale,
                              const int accumulate) /* not 0: adds to dlogits */
{
    const int vector = (int)get_global_id(0);
    const intV label = LOADV_U8(labels, vector);
    const floatV f = LOADV(kept + map_at, vector);
    targetV s;
    target_of(&s, logits, vector, label, weights);
    const floatV factor = f * (kept[vector / vectors] * (scale * inverse[0])) / (s.target + s.others);
    for (int k = 0; k < K; k++) {
        const floatV e = exp(LOGITV(logits, vector, k) - s.top);
        const floatV dx = factor * select(e, -s.others, label == (intV)(k));
        put_class(select(SPLATV(0.0f), dx, f != 0.0f), k, dlogits, vector, accumulate);
    }
}
