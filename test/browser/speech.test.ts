import type { GenerateEvent } from '../../src/engine/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../src/core/graph/registry';
import { createSession } from '../../src/engine/ort';
import { SpeechModel } from '../../src/engine/speech';

/** Seeded checkpoints of training/goldens_speech_graph.py, and what Python's processor and generate() make of sounds. */
const CASES = ['whisper-tied', 'whisper-untied'];
const never = new AbortController().signal;
const silent = () => undefined;

const get = async (path: string) => {
  const reply = await fetch(`/test/golden/graph/${path}`);
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return reply;
};
const json = async (path: string) => (await get(path)).json();
const bytes = async (path: string) => (await get(path)).arrayBuffer();

interface Reference {
  sounds: number[][];
  generated: number[][];
  texts: string[];
}

/** As `tones` of goldens_speech_graph.py: one second at 16 kHz. */
function tones(frequencies: readonly number[]): Float32Array {
  return Float32Array.from({ length: 16_000 }, (_, at) => {
    const part = (at * frequencies.length) / 16_000;
    return Math.sin(Math.PI * (part % 1)) * Math.sin((2 * Math.PI * frequencies[Math.floor(part)]! * at) / 16_000);
  });
}

async function weightsOf(name: string): Promise<Map<string, Float32Array>> {
  const file = await bytes(`${name}/model.safetensors`);
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, start - 8)));
  delete header.__metadata__;
  return new Map(
    Object.entries<{ data_offsets: [number, number] }>(header).map(
      ([
        tensor,
        {
          data_offsets: [from, to],
        },
      ]) => [tensor, new Float32Array(file.slice(start + from, start + to))],
    ),
  );
}

async function open(name: string, preprocessor: Record<string, unknown> = {}): Promise<SpeechModel> {
  const config = await json(`${name}/config.json`);
  const [weights, graph] = [await weightsOf(name), buildGraph(config)];
  const files = {
    text: {
      generationConfig: await json(`${name}/generation_config.json`),
      tokenizer: await json(`${name}/tokenizer.json`),
      tokenizerConfig: await json(`${name}/tokenizer_config.json`),
    },
    preprocessor: { ...(await json(`${name}/preprocessor_config.json`)), ...preprocessor },
  };
  const sessions = {
    encoder: await createSession(graph.encoder!, weights),
    decoder: await createSession(graph, weights),
  };
  return SpeechModel.create(files, config, sessions, graph.decoder!.maxPositions);
}

describe.each(CASES)('%s hears what Python hears', (name) => {
  let model: SpeechModel;
  let reference: Reference;
  beforeAll(async () => {
    reference = await json(`${name}/reference.json`);
    model = await open(name);
  });
  afterAll(() => model.release());

  test('the frames of a sound', async () => {
    const want = new Float32Array(await bytes(`${name}/sounds.f32`));
    const per = want.length / reference.sounds.length;
    for (const [i, sound] of reference.sounds.entries()) {
      const { data, dims } = await model.features(tones(sound));
      expect(dims).toEqual([1, 12, 100]);
      const largest = (data as Float32Array).reduce((max, v, k) => Math.max(max, Math.abs(v - want[i * per + k]!)), 0);
      expect(largest).toBeLessThan(1e-4);
    }
  });

  test('the tokens and the text, streamed', async () => {
    for (const [i, sound] of reference.sounds.entries()) {
      const heard: string[] = [];
      const onEvent = (event: GenerateEvent) => event.type === 'step' && heard.push(event.textSoFar);
      const got = await model.transcribe(tones(sound), { maxNewTokens: 10 }, onEvent, never);
      expect(got.ids).toEqual(reference.generated[i]);
      expect(got).toMatchObject({ text: reference.texts[i], finish: 'length' });
      expect(heard).toHaveLength(10);
      expect(heard.at(-1)).toBe(got.text);
    }
  });

  test('never more tokens than the model has places', async () => {
    const { ids, finish } = await model.transcribe(tones([440]), { maxNewTokens: 1000 }, silent, never);
    if (finish === 'length') expect(ids).toHaveLength(24 - 2);
    else expect(ids.at(-1)).toBe(2);
  });
});

test('a sound that is too long is refused with its length and the limit', async () => {
  const model = await open('whisper-tied');
  await expect(model.transcribe(new Float32Array(24_000), { maxNewTokens: 2 }, silent, never)).rejects.toMatchObject({
    code: 'speech/too-long',
    params: { seconds: '1.5', limit: 1 },
  });
  await model.release();
});

test('a cancelled transcript says so and leaves the model usable', async () => {
  const model = await open('whisper-tied');
  const controller = new AbortController();
  const cancelled = await model.transcribe(
    tones([440]),
    { maxNewTokens: 10 },
    ({ type }) => type === 'step' && controller.abort(),
    controller.signal,
  );
  expect(cancelled).toMatchObject({ finish: 'cancelled', ids: [17] });
  expect((await model.transcribe(tones([440]), { maxNewTokens: 3 }, silent, never)).ids).toHaveLength(3);
  await model.release();
});

test.each([
  ['another number of mel bins', { feature_size: 80 }, 'feature_size'],
  ['another length', { n_samples: 32_000 }, 'n_samples'],
  ['no hop', { hop_length: undefined }, 'hop_length'],
])('a processor with %s is refused', async (_, change, key) => {
  await expect(open('whisper-tied', change)).rejects.toMatchObject({ code: 'speech/processor', params: { key } });
});
