#include "study/runner.h"
#include "base/clock.h"
#include "study/pipe.h"
#include "study/stacking.h"
#include "study/starting.h"
#include "study/worker.h"
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* WINDOW: trials that are open at once: a worker looks among them for one whose data it has already. TRIES: workers that
 * may die of a unit. STRIDE: trials that are looked at before anybody else is listened to. TICK: milliseconds. */
enum { WINDOW = 64, TRIES = 3, STRIDE = 64, TICK = 200, MOST_JOBS = 4096 };

/* Seconds that a record may wait for others to go to the disk with it: short trials would else wait for the disk each. */
static const double GATHER = 0.02;

/* LATER: not to be started yet, or at all. */
typedef enum progress { LATER, WAITING, WORKING, OVER } progress;

typedef struct unit {
  uint8_t progress, deaths;
} unit;

/* A trial that has begun, or will soon. */
typedef struct open_trial {
  bsn_arena arena;
  bsn_trial trial;
  size_t number;               /* in the study */
  size_t nunits, nleft, nover; /* all; waiting or working; over in this run */
  bool stored;                 /* its record was there before: only probes are missing */
  char company[33];            /* trials of which this is equal may be stacked; empty: with none */
  unit *unit;
  bool *tried;
  size_t *list;
} open_trial;

typedef struct held {
  open_trial *on;
  size_t unit;
} held;

typedef struct hand { /* a worker, as the runner sees it */
  pid_t pid;          /* 0: not there */
  int pipe;
  size_t n; /* what it is doing; 0: nothing */
  held held[BSN_STACK_MOST];
  char data_key[33]; /* of the data that it has loaded */
} hand;

typedef struct runner {
  bsn_run *run;
  bsn_error *error;
  bsn_arena arena;
  const size_t *list; /* numbers of the trials, each behind the one that it starts from; NULL: 0, 1, .. */
  open_trial room[WINDOW], *open[WINDOW]; /* open: in the order of the list; NULLs behind them */
  size_t nopen, next;                     /* next: first of the list that was not looked at */
  size_t njobs;
  hand *hand;
  struct pollfd *ear; /* the signals', then one for each hand */
  bsn_board *board;
  size_t board_bytes;
  int signals;
  sigset_t mask; /* as it was before */
  double began, told;
  bool stopping;
  bool unsettled; /* records were put since the last time that all were on the disk, the first of them at `since` */
  double since;
  bool lost;         /* a record could not be kept: the blobs that it would have made useless stay */
  bsn_arena waiting; /* names of blobs that those records make useless */
  size_t ndrops;
  const char **drop;
} runner;

size_t bsn_cores(void) {
  cpu_set_t set;
  int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (size_t)n : 1;
}

/* The first reason is the one that the caller gets, unless it was a pause and worse comes. */
static void complain(bsn_error *first, const bsn_error *own) {
  if (first->code == BSN_PAUSED && own->code && own->code != BSN_PAUSED) *first = (bsn_error){0};
  if (own->code) bsn_fail(first, own->code, "%s", own->text);
}

/* Ask every worker to keep its state and stop. */
static bool stop(runner *r, bsn_code code, const char *why) {
  r->stopping = r->run->state.pausing = true;
  atomic_store(&r->board->pause, true);
  return bsn_fail(r->error, code, "%s", why);
}

/* ---- trials ---- */
/* The units that can be started next, once all that were started are over. */
static void find_units(runner *r, open_trial *t) {
  t->nleft = bsn_work_missing(&t->trial, r->run->sink, t->tried, t->list);
  for (size_t i = 0; i < t->nleft; i++) t->unit[t->list[i]].progress = WAITING;
}

