/* What a pixel of the output depends on: the theoretical receptive field, and the effective one. */
#include <math.h>
#include <stdlib.h>

#include "graph/receptive_field.h"
#include "inspect/effective_field.h"
#include "inspection.h"

enum { TILE_PX = 300, COLUMNS = 3, FIELD_RGB = 0xFFFFFF, MOST_RGB = 0x56B4E9 };

static const double most_share = 0.9, dim = 0.55;

static void mark_all(sw_figure *f, sw_figure_tile *tile, const inspection *s, sw_receptive_field field,
                     int side)
{
    const int reach = side / 2;
    sw_figure_add_mark(f, tile,
                       (sw_figure_mark){field.left, field.top, field.width, field.height, FIELD_RGB});
    if (side)
        sw_figure_add_mark(f, tile,
                           (sw_figure_mark){s->pixel_x - reach, s->pixel_y - reach, side, side, MOST_RGB});
    inspection_mark_pixel(s, f, tile);
}

/* The picture in gray, covered by the colours of the gradient where there is much of it. */
static void lay_over(sw_figure_tile *tile, const inspection *s, const float *roots, double most)
{
    for (size_t i = 0; i < sw_size_pixels(s->size) && tile->rgb; i++) {
        const uint8_t *from = s->picture + 3 * i;
        const double gray = sw_colour_brightness(from) * dim;
        const double strength = most > 0 ? (double)roots[i] / most : 0;
        const uint32_t rgb = sw_colour_map_rgb(SW_COLOURS_HEAT, 0.25 + 0.75 * strength);
        for (int c = 0; c < 3; c++)
            tile->rgb[3 * i + (size_t)c] =
                (uint8_t)lround(gray + (((rgb >> (16 - 8 * c)) & 0xFF) - gray) * fmin(1.5 * strength, 1));
    }
}

static const char *explain(inspection *s, sw_figure *f, int side)
{
    const int field = s->fields[s->probe.model.logits];
    return sw_figure_print(
        f,
        "The score of %s at pixel %d,%d of %s (small yellow square) can depend on %d x %d px (white, as far "
        "as there is a picture). How much it does: the length of the gradient of the score, before softmax, "
        "by the colours of each px; colours show its square root. %.0f %% of all lies in the blue square of "
        "%d px a side.",
        inspection_class_name(s, s->class_number), s->pixel_x, s->pixel_y, s->picture_name, field, field,
        100 * most_share, side);
}

static sw_status draw(inspection *s, const float *roots, double most, sw_receptive_field field, int side)
{
    sw_figure *f = inspection_add_figure(s, "field", COLUMNS, TILE_PX);
    if (!f) return SW_E_MEMORY;
    f->title = "The receptive field of a pixel, theoretical and effective";
    f->text = explain(s, f, side);
    f->heads[0] = "The picture";
    f->heads[1] = "Gradient of the score";
    f->heads[2] = "Both";
    mark_all(f, sw_figure_add_rgb(f, s->size, s->picture), s, field, side);
    mark_all(f, sw_figure_add_map(f, s->size, roots, SW_COLOURS_HEAT, most), s, field, side);
    lay_over(sw_figure_add(f, s->size), s, roots, most);
    sw_figure_scale(f, SW_COLOURS_HEAT, "0", sw_figure_print(f, "square root of %.2g", most * most));
    return sw_figure_status(f);
}

sw_status inspect_field(inspection *s)
{
    sw_status status = SW_OK;
    const size_t pixels = sw_size_pixels(s->size);
    const sw_probe *probe = &s->probe;
    sw_receptive_field field;
    double most = 0;
    float *magnitudes = malloc(pixels * sizeof *magnitudes);
    if (!magnitudes) return sw_fail_alloc("a gradient", pixels * sizeof *magnitudes);
    SW_TRY(sw_effective_field(magnitudes, &s->probe, s->image, s->pixel_y, s->pixel_x, s->class_number));
    SW_TRY(sw_receptive_field_at(&field, &probe->model.graph, probe->model.logits, s->pixel_y, s->pixel_x,
                                 probe->model.images));
    const int side = sw_effective_field_side(magnitudes, s->size, s->pixel_y, s->pixel_x, most_share);
    for (size_t i = 0; i < pixels; i++) {
        magnitudes[i] = sqrtf(magnitudes[i]);
        most = fmax(most, (double)magnitudes[i]);
    }
    SW_TRY(draw(s, magnitudes, most, field, side));
done:
    free(magnitudes);
    return status;
}
