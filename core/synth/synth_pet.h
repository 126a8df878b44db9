/* One animal-like figure: parts in layers from back to front, fur, face. It lives in its own space, about 1
 * unit around the origin, and carries the map from the picture (0..1 a side) to there. */
#ifndef SYNTH_SYNTH_PET_H
#define SYNTH_SYNTH_PET_H

#include <stdbool.h>

#include "base/rng.h"
#include "synth_shape.h"

enum { PET_MAX_PARTS = 40, PET_MAX_LAYERS = 4, PET_MAX_FEATURES = 10 };

typedef enum pet_pose { PET_STANDING, PET_SITTING, PET_LYING, PET_PORTRAIT, PET_POSES } pet_pose;
typedef enum pet_ears { PET_EARS_POINTED, PET_EARS_FLOPPY, PET_EARS_ROUND, PET_EAR_KINDS } pet_ears;
typedef enum pet_coat {
    PET_COAT_PLAIN,
    PET_COAT_STRIPES,
    PET_COAT_SPOTS,
    PET_COAT_PATCHES,
    PET_COAT_POINTS, /* dark ears, feet, tail and muzzle */
    PET_COAT_BELLY,  /* light below, dark above */
    PET_COATS
} pet_coat;
typedef enum pet_feature_kind { PET_EYE, PET_NOSE, PET_INNER_EAR, PET_MOUTH } pet_feature_kind;

typedef struct pet_part {
    synth_shape shape;
    float fillet; /* how softly it joins the part before it in its layer */
    float tip;    /* 0 trunk .. 1 ears, feet, end of the tail, muzzle */
} pet_part;

typedef struct pet_layer {
    int first, count;
    float thickness; /* depth from the outline at which its roundness is flat */
    float light;     /* legs of the far side are darker */
    vec2 low, high;  /* a box that holds it, tufts and all */
} pet_layer;

typedef struct pet_feature {
    pet_feature_kind kind;
    synth_shape shape;
} pet_feature;

typedef struct pet_fur {
    pet_coat coat;
    rgb main, second, belly;
    float frequency, direction, balance; /* of the pattern */
    float streaks, streak_frequency;     /* of single tufts */
    float ragged;                        /* how far they break the outline */
    uint32_t seed;
} pet_fur;

typedef struct synth_pet {
    pet_pose pose;
    bool cat; /* else a dog, in the rough */
    pet_ears ears;
    pet_part parts[PET_MAX_PARTS];
    pet_layer layers[PET_MAX_LAYERS];
    pet_feature features[PET_MAX_FEATURES]; /* of the last layer, the head */
    int part_count, layer_count, feature_count;
    pet_fur fur;
    rgb iris;
    float slit;   /* pupil width over height */
    float ground; /* y of its feet, for the shadow; large: none in the picture */
    vec2 place;
    float scale, lean, cos_lean, sin_lean;
    bool mirrored;
} synth_pet;

/* A colour an animal may have; backgrounds use them too, so that colour alone does not tell the pet. */
rgb pet_fur_color(sw_rng *rng);

void pet_make(synth_pet *out, sw_rng *rng);

/* From picture to pet space. */
vec2 pet_space(const synth_pet *pet, vec2 picture);

/* What a ray through a point meets of the pet. */
typedef struct pet_hit {
    int layer;                       /* the front-most that covers the point, or -1 */
    float tip;                       /* what of pet_part the point belongs to */
    float distances[PET_MAX_LAYERS]; /* to the outlines of that layer and of those before it */
} pet_hit;

pet_hit pet_look(const synth_pet *pet, vec2 p);

/* Colour of a point that was hit, under light from `light` (x, y, z of length 1; z towards the viewer). */
rgb pet_color(const synth_pet *pet, vec2 p, const pet_hit *hit, const float light[3], float ambient);

#endif
