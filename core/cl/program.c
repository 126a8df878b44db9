/* The program cache: kernel files are built once per (file, options), kernels are looked up once per name. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/str.h"
#include "cl/launch.h"
#include "context.h"
#include "kernel_source.h"

enum {
    MAX_SOURCE_BYTES = 4 * 1024 * 1024,
    MAX_FILES = 4,    /* of a program: a kernel file and the shared ones before it */
    LOG_BYTES = 3000, /* of the compiler's log in a message: its first errors, which are the cause */
};

static const char COMMON_FILE[] = "common.clh";

typedef struct sw_program {
    struct sw_program *next;
    char *file, *options;
    cl_program handle;
    struct sw_kernel *kernels;
} sw_program;

/* The pieces that clCreateProgramWithSource takes. `owned` are the texts read from disk. */
typedef struct source_text {
    const char **pieces;
    size_t count;
    char *owned[2 * MAX_FILES];
    size_t owned_count;
} source_text;

static void source_deinit(source_text *source)
{
    for (size_t i = 0; i < source->owned_count; i++) free(source->owned[i]);
    free(source->pieces);
}

static sw_status append_pieces(source_text *source, const char *const *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SW_ENSURE(SW_ARRAY_GROW(source->pieces, source->count, "a kernel's source"));
        source->pieces[source->count++] = pieces[i];
    }
    return SW_OK;
}

static const sw_kernel_source *find_embedded(const char *file)
{
    for (const sw_kernel_source *s = sw_kernel_sources; s->file; s++)
        if (strcmp(s->file, file) == 0) return s;
    return NULL;
}

static sw_status append_embedded(source_text *source, const char *file)
{
    const sw_kernel_source *s = find_embedded(file);
    if (s) return append_pieces(source, s->lines, s->line_count);
    return sw_fail(SW_E_DEVICE,
                   "there is no embedded kernel file %s (they are listed in cl_kernels/CMakeLists.txt)",
                   file);
}

/* Takes over `text`, which may be NULL (then the message is set). */
static sw_status append_owned(source_text *source, char *text)
{
    if (!text) return SW_E_MEMORY;
    assert(source->owned_count < sizeof source->owned / sizeof source->owned[0]);
    source->owned[source->owned_count++] = text;
    return append_pieces(source, (const char *const *)&text, 1);
}

static sw_status append_from_folder(source_text *source, const char *folder, const char *file)
{
    sw_status status = SW_OK;
    char *text = NULL;
    size_t length;
    char *path = sw_fs_join(folder, file);
    if (!path) return SW_E_MEMORY;
    SW_TRY(sw_fs_read(&text, &length, path, MAX_SOURCE_BYTES));
    SW_TRY(append_owned(source, sw_strf("#line 1 \"%s\"\n", path)));
    SW_TRY(append_owned(source, text));
    text = NULL;
done:
    free(path);
    if (status != SW_OK) free(text);
    return sw_fail_in(status, "kernel source (SEGWORK_KERNEL_DIR=%s)", folder);
}

static sw_status append_file(source_text *source, const char *file)
{
    const char *folder = getenv("SEGWORK_KERNEL_DIR");
    return folder && folder[0] ? append_from_folder(source, folder, file) : append_embedded(source, file);
}

/* Appends what the files of a family share: conv2d.clh and conv2d_winograd.clh come before
 * conv2d_winograd_gradient.cl. */
static sw_status append_shared(source_text *source, const char *file)
{
    sw_status status = SW_OK;
    SW_TRY(append_file(source, COMMON_FILE));
    for (const char *end = file; status == SW_OK && *(end += strcspn(end, "_.")); end++) {
        char *shared = sw_strf("%.*s.clh", (int)(end - file), file);
        if (!shared) return SW_E_MEMORY;
        if (find_embedded(shared)) status = append_file(source, shared);
        free(shared);
    }
done:
    return status;
}

