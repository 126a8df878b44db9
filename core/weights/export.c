/* Tensors from one file into another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_tensors.h"
#include "weights/half.h"

sw_status sw_export_read(void **out, const sw_safetensors_reader *weights,
                         const sw_safetensors_tensor *tensor)
{
    *out = malloc(tensor->bytes ? tensor->bytes : 1);
    if (!*out) return sw_fail_alloc(tensor->name, tensor->bytes);
    sw_status status = sw_safetensors_reader_read(weights, tensor, *out, tensor->bytes);
    if (status != SW_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

typedef struct rewriting {
    sw_safetensors_writer *writer;
    bool half;
} rewriting;

static bool becomes_half(const rewriting *r, const sw_safetensors_tensor *t)
{
    return r->half && t->dtype == SW_SAFETENSORS_F32 && t->rank >= 2;
}

static sw_status declare(void *user, const sw_safetensors_tensor *t, const void *data)
{
    const rewriting *r = user;
    (void)data;
    return sw_safetensors_writer_declare(
        r->writer, t->name, becomes_half(r, t) ? SW_SAFETENSORS_F16 : t->dtype, t->rank, t->shape);
}

static sw_status put_half(const rewriting *r, const sw_safetensors_tensor *t, const float *values)
{
    sw_status status = SW_OK;
    const size_t count = (size_t)t->elems;
    uint16_t *halves = malloc((count ? count : 1) * sizeof *halves);
    if (!halves) return sw_fail_alloc(t->name, count * sizeof *halves);
    for (size_t i = 0; i < count; i++) {
        halves[i] = sw_half_of(values[i]);
        if (isfinite(values[i]) && isinf(sw_half_float(halves[i])))
            SW_TRY(sw_fail(SW_E_DATA, "tensor '%s' holds %g, and F16 ends at 65504: export it as F32",
                           t->name, (double)values[i]));
    }
    status = sw_safetensors_writer_put(r->writer, t->name, halves, count * sizeof *halves);
done:
    free(halves);
    return status;
}

static sw_status put(void *user, const sw_safetensors_tensor *t, const void *data)
{
    const rewriting *r = user;
    return becomes_half(r, t) ? put_half(r, t, data)
                              : sw_safetensors_writer_put(r->writer, t->name, data, t->bytes);
}

sw_status sw_export_each(const sw_safetensors_reader *weights, bool with_data, sw_export_visitor visit,
                         void *user)
{
    static const char moments[] = "optimizer.", averages[] = "ema.";
    sw_status status = SW_OK;
    for (size_t i = 0; status == SW_OK && i < sw_safetensors_reader_count(weights); i++) {
        const sw_safetensors_tensor *tensor = sw_safetensors_reader_get(weights, i);
        void *data = NULL;
        if (strncmp(tensor->name, moments, sizeof moments - 1) == 0) continue;
        if (strncmp(tensor->name, averages, sizeof averages - 1) == 0) continue;
        if (with_data) status = sw_export_read(&data, weights, tensor);
        if (status == SW_OK) status = visit(user, tensor, data);
        free(data);
    }
    return status;
}

sw_status sw_export_safetensors(const char *path, const sw_safetensors_reader *weights, bool half,
                                const sw_checkpoint_note *notes, size_t note_count)
{
    sw_status status = SW_OK;
    rewriting r = {.half = half};
    SW_TRY(sw_safetensors_writer_create(&r.writer));
    for (size_t i = 0; i < note_count; i++)
        SW_TRY(sw_safetensors_writer_metadata(r.writer, notes[i].key, notes[i].value));
    SW_TRY(sw_export_each(weights, false, declare, &r));
    SW_TRY(sw_safetensors_writer_add_checksums(r.writer));
    SW_TRY(sw_safetensors_writer_begin(r.writer, path));
    SW_TRY(sw_export_each(weights, true, put, &r));
    SW_TRY(sw_safetensors_writer_finish(r.writer));
done:
    sw_safetensors_writer_destroy(r.writer);
    return status;
}
