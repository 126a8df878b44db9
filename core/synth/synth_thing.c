/* Furniture and cushions behind the pet; posts, balls and plants before it. */
#include <math.h>

#include "synth_scene.h"

rgb thing_color(const synth_thing *thing, vec2 p, const float light[3], float ambient)
{
    float distance = shape_distance(&thing->shape, p), pattern = 0, shade = 1;
    switch (thing->paint) {
    case PAINT_STRIPED:
        pattern = smooth_step(-0.2f, 0.2f, sinf(55 * (p.x * 0.8f + p.y * 0.6f)));
        break;
    case PAINT_MOTTLED:
        pattern = smooth_step(-0.1f, 0.2f, noise_fractal((vec2){p.x * 9, p.y * 9}, 3, thing->seed));
        break;
    case PAINT_FURRY:
        shade = 1 + 0.25f * noise_at((vec2){p.x * 22, p.y * 60}, thing->seed);
        break;
    case PAINT_PLAIN:
    case PAINT_KINDS:
        shade = 1 + 0.06f * noise_at((vec2){p.x * 30, p.y * 30}, thing->seed);
        break;
    }
    const float step = 0.003f;
    float dx = shape_distance(&thing->shape, (vec2){p.x + step, p.y}) - distance;
    float dy = shape_distance(&thing->shape, (vec2){p.x, p.y + step}) - distance;
    float lit = bulge_light(dx, dy, distance, thing->thickness, light, ambient, 1.1f);
    return rgb_scale(rgb_mix(thing->color, thing->second, pattern), lit * shade);
}

static rgb draw_thing_color(sw_rng *rng)
{
    if (sw_rng_chance(rng, 0.6f)) return pet_fur_color(rng);
    return draw_color(rng, (rgb){0.1f, 0.1f, 0.1f}, (rgb){0.9f, 0.8f, 0.85f});
}

static synth_thing *add_thing(synth_thing *things, int *count, synth_shape shape, float thickness,
                              sw_rng *rng)
{
    synth_thing *added = &things[(*count)++];
    added->shape = shape;
    added->thickness = thickness;
    added->color = draw_thing_color(rng);
    added->second = draw_thing_color(rng);
    added->paint = (thing_paint)sw_rng_below(rng, PAINT_KINDS);
    added->seed = sw_rng_u32(rng);
    return added;
}

/* Cushions, boxes, stones, logs: some have the size, the colours and the texture of a pet's body. */
static void add_behind(synth_scene *scene, sw_rng *rng)
{
    int count = (int)sw_rng_below(rng, SCENE_MAX_BEHIND - 1);
    for (int i = 0; i < count; i++) {
        float x = sw_rng_float(rng), y = sw_rng_uniform(rng, 0.25f, 1);
        float width = sw_rng_uniform(rng, 0.05f, 0.28f), height = sw_rng_uniform(rng, 0.05f, 0.25f);
        float angle = sw_rng_uniform(rng, -0.4f, 0.4f);
        synth_shape shape;
        switch (sw_rng_below(rng, 3)) {
        case 0:
            shape = shape_ellipse(x, y, width, height, angle);
            break;
        case 1:
            shape = shape_box(x, y, width, height, angle * 0.3f, 0.02f);
            break;
        default:
            shape = shape_capsule((vec2){x, y}, (vec2){x + 2 * width, y + angle * width}, height * 0.4f,
                                  height * 0.3f);
        }
        add_thing(scene->behind, &scene->behind_count, shape, 0.4f * min_of(width, height), rng);
    }
}

static void add_posts(synth_scene *scene, sw_rng *rng)
{
    int count = 1 + (int)sw_rng_below(rng, 2);
    float width = sw_rng_uniform(rng, 0.02f, 0.05f), x = sw_rng_uniform(rng, 0.15f, 0.6f),
          angle = sw_rng_uniform(rng, -0.08f, 0.08f);
    for (int i = 0; i < count; i++)
        add_thing(scene->front, &scene->front_count,
                  shape_box(x + 0.3f * (float)i, 0.5f, width, 1, angle, 0.005f), width, rng);
    if (sw_rng_chance(rng, 0.4f)) {
        float y = sw_rng_uniform(rng, 0.5f, 0.85f);
        add_thing(scene->front, &scene->front_count, shape_box(0.5f, y, 1, width * 0.8f, angle, 0.005f),
                  width * 0.8f, rng);
    }
}

static void add_ball(synth_scene *scene, sw_rng *rng)
{
    float radius = sw_rng_uniform(rng, 0.05f, 0.13f), x = sw_rng_uniform(rng, 0.15f, 0.85f);
    float y = sw_rng_uniform(rng, 0.6f, 0.92f);
    add_thing(scene->front, &scene->front_count, shape_ellipse(x, y, radius, radius, 0), radius, rng);
}

static void add_plant(synth_scene *scene, sw_rng *rng)
{
    int leaves = 5 + (int)sw_rng_below(rng, 8);
    float root = sw_rng_uniform(rng, 0.1f, 0.9f), spread = sw_rng_uniform(rng, 0.1f, 0.35f);
    for (int i = 0; i < leaves; i++) {
        float x = root + sw_rng_uniform(rng, -0.5f, 0.5f) * spread, height = sw_rng_uniform(rng, 0.15f, 0.5f);
        float lean = sw_rng_uniform(rng, -1, 1) * spread, width = sw_rng_uniform(rng, 0.01f, 0.028f);
        synth_shape leaf = shape_triangle((vec2){x - width, 1.05f}, (vec2){x + width, 1.05f},
                                          (vec2){x + lean, 1 - height}, 0.004f);
        synth_thing *added = add_thing(scene->front, &scene->front_count, leaf, width, rng);
        float green = sw_rng_uniform(rng, 0.3f, 0.6f);
        added->color = (rgb){green * 0.6f, green, green * 0.35f};
        added->second = rgb_scale(added->color, 0.8f);
    }
}

/* A table edge, a blanket, a sill: what hides the feet */
static void add_ledge(synth_scene *scene, sw_rng *rng)
{
    float top = sw_rng_uniform(rng, 0.78f, 0.92f), angle = sw_rng_uniform(rng, -0.12f, 0.12f);
    add_thing(scene->front, &scene->front_count, shape_box(0.5f, top + 0.5f, 1.2f, 0.5f, angle, 0.02f), 0.05f,
              rng);
}

void scene_add_things(synth_scene *scene, sw_rng *rng)
{
    static void (*const kinds[])(synth_scene *, sw_rng *) = {add_posts, add_ball, add_plant, add_ledge};
    add_behind(scene, rng);
    if (sw_rng_chance(rng, 0.4f)) kinds[sw_rng_below(rng, sizeof kinds / sizeof kinds[0])](scene, rng);
}
