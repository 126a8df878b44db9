/* The references of convolution and of the matrix product against central differences and against numbers
 * worked out by hand. */
#include <criterion/criterion.h>

#include "check/reference.h"
#include "finite_difference.h"
#include "reference_case.h"

enum { MOST = 4096 }; /* elements of the largest array here */

typedef struct conv_problem {
    sw_reference_conv conv;
    double x[MOST], weight[MOST], bias[8], r[MOST];
} conv_problem;

static double conv_objective(double *magnitude, const void *context)
{
    const conv_problem *p = context;
    double sum = 0;
    *magnitude = 0;
    sw_shape ys = sw_reference_conv_shape(&p->conv);
    for (int n = 0; n < ys.n; n++)
        for (int h = 0; h < ys.h; h++)
            for (int w = 0; w < ys.w; w++)
                for (int o = 0; o < ys.c; o++) {
                    sw_sum y = sw_reference_conv2d_y(&p->conv, p->x, p->weight, p->bias, n, h, w, o);
                    double r = p->r[sw_reference_index(ys, n, h, w, o)];
                    sum += r * y.value;
                    *magnitude += fabs(r) * y.magnitude;
                }
    return sum;
}

static void expect_gradients_of(const sw_reference_conv *conv)
{
    static conv_problem p;
    static double dx[MOST], dw[MOST], db[8];
    const int out_channels = conv->out_channels, kernel = conv->kernel;
    const bool depthwise = conv->depthwise;
    const sw_shape xs = conv->x;
    p.conv = *conv;
    sw_shape ws = {out_channels, depthwise ? 1 : xs.c, kernel, kernel};
    fill(p.x, sw_shape_elems(xs), 1);
    fill(p.weight, sw_shape_elems(ws), 2);
    fill(p.bias, (size_t)out_channels, 3);
    fill(p.r, sw_shape_elems(sw_reference_conv_shape(conv)), 4);
    for (int n = 0; n < xs.n; n++)
        for (int h = 0; h < xs.h; h++)
            for (int w = 0; w < xs.w; w++)
                for (int i = 0; i < xs.c; i++)
                    dx[sw_reference_index(xs, n, h, w, i)] =
                        sw_reference_conv2d_dx(&p.conv, p.r, p.weight, n, h, w, i).value;
    for (int o = 0; o < ws.n; o++) {
        db[o] = sw_reference_conv2d_db(&p.conv, p.r, o).value;
        for (int i = 0; i < ws.h; i++)
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < kernel; kx++)
                    dw[sw_reference_index(ws, o, i, ky, kx)] =
                        sw_reference_conv2d_dw(&p.conv, p.x, p.r, o, i, ky, kx).value;
    }
    fd_expect_gradient("dx", conv_objective, &p, p.x, dx, sw_shape_elems(xs));
    fd_expect_gradient("dw", conv_objective, &p, p.weight, dw, sw_shape_elems(ws));
    fd_expect_gradient("db", conv_objective, &p, p.bias, db, (size_t)out_channels);
}

static void expect_conv_gradients(sw_shape xs, int out_channels, int kernel, bool depthwise)
{
    const sw_reference_conv conv = {
        .x = xs, .out_channels = out_channels, .kernel = kernel, .depthwise = depthwise};
    expect_gradients_of(&conv);
}

static void expect_stepped_gradients(sw_shape xs, int kernel, int stride, int dilation, bool depthwise)
{
    const sw_reference_conv conv = {.x = xs,
                                    .out_channels = depthwise ? xs.c : 3,
                                    .kernel = kernel,
                                    .depthwise = depthwise,
                                    .stride = stride,
                                    .dilation = dilation};
    expect_gradients_of(&conv);
}

Test(reference, strided_and_dilated_gradients_agree_with_differences)
{
    for (int depthwise = 0; depthwise <= 1; depthwise++) {
        expect_stepped_gradients((sw_shape){2, 5, 6, 2}, 3, 2, 1, depthwise);
        expect_stepped_gradients((sw_shape){1, 6, 5, 2}, 3, 1, 2, depthwise);
        expect_stepped_gradients((sw_shape){1, 7, 8, 1}, 5, 3, 2, depthwise);
        expect_stepped_gradients((sw_shape){1, 4, 5, 2}, 1, 2, 1, depthwise);
        expect_stepped_gradients((sw_shape){1, 3, 2, 1}, 3, 4, 1, depthwise);
        expect_stepped_gradients((sw_shape){1, 4, 3, 2}, 3, 1, 6, depthwise); /* the middle tap alone */
    }
}

