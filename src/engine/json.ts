import { LabError, messageOf } from '../core/errors';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
/** Keys that would let a stranger's config run code or steer the runtime; dropped with a notice. */
const DROPPED = ['auto_map', 'transformers.js_config'];

/**
 * JSON from outside. @param keys `strict` refuses keys that can reach an object's prototype (configs); `data` does not,
 * because a tokenizer may well have the token "constructor".
 * @throws LabError `file/too-large`, `file/not-json`, `file/not-an-object`, `file/forbidden-key`.
 */
export function parseJsonFile(
  text: string,
  file: string,
  limitBytes: number,
  keys: 'strict' | 'data',
): Record<string, unknown> {
  if (text.length > limitBytes)
    throw new LabError('file/too-large', `${file} is larger than the ${limitBytes} bytes allowed for it.`, {
      file,
      limit: limitBytes,
    });
  let value: unknown;
  try {
    value = JSON.parse(text, (key, v: unknown) => {
      if (key === '__proto__' || (keys === 'strict' && FORBIDDEN.has(key)))
        throw new LabError(
          'file/forbidden-key',
          `${file} contains the key "${key}", which no model file needs. The file is damaged or hostile.`,
          { file, key },
        );
      return v;
    });
  } catch (error) {
    if (error instanceof LabError) throw error;
    const html = /^\s*</.test(text) ? ' It looks like a web page: the address may be wrong.' : '';
    throw new LabError('file/not-json', `${file} is not valid JSON (${messageOf(error)}).${html} Get the file again.`, {
      file,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LabError('file/not-an-object', `${file} must hold a JSON object. Get the file again.`, { file });
  return value as Record<string, unknown>;
}

/** @returns the config without the keys that may not steer this page, and their names. */
export function withoutCode(config: Record<string, unknown>): { config: Record<string, unknown>; dropped: string[] } {
  const dropped = DROPPED.filter((key) => key in config);
  return { config: Object.fromEntries(Object.entries(config).filter(([key]) => !dropped.includes(key))), dropped };
}
