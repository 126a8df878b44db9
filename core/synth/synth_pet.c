/* Poses and proportions: how a figure is put together. Its fur and face are painted in synth_fur.c. */
#include "synth_pet.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Proportions that vary from one animal to the next; 1 is the average one. */
typedef struct synth_traits {
    float legs, bulk, head, muzzle, tail_width, tail_curl, ear;
} synth_traits;

static void add_part(synth_pet *pet, synth_shape shape, float fillet, float tip)
{
    assert(pet->part_count < PET_MAX_PARTS && pet->layer_count > 0);
    pet->parts[pet->part_count++] = (pet_part){shape, fillet, tip};
    pet_layer *layer = &pet->layers[pet->layer_count - 1];
    layer->count++;
    float reach = shape.reach + 0.25f * fillet + 2 * pet->fur.ragged;
    layer->low.x = min_of(layer->low.x, shape.middle.x - reach);
    layer->low.y = min_of(layer->low.y, shape.middle.y - reach);
    layer->high.x = max_of(layer->high.x, shape.middle.x + reach);
    layer->high.y = max_of(layer->high.y, shape.middle.y + reach);
}

static void begin_layer(synth_pet *pet, float thickness, float light)
{
    assert(pet->layer_count < PET_MAX_LAYERS);
    pet->layers[pet->layer_count++] = (pet_layer){.first = pet->part_count,
                                                  .thickness = thickness,
                                                  .light = light,
                                                  .low = {100, 100},
                                                  .high = {-100, -100}};
}

static void add_feature(synth_pet *pet, pet_feature_kind kind, synth_shape shape)
{
    assert(pet->feature_count < PET_MAX_FEATURES);
    pet->features[pet->feature_count++] = (pet_feature){kind, shape};
}

/* Hip or shoulder, knee, foot */
static void add_leg(synth_pet *pet, vec2 top, vec2 knee, vec2 foot, float width)
{
    add_part(pet, shape_capsule(top, knee, width * 1.5f, width), 0.12f, 0.1f);
    add_part(pet, shape_capsule(knee, foot, width, width * 0.8f), 0.06f, 0.6f);
    add_part(pet, shape_ellipse(foot.x + width * 0.5f, foot.y, width * 1.4f, width * 0.75f, 0), 0.04f, 1);
}

static vec2 curve_at(const vec2 points[3], float t)
{
    float a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
    return (vec2){a * points[0].x + b * points[1].x + c * points[2].x,
                  a * points[0].y + b * points[1].y + c * points[2].y};
}

/* A chain of capsules along the curve that begins at points[0], bends towards points[1] and ends at points[2]
 */
static void add_tail(synth_pet *pet, const vec2 points[3], float width)
{
    enum { PIECES = 5 };
    for (int i = 0; i < PIECES; i++) {
        float t = (float)i / PIECES, next = (float)(i + 1) / PIECES;
        add_part(pet,
                 shape_capsule(curve_at(points, t), curve_at(points, next), width * (1 - 0.45f * t),
                               width * (1 - 0.45f * next)),
                 0.05f, 0.2f + 0.8f * t);
    }
}

static void add_eye(synth_pet *pet, float x, float y, float size)
{
    add_feature(pet, PET_EYE, shape_ellipse(x, y, size * 1.1f, size, 0));
}

/* side -1 or 1: which side of the head; 0.6 along a head seen from the side */
static void add_ear(synth_pet *pet, vec2 head, float r, float side, const synth_traits *traits, bool inner)
{
    float size = r * traits->ear;
    if (pet->ears == PET_EARS_POINTED) {
        vec2 tip = {head.x + side * r * 0.75f, head.y - r * 0.62f - size * 0.85f};
        vec2 outer = {head.x + side * r * 0.95f, head.y - r * 0.15f};
        vec2 base = {head.x + side * r * 0.12f, head.y - r * 0.8f};
        add_part(pet, shape_triangle(tip, outer, base, r * 0.06f), r * 0.12f, 0.95f);
        if (!inner) return;
        vec2 middle = vec2_scale(vec2_add(vec2_add(tip, outer), base), 1.0f / 3);
        vec2 corners[3] = {tip, outer, base};
        for (int i = 0; i < 3; i++)
            corners[i] = vec2_add(vec2_scale(corners[i], 0.55f), vec2_scale(middle, 0.45f));
        add_feature(pet, PET_INNER_EAR, shape_triangle(corners[0], corners[1], corners[2], 0.01f));
    } else if (pet->ears == PET_EARS_FLOPPY) {
        vec2 root = {head.x + side * r * 0.72f, head.y - r * 0.55f};
        vec2 end = {head.x + side * r * 1.08f, head.y - r * 0.5f + size * 1.25f};
        add_part(pet, shape_capsule(root, end, r * 0.2f, r * 0.33f), r * 0.1f, 0.95f);
    } else {
        add_part(pet,
                 shape_ellipse(head.x + side * r * 0.72f, head.y - r * 0.78f, size * 0.42f, size * 0.42f, 0),
                 r * 0.08f, 0.95f);
    }
}

