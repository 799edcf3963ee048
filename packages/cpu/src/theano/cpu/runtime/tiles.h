/* Template of a matrix product for one element type and one vector unit; included by packed.c.
 *
 * Wants: NAME(x), TYPE, VEC, LANES, TARGET, SET1, ZERO, LOAD, STORE, FMA, MUL, and CASES, the block sizes that fit the
 * registers. A block of `mr` rows by `nv` vectors of the result stays in registers while the contracted dim passes. */

static inline __attribute__((always_inline)) TARGET void NAME(block)(const int mr, const int nv, const Tile *t,
                                                                     const TYPE *a, const TYPE *b, TYPE *c)
{
    VEC acc[MAX_ROWS][MAX_VECTORS];
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++)
            acc[i][v] = ZERO();
    const idx ars = t->ars, acs = t->acs, ldb = t->ldb;
    for (idx p = t->k; p > 0; p--, b += ldb, a += acs) {
        VEC row[MAX_VECTORS];
        UNROLL for (int v = 0; v < nv; v++)
            row[v] = LOAD(b + v * LANES);
        UNROLL for (int i = 0; i < mr; i++) {
            VEC x = SET1(a[i * ars]);
            UNROLL for (int v = 0; v < nv; v++)
                acc[i][v] = FMA(x, row[v], acc[i][v]);
        }
    }
    const TYPE beta = (TYPE)t->beta;
    VEC alpha = SET1((TYPE)t->alpha);
    if (t->ccs == 1 && t->n == nv * LANES) {
        UNROLL for (int i = 0; i < mr; i++)
            UNROLL for (int v = 0; v < nv; v++) {
                TYPE *o = c + i * t->crs + v * LANES;
                VEC value = MUL(alpha, acc[i][v]);
                STORE(o, t->beta != 0 ? FMA(SET1(beta), LOAD(o), value) : value);
            }
        return;
    }
    TYPE part[MAX_ROWS * MAX_VECTORS * LANES];
    UNROLL for (int i = 0; i < mr; i++)
        UNROLL for (int v = 0; v < nv; v++)
            STORE(part + (i * nv + v) * LANES, MUL(alpha, acc[i][v]));
    for (int i = 0; i < mr; i++)
        for (idx j = 0; j < t->n; j++) {
            TYPE *o = c + i * t->crs + j * t->ccs, value = part[i * nv * LANES + j];
            *o = t->beta != 0 ? beta * *o + value : value;
        }
}

#define ROWS(mr, nv)                          \
    if (m >= mr) {                            \
        NAME(block)(mr, nv, t, a, b, c);      \
        a += mr * t->ars;                     \
        c += mr * t->crs;                     \
        m -= mr;                              \
        continue;                             \
    }

/* All rows of one panel of `nv` vectors. */
static TARGET void NAME(panel)(int nv, idx m, const Tile *t, const TYPE *a, const TYPE *b, TYPE *c)
{
    while (m > 0)
        switch (nv) {
            CASES
        }
}

/* A panel of the second operand, `width` numbers for each row: n of its own, then anything. In the first `whole` rows,
 * memory may be read up to the width. */
static TARGET void NAME(pack)(TYPE *to, idx width, idx k, idx n, idx whole, const TYPE *b, idx brs, idx bcs)
{
    if (bcs == 1) {
        idx p = 0;
        for (; p < k && p < whole; p++, to += width, b += brs)
            for (idx j = 0; j < width; j += LANES)
                STORE(to + j, LOAD(b + j));
        for (; p < k; p++, to += width, b += brs) {
            for (idx j = 0; j < n; j++)
                to[j] = b[j];
            for (idx j = n; j < width; j++)
                to[j] = 0;
        }
        return;
    }
    for (idx j = 0; j < width; j++)
        for (idx p = 0; p < k; p++)
            to[p * width + j] = j < n ? b[p * brs + j * bcs] : 0;
}

/* c = alpha a b + beta c, with m rows and n columns, of which those from `first` to `end`; strides in elements. */
static TARGET void NAME(product)(Tile t, idx vectors, idx m, idx n, idx first, idx end, const TYPE *a, const TYPE *b,
                                 idx brs, idx bcs, TYPE *c, TYPE *room)
{
    const idx k = t.k;
    const double beta = t.beta;
    for (idx p = 0; p < k; p += t.depth) {
        t.k = k - p < t.depth ? k - p : t.depth;
        t.beta = p ? 1 : beta;
        for (idx j = first; j < end; j += vectors * LANES) {
            t.n = n - j < vectors * LANES ? n - j : vectors * LANES;
            const int nv = (int)((t.n + LANES - 1) / LANES);
            const TYPE *from = b + p * brs + j * bcs;
            t.ldb = brs;
            if (bcs != 1 || t.n != nv * LANES || m >= PACK_ROWS) {
                const idx beyond = (k - 1) * brs + n - j - nv * LANES; /* the last row's end, from the panel's start */
                const idx whole = bcs == 1 && brs > 0 && beyond >= 0 ? beyond / brs + 1 - p : 0;
                NAME(pack)(room, nv * LANES, t.k, t.n, whole, from, brs, bcs);
                from = room;
                t.ldb = nv * LANES;
            }
            NAME(panel)(nv, m, &t, a + p * t.acs, from, c + j * t.ccs);
        }
    }
}
#undef ROWS
#undef CASES
#undef NAME
#undef TYPE
#undef VEC
#undef LANES
#undef TARGET
#undef SET1
#undef ZERO
#undef LOAD
#undef STORE
#undef FMA
#undef MUL
