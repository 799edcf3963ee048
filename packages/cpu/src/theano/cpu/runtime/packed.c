/* Own product of matrices, for processors with AVX-512, or AVX2 and FMA.
 *
 * Panels of the second operand are packed when that pays (many rows) or must be (strides), as many as half of the second
 * cache holds; the first is read where it lies, whatever its strides, so transposed operands cost nothing. Where the
 * result has few columns and the first operand is transposed, its transpose is computed, so that vectors are full. The
 * order of additions depends on the sizes only.
 *
 * Special products (matrix.h) read panels that were packed before, or hand over blocks of the result while these are in
 * the cache. */
#include "interrupt.h"
#include "kernel.h"
#include "matrix.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <unistd.h>

#define UNROLL _Pragma("GCC unroll 16")
#define MAX_ROWS 12
#define MAX_VECTORS 4
#define DEPTH 256                        /* of the contracted dim at a time, where the second operand is packed */
#define DEEP 2048                        /* the same where it is read in place */
#define FLAT 48                          /* the same for few, long rows, all of which stay in the cache */
#define BLOCK ((idx)512 << 10)           /* bytes of the second operand that are packed at a time, at most */
#define FAR_AWAY ((idx)1 << 20)          /* bytes of a result from which on it is not in the second cache */
#define AHEAD 8                          /* rows that are asked for while panels are packed */
#define SQUARE 64                        /* rows that are transposed at a time */
#define ASKING 16                        /* vectors of a tile that has the time to ask for what comes next */
#define LEAST_ROWS 48                    /* for a thread: each packs its panels anew */
#define MANY_ROWS 1536                   /* for a thread: packing anew costs nothing, reading them once more would */
#define FEW 36                           /* rows that do not pay for packing */
#define MOST_COLS 1024                   /* of a block of the result that is finished at a time */
#define EVEN 24                          /* its rows are a multiple, as all heights of tiles divide it */
#define DEEPEST 8192                     /* contracted dim of products that are finished in blocks or made ready */
#define FIRST_CACHE (24 << 10)           /* bytes of a panel that stays in the first cache while rows pass */
#define NEAR_COLUMNS 256                 /* of a first operand with contiguous columns, which need not be asked for */
#define NARROW 16                        /* columns: where libraries are slow whatever the length */

typedef struct {
    idx k, depth, ars, acs, ldb, crs; /* strides in elements */
    double alpha, beta;
    int last;   /* lanes of the last vector */
    int padded; /* rows of the second operand are whole vectors */
    int far;    /* the result comes from far away: ask for it early */
    idx block; /* bytes of packed panels; 0: nothing is packed */
    const void *next; /* rows of the first operand that are asked for meanwhile, and how many of them */
    idx asked;
} Tile;

/* What some products have beside: panels that have been packed before, and work on each finished block. */
typedef struct {
    const char *ready;    /* all panels of the second operand, or NULL */
    idx total;            /* columns of these, with padding */
    const Finish *finish; /* or NULL */
    idx row, col;         /* of the whole result, where this part of it begins */
    int worker;
} Special;

/* Whether tiles of a product in place may do without asking for anything, and store results as they are. Columns of the
 * first operand that lie in lines of their own are asked for unless they are few. */
static inline int is_near(const Tile *t)
{
    return t->alpha == 1 && t->beta == 0 && !t->far && (t->acs == 1 || t->k <= NEAR_COLUMNS);
}

enum { WHOLE, SOME_LANES, FEW_LANES }; /* the last vector of a tile */

/* The contracted dim is cut into even parts of at most `depth`. */
static inline idx parts_of(idx k, idx depth) { return k <= depth ? 1 : (k + depth - 1) / depth; }
static inline idx next_part(idx left, idx parts) { return parts == 1 ? left : (left + parts - 1) / parts; }

