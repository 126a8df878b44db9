#include "exec/loss_log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/call.h"

sw_status sw_loss_log_init(sw_loss_log *log, sw_cl *cl, int capacity, int loss_count)
{
    sw_status status = SW_OK;
    const sw_kernel *kernel;
    char options[32];
    size_t bytes = (size_t)capacity * (size_t)loss_count * sizeof(float);
    assert(capacity > 0 && loss_count > 0);
    *log = (sw_loss_log){.cl = cl, .loss_count = loss_count, .capacity = capacity};
    snprintf(options, sizeof options, "-DVEC=%d", sw_cl_vector_width(cl)); /* the optimiser's own program */
    SW_TRY(sw_kernel_get(&kernel, cl, "optimizer", "optimizer_note_loss", options));
    log->kernel = kernel;
    SW_TRY(sw_buffer_create(&log->losses, cl, bytes, "losses"));
    log->host = malloc(bytes);
    if (!log->host) status = sw_fail_alloc("losses", bytes);
done:
    if (status != SW_OK) sw_loss_log_deinit(log);
    return status;
}

void sw_loss_log_deinit(sw_loss_log *log)
{
    /* the read under way writes to what is freed here; whether it went well is no longer of interest */
    if (log->read && sw_buffer_wait(&log->read) != SW_OK) sw_error_clear();
    sw_buffer_release(&log->losses);
    free(log->host);
    *log = (sw_loss_log){0};
}

sw_status sw_loss_log_add(sw_loss_log *log, const cl_mem *losses, bool first, const double *shares,
                          const sw_optimizer *optimizer)
{
    sw_status status = SW_OK;
    assert(!log->read && (first ? log->count < log->capacity : log->count > 0));
    const int step = first ? log->count : log->count - 1;
    for (int i = 0; i < log->loss_count && status == SW_OK; i++)
        status = SW_LAUNCH(log->cl, log->kernel, NULL, ((sw_ndrange){.global = {1}, .local = {1}}),
                           sw_arg_buffer(losses[i]), sw_arg_buffer(log->losses),
                           sw_arg_i32(step * log->loss_count + i), sw_arg_i32(first),
                           sw_arg_f32((float)shares[i]), sw_arg_buffer(optimizer->halted));
    if (status == SW_OK) log->count = step + 1;
    return sw_fail_in(status, "loss");
}

sw_status sw_loss_log_begin_read(sw_loss_log *log)
{
    if (log->count == 0 || log->read) return SW_OK;
    return sw_buffer_read_begin(&log->read, log->cl, log->losses, 0, log->host,
                                (size_t)log->count * (size_t)log->loss_count * sizeof(float));
}

sw_status sw_loss_log_read(sw_loss_log *log, const float **losses, int *count)
{
    *losses = log->host;
    *count = 0;
    SW_ENSURE(sw_loss_log_begin_read(log));
    SW_ENSURE(sw_buffer_wait(&log->read));
    *count = log->count;
    log->count = 0;
    return SW_OK;
}
