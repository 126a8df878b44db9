/* conv2d by the matrix unit of a CPU (conv2d_amx.clh): products of values rounded to bfloat16, summed in
 * float32.
 *
 * Every kernel sees images laid out as one long row of places: an image's rows with REACH zeros before each,
 * and REACH rows of zeros above each image and below the last, where REACH = KERNEL / 2 DILATION is how far a
 * window reaches. What follows a row of an image is then the zeros before the next, so that neighbouring
 * places have neighbouring windows, and a tap lies equally far from all of them: any 32 places are the rows
 * of a tile, whatever the image's width. Places that are no pixels are computed and not written.
 *
 *   forward             y[p,o] = sum over t, i of x[p + tap(t), i] w[t,i,o],
 *                       of copies of x in the core's own cache
 *   backward, data      the same kernel on dy with the weights flipped (packed so)
 *   backward, weights   dw[t,i,o] = sum over p of x[p + tap(t), i] dy[p,o],
 *                       of x transposed, so that places lie side by side, and of dy in pairs of places
 *
 * Device layouts: x, y (N,H,W,C), w (T,I,O), T = KERNEL * KERNEL taps. Channels are multiples of 16. Those
 * that are summed over are padded to SLICE with zeros, and so are the columns of a panel. Macros: those of
 * conv2d.clh with STRIDE 1; one of PACK, FORWARD, GRADIENT; EMULATED of conv2d_amx.clh; VEC 16. */

enum {
    SLICE = 32,
    PANEL = 32,
    HALF = 16 /* of a panel */,
    HALF_ELEMS = HALF * SLICE,
    PANEL_ELEMS = 2 * HALF_ELEMS
};

#define TAPS  (KERNEL * KERNEL)
#define REACH (KERNEL / 2 * DILATION)

/* Images of h x w. */
#define IMAGE_PARAMETERS int first_image, int images, int h, int w
#define IMAGES           first_image, images, h, w
#define ROW_PLACES       (w + REACH)
/* How far the place that tap t reads lies behind the first. */
#define TAP(t) ((t) / KERNEL * DILATION * ROW_PLACES + (t) % KERNEL * DILATION)

/* Where a place lies in its image. The windows of the places of an image begin at those with `before` zeros,
 * REACH of them, before each row and each image; its results, at the middles of the windows, at those with
 * none. */
typedef struct spot {
    int column, y, image;
} spot;

static inline spot spot_of(int place, int before, int h, int w)
{
    const int row = place / ROW_PLACES;
    return (spot){place % ROW_PLACES - before, row % (h + REACH) - before, row / (h + REACH)};
}

static inline spot spot_after(spot s, int before, int h, int w)
{
    if (++s.column < ROW_PLACES - before) return s;
    s.column = -before;
    if (++s.y < h + REACH - before) return s;
    s.y = -before, s.image++;
    return s;
}

/* The pixel there in the batch, or -1. */
static inline int pixel_of(spot s, IMAGE_PARAMETERS)
{
    const bool inside = s.column >= 0 && s.column < w && s.y >= 0 && s.y < h && s.image < images;
    return inside ? ((first_image + s.image) * h + s.y) * w + s.column : -1;
}

/* Stores 16 in one instruction: PoCL's vstore16 takes many. */
typedef ushort16 __attribute__((aligned(2))) ushort16_unaligned;
#define PUT(space, v, p) (*(space ushort16_unaligned *)(p) = (v))

#ifdef X16
#define READ_X(x) vload16(0, x)
#else
#define READ_X(x) narrowed16(vload16(0, x))
#endif
#ifdef Y16
#define READ_Y(y) vload16(0, y)
#else
#define READ_Y(y) narrowed16(vload16(0, y))
#endif

