-- A small study in the store's schema: two optimizers, three replicates, one of them diverged; one recorded array.
WITH optimizer(name, rate) AS (VALUES ('sgd', 3), ('adam', 1)),
     r(replicate) AS (VALUES (0), (1), (2)), lr(value) AS (VALUES (0.01), (0.1), (1.0))
INSERT INTO trial SELECT name || lr.value || '/' || replicate, row_number() OVER (), json_object('optimizer.name', name, 'optimizer.lr', lr.value),
  replicate, iif(name = 'sgd' AND lr.value = 1.0 AND replicate < 2, 'diverged', 'budget'), 40, NULL, 0, 4, 0, 1.5, 0, 0, 'here'
  FROM optimizer, lr, r;
INSERT INTO setting(key, path, value) SELECT key, 'optimizer.lr', json_extract(cell, '$."optimizer.lr"') FROM trial;
INSERT INTO unit(key, trial, kind, idx, outcome, outcome_step, tainted, grads)
  SELECT key, key, 'trial', 0, outcome, outcome_step, tainted, grads FROM trial;
WITH RECURSIVE s(step) AS (SELECT 0 UNION ALL SELECT step + 10 FROM s WHERE step < 40)
INSERT INTO metric SELECT unit.id, step, name, CASE WHEN trial.outcome = 'diverged' AND step > 10 THEN NULL ELSE
    iif(name = 'test_loss', 1.25, 1.0) * (2.0 + replicate) / (1 + step * json_extract(cell, '$."optimizer.lr"')) END
  FROM trial JOIN unit USING (key), s, (SELECT 'train_loss' AS name UNION ALL SELECT 'test_loss') WHERE NOT (trial.outcome = 'diverged' AND step > 20);
INSERT INTO metric SELECT id, 0, name, value FROM unit,
  (SELECT 'steps_per_epoch' AS name, 10.0 AS value UNION ALL SELECT 'examples_per_epoch', 320);
INSERT INTO clock SELECT unit, step, step / 20.0 FROM metric WHERE name = 'train_loss';
-- float32 0, 1, 2 and 0, 1, 4 and 0.5, 1, 3
INSERT INTO array SELECT (SELECT id FROM unit WHERE key = 'adam0.1/0'), step, name, 'f', '3', bytes FROM (SELECT 0 AS step UNION ALL SELECT 40),
  (SELECT 'grid_x' AS name, X'000000000000803F00000040' AS bytes UNION ALL
   SELECT 'grid_truth', X'000000000000803F00008040' UNION ALL SELECT 'grid_prediction', X'0000003F0000803F00004040');
