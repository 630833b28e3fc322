/* How fast the kernels are here, beside the peak of this machine: GFLOP/s of contractions as a share of a loop of
 * independent fma, and nanoseconds an element of the others. Run with BASIN_KERNELS=v3 or v4 for another path. */
#include "num/kernels.h"
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 25 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Calls that together last about a millisecond. */
static size_t calls_for(void work(const void *), const void *job) {
  size_t calls = 1;
  for (double took = 0; took < 5e-4; calls *= 2) {
    double start = now();
    for (size_t i = 0; i < calls; i++) work(job);
    took = now() - start;
  }
  return calls;
}

static double seconds_once(void work(const void *), const void *job, size_t calls) {
  double start = now();
  for (size_t i = 0; i < calls; i++) work(job);
  return (now() - start) / (double)calls;
}

/* Independent chains of fma that never leave their registers, in float; double does half as many. */
enum { CHAINS = 12, ROUNDS = 4096 };

__attribute__((target("avx512f"), noinline)) static void peak_v4(const void *job) {
  __m512 c[CHAINS], a = _mm512_loadu_ps(job), b = a;
  for (int i = 0; i < CHAINS; i++) c[i] = _mm512_add_ps(a, _mm512_set1_ps((float)i));
  for (int r = 0; r < ROUNDS; r++)
    for (int i = 0; i < CHAINS; i++) c[i] = _mm512_fmadd_ps(a, c[i], b);
  for (int i = 0; i < CHAINS; i++) __asm__ volatile("" : : "v"(c[i]));
}

__attribute__((target("avx2,fma"), noinline)) static void peak_v3(const void *job) {
  __m256 c[CHAINS], a = _mm256_loadu_ps(job), b = a;
  for (int i = 0; i < CHAINS; i++) c[i] = _mm256_add_ps(a, _mm256_set1_ps((float)i));
  for (int r = 0; r < ROUNDS; r++)
    for (int i = 0; i < CHAINS; i++) c[i] = _mm256_fmadd_ps(a, c[i], b);
  for (int i = 0; i < CHAINS; i++) __asm__ volatile("" : : "x"(c[i]));
}

/* Seconds of one call beside the peak. Both are measured in turn, in processor time, and the fastest of the repeats is
 * taken: whatever else the machine does can only slow them. */
typedef struct figure {
  double seconds, share;
} figure;

static figure measure(const bsn_kernels *k, void work(const void *), const void *job, double flops) {
  static const float halves[16] = {0.5f, 0.5f, 0.5f};
  bool v4 = !strcmp(k->name, "v4"), v3 = !strcmp(k->name, "v3");
  double peak_flops = 2.0 * CHAINS * ROUNDS * (v4 ? 16 : 8) * sizeof(float) / sizeof(bsn_real);
  double seconds = INFINITY, peak_seconds = INFINITY;
  size_t calls = calls_for(work, job), peak_calls = v3 || v4 ? calls_for(v4 ? peak_v4 : peak_v3, halves) : 0;
  for (int r = 0; r < REPEATS; r++) {
    if (peak_calls) peak_seconds = fmin(peak_seconds, seconds_once(v4 ? peak_v4 : peak_v3, halves, peak_calls));
    seconds = fmin(seconds, seconds_once(work, job, calls));
  }
  return (figure){seconds, flops / seconds / (peak_flops / peak_seconds)};
}

enum { MANY = 16 };

typedef struct job {
  const bsn_kernels *k;
  bsn_gemm g;
  bsn_gemm_part part[MANY];
  bsn_unary *unary;
  const bsn_real *x;
  bsn_real *out;
  size_t rows, n;
  const uint8_t *bytes;
  const int32_t *index;
} job;

static void run_gemm(const void *j) { ((const job *)j)->k->gemm(&((const job *)j)->g); }
static void run_gemm_many(const void *p) {
  const job *j = p;
  j->k->gemm_many(&j->g, MANY, j->part);
}
static void run_gemm_singly(const void *p) {
  const job *j = p;
  bsn_gemm g = j->g;
  for (size_t i = 0; i < MANY; i++) {
    g.b = j->part[i].b;
    g.c = j->part[i].c;
    j->k->gemm(&g);
  }
}
static void run_unary(const void *p) {
  const job *j = p;
  j->unary(j->x, j->out, j->n);
}
static void run_transpose(const void *p) {
  const job *j = p;
  j->k->transpose(j->x, j->rows, j->n, j->out);
}
static void run_softmax(const void *p) {
  const job *j = p;
  j->k->softmax(j->x, j->rows, j->n, j->out);
}
static void run_cross_entropy(const void *p) {
  const job *j = p;
  j->k->cross_entropy(j->x, j->index, j->rows, j->n, j->out);
}
static void run_sum_rows(const void *p) {
  const job *j = p;
  j->k->sum_rows(j->x, j->rows, j->n, j->out, false);
}
static void run_gather_u8(const void *p) {
  static const bsn_real scale = BSN_R(0.01), shift = BSN_R(-0.5);
  const job *j = p;
  j->k->gather_u8(j->bytes, j->index, j->rows, j->n, &scale, &shift, 0, j->out);
}
static void run_add_bias(const void *p) {
  const job *j = p;
  j->k->add(&(bsn_walk){j->rows, j->n, j->n, 1, 0, 1}, j->x, j->x + 64, j->out);
}