static bool look_up_units(runner *r, open_trial *t) {
  t->nunits = bsn_work_units(&t->trial);
  t->nover = 0;
  t->unit = bsn_alloc_in(&t->arena, t->nunits * sizeof *t->unit);
  t->tried = bsn_alloc_in(&t->arena, t->nunits * sizeof *t->tried);
  t->list = bsn_alloc_in(&t->arena, t->nunits * sizeof *t->list);
  if (!t->unit || !t->tried || !t->list) return bsn_no_memory(r->error);
  t->stored = r->run->sink->has(r->run->sink, t->trial.key);
  bool alone = t->stored || r->run->stack == 1 || !bsn_stacking_key(&t->trial, t->company);
  if (alone) t->company[0] = 0;
  find_units(r, t);
  return true;
}

static open_trial *free_room(runner *r) {
  for (size_t i = 0; i < WINDOW; i++)
    if (!r->room[i].unit) return &r->room[i];
  return NULL;
}

/* Open the next trial of the list, unless it is done already. */
static bool open_next(runner *r) {
  bsn_run *run = r->run;
  open_trial *t = free_room(r);
  t->number = r->list ? r->list[r->next] : r->next;
  r->next++;
  BSN_TRY(bsn_study_trial(run->study, t->number, &t->arena, &t->trial, r->error));
  BSN_TRY(look_up_units(r, t));
  if (t->nleft) {
    r->open[r->nopen++] = t;
    return true;
  }
  run->state.skipped++;
  bsn_arena_free(&t->arena);
  *t = (open_trial){0};
  return true;
}

static bool fill_window(runner *r) {
  for (int i = 0; i < STRIDE && r->nopen < WINDOW && r->next < r->run->ntrials; i++) BSN_TRY(open_next(r));
  return true;
}

static void close_trial(runner *r, open_trial *t) {
  size_t i = 0;
  while (i < r->nopen && r->open[i] != t) i++;
  r->nopen--;
  memmove(&r->open[i], &r->open[i + 1], (r->nopen - i) * sizeof *r->open);
  bsn_arena_free(&t->arena);
  *t = (open_trial){0};
}

/* The first unit that can begin; nunits: none. */
static size_t first_waiting(const open_trial *t) {
  size_t u = 0;
  while (u < t->nunits && t->unit[u].progress != WAITING) u++;
  return u;
}

/* Is the trial open from whose weights this one starts? It stands before this one in the list, so what is not open is over: then
 * there are weights, or the unit will say why there are none. */
static bool waits(const runner *r, const open_trial *t) {
  const bsn_trial *source = t->trial.start.source;
  for (size_t i = 0; source && i < r->nopen; i++)
    if (!strcmp(r->open[i]->trial.key, source->key)) return true;
  return false;
}

/* What a hand does next: a trial whose data it has, else the first of all. */
static open_trial *choose(const runner *r, const hand *h) {
  open_trial *first = NULL;
  for (size_t i = 0; i < r->nopen; i++) {
    open_trial *t = r->open[i];
    if (first_waiting(t) == t->nunits || waits(r, t)) continue;
    if (!strcmp(t->trial.data_key, h->data_key)) return t;
    if (!first) first = t;
  }
  return first;
}

/* ---- workers ---- */
static void be_worker(const runner *r, const hand *h, int pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  for (size_t i = 0; i < r->njobs; i++)
    if (r->hand[i].pid) close(r->hand[i].pipe);
  close(r->signals);
  bsn_worker_run(&(bsn_worker){.study = r->run->study,
                               .files = r->run->sink,
                               .pipe = pipe,
                               .board = r->board,
                               .place = (size_t)(h - r->hand),
                               .stack = r->run->stack > 1,
                               .checkpoint = r->run->checkpoint > 0 ? r->run->checkpoint : 10});
  _exit(0);
}

static bool hire(runner *r, hand *h) {
  int pipe[2];
  pid_t parent = getpid();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipe) != 0)
    return bsn_fail(r->error, BSN_IO, "no pipe for a worker: %s", strerror(errno));
  pid_t pid = fork();
  if (pid == 0) {
    close(pipe[0]);
    be_worker(r, h, pipe[1], parent);
  }
  close(pipe[1]);
  if (pid > 0) {
    *h = (hand){.pid = pid, .pipe = pipe[0]};
    return true;
  }
  close(pipe[0]);
  return bsn_fail(r->error, BSN_IO, "no worker could be started: %s", strerror(errno));
}

