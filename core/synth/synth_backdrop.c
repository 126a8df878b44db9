/* What lies behind the pet: meadows, rooms, tiles, cloth and the like. */
#include <math.h>

#include "synth_scene.h"

rgb draw_color(sw_rng *rng, rgb low, rgb high)
{
    float r = sw_rng_uniform(rng, low.r, high.r), g = sw_rng_uniform(rng, low.g, high.g);
    return (rgb){r, g, sw_rng_uniform(rng, low.b, high.b)};
}

/* Walls, floors, cloth: often the colours animals have, else any muted one */
static rgb draw_surface_color(sw_rng *rng)
{
    if (sw_rng_chance(rng, 0.5f)) return pet_fur_color(rng);
    return draw_color(rng, (rgb){0.15f, 0.15f, 0.15f}, (rgb){0.9f, 0.85f, 0.85f});
}

static void draw_outdoor_colors(synth_backdrop *out, sw_rng *rng)
{
    out->colors[0] = draw_color(rng, (rgb){0.15f, 0.3f, 0.05f}, (rgb){0.4f, 0.55f, 0.2f});
    out->colors[1] = draw_color(rng, (rgb){0.3f, 0.35f, 0.1f}, (rgb){0.7f, 0.65f, 0.35f});
    out->colors[2] = draw_color(rng, (rgb){0.45f, 0.6f, 0.75f}, (rgb){0.75f, 0.85f, 1});
    out->colors[3] = draw_color(rng, (rgb){0.8f, 0.8f, 0.75f}, (rgb){1, 0.95f, 0.95f});
    if (sw_rng_chance(rng, 0.3f)) { /* sand, dry earth, snow */
        out->colors[0] = pet_fur_color(rng);
        out->colors[1] = rgb_mix(out->colors[0], pet_fur_color(rng), 0.4f);
    }
}

void backdrop_make(synth_backdrop *out, sw_rng *rng)
{
    *out = (synth_backdrop){.kind = (backdrop_kind)sw_rng_below(rng, BACKDROP_KINDS)};
    if (out->kind == BACKDROP_MEADOW || out->kind == BACKDROP_HILLS)
        draw_outdoor_colors(out, rng);
    else
        for (int i = 0; i < 4; i++) out->colors[i] = draw_surface_color(rng);
    out->horizon = sw_rng_uniform(rng, 0.05f, 0.65f);
    if (out->kind == BACKDROP_MEADOW && sw_rng_chance(rng, 0.6f)) out->horizon = -1;
    out->frequency = sw_rng_uniform(rng, 0.6f, 1.6f);
    out->angle = sw_rng_uniform(rng, -0.8f, 0.8f);
    out->cosine = cosf(out->angle);
    out->sine = sinf(out->angle);
    out->disc_count = out->kind == BACKDROP_BOKEH ? 5 + (int)sw_rng_below(rng, SCENE_MAX_DISCS - 4) : 0;
    for (int i = 0; i < out->disc_count; i++) {
        float x = sw_rng_float(rng), y = sw_rng_float(rng);
        out->discs[i].at = (vec2){x, y};
        out->discs[i].radius = sw_rng_uniform(rng, 0.05f, 0.2f);
        out->discs[i].color = draw_surface_color(rng);
    }
    out->seed = sw_rng_u32(rng);
}

static float fractal(const synth_backdrop *backdrop, vec2 p, float fx, float fy, int octaves, uint32_t which)
{
    vec2 q = {p.x * fx * backdrop->frequency, p.y * fy * backdrop->frequency};
    return noise_fractal(q, octaves, backdrop->seed + 16 * which);
}

static rgb sky_color(const synth_backdrop *backdrop, vec2 p)
{
    float height = clamp_unit(p.y / max_of(backdrop->horizon, 0.05f));
    float cloud = smooth_step(0, 0.5f, fractal(backdrop, p, 3, 6, 3, 1));
    return rgb_mix(rgb_mix(backdrop->colors[2], backdrop->colors[3], height * 0.7f),
                   (rgb){0.97f, 0.97f, 0.97f}, 0.6f * cloud);
}

