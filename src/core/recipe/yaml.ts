import { Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, Lexer, parseAllDocuments, type Scalar } from 'yaml';
import { LabError } from '../errors';
import { modelStringOf } from './aliases';
import { child, duplicateKey, pathSegments, refuseForbiddenKey, tooDeep } from './plain';
import { mapReferences } from './references';
import { KEYS, LIMITS, UNRESOLVED_SOURCE } from './schema';
import type { MergeDoc, Notice, Recipe } from './types';
import { parseRecipe } from './validate';
import { recipeFromDocs } from './yaml-models';

const MAX_ALIASES = 100;
const STANDARD_TAG = /^tag:yaml\.org,2002:(?:map|seq|str|int|float|bool|null)$/;

interface Excess {
  readonly what: 'depth' | 'tokens';
  readonly offset: number;
}

/** @returns what the text has too much of for the parser, and where, or null. */
function excessOf(text: string): Excess | null {
  let flow = 0;
  let inLine = 0;
  let offset = 0;
  let tokens = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    // Control characters mark what follows (U+001F: a scalar) and are not part of the text.
    const mark = token === '\u0002' || token === '\u0018' || token === '\u001f';
    if (!scalar && (token === '[' || token === '{')) flow++;
    else if (!scalar && (token === ']' || token === '}')) flow = Math.max(0, flow - 1);
    else if (!scalar && (token === '-' || token === '?')) inLine++;
    else if (token === '\n' || token === '\r\n') inLine = 0;
    if (flow > LIMITS.depth || inLine > LIMITS.depth) return { what: 'depth', offset };
    if (++tokens > LIMITS.yamlTokens) return { what: 'tokens', offset };
    scalar = token === '\u001f';
    if (!mark) offset += token.length;
  }
  return null;
}

class YamlReader {
  readonly docs: Document.Parsed[];
  private aliases = 0;
  private values = 0;

  /** @throws LabError recipe/* */
  constructor(private readonly text: string) {
    if (text.length > LIMITS.jsonCharacters) {
      throw this.fail(
        'recipe/too-large',
        `The YAML is longer than ${LIMITS.jsonCharacters} characters. Shorten it.`,
        0,
        {
          limit: LIMITS.jsonCharacters,
        },
      );
    }
    // The composer recurses and is slow: 100 kB of brackets would end the process, 1 MB of stray signs hold it for long.
    const excess = excessOf(text);
    if (excess?.what === 'depth') throw this.locate(tooDeep(''), excess.offset);
    if (excess) {
      throw this.fail(
        'recipe/too-large',
        `The YAML holds more than ${LIMITS.yamlTokens} words and signs. Shorten it.`,
        excess.offset,
        { limit: LIMITS.yamlTokens },
      );
    }
    // `convert` looks for equal keys itself: the parser compares each with each.
    const parsed = parseAllDocuments(text, {
      schema: 'core',
      version: '1.2',
      prettyErrors: false,
      logLevel: 'silent',
      uniqueKeys: false,
    });
    this.docs = (Array.isArray(parsed) ? parsed : []).filter((doc) => doc.errors.length > 0 || !isEmpty(doc));
    for (const doc of this.docs) {
      const error = doc.errors[0] ?? doc.warnings[0];
      if (error)
        throw this.fail('recipe/yaml', `This is not valid YAML (${error.message}).`, error.pos[0], {
          detail: error.message,
        });
    }
    if (this.docs.length === 0)
      throw this.fail('recipe/yaml-empty', 'The YAML has no document. Write at least "merge_method:".', 0);
    if (this.docs.length > LIMITS.stages) {
      throw this.fail('yaml/too-many', `The YAML has more than ${LIMITS.stages} documents.`, 0, {
        limit: LIMITS.stages,
      });
    }
  }

  /** @returns document `index` as plain data; the token map of `tokenizer` as a list of pairs, which keeps its order. */
  plain(index: number, path: string): unknown {
    const doc = this.docs[index]!;
    if (!isMap(doc.contents)) {
      const offset = isNode(doc.contents) ? (doc.contents.range?.[0] ?? 0) : 0;
      throw this.fail(
        'recipe/yaml-not-a-map',
        'A mergekit document must be a map with keys such as "merge_method:".',
        offset,
      );
    }
    return this.convert(doc.contents, doc, path, child(child(path, 'tokenizer'), 'tokens'), 0);
  }