static void take(runner *r, hand *h, open_trial *t) {
  held *u = &h->held[h->n++];
  *u = (held){t, first_waiting(t)};
  t->unit[u->unit].progress = WORKING;
  r->run->state.running++;
}

/* May the fit of other, which waits, be stacked with that of t? */
static bool is_company(const runner *r, const open_trial *t, const open_trial *other) {
  return !strcmp(other->company, t->company) && first_waiting(other) == 0 && !waits(r, other);
}

/* How many are, itself included. */
static size_t count_company(const runner *r, const open_trial *t) {
  size_t n = 0;
  for (size_t i = 0; i < r->nopen && *t->company; i++) n += is_company(r, t, r->open[i]);
  return n;
}

/* How many of them to give away at once: each of the idle workers gets its share. */
static size_t share_of(const runner *r, size_t company) {
  size_t idle = 0, most = r->run->stack ? r->run->stack : BSN_STACK_MOST;
  for (size_t i = 0; i < r->njobs; i++) idle += r->hand[i].n == 0;
  size_t n = r->run->stack ? company : (company + idle - 1) / idle;
  if (most > BSN_STACK_MOST) most = BSN_STACK_MOST;
  return n < most ? n : most;
}

/* A worker that cannot be told is dead; that is noticed when it is listened to. */
static void hand_out(runner *r, hand *h, open_trial *t) {
  struct bsn_board_place *place = &r->board->place[h - r->hand];
  size_t number[BSN_STACK_MOST], n = share_of(r, count_company(r, t));
  take(r, h, t);
  for (size_t i = 0; i < r->nopen && h->n < n; i++)
    if (is_company(r, t, r->open[i])) take(r, h, r->open[i]);
  for (size_t i = 1; i < h->n; i++) number[i - 1] = h->held[i].on->number;
  memcpy(h->data_key, t->trial.data_key, sizeof h->data_key);
  atomic_store(&place->step, 0);
  atomic_store(&place->steps, 0);
  bsn_message_send(
      h->pipe,
      &(bsn_message){.kind = BSN_SAY_DO, .trial = t->number, .unit = h->held[0].unit, .n = (h->n - 1) * sizeof *number},
      number);
}

/* Give every idle worker something to do; start workers only when there is more. */
static bool hand_out_all(runner *r) {
  for (int hiring = 0; hiring < 2; hiring++)
    for (size_t i = 0; i < r->njobs; i++) {
      hand *h = &r->hand[i];
      if (h->n || (h->pid == 0) != hiring) continue;
      open_trial *t = choose(r, h);
      if (!t) return true;
      if (hiring) BSN_TRY(hire(r, h));
      hand_out(r, h, t);
    }
  return true;
}

/* The last unit that a hand holds is over, or waits again. */
static void put_down(runner *r, hand *h) {
  held last = h->held[--h->n];
  open_trial *t = last.on;
  unit *u = &t->unit[last.unit];
  r->run->state.running--;
  if (u->progress != OVER) {
    u->progress = WAITING;
    return;
  }
  t->tried[last.unit] = true;
  t->nover++;
  if (--t->nleft == 0) find_units(r, t);
  if (t->nleft) return;
  r->run->state.done += t->stored;
  close_trial(r, t);
}

/* ---- what workers say ---- */
/* Did the record of a unit that a worker did not finish arrive? */
static bool is_kept(const runner *r, const held *u) {
  size_t n = bsn_work_missing(&u->on->trial, r->run->sink, u->on->tried, u->on->list);
  for (size_t i = 0; i < n; i++)
    if (u->on->list[i] == u->unit) return false;
  return true;
}

static bool answer(const hand *h, bool yes, const void *bytes, size_t n) {
  return bsn_message_send(h->pipe, &(bsn_message){.kind = BSN_SAY_ANSWER, .code = yes, .n = n}, bytes);
}

static bool hear_has(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena) {
  (void)message, (void)arena;
  answer(h, r->run->sink->has(r->run->sink, bytes), NULL, 0);
  return true;
}