/* A head that looks at the viewer, turned a little aside by `turn` (-0.3..0.3) */
static void add_front_head(synth_pet *pet, vec2 at, float r, float turn, const synth_traits *traits)
{
    begin_layer(pet, r * 0.75f, 1);
    float shift = turn * r;
    add_part(pet, shape_ellipse(at.x, at.y, r * 1.02f, r * 0.94f, 0), 0.02f, 0.1f);
    add_part(pet, shape_ellipse(at.x + shift * 0.6f, at.y + r * 0.38f, r * 0.72f, r * 0.55f, 0), r * 0.3f,
             0.25f);
    add_ear(pet, at, r, -1, traits, true);
    add_ear(pet, at, r, 1, traits, true);
    float muzzle = r * (0.22f + 0.12f * traits->muzzle);
    add_part(pet, shape_ellipse(at.x + shift, at.y + r * 0.5f, muzzle * 1.25f, muzzle, 0), r * 0.15f, 0.9f);
    float eye = r * 0.16f, gap = r * 0.42f;
    add_eye(pet, at.x + shift - gap, at.y - r * 0.08f, eye);
    add_eye(pet, at.x + shift + gap, at.y - r * 0.08f, eye);
    float nose_y = at.y + r * 0.34f;
    add_feature(pet, PET_MOUTH,
                shape_capsule((vec2){at.x + shift, nose_y}, (vec2){at.x + shift, nose_y + r * 0.28f},
                              r * 0.02f, r * 0.02f));
    add_feature(pet, PET_NOSE, shape_ellipse(at.x + shift, nose_y, r * 0.13f, r * 0.09f, 0));
}

/* A head that looks to the right */
static void add_side_head(synth_pet *pet, vec2 at, float r, const synth_traits *traits)
{
    begin_layer(pet, r * 0.75f, 1);
    add_part(pet, shape_ellipse(at.x, at.y, r, r * 0.92f, 0), 0.02f, 0.1f);
    float reach = r * (0.65f + 0.5f * traits->muzzle), height = r * (0.32f + 0.08f * traits->muzzle);
    vec2 snout = {at.x + reach, at.y + r * 0.3f};
    add_part(pet, shape_capsule((vec2){at.x + r * 0.3f, at.y + r * 0.2f}, snout, r * 0.55f, height),
             r * 0.25f, 0.8f);
    add_ear(pet, (vec2){at.x - r * 0.45f, at.y}, r * 0.95f, 0.55f, traits, false);
    add_eye(pet, at.x + r * 0.42f, at.y - r * 0.15f, r * 0.15f);
    add_feature(pet, PET_NOSE,
                shape_ellipse(snout.x + height * 0.75f, snout.y - height * 0.35f, r * 0.13f, r * 0.12f, 0));
    add_feature(pet, PET_MOUTH,
                shape_capsule((vec2){snout.x - reach * 0.25f, snout.y + height * 0.45f},
                              (vec2){snout.x + height * 0.8f, snout.y + height * 0.3f}, r * 0.02f,
                              r * 0.015f));
}

/* A drawn number per joint, so that no two animals stand alike */
static float wobble(sw_rng *rng, float strength)
{
    return sw_rng_uniform(rng, -strength, strength);
}

