#include "predict_flow.h"

#include <stdlib.h>
#include <string.h>

#include "apply/samples.h"
#include "base/arena.h"
#include "data/augment.h"
#include "data/normalize.h"
#include "nn/probabilities.h"

/* One batch is filled, one is on the device, the windows of one are finished. */
enum { BATCHES = 3, TILED_PICTURES_AHEAD = 4, NONE = -1 };

typedef struct flow_batch {
    sw_predict_window *windows;
    int count;
    float *logits; /* (flow->batch, window height, window width, classes) */
    float *spread; /* (flow->batch, window height, window width) of samples; NULL: there is one prediction */
} flow_batch;

typedef struct flow_state {
    const sw_predict_flow *flow;
    sw_crew *crew;
    sw_arena arena;          /* holds the batches */
    int images_of_window;    /* 2: itself and its mirrored one */
    size_t values, logits;   /* of an image: of what goes in, of what comes out */
    uint8_t *bytes;          /* of a window */
    float *sample, *squares; /* as a batch's logits: of one sample, and sums over all of them; NULL */
    float *images;           /* (flow->batch, window height, window width, 3) of the batch that is filled */
    flow_batch batches[BATCHES];
    int filling, computing;       /* numbers of batches; NONE: the device has none */
    int ahead;                    /* pictures that are read before they are needed, at most */
    int next_read, next_reported; /* pictures */
} flow_state;

static sw_status init_samples(flow_state *s, size_t batch, size_t pixels)
{
    s->sample = sw_arena_alloc(&s->arena, batch * s->logits * sizeof *s->sample);
    s->squares = sw_arena_alloc(&s->arena, batch * s->logits * sizeof *s->squares);
    if (!s->sample || !s->squares) return SW_E_MEMORY;
    for (int i = 0; i < BATCHES; i++) {
        s->batches[i].spread = sw_arena_alloc(&s->arena, batch * pixels * sizeof(float));
        if (!s->batches[i].spread) return SW_E_MEMORY;
    }
    return SW_OK;
}

static sw_status init(flow_state *s)
{
    const sw_predict_flow *flow = s->flow;
    const size_t batch = (size_t)flow->batch, pixels = sw_size_pixels(flow->plan->rule.window);
    s->images_of_window = flow->plan->options->flip ? 2 : 1;
    s->values = pixels * 3;
    s->logits = pixels * (size_t)flow->plan->class_count;
    s->bytes = sw_arena_alloc(&s->arena, s->values);
    s->images = sw_arena_alloc(&s->arena, batch * s->values * sizeof *s->images);
    if (!s->bytes || !s->images) return SW_E_MEMORY;
    for (int i = 0; i < BATCHES; i++) {
        s->batches[i].windows = sw_arena_alloc(&s->arena, batch * sizeof *s->batches[i].windows);
        s->batches[i].logits = sw_arena_alloc(&s->arena, batch * s->logits * sizeof *s->batches[i].logits);
        if (!s->batches[i].windows || !s->batches[i].logits) return SW_E_MEMORY;
    }
    if (flow->plan->options->samples) SW_ENSURE(init_samples(s, batch, pixels));
    SW_ENSURE(sw_crew_create(&s->crew, 0));
    s->ahead = flow->plan->rule.tiles ? TILED_PICTURES_AHEAD : flow->batch + 2 * sw_crew_threads(s->crew);
    return SW_OK;
}

/* --- pictures -------------------------------------------------------------------------------- */

static void read_ahead(flow_state *s, int current)
{
    for (; s->next_read < s->flow->count && s->next_read <= current + s->ahead; s->next_read++) {
        sw_predict_picture *picture = &s->flow->pictures[s->next_read];
        picture->read = (sw_job){.run = sw_predict_picture_read, .user = picture};
        sw_crew_give(s->crew, &picture->read, false);
    }
}

/* All windows of a picture are finished. One with several is written by a job of its own; of those jobs only
 * some may wait, since their maps are large. */
static void end_picture(flow_state *s, sw_predict_picture *picture)
{
    const ptrdiff_t number = picture - s->flow->pictures, most = 2 * sw_crew_threads(s->crew);
    if (sw_view_windows(&picture->view) == 1) {
        picture->ended = true;
        return;
    }
    if (number >= most) sw_crew_wait(s->crew, &s->flow->pictures[number - most].finish);
    picture->finish = (sw_job){.run = sw_predict_picture_write, .user = picture};
    sw_crew_give(s->crew, &picture->finish, true);
}

static bool is_ended(flow_state *s, sw_predict_picture *picture)
{
    return picture->ended || sw_crew_is_done(s->crew, &picture->finish);
}

/* Reports the pictures before `end` that are done, up to the first that is not. */
static void report(flow_state *s, int end)
{
    for (; s->next_reported < end && is_ended(s, &s->flow->pictures[s->next_reported]); s->next_reported++) {
        sw_predict_picture *picture = &s->flow->pictures[s->next_reported];
        s->flow->on_picture(s->flow->user, picture);
        sw_predict_picture_deinit(picture);
    }
}

/* --- batches --------------------------------------------------------------------------------- */