/* Half of the second cache. */
static idx block_bytes(void)
{
    static idx known = 0;
    if (!known) {
        const long half = sysconf(_SC_LEVEL2_CACHE_SIZE) / 2;
        known = half <= 0 || half > BLOCK ? BLOCK : half < BLOCK / 4 ? BLOCK / 4 : half;
    }
    return known;
}

/* Vectors of a panel of the result, which has m rows and n columns. */
static int vectors_of(idx m, idx n, idx lanes)
{
    int best = rt_vector_unit() < 2 ? 2 : m <= 6 ? 4 : m <= 8 ? 3 : m <= 12 ? 2 : 4;
    while (best > 1 && (best - 1) * lanes >= n)
        best--;
    return best;
}

#define WIDE_TILES                                                                                                     \
    TILE(1, 1) TILE(2, 1) TILE(4, 1) TILE(8, 1) TILE(12, 1)                                                            \
    TILE(1, 2) TILE(2, 2) TILE(4, 2) TILE(6, 2) TILE(8, 2) TILE(10, 2) TILE(12, 2)                                     \
    TILE(1, 3) TILE(2, 3) TILE(4, 3) TILE(6, 3) TILE(8, 3)                                                             \
    TILE(1, 4) TILE(2, 4) TILE(3, 4) TILE(4, 4) TILE(5, 4) TILE(6, 4)
#define HALF_TILES                                                                                                     \
    TILE(1, 1) TILE(2, 1) TILE(4, 1) TILE(10, 1)                                                                       \
    TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(6, 2)
#define COLUMN_OF_TILES(nv) TILE(1, nv) TILE(2, nv) TILE(3, nv) TILE(4, nv) TILE(5, nv) TILE(6, nv)
#define WIDE_NEAR_TILES                                                                                                \
    COLUMN_OF_TILES(1) TILE(7, 1) TILE(8, 1) COLUMN_OF_TILES(2) TILE(7, 2) TILE(8, 2) TILE(10, 2) TILE(12, 2)           \
    COLUMN_OF_TILES(3) COLUMN_OF_TILES(4)
#define HALF_NEAR_TILES COLUMN_OF_TILES(1) TILE(7, 1) TILE(8, 1) COLUMN_OF_TILES(2)

#define VECTOR F32_WIDE
#define TILES WIDE_TILES
#define NEAR_TILES WIDE_NEAR_TILES
#define NEAR_ROWS(nv) ((nv) < 3 ? 8 : 6)
#include "vectors.h"
#include "tiles.h"

#define VECTOR F64_WIDE
#define TILES WIDE_TILES
#define NEAR_TILES WIDE_NEAR_TILES
#define NEAR_ROWS(nv) ((nv) < 3 ? 8 : 6)
#include "vectors.h"
#include "tiles.h"

#define VECTOR F32_HALF
#define TILES HALF_TILES
#define NEAR_TILES HALF_NEAR_TILES
#define NEAR_ROWS(nv) ((nv) < 2 ? 8 : 6)
#include "vectors.h"
#include "tiles.h"

#define VECTOR F64_HALF
#define TILES HALF_TILES
#define NEAR_TILES HALF_NEAR_TILES
#define NEAR_ROWS(nv) ((nv) < 2 ? 8 : 6)
#include "vectors.h"
#include "tiles.h"

enum { NOT, IN_PLACE, PACKED, TURNED };

/* Whether the transpose of the result is computed: few columns, and a first operand with contiguous columns. */
static int turns(const Matrix *x, const Matrix *y, idx isz)
{
    const idx lanes = rt_vector_unit() * (isz == 8 ? 4 : 8);
    return y->cols < 2 * lanes && x->rows > y->cols && x->rows >= lanes && x->rs == isz && x->cs != isz &&
           x->rows * y->cols <= (idx)1 << 18;
}

