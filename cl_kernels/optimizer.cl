/* One update of all parameters, as torch.optim defines it. Vectors of VEC floats of the contiguous slabs,
 * all of the same length; gaps between tensors have zero gradients and stay zero.
 *
 * While *halted is not 0 an update leaves everything as it is: a step's loss was not finite.
 *
 * With FACTORS the learning rate and the weight decay of each 128 elements are multiplied by numbers of their
 * own (tensors begin on multiples of 128). Where the rate's is 0 nothing changes, moments neither. Where both
 * are 1 the bits are those without FACTORS.
 *
 * Macros: VEC, a divisor of 128 (the slabs' lengths are multiples of that); FACTORS, 0 or 1.
 * Launch: x = length / VEC. */
#if FACTORS
#define BLOCK            128
#define FACTORS_ARGUMENT , __global const float2 *restrict factors /* (length / 128): of rate and decay */
#define TAKE_FACTORS(i)                                                                                      \
    const float2 factor = factors[(i) / (BLOCK / VEC)];                                                      \
    if (factor.x == 0.0f) return;
#define RATE(lr)     ((lr)*factor.x)
#define DECAY(decay) ((decay)*factor.y)
/* 1 - lr decay of AdamW, which the host has for factors of 1 */
#define SHRINK(shrink, lr_decay)                                                                             \
    (factor.x == 1.0f && factor.y == 1.0f ? (shrink) : 1.0f - (lr_decay)*factor.x * factor.y)
#else
#define FACTORS_ARGUMENT
#define TAKE_FACTORS(i)
#define RATE(lr)                 (lr)
#define DECAY(decay)             (decay)
#define SHRINK(shrink, lr_decay) (shrink)
#endif

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
                             const float lr_decay,               /* AdamW: lr * decay; Adam: 0 */
                             __global const int *restrict halted /* (1) */
                                 FACTORS_ARGUMENT)
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    TAKE_FACTORS(i)
    floatV p = LOADV(params, i);
    const floatV g = LOADV(grads, i) + DECAY(weight_decay) * p;
    const floatV m = beta1 * LOADV(exp_avg, i) + rest1 * g;
    const floatV v = beta2 * LOADV(exp_avg_sq, i) + rest2 * g * g;
    p = p * SHRINK(shrink, lr_decay) - RATE(step) * m / (sqrt(v) * correction + eps);
    STOREV(m, exp_avg, i);
    STOREV(v, exp_avg_sq, i);
    STOREV(p, params, i);
}

/* SGD: p -= lr * (g + weight_decay p). */
__kernel void optimizer_sgd(__global float *restrict params, __global const float *restrict grads,
                            const float lr, const float weight_decay,
                            __global const int *restrict halted /* (1) */
                                FACTORS_ARGUMENT)
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    TAKE_FACTORS(i)
    const floatV p = LOADV(params, i);
    STOREV(p - RATE(lr) * (LOADV(grads, i) + DECAY(weight_decay) * p), params, i);
}

/* With momentum: b = momentum b + g, p -= lr * b; Nesterov: p -= lr * (g + momentum b). b starts at zero, so
 * that the first step sets it to g. */
__kernel void optimizer_sgd_momentum(__global float *restrict params, __global const float *restrict grads,
                                     __global float *restrict buffer, const float lr,
                                     const float weight_decay, const float momentum, const int nesterov,
                                     __global const int *restrict halted /* (1) */
                                         FACTORS_ARGUMENT)
{
    if (halted[0]) return;
    const int i = (int)get_global_id(0);
    TAKE_FACTORS(i)
    const floatV p = LOADV(params, i);
    const floatV g = LOADV(grads, i) + DECAY(weight_decay) * p;
    const floatV b = momentum * LOADV(buffer, i) + g;
    STOREV(b, buffer, i);
    STOREV(p - RATE(lr) * (nesterov ? g + momentum * b : b), params, i);
}
