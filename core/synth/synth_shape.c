#include "synth_shape.h"

#include <math.h>

static float distance_between(vec2 a, vec2 b)
{
    return vec2_length((vec2){a.x - b.x, a.y - b.y});
}

/* Floor without a call: the library's is one where the processor's own instruction may not be assumed. */
static int32_t floor_of(float x)
{
    int32_t whole = (int32_t)x;
    return whole - (x < (float)whole);
}

synth_shape shape_ellipse(float x, float y, float half_width, float half_height, float angle)
{
    return (synth_shape){.kind = SHAPE_ELLIPSE,
                         .a = {x, y},
                         .b = {half_width, half_height},
                         .inverse = {1 / half_width, 1 / half_height},
                         .cosine = cosf(angle),
                         .sine = sinf(angle),
                         .middle = {x, y},
                         .reach = max_of(half_width, half_height)};
}

synth_shape shape_box(float x, float y, float half_width, float half_height, float angle, float rounding)
{
    synth_shape box = shape_ellipse(x, y, half_width, half_height, angle);
    box.kind = SHAPE_BOX;
    box.ra = rounding;
    box.reach = vec2_length(box.b);
    return box;
}

synth_shape shape_capsule(vec2 from, vec2 to, float radius_from, float radius_to)
{
    vec2 middle = vec2_scale(vec2_add(from, to), 0.5f);
    return (synth_shape){.kind = SHAPE_CAPSULE,
                         .a = from,
                         .b = to,
                         .ra = radius_from,
                         .rb = radius_to,
                         .middle = middle,
                         .reach = distance_between(middle, from) + max_of(radius_from, radius_to)};
}

synth_shape shape_triangle(vec2 a, vec2 b, vec2 c, float rounding)
{
    vec2 middle = vec2_scale(vec2_add(vec2_add(a, b), c), 1.0f / 3);
    float reach =
        max_of(distance_between(middle, a), max_of(distance_between(middle, b), distance_between(middle, c)));
    return (synth_shape){.kind = SHAPE_TRIANGLE,
                         .a = a,
                         .b = b,
                         .c = c,
                         .ra = rounding,
                         .middle = middle,
                         .reach = reach + rounding};
}

/* p in the shape's own axes, from its centre */
static vec2 in_its_axes(const synth_shape *shape, vec2 p)
{
    float x = p.x - shape->a.x, y = p.y - shape->a.y;
    return (vec2){shape->cosine * x + shape->sine * y, shape->cosine * y - shape->sine * x};
}

static float ellipse_distance(const synth_shape *shape, vec2 p)
{
    vec2 q = in_its_axes(shape, p);
    float u = q.x * shape->inverse.x, v = q.y * shape->inverse.y;
    float du = u * shape->inverse.x, dv = v * shape->inverse.y;
    float level = sqrtf(u * u + v * v), slope = sqrtf(du * du + dv * dv);
    /* First-order: how far the level is from 1, over how fast it grows here */
    return slope > 1e-6f ? level * (level - 1) / slope : -min_of(shape->b.x, shape->b.y);
}

/* Distance to the line from `from` to `to`; *t: where on it the nearest point lies, from 0 to 1. */
static float line_distance(float *t, vec2 p, vec2 from, vec2 to)
{
    vec2 along = {to.x - from.x, to.y - from.y}, q = {p.x - from.x, p.y - from.y};
    *t = clamp_unit((q.x * along.x + q.y * along.y) / (along.x * along.x + along.y * along.y + 1e-12f));
    return vec2_length((vec2){q.x - *t * along.x, q.y - *t * along.y});
}

static float capsule_distance(const synth_shape *shape, vec2 p)
{
    float t, distance = line_distance(&t, p, shape->a, shape->b);
    return distance - (shape->ra + t * (shape->rb - shape->ra));
}

/* Distance to the side from `from` to `to`; *sign becomes 1 when p is on its other side. */
static float side_distance(vec2 p, vec2 from, vec2 to, float orientation, float *sign)
{
    float unused;
    if (((to.x - from.x) * (p.y - from.y) - (to.y - from.y) * (p.x - from.x)) * orientation < 0) *sign = 1;
    return line_distance(&unused, p, from, to);
}

static float triangle_distance(const synth_shape *shape, vec2 p)
{
    vec2 a = shape->a, b = shape->b, c = shape->c;
    float orientation = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x), sign = -1;
    float ab = side_distance(p, a, b, orientation, &sign);
    float bc = side_distance(p, b, c, orientation, &sign);
    float ca = side_distance(p, c, a, orientation, &sign);
    return sign * min_of(ab, min_of(bc, ca)) - shape->ra;
}

static float box_distance(const synth_shape *shape, vec2 p)
{
    vec2 q = in_its_axes(shape, p);
    float dx = fabsf(q.x) - shape->b.x + shape->ra, dy = fabsf(q.y) - shape->b.y + shape->ra;
    float outside = vec2_length((vec2){max_of(dx, 0), max_of(dy, 0)});
    return outside + min_of(max_of(dx, dy), 0) - shape->ra;
}

float shape_distance(const synth_shape *shape, vec2 p)
{
    static float (*const distances[])(const synth_shape *, vec2) = {[SHAPE_ELLIPSE] = ellipse_distance,
                                                                    [SHAPE_CAPSULE] = capsule_distance,
                                                                    [SHAPE_TRIANGLE] = triangle_distance,
                                                                    [SHAPE_BOX] = box_distance};
    return distances[shape->kind](shape, p);
}

float bulge_light(float dx, float dy, float distance, float thickness, const float light[3], float ambient,
                  float most)
{
    float length = sqrtf(dx * dx + dy * dy) + 1e-9f;
    float slant = 1 - clamp_unit(-distance / thickness), flat = sqrtf(1 - slant * slant);
    float facing = slant * (dx * light[0] + dy * light[1]) / length + flat * light[2];
    return ambient + (most - ambient) * max_of(facing, 0);
}

float noise_hash(int32_t x, int32_t y, uint32_t seed)
{
    uint32_t h = seed ^ ((uint32_t)x * 0x8da6b343u) ^ ((uint32_t)y * 0xd8163841u);
    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    h ^= h >> 16;
    return (float)(h >> 8) * 0x1p-24f;
}

float noise_at(vec2 p, uint32_t seed)
{
    int32_t x = floor_of(p.x), y = floor_of(p.y);
    float u = p.x - (float)x, v = p.y - (float)y;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    float a = noise_hash(x, y, seed), b = noise_hash(x + 1, y, seed);
    float c = noise_hash(x, y + 1, seed), d = noise_hash(x + 1, y + 1, seed);
    return 2 * (a + u * (b - a) + v * (c - a) + u * v * (a - b - c + d)) - 1;
}

float noise_fractal(vec2 p, int octaves, uint32_t seed)
{
    float sum = 0, strength = 0.5f;
    for (int i = 0; i < octaves; i++, strength *= 0.5f) {
        sum += strength * noise_at(p, seed + (uint32_t)i);
        p = (vec2){2 * p.x + 17.3f, 2 * p.y - 9.1f};
    }
    return sum / (1 - 2 * strength); /* the sum of all strengths */
}
