#include "progress.h"
#include "plan.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void progress_start(progress *p, bool quiet) { *p = (progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO)}; }

void progress_go_on(progress *p, size_t already) {
  p->already = already;
  if (!p->stretches++) p->before = already;
}

void progress_stop(progress *p) {
  if (p->shown) fputs("\r\033[K", stderr);
  p->shown = false;
}

static int columns(void) {
  struct winsize size;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void add(bsn_out *line, size_t n, const char *what) {
  if (n) bsn_out_add(line, ", %zu %s", n, what);
}

void progress_tell(void *context, const bsn_run_state *s) {
  progress *p = context;
  char left[32];
  bsn_out line = {0};
  if (p->quiet || !p->terminal) return;
  double share = (double)(p->already + s->skipped) + s->progress, all = (double)(p->already + s->trials);
  bsn_out_add(&line, "%zu of %.0f trials (%.0f %%)", p->already + s->skipped + s->done, all, 100 * share / all);
  if (s->done && s->seconds > 0) bsn_out_add(&line, ", %.3g/s", (double)s->done / s->seconds);
  if (!isnan(s->left) && !s->pausing) bsn_out_add(&line, ", %s left", time_text(left, s->left));
  add(&line, s->running, "running");
  add(&line, s->diverged, "diverged");
  add(&line, s->failed, "failed");
  if (s->pausing) bsn_out_add(&line, "; pausing (again to stop at once)");
  if (line.text) fprintf(stderr, "\r%.*s\033[K", columns() - 1, line.text);
  p->shown = true;
  bsn_out_free(&line);
}

/* Which trial, and how it ended. */
static void print_trial(const bsn_record *r) {
  bsn_arena arena = {0};
  const char *words = cell_words(&arena, r->cell ? r->cell : "{}");
  fprintf(stderr, "%s", bsn_outcome_name(r->outcome));
  if (r->outcome == BSN_DIVERGED) fprintf(stderr, " at step %lld", (long long)r->outcome_step);
  fprintf(stderr, ": %s%sreplicate %lld", words, *words ? " " : "", (long long)r->replicate);
  fprintf(stderr, "%s%s\n", r->message ? ": " : "", r->message ? r->message : "");
  bsn_arena_free(&arena);
}

void progress_ended(void *context, const bsn_record *r, const bsn_run_state *s) {
  progress *p = context;
  bool bad = r->outcome == BSN_DIVERGED || r->outcome == BSN_TRIAL_FAILED;
  p->outcome[r->outcome]++;
  if (p->quiet ? r->outcome != BSN_TRIAL_FAILED : p->terminal && !bad) return;
  progress_stop(p);
  if (!p->terminal && !p->quiet) fprintf(stderr, "%zu/%zu ", p->already + s->skipped + s->done, p->already + s->trials);
  print_trial(r);
}
