/** Marks on a slider where the answer changes. */
export const flips = {
  'flips.title': 'Changes at',
  'flips.at': 'At {at} the answer becomes: {text}',
  'flips.search': 'looking, {done} of {total}',
} as const;
