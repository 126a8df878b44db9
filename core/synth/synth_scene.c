/* The scene as a camera sees it. */
#include "synth_scene.h"

#include <math.h>
#include <string.h>

/* Ids of what is seen; see scene_sample. */
enum { ID_BACKDROP = 0, ID_BEHIND = 100, ID_PET = 200, ID_FRONT = 300 };

static void draw_light(synth_scene *out, sw_rng *rng)
{
    float side = sw_rng_uniform(rng, -0.8f, 0.8f), down = sw_rng_uniform(rng, -0.8f, 0.1f);
    float z = sw_rng_uniform(rng, 0.5f, 0.9f), length = sqrtf(side * side + down * down + z * z);
    out->light[0] = side / length;
    out->light[1] = down / length;
    out->light[2] = z / length;
    out->ambient = sw_rng_uniform(rng, 0.3f, 0.65f);
    out->exposure = sw_rng_uniform(rng, 0.8f, 1.2f);
    out->contrast = sw_rng_uniform(rng, 0.8f, 1.15f);
    float warm = sw_rng_uniform(rng, -0.07f, 0.07f), green = sw_rng_uniform(rng, -0.03f, 0.03f);
    out->tint = (rgb){1 + warm, 1 + green, 1 - warm};
    out->vignette = sw_rng_chance(rng, 0.4f) ? sw_rng_uniform(rng, 0.2f, 0.7f) : 0;
    out->grain = sw_rng_uniform(rng, 0.005f, 0.045f);
    out->beam = sw_rng_chance(rng, 0.25f) ? sw_rng_uniform(rng, 0.15f, 0.45f) : 0;
    out->beam_x = sw_rng_uniform(rng, -12, 12);
    out->beam_y = sw_rng_uniform(rng, -12, 12);
}

void scene_make(synth_scene *out, uint64_t seed, uint32_t number)
{
    sw_rng rng = sw_rng_at(seed, SW_RNG_SYNTH, number);
    memset(out, 0, sizeof *out);
    out->seed = sw_rng_u32(&rng);
    draw_light(out, &rng);
    backdrop_make(&out->backdrop, &rng);
    pet_make(&out->pet, &rng);
    scene_add_things(out, &rng);
}

/* The soft shadow the pet casts on what it stands on. */
static float pet_shadow(const synth_scene *scene, vec2 p)
{
    vec2 q = pet_space(&scene->pet, p);
    float x = (q.x - (scene->pet.mirrored ? 0.25f : -0.25f) * scene->light[0]) / 0.85f;
    float y = (q.y - scene->pet.ground) / 0.14f;
    return 1 - 0.5f * expf(-(x * x + y * y));
}

static int find_front(const synth_scene *scene, vec2 p)
{
    for (int i = scene->front_count - 1; i >= 0; i--)
        if (shape_distance(&scene->front[i].shape, p) < 0) return i;
    return -1;
}

static scene_sample look_behind(const synth_scene *scene, vec2 p)
{
    float shadow = pet_shadow(scene, p);
    for (int i = scene->behind_count - 1; i >= 0; i--) {
        if (shape_distance(&scene->behind[i].shape, p) >= 0) continue;
        rgb color = thing_color(&scene->behind[i], p, scene->light, scene->ambient);
        return (scene_sample){rgb_scale(color, shadow), ID_BEHIND + i};
    }
    return (scene_sample){rgb_scale(backdrop_color(&scene->backdrop, p), shadow), ID_BACKDROP};
}

/* What light and lens do to everything alike. */
static rgb develop(const synth_scene *scene, vec2 p, rgb color)
{
    float x = p.x - 0.5f, y = p.y - 0.5f,
          gain = scene->exposure * (1 - scene->vignette * (x * x + y * y) * 2);
    if (scene->beam > 0)
        gain *= 1 - scene->beam * smooth_step(-0.3f, 0.3f, sinf(scene->beam_x * p.x + scene->beam_y * p.y));
    color =
        (rgb){color.r * scene->tint.r * gain, color.g * scene->tint.g * gain, color.b * scene->tint.b * gain};
    rgb middle = {0.45f, 0.45f, 0.45f};
    return rgb_mix(middle, color, scene->contrast);
}

scene_sample scene_look(const synth_scene *scene, vec2 p)
{
    scene_sample sample;
    int front = find_front(scene, p);
    vec2 q = pet_space(&scene->pet, p);
    pet_hit hit = front < 0 ? pet_look(&scene->pet, q) : (pet_hit){.layer = -1};
    if (front >= 0)
        sample = (scene_sample){thing_color(&scene->front[front], p, scene->light, scene->ambient),
                                ID_FRONT + front};
    else if (hit.layer >= 0)
        sample =
            (scene_sample){pet_color(&scene->pet, q, &hit, scene->light, scene->ambient), ID_PET + hit.layer};
    else
        sample = look_behind(scene, p);
    sample.color = develop(scene, p, sample.color);
    return sample;
}

bool scene_sees_pet(const scene_sample *sample)
{
    return sample->id >= ID_PET && sample->id < ID_FRONT;
}
