/* Bilinear resizing, torch.nn.functional.interpolate(size=..., mode="bilinear"). Along each axis, of `in` px
 * before and `out` px after, output o lies at the input's place
 *
 *   s(o) = (o + 1/2) in/out - 1/2             or with align_corners  o (in-1)/(out-1)
 *
 * kept within 0..in-1, and takes the pixels i on both sides of it with the weights 1 - |s(o) - i|:
 *
 *   y[r,c] = sum over i, j of (1 - |s(r)-i|) (1 - |s(c)-j|) x[i,j]
 *   dx[i,j] = the same sum over r, c of dy[r,c]: gathered, in a fixed order
 *
 * A place is a fraction of whole numbers, (step o + start) / parts, so that pixels are found exactly and
 * weights are off by two roundings, whatever the ratio.
 *
 * The two kernels ..._twice are for exactly twice the size without align_corners, where all places lie a
 * quarter beside a pixel.
 *
 * Finding the pixels costs more than weighing a vector of them: a work-item does all vectors of a pixel on a
 * CPU (items 1), and one on a GPU, where neighbours are to read side by side (items = vectors).
 *
 * Macros: VEC, a divisor of the channels; vectors = channels / VEC. CHUNK, vectors that a work-item of
 * bilinear_bwd sums up side by side. */

typedef struct axis_t {
    int step, start, parts; /* s(o) = (step o + start) / parts */
    int in, out;            /* px */
    float part;             /* 1 / parts */
} axis_t;

/* An axis as a kernel's parameters, and made of them. */
#define AXIS_PARAMETERS(a) int a##_step, int a##_start, int a##_parts, int a##_in, int a##_out, float a##_part
#define AXIS(a)                                                                                              \
    {                                                                                                        \
        a##_step, a##_start, a##_parts, a##_in, a##_out, a##_part                                            \
    }

/* s(o) parts, a whole number. */
static inline int place_of(axis_t a, int o)
{
    return clamp(a.step * o + a.start, 0, (a.in - 1) * a.parts);
}

/* The weight that output o gives to pixel i. */
static inline float weight_of(axis_t a, int o, int i)
{
    const int apart = (int)abs_diff(place_of(a, o), i * a.parts);
    return (float)max(a.parts - apart, 0) * a.part;
}

/* The outputs that may read pixel i: from the first behind i - 1 to the last before i + 1. */
static inline int first_reader(axis_t a, int i)
{
    const int before = (i - 1) * a.parts - a.start;
    return i == 0 || before < 0 ? 0 : before / a.step + 1;
}

static inline int last_reader(axis_t a, int i)
{
    const int behind = (i + 1) * a.parts - a.start;
    if (i == a.in - 1) return a.out - 1;
    return behind < 1 ? -1 : min((behind - 1) / a.step, a.out - 1);
}

/* Launch: x = ow * items, y = n * oh. */
__kernel void bilinear_fwd(__global const storedX *restrict x, /* (n,h,w,channels) */
                           __global storedY *restrict y,       /* (n,oh,ow,channels) */
                           AXIS_PARAMETERS(row), AXIS_PARAMETERS(column), const int vectors, const int items,
                           const int put)
{
    const axis_t rows = AXIS(row), columns = AXIS(column);
    const int column = (int)get_global_id(0) / items, first_v = (int)get_global_id(0) % items;
    const int image = (int)get_global_id(1) / rows.out, row = (int)get_global_id(1) % rows.out;
    const int top = place_of(rows, row) / rows.parts, left = place_of(columns, column) / columns.parts;
    const int bottom = min(top + 1, rows.in - 1), right = min(left + 1, columns.in - 1);
    const floatV top_weight = SPLATV(weight_of(rows, row, top)),
                 bottom_weight = SPLATV(weight_of(rows, row, top + 1)),
                 left_weight = SPLATV(weight_of(columns, column, left)),
                 right_weight = SPLATV(weight_of(columns, column, left + 1));
    const int upper = (image * rows.in + top) * columns.in, lower = (image * rows.in + bottom) * columns.in;
    const int to = ((image * rows.out + row) * columns.out + column) * vectors;
    for (int v = first_v; v < vectors; v += items) {
        const floatV above = FMA(right_weight, LOADX(x, (upper + right) * vectors + v),
                                 left_weight * LOADX(x, (upper + left) * vectors + v));
        const floatV below = FMA(right_weight, LOADX(x, (lower + right) * vectors + v),
                                 left_weight * LOADX(x, (lower + left) * vectors + v));
        PUTY(FMA(bottom_weight, below, top_weight * above), y, to + v, put);
    }
}

