import { elementCount } from '../tensor/dtype';
import { COEFFICIENTS, partName, type Mix } from './types';

/**
 * The part of the ONNX protobuf format that a graph builder needs.
 * Field numbers: onnx/onnx.proto3 of ONNX 1.18 (IR version 11, the first that knows opset 23).
 */
const IR_VERSION = 11;

const ELEMENT_TYPE = { float: 1, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENT_TYPE;

/** A fixed extent, or the name of a symbolic one. */
export type Dim = number | string;

/** Integers are plain numbers; a float must say so, because 1 and 1.0 are different attributes to ONNX. */
export type Attribute = number | readonly number[] | { readonly float: number };

const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
const DATA_LOCATION_EXTERNAL = 1;

const utf8 = new TextEncoder();

/** One protobuf message under construction. */
class Message {
  private buffer = new Uint8Array(256);
  private length = 0;

  int(field: number, value: number | bigint): this {
    this.varint((field << 3) | 0);
    return this.varint(value);
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5);
    this.reserve(4);
    new DataView(this.buffer.buffer).setFloat32(this.length, value, true);
    this.length += 4;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.view());
  }

  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private varint(value: number | bigint): this {
    this.reserve(10);
    // Protobuf writes a negative int64 as its two's complement, always ten bytes.
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
    return this;
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    grown.set(this.view());
    this.buffer = grown;
  }
}

function attributeProto(name: string, value: Attribute): Message {
  const proto = new Message().text(1, name);
  if (typeof value === 'number') return proto.int(3, value).int(20, ATTRIBUTE_INT);
  if ('float' in value) return proto.float(2, value.float).int(20, ATTRIBUTE_FLOAT);
  for (const item of value) proto.int(8, item);
  return proto.int(20, ATTRIBUTE_INTS);
}

function valueInfoProto(name: string, type: ElementType, dims: readonly Dim[]): Message {
  const shape = new Message();
  for (const dim of dims) {
    shape.message(1, typeof dim === 'number' ? new Message().int(1, dim) : new Message().text(2, dim));
  }
  const tensorType = new Message().int(1, ELEMENT_TYPE[type]).message(2, shape);
  return new Message().text(1, name).message(2, new Message().message(1, tensorType));
}

function tensorProto(name: string, type: ElementType, dims: readonly number[]): Message {
  const proto = new Message();
  for (const dim of dims) proto.int(1, dim);
  return proto.int(2, ELEMENT_TYPE[type]).text(8, name);
}

/** Collects nodes, initialisers and graph inputs and outputs, and writes them as an ONNX ModelProto. */
export class GraphBuilder {
  private readonly nodes: Message[] = [];
  private readonly initializers: Message[] = [];
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private readonly known = new Set<string>();
  private readonly external: string[] = [];
  private readonly mixed = new Map<string, string>();

  /**
   * @param opset version of the standard operator set (domain ''); no other domain is ever used.
   * @param mix how weights are worked out; null: they are given.
   */
  constructor(
    private readonly opset: number,
    private readonly mix: Mix | null = null,
  ) {
    if (mix) this.input(COEFFICIENTS, 'float', [mix.vectors]);
  }

  /**
   * Adds a node of the standard operator set.
   * @param inputs names; '' leaves an optional input out.
   * @param output its name, made up when not given.
   * @param extraOutputs names of the operator's further outputs.
   * @returns the name of the first output.
   */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${type}_${this.nodes.length}`,
    extraOutputs: readonly string[] = [],
  ): string {
    const proto = new Message();
    for (const name of inputs) proto.text(1, name);
    for (const name of [output, ...extraOutputs]) proto.text(2, name);
    proto.text(3, `node_${this.nodes.length}`).text(4, type);
    for (const [name, value] of Object.entries(attributes)) proto.message(5, attributeProto(name, value));
    this.nodes.push(proto);
    return output;
  }

  /** A weight of the model: given, or the sum that `mix` says. Asking twice for one name gives one (tied embeddings). */
  weight(name: string, shape: readonly number[]): string {
    if (!this.mix) return this.given(name, shape);
    const known = this.mixed.get(name) ?? this.sum(name, shape, this.mix);
    this.mixed.set(name, known);
    return known;
  }

  private sum(name: string, shape: readonly number[], mix: Mix): string {
    let sum = '';
    for (let i = 0; i < mix.vectors; i++) {
      if (!mix.changes(name, i)) continue;
      const coefficient = this.node('Gather', [COEFFICIENTS, this.int(i)], { axis: 0 });
      const term = this.node('Mul', [this.given(partName(name, i), shape), coefficient]);
      sum = sum === '' ? term : this.node('Add', [sum, term]);
    }
    if (!mix.base) return sum;
    const base = this.given(name, shape);
    return sum === '' ? base : this.node('Add', [base, sum]);
  }

  /**
   * A float32 initialiser whose bytes stay outside the protobuf: its location is its own name, so that a session binds
   * a tensor by the name it has in the checkpoint.
   */
  private given(name: string, shape: readonly number[]): string {
    if (this.known.has(name)) return name;
    this.known.add(name);
    this.external.push(name);
    const length = 4 * elementCount(shape);
    const proto = tensorProto(name, 'float', shape);
    const entries = { location: name, length: String(length) };
    for (const [key, value] of Object.entries(entries)) proto.message(13, new Message().text(1, key).text(2, value));
    this.initializers.push(proto.int(14, DATA_LOCATION_EXTERNAL));
    return name;
  }

  /** A constant stored in the protobuf, in row-major order. */
  constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    if (this.known.has(name)) return name;
    this.known.add(name);
    const type = data instanceof Float32Array ? 'float' : 'int64';
    // Raw data is little-endian by definition, as is every machine WebAssembly runs on.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push(tensorProto(name, type, shape).bytes(9, bytes));
    return name;
  }

  /** A 1-D int64 constant. */
  ints(...values: number[]): string {
    return this.constant(`ints_${values.join('_')}`, [values.length], BigInt64Array.from(values.map(BigInt)));
  }

  /** A scalar int64 constant. */
  int(value: number): string {
    return this.constant(`int_${value}`, [], BigInt64Array.of(BigInt(value)));
  }

  /** A scalar float32 constant. */
  float(value: number): string {
    return this.constant(`float_${value}`, [], Float32Array.of(value));
  }

  input(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.inputs.push(valueInfoProto(name, type, dims));
    return name;
  }

  output(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.outputs.push(valueInfoProto(name, type, dims));
    return name;
  }

  /** Names of the external initialisers, in the order in which the graph asked for them. */
  get weights(): string[] {
    return [...this.external];
  }

  /** @returns the serialised ModelProto. */
  build(name: string): Uint8Array<ArrayBuffer> {
    const graph = new Message();
    for (const proto of this.nodes) graph.message(1, proto);
    graph.text(2, name);
    for (const proto of this.initializers) graph.message(5, proto);
    for (const proto of this.inputs) graph.message(11, proto);
    for (const proto of this.outputs) graph.message(12, proto);
    const opset = new Message().text(1, '').int(2, this.opset);
    const model = new Message().int(1, IR_VERSION).text(2, 'merge-lab').message(7, graph).message(8, opset);
    return new Uint8Array(model.view());
  }
}
