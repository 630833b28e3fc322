#include "study/drawing.h"

static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

/* {convergence: {metric: test_loss}} */
static bool read_parameters(bsn_drawing *d, bsn_arena *arena, const bsn_value *map, bsn_faults *faults) {
  d->n = map->n;
  d->name = bsn_copy_in(arena, map->key, map->n * sizeof *map->key);
  d->value = bsn_alloc_in(arena, map->n * sizeof *d->value);
  if (!d->name || !d->value) return no_memory(faults);
  for (size_t i = 0; i < map->n; i++) {
    if (map->item[i]->kind != BSN_SCALAR)
      return bsn_fault(faults, map->item[i]->mark, "a chart's parameter '%s' must be a word or a number", map->key[i]);
    d->value[i] = map->item[i]->text;
  }
  return true;
}

static bool read_one(bsn_drawing *d, bsn_arena *arena, const bsn_value *v, bsn_faults *faults) {
  d->mark = v->mark;
  if (v->kind == BSN_SCALAR) {
    d->chart = v->text;
    return true;
  }
  if (v->kind != BSN_MAP || v->n != 1 || v->item[0]->kind != BSN_MAP)
    return bsn_fault(faults, v->mark, "a chart is a name, or {name: {parameter: value}}");
  d->chart = v->key[0];
  return read_parameters(d, arena, v->item[0], faults);
}

bool bsn_drawings_read(bsn_drawings *out, bsn_arena *arena, const bsn_value *value, bsn_faults *faults) {
  *out = (bsn_drawings){0};
  if (!value) return true;
  if (value->kind != BSN_LIST) return bsn_fault(faults, value->mark, "charts must be a list");
  out->item = bsn_alloc_in(arena, value->n * sizeof *out->item);
  if (!out->item) return no_memory(faults);
  bool ok = true;
  for (size_t i = 0; i < value->n; i++) ok = read_one(&out->item[out->n++], arena, value->item[i], faults) && ok;
  return ok;
}
