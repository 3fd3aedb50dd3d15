import { child } from './plain';

type Rename = (name: string, path: string) => unknown;
type Shape = Record<string, unknown>;

const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Replaces `shape[key]` by what `change` returns for it, where the member is there. */
function at(shape: unknown, key: string, path: string, change: (value: unknown, path: string) => unknown): unknown {
  if (!isShape(shape) || !Object.hasOwn(shape, key)) return shape;
  return { ...shape, [key]: change(shape[key], child(path, key)) };
}

function each(value: unknown, path: string, change: (value: unknown, path: string) => unknown): unknown {
  return Array.isArray(value) ? value.map((item, index) => change(item, child(path, index))) : value;
}

/**
 * Renames every model that a merge document names: base models, inputs, sources, tokenizer sources. Tolerant of documents
 * not validated yet: what does not have the schema's shape stays as it is, for the validator to refuse.
 * @returns a copy; untouched parts are shared.
 */
export function mapReferences<T>(doc: T, path: string, rename: Rename): T {
  const model = (value: unknown, where: string) =>
    value === null || value === undefined ? value : typeof value === 'string' ? rename(value, where) : value;
  // `base` and `union` are mergekit's own words in a tokenizer's source.
  const source = (value: unknown, where: string) =>
    value === 'base' || value === 'union' ? value : model(value, where);
  const input = (value: unknown, where: string) => at(value, 'model', where, model);
  const inputs = (value: unknown, where: string) => each(value, where, input);
  const slices = (value: unknown, where: string) =>
    each(value, where, (slice, w) => at(at(slice, 'base_model', w, model), 'sources', w, inputs));
  const module = (value: unknown, where: string) => at(at(value, 'models', where, inputs), 'slices', where, slices);
  const modules = (value: unknown, where: string) =>
    isShape(value)
      ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, module(part, child(where, name))]))
      : value;
  const tokenSource = (value: unknown, where: string) =>
    isShape(value) ? at(value, 'model', where, model) : model(value, where);
  const token = (value: unknown, where: string) =>
    Array.isArray(value) && value.length === 2
      ? [value[0], at(value[1], 'source', child(where, 1), tokenSource)]
      : value;
  const tokenizer = (value: unknown, where: string) =>
    at(at(value, 'source', where, source), 'tokens', where, (tokens, w) => each(tokens, w, token));

  let result: unknown = module(doc, path);
  result = at(result, 'base_model', path, model);
  result = at(result, 'modules', path, modules);
  result = at(result, 'tokenizer', path, tokenizer);
  result = at(result, 'tokenizer_source', path, source);
  return result as T;
}
