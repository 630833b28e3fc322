#include "study/stacking.h"
#include "study/job.h"
#include <string.h>

/* ---- what may be stacked ---- */
/* Settings that no batch depends on. All of optimizer.., train.schedule.. and so on are meant by the first of their path. */
static bool is_own(const char *path) {
  static const char *const own[] = {"optimizer",     "train.schedule", "regularise",   "model.init",
                                    "model.weights", "seed.init",      "seed.dropout", "seed.noise",
                                    "seed.probe",    "eval.decides",   "seed.augment"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    size_t n = strlen(own[i]);
    if (!strncmp(path, own[i], n) && (!path[n] || path[n] == '.')) return true;
  }
  return false;
}

static bool stands_alone(const bsn_trial *t) {
  const bsn_optimizer *rule = (const bsn_optimizer *)t->fit.optimizer.row;
  return !bsn_protocol_of(t)->task || bsn_optimizer_ahead(rule, t->fit.optimizer.config);
}

bool bsn_stacking_key(const bsn_trial *t, char key[33]) {
  bsn_arena arena = {0};
  bsn_settings rest = {0, NULL};
  bsn_error ignored = {0};
  if (stands_alone(t)) return false;
  rest.item = bsn_alloc_in(&arena, t->settings.n * sizeof *rest.item);
  for (size_t i = 0; rest.item && i < t->settings.n; i++)
    if (!is_own(t->settings.item[i].path)) rest.item[rest.n++] = t->settings.item[i];
  bool whole = bsn_optimizer_whole((const bsn_optimizer *)t->fit.optimizer.row, t->fit.optimizer.config);
  bool ok = rest.item && bsn_settings_key(&rest, key, &ignored);
  if (ok && whole) key[0] = '*'; /* steps on all rows are other steps */
  bsn_arena_free(&arena);
  return ok;
}

/* ---- members ---- */
typedef struct member {
  bsn_work *work, own; /* of the first: the caller's; of the others: own, on the same data */
  bsn_fit fit;
  bsn_record record;
  bsn_job *job;
  double started;
  bool put; /* its record is with the sink */
} member;

typedef struct group {
  const bsn_stacking *ask;
  size_t n;
  member *m;
  bsn_error error[BSN_STACK_MOST]; /* what each failed of */
} group;

/* Data is the first one's: nobody else gives it back. */
static void borrow(member *m, const bsn_work *from) {
  m->own = (bsn_work){.sink = from->sink,
                      .ask = from->ask,
                      .context = from->context,
                      .room = from->room,
                      .toil = from->toil,
                      .data = from->data};
  memcpy(m->own.data_key, from->data_key, sizeof m->own.data_key);
  m->work = &m->own;
}

/* Ready to be trained; what fails is in *error. */
static bool begin(member *m, const bsn_trial *trial, bsn_error *error) {
  bsn_fit_task task = {0};
  m->started = bsn_clock();
  m->work->unit = 0;
  bsn_unit_begin(trial, 0, &m->work->arena, &m->record);
  BSN_TRY(bsn_protocol_of(trial)->task(m->work, 0, &task, error));
  m->job = bsn_job_begin(m->work, &task, &m->fit, &m->record, error);
  return m->job && bsn_job_take_up(m->job, error);
}

/* Let trial i join the group. One that fails is company, too: its record says so. False: it is better off alone. */
static bool join(group *g, size_t i) {
  member *m = &g->m[i];
  bsn_error ignored = {0};
  borrow(m, g->m[0].work);
  if (!bsn_work_open(m->work, g->ask->trial[i], &ignored)) return false;
  return !begin(m, g->ask->trial[i], &g->error[i]) || bsn_fits_stack(&g->m[0].fit, &m->fit);
}

/* Begin them all, or as many as are worth it. */
static bool begin_all(group *g, bsn_work *work, bsn_error *error) {
  const bsn_stacking *ask = g->ask;
  g->m[0].work = work;
  bool pays = begin(&g->m[0], ask->trial[0], &g->error[0]) && (ask->always || bsn_stack_pays(&g->m[0].fit));
  for (g->n = 1; pays && g->n < ask->n && join(g, g->n);) g->n++;
  bool known = g->n == ask->n || !ask->keeps || ask->keeps(ask->context, g->n);
  return known || bsn_fail(error, BSN_IO, "the runner is gone");
}

/* Put the record of a member that is over. */
static bool end(member *m, bsn_error *own, bsn_error *error) {
  m->put = true;
  if (!own->code) bsn_job_over(m->job);
  if (!own->code) bsn_job_end(m->job, &m->record, own);
  return bsn_unit_end(m->work, &m->record, m->started, own, error);
}

static bool end_those_that_are_over(group *g, bsn_error *error) {
  for (size_t i = 0; i < g->n; i++) {
    member *m = &g->m[i];
    if (!m->put && (g->error[i].code || m->fit.record.outcome)) BSN_TRY(end(m, &g->error[i], error));
  }
  return true;
}

/* The first that is still at work; NULL: none. */
static member *first_at_work(group *g) {
  size_t i = 0;
  while (i < g->n && g->m[i].put) i++;
  return i < g->n ? &g->m[i] : NULL;
}

static bool keep_all(group *g, bsn_error *error) {
  for (size_t i = 0; i < g->n; i++)
    if (!g->m[i].put) BSN_TRY(bsn_job_keep(g->m[i].job, error));
  return true;
}

static void pass_all(group *g) {
  for (size_t i = 0; i < g->n; i++)
    if (!g->m[i].put) bsn_job_pass(g->m[i].job, &g->error[i]);
}

static bool train(group *g, const bsn_work *work, bsn_stack *stack, bsn_error *error) {
  BSN_TRY(end_those_that_are_over(g, error));
  for (member *m; (m = first_at_work(g));) {
    pass_all(g);
    bsn_stack_step(stack, g->error);
    bsn_pause pause = work->ask ? work->ask(work->context, m->fit.step, m->fit.steps) : BSN_GO_ON;
    BSN_TRY(end_those_that_are_over(g, error));
    if (pause == BSN_GO_ON || !first_at_work(g)) continue;
    BSN_TRY(keep_all(g, error));
    if (pause == BSN_PAUSE) return bsn_fail(error, BSN_PAUSED, "paused");
  }
  return true;
}

bool bsn_stacking_run(bsn_work *work, const bsn_stacking *ask, bsn_error *error) {
  bsn_arena arena = {0};
  group g = {.ask = ask};
  bsn_stack stack;
  bsn_fit *fit[BSN_STACK_MOST];
  if (!(g.m = bsn_alloc_in(&arena, ask->n * sizeof *g.m))) return bsn_no_memory(error);
  bool ok = begin_all(&g, work, error);
  for (size_t i = 0; i < g.n; i++) fit[i] = &g.m[i].fit;
  bsn_stack_init(&stack, g.n, fit);
  ok = ok && train(&g, work, &stack, error);
  bsn_stack_free(&stack);
  for (size_t i = 1; i < ask->n; i++) bsn_arena_free(&g.m[i].own.arena);
  bsn_arena_free(&arena);
  return ok;
}
