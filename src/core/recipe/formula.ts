import { LabError } from '../errors';
import { add, decimal, equals, multiply, negate, ONE, toNumber, toText, ZERO, type Decimal } from './decimal';
import { parseCall } from './formula-call';
import { parseTaken, WITH } from './formula-taken';
import { TokenReader } from './formula-reader';
import { LIMITS } from './schema';
import type { Scalar } from './types';

export interface FormulaTerm {
  readonly alias: string;
  /** null: the method takes no weight of its own there. */
  readonly weight: number | null;
}
/** `with head of rm, vision_tower of vlm`: modules that are one model's as they are, by its alias. */
export type TakenModules = Readonly<Record<string, string>>;
/** A sum of models; `base` is set where the table of C2 makes it task_arithmetic, `terms` then holds the others. */
export interface SumFormula {
  readonly kind: 'sum';
  readonly base: string | null;
  /** In order of first appearance, zeros dropped. */
  readonly terms: readonly FormulaTerm[];
  /** All coefficients together, as exact decimal text. A sum other than 1 also scales the models' common part. */
  readonly sum: string;
  readonly sumIsOne: boolean;
  readonly taken?: TakenModules;
}
/** `ties(base; chat: 1.0, zh: 0.8; density: 0.5)` */
export interface CallFormula {
  readonly kind: 'call';
  readonly method: string;
  readonly base: string | null;
  readonly terms: readonly FormulaTerm[];
  readonly parameters: Readonly<Record<string, Scalar>>;
  readonly taken?: TakenModules;
}
export type Formula = SumFormula | CallFormula;
/** `error.params.at` is the 0-based position in the typed text. */
export type FormulaResult =
  { readonly ok: true; readonly formula: Formula } | { readonly ok: false; readonly error: LabError };

const MAX_LENGTH = 2_000;

type Value = { kind: 'number'; number: Decimal; at: number } | { kind: 'vector'; terms: Map<string, Decimal> };

function scale(value: Value, factor: Decimal): Value {
  if (value.kind === 'number') return { ...value, number: multiply(value.number, factor) };
  return { kind: 'vector', terms: new Map([...value.terms].map(([alias, c]) => [alias, multiply(c, factor)])) };
}

function constant(at: number): LabError {
  return new LabError(
    'formula/constant',
    `The number at position ${at + 1} stands alone. Multiply it with a model, such as 0.5 * chat.`,
    { at },
  );
}

function sumOf(a: Value, b: Value): Value {
  if (a.kind === 'number' && b.kind === 'number') return { ...a, number: add(a.number, b.number) };
  if (a.kind === 'number') throw constant(a.at);
  if (b.kind === 'number') throw constant(b.at);
  const terms = new Map(a.terms);
  for (const [alias, coefficient] of b.terms) terms.set(alias, add(terms.get(alias) ?? ZERO, coefficient));
  return { kind: 'vector', terms };
}

/** @returns the factor's value and whether brackets take part in it. */
function parseFactor(reader: TokenReader, depth: number): { value: Value; bracketed: boolean } {
  let sign = ONE;
  for (;;) {
    if (reader.take('-')) sign = negate(sign);
    else if (!reader.take('+')) break;
  }
  const token = reader.next;
  if (reader.take('number')) {
    return { value: { kind: 'number', number: multiply(sign, decimal(token.text)), at: token.at }, bracketed: false };
  }
  if (token.kind === 'name') {
    return { value: { kind: 'vector', terms: new Map([[reader.alias(), sign]]) }, bracketed: false };
  }
  if (reader.take('(')) {
    if (depth >= LIMITS.depth) {
      throw new LabError('formula/too-deep', `More than ${LIMITS.depth} brackets inside each other. Write fewer.`, {
        at: token.at,
        limit: LIMITS.depth,
      });
    }
    const { value } = parseSum(reader, depth + 1);
    reader.close(token.at);
    return { value: scale(value, sign), bracketed: true };
  }
  throw reader.unexpected('operand', 'a model, a number or a bracket');
}