/* Whether a strip of the second operand stays in the cache while the rows pass, or few pass, so that it need not be packed. */
static int lies_well(const Matrix *x, const Matrix *y, idx isz)
{
    const idx strip = x->cols * MAX_VECTORS * 64;
    if (y->cs != isz)
        return 0;
    if (x->rows < FEW)
        return 1;
    if (strip > DEEP * MAX_VECTORS * 64)
        return 0;
    return x->rows <= 96 || strip <= (x->rows <= 256 ? (idx)128 << 10 : (idx)32 << 10);
}

static int how(const Matrix *x, const Matrix *y, idx isz)
{
    if (!rt_vector_unit() || (x->rs | x->cs | y->rs | y->cs) & (isz - 1))
        return NOT;
    if (y->cols < 5 || (y->cols <= NARROW && x->cols >= 256))
        return turns(x, y, isz) ? TURNED : x->rows < 128 && lies_well(x, y, isz) ? IN_PLACE : PACKED;
    if (lies_well(x, y, isz))
        return IN_PLACE;
    return turns(x, y, isz) ? TURNED : PACKED;
}

/* Bytes for the packed panels of one thread. */
static size_t panels(const Matrix *x, const Matrix *y)
{
    const size_t depth = (size_t)(x->cols < DEPTH ? x->cols : DEPTH), cols = (size_t)y->cols + MAX_VECTORS * 16;
    const size_t all = depth * cols * 8, most = (size_t)BLOCK + DEPTH * MAX_VECTORS * 64;
    return ((all < most ? all : most) + RT_ALIGN) / RT_ALIGN * RT_ALIGN;
}

size_t rt_packed_room(const Matrix *x, const Matrix *y, idx isz, int threads)
{
    const int kind = x->rows && x->cols && y->cols ? how(x, y, isz) : NOT;
    if (kind == TURNED)
        return (size_t)(x->rows * y->cols * isz);
    return kind == PACKED ? panels(x, y) * (size_t)threads : 0;
}

#define DEFINE_TURN(name, type)                                                                                        \
    static inline __attribute__((always_inline)) void name##_by(idx m, const idx n, const type *turned, type alpha,    \
                                                                type beta, type *restrict out)                         \
    {                                                                                                                  \
        for (idx i = 0; i < m; i++)                                                                                    \
            for (idx j = 0; j < n; j++) {                                                                              \
                const type value = alpha * turned[j * m + i];                                                          \
                out[i * n + j] = beta != 0 ? beta * out[i * n + j] + value : value;                                    \
            }                                                                                                          \
    }                                                                                                                  \
    /* out = alpha transpose(turned) + beta out; out has m rows and n columns: few, so that a constant number pays */ \
    CLONES static void name(idx m, idx n, const type *turned, double alpha, double beta, type *out)                    \
    {                                                                                                                  \
        if (n == 2 && beta == 0)                                                                                       \
            name##_by(m, 2, turned, (type)alpha, 0, out);                                                              \
        else if (n == 3 && beta == 0)                                                                                  \
            name##_by(m, 3, turned, (type)alpha, 0, out);                                                              \
        else if (n == 4 && beta == 0)                                                                                  \
            name##_by(m, 4, turned, (type)alpha, 0, out);                                                              \
        else                                                                                                           \
            name##_by(m, n, turned, (type)alpha, (type)beta, out);                                                     \
    }

DEFINE_TURN(f32_turn, float)
DEFINE_TURN(f64_turn, double)

/* A product, and how threads share it: `rows` by `cols` of the result in a chunk. */
typedef struct {
    Tile t;
    idx m, n;
    const char *a, *b;
    idx brs, bcs;
    char *out;
    idx isz;
    char *room;
    size_t each; /* bytes of room of a thread */
    int vectors;
    idx rows, cols;
    Special special;
    int is_special;
} Product;

static void (*const products[2][2])(Tile, int, idx, idx, const void *, const void *, idx, idx, void *, void *) = {
    {f32_half_product, f64_half_product}, {f32_wide_product, f64_wide_product}};
static void (*const specials[2][2])(Tile, const Special *, int, idx, idx, const void *, const void *, idx, idx, void *,
                                    char *) = {{f32_half_special, f64_half_special}, {f32_wide_special, f64_wide_special}};

