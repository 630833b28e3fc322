#: doc Training and test curve of each cell in one panel: the distance between them is the generalisation gap.
#: parameter metric loss The metric without train_ or test_.
#: parameter against test The other curve.
#: choice against test validation
#: parameter x epoch What they are drawn against.
#: choice x step epoch examples
#: parameter yscale auto The vertical axis.
#: choice yscale auto log linear
#: select SELECT * FROM (SELECT c.cell, c.step, c.replicate * 100000 + c.idx AS run, c.{x} AS x,
#:   max(CASE c.name WHEN 'train_{metric}' THEN c.value END) AS train,
#:   max(CASE c.name WHEN '{against}_{metric}' THEN c.value END) AS other
#:   FROM curve c JOIN report t ON t.key = c.key
#:   WHERE c.name IN ('train_{metric}', '{against}_{metric}') AND t.outcome <> 'failed' AND {run}
#:   GROUP BY c.key, c.idx, c.step HAVING count(*) = 2 ORDER BY t.place) WHERE x IS NOT NULL
#: derive label
#: derive worst train {metric}
#: derive worst other {metric}
#: derive carry run step train other
#: derive quantiles step train other
#: derive finite train other
#: empty no trial recorded finite train_{metric} and {against}_{metric} at the same steps
dummy = many(series)
wide_key = 120
eval panels(series < 2 ? 700 : series < 4 ? 380 : 270, series < 2 ? 470 : series < 4 ? 360 : 230)
least(a, b) = a == a && !(a > b) ? a : b
most(a, b) = a == a && !(a < b) ? a : b
top = most(most(train_hi_max, other_hi_max), most(train_max, other_max))
low = least(least(train_lo_min, other_lo_min), least(train_min, other_min))
clip(v) = v > top ? top : v < low ? low : v
above = least(train_positive, other_positive)
logy = tall(yscale, low, top, above)
if (logy && low <= 0) { low = above }
if (logy) { set yrange [low / 1.2 : top * 1.2] } else { set yrange [low - 0.04 * (top - low) : top + 0.04 * (top - low)] }
if (x_max > x_min) { set xrange [x_min:x_max] }
set xtics tic_step(x_min, x_max)
do for [k = 0:series - 1] {
  eval panel(k)
  if (k == 0) {
    eval frame('Generalisation gap, training against ' . against . ' ' . metric_words, (replicates > 1 ? 'median and 10–90 % band over ' : '') . note, x_label, metric_label)
    set key at screen 1 - 118. / picture_w, screen high(0) left top Left reverse samplen 2 spacing 1.25 textcolor rgb ink
  } else {
    eval unframe
    set key off
  }
  if (series > 1) { set title series_name[k + 1] offset 0,-0.7 textcolor rgb ink }
  if (lowest(k, series)) { set format x '%h' } else { set format x '' }
  eval side(k, logy, low, top)
  plot data index k using 'x':(clip(column('train'))):(clip(column('other'))) with filledcurves fs solid 1.0 noborder lc rgb '#f3efe6' notitle, \
       data index k using 'x':(clip(column('other_lo'))):(clip(column('other_hi'))) with filledcurves fs transparent solid 0.2 noborder lc rgb COLOUR[2] notitle, \
       data index k using 'x':(clip(column('train_lo'))):(clip(column('train_hi'))) with filledcurves fs transparent solid 0.2 noborder lc rgb COLOUR[1] notitle, \
       data index k using 'x':'other' with linespoints ls 2 pt 7 ps (x_max > x_min ? 0 : 0.9) title against, \
       data index k using 'x':'train' with linespoints ls 1 pt 7 ps (x_max > x_min ? 0 : 0.9) title 'training'
}
unset multiplot