static void make_standing(synth_pet *pet, const synth_traits *traits, sw_rng *rng)
{
    float bulk = 0.30f * traits->bulk, legs = 0.62f * traits->legs, floor = 0.15f + legs;
    float width = 0.085f * (0.6f + 0.4f * traits->bulk);
    float strides[4];
    for (int i = 0; i < 4; i++) strides[i] = wobble(rng, 0.16f);
    float head_rise = sw_rng_uniform(rng, 0.15f, 0.5f);
    float tail_rise = wobble(rng, 0.55f);

    begin_layer(pet, 0.1f, 0.72f); /* the far side and the tail */
    vec2 tail[3] = {
        {-0.6f, -0.12f}, {-0.95f, -0.1f - tail_rise}, {-1.0f + 0.3f * traits->tail_curl, -0.2f - tail_rise}};
    add_tail(pet, tail, 0.07f * traits->tail_width);
    add_leg(pet, (vec2){0.48f, 0.12f}, (vec2){0.5f + strides[0] * 0.5f, 0.15f + legs * 0.5f},
            (vec2){0.5f + strides[0], floor - 0.05f}, width);
    add_leg(pet, (vec2){-0.36f, 0.12f}, (vec2){-0.34f + strides[1] * 0.4f, 0.15f + legs * 0.45f},
            (vec2){-0.4f + strides[1], floor - 0.05f}, width);

    begin_layer(pet, bulk * 0.8f, 1);
    add_part(pet, shape_ellipse(0, 0, 0.62f, bulk, 0), 0.02f, 0);
    add_part(pet, shape_ellipse(0.38f, 0.02f, 0.28f, bulk * 1.05f, 0), 0.1f, 0);
    add_part(pet, shape_ellipse(-0.42f, 0, 0.28f, bulk, 0), 0.1f, 0);
    add_leg(pet, (vec2){0.38f, 0.12f}, (vec2){0.38f + strides[2] * 0.5f, 0.15f + legs * 0.5f},
            (vec2){0.36f + strides[2], floor}, width);
    add_leg(pet, (vec2){-0.48f, 0.1f}, (vec2){-0.42f + strides[3] * 0.4f, 0.15f + legs * 0.4f},
            (vec2){-0.54f + strides[3], floor}, width);
    float r = 0.25f * traits->head;
    vec2 head = {0.7f, -0.1f - head_rise};
    add_part(
        pet,
        shape_capsule((vec2){0.42f, -0.08f}, (vec2){head.x - 0.08f, head.y + 0.05f}, bulk * 0.8f, r * 0.75f),
        0.12f, 0.05f);
    if (sw_rng_chance(rng, 0.35f))
        add_front_head(pet, head, r * 1.05f, wobble(rng, 0.25f), traits);
    else
        add_side_head(pet, head, r, traits);
    pet->ground = floor + 0.05f;
}

static void make_sitting(synth_pet *pet, const synth_traits *traits, sw_rng *rng)
{
    float bulk = traits->bulk, spread = sw_rng_uniform(rng, 0.1f, 0.2f), floor = 0.82f;
    float side = sw_rng_chance(rng, 0.5f) ? 1.0f : -1.0f;
    begin_layer(pet, 0.1f, 0.85f);
    vec2 tail[3] = {
        {side * 0.3f, 0.7f}, {side * (0.7f + 0.2f * traits->tail_curl), 0.85f}, {side * 0.72f, 0.4f}};
    add_tail(pet, tail, 0.075f * traits->tail_width);

    begin_layer(pet, 0.3f * bulk, 1);
    add_part(pet, shape_ellipse(0, 0.2f, 0.37f * bulk, 0.52f, 0), 0.02f, 0);
    add_part(pet, shape_ellipse(-0.28f * bulk, 0.58f, 0.26f * bulk, 0.27f, 0.3f), 0.12f, 0);
    add_part(pet, shape_ellipse(0.28f * bulk, 0.58f, 0.26f * bulk, 0.27f, -0.3f), 0.12f, 0);
    float width = 0.085f * (0.5f + 0.5f * bulk);
    for (int i = -1; i <= 1; i += 2) {
        float s = (float)i;
        add_part(pet, shape_ellipse(s * 0.42f * bulk, floor - 0.02f, 0.15f, 0.08f, 0), 0.05f, 0.9f);
        add_leg(pet, (vec2){s * spread, 0.25f}, (vec2){s * spread, 0.55f}, (vec2){s * spread, floor}, width);
    }
    float r = 0.36f * traits->head;
    float aside = wobble(rng, 0.12f), turn = wobble(rng, 0.25f);
    add_front_head(pet, (vec2){aside, -0.32f - r * 0.5f}, r, turn, traits);
    pet->ground = floor + 0.06f;
}