/* Waits until the windows of a batch are finished, so that it can be filled again. */
static void wait_for_windows(flow_state *s, flow_batch *b)
{
    for (int i = 0; i < b->count; i++) {
        sw_predict_window *window = &b->windows[i];
        sw_crew_wait(s->crew, &window->work);
        sw_predict_picture_take_failure(window->picture, window);
        if (window->number + 1 == sw_view_windows(&window->picture->view)) end_picture(s, window->picture);
    }
    b->count = 0;
}

/* Predicts the filled batch several times, with dropout; its logits become the mean of the probabilities. */
static sw_status take_samples(flow_state *s, flow_batch *b)
{
    const sw_predict_plan *plan = s->flow->plan;
    const size_t values = (size_t)b->count * s->logits;
    memset(b->logits, 0, values * sizeof *b->logits);
    memset(s->squares, 0, values * sizeof *s->squares);
    for (int i = 0; i < plan->options->samples; i++) {
        sw_network_set_sampling(s->flow->network, true, (uint64_t)i);
        SW_ENSURE(sw_network_enqueue_prediction(s->flow->network, s->images, b->count));
        SW_ENSURE(sw_network_read_prediction(s->flow->network, s->sample, b->count));
        SW_ENSURE(sw_softmax(s->sample, values / (size_t)plan->class_count, plan->class_count));
        sw_samples_add(b->logits, s->squares, s->sample, values);
    }
    sw_samples_finish(b->logits, b->spread, s->squares, values / (size_t)plan->class_count, plan->class_count,
                      plan->options->samples);
    return SW_OK;
}

/* Reads the results of the batch on the device and has its windows finished. */
static sw_status read_results(flow_state *s)
{
    if (s->computing == NONE) return SW_OK;
    flow_batch *b = &s->batches[s->computing];
    s->computing = NONE;
    if (!b->spread)
        SW_ENSURE(sw_network_read_prediction(s->flow->network, b->logits, b->count * s->images_of_window));
    for (int i = 0; i < b->count; i++) sw_crew_give(s->crew, &b->windows[i].work, true);
    return SW_OK;
}

/* Sends the filled batch to the device, which has computed the one before by then, and makes room for the
 * next. */
static sw_status enqueue(flow_state *s)
{
    const int enqueued = s->filling;
    flow_batch *b = &s->batches[enqueued];
    SW_ENSURE(read_results(s));
    if (b->spread)
        SW_ENSURE(take_samples(s, b));
    else
        SW_ENSURE(sw_network_enqueue_prediction(s->flow->network, s->images, b->count * s->images_of_window));
    s->computing = enqueued;
    s->filling = (enqueued + 1) % BATCHES;
    wait_for_windows(s, &s->batches[s->filling]);
    return SW_OK;
}

static void cut(flow_state *s, const sw_predict_picture *picture, int number, int image)
{
    for (int mirrored = 0; mirrored < s->images_of_window; mirrored++) {
        sw_view_cut(s->bytes, &picture->view, &picture->scaled, number, mirrored);
        float *window = s->images + (size_t)(image + mirrored) * s->values;
        sw_augment_to_float(window, s->bytes, s->values);
        sw_normalize_apply(&s->flow->plan->normalize, window, s->values / 3);
    }
}

static sw_status add_window(flow_state *s, sw_predict_picture *picture, int number)
{
    flow_batch *b = &s->batches[s->filling];
    const int image = b->count * s->images_of_window;
    float *logits = b->logits + (size_t)image * s->logits;
    sw_predict_window *window = &b->windows[b->count++];
    *window = (sw_predict_window){.picture = picture,
                                  .number = number,
                                  .logits = logits,
                                  .mirrored = s->images_of_window == 2 ? logits + s->logits : NULL};
    if (b->spread) window->spread = b->spread + (size_t)image * sw_size_pixels(s->flow->plan->rule.window);
    window->work = (sw_job){.run = sw_predict_window_finish, .user = window};
    cut(s, picture, number, image);
    return image + 2 * s->images_of_window > s->flow->batch ? enqueue(s) : SW_OK;
}

static sw_status add_picture(flow_state *s, int i)
{
    sw_predict_picture *picture = &s->flow->pictures[i];
    read_ahead(s, i);
    sw_crew_wait(s->crew, &picture->read);
    if (picture->status != SW_OK) {
        picture->ended = true;
        return SW_OK;
    }
    const int windows = sw_view_windows(&picture->view);
    for (int w = 0; w < windows; w++) SW_ENSURE(add_window(s, picture, w));
    sw_image_deinit(&picture->scaled);
    return SW_OK;
}

sw_status sw_predict_flow_run(const sw_predict_flow *flow)
{
    sw_status status = SW_OK;
    flow_state s = {.flow = flow, .computing = NONE};
    SW_TRY(init(&s));
    for (int i = 0; i < flow->count; i++) {
        SW_TRY(add_picture(&s, i));
        report(&s, i);
    }
    if (s.batches[s.filling].count > 0) SW_TRY(enqueue(&s));
    SW_TRY(read_results(&s));
    for (int i = 0; i < BATCHES; i++) wait_for_windows(&s, &s.batches[(s.filling + i) % BATCHES]);
    for (int i = 0; i < flow->count; i++) {
        sw_crew_wait(s.crew, &flow->pictures[i].finish);
        report(&s, i + 1);
    }
done:
    sw_crew_destroy(s.crew);
    sw_arena_deinit(&s.arena);
    return status;
}
