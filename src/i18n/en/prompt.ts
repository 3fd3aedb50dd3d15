export const prompt = {
  'prompt.known': 'Not in this small world:',
  'prompt.mend': 'Write “{word}” in place of “{unknown}”',
  'prompt.strange':
    'The models know none of these words. Ask one of the questions they know, or write with words from them.',
  'prompt.strange.alone': 'The models know none of these words.',
  'prompt.more': 'and {count} more',
  'prompt.tokens': '{tokens} of {limit} tokens',
  'prompt.long': 'Too long: {tokens} tokens, and these models read at most {limit}. Shorten the question.',
  'app.commands': 'Commands',
  'app.shortcuts': 'Keyboard shortcuts',
} as const;