/* Launch: x = w * items, y = n * h. */
__kernel void bilinear_bwd(__global const storedY *restrict dy, /* (n,oh,ow,channels) */
                           __global storedX *restrict dx,       /* (n,h,w,channels) */
                           AXIS_PARAMETERS(row), AXIS_PARAMETERS(column), const int vectors, const int items,
                           const int put)
{
    const axis_t rows = AXIS(row), columns = AXIS(column);
    const int column = (int)get_global_id(0) / items, first_v = (int)get_global_id(0) % items;
    const int image = (int)get_global_id(1) / rows.in, row = (int)get_global_id(1) % rows.in;
    const int first_row = first_reader(rows, row), last_row = last_reader(rows, row);
    const int first_column = first_reader(columns, column), last_column = last_reader(columns, column);
    const int to = ((image * rows.in + row) * columns.in + column) * vectors;
    for (int v0 = first_v; v0 < vectors; v0 += items * CHUNK) {
        floatV sum[CHUNK];
        int v[CHUNK]; /* of those behind the last one, the last */
        UNROLL(k, CHUNK) {
            sum[k] = SPLATV(0.0f);
            v[k] = min(v0 + k * items, vectors - 1);
        }
        for (int r = first_row; r <= last_row; r++) {
            const int from = (image * rows.out + r) * columns.out;
            floatV along[CHUNK];
            UNROLL(k, CHUNK) along[k] = SPLATV(0.0f);
            for (int c = first_column; c <= last_column; c++) {
                const floatV weight = SPLATV(weight_of(columns, c, column));
                UNROLL(k, CHUNK) along[k] = FMA(weight, LOADY(dy, (from + c) * vectors + v[k]), along[k]);
            }
            const floatV weight = SPLATV(weight_of(rows, r, row));
            UNROLL(k, CHUNK) sum[k] = FMA(weight, along[k], sum[k]);
        }
        UNROLL(k, CHUNK)
            if (v0 + k * items < vectors) PUTX(sum[k], dx, to + v[k], put);
    }
}

/* --- exactly twice the size -------------------------------------------------------------------- */

/* Three quarters of the pixel that is near, a quarter of the one that is far. */
#define MIX(near, far) FMA(SPLATV(0.25f), far, 0.75f * (near))

/* The four pixels that lie in one pixel of x, of which each reads its own quarter's neighbours. Launch: x =
 * w * items, y = n * h. */
__kernel void bilinear_fwd_twice(__global const storedX *restrict x, /* (n,h,w,channels) */
                                 __global storedY *restrict y,       /* (n,2h,2w,channels) */
                                 const int h, const int w, const int vectors, const int items, const int put)
{
    const int column = (int)get_global_id(0) / items, first_v = (int)get_global_id(0) % items;
    const int row = (int)get_global_id(1) % h, first = ((int)get_global_id(1) - row) * w; /* of the image */
    const int above = first + max(row - 1, 0) * w, here = first + row * w,
              below = first + min(row + 1, h - 1) * w;
    const int columns[3] = {max(column - 1, 0), column, min(column + 1, w - 1)};
    const int to = (4 * here + 2 * column) * vectors, down = 2 * w * vectors;
    for (int v = first_v; v < vectors; v += items) {
        floatV upper[3], lower[3];
        UNROLL(k, 3) {
            const floatV middle = LOADX(x, (here + columns[k]) * vectors + v);
            upper[k] = MIX(middle, LOADX(x, (above + columns[k]) * vectors + v));
            lower[k] = MIX(middle, LOADX(x, (below + columns[k]) * vectors + v));
        }
        PUTY(MIX(upper[1], upper[0]), y, to + v, put);
        PUTY(MIX(upper[1], upper[2]), y, to + vectors + v, put);
        PUTY(MIX(lower[1], lower[0]), y, to + down + v, put);
        PUTY(MIX(lower[1], lower[2]), y, to + down + vectors + v, put);
    }
}

/* A pixel of x is read by the four nearest rows and columns. Beyond an edge the outermost is read once more:
 * it takes all it takes from that pixel. Launch: x = w * items, y = n * h. */
__kernel void bilinear_bwd_twice(__global const storedY *restrict dy, /* (n,2h,2w,channels) */
                                 __global storedX *restrict dx,       /* (n,h,w,channels) */
                                 const int h, const int w, const int vectors, const int items, const int put)
{
    const int column = (int)get_global_id(0) / items, first_v = (int)get_global_id(0) % items;
    const int row = (int)get_global_id(1) % h, first = ((int)get_global_id(1) - row) * w;
    const int before = max(2 * column - 1, 0), behind = min(2 * column + 2, 2 * w - 1);
    for (int v = first_v; v < vectors; v += items) {
        floatV along[4];
        UNROLL(k, 4) {
            const int from = 4 * first + clamp(2 * row - 1 + k, 0, 2 * h - 1) * 2 * w;
            const floatV near = LOADY(dy, (from + 2 * column) * vectors + v) +
                                LOADY(dy, (from + 2 * column + 1) * vectors + v);
            const floatV far =
                LOADY(dy, (from + before) * vectors + v) + LOADY(dy, (from + behind) * vectors + v);
            along[k] = MIX(near, far);
        }
        PUTX(MIX(along[1] + along[2], along[0] + along[3]), dx, (first + row * w + column) * vectors + v,
             put);
    }
}