  private convert(node: unknown, doc: Document.Parsed, path: string, pairsPath: string, depth: number): unknown {
    if (node === null || node === undefined) return null;
    if (!isNode(node)) return node;
    const offset = node.range?.[0] ?? 0;
    if (depth > LIMITS.depth) throw this.locate(tooDeep(path), offset);
    if (++this.values > LIMITS.values) {
      throw this.fail('recipe/too-large', `The YAML holds more than ${LIMITS.values} values.`, offset, {
        limit: LIMITS.values,
      });
    }
    if (isAlias(node)) {
      if (++this.aliases > MAX_ALIASES) {
        throw this.fail('recipe/yaml-aliases', `The YAML uses more than ${MAX_ALIASES} aliases (*name).`, offset, {
          limit: MAX_ALIASES,
        });
      }
      return this.convert(node.resolve(doc), doc, path, pairsPath, depth + 1);
    }
    if (node.tag !== undefined && !STANDARD_TAG.test(node.tag)) {
      throw this.fail('recipe/yaml-tag', `The tag ${node.tag} is not allowed. Remove it.`, offset, { tag: node.tag });
    }
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, index) => this.convert(item, doc, child(path, index), pairsPath, depth + 1));
    }
    if (!isMap(node)) return null;
    const seen = new Set<string>();
    const pairs = node.items.map(({ key, value }): [string, unknown] => {
      const name = this.keyOf(key, offset);
      try {
        if (seen.has(name)) throw duplicateKey(name.slice(0, 80), path);
        // Tokens are data, and may well be called "constructor"; their rules are pairs: [index][1].
        if (path !== pairsPath) refuseForbiddenKey(name, path);
      } catch (error) {
        throw this.locate(error, (key as Scalar).range?.[0] ?? offset);
      }
      seen.add(name);
      return [name, value];
    });
    if (path === pairsPath) {
      return pairs.map(([name, value], index) => [
        name,
        this.convert(value, doc, child(child(path, index), 1), pairsPath, depth + 2),
      ]);
    }
    return Object.fromEntries(
      pairs.map(([name, value]) => [name, this.convert(value, doc, child(path, name), pairsPath, depth + 1)]),
    );
  }

  private keyOf(key: unknown, offset: number): string {
    if (isScalar(key) && key.value !== null && typeof key.value !== 'object') return key.source ?? String(key.value);
    const at = isNode(key) ? (key.range?.[0] ?? offset) : offset;
    throw this.fail('recipe/yaml-key', 'A key must be plain text.', at);
  }

  /** @returns the offset of the deepest node that a path leads to. */
  offsetOf(path: string): number {
    const segments = pathSegments(path);
    segments.shift();
    const index = this.docs.length > 1 && typeof segments[0] === 'number' ? segments.shift() : 0;
    const doc = this.docs[Number(index)] ?? this.docs[0]!;
    let node: unknown = doc.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const segment of segments) {
      if (isAlias(node)) node = node.resolve(doc);
      if (isMap(node)) {
        const pair =
          typeof segment === 'number'
            ? node.items[segment]
            : node.items.find((p) => isScalar(p.key) && (p.key.source ?? String(p.key.value)) === segment);
        offset = pair && isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
        // In the list of token pairs, [index] is a pair and [index][1] its rule.
        node = typeof segment === 'number' ? pair : pair?.value;
      } else if (isPair(node)) {
        node = segment === 1 ? node.value : node.key;
      } else if (isSeq(node)) {
        node = node.items[Number(segment)];
        offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
      } else break;
    }
    return offset;
  }

  /** @returns the error with line and column, 1-based, in its message and params. */
  locate(error: unknown, offset: number): unknown {
    if (!(error instanceof LabError)) return error;
    const before = this.text.slice(0, offset);
    const place = { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
    return new LabError(error.code, `In line ${place.line}, column ${place.column}: ${error.message}`, {
      ...error.params,
      ...place,
    });
  }

  private fail(code: string, message: string, offset: number, params: Record<string, string | number> = {}): unknown {
    return this.locate(new LabError(code, message, params), offset);
  }
}

