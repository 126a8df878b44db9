#include "golden.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void golden_open(golden *g, const char *file)
{
    const char *source = getenv("SEGWORK_SOURCE_DIR");
    *g = (golden){0};
    snprintf(g->path, sizeof g->path, "%s/tests/golden/%s.safetensors", source ? source : ".", file);
    cr_assert_eq(sw_safetensors_reader_open(&g->reader, g->path), SW_OK, "%s", sw_error_message());
}

void golden_close(golden *g)
{
    sw_safetensors_reader_destroy(g->reader);
    sw_arena_deinit(&g->arena);
}

/* A case is recognised by its tensor "x". */
bool golden_next(golden *g, const char *what)
{
    const size_t count = sw_safetensors_reader_count(g->reader), length = strlen(what);
    while (g->next < count) {
        const char *name = sw_safetensors_reader_get(g->reader, g->next++)->name;
        const char *slash = strrchr(name, '/');
        if (strncmp(name, what, length) != 0 || name[length] != '.' || !slash || strcmp(slash, "/x") != 0)
            continue;
        snprintf(g->name, sizeof g->name, "%.*s", (int)(slash - name), name);
        return true;
    }
    cr_assert(g->name[0], "%s has no case of %s", g->path, what);
    g->next = 0;
    g->name[0] = '\0';
    return false;
}

double golden_number(const golden *g, const char *attribute)
{
    char key[160];
    snprintf(key, sizeof key, "%s/%s", g->name, attribute);
    const char *text = sw_safetensors_reader_metadata(g->reader, key);
    cr_assert(text, "%s does not say %s", g->path, key);
    return strtod(text, NULL);
}

int golden_int(const golden *g, const char *attribute)
{
    return (int)golden_number(g, attribute);
}

static const sw_safetensors_tensor *find(const golden *g, const char *tensor)
{
    char name[160];
    snprintf(name, sizeof name, "%s/%s", g->name, tensor);
    return sw_safetensors_reader_find(g->reader, name);
}

bool golden_has(const golden *g, const char *tensor)
{
    return find(g, tensor) != NULL;
}

const sw_safetensors_tensor *golden_tensor(const golden *g, const char *tensor)
{
    const sw_safetensors_tensor *t = find(g, tensor);
    cr_assert(t, "%s has no %s/%s", g->path, g->name, tensor);
    return t;
}

static const void *read_tensor(golden *g, const char *tensor, sw_safetensors_dtype dtype, size_t *count)
{
    const sw_safetensors_tensor *t = golden_tensor(g, tensor);
    cr_assert_eq(t->dtype, dtype, "%s is %s", t->name, sw_safetensors_dtype_name(t->dtype));
    void *data = sw_arena_alloc(&g->arena, t->bytes ? t->bytes : 1);
    cr_assert(data, "out of memory");
    cr_assert_eq(sw_safetensors_reader_read(g->reader, t, data, t->bytes), SW_OK, "%s", sw_error_message());
    if (count) *count = t->elems;
    return data;
}

const float *golden_floats(golden *g, const char *tensor, size_t *count)
{
    return read_tensor(g, tensor, SW_SAFETENSORS_F32, count);
}

const int32_t *golden_ints(golden *g, const char *tensor, size_t *count)
{
    return read_tensor(g, tensor, SW_SAFETENSORS_I32, count);
}

const uint8_t *golden_bytes(golden *g, const char *tensor, size_t *count)
{
    return read_tensor(g, tensor, SW_SAFETENSORS_U8, count);
}

static sw_shape shape_of(const sw_safetensors_tensor *t)
{
    cr_assert_eq(t->rank, 4, "%s is no activation", t->name);
    return (sw_shape){(int)t->shape[0], (int)t->shape[2], (int)t->shape[3], (int)t->shape[1]};
}

/* Where element i of (N,H,W,C) stands in (N,C,H,W). */
static size_t place_in_file(sw_shape s, size_t i)
{
    const size_t channels = (size_t)s.c, pixels = (size_t)s.h * (size_t)s.w;
    const size_t c = i % channels, pixel = i / channels % pixels, n = i / channels / pixels;
    return (n * channels + c) * pixels + pixel;
}

static const float *to_device_order(golden *g, const float *file, sw_shape s)
{
    const size_t elems = sw_shape_elems(s);
    float *device = sw_arena_alloc(&g->arena, elems * sizeof *device);
    cr_assert(device, "out of memory");
    for (size_t i = 0; i < elems; i++) device[i] = file[place_in_file(s, i)];
    return device;
}

const float *golden_activation(golden *g, const char *tensor, sw_shape *shape)
{
    const sw_shape s = shape_of(golden_tensor(g, tensor));
    if (shape) *shape = s;
    return to_device_order(g, golden_floats(g, tensor, NULL), s);
}

/* The error in units of what is allowed: at most 1. */
static double excess(float found, float want, double allowed)
{
    if (isnan(found) || isnan(want)) return isnan(found) && isnan(want) ? 0 : (double)INFINITY;
    if (found == want) return 0; /* infinities too */
    const double error = fabs((double)found - (double)want);
    return allowed > 0 ? error / allowed : (double)INFINITY;
}

static double largest(const float *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) most = fmax(most, fabs((double)values[i]));
    return most;
}

static void expect(golden *g, const char *tensor, const float *found, double eps_count, const sw_shape *shape)
{
    char size_name[64];
    size_t count;
    const float *want = golden_floats(g, tensor, &count), *size = want;
    snprintf(size_name, sizeof size_name, "%s.size", tensor);
    if (golden_has(g, size_name)) size = golden_floats(g, size_name, NULL);
    const double most = g->by_largest ? largest(size, count) : 0;
    double worst = -1;
    size_t at = 0, at_file = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t file = shape ? place_in_file(*shape, i) : i;
        const double unit = FLT_EPSILON / 2 * (g->by_largest ? most : fabs((double)size[file]));
        const double allowed = eps_count > 0 ? eps_count * unit + (double)FLT_MIN : 0;
        const double error = excess(found[i], want[file], allowed);
        if (error > worst) {
            worst = error;
            at = i;
            at_file = file;
        }
    }
    cr_assert(worst <= 1,
              "%s/%s: element %zu of the file is %.9g, PyTorch has %.9g; %.3g times what is allowed", g->name,
              tensor, at_file, (double)found[at], (double)want[at_file], worst);
    if (getenv("GOLDEN_SHOW")) /* for whoever sets a bound */
        fprintf(stderr, "%-55s %-20s %8.4f of the bound\n", g->name, tensor, worst);
}

void golden_expect(golden *g, const char *tensor, const float *found, double eps_count)
{
    expect(g, tensor, found, eps_count, NULL);
}

void golden_expect_activation(golden *g, const char *tensor, const float *found, double eps_count)
{
    const sw_shape s = shape_of(golden_tensor(g, tensor));
    expect(g, tensor, found, eps_count, &s);
}
