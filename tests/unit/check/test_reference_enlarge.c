/* The references of bilinear resizing and transposed convolution against central differences and against
 * numbers worked out by hand. */
#include <criterion/criterion.h>

#include "check/reference.h"
#include "finite_difference.h"
#include "reference_case.h"

enum { MOST = 4096 }; /* elements of the largest array here */

/* --- bilinear ---------------------------------------------------------------------------------- */

typedef struct bilinear_problem {
    sw_reference_bilinear b;
    double x[MOST], r[MOST];
} bilinear_problem;

static size_t elems_of_y(const sw_reference_bilinear *b)
{
    return sw_shape_elems((sw_shape){b->x.n, b->height, b->width, b->x.c});
}

static double bilinear_objective(double *magnitude, const void *context)
{
    static double y[MOST];
    const bilinear_problem *p = context;
    double sum = 0;
    sw_reference_bilinear_y(y, p->x, &p->b);
    *magnitude = 0;
    for (size_t i = 0; i < elems_of_y(&p->b); i++) {
        sum += p->r[i] * y[i];
        *magnitude += fabs(p->r[i] * y[i]);
    }
    return sum;
}

static void expect_bilinear_gradient(sw_shape x, int height, int width, bool align_corners)
{
    static bilinear_problem p;
    static double dx[MOST];
    p.b = (sw_reference_bilinear){x, height, width, align_corners};
    fill(p.x, sw_shape_elems(x), 1);
    fill(p.r, elems_of_y(&p.b), 2);
    sw_reference_bilinear_dx(dx, p.r, &p.b);
    fd_expect_gradient("dx", bilinear_objective, &p, p.x, dx, sw_shape_elems(x));
}

Test(reference_enlarge, bilinear_gradients_agree_with_differences)
{
    expect_bilinear_gradient((sw_shape){2, 3, 4, 2}, 6, 8, false);
    expect_bilinear_gradient((sw_shape){1, 3, 4, 2}, 7, 9, false);
    expect_bilinear_gradient((sw_shape){1, 3, 4, 2}, 7, 9, true);
    expect_bilinear_gradient((sw_shape){1, 1, 2, 3}, 4, 3, false);
    expect_bilinear_gradient((sw_shape){2, 9, 7, 1}, 2, 1, true);
    expect_bilinear_gradient((sw_shape){1, 9, 7, 1}, 4, 5, false);
}

Test(reference_enlarge, bilinear_resizing_weighs_the_two_pixels_beside_a_place)
{
    const double x[] = {0, 8, 16};
    const double twice[] = {0, 2, 6, 10, 14, 16}, aligned[] = {0, 4, 8, 12, 16}, fewer[] = {2, 14};
    double y[6];
    sw_reference_bilinear b = {{1, 1, 3, 1}, 1, 6, false};
    sw_reference_bilinear_y(y, x, &b);
    cr_expect_arr_eq(y, twice, sizeof twice);
    b.width = 5, b.align_corners = true;
    sw_reference_bilinear_y(y, x, &b);
    cr_expect_arr_eq(y, aligned, sizeof aligned);
    b.width = 2, b.align_corners = false; /* places 0.25 and 1.75 */
    sw_reference_bilinear_y(y, x, &b);
    cr_expect_arr_eq(y, fewer, sizeof fewer);
}

/* --- transposed convolution -------------------------------------------------------------------- */

typedef struct transposed_problem {
    sw_reference_transposed t;
    double x[MOST], weight[MOST], bias[8], r[MOST];
} transposed_problem;

static sw_shape y_shape(const sw_reference_transposed *t)
{
    return (sw_shape){t->x.n, t->height, t->width, t->out_channels};
}

static double transposed_objective(double *magnitude, const void *context)
{
    const transposed_problem *p = context;
    const sw_shape ys = y_shape(&p->t);
    double sum = 0;
    *magnitude = 0;
    for (int n = 0; n < ys.n; n++)
        for (int h = 0; h < ys.h; h++)
            for (int w = 0; w < ys.w; w++)
                for (int o = 0; o < ys.c; o++) {
                    const sw_sum y = sw_reference_transposed_y(&p->t, p->x, p->weight, p->bias, n, h, w, o);
                    const double r = p->r[sw_reference_index(ys, n, h, w, o)];
                    sum += r * y.value;
                    *magnitude += fabs(r) * y.magnitude;
                }
    return sum;
}