function isEmpty(doc: Document.Parsed): boolean {
  return doc.contents === null || (isScalar(doc.contents) && doc.contents.value === null);
}

export interface YamlRecipe {
  readonly recipe: Recipe;
  readonly notices: Notice[];
  /** alias -> the model string it stands for. `src` is UNRESOLVED_SOURCE where the string names a local folder. */
  readonly aliases: Readonly<Record<string, string>>;
}

/**
 * Reads mergekit YAML, one document or several. Each distinct model string becomes an alias (C2); `lab.aliases` and
 * `lab.fingerprints`, which `recipeToYaml` writes, restore aliases, extra models and the sources of local ones.
 * @throws LabError recipe/*, all with `params.line` and `params.column` (1-based).
 */
export function recipeFromYaml(text: string): YamlRecipe {
  const reader = new YamlReader(text.replace(/^\uFEFF/, ''));
  const pathOf = (index: number) => (reader.docs.length > 1 ? child('merge', index) : 'merge');
  const docs = reader.docs.map((_, index) => reader.plain(index, pathOf(index)));
  let places: ReadonlyMap<string, string> = new Map();
  try {
    const draft = recipeFromDocs(docs, pathOf);
    places = draft.places;
    const { recipe, notices } = parseRecipe(draft.recipe);
    return { recipe, notices: [...draft.notices, ...notices], aliases: draft.aliases };
  } catch (error) {
    const path = error instanceof LabError ? String(error.params.path ?? '') : '';
    const [top, alias] = pathSegments(path);
    throw reader.locate(error, reader.offsetOf(top === 'models' ? (places.get(String(alias)) ?? 'merge') : path));
  }
}

const LAB_COMMENT = ' mergekit ignores this block; Merge Lab reads it.';

/**
 * Writes `models` and `merge` as mergekit YAML (`run`, `view` and `expect` have no place there): reading it back gives
 * the same merge id. Several stages become several documents.
 */
export function recipeToYaml(recipe: Recipe): string {
  const strings = new Map(Object.keys(recipe.models).map((alias) => [alias, modelStringOf(recipe.models, alias)]));
  const files = Object.entries(recipe.models).filter(
    ([, { src }]) => src.startsWith('file:') && src !== UNRESOLVED_SOURCE,
  );
  const docs: readonly MergeDoc[] = Array.isArray(recipe.merge) ? recipe.merge : [recipe.merge];
  return docs
    .map((source, index) => {
      const renamed = mapReferences(source, '', (name) => strings.get(name) ?? name);
      const tokenizer = renamed.tokenizer && {
        ...renamed.tokenizer,
        ...(renamed.tokenizer.tokens && { tokens: new Map(renamed.tokenizer.tokens) }),
      };
      const names = index === 0 && {
        aliases: Object.fromEntries([...strings].map(([alias, string]) => [string, alias])),
        ...(files.length > 0 && {
          fingerprints: Object.fromEntries(files.map(([alias, { src }]) => [strings.get(alias)!, src.slice(5)])),
        }),
      };
      const full: Record<string, unknown> = { ...renamed, tokenizer, lab: { ...renamed.lab, ...names } };
      const ordered = KEYS.doc.filter(
        (key) => full[key] !== undefined && (key !== 'lab' || Object.keys(full.lab as object).length > 0),
      );
      // `compat` also quotes what YAML 1.1 readers, mergekit's among them, would take for a truth value or a number.
      const doc = new Document(Object.fromEntries(ordered.map((key) => [key, full[key]])), {
        schema: 'core',
        version: '1.2',
        compat: 'yaml-1.1',
        aliasDuplicateObjects: false,
      });
      if (isMap(doc.contents)) {
        const lab = doc.contents.items.find((pair) => isScalar(pair.key) && pair.key.value === 'lab');
        if (lab && isScalar(lab.key)) lab.key.commentBefore = LAB_COMMENT;
      }
      return doc.toString({ lineWidth: 0 });
    })
    .join('---\n');
}
