/* Batches of products of tiny matrices, for processors with AVX-512, or AVX2 and FMA: one loop over all items, without a
 * call for each. Terms are added in the order of the contracted dim. */
#include "matrix.h"

#if defined(__x86_64__) && defined(__GNUC__)

#define UNROLL _Pragma("GCC unroll 16")
#define MOST_CONTRACTED 16
#define MOST_RESULTS 1024 /* of an item: where there are more, the call of a general product does not count */
#define ROOM 16384        /* bytes of second operands that are brought into the order of rows at a time */
#define LENGTHS                                                                                                        \
    LENGTH(1) LENGTH(2) LENGTH(3) LENGTH(4) LENGTH(5) LENGTH(6) LENGTH(7) LENGTH(8) LENGTH(9) LENGTH(10) LENGTH(11)    \
    LENGTH(12) LENGTH(13) LENGTH(14) LENGTH(15) LENGTH(16)

#define VECTOR F32_WIDE
#include "vectors.h"
#include "tiny.h"

#define VECTOR F64_WIDE
#include "vectors.h"
#include "tiny.h"

#define VECTOR F32_HALF
#include "vectors.h"
#include "tiny.h"

#define VECTOR F64_HALF
#include "vectors.h"
#include "tiny.h"

static int by_rows(const Items *t) { return t->y.cs == t->isz || t->y.cols == 1; }

int rt_tiny(const Items *t)
{
    const Matrix *x = &t->x, *y = &t->y;
    return rt_vector_unit() && x->cols > 0 && x->cols <= MOST_CONTRACTED && x->rows * y->cols <= MOST_RESULTS &&
           !((x->rs | x->cs | y->rs | y->cs | t->xs | t->ys) & (t->isz - 1)) &&
           (by_rows(t) || y->rows * y->cols * t->isz <= ROOM / 4);
}

#define DEFINE_ROWS(name, type)                                                                                        \
    /* The second operands of some items by rows, one after the other. */                                             \
    static void name(char *room, const Items *t, idx count)                                                            \
    {                                                                                                                  \
        const idx isz = sizeof(type), k = t->y.rows, n = t->y.cols, rs = t->y.rs / isz, cs = t->y.cs / isz;            \
        type *to = (type *)room;                                                                                       \
        for (idx item = 0; item < count; item++) {                                                                     \
            const type *from = (const type *)(t->y.data + item * t->ys);                                               \
            for (idx p = 0; p < k; p++)                                                                                \
                for (idx j = 0; j < n; j++)                                                                            \
                    *to++ = from[p * rs + j * cs];                                                                     \
        }                                                                                                              \
    }

DEFINE_ROWS(f32_rows, float)
DEFINE_ROWS(f64_rows, double)

static void (*const *const tiny[2][2])(const Items *, idx) = {{f32_half_tiny, f64_half_tiny},
                                                              {f32_wide_tiny, f64_wide_tiny}};

void rt_tiny_products(const Items *t, idx first, idx count)
{
    void (*const run)(const Items *, idx) = tiny[rt_vector_unit() == 2][t->isz == 8][t->x.cols];
    char room[ROOM] __attribute__((aligned(64)));
    const idx each = t->y.rows * t->y.cols * t->isz, most = by_rows(t) || !each ? count : ROOM / each;
    for (idx step, end = first + count; first < end; first += step) {
        Items part = *t;
        step = end - first < most ? end - first : most;
        part.x.data += first * t->xs;
        part.y.data += first * t->ys;
        part.out += first * t->os;
        if (!by_rows(t)) {
            (t->isz == 8 ? f64_rows : f32_rows)(room, &part, step);
            part.y = (Matrix){room, t->y.rows, t->y.cols, t->y.cols * t->isz, t->isz};
            part.ys = each;
        }
        run(&part, step);
    }
}

#else

int rt_tiny(const Items *t) { return (void)t, 0; }
void rt_tiny_products(const Items *t, idx first, idx count) { (void)t, (void)first, (void)count; }

#endif
