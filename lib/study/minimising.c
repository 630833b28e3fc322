/* Minimising a trial's surface, with its checkpoints. */
#include "study/continuing.h"
#include <string.h>

static bool keep_checkpoint(bsn_work *work, const bsn_minimise *m, const char *name, bsn_error *error) {
  bsn_arena arena = {0};
  void *bytes;
  size_t n;
  bool ok = bsn_minimise_pack(m, &arena, &bytes, &n, error) && work->sink->save(work->sink, name, bytes, n, error);
  bsn_arena_free(&arena);
  return ok;
}

/* From its own checkpoint, or from what a shorter run left. One that does not fit (of an older build, say) is as good as none. */
static bool take_up(bsn_work *work, bsn_minimise *m, const bsn_record *record, const char *name, bsn_error *error) {
  bsn_left left;
  bsn_error own = {0};
  bool there = work->sink->load(work->sink, name, &work->arena, &left.state, &left.n, error);
  if (!there && !error->code) there = bsn_left_find(work, record, &left, error);
  if (!there) return error->code == BSN_OK;
  if (bsn_minimise_unpack(m, left.state, left.n, &own)) return true;
  if (own.code == BSN_NO_MEMORY) return bsn_no_memory(error);
  return bsn_minimise_init(m, &work->trial->minimise, &work->arena, error);
}

/* What a longer run starts from. */
static bool leave_state(bsn_work *work, const bsn_minimise *m, const bsn_record *record, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_left left = {.step = m->step,
                   .grads = m->surface->base.cost.gradients,
                   .steps_per_epoch = 1,
                   .seconds = bsn_minimise_seconds(m)};
  bool ok = !work->room || left.seconds < work->toil;
  if (!ok && (ok = bsn_minimise_pack(m, &arena, &left.state, &left.n, error))) bsn_left_keep(work, record, &left);
  bsn_arena_free(&arena);
  return ok;
}

static bool run(bsn_work *work, bsn_minimise *m, const bsn_record *record, const char *name, bsn_error *error) {
  while (m->record.outcome == BSN_UNDONE) {
    if (m->step && bsn_minimise_is_over(m)) BSN_TRY(leave_state(work, m, record, error));
    BSN_TRY(bsn_minimise_step(m, error));
    bsn_pause pause = work->ask ? work->ask(work->context, m->step, m->steps) : BSN_GO_ON;
    if (pause == BSN_GO_ON || m->record.outcome) continue;
    BSN_TRY(keep_checkpoint(work, m, name, error));
    if (pause == BSN_PAUSE) return bsn_fail(error, BSN_PAUSED, "paused");
  }
  return true;
}

bool bsn_work_minimise(bsn_work *work, bsn_record *record, bsn_error *error) {
  bsn_minimise *m = bsn_alloc_in(&work->arena, sizeof *m);
  const char *name = bsn_text_in(&work->arena, "checkpoints/%s", record->key);
  if (!m || !name) return bsn_no_memory(error);
  BSN_TRY(bsn_minimise_init(m, &work->trial->minimise, &work->arena, error));
  BSN_TRY(take_up(work, m, record, name, error) && run(work, m, record, name, error));
  work->sink->drop(work->sink, name);
  memcpy(m->record.key, record->key, sizeof record->key);
  memcpy(m->record.trial, record->trial, sizeof record->trial);
  m->record.kind = record->kind;
  m->record.index = record->index;
  *record = m->record;
  return true;
}
