/* Template of tiles of a matrix product whose operands lie in the near caches, for one element type and one vector unit;
 * included by tiles.h.
 *
 * Nothing is asked for ahead and results are stored as they are, so that a tile costs little beside its multiply-adds:
 * small products are a few tiles. Wants the names of vectors.h and NEAR_TILES, the sizes: all heights up to NEAR_ROWS, so
 * that rows are cut into tiles of about one height. One or two vectors wide, eight rows are enough to hide how long a
 * multiply-add takes; higher tiles read the second operand less often, which counts where it does not fit the first
 * cache. */

/* `kind` of the last vector: whole, or with `last` lanes, or so few that half a vector holds them. Writing some lanes of a
 * vector takes four times as long as writing all. */
static inline __attribute__((always_inline)) TARGET void NAME(near)(const int mr, const int nv, const int kind, idx k,
                                                                    const TYPE *a, idx ars, idx acs, const TYPE *b,
                                                                    idx ldb, TYPE *c, idx crs, int last)
{
    VEC acc[MAX_ROWS][MAX_VECTORS];
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++)
            acc[i][v] = ZERO();
    for (; k > 0; k--, a += acs, b += ldb) {
        VEC row[MAX_VECTORS];
        UNROLL for (int v = 0; v < nv; v++)
            row[v] = v < nv - 1 || kind == WHOLE ? LOAD(b + v * LANES) : LOAD_SOME(b + v * LANES, last);
        UNROLL for (int i = 0; i < mr; i++) {
            const VEC x = SET1(a[i * ars]);
            UNROLL for (int v = 0; v < nv; v++)
                acc[i][v] = v < nv - 1 || kind != FEW_LANES ? FMA(x, row[v], acc[i][v]) : FMA_LOW(x, row[v], acc[i][v]);
        }
    }
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++)
            if (v < nv - 1 || kind == WHOLE)
                STORE(c + i * crs + v * LANES, acc[i][v]);
            else
                STORE_SOME(c + i * crs + v * LANES, last, acc[i][v]);
}

typedef void (*NAME(near_tile))(idx k, const TYPE *a, idx ars, idx acs, const TYPE *b, idx ldb, TYPE *c, idx crs, int last);

#define KIND(name, kind, mr, nv)                                                                                       \
    static TARGET void NAME(name##_##mr##_##nv)(idx k, const TYPE *a, idx ars, idx acs, const TYPE *b, idx ldb, TYPE *c, \
                                                idx crs, int last)                                                     \
    {                                                                                                                  \
        NAME(near)(mr, nv, kind, k, a, ars, acs, b, ldb, c, crs, last);                                                \
    }
#define TILE(mr, nv) KIND(whole, WHOLE, mr, nv) KIND(some, SOME_LANES, mr, nv)
NEAR_TILES
#undef TILE
#if LOW
#define TILE(mr, nv) KIND(few, FEW_LANES, mr, nv)
NEAR_TILES
#undef TILE
#endif
#undef KIND

static const NAME(near_tile) NAME(near_tiles)[3][MAX_VECTORS + 1][MAX_ROWS + 1] = {
#define TILE(mr, nv) [WHOLE][nv][mr] = NAME(whole_##mr##_##nv), [SOME_LANES][nv][mr] = NAME(some_##mr##_##nv),
    NEAR_TILES
#undef TILE
#if LOW
#define TILE(mr, nv) [FEW_LANES][nv][mr] = NAME(few_##mr##_##nv),
    NEAR_TILES
#undef TILE
#endif
};

/* c = a b for m rows and n columns, in panels of `vectors`; strides in elements. */
static void NAME(near_product)(idx k, int vectors, idx m, idx n, const void *x, idx ars, idx acs, const void *y, idx ldb,
                               void *out, idx crs)
{
    const TYPE *b = y;
    TYPE *c = out;
    for (idx width; n > 0; n -= width, b += width, c += width) {
        width = n < vectors * LANES ? n : vectors * LANES;
        const int nv = (int)((width + LANES - 1) / LANES), last = (int)(width - (nv - 1) * LANES);
        const NAME(near_tile) *tiles = NAME(near_tiles)[last == LANES ? WHOLE : last <= LOW ? FEW_LANES : SOME_LANES][nv];
        int most = NEAR_ROWS(nv);
        if (m > most && m <= MAX_ROWS && tiles[m] && k * nv * 64 > FIRST_CACHE)
            most = (int)m;
        if (m <= most) {
            tiles[m](k, x, ars, acs, b, ldb, c, crs, last);
            continue;
        }
        const idx count = (m + most - 1) / most, low = m / count;
        const TYPE *a = x;
        TYPE *to = c;
        for (idx mr, higher = m - low * count, left = m; left > 0; left -= mr, a += mr * ars, to += mr * crs) {
            mr = low + (higher-- > 0);
            tiles[mr](k, a, ars, acs, b, ldb, to, crs, last);
        }
    }
}