Test(reference, stride_skips_pixels_and_dilation_spreads_the_taps)
{
    /* a row of powers of ten, seen by taps of 1, 2 and 3: each output spells what it sees */
    const double x[] = {1, 10, 100, 1000, 10000}, taps[] = {0, 0, 0, 1, 2, 3, 0, 0, 0};
    const struct {
        int stride, dilation, count;
        double y[5];
    } cases[] = {{1, 1, 5, {32, 321, 3210, 32100, 21000}},
                 {2, 1, 3, {32, 3210, 21000}},
                 {4, 1, 2, {32, 21000}},
                 {5, 1, 1, {32}},
                 {1, 2, 5, {302, 3020, 30201, 2010, 20100}},
                 {2, 2, 3, {302, 30201, 20100}},
                 {1, 5, 5, {2, 20, 200, 2000, 20000}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sw_reference_conv conv = {.x = {1, 1, 5, 1},
                                        .out_channels = 1,
                                        .kernel = 3,
                                        .stride = cases[i].stride,
                                        .dilation = cases[i].dilation};
        cr_assert(sw_shape_equal(sw_reference_conv_shape(&conv), (sw_shape){1, 1, cases[i].count, 1}));
        for (int w = 0; w < cases[i].count; w++) {
            double y = sw_reference_conv2d_y(&conv, x, taps, NULL, 0, 0, w, 0).value;
            cr_expect_eq(y, cases[i].y[w], "case %zu, output %d is %.0f", i, w, y);
        }
    }
}

Test(reference, convolution_gradients_agree_with_differences)
{
    expect_conv_gradients((sw_shape){2, 5, 3, 2}, 3, 3, false);
    expect_conv_gradients((sw_shape){1, 1, 1, 3}, 2, 3, false);
    expect_conv_gradients((sw_shape){1, 7, 1, 1}, 1, 5, false);
    expect_conv_gradients((sw_shape){2, 3, 4, 3}, 2, 1, false);
    expect_conv_gradients((sw_shape){1, 4, 5, 1}, 2, 7, false);
}

Test(reference, depthwise_gradients_agree_with_differences)
{
    expect_conv_gradients((sw_shape){2, 5, 3, 3}, 3, 3, true);
    expect_conv_gradients((sw_shape){1, 4, 7, 2}, 2, 5, true);
}

Test(reference, depthwise_is_a_convolution_whose_weights_between_channels_are_zero)
{
    sw_shape xs = {1, 3, 4, 2};
    double x[24], own[18], full[36] = {0};
    fill(x, 24, 1);
    fill(own, 18, 2);
    for (int c = 0; c < 2; c++)
        for (int t = 0; t < 9; t++) full[(c * 2 + c) * 9 + t] = own[c * 9 + t];
    sw_reference_conv depthwise = {.x = xs, .out_channels = 2, .kernel = 3, .depthwise = true},
                      conv = {.x = xs, .out_channels = 2, .kernel = 3};
    for (int i = 0; i < 24; i++)
        cr_assert_eq(sw_reference_conv2d_y(&depthwise, x, own, NULL, 0, i / 8, i / 2 % 4, i % 2).value,
                     sw_reference_conv2d_y(&conv, x, full, NULL, 0, i / 8, i / 2 % 4, i % 2).value);
}

Test(reference, convolution_is_a_cross_correlation_with_zeros_outside)
{
    /* x = 1 2; 3 4 and a kernel whose taps are powers of ten: each output spells its window in decimal digits
     */
    const double x[] = {1, 2, 3, 4};
    const double taps[] = {1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0};
    const double expected[] = {12034, 120340, 12034000, 120340000};
    sw_reference_conv conv = {.x = {1, 2, 2, 1}, .out_channels = 1, .kernel = 3};
    for (int i = 0; i < 4; i++) {
        sw_sum y = sw_reference_conv2d_y(&conv, x, taps, NULL, 0, i / 2, i % 2, 0);
        cr_assert_eq(y.value, expected[i], "output %d is %.0f", i, y.value);
        cr_assert_eq(y.terms, 4);
        cr_assert_eq(y.magnitude, expected[i]);
    }
}

Test(reference, weights_are_output_channel_first)
{
    const double x[] = {1, 10};                 /* one pixel, two channels */
    const double weight[] = {1, 2, 3, 4, 5, 6}; /* (3,2,1,1) */
    const double bias[] = {100, 200, 300};
    const double expected[] = {121, 243, 365};
    sw_reference_conv conv = {.x = {1, 1, 1, 2}, .out_channels = 3, .kernel = 1};
    for (int o = 0; o < 3; o++)
        cr_assert_eq(sw_reference_conv2d_y(&conv, x, weight, bias, 0, 0, 0, o).value, expected[o]);
}

Test(reference, gemm_honours_transposes_and_row_lengths)
{
    /* A = 1 2 3; 4 5 6 and B = 1 2; 3 4; 5 6 stored in rows of length 4, plainly and transposed; 99 is never
     * read */
    const double a[] = {1, 2, 3, 99, 4, 5, 6, 99}, at[] = {1, 4, 99, 99, 2, 5, 99, 99, 3, 6, 99, 99};
    const double b[] = {1, 2, 99, 99, 3, 4, 99, 99, 5, 6, 99, 99}, bt[] = {1, 3, 5, 99, 2, 4, 6, 99};
    const double expected[] = {22, 28, 49, 64};
    for (size_t i = 0; i < 4; i++) {
        size_t row = i / 2, column = i % 2;
        cr_assert_eq(sw_reference_gemm(false, false, 3, a, 4, b, 4, 0, NAN, row, column).value, expected[i]);
        cr_assert_eq(sw_reference_gemm(true, false, 3, at, 4, b, 4, 0, NAN, row, column).value, expected[i]);
        cr_assert_eq(sw_reference_gemm(false, true, 3, a, 4, bt, 4, 1, 1000, row, column).value,
                     1000 + expected[i]);
        cr_assert_eq(sw_reference_gemm(true, true, 3, at, 4, bt, 4, 1, -1, row, column).value,
                     expected[i] - 1);
    }
}
