import { LabError } from '../errors';
import type { Adapter, AdapterConfig, Pattern } from './types';

const FILE = 'adapter_config.json';
/** A key of rank_pattern is a module's name or a short expression; what is longer is no name. */
const MAX_PATTERN = 400;
const MAX_PATTERNS = 20_000;
/** A repeated group that itself repeats can take for ever on a long name. */
const BACKTRACKS = /\([^()]*[+*}][^()]*\)[+*{]/;

type Json = Readonly<Record<string, unknown>>;

/** Features of PEFT that change what the factors mean; each is refused by its name where it is switched on. */
const UNSUPPORTED = [
  'use_dora',
  'use_qalora',
  'lora_bias',
  'use_bdlora',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
  'velora_config',
  'alora_invocation_tokens',
  'layer_replication',
  'target_parameters',
  'trainable_token_indices',
  'megatron_config',
] as const;

/** Ways to initialise an adapter that also change the base, so that it fits only the base as they left it. */
const CHANGES_BASE = /^(pissa|olora|corda|loftq|lora_ga)/;
/** Names under which quantised checkpoints are published. */
const QUANTISED = /(^|[-_./])(bnb[-_]?)?([48]bit|int[48]|[gq]?ptq|awq|nf4|fp4|hqq|aqlm)([-_./]|$)/i;

function wrong(key: string, found: unknown, expected: string): LabError {
  const shown = (JSON.stringify(found) ?? 'nothing').slice(0, 80);
  return new LabError(
    'lora/config',
    `${FILE}: "${key}" is ${shown}; it must be ${expected}. Get the file again from where the adapter was made.`,
    { key, found: shown, expected },
  );
}

const isOn = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(typeof value === 'object' && Object.keys(value).length === 0);

function unsupported(feature: string): LabError {
  return new LabError(
    'lora/unsupported',
    `The adapter uses "${feature}", which this lab cannot lay on a model. Merge it into its base with PEFT (merge_and_unload) and use that checkpoint.`,
    { feature },
  );
}

function flag(source: Json, key: string): boolean {
  const value = source[key] ?? false;
  if (typeof value !== 'boolean') throw wrong(key, value, 'true or false');
  return value;
}

function rankOf(value: unknown, key: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw wrong(key, value, 'a whole number above 0');
}

function alphaOf(value: unknown, key: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(key, value, 'a number');
}

/** PEFT's get_pattern_key: re.match(rf"(.*\.)?({key})$", module), the first key that matches. */
function patterns(source: Json, key: string, read: (value: unknown, key: string) => number): Pattern[] {
  const map = source[key] ?? {};
  if (typeof map !== 'object' || Array.isArray(map)) throw wrong(key, map, 'an object');
  const entries = Object.entries(map as Json);
  if (entries.length > MAX_PATTERNS) throw wrong(key, entries.length, `at most ${MAX_PATTERNS} entries`);
  return entries.map(([pattern, value]) => {
    const shown = pattern.slice(0, 80);
    try {
      if (pattern.length > MAX_PATTERN || BACKTRACKS.test(pattern)) throw new SyntaxError('too complex');
      return { key: pattern, matches: new RegExp(`^(?:.*\\.)?(?:${pattern})$`), value: read(value, `${key}.${shown}`) };
    } catch (error) {
      if (error instanceof LabError) throw error;
      throw new LabError(
        'lora/pattern',
        `${FILE}: the key "${shown}" of ${key} is no expression that can be matched safely. Write the modules' names there.`,
        { key, pattern: shown },
      );
    }
  });
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function targets(value: unknown): AdapterConfig['targetModules'] {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || isTexts(value)) return value;
  throw wrong('target_modules', value, 'a list of names or an expression');
}

function warningsOf(source: Json, baseName: string | null): Adapter['warnings'] {
  const warnings: Adapter['warnings'][number][] = [];
  const loftq = isOn(source['loftq_config']);
  if (baseName !== null && QUANTISED.test(baseName))
    warnings.push({
      code: 'lora/quantised-base',
      message: `The adapter was trained on "${baseName}", a quantised model: on full weights it answers a little differently than there.`,
      params: { base: baseName },
    });
  const start = source['init_lora_weights'];
  if ((typeof start === 'string' && CHANGES_BASE.test(start)) || loftq) {
    const method = loftq ? 'loftq' : String(start).slice(0, 40);
    warnings.push({
      code: 'lora/changed-base',
      message: `The adapter was started by "${method}", which also changes the base: unless it was converted when it was saved, it fits only that changed base.`,
      params: { method },
    });
  }
  return warnings;
}

/**
 * Reads an adapter_config.json as PEFT 0.21.2 writes it. Keys that do not change what the factors mean are not looked at.
 * @param source the parsed file.
 * @throws LabError lora/config, lora/unsupported (another peft_type, DoRA, biases and the like, by name), lora/pattern
 */
export function parseAdapterConfig(source: Json): { config: AdapterConfig; warnings: Adapter['warnings'] } {
  const type = source['peft_type'];
  if (typeof type !== 'string') throw wrong('peft_type', type, '"LORA"');
  if (type !== 'LORA') throw unsupported(`peft_type: ${type.slice(0, 40)}`);
  const on = UNSUPPORTED.find((key) => isOn(source[key]));
  if (on !== undefined) throw unsupported(on);
  const bias = source['bias'] ?? 'none';
  if (bias !== 'none') throw unsupported(`bias: ${String(bias).slice(0, 40)}`);
  const saved = source['modules_to_save'] ?? [];
  if (!isTexts(saved)) throw wrong('modules_to_save', saved, 'a list of names');
  const baseName = source['base_model_name_or_path'] ?? null;
  if (baseName !== null && typeof baseName !== 'string') throw wrong('base_model_name_or_path', baseName, 'text');
  return {
    config: {
      r: rankOf(source['r'], 'r'),
      loraAlpha: alphaOf(source['lora_alpha'], 'lora_alpha'),
      useRslora: flag(source, 'use_rslora'),
      rankPattern: patterns(source, 'rank_pattern', rankOf),
      alphaPattern: patterns(source, 'alpha_pattern', alphaOf),
      fanInFanOut: flag(source, 'fan_in_fan_out'),
      ensureWeightTying: flag(source, 'ensure_weight_tying'),
      targetModules: targets(source['target_modules']),
      modulesToSave: saved,
      baseName: baseName === '' ? null : (baseName?.slice(0, 300) ?? null),
    },
    warnings: warningsOf(source, baseName),
  };
}

const valueFor = (patterns: readonly Pattern[], module: string, otherwise: number): number =>
  patterns.find(({ matches }) => matches.test(module))?.value ?? otherwise;

/** @returns rank and scaling of one module, as PEFT works them out; the scaling in float64. */
export function scalingOf(config: AdapterConfig, module: string): { rank: number; scaling: number } {
  const rank = valueFor(config.rankPattern, module, config.r);
  const alpha = valueFor(config.alphaPattern, module, config.loraAlpha);
  return { rank, scaling: alpha / (config.useRslora ? Math.sqrt(rank) : rank) };
}
