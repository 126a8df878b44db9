#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "expect_loss.h"
#include "ops/ops.h"

sw_shape loss_labels_shape(sw_dtype *dtype, sw_shape x, int i)
{
    (void)i;
    *dtype = SW_U8;
    return (sw_shape){x.n, x.h, x.w, 1};
}

static bool all_finite(const double *values, int count)
{
    for (int i = 0; i < count; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

/* Any class; now and then one that does not exist. Pixels without sound logits must be ignored ones. */
sw_status loss_prepare(sw_problem *p)
{
    const sw_loss_attrs *attrs = p->c->attrs;
    for (size_t i = 0; i < p->in[1].elems; i++) {
        uint32_t label = sw_rng_below(&p->rng, (uint32_t)p->x.c);
        if (sw_rng_below(&p->rng, 16) == 0) label = 255;
        if (!all_finite(p->in[0].given + i * (size_t)p->x.c, p->x.c))
            label = attrs->ignore_index >= 0 ? (uint32_t)attrs->ignore_index : 255;
        p->in[1].given[i] = label;
    }
    return SW_OK;
}

/* The options that the op uses, as the reference takes them. */
static sw_reference_loss loss_of(const sw_op *op, const sw_loss_attrs *attrs, int classes)
{
    const bool dice = op == &sw_op_dice;
    return (sw_reference_loss){.classes = classes,
                               .ignore_index = attrs->ignore_index,
                               .gamma = op == &sw_op_focal ? attrs->gamma : 0,
                               .smoothing = op == &sw_op_cross_entropy ? attrs->label_smoothing : 0,
                               .alpha = dice ? 0.5 : attrs->alpha,
                               .beta = dice ? 0.5 : attrs->beta,
                               .w0 = attrs->w0,
                               .sigma = attrs->sigma,
                               .share = attrs->share,
                               .threshold = attrs->threshold,
                               .smooth = dice ? 0.5 * attrs->smooth : attrs->smooth};
}

sw_status loss_problem_init(loss_problem *l, sw_problem *p)
{
    const sw_loss_attrs *attrs = p->c->attrs;
    *l = (loss_problem){.loss = loss_of(p->c->op, attrs, p->x.c),
                        .logits = p->in[0].given,
                        .images = (size_t)p->x.n,
                        .image_pixels = (size_t)p->x.h * (size_t)p->x.w,
                        .pixels = sw_shape_pixels(p->x)};
    for (int k = 0; k < p->x.c; k++) l->weights[k] = attrs->class_weights[k];
    if (attrs->class_weight_count) l->loss.weights = l->weights;
    l->labels = sw_arena_alloc(&p->arena, l->pixels);
    if (!l->labels) return SW_E_MEMORY;
    for (size_t i = 0; i < l->pixels; i++) l->labels[i] = (uint8_t)p->in[1].given[i];
    return SW_OK;
}

void loss_softmax(double *p, double *error, const double *logits, int classes)
{
    const double largest = logits[sw_reference_arg_max(logits, classes)];
    double sum = 0, weighed = 0;
    for (int k = 0; k < classes; k++) {
        const double d = logits[k] - largest;
        p[k] = exp(d);
        sum += p[k];
        weighed += p[k] * (3 + fabs(d) / 2);
    }
    const double sum_error = weighed / sum + sqrt((double)classes);
    for (int k = 0; k < classes; k++) {
        p[k] /= sum;
        /* exp, then a division, or a product with a reciprocal */
        error[k] = bound_eps * p[k] * (sum_error + 3 + fabs(logits[k] - largest) / 2 + 3) + FLT_MIN;
    }
}

void loss_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_loss_attrs *attrs = c->attrs;
    int used = 0;
    if (c->op == &sw_op_focal) used = snprintf(text, bytes, "gamma %g", (double)attrs->gamma);
    if (c->op == &sw_op_cross_entropy && attrs->label_smoothing > 0)
        used = snprintf(text, bytes, "smooth %g", (double)attrs->label_smoothing);
    if (c->op == &sw_op_tversky)
        used = snprintf(text, bytes, "%g/%g", (double)attrs->alpha, (double)attrs->beta);
    if (c->op == &sw_op_boundary)
        used = snprintf(text, bytes, "%g/%g", (double)attrs->w0, (double)attrs->sigma);
    if (c->op == &sw_op_ohem)
        used = snprintf(text, bytes, "%g/%g", (double)attrs->share, (double)attrs->threshold);
    if (attrs->class_weight_count)
        used += snprintf(text + used, bytes - (size_t)used, "%sweighted", used ? " " : "");
    if (attrs->ignore_index >= 0)
        snprintf(text + used, bytes - (size_t)used, "%signore %d", used ? " " : "", attrs->ignore_index);
}
