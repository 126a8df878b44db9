/* safetensors files: whatever is accepted can be read whole. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "weights/safetensors.h"

static void use(const sw_safetensors_reader *reader)
{
    for (size_t i = 0; i < sw_safetensors_reader_count(reader); i++) {
        const sw_safetensors_tensor *t = sw_safetensors_reader_get(reader, i);
        fuzz_expect(sw_safetensors_reader_find(reader, t->name) == t, "names are unique");
        char *data = malloc(t->bytes ? t->bytes : 1);
        fuzz_expect(data && sw_safetensors_reader_read(reader, t, data, t->bytes) == SW_OK,
                    "the data of a valid file are there");
        free(data);
    }
    const char *format = sw_safetensors_reader_metadata(reader, "format");
    if (format) fuzz_expect(strlen(format) < 1 << 27, "metadata are strings");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sw_safetensors_reader *reader;
    const char *path = fuzz_file(bytes, length);
    sw_status status = sw_safetensors_reader_open(&reader, path);
    if (status == SW_OK)
        use(reader);
    else
        fuzz_expect(status == SW_E_DATA && strlen(sw_error_message()) > 0, "a bad file is SW_E_DATA");
    sw_safetensors_reader_destroy(reader);
    return 0;
}
