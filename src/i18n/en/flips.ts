/** Marks on a slider where the answer changes. */
export const flips = {
  'flips.title': 'Changes at',
  'flips.count': 'Points where the answer changes: {count}',
  'flips.up': 'At {at}, going up: “{from}” becomes “{to}”',
  'flips.down': 'At {at}, going down: “{from}” becomes “{to}”',
  'flips.none': 'The answer is the same all along',
  'flips.search': 'looking for where the answer changes, {done} of {total}',
  'flips.method': 'Where the answer changes is searched for sums of vectors only.',
  'flips.size': 'Where the answer changes is searched for models of at most 5 million parameters only.',
  'flips.sampled': 'Where the answer changes is searched for at temperature 0 only.',
} as const;
