import { LabError, messageOf } from '../errors';
import { child, duplicateKey, refuseForbiddenKey, tooDeep } from './plain';
import { LIMITS } from './schema';
import type { Notice, Recipe } from './types';
import { parseRecipe } from './validate';

const COLON = /\s*:/y;

/** @returns the index just after the JSON string that starts at `start`, or the text's end. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/**
 * Checks what JSON.parse cannot: it keeps the last of two equal keys and accepts any depth and any key.
 * @throws LabError recipe/too-deep, recipe/duplicate-key, recipe/forbidden-key
 */
function scan(text: string): void {
  const open: { keys: Set<string> | null; path: string; key: string | number }[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const top = open.at(-1);
    if (character === '{' || character === '[') {
      const path = top === undefined ? '' : child(top.path, top.key);
      if (open.length >= LIMITS.depth) throw tooDeep(path);
      open.push({ keys: character === '{' ? new Set() : null, path, key: character === '{' ? '' : 0 });
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',' && typeof top?.key === 'number') {
      top.key++;
    } else if (character === '"') {
      const end = endOfString(text, at);
      const literal = text.slice(at, end);
      at = end - 1;
      COLON.lastIndex = end;
      if (!top?.keys || !COLON.test(text)) continue;
      const key = parse(literal) as string;
      refuseForbiddenKey(key, top.path);
      if (top.keys.has(key)) throw duplicateKey(key, top.path);
      top.keys.add(key);
      top.key = key;
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const detail = messageOf(error);
    throw new LabError('recipe/json', `This is not valid JSON (${detail}). Check quotes, commas and brackets.`, {
      detail,
    });
  }
}

/**
 * Reads a recipe from JSON text that may come from anybody.
 * @throws LabError recipe/json (syntax), recipe/too-large, recipe/too-deep, recipe/duplicate-key, recipe/forbidden-key,
 *   and all of `parseRecipe`'s.
 */
export function parseRecipeJson(text: string): { recipe: Recipe; notices: Notice[] } {
  if (text.length > LIMITS.jsonCharacters) {
    throw new LabError(
      'recipe/too-large',
      `The recipe is longer than ${LIMITS.jsonCharacters} characters. Shorten it.`,
      {
        limit: LIMITS.jsonCharacters,
      },
    );
  }
  scan(text);
  return parseRecipe(parse(text));
}
