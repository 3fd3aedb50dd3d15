import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/core/graph/onnx';

ort.env.wasm.numThreads = 1;

const OPSET = 23;
const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);
const count = (haystack: string, needle: string) => haystack.split(needle).length - 1;

describe('GraphBuilder', () => {
  it('writes what ONNX Runtime reads: attributes, constants, external data, optional inputs, several outputs', async () => {
    const g = new GraphBuilder(OPSET);
    g.input('x', 'float', ['rows', 4]);
    const scaled = g.node('Mul', ['x', g.weight('scale', [4])]);
    const leaky = g.node('LeakyRelu', [scaled], { alpha: { float: 0.25 } });
    const capped = g.node('Clip', [leaky, '', g.float(6)]);
    g.node('TopK', [capped, g.ints(2)], { axis: -1, largest: 1, sorted: 1 }, 'values', ['indices']);
    g.output('values', 'float', ['rows', 2]);
    g.output('indices', 'int64', ['rows', 2]);

    const data = new Uint8Array(Float32Array.of(1, 2, 3, -4).buffer);
    const session = await ort.InferenceSession.create(g.build('test'), {
      executionProviders: ['wasm'],
      externalData: [{ path: 'scale', data }],
    });
    const x = Float32Array.of(1, 2, 3, 4, -4, -4, -4, 1);
    const { values, indices } = await session.run({ x: new ort.Tensor('float32', x, [2, 4]) });
    await session.release();
    // Row 1 scales to 1 4 9 -16, row 2 to -4 -8 -12 -4; negatives count a quarter, 6 is the cap.
    expect([...(values!.data as Float32Array)]).toEqual([6, 4, -1, -1]);
    expect([...(indices!.data as BigInt64Array)].map(Number)).toEqual([2, 1, 0, 3]);
    expect(g.weights).toEqual(['scale']);
  });

  it('asked twice for one weight or constant, stores it once', () => {
    const g = new GraphBuilder(OPSET);
    expect([g.weight('shared.weight', [2, 3]), g.weight('shared.weight', [2, 3])]).toEqual([
      'shared.weight',
      'shared.weight',
    ]);
    expect(g.ints(1, 2)).toBe(g.ints(1, 2));
    expect(g.weights).toEqual(['shared.weight']);
    // Once as the initialiser's name, once as its location.
    expect(count(text(g.build('test')), 'shared.weight')).toBe(2);
    expect(count(text(g.build('test')), 'ints_1_2')).toBe(1);
  });

  it('names a new node output that no other node has', () => {
    const g = new GraphBuilder(OPSET);
    const names = ['Neg', 'Neg', 'Abs'].map((type) => g.node(type, ['x']));
    expect(new Set(names).size).toBe(3);
  });

  it('writes the length that external data must have', async () => {
    const g = new GraphBuilder(OPSET);
    g.node('Neg', [g.weight('w', [3])], {}, 'y');
    g.output('y', 'float', [3]);
    const create = (bytes: number) =>
      ort.InferenceSession.create(g.build('test'), {
        externalData: [{ path: 'w', data: new Uint8Array(bytes) }],
        logSeverityLevel: 4,
      });
    const session = await create(12);
    expect([...((await session.run({}))['y']!.data as Float32Array)]).toEqual([-0, -0, -0]);
    await session.release();
    expect(text(g.build('test'))).toContain('length\x12\x0212');
  });
});
