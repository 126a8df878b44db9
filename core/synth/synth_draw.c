/* From a scene to pixels and to its trimap. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/synth.h"
#include "synth_scene.h"

enum { TRIMAP_PET = 1, TRIMAP_BACKGROUND = 2, TRIMAP_BORDER = 3 };
enum { GRID = 3 }; /* an edge pixel is the mean of GRID x GRID samples */

/* How far the border reaches into the pet and out of it, over the picture's side: makes it about 12 % of all
 * pixels on average. People too draw it more around the animal than on it. */
static const float border_inwards = 0.0145f, border_outwards = 0.024f;

static vec2 picture_point(int x, int y, float dx, float dy, int size_px)
{
    return (vec2){((float)x + dx) / (float)size_px, ((float)y + dy) / (float)size_px};
}

static float contrast(rgb a, rgb b)
{
    return max_of(fabsf(a.r - b.r), max_of(fabsf(a.g - b.g), fabsf(a.b - b.b)));
}

/* Whether a pixel differs so much from a neighbour that a sample at its centre alone would give a jagged
 * edge. */
static int is_edge(const scene_sample *looks, int x, int y, int size_px)
{
    const scene_sample *here = &looks[(size_t)y * (size_t)size_px + (size_t)x];
    const int steps[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    for (int i = 0; i < 4; i++) {
        int nx = x + steps[i][0], ny = y + steps[i][1];
        if (nx < 0 || ny < 0 || nx >= size_px || ny >= size_px) continue;
        const scene_sample *there = &looks[(size_t)ny * (size_t)size_px + (size_t)nx];
        if (here->id != there->id || contrast(here->color, there->color) > 0.3f) return 1;
    }
    return 0;
}

static rgb look_closely(const synth_scene *scene, int x, int y, int size_px)
{
    rgb sum = {0, 0, 0};
    for (int i = 0; i < GRID * GRID; i++) {
        float dx = ((float)(i % GRID) + 0.5f) / GRID, dy = ((float)(i / GRID) + 0.5f) / GRID;
        rgb color = scene_look(scene, picture_point(x, y, dx, dy, size_px)).color;
        sum = (rgb){sum.r + color.r, sum.g + color.g, sum.b + color.b};
    }
    return rgb_scale(sum, 1.0f / (GRID * GRID));
}

static uint8_t to_byte(float value, float noise)
{
    return (uint8_t)lroundf(255 * clamp_unit(value + noise));
}

static void draw_pixels(uint8_t *out, const synth_scene *scene, const scene_sample *looks, int size_px)
{
    for (int y = 0; y < size_px; y++)
        for (int x = 0; x < size_px; x++, out += 3) {
            rgb color = is_edge(looks, x, y, size_px) ? look_closely(scene, x, y, size_px)
                                                      : looks[(size_t)y * (size_t)size_px + (size_t)x].color;
            /* Sensor noise: common to the channels and each one's own */
            float common = noise_hash(x, y, scene->seed) + noise_hash(x, y, scene->seed + 1) - 1;
            const float values[] = {color.r, color.g, color.b};
            for (uint32_t c = 0; c < 3; c++) {
                float own = noise_hash(x, y, scene->seed + 2 + c) - 0.5f;
                out[c] = to_byte(values[c], scene->grain * (common + 0.6f * own));
            }
        }
}

/* Marks everything within reach of a pixel as border. */
static void stamp_border(uint8_t *trimap, int x, int y, float reach_px, int size_px)
{
    int reach = (int)reach_px;
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            int nx = x + dx, ny = y + dy;
            if (nx < 0 || ny < 0 || nx >= size_px || ny >= size_px) continue;
            if ((float)(dx * dx + dy * dy) <= reach_px * reach_px)
                trimap[(size_t)ny * (size_t)size_px + (size_t)nx] = TRIMAP_BORDER;
        }
}

/* One of two neighbours shows the pet and the other does not, so the border runs around both. */
static void stamp_outline(uint8_t *trimap, const uint8_t *inside, int x, int y, int other_x, int other_y,
                          int size_px)
{
    const int at[2][2] = {{x, y}, {other_x, other_y}};
    for (int i = 0; i < 2; i++) {
        bool pet = inside[(size_t)at[i][1] * (size_t)size_px + (size_t)at[i][0]];
        /* From the centre of a pixel on the outline: its own half is part of the way */
        float reach_px = (pet ? border_inwards : border_outwards) * (float)size_px - 0.5f;
        stamp_border(trimap, at[i][0], at[i][1], max_of(reach_px, 0), size_px);
    }
}

/* inside (S,S): whether a pixel's centre shows the pet */
static void draw_trimap(uint8_t *trimap, const uint8_t *inside, int size_px)
{
    size_t side = (size_t)size_px;
    for (size_t i = 0; i < side * side; i++) trimap[i] = inside[i] ? TRIMAP_PET : TRIMAP_BACKGROUND;
    for (int y = 0; y < size_px; y++)
        for (int x = 0; x < size_px; x++) {
            const uint8_t *here = &inside[(size_t)y * side + (size_t)x];
            if (x + 1 < size_px && here[0] != here[1]) stamp_outline(trimap, inside, x, y, x + 1, y, size_px);
            if (y + 1 < size_px && here[0] != here[side])
                stamp_outline(trimap, inside, x, y, x, y + 1, size_px);
        }
}

sw_status sw_synth_draw(sw_image *image, sw_image *trimap, uint64_t seed, uint32_t number, int size_px)
{
    *image = *trimap = (sw_image){0};
    sw_status status = SW_OK;
    size_t pixels = (size_t)size_px * (size_t)size_px;
    scene_sample *looks = malloc(pixels * sizeof *looks);
    uint8_t *inside = malloc(pixels);
    if (!looks || !inside) SW_TRY(sw_fail_alloc("a synthetic picture", pixels * sizeof *looks));
    SW_TRY(sw_image_init(image, size_px, size_px, 3));
    SW_TRY(sw_image_init(trimap, size_px, size_px, 1));
    synth_scene scene;
    scene_make(&scene, seed, number);
    for (int y = 0; y < size_px; y++)
        for (int x = 0; x < size_px; x++) {
            size_t i = (size_t)y * (size_t)size_px + (size_t)x;
            looks[i] = scene_look(&scene, picture_point(x, y, 0.5f, 0.5f, size_px));
            inside[i] = scene_sees_pet(&looks[i]);
        }
    draw_pixels(image->pixels, &scene, looks, size_px);
    draw_trimap(trimap->pixels, inside, size_px);
done:
    free(looks);
    free(inside);
    if (status != SW_OK) {
        sw_image_deinit(image);
        sw_image_deinit(trimap);
    }
    return status;
}
