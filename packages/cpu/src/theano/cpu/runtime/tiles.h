/* Template of a matrix product for one element type and one vector unit; included by packed.c.
 *
 * Wants: NAME(x), TYPE, VEC, LANES, TARGET, SET1, ZERO, LOAD, STORE, FMA, MUL, LOAD_SOME and STORE_SOME for the first few
 * lanes, and TILES, the sizes that fit the registers. A tile of `mr` rows by `nv` vectors of the result stays in
 * registers while the contracted dim passes. */

/* The contracted dim, from first to last. `last`: lanes of the last vector; `ahead`: columns of the first operand lie in
 * lines of their own, which no processor foresees. */
static inline __attribute__((always_inline)) TARGET void NAME(pass)(const int mr, const int nv, const Tile *t,
                                                                    const TYPE *a, const TYPE *b, const int last,
                                                                    const int ahead, VEC acc[MAX_ROWS][MAX_VECTORS])
{
    const idx ars = t->ars, acs = t->acs, ldb = t->ldb;
    for (idx p = t->k; p > 0; p--, b += ldb, a += acs) {
        VEC row[MAX_VECTORS];
        UNROLL for (int v = 0; v < nv - 1; v++)
            row[v] = LOAD(b + v * LANES);
        if (ahead)
            __builtin_prefetch(a + 64 / sizeof(TYPE));
        row[nv - 1] = last == LANES ? LOAD(b + (nv - 1) * LANES) : LOAD_SOME(b + (nv - 1) * LANES, last);
        UNROLL for (int i = 0; i < mr; i++) {
            VEC x = SET1(a[i * ars]);
            UNROLL for (int v = 0; v < nv; v++)
                acc[i][v] = FMA(x, row[v], acc[i][v]);
        }
    }
}

static inline __attribute__((always_inline)) TARGET void NAME(tile)(const int mr, const int nv, const Tile *t,
                                                                    const TYPE *a, const TYPE *b, TYPE *c)
{
    VEC acc[MAX_ROWS][MAX_VECTORS];
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++)
            acc[i][v] = ZERO();
    const idx crs = t->crs;
    const int last = t->last;
    if (t->far)
        UNROLL for (int i = 0; i < mr; i++)
            UNROLL for (int v = 0; v < nv; v++)
                __builtin_prefetch(c + i * crs + v * LANES, 1, 3);
    if (last != LANES && !t->padded)
        NAME(pass)(mr, nv, t, a, b, last, 1, acc);
    else if (t->ars == 1)
        NAME(pass)(mr, nv, t, a, b, LANES, 1, acc);
    else
        NAME(pass)(mr, nv, t, a, b, LANES, 0, acc);
    const VEC alpha = SET1((TYPE)t->alpha), beta = SET1((TYPE)t->beta);
    const int adds = t->beta != 0;
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++) {
            TYPE *o = c + i * crs + v * LANES;
            VEC value = MUL(alpha, acc[i][v]);
            if (v < nv - 1)
                STORE(o, adds ? FMA(beta, LOAD(o), value) : value);
            else
                STORE_SOME(o, last, adds ? FMA(beta, LOAD_SOME(o, last), value) : value);
        }
}

