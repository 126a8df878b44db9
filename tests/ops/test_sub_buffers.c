/* No two sub-buffers of a buffer that exist at the same time begin at the same place: NVIDIA's driver (580)
 * crashes when one of them is released. The driver is asked through the functions below, which keep count. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <CL/cl.h>
#include <criterion/criterion.h>
#include <dlfcn.h>

#include "device_case.h"
#include "nn/network.h"

TestSuite(sub_buffers, .init = session_open, .fini = session_close);

enum { MAX_LIVE = 4096 };

static struct {
    cl_mem buffer, parent;
    size_t origin;
} live[MAX_LIVE];
static int live_count, made_count, twin_count;

cl_mem clCreateSubBuffer(cl_mem parent, cl_mem_flags flags, cl_buffer_create_type type, const void *info,
                         cl_int *code)
{
    cl_mem (*driver)(cl_mem, cl_mem_flags, cl_buffer_create_type, const void *, cl_int *);
    *(void **)&driver = dlsym(RTLD_NEXT, "clCreateSubBuffer");
    const size_t origin = ((const cl_buffer_region *)info)->origin;
    cl_mem buffer = driver(parent, flags, type, info, code);
    for (int i = 0; i < live_count; i++) twin_count += live[i].parent == parent && live[i].origin == origin;
    cr_assert(buffer && live_count < MAX_LIVE);
    live[live_count].buffer = buffer;
    live[live_count].parent = parent;
    live[live_count++].origin = origin;
    made_count++;
    return buffer;
}

cl_int clReleaseMemObject(cl_mem buffer)
{
    cl_int (*driver)(cl_mem);
    *(void **)&driver = dlsym(RTLD_NEXT, "clReleaseMemObject");
    for (int i = 0; i < live_count; i++)
        if (live[i].buffer == buffer) {
            live[i] = live[--live_count];
            break;
        }
    return driver(buffer);
}

/* Training and evaluation of one network share weights and memory. */
Test(sub_buffers, of_a_network_do_not_begin_at_the_same_place)
{
    static const sw_model_config model = {
        .name = "small",
        .classes = 3,
        .input_norm = true,
        .norm_eps = 1e-5f,
        .norm_momentum = 0.1f,
        .head = SW_HEAD_NORM_RELU,
        .encoder_count = 2,
        .decoder_count = 2,
        .encoder = {{.convs = 2, .width = 16, .kernel = 3}, {.convs = 2, .width = 32, .kernel = 3}},
        .decoder = {{.unpool_from = 2, .convs = 2, .width = 16, .kernel = 3},
                    {.unpool_from = 1, .convs = 2, .width = 0, .kernel = 3}},
    };
    static const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
    static const sw_optimizer_config optimizer = {
        .kind = SW_OPT_ADAM, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f};
    const sw_network_options options = {.model = &model,
                                        .loss = &loss,
                                        .optimizer = &optimizer,
                                        .ema_decay = 0.9f,
                                        .size = {16, 16},
                                        .train_batch = 4,
                                        .eval_batch = 3,
                                        .workspace_cap_bytes = 1 << 20};
    sw_network network;
    cr_assert_eq(sw_network_plan(&network, session, &options), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_network_allocate(&network, 3), SW_OK, "%s", sw_error_message());
    cr_expect_gt(made_count, 50);
    cr_expect_eq(twin_count, 0, "%d of %d begin where another one does", twin_count, made_count);
    sw_network_deinit(&network);
    cr_expect_eq(live_count, 0, "%d are left", live_count);
}
