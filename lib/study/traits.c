#include "study/traits.h"
#include "stats/rule.h"
#include <stdio.h>
#include <string.h>

bool bsn_traits_of(bsn_traits *traits, const bsn_trial *trial, bsn_arena *arena) {
  bsn_faults faults = {.arena = arena};
  *traits = (bsn_traits){trial, bsn_value_read(arena, "a cell", trial->cell, strlen(trial->cell), &faults)};
  return traits->cell;
}

/* The label of a factor: its path is one key of the cell, points and all. */
static const char *label_at(const bsn_traits *t, const char *path) {
  const bsn_value *label = bsn_value_get(t->cell, path);
  return label && label->kind == BSN_SCALAR ? label->text : NULL;
}

/* Setting at path followed by behind. */
static const char *setting_at(const bsn_traits *t, const char *path, const char *behind) {
  size_t n = strlen(path);
  for (size_t i = 0; i < t->trial->settings.n; i++) {
    const bsn_setting *s = &t->trial->settings.item[i];
    if (!strncmp(s->path, path, n) && !strcmp(s->path + n, behind)) return s->value;
  }
  return NULL;
}

static bool same(const char *own, const char *value) {
  double x;
  return own && (!strcmp(own, value) || (bsn_number_read(own, &x) && bsn_shows(value, x)));
}

bool bsn_traits_are(const bsn_traits *t, const char *path, const char *value) {
  char replicate[32];
  snprintf(replicate, sizeof replicate, "%lld", (long long)t->trial->replicate);
  if (!strcmp(path, "replicate")) return same(replicate, value);
  return same(setting_at(t, path, ""), value) || same(setting_at(t, path, ".name"), value) ||
         same(label_at(t, path), value);
}

const char *bsn_traits_at(const bsn_traits *t, const char *path) {
  const char *label = label_at(t, path), *setting = setting_at(t, path, "");
  return label ? label : setting ? setting : setting_at(t, path, ".name");
}
