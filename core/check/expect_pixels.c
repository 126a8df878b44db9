/* boundary and ohem. Beside the error of ce (expect_loss.c), of P pixels in an image:
 *
 *   f of boundary  relative  (4 + d^2 / (2 sigma^2)) eps of its exp, 2 eps
 *   f of ohem      exact, but where a pixel is so near the last one kept, or the threshold, that rounding
 * decides whether it is kept: its gradient is not compared, and the sums may lack it S, F           absolute
 * those of f and ce, and sqrt(P) eps of themselves S / F          (S's + S/F F's) / F + 4 eps of itself dx
 * relative  F's / F, f's, and (sqrt(P) + 10) eps, and the error of p */
#include <math.h>

#include "bound.h"
#include "expect_loss.h"
#include "ops/ops.h"

typedef struct image_pixels {
    double *f, *f_error; /* of each pixel */
    bool *open;          /* rounding decides whether it is kept */
    double factors, factors_error, mean, mean_error;
} image_pixels;

static double ce_of(const loss_problem *l, size_t i)
{
    return sw_reference_cross_entropy(l->logits + i * (size_t)l->loss.classes, l->loss.classes, l->labels[i]);
}

static double ce_error_of(const loss_problem *l, size_t i)
{
    return loss_pixel_error_of(l->logits + i * (size_t)l->loss.classes, l->loss.classes, l->labels[i])
        .ce_error;
}

static bool counts(const loss_problem *l, size_t i)
{
    return sw_reference_label_weight(&l->loss, l->labels[i]) > 0;
}

static void map_boundary(image_pixels *image, const sw_problem *p, const loss_problem *l, size_t first)
{
    const int width = p->x.w, height = p->x.h;
    const uint8_t *labels = l->labels + first;
    sw_reference_boundary_map(image->f, &l->loss, labels, height, width);
    for (size_t i = 0; i < l->image_pixels; i++) {
        image->f_error[i] = 0;
        image->open[i] = false;
        if (image->f[i] == 0) continue;
        const int d =
            sw_reference_boundary_distance(&l->loss, labels, height, width, (int)i / width, (int)i % width);
        if (d < 0) continue;
        const double weight = sw_reference_label_weight(&l->loss, labels[i]);
        const double slope = d / (2 * l->loss.sigma * l->loss.sigma);
        image->f_error[i] =
            bound_eps * (weight * l->loss.w0 * exp(-slope) * (4 + 3 * slope) + 2 * image->f[i]);
    }
}

/* A pixel within twice the largest error of the last one kept, or of the threshold. The last one alone is
 * kept for certain. */
static void map_ohem(image_pixels *image, const loss_problem *l, size_t first)
{
    const double least = sw_reference_ohem_map(
        image->f, &l->loss, l->logits + first * (size_t)l->loss.classes, l->labels + first, l->image_pixels);
    double largest = 0;
    size_t near = 0, count = 0;
    for (size_t i = 0; i < l->image_pixels; i++) {
        if (!counts(l, first + i)) continue;
        largest = fmax(largest, ce_error_of(l, first + i));
        count++;
    }
    const bool all = ceilf((float)l->loss.share * (float)count) >= (float)count;
    const double cut = -log(l->loss.threshold);
    for (size_t i = 0; i < l->image_pixels; i++) {
        image->f_error[i] = 0;
        image->open[i] = false;
        if (!counts(l, first + i)) continue;
        const double ce = ce_of(l, first + i);
        const bool at_least = fabs(ce - least) <= 2 * largest;
        const bool at_cut = isfinite(cut) && fabs(ce - cut) <= largest + 4 * bound_eps * cut;
        image->open[i] = !all && ((at_least && ce <= cut + largest) || at_cut);
        near += at_least;
    }
    for (size_t i = 0; i < l->image_pixels && near == 1; i++)
        if (counts(l, first + i) && ce_of(l, first + i) == least) image->open[i] = false;
}

static sw_status image_init(image_pixels *image, sw_problem *p, const loss_problem *l)
{
    *image = (image_pixels){.f = sw_problem_doubles(p, l->image_pixels),
                            .f_error = sw_problem_doubles(p, l->image_pixels),
                            .open = sw_arena_alloc(&p->arena, l->image_pixels * sizeof(bool))};
    return image->f && image->f_error && image->open ? SW_OK : SW_E_MEMORY;
}

/* The maps of one image and what its sums may be off by. */
static void take_image(image_pixels *image, const sw_problem *p, const loss_problem *l, size_t first)
{
    const double root = sqrt((double)l->image_pixels);
    double sum = 0, sum_error = 0, open = 0, open_sum = 0;
    if (p->c->op == &sw_op_ohem)
        map_ohem(image, l, first);
    else
        map_boundary(image, p, l, first);
    image->factors = image->factors_error = 0;
    for (size_t i = 0; i < l->image_pixels; i++) {
        if (!counts(l, first + i)) continue;
        const double ce = ce_of(l, first + i);
        if (image->open[i]) {
            open += sw_reference_label_weight(&l->loss, l->labels[first + i]);
            open_sum += sw_reference_label_weight(&l->loss, l->labels[first + i]) * ce;
        }
        image->factors += image->f[i];
        image->factors_error += image->f_error[i];
        sum += image->f[i] * ce;
        sum_error += image->f[i] * ce_error_of(l, first + i) + image->f_error[i] * ce;
    }
    image->factors_error += open + bound_eps * root * image->factors;
    sum_error += open_sum + bound_eps * (root + 1) * sum;
    image->mean = image->factors > 0 ? sum / image->factors : 0;
    image->mean_error =
        image->factors > 0
            ? (sum_error + image->mean * image->factors_error) / image->factors + 4 * bound_eps * image->mean
            : 0;
}

