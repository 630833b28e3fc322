/* What a plan does, a line for each stage and call, for people. */
#include "graph/plan_parts.h"

static const char *const gates[] = {
    [BSN_GATE_RELU] = " + gate", [BSN_GATE_TANH] = " + tanh_back", [BSN_GATE_SIGMOID] = " + sigmoid_back"};

static const char *call_text(const bsn_plan *p, const bsn_node *x, const char *before, bsn_arena *arena) {
  const info *f = of(p, x);
  return bsn_text_in(arena, "%s  %s%s%s%s%s [%s%zu] %s\n", before, f->lead == f->at ? "" : "and ", f->core->op->name,
                     f->bias ? " + bias" : "", f->relu ? " + relu" : "", f->gate ? gates[f->gated] : "",
                     x->batch ? "rows x " : "", x->size,
                     f->local    ? "tile"
                     : f->output ? "output"
                                 : "kept");
}

const char *bsn_plan_text(const bsn_plan *plan, bsn_arena *arena) {
  const char *text = bsn_text_in(arena, "%zu bytes kept, %zu of tile\n", plan->kept_bytes, plan->tile_bytes);
  for (size_t i = 0; text && i < plan->nstages; i++) {
    const stage *s = &plan->stage[i];
    text = bsn_text_in(arena, "%s%s%s, tile %zu\n", text, s->region ? "region" : "once", s->repeat ? ", repeated" : "",
                       s->tile);
    for (size_t k = 0; text && k < s->n; k++) text = call_text(plan, s->work[k], text, arena);
  }
  return text;
}
