import { LabError } from '../errors';
import { LIMITS } from './schema';

/** What a parsed JSON or YAML text can hold, copied afresh: no prototypes, no cycles, no shared parts. */
export type Plain = null | boolean | number | string | Plain[] | PlainRecord;
export interface PlainRecord {
  [key: string]: Plain;
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** @returns the path of `key` below `path`, in the notation that `pathSegments` reads back. */
export function child(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** @returns the keys and indices that a path of `child` is made of. */
export function pathSegments(path: string): (string | number)[] {
  const segments: (string | number)[] = [];
  for (const [, name, index, quoted] of path.matchAll(/([A-Za-z_]\w*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)) {
    if (name !== undefined) segments.push(name);
    else if (index !== undefined) segments.push(Number(index));
    else if (quoted !== undefined) segments.push(JSON.parse(quoted) as string);
  }
  return segments;
}

export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN.has(key);
}

/** @throws LabError recipe/forbidden-key: such a key would reach a prototype in code less careful than this. */
export function refuseForbiddenKey(key: string, path: string): void {
  if (!isForbiddenKey(key)) return;
  throw new LabError('recipe/forbidden-key', `The key "${key}" at ${path || 'the top'} is not allowed. Remove it.`, {
    key,
    path,
  });
}

export function tooDeep(path: string): LabError {
  return new LabError(
    'recipe/too-deep',
    `The recipe is nested deeper than ${LIMITS.depth} levels at ${path || 'the top'}. A real recipe needs fewer than ten.`,
    { path, limit: LIMITS.depth },
  );
}

function plainText(text: string, path: string): string {
  // RFC 8785 section 3.2.2.2: a lone surrogate has no UTF-8 form, so it could be neither hashed nor shared.
  if (/\p{Surrogate}/u.test(text)) {
    throw new LabError('recipe/unicode', `The text at ${path} holds half a character (a lone surrogate). Retype it.`, {
      path,
    });
  }
  return text.normalize('NFC');
}

/**
 * Copies an untrusted value: text in NFC, `undefined` members left out, -0 as 0.
 * @throws LabError recipe/forbidden-key, recipe/too-deep, recipe/too-large, recipe/unicode, recipe/duplicate-key
 *   (two keys that NFC makes one), recipe/number (not finite), recipe/type (a function, a Map and the like).
 */
export function toPlain(value: unknown): Plain {
  let budget: number = LIMITS.values;
  const copy = (item: unknown, path: string, depth: number): Plain => {
    if (depth > LIMITS.depth) throw tooDeep(path);
    if (--budget < 0) {
      throw new LabError('recipe/too-large', `The recipe holds more than ${LIMITS.values} values. Shorten it.`, {
        limit: LIMITS.values,
      });
    }
    if (item === null || typeof item === 'boolean') return item;
    if (typeof item === 'string') return plainText(item, path);
    if (typeof item === 'number') {
      if (!Number.isFinite(item)) {
        throw new LabError('recipe/number', `The number at ${path} is not finite. Write a finite number.`, {
          path,
          found: String(item),
        });
      }
      return item === 0 ? 0 : item;
    }
    if (Array.isArray(item)) return item.map((part, index) => copy(part, child(path, index), depth + 1));
    const prototype: unknown = typeof item === 'object' ? Object.getPrototypeOf(item) : undefined;
    // A plain object of another realm (iframe, worker, vm) has that realm's Object.prototype, whose own prototype is null.
    if (prototype !== null && (prototype === undefined || Object.getPrototypeOf(prototype) !== null)) {
      throw new LabError(
        'recipe/type',
        `The value at ${path || 'the top'} is no JSON value. Use text, numbers, lists and objects.`,
        {
          path,
          expected: 'json',
          found: typeof item,
        },
      );
    }
    const record: PlainRecord = {};
    for (const [rawKey, part] of Object.entries(item as object)) {
      if (part === undefined) continue;
      refuseForbiddenKey(rawKey, path);
      const key = plainText(rawKey, path);
      if (Object.hasOwn(record, key)) throw duplicateKey(key, path);
      record[key] = copy(part, child(path, key), depth + 1);
    }
    return record;
  };
  return copy(value, '', 0);
}

export function duplicateKey(key: string, path: string): LabError {
  return new LabError('recipe/duplicate-key', `The key "${key}" stands twice at ${path || 'the top'}. Keep one.`, {
    key,
    path,
  });
}
