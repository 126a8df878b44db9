#include "loss_base.h"

#include <math.h>
#include <string.h>

enum { SUM_ITEMS = 64 /* as in losses.cl */ };

static sw_status check_class_weights(const sw_node *node, int classes)
{
    const sw_loss_attrs *attrs = node->attrs;
    for (int k = 0; attrs->class_weight_count && k < classes; k++)
        if (!(attrs->class_weights[k] >= 0.0f && isfinite(attrs->class_weights[k])))
            return sw_node_fail(node, "the weight of class %d is %g; it must be a number >= 0", k,
                                (double)attrs->class_weights[k]);
    return SW_OK;
}

sw_status sw_loss_infer(sw_graph *graph, sw_node *node)
{
    const sw_value *logits = sw_node_input(graph, node, 0), *labels = sw_node_input(graph, node, 1);
    const sw_shape x = logits->shape, t = labels->shape;
    if (logits->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", logits->name);
    if (x.c < 2 || x.c > SW_MAX_CLASSES)
        return sw_node_fail(node, "'%s' has %d channels; as classes there must be 2 to %d", logits->name, x.c,
                            (int)SW_MAX_CLASSES);
    if (labels->dtype != SW_U8 || !sw_shape_equal(t, (sw_shape){x.n, x.h, x.w, 1}))
        return sw_node_fail(
            node, "labels '%s' of shape (%d,%d,%d,%d) must be bytes of shape (%d,%d,%d,1), as '%s' is",
            labels->name, t.n, t.h, t.w, t.c, x.n, x.h, x.w, logits->name);
    SW_ENSURE(check_class_weights(node, x.c));
    return sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){1, 1, 1, 1});
}

static float weight_of(const sw_loss_attrs *attrs, int k)
{
    if (k == attrs->ignore_index) return 0.0f;
    return attrs->class_weight_count ? attrs->class_weights[k] : 1.0f;
}

sw_status sw_loss_upload_weights(cl_mem *out, const sw_call *call)
{
    const int classes = sw_call_in_shape(call, 0).c;
    float weights[SW_MAX_CLASSES];
    for (int k = 0; k < classes; k++) weights[k] = weight_of(call->node->attrs, k);
    const size_t bytes = (size_t)classes * sizeof *weights;
    SW_ENSURE(sw_buffer_create(out, call->cl, bytes, "class weights"));
    return sw_buffer_write(call->cl, *out, 0, weights, bytes);
}

double sw_loss_weigh_pixels(const void *attrs, int classes, const uint32_t counts[256])
{
    double weight = 0.0;
    for (int k = 0; k < classes; k++) weight += (double)counts[k] * (double)weight_of(attrs, k);
    return weight;
}

double sw_loss_weigh_classes(const void *attrs, int classes, const uint32_t counts[256])
{
    double weight = 0.0;
    for (int k = 0; k < classes; k++) weight += counts[k] ? (double)weight_of(attrs, k) : 0.0;
    return weight;
}

sw_status sw_loss_get_sum(const sw_kernel **out, sw_cl *cl)
{
    return sw_kernel_get(out, cl, "loss_sum", "loss_sum", "");
}

sw_status sw_loss_sum(const sw_call *call, const sw_kernel *sum, cl_mem pairs, int items, cl_mem inverse)
{
    return SW_CALL_LAUNCH(call, sum, ((sw_ndrange){.global = {SUM_ITEMS}, .local = {SUM_ITEMS}}),
                          sw_arg_buffer(pairs), sw_arg_i32(items), sw_arg_buffer(call->out[0]),
                          sw_arg_buffer(inverse));
}

/* ---- class_weights: several members from one key ---- */

static const sw_yaml_node *read_class_weights(void *record, const sw_yaml_node *value,
                                              sw_field_reading *reading)
{
    (void)reading;
    sw_loss_attrs *attrs = record;
    const bool word = value->kind == SW_YAML_SCALAR;
    attrs->class_weight_count = 0;
    attrs->median_frequency = word && strcmp(value->text, "median_frequency") == 0;
    if (attrs->median_frequency || (word && (sw_yaml_is_null(value) || strcmp(value->text, "none") == 0)))
        return NULL;
    if (value->kind != SW_YAML_SEQUENCE || value->count == 0 || value->count > SW_MAX_CLASSES) return value;
    attrs->class_weight_count = (int)value->count;
    for (size_t i = 0; i < value->count; i++) {
        double weight = 0;
        bool good = sw_yaml_number(&weight, value->items[i]) && weight >= 0 && isfinite((float)weight);
        if (!good) return value->items[i];
        attrs->class_weights[i] = (float)weight;
    }
    return NULL;
}

static void write_class_weights(sw_str *out, const void *record)
{
    const sw_loss_attrs *attrs = record;
    const int count = attrs->class_weight_count;
    if (attrs->median_frequency || count == 0) {
        sw_str_append(out, attrs->median_frequency ? "median_frequency" : "none");
        return;
    }
    for (int i = 0; i < count; i++) {
        sw_str_append(out, i ? ", " : "[");
        sw_float_append(out, attrs->class_weights[i]);
    }
    sw_str_append(out, "]");
}

const sw_field_custom sw_loss_class_weights = {
    .expected = "none | median_frequency | list of numbers >= 0, one a class",
    .json_schema =
        "{\"oneOf\": [{\"enum\": [\"none\", \"median_frequency\", null]},"
        " {\"type\": \"array\", \"items\": {\"type\": \"number\", \"minimum\": 0}, \"minItems\": 1}]}",
    .read = read_class_weights,
    .write = write_class_weights,
};
