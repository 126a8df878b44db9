/* What covering parts of the picture changes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "inspect/occlusion.h"
#include "inspection.h"

enum { TILE_PX = 300, COLUMNS = 3, PATCHES_A_SIDE = 8, PATCH_GRAY = 128, EDGE_GRAY = 0x90 };

/* Whether a px is one of those over which the class's mean is taken: where it is predicted, or, if that is
 * nowhere, all. */
static sw_status find_region(uint8_t **out, const inspection *s, size_t *count)
{
    const size_t pixels = sw_size_pixels(s->size);
    *count = 0;
    *out = malloc(pixels);
    if (!*out) return sw_fail_alloc("a region", pixels);
    for (size_t i = 0; i < pixels; i++) *count += (*out)[i] = s->labels[i] == s->class_number;
    for (size_t i = 0; i < pixels && !*count; i++) (*out)[i] = true;
    return SW_OK;
}

/* Writes the loss of each place into the px around its centre. */
static void spread_out(float *out, sw_size size, const float *losses, const sw_occlusion *o, int step)
{
    for (int y = 0; y < size.height; y++)
        for (int x = 0; x < size.width; x++)
            out[(size_t)y * (size_t)size.width + (size_t)x] = losses[y / step * o->columns + x / step];
}

static double largest(const float *losses, int count, double most)
{
    for (int i = 0; i < count; i++) most = fmax(most, fabs((double)losses[i]));
    return most;
}

/* Draws the edge of what is predicted as the class, so that one finds one's way. */
static void outline(sw_figure_tile *tile, const inspection *s)
{
    const int width = s->size.width;
    for (int i = 0; i < s->size.height * width && tile->rgb; i++) {
        const bool in = s->labels[i] == s->class_number;
        const bool right = i % width + 1 < width && (s->labels[i + 1] == s->class_number) != in,
                   below = i / width + 1 < s->size.height && (s->labels[i + width] == s->class_number) != in;
        if (right || below) memset(tile->rgb + (size_t)i * 3, EDGE_GRAY, 3);
    }
}

/* The picture with a patch in a corner, to show its size. */
static void add_picture(sw_figure *f, const inspection *s, int patch)
{
    sw_figure_tile *tile = sw_figure_add_rgb(f, s->size, s->picture);
    for (int y = 0; y < patch && tile->rgb; y++)
        for (int x = 0; x < 3 * patch; x++)
            tile->rgb[(size_t)y * (size_t)s->size.width * 3 + (size_t)x] = PATCH_GRAY;
    inspection_mark_pixel(s, f, tile);
    tile->name = sw_figure_print(f, "top left: the patch, %d x %d px", patch, patch);
}

static void add_losses(sw_figure *f, const inspection *s, float *map, const float *losses,
                       const sw_occlusion *o, const sw_occlusion_rule *rule, double without, double most)
{
    float worst = losses[0];
    for (int i = 1; i < o->rows * o->columns; i++) worst = fmaxf(worst, losses[i]);
    spread_out(map, s->size, losses, o, rule->step_px);
    sw_figure_tile *tile = sw_figure_add_map(f, s->size, map, SW_COLOURS_SIGNED, most);
    tile->name = sw_figure_print(f, "%.3f uncovered, %.3f at worst", without, without - (double)worst);
    outline(tile, s);
    inspection_mark_pixel(s, f, tile);
}

static sw_status draw(inspection *s, float *map, const sw_occlusion *o, const sw_occlusion_rule *rule,
                      bool predicted)
{
    const char *name = inspection_class_name(s, s->class_number);
    const int places = o->rows * o->columns;
    const double most = largest(o->region_loss, places, largest(o->pixel_loss, places, 0));
    sw_figure *f = inspection_add_figure(s, "occlusion", COLUMNS, TILE_PX);
    if (!f) return SW_E_MEMORY;
    f->title = sw_figure_print(f, "Occlusion: what speaks for %s", name);
    f->text = sw_figure_print(f,
                              "A gray patch is moved over %s in steps of %d px. Each square shows what the "
                              "patch over it takes from the probability of %s: at pixel %d,%d (yellow), and "
                              "on average over the px %s. Orange: what is there speaks for the class; blue: "
                              "against it.",
                              s->picture_name, rule->step_px, name, s->pixel_x, s->pixel_y,
                              predicted ? "that are predicted as it without a patch (outlined)"
                                        : "of the picture, since none is predicted as it");
    f->heads[0] = "The picture";
    f->heads[1] = sw_figure_print(f, "Pixel %d,%d", s->pixel_x, s->pixel_y);
    f->heads[2] = sw_figure_print(f, "All of %s", name);
    add_picture(f, s, rule->patch_px);
    add_losses(f, s, map, o->pixel_loss, o, rule, o->at_pixel, most);
    add_losses(f, s, map, o->region_loss, o, rule, o->in_region, most);
    sw_figure_scale(f, SW_COLOURS_SIGNED, sw_figure_print(f, "more likely by %.3g", most),
                    sw_figure_print(f, "less likely by %.3g", most));
    return sw_figure_status(f);
}

sw_status inspect_occlusion(inspection *s)
{
    sw_status status = SW_OK;
    const int side = sw_size_shorter(s->size) / PATCHES_A_SIDE, patch = side > 2 ? side : 2;
    uint8_t *region = NULL;
    size_t predicted;
    sw_occlusion o = {0};
    float *map = malloc(sw_size_pixels(s->size) * sizeof *map);
    if (!map) return sw_fail_alloc("a map", sw_size_pixels(s->size) * sizeof *map);
    SW_TRY(find_region(&region, s, &predicted));
    const sw_occlusion_rule rule = {.class_number = s->class_number,
                                    .y = s->pixel_y,
                                    .x = s->pixel_x,
                                    .region = region,
                                    .patch_px = patch,
                                    .step_px = patch / 2,
                                    .normalize = s->x->data.normalize};
    sw_log(SW_LOG_INFO, "covering the picture with patches of %d px", patch);
    SW_TRY(sw_occlusion_find(&o, &s->probe, s->image, &rule));
    SW_TRY(draw(s, map, &o, &rule, predicted > 0));
done:
    sw_occlusion_deinit(&o);
    free(region);
    free(map);
    return status;
}
