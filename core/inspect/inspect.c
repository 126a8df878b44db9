#include "inspect/inspect.h"

#include "inspection.h"

sw_status sw_inspect(int *figures, sw_trained *saved, const sw_inspect_options *options)
{
    sw_status status = SW_OK;
    inspection s;
    *figures = 0;
    SW_TRY(inspection_begin(&s, saved, options));
    SW_TRY(inspection_check_out(&s));
    SW_TRY(inspection_open(&s));
    SW_TRY(inspect_filters(&s));
    SW_TRY(inspect_levels(&s));
    SW_TRY(inspect_pooling(&s));
    SW_TRY(inspect_field(&s));
    SW_TRY(inspect_sureness(&s));
    SW_TRY(inspect_occlusion(&s));
    SW_TRY(inspection_write(&s));
    *figures = s.figure_count;
done:
    inspection_close(&s);
    return status;
}
