import { deflateSync, Inflate } from 'fflate';
import { LabError } from '../errors';
import { fromBase64Url, toBase64Url } from './base64url';
import { canonicalRecipe } from './canonical';
import { DICTIONARY_V1 } from './dictionary-v1';
import { parseRecipeJson } from './json';
import type { Notice, Recipe } from './types';

/** More text than this can come from no honest recipe; inflating stops there (contract C3). */
export const LINK_TEXT_LIMIT = 65_536;
/** Deflate makes at most 1032 bytes of one, so a step this small cannot outrun the limit by much. */
const INFLATE_STEP = 64;

const dictionary = (): Uint8Array => new TextEncoder().encode(DICTIONARY_V1);
const damaged = (detail: string): LabError =>
  new LabError('link/damaged', `The link is damaged or cut off (${detail}). Ask for it again, as a whole.`, { detail });

/**
 * @returns `#1.` and the canonical recipe, deflated with the frozen dictionary, in base64url. fflate makes the same
 * bytes on every engine, where CompressionStream would not, and takes a dictionary, where CompressionStream has none.
 */
// Promises, so that a later format may use the platform's streams without changing its callers.
export async function encodeLink(recipe: Recipe): Promise<string> {
  const text = new TextEncoder().encode(canonicalRecipe(recipe));
  if (text.length > LINK_TEXT_LIMIT)
    throw new LabError(
      'link/too-large',
      `The recipe has ${text.length} bytes, too many for a link (${LINK_TEXT_LIMIT}). Shorten its prompts, or save it as YAML.`,
      {
        bytes: text.length,
        limit: LINK_TEXT_LIMIT,
      },
    );
  return Promise.resolve(`#1.${toBase64Url(deflateSync(text, { level: 9, dictionary: dictionary() }))}`);
}

function inflate(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const stream = new Inflate({ dictionary: dictionary() }, (chunk, final) => {
    size += chunk.length;
    if (size > LINK_TEXT_LIMIT)
      throw new LabError(
        'link/too-large',
        `The link unpacks to more than ${LINK_TEXT_LIMIT} bytes; no real recipe does. It was not opened.`,
        {
          bytes: size,
          limit: LINK_TEXT_LIMIT,
        },
      );
    chunks.push(chunk.slice());
    ended ||= final;
  });
  try {
    for (let at = 0; at < bytes.length || at === 0; at += INFLATE_STEP)
      stream.push(bytes.subarray(at, at + INFLATE_STEP), at + INFLATE_STEP >= bytes.length);
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw damaged(error instanceof Error ? error.message : String(error));
  }
  if (!ended) throw damaged('unexpected end');
  const text = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    text.set(chunk, offset);
    offset += chunk.length;
  }
  return text;
}

/**
 * Reads the fragment of a link that may come from anybody.
 * @param fragment from `#` on.
 * @throws LabError `link/not-a-link`, `link/version`, `link/base64`, `link/damaged`, `link/too-large`, then whatever
 * is wrong with the recipe inside (`recipe/...`).
 */
export async function decodeLink(fragment: string): Promise<{ recipe: Recipe; notices: Notice[] }> {
  const parts = /^#(\d{1,4})\.(.*)$/s.exec(fragment);
  if (!parts) throw new LabError('link/not-a-link', 'This is no Merge Lab link: after # it should begin with "1.".');
  const [, version, payload] = parts;
  if (version !== '1')
    throw new LabError(
      'link/version',
      `The link was made by another version of the lab (format ${version}); this one reads format 1. Open it in a newer lab.`,
      { version: version! },
    );
  const bytes = fromBase64Url(payload!);
  if (!bytes)
    throw new LabError(
      'link/base64',
      'The link contains characters that no link has, or is cut off. Ask for it again, as a whole.',
    );
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(inflate(bytes));
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw damaged('not UTF-8');
  }
  return Promise.resolve(parseRecipeJson(text));
}
