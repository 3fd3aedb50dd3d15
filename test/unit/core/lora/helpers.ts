import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAdapter } from '../../../../src/core/lora/adapter';
import type { Adapter } from '../../../../src/core/lora/types';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import { decodeToF32 } from '../../../../src/core/tensor/dtype';
import { GOLDEN, madeHead } from '../merge/helpers';

export const CASES = join(GOLDEN, 'lora');

export const readJson = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

/** What PEFT writes for an adapter with nothing special. */
export const SETTINGS = {
  peft_type: 'LORA',
  r: 1,
  lora_alpha: 1,
  bias: 'none',
  fan_in_fan_out: false,
  target_modules: ['x'],
};

/** An adapter of factors given as numbers, by full tensor name. */
export function madeAdapter(
  tensors: Parameters<typeof madeHead>[1],
  settings: Readonly<Record<string, unknown>> = {},
): Adapter {
  return parseAdapter({ ...SETTINGS, ...settings }, madeHead('adapter', tensors).index);
}

export async function valuesIn(head: CheckpointHead, name: string): Promise<Float32Array> {
  const info = head.index.tensors.get(name)!;
  return decodeToF32(await info.source.read(info.begin, info.end), info.dtype);
}