static void make_lying(synth_pet *pet, const synth_traits *traits, sw_rng *rng)
{
    float bulk = 0.3f * traits->bulk, floor = 0.42f;
    float reach = sw_rng_uniform(rng, 0.15f, 0.4f), head_rise = sw_rng_uniform(rng, 0.05f, 0.35f);
    begin_layer(pet, 0.1f, 0.85f);
    vec2 tail[3] = {{-0.7f, 0.25f}, {-1.1f, 0.4f}, {-1.05f + 0.4f * traits->tail_curl, floor - 0.35f}};
    add_tail(pet, tail, 0.07f * traits->tail_width);

    begin_layer(pet, bulk * 0.85f, 1);
    add_part(pet, shape_ellipse(-0.1f, 0.42f - bulk, 0.7f, bulk, 0), 0.02f, 0);
    add_part(pet, shape_ellipse(-0.5f, 0.4f - bulk * 0.85f, 0.34f, bulk * 1.0f, 0), 0.1f, 0);
    add_part(pet, shape_ellipse(0.42f, 0.38f - bulk * 0.9f, 0.26f, bulk * 1.0f, 0), 0.1f, 0);
    add_part(pet, shape_capsule((vec2){-0.45f, floor - 0.06f}, (vec2){-0.15f, floor - 0.02f}, 0.12f, 0.075f),
             0.08f, 0.7f);
    add_part(pet,
             shape_capsule((vec2){0.35f, floor - 0.1f}, (vec2){0.55f + reach, floor - 0.03f}, 0.11f, 0.07f),
             0.08f, 0.8f);
    add_part(pet, shape_capsule((vec2){0.4f, floor}, (vec2){0.5f + reach * 0.8f, floor + 0.04f}, 0.1f, 0.07f),
             0.05f, 0.8f);
    float r = 0.29f * traits->head;
    vec2 head = {0.55f, 0.1f - head_rise};
    add_part(pet, shape_capsule((vec2){0.4f, 0.1f}, head, bulk * 0.85f, r * 0.8f), 0.1f, 0.05f);
    if (sw_rng_chance(rng, 0.6f))
        add_front_head(pet, head, r, wobble(rng, 0.3f), traits);
    else
        add_side_head(pet, head, r * 0.95f, traits);
    pet->ground = floor + 0.08f;
}

static void make_portrait(synth_pet *pet, const synth_traits *traits, sw_rng *rng)
{
    float aside = wobble(rng, 0.2f), turn = wobble(rng, 0.3f);
    bool from_the_side = sw_rng_chance(rng, 0.2f);
    begin_layer(pet, 0.35f, 1);
    add_part(pet, shape_ellipse(aside, 1.25f, 0.72f * traits->bulk, 0.85f, 0), 0.02f, 0);
    add_part(pet, shape_ellipse(aside * 0.5f, 0.6f, 0.42f * traits->bulk, 0.5f, 0), 0.2f, 0);
    if (from_the_side)
        add_side_head(pet, (vec2){0, 0}, 0.5f, traits);
    else
        add_front_head(pet, (vec2){0, 0}, 0.56f, turn, traits);
    pet->ground = 100;
}

/* Cats and dogs in the rough: a kind sets the range of every trait. */
static synth_traits draw_traits(synth_pet *pet, sw_rng *rng)
{
    synth_traits traits;
    bool cat = pet->cat = sw_rng_chance(rng, 0.45f);
    float ears = sw_rng_float(rng);
    pet->ears = cat ? (ears < 0.9f ? PET_EARS_POINTED : PET_EARS_ROUND)
                    : (ears < 0.55f   ? PET_EARS_FLOPPY
                       : ears < 0.85f ? PET_EARS_POINTED
                                      : PET_EARS_ROUND);
    pet->slit = cat ? sw_rng_uniform(rng, 0.25f, 0.8f) : sw_rng_uniform(rng, 0.8f, 1);
    traits.legs = cat ? sw_rng_uniform(rng, 0.75f, 1) : sw_rng_uniform(rng, 0.6f, 1.25f);
    traits.bulk = sw_rng_uniform(rng, 0.8f, 1.25f);
    traits.head = sw_rng_uniform(rng, 0.9f, 1.25f);
    traits.muzzle = cat ? sw_rng_uniform(rng, 0, 0.3f) : sw_rng_uniform(rng, 0.3f, 1);
    traits.tail_width = sw_rng_uniform(rng, 0.7f, 1.9f);
    traits.tail_curl = sw_rng_uniform(rng, -0.5f, 1.5f);
    traits.ear = sw_rng_uniform(rng, 0.6f, 1.1f);
    return traits;
}

rgb pet_fur_color(sw_rng *rng)
{
    static const rgb colors[] = {
        {0.10f, 0.09f, 0.09f}, {0.24f, 0.21f, 0.20f}, {0.42f, 0.41f, 0.42f}, {0.62f, 0.60f, 0.58f},
        {0.90f, 0.88f, 0.84f}, {0.86f, 0.76f, 0.60f}, {0.78f, 0.52f, 0.26f}, {0.60f, 0.38f, 0.20f},
        {0.38f, 0.23f, 0.13f}, {0.70f, 0.60f, 0.46f}, {0.45f, 0.47f, 0.52f}, {0.84f, 0.64f, 0.38f},
    };
    rgb color = colors[sw_rng_below(rng, sizeof colors / sizeof colors[0])];
    color.r += sw_rng_uniform(rng, -0.06f, 0.06f);
    color.g += sw_rng_uniform(rng, -0.05f, 0.05f);
    color.b += sw_rng_uniform(rng, -0.05f, 0.05f);
    return color;
}

