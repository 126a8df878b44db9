#include "apply/predict.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/tally.h"
#include "data/dataset.h"
#include "page/csv.h"
#include "predict_flow.h"
#include "predict_outputs.h"
#include "setup/open.h"

/* Different remarks about pictures that are counted; further ones are logged picture by picture. */
enum { REMARKS = 16, DEFAULT_OVERLAP = 4, SHARE_DIGITS = 6 };

/* What the reader noted about a picture, logged when it comes first. */
typedef struct remark {
    char *text;
    int others; /* pictures with the same */
} remark;

typedef struct predictor {
    const sw_predict_options *options;
    sw_predict_result *result;
    sw_predict_plan plan;
    sw_predict_inputs inputs;
    sw_predict_picture *pictures; /* (inputs.count) */
    remark remarks[REMARKS];
    int remark_count;
    sw_str shares; /* the CSV so far */
    sw_tally *tally;
} predictor;

/* --- what was asked --------------------------------------------------------------------------- */

static sw_status look_at_model(sw_model_view *view, const sw_experiment *x)
{
    sw_model model;
    SW_ENSURE(sw_open_model(&model, x, 1));
    sw_status status = sw_model_look(view, &model);
    sw_model_deinit(&model);
    return status;
}

static sw_status plan_tiles(sw_view_rule *rule, const sw_predict_options *o, const sw_experiment *x)
{
    sw_model_view view;
    SW_ENSURE(look_at_model(&view, x));
    const int stride = view.stride, most = o->tile - stride;
    if (view.whole_image)
        return sw_fail(
            SW_E_USAGE,
            "--tile %d: this network has a layer that looks at the whole image, so that tiles would "
            "give another result; leave --tile out",
            o->tile);
    if (o->tile < stride)
        return sw_fail(SW_E_USAGE,
                       "--tile %d: the network makes one pixel of %d px on its way, so that a tile has at "
                       "least %d px",
                       o->tile, stride, stride);
    if (o->tile > SW_IMAGE_MAX_SIDE_PX)
        return sw_fail(SW_E_USAGE, "--tile %d: pictures have at most %d px a side", o->tile,
                       SW_IMAGE_MAX_SIDE_PX);
    const int usual = o->tile / DEFAULT_OVERLAP < most ? o->tile / DEFAULT_OVERLAP : most;
    rule->overlap = o->overlap < 0 ? usual : o->overlap;
    if (rule->overlap > most)
        return sw_fail(SW_E_USAGE,
                       "--overlap %d: tiles of %d px can have at most %d px in common, since the network "
                       "makes one pixel "
                       "of %d px on its way, and tiles begin every %d px at least",
                       rule->overlap, o->tile, most, stride, stride);
    rule->tiles = true;
    rule->stride = stride;
    rule->window = (sw_size){o->tile, o->tile};
    return SW_OK;
}

/* Samples differ by their dropout alone. */
static sw_status check_samples(const sw_predict_options *o, const sw_experiment *x)
{
    sw_model model;
    if (!o->samples) return SW_OK;
    if (o->flip || o->logits)
        return sw_fail(SW_E_USAGE, "--samples takes the mean of probabilities: leave %s out",
                       o->flip ? "--tta" : "--logits");
    SW_ENSURE(sw_open_model(&model, x, 1));
    const bool drops = sw_graph_has_op(&model.graph, &sw_op_dropout);
    sw_model_deinit(&model);
    if (drops) return SW_OK;
    return sw_fail(SW_E_USAGE,
                   "--samples %d: this network has no dropout layer, so that all samples would be the same; "
                   "configs/model/segnet_bayesian.yaml is one that has",
                   o->samples);
}