static void (*const near_products[2][2])(idx, int, idx, idx, const void *, idx, idx, const void *, idx, void *, idx) = {
    {f32_half_near_product, f64_half_near_product}, {f32_wide_near_product, f64_wide_near_product}};

/* Small products feel every structure that is filled in. Returns 0 when it is for the general way. */
static int run_near(const Matrix *x, const Matrix *y, idx isz, char *out)
{
    const idx k = x->cols, m = x->rows, n = y->cols;
    const int bits = isz == 8 ? 3 : 2, wide = rt_vector_unit() == 2;
    if (k > DEEP || m * n * isz >= FAR_AWAY || (x->cs != isz && k > NEAR_COLUMNS))
        return 0;
    near_products[wide][isz == 8](k, vectors_of(m, n, (wide ? 64 : 32) >> bits), m, n, x->data, x->rs >> bits, x->cs >> bits,
                                  y->data, y->rs >> bits, out, n);
    return 1;
}

static void run_chunk(void *arg, idx chunk, int worker)
{
    const Product *q = arg;
    const idx across = rt_pool_chunks(q->n, q->cols), i = chunk / across * q->rows, j = chunk % across * q->cols;
    const idx m = q->m - i < q->rows ? q->m - i : q->rows, n = q->n - j < q->cols ? q->n - j : q->cols;
    const char *a = q->a + i * q->t.ars * q->isz, *b = q->b + j * q->bcs * q->isz;
    char *out = q->out + (i * q->t.crs + j) * q->isz, *room = q->room + (size_t)worker * q->each;
    const int wide = rt_vector_unit() == 2, f64 = q->isz == 8;
    if (!q->is_special) {
        products[wide][f64](q->t, q->vectors, m, n, a, b, q->brs, q->bcs, out, room);
        return;
    }
    Special here = q->special;
    here.row = i;
    here.col = j;
    here.worker = worker;
    specials[wide][f64](q->t, &here, q->vectors, m, n, a, b, q->brs, q->bcs, out, room);
}

#define PIECE_PS 250e9 /* estimated picoseconds between looks at signals */

/* Pieces of long products are smaller than sharing needs, but large enough to cost nothing; see interrupt.h. */
static void cut_long_pieces(Product *q, idx width)
{
    const double each = (double)q->t.k * (double)q->isz * 3;
    while ((double)q->rows * (double)q->cols * each > PIECE_PS)
        if (q->cols > q->rows && q->cols > width)
            q->cols = (q->cols / 2 + width - 1) / width * width;
        else if (q->rows > LEAST_ROWS)
            q->rows = (q->rows / 2 + LEAST_ROWS - 1) / LEAST_ROWS * LEAST_ROWS;
        else
            return;
}

static void run(Product *q, int threads)
{
    const idx lanes = rt_vector_unit() * (q->isz == 8 ? 4 : 8);
    const double ps = (double)q->m * (double)q->n * (double)q->t.k * (double)q->isz * 3;
    q->vectors = vectors_of(q->m, q->n, lanes);
    if (threads == 1 && ps <= RT_LONG_PS && !q->is_special) { /* small products feel every division */
        products[rt_vector_unit() == 2][q->isz == 8](q->t, q->vectors, q->m, q->n, q->a, q->b, q->brs, q->bcs, q->out,
                                                     q->room);
        return;
    }
    const idx width = q->vectors * lanes, wide = rt_pool_chunks(q->n, width);
    q->rows = q->m;
    q->cols = q->n;
    if (threads > 1 && q->m < MANY_ROWS * threads && (wide >= 4 * threads || q->m < LEAST_ROWS * threads))
        q->cols = rt_pool_step(wide, 1, threads, ps) * width;
    else if (threads > 1)
        q->rows = rt_pool_step(q->m, LEAST_ROWS, threads, ps);
    cut_long_pieces(q, width);
    rt_parallel(threads, rt_pool_chunks(q->m, q->rows) * rt_pool_chunks(q->n, q->cols), run_chunk, q);
}

