/* Streaming: results much larger than the caches go to memory without being read first.
 *
 * The body writes a tile that stays in the fastest cache; from there whole cache lines are stored past the caches. */
#include "kernel.h"

#include <unistd.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define LINE 64
#define TILE_BYTES 2048 /* of the widest operand */
#define MOST_STREAMS 8

__attribute__((target("avx512f"))) static void lines_512(char *to, const char *from, idx bytes)
{
    for (idx i = 0; i < bytes; i += LINE)
        _mm512_stream_si512((void *)(to + i), _mm512_load_si512((const void *)(from + i)));
}

__attribute__((target("avx"))) static void lines_256(char *to, const char *from, idx bytes)
{
    for (idx i = 0; i < bytes; i += LINE) {
        __m256i a = _mm256_load_si256((const __m256i *)(from + i));
        __m256i b = _mm256_load_si256((const __m256i *)(from + i + 32));
        _mm256_stream_si256((__m256i *)(to + i), a);
        _mm256_stream_si256((__m256i *)(to + i + 32), b);
    }
}

static void lines_128(char *to, const char *from, idx bytes)
{
    for (idx i = 0; i < bytes; i += 16)
        _mm_stream_si128((__m128i *)(to + i), _mm_load_si128((const __m128i *)(from + i)));
}

typedef void (*lines_fn)(char *, const char *, idx);

static lines_fn best_lines(void)
{
    return __builtin_cpu_supports("avx512f") ? lines_512 : __builtin_cpu_supports("avx") ? lines_256 : lines_128;
}

static idx least = -1; /* bytes of all operands from which results are streamed */

static idx least_bytes(void)
{
    if (least < 0) {
        long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
        cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
        least = cache > 0 ? (idx)cache : (idx)32 << 20;
    }
    return least;
}

static int is_overwritten(const Sweep *s, char *const *p, int k)
{
    for (int j = 0; j < s->nops; j++)
        if (j != k && p[j] == p[k])
            return 1;
    return 0;
}

/* The operands of `n` elements at `p` that are worth streaming: whole results, but not those written over an input,
 * whose lines have been read anyway. None as long as the caches could hold everything. */
uint64_t rt_streams(const Sweep *s, char *const *p, idx n)
{
    uint64_t streams = 0;
    idx bytes = 0;
    int count = 0;
    if (n * 8 * s->nops <= least_bytes())
        return 0;
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        if (op->kind != OP_IN && op->kind != OP_OUT)
            return 0;
        bytes += op->scalar ? 0 : n * op->size;
        if (!op->written || op->kind != OP_OUT || (uintptr_t)p[k] % LINE || is_overwritten(s, p, k))
            continue;
        streams |= 1ULL << k;
        count++;
    }
    return bytes > least_bytes() && count <= MOST_STREAMS ? streams : 0;
}

static void store_tile(lines_fn lines, char *to, const char *from, idx bytes)
{
    idx whole = bytes & ~(idx)(LINE - 1);
    lines(to, from, whole);
    memcpy(to + whole, from + whole, (size_t)(bytes - whole));
}

/* As rt_run_body, with the operands in `streams` streamed where they start with a cache line. */
void rt_run_streaming(const Sweep *s, char *const *p, idx n, uint64_t streams)
{
    char tiles[MOST_STREAMS][TILE_BYTES] __attribute__((aligned(LINE)));
    char *q[RT_MAXOPS];
    lines_fn lines = best_lines();
    idx most = TILE_BYTES / 8;
    for (int k = 0; k < s->nops; k++)
        if ((uintptr_t)p[k] % LINE)
            streams &= ~(1ULL << k);
    if (!streams) {
        rt_run_body(s, p, n);
        return;
    }
    for (idx at = 0; at < n; at += most) {
        idx m = n - at < most ? n - at : most;
        for (int k = 0, used = 0; k < s->nops; k++)
            q[k] = streams >> k & 1 ? tiles[used++] : p[k] + (s->ops[k].scalar ? 0 : at * s->ops[k].size);
        rt_run_body(s, q, m);
        for (int k = 0; k < s->nops; k++)
            if (streams >> k & 1)
                store_tile(lines, p[k] + at * s->ops[k].size, q[k], m * s->ops[k].size);
    }
    _mm_sfence(); /* before another thread is told that the results are there */
}

/* For tests: sets the limit, -1 the machine's own. */
void rt_stream_above(ptrdiff_t bytes) { least = bytes; }

#else
void rt_stream_above(ptrdiff_t bytes) { (void)bytes; }

uint64_t rt_streams(const Sweep *s, char *const *p, idx n)
{
    (void)s, (void)p, (void)n;
    return 0;
}

void rt_run_streaming(const Sweep *s, char *const *p, idx n, uint64_t streams)
{
    (void)streams;
    rt_run_body(s, p, n);
}
#endif
