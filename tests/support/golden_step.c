#include "golden_step.h"

#include <criterion/criterion.h>

#include "cl/buffer.h"
#include "device_case.h"
#include "golden_model.h"

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

void golden_step_open(golden_step *s)
{
    const int keep[] = {s->model.logits, s->model.losses[0]};
    const sw_executor_options training = {.training = true, .keep = keep, .keep_count = 2};
    const sw_executor_options evaluation = {.keep = keep, .keep_count = 2};
    sw_slabs_init(&s->slabs, session);
    must(sw_store_init(&s->store, session, &s->model.graph, true));
    must(sw_executor_create(&s->trainer, session, &s->model.graph, &s->store, &s->slabs, &training));
    must(sw_executor_create(&s->evaluator, session, &s->model.graph, &s->store, &s->slabs, &evaluation));
    must(sw_executor_bind(s->trainer));
    must(sw_executor_bind(s->evaluator));
    must(golden_model_fill(&s->model.graph, &s->store));
}

void golden_step_close(golden_step *s)
{
    sw_executor_destroy(s->trainer);
    sw_executor_destroy(s->evaluator);
    sw_slabs_deinit(&s->slabs);
    sw_store_deinit(&s->store);
    sw_model_deinit(&s->model);
}

void golden_step_feed(const golden_step *s, const sw_executor *executor, const float *images,
                      const uint8_t *labels)
{
    const sw_value *values = s->model.graph.values;
    must(sw_buffer_write(session, sw_executor_value(executor, s->model.images), 0, images,
                         values[s->model.images].bytes));
    must(sw_buffer_write(session, sw_executor_value(executor, s->model.labels), 0, labels,
                         values[s->model.labels].bytes));
}

void golden_step_train(const golden_step *s, int batch)
{
    must(sw_store_zero_gradients(&s->store));
    must(sw_executor_forward(s->trainer, batch));
    must(sw_executor_backward(s->trainer, batch));
}

float golden_step_loss(const golden_step *s)
{
    float loss;
    must(sw_buffer_read(session, sw_executor_value(s->trainer, s->model.losses[0]), 0, &loss, sizeof loss));
    return loss;
}