/* x y as a product of this kind; the rest of the fields is the caller's. */
static Product product_of(const Matrix *x, const Matrix *y, int kind, idx isz)
{
    const int bits = isz == 8 ? 3 : 2;
    return (Product){.t = {.k = x->cols, .depth = kind == PACKED ? DEPTH : DEEP, .ars = x->rs >> bits, .acs = x->cs >> bits,
                           .crs = y->cols, .alpha = 1, .padded = kind == PACKED,
                           .block = kind == PACKED ? block_bytes() : 0},
                     .m = x->rows, .n = y->cols, .a = x->data, .b = y->data, .brs = y->rs >> bits, .bcs = y->cs >> bits,
                     .isz = isz};
}

int rt_packed_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                      int threads)
{
    const int kind = how(x, y, isz);
    const idx m = x->rows, n = y->cols;
    if (kind == IN_PLACE && threads == 1 && alpha == 1 && beta == 0 && run_near(x, y, isz, out))
        return kind;
    if (kind == TURNED) {
        Product q = {.t = {.k = x->cols, .depth = FLAT, .ars = y->cs / isz, .acs = y->rs / isz, .crs = m, .alpha = 1},
                     .m = n, .n = m, .a = y->data, .b = x->data, .brs = x->cs / isz, .bcs = 1, .out = room, .isz = isz};
        run(&q, threads);
        if (isz == 8)
            f64_turn(m, n, (double *)room, alpha, beta, (double *)out);
        else
            f32_turn(m, n, (float *)room, alpha, beta, (float *)out);
    } else if (kind) {
        Product q = product_of(x, y, kind, isz);
        q.t.alpha = alpha;
        q.t.beta = beta;
        q.t.far = m * n * isz >= FAR_AWAY;
        q.out = out;
        q.room = room;
        q.each = kind == PACKED ? panels(x, y) : 0;
        run(&q, threads);
    }
    return kind;
}

/* Items of a batch, one after the other, with the bits of single products; 0 when they are for another way. */
int rt_packed_items(const Items *t, idx first, idx count, char *room)
{
    const Matrix *x = &t->x, *y = &t->y;
    const int kind = x->rows < 2 || y->cols < 2 || !x->cols || rt_dots(x, y, t->isz) ? NOT : how(x, y, t->isz);
    if (kind == NOT || kind == TURNED || rt_product_ps(x, y, t->isz) > RT_LONG_PS)
        return 0;
    const Product q = product_of(x, y, kind, t->isz);
    const int vectors = vectors_of(q.m, q.n, rt_vector_unit() * (t->isz == 8 ? 4 : 8));
    idx i = first;
    for (Matrix p = *x, r = *y; kind == IN_PLACE && i < first + count; i++) {
        p.data = x->data + i * t->xs;
        r.data = y->data + i * t->ys;
        if (!run_near(&p, &r, t->isz, t->out + i * t->os))
            break;
    }
    for (; i < first + count; i++)
        products[rt_vector_unit() == 2][t->isz == 8](q.t, vectors, q.m, q.n, q.a + i * t->xs, q.b + i * t->ys, q.brs, q.bcs,
                                                     t->out + i * t->os, room);
    return 1;
}

/* The kind of a product that may be special, else NOT. */
static int special_kind(const Matrix *x, const Matrix *y, idx isz)
{
    if (x->rows < 2 || y->cols < 2 || !x->cols || x->cols > DEEPEST || rt_dots(x, y, isz))
        return NOT;
    const int kind = how(x, y, isz);
    return kind == TURNED ? NOT : kind;
}

size_t rt_ready_bytes(const Matrix *x, const Matrix *y, idx isz, int *strided)
{
    const int kind = special_kind(x, y, isz);
    *strided = kind == PACKED;
    return kind ? (size_t)(x->cols * ((y->cols + 15) / 16 * 16) * isz) : 0;
}