function parseTerm(reader: TokenReader, depth: number): { value: Value; bracketed: boolean } {
  let { value, bracketed } = parseFactor(reader, depth);
  for (let at = reader.next.at; reader.take('*'); at = reader.next.at) {
    const right = parseFactor(reader, depth);
    bracketed ||= right.bracketed;
    if (value.kind === 'number') value = scale(right.value, value.number);
    else if (right.value.kind === 'number') value = scale(value, right.value.number);
    else {
      throw new LabError(
        'formula/product',
        `Position ${at + 1} multiplies two models. Multiply a model with a number, such as 0.5 * chat.`,
        { at },
      );
    }
  }
  return { value, bracketed };
}

/** @returns the sum and the alias that its first term names plainly with the coefficient 1, if so. */
function parseSum(reader: TokenReader, depth: number): { value: Value; base: string | null } {
  const first = parseTerm(reader, depth);
  let value = first.value;
  let base: string | null = null;
  if (value.kind === 'vector' && !first.bracketed) {
    for (const [alias, coefficient] of value.terms) if (equals(coefficient, ONE)) base = alias;
  }
  for (;;) {
    if (reader.take('+')) value = sumOf(value, parseTerm(reader, depth).value);
    else if (reader.take('-')) value = sumOf(value, scale(parseTerm(reader, depth).value, negate(ONE)));
    else return { value, base };
  }
}

function collect(reader: TokenReader): SumFormula {
  const { value, base } = parseSum(reader, 0);
  if (reader.next.kind !== 'end' && reader.next.text !== WITH)
    throw reader.unexpected('operator', '+, -, * or the end');
  if (value.kind === 'number') throw constant(value.at);
  const sum = [...value.terms.values()].reduce(add, ZERO);
  const sumIsOne = equals(sum, ONE);
  const chosen = sumIsOne ? base : null;
  const terms: FormulaTerm[] = [];
  for (const [alias, coefficient] of value.terms) {
    const weight = toNumber(coefficient);
    if (Math.abs(weight) > LIMITS.number) {
      throw new LabError(
        'formula/number',
        `The coefficient of ${alias} is larger than ${LIMITS.number}. Use a smaller one.`,
        {
          at: 0,
          limit: LIMITS.number,
        },
      );
    }
    if (alias !== chosen && weight !== 0) terms.push({ alias, weight });
  }
  if (chosen === null && terms.length === 0) {
    throw new LabError('formula/cancels', 'All models cancel out: nothing is left to merge. Change a coefficient.', {
      at: 0,
    });
  }
  return { kind: 'sum', base: chosen, terms, sum: toText(sum), sumIsOne };
}

function refuseMore(reader: TokenReader): void {
  if (reader.next.kind !== 'end') throw reader.unexpected('end', 'the end of the formula');
}

/**
 * Reads a formula (C2): a sum of models with exact decimal coefficients, brackets and products with numbers, or a
 * method in call form; after either, `with head of rm` for modules that are one model's. Typographic minus and
 * multiplication signs and full-width forms count as the plain ones.
 * @param aliases the names a formula may use: the recipe's models (and stages).
 */
export function parseFormula(typed: string, aliases: readonly string[]): FormulaResult {
  try {
    if (typed.length > MAX_LENGTH) {
      throw new LabError('formula/too-long', `The formula has more than ${MAX_LENGTH} characters. Shorten it.`, {
        at: MAX_LENGTH,
        limit: MAX_LENGTH,
      });
    }
    const reader = new TokenReader(typed, aliases);
    if (reader.next.kind === 'end') {
      throw new LabError('formula/empty', 'The formula is empty. Write one, such as base + 1.0*(chat - base).', {
        at: 0,
      });
    }
    const formula = reader.startsCall() ? parseCall(reader) : collect(reader);
    const taken = parseTaken(reader, formula);
    refuseMore(reader);
    return { ok: true, formula: taken ? { ...formula, taken } : formula };
  } catch (error) {
    if (error instanceof LabError) return { ok: false, error };
    throw error;
  }
}
