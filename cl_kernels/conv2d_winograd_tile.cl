/* Engine winograd_tile: what GPUs do around the 36 products of conv2d_winograd.clh, which are
 * conv2d_tile.cl's with a window of 1x1.
 *
 * V, M and Z are (36, tiles, channels): neighbouring work-items have neighbouring channels, in each of the 36
 * places as in the image. The host walks over the batch in blocks of tiles. Macros: VEC. */

/* V of tiles first_tile ...: Launch: global (channels / VEC, tiles of the block). */
__kernel void conv2d_winograd_tile_input(__global const storedX *x /* (N,H,W,all) */,
                                         __global float *workspace,
                                         uint v_offset /* (36,block_tiles,channels) */, SPAN_PARAMETERS,
                                         int first_tile, int block_tiles, int h, int w, int tiles_x,
                                         int tiles_y)
{
    const int c = (int)get_global_id(0) * VEC, local_tile = get_global_id(1);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + v_offset + local_tile * channels + c;
    const int place = block_tiles * channels;
    floatV v[36];
    input_tile(v, x + ((image * h + ty) * w + tx) * all + first_channel + c, ty, tx, h, w, all);
    UNROLL(i, 36) STOREV(v[i], to + i * place, 0);
}

/* y (+)= A^T M A, finished by the epilogue. Launch: global (channels / VEC, tiles of the block). */
__kernel void conv2d_winograd_tile_output(__global storedY *y /* (N,H,W,all) */,
                                          __global const float *workspace,
                                          uint m_offset /* (36,block_tiles,channels) */, SPAN_PARAMETERS,
                                          int first_tile, int block_tiles, int h, int w, int tiles_x,
                                          int tiles_y, int accumulate, EPILOGUE_PARAMETERS)
{
    const int c = (int)get_global_id(0) * VEC, local_tile = get_global_id(1);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global const float *from = workspace + m_offset + local_tile * channels + c;
    __global storedY *to = y + ((image * h + ty) * w + tx) * all + first_channel + c;
    const int place = block_tiles * channels;
    floatV m[36], d[16];
    UNROLL(i, 36) m[i] = LOADV(from + i * place, 0);
    output_pixels(d, m, norm_at(EPILOGUE, first_channel + c, all));
    UNROLL(i, 4)
        UNROLL(j, 4)
            if (ty + i < h && tx + j < w) {
                __global storedY *at = to + (i * w + j) * all;
                STOREY(accumulate ? d[i * 4 + j] + LOADY(at, 0) : d[i * 4 + j], at, 0);
            }
}

/* U of input channel i and VEC output channels from o on; flip: of the weights of backward-data, w being
 * (T,out,in) then. */
static inline void transformed_weights(floatV *u, __global const float *w /* (T,in,out) */, int i, int o,
                                       int in, int out, int flip)
{
    floatV g[9];
    UNROLL(t, 9)
        g[t] = flip ? GATHERV(w, ((8 - t) * out + o) * in + i, in) : LOADV(w + (t * in + i) * out + o, 0);
    weights_tile(u, g);
}

/* U (36,in,out) of w (T,in,out); flip: of the weights of backward-data, w being (T,out,in) then. Launch:
 * global (out / VEC, in). */
__kernel void conv2d_winograd_tile_weights(__global const float *w, __global float *u_all, int flip)
{
    const int o = (int)get_global_id(0) * VEC, out = (int)get_global_size(0) * VEC;
    const int i = get_global_id(1), in = get_global_size(1);
    floatV u[36];
    transformed_weights(u, w, i, o, in, out, flip);
    __global float *to = u_all + i * out + o;
    UNROLL(k, 36) STOREV(u[k], to + k * in * out, 0);
}

/* Z of tiles first_tile ...: Launch: global (channels / VEC, tiles of the block). */
__kernel void conv2d_winograd_tile_gradient(__global const storedY *dy /* (N,H,W,all) */,
                                            __global float *workspace,
                                            uint z_offset /* (36,block_tiles,channels) */, SPAN_PARAMETERS,
                                            int first_tile, int block_tiles, int h, int w, int tiles_x,
                                            int tiles_y)
{
    const int c = (int)get_global_id(0) * VEC, local_tile = get_global_id(1);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + z_offset + local_tile * channels + c;
    const int place = block_tiles * channels;
    floatV z[36];
    __global const storedY *from = dy + ((image * h + ty) * w + tx) * all + first_channel + c;
    gradient_tile(z, from, ty, tx, h, w, all, 0);
    gradient_tile(z + 18, from, ty, tx, h, w, all, 1);
    UNROLL(i, 36) STOREV(z[i], to + i * place, 0);
}

/* dw[t,i,o] += G^T dU G, dU being the sum of the segments' parts, in their order. Launch: global (out / VEC,
 * in). */
__kernel void conv2d_winograd_tile_weights_gradient(__global const float *du /* (36,segments,in,out) */,
                                                    int segments, __global float *dw /* (T,in,out) */)
{
    const int o = (int)get_global_id(0) * VEC, out = (int)get_global_size(0) * VEC;
    const int i = get_global_id(1), in = get_global_size(1);
    floatV u[36];
    UNROLL(k, 36) {
        __global const float *from = du + (k * segments * in + i) * out + o;
        u[k] = LOADV(from, 0);
        for (int s = 1; s < segments; s++) u[k] += LOADV(from + s * in * out, 0);
    }
    add_gradient(dw, u, i, o, in, out);
}