#define TILE(mr, nv)                                                                                                   \
    static TARGET void NAME(tile_##mr##_##nv)(const Tile *t, const TYPE *a, const TYPE *b, TYPE *c)                    \
    {                                                                                                                  \
        NAME(tile)(mr, nv, t, a, b, c);                                                                                \
    }
TILES
#undef TILE

static void (*const NAME(tiles)[MAX_VECTORS + 1][MAX_ROWS + 1])(const Tile *, const TYPE *, const TYPE *, TYPE *) = {
#define TILE(mr, nv) [nv][mr] = NAME(tile_##mr##_##nv),
    TILES
#undef TILE
};

/* A panel of the second operand: k rows of n numbers, `width` numbers apart. */
static TARGET void NAME(pack)(TYPE *to, idx width, idx k, idx n, const TYPE *b, idx brs, idx bcs)
{
    if (bcs == 1) {
        for (idx p = 0; p < k; p++, to += width, b += brs)
            for (idx j = 0; j < n; j += LANES)
                if (n - j >= LANES)
                    STORE(to + j, LOAD(b + j));
                else
                    STORE(to + j, LOAD_SOME(b + j, n - j));
        return;
    }
    if (brs == 1) {
        for (idx p = 0; p < k; p += SQUARE)
            rt_transpose((char *)(to + p * width), width * (idx)sizeof(TYPE), (const char *)(b + p),
                         bcs * (idx)sizeof(TYPE), k - p < SQUARE ? k - p : SQUARE, n, sizeof(TYPE));
        return;
    }
    for (idx p = 0; p < k; p++)
        for (idx j = 0; j < n; j++)
            to[p * width + j] = b[p * brs + j * bcs];
}

/* The height of the next tile: all of about one height, for low ones wait for loads. */
static inline int NAME(height)(int nv, idx m)
{
    int mr = m < MAX_ROWS ? (int)m : MAX_ROWS;
    while (!NAME(tiles)[nv][mr])
        mr--;
    if (m <= mr || m >= mr * mr)
        return mr;
    const idx count = (m + mr - 1) / mr;
    mr = (int)((m + count - 1) / count);
    while (!NAME(tiles)[nv][mr])
        mr--;
    return mr;
}

/* All rows of one panel of nv vectors. */
static void NAME(panel)(int nv, idx m, const Tile *t, const TYPE *a, const TYPE *b, TYPE *c)
{
    for (idx mr; m > 0; m -= mr, a += mr * t->ars, c += mr * t->crs) {
        mr = NAME(height)(nv, m);
        NAME(tiles)[nv][mr](t, a, b, c);
    }
}

/* Where rows of the second operand are contiguous and the first has few: nothing is packed. */
static void NAME(in_place)(Tile t, int vectors, idx m, idx n, const TYPE *a, const TYPE *b, TYPE *c)
{
    for (idx j = 0; j < n; j += vectors * LANES) {
        const idx width = n - j < vectors * LANES ? n - j : vectors * LANES;
        const int nv = (int)((width + LANES - 1) / LANES);
        t.last = (int)(width - (nv - 1) * LANES);
        NAME(panel)(nv, m, &t, a, b + j, c + j);
    }
}

/* The columns of the second operand that fit the cache are packed; then all rows pass, each sliver over all panels. */
static void NAME(in_blocks)(Tile t, int vectors, idx m, idx n, const TYPE *a, const TYPE *b, idx brs, idx bcs, TYPE *c,
                            TYPE *room)
{
    const idx wide = vectors * LANES, fit = t.block / (idx)sizeof(TYPE) / (t.k * wide), most = (fit ? fit : 1) * wide;
    for (idx step, j = 0; j < n; j += step, c += step, b += step * bcs) {
        step = n - j < most ? n - j : most;
        for (idx q = 0; q < step; q += wide) {
            const idx width = step - q < wide ? step - q : wide;
            NAME(pack)(room + q * t.k, (width + LANES - 1) / LANES * LANES, t.k, width, b + q * bcs, brs, bcs);
        }
        for (idx mr, i = 0; i < m; i += mr) {
            mr = NAME(height)(vectors, m - i);
            for (idx q = 0; q < step; q += wide) {
                const idx width = step - q < wide ? step - q : wide;
                const int nv = (int)((width + LANES - 1) / LANES);
                t.last = (int)(width - (nv - 1) * LANES);
                t.ldb = nv * LANES;
                NAME(panel)(nv, mr, &t, a + i * t.ars, room + q * t.k, c + i * t.crs + q);
            }
        }
    }
}

/* c = alpha a b + beta c, with m rows and n columns in panels of `vectors`; strides in elements. */
static void NAME(product)(Tile t, int vectors, idx m, idx n, const void *x, const void *y, idx brs, idx bcs, void *out,
                          void *room)
{
    const TYPE *a = x, *b = y;
    const idx k = t.k;
    idx parts = k <= t.depth ? 1 : (k + t.depth - 1) / t.depth;
    for (idx p = 0; p < k; p += t.k, a += t.k * t.acs, b += t.k * brs) {
        t.k = parts == 1 ? k - p : (k - p + parts - 1) / parts;
        t.ldb = brs;
        parts--;
        if (t.block)
            NAME(in_blocks)(t, vectors, m, n, a, b, brs, bcs, out, room);
        else
            NAME(in_place)(t, vectors, m, n, a, b, out);
        t.beta = 1;
    }
}
#undef TILES
#include "vectors_end.h"
