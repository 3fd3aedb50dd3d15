export const outputs = {
  'rates.starting': 'Getting ready to count…',
  'rates.counting': '{column}: {done} of {total} answers',
  'rates.progress': 'Answers counted',
  'rates.of': '{k} of {n}',
  'rates.interval': '{rate}, {lo}–{hi}',
  'rates.headline': '{column} {what}: {k} of {n} {questions}',
  'rates.unknown': 'not counted',
  'rates.count': 'Count here',
  'rates.count.one': 'Count {alias} here',
  'rates.count.all': 'Count all columns here',
} as const;
