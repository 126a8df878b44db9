/* Tensors from one file into another. */
#include <stdlib.h>
#include <string.h>

#include "export_tensors.h"

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

static sw_status declare(void *user, const sw_safetensors_tensor *t, const void *data)
{
    (void)data;
    return sw_safetensors_writer_declare(user, t->name, t->dtype, t->rank, t->shape);
}

static sw_status put(void *user, const sw_safetensors_tensor *t, const void *data)
{
    return sw_safetensors_writer_put(user, t->name, data, t->bytes);
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

sw_status sw_export_safetensors(const char *path, const sw_safetensors_reader *weights,
                                const sw_checkpoint_note *notes, size_t note_count)
{
    sw_status status = SW_OK;
    sw_safetensors_writer *writer = NULL;
    SW_TRY(sw_safetensors_writer_create(&writer));
    for (size_t i = 0; i < note_count; i++)
        SW_TRY(sw_safetensors_writer_metadata(writer, notes[i].key, notes[i].value));
    SW_TRY(sw_export_each(weights, false, declare, writer));
    SW_TRY(sw_safetensors_writer_add_checksums(writer));
    SW_TRY(sw_safetensors_writer_begin(writer, path));
    SW_TRY(sw_export_each(weights, true, put, writer));
    SW_TRY(sw_safetensors_writer_finish(writer));
done:
    sw_safetensors_writer_destroy(writer);
    return status;
}