static sw_status plan_view(sw_view_rule *rule, const sw_predict_options *o, const sw_experiment *x)
{
    *rule = (sw_view_rule){.window = x->data.size, .fit = x->data.fit, .resize = x->data.resize};
    if (o->tile) SW_ENSURE(plan_tiles(rule, o, x));
    SW_ENSURE(check_samples(o, x));
    if (!o->tile && o->overlap >= 0)
        return sw_fail(SW_E_USAGE, "--overlap is the overlap of tiles: give their side with --tile too");
    if (o->logits && (o->tile || o->flip || rule->fit == SW_FIT_CROP))
        return sw_fail(SW_E_USAGE,
                       "--logits are those of one image of the network, and %s: take --probabilities",
                       o->flip   ? "--tta sees each picture twice"
                       : o->tile ? "with --tile it sees a picture in parts"
                                 : "with data.fit: crop it sees a picture in parts");
    return SW_OK;
}

static sw_status make_plan(sw_predict_plan *plan, const sw_predict_options *o, const sw_experiment *x)
{
    *plan = (sw_predict_plan){.options = o,
                              .classes = sw_data_classes(&x->data),
                              .class_count = x->model.classes,
                              .files = 1u << SW_PREDICT_MASK | (unsigned)o->overlay << SW_PREDICT_OVERLAY |
                                       (unsigned)o->outline << SW_PREDICT_OUTLINE |
                                       (unsigned)o->probabilities << SW_PREDICT_PROBABILITIES |
                                       (unsigned)o->logits << SW_PREDICT_LOGITS |
                                       (unsigned)(o->samples > 0) << SW_PREDICT_UNCERTAINTY};
    plan->normalize = x->data.normalize;
    sw_mask_writing_of(&plan->writing, &x->data);
    return plan_view(&plan->rule, o, x);
}

/* Images that the device gets at once. Tiles take as many pixels as validation's images do. */
static int batch_of(const predictor *p, const sw_experiment *x)
{
    const sw_predict_options *o = p->options;
    const int images_of_window = o->flip ? 2 : 1;
    const size_t pixels = sw_size_pixels(x->data.size);
    size_t batch = o->batch > 0
                       ? (size_t)o->batch
                       : (size_t)x->train.val_batch_size * pixels / sw_size_pixels(p->plan.rule.window);
    const bool one_window = !p->plan.rule.tiles && p->plan.rule.fit != SW_FIT_CROP;
    const size_t most = (size_t)p->inputs.count * (size_t)images_of_window;
    if (one_window && batch > most) batch = most;
    if (o->flip) batch -= batch % 2;
    return batch < (size_t)images_of_window ? images_of_window : (int)batch;
}

/* --- what came out --------------------------------------------------------------------------- */

static void tell_remark(predictor *p, const char *path, const sw_str *notes)
{
    if (!notes->length) return;
    for (int i = 0; i < p->remark_count; i++)
        if (strcmp(p->remarks[i].text, notes->text) == 0) {
            p->remarks[i].others++;
            return;
        }
    sw_log(SW_LOG_WARNING, "%s: %s", path, notes->text);
    char *text = p->remark_count < REMARKS ? sw_strf("%s", notes->text) : NULL;
    if (text) p->remarks[p->remark_count++] = (remark){.text = text};
}

static void sum_remarks_up(predictor *p)
{
    for (int i = 0; i < p->remark_count; i++) {
        const int others = p->remarks[i].others;
        if (others)
            sw_log(SW_LOG_WARNING, "%d other picture%s: %s", others, others == 1 ? "" : "s",
                   p->remarks[i].text);
        free(p->remarks[i].text);
    }
}

static void begin_shares(predictor *p)
{
    sw_str_append(&p->shares, "image,width,height");
    for (int c = 0; c < p->plan.class_count; c++) {
        sw_str_append(&p->shares, ",");
        if (c < p->plan.classes->count)
            sw_csv_text(&p->shares, p->plan.classes->list[c].name);
        else
            sw_str_printf(&p->shares, "class_%d", c);
    }
    sw_str_append(&p->shares, "\n");
}

static void add_shares(predictor *p, const sw_predict_picture *picture)
{
    sw_csv_text(&p->shares, picture->input->path);
    sw_str_printf(&p->shares, ",%d,%d", picture->size.width, picture->size.height);
    for (int c = 0; c < p->plan.class_count; c++) sw_csv_number(&p->shares, picture->shares[c], SHARE_DIGITS);
    sw_str_append(&p->shares, "\n");
}

