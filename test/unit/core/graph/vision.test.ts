import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import type { RawConfig } from '../../../../src/core/graph/config';
import { buildTextHalf } from '../../../../src/core/graph/llama';
import { buildGraph, expectedTensors } from '../../../../src/core/graph/registry';
import { buildVision, readVisionConfig, visionTensors } from '../../../../src/core/graph/vision';
import { goldenCase, goldenFloats, goldenIds, goldenNames, maxDifference, refusal, sessionOf } from './checkpoint';

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

  it('the text model reads them in the place of image tokens', async () => {
    const { embeddings, text } = buildTextHalf(golden.config['text_config'] as RawConfig, 'language_model.', null);
    const [embed, decode] = [await sessionOf(embeddings, golden.weights), await sessionOf(text, golden.weights)];
    const int64 = (values: number[]) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [2, 13]);
    const ids = goldenIds(name).flat();
    const { inputs_embeds } = await embed.run({ input_ids: int64(ids) });
    expect(inputs_embeds!.dims).toEqual([2, 13, 24]);
    let seen = 0;
    for (const [i, id] of ids.entries()) {
      if (id === golden.config['image_token_index'])
        (inputs_embeds!.data as Float32Array).set(golden.logits.subarray(24 * seen, 24 * ++seen), 24 * i);
    }
    const { numLayers, kvHeads, headDim } = text.decoder!;
    expect(numLayers).toBe(1);
    const empty = new ort.Tensor('float32', new Float32Array(0), [2, kvHeads, 0, headDim]);
    const { logits } = await decode.run({
      inputs_embeds: inputs_embeds!,
      attention_mask: int64(ids.map(() => 1)),
      position_ids: int64(ids.map((_, i) => i % 13)),
      num_logits_to_keep: new ort.Tensor('int64', [0n], []),
      'past_key_values.0.key': empty,
      'past_key_values.0.value': empty,
    });
    await embed.release();
    await decode.release();
    const difference = maxDifference(logits!.data as Float32Array, goldenFloats(name, 'answers'));
    if (process.env['SHOW_DIFFERENCES']) console.log(name, difference);
    expect(difference).toBeLessThanOrEqual(1e-4);
  });

  it('every tensor of tower and projector is used, but for the final norm and the pooler', () => {
    const saved = [...golden.weights].filter(([tensor]) => !/^language_model|tower\.(layernorm|pooler)\./.test(tensor));
    const shapes = saved.map(([tensor, { shape }]) => [tensor, shape] as const);
    expect(new Map([...visionTensors(config)].sort())).toEqual(new Map([...shapes].sort()));
    const textHalf = [...golden.weights].filter(([tensor]) => tensor.startsWith('language_model.'));
    const whole = [...textHalf.map(([tensor, { shape }]) => [tensor, shape] as const), ...shapes];
    expect(new Map([...expectedTensors(golden.config)].sort())).toEqual(new Map([...whole].sort()));
    expect(buildVision(config).tensors.sort()).toEqual(saved.map(([tensor]) => tensor).sort());
  });

  it('with a score in the place of the language head', () => {
    const config = { ...golden.config, architectures: ['LlavaForSequenceClassification'], num_labels: 1 };
    const expected = expectedTensors(config);
    expect(expected.get('score.weight')).toEqual([1, 24]);
    expect(expected.has('language_model.lm_head.weight')).toBe(false);
    const { tensors, eyes, decoder } = buildGraph(config);
    expect(decoder).toBeNull();
    const used = new Set([...tensors, ...eyes!.vision.tensors, ...eyes!.embeddings.tensors]);
    expect([...used].sort()).toEqual([...expected.keys()].sort());
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
