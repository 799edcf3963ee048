/* Template of a matrix product for one element type and one vector unit; included by packed.c.
 *
 * Wants: NAME(x), TYPE, VEC, LANES, TARGET, SET1, ZERO, LOAD, STORE, FMA, MUL, LOAD_SOME and STORE_SOME for the first few
 * lanes, and TILES, the sizes that fit the registers. A tile of `mr` rows by `nv` vectors of the result stays in
 * registers while the contracted dim passes. */

/* The contracted dim, from first to last. `kind` of the last vector: whole, or only some of its lanes may be read, or few
 * count, but all may be read; `ahead`: columns of the first operand lie in lines of their own, which no processor
 * foresees; else the rows that pass next are asked for, one after the other. */
static inline __attribute__((always_inline)) TARGET void NAME(pass)(const int mr, const int nv, const Tile *t,
                                                                    const TYPE *a, const TYPE *b, const int kind,
                                                                    const int ahead, VEC acc[MAX_ROWS][MAX_VECTORS])
{
    const int last = t->last;
    const idx ars = t->ars, acs = t->acs, ldb = t->ldb, asked = t->asked, end = t->k;
    const TYPE *next = t->next;
    idx column = 0;
    for (idx p = t->k; p > 0; p--, b += ldb, a += acs) {
        VEC row[MAX_VECTORS];
        UNROLL for (int v = 0; v < nv - 1; v++)
            row[v] = LOAD(b + v * LANES);
        if (ahead) {
            __builtin_prefetch(a + 64 / sizeof(TYPE));
        } else if (mr * nv >= ASKING) {
            __builtin_prefetch(next + column);
            next += column + asked < end ? 0 : ars;
            column = column + asked < end ? column + asked : 0;
        }
        row[nv - 1] = kind != SOME_LANES ? LOAD(b + (nv - 1) * LANES) : LOAD_SOME(b + (nv - 1) * LANES, last);
        UNROLL for (int i = 0; i < mr; i++) {
            VEC x = SET1(a[i * ars]);
            UNROLL for (int v = 0; v < nv; v++)
                acc[i][v] = v < nv - 1 || kind != FEW_LANES ? FMA(x, row[v], acc[i][v]) : FMA_LOW(x, row[v], acc[i][v]);
        }
    }
}

#include "near.h"

static inline __attribute__((always_inline)) TARGET void NAME(tile)(const int mr, const int nv, const Tile *t,
                                                                    const TYPE *a, const TYPE *b, TYPE *c)
{
    VEC acc[MAX_ROWS][MAX_VECTORS];
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++)
            acc[i][v] = ZERO();
    const idx crs = t->crs;
    const int last = t->last;
    if (t->far) /* a loop: compilers otherwise prepare all the addresses, whether far or not */
        _Pragma("GCC unroll 1") for (int i = 0; i < mr; i++)
            UNROLL for (int v = 0; v < nv; v++)
                __builtin_prefetch(c + i * crs + v * LANES, 1, 3);
    const int few = LOW && last <= LOW;
    if (last != LANES && !t->padded)
        NAME(pass)(mr, nv, t, a, b, SOME_LANES, 1, acc);
    else if (t->ars == 1 && few)
        NAME(pass)(mr, nv, t, a, b, FEW_LANES, 1, acc);
    else if (t->ars == 1)
        NAME(pass)(mr, nv, t, a, b, WHOLE, 1, acc);
    else if (few)
        NAME(pass)(mr, nv, t, a, b, FEW_LANES, 0, acc);
    else
        NAME(pass)(mr, nv, t, a, b, WHOLE, 0, acc);
    if (last == LANES && t->alpha == 1 && t->beta == 0) { /* multiplying by 1 takes as long as a step of the contracted dim */
        UNROLL for (int i = 0; i < mr; i++)
            UNROLL for (int v = 0; v < nv; v++)
                STORE(c + i * crs + v * LANES, acc[i][v]);
        return;
    }
    if (last == LANES && t->alpha == 1 && t->beta == 1) {
        UNROLL for (int i = 0; i < mr; i++)
            UNROLL for (int v = 0; v < nv; v++)
                STORE(c + i * crs + v * LANES, ADD(LOAD(c + i * crs + v * LANES), acc[i][v]));
        return;
    }
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
            for (idx j = 0; j < n; j += LANES) {
                __builtin_prefetch(b + j + AHEAD * brs);
                if (n - j >= LANES)
                    STORE(to + j, LOAD(b + j));
                else
                    STORE(to + j, LOAD_SOME(b + j, n - j));
            }
        return;
    }
    for (idx p = 0; n < width && p < k; p++)
        memset(to + p * width + n, 0, (size_t)(width - n) * sizeof(TYPE));
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