static const struct shape {
  size_t m, n, k;
  char order[3];
} shapes[] = {
    {64, 64, 64, "NN"},    {64, 64, 64, "TN"},    {64, 64, 64, "NT"},    {128, 256, 784, "NN"}, {128, 256, 784, "TN"},
    {128, 256, 784, "NT"}, {784, 256, 128, "TN"}, {128, 784, 256, "NT"}, {32, 256, 784, "NN"},  {128, 10, 784, "NN"},
    {784, 10, 128, "TN"},  {128, 10, 128, "NN"},  {128, 128, 10, "NT"},  {1, 256, 784, "NN"},   {1, 256, 784, "NT"},
    {1024, 1, 256, "NN"},  {256, 1, 1024, "TN"},  {64, 64, 1, "NN"},     {512, 512, 512, "NN"}, {128, 1024, 3136, "NN"},
};

static void bench_gemm(const bsn_kernels *k, bsn_real *a, bsn_real *b, bsn_real *c) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const struct shape *s = shapes + i;
    bool at = s->order[0] == 'T', bt = s->order[1] == 'T';
    bsn_gemm g = {.m = s->m,
                  .n = s->n,
                  .k = s->k,
                  .a = a,
                  .a_row = at ? 1 : s->k,
                  .a_col = at ? s->m : 1,
                  .b = b,
                  .ldb = bt ? s->k : s->n,
                  .turned = bt,
                  .c = c,
                  .ldc = s->n};
    job j = {.k = k, .g = g};
    double flops = 2.0 * (double)(s->m * s->n * s->k);
    figure f = measure(k, run_gemm, &j, flops);
    printf("gemm %4zu x%4zu x%4zu %s %7.1f GFLOP/s %3.0f %% of peak\n", s->m, s->n, s->k, s->order,
           flops / f.seconds * 1e-9, 100 * f.share);
  }
}

/* Sixteen narrow products of one A, beside the wide one that they are when taken together. */
static void bench_gemm_many(const bsn_kernels *k, bsn_real *a, bsn_real *b, bsn_real *c) {
  static const struct shape narrow[] = {{128, 10, 784, "NN"}, {784, 10, 128, "TN"}, {128, 1, 784, "NN"},
                                        {784, 1, 128, "TN"},  {128, 16, 784, "NN"}, {784, 16, 128, "TN"},
                                        {128, 24, 784, "NN"}, {784, 24, 128, "TN"}};
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
    const struct shape *s = narrow + i;
    bool at = s->order[0] == 'T';
    job j = {.k = k,
             .g = {.m = s->m,
                   .n = s->n,
                   .k = s->k,
                   .a = a,
                   .a_row = at ? 1 : s->k,
                   .a_col = at ? s->m : 1,
                   .ldb = s->n,
                   .ldc = s->n}};
    for (size_t p = 0; p < MANY; p++) j.part[p] = (bsn_gemm_part){.b = b + p * 7872, .c = c + p * 7872};
    double flops = 2.0 * MANY * (double)(s->m * s->n * s->k);
    figure f = measure(k, run_gemm_many, &j, flops), singly = measure(k, run_gemm_singly, &j, flops);
    printf("%d gemm %4zu x%4zu x%4zu %s together %3.0f %%, one by one %3.0f %% of peak\n", MANY, s->m, s->n, s->k,
           s->order, 100 * f.share, 100 * singly.share);
  }
}

static void bench_one(const char *name, void work(const void *), job j, size_t elements) {
  printf("%-30s %7.3f ns/element\n", name, measure(j.k, work, &j, 0).seconds / (double)elements * 1e9);
}

static void bench_others(const bsn_kernels *k, const bsn_real *x, bsn_real *out) {
  const struct named {
    const char *name;
    bsn_unary *f;
  } unary[] = {{"exp", k->exp},           {"log", k->log}, {"tanh", k->tanh}, {"sigmoid", k->sigmoid},
               {"softplus", k->softplus}, {"erf", k->erf}, {"relu", k->relu}};
  for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
    bench_one(unary[i].name, run_unary, (job){.k = k, .unary = unary[i].f, .x = x, .out = out, .n = 4096}, 4096);
  static int32_t index[128];
  static uint8_t bytes[784 * 1024];
  for (int i = 0; i < 128; i++) index[i] = i * 37 % 10;
  job j = {.k = k, .x = x, .out = out, .rows = 128, .n = 10, .index = index, .bytes = bytes};
  bench_one("softmax 128 x 10", run_softmax, j, 1280);
  bench_one("cross_entropy 128 x 10", run_cross_entropy, j, 1280);
  bench_one("sum_rows 128 x 10", run_sum_rows, j, 1280);
  bench_one("add bias 128 x 10", run_add_bias, j, 1280);
  j.n = 256;
  bench_one("sum_rows 128 x 256", run_sum_rows, j, 128 * 256);
  bench_one("add bias 128 x 256", run_add_bias, j, 128 * 256);
  bench_one("transpose 128 x 256", run_transpose, j, 128 * 256);
  j.n = 784;
  bench_one("gather_u8 128 x 784", run_gather_u8, j, 128 * 784);
  j.rows = 1024, j.n = 1024;
  bench_one("transpose 1024 x 1024", run_transpose, j, 1024 * 1024);
}

int main(void) {
  bsn_flush_denormals();
  const bsn_kernels *k = bsn_kernels_chosen();
  printf("%s, %s\n", k->name, BSN_PRECISION);
  bsn_arena arena = {0};
  size_t most = 4 << 20;
  bsn_real *a = bsn_reals_in(&arena, most), *b = bsn_reals_in(&arena, most), *c = bsn_reals_in(&arena, most);
  if (!a || !b || !c) return 71;
  for (size_t i = 0; i < most; i++)
    a[i] = (bsn_real)(int)(i * 37 % 101) / 101, b[i] = (bsn_real)(int)(i * 53 % 89) / 89;
  bench_gemm(k, a, b, c);
  bench_gemm_many(k, a, b, c);
  bench_others(k, a, c);
  bsn_arena_free(&arena);
}
