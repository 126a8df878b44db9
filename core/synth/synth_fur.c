/* Outline, fur, roundness and face of a figure at a point. */
#include <math.h>

#include "synth_pet.h"

/* Over how much more than the fillet the colours of two parts blend */
static const float TIP_BLEND = 0.03f;

/* Distance to the joined parts of a layer; *tip gets the mix of the parts near p. */
static float layer_distance(const synth_pet *pet, const pet_layer *layer, vec2 p, float *tip)
{
    const pet_part *part = &pet->parts[layer->first];
    float distance = shape_distance(&part->shape, p);
    float mixed = part->tip;
    for (int i = 1; i < layer->count; i++) {
        part++;
        /* Most parts are too far away to change anything; this test needs no square root */
        float x = p.x - part->shape.middle.x, y = p.y - part->shape.middle.y;
        float far = distance + part->fillet + TIP_BLEND + part->shape.reach;
        if (far > 0 && x * x + y * y > far * far) continue;
        float next = shape_distance(&part->shape, p);
        float share = clamp_unit(0.5f + 0.5f * (distance - next) / (part->fillet + TIP_BLEND));
        mixed += share * (part->tip - mixed);
        distance = smooth_min(distance, next, part->fillet);
    }
    *tip = mixed;
    return distance;
}

/* Tufts push the outline out and in. */
static bool covers(const pet_fur *fur, vec2 p, float distance)
{
    if (fabsf(distance) > 1.7f * fur->ragged) return distance < 0; /* no tuft is longer */
    return distance + fur->ragged * noise_at((vec2){p.x * 24, p.y * 24}, fur->seed + 11) +
               fur->ragged * 0.7f * noise_at((vec2){p.x * 55, p.y * 55}, fur->seed + 12) <
           0;
}

/* Beyond this distance a layer neither covers a point nor shades it. */
static const float SHADE_REACH = 0.25f;

static bool is_far(const pet_layer *layer, vec2 p)
{
    return p.x < layer->low.x - SHADE_REACH || p.x > layer->high.x + SHADE_REACH ||
           p.y < layer->low.y - SHADE_REACH || p.y > layer->high.y + SHADE_REACH;
}

pet_hit pet_look(const synth_pet *pet, vec2 p)
{
    pet_hit hit = {.layer = -1};
    for (int i = pet->layer_count - 1; i >= 0; i--) {
        hit.distances[i] =
            is_far(&pet->layers[i], p) ? SHADE_REACH : layer_distance(pet, &pet->layers[i], p, &hit.tip);
        if (!covers(&pet->fur, p, hit.distances[i])) continue;
        hit.layer = i;
        break;
    }
    return hit;
}

/* How much of the second colour the pattern has at p: 0..1 */
static float pattern_at(const pet_fur *fur, vec2 p, float tip)
{
    vec2 warped = {p.x + 0.12f * noise_at((vec2){p.x * 3, p.y * 3}, fur->seed + 1),
                   p.y + 0.12f * noise_at((vec2){p.x * 3, p.y * 3}, fur->seed + 2)};
    float f = fur->frequency;
    switch (fur->coat) {
    case PET_COAT_STRIPES: {
        float along = warped.x + fur->direction * warped.y;
        float wave = sinf(22 * f * along + 2 * noise_at((vec2){p.x * 2, p.y * 5}, fur->seed + 3));
        return smooth_step(-0.1f + fur->balance, 0.5f + fur->balance, wave);
    }
    case PET_COAT_SPOTS:
        return smooth_step(0.15f, 0.3f,
                           noise_at((vec2){warped.x * 7 * f, warped.y * 7 * f}, fur->seed + 4) +
                               fur->balance * 0.5f);
    case PET_COAT_PATCHES:
        return smooth_step(-0.04f, 0.04f,
                           noise_fractal((vec2){p.x * 1.6f * f, p.y * 1.6f * f}, 3, fur->seed + 5) +
                               fur->balance * 0.6f);
    case PET_COAT_POINTS:
        return smooth_step(0.35f, 0.9f, tip);
    case PET_COAT_PLAIN:
    case PET_COAT_BELLY:
    case PET_COATS:
        break;
    }
    return 0;
}