static bool hear_get(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena) {
  (void)message;
  bsn_record record;
  void *packed = NULL;
  size_t n = 0;
  bool found = r->run->sink->get(r->run->sink, bytes, arena, &record, r->error) &&
               bsn_record_pack(&record, arena, &packed, &n, r->error);
  answer(h, found, packed, n);
  return !r->error->code;
}

/* A record is kept: if it is that of a trial, the trial is over. A probe that failed is told like a trial that did. */
static void count(runner *r, const bsn_record *record) {
  bsn_run_state *s = &r->run->state;
  bool trial = !strcmp(record->kind, "trial"), probe = !strcmp(record->kind, "probe");
  if (!trial && !(probe && record->outcome == BSN_TRIAL_FAILED)) return;
  s->done += trial;
  s->failed += record->outcome == BSN_TRIAL_FAILED;
  s->diverged += trial && record->outcome == BSN_DIVERGED;
  if (r->run->ended) r->run->ended(r->run->context, record, s);
  if (r->run->fail_fast && record->outcome == BSN_TRIAL_FAILED)
    stop(r, BSN_FAILED, "stopped at the first trial that failed");
}

/* A record was put. */
static void gather(runner *r) {
  if (!r->unsettled) r->since = bsn_seconds();
  r->unsettled = true;
}

/* What the records make useless goes behind them: killed in between, nothing is lost. */
static bool settle(runner *r) {
  bsn_sink *sink = r->run->sink;
  bsn_error own = {0};
  bool ok = !r->unsettled || !sink->settle || sink->settle(sink, &own);
  complain(r->error, &own);
  r->lost = r->lost || !ok;
  for (size_t i = 0; !r->lost && i < r->ndrops; i++) sink->drop(sink, r->drop[i]);
  r->unsettled = false;
  r->ndrops = 0;
  bsn_arena_free(&r->waiting);
  return ok;
}

static bool hear_put(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena) {
  bsn_record record;
  BSN_TRY(bsn_record_unpack(&record, arena, bytes, message->n, r->error));
  (void)h;
  bool again = r->run->sink->has(r->run->sink, record.key); /* its worker died between telling it and being done */
  if (!r->run->sink->put(r->run->sink, &record, r->error)) return r->lost = true, false;
  gather(r);
  if (!again) count(r, &record);
  return true;
}

static bool hear_drop(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena) {
  (void)h, (void)arena;
  const char **list = bsn_grow_in(&r->waiting, r->ndrops ? r->drop : NULL, r->ndrops, sizeof *list);
  char *name = list ? bsn_copy_in(&r->waiting, bytes, message->n + 1) : NULL;
  if (!name) return true; /* a file too many, no harm */
  r->drop = list;
  r->drop[r->ndrops++] = name;
  return true;
}

/* The others wait again, each for a worker of its own. */
static bool hear_first(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena) {
  (void)bytes, (void)arena;
  while (h->n > (size_t)message->code) {
    h->held[h->n - 1].on->company[0] = 0;
    put_down(r, h);
  }
  return true;
}

static bool hear_done(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena) {
  (void)arena;
  while (h->n) {
    held *u = &h->held[h->n - 1];
    if (!message->code || is_kept(r, u)) u->on->unit[u->unit].progress = OVER;
    put_down(r, h);
  }
  if (!message->code || (message->code == BSN_PAUSED && r->stopping)) return true;
  return bsn_fail(r->error, (bsn_code)message->code, "%s", (char *)bytes);
}

typedef bool hearer(runner *r, hand *h, const bsn_message *message, void *bytes, bsn_arena *arena);

static hearer *const hear[] = {[BSN_SAY_HAS] = hear_has,     [BSN_SAY_GET] = hear_get,   [BSN_SAY_PUT] = hear_put,
                               [BSN_SAY_FIRST] = hear_first, [BSN_SAY_DROP] = hear_drop, [BSN_SAY_DONE] = hear_done};

