/* One number for all bits of some short training runs: weights, metrics, gradients and Hessian products. Equal for all kernel
 * paths of this machine and all tile sizes, and equal to the constants below, which stand for all machines, compilers and
 * optimisation levels. When a change here is meant, `bits=N` of a trial's identity has to be raised with it. (Not under
 * valgrind, which keeps denormals.) */
#include "fit_check.h"
#include "num/kernels.h"
#include "num/vector.h"
#include <stdlib.h>
#include <xxhash.h>

static const struct run {
  const char *name, *study;
  uint64_t golden[2]; /* float, double */
} runs[] = {
    {"tanh, adam",
     "data: {name: lecture-regression, rows: 200, test: 50}\nmodel: {name: mlp, hidden: [20, 13], activation: tanh}\n"
     "loss: mse\noptimizer: {name: adam, lr: 0.01}\ntrain: {batch: 33, epochs: 4}\n",
     {0x211b1127fbb2c2cf, 0x1c7bcf31559c39ee}},
    {"relu, momentum",
     "data: {name: blobs, rows: 500, classes: 5, test: none, scale: standard}\nmodel: {name: mlp, hidden: [40, 30], "
     "activation: relu}\nloss: cross-entropy\n"
     "optimizer: {name: momentum, lr: 0.05}\nregularise: [{name: l2, lambda: 1e-3}]\ntrain: {batch: 100, epochs: 5}\n",
     {0x720a875f5ded4f6e, 0xd73057dc3f459b87}},
    {"logistic, sgd",
     "data: {name: blobs, rows: 150, test: 30, scale: unit}\nmodel: linear\nloss: cross-entropy\n"
     "optimizer: {name: sgd, lr: 0.1}\ntrain: {batch: 16, epochs: 10, order: once}\n",
     {0x0046f8c174ebe478, 0x060e1758188eb83d}},
    {"sigmoid, rmsprop",
     "data: {name: moons, rows: 150, test: none}\nmodel: {name: mlp, hidden: [9], activation: sigmoid}\n"
     "loss: binary-cross-entropy\noptimizer: {name: rmsprop, lr: 0.01, momentum: 0.5}\n"
     "train: {batch: 20, steps: 60, order: iid}\n",
     {0x34931c577130bb27, 0x5b3dd9b2df8c4492}},
    {"gelu, sam around adamw",
     "data: {name: spirals, rows: 150, test: none}\nmodel: {name: mlp, hidden: [16, 16], activation: gelu}\n"
     "loss: cross-entropy\noptimizer: {name: sam, base: {name: adamw, lr: 0.01}}\ntrain: {batch: 25, epochs: 5}\n",
     {0x9137c5780383bc7c, 0xabcfa999e7e8e236}},
    {"huber, lbfgs",
     "data: {name: sine, rows: 442, test: none}\nmodel: {name: mlp, hidden: [8], activation: softplus}\n"
     "loss: huber\noptimizer: {name: lbfgs, lr: 0.5, history_size: 5}\ntrain: {batch: 442, steps: 8}\n",
     {0x0abb4667c45cdc0a, 0x5a2c911211b4137f}},
};
enum { RUNS = sizeof runs / sizeof *runs, PRECISION = sizeof(bsn_real) == sizeof(double) };

static void add(uint64_t *hash, const bsn_real *v, size_t n) {
  ck_assert(bsn_all_finite(n, v));
  *hash = XXH3_64bits_withSeed(v, n * sizeof *v, *hash);
}

static uint64_t bits_of(const struct run *r) {
  bench bench_, *b = &bench_;
  char text[1000];
  uint64_t hash = 0;
  snprintf(text, sizeof text, "study: x\n%s", r->study);
  bench_open(b, text);
  bench_fit(b);
  add(&hash, b->fit.w, b->fit.net.n);
  for (size_t i = 0; i < b->fit.record.nmetrics; i++)
    hash = XXH3_64bits_withSeed(&b->fit.record.metric[i].value, sizeof(double), hash);
  bsn_objective *o = bsn_fit_objective_in(&b->fit, &b->arena, &b->error);
  bsn_real *out = bsn_reals_in(&b->arena, b->fit.net.n);
  double f;
  ck_assert(o && out && o->select(o, NULL, 0, BSN_EVAL) && o->eval(o, b->fit.w, &f, out));
  add(&hash, out, o->n);
  for (int kind = BSN_HESSIAN; kind <= BSN_GAUSS_NEWTON; kind++) {
    ck_assert(o->product(o, b->fit.w, b->fit.w, out, (bsn_product)kind));
    add(&hash, out, o->n);
  }
  bench_close(b);
  return hash;
}

START_TEST(runs_give_the_golden_bits) {
  static const char *const paths[] = {"v4", "v3", "baseline"};
  static const char *const tiles[] = {"", "1", "7", "1000"};
  const struct run *r = &runs[_i];
  bsn_flush_denormals();
  for (size_t p = 0; p < (PRECISION ? 2 : 3); p++) /* baseline is not promised in double */
    for (size_t t = 0; t < (p ? 1 : sizeof tiles / sizeof *tiles); t++) {
      if (!bsn_kernels_named(paths[p])) continue;
      setenv("BASIN_KERNELS", paths[p], 1);
      setenv("BASIN_TILE", tiles[t], 1);
      uint64_t bits = bits_of(r);
      ck_assert_msg(bits == r->golden[PRECISION], "%s, %s kernels, tile '%s': 0x%016llx", r->name, paths[p], tiles[t],
                    (unsigned long long)bits);
    }
}
END_TEST

BASIN_CASES("run_bits", {runs_give_the_golden_bits, RUNS})