static rgb fur_color_at(const pet_fur *fur, vec2 p, float tip)
{
    rgb color = rgb_mix(fur->main, fur->second, pattern_at(fur, p, tip));
    if (fur->coat == PET_COAT_BELLY) {
        float border = 0.12f + 0.1f * noise_at((vec2){p.x * 4, p.y * 4}, fur->seed + 6);
        float low = smooth_step(border - 0.12f, border + 0.12f, p.y + 0.3f * fur->balance);
        color = rgb_mix(color, fur->belly, max_of(low, smooth_step(0.75f, 0.95f, tip) * 0.8f));
    }
    /* Single tufts: noise drawn out along a direction that wanders over the body */
    float sweep = 0.6f * noise_at((vec2){p.x * 1.7f, p.y * 1.7f}, fur->seed + 7);
    vec2 lying = {p.x + sweep * p.y, p.y - sweep * p.x};
    float streak = noise_at((vec2){lying.x * fur->streak_frequency * 0.35f, lying.y * fur->streak_frequency},
                            fur->seed + 8);
    float broad = noise_at((vec2){p.x * 5, p.y * 5}, fur->seed + 9);
    return rgb_scale(color, 1 + fur->streaks * streak + 0.08f * broad);
}

static float light_on(const synth_pet *pet, const pet_layer *layer, vec2 p, float distance,
                      const float light[3], float ambient)
{
    const float step = 0.01f;
    float unused;
    float dx = layer_distance(pet, layer, (vec2){p.x + step, p.y}, &unused) - distance;
    float dy = layer_distance(pet, layer, (vec2){p.x, p.y + step}, &unused) - distance;
    if (pet->mirrored) dx = -dx; /* light comes from a side of the picture, not of the animal */
    return bulge_light(dx, dy, distance, layer->thickness, light, ambient, 1.15f) * layer->light;
}

/* The layers in front keep light from what lies right behind their edges. */
static float shade_of_layers_above(const synth_pet *pet, const pet_hit *hit)
{
    float shade = 1;
    for (int i = hit->layer + 1; i < pet->layer_count; i++)
        if (hit->distances[i] < SHADE_REACH) shade *= 1 - 0.45f * expf(-max_of(hit->distances[i], 0) / 0.05f);
    return shade;
}

static rgb eye_color(const synth_pet *pet, const synth_shape *eye, vec2 p, rgb fur)
{
    float size = eye->b.x, distance = shape_distance(eye, p);
    if (distance > size * 0.25f) return fur;
    rgb dark = {0.05f, 0.04f, 0.04f};
    if (distance > -size * 0.1f) return dark; /* rim */
    float dx = (p.x - eye->a.x) / size, dy = (p.y - eye->a.y) / size;
    if ((dx + 0.3f) * (dx + 0.3f) + (dy + 0.35f) * (dy + 0.35f) < 0.06f) return (rgb){1, 1, 1};
    float pupil = dx * dx / (0.3f * pet->slit * pet->slit) + dy * dy / 0.42f;
    return pupil < 1 ? dark : pet->iris;
}

static rgb paint_face(const synth_pet *pet, vec2 p, rgb color)
{
    for (int i = 0; i < pet->feature_count; i++) {
        const pet_feature *feature = &pet->features[i];
        if (feature->kind == PET_EYE) {
            color = eye_color(pet, &feature->shape, p, color);
        } else if (shape_distance(&feature->shape, p) < 0) {
            rgb pink = {0.8f, 0.55f, 0.5f}, dark = {0.13f, 0.09f, 0.09f};
            color = feature->kind == PET_INNER_EAR ? rgb_mix(color, pink, 0.55f) : dark;
        }
    }
    return color;
}

rgb pet_color(const synth_pet *pet, vec2 p, const pet_hit *hit, const float light[3], float ambient)
{
    rgb color = fur_color_at(&pet->fur, p, hit->tip);
    if (hit->layer == pet->layer_count - 1) color = paint_face(pet, p, color);
    float lit = light_on(pet, &pet->layers[hit->layer], p, hit->distances[hit->layer], light, ambient);
    return rgb_scale(color, lit * shade_of_layers_above(pet, hit));
}
