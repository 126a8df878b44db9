/* What PyTorch computed (tests/golden), for tests to compare with.
 *
 * A file holds cases "<what>.<case>" with tensors "<what>.<case>/<tensor>" and, in its metadata, numbers of
 * the same form of name. Activations are (N,C,H,W) in files and (N,H,W,C) on the device. Anything that is not
 * there fails the test. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/graph.h"
#include "weights/safetensors.h"

typedef struct golden {
    sw_safetensors_reader *reader;
    char path[512], name[96]; /* name: the case that _next stands at, "max_pool.ties" */
    size_t next;              /* tensor to look at next */
    sw_arena arena;           /* of every tensor handed out */
    bool by_largest;          /* bounds of all elements are those of the tensor's largest size */
} golden;

/* tests/golden/<file>.safetensors */
void golden_open(golden *g, const char *file);
void golden_close(golden *g);

/* Steps to the next case of "<what>."; false after the last. At the end it fails the test if there was none.
 */
bool golden_next(golden *g, const char *what);

/* A number of the case's metadata; a whole one. */
double golden_number(const golden *g, const char *attribute);
int golden_int(const golden *g, const char *attribute);

bool golden_has(const golden *g, const char *tensor);
const sw_safetensors_tensor *golden_tensor(const golden *g, const char *tensor);
/* The case's tensors as they stand in the file; valid until golden_close. `count` may be NULL. */
const float *golden_floats(golden *g, const char *tensor, size_t *count);
const int32_t *golden_ints(golden *g, const char *tensor, size_t *count);
const uint8_t *golden_bytes(golden *g, const char *tensor, size_t *count);
/* An activation (N,C,H,W), as the device has it; its shape goes to *shape, where that is not NULL. */
const float *golden_activation(golden *g, const char *tensor, sw_shape *shape);

/* Every element of `found` must be within `eps_count` float eps (2^-24, half the distance of 1 to the next
 * number) of the tensor's, in units of the "<tensor>.size" beside it, or of the element itself where the file
 * has none; 0: equal, and NaN where NaN is. Names the worst element. */
void golden_expect(golden *g, const char *tensor, const float *found, double eps_count);
/* The same for an activation found as (N,H,W,C). */
void golden_expect_activation(golden *g, const char *tensor, const float *found, double eps_count);

#endif
