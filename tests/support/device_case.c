#include "device_case.h"

#include <criterion/criterion.h>

sw_cl *session;

void choose_device(sw_device_info *device)
{
    cr_assert_eq(sw_device_choose(device, NULL), SW_OK, "%s", sw_error_message());
    if (device->type == CL_DEVICE_TYPE_CPU && device->matrix_unit == SW_MATRIX_NONE)
        device->matrix_unit = SW_MATRIX_EMULATED;
}

void session_open(void)
{
    sw_device_info device;
    choose_device(&device);
    cr_assert_eq(sw_cl_create(&session, &device, &(sw_cl_options){.check = true}), SW_OK, "%s",
                 sw_error_message());
}

void session_close(void)
{
    sw_cl_destroy(session);
    session = NULL;
}
