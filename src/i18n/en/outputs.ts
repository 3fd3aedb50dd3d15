export const outputs = {
  'rates.starting': 'Getting ready to count…',
  'rates.counting': '{column}: {done} of {total} answers',
  'rates.progress': 'Answers counted',
} as const;
