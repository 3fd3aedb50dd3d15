import { tokenize, type Token } from './formula-lexer';
import { WITH } from './formula-taken';

/** A part of a formula that speaks of one model, in UTF-16 code units: `1.1*(chat - base)`, `zh: 0.8`, `base`. */
export interface FormulaTerm {
  readonly from: number;
  readonly to: number;
  readonly alias: string;
}

interface Run {
  readonly tokens: readonly Token[];
}

/** Cuts at `at` wherever it holds outside brackets; what it holds for belongs to no part. */
function cut(tokens: readonly Token[], at: (token: Token, before: Token | undefined) => boolean): Run[] {
  const runs: Token[][] = [[]];
  let depth = 0;
  tokens.forEach((token, i) => {
    if (token.kind === ')') depth--;
    if (depth === 0 && at(token, tokens[i - 1])) runs.push([]);
    else runs.at(-1)!.push(token);
    if (token.kind === '(') depth++;
  });
  return runs.filter((run) => run.length > 0).map((run) => ({ tokens: run }));
}

const span = (tokens: readonly Token[], alias: string): FormulaTerm => ({
  from: tokens[0]!.at,
  to: tokens.at(-1)!.at + tokens.at(-1)!.text.length,
  alias,
});

/** A part is its first model's, unless it is a bracket over several vectors: then each name stands for itself. */
function termsIn({ tokens }: Run, aliases: readonly string[]): FormulaTerm[] {
  const names = tokens.filter(({ kind, text }) => kind === 'name' && aliases.includes(text));
  const [first] = names;
  if (!first) return [];
  const distinct = new Set(names.map(({ text }) => text)).size;
  return distinct <= 2 ? [span(tokens, first.text)] : names.map((name) => span([name], name.text));
}

/**
 * The terms of a formula as it is typed, valid or not, so that pointing at one can light its model.
 * @returns in the order of the text, none overlapping; empty for a text that cannot be cut into tokens
 */
export function termsOf(text: string, aliases: readonly string[]): FormulaTerm[] {
  let tokens: Token[];
  try {
    tokens = tokenize(text).filter(({ kind }) => kind !== 'end');
  } catch {
    return [];
  }
  const end = withAt(tokens);
  const taken = cut(tokens.slice(end + 1), ({ kind }) => kind === ',');
  return [...summands(tokens.slice(0, end), aliases), ...taken.flatMap((run) => termsIn(run, aliases))];
}

/** Where `with head of rm` begins, which follows a whole term; else the end. */
function withAt(tokens: readonly Token[]): number {
  const at = tokens.findIndex(({ text }, i) => {
    const before = tokens[i - 1]?.kind;
    return text === WITH && (before === 'name' || before === 'number' || before === ')');
  });
  return at < 0 ? tokens.length : at;
}

function summands(tokens: readonly Token[], aliases: readonly string[]): FormulaTerm[] {
  const call = tokens[0]?.kind === 'name' && tokens[1]?.kind === '(' && !aliases.includes(tokens[0].text);
  const runs = call
    ? cut(tokens.slice(2, tokens.at(-1)?.kind === ')' ? -1 : undefined), ({ kind }) => kind === ',' || kind === ';')
    : // A sign after an operator or at the beginning belongs to its number.
      cut(tokens, ({ kind }, before) => (kind === '+' || kind === '-') && before !== undefined && before.kind !== '*');
  return runs.flatMap((run) => termsIn(run, aliases));
}
