/* One update of all parameters, as torch.optim defines it. Vectors of VEC floats of the contiguous slabs,
 * all of the same length; gaps between tensors have zero gradients and stay zero.
 *
 * While *halted is not 0 an update leaves everything as it is: a step's loss was not finite.
 *
 * Macros: VEC, a divisor of 128 (the slabs' lengths are multiples of that). Launch: x = length / VEC. */

/* Notes the loss of a step's batch at losses[at]: as it is for the first one; later ones move the mean so far
 * by `share`, what they weigh of it. The first loss that is not finite stays, and halts the updates.
 * Launch: 1 work-item. */
__kernel void optimizer_note_loss(__global const float *restrict loss, /* (1) */
                                  __global float *restrict losses,     /* (at least at + 1) */
                                  const int at, const int first, const float share,
                                  __global int *restrict halted) /* (1) */
{
    const float value = loss[0];
    if (!isfinite(value)) halted[0] = 1;
    if (first)
        losses[at] = value;
    else if (isfinite(losses[at]))
        losses[at] = isfinite(value) ? losses[at] + share * (value - losses[at]) : value;
}

/* Adam and AdamW: m = beta1 m + (1-beta1) g, v = beta2 v + (1-beta2) g^2,
 * p = p * shrink - step * m / (sqrt(v) / sqrt(1-beta2^t) + eps) with step = lr / (1-beta1^t).
 * Adam: g includes weight_decay * p and shrink is 1; AdamW: weight_decay is 0, shrink is 1 - lr * decay. */
__kernel void optimizer_adam(__global float *restrict params, __global const float *restrict grads,
                             __global float *restrict exp_avg, __global float *restrict exp_avg_sq,
                             const float beta1, const float rest1,     /* 1 - beta1 */
                             const float beta2, const float rest2,     /* 1 - beta2 */
                             const float step, const float correction, /* 1 / sqrt(1-beta2^t) */
                             const float eps, const float weight_decay, const float shrink,
                             __global const int *restrict halted) /* (1) */
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    floatV p = LOADV(params, i);
    const floatV g = LOADV(grads, i) + weight_decay * p;
    const floatV m = beta1 * LOADV(exp_avg, i) + rest1 * g;
    const floatV v = beta2 * LOADV(exp_avg_sq, i) + rest2 * g * g;
    p = p * shrink - step * m / (sqrt(v) * correction + eps);
    STOREV(m, exp_avg, i);
    STOREV(v, exp_avg_sq, i);
    STOREV(p, params, i);
}

/* SGD: p -= lr * (g + weight_decay p). */
__kernel void optimizer_sgd(__global float *restrict params, __global const float *restrict grads,
                            const float lr, const float weight_decay,
                            __global const int *restrict halted) /* (1) */
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    const floatV p = LOADV(params, i);
    STOREV(p - lr * (LOADV(grads, i) + weight_decay * p), params, i);
}

/* With momentum: b = momentum b + g, p -= lr * b; Nesterov: p -= lr * (g + momentum b). b starts at zero, so
 * that the first step sets it to g. */
__kernel void optimizer_sgd_momentum(__global float *restrict params, __global const float *restrict grads,
                                     __global float *restrict buffer, const float lr,
                                     const float weight_decay, const float momentum, const int nesterov,
                                     __global const int *restrict halted) /* (1) */
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    const floatV p = LOADV(params, i);
    const floatV g = LOADV(grads, i) + weight_decay * p;
    const floatV b = momentum * LOADV(buffer, i) + g;
    STOREV(b, buffer, i);
    STOREV(p - lr * (nesterov ? g + momentum * b : b), params, i);
}
