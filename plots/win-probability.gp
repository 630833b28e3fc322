#: doc The probability of each value of a factor to be the best of all when each is tuned with k settings, replicate by replicate, with 95 % bands over replicates.
#: parameter metric test_loss What decides who is best.
#: parameter by auto The factor whose values are compared; auto: the optimizer, else the first one.
#: parameter choose auto The metric that chooses each one's best setting below the factor, as optimizer.lr; auto: validation_loss, train_loss or objective.
#: choice choose auto validation_loss validation_accuracy train_loss train_accuracy objective
#: parameter draw grid How the trials of a budget are drawn from the stored ones: grid without replacement, random with it.
#: choice draw grid random
#: select SELECT t.cell, t.replicate, CASE WHEN t.outcome = 'diverged' THEN NULL ELSE v.value END AS y, {score} AS score
#:   FROM trial t LEFT JOIN final v ON v.key = t.key AND v.name = '{metric}'
#:   WHERE t.outcome <> 'failed' AND (v.key IS NOT NULL OR (t.outcome = 'diverged' AND EXISTS (SELECT 1 FROM final e WHERE e.name = '{metric}'))) AND (NOT EXISTS (SELECT 1 FROM setting WHERE path = 'tune.candidate')
#:     OR EXISTS (SELECT 1 FROM setting s WHERE s.key = t.key AND s.path = 'tune.candidate')) ORDER BY t.place
#: derive by {by}
#: derive label
#: derive smaller-is-better y {metric}
#: derive smaller-is-better score {choose}
#: derive statistic win-probability problem score y draw={draw}
#: derive reaches budget 2
#: derive finite probability
#: empty no setting below the factor varies, or no trial has {metric}
eval terminal(1100, 680)
eval legend
eval titles('Who wins with {/:Italic k} settings each, by ' . metric_words, 'probability to be the best of ' . sprintf('%d', series) . ', all draws' . (draw eq 'random' ? ' with replacement' : '') . ' of the stored trials, 95 % bands; ' . note)
if (budget_max > 20) { set logscale x; set xrange [1:budget_max] } else { set xrange [0.8 : budget_max + 0.2]; set xtics 1 }
set yrange [-0.01:1.01]
set ytics 0.25
set arrow 1 from graph 0, first 1. / series to graph 1, first 1. / series nohead dt 2 lw 1.2 lc rgb '#909090' back
set xlabel 'Settings that are tried, {/:Italic k}' textcolor rgb ink
set ylabel 'Probability to be the best' textcolor rgb ink
plot for [i = 1:series] data index i - 1 using 'budget':'lo':'hi' with filledcurves fs transparent solid 0.1 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using 'budget':'probability' with linespoints ls i title entry(i, 25, series_name[i])
