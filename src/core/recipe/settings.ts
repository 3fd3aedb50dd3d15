import { LabError } from '../errors';
import type { ParamSpec } from '../merge/specs';
import { boolean, list, number, record, text, wrongType } from './check';
import { child, type Plain, type PlainRecord } from './plain';
import { KEYS, LIMITS, METHODS, PARAMETER_NAMES, type MethodSchema } from './schema';
import { didYouMean, suggest } from './suggest';
import type { Conditional, Notice, Parameters, Scalar, Setting } from './types';

const TRUE = ['true', 'yes', 'on', '1'];
const FALSE = ['false', 'no', 'off', '0'];

/** One scalar with the coercions mergekit (pydantic) does: "0.5" is a number, true is 1, "yes" is true. */
function parseScalar(value: Plain, path: string, type: ParamSpec['type']): Scalar {
  if (type === 'boolean') {
    const word = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : null;
    if (word !== null && TRUE.includes(word)) return true;
    if (word !== null && FALSE.includes(word)) return false;
    return boolean(value, path);
  }
  if (typeof value === 'boolean') return Number(value);
  const numeric = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof value === 'string' && !Number.isFinite(numeric)) throw wrongType(path, 'number', value);
  const result = number(numeric, path, -LIMITS.number, LIMITS.number);
  if (type === 'integer' && !Number.isInteger(result)) throw wrongType(path, 'integer', value);
  return result;
}

const isRecord = (value: Plain): value is PlainRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every form a mergekit setting can take: scalar, gradient, one conditional value or several. */
function parseSetting(value: Plain, path: string, type: ParamSpec['type']): Setting {
  const filled = (items: Plain[], where: string) => {
    if (items.length > 0) return items;
    throw new LabError('recipe/empty-gradient', `The list at ${where} is empty. Give it at least one value.`, {
      path: where,
    });
  };
  const scalars = (item: Plain | undefined, where: string): Scalar | Scalar[] => {
    if (item === undefined || item === null) throw wrongType(where, 'number', item);
    if (!Array.isArray(item)) return parseScalar(item, where, type);
    return filled(list(item, where), where).map((part, index) => parseScalar(part, child(where, index), type));
  };
  const conditional = (item: Plain, where: string): Conditional => {
    const entry = record(item, where);
    const unknown = Object.keys(entry).find((key) => !(KEYS.conditional as readonly string[]).includes(key));
    if (unknown !== undefined) {
      const key = unknown.slice(0, 80);
      const suggestion = suggest(key, KEYS.conditional);
      throw new LabError(
        'recipe/unknown-key',
        `mergekit has no key "${key}" at ${where}.${didYouMean(suggestion)} A conditional value has "filter" and "value".`,
        { path: child(where, key), key, suggestion },
      );
    }
    const result: Conditional = { value: scalars(entry.value, child(where, 'value')) };
    if (entry.filter !== undefined && entry.filter !== null)
      result.filter = text(entry.filter, child(where, 'filter'), 1000);
    return result;
  };
  if (isRecord(value)) return conditional(value, path);
  if (Array.isArray(value) && value.some(isRecord)) {
    return list(value, path).map((part, index) => conditional(part, child(path, index)));
  }
  return scalars(value, path);
}

/**
 * Validates one `parameters:` block. A name that only other methods have is kept, as mergekit does, with a notice.
 * @throws LabError recipe/unknown-key for a name that no method has, recipe/type, recipe/range, recipe/empty-gradient.
 */
export function parseParameters(
  source: PlainRecord,
  path: string,
  methodName: string,
  method: MethodSchema,
  notices: Notice[],
): Parameters {
  const result: Parameters = {};
  for (const [name, value] of Object.entries(source)) {
    const where = child(path, name.slice(0, 80));
    if (!PARAMETER_NAMES.includes(name)) {
      const own = Object.keys(method.parameters);
      const suggestion = suggest(name, own) || suggest(name, PARAMETER_NAMES);
      throw new LabError(
        'recipe/unknown-key',
        `mergekit has no parameter "${name.slice(0, 80)}" (${path}).${didYouMean(suggestion)} ${methodName} has: ${own.join(', ') || 'none'}.`,
        { path: where, key: name.slice(0, 80), suggestion },
      );
    }
    if (value === null) continue;
    const own = method.parameters[name];
    if (!own) {
      notices.push({
        code: 'recipe/unused-parameter',
        message: `${methodName} does not use "${name}" (${path}); it has no effect.`,
        params: { path: where, parameter: name, method: methodName },
      });
    }
    const known = own ?? Object.values(METHODS).find((other) => other.parameters[name])!.parameters[name]!;
    result[name] = parseSetting(value, where, known.type);
  }
  return result;
}
