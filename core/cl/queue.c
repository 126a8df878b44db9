/* Waiting for the queue. */
#include "context.h"

sw_status sw_cl_flush(sw_cl *cl)
{
    return sw_cl_status(clFlush(cl->queue), "clFlush", cl->device.name);
}

sw_status sw_cl_finish(sw_cl *cl)
{
    return sw_cl_status(clFinish(cl->queue), "clFinish", cl->device.name);
}