static void draw_fur(synth_pet *pet, sw_rng *rng)
{
    static const rgb irises[] = {
        {0.75f, 0.6f, 0.15f}, {0.45f, 0.6f, 0.25f}, {0.35f, 0.55f, 0.8f}, {0.3f, 0.18f, 0.08f}};
    pet_fur *fur = &pet->fur;
    fur->coat = (pet_coat)sw_rng_below(rng, PET_COATS);
    fur->main = pet_fur_color(rng);
    fur->second = pet_fur_color(rng);
    fur->belly = rgb_mix(fur->main, (rgb){0.93f, 0.9f, 0.86f}, sw_rng_uniform(rng, 0.4f, 1));
    /* Two colours that cannot be told apart make no pattern */
    float difference = fabsf(fur->main.r - fur->second.r) + fabsf(fur->main.g - fur->second.g);
    if (difference < 0.3f) fur->second = rgb_scale(fur->main, fur->main.g > 0.35f ? 0.35f : 2.2f);
    fur->frequency = sw_rng_uniform(rng, 0.7f, 1.4f);
    fur->direction = sw_rng_uniform(rng, -0.6f, 0.6f);
    fur->balance = sw_rng_uniform(rng, -0.3f, 0.3f);
    fur->streaks = sw_rng_uniform(rng, 0.06f, 0.22f);
    fur->streak_frequency = sw_rng_uniform(rng, 14, 30);
    fur->ragged = sw_rng_chance(rng, 0.6f) ? sw_rng_uniform(rng, 0.004f, 0.022f) : 0.002f;
    fur->seed = sw_rng_u32(rng);
    pet->iris = irises[sw_rng_below(rng, sizeof irises / sizeof irises[0])];
}

/* Where the figure stands and how large: chosen so that pets take about three tenths of all pixels. */
static void place_pet(synth_pet *pet, sw_rng *rng)
{
    static const struct {
        float scale_low, scale_high, x, y_low, y_high;
    } ranges[PET_POSES] = {
        [PET_STANDING] = {0.34f, 0.56f, 0.16f, 0.38f, 0.58f},
        [PET_SITTING] = {0.36f, 0.64f, 0.18f, 0.42f, 0.60f},
        [PET_LYING] = {0.36f, 0.62f, 0.16f, 0.45f, 0.68f},
        [PET_PORTRAIT] = {0.34f, 0.62f, 0.16f, 0.38f, 0.60f},
    };
    pet->scale = sw_rng_uniform(rng, ranges[pet->pose].scale_low, ranges[pet->pose].scale_high);
    pet->place.x = 0.5f + sw_rng_uniform(rng, -ranges[pet->pose].x, ranges[pet->pose].x);
    pet->place.y = sw_rng_uniform(rng, ranges[pet->pose].y_low, ranges[pet->pose].y_high);
    pet->lean = 0.1f * sw_rng_normal(rng);
    pet->cos_lean = cosf(pet->lean);
    pet->sin_lean = sinf(pet->lean);
    pet->mirrored = sw_rng_chance(rng, 0.5f);
}

void pet_make(synth_pet *out, sw_rng *rng)
{
    static void (*const poses[PET_POSES])(synth_pet *, const synth_traits *, sw_rng *) = {
        [PET_STANDING] = make_standing,
        [PET_SITTING] = make_sitting,
        [PET_LYING] = make_lying,
        [PET_PORTRAIT] = make_portrait,
    };
    memset(out, 0, sizeof *out);
    out->pose = (pet_pose)sw_rng_below(rng, PET_POSES);
    synth_traits traits = draw_traits(out, rng);
    draw_fur(out, rng);
    place_pet(out, rng);
    poses[out->pose](out, &traits, rng);
}

vec2 pet_space(const synth_pet *pet, vec2 picture)
{
    float x = (picture.x - pet->place.x) / pet->scale, y = (picture.y - pet->place.y) / pet->scale;
    float turned = pet->cos_lean * x + pet->sin_lean * y;
    return (vec2){pet->mirrored ? -turned : turned, pet->cos_lean * y - pet->sin_lean * x};
}
