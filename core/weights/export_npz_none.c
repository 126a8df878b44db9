/* Built without libarchive. */
#include "weights/export.h"

sw_status sw_export_npz(const char *path, const sw_safetensors_reader *weights)
{
    (void)weights;
    return sw_fail(SW_E_CONFIG,
                   "%s: this segwork was built without libarchive (libarchive-dev), which .npz needs; "
                   "NumPy users can read safetensors too (pip install safetensors)",
                   path);
}
