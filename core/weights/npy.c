#include "weights/npy.h"

#include <inttypes.h>

#include "base/fs.h"
#include "weights/half.h"

enum { PREFIX_BYTES = 10, ALIGNMENT = 64 };

static const char *const descrs[] = {
    [SW_SAFETENSORS_F32] = "<f4", [SW_SAFETENSORS_I64] = "<i8", [SW_SAFETENSORS_I32] = "<i4",
    [SW_SAFETENSORS_U8] = "|u1",  [SW_SAFETENSORS_F16] = "<f2", [SW_SAFETENSORS_BF16] = "<f4",
    [SW_SAFETENSORS_F64] = "<f8", [SW_SAFETENSORS_I16] = "<i2", [SW_SAFETENSORS_I8] = "|i1",
    [SW_SAFETENSORS_BOOL] = "|b1"};

/* {'descr': '<f4', 'fortran_order': False, 'shape': (3, 128, 128), } padded so that the data are aligned */
static void append_header(sw_str *out, sw_safetensors_dtype dtype, int rank, const int64_t *shape)
{
    sw_str dict = {0};
    sw_str_printf(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': (", descrs[dtype]);
    for (int i = 0; i < rank; i++) sw_str_printf(&dict, "%s%" PRId64, i ? ", " : "", shape[i]);
    if (rank == 1) sw_str_append(&dict, ",");
    sw_str_append(&dict, "), }");
    size_t unpadded = PREFIX_BYTES + dict.length + 1;
    size_t header = dict.length + 1 + (ALIGNMENT - unpadded % ALIGNMENT) % ALIGNMENT;
    const uint8_t prefix[PREFIX_BYTES] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(header & 0xff), (uint8_t)(header >> 8)};
    sw_str_append_bytes(out, prefix, sizeof prefix);
    sw_str_printf(out, "%-*s\n", (int)header - 1, sw_str_part(out, &dict));
    sw_str_deinit(&dict);
}

static void append_bfloats(sw_str *out, const uint16_t *bits, size_t elems)
{
    for (size_t i = 0; i < elems; i++) {
        const float value = sw_bfloat_float(bits[i]);
        sw_str_append_bytes(out, &value, sizeof value);
    }
}

sw_status sw_npy_append(sw_str *out, sw_safetensors_dtype dtype, int rank, const int64_t *shape,
                        const void *data)
{
    size_t elems = 1;
    for (int i = 0; i < rank; i++) elems *= (size_t)shape[i];
    append_header(out, dtype, rank, shape);
    if (dtype == SW_SAFETENSORS_BF16)
        append_bfloats(out, data, elems);
    else
        sw_str_append_bytes(out, data, elems * sw_safetensors_dtype_bytes(dtype));
    return sw_str_status(out);
}

sw_status sw_npy_write(const char *path, sw_safetensors_dtype dtype, int rank, const int64_t *shape,
                       const void *data)
{
    sw_str file = {0};
    sw_status status = sw_npy_append(&file, dtype, rank, shape, data);
    if (status == SW_OK) status = sw_fs_write(path, file.text, file.length);
    sw_str_deinit(&file);
    return status;
}
