#include "inspect/probe.h"

#include "cl/buffer.h"

static sw_status build(sw_model *model, const sw_network_options *o, int batch)
{
    const sw_model_options options = {.batch = batch,
                                      .size = o->size,
                                      .conv_engine = o->conv_engine,
                                      .conv_pins = o->conv_pins,
                                      .exact_places = o->exact_places,
                                      .workspace_cap_bytes = o->workspace_cap_bytes};
    return sw_model_build(model, o->model, NULL, &options, NULL);
}

static sw_status plan_evaluator(sw_probe *p)
{
    int keep[SW_LEVELS_VALUES];
    sw_levels_find(&p->levels, &p->model.graph, p->model.logits);
    const sw_executor_options options = {
        .keep = keep, .keep_count = sw_levels_values(keep, &p->levels, &p->model.graph, p->model.logits)};
    return sw_executor_create(&p->evaluator, p->cl, &p->model.graph, &p->store, &p->slabs, &options);
}

static sw_status plan_differentiator(sw_probe *p)
{
    const sw_executor_options options = {.training = true,
                                         .evaluates = true,
                                         .seeds = &p->one_image.logits,
                                         .seed_count = 1,
                                         .wants = &p->one_image.images,
                                         .want_count = 1};
    return sw_executor_create(&p->differentiator, p->cl, &p->one_image.graph, &p->store, &p->slabs, &options);
}

static sw_status open_parts(sw_probe *p, const sw_network_options *options)
{
    SW_ENSURE(build(&p->model, options, p->batch));
    SW_ENSURE(build(&p->one_image, options, 1));
    SW_ENSURE(plan_evaluator(p));
    SW_ENSURE(plan_differentiator(p));
    SW_ENSURE(sw_store_init(&p->store, p->cl, &p->model.graph, true));
    SW_ENSURE(sw_executor_bind(p->evaluator));
    return sw_executor_bind(p->differentiator);
}

sw_status sw_probe_open(sw_probe *probe, sw_cl *cl, const sw_network_options *options)
{
    *probe = (sw_probe){.cl = cl, .batch = options->eval_batch};
    sw_slabs_init(&probe->slabs, cl);
    const sw_status status = open_parts(probe, options);
    if (status != SW_OK) sw_probe_close(probe);
    return status;
}

void sw_probe_close(sw_probe *p)
{
    sw_executor_destroy(p->evaluator);
    sw_executor_destroy(p->differentiator);
    sw_slabs_deinit(&p->slabs);
    sw_store_deinit(&p->store);
    sw_model_deinit(&p->model);
    sw_model_deinit(&p->one_image);
    *p = (sw_probe){0};
}

void sw_probe_set_sampling(sw_probe *p, bool sampling, uint64_t sample)
{
    sw_executor_set_random(p->evaluator, p->seed, sample, sampling);
}

/* Bytes of the first n images of a value; batches of any size have the same. */
static size_t bytes_of(const sw_model *model, int value, int n)
{
    const sw_value *v = &model->graph.values[value];
    return v->bytes / (size_t)v->shape.n * (size_t)n;
}

sw_status sw_probe_forward(sw_probe *p, const float *images, int n)
{
    SW_ENSURE(sw_buffer_write(p->cl, sw_executor_value(p->evaluator, p->model.images), 0, images,
                              bytes_of(&p->model, p->model.images, n)));
    return sw_executor_forward(p->evaluator, n);
}

sw_status sw_probe_read(sw_probe *p, int value, void *out, int n)
{
    return sw_buffer_read(p->cl, sw_executor_value(p->evaluator, value), 0, out,
                          bytes_of(&p->model, value, n));
}

sw_status sw_probe_gradient(sw_probe *p, float *gradient, const float *image, int y, int x, int c)
{
    const float one = 1.0f;
    const sw_model *model = &p->one_image;
    const sw_shape logits = model->graph.values[model->logits].shape;
    const size_t at = ((size_t)y * (size_t)logits.w + (size_t)x) * (size_t)logits.c + (size_t)c;
    const cl_mem seed = sw_executor_gradient(p->differentiator, model->logits);
    SW_ENSURE(sw_buffer_write(p->cl, sw_executor_value(p->differentiator, model->images), 0, image,
                              bytes_of(model, model->images, 1)));
    SW_ENSURE(sw_executor_forward(p->differentiator, 1));
    SW_ENSURE(sw_buffer_fill(p->cl, seed, 0, bytes_of(model, model->logits, 1), 0));
    SW_ENSURE(sw_buffer_write(p->cl, seed, at * sizeof one, &one, sizeof one));
    SW_ENSURE(sw_executor_backward(p->differentiator, 1));
    return sw_buffer_read(p->cl, sw_executor_gradient(p->differentiator, model->images), 0, gradient,
                          bytes_of(model, model->images, 1));
}
