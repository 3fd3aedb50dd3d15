import { deflateSync, Inflate } from 'fflate';
import { LabError, messageOf } from '../errors';
import { fromBase64Url, toBase64Url } from './base64url';
import { canonicalRecipe } from './canonical';
import { DICTIONARY_V1 } from './dictionary-v1';
import { parseRecipeJson } from './json';
import type { Notice, Recipe } from './types';
import { parseRecipe } from './validate';

const PREFIX = '#1.';
const MAX_JSON_BYTES = 65_536;
/** The cap in base64 (87 382 characters) and some room: what deflate cannot shorten at all. */
const MAX_CHARACTERS = 90_000;
/** Deflate grows at most 1032-fold, so no step can give much more than the cap before the cap is checked. */
const STEP_BYTES = 64;

const dictionary = () => new TextEncoder().encode(DICTIONARY_V1);

function tooLarge(message: string, bytes: number): LabError {
  return new LabError('link/too-large', message, { bytes, limit: MAX_JSON_BYTES });
}

function truncated(): LabError {
  return new LabError('link/truncated', 'The link is cut off or damaged: its end is missing. Copy all of it again.');
}

function inflate(bytes: Uint8Array): string {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Inflate({ dictionary: dictionary() }, (part) => {
    size += part.length;
    if (size > MAX_JSON_BYTES) {
      throw tooLarge(`The link unpacks to more than ${MAX_JSON_BYTES} bytes. No recipe is so large.`, size);
    }
    parts.push(part);
  });
  try {
    for (let at = 0; at === 0 || at < bytes.length; at += STEP_BYTES) {
      stream.push(bytes.slice(at, at + STEP_BYTES), at + STEP_BYTES >= bytes.length);
    }
  } catch (error) {
    if (error instanceof LabError) throw error;
    const detail = messageOf(error);
    // fflate's code 0: the bytes end before the last deflate block does.
    if ((error as { code?: number }).code === 0) throw truncated();
    throw new LabError('link/damaged', `The link is damaged (${detail}). Copy it again.`, { detail });
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(all);
  } catch {
    throw new LabError('link/damaged', 'The link is damaged (its text is not UTF-8). Copy it again.', {
      detail: 'UTF-8',
    });
  }
}

/**
 * Packs a recipe into a link's fragment (C3): `#1.<base64url(deflate-raw(canonical JSON, dictionary 1))>`. Browsers'
 * CompressionStream knows no preset dictionary, so fflate packs, and the same recipe gives the same text everywhere.
 * @throws LabError link/too-large, and parseRecipe's for what is no valid recipe: nothing else gets into a link.
 */
export async function encodeLink(recipe: Recipe): Promise<string> {
  const json = new TextEncoder().encode(canonicalRecipe(parseRecipe(recipe).recipe));
  if (json.length > MAX_JSON_BYTES) {
    throw tooLarge(
      `The recipe has ${json.length} bytes; a link holds ${MAX_JSON_BYTES}. Shorten the prompts or save the recipe as a file.`,
      json.length,
    );
  }
  return PREFIX + toBase64Url(deflateSync(json, { level: 9, mem: 8, dictionary: dictionary() }));
}

/**
 * Opens a link that may come from anybody.
 * @param link the fragment with or without its `#`, or the whole address.
 * @throws LabError link/not-a-link, link/version, link/base64, link/truncated (the deflate data ends early), link/damaged,
 *   link/too-large, and parseRecipeJson's.
 */
export async function decodeLink(link: string): Promise<{ recipe: Recipe; notices: Notice[] }> {
  const trimmed = link.trim();
  const fragment = trimmed.slice(trimmed.indexOf('#') + 1);
  const dot = fragment.indexOf('.');
  const version = fragment.slice(0, dot);
  if (dot < 0 || !/^\d{1,6}$/.test(version)) {
    throw new LabError(
      'link/not-a-link',
      'This is no link to a recipe: "#1." and the packed recipe are missing. Copy all of it.',
    );
  }
  if (version !== '1') {
    throw new LabError(
      'link/version',
      `This link has format ${version}; this lab reads format 1. Open it where it was made.`,
      {
        version,
      },
    );
  }
  const packed = fragment.slice(dot + 1);
  if (packed.length > MAX_CHARACTERS) {
    throw tooLarge(`The link has ${packed.length} characters. No recipe is so large.`, packed.length);
  }
  if (packed === '') throw truncated();
  const bytes = fromBase64Url(packed);
  if (!bytes) {
    throw new LabError('link/base64', 'The link has characters that no link has, or is cut off. Copy all of it again.');
  }
  return parseRecipeJson(inflate(bytes));
}
