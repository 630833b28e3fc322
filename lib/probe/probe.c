#include "probe/probe.h"
#include "num/vector.h"
#include "probe/lanczos.h"
#include <math.h>
#include <string.h>

static bool blame(const bsn_objective *o, bsn_error *error) {
  return bsn_fail(error, o->error.code, "%s", o->error.text);
}

/* ---- gradient-norm ---- */
static bool gradient_norm(const void *config, bsn_objective *o, const bsn_real *w, bsn_stream stream,
                          bsn_record *record, int64_t step, bsn_error *error) {
  (void)config, (void)stream;
  bsn_arena arena = {0};
  bsn_real *g = bsn_reals_in(&arena, o->n);
  double f;
  bool ok = g || bsn_no_memory(error);
  ok = ok && ((o->select(o, NULL, 0, BSN_EVAL) && o->eval(o, w, &f, g)) || blame(o, error));
  ok = ok && (bsn_record_metric(record, step, "gradient_norm", bsn_norm(o->n, g)) || bsn_no_memory(error));
  bsn_arena_free(&arena);
  return ok;
}

/* ---- hessian-top ---- */
typedef struct top_config {
  size_t k, iterations;
  double tolerance;
  const char *kind;
} top_config;

static const char *const kinds[] = {"hessian", "gauss-newton", NULL};
static const bsn_param top_params[] = {
    {"k", BSN_COUNT, offsetof(top_config, k), "1", .lo = 1, .hi = 1000, .doc = "how many eigenvalues, largest first"},
    {"iterations", BSN_COUNT, offsetof(top_config, iterations), "100", .lo = 1, .hi = 10000,
     .doc = "most products; each keeps a vector as long as the parameters"},
    {"tolerance", BSN_REAL, offsetof(top_config, tolerance), "1e-6", .lo = 0, .hi = 1,
     .doc = "residual, relative to the largest eigenvalue, that is small enough to stop"},
    {"kind", BSN_WORD, offsetof(top_config, kind), "hessian", .words = kinds,
     .doc = "the Hessian, or its Gauss-Newton part (metrics are then named gauss_newton_..)"},
    {0}};

typedef struct point {
  bsn_objective *o;
  const bsn_real *w;
  bsn_product kind;
} point;

static bool product(void *context, const bsn_real *v, bsn_real *out, bsn_error *error) {
  const point *p = context;
  return p->o->product(p->o, p->w, v, out, p->kind) || blame(p->o, error);
}

static bool note_spectrum(const bsn_lanczos *l, const char *prefix, bsn_record *record, int64_t step,
                          bsn_error *error) {
  for (size_t i = 0; i < l->k; i++) {
    const char *value = bsn_text_in(record->arena, "%s_eigenvalue_%zu", prefix, i + 1);
    const char *residual = bsn_text_in(record->arena, "%s_residual_%zu", prefix, i + 1);
    if (!value || !residual || !bsn_record_metric(record, step, value, l->value[i]) ||
        !bsn_record_metric(record, step, residual, l->residual[i]))
      return bsn_no_memory(error);
  }
  return true;
}

static bool hessian_top(const void *config, bsn_objective *o, const bsn_real *w, bsn_stream stream, bsn_record *record,
                        int64_t step, bsn_error *error) {
  const top_config *c = config;
  bool newton = !strcmp(c->kind, "gauss-newton");
  if (!o->product) return bsn_fail(error, BSN_BAD_INPUT, "this objective offers no Hessian products");
  if (!o->select(o, NULL, 0, BSN_EVAL)) return blame(o, error);
  bsn_arena arena = {0};
  point at = {o, w, newton ? BSN_GAUSS_NEWTON : BSN_HESSIAN};
  bsn_lanczos l = {.n = o->n,
                   .k = c->k,
                   .iterations = c->iterations,
                   .tolerance = c->tolerance,
                   .apply = product,
                   .context = &at,
                   .stream = stream};
  l.value = bsn_alloc_in(&arena, c->k * sizeof *l.value);
  l.residual = bsn_alloc_in(&arena, c->k * sizeof *l.residual);
  bool ok = (l.value && l.residual) || bsn_no_memory(error);
  ok = ok && bsn_lanczos_run(&l, error) && note_spectrum(&l, newton ? "gauss_newton" : "hessian", record, step, error);
  bsn_arena_free(&arena);
  return ok;
}

/* ---- the table ---- */
// clang-format off
static const bsn_probe rows[] = {
    {{"gradient-norm", "Length of the gradient over all training rows.", "gradient_norm = |grad f(w)|, f the objective", NULL, NULL, 0}, gradient_norm},
    {{"hessian-top", "Largest eigenvalues of the Hessian of the objective over all training rows, by Lanczos.", "hessian_eigenvalue_1 >= hessian_eigenvalue_2 >= ..; hessian_residual_i = |H u - eigenvalue_i u|", "Lanczos 1950; Pearlmutter 1994 (products)", top_params, sizeof(top_config)}, hessian_top},
    {{0}, NULL}};
// clang-format on

const bsn_table bsn_probes = {"probe", sizeof(bsn_probe), (const void *const[]){rows, NULL}};
