/* Activations, value by value. E = x.h.w.c values a batch of n images: x, y and their gradients are (E).
 *
 *   RELU        y = max(x, 0)               dx = dy where y > 0, else 0
 *   LEAKY_RELU  y = x where x > 0,          dx = dy where y > 0, else slope dy
 *               else slope x
 *   SIGMOID     y = 1 / (1 + exp(-x))       dx = dy y (1 - y)
 *   SILU        y = x / (1 + exp(-x))       dx = dy s (1 + x (1 - s)), s = 1 / (1 + exp(-x))
 *
 * Backward reads y, which the next layer mostly keeps anyway; of SILU, where y does not tell x, it reads x.
 * A NaN stays one, and the gradient of RELU passes it.
 *
 * Macros: VEC (divides the values of an image), and one of RELU, LEAKY_RELU, SIGMOID, SILU. */

static inline floatV activated(floatV x, float slope)
{
#if defined RELU
    return RECTIFIED(x, SPLATV(0.0f));
#elif defined LEAKY_RELU
    return x > SPLATV(0.0f) ? x : x * SPLATV(slope);
#elif defined SIGMOID
    return SPLATV(1.0f) / (SPLATV(1.0f) + exp(-x));
#elif defined SILU
    return x / (SPLATV(1.0f) + exp(-x));
#else
#error "no activation is chosen"
#endif
}

/* The gradient of x; v is y, of SILU x. */
static inline floatV through(floatV v, floatV dy, float slope)
{
#if defined RELU
    return v <= SPLATV(0.0f) ? SPLATV(0.0f) : dy;
#elif defined LEAKY_RELU
    return v > SPLATV(0.0f) ? dy : dy * SPLATV(slope);
#elif defined SIGMOID
    return dy * (v * (SPLATV(1.0f) - v));
#else
    const floatV s = SPLATV(1.0f) / (SPLATV(1.0f) + exp(-v));
    return dy * (s * FMA(v, SPLATV(1.0f) - s, SPLATV(1.0f)));
#endif
}

/* Launch: global (vectors of an image, images). y may be x. */
__kernel void activations_fwd(__global const storedX *x /* (E) */, __global storedY *y /* (E) */, float slope,
                              int stream /* y is too large for a cache */)
{
    const uint i = get_global_id(1) * get_global_size(0) + get_global_id(0);
    const floatV v = activated(LOADX(x, i), slope);
    if (stream)
        STREAMY(v, y, i);
    else
        STOREY(v, y, i);
}

#ifdef SILU
#define storedRead      storedX
#define LOAD_READ(p, i) LOADX(p, i)
#else
#define storedRead      storedY
#define LOAD_READ(p, i) LOADY(p, i)
#endif

/* Launch: global (vectors of an image, images). dx may be dy. */
__kernel void activations_bwd(__global const storedRead *v /* (E): y, of SILU x */,
                              __global const storedY *dy /* (E) */, __global storedX *dx /* (E) */,
                              float slope, int accumulate /* not 0: adds to dx */)
{
    const uint i = get_global_id(1) * get_global_size(0) + get_global_id(0);
    floatV g = through(LOAD_READ(v, i), LOADY(dy, i), slope);
    if (accumulate) g += LOADX(dx, i);
    STOREX(g, dx, i);
}