static void on_picture(void *user, sw_predict_picture *picture)
{
    predictor *p = user;
    tell_remark(p, picture->input->path, &picture->notes);
    sw_tally_add(p->tally, 1);
    if (picture->status != SW_OK) {
        sw_log(SW_LOG_ERROR, "%s", picture->message ? picture->message : "out of host memory");
        p->result->failed++;
        return;
    }
    p->result->predicted++;
    if (p->options->shares) add_shares(p, picture);
}

static sw_status check_outputs(const predictor *p, const sw_trained *saved)
{
    const char *const also_read[] = {saved->weights_path, saved->config_path, NULL};
    const sw_predict_writing writing = {.files = p->plan.files,
                                        .shares = p->options->shares,
                                        .data = &saved->experiment->data,
                                        .also_read = also_read};
    return sw_predict_outputs_check(&p->inputs, &writing);
}

/* Makes the folders now, so that no prediction is in vain. */
static sw_status make_folders(const sw_predict_options *o)
{
    SW_ENSURE(sw_fs_mkdirs(o->out));
    if (!o->shares) return SW_OK;
    char *folder = sw_fs_dirname(o->shares);
    sw_status status = folder ? sw_fs_mkdirs(folder) : SW_E_MEMORY;
    free(folder);
    return status;
}

static sw_status run_pictures(predictor *p, sw_trained *saved)
{
    const sw_experiment *x = saved->experiment;
    const sw_trained_use use = {
        .loss = &x->loss, .batch = batch_of(p, x), .size = p->plan.rule.window, .device = p->options->device};
    sw_status started = sw_trained_start(saved, &use);
    if (started == SW_E_MEMORY)
        sw_fail_in(started, "%d images of %d x %d px at once (--batch)", use.batch, use.size.width,
                   use.size.height);
    SW_ENSURE(started);
    p->pictures = calloc((size_t)p->inputs.count + 1, sizeof *p->pictures);
    if (!p->pictures)
        return sw_fail_alloc("a list of pictures", (size_t)p->inputs.count * sizeof *p->pictures);
    for (int i = 0; i < p->inputs.count; i++)
        p->pictures[i] = (sw_predict_picture){.plan = &p->plan, .input = &p->inputs.items[i]};
    const sw_tally_plan tally = {.what = "predict", .unit = "img", .total = (uint64_t)p->inputs.count};
    SW_ENSURE(sw_tally_create(&p->tally, p->options->progress, &tally));
    const sw_predict_flow flow = {.plan = &p->plan,
                                  .network = &saved->network,
                                  .pictures = p->pictures,
                                  .count = p->inputs.count,
                                  .batch = use.batch,
                                  .on_picture = on_picture,
                                  .user = p};
    return sw_predict_flow_run(&flow);
}

sw_status sw_predict(sw_predict_result *result, sw_trained *saved, const char *const *paths,
                     const sw_predict_options *options)
{
    sw_status status = SW_OK;
    predictor p = {.options = options, .result = result};
    *result = (sw_predict_result){0};
    SW_TRY(make_plan(&p.plan, options, saved->experiment));
    SW_TRY(sw_predict_inputs_init(&p.inputs, paths, options->out, &saved->experiment->data));
    SW_TRY(check_outputs(&p, saved));
    SW_TRY(make_folders(options));
    if (options->shares) begin_shares(&p);
    SW_TRY(run_pictures(&p, saved));
    if (options->shares) SW_TRY(sw_fs_write_text(options->shares, &p.shares));
    if (result->failed)
        status =
            sw_fail(SW_E_DATA, "%d of %d pictures could not be predicted", result->failed, p.inputs.count);
done:
    sw_tally_destroy(p.tally);
    sum_remarks_up(&p);
    for (int i = 0; p.pictures && i < p.inputs.count; i++) sw_predict_picture_deinit(&p.pictures[i]);
    free(p.pictures);
    sw_str_deinit(&p.shares);
    sw_predict_inputs_deinit(&p.inputs);
    return status;
}
