/* What the engine itself costs: nanoseconds a node on tiny nodes, and gradients a second of two nets.
 *
 *     meson test --benchmark -C build plan-float -v
 */
#include "graph/grad.h"
#include "graph/ops.h"
#include "graph/plan.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { W, X, LABEL, OUT, LAYERS = 4, REPEATS = 300 };

static const double PIECE = 2e-3;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fill(bsn_real *v, size_t n, double scale) {
  uint64_t z = 1;
  for (size_t i = 0; i < n; i++) {
    z = z * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    v[i] = (bsn_real)(scale * (2 * (double)(z >> 11) * 0x1p-53 - 1));
  }
}

static double seconds_of(bsn_plan *plan, size_t rows, size_t runs) {
  double start = now();
  for (size_t i = 0; i < runs; i++) bsn_plan_run(plan, rows);
  return (now() - start) / (double)runs;
}

/* Seconds of one run: the best of many short pieces, so that other work on the machine disturbs little. */
static double seconds(bsn_plan *plan, size_t rows) {
  double best = seconds_of(plan, rows, 3);
  size_t runs = (size_t)(PIECE / best) + 1;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    double used = seconds_of(plan, rows, runs);
    if (used < best) best = used;
  }
  return best;
}

static bsn_plan *planned(bsn_graph *graph, size_t nout, const bsn_output *out, size_t rows) {
  static bsn_error error;
  bsn_plan *plan = bsn_plan_new(graph, nout, out, &(bsn_plan_options){.rows = rows}, graph->arena, &error);
  if (!plan) fprintf(stderr, "%s\n", error.text), exit(1);
  return plan;
}

static void chain(void) {
  enum { NODES = 200, N = 16 };
  bsn_arena arena = {0};
  bsn_graph graph;
  bsn_graph_init(&graph, &arena);
  bsn_node *x = bsn_leaf(&graph, X, 0, false, 1, (size_t[]){N}), *y = x;
  for (int i = 0; i < NODES; i++) y = bsn_add(y, x);
  bsn_plan *plan = planned(&graph, 1, (bsn_output[]){{y, OUT, 0}}, 1);
  bsn_plan_bind(plan, X, bsn_reals_in(&arena, N));
  bsn_plan_bind(plan, OUT, bsn_reals_in(&arena, N));
  printf("chain of %d adds of %d numbers: %.2f ns a node\n", NODES, N, 1e9 * seconds(plan, 1) / NODES);
  bsn_arena_free(&arena);
}

static bsn_node *squared(bsn_node *z) { return bsn_mean_row(bsn_square(z)); }

static void net(const char *name, size_t rows, size_t layers, const size_t *width,
                bsn_node *(*activation)(bsn_node *)) {
  bsn_arena arena = {0};
  bsn_graph graph;
  bsn_node *w[2 * LAYERS], *g[2 * LAYERS];
  size_t n = 0;
  bsn_graph_init(&graph, &arena);
  bsn_node *x = bsn_leaf(&graph, X, 0, true, 1, width), *y = x;
  double flop = 0;
  for (size_t i = 0; i < layers; i++) {
    w[2 * i] = bsn_leaf(&graph, W, n, false, 2, width + i);
    w[2 * i + 1] = bsn_leaf(&graph, W, n += w[2 * i]->size, false, 1, width + i + 1);
    n += width[i + 1];
    y = bsn_add(bsn_matmul(y, w[2 * i]), w[2 * i + 1]);
    if (i + 1 < layers) y = activation(y);
    flop += (i ? 6.0 : 4.0) * (double)w[2 * i]->size * (double)rows;
  }
  y = width[layers] == 1 ? squared(y) : bsn_cross_entropy(y, bsn_index_leaf(&graph, LABEL));
  bsn_node *loss = bsn_sum_rows(y), *one = bsn_constant(&graph, 1);
  if (!bsn_grad(1, &loss, &one, 2 * layers, w, g)) exit(1);
  bsn_output out[2 * LAYERS + 1] = {{loss, OUT, n}};
  for (size_t i = 0; i < 2 * layers; i++) out[1 + i] = (bsn_output){g[i], OUT, w[i]->attr.count[1]};
  bsn_plan *plan = planned(&graph, 1 + 2 * layers, out, rows);
  bsn_real *params = bsn_reals_in(&arena, n), *batch = bsn_reals_in(&arena, rows * width[0]);
  fill(params, n, 0.1);
  fill(batch, rows * width[0], 1);
  bsn_plan_bind(plan, W, params);
  bsn_plan_bind(plan, X, batch);
  bsn_plan_bind(plan, LABEL, bsn_buffer_in(&arena, rows * 4));
  bsn_plan_bind(plan, OUT, bsn_reals_in(&arena, n + 1));
  double s = seconds(plan, rows);
  printf("%s, %zu rows: %.0f gradients/s, %.1f GFLOP/s\n", name, rows, 1 / s, flop / s * 1e-9);
  bsn_arena_free(&arena);
}

int main(void) {
  printf("%s, kernels %s\n", BSN_PRECISION, bsn_kernels_chosen()->name);
  bsn_flush_denormals();
  chain();
  net("784-256-128-10 relu", 128, 3, (size_t[]){784, 256, 128, 10}, bsn_relu);
  net("1-64-64-1 tanh", 64, 3, (size_t[]){1, 64, 64, 1}, bsn_tanh_of);
  return 0;
}
