/** Marks on a slider where the answer changes. */
export const flips = {
  'flips.title': 'Changes at',
  'flips.up': 'At {at}, going up: “{from}” becomes “{to}”',
  'flips.down': 'At {at}, going down: “{from}” becomes “{to}”',
  'flips.none': 'The answer is the same all along',
  'flips.search': 'looking for flip points, {done} of {total}',
  'flips.method': 'Flip points are searched for sums of vectors only.',
  'flips.size': 'Flip points are searched for models of at most 5 million parameters only.',
  'flips.sampled': 'Flip points are searched for at temperature 0 only.',
} as const;
