/* What the synthetic pictures are made of: plane shapes by their signed distance, colours, and noise that is
 * a function of place and seed. Lengths are in whatever space the caller uses; y points down as in pictures.
 */
#ifndef SYNTH_SYNTH_SHAPE_H
#define SYNTH_SYNTH_SHAPE_H

#include <math.h>
#include <stdint.h>

typedef struct vec2 {
    float x, y;
} vec2;

typedef struct rgb {
    float r, g, b; /* 0..1, but sums on the way may leave it */
} rgb;

typedef enum shape_kind { SHAPE_ELLIPSE, SHAPE_CAPSULE, SHAPE_TRIANGLE, SHAPE_BOX } shape_kind;

typedef struct synth_shape {
    shape_kind kind;
    vec2 a, b, c;       /* ellipse, box: centre a, half-axes b; capsule: from a to b; triangle: corners */
    vec2 inverse;       /* ellipse: 1 / half-axes */
    float cosine, sine; /* ellipse, box: of the angle it is turned by */
    float ra, rb;       /* capsule: radius at a and at b; triangle, box: rounding ra */
    vec2 middle;        /* a circle that holds it */
    float reach;
} synth_shape;

synth_shape shape_ellipse(float x, float y, float half_width, float half_height, float angle);
synth_shape shape_box(float x, float y, float half_width, float half_height, float angle, float rounding);
synth_shape shape_capsule(vec2 from, vec2 to, float radius_from, float radius_to);
synth_shape shape_triangle(vec2 a, vec2 b, vec2 c, float rounding);

/* Below 0 inside. The zero line is exact; elsewhere a good estimate of the distance. */
float shape_distance(const synth_shape *shape, vec2 p);

/* The small ones are inline: they are called some thousand times a pixel. */
static inline float min_of(float a, float b)
{
    return a < b ? a : b;
}

static inline float max_of(float a, float b)
{
    return a > b ? a : b;
}

/* to 0..1 */
static inline float clamp_unit(float x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* The smaller, with a fillet of size k where both are close. */
static inline float smooth_min(float a, float b, float k)
{
    float overlap = max_of(k - fabsf(a - b), 0);
    return min_of(a, b) - overlap * overlap / (4 * k);
}

/* 0 below `low`, 1 above `high`, smooth between. */
static inline float smooth_step(float low, float high, float x)
{
    float t = clamp_unit((x - low) / (high - low));
    return t * t * (3 - 2 * t);
}

static inline vec2 vec2_add(vec2 a, vec2 b)
{
    return (vec2){a.x + b.x, a.y + b.y};
}

static inline vec2 vec2_scale(vec2 a, float s)
{
    return (vec2){a.x * s, a.y * s};
}

static inline float vec2_length(vec2 a)
{
    return sqrtf(a.x * a.x + a.y * a.y);
}

static inline rgb rgb_mix(rgb a, rgb b, float t)
{
    return (rgb){a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b)};
}

static inline rgb rgb_scale(rgb a, float s)
{
    return (rgb){a.r * s, a.g * s, a.b * s};
}

/* Light on a shape that bulges towards the viewer, flat beyond `thickness` from its outline: `ambient` at
 * least and `most` where it faces the light. `distance` is that to the outline, (dx, dy) how it grows along x
 * and y. */
float bulge_light(float dx, float dy, float distance, float thickness, const float light[3], float ambient,
                  float most);

/* 0..1, unrelated from one (x, y, seed) to the next */
float noise_hash(int32_t x, int32_t y, uint32_t seed);
/* -1..1, smooth, changing over about 1 */
float noise_at(vec2 p, uint32_t seed);
/* -1..1, `octaves` noises of doubling frequency and halving strength */
float noise_fractal(vec2 p, int octaves, uint32_t seed);

#endif
