/* lovasz. Where two errors e of an image and class are nearer than what they may be off by, the device may
 * take them in the other order. The loss is continuous there, but a slope jumps. So of each pixel: a and b,
 * the numbers of pixels before it that have the class and that have not, lie between those that are before it
 * for certain and those that may be. g falls with a and with b, so that it lies between its values at the two
 * ends.
 *
 *   e           absolute  that of p (loss_softmax), and eps / 2 where it is 1 - p
 *   g           between the ends, and 4 eps of itself
 *   sum of e g  the extension is 1-Lipschitz in the largest error: the largest of e's, and (sqrt(P) + 6) eps
 *   dx          as expect_overlap.c, from slopes w g and how far these may be off */
#include <math.h>
#include <stdlib.h>

#include "bound.h"
#include "expect_loss.h"

/* One pixel of an image for one class. */
typedef struct entry {
    double error, off;
    size_t pixel;
    bool is_true;
} entry;

typedef struct image_slopes {
    entry *list;
    double *keys;       /* for counting: errors of pixels with and without the class, sorted */
    double *want, *off; /* (pixels,classes): w times the slope by p, and how far it may be off */
    double term_off, weight_sum;
} image_slopes;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many of `count` ascending numbers are above (or equal to) a limit. */
static size_t above(const double *numbers, size_t count, double limit, bool or_equal)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (numbers[middle] > limit || (or_equal && numbers[middle] == limit))
            high = middle;
        else
            low = middle + 1;
    }
    return count - low;
}

static size_t list_entries(entry *list, double *largest_off, const loss_problem *l, size_t first, int k)
{
    double p[SW_MAX_CLASSES], off[SW_MAX_CLASSES];
    size_t count = 0;
    *largest_off = 0;
    for (size_t i = 0; i < l->image_pixels; i++) {
        const uint8_t label = l->labels[first + i];
        if (!sw_reference_label_counts(&l->loss, label)) continue;
        loss_softmax(p, off, l->logits + (first + i) * (size_t)l->loss.classes, l->loss.classes);
        const bool is_true = label == k;
        list[count] = (entry){is_true ? 1 - p[k] : p[k], off[k] + (is_true ? bound_eps / 2 : 0), i, is_true};
        *largest_off = fmax(*largest_off, list[count++].off);
    }
    return count;
}

/* Errors with the class go to the front of keys, those without to the back, both ascending. */
static size_t sort_keys(double *keys, const entry *list, size_t count)
{
    size_t trues = 0, falses = 0;
    for (size_t i = 0; i < count; i++) trues += list[i].is_true;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) keys[list[i].is_true ? at++ : trues + falses++] = list[i].error;
    qsort(keys, trues, sizeof *keys, ascending);
    qsort(keys + trues, falses, sizeof *keys, ascending);
    return trues;
}

/* Numbers of the pixels before this one in the exact order: above it, or equal and earlier. */
static void exact_places(size_t *a, size_t *b, const entry *list, size_t count, const double *keys,
                         size_t trues, const entry *e)
{
    *a = above(keys, trues, e->error, false);
    *b = above(keys + trues, count - trues, e->error, false);
    if (above(keys, trues, e->error, true) + above(keys + trues, count - trues, e->error, true) ==
        *a + *b + 1)
        return;
    for (const entry *other = list; other < e; other++) {
        *a += other->error == e->error && other->is_true;
        *b += other->error == e->error && !other->is_true;
    }
}

static void take_class(image_slopes *s, const loss_problem *l, size_t first, int k)
{
    const size_t classes = (size_t)l->loss.classes;
    double off;
    const size_t count = list_entries(s->list, &off, l, first, k);
    const size_t trues = sort_keys(s->keys, s->list, count);
    const double weight = trues == 0 ? 0 : l->loss.weights ? l->loss.weights[k] : 1;
    for (size_t i = 0; i < l->image_pixels; i++)
        s->want[i * classes + (size_t)k] = s->off[i * classes + (size_t)k] = 0;
    if (weight == 0) return;
    double term = 0;
    for (const entry *e = s->list; e < s->list + count; e++) {
        const double reach = off + e->off;
        const double *falses = s->keys + trues;
        size_t a, b, least_a = above(s->keys, trues, e->error + reach, false),
                     least_b = above(falses, count - trues, e->error + reach, false),
                     most_a = above(s->keys, trues, e->error - reach, true),
                     most_b = above(falses, count - trues, e->error - reach, true);
        if (e->is_true) most_a--; /* itself */
        if (!e->is_true) most_b--;
        exact_places(&a, &b, s->list, count, s->keys, trues, e);
        const double g = sw_reference_lovasz_slope(trues, e->is_true, a, b);
        const double high = sw_reference_lovasz_slope(trues, e->is_true, least_a, least_b);
        const double low = sw_reference_lovasz_slope(trues, e->is_true, most_a, most_b);
        s->want[e->pixel * classes + (size_t)k] = weight * (e->is_true ? -g : g);
        s->off[e->pixel * classes + (size_t)k] = weight * (fmax(high - g, g - low) + 5 * bound_eps * g);
        term += e->error * g;
    }
    s->weight_sum += weight;
    s->term_off += weight * (off + bound_eps * (sqrt((double)l->image_pixels) + 6) * term);
}

