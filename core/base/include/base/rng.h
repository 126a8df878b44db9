/* Random numbers as a function of (seed, stream, index): Philox4x32-10 of Salmon, Moraes, Dror, Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3" (SC11), from the Random123 library.
 *
 * Nothing in segwork draws from hidden state, so that a number does not depend on threads, on resuming, or
 * on what else was drawn. A sw_rng is a cursor over the numbers of one (seed, stream, index). */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One stream a purpose; a new purpose gets a new number, an old number is never reused. */
typedef enum sw_rng_stream {
    SW_RNG_INIT = 1,           /* index = parameter number                        */
    SW_RNG_SHUFFLE = 2,        /* index = epoch                                   */
    SW_RNG_AUGMENT = 3,        /* index = epoch << 32 | image number, training    */
    SW_RNG_AUGMENT_VAL = 4,    /* the same for the article's augmented validation */
    SW_RNG_GRID = 5,           /* which validation images the grid shows          */
    SW_RNG_SYNTH = 6,          /* index = number of the synthetic pet             */
    SW_RNG_TEST = 7,           /* inputs of self-tests and tests                  */
    SW_RNG_DROPOUT = 8,        /* index = training step and batch << 16 | node    */
    SW_RNG_DROPOUT_SAMPLE = 9, /* index = number of the sample << 16 | node    */
} sw_rng_stream;

typedef struct sw_rng {
    uint64_t seed, index;
    uint32_t stream, block_number; /* next block of four words to compute */
    uint32_t block[4];
    unsigned used; /* words of `block` handed out; 4 = none left */
} sw_rng;

sw_rng sw_rng_at(uint64_t seed, sw_rng_stream stream, uint64_t index);
uint32_t sw_rng_u32(sw_rng *rng);
uint32_t sw_rng_below(sw_rng *rng, uint32_t n);           /* uniform in 0..n-1 without bias, n > 0 */
float sw_rng_float(sw_rng *rng);                          /* uniform in [0, 1), 24 bits */
float sw_rng_uniform(sw_rng *rng, float low, float high); /* uniform in [low, high) */
float sw_rng_normal(sw_rng *rng); /* mean 0, variance 1; Box-Muller, one of the pair */
bool sw_rng_chance(sw_rng *rng, float p);
void sw_rng_shuffle(sw_rng *rng, uint32_t *items, size_t count); /* Fisher-Yates */

#endif
