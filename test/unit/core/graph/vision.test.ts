import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import { buildVision, readVisionConfig, visionTensors } from '../../../../src/core/graph/vision';
import { goldenCase, goldenFloats, goldenNames, maxDifference, refusal, sessionOf } from './checkpoint';

describe.each(goldenNames(/^Llava/))('what %s sees, against Python transformers', (name) => {
  const golden = goldenCase(name);
  const config = readVisionConfig(golden.config);

  it('the features of two pictures', async () => {
    const session = await sessionOf(buildVision(config), golden.weights);
    const pixel_values = new ort.Tensor('float32', goldenFloats(name, 'features'), [2, 3, 12, 12]);
    const { image_features } = await session.run({ pixel_values });
    await session.release();
    expect(image_features!.dims).toEqual([2, 9, 24]);
    const difference = maxDifference(image_features!.data as Float32Array, golden.logits);
    if (process.env['SHOW_DIFFERENCES']) console.log(name, difference);
    expect(difference).toBeLessThanOrEqual(1e-4);
  });

  it('every tensor of tower and projector is used, but for the final norm and the pooler', () => {
    const saved = [...golden.weights].filter(([tensor]) => !/^language_model|tower\.(layernorm|pooler)\./.test(tensor));
    const shapes = saved.map(([tensor, { shape }]) => [tensor, shape] as const);
    expect(new Map([...visionTensors(config)].sort())).toEqual(new Map([...shapes].sort()));
    expect(buildVision(config).tensors.sort()).toEqual(saved.map(([tensor]) => tensor).sort());
  });

  const vision = golden.config['vision_config'] as Record<string, unknown>;
  it.each<[string, Record<string, unknown>, string]>([
    ['another tower', { vision_config: { ...vision, model_type: 'clip_vision_model' } }, 'config/unsupported'],
    ['the class token kept', { vision_feature_select_strategy: 'full' }, 'config/unsupported'],
    ['a layer that is not there', { vision_feature_layer: -4 }, 'config/inconsistent'],
    ['several layers', { vision_feature_layer: [-1, -2] }, 'config/invalid'],
    ['half a patch', { vision_config: { ...vision, patch_size: 5 } }, 'config/inconsistent'],
  ])('%s is refused', (_, change, code) => {
    expect(refusal(() => readVisionConfig({ ...golden.config, ...change })).code).toBe(code);
  });
});