sw_status sw_kernel_fingerprint(char out[SW_FINGERPRINT_BYTES])
{
    sw_status status = SW_OK;
    uint64_t hash = 0; /* of each file seeded with that of those before */
    for (const sw_kernel_source *s = sw_kernel_sources; s->file && status == SW_OK; s++) {
        source_text source = {0};
        status = append_file(&source, s->file);
        for (size_t i = 0; i < source.count; i++)
            hash = XXH64(source.pieces[i], strlen(source.pieces[i]), hash);
        source_deinit(&source);
    }
    snprintf(out, SW_FINGERPRINT_BYTES, "%016llx", (unsigned long long)hash);
    return status;
}

static sw_status fail_build(cl_program handle, cl_int code, const sw_cl *cl, const char *file,
                            const char *options)
{
    size_t bytes = 0;
    clGetProgramBuildInfo(handle, cl->device.device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes);
    char *log = calloc(1, bytes + 1);
    if (!log) return sw_fail_alloc("a compiler log", bytes + 1);
    clGetProgramBuildInfo(handle, cl->device.device, CL_PROGRAM_BUILD_LOG, bytes, log, NULL);
    sw_status status = sw_fail(SW_E_DEVICE, "%s does not build for %s with options '%s': %s\n%.*s", file,
                               cl->device.name, options, sw_cl_error_name(code), (int)LOG_BYTES, log);
    free(log);
    return status;
}

static sw_status build(cl_program *out, const sw_cl *cl, const char *file, const char *options)
{
    sw_status status = SW_OK;
    source_text source = {0};
    cl_program handle = NULL;
    cl_int code;
    if (cl->device.type & CL_DEVICE_TYPE_CPU)
        SW_ENSURE(sw_address_space_ensure(SW_COMPILER_BYTES, "compiling a kernel"));
    char *all_options =
        sw_strf("-cl-std=CL1.2 -cl-kernel-arg-info%s %s", cl->device.has_fma ? "" : " -DNO_FMA", options);
    if (!all_options) return SW_E_MEMORY;
    SW_TRY(append_shared(&source, file));
    SW_TRY(append_file(&source, file));
    handle = clCreateProgramWithSource(cl->context, (cl_uint)source.count, source.pieces, NULL, &code);
    SW_TRY(sw_cl_status(code, "clCreateProgramWithSource", file));
    code = clBuildProgram(handle, 1, &cl->device.device, all_options, NULL, NULL);
    if (code != CL_SUCCESS) SW_TRY(fail_build(handle, code, cl, file, options));
    *out = handle;
    handle = NULL;
done:
    if (handle) clReleaseProgram(handle);
    source_deinit(&source);
    free(all_options);
    return status;
}

static void kernel_destroy(struct sw_kernel *kernel)
{
    if (!kernel) return;
    if (kernel->handle) clReleaseKernel(kernel->handle);
    free(kernel->name);
    free(kernel->params);
    free(kernel);
}

static void program_destroy(sw_program *program)
{
    while (program->kernels) {
        struct sw_kernel *next = program->kernels->next;
        kernel_destroy(program->kernels);
        program->kernels = next;
    }
    if (program->handle) clReleaseProgram(program->handle);
    free(program->file);
    free(program->options);
    free(program);
}

void sw_programs_destroy(sw_program *programs)
{
    while (programs) {
        sw_program *next = programs->next;
        program_destroy(programs);
        programs = next;
    }
}

static sw_status program_get(sw_program **out, sw_cl *cl, const char *file, const char *options)
{
    sw_status status = SW_OK;
    for (sw_program *p = cl->programs; p; p = p->next) {
        if (strcmp(p->file, file) != 0 || strcmp(p->options, options) != 0) continue;
        *out = p;
        return SW_OK;
    }
    sw_program *program = calloc(1, sizeof *program);
    if (!program) return sw_fail_alloc("a program", sizeof *program);
    program->file = sw_strf("%s", file);
    program->options = sw_strf("%s", options);
    if (!program->file || !program->options)
        status = SW_E_MEMORY;
    else
        status = build(&program->handle, cl, file, options);
    if (status != SW_OK) {
        program_destroy(program);
        return status;
    }
    program->next = cl->programs;
    cl->programs = program;
    *out = program;
    return SW_OK;
}