/* ---- death ---- */
/* Nobody could finish this unit. */
static bool give_up(runner *r, held *u, int status) {
  bsn_arena arena = {0};
  bsn_record record;
  const char *why = WIFSIGNALED(status) ? bsn_text_in(&arena, "worker died (signal %d)", WTERMSIG(status))
                                        : bsn_text_in(&arena, "worker ended (exit code %d)", WEXITSTATUS(status));
  bool ok = why || bsn_no_memory(r->error);
  ok = ok && bsn_work_give_up(&u->on->trial, u->unit, why, r->run->sink, &arena, &record, r->error);
  if (ok) gather(r);
  if (ok) count(r, &record);
  if (ok) u->on->unit[u->unit].progress = OVER;
  bsn_arena_free(&arena);
  return ok;
}

static bool bury(runner *r, hand *h) {
  int status = 0;
  bool ok = true;
  close(h->pipe);
  waitpid(h->pid, &status, 0);
  h->pid = 0;
  while (h->n) {
    held *last = &h->held[h->n - 1];
    unit *u = &last->on->unit[last->unit];
    last->on->company[0] = 0; /* whoever kills a worker again has nobody with it */
    if (is_kept(r, last))
      u->progress = OVER;
    else if (!r->stopping && ++u->deaths >= TRIES)
      ok = give_up(r, last, status) && ok;
    put_down(r, h);
  }
  return ok;
}

/* What is heard while stopping meets no old error: whoever asks still gets an answer. */
static bool listen_to(runner *r, hand *h) {
  bsn_arena arena = {0};
  bsn_message message;
  void *bytes;
  bsn_error own = {0}, *first = r->error;
  r->error = &own;
  bool ok = bsn_message_receive(h->pipe, &message, &arena, &bytes) ? hear[message.kind](r, h, &message, bytes, &arena)
                                                                   : bury(r, h);
  r->error = first;
  complain(first, &own);
  bsn_arena_free(&arena);
  return ok;
}

static void kill_all(runner *r) {
  for (size_t i = 0; i < r->njobs; i++)
    if (r->hand[i].pid) kill(r->hand[i].pid, SIGKILL);
}

/* ---- the loop ---- */
static void tell(runner *r) {
  bsn_run_state *s = &r->run->state;
  double t = bsn_seconds();
  s->seconds = t - r->began;
  if (t - r->told < 1e-3 * TICK) return;
  r->told = t;
  s->progress = (double)s->done;
  for (size_t i = 0; i < r->nopen; i++) s->progress += (double)r->open[i]->nover / (double)r->open[i]->nunits;
  for (size_t i = 0; i < r->njobs; i++) {
    double step = (double)atomic_load(&r->board->place[i].step), steps = (double)atomic_load(&r->board->place[i].steps);
    for (size_t k = 0; k < r->hand[i].n && steps > 0; k++)
      s->progress += fmin(1, step / steps) / (double)r->hand[i].held[k].on->nunits;
  }
  double left = (double)(s->trials - s->skipped) - s->progress;
  s->left = s->progress > 0 ? left * s->seconds / s->progress : NAN;
  if (r->run->tell) r->run->tell(r->run->context, s);
}

/* The first signal asks for a pause, the second one ends it all. */
static void hear_signal(runner *r) {
  struct signalfd_siginfo info;
  if (read(r->signals, &info, sizeof info) != sizeof info) return;
  if (r->stopping) kill_all(r);
  stop(r, BSN_PAUSED, "interrupted");
}

/* Milliseconds until the records that wait have waited long enough. */
static int patience(const runner *r, int timeout) {
  double left = r->since + GATHER - bsn_seconds();
  int wait = left > 0 ? 1 + (int)(1e3 * left) : 0;
  return r->unsettled && wait < timeout ? wait : timeout;
}