static rgb meadow_color(const synth_backdrop *backdrop, vec2 p)
{
    if (p.y < backdrop->horizon) return sky_color(backdrop, p);
    float broad = 0.5f + 0.5f * fractal(backdrop, p, 4, 6, 2, 2);
    float blades = fractal(backdrop, (vec2){p.x + 0.08f * broad, p.y}, 42, 9, 2, 3);
    rgb color = rgb_mix(backdrop->colors[0], backdrop->colors[1], broad);
    float distance = smooth_step(0, 0.4f, p.y - max_of(backdrop->horizon, 0));
    return rgb_scale(color, 0.9f + (0.3f + 0.4f * distance) * blades);
}

static rgb hills_color(const synth_backdrop *backdrop, vec2 p)
{
    float ridge = backdrop->horizon + 0.12f * fractal(backdrop, (vec2){p.x, 0.5f}, 3, 1, 3, 4);
    if (p.y < ridge) return sky_color(backdrop, p);
    float mix = smooth_step(-0.4f, 0.4f, fractal(backdrop, p, 6, 14, 4, 5));
    rgb near = rgb_mix(backdrop->colors[0], backdrop->colors[1], mix);
    return rgb_mix(rgb_mix(near, backdrop->colors[3], 0.45f), near, smooth_step(0, 0.35f, p.y - ridge));
}

static rgb plank_color(const synth_backdrop *backdrop, vec2 p)
{
    float depth = 0.25f + p.y - backdrop->horizon;
    vec2 floor = {(p.x - 0.5f) / depth * 2.2f * backdrop->frequency, 1.5f / depth};
    float plank = floorf(floor.x), across = floor.x - plank;
    float board = noise_hash(
        (int32_t)plank, (int32_t)floorf(floor.y * 0.7f + 3 * noise_hash((int32_t)plank, 0, backdrop->seed)),
        backdrop->seed);
    float grain = noise_fractal((vec2){floor.x * 9, floor.y * 1.5f}, 2, backdrop->seed + 32);
    float gap = smooth_step(0, 0.05f, min_of(across, 1 - across));
    return rgb_scale(backdrop->colors[1], (0.75f + 0.3f * board + 0.14f * grain) * (0.55f + 0.45f * gap));
}

static rgb room_color(const synth_backdrop *backdrop, vec2 p)
{
    float edge = backdrop->horizon + 0.15f * backdrop->sine * (p.x - 0.5f);
    if (p.y > edge) return plank_color(backdrop, p);
    if (p.y > edge - 0.035f) return rgb_scale((rgb){0.85f, 0.83f, 0.8f}, 0.9f); /* skirting board */
    float stripe = smooth_step(-0.15f, 0.15f, sinf(p.x * 36 * backdrop->frequency));
    float pattern = backdrop->angle > 0 ? stripe * 0.35f : 0.1f * fractal(backdrop, p, 5, 5, 3, 6);
    return rgb_scale(rgb_mix(backdrop->colors[0], backdrop->colors[2], pattern), 0.85f + 0.25f * p.y);
}

static rgb tile_color(const synth_backdrop *backdrop, vec2 p)
{
    float x = (backdrop->cosine * p.x + backdrop->sine * p.y) * 5 * backdrop->frequency;
    float y = (backdrop->cosine * p.y - backdrop->sine * p.x) * 5 * backdrop->frequency;
    float column = floorf(x), row = floorf(y), u = x - column, v = y - row;
    float grout = smooth_step(0.02f, 0.06f, min_of(min_of(u, 1 - u), min_of(v, 1 - v)));
    float shade = 0.85f + 0.25f * noise_hash((int32_t)column, (int32_t)row, backdrop->seed);
    int other = ((int32_t)column + (int32_t)row) & 1;
    rgb tile = rgb_mix(backdrop->colors[0], backdrop->colors[1], other ? 0.7f : 0.1f);
    float stone = 1 + 0.18f * fractal(backdrop, p, 12, 12, 3, 7);
    return rgb_mix(rgb_scale(backdrop->colors[2], 0.6f), rgb_scale(tile, shade * stone), grout);
}