static sw_param_kind kind_of(cl_kernel_arg_address_qualifier space, const char *type)
{
    if (space == CL_KERNEL_ARG_ADDRESS_GLOBAL || space == CL_KERNEL_ARG_ADDRESS_CONSTANT)
        return SW_PARAM_BUFFER;
    if (space == CL_KERNEL_ARG_ADDRESS_LOCAL) return SW_PARAM_LOCAL;
    if (strcmp(type, "float") == 0) return SW_PARAM_FLOAT;
    if (strcmp(type, "int") == 0 || strcmp(type, "uint") == 0 || strcmp(type, "unsigned int") == 0)
        return SW_PARAM_INT;
    return SW_PARAM_OTHER;
}

/* Without argument information from the driver all parameters are SW_PARAM_OTHER, left to its own checks. */
static void describe_params(struct sw_kernel *kernel)
{
    for (cl_uint i = 0; i < kernel->arg_count; i++) {
        cl_kernel_arg_address_qualifier space = CL_KERNEL_ARG_ADDRESS_PRIVATE;
        char type[64] = "";
        sw_param *p = &kernel->params[i];
        *p = (sw_param){SW_PARAM_OTHER, ""};
        cl_int code = clGetKernelArgInfo(kernel->handle, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof space,
                                         &space, NULL);
        if (code != CL_SUCCESS) continue;
        clGetKernelArgInfo(kernel->handle, i, CL_KERNEL_ARG_TYPE_NAME, sizeof type, type, NULL);
        clGetKernelArgInfo(kernel->handle, i, CL_KERNEL_ARG_NAME, sizeof p->name, p->name, NULL);
        p->kind = kind_of(space, type);
    }
}

static sw_status kernel_create(struct sw_kernel **out, const sw_cl *cl, const sw_program *program,
                               const char *name)
{
    sw_status status = SW_OK;
    cl_int code;
    struct sw_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel) return sw_fail_alloc("a kernel", sizeof *kernel);
    kernel->name = sw_strf("%s", name);
    if (!kernel->name) SW_TRY(SW_E_MEMORY);
    kernel->handle = clCreateKernel(program->handle, name, &code);
    if (code == CL_INVALID_KERNEL_NAME)
        SW_TRY(sw_fail(SW_E_DEVICE, "%s has no kernel '%s'", program->file, name));
    SW_TRY(sw_cl_status(code, "clCreateKernel", name));
    SW_TRY(sw_cl_status(clGetKernelInfo(kernel->handle, CL_KERNEL_NUM_ARGS, sizeof kernel->arg_count,
                                        &kernel->arg_count, NULL),
                        "clGetKernelInfo", name));
    SW_TRY(
        sw_cl_status(clGetKernelWorkGroupInfo(kernel->handle, cl->device.device, CL_KERNEL_WORK_GROUP_SIZE,
                                              sizeof kernel->max_work_group, &kernel->max_work_group, NULL),
                     "clGetKernelWorkGroupInfo", name));
    kernel->params = calloc(kernel->arg_count + 1, sizeof *kernel->params);
    if (!kernel->params)
        SW_TRY(sw_fail_alloc("a kernel's parameters", kernel->arg_count * sizeof *kernel->params));
    describe_params(kernel);
    *out = kernel;
    kernel = NULL;
done:
    kernel_destroy(kernel);
    return status;
}

size_t sw_kernel_max_work_group(const sw_kernel *kernel)
{
    return kernel->max_work_group;
}

sw_status sw_kernel_get(const sw_kernel **out, sw_cl *cl, const char *file, const char *name,
                        const char *options)
{
    sw_status status = SW_OK;
    sw_program *program = NULL;
    struct sw_kernel *kernel = NULL;
    *out = NULL;
    char *full = sw_strf("%s.cl", file);
    if (!full) return SW_E_MEMORY;
    SW_TRY(program_get(&program, cl, full, options ? options : ""));
    for (kernel = program->kernels; kernel; kernel = kernel->next)
        if (strcmp(kernel->name, name) == 0) break;
    if (!kernel) {
        SW_TRY(kernel_create(&kernel, cl, program, name));
        kernel->next = program->kernels;
        program->kernels = kernel;
    }
    *out = kernel;
done:
    free(full);
    return status;
}
