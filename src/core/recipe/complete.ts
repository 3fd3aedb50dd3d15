import { MODULES } from './modules';
import { DTYPES, KEYS, LAB_VARIANTS, METHODS } from './schema';

/** What may stand at a place of mergekit YAML. */
export interface Completions {
  /** Where the word begins that they replace. */
  readonly from: number;
  readonly options: readonly string[];
  readonly kind: 'key' | 'value';
}

const FILTERS = ['self_attn', 'mlp', 'q_proj', 'k_proj', 'v_proj', 'o_proj', 'up_proj', 'gate_proj', 'down_proj']
  .concat(['layernorm', 'model.norm', 'embed_tokens', 'lm_head'])
  .sort();
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  models: KEYS.model,
  modules: MODULES,
  ...Object.fromEntries(MODULES.map((module) => [module, KEYS.module])),
  slices: KEYS.slice,
  sources: KEYS.source,
  tokenizer: KEYS.tokenizer,
  lab: KEYS.lab,
  weight: KEYS.conditional,
  density: KEYS.conditional,
  t: KEYS.conditional,
};

/** The key whose block a line of this indentation stands in, '' at the top. */
function parentOf(lines: readonly string[], indent: number): string {
  for (let at = lines.length - 1; at >= 0; at--) {
    const [, space = '', dash = '', key] = /^(\s*)((?:- +)*)([\w]+):\s*(?:#.*)?$/.exec(lines[at]!) ?? [];
    if (key !== undefined && space.length + dash.length < indent) return key;
    // A list may begin at its key's own indentation.
    if (key !== undefined && dash === '' && space.length === indent && /^\s*-/.test(lines.at(-1) ?? '')) return key;
    if (/^---/.test(lines[at]!)) return '';
  }
  return '';
}

function valuesOf(key: string, models: readonly string[]): readonly string[] {
  switch (key) {
    case 'merge_method':
      return Object.keys(METHODS);
    case 'dtype':
    case 'out_dtype':
      return DTYPES;
    case 'model':
    case 'base_model':
      return models;
    case 'source':
    case 'tokenizer_source':
      return ['union', 'base', ...models];
    case 'filter':
      return FILTERS;
    case 'election':
    case 'trim':
    case 'rescale':
      return key === 'rescale' ? [...LAB_VARIANTS.rescale, 'true', 'false'] : LAB_VARIANTS[key];
    case 'normalize':
    case 'int8_mask':
      return ['true', 'false'];
    default:
      return [];
  }
}

/**
 * What may be written at a place of a mergekit YAML text, in block style.
 * @param before the text before the place
 * @param whole the whole text, which says the method
 * @param models the strings that name models
 */
export function completionsAt(before: string, whole: string, models: readonly string[]): Completions | null {
  const lines = before.split('\n');
  const line = lines.at(-1)!;
  const value = /(?:^|[\s{,-])(\w+): +["']?([^\s,"'}]*)$/.exec(line);
  if (value) {
    const options = valuesOf(value[1]!, models);
    return options.length > 0 ? { from: before.length - value[2]!.length, options, kind: 'value' } : null;
  }
  const key = /^(\s*)((?:- +)*)(\w*)$/.exec(line);
  if (!key) return null;
  const parent = parentOf(lines, key[1]!.length + key[2]!.length);
  const method = /^\s*merge_method: *["']?(\w+)/m.exec(whole)?.[1] ?? '';
  const options =
    parent === 'parameters'
      ? Object.keys(METHODS[method]?.parameters ?? {})
      : parent === ''
        ? KEYS.doc
        : (SECTIONS[parent] ?? []);
  return options.length > 0 ? { from: before.length - key[3]!.length, options, kind: 'key' } : null;
}