/* Notes rows of the first operand that are asked for: `i` to `i + asked` of `m`. */
static inline void NAME(ask)(Tile *t, idx i, idx asked, idx m, const TYPE *a)
{
    t->asked = t->acs != 1 ? 0 : m - i < asked ? m - i : asked;
    if (t->asked <= 0)
        t->asked = i = 0;
    t->next = a + i * t->ars;
}

/* Where rows of the second operand are contiguous and the first has few: nothing is packed. */
static void NAME(in_place)(Tile t, int vectors, idx m, idx n, const TYPE *a, const TYPE *b, TYPE *c)
{
    if (is_near(&t)) {
        NAME(near_product)(t.k, vectors, m, n, a, t.ars, t.acs, b, t.ldb, c, t.crs);
        return;
    }
    NAME(ask)(&t, 0, 0, m, a);
    for (idx j = 0; j < n; j += vectors * LANES) {
        const idx width = n - j < vectors * LANES ? n - j : vectors * LANES;
        const int nv = (int)((width + LANES - 1) / LANES);
        t.last = (int)(width - (nv - 1) * LANES);
        NAME(panel)(nv, m, &t, a, b + j, c + j);
    }
}

/* Packs the panels of n columns of the second operand, one after the other. */
static void NAME(pack_panels)(idx k, int vectors, idx n, const TYPE *b, idx brs, idx bcs, TYPE *room)
{
    const idx wide = vectors * LANES;
    for (idx q = 0; q < n; q += wide) {
        const idx width = n - q < wide ? n - q : wide;
        NAME(pack)(room + q * k, (width + LANES - 1) / LANES * LANES, k, width, b + q * bcs, brs, bcs);
    }
}

/* All rows pass, each sliver over all panels of n columns. */
static void NAME(slivers)(Tile t, int vectors, idx m, idx n, const TYPE *a, const TYPE *panels, TYPE *c)
{
    const idx wide = vectors * LANES, count = (n + wide - 1) / wide;
    for (idx mr, i = 0; i < m; i += mr) {
        mr = NAME(height)(vectors, m - i);
        const idx asked = (mr + count - 1) / count;
        idx from = i + mr;
        for (idx q = 0; q < n; q += wide) {
            const idx width = n - q < wide ? n - q : wide;
            const int nv = (int)((width + LANES - 1) / LANES);
            t.last = (int)(width - (nv - 1) * LANES);
            t.ldb = nv * LANES;
            NAME(ask)(&t, from, asked, m < i + 2 * mr ? m : i + 2 * mr, a);
            from += asked;
            NAME(panel)(nv, mr, &t, a + i * t.ars, panels + q * t.k, c + i * t.crs + q);
        }
    }
}

/* The columns of the second operand that fit the cache are packed; then all rows pass. */
static void NAME(in_blocks)(Tile t, int vectors, idx m, idx n, const TYPE *a, const TYPE *b, idx brs, idx bcs, TYPE *c,
                            TYPE *room)
{
    const idx wide = vectors * LANES, fit = t.block / (idx)sizeof(TYPE) / (t.k * wide), most = (fit ? fit : 1) * wide;
    for (idx step, j = 0; j < n; j += step, c += step, b += step * bcs) {
        step = n - j < most ? n - j : most;
        NAME(pack_panels)(t.k, vectors, step, b, brs, bcs, room);
        NAME(slivers)(t, vectors, m, step, a, room, c);
    }
}

/* c = alpha a b + beta c, with m rows and n columns in panels of `vectors`; strides in elements. */
static void NAME(product)(Tile t, int vectors, idx m, idx n, const void *x, const void *y, idx brs, idx bcs, void *out,
                          void *room)
{
    const TYPE *a = x, *b = y;
    const idx k = t.k;
    idx parts = parts_of(k, t.depth);
    for (idx p = 0; p < k; p += t.k, a += t.k * t.acs, b += t.k * brs) {
        t.k = next_part(k - p, parts--);
        t.ldb = brs;
        if (t.block)
            NAME(in_blocks)(t, vectors, m, n, a, b, brs, bcs, out, room);
        else
            NAME(in_place)(t, vectors, m, n, a, b, out);
        t.beta = 1;
    }
}

/* One part after the other of the contracted dim, for a block of the result whose panels are at hand: packed before the
 * loop (`s->ready`), or just now (`room`), or where they lie; then there is but one part. */
static void NAME(block)(Tile t, const Special *s, int vectors, idx m, idx n, idx j, const TYPE *a, const TYPE *b, idx brs,
                        const TYPE *room, TYPE *c)
{
    const idx k = t.k;
    idx parts = parts_of(k, t.depth);
    for (idx p = 0; p < k; p += t.k, a += t.k * t.acs) {
        t.k = next_part(k - p, parts--);
        t.ldb = brs;
        if (s->ready)
            NAME(slivers)(t, vectors, m, n, a, (const TYPE *)s->ready + p * s->total + (s->col + j) * t.k, c);
        else if (t.block)
            NAME(slivers)(t, vectors, m, n, a, room, c);
        else
            NAME(in_place)(t, vectors, m, n, a, b, c);
        t.beta = 1;
    }
}

