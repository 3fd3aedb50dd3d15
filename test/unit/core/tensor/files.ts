import { readFileSync } from 'node:fs';
import { LabError } from '../../../../src/core/errors';
import type { DType, TensorInfo } from '../../../../src/core/tensor/types';
import { layout } from '../../../../src/core/tensor/writer';

export interface Body {
  name: string;
  dtype: DType;
  shape: number[];
  bytes: Uint8Array;
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A file with any header, however wrong. `claimed`: the length to write in place of the true one. */
export function craft(header: string | Uint8Array, body = 0, claimed?: bigint): Uint8Array<ArrayBuffer> {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  return concat(length, json, new Uint8Array(body));
}

/** A correct file. */
export function save(bodies: Body[], metadata: ReadonlyMap<string, string> | null = null): Uint8Array<ArrayBuffer> {
  const { header, order } = layout(bodies, metadata);
  const bytesOf = new Map(bodies.map(({ name, bytes }) => [name, bytes]));
  return concat(header, ...order.map((name) => bytesOf.get(name)!));
}

/** A correct file of one-dimensional float32 tensors, filled with zeros. */
export function zeros(sizes: Record<string, number>): Uint8Array<ArrayBuffer> {
  return save(
    Object.entries(sizes).map(([name, size]) => ({
      name,
      dtype: 'F32',
      shape: [size],
      bytes: new Uint8Array(4 * size),
    })),
  );
}

export function golden(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../../golden/safetensors/${name}`, import.meta.url)));
}

/** @returns the LabError that `action` throws; anything else it does fails the test. */
export async function refusal(action: () => unknown): Promise<LabError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('accepted what it should refuse');
}

export function infoOf(tensors: ReadonlyMap<string, TensorInfo>, name: string): TensorInfo {
  const info = tensors.get(name);
  if (!info) throw new Error(`no tensor ${name}`);
  return info;
}