static void expect_transposed_gradients(sw_reference_transposed t)
{
    static transposed_problem p;
    static double dx[MOST], dw[MOST], db[8];
    const sw_shape ws = {t.x.c, t.out_channels, t.kernel, t.kernel};
    p.t = t;
    fill(p.x, sw_shape_elems(t.x), 1);
    fill(p.weight, sw_shape_elems(ws), 2);
    fill(p.bias, (size_t)t.out_channels, 3);
    fill(p.r, sw_shape_elems(y_shape(&t)), 4);
    for (int n = 0; n < t.x.n; n++)
        for (int h = 0; h < t.x.h; h++)
            for (int w = 0; w < t.x.w; w++)
                for (int i = 0; i < t.x.c; i++)
                    dx[sw_reference_index(t.x, n, h, w, i)] =
                        sw_reference_transposed_dx(&t, p.r, p.weight, n, h, w, i).value;
    for (int o = 0; o < t.out_channels; o++) {
        db[o] = sw_reference_transposed_db(&t, p.r, o).value;
        for (int i = 0; i < t.x.c; i++)
            for (int ky = 0; ky < t.kernel; ky++)
                for (int kx = 0; kx < t.kernel; kx++)
                    dw[sw_reference_index(ws, i, o, ky, kx)] =
                        sw_reference_transposed_dw(&t, p.x, p.r, i, o, ky, kx).value;
    }
    fd_expect_gradient("dx", transposed_objective, &p, p.x, dx, sw_shape_elems(t.x));
    fd_expect_gradient("dw", transposed_objective, &p, p.weight, dw, sw_shape_elems(ws));
    fd_expect_gradient("db", transposed_objective, &p, p.bias, db, (size_t)t.out_channels);
}

Test(reference_enlarge, transposed_convolution_gradients_agree_with_differences)
{
    expect_transposed_gradients((sw_reference_transposed){{2, 3, 2, 2}, 3, 2, 2, 0, 6, 4});
    expect_transposed_gradients((sw_reference_transposed){{1, 3, 2, 3}, 2, 3, 2, 1, 7, 5});
    expect_transposed_gradients((sw_reference_transposed){{1, 2, 3, 1}, 2, 4, 2, 1, 4, 6});
    expect_transposed_gradients((sw_reference_transposed){{1, 2, 1, 2}, 1, 5, 3, 1, 7, 3});
}

Test(reference_enlarge, a_transposed_convolution_adds_its_window_up_where_windows_meet)
{
    /* two pixels a stride of 2 apart under a window of 3: they meet at one place */
    const double x[] = {1, 10}, weight[] = {0, 0, 0, 1, 2, 3, 0, 0, 0}, bias[] = {100};
    const double expected[] = {102, 113, 120, 130};
    const sw_reference_transposed t = {{1, 1, 2, 1}, 1, 3, 2, 1, 2, 4};
    for (int w = 0; w < 4; w++) {
        cr_expect_eq(sw_reference_transposed_y(&t, x, weight, bias, 0, 0, w, 0).value, expected[w]);
        cr_expect_eq(sw_reference_transposed_y(&t, x, weight, bias, 0, 1, w, 0).value, 100,
                     "the weights are 0");
    }
}

Test(reference_enlarge, weights_are_input_channel_first)
{
    const double x[] = {1, 10};                 /* one pixel, two channels */
    const double weight[] = {1, 2, 3, 4, 5, 6}; /* (2,3,1,1) */
    const double expected[] = {41, 52, 63};
    const sw_reference_transposed t = {{1, 1, 1, 2}, 3, 1, 2, 0, 2, 2};
    for (int o = 0; o < 3; o++) {
        cr_expect_eq(sw_reference_transposed_y(&t, x, weight, NULL, 0, 0, 0, o).value, expected[o]);
        cr_expect_eq(sw_reference_transposed_y(&t, x, weight, NULL, 0, 1, 0, o).value, 0,
                     "between the pixels");
    }
}
