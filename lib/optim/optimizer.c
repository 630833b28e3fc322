#include "optim/rule.h"
#include <string.h>

extern const bsn_optimizer bsn_gradient_rows[], bsn_adaptive_rows[], bsn_curvature_rows[], bsn_wrapped_rows[];

bool bsn_rule_begin(bsn_optimizer_state *s, bsn_objective *o, const bsn_real *w) {
  BSN_TRY(o->eval(o, w, &s->loss, s->g));
  s->t++;
  return true;
}

const bsn_choice *bsn_rule_base(const bsn_optimizer *type, const void *config) {
  for (const bsn_param *p = type->row.params; p && p->name; p++)
    if (p->type == BSN_ROW) return (const bsn_choice *)((const char *)config + p->offset);
  return NULL;
}

size_t bsn_rule_no_slots(const void *config) { return (void)config, 0; }
size_t bsn_rule_one_slot(const void *config) { return (void)config, 1; }
size_t bsn_rule_two_slots(const void *config) { return (void)config, 2; }
size_t bsn_rule_three_slots(const void *config) { return (void)config, 3; }

/* A state whose vectors are the given ones; its wrapped rule takes the last of them. */
static bool init_on(bsn_optimizer_state *s, const bsn_optimizer *type, const void *config, size_t n, bsn_real **slot,
                    bsn_arena *arena) {
  *s = (bsn_optimizer_state){.type = type, .config = config, .n = n, .nslots = type->slots(config), .slot = slot};
  s->g = bsn_reals_in(arena, n);
  s->number = bsn_alloc_in(arena, BSN_OPTIMIZER_NUMBERS * sizeof *s->number);
  if (!s->g || !s->number) return false;
  const bsn_choice *base = bsn_rule_base(type, config);
  if (!base) return true;
  const bsn_optimizer *inner = (const bsn_optimizer *)base->row;
  s->inner = bsn_alloc_in(arena, sizeof *s->inner);
  size_t own = s->nslots - inner->slots(base->config);
  return s->inner && init_on(s->inner, inner, base->config, n, slot + own, arena);
}

bool bsn_optimizer_init(bsn_optimizer_state *s, const bsn_optimizer *type, const void *config, size_t n,
                        bsn_arena *arena) {
  size_t nslots = type->slots(config);
  bsn_real **slot = bsn_alloc_in(arena, nslots * sizeof *slot);
  if (!slot) return false;
  for (size_t i = 0; i < nslots; i++)
    if (!(slot[i] = bsn_reals_in(arena, n))) return false;
  return init_on(s, type, config, n, slot, arena);
}

bool bsn_optimizer_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  BSN_TRY(s->type->step(s, o, w, lr));
  if (o->commit) o->commit(o);
  return true;
}

double bsn_optimizer_lr(const bsn_optimizer *type, const void *config) {
  for (const bsn_param *p = type->row.params; p && p->name; p++)
    if (p->type == BSN_REAL && !strcmp(p->name, "lr")) return *(const double *)((const char *)config + p->offset);
  const bsn_choice *base = bsn_rule_base(type, config);
  return base ? bsn_optimizer_lr((const bsn_optimizer *)base->row, base->config) : 1;
}

bool bsn_optimizer_whole(const bsn_optimizer *type, const void *config) {
  const bsn_choice *base = bsn_rule_base(type, config);
  return type->whole || (base && bsn_optimizer_whole((const bsn_optimizer *)base->row, base->config));
}

bool bsn_optimizer_ahead(const bsn_optimizer *type, const void *config) {
  const bsn_choice *base = bsn_rule_base(type, config);
  return (type->ahead && type->ahead(config)) ||
         (base && bsn_optimizer_ahead((const bsn_optimizer *)base->row, base->config));
}

size_t bsn_optimizer_bytes(const bsn_optimizer *type, const void *config, size_t n) {
  return type->slots(config) * n * sizeof(bsn_real);
}

const bsn_table bsn_optimizers = {
    .kind = "optimizer",
    .row_size = sizeof(bsn_optimizer),
    .families = (const void *const[]){bsn_gradient_rows, bsn_adaptive_rows, bsn_curvature_rows, bsn_wrapped_rows, NULL},
};