static bool wait_and_listen(runner *r, int timeout) {
  r->ear[0] = (struct pollfd){r->signals, POLLIN, 0};
  for (size_t i = 0; i < r->njobs; i++)
    r->ear[i + 1] = (struct pollfd){r->hand[i].pid ? r->hand[i].pipe : -1, POLLIN, 0};
  if (poll(r->ear, r->njobs + 1, patience(r, timeout)) <= 0) return true;
  if (r->ear[0].revents) hear_signal(r);
  for (size_t i = 0; i < r->njobs; i++)
    if (r->ear[i + 1].revents) BSN_TRY(listen_to(r, &r->hand[i]));
  return true;
}

static bool turn(runner *r) {
  if (!r->stopping) BSN_TRY(fill_window(r) && hand_out_all(r));
  double left = r->run->time > 0 ? r->run->time - (bsn_seconds() - r->began) : 1e9;
  if (left <= 0 && !r->stopping) stop(r, BSN_PAUSED, "the time given is over");
  bool more = r->next < r->run->ntrials && r->nopen < WINDOW && !r->stopping;
  BSN_TRY(wait_and_listen(r, more ? 0 : left > 0 && left < 1e-3 * TICK ? 1 + (int)(1e3 * left) : TICK));
  if ((r->unsettled || r->ndrops) && bsn_seconds() - r->since >= GATHER) BSN_TRY(settle(r));
  tell(r);
  return true;
}

/* An error of one turn asks the others to stop; they are heard until all have. */
static void work_all(runner *r) {
  for (;;) {
    bool left = !r->stopping && (r->nopen || r->next < r->run->ntrials);
    if (!left && !r->run->state.running) return;
    if (!turn(r)) stop(r, BSN_FAILED, "stopped");
  }
}

/* ---- beginning and end ---- */
static bool take_signals(runner *r) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, &r->mask);
  r->signals = signalfd(-1, &set, SFD_CLOEXEC);
  if (r->signals >= 0) return true;
  sigprocmask(SIG_SETMASK, &r->mask, NULL);
  return bsn_fail(r->error, BSN_IO, "no descriptor for signals: %s", strerror(errno));
}

static bool prepare(runner *r) {
  r->njobs = r->run->jobs ? r->run->jobs : bsn_cores();
  if (r->njobs > MOST_JOBS) r->njobs = MOST_JOBS;
  r->hand = bsn_alloc_in(&r->arena, r->njobs * sizeof *r->hand);
  r->ear = bsn_alloc_in(&r->arena, (r->njobs + 1) * sizeof *r->ear);
  r->board_bytes = sizeof *r->board + r->njobs * sizeof r->board->place[0];
  r->board = mmap(NULL, r->board_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (r->board == MAP_FAILED) r->board = NULL;
  r->list = r->run->trial;
  if (r->run->study->source) r->list = bsn_start_order(r->run->study, r->run->ntrials, r->list, &r->arena);
  bool listed = r->list || !r->run->study->source;
  return (r->hand && r->ear && r->board && listed) || bsn_no_memory(r->error);
}

static void dismiss_all(runner *r) {
  for (size_t i = 0; i < r->njobs; i++)
    if (r->hand && r->hand[i].pid) bury(r, &r->hand[i]);
  for (size_t i = 0; i < WINDOW; i++) bsn_arena_free(&r->room[i].arena);
  if (r->board) munmap(r->board, r->board_bytes);
}

bool bsn_run_study(bsn_run *run, bsn_error *error) {
  bsn_arena arena = {0};
  runner *r = bsn_alloc_in(&arena, sizeof *r);
  if (!r) return bsn_no_memory(error);
  *r = (runner){.run = run, .error = error, .began = bsn_seconds(), .told = bsn_seconds()};
  run->state = (bsn_run_state){.trials = run->ntrials, .left = NAN};
  if (prepare(r) && take_signals(r)) {
    run->sink->gather = run->sink->settle;
    work_all(r);
    dismiss_all(r);
    settle(r);
    run->sink->gather = false;
    close(r->signals);
    sigprocmask(SIG_SETMASK, &r->mask, NULL);
  } else {
    dismiss_all(r);
  }
  run->state.seconds = bsn_seconds() - r->began;
  bsn_arena_free(&r->arena);
  bsn_arena_free(&arena);
  return !error->code;
}
