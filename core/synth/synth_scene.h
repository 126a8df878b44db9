/* A whole synthetic photograph: backdrop, things behind and in front of the pet, light, camera. Everything
 * random is drawn when the scene is made; looking at a point is then a pure function. */
#ifndef SYNTH_SYNTH_SCENE_H
#define SYNTH_SYNTH_SCENE_H

#include "base/rng.h"
#include "synth_pet.h"
#include "synth_shape.h"

enum { SCENE_MAX_BEHIND = 6, SCENE_MAX_FRONT = 14, SCENE_MAX_DISCS = 12 };

typedef enum backdrop_kind {
    BACKDROP_MEADOW,
    BACKDROP_HILLS,
    BACKDROP_ROOM,
    BACKDROP_TILES,
    BACKDROP_CARPET,
    BACKDROP_CLOTH,
    BACKDROP_BOKEH,
    BACKDROP_STUDIO,
    BACKDROP_KINDS
} backdrop_kind;

typedef struct synth_backdrop {
    backdrop_kind kind;
    rgb colors[4];
    float horizon; /* y; above the picture: only ground */
    float frequency, angle, cosine, sine;
    int disc_count;
    struct {
        vec2 at;
        float radius;
        rgb color;
    } discs[SCENE_MAX_DISCS];
    uint32_t seed;
} synth_backdrop;

typedef enum thing_paint { PAINT_PLAIN, PAINT_STRIPED, PAINT_MOTTLED, PAINT_FURRY, PAINT_KINDS } thing_paint;

/* Furniture, cushions, balls, posts, leaves */
typedef struct synth_thing {
    synth_shape shape;
    rgb color, second;
    thing_paint paint;
    float thickness; /* as of pet layers */
    uint32_t seed;
} synth_thing;

typedef struct synth_scene {
    synth_pet pet;
    synth_backdrop backdrop;
    synth_thing behind[SCENE_MAX_BEHIND], front[SCENE_MAX_FRONT];
    int behind_count, front_count;
    float light[3], ambient, exposure, contrast;
    rgb tint;
    float vignette, grain;
    float beam, beam_x, beam_y; /* strength and direction of a shadow of bars over everything; 0: none */
    uint32_t seed;
} synth_scene;

void scene_make(synth_scene *out, uint64_t seed, uint32_t number);

/* What a ray through a point of the picture (0..1 a side) meets. */
typedef struct scene_sample {
    rgb color;
    int id; /* differs between things: where it changes, the picture has an edge */
} scene_sample;

scene_sample scene_look(const synth_scene *scene, vec2 p);

/* Whether the sample shows the pet, and nothing in front of it. */
bool scene_sees_pet(const scene_sample *sample);

/* Parts of the above */
rgb draw_color(sw_rng *rng, rgb low, rgb high); /* each channel between those of `low` and `high` */
void backdrop_make(synth_backdrop *out, sw_rng *rng);
rgb backdrop_color(const synth_backdrop *backdrop, vec2 p);
rgb thing_color(const synth_thing *thing, vec2 p, const float light[3], float ambient);
void scene_add_things(synth_scene *scene, sw_rng *rng);

#endif
