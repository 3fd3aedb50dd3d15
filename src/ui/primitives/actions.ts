/** What a live word of a lesson does to the bench. */
export type Action =
  | { kind: 'set'; alias: string; weight: number }
  | { kind: 'ask'; prompt: string }
  | { kind: 'formula'; text: string }
  | { kind: 'models'; sources: Readonly<Record<string, string>> };

/**
 * Reads a link of a lesson's text: `set:chat=0.5` moves a slider, `ask:question` asks it, `formula:base + (chat - base)`
 * is written into the formula bar, `models:base=base-s-1, chat=chat-s-1` puts other built-in models behind the aliases.
 * @returns null for anything else.
 */
export function parseAction(target: string): Action | null {
  const set = /^set:(\w+)=(-?[\d.]+)$/.exec(target);
  if (set) return { kind: 'set', alias: set[1] ?? '', weight: Number(set[2]) };
  const [, kind, rest = ''] = /^(ask|formula|models):(.+)$/.exec(target) ?? [];
  if (kind === 'ask') return { kind, prompt: rest };
  if (kind === 'formula') return { kind, text: rest };
  if (kind !== 'models') return null;
  const pairs = rest.split(',').map((pair) => /^\s*(\w+)=([\w-]+)\s*$/.exec(pair));
  if (pairs.includes(null)) return null;
  return { kind, sources: Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', `zoo:${pair?.[2] ?? ''}`])) };
}