#ifdef PACK
/* packed[j,t,s,half,q,c,e] = w[t, s SLICE + 2 q + e, j PANEL + half HALF + c], rounded, zero past the
 * channels; with `flip`: w[T-1-t, column, row], the weights of backward-data, where w is (T,out,in). Launch:
 * global (halves, T * slices), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_amx_pack(__global const float *w, __global float *workspace, int in, int out, int slices, int flip)
{
    const int o = (int)get_global_id(0) * HALF, t = get_global_id(1) / slices, s = get_global_id(1) % slices;
    __global ushort *to = (__global ushort *)workspace + ((o / PANEL * TAPS + t) * slices + s) * PANEL_ELEMS +
                          o % PANEL * SLICE;
    for (int i = 0; i < SLICE; i++)
        for (int c = 0; c < HALF; c++) to[(i / 2 * HALF + c) * 2 + i % 2] = 0;
    if (o >= out) return;
    const int rows = min(SLICE, in - s * SLICE);
    if (flip) {
        w += ((TAPS - 1 - t) * out + o) * in + s * SLICE;
        for (int c = 0; c < HALF; c++, w += in)
            for (int i = 0; i < rows; i += 2)
                *(__global ushort2 *)(to + (i / 2 * HALF + c) * 2) = narrowed2(vload2(0, w + i));
        return;
    }
    w += (t * in + s * SLICE) * out + o;
    for (int i = 0; i < rows; i += 2, w += 2 * out) {
        const ushort16 even = narrowed16(vload16(0, w)), odd = narrowed16(vload16(0, w + out));
        PUT(__global, (ushort16)(INTERLEAVED(even.lo, odd.lo)), to + i * HALF);
        PUT(__global, (ushort16)(INTERLEAVED(even.hi, odd.hi)), to + i * HALF + 16);
    }
}
#endif

#ifdef FORWARD
/* Forward, and backward-data, of a part of the places, from copies of x there: `near`, (part + those that
 * windows reach, slices * SLICE). Launch: global (parts), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_amx_fwd(__global const storedX *x /* (N,h,w,in) */, __global const float *workspace,
               __global storedY *y /* (N,h,w,out) */, IMAGE_PARAMETERS, int in, int out, int part, int put,
               EPILOGUE_PARAMETERS, __local ushort *near)
{
    const int slices = (in + SLICE - 1) / SLICE, padded = slices * SLICE;
    const int begin = (int)get_global_id(0) * part;
    const int count = min(part, (images * (h + REACH) * ROW_PLACES - begin + 31) / 32 * 32);
    const int reached = count + TAP(TAPS - 1);
    spot s = spot_of(begin, REACH, h, w);
    for (int p = 0; p < reached; p++, s = spot_after(s, REACH, h, w)) {
        const int pixel = pixel_of(s, IMAGES), channels = pixel < 0 ? 0 : in;
        for (int c = 0; c < channels; c += 16)
            PUT(__local, READ_X(x + pixel * in + c), near + p * padded + c);
        for (int c = channels; c < padded; c += 16) PUT(__local, (ushort16)(0), near + p * padded + c);
    }
    __global const ushort *b = (__global const ushort *)workspace;
    float results[32 * PANEL] __attribute__((aligned(64)));
    TILES_OPEN
    for (int o = 0; o < out; o += PANEL, b += TAPS * slices * PANEL_ELEMS) {
        const bool whole = o + HALF < out;
        const normV norm = norm_at(EPILOGUE, o, out), norm1 = norm_at(EPILOGUE, whole ? o + HALF : o, out);
        s = spot_of(begin, 0, h, w);
        for (int p = 0; p < count; p += 32) {
            __global const ushort *panel = b;
            SUMS_CLEAR
            for (int t = 0; t < TAPS; t++) {
                __local const ushort *a = near + (p + TAP(t)) * padded;
                for (int k = 0; k < slices; k++, a += SLICE, panel += PANEL_ELEMS)
                    MULTIPLY(a, padded, panel, panel + HALF_ELEMS)
            }
            SUMS_STORE(results, PANEL)
            for (int m = 0; m < 32; m++, s = spot_after(s, 0, h, w)) {
                const int pixel = pixel_of(s, IMAGES);
                if (pixel < 0) continue;
                __global storedY *to = y + pixel * out + o;
                PUTY(finished(vload16(0, results + m * PANEL), norm), to, 0, put);
                if (whole) PUTY(finished(vload16(0, results + m * PANEL + HALF), norm1), to + HALF, 0, put);
            }
        }
    }
    TILES_CLOSE
}
#endif

#ifdef GRADIENT
/* v, row by row, becomes its transpose: four times each row is mixed with the one 8 below. */
static inline void transpose(ushort16 *v)
{
    UNROLL(turn, 4) {
        ushort16 mixed[16];
        UNROLL(k, 8) {
            mixed[2 * k] = (ushort16)(INTERLEAVED(v[k].lo, v[k + 8].lo));
            mixed[2 * k + 1] = (ushort16)(INTERLEAVED(v[k].hi, v[k + 8].hi));
        }
        UNROLL(k, 16) v[k] = mixed[k];
    }
}