/* Rows of a block of the result that is finished at a time. */
static inline idx NAME(finished_rows)(idx m, idx cols)
{
    const idx fits = RT_FINISHED / (cols * (idx)sizeof(TYPE));
    return m <= fits || fits < EVEN ? fits : fits / EVEN * EVEN;
}

/* As `product`, with all parts of the contracted dim for as many columns as fit the cache, and where there is something to
 * finish, for as many rows: those are computed in `room`, and finished from there. */
static void NAME(at_once)(Tile t, const Special *s, int vectors, idx m, idx n, const TYPE *a, const TYPE *b, idx brs,
                          idx bcs, TYPE *out, char *room)
{
    const idx wide = vectors * LANES, fit = block_bytes() / (idx)sizeof(TYPE) / (t.k * wide);
    const idx most = fit < 1 ? wide : fit * wide > MOST_COLS ? MOST_COLS / wide * wide : fit * wide;
    TYPE *packed = (TYPE *)(room + RT_FINISHED);
    for (idx step, j = 0; j < n; j += step, b += step * bcs) {
        step = n - j < most ? n - j : most;
        if (!s->ready && t.block)
            NAME(pack_panels)(t.k, vectors, step, b, brs, bcs, packed);
        if (!s->finish) {
            NAME(block)(t, s, vectors, m, step, j, a, b, brs, packed, out + j);
            continue;
        }
        const idx rows = NAME(finished_rows)(m, step);
        t.crs = step;
        for (idx i = 0; i < m; i += rows) {
            const idx r = m - i < rows ? m - i : rows;
            NAME(block)(t, s, vectors, r, step, j, a + i * t.ars, b, brs, packed, (TYPE *)room);
            s->finish->run(s->finish, s->row + i, s->col + j, r, step, room, step * (idx)sizeof(TYPE), s->worker);
        }
    }
}

/* As `product`, one part of the contracted dim after the other; what the last one completes is finished at once. */
static void NAME(in_parts)(Tile t, const Special *s, int vectors, idx m, idx n, const TYPE *a, const TYPE *b, idx brs,
                           idx bcs, TYPE *c, TYPE *room)
{
    const idx k = t.k, wide = vectors * LANES;
    idx parts = parts_of(k, t.depth);
    for (idx p = 0; p < k; p += t.k, a += t.k * t.acs, b += t.k * brs) {
        t.k = next_part(k - p, parts--);
        t.ldb = brs;
        const idx fit = block_bytes() / (idx)sizeof(TYPE) / (t.k * wide), most = (fit ? fit : 1) * wide;
        for (idx step, j = 0; j < n; j += step) {
            step = n - j < most ? n - j : most;
            if (t.block)
                NAME(pack_panels)(t.k, vectors, step, b + j * bcs, brs, bcs, room);
            const idx fits = parts ? m : NAME(finished_rows)(m, step), rows = fits ? fits : 1;
            for (idx i = 0; i < m; i += rows) {
                const idx r = m - i < rows ? m - i : rows;
                TYPE *to = c + i * t.crs + j;
                if (t.block)
                    NAME(slivers)(t, vectors, r, step, a + i * t.ars, room, to);
                else
                    NAME(in_place)(t, vectors, r, step, a + i * t.ars, b + j, to);
                if (!parts)
                    s->finish->run(s->finish, s->row + i, s->col + j, r, step, (char *)to, t.crs * (idx)sizeof(TYPE),
                                   s->worker);
            }
        }
        t.beta = 1;
    }
}

static void NAME(special)(Tile t, const Special *s, int vectors, idx m, idx n, const void *x, const void *y, idx brs,
                          idx bcs, void *out, char *room)
{
    if (s->finish && !s->ready && parts_of(t.k, t.depth) > 1)
        NAME(in_parts)(t, s, vectors, m, n, x, y, brs, bcs, out, (TYPE *)(room + RT_FINISHED));
    else
        NAME(at_once)(t, s, vectors, m, n, x, y, brs, bcs, out, room);
}

/* Packs all of the second operand, k rows and n columns, in parts of at most `depth` rows. */
static void NAME(make_ready)(idx k, idx depth, int vectors, idx n, const void *y, idx brs, idx bcs, void *ready)
{
    const TYPE *b = y;
    TYPE *to = ready;
    const idx total = (n + LANES - 1) / LANES * LANES;
    idx parts = parts_of(k, depth);
    for (idx part, p = 0; p < k; p += part) {
        part = next_part(k - p, parts--);
        NAME(pack_panels)(part, vectors, n, b + p * brs, brs, bcs, to + p * total);
    }
}
#undef TILES
#undef NEAR_TILES
#undef NEAR_ROWS
#include "vectors_end.h"
