/* Resizing and colour adjustments against PyTorch and torchvision's formulas. */
#include <criterion/criterion.h>
#include <math.h>

#include "data/augment.h"
#include "golden.h"
#include "image/image.h"

static golden g;

static void open_file(void)
{
    golden_open(&g, "data");
}

static void close_file(void)
{
    golden_close(&g);
}

TestSuite(golden_data, .init = open_file, .fini = close_file);

Test(golden_data, nearest_resizing_takes_the_same_pixels_at_awkward_sizes)
{
    while (golden_next(&g, "resize")) {
        const sw_safetensors_tensor *x = golden_tensor(&g, "x"), *y = golden_tensor(&g, "y");
        const uint8_t *want = golden_bytes(&g, "y", NULL);
        const int side = (int)y->shape[0];
        sw_image image;
        cr_assert_eq(sw_image_init(&image, (int)x->shape[1], (int)x->shape[0], 1), SW_OK, "%s",
                     sw_error_message());
        cr_assert_eq(sw_safetensors_reader_read(g.reader, x, image.pixels, x->bytes), SW_OK);
        uint8_t *found = sw_arena_alloc(&g.arena, y->bytes);
        cr_assert(found);
        sw_image_resize(found, sw_size_square(side), &image, SW_RESIZE_NEAREST);
        for (int i = 0; i < side * side; i++)
            cr_assert_eq(found[i], want[i], "%s: row %d, column %d is %d, PyTorch has %d", g.name, i / side,
                         i % side, found[i], want[i]);
        sw_image_deinit(&image);
    }
}

/* The source index of every pixel of a row `side_in` long; three channels hold it in base 256. */
static void expect_map(int side_in, int side_out, const int32_t *want)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, side_in, 1, 3), SW_OK, "%s", sw_error_message());
    for (int i = 0; i < 3 * side_in; i++)
        image.pixels[i] = (uint8_t)(i % 3 == 0 ? i / 3 % 256 : i % 3 == 1 ? i / 3 / 256 : 0);
    uint8_t *found = sw_arena_alloc(&g.arena, (size_t)(3 * side_out * side_out));
    cr_assert(found);
    sw_image_resize(found, sw_size_square(side_out), &image, SW_RESIZE_NEAREST);
    for (int i = 0; i < side_out; i++) {
        const int index = found[3 * i] + 256 * found[3 * i + 1];
        cr_assert_eq(index, want[i], "%d to %d: pixel %d comes from %d, PyTorch takes %d", side_in, side_out,
                     i, index, want[i]);
    }
    sw_image_deinit(&image);
}

Test(golden_data, nearest_resizing_maps_every_side_a_photograph_may_have)
{
    while (golden_next(&g, "resize map")) {
        size_t rows, elems;
        const int32_t *sides = golden_ints(&g, "x", &rows), *table = golden_ints(&g, "indices", &elems);
        const size_t side = elems / rows;
        for (size_t i = 0; i < rows; i++) expect_map(sides[i], (int)side, table + i * side);
    }
}

typedef void adjust(float *rgb, size_t pixels, float factor);

/* Values are 0..1, so that 2^-24 is half a unit in the last place. A blend takes the gray's five roundings,
 * each in proportion to at most 1, times |1-f| <= 4, and its own three; hue goes to HSV and back, where six
 * times the angle is a number up to 6 with as many times the error: 32 covers both. */
static void check_colours(const char *kind, adjust *run)
{
    while (golden_next(&g, kind)) {
        size_t elems, want_elems;
        const float *x = golden_floats(&g, "x", &elems), *want = golden_floats(&g, "y", &want_elems);
        float *rgb = sw_arena_alloc(&g.arena, elems * sizeof *rgb);
        cr_assert(rgb && want_elems == elems);
        for (size_t i = 0; i < elems; i++) rgb[i] = x[i];
        run(rgb, elems / 3, (float)golden_number(&g, "factor"));
        for (size_t i = 0; i < elems; i++)
            cr_assert(fabs((double)rgb[i] - (double)want[i]) <= 32 * 0x1p-24,
                      "%s: pixel %zu, channel %zu is %.9g, not %.9g", g.name, i / 3, i % 3, (double)rgb[i],
                      (double)want[i]);
    }
}

Test(golden_data, brightness_contrast_saturation_and_hue_by_given_factors)
{
    check_colours("brightness", sw_augment_adjust_brightness);
    check_colours("contrast", sw_augment_adjust_contrast);
    check_colours("saturation", sw_augment_adjust_saturation);
    check_colours("hue", sw_augment_adjust_hue);
}