static sw_status image_init(image_slopes *s, sw_problem *p, const loss_problem *l)
{
    const size_t values = l->image_pixels * (size_t)l->loss.classes;
    *s = (image_slopes){.list = sw_arena_alloc(&p->arena, l->image_pixels * sizeof(entry)),
                        .keys = sw_problem_doubles(p, l->image_pixels),
                        .want = sw_problem_doubles(p, values),
                        .off = sw_problem_doubles(p, values)};
    return s->list && s->keys && s->want && s->off ? SW_OK : SW_E_MEMORY;
}

static void take_image(image_slopes *s, const loss_problem *l, size_t first)
{
    for (int k = 0; k < l->loss.classes; k++) take_class(s, l, first, k);
}

static sw_status lovasz_forward(sw_problem *p)
{
    loss_problem l;
    image_slopes s;
    SW_ENSURE(loss_problem_init(&l, p));
    SW_ENSURE(image_init(&s, p, &l));
    sw_tensor *y = &p->out[0];
    y->expected = true;
    y->want[0] = sw_reference_lovasz_run(NULL, &l.loss, l.logits, l.labels, l.images, l.image_pixels);
    for (size_t n = 0; n < l.images; n++) take_image(&s, &l, n * l.image_pixels);
    y->bound[0] = (s.weight_sum > 0 ? s.term_off / s.weight_sum : 0) +
                  sw_bound_of_sum(l.images * (size_t)l.loss.classes, 2 * y->want[0]) + FLT_MIN;
    return SW_OK;
}

/* From the bounds of the slopes by p to those of the slopes by logits. */
static void bound_pixel(double *bound, const double *logits, const double *g, const double *g_off,
                        int classes, double weight_sum)
{
    double p[SW_MAX_CLASSES], off[SW_MAX_CLASSES], mean = 0, size = 0, mean_off = 0;
    loss_softmax(p, off, logits, classes);
    for (int k = 0; k < classes; k++) {
        mean += p[k] * g[k];
        size += p[k] * fabs(g[k]);
        mean_off += off[k] * fabs(g[k]) + p[k] * g_off[k];
    }
    mean_off += bound_eps * (sqrt((double)classes) + 1) * size;
    for (int k = 0; k < classes; k++)
        bound[k] = (off[k] * fabs(g[k] - mean) + p[k] * (g_off[k] + mean_off) +
                    10 * bound_eps * p[k] * (fabs(g[k]) + size)) /
                       weight_sum +
                   FLT_MIN;
}

static sw_status lovasz_backward(sw_problem *p)
{
    loss_problem l;
    image_slopes s;
    SW_ENSURE(loss_problem_init(&l, p));
    SW_ENSURE(image_init(&s, p, &l));
    const size_t classes = (size_t)l.loss.classes;
    p->din[0].expected = true;
    sw_reference_lovasz_run(p->din[0].want, &l.loss, l.logits, l.labels, l.images, l.image_pixels);
    for (size_t n = 0; n < l.images; n++) take_image(&s, &l, n * l.image_pixels);
    const double weight_sum = s.weight_sum;
    for (size_t n = 0; weight_sum > 0 && n < l.images; n++) {
        const size_t first = n * l.image_pixels;
        take_image(&s, &l, first);
        for (size_t i = 0; i < l.image_pixels; i++)
            if (sw_reference_label_counts(&l.loss, l.labels[first + i]))
                bound_pixel(p->din[0].bound + (first + i) * classes, l.logits + (first + i) * classes,
                            s.want + i * classes, s.off + i * classes, (int)classes, weight_sum);
    }
    return SW_OK;
}

const sw_expectation sw_expect_lovasz = {.op_name = "lovasz",
                                         .input_shape = loss_labels_shape,
                                         .prepare = loss_prepare,
                                         .forward = lovasz_forward,
                                         .backward = lovasz_backward,
                                         .describe = loss_describe};