/* (padded, line) from x: `line` places of a block of images. Launch: global (line / 16), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_amx_lines(__global const storedX *x /* (N,h,w,in) */, __global float *workspace, IMAGE_PARAMETERS,
                 int in, int padded, int line)
{
    const int p = (int)get_global_id(0) * 16;
    __global ushort *to = (__global ushort *)workspace + p;
    int pixels[16];
    spot s = spot_of(p, REACH, h, w);
    for (int k = 0; k < 16; k++, s = spot_after(s, REACH, h, w)) pixels[k] = pixel_of(s, IMAGES);
    for (int c = 0; c < padded; c += 16) {
        ushort16 v[16];
        for (int k = 0; k < 16; k++)
            v[k] = pixels[k] < 0 || c >= in ? (ushort16)(0) : READ_X(x + pixels[k] * in + c);
        transpose(v);
        UNROLL(k, 16) PUT(__global, v[k], to + (c + k) * line);
    }
}

/* dy in pairs of places, (halves of panels, steps, 16 pairs, HALF, 2). Launch: global (steps), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_amx_pairs(__global const storedY *dy /* (N,h,w,out) */, __global float *workspace, uint pairs_at,
                 IMAGE_PARAMETERS, int out, int halves)
{
    __global ushort *to = (__global ushort *)(workspace + pairs_at) + get_global_id(0) * HALF_ELEMS;
    int pixels[32];
    spot s = spot_of((int)get_global_id(0) * 32, 0, h, w);
    for (int k = 0; k < 32; k++, s = spot_after(s, 0, h, w)) pixels[k] = pixel_of(s, IMAGES);
    for (int c = 0; c < halves * HALF; c += HALF, to += get_global_size(0) * HALF_ELEMS) {
        ushort16 v[2];
        for (int k = 0; k < 32; k++) {
            v[k % 2] = pixels[k] < 0 || c >= out ? (ushort16)(0) : READ_Y(dy + pixels[k] * out + c);
            if (k % 2 == 0) continue;
            PUT(__global, (ushort16)(INTERLEAVED(v[0].lo, v[1].lo)), to + (k - 1) * 16);
            PUT(__global, (ushort16)(INTERLEAVED(v[0].hi, v[1].hi)), to + k * 16);
        }
    }
}

/* The segments' parts of dw, (segments,T,slices,panels,32,PANEL), of 32 channels of x and a panel; with
 * `fresh` they begin at zero. So many steps of 32 places at a time are taken through all taps, while they are
 * in the cache. Launch: global (slices, panels, segments), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_amx_gradient(__global float *workspace, uint pairs_at, uint partial_at, int w, int line, int steps,
                    int segment_steps, int chunk_steps, int fresh)
{
    const int slice = get_global_id(0), slices = get_global_size(0);
    const int panel = get_global_id(1), panels = get_global_size(1);
    const int first = (int)get_global_id(2) * segment_steps, end = min(first + segment_steps, steps);
    __global const ushort *lines = (__global const ushort *)workspace + slice * SLICE * line;
    __global const ushort *pairs =
        (__global const ushort *)(workspace + pairs_at) + 2 * panel * steps * HALF_ELEMS;
    TILES_OPEN
    for (int chunk = first; chunk < end || (fresh && chunk == first); chunk += chunk_steps) {
        const int last = min(chunk + chunk_steps, end);
        for (int t = 0; t < TAPS; t++) {
            __global float *sums_at =
                workspace + partial_at +
                (((get_global_id(2) * TAPS + t) * slices + slice) * panels + panel) * (32 * PANEL);
            __global const ushort *a = lines + chunk * 32 + TAP(t), *b = pairs + chunk * HALF_ELEMS;
            if (fresh && chunk == first) {
                SUMS_CLEAR
            } else {
                SUMS_LOAD(sums_at, PANEL)
            }
            for (int step = chunk; step < last; step++, a += 32, b += HALF_ELEMS)
                MULTIPLY(a, line, b, b + steps * HALF_ELEMS)
            SUMS_STORE(sums_at, PANEL)
        }
    }
    TILES_CLOSE
}

/* dw[t,i,o] += sum over segments of partial. Launch: global (out, T * in). */
__kernel void conv2d_amx_combine(__global const float *workspace, uint partial_at, __global float *dw, int in,
                                 int slices, int panels, int segments)
{
    const int o = get_global_id(0), out = get_global_size(0), row = get_global_id(1), t = row / in,
              i = row % in;
    __global const float *part = workspace + partial_at +
                                 ((t * slices + i / SLICE) * panels + o / PANEL) * (32 * PANEL) +
                                 i % SLICE * PANEL + o % PANEL;
    float sum = 0.0f;
    for (int s = 0; s < segments; s++) sum += part[s * TAPS * slices * panels * (32 * PANEL)];
    dw[row * out + o] += sum;
}
#endif