static rgb carpet_color(const synth_backdrop *backdrop, vec2 p)
{
    float broad = fractal(backdrop, p, 3, 3, 3, 8), fine = fractal(backdrop, p, 45, 45, 2, 9);
    float folds = sinf(7 * (backdrop->cosine * p.x + backdrop->sine * p.y) + 4 * broad);
    rgb color = rgb_mix(backdrop->colors[0], backdrop->colors[1], smooth_step(-0.3f, 0.3f, broad));
    return rgb_scale(color, 1 + 0.3f * fine + 0.14f * folds);
}

static rgb cloth_color(const synth_backdrop *backdrop, vec2 p)
{
    float bend = 0.05f * fractal(backdrop, p, 3, 3, 2, 10);
    float x = backdrop->cosine * p.x + backdrop->sine * p.y + bend,
          y = backdrop->cosine * p.y - backdrop->sine * p.x + bend;
    float f = 22 * backdrop->frequency;
    float across = smooth_step(0.1f, 0.35f, sinf(x * f)), along = smooth_step(0.4f, 0.6f, sinf(y * f * 0.8f));
    rgb color = rgb_mix(backdrop->colors[0], backdrop->colors[1], 0.65f * across);
    color = rgb_mix(color, backdrop->colors[2], 0.45f * along);
    return rgb_scale(color, 1 + 0.22f * fractal(backdrop, p, 4, 4, 2, 11) +
                                0.12f * fractal(backdrop, p, 50, 50, 1, 12));
}

static rgb bokeh_color(const synth_backdrop *backdrop, vec2 p)
{
    rgb color = rgb_mix(backdrop->colors[0], backdrop->colors[1],
                        smooth_step(-0.5f, 0.5f, fractal(backdrop, p, 2, 2, 2, 13)));
    color = rgb_scale(color, 0.8f);
    for (int i = 0; i < backdrop->disc_count; i++) {
        float away = vec2_length((vec2){p.x - backdrop->discs[i].at.x, p.y - backdrop->discs[i].at.y});
        float cover = 1 - smooth_step(0.6f, 1, away / backdrop->discs[i].radius);
        color = rgb_mix(color, backdrop->discs[i].color, 0.6f * cover);
    }
    return color;
}

static rgb studio_color(const synth_backdrop *backdrop, vec2 p)
{
    float x = p.x - 0.5f, y = p.y - 0.45f;
    float glow = expf(-3 * backdrop->frequency * (x * x + y * y));
    rgb color = rgb_mix(backdrop->colors[1], backdrop->colors[0], glow);
    float sweep = smooth_step(backdrop->horizon + 0.1f, backdrop->horizon + 0.4f, p.y);
    return rgb_scale(color, (1 + 0.08f * fractal(backdrop, p, 3, 3, 3, 14)) * (1 - 0.25f * sweep));
}

rgb backdrop_color(const synth_backdrop *backdrop, vec2 p)
{
    static rgb (*const colors[BACKDROP_KINDS])(const synth_backdrop *, vec2) = {
        [BACKDROP_MEADOW] = meadow_color, [BACKDROP_HILLS] = hills_color,   [BACKDROP_ROOM] = room_color,
        [BACKDROP_TILES] = tile_color,    [BACKDROP_CARPET] = carpet_color, [BACKDROP_CLOTH] = cloth_color,
        [BACKDROP_BOKEH] = bokeh_color,   [BACKDROP_STUDIO] = studio_color};
    return colors[backdrop->kind](backdrop, p);
}
