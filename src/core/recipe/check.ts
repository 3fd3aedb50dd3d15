import { LabError } from '../errors';
import { child, type Plain, type PlainRecord } from './plain';
import { didYouMean, suggest } from './suggest';
import { LIMITS } from './schema';
import type { Notice } from './types';

export type Kind = 'object' | 'list' | 'text' | 'number' | 'integer' | 'boolean';
const WORDS: Record<Kind, string> = {
  object: 'an object with keys',
  list: 'a list',
  text: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
};

function kindOf(value: Plain | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value;
}

/** @returns the error that `path` holds another kind of value than it must. */
export function wrongType(path: string, expected: Kind, found: Plain | undefined): LabError {
  const kind = kindOf(found);
  return new LabError('recipe/type', `${path || 'The recipe'} must be ${WORDS[expected]}, not ${kind}.`, {
    path,
    expected,
    found: kind,
  });
}

export function record(value: Plain | undefined, path: string): PlainRecord {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw wrongType(path, 'object', value);
  }
  return value;
}

export function list(value: Plain | undefined, path: string, max: number = LIMITS.entries): Plain[] {
  if (!Array.isArray(value)) throw wrongType(path, 'list', value);
  if (value.length > max) {
    throw new LabError('recipe/too-many', `${path} has ${value.length} entries; at most ${max} are allowed.`, {
      path,
      found: value.length,
      limit: max,
    });
  }
  return value;
}

export function text(value: Plain | undefined, path: string, max: number = LIMITS.text): string {
  if (typeof value !== 'string') throw wrongType(path, 'text', value);
  if (value.length > max) {
    throw new LabError('recipe/too-long', `${path} has ${value.length} characters; at most ${max} are allowed.`, {
      path,
      found: value.length,
      limit: max,
    });
  }
  return value;
}

export function number(value: Plain | undefined, path: string, min: number, max: number): number {
  if (typeof value !== 'number') throw wrongType(path, 'number', value);
  if (value < min || value > max) {
    throw new LabError('recipe/range', `${path} is ${value}; it must lie between ${min} and ${max}.`, {
      path,
      found: value,
      min,
      max,
    });
  }
  return value;
}

export function integer(value: Plain | undefined, path: string, min: number, max: number): number {
  if (!Number.isInteger(value)) throw wrongType(path, 'integer', value);
  return number(value, path, min, max);
}

export function boolean(value: Plain | undefined, path: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(path, 'boolean', value);
  return value;
}

/** @throws LabError recipe/choice when `value` is none of `choices`. */
export function choice<T extends string>(value: Plain | undefined, path: string, choices: readonly T[]): T {
  const found = text(value, path);
  const match = choices.find((candidate) => candidate === found);
  if (match !== undefined) return match;
  const suggestion = suggest(found, choices);
  throw new LabError(
    'recipe/choice',
    `${path} is "${found.slice(0, 80)}"; it must be one of: ${choices.join(', ')}.${didYouMean(suggestion)}`,
    { path, found: found.slice(0, 80), choices: choices.join(', '), suggestion },
  );
}

/** Checks every member that is there with its own reader, in the order given. null counts as absent, as in mergekit. */
export function members<T>(
  source: PlainRecord,
  path: string,
  readers: { [K in keyof T]?: (value: Plain, path: string) => T[K] },
): Partial<T> {
  const result: Partial<T> = {};
  for (const key of Object.keys(readers) as (keyof T & string)[]) {
    const value = Object.hasOwn(source, key) ? source[key] : undefined;
    if (value !== undefined && value !== null) result[key] = readers[key]!(value, child(path, key));
  }
  return result;
}

/** Keys outside `allowed` are dropped by the caller; each gets a notice. */
export function noticeUnknown(source: PlainRecord, allowed: readonly string[], path: string, notices: Notice[]): void {
  for (const key of Object.keys(source)) {
    if (allowed.includes(key)) continue;
    notices.push({
      code: 'recipe/dropped-key',
      message: `The key "${key.slice(0, 80)}" of ${path || 'the recipe'} is not part of recipe v1 and was left out.`,
      params: { path, key: key.slice(0, 80) },
    });
  }
}
