import { LabError } from '../errors';
import type { Conditional, Parameters, Scalar, Setting } from '../recipe/types';

function scalarToNumber(value: Scalar, where: string): number {
  const number =
    typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? Number(value.trim() || 'x') : value;
  if (!Number.isFinite(number))
    throw new LabError(
      'recipe/not-a-number',
      `The value ${JSON.stringify(value)} of ${where} is not a finite number. Write a plain number there.`,
      {
        where,
        value: String(value),
      },
    );
  return number;
}

/** A gradient v[0..k-1] is piecewise linear over the position; booleans pick floor(x * (k - 1)). */
function atPosition(value: Scalar | Scalar[], position: number, where: string): number {
  if (!Array.isArray(value)) return scalarToNumber(value, where);
  if (value.length === 0)
    throw new LabError('recipe/empty-gradient', `The gradient of ${where} is empty. Give it at least one number.`, {
      where,
    });
  const x = position * (value.length - 1);
  const low = Math.min(Math.floor(x), value.length - 1);
  const a = scalarToNumber(value[low]!, where);
  if (typeof value[low] === 'boolean' || low + 1 >= value.length) return a;
  const b = scalarToNumber(value[low + 1]!, where);
  const t = x - low;
  return (1 - t) * a + t * b;
}

const isConditional = (item: unknown): item is Conditional =>
  typeof item === 'object' && item !== null && !Array.isArray(item);

function fromSetting(setting: Setting, tensorName: string, position: number, where: string): number | undefined {
  const choices = isConditional(setting)
    ? [setting]
    : Array.isArray(setting) && setting.some(isConditional)
      ? (setting as Conditional[])
      : null;
  if (!choices) return atPosition(setting as Scalar | Scalar[], position, where);
  const hit = choices.find((c) => c.filter === undefined || c.filter === '*' || tensorName.includes(c.filter));
  return hit === undefined ? undefined : atPosition(hit.value, position, where);
}

/**
 * A parameter's value for one tensor: the first scope that has it and whose filter matches wins.
 * @param scopes innermost first, each with the words that name it in errors.
 * @returns undefined where no scope speaks of this tensor.
 */
export function evaluate(
  id: string,
  scopes: readonly { parameters: Parameters | undefined; where: string }[],
  tensorName: string,
  position: number,
): number | undefined {
  for (const { parameters, where } of scopes) {
    if (!parameters || !Object.hasOwn(parameters, id)) continue;
    const value = fromSetting(parameters[id]!, tensorName, position, `${id} of ${where}`);
    if (value !== undefined) return value;
  }
  return undefined;
}