void rt_make_ready(const Matrix *x, const Matrix *y, idx isz, char *ready)
{
    const idx lanes = rt_vector_unit() * (isz == 8 ? 4 : 8);
    const Product q = product_of(x, y, special_kind(x, y, isz), isz);
    const int vectors = vectors_of(q.m, q.n, lanes), wide = rt_vector_unit() == 2;
    void (*const make[2][2])(idx, idx, int, idx, const void *, idx, idx, void *) = {
        {f32_half_make_ready, f64_half_make_ready}, {f32_wide_make_ready, f64_wide_make_ready}};
    make[wide][isz == 8](q.t.k, q.t.depth, vectors, q.n, q.b, q.brs, q.bcs, ready);
}

/* Whether the product must pass through memory, because its contracted dim has several parts. */
static int is_stored(const Product *q) { return q->special.finish && !q->special.ready && parts_of(q->t.k, q->t.depth) > 1; }

/* Fills in the room that each thread wants: for a finished block, and for packed panels. */
static size_t special_room(Product *q, const Matrix *x, const Matrix *y, int threads)
{
    const size_t stored = is_stored(q) ? (size_t)(q->m * q->n * q->isz + RT_ALIGN) / RT_ALIGN * RT_ALIGN : 0;
    q->each = (size_t)RT_FINISHED + (q->t.block && !q->special.ready ? panels(x, y) : 0);
    return stored + q->each * (size_t)threads;
}

size_t rt_special_room(const Matrix *x, const Matrix *y, idx isz, const char *ready, const Finish *finish, int threads)
{
    const int kind = special_kind(x, y, isz);
    Product q = product_of(x, y, kind, isz);
    q.special = (Special){.ready = ready, .finish = finish};
    return kind ? special_room(&q, x, y, threads) : 0;
}

void rt_special_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                        const char *ready, const Finish *finish, int threads)
{
    const idx lanes = rt_vector_unit() * (isz == 8 ? 4 : 8);
    Product q = product_of(x, y, special_kind(x, y, isz), isz);
    q.special = (Special){.ready = ready, .total = (y->cols + lanes - 1) / lanes * lanes, .finish = finish};
    q.is_special = 1;
    q.t.alpha = alpha;
    q.t.beta = beta;
    q.t.padded |= ready != NULL;
    special_room(&q, x, y, threads);
    q.t.far = (!finish || is_stored(&q)) && q.m * q.n * isz >= FAR_AWAY;
    q.room = room;
    q.out = is_stored(&q) ? room + q.each * (size_t)threads : out;
    run(&q, threads);
}

#else

size_t rt_packed_room(const Matrix *x, const Matrix *y, idx isz, int threads)
{
    return (void)x, (void)y, (void)isz, (void)threads, 0;
}

int rt_packed_items(const Items *t, idx first, idx count, char *room)
{
    return (void)t, (void)first, (void)count, (void)room, 0;
}

int rt_packed_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                      int threads)
{
    (void)alpha, (void)x, (void)y, (void)beta, (void)out, (void)isz, (void)room, (void)threads;
    return 0;
}

size_t rt_ready_bytes(const Matrix *x, const Matrix *y, idx isz, int *strided)
{
    return (void)x, (void)y, (void)isz, *strided = 0, 0;
}

void rt_make_ready(const Matrix *x, const Matrix *y, idx isz, char *ready)
{
    (void)x, (void)y, (void)isz, (void)ready;
}

size_t rt_special_room(const Matrix *x, const Matrix *y, idx isz, const char *ready, const Finish *finish, int threads)
{
    return (void)x, (void)y, (void)isz, (void)ready, (void)finish, (void)threads, 0;
}

void rt_special_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                        const char *ready, const Finish *finish, int threads)
{
    (void)alpha, (void)x, (void)y, (void)beta, (void)out, (void)isz, (void)room, (void)ready, (void)finish, (void)threads;
}

#endif
