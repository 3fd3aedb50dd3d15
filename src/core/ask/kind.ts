/** How prompts that are no text begin (contract C2, `run.prompts`). */
export const CLIP = 'clip:';
export const SOUND = 'sound:';
export const PAIR = 'pair:';

/**
 * @returns what kind of thing a prompt asks, by how it begins: a malformed one too, which `parseAsk` refuses and for which
 * the page shows the box that makes a good one
 */
export function askKind(prompt: string): 'text' | 'sound' | 'pair' {
  if (prompt.startsWith(CLIP) || prompt.startsWith(SOUND)) return 'sound';
  return prompt.startsWith(PAIR) ? 'pair' : 'text';
}
