/* The references of joins and of ops on whole images against central differences and against numbers worked
 * out by hand. */
#include <criterion/criterion.h>

#include "check/reference.h"
#include "finite_difference.h"
#include "reference_case.h"

enum { MOST = 512 }; /* elements of the largest array here */

typedef enum join_kind { CONCAT, ADD, ADD_RELU, GLOBAL_AVERAGE_POOL, BROADCAST, SCALE } join_kind;

/* Of images of shape xs: two inputs, the second with other channels (concat) or of one pixel (scale). */
typedef struct join_problem {
    join_kind kind;
    sw_shape xs, second;
    double a[MOST], b[MOST], r[MOST];
    const double *cut; /* with ReLU: an output held fixed, so that the objective is smooth */
} join_problem;

static size_t join_forward(double *y, const join_problem *p)
{
    const double *const inputs[] = {p->a, p->b};
    const sw_shape shapes[] = {p->xs, p->second};
    const size_t elems = sw_shape_elems(p->xs), pixels = sw_shape_pixels(p->xs);
    switch (p->kind) {
    case CONCAT:
        sw_reference_concat(y, inputs, shapes, 2);
        return pixels * (size_t)(p->xs.c + p->second.c);
    case GLOBAL_AVERAGE_POOL:
        sw_reference_global_average_pool(y, p->a, p->xs);
        return (size_t)p->xs.n * (size_t)p->xs.c;
    case BROADCAST:
        sw_reference_broadcast(y, p->a, p->xs);
        return elems;
    case SCALE:
        sw_reference_scale(y, p->a, p->b, p->xs);
        return elems;
    case ADD:
    case ADD_RELU:
        break;
    }
    sw_reference_add(y, inputs, 2, elems, false);
    for (size_t i = 0; p->cut && i < elems; i++)
        if (p->cut[i] <= 0) y[i] = 0;
    return elems;
}

static double join_objective(double *magnitude, const void *context)
{
    static double y[2 * MOST];
    const join_problem *p = context;
    const size_t count = join_forward(y, p);
    return project(magnitude, y, p->r, count);
}

static void join_backward(double *da, double *db, const join_problem *p)
{
    const size_t elems = sw_shape_elems(p->xs);
    switch (p->kind) {
    case CONCAT:
        sw_reference_concat_backward(da, p->r, p->xs, 0, p->xs.c + p->second.c);
        sw_reference_concat_backward(db, p->r, p->second, p->xs.c, p->xs.c + p->second.c);
        break;
    case ADD:
    case ADD_RELU:
        sw_reference_add_backward(da, p->r, p->cut, elems);
        sw_reference_add_backward(db, p->r, p->cut, elems);
        break;
    case GLOBAL_AVERAGE_POOL:
        sw_reference_global_average_pool_backward(da, p->r, p->xs);
        break;
    case BROADCAST:
        sw_reference_broadcast_backward(da, p->r, p->xs);
        break;
    case SCALE:
        sw_reference_scale_backward(da, db, p->a, p->b, p->r, p->xs);
        break;
    }
}

static void expect_join_gradients(join_kind kind, sw_shape xs, int second_channels)
{
    static join_problem p;
    static double da[MOST], db[MOST], cut[MOST];
    const bool one_pixel = kind == BROADCAST, factors = kind == SCALE;
    const sw_shape second =
        factors ? (sw_shape){xs.n, 1, 1, xs.c} : (sw_shape){xs.n, xs.h, xs.w, second_channels};
    p = (join_problem){.kind = kind, .xs = xs, .second = second};
    fill(p.a, MOST, 1);
    fill(p.b, MOST, 2);
    fill(p.r, MOST, 3);
    if (kind == ADD_RELU) {
        const double *const inputs[] = {p.a, p.b};
        sw_reference_add(cut, inputs, 2, sw_shape_elems(xs), true);
        p.cut = cut;
    }
    join_backward(da, db, &p);
    const size_t first_elems = one_pixel ? (size_t)xs.n * (size_t)xs.c : sw_shape_elems(xs);
    fd_expect_gradient("da", join_objective, &p, p.a, da, first_elems);
    if (kind != BROADCAST && kind != GLOBAL_AVERAGE_POOL)
        fd_expect_gradient("db", join_objective, &p, p.b, db, sw_shape_elems(second));
}

Test(reference_joins, gradients_of_joins_and_of_whole_images_agree_with_differences)
{
    expect_join_gradients(CONCAT, (sw_shape){2, 3, 5, 3}, 2);
    expect_join_gradients(CONCAT, (sw_shape){1, 1, 1, 1}, 4);
    expect_join_gradients(ADD, (sw_shape){2, 3, 4, 3}, 3);
    expect_join_gradients(ADD_RELU, (sw_shape){2, 3, 4, 3}, 3);
    expect_join_gradients(GLOBAL_AVERAGE_POOL, (sw_shape){2, 5, 3, 3}, 0);
    expect_join_gradients(BROADCAST, (sw_shape){2, 5, 3, 3}, 0);
    expect_join_gradients(SCALE, (sw_shape){2, 5, 3, 3}, 0);
}

Test(reference_joins, inputs_are_joined_pixel_by_pixel_in_their_order)
{
    const double a[] = {1, 2, 3, 4}, b[] = {10, 20}, c[] = {100, 200};
    const double *const inputs[] = {a, b, c};
    const sw_shape shapes[] = {{1, 1, 2, 2}, {1, 1, 2, 1}, {1, 1, 2, 1}};
    const double expected[] = {1, 2, 10, 100, 3, 4, 20, 200};
    double y[8];
    sw_reference_concat(y, inputs, shapes, 3);
    cr_assert_arr_eq(y, expected, sizeof y);
}

Test(reference_joins, whole_images_are_averaged_and_scaled_each_by_itself)
{
    const double x[] = {1, 10, 3, 20, -1, -10, -5, -30}; /* two images of two pixels of two channels */
    const double means[] = {2, 15, -3, -20}, scaled[] = {2, 150, 6, 300, 3, 200, 15, 600};
    double mean[4], y[8];
    const sw_shape xs = {2, 1, 2, 2};
    sw_reference_global_average_pool(mean, x, xs);
    cr_assert_arr_eq(mean, means, sizeof mean);
    sw_reference_scale(y, x, mean, xs);
    cr_assert_arr_eq(y, scaled, sizeof y);
}