static double image_weight(const loss_problem *l, size_t first)
{
    double weight = 0;
    for (size_t i = first; i < first + l->image_pixels; i++)
        weight += sw_reference_label_weight(&l->loss, l->labels[i]);
    return weight;
}

static double sum_of_weights(const loss_problem *l)
{
    double sum = 0;
    for (size_t n = 0; n < l->images; n++) sum += image_weight(l, n * l->image_pixels);
    return sum;
}

static sw_status pixels_forward(sw_problem *p)
{
    loss_problem l;
    image_pixels image;
    double error = 0;
    SW_ENSURE(loss_problem_init(&l, p));
    SW_ENSURE(image_init(&image, p, &l));
    sw_tensor *y = &p->out[0];
    const double weight_sum = sum_of_weights(&l);
    y->expected = true;
    y->want[0] = 0;
    for (size_t n = 0; n < l.images; n++) {
        const size_t first = n * l.image_pixels;
        take_image(&image, p, &l, first);
        y->want[0] += sw_reference_pixels_image(NULL, &l.loss, image.f, weight_sum,
                                                l.logits + first * (size_t)l.loss.classes, l.labels + first,
                                                l.image_pixels);
        if (weight_sum > 0) error += image_weight(&l, first) / weight_sum * image.mean_error;
    }
    const double root = sqrt((double)l.image_pixels) + sqrt((double)l.images); /* W is summed in two steps */
    y->bound[0] = error + bound_eps * (2 * root + 6) * y->want[0] + FLT_MIN;
    return SW_OK;
}

static void bound_pixel(double *bound, const loss_problem *l, const image_pixels *image, double scale,
                        size_t first, size_t i)
{
    const int classes = l->loss.classes, label = l->labels[first + i];
    const double *z = l->logits + (first + i) * (size_t)classes;
    const loss_pixel_error e = loss_pixel_error_of(z, classes, label);
    const double factor = scale * image->f[i];
    const double relative = image->factors_error / image->factors + image->f_error[i] / image->f[i] +
                            bound_eps * (2 * sqrt((double)l->pixels) + 10);
    for (int k = 0; k < classes; k++) {
        const double d = z[k] - e.largest, share = exp(d) / e.sum;
        const double size = k == label ? -expm1(-e.ce) : share;
        double share_error = size * (e.sum_error + bound_eps * (5.5 + fabs(d) / 2));
        /* 1 - p comes from the others' exp, whose errors are larger the farther they are behind */
        if (k == label) share_error += e.sum_error * size + bound_eps * size * (e.largest - z[label]);
        if (k == label)
            for (int j = 0; j < classes; j++)
                if (j != label)
                    share_error += bound_eps * exp(z[j] - e.largest) / e.sum * fabs(z[j] - e.largest);
        bound[k] = factor * (share_error + relative * size) + FLT_MIN;
    }
}

static sw_status pixels_backward(sw_problem *p)
{
    loss_problem l;
    image_pixels image;
    SW_ENSURE(loss_problem_init(&l, p));
    SW_ENSURE(image_init(&image, p, &l));
    const double weight_sum = sum_of_weights(&l);
    const size_t classes = (size_t)l.loss.classes;
    p->din[0].expected = true;
    for (size_t n = 0; n < l.images; n++) {
        const size_t first = n * l.image_pixels;
        double *want = p->din[0].want + first * classes, *bound = p->din[0].bound + first * classes;
        take_image(&image, p, &l, first);
        sw_reference_pixels_image(want, &l.loss, image.f, weight_sum, l.logits + first * classes,
                                  l.labels + first, l.image_pixels);
        if (image.factors == 0) continue;
        const double scale = image_weight(&l, first) / (image.factors * weight_sum);
        for (size_t i = 0; i < l.image_pixels; i++) {
            if (image.open[i])
                for (size_t k = 0; k < classes; k++) bound[i * classes + k] = -1;
            else if (image.f[i] > 0)
                bound_pixel(bound + i * classes, &l, &image, scale, first, i);
        }
    }
    return SW_OK;
}

#define PIXELS_EXPECTATION(name)                                                                             \
    {                                                                                                        \
        .op_name = name, .input_shape = loss_labels_shape, .prepare = loss_prepare,                          \
        .forward = pixels_forward, .backward = pixels_backward, .describe = loss_describe                    \
    }

const sw_expectation sw_expect_boundary = PIXELS_EXPECTATION("boundary");
const sw_expectation sw_expect_ohem = PIXELS_EXPECTATION("ohem");
